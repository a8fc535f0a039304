//! [`Machine`]: the tasks of a process, the pipes between them, and who runs next.

use std::collections::BTreeMap;

use super::frame::{Descriptor, Descriptors, Frame};
use super::host::Host;
use super::process::Stream;
use super::state::Shell;
use super::task::{Body, Step, Task};
use crate::api::SimTime;

/// Steps of one run, after which a process that only computes must wait.
const MAX_STEPS: usize = 2_000;
/// Bytes that one run may print.
const MAX_PRINTED: usize = 256 << 10;
/// Bytes in a pipe above which its writer waits.
const PIPE_CAPACITY: usize = 64 << 10;
/// Tasks at a time; `fork` fails beyond.
const MAX_TASKS: usize = 64;
/// Exit codes that nobody has asked for yet.
const MAX_ENDED: usize = 256;

/// A file opened by a redirection.
#[derive(Clone, Debug)]
pub(super) struct OpenFile {
    pub path: String,
    /// How many bytes were read.
    pub at: usize,
}

/// A pipe.
#[derive(Clone, Debug, Default)]
pub(super) struct Pipe {
    /// What was written and not yet read.
    pub text: String,
    /// A command substitution reads it.
    pub captured: bool,
}

/// The process's standard input.
#[derive(Clone, Debug, Default)]
pub(super) struct Input {
    pub text: String,
    pub open: bool,
    pub terminal: bool,
    /// What the process prints goes to a screen, though it has no terminal.
    pub screen: bool,
}

/// Why a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    /// The first task ended.
    Ended(i32),
    /// Nothing can go on: until then, or for ever.
    Waiting(Option<SimTime>),
    /// The limits of one run are used up.
    Exhausted,
}

/// Tasks, pipes and open files.
#[derive(Clone, Debug, Default)]
pub(super) struct Machine {
    pub tasks: BTreeMap<u32, Task>,
    /// Exit codes of children that nobody waited for yet.
    pub ended: BTreeMap<u32, i32>,
    pub pipes: BTreeMap<u32, Pipe>,
    pub files: BTreeMap<u32, OpenFile>,
    /// The files of process substitutions, by path.
    pub opened: BTreeMap<String, std::sync::Arc<str>>,
    pub next_id: u32,
    next_pid: u32,
    /// The first task.
    pub main: u32,
    pub input: Input,
    pub output: Vec<(Stream, String)>,
    steps: usize,
    pub printed: usize,
    /// Reads and writes so far; a turn in which it moved was of use, even if the task then waits.
    pub activity: u64,
    /// Someone waits for the process's input.
    pub wants_input: bool,
    pub hostname: String,
    /// The user that it runs as.
    pub uid: u32,
    /// Whether what the first shell knew at its end is wanted.
    pub keeps: bool,
    /// The first shell at its end.
    pub kept: Option<Box<Shell>>,
}

impl Machine {
    /// A machine with one task.
    pub fn new(pid: u32, mut first: Task) -> Machine {
        first.pid = pid;
        let mut machine = Machine { main: pid, next_pid: pid + 1, ..Machine::default() };
        machine.tasks.insert(pid, first);
        machine
    }

    /// A machine whose first shell is wanted when it has ended.
    pub fn that_keeps() -> Machine {
        Machine { keeps: true, ..Machine::default() }
    }

    /// Takes the output so far.
    pub fn take_output(&mut self) -> Vec<(Stream, String)> {
        std::mem::take(&mut self.output)
    }

    /// Lets every task go on until none can.
    pub fn run(&mut self, host: &mut dyn Host) -> Halt {
        self.steps = MAX_STEPS;
        self.printed = 0;
        self.hostname = host.hostname();
        self.uid = host.user().uid;
        loop {
            let mut progress = false;
            self.wants_input = false;
            let pids: Vec<u32> = self.tasks.keys().copied().collect();
            for pid in pids {
                if self.steps == 0 || self.printed >= MAX_PRINTED {
                    return Halt::Exhausted;
                }
                progress |= self.poll(pid, host);
                if let Some(status) = self.ended.get(&self.main) {
                    return Halt::Ended(*status);
                }
            }
            if !progress {
                return Halt::Waiting(self.deadline());
            }
        }
    }

