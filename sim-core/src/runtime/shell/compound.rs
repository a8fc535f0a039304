//! Compound commands: how each of their frames goes on.

use std::sync::Arc;

use super::ast::*;
use super::builtins::quoted_for;
use super::frame::{Frame, Pending};
use super::host::Host;
use super::machine::Machine;
use super::pattern;
use super::state::Shell;
use super::substitute::Expanded;
use super::task::Step;

impl Machine {
    pub(super) fn step_for(
        &mut self,
        shell: &mut Shell,
        pid: u32,
        (compound, mut pending, values, next): (Arc<Compound>, Pending, Option<Arc<Vec<String>>>, usize),
        host: &mut dyn Host,
    ) -> Step {
        let CompoundKind::For { name, words, body } = &compound.kind else { return Step::Progress };
        let values = match (values, words) {
            (Some(values), _) => values,
            (None, None) => shell.positional.clone(),
            (None, Some(words)) => {
                match self.expanded(shell, pid, &mut pending, host, &mut |expander| expander.words(words)) {
                    Expanded::Done(values) => {
                        shell.status = 0;
                        Arc::new(values)
                    }
                    Expanded::Failed => return Step::Progress,
                    Expanded::Waiting(step) => {
                        shell.frames.push(Frame::For {
                            compound: compound.clone(),
                            pending,
                            values: None,
                            next,
                        });
                        return step;
                    }
                }
            }
        };
        if let Some(value) = values.get(next) {
            if let Err(message) = shell.set(name, value) {
                self.fatal(shell, pid, &message, host);
                return Step::Progress;
            }
            if shell.options.xtrace && shell.is_bash {
                let words: Vec<String> = values.iter().map(|value| quoted_for(true, value)).collect();
                self.trace_line(shell, pid, &format!("for {name} in {}", words.join(" ")), host);
            }
            let list = body.clone();
            let (pending, values) = (Pending::default(), Some(values));
            shell.frames.push(Frame::For { compound: compound.clone(), pending, values, next: next + 1 });
            shell.frames.push(Frame::List { list, next: 0 });
        }
        Step::Progress
    }

    pub(super) fn step_case(
        &mut self,
        shell: &mut Shell,
        pid: u32,
        compound: Arc<Compound>,
        mut pending: Pending,
        host: &mut dyn Host,
    ) -> Step {
        let CompoundKind::Case { subject, arms } = &compound.kind else { return Step::Progress };
        let chosen = self.expanded(shell, pid, &mut pending, host, &mut |expander| {
            let text = expander.text(subject)?;
            for (index, (patterns, _)) in arms.iter().enumerate() {
                for word in patterns {
                    if pattern::matches(&expander.pattern(word)?, &text) {
                        return Ok(Some(index));
                    }
                }
            }
            Ok(None)
        });
        match chosen {
            Expanded::Done(chosen) => {
                shell.status = 0;
                if let Some((_, list)) = chosen.and_then(|index| arms.get(index)) {
                    shell.frames.push(Frame::List { list: list.clone(), next: 0 });
                }
                Step::Progress
            }
            Expanded::Failed => Step::Progress,
            Expanded::Waiting(step) => {
                shell.frames.push(Frame::Case { compound: compound.clone(), pending });
                step
            }
        }
    }

    /// `[[ ]]` and `(( ))`
    pub(super) fn step_decide(
        &mut self,
        shell: &mut Shell,
        pid: u32,
        compound: Arc<Compound>,
        mut pending: Pending,
        host: &mut dyn Host,
    ) -> Step {
        let decided = self.expanded(shell, pid, &mut pending, host, &mut |expander| match &compound.kind {
            CompoundKind::Test(condition) => {
                let holds = expander.holds(condition)?;
                Ok((holds, std::mem::take(&mut expander.traced)))
            }
            CompoundKind::Arithmetic(word) => {
                let text = expander.text(word)?;
                Ok((expander.evaluate(&text)? != 0, vec![format!("(( {} ))", text.trim())]))
            }
            _ => Ok((true, Vec::new())),
        });
        match decided {
            Expanded::Done((holds, traced)) => {
                for line in traced.iter().filter(|_| shell.options.xtrace) {
                    self.trace_line(shell, pid, line, host);
                }
                shell.status = i32::from(!holds);
            }
            Expanded::Failed => {}
            Expanded::Waiting(step) => {
                shell.frames.push(Frame::Decide { compound, pending });
                return step;
            }
        }
        Step::Progress
    }

