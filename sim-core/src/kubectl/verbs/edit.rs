//! `edit`
//!
//! Models kubectl pkg/cmd/util/editor: EditOptions.Run. The editor is the front end's; where there is none,
//! the command says what to do instead.

use serde_json::Value;

use super::{SAVE_CONFIG, Verb};
use crate::api::patch::{self, Patch};
use crate::api::{ApiError, Object, decode};
use crate::apiserver::{Subresource, WriteOptions};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{Builder, Info};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{FILENAME, KUSTOMIZE, RECURSIVE, VALIDATE};
use crate::kubectl::result::{FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, apply, json, printer, yaml};

/// What stands above the object in the editor.
const HEAD: &str = "\
# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
";

/// How often one object is edited again after a refusal.
const MOST_TRIES: usize = 20;

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
        Flag::new("subresource", Takes::Text, "status"),
        Flag::new("windows-line-endings", Takes::Bool, "Accepted: line ends do not matter"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let builder = Builder { must_exist: true, empty_selector: true, ..Builder::default() };
    let selection = builder.select(args, env, &args.words)?;
    let infos = selection.all()?;
    if infos.is_empty() {
        return Err(CliError::plain("edit cancelled, no objects found"));
    }
    let as_json = match args.text("output") {
        None | Some("" | "yaml") => false,
        Some("json") => true,
        Some(other) => {
            let why = format!("The flag 'output' must be one of yaml|json, not \"{other}\"");
            return Err(CliError::misuse("edit", why));
        }
    };
    let mut errors = Vec::new();
    for info in &infos {
        errors.extend(Edit { args, info, as_json }.run(env).err());
    }
    CliError::aggregate(errors).map_or(Ok(Flow::OK), Err)
}

/// The edit of one object.
struct Edit<'a> {
    args: &'a Args,
    info: &'a Info,
    as_json: bool,
}

impl Edit<'_> {
    fn run(&self, env: &mut Env<'_>) -> Result<(), CliError> {
        let original = printer::value(env.cluster.api().get(self.info.kind, &self.info.key())?);
        let mut text = format!("{HEAD}{}", self.text(&original));
        let mut last = without_comments(&text);
        for number in 0..MOST_TRIES {
            let name = format!("{}#{number}", self.info.result_name());
            let Some(edited) = env.files.edit(&name, &text) else { return Err(self.no_editor()) };
            let edited = edited.map_err(CliError::plain)?;
            let content = without_comments(&edited);
            if content.trim().is_empty() {
                env.out.err_line("Edit cancelled, saved file was empty.");
                return Ok(());
            }
            if content == last {
                if number == 0 {
                    env.out.err_line("Edit cancelled, no changes made.");
                    return Ok(());
                }
                return Err(CliError::plain("Edit cancelled, no valid changes were saved."));
            }
            let failures = match self.save(&original, &content, env) {
                Ok(()) => return Ok(()),
                Err(failures) => failures,
            };
            text = format!("{HEAD}{failures}#\n{content}");
            last = content;
        }
        Err(CliError::plain("Edit cancelled, no valid changes were saved."))
    }

    fn text(&self, value: &Value) -> String {
        if self.as_json { format!("{}\n", json::pretty(value)) } else { yaml::document(value) }
    }

    fn no_editor(&self) -> CliError {
        let name = self.info.result_name();
        CliError::plain(format!(
            "there is no editor here: change a field with kubectl patch {name} or kubectl set, or take the object \
             with kubectl get {name} -o yaml, change it and give it back with kubectl replace -f"
        ))
    }

    /// Sends what was edited; what was wrong with it comes back as comments for the next try.
    fn save(&self, original: &Value, content: &str, env: &mut Env<'_>) -> Result<(), String> {
        let edited = match decode::documents(content) {
            Ok(mut documents) if documents.len() == 1 => documents.remove(0),
            Ok(_) => {
                return Err("# The edited file had a syntax error: there must be one object\n".to_owned());
            }
            Err(why) => return Err(syntax_error(&why)),
        };
        for pointer in ["/apiVersion", "/kind", "/metadata/name"] {
            if edited.pointer(pointer) != original.pointer(pointer) {
                return Err("# error: At least one of apiVersion, kind and name was changed\n".to_owned());
            }
        }
        let edited = if self.args.flag("save-config") { apply::with_annotation(edited) } else { edited };
        if edited == *original {
            env.out.err_line("Edit cancelled, no changes made.");
            return Ok(());
        }
        let sent = self.send(original, edited, env);
        match sent {
            Ok(patch) => {
                if self.args.flag("output-patch") {
                    env.out.line(format!("Patch: {}", json::compact(&patch)));
                }
                env.out.line(format!("{} edited", self.info.result_name()));
                Ok(())
            }
            Err(error) => {
                let plural = self.info.kind.info().qualified_plural();
                env.out.err_line(format!("error: {plural} \"{}\" is invalid", self.info.name));
                Err(self.reasons(&error))
            }
        }
    }

    fn send(&self, original: &Value, edited: Value, env: &mut Env<'_>) -> Result<Value, ApiError> {
        let (kind, key) = (self.info.kind, self.info.key());
        let patch = patch::three_way(kind, original, &edited, original)?;
        apply::decoded(edited)?;
        let options = WriteOptions { dry_run: false };
        let strategic = Patch::Strategic(patch.clone());
        let sent: Result<Object, ApiError> = env
            .cluster
            .act(self.args.command(), |api| api.patch(kind, &key, &strategic, Subresource::Main, options));
        sent.map(|_| patch)
    }

    /// Models kubectl pkg/cmd/util/editor: editReason.
    fn reasons(&self, error: &ApiError) -> String {
        let plural = self.info.kind.info().qualified_plural();
        let details = error.status().details.as_ref();
        let causes = details.and_then(|details| details.causes.as_deref()).unwrap_or_default();
        if causes.is_empty() {
            return format!("# {plural} \"{}\" was not valid:\n# * {error}\n", self.info.name);
        }
        let mut text = format!("# {plural} \"{}\" was not valid:\n", self.info.name);
        for cause in causes {
            let field = cause.field.as_deref().unwrap_or_default();
            text.push_str(&format!("# * {field}: {}\n", cause.message.as_deref().unwrap_or_default()));
        }
        text
    }
}

fn syntax_error(why: &str) -> String {
    let lines: Vec<String> = why.lines().map(|line| format!("# {line}")).collect();
    format!("# The edited file had a syntax error: {}\n", lines.join("\n").trim_start_matches("# "))
}

/// The text without the lines that are the editor's.
fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
}
