//! `python-app`: the lab's visits counter.

use super::{pairs, words};
use crate::runtime::image::{AccessLog, ImageSpec, Route};

/// Where the counter lives; the lab mounts its volume there.
const VISITS: &str = "/config/visits.txt";

pub(super) fn spec() -> ImageSpec {
    let route = |path: &str, body: String, content_type: &str| Route {
        method: "GET".to_owned(),
        path: path.to_owned(),
        status: 200,
        body,
        content_type: content_type.to_owned(),
        ..Route::default()
    };
    let page = format!("<h1>Current time in Moscow</h1><p>Visits: {{{{count {VISITS}}}}}</p>\n");
    ImageSpec {
        tags: words(&["main", "dev"]),
        size_bytes: 58_110_362,
        follows_declared_ports: true,
        routes: vec![
            route("/", page, "text/html; charset=utf-8"),
            route("/visits", format!("{{{{read {VISITS}}}}}\n"), "text/plain; charset=utf-8"),
            route("/health", "ok\n".to_owned(), "text/plain; charset=utf-8"),
        ],
        not_found: "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
            .to_owned(),
        server: "Werkzeug/3.1.3 Python/3.13.7".to_owned(),
        files: pairs(&[
            ("/app/app.py", "from flask import Flask\n\napp = Flask(__name__)\n"),
            ("/app/requirements.txt", "flask==3.1.2\n"),
            ("/config/.keep", ""),
        ]),
        log: words(&[
            " * Serving Flask app 'app'",
            " * Debug mode: off",
            " * Running on all addresses (0.0.0.0)",
            " * Running on http://127.0.0.1:{{port}}",
            " * Running on http://{{ip}}:{{port}}",
        ]),
        access_log: AccessLog::Flask,
        env: pairs(&[("PYTHON_VERSION", "3.13.7"), ("LANG", "C.UTF-8")]),
        programs: words(&["python", "python3", "flask", "gunicorn"]),
        ..ImageSpec::server("python-app", &[5000])
    }
}
