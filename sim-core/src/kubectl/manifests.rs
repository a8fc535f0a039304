//! Manifests that a command reads: `-f FILE`, `-f FOLDER -R`, `-f -`, several of them.
//!
//! Models cli-runtime pkg/resource: Builder.FilenameParam, StreamVisitor and FlattenListVisitor.

use std::collections::VecDeque;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

use super::args::{Args, Flag, Takes};
use super::builder::Info;
use super::error::CliError;
use super::other_version::{FIRST_AUTOSCALING, OtherVersion, to_second_autoscaling};
use super::{Env, FileError};
use crate::api::decode::{Document, typed};
use crate::api::{Kind, Object, decode, patch};

/// `-f`
pub const FILENAME: Flag =
    Flag::short("filename", 'f', Takes::List, "File, folder or - to read manifests from");
/// `-R`
pub const RECURSIVE: Flag = Flag::short("recursive", 'R', Takes::Bool, "Read folders below a folder too");
/// `-k`
pub const KUSTOMIZE: Flag = Flag::short("kustomize", 'k', Takes::Text, "A kustomization folder");
/// `--validate`
pub const VALIDATE: Flag =
    Flag::new("validate", Takes::TextOr("strict"), "strict (the default), warn or ignore unknown fields");

/// What `--validate` may be.
const VALIDATION_LEVELS: &[&str] = &["strict", "warn", "ignore", "true", "false"];

/// The apiVersion of manifests that are the simulator's own.
pub const OWN_API_VERSION: &str = "sts-sim/v1";

/// What manifests hold.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    /// The objects, in order.
    pub infos: Vec<Info>,
    /// What could not be read; reading went on after it where kubectl's does.
    pub errors: Vec<CliError>,
    /// For each of these, how many of the objects come before it.
    pub places: Vec<usize>,
    /// Simulated images, which are no API objects: the `kind: Image` documents, in order.
    pub images: Vec<Value>,
    /// What is warned of fields that the API does not know.
    pub warnings: Vec<String>,
}

impl Manifests {
    fn complain(&mut self, error: CliError) {
        self.errors.push(error);
        self.places.push(self.infos.len());
    }

    /// Takes what could not be read, to be told between the objects.
    pub fn unread(&mut self) -> Unread {
        let errors = std::mem::take(&mut self.errors);
        Unread(std::mem::take(&mut self.places).into_iter().zip(errors).collect())
    }
}

/// What could not be read, each with its place among the objects.
#[derive(Debug, Default)]
pub struct Unread(VecDeque<(usize, CliError)>);

impl Unread {
    /// Takes what comes before the object of that place.
    pub fn until(&mut self, place: usize) -> Vec<CliError> {
        let count = self.0.iter().take_while(|(at, _)| *at <= place).count();
        self.0.drain(..count).map(|(_, error)| error).collect()
    }
}

/// Whether `args` name any manifest.
pub fn is_given(args: &Args) -> bool {
    names_files(args) || kustomization(args).is_some()
}

fn kustomization(args: &Args) -> Option<&str> {
    args.text("kustomize").filter(|folder| !folder.is_empty())
}

/// Whether `-f` names anything: `-f ''` is an empty list.
pub fn names_files(args: &Args) -> bool {
    args.list("filename").iter().any(|path| !path.is_empty())
}

/// Complains unless manifests are named in one way.
///
/// # Errors
/// Neither `-f` nor `-k` is given, or both are.
pub fn require(args: &Args) -> Result<(), CliError> {
    match (names_files(args), kustomization(args).is_some()) {
        (false, false) => Err(CliError::plain("must specify one of -f and -k")),
        (true, true) => Err(CliError::plain("only one of -f or -k can be specified")),
        _ => Ok(()),
    }
}

