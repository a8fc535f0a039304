//! Native programs: starting, answering requests, ending.

use std::fmt::Write as _;
use std::time::Duration;

use super::container::{Container, Exit, Native, Program};
use super::fs::FileSystem;
use super::image::{AccessLog, ImageSpec, Route};
use super::mounts::{MountedFs, make_dirs};
use super::shell::Stream;
use super::template;
use crate::api::SimTime;
use crate::network::http::{HttpRequest, HttpResponse, NetError};

/// The signal that ends a process whatever it does.
pub const SIGKILL: i32 = 9;
/// The signal that asks a process to end.
pub const SIGTERM: i32 = 15;

/// Names in a body or a log line that depend on the pod.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The pod's host name.
    pub hostname: &'a str,
    /// The pod's address.
    pub ip: &'a str,
}

/// The program of an image as it is right after its start.
pub fn start(spec: &ImageSpec, declared: &[u16], env: &[(String, String)], now: SimTime) -> Native {
    let mut ports = spec.ports.clone();
    if spec.follows_declared_ports {
        let chosen =
            env.iter().rev().find(|(name, _)| name == "PORT").and_then(|(_, port)| port.parse().ok());
        if let Some(port) = chosen {
            ports = vec![port];
        }
        ports.extend(declared);
    }
    ports.sort_unstable();
    ports.dedup();
    let exit = spec.exit.as_ref().map(|plan| (now + Duration::from_millis(plan.after_ms), plan.code));
    let listens_at = now + Duration::from_millis(spec.startup_ms);
    Native { ports, listens_at, announced: false, listening: false, exit_at: exit }
}

impl Container {
    /// Lets a native program do what is due at `now`: log, begin to listen, end. Sets its next wake.
    pub(super) fn advance_native(&mut self, place: Place<'_>, now: SimTime) {
        let Program::Native(native) = &mut self.program else { return };
        let spec = &self.config.image.spec;
        if !native.announced {
            native.announced = true;
            self.changes += 1;
            let port = native.ports.first().copied().unwrap_or(0);
            for line in &spec.log {
                let line = template::logged(line, place, port, &self.config.env, now);
                self.log.line(now, Stream::Out, &line);
            }
        }
        self.wake = (native.listens_at > now).then_some(native.listens_at);
        if self.wake.is_none() && !native.listening {
            native.listening = true;
            self.changes += 1;
        }
        if let Some((at, code)) = native.exit_at {
            if at <= now {
                let planned = spec.exit.as_ref().filter(|plan| plan.code == code);
                for line in planned.into_iter().flat_map(|plan| &plan.log) {
                    let line = template::logged(line, place, 0, &self.config.env, at);
                    self.log.line(at, Stream::Err, &line);
                }
                let mut exit = Exit::with_code(code, at);
                // Only the kernel ends a program so, for the memory that it wanted.
                if planned.is_some() && code == 128 + SIGKILL {
                    exit.reason = "OOMKilled".to_owned();
                }
                self.end(exit);
                return;
            }
            self.wake = Some(self.wake.map_or(at, |wake| wake.min(at)));
        }
    }

    /// Sends a signal to the container's program.
    pub(super) fn signal(&mut self, signal: i32, now: SimTime) {
        if !self.is_running() {
            return;
        }
        if signal == SIGKILL {
            self.end(Exit::with_code(128 + SIGKILL, now));
            return;
        }
        match &mut self.program {
            Program::Native(native) => {
                let spec = &self.config.image.spec;
                let ends = signal == SIGTERM || signal == spec.stop_signal || matches!(signal, 2 | 3);
                if let Some(delay) = spec.termination_ms.filter(|_| ends) {
                    let at = now + Duration::from_millis(delay);
                    if native.exit_at.is_none_or(|(known, _)| known > at) {
                        native.exit_at = Some((at, spec.termination_code));
                    }
                    self.wake = Some(native.exit_at.map_or(at, |(known, _)| known));
                }
            }
            Program::Process(process) => {
                process.signal(signal);
                self.wake = Some(now);
            }
        }
        self.changes += 1;
    }

    /// The container ends.
    pub(super) fn end(&mut self, exit: Exit) {
        self.exit = Some(exit);
        self.services.clear();
        self.wake = None;
        self.changes += 1;
    }
}

