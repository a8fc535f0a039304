//! `alpine`: a small Linux; without a terminal its shell ends at once.

use super::{packages, pairs, words};
use crate::runtime::image::ImageSpec;

pub(super) fn spec() -> ImageSpec {
    ImageSpec {
        tags: words(&["edge"]),
        size_bytes: 3_802_452,
        files: pairs(&[
            ("/etc/alpine-release", "3.22.2\n"),
            (
                "/etc/os-release",
                "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.22.2\nPRETTY_NAME=\"Alpine Linux v3.22\"\n",
            ),
        ]),
        packages: packages::BUSYBOX | packages::ALPINE,
        command: words(&["/bin/sh"]),
        ..ImageSpec::server("alpine", &[])
    }
}
