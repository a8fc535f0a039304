//! Files that commands read: remembered for the journal, served from it in a replay, or held in memory.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::engine::FileRead;
use crate::kubectl::{FileError, Files};

/// Passes reads on and remembers what they gave.
pub(super) struct RecordingFiles<'a> {
    inner: &'a dyn Files,
    reads: RefCell<Vec<FileRead>>,
    is_thorough: Cell<bool>,
}

impl<'a> RecordingFiles<'a> {
    /// Remembers what is read from `inner`.
    pub fn new(inner: &'a dyn Files) -> RecordingFiles<'a> {
        RecordingFiles { inner, reads: RefCell::default(), is_thorough: Cell::new(false) }
    }

    /// From here on also remembers what was looked for in vain, and which paths were at hand: a shell does one thing
    /// or another by that.
    pub fn be_thorough(&self) {
        self.is_thorough.set(true);
    }

    fn remember(
        &self,
        path: &str,
        read: Result<Vec<(String, String)>, FileError>,
    ) -> Result<Vec<(String, String)>, FileError> {
        match &read {
            Ok(files) => self.push(path.to_owned(), files.clone()),
            Err(_) if self.is_thorough.get() => self.push(missing_path(path), Vec::new()),
            Err(_) => {}
        }
        read
    }

    fn push(&self, path: String, files: Vec<(String, String)>) {
        self.reads.borrow_mut().push(FileRead { path, files });
    }

    /// What was read.
    pub fn into_reads(self) -> Vec<FileRead> {
        self.reads.into_inner()
    }
}

impl Files for RecordingFiles<'_> {
    fn read(&self, path: &str, recursive: bool) -> Result<Vec<(String, String)>, FileError> {
        self.remember(path, self.inner.read(path, recursive))
    }

    fn read_tree(&self, path: &str) -> Result<Vec<(String, String)>, FileError> {
        self.remember(path, self.inner.read_tree(path))
    }

    fn is_folder(&self, path: &str) -> bool {
        let is_folder = self.inner.is_folder(path);
        if is_folder && self.is_thorough.get() {
            self.push(folder_path(path), Vec::new());
        }
        is_folder
    }

    fn at_hand(&self) -> Vec<String> {
        let paths = self.inner.at_hand();
        if self.is_thorough.get() {
            self.push(AT_HAND.to_owned(), paths.iter().map(|path| (path.clone(), String::new())).collect());
        }
        paths
    }

    fn entries(&self, folder: &str) -> Vec<String> {
        let names = self.inner.entries(folder);
        if self.is_thorough.get() {
            self.push(entries_path(folder), names.iter().map(|name| (name.clone(), String::new())).collect());
        }
        names
    }

    fn schema(&self) -> Option<&str> {
        self.inner.schema()
    }

    fn edit(&self, name: &str, text: &str) -> Option<Result<String, String>> {
        let edited = self.inner.edit(name, text)?;
        if let Ok(text) = &edited {
            self.push(edit_path(name), vec![(name.to_owned(), text.clone())]);
        }
        Some(edited)
    }

    fn keep_edit(&self, extension: &str, text: &str) -> Option<String> {
        self.inner.keep_edit(extension, text)
    }
}

/// The name under which the journal keeps what an editor gave.
fn edit_path(name: &str) -> String {
    format!("edit:{name}")
}

/// The name under which the journal keeps that nothing was there.
fn missing_path(path: &str) -> String {
    format!("none:{path}")
}

/// The name under which the journal keeps that a folder was there.
fn folder_path(path: &str) -> String {
    format!("folder:{path}")
}

/// The name under which the journal keeps what was in a folder.
fn entries_path(folder: &str) -> String {
    format!("entries:{folder}")
}

/// The name under which the journal keeps the paths at hand.
const AT_HAND: &str = "list:";

/// Serves what a journal says was read: what was read more than once, in that order.
pub(super) struct ReplayedFiles {
    reads: Vec<FileRead>,
    /// How many reads of a path have been served.
    served: RefCell<BTreeMap<String, usize>>,
}

impl ReplayedFiles {
    /// Serves `reads`.
    pub fn new(reads: Vec<FileRead>) -> ReplayedFiles {
        ReplayedFiles { reads, served: RefCell::default() }
    }

