//! What runs inside pods: images, programs, files, processes, a shell and its tools.
//!
//! A container runs a *program*: a small state machine with files, environment, ports, HTTP routes,
//! log lines, start-up time and exit codes. No process of the host is involved.

mod command;
mod container;
mod exec;
pub mod fs;
mod host;
pub mod image;
mod images;
mod logs;
mod mounts;
mod net;
mod node_root;
pub mod packages;
mod program;
mod registry;
mod server;
pub mod shell;
mod template;
mod user_image;

use std::net::Ipv4Addr;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

pub use command::CommandOutcome;
pub use container::{Container, ContainerConfig, Exit, Native, Program, Sandbox, User};
pub use exec::{Exec, ExecError, ExecId, ExecRequest, ExecStatus};
pub use image::{Image, ImageSpec, Reference, Route};
pub use logs::{Log, LogLine};
pub use mounts::{Mount, MountedFs, VolumeRef, normal_path};
pub use program::{SIGKILL, SIGTERM};
pub use registry::{Registry, pull_error};
pub use shell::StartError;
pub use user_image::{UserImageError, image_from_value};

use crate::api::{Name, ObjectKey, SimTime};
use crate::network::dns::Dns;
use crate::network::route::Router;
use fs::FileTree;

/// The containers, volumes and images of all nodes.
#[derive(Clone, Debug, Default)]
pub struct Runtime {
    sandboxes: OrdMap<ObjectKey, Arc<Sandbox>>,
    by_ip: OrdMap<Ipv4Addr, ObjectKey>,
    /// Bytes of persistent volumes, by the volume's name: they outlive pods.
    volumes: OrdMap<Name, FileTree>,
    /// Bytes of folders on nodes, by node and path.
    host_paths: OrdMap<(String, String), FileTree>,
    /// Images that were pulled, by node and full name.
    pulled: OrdSet<(String, String)>,
    execs: OrdMap<ExecId, Exec>,
    /// Nodes whose pods answer nobody.
    unreachable: OrdSet<String>,
    last_pid: u64,
    /// The way from Services to their endpoints.
    router: Router,
    /// The cluster's DNS server.
    dns: Dns,
    /// The images there are to pull.
    pub registry: Registry,
}

impl Runtime {
    /// Sets a pod's sandbox up; one that was there before goes with all its containers.
    pub fn create_sandbox(&mut self, pod: &ObjectKey, sandbox: Sandbox) {
        self.remove_sandbox(pod);
        if !sandbox.host_network
            && let Ok(ip) = sandbox.ip.parse::<Ipv4Addr>()
        {
            self.by_ip.insert(ip, pod.clone());
        }
        self.sandboxes.insert(pod.clone(), Arc::new(sandbox));
    }

    /// Ends everything in a pod and forgets it with its own volumes.
    pub fn remove_sandbox(&mut self, pod: &ObjectKey) {
        let Some(sandbox) = self.sandboxes.remove(pod) else { return };
        if let Ok(ip) = sandbox.ip.parse::<Ipv4Addr>()
            && self.by_ip.get(&ip) == Some(pod)
        {
            self.by_ip.remove(&ip);
        }
    }

    /// Puts another DNS server in the place of the cluster's.
    pub fn set_dns(&mut self, dns: Dns) {
        self.dns = dns;
    }

    /// The cluster's DNS server is its pods from now on; see [`Dns::rest_on_pods`].
    pub fn rest_dns_on_pods(&mut self) {
        self.dns.rest_on_pods();
    }

    /// A pod's sandbox.
    pub fn sandbox(&self, pod: &ObjectKey) -> Option<&Sandbox> {
        self.sandboxes.get(pod).map(Arc::as_ref)
    }

    fn sandbox_mut(&mut self, pod: &ObjectKey) -> Option<&mut Sandbox> {
        self.sandboxes.get_mut(pod).map(Arc::make_mut)
    }

    /// The newest container of that name in a pod.
    pub fn container(&self, pod: &ObjectKey, name: &str) -> Option<&Container> {
        self.sandboxes.get(pod)?.containers.get(name).map(Box::as_ref)
    }

    /// The pods of a node answer nobody from now on, or answer again.
    pub fn set_unreachable(&mut self, node: &str, unreachable: bool) {
        if unreachable {
            self.unreachable.insert(node.to_owned());
        } else {
            self.unreachable.remove(node);
        }
    }

    fn is_reachable(&self, pod: &ObjectKey) -> bool {
        self.sandboxes.get(pod).is_some_and(|sandbox| !self.unreachable.contains(&sandbox.node))
    }

