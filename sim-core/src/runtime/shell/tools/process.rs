//! ps, and kill where no shell is.

use super::super::host::ProcessInfo;
use super::Turn;
use super::io::Io;

/// Every process: those that the container knows, and the parts of this one.
fn all_processes(io: &Io<'_>) -> Vec<ProcessInfo> {
    let mut rows = io.host.processes();
    for (pid, task) in &io.machine.tasks {
        if rows.iter().any(|row| row.pid == *pid) {
            continue;
        }
        rows.push(ProcessInfo {
            pid: *pid,
            user: "root".to_owned(),
            started: task.started.unwrap_or_else(|| io.now()),
            command: task.command.clone(),
        });
    }
    rows.sort_by_key(|row| row.pid);
    rows
}

pub(super) fn ps(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let rows = all_processes(io);
    if !io.is_gnu() {
        io.out("PID   USER     TIME  COMMAND\n");
        for row in rows {
            io.out(&format!("{:5} {:<8}  0:00 {}\n", row.pid, row.user, row.command));
        }
        return Ok(0);
    }
    let all = arguments.iter().any(|word| word.contains('e') || word.contains('a'));
    if arguments.iter().any(|word| word.contains('u')) {
        io.out("USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n");
        for row in rows {
            let start = row.started.timestamp().strftime("%H:%M");
            let line = format!(
                "{:<8} {:7}  0.0  0.0   4472  1240 ?        Ss   {start}   0:00 {}\n",
                row.user, row.pid, row.command
            );
            io.out(&line);
        }
        return Ok(0);
    }
    let full = arguments.iter().any(|word| word.contains('f'));
    io.out(if full {
        "UID          PID    PPID  C STIME TTY          TIME CMD\n"
    } else {
        "    PID TTY          TIME CMD\n"
    });
    for row in rows.iter().filter(|row| all || row.pid != 1) {
        let line = if full {
            let start = row.started.timestamp().strftime("%H:%M");
            format!("{:<8} {:7} {:7}  0 {start} ?        00:00:00 {}\n", row.user, row.pid, 0, row.command)
        } else {
            let name = row.command.split(' ').next().unwrap_or_default();
            format!("{:7} ?        00:00:00 {}\n", row.pid, name.rsplit('/').next().unwrap_or_default())
        };
        io.out(&line);
    }
    Ok(0)
}

/// `kill [-SIGNAL] PID...` without a shell.
pub(super) fn kill(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let mut signal = 15;
    let mut status = 0;
    for word in arguments.iter() {
        if let Some(name) = word.strip_prefix('-') {
            let known = super::super::machine::SIGNALS.iter();
            let bare = name.trim_start_matches("SIG");
            let number = known.clone().find(|(_, known)| *known == bare).map(|(number, _)| *number);
            signal = number.or(name.parse().ok()).unwrap_or(15);
            continue;
        }
        let target = word.parse::<u32>().ok();
        let sent = target.is_some_and(|pid| io.machine.signal(pid, signal) || io.host.kill(pid, signal));
        if !sent {
            io.complain(&match target {
                Some(pid) => format!("can't kill pid {pid}: No such process"),
                None => format!("invalid number '{word}'"),
            });
            status = 1;
        }
    }
    Ok(status)
}
