//! `kubectl api-versions`

use std::collections::BTreeSet;

use super::Verb;
use super::api_resources::EVENTS;
use crate::api::Kind;
use crate::kubectl::args::Args;
use crate::kubectl::error::CliError;
use crate::kubectl::{Env, Flow};
use crate::kubectl::{absent, metrics_api};

/// The verb.
pub static VERB: Verb = Verb {
    name: "api-versions",
    about: "Print the supported API versions on the server, in the form of \"group/version\"",
    usage: "api-versions",
    flags: &[],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if !args.words.is_empty() {
        let why = format!("unexpected arguments: [{}]", args.words.join(" "));
        return Err(CliError::misuse("api-versions", why));
    }
    let absent = absent::served(env.cluster.api().gates.version()).map(absent::Absent::api_version);
    let others = ["autoscaling/v1".to_owned(), format!("{EVENTS}/v1")];
    let metrics = metrics_api::is_served(env).then(metrics_api::api_version);
    let versions: BTreeSet<String> = Kind::ALL
        .iter()
        .map(|kind| kind.info().api_version())
        .chain(absent)
        .chain(others)
        .chain(metrics)
        .collect();
    versions.iter().for_each(|version| env.out.line(version));
    Ok(Flow::OK)
}