    /// Whether a node has an image.
    pub fn has_image(&self, node: &str, image: &Reference) -> bool {
        self.pulled.contains(&(node.to_owned(), image.full()))
    }

    /// A node has an image from now on. Whether it had not.
    pub fn add_image(&mut self, node: &str, image: &Reference) -> bool {
        let is_new = !self.has_image(node, image);
        if is_new {
            self.pulled.insert((node.to_owned(), image.full()));
        }
        is_new
    }

    /// The full names of the images that a node has.
    pub fn images_of<'a>(&'a self, node: &'a str) -> impl Iterator<Item = &'a str> {
        let all = self.pulled.range((node.to_owned(), String::new())..);
        all.take_while(move |(on, _)| on == node).map(|(_, image)| image.as_str())
    }

    /// Sets a volume of a pod to these files.
    pub fn set_pod_volume(&mut self, pod: &ObjectKey, name: &str, files: FileTree) {
        if let Some(sandbox) = self.sandbox_mut(pod) {
            sandbox.volumes.insert(name.to_owned(), files);
        }
    }

    /// The bytes of a persistent volume.
    pub fn volume(&self, name: &str) -> Option<&FileTree> {
        self.volumes.get(&Name::from(name))
    }

    /// Gives a persistent volume's files to a group that may write them.
    pub fn share_volume(&mut self, volume: &str, group: u32) {
        self.volumes.entry(volume.into()).or_default().share(group, 0o775, true);
    }

    /// Empties a persistent volume.
    pub fn lose_volume(&mut self, name: &str) -> bool {
        self.volumes.insert(name.into(), FileTree::new()).is_some()
    }

    /// Forgets the bytes of a persistent volume that was deleted.
    pub fn drop_volume(&mut self, name: &str) {
        self.volumes.remove(&Name::from(name));
    }

    /// Starts a container in a sandbox, in place of the ended one of its name.
    ///
    /// # Errors
    /// [`StartError`] when its command is no program of the image and no tool.
    pub fn start_container(
        &mut self,
        pod: &ObjectKey,
        mut config: ContainerConfig,
        now: SimTime,
    ) -> Result<(), StartError> {
        let words = first_words(&config);
        let program = first_program(&mut config, now)?;
        let root = program::root_files(&config.image, &config.files, &config.mounts, now);
        for mount in &config.mounts {
            self.prepare_mount(pod, mount, now);
        }
        if matches!(program, Program::Process(_)) {
            self.check_script(pod, &config, &root, &words)?;
        }
        let name = config.name.clone();
        let container = Container {
            config: Arc::new(config),
            started: now,
            program,
            root,
            log: Log::default(),
            exit: None,
            wake: Some(now),
            steady: false,
            hands_over: None,
            services: Vec::new(),
            changes: 0,
        };
        if let Some(sandbox) = self.sandbox_mut(pod)
            && let Some(old) = sandbox.containers.insert(name.clone(), Box::new(container))
        {
            sandbox.previous.insert(name, old.log);
        }
        Ok(())
    }

    /// Whether a path that names no program of the image is a file that may be run.
    ///
    /// # Errors
    /// [`StartError`] when it is not.
    fn check_script(
        &self,
        pod: &ObjectKey,
        config: &ContainerConfig,
        root: &FileTree,
        words: &[String],
    ) -> Result<(), StartError> {
        let Some(word) = words.first().filter(|word| word.contains('/')) else { return Ok(()) };
        let name = word.rsplit('/').next().unwrap_or_default();
        if config.image.has_tool_of(name) || config.image.spec.programs.iter().any(|program| program == "*") {
            return Ok(());
        }
        let files = self.mounted(pod, config, root.clone());
        match fs::FileSystem::stat(&files, &fs::normalize(&exec::working_dir(config), word)) {
            Ok(entry) if entry.content.is_some() && entry.mode & 0o111 != 0 => Ok(()),
            Ok(_) => Err(StartError::Denied(word.clone())),
            Err(_) => Err(StartError::NoSuchFile(word.clone())),
        }
    }

    /// Changes how much memory a running container may use.
    pub fn set_memory_limit(&mut self, pod: &ObjectKey, name: &str, limit: Option<u64>) {
        let container = self.sandbox_mut(pod).and_then(|sandbox| sandbox.containers.get_mut(name));
        if let Some(container) = container {
            Arc::make_mut(&mut container.config).memory_limit = limit;
        }
    }

    /// Removes a container with its logs.
    pub fn remove_container(&mut self, pod: &ObjectKey, name: &str) {
        if let Some(sandbox) = self.sandbox_mut(pod) {
            sandbox.containers.remove(name);
            sandbox.previous.remove(name);
        }
    }

