//! Replication: a replica's link to its primary, and a primary's view of its replicas.
//!
//! Models redis src/replication.c: a replica asks for the whole data once, after the primary has waited
//! `repl-diskless-sync-delay` for others, and gets every write from then on.

use std::time::Duration;

use super::{Keys, Redis, Shutdown};
use crate::api::SimTime;
use crate::network::http::NetError;
use crate::network::resolver::Lookup;
use crate::runtime::Runtime;
use crate::runtime::server::{self, Drive, Ground, Server, Spot};
use crate::store::Store;

/// How often a replica looks after its link. Upstream: replicationCron runs once a second.
const CRON: Duration = Duration::from_secs(1);
/// How often a primary pings its replicas (`repl-ping-replica-period`), and looks after its saves.
const PING: Duration = Duration::from_secs(10);
/// How long a silent link is borne (`repl-timeout`).
const TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of a PING in the replication stream.
const PING_BYTES: i64 = 14;

/// The primary that a replica follows.
#[derive(Clone, Debug)]
pub struct Primary {
    pub host: String,
    pub port: u16,
    pub link: Link,
    /// Whether data of an earlier link are at hand.
    pub cached: bool,
}

/// How the link to the primary stands.
#[derive(Clone, Debug)]
pub enum Link {
    Down { since: SimTime, retry_at: SimTime },
    Syncing { spot: Spot, run_id: String, until: SimTime },
    Up { spot: Spot, run_id: String, last_io: SimTime },
}

impl Primary {
    /// Reads `host port`, the value of `replicaof`; `None` for `no one`.
    pub fn parse(text: &str, now: SimTime) -> Option<Primary> {
        let (host, port) = text.trim().split_once(char::is_whitespace)?;
        let port = port.trim().parse().ok()?;
        let link = Link::Down { since: now, retry_at: now };
        Some(Primary { host: host.to_owned(), port, link, cached: false })
    }

    /// Where the primary is, while the link is up.
    pub fn spot(&self) -> Option<&Spot> {
        match &self.link {
            Link::Up { spot, .. } => Some(spot),
            _ => None,
        }
    }

    pub fn is_up(&self) -> bool {
        matches!(self.link, Link::Up { .. })
    }
}

/// A replica, as its primary knows it.
#[derive(Clone, Debug)]
pub struct Replica {
    pub spot: Spot,
    pub run_id: String,
    pub ip: String,
    pub port: u16,
    pub online: bool,
}

/// What a replica takes over.
#[derive(Clone, Debug)]
pub struct Copy {
    keys: Keys,
    bytes: usize,
    offset: i64,
    replid: String,
}

impl Redis {
    pub(super) fn copy(&self) -> Copy {
        Copy { keys: self.keys.clone(), bytes: self.bytes, offset: self.offset, replid: self.replid.clone() }
    }

    /// Takes over the primary's state; whether it differed.
    pub fn take(&mut self, copy: Copy, ground: &mut Ground<'_>) -> bool {
        if let Some(Primary { link: Link::Up { last_io, .. }, .. }) = &mut self.primary {
            *last_io = ground.now;
        }
        if self.offset == copy.offset && self.replid == copy.replid {
            return false;
        }
        let differs = u64::from(!self.keys.ptr_eq(&copy.keys));
        self.dirty += differs;
        self.writes += differs;
        self.keys = copy.keys;
        self.bytes = copy.bytes;
        self.offset = copy.offset;
        self.replid = copy.replid;
        true
    }

    /// Forgets what replicas there were and follows another primary, or none.
    pub(super) fn follow(&mut self, primary: Option<Primary>, ground: &mut Ground<'_>) {
        match &primary {
            Some(Primary { host, port, .. }) => {
                let text =
                    format!("REPLICAOF {host}:{port} enabled (user request from 'id=3 addr=127.0.0.1')");
                self.primary = primary.clone();
                self.log(ground, '*', &text);
            }
            None => {
                if self.primary.take().is_some() {
                    self.replid = super::id_of(&format!("{} {}", self.replid, self.run_id));
                    self.log(ground, '*', "MASTER MODE enabled (user request from 'id=3 addr=127.0.0.1')");
                }
            }
        }
    }

