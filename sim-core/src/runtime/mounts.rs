//! [`MountedFs`]: a container's files with its volumes mounted over them.

use crate::api::SimTime;
use crate::runtime::fs::{Entry, FileSystem, FileTree, FsError, Listing, follow, normalize};

/// Where a volume's bytes live.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VolumeRef {
    /// On the persistent volume of that name.
    Persistent(String),
    /// In the pod, under the volume's name: emptyDir, configMap, secret, projected, downwardAPI.
    Pod(String),
    /// On the node, at a path.
    Host(String, String),
}

/// A volume at a place in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The place, normal and absolute.
    pub path: String,
    /// The volume.
    pub volume: VolumeRef,
    /// The folder or file within the volume, empty or beginning with `/`.
    pub sub_path: String,
    /// Whether writes are refused.
    pub read_only: bool,
}

/// The root and the mounted trees, taken out for one run of a process.
#[derive(Clone, Debug, Default)]
pub struct MountedFs {
    /// The container's own files.
    pub root: FileTree,
    /// Whether writes to the container's own files are refused.
    pub root_read_only: bool,
    /// The mounts; the longest paths first.
    pub mounts: Vec<Mount>,
    /// The trees of the mounts, in their order.
    pub trees: Vec<(VolumeRef, FileTree)>,
}

/// Makes a folder and those above it.
pub fn make_dirs(tree: &mut FileTree, path: &str, now: SimTime) {
    for (at, _) in path.match_indices('/').filter(|(at, _)| *at > 0) {
        let _ = tree.make_dir(&path[..at], now);
    }
    if path.len() > 1 {
        let _ = tree.make_dir(path, now);
    }
}

/// Makes a folder of any file system and those above it.
pub fn make_dirs_in(files: &mut dyn FileSystem, path: &str, now: SimTime) {
    for (at, _) in path.match_indices('/').filter(|(at, _)| *at > 0) {
        let _ = files.make_dir(&path[..at], now);
    }
    if path.len() > 1 {
        let _ = files.make_dir(path, now);
    }
}

/// An absolute path without `.`, `..`, doubled or final slashes; empty for the root.
pub fn normal_path(path: &str) -> String {
    let path = normalize("/", path);
    if path == "/" { String::new() } else { path }
}

/// Whether `path` is `base` or below it; the rest when it is.
fn below<'a>(path: &'a str, base: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(base)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

impl MountedFs {
    /// The mount and the path within its tree that `path` means; `None` for the container's own files.
    fn place(&self, path: &str) -> (Option<usize>, String) {
        let path = if path == "/" { "" } else { path };
        for (index, mount) in self.mounts.iter().enumerate() {
            if let Some(rest) = below(path, &mount.path) {
                return (Some(index), format!("{}{rest}", mount.sub_path));
            }
        }
        (None, path.to_owned())
    }

    fn tree(&self, mount: Option<usize>) -> &FileTree {
        let wanted = mount.and_then(|index| self.mounts.get(index)).map(|mount| &mount.volume);
        let mounted = wanted.and_then(|volume| self.trees.iter().find(|(known, _)| known == volume));
        mounted.map_or(&self.root, |(_, tree)| tree)
    }

    fn tree_mut(&mut self, mount: Option<usize>) -> Result<&mut FileTree, FsError> {
        let Some(mount) = mount.and_then(|index| self.mounts.get(index)) else {
            return if self.root_read_only { Err(FsError::ReadOnly) } else { Ok(&mut self.root) };
        };
        if mount.read_only {
            return Err(FsError::ReadOnly);
        }
        let found = self.trees.iter_mut().find(|(known, _)| *known == mount.volume);
        found.map(|(_, tree)| tree).ok_or(FsError::NotFound)
    }

    /// The path at the end of the links on its way, which may lead from one tree into another.
    fn at_end(&self, path: &str, last: bool) -> String {
        if !self.root.has_links() && !self.trees.iter().any(|(_, tree)| tree.has_links()) {
            return path.to_owned();
        }
        follow(path, last, |path| {
            let (mount, inner) = self.place(path);
            self.tree(mount).link_at(&inner)
        })
    }

    fn is_mount_point(&self, path: &str) -> bool {
        self.mounts.iter().any(|mount| mount.path == path)
    }
}

impl FileSystem for MountedFs {
    fn stat(&self, path: &str) -> Result<Entry, FsError> {
        let (mount, inner) = self.place(&self.at_end(path, true));
        self.tree(mount).stat(&inner)
    }

    fn entry(&self, path: &str) -> Result<Entry, FsError> {
        let (mount, inner) = self.place(&self.at_end(path, false));
        self.tree(mount).entry(&inner)
    }

    fn resolved(&self, path: &str) -> String {
        self.at_end(path, true)
    }

    fn make_link(&mut self, path: &str, target: &str, now: SimTime) -> Result<(), FsError> {
        let (mount, inner) = self.place(&self.at_end(path, false));
        self.tree_mut(mount)?.make_link(&inner, target, now)
    }

    fn list(&self, path: &str) -> Result<Vec<Listing>, FsError> {
        let path = &self.at_end(path, true);
        let (mount, inner) = self.place(path);
        let mut listings = self.tree(mount).list(&inner)?;
        let base = path.trim_end_matches('/');
        for listing in &mut listings {
            let full = format!("{base}/{}", listing.name);
            if self.is_mount_point(&full)
                && let Ok(entry) = self.stat(&full)
            {
                listing.entry = entry;
            }
        }
        Ok(listings)
    }

    fn write(&mut self, path: &str, bytes: &[u8], now: SimTime) -> Result<(), FsError> {
        let (mount, inner) = self.place(&self.at_end(path, true));
        self.tree_mut(mount)?.write(&inner, bytes, now)
    }

    fn make_dir(&mut self, path: &str, now: SimTime) -> Result<(), FsError> {
        let (mount, inner) = self.place(&self.at_end(path, false));
        if self.stat(path).is_ok() {
            return Err(FsError::Exists);
        }
        self.tree_mut(mount)?.make_dir(&inner, now)
    }

    fn remove(&mut self, path: &str) -> Result<(), FsError> {
        if self.is_mount_point(path) {
            return Err(FsError::Busy);
        }
        let (mount, inner) = self.place(&self.at_end(path, false));
        self.tree_mut(mount)?.remove(&inner)
    }

    fn set_mode(&mut self, path: &str, mode: u32) -> Result<(), FsError> {
        let (mount, inner) = self.place(&self.at_end(path, true));
        self.tree_mut(mount)?.set_mode(&inner, mode)
    }

    fn set_owner(&mut self, path: &str, user: Option<u32>, group: Option<u32>) -> Result<(), FsError> {
        let (mount, inner) = self.place(&self.at_end(path, true));
        self.tree_mut(mount)?.set_owner(&inner, user, group)
    }

    fn mounts(&self) -> Vec<(String, String, bool)> {
        let source = |volume: &VolumeRef| match volume {
            VolumeRef::Persistent(name) => format!("/dev/disk/{name}"),
            VolumeRef::Pod(_) => "tmpfs".to_owned(),
            VolumeRef::Host(_, path) => path.clone(),
        };
        let mut rows: Vec<(String, String, bool)> = self
            .mounts
            .iter()
            .map(|mount| (mount.path.clone(), source(&mount.volume), mount.read_only))
            .collect();
        rows.push(("/".to_owned(), "overlay".to_owned(), self.root_read_only));
        rows.sort();
        rows
    }
}
