//! [`ContainerHost`]: what a process in a container can reach.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Node;

use super::Runtime;
use super::container::{Exit, Program, User};
use super::fs::FileSystem;
use super::mounts::MountedFs;
use super::server::{Call, Drive, Reply, Service, Spot};
use super::shell::{Dialect, Flavour, Host, Nslookup, ProcessInfo};
use crate::api::quantity::Quantity;
use crate::api::{ObjectKey, SimTime};
use crate::network::dns;
use crate::network::http::{HttpRequest, HttpResponse, NetError};
use crate::network::resolver::Lookup;
use crate::store::Store;

/// The container around a process, for one run of it.
///
/// It holds the container's files; they go back to the runtime while something else may use them and
/// at the end, with [`ContainerHost::finish`].
#[derive(Debug)]
pub(super) struct ContainerHost<'a> {
    runtime: &'a mut Runtime,
    store: &'a Store,
    pod: ObjectKey,
    container: String,
    now: SimTime,
    files: MountedFs,
    signals: Vec<(u32, i32)>,
}

impl<'a> ContainerHost<'a> {
    /// The host of a process in that container; `None` when there is no such container.
    pub(super) fn new(
        runtime: &'a mut Runtime,
        store: &'a Store,
        pod: &ObjectKey,
        container: &str,
        now: SimTime,
    ) -> Option<ContainerHost<'a>> {
        let files = runtime.open_files(pod, container)?;
        let (pod, container) = (pod.clone(), container.to_owned());
        Some(ContainerHost { runtime, store, pod, container, now, files, signals: Vec::new() })
    }

    /// Gives the files back; answers the signals that were sent, to be delivered now.
    pub(super) fn finish(self) -> Vec<(u32, i32)> {
        self.runtime.close_files(&self.pod, &self.container, self.files);
        self.signals
    }

    /// Does something that may touch the same files, with them in their place.
    fn outside<T>(&mut self, action: impl FnOnce(&mut Runtime, &Store, &ObjectKey) -> T) -> T {
        let files = std::mem::take(&mut self.files);
        self.runtime.close_files(&self.pod, &self.container, files);
        let result = action(self.runtime, self.store, &self.pod);
        self.files = self.runtime.open_files(&self.pod, &self.container).unwrap_or_default();
        result
    }

    fn sandbox<T: Default>(&self, read: impl FnOnce(&super::container::Sandbox) -> T) -> T {
        self.runtime.sandboxes.get(&self.pod).map(|sandbox| read(sandbox)).unwrap_or_default()
    }
}

