//! `apply view-last-applied`

use serde_json::Value;

use super::Verb;
use crate::api::meta;
use crate::kubectl::apply::LAST_APPLIED;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{ALL, Builder, SELECTOR};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::{Env, Flow, json, yaml};

/// `apply view-last-applied`
pub static VERB: Verb = Verb {
    name: "apply view-last-applied",
    about: "Show the manifests that objects were last applied from.",
    usage: "apply view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME) [options]",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        SELECTOR,
        ALL,
        Flag::short("output", 'o', Takes::Text, "yaml or json"),
    ],
    run,
};

/// Models kubectl pkg/cmd/apply: RunApplyViewLastApplied.
fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let builder = Builder { empty_selector: true, must_exist: true, ..Builder::default() };
    let infos = builder.select(args, env, &args.words)?.all()?;
    let mut texts = Vec::new();
    for info in infos {
        let object = env.cluster.api().get(info.kind, &info.key())?;
        match (meta::annotations(object.meta()).get(LAST_APPLIED), &info.source) {
            (Some(text), _) => texts.push(text.clone()),
            // Without a file kubectl has nothing to complain about.
            (None, None) => {}
            (None, Some(source)) => {
                return Err(CliError::plain(format!(
                    "error when no last-applied-configuration annotation found on resource: {}\n \"{source}\": <nil>",
                    info.name
                )));
            }
        }
    }
    for text in texts {
        let manifest: Value =
            serde_json::from_str(&text).map_err(|error| CliError::plain(error.to_string()))?;
        match args.text("output").unwrap_or("yaml") {
            "json" => env.out.out(json::indented(&manifest, 2) + "\n"),
            "yaml" => env.out.out(yaml::document(&manifest)),
            other => {
                let why =
                    format!("Unexpected -o output mode: {other}, the flag 'output' must be one of yaml|json");
                return Err(CliError::misuse("apply view-last-applied", why));
            }
        }
    }
    Ok(Flow::OK)
}
