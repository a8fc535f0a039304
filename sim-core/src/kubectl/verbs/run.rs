//! `run`

use serde_json::{Value, json};

use super::{SAVE_CONFIG, Verb};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, generate};

/// `run`
pub static VERB: Verb = Verb {
    name: "run",
    about: "Create and run a particular image in a pod.",
    usage: "run NAME --image=image [--env=\"key=value\"] [--port=port] [--dry-run=server|client] \
            [--command] -- [COMMAND] [args...]",
    flags: &[
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        SAVE_CONFIG,
        Flag::new("image", Takes::Text, "The image"),
        Flag::new("env", Takes::Array, "NAME=VALUE"),
        Flag::new("port", Takes::Text, "The port that the container exposes"),
        Flag::short("labels", 'l', Takes::Text, "The pod's labels, instead of run=NAME"),
        Flag::new("annotations", Takes::Array, "KEY=VALUE"),
        Flag::new("restart", Takes::Text, "Always, OnFailure or Never"),
        Flag::new("image-pull-policy", Takes::Text, "Always, IfNotPresent or Never"),
        Flag::new("command", Takes::Bool, "The words after -- are the command, not its arguments"),
        Flag::new("expose", Takes::Bool, "Make a service too"),
        Flag::short("quiet", 'q', Takes::Bool, "No prompts"),
        Flag::new("privileged", Takes::Bool, "Run privileged"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let Some(image) = args.text("image") else {
        return Err(CliError::plain("required flag(s) \"image\" not set"));
    };
    let Some((name, words)) = args.words.split_first() else {
        return Err(CliError::plain("NAME is required for run"));
    };
    if image.is_empty() {
        return Err(CliError::plain("--image is required"));
    }
    if !is_reference(image) {
        return Err(CliError::plain(format!("Invalid image name \"{image}\": invalid reference format")));
    }
    let port = args.text("port").filter(|port| !port.is_empty());
    if args.flag("expose") && port.is_none() {
        return Err(CliError::plain("--port must be set when exposing a service"));
    }
    let manifest = pod(args, name, image, words)?;
    generate::create(args, env, manifest, "created", None)?;
    if args.flag("expose") {
        generate::create(args, env, service(args, name, port.unwrap_or_default())?, "created", None)?;
    }
    Ok(Flow::OK)
}

/// Models kubectl pkg/generate/versioned: BasicPod.Generate.
fn pod(args: &Args, name: &str, image: &str, words: &[String]) -> Result<Value, CliError> {
    let restart = args.text("restart").filter(|policy| !policy.is_empty()).unwrap_or("Always");
    if !matches!(restart, "Always" | "OnFailure" | "Never") {
        return Err(CliError::plain(format!("invalid restart policy: {restart}")));
    }
    let mut container = json!({"image": image, "name": name, "resources": {}});
    let policy = args.text("image-pull-policy").unwrap_or_default();
    match policy {
        "" => {}
        "Always" | "IfNotPresent" | "Never" => container["imagePullPolicy"] = json!(policy),
        other => return Err(CliError::plain(format!("invalid image pull policy: {other}"))),
    }
    let mut command: Vec<&String> = words.iter().collect();
    command.extend(args.after_dashes.iter().flatten());
    if !command.is_empty() {
        container[if args.flag("command") { "command" } else { "args" }] = json!(command);
    }
    let env = args.list("env").iter().map(|pair| variable(pair)).collect::<Result<Vec<_>, _>>()?;
    if !env.is_empty() {
        container["env"] = Value::from(env);
    }
    if let Some(port) = args.text("port").filter(|port| !port.is_empty()) {
        container["ports"] = json!([{"containerPort": number(port)?}]);
    }
    if args.flag("privileged") {
        container["securityContext"] = json!({"privileged": true});
    }
    let mut metadata = json!({"labels": labels(args, name)?, "name": name});
    if !args.list("annotations").is_empty() {
        metadata["annotations"] = json!(generate::parse_labels(&args.list("annotations").join(","))?);
    }
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": restart},
        "status": {},
    }))
}

fn service(args: &Args, name: &str, port: &str) -> Result<Value, CliError> {
    let port = number(port)?;
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {
            "ports": [{"port": port, "protocol": "TCP", "targetPort": port}],
            "selector": labels(args, name)?,
        },
        "status": {"loadBalancer": {}},
    }))
}

fn labels(args: &Args, name: &str) -> Result<Value, CliError> {
    match args.text("labels").filter(|text| !text.is_empty()) {
        Some(text) => Ok(json!(generate::parse_labels(text)?)),
        None => Ok(json!({"run": name})),
    }
}

/// Models kubectl pkg/generate/versioned: parseEnvs.
fn variable(pair: &str) -> Result<Value, CliError> {
    match pair.split_once('=') {
        Some((name, value)) if !name.is_empty() => {
            let mut variable = json!({"name": name});
            if !value.is_empty() {
                variable["value"] = json!(value);
            }
            Ok(variable)
        }
        _ => Err(CliError::plain(format!("invalid env: {pair}"))),
    }
}

fn number(text: &str) -> Result<i32, CliError> {
    text.parse().map_err(|_| CliError::plain(format!("strconv.Atoi: parsing \"{text}\": invalid syntax")))
}

/// Whether `image` has the letters of an image's name: lower case path, optional tag and digest.
///
/// Models distribution/reference: ReferenceRegexp.
fn is_reference(image: &str) -> bool {
    let pattern = regex_lite::Regex::new(
        r"^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]+)?/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$",
    );
    pattern.is_ok_and(|pattern| pattern.is_match(image))
}
