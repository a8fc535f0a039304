//! How long sets of many replicas take to come up. `cargo bench -p sim-core`

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

/// Counts pods, so that the cost of one can be compared over the sizes.
fn measure(bencher: Bencher<'_, '_>, replicas: u32, policy: &str) {
    bencher.counter(ItemsCount::new(replicas)).bench_local(|| bring_up(replicas, policy));
}

#[divan::bench(args = [100, 1_000, 10_000], sample_count = 5, sample_size = 1)]
fn parallel(bencher: Bencher<'_, '_>, replicas: u32) {
    measure(bencher, replicas, "Parallel");
}

#[divan::bench(args = [100, 1_000, 10_000], sample_count = 5, sample_size = 1)]
fn ordered_ready(bencher: Bencher<'_, '_>, replicas: u32) {
    measure(bencher, replicas, "OrderedReady");
}
