//! Containers, in pods and in templates.
//!
//! Models kubectl pkg/describe: describeContainers.

use k8s_openapi::api::core::v1::{
    Container, ContainerPort, ContainerState, ContainerStatus, EnvVar, Pod, Probe, ResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::text::Text;
use super::{bool_text, or_empty, time_text};
use crate::api::meta;
use crate::api::quantity::Quantity;
use crate::kubectl::quote;

/// Where containers are described.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The pod, whose fields environment variables may show.
    pub pod: Option<&'a Pod>,
    /// The states of the containers.
    pub statuses: &'a [ContainerStatus],
    /// What stands before the title: two blanks in a template.
    pub space: &'a str,
}

/// Adds a title and all `containers` below it.
pub(super) fn describe(text: &mut Text, title: &str, containers: &[Container], place: Place<'_>) {
    let none = if containers.is_empty() { " <none>" } else { "" };
    text.line(0, format_args!("{}{title}:{none}", place.space));
    let name_indent = if place.space.is_empty() { "" } else { " " };
    for container in containers {
        let status = place.statuses.iter().find(|status| status.name == container.name);
        text.line(1, format_args!("{name_indent}{}:", container.name));
        basics(text, container, status);
        words(text, "Command", container.command.as_deref());
        words(text, "Args", container.args.as_deref());
        if let Some(status) = status {
            state(text, "State", status.state.as_ref());
            if status.last_state.as_ref().is_some_and(|state| state.terminated.is_some()) {
                state(text, "Last State", status.last_state.as_ref());
            }
            text.field(2, "Ready", bool_text(status.ready));
            text.field(2, "Restart Count", status.restart_count);
        }
        resources(text, container.resources.as_ref(), 2);
        for (name, probe) in [
            ("Liveness", &container.liveness_probe),
            ("Readiness", &container.readiness_probe),
            ("Startup", &container.startup_probe),
        ] {
            if let Some(probe) = probe {
                text.field(2, name, probe_text(probe));
            }
        }
        environment_sources(text, container);
        environment(text, container, place.pod);
        mounts(text, container);
    }
}

fn basics(text: &mut Text, container: &Container, status: Option<&ContainerStatus>) {
    if let Some(status) = status {
        text.field(2, "Container ID", or_empty(&status.container_id));
    }
    text.field(2, "Image", or_empty(&container.image));
    if let Some(status) = status {
        text.field(2, "Image ID", &status.image_id);
    }
    let ports = container.ports.as_deref().unwrap_or_default();
    for (name, number) in [
        ("Port", (|port| port.container_port) as fn(&ContainerPort) -> i32),
        ("Host Port", |port| port.host_port.unwrap_or(0)),
    ] {
        let all: Vec<String> = ports.iter().map(|port| port_text(port, number(port))).collect();
        let plural = if all.len() > 1 { "s" } else { "" };
        let shown = if all.is_empty() { "<none>".to_owned() } else { all.join(", ") };
        text.field(2, &format!("{name}{plural}"), shown);
    }
    let profile = container.security_context.as_ref().and_then(|context| context.seccomp_profile.as_ref());
    if let Some(profile) = profile {
        text.field(2, "SeccompProfile", &profile.type_);
        text.field_if(3, "LocalhostProfile", profile.localhost_profile.as_deref());
    }
}

fn port_text(port: &ContainerPort, number: i32) -> String {
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    match port.name.as_deref() {
        Some(name) if !name.is_empty() => format!("{number}/{protocol} ({name})"),
        _ => format!("{number}/{protocol}"),
    }
}

fn words(text: &mut Text, title: &str, words: Option<&[String]>) {
    let words = words.unwrap_or_default();
    if words.is_empty() {
        return;
    }
    text.line(2, format_args!("{title}:"));
    for line in words.iter().flat_map(|word| word.split('\n')) {
        text.line(3, line);
    }
}

