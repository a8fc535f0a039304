//! Completion: verbs, kinds, live names, flags and their values, files. The REPL and the browser share it.
//!
//! [`words`] cuts the line, [`own`] knows the prompt's own words, [`values`] what a flag may be, [`arguments`] what a
//! verb takes, [`paths`] the files.

mod arguments;
mod own;
mod paths;
#[cfg(test)]
mod tests;
mod values;
mod words;

use std::collections::BTreeMap;

use super::Session;
use super::shell::{PACKAGES, scan};
use super::words::WORDS;
use crate::api::{Kind, Object, meta};
use crate::kubectl::Files;
use crate::kubectl::args::{Flag, GLOBAL_FLAGS, Takes};
use crate::kubectl::verbs;
use crate::runtime::shell::{packages_of, tools_of};
use words::Cut;

/// At most this many candidates are offered.
const MOST: usize = 200;

/// One way to go on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// What replaces the word under the cursor.
    pub text: String,
    /// What it is, in a few words; may be empty.
    pub about: String,
}

/// The ways to go on from a place in a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Where the word under the cursor starts, in bytes.
    pub start: usize,
    /// The candidates, in order.
    pub candidates: Vec<Candidate>,
}

impl Session {
    /// The ways to go on from `cursor` (in bytes) in `line`; `files` are offered where files are meant. A program in
    /// the foreground is offered nothing: its words are not the prompt's.
    pub fn complete(&self, line: &str, cursor: usize, files: &dyn Files) -> Completion {
        let before = line.get(..cursor).unwrap_or(line);
        if self.foreground.is_some() {
            return Completion { start: before.len(), candidates: Vec::new() };
        }
        // Behind `| `, `&& ` or `$(` another command begins.
        let begins = scan::last_command(before);
        let cut = Cut::of(&before[begins..]);
        let (value, candidates) = self.candidates(&cut, begins > 0, files);
        let word = &cut.word[value..];
        // One that is told of twice, a verb and its group, is offered once.
        let mut offered: BTreeMap<String, String> = BTreeMap::new();
        for candidate in candidates.into_iter().filter(|candidate| candidate.text.starts_with(word)) {
            let about = offered.entry(candidate.text).or_default();
            if about.is_empty() {
                *about = candidate.about;
            }
        }
        let candidates = offered.into_iter().map(|(text, about)| Candidate { text, about });
        Completion { start: begins + cut.start + value, candidates: candidates.take(MOST).collect() }
    }

    /// The candidates, and where in the word begins what they replace.
    fn candidates(
        &self,
        cut: &Cut<'_>,
        is_behind_operator: bool,
        files: &dyn Files,
    ) -> (usize, Vec<Candidate>) {
        let words: Vec<&str> = cut.words.iter().map(String::as_str).collect();
        let word = cut.word;
        match words.as_slice() {
            [] if is_behind_operator => return (0, [first_words(), tool_names()].concat()),
            [] => return (0, first_words()),
            [.., ">" | ">>" | "<" | "2>" | "&>"] => return (0, paths::any(files, word)),
            [tool, ..] if is_behind_operator && packages_of(tool).is_some_and(|of| of & PACKAGES != 0) => {
                return (0, paths::any(files, word));
            }
            _ => {}
        }
        let is_kubectl = matches!(words[0], "kubectl" | "k");
        if !is_kubectl && WORDS.iter().any(|own| own.name == words[0]) {
            return (0, self.own_arguments(&words, word, files));
        }
        let owned: Vec<String> =
            words[usize::from(is_kubectl)..].iter().map(|word| (*word).to_owned()).collect();
        let Ok((verb, rest)) = verbs::find(&owned) else {
            return self.before_the_verb(&owned, word);
        };
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        if let Some(found) = self.flag_or_value(verb.flags, Some(verb), &rest, word, files) {
            return found;
        }
        (0, self.arguments(verb, &owned, &rest, word, files))
    }