impl Host for ContainerHost<'_> {
    fn now(&self) -> SimTime {
        self.now
    }

    fn files(&mut self) -> &mut dyn FileSystem {
        &mut self.files
    }

    fn hostname(&self) -> String {
        self.sandbox(|sandbox| sandbox.hostname.clone())
    }

    fn ip(&self) -> String {
        self.sandbox(|sandbox| sandbox.ip.clone())
    }

    fn nameserver(&self) -> String {
        self.sandbox(|sandbox| sandbox.nameserver.clone())
    }

    fn search_domains(&self) -> Vec<String> {
        self.sandbox(|sandbox| sandbox.search.clone())
    }

    fn resolve(&mut self, question: &dns::Question) -> dns::Answer {
        let asks_cluster = self.sandbox(|sandbox| Some(sandbox.asks_cluster)) != Some(false);
        if !asks_cluster && question.name.ends_with("cluster.local") {
            // Nobody else knows the cluster's names.
            return dns::Answer {
                code: dns::ResponseCode::NxDomain,
                records: Vec::new(),
                additional: Vec::new(),
            };
        }
        if asks_cluster && !self.runtime.dns.is_served(self.store) {
            return dns::Answer::empty(dns::ResponseCode::Unreachable);
        }
        self.runtime.dns.query(self.store, self.now, question)
    }

    fn flavour(&self) -> Flavour {
        let is_small = self.sandbox(|sandbox| {
            let container = sandbox.containers.get(&self.container)?;
            Some(container.config.image.is_busybox())
        });
        if is_small == Some(true) { Flavour::Busybox } else { Flavour::Gnu }
    }

    fn dialect(&self) -> Dialect {
        let container = self.runtime.container(&self.pod, &self.container);
        let packages = container.map_or(0, |container| container.config.image.packages());
        if packages & super::packages::RED_HAT != 0 {
            Dialect::Bash
        } else if self.flavour() == Flavour::Gnu {
            Dialect::Dash
        } else {
            Dialect::Ash
        }
    }

    fn has_tool(&self, name: &str) -> bool {
        let container = self.runtime.container(&self.pod, &self.container);
        container.is_some_and(|container| container.config.image.has_tool(name))
    }

    fn nslookup(&self) -> Nslookup {
        let container = self.runtime.container(&self.pod, &self.container);
        container.map_or(Nslookup::Busybox, |container| container.config.image.nslookup())
    }

    fn user(&self) -> User {
        let container = self.runtime.container(&self.pod, &self.container);
        container.map(|container| container.config.user.clone()).unwrap_or_default()
    }

    fn container_id(&self) -> String {
        let container = self.runtime.container(&self.pod, &self.container);
        container.map(|container| container.config.id.clone()).unwrap_or_default()
    }

    fn image_env(&self, name: &str) -> Option<String> {
        let container = self.runtime.container(&self.pod, &self.container)?;
        container.config.image.env().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn has_program(&self, name: &str) -> bool {
        let container = self.runtime.container(&self.pod, &self.container);
        let spec = container.map(|container| &container.config.image.spec);
        spec.is_some_and(|spec| spec.programs.iter().any(|program| program.rsplit('/').next() == Some(name)))
    }

    fn hand_over(&mut self, arguments: &[String]) {
        let found = self.runtime.sandbox_mut(&self.pod);
        if let Some(container) = found.and_then(|sandbox| sandbox.containers.get_mut(&self.container)) {
            container.hands_over = Some(arguments.to_vec());
        }
    }

    fn listeners(&self) -> Vec<(u16, String)> {
        let now = self.now;
        self.sandbox(|sandbox| {
            let running = sandbox.containers.values().filter(|container| container.is_running());
            let mut found: Vec<(u16, String)> = running
                .flat_map(|container| {
                    let native = match &container.program {
                        Program::Native(native) if native.listens_at <= now => native.ports.clone(),
                        _ => Vec::new(),
                    };
                    let name = container.config.image.spec.name.clone();
                    let own = native.into_iter().map(move |port| (port, name.clone()));
                    let served = container
                        .services
                        .iter()
                        .map(|service| (service.port, service.server.name().to_owned()));
                    own.chain(served).collect::<Vec<_>>()
                })
                .collect();
            found.sort();
            found
        })
    }

    fn is_first(&self, pid: u32) -> bool {
        let container = self.runtime.container(&self.pod, &self.container);
        container.is_some_and(|container| container.config.first_pid() == pid)
    }

    fn read_beside(&self, pid: u32, path: &str) -> Option<Arc<[u8]>> {
        let sandbox = self.runtime.sandbox(&self.pod)?;
        let config = &sandbox.containers.get(&self.container)?.config;
        let name = match &config.target {
            Some(target) => target,
            None => sandbox.containers.iter().find(|(_, other)| other.config.first_pid() == pid)?.0,
        };
        self.runtime.open_files(&self.pod, name)?.read(path).ok()
    }

    fn capabilities(&self) -> u64 {
        let container = self.runtime.container(&self.pod, &self.container);
        container.map_or(0, |container| container.config.capabilities)
    }

    fn node_capacity(&self) -> (u64, u64) {
        let node = self.sandbox(|sandbox| sandbox.node.clone());
        let node = self.store.typed::<Node>(&ObjectKey::cluster(&node));
        let of = |name: &str| {
            let quantity = node.and_then(|node| node.status.as_ref()?.capacity.as_ref()?.get(name));
            quantity.and_then(|quantity| u64::try_from(Quantity::of(quantity).value()).ok())
        };
        (of("cpu").unwrap_or(2), of("memory").unwrap_or(8 << 30))
    }

    fn memory_limit(&self) -> Option<u64> {
        self.runtime.container(&self.pod, &self.container)?.config.memory_limit
    }

    fn run_out_of_memory(&mut self) {
        let (now, name) = (self.now, self.container.clone());
        let exit = Exit { code: 137, reason: "OOMKilled".to_owned(), message: None, at: now };
        self.runtime.end_container(&self.pod, &name, exit);
    }

    fn serve(&mut self, service: Service) -> bool {
        let container = self.container.clone();
        self.outside(|runtime, _, pod| runtime.serve(pod, &container, service))
    }

    fn unserve(&mut self, port: u16) {
        let container = self.container.clone();
        self.outside(|runtime, _, pod| runtime.unserve(pod, &container, port));
    }

    fn drive(&mut self, port: u16, found: Option<&Lookup>) -> Drive {
        let (container, now) = (self.container.clone(), self.now);
        self.outside(|runtime, store, pod| {
            let spot = Spot { pod: pod.clone(), container, port };
            runtime.drive(&spot, found, store, now)
        })
    }

    fn signal_server(&mut self, port: u16, signal: i32) {
        let (container, now) = (self.container.clone(), self.now);
        self.outside(|runtime, _, pod| {
            let spot = Spot { pod: pod.clone(), container, port };
            runtime.with_server(&spot, now, |server, _| server.signal(signal));
        });
    }

    fn rest(&mut self, rests: bool) {
        let found = self.runtime.sandbox_mut(&self.pod);
        if let Some(container) = found.and_then(|sandbox| sandbox.containers.get_mut(&self.container)) {
            container.steady = rests;
        }
    }

    fn ask(&mut self, ip: &str, port: u16, call: &Call) -> Result<Reply, NetError> {
        let now = self.now;
        self.outside(|runtime, store, pod| runtime.ask(store, Some(pod), (ip, port), call, now))
    }

    fn http(&mut self, ip: &str, port: u16, request: &HttpRequest) -> Result<HttpResponse, NetError> {
        // What a pod sends to itself comes from where it goes to.
        let (from, now) = (if ip.starts_with("127.") { ip.to_owned() } else { self.ip() }, self.now);
        self.outside(|runtime, store, pod| {
            let answer = runtime.request(store, Some(pod), (ip, port), &from, request, now);
            answer.map(|(response, _)| response)
        })
    }

    fn connect(&mut self, ip: &str, port: u16) -> Result<(), NetError> {
        let now = self.now;
        self.outside(|runtime, store, pod| runtime.connect(store, Some(pod), (ip, port), now))
    }

    fn processes(&self) -> Vec<ProcessInfo> {
        self.runtime.processes(&self.pod, &self.container)
    }

    fn kill(&mut self, pid: u32, signal: i32) -> bool {
        let known = self.processes().iter().any(|process| process.pid == pid);
        if known {
            self.signals.push((pid, signal));
        }
        known
    }
}

