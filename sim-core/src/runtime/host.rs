//! [`ContainerHost`]: what a process in a container can reach.

use super::Runtime;
use super::container::Program;
use super::fs::FileSystem;
use super::image::Image;
use super::mounts::MountedFs;
use super::shell::{Flavour, Host, ProcessInfo};
use crate::api::{ObjectKey, SimTime};
use crate::network::dns;
use crate::network::http::{HttpRequest, HttpResponse, NetError};
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

/// Whether an image's tools are busybox's.
fn is_busybox(image: &Image) -> bool {
    let name = image.spec.name.rsplit('/').next().unwrap_or_default();
    let has_release = image.spec.files.iter().any(|(path, _)| path == "/etc/alpine-release");
    name == "busybox" || has_release || image.reference.tag.contains("alpine")
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
        self.runtime.dns.query(self.store, self.now, question)
    }

    fn flavour(&self) -> Flavour {
        let is_small = self.sandbox(|sandbox| {
            let container = sandbox.containers.get(&self.container)?;
            Some(is_busybox(&container.config.image))
        });
        if is_small == Some(true) { Flavour::Busybox } else { Flavour::Gnu }
    }

    fn http(&mut self, ip: &str, port: u16, request: &HttpRequest) -> Result<HttpResponse, NetError> {
        let (from, now) = (self.ip(), self.now);
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
    /// The processes of a container: its program and what was started with `exec`.
    pub(super) fn processes(&self, pod: &ObjectKey, container: &str) -> Vec<ProcessInfo> {
        let Some(sandbox) = self.sandboxes.get(pod) else { return Vec::new() };
        let Some(running) = sandbox.containers.get(container).filter(|c| c.is_running()) else {
            return Vec::new();
        };
        let config = &running.config;
        let command = match &running.program {
            Program::Process(process) => process.command_line(),
            Program::Native(_) if config.command.is_empty() => config.image.spec.name.clone(),
            Program::Native(_) => config.command.join(" "),
        };
        let user = Some(config.image.spec.user.clone()).filter(|user| !user.is_empty());
        let user = user.unwrap_or_else(|| "root".to_owned());
        let shared = config.target.as_deref().filter(|target| *target != container);
        let mut rows = shared.map(|target| self.processes(pod, target)).unwrap_or_default();
        let pid = if shared.is_some() { super::BESIDE_TARGET } else { 1 };
        rows.push(ProcessInfo { pid, user: user.clone(), started: running.started, command });
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
