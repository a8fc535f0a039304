//! [`Usage`]: what containers use, as metrics-server would report it.
//!
//! A container at rest uses a little. The user puts load on a pod, or on a workload whose ready pods share it.

use std::collections::BTreeMap;
use std::time::Duration;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::{Container, Pod};

use crate::api::quantity::Quantity;
use crate::api::{Kind, Object, ObjectKey, ObjectRef, SimTime, meta, pod};
use crate::store::Store;

/// How often usage is scraped: metrics-server's --metric-resolution.
pub const RESOLUTION: Duration = Duration::from_secs(15);

/// CPU of a container at rest, in thousandths of a core.
const REST_CPU_MILLI: i64 = 1;
/// Memory of a container at rest, in bytes.
const REST_MEMORY_BYTES: i64 = 12 << 20;

/// What the programs of `kube-system` use at rest, in thousandths of a core and MiB, as metrics-server shows them on a
/// small cluster.
const SYSTEM_AT_REST: [(&str, i64, i64); 7] = [
    ("coredns", 3, 18),
    ("etcd", 25, 52),
    ("kube-apiserver", 48, 265),
    ("kube-controller-manager", 19, 58),
    ("kube-proxy", 1, 22),
    ("kube-scheduler", 9, 27),
    ("kindnet-cni", 1, 14),
];

/// A load that the user put on something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// CPU in thousandths of a core; a workload's ready pods share it.
    pub cpu_milli: i64,
    /// Memory in bytes, of each pod.
    pub memory_bytes: i64,
}

/// What one container uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerUsage {
    /// Its name.
    pub name: String,
    /// CPU in thousandths of a core.
    pub cpu_milli: i64,
    /// Memory in bytes.
    pub memory_bytes: i64,
}

/// A load, and the one before it: a scrape that is older than it shows that one.
#[derive(Clone, Copy, Debug, Default)]
struct Placed {
    load: Load,
    earlier: Load,
    since: SimTime,
}

/// The loads that the user put on pods and workloads.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    loads: OrdMap<ObjectRef, Placed>,
}

impl Usage {
    /// Puts a load on a pod or a workload; the next scrape shows it.
    pub fn put(&mut self, on: ObjectRef, load: Load, now: SimTime) {
        let before = self.loads.get(&on).copied().unwrap_or_default();
        let earlier = if before.since <= scraped_at(now) { before.load } else { before.earlier };
        self.loads.insert(on, Placed { load, earlier, since: now });
    }

    /// What the containers of the pods use, by the pods' keys; pods that were not scraped twice yet are missing.
    pub fn of<'a>(
        &self,
        pods: impl IntoIterator<Item = &'a Pod>,
        view: &Store,
        now: SimTime,
    ) -> BTreeMap<ObjectKey, Vec<ContainerUsage>> {
        let scraped = scraped_at(now);
        let mut shares: BTreeMap<ObjectRef, Load> = BTreeMap::new();
        let mut found = BTreeMap::new();
        for pod in pods.into_iter().filter(|pod| was_scraped(pod, scraped)) {
            let key = ObjectKey::of(&pod.metadata);
            let mut load = self.load_on(&ObjectRef::new(Kind::Pod, key.clone()), scraped);
            for owner in owners(pod, view) {
                let share = *shares
                    .entry(owner.clone())
                    .or_insert_with(|| share_of(self.load_on(&owner, scraped), &owner, view));
                // A pod that is not ready gets none of the requests.
                if pod::is_ready(pod) {
                    load.cpu_milli = load.cpu_milli.saturating_add(share.cpu_milli);
                }
                load.memory_bytes = load.memory_bytes.saturating_add(share.memory_bytes);
            }
            found.insert(key, containers(pod, load));
        }
        found
    }

    fn load_on(&self, on: &ObjectRef, scraped: SimTime) -> Load {
        let placed = self.loads.get(on).copied().unwrap_or_default();
        if placed.since <= scraped { placed.load } else { placed.earlier }
    }
}

/// When usage was scraped last.
pub fn scraped_at(now: SimTime) -> SimTime {
    let period = u64::try_from(RESOLUTION.as_nanos()).unwrap_or(u64::MAX);
    SimTime(now.0 / period * period)
}

/// CPU usage is a difference of two scrapes.
fn was_scraped(pod: &Pod, scraped: SimTime) -> bool {
    let started = pod.status.as_ref().and_then(|status| status.start_time.as_ref());
    pod::phase(pod) == "Running" && started.is_some_and(|time| scraped.age_of(time) >= RESOLUTION)
}

/// The pod's controller, and the controller of that one.
fn owners(pod: &Pod, view: &Store) -> Vec<ObjectRef> {
    let mut owners = Vec::new();
    let mut meta = &pod.metadata;
    while let Some(owner) = meta::controller_of(meta).filter(|_| owners.len() < 2) {
        let Some(kind) = meta::owner_kind(owner) else { break };
        let key = ObjectKey::new(meta::namespace(meta), &owner.name);
        let Some(found) = view.get(kind, &key) else { break };
        owners.push(ObjectRef::new(kind, key));
        meta = found.meta();
    }
    owners
}

/// What of a workload's load each of its ready pods bears.
fn share_of(load: Load, owner: &ObjectRef, view: &Store) -> Load {
    let Some(owner) = view.get(owner.kind, &owner.key) else { return load };
    if load.cpu_milli == 0 {
        return load;
    }
    let ready_of = |uid: &str| view.owned_by_of_kind(uid, Kind::Pod).filter(|pod| is_ready(pod)).count();
    let sets = view.owned_by_of_kind(owner.uid(), Kind::ReplicaSet);
    let ready = ready_of(owner.uid()) + sets.map(|set| ready_of(set.uid())).sum::<usize>();
    let ready = i64::try_from(ready.max(1)).unwrap_or(i64::MAX);
    Load { cpu_milli: load.cpu_milli / ready, ..load }
}

fn is_ready(object: &Object) -> bool {
    object.as_ref::<Pod>().is_some_and(|found| pod::is_ready(found) && !meta::is_terminating(&found.metadata))
}

/// The load is the first container's; a limit caps what a container can use.
fn containers(pod: &Pod, load: Load) -> Vec<ContainerUsage> {
    let containers = pod.spec.as_ref().map(|spec| spec.containers.as_slice()).unwrap_or_default();
    let is_system = meta::namespace(&pod.metadata) == "kube-system";
    let usage = |(index, container): (usize, &Container)| {
        let load = if index == 0 { load } else { Load::default() };
        let known = SYSTEM_AT_REST.iter().find(|(name, ..)| is_system && *name == container.name);
        let (cpu, memory) =
            known.map_or((REST_CPU_MILLI, REST_MEMORY_BYTES), |(_, cpu, mebibytes)| (*cpu, mebibytes << 20));
        let cpu = cpu.saturating_add(load.cpu_milli);
        let memory = memory.saturating_add(load.memory_bytes);
        let limits = container.resources.as_ref().and_then(|resources| resources.limits.as_ref());
        let limit = |name: &str| limits.and_then(|limits| limits.get(name)).map(Quantity::of);
        ContainerUsage {
            name: container.name.clone(),
            cpu_milli: limit("cpu").map_or(cpu, |limit| cpu.min(limit.milli_value())),
            memory_bytes: limit("memory").map_or(memory, |limit| memory.min(limit.value())),
        }
    };
    containers.iter().enumerate().map(usage).collect()
}
