//! One step of a shell: take the topmost frame, do a little, put back what is left of it.

use std::sync::Arc;

use super::arrays::{Items, Key, set_items};
use super::ast::*;
use super::builtins;
use super::channels::ReadResult;
use super::compound::{step_if, step_loop};
use super::frame::{Descriptor, Frame, Pending};
use super::host::{Flavour, Host};
use super::machine::Machine;
use super::parser::{ParseError, Parser};
use super::state::{Shell, Variable};
use super::task::{Body, Step, Task};
use crate::api::SimTime;

/// The deepest stack of frames; a function that calls itself for ever ends here.
const MAX_FRAMES: usize = 2_000;

impl Machine {
    /// Lets a shell do one thing.
    pub(super) fn step_shell(&mut self, shell: &mut Shell, pid: u32, host: &mut dyn Host) -> Step {
        if shell.dialect.is_none() {
            // A `sh` that is bash is bash in all.
            let dialect = host.dialect();
            (shell.dialect, shell.is_bash) = (Some(dialect), dialect == Dialect::Bash);
        }
        if shell.frames.len() > MAX_FRAMES {
            self.fatal(shell, pid, "out of stack space", host);
            return Step::Progress;
        }
        if !shell.pending_traps.is_empty() && self.run_trap(shell) {
            return Step::Progress;
        }
        let Some(frame) = shell.frames.pop() else { return self.leave(shell) };
        match frame {
            Frame::Text { text, at, sourced } => self.step_text(shell, pid, (text, at, sourced), host),
            Frame::Lines { buffer } => return self.step_lines(shell, pid, buffer, host),
            Frame::List { list, next } => self.step_list(shell, pid, list, next, host),
            Frame::AndOr { and_or, next } => self.step_and_or(shell, pid, and_or, next, host),
            Frame::Negate => shell.status = i32::from(shell.status == 0),
            Frame::Pipeline { children, status, statuses } => {
                return self.step_pipeline(shell, pid, (children, status, statuses), host);
            }
            Frame::If { compound, arm } => step_if(shell, compound, arm),
            Frame::Loop { compound, testing, status } => step_loop(shell, compound, testing, status),
            Frame::For { compound, pending, values, next } => {
                return self.step_for(shell, pid, (compound, pending, values, next), host);
            }
            Frame::Case { compound, pending } => return self.step_case(shell, pid, compound, pending, host),
            Frame::Decide { compound, pending } => {
                return self.step_decide(shell, pid, compound, pending, host);
            }
            Frame::Count { compound, pending, part } => {
                return self.step_count(shell, pid, (compound, pending, part), host);
            }
            Frame::Timed { since } => self.tell_time(shell, pid, since, host),
            Frame::Simple { command, pending } => {
                return self.step_simple(shell, pid, command, pending, host);
            }
            Frame::Redirect { compound, pending } => {
                return self.step_redirect(shell, pid, compound, pending, host);
            }
            frame @ (Frame::Restore { .. } | Frame::Call { .. } | Frame::Unset { .. }) => {
                self.undo(shell, pid, frame);
            }
            Frame::Child { pid: child } => match self.ended.remove(&child) {
                Some(status) => self.child_ended(shell, pid, status, host),
                None if self.tasks.contains_key(&child) => {
                    shell.frames.push(Frame::Child { pid: child });
                    return Step::Blocked;
                }
                None => shell.status = 127,
            },
            Frame::Wait { pids } => return self.step_wait(shell, pids),
            Frame::Read { reading, text } => {
                return builtins::step_read(self, shell, pid, (reading, text), host);
            }
            Frame::Trap { status } => shell.status = status,
        }
        Step::Progress
    }

    fn child_ended(&mut self, shell: &mut Shell, pid: u32, status: i32, host: &mut dyn Host) {
        shell.status = status;
        // ash names the signals that its foreground children die of, Ctrl-C and a broken pipe aside.
        let why = match status {
            137 => "Killed\n",
            139 => "Segmentation fault\n",
            143 => "Terminated\n",
            _ => return,
        };
        self.write(pid, 2, why, host);
    }

