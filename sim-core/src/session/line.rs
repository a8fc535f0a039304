//! A typed line: words, quoting, comments, a here-document.

use std::time::Duration;

use super::shell::scan;

/// A parsed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The words, without a leading `kubectl`.
    pub words: Vec<String>,
    /// Whether a leading `kubectl` was there: then no word of ours is meant.
    pub is_kubectl: bool,
    /// What follows `<<EOF`, as standard input.
    pub here_document: Option<String>,
}

impl Line {
    /// Splits `text` as a shell does; `None` when there is nothing in it.
    ///
    /// # Errors
    /// What is wrong with its quoting.
    pub fn parse(text: &str) -> Result<Option<Line>, String> {
        let (command, here_document) = split_here_document(scan::without_prompt(text))?;
        let command = command.replace("\\\n", " ");
        let words = shlex::split(&command).ok_or("a quote is not closed")?;
        Ok(Line::of_words(words, here_document))
    }

    /// The line of these words; `None` when there are none.
    pub fn of_words(mut words: Vec<String>, here_document: Option<String>) -> Option<Line> {
        let is_kubectl = match words.first().map(String::as_str) {
            Some("kubectl" | "k") => true,
            Some("minikube") if words.get(1).is_some_and(|word| word == "kubectl") => {
                words.remove(0);
                words.retain(|word| word != "--");
                true
            }
            _ => false,
        };
        if is_kubectl {
            words.remove(0);
        }
        if words.is_empty() {
            let help = Line { words: vec!["help".to_owned()], is_kubectl: false, here_document };
            return is_kubectl.then_some(help);
        }
        Some(Line { words, is_kubectl, here_document })
    }
}

/// The commands of `text`, which may have been pasted: lines, joined where one goes on in the next. Comments and blank
/// lines are left out. The last may be incomplete.
pub fn commands(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut pending = String::new();
    for line in text.lines() {
        if !add_line(&mut pending, line) {
            commands.push(pending.trim_end().to_owned());
            pending.clear();
        }
    }
    if !pending.is_empty() {
        commands.push(pending);
    }
    commands.retain(|command| !command.is_empty());
    commands
}

/// Whether the last command of `text` needs further lines: an open quote, a final backslash, a here-document without
/// its end, a loop without `done`, a pipe that leads nowhere yet.
pub fn is_incomplete(text: &str) -> bool {
    let mut pending = String::new();
    for line in text.lines() {
        if !add_line(&mut pending, line) {
            pending.clear();
        }
    }
    !pending.is_empty()
}

/// Adds a line to a command; whether it goes on. A comment or a blank line begins none.
fn add_line(pending: &mut String, line: &str) -> bool {
    if pending.is_empty() && (line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return false;
    }
    pending.push_str(line);
    pending.push('\n');
    goes_on(pending)
}

/// Whether a command, of which `text` is the beginning, needs further lines.
fn goes_on(text: &str) -> bool {
    let trimmed = text.strip_suffix('\n').unwrap_or(text);
    if trimmed.ends_with('\\') && !trimmed.ends_with("\\\\") {
        return true;
    }
    match here_marker(text) {
        Some((_, marker, rest)) if !rest.lines().any(|line| line.trim_end() == marker) => true,
        _ if scan::is_for_shell(text) => scan::needs_more(text),
        Some(_) => false,
        None => shlex::split(text).is_none(),
    }
}

/// The command before `<<`, the marker, and what follows the first line.
fn here_marker(text: &str) -> Option<(String, String, &str)> {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let at = scan::here_document(first)?;
    let (command, after) = (&first[..at], &first[at + 2..]);
    // `<<<` is a here-string, which needs no further line.
    if after.starts_with('<') {
        return None;
    }
    let after = after.trim_start_matches('-').trim_start();
    let (marker, tail) = after.split_once(char::is_whitespace).unwrap_or((after, ""));
    let marker = marker.trim_matches(['\'', '"']);
    (!marker.is_empty()).then(|| (format!("{command} {tail}"), marker.to_owned(), rest))
}

fn split_here_document(text: &str) -> Result<(String, Option<String>), String> {
    let Some((command, marker, rest)) = here_marker(text) else { return Ok((text.to_owned(), None)) };
    let mut document = String::new();
    for line in rest.lines() {
        if line.trim_end() == marker {
            return Ok((command, Some(document)));
        }
        document.push_str(line);
        document.push('\n');
    }
    Err(format!("the here-document is not closed: a line with {marker} alone must end it"))
}

/// Time since the start as the prompt shows it, `1m20s`.
pub(super) fn elapsed(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest:02}s"),
        _ => format!("{hours}h{minutes:02}m{rest:02}s"),
    }
}
