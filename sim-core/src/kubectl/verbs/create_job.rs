//! `create job`

use std::collections::BTreeMap;

use k8s_openapi::api::batch::v1::CronJob;
use serde_json::{Value, json};

use super::{SAVE_CONFIG, Verb};
use crate::api::{ObjectKey, encode, meta, to_value};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::resources::ResourceArgs;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, generate};

/// `create job`
pub static VERB: Verb = Verb {
    name: "create job",
    about: "Create a job with the specified name.",
    usage: "create job NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]",
    flags: &[
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        SAVE_CONFIG,
        Flag::new("image", Takes::Text, "The image of its container"),
        Flag::new("from", Takes::Text, "The CronJob that it is to be like, cronjob/NAME"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let name = generate::name("create job", args)?;
    let image = args.text("image").unwrap_or_default();
    let command = args.after_dashes.as_deref().unwrap_or_default();
    let from = args.text("from").unwrap_or_default();
    if image.is_empty() == from.is_empty() {
        return Err(CliError::plain("either --image or --from must be specified"));
    }
    if !from.is_empty() && !command.is_empty() {
        return Err(CliError::plain("cannot specify --from and command"));
    }
    if !from.is_empty() {
        let manifest = of_cron_job(name, from, env)?;
        generate::create(args, env, manifest, "created", Some("failed to create job:"))?;
        return Ok(Flow::OK);
    }
    let manifest = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"template": {"metadata": {}, "spec": generate::one_container(name, image, command, "Never")}},
        "status": {},
    });
    generate::create(args, env, manifest, "created", Some("failed to create job:"))?;
    Ok(Flow::OK)
}

/// The Job that a CronJob would create now.
///
/// Models kubectl pkg/cmd/create: createJobFromCronJob.
fn of_cron_job(name: &str, from: &str, env: &Env<'_>) -> Result<Value, CliError> {
    let targets = match ResourceArgs::parse(&[from.to_owned()])? {
        ResourceArgs::Named { targets, .. } => targets,
        _ => return Err(CliError::plain("from must be an existing cronjob")),
    };
    let [target] = targets.as_slice() else {
        return Err(CliError::plain("from must be an existing cronjob"));
    };
    let namespace = if target.kind.info().namespaced { env.namespace } else { "" };
    let object = env.cluster.api().get(target.kind, &ObjectKey::new(namespace, &target.name))?;
    let Some(cron) = object.as_ref::<CronJob>() else {
        let (version, kind) = (target.kind.info().version, target.kind.name());
        return Err(CliError::plain(format!("unknown object type *{version}.{kind}")));
    };
    let template = cron.spec.job_template.clone();
    let metadata = template.metadata.unwrap_or_default();
    let mut annotations =
        BTreeMap::from([("cronjob.kubernetes.io/instantiate".to_owned(), "manual".to_owned())]);
    annotations.extend(metadata.annotations.unwrap_or_default());
    let owner = json!({
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": meta::name(&cron.metadata),
        "uid": meta::uid(&cron.metadata),
        "controller": true,
    });
    let mut made = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"annotations": annotations, "name": name, "ownerReferences": [owner]},
        "spec": encode::to_value(&template.spec.unwrap_or_default()),
        "status": {},
    });
    if let Some(labels) = metadata.labels.filter(|labels| !labels.is_empty()) {
        made["metadata"]["labels"] = to_value(&labels);
    }
    Ok(made)
}
