//! `auth can-i` and `auth whoami`. The simulated user is the cluster's administrator, who may act as others.
//!
//! Models kubectl pkg/cmd/auth.

use k8s_openapi::api::rbac::v1::PolicyRule;
use serde_json::json;

use super::Verb;
use crate::api::Kind;
use crate::apiserver::authorization::{self, Request, User};
use crate::kubectl::absent;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::ALL_NAMESPACES;
use crate::kubectl::error::CliError;
use crate::kubectl::policy_rules::{self, COLUMNS};
use crate::kubectl::printer::Printer;
use crate::kubectl::result::OUTPUT;
use crate::kubectl::table::TabWriter;
use crate::kubectl::{Env, Flow};

/// Who uses the cluster, as whoever made it names them, and their groups: the first may do everything.
fn maker(profile: &str) -> (&'static str, [&'static str; 2]) {
    match profile {
        "kind" => ("kubernetes-admin", ["kubeadm:cluster-admins", "system:authenticated"]),
        "slow-cloud" => ("kubernetes-admin", ["system:masters", "system:authenticated"]),
        _ => ("minikube-user", ["system:masters", "system:authenticated"]),
    }
}

/// Verbs that the API server knows of.
const VERBS: &[&str] = &[
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "use",
    "bind",
    "impersonate",
    "escalate",
    "*",
    "approve",
    "sign",
    "post",
    "put",
    "head",
    "options",
    "attest",
    "associate-node",
];

/// Verbs for paths that are no resources.
const URL_VERBS: &[&str] = &["get", "put", "post", "head", "options", "delete", "patch", "*"];

/// Names that rules may speak of although no type has them.
const NAMES_WITHOUT_TYPE: &[&str] = &["users", "groups"];

/// `auth can-i`
pub static CAN_I: Verb = Verb {
    name: "auth can-i",
    about: "Check whether an action is allowed.",
    usage: "auth can-i VERB [TYPE | TYPE/NAME | NONRESOURCEURL] [options]",
    flags: &[
        ALL_NAMESPACES,
        Flag::new("list", Takes::Bool, "All that is allowed"),
        Flag::new("no-headers", Takes::Bool, "No header line"),
        Flag::short("quiet", 'q', Takes::Bool, "Only the exit code"),
        Flag::new("subresource", Takes::Text, "The subresource, log"),
    ],
    run: can_i,
};

/// `auth whoami`
pub static WHOAMI: Verb = Verb {
    name: "auth whoami",
    about: "Show who the API server takes you for.",
    usage: "auth whoami [options]",
    flags: &[OUTPUT],
    run: whoami,
};

fn can_i(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if args.flag("list") {
        if !args.words.is_empty() {
            return Err(CliError::plain("list option must be specified with no arguments"));
        }
        if args.flag("quiet") || args.flag("all-namespaces") || args.has("subresource") {
            return Err(CliError::plain(
                "list option can't be specified with neither quiet, all-namespaces nor subresource options",
            ));
        }
        list(args, env);
        return Ok(Flow::OK);
    }
    let [verb, resource] = args.words.as_slice() else {
        return Err(CliError::plain(
            "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' \
             for help and examples.",
        ));
    };
    if !resource.starts_with('/') {
        warn(args, env, verb, resource.split('/').next().unwrap_or_default());
    } else if args.text("subresource").is_some_and(|name| !name.is_empty()) {
        return Err(CliError::plain("--subresource can not be used with NonResourceURL"));
    } else if !URL_VERBS.contains(&verb.as_str()) {
        env.out.err_line(format!("Warning: verb '{verb}' is not a known verb\n"));
    }
    if args.flag("no-headers") {
        return Err(CliError::plain("--no-headers cannot be set without --list specified"));
    }
    let allowed = is_allowed(args, env, verb, resource);
    if !args.flag("quiet") {
        env.out.line(if allowed { "yes" } else { "no" });
    }
    Ok(if allowed { Flow::OK } else { Flow::Done(1) })
}

