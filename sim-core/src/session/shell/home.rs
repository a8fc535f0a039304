//! [`Home`]: the front end's files as a file system.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::api::SimTime;
use crate::kubectl::{FileError, Files};
use crate::runtime::fs::{Entry, FileSystem, FsError, Listing};
use crate::session::files::{MemoryFiles, RecordingFiles};

/// The folder that a line works in. What is in it goes by its relative path outside of the shell.
pub(super) const FOLDER: &str = "/home/learner";

/// The folder above it.
const PARENT: &str = "/home/";

/// What is at a path: a file's text, `None` for a folder.
type Looked = Result<Option<Arc<[u8]>>, FsError>;

/// What a line read and wrote so far.
#[derive(Default)]
pub(super) struct Written {
    /// What it wrote, by the path outside of the shell.
    files: MemoryFiles,
    /// The paths that the front end does not have yet.
    changed: BTreeSet<String>,
    /// Folders that it made. The front end makes them when there is a file in them.
    folders: BTreeSet<String>,
    /// What it found at a path when it first looked.
    seen: RefCell<BTreeMap<String, Looked>>,
    /// What it found in a folder when it first looked.
    entries: RefCell<BTreeMap<String, Vec<String>>>,
}

impl Written {
    /// Nothing yet, on a machine where earlier lines made `folders`.
    pub fn with_folders(folders: BTreeSet<String>) -> Written {
        Written { folders, ..Written::default() }
    }

    /// The folders that lines made so far.
    pub fn take_folders(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.folders)
    }

    /// The files that the front end must keep, path and text.
    pub fn into_changed(self) -> impl Iterator<Item = (String, String)> {
        let files = self.files;
        self.changed.into_iter().filter_map(move |path| {
            let text = files.text(&path)?.to_owned();
            Some((path, text))
        })
    }
}

/// The files of the user's machine.
pub(super) struct Home<'a> {
    files: &'a RecordingFiles<'a>,
    written: &'a mut Written,
}

impl<'a> Home<'a> {
    /// The front end's `files`, under what the line wrote.
    pub fn new(files: &'a RecordingFiles<'a>, written: &'a mut Written) -> Home<'a> {
        Home { files, written }
    }

    /// The files as kubectl reads them; `/dev/stdin` is `input`.
    pub fn files<'b>(&'b self, input: Option<&'b str>) -> LineFiles<'b> {
        LineFiles { files: self.files, written: &self.written.files, input }
    }

    /// Takes note of a file that the front end is asked to write anyway.
    pub fn know(&mut self, path: &str, text: &str) {
        self.written.files.put(path, text);
    }

    fn look(&self, path: &str) -> Looked {
        if is_device(path) {
            return Err(FsError::NotFound);
        }
        let outside = outside(path);
        if let Some(text) = self.written.files.text(&outside) {
            return Ok(Some(text.as_bytes().into()));
        }
        let is_made = self.written.folders.contains(&outside) || self.written.files.is_folder(&outside);
        if path == "/" || path == FOLDER || path == PARENT.trim_end_matches('/') || is_made {
            return Ok(None);
        }
        let known = self.written.seen.borrow().get(&outside).cloned();
        known.unwrap_or_else(|| {
            let found = match self.files.read(&outside, false) {
                Ok(found) => match found.as_slice() {
                    [(name, text)] if name.trim_start_matches("./") == outside => {
                        Ok(Some(text.as_bytes().into()))
                    }
                    _ => Ok(None),
                },
                Err(FileError::NotFound | FileError::Other(_)) => Err(FsError::NotFound),
            };
            self.written.seen.borrow_mut().insert(outside, found.clone());
            found
        })
    }

    /// Whether a file can be made there. The root is one that has no name outside.
    fn is_folder(&self, folder: &str) -> bool {
        folder.is_empty()
            || folder.split('/').all(|part| part == "..")
            || self.written.folders.contains(folder)
            || self.written.files.is_folder(folder)
            || self.files.is_folder(folder)
    }

    /// What the front end has in a folder, as it was when the line first looked.
    fn entries(&self, folder: &str) -> Vec<String> {
        let mut known = self.written.entries.borrow_mut();
        known.entry(folder.to_owned()).or_insert_with(|| self.files.entries(folder)).clone()
    }
}

/// Whether the kernel provides what is there: of no use, and a read of it may never end.
fn is_device(path: &str) -> bool {
    ["/dev/", "/proc/", "/sys/"].iter().any(|folder| path.starts_with(folder))
}

/// A path of the shell's as the front end knows it.
fn outside(path: &str) -> String {
    if path == FOLDER {
        return ".".to_owned();
    }
    if let Some(rest) = path.strip_prefix(FOLDER).and_then(|rest| rest.strip_prefix('/')) {
        return rest.to_owned();
    }
    path.strip_prefix(PARENT).map_or_else(|| path.to_owned(), |rest| format!("../{rest}"))
}

fn entry(content: Option<Arc<[u8]>>) -> Entry {
    // The front end does not tell what may be run: a script says so itself.
    let runs = content.as_ref().is_none_or(|text| text.starts_with(b"#!"));
    let mode = if runs { 0o755 } else { 0o644 };
    Entry::new(content, mode)
}

impl FileSystem for Home<'_> {
    fn stat(&self, path: &str) -> Result<Entry, FsError> {
        self.look(path).map(entry)
    }

