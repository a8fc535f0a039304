//! What a node's own disk holds, as a pod sees it that mounts `/` of its node: `kubectl debug node/...`.

use super::fs::FileTree;
use super::mounts::make_dirs;
use crate::api::SimTime;

/// The folders of a Debian node that runs a kubelet.
const FOLDERS: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/etc/cni/net.d",
    "/etc/kubernetes/manifests",
    "/home",
    "/lib",
    "/lib64",
    "/media",
    "/mnt",
    "/opt/cni/bin",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr/bin",
    "/usr/lib",
    "/usr/local",
    "/usr/sbin",
    "/usr/share",
    "/var/cache",
    "/var/lib/kubelet",
    "/var/log/containers",
    "/var/log/pods",
    "/var/tmp",
];

/// The files of the disk of that node, where nothing was written yet.
pub(super) fn files(node: &str) -> FileTree {
    let mut tree = FileTree::new();
    for folder in FOLDERS {
        make_dirs(&mut tree, folder, SimTime::ZERO);
    }
    let release = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n\
                   VERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\n";
    tree.put("/etc/os-release", release.as_bytes(), SimTime::ZERO);
    tree.put("/etc/hostname", format!("{node}\n").as_bytes(), SimTime::ZERO);
    tree
}
