//! [`Io`]: what a tool sees of its process and its container.

use std::sync::Arc;

use super::super::channels::ReadResult;
use super::super::frame::Descriptor;
use super::super::host::{Flavour, Host};
use super::super::machine::Machine;
use super::super::task::ToolTask;
use crate::api::SimTime;
use crate::network::resolver::{self, Lookup};
use crate::runtime::fs::{FileSystem, FsError, normalize};

/// The most text that a tool collects or makes at a time.
pub const MAX_TEXT: usize = 1 << 20;

/// Why a tool has not ended yet.
#[derive(Clone, Debug)]
pub(in super::super) enum Pause {
    /// It waits for more standard input.
    Input,
    /// It waits for the clock.
    Until(SimTime),
    /// It has printed enough for one turn.
    Again,
    /// It is another program from now on.
    Exec { words: Vec<String>, environment: Vec<(String, String)> },
    /// It waits for a child, whose code is then in [`Memory::child_status`].
    Child { words: Vec<String>, input: Option<String> },
}

/// What a tool remembers between its turns. Each tool gives the numbers its own meaning.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Memory {
    /// How far it is.
    pub turn: u64,
    /// What it counted.
    pub count: u64,
    /// The line it is at.
    pub line: u64,
    /// Text to be kept.
    pub text: String,
    /// Something went wrong on the way.
    pub failed: bool,
    /// It found what it looks for.
    pub found: bool,
    /// Lines still to be printed after a match.
    pub after: u64,
    pub child: Option<u32>,
    pub child_status: Option<i32>,
    /// When the child is sent a signal and given up.
    pub child_deadline: Option<SimTime>,
    pub child_signal: i32,
    /// The status of a child that was given up.
    pub late_status: i32,
    /// Signals that came, for a tool that catches them.
    pub signals: Vec<i32>,
    /// Whether signals are handed to it.
    pub catches: bool,
    /// When it gives up waiting for an answer.
    pub limit: Option<SimTime>,
    /// The beginning of something that goes on.
    pub held: String,
    /// Words to be kept.
    pub words: Vec<String>,
    collected: String,
    source: Source,
}

/// The operand that is read at present.
#[derive(Clone, Debug, Default)]
struct Source {
    index: usize,
    /// A file's text; standard input is read as it comes.
    text: Option<Arc<str>>,
    at: usize,
}

/// A line of the operands.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Without its line feed.
    pub text: String,
    /// Whether it had one.
    pub ended: bool,
    /// The number of its operand.
    pub operand: usize,
}

/// A tool's view of the world.
pub(in super::super) struct Io<'a> {
    pub(super) machine: &'a mut Machine,
    pub(super) pid: u32,
    pub(super) host: &'a mut dyn Host,
    pub(super) tool: &'a mut ToolTask,
    pub(super) directory: String,
    /// When the tool was started.
    pub(super) started: SimTime,
}

