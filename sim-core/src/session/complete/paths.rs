//! Files and folders, a level at a time.

use super::Candidate;
use crate::kubectl::Files;

/// What a shell takes for something else in a name.
const SPECIAL: &str = " \t\\'\"`$&|;<>()*?[]#!{}";

/// Files of any name.
pub(super) fn any(files: &dyn Files, word: &str) -> Vec<Candidate> {
    below(files, word, |_| true)
}

/// Files that kubectl reads, and the folders on the way to them.
pub(super) fn manifests(files: &dyn Files, word: &str) -> Vec<Candidate> {
    below(files, word, |name| [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end)))
}

/// Folders alone.
pub(super) fn folders(files: &dyn Files, word: &str) -> Vec<Candidate> {
    below(files, word, |_| false)
}

fn below(files: &dyn Files, word: &str, wanted: impl Fn(&str) -> bool) -> Vec<Candidate> {
    let (typed, begun) = word.rfind('/').map_or(("", word), |at| word.split_at(at + 1));
    let folder = typed.replace('\\', "");
    let mut candidates = Vec::new();
    // Hidden files, and the folder above, for who asks for them.
    for name in [".", ".."].iter().filter(|name| !begun.is_empty() && name.starts_with(begun)) {
        candidates.push(Candidate { text: format!("{typed}{name}/"), about: "folder".to_owned() });
    }
    for name in files.entries(&folder) {
        let is_folder = name.ends_with('/');
        if name.starts_with('.') && !begun.starts_with('.') || !is_folder && !wanted(&name) {
            continue;
        }
        let about = if is_folder { "folder" } else { "" };
        candidates.push(Candidate { text: format!("{typed}{}", quoted(&name)), about: about.to_owned() });
    }
    candidates
}

/// The name with a backslash before what a shell would take for something else.
fn quoted(name: &str) -> String {
    name.chars().fold(String::new(), |mut text, c| {
        if SPECIAL.contains(c) {
            text.push('\\');
        }
        text.push(c);
        text
    })
}
