//! `cordon` and `uncordon`

use serde_json::json;

use super::Verb;
use crate::api::patch::Patch;
use crate::api::{Kind, Object};
use crate::apiserver::{Subresource, WriteOptions};
use crate::kubectl::args::{Args, Flag};
use crate::kubectl::builder::{Builder, SELECTOR};
use crate::kubectl::error::CliError;
use crate::kubectl::result::{DRY_RUN, DryRun};
use crate::kubectl::{Env, Flow};

const FLAGS: &[Flag] = &[DRY_RUN, SELECTOR];

/// `cordon`
pub static CORDON: Verb = Verb {
    name: "cordon",
    about: "Mark node as unschedulable.",
    usage: "cordon NODE",
    flags: FLAGS,
    run: |args, env| run(args, env, true),
};

/// `uncordon`
pub static UNCORDON: Verb = Verb {
    name: "uncordon",
    about: "Mark node as schedulable.",
    usage: "uncordon NODE",
    flags: FLAGS,
    run: |args, env| run(args, env, false),
};

fn run(args: &Args, env: &mut Env<'_>, desired: bool) -> Result<Flow, CliError> {
    mark(if desired { "cordon" } else { "uncordon" }, args, env, desired).map(|_| Flow::OK)
}

/// Cordons or uncordons the nodes that `verb` names, and returns their names.
///
/// Models kubectl pkg/cmd/drain: Complete, RunCordonOrUncordon.
///
/// # Errors
/// Nodes that are not there, or cannot be changed.
pub(super) fn mark(
    verb: &str,
    args: &Args,
    env: &mut Env<'_>,
    desired: bool,
) -> Result<Vec<String>, CliError> {
    let done = if desired { "cordon" } else { "uncordon" };
    let dry = DryRun::parse(args)?;
    let selects = args.text("selector").is_some_and(|text| !text.is_empty());
    if args.words.is_empty() && !selects {
        return Err(CliError::misuse(verb, format!("USAGE: {verb} NODE [flags]")));
    }
    if !args.words.is_empty() && selects {
        return Err(CliError::misuse(verb, "cannot specify both a node name and a --selector option"));
    }
    let named = |word: &String| if word.contains('/') { word.clone() } else { format!("nodes/{word}") };
    let words = if selects { vec!["nodes".to_owned()] } else { args.words.iter().map(named).collect() };
    let builder = Builder { must_exist: true, single_kind: true, ..Builder::default() };
    let selection = builder.select(args, env, &words)?;
    if let Some(other) = selection.infos.iter().map(|info| info.kind).find(|kind| *kind != Kind::Node) {
        let info = other.info();
        return Err(CliError::plain(format!(
            "expected resource of type node, got \"{}/{}, Resource={}\"",
            info.group, info.version, info.plural
        )));
    }
    // The first node that is missing ends it before anything is done.
    if let Some(first) = selection.errors.into_iter().next() {
        return Err(first);
    }
    let mut errors = Vec::new();
    let Env { cluster, out, .. } = env;
    cluster.act(args.command(), |api| {
        for info in &selection.infos {
            let current = match api.get(info.kind, &info.key()) {
                Ok(Object::Node(node)) => {
                    node.spec.as_ref().and_then(|spec| spec.unschedulable) == Some(true)
                }
                _ => false,
            };
            let name = &info.name;
            if current == desired {
                out.line(format!("node/{name} already {done}ed{}", dry.suffix()));
                continue;
            }
            let value = if desired { json!(true) } else { json!(null) };
            let patch = Patch::Merge(json!({"spec": {"unschedulable": value}}));
            let options = WriteOptions { dry_run: dry.is_dry() };
            match api.patch(info.kind, &info.key(), &patch, Subresource::Main, options) {
                Ok(_) => out.line(format!("node/{name} {done}ed{}", dry.suffix())),
                Err(error) => {
                    errors.push(CliError::plain(format!("unable to {done} node \"{name}\": {error}")))
                }
            }
        }
    });
    match CliError::aggregate(errors) {
        Some(error) => Err(error),
        None => Ok(selection.infos.into_iter().map(|info| info.name).collect()),
    }
}
