//! `rollout restart`

use super::Verb;
use super::rollout_pause::change_all;
use crate::api::{Object, SimTime};
use crate::kubectl::args::Args;
use crate::kubectl::error::CliError;
use crate::kubectl::{Env, Flow, rollout, template};

/// The annotation whose change makes every pod new.
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// `rollout restart`
pub static VERB: Verb = Verb {
    name: "rollout restart",
    about: "Restart a resource.",
    usage: "rollout restart RESOURCE",
    flags: rollout::FLAGS,
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let now = env.cluster.now();
    change_all(args, env, "restarted", &|object| restart(object, now))
}

/// Models kubectl pkg/polymorphichelpers: defaultObjectRestarter.
fn restart(object: &mut Object, now: SimTime) -> Result<(), String> {
    match object {
        Object::Deployment(deployment) => {
            if deployment.spec.as_ref().is_some_and(|spec| spec.paused == Some(true)) {
                return Err("can't restart paused deployment (run rollout resume first)".to_owned());
            }
        }
        Object::StatefulSet(_) | Object::DaemonSet(_) => {}
        _ => return Err("restarting is not supported".to_owned()),
    }
    let Some(template) = template::template_mut(object) else {
        return Err("restarting is not supported".to_owned());
    };
    let annotations = template.metadata.get_or_insert_default().annotations.get_or_insert_default();
    annotations.insert(RESTARTED_AT.to_owned(), now.to_time().0.to_string());
    Ok(())
}
