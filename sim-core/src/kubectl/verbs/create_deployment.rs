//! `create deployment`

use serde_json::{Value, json};

use super::{SAVE_CONFIG, Verb};
use crate::api::to_value;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, generate};

/// `create deployment`
pub static VERB: Verb = Verb {
    name: "create deployment",
    about: "Create a deployment with the specified name.",
    usage: "create deployment NAME --image=image -- [COMMAND] [args...]",
    flags: &[
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        SAVE_CONFIG,
        Flag::new("image", Takes::List, "The images of its containers"),
        Flag::new("port", Takes::Int, "The port that its container exposes"),
        Flag::short("replicas", 'r', Takes::Int, "How many pods"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let images = args.list("image");
    if images.is_empty() {
        return Err(CliError::plain("required flag(s) \"image\" not set"));
    }
    let name = generate::name("create deployment", args)?;
    let command = args.after_dashes.as_deref().unwrap_or_default();
    if images.len() > 1 && !command.is_empty() {
        return Err(CliError::plain("cannot specify multiple --image options and command"));
    }
    let containers: Vec<Value> = images
        .iter()
        .map(|image| {
            let mut container = json!({"image": image, "name": container_name(image), "resources": {}});
            if let Some(port) = args.int("port").filter(|port| *port >= 0) {
                container["ports"] = json!([{"containerPort": port}]);
            }
            if !command.is_empty() {
                container["command"] = to_value(&command);
            }
            container
        })
        .collect();
    let labels = json!({"app": name});
    let manifest = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"labels": labels, "name": name},
        "spec": {
            "replicas": args.int("replicas").unwrap_or(1),
            "selector": {"matchLabels": labels},
            "strategy": {},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
        "status": {},
    });
    generate::create(args, env, manifest, "created", Some("failed to create deployment:"))?;
    Ok(Flow::OK)
}

/// The last part of the image's name without tag and digest.
///
/// Models kubectl pkg/cmd/create: CreateDeploymentOptions.buildPodSpec.
fn container_name(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or_default();
    let bare = last.split([':', '@']).next().unwrap_or_default();
    let name: String =
        bare.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    name.trim_matches('-').to_owned()
}
