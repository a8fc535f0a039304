//! [`Machine`]: the tasks of a process, the pipes between them, and who runs next.

use std::collections::BTreeMap;

use super::frame::{Descriptor, Descriptors, Frame};
use super::host::Host;
use super::process::Stream;
use super::task::{Body, Step, Task};
use crate::api::SimTime;
use crate::runtime::fs::FsError;

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
/// The largest file that a redirection makes.
const MAX_FILE: usize = 8 << 20;

/// SIGHUP, SIGINT, ... by number.
pub(super) const SIGNALS: &[(i32, &str)] = &[
    (1, "HUP"),
    (2, "INT"),
    (3, "QUIT"),
    (6, "ABRT"),
    (9, "KILL"),
    (10, "USR1"),
    (12, "USR2"),
    (13, "PIPE"),
    (14, "ALRM"),
    (15, "TERM"),
    (17, "CHLD"),
    (18, "CONT"),
    (19, "STOP"),
];

/// A file opened by a redirection.
#[derive(Clone, Debug)]
struct OpenFile {
    path: String,
    at: usize,
}

/// A pipe.
#[derive(Clone, Debug, Default)]
struct Pipe {
    text: String,
    /// A command substitution reads it.
    captured: bool,
}

/// The process's standard input.
#[derive(Clone, Debug, Default)]
pub(super) struct Input {
    pub text: String,
    pub open: bool,
    pub terminal: bool,
}

/// What reading gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReadResult {
    Text(String),
    Blocked,
    End,
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
    pipes: BTreeMap<u32, Pipe>,
    files: BTreeMap<u32, OpenFile>,
    next_id: u32,
    next_pid: u32,
    /// The first task.
    pub main: u32,
    pub input: Input,
    output: Vec<(Stream, String)>,
    steps: usize,
    printed: usize,
    /// Reads and writes so far; a turn in which it moved was of use, even if the task then waits.
    activity: u64,
    /// Someone waits for the process's input.
    pub wants_input: bool,
    pub hostname: String,
}

