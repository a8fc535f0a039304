//! [`Postgres`]: a database cluster, who may reach it, and what it answers.

mod disk;
mod hba;
mod link;
pub mod sql;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::{Caller, Ground, Spot};
use crate::api::SimTime;
use sql::{Cluster, Facts, Outcome, Session, SqlError, Wish};

pub(in crate::runtime) use disk::write_all;
pub use disk::{BackupFile, initial_files};
pub use link::Copy;
pub(in crate::runtime) use link::connection_error;

/// The version of the image.
pub const VERSION: &str = "17.6";

/// What `SELECT version()` and the log say.
pub const VERSION_LINE: &str = "PostgreSQL 17.6 (Debian 17.6-1.pgdg13+1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 14.2.0-19) 14.2.0, 64-bit";

/// Connections that are remembered for their transactions.
const MAX_SESSIONS: usize = 64;

/// Bytes of write-ahead log for any change, on top of its own.
const RECORD_BYTES: u64 = 0x38;

/// A message of a client.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// The role.
    pub user: String,
    /// The database.
    pub database: String,
    /// The password, when one was given.
    pub password: Option<String>,
    /// The connection, which a transaction belongs to.
    pub session: u64,
    /// What it wants.
    pub message: Message,
}

/// What a client wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Message {
    /// Is anybody there?
    #[default]
    Ping,
    /// To connect.
    Connect,
    /// To run SQL.
    Query(String),
    /// What there is, for `\\d` and its like.
    Catalog,
    /// A copy of all files, for a standby.
    BaseBackup,
}

/// What the server answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// It is there.
    Ready,
    /// It is there and takes nobody yet.
    NotReady(&'static str),
    /// The connection is refused with this message.
    Fatal(String),
    /// A password is needed.
    NeedsPassword,
    /// What a query gave, and whether a transaction is open and has failed.
    Outcomes(Vec<Outcome>, Option<bool>),
    /// What there is.
    Catalog(Arc<Cluster>),
    /// The files of a base backup.
    Backup(Vec<BackupFile>),
}

/// A PostgreSQL server.
#[derive(Clone, Debug)]
pub struct Postgres {
    pub(super) pid: u32,
    pub(super) data_dir: String,
    pub(super) settings: BTreeMap<String, String>,
    pub(super) hba: Vec<hba::Rule>,
    pub(super) cluster: Arc<Cluster>,
    /// What is on disk.
    pub(super) saved: Arc<Cluster>,
    pub(super) run_id: u64,
    pub(super) system_id: u64,
    pub(super) timeline: u32,
    pub(super) lsn: u64,
    pub(super) standby: Option<link::Standby>,
    pub(super) senders: Vec<link::Sender>,
    pub(super) sessions: BTreeMap<u64, Session>,
    pub(super) started: SimTime,
    pub(super) stop: Option<i32>,
    pub(super) promote: bool,
    pub(super) ip: String,
}

/// A line of the log.
pub fn line(pid: u32, level: &str, text: &str, now: SimTime) -> String {
    let time = now.timestamp().strftime("%Y-%m-%d %H:%M:%S%.3f UTC");
    format!("{time} [{pid}] {level}:  {text}")
}

impl Postgres {
    pub(super) fn log(&self, ground: &mut Ground<'_>, level: &str, text: &str) {
        ground.log.push(line(self.pid, level, text, ground.now));
    }

    /// A line of one of the server's children: the checkpointer, a backend.
    pub(super) fn log_child(&self, ground: &mut Ground<'_>, child: u32, level: &str, text: &str) {
        ground.log.push(line(self.pid + 26 + child, level, text, ground.now));
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.settings.get("port").and_then(|port| port.parse().ok()).unwrap_or(5432)
    }

