//! `busybox`: a shell and its tools; without a terminal its shell ends at once.

use super::{packages, words};
use crate::runtime::image::ImageSpec;

pub(super) fn spec() -> ImageSpec {
    ImageSpec {
        tags: words(&["musl", "glibc", "uclibc"]),
        size_bytes: 2_205_824,
        packages: packages::BUSYBOX,
        command: words(&["sh"]),
        ..ImageSpec::server("busybox", &[])
    }
}
