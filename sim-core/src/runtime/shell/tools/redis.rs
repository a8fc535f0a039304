//! redis-server and redis-cli.

use std::collections::BTreeMap;
use std::time::Duration;

use super::io::Io;
use super::{Pause, Turn};
use crate::network::http::NetError;
use crate::network::resolver::Lookup;
use crate::runtime::server::redis::{Call, Redis, Reply, VERSION, is_setting, line, modern, stored};
use crate::runtime::server::{self, Ground, Server};

/// `redis-server [FILE] [--NAME VALUE ...]`
pub(super) fn redis_server(io: &mut Io<'_>) -> Turn {
    if io.memory().turn == 0
        && let Err(status) = start(io)
    {
        return Ok(status);
    }
    super::serve::drive(io)
}

/// The version that the image is of.
fn version(io: &Io<'_>) -> String {
    io.env("REDIS_VERSION").unwrap_or_else(|| VERSION.to_owned())
}

fn start(io: &mut Io<'_>) -> Result<(), i32> {
    let arguments = io.arguments();
    let version = version(io);
    if let Some(word @ ("-v" | "--version")) = arguments.first().map(String::as_str) {
        let _ = word;
        io.out(&format!("Redis server v={version} sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=0\n"));
        return Err(0);
    }
    let settings = settings(io, &arguments)?;
    let (pid, now) = (io.pid, io.now());
    let say =
        |io: &mut Io<'_>, level: char, text: &str| io.out(&format!("{}\n", line(pid, 'C', level, text, now)));
    say(io, '*', "oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
    say(
        io,
        '*',
        &format!("Redis version={version}, bits=64, commit=00000000, modified=0, pid={pid}, just started"),
    );
    if arguments.is_empty() {
        say(
            io,
            '#',
            "Warning: no config file specified, using the default config. In order to specify a config file use redis-server /path/to/redis.conf",
        );
    } else {
        say(io, '*', "Configuration loaded");
    }
    let seed = io.host.container_id();
    let mut redis = Redis::new(settings, pid, &seed, now);
    redis.release = version;
    let (port, local) = (redis.port(), redis.is_local());
    for text in
        ["monotonic clock: POSIX clock_gettime".to_owned(), format!("Running mode=standalone, port={port}.")]
    {
        io.out(&format!("{}\n", redis.line('*', &text, now)));
    }
    let log = {
        let mut ground = Ground { files: io.host.files(), log: Vec::new(), now };
        redis.load(&mut ground);
        ground.log
    };
    let mut lines = vec![redis.line('*', "Server initialized", now)];
    lines.extend(log);
    lines.push(redis.line('*', "Ready to accept connections tcp", now));
    let taken = redis.line(
        '#',
        &format!(
            "Warning: Could not create server TCP listening socket *:{port}: bind: Address already in use"
        ),
        now,
    );
    let failed = redis.line('#', "Failed listening on port 6379 (tcp), aborting.", now);
    if !super::serve::begin(io, port, local, Server::Redis(Box::new(redis))) {
        io.out(&format!("{taken}\n{}\n", failed.replace("6379", &port.to_string())));
        return Err(1);
    }
    lines.iter().for_each(|line| io.out(&format!("{line}\n")));
    Ok(())
}

/// The settings of a command line and of the file that it names.
fn settings(io: &mut Io<'_>, arguments: &[String]) -> Result<BTreeMap<String, String>, i32> {
    let mut lines: Vec<Vec<String>> = Vec::new();
    let mut words = arguments.iter();
    if let Some(file) = arguments.first().filter(|word| !word.starts_with('-')) {
        words.next();
        let Ok(text) = io.read_text(file) else {
            io.err(&format!(
                "{}\n",
                line(
                    io.pid,
                    'C',
                    '#',
                    &format!("Fatal error, can't open config file '{file}': No such file or directory"),
                    io.now()
                )
            ));
            return Err(1);
        };
        let kept = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.extend(kept.map(|line| shlex::split(line).unwrap_or_default()));
    }
    for word in words {
        match word.strip_prefix("--") {
            Some(name) => lines.push(name.split_whitespace().map(str::to_owned).collect()),
            None => match lines.last_mut() {
                Some(last) => last.push(word.clone()),
                None => lines.push(vec![word.clone()]),
            },
        }
    }
    let mut settings = BTreeMap::new();
    for (number, words) in lines.iter().enumerate() {
        let Some((name, values)) = words.split_first() else { continue };
        // The image's default file is empty, so only what stands here counts.
        if !is_setting(name) || (values.is_empty() && name != "save") {
            let values: Vec<String> = values.iter().map(|value| format!(" \"{value}\"")).collect();
            io.err(&format!(
                "\n*** FATAL CONFIG FILE ERROR (Redis {}) ***\nReading the configuration file, at line {}\n>>> '{name}{}'\nBad directive or wrong number of arguments\n",
                version(io),
                number + 1,
                values.join("")
            ));
            return Err(1);
        }
        let value = values.join(" ");
        let name = modern(name);
        let earlier = settings.get(&name).filter(|_| name == "save" && !value.is_empty());
        let value = earlier.map_or(value.clone(), |earlier: &String| format!("{earlier} {value}"));
        let value = stored(&name, &value);
        settings.insert(name, value);
    }
    Ok(settings)
}

/// What redis-cli was asked for.
#[derive(Default)]
struct Options {
    host: Option<String>,
    port: Option<u16>,
    password: Option<String>,
    user: Option<String>,
    database: u8,
    raw: Option<bool>,
    repeat: u64,
    interval: u64,
    from_stdin: bool,
    fails: bool,
    quiet: bool,
    words: Vec<String>,
}

/// `redis-cli [-h HOST] [-p PORT] [-a PASSWORD] [COMMAND [ARGUMENT ...]]`
pub(super) fn redis_cli(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let mut options = match read_options(&arguments) {
        Ok(options) => options,
        Err(Some(word)) => {
            io.err(&format!("Unrecognized option or bad number of args for: '{word}'\n"));
            return Ok(1);
        }
        Err(None) => {
            io.out(&format!("redis-cli {}\n", version(io)));
            return Ok(0);
        }
    };
    if options.password.is_some() && !options.quiet && io.memory().turn == 0 {
        io.err("Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.\n");
    }
    if options.password.is_none() {
        options.password = io.env("REDISCLI_AUTH");
    }
    let terminal = io.machine.is_terminal(io.pid, 1);
    let raw = options.raw.unwrap_or(!terminal);
    if options.words.is_empty() {
        return converse(io, &options, raw, terminal);
    }
    if options.from_stdin {
        let text = io.stdin()?;
        options.words.push(text.trim_end_matches('\n').to_owned());
    }
    let done = io.memory().count;
    match run(io, &options, options.database, &options.words, raw) {
        Ok(status) => {
            io.memory().turn = 1;
            io.memory().count = done + 1;
            if options.repeat == 0 || done + 1 < options.repeat {
                let wait = Duration::from_secs(options.interval.max(u64::from(options.repeat == 0)));
                return Err(if wait.is_zero() { Pause::Again } else { Pause::Until(io.now() + wait) });
            }
            Ok(status)
        }
        Err(stop) => stop,
    }
}

fn read_options(arguments: &[String]) -> Result<Options, Option<String>> {
    let mut options = Options { repeat: 1, ..Options::default() };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().cloned().ok_or_else(|| Some(word.clone()));
        match word.as_str() {
            "-h" => options.host = Some(value()?),
            "-p" => options.port = value()?.parse().ok(),
            "-a" | "--pass" => options.password = Some(value()?),
            "--user" => options.user = Some(value()?),
            "-n" => options.database = value()?.parse().unwrap_or(0),
            "-r" => {
                options.repeat = value()?.parse::<i64>().map_or(1, |count| u64::try_from(count).unwrap_or(0))
            }
            "-i" => {
                options.interval = value()?.split('.').next().and_then(|text| text.parse().ok()).unwrap_or(0)
            }
            "-t" | "-D" | "-d" => drop(value()?),
            "-u" => {
                let text = value()?;
                let rest = text.strip_prefix("redis://").unwrap_or(&text).to_owned();
                let (login, place) = rest.rsplit_once('@').unwrap_or(("", &rest));
                let (place, database) = place.split_once('/').unwrap_or((place, "0"));
                let (host, port) = place.split_once(':').unwrap_or((place, "6379"));
                options.host = Some(host.to_owned());
                options.port = port.parse().ok();
                options.database = database.parse().unwrap_or(0);
                if let Some((user, password)) = login.split_once(':') {
                    options.user = Some(user.to_owned()).filter(|user| !user.is_empty());
                    options.password = Some(password.to_owned());
                }
            }
            "-x" => options.from_stdin = true,
            "-e" => options.fails = true,
            "--raw" => options.raw = Some(true),
            "--no-raw" => options.raw = Some(false),
            "--no-auth-warning" => options.quiet = true,
            "-2" | "-3" | "-c" | "-4" | "-6" => {}
            "-v" | "--version" => return Err(None),
            "--scan" => options.words.push("--scan".to_owned()),
            word if word.starts_with('-') && word.len() > 1 && options.words.is_empty() => {
                return Err(Some(word.to_owned()));
            }
            word => {
                options.words.push(word.to_owned());
                options.words.extend(words.cloned());
                break;
            }
        }
    }
    Ok(options)
}

