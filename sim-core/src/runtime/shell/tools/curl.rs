//! curl, with the options that people use inside of pods.

use std::time::Duration;

use super::Turn;
use super::io::Io;
use crate::network::http::{HttpRequest, HttpResponse, NetError};
use crate::network::resolver::Lookup;

/// A URL taken apart.
pub(super) struct Url {
    pub secure: bool,
    pub host: String,
    pub port: u16,
    /// Path and query.
    pub path: String,
}

/// Reads `[http://]host[:port][/path]`.
pub(super) fn parse_url(text: &str) -> Option<Url> {
    let (secure, rest) = match text.split_once("://") {
        Some(("http", rest)) => (false, rest),
        Some(("https", rest)) => (true, rest),
        Some(_) => return None,
        None => (false, text),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, if secure { 443 } else { 80 }),
    };
    if host.is_empty() || host.contains(char::is_whitespace) {
        return None;
    }
    let path = path.split('#').next().unwrap_or_default();
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Some(Url { secure, host: host.to_owned(), port, path })
}

/// The words behind a status code.
pub(super) fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

/// Status line and headers, with the empty line behind them.
pub(super) fn head_of(response: &HttpResponse) -> String {
    let mut head = format!("HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !response.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        head.push_str(&format!("Content-Length: {}\r\n", response.body.len()));
    }
    head + "\r\n"
}

#[derive(Default)]
struct Request {
    url: Option<String>,
    silent: bool,
    show_error: bool,
    fail: bool,
    include: bool,
    head: bool,
    verbose: bool,
    location: bool,
    output: Option<String>,
    remote_name: bool,
    write_out: Option<String>,
    method: Option<String>,
    headers: Vec<(String, String)>,
    body: Option<String>,
    max_time: Option<Duration>,
    connect_timeout: Option<Duration>,
    user_agent: Option<String>,
}

/// Long options and the letters that they stand for; `*` is one that changes nothing here.
const LONG: &[(&str, char)] = &[
    ("silent", 's'),
    ("show-error", 'S'),
    ("fail", 'f'),
    ("include", 'i'),
    ("head", 'I'),
    ("verbose", 'v'),
    ("location", 'L'),
    ("output", 'o'),
    ("remote-name", 'O'),
    ("write-out", 'w'),
    ("request", 'X'),
    ("header", 'H'),
    ("data", 'd'),
    ("data-raw", 'd'),
    ("data-binary", 'd'),
    ("max-time", 'm'),
    ("connect-timeout", 'c'),
    ("user-agent", 'A'),
    ("insecure", '*'),
    ("retry", '#'),
    ("retry-delay", '#'),
    ("http1.1", '*'),
    ("compressed", '*'),
    ("no-progress-meter", 's'),
    ("user", '#'),
    ("json", 'd'),
    ("fail-with-body", 'f'),
    ("retry-connrefused", '*'),
    ("resolve", '#'),
    ("noproxy", '#'),
];

fn read_request(io: &mut Io<'_>) -> Result<Request, i32> {
    let arguments = io.arguments();
    let mut request = Request::default();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let letters: Vec<char> = if let Some(name) = word.strip_prefix("--") {
            match LONG.iter().find(|(known, _)| *known == name) {
                Some((_, letter)) => vec![*letter],
                None => return Err(unknown(io, word)),
            }
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            letters.chars().collect()
        } else {
            request.url = Some(word.clone());
            continue;
        };
        for (index, letter) in letters.iter().enumerate() {
            let takes_value = "owXHdmcA#uT".contains(*letter);
            if !takes_value {
                match letter {
                    's' => request.silent = true,
                    'S' => request.show_error = true,
                    'f' => request.fail = true,
                    'i' => request.include = true,
                    'I' => request.head = true,
                    'v' => request.verbose = true,
                    'L' => request.location = true,
                    'O' => request.remote_name = true,
                    'k' | '*' | 'g' | '4' | 'N' => {}
                    _ => return Err(unknown(io, word)),
                }
                continue;
            }
            let attached: String = letters[index + 1..].iter().collect();
            let value = if attached.is_empty() { words.next().cloned() } else { Some(attached) };
            let Some(value) = value else {
                let line = format!(
                    "option {word}: requires parameter\ncurl: try 'curl --help' or 'curl --manual' for more information\n"
                );
                io.complain(line.trim_end_matches('\n'));
                return Err(2);
            };
            match letter {
                'o' => request.output = Some(value),
                'w' => request.write_out = Some(value),
                'X' => request.method = Some(value),
                'H' => {
                    let (name, value) = value.split_once(':').unwrap_or((&value, ""));
                    request.headers.push((name.to_owned(), value.trim().to_owned()));
                }
                'd' => request.body = Some(value),
                'm' => request.max_time = super::date::duration(&value),
                'c' => request.connect_timeout = super::date::duration(&value),
                'A' => request.user_agent = Some(value),
                _ => {}
            }
            break;
        }
    }
    Ok(request)
}

