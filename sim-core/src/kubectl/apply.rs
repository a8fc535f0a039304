//! Client-side apply: the last applied manifest is kept in an annotation, and what changed since
//! then is patched into the live object.
//!
//! Models kubectl pkg/cmd/apply: applyOneObject and Patcher, pkg/util: GetModifiedConfiguration.

use serde_json::{Map, Value};

use super::builder::Info;
use super::error::CliError;
use super::gojson;
use super::output::Output;
use super::result::DryRun;
use crate::api::decode::{self, DecodeError};
use crate::api::patch::{self, Patch};
use crate::api::{ApiError, ApiResult, Object, meta};
use crate::apiserver::{ApiServer, ApplyRequest, WriteOptions};

/// The annotation that keeps the manifest applied last.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It was not there.
    Created,
    /// It was changed, or at least a patch was sent.
    Configured,
    /// There was nothing to patch.
    Unchanged,
}

impl Applied {
    /// The word that results say.
    pub fn word(self) -> &'static str {
        match self {
            Applied::Created => "created",
            Applied::Configured => "configured",
            Applied::Unchanged => "unchanged",
        }
    }
}

/// An object that was applied.
pub enum Outcome {
    /// As the server has it.
    Stored(Box<Object>),
    /// As it would be sent, or be once it was: what it is like is known to nobody but kubectl.
    Local(Value),
}

/// Applies the manifest of `info` and returns the object as it is then.
///
/// # Errors
/// What the API server refuses, with the file and what was being done.
pub fn apply(
    info: &Info,
    dry_run: DryRun,
    api: &mut ApiServer,
    out: &mut Output,
) -> Result<(Applied, Outcome), CliError> {
    let manifest = info.manifest.clone().unwrap_or_default();
    if info.name.is_empty() {
        return Err(nameless(info, &manifest));
    }
    let modified = with_annotation(manifest);
    let options = WriteOptions { dry_run: dry_run == DryRun::Server };
    let Ok(current) = api.get(info.kind, &info.key()).cloned() else {
        if dry_run == DryRun::Client {
            return Ok((Applied::Created, Outcome::Local(modified)));
        }
        let created = decoded(modified).and_then(|object| api.create_with(object, options));
        let created = created.map_err(|error| info.error("creating", error))?;
        return Ok((Applied::Created, Outcome::Stored(Box::new(created))));
    };
    let original = meta::annotations(current.meta()).get(LAST_APPLIED).cloned();
    if original.is_none() {
        out.err_line(format!(
            "Warning: resource {} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. \
             kubectl apply should only be used on resources created declaratively by either kubectl create \
             --save-config or kubectl apply. The missing annotation will be patched automatically.",
            info.resource_name()
        ));
    }
    // An annotation that is no JSON cannot have been written by kubectl; it counts as none.
    let original = original.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_else(empty);
    let live = current.to_value();
    let patch = patch::three_way(info.kind, &original, &modified, &live)?;
    if patch.as_object().is_some_and(Map::is_empty) {
        return Ok((Applied::Unchanged, Outcome::Stored(Box::new(current))));
    }
    if dry_run == DryRun::Client {
        let patched = Patch::Strategic(patch).apply(info.kind, &live)?;
        return Ok((Applied::Configured, Outcome::Local(patched)));
    }
    let text = gojson::encode(&patch);
    let sent = api.patch_strictly(info.kind, &info.key(), &Patch::Strategic(patch), options);
    let patched = sent.map_err(|error| {
        let source = info.source.as_deref().unwrap_or_default();
        let doing = format!(
            "error when applying patch:\n{text}\nto:\n{}\nfor: \"{source}\": error when patching \"{source}\"",
            info.description()
        );
        CliError::api(error, doing)
    })?;
    if meta::is_terminating(patched.meta()) {
        out.err_line(format!(
            "Warning: Detected changes to resource {} which is currently being deleted.",
            info.name
        ));
    }
    Ok((Applied::Configured, Outcome::Stored(Box::new(patched))))
}

/// How to apply on the server.
#[derive(Clone, Debug)]
pub struct ServerSide {
    /// The field manager.
    pub manager: String,
    /// Whether to take what others own.
    pub force: bool,
    /// What of the objects is applied.
    pub subresource: String,
}

