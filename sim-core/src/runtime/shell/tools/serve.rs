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

/// The image's own program, started by the container's shell, which gives way to it.
pub(in super::super) fn own_program(io: &mut Io<'_>) -> Turn {
    if io.machine.main != 1 {
        io.complain("already running");
        return Ok(1);
    }
    let arguments = io.arguments();
    io.host.hand_over(&arguments);
    Err(Pause::Until(io.now() + std::time::Duration::from_secs(3_600)))
}
