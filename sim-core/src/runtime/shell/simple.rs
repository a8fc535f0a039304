//! Simple commands: expansion, redirection, and finding what runs.

use std::sync::Arc;

use super::arrays::Given;
use super::ast::Simple;
use super::builtins::{self, Builtin};
use super::expand::Stop;
use super::frame::{Frame, Pending};
use super::host::Host;
use super::machine::Machine;
use super::state::Shell;
use super::substitute::Expanded;
use super::task::{Body, Step, Task, ToolTask};
use super::tools::{self, Memory, Program};
use crate::runtime::fs::normalize;

/// A simple command after expansion.
struct Ready {
    assignments: Vec<Given>,
    arrays: Vec<Given>,
    words: Vec<String>,
    targets: Vec<String>,
}

impl Machine {
    pub(super) fn step_simple(
        &mut self,
        shell: &mut Shell,
        pid: u32,
        command: Arc<Simple>,
        mut pending: Pending,
        host: &mut dyn Host,
    ) -> Step {
        shell.line = command.line;
        let ready = self.expanded(shell, pid, &mut pending, host, &mut |expander| {
            let words = expander.words(&command.words)?;
            let targets = command.redirects.iter().map(|redirect| expander.text(&redirect.target));
            let targets = targets.collect::<Result<Vec<_>, _>>()?;
            let mut assignments = Vec::new();
            for assignment in &command.assignments {
                let given = expander.given(assignment, false)?;
                if words.is_empty() {
                    // The next one may read it.
                    given.apply(&mut expander.variables, false).map_err(Stop::Fail)?;
                }
                assignments.push(given);
            }
            let named = words.iter().any(|word| word == "-A");
            let arrays = command.arrays.iter().map(|assignment| expander.given(assignment, named));
            Ok(Ready { assignments, arrays: arrays.collect::<Result<Vec<_>, _>>()?, words, targets })
        });
        let ready = match ready {
            Expanded::Done(ready) => ready,
            Expanded::Failed => return Step::Progress,
            Expanded::Waiting(step) => {
                shell.frames.push(Frame::Simple { command, pending });
                return step;
            }
        };
        if shell.options.xtrace {
            self.trace(shell, pid, &ready, host);
        }
        let before = self.descriptors(pid);
        if let Err(message) = self.apply_redirects(pid, &command.redirects, &ready.targets, host) {
            self.set_descriptors(pid, before);
            self.complain(shell, pid, &message, host);
            shell.status = 1;
            return Step::Progress;
        }
        let Some(name) = ready.words.first().cloned() else {
            self.set_descriptors(pid, before);
            shell.status = pending.status.unwrap_or(0);
            return Step::Progress;
        };
        if name == "exec" && ready.words.len() == 1 {
            shell.status = 0;
            return Step::Progress;
        }
        if !command.redirects.is_empty() {
            shell.frames.push(Frame::Restore { descriptors: before });
        }
        self.run_command(shell, pid, ready, host)
    }

    fn set_descriptors(&mut self, pid: u32, descriptors: super::frame::Descriptors) {
        if let Some(task) = self.tasks.get_mut(&pid) {
            task.descriptors = descriptors;
        }
    }

    fn trace(&mut self, shell: &Shell, pid: u32, ready: &Ready, host: &mut dyn Host) {
        let mut words = Vec::new();
        let quoted = |text: &str| builtins::quoted_for(shell.is_bash, text);
        let assignments = ready.assignments.iter().map(|given| given.traced(quoted));
        // bash shows each on a line of its own.
        if shell.is_bash {
            assignments.for_each(|line| self.trace_line(shell, pid, &line, host));
        } else {
            words.extend(assignments);
        }
        words.extend(ready.words.iter().map(|word| quoted(word)));
        if !words.is_empty() {
            self.trace_line(shell, pid, &words.join(" "), host);
        }
    }

    /// A line of `set -x`.
    pub(super) fn trace_line(&mut self, shell: &Shell, pid: u32, line: &str, host: &mut dyn Host) {
        // In a command substitution bash repeats the sign.
        let signs = if shell.is_bash { 1 + shell.substitutions.min(20) } else { 1 };
        self.write(pid, 2, &format!("{} {line}\n", "+".repeat(signs)), host);
    }

    fn assign(&mut self, shell: &mut Shell, pid: u32, assignments: &[Given], host: &mut dyn Host) -> bool {
        for given in assignments {
            if let Err(message) = given.apply(&mut shell.variables, false) {
                self.fatal(shell, pid, &message, host);
                return false;
            }
        }
        true
    }

