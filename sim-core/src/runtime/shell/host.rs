//! [`Host`]: what a process can reach: the container's files, the network and the clock.

use super::ast::Dialect;
use super::process::Stream;
use crate::api::SimTime;
use crate::network::dns;
use crate::network::http::{HttpRequest, HttpResponse, NetError};
use crate::network::resolver::Lookup;
use crate::runtime::User;
use crate::runtime::fs::FileSystem;
use crate::runtime::server::{Call, Drive, Reply, Service};

/// A row of `ps`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessInfo {
    /// Process id; the container's program is 1.
    pub pid: u32,
    /// The user's name.
    pub user: String,
    /// When it was started.
    pub started: SimTime,
    /// Its command line.
    pub command: String,
}

/// Whose tools an image has, which decides the text that they print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flavour {
    /// busybox: alpine and busybox images.
    #[default]
    Busybox,
    /// GNU tools and bind's DNS tools: Debian and its relatives.
    Gnu,
}

/// Whose nslookup an image has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nslookup {
    /// bind's.
    Bind,
    /// busybox's.
    Busybox,
    /// busybox's before 1.29.
    FormerBusybox,
}

/// The name of a user that every image knows, or the number.
pub fn user_name(uid: u32) -> String {
    known_user(uid).map_or_else(|| uid.to_string(), str::to_owned)
}

/// The name of a user that every image knows.
pub fn known_user(uid: u32) -> Option<&'static str> {
    const KNOWN: [(u32, &str); 5] =
        [(0, "root"), (1, "daemon"), (2, "bin"), (33, "www-data"), (65_534, "nobody")];
    KNOWN.iter().find(|(known, _)| *known == uid).map(|(_, name)| *name)
}

/// What a command that the machine runs by itself did in a turn; see [`Host::outer`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OuterTurn {
    /// What it printed.
    pub output: Vec<(Stream, String)>,
    /// Its exit code, once it has ended.
    pub exit: Option<i32>,
    /// When it wants its next turn, whatever happens until then.
    pub until: Option<SimTime>,
}

/// The container around a process.
pub trait Host {
    /// Virtual now.
    fn now(&self) -> SimTime;

    /// The container's files, volumes mounted.
    fn files(&mut self) -> &mut dyn FileSystem;

    /// The container's host name.
    fn hostname(&self) -> String;

    /// The pod's IP address.
    fn ip(&self) -> String;

    /// The cluster DNS server's address, as resolv.conf names it.
    fn nameserver(&self) -> String;

    /// The DNS search list.
    fn search_domains(&self) -> Vec<String>;

    /// Asks the cluster's DNS one question, by its full name.
    fn resolve(&mut self, question: &dns::Question) -> dns::Answer;

    /// Sends a request to an address (IP and port); Services are routed to a ready endpoint.
    ///
    /// # Errors
    /// [`NetError`] when nothing answers.
    fn http(&mut self, ip: &str, port: u16, request: &HttpRequest) -> Result<HttpResponse, NetError>;

    /// Opens and closes a TCP connection.
    ///
    /// # Errors
    /// [`NetError`] when nothing listens.
    fn connect(&mut self, ip: &str, port: u16) -> Result<(), NetError>;

    /// The container's processes.
    fn processes(&self) -> Vec<ProcessInfo>;

    /// Sends a signal to a process; false when there is none of that id.
    fn kill(&mut self, pid: u32, signal: i32) -> bool;

    /// Whose tools the image has.
    fn flavour(&self) -> Flavour {
        Flavour::Busybox
    }

    /// Whose grammar its `sh` reads.
    fn dialect(&self) -> Dialect {
        match self.flavour() {
            Flavour::Busybox => Dialect::Ash,
            Flavour::Gnu => Dialect::Dash,
        }
    }

    /// Whose nslookup it is.
    fn nslookup(&self) -> Nslookup {
        match self.flavour() {
            Flavour::Gnu => Nslookup::Bind,
            Flavour::Busybox => Nslookup::Busybox,
        }
    }

    /// The user that processes run as.
    fn user(&self) -> User {
        User::default()
    }

    /// That user's name, or its number when it has none.
    fn user_name(&self) -> String {
        user_name(self.user().uid)
    }

    /// The container's id, empty outside of one.
    fn container_id(&self) -> String {
        String::new()
    }

    /// What listens in the pod: ports, and names of programs.
    fn listeners(&self) -> Vec<(u16, String)> {
        Vec::new()
    }

    /// How many bytes of memory the container may use; `None` without limit.
    fn memory_limit(&self) -> Option<u64> {
        None
    }

    /// What its processes may do beside what everybody may, a bit each.
    fn capabilities(&self) -> u64 {
        0
    }

    /// How many CPUs and bytes of memory the node has.
    fn node_capacity(&self) -> (u64, u64) {
        (2, 8 << 30)
    }

    /// A variable that the image sets.
    fn image_env(&self, _name: &str) -> Option<String> {
        None
    }

    /// Whether a process is the container's first.
    fn is_first(&self, pid: u32) -> bool {
        pid == 1
    }

    /// A file of the container whose first process has that id, as `/proc/PID/root` leads to it.
    fn read_beside(&self, _pid: u32, _path: &str) -> Option<std::sync::Arc<[u8]>> {
        None
    }

    /// The kernel kills the container for the memory that it wants.
    fn run_out_of_memory(&mut self) {}

    /// Puts a server on its port; false when the port is taken.
    fn serve(&mut self, _service: Service) -> bool {
        false
    }

    /// Takes a server off its port.
    fn unserve(&mut self, _port: u16) {}

    /// Lets the server on a port do what is due; `found` answers the lookup that it asked for.
    fn drive(&mut self, _port: u16, _found: Option<&Lookup>) -> Drive {
        Drive { exit: Some(1), ..Drive::default() }
    }

    /// Hands a signal to the server on a port.
    fn signal_server(&mut self, _port: u16, _signal: i32) {}

    /// Whether the container's program only repeats itself from here on.
    fn rest(&mut self, _rests: bool) {}

    /// Asks the server behind an address in its own protocol.
    ///
    /// # Errors
    /// [`NetError`] when nothing answers.
    fn ask(&mut self, _ip: &str, _port: u16, _call: &Call) -> Result<Reply, NetError> {
        Err(NetError::Refused)
    }

    /// Whether the image's own program goes by that name.
    fn has_program(&self, _name: &str) -> bool {
        false
    }

    /// From here on the container runs the image's own program with these arguments, in place of what it runs now.
    fn hand_over(&mut self, _arguments: &[String]) {}

    /// Whether the machine runs that command by itself, in place of a builtin or a tool of its name: `kubectl` at
    /// the user's prompt.
    fn is_outer(&self, _words: &[String]) -> bool {
        false
    }

    /// Whether such a command takes its standard input.
    fn outer_reads(&self, _words: &[String]) -> bool {
        false
    }

    /// Gives such a command its first or its next turn. `pid` tells it from others; `input` is its standard input,
    /// with the first turn, unless that is the terminal or it takes none. `prints_out` says whether its output is the
    /// process's own, and not a pipe's or a file's.
    fn outer(
        &mut self,
        _pid: u32,
        _words: &[String],
        _input: Option<String>,
        _prints_out: bool,
    ) -> OuterTurn {
        OuterTurn { exit: Some(127), ..OuterTurn::default() }
    }

    /// Whether the image has that tool.
    fn has_tool(&self, _name: &str) -> bool {
        true
    }
}
