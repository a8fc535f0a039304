//! `options`, and how help lists flags: by name, with the values that they have when they are not given.

use super::Verb;
use crate::kubectl::args::{Args, Flag, GLOBAL_FLAGS, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::{Env, Flow};

/// `options`
pub static VERB: Verb = Verb {
    name: "options",
    about: "List the flags that every command takes.",
    usage: "options",
    flags: &[],
    run,
};

fn run(_args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let listed = list("", GLOBAL_FLAGS.iter().filter(|flag| flag.long != "help"));
    env.out.line(format!("The following options can be passed to any command:\n\n{listed}"));
    Ok(Flow::OK)
}

/// Flags as kubectl lists them: `-n, --namespace='':` and a line of explanation.
pub fn list<'f>(verb: &str, flags: impl Iterator<Item = &'f Flag>) -> String {
    let mut flags: Vec<&Flag> = flags.collect();
    flags.sort_by_key(|flag| flag.long);
    flags.dedup_by_key(|flag| flag.long);
    let listed: Vec<String> = flags.into_iter().map(|flag| entry(verb, flag)).collect();
    listed.join("\n")
}

fn entry(verb: &str, flag: &Flag) -> String {
    let short = flag.short.map(|letter| format!("-{letter}, ")).unwrap_or_default();
    format!("    {short}--{}={}:\n\t{}\n", flag.long, default(verb, flag), flag.help)
}

/// Values that flags have everywhere.
const DEFAULTS: &[(&str, &str)] = &[
    ("allow-missing-template-keys", "true"),
    ("cascade", "'background'"),
    ("chunk-size", "500"),
    ("dry-run", "'none'"),
    ("grace-period", "-1"),
    ("override-type", "'merge'"),
    ("request-timeout", "'0'"),
    ("use-protocol-buffers", "true"),
    ("validate", "'strict'"),
];

/// Values that flags have for one verb.
const OWN_DEFAULTS: &[(&str, &str, &str)] = &[
    ("", "cache-dir", "'$HOME/.kube/cache'"),
    ("", "log-flush-frequency", "5s"),
    ("", "profile", "'none'"),
    ("", "profile-output", "'profile.pprof'"),
    ("api-resources", "namespaced", "true"),
    ("apply", "openapi-patch", "true"),
    ("apply", "overwrite", "true"),
    ("apply view-last-applied", "output", "'yaml'"),
    ("attach", "detach-keys", "'ctrl-p,ctrl-q'"),
    ("attach", "pod-running-timeout", "1m0s"),
    ("autoscale", "max", "-1"),
    ("autoscale", "min", "-1"),
    ("cluster-info dump", "output", "'json'"),
    ("cluster-info dump", "pod-running-timeout", "20s"),
    ("config view", "merge", "true"),
    ("config view", "output", "'yaml'"),
    ("create deployment", "port", "-1"),
    ("create deployment", "replicas", "1"),
    ("create priorityclass", "preemption-policy", "'PreemptLowerPriority'"),
    ("create secret docker-registry", "docker-server", "'https://index.docker.io/v1/'"),
    ("debug", "keep-init-containers", "true"),
    ("debug", "profile", "'general'"),
    ("debug", "share-processes", "true"),
    ("delete", "wait", "true"),
    ("describe", "show-events", "true"),
    ("diff", "concurrency", "1"),
    ("exec", "pod-running-timeout", "1m0s"),
    ("explain", "output", "'plaintext'"),
    ("get", "server-print", "true"),
    ("logs", "max-log-requests", "5"),
    ("logs", "pod-running-timeout", "20s"),
    ("logs", "tail", "-1"),
    ("patch", "type", "'strategic'"),
    ("port-forward", "address", "[localhost]"),
    ("port-forward", "pod-running-timeout", "1m0s"),
    ("proxy", "address", "'127.0.0.1'"),
    ("proxy", "port", "8001"),
    ("rollout status", "watch", "true"),
    ("run", "detach-keys", "'ctrl-p,ctrl-q'"),
    ("run", "pod-running-timeout", "1m0s"),
    ("run", "restart", "'Always'"),
    ("scale", "current-replicas", "-1"),
    ("set env", "containers", "'*'"),
    ("set env", "overwrite", "true"),
    ("set resources", "containers", "'*'"),
    ("set selector", "recursive", "true"),
    ("wait", "for", "[]"),
    ("wait", "recursive", "true"),
    ("wait", "timeout", "30s"),
];

