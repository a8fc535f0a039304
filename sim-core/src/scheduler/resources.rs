//! [`Resources`]: what a pod asks for and what a node has, in whole numbers.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;

use crate::api::pod;
use crate::api::quantity::Quantity;

/// What a container is taken to use for scoring when it says nothing: a tenth of a CPU.
const DEFAULT_MILLI_CPU: i64 = 100;
/// What a container is taken to use for scoring when it says nothing: 200 MiB.
const DEFAULT_MEMORY: i64 = 200 * 1024 * 1024;

/// Amounts of resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Resources {
    /// Thousandths of a CPU.
    pub milli_cpu: i64,
    /// Bytes of memory.
    pub memory: i64,
    /// Bytes of ephemeral storage.
    pub ephemeral_storage: i64,
    /// Everything else, by name: huge pages, devices.
    pub others: BTreeMap<String, i64>,
}

impl Resources {
    /// The amounts of a resource list; `pods` is no resource that is summed.
    pub(super) fn of(list: Option<&BTreeMap<String, ApiQuantity>>) -> Resources {
        let mut resources = Resources::default();
        for (name, quantity) in list.into_iter().flatten() {
            let quantity = Quantity::of(quantity);
            match name.as_str() {
                "cpu" => resources.milli_cpu = quantity.milli_value(),
                "memory" => resources.memory = quantity.value(),
                "ephemeral-storage" => resources.ephemeral_storage = quantity.value(),
                "pods" => {}
                _ => {
                    resources.others.insert(name.clone(), quantity.value());
                }
            }
        }
        resources
    }

    /// Every resource with its amount.
    pub(super) fn amounts(&self) -> impl Iterator<Item = (&str, i64)> {
        let own =
            [("cpu", self.milli_cpu), ("memory", self.memory), ("ephemeral-storage", self.ephemeral_storage)];
        own.into_iter().chain(self.others.iter().map(|(name, amount)| (name.as_str(), *amount)))
    }

    /// The amount of one resource, none when it is not spoken of.
    pub(super) fn amount(&self, name: &str) -> i64 {
        self.amounts().find(|(own, _)| *own == name).map_or(0, |(_, amount)| amount)
    }

    pub(super) fn add(&mut self, other: &Resources) {
        self.change(other, i64::saturating_add);
    }

    pub(super) fn subtract(&mut self, other: &Resources) {
        self.change(other, i64::saturating_sub);
    }

    fn raise_to(&mut self, other: &Resources) {
        self.change(other, i64::max);
    }

    fn change(&mut self, other: &Resources, by: fn(i64, i64) -> i64) {
        self.milli_cpu = by(self.milli_cpu, other.milli_cpu);
        self.memory = by(self.memory, other.memory);
        self.ephemeral_storage = by(self.ephemeral_storage, other.ephemeral_storage);
        for (name, amount) in &other.others {
            let mine = self.others.entry(name.clone()).or_default();
            *mine = by(*mine, *amount);
        }
    }
}

/// What the pod asks for: its containers together, or its largest init step when that is more.
///
/// Models component-helpers/resource: PodRequests (KEP-753 for sidecars).
pub(super) fn requests(pod: &Pod) -> Resources {
    let given = Given::of(pod);
    total(pod, |container| {
        let resources = container.resources.as_ref();
        let asked = Resources::of(resources.and_then(|resources| resources.requests.as_ref()));
        given.as_ref().map_or(asked.clone(), |given| given.raise(container, asked))
    })
}

/// What the node has given the containers of a pod that was resized: until it is done, that may be something else
/// than they ask for.
struct Given<'a> {
    statuses: Vec<&'a ContainerStatus>,
    infeasible: bool,
}

impl<'a> Given<'a> {
    fn of(pod: &'a Pod) -> Option<Given<'a>> {
        // A pod whose spec never changed has what it asks for.
        pod.metadata.generation.filter(|generation| *generation > 1)?;
        let status = pod.status.as_ref()?;
        let lists = [&status.init_container_statuses, &status.container_statuses];
        let pending = pod::condition(pod, "PodResizePending");
        let infeasible = pending.is_some_and(|known| known.reason.as_deref() == Some("Infeasible"));
        Some(Given { statuses: lists.into_iter().flatten().flatten().collect(), infeasible })
    }

    /// Models component-helpers/resource: determineContainerReqs (KEP-1287).
    fn raise(&self, container: &Container, asked: Resources) -> Resources {
        let Some(status) = self.statuses.iter().find(|status| status.name == container.name) else {
            return asked;
        };
        let has = status.resources.as_ref().and_then(|resources| resources.requests.as_ref());
        let mut most = Resources::of(has);
        most.raise_to(&Resources::of(status.allocated_resources.as_ref()));
        if !self.infeasible {
            most.raise_to(&asked);
        }
        most
    }
}

/// What the pod is taken to use for scoring: at least a little for each container.
///
/// Models pkg/scheduler/util: GetNonzeroRequests.
pub(super) fn scored_requests(pod: &Pod) -> Resources {
    total(pod, |container| {
        let requests = container.resources.as_ref().and_then(|given| given.requests.as_ref());
        let mut amounts = Resources::of(requests);
        let says = |name: &str| requests.is_some_and(|requests| requests.contains_key(name));
        if !says("cpu") {
            amounts.milli_cpu = DEFAULT_MILLI_CPU;
        }
        if !says("memory") {
            amounts.memory = DEFAULT_MEMORY;
        }
        amounts
    })
}

fn total(pod: &Pod, of_container: impl Fn(&Container) -> Resources) -> Resources {
    let Some(spec) = &pod.spec else { return Resources::default() };
    let mut running = Resources::default();
    for container in &spec.containers {
        running.add(&of_container(container));
    }
    let (mut sidecars, mut starting) = (Resources::default(), Resources::default());
    for container in spec.init_containers.iter().flatten() {
        let mut step = of_container(container);
        if container.restart_policy.as_deref() == Some("Always") {
            running.add(&step);
            sidecars.add(&step);
            step = sidecars.clone();
        } else {
            step.add(&sidecars);
        }
        starting.raise_to(&step);
    }
    running.raise_to(&starting);
    if let Some(whole) = spec.resources.as_ref().and_then(|given| given.requests.as_ref()) {
        let given = Resources::of(Some(whole));
        if whole.contains_key("cpu") {
            running.milli_cpu = given.milli_cpu;
        }
        if whole.contains_key("memory") {
            running.memory = given.memory;
        }
    }
    running.add(&Resources::of(spec.overhead.as_ref()));
    running
}
