//! Golden tests of the writing verbs, with the texts of the recordings.

mod absent;
mod accounts;
mod autoscale;
mod client_words;
mod containers;
mod daemons;
mod debug;
mod described;
mod dump;
mod endpoints;
mod errors;
mod files;
mod fuzz;
mod golden;
mod inside_pods;
mod job_ends;
mod jobs;
mod managed;
mod metrics;
mod mutate;
mod networking;
mod nodes;
mod pod_resources;
mod pod_security;
mod quota;
mod raw;
mod rbac;
mod recorded;
mod resize;
mod restarts;
mod rollout;
mod system_logs;
mod version_rollouts;
mod version_rows;
mod versions;
mod warnings;
mod workstation;
mod write;

use std::time::Duration;

use super::{Env, Flow, Output, Progress, Stream, Workstation, poll, start};
use crate::api::KubernetesVersion;
use crate::cluster::Cluster;
use crate::engine::{ClusterConfig, TimingProfile};
use crate::session::MemoryFiles;

/// A cluster and what was asked of it.
pub struct Bench {
    pub cluster: Cluster,
    pub workstation: Workstation,
    pub files: MemoryFiles,
}

impl Bench {
    pub fn new() -> Bench {
        Bench::on(ClusterConfig::recorder(1))
    }

    /// A cluster with whole kubelets, where nothing takes time.
    pub fn whole() -> Bench {
        let config = ClusterConfig::for_profile(TimingProfile::named("instant").expect("a known profile"), 1);
        Bench::on(config)
    }

    /// A cluster of that set-up.
    pub fn on(config: ClusterConfig) -> Bench {
        Bench {
            cluster: Cluster::new(config),
            workstation: Workstation::default(),
            files: MemoryFiles::default(),
        }
    }

    /// [`Bench::whole`] of a release.
    pub fn of_version(version: KubernetesVersion) -> Bench {
        let instant = TimingProfile::named("instant").expect("a known profile");
        // A cloud's nodes have zones, and containerd.
        let profile = TimingProfile { name: "slow-cloud".to_owned(), ..instant };
        let mut config = ClusterConfig::for_profile(profile, 1);
        config.set_nodes("node", 2);
        config.set_kubernetes_version(version);
        Bench::on(config)
    }

    /// Runs a line, letting time pass while it waits, and shows everything it said.
    pub fn run(&mut self, line: &str) -> String {
        self.talk(line, None, &[])
    }

    /// Runs the lines one after the other: each, and what it said.
    pub fn transcript(&mut self, lines: &[&str]) -> String {
        lines.iter().map(|line| format!("$ {line}\n{}", self.run(line))).collect()
    }

    /// [`Bench::run`] with standard input.
    pub fn run_with(&mut self, line: &str, stdin: Option<&str>) -> String {
        self.talk(line, stdin, &[])
    }

    /// [`Bench::run`] with lines for each prompt, which is shown with the line; then the end of input.
    pub fn talk(&mut self, line: &str, stdin: Option<&str>, said: &[&str]) -> String {
        let mut said = said.iter();
        let words = shlex::split(line).unwrap_or_default();
        let mut output = Output::default();
        let mut env = Env {
            cluster: &mut self.cluster,
            namespace: "default",
            files: &self.files,
            stdin,
            workstation: &mut self.workstation,
            out: &mut output,
        };
        let mut flow = start(&words, &mut env);
        let code = loop {
            match flow {
                Flow::Done(code) => break code,
                Flow::Task(ref mut task) => {
                    if let Some(prompt) = task.prompt() {
                        let line = said.next().copied();
                        env.out.out(format!("{prompt}{}\n", line.unwrap_or("^D")));
                        task.input(line, &mut env);
                    }
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
