//! `set selector`
//!
//! Models kubectl pkg/cmd/set: SetSelectorOptions.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

use super::Verb;
use super::set::{self, LOCAL};
use crate::api::{Kind, Object};
use crate::kubectl::args::Args;
use crate::kubectl::builder::ALL;
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{FILENAME, RECURSIVE};
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, label_selector};

/// `set selector`
pub static VERB: Verb = Verb {
    name: "set selector",
    about: "Set the selector on a resource.",
    usage: "set selector (-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]",
    flags: &[FILENAME, RECURSIVE, ALL, OUTPUT, DRY_RUN, FIELD_MANAGER, SHOW_MANAGED, LOCAL],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let Some((text, resources)) = args.words.split_last() else {
        return Err(CliError::plain("one selector is required"));
    };
    let infos = set::select(args, env, resources)?;
    let selector = label_selector::parse(text)?;
    if infos.iter().any(|info| info.kind != Kind::Service) {
        return Err(CliError::plain("setting a selector is only supported for Services"));
    }
    let labels = labels(selector)?;
    set::patch_all(args, env, &infos, "selector updated", "selector", |object, _| {
        if let Object::Service(service) = object
            && let Some(spec) = &mut std::sync::Arc::make_mut(service).spec
        {
            spec.selector = Some(labels.clone());
        }
        Ok(())
    })
}

/// The selector as a Service has it, which knows only labels and their values.
///
/// Models kubectl pkg/cmd/set: updateSelectorForObject.
fn labels(selector: LabelSelector) -> Result<BTreeMap<String, String>, CliError> {
    let Some(expressions) = selector.match_expressions else {
        return Ok(selector.match_labels.unwrap_or_default());
    };
    let shown = expressions.iter().map(|LabelSelectorRequirement { key, operator, values }| {
        format!("{{{key} {operator} [{}]}}", values.clone().unwrap_or_default().join(" "))
    });
    let shown: Vec<String> = shown.collect();
    Err(CliError::plain(format!("match expression [{}] not supported on this object", shown.join(" "))))
}
