//! `debug`
//!
//! Models kubectl pkg/cmd/debug: an ephemeral container in a pod, a changed copy of a pod, or a pod on a node.

use k8s_openapi::api::core::v1::Pod;
use serde_json::{Map, Value, json};
use xxhash_rust::xxh3::xxh3_64;

use super::Verb;
use super::attach;
use crate::api::patch::Patch;
use crate::api::{Feature, Kind, Object, ObjectKey};
use crate::apiserver::{DeleteOptions, Subresource, WriteOptions};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::attach::Attachment;
use crate::kubectl::error::CliError;
use crate::kubectl::resources::{ResourceArgs, Target};
use crate::kubectl::{Env, Flow, absent, apply};

/// `debug`
pub static VERB: Verb = Verb {
    name: "debug",
    about: "Look into a pod or a node with a container of its own.",
    usage: "debug (POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ] [options]",
    flags: &[
        Flag::new("arguments-only", Takes::Bool, "The words after -- are arguments, not a command"),
        Flag::new("attach", Takes::Bool, "Follow the container; the default with --stdin"),
        Flag::short("container", 'c', Takes::Text, "The name of the container to make"),
        Flag::new("copy-to", Takes::Text, "Make a copy of the pod under this name"),
        Flag::new("env", Takes::List, "NAME=VALUE"),
        Flag::short("filename", 'f', Takes::List, "Accepted for kubectl's sake"),
        Flag::new("image", Takes::Text, "The container's image"),
        Flag::new("image-pull-policy", Takes::Text, "Always, IfNotPresent or Never"),
        Flag::new("keep-annotations", Takes::Bool, "Whether a copy has the pod's annotations"),
        Flag::new(
            "keep-init-containers",
            Takes::Bool,
            "Whether a copy runs the init containers (the default)",
        ),
        Flag::new("keep-labels", Takes::Bool, "Whether a copy has the pod's labels"),
        Flag::new("keep-liveness", Takes::Bool, "Whether a copy has the liveness probes"),
        Flag::new("keep-readiness", Takes::Bool, "Whether a copy has the readiness probes"),
        Flag::new("keep-startup", Takes::Bool, "Whether a copy has the startup probes"),
        Flag::new("profile", Takes::Text, "general, baseline, restricted, netadmin, sysadmin or legacy"),
        Flag::short("quiet", 'q', Takes::Bool, "Say only what the container says"),
        Flag::new("replace", Takes::Bool, "Delete the pod that is copied"),
        Flag::new("same-node", Takes::Bool, "Put the copy on the pod's node"),
        Flag::new("set-image", Takes::List, "CONTAINER=IMAGE for a copy; * for every container"),
        Flag::new(
            "share-processes",
            Takes::Bool,
            "Whether the containers of a copy see each other's processes",
        ),
        Flag::short("stdin", 'i', Takes::Bool, "Pass standard input to the container"),
        Flag::new("target", Takes::Text, "See the processes of this container"),
        Flag::short("tty", 't', Takes::Bool, "Give the container a terminal"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    check(args)?;
    let words: Vec<String> = match args.words.as_slice() {
        [] => {
            return Err(CliError::plain(
                "one or more resources must be specified as <resource> <name> or \
                                        <resource>/<name>",
            ));
        }
        [name] if !name.contains('/') => vec!["pods".to_owned(), name.clone()],
        words => words.to_vec(),
    };
    let absent = words[0].split_once('/').or_else(|| Some((words[0].as_str(), words.get(1)?)));
    let version = env.cluster.api().gates.version();
    if let Some((absent, name)) = absent.and_then(|(kind, name)| Some((absent::named(kind, version)?, name)))
    {
        return Err(absent.not_found(name).into());
    }
    let ResourceArgs::Named { targets, .. } = ResourceArgs::parse(&words)? else {
        return Err(CliError::plain("resource(s) were provided, but no name was specified"));
    };
    let Some(target) = targets.first() else { return Ok(Flow::OK) };
    match target.kind {
        Kind::Pod => {
            let key = ObjectKey::new(env.namespace, &target.name);
            let pod = env.cluster.api().typed::<Pod>(&key)?.clone();
            if args.has("copy-to") { copy(args, env, pod) } else { add_container(args, env, &pod) }
        }
        Kind::Node => on_node(args, env, target),
        other => {
            let info = other.info();
            let namespace = if info.namespaced { env.namespace } else { "" };
            env.cluster.api().get(other, &ObjectKey::new(namespace, &target.name))?;
            let why =
                format!("\"{}/{}, Kind={}\" not supported by debug", info.group, info.version, other.name());
            Err(CliError::plain(why))
        }
    }
}

/// Models kubectl pkg/cmd/debug: DebugOptions.Validate.
fn check(args: &Args) -> Result<(), CliError> {
    let given = |flag: &str| args.text(flag).is_some_and(|text| !text.is_empty());
    let copies = given("copy-to");
    for pair in args.list("set-image") {
        if !pair.contains('=') {
            return Err(CliError::Usage {
                verb: "debug".to_owned(),
                message: format!(
                    "invalid argument \"{pair}\" for \"--set-image\" flag: {pair} must be formatted as key=value"
                ),
            });
        }
    }
    let words = args.after_dashes.as_ref().is_some_and(|words| !words.is_empty());
    if copies {
        if !given("image") && !args.has("set-image") && !words {
            return Err(CliError::plain("you must specify --image, --set-image or command arguments."));
        }
        if given("target") {
            return Err(CliError::plain(
                "--target is incompatible with --copy-to. Use --share-processes instead.",
            ));
        }
    } else {
        for flag in ["set-image", "replace", "same-node"] {
            if args.has(flag) && (flag == "set-image" || args.flag(flag)) {
                return Err(CliError::plain(format!("--{flag} may only be used with --copy-to.")));
            }
        }
        if !given("image") {
            return Err(CliError::plain("you must specify --image when not using --copy-to."));
        }
    }
    let image = args.text("image").unwrap_or_default();
    if !image.is_empty() && !super::run::is_reference(image) {
        let why = format!("invalid image name \"{image}\": invalid reference format");
        return Err(CliError::plain(why));
    }
    match args.text("image-pull-policy") {
        None | Some("" | "Always" | "IfNotPresent" | "Never") => {}
        Some(other) => return Err(CliError::plain(format!("invalid image pull policy: {other}"))),
    }
    if args.flag("tty") && !args.flag("stdin") {
        return Err(CliError::plain("-i/--stdin is required for containers with -t/--tty=true"));
    }
    match args.text("profile") {
        None | Some("general" | "baseline" | "restricted" | "netadmin" | "sysadmin" | "legacy") => Ok(()),
        Some(other) => Err(CliError::plain(format!("unknown profile: {other}"))),
    }
}

/// Five letters for a name, from what the pod is and the moment.
fn suffix(pod: &str, env: &Env<'_>) -> String {
    const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut bits = xxh3_64(format!("debug {pod} {}", env.cluster.now().0).as_bytes());
    let mut text = String::new();
    for _ in 0..5 {
        text.push(char::from(LETTERS[usize::try_from(bits % 27).unwrap_or(0)]));
        bits /= 27;
    }
    text
}

/// What a debugging container may do, as asked for or as the release has it by default.
fn profile(args: &Args) -> &str {
    let default = if args.gates.has(Feature::DebugProfileGeneral) { "general" } else { "legacy" };
    args.text("profile").unwrap_or(default)
}

fn warn_of_legacy(args: &Args, env: &mut Env<'_>) {
    if profile(args) != "legacy" || !args.gates.has(Feature::DebugWarnsOfLegacy) {
        return;
    }
    env.out.err_line(if args.gates.has(Feature::DebugProfileGeneral) {
        "--profile=legacy is deprecated and planned to be removed in v1.39. It is recommended to specify other \
         profile, for example \"--profile=general\"."
    } else {
        "--profile=legacy is deprecated and will be removed in the future. It is recommended to explicitly specify a \
         profile, for example \"--profile=general\"."
    });
}

fn container_name(args: &Args, env: &mut Env<'_>, pod: &str) -> String {
    if let Some(name) = args.text("container").filter(|name| !name.is_empty()) {
        return name.to_owned();
    }
    let name = format!("debugger-{}", suffix(pod, env));
    if !args.flag("quiet") {
        env.out.line(format!("Defaulting debug container name to {name}."));
    }
    name
}

/// What all debugging containers have, with what the profile adds.
fn container(args: &Args, name: &str) -> Value {
    let mut made = json!({
        "name": name,
        "image": args.text("image").unwrap_or_default(),
        "resources": {},
        "terminationMessagePolicy": "File",
    });
    if let Some(policy) = args.text("image-pull-policy").filter(|policy| !policy.is_empty()) {
        made["imagePullPolicy"] = json!(policy);
    }
    if args.flag("stdin") {
        made["stdin"] = json!(true);
    }
    if args.flag("tty") {
        made["tty"] = json!(true);
    }
    let words = args.after_dashes.clone().unwrap_or_default();
    if !words.is_empty() {
        made[if args.flag("arguments-only") { "args" } else { "command" }] = json!(words);
    }
    let variables: Vec<Value> = args
        .list("env")
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    if !variables.is_empty() {
        made["env"] = Value::from(variables);
    }
    let context = match profile(args) {
        "general" => json!({"capabilities": {"add": ["SYS_PTRACE"]}}),
        "netadmin" => json!({"capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}}),
        "sysadmin" => json!({"privileged": true}),
        "restricted" => json!({
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": true,
            "seccompProfile": {"type": "RuntimeDefault"},
        }),
        _ => Value::Null,
    };
    if !context.is_null() {
        made["securityContext"] = context;
    }
    made
}

fn add_container(args: &Args, env: &mut Env<'_>, pod: &Pod) -> Result<Flow, CliError> {
    let key = ObjectKey::of(&pod.metadata);
    let target = args.text("target").filter(|name| !name.is_empty());
    if let Some(target) = target
        && !args.flag("quiet")
    {
        env.out.line(format!(
            "Targeting container \"{target}\". If you don't see processes from this container it may be because the \
             container runtime doesn't support this feature."
        ));
    }
    warn_of_legacy(args, env);
    let name = container_name(args, env, &key.name);
    let mut made = container(args, &name);
    if let Some(target) = target {
        made["targetContainerName"] = json!(target);
    }
    let patch = Patch::Strategic(json!({"spec": {"ephemeralContainers": [made]}}));
    let subresource = Subresource::EphemeralContainers;
    let options = WriteOptions { dry_run: false };
    env.cluster.act(args.command(), |api| api.patch(Kind::Pod, &key, &patch, subresource, options))?;
    follow(args, env, key, name)
}

/// Attaches to the container when that was asked for.
fn follow(args: &Args, env: &mut Env<'_>, pod: ObjectKey, container: String) -> Result<Flow, CliError> {
    let stdin = args.flag("stdin");
    let attaches = if args.has("attach") { args.flag("attach") } else { stdin };
    if !attaches {
        return Ok(Flow::OK);
    }
    let deadline = env.cluster.now() + attach::STARTS_WITHIN;
    let what = Attachment {
        command: args.command().to_owned(),
        pod,
        container,
        stdin,
        tty: args.flag("tty"),
        quiet: args.flag("quiet"),
        given: None,
        deadline,
        ends_with_pod: false,
        removes: false,
    };
    attach::start(args, env, what)
}

/// Models kubectl pkg/cmd/debug: generatePodCopyWithDebugContainer.
fn copy(args: &Args, env: &mut Env<'_>, pod: Pod) -> Result<Flow, CliError> {
    let key = ObjectKey::of(&pod.metadata);
    warn_of_legacy(args, env);
    let is_legacy = profile(args) == "legacy";
    let makes_container = args.text("image").is_some_and(|image| !image.is_empty());
    let mut value = Object::from(pod).to_value();
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), json!(args.text("copy-to").unwrap_or_default()));
    metadata.insert("namespace".to_owned(), json!(&*key.namespace));
    for (flag, field) in [("keep-annotations", "annotations"), ("keep-labels", "labels")] {
        let stays = is_legacy && (field == "annotations" || !makes_container);
        if stays || args.flag(flag) {
            metadata.insert(field.to_owned(), value["metadata"][field].take());
        }
    }
    let mut spec = value["spec"].take();
    if let Some(fields) = spec.as_object_mut() {
        fields.remove("ephemeralContainers");
        if !args.flag("same-node") {
            fields.remove("nodeName");
        }
        if !is_legacy && args.has("keep-init-containers") && !args.flag("keep-init-containers") {
            fields.remove("initContainers");
        }
        let shares = args.has("share-processes").then(|| args.flag("share-processes"));
        if let Some(shares) = shares.or((!is_legacy).then_some(true)) {
            fields.insert("shareProcessNamespace".to_owned(), json!(shares));
        }
    }
    let name = change_containers(args, env, &key.name, &mut spec);
    let manifest = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec});
    let object = apply::decoded(manifest)?;
    let replaces = args.flag("replace");
    let made = env.cluster.act(args.command(), |api| {
        if replaces {
            let at_once = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
            api.delete(Kind::Pod, &key, &at_once)?;
        }
        api.create(object)
    })?;
    match name {
        Some(name) => follow(args, env, made.key(), name),
        None => Ok(Flow::OK),
    }
}

