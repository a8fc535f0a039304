//! `create job`

use serde_json::json;

use super::{SAVE_CONFIG, Verb};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
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
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let name = generate::name("create job", args)?;
    let image = args.text("image").unwrap_or_default();
    let command = args.after_dashes.as_deref().unwrap_or_default();
    if image.is_empty() {
        return Err(CliError::plain("either --image or --from must be specified"));
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
