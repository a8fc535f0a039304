//! What a pod costs in sets of many replicas. `cargo bench -p sim-core`
//!
//! Every sample brings up 10,000 pods, as 100 sets of 100, 10 of 1,000 or one of 10,000. So each row does the same
//! work, and where a pod's cost does not depend on how many there are, the rows of a bench are alike.
//!
//! - `replicas_*`: all sets in one cluster. What the number of replicas costs, and nothing else.
//! - `cluster_*`: each set in a cluster of its own, all of them kept to the end. What the size of the cluster costs:
//!   the work is the same again, but the pods of a large cluster do not fit the processor's caches.
//! - `one_set`: a single set, what a user waits for. Small ones use the memory of the sample before.

use std::time::Duration;

use divan::Bencher;
use divan::counter::ItemsCount;
use k8s_openapi::api::apps::v1::StatefulSet;
use sim_core::cluster::Cluster;
use sim_core::engine::{ClusterConfig, NodeConfig, TimingProfile};
use sim_core::kubectl::{self, Env, NoFiles, Output, Workstation};

/// The allocator of `sts-sim`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// A cluster with one node that takes everything.
fn cluster() -> Cluster {
    let profile = TimingProfile::named("instant").expect("it is built in");
    let mut config = ClusterConfig::for_profile(profile, 1);
    config.nodes = vec![NodeConfig {
        name: "large".to_owned(),
        zone: None,
        cpu: "1000000".to_owned(),
        memory: "1000Ti".to_owned(),
        pods: 2_000_000,
    }];
    Cluster::new(config)
}

/// A set of its own Service's name, of so many replicas.
fn manifest(set: u32, replicas: u32, policy: &str) -> String {
    format!(
        "---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: web{set}}}
spec:
  serviceName: web{set}
  replicas: {replicas}
  podManagementPolicy: {policy}
  selector: {{matchLabels: {{app: web{set}}}}}
  template:
    metadata: {{labels: {{app: web{set}}}}}
    spec:
      containers:
      - name: app
        image: nginx:1.27
        volumeMounts: [{{name: data, mountPath: /data}}]
  volumeClaimTemplates:
  - metadata: {{name: data}}
    spec:
      accessModes: [ReadWriteOnce]
      resources: {{requests: {{storage: 1Gi}}}}
"
    )
}

/// From apply to all replicas of all sets ready. The cluster is handed back, so that taking it down is not counted.
fn bring_up(sets: u32, replicas: u32, policy: &str) -> Cluster {
    let mut cluster = cluster();
    let text: String = (0..sets).map(|set| manifest(set, replicas, policy)).collect();
    let mut out = Output::default();
    let words = ["apply", "-f", "-"].map(str::to_owned);
    let mut env = Env {
        cluster: &mut cluster,
        namespace: "default",
        files: &NoFiles,
        stdin: Some(&text),
        workstation: &mut Workstation::default(),
        out: &mut out,
    };
    kubectl::start(&words, &mut env);
    cluster.settle(Duration::from_secs(86_400));
    let ready = cluster.store().all::<StatefulSet>().filter_map(|set| set.status.as_ref()?.ready_replicas);
    assert_eq!(ready.sum::<i32>().unsigned_abs(), sets * replicas, "not all came up");
    cluster
}

/// The pods of a sample.
const PODS: u32 = 10_000;
const SIZES: [u32; 3] = [100, 1_000, 10_000];

/// Brings up all pods of a sample in sets of `replicas`, in one cluster.
fn replicas(bencher: Bencher<'_, '_>, replicas: u32, policy: &str) {
    bencher.counter(ItemsCount::new(PODS)).bench_local(|| bring_up(PODS / replicas, replicas, policy));
}

/// Brings up all pods of a sample in sets of `replicas`, each in a cluster of its own.
fn clusters(bencher: Bencher<'_, '_>, replicas: u32, policy: &str) {
    bencher
        .counter(ItemsCount::new(PODS))
        .bench_local(|| (0..PODS / replicas).map(|_| bring_up(1, replicas, policy)).collect::<Vec<_>>());
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn replicas_parallel(bencher: Bencher<'_, '_>, size: u32) {
    replicas(bencher, size, "Parallel");
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn replicas_ordered_ready(bencher: Bencher<'_, '_>, size: u32) {
    replicas(bencher, size, "OrderedReady");
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn cluster_parallel(bencher: Bencher<'_, '_>, size: u32) {
    clusters(bencher, size, "Parallel");
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn cluster_ordered_ready(bencher: Bencher<'_, '_>, size: u32) {
    clusters(bencher, size, "OrderedReady");
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn one_set(bencher: Bencher<'_, '_>, size: u32) {
    bencher.counter(ItemsCount::new(size)).bench_local(|| bring_up(1, size, "Parallel"));
}
