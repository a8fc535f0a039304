//! ps, and kill where no shell is.

use super::super::host::ProcessInfo;
use super::super::signals;
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
            user: io.host.user_name(),
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

/// `kill`, where no shell is.
pub(super) fn kill(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let send = |target: u32, signal: i32| io.machine.signal(target, signal) || io.host.kill(target, signal);
    let killed = signals::kill(&arguments, |word| word.parse().ok(), send);
    io.out(&killed.out);
    killed.complaints.iter().for_each(|complaint| io.complain(complaint));
    Ok(killed.status)
}

/// `pgrep NAME`, `pidof NAME` and `pkill [-SIGNAL] NAME`
pub(super) fn pgrep(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let name = io.name();
    let whole = arguments.iter().any(|word| word == "-f");
    let mut signal = 15;
    for word in arguments.iter().filter_map(|word| word.strip_prefix('-')) {
        signal = signals::number_of(word).unwrap_or(signal);
    }
    let Some(pattern) = arguments.iter().find(|word| !word.starts_with('-')) else {
        io.complain("no matching criteria specified");
        return Ok(2);
    };
    let own = io.pid;
    let fits = |row: &ProcessInfo| {
        let first = row.command.split(' ').next().unwrap_or_default();
        let bare = first.rsplit('/').next().unwrap_or_default();
        match name.as_str() {
            "pidof" => bare == pattern,
            _ if whole => row.command.contains(pattern.as_str()),
            _ => bare.contains(pattern.as_str()),
        }
    };
    let found: Vec<u32> =
        all_processes(io).iter().filter(|row| row.pid != own && fits(row)).map(|row| row.pid).collect();
    match name.as_str() {
        "pkill" => found.iter().for_each(|pid| {
            let _ = io.machine.signal(*pid, signal) || io.host.kill(*pid, signal);
        }),
        "pidof" if found.is_empty() => {}
        "pidof" => {
            let pids: Vec<String> = found.iter().rev().map(u32::to_string).collect();
            io.out(&format!("{}\n", pids.join(" ")));
        }
        _ => found.iter().for_each(|pid| io.out(&format!("{pid}\n"))),
    }
    Ok(i32::from(found.is_empty()))
}

/// One look at the processes, as `top -bn1` gives it.
pub(super) fn top(io: &mut Io<'_>) -> Turn {
    let rows = all_processes(io);
    let clock = io.now().timestamp().strftime("%H:%M:%S").to_string();
    let minutes = io.now().since_start().as_secs() / 60;
    if !io.is_gnu() {
        io.out("Mem: 2097152K used, 6291456K free, 0K shrd, 0K buff, 1048576K cached\n");
        io.out("CPU:   0% usr   0% sys   0% nic 100% idle   0% io   0% irq   0% sirq\n");
        io.out(&format!("Load average: 0.00 0.00 0.00 1/{} {}\n", rows.len(), io.pid));
        io.out("  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND\n");
        for row in rows {
            let parent = u32::from(row.pid != 1);
            io.out(&format!(
                "{:5} {parent:5} {:<8} S     4400   0%   0   0% {}\n",
                row.pid, row.user, row.command
            ));
        }
        return Ok(0);
    }
    io.out(&format!("top - {clock} up {minutes} min,  0 users,  load average: 0.00, 0.00, 0.00\n"));
    io.out(&format!(
        "Tasks: {:3} total,   1 running, {:3} sleeping,   0 stopped,   0 zombie\n",
        rows.len(),
        rows.len() - 1
    ));
    io.out("%Cpu(s):  0.0 us,  0.0 sy,  0.0 ni,100.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st \n");
    io.out("MiB Mem :   8192.0 total,   6144.0 free,   1024.0 used,   1024.0 buff/cache     \n");
    io.out("MiB Swap:      0.0 total,      0.0 free,      0.0 used.   7168.0 avail Mem \n\n");
    io.out("    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n");
    for row in rows {
        let first = row.command.split(' ').next().unwrap_or_default();
        let name = first.rsplit('/').next().unwrap_or_default();
        let state = if row.pid == io.pid { 'R' } else { 'S' };
        io.out(&format!(
            "{:7} {:<8}  20   0    4472   1240   1112 {state}   0.0   0.0   0:00.00 {name}\n",
            row.pid, row.user
        ));
    }
    Ok(0)
}
