//! `edit` and `apply edit-last-applied`.
//!
//! Models kubectl pkg/cmd/util/editor: EditOptions.Run. All objects stand in one file. The editor is the front
//! end's; where there is none, the command says what to do instead.

use serde_json::Value;

use super::{SAVE_CONFIG, Verb};
use crate::api::patch::{self, Patch};
use crate::api::{ApiError, Feature, Object, decode, meta};
use crate::apiserver::{Subresource, WriteOptions};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{Builder, Info};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{self, FILENAME, KUSTOMIZE, RECURSIVE, VALIDATE};
use crate::kubectl::printer::{self, Printer};
use crate::kubectl::result::{FIELD_MANAGER, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, apply, json};

/// What stands above the objects in the editor.
const HEAD: &str = "\
# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
";

/// What stands above the configurations that were applied last.
const LAST_APPLIED_HEAD: &str = "\
# Please edit the 'last-applied-configuration' annotations below.
# Lines beginning with a '#' will be ignored, and an empty file will abort the edit.
#
";

/// How often one file is edited again after a refusal.
const MOST_TRIES: usize = 20;

/// What kubectl calls the file in its errors.
const SOURCE: &str = "edited-file";

/// `edit`
pub static VERB: Verb = Verb {
    name: "edit",
    about: "Edit a resource on the server, in the editor that KUBE_EDITOR or EDITOR names.",
    usage: "edit (RESOURCE/NAME | -f FILENAME) [options]",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        VALIDATE,
        OUTPUT,
        FIELD_MANAGER,
        SHOW_MANAGED,
        SAVE_CONFIG,
        Flag::new("output-patch", Takes::Bool, "Print the patch too"),
        Flag::new("subresource", Takes::Text, "status or resize"),
        Flag::new("windows-line-endings", Takes::Bool, "Accepted: line ends do not matter"),
    ],
    run,
};

/// `apply edit-last-applied`
pub static LAST_APPLIED: Verb = Verb {
    name: "apply edit-last-applied",
    about: "Edit latest last-applied-configuration annotations of a resource/object.",
    usage: "apply edit-last-applied (RESOURCE/NAME | -f FILENAME) [options]",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        VALIDATE,
        OUTPUT,
        FIELD_MANAGER,
        SHOW_MANAGED,
        Flag::new("windows-line-endings", Takes::Bool, "Accepted: line ends do not matter"),
    ],
    run: run_last_applied,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let subresource = args.text("subresource").unwrap_or_default();
    if !matches!(subresource, "" | "status" | "resize") {
        let why = format!("invalid subresource value: \"{subresource}\". Must be one of [status resize]");
        return Err(CliError::plain(why));
    }
    let infos = select(args, env)?;
    if infos.is_empty() {
        return Err(CliError::plain("edit cancelled, no objects found"));
    }
    let mut originals = Vec::new();
    for info in infos {
        let api = env.cluster.api();
        let value = printer::served(api.get(info.kind, &info.key())?, api.gates);
        originals.push(Original { info, value });
    }
    Edit { args, originals, mode: Mode::Normal }.run(env)
}

/// Models kubectl pkg/cmd/util/editor: ApplyEditMode.
fn run_last_applied(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let mut originals = Vec::new();
    for info in select(args, env)? {
        let object = env.cluster.api().get(info.kind, &info.key())?;
        let Some(text) = meta::annotations(object.meta()).get(apply::LAST_APPLIED) else { continue };
        let value = serde_json::from_str(text).map_err(|error| CliError::plain(error.to_string()))?;
        originals.push(Original { info, value });
    }
    if originals.is_empty() {
        return Err(CliError::plain(
            "no last-applied-configuration annotation found on resources, to create the annotation, use command \
             `kubectl apply set-last-applied --create-annotation`",
        ));
    }
    Edit { args, originals, mode: Mode::LastApplied }.run(env)
}

/// `create --edit`: each manifest in an editor of its own before it is created.
///
/// Models kubectl pkg/cmd/create: RunEditOnCreate.
pub fn before_create(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let found = manifests::read(args, env, false)?;
    if let Some(error) = CliError::aggregate(found.errors) {
        return Err(error);
    }
    let mut errors = Vec::new();
    for info in found.infos {
        let value = info.manifest.clone().unwrap_or_default();
        let edit = Edit { args, originals: vec![Original { info, value }], mode: Mode::Create };
        errors.extend(edit.run(env).err());
    }
    CliError::aggregate(errors).map_or(Ok(Flow::OK), Err)
}