/// Reads every manifest that `args` name. What kustomize warns of is printed at once.
///
/// # Errors
/// A path that is not there: then nothing at all is done, as kubectl does.
pub fn read(args: &Args, env: &mut Env<'_>, validate: bool) -> Result<Manifests, CliError> {
    if let Some(level) = args.text("validate").filter(|level| !VALIDATION_LEVELS.contains(level)) {
        return Err(CliError::plain(format!(
            "invalid - validate option \"{level}\"; must be one of: strict (or true), warn, ignore (or false)"
        )));
    }
    let mut missing = Vec::new();
    let mut texts = Vec::new();
    if let Some(folder) = kustomization(args) {
        require(args)?;
        let (text, found) = super::kustomize::build(folder, env.files)?;
        found.iter().for_each(|warning| env.out.err_line(warning));
        texts.push((folder.to_owned(), text));
    }
    for path in args.list("filename").iter().filter(|path| !path.is_empty()) {
        if path == "-" {
            texts.push(("STDIN".to_owned(), env.stdin.unwrap_or_default().to_owned()));
            continue;
        }
        if let Some(host) = host_of(path) {
            // kubectl's words on a machine without a network, which is what this one is.
            missing.push(CliError::Verbatim(format!(
                "Unable to connect to the server: dial tcp: lookup {host}: no such host"
            )));
            continue;
        }
        match env.files.read(path, args.flag("recursive")) {
            Ok(files) => texts.extend(files),
            Err(FileError::NotFound) => {
                missing.push(CliError::plain(format!("the path \"{path}\" does not exist")));
            }
            Err(FileError::Other(why)) => {
                missing.push(CliError::plain(format!("the path \"{path}\" cannot be accessed: {why}")));
            }
        }
    }
    if let Some(error) = CliError::aggregate(missing) {
        return Err(error);
    }
    let validate = validate && !matches!(args.text("validate"), Some("false" | "ignore"));
    let mut manifests = Manifests::default();
    let mut reader = Reader {
        namespace: env.namespace,
        enforce: args.has("namespace"),
        local: super::local::is_asked(args),
        validate,
        unknown: match args.text("validate") {
            Some("warn") => Unknown::Warned,
            Some("ignore" | "false") => Unknown::Dropped,
            _ => Unknown::Refused,
        },
        manifests: &mut manifests,
    };
    for (source, text) in &texts {
        reader.stream(source, text);
    }
    Ok(manifests)
}

/// The objects of `text`, which goes by the name of `source`.
///
/// # Errors
/// What is wrong with the text, all of it.
pub fn read_text(source: &str, text: &str, namespace: &str) -> Result<Vec<Info>, CliError> {
    let mut manifests = Manifests::default();
    let mut reader = Reader {
        namespace,
        enforce: false,
        local: false,
        validate: false,
        unknown: Unknown::Refused,
        manifests: &mut manifests,
    };
    reader.stream(source, text);
    CliError::aggregate(manifests.errors).map_or(Ok(manifests.infos), Err)
}

/// The host of a manifest that is to be fetched.
fn host_of(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("https://").or_else(|| path.strip_prefix("http://"))?;
    rest.split(['/', ':', '?']).next()
}

/// Models cli-runtime pkg/resource: RequireNamespace.
pub fn other_namespace(namespace: &str, wanted: &str) -> String {
    format!(
        "the namespace from the provided object \"{namespace}\" does not match the namespace \"{wanted}\". You must \
         pass '--namespace={namespace}' to perform this operation."
    )
}

/// What becomes of fields that the API does not know.
///
/// Models the API's fieldValidation, which kubectl's `--validate` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unknown {
    /// They are left to the server, which refuses them.
    Refused,
    /// They are dropped with a warning.
    Warned,
    /// They are dropped.
    Dropped,
}

struct Reader<'a> {
    namespace: &'a str,
    enforce: bool,
    /// Manifests stay without a namespace.
    local: bool,
    validate: bool,
    unknown: Unknown,
    manifests: &'a mut Manifests,
}

