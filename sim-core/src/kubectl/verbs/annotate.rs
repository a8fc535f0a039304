//! `annotate`, and the work that it shares with `label`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Verb;
use super::label::FLAGS;
use crate::api::patch::Patch;
use crate::api::{Object, meta, to_value};
use crate::apiserver::{ApiServer, Subresource, WriteOptions};
use crate::kubectl::args::Args;
use crate::kubectl::builder::{Builder, Info};
use crate::kubectl::error::CliError;
use crate::kubectl::output::Output;
use crate::kubectl::pairs::{self, Pairs};
use crate::kubectl::result::{DryRun, Results};
use crate::kubectl::rollout::CHANGE_CAUSE;
use crate::kubectl::{Env, Flow, gojson, local, manifests};

/// `annotate`
pub static VERB: Verb = Verb {
    name: "annotate",
    about: "Update the annotations on a resource.",
    usage: "annotate [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N \
            [--resource-version=version]",
    flags: FLAGS,
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let (resources, words) = pairs::split(&args.words, "annotation")?;
    let pairs = pairs::parse(words, "annotation", true)?;
    let both: Vec<&str> =
        pairs.remove.iter().filter(|key| pairs.set.contains_key(*key)).map(String::as_str).collect();
    let change = Change { words: &Words::ANNOTATIONS, pairs: pairs.clone(), tells_both: false };
    if !both.is_empty() {
        return Err(CliError::plain(format!(
            "can not both modify and remove the following annotation(s) in the same command: {}",
            both.join(", ")
        )));
    }
    change_all(args, env, resources, &change)
}

/// In what labels and annotations differ.
pub struct Words {
    field: &'static str,
    singular: &'static str,
    done: &'static str,
    get: fn(&Object) -> &BTreeMap<String, String>,
    is_label: bool,
}

impl Words {
    /// Labels.
    pub const LABELS: Words = Words {
        field: "labels",
        singular: "label",
        done: "labeled",
        get: |object| meta::labels(object.meta()),
        is_label: true,
    };

    /// Annotations.
    pub const ANNOTATIONS: Words = Words {
        field: "annotations",
        singular: "annotation",
        done: "annotated",
        get: |object| meta::annotations(object.meta()),
        is_label: false,
    };
}

/// What to set and remove.
pub struct Change<'a> {
    /// Labels or annotations.
    pub words: &'a Words,
    /// What to set and remove.
    pub pairs: Pairs,
    /// Whether it is told when labels are both set and removed.
    pub tells_both: bool,
}

/// Changes every object that `args` name.
///
/// # Errors
/// kubectl's complaint about the command line, or what went wrong with any object, together.
pub fn change_all(
    args: &Args,
    env: &mut Env<'_>,
    resources: &[String],
    change: &Change<'_>,
) -> Result<Flow, CliError> {
    let words = change.words;
    let list = args.flag("list");
    local::check_dry_run(args)?;
    if list && args.has("output") {
        return Err(CliError::plain("--list and --output may not be specified together"));
    }
    check(args, resources, change, list)?;
    let mut results = Results::parse(args, env.files)?;
    if words.field == "labels" {
        results = results.apart();
    }
    if local::is_asked(args) {
        return change_locally(args, env, change, &mut results);
    }
    let builder = Builder { must_exist: true, all_with_names: true, ..Builder::default() };
    let selection = builder.select(args, env, resources)?;
    let version = args.text("resource-version").unwrap_or_default();
    if !version.is_empty() && !selection.single {
        return Err(CliError::plain("--resource-version may only be used with a single resource"));
    }
    let overwrite = args.flag("overwrite");
    let mut errors = selection.errors;
    let Env { cluster, out, .. } = env;
    cluster.act(args.command(), |api| {
        for info in &selection.infos {
            let changed = change.one(info, overwrite, version, list, &results, api, out);
            let printed = changed.and_then(|(operation, object)| {
                if !list {
                    return results.print(operation, &object, api, out);
                }
                let indent = if selection.single { "" } else { " " };
                if !selection.single {
                    let kind = crate::kubectl::rollout::group_kind(info.kind);
                    let dot = if info.kind.info().group.is_empty() { "." } else { "" };
                    out.line(format!("Listing {} for {kind}{dot}/{}:", words.field, info.name));
                }
                (words.get)(&object)
                    .iter()
                    .for_each(|(key, value)| out.line(format!("{indent}{key}={value}")));
                Ok(())
            });
            errors.extend(printed.err());
        }
    });
    CliError::aggregate(errors).map_or(Ok(Flow::OK), Err)
}