    /// The next read of `path`, or the last when there are no more.
    fn next(&self, path: &str) -> Option<&FileRead> {
        let missing = missing_path(path);
        let mut served = self.served.borrow_mut();
        let count = served.entry(path.to_owned()).or_default();
        let mut of_path = self.reads.iter().filter(|read| read.path == path || read.path == missing);
        let found = of_path.nth(*count);
        *count += 1;
        found.or_else(|| self.reads.iter().rfind(|read| read.path == path || read.path == missing))
    }
}

impl Files for ReplayedFiles {
    fn read(&self, path: &str, _recursive: bool) -> Result<Vec<(String, String)>, FileError> {
        let read = self.next(path).filter(|read| read.path == path).ok_or(FileError::NotFound)?;
        Ok(read.files.clone())
    }

    fn at_hand(&self) -> Vec<String> {
        let read = self.next(AT_HAND);
        read.into_iter().flat_map(|read| &read.files).map(|(path, _)| path.clone()).collect()
    }

    fn entries(&self, folder: &str) -> Vec<String> {
        let read = self.next(&entries_path(folder));
        read.into_iter().flat_map(|read| &read.files).map(|(name, _)| name.clone()).collect()
    }

    fn is_folder(&self, path: &str) -> bool {
        let path = folder_path(path);
        self.reads.iter().any(|read| read.path == path)
    }

    fn edit(&self, name: &str, _text: &str) -> Option<Result<String, String>> {
        let read = self.next(&edit_path(name))?;
        Some(Ok(read.files.first()?.1.clone()))
    }
}

/// A few files in memory: the browser's, a test's, or the lab's manifests built into the program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryFiles {
    files: BTreeMap<String, String>,
    schema: Option<String>,
}

impl MemoryFiles {
    /// Files of these paths and texts.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> MemoryFiles {
        let owned = files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned()));
        MemoryFiles { files: owned.collect(), schema: None }
    }

    /// Puts a file in place of what was there.
    pub fn put(&mut self, path: &str, text: &str) {
        self.files.insert(path.to_owned(), text.to_owned());
    }

    /// Takes the table of the API's descriptions, without which `explain` has nothing to say.
    pub fn set_schema(&mut self, text: &str) {
        self.schema = Some(text.to_owned());
    }

    /// The paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// A file's text.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path.trim_start_matches("./")).map(String::as_str)
    }
}

impl MemoryFiles {
    /// The files at or below `path` whose names `wanted` accepts.
    fn below(
        &self,
        path: &str,
        recursive: bool,
        wanted: fn(&str) -> bool,
    ) -> Result<Vec<(String, String)>, FileError> {
        let path = path.trim_start_matches("./").trim_end_matches('/');
        if let Some(text) = self.files.get(path) {
            return Ok(vec![(path.to_owned(), text.clone())]);
        }
        let prefix = if path.is_empty() || path == "." { String::new() } else { format!("{path}/") };
        let below: Vec<(String, String)> = self
            .files
            .iter()
            .filter(|(name, _)| name.starts_with(&prefix))
            .filter(|(name, _)| recursive || !name[prefix.len()..].contains('/'))
            .filter(|(name, _)| wanted(name))
            .map(|(name, text)| (name.clone(), text.clone()))
            .collect();
        if below.is_empty() { Err(FileError::NotFound) } else { Ok(below) }
    }
}

/// Whether kubectl reads the file when it is in a folder.
fn is_manifest(name: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end))
}

impl Files for MemoryFiles {
    fn read(&self, path: &str, recursive: bool) -> Result<Vec<(String, String)>, FileError> {
        self.below(path, recursive, is_manifest)
    }

    fn read_tree(&self, path: &str) -> Result<Vec<(String, String)>, FileError> {
        self.below(path, true, |_| true)
    }

    fn is_folder(&self, path: &str) -> bool {
        let prefix = format!("{}/", path.trim_start_matches("./").trim_end_matches('/'));
        self.files.keys().any(|name| name.starts_with(&prefix))
    }

    fn at_hand(&self) -> Vec<String> {
        self.paths().map(str::to_owned).collect()
    }

    fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }
}
