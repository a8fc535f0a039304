//! `kubectl version`
//!
//! Models kubectl pkg/cmd/version; what a build alone knows (commit, date, compiler) is left out.

use serde_json::{Map, Value, json};

use super::Verb;
use crate::api::KubernetesVersion;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::{Env, Flow, json, yaml};

/// The verb.
pub static VERB: Verb = Verb {
    name: "version",
    about: "Print the client and server version information",
    usage: "version [flags]",
    flags: &[
        Flag::new("client", Takes::Bool, "The client's version only"),
        Flag::short("output", 'o', Takes::Text, "yaml or json"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if !args.words.is_empty() {
        return Err(CliError::plain(format!("extra arguments: [{}]", args.words.join(" "))));
    }
    let client_only = args.flag("client");
    let version = env.cluster.api().gates.version();
    match args.text("output").unwrap_or_default() {
        "" => {
            let (client, kustomize) = version.kubectl();
            env.out.line(format!("Client Version: {client}\nKustomize Version: {kustomize}"));
            if !client_only {
                env.out.line(format!("Server Version: {}", version.server()));
            }
        }
        "json" => env.out.line(json::indented(&whole(version, client_only), 2)),
        "yaml" => env.out.line(yaml::document(&whole(version, client_only))),
        _ => return Err(CliError::plain("--output must be 'yaml' or 'json'")),
    }
    Ok(Flow::OK)
}

fn whole(version: KubernetesVersion, client_only: bool) -> Value {
    let (client, kustomize) = version.kubectl();
    let info = |git: &str| json!({ "gitVersion": git, "major": "1", "minor": version.minor() });
    let mut all = Map::new();
    all.insert("clientVersion".to_owned(), info(client));
    all.insert("kustomizeVersion".to_owned(), json!(kustomize));
    if !client_only {
        all.insert("serverVersion".to_owned(), info(version.server()));
    }
    Value::Object(all)
}