fn select(args: &Args, env: &mut Env<'_>) -> Result<Vec<Info>, CliError> {
    let builder = Builder { must_exist: true, empty_selector: true, ..Builder::default() };
    builder.select(args, env, &args.words)?.all()
}

/// An object as it was before.
struct Original {
    info: Info,
    value: Value,
}

/// One file in the editor.
struct Edit<'a> {
    args: &'a Args,
    originals: Vec<Original>,
    mode: Mode,
}

/// What the file holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Objects that are there.
    Normal,
    /// What was applied last.
    LastApplied,
    /// A manifest that is to be created.
    Create,
}

/// What became of one version of the file.
#[derive(Default)]
struct Outcome {
    /// Why the file must be edited again: comments that stand above it then.
    reasons: String,
    /// Whether something was refused for another reason than its fields.
    retryable: bool,
    /// Whether an object is gone.
    gone: bool,
}

impl Edit<'_> {
    fn run(&self, env: &mut Env<'_>) -> Result<Flow, CliError> {
        let mut results = Results::parse_any(self.args, env.files)?.without_dry_run();
        let as_json = self.args.output() == "json";
        let head = match (as_json, self.mode) {
            (true, _) => "",
            (false, Mode::LastApplied) => LAST_APPLIED_HEAD,
            (false, _) => HEAD,
        };
        let original = self.text(env)?;
        let names: Vec<String> = self.originals.iter().map(|one| one.info.result_name()).collect();
        let names = names.join(",");
        let mut reasons = String::new();
        let mut content = original.clone();
        for number in 0..MOST_TRIES {
            let shown = if as_json { content.clone() } else { format!("{head}{reasons}{content}") };
            let Some(edited) = env.files.edit(&format!("{names}#{number}"), &shown) else {
                return Err(self.no_editor());
            };
            let edited = edited.map_err(CliError::plain)?;
            if number > 0 && same(&content, &edited) {
                let why = CliError::plain("Edit cancelled, no valid changes were saved.");
                return Err(self.kept(as_json, &edited, env, why));
            }
            content = strip(&edited);
            if self.validates()
                && let Err(why) = validate(&content)
            {
                let plain = format!("<nil>: Invalid value: \"The edited file failed validation\": {why}");
                reasons = self.invalid(&self.originals[0].info, &[plain], env);
                continue;
            }
            if same(&original, &edited) {
                env.out.err_line("Edit cancelled, no changes made.");
                return Ok(Flow::OK);
            }
            if content.trim().is_empty() {
                env.out.err_line("Edit cancelled, saved file was empty.");
                return Ok(Flow::OK);
            }
            let updated = match manifests::read_text(SOURCE, &edited, env.namespace) {
                Ok(updated) => updated,
                Err(error) => {
                    let why = hashed(&format!("The edited file had a syntax error: {}", error.message()));
                    reasons = format!("# {why}\n#\n");
                    continue;
                }
            };
            let outcome = match self.save(updated, &mut results, env) {
                Ok(outcome) => outcome,
                Err(why) => return Err(self.kept(as_json, &edited, env, why)),
            };
            let path = if outcome.retryable || outcome.gone {
                env.files.keep_edit(extension(as_json), &edited).unwrap_or_default()
            } else {
                String::new()
            };
            if outcome.retryable {
                env.out
                    .err_line(format!("You can run `kubectl replace -f {path}` to try this update again."));
                return Err(CliError::Exit(1));
            }
            if outcome.gone {
                let why = format!("The edits you made on deleted resources have been saved to \"{path}\"");
                env.out.err_line(why);
                return Err(CliError::Exit(1));
            }
            if outcome.reasons.is_empty() {
                return Ok(Flow::OK);
            }
            reasons = outcome.reasons;
        }
        Err(CliError::plain("Edit cancelled, no valid changes were saved."))
    }

    /// The objects, or the one object, as the editor shows them.
    fn text(&self, env: &Env<'_>) -> Result<String, CliError> {
        let format = match self.args.output() {
            "" => "yaml",
            known @ ("json" | "yaml") => known,
            "kyaml" if self.args.gates.has(Feature::KYaml) => "kyaml",
            other => {
                let allowed = printer::known_formats("json,kyaml,yaml", self.args.gates);
                return Err(CliError::plain(format!(
                    "unable to match a printer suitable for the output format \"{other}\", allowed formats are: \
                     {allowed}"
                )));
            }
        };
        let mut values: Vec<Value> = self.originals.iter().map(|one| one.value.clone()).collect();
        let value = if values.len() == 1 { values.swap_remove(0) } else { editor_list(values) };
        Printer::new(format, self.args, env.files)?.print(&value)
    }

    fn validates(&self) -> bool {
        !matches!(self.args.text("validate"), Some("ignore" | "false"))
    }

    fn no_editor(&self) -> CliError {
        if self.mode == Mode::Create {
            return CliError::plain("there is no editor here: change the manifest and leave out --edit");
        }
        let name = self.originals[0].info.result_name();
        CliError::plain(format!(
            "there is no editor here: change a field with kubectl patch {name} or kubectl set, or take the object \
             with kubectl get {name} -o yaml, change it and give it back with kubectl replace -f"
        ))
    }

    /// The error, after word of where the changes are.
    ///
    /// Models kubectl pkg/cmd/util/editor: preservedFile.
    fn kept(&self, as_json: bool, edited: &str, env: &mut Env<'_>, why: CliError) -> CliError {
        if let Some(path) = env.files.keep_edit(extension(as_json), edited) {
            env.out.err_line(format!("A copy of your changes has been stored to \"{path}\""));
        }
        why
    }

    /// Says that the object is invalid; returns the comments that say why.
    fn invalid(&self, info: &Info, causes: &[String], env: &mut Env<'_>) -> String {
        let plural = info.kind.info().qualified_plural();
        env.out.err_line(format!("error: {plural} \"{}\" is invalid", info.name));
        let colon = if causes.is_empty() { "" } else { ":" };
        let mut text = format!("# {plural} \"{}\" was not valid{colon}\n", info.name);
        for cause in causes {
            text.push_str(&format!("# * {}\n", hashed(cause)));
        }
        text + "#\n"
    }

    /// Sends what was edited.
    ///
    /// # Errors
    /// What ends the command at once.
    fn save(
        &self,
        updated: Vec<Info>,
        results: &mut Results,
        env: &mut Env<'_>,
    ) -> Result<Outcome, CliError> {
        for info in &updated {
            if info.kind.info().namespaced && info.namespace != env.namespace {
                let why = manifests::other_namespace(&info.namespace, env.namespace);
                return Err(CliError::plain(why));
            }
        }
        let mut outcome = Outcome::default();
        for info in updated {
            let edited = info.manifest.clone().unwrap_or_default();
            if self.mode == Mode::Create {
                self.create(edited, results, env)?;
                continue;
            }
            let uid = edited.pointer("/metadata/uid");
            let Some(original) = self.originals.iter().find(|one| one.value.pointer("/metadata/uid") == uid)
            else {
                let why = format!("no original object found for {}", json::compact(&edited));
                return Err(CliError::plain(why));
            };
            let saved = match self.mode {
                Mode::LastApplied => self.annotate(original, &info, edited, results, env),
                _ => self.patch(original, edited, results, &mut outcome, env),
            };
            saved.map_err(CliError::plain)?;
        }
        Ok(outcome)
    }

    /// Models kubectl pkg/cmd/util/editor: visitToCreate.
    fn create(&self, edited: Value, results: &mut Results, env: &mut Env<'_>) -> Result<(), CliError> {
        let edited = if self.args.flag("save-config") { apply::with_annotation(edited) } else { edited };
        let object = apply::decoded(edited)?;
        let created = env.cluster.act(self.args.command(), |api| api.create(object))?;
        results.print("created", &created, env.cluster.api(), env.out)
    }

    /// Models kubectl pkg/cmd/util/editor: visitToPatch.
    fn patch(
        &self,
        original: &Original,
        edited: Value,
        results: &mut Results,
        outcome: &mut Outcome,
        env: &mut Env<'_>,
    ) -> Result<(), String> {
        let (info, was) = (&original.info, &original.value);
        let edited = if self.args.flag("save-config") { apply::with_annotation(edited) } else { edited };
        if edited == *was {
            return print(results, "skipped", info, env);
        }
        for pointer in ["/apiVersion", "/kind", "/metadata/name"] {
            if edited.pointer(pointer) != was.pointer(pointer) {
                return Err("At least one of apiVersion, kind and name was changed".to_owned());
            }
        }
        let patch = patch::three_way(info.kind, was, &edited, was).map_err(|error| error.to_string())?;
        if self.args.flag("output-patch") {
            env.out.line(format!("Patch: {}", json::compact(&patch)));
        }
        let name = self.args.text("subresource").unwrap_or_default();
        let part = env.cluster.api().subresource(info.kind, name);
        match part.and_then(|part| self.send(info, patch, part, env)) {
            Ok(_) => return print(results, "edited", info, env),
            Err(error) => self.refused(info, &error, outcome, env),
        }
        Ok(())
    }

    /// Models kubectl pkg/cmd/util/editor: editResults.addError.
    fn refused(&self, info: &Info, error: &ApiError, outcome: &mut Outcome, env: &mut Env<'_>) {
        let plural = info.kind.info().qualified_plural();
        let what = format!("error: {plural} \"{}\" could not be", info.name);
        if error.reason() == "Invalid" {
            let details = error.status().details.as_ref();
            let causes = details.and_then(|details| details.causes.as_deref()).unwrap_or_default();
            let line = |text: &Option<String>| text.clone().unwrap_or_default();
            let causes: Vec<String> = causes
                .iter()
                .map(|cause| format!("{}: {}", line(&cause.field), line(&cause.message)))
                .collect();
            outcome.reasons.push_str(&self.invalid(info, &causes, env));
        } else if error.is_not_found() {
            outcome.gone = true;
            env.out.err_line(format!("{what} found on the server"));
        } else {
            outcome.retryable = true;
            env.out.err_line(format!("{what} patched: {error}"));
        }
    }

    fn send(
        &self,
        info: &Info,
        patch: Value,
        subresource: Subresource,
        env: &mut Env<'_>,
    ) -> Result<Object, ApiError> {
        let options = WriteOptions { dry_run: false };
        let strategic = Patch::Strategic(patch);
        let (kind, key) = (info.kind, info.key());
        let strict = self.validates() && subresource == Subresource::Main;
        env.cluster.act(self.args.command(), |api| match strict {
            true => api.patch_strictly(kind, &key, &strategic, options),
            false => {
                api.through_part(subresource, |api| api.patch(kind, &key, &strategic, subresource, options))
            }
        })
    }

    /// Models kubectl pkg/cmd/util/editor: visitToApplyEditPatch.
    fn annotate(
        &self,
        original: &Original,
        info: &Info,
        edited: Value,
        results: &mut Results,
        env: &mut Env<'_>,
    ) -> Result<(), String> {
        if edited == original.value {
            return print(results, "skipped", info, env);
        }
        let patch = apply::annotation_patch(&edited);
        let (kind, key) = (info.kind, info.key());
        let options = WriteOptions { dry_run: false };
        env.cluster
            .act(self.args.command(), |api| api.patch(kind, &key, &patch, Subresource::Main, options))
            .map_err(|error| error.to_string())?;
        print(results, "edited", info, env)
    }
}