    /// Puts a container there that was started before the clock, and has by now said what it says at its start. It
    /// has no files: its image holds no tool that would show them.
    pub fn resume_container(&mut self, pod: &ObjectKey, config: ContainerConfig) {
        let now = SimTime::ZERO;
        let Some(sandbox) = self.sandbox_mut(pod) else { return };
        let program = program::start(&config.image.spec, &config.ports, &config.env, now);
        let (name, hostname, ip) = (config.name.clone(), sandbox.hostname.clone(), sandbox.ip.clone());
        let mut container = Container {
            config: Arc::new(config),
            started: now,
            program: Program::Native(program),
            root: FileTree::new(),
            log: Log::default(),
            exit: None,
            wake: None,
            steady: false,
            hands_over: None,
            services: Vec::new(),
            changes: 0,
        };
        container.advance_native(program::Place { hostname: &hostname, ip: &ip }, now);
        sandbox.containers.insert(name, Box::new(container));
    }

    /// Makes the folder that a mount shows, when the volume lacks it.
    fn prepare_mount(&mut self, pod: &ObjectKey, mount: &Mount, now: SimTime) {
        let mut tree = self.volume_tree(pod, &mount.volume);
        if fs::FileSystem::stat(&tree, &mount.sub_path).is_err() {
            mounts::make_dirs(&mut tree, &mount.sub_path, now);
        }
        self.put_volume_tree(pod, &mount.volume, tree);
    }

    fn volume_tree(&self, pod: &ObjectKey, volume: &VolumeRef) -> FileTree {
        let tree = match volume {
            VolumeRef::Persistent(name) => self.volumes.get(&Name::from(name.as_str())),
            VolumeRef::Host(node, path) => match self.host_paths.get(&(node.clone(), path.clone())) {
                None if path.is_empty() => return node_root::files(node),
                written => written,
            },
            VolumeRef::Pod(name) => self.sandboxes.get(pod).and_then(|sandbox| sandbox.volumes.get(name)),
        };
        tree.cloned().unwrap_or_default()
    }

    fn put_volume_tree(&mut self, pod: &ObjectKey, volume: &VolumeRef, tree: FileTree) {
        match volume {
            VolumeRef::Persistent(name) => {
                self.volumes.insert(name.as_str().into(), tree);
            }
            VolumeRef::Host(node, path) => {
                self.host_paths.insert((node.clone(), path.clone()), tree);
            }
            VolumeRef::Pod(name) => self.set_pod_volume(pod, name, tree),
        }
    }

    /// A container's files with its volumes, to be given back with [`Runtime::close_files`].
    fn open_files(&self, pod: &ObjectKey, container: &str) -> Option<MountedFs> {
        let container = self.container(pod, container)?;
        Some(self.mounted(pod, &container.config, container.root.clone()))
    }

    fn mounted(&self, pod: &ObjectKey, config: &ContainerConfig, mut root: FileTree) -> MountedFs {
        let mut mounts = config.mounts.clone();
        mounts.sort_by(|a, b| b.path.len().cmp(&a.path.len()).then_with(|| a.path.cmp(&b.path)));
        let mut trees: Vec<(VolumeRef, FileTree)> = Vec::new();
        for mount in &mounts {
            if trees.iter().all(|(volume, _)| *volume != mount.volume) {
                trees.push((mount.volume.clone(), self.volume_tree(pod, &mount.volume)));
            }
        }
        let writer = (config.user.uid, config.user.gid);
        trees.iter_mut().for_each(|(_, tree)| tree.writer = writer);
        root.writer = writer;
        MountedFs { root, root_read_only: config.root_read_only, mounts, trees }
    }

    fn close_files(&mut self, pod: &ObjectKey, container: &str, files: MountedFs) {
        if let Some(container) =
            self.sandbox_mut(pod).and_then(|sandbox| sandbox.containers.get_mut(container))
        {
            container.root = files.root;
        }
        for (volume, tree) in files.trees {
            let writable = files.mounts.iter().any(|mount| mount.volume == volume && !mount.read_only);
            if writable {
                self.put_volume_tree(pod, &volume, tree);
            }
        }
    }

    /// Sends a signal to a container's program. The pod's next advance carries it out.
    pub fn signal(&mut self, pod: &ObjectKey, container: &str, signal: i32, now: SimTime) {
        if let Some(container) =
            self.sandbox_mut(pod).and_then(|sandbox| sandbox.containers.get_mut(container))
        {
            container.signal(signal, now);
        }
    }

