//! A small web server for looking at the page: GET only, files of one folder only.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

/// Serves `folder` on this machine's own address until the process is ended.
///
/// # Errors
/// The port is taken.
pub fn serve(folder: &Path, port: u16) -> anyhow::Result<()> {
    let listener =
        TcpListener::bind(("127.0.0.1", port)).with_context(|| format!("cannot listen on port {port}"))?;
    println!("http://localhost:{}/ (Ctrl-C ends it)", listener.local_addr()?.port());
    answer_all(&listener, folder);
    Ok(())
}

fn answer_all(listener: &TcpListener, folder: &Path) {
    for stream in listener.incoming().flatten() {
        let folder = folder.to_owned();
        // A browser that goes away in the middle of an answer is no error of ours.
        std::thread::spawn(move || answer(&stream, &folder).ok());
    }
}

fn answer(stream: &TcpStream, folder: &Path) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let mut words = request.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let found = file(folder, target).filter(|_| method == "GET").and_then(|path| {
        let body = std::fs::read(&path).ok()?;
        Some((media_type(&path), body))
    });
    let (status, media_type, body) = match found {
        Some((media_type, body)) => ("200 OK", media_type, body),
        None => ("404 Not Found", "text/plain", b"not found\n".to_vec()),
    };
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}

/// The file that a request means; none when it would lead out of the folder.
fn file(folder: &Path, target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.trim_start_matches('/');
    let relative = Path::new(path);
    let stays = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let file = folder.join(if path.is_empty() { Path::new("index.html") } else { relative });
    (stays && file.is_file()).then_some(file)
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|end| end.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn ask(port: u16, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("listening");
        write!(stream, "{request} HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    }

    #[test]
    fn it_serves_the_folder_and_nothing_else() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        std::thread::spawn(move || answer_all(&listener, &folder));

        let found = ask(port, "GET /serve.rs?x=1");
        assert!(
            found.starts_with("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"),
            "{found}"
        );
        assert!(found.contains("it_serves_the_folder_and_nothing_else"));
        for refused in
            ["GET /../Cargo.toml", "GET /./../Cargo.toml", "GET //etc/hostname", "GET /", "POST /serve.rs"]
        {
            assert!(ask(port, refused).starts_with("HTTP/1.1 404 Not Found"), "{refused}");
        }
    }

    #[test]
    fn wasm_has_the_media_type_that_streaming_wants() {
        assert_eq!(media_type(Path::new("assets/first-1.wasm")), "application/wasm");
    }
}
