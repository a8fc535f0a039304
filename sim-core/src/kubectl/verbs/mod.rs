//! The verbs: one file each, and the table that dispatch, help and completion read.

mod annotate;
mod api_resources;
mod api_versions;
mod apply;
mod apply_set_last;
mod apply_view;
mod attach;
mod auth;
mod auth_reconcile;
mod autoscale;
mod cluster_info;
mod cluster_info_dump;
mod config;
mod config_set;
mod cordon;
mod cp;
mod create;
mod create_configmap;
mod create_cronjob;
mod create_deployment;
mod create_ingress;
mod create_job;
mod create_namespace;
mod create_pod_disruption_budget;
mod create_priorityclass;
mod create_quota;
mod create_role;
mod create_rolebinding;
mod create_secret;
mod create_service;
mod create_service_account;
mod debug;
mod debug_container;
pub(super) mod delete;
mod describe;
mod diff;
mod drain;
mod edit;
mod events;
mod exec;
mod explain;
mod expose;
mod get;
mod group_help;
pub mod help;
mod kustomize;
mod label;
mod logs;
mod not_here;
mod options;
mod patch;
mod port_forward;
mod raw;
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
mod set_env_resolve;
mod set_image;
mod set_resources;
mod set_selector;
mod set_service_account;
mod set_subject;
mod taint;
pub(super) mod top;
mod version;
mod wait;

pub use create::SAVE_CONFIG;
pub use explain::place as explained_place;
pub(super) use options::accepted;
pub use port_forward::refused as refused_forward;

use super::absent;
use super::args::{Args, Flag, GLOBAL_FLAGS, Takes};
use super::error::CliError;
use super::result::DryRun;
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
    &not_here::ALPHA,
    &annotate::VERB,
    &api_resources::VERB,
    &api_versions::VERB,
    &apply::VERB,
    &edit::LAST_APPLIED,
    &apply_set_last::VERB,
    &apply_view::VERB,
    &attach::VERB,
    &auth::CAN_I,
    &auth_reconcile::VERB,
    &auth::WHOAMI,
    &autoscale::VERB,
    &not_here::CERTIFICATE,
    &not_here::APPROVE,
    &not_here::DENY,
    &cluster_info::VERB,
    &cluster_info_dump::VERB,
    &not_here::COMPLETION,
    &config::CURRENT,
    &config_set::DELETE_CLUSTER,
    &config::DELETE_CONTEXT,
    &config_set::DELETE_USER,
    &config::GET_CLUSTERS,
    &config::GET_CONTEXTS,
    &config::GET_USERS,
    &config::RENAME_CONTEXT,
    &config_set::SET,
    &config_set::SET_CLUSTER,
    &config::SET,
    &config_set::SET_CREDENTIALS,
    &config_set::UNSET,
    &config::USE,
    &config::VIEW,
    &cordon::CORDON,
    &cp::VERB,
    &create::VERB,
    &create_configmap::VERB,
    &create_cronjob::VERB,
    &create_deployment::VERB,
    &create_job::VERB,
    &create_namespace::VERB,
    &create_pod_disruption_budget::VERB,
    &create_priorityclass::VERB,
    &create_secret::DOCKER_REGISTRY,
    &create_secret::VERB,
    &create_secret::TLS,
    &create_quota::VERB,
    &create_role::ROLE,
    &create_role::CLUSTER_ROLE,
    &create_rolebinding::ROLE_BINDING,
    &create_rolebinding::CLUSTER_ROLE_BINDING,
    &create_ingress::VERB,
    &create_service_account::ACCOUNT,
    &create_service_account::TOKEN,
    &create_service::CLUSTER_IP,
    &create_service::EXTERNAL_NAME,
    &create_service::LOAD_BALANCER,
    &create_service::NODE_PORT,
    &debug::VERB,
    &delete::VERB,
    &describe::VERB,
    &diff::VERB,
    &drain::VERB,
    &edit::VERB,
    &events::VERB,
    &exec::VERB,
    &explain::VERB,
    &expose::VERB,
    &get::VERB,
    &kustomize::VERB,
    &label::VERB,
    &logs::VERB,
    &options::VERB,
    &patch::VERB,
    &not_here::PLUGIN_LIST,
    &port_forward::VERB,
    &not_here::PROXY,
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
    &set_selector::VERB,
    &set_service_account::VERB,
    &set_subject::VERB,
    &taint::VERB,
    &top::NODE,
    &top::POD,
    &cordon::UNCORDON,
    &version::VERB,
    &wait::VERB,
];

/// Verbs that need a second word, `rollout`.
pub static GROUPS: &[&str] = &["auth", "config", "plugin", "rollout", "set", "top"];

