//! Redirections: opening what they name.

use super::ast::{Redirect, RedirectKind};
use super::frame::Descriptor;
use super::host::Host;
use super::machine::Machine;
use super::process::Stream;
use crate::runtime::fs::{FsError, normalize};

impl Machine {
    /// Opens what redirections name, for a task.
    ///
    /// # Errors
    /// The message, in ash's words.
    pub(super) fn apply_redirects(
        &mut self,
        pid: u32,
        redirects: &[Redirect],
        targets: &[String],
        host: &mut dyn Host,
    ) -> Result<(), String> {
        for (redirect, target) in redirects.iter().zip(targets) {
            let opened = match redirect.kind {
                RedirectKind::Text => Some(self.text_pipe(target.clone())),
                RedirectKind::Duplicate if target == "-" => None,
                RedirectKind::Duplicate => {
                    let source = target.parse::<u32>().ok();
                    let known = source.and_then(|fd| self.descriptors(pid).get(&fd).copied());
                    Some(known.ok_or_else(|| match source {
                        Some(fd) => format!("{fd}: Bad file descriptor"),
                        None => format!("bad fd number: {target}"),
                    })?)
                }
                kind => Some(self.open_path(pid, target, kind, host)?),
            };
            let Some(task) = self.tasks.get_mut(&pid) else { return Ok(()) };
            match opened {
                Some(descriptor) => task.descriptors.insert(redirect.fd, descriptor),
                None => task.descriptors.remove(&redirect.fd),
            };
            if let (RedirectKind::WriteBoth | RedirectKind::AppendBoth, Some(descriptor)) =
                (redirect.kind, opened)
            {
                task.descriptors.insert(1, descriptor);
                task.descriptors.insert(2, descriptor);
            }
        }
        Ok(())
    }

    fn open_path(
        &mut self,
        pid: u32,
        target: &str,
        kind: RedirectKind,
        host: &mut dyn Host,
    ) -> Result<Descriptor, String> {
        let Some(task) = self.tasks.get(&pid) else { return Ok(Descriptor::Null) };
        let path = normalize(&task.directory, target);
        match path.as_str() {
            "/dev/null" => return Ok(Descriptor::Null),
            "/dev/stdin" => return Ok(task.descriptors.get(&0).copied().unwrap_or(Descriptor::Null)),
            "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1" => {
                return Ok(task.descriptors.get(&1).copied().unwrap_or(Descriptor::Null));
            }
            "/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2" => {
                return Ok(task.descriptors.get(&2).copied().unwrap_or(Descriptor::Null));
            }
            "/dev/tty" if self.input.terminal => return Ok(Descriptor::Output(Stream::Out)),
            "/proc/1/fd/1" if self.main == 1 => return Ok(Descriptor::Output(Stream::Out)),
            "/proc/1/fd/2" if self.main == 1 => return Ok(Descriptor::Output(Stream::Err)),
            _ => {}
        }
        if let Some(text) = self.opened.get(&path).filter(|_| kind == RedirectKind::Read).cloned() {
            return Ok(self.text_pipe(text.to_string()));
        }
        let now = host.now();
        let files = host.files();
        let entry = files.stat(&path);
        let reading = kind == RedirectKind::Read;
        let outcome = match (&entry, kind) {
            (Ok(entry), RedirectKind::Read) if entry.content.is_none() => Ok(()),
            (Ok(_), RedirectKind::Read) => Ok(()),
            (Err(error), RedirectKind::Read) => Err(*error),
            (Ok(entry), _) if entry.content.is_none() => Err(FsError::IsDirectory),
            (Ok(_), RedirectKind::Append | RedirectKind::AppendBoth | RedirectKind::ReadWrite) => Ok(()),
            _ => files.write(&path, b"", now),
        };
        outcome.map_err(|error| match (reading, error) {
            (true, FsError::NotFound | FsError::NotDirectory) => format!("can't open {target}: no such file"),
            (true, error) => format!("can't open {target}: {error}"),
            (false, FsError::NotFound | FsError::NotDirectory) => {
                format!("can't create {target}: nonexistent directory")
            }
            (false, error) => format!("can't create {target}: {error}"),
        })?;
        Ok(self.open(path))
    }
}
