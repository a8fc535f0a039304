//! `create secret generic`

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::create_configmap::{FROM_ENV_FILE, FROM_FILE, FROM_LITERAL, data};
use super::{SAVE_CONFIG, Verb};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, generate};

/// `create secret generic`
pub static VERB: Verb = Verb {
    name: "create secret generic",
    about: "Create a secret based on a file, directory, or specified literal value.",
    usage: "create secret generic NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1]",
    flags: &[
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        SAVE_CONFIG,
        FROM_LITERAL,
        FROM_FILE,
        FROM_ENV_FILE,
        Flag::new("type", Takes::Text, "The type of secret"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let name = generate::name("create secret generic", args)?;
    let data: BTreeMap<String, String> =
        data(args, env, None)?.into_iter().map(|(key, text)| (key, STANDARD.encode(text))).collect();
    let mut manifest = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}});
    if !data.is_empty() {
        manifest["data"] = json!(data);
    }
    if let Some(kind) = args.text("type") {
        manifest["type"] = json!(kind);
    }
    generate::create(args, env, manifest, "created", Some("failed to create secret"))?;
    Ok(Flow::OK)
}
