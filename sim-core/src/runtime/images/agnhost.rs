//! `agnhost`: Kubernetes' own test image, whose first argument says what it is.
//!
//! Facts: kubernetes test/images/agnhost, its README and sub-commands.

use super::{packages, words};
use crate::runtime::image::{ExitPlan, ImageSpec, Route};

pub(super) fn spec() -> ImageSpec {
    ImageSpec {
        size_bytes: 53_236_321,
        packages: packages::BUSYBOX
            | packages::ALPINE
            | packages::BASH
            | packages::CURL
            | packages::DNS
            | packages::NETCAT
            | packages::IPROUTE,
        entrypoint: words(&["/agnhost"]),
        command: words(&["pause"]),
        programs: words(&["/agnhost", "agnhost"]),
        ..ImageSpec::server("agnhost", &[])
    }
}

/// The image as its arguments make it.
pub(super) fn as_told(spec: &ImageSpec, arguments: &[String]) -> ImageSpec {
    let mut told = spec.clone();
    let command = arguments.first().map_or("", String::as_str);
    let said = |text: &str| format!("I{{{{klog 0}}}}       1 log.go:195] {text}");
    let port = |name: &str, default: u16| number(arguments, name).unwrap_or(default);
    match command {
        "netexec" => {
            let (http, udp) = (port("http-port", 8080), number::<i64>(arguments, "udp-port").unwrap_or(8081));
            told.ports = vec![http];
            told.log = vec![said(&format!("Started HTTP server on port {http}"))];
            if udp >= 0 {
                told.log.push(said(&format!("Started UDP server on port  {udp}")));
            }
            told.routes = vec![
                route("/clientip", 200, "{{client}}"),
                route("/echo", 200, "{{query msg}}"),
                Route { exits: true, ..route("/exit", 200, "") },
                Route { exits: true, ..route("/shutdown", 200, "") },
                route("/healthz", 200, ""),
                route("/hostname", 200, "{{hostname}}"),
                route("/hostName", 200, "{{hostname}}"),
                route("*", 200, "NOW: {{now}}"),
            ];
        }
        "liveness" => {
            told.ports = vec![8080];
            told.routes = vec![
                Route { until_ms: Some(10_000), ..route("/healthz", 200, "ok") },
                route("/healthz", 500, "error: {{age}}"),
                route("/started", 200, "{{age}}s"),
            ];
        }
        "serve-hostname" => {
            told.ports = vec![port("port", 9376)];
            told.log = vec![said(&format!("Serving on port {}.", told.ports[0]))];
            told.routes = vec![route("*", 200, "{{hostname}}")];
            // It waits for its pod's end.
            told.termination_ms = Some(60_000);
        }
        "test-webserver" => {
            told.ports = vec![port("port", 80)];
            told.static_root = Some(String::new());
        }
        "pause" => {
            told.log = words(&["Paused"]);
            told.termination_code = 2;
        }
        "nettest" | "porter" | "guestbook" | "http-echo" | "logs-generator" => {
            told.ports = vec![port("port", 8080)];
        }
        command => {
            let complaint = format!("Error: unknown command \"{command}\" for \"app\"");
            let hint = "Run 'app --help' for usage.";
            told.exit = Some(ExitPlan { after_ms: 0, code: 1, log: words(&[&complaint, hint]) });
        }
    }
    told
}

fn route(path: &str, status: u16, body: &str) -> Route {
    let content_type = "text/plain; charset=utf-8".to_owned();
    Route { path: path.to_owned(), status, body: body.to_owned(), content_type, ..Route::default() }
}

/// The value of `--NAME=N` or `--NAME N`.
pub(super) fn number<T: std::str::FromStr>(arguments: &[String], name: &str) -> Option<T> {
    text(arguments, name)?.parse().ok()
}

/// The value of `--NAME=TEXT`, `-NAME=TEXT`, `--NAME TEXT` or `-NAME TEXT`.
pub(super) fn text<'a>(arguments: &'a [String], name: &str) -> Option<&'a str> {
    let at = arguments.iter().position(|word| {
        word.strip_prefix('-')
            .is_some_and(|word| word.trim_start_matches('-').split('=').next() == Some(name))
    })?;
    match arguments[at].split_once('=') {
        Some((_, value)) => Some(value),
        None => arguments.get(at + 1).map(String::as_str),
    }
}
