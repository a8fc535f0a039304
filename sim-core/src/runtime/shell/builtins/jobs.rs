//! Builtins for children and signals.

use super::super::frame::Frame;
use super::super::host::Host;
use super::super::machine::Machine;
use super::super::signals::{self, SIGNALS};
use super::super::state::Shell;
use super::super::task::Step;
use super::variables::quoted;
use super::{complain, done};

pub(super) fn trap(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    let operands: Vec<&String> = words[1..].iter().filter(|word| *word != "--").collect();
    let Some((first, signals)) = operands.split_first() else {
        let mut text = String::new();
        for (signal, action) in &shell.traps {
            let name = SIGNALS.iter().find(|(number, _)| number == signal).map_or("EXIT", |(_, name)| *name);
            text.push_str(&format!("trap -- {} {name}\n", quoted(action)));
        }
        machine.write(pid, 1, &text, host);
        return done(shell, 0);
    };
    // A lone number or signal name resets it.
    let (action, signals) = match signals.is_empty() {
        true => (None, &operands[..]),
        false => (Some(first.as_str()).filter(|action| *action != "-"), signals),
    };
    for name in signals {
        let Some(signal) = signals::number_of(name) else {
            let message = format!("{name}: invalid signal specification");
            return complain(machine, shell, pid, ("trap", &message, 1), host);
        };
        match action {
            Some(action) => drop(shell.traps.insert(signal, action.into())),
            None => drop(shell.traps.remove(&signal)),
        }
    }
    done(shell, 0)
}

pub(super) fn wait(_: &mut Machine, shell: &mut Shell, _: u32, words: &[String], _: &mut dyn Host) -> Step {
    let named: Vec<u32> = words[1..].iter().filter_map(|word| job_pid(shell, word)).collect();
    shell.status = if named.is_empty() && words.len() > 1 { 127 } else { 0 };
    let all = words.len() == 1;
    let pids = if all { shell.jobs.clone() } else { named };
    if all {
        // Without operands the result is 0, whatever the children's are.
        shell.frames.push(Frame::Trap { status: 0 });
    }
    shell.frames.push(Frame::Wait { pids });
    Step::Progress
}

fn job_pid(shell: &Shell, word: &str) -> Option<u32> {
    match word.strip_prefix('%') {
        Some("%" | "+" | "") => shell.jobs.last().copied(),
        Some(number) => shell.jobs.get(number.parse::<usize>().ok()?.checked_sub(1)?).copied(),
        None => word.parse().ok(),
    }
}

pub(super) fn foreground(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    let job = words.get(1).map_or(shell.jobs.last().copied(), |word| job_pid(shell, word));
    let Some(job) = job.filter(|job| machine.tasks.contains_key(job)) else {
        return complain(machine, shell, pid, ("fg", "no current job", 2), host);
    };
    if let Some(task) = machine.tasks.get_mut(&job) {
        task.background = false;
    }
    shell.frames.push(Frame::Wait { pids: vec![job] });
    Step::Progress
}

/// `jobs`, and `bg`, for which nothing is ever stopped.
pub(super) fn jobs(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    if words[0] == "bg" {
        return done(shell, 0);
    }
    let mut text = String::new();
    for (index, job) in shell.jobs.iter().enumerate() {
        let mark = if index + 1 == shell.jobs.len() { '+' } else { ' ' };
        let (state, command) = match machine.tasks.get(job) {
            Some(task) => ("Running", task.command.clone()),
            None => ("Done", String::new()),
        };
        text.push_str(&format!("[{}]{mark} {state:<26} {command}\n", index + 1));
    }
    machine.write(pid, 1, &text, host);
    shell.jobs.retain(|job| machine.tasks.contains_key(job));
    done(shell, 0)
}

pub(super) fn kill(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    let send = |target: u32, signal: i32| machine.signal(target, signal) || host.kill(target, signal);
    let killed = signals::kill(&words[1..], |word| job_pid(shell, word), send);
    machine.write(pid, 1, &killed.out, host);
    for complaint in &killed.complaints {
        machine.complain(shell, pid, complaint, host);
    }
    done(shell, killed.status)
}
