//! `rollout status`

use std::collections::VecDeque;
use std::time::Duration;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};

use super::Verb;
use crate::api::{Kind, Object, ObjectKey, SimTime, meta};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{Info, SELECTOR};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::{Env, Flow, Progress, Task, rollout};
use crate::store::ChangeType;

/// `rollout status`
pub static VERB: Verb = Verb {
    name: "rollout status",
    about: "Show the status of the rollout.",
    usage: "rollout status (TYPE NAME | TYPE/NAME) [flags]",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        SELECTOR,
        Flag::short("watch", 'w', Takes::Bool, "Watch the rollout until it is done (the default)"),
        Flag::new("revision", Takes::Int, "Fail when another revision is rolled out"),
        Flag::new("timeout", Takes::Duration, "How long to watch; zero is for ever"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let selection = rollout::select(args, env)?;
    let revision = args.int("revision").unwrap_or(0);
    if revision < 0 {
        return Err(CliError::plain(format!("revision must be a positive integer: {revision}")));
    }
    if selection.infos.is_empty() && selection.errors.is_empty() {
        env.out.err_line(format!("No resources found in {} namespace.", env.namespace));
        return Ok(Flow::OK);
    }
    let timeout = args.duration("timeout").filter(|timeout| !timeout.negative && !timeout.length.is_zero());
    let mut task = Watching {
        left: selection.infos.into(),
        errors: selection.errors,
        revision,
        once: args.has("watch") && !args.flag("watch"),
        timeout: timeout.map(|timeout| timeout.length),
        followed: None,
    };
    match task.poll(env)? {
        Progress::Done(code) => Ok(Flow::Done(code)),
        Progress::Waiting => Ok(Flow::Task(Box::new(task))),
    }
}

/// Says where the rollout of one object after the other stands, each until it is done.
struct Watching {
    left: VecDeque<Info>,
    errors: Vec<CliError>,
    revision: i64,
    /// Looks once and does not wait.
    once: bool,
    timeout: Option<Duration>,
    followed: Option<Followed>,
}

/// The object whose changes are followed.
struct Followed {
    kind: Kind,
    key: ObjectKey,
    /// The newest change of the store that was looked at.
    seen: u64,
    deadline: Option<SimTime>,
}

impl Watching {
    /// Begins with the next object; true when there is nothing to wait for.
    fn begin(&mut self, info: &Info, env: &mut Env<'_>) -> Result<bool, CliError> {
        if !matches!(info.kind, Kind::DaemonSet | Kind::Deployment | Kind::StatefulSet) {
            let kind = rollout::group_kind(info.kind);
            return Err(CliError::plain(format!("no status viewer has been implemented for {kind}")));
        }
        let (store, now) = (env.cluster.store(), env.cluster.now());
        let object = store.get(info.kind, &info.key()).cloned();
        let seen = store.revision();
        if let Some(object) = object
            && (show(&object, self.revision, env)? || self.once)
        {
            return Ok(true);
        }
        let deadline = self.timeout.map(|timeout| now + timeout);
        self.followed = Some(Followed { kind: info.kind, key: info.key(), seen, deadline });
        Ok(false)
    }
}

impl Followed {
    /// Looks at what has changed; true when the rollout is done.
    fn look(&mut self, revision: i64, env: &mut Env<'_>) -> Result<bool, CliError> {
        let store = env.cluster.store();
        let mine: Vec<(ChangeType, Object)> = store
            .log()
            .since(self.seen)
            .filter(|change| change.object.kind() == self.kind && change.reference.key.clone() == self.key)
            .map(|change| (change.change, change.object.clone()))
            .collect();
        self.seen = store.revision();
        for (change, object) in mine {
            if change == ChangeType::Deleted {
                return Err(CliError::plain("object has been deleted"));
            }
            if show(&object, revision, env)? {
                return Ok(true);
            }
        }
        if self.deadline.is_some_and(|deadline| env.cluster.now() >= deadline) {
            return Err(CliError::plain("timed out waiting for the condition"));
        }
        Ok(false)
    }
}

/// Says where the rollout stands; true when it is done.
fn show(object: &Object, revision: i64, env: &mut Env<'_>) -> Result<bool, CliError> {
    let status = match object {
        Object::Deployment(deployment) => status_of_deployment(deployment, revision),
        Object::StatefulSet(set) => status_of_set(set),
        Object::DaemonSet(set) => status_of_daemons(set),
        _ => return Ok(true),
    };
    let (line, done) = status.map_err(CliError::plain)?;
    env.out.line(line);
    Ok(done)
}

impl Task for Watching {
    fn poll(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        loop {
            let done = match (&mut self.followed, self.left.front().cloned()) {
                (Some(followed), _) => followed.look(self.revision, env),
                (None, Some(info)) => {
                    self.left.pop_front();
                    self.begin(&info, env)
                }
                (None, None) => break,
            };
            match done {
                Ok(false) => return Ok(Progress::Waiting),
                Ok(true) => self.followed = None,
                Err(error) => {
                    self.errors.push(error);
                    self.followed = None;
                }
            }
        }
        CliError::aggregate(std::mem::take(&mut self.errors)).map_or(Ok(Progress::Done(0)), Err)
    }

    fn deadline(&self) -> Option<SimTime> {
        self.followed.as_ref()?.deadline
    }
}

/// Models kubectl pkg/polymorphichelpers: StatefulSetStatusViewer.
fn status_of_set(set: &StatefulSet) -> Result<(String, bool), String> {
    let spec = set.spec.clone().unwrap_or_default();
    let status = set.status.clone().unwrap_or_default();
    let strategy = spec.update_strategy.unwrap_or_default();
    if strategy.type_.as_deref() != Some("RollingUpdate") {
        return Err("rollout status is only available for RollingUpdate strategy type".to_owned());
    }
    let observed = status.observed_generation.unwrap_or(0);
    if observed == 0 || set.metadata.generation.unwrap_or(0) > observed {
        return Ok(("Waiting for statefulset spec update to be observed...".to_owned(), false));
    }
    let replicas = spec.replicas.unwrap_or(1);
    let ready = status.ready_replicas.unwrap_or(0);
    if ready < replicas {
        return Ok((format!("Waiting for {} pods to be ready...", replicas - ready), false));
    }
    let updated = status.updated_replicas.unwrap_or(0);
    if let Some(rolling) = strategy.rolling_update {
        let wanted = replicas - rolling.partition.unwrap_or(0);
        if rolling.partition.is_some() && updated < wanted {
            let line = format!(
                "Waiting for partitioned roll out to finish: {updated} out of {wanted} new pods have been updated..."
            );
            return Ok((line, false));
        }
        return Ok((format!("partitioned roll out complete: {updated} new pods have been updated..."), true));
    }
    let target = status.update_revision.unwrap_or_default();
    let current = status.current_revision.unwrap_or_default();
    if target != current {
        let line = format!(
            "waiting for statefulset rolling update to complete {updated} pods at revision {target}..."
        );
        return Ok((line, false));
    }
    let count = status.current_replicas.unwrap_or(0);
    Ok((format!("statefulset rolling update complete {count} pods at revision {current}..."), true))
}

/// Models kubectl pkg/polymorphichelpers: DaemonSetStatusViewer.
fn status_of_daemons(set: &DaemonSet) -> Result<(String, bool), String> {
    let name = meta::name(&set.metadata);
    let status = set.status.clone().unwrap_or_default();
    let strategy = set.spec.as_ref().and_then(|spec| spec.update_strategy.as_ref());
    if strategy.and_then(|strategy| strategy.type_.as_deref()) != Some("RollingUpdate") {
        return Err("rollout status is only available for RollingUpdate strategy type".to_owned());
    }
    if set.metadata.generation.unwrap_or(0) > status.observed_generation.unwrap_or(0) {
        return Ok(("Waiting for daemon set spec update to be observed...".to_owned(), false));
    }
    let desired = status.desired_number_scheduled;
    let updated = status.updated_number_scheduled.unwrap_or(0);
    let available = status.number_available.unwrap_or(0);
    let what = if updated < desired {
        format!("{updated} out of {desired} new pods have been updated...")
    } else if available < desired {
        format!("{available} of {desired} updated pods are available...")
    } else {
        return Ok((format!("daemon set \"{name}\" successfully rolled out"), true));
    };
    Ok((format!("Waiting for daemon set \"{name}\" rollout to finish: {what}"), false))
}

/// Models kubectl pkg/polymorphichelpers: DeploymentStatusViewer.
fn status_of_deployment(deployment: &Deployment, revision: i64) -> Result<(String, bool), String> {
    let name = meta::name(&deployment.metadata);
    let status = deployment.status.clone().unwrap_or_default();
    let running = meta::annotations(&deployment.metadata).get(rollout::REVISION);
    let running: i64 = running.and_then(|text| text.parse().ok()).unwrap_or(0);
    if revision > 0 && revision != running {
        return Err(format!(
            "desired revision ({revision}) is different from the running revision ({running})"
        ));
    }
    if deployment.metadata.generation.unwrap_or(0) > status.observed_generation.unwrap_or(0) {
        return Ok(("Waiting for deployment spec update to be observed...".to_owned(), false));
    }
    let progressing = status.conditions.iter().flatten().find(|condition| condition.type_ == "Progressing");
    if progressing.is_some_and(|condition| condition.reason.as_deref() == Some("ProgressDeadlineExceeded")) {
        return Err(format!("deployment \"{name}\" exceeded its progress deadline"));
    }
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let updated = status.updated_replicas.unwrap_or(0);
    let all = status.replicas.unwrap_or(0);
    let available = status.available_replicas.unwrap_or(0);
    let what = if updated < wanted {
        format!("{updated} out of {wanted} new replicas have been updated...")
    } else if all > updated {
        format!("{} old replicas are pending termination...", all - updated)
    } else if available < updated {
        format!("{available} of {updated} updated replicas are available...")
    } else {
        return Ok((format!("deployment \"{name}\" successfully rolled out"), true));
    };
    Ok((format!("Waiting for deployment \"{name}\" rollout to finish: {what}"), false))
}
