//! `busybox`: a shell and its tools; without a terminal its shell ends at once.

use super::words;
use crate::runtime::image::ImageSpec;

pub(super) fn spec() -> ImageSpec {
    ImageSpec {
        tags: words(&["musl", "glibc", "uclibc"]),
        size_bytes: 2_205_824,
        command: words(&["sh"]),
        ..ImageSpec::server("busybox", &[])
    }
}
