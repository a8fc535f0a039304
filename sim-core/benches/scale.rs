//! What a pod costs in sets of many replicas. `cargo bench -p sim-core`
//!
//! Every sample brings up 10,000 pods: as 100 sets of 100, 10 of 1,000 or one of 10,000, each in a cluster of its own
//! and all of them kept to the end. So each size does the same work on as much fresh memory, and where a pod's
//! cost does not depend on how many there are, the rows are alike. `one_set` is what a user waits for.

use std::time::Duration;

use divan::Bencher;
use divan::counter::ItemsCount;
use sim_core::api::{Kind, ObjectKey};
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

fn manifest(replicas: u32, policy: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: web}}
spec:
  serviceName: web
  replicas: {replicas}
  podManagementPolicy: {policy}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
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

/// From apply to all replicas ready. The cluster is handed back, so that taking it down is not counted.
fn bring_up(replicas: u32, policy: &str) -> Cluster {
    let mut cluster = cluster();
    let text = manifest(replicas, policy);
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
    let set =
        cluster.store().get(Kind::StatefulSet, &ObjectKey::new("default", "web")).expect("it was applied");
    let ready = set.to_value()["status"]["readyReplicas"].as_u64();
    assert_eq!(ready, Some(u64::from(replicas)), "not all came up");
    cluster
}

/// The pods of a sample.
const PODS: u32 = 10_000;
const SIZES: [u32; 3] = [100, 1_000, 10_000];

/// Brings up all pods of a sample in sets of `replicas`.
fn cost_of_a_pod(bencher: Bencher<'_, '_>, replicas: u32, policy: &str) {
    bencher
        .counter(ItemsCount::new(PODS))
        .bench_local(|| (0..PODS / replicas).map(|_| bring_up(replicas, policy)).collect::<Vec<_>>());
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn parallel(bencher: Bencher<'_, '_>, replicas: u32) {
    cost_of_a_pod(bencher, replicas, "Parallel");
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn ordered_ready(bencher: Bencher<'_, '_>, replicas: u32) {
    cost_of_a_pod(bencher, replicas, "OrderedReady");
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn one_set(bencher: Bencher<'_, '_>, replicas: u32) {
    bencher.counter(ItemsCount::new(replicas)).bench_local(|| bring_up(replicas, "Parallel"));
}