fn default(verb: &str, flag: &Flag) -> String {
    let name = flag.long;
    if let Some((_, _, value)) = OWN_DEFAULTS.iter().find(|(of, long, _)| *of == verb && *long == name) {
        return (*value).to_owned();
    }
    if let Some((_, value)) = DEFAULTS.iter().find(|(long, _)| *long == name) {
        return (*value).to_owned();
    }
    let plain = match flag.takes {
        Takes::Bool => "false",
        Takes::Int => "0",
        Takes::Duration => "0s",
        Takes::List | Takes::Array => "[]",
        Takes::Text | Takes::TextOr(_) if name == "field-manager" => return manager(verb),
        Takes::Text | Takes::TextOr(_) => "''",
    };
    plain.to_owned()
}

/// The name by which a verb writes.
fn manager(verb: &str) -> String {
    match verb.split(' ').next().unwrap_or_default() {
        "apply" | "diff" => "'kubectl-client-side-apply'".to_owned(),
        first => format!("'kubectl-{first}'"),
    }
}

/// Flags that verbs take and that change nothing here.
pub fn accepted(verb: &str) -> &'static [Flag] {
    match ACCEPTED.iter().find(|(of, _)| *of == verb) {
        Some((_, flags)) => flags,
        None if verb.starts_with("create ") => VALIDATE,
        None => &[],
    }
}

const SHOW_MANAGED: &[Flag] =
    &[Flag::new("show-managed-fields", Takes::Bool, "Accepted: there are no managed fields in it")];
const DETACH: &[Flag] = &[Flag::new("detach-keys", Takes::Text, "Accepted: Ctrl-C lets go")];
const VALIDATE: &[Flag] = &[Flag::new("validate", Takes::TextOr("strict"), "Accepted: it is made rightly")];

const ACCEPTED: &[(&str, &[Flag])] = &[
    ("api-resources", SHOW_MANAGED),
    (
        "apply",
        &[
            Flag::new("openapi-patch", Takes::Bool, "Accepted: patches are made by the types"),
            Flag::new("timeout", Takes::Duration, "Accepted: nothing is waited for"),
        ],
    ),
    ("attach", DETACH),
    ("auth whoami", SHOW_MANAGED),
    ("config view", SHOW_MANAGED),
    ("create", &[Flag::new("windows-line-endings", Takes::Bool, "Accepted: nothing is edited")]),
    ("create token", SHOW_MANAGED),
    ("debug", &[Flag::new("custom", Takes::Text, "Accepted for kubectl's sake")]),
    ("diff", &[Flag::new("prune-allowlist", Takes::Array, "Accepted for kubectl's sake")]),
    ("drain", &[Flag::new("skip-wait-for-delete-timeout", Takes::Int, "Accepted for kubectl's sake")]),
    ("events", &[Flag::new("chunk-size", Takes::Int, "Accepted: lists are always whole")]),
    ("exec", &[Flag::short("filename", 'f', Takes::List, "Accepted for kubectl's sake")]),
    (
        "kustomize",
        &[
            Flag::new("as-current-user", Takes::Bool, "Accepted: no function runs"),
            Flag::new("enable-alpha-plugins", Takes::Bool, "Accepted: there are no plugins"),
            Flag::new("enable-helm", Takes::Bool, "Accepted: there are no charts"),
            Flag::short("env", 'e', Takes::Array, "Accepted: no function runs"),
            Flag::new("load-restrictor", Takes::Text, "Accepted: there is one file system"),
        ],
    ),
    (
        "logs",
        &[Flag::new("insecure-skip-tls-verify-backend", Takes::Bool, "Accepted: nothing goes over a wire")],
    ),
    ("run", DETACH),
    ("set selector", &[Flag::new("resource-version", Takes::Text, "Accepted for kubectl's sake")]),
    ("wait", &[Flag::new("local", Takes::Bool, "Accepted for kubectl's sake")]),
];
