//! `create poddisruptionbudget`

use serde_json::{Value, json};

use super::{SAVE_CONFIG, Verb};
use crate::api::encode;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, generate, label_selector};

/// `create poddisruptionbudget`
pub static VERB: Verb = Verb {
    name: "create poddisruptionbudget",
    about: "Create a pod disruption budget with the specified name, selector, and desired minimum available pods.",
    usage: "create poddisruptionbudget NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none]",
    flags: &[
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        SAVE_CONFIG,
        Flag::new("selector", Takes::Text, "The labels of the pods"),
        Flag::new("min-available", Takes::Text, "How many pods, or which percentage, must stay"),
        Flag::new("max-unavailable", Takes::Text, "How many pods, or which percentage, may go"),
    ],
    run,
};

/// Models kubectl pkg/cmd/create: PodDisruptionBudgetOpts.
fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let name = generate::name("create poddisruptionbudget", args)?;
    let given = |flag: &str| args.text(flag).filter(|text| !text.is_empty());
    let Some(selector) = given("selector") else {
        return Err(CliError::plain("a selector must be specified"));
    };
    let (field, number) = match (given("min-available"), given("max-unavailable")) {
        (None, None) => {
            return Err(CliError::plain("one of min-available or max-unavailable must be specified"));
        }
        (Some(_), Some(_)) => {
            return Err(CliError::plain("min-available and max-unavailable cannot be both specified"));
        }
        (Some(number), None) => ("minAvailable", number),
        (None, Some(number)) => ("maxUnavailable", number),
    };
    let digits = number.strip_suffix('%').unwrap_or(number);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        let flag = if field == "minAvailable" { "min-available" } else { "max-unavailable" };
        return Err(CliError::plain(format!("invalid format specified for {flag}")));
    }
    let number = number.parse::<i32>().map_or_else(|_| Value::from(number), Value::from);
    let manifest = json!({
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {field: number, "selector": encode::to_value(&label_selector::parse(selector)?)},
        "status": {
            "currentHealthy": 0,
            "desiredHealthy": 0,
            "disruptionsAllowed": 0,
            "expectedPods": 0,
        },
    });
    generate::create(args, env, manifest, "created", Some("failed to create poddisruptionbudgets:"))?;
    Ok(Flow::OK)
}