/// What kubectl adds to a conflict.
const CONFLICT_HELP: &str = "\
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts";

/// Lets the server apply the manifest of `info` and returns the object as it is then. What client-side apply
/// owned goes to the same manager.
///
/// Models kubectl pkg/cmd/apply: applyOneObject and migrateToSSAIfNecessary.
///
/// # Errors
/// What the API server refuses, a conflict with kubectl's advice.
pub fn apply_on_server(
    info: &Info,
    how: &ServerSide,
    dry_run: DryRun,
    api: &mut ApiServer,
) -> Result<Object, CliError> {
    let manifest = info.manifest.clone().unwrap_or_default();
    if info.name.is_empty() {
        return Err(match generate_name(&manifest) {
            Some(_) => nameless(info, &manifest),
            None => CliError::plain(NO_NAME),
        });
    }
    let mut kept = manifest.clone();
    if let Some(annotations) = kept.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(LAST_APPLIED);
    }
    let part = api.subresource(info.kind, &how.subresource)?;
    let request = ApplyRequest {
        manager: how.manager.clone(),
        force: how.force,
        last_applied: gojson::encode(&kept) + "\n",
        subresource: part,
    };
    let options = WriteOptions { dry_run: dry_run == DryRun::Server };
    let applied =
        api.through_part(part, |api| api.apply(info.kind, &info.key(), &manifest, &request, options));
    let applied = applied.map_err(|error| {
        if error.is_conflict() { CliError::plain(format!("{error}\n{CONFLICT_HELP}")) } else { error.into() }
    })?;
    if !options.dry_run {
        api.take_over_client_side(info.kind, &info.key(), &how.manager)?;
    }
    Ok(applied)
}

/// What kubectl's client says of a request about an object without a name.
pub const NO_NAME: &str = "resource name may not be empty";

fn generate_name(manifest: &Value) -> Option<&str> {
    manifest.pointer("/metadata/generateName").and_then(Value::as_str)
}

fn nameless(info: &Info, manifest: &Value) -> CliError {
    if let Some(prefix) = generate_name(manifest) {
        return CliError::plain(format!("from {prefix}: cannot use generate name with apply"));
    }
    let source = info.source.as_deref().unwrap_or_default();
    CliError::plain(format!(
        "error when retrieving current configuration of:\n{}\nfrom server for: \"{source}\": {NO_NAME}",
        info.description()
    ))
}

/// What makes `manifest` the configuration that was applied last.
///
/// Models kubectl pkg/cmd/util/editor: GetApplyPatch.
pub fn annotation_patch(manifest: &Value) -> Patch {
    let text = gojson::encode(manifest) + "\n";
    Patch::Merge(serde_json::json!({"metadata": {"annotations": {LAST_APPLIED: text}}}))
}

/// The manifest with the annotation that holds it.
pub fn with_annotation(mut manifest: Value) -> Value {
    let Some(annotations) = annotations_of(&mut manifest) else { return manifest };
    annotations.remove(LAST_APPLIED);
    let text = gojson::encode(&manifest) + "\n";
    if let Some(annotations) = annotations_of(&mut manifest) {
        annotations.insert(LAST_APPLIED.to_owned(), Value::from(text));
    }
    manifest
}

/// The manifest's annotations, made when they are absent; `None` when the manifest is no object.
fn annotations_of(manifest: &mut Value) -> Option<&mut Map<String, Value>> {
    let meta = child(manifest.as_object_mut()?, "metadata")?;
    child(meta, "annotations")
}

fn child<'a>(map: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    let slot = map.entry(key.to_owned()).or_insert_with(empty);
    if slot.is_null() {
        *slot = empty();
    }
    slot.as_object_mut()
}

fn empty() -> Value {
    Value::Object(Map::new())
}

/// The object that a manifest is, or the API server's complaint.
///
/// # Errors
/// BadRequest.
pub fn decoded(manifest: Value) -> ApiResult<Object> {
    decode::object(manifest).map_err(|error| match error {
        DecodeError::Bad(message) => ApiError::bad_request(message),
        DecodeError::NoMatch { api_version, kind } => {
            ApiError::bad_request(format!("no matches for kind \"{kind}\" in version \"{api_version}\""))
        }
    })
}
