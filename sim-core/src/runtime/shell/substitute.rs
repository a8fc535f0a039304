//! Expansion for a shell that runs: command substitutions are started, waited for and read.

use super::expand::{Expander, Stop, process_path};
use super::frame::{Capture, Descriptor, Frame, Pending};
use super::host::Host;
use super::machine::Machine;
use super::state::Shell;
use super::task::Step;

/// What an expansion came to.
pub(super) enum Expanded<T> {
    Done(T),
    /// A command substitution has been started or goes on.
    Waiting(Step),
    /// It failed and the shell has been told.
    Failed,
}

impl Machine {
    /// Expands for a shell, running command substitutions on the way.
    pub(super) fn expanded<T>(
        &mut self,
        shell: &mut Shell,
        pid: u32,
        pending: &mut Pending,
        host: &mut dyn Host,
        expand: &mut dyn FnMut(&mut Expander<'_>) -> Result<T, Stop>,
    ) -> Expanded<T> {
        if let Some(step) = self.step_capture(pending) {
            return Expanded::Waiting(step);
        }
        let directory = self.tasks.get(&pid).map(|task| task.directory.clone()).unwrap_or_default();
        let mut expander = Expander::new(shell, &pending.results, host.files(), &directory);
        let outcome = expand(&mut expander);
        let (variables, random) = (expander.variables.clone(), expander.random);
        let opened = std::mem::take(&mut expander.opened);
        match outcome {
            Ok(value) => {
                shell.variables = variables;
                shell.random = random;
                for (index, text) in opened.into_iter().enumerate() {
                    self.opened.insert(process_path(index + 1), text.into());
                }
                Expanded::Done(value)
            }
            Err(Stop::Fail(message)) => {
                self.fatal(shell, pid, &message, host);
                Expanded::Failed
            }
            Err(Stop::Unset(message)) => {
                self.fatal(shell, pid, &message, host);
                // bash takes it for a command that it did not find.
                shell.status = if shell.is_bash { 127 } else { shell.status };
                Expanded::Failed
            }
            Err(Stop::Substitute(list)) => {
                let mut child = shell.subshell();
                child.variables = variables;
                child.substitutions += 1;
                child.frames.push(Frame::List { list, next: 0 });
                let pipe = self.pipe(true);
                let mut descriptors = self.descriptors(pid);
                descriptors.insert(1, Descriptor::PipeWrite(pipe));
                match self.fork(shell, pid, child, descriptors, host) {
                    None => Expanded::Failed,
                    Some(child) => {
                        pending.capture = Some(Capture { pid: child, pipe, text: String::new() });
                        Expanded::Waiting(Step::Progress)
                    }
                }
            }
        }
    }

    /// Collects a substitution's output; `None` once it has ended.
    fn step_capture(&mut self, pending: &mut Pending) -> Option<Step> {
        let capture = pending.capture.as_mut()?;
        match self.drain(capture.pipe) {
            Some(text) if text.is_empty() => return Some(Step::Blocked),
            Some(text) => {
                if capture.text.len() < 1 << 20 {
                    capture.text.push_str(&text);
                }
                return Some(Step::Progress);
            }
            None if self.tasks.contains_key(&capture.pid) => return Some(Step::Blocked),
            None => {}
        }
        pending.status = Some(self.ended.remove(&capture.pid).unwrap_or(0));
        pending.results.push(std::mem::take(&mut capture.text));
        pending.capture = None;
        None
    }
}