/// Sends a command; its reply, or what the tool does instead.
fn send(
    io: &mut Io<'_>,
    options: &Options,
    database: u8,
    words: &[String],
) -> Result<Reply, Result<String, Pause>> {
    let host = options.host.clone().unwrap_or_else(|| "127.0.0.1".to_owned());
    let port = options.port.unwrap_or(6379);
    let failed = |why: &str| Err(Ok(format!("Could not connect to Redis at {host}:{port}: {why}")));
    let address = match io.lookup(&host) {
        Lookup::Found { addresses, .. } => addresses.first().cloned().unwrap_or_default(),
        _ if io.is_gnu() => return failed("Name or service not known"),
        _ => return failed("Name does not resolve"),
    };
    let user = options.user.clone().unwrap_or_else(|| "default".to_owned());
    let login = options.password.clone().map(|password| (user, password));
    let call = server::Call::Redis(Call { words: words.to_vec(), database, login });
    match io.host.ask(&address, port, &call) {
        Ok(server::Reply::Redis(reply)) => Ok(reply),
        Ok(_) => Err(Ok("Error: Protocol error, got \"E\" as reply type byte".to_owned())),
        Err(NetError::TimedOut) => {
            let limit = io.memory().limit.unwrap_or(io.now() + Duration::from_secs(134));
            io.memory().limit = Some(limit);
            if let Err(pause) = io.wait_until(limit) {
                return Err(Err(pause));
            }
            failed("Connection timed out")
        }
        Err(error) => failed(&error.to_string()),
    }
}