/// The first words that kubectl knows, in the order in which it suggests them: that in which pkg/cmd adds them. The
/// simulator does not serve all of them.
static KUBECTL_WORDS: &[&str] = &[
    "create",
    "expose",
    "run",
    "set",
    "explain",
    "get",
    "edit",
    "delete",
    "rollout",
    "scale",
    "autoscale",
    "certificate",
    "cluster-info",
    "top",
    "cordon",
    "uncordon",
    "drain",
    "taint",
    "describe",
    "logs",
    "attach",
    "exec",
    "port-forward",
    "proxy",
    "cp",
    "auth",
    "debug",
    "events",
    "diff",
    "apply",
    "patch",
    "replace",
    "wait",
    "kustomize",
    "label",
    "annotate",
    "completion",
    "config",
    "kuberc",
    "plugin",
    "version",
    "api-versions",
    "api-resources",
    "options",
];

/// Finds the verb that `words` begin with and runs it.
///
/// # Errors
/// The verb's, or kubectl's complaint about an unknown one.
pub fn dispatch(words: &[String], env: &mut Env<'_>) -> Result<Flow, CliError> {
    if let Some(("help", topic)) = words.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        env.out.line(help::on(topic)?);
        return Ok(Flow::OK);
    }
    let (verb, rest) = match find(words) {
        // `rollout --help` asks for the group.
        Err(_) if words.iter().any(|word| matches!(word.as_str(), "--help" | "-h")) => {
            let topic: Vec<String> = words.iter().filter(|word| !word.starts_with('-')).cloned().collect();
            env.out.line(help::on(&topic)?);
            return Ok(Flow::OK);
        }
        found => found?,
    };
    let mut args = Args::parse(verb.name, verb.flags, &rest).map_err(|error| misused(verb, error))?;
    args.gates = env.cluster.api().gates;
    if args.flag("help") {
        env.out.line(help::of_verb(verb));
        return Ok(Flow::OK);
    }
    if let Some(warning) = args.text("dry-run").and_then(DryRun::deprecated) {
        let now = env.cluster.now().timestamp().strftime("%m%d %H:%M:%S.%6f").to_string();
        env.out.err_line(format!("W{now}       1 helpers.go:{warning}"));
    }
    env.cluster.set_field_manager(&field_manager(verb, &args));
    env.cluster.impersonate(auth::impersonated(&args));
    check_globals(&args, env)?;
    crate::kubectl::resources::warn_of_ambiguity(verb.name, &args, env.out);
    let named = args.text("context").and_then(|name| env.workstation.config.context(name));
    let of_context = named.map(|context| context.text("namespace").to_owned());
    let namespace =
        args.text("namespace").or(of_context.as_deref()).filter(|name| !name.is_empty()).map(str::to_owned);
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
            absent::run(verb, &args, &mut inner)
        }
        None => absent::run(verb, &args, env),
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

/// Models client-go tools/clientcmd: ConfirmUsable, and ParseTimeout.
fn check_globals(args: &Args, env: &Env<'_>) -> Result<(), CliError> {
    let config = &env.workstation.config;
    let given = |flag: &str| args.text(flag).filter(|text| !text.is_empty());
    if args.command().starts_with("config ") {
        return Ok(());
    }
    if let Some(name) = given("context").filter(|name| config.context(name).is_none()) {
        return Err(CliError::Verbatim(format!(
            "Error in configuration: context was not found for specified context: {name}"
        )));
    }
    if let Some(name) =
        given("cluster").filter(|name| config.clusters.iter().all(|known| known.name != *name))
    {
        return Err(CliError::plain(format!("no server found for cluster \"{name}\"")));
    }
    // A binding's users are those who get its role.
    let is_binding = ["create rolebinding", "create clusterrolebinding", "set subject"]
        .iter()
        .any(|verb| args.command().starts_with(verb));
    let user = given("user").filter(|_| !is_binding);
    if let Some(name) = user.filter(|name| !config.users.iter().any(|known| known.name == *name)) {
        return Err(CliError::plain(format!("auth info \"{name}\" does not exist")));
    }
    let is_time = |text: &str| text.parse::<u64>().is_ok() || super::args::GoDuration::parse(text).is_some();
    if given("request-timeout").is_some_and(|text| !is_time(text)) {
        return Err(CliError::plain(
            "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a \
             corresponding time unit (e.g. 1s | 2m | 3h)",
        ));
    }
    Ok(())
}