fn print(results: &mut Results, operation: &str, info: &Info, env: &mut Env<'_>) -> Result<(), String> {
    let Ok(object) = env.cluster.api().get(info.kind, &info.key()).cloned() else { return Ok(()) };
    results.print(operation, &object, env.cluster.api(), env.out).map_err(|error| error.message())
}

/// Several objects as the editor shows them: a list without a resourceVersion.
fn editor_list(values: Vec<Value>) -> Value {
    let mut list = printer::list_of(values);
    list["metadata"] = Value::Object(serde_json::Map::new());
    list
}

fn extension(as_json: bool) -> &'static str {
    if as_json { "json" } else { "yaml" }
}

/// Models kubectl pkg/validation: ParamVerifyingSchema.ValidateBytes, whose fields the server checks.
fn validate(content: &str) -> Result<(), String> {
    let documents = decode::documents(content)
        .map_err(|why| why.strip_prefix("error converting YAML to JSON: ").unwrap_or(&why).to_owned())?;
    let Some(Value::Object(fields)) = documents.first() else {
        return Err("invalid object to validate".to_owned());
    };
    manifests::missing_type(&Value::Object(fields.clone())).map_or(Ok(()), Err)
}

/// Whether two versions of the file say the same.
///
/// Models kubectl pkg/cmd/util: StripComments.
fn same(one: &str, other: &str) -> bool {
    match (decode::documents(one), decode::documents(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => strip(one) == strip(other),
    }
}

/// The text without its comments.
///
/// Models kubectl pkg/cmd/util: ManualStrip.
fn strip(text: &str) -> String {
    let is_comment = |line: &str| line.trim_start().starts_with('#') && !line.trim_start().starts_with("#!");
    text.split_inclusive('\n').filter(|line| !is_comment(line)).collect()
}

/// Each further line of a reason is a comment too.
fn hashed(text: &str) -> String {
    text.trim_end().replace('\n', "\n# ").replace("\n# #", "\n#")
}
