//! `apply set-last-applied`

use super::Verb;
use crate::api::meta;
use crate::apiserver::{Subresource, WriteOptions};
use crate::kubectl::apply::{LAST_APPLIED, annotation_patch};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::MISSING_RESOURCE;
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{self, FILENAME};
use crate::kubectl::result::{DRY_RUN, DryRun, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, Flow};

/// `apply set-last-applied`
pub static VERB: Verb = Verb {
    name: "apply set-last-applied",
    about: "Set the last-applied-configuration annotation on a live object to match the contents of a file.",
    usage: "apply set-last-applied -f FILENAME [options]",
    flags: &[
        FILENAME,
        OUTPUT,
        DRY_RUN,
        SHOW_MANAGED,
        Flag::new("create-annotation", Takes::Bool, "Make the annotation where there is none"),
    ],
    run,
};

/// Models kubectl pkg/cmd/apply: SetLastAppliedOptions. Every object is looked at before any is changed.
fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if !manifests::names_files(args) {
        return Err(CliError::plain(MISSING_RESOURCE));
    }
    let mut results = Results::parse(args, env.files)?;
    let found = manifests::read(args, env, false)?;
    if let Some(error) = CliError::aggregate(found.errors) {
        return Err(error);
    }
    let mut changes = Vec::new();
    for info in found.infos {
        let object = env.cluster.api().get(info.kind, &info.key())?;
        let manifest = info.manifest.clone().unwrap_or_default();
        let kept = meta::annotations(object.meta()).get(LAST_APPLIED);
        if kept.is_none() && !args.flag("create-annotation") {
            return Err(CliError::plain(format!(
                "no last-applied-configuration annotation found on resource: {}, to create the annotation, run the \
                 command with --create-annotation",
                info.name
            )));
        }
        if kept.and_then(|text| serde_json::from_str(text).ok()).as_ref() == Some(&manifest) {
            env.out.line(format!("set-last-applied {}: no changes required.", info.name));
        } else {
            changes.push((info, manifest));
        }
    }
    let options = WriteOptions { dry_run: results.dry_run() == DryRun::Server };
    for (info, manifest) in changes {
        let patch = annotation_patch(&manifest);
        let object = if results.dry_run() == DryRun::Client {
            env.cluster.api().get(info.kind, &info.key())?.clone()
        } else {
            env.cluster.act(args.command(), |api| {
                api.patch(info.kind, &info.key(), &patch, Subresource::Main, options)
            })?
        };
        results.print("configured", &object, env.cluster.api(), env.out)?;
    }
    Ok(Flow::OK)
}
