//! env and printenv, and the tools that run another one: nohup, time and timeout.

use super::io::Io;
use super::{Pause, Turn, date};

fn all_variables(io: &Io<'_>) -> String {
    io.tool.environment.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

pub(super) fn env(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let mut environment = io.tool.environment.to_vec();
    let mut words = arguments.iter().peekable();
    while let Some(word) = words.peek() {
        match word.as_str() {
            "-i" | "-" => environment.clear(),
            "-u" => {
                words.next();
                if let Some(name) = words.peek() {
                    environment.retain(|(known, _)| known != *name);
                }
            }
            word => match word.split_once('=') {
                Some((name, value)) => {
                    environment.retain(|(known, _)| known != name);
                    environment.push((name.to_owned(), value.to_owned()));
                }
                None => break,
            },
        }
        words.next();
    }
    let words: Vec<String> = words.cloned().collect();
    if words.is_empty() {
        let text: String = environment.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        io.out(&text);
        return Ok(0);
    }
    Err(Pause::Exec { words, environment })
}

pub(super) fn printenv(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    if arguments.is_empty() {
        let text = all_variables(io);
        io.out(&text);
        return Ok(0);
    }
    let mut status = 0;
    for name in arguments.iter() {
        match io.env(name) {
            Some(value) => io.out(&format!("{value}\n")),
            None => status = 1,
        }
    }
    Ok(status)
}

/// `nohup` and `time`: the rest of the line, with the time it took behind it.
pub(super) fn prefix(io: &mut Io<'_>) -> Turn {
    let words = io.arguments().to_vec();
    if words.is_empty() {
        let line = format!("Usage: {} PROG ARGS\n", io.name());
        io.err(&line);
        return Ok(1);
    }
    if io.name() == "nohup" {
        let environment = io.tool.environment.to_vec();
        return Err(Pause::Exec { words, environment });
    }
    let Some(status) = io.memory().child_status else { return Err(Pause::Child { words, input: None }) };
    let took = io.now().since(io.started);
    let (minutes, seconds) = (took.as_secs() / 60, took.as_secs() % 60);
    let centis = took.subsec_millis() / 10;
    io.err(&format!("real\t{minutes}m {seconds}.{centis:02}s\nuser\t0m 0.00s\nsys\t0m 0.00s\n"));
    Ok(status)
}

pub(super) fn timeout(io: &mut Io<'_>) -> Turn {
    if let Some(status) = io.memory().child_status {
        return Ok(status);
    }
    let arguments = io.arguments();
    let mut rest = arguments.iter().peekable();
    let mut signal = 15;
    while let Some(word) = rest.next_if(|word| word.starts_with('-')) {
        match word.as_str() {
            "-s" => {
                signal =
                    if rest.next().is_some_and(|name| name.ends_with("KILL") || name == "9") { 9 } else { 15 }
            }
            "-k" => drop(rest.next()),
            _ => {}
        }
    }
    let limit = rest.next().and_then(|text| date::duration(text));
    let words: Vec<String> = rest.cloned().collect();
    let Some(limit) = limit.filter(|_| !words.is_empty()) else {
        io.err("Usage: timeout [-s SIG] [-k KILL_SECS] SECS PROG ARGS\n");
        return Ok(1);
    };
    let deadline = io.started + limit;
    // busybox gives the code of the signal, GNU its own.
    let late_status = if io.is_gnu() { 124 } else { 128 + signal };
    let memory = io.memory();
    memory.child_deadline = Some(deadline);
    memory.child_signal = signal;
    memory.late_status = late_status;
    Err(Pause::Child { words, input: None })
}
