//! `create priorityclass`

use serde_json::json;

use super::{SAVE_CONFIG, Verb};
use crate::api::to_value;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, generate};

/// `create priorityclass`
pub static VERB: Verb = Verb {
    name: "create priorityclass",
    about: "Create a priority class with the specified name, value, globalDefault and description.",
    usage: "create priorityclass NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none]",
    flags: &[
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        SAVE_CONFIG,
        Flag::new("value", Takes::Int, "the value of this priority class."),
        Flag::new("global-default", Takes::Bool, "Whether pods that name no class get this one"),
        Flag::new("description", Takes::Text, "What the class is for"),
        Flag::new("preemption-policy", Takes::Text, "PreemptLowerPriority or Never"),
    ],
    run,
};

/// Models kubectl pkg/cmd/create: PriorityClassOptions.
fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let name = generate::name("create priorityclass", args)?;
    let mut manifest = json!({
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "preemptionPolicy": args.text("preemption-policy").unwrap_or("PreemptLowerPriority"),
        "value": args.int("value").unwrap_or(0),
    });
    if args.flag("global-default") {
        manifest["globalDefault"] = json!(true);
    }
    if let Some(description) = args.text("description").filter(|text| !text.is_empty()) {
        manifest["description"] = to_value(&description);
    }
    generate::create(args, env, manifest, "created", Some("failed to create priorityclass:"))?;
    Ok(Flow::OK)
}
