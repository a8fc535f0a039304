//! The verbs: one file each, and the table that dispatch, help and completion read.

mod apply;
mod create;
mod delete;
mod get;
mod scale;
mod set;
mod set_image;

use super::args::{Args, Flag, GLOBAL_FLAGS, Takes};
use super::error::CliError;
use super::{Env, Flow};

/// A verb.
pub struct Verb {
    /// Its words, `get` or `rollout status`.
    pub name: &'static str,
    /// One line for help.
    pub about: &'static str,
    /// How it is used, without the leading `kubectl`.
    pub usage: &'static str,
    /// Its flags, besides the global ones.
    pub flags: &'static [Flag],
    /// Runs it.
    pub run: fn(&Args, &mut Env<'_>) -> Result<Flow, CliError>,
}

/// Every verb, in the order in which help lists them.
pub static VERBS: &[&Verb] =
    &[&apply::VERB, &create::VERB, &delete::VERB, &get::VERB, &scale::VERB, &set_image::VERB];

/// Verbs that need a second word, `rollout`.
pub static GROUPS: &[&str] = &["rollout", "set"];

/// The first words that kubectl knows, for suggestions; the simulator does not serve all of them.
static KUBECTL_WORDS: &[&str] = &[
    "annotate",
    "api-resources",
    "api-versions",
    "apply",
    "attach",
    "auth",
    "autoscale",
    "certificate",
    "cluster-info",
    "completion",
    "config",
    "cordon",
    "cp",
    "create",
    "debug",
    "delete",
    "describe",
    "diff",
    "drain",
    "edit",
    "events",
    "exec",
    "explain",
    "expose",
    "get",
    "help",
    "kustomize",
    "label",
    "logs",
    "options",
    "patch",
    "plugin",
    "port-forward",
    "proxy",
    "replace",
    "rollout",
    "run",
    "scale",
    "set",
    "taint",
    "top",
    "uncordon",
    "version",
    "wait",
];

/// Finds the verb that `words` begin with and runs it.
///
/// # Errors
/// The verb's, or kubectl's complaint about an unknown one.
pub fn dispatch(words: &[String], env: &mut Env<'_>) -> Result<Flow, CliError> {
    let (verb, rest) = find(words)?;
    let args = Args::parse(verb.name, verb.flags, &rest)?;
    if args.flag("help") {
        env.out.line(help(verb));
        return Ok(Flow::OK);
    }
    let namespace = args.text("namespace").filter(|name| !name.is_empty()).map(str::to_owned);
    match namespace {
        Some(namespace) => {
            let mut inner = Env {
                cluster: env.cluster,
                namespace: &namespace,
                files: env.files,
                stdin: env.stdin,
                out: env.out,
            };
            (verb.run)(&args, &mut inner)
        }
        None => (verb.run)(&args, env),
    }
}

/// The verb that `words` name, and the words without it. Flags may stand before and inside it:
/// `-n other rollout status`.
///
/// Models spf13/cobra: Command.Find.
///
/// # Errors
/// kubectl's complaint about an unknown verb.
pub fn find(words: &[String]) -> Result<(&'static Verb, Vec<String>), CliError> {
    let mut plain = plain_words(words);
    let Some(first) = plain.next() else {
        return Err(CliError::plain(
            "a command is required: kubectl COMMAND [NAME] [flags]; `help` lists the commands",
        ));
    };
    let second = plain.next();
    if let Some(second) = second {
        let double = format!("{} {}", words[first], words[second]);
        if let Some(verb) = VERBS.iter().find(|verb| verb.name == double) {
            return Ok((verb, without(words, &[first, second])));
        }
    }
    let word = &words[first];
    if let Some(verb) = VERBS.iter().find(|verb| verb.name == word) {
        return Ok((verb, without(words, &[first])));
    }
    if GROUPS.contains(&word.as_str()) {
        return Err(unknown_in_group(word, second.map(|at| words[at].as_str())));
    }
    Err(CliError::plain(format!("unknown command \"{word}\" for \"kubectl\"{}", did_you_mean(word))))
}

/// The places of words that are neither flags nor their values.
fn plain_words(words: &[String]) -> impl Iterator<Item = usize> {
    let mut value_follows = false;
    let places = words.iter().take_while(|word| *word != "--").enumerate().filter_map(move |(at, word)| {
        if std::mem::take(&mut value_follows) {
            return None;
        }
        if word.len() > 1 && word.starts_with('-') {
            value_follows = takes_next_word(word);
            return None;
        }
        Some(at)
    });
    // At most two words matter.
    places.take(2).collect::<Vec<_>>().into_iter()
}

fn takes_next_word(word: &str) -> bool {
    let flag = match word.strip_prefix("--") {
        Some(long) => GLOBAL_FLAGS.iter().find(|flag| flag.long == long),
        None => GLOBAL_FLAGS.iter().find(|flag| word.len() == 2 && flag.short == word.chars().nth(1)),
    };
    flag.is_some_and(|flag| flag.takes != Takes::Bool)
}

fn without(words: &[String], places: &[usize]) -> Vec<String> {
    words.iter().enumerate().filter(|(at, _)| !places.contains(at)).map(|(_, word)| word.clone()).collect()
}

/// Models kubectl pkg/cmd/util: DefaultSubCommandRun.
fn unknown_in_group(group: &str, word: Option<&str>) -> CliError {
    let known: Vec<&str> =
        VERBS.iter().filter_map(|verb| verb.name.strip_prefix(group)?.strip_prefix(' ')).collect();
    match word {
        Some(word) => CliError::misuse(group, format!("unknown command \"{word}\"")),
        None => CliError::Verbatim(format!(
            "Usage:\n  kubectl {group} SUBCOMMAND\n\nAvailable Commands:\n  {}",
            known.join("\n  ")
        )),
    }
}

/// Models spf13/cobra: Command.SuggestionsFor.
fn did_you_mean(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    let near = |known: &&&str| known.starts_with(&lower) || levenshtein(&lower, known) <= 2;
    let lines: Vec<String> = KUBECTL_WORDS.iter().filter(near).map(|known| format!("\t{known}\n")).collect();
    if lines.is_empty() { String::new() } else { format!("\n\nDid you mean this?\n{}", lines.concat()) }
}

/// Insertions, deletions and replacements that turn `from` into `to`.
fn levenshtein(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.chars().enumerate() {
        let mut line = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let replaced = above[column] + usize::from(letter != *other);
            line.push(replaced.min(above[column + 1] + 1).min(line[column] + 1));
        }
        above = line;
    }
    above[to.len()]
}

/// The help text of a verb.
pub fn help(verb: &Verb) -> String {
    let mut text = format!("{}\n\nUsage:\n  kubectl {}\n", verb.about, verb.usage);
    if !verb.flags.is_empty() {
        text.push_str("\nOptions:\n");
        for flag in verb.flags {
            let short = flag.short.map(|c| format!("-{c}, ")).unwrap_or_default();
            text.push_str(&format!("  {short}--{}\n      {}\n", flag.long, flag.help));
        }
    }
    text.trim_end().to_owned()
}
