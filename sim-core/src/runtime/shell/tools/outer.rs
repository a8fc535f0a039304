//! A command that the machine runs by itself: [`Host::outer`] as a tool, so that pipes, redirections, substitutions
//! and exit codes are those of any other.
//!
//! [`Host::outer`]: super::super::host::Host::outer

use super::io::{Io, MAX_TEXT};
use super::{Pause, Turn};

/// The exit code of what SIGPIPE ended.
const BROKEN_PIPE: i32 = 141;

pub(in super::super) fn outer(io: &mut Io<'_>) -> Turn {
    let mut words: Vec<String> = std::iter::once(io.name()).chain(io.arguments().iter().cloned()).collect();
    let mut input = None;
    if io.memory().turn == 0 {
        input = take_opened(io, &mut words);
        if input.is_none() && io.host.outer_reads(&words) && !io.reads_open_input() {
            input = Some(whole_input(io)?);
        }
        io.memory().turn = 1;
    }
    let turn = io.host.outer(io.pid, &words, input, io.machine.prints_out(io.pid));
    for (stream, text) in &turn.output {
        match stream {
            super::super::process::Stream::Out => io.out(text),
            super::super::process::Stream::Err => io.err(text),
        }
        io.memory().found = true;
    }
    if let Some(status) = turn.exit {
        return Ok(status);
    }
    // Rows are written one by one: what goes on printing learns soon that nobody reads.
    if io.memory().found && io.output_is_broken() {
        return Ok(BROKEN_PIPE);
    }
    Err(turn.until.map_or(Pause::Input, Pause::Until))
}

/// Has a command read the file of a process substitution as its standard input, which it finds by either name.
fn take_opened(io: &Io<'_>, words: &mut [String]) -> Option<String> {
    let (word, at) = words.iter_mut().find_map(|word| word.find("/dev/fd/").map(|at| (word, at)))?;
    let text = io.machine.opened.get(&word[at..])?.to_string();
    word.replace_range(at.., "/dev/stdin");
    Some(text)
}

/// Standard input to its end, or as much of it as a command takes.
fn whole_input(io: &mut Io<'_>) -> Result<String, Pause> {
    while io.memory().text.len() < MAX_TEXT {
        match io.stdin_some()? {
            Some(text) => io.memory().text.push_str(&text),
            None => break,
        }
    }
    Ok(std::mem::take(&mut io.memory().text))
}