fn unknown(io: &mut Io<'_>, word: &str) -> i32 {
    io.complain(&format!("option {word}: is unknown"));
    io.complain("try 'curl --help' or 'curl --manual' for more information");
    2
}

/// curl's error line, unless it is to be quiet; its code is the exit code.
fn fail(io: &mut Io<'_>, request: &Request, code: i32, message: &str) -> Turn {
    if !request.silent || request.show_error {
        io.complain(&format!("({code}) {message}"));
    }
    if let Some(format) = request.write_out.clone() {
        let text = written_out(&format, None, 0);
        io.out(&text);
    }
    Ok(code)
}

pub(super) fn curl(io: &mut Io<'_>) -> Turn {
    let request = match read_request(io) {
        Ok(request) => request,
        Err(status) => return Ok(status),
    };
    let Some(text) = request.url.clone() else {
        io.complain("(2) no URL specified");
        return Ok(2);
    };
    let mut url = match parse_url(&text) {
        Some(url) => url,
        None => {
            let message = match text.split_once("://") {
                Some((scheme, _)) if !matches!(scheme, "http" | "https") => {
                    return fail(io, &request, 1, &format!("Protocol \"{scheme}\" not supported"));
                }
                _ => "URL using bad/illegal format or missing URL",
            };
            return fail(io, &request, 3, message);
        }
    };
    for _ in 0..10 {
        let response = match exchange(io, &request, &url)? {
            Ok(response) => response,
            Err((code, message)) => return fail(io, &request, code, &message),
        };
        let target = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
        let target = target.filter(|_| request.location && (300..400).contains(&response.status));
        match target.map(|(_, target)| target.clone()) {
            None => return finish(io, &request, &url, &response),
            Some(path) if path.starts_with('/') => url.path = path,
            Some(text) => match parse_url(&text) {
                Some(next) => url = next,
                None => return finish(io, &request, &url, &response),
            },
        }
    }
    fail(io, &request, 47, "Maximum (50) redirects followed")
}