/// Changes a copy's containers and returns the name of the one that is to be looked at.
fn change_containers(args: &Args, env: &mut Env<'_>, pod: &str, spec: &mut Value) -> Option<String> {
    let containers = spec.get_mut("containers").and_then(Value::as_array_mut)?;
    for container in containers.iter_mut().filter_map(Value::as_object_mut) {
        for (flag, field) in [
            ("keep-liveness", "livenessProbe"),
            ("keep-readiness", "readinessProbe"),
            ("keep-startup", "startupProbe"),
        ] {
            if profile(args) != "legacy" && !args.flag(flag) {
                container.remove(field);
            }
        }
        for pair in args.list("set-image") {
            let (wanted, image) = pair.split_once('=').unwrap_or_default();
            if wanted == "*" || container.get("name").and_then(Value::as_str) == Some(wanted) {
                container.insert("image".to_owned(), json!(image));
            }
        }
    }
    let words = args.after_dashes.as_ref().is_some_and(|words| !words.is_empty());
    if args.text("image").is_none() && !words {
        let name = args.text("container").map(str::to_owned);
        return name.or_else(|| containers.first()?["name"].as_str().map(str::to_owned));
    }
    let named = args.text("container").filter(|name| !name.is_empty()).map(str::to_owned);
    // Without an image, the words are a command for the first container.
    let named = match args.text("image") {
        None => named.or_else(|| containers.first()?["name"].as_str().map(str::to_owned)),
        Some(_) => named,
    };
    let name = named.unwrap_or_else(|| container_name(args, env, pod));
    let made = container(args, &name);
    match containers.iter_mut().find(|container| container["name"] == name) {
        Some(container) => {
            for (field, value) in made.as_object().into_iter().flatten() {
                if !(field == "image" && value == "") && field != "resources" {
                    container[field] = value.clone();
                }
            }
        }
        None => containers.push(made),
    }
    Some(name)
}

