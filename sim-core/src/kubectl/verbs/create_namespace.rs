//! `create namespace`

use serde_json::json;

use super::Verb;
use crate::kubectl::args::Args;
use crate::kubectl::error::CliError;
use crate::kubectl::{Env, Flow, generate};

/// `create namespace`
pub static VERB: Verb = Verb {
    name: "create namespace",
    about: "Create a namespace with the specified name.",
    usage: "create namespace NAME [--dry-run=server|client|none]",
    flags: generate::FLAGS,
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let name = generate::name("create namespace", args)?;
    let manifest = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "spec": {}, "status": {}});
    generate::create(args, env, manifest, "created", None)?;
    Ok(Flow::OK)
}