/// One request; the inner error is curl's code and message.
fn exchange(
    io: &mut Io<'_>,
    request: &Request,
    url: &Url,
) -> Result<Result<HttpResponse, (i32, String)>, super::Pause> {
    let address = match io.lookup(&url.host) {
        Lookup::Found { addresses, .. } => addresses.first().cloned().unwrap_or_default(),
        _ => return Ok(Err((6, format!("Could not resolve host: {}", url.host)))),
    };
    let default = if url.secure { 443 } else { 80 };
    let named = if url.port == default { url.host.clone() } else { format!("{}:{}", url.host, url.port) };
    let mut headers = vec![("Host".to_owned(), named)];
    headers.push((
        "User-Agent".to_owned(),
        request.user_agent.clone().unwrap_or_else(|| "curl/8.9.1".to_owned()),
    ));
    headers.push(("Accept".to_owned(), "*/*".to_owned()));
    headers.extend(request.headers.iter().cloned());
    let default = if request.head {
        "HEAD"
    } else if request.body.is_some() {
        "POST"
    } else {
        "GET"
    };
    let outgoing = HttpRequest {
        method: request.method.clone().unwrap_or_else(|| default.to_owned()),
        path: url.path.clone(),
        headers,
        body: request.body.clone().unwrap_or_default(),
    };
    let (host, port) = (&url.host, url.port);
    // A request that hangs was sent once; while it waits it is not sent again.
    let outcome = if io.memory().found {
        Err(NetError::TimedOut)
    } else if url.secure {
        match io.host.connect(&address, port) {
            Ok(()) => {
                let why = "error:0A00010B:SSL routines::wrong version number";
                return Ok(Err((35, format!("TLS connect error: {why}"))));
            }
            Err(error) => Err(error),
        }
    } else {
        io.host.http(&address, port, &outgoing)
    };
    match outcome {
        Ok(response) => {
            if request.verbose {
                let sent: String =
                    outgoing.headers.iter().map(|(name, value)| format!("> {name}: {value}\n")).collect();
                let received: String =
                    head_of(&response).lines().map(|line| format!("< {}\n", line.trim_end())).collect();
                let (method, path) = (&outgoing.method, &outgoing.path);
                io.err(&format!(
                    "*   Trying {address}:{port}...\n* Connected to {host} ({address}) port {port}\n\
                     > {method} {path} HTTP/1.1\n{sent}> \n{received}"
                ));
            }
            Ok(Ok(response))
        }
        Err(NetError::TimedOut) => {
            io.memory().found = true;
            let limits = [request.max_time, request.connect_timeout];
            let limit = limits.into_iter().flatten().min().unwrap_or(Duration::from_secs(134));
            io.wait_until(io.started + limit)?;
            Ok(Err((28, format!("Connection timed out after {} milliseconds", limit.as_millis()))))
        }
        Err(NetError::Closed) => Ok(Err((52, "Empty reply from server".to_owned()))),
        Err(error) => {
            let why = match error {
                NetError::NoRoute => "No route to host",
                _ => "Couldn't connect to server",
            };
            Ok(Err((7, format!("Failed to connect to {host} port {port} after 0 ms: {why}"))))
        }
    }
}

fn finish(io: &mut Io<'_>, request: &Request, url: &Url, response: &HttpResponse) -> Turn {
    if request.fail && response.status >= 400 {
        let message = format!("The requested URL returned error: {}", response.status);
        return fail(io, request, 22, &message);
    }
    let mut text = String::new();
    if request.include || request.head {
        text.push_str(&head_of(response));
    }
    if !request.head {
        text.push_str(&response.body);
    }
    let remote =
        url.path.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned();
    let file = request.output.clone().or(request.remote_name.then_some(remote)).filter(|file| file != "-");
    // The meter is for a screen that does not show the body.
    let metered = !request.silent && !request.head && (file.is_some() || !io.machine.is_seen(io.pid));
    if metered {
        let size = response.body.len();
        io.err(&format!(
            "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n\
             \x20                                Dload  Upload   Total   Spent    Left  Speed\n\
             \r100 {size:>5}  100 {size:>5}    0     0  {:>5}      0 --:--:-- --:--:-- --:--:-- {:>5}\n",
            size * 1000,
            size * 1000
        ));
    }
    match file.as_deref() {
        None => io.out(&text),
        Some("/dev/null") => {}
        Some(file) => {
            let (path, now) = (io.path(file), io.now());
            if let Err(error) = io.files().write(&path, text.as_bytes(), now) {
                io.err(&format!("Warning: Failed to open the file {file}: {error}\n"));
                return fail(io, request, 23, "Failure writing output to destination");
            }
        }
    }
    if let Some(format) = &request.write_out {
        let text = written_out(format, Some(response), response.body.len());
        io.out(&text);
    }
    Ok(0)
}

/// `-w`: the variables that people ask for.
fn written_out(format: &str, response: Option<&HttpResponse>, size: usize) -> String {
    let status = response.map_or(0, |response| response.status);
    let text = format.replace("%{http_code}", &format!("{status:03}"));
    let text = text.replace("%{response_code}", &format!("{status:03}"));
    let text = text.replace("%{size_download}", &size.to_string());
    let text = text.replace("%{time_total}", "0.001000").replace("%{time_connect}", "0.000500");
    text.replace("\\n", "\n").replace("\\t", "\t")
}
