//! INFO and ROLE.

use super::link::Link;
use super::{Redis, Reply};
use crate::api::SimTime;

/// Makes the lines of a section.
type Section = fn(&Redis, SimTime) -> Vec<String>;

impl Redis {
    /// The sections that INFO shows, each with its title; all of them for an empty name.
    pub(super) fn info(&self, section: &str, now: SimTime) -> String {
        let wanted = section.to_ascii_lowercase();
        let all = matches!(wanted.as_str(), "" | "all" | "default" | "everything");
        let sections: [(&str, Section); 6] = [
            ("Server", Redis::info_server),
            ("Clients", |_, _| vec!["connected_clients:1".to_owned(), "maxclients:10000".to_owned()]),
            ("Memory", Redis::info_memory),
            ("Persistence", Redis::info_persistence),
            ("Replication", Redis::info_replication),
            ("Keyspace", Redis::info_keyspace),
        ];
        let shown = sections.iter().filter(|(title, _)| all || title.to_ascii_lowercase() == wanted);
        let texts = shown.map(|(title, lines)| {
            let lines: String = lines(self, now).iter().map(|line| format!("{line}\r\n")).collect();
            format!("# {title}\r\n{lines}")
        });
        texts.collect::<Vec<_>>().join("\r\n")
    }

    fn info_server(&self, now: SimTime) -> Vec<String> {
        let up = now.since(self.started).as_secs();
        vec![
            format!("redis_version:{}", self.release),
            "redis_mode:standalone".to_owned(),
            "os:Linux 6.6.0 x86_64".to_owned(),
            "arch_bits:64".to_owned(),
            format!("process_id:{}", self.pid),
            format!("run_id:{}", self.run_id),
            format!("tcp_port:{}", self.port()),
            format!("uptime_in_seconds:{up}"),
            format!("uptime_in_days:{}", up / 86_400),
            "executable:/data/redis-server".to_owned(),
            "config_file:".to_owned(),
        ]
    }

    fn info_memory(&self, _: SimTime) -> Vec<String> {
        let used = 1_000_000 + self.bytes;
        let maximum = self.setting("maxmemory");
        vec![
            format!("used_memory:{used}"),
            format!("used_memory_human:{}", human(used)),
            format!("maxmemory:{maximum}"),
            format!("maxmemory_human:{}", human(maximum.parse().unwrap_or(0))),
            format!("maxmemory_policy:{}", self.setting("maxmemory-policy")),
        ]
    }

    fn info_persistence(&self, _: SimTime) -> Vec<String> {
        vec![
            "loading:0".to_owned(),
            format!("rdb_changes_since_last_save:{}", self.dirty),
            "rdb_bgsave_in_progress:0".to_owned(),
            format!("rdb_last_save_time:{}", self.saved_at.unix_nanos() / 1_000_000_000),
            "rdb_last_bgsave_status:ok".to_owned(),
            format!("aof_enabled:{}", i32::from(self.appends())),
        ]
    }