    fn run_command(&mut self, shell: &mut Shell, pid: u32, ready: Ready, host: &mut dyn Host) -> Step {
        let Ready { assignments, arrays, words, .. } = ready;
        let name = words[0].as_str();
        if shell.is_bash && name == "printf" && words.get(1).is_some_and(|word| word == "-v") {
            builtins::print_into(shell, &words);
            return Step::Progress;
        }
        let function = shell.functions.get(name).cloned();
        let builtin = Builtin::of(name, shell.dialect_on(host)).filter(|_| !host.is_outer(&words));
        if function.is_none() && builtin.is_none() {
            let assignments: Vec<(String, String)> = assignments.iter().map(Given::plain).collect();
            return self.run_tool(shell, pid, words, &assignments, host);
        }
        let keeps = function.is_none() && builtin.is_some_and(|builtin| builtin.special);
        if !assignments.is_empty() && !keeps {
            let saved = assignments
                .iter()
                .map(|given| {
                    (Arc::from(given.name.as_str()), shell.variables.get(given.name.as_str()).cloned())
                })
                .collect();
            shell.frames.push(Frame::Unset { saved });
        }
        if !self.assign(shell, pid, &assignments, host) {
            return Step::Progress;
        }
        if let Some(body) = function {
            let positional = std::mem::replace(&mut shell.positional, Arc::new(words[1..].to_vec()));
            shell.frames.push(Frame::Call { positional, locals: Vec::new() });
            shell.frames.push(Frame::Redirect { compound: body, pending: Pending::default() });
            return Step::Progress;
        }
        match builtin {
            Some(builtin) => {
                let step = (builtin.run)(self, shell, pid, &words, host);
                // The arrays of a declaration, whose names it has declared by now.
                let named = words.iter().any(|word| word == "-A");
                for given in arrays {
                    if let Err(message) = given.apply(&mut shell.variables, named) {
                        self.fatal(shell, pid, &message, host);
                        break;
                    }
                }
                step
            }
            None => Step::Progress,
        }
    }

    /// Starts a tool as a child, or in place of a shell that has nothing else to do.
    pub(super) fn run_tool(
        &mut self,
        shell: &mut Shell,
        pid: u32,
        words: Vec<String>,
        assignments: &[(String, String)],
        host: &mut dyn Host,
    ) -> Step {
        let mut environment = shell.environment();
        for (name, value) in assignments {
            environment.retain(|(known, _)| known != name);
            environment.push((name.clone(), value.clone()));
        }
        let directory = self.tasks.get(&pid).map(|task| task.directory.clone()).unwrap_or_default();
        let path = shell.get("PATH").map(str::to_owned);
        let command = words.join(" ");
        let body = match self.load(&words, environment, &directory, path.as_deref(), host) {
            Ok(Body::Shell(mut child)) => {
                let reads = matches!(child.frames.as_slice(), [Frame::Lines { .. }]);
                child.interactive |= reads && self.is_terminal(pid, 0);
                Body::Shell(child)
            }
            Ok(body) => body,
            Err(error) => {
                let (message, status) = match error {
                    LoadError::NotFound if shell.is_bash && !words[0].contains('/') => {
                        (format!("{}: command not found", words[0]), 127)
                    }
                    LoadError::NotFound => (format!("{}: not found", words[0]), 127),
                    LoadError::Denied => (format!("{}: Permission denied", words[0]), 126),
                };
                self.complain(shell, pid, &message, host);
                shell.status = status;
                return Step::Progress;
            }
        };
        let last = if pid == self.main { is_last_of_text(shell) } else { shell.frames.is_empty() };
        let in_place = last && shell.traps.is_empty();
        if in_place {
            if let Some(task) = self.tasks.get_mut(&pid) {
                task.command = command;
            }
            return Step::Become(body);
        }
        let background = self.tasks.get(&pid).is_some_and(|task| task.background);
        let mut task = Task::new(body, self.descriptors(pid), &directory, command);
        task.background = background;
        match self.spawn(task) {
            Ok(child) => shell.frames.push(Frame::Child { pid: child }),
            Err(message) => self.fatal(shell, pid, message, host),
        }
        Step::Progress
    }

