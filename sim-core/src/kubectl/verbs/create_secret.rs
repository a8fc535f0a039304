//! `create secret generic`, `create secret tls`, `create secret docker-registry`.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::create_configmap::{APPEND_HASH, FROM_ENV_FILE, FROM_FILE, FROM_LITERAL, append_hash, data};
use super::{SAVE_CONFIG, Verb};
use crate::api::to_value;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, FileError, Flow, generate, key_pair};

/// The registry of images that name none.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";
/// The key of a Secret for a registry.
const DOCKER_CONFIG: &str = ".dockerconfigjson";

/// `create secret generic`
pub static VERB: Verb = Verb {
    name: "create secret generic",
    about: "Create a secret based on a file, directory, or specified literal value.",
    usage: "create secret generic NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] \
            [--dry-run=server|client|none]",
    flags: &[
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        SAVE_CONFIG,
        FROM_LITERAL,
        FROM_FILE,
        FROM_ENV_FILE,
        APPEND_HASH,
        Flag::new("type", Takes::Text, "The type of secret"),
    ],
    run,
};

/// `create secret tls`
pub static TLS: Verb = Verb {
    name: "create secret tls",
    about: "Create a TLS secret from the given public/private key pair.",
    usage: "create secret tls NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]",
    flags: &[
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        SAVE_CONFIG,
        APPEND_HASH,
        Flag::new("cert", Takes::Text, "The file of the certificate, PEM"),
        Flag::new("key", Takes::Text, "The file of its private key, PEM"),
    ],
    run: tls,
};

/// `create secret docker-registry`
pub static DOCKER_REGISTRY: Verb = Verb {
    name: "create secret docker-registry",
    about: "Create a new secret for use with Docker registries.",
    usage: "create secret docker-registry NAME --docker-username=user --docker-password=password \
            --docker-email=email [--docker-server=string] [--from-file=[key=]source] \
            [--dry-run=server|client|none]",
    flags: &[
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        SAVE_CONFIG,
        FROM_FILE,
        APPEND_HASH,
        Flag::new("docker-email", Takes::Text, "Email for the registry"),
        Flag::new("docker-password", Takes::Text, "Password for the registry"),
        Flag::new("docker-server", Takes::Text, "The registry"),
        Flag::new("docker-username", Takes::Text, "Name of the user at the registry"),
    ],
    run: docker_registry,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let name = generate::name("create secret generic", args)?;
    let data = data(args, env, None)?;
    create(args, env, name, data, args.text("type"))
}

/// Models kubectl pkg/cmd/create: CreateSecretTLSOptions.
fn tls(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let name = generate::name("create secret tls", args)?;
    let given = |flag: &str| args.text(flag).filter(|path| !path.is_empty());
    let (Some(cert), Some(key)) = (given("cert"), given("key")) else {
        return Err(CliError::plain("key and cert must be specified"));
    };
    let (cert, key) = (read(cert, env)?, read(key, env)?);
    key_pair::check(&cert, &key).map_err(CliError::plain)?;
    let data = BTreeMap::from([("tls.crt".to_owned(), cert), ("tls.key".to_owned(), key)]);
    create(args, env, name, data, Some("kubernetes.io/tls"))
}

/// Models kubectl pkg/cmd/create: CreateSecretDockerRegistryOptions.
fn docker_registry(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let name = generate::name("create secret docker-registry", args)?;
    let (user, password) =
        (args.text("docker-username").unwrap_or_default(), args.text("docker-password").unwrap_or_default());
    let server = args.text("docker-server").unwrap_or(DOCKER_HUB);
    let files = args.has("from-file");
    if !files && (user.is_empty() || password.is_empty() || server.is_empty()) {
        return Err(CliError::plain(
            "either --from-file or the combination of --docker-username, --docker-password and --docker-server is \
             required",
        ));
    }
    let mut data = BTreeMap::new();
    for source in args.list("from-file") {
        // A file without a key is the configuration.
        let (key, path) = source.split_once('=').unwrap_or((DOCKER_CONFIG, source));
        if data.insert(key.to_owned(), read(path, env)?).is_some() {
            let why = format!("cannot add key {key}, another key by that name already exists");
            return Err(CliError::plain(why));
        }
    }
    if !files {
        let email = args.text("docker-email").unwrap_or_default();
        data.insert(DOCKER_CONFIG.to_owned(), docker_config(server, user, password, email));
    }
    let kind = Some("kubernetes.io/dockerconfigjson");
    create(args, env, name, data, kind)
}

/// The text of a Docker configuration, its fields in the order of kubectl's struct.
fn docker_config(server: &str, user: &str, password: &str, email: &str) -> String {
    let text = |value: &str| Value::from(value).to_string();
    let email = if email.is_empty() { String::new() } else { format!("\"email\":{},", text(email)) };
    let auth = STANDARD.encode(format!("{user}:{password}"));
    format!(
        "{{\"auths\":{{{}:{{\"username\":{},\"password\":{},{email}\"auth\":\"{auth}\"}}}}}}",
        text(server),
        text(user),
        text(password)
    )
}

fn create(
    args: &Args,
    env: &mut Env<'_>,
    name: &str,
    data: BTreeMap<String, String>,
    kind: Option<&str>,
) -> Result<Flow, CliError> {
    let mut manifest = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}});
    if !data.is_empty() {
        let encoded = data.into_iter().map(|(key, text)| (key, Value::from(STANDARD.encode(text))));
        manifest["data"] = Value::Object(encoded.collect::<Map<String, Value>>());
    }
    if let Some(kind) = kind {
        manifest["type"] = to_value(&kind);
    }
    append_hash(args, &mut manifest);
    generate::create(args, env, manifest, "created", Some("failed to create secret"))?;
    Ok(Flow::OK)
}

fn read(path: &str, env: &Env<'_>) -> Result<String, CliError> {
    match env.files.read(path, false) {
        Ok(files) => Ok(files.into_iter().next().map(|(_, text)| text).unwrap_or_default()),
        Err(FileError::NotFound) => {
            Err(CliError::plain(format!("Cannot read file {path}, open {path}: no such file or directory")))
        }
        Err(FileError::Other(why)) => Err(CliError::plain(format!("Cannot read file {path}, {why}"))),
    }
}
