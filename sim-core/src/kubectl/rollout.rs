//! What the `rollout` verbs share: their flags, how they find objects, and an object's revisions.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{ControllerRevision, Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde_json::Value;

use super::Env;
use super::args::{Args, Flag};
use super::builder::{Builder, Info, SELECTOR, Selection};
use super::error::CliError;
use super::manifests::{self, FILENAME, KUSTOMIZE, RECURSIVE};
use super::result::{FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use super::selection::not_there;
use crate::api::decode::typed;
use crate::api::{Kind, Object, meta};
use crate::store::Store;

/// Flags that all rollout verbs have.
pub const FLAGS: &[Flag] = &[FILENAME, RECURSIVE, KUSTOMIZE, SELECTOR, OUTPUT, SHOW_MANAGED, FIELD_MANAGER];

/// Why an object has the revision it has, as its author wrote it.
pub const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";
/// The number of a Deployment's or ReplicaSet's revision.
pub const REVISION: &str = "deployment.kubernetes.io/revision";
/// The label that tells a Deployment's ReplicaSets apart.
pub const POD_TEMPLATE_HASH: &str = "pod-template-hash";

/// Finds the objects that a rollout verb works on.
///
/// # Errors
/// `required resource not specified`, or what [`Builder::select`] finds.
pub fn select(args: &Args, env: &mut Env<'_>) -> Result<Selection, CliError> {
    if args.words.is_empty() && !manifests::is_given(args) {
        return Err(CliError::plain("required resource not specified"));
    }
    Builder { empty_selector: true, must_exist: true, ..Builder::default() }.select(args, env, &args.words)
}

/// `StatefulSet.apps`, as errors about a kind that cannot be rolled out name it.
pub fn group_kind(kind: Kind) -> String {
    let info = kind.info();
    if info.group.is_empty() {
        info.kind.name().to_owned()
    } else {
        format!("{}.{}", info.kind.name(), info.group)
    }
}

/// A revision of an object's template.
#[derive(Clone, Debug)]
pub struct Revision {
    /// Its number.
    pub number: i64,
    /// Why it was made, as its author wrote it.
    pub cause: Option<String>,
    /// Its template.
    pub template: PodTemplateSpec,
    /// The object that keeps it.
    pub kept_by: Object,
}

/// The revisions of `info`'s object, by number.
///
/// # Errors
/// The object's kind has none, or the object is not there.
pub fn revisions(info: &Info, what: &str, store: &Store) -> Result<BTreeMap<i64, Revision>, CliError> {
    let kind = group_kind(info.kind);
    let object = store.get(info.kind, &info.key()).ok_or_else(|| not_there(info.kind, &info.key(), store))?;
    let found: Vec<Revision> = match object {
        Object::StatefulSet(_) | Object::DaemonSet(_) => revisions_of_set(object.uid(), store),
        Object::Deployment(deployment) => revisions_of_deployment(deployment, store),
        Object::Pod(_) | Object::ReplicaSet(_) | Object::Job(_) | Object::CronJob(_) => {
            return Err(CliError::plain(format!("no {what} has been implemented for \"{kind}\"")));
        }
        _ => {
            let subject = what.strip_suffix(" viewer").unwrap_or(what);
            let (group, name) = (info.kind.info().group, info.kind.name());
            return Err(CliError::plain(format!(
                "error retrieving {subject} for \"{kind}\", no visitor method exists for {{{group} {name}}}"
            )));
        }
    };
    Ok(found.into_iter().map(|revision| (revision.number, revision)).collect())
}

/// Models kubectl pkg/polymorphichelpers: statefulSetHistory and daemonSetHistory.
fn revisions_of_set(owner: &str, store: &Store) -> Vec<Revision> {
    let kept = store.owned_by(owner).filter_map(Object::as_ref::<ControllerRevision>);
    let controlled = kept.filter(|revision| meta::is_controlled_by(&revision.metadata, owner));
    controlled
        .map(|revision| Revision {
            number: revision.revision,
            cause: meta::annotations(&revision.metadata).get(CHANGE_CAUSE).cloned(),
            template: template_in(revision),
            kept_by: Object::from(revision.clone()),
        })
        .collect()
}

/// The template that a ControllerRevision keeps; empty when its data is none of a controller's.
fn template_in(revision: &ControllerRevision) -> PodTemplateSpec {
    let data = revision.data.as_ref().map(|raw| &raw.0);
    let template = data.and_then(|data| data.pointer("/spec/template")).cloned().unwrap_or(Value::Null);
    typed::from_value(template, &mut |_| {}).unwrap_or_default()
}

/// Models kubectl pkg/util/deployment: GetAllReplicaSets.
fn revisions_of_deployment(deployment: &Deployment, store: &Store) -> Vec<Revision> {
    let owner = meta::uid(&deployment.metadata);
    let kept = store.owned_by(owner).filter_map(Object::as_ref::<ReplicaSet>);
    let controlled = kept.filter(|set| meta::is_controlled_by(&set.metadata, owner));
    controlled
        .filter_map(|set| {
            let annotations = meta::annotations(&set.metadata);
            Some(Revision {
                number: annotations.get(REVISION)?.parse().ok()?,
                cause: annotations.get(CHANGE_CAUSE).cloned(),
                template: set.spec.as_ref()?.template.clone()?,
                kept_by: Object::from(set.clone()),
            })
        })
        .collect()
}
