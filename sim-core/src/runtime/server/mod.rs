//! Programs that keep data and speak a protocol of their own: redis and postgres.
//!
//! A server is started by a tool (`redis-server`, `postgres`), which registers it with its container as a
//! [`Service`] and then drives it. What clients ask comes through [`Runtime::ask`] and is answered at once,
//! whoever sleeps. All of a server's state is a value, and its data are persistent collections, so that a
//! replica's copy of its primary costs nothing.

pub mod postgres;
pub mod redis;

use super::Runtime;
use super::fs::FileSystem;
use super::shell::Stream;
use crate::api::{ObjectKey, SimTime};
use crate::network::http::NetError;
use crate::network::resolver::Lookup;
use crate::network::route::Client;
use crate::store::Store;

/// A server of one kind.
#[derive(Clone, Debug)]
pub enum Server {
    /// Redis.
    Redis(Box<redis::Redis>),
    /// PostgreSQL.
    Postgres(Box<postgres::Postgres>),
}

/// A server that listens in a container.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its port.
    pub port: u16,
    /// The process that it belongs to, by its first task's id.
    pub root: u32,
    /// The task that drives it.
    pub owner: u32,
    /// Whether it listens on the loopback address only.
    pub local: bool,
    /// It.
    pub server: Server,
}

/// Where a server listens, past all Services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The pod.
    pub pod: ObjectKey,
    /// The container.
    pub container: String,
    /// The port.
    pub port: u16,
}

/// What a client asks.
#[derive(Clone, Debug)]
pub enum Call {
    /// A Redis command.
    Redis(redis::Call),
    /// A PostgreSQL message.
    Postgres(postgres::Call),
}

/// What a server answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Redis's.
    Redis(redis::Reply),
    /// PostgreSQL's.
    Postgres(postgres::Reply),
    /// The server speaks another protocol and closes the connection.
    Closed,
}

/// What a server has beside its own state while it works.
pub struct Ground<'a> {
    /// The container's files.
    pub files: &'a mut dyn FileSystem,
    /// Lines for its log.
    pub log: Vec<String>,
    /// Virtual now.
    pub now: SimTime,
}

/// What driving a server came to.
#[derive(Clone, Debug, Default)]
pub struct Drive {
    /// What it logs.
    pub lines: Vec<String>,
    /// A name to look up before it goes on.
    pub lookup: Option<String>,
    /// When it wants to be driven again.
    pub next: Option<SimTime>,
    /// It is in the middle of something, and does not only repeat itself.
    pub busy: bool,
    /// It ends, with this exit code.
    pub exit: Option<i32>,
}

/// Who asks.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// Its address.
    pub ip: String,
    /// Whether it is in the same pod.
    pub local: bool,
}

impl Runtime {
    /// Registers a server with its container; false when the port is taken.
    pub(super) fn serve(&mut self, pod: &ObjectKey, container: &str, service: Service) -> bool {
        let Some(sandbox) = self.sandbox_mut(pod) else { return false };
        let taken = sandbox
            .containers
            .values()
            .any(|other| other.is_running() && other.services.iter().any(|known| known.port == service.port));
        let Some(container) = sandbox.containers.get_mut(container).filter(|_| !taken) else { return false };
        container.services.push(service);
        container.changes += 1;
        true
    }

    /// Takes a server off its port.
    pub(super) fn unserve(&mut self, pod: &ObjectKey, container: &str, port: u16) {
        let Some(sandbox) = self.sandbox_mut(pod) else { return };
        if let Some(container) = sandbox.containers.get_mut(container) {
            container.services.retain(|service| service.port != port);
            container.changes += 1;
        }
    }

    /// Where something answers on that port of a pod.
    pub(super) fn spot(&self, pod: &ObjectKey, port: u16, local: bool) -> Option<Spot> {
        let (name, _) = self.sandboxes.get(pod)?.containers.iter().find(|(_, container)| {
            let mut services = container.services.iter();
            container.is_running() && services.any(|known| known.port == port && (local || !known.local))
        })?;
        Some(Spot { pod: pod.clone(), container: name.clone(), port })
    }

    /// The server at a spot, while its node answers.
    pub(super) fn server(&self, spot: &Spot) -> Option<&Server> {
        let container =
            self.container(&spot.pod, &spot.container).filter(|container| container.is_running())?;
        container.services.iter().find(|service| service.port == spot.port).map(|service| &service.server)
    }

