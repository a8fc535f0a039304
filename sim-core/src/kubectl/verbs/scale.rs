//! `scale`

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::Verb;
use super::get::scale_value;
use crate::api::patch::Patch;
use crate::api::{ApiError, Feature, FeatureGates, Object, SimTime};
use crate::apiserver::{ApiServer, Subresource, WriteOptions};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{ALL, Builder, Info, SELECTOR};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::result::{DRY_RUN, DryRun, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, Progress, Task};

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
        Flag::new("timeout", Takes::Duration, "How long to wait until the status says so too"),
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
    let builder = Builder { must_exist: true, all_with_names: true, ..Builder::default() };
    let selection = builder.select(args, env, &args.words)?;
    if !wanted.version.is_empty() && selection.infos.len() > 1 {
        return Err(CliError::plain("cannot use --resource-version with multiple resources"));
    }
    let missing = CliError::aggregate(selection.errors);
    if selection.infos.is_empty() {
        return Err(nothing(missing, args.gates));
    }
    let timeout = args.duration("timeout").map(|timeout| timeout.length).filter(|timeout| !timeout.is_zero());
    if let Some(timeout) = timeout.filter(|_| results.dry_run() == DryRun::None) {
        let mut waits = Waits {
            command: args.command().to_owned(),
            left: selection.infos.into(),
            replicas,
            current,
            version: wanted.version.to_owned(),
            timeout,
            sent: None,
            results,
            missing,
        };
        return match waits.poll(env)? {
            Progress::Done(code) => Ok(Flow::Done(code)),
            Progress::Waiting => Ok(Flow::Task(Box::new(waits))),
        };
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

/// The complaint when there is nothing to scale, for all that is `missing`.
fn nothing(missing: Option<CliError>, gates: FeatureGates) -> CliError {
    const WHY: &str = "no objects passed to scale";
    match missing {
        Some(missing) if gates.has(Feature::ScaleSaysNotFound) => missing,
        Some(missing) if gates.has(Feature::ScaleNamesMissing) => {
            CliError::plain(format!("{WHY} {}", missing.bare()))
        }
        _ => CliError::plain(WHY),
    }
}

/// How often the status is looked at.
const POLLS: Duration = Duration::from_secs(1);

/// Scales one object after the other, each until its status has the new size.
///
/// Models kubectl pkg/scale: WaitForScaleHasDesiredReplicas.
struct Waits {
    command: String,
    left: VecDeque<Info>,
    replicas: i64,
    current: i64,
    version: String,
    timeout: Duration,
    /// The object that was scaled and is waited for, when to look again, and when to give up.
    sent: Option<(Object, SimTime, SimTime)>,
    results: Results,
    missing: Option<CliError>,
}

impl Task for Waits {
    fn poll(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        while let Some(info) = self.left.front() {
            let now = env.cluster.now();
            let (object, next, deadline) = match self.sent.take() {
                Some(sent) => sent,
                None => {
                    let wanted =
                        Wanted { replicas: self.replicas, current: self.current, version: &self.version };
                    let scaled =
                        env.cluster.act(&self.command, |api| scale(api, info, &wanted, DryRun::None))?;
                    (scaled, now, now + self.timeout)
                }
            };
            if now < next {
                self.sent = Some((object, next, deadline));
                return Ok(Progress::Waiting);
            }
            let seen = env.cluster.api().scale(info.kind, &info.key())?;
            let asked = seen.spec.and_then(|spec| spec.replicas).unwrap_or(0);
            let there = seen.status.map_or(0, |status| status.replicas);
            // Another size by now is somebody else's affair.
            if i64::from(asked) == self.replicas && there != asked {
                if now >= deadline {
                    let why = format!("timed out waiting for \"{}\" to be synced", info.name);
                    return Err(CliError::plain(why));
                }
                self.sent = Some((object, (next + POLLS).min(deadline), deadline));
                return Ok(Progress::Waiting);
            }
            self.results.print("scaled", &object, env.cluster.api(), env.out)?;
            self.left.pop_front();
        }
        self.missing.take().map_or(Ok(Progress::Done(0)), Err)
    }

    fn deadline(&self) -> Option<SimTime> {
        self.sent.as_ref().map(|(_, next, _)| *next)
    }
}

/// Models kubectl pkg/scale: genericScaler.ScaleSimple.
fn scale(api: &mut ApiServer, info: &Info, wanted: &Wanted<'_>, dry: DryRun) -> Result<Object, CliError> {
    let key = info.key();
    let object = api.get(info.kind, &key)?.clone();
    if dry == DryRun::Client {
        return Ok(of_size(object, wanted.replicas));
    }
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
    if i32::try_from(wanted.replicas).is_err() {
        // The server reads the patch as one of a Scale.
        let mut asked = scale_value(api.scale(info.kind, &key)?);
        asked["spec"]["replicas"] = wanted.replicas.into();
        let why = format!(
            "json: cannot unmarshal number {} into Go struct field ScaleSpec.spec.replicas of type int32",
            wanted.replicas
        );
        return Err(ApiError::invalid_patch(asked.to_string(), why).into());
    }
    let patch = Patch::Merge(json!({"spec": {"replicas": wanted.replicas}}));
    let options = WriteOptions { dry_run: dry == DryRun::Server };
    api.through("scale", |api| api.patch(info.kind, &key, &patch, Subresource::Main, options))?;
    Ok(of_size(object, wanted.replicas))
}

/// The object as kubectl shows it: as it was before, but for the size.
fn of_size(mut object: Object, replicas: i64) -> Object {
    let replicas = i32::try_from(replicas).ok();
    match &mut object {
        Object::StatefulSet(set) => Arc::make_mut(set).spec.get_or_insert_default().replicas = replicas,
        Object::Deployment(set) => Arc::make_mut(set).spec.get_or_insert_default().replicas = replicas,
        Object::ReplicaSet(set) => Arc::make_mut(set).spec.get_or_insert_default().replicas = replicas,
        _ => {}
    }
    object
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
