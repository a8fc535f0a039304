//! nc: is a port open, and plain HTTP typed by hand.

use std::time::Duration;

use super::Turn;
use super::io::Io;
use super::options::Options;
use crate::network::http::{HttpRequest, NetError};

pub(super) fn nc(io: &mut Io<'_>) -> Turn {
    let options = match Options::read(io, "zvnuw:lp:4") {
        Ok(options) => options,
        Err(status) => return Ok(status),
    };
    let [target, port, ..] = options.operands.as_slice() else {
        io.err("Usage: nc [OPTIONS] HOST PORT\n");
        return Ok(1);
    };
    let Ok(port) = port.parse::<u16>() else {
        io.complain(&format!("port '{port}': Bad port"));
        return Ok(1);
    };
    let Some(address) = io.lookup(target).address().map(str::to_owned) else {
        io.complain(&format!("bad address '{target}'"));
        return Ok(1);
    };
    let shown = format!("{target} ({address}:{port})");
    match io.host.connect(&address, port) {
        Err(NetError::TimedOut) => {
            let limit = options.value('w').and_then(|seconds| seconds.parse().ok()).unwrap_or(127);
            io.wait_until(io.started + Duration::from_secs(limit))?;
            io.complain(&format!("{shown}: Connection timed out"));
            return Ok(1);
        }
        Err(error) => {
            // busybox's words for these two are the C library's.
            let why = if error == NetError::NoRoute { "Host is unreachable" } else { "Connection refused" };
            if options.has('v') || !options.has('z') {
                io.complain(&format!("{shown}: {why}"));
            }
            return Ok(1);
        }
        Ok(()) => {}
    }
    if options.has('z') {
        if options.has('v') {
            io.err(&format!("{shown} open\n"));
        }
        return Ok(0);
    }
    let text = io.stdin()?;
    if let Some(request) = parse_request(&text)
        && let Ok(response) = io.host.http(&address, port, &request)
    {
        let head = super::curl::head_of(&response);
        io.out(&head);
        io.out(&response.body);
    }
    Ok(0)
}

/// A request as it is typed: a request line, headers, an empty line, a body.
fn parse_request(text: &str) -> Option<HttpRequest> {
    let (head, body) = text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n")).unwrap_or((text, ""));
    let mut lines = head.lines();
    let mut words = lines.next()?.split_whitespace();
    let (method, path) = (words.next()?, words.next()?);
    let headers = lines.filter_map(|line| line.split_once(':'));
    Some(HttpRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect(),
        body: body.to_owned(),
    })
}
