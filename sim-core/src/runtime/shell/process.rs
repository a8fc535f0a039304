//! [`Process`]: a command in a container, from its start to its exit code.

use std::time::Duration;

use super::Host;
use super::frame::Frame;
use super::machine::{Halt, Machine};
use super::simple::{shell_from, tool_body};
use super::state::Shell;
use super::task::{Body, Task, standard_descriptors};
use super::tools;
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
    /// A file that may not be run; runc's words.
    #[error("exec: \"{0}\": permission denied")]
    Denied(String),
    /// Nothing was asked for.
    #[error("no command specified")]
    Empty,
}

/// How long a process rests when it has used up the limits of a run, the first time. It doubles with
/// every further run that does nothing but compute, up to [`LONGEST_REST`]: `while true; do :; done`
/// costs the simulator little, however long the cluster runs.
const FIRST_REST: Duration = Duration::from_millis(10);

/// The longest such rest.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// The id of the shell of a line at a prompt.
const LINE_PID: u32 = 4_096;

/// A process that waits for something that cannot happen looks again after this time.
const IDLE: Duration = Duration::from_secs(3_600);

/// A command in a container. All of its state is in the value: a clone is a checkpoint of it.
///
/// One run is limited (2,000 steps, 256 KiB of output); a process that goes beyond says that it sleeps
/// and goes on at its next run.
#[derive(Clone, Debug)]
pub struct Process {
    command_line: String,
    first: Option<Task>,
    machine: Machine,
    pid: u32,
    ended: Option<i32>,
    rest: Duration,
    until: Option<SimTime>,
    /// When it has something to do whatever happens; a process that only waits for another has no such time.
    due: Option<SimTime>,
    /// The image's shell greets as busybox's does.
    is_busybox: bool,
}

impl Process {
    /// A process that has not run yet.
    ///
    /// # Errors
    /// [`StartError`] when `argv[0]` is no tool of the simulator. A path outside of the usual folders is
    /// taken for a script: whether it is there shows when it runs.
    pub fn new(argv: Vec<String>, env: Vec<(String, String)>, cwd: &str) -> Result<Process, StartError> {
        Process::of_argv(argv, env, cwd, false)
    }