/// Models kubectl pkg/describe: describeStatus.
fn state(text: &mut Text, title: &str, state: Option<&ContainerState>) {
    let state = state.cloned().unwrap_or_default();
    if let Some(running) = &state.running {
        text.field(2, title, "Running");
        text.field(3, "Started", time_text(running.started_at.as_ref()));
    } else if let (None, Some(end)) = (&state.waiting, &state.terminated) {
        text.field(2, title, "Terminated");
        text.field_if(3, "Reason", end.reason.as_deref());
        text.field_if(3, "Message", end.message.as_deref());
        text.field(3, "Exit Code", end.exit_code);
        if let Some(signal) = end.signal.filter(|signal| *signal > 0) {
            text.field(3, "Signal", signal);
        }
        text.field(3, "Started", time_text(end.started_at.as_ref()));
        text.field(3, "Finished", time_text(end.finished_at.as_ref()));
    } else {
        text.field(2, title, "Waiting");
        text.field_if(3, "Reason", state.waiting.as_ref().and_then(|waiting| waiting.reason.as_deref()));
    }
}

/// Adds limits and requests, if there are any.
pub(super) fn resources(text: &mut Text, resources: Option<&ResourceRequirements>, level: usize) {
    let Some(resources) = resources else { return };
    for (title, amounts) in [("Limits", &resources.limits), ("Requests", &resources.requests)] {
        let Some(amounts) = amounts.as_ref().filter(|amounts| !amounts.is_empty()) else { continue };
        text.line(level, format_args!("{title}:"));
        for (name, amount) in amounts {
            text.field(level + 1, name, &amount.0);
        }
    }
}

/// `http-get http://:80/health delay=0s timeout=1s period=10s #success=1 #failure=3`
fn probe_text(probe: &Probe) -> String {
    let number = |number: Option<i32>| number.unwrap_or(0);
    let times = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        number(probe.initial_delay_seconds),
        number(probe.timeout_seconds),
        number(probe.period_seconds),
        number(probe.success_threshold),
        number(probe.failure_threshold)
    );
    if let Some(exec) = &probe.exec {
        return format!("exec [{}] {times}", exec.command.as_deref().unwrap_or_default().join(" "));
    }
    if let Some(get) = &probe.http_get {
        let scheme = get.scheme.as_deref().unwrap_or_default().to_lowercase();
        let path = or_empty(&get.path);
        let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
        let address = format!("{}:{}", or_empty(&get.host), port_number(&get.port));
        return format!("http-get {scheme}://{address}{slash}{path} {times}");
    }
    if let Some(socket) = &probe.tcp_socket {
        return format!("tcp-socket {}:{} {times}", or_empty(&socket.host), port_number(&socket.port));
    }
    if let Some(grpc) = &probe.grpc {
        return format!("grpc <pod>:{} {} {times}", grpc.port, or_empty(&grpc.service));
    }
    format!("unknown {times}")
}

/// A port as a number or a name.
pub(super) fn port_number(port: &IntOrString) -> String {
    match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    }
}

fn environment_sources(text: &mut Text, container: &Container) {
    let sources = container.env_from.as_deref().unwrap_or_default();
    if sources.is_empty() {
        return;
    }
    text.line(2, "Environment Variables from:");
    for source in sources {
        let (kind, name, optional) = match (&source.config_map_ref, &source.secret_ref) {
            (Some(map), _) => ("ConfigMap", map.name.as_str(), map.optional),
            (None, Some(secret)) => ("Secret", secret.name.as_str(), secret.optional),
            (None, None) => ("", "", None),
        };
        let prefix = match or_empty(&source.prefix) {
            "" => String::new(),
            prefix => format!(" with prefix '{prefix}'"),
        };
        text.line(3, format_args!("{name}\t{kind}{prefix}\tOptional: {}", optional.unwrap_or(false)));
    }
}

fn environment(text: &mut Text, container: &Container, pod: Option<&Pod>) {
    let variables = container.env.as_deref().unwrap_or_default();
    text.line(2, if variables.is_empty() { "Environment:\t<none>" } else { "Environment:" });
    for variable in variables {
        match &variable.value_from {
            None => {
                for (index, line) in or_empty(&variable.value).split('\n').enumerate() {
                    let name = if index == 0 { format!("{}:", variable.name) } else { String::new() };
                    text.line(3, format_args!("{name}\t{line}"));
                }
            }
            Some(_) => {
                if let Some(value) = source_text(variable, container, pod) {
                    text.field(3, &variable.name, value);
                }
            }
        }
    }
}