    /// Ends a container as `exit` says: a crash, an OOM kill. False when none of that name runs.
    pub fn end_container(&mut self, pod: &ObjectKey, container: &str, exit: Exit) -> bool {
        let found = self.sandbox_mut(pod).and_then(|sandbox| sandbox.containers.get_mut(container));
        match found.filter(|container| container.is_running()) {
            Some(container) => {
                container.end(exit);
                true
            }
            None => false,
        }
    }

    /// What a container printed; with `previous` the one before it. `None` when there is none.
    pub fn logs(&self, pod: &ObjectKey, container: &str, previous: bool) -> Option<&Log> {
        let sandbox = self.sandboxes.get(pod)?;
        if previous {
            return sandbox.previous.get(container);
        }
        sandbox.containers.get(container).map(|container| &container.log)
    }

    /// Changes a container's files as `change` does.
    ///
    /// # Errors
    /// Those of `change`; nothing is changed then.
    pub fn change_files<E>(
        &mut self,
        pod: &ObjectKey,
        container: &str,
        change: impl FnOnce(&mut MountedFs) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(mut files) = self.open_files(pod, container) else { return Ok(()) };
        change(&mut files)?;
        self.close_files(pod, container, files);
        Ok(())
    }

    /// The folder in which a container's commands start.
    pub fn working_dir(&self, pod: &ObjectKey, container: &str) -> Option<String> {
        self.container(pod, container).map(|container| exec::working_dir(&container.config))
    }

    /// A container's files, for reading.
    pub fn files(&self, pod: &ObjectKey, container: &str) -> Option<MountedFs> {
        self.open_files(pod, container)
    }
}

/// The process id of a container's program that shares another container's processes.
const BESIDE_TARGET: u32 = 30_100;

/// Tools that are as likely words of a program of one's own.
const AMBIGUOUS: [&str; 6] = ["host", "stat", "sync", "test", "time", "top"];

/// The command line that a container begins with; empty for the image's own program.
fn first_words(config: &ContainerConfig) -> Vec<String> {
    let spec = &config.image.spec;
    let given = |words: &[String]| if config.args.is_empty() { words.to_vec() } else { config.args.clone() };
    if !config.command.is_empty() {
        return config.command.iter().chain(&config.args).cloned().collect();
    }
    let first = config.args.first().map_or("", String::as_str);
    if !spec.entrypoint.is_empty() {
        let mut words = given(&spec.command);
        let entry = spec.entrypoint[0].rsplit('/').next().unwrap_or_default();
        if !matches!(entry, "docker-entrypoint.sh" | "entrypoint.sh") || config.image.has_tool_of(entry) {
            return spec.entrypoint.iter().cloned().chain(words).collect();
        }
        // Such an entry point runs what it is given, or the image's command with it.
        let word = words.first().map_or("", String::as_str);
        let known = shell::packages_of(word).is_some() || spec.programs.iter().any(|program| program == word);
        if !known && !word.contains('/') {
            words.splice(0..0, spec.command.first().cloned());
        }
        return words;
    }
    if !spec.command.is_empty() {
        return given(&spec.command);
    }
    let is_generic = spec.programs.iter().any(|program| program == "*");
    let is_tool = config.image.has_tool_of(first) && !AMBIGUOUS.contains(&first);
    if !first.is_empty() && !first.starts_with('-') && (!is_generic || is_tool) {
        // Images whose entry point hands arguments on run the named program, a shell for one.
        return config.args.clone();
    }
    Vec::new()
}

/// The program that a container begins with. An image that is many things becomes the one that it is told to be.
fn first_program(config: &mut ContainerConfig, now: SimTime) -> Result<Program, StartError> {
    let argv = first_words(config);
    let spec = config.image.spec.clone();
    let word = argv.first().cloned().unwrap_or_default();
    let base = word.rsplit('/').next().unwrap_or_default();
    let own = spec.programs.iter().any(|program| *program == word || program == base);
    let is_generic = spec.programs.iter().any(|program| program == "*");
    if argv.is_empty() || own || (is_generic && shell::is_left_to_image(&argv)) {
        config.become_told(argv.get(1..).unwrap_or_default());
        return Ok(Program::Native(program::start(&config.image.spec, &config.ports, &config.env, now)));
    }
    match exec::new_process(config, argv) {
        Ok(mut process) => {
            process.set_pid(config.first_pid());
            if config.tty {
                process.attach_terminal();
            } else if config.stdin {
                process.attach_input();
            }
            Ok(Program::Process(Box::new(process)))
        }
        Err(_) if is_generic && !word.starts_with('/') => {
            Ok(Program::Native(program::start(&spec, &config.ports, &config.env, now)))
        }
        Err(error) => Err(error),
    }
}
