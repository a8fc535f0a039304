//! dig and host, in bind's words.

use super::Turn;
use super::io::Io;
use super::nslookup::{code_name, no_servers, reverse_name};
use crate::network::dns::{Answer, Question, Record, RecordType, ResponseCode, TTL_SECONDS, ZONE};
use crate::network::resolver;

/// What dig was asked to do.
#[derive(Default)]
struct Request {
    name: String,
    record: Option<RecordType>,
    short: bool,
    search: bool,
    answer_only: bool,
}

fn read_request(io: &mut Io<'_>) -> Option<Request> {
    let arguments = io.arguments();
    let mut request = Request::default();
    let mut words = arguments.iter();
    let mut quiet = false;
    while let Some(word) = words.next() {
        match word.as_str() {
            "+short" => request.short = true,
            "+search" => request.search = true,
            "+noall" => quiet = true,
            "+answer" => request.answer_only = quiet,
            "-t" => request.record = words.next().and_then(|kind| RecordType::named(kind)),
            "-q" => request.name = words.next().cloned().unwrap_or_default(),
            "-x" => {
                request.name = reverse_name(words.next()?)?;
                request.record = Some(RecordType::Ptr);
            }
            word if word.starts_with(['+', '-', '@']) => {}
            "IN" | "in" => {}
            // dig takes a type's name for the type wherever it stands; host only takes names.
            word => match RecordType::named(word).filter(|_| io.name() == "dig") {
                Some(record) => request.record = Some(record),
                None => request.name = word.to_owned(),
            },
        }
    }
    Some(request)
}

pub(super) fn dig(io: &mut Io<'_>) -> Turn {
    let Some(request) = read_request(io) else {
        io.err("Invalid IP address\n");
        return Ok(1);
    };
    let record = request.record.unwrap_or(RecordType::A);
    let names = match request.search {
        true => resolver::candidates(io.host, &request.name),
        false => vec![request.name.trim_end_matches('.').to_owned()],
    };
    let mut asked = Question::new(&request.name, record);
    let mut answer = Answer::empty(ResponseCode::NxDomain);
    for name in names {
        asked = Question::new(&name, record);
        answer = io.host.resolve(&asked);
        if answer.code != ResponseCode::NxDomain {
            break;
        }
    }
    if answer.code == ResponseCode::Unreachable {
        return no_servers(io).map(|_| 9);
    }
    if request.short {
        let lines: String = answer.records.iter().flat_map(|record| [record.data.as_str(), "\n"]).collect();
        io.out(&lines);
        return Ok(0);
    }
    if request.answer_only {
        let lines: String = answer.records.iter().map(record_line).collect();
        io.out(&lines);
        return Ok(0);
    }
    let text = full_report(io, &asked, &answer);
    io.out(&text);
    Ok(0)
}

/// Pads a line to a column with tabs, or with one space where it is already there.
fn to_column(line: &mut String, column: usize) {
    let mut width = 0;
    for c in line.chars() {
        width = if c == '\t' { (width / 8 + 1) * 8 } else { width + 1 };
    }
    if width >= column {
        line.push(' ');
    }
    while width < column {
        line.push('\t');
        width = (width / 8 + 1) * 8;
    }
}

fn record_line(record: &Record) -> String {
    let mut line = format!("{}.", record.name);
    to_column(&mut line, 24);
    line.push_str(&record.ttl_seconds.to_string());
    to_column(&mut line, 32);
    line.push_str("IN");
    to_column(&mut line, 40);
    line.push_str(record.record.name());
    to_column(&mut line, 48);
    line.push_str(&record.data);
    line.push('\n');
    line
}