/// A wrong use of the verb, as the verb itself speaks of it.
///
/// Models kubectl pkg/cmd/diff: NewCmdDiff, whose exit code 1 stands for differences.
fn misused(verb: &Verb, error: CliError) -> CliError {
    match error {
        CliError::Usage { message, .. } if verb.name == "diff" => {
            CliError::Code { code: diff::FAILED, message: CliError::misuse("diff", message).text() }
        }
        other => other,
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
        return Err(match Args::parse("", &[], words) {
            Err(CliError::Usage { message, .. }) => {
                CliError::plain(format!("{message}\nSee 'kubectl --help' for usage."))
            }
            _ => CliError::plain(
                "a command is required: kubectl COMMAND [NAME] [flags]; `help` lists the commands",
            ),
        });
    };
    if let ["create", group @ ("secret" | "service"), rest @ ..] = words_at(words, &places).as_slice() {
        let group = format!("create {group}");
        let known = |verb: &&&Verb| rest.first().is_some_and(|word| verb.name == format!("{group} {word}"));
        if !VERBS.iter().any(|verb| known(&verb)) {
            let after = if rest.is_empty() { Vec::new() } else { arguments_after(words, places[1]) };
            return Err(unknown_in_group(&group, &after));
        }
    }
    for count in (1..=places.len()).rev() {
        let places = &places[..count];
        let named: Vec<&str> = places.iter().map(|at| full_word(first, &words[*at])).collect();
        let named = named.join(" ");
        if let Some(verb) = VERBS.iter().find(|verb| verb.name == named) {
            return Ok((verb, without(words, places)));
        }
    }
    if GROUPS.contains(&first) {
        return Err(unknown_in_group(first, &arguments_after(words, places[0])));
    }
    if KUBECTL_WORDS.contains(&first) {
        return Err(CliError::plain(format!("kubectl {first} is not supported by the simulator")));
    }
    if let Some(flag) = words.first().filter(|word| word.starts_with('-')) {
        // Models kubectl pkg/cmd: HandlePluginCommand.
        return Err(CliError::Verbatim(format!("Error: flags cannot be placed before plugin name: {flag}")));
    }
    Err(CliError::plain(format!("unknown command \"{first}\" for \"kubectl\"{}", did_you_mean(first))))
}

fn words_at<'a>(words: &'a [String], places: &[usize]) -> Vec<&'a str> {
    let first = places.first().map_or("", |at| words[*at].as_str());
    places.iter().map(|at| full_word(first, &words[*at])).collect()
}

/// The word that `word` is short for, after `create` or `top`.
fn full_word<'a>(first: &str, word: &'a str) -> &'a str {
    match (first, word) {
        ("create", "ns") => "namespace",
        ("create", "ing") => "ingress",
        ("create", "sa") => "serviceaccount",
        ("create", "resourcequota") => "quota",
        ("create", "cm") => "configmap",
        ("create", "cj") => "cronjob",
        ("create", "deploy") => "deployment",
        ("create", "svc") => "service",
        ("create", "pc") => "priorityclass",
        ("create", "pdb") => "poddisruptionbudget",
        ("set", "sa") => "serviceaccount",
        ("config", "use") => "use-context",
        ("top", "no" | "nodes") => "node",
        ("top", "po" | "pods") => "pod",
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
    // What is not known here is a verb's own, and is taken to have a value.
    let may_have = !word.contains('=') && (word.starts_with("--") || word.chars().count() == 2);
    may_have && flag.is_none_or(|flag| flag.takes != Takes::Bool)
}

fn without(words: &[String], places: &[usize]) -> Vec<String> {
    words.iter().enumerate().filter(|(at, _)| !places.contains(at)).map(|(_, word)| word.clone()).collect()
}

/// The words after that place that are no flags.
fn arguments_after(words: &[String], at: usize) -> Vec<&str> {
    words[at + 1..].iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect()
}

/// Models kubectl pkg/cmd/util: DefaultSubCommandRun.
fn unknown_in_group(group: &str, words: &[&str]) -> CliError {
    match words {
        // Two groups are commands of their own to kubectl, which answer with their help.
        [] if matches!(group, "rollout" | "certificate") => CliError::Shown(help::of_group(group)),
        [] => CliError::Verbatim(help::of_group(group)),
        _ => CliError::misuse(group, format!("unknown command \"{}\"", words.join(" "))),
    }
}

/// Models spf13/cobra: Command.SuggestionsFor.
fn did_you_mean(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    let near = |known: &&&str| known.starts_with(&lower) || levenshtein(&lower, known) <= 2;
    let lines: Vec<String> = KUBECTL_WORDS.iter().filter(near).map(|known| format!("\t{known}\n")).collect();
    if lines.is_empty() { String::new() } else { format!("\n\nDid you mean this?\n{}", lines.concat()) }
}

/// Insertions, deletions and replacements of bytes that turn `from` into `to`.
fn levenshtein(from: &str, to: &str) -> usize {
    let to = to.as_bytes();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.bytes().enumerate() {
        let mut line = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let replaced = above[column] + usize::from(letter != *other);
            line.push(replaced.min(above[column + 1] + 1).min(line[column] + 1));
        }
        above = line;
    }
    above[to.len()]
}