/// Changes the manifests, and nothing else.
fn change_locally(
    args: &Args,
    env: &mut Env<'_>,
    change: &Change<'_>,
    results: &mut Results,
) -> Result<Flow, CliError> {
    let found = manifests::read(args, env, false)?;
    let mut errors = found.errors;
    for info in &found.infos {
        errors.extend(change_manifest(info, args.flag("overwrite"), change, results, env.out).err());
    }
    CliError::aggregate(errors).map_or(Ok(Flow::OK), Err)
}

fn change_manifest(
    info: &Info,
    overwrite: bool,
    change: &Change<'_>,
    results: &mut Results,
    out: &mut Output,
) -> Result<(), CliError> {
    let mut manifest = info.manifest.clone().unwrap_or_default();
    // Nothing but the metadata is looked at, and that may be of a wrong type.
    let is_changeable = manifest.get("metadata").is_none_or(Value::is_object);
    let metadata = if is_changeable { manifest["metadata"].clone() } else { Value::Null };
    let bare = Info { manifest: Some(json!({ "metadata": metadata })), ..info.clone() };
    let old = local::object(&bare)?;
    if !overwrite {
        change.check_overwrites(&old)?;
    }
    let new = change.changed(&old);
    match (change.words.get)(&new) {
        _ if !is_changeable => {}
        map if map.is_empty() => {
            let meta = manifest.get_mut("metadata").and_then(Value::as_object_mut);
            meta.map(|meta| meta.remove(change.words.field));
        }
        map => manifest["metadata"][change.words.field] = to_value(&map),
    }
    let operation = change.operation(&old, &new, overwrite);
    results.print_manifest(operation, info, &manifest, false, out)
}

