//! `debug`
//!
//! Models kubectl pkg/cmd/debug: an ephemeral container in a pod, a changed copy of a pod, or a pod on a node.

use k8s_openapi::api::core::v1::Pod;
use serde_json::{Map, Value, json};
use xxhash_rust::xxh3::xxh3_64;

use super::Verb;
use super::attach;
use super::debug_container::{apply_profile, change, new_container, profile};
use crate::api::patch::Patch;
use crate::api::{Feature, Kind, Object, ObjectKey, to_value};
use crate::apiserver::{DeleteOptions, Subresource, WriteOptions};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::attach::{Attachment, Begins};
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

/// Models kubectl pkg/cmd/debug: DebugOptions.Complete and Validate.
fn check(args: &Args) -> Result<(), CliError> {
    let refused = |why: &str| Err(CliError::plain(why));
    let given = |flag: &str| args.text(flag).is_some_and(|text| !text.is_empty());
    let mut images = vec![];
    for pair in args.list("set-image") {
        let Some((name, image)) = pair.split_once('=') else {
            return Err(CliError::Usage {
                verb: "debug".to_owned(),
                message: format!(
                    "invalid argument \"{pair}\" for \"--set-image\" flag: {pair} must be formatted as key=value"
                ),
            });
        };
        images.push((name, image));
    }
    match args.text("profile") {
        None | Some("general" | "baseline" | "restricted" | "netadmin" | "sysadmin" | "legacy") => {}
        Some(other) => return Err(CliError::plain(format!("unknown profile: {other}"))),
    }
    if args.flag("attach") && !given("image") && !given("container") {
        return refused(
            "you must specify --container or create a new container using --image in order to attach.",
        );
    }
    let words = args.after_dashes.as_ref().is_some_and(|words| !words.is_empty());
    if given("copy-to") {
        if !given("image") && images.is_empty() && !words {
            return refused("you must specify --image, --set-image or command arguments.");
        }
        if words && !given("container") && !given("image") {
            return refused("you must specify an existing container or a new image when specifying args.");
        }
    } else {
        for (flag, is_given) in [
            ("replace", args.flag("replace")),
            ("same-node", args.flag("same-node")),
            ("set-image", !images.is_empty()),
        ] {
            if is_given {
                return Err(CliError::plain(format!("--{flag} may only be used with --copy-to.")));
            }
        }
        if !given("image") {
            return refused("you must specify --image when not using --copy-to.");
        }
    }
    let image = args.text("image").unwrap_or_default();
    if !image.is_empty() && !super::run::is_reference(image) {
        let why = format!("invalid image name \"{image}\": invalid reference format");
        return Err(CliError::plain(why));
    }
    if args.words.is_empty() && args.list("filename").is_empty() {
        return refused("NAME or filename is required for debug");
    }
    match args.text("image-pull-policy") {
        None | Some("" | "Always" | "IfNotPresent" | "Never") => {}
        Some(other) => return Err(CliError::plain(format!("invalid image pull policy: {other}"))),
    }
    if let Some((name, image)) = images.iter().find(|(_, image)| !super::run::is_reference(image)) {
        return Err(CliError::plain(format!(
            "invalid image name \"{image}\" for container \"{name}\": invalid reference format"
        )));
    }
    if given("target") && given("copy-to") {
        return refused("--target is incompatible with --copy-to. Use --share-processes instead.");
    }
    if args.flag("tty") && !args.flag("stdin") {
        return refused("-i/--stdin is required for containers with -t/--tty=true");
    }
    Ok(())
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
    let mut made = new_container(&name);
    change(args, &mut made);
    apply_profile(args, &mut made, false);
    if let Some(target) = target {
        made["targetContainerName"] = to_value(&target);
    }
    // Without this order, the patch would put the new one first.
    let known = pod.spec.iter().flat_map(|spec| spec.ephemeral_containers.iter().flatten());
    let mut order: Vec<Value> = known.map(|known| json!({"name": known.name})).collect();
    if order.iter().all(|known| known["name"] != name) {
        order.push(json!({"name": name}));
    }
    let patch = Patch::Strategic(json!({
        "spec": {"$setElementOrder/ephemeralContainers": order, "ephemeralContainers": [made]},
    }));
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
    let what = Attachment {
        command: args.command().to_owned(),
        pod,
        container,
        stdin,
        tty: args.flag("tty"),
        quiet: args.flag("quiet"),
        given: None,
        begins: Begins::ContainerStarted,
        deadline: None,
        ends_with_pod: false,
        removes: false,
    };
    attach::start(args, env, what)
}

