//! Golden tests of the writing verbs, with the texts of the recordings.

mod errors;
mod mutate;
mod rollout;
mod write;

use std::time::Duration;

use super::{Env, Flow, NoFiles, Output, Progress, Stream, poll, start};
use crate::cluster::Cluster;
use crate::engine::ClusterConfig;

/// A cluster and what was asked of it.
pub struct Bench {
    pub cluster: Cluster,
}

impl Bench {
    pub fn new() -> Bench {
        Bench { cluster: Cluster::new(ClusterConfig::recorder(1)) }
    }

    /// Runs a line, letting time pass while it waits, and shows everything it said.
    pub fn run(&mut self, line: &str) -> String {
        self.run_with(line, None)
    }

    /// [`Bench::run`] with standard input.
    pub fn run_with(&mut self, line: &str, stdin: Option<&str>) -> String {
        let words = shlex::split(line).unwrap_or_default();
        let mut output = Output::default();
        let mut env = Env {
            cluster: &mut self.cluster,
            namespace: "default",
            files: &NoFiles,
            stdin,
            out: &mut output,
        };
        let mut flow = start(&words, &mut env);
        let code = loop {
            match flow {
                Flow::Done(code) => break code,
                Flow::Task(ref mut task) => {
                    let due = env.cluster.next_time();
                    match task.deadline() {
                        Some(deadline) if due.is_none_or(|due| due > deadline) => {
                            env.cluster.advance_to(deadline);
                        }
                        _ => assert!(env.cluster.step(), "the task waits and nothing is to happen"),
                    }
                    if let Progress::Done(code) = poll(task.as_mut(), &mut env) {
                        flow = Flow::Done(code);
                    }
                }
            }
        };
        let mut text = output.text(Stream::Out);
        for line in output.text(Stream::Err).lines() {
            text.push_str(&format!("! {line}\n"));
        }
        if code != 0 {
            text.push_str(&format!("exit {code}\n"));
        }
        text
    }

    /// Lets milliseconds pass.
    pub fn pass(&mut self, milliseconds: u64) {
        self.cluster.advance(Duration::from_millis(milliseconds));
    }

    /// Lets seconds pass.
    pub fn sleep(&mut self, seconds: u64) {
        self.cluster.advance(Duration::from_secs(seconds));
    }
}

/// The recordings' StatefulSet with its Service.
pub fn web(replicas: u32) -> String {
    format!(
        "apiVersion: v1
kind: Service
metadata: {{name: web, labels: {{app: web}}}}
spec:
  clusterIP: None
  selector: {{app: web}}
  ports: [{{port: 80, name: http}}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: web}}
spec:
  serviceName: web
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      terminationGracePeriodSeconds: 5
      containers:
      - name: app
        image: app:1.0
        ports: [{{containerPort: 80, name: http}}]
        volumeMounts: [{{name: data, mountPath: /data}}]
  volumeClaimTemplates:
  - metadata: {{name: data}}
    spec:
      accessModes: [ReadWriteOnce]
      resources: {{requests: {{storage: 1Gi}}}}
"
    )
}
