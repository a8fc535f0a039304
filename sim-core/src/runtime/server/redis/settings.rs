//! The tables of commands and settings, and CONFIG.

use super::commands::bulk;
use super::{Redis, Reply};
use crate::runtime::shell::matches_pattern;

/// Settings that the server knows, with their defaults.
pub(super) const DEFAULTS: &[(&str, &str)] = &[
    ("appenddirname", "appendonlydir"),
    ("appendfilename", "appendonly.aof"),
    ("appendfsync", "everysec"),
    ("appendonly", "no"),
    ("auto-aof-rewrite-min-size", "67108864"),
    ("auto-aof-rewrite-percentage", "100"),
    ("bind", ""),
    ("cluster-enabled", "no"),
    ("daemonize", "no"),
    ("databases", "16"),
    ("dbfilename", "dump.rdb"),
    ("dir", "/data"),
    ("hz", "10"),
    ("logfile", ""),
    ("loglevel", "notice"),
    ("masterauth", ""),
    ("masteruser", ""),
    ("maxclients", "10000"),
    ("maxmemory", "0"),
    ("maxmemory-policy", "noeviction"),
    ("min-replicas-max-lag", "10"),
    ("min-replicas-to-write", "0"),
    ("pidfile", ""),
    ("port", "6379"),
    ("protected-mode", "no"),
    ("rdbchecksum", "yes"),
    ("rdbcompression", "yes"),
    ("repl-backlog-size", "1048576"),
    ("repl-disable-tcp-nodelay", "no"),
    ("repl-diskless-load", "disabled"),
    ("repl-diskless-sync", "yes"),
    ("repl-diskless-sync-delay", "5"),
    ("repl-ping-replica-period", "10"),
    ("repl-timeout", "60"),
    ("replica-announce-ip", ""),
    ("replica-announce-port", "0"),
    ("replica-priority", "100"),
    ("replica-read-only", "yes"),
    ("replica-serve-stale-data", "yes"),
    ("replicaof", ""),
    ("requirepass", ""),
    ("save", "3600 1 300 100 60 10000"),
    ("slowlog-log-slower-than", "10000"),
    ("slowlog-max-len", "128"),
    ("stop-writes-on-bgsave-error", "yes"),
    ("supervised", "no"),
    ("tcp-backlog", "511"),
    ("tcp-keepalive", "300"),
    ("timeout", "0"),
    ("unixsocket", ""),
];

/// The older name of a setting, as the newer one.
pub fn modern(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "slaveof" => "replicaof".to_owned(),
        _ => name.replace("slave-", "replica-"),
    }
}

/// A setting's value as the server keeps and shows it: amounts of memory in bytes.
pub fn stored(name: &str, value: &str) -> String {
    if !matches!(name, "auto-aof-rewrite-min-size" | "maxmemory" | "repl-backlog-size") {
        return value.to_owned();
    }
    let at = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    let unit: Option<u64> = match value[at..].to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "k" => Some(1_000),
        "kb" => Some(1 << 10),
        "m" => Some(1_000_000),
        "mb" => Some(1 << 20),
        "g" => Some(1_000_000_000),
        "gb" => Some(1 << 30),
        _ => None,
    };
    let bytes = unit.and_then(|unit| value[..at].parse::<u64>().ok()?.checked_mul(unit));
    bytes.map_or_else(|| value.to_owned(), |bytes| bytes.to_string())
}

/// Whether there is a setting of that name.
pub fn is_setting(name: &str) -> bool {
    let name = modern(name);
    DEFAULTS.iter().any(|(known, _)| *known == name)
        || matches!(name.as_str(), "user" | "rename-command" | "include" | "loadmodule" | "oom-score-adj")
}

/// How many words a command takes: `n` exactly, `-n` at least, the command itself included; and whether
/// it writes.
pub(super) const ARITIES: &[(&str, i32, bool)] = &[
    ("append", 3, true),
    ("auth", -2, false),
    ("bgrewriteaof", 1, false),
    ("bgsave", -1, false),
    ("client", -2, false),
    ("command", -1, false),
    ("config", -2, false),
    ("dbsize", 1, false),
    ("decr", 2, true),
    ("decrby", 3, true),
    ("del", -2, true),
    ("echo", 2, false),
    ("exists", -2, false),
    ("expire", -3, true),
    ("flushall", -1, true),
    ("flushdb", -1, true),
    ("get", 2, false),
    ("getdel", 2, true),
    ("getset", 3, true),
    ("hdel", -3, true),
    ("hexists", 3, false),
    ("hget", 3, false),
    ("hgetall", 2, false),
    ("hincrby", 4, true),
    ("hkeys", 2, false),
    ("hlen", 2, false),
    ("hmget", -3, false),
    ("hmset", -4, true),
    ("hset", -4, true),
    ("hvals", 2, false),
    ("incr", 2, true),
    ("incrby", 3, true),
    ("info", -1, false),
    ("keys", 2, false),
    ("lastsave", 1, false),
    ("lindex", 3, false),
    ("llen", 2, false),
    ("lpop", -2, true),
    ("lpush", -3, true),
    ("lrange", 4, false),
    ("mget", -2, false),
    ("mset", -3, true),
    ("persist", 2, true),
    ("pexpire", -3, true),
    ("ping", -1, false),
    ("psetex", 4, true),
    ("pttl", 2, false),
    ("quit", -1, false),
    ("randomkey", 1, false),
    ("rename", 3, true),
    ("replicaof", 3, false),
    ("role", 1, false),
    ("rpop", -2, true),
    ("rpush", -3, true),
    ("sadd", -3, true),
    ("save", 1, false),
    ("scan", -2, false),
    ("scard", 2, false),
    ("select", 2, false),
    ("set", -3, true),
    ("setex", 4, true),
    ("setnx", 3, true),
    ("shutdown", -1, false),
    ("sismember", 3, false),
    ("slaveof", 3, false),
    ("smembers", 2, false),
    ("srem", -3, true),
    ("strlen", 2, false),
    ("time", 1, false),
    ("ttl", 2, false),
    ("type", 2, false),
    ("unlink", -2, true),
    ("wait", 3, false),
];

impl Redis {
    pub(super) fn config(&mut self, words: &[&str]) -> Result<Reply, String> {
        match (words[1].to_ascii_lowercase().as_str(), &words[2..]) {
            ("get", patterns) if !patterns.is_empty() => {
                let wanted =
                    |name: &str| patterns.iter().any(|pattern| matches_pattern(&modern(pattern), name));
                let found = DEFAULTS.iter().filter(|(name, _)| wanted(name));
                let pairs = found.flat_map(|(name, _)| [bulk(name), bulk(self.setting(name))]);
                Ok(Reply::Array(pairs.collect()))
            }
            ("set", pairs) if !pairs.is_empty() && pairs.len().is_multiple_of(2) => {
                if let Some(pair) = pairs.chunks_exact(2).find(|pair| !is_setting(pair[0])) {
                    return Err(format!(
                        "ERR Unknown option or number of arguments for CONFIG SET - '{}'",
                        pair[0]
                    ));
                }
                for pair in pairs.chunks_exact(2) {
                    let name = modern(pair[0]);
                    let value = stored(&name, pair[1]);
                    self.settings.insert(name, value);
                }
                Ok(Reply::Status("OK"))
            }
            ("resetstat", []) => Ok(Reply::Status("OK")),
            ("rewrite", []) => Err("ERR The server is running without a config file".to_owned()),
            (other, _) => Err(format!(
                "ERR unknown subcommand or wrong number of arguments for '{other}'. Try CONFIG HELP."
            )),
        }
    }
}
