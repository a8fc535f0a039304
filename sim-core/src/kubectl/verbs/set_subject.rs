//! `set subject`
//!
//! Models kubectl pkg/cmd/set: SubjectOptions.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::rbac::v1::Subject;

use super::Verb;
use super::create_rolebinding::{API_GROUP, GROUP, SERVICE_ACCOUNT, USER, no_account};
use super::set::{self, LOCAL};
use crate::api::{Kind, Object};
use crate::kubectl::args::Args;
use crate::kubectl::builder::{ALL, MISSING_RESOURCE, SELECTOR};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{self, FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
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

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if local::is_asked(args) && args.words.is_empty() && !manifests::is_given(args) {
        return Err(CliError::plain(MISSING_RESOURCE));
    }
    let infos = set::select(args, env, &args.words)?;
    check(args)?;
    let is_cluster_wide = infos.iter().any(|info| info.kind == Kind::ClusterRoleBinding);
    if is_cluster_wide && args.list("serviceaccount").iter().any(|account| account.starts_with(':')) {
        return Err(CliError::plain(
            "serviceaccount must be <namespace>:<name>, namespace must be specified",
        ));
    }
    let subjects = subjects(args, env.namespace);
    set::patch_all(args, env, &infos, "subjects updated", "subjects to rolebinding:", |object, _| {
        let listed = match object {
            Object::RoleBinding(binding) => &mut Arc::make_mut(binding).subjects,
            Object::ClusterRoleBinding(binding) => &mut Arc::make_mut(binding).subjects,
            _ => {
                return Err(
                    "setting subjects is only supported for RoleBinding/ClusterRoleBinding".to_owned()
                );
            }
        };
        let listed = listed.get_or_insert_default();
        for subject in &subjects {
            if !listed.contains(subject) {
                listed.push(subject.clone());
            }
        }
        Ok(())
    })
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
fn subjects(args: &Args, namespace: &str) -> Vec<Subject> {
    let named = |flag: &str| args.list(flag).iter().map(String::as_str).collect::<BTreeSet<_>>();
    let users = named("user").into_iter().map(|name| ("User", name));
    let groups = named("group").into_iter().map(|name| ("Group", name));
    let people = users.chain(groups).map(|(kind, name)| Subject {
        api_group: Some(API_GROUP.to_owned()),
        kind: kind.to_owned(),
        name: name.to_owned(),
        namespace: None,
    });
    let accounts = named("serviceaccount").into_iter().map(|account| {
        let (of, name) = account.split_once(':').unwrap_or_default();
        let of = if of.is_empty() { namespace } else { of };
        Subject {
            api_group: None,
            kind: "ServiceAccount".to_owned(),
            name: name.to_owned(),
            namespace: Some(of.to_owned()),
        }
    });
    people.chain(accounts).collect()
}