    /// [`Process::new`], of one of the image's own programs with `of_image`.
    ///
    /// # Errors
    /// As [`Process::new`].
    pub fn of_argv(
        argv: Vec<String>,
        env: Vec<(String, String)>,
        cwd: &str,
        of_image: bool,
    ) -> Result<Process, StartError> {
        let Some(name) = argv.first() else { return Err(StartError::Empty) };
        let path = env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_str());
        let body = if let Some(program) = tools::find(name, path) {
            tool_body(program, &argv, env)
        } else if tools::is_shell(name) {
            Body::Shell(Box::new(shell_from(&argv, &env, 0)))
        } else if of_image {
            tool_body(tools::own_program, &argv, env)
        } else if !name.contains('/') {
            return Err(StartError::NotFound(name.clone()));
        } else if tools::path_of(name, path).is_some() || in_program_folder(name) || name.contains(' ') {
            return Err(StartError::NoSuchFile(name.clone()));
        } else {
            let script: Vec<String> = std::iter::once("sh".to_owned()).chain(argv.iter().cloned()).collect();
            Body::Shell(Box::new(shell_from(&script, &env, 0)))
        };
        let command_line = argv.join(" ");
        let directory = if cwd.is_empty() { "/" } else { cwd };
        let task = Task::new(body, standard_descriptors(), directory, command_line.clone());
        Ok(Process {
            command_line,
            first: Some(task),
            machine: Machine::default(),
            pid: 1,
            ended: None,
            rest: FIRST_REST,
            until: None,
            due: None,
            is_busybox: true,
        })
    }

    /// A shell that runs `text`, a line at a prompt, and knows what was said before. Neither an error in it nor
    /// `exit` costs what it learned: see [`super::Remembered`].
    pub(super) fn of_line(mut shell: Box<Shell>, text: &str, directory: &str) -> Process {
        shell.frames = vec![Frame::Text { text: text.into(), at: 0, sourced: false }];
        let task = Task::new(Body::Shell(shell), standard_descriptors(), directory, text.to_owned());
        Process {
            command_line: text.to_owned(),
            first: Some(task),
            machine: Machine::that_keeps(),
            pid: LINE_PID,
            ended: None,
            rest: FIRST_REST,
            until: None,
            due: None,
            is_busybox: false,
        }
    }

    /// The shell of [`Process::of_line`] as it is at present: when it has ended, or must not go on.
    pub(super) fn take_shell(&mut self) -> Option<Box<Shell>> {
        let found = match self.machine.kept.take() {
            Some(shell) => Some(shell),
            None => match self.machine.tasks.remove(&self.machine.main)?.body {
                Body::Shell(shell) => Some(shell),
                _ => None,
            },
        };
        let mut shell = found?;
        // What a function or `NAME=value command` set for itself is as it was before.
        let main = self.machine.main;
        self.machine.unwind(&mut shell, main, 0);
        Some(shell)
    }

    /// When the process has something to do whatever happens around it.
    pub fn due(&self) -> Option<SimTime> {
        self.due
    }

    /// The process's id; 1, the container's own program, unless this is called before the first run. The
    /// kernel ignores signals to process 1 that it has no handler for, except SIGKILL from outside.
    pub fn set_pid(&mut self, pid: u32) {
        self.pid = pid.max(1);
    }

    /// Gives the process a terminal: prompts, line input, both streams as one.
    pub fn attach_terminal(&mut self) {
        self.machine.input.terminal = true;
        self.machine.input.open = true;
        if let Some(Body::Shell(shell)) = self.first.as_mut().map(|task| &mut task.body)
            && matches!(shell.frames.as_slice(), [Frame::Lines { .. }])
        {
            shell.interactive = true;
        }
    }

    /// Says that what the process prints goes to a screen; both streams stay apart.
    pub fn print_to_screen(&mut self) {
        self.machine.input.screen = true;
    }

    /// Keeps standard input open for [`Process::input`], without a terminal (`exec -i`).
    pub fn attach_input(&mut self) {
        self.machine.input.open = true;
    }

    /// Standard input is this text, then ends. Without this and `attach_*` it is empty.
    pub fn set_stdin(&mut self, text: String) {
        self.machine.input.text = text;
        self.machine.input.open = false;
    }

    /// A line from the user without its line feed, or `None` at the end of input (Ctrl-D).
    ///
    /// On a terminal the end of input ends one read, as Ctrl-D does; otherwise it is final.
    pub fn input(&mut self, line: Option<&str>) {
        match line {
            Some(line) => {
                self.machine.input.text.push_str(line);
                self.machine.input.text.push('\n');
            }
            None => self.machine.input.open = false,
        }
    }

    /// Sends a signal to the process, from outside of its container. Run it afterwards.
    ///
    /// SIGINT on a terminal is Ctrl-C: it goes to everything in the foreground.
    pub fn signal(&mut self, signal: i32) {
        self.start();
        if signal == 9 {
            self.ended.get_or_insert(137);
        } else if signal == 2 && self.machine.input.terminal {
            self.machine.interrupt();
        } else {
            self.machine.signal(self.machine.main, signal);
        }
    }

    /// Sends a signal to a part of the process by its id; false when it has no such part.
    pub fn signal_part(&mut self, pid: u32, signal: i32) -> bool {
        self.machine.signal(pid, signal)
    }

    /// The process's children, for `ps`: id, start and command line. Its own row is not among them.
    pub fn parts(&self) -> Vec<(u32, SimTime, String)> {
        let others = self.machine.tasks.iter().filter(|(pid, _)| **pid != self.machine.main);
        others.map(|(pid, task)| (*pid, task.started.unwrap_or_default(), task.command.clone())).collect()
    }

    /// Whether a part of that id is at work.
    pub fn has_part(&self, pid: u32) -> bool {
        self.ended.is_none() && self.machine.has_task(pid)
    }

    fn start(&mut self) {
        if let Some(mut task) = self.first.take() {
            if let Body::Shell(shell) = &mut task.body {
                shell.pid = self.pid;
                shell.random = shell.random.wrapping_add(self.pid.wrapping_mul(2_654_435_761));
            }
            let (input, keeps) = (std::mem::take(&mut self.machine.input), self.machine.keeps);
            self.machine = Machine::new(self.pid, task);
            (self.machine.input, self.machine.keeps) = (input, keeps);
        }
    }

    /// Goes as far as possible without time passing. Never runs for ever: see [`Process`].
    pub fn run(&mut self, host: &mut dyn Host) -> ProcessState {
        self.start();
        self.is_busybox = host.flavour() == super::Flavour::Busybox;
        (self.until, self.due) = (None, None);
        if let Some(status) = self.ended {
            return ProcessState::Exited(status);
        }
        let halt = self.machine.run(host);
        if halt != Halt::Exhausted {
            self.rest = FIRST_REST;
        }
        self.due = match halt {
            Halt::Waiting(deadline) => deadline,
            Halt::Ended(_) => None,
            Halt::Exhausted => Some(host.now() + self.rest),
        };
        match halt {
            Halt::Ended(status) => {
                self.ended = Some(status);
                ProcessState::Exited(status)
            }
            Halt::Waiting(deadline) if self.machine.wants_input => {
                self.until = deadline;
                ProcessState::WaitingForInput
            }
            Halt::Waiting(deadline) => self.sleep_until(deadline.unwrap_or(host.now() + IDLE)),
            Halt::Exhausted => {
                let until = host.now() + self.rest;
                self.rest = (self.rest * 2).min(LONGEST_REST);
                self.sleep_until(until)
            }
        }
    }

    fn sleep_until(&mut self, time: SimTime) -> ProcessState {
        self.until = Some(time);
        ProcessState::SleepingUntil(time)
    }

    /// Takes what was printed since the last take, in order.
    pub fn take_output(&mut self) -> Vec<(Stream, String)> {
        self.machine.take_output()
    }

    /// When a part of the process wants to run again, whatever else it waits for.
    pub fn deadline(&self) -> Option<SimTime> {
        self.until
    }

    /// The prompt while a shell on a terminal waits for a command; empty while a tool reads a line.
    /// `None` while the process does not read.
    pub fn prompt(&self) -> Option<String> {
        if !self.machine.wants_input || self.ended.is_some() {
            return None;
        }
        let mut tasks = self.machine.tasks.values().rev();
        let found = tasks.find_map(|task| match &task.body {
            Body::Shell(shell) if shell.interactive => Some((task, shell)),
            _ => None,
        });
        Some(match found.and_then(|(task, shell)| Some((task, shell, shell.frames.last()?))) {
            Some((task, shell, Frame::Lines { buffer })) if buffer.is_empty() => {
                self.first_prompt(task, shell)
            }
            Some((_, _, Frame::Lines { .. })) => "> ".to_owned(),
            _ => String::new(),
        })
    }

    /// busybox's prompt has the folder; dash's is bare; bash's has user and host too.
    fn first_prompt(&self, task: &Task, shell: &Shell) -> String {
        let home = shell.get("HOME").unwrap_or("/root");
        let shown = match task.directory.strip_prefix(home).filter(|_| home != "/") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("~{rest}"),
            _ => task.directory.clone(),
        };
        let uid = self.machine.uid;
        let sign = if uid == 0 { '#' } else { '$' };
        if shell.is_bash {
            let name = super::host::known_user(uid).unwrap_or("I have no name!");
            format!("{name}@{}:{shown}{sign} ", self.machine.hostname)
        } else if self.is_busybox {
            format!("{shown} {sign} ")
        } else {
            format!("{sign} ")
        }
    }

    /// The command line as `ps` shows it.
    pub fn command_line(&self) -> String {
        // What a shell became with `exec` has a line of its own.
        let main = self.machine.tasks.get(&self.machine.main);
        main.map_or_else(|| self.command_line.clone(), |task| task.command.clone())
    }
}

fn in_program_folder(name: &str) -> bool {
    ["/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/"].iter().any(|folder| name.starts_with(folder))
}