    fn info_replication(&self, now: SimTime) -> Vec<String> {
        let mut lines = Vec::new();
        let role = if self.primary.is_some() { "slave" } else { "master" };
        lines.push(format!("role:{role}"));
        if let Some(primary) = &self.primary {
            let seconds = |since: SimTime| i64::try_from(now.since(since).as_secs()).unwrap_or(0);
            let last_io = match &primary.link {
                Link::Up { last_io, .. } => seconds(*last_io),
                _ => -1,
            };
            let syncing = i32::from(matches!(primary.link, Link::Syncing { .. }));
            lines.push(format!("master_host:{}", primary.host));
            lines.push(format!("master_port:{}", primary.port));
            lines.push(format!("master_link_status:{}", if primary.is_up() { "up" } else { "down" }));
            lines.push(format!("master_last_io_seconds_ago:{last_io}"));
            lines.push(format!("master_sync_in_progress:{syncing}"));
            lines.push(format!("slave_read_repl_offset:{}", self.offset));
            lines.push(format!("slave_repl_offset:{}", self.offset));
            if !primary.is_up() {
                let since = match &primary.link {
                    Link::Down { since, .. } => seconds(*since),
                    _ => -1,
                };
                lines.push(format!("master_link_down_since_seconds:{since}"));
            }
            lines.push(format!("slave_priority:{}", self.setting("replica-priority")));
            lines.push(format!("slave_read_only:{}", i32::from(self.setting("replica-read-only") == "yes")));
            lines.push("replica_announced:1".to_owned());
        }
        lines.push(format!("connected_slaves:{}", self.replicas.len()));
        for (index, replica) in self.replicas.iter().enumerate() {
            let state = if replica.online { "online" } else { "wait_bgsave" };
            let offset = if replica.online { self.offset } else { 0 };
            lines.push(format!(
                "slave{index}:ip={},port={},state={state},offset={offset},lag=0",
                replica.ip, replica.port
            ));
        }
        let backlog = self.offset > 0 || !self.replicas.is_empty();
        lines.push("master_failover_state:no-failover".to_owned());
        lines.push(format!("master_replid:{}", self.replid));
        lines.push(format!("master_replid2:{}", "0".repeat(40)));
        lines.push(format!("master_repl_offset:{}", self.offset));
        lines.push("second_repl_offset:-1".to_owned());
        lines.push(format!("repl_backlog_active:{}", i32::from(backlog)));
        lines.push("repl_backlog_size:1048576".to_owned());
        lines.push(format!("repl_backlog_first_byte_offset:{}", i32::from(backlog)));
        lines.push(format!("repl_backlog_histlen:{}", self.offset));
        lines
    }

    fn info_keyspace(&self, now: SimTime) -> Vec<String> {
        let mut counts = std::collections::BTreeMap::new();
        for ((database, _), entry) in &self.keys {
            if entry.expires.is_none_or(|at| at > now) {
                let (keys, expiring) = counts.entry(*database).or_insert((0, 0));
                *keys += 1;
                *expiring += i32::from(entry.expires.is_some());
            }
        }
        let line = |(database, (keys, expiring)): (&u8, &(i32, i32))| {
            format!("db{database}:keys={keys},expires={expiring},avg_ttl=0,subexpiry=0")
        };
        counts.iter().map(line).collect()
    }

    /// ROLE.
    pub(super) fn role(&self) -> Reply {
        let bulk = |text: &str| Reply::Bulk(text.to_owned());
        match &self.primary {
            None => {
                let replicas = self.replicas.iter().filter(|replica| replica.online).map(|replica| {
                    let (port, offset) = (replica.port.to_string(), self.offset.to_string());
                    Reply::Array(vec![bulk(&replica.ip), bulk(&port), bulk(&offset)])
                });
                Reply::Array(vec![bulk("master"), Reply::Int(self.offset), Reply::Array(replicas.collect())])
            }
            Some(primary) => {
                let state = match &primary.link {
                    Link::Up { .. } => "connected",
                    Link::Syncing { .. } => "sync",
                    Link::Down { .. } => "connect",
                };
                Reply::Array(vec![
                    bulk("slave"),
                    bulk(&primary.host),
                    Reply::Int(i64::from(primary.port)),
                    bulk(state),
                    Reply::Int(self.offset),
                ])
            }
        }
    }
}

/// An amount of memory as INFO shows it to people.
fn human(bytes: usize) -> String {
    let (shift, unit) = match bytes {
        0..1_024 => return format!("{bytes}B"),
        1_024..1_048_576 => (10, 'K'),
        1_048_576..1_073_741_824 => (20, 'M'),
        _ => (30, 'G'),
    };
    format!("{}.{:02}{unit}", bytes >> shift, ((bytes & ((1 << shift) - 1)) * 100) >> shift)
}
