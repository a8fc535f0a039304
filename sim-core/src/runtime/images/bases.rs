//! `debian` and `ubuntu`: a shell and its tools; without a terminal the shell ends at once.

use super::{packages, pairs, words};
use crate::runtime::image::ImageSpec;

fn base(name: &str, size_bytes: u64, release: &str, tags: &[&str]) -> ImageSpec {
    ImageSpec {
        tags: words(tags),
        size_bytes,
        files: pairs(&[("/etc/os-release", release)]),
        packages: packages::DEBIAN,
        command: words(&["bash"]),
        ..ImageSpec::server(name, &[])
    }
}

pub(super) fn debian() -> ImageSpec {
    let release = "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"13\"\nID=debian\n";
    base("debian", 49_278_117, release, &["bookworm", "trixie", "bullseye", "stable-slim"])
}

pub(super) fn ubuntu() -> ImageSpec {
    let release = "PRETTY_NAME=\"Ubuntu 24.04.3 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\nID=ubuntu\n";
    let mut spec = base("ubuntu", 29_723_144, release, &["noble", "jammy", "focal"]);
    spec.packages |= packages::PROCPS;
    spec
}
