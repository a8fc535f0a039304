//! Streaming replication: a standby's link to its primary.
//!
//! Models src/backend/replication/walreceiver.c and access/transam/xlogrecovery.c: a standby that finds no
//! primary goes on answering from what it has and tries again every `wal_retrieve_retry_interval`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::sql::{Cluster, lsn_text};
use super::{Call, Message, Postgres, Reply};
use crate::api::SimTime;
use crate::network::http::NetError;
use crate::network::resolver::Lookup;
use crate::runtime::Runtime;
use crate::runtime::server::{self, Caller, Drive, Ground, Server, Spot};
use crate::store::Store;

/// `wal_retrieve_retry_interval`
const RETRY: Duration = Duration::from_secs(5);
/// How often a standby looks after its connection.
const STATUS: Duration = Duration::from_secs(1);
/// How often a server without a primary looks around.
const IDLE: Duration = Duration::from_secs(60);
/// `wal_receiver_timeout`
const TIMEOUT: Duration = Duration::from_secs(60);

/// `host=... port=... user=... password=...`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conninfo {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: Option<String>,
    pub application: String,
}

impl Conninfo {
    /// Reads a connection string.
    pub fn parse(text: &str) -> Conninfo {
        let mut words = BTreeMap::new();
        for word in shlex::split(text).unwrap_or_default() {
            if let Some((name, value)) = word.split_once('=') {
                words.insert(name.to_owned(), value.to_owned());
            }
        }
        let word = |name: &str| words.get(name).cloned();
        Conninfo {
            host: word("host").unwrap_or_default(),
            port: word("port").and_then(|port| port.parse().ok()).unwrap_or(5432),
            user: word("user").unwrap_or_else(|| "postgres".to_owned()),
            password: word("password"),
            application: word("application_name").unwrap_or_else(|| "walreceiver".to_owned()),
        }
    }
}

/// A standby's link.
#[derive(Clone, Debug)]
pub struct Standby {
    pub conninfo: Conninfo,
    link: Link,
}

#[derive(Clone, Debug)]
enum Link {
    Down { retry_at: SimTime },
    Up { spot: Spot, run_id: u64, last: SimTime },
}

/// A standby as its primary sees it.
#[derive(Clone, Debug)]
pub struct Sender {
    spot: Spot,
    run_id: u64,
    user: String,
    application: String,
    ip: String,
}

impl Sender {
    pub fn row(&self) -> [String; 4] {
        [self.user.clone(), self.application.clone(), self.ip.clone(), "streaming".to_owned()]
    }
}

/// What a standby takes over.
#[derive(Clone, Debug)]
pub struct Copy {
    cluster: Arc<Cluster>,
    lsn: u64,
}

impl Standby {
    pub fn new(conninfo: &str, now: SimTime) -> Standby {
        Standby { conninfo: Conninfo::parse(conninfo), link: Link::Down { retry_at: now } }
    }

    pub fn spot(&self) -> Option<&Spot> {
        match &self.link {
            Link::Up { spot, .. } => Some(spot),
            Link::Down { .. } => None,
        }
    }

    pub fn row(&self) -> Option<[String; 3]> {
        let Conninfo { host, port, .. } = &self.conninfo;
        self.spot().map(|_| ["streaming".to_owned(), host.clone(), port.to_string()])
    }
}

/// Why a client cannot connect, in libpq's words.
pub(in crate::runtime) fn connection_error(host: &str, ip: &str, port: u16, error: NetError) -> String {
    let place = if host == ip { format!("\"{host}\"") } else { format!("\"{host}\" ({ip})") };
    let text = match error {
        NetError::Refused => "Connection refused",
        NetError::NoRoute => "No route to host",
        NetError::TimedOut => "Connection timed out",
        NetError::Closed => "server closed the connection unexpectedly",
    };
    format!(
        "connection to server at {place}, port {port} failed: {text}\n\tIs the server running on that host and accepting TCP/IP connections?"
    )
}

impl Postgres {
    /// Takes over the primary's state; whether it differed.
    pub fn take(&mut self, copy: Copy, ground: &mut Ground<'_>) -> bool {
        if let Some(Standby { link: Link::Up { last, .. }, .. }) = &mut self.standby {
            *last = ground.now;
        }
        if self.lsn == copy.lsn && Arc::ptr_eq(&self.cluster, &copy.cluster) {
            return false;
        }
        self.cluster = copy.cluster;
        self.lsn = copy.lsn;
        self.save(ground);
        true
    }

