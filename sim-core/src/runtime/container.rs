//! [`Container`]: one run of an image's program, and [`Sandbox`]: a pod's containers and volumes.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdMap;

use super::fs::FileTree;
use super::image::Image;
use super::images;
use super::logs::Log;
use super::mounts::Mount;
use super::server::Service;
use super::shell::Process;
use crate::api::SimTime;

/// What the kubelet asks for when it starts a container.
#[derive(Clone, Debug)]
pub struct ContainerConfig {
    /// The container's name in the pod.
    pub name: String,
    /// Its id, 64 hexadecimal digits.
    pub id: String,
    /// Its image.
    pub image: Image,
    /// The command in place of the image's, variables expanded.
    pub command: Vec<String>,
    /// The arguments, variables expanded.
    pub args: Vec<String>,
    /// The whole environment.
    pub env: Vec<(String, String)>,
    /// The working directory in place of the image's.
    pub working_dir: Option<String>,
    /// Ports that the pod declares.
    pub ports: Vec<u16>,
    /// The volumes.
    pub mounts: Vec<Mount>,
    /// Files that the kubelet provides, path and content (`/etc/hosts` and the like).
    pub files: Vec<(String, String)>,
    /// Whether it has a terminal.
    pub tty: bool,
    /// Whether its standard input stays open.
    pub stdin: bool,
    /// Whether writes to its own files are refused.
    pub root_read_only: bool,
    /// How many bytes of memory it may use.
    pub memory_limit: Option<u64>,
    /// Who its processes are.
    pub user: User,
    /// What its processes may do beside what everybody may, a bit each.
    pub capabilities: u64,
    /// The id of its first process where the pod's containers share their processes.
    pub shared_pid: Option<u32>,
    /// The container whose processes an ephemeral container shares.
    pub target: Option<String>,
}

impl ContainerConfig {
    /// The id of its first process.
    pub fn first_pid(&self) -> u32 {
        if self.target.is_some() { super::BESIDE_TARGET } else { self.shared_pid.unwrap_or(1) }
    }

    /// Makes the image what its program does with these arguments.
    pub(super) fn become_told(&mut self, arguments: &[String]) {
        if let Some(told) = images::as_told(&self.image.spec, arguments, &self.env, self.memory_limit) {
            self.image.spec = Arc::new(told);
        }
    }

    /// A container with nothing but its image's program.
    pub fn bare(name: String, id: String, image: Image, ports: Vec<u16>) -> ContainerConfig {
        ContainerConfig {
            name,
            id,
            image,
            ports,
            command: Vec::new(),
            args: Vec::new(),
            env: Vec::new(),
            working_dir: None,
            mounts: Vec::new(),
            files: Vec::new(),
            tty: false,
            stdin: false,
            root_read_only: false,
            memory_limit: None,
            user: User::default(),
            capabilities: 0,
            shared_pid: None,
            target: None,
        }
    }
}

/// Who a process is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The user's id.
    pub uid: u32,
    /// The group's id.
    pub gid: u32,
    /// All groups, in order.
    pub groups: Vec<u32>,
}

impl Default for User {
    fn default() -> Self {
        User { uid: 0, gid: 0, groups: vec![0] }
    }
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The exit code; 128 and more for signals.
    pub code: i32,
    /// `Completed`, `Error`, `OOMKilled`, `StartError`, ...
    pub reason: String,
    /// A message, from the runtime or from the termination log.
    pub message: Option<String>,
    /// When.
    pub at: SimTime,
}

impl Exit {
    /// The exit of a program by itself or by a signal.
    pub fn with_code(code: i32, at: SimTime) -> Exit {
        let reason = if code == 0 { "Completed" } else { "Error" };
        Exit { code, reason: reason.to_owned(), message: None, at }
    }
}

/// What a container runs.
#[derive(Clone, Debug)]
pub enum Program {
    /// The image's own program.
    Native(Native),
    /// A shell or a tool.
    Process(Box<Process>),
}

/// State of an image's own program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Native {
    /// Ports it listens on, once it does.
    pub ports: Vec<u16>,
    /// When it begins to listen.
    pub listens_at: SimTime,
    /// Whether it has said so in the log.
    pub announced: bool,
    /// Whether it has begun to listen, as far as it was run.
    pub listening: bool,
    /// When it ends and with which code.
    pub exit_at: Option<(SimTime, i32)>,
}

/// One run of an image's program.
#[derive(Clone, Debug)]
pub struct Container {
    /// What was asked for.
    pub config: Arc<ContainerConfig>,
    /// When it was started.
    pub started: SimTime,
    /// What it runs.
    pub program: Program,
    /// Its own files.
    pub root: FileTree,
    /// What it printed.
    pub log: Log,
    /// How it ended, once it has.
    pub exit: Option<Exit>,
    /// When its program wants to run again.
    pub wake: Option<SimTime>,
    /// Whether its program only repeats itself, as a server does that looks after its links.
    pub steady: bool,
    /// The arguments with which its shell gives way to the image's own program.
    pub hands_over: Option<Vec<String>>,
    /// Servers that listen in it.
    pub services: Vec<Service>,
    /// Changes with everything that a probe could notice.
    pub changes: u64,
}

impl Container {
    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.exit.is_none()
    }

    /// Whether something answers on that port now.
    pub fn listens_on(&self, port: u16, now: SimTime) -> bool {
        match &self.program {
            Program::Native(native) => {
                self.is_running() && native.listens_at <= now && native.ports.contains(&port)
            }
            Program::Process(_) => self.is_running() && self.services.iter().any(|known| known.port == port),
        }
    }
}

/// A pod on a node: its address, volumes and containers.
#[derive(Clone, Debug, Default)]
pub struct Sandbox {
    /// The pod's uid.
    pub uid: String,
    /// The node's name.
    pub node: String,
    /// The pod's address.
    pub ip: String,
    /// Whether that is the node's, which its pods share.
    pub host_network: bool,
    /// The pod's host name.
    pub hostname: String,
    /// Whether it asks the cluster's DNS server.
    pub asks_cluster: bool,
    /// The DNS server.
    pub nameserver: String,
    /// The DNS search list.
    pub search: Vec<String>,
    /// Volumes that live and end with the pod, by name.
    pub volumes: OrdMap<String, FileTree>,
    /// The newest container of each name.
    pub containers: BTreeMap<String, Box<Container>>,
    /// The log of the container before, for `logs --previous`.
    pub previous: BTreeMap<String, Log>,
}
