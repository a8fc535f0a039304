//! `stress` (polinux/stress): uses as much memory as it is told to.

use super::{packages, words};
use crate::runtime::image::ImageSpec;

pub(super) fn spec() -> ImageSpec {
    ImageSpec {
        size_bytes: 3_976_172,
        packages: packages::BUSYBOX | packages::ALPINE | packages::STRESS,
        command: words(&["stress", "--verbose", "--vm", "1", "--vm-bytes", "256M"]),
        ..ImageSpec::server("stress", &[])
    }
}
