//! `run`

use serde_json::{Value, json};

use super::{SAVE_CONFIG, Verb, attach, delete};
use crate::api::{Kind, to_value};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::attach::{Attachment, Begins};
use crate::kubectl::error::CliError;
use crate::kubectl::generate::{OVERRIDE_TYPE, OVERRIDES};
use crate::kubectl::manifests::{FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, Output, Stream, apply, generate};

/// `run`
pub static VERB: Verb = Verb {
    name: "run",
    about: "Create and run a particular image in a pod.",
    usage: "run NAME --image=image [--env=\"key=value\"] [--port=port] [--dry-run=server|client] \
            [--overrides=inline-json] [--command] -- [COMMAND] [args...]",
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
        Flag::short("stdin", 'i', Takes::Bool, "Pass standard input to the container"),
        Flag::short("tty", 't', Takes::Bool, "Give the container a terminal"),
        Flag::new("attach", Takes::Bool, "Follow the container; the default with --stdin"),
        Flag::new("rm", Takes::Bool, "Delete the pod when the container ends"),
        Flag::new("leave-stdin-open", Takes::Bool, "Keep the input open when the first follower goes"),
        Flag::new("pod-running-timeout", Takes::Duration, "How long to wait for the pod to run"),
        Flag::short("quiet", 'q', Takes::Bool, "No prompts"),
        OVERRIDES,
        OVERRIDE_TYPE,
        Flag::new("privileged", Takes::Bool, "Run privileged"),
        FILENAME,
        KUSTOMIZE,
        RECURSIVE,
        Flag::new(
            "cascade",
            Takes::TextOr("background"),
            "How --rm deletes: background, foreground or orphan",
        ),
        Flag::new("force", Takes::Bool, "Accepted: --rm deletes the pod as it is"),
        Flag::new("grace-period", Takes::Int, "Accepted: --rm gives the pod its own time"),
        Flag::new("timeout", Takes::Duration, "Accepted: --rm does not wait"),
        Flag::new("wait", Takes::Bool, "Accepted: --rm does not wait"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let Some(image) = args.text("image") else {
        return Err(CliError::plain("required flag(s) \"image\" not set"));
    };
    let Some((name, words)) = args.words.split_first() else {
        return Err(CliError::misuse("run", "NAME is required for run"));
    };
    if image.is_empty() {
        return Err(CliError::plain("--image is required"));
    }
    if !is_reference(image) {
        return Err(CliError::plain(format!("Invalid image name \"{image}\": invalid reference format")));
    }
    let port = args.text("port").filter(|port| !port.is_empty());
    if args.flag("expose") && port.is_none() {
        return Err(CliError::misuse("run", "--port must be set when exposing a service"));
    }
    let stdin = args.flag("stdin");
    if args.flag("tty") && !stdin {
        return Err(CliError::misuse("run", "-i/--stdin is required for containers with -t/--tty=true"));
    }
    let attaches = if args.has("attach") { args.flag("attach") } else { stdin };
    if args.flag("rm") && !attaches {
        return Err(CliError::misuse("run", "--rm should only be used for attached containers"));
    }
    delete::propagation(args.text("cascade"), env.out)?;
    if args.duration("pod-running-timeout").is_some_and(|time| time.negative || time.length.is_zero()) {
        return Err(CliError::misuse("run", "--pod-running-timeout must be higher than zero"));
    }
    let mut results = Results::parse(args, env.files)?;
    if attaches && results.dry_run().is_dry() {
        return Err(CliError::misuse(
            "run",
            "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
        ));
    }
    let manifest = generate::overridden(args, Kind::Pod, pod(args, name, image, words)?)?;
    let restart = manifest["spec"]["restartPolicy"].as_str().unwrap_or_default().to_owned();
    if attaches {
        let object = apply::decoded(in_namespace(manifest, env.namespace))?;
        let created = env.cluster.act(args.command(), |api| api.create(object))?;
        return attach::start(
            args,
            env,
            Attachment {
                command: args.command().to_owned(),
                pod: created.key(),
                container: name.clone(),
                stdin,
                tty: args.flag("tty"),
                quiet: args.flag("quiet"),
                given: None,
                begins: Begins::PodReady,
                deadline: Some(env.cluster.now() + attach::STARTS_WITHIN),
                ends_with_pod: restart != "Always" && !args.flag("leave-stdin-open"),
                removes: args.flag("rm"),
            },
        );
    }
    if !args.flag("expose") {
        generate::create_with(args, env, manifest, "created", None, &mut results)?;
        return Ok(Flow::OK);
    }
    // The pod is created before the service, and told of after it.
    let mut later = Output::default();
    let mut silent = Env {
        cluster: env.cluster,
        namespace: env.namespace,
        files: env.files,
        stdin: env.stdin,
        workstation: env.workstation,
        out: &mut later,
    };
    generate::create_with(
        args,
        &mut silent,
        manifest,
        "created",
        None,
        &mut Results::parse(args, env.files)?,
    )?;
    let exposed = service(args, name, port.unwrap_or_default())
        .and_then(|manifest| generate::create_with(args, env, manifest, "created", None, &mut results));
    if args.text("output") == Some("yaml") && exposed.is_ok() {
        // kubectl parts the two, and then its printer does.
        env.out.line("---\n---");
    }
    env.out.out(later.text(Stream::Out));
    exposed.map(|()| Flow::OK)
}

fn in_namespace(mut manifest: Value, namespace: &str) -> Value {
    manifest["metadata"]["namespace"] = to_value(&namespace);
    manifest
}

/// Models kubectl pkg/generate/versioned: BasicPod.Generate.
fn pod(args: &Args, name: &str, image: &str, words: &[String]) -> Result<Value, CliError> {
    let restart = args.text("restart").filter(|policy| !policy.is_empty()).unwrap_or("Always");
    if !matches!(restart, "Always" | "OnFailure" | "Never") {
        return Err(CliError::misuse("run", format!("invalid restart policy: {restart}")));
    }
    let mut container = json!({"image": image, "name": name, "resources": {}});
    let policy = args.text("image-pull-policy").unwrap_or_default();
    match policy {
        "" => {}
        "Always" | "IfNotPresent" | "Never" => container["imagePullPolicy"] = to_value(&policy),
        other => return Err(CliError::misuse("run", format!("invalid image pull policy: {other}"))),
    }
    let mut command: Vec<&String> = words.iter().collect();
    command.extend(args.after_dashes.iter().flatten());
    if !command.is_empty() {
        container[if args.flag("command") { "command" } else { "args" }] = to_value(&command);
    }
    let env = args.list("env").iter().map(|pair| variable(pair)).collect::<Result<Vec<_>, _>>()?;
    if !env.is_empty() {
        container["env"] = Value::from(env);
    }
    if let Some(port) = args.text("port").filter(|port| !port.is_empty()) {
        container["ports"] = json!([{"containerPort": number(port)?}]);
    }
    if args.flag("stdin") {
        container["stdin"] = json!(true);
        if !args.flag("leave-stdin-open") {
            container["stdinOnce"] = json!(true);
        }
    }
    if args.flag("tty") {
        container["tty"] = json!(true);
    }
    if args.flag("privileged") {
        container["securityContext"] = json!({"privileged": true});
    }
    let mut metadata = json!({"labels": labels(args, name)?, "name": name});
    if !args.list("annotations").is_empty() {
        metadata["annotations"] = to_value(&generate::parse_labels(&args.list("annotations").join(","))?);
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
        Some(text) => Ok(to_value(&generate::parse_labels(text)?)),
        None => Ok(json!({"run": name})),
    }
}

/// Models kubectl pkg/generate/versioned: parseEnvs.
fn variable(pair: &str) -> Result<Value, CliError> {
    match pair.split_once('=') {
        Some((name, value)) if is_env_name(name) => {
            let mut variable = json!({"name": name});
            if !value.is_empty() {
                variable["value"] = to_value(&value);
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
pub fn is_reference(image: &str) -> bool {
    let pattern = regex_lite::Regex::new(
        r"^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]+)?/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$",
    );
    pattern.is_ok_and(|pattern| pattern.is_match(image))
}

/// Models k8s.io/apimachinery pkg/util/validation: IsEnvVarName.
fn is_env_name(name: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !name.is_empty()
        && name.bytes().all(good)
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name != "."
        && !name.starts_with("..")
}