    fn copy(&self) -> Copy {
        Copy { cluster: self.cluster.clone(), lsn: self.lsn }
    }

    /// The lines that a start logs, up to the readiness for connections.
    pub fn start_lines(&self, ground: &mut Ground<'_>, local: bool) {
        self.log(ground, "LOG", &format!("starting {}", super::VERSION_LINE));
        if !local {
            self.log(ground, "LOG", &format!("listening on IPv4 address \"0.0.0.0\", port {}", self.port()));
            self.log(ground, "LOG", &format!("listening on IPv6 address \"::\", port {}", self.port()));
        }
        let socket = format!("listening on Unix socket \"/var/run/postgresql/.s.PGSQL.{}\"", self.port());
        self.log(ground, "LOG", &socket);
        let at = lsn_text(self.lsn);
        if self.is_standby() {
            let time = ground.now.timestamp().strftime("%Y-%m-%d %H:%M:%S UTC");
            self.log_child(
                ground,
                2,
                "LOG",
                &format!("database system was interrupted; last known up at {time}"),
            );
            self.log_child(ground, 2, "LOG", "entering standby mode");
            self.log_child(ground, 2, "LOG", &format!("redo starts at {at}"));
            self.log_child(ground, 2, "LOG", &format!("consistent recovery state reached at {at}"));
            self.log(ground, "LOG", "database system is ready to accept read-only connections");
        } else {
            let time = ground.now.timestamp().strftime("%Y-%m-%d %H:%M:%S UTC");
            self.log_child(ground, 2, "LOG", &format!("database system was shut down at {time}"));
            self.log(ground, "LOG", "database system is ready to accept connections");
        }
    }

    /// The last lines of a server that is told to end, and its exit code.
    pub(super) fn shut_down(&mut self, signal: i32, ground: &mut Ground<'_>) -> i32 {
        let kind = match signal {
            9 => return 1,
            2 => "fast",
            3 => "immediate",
            _ => "smart",
        };
        self.log(ground, "LOG", &format!("received {kind} shutdown request"));
        if signal != 3 {
            if signal == 2 {
                self.log(ground, "LOG", "aborting any active transactions");
            }
            if !self.is_standby() {
                let worker = self.pid + 31;
                let text = format!(
                    "background worker \"logical replication launcher\" (PID {worker}) exited with exit code 1"
                );
                self.log(ground, "LOG", &text);
            }
            self.log_child(ground, 1, "LOG", "shutting down");
            if !self.is_standby() {
                self.log_child(ground, 1, "LOG", "checkpoint starting: shutdown immediate");
                let at = lsn_text(self.lsn);
                let text = format!(
                    "checkpoint complete: wrote 3 buffers (0.0%); 0 WAL file(s) added, 0 removed, 0 recycled; write=0.001 s, sync=0.001 s, total=0.003 s; sync files=2, longest=0.001 s, average=0.001 s; distance=0 kB, estimate=0 kB; lsn={at}, redo lsn={at}"
                );
                self.log_child(ground, 1, "LOG", &text);
            }
        }
        self.save(ground);
        let _ = ground.files.remove(&format!("{}/postmaster.pid", self.data_dir));
        self.log(ground, "LOG", "database system is shut down");
        0
    }

    fn promote_now(&mut self, ground: &mut Ground<'_>) {
        self.promote = false;
        if self.standby.take().is_none() {
            return;
        }
        self.timeline += 1;
        let _ = ground.files.remove(&format!("{}/standby.signal", self.data_dir));
        let at = lsn_text(self.lsn);
        self.log_child(ground, 2, "LOG", "received promote request");
        self.log_child(
            ground,
            2,
            "LOG",
            &format!("redo done at {at} system usage: CPU: user: 0.00 s, system: 0.00 s, elapsed: 0.01 s"),
        );
        self.log_child(ground, 2, "LOG", &format!("selected new timeline ID: {}", self.timeline));
        self.log_child(ground, 2, "LOG", "archive recovery complete");
        self.log(ground, "LOG", "database system is ready to accept connections");
        self.save(ground);
    }

    fn fail_link(&mut self, ground: &mut Ground<'_>, text: &str) {
        self.log_child(ground, 40, "FATAL", text);
        self.wait_for_primary(ground);
    }