    /// Finds the program that `words` name.
    ///
    /// # Errors
    /// [`LoadError`].
    pub(super) fn load(
        &self,
        words: &[String],
        environment: Vec<(String, String)>,
        directory: &str,
        path: Option<&str>,
        host: &mut dyn Host,
    ) -> Result<Body, LoadError> {
        let name = words.first().map(String::as_str).unwrap_or_default();
        if host.is_outer(words) {
            return Ok(tool_body(tools::outer, words, environment));
        }
        let known = host.has_tool(name.rsplit('/').next().unwrap_or_default());
        if let Some(program) = tools::find(name, path).filter(|_| known) {
            return Ok(tool_body(program, words, environment));
        }
        if tools::is_shell(name) && known {
            return Ok(Body::Shell(Box::new(shell_from(words, &environment, self.main))));
        }
        if host.has_program(name.rsplit('/').next().unwrap_or_default()) {
            return Ok(tool_body(tools::own_program, words, environment));
        }
        if !name.contains('/') {
            return Err(LoadError::NotFound);
        }
        let file = normalize(directory, name);
        match host.files().stat(&file) {
            Ok(entry) if entry.content.is_some() && entry.mode & 0o111 != 0 => {
                let script: Vec<String> = [String::from("sh"), name.to_owned()]
                    .into_iter()
                    .chain(words[1..].iter().cloned())
                    .collect();
                Ok(Body::Shell(Box::new(shell_from(&script, &environment, self.main))))
            }
            Ok(_) => Err(LoadError::Denied),
            Err(_) => Err(LoadError::NotFound),
        }
    }
}

/// Whether the shell of a `-c` has nothing to do after this command, which it then becomes: a server that is
/// started so gets the container's signals.
fn is_last_of_text(shell: &Shell) -> bool {
    let done = |frame: &Frame| match frame {
        Frame::Text { text, at, sourced: false } => text.get(*at..).is_none_or(|rest| rest.trim().is_empty()),
        _ => false,
    };
    let plain = !shell.interactive && shell.script.is_none() && shell.jobs.is_empty();
    plain && shell.from_words && shell.frames.iter().all(done)
}

/// Why a program cannot be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoadError {
    NotFound,
    Denied,
}

/// The body of a task that runs a tool.
pub(super) fn tool_body(program: Program, words: &[String], environment: Vec<(String, String)>) -> Body {
    let name = words[0].rsplit('/').next().unwrap_or_default().to_owned();
    Body::Tool(Box::new(ToolTask {
        program,
        name,
        arguments: Arc::new(words[1..].to_vec()),
        environment: Arc::new(environment),
        memory: Memory::default(),
    }))
}

/// A shell as its command line asks for it.
pub(super) fn shell_from(words: &[String], environment: &[(String, String)], pid: u32) -> Shell {
    let mut shell = Shell::new(&words[0], environment, pid);
    let mut arguments = words[1..].iter();
    let mut rest: Vec<String> = Vec::new();
    let (mut command, mut stdin) = (false, false);
    while let Some(argument) = arguments.next() {
        let (Some(flags), on) = (argument.strip_prefix(['-', '+']), argument.starts_with('-')) else {
            rest.push(argument.clone());
            break;
        };
        if flags == "-" || flags.is_empty() {
            break;
        }
        if flags.starts_with('-') {
            continue;
        }
        for flag in flags.chars() {
            match flag {
                'c' => command = true,
                's' => stdin = true,
                'i' => shell.interactive = true,
                'o' => {
                    if let Some(name) = arguments.next() {
                        builtins::set_named_option(&mut shell.options, name, on);
                    }
                }
                flag => builtins::set_option(&mut shell.options, flag, on),
            }
        }
    }
    rest.extend(arguments.cloned());
    if command {
        shell.from_words = true;
        let text: Arc<str> = rest.first().cloned().unwrap_or_default().into();
        if rest.len() > 1 {
            shell.name.clone_from(&rest[1]);
        }
        shell.positional = Arc::new(rest.into_iter().skip(2).collect());
        shell.frames.push(Frame::Text { text, at: 0, sourced: false });
    } else if rest.is_empty() || stdin {
        shell.positional = Arc::new(rest);
        shell.frames.push(Frame::Lines { buffer: String::new() });
    } else {
        let script = rest.remove(0);
        shell.script = Some(script.clone());
        shell.positional = Arc::new(rest);
        // The file is read when the shell has its first turn, as `. FILE` would.
        let words = [".", script.as_str()]
            .map(|word| super::ast::Word(vec![super::ast::Part::Quoted(word.to_owned())]));
        let command = Arc::new(Simple { words: words.to_vec(), ..Simple::default() });
        shell.frames.push(Frame::Simple { command, pending: Pending::default() });
    }
    shell
}