    /// The shell has nothing left to do.
    fn leave(&mut self, shell: &mut Shell) -> Step {
        if !shell.leaving {
            shell.leaving = true;
            if let Some(action) = shell.traps.remove(&0).filter(|action| !action.is_empty()) {
                shell.frames.push(Frame::Trap { status: shell.status });
                shell.frames.push(Frame::Text { text: action, at: 0, sourced: false });
                return Step::Progress;
            }
        }
        Step::Exit(shell.status & 0xff)
    }

    /// Begins the commands of a trap, unless a command in the foreground must end first.
    fn run_trap(&mut self, shell: &mut Shell) -> bool {
        match shell.frames.last() {
            Some(Frame::Child { .. } | Frame::Pipeline { .. }) => return false,
            Some(Frame::Wait { .. }) => {
                shell.frames.pop();
                shell.status = 128 + shell.pending_traps.first().copied().unwrap_or(0);
            }
            _ => {}
        }
        let signal = shell.pending_traps.remove(0);
        if let Some(action) = shell.traps.get(&signal).cloned() {
            shell.frames.push(Frame::Trap { status: shell.status });
            shell.frames.push(Frame::Text { text: action, at: 0, sourced: false });
        }
        true
    }

    /// Prints `NAME: message` to standard error.
    pub(super) fn complain(&mut self, shell: &Shell, pid: u32, message: &str, host: &mut dyn Host) {
        let opening = shell.script.as_deref().unwrap_or(&shell.name);
        let line = if shell.is_bash {
            let message = in_bash_words(message);
            match shell.interactive || shell.terse {
                true => format!("{opening}: {message}\n"),
                false => format!("{opening}: line {}: {message}\n", shell.line),
            }
        } else if shell.script.is_some() && host.flavour() == Flavour::Busybox {
            format!("{opening}: line {}: {message}\n", shell.line)
        } else if host.flavour() == Flavour::Gnu {
            format!("{opening}: {}: {}\n", shell.line, in_dash_words(message))
        } else {
            format!("{opening}: {message}\n")
        };
        self.write(pid, 2, &line, host);
    }

    /// An error that ends a shell that is not interactive.
    pub(super) fn fatal(&mut self, shell: &mut Shell, pid: u32, message: &str, host: &mut dyn Host) {
        self.complain(shell, pid, message, host);
        shell.status = if shell.is_bash { 1 } else { 2 };
        self.unwind(shell, pid, usize::from(shell.interactive));
    }

    /// Drops frames down to a height, undoing what they hold.
    pub(super) fn unwind(&mut self, shell: &mut Shell, pid: u32, height: usize) {
        while shell.frames.len() > height {
            if let Some(frame) = shell.frames.pop() {
                self.undo(shell, pid, frame);
            }
        }
    }

    fn undo(&mut self, shell: &mut Shell, pid: u32, frame: Frame) {
        match frame {
            Frame::Restore { descriptors } => {
                if let Some(task) = self.tasks.get_mut(&pid) {
                    task.descriptors = descriptors;
                }
            }
            Frame::Call { positional, locals } => {
                shell.positional = positional;
                put_back(shell, locals);
            }
            Frame::Unset { saved } => put_back(shell, saved),
            _ => {}
        }
    }

    fn step_text(
        &mut self,
        shell: &mut Shell,
        pid: u32,
        (text, at, sourced): (Arc<str>, usize, bool),
        host: &mut dyn Host,
    ) {
        let mut parser = Parser::new(&text, at, false, shell.dialect_on(host));
        self.charge(text.len().saturating_sub(at).min(1 << 14) / 4096);
        match parser.next_line() {
            Ok(Some(list)) => {
                let at = parser.position();
                if at < text.len() || sourced {
                    shell.frames.push(Frame::Text { text, at, sourced });
                }
                if !shell.options.noexec {
                    shell.frames.push(Frame::List { list, next: 0 });
                }
            }
            Ok(None) => {}
            Err(ParseError::Syntax(message) | ParseError::Incomplete(message)) if shell.is_bash => {
                let at_end = message.ends_with("unexpected end of file") && !text.ends_with('\n');
                let line = parser.line() + u32::from(at_end);
                self.reject(shell, pid, (&message, text[at..].trim_start(), line), host);
            }
            Err(ParseError::Syntax(message) | ParseError::Incomplete(message)) => {
                self.fatal(shell, pid, &message, host);
            }
        }
    }

