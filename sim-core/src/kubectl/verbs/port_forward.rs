//! `port-forward`
//!
//! Models kubectl pkg/cmd/portforward. While it runs, requests of the user's own machine reach the pod.

use k8s_openapi::api::core::v1::{Node, Pod, Service};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use xxhash_rust::xxh3::xxh3_64;

use super::Verb;
use crate::api::{Kind, KubernetesVersion, Object, ObjectKey, SimTime, meta};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::resources::resolve_kind;
use crate::kubectl::{Env, Flow, Forward, Progress, Task, pods, quote};

/// The first port that is taken when none is named, as systems do for those that ask for any.
const FIRST_FREE_PORT: u16 = 40_000;

/// `port-forward`
pub static VERB: Verb = Verb {
    name: "port-forward",
    about: "Forward one or more local ports to a pod.",
    usage: "port-forward TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]",
    flags: &[
        Flag::new("address", Takes::List, "The addresses to listen at, localhost"),
        Flag::new("pod-running-timeout", Takes::Duration, "How long to wait for the pod to run"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let [word, ports @ ..] = args.words.as_slice() else { return Err(missing()) };
    if ports.is_empty() {
        return Err(missing());
    }
    let Some(pod) = pods::first(pods::pods_of(word, "attach to", env)?, false) else {
        return Err(CliError::plain("timed out waiting for the condition"));
    };
    let service = service(word, env)?;
    let mut pairs = Vec::new();
    for port in ports {
        pairs.push(pair(port, service.as_ref(), &pod)?);
    }
    let place = (meta::namespace(&pod.metadata), meta::name(&pod.metadata));
    env.cluster.engine().authorize("create", (Kind::Pod, "portforward"), place)?;
    let phase = pods::phase(&pod);
    if phase != "Running" {
        return Err(CliError::plain(format!(
            "unable to forward port because pod is not running. Current status={phase}"
        )));
    }
    let key = ObjectKey::of(&pod.metadata);
    let mut forwards = Vec::new();
    for (local, remote) in pairs {
        let local = if local == 0 { free_port(env) } else { local };
        if env.workstation.forward(local).is_some() {
            for forward in &forwards {
                env.workstation.forwards.retain(|known| known != forward);
            }
            return Err(CliError::plain(format!(
                "unable to listen on any of the requested ports: [{{{local} {remote}}}]"
            )));
        }
        let forward = Forward { local, pod: key.clone(), remote, is_lost: false };
        env.workstation.forwards.push(forward.clone());
        forwards.push(forward);
    }
    for address in addresses(args) {
        for Forward { local, remote, .. } in &forwards {
            env.out.line(format!("Forwarding from {address}:{local} -> {remote}"));
        }
    }
    let uid = pod.metadata.uid.clone().unwrap_or_default();
    Ok(Flow::Task(Box::new(Forwarding { forwards, pod: key, uid })))
}

fn missing() -> CliError {
    CliError::misuse("port-forward", "TYPE/NAME and list of ports are required for port-forward")
}

fn addresses(args: &Args) -> Vec<String> {
    let mut shown = Vec::new();
    let named = args.list("address");
    let localhost = ["localhost".to_owned()];
    for address in if named.is_empty() { &localhost } else { named } {
        match address.as_str() {
            "localhost" => shown.extend(["127.0.0.1".to_owned(), "[::1]".to_owned()]),
            address if address.contains(':') => shown.push(format!("[{address}]")),
            address => shown.push(address.to_owned()),
        }
    }
    shown
}

fn service(word: &str, env: &Env<'_>) -> Result<Option<Service>, CliError> {
    let Some((kind, name)) = word.split_once('/') else { return Ok(None) };
    let key = ObjectKey::new(env.namespace, name);
    Ok(match env.cluster.store().get(resolve_kind(kind)?, &key) {
        Some(Object::Service(service)) => Some(service.as_ref().clone()),
        _ => None,
    })
}

/// Local and remote port; a Service's port is translated to the pod's.
///
/// Models kubectl pkg/cmd/portforward: translateServicePortToTargetPort and convertPodNamedPortToNumber.
fn pair(text: &str, service: Option<&Service>, pod: &Pod) -> Result<(u16, u16), CliError> {
    let (local, remote) = match text.split(':').collect::<Vec<_>>().as_slice() {
        [port] => (*port, *port),
        ["", remote] => ("0", *remote),
        [local, remote] => (*local, *remote),
        _ => return Err(CliError::plain(format!("invalid port format '{text}'"))),
    };
    let target = match service {
        Some(service) => service_target(service, remote, pod)?,
        None => match remote.parse::<u16>() {
            Ok(port) => port,
            Err(_) if is_number(remote) => {
                let which = if local == remote { "local" } else { "remote" };
                return Err(unreadable(which, remote));
            }
            Err(_) => named_port(pod, remote)?,
        },
    };
    if target == 0 {
        return Err(CliError::plain("remote port must be > 0"));
    }
    let local = match local.parse::<u16>() {
        Ok(port) => port,
        Err(_) if local == remote => target,
        Err(_) => return Err(unreadable("local", local)),
    };
    Ok((local, target))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Models client-go tools/portforward: parsePorts.
fn unreadable(which: &str, port: &str) -> CliError {
    let why = if is_number(port) { "value out of range" } else { "invalid syntax" };
    CliError::plain(format!(
        "error parsing {which} port '{port}': strconv.ParseUint: parsing \"{port}\": {why}"
    ))
}

fn named_port(pod: &Pod, name: &str) -> Result<u16, CliError> {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let mut ports = containers.flat_map(|container| container.ports.iter().flatten());
    let found = ports.find(|port| port.name.as_deref() == Some(name));
    let number = found.and_then(|port| u16::try_from(port.container_port).ok());
    number.ok_or_else(|| {
        let name_of = pod.metadata.name.as_deref().unwrap_or_default();
        CliError::plain(format!("Pod '{name_of}' does not have a named port '{name}'"))
    })
}

fn service_target(service: &Service, remote: &str, pod: &Pod) -> Result<u16, CliError> {
    let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
    let wanted = remote.parse::<i32>().ok();
    let by_number = |port: &&k8s_openapi::api::core::v1::ServicePort| Some(port.port) == wanted;
    let found = match wanted {
        Some(_) => ports.iter().find(by_number),
        None => ports.iter().find(|port| port.name.as_deref() == Some(remote)),
    };
    let Some(port) = found else {
        let name = service.metadata.name.as_deref().unwrap_or_default();
        return Err(CliError::plain(match wanted {
            Some(_) => format!("Service {name} does not have a service port {remote}"),
            None => format!("Service '{name}' does not have a named port '{remote}'"),
        }));
    };
    let headless = service.spec.as_ref().is_some_and(|spec| spec.cluster_ip.as_deref() == Some("None"));
    match &port.target_port {
        Some(IntOrString::Int(target)) if !headless => Ok(u16::try_from(*target).unwrap_or(0)),
        Some(IntOrString::String(name)) if !headless => named_port(pod, name),
        _ => Ok(u16::try_from(port.port).unwrap_or(0)),
    }
}

fn free_port(env: &Env<'_>) -> u16 {
    (FIRST_FREE_PORT..).find(|port| env.workstation.forward(*port).is_none()).unwrap_or(0)
}

/// What is logged when nothing in the pod listens at the port, in the words of the node's runtime.
///
/// Models client-go tools/portforward: handleConnection; cri-dockerd and containerd: portForward.
pub fn refused(forward: &Forward, env: &Env<'_>) -> String {
    let Forward { local, remote, pod, .. } = forward;
    let now = env.cluster.now().timestamp();
    let head = now.strftime("E%m%d %H:%M:%S.%6f").to_string();
    let [one, two] = ["sandbox", "network"].map(|of| xxh3_64(format!("{of} of {pod}").as_bytes()));
    let sandbox = format!("{one:016x}{two:016x}{:016x}{:016x}", one ^ two, one.wrapping_add(two));
    let what = format!(
        "an error occurred forwarding {local} -> {remote}: error forwarding port {remote} to pod {sandbox}, uid : "
    );
    let nodes = &mut env.cluster.store().all::<Node>();
    let runtime = nodes
        .next()
        .and_then(|node| Some(&node.status.as_ref()?.node_info.as_ref()?.container_runtime_version));
    let is_docker = runtime.is_some_and(|runtime| runtime.starts_with("docker:"));
    let tells_unhandled = env.cluster.api().gates.version() >= KubernetesVersion::V1_31;
    let why = if is_docker {
        let at = now.strftime("%Y/%m/%d %H:%M:%S");
        let process = 2_000 + two % 30_000;
        format!(
            "exit status 1: {at} socat[{process}] E connect(5, AF=2 127.0.0.1:{remote}, 16): Connection refused"
        )
    } else {
        let network = format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            one >> 32,
            (one >> 16) & 0xffff,
            one & 0xffff,
            two >> 48,
            two & 0xffff_ffff_ffff
        );
        format!(
            "failed to execute portforward in network namespace \"/var/run/netns/cni-{network}\": failed to connect \
             to localhost:{remote} inside namespace \"{sandbox}\", IPv4: dial tcp4 127.0.0.1:{remote}: connect: \
             connection refused IPv6 dial tcp6 [::1]:{remote}: connect: connection refused "
        )
    };
    match (is_docker, tells_unhandled) {
        (_, false) => format!("{head}       1 portforward.go:409] {what}{why}"),
        (true, true) => {
            format!("{head}       1 portforward.go:424] \"Unhandled Error\" err=<\n\t{what}{why}\n >")
        }
        (false, true) => {
            format!("{head}       1 portforward.go:424] \"Unhandled Error\" err={}", quote(&(what + &why)))
        }
    }
}

/// Keeps the ports open until it is interrupted, or the pod goes or does not answer.
struct Forwarding {
    forwards: Vec<Forward>,
    pod: ObjectKey,
    uid: String,
}

impl Forwarding {
    fn close(&self, env: &mut Env<'_>) {
        let is_ours = |port: u16| self.forwards.iter().any(|forward| forward.local == port);
        env.workstation.forwards.retain(|known| !is_ours(known.local));
    }
}

impl Task for Forwarding {
    fn poll(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        let pod = env.cluster.store().typed::<Pod>(&self.pod);
        let is_lost = |port: u16| env.workstation.forward(port).is_some_and(|forward| forward.is_lost);
        let is_connected = !self.forwards.iter().any(|forward| is_lost(forward.local));
        if is_connected && pod.is_some_and(|pod| pod.metadata.uid.as_deref() == Some(self.uid.as_str())) {
            return Ok(Progress::Waiting);
        }
        self.close(env);
        Err(CliError::plain("lost connection to pod"))
    }

    fn deadline(&self) -> Option<SimTime> {
        None
    }

    fn interrupt(&mut self, env: &mut Env<'_>) {
        self.close(env);
    }
}
