//! Files inside containers: a persistent tree, and volumes mounted over it.

use std::sync::Arc;

use imbl::OrdMap;

use crate::api::SimTime;

/// Why a file operation failed, with the text that tools print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FsError {
    /// ENOENT
    #[error("No such file or directory")]
    NotFound,
    /// EISDIR
    #[error("Is a directory")]
    IsDirectory,
    /// ENOTDIR
    #[error("Not a directory")]
    NotDirectory,
    /// EEXIST
    #[error("File exists")]
    Exists,
    /// ENOTEMPTY
    #[error("Directory not empty")]
    NotEmpty,
    /// EROFS
    #[error("Read-only file system")]
    ReadOnly,
    /// EBUSY
    #[error("Device or resource busy")]
    Busy,
    /// ENOSPC
    #[error("No space left on device")]
    NoSpace,
}

/// A file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The bytes of a file; `None` for a folder.
    pub content: Option<Arc<[u8]>>,
    /// When it was last changed.
    pub modified: SimTime,
    /// Permission bits, `0o644`.
    pub mode: u32,
    /// The ids of its user and group.
    pub owner: (u32, u32),
}

/// What `ls` shows of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The name within its folder.
    pub name: String,
    /// The entry.
    pub entry: Entry,
}

/// Files as a process sees them. Paths are absolute and normal: no `.`, `..` or doubled slashes.
pub trait FileSystem {
    /// The entry at `path`.
    ///
    /// # Errors
    /// NotFound or NotDirectory.
    fn stat(&self, path: &str) -> Result<Entry, FsError>;

    /// The entries of a folder, by name.
    ///
    /// # Errors
    /// NotFound or NotDirectory.
    fn list(&self, path: &str) -> Result<Vec<Listing>, FsError>;

    /// Writes a whole file; its folder must be there.
    ///
    /// # Errors
    /// NotFound, IsDirectory, ReadOnly or NoSpace.
    fn write(&mut self, path: &str, bytes: &[u8], now: SimTime) -> Result<(), FsError>;

    /// Makes a folder; its parent must be there.
    ///
    /// # Errors
    /// NotFound, Exists or ReadOnly.
    fn make_dir(&mut self, path: &str, now: SimTime) -> Result<(), FsError>;

    /// Removes a file or an empty folder.
    ///
    /// # Errors
    /// NotFound, NotEmpty, Busy or ReadOnly.
    fn remove(&mut self, path: &str) -> Result<(), FsError>;

    /// Changes the permission bits of an entry. A file system that keeps none lets them be.
    ///
    /// # Errors
    /// NotFound or ReadOnly.
    fn set_mode(&mut self, path: &str, _mode: u32) -> Result<(), FsError> {
        self.stat(path).map(drop)
    }

    /// Changes an entry's user and group, those that are given. A file system that keeps none lets them be.
    ///
    /// # Errors
    /// NotFound or ReadOnly.
    fn set_owner(&mut self, path: &str, _user: Option<u32>, _group: Option<u32>) -> Result<(), FsError> {
        self.stat(path).map(drop)
    }

    /// The mounts, `(path, source, read_only)`, for `df` and `mount`.
    fn mounts(&self) -> Vec<(String, String, bool)>;

    /// A file's bytes.
    ///
    /// # Errors
    /// NotFound, NotDirectory or IsDirectory.
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FsError> {
        self.stat(path)?.content.ok_or(FsError::IsDirectory)
    }

    /// Adds to the end of a file, making it when it is not there.
    ///
    /// # Errors
    /// As [`FileSystem::write`].
    fn append(&mut self, path: &str, bytes: &[u8], now: SimTime) -> Result<(), FsError> {
        let mut content = match self.read(path) {
            Ok(content) => content.to_vec(),
            Err(FsError::NotFound) => Vec::new(),
            Err(error) => return Err(error),
        };
        content.extend_from_slice(bytes);
        self.write(path, &content, now)
    }
}

/// A path as a [`FileSystem`] wants it: `path` seen from the folder `from`, without `.`, `..` and doubled
/// slashes.
pub fn normalize(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let start = if path.starts_with('/') { "" } else { from };
    for part in start.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// A tree of files; cloning it is a snapshot. Its root is a folder and is always there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileTree {
    entries: OrdMap<Arc<str>, Entry>,
    /// The ids of the user and group that write from now on.
    pub writer: (u32, u32),
    /// The group that all of it belongs to, and the root's mode: a volume of a pod with `fsGroup`.
    shared: Option<(u32, u32)>,
}

impl FileTree {
    /// A tree with nothing but its root.
    pub fn new() -> FileTree {
        FileTree::default()
    }

    /// How many bytes its files hold.
    pub fn bytes(&self) -> usize {
        self.entries.values().filter_map(|entry| entry.content.as_ref()).map(|content| content.len()).sum()
    }