    fn lose_primary(&mut self, ground: &mut Ground<'_>, why: Option<&str>) {
        if let Some(why) = why {
            self.log(ground, '#', why);
        }
        self.log(ground, '*', "Connection with master lost.");
        self.log(ground, '*', "Caching the disconnected master state.");
        let now = ground.now;
        let Some(primary) = self.primary.as_mut() else { return };
        primary.cached = true;
        primary.link = Link::Down { since: now, retry_at: now };
        let text = format!("Reconnecting to MASTER {}:{}", primary.host, primary.port);
        self.log(ground, '*', &text);
    }

    fn fail_link(&mut self, ground: &mut Ground<'_>, text: &str) {
        self.log(ground, '#', text);
        let now = ground.now;
        if let Some(Primary { link: Link::Down { retry_at, .. }, .. }) = &mut self.primary {
            *retry_at = now + CRON;
        }
    }

    /// The last thing that a server does.
    fn shut_down(&mut self, shutdown: Shutdown, ground: &mut Ground<'_>) {
        let save = match shutdown {
            Shutdown::Signal(signal) => {
                let name = if signal == 2 { "SIGINT" } else { "SIGTERM" };
                let line = format!(
                    "{}:signal-handler ({}) Received {name} scheduling shutdown...",
                    self.pid,
                    ground.now.unix_nanos() / 1_000_000_000
                );
                ground.log.push(line);
                None
            }
            Shutdown::Command { save } => save,
        };
        self.log(ground, '*', "User requested shutdown...");
        if self.appends() {
            self.log(ground, '*', "Calling fsync() on the AOF file.");
            if self.primary.is_some() {
                self.rewrite_append_only(ground);
            }
        }
        if save.unwrap_or(!self.setting("save").is_empty()) {
            self.log(ground, '*', "Saving the final RDB snapshot before exiting.");
            match self.save(ground) {
                Ok(()) => self.log(ground, '*', "DB saved on disk"),
                Err(error) => {
                    self.log(ground, '#', &format!("Error trying to save the DB: {error}"));
                }
            }
        }
        self.log(ground, '#', "Redis is now ready to exit, bye bye...");
    }

    fn accept(&mut self, replica: Replica, ground: &mut Ground<'_>) {
        let name = format!("{}:{}", replica.ip, replica.port);
        self.log(ground, '*', &format!("Replica {name} asks for synchronization"));
        self.log(ground, '*', &format!("Full resync requested by replica {name}"));
        if self.replicas.is_empty() {
            let ids = format!("'{}' and '{}'", self.replid, "0".repeat(40));
            self.log(ground, '*', &format!("Replication backlog created, my new replication IDs are {ids}"));
        }
        self.log(ground, '*', "Delay next BGSAVE for diskless SYNC");
        self.replicas.retain(|known| known.spot != replica.spot);
        self.replicas.push(replica);
    }

    fn bring_online(&mut self, spot: &Spot, ground: &mut Ground<'_>) {
        let Some(replica) = self.replicas.iter_mut().find(|known| known.spot == *spot) else { return };
        replica.online = true;
        let name = format!("{}:{}", replica.ip, replica.port);
        let child = self.pid + 19;
        for text in [
            "Starting BGSAVE for SYNC with target: replicas sockets".to_owned(),
            format!("Background RDB transfer started by pid {child}"),
            "Diskless rdb transfer, done reading from pipe, 1 replicas still up.".to_owned(),
            "Background RDB transfer terminated with success".to_owned(),
            format!(
                "Streamed RDB transfer with replica {name} succeeded (socket). Waiting for REPLCONF ACK from replica to enable streaming"
            ),
            format!("Synchronization with replica {name} succeeded"),
        ] {
            self.log(ground, '*', &text);
        }
    }
}

impl Runtime {
    fn redis(&self, spot: &Spot) -> Option<&Redis> {
        match self.server(spot) {
            Some(Server::Redis(redis)) => Some(redis),
            _ => None,
        }
    }

