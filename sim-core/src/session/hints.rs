//! Hints of our own: what a failed command may have meant. They never stand in kubectl's place.

use super::Session;
use super::shell::PACKAGES;
use super::words::WORDS;
use crate::api::{Kind, meta};
use crate::kubectl::absent::{self, Absent};
use crate::kubectl::{Stream, suggest, verbs};
use crate::runtime::shell::tools_of;

/// What people open files with that are at hand elsewhere.
const EDITORS: [&str; 6] = ["code", "emacs", "micro", "nano", "vi", "vim"];

/// What the user may have meant, from what the failed command printed.
pub(super) fn hint(session: &Session) -> Option<String> {
    let errors = session.out.text(Stream::Err);
    if let Some(word) = errors.lines().find_map(unknown_to_the_shell) {
        return unknown_tool(word);
    }
    if errors.contains("dial tcp: lookup ") {
        return Some("there is no network here: save the file beside you and name it with -f".to_owned());
    }
    // A few of kubectl's complaints stand without the word.
    let complains = |line: &&str| line.contains("rror") || line.starts_with("the server doesn't have");
    let last = errors.lines().find(complains)?;
    if let Some(word) = between(last, "unknown command \"", "\"") {
        // kubectl tells of its own words; ours must be nearly there to be meant besides.
        if word == "watch" || word == "helm" || EDITORS.contains(&word) {
            return unknown_tool(word);
        }
        if WORDS.iter().any(|own| own.name == word) {
            return Some(format!("{word} is a word of the simulator's own: leave out kubectl"));
        }
        // The verb that nearly all begin with was left out.
        if Kind::from_word(word).is_some() {
            return Some(format!("did you mean get {word}?"));
        }
        return match errors.contains("Did you mean this?") {
            true => did_you_mean(word, &own_words()),
            false => did_you_mean(word, &words()),
        };
    }
    if let Some(word) = between(last, "resource type \"", "\"") {
        if let Some(absent) = absent::named(word, session.cluster().api().gates.version()) {
            return Some(none_of(absent));
        }
        // A kind that is known was asked for in a version that is not served.
        return if Kind::from_word(word).is_some() { None } else { did_you_mean(word, &kinds()) };
    }
    if let Some(absent) = between(last, "no matches for kind \"", "\"").and_then(absent::of_kind) {
        return Some(none_of(absent));
    }
    if let Some(word) = between(last, "Unexpected args: [", "]").and_then(|words| words.split(' ').next()) {
        return absent::named(word, session.cluster().api().gates.version()).map(none_of);
    }
    let (before, name) =
        last.split_once(" \"").and_then(|(before, rest)| Some((before, rest.split_once('"')?.0)))?;
    if !last.contains("not found") {
        return None;
    }
    let plural = before.rsplit(' ').next()?;
    let kind = Kind::from_word(plural)?;
    missing(session, kind, name)
}

fn none_of(absent: &Absent) -> String {
    format!("{} are not simulated: nothing can be made of that kind", absent.plural)
}

/// The command that a shell's complaint says it does not have.
fn unknown_to_the_shell(line: &str) -> Option<&str> {
    line.strip_prefix("bash: ")?.strip_suffix(": command not found")
}

fn unknown_tool(word: &str) -> Option<String> {
    if word == "watch" {
        return Some("get -w prints a row whenever something changes; Ctrl-C ends it".to_owned());
    }
    if word == "helm" {
        return Some(
            "there is no helm here; kubectl apply takes the manifests that helm template prints".to_owned(),
        );
    }
    if EDITORS.contains(&word) {
        return Some(
            "files are edited outside of the prompt, on the page under Manifest; kubectl edit opens an object".to_owned(),
        );
    }
    let tools = tools_of(PACKAGES).map(str::to_owned);
    did_you_mean(word, &words().into_iter().chain(tools).collect::<Vec<_>>())
}

fn missing(session: &Session, kind: Kind, name: &str) -> Option<String> {
    let store = session.cluster.store();
    let namespaced = kind.info().namespaced;
    if let Some(found) = store.list(kind).find(|object| namespaced && meta::name(object.meta()) == name) {
        let namespace = meta::namespace(found.meta());
        return Some(format!("there is one in namespace {namespace}: say -n {namespace}"));
    }
    let here = store.list(kind).filter(|o| !namespaced || meta::namespace(o.meta()) == session.namespace);
    let names: Vec<String> = here.take(10_000).map(|object| meta::name(object.meta()).to_owned()).collect();
    did_you_mean(name, &names)
}

fn did_you_mean(word: &str, candidates: &[String]) -> Option<String> {
    let begins = |candidate: &&String| word.len() >= 3 && candidate.starts_with(word);
    let found = match suggest(word, candidates.iter().map(String::as_str)) {
        Some(found) => found,
        None => candidates.iter().find(begins)?,
    };
    Some(format!("did you mean {found}?"))
}

fn words() -> Vec<String> {
    let verbs = verbs::VERBS.iter().filter_map(|verb| verb.name.split(' ').next());
    verbs.map(str::to_owned).chain(own_words()).collect()
}

/// What kubectl does not know of.
fn own_words() -> Vec<String> {
    ["kubectl"].into_iter().chain(WORDS.iter().map(|word| word.name)).map(str::to_owned).collect()
}

fn kinds() -> Vec<String> {
    let mut names = Vec::new();
    for kind in Kind::ALL {
        let info = kind.info();
        names.extend([info.plural, info.singular].map(str::to_owned));
        names.extend(info.short_names.iter().map(|name| (*name).to_owned()));
    }
    names
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    rest.split_once(after).map(|(word, _)| word)
}