    /// When the first sleeping task wants to go on.
    pub fn deadline(&self) -> Option<SimTime> {
        self.tasks.values().filter_map(|task| task.until).min()
    }

    /// Charges work to the present run.
    pub fn charge(&mut self, steps: usize) {
        self.steps = self.steps.saturating_sub(steps);
    }

    /// Lets one task take a turn; false when it cannot go on.
    fn poll(&mut self, pid: u32, host: &mut dyn Host) -> bool {
        if !self.take_signals(pid) {
            return true;
        }
        if self.is_held_back(pid) {
            return false;
        }
        let before = self.activity;
        let mut any = false;
        for _ in 0..64 {
            if self.steps == 0 || self.printed >= MAX_PRINTED {
                break;
            }
            self.steps -= 1;
            let Some(task) = self.tasks.get_mut(&pid) else { return true };
            if task.started.is_none() {
                task.started = Some(host.now());
            }
            task.until = None;
            let mut body = std::mem::replace(&mut task.body, Body::Away);
            let step = match &mut body {
                Body::Shell(shell) => self.step_shell(shell, pid, host),
                Body::Tool(tool) => self.step_tool(tool, pid, host),
                Body::Away => Step::Exit(0),
            };
            let Some(task) = self.tasks.get_mut(&pid) else { return true };
            task.body = body;
            match step {
                Step::Progress => any = true,
                Step::Become(body) => {
                    task.body = body;
                    any = true;
                }
                Step::Blocked => return any || self.activity != before,
                Step::Until(time) => {
                    task.until = Some(time);
                    return any || self.activity != before;
                }
                Step::Exit(status) => {
                    self.end(pid, status);
                    return true;
                }
            }
            if self.tasks.get(&pid).is_some_and(|task| !task.signals.is_empty()) || self.is_held_back(pid) {
                return true;
            }
        }
        any
    }

    /// Acts on a task's signals; false when they ended it.
    fn take_signals(&mut self, pid: u32) -> bool {
        let Some(task) = self.tasks.get_mut(&pid) else { return false };
        let signals = std::mem::take(&mut task.signals);
        for signal in signals {
            let Some(task) = self.tasks.get_mut(&pid) else { return false };
            if signal != 9
                && let Body::Shell(shell) = &mut task.body
            {
                if let Some(action) = shell.traps.get(&signal) {
                    if !action.is_empty() {
                        shell.pending_traps.push(signal);
                    }
                    continue;
                }
                if shell.interactive {
                    if signal == 2 {
                        self.interrupt_shell(pid);
                    }
                    continue;
                }
            }
            if let Body::Tool(tool) = &mut task.body
                && tool.memory.catches
                && matches!(signal, 1 | 2 | 3 | 10 | 12 | 15)
            {
                tool.memory.signals.push(signal);
                continue;
            }
            // The kernel gives the first process of a namespace no default actions.
            let ignored = matches!(signal, 17 | 18 | 19 | 28) || (pid == 1 && signal != 9);
            if !ignored {
                self.end(pid, 128 + signal);
                return false;
            }
        }
        true
    }

    /// Ctrl-C at a prompt: the line is dropped, and so is everything that runs in the foreground. The terminal, which
    /// shows `^C`, has also ended its line.
    fn interrupt_shell(&mut self, pid: u32) {
        let Some(task) = self.tasks.get_mut(&pid) else { return };
        let mut body = std::mem::replace(&mut task.body, Body::Away);
        if let Body::Shell(shell) = &mut body {
            self.unwind(shell, pid, 1);
            if let Some(Frame::Lines { buffer }) = shell.frames.last_mut() {
                buffer.clear();
            }
            shell.status = 130;
        }
        if let Some(task) = self.tasks.get_mut(&pid) {
            task.body = body;
        }
    }

    /// Whether the reader of a task's output must catch up first.
    fn is_held_back(&self, pid: u32) -> bool {
        let Some(task) = self.tasks.get(&pid) else { return false };
        [1, 2].iter().any(|fd| match task.descriptors.get(fd) {
            Some(Descriptor::PipeWrite(id)) => {
                self.pipes.get(id).is_some_and(|pipe| pipe.text.len() >= PIPE_CAPACITY)
                    && self.has_reader(*id)
            }
            _ => false,
        })
    }

