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
    /// Where a symbolic link leads; its content is empty then.
    pub link: Option<Arc<str>>,
    /// The size that a folder shows.
    pub folder_size: u32,
}

/// What a folder on a disk takes.
const FOLDER_SIZE: u32 = 4096;

impl Entry {
    /// A file with these bytes, or a folder without.
    pub fn new(content: Option<Arc<[u8]>>, mode: u32) -> Entry {
        let modified = SimTime::ZERO;
        Entry { content, modified, mode, owner: (0, 0), link: None, folder_size: FOLDER_SIZE }
    }

    /// The size that it shows.
    pub fn size(&self) -> usize {
        match (&self.link, &self.content) {
            (Some(target), _) => target.len(),
            (None, Some(content)) => content.len(),
            (None, None) => usize::try_from(self.folder_size).unwrap_or(0),
        }
    }
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
    /// The entry at `path`, at the end of all symbolic links.
    ///
    /// # Errors
    /// NotFound or NotDirectory.
    fn stat(&self, path: &str) -> Result<Entry, FsError>;

    /// The entry at `path` itself, which may be a symbolic link.
    ///
    /// # Errors
    /// NotFound or NotDirectory.
    fn entry(&self, path: &str) -> Result<Entry, FsError> {
        self.stat(path)
    }

    /// The path at the end of all symbolic links on the way of `path`.
    fn resolved(&self, path: &str) -> String {
        path.to_owned()
    }

    /// Makes a symbolic link. A file system that keeps none refuses.
    ///
    /// # Errors
    /// NotFound, Exists or ReadOnly.
    fn make_link(&mut self, _path: &str, _target: &str, _now: SimTime) -> Result<(), FsError> {
        Err(FsError::ReadOnly)
    }

    /// The entries of a folder, by name, links as such.
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

/// The most symbolic links on one way, as Linux has it.
const MAX_LINKS: usize = 40;

/// The path at the end of the links on the way of `path`; `last` says whether its last part counts too. `link_at` tells
/// where a link leads.
pub fn follow(path: &str, last: bool, link_at: impl Fn(&str) -> Option<Arc<str>>) -> String {
    let mut waiting: Vec<String> =
        path.split('/').rev().filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let (mut done, mut links) = (String::new(), 0);
    while let Some(part) = waiting.pop() {
        if part == "." {
            continue;
        }
        if part == ".." {
            done.truncate(done.rfind('/').unwrap_or(0));
            continue;
        }
        let next = format!("{done}/{part}");
        match link_at(&next).filter(|_| (last || !waiting.is_empty()) && links < MAX_LINKS) {
            Some(target) => {
                links += 1;
                if target.starts_with('/') {
                    done.clear();
                }
                waiting.extend(target.split('/').rev().filter(|part| !part.is_empty()).map(str::to_owned));
            }
            None => done = next,
        }
    }
    if done.is_empty() { "/".to_owned() } else { done }
}

/// A tree of files; cloning it is a snapshot. Its root is a folder and is always there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileTree {
    entries: OrdMap<Arc<str>, Entry>,
    /// The ids of the user and group that write from now on.
    pub writer: (u32, u32),
    /// The group that all of it belongs to, and the root's mode: a volume of a pod with `fsGroup`.
    shared: Option<(u32, u32)>,
    /// The root's mode and when it was last changed, where those are not the usual ones.
    root: Option<(u32, SimTime)>,
    /// How many symbolic links were made.
    links: u32,
    /// The size that the root shows; 0 for a disk's.
    root_size: u32,
}

impl FileTree {
    /// A tree with nothing but its root.
    pub fn new() -> FileTree {
        FileTree::default()
    }

    /// Gives the root a mode.
    pub fn set_root(&mut self, mode: u32, now: SimTime) {
        self.root = Some((mode, now));
    }

    /// Whether there may be symbolic links.
    pub fn has_links(&self) -> bool {
        self.links > 0
    }

    /// Where the symbolic link at a path leads; `None` when there is none.
    pub fn link_at(&self, path: &str) -> Option<Arc<str>> {
        self.entries.get(path)?.link.clone()
    }

    fn at_end(&self, path: &str, last: bool) -> String {
        if self.has_links() { follow(path, last, |path| self.link_at(path)) } else { path.to_owned() }
    }

