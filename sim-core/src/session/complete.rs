//! Completion: verbs, kinds, live names, flags, containers, files. The REPL and the browser share it.

use super::Session;
use super::shell::{PACKAGES, scan};
use super::words::WORDS;
use crate::api::{Kind, Object, meta};
use crate::kubectl::Files;
use crate::kubectl::args::{Flag, GLOBAL_FLAGS, Takes};
use crate::kubectl::explain::Schema;
use crate::kubectl::verbs::{self, Verb};
use crate::runtime::shell::{packages_of, tools_of};

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
    /// The ways to go on from `cursor` (in bytes) in `line`; `files` are offered after `-f`.
    pub fn complete(&self, line: &str, cursor: usize, files: &dyn Files) -> Completion {
        let before = line.get(..cursor).unwrap_or(line);
        // Behind `| `, `&& ` or `$(` another command begins.
        let begins = scan::last_command(before);
        let start = before[begins..].rfind([' ', ',']).map_or(begins, |at| begins + at + 1);
        let word = &before[start..];
        let mut words: Vec<&str> =
            before[begins..start].split([' ', ',']).filter(|word| !word.is_empty()).collect();
        if matches!(words.first(), Some(&"kubectl" | &"k")) {
            words.remove(0);
        }
        let mut candidates = match words.as_slice() {
            [] if begins > 0 => [first_words(), tool_names()].concat(),
            [.., ">" | ">>" | "<" | "2>"] => file_names(files),
            [tool, ..] if begins > 0 && packages_of(tool).is_some_and(|of| of & PACKAGES != 0) => {
                file_names(files)
            }
            words => self.candidates(words, word, files),
        };
        candidates.retain(|candidate| candidate.text.starts_with(word));
        candidates.sort();
        candidates.dedup();
        candidates.truncate(MOST);
        Completion { start, candidates }
    }

    fn candidates(&self, words: &[&str], word: &str, files: &dyn Files) -> Vec<Candidate> {
        let Some(first) = words.first() else { return first_words() };
        let owned: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        if *first == "graph" && words.len() == 2 {
            return self.references(word);
        }
        let Ok((verb, rest)) = verbs::find(&owned) else { return second_words(first, words.len()) };
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        if word.starts_with('-') {
            return flags(verb);
        }
        match rest.last() {
            Some(&("-n" | "--namespace")) => self.names(Kind::Namespace, ""),
            Some(&("-f" | "--filename")) => file_names(files),
            Some(&("-o" | "--output")) => {
                texts(&["wide", "yaml", "json", "name", "jsonpath=", "custom-columns="])
            }
            Some(&("-c" | "--container")) => self.containers(&rest),
            _ if verb.name == "explain" => field_paths(word, files),
            _ => self.resources(verb, &rest, word),
        }
    }

    fn resources(&self, verb: &Verb, rest: &[&str], word: &str) -> Vec<Candidate> {
        let arguments = arguments(verb, rest);
        let namespace = namespace_of(rest).unwrap_or(&self.namespace);
        if matches!(verb.name, "exec" | "logs" | "cp" | "port-forward" | "attach" | "debug") {
            return if arguments.is_empty() { self.names(Kind::Pod, namespace) } else { Vec::new() };
        }
        if word.split_once('/').is_some_and(|(kind, _)| Kind::from_word(kind).is_some()) {
            return self.slashed(word, namespace);
        }
        match arguments.first().and_then(|kind| Kind::from_word(kind)) {
            Some(kind) => self.names(kind, namespace),
            None if arguments.is_empty() => kind_names(),
            None => Vec::new(),
        }
    }

    /// `TYPE/NAME` of what is there.
    fn references(&self, word: &str) -> Vec<Candidate> {
        if word.contains('/') {
            return self.slashed(word, &self.namespace);
        }
        kind_names().into_iter().map(|kind| Candidate { text: format!("{}/", kind.text), ..kind }).collect()
    }

    /// The names that may follow `TYPE/`.
    fn slashed(&self, word: &str, namespace: &str) -> Vec<Candidate> {
        let Some((kind, _)) = word.split_once('/') else { return Vec::new() };
        let named = Kind::from_word(kind).map(|known| self.names(known, namespace)).unwrap_or_default();
        named.into_iter().map(|c| Candidate { text: format!("{kind}/{}", c.text), ..c }).collect()
    }

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

    fn containers(&self, rest: &[&str]) -> Vec<Candidate> {
        let namespace = namespace_of(rest).unwrap_or(&self.namespace);
        let pods = self.cluster.store().all_in::<k8s_openapi::api::core::v1::Pod>(namespace);
        let named = pods.filter(|pod| {
            rest.iter().any(|word| word.trim_start_matches("pod/") == meta::name(&pod.metadata))
        });
        let containers = named.filter_map(|pod| pod.spec.as_ref()).flat_map(|spec| &spec.containers);
        containers.map(|container| Candidate { text: container.name.clone(), about: String::new() }).collect()
    }
}

