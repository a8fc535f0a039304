//! `--raw`: requests to the API server by their paths, past everything that kubectl does itself.
//!
//! Models kubectl pkg/rawhttp, and apiserver pkg/endpoints/handlers.

use serde_json::{Value, json};

use crate::api::{ApiError, ApiResult, Kind, Object, ObjectKey, decode, meta};
use crate::apiserver::{DeleteOptions, Propagation, Subresource, WriteOptions};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::{Env, Flow, gojson, json, manifests, printer};

/// `--raw`
pub const RAW: Flag = Flag::new("raw", Takes::Text, "The path at the API server that the request goes to");

/// The path that the command line asks for.
pub fn path(args: &Args) -> Option<&str> {
    args.text("raw").filter(|path| !path.is_empty())
}

/// Complains of a path that is none.
///
/// Models Go's net/url: ParseRequestURI.
///
/// # Errors
/// It does not begin with a slash.
pub fn check_path(path: &str) -> Result<(), CliError> {
    if path.starts_with('/') {
        return Ok(());
    }
    Err(CliError::plain(format!("--raw must be a valid URL path: parse \"{path}\": invalid URI for request")))
}

/// What the server writes: JSON on one line.
pub fn line(value: &Value) -> String {
    json::compact_of_type(value, value["kind"].as_str().unwrap_or_default()) + "\n"
}

/// An object or a list of them at the API server.
pub struct Place {
    /// The kind.
    pub kind: Kind,
    /// The namespace; empty for all of them, and for kinds that live in none.
    pub namespace: String,
    /// The name; empty for the list.
    pub name: String,
    /// What of the object.
    pub subresource: String,
}

impl Place {
    /// Reads `/apis/apps/v1/namespaces/default/statefulsets/web/status`; `None` when nothing is served there.
    pub fn parse(path: &str) -> Option<Place> {
        let path = path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let (group, version, rest) = match parts.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() && *rest != ["status"] => {
                (*namespace, rest)
            }
            rest => ("", rest),
        };
        let (resource, rest) = rest.split_first()?;
        let served = |kind: &&Kind| {
            let info = kind.info();
            info.group == group && info.version == version && info.plural == *resource
        };
        let kind = *Kind::ALL.iter().find(served)?;
        let (name, subresource) = match rest {
            [] => ("", ""),
            [name] => (*name, ""),
            [name, subresource] => (*name, *subresource),
            _ => return None,
        };
        if namespace.is_empty() == kind.info().namespaced && !name.is_empty() {
            return None;
        }
        Some(Place {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            subresource: subresource.to_owned(),
        })
    }

    /// The object's key.
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(&self.namespace, &self.name)
    }
}

/// The text of the one file that is sent.
///
/// # Errors
/// kubectl's complaint about the other flags, or about the file.
pub fn body(args: &Args, env: &Env<'_>, path: &str) -> Result<String, CliError> {
    let [file] = args.list("filename") else {
        return Err(CliError::plain("--raw can only use a single local file or stdin"));
    };
    if file.starts_with("http://") || file.starts_with("https://") {
        return Err(CliError::plain("--raw cannot read from a url"));
    }
    if args.flag("recursive") {
        return Err(CliError::plain("--raw and --recursive are mutually exclusive"));
    }
    if args.text("selector").is_some_and(|text| !text.is_empty()) {
        return Err(CliError::plain("--raw and --selector (-l) are mutually exclusive"));
    }
    if !args.output().is_empty() {
        return Err(CliError::plain("--raw and --output are mutually exclusive"));
    }
    check_path(path)?;
    if file == "-" {
        return Ok(env.stdin.unwrap_or_default().to_owned());
    }
    if env.files.is_folder(file) {
        return Err(CliError::Verbatim(format!(
            "Unable to connect to the server: read {file}: is a directory"
        )));
    }
    let missing = |_| CliError::plain(format!("open {file}: no such file or directory"));
    let texts = env.files.read(file, false).map_err(missing)?;
    Ok(texts.into_iter().map(|(_, text)| text).collect())
}

/// POST.
///
/// # Errors
/// The API server's.
pub fn create(args: &Args, env: &mut Env<'_>, path: &str, body: &str) -> Result<Flow, CliError> {
    let place = Place::parse(path).ok_or_else(ApiError::no_such_resource)?;
    if !place.name.is_empty() || place.namespace.is_empty() && place.kind.info().namespaced {
        return Err(not_allowed().into());
    }
    let object = decoded(&place, body, env)?;
    let options = WriteOptions::default();
    let created = env.cluster.act(args.command(), |api| api.create_with(object, options))?;
    env.out.out(line(&printer::value(&created)));
    Ok(Flow::OK)
}

/// PUT.
///
/// # Errors
/// The API server's.
pub fn replace(args: &Args, env: &mut Env<'_>, path: &str, body: &str) -> Result<Flow, CliError> {
    let place = Place::parse(path).ok_or_else(ApiError::no_such_resource)?;
    if place.name.is_empty() {
        return Err(not_allowed().into());
    }
    let subresource = match place.subresource.as_str() {
        "" => Subresource::Main,
        "status" => Subresource::Status,
        _ => return Err(ApiError::no_such_resource().into()),
    };
    let object = decoded(&place, body, env)?;
    let name = meta::name(object.meta());
    if name != place.name {
        let why =
            format!("the name of the object ({name}) does not match the name on the URL ({})", place.name);
        return Err(ApiError::bad_request(why).into());
    }
    let options = WriteOptions::default();
    let updated = env.cluster.act(args.command(), |api| api.update_with(object, subresource, options))?;
    env.out.out(line(&printer::value(&updated)));
    Ok(Flow::OK)
}