    /// Says as bash does what is wrong with a script's grammar.
    fn reject(
        &mut self,
        shell: &mut Shell,
        pid: u32,
        (message, text, line): (&str, &str, u32),
        host: &mut dyn Host,
    ) {
        let opening = match &shell.script {
            Some(script) => format!("{script}: "),
            None if shell.terse || shell.interactive => format!("{}: ", shell.name),
            None => format!("{}: -c: ", shell.name),
        };
        let place = if shell.terse || shell.interactive { String::new() } else { format!("line {line}: ") };
        let mut said = format!("{opening}{place}{message}\n");
        if message.contains("near unexpected") && !place.is_empty() {
            let shown = text.lines().next().unwrap_or_default();
            said.push_str(&format!("{opening}{place}`{shown}'\n"));
        }
        self.write(pid, 2, &said, host);
        shell.status = if message == "bad substitution" { 1 } else { 2 };
        self.unwind(shell, pid, usize::from(shell.interactive));
    }

    fn tell_time(&mut self, _: &Shell, pid: u32, since: SimTime, host: &mut dyn Host) {
        let took = host.now().since(since);
        let (minutes, seconds) = (took.as_secs() / 60, took.as_secs() % 60);
        let real = format!("{minutes}m{seconds}.{:03}s", took.subsec_millis());
        self.write(pid, 2, &format!("\nreal\t{real}\nuser\t0m0.000s\nsys\t0m0.000s\n"), host);
    }

    /// What bash says when it leaves its user.
    pub(super) fn say_exit(&mut self, shell: &Shell, pid: u32, host: &mut dyn Host) {
        if shell.interactive && shell.is_bash {
            self.write(pid, 2, "exit\n", host);
        }
    }

    fn step_lines(&mut self, shell: &mut Shell, pid: u32, mut buffer: String, host: &mut dyn Host) -> Step {
        let read = self.read(pid, 0, true, host);
        let ended = read == ReadResult::End;
        match read {
            ReadResult::Blocked => {
                shell.frames.push(Frame::Lines { buffer });
                return Step::Blocked;
            }
            ReadResult::End if buffer.is_empty() => {
                self.say_exit(shell, pid, host);
                return Step::Progress;
            }
            ReadResult::End => {}
            ReadResult::Text(text) => buffer.push_str(&text),
        }
        if buffer.len() > 1 << 16 {
            buffer.clear();
            self.complain(shell, pid, "out of memory", host);
        }
        if !ended && goes_on(&buffer) {
            shell.frames.push(Frame::Lines { buffer });
            return Step::Progress;
        }
        let mut parser = Parser::new(&buffer, 0, !ended, shell.dialect_on(host));
        match parser.next_line() {
            Ok(Some(list)) => {
                shell.frames.push(Frame::Lines { buffer: String::new() });
                shell.frames.push(Frame::List { list, next: 0 });
            }
            Ok(None) => shell.frames.push(Frame::Lines { buffer: String::new() }),
            Err(ParseError::Incomplete(_)) => shell.frames.push(Frame::Lines { buffer }),
            Err(ParseError::Syntax(message)) => {
                shell.frames.push(Frame::Lines { buffer: String::new() });
                self.fatal(shell, pid, &message, host);
            }
        }
        Step::Progress
    }

    fn step_list(&mut self, shell: &mut Shell, pid: u32, list: List, next: usize, host: &mut dyn Host) {
        let Some(item) = list.get(next).cloned() else { return };
        if next + 1 < list.len() {
            shell.frames.push(Frame::List { list, next: next + 1 });
        }
        if item.background {
            self.start_background(shell, pid, item.and_or, host);
        } else {
            shell.frames.push(Frame::AndOr { and_or: item.and_or, next: 0 });
        }
    }

