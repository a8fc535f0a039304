//! `rollout undo`

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde_json::json;

use super::Verb;
use crate::api::patch::Patch;
use crate::api::{Feature, Kind, Object, meta};
use crate::apiserver::{ApiServer, Subresource, WriteOptions};
use crate::kubectl::apply::LAST_APPLIED;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{Info, SELECTOR};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::output::Output;
use crate::kubectl::result::{DRY_RUN, DryRun, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::rollout::{self, Revision};
use crate::kubectl::{Env, Flow, describe, template};

/// `rollout undo`
pub static VERB: Verb = Verb {
    name: "rollout undo",
    about: "Roll back to a previous rollout.",
    usage: "rollout undo (TYPE NAME | TYPE/NAME) [flags]",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        SELECTOR,
        OUTPUT,
        SHOW_MANAGED,
        DRY_RUN,
        Flag::new("to-revision", Takes::Int, "The revision to go back to; 0 is the one before"),
    ],
    run,
};

/// Annotations of a Deployment that a ReplicaSet's copies do not replace.
///
/// Models kubectl pkg/polymorphichelpers: annotationsToSkip.
const KEPT_ANNOTATIONS: &[&str] = &[
    LAST_APPLIED,
    rollout::REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let selection = rollout::select(args, env)?;
    let mut results = Results::parse(args, env.files)?.apart();
    let to = args.int("to-revision").unwrap_or(0);
    let mut errors = selection.errors;
    let Env { cluster, out, .. } = env;
    cluster.act(args.command(), |api| {
        for info in &selection.infos {
            errors.extend(undo(info, to, &mut results, api, out).err());
        }
    });
    CliError::aggregate(errors).map_or(Ok(Flow::OK), Err)
}

fn undo(
    info: &Info,
    to: i64,
    results: &mut Results,
    api: &mut ApiServer,
    out: &mut Output,
) -> Result<(), CliError> {
    let object = api.get(info.kind, &info.key())?.clone();
    if api.gates.has(Feature::UndoWarnsOfApply) && meta::annotations(object.meta()).contains_key(LAST_APPLIED)
    {
        out.err_line(format!(
            "Warning: resource {} was previously managed with 'kubectl apply'. Rolling back will not update the \
             {LAST_APPLIED} annotation, which may cause unexpected behavior on future 'kubectl apply' \
             operations. Consider using 'kubectl apply' with your previous configuration file instead.",
            info.resource_name()
        ));
    }
    let revisions = rollout::revisions(info, "rollbacker", api.store())?;
    let target = choose(info, to, &revisions)?;
    // kubectl says the template where the operation stands otherwise.
    let preview = match &object {
        Object::StatefulSet(_) | Object::DaemonSet(_) => "will roll back to ",
        _ => "",
    };
    if results.dry_run() == DryRun::Client {
        let text = format!("{preview}{}", describe::pod_template(&target.template));
        return results.print(&text, &object, api, out);
    }
    let patch = match &object {
        Object::StatefulSet(_) | Object::DaemonSet(_) => {
            let current = template::template(&object);
            if current == Some(&target.template) {
                return results.print(&skipped(to), &object, api, out);
            }
            patch_of_set(target)
        }
        Object::Deployment(deployment) => {
            if deployment.spec.as_ref().is_some_and(|spec| spec.paused == Some(true)) {
                return Err(CliError::plain(format!(
                    "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume \
                     deployment/{}' and try again",
                    info.name
                )));
            }
            let template = without_hash(&target.template);
            if deployment.spec.as_ref().is_some_and(|spec| without_hash(&spec.template) == template) {
                return results.print(&skipped(to), &object, api, out);
            }
            patch_of_deployment(deployment, &template, target)
        }
        _ => return Ok(()),
    };
    let options = WriteOptions { dry_run: results.dry_run() == DryRun::Server };
    let patched = api.patch(info.kind, &info.key(), &patch, Subresource::Main, options);
    let patched =
        patched.map_err(|error| CliError::plain(format!("failed restoring revision {to}: {error}")))?;
    results.print("rolled back", &patched, api, out)
}

fn skipped(to: i64) -> String {
    format!("skipped rollback (current template already matches revision {to})")
}

/// The revision to go back to: the one asked for, or the newest but one.
///
/// Models kubectl pkg/polymorphichelpers: findHistory and deploymentRevision.
fn choose<'a>(
    info: &Info,
    to: i64,
    revisions: &'a BTreeMap<i64, Revision>,
) -> Result<&'a Revision, CliError> {
    if to != 0 {
        return revisions
            .get(&to)
            .ok_or_else(|| CliError::plain(format!("unable to find specified revision {to} in history")));
    }
    revisions.values().rev().nth(1).ok_or_else(|| {
        CliError::plain(match info.kind {
            Kind::Deployment => format!("no rollout history found for deployment \"{}\"", info.name),
            _ => "no last revision to roll back to".to_owned(),
        })
    })
}

/// A StatefulSet's or DaemonSet's revision is kept as the patch that restores it.
fn patch_of_set(target: &Revision) -> Patch {
    let data = match &target.kept_by {
        Object::ControllerRevision(revision) => revision.data.as_ref().map(|raw| raw.0.clone()),
        _ => None,
    };
    Patch::Strategic(data.unwrap_or_else(|| json!({})))
}

/// Models kubectl pkg/polymorphichelpers: DeploymentRollbacker.Rollback.
fn patch_of_deployment(deployment: &Deployment, template: &PodTemplateSpec, target: &Revision) -> Patch {
    let keeps = |key: &&String| KEPT_ANNOTATIONS.contains(&key.as_str());
    let own = meta::annotations(&deployment.metadata).iter().filter(|(key, _)| keeps(key));
    let theirs = meta::annotations(target.kept_by.meta()).iter().filter(|(key, _)| !keeps(key));
    let annotations: BTreeMap<&String, &String> = own.chain(theirs).collect();
    Patch::Json(json!([
        {"op": "replace", "path": "/spec/template", "value": template},
        {"op": "replace", "path": "/metadata/annotations", "value": annotations},
    ]))
}

fn without_hash(template: &PodTemplateSpec) -> PodTemplateSpec {
    let mut template = template.clone();
    if let Some(labels) = template.metadata.as_mut().and_then(|meta| meta.labels.as_mut()) {
        labels.remove(rollout::POD_TEMPLATE_HASH);
    }
    template
}