    fn wait_for_primary(&mut self, ground: &mut Ground<'_>) {
        let at = lsn_text(self.lsn);
        self.log_child(ground, 2, "LOG", &format!("waiting for WAL to become available at {at}"));
        let retry_at = ground.now + RETRY;
        if let Some(standby) = &mut self.standby {
            standby.link = Link::Down { retry_at };
        }
    }
}

/// What a standby learns of its primary when it connects.
struct Seen {
    refusal: Option<String>,
    run_id: u64,
    system_id: u64,
    timeline: u32,
    copy: Copy,
}

impl Runtime {
    fn postgres(&self, spot: &Spot) -> Option<&Postgres> {
        match self.server(spot) {
            Some(Server::Postgres(postgres)) => Some(postgres),
            _ => None,
        }
    }

    fn with_postgres<T>(
        &mut self,
        spot: &Spot,
        now: SimTime,
        work: impl FnOnce(&mut Postgres, &mut Ground<'_>) -> T,
    ) -> Option<(T, Vec<String>)> {
        let (result, lines) = self.with_server(spot, now, |server, ground| match server {
            Server::Postgres(postgres) => Some(work(postgres, ground)),
            Server::Redis(_) => None,
        })?;
        Some((result?, lines))
    }

    /// The standbys that take a primary's writes, each with what it is to take.
    pub(in super::super) fn postgres_followers(
        &self,
        spot: &Spot,
        primary: &Postgres,
    ) -> Vec<(Spot, server::Copy)> {
        let following = primary.senders.iter().filter(|sender| {
            self.postgres(&sender.spot).is_some_and(|standby| {
                standby.run_id == sender.run_id
                    && standby.follows() == Some(spot)
                    && standby.lsn != primary.lsn
            })
        });
        following.map(|sender| (sender.spot.clone(), server::Copy::Postgres(primary.copy()))).collect()
    }

    /// See [`Runtime::drive`].
    pub(in super::super) fn drive_postgres(
        &mut self,
        spot: &Spot,
        found: Option<&Lookup>,
        store: &Store,
        now: SimTime,
    ) -> Drive {
        let mut drive = Drive::default();
        let done = self.with_postgres(spot, now, |postgres, ground| {
            if let Some(signal) = postgres.stop {
                return Some(postgres.shut_down(signal, ground));
            }
            if postgres.promote {
                postgres.promote_now(ground);
            }
            None
        });
        let Some((exit, lines)) = done else { return Drive { exit: Some(1), ..drive } };
        drive.lines.extend(lines);
        if exit.is_some() {
            return Drive { exit, ..drive };
        }
        self.drop_senders(spot, now);
        let Some(standby) = self.postgres(spot).and_then(|postgres| postgres.standby.clone()) else {
            drive.next = Some(now + IDLE);
            return drive;
        };
        drive.next = Some(now + STATUS);
        match standby.link {
            Link::Down { retry_at } if retry_at > now => drive.next = Some(retry_at),
            Link::Down { .. } if standby.conninfo.host.is_empty() => drive.next = Some(now + IDLE),
            Link::Down { .. } => match found {
                None => drive.lookup = Some(standby.conninfo.host),
                Some(found) => {
                    let lines = self.connect_standby(spot, &standby.conninfo, found, store, now);
                    drive.lines.extend(lines);
                }
            },
            Link::Up { spot: at, run_id, last } => {
                let alive = self.postgres(&at).is_some_and(|primary| primary.run_id == run_id);
                let reachable = self.is_reachable(&at.pod);
                let timed_out = !reachable && now.since(last) > TIMEOUT;
                let lost = (reachable && !alive) || timed_out;
                let worked = self.with_postgres(spot, now, |postgres, ground| {
                    if !lost {
                        if let Some(Standby { link: Link::Up { last, .. }, .. }) = &mut postgres.standby
                            && reachable
                        {
                            *last = ground.now;
                        }
                        return;
                    }
                    let text = if timed_out {
                        "terminating walreceiver due to timeout"
                    } else {
                        "could not receive data from WAL stream: server closed the connection unexpectedly\n\t\tThis probably means the server terminated abnormally\n\t\tbefore or while processing the request."
                    };
                    postgres.fail_link(ground, text);
                });
                drive.lines.extend(worked.map(|(_, lines)| lines).unwrap_or_default());
            }
        }
        drive
    }

    fn drop_senders(&mut self, spot: &Spot, now: SimTime) {
        let Some(primary) = self.postgres(spot) else { return };
        let follows = |sender: &Sender| {
            self.postgres(&sender.spot)
                .is_some_and(|standby| standby.run_id == sender.run_id && standby.follows() == Some(spot))
        };
        let kept: Vec<Sender> = primary.senders.iter().filter(|sender| follows(sender)).cloned().collect();
        if kept.len() < primary.senders.len() {
            self.with_postgres(spot, now, |postgres, _| postgres.senders = kept);
        }
    }

    fn connect_standby(
        &mut self,
        spot: &Spot,
        conninfo: &Conninfo,
        found: &Lookup,
        store: &Store,
        now: SimTime,
    ) -> Vec<String> {
        let own = self.sandbox(&spot.pod).map(|sandbox| sandbox.ip.clone()).unwrap_or_default();
        let at = match found.address() {
            None => Err(format!(
                "could not translate host name \"{}\" to address: Name or service not known",
                conninfo.host
            )),
            Some(ip) => self
                .primary_at(store, &spot.pod, (ip, conninfo.port), now)
                .map_err(|error| connection_error(&conninfo.host, ip, conninfo.port, error)),
        };
        let seen = match at {
            Ok(at) => match self.postgres(&at) {
                Some(primary) => Ok((at.clone(), primary.seen_by(conninfo, &own))),
                None => Err("received invalid response to SSL negotiation".to_owned()),
            },
            Err(error) => Err(error),
        };
        let worked = self.with_postgres(spot, now, |postgres, ground| postgres.join(seen, ground));
        let Some((joined, lines)) = worked else { return Vec::new() };
        if let (Some(at), Some(own_run)) = (joined, self.postgres(spot).map(|postgres| postgres.run_id)) {
            let sender = Sender {
                spot: spot.clone(),
                run_id: own_run,
                user: conninfo.user.clone(),
                application: conninfo.application.clone(),
                ip: own,
            };
            self.with_postgres(&at, now, |primary, _| {
                primary.senders.retain(|known| known.spot != sender.spot);
                primary.senders.push(sender);
            });
        }
        lines
    }
}

impl Postgres {
    fn seen_by(&self, conninfo: &Conninfo, ip: &str) -> Seen {
        let call = Call {
            user: conninfo.user.clone(),
            password: conninfo.password.clone(),
            message: Message::BaseBackup,
            ..Call::default()
        };
        let caller = Caller { ip: ip.to_owned(), local: false };
        let refusal = match self.admit(&call, &caller) {
            Ok(()) => None,
            Err(Reply::Fatal(text)) => Some(format!("FATAL:  {text}")),
            Err(_) => Some("fe_sendauth: no password supplied".to_owned()),
        };
        Seen {
            refusal,
            run_id: self.run_id,
            system_id: self.system_id,
            timeline: self.timeline,
            copy: self.copy(),
        }
    }