    fn with_redis<T>(
        &mut self,
        spot: &Spot,
        now: SimTime,
        work: impl FnOnce(&mut Redis, &mut Ground<'_>) -> T,
    ) -> Option<(T, Vec<String>)> {
        let (result, lines) = self.with_server(spot, now, |server, ground| match server {
            Server::Redis(redis) => Some(work(redis, ground)),
            Server::Postgres(_) => None,
        })?;
        Some((result?, lines))
    }

    /// The replicas that take a primary's writes, each with what it is to take.
    pub(in super::super) fn redis_followers(&self, spot: &Spot, redis: &Redis) -> Vec<(Spot, server::Copy)> {
        let online = redis.replicas.iter().filter(|replica| {
            let known = self.redis(&replica.spot);
            let follows = known.is_some_and(|known| {
                known.run_id == replica.run_id
                    && known.follows() == Some(spot)
                    && known.offset != redis.offset
            });
            replica.online && follows
        });
        online.map(|replica| (replica.spot.clone(), server::Copy::Redis(redis.copy()))).collect()
    }

    /// See [`Runtime::drive`].
    pub(in super::super) fn drive_redis(
        &mut self,
        spot: &Spot,
        found: Option<&Lookup>,
        store: &Store,
        now: SimTime,
    ) -> Drive {
        let mut drive = Drive::default();
        let done = self.with_redis(spot, now, |redis, ground| {
            if let Some(shutdown) = redis.shutdown {
                redis.shut_down(shutdown, ground);
                return Some(0);
            }
            redis.save_by_rules(ground);
            if redis.appends() && redis.primary.is_some() && redis.dirty > 0 {
                redis.rewrite_append_only(ground);
                redis.dirty = 0;
            }
            None
        });
        let Some((exit, lines)) = done else { return Drive { exit: Some(1), ..drive } };
        drive.lines.extend(lines);
        if exit.is_some() {
            return Drive { exit, ..drive };
        }
        self.look_after_replicas(spot, now, &mut drive);
        let Some(primary) = self.redis(spot).and_then(|redis| redis.primary.clone()) else {
            drive.next = Some(now + PING);
            return drive;
        };
        drive.next = Some(now + CRON);
        match primary.link.clone() {
            Link::Down { retry_at, .. } if retry_at > now => drive.next = Some(retry_at),
            Link::Down { .. } => self.connect_replica(spot, &primary, found, store, now, &mut drive),
            Link::Syncing { until, .. } if until > now => {
                drive.next = Some(until);
                drive.busy = true;
            }
            Link::Syncing { spot: at, run_id, .. } => self.finish_sync(spot, &at, &run_id, now, &mut drive),
            Link::Up { spot: at, run_id, last_io } => {
                let alive = self.redis(&at).is_some_and(|primary| primary.run_id == run_id);
                let reachable = self.is_reachable(&at.pod);
                let why = match (alive, reachable) {
                    (false, true) => None,
                    (_, false) if now.since(last_io) > TIMEOUT => {
                        Some("MASTER timeout: no data nor PING received...")
                    }
                    (_, false) => return drive,
                    (true, true) => {
                        let touch = |redis: &mut Redis, ground: &mut Ground<'_>| {
                            if let Some(Primary { link: Link::Up { last_io, .. }, .. }) = &mut redis.primary {
                                *last_io = ground.now;
                            }
                        };
                        self.with_redis(spot, now, touch);
                        return drive;
                    }
                };
                if let Some((_, lines)) =
                    self.with_redis(spot, now, |redis, ground| redis.lose_primary(ground, why))
                {
                    drive.lines.extend(lines);
                }
                // The first try to connect again is made at once.
                drive.next = Some(now);
            }
        }
        drive
    }