fn texts(words: &[&str]) -> Vec<Candidate> {
    words.iter().map(|word| Candidate { text: (*word).to_owned(), about: String::new() }).collect()
}

fn first_words() -> Vec<Candidate> {
    let verbs = verbs::VERBS.iter().map(|verb| {
        let (first, more) = verb.name.split_once(' ').unwrap_or((verb.name, ""));
        let about = if more.is_empty() { verb.about } else { "" };
        Candidate { text: first.to_owned(), about: about.to_owned() }
    });
    let words =
        WORDS.iter().map(|word| Candidate { text: word.name.to_owned(), about: word.about.to_owned() });
    verbs.chain(words).collect()
}

/// What stands behind a pipe.
fn tool_names() -> Vec<Candidate> {
    tools_of(PACKAGES).map(|name| Candidate { text: name.to_owned(), about: String::new() }).collect()
}

/// After a verb group (`rollout`), or a word of ours that takes words (`fault`, `help`).
fn second_words(first: &str, count: usize) -> Vec<Candidate> {
    if count > 1 {
        return Vec::new();
    }
    match first {
        "help" => first_words(),
        "fault" => texts(super::faults::NAMES),
        "graph" => texts(&["owners", "causes"]),
        "speed" => texts(&["1x", "10x", "60x"]),
        _ => verbs::VERBS
            .iter()
            .filter_map(|verb| {
                let (group, second) = verb.name.split_once(' ')?;
                (group == first).then(|| Candidate { text: second.to_owned(), about: verb.about.to_owned() })
            })
            .collect(),
    }
}

fn flags(verb: &Verb) -> Vec<Candidate> {
    let spelled = |flag: &Flag| Candidate {
        text: if flag.takes == Takes::Bool {
            format!("--{}", flag.long)
        } else {
            format!("--{}=", flag.long)
        },
        about: flag.help.to_owned(),
    };
    verb.flags.iter().chain(GLOBAL_FLAGS).filter(|flag| flag.long.len() > 1).map(spelled).collect()
}

fn file_names(files: &dyn Files) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for name in files.at_hand() {
        if let Some((folder, _)) = name.rsplit_once('/') {
            candidates.push(Candidate { text: format!("{folder}/"), about: "folder".to_owned() });
        }
        candidates.push(Candidate { text: name, about: String::new() });
    }
    candidates
}

/// Kinds, and behind a kind and a dot the fields there.
fn field_paths(word: &str, files: &dyn Files) -> Vec<Candidate> {
    let Some((before, _)) = word.rsplit_once('.') else { return kind_names() };
    let Some(schema) = files.schema().map(Schema::new) else { return Vec::new() };
    let Ok((kind, path)) = verbs::explained_place(before) else { return Vec::new() };
    let Some(object) = schema.kind(kind) else { return Vec::new() };
    let place = match path.as_slice() {
        [] => Some(object),
        path => schema.field(object, path).and_then(|field| schema.behind(field.shape)),
    };
    let fields = place.iter().flat_map(|definition| definition.fields());
    let spelled = fields.map(|field| Candidate {
        text: format!("{before}.{}", field.name),
        about: schema.type_name(field.shape),
    });
    spelled.collect()
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
fn arguments<'a>(verb: &Verb, rest: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = Vec::new();
    let mut skip = false;
    for word in rest {
        if std::mem::take(&mut skip) {
            continue;
        }
        match word.strip_prefix('-') {
            None => arguments.push(*word),
            Some(name) => skip = !word.contains('=') && takes_next(verb, name.trim_start_matches('-')),
        }
    }
    arguments
}

fn takes_next(verb: &Verb, name: &str) -> bool {
    let mut flags = verb.flags.iter().chain(GLOBAL_FLAGS);
    let short = (name.chars().count() == 1).then(|| name.chars().next()).flatten();
    flags
        .find(|flag| flag.long == name || (short.is_some() && flag.short == short))
        .is_some_and(|flag| !matches!(flag.takes, Takes::Bool | Takes::TextOr(_)))
}

fn namespace_of<'a>(rest: &[&'a str]) -> Option<&'a str> {
    rest.windows(2).find(|pair| matches!(pair[0], "-n" | "--namespace")).map(|pair| pair[1])
}