    /// What may stand where the verb is not whole yet: a flag that all have, its value, the verb or the rest of it.
    fn before_the_verb(&self, words: &[String], word: &str) -> (usize, Vec<Candidate>) {
        let rest: Vec<&str> = words.iter().map(String::as_str).collect();
        if let Some(found) = self.flag_or_value(&[], None, &rest, word, &crate::kubectl::NoFiles) {
            return found;
        }
        (0, further_words(&plain(&[], &rest)))
    }

    /// The names of what there is of a kind.
    fn names(&self, kind: Kind, namespace: &str) -> Vec<Candidate> {
        let store = self.cluster.store();
        let named =
            |object: &Object| Candidate { text: meta::name(object.meta()).to_owned(), about: String::new() };
        if kind.info().namespaced {
            store.list_in(kind, namespace).take(MOST).map(named).collect()
        } else {
            store.list(kind).take(MOST).map(named).collect()
        }
    }
}

fn texts(words: &[&str]) -> Vec<Candidate> {
    words.iter().map(|word| Candidate { text: (*word).to_owned(), about: String::new() }).collect()
}

/// What a line may begin with.
fn first_words() -> Vec<Candidate> {
    let own = WORDS.iter().map(|word| Candidate { text: word.name.to_owned(), about: word.about.to_owned() });
    further_words(&[]).into_iter().chain(texts(&["kubectl"])).chain(own).collect()
}

/// The words of verbs that follow these.
fn further_words(before: &[&str]) -> Vec<Candidate> {
    let following = verbs::VERBS.iter().filter_map(|verb| {
        let mut words = verb.name.split(' ');
        if !before.iter().all(|word| words.next() == Some(word)) {
            return None;
        }
        let text = words.next()?.to_owned();
        let about = if words.next().is_none() { verb.about.to_owned() } else { String::new() };
        Some(Candidate { text, about })
    });
    following.collect()
}

/// What stands behind a pipe.
fn tool_names() -> Vec<Candidate> {
    tools_of(PACKAGES).map(|name| Candidate { text: name.to_owned(), about: String::new() }).collect()
}

fn flags(own: &[Flag]) -> Vec<Candidate> {
    let spelled = |flag: &Flag| Candidate {
        text: if flag.takes == Takes::Bool {
            format!("--{}", flag.long)
        } else {
            format!("--{}=", flag.long)
        },
        about: flag.help.to_owned(),
    };
    own.iter().chain(GLOBAL_FLAGS).filter(|flag| flag.long.len() > 1).map(spelled).collect()
}

fn kind_names() -> Vec<Candidate> {
    let mut names = texts(&["all"]);
    for kind in Kind::ALL {
        let info = kind.info();
        let words = [info.plural].into_iter().chain(info.short_names.iter().copied());
        names.extend(words.map(|word| Candidate { text: word.to_owned(), about: kind.name().to_owned() }));
    }
    names
}

/// The words of `rest` that are neither flags nor their values.
fn plain<'a>(own: &[Flag], rest: &[&'a str]) -> Vec<&'a str> {
    let mut plain = Vec::new();
    let mut skip = false;
    for word in rest {
        if std::mem::take(&mut skip) {
            continue;
        }
        match word.strip_prefix('-') {
            None => plain.push(*word),
            Some(_) => skip = !word.contains('=') && flag_named(own, word).is_some_and(takes_next),
        }
    }
    plain
}

/// The flag that a word spells, `-n` or `--namespace`.
fn flag_named(own: &[Flag], word: &str) -> Option<Flag> {
    let mut flags = own.iter().chain(GLOBAL_FLAGS);
    let found = match word.strip_prefix("--") {
        Some(long) => flags.find(|flag| flag.long == long),
        None => {
            let short = word.strip_prefix('-').filter(|rest| rest.chars().count() == 1)?.chars().next();
            flags.find(|flag| flag.short == short)
        }
    };
    found.copied()
}

fn takes_next(flag: Flag) -> bool {
    !matches!(flag.takes, Takes::Bool | Takes::TextOr(_))
}

fn namespace_of<'a>(rest: &[&'a str]) -> Option<&'a str> {
    let apart = rest.windows(2).find(|pair| matches!(pair[0], "-n" | "--namespace")).map(|pair| pair[1]);
    apart.or_else(|| rest.iter().find_map(|word| word.strip_prefix("--namespace=")))
}
