//! `slow-starter`: a server that listens twenty seconds after its start.

use super::words;
use crate::runtime::image::{ImageSpec, Route};

pub(super) fn spec() -> ImageSpec {
    let route = |path: &str| Route {
        path: path.to_owned(),
        status: 200,
        body: "ok\n".to_owned(),
        content_type: "text/plain".to_owned(),
        ..Route::default()
    };
    ImageSpec {
        startup_ms: 20_000,
        follows_declared_ports: true,
        routes: vec![route("/"), route("/health"), route("/healthz")],
        log: words(&["warming up, this takes 20 seconds"]),
        ..ImageSpec::server("slow-starter", &[8080])
    }
}
