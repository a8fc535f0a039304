//! Reading and writing: what a task's descriptors lead to.

use super::frame::Descriptor;
use super::host::Host;
use super::machine::{Machine, OpenFile, Pipe};
use super::process::Stream;
use crate::runtime::fs::FsError;

/// The largest file that a redirection makes.
const MAX_FILE: usize = 8 << 20;

/// What reading gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReadResult {
    Text(String),
    Blocked,
    End,
}

impl Machine {
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
                // Ctrl-D on a terminal ends one read: who reads next asks again.
                self.input.open |= self.input.terminal && taken == ReadResult::End;
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

    /// Whether a task's descriptor is the process's terminal.
    pub fn is_terminal(&self, pid: u32, fd: u32) -> bool {
        let descriptor = self.tasks.get(&pid).and_then(|task| task.descriptors.get(&fd));
        self.input.terminal && matches!(descriptor, Some(Descriptor::Input | Descriptor::Output(_)))
    }

    /// Whether what a task prints is the process's own output.
    pub fn prints_out(&self, pid: u32) -> bool {
        let descriptor = self.tasks.get(&pid).and_then(|task| task.descriptors.get(&1));
        matches!(descriptor, Some(Descriptor::Output(_)))
    }

    /// Whether what a task prints is seen at once: on the process's terminal, or on the screen that its output goes to.
    pub fn is_seen(&self, pid: u32) -> bool {
        self.is_terminal(pid, 1) || self.input.screen && self.prints_out(pid)
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