    /// Lets a server work with its files; what it logs is answered beside the result.
    pub(super) fn with_server<T>(
        &mut self,
        spot: &Spot,
        now: SimTime,
        work: impl FnOnce(&mut Server, &mut Ground<'_>) -> T,
    ) -> Option<(T, Vec<String>)> {
        let mut files = self.open_files(&spot.pod, &spot.container)?;
        let sandbox = self.sandbox_mut(&spot.pod)?;
        let container = sandbox.containers.get_mut(&spot.container)?;
        let service = container.services.iter_mut().find(|service| service.port == spot.port)?;
        let mut ground = Ground { files: &mut files, log: Vec::new(), now };
        let before = service.server.version();
        let result = work(&mut service.server, &mut ground);
        let log = ground.log;
        container.changes += u64::from(service.server.version() != before);
        self.close_files(&spot.pod, &spot.container, files);
        Some((result, log))
    }

    /// Adds what a server logged beside its own turns to its container's log.
    pub(super) fn log_aside(&mut self, spot: &Spot, lines: &[String], now: SimTime) {
        let found = self.sandbox_mut(&spot.pod).and_then(|s| s.containers.get_mut(&spot.container));
        let Some(container) = found else { return };
        for line in lines {
            container.log.line(now, Stream::Out, line);
        }
    }

    /// Asks the server behind an address.
    ///
    /// # Errors
    /// [`NetError`] when nothing listens.
    pub fn ask(
        &mut self,
        store: &Store,
        own: Option<&ObjectKey>,
        target: (&str, u16),
        call: &Call,
        now: SimTime,
    ) -> Result<Reply, NetError> {
        let from =
            own.and_then(|own| self.sandbox(own)).map(|sandbox| sandbox.ip.clone()).unwrap_or_default();
        let (pod, port) = self.target(store, own, Client { ip: &from, now }, target)?;
        let local = own == Some(&pod) && target.0.starts_with("127.");
        let Some(spot) = self.spot(&pod, port, local) else {
            let sandbox = self.sandboxes.get(&pod).ok_or(NetError::NoRoute)?;
            let listens = sandbox.containers.values().any(|container| container.listens_on(port, now));
            return if listens { Ok(Reply::Closed) } else { Err(NetError::Refused) };
        };
        self.notice_loss(&spot, store, now);
        let caller = Caller { ip: if local { "127.0.0.1".to_owned() } else { from }, local };
        let answered = self.with_server(&spot, now, |server, ground| match (server, call) {
            (Server::Redis(redis), Call::Redis(call)) => Reply::Redis(redis.answer(call, ground)),
            (Server::Postgres(postgres), Call::Postgres(call)) => {
                Reply::Postgres(postgres.answer(call, &caller, ground))
            }
            _ => Reply::Closed,
        });
        let (reply, log) = answered.ok_or(NetError::Refused)?;
        self.log_aside(&spot, &log, now);
        self.replicate(&spot, now, 0);
        Ok(reply)
    }

    /// A connection that its other end has closed is known to be lost at once, not at the next look.
    fn notice_loss(&mut self, spot: &Spot, store: &Store, now: SimTime) {
        let primary = self.server(spot).and_then(Server::follows);
        let lost =
            primary.is_some_and(|primary| self.server(primary).is_none() && self.is_reachable(&primary.pod));
        if lost {
            let lines = self.drive(spot, None, store, now).lines;
            self.log_aside(spot, &lines, now);
        }
    }

    /// Copies what changed at a server to those that follow it, and on to theirs.
    fn replicate(&mut self, spot: &Spot, now: SimTime, depth: usize) {
        if depth > 8 {
            return;
        }
        let followers = match self.server(spot) {
            Some(Server::Redis(redis)) => self.redis_followers(spot, redis),
            Some(Server::Postgres(postgres)) => self.postgres_followers(spot, postgres),
            None => return,
        };
        for (follower, copy) in followers {
            if !self.is_reachable(&follower.pod) || !self.is_reachable(&spot.pod) {
                continue;
            }
            let taken = self.with_server(&follower, now, |server, ground| server.take(copy, ground));
            if let Some((true, log)) = taken {
                self.log_aside(&follower, &log, now);
                self.replicate(&follower, now, depth + 1);
            }
        }
    }

    /// Lets a server do what is due: links to its primary, saves, its end.
    pub(super) fn drive(
        &mut self,
        spot: &Spot,
        found: Option<&Lookup>,
        store: &Store,
        now: SimTime,
    ) -> Drive {
        let drive = match self.server(spot) {
            Some(Server::Redis(_)) => self.drive_redis(spot, found, store, now),
            Some(Server::Postgres(_)) => self.drive_postgres(spot, found, store, now),
            None => Drive { exit: Some(1), ..Drive::default() },
        };
        self.replicate(spot, now, 0);
        drive
    }

    /// The server that a follower finds at an address it looked up; the connection's error otherwise.
    pub(super) fn primary_at(
        &mut self,
        store: &Store,
        own: &ObjectKey,
        target: (&str, u16),
        now: SimTime,
    ) -> Result<Spot, NetError> {
        let from = self.sandbox(own).map(|sandbox| sandbox.ip.clone()).unwrap_or_default();
        let (pod, port) = self.target(store, Some(own), Client { ip: &from, now }, target)?;
        self.spot(&pod, port, false).ok_or(NetError::Refused)
    }
}

/// A primary's state as its followers take it.
#[derive(Clone, Debug)]
pub enum Copy {
    /// Redis's keys and offset.
    Redis(redis::Copy),
    /// PostgreSQL's cluster and position.
    Postgres(postgres::Copy),
}

impl Server {
    /// Takes over a primary's state; whether it differed.
    fn take(&mut self, copy: Copy, ground: &mut Ground<'_>) -> bool {
        match (self, copy) {
            (Server::Redis(redis), Copy::Redis(copy)) => redis.take(copy, ground),
            (Server::Postgres(postgres), Copy::Postgres(copy)) => postgres.take(copy, ground),
            _ => false,
        }
    }

    /// The name of its program.
    pub fn name(&self) -> &'static str {
        match self {
            Server::Redis(_) => "redis-server",
            Server::Postgres(_) => "postgres",
        }
    }

    /// The primary that it follows, while the link is up.
    fn follows(&self) -> Option<&Spot> {
        match self {
            Server::Redis(redis) => redis.follows(),
            Server::Postgres(postgres) => postgres.follows(),
        }
    }

    /// Changes with everything that a client could notice.
    fn version(&self) -> (u64, bool, bool) {
        match self {
            Server::Redis(redis) => redis.version(),
            Server::Postgres(postgres) => postgres.version(),
        }
    }

    /// Asks the server to end, as a signal does.
    pub fn signal(&mut self, signal: i32) {
        match self {
            Server::Redis(redis) => redis.signal(signal),
            Server::Postgres(postgres) => postgres.signal(signal),
        }
    }
}
