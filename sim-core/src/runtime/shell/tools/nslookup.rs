//! nslookup, in bind's form and in busybox's.
//!
//! busybox asks for A and AAAA at once, uses the search list only for names without a dot, and knows no
//! ndots (networking/nslookup.c). bind follows resolv.conf, and so did busybox before 1.29, by the C library.

use std::time::Duration;

use super::Turn;
use super::io::Io;
use crate::network::dns::{Answer, Question, RecordType, ResponseCode};
use crate::network::resolver::{self, Lookup};
use crate::runtime::shell::Nslookup;

/// The code as both tools print it.
pub(super) fn code_name(code: ResponseCode) -> &'static str {
    match code {
        ResponseCode::NoError => "NOERROR",
        ResponseCode::NxDomain => "NXDOMAIN",
        ResponseCode::ServFail | ResponseCode::Unreachable => "SERVFAIL",
    }
}

/// `5.0.244.10.in-addr.arpa` for an IPv4 address.
pub(super) fn reverse_name(text: &str) -> Option<String> {
    let address: std::net::Ipv4Addr = text.parse().ok()?;
    let [a, b, c, d] = address.octets();
    Some(format!("{d}.{c}.{b}.{a}.in-addr.arpa"))
}

/// Waits as long as a resolver waits for a server that is not there.
pub(super) fn no_servers(io: &mut Io<'_>) -> Turn {
    io.wait_until(io.started + Duration::from_secs(10))?;
    io.out(";; connection timed out; no servers could be reached\n\n");
    Ok(1)
}

pub(super) fn nslookup(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let mut record = None;
    let mut operands = Vec::new();
    for word in arguments.iter() {
        match word.strip_prefix('-') {
            Some(option) => {
                let option = option.trim_start_matches('-');
                if let Some((_, value)) =
                    option.split_once('=').filter(|(name, _)| !name.is_empty() && "querytype".contains(name))
                {
                    record = RecordType::named(value);
                    if record.is_none() {
                        io.complain(&format!("invalid query type \"{value}\""));
                        return Ok(1);
                    }
                }
            }
            None => operands.push(word.clone()),
        }
    }
    let Some(name) = operands.first() else {
        io.err("Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n");
        return Ok(1);
    };
    let server = operands.get(1).cloned().unwrap_or_else(|| io.host.nameserver());
    if server != io.host.nameserver() && io.lookup(&server).address() != Some(&io.host.nameserver()) {
        return no_servers(io);
    }
    let server = io.host.nameserver();
    match io.host.nslookup() {
        Nslookup::Bind => bind(io, name, record, &server),
        Nslookup::Busybox => busybox(io, name, record, &server),
        Nslookup::FormerBusybox => Ok(former_busybox(io, name, &server)),
    }
}

fn former_busybox(io: &mut Io<'_>, name: &str, server: &str) -> i32 {
    print_host(io, "Server:", server);
    io.out("\n");
    i32::from(!print_host(io, "Name:", name))
}

/// Prints a host's addresses, each with the name that it is found by in turn. Whether there are any.
fn print_host(io: &mut Io<'_>, header: &str, name: &str) -> bool {
    let Lookup::Found { addresses, .. } = io.lookup(name) else {
        io.complain(&format!("can't resolve '{name}'"));
        return false;
    };
    io.out(&format!("{header:<10} {name}\n"));
    for (index, address) in addresses.iter().enumerate() {
        let names = reverse_name(address).map(|reversed| ask(io, &reversed, RecordType::Ptr));
        let found = names.iter().flat_map(|answer| &answer.records).next();
        let found = found.map(|record| format!(" {}", record.data.trim_end_matches('.')));
        io.out(&format!("Address {}: {address}{}\n", index + 1, found.unwrap_or_default()));
    }
    true
}

fn ask(io: &mut Io<'_>, name: &str, record: RecordType) -> Answer {
    io.host.resolve(&Question::new(name, record))
}

fn print_records(io: &mut Io<'_>, answer: &Answer, bind: bool) {
    for record in &answer.records {
        let dot = |text: &str| if bind { text.to_owned() } else { text.trim_end_matches('.').to_owned() };
        let (name, data) = (&record.name, dot(&record.data));
        let line = match record.record {
            RecordType::A | RecordType::Aaaa => format!("Name:\t{name}\nAddress: {data}\n"),
            RecordType::Srv => format!("{name}\tservice = {data}\n"),
            RecordType::Ptr => format!("{name}\tname = {data}\n"),
            RecordType::Cname => format!("{name}\tcanonical name = {data}\n"),
            RecordType::Soa | RecordType::Other => format!("{name}\ttext = {data}\n"),
        };
        io.out(&line);
    }
}

fn bind(io: &mut Io<'_>, name: &str, record: Option<RecordType>, server: &str) -> Turn {
    if let Some(reversed) = reverse_name(name).filter(|_| record.is_none()) {
        let answer = ask(io, &reversed, RecordType::Ptr);
        if answer.code == ResponseCode::Unreachable {
            return no_servers(io);
        }
        if answer.code != ResponseCode::NoError {
            io.out(&format!("** server can't find {reversed}: {}\n\n", code_name(answer.code)));
            return Ok(1);
        }
        print_records(io, &answer, true);
        io.out("\n");
        return Ok(0);
    }
    let kind = record.unwrap_or(RecordType::A);
    let mut last = (name.to_owned(), Answer::empty(ResponseCode::NxDomain));
    for candidate in resolver::candidates(io.host, name) {
        let answer = ask(io, &candidate, kind);
        let stop = answer.code != ResponseCode::NxDomain;
        last = (candidate, answer);
        if stop {
            break;
        }
    }
    let (found, answer) = last;
    if answer.code == ResponseCode::Unreachable {
        return no_servers(io);
    }
    io.out(&format!("Server:\t\t{server}\nAddress:\t{server}#53\n\n"));
    if answer.code != ResponseCode::NoError {
        io.out(&format!("** server can't find {found}: {}\n\n", code_name(answer.code)));
        return Ok(1);
    }
    if answer.records.is_empty() {
        io.out(&format!("*** Can't find {name}: No answer\n\n"));
        return Ok(0);
    }
    print_records(io, &answer, true);
    io.out("\n");
    Ok(0)
}

fn busybox(io: &mut Io<'_>, name: &str, record: Option<RecordType>, server: &str) -> Turn {
    let reversed = reverse_name(name).filter(|_| record.is_none());
    let kinds = match (&reversed, record) {
        (Some(_), _) => vec![RecordType::Ptr],
        (None, Some(record)) => vec![record],
        (None, None) => vec![RecordType::A, RecordType::Aaaa],
    };
    let mut text = String::new();
    let mut status = 0;
    for kind in kinds {
        let names = match &reversed {
            Some(reversed) => vec![reversed.clone()],
            None if name.contains('.') || kind == RecordType::Ptr => {
                vec![name.trim_end_matches('.').to_owned()]
            }
            None => {
                let domains = io.host.search_domains();
                if domains.is_empty() {
                    vec![name.to_owned()]
                } else {
                    domains.iter().map(|domain| format!("{name}.{domain}")).collect()
                }
            }
        };
        for name in names {
            let answer = ask(io, &name, kind);
            if answer.code == ResponseCode::Unreachable {
                return no_servers(io);
            }
            if text.is_empty() {
                text = format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n");
                io.out(&text);
            }
            if answer.code != ResponseCode::NoError {
                io.out(&format!("** server can't find {name}: {}\n", code_name(answer.code)));
                status = 1;
            }
            print_records(io, &answer, false);
            io.out("\n");
        }
    }
    Ok(status)
}