    fn connect_replica(
        &mut self,
        spot: &Spot,
        primary: &Primary,
        found: Option<&Lookup>,
        store: &Store,
        now: SimTime,
        drive: &mut Drive,
    ) {
        let Primary { host, port, .. } = primary;
        let Some(found) = found else {
            if let Some(redis) = self.redis(spot) {
                drive.lines.push(redis.line('*', &format!("Connecting to MASTER {host}:{port}"), now));
            }
            drive.lookup = Some(host.clone());
            return;
        };
        let at = match found.address() {
            Some(address) => self.primary_at(store, &spot.pod, (address, *port), now),
            None => {
                let fail = |redis: &mut Redis, ground: &mut Ground<'_>| {
                    redis.fail_link(ground, "Unable to connect to MASTER: Invalid argument");
                };
                drive
                    .lines
                    .extend(self.with_redis(spot, now, fail).map(|(_, lines)| lines).unwrap_or_default());
                return;
            }
        };
        let ip = self.sandbox(&spot.pod).map(|sandbox| sandbox.ip.clone()).unwrap_or_default();
        let seen = at.as_ref().ok().and_then(|at| self.redis(at)).map(Seen::of);
        let lines = self.with_redis(spot, now, |redis, ground| redis.shake_hands(at, seen, ground));
        let Some((joined, lines)) = lines else { return };
        drive.lines.extend(lines);
        let (Some(at), Some(own)) = (joined, self.redis(spot)) else { return };
        let replica =
            Replica { spot: spot.clone(), run_id: own.run_id.clone(), ip, port: own.port(), online: false };
        if let Some((_, lines)) = self.with_redis(&at, now, |redis, ground| redis.accept(replica, ground)) {
            self.log_aside(&at, &lines, now);
        }
        if let Some(Link::Syncing { until, .. }) =
            self.redis(spot).and_then(|redis| redis.primary.as_ref()).map(|primary| &primary.link)
        {
            drive.next = Some(*until);
            drive.busy = true;
        }
    }

    fn finish_sync(&mut self, spot: &Spot, at: &Spot, run_id: &str, now: SimTime, drive: &mut Drive) {
        let alive = self.is_reachable(&at.pod);
        let copy = self.redis(at).filter(|primary| alive && primary.run_id == run_id).map(Redis::copy);
        let finished = self.with_redis(spot, now, |redis, ground| {
            let Some(copy) = copy else {
                redis.fail_link(ground, "I/O error reading bulk count from MASTER: connection lost");
                if let Some(primary) = &mut redis.primary {
                    primary.link = Link::Down { since: ground.now, retry_at: ground.now + CRON };
                }
                return false;
            };
            let count = copy.keys.len();
            redis.log(ground, '*', &format!("Full resync from master: {}:{}", copy.replid, copy.offset));
            if redis.primary.as_ref().is_some_and(|primary| primary.cached) {
                redis.log(ground, '*', "Discarding previously cached master state.");
            }
            for text in [
                "MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF to disk",
                "MASTER <-> REPLICA sync: Flushing old data",
                "MASTER <-> REPLICA sync: Loading DB in memory",
            ] {
                redis.log(ground, '*', text);
            }
            redis.log(ground, '*', &format!("Loading RDB produced by version {}", redis.release));
            redis.log(ground, '*', "RDB age 0 seconds");
            redis.log(ground, '*', "RDB memory usage when created 1.02 Mb");
            redis.log(ground, '*', &format!("Done loading RDB, keys loaded: {count}, keys expired: 0."));
            redis.log(ground, '*', "MASTER <-> REPLICA sync: Finished with success");
            redis.take(copy, ground);
            if let Some(primary) = &mut redis.primary {
                primary.cached = true;
                primary.link = Link::Up { spot: at.clone(), run_id: run_id.to_owned(), last_io: ground.now };
            }
            true
        });
        let Some((synced, lines)) = finished else { return };
        drive.lines.extend(lines);
        if synced
            && let Some((_, lines)) =
                self.with_redis(at, now, |redis, ground| redis.bring_online(spot, ground))
        {
            self.log_aside(at, &lines, now);
        }
    }

    /// Lets a primary notice replicas that are gone, and ping the others.
    fn look_after_replicas(&mut self, spot: &Spot, now: SimTime, drive: &mut Drive) {
        let Some(redis) = self.redis(spot) else { return };
        let gone = |replica: &Replica| {
            !self
                .redis(&replica.spot)
                .is_some_and(|known| known.run_id == replica.run_id && known.primary.is_some())
        };
        let lost: Vec<Replica> = redis.replicas.iter().filter(|replica| gone(replica)).cloned().collect();
        let pings = redis.primary.is_none() && now.since(redis.pinged_at) >= PING;
        if lost.is_empty() && !pings {
            return;
        }
        let worked = self.with_redis(spot, now, |redis, ground| {
            for replica in &lost {
                let text = format!("Connection with replica {}:{} lost.", replica.ip, replica.port);
                redis.log(ground, '*', &text);
                redis.replicas.retain(|known| known.spot != replica.spot);
            }
            if pings {
                redis.pinged_at = ground.now;
                if redis.replicas.iter().any(|replica| replica.online) {
                    redis.offset += PING_BYTES;
                }
            }
        });
        drive.lines.extend(worked.map(|(_, lines)| lines).unwrap_or_default());
    }
}

