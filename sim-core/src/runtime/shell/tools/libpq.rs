//! How PostgreSQL's clients read their options and find their server.

use std::time::Duration;

use super::Pause;
use super::io::Io;
use super::options::Options;
use crate::network::http::NetError;
use crate::network::resolver::Lookup;
use crate::runtime::server;
use crate::runtime::server::postgres::{Call, Message, Reply, connection_error};

/// A server, and who wants to talk to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Target {
    /// `None` for the socket in the container.
    pub host: Option<String>,
    pub port: u16,
    pub user: String,
    pub database: String,
    pub password: Option<String>,
    pub operands: Vec<String>,
}

/// Why there is no answer.
pub(super) enum Trouble {
    /// libpq's words.
    Failed(String),
    Pause(Pause),
}

/// Long options of all of these clients, as the letters that they stand for.
const LONG: &[(&str, &str)] = &[
    ("--command", "-c"),
    ("--dbname", "-d"),
    ("--echo-errors", "-b"),
    ("--expanded", "-x"),
    ("--field-separator", "-F"),
    ("--file", "-f"),
    ("--format", "-F"),
    ("--host", "-h"),
    ("--list", "-l"),
    ("--no-align", "-A"),
    ("--no-password", "-w"),
    ("--no-psqlrc", "-X"),
    ("--password", "-W"),
    ("--pgdata", "-D"),
    ("--port", "-p"),
    ("--progress", "-P"),
    ("--quiet", "-q"),
    ("--set", "-v"),
    ("--single-transaction", "-1"),
    ("--tuples-only", "-t"),
    ("--username", "-U"),
    ("--variable", "-v"),
    ("--verbose", "-v"),
    ("--wal-method", "-X"),
    ("--write-recovery-conf", "-R"),
    ("--timeout", "-t"),
    ("--checkpoint", "-c"),
    ("--slot", "-S"),
    ("--create-slot", "-C"),
    ("--owner", "-O"),
    ("--superuser", "-s"),
];

impl Target {
    /// The server in the same container.
    pub fn local() -> Target {
        Target {
            port: 5432,
            user: "postgres".to_owned(),
            database: "postgres".to_owned(),
            ..Target::default()
        }
    }

