//! Pods that were running before the clock started: what a kubelet finds when it comes back to a node in use.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{HostIP, Pod, PodCondition, PodIP, PodStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use rand_chacha::ChaCha8Rng;
use rand_core::Rng;

use super::full::pod_address;
use super::probe::{ProbeKind, ProbeState};
use super::status::container_status;
use super::volumes::Volumes;
use super::worker::{Slot, Stage, Worker};
use super::{Kubelet, identity};
use crate::api::{Resource, SimTime, pod};
use crate::runtime::{ContainerConfig, Reference, Sandbox};

/// The images that the nodes of minikube and kind are made with.
const SYSTEM_IMAGES: [&str; 10] = [
    "coredns",
    "etcd",
    "kindnetd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "local-path-provisioner",
    "pause",
    "storage-provisioner",
];

/// Whether a node of minikube or kind has the image from its beginning.
pub(super) fn is_system_image(reference: &Reference) -> bool {
    SYSTEM_IMAGES.contains(&reference.name())
}

/// Where and since when a pod has been running.
pub(crate) struct Standing<'a> {
    /// The node's own address.
    pub host_ip: &'a str,
    /// The block of its pods' addresses.
    pub block: &'a str,
    /// `docker` or `containerd`.
    pub runtime: &'a str,
    /// Since when.
    pub since: &'a Time,
}

/// The conditions of a pod that is well, in the order in which a kubelet reports them.
const CONDITIONS: [&str; 5] =
    ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

impl Kubelet {
    /// Takes over a pod whose containers have been running well, and reports that in its status.
    pub(crate) fn adopt(&mut self, pod: &mut Pod, standing: &Standing<'_>, random: &mut ChaCha8Rng) {
        let (key, Some(spec)) = (pod.key(), pod.spec.as_ref()) else { return };
        let node = spec.node_name.clone().unwrap_or_default();
        let host_network = spec.host_network == Some(true);
        let ip = if host_network {
            standing.host_ip.to_owned()
        } else {
            let given = self.full.addresses.get(&node).copied().unwrap_or(0);
            self.full.addresses.insert(node.clone(), given + 1);
            pod_address(standing.block, given)
        };
        let hostname = if host_network { node.clone() } else { key.name.to_string() };
        self.runtime.create_sandbox(
            &key,
            Sandbox {
                uid: pod::identity(pod).to_owned(),
                node: node.clone(),
                ip: ip.clone(),
                host_network,
                hostname,
                ..Sandbox::default()
            },
        );
        let mut worker = Worker::new(pod, spec, SimTime::ZERO);
        worker.since = Some(standing.since.clone());
        worker.ip = ip;
        worker.volumes = Some(Volumes::default());
        worker.sandbox_up = true;
        for (slot, container) in worker.slots.iter_mut().zip(&spec.containers) {
            let name = container.image.as_deref().unwrap_or_default();
            let Some(image) = Reference::parse(name).ok().and_then(|name| self.runtime.registry.find(&name))
            else {
                continue;
            };
            slot.container_id = (0..4).map(|_| format!("{:016x}", random.next_u64())).collect();
            slot.image = Some(image.clone());
            for kind in ProbeKind::ALL.into_iter().filter(|kind| kind.of(container).is_some()) {
                slot.probes[kind as usize] = ProbeState::passing();
            }
            run(slot);
            let ports = container.ports.iter().flatten();
            let ports = ports.filter_map(|port| u16::try_from(port.container_port).ok()).collect();
            let user = identity::user(spec, Some(container), &image.spec);
            let (name, id) = (slot.name.clone(), slot.container_id.clone());
            let bare = ContainerConfig::bare(name, id, image, ports);
            self.runtime.resume_container(&key, ContainerConfig { user, ..bare });
        }
        pod.status = Some(status(pod, &worker, standing));
        self.full.workers.insert(key, Arc::new(worker));
        if pod::mirrored(pod).is_some() {
            self.full.statics.push(Arc::new(pod.clone()));
        }
    }
}

fn run(slot: &mut Slot) {
    slot.stage = Stage::Running;
    slot.runs = 1;
    slot.started = true;
    slot.ready = true;
}

fn status(pod: &Pod, worker: &Worker, standing: &Standing<'_>) -> PodStatus {
    let spec = pod.spec.clone().unwrap_or_default();
    let generation = pod.metadata.generation.filter(|_| pod::mirrored(pod).is_none());
    let condition = |name: &str| PodCondition {
        type_: name.to_owned(),
        status: "True".to_owned(),
        observed_generation: generation,
        last_transition_time: Some(standing.since.clone()),
        ..PodCondition::default()
    };
    let containers = worker.slots.iter().zip(&spec.containers).map(|(slot, container)| {
        let image = slot.image.as_ref();
        let user = image.map(|image| identity::user(&spec, Some(container), &image.spec));
        container_status(worker, slot, Some(container), standing.runtime, &user.unwrap_or_default())
    });
    PodStatus {
        phase: Some("Running".to_owned()),
        conditions: Some(CONDITIONS.into_iter().map(condition).collect()),
        observed_generation: generation,
        host_ip: Some(standing.host_ip.to_owned()),
        host_ips: Some(vec![HostIP { ip: standing.host_ip.to_owned() }]),
        pod_ip: Some(worker.ip.clone()),
        pod_ips: Some(vec![PodIP { ip: worker.ip.clone() }]),
        start_time: Some(standing.since.clone()),
        container_statuses: Some(containers.collect()),
        qos_class: pod.status.as_ref().and_then(|status| status.qos_class.clone()),
        ..PodStatus::default()
    }
}