impl Reader<'_> {
    /// Reads one file. A document that cannot be parsed ends the file, those before it count.
    fn stream(&mut self, source: &str, text: &str) {
        let stream = decode::stream(text);
        for Document { value, json } in stream.documents {
            if self.validate
                && let Err(error) = check_named(&value, source)
            {
                self.manifests.complain(error);
                return;
            }
            self.document(source, value, json.as_deref());
        }
        if let Some(why) = stream.broken {
            self.manifests.complain(CliError::plain(format!("error parsing {source}: {why}")));
        }
    }

    /// Reads one object, or a list of them. `json` is how the file says it, if it does so in JSON.
    fn document(&mut self, source: &str, value: Value, json: Option<&str>) {
        let unreadable = |why: String| CliError::plain(format!("unable to decode \"{source}\": {why}"));
        if !value.is_object() {
            return self.manifests.complain(unreadable(patch::not_of_type(&value, "unstructured.detector")));
        }
        if value.get("items").is_some_and(|items| !items.is_null() && !items.is_array()) {
            let found = patch::found(&value["items"]);
            let why = format!(
                "json: cannot unmarshal {found} into Go struct field decodeList.items of type []json.RawMessage"
            );
            return self.manifests.complain(unreadable(why));
        }
        let api_version = text_of(&value, "/apiVersion");
        // Of a group and version that cannot be parsed not even the kind is known.
        if text_of(&value, "/kind").is_empty() || api_version.matches('/').count() > 1 {
            let body = json.map_or_else(|| super::gojson::encode(&value), str::to_owned);
            return self.manifests.complain(unreadable(format!("Object 'Kind' is missing in '{body}'")));
        }
        if let Some(why) = bad_metadata(&value) {
            return self.manifests.complain(unreadable(why));
        }
        if api_version == OWN_API_VERSION && text_of(&value, "/kind") == "Image" {
            return self.manifests.images.push(value);
        }
        if value.get("items").is_some() { self.list(source, value) } else { self.object(source, value) }
    }

    /// Reads what has items, whatever its kind. Those that say nothing else are of the kind and version that the
    /// list's name.
    ///
    /// Models apimachinery pkg/apis/meta/v1/unstructured: unstructuredJSONScheme.decodeToList.
    fn list(&mut self, source: &str, mut value: Value) {
        let Value::Array(items) = value["items"].take() else { return };
        if let Some(item) = items.iter().find(|item| !item.is_object() && !item.is_null()) {
            let why = patch::not_of_type(item, "map[string]interface {}");
            return self.manifests.complain(CliError::plain(format!("unable to decode \"{source}\": {why}")));
        }
        let api_version = text_of(&value, "/apiVersion");
        let kind = text_of(&value, "/kind");
        let kind = kind.strip_suffix("List").unwrap_or(kind);
        for mut item in items {
            if item.is_null() {
                item = json!({});
            }
            if text_of(&item, "/kind").is_empty() && text_of(&item, "/apiVersion").is_empty() {
                item["kind"] = Value::from(kind);
                item["apiVersion"] = Value::from(api_version);
            }
            let missing = if text_of(&item, "/kind").is_empty() {
                "Object 'Kind' is missing in 'object has no kind field '"
            } else if text_of(&item, "/apiVersion").is_empty() {
                "Object 'apiVersion' is missing in 'object has no apiVersion field'"
            } else {
                ""
            };
            if !missing.is_empty() {
                self.manifests.complain(CliError::Verbatim(format!(
                    "unable to get type info from the object \"*unstructured.Unstructured\": {missing}"
                )));
            } else if item["items"].is_array() {
                self.manifests.complain(CliError::plain(
                    "*unstructured.Unstructured is not a list: no Items field in this object",
                ));
            } else {
                self.object(source, item);
            }
        }
    }

    fn object(&mut self, source: &str, mut value: Value) {
        let kind = text_of(&value, "/kind").to_owned();
        let api_version = text_of(&value, "/apiVersion").to_owned();
        let is_first = kind == "HorizontalPodAutoscaler" && api_version == FIRST_AUTOSCALING;
        let api_version = if is_first {
            to_second_autoscaling(&mut value);
            Kind::HorizontalPodAutoscaler.info().api_version()
        } else {
            api_version
        };
        let name = text_of(&value, "/metadata/name").to_owned();
        let namespace = text_of(&value, "/metadata/namespace").to_owned();
        let Some(known) = Kind::from_api(&api_version, &kind) else {
            let why = format!(
                "resource mapping not found for name: \"{name}\" namespace: \"{namespace}\" from \"{source}\": \
                 no matches for kind \"{kind}\" in version \"{api_version}\"\nensure CRDs are installed first"
            );
            return self.manifests.complain(CliError::plain(why));
        };
        if self.unknown != Unknown::Refused {
            self.prune(known, &mut value);
        }
        match self.placed(known, &mut value, &namespace) {
            Ok(namespace) => self.manifests.infos.push(Info {
                kind: known,
                namespace,
                name,
                source: Some(source.to_owned()),
                manifest: Some(value),
                asked: is_first.then_some(OtherVersion::FirstAutoscaling),
            }),
            Err(error) => self.manifests.complain(error),
        }
    }

    /// Drops the fields that the API does not know.
    fn prune(&mut self, kind: Kind, value: &mut Value) {
        let unknown = drop_unknown(kind, value);
        if self.unknown == Unknown::Warned {
            let warnings = unknown.iter().map(|path| format!("Warning: unknown field \"{path}\""));
            self.manifests.warnings.extend(warnings);
        }
    }

    /// The namespace that the object goes to, which is written into the manifest.
    ///
    /// Models cli-runtime pkg/resource: SetNamespace and RequireNamespace.
    fn placed(&self, kind: Kind, value: &mut Value, namespace: &str) -> Result<String, CliError> {
        let namespaced = kind.info().namespaced;
        if namespaced
            && namespace.is_empty()
            && !self.local
            && let Some(root) = value.as_object_mut()
        {
            let meta = root.entry("metadata").or_insert_with(|| Value::Object(serde_json::Map::new()));
            if let Some(meta) = meta.as_object_mut() {
                meta.insert("namespace".to_owned(), Value::from(self.namespace));
            }
        }
        self.namespace_of(namespaced, namespace)
    }

    /// The namespace of an object whose manifest says `namespace`.
    fn namespace_of(&self, namespaced: bool, namespace: &str) -> Result<String, CliError> {
        match namespace {
            _ if !namespaced => Ok(String::new()),
            "" => Ok(self.namespace.to_owned()),
            other if self.enforce && other != self.namespace => {
                Err(CliError::plain(other_namespace(other, self.namespace)))
            }
            other => Ok(other.to_owned()),
        }
    }
}