    /// Reads a client's options: its own letters in `spec`, and those that all of them have.
    ///
    /// # Errors
    /// The exit code, after the message was printed.
    pub fn read(io: &mut Io<'_>, spec: &str) -> Result<(Target, Vec<(char, String)>), i32> {
        let mut words = Vec::new();
        for word in io.arguments().iter() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if word.starts_with("--") => (name, Some(value.to_owned())),
                _ => (word.as_str(), None),
            };
            match LONG.iter().find(|(long, _)| *long == name) {
                Some((_, short)) => {
                    words.push((*short).to_owned());
                    words.extend(value);
                }
                None => words.push(word.clone()),
            }
        }
        let common = "h:p:U:d:";
        let options = match Options::parse(&words, &format!("{common}{spec}")) {
            Ok(options) => options,
            Err(_) => {
                let name = io.name();
                let bad = words.iter().find(|word| word.starts_with('-')).cloned().unwrap_or_default();
                io.err(&format!("{name}: unrecognized option '{bad}'\n{name}: hint: Try \"{name} --help\" for more information.\n"));
                return Err(1);
            }
        };
        let env = |name: &str| io.env(name).filter(|value| !value.is_empty());
        let user = options.value('U').map(str::to_owned).or_else(|| env("PGUSER"));
        let mut target = Target {
            host: options
                .value('h')
                .map(str::to_owned)
                .or_else(|| env("PGHOST"))
                .filter(|host| !host.starts_with('/')),
            port: options
                .value('p')
                .map(str::to_owned)
                .or_else(|| env("PGPORT"))
                .and_then(|p| p.parse().ok())
                .unwrap_or(5432),
            database: options.value('d').map(str::to_owned).or_else(|| env("PGDATABASE")).unwrap_or_default(),
            password: env("PGPASSWORD"),
            user: user.unwrap_or_else(|| io.host.user_name()),
            operands: options.operands.clone(),
        };
        if io.name() == "psql" {
            let mut operands = target.operands.clone().into_iter();
            if target.database.is_empty() {
                target.database = operands.next().unwrap_or_default();
            }
            if let Some(user) = operands.next() {
                target.user = user;
            }
        }
        target.take_uri();
        if target.database.is_empty() {
            target.database = target.user.clone();
        }
        let letters = spec.chars().filter(|letter| *letter != ':');
        let given = letters.filter(|letter| options.has(*letter)).flat_map(|letter| {
            let values = options.values(letter);
            values.into_iter().map(move |value| (letter, value.to_owned())).collect::<Vec<_>>()
        });
        let given = given.collect();
        Ok((target, given))
    }

    /// A database's name may be a whole URI.
    fn take_uri(&mut self) {
        let text = self.database.clone();
        let Some(rest) = text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://"))
        else {
            return;
        };
        let (login, place) = rest.rsplit_once('@').unwrap_or(("", rest));
        let (place, database) = place.split_once('/').unwrap_or((place, ""));
        let (host, port) = place.split_once(':').unwrap_or((place, "5432"));
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        if !user.is_empty() {
            self.user = user.to_owned();
        }
        if !password.is_empty() {
            self.password = Some(password.to_owned());
        }
        self.host = Some(host.to_owned()).filter(|host| !host.is_empty());
        self.port = port.parse().unwrap_or(5432);
        self.database = database.split('?').next().unwrap_or_default().to_owned();
    }

    /// Sends a message.
    ///
    /// # Errors
    /// [`Trouble`]
    pub fn ask(&self, io: &mut Io<'_>, message: Message) -> Result<Reply, Trouble> {
        let failed = |text: String| Err(Trouble::Failed(text));
        let pinged = message == Message::Ping;
        let (address, place) = match &self.host {
            None => {
                ("127.0.0.1".to_owned(), format!("on socket \"/var/run/postgresql/.s.PGSQL.{}\"", self.port))
            }
            Some(host) => match io.lookup(host) {
                Lookup::Found { addresses, .. } => {
                    let ip = addresses.first().cloned().unwrap_or_default();
                    let shown =
                        if *host == ip { format!("\"{host}\"") } else { format!("\"{host}\" ({ip})") };
                    (ip, format!("at {shown}, port {}", self.port))
                }
                _ => {
                    let why = if io.is_gnu() { "Name or service not known" } else { "Name does not resolve" };
                    return failed(format!("could not translate host name \"{host}\" to address: {why}"));
                }
            },
        };
        let session = io.started.0 ^ u64::from(io.pid) << 48 ^ u64::from(io.machine.main) << 32;
        let call = Call {
            user: self.user.clone(),
            database: self.database.clone(),
            password: self.password.clone(),
            session,
            message,
        };
        match io.host.ask(&address, self.port, &server::Call::Postgres(call)) {
            Ok(server::Reply::Postgres(Reply::Fatal(text))) if !pinged => {
                failed(format!("connection to server {place} failed: FATAL:  {text}"))
            }
            Ok(server::Reply::Postgres(Reply::NeedsPassword)) => {
                failed(format!("connection to server {place} failed: fe_sendauth: no password supplied"))
            }
            Ok(server::Reply::Postgres(reply)) => Ok(reply),
            Ok(_) => failed(format!(
                "connection to server {place} failed: received invalid response to SSL negotiation: H"
            )),
            Err(NetError::TimedOut) => {
                let seconds = io.env("PGCONNECT_TIMEOUT").and_then(|text| text.parse().ok()).unwrap_or(134);
                let seconds = if pinged { 3 } else { seconds };
                let limit = io.memory().limit.unwrap_or(io.now() + Duration::from_secs(seconds));
                io.memory().limit = Some(limit);
                if let Err(pause) = io.wait_until(limit) {
                    return Err(Trouble::Pause(pause));
                }
                let host = self.host.clone().unwrap_or_default();
                failed(connection_error(&host, &address, self.port, NetError::TimedOut))
            }
            Err(error) => match &self.host {
                Some(host) => failed(connection_error(host, &address, self.port, error)),
                None => failed(format!(
                    "connection to server {place} failed: No such file or directory\n\tIs the server running locally and accepting connections on that socket?"
                )),
            },
        }
    }
}
