//! Files that commands read: remembered for the journal, served from it in a replay, or held in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::engine::FileRead;
use crate::kubectl::{FileError, Files};

/// Passes reads on and remembers what they gave.
pub(super) struct RecordingFiles<'a> {
    inner: &'a dyn Files,
    reads: RefCell<Vec<FileRead>>,
}

impl<'a> RecordingFiles<'a> {
    /// Remembers what is read from `inner`.
    pub fn new(inner: &'a dyn Files) -> RecordingFiles<'a> {
        RecordingFiles { inner, reads: RefCell::default() }
    }

    /// What was read.
    pub fn into_reads(self) -> Vec<FileRead> {
        self.reads.into_inner()
    }
}

impl Files for RecordingFiles<'_> {
    fn read(&self, path: &str, recursive: bool) -> Result<Vec<(String, String)>, FileError> {
        let files = self.inner.read(path, recursive)?;
        self.reads.borrow_mut().push(FileRead { path: path.to_owned(), files: files.clone() });
        Ok(files)
    }

    fn read_tree(&self, path: &str) -> Result<Vec<(String, String)>, FileError> {
        let files = self.inner.read_tree(path)?;
        self.reads.borrow_mut().push(FileRead { path: path.to_owned(), files: files.clone() });
        Ok(files)
    }

    fn is_folder(&self, path: &str) -> bool {
        self.inner.is_folder(path)
    }

    fn at_hand(&self) -> Vec<String> {
        self.inner.at_hand()
    }

    fn schema(&self) -> Option<&str> {
        self.inner.schema()
    }

    fn edit(&self, name: &str, text: &str) -> Option<Result<String, String>> {
        let edited = self.inner.edit(name, text)?;
        if let Ok(text) = &edited {
            let files = vec![(name.to_owned(), text.clone())];
            self.reads.borrow_mut().push(FileRead { path: edit_path(name), files });
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

/// Serves what a journal says was read.
pub(super) struct ReplayedFiles<'a>(pub &'a [FileRead]);

impl Files for ReplayedFiles<'_> {
    fn read(&self, path: &str, _recursive: bool) -> Result<Vec<(String, String)>, FileError> {
        let read = self.0.iter().find(|read| read.path == path).ok_or(FileError::NotFound)?;
        Ok(read.files.clone())
    }

    fn edit(&self, name: &str, _text: &str) -> Option<Result<String, String>> {
        let read = self.0.iter().find(|read| read.path == edit_path(name))?;
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
