//! `taint`
//!
//! Models kubectl pkg/cmd/taint.

use k8s_openapi::api::core::v1::{Node, Taint};
use serde_json::json;

use super::Verb;
use crate::api::Kind;
use crate::api::patch::Patch;
use crate::api::validation::format::{label_value, qualified_name};
use crate::apiserver::{Subresource, WriteOptions};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{ALL, Builder, SELECTOR};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::VALIDATE;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, absent, resolve_kind};

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// `taint`
pub static VERB: Verb = Verb {
    name: "taint",
    about: "Update the taints on one or more nodes.",
    usage: "taint NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N",
    flags: &[
        SELECTOR,
        ALL,
        DRY_RUN,
        OUTPUT,
        SHOW_MANAGED,
        FIELD_MANAGER,
        VALIDATE,
        Flag::new("overwrite", Takes::Bool, "Replace taints that are there already"),
    ],
    run,
};

/// What the command line asks for.
#[derive(Default)]
struct Wish {
    add: Vec<Taint>,
    /// Without effect: whatever its effect.
    remove: Vec<Taint>,
    overwrite: bool,
}

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let is_taint = |word: &&String| word.contains(['=', ':']) || word.ends_with('-');
    let first = args.words.iter().position(|word| is_taint(&word)).unwrap_or(args.words.len());
    let (resources, words) = args.words.split_at(first);
    if let Some(word) = words.iter().find(|word| !is_taint(word)) {
        let why = format!("all resources must be specified before taint changes: {word}");
        return Err(CliError::plain(why));
    }
    let Some(kind) = resources.first() else {
        return Err(CliError::plain("one or more resources must be specified as <resource> <name>"));
    };
    if words.is_empty() {
        return Err(CliError::plain("at least one taint update is required"));
    }
    let mut wish = parse(words).map_err(|why| CliError::misuse("taint", why))?;
    wish.overwrite = args.flag("overwrite");
    // This complaint is printed as it is.
    let resolved = match absent::named(kind, env.cluster.api().gates.version()) {
        Some(_) => None,
        None => Some(resolve_kind(kind).map_err(|error| CliError::Verbatim(error.message()))?),
    };
    if resolved != Some(Kind::Node) {
        let why = format!("invalid resource type {}, only node types are supported", kind.to_lowercase());
        return Err(CliError::plain(why));
    }
    wish.check()?;
    let selects = args.text("selector").is_some_and(|text| !text.is_empty());
    match (args.flag("all"), selects) {
        (true, true) => {
            return Err(CliError::plain("setting 'all' parameter with a non empty selector is prohibited"));
        }
        (false, false) if resources.len() < 2 => {
            let why = "at least one resource name must be specified since 'all' parameter is not set";
            return Err(CliError::plain(why));
        }
        _ => {}
    }
    let mut results = Results::parse(args, env.files)?.without_dry_run();
    let names = if selects || args.flag("all") { &resources[..1] } else { resources };
    let builder = Builder { must_exist: true, single_kind: true, ..Builder::default() };
    let selection = builder.select(args, env, names)?;
    let mut errors = selection.errors;
    let Env { cluster, out, .. } = env;
    cluster.act(args.command(), |api| {
        for info in &selection.infos {
            let Ok(node) = api.typed::<Node>(&info.key()) else { continue };
            let before = node.spec.as_ref().and_then(|spec| spec.taints.clone()).unwrap_or_default();
            let changed = wish.apply(&info.name, &before).and_then(|(operation, taints)| {
                let patch = Patch::Merge(json!({"spec": {"taints": taints}}));
                // What is not sent is the same but for what the server would refuse.
                let options = WriteOptions { dry_run: results.dry_run().is_dry() };
                let node = api.patch(Kind::Node, &info.key(), &patch, Subresource::Main, options)?;
                results.print(operation, &node, api, out)
            });
            errors.extend(changed.err());
        }
    });
    CliError::aggregate(errors).map_or(Ok(Flow::OK), Err)
}