    fn list(&self, path: &str) -> Result<Vec<Listing>, FsError> {
        let folder = outside(path);
        let prefix = if folder == "." { String::new() } else { format!("{folder}/") };
        let mut names: BTreeMap<String, bool> = BTreeMap::new();
        let entries = self.entries(if folder == "." { "" } else { &folder });
        let entries = entries.into_iter().map(|name| format!("{prefix}{name}"));
        for path in entries.chain(self.written.files.paths().map(str::to_owned)) {
            let Some(rest) = path.strip_prefix(&prefix).filter(|rest| !rest.is_empty()) else { continue };
            let (name, is_folder) = rest.split_once('/').map_or((rest, false), |(name, _)| (name, true));
            *names.entry(name.to_owned()).or_default() |= is_folder;
        }
        if names.is_empty() && !prefix.is_empty() {
            return Err(FsError::NotFound);
        }
        let listing = |(name, is_folder): (String, bool)| Listing {
            name,
            entry: entry((!is_folder).then(|| Arc::from(Vec::new()))),
        };
        Ok(names.into_iter().map(listing).collect())
    }

    fn write(&mut self, path: &str, bytes: &[u8], _now: SimTime) -> Result<(), FsError> {
        if is_device(path) {
            return Ok(());
        }
        let outside = outside(path);
        if outside == "." || outside.is_empty() || self.written.folders.contains(&outside) {
            return Err(FsError::IsDirectory);
        }
        if outside.rsplit_once('/').is_some_and(|(folder, _)| !self.is_folder(folder)) {
            return Err(FsError::NotFound);
        }
        self.written.files.put(&outside, &String::from_utf8_lossy(bytes));
        self.written.changed.insert(outside);
        Ok(())
    }

    fn make_dir(&mut self, path: &str, _now: SimTime) -> Result<(), FsError> {
        if self.look(path).is_ok() {
            return Err(FsError::Exists);
        }
        self.written.folders.insert(outside(path));
        Ok(())
    }

    fn remove(&mut self, path: &str) -> Result<(), FsError> {
        self.look(path)?;
        Err(FsError::ReadOnly)
    }

    fn mounts(&self) -> Vec<(String, String, bool)> {
        Vec::new()
    }
}

/// The same files as commands of the session read them.
pub(super) struct LineFiles<'a> {
    files: &'a RecordingFiles<'a>,
    written: &'a MemoryFiles,
    input: Option<&'a str>,
}

impl LineFiles<'_> {
    /// What `read` gives, with what the line wrote in place of older texts.
    fn with_written(
        &self,
        path: &str,
        read: impl Fn(&dyn Files) -> Result<Vec<(String, String)>, FileError>,
    ) -> Result<Vec<(String, String)>, FileError> {
        if let Some(text) = self.input.filter(|_| path == "/dev/stdin") {
            return Ok(vec![(path.to_owned(), text.to_owned())]);
        }
        if self.written.text(path).is_some() {
            return read(self.written);
        }
        match read(self.written) {
            Err(_) => read(self.files),
            Ok(ours) => {
                let mut merged: BTreeMap<String, String> =
                    read(self.files).unwrap_or_default().into_iter().collect();
                merged.extend(ours);
                Ok(merged.into_iter().collect())
            }
        }
    }
}

impl Files for LineFiles<'_> {
    fn read(&self, path: &str, recursive: bool) -> Result<Vec<(String, String)>, FileError> {
        self.with_written(path, |files| files.read(path, recursive))
    }

    fn read_tree(&self, path: &str) -> Result<Vec<(String, String)>, FileError> {
        self.with_written(path, |files| files.read_tree(path))
    }

    fn entries(&self, folder: &str) -> Vec<String> {
        let mut names = self.files.entries(folder);
        names.extend(self.written.entries(folder));
        names.sort();
        names.dedup();
        names
    }

    fn is_folder(&self, path: &str) -> bool {
        self.written.is_folder(path) || self.files.is_folder(path)
    }

    fn at_hand(&self) -> Vec<String> {
        let mut paths = self.files.at_hand();
        paths.extend(self.written.at_hand());
        paths.sort();
        paths.dedup();
        paths
    }

    fn schema(&self) -> Option<&str> {
        self.files.schema()
    }

    fn edit(&self, name: &str, text: &str) -> Option<Result<String, String>> {
        self.files.edit(name, text)
    }

    fn keep_edit(&self, extension: &str, text: &str) -> Option<String> {
        self.files.keep_edit(extension, text)
    }
}
