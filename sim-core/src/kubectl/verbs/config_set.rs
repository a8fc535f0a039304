//! `config set`, `set-cluster`, `set-credentials` and what takes away again.
//!
//! Models kubectl pkg/cmd/config: what changes entries of the kubeconfig.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::config::unexpected;
use super::{Verb, help};
use crate::api::to_value;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::config::{Entry, KubeConfig, PATH, entry};
use crate::kubectl::error::CliError;
use crate::kubectl::quote;
use crate::kubectl::{Env, Flow};

/// `config set-cluster`
pub static SET_CLUSTER: Verb = Verb {
    name: "config set-cluster",
    about: "Set a cluster entry in kubeconfig.",
    usage: "config set-cluster NAME [--server=server] [--certificate-authority=path/to/certificate/authority] \
            [--insecure-skip-tls-verify=true] [--tls-server-name=example.com] [options]",
    flags: &[
        Flag::new("certificate-authority", Takes::Text, "The file of the certificates to trust"),
        Flag::new("embed-certs", Takes::Bool, "Keep the certificates themselves, not their file's name"),
        Flag::new("insecure-skip-tls-verify", Takes::Bool, "Trust any certificate"),
        Flag::new("proxy-url", Takes::Text, "The proxy on the way"),
        Flag::short("server", 's', Takes::Text, "The server's address"),
        Flag::new("tls-server-name", Takes::Text, "The name that the server's certificate must have"),
    ],
    run: set_cluster,
};

/// `config set-credentials`
pub static SET_CREDENTIALS: Verb = Verb {
    name: "config set-credentials",
    about: "Set a user entry in kubeconfig.",
    usage: "config set-credentials NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] \
            [--token=bearer_token] [--username=basic_user] [--password=basic_password] [options]",
    flags: &[
        Flag::new("client-certificate", Takes::Text, "The file of the user's certificate"),
        Flag::new("client-key", Takes::Text, "The file of the user's key"),
        Flag::new("embed-certs", Takes::Bool, "Keep the certificate and key themselves"),
        Flag::new("password", Takes::Text, "The user's password"),
        Flag::new("token", Takes::Text, "The user's bearer token"),
        Flag::new("username", Takes::Text, "The user's name"),
    ],
    run: set_credentials,
};

/// `config set`
pub static SET: Verb = Verb {
    name: "config set",
    about: "Set an individual value in a kubeconfig file.",
    usage: "config set PROPERTY_NAME PROPERTY_VALUE [options]",
    flags: &[Flag::new("set-raw-bytes", Takes::Bool, "The value of a certificate or key is not in base64")],
    run: set,
};

/// `config unset`
pub static UNSET: Verb = Verb {
    name: "config unset",
    about: "Unset an individual value in a kubeconfig file.",
    usage: "config unset PROPERTY_NAME [options]",
    flags: &[],
    run: unset,
};

/// `config delete-cluster`
pub static DELETE_CLUSTER: Verb = Verb {
    name: "config delete-cluster",
    about: "Delete the specified cluster from the kubeconfig.",
    usage: "config delete-cluster NAME [options]",
    flags: &[],
    run: delete_cluster,
};

/// `config delete-user`
pub static DELETE_USER: Verb = Verb {
    name: "config delete-user",
    about: "Delete the specified user from the kubeconfig.",
    usage: "config delete-user NAME [options]",
    flags: &[],
    run: delete_user,
};

fn set_cluster(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let [name] = args.words.as_slice() else { return Err(unexpected(&SET_CLUSTER, args)) };
    let given = |flag: &str| args.text(flag).is_some_and(|text| !text.is_empty());
    if args.flag("insecure-skip-tls-verify") && given("certificate-authority") {
        let why = "you cannot specify a certificate authority and insecure mode at the same time";
        return Err(CliError::plain(why));
    }
    if args.flag("embed-certs") && !given("certificate-authority") {
        return Err(CliError::plain("you must specify a --certificate-authority to embed"));
    }
    let authority = certificate(args, env, "certificate-authority")?;
    let (cluster, _) = entry(&mut env.workstation.config.clusters, name);
    for field in ["server", "tls-server-name", "proxy-url"] {
        if let Some(value) = args.text(field) {
            cluster.set(field, value);
        }
    }
    if args.has("insecure-skip-tls-verify") {
        let skips = args.flag("insecure-skip-tls-verify");
        cluster.set("insecure-skip-tls-verify", skips);
        if skips {
            keep(cluster, "certificate-authority", None);
        }
    }
    if let Some(authority) = authority {
        cluster.set("insecure-skip-tls-verify", false);
        keep(cluster, "certificate-authority", Some(authority));
    }
    env.out.line(format!("Cluster \"{name}\" set."));
    Ok(Flow::OK)
}

