//! xargs: `-n`, `-I` and `-r`.

use super::io::Io;
use super::{Pause, Turn};

pub(super) fn xargs(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let mut rest = arguments.iter().peekable();
    let (mut most, mut place, mut skip_empty, mut nul) = (usize::MAX, None, false, false);
    while let Some(word) = rest.next_if(|word| word.starts_with('-')) {
        match word.as_str() {
            "-n" => most = rest.next().and_then(|count| count.parse().ok()).unwrap_or(1),
            "-I" => place = rest.next().cloned(),
            "-r" => skip_empty = true,
            "-0" => nul = true,
            "-t" => {}
            "-P" => drop(rest.next()),
            word => match (word.strip_prefix("-n").map(str::parse::<usize>), word.strip_prefix("-I")) {
                (Some(Ok(count)), _) => most = count,
                (_, Some(text)) => place = Some(text.to_owned()),
                _ => {
                    io.complain(&format!("unrecognized option: {}", &word[1..]));
                    return Ok(1);
                }
            },
        }
    }
    let mut command: Vec<String> = rest.cloned().collect();
    if command.is_empty() {
        command.push("echo".to_owned());
    }
    if io.memory().turn == 0 {
        let text = io.stdin()?;
        let items: Vec<&str> = if nul {
            text.split('\0').filter(|item| !item.is_empty()).collect()
        } else if place.is_some() {
            text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
        } else {
            text.split_whitespace().collect()
        };
        let joined = items.join("\n");
        let memory = io.memory();
        memory.text = joined;
        memory.turn = 1;
        if memory.text.is_empty() && (skip_empty || place.is_some()) {
            return Ok(0);
        }
    } else {
        match io.memory().child_status.take() {
            Some(0) | None => {}
            Some(status @ (126 | 127)) => return Ok(status),
            Some(_) => io.memory().failed = true,
        }
        if io.memory().text.is_empty() {
            return Ok(if io.memory().failed { 123 } else { 0 });
        }
    }
    let text = std::mem::take(&mut io.memory().text);
    let count = if place.is_some() { 1 } else { most.max(1) };
    let items: Vec<&str> = text.lines().collect();
    let (now, later) = items.split_at(count.min(items.len()));
    io.memory().text = later.join("\n");
    let words = match &place {
        Some(place) => {
            let item = now.first().copied().unwrap_or_default();
            command.iter().map(|word| word.replace(place.as_str(), item)).collect()
        }
        None => command.into_iter().chain(now.iter().map(|item| (*item).to_owned())).collect(),
    };
    Err(Pause::Child { words, input: Some(String::new()) })
}
