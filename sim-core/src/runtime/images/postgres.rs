//! `postgres`: a database cluster, a primary or a standby.

use super::{packages, pairs, words};
use crate::runtime::image::ImageSpec;

pub(super) fn spec() -> ImageSpec {
    ImageSpec {
        tags: words(&["bookworm", "trixie"]),
        size_bytes: 161_803_398,
        speaks_http: false,
        files: pairs(&[("/var/lib/postgresql/.keep", ""), ("/docker-entrypoint-initdb.d/.keep", "")]),
        env: pairs(&[("PGDATA", "/var/lib/postgresql/data"), ("PG_MAJOR", "17"), ("LANG", "en_US.utf8")]),
        packages: packages::DEBIAN | packages::POSTGRES,
        entrypoint: words(&["docker-entrypoint.sh"]),
        command: words(&["postgres"]),
        stop_signal: 2,
        ..ImageSpec::server("postgres", &[])
    }
}
