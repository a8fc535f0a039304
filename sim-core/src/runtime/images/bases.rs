//! Distributions: a shell and its tools; without a terminal the shell ends at once.

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

/// `bash`: alpine with bash.
pub(super) fn bash() -> ImageSpec {
    ImageSpec {
        tags: words(&["devel"]),
        size_bytes: 6_634_891,
        packages: packages::BUSYBOX | packages::ALPINE | packages::BASH,
        entrypoint: words(&["docker-entrypoint.sh"]),
        command: words(&["bash"]),
        ..ImageSpec::server("bash", &[])
    }
}

/// `curlimages/curl`: what it is given is curl's, unless it is a program.
pub(super) fn curl() -> ImageSpec {
    ImageSpec {
        size_bytes: 9_442_211,
        packages: packages::BUSYBOX | packages::ALPINE | packages::CURL,
        entrypoint: words(&["/entrypoint.sh"]),
        command: words(&["curl"]),
        working_dir: "/home/curl_user".to_owned(),
        ..ImageSpec::server("curl", &[])
    }
}

/// Those of which nothing else is known here.
pub(super) fn others() -> impl Iterator<Item = ImageSpec> {
    const RED_HAT: [(&str, &str); 8] = [
        ("almalinux", "AlmaLinux"),
        ("amazonlinux", "Amazon Linux"),
        ("centos", "CentOS Linux"),
        ("fedora", "Fedora Linux"),
        ("oraclelinux", "Oracle Linux Server"),
        ("rockylinux", "Rocky Linux"),
        ("ubi-minimal", "Red Hat Enterprise Linux"),
        ("ubi8", "Red Hat Enterprise Linux"),
    ];
    let red_hats = RED_HAT.iter().map(|(name, title)| {
        let release =
            format!("NAME=\"{title}\"\nID=\"{name}\"\nID_LIKE=\"rhel fedora\"\nPRETTY_NAME=\"{title}\"\n");
        let mut spec = base(name, 83_518_086, &release, &["*"]);
        spec.packages |= packages::CURL | packages::RED_HAT | packages::PROCPS;
        spec
    });
    let busybox_plus = ImageSpec {
        tags: words(&["*"]),
        size_bytes: 4_214_382,
        packages: packages::BUSYBOX | packages::CURL,
        command: words(&["/bin/sh"]),
        ..ImageSpec::server("busyboxplus", &[])
    };
    red_hats.chain([busybox_plus])
}