impl Io<'_> {
    /// The arguments without the tool's name.
    pub fn arguments(&self) -> Arc<Vec<String>> {
        self.tool.arguments.clone()
    }

    /// The name it was called by.
    pub fn name(&self) -> String {
        self.tool.name.clone()
    }

    /// What it remembers.
    pub fn memory(&mut self) -> &mut Memory {
        &mut self.tool.memory
    }

    /// An environment variable.
    pub fn env(&self, name: &str) -> Option<String> {
        self.tool.environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    /// Virtual now.
    pub fn now(&self) -> SimTime {
        self.host.now()
    }

    /// Whether the image has GNU tools.
    pub fn is_gnu(&self) -> bool {
        self.host.flavour() == Flavour::Gnu
    }

    /// Prints.
    pub fn out(&mut self, text: &str) {
        self.machine.write(self.pid, 1, text, self.host);
    }

    /// Prints to standard error.
    pub fn err(&mut self, text: &str) {
        self.machine.write(self.pid, 2, text, self.host);
    }

    /// Prints `NAME: message` to standard error.
    pub fn complain(&mut self, message: &str) {
        let line = format!("{}: {message}\n", self.tool.name);
        self.err(&line);
    }

    /// The container's files.
    pub fn files(&mut self) -> &mut dyn FileSystem {
        self.host.files()
    }

    /// An operand as an absolute path.
    pub fn path(&self, operand: &str) -> String {
        normalize(&self.directory, operand)
    }

    /// A file's text.
    ///
    /// # Errors
    /// As [`FileSystem::read`].
    pub fn read_text(&mut self, operand: &str) -> Result<String, FsError> {
        let path = self.path(operand);
        if path == "/dev/null" {
            return Ok(String::new());
        }
        if let Some(text) = self.machine.opened.get(&path) {
            return Ok(text.to_string());
        }
        match self.host.files().read(&path) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(FsError::NotFound) => self.provided(&path).ok_or(FsError::NotFound),
            Err(error) => Err(error),
        }
    }

    /// The text of files that the kubelet and the kernel provide, where the image has none of that name.
    fn provided(&self, path: &str) -> Option<String> {
        if let Some((pid, rest)) = path.strip_prefix("/proc/").and_then(|rest| rest.split_once("/root/")) {
            let bytes = self.host.read_beside(pid.parse().ok()?, &format!("/{rest}"))?;
            return Some(String::from_utf8_lossy(&bytes).into_owned());
        }
        Some(match path {
            "/etc/hostname" => format!("{}\n", self.host.hostname()),
            "/etc/resolv.conf" => format!(
                "search {}\nnameserver {}\noptions ndots:{}\n",
                self.host.search_domains().join(" "),
                self.host.nameserver(),
                resolver::NDOTS
            ),
            "/proc/uptime" => {
                let up = self.now().since_start();
                format!("{}.{:02} 0.00\n", up.as_secs(), up.subsec_millis() / 10)
            }
            "/proc/meminfo" => {
                let total = self.host.node_capacity().1 / 1024;
                let row = |name: &str, kib: u64| format!("{:<16}{kib:>8} kB\n", format!("{name}:"));
                let rows =
                    [("MemTotal", 8), ("MemFree", 6), ("MemAvailable", 7), ("Buffers", 0), ("Cached", 1)];
                let eighths = rows.map(|(name, eighths)| row(name, total / 8 * eighths)).concat();
                format!("{eighths}{}{}", row("SwapTotal", 0), row("SwapFree", 0))
            }
            "/proc/cpuinfo" => {
                let cpus = self.host.node_capacity().0;
                let one =
                    |cpu| format!("processor\t: {cpu}\nvendor_id\t: GenuineIntel\ncpu cores\t: {cpus}\n\n");
                (0..cpus.min(256)).map(one).collect()
            }
            "/proc/version" => "Linux version 6.6.0 (gcc) #1 SMP PREEMPT_DYNAMIC\n".to_owned(),
            "/proc/loadavg" => "0.00 0.00 0.00 1/64 1\n".to_owned(),
            "/proc/self/cmdline" => {
                let command = &self.machine.tasks.get(&self.pid)?.command;
                format!("{}\0", command.replace(' ', "\0"))
            }
            "/proc/self/status" => self.status_of(self.pid, &self.name()),
            path if path.starts_with("/proc/") && path.ends_with("/status") => {
                let pid = path.strip_prefix("/proc/")?.strip_suffix("/status")?.parse().ok()?;
                let processes = self.host.processes();
                let process = processes.iter().find(|process| process.pid == pid)?;
                let first = process.command.split([' ', ':']).next()?.rsplit('/').next()?.to_owned();
                self.status_of(pid, &first)
            }
            "/proc/1/cmdline" => {
                let processes = self.host.processes();
                processes.iter().find(|process| process.pid == 1)?.command.replace(' ', "\0")
            }
            _ => return None,
        })
    }

    /// `/proc/PID/status`, as much of it as people read.
    fn status_of(&self, pid: u32, name: &str) -> String {
        let user = self.host.user();
        let held = if user.uid == 0 { self.host.capabilities() } else { 0 };
        let bound = self.host.capabilities();
        let four = |id: u32| format!("{id}\t{id}\t{id}\t{id}");
        let groups: Vec<String> = user.groups.iter().map(|group| format!("{group} ")).collect();
        let parent = if pid == 1 { 0 } else { 1 };
        format!(
            "Name:\t{name}\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\n\
             PPid:\t{parent}\nTracerPid:\t0\nUid:\t{}\nGid:\t{}\nFDSize:\t64\nGroups:\t{}\nThreads:\t1\n\
             CapInh:\t0000000000000000\nCapPrm:\t{held:016x}\nCapEff:\t{held:016x}\nCapBnd:\t{bound:016x}\n\
             CapAmb:\t0000000000000000\nNoNewPrivs:\t0\nSeccomp:\t0\n",
            four(user.uid),
            four(user.gid),
            groups.concat(),
        )
    }

    /// A line of standard input with its line feed; `None` at the end.
    pub fn stdin_line(&mut self) -> Result<Option<String>, Pause> {
        match self.machine.read(self.pid, 0, true, self.host) {
            ReadResult::Text(line) => Ok(Some(line)),
            ReadResult::End => Ok(None),
            ReadResult::Blocked => Err(Pause::Input),
        }
    }

    /// What is there of standard input; `None` at the end.
    pub fn stdin_some(&mut self) -> Result<Option<String>, Pause> {
        match self.machine.read(self.pid, 0, false, self.host) {
            ReadResult::Text(text) => Ok(Some(text)),
            ReadResult::End => Ok(None),
            ReadResult::Blocked => Err(Pause::Input),
        }
    }

    /// All of standard input; what exceeds the limit is dropped.
    pub fn stdin(&mut self) -> Result<String, Pause> {
        while let Some(text) = self.stdin_some()? {
            let collected = &mut self.tool.memory.collected;
            if collected.len() < MAX_TEXT {
                collected.push_str(&text);
            }
        }
        Ok(std::mem::take(&mut self.tool.memory.collected))
    }

    /// All text of the operands, or of standard input when there is none. A file that cannot be read is
    /// reported and [`Memory::failed`] set.
    pub fn all_text(&mut self, operands: &[String]) -> Result<String, Pause> {
        let reads_stdin = operands.is_empty() || operands.iter().any(|operand| operand == "-");
        let stdin = if reads_stdin { self.stdin()? } else { String::new() };
        if operands.is_empty() {
            return Ok(stdin);
        }
        let mut all = String::new();
        for operand in operands {
            if operand == "-" {
                all.push_str(&stdin);
            } else {
                match self.read_text(operand) {
                    Ok(text) => all.push_str(&text),
                    Err(error) => self.cannot_open(operand, error),
                }
            }
            if all.len() > 8 * MAX_TEXT {
                break;
            }
        }
        Ok(all)
    }

    /// The next line of the operands, or of standard input when there is none; `None` behind the last.
    pub(super) fn next_line(&mut self, operands: &[String]) -> Result<Option<Line>, Pause> {
        loop {
            let index = self.tool.memory.source.index;
            let operand = match operands.get(index) {
                None if index > 0 || !operands.is_empty() => return Ok(None),
                None => "-",
                Some(operand) => operand.as_str(),
            };
            let raw = if operand == "-" {
                self.stdin_line()?
            } else {
                if self.tool.memory.source.text.is_none() {
                    match self.read_text(operand) {
                        Ok(text) => self.tool.memory.source.text = Some(text.into()),
                        Err(error) => {
                            self.cannot_open(operand, error);
                            self.next_source();
                            continue;
                        }
                    }
                }
                let source = &mut self.tool.memory.source;
                let rest = source.text.as_deref().and_then(|text| text.get(source.at..)).unwrap_or_default();
                let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
                let line = rest[..length].to_owned();
                source.at += length;
                (length > 0).then_some(line)
            };
            let Some(raw) = raw else {
                self.next_source();
                continue;
            };
            let ended = raw.ends_with('\n');
            let text = raw.strip_suffix('\n').map(str::to_owned).unwrap_or(raw);
            return Ok(Some(Line { text, ended, operand: index }));
        }
    }

    /// Goes to the next operand.
    pub fn next_source(&mut self) {
        let index = self.tool.memory.source.index + 1;
        self.tool.memory.source = Source { index, ..Source::default() };
    }

    /// Reports an operand that cannot be read, as this image's tools word it.
    pub fn cannot_open(&mut self, operand: &str, error: FsError) {
        self.tool.memory.failed = true;
        let name = self.tool.name.as_str();
        let gnu = self.host.flavour() == Flavour::Gnu;
        let message = match (name, error) {
            ("grep" | "egrep" | "fgrep", error) => format!("{operand}: {error}"),
            ("head", error) if gnu => format!("cannot open '{operand}' for reading: {error}"),
            ("tail", error) if gnu => format!("cannot open '{operand}' for reading: {error}"),
            (_, error) if gnu => format!("{operand}: {error}"),
            ("head" | "wc" | "cut" | "tr" | "uniq" | "sort" | "awk", error) => format!("{operand}: {error}"),
            ("sed", error) => format!("{operand}: {error}"),
            (_, FsError::IsDirectory) => format!("read error: {error}"),
            (_, error) => format!("can't open '{operand}': {error}"),
        };
        self.complain(&message);
    }

    /// Whether standard input is the process's own and still open, as a terminal is.
    pub fn reads_open_input(&self) -> bool {
        let reads = self.machine.tasks.get(&self.pid).and_then(|task| task.descriptors.get(&0));
        reads == Some(&Descriptor::Input) && self.machine.input.open
    }

    /// Whether standard output is a pipe that nobody reads.
    pub fn output_is_broken(&self) -> bool {
        let writes = self.machine.tasks.get(&self.pid).and_then(|task| task.descriptors.get(&1));
        matches!(writes, Some(Descriptor::PipeWrite(id)) if !self.machine.has_reader(*id))
    }

    /// Waits until `time`, unless it has come.
    pub fn wait_until(&self, time: SimTime) -> Result<(), Pause> {
        if self.host.now() < time { Err(Pause::Until(time)) } else { Ok(()) }
    }

    /// The addresses of a name, as the C library finds them.
    pub fn lookup(&mut self, name: &str) -> Lookup {
        resolver::resolve_name(self.host, name)
    }
}
