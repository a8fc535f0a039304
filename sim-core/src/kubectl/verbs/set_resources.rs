//! `set resources`

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::Verb;
use super::set::{self, CONTAINERS, LOCAL};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{ALL, SELECTOR};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, template};

/// `set resources`
pub static VERB: Verb = Verb {
    name: "set resources",
    about: "Update resource requests/limits on objects with pod templates.",
    usage: "set resources (-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        SELECTOR,
        ALL,
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        LOCAL,
        CONTAINERS,
        Flag::new("limits", Takes::Text, "cpu=200m,memory=512Mi"),
        Flag::new("requests", Takes::Text, "cpu=100m,memory=256Mi"),
    ],
    run,
};

/// Models kubectl pkg/cmd/set: SetResourcesOptions.
fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let infos = set::select(args, env, &args.words)?;
    if args.flag("all") && args.text("selector").is_some_and(|text| !text.is_empty()) {
        return Err(CliError::plain("cannot set --all and --selector at the same time"));
    }
    let limits = args.text("limits").unwrap_or_default();
    let requests = args.text("requests").unwrap_or_default();
    if limits.is_empty() && requests.is_empty() {
        return Err(CliError::plain(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        ));
    }
    let (limits, requests) = (parse(limits)?, parse(requests)?);
    let wanted = args.text("containers").unwrap_or("*");
    let what = "resources update to pod template";
    set::patch_all(args, env, &infos, "resource requirements updated", what, |object, errors| {
        let Some(spec) = template::pod_spec_mut(object) else { return set::no_template(object) };
        let mut any = false;
        for container in set::chosen(spec, args) {
            any = true;
            let resources = container.resources.get_or_insert_default();
            if !limits.is_empty() {
                resources.limits.get_or_insert_default().extend(limits.clone());
            }
            if !requests.is_empty() {
                resources.requests.get_or_insert_default().extend(requests.clone());
            }
        }
        if !any {
            errors.push(CliError::plain(format!("error: unable to find container named {wanted}")));
        }
        Ok(())
    })
}

/// Models kubectl pkg/generate/versioned: populateResourceListV1.
fn parse(text: &str) -> Result<BTreeMap<String, Quantity>, CliError> {
    let mut list = BTreeMap::new();
    for part in text.split(',').filter(|_| !text.is_empty()) {
        let pieces: Vec<&str> = part.split('=').collect();
        let [name, value] = pieces.as_slice() else {
            let why = format!("Invalid argument syntax {part}, expected <resource>=<value>");
            return Err(CliError::plain(why));
        };
        crate::api::quantity::Quantity::parse(value).map_err(CliError::plain)?;
        list.insert((*name).to_owned(), Quantity((*value).to_owned()));
    }
    Ok(list)
}
