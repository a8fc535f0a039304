//! `pg_hba.conf`: who may connect from where, and how.

use crate::runtime::server::Caller;

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    local: bool,
    databases: Vec<String>,
    users: Vec<String>,
    /// Network and length of its prefix; everywhere when absent.
    network: Option<(u32, u32)>,
    method: String,
}

/// The rules of a file; lines that are none are left out.
pub(super) fn parse(text: &str) -> Vec<Rule> {
    text.lines().filter_map(rule).collect()
}

fn rule(line: &str) -> Option<Rule> {
    let line = line.split('#').next().unwrap_or_default();
    let words: Vec<&str> = line.split_whitespace().collect();
    let list = |word: &str| word.split(',').map(|name| name.trim_matches('"').to_owned()).collect();
    let (local, network, method) = match words.as_slice() {
        ["local", _, _, method, ..] => (true, None, method),
        ["host" | "hostnossl", _, _, address, mask, method, ..]
            if mask.parse::<std::net::Ipv4Addr>().is_ok() =>
        {
            let bits = mask.parse::<std::net::Ipv4Addr>().ok()?;
            (false, Some(network(&format!("{address}/{}", u32::from(bits).count_ones()))?), method)
        }
        ["host" | "hostnossl", _, _, "all" | "0.0.0.0/0", method, ..] => (false, None, method),
        ["host" | "hostnossl", _, _, "samenet" | "samehost", method, ..] => (false, None, method),
        ["host" | "hostnossl", _, _, address, method, ..] => (false, Some(network(address)?), method),
        _ => return None,
    };
    Some(Rule {
        local,
        databases: list(words[1]),
        users: list(words[2]),
        network,
        method: (*method).to_owned(),
    })
}

fn network(text: &str) -> Option<(u32, u32)> {
    let (address, length) = text.split_once('/').unwrap_or((text, "32"));
    let address: std::net::Ipv4Addr = address.parse().ok()?;
    Some((u32::from(address), length.parse().ok().filter(|length| *length <= 32)?))
}

/// How a client has to prove who it is; `None` when no line is for it.
pub(super) fn method<'a>(rules: &'a [Rule], database: &str, user: &str, caller: &Caller) -> Option<&'a str> {
    let address: Option<std::net::Ipv4Addr> = caller.ip.parse().ok();
    let fits = |rule: &&Rule| {
        // `all` is every database and yet not replication.
        let database_fits = rule.databases.iter().any(|name| {
            name == database
                || (name == "all" && database != "replication")
                || (name == "sameuser" && database == user)
        });
        let user_fits = rule.users.iter().any(|name| name == user || name == "all");
        let place_fits = match (rule.local, rule.network, address) {
            (true, ..) => caller.local,
            (false, None, _) => true,
            (false, Some((base, length)), Some(address)) => {
                let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
                u32::from(address) & mask == base & mask
            }
            _ => false,
        };
        database_fits && user_fits && place_fits
    };
    rules.iter().find(fits).map(|rule| rule.method.as_str())
}
