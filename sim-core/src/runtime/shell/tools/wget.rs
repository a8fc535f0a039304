//! wget, busybox's.

use std::time::Duration;

use super::Turn;
use super::curl::{head_of, parse_url, reason};
use super::io::Io;
use super::options::Options;
use crate::network::http::{HttpRequest, NetError};

/// Long options as the letters that they stand for.
fn with_letters(arguments: &[String]) -> Vec<String> {
    let mut words = Vec::new();
    for word in arguments {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word.as_str(), None),
        };
        let letter = match name {
            "--spider" => "-s",
            "--quiet" => "-q",
            "--server-response" => "-S",
            "--output-document" => "-O",
            "--timeout" => "-T",
            "--tries" => "-t",
            "--header" => "-h",
            "--post-data" => "-p",
            "--user-agent" => "-U",
            "--no-check-certificate" | "--no-verbose" => continue,
            "-qO-" => {
                words.extend(["-q".to_owned(), "-O".to_owned(), "-".to_owned()]);
                continue;
            }
            _ => {
                words.push(word.clone());
                continue;
            }
        };
        words.push(letter.to_owned());
        words.extend(value.map(str::to_owned));
    }
    words
}

pub(super) fn wget(io: &mut Io<'_>) -> Turn {
    let options = match Options::parse(&with_letters(&io.arguments()), "cqO:SsT:t:h:p:U:P:nvb") {
        Ok(options) => options,
        Err(message) => {
            io.complain(&message);
            return Ok(1);
        }
    };
    let Some(text) = options.operands.first() else {
        io.err("Usage: wget [-cqS] [--spider] [-O FILE] [-T SEC] [-U AGENT] URL...\n");
        return Ok(1);
    };
    let Some(url) = parse_url(text) else {
        io.complain(&format!("not an http or ftp url: {text}"));
        return Ok(1);
    };
    let quiet = options.has('q');
    let Some(address) = io.lookup(&url.host).address().map(str::to_owned) else {
        io.complain(&format!("bad address '{}'", shown_host(&url.host, url.port)));
        return Ok(1);
    };
    if !quiet && !io.memory().found {
        io.err(&format!("Connecting to {} ({address}:{})\n", shown_host(&url.host, url.port), url.port));
    }
    let mut headers = vec![("Host".to_owned(), shown_host(&url.host, url.port))];
    headers.push(("User-Agent".to_owned(), options.value('U').unwrap_or("Wget").to_owned()));
    for header in options.values('h') {
        let (name, value) = header.split_once(':').unwrap_or((header, ""));
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let body = options.value('p').unwrap_or_default().to_owned();
    let spider = options.has('s');
    let method = if spider {
        "HEAD"
    } else if body.is_empty() {
        "GET"
    } else {
        "POST"
    };
    let request = HttpRequest { method: method.to_owned(), path: url.path.clone(), headers, body };
    let outcome =
        if io.memory().found { Err(NetError::TimedOut) } else { io.host.http(&address, url.port, &request) };
    let response = match outcome {
        Ok(response) => response,
        Err(NetError::TimedOut) => {
            io.memory().found = true;
            let limit = options.value('T').and_then(|seconds| seconds.parse().ok());
            io.wait_until(io.started + Duration::from_secs(limit.unwrap_or(900)))?;
            io.complain("download timed out");
            return Ok(1);
        }
        Err(error) => {
            let why = if error == NetError::NoRoute { "Host is unreachable" } else { "Connection refused" };
            io.complain(&format!("can't connect to remote host ({address}): {why}"));
            return Ok(1);
        }
    };
    if options.has('S') {
        let head: String = head_of(&response)
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| format!("  {}\n", line.trim_end()))
            .collect();
        io.err(&head);
    }
    if !(200..300).contains(&response.status) {
        io.complain(&format!(
            "server returned error: HTTP/1.1 {} {}",
            response.status,
            reason(response.status)
        ));
        return Ok(1);
    }
    if spider {
        if !quiet {
            io.err("remote file exists\n");
        }
        return Ok(0);
    }
    let remote = url.path.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let remote = if remote.is_empty() { "index.html" } else { remote };
    let file = options.value('O').unwrap_or(remote).to_owned();
    save(io, &file, &response.body, quiet, options.value('O').is_none())
}

fn shown_host(host: &str, port: u16) -> String {
    if port == 80 { host.to_owned() } else { format!("{host}:{port}") }
}

fn save(io: &mut Io<'_>, file: &str, body: &str, quiet: bool, new_only: bool) -> Turn {
    let bar = |name: &str| {
        let name: String = name.chars().take(20).collect();
        format!("{name:<20} 100% |{}| {:5}  0:00:00 ETA\n", "*".repeat(32), body.len())
    };
    if file == "-" {
        if !quiet {
            io.err("writing to stdout\n");
        }
        io.out(body);
        if !quiet {
            let text = bar("-") + "written to stdout\n";
            io.err(&text);
        }
        return Ok(0);
    }
    let (path, now) = (io.path(file), io.now());
    let exists = io.files().stat(&path).is_ok();
    let written = match exists && new_only {
        true => Err("File exists".to_owned()),
        false if path == "/dev/null" => Ok(()),
        false => io.files().write(&path, body.as_bytes(), now).map_err(|error| error.to_string()),
    };
    if let Err(why) = written {
        io.complain(&format!("can't open '{file}': {why}"));
        return Ok(1);
    }
    if !quiet {
        let text = format!("saving to '{file}'\n{}'{file}' saved\n", bar(file));
        io.err(&text);
    }
    Ok(0)
}