    /// The same files as the kubelet puts them into a volume: in a folder named after the time, to which `..data`
    /// leads, and links to what is in that. `seed` gives the digits behind the time; `in_memory` says that the folders
    /// are of a tmpfs, whose sizes count what is in them.
    ///
    /// Models pkg/volume/util: AtomicWriter.Write.
    pub fn projected(&self, seed: u64, in_memory: bool, now: SimTime) -> FileTree {
        let digits = u32::try_from(seed % u64::from(u32::MAX)).unwrap_or(0);
        let folder = format!("..{}.{digits}", now.timestamp().strftime("%Y_%m_%d_%H_%M_%S"));
        let mut tree = FileTree { writer: self.writer, shared: self.shared, ..FileTree::default() };
        let group = self.shared.map_or(0, |(group, _)| group);
        let size = |count: usize| match in_memory {
            true => u32::try_from(40 + 20 * count).unwrap_or(FOLDER_SIZE),
            false => FOLDER_SIZE,
        };
        let children = |path: &str| {
            let below = self.entries.keys().filter_map(|known| known.strip_prefix(path)?.strip_prefix('/'));
            below.filter(|rest| !rest.contains('/')).count()
        };
        let of_group = |mode: u32| if self.shared.is_some() { mode | 0o2000 } else { mode };
        let at = |entry: Entry| Entry { modified: now, owner: (0, group), ..entry };
        let data = Entry { folder_size: size(children("")), ..at(Entry::new(None, of_group(0o755))) };
        tree.entries.insert(format!("/{folder}").into(), data);
        let link = |target: String| Entry {
            link: Some(target.into()),
            ..at(Entry::new(Some(Arc::default()), 0o777))
        };
        tree.entries.insert("/..data".into(), link(folder.clone()));
        for (path, entry) in &self.entries {
            let mut entry = entry.clone();
            entry.folder_size = size(children(path));
            tree.entries.insert(format!("/{folder}{path}").into(), entry);
            if !path[1..].contains('/') {
                tree.entries.insert(path.clone(), link(format!("..data{path}")));
                tree.links += 1;
            }
        }
        tree.links += 1;
        tree.root = Some((of_group(0o1777), now));
        tree.root_size = size(children("") + 2);
        tree
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
        if let Some((mode, _)) = &mut self.root {
            *mode |= 0o2000;
        }
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
        Entry { modified: now, owner, ..Entry::new(bytes.map(Into::into), mode) }
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
            let (mode, modified) = self.root.unwrap_or((mode, SimTime::ZERO));
            let entry = Entry { modified, owner: (0, group), ..Entry::new(None, mode) };
            return Ok(match self.root_size {
                0 => entry,
                folder_size => Entry { folder_size, ..entry },
            });
        }
        if self.has_links() {
            return self.entry(&self.at_end(path, true));
        }
        self.parent_is_dir(path)?;
        self.entries.get(path).cloned().ok_or(FsError::NotFound)
    }

    fn entry(&self, path: &str) -> Result<Entry, FsError> {
        if !self.has_links() || path.is_empty() || path == "/" {
            return self.stat(path);
        }
        let path = self.at_end(path, false);
        if path == "/" {
            return self.stat(&path);
        }
        self.parent_is_dir(&path)?;
        self.entries.get(path.as_str()).cloned().ok_or(FsError::NotFound)
    }

    fn resolved(&self, path: &str) -> String {
        self.at_end(path, true)
    }

    fn make_link(&mut self, path: &str, target: &str, now: SimTime) -> Result<(), FsError> {
        let path = self.at_end(path, false);
        self.parent_is_dir(&path)?;
        if self.entries.contains_key(path.as_str()) {
            return Err(FsError::Exists);
        }
        let mut entry = self.new_entry(Some(b""), now);
        (entry.mode, entry.link) = (0o777, Some(target.into()));
        self.entries.insert(path.into(), entry);
        self.links += 1;
        Ok(())
    }

    fn list(&self, path: &str) -> Result<Vec<Listing>, FsError> {
        if self.stat(path)?.content.is_some() {
            return Err(FsError::NotDirectory);
        }
        let path = self.at_end(path, true);
        let prefix = format!("{}/", path.trim_end_matches('/'));
        let start: Arc<str> = prefix.as_str().into();
        let below = self.entries.range(start..).take_while(|(path, _)| path.starts_with(&prefix));
        Ok(below
            .filter(|(path, _)| !path[prefix.len()..].contains('/'))
            .map(|(path, entry)| Listing { name: path[prefix.len()..].to_owned(), entry: entry.clone() })
            .collect())
    }

    fn write(&mut self, path: &str, bytes: &[u8], now: SimTime) -> Result<(), FsError> {
        let path = self.at_end(path, true);
        let path = path.as_str();
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
        let path = self.at_end(path, false);
        let path = path.as_str();
        self.parent_is_dir(path)?;
        if self.entry(path).is_ok() {
            return Err(FsError::Exists);
        }
        let folder = self.new_entry(None, now);
        self.entries.insert(path.into(), folder);
        Ok(())
    }

    fn remove(&mut self, path: &str) -> Result<(), FsError> {
        let entry = self.entry(path)?;
        if entry.content.is_none() && !self.list(path)?.is_empty() {
            return Err(FsError::NotEmpty);
        }
        self.entries.remove(self.at_end(path, false).as_str());
        Ok(())
    }

    fn set_mode(&mut self, path: &str, mode: u32) -> Result<(), FsError> {
        self.stat(path)?;
        if let Some(entry) = self.entries.get_mut(self.at_end(path, true).as_str()) {
            entry.mode = mode;
        } else {
            self.root = Some((mode, self.root.map_or(SimTime::ZERO, |(_, at)| at)));
        }
        Ok(())
    }

    fn set_owner(&mut self, path: &str, user: Option<u32>, group: Option<u32>) -> Result<(), FsError> {
        self.stat(path)?;
        if let Some(entry) = self.entries.get_mut(self.at_end(path, true).as_str()) {
            entry.owner = (user.unwrap_or(entry.owner.0), group.unwrap_or(entry.owner.1));
        }
        Ok(())
    }

    fn mounts(&self) -> Vec<(String, String, bool)> {
        Vec::new()
    }
}
