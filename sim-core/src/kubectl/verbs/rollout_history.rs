//! `rollout history`

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Verb;
use crate::api::Object;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{Info, SELECTOR};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::result::{OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::rollout::{self, CHANGE_CAUSE, Revision};
use crate::kubectl::{Env, Flow, describe};
use crate::store::Store;

const NO_SUCH_REVISION: &str = "unable to find the specified revision";

/// `rollout history`
pub static VERB: Verb = Verb {
    name: "rollout history",
    about: "View previous rollout revisions and configurations.",
    usage: "rollout history (TYPE NAME | TYPE/NAME) [flags]",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        SELECTOR,
        OUTPUT,
        SHOW_MANAGED,
        Flag::new("revision", Takes::Int, "Show this revision's template"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let selection = rollout::select(args, env)?;
    let mut results = Results::parse(args, env.files)?;
    let wanted = args.int("revision").unwrap_or(0);
    if wanted < 0 {
        return Err(CliError::plain(format!("revision must be a positive integer: {wanted}")));
    }
    let mut errors = selection.errors;
    for info in &selection.infos {
        let store = env.cluster.store();
        if results.is_whole() || results.is_name() {
            let found =
                rollout::revisions(info, "history viewer", store).and_then(|found| chosen(found, wanted));
            let printed = found.and_then(|found| {
                let objects = found.iter().filter_map(|revision| as_of(revision, info, store));
                let objects: Vec<Object> = objects.collect();
                objects.iter().try_for_each(|object| results.print_typed(object, env.cluster.api(), env.out))
            });
            errors.extend(printed.err());
            continue;
        }
        let shown = rollout::revisions(info, "history viewer", store).and_then(|found| show(&found, wanted));
        let printed = shown.and_then(|text| {
            let heading = if wanted > 0 { format!("with revision #{wanted}") } else { String::new() };
            let object = store.get(info.kind, &info.key()).cloned();
            object.map_or(Ok(()), |object| {
                results.print(&format!("{heading}\n{text}"), &object, env.cluster.api(), env.out)
            })
        });
        errors.extend(printed.err());
    }
    CliError::aggregate(errors).map_or(Ok(Flow::OK), Err)
}

/// The revisions to print whole, in order.
fn chosen(mut revisions: BTreeMap<i64, Revision>, wanted: i64) -> Result<Vec<Revision>, CliError> {
    if wanted == 0 {
        return Ok(revisions.into_values().collect());
    }
    let revision = revisions.remove(&wanted);
    revision.map(|revision| vec![revision]).ok_or_else(|| CliError::plain(NO_SUCH_REVISION))
}

/// The object with the revision's template; of a Deployment the ReplicaSet.
///
/// Models kubectl pkg/polymorphichelpers: HistoryViewer.GetHistory.
fn as_of(revision: &Revision, info: &Info, store: &Store) -> Option<Object> {
    let template = revision.template.clone();
    let mut object = store.get(info.kind, &info.key())?.clone();
    match &mut object {
        Object::StatefulSet(set) => Arc::make_mut(set).spec.as_mut()?.template = template,
        Object::DaemonSet(set) => Arc::make_mut(set).spec.as_mut()?.template = template,
        _ => return Some(revision.kept_by.clone()),
    }
    Some(object)
}

fn show(revisions: &BTreeMap<i64, Revision>, wanted: i64) -> Result<String, CliError> {
    if revisions.is_empty() {
        return Ok("No rollout history found.".to_owned());
    }
    if wanted > 0 {
        let revision = revisions.get(&wanted).ok_or_else(|| CliError::plain(NO_SUCH_REVISION))?;
        let mut template = revision.template.clone();
        if let Some(cause) = &revision.cause {
            let annotations = template.metadata.get_or_insert_default().annotations.get_or_insert_default();
            annotations.insert(CHANGE_CAUSE.to_owned(), cause.clone());
        }
        return Ok(describe::pod_template(&template));
    }
    let mut text = String::from("REVISION  CHANGE-CAUSE\n");
    for (number, revision) in revisions {
        let cause = revision.cause.as_deref().filter(|cause| !cause.is_empty()).unwrap_or("<none>");
        text.push_str(&format!("{:<10}{cause}\n", number.to_string()));
    }
    Ok(text)
}
