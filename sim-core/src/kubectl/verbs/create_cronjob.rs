//! `create cronjob`

use serde_json::json;

use super::{SAVE_CONFIG, Verb};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, generate};

/// `create cronjob`
pub static VERB: Verb = Verb {
    name: "create cronjob",
    about: "Create a cron job with the specified name.",
    usage: "create cronjob NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags]",
    flags: &[
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        SAVE_CONFIG,
        Flag::new("image", Takes::Text, "The image of its container"),
        Flag::new("schedule", Takes::Text, "When its jobs run, in the format of cron"),
        Flag::new("restart", Takes::Text, "The restart policy of its pods: OnFailure (the default) or Never"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let missing: Vec<String> = ["image", "schedule"]
        .iter()
        .filter(|flag| !args.has(flag))
        .map(|flag| format!("\"{flag}\""))
        .collect();
    if !missing.is_empty() {
        return Err(CliError::plain(format!("required flag(s) {} not set", missing.join(", "))));
    }
    let name = generate::name("create cronjob", args)?;
    let command = args.after_dashes.as_deref().unwrap_or_default();
    let restart = args.text("restart").filter(|policy| !policy.is_empty()).unwrap_or("OnFailure");
    let image = args.text("image").unwrap_or_default();
    let pod = generate::one_container(name, image, command, restart);
    let manifest = json!({
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name},
        "spec": {
            "jobTemplate": {"metadata": {"name": name}, "spec": {"template": {"metadata": {}, "spec": pod}}},
            "schedule": args.text("schedule").unwrap_or_default(),
        },
        "status": {},
    });
    generate::create(args, env, manifest, "created", Some("failed to create cronjob:"))?;
    Ok(Flow::OK)
}
