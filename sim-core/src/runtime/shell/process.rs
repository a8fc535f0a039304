//! [`Process`]: a command in a container, from its start to its exit code.

use std::time::Duration;

use super::Host;
use crate::api::SimTime;

/// Which stream a piece of output goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// What a process does after a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessState {
    /// It wants to run again at this time. A process that only computes comes back a little later.
    SleepingUntil(SimTime),
    /// It waits for [`Process::input`]; [`Process::deadline`] tells whether a part of it also sleeps.
    WaitingForInput,
    /// It ended with this exit code.
    Exited(i32),
}

/// Why a command cannot be started at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// There is no such program; runc's words.
    #[error("exec: \"{0}\": executable file not found in $PATH")]
    NotFound(String),
    /// A path that is not there; runc's words.
    #[error("exec: \"{0}\": stat {0}: no such file or directory")]
    NoSuchFile(String),
    /// Nothing was asked for.
    #[error("no command specified")]
    Empty,
}

/// A command in a container. All of its state is in the value: a clone is a checkpoint of it.
#[derive(Clone, Debug)]
pub struct Process {
    argv: Vec<String>,
    output: Vec<(Stream, String)>,
    until: Option<SimTime>,
}

impl Process {
    /// A process that has not run yet.
    ///
    /// # Errors
    /// [`StartError`] when `argv[0]` is no tool of the simulator.
    pub fn new(argv: Vec<String>, _env: Vec<(String, String)>, _cwd: &str) -> Result<Process, StartError> {
        let Some(name) = argv.first() else { return Err(StartError::Empty) };
        if !["sh", "/bin/sh", "cat", "echo", "sleep", "true", "false"].contains(&name.as_str()) {
            return Err(StartError::NotFound(name.clone()));
        }
        Ok(Process { argv, output: Vec::new(), until: None })
    }

    /// The process is the container's program, whose id is 1: the kernel ignores signals that it has no
    /// handler for, except SIGKILL. Otherwise a process has another id.
    pub fn set_pid(&mut self, _pid: u32) {}

    /// Gives the process a terminal: prompts, line input, both streams as one.
    pub fn attach_terminal(&mut self) {}

    /// Keeps standard input open for [`Process::input`], without a terminal (`exec -i`).
    pub fn attach_input(&mut self) {}

    /// Standard input is this text, then ends. Without this and `attach_*` it is empty.
    pub fn set_stdin(&mut self, _text: String) {}

    /// A line from the user without its line feed, or `None` at the end of input (Ctrl-D).
    pub fn input(&mut self, _line: Option<&str>) {}

    /// Sends a signal. Run the process afterwards.
    pub fn signal(&mut self, _signal: i32) {}

    /// Goes as far as possible without time passing. Never runs for ever: see [`ProcessState`].
    pub fn run(&mut self, host: &mut dyn Host) -> ProcessState {
        let words: Vec<&str> = self.argv.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["sleep", seconds] => {
                let seconds = Duration::from_secs(seconds.parse().unwrap_or(0));
                let until = *self.until.get_or_insert(host.now() + seconds);
                if host.now() < until { ProcessState::SleepingUntil(until) } else { ProcessState::Exited(0) }
            }
            ["cat", path] => match host.files().read(path) {
                Ok(bytes) => {
                    self.output.push((Stream::Out, String::from_utf8_lossy(&bytes).into_owned()));
                    ProcessState::Exited(0)
                }
                Err(error) => {
                    self.output.push((Stream::Err, format!("cat: can't open '{path}': {error}\n")));
                    ProcessState::Exited(1)
                }
            },
            ["echo", rest @ ..] => {
                self.output.push((Stream::Out, format!("{}\n", rest.join(" "))));
                ProcessState::Exited(0)
            }
            ["false"] => ProcessState::Exited(1),
            _ => ProcessState::Exited(0),
        }
    }

    /// Takes what was printed since the last take, in order.
    pub fn take_output(&mut self) -> Vec<(Stream, String)> {
        std::mem::take(&mut self.output)
    }

    /// When a part of the process wants to run again, whatever else it waits for.
    pub fn deadline(&self) -> Option<SimTime> {
        self.until
    }

    /// The prompt while a shell on a terminal waits for a command; empty while a tool reads a line.
    /// `None` while the process does not read.
    pub fn prompt(&self) -> Option<String> {
        None
    }

    /// The command line as `ps` shows it.
    pub fn command_line(&self) -> String {
        self.argv.join(" ")
    }
}
