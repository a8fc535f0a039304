//! What the tools that are servers share: their place in the container, and their turns.

use super::io::Io;
use super::{Pause, Turn};
use crate::runtime::server::{Server, Service};

/// Puts a server on its port; false when something listens there already.
pub(super) fn begin(io: &mut Io<'_>, port: u16, local: bool, server: Server) -> bool {
    let service = Service { port, root: io.machine.main, owner: io.pid, local, server };
    if !io.host.serve(service) {
        return false;
    }
    let memory = io.memory();
    memory.turn = 1;
    memory.count = u64::from(port);
    memory.catches = true;
    true
}

/// Hands a server its signals and lets it do what is due; comes back only when it ends.
pub(super) fn drive(io: &mut Io<'_>) -> Turn {
    let port = u16::try_from(io.memory().count).unwrap_or(0);
    for signal in std::mem::take(&mut io.memory().signals) {
        io.host.signal_server(port, signal);
    }
    // A link that was lost is tried again at once, and then waits.
    for _ in 0..4 {
        let mut drive = io.host.drive(port, None);
        if let Some(name) = drive.lookup.take() {
            let found = io.lookup(&name);
            let more = io.host.drive(port, Some(&found));
            drive.lines.extend(more.lines);
            drive.next = more.next;
            drive.busy = more.busy;
            drive.exit = drive.exit.or(more.exit);
        }
        for line in &drive.lines {
            io.err(&format!("{line}\n"));
        }
        if let Some(status) = drive.exit {
            io.host.unserve(port);
            return Ok(status);
        }
        if let Some(next) = drive.next.filter(|next| *next > io.now()) {
            io.host.rest(!drive.busy);
            return Err(Pause::Until(next));
        }
    }
    Err(Pause::Until(io.now() + std::time::Duration::from_secs(1)))
}

/// What `nginx` does with the options that do not start a server; `None` without any of them.
fn nginx(io: &mut Io<'_>) -> Option<Turn> {
    let arguments = io.arguments();
    let option = arguments.first().filter(|_| io.name() == "nginx")?;
    let version = io.host.image_env("NGINX_VERSION").unwrap_or_default();
    let file = "/etc/nginx/nginx.conf";
    match (option.as_str(), arguments.get(1).map(String::as_str)) {
        ("-v", _) => io.err(&format!("nginx version: nginx/{version}\n")),
        ("-V", _) => io.err(&format!(
            "nginx version: nginx/{version}\nbuilt with OpenSSL\nTLS SNI support enabled\n\
             configure arguments: --prefix=/etc/nginx --sbin-path=/usr/sbin/nginx --conf-path={file}\n"
        )),
        ("-t" | "-T", _) => {
            io.err(&format!("nginx: the configuration file {file} syntax is ok\n"));
            io.err(&format!("nginx: configuration file {file} test is successful\n"));
            if option == "-T" {
                let text = io.read_text(file).unwrap_or_default();
                io.out(&format!("# configuration file {file}:\n{text}\n"));
            }
        }
        ("-s", Some(signal)) => {
            let number = match signal {
                "stop" => 15,
                "quit" => 3,
                "reload" => 1,
                "reopen" => 10,
                _ => {
                    io.err(&format!("nginx: invalid option: \"-s {signal}\"\n"));
                    return Some(Ok(1));
                }
            };
            let (pid, time) = (io.pid, io.now().timestamp().strftime("%Y/%m/%d %H:%M:%S").to_string());
            io.err(&format!("{time} [notice] {pid}#{pid}: signal process started\n"));
            let first = io.host.processes().first().map_or(1, |process| process.pid);
            let first = (first..first + 64).find(|pid| io.host.is_first(*pid)).unwrap_or(1);
            io.host.kill(first, number);
        }
        _ => return None,
    }
    Some(Ok(0))
}

/// The image's own program, started by the container's shell, which gives way to it.
pub(in super::super) fn own_program(io: &mut Io<'_>) -> Turn {
    if let Some(turn) = nginx(io) {
        return turn;
    }
    if !io.host.is_first(io.machine.main) {
        io.complain("already running");
        return Ok(1);
    }
    let arguments = io.arguments();
    io.host.hand_over(&arguments);
    Err(Pause::Until(io.now() + std::time::Duration::from_secs(3_600)))
}