/// Models kubectl pkg/cmd/taint: parseTaints.
fn parse(words: &[String]) -> Result<Wish, String> {
    let mut wish = Wish::default();
    for word in words {
        if let Some(word) = word.strip_suffix('-') {
            let taint = parse_one(word)?;
            wish.remove.push(Taint { value: None, ..taint });
            continue;
        }
        let taint = parse_one(word)?;
        if taint.effect.is_empty() {
            return Err(format!("invalid taint spec: {word}"));
        }
        if wish.add.iter().any(|other| matches(other, &taint)) {
            let value = taint.value.unwrap_or_default();
            return Err(format!(
                "duplicated taints with the same key and effect: {{{} {value} {} <nil>}}",
                taint.key, taint.effect
            ));
        }
        wish.add.push(taint);
    }
    Ok(wish)
}

/// `key=value:effect`, `key:effect` or `key`.
fn parse_one(word: &str) -> Result<Taint, String> {
    let bad = || format!("invalid taint spec: {word}");
    let (pair, effect) = word.split_once(':').unwrap_or((word, ""));
    if effect.contains(':') {
        return Err(bad());
    }
    let has_effect = word.contains(':');
    if has_effect && !EFFECTS.contains(&effect) {
        return Err(format!("invalid taint effect: {effect}, unsupported taint effect"));
    }
    let (key, value) = match pair.split_once('=').filter(|_| has_effect) {
        Some((_, value)) if value.contains('=') => return Err(bad()),
        Some((key, value)) => (key, Some(value)),
        None => (pair, None),
    };
    let problems = value.map(label_value).filter(|problems| !problems.is_empty());
    if let Some(problems) = problems.or_else(|| Some(qualified_name(key)).filter(|list| !list.is_empty())) {
        let texts: Vec<String> = problems.into_iter().map(|problem| problem.to_string()).collect();
        return Err(format!("{}, {}", bad(), texts.join("; ")));
    }
    Ok(Taint {
        key: key.to_owned(),
        value: value.filter(|value| !value.is_empty()).map(str::to_owned),
        effect: effect.to_owned(),
        time_added: None,
    })
}

/// Whether two taints are the same one, whatever their values.
fn matches(one: &Taint, other: &Taint) -> bool {
    one.key == other.key && one.effect == other.effect
}

fn removes(wanted: &Taint, taint: &Taint) -> bool {
    wanted.key == taint.key && (wanted.effect.is_empty() || wanted.effect == taint.effect)
}

impl Wish {
    fn check(&self) -> Result<(), CliError> {
        let both: Vec<String> = self
            .add
            .iter()
            .flat_map(|add| self.remove.iter().filter(move |remove| removes(remove, add)))
            .map(|remove| format!("{}={}", remove.key, remove.effect))
            .collect();
        if both.is_empty() {
            return Ok(());
        }
        Err(CliError::plain(format!(
            "can not both modify and remove the following taint(s) in the same command: {}",
            both.join(", ")
        )))
    }

    /// What is done to a node with these taints, and the taints that it has then.
    ///
    /// Models kubectl pkg/cmd/taint: updateTaints, reorganizeTaints.
    fn apply(&self, node: &str, before: &[Taint]) -> Result<(&'static str, Vec<Taint>), CliError> {
        let there: Vec<&str> = self
            .add
            .iter()
            .filter(|add| before.iter().any(|old| matches(old, add)))
            .map(|add| add.key.as_str())
            .collect();
        if !self.overwrite && !there.is_empty() {
            return Err(CliError::plain(format!(
                "node {node} already has {} taint(s) with same effect(s) and --overwrite is false",
                there.join(",")
            )));
        }
        let mut taints = self.add.clone();
        taints.extend(before.iter().filter(|old| !self.add.iter().any(|add| matches(add, old))).cloned());
        let added = taints.len() != before.len();
        let mut deleted = false;
        let mut missing = Vec::new();
        for wanted in &self.remove {
            let count = taints.len();
            taints.retain(|taint| !removes(wanted, taint));
            deleted = taints.len() != count;
            if !deleted {
                let colon = if wanted.effect.is_empty() { "" } else { ":" };
                let why = format!("taint \"{}{colon}{}\" not found", wanted.key, wanted.effect);
                missing.push(CliError::plain(why));
            }
        }
        if let Some(error) = CliError::aggregate(missing) {
            return Err(error);
        }
        let operation = match (added, deleted) {
            _ if self.overwrite => "modified",
            (true, true) => "modified",
            (true, false) => "tainted",
            _ => "untainted",
        };
        Ok((operation, taints))
    }
}