/// Answers a request with the container's routes; also says how long the answer takes.
pub(super) fn answer(
    container: &mut Container,
    files: &mut MountedFs,
    place: Place<'_>,
    from: &str,
    request: &HttpRequest,
    now: SimTime,
) -> Result<(HttpResponse, Duration), NetError> {
    let config = container.config.clone();
    let spec = &config.image.spec;
    if !spec.speaks_http {
        return Err(NetError::TimedOut);
    }
    let path = request.path.split(['?', '#']).next().unwrap_or("/");
    let query = request.path.split_once('?').map_or("", |(_, query)| query);
    let age = now.since(container.started);
    let in_time = |route: &Route| route.until_ms.is_none_or(|until| age <= Duration::from_millis(until));
    let route = spec.routes.iter().find(|route| matches(route, &request.method, path) && in_time(route));
    let port = spec.ports.first().copied().unwrap_or(0);
    let filled = |text: &str| {
        let text = template::place(text, place, port, &config.env);
        template::asked(&text, from, query, now, age)
    };
    if route.is_some_and(|route| route.exits) {
        let code = template::query_word(query, "code").and_then(|code| code.parse().ok()).unwrap_or(0);
        container.end(Exit::with_code(code, now));
    }
    let mut latency = Duration::ZERO;
    let mut response = match route {
        Some(route) => {
            latency = Duration::from_millis(route.latency_ms);
            let (body, outcome) = template::files(&filled(&route.body), files, now);
            match outcome {
                Ok(()) => response(route.status, &route.content_type, body),
                Err(error) => {
                    container.log.line(now, Stream::Err, &format!("OSError: {error}"));
                    self::response(500, "text/html", "<h1>Internal Server Error</h1>\n".to_owned())
                }
            }
        }
        None => match static_file(spec, files, path) {
            Static::File(answer) => answer,
            Static::Folder if !spec.forbidden.is_empty() => {
                response(403, "text/html", filled(&spec.forbidden))
            }
            _ => response(404, "text/html; charset=utf-8", filled(&spec.not_found)),
        },
    };
    if !spec.server.is_empty() {
        response.headers.insert(0, ("Server".to_owned(), filled(&spec.server)));
    }
    if request.method == "HEAD" {
        response.body.clear();
    }
    if let Some(line) = access_line(spec.access_log, from, request, &response, now) {
        container.log.line(now, Stream::Out, &line);
    }
    container.changes += 1;
    Ok((response, latency))
}

fn matches(route: &Route, method: &str, path: &str) -> bool {
    let method = if method == "HEAD" { "GET" } else { method };
    let method_fits = route.method.is_empty() || route.method.eq_ignore_ascii_case(method);
    let path_fits = match route.path.strip_suffix('*') {
        Some(prefix) => path.starts_with(prefix),
        None => route.path == path,
    };
    method_fits && path_fits
}

fn response(status: u16, content_type: &str, body: String) -> HttpResponse {
    let mut headers = Vec::new();
    if !content_type.is_empty() {
        headers.push(("Content-Type".to_owned(), content_type.to_owned()));
    }
    headers.push(("Content-Length".to_owned(), body.len().to_string()));
    HttpResponse { status, headers, body }
}

/// What there is at a path among the files that are served.
enum Static {
    File(HttpResponse),
    /// A folder without an index.
    Folder,
    Nothing,
}

fn static_file(spec: &ImageSpec, files: &MountedFs, path: &str) -> Static {
    let Some(root) = spec.static_root.as_deref() else { return Static::Nothing };
    let mut full = super::mounts::normal_path(&format!("{root}/{path}"));
    if !full.starts_with(root) {
        return Static::Nothing;
    }
    let is_folder = files.stat(&full).is_ok_and(|entry| entry.content.is_none());
    if is_folder {
        full.push_str("/index.html");
    }
    let Ok(bytes) = files.read(&full) else {
        return if is_folder { Static::Folder } else { Static::Nothing };
    };
    let content_type = if full.ends_with(".html") { "text/html" } else { "text/plain" };
    Static::File(response(200, content_type, String::from_utf8_lossy(&bytes).into_owned()))
}

fn access_line(
    style: AccessLog,
    from: &str,
    request: &HttpRequest,
    response: &HttpResponse,
    now: SimTime,
) -> Option<String> {
    let time = now.timestamp();
    let mut line = String::new();
    let (method, path, status) = (&request.method, &request.path, response.status);
    match style {
        AccessLog::None => return None,
        AccessLog::Flask => {
            let time = time.strftime("%d/%b/%Y %H:%M:%S");
            let _ = write!(line, "{from} - - [{time}] \"{method} {path} HTTP/1.1\" {status} -");
        }
        AccessLog::Combined => {
            let time = time.strftime("%d/%b/%Y:%H:%M:%S +0000");
            let agent = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
            let agent = agent.map_or("-", |(_, value)| value);
            let size = response.body.len();
            let _ = write!(
                line,
                "{from} - - [{time}] \"{method} {path} HTTP/1.1\" {status} {size} \"-\" \"{agent}\" \"-\""
            );
        }
    }
    Some(line)
}

/// Folders and files of an image, and those that the kubelet adds.
pub(super) fn root_files(
    image: &super::image::Image,
    extra: &[(String, String)],
    mounts: &[super::mounts::Mount],
    now: SimTime,
) -> super::fs::FileTree {
    let spec = &image.spec;
    let mut root = super::fs::FileTree::new();
    for folder in
        ["/bin", "/dev", "/etc", "/home", "/proc", "/root", "/tmp", "/usr/bin", "/var/log", "/var/run"]
    {
        make_dirs(&mut root, folder, now);
    }
    let _there = root.set_mode("/tmp", 0o1777);
    for (path, content) in super::images::base_files(image) {
        root.put(path, content.as_bytes(), now);
    }
    for (path, content) in spec.files.iter().chain(extra) {
        root.put(path, content.as_bytes(), now);
    }
    root.put("/dev/termination-log", b"", now);
    for path in mounts.iter().map(|mount| mount.path.as_str()) {
        if !path.is_empty() && root.stat(path).is_err() {
            make_dirs(&mut root, path, now);
        }
    }
    if !spec.working_dir.is_empty() {
        make_dirs(&mut root, &spec.working_dir, now);
    }
    root
}
