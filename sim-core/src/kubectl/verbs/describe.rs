//! `kubectl describe`
//!
//! Models kubectl pkg/cmd/describe.

use super::Verb;
use super::get::{check_names, look_up};
use crate::api::{Feature, Kind, meta};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::describe::describe;
use crate::kubectl::error::CliError;
use crate::kubectl::resources::{ResourceArgs, Target};
use crate::kubectl::selection::Selection;
use crate::kubectl::warnings::warn;
use crate::kubectl::{Env, Flow, manifests};

/// The verb.
pub static VERB: Verb = Verb {
    name: "describe",
    about: "Show details of a specific resource or group of resources",
    usage: "describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)",
    flags: &[
        Flag::short("selector", 'l', Takes::Text, "Only objects with these labels, app=web,tier!=db"),
        Flag::short("all-namespaces", 'A', Takes::Bool, "Objects of all namespaces"),
        Flag::new("show-events", Takes::Bool, "Whether events are shown; by default for one object alone"),
        manifests::FILENAME,
        manifests::RECURSIVE,
        manifests::KUSTOMIZE,
        Flag::new("chunk-size", Takes::Int, "Accepted: lists are always whole"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let resources = ResourceArgs::parse(&args.words)?;
    if resources == ResourceArgs::None && !manifests::is_given(args) {
        return Err(CliError::Verbatim(NOTHING_NAMED.to_owned()));
    }
    let selection = Selection::of(args, env.namespace);
    check_names(&resources, &selection)?;
    let mut found = look_up(args, env, &resources, &selection)?;
    let answered = found.answers.iter().map(|(kind, _)| *kind);
    answered.chain(resources.kinds()).for_each(|kind| warn(kind, env.cluster.api().gates, env.out));
    let of_one_alone = args.gates.has(Feature::EventsOfOneAlone);
    let asked = args.has("show-events").then(|| args.flag("show-events"));
    if let (1, Some(prefix)) = (found.errors.len(), prefix_of(args, &resources, &found.errors)) {
        let text = by_prefix(env, &selection, &prefix, asked.unwrap_or(!of_one_alone))?;
        if text.is_empty() {
            return found.result();
        }
        env.out.out(text);
        return Ok(Flow::OK);
    }
    if found.errors.len() == 1 && args.words.len() == 2 && found.errors.iter().all(is_missing) {
        // Two words are looked at as a kind and the beginning of a name, whatever they are.
        found.answers.clear();
        return found.result_of_all();
    }
    let objects: Vec<_> = found.answers.iter_mut().flat_map(|(_, objects)| std::mem::take(objects)).collect();
    let alone = objects.len() <= 1 && found.errors.is_empty();
    let show_events = asked.unwrap_or(alone || !of_one_alone);
    for (index, object) in objects.iter().enumerate() {
        if index > 0 {
            env.out.out("\n\n");
        }
        env.out.out(describe(
            env.cluster.store(),
            object,
            env.cluster.now(),
            show_events,
            env.cluster.api().gates,
        ));
    }
    if objects.is_empty() && found.errors.is_empty() {
        match &selection.namespace {
            None => env.out.err_line("No resources found"),
            Some(namespace) => env.out.err_line(format!("No resources found in {namespace} namespace.")),
        }
    }
    found.result_of_all()
}

const NOTHING_NAMED: &str = "error: You must specify the type of resource to describe. Use \"kubectl api-resources\" for \
                             a complete list of supported resources.\n";

/// The kind and the beginning of a name, when the one name that was given is nobody's.
fn prefix_of(args: &Args, resources: &ResourceArgs, errors: &[CliError]) -> Option<Target> {
    let ResourceArgs::Named { targets, slashed: false } = resources else { return None };
    match targets.as_slice() {
        [target] if args.words.len() == 2 && errors.iter().all(is_missing) => Some(target.clone()),
        _ => None,
    }
}

fn is_missing(error: &CliError) -> bool {
    matches!(error, CliError::Api { error, .. } if error.is_not_found())
}

/// Models kubectl pkg/cmd/describe: DescribeMatchingResources.
fn by_prefix(
    env: &Env<'_>,
    selection: &Selection,
    prefix: &Target,
    show_events: bool,
) -> Result<String, CliError> {
    let kind: Kind = prefix.kind;
    let mut text = String::new();
    for object in selection.list(env.cluster.engine(), kind)? {
        if meta::name(object.meta()).starts_with(&prefix.name) {
            text.push_str(&describe(
                env.cluster.store(),
                &object,
                env.cluster.now(),
                show_events,
                env.cluster.api().gates,
            ));
            text.push('\n');
        }
    }
    Ok(text)
}
