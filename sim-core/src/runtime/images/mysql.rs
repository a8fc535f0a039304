//! `mysql` and `mariadb`: servers that listen, and refuse to start without a password.

use super::{packages, words};
use crate::runtime::image::{ExitPlan, ImageSpec};

pub(super) fn spec(name: &str) -> ImageSpec {
    ImageSpec {
        size_bytes: 233_104_768,
        tags: words(&["lts", "innovation", "oracle", "debian"]),
        ports: vec![3306],
        speaks_http: false,
        packages: packages::DEBIAN | packages::MYSQL | packages::RED_HAT,
        entrypoint: words(&["docker-entrypoint.sh"]),
        command: words(&[if name == "mysql" { "mysqld" } else { "mariadbd" }]),
        programs: words(&["mysqld", "mariadbd"]),
        startup_ms: 4_000,
        files: super::pairs(&[("/var/lib/mysql/.keep", ""), ("/etc/mysql/conf.d/.keep", "")]),
        ..ImageSpec::server(name, &[])
    }
}

/// The server as its environment lets it be.
pub(super) fn as_told(spec: &ImageSpec, env: &[(String, String)]) -> ImageSpec {
    let mut told = spec.clone();
    let needed = ["ROOT_PASSWORD", "ALLOW_EMPTY_PASSWORD", "RANDOM_ROOT_PASSWORD"];
    let prefixes: &[&str] = if spec.name == "mysql" { &["MYSQL_"] } else { &["MARIADB_", "MYSQL_"] };
    let is_given = env.iter().any(|(name, value)| {
        let known = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix));
        known.is_some_and(|name| needed.contains(&name) || name == "ALLOW_EMPTY_ROOT_PASSWORD")
            && !value.is_empty()
    });
    let said = |kind: &str, text: &str| format!("{{{{stamp}}}} [{kind}] [Entrypoint]: {text}");
    told.log = vec![said("Note", "Entrypoint script for MySQL Server started.")];
    if is_given {
        told.log.push(said("Note", "MySQL init process done. Ready for start up."));
        return told;
    }
    let mut log = vec![said("ERROR", "Database is uninitialized and password option is not specified")];
    log.push("    You need to specify one of the following as an environment variable:".to_owned());
    log.extend(needed.map(|name| format!("    - {}{name}", prefixes[0])));
    told.exit = Some(ExitPlan { after_ms: 500, code: 1, log });
    told
}
