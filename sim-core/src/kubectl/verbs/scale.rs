//! `scale`

use serde_json::json;

use super::Verb;
use crate::api::patch::Patch;
use crate::api::{ApiResult, Object};
use crate::apiserver::{ApiServer, Subresource, WriteOptions};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{ALL, Builder, Info, SELECTOR};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::result::{DRY_RUN, DryRun, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, Flow};

/// `scale`
pub static VERB: Verb = Verb {
    name: "scale",
    about: "Set a new size for a deployment, replica set, or stateful set.",
    usage: "scale [--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        SELECTOR,
        ALL,
        OUTPUT,
        DRY_RUN,
        SHOW_MANAGED,
        Flag::new("replicas", Takes::Int, "The new size"),
        Flag::new("current-replicas", Takes::Int, "Refuse unless this is the size now"),
        Flag::new("resource-version", Takes::Text, "Refuse unless this is the resourceVersion now"),
        Flag::new("timeout", Takes::Duration, "Accepted for kubectl's sake"),
    ],
    run,
};

struct Wanted<'a> {
    replicas: i64,
    current: i64,
    version: &'a str,
}

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let Some(replicas) = args.int("replicas") else {
        return Err(CliError::plain("required flag(s) \"replicas\" not set"));
    };
    let mut results = Results::parse(args, env.files)?;
    if replicas < 0 {
        return Err(CliError::plain(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        ));
    }
    let current = args.int("current-replicas").unwrap_or(-1);
    if current < -1 {
        return Err(CliError::plain("The --current-replicas must specify an integer of -1 or greater"));
    }
    let wanted = Wanted { replicas, current, version: args.text("resource-version").unwrap_or_default() };
    let builder = Builder { must_exist: true, ..Builder::default() };
    let selection = builder.select(args, env, &args.words)?;
    if !wanted.version.is_empty() && selection.infos.len() > 1 {
        return Err(CliError::plain("cannot use --resource-version with multiple resources"));
    }
    let missing = CliError::aggregate(selection.errors);
    if selection.infos.is_empty() {
        return Err(missing.unwrap_or_else(|| CliError::plain("no objects passed to scale")));
    }
    let Env { cluster, out, .. } = env;
    cluster.act(args.command(), |api| {
        for info in &selection.infos {
            let object = scale(api, info, &wanted, results.dry_run())?;
            results.print("scaled", &object, api, out)?;
        }
        Ok::<(), CliError>(())
    })?;
    missing.map_or(Ok(Flow::OK), Err)
}

/// Models kubectl pkg/scale: genericScaler.ScaleSimple.
fn scale(api: &mut ApiServer, info: &Info, wanted: &Wanted<'_>, dry: DryRun) -> Result<Object, CliError> {
    let key = info.key();
    let object = api.get(info.kind, &key)?.clone();
    let Some(size) = size(&object) else {
        let why = "the server could not find the requested resource";
        return Err(CliError::Verbatim(format!("Error from server (NotFound): {why}")));
    };
    if wanted.current != -1 && i64::from(size) != wanted.current {
        return Err(CliError::plain(format!("Expected replicas to be {}, was {size}", wanted.current)));
    }
    let version = object.meta().resource_version.as_deref().unwrap_or_default();
    if !wanted.version.is_empty() && version != wanted.version {
        let why = format!("Expected resource version to be {}, was {version}", wanted.version);
        return Err(CliError::plain(why));
    }
    if dry == DryRun::Client {
        return Ok(object);
    }
    let patch = Patch::Merge(json!({"spec": {"replicas": wanted.replicas}}));
    let options = WriteOptions { dry_run: dry == DryRun::Server };
    let scaled: ApiResult<Object> =
        api.through("scale", |api| api.patch(info.kind, &key, &patch, Subresource::Main, options));
    Ok(scaled?)
}

/// The size that the object asks for; `None` for kinds that have none.
fn size(object: &Object) -> Option<i32> {
    let replicas = match object {
        Object::StatefulSet(set) => set.spec.as_ref().and_then(|spec| spec.replicas),
        Object::Deployment(deployment) => deployment.spec.as_ref().and_then(|spec| spec.replicas),
        Object::ReplicaSet(set) => set.spec.as_ref().and_then(|spec| spec.replicas),
        _ => return None,
    };
    Some(replicas.unwrap_or(1))
}
