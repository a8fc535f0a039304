//! `postgres`: listens on its port two seconds after its start; its protocol is not simulated.

use super::{pairs, words};
use crate::runtime::image::ImageSpec;

pub(super) fn spec() -> ImageSpec {
    ImageSpec {
        tags: words(&["bookworm", "trixie"]),
        size_bytes: 161_803_398,
        startup_ms: 2_000,
        speaks_http: false,
        files: pairs(&[("/var/lib/postgresql/.keep", "")]),
        log: words(&["LOG:  starting PostgreSQL", "LOG:  database system is ready to accept connections"]),
        env: pairs(&[("PGDATA", "/var/lib/postgresql/data")]),
        programs: words(&["postgres", "docker-entrypoint.sh"]),
        ..ImageSpec::server("postgres", &[5432])
    }
}