    fn start_background(&mut self, shell: &mut Shell, pid: u32, and_or: Arc<AndOr>, host: &mut dyn Host) {
        let mut child = shell.subshell();
        child.frames.push(Frame::AndOr { and_or, next: 0 });
        let mut descriptors = self.descriptors(pid);
        if descriptors.get(&0) == Some(&Descriptor::Input) {
            descriptors.insert(0, Descriptor::Null);
        }
        let Some(job) = self.fork(shell, pid, child, descriptors, host) else { return };
        if let Some(task) = self.tasks.get_mut(&job) {
            task.background = true;
        }
        shell.last_background = Some(job);
        shell.jobs.push(job);
        shell.status = 0;
        if shell.interactive && shell.is_bash {
            let number = shell.jobs.len();
            self.write(pid, 2, &format!("[{number}] {job}\n"), host);
        }
    }

    /// Starts a subshell; `None` when there are too many tasks.
    pub(super) fn fork(
        &mut self,
        shell: &mut Shell,
        pid: u32,
        mut child: Shell,
        descriptors: super::frame::Descriptors,
        host: &mut dyn Host,
    ) -> Option<u32> {
        if self.is_tested(shell) {
            child.options.errexit = false;
        }
        let parent = self.tasks.get(&pid)?;
        let (directory, command, background) =
            (parent.directory.clone(), parent.command.clone(), parent.background);
        let mut task = Task::new(Body::Shell(Box::new(child)), descriptors, &directory, command);
        task.background = background;
        match self.spawn(task) {
            Ok(pid) => Some(pid),
            Err(message) => {
                self.fatal(shell, pid, message, host);
                None
            }
        }
    }

    fn step_and_or(
        &mut self,
        shell: &mut Shell,
        pid: u32,
        and_or: Arc<AndOr>,
        next: usize,
        host: &mut dyn Host,
    ) {
        let mut index = next;
        if index > 0 {
            while let Some((connector, _)) = and_or.rest.get(index - 1) {
                if (*connector == Connector::And) == (shell.status == 0) {
                    break;
                }
                index += 1;
            }
        }
        let pipeline = match index {
            0 => Some(&and_or.first),
            _ => and_or.rest.get(index - 1).map(|(_, pipeline)| pipeline),
        };
        let Some(pipeline) = pipeline.cloned() else {
            let ran_last = index == next;
            let negated = and_or.rest.last().map_or(and_or.first.negated, |(_, pipeline)| pipeline.negated);
            if shell.options.errexit && shell.status != 0 && ran_last && !negated && !self.is_tested(shell) {
                self.unwind(shell, pid, 0);
            }
            return;
        };
        shell.frames.push(Frame::AndOr { and_or, next: index + 1 });
        if pipeline.timed {
            shell.frames.push(Frame::Timed { since: host.now() });
        }
        if pipeline.negated {
            shell.frames.push(Frame::Negate);
        }
        match pipeline.commands.as_slice() {
            [command] => self.start(shell, command),
            _ => self.start_pipeline(shell, pid, &pipeline, host),
        }
    }

    /// Whether a failure at this place only decides which way to go.
    fn is_tested(&self, shell: &Shell) -> bool {
        shell.frames.iter().any(|frame| match frame {
            Frame::If { .. } | Frame::Negate => true,
            Frame::Loop { testing, .. } => *testing,
            Frame::AndOr { and_or, next } => *next <= and_or.rest.len(),
            _ => false,
        })
    }

    fn start(&mut self, shell: &mut Shell, command: &Command) {
        match command {
            Command::Simple(command) => {
                shell.frames.push(Frame::Simple { command: command.clone(), pending: Pending::default() });
            }
            Command::Compound(compound) => {
                shell
                    .frames
                    .push(Frame::Redirect { compound: compound.clone(), pending: Pending::default() });
            }
            Command::Function { name, body } => {
                shell.functions.insert(name.clone(), body.clone());
                shell.status = 0;
            }
        }
    }

    fn start_pipeline(&mut self, shell: &mut Shell, pid: u32, pipeline: &Pipeline, host: &mut dyn Host) {
        let mut children = Vec::new();
        let mut from = None;
        let last = pipeline.commands.len() - 1;
        for (index, command) in pipeline.commands.iter().enumerate() {
            let mut child = shell.subshell();
            self.start(&mut child, command);
            let mut descriptors = self.descriptors(pid);
            if let Some(pipe) = from.take() {
                descriptors.insert(0, Descriptor::PipeRead(pipe));
            }
            if index < last {
                let pipe = self.pipe(false);
                descriptors.insert(1, Descriptor::PipeWrite(pipe));
                from = Some(pipe);
            }
            match self.fork(shell, pid, child, descriptors, host) {
                Some(child) => children.push(child),
                None => return,
            }
        }
        shell.frames.push(Frame::Pipeline { children, status: 0, statuses: Vec::new() });
    }