fn set_credentials(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let [name] = args.words.as_slice() else {
        let message = format!("unexpected args: [{}]", args.words.join(" "));
        let explanation = format!("{}\n", help::of_verb(&SET_CREDENTIALS));
        return Err(CliError::Explained { explanation, message });
    };
    let given = |flag: &str| args.text(flag).is_some_and(|text| !text.is_empty());
    if given("token") && (given("username") || given("password")) {
        return Err(CliError::plain(
            "you cannot specify more than one authentication method at the same time: --token, --username/--password",
        ));
    }
    if args.flag("embed-certs") && !given("client-certificate") && !given("client-key") {
        let why = "you must specify a --client-certificate or --client-key to embed";
        return Err(CliError::plain(why));
    }
    let files = ["client-certificate", "client-key"];
    let [of_certificate, of_key] = files.map(|flag| certificate(args, env, flag));
    let (of_certificate, of_key) = (of_certificate?, of_key?);
    let (user, _) = entry(&mut env.workstation.config.users, name);
    for (field, file) in files.into_iter().zip([of_certificate, of_key]) {
        if file.is_some() {
            keep(user, field, file);
        }
    }
    if let Some(token) = args.text("token") {
        user.set("token", token);
        if !token.is_empty() {
            user.set("username", "");
            user.set("password", "");
        }
    }
    for field in ["username", "password"] {
        if let Some(value) = args.text(field) {
            user.set(field, value);
            if !value.is_empty() {
                user.set("token", "");
            }
        }
    }
    env.out.line(format!("User \"{name}\" set."));
    Ok(Flow::OK)
}

/// A certificate's or key's place in the file.
enum Certificate {
    /// Its own file, by name.
    Named(String),
    /// Here, in base64.
    Embedded(String),
}

/// What the flag says of a certificate or a key.
fn certificate(args: &Args, env: &Env<'_>, flag: &str) -> Result<Option<Certificate>, CliError> {
    let Some(path) = args.text(flag) else { return Ok(None) };
    if !args.flag("embed-certs") || path.is_empty() {
        let is_absolute = path.is_empty() || path.starts_with('/');
        let path = if is_absolute { path.to_owned() } else { format!("/home/user/{path}") };
        return Ok(Some(Certificate::Named(path)));
    }
    let read = env.files.read_tree(path).ok().and_then(|files| files.into_iter().next());
    let Some((_, text)) = read else {
        let why = format!("could not stat {flag} file {path}: stat {path}: no such file or directory");
        return Err(CliError::plain(why));
    };
    Ok(Some(Certificate::Embedded(STANDARD.encode(text))))
}

/// Keeps a certificate or key in one of its two fields.
fn keep(entry: &mut Entry, field: &str, certificate: Option<Certificate>) {
    let data = format!("{field}-data");
    let (named, embedded) = match certificate {
        None => (String::new(), String::new()),
        Some(Certificate::Named(path)) => (path, String::new()),
        Some(Certificate::Embedded(text)) => (String::new(), text),
    };
    entry.set(field, named);
    entry.set(&data, embedded);
}

/// What a property's name means.
enum Property<'a> {
    /// The context in use.
    Current,
    /// What nobody looks at: `kind`, `apiVersion`, `preferences`.
    Other,
    /// All clusters, users or contexts.
    All(&'a mut Vec<Entry>),
    /// One of them, by name.
    One(&'a mut Vec<Entry>, String),
    /// A field of one.
    Field(&'a mut Vec<Entry>, String, &'static str),
}

/// Texts, by the entries that have them.
const CLUSTER: &[&str] = &[
    "server",
    "tls-server-name",
    "insecure-skip-tls-verify",
    "certificate-authority",
    "certificate-authority-data",
    "proxy-url",
    "disable-compression",
];
const USER: &[&str] = &[
    "client-certificate",
    "client-certificate-data",
    "client-key",
    "client-key-data",
    "token",
    "tokenFile",
    "username",
    "password",
];
const CONTEXT: &[&str] = &["cluster", "user", "namespace"];

/// Reads `clusters.NAME.FIELD`; the name may have dots before a field that there is.
///
/// Models kubectl pkg/cmd/config: newNavigationSteps.
fn property<'a>(config: &'a mut KubeConfig, name: &str) -> Result<Property<'a>, CliError> {
    let (first, rest) = name.split_once('.').map_or((name, ""), |(first, rest)| (first, rest));
    let (entries, fields) = match first {
        "clusters" => (&mut config.clusters, CLUSTER),
        "users" => (&mut config.users, USER),
        "contexts" => (&mut config.contexts, CONTEXT),
        "current-context" => return Ok(Property::Current),
        "kind" | "apiVersion" | "preferences" | "extensions" => return Ok(Property::Other),
        _ => return Err(CliError::plain(format!("unable to parse {first} after [] at api.Config"))),
    };
    if rest.is_empty() {
        return Ok(Property::All(entries));
    }
    let field = fields.iter().find_map(|field| {
        let name = rest.strip_suffix(field)?.strip_suffix('.')?;
        (!name.is_empty()).then(|| (name.to_owned(), *field))
    });
    if let Some((name, field)) = field {
        return Ok(Property::Field(entries, name, field));
    }
    Ok(Property::One(entries, rest.to_owned()))
}

