//! Scripts and the text that they print, against a host made for tests.

mod bash;
mod host;
mod language;
mod limits;
mod network;
mod session;
mod tools;

use super::{Process, ProcessState, Stream};
pub(super) use host::FakeHost;

/// Runs `sh -c SCRIPT` to its end, moving the clock as it asks; its output and exit code as one text.
pub(super) fn run(script: &str) -> String {
    run_on(&mut FakeHost::new(), &["sh", "-c", script])
}

/// Runs a command on a host.
pub(super) fn run_on(host: &mut FakeHost, words: &[&str]) -> String {
    let argv = words.iter().map(|word| (*word).to_owned()).collect();
    let env = vec![
        ("HOME".to_owned(), "/root".to_owned()),
        ("HOSTNAME".to_owned(), "web-0".to_owned()),
        ("PATH".to_owned(), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned()),
    ];
    let mut process = Process::new(argv, env, "/").expect("a known program");
    process.set_pid(20);
    finish(host, &mut process)
}

/// Runs a process to its end, at most 1,000 times.
pub(super) fn finish(host: &mut FakeHost, process: &mut Process) -> String {
    let mut text = String::new();
    for _ in 0..1_000 {
        let state = process.run(host);
        for (stream, piece) in process.take_output() {
            if stream == Stream::Err {
                text.extend(piece.split_inclusive('\n').map(|line| format!("! {line}")));
            } else {
                text.push_str(&piece);
            }
        }
        match state {
            ProcessState::Exited(0) => return text,
            ProcessState::Exited(status) => return format!("{text}[{status}]"),
            ProcessState::SleepingUntil(time) => host.now = time,
            ProcessState::WaitingForInput => return format!("{text}[waiting]"),
        }
    }
    format!("{text}[endless]")
}
