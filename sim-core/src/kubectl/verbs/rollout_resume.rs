//! `rollout resume`

use super::Verb;
use super::rollout_pause::{change_all, set_paused};
use crate::kubectl::args::Args;
use crate::kubectl::error::CliError;
use crate::kubectl::{Env, Flow, rollout};

/// `rollout resume`
pub static VERB: Verb = Verb {
    name: "rollout resume",
    about: "Resume a paused resource.",
    usage: "rollout resume RESOURCE",
    flags: rollout::FLAGS,
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    change_all(args, env, "resumed", &|object| set_paused(object, false))
}