/// DELETE, with the options that the file holds, if one is given.
///
/// # Errors
/// The API server's.
pub fn delete(args: &Args, env: &mut Env<'_>, path: &str) -> Result<Flow, CliError> {
    if args.flag("interactive") {
        return Err(CliError::plain("--interactive can not be used with --raw"));
    }
    if !args.output().is_empty() {
        return Err(CliError::plain("--raw and --output are mutually exclusive"));
    }
    check_path(path)?;
    let place = Place::parse(path).ok_or_else(ApiError::no_such_resource)?;
    if place.name.is_empty() {
        return Err(CliError::plain(
            "whole lists are not deleted by their path here: kubectl delete TYPE --all does it",
        ));
    }
    if !place.subresource.is_empty() {
        return Err(not_allowed().into());
    }
    let how = match manifests::names_files(args) {
        true => options(&body(args, env, path)?),
        false => DeleteOptions::default(),
    };
    let deleted = env.cluster.act(args.command(), |api| api.delete(place.kind, &place.key(), &how))?;
    let answer = match deleted.gone && !RETURNED.contains(&place.kind) {
        true => success(&place, &deleted.object),
        false => printer::value(&deleted.object),
    };
    env.out.out(line(&answer));
    Ok(Flow::OK)
}

/// Kinds whose objects the server gives back when it has deleted them.
///
/// Models pkg/registry: the stores with ReturnDeletedObject.
const RETURNED: [Kind; 7] = [
    Kind::PersistentVolume,
    Kind::PersistentVolumeClaim,
    Kind::Pod,
    Kind::ResourceQuota,
    Kind::Service,
    Kind::ServiceAccount,
    Kind::StorageClass,
];

fn success(place: &Place, object: &Object) -> Value {
    let info = place.kind.info();
    let mut details = json!({"kind": info.plural, "name": place.name, "uid": object.uid()});
    if !info.group.is_empty() {
        details["group"] = Value::from(info.group);
    }
    json!({"apiVersion": "v1", "details": details, "kind": "Status", "metadata": {}, "status": "Success"})
}

/// DeleteOptions; what is none of its fields is passed over.
fn options(body: &str) -> DeleteOptions {
    let value: Value = gojson::decode(body).unwrap_or_default();
    DeleteOptions {
        grace_period_seconds: value["gracePeriodSeconds"].as_i64(),
        propagation: match value["propagationPolicy"].as_str() {
            Some("Foreground") => Propagation::Foreground,
            Some("Orphan") => Propagation::Orphan,
            _ => Propagation::Background,
        },
        ..DeleteOptions::default()
    }
}

/// The object that the body is. Type and namespace are the path's where the body does not tell them.
///
/// Models apiserver pkg/endpoints/handlers: transformDecodeError, EnsureObjectNamespaceMatchesRequestNamespace.
fn decoded(place: &Place, body: &str, env: &mut Env<'_>) -> ApiResult<Object> {
    let info = place.kind.info();
    let mut value = gojson::decode(body).map_err(|why| {
        ApiError::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): couldn't get version/kind; json parse error: \
             {why} ({})",
            info.kind.name(),
            summary(body)
        ))
    })?;
    let Some(fields) = value.as_object_mut() else {
        return Err(ApiError::bad_request("the body is no object"));
    };
    fields.entry("apiVersion").or_insert_with(|| Value::from(info.api_version()));
    fields.entry("kind").or_insert_with(|| Value::from(info.kind.name()));
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (api_version, kind) = (text("/apiVersion"), text("/kind"));
    if Kind::from_api(&api_version, &kind) != Some(place.kind) {
        let version = api_version.rsplit('/').next().unwrap_or_default();
        let group = info.group.split('.').next().filter(|group| !group.is_empty()).unwrap_or("core");
        return Err(ApiError::bad_request(format!(
            "{kind} in version \"{version}\" cannot be handled as a {to}: converting ({version}.{kind}) to \
             ({group}.{to}): unknown conversion",
            to = info.kind.name()
        )));
    }
    let namespace = text("/metadata/namespace");
    if info.namespaced && namespace.is_empty() {
        let meta = value.as_object_mut().map(|fields| fields.entry("metadata").or_insert_with(|| json!({})));
        if let Some(meta) = meta.and_then(Value::as_object_mut) {
            meta.insert("namespace".to_owned(), Value::from(place.namespace.clone()));
        }
    } else if namespace != place.namespace {
        return Err(ApiError::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    for field in manifests::drop_unknown(place.kind, &mut value) {
        env.out.err_line(format!("Warning: unknown field \"{field}\""));
    }
    decode::lenient(place.kind, value).map_err(ApiError::bad_request)
}

/// The beginning of a body: as it is when it may be JSON, else its bytes.
///
/// Models apiserver pkg/endpoints/handlers: summarizeData.
fn summary(body: &str) -> String {
    let bytes = body.as_bytes();
    let more = if bytes.len() > SUMMARY { " ..." } else { "" };
    let shown = bytes.get(..SUMMARY).unwrap_or(bytes);
    match bytes.first() {
        None => "<empty>".to_owned(),
        Some(b'{') => format!("{}{more}", String::from_utf8_lossy(shown)),
        Some(_) => shown.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + more,
    }
}

/// How many bytes of a body are shown.
const SUMMARY: usize = 30;

fn not_allowed() -> ApiError {
    ApiError::method_not_allowed("the server does not allow this method on the requested resource")
}