impl Machine {
    /// A machine with one task.
    pub fn new(pid: u32, mut first: Task) -> Machine {
        first.pid = pid;
        let mut machine = Machine { main: pid, next_pid: pid + 1, ..Machine::default() };
        machine.tasks.insert(pid, first);
        machine
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
        if !self.take_signals(pid, host) {
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
    fn take_signals(&mut self, pid: u32, host: &mut dyn Host) -> bool {
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
                        self.interrupt_shell(pid, host);
                    }
                    continue;
                }
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

    /// Ctrl-C at a prompt: the line is dropped, and so is everything that runs in the foreground.
    fn interrupt_shell(&mut self, pid: u32, host: &mut dyn Host) {
        let Some(task) = self.tasks.get_mut(&pid) else { return };
        let mut body = std::mem::replace(&mut task.body, Body::Away);
        if let Body::Shell(shell) = &mut body {
            self.unwind(shell, pid, 1);
            if let Some(Frame::Lines { buffer }) = shell.frames.last_mut() {
                buffer.clear();
            }
            shell.status = 130;
            self.write(pid, 1, "\n", host);
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

    fn has_reader(&self, id: u32) -> bool {
        self.pipes.get(&id).is_some_and(|pipe| pipe.captured)
            || self.all_descriptors().any(|descriptor| *descriptor == Descriptor::PipeRead(id))
    }

    fn has_writer(&self, id: u32) -> bool {
        self.all_descriptors().any(|descriptor| *descriptor == Descriptor::PipeWrite(id))
    }

    /// A new pipe; `captured` when a command substitution reads it.
    pub fn pipe(&mut self, captured: bool) -> u32 {
        self.next_id += 1;
        self.pipes.insert(self.next_id, Pipe { text: String::new(), captured });
        self.next_id
    }

    /// A new open file.
    pub fn open(&mut self, path: String) -> Descriptor {
        self.next_id += 1;
        self.files.insert(self.next_id, OpenFile { path, at: 0 });
        Descriptor::File(self.next_id)
    }

    /// A pipe that already holds its whole text, as a here-document is read.
    pub fn text_pipe(&mut self, text: String) -> Descriptor {
        let id = self.pipe(false);
        if let Some(pipe) = self.pipes.get_mut(&id) {
            pipe.text = text;
        }
        Descriptor::PipeRead(id)
    }

    /// What a captured pipe holds; `None` once it is empty and nobody can write to it.
    pub fn drain(&mut self, id: u32) -> Option<String> {
        let text = self.pipes.get_mut(&id).map(|pipe| std::mem::take(&mut pipe.text)).unwrap_or_default();
        if text.is_empty() && !self.has_writer(id) {
            self.pipes.remove(&id);
            return None;
        }
        Some(text)
    }

    /// A task's open files.
    pub fn descriptors(&self, pid: u32) -> Descriptors {
        self.tasks.get(&pid).map(|task| task.descriptors.clone()).unwrap_or_default()
    }

    /// Whether a task's descriptor is the process's terminal.
    pub fn is_terminal(&self, pid: u32, fd: u32) -> bool {
        let descriptor = self.tasks.get(&pid).and_then(|task| task.descriptors.get(&fd));
        self.input.terminal && matches!(descriptor, Some(Descriptor::Input | Descriptor::Output(_)))
    }

    /// Writes text to a task's descriptor.
    pub fn write(&mut self, pid: u32, fd: u32, text: &str, host: &mut dyn Host) {
        let Some(task) = self.tasks.get_mut(&pid) else { return };
        if text.is_empty() {
            return;
        }
        self.activity += 1;
        match task.descriptors.get(&fd).copied() {
            None | Some(Descriptor::Null | Descriptor::Input | Descriptor::PipeRead(_)) => {}
            Some(Descriptor::Output(stream)) => {
                let stream = if self.input.terminal { Stream::Out } else { stream };
                self.printed += text.len();
                match self.output.last_mut() {
                    Some((last, so_far)) if *last == stream => so_far.push_str(text),
                    _ => self.output.push((stream, text.to_owned())),
                }
            }
            Some(Descriptor::PipeWrite(id)) => {
                if !self.has_reader(id) {
                    if let Some(task) = self.tasks.get_mut(&pid) {
                        task.signals.push(13);
                    }
                } else if let Some(pipe) = self.pipes.get_mut(&id) {
                    pipe.text.push_str(text);
                }
            }
            Some(Descriptor::File(id)) => {
                let Some(path) = self.files.get(&id).map(|file| file.path.clone()) else { return };
                if let Err(error) = self.append(&path, text, host) {
                    let name = self.tasks.get(&pid).map(|task| task.name()).unwrap_or_default();
                    if fd != 2 {
                        self.write(pid, 2, &format!("{name}: write error: {error}\n"), host);
                    }
                    if let Some(task) = self.tasks.get_mut(&pid) {
                        task.write_failed = true;
                    }
                }
            }
        }
    }

    fn append(&mut self, path: &str, text: &str, host: &mut dyn Host) -> Result<(), FsError> {
        let now = host.now();
        let size = host.files().read(path).map_or(0, |content| content.len());
        self.charge(size / 4096 + text.len() / 64);
        if size + text.len() > MAX_FILE {
            return Err(FsError::NoSpace);
        }
        host.files().append(path, text.as_bytes(), now)
    }

    /// Reads a line with its line feed, or with `line` false whatever is there.
    pub fn read(&mut self, pid: u32, fd: u32, line: bool, host: &mut dyn Host) -> ReadResult {
        let descriptor = self.tasks.get(&pid).and_then(|task| task.descriptors.get(&fd)).copied();
        let read = match descriptor {
            Some(Descriptor::Input) => {
                let taken = take(&mut self.input.text, line, self.input.open);
                self.wants_input |= taken == ReadResult::Blocked;
                taken
            }
            Some(Descriptor::PipeRead(id)) => {
                let open = self.has_writer(id);
                match self.pipes.get_mut(&id) {
                    Some(pipe) => take(&mut pipe.text, line, open),
                    None => ReadResult::End,
                }
            }
            Some(Descriptor::File(id)) => {
                let Some(file) = self.files.get_mut(&id) else { return ReadResult::End };
                let content = host.files().read(&file.path).unwrap_or_default();
                let rest = content.get(file.at..).unwrap_or_default();
                if rest.is_empty() {
                    return ReadResult::End;
                }
                let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
                let length = if line { end } else { rest.len() };
                file.at += length;
                ReadResult::Text(String::from_utf8_lossy(&rest[..length]).into_owned())
            }
            _ => ReadResult::End,
        };
        self.activity += u64::from(matches!(read, ReadResult::Text(_)));
        read
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

fn take(text: &mut String, line: bool, open: bool) -> ReadResult {
    let end = match text.find('\n') {
        Some(end) if line => end + 1,
        None if line && open => 0,
        _ => text.len(),
    };
    match (end, open) {
        (0, true) => ReadResult::Blocked,
        (0, false) => ReadResult::End,
        _ => ReadResult::Text(text.drain(..end).collect()),
    }
}
