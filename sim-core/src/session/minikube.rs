//! `minikube`: the cluster's machines as its own tool tells of them, and the way to Services.

use k8s_openapi::api::core::v1::{Node, Service, ServicePort};
use xxhash_rust::xxh3::xxh3_64;

use super::Session;
use super::words::refuse;
use crate::api::{ObjectKey, meta};
use crate::kubectl::Files;
use crate::store::Store;

/// What of the exit code says that a kubelet does not run.
const KUBELET_STOPPED: u8 = 2;

/// Runs `minikube service NAME [--url] [-n NAMESPACE]`, `minikube status` or `minikube ip`.
pub(super) fn run(session: &mut Session, words: &[String], _files: &dyn Files) -> u8 {
    if !session.workstation.config.is_minikubes {
        session.out.err_line(
            "* Profile \"minikube\" not found. Run \"minikube profile list\" to view all profiles.\n  To start a \
             cluster, run: \"minikube start\"",
        );
        return 85;
    }
    let mut names = Vec::new();
    let (mut url_only, mut namespace) = (false, session.namespace.clone());
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "--url" => url_only = true,
            "-n" | "--namespace" => namespace = rest.next().cloned().unwrap_or_default(),
            word => names.push(word),
        }
    }
    match names[..] {
        ["service", name] => open(session, &namespace, name, url_only),
        ["status"] => status(session),
        ["ip"] => {
            let address = node_ip(session.cluster.store());
            session.out.line(address);
            0
        }
        ["start"] => refuse(session, "the cluster runs already; reset starts a new one"),
        ["stop"] => {
            refuse(session, "the cluster runs as long as the session; fault node NAME stop stops one node")
        }
        ["delete"] => refuse(session, "the cluster lives as long as the session; reset starts a new one"),
        _ => refuse(
            session,
            "of minikube there is only: minikube service NAME [--url], minikube status, minikube ip",
        ),
    }
}

/// Says of each node what of it runs.
fn status(session: &mut Session) -> u8 {
    let mut code = 0;
    let mut text = String::new();
    for node in session.cluster.store().all::<Node>() {
        let is_ready = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
        let is_ready =
            is_ready.filter(|condition| condition.type_ == "Ready").any(|ready| ready.status == "True");
        let is_first = meta::labels(&node.metadata).contains_key("node-role.kubernetes.io/control-plane");
        let kubelet = if is_ready { "Running" } else { "Stopped" };
        code |= if is_ready { 0 } else { KUBELET_STOPPED };
        let kind = if is_first { "Control Plane" } else { "Worker" };
        let name = meta::name(&node.metadata);
        text.push_str(&format!("{name}\ntype: {kind}\nhost: Running\nkubelet: {kubelet}\n"));
        if is_first {
            text.push_str("apiserver: Running\nkubeconfig: Configured\n");
        }
        text.push('\n');
    }
    session.out.out(text);
    code
}

/// Leads the user's machine to a Service.
fn open(session: &mut Session, namespace: &str, name: &str, url_only: bool) -> u8 {
    let key = ObjectKey::new(namespace, name);
    let Some(service) = session.cluster.store().shared::<Service>(&key) else {
        session.out.err_line(format!(
            "X Exiting due to SVC_NOT_FOUND: Service '{name}' was not found in '{namespace}' namespace."
        ));
        return 1;
    };
    let ports: Vec<ServicePort> =
        service.spec.iter().flat_map(|spec| spec.ports.clone().unwrap_or_default()).collect();
    let node_ip = node_ip(session.cluster.store());
    let mut urls = Vec::new();
    for port in &ports {
        urls.push(match port.node_port {
            Some(node_port) => format!("http://{node_ip}:{node_port}"),
            None => format!("http://127.0.0.1:{}", session.open_tunnel(&key, port.port)),
        });
    }
    if ports.iter().all(|port| port.node_port.is_none()) {
        session.out.err_line(format!("* service {key} has no node port"));
        session.out.err_line(format!(
            "! Services [{key}] have type \"ClusterIP\" not meant to be exposed, however for local development \
             minikube allows you to access this !"
        ));
    }
    for url in &urls {
        session.out.line(url);
    }
    if !url_only {
        session.out.err_line("hint: there is no browser here; curl the address");
    }
    0
}

impl Session {
    /// The local port that leads to a Service's port; the same one each time.
    fn open_tunnel(&mut self, service: &ObjectKey, port: i32) -> u16 {
        let port = u16::try_from(port).unwrap_or(0);
        let target = (service.clone(), port);
        let spread = xxh3_64(format!("{service}:{port}").as_bytes()) % 10_000;
        let mut local = 32_768 + u16::try_from(spread).unwrap_or(0);
        while self.tunnels.get(&local).is_some_and(|known| *known != target) {
            local += 1;
        }
        self.tunnels.insert(local, target);
        local
    }
}

fn node_ip(store: &Store) -> String {
    let node = store.all::<Node>().next();
    let addresses = node.and_then(|node| node.status.as_ref()?.addresses.as_ref());
    let internal = addresses.into_iter().flatten().find(|address| address.type_ == "InternalIP");
    internal.map(|address| address.address.clone()).unwrap_or_default()
}
