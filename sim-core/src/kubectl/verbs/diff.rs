//! `diff`
//!
//! Models kubectl pkg/cmd/diff.

use serde_json::{Map, Value, json};
use xxhash_rust::xxh3::xxh3_64;

use super::Verb;
use crate::api::patch::{self, Patch};
use crate::api::{Kind, SimTime, meta};
use crate::apiserver::{ApiServer, Subresource, WriteOptions};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{self, Info};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{self, FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::result::{FIELD_MANAGER, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, apply, printer, unified, yaml};

/// What stands for a secret value that is going to change.
const BEFORE: &str = "*** (before)";

/// Whatever goes wrong ends with this code; 1 says that there are differences.
pub const FAILED: u8 = 2;

/// `diff`
pub static VERB: Verb = Verb {
    name: "diff",
    about: "Show what apply would change, as diff -u does.",
    usage: "diff -f FILENAME [options]",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        FIELD_MANAGER,
        SHOW_MANAGED,
        builder::SELECTOR,
        Flag::new("concurrency", Takes::Int, "Accepted for kubectl's sake"),
        Flag::new("prune", Takes::Bool, "Accepted for kubectl's sake"),
        Flag::new("server-side", Takes::Bool, "Accepted for kubectl's sake"),
        Flag::new("force-conflicts", Takes::Bool, "Accepted for kubectl's sake"),
        Flag::new("show-secrets", Takes::Bool, "Do not mask the values of Secrets"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    compare(args, env).map_err(|error| CliError::Code { code: FAILED, message: error.text() })
}

fn compare(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if !args.words.is_empty() {
        return Err(CliError::misuse("diff", format!("Unexpected args: [{}]", args.words.join(" "))));
    }
    manifests::require(args)?;
    let found = manifests::read(args, env, false)?;
    if let Some(error) = CliError::aggregate(found.errors) {
        return Err(error);
    }
    let selector = builder::parse_selector(args.text("selector").unwrap_or_default())?;
    let now = env.cluster.now();
    let (live_folder, merged_folder) = (folder("LIVE", now), folder("MERGED", now));
    let mut parts: Vec<(String, String)> = Vec::new();
    for info in found.infos.iter().filter(|info| selector.matches(&builder::manifest_labels(info))) {
        let (mut live, mut merged) = env.cluster.act(args.command(), |api| states(info, api))?;
        if info.kind == Kind::Secret && !args.flag("show-secrets") {
            mask(live.as_mut(), &mut merged);
        }
        let live = live.map(|live| yaml::document(&live)).unwrap_or_default();
        let hunks = unified::hunks(&live, &yaml::document(&merged));
        if !hunks.is_empty() {
            parts.push((file_name(info), hunks));
        }
    }
    parts.sort();
    let stamp = timestamp(now);
    for (name, hunks) in &parts {
        let (live, merged) = (format!("{live_folder}/{name}"), format!("{merged_folder}/{name}"));
        env.out
            .out(format!("diff -u -N {live} {merged}\n--- {live}\t{stamp}\n+++ {merged}\t{stamp}\n{hunks}"));
    }
    if parts.is_empty() { Ok(Flow::OK) } else { Ok(Flow::Done(1)) }
}

/// The object as it is, if it is there, and as it would be.
fn states(info: &Info, api: &mut ApiServer) -> Result<(Option<Value>, Value), CliError> {
    let manifest = info.manifest.clone().unwrap_or_default();
    let dry = WriteOptions { dry_run: true };
    let Ok(current) = api.get(info.kind, &info.key()).cloned() else {
        let object = apply::decoded(manifest)?;
        return Ok((None, printer::value(&api.create_with(object, dry)?)));
    };
    let original = meta::annotations(current.meta()).get(apply::LAST_APPLIED);
    let original = original.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| json!({}));
    let modified = as_applied(manifest);
    let patch = patch::three_way(info.kind, &original, &modified, &current.to_value())?;
    let merged = api.patch(info.kind, &info.key(), &Patch::Strategic(patch), Subresource::Main, dry)?;
    let (live, mut merged) = (printer::value(&current), printer::value(&merged));
    // Nothing was stored, so there is no new version.
    merged["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"].clone();
    Ok((Some(live), merged))
}

/// The manifest as apply keeps it in its annotation: with annotations, be they none.
fn as_applied(manifest: Value) -> Value {
    let mut modified = apply::with_annotation(manifest);
    if let Some(Value::Object(annotations)) = modified.pointer_mut("/metadata/annotations") {
        annotations.remove(apply::LAST_APPLIED);
    }
    modified
}

/// Hides what is secret, and only tells which values differ.
///
/// Models kubectl pkg/cmd/diff: Masker.
fn mask(live: Option<&mut Value>, merged: &mut Value) {
    let (mut nothing, mut none) = (Map::new(), Map::new());
    let old = live.and_then(|live| live.get_mut("data")?.as_object_mut()).unwrap_or(&mut nothing);
    let new = merged.get_mut("data").and_then(Value::as_object_mut).unwrap_or(&mut none);
    for (key, new) in new.iter_mut() {
        match old.get_mut(key) {
            Some(old) if *old != *new => (*old, *new) = (Value::from(BEFORE), Value::from("*** (after)")),
            _ => *new = Value::from("***"),
        }
    }
    for old in old.values_mut().filter(|old| **old != BEFORE) {
        *old = Value::from("***");
    }
}

/// `apps.v1.StatefulSet.default.web`
fn file_name(info: &Info) -> String {
    let kind = info.kind.info();
    let group = if kind.group.is_empty() { String::new() } else { format!("{}.", kind.group) };
    format!("{group}{}.{}.{}.{}", kind.version, info.kind.name(), info.namespace, info.name)
}

/// A temporary folder with a number of ten digits, as Go makes them.
fn folder(name: &str, now: SimTime) -> String {
    format!("/tmp/{name}-{}", 1_000_000_000 + xxh3_64(format!("{name}{}", now.0).as_bytes()) % 3_000_000_000)
}

fn timestamp(now: SimTime) -> String {
    now.timestamp().strftime("%Y-%m-%d %H:%M:%S.%9f +0000").to_string()
}
