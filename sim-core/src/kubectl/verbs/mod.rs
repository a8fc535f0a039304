//! The verbs: one file each, and the table that dispatch, help and completion read.

mod annotate;
mod api_resources;
mod api_versions;
mod apply;
mod attach;
mod cluster_info;
mod cordon;
mod create;
mod create_configmap;
mod create_deployment;
mod create_job;
mod create_namespace;
mod create_priorityclass;
mod create_secret;
mod create_service;
mod delete;
mod describe;
mod drain;
mod events;
mod exec;
mod explain;
mod expose;
mod get;
mod label;
mod logs;
mod patch;
mod replace;
mod rollout_history;
mod rollout_pause;
mod rollout_restart;
mod rollout_resume;
mod rollout_status;
mod rollout_undo;
mod run;
mod scale;
mod set;
mod set_env;
mod set_image;
mod set_resources;
mod taint;
mod version;
mod wait;

pub use create::SAVE_CONFIG;
pub use explain::place as explained_place;

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
pub static VERBS: &[&Verb] = &[
    &annotate::VERB,
    &api_resources::VERB,
    &api_versions::VERB,
    &apply::VERB,
    &attach::VERB,
    &cluster_info::VERB,
    &cordon::CORDON,
    &create::VERB,
    &create_configmap::VERB,
    &create_deployment::VERB,
    &create_job::VERB,
    &create_namespace::VERB,
    &create_priorityclass::VERB,
    &create_secret::VERB,
    &create_service::CLUSTER_IP,
    &create_service::EXTERNAL_NAME,
    &create_service::LOAD_BALANCER,
    &create_service::NODE_PORT,
    &delete::VERB,
    &describe::VERB,
    &drain::VERB,
    &events::VERB,
    &exec::VERB,
    &explain::VERB,
    &expose::VERB,
    &get::VERB,
    &label::VERB,
    &logs::VERB,
    &patch::VERB,
    &replace::VERB,
    &rollout_history::VERB,
    &rollout_pause::VERB,
    &rollout_restart::VERB,
    &rollout_resume::VERB,
    &rollout_status::VERB,
    &rollout_undo::VERB,
    &run::VERB,
    &scale::VERB,
    &set_env::VERB,
    &set_image::VERB,
    &set_resources::VERB,
    &taint::VERB,
    &cordon::UNCORDON,
    &version::VERB,
    &wait::VERB,
];

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
    env.cluster.set_field_manager(&field_manager(verb, &args));
    let namespace = args.text("namespace").filter(|name| !name.is_empty()).map(str::to_owned);
    match namespace {
        Some(namespace) => {
            let mut inner = Env {
                cluster: env.cluster,
                namespace: &namespace,
                files: env.files,
                stdin: env.stdin,
                workstation: env.workstation,
                out: env.out,
            };
            (verb.run)(&args, &mut inner)
        }
        None => (verb.run)(&args, env),
    }
}

/// The field manager of what a command writes: as asked for, or kubectl's own name for the command.
fn field_manager(verb: &Verb, args: &Args) -> String {
    if let Some(asked) = args.text("field-manager").filter(|name| !name.is_empty()) {
        return asked.to_owned();
    }
    let first = verb.name.split(' ').next().unwrap_or_default();
    match first {
        "apply" if args.flag("server-side") => "kubectl".to_owned(),
        "apply" => "kubectl-client-side-apply".to_owned(),
        "annotate" | "autoscale" | "create" | "edit" | "expose" | "label" | "patch" | "replace" | "run"
        | "set" | "taint" => format!("kubectl-{first}"),
        "rollout" if verb.name != "rollout undo" => "kubectl-rollout".to_owned(),
        _ => "kubectl".to_owned(),
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
    let places = plain_words(words);
    let Some(first) = places.first().map(|at| words[*at].as_str()) else {
        return Err(CliError::plain(
            "a command is required: kubectl COMMAND [NAME] [flags]; `help` lists the commands",
        ));
    };
    for count in (1..=places.len()).rev() {
        let places = &places[..count];
        let named: Vec<&str> = places.iter().map(|at| full_word(first, &words[*at])).collect();
        let named = named.join(" ");
        if let Some(verb) = VERBS.iter().find(|verb| verb.name == named) {
            return Ok((verb, without(words, places)));
        }
    }
    if GROUPS.contains(&first) {
        return Err(unknown_in_group(first, places.get(1).map(|at| words[*at].as_str())));
    }
    if KUBECTL_WORDS.contains(&first) {
        return Err(CliError::plain(format!("kubectl {first} is not supported by the simulator")));
    }
    Err(CliError::plain(format!("unknown command \"{first}\" for \"kubectl\"{}", did_you_mean(first))))
}

/// The word that `word` is short for, after `create`.
fn full_word<'a>(first: &str, word: &'a str) -> &'a str {
    match (first, word) {
        ("create", "ns") => "namespace",
        ("create", "cm") => "configmap",
        ("create", "deploy") => "deployment",
        ("create", "svc") => "service",
        _ => word,
    }
}

/// The places of words that are neither flags nor their values.
fn plain_words(words: &[String]) -> Vec<usize> {
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
    // No verb has more than three words.
    places.take(3).collect()
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
