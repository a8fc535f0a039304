//! `httpd`: the Apache web server.

use super::{packages, pairs, words};
use crate::runtime::image::{AccessLog, ImageSpec};

pub(super) fn spec() -> ImageSpec {
    ImageSpec {
        tags: words(&["bookworm", "trixie"]),
        size_bytes: 45_160_874,
        static_root: Some("/usr/local/apache2/htdocs".to_owned()),
        server: "Apache/2.4.65 (Unix)".to_owned(),
        files: pairs(&[(
            "/usr/local/apache2/htdocs/index.html",
            "<html><body><h1>It works!</h1></body></html>\n",
        )]),
        access_log: AccessLog::Combined,
        env: pairs(&[("HTTPD_VERSION", "2.4.65")]),
        working_dir: "/usr/local/apache2".to_owned(),
        packages: packages::DEBIAN,
        stop_signal: 28,
        programs: words(&["httpd", "httpd-foreground"]),
        ..ImageSpec::server("httpd", &[80])
    }
}