    /// A setting, or its default.
    pub(super) fn setting(&self, name: &str) -> String {
        self.settings
            .get(name)
            .cloned()
            .or_else(|| {
                SETTINGS.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
            .unwrap_or_default()
    }

    /// Whether it listens on the loopback address only.
    pub fn is_local(&self) -> bool {
        matches!(self.setting("listen_addresses").as_str(), "localhost" | "127.0.0.1" | "")
    }

    /// The server, at this address of its pod.
    #[must_use]
    pub fn at(mut self, ip: String) -> Postgres {
        self.ip = ip;
        self
    }

    /// Whether it follows a primary.
    pub fn is_standby(&self) -> bool {
        self.standby.is_some()
    }

    /// A signal's effect.
    pub fn signal(&mut self, signal: i32) {
        if matches!(signal, 2 | 3 | 15) {
            self.stop = Some(signal);
        }
    }

    /// Answers a client.
    pub fn answer(&mut self, call: &Call, caller: &Caller, ground: &mut Ground<'_>) -> Reply {
        if call.message == Message::Ping {
            return Reply::Ready;
        }
        match self.admit(call, caller) {
            Ok(()) => {}
            Err(Reply::Fatal(text)) => {
                self.log_child(ground, 50, "FATAL", &text);
                return Reply::Fatal(text);
            }
            Err(reply) => return reply,
        }
        match &call.message {
            Message::Ping | Message::Connect => Reply::Ready,
            Message::Catalog => Reply::Catalog(self.cluster.clone()),
            Message::BaseBackup => {
                for text in ["checkpoint starting: force wait", "checkpoint complete: wrote 3 buffers (0.0%)"]
                {
                    self.log_child(ground, 1, "LOG", text);
                }
                Reply::Backup(self.backup(ground))
            }
            Message::Query(query) => self.query(call, query, ground),
        }
    }

    /// Models src/backend/libpq/auth.c: pg_hba.conf first, then the password, then role and database.
    fn admit(&self, call: &Call, caller: &Caller) -> Result<(), Reply> {
        let replication = call.message == Message::BaseBackup;
        let user = &call.user;
        let database = if replication { "replication" } else { call.database.as_str() };
        let fatal = |text: String| Err(Reply::Fatal(text));
        let role = self.cluster.roles.get(user);
        match hba::method(&self.hba, database, user, caller) {
            None if replication => {
                let host = &caller.ip;
                return fatal(format!(
                    "no pg_hba.conf entry for replication connection from host \"{host}\", user \"{user}\", no encryption"
                ));
            }
            None => {
                let host = &caller.ip;
                return fatal(format!(
                    "no pg_hba.conf entry for host \"{host}\", user \"{user}\", database \"{database}\", no encryption"
                ));
            }
            Some("reject") => {
                let host = &caller.ip;
                return fatal(format!(
                    "pg_hba.conf rejects connection for host \"{host}\", user \"{user}\", database \"{database}\", no encryption"
                ));
            }
            Some("trust") => {}
            Some(_) => {
                let Some(given) = &call.password else { return Err(Reply::NeedsPassword) };
                if role.and_then(|role| role.password.as_ref()) != Some(given) {
                    return fatal(format!("password authentication failed for user \"{user}\""));
                }
            }
        }
        let Some(role) = role else { return fatal(format!("role \"{user}\" does not exist")) };
        if !role.login {
            return fatal(format!("role \"{user}\" is not permitted to log in"));
        }
        if replication {
            if role.replication || role.superuser {
                return Ok(());
            }
            return fatal("permission denied to start WAL sender\nDETAIL:  Only roles with the REPLICATION attribute may start a WAL sender process.".to_owned());
        }
        if !self.cluster.databases.contains_key(database) {
            return fatal(format!("database \"{database}\" does not exist"));
        }
        Ok(())
    }

    fn facts(&self, call: &Call, now: SimTime) -> Facts {
        let mut settings: Vec<(String, String)> =
            SETTINGS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        for (name, value) in &self.settings {
            settings.retain(|(known, _)| known != name);
            settings.push((name.clone(), value.clone()));
        }
        settings.push(("server_version".to_owned(), format!("{VERSION} (Debian {VERSION}-1.pgdg13+1)")));
        settings.push(("in_hot_standby".to_owned(), if self.is_standby() { "on" } else { "off" }.to_owned()));
        settings.push(("data_directory".to_owned(), self.data_dir.clone()));
        settings.sort();
        Facts {
            now,
            user: call.user.clone(),
            database: call.database.clone(),
            is_standby: self.is_standby(),
            server_ip: self.ip.clone(),
            lsn: self.lsn,
            timeline: self.timeline,
            settings,
            senders: self.senders.iter().map(link::Sender::row).collect(),
            receiver: self.standby.as_ref().and_then(link::Standby::row),
            started: self.started,
        }
    }

    fn query(&mut self, call: &Call, query: &str, ground: &mut Ground<'_>) -> Reply {
        let facts = self.facts(call, ground.now);
        let wishes = RefCell::new(Vec::new());
        let mut session = self.sessions.remove(&call.session).unwrap_or_default();
        let mut cluster = self.cluster.clone();
        let outcomes = session.run(&mut cluster, query, &facts, &wishes);
        let state = session.state();
        if state.is_some() {
            while self.sessions.len() >= MAX_SESSIONS {
                self.sessions.pop_first();
            }
            self.sessions.insert(call.session, session);
        }
        if let Some(Outcome::Error(error)) = outcomes.last() {
            self.log_error(error, query, ground);
        }
        if !Arc::ptr_eq(&cluster, &self.cluster) {
            self.cluster = cluster;
            self.lsn += RECORD_BYTES + (query.len() as u64).next_multiple_of(8);
            self.save(ground);
        }
        if wishes.borrow().contains(&Wish::Promote) {
            self.promote = true;
        }
        if query.contains("pg_reload_conf") {
            self.read_hba(ground);
        }
        Reply::Outcomes(outcomes, state)
    }

    fn log_error(&self, error: &SqlError, query: &str, ground: &mut Ground<'_>) {
        let place = error.position.map(|at| format!(" at character {}", at + 1)).unwrap_or_default();
        self.log_child(ground, 50, "ERROR", &format!("{}{place}", error.message));
        if let Some(detail) = &error.detail {
            self.log_child(ground, 50, "DETAIL", detail);
        }
        self.log_child(ground, 50, "STATEMENT", query.trim());
    }

    pub(super) fn version(&self) -> (u64, bool, bool) {
        (self.lsn, self.follows().is_some(), self.is_standby())
    }

    /// The primary that it follows, while it is connected.
    pub(super) fn follows(&self) -> Option<&Spot> {
        self.standby.as_ref().and_then(link::Standby::spot)
    }
}

/// A number that depends on the text alone, as system identifiers are.
pub(super) fn number_of(text: &str) -> u64 {
    7_500_000_000_000_000_000 + xxh3_64(text.as_bytes()) % 100_000_000_000_000_000
}

/// Settings that SHOW knows, with their defaults in the image.
pub(super) const SETTINGS: &[(&str, &str)] = &[
    ("archive_mode", "off"),
    ("config_file", "/var/lib/postgresql/data/postgresql.conf"),
    ("hba_file", "/var/lib/postgresql/data/pg_hba.conf"),
    ("hot_standby", "on"),
    ("listen_addresses", "*"),
    ("log_statement", "none"),
    ("max_connections", "100"),
    ("max_replication_slots", "10"),
    ("max_wal_senders", "10"),
    ("max_wal_size", "1GB"),
    ("password_encryption", "scram-sha-256"),
    ("port", "5432"),
    ("primary_conninfo", ""),
    ("search_path", "\"$user\", public"),
    ("shared_buffers", "128MB"),
    ("synchronous_commit", "on"),
    ("synchronous_standby_names", ""),
    ("timezone", "Etc/UTC"),
    ("wal_keep_size", "0"),
    ("wal_level", "replica"),
    ("work_mem", "4MB"),
];