/// Drops the fields that the kind lacks, and returns their paths.
pub fn drop_unknown(kind: Kind, value: &mut Value) -> Vec<String> {
    let mut unknown = Vec::new();
    // A field of the wrong type is the server's to refuse.
    let _ = Object::from_value(kind, value.clone(), &mut |path| unknown.push(path));
    for path in &unknown {
        let pointer = format!("/{}", path.replace(['.', '['], "/").replace(']', ""));
        let (parent, field) = pointer.rsplit_once('/').unwrap_or_default();
        if let Some(fields) = value.pointer_mut(parent).and_then(Value::as_object_mut) {
            fields.remove(field);
        }
    }
    unknown
}

/// Models kubectl pkg/validation: getObjectKind, and what the reader says of its errors.
fn check_named(value: &Value, source: &str) -> Result<(), CliError> {
    let Some(complaint) = missing_type(value) else { return Ok(()) };
    Err(CliError::plain(format!(
        "error validating \"{source}\": error validating data: {complaint}; if you choose to ignore these \
         errors, turn validation off with --validate=false"
    )))
}

/// What is said of metadata of the wrong types, which kubectl decodes before anything is sent.
///
/// Models cli-runtime pkg/resource: metadataValidatingDecoder.
fn bad_metadata(object: &Value) -> Option<String> {
    let is_text = |value: &Value| value.is_string() || value.is_null();
    if let Some(version) = object.get("apiVersion").filter(|version| !is_text(version)) {
        let found = patch::found(version);
        return Some(format!(
            "json: cannot unmarshal {found} into Go struct field metadataOnlyObject.TypeMeta.apiVersion of type string"
        ));
    }
    let metadata = &object["metadata"];
    if !metadata.is_object() && !metadata.is_null() {
        let found = patch::found(metadata);
        return Some(format!(
            "json: cannot unmarshal {found} into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta"
        ));
    }
    // The type's own fields are named by their place in it.
    let error = typed::from_value::<ObjectMeta>(metadata.clone(), &mut |_| {}).err()?;
    let text = error.to_string();
    let Some((start, field)) = text.split_once("Go struct field ") else { return Some(text) };
    let (name, path) = field.split_once('.').unwrap_or((field, ""));
    Some(format!("{start}Go struct field {name}.metadata.{path}"))
}

/// What is said of an object without apiVersion or kind.
pub fn missing_type(value: &Value) -> Option<String> {
    if !value.is_object() {
        return Some("invalid object to validate".to_owned());
    }
    let missing: Vec<&str> = [("/apiVersion", "apiVersion not set"), ("/kind", "kind not set")]
        .into_iter()
        .filter(|(pointer, _)| text_of(value, pointer).is_empty())
        .map(|(_, complaint)| complaint)
        .collect();
    match missing.as_slice() {
        [] => None,
        [only] => Some((*only).to_owned()),
        many => Some(format!("[{}]", many.join(", "))),
    }
}

fn text_of<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
