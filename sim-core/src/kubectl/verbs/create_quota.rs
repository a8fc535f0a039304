//! `create quota`

use serde_json::{Map, Value, json};

use super::{SAVE_CONFIG, Verb};
use crate::api::quantity::Quantity;
use crate::api::to_value;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, generate};

/// `create quota`
pub static VERB: Verb = Verb {
    name: "create quota",
    about: "Create a resource quota with the specified name, hard limits, and optional scopes.",
    usage: "create quota NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] \
            [--dry-run=server|client|none]",
    flags: &[
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        SAVE_CONFIG,
        Flag::new("hard", Takes::Text, "RESOURCE=QUANTITY,... that define a hard limit"),
        Flag::new("scopes", Takes::Text, "Scopes that must all match what is counted"),
    ],
    run,
};

/// Models kubectl pkg/cmd/create: QuotaOpts.
fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let name = generate::name("create quota", args)?;
    let mut spec = Map::new();
    let hard = args.text("hard").unwrap_or_default();
    if !hard.is_empty() {
        let mut limits = Map::new();
        for part in hard.split(',') {
            let (resource, amount) =
                part.split_once('=').filter(|(_, amount)| !amount.contains('=')).ok_or_else(|| {
                    CliError::plain(format!("Invalid argument syntax {part}, expected <resource>=<value>"))
                })?;
            let quantity = Quantity::parse(amount).map_err(CliError::plain)?;
            limits.insert(resource.to_owned(), to_value(&quantity.to_api().0));
        }
        spec.insert("hard".to_owned(), Value::Object(limits));
    }
    let scopes = args.text("scopes").unwrap_or_default();
    if !scopes.is_empty() {
        let scopes: Vec<&str> = scopes.split(',').collect();
        if scopes.contains(&"") {
            return Err(CliError::plain("invalid resource quota scope \"\""));
        }
        spec.insert("scopes".to_owned(), to_value(&scopes));
    }
    let manifest = json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name}, "spec": spec, "status": {},
    });
    generate::create(args, env, manifest, "created", Some("failed to create quota:"))?;
    Ok(Flow::OK)
}