/// Whether whoever asks may do `verb` with `resource`: a type, a type and a name, or a path.
fn is_allowed(args: &Args, env: &Env<'_>, verb: &str, resource: &str) -> bool {
    if !env.cluster.engine().config().has_rbac() {
        return true;
    }
    let (store, user) = (env.cluster.api().store(), user(args, env));
    if resource.starts_with('/') {
        return authorization::allows(store, &user, Request::Path { verb, path: resource }, "");
    }
    let (word, name) = resource.split_once('/').unwrap_or((resource, ""));
    let version = env.cluster.api().gates.version();
    let served = match Kind::from_word(word) {
        Some(kind) => Some((kind.info().plural, kind.info().group)),
        None => absent::named(word, version).map(|kind| (kind.plural, kind.group)),
    };
    let (resource, group) = served.unwrap_or_else(|| word.split_once('.').unwrap_or((word, "")));
    let subresource = args.text("subresource").unwrap_or_default();
    let namespace = if args.flag("all-namespaces") { "" } else { env.namespace };
    let request = Request::Resource { verb, group, resource, subresource, name };
    authorization::allows(store, &user, request, namespace)
}

/// Whom the command is to be run as, if as somebody else.
pub(super) fn impersonated(args: &Args) -> Option<User> {
    let name = args.text("as").filter(|name| !name.is_empty())?;
    Some(User::impersonated(name, args.list("as-group")))
}

/// Who asks: whoever made the cluster, or whom they act as.
fn user(args: &Args, env: &Env<'_>) -> User {
    match impersonated(args) {
        Some(user) => user,
        None => {
            let (name, groups) = maker(&env.cluster.engine().config().profile.name);
            User { name: name.to_owned(), groups: groups.map(str::to_owned).to_vec() }
        }
    }
}

/// Warnings about words that may be slips; they stand on lines of their own.
fn warn(args: &Args, env: &mut Env<'_>, verb: &str, resource: &str) {
    let version = env.cluster.api().gates.version();
    let known = match Kind::from_word(resource) {
        Some(kind) => Some((kind.info().plural, kind.info().group, kind.info().namespaced)),
        None => absent::named(resource, version).map(|kind| (kind.plural, kind.group, kind.namespaced)),
    };
    if known.is_none() && resource != "*" && !NAMES_WITHOUT_TYPE.contains(&resource) {
        let resource = resource.to_lowercase();
        let (name, group) = resource.split_once('.').unwrap_or((&resource, ""));
        let group = if group.is_empty() { String::new() } else { format!(" in group '{group}'") };
        env.out.err_line(format!("Warning: the server doesn't have a resource type '{name}'{group}\n"));
    }
    if let Some((plural, group, false)) = known.filter(|_| !args.flag("all-namespaces")) {
        let group = if group.is_empty() { String::new() } else { format!(" in group '{group}'") };
        env.out.err_line(format!("Warning: resource '{plural}' is not namespace scoped{group}\n"));
    }
    if !VERBS.contains(&verb) && !args.flag("all-namespaces") {
        env.out.err_line(format!("Warning: verb '{verb}' is not a known verb\n"));
    }
}

/// All that `user` may do in the namespace.
///
/// Models kubectl pkg/cmd/auth: printStatus.
fn list(args: &Args, env: &mut Env<'_>) {
    let rules = match env.cluster.engine().config().has_rbac() {
        true => authorization::rules(env.cluster.api().store(), &user(args, env), env.namespace),
        false => everything(),
    };
    let mut table = TabWriter::for_tables();
    if !args.flag("no-headers") {
        table.row(COLUMNS);
    }
    for line in policy_rules::lines(&rules) {
        table.row(line.each_ref().map(String::as_str));
    }
    env.out.out(table.flush());
}

/// The rules of a control plane that allows everything.
fn everything() -> Vec<PolicyRule> {
    let any = || Some(vec!["*".to_owned()]);
    let verbs = vec!["*".to_owned()];
    vec![
        PolicyRule { api_groups: any(), resources: any(), verbs: verbs.clone(), ..PolicyRule::default() },
        PolicyRule { non_resource_urls: any(), verbs, ..PolicyRule::default() },
    ]
}

fn whoami(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let User { name, groups } = user(args, env);
    match args.text("output").filter(|output| !output.is_empty()) {
        None => {
            let mut table = TabWriter::for_tables();
            table.row(["ATTRIBUTE", "VALUE"]);
            table.row(["Username", &name]);
            table.row(["Groups", &format!("[{}]", groups.join(" "))]);
            env.out.out(table.flush());
        }
        Some(output) => {
            let review = json!({
                "apiVersion": "authentication.k8s.io/v1",
                "kind": "SelfSubjectReview",
                "metadata": {"creationTimestamp": env.cluster.now().to_time()},
                "status": {"userInfo": {"groups": groups, "username": name}},
            });
            let text = Printer::new(output, args, env.files)?.print(&review)?;
            env.out.out(text);
        }
    }
    Ok(Flow::OK)
}