fn check(args: &Args, resources: &[String], change: &Change<'_>, list: bool) -> Result<(), CliError> {
    for other in ["selector", "field-selector"] {
        if args.flag("all") && args.text(other).is_some_and(|text| !text.is_empty()) {
            return Err(CliError::plain(format!("cannot set --all and --{other} at the same time")));
        }
    }
    if local::is_asked(args) && !(resources.is_empty() && manifests::is_given(args)) {
        let files = if change.words.is_label {
            "-f pod.yaml or --filename=pod.json"
        } else {
            "-f rsrc.yaml or --filename=rsrc.json"
        };
        let why = format!("can only use local files by {files} when --local=true is set");
        return Err(CliError::plain(why));
    }
    if resources.is_empty() && !manifests::is_given(args) {
        return Err(CliError::plain(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    if change.pairs.set.is_empty() && change.pairs.remove.is_empty() && !list {
        return Err(CliError::plain(format!("at least one {} update is required", change.words.singular)));
    }
    Ok(())
}

impl Change<'_> {
    #[allow(clippy::too_many_arguments, reason = "one call; a struct of them would be used once")]
    fn one(
        &self,
        info: &Info,
        overwrite: bool,
        version: &str,
        list: bool,
        results: &Results,
        api: &mut ApiServer,
        out: &mut Output,
    ) -> Result<(&'static str, Object), CliError> {
        let old = api.get(info.kind, &info.key())?.clone();
        let sends = results.dry_run() != DryRun::Client && !list;
        if self.words.is_label && sends {
            for key in self.pairs.remove.iter().filter(|key| !(self.words.get)(&old).contains_key(*key)) {
                out.line(format!("label \"{key}\" not found."));
            }
        }
        if !overwrite {
            self.check_overwrites(&old)?;
        }
        let new = self.changed(&old);
        let operation = self.operation(&old, &new, overwrite);
        if !sends {
            return Ok((operation, new));
        }
        let options = WriteOptions { dry_run: results.dry_run() == DryRun::Server };
        let patched = api.patch(info.kind, &info.key(), &self.patch(version), Subresource::Main, options)?;
        Ok((operation, patched))
    }

    fn operation(&self, old: &Object, new: &Object, overwrite: bool) -> &'static str {
        match (self.words.is_label, self.tells_both) {
            (false, _) => self.words.done,
            (true, true) => label_operation(old, new),
            (true, false) => former_label_operation(old, new, overwrite),
        }
    }

    fn check_overwrites(&self, object: &Object) -> Result<(), CliError> {
        let there = (self.words.get)(object);
        let mut taken = Vec::new();
        for (key, value) in &self.pairs.set {
            let Some(current) = there.get(key) else { continue };
            if self.words.is_label && current != value {
                taken.push(format!("'{key}' already has a value ({current}), and --overwrite is false"));
            }
            if !self.words.is_label && current != value && key != CHANGE_CAUSE {
                taken.push(format!("'{key}' already has a value ({current})"));
            }
        }
        if taken.is_empty() {
            return Ok(());
        }
        if self.words.is_label {
            let errors = taken.into_iter().map(CliError::plain).collect();
            return CliError::aggregate(errors).map_or(Ok(()), Err);
        }
        Err(CliError::plain(format!(
            "--overwrite is false but found the following declared annotation(s): {}",
            taken.join("; ")
        )))
    }

    fn changed(&self, old: &Object) -> Object {
        let mut new = old.clone();
        let meta = new.meta_mut();
        let map = if self.words.is_label { &mut meta.labels } else { &mut meta.annotations };
        let map = map.get_or_insert_default();
        map.extend(self.pairs.set.clone());
        self.pairs.remove.iter().for_each(|key| drop(map.remove(key)));
        if map.is_empty() {
            let meta = new.meta_mut();
            if self.words.is_label { meta.labels = None } else { meta.annotations = None }
        }
        new
    }

    fn patch(&self, version: &str) -> Patch {
        let set = self.pairs.set.iter().map(|(key, value)| (key.clone(), Value::from(value.clone())));
        let removed = self.pairs.remove.iter().map(|key| (key.clone(), Value::Null));
        let map: Map<String, Value> = set.chain(removed).collect();
        let mut patch = json!({"metadata": {self.words.field: map}});
        if !version.is_empty() {
            patch["metadata"]["resourceVersion"] = Value::from(version);
        }
        Patch::Merge(patch)
    }
}

/// Models kubectl pkg/cmd/label: updateDataChangeMsg.
fn label_operation(old: &Object, new: &Object) -> &'static str {
    let (old, new) = (meta::labels(old.meta()), meta::labels(new.meta()));
    let adds = new.iter().any(|(key, value)| old.get(key) != Some(value));
    let removes = old.keys().any(|key| !new.contains_key(key));
    match (adds, removes) {
        (true, true) => "modified",
        (true, false) => "labeled",
        (false, true) => "unlabeled",
        (false, false) => "not labeled",
    }
}

/// [`label_operation`] before kubectl 1.36, which went by the length of the object.
fn former_label_operation(old: &Object, new: &Object, overwrite: bool) -> &'static str {
    let (old, new) = (gojson::encode(&old.to_value()), gojson::encode(&new.to_value()));
    if old == new {
        "not labeled"
    } else if !overwrite && new.len() < old.len() {
        "unlabeled"
    } else {
        "labeled"
    }
}