    /// Writes a file, making its folders.
    pub fn put(&mut self, path: &str, bytes: &[u8], now: SimTime) {
        for (at, _) in path.match_indices('/').filter(|(at, _)| *at > 0) {
            let folder = self.new_entry(None, now);
            self.entries.entry(path[..at].into()).or_insert(folder);
        }
        let file = self.new_entry(Some(bytes), now);
        self.entries.insert(path.into(), file);
    }

    /// Gives all of it to a group, now and later; `writable` says whether the group may write.
    ///
    /// Models pkg/volume: VolumeOwnership.ChangePermissions, and what the set-group-id bit of a folder does.
    pub fn share(&mut self, group: u32, root_mode: u32, writable: bool) {
        self.shared = Some((group, root_mode | 0o2000));
        let paths: Vec<Arc<str>> = self.entries.keys().cloned().collect();
        for path in paths {
            let Some(entry) = self.entries.get_mut(&path) else { continue };
            entry.owner.1 = group;
            entry.mode |= if writable { 0o660 } else { 0o440 };
            entry.mode |= if entry.content.is_none() { 0o2110 } else { 0 };
        }
    }

    fn new_entry(&self, bytes: Option<&[u8]>, now: SimTime) -> Entry {
        let mode = match (bytes, self.shared) {
            (Some(_), _) => 0o644,
            (None, None) => 0o755,
            (None, Some(_)) => 0o2755,
        };
        let (user, group) = self.writer;
        let owner = (user, self.shared.map_or(group, |(group, _)| group));
        Entry { content: bytes.map(Into::into), modified: now, mode, owner }
    }

    /// The files, path and bytes, in order of path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.entries.iter().filter_map(|(path, entry)| Some((&**path, entry.content.as_deref()?)))
    }

    fn parent_is_dir(&self, path: &str) -> Result<(), FsError> {
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        if parent.is_empty() {
            return Ok(());
        }
        match self.entries.get(parent) {
            None => Err(FsError::NotFound),
            Some(entry) if entry.content.is_some() => Err(FsError::NotDirectory),
            Some(_) => Ok(()),
        }
    }
}

impl FileSystem for FileTree {
    fn stat(&self, path: &str) -> Result<Entry, FsError> {
        if path.is_empty() || path == "/" {
            let (group, mode) = self.shared.unwrap_or((0, 0o755));
            return Ok(Entry { content: None, modified: SimTime::ZERO, mode, owner: (0, group) });
        }
        self.parent_is_dir(path)?;
        self.entries.get(path).cloned().ok_or(FsError::NotFound)
    }

    fn list(&self, path: &str) -> Result<Vec<Listing>, FsError> {
        if self.stat(path)?.content.is_some() {
            return Err(FsError::NotDirectory);
        }
        let prefix = format!("{}/", path.trim_end_matches('/'));
        let start: Arc<str> = prefix.as_str().into();
        let below = self.entries.range(start..).take_while(|(path, _)| path.starts_with(&prefix));
        Ok(below
            .filter(|(path, _)| !path[prefix.len()..].contains('/'))
            .map(|(path, entry)| Listing { name: path[prefix.len()..].to_owned(), entry: entry.clone() })
            .collect())
    }

    fn write(&mut self, path: &str, bytes: &[u8], now: SimTime) -> Result<(), FsError> {
        self.parent_is_dir(path)?;
        let mut entry = self.new_entry(Some(bytes), now);
        match self.stat(path) {
            Ok(known) if known.content.is_none() => return Err(FsError::IsDirectory),
            Ok(known) => (entry.mode, entry.owner) = (known.mode, known.owner),
            Err(_) => {}
        }
        self.entries.insert(path.into(), entry);
        Ok(())
    }

    fn make_dir(&mut self, path: &str, now: SimTime) -> Result<(), FsError> {
        self.parent_is_dir(path)?;
        if self.stat(path).is_ok() {
            return Err(FsError::Exists);
        }
        let folder = self.new_entry(None, now);
        self.entries.insert(path.into(), folder);
        Ok(())
    }

    fn remove(&mut self, path: &str) -> Result<(), FsError> {
        let entry = self.stat(path)?;
        if entry.content.is_none() && !self.list(path)?.is_empty() {
            return Err(FsError::NotEmpty);
        }
        self.entries.remove(path);
        Ok(())
    }

    fn set_mode(&mut self, path: &str, mode: u32) -> Result<(), FsError> {
        self.stat(path)?;
        if let Some(entry) = self.entries.get_mut(path) {
            entry.mode = mode;
        }
        Ok(())
    }

    fn set_owner(&mut self, path: &str, user: Option<u32>, group: Option<u32>) -> Result<(), FsError> {
        self.stat(path)?;
        if let Some(entry) = self.entries.get_mut(path) {
            entry.owner = (user.unwrap_or(entry.owner.0), group.unwrap_or(entry.owner.1));
        }
        Ok(())
    }

    fn mounts(&self) -> Vec<(String, String, bool)> {
        Vec::new()
    }
}
