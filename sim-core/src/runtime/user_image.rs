//! Images that a user defines in YAML: `apiVersion: sts-sim/v1`, `kind: Image`.

use serde::Deserialize;
use serde_json::Value;

use super::image::{AccessLog, ExitPlan, ImageSpec, Route};

/// Why a document is no image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("image {name:?} is not valid: {why}")]
pub struct UserImageError {
    /// The image's name, empty when it has none.
    pub name: String,
    /// What is wrong.
    pub why: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "apiVersion and kind are checked by the caller and must be allowed here")]
struct Document {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    name: String,
    #[serde(default)]
    startup_seconds: u32,
    #[serde(default)]
    ports: Vec<u16>,
    #[serde(default)]
    routes: Vec<RouteDocument>,
    #[serde(default)]
    files: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    log: Vec<String>,
    #[serde(default)]
    exit: Option<ExitDocument>,
    #[serde(default)]
    env: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    working_dir: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    termination_seconds: u32,
    #[serde(default)]
    ignores_sigterm: bool,
    #[serde(default)]
    command: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RouteDocument {
    #[serde(default)]
    method: String,
    path: String,
    #[serde(default = "ok_status")]
    status: u16,
    #[serde(default)]
    body: String,
    #[serde(default)]
    content_type: String,
    #[serde(default)]
    latency_ms: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ExitDocument {
    after_seconds: u32,
    code: i32,
    #[serde(default)]
    log: Vec<String>,
}

fn ok_status() -> u16 {
    200
}

/// The image that a document of `kind: Image` describes.
///
/// # Errors
/// [`UserImageError`] when a field is unknown or of the wrong type, or a value is out of range.
pub fn image_from_value(value: &Value) -> Result<ImageSpec, UserImageError> {
    let named =
        |value: &Value| value["name"].as_str().or(value["metadata"]["name"].as_str()).map(str::to_owned);
    let fail = |why: String| UserImageError { name: named(value).unwrap_or_default(), why };
    let document = Document::deserialize(value).map_err(|error| fail(error.to_string()))?;
    let name = if document.name.is_empty() { document.metadata.name.clone() } else { document.name.clone() };
    let bare = super::image::Reference::parse(&name).map_err(|why| fail(why.to_owned()))?;
    if let Some(route) = document.routes.iter().find(|route| !(100..=599).contains(&route.status)) {
        return Err(fail(format!(
            "route {} has status {}, which is no HTTP status",
            route.path, route.status
        )));
    }
    if let Some(path) = document.files.keys().find(|path| !path.starts_with('/')) {
        return Err(fail(format!("file {path} must be an absolute path")));
    }
    let routes = document.routes.into_iter().map(|route| Route {
        method: route.method,
        path: route.path,
        status: route.status,
        body: route.body,
        content_type: if route.content_type.is_empty() {
            "text/plain".to_owned()
        } else {
            route.content_type
        },
        latency_ms: route.latency_ms,
        ..Route::default()
    });
    let exit = document.exit.map(|exit| ExitPlan {
        after_ms: u64::from(exit.after_seconds) * 1_000,
        code: exit.code,
        log: exit.log,
    });
    Ok(ImageSpec {
        tags: vec!["*".to_owned()],
        startup_ms: u64::from(document.startup_seconds) * 1_000,
        follows_declared_ports: document.ports.is_empty(),
        routes: routes.collect(),
        files: document
            .files
            .into_iter()
            .map(|(path, content)| (super::normal_path(&path), content))
            .collect(),
        log: document.log,
        access_log: AccessLog::Combined,
        exit,
        env: document.env.into_iter().collect(),
        working_dir: document.working_dir,
        user: document.user,
        termination_ms: (!document.ignores_sigterm)
            .then_some(u64::from(document.termination_seconds) * 1_000),
        command: document.command,
        ..ImageSpec::server(bare.name(), &document.ports)
    })
}
