//! `rollout pause` and what it shares with `rollout resume` and `rollout restart`.

use std::sync::Arc;

use super::Verb;
use crate::api::Object;
use crate::apiserver::{Subresource, WriteOptions};
use crate::kubectl::args::Args;
use crate::kubectl::error::CliError;
use crate::kubectl::result::Results;
use crate::kubectl::{Env, Flow, rollout};

/// `rollout pause`
pub static VERB: Verb = Verb {
    name: "rollout pause",
    about: "Mark the provided resource as paused.",
    usage: "rollout pause RESOURCE",
    flags: rollout::FLAGS,
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    change_all(args, env, "paused", &|object| set_paused(object, true))
}

/// Pauses or resumes a Deployment, the one kind that can be.
///
/// Models kubectl pkg/polymorphichelpers: defaultObjectPauser and defaultObjectResumer.
///
/// # Errors
/// The rest of the sentence about the object.
pub fn set_paused(object: &mut Object, paused: bool) -> Result<(), String> {
    let verb = if paused { "pausing" } else { "resuming" };
    let Object::Deployment(deployment) = object else { return Err(format!("{verb} is not supported")) };
    let Some(spec) = Arc::make_mut(deployment).spec.as_mut() else {
        return Err(format!("{verb} is not supported"));
    };
    if (spec.paused == Some(true)) == paused {
        return Err(if paused { "is already paused" } else { "is not paused" }.to_owned());
    }
    spec.paused = paused.then_some(true);
    Ok(())
}

/// Changes every object that `args` name and says so.
///
/// # Errors
/// What went wrong with any of them, together.
pub fn change_all(
    args: &Args,
    env: &mut Env<'_>,
    operation: &str,
    change: &dyn Fn(&mut Object) -> Result<(), String>,
) -> Result<Flow, CliError> {
    let selection = rollout::select(args, env)?;
    let mut results = Results::parse(args, env.files)?.apart();
    let mut errors = selection.errors;
    if selection.infos.is_empty() && errors.is_empty() {
        env.out.err_line(format!("No resources found in {} namespace.", env.namespace));
    }
    let Env { cluster, out, .. } = env;
    cluster.act(args.command(), |api| {
        for info in &selection.infos {
            let Ok(old) = api.get(info.kind, &info.key()).cloned() else { continue };
            let mut new = old.clone();
            if let Err(why) = change(&mut new) {
                let plural = info.kind.info().qualified_plural();
                errors.push(CliError::plain(format!("error: {plural} \"{}\" {why}", info.name)));
                continue;
            }
            if new == old {
                errors.push(CliError::plain(format!(
                    "failed to create patch for {}: if restart has already been triggered within the past \
                     second, please wait before attempting to trigger another",
                    info.name
                )));
                continue;
            }
            match api.update_with(new, Subresource::Main, WriteOptions::default()) {
                Ok(object) => errors.extend(results.print(operation, &object, api, out).err()),
                Err(error) => errors.push(CliError::plain(format!("failed to patch: {error}"))),
            }
        }
    });
    CliError::aggregate(errors).map_or(Ok(Flow::OK), Err)
}
