//! `redis`: listens on its port; its protocol is not simulated.

use super::{pairs, words};
use crate::runtime::image::ImageSpec;

pub(super) fn spec() -> ImageSpec {
    ImageSpec {
        tags: words(&["bookworm", "trixie"]),
        size_bytes: 52_637_416,
        speaks_http: false,
        files: pairs(&[("/data/.keep", "")]),
        log: words(&["1:M * Ready to accept connections tcp"]),
        env: pairs(&[("REDIS_VERSION", "8.2.2")]),
        working_dir: "/data".to_owned(),
        programs: words(&["redis-server", "docker-entrypoint.sh"]),
        ..ImageSpec::server("redis", &[6379])
    }
}