/// What a replica learns of its primary while it connects.
struct Seen {
    run_id: String,
    password: String,
    waits: Duration,
    /// It is a replica itself, without a link.
    lost: bool,
}

impl Seen {
    fn of(redis: &Redis) -> Seen {
        let waits = redis.setting("repl-diskless-sync-delay").parse().unwrap_or(5);
        Seen {
            run_id: redis.run_id.clone(),
            password: redis.setting("requirepass").to_owned(),
            waits: Duration::from_secs(waits),
            lost: redis.primary.as_ref().is_some_and(|primary| !primary.is_up()),
        }
    }
}

impl Redis {
    /// The replica's side of connecting; where the primary is, when it takes the replica.
    fn shake_hands(
        &mut self,
        at: Result<Spot, NetError>,
        seen: Option<Seen>,
        ground: &mut Ground<'_>,
    ) -> Option<Spot> {
        self.log(ground, '*', "MASTER <-> REPLICA sync started");
        let (at, seen) = match (at, seen) {
            (Ok(at), Some(seen)) => (at, seen),
            (Err(NetError::TimedOut), _) => {
                self.fail_link(ground, "Timeout connecting to the MASTER...");
                // The connection hangs for as long as a link may be silent.
                if let Some(Primary { link: Link::Down { retry_at, .. }, .. }) = &mut self.primary {
                    *retry_at = ground.now + TIMEOUT;
                }
                return None;
            }
            (Err(error), _) => {
                self.fail_link(ground, &format!("Error condition on socket for SYNC: {error}"));
                return None;
            }
            (Ok(_), None) => {
                self.fail_link(ground, "Error condition on socket for SYNC: Connection reset by peer");
                return None;
            }
        };
        self.log(ground, '*', "Non blocking connect for SYNC fired the event.");
        self.log(ground, '*', "Master replied to PING, replication can continue...");
        let given = self.setting("masterauth").to_owned();
        if !seen.password.is_empty() && given != seen.password {
            let text = if given.is_empty() {
                "MASTER aborted replication with an error: NOAUTH Authentication required."
            } else {
                "Unable to AUTH to MASTER: -WRONGPASS invalid username-password pair or user is disabled."
            };
            self.fail_link(ground, text);
            return None;
        }
        let partial = match self.primary.as_ref().filter(|primary| primary.cached) {
            Some(_) => {
                format!("Trying a partial resynchronization (request {}:{}).", self.replid, self.offset + 1)
            }
            None => "Partial resynchronization not possible (no cached master)".to_owned(),
        };
        self.log(ground, '*', &partial);
        if seen.lost || seen.run_id == self.run_id {
            let why = "-NOMASTERLINK Can't SYNC while not connected with my master";
            self.fail_link(
                ground,
                &format!("Master is currently unable to PSYNC but should be in the future: {why}"),
            );
            return None;
        }
        let until = ground.now + seen.waits;
        if let Some(primary) = &mut self.primary {
            primary.link = Link::Syncing { spot: at.clone(), run_id: seen.run_id, until };
        }
        Some(at)
    }
}
