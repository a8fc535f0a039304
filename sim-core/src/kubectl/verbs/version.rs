//! `kubectl version`
//!
//! Models kubectl pkg/cmd/version; what a build alone knows (commit, date, compiler) is left out.

use serde_json::{Map, Value, json};

use super::Verb;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::{Env, Flow, json, yaml};

/// The kubectl whose words these are.
const CLIENT: &str = "v1.36.3";
/// The kustomize within it.
const KUSTOMIZE: &str = "v5.8.1";
/// The API server that is simulated.
const SERVER: &str = "v1.36.2";

/// The verb.
pub static VERB: Verb = Verb {
    name: "version",
    about: "Print the client and server version information",
    usage: "version [--client] [--output=json|yaml]",
    flags: &[
        Flag::new("client", Takes::Bool, "The client's version only"),
        Flag::short("output", 'o', Takes::Text, "yaml or json"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let client_only = args.flag("client");
    match args.text("output").unwrap_or_default() {
        "" => {
            env.out.line(format!("Client Version: {CLIENT}\nKustomize Version: {KUSTOMIZE}"));
            if !client_only {
                env.out.line(format!("Server Version: {SERVER}"));
            }
        }
        "json" => env.out.line(json::indented(&whole(client_only), 2)),
        "yaml" => env.out.line(yaml::document(&whole(client_only))),
        _ => return Err(CliError::plain("--output must be 'yaml' or 'json'")),
    }
    Ok(Flow::OK)
}

fn whole(client_only: bool) -> Value {
    let info = |version: &str| json!({ "gitVersion": version, "major": "1", "minor": "36" });
    let mut all = Map::new();
    all.insert("clientVersion".to_owned(), info(CLIENT));
    all.insert("kustomizeVersion".to_owned(), json!(KUSTOMIZE));
    if !client_only {
        all.insert("serverVersion".to_owned(), info(SERVER));
    }
    Value::Object(all)
}