/// Models kubectl pkg/cmd/debug: generateNodeDebugPod.
fn on_node(args: &Args, env: &mut Env<'_>, target: &Target) -> Result<Flow, CliError> {
    let node = &target.name;
    env.cluster.api().get(Kind::Node, &ObjectKey::new("", node))?;
    let pod = format!("node-debugger-{node}-{}", suffix(node, env));
    let name = args.text("container").filter(|name| !name.is_empty()).unwrap_or("debugger").to_owned();
    warn_of_legacy(args, env);
    if !args.flag("quiet") {
        env.out.line(format!("Creating debugging pod {pod} with container {name} on node {node}."));
    }
    let mut made = container(args, &name);
    if let Some(made) = made.as_object_mut()
        && !matches!(profile(args), "netadmin" | "sysadmin" | "restricted")
    {
        made.remove("securityContext");
    }
    let mut spec = json!({
        "containers": [made],
        "nodeName": node,
        "restartPolicy": "Never",
        "tolerations": [{"operator": "Exists"}],
    });
    if !matches!(profile(args), "restricted" | "baseline" | "netadmin") {
        spec["containers"][0]["volumeMounts"] = json!([{"mountPath": "/host", "name": "host-root"}]);
        spec["volumes"] = json!([{"name": "host-root", "hostPath": {"path": "/"}}]);
    }
    if !matches!(profile(args), "restricted" | "baseline") {
        for shared in ["hostIPC", "hostNetwork", "hostPID"] {
            spec[shared] = json!(true);
        }
    }
    let mut metadata = json!({"name": pod, "namespace": env.namespace});
    if args.gates.has(Feature::DebugLabelsPodsOfNodes) {
        metadata["labels"] = json!({"app.kubernetes.io/managed-by": "kubectl-debug"});
    }
    let manifest = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec});
    let object = apply::decoded(manifest)?;
    let made = env.cluster.act(args.command(), |api| api.create(object))?;
    follow(args, env, made.key(), name)
}
