//! `nginx`: a web server over `/usr/share/nginx/html`.

use super::{packages, pairs, words};
use crate::runtime::image::{AccessLog, ImageSpec};

const INDEX: &str = "<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n\
<h1>Welcome to nginx!</h1>\n<p>The web server answers.</p>\n</body>\n</html>\n";

fn error_page(status: &str) -> String {
    format!(
        "<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1></center>\r\n\
         <hr><center>nginx/{{{{env NGINX_VERSION}}}}</center>\r\n</body>\r\n</html>\r\n"
    )
}

/// `registry.k8s.io/nginx-slim`, of Kubernetes' own tutorials.
pub(super) fn slim() -> ImageSpec {
    ImageSpec { name: "nginx-slim".to_owned(), env: pairs(&[("NGINX_VERSION", "1.27.5")]), ..spec() }
}

pub(super) fn spec() -> ImageSpec {
    ImageSpec {
        tags: words(&["mainline", "perl", "bookworm", "trixie"]),
        size_bytes: 72_324_501,
        static_root: Some("/usr/share/nginx/html".to_owned()),
        not_found: error_page("404 Not Found"),
        forbidden: error_page("403 Forbidden"),
        server: "nginx/{{env NGINX_VERSION}}".to_owned(),
        files: pairs(&[
            ("/usr/share/nginx/html/index.html", INDEX),
            ("/etc/nginx/nginx.conf", "worker_processes  auto;\n"),
        ]),
        log: words(&["/docker-entrypoint.sh: Configuration complete; ready for start up"]),
        access_log: AccessLog::Combined,
        env: pairs(&[("NGINX_VERSION", "{{release}}")]),
        releases: words(&["1.29.3", "1.28.0", "1.27.5", "1.26.3", "1.25.5", "1.24.0"]),
        packages: packages::DEBIAN | packages::CURL,
        stop_signal: 3,
        programs: words(&["nginx", "/docker-entrypoint.sh"]),
        ..ImageSpec::server("nginx", &[80])
    }
}

/// The Debian that a release's image is built on.
pub(super) fn debian(release: &str) -> (u32, &'static str) {
    let minor = release.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok()).unwrap_or(0);
    match minor {
        0..=20 => (10, "buster"),
        21..=24 => (11, "bullseye"),
        25..=28 => (12, "bookworm"),
        _ => (13, "trixie"),
    }
}