/// Models kubectl pkg/cmd/debug: debugByCopy.
fn copy(args: &Args, env: &mut Env<'_>, pod: Pod) -> Result<Flow, CliError> {
    let key = ObjectKey::of(&pod.metadata);
    warn_of_legacy(args, env);
    let mut value = Object::from(pod).to_value();
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), to_value(&args.text("copy-to").unwrap_or_default()));
    metadata.insert("namespace".to_owned(), json!(&*key.namespace));
    for field in ["annotations", "labels"] {
        metadata.insert(field.to_owned(), value["metadata"][field].take());
    }
    let mut spec = value["spec"].take();
    let name = change_copy(args, env, &key.name, &mut metadata, &mut spec)?;
    metadata.retain(|_, value| !value.is_null());
    let manifest = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec});
    let object = apply::decoded(manifest)?;
    let replaces = args.flag("replace");
    let made = env.cluster.act(args.command(), |api| {
        let made = api.create(object)?;
        if replaces {
            let at_once = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
            api.delete(Kind::Pod, &key, &at_once)?;
        }
        Ok::<_, CliError>(made)
    })?;
    match name {
        Some(name) => follow(args, env, made.key(), name),
        None => Ok(Flow::OK),
    }
}

/// Changes a copy and returns the name of the container that is to be looked at.
///
/// Models kubectl pkg/cmd/debug: generatePodCopyWithDebugContainer.
fn change_copy(
    args: &Args,
    env: &mut Env<'_>,
    pod: &str,
    metadata: &mut Map<String, Value>,
    spec: &mut Value,
) -> Result<Option<String>, CliError> {
    let Some(fields) = spec.as_object_mut() else { return Ok(None) };
    fields.remove("ephemeralContainers");
    if args.has("share-processes") {
        fields.insert("shareProcessNamespace".to_owned(), to_value(&args.flag("share-processes")));
    }
    if !args.flag("same-node") {
        fields.remove("nodeName");
    }
    let images: Vec<(&str, &str)> =
        args.list("set-image").iter().filter_map(|pair| pair.split_once('=')).collect();
    let named = |name: &str| images.iter().rev().find(|(wanted, _)| *wanted == name).map(|(_, image)| *image);
    for container in fields.get_mut("containers").and_then(Value::as_array_mut).into_iter().flatten() {
        let own = container["name"].as_str().and_then(named);
        if let Some(image) = own.or_else(|| named("*")).filter(|image| !image.is_empty()) {
            container["image"] = to_value(&image);
        }
    }
    let makes_container = args.text("image").is_some_and(|image| !image.is_empty());
    let wanted = args.text("container").unwrap_or_default();
    let is_wanted = |container: &Value| !wanted.is_empty() && container["name"] == wanted;
    let place = ["containers", "initContainers"].into_iter().find_map(|list| {
        let index = fields.get(list)?.as_array()?.iter().position(is_wanted)?;
        Some((list, index))
    });
    let (list, index) = match place {
        Some(place) => place,
        None if makes_container => {
            let name = container_name(args, env, pod);
            let containers = fields.get_mut("containers").and_then(Value::as_array_mut);
            let Some(containers) = containers else { return Ok(None) };
            containers.push(new_container(&name));
            ("containers", containers.len() - 1)
        }
        // Only the images change: the copy keeps all else, and there is nothing to look at.
        None if !images.is_empty() => return Ok(None),
        None => return Err(CliError::plain("you must specify image when creating new container")),
    };
    // The place is one that was found there.
    let container = &mut fields[list][index];
    change(args, container);
    apply_profile(args, container, false);
    let name = container["name"].as_str().map(str::to_owned);
    let is_legacy = profile(args) == "legacy";
    if !args.flag("keep-labels") && (!is_legacy || makes_container) {
        metadata.remove("labels");
    }
    if is_legacy {
        return Ok(name);
    }
    if !args.flag("keep-annotations") {
        metadata.remove("annotations");
    }
    for container in fields.get_mut("containers").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(container) = container.as_object_mut() else { continue };
        for (flag, field) in [
            ("keep-liveness", "livenessProbe"),
            ("keep-readiness", "readinessProbe"),
            ("keep-startup", "startupProbe"),
        ] {
            if !args.flag(flag) {
                container.remove(field);
            }
        }
    }
    if args.has("keep-init-containers") && !args.flag("keep-init-containers") {
        fields.remove("initContainers");
    }
    if fields.get("shareProcessNamespace").is_none_or(Value::is_null) {
        fields.insert("shareProcessNamespace".to_owned(), json!(true));
    }
    Ok(name)
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
    let mut made = new_container(&name);
    change(args, &mut made);
    apply_profile(args, &mut made, true);
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