impl Runtime {
    /// The processes that a container sees: its own, those of the container that it shares, or all of its pod's.
    pub(super) fn processes(&self, pod: &ObjectKey, container: &str) -> Vec<ProcessInfo> {
        let Some(sandbox) = self.sandboxes.get(pod) else { return Vec::new() };
        let Some(running) = sandbox.containers.get(container).filter(|c| c.is_running()) else {
            return Vec::new();
        };
        if running.config.shared_pid.is_some() {
            let first =
                sandbox.containers.values().map(|container| container.started).min().unwrap_or_default();
            let (user, command) = ("root".to_owned(), "/pause".to_owned());
            let mut rows = vec![ProcessInfo { pid: 1, user, started: first, command }];
            rows.extend(sandbox.containers.keys().flat_map(|name| self.own_processes(pod, name)));
            return rows;
        }
        let shared = running.config.target.as_deref().filter(|target| *target != container);
        let mut rows = shared.map(|target| self.processes(pod, target)).unwrap_or_default();
        rows.extend(self.own_processes(pod, container));
        rows
    }

    /// A container's program and what was started with `exec`.
    fn own_processes(&self, pod: &ObjectKey, container: &str) -> Vec<ProcessInfo> {
        let Some(running) = self.container(pod, container).filter(|c| c.is_running()) else {
            return Vec::new();
        };
        let config = &running.config;
        let spec = &config.image.spec;
        let words = |first: &[String], rest: &[String]| [first, rest].concat().join(" ");
        let given = if config.args.is_empty() { &spec.command } else { &config.args };
        let is_nginx = spec.name.starts_with("nginx") && matches!(running.program, Program::Native(_));
        let command = match &running.program {
            Program::Process(process) => process.command_line(),
            Program::Native(_) if is_nginx => "nginx: master process nginx -g daemon off;".to_owned(),
            Program::Native(_) if !config.command.is_empty() => words(&config.command, &config.args),
            Program::Native(_) if spec.entrypoint.first().is_some_and(|word| word.starts_with('/')) => {
                words(&spec.entrypoint, given)
            }
            Program::Native(_) => spec.name.clone(),
        };
        let (user, pid, started) =
            (super::shell::user_name(config.user.uid), config.first_pid(), running.started);
        let mut rows = vec![ProcessInfo { pid, user: user.clone(), started, command }];
        if is_nginx {
            let command = "nginx: worker process".to_owned();
            // Its image's entry point has started and ended a few before it.
            let pid = if pid == 1 { 29 } else { pid + 6 };
            rows.push(ProcessInfo { pid, user: "101".to_owned(), started, command });
        }
        if let Program::Process(process) = &running.program {
            let parts = process.parts().into_iter();
            rows.extend(parts.map(|(pid, started, command)| ProcessInfo {
                pid,
                user: user.clone(),
                started,
                command,
            }));
        }
        rows.extend(self.execs_of(pod, container).map(|exec| ProcessInfo {
            pid: exec.pid,
            user: user.clone(),
            started: exec.started,
            command: exec.command_line.clone(),
        }));
        rows
    }
}