fn set(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let [name, value] = args.words.as_slice() else { return Err(unexpected(&SET, args)) };
    let config = &mut env.workstation.config;
    match property(config, name)? {
        Property::Current => config.current.clone_from(value),
        Property::Other => {}
        Property::All(entries) | Property::One(entries, _) => return Err(no_value(entries)),
        Property::Field(entries, name, field) => {
            let value = field_value(args, field, value)?;
            entry(entries, &name).0.set(field, value);
        }
    }
    env.out.line(format!("Property \"{name}\" set."));
    Ok(Flow::OK)
}

/// A field's value, of the field's type.
fn field_value(args: &Args, field: &str, value: &str) -> Result<Value, CliError> {
    if matches!(field, "insecure-skip-tls-verify" | "disable-compression") {
        return match value {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(json!(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(json!(false)),
            _ => Err(CliError::plain(format!("strconv.ParseBool: parsing {}: invalid syntax", quote(value)))),
        };
    }
    if !field.ends_with("-data") {
        return Ok(to_value(&value));
    }
    if args.flag("set-raw-bytes") {
        return Ok(to_value(&STANDARD.encode(value)));
    }
    if STANDARD.decode(value).is_err() {
        let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
        let whole = value.len() / 4 * 4;
        let at = value.find(|c| !is_letter(c) && c != '=').unwrap_or(whole);
        let why = format!("error decoding input value: illegal base64 data at input byte {at}");
        return Err(CliError::plain(why));
    }
    Ok(to_value(&value))
}

/// What kubectl says of a property that is no value: it shows the Go map, whose pointers are made up here.
fn no_value(entries: &[Entry]) -> CliError {
    let shown: Vec<String> = entries
        .iter()
        .enumerate()
        .map(|(index, entry)| format!("{}:0xc000{:06x}", entry.name, 0x3a_2f00 + 0x100 * index))
        .collect();
    CliError::plain(format!("can't set a map to a value: map[{}]", shown.join(" ")))
}

fn unset(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let [name] = args.words.as_slice() else { return Err(unexpected(&UNSET, args)) };
    let config = &mut env.workstation.config;
    match property(config, name)? {
        Property::Current => config.current.clear(),
        Property::Other => {}
        Property::All(entries) => entries.clear(),
        Property::One(entries, name) => {
            // A field that there is not has no name either.
            let known = entries.iter().any(|entry| entry.name == name);
            match name.split_once('.') {
                Some((first, _)) if !known && entries.iter().all(|entry| entry.name != first) => {
                    return Err(no_entry(first));
                }
                _ => entries.retain(|entry| entry.name != name),
            }
        }
        Property::Field(entries, name, field) => {
            let Some(entry) = entries.iter_mut().find(|entry| entry.name == name) else {
                return Err(no_entry(&name));
            };
            entry.fields.remove(field);
        }
    }
    env.out.line(format!("Property \"{name}\" unset."));
    Ok(Flow::OK)
}

fn no_entry(name: &str) -> CliError {
    CliError::plain(format!("current map key `{name}` is invalid"))
}

fn delete_cluster(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let [name] = args.words.as_slice() else {
        env.out.line(help::of_verb(&DELETE_CLUSTER));
        return Ok(Flow::OK);
    };
    delete(&mut env.workstation.config.clusters, "cluster", name)?;
    env.out.line(format!("deleted cluster {name} from {PATH}"));
    Ok(Flow::OK)
}

fn delete_user(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let [name] = args.words.as_slice() else {
        return Err(CliError::misuse("config delete-user", "user to delete is required"));
    };
    delete(&mut env.workstation.config.users, "user", name)?;
    env.out.line(format!("deleted user {name} from {PATH}"));
    Ok(Flow::OK)
}

fn delete(entries: &mut Vec<Entry>, what: &str, name: &str) -> Result<(), CliError> {
    if entries.iter().all(|entry| entry.name != name) {
        return Err(CliError::plain(format!("cannot delete {what} {name}, not in {PATH}")));
    }
    entries.retain(|entry| entry.name != name);
    Ok(())
}
