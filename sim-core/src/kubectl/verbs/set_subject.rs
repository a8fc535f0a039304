//! `set subject`
//!
//! Models kubectl pkg/cmd/set: SubjectOptions.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Verb;
use super::create_rolebinding::{API_GROUP, GROUP, SERVICE_ACCOUNT, USER, no_account};
use super::set::{self, LOCAL};
use crate::kubectl::args::Args;
use crate::kubectl::builder::{ALL, MISSING_RESOURCE, SELECTOR};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{self, FILENAME, KUSTOMIZE, Manifests, RECURSIVE};
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, local};

/// `set subject`
pub static VERB: Verb = Verb {
    name: "set subject",
    about: "Update the user, group, or service account in a role binding or cluster role binding.",
    usage: "set subject (-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] \
            [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        SELECTOR,
        ALL,
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        LOCAL,
        USER,
        GROUP,
        SERVICE_ACCOUNT,
    ],
    run,
};

/// The kinds that have subjects. The simulator keeps no objects of them, so that only manifests can be changed.
const BINDINGS: [&str; 2] = ["ClusterRoleBinding", "RoleBinding"];

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let mut results = Results::parse(args, env.files)?;
    if !local::is_asked(args) {
        let infos = set::select(args, env, &args.words)?;
        check(args)?;
        return CliError::aggregate(infos.iter().map(|info| refused(&info.resource_name())).collect())
            .map_or(Ok(Flow::OK), Err);
    }
    let Manifests { infos, errors, absent, .. } = read(args, env)?;
    if let Some(error) = CliError::aggregate(errors) {
        return Err(error);
    }
    local::check_dry_run(args)?;
    check(args)?;
    let subjects = subjects(args, env.namespace);
    let is_cluster_wide = absent.iter().any(|value| value["kind"] == BINDINGS[0]);
    if is_cluster_wide && args.list("serviceaccount").iter().any(|account| account.starts_with(':')) {
        return Err(CliError::plain(
            "serviceaccount must be <namespace>:<name>, namespace must be specified",
        ));
    }
    let mut errors: Vec<CliError> = infos.iter().map(|info| refused(&set::local_name(info))).collect();
    for mut value in absent {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (kind, group) = (text("/kind"), text("/apiVersion").split('/').next().unwrap_or_default());
        let name = format!("{}.{group}/{}", kind.to_ascii_lowercase(), text("/metadata/name"));
        if !BINDINGS.contains(&kind) {
            errors.push(refused(&format!("{name}\n")));
            continue;
        }
        if add(&mut value, &subjects)? {
            errors.extend(results.print_made("subjects updated", &name, &value, env.out).err());
        }
    }
    CliError::aggregate(errors).map_or(Ok(Flow::OK), Err)
}

fn read(args: &Args, env: &Env<'_>) -> Result<Manifests, CliError> {
    if !args.words.is_empty() {
        return Err(CliError::plain(set::LOCAL_NEEDS_FILES));
    }
    if !manifests::is_given(args) {
        return Err(CliError::plain(MISSING_RESOURCE));
    }
    manifests::read_local(args, env)
}

/// Complaints about the command line that come after the objects were found.
///
/// # Errors
/// Nobody is named, or a service account is not named by its namespace.
fn check(args: &Args) -> Result<(), CliError> {
    if args.flag("all") && args.text("selector").is_some_and(|text| !text.is_empty()) {
        return Err(CliError::plain("cannot set --all and --selector at the same time"));
    }
    if ["user", "group", "serviceaccount"].iter().all(|flag| args.list(flag).is_empty()) {
        return Err(CliError::plain("you must specify at least one value of user, group or serviceaccount"));
    }
    let is_account = |account: &&String| account.split_once(':').is_some_and(|(_, name)| is_one(name));
    let fits = args.list("serviceaccount").iter().all(|account| is_account(&account));
    if fits { Ok(()) } else { Err(no_account()) }
}

fn is_one(name: &str) -> bool {
    !name.is_empty() && !name.contains(':')
}

/// Who is named, each once and in order of the alphabet.
fn subjects(args: &Args, namespace: &str) -> Vec<Value> {
    let named = |flag: &str| args.list(flag).iter().map(String::as_str).collect::<BTreeSet<_>>();
    let users = named("user").into_iter().map(|name| ("User", name));
    let groups = named("group").into_iter().map(|name| ("Group", name));
    let mut subjects: Vec<Value> = users
        .chain(groups)
        .map(|(kind, name)| json!({"apiGroup": API_GROUP, "kind": kind, "name": name}))
        .collect();
    for account in named("serviceaccount") {
        let (of, name) = account.split_once(':').unwrap_or_default();
        let of = if of.is_empty() { namespace } else { of };
        subjects.push(json!({"kind": "ServiceAccount", "name": name, "namespace": of}));
    }
    subjects
}

/// Adds those that the binding lacks; whether there were any.
fn add(binding: &mut Value, subjects: &[Value]) -> Result<bool, CliError> {
    let Some(fields) = binding.as_object_mut() else { return Ok(false) };
    let slot = fields.entry("subjects").or_insert(Value::Null);
    if slot.is_null() {
        *slot = json!([]);
    }
    let Some(listed) = slot.as_array_mut() else {
        return Err(CliError::plain("the binding's subjects are no list"));
    };
    let missing: Vec<Value> = subjects.iter().filter(|subject| !listed.contains(subject)).cloned().collect();
    listed.extend_from_slice(&missing);
    Ok(!missing.is_empty())
}

fn refused(name: &str) -> CliError {
    CliError::plain(format!(
        "error: {name} setting subjects is only supported for RoleBinding/ClusterRoleBinding\n"
    ))
}
