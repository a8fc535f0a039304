//! `pause`: does nothing until it is told to end.

use super::words;
use crate::runtime::image::ImageSpec;

pub(super) fn spec() -> ImageSpec {
    ImageSpec {
        size_bytes: 320_448,
        packages: 0,
        programs: words(&["/pause"]),
        ..ImageSpec::server("pause", &[])
    }
}