    /// `for ((first; test; next))`: evaluates one of the three, and runs the body after a test that holds.
    pub(super) fn step_count(
        &mut self,
        shell: &mut Shell,
        pid: u32,
        (compound, mut pending, part): (Arc<Compound>, Pending, usize),
        host: &mut dyn Host,
    ) -> Step {
        let CompoundKind::Count { parts, body } = &compound.kind else { return Step::Progress };
        let value = self.expanded(shell, pid, &mut pending, host, &mut |expander| {
            let text = expander.text(&parts[part])?;
            // Without a test it goes on.
            if text.trim().is_empty() { Ok(1) } else { expander.evaluate(&text) }
        });
        let value = match value {
            Expanded::Done(value) => value,
            Expanded::Failed => return Step::Progress,
            Expanded::Waiting(step) => {
                shell.frames.push(Frame::Count { compound, pending, part });
                return step;
            }
        };
        if part == 1 && value == 0 {
            return Step::Progress;
        }
        let list = body.clone();
        let next = if part == 1 { 2 } else { 1 };
        if part == 0 {
            shell.status = 0;
        }
        shell.frames.push(Frame::Count { compound, pending: Pending::default(), part: next });
        if part == 1 {
            shell.frames.push(Frame::List { list, next: 0 });
        }
        Step::Progress
    }

    pub(super) fn step_redirect(
        &mut self,
        shell: &mut Shell,
        pid: u32,
        compound: Arc<Compound>,
        mut pending: Pending,
        host: &mut dyn Host,
    ) -> Step {
        if !compound.redirects.is_empty() {
            let targets = self.expanded(shell, pid, &mut pending, host, &mut |expander| {
                compound.redirects.iter().map(|redirect| expander.text(&redirect.target)).collect()
            });
            let targets: Vec<String> = match targets {
                Expanded::Done(targets) => targets,
                Expanded::Failed => return Step::Progress,
                Expanded::Waiting(step) => {
                    shell.frames.push(Frame::Redirect { compound, pending });
                    return step;
                }
            };
            let descriptors = self.descriptors(pid);
            if let Err(message) = self.apply_redirects(pid, &compound.redirects, &targets, host) {
                if let Some(task) = self.tasks.get_mut(&pid) {
                    task.descriptors = descriptors;
                }
                self.complain(shell, pid, &message, host);
                shell.status = 1;
                return Step::Progress;
            }
            shell.frames.push(Frame::Restore { descriptors });
        }
        self.start_compound(shell, pid, compound, host);
        Step::Progress
    }

    fn start_compound(&mut self, shell: &mut Shell, pid: u32, compound: Arc<Compound>, host: &mut dyn Host) {
        match &compound.kind {
            CompoundKind::Brace(list) => shell.frames.push(Frame::List { list: list.clone(), next: 0 }),
            CompoundKind::Subshell(list) => {
                let mut child = shell.subshell();
                child.frames.push(Frame::List { list: list.clone(), next: 0 });
                let descriptors = self.descriptors(pid);
                if let Some(child) = self.fork(shell, pid, child, descriptors, host) {
                    shell.frames.push(Frame::Child { pid: child });
                }
            }
            CompoundKind::If { arms, .. } => {
                let condition = arms[0].0.clone();
                shell.frames.push(Frame::If { compound: compound.clone(), arm: 0 });
                shell.frames.push(Frame::List { list: condition, next: 0 });
            }
            CompoundKind::Loop { condition, .. } => {
                let list = condition.clone();
                shell.frames.push(Frame::Loop { compound: compound.clone(), testing: true, status: 0 });
                shell.frames.push(Frame::List { list, next: 0 });
            }
            CompoundKind::Test(_) | CompoundKind::Arithmetic(_) => {
                shell.frames.push(Frame::Decide { compound: compound.clone(), pending: Pending::default() });
            }
            CompoundKind::Count { .. } => {
                let (compound, pending) = (compound.clone(), Pending::default());
                shell.frames.push(Frame::Count { compound, pending, part: 0 });
            }
            CompoundKind::For { .. } => {
                let (compound, pending) = (compound.clone(), Pending::default());
                shell.frames.push(Frame::For { compound, pending, values: None, next: 0 });
            }
            CompoundKind::Case { .. } => {
                shell.frames.push(Frame::Case { compound: compound.clone(), pending: Pending::default() });
            }
        }
    }
}

pub(super) fn step_if(shell: &mut Shell, compound: Arc<Compound>, arm: usize) {
    let CompoundKind::If { arms, otherwise } = &compound.kind else { return };
    if shell.status == 0 {
        if let Some((_, body)) = arms.get(arm) {
            shell.frames.push(Frame::List { list: body.clone(), next: 0 });
        }
        return;
    }
    match (arms.get(arm + 1), otherwise) {
        (Some((condition, _)), _) => {
            let list = condition.clone();
            shell.frames.push(Frame::If { compound: compound.clone(), arm: arm + 1 });
            shell.frames.push(Frame::List { list, next: 0 });
        }
        (None, Some(body)) => shell.frames.push(Frame::List { list: body.clone(), next: 0 }),
        (None, None) => shell.status = 0,
    }
}

pub(super) fn step_loop(shell: &mut Shell, compound: Arc<Compound>, testing: bool, status: i32) {
    let CompoundKind::Loop { until, condition, body } = &compound.kind else { return };
    let (goes_on, list) = match testing {
        true => ((shell.status == 0) != *until, body.clone()),
        false => (true, condition.clone()),
    };
    if !goes_on {
        shell.status = status;
        return;
    }
    let status = if testing { status } else { shell.status };
    shell.frames.push(Frame::Loop { compound, testing: !testing, status });
    shell.frames.push(Frame::List { list, next: 0 });
}
