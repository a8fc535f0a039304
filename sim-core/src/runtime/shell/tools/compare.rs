//! diff and cmp.

use super::Turn;
use super::io::Io;
use super::options::Options;

/// The most lines of a file that are compared line by line.
const MAX_LINES: usize = 2_000;

/// A run of lines that differ: where it begins in both files, and its lines.
struct Hunk {
    old_at: usize,
    new_at: usize,
    old: Vec<String>,
    new: Vec<String>,
}

pub(super) fn diff(io: &mut Io<'_>) -> Turn {
    let gnu = io.is_gnu();
    let options = match Options::read(io, "uqrNabiwBcs") {
        Ok(options) => options,
        Err(_) => return Ok(2),
    };
    let [first, second] = options.operands.as_slice() else {
        io.complain("missing operand");
        return Ok(2);
    };
    let mut texts = Vec::new();
    for name in [first, second] {
        let text = if name == "-" { Ok(io.stdin()?) } else { io.read_text(name) };
        match text {
            Ok(text) => texts.push(text),
            Err(error) => {
                let text =
                    if gnu { format!("{name}: {error}") } else { format!("can't stat '{name}': {error}") };
                io.complain(&text);
                return Ok(2);
            }
        }
    }
    if texts[0] == texts[1] {
        return Ok(0);
    }
    if options.has('q') {
        io.out(&format!("Files {first} and {second} differ\n"));
        return Ok(1);
    }
    let lines = |text: &str| text.lines().take(MAX_LINES).map(str::to_owned).collect::<Vec<String>>();
    let (old, new) = (lines(&texts[0]), lines(&texts[1]));
    let hunks = hunks(&old, &new);
    // busybox knows the unified form alone.
    let text = if gnu && !options.has('u') { normal(&hunks) } else { unified(first, second, &old, &hunks) };
    io.out(&text);
    Ok(1)
}

/// What to change in `old` to have `new`: the longest common subsequence stays.
fn hunks(old: &[String], new: &[String]) -> Vec<Hunk> {
    let width = new.len() + 1;
    let mut longest = vec![0_u16; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i * width + j] = if old[i] == new[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut hunks: Vec<Hunk> = Vec::new();
    let mut open = false;
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j, open) = (i + 1, j + 1, false);
            continue;
        }
        if !open {
            hunks.push(Hunk { old_at: i, new_at: j, old: Vec::new(), new: Vec::new() });
            open = true;
        }
        let drops =
            j >= new.len() || (i < old.len() && longest[(i + 1) * width + j] >= longest[i * width + j + 1]);
        let Some(hunk) = hunks.last_mut() else { break };
        if drops {
            hunk.old.push(old[i].clone());
            i += 1;
        } else {
            hunk.new.push(new[j].clone());
            j += 1;
        }
    }
    hunks
}

fn normal(hunks: &[Hunk]) -> String {
    let range = |at: usize, count: usize| match count {
        0 => at.to_string(),
        1 => (at + 1).to_string(),
        count => format!("{},{}", at + 1, at + count),
    };
    let mut text = String::new();
    for hunk in hunks {
        let letter = match (hunk.old.is_empty(), hunk.new.is_empty()) {
            (true, _) => 'a',
            (_, true) => 'd',
            _ => 'c',
        };
        let (old, new) = (range(hunk.old_at, hunk.old.len()), range(hunk.new_at, hunk.new.len()));
        text.push_str(&format!("{old}{letter}{new}\n"));
        hunk.old.iter().for_each(|line| text.push_str(&format!("< {line}\n")));
        if letter == 'c' {
            text.push_str("---\n");
        }
        hunk.new.iter().for_each(|line| text.push_str(&format!("> {line}\n")));
    }
    text
}

/// Three lines around each change; changes that are near each other share a part.
fn unified(first: &str, second: &str, old: &[String], hunks: &[Hunk]) -> String {
    const AROUND: usize = 3;
    let mut text = format!("--- {first}\n+++ {second}\n");
    let mut rest = hunks;
    while let Some(start) = rest.first() {
        let mut taken = 1;
        while let (Some(last), Some(next)) = (rest.get(taken - 1), rest.get(taken)) {
            if next.old_at > last.old_at + last.old.len() + 2 * AROUND {
                break;
            }
            taken += 1;
        }
        let part = &rest[..taken];
        rest = &rest[taken..];
        let Some(last) = part.last() else { break };
        let from = start.old_at.saturating_sub(AROUND);
        let to = (last.old_at + last.old.len() + AROUND).min(old.len());
        let new_from = start.new_at - (start.old_at - from);
        let removed: usize = part.iter().map(|hunk| hunk.old.len()).sum();
        let added: usize = part.iter().map(|hunk| hunk.new.len()).sum();
        let range = |at: usize, count: usize| match count {
            0 => format!("{at},0"),
            1 => (at + 1).to_string(),
            count => format!("{},{count}", at + 1),
        };
        let (old_count, new_count) = (to - from, to - from - removed + added);
        text.push_str(&format!("@@ -{} +{} @@\n", range(from, old_count), range(new_from, new_count)));
        let mut at = from;
        for hunk in part {
            old[at..hunk.old_at].iter().for_each(|line| text.push_str(&format!(" {line}\n")));
            hunk.old.iter().for_each(|line| text.push_str(&format!("-{line}\n")));
            hunk.new.iter().for_each(|line| text.push_str(&format!("+{line}\n")));
            at = hunk.old_at + hunk.old.len();
        }
        old[at..to].iter().for_each(|line| text.push_str(&format!(" {line}\n")));
    }
    text
}

pub(super) fn cmp(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let silent = arguments.iter().any(|word| word == "-s");
    let files: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    let [first, second] = files.as_slice() else {
        io.complain("missing operand");
        return Ok(2);
    };
    let (a, b) = match (io.read_text(first), io.read_text(second)) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(error), _) => {
            io.complain(&format!("{first}: {error}"));
            return Ok(2);
        }
        (_, Err(error)) => {
            io.complain(&format!("{second}: {error}"));
            return Ok(2);
        }
    };
    if a == b {
        return Ok(0);
    }
    if !silent {
        let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
        if same == a.len().min(b.len()) {
            let shorter = if a.len() < b.len() { first } else { second };
            io.complain(&format!("EOF on {shorter}"));
        } else {
            let line = a.as_bytes()[..same].iter().filter(|byte| **byte == b'\n').count() + 1;
            let unit = if io.is_gnu() { "byte" } else { "char" };
            io.out(&format!("{first} {second} differ: {unit} {}, line {line}\n", same + 1));
        }
    }
    Ok(1)
}
