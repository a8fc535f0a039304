//! What surprises people about StatefulSets, each in fewer than five commands, as a transcript.
//!
//! The numbers are kubernetes/kubernetes issues and pull requests. The clock's words are no commands.

mod claims;
mod network;
mod rollouts;
mod scaling;

use sim_core::api::KubernetesVersion;
use sim_core::engine::{ClusterConfig, TimingProfile};
use sim_core::kubectl::Stream;
use sim_core::session::{MemoryFiles, Session};

/// The Service and the set of most walks. `SET` and `CONTAINER` stand for more fields.
const WEB: &str = "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 3
  SET
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: nginx:1.27, CONTAINER}]}
";

/// A set whose pods have a claim each. `SET` stands for more fields.
const DATA: &str = "
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 2
  SET
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: nginx, image: 'nginx:1.27', volumeMounts: [{name: data, mountPath: /data}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
";

/// A probe that asks the server itself, and is quick to tell.
const PROBE: &str = "readinessProbe: {httpGet: {port: 80}, periodSeconds: 1, failureThreshold: 1}";

/// Words of the clock, which goes on by itself at a prompt.
const CLOCK: &[&str] = &["settle", "advance"];

/// [`WEB`] with those fields of the set and of its container.
fn web(set: &str, container: &str) -> String {
    WEB.replace("SET", set).replace("CONTAINER", container)
}

/// [`DATA`] with those fields of the set.
fn data(set: &str) -> String {
    DATA.replace("SET", set)
}

/// Plays a script on a cluster of that release, with `web.yaml` and `new.yaml` at hand, and returns what a terminal shows.
fn walk_on(version: KubernetesVersion, web: &str, new: &str, script: &str) -> String {
    let mut config = ClusterConfig::for_profile(TimingProfile::named("kind").expect("it is built in"), 14);
    // Three workers beside the control plane.
    config.set_node_count(4);
    config.set_kubernetes_version(version);
    let mut session = Session::new(config);
    let files = MemoryFiles::new([("web.yaml", web), ("new.yaml", new)]);
    let lines: Vec<&str> = script.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_command = |line: &&&str| !CLOCK.iter().any(|word| line.starts_with(word));
    assert!(lines.iter().filter(is_command).count() < 5, "a surprise takes fewer than five commands");
    let mut shown = String::new();
    for line in lines {
        shown.push_str(&format!("$ {line}\n"));
        for chunk in session.run(line, None, &files) {
            let mark = if chunk.stream == Stream::Err { "! " } else { "" };
            // Templates end their output without a newline.
            shown.extend(chunk.text.lines().map(|line| format!("{mark}{}\n", line.trim_end())));
        }
    }
    shown
}

/// [`walk_on`] of today's release.
fn walk(web: &str, script: &str) -> String {
    walk_on(KubernetesVersion::default(), web, "", script)
}
