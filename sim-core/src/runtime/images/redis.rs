//! `redis`: a key-value store, alone or as a replica of another.

use super::{packages, pairs, words};
use crate::runtime::image::ImageSpec;

pub(super) fn spec() -> ImageSpec {
    ImageSpec {
        tags: words(&["bookworm", "trixie"]),
        size_bytes: 52_637_416,
        speaks_http: false,
        files: pairs(&[("/data/.keep", "")]),
        env: pairs(&[("REDIS_VERSION", "{{release}}")]),
        releases: words(&["8.2.2", "8.0.5", "7.4.6", "7.2.11", "7.0.15", "6.2.20", "6.0.20", "5.0.14"]),
        working_dir: "/data".to_owned(),
        packages: packages::DEBIAN | packages::REDIS,
        entrypoint: words(&["docker-entrypoint.sh"]),
        command: words(&["redis-server"]),
        ..ImageSpec::server("redis", &[])
    }
}
