//! `set selector`
//!
//! Models kubectl pkg/cmd/set: SetSelectorOptions.

use super::Verb;
use super::set::{self, SET_FLAGS};
use crate::api::selector::Selector;
use crate::api::{Kind, Object};
use crate::kubectl::args::Args;
use crate::kubectl::error::CliError;
use crate::kubectl::{Env, Flow, generate};

/// `set selector`
pub static VERB: Verb = Verb {
    name: "set selector",
    about: "Set the selector on a resource.",
    usage: "set selector (-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]",
    flags: SET_FLAGS,
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let Some((text, resources)) = args.words.split_last() else {
        return Err(CliError::plain("one selector is required"));
    };
    let infos = set::select(args, env, resources)?;
    Selector::parse(text).map_err(CliError::plain)?;
    let labels = generate::parse_labels(text)?;
    if infos.iter().any(|info| info.kind != Kind::Service) {
        return Err(CliError::plain("setting a selector is only supported for Services"));
    }
    set::patch_all(args, env, &infos, "selector updated", "selector", |object, _| {
        if let Object::Service(service) = object
            && let Some(spec) = &mut std::sync::Arc::make_mut(service).spec
        {
            spec.selector = Some(labels.clone());
        }
        Ok(())
    })
}