    fn step_pipeline(
        &mut self,
        shell: &mut Shell,
        pid: u32,
        (mut children, mut status, mut statuses): (Vec<u32>, i32, Vec<i32>),
        host: &mut dyn Host,
    ) -> Step {
        while let Some(child) = children.first().copied() {
            let ended = self.ended.remove(&child);
            if ended.is_none() && self.tasks.contains_key(&child) {
                shell.frames.push(Frame::Pipeline { children, status, statuses });
                return Step::Blocked;
            }
            children.remove(0);
            let code = ended.unwrap_or(127);
            statuses.push(code);
            let counts = if shell.options.pipefail { code != 0 } else { children.is_empty() };
            if counts {
                status = code;
            }
        }
        if shell.is_bash {
            let numbered =
                (0..).map(Key::Number).zip(statuses.iter().map(|status| status.to_string().into()));
            let items = Items { named: false, entries: numbered.collect() };
            set_items(&mut shell.variables, "PIPESTATUS", items);
        }
        self.child_ended(shell, pid, status, host);
        Step::Progress
    }

    fn step_wait(&mut self, shell: &mut Shell, mut pids: Vec<u32>) -> Step {
        while let Some(child) = pids.first().copied() {
            if self.tasks.contains_key(&child) {
                shell.frames.push(Frame::Wait { pids });
                return Step::Blocked;
            }
            shell.status = self.ended.remove(&child).unwrap_or(127);
            shell.jobs.retain(|job| *job != child);
            pids.remove(0);
        }
        Step::Progress
    }
}

fn put_back(shell: &mut Shell, saved: Vec<(Arc<str>, Option<Variable>)>) {
    for (name, variable) in saved.into_iter().rev() {
        match variable {
            Some(variable) => shell.variables.insert(name, variable),
            None => shell.variables.remove(&name),
        };
    }
}

/// An error in the words of bash.
fn in_bash_words(message: &str) -> String {
    let missing = |rest: &str| {
        let (path, why) = rest.rsplit_once(": ").unwrap_or((rest, ""));
        let why = match why {
            "no such file" | "nonexistent directory" => "No such file or directory",
            why => why,
        };
        format!("{path}: {why}")
    };
    if let Some(rest) = message.strip_prefix("can't create ").or(message.strip_prefix("can't open ")) {
        return missing(rest);
    }
    if let Some(name) = message.strip_suffix(": is read only") {
        return format!("{name}: readonly variable");
    }
    if let Some(word) = message.strip_prefix("bad fd number: ") {
        return format!("{word}: ambiguous redirect");
    }
    match message.strip_suffix(": not found") {
        Some(path) if path.contains('/') => format!("{path}: No such file or directory"),
        _ => message.to_owned(),
    }
}

/// An error in the words of dash, Debian's `sh`, which is ash's ancestor.
pub(super) fn in_dash_words(message: &str) -> String {
    if let Some(rest) = message.strip_prefix("syntax error: unexpected ") {
        let (found, expecting) = match rest.split_once(" (expecting") {
            Some((found, expecting)) => (found, format!(" (expecting{expecting}")),
            None => (rest, String::new()),
        };
        return format!("Syntax error: {found} unexpected{expecting}");
    }
    if message == "syntax error: bad substitution" {
        return "Bad substitution".to_owned();
    }
    let message = message.replacen("syntax error: unterminated", "Syntax error: Unterminated", 1).replacen(
        "syntax error: bad for",
        "Syntax error: Bad for",
        1,
    );
    let message =
        message.replacen("can't create ", "cannot create ", 1).replacen("can't open ", "cannot open ", 1);
    message.replace("nonexistent directory", "Directory nonexistent").replace("no such file", "No such file")
}

/// Whether a backslash joins the last line to the next one.
fn goes_on(text: &str) -> bool {
    let line = text.strip_suffix('\n').unwrap_or(text);
    let backslashes = line.len() - line.trim_end_matches('\\').len();
    backslashes % 2 == 1
}