/// Runs one command and prints its reply.
fn run(io: &mut Io<'_>, options: &Options, database: u8, words: &[String], raw: bool) -> Result<i32, Turn> {
    let scan = words.first().is_some_and(|word| word == "--scan");
    let mut sent = words.to_vec();
    if scan {
        let pattern = words.iter().position(|word| word == "--pattern").and_then(|at| words.get(at + 1));
        sent = vec!["keys".to_owned(), pattern.cloned().unwrap_or_else(|| "*".to_owned())];
    }
    match send(io, options, database, &sent) {
        Ok(reply) => {
            let failed = matches!(reply, Reply::Error(_));
            if words.first().is_some_and(|word| word.eq_ignore_ascii_case("shutdown")) && !failed {
                return Ok(0);
            }
            let text = if raw || scan { raw_text(&reply) } else { shown(&reply, "") };
            io.out(&format!("{text}\n"));
            Ok(i32::from(failed && options.fails))
        }
        Err(Ok(why)) => {
            io.err(&format!("{why}\n"));
            Err(Ok(1))
        }
        Err(Err(pause)) => Err(Err(pause)),
    }
}

/// A session: a line, an answer.
fn converse(io: &mut Io<'_>, options: &Options, raw: bool, terminal: bool) -> Turn {
    loop {
        let database = u8::try_from(io.memory().line).unwrap_or(0);
        if terminal && !io.memory().found {
            let reachable = send(io, options, database, &["ping".to_owned()]);
            let prompt = match reachable {
                Ok(_) => {
                    let host = options.host.as_deref().unwrap_or("127.0.0.1");
                    let number = if database == 0 { String::new() } else { format!("[{database}]") };
                    format!("{host}:{}{number}> ", options.port.unwrap_or(6379))
                }
                Err(Ok(why)) => {
                    io.out(&format!("{why}\n"));
                    "not connected> ".to_owned()
                }
                Err(Err(pause)) => return Err(pause),
            };
            io.out(&prompt);
            io.memory().found = true;
        }
        let Some(line) = io.stdin_line()? else { return Ok(0) };
        io.memory().found = false;
        let words = shlex::split(line.trim()).unwrap_or_default();
        match words.first().map(|word| word.to_ascii_lowercase()).as_deref() {
            None => continue,
            Some("exit" | "quit") => return Ok(0),
            Some("clear") => continue,
            _ => {}
        }
        match run(io, options, database, &words, raw) {
            Ok(_) if words[0].eq_ignore_ascii_case("select") => {
                io.memory().line = words.get(1).and_then(|number| number.parse().ok()).unwrap_or(0);
            }
            Ok(_) => {}
            Err(Ok(_)) if terminal => {}
            Err(turn) => return turn,
        }
    }
}

/// A reply as it is printed into a pipe.
fn raw_text(reply: &Reply) -> String {
    match reply {
        Reply::Status(text) => (*text).to_owned(),
        Reply::Error(text) => format!("{text}\n"),
        Reply::Int(number) => number.to_string(),
        Reply::Bulk(text) | Reply::Verbatim(text) => text.clone(),
        Reply::Nil => String::new(),
        Reply::Array(items) => items.iter().map(raw_text).collect::<Vec<_>>().join("\n"),
    }
}

/// A reply as it is printed on a terminal.
fn shown(reply: &Reply, indent: &str) -> String {
    match reply {
        Reply::Status(text) => (*text).to_owned(),
        Reply::Error(text) => format!("(error) {text}"),
        Reply::Int(number) => format!("(integer) {number}"),
        Reply::Bulk(text) => quoted(text),
        Reply::Verbatim(text) => text.clone(),
        Reply::Nil => "(nil)".to_owned(),
        Reply::Array(items) if items.is_empty() => "(empty array)".to_owned(),
        Reply::Array(items) => {
            let width = items.len().to_string().len();
            let lines = items.iter().enumerate().map(|(index, item)| {
                let head = format!("{:>width$}) ", index + 1);
                let inner = format!("{indent}{}", " ".repeat(head.len()));
                let lead = if index == 0 { "" } else { indent };
                format!("{lead}{head}{}", shown(item, &inner))
            });
            lines.collect::<Vec<_>>().join("\n")
        }
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