    /// The standby's side of connecting; where the primary is, when it streams.
    fn join(&mut self, seen: Result<(Spot, Seen), String>, ground: &mut Ground<'_>) -> Option<Spot> {
        let (at, seen) = match seen {
            Ok(found) => found,
            Err(why) => {
                self.fail_link(ground, &format!("could not connect to the primary server: {why}"));
                return None;
            }
        };
        if let Some(why) = seen.refusal {
            let text = format!("could not connect to the primary server: connection to server failed: {why}");
            self.fail_link(ground, &text);
            return None;
        }
        if seen.system_id != self.system_id {
            let detail = format!(
                "The primary's identifier is {}, the standby's identifier is {}.",
                seen.system_id, self.system_id
            );
            self.log_child(
                ground,
                40,
                "FATAL",
                "database system identifier differs between the primary and standby",
            );
            self.log_child(ground, 40, "DETAIL", &detail);
            self.wait_for_primary(ground);
            return None;
        }
        if seen.timeline < self.timeline {
            let text = format!(
                "highest timeline {} of the primary is behind recovery timeline {}",
                seen.timeline, self.timeline
            );
            self.fail_link(ground, &text);
            return None;
        }
        let segment = lsn_text(self.lsn & !0xff_ffff);
        self.timeline = seen.timeline;
        let text = format!("started streaming WAL from primary at {segment} on timeline {}", self.timeline);
        self.log_child(ground, 40, "LOG", &text);
        if let Some(standby) = &mut self.standby {
            standby.link = Link::Up { spot: at.clone(), run_id: seen.run_id, last: ground.now };
        }
        self.take(seen.copy, ground);
        Some(at)
    }
}