fn full_report(io: &Io<'_>, asked: &Question, answer: &Answer) -> String {
    let in_zone = asked.name.ends_with(ZONE);
    let now = io.now().timestamp();
    let authority = match answer.records.is_empty() && in_zone {
        true => vec![Record {
            name: ZONE.to_owned(),
            record: RecordType::Soa,
            ttl_seconds: TTL_SECONDS,
            data: format!("ns.dns.{ZONE}. hostmaster.{ZONE}. {} 7200 1800 86400 30", now.as_second()),
        }],
        false => Vec::new(),
    };
    // The id is random in a real message; here it follows from the question.
    let id = asked.name.bytes().fold(4_097u16, |id, byte| id.wrapping_mul(31).wrapping_add(u16::from(byte)));
    let words = io.arguments().join(" ");
    let mut text = format!(
        "\n; <<>> DiG 9.18.28 <<>> {words}\n;; global options: +cmd\n;; Got answer:\n\
         ;; ->>HEADER<<- opcode: QUERY, status: {}, id: {id}\n\
         ;; flags: qr aa rd; QUERY: 1, ANSWER: {}, AUTHORITY: {}, ADDITIONAL: {}\n\
         ;; WARNING: recursion requested but not available\n\n\
         ;; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n;; QUESTION SECTION:\n",
        code_name(answer.code),
        answer.records.len(),
        authority.len(),
        answer.additional.len() + 1,
    );
    let mut question = format!(";{}.", asked.name);
    to_column(&mut question, 32);
    question.push_str("IN");
    to_column(&mut question, 40);
    question.push_str(asked.record.name());
    text.push_str(&question);
    text.push_str("\n\n");
    for (title, records) in
        [("ANSWER", &answer.records), ("AUTHORITY", &authority), ("ADDITIONAL", &answer.additional)]
    {
        if !records.is_empty() {
            let lines: String = records.iter().map(record_line).collect();
            text.push_str(&format!(";; {title} SECTION:\n{lines}\n"));
        }
    }
    let server = io.host.nameserver();
    let when = now.strftime("%a %b %d %H:%M:%S UTC %Y");
    let size = 12 + text.len() / 4;
    text.push_str(&format!(
        ";; Query time: 0 msec\n;; SERVER: {server}#53({server}) (UDP)\n;; WHEN: {when}\n;; MSG SIZE  rcvd: {size}\n\n"
    ));
    text
}

pub(super) fn host(io: &mut Io<'_>) -> Turn {
    let Some(request) = read_request(io).filter(|request| !request.name.is_empty()) else {
        io.err("Usage: host [-t type] {name} [server]\n");
        return Ok(1);
    };
    let reversed = reverse_name(&request.name);
    let record = match &reversed {
        Some(_) => RecordType::Ptr,
        None => request.record.unwrap_or(RecordType::A),
    };
    let names = match reversed {
        Some(reversed) => vec![reversed],
        None => resolver::candidates(io.host, &request.name),
    };
    let mut last = (request.name.clone(), Answer::empty(ResponseCode::NxDomain));
    for name in names {
        let answer = io.host.resolve(&Question::new(&name, record));
        let stop = answer.code != ResponseCode::NxDomain;
        last = (name, answer);
        if stop {
            break;
        }
    }
    let (name, answer) = last;
    if answer.code == ResponseCode::Unreachable {
        return no_servers(io);
    }
    if answer.code != ResponseCode::NoError {
        let number = if answer.code == ResponseCode::NxDomain { 3 } else { 2 };
        io.out(&format!("Host {} not found: {number}({})\n", request.name, code_name(answer.code)));
        return Ok(1);
    }
    if answer.records.is_empty() {
        io.out(&format!("{name} has no {} record\n", record.name()));
        return Ok(0);
    }
    for record in &answer.records {
        let verb = match record.record {
            RecordType::A => "has address",
            RecordType::Aaaa => "has IPv6 address",
            RecordType::Srv => "has SRV record",
            RecordType::Ptr => "domain name pointer",
            RecordType::Cname => "is an alias for",
            RecordType::Soa => "has SOA record",
            RecordType::Other => "descriptive text",
        };
        io.out(&format!("{} {verb} {}\n", record.name, record.data));
    }
    Ok(0)
}
