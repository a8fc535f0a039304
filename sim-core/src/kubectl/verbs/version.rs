//! `kubectl version`
//!
//! Models kubectl pkg/cmd/version.

use serde_json::{Map, Value, json};

use super::Verb;
use crate::api::version::Build;
use crate::api::{KubernetesVersion, to_value};
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
        "json" => env.out.line(json::indented_by_struct(&whole(version, client_only), 2)),
        "yaml" => env.out.line(yaml::document(&whole(version, client_only))),
        _ => return Err(CliError::plain("--output must be 'yaml' or 'json'")),
    }
    Ok(Flow::OK)
}

fn whole(version: KubernetesVersion, client_only: bool) -> Value {
    let mut all = Map::new();
    all.insert("clientVersion".to_owned(), info(version, version.client_build()));
    all.insert("kustomizeVersion".to_owned(), to_value(&version.kubectl().1));
    if !client_only {
        all.insert("serverVersion".to_owned(), server(version));
    }
    Value::Object(all)
}

/// What the API server says at `/version`. Since 1.33 it says which releases it can pass for (KEP-4330).
pub fn server(version: KubernetesVersion) -> Value {
    let mut told = info(version, version.server_build());
    if version >= KubernetesVersion::V1_34 {
        let minor: u32 = version.minor().parse().unwrap_or(0);
        told["emulationMajor"] = json!("1");
        told["emulationMinor"] = to_value(&version.minor());
        told["minCompatibilityMajor"] = json!("1");
        told["minCompatibilityMinor"] = to_value(&minor.saturating_sub(1).to_string());
    }
    told
}

fn info(version: KubernetesVersion, build: Build) -> Value {
    json!({
        "major": "1",
        "minor": version.minor(),
        "gitVersion": build.version,
        "gitCommit": build.commit,
        "gitTreeState": "clean",
        "buildDate": build.date,
        "goVersion": build.go,
        "compiler": "gc",
        "platform": "linux/amd64",
    })
}
