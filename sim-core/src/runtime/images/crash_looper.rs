//! `crash-looper`: ends with an error one second after its start.

use super::words;
use crate::runtime::image::{ExitPlan, ImageSpec};

pub(super) fn spec() -> ImageSpec {
    ImageSpec {
        log: words(&["starting"]),
        exit: Some(ExitPlan {
            after_ms: 1_000,
            code: 1,
            log: words(&["fatal: cannot read configuration, giving up"]),
        }),
        ..ImageSpec::server("crash-looper", &[])
    }
}
