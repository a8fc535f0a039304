//! [`Redis`]: keys, settings, and what a server answers.

mod commands;
mod info;
mod link;
mod settings;
mod store;

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdMap;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{Ground, Spot};
use crate::api::SimTime;

pub use link::Copy;
pub use settings::{is_setting, modern, stored};

/// The version, where the image names none.
pub const VERSION: &str = "8.2.2";

/// Bytes of all keys and values above which writes are refused.
const MAX_BYTES: usize = 8 << 20;

/// A command as a client sends it.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// The command and its arguments.
    pub words: Vec<String>,
    /// The selected database.
    pub database: u8,
    /// User and password of the connection.
    pub login: Option<(String, String)>,
}

/// What the server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `+OK`
    Status(&'static str),
    /// `-ERR ...`
    Error(String),
    /// An integer.
    Int(i64),
    /// A string.
    Bulk(String),
    /// Text that is shown as it stands (INFO).
    Verbatim(String),
    /// No such thing.
    Nil,
    /// Several replies.
    Array(Vec<Reply>),
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(Arc<str>),
    List(imbl::Vector<Arc<str>>),
    Hash(OrdMap<Arc<str>, Arc<str>>),
    Set(imbl::OrdSet<Arc<str>>),
}

/// A key's value, and when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub value: Value,
    pub expires: Option<SimTime>,
}

/// All keys of all databases.
pub(super) type Keys = OrdMap<(u8, Arc<str>), Entry>;

/// Whether and how the server is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shutdown {
    Signal(i32),
    Command { save: Option<bool> },
}

/// A Redis server.
#[derive(Clone, Debug)]
pub struct Redis {
    pub(super) pid: u32,
    pub(super) settings: BTreeMap<String, String>,
    /// The version that it says it is.
    pub release: String,
    pub(super) keys: Keys,
    pub(super) bytes: usize,
    pub(super) run_id: String,
    /// Names the history of writes that the data come from.
    pub(super) replid: String,
    pub(super) offset: i64,
    /// The server that it is a replica of.
    pub(super) primary: Option<link::Primary>,
    pub(super) replicas: Vec<link::Replica>,
    /// Writes since the last save.
    pub(super) dirty: u64,
    /// Writes since the start.
    pub(super) writes: u64,
    pub(super) saved_at: SimTime,
    pub(super) pinged_at: SimTime,
    pub(super) started: SimTime,
    pub(super) commands: u64,
    pub(super) shutdown: Option<Shutdown>,
}

/// 40 hexadecimal digits that depend on the text alone.
pub(super) fn id_of(text: &str) -> String {
    let mut hex: String =
        (0..3).map(|seed| format!("{:016x}", xxh3_64_with_seed(text.as_bytes(), seed))).collect();
    hex.truncate(40);
    hex
}

impl Redis {
    /// A server with these settings that has not loaded its data.
    ///
    /// `seed` names the container's run, so that ids differ between runs.
    pub fn new(settings: BTreeMap<String, String>, pid: u32, seed: &str, now: SimTime) -> Redis {
        let run_id = id_of(&format!("run {seed} {pid}"));
        let primary = settings.get("replicaof").and_then(|text| link::Primary::parse(text, now));
        Redis {
            pid,
            settings,
            release: VERSION.to_owned(),
            keys: Keys::new(),
            bytes: 0,
            replid: id_of(&format!("history {run_id}")),
            run_id,
            offset: 0,
            primary,
            replicas: Vec::new(),
            dirty: 0,
            writes: 0,
            saved_at: now,
            pinged_at: now,
            started: now,
            commands: 0,
            shutdown: None,
        }
    }

    /// A setting's value, or its default.
    pub(super) fn setting(&self, name: &str) -> &str {
        let default = settings::DEFAULTS.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        self.settings.get(name).map_or(default.unwrap_or_default(), String::as_str)
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.setting("port").parse().unwrap_or(6379)
    }

    /// Whether it listens on the loopback address only.
    pub fn is_local(&self) -> bool {
        let bind = self.setting("bind");
        !bind.is_empty()
            && bind
                .split_whitespace()
                .all(|address| matches!(address, "127.0.0.1" | "::1" | "-::1" | "localhost"))
    }

    /// A line of the log.
    pub fn line(&self, level: char, text: &str, now: SimTime) -> String {
        let role = if self.primary.is_some() { 'S' } else { 'M' };
        line(self.pid, role, level, text, now)
    }

    pub(super) fn log(&self, ground: &mut Ground<'_>, level: char, text: &str) {
        let line = self.line(level, text, ground.now);
        ground.log.push(line);
    }

    /// Answers a command.
    pub fn answer(&mut self, call: &Call, ground: &mut Ground<'_>) -> Reply {
        self.commands += 1;
        match self.execute(call, ground) {
            Ok(reply) => reply,
            Err(error) => Reply::Error(error),
        }
    }

    /// Asks it to end.
    pub fn signal(&mut self, signal: i32) {
        if matches!(signal, 2 | 15) && self.shutdown.is_none() {
            self.shutdown = Some(Shutdown::Signal(signal));
        }
    }

    /// Whether a client must give a password before anything else.
    fn needs_login(&self, call: &Call) -> bool {
        let wanted = self.setting("requirepass");
        let given = call.login.as_ref().filter(|(user, _)| user == "default").map(|(_, password)| password);
        !wanted.is_empty() && given.map(String::as_str) != Some(wanted)
    }

    pub(super) fn version(&self) -> (u64, bool, bool) {
        (self.writes, self.follows().is_some(), self.primary.is_some())
    }

    /// The spot of the server that it follows, while the link is up.
    pub(super) fn follows(&self) -> Option<&Spot> {
        self.primary.as_ref().and_then(link::Primary::spot)
    }
}

/// A line of a Redis log. `role` is `C` for what comes before the server, `M` or `S` for it.
pub fn line(pid: u32, role: char, level: char, text: &str, now: SimTime) -> String {
    let time = now.timestamp().strftime("%d %b %Y %H:%M:%S%.3f");
    format!("{pid}:{role} {time} {level} {text}")
}