fn source_text(variable: &EnvVar, container: &Container, pod: Option<&Pod>) -> Option<String> {
    let source = variable.value_from.as_ref()?;
    if let Some(field) = &source.field_ref {
        let value = pod.map(|pod| pod_field(pod, &field.field_path)).unwrap_or_default();
        let version = field.api_version.as_deref().unwrap_or("v1");
        return Some(format!("{value} ({version}:{})", field.field_path));
    }
    if let Some(resource) = &source.resource_field_ref {
        let mut value =
            resource_field(container, &resource.resource, resource.divisor.as_ref().map(Quantity::of));
        if value == "0" && matches!(resource.resource.as_str(), "limits.cpu" | "limits.memory") {
            value = "node allocatable".to_owned();
        }
        return Some(format!("{value} ({})", resource.resource));
    }
    if let Some(secret) = &source.secret_key_ref {
        let optional = secret.optional.unwrap_or(false);
        return Some(format!(
            "<set to the key '{}' in secret '{}'>\tOptional: {optional}",
            secret.key, secret.name
        ));
    }
    let map = source.config_map_key_ref.as_ref()?;
    let optional = map.optional.unwrap_or(false);
    Some(format!("<set to the key '{}' of config map '{}'>\tOptional: {optional}", map.key, map.name))
}

/// What kubectl can tell of a field of the pod: only of those that every kind has, whatever the kubelet knows.
///
/// Models kubectl pkg/describe: EnvValueRetriever, which converts the path as a field selector first.
fn pod_field<'a>(pod: &'a Pod, path: &str) -> &'a str {
    match path {
        "metadata.name" => meta::name(&pod.metadata),
        "metadata.namespace" => meta::namespace(&pod.metadata),
        _ => "",
    }
}

/// Models component-helpers resource: ExtractContainerResourceValue.
pub(in crate::kubectl) fn resource_field(
    container: &Container,
    resource: &str,
    divisor: Option<Quantity>,
) -> String {
    let Some((list, name)) = resource.split_once('.') else { return String::new() };
    let amounts = container.resources.as_ref().and_then(|resources| match list {
        "limits" => resources.limits.as_ref(),
        "requests" => resources.requests.as_ref(),
        _ => None,
    });
    let amount = amounts.and_then(|amounts| amounts.get(name)).map_or(Quantity::ZERO, Quantity::of);
    let divisor = divisor.filter(|divisor| !divisor.is_zero()).unwrap_or(Quantity::units(1));
    let (amount, divisor) = match name {
        "cpu" => (amount.milli_value(), divisor.milli_value()),
        _ => (amount.value(), divisor.value()),
    };
    let divisor = divisor.max(1);
    (amount / divisor + i64::from(amount % divisor != 0)).to_string()
}

fn mounts(text: &mut Text, container: &Container) {
    let mut mounts: Vec<_> = container.volume_mounts.iter().flatten().collect();
    let none = if mounts.is_empty() { "\t<none>" } else { "" };
    text.line(2, format_args!("Mounts:{none}"));
    mounts.sort_by(|a, b| a.mount_path.cmp(&b.mount_path));
    for mount in mounts {
        let mut flags = if mount.read_only == Some(true) { "ro".to_owned() } else { "rw".to_owned() };
        if let Some(path) = mount.sub_path.as_deref().filter(|path| !path.is_empty()) {
            flags.push_str(&format!(",path={}", quote(path)));
        }
        text.line(3, format_args!("{} from {} ({flags})", mount.mount_path, mount.name));
    }
    let mut devices: Vec<_> = container.volume_devices.iter().flatten().collect();
    if !devices.is_empty() {
        text.line(2, format_args!("Devices:{none}"));
    }
    devices.sort_by(|a, b| a.device_path.cmp(&b.device_path));
    for device in devices {
        text.line(3, format_args!("{} from {}", device.device_path, device.name));
    }
}