    /// Adds a task.
    ///
    /// # Errors
    /// There are too many; the text is ash's.
    pub fn spawn(&mut self, mut task: Task) -> Result<u32, &'static str> {
        if self.tasks.len() >= MAX_TASKS {
            return Err("can't fork: Resource temporarily unavailable");
        }
        let pid = self.next_pid;
        self.next_pid += 1;
        task.pid = pid;
        self.tasks.insert(pid, task);
        Ok(pid)
    }

    fn end(&mut self, pid: u32, status: i32) {
        let Some(task) = self.tasks.remove(&pid) else { return };
        if let Body::Shell(shell) = &task.body {
            self.release_captures(&shell.frames);
        }
        if pid == self.main
            && self.keeps
            && let Body::Shell(shell) = task.body
        {
            self.kept = Some(shell);
        }
        self.ended.insert(pid, status);
        while self.ended.len() > MAX_ENDED {
            self.ended.pop_first();
        }
        self.collect();
    }

    fn release_captures(&mut self, frames: &[Frame]) {
        for frame in frames {
            if let Frame::Simple { pending, .. }
            | Frame::For { pending, .. }
            | Frame::Decide { pending, .. }
            | Frame::Count { pending, .. }
            | Frame::Case { pending, .. }
            | Frame::Redirect { pending, .. } = frame
                && let Some(capture) = &pending.capture
                && let Some(pipe) = self.pipes.get_mut(&capture.pipe)
            {
                pipe.captured = false;
            }
        }
    }

    fn all_descriptors(&self) -> impl Iterator<Item = &Descriptor> {
        self.tasks.values().flat_map(|task| {
            let frames: &[Frame] = match &task.body {
                Body::Shell(shell) => &shell.frames,
                _ => &[],
            };
            let saved = frames.iter().filter_map(|frame| match frame {
                Frame::Restore { descriptors } => Some(descriptors.values()),
                _ => None,
            });
            task.descriptors.values().chain(saved.flatten())
        })
    }

    /// Drops files and pipes that nobody holds.
    pub fn collect(&mut self) {
        if self.pipes.is_empty() && self.files.is_empty() {
            return;
        }
        // While a shell runs its frames are not in the table, so nothing that they hold may be dropped.
        if self.tasks.values().any(|task| matches!(task.body, Body::Away)) {
            return;
        }
        let held: Vec<Descriptor> = self.all_descriptors().copied().collect();
        self.files.retain(|id, _| held.contains(&Descriptor::File(*id)));
        self.pipes.retain(|id, pipe| {
            pipe.captured
                || held.contains(&Descriptor::PipeRead(*id))
                || held.contains(&Descriptor::PipeWrite(*id))
        });
    }

    pub fn has_reader(&self, id: u32) -> bool {
        self.pipes.get(&id).is_some_and(|pipe| pipe.captured)
            || self.all_descriptors().any(|descriptor| *descriptor == Descriptor::PipeRead(id))
    }

    pub fn has_writer(&self, id: u32) -> bool {
        self.all_descriptors().any(|descriptor| *descriptor == Descriptor::PipeWrite(id))
    }

    /// Whether a task of that id is at work.
    pub fn has_task(&self, pid: u32) -> bool {
        self.tasks.contains_key(&pid)
    }

    /// A task's open files.
    pub fn descriptors(&self, pid: u32) -> Descriptors {
        self.tasks.get(&pid).map(|task| task.descriptors.clone()).unwrap_or_default()
    }

    /// Sends a signal to a task; false when there is none.
    pub fn signal(&mut self, pid: u32, signal: i32) -> bool {
        match self.tasks.get_mut(&pid) {
            Some(task) => {
                if signal != 0 {
                    task.signals.push(signal);
                }
                true
            }
            None => false,
        }
    }

    /// Ctrl-C on the terminal: everything in the foreground.
    pub fn interrupt(&mut self) {
        for task in self.tasks.values_mut().filter(|task| !task.background) {
            task.signals.push(2);
        }
    }
}
