//! psql.

use std::sync::Arc;

use super::io::Io;
use super::libpq::{Target, Trouble};
use super::rows::{Style, table};
use super::{Pause, Turn};
use crate::runtime::server::postgres::sql::{Cluster, Outcome, SqlError, split_statements};
use crate::runtime::server::postgres::{Message, Reply, VERSION};

/// `psql [OPTION]... [DBNAME [USER]]`
pub(super) fn psql(io: &mut Io<'_>) -> Turn {
    if io.arguments().first().is_some_and(|word| matches!(word.as_str(), "-V" | "--version")) {
        io.out(&format!("psql (PostgreSQL) {VERSION} (Debian {VERSION}-1.pgdg13+1)\n"));
        return Ok(0);
    }
    let (mut target, given) = match Target::read(io, "c:f:tAqxlv:wWX1aebEnF:P:") {
        Ok(found) => found,
        Err(status) => return Ok(status),
    };
    let has = |wanted: char| given.iter().any(|(letter, _)| *letter == wanted);
    let separator =
        given.iter().rev().find(|(letter, _)| *letter == 'F').and_then(|(_, text)| text.chars().next());
    let style = Style {
        tuples_only: has('t'),
        unaligned: has('A'),
        expanded: has('x'),
        quiet: has('q'),
        separator: separator.unwrap_or('|'),
    };
    let stops = given.iter().any(|(letter, value)| {
        *letter == 'v' && matches!(value.as_str(), "ON_ERROR_STOP=1" | "ON_ERROR_STOP=on")
    });
    if has('l') {
        target.database = "postgres".to_owned();
    }
    if io.memory().turn == 0 {
        if io.memory().found && io.memory().text.is_empty() {
            let Some(line) = io.stdin_line()? else { return Ok(2) };
            io.memory().text = line.trim_end_matches('\n').to_owned();
        }
        if !io.memory().text.is_empty() {
            target.password = Some(io.memory().text.clone());
        }
        match target.ask(io, Message::Connect) {
            Ok(_) => io.memory().turn = 1,
            Err(Trouble::Pause(pause)) => return Err(pause),
            Err(Trouble::Failed(text)) => {
                let asks =
                    text.ends_with("no password supplied") && io.machine.is_terminal(io.pid, 0) && !has('w');
                if asks {
                    io.out(&format!("Password for user {}: ", target.user));
                    io.memory().found = true;
                    return psql(io);
                }
                io.err(&format!("psql: error: {text}\n"));
                return Ok(2);
            }
        }
    }
    if !io.memory().text.is_empty() && io.memory().found {
        target.password = Some(io.memory().text.clone());
    }
    let mut shell = Shell { target, style, stops, prefix: String::new(), timing: false };
    if has('l') {
        shell.backslash(io, "\\l")?;
        return Ok(0);
    }
    let commands: Vec<(char, String)> =
        given.into_iter().filter(|(letter, _)| matches!(letter, 'c' | 'f')).collect();
    if commands.is_empty() {
        return shell.converse(io);
    }
    for (letter, text) in commands {
        let status = if letter == 'f' { shell.file(io, &text)? } else { shell.command(io, &text)? };
        if status != 0 {
            return Ok(status);
        }
    }
    Ok(0)
}

struct Shell {
    target: Target,
    style: Style,
    stops: bool,
    /// Where an error's place stands before it, `psql:/init.sql:3: `.
    prefix: String,
    timing: bool,
}

impl Shell {
    /// `-c`: one query, or one backslash command.
    fn command(&mut self, io: &mut Io<'_>, text: &str) -> Turn {
        if text.trim_start().starts_with('\\') {
            return self.backslash(io, text.trim()).map(|keeps| if keeps { 0 } else { 1 });
        }
        let failed = self.query(io, text)?;
        Ok(i32::from(failed))
    }

    fn file(&mut self, io: &mut Io<'_>, path: &str) -> Turn {
        let text = if path == "-" {
            io.stdin()?
        } else {
            match io.read_text(path) {
                Ok(text) => text,
                Err(error) => {
                    io.err(&format!("psql: error: {path}: {error}\n"));
                    return Ok(1);
                }
            }
        };
        self.script(io, &text, Some(path))
    }

    fn script(&mut self, io: &mut Io<'_>, text: &str, name: Option<&str>) -> Turn {
        let mut buffer = String::new();
        for (number, line) in text.lines().enumerate() {
            if let Some(name) = name {
                self.prefix = format!("psql:{name}:{}: ", number + 1);
            }
            if buffer.trim().is_empty() && line.trim_start().starts_with('\\') {
                if !self.backslash(io, line.trim())? {
                    return Ok(0);
                }
                continue;
            }
            buffer.push_str(line);
            buffer.push('\n');
            let (statements, rest) = split_statements(&buffer);
            buffer = rest;
            for statement in statements {
                if self.query(io, &statement)? && self.stops {
                    return Ok(3);
                }
            }
        }
        if !buffer.trim().is_empty() && self.query(io, buffer.trim())? && self.stops {
            return Ok(3);
        }
        Ok(0)
    }

    /// Reads standard input: at a prompt when it is a terminal, otherwise as a script.
    fn converse(&mut self, io: &mut Io<'_>) -> Turn {
        if !io.machine.is_terminal(io.pid, 0) {
            let text = io.stdin()?;
            return self.script(io, &text, None);
        }
        if io.memory().line == 0 {
            io.memory().line = 1;
            io.memory().held = String::new();
            if !self.style.quiet {
                io.out(&format!(
                    "psql ({VERSION} (Debian {VERSION}-1.pgdg13+1))\nType \"help\" for help.\n\n"
                ));
            }
            io.memory().failed = true;
        }
        if let Some(database) = io.memory().words.first() {
            self.target.database.clone_from(database);
        }
        loop {
            let buffer = io.memory().held.clone();
            if io.memory().failed {
                let mark = match io.memory().count {
                    1 => "*",
                    2 => "!",
                    _ => "",
                };
                let sign = if buffer.trim().is_empty() { "=" } else { "-" };
                let end = if self.is_superuser(io) { '#' } else { '>' };
                let prompt = format!("{}{sign}{mark}{end} ", self.target.database);
                io.out(&prompt);
                io.memory().failed = false;
            }
            let Some(line) = io.stdin_line()? else {
                io.out("\\q\n");
                return Ok(0);
            };
            io.memory().failed = true;
            let words = line.trim();
            if buffer.trim().is_empty() && matches!(words, "exit" | "quit" | "\\q") {
                return Ok(0);
            }
            if buffer.trim().is_empty() && words == "help" {
                io.out("You are using psql, the command-line interface to PostgreSQL.\nType:  \\copyright for distribution terms\n       \\h for help with SQL commands\n       \\? for help with psql commands\n       \\g or terminate with semicolon to execute query\n       \\q to quit\n");
                continue;
            }
            if buffer.trim().is_empty() && words.starts_with('\\') {
                self.style.expanded = io.memory().after == 1;
                if !self.backslash(io, words)? {
                    return Ok(0);
                }
                io.memory().after = u64::from(self.style.expanded);
                io.memory().words = vec![self.target.database.clone()];
                continue;
            }
            self.style.expanded = io.memory().after == 1;
            let (statements, rest) = split_statements(&format!("{buffer}{line}"));
            io.memory().held = if rest.trim().is_empty() { String::new() } else { rest };
            for statement in statements {
                self.query(io, &statement)?;
            }
        }
    }

    fn catalog(&self, io: &mut Io<'_>) -> Result<Option<Arc<Cluster>>, Pause> {
        match self.target.ask(io, Message::Catalog) {
            Ok(Reply::Catalog(cluster)) => Ok(Some(cluster)),
            Ok(_) => Ok(None),
            Err(Trouble::Pause(pause)) => Err(pause),
            Err(Trouble::Failed(text)) => {
                io.err(&format!("psql: error: {text}\n"));
                Ok(None)
            }
        }
    }

    fn is_superuser(&self, io: &mut Io<'_>) -> bool {
        let catalog = self.catalog(io).ok().flatten();
        catalog.is_some_and(|cluster| cluster.roles.get(&self.target.user).is_some_and(|role| role.superuser))
    }

    /// Runs a query and shows what it gave; whether it failed.
    fn query(&mut self, io: &mut Io<'_>, query: &str) -> Result<bool, Pause> {
        let (outcomes, state) = match self.target.ask(io, Message::Query(query.to_owned())) {
            Ok(Reply::Outcomes(outcomes, state)) => (outcomes, state),
            Ok(_) => return Ok(true),
            Err(Trouble::Pause(pause)) => return Err(pause),
            Err(Trouble::Failed(text)) => {
                io.err(&format!("{}{text}\n", self.prefix));
                return Ok(true);
            }
        };
        io.memory().count = match state {
            None => 0,
            Some(false) => 1,
            Some(true) => 2,
        };
        let mut failed = false;
        for outcome in outcomes {
            match outcome {
                Outcome::Rows { columns, rows, .. } => io.out(&table(&columns, &rows, None, self.style)),
                Outcome::Tag(tag) if !self.style.quiet => io.out(&format!("{tag}\n")),
                Outcome::Tag(_) => {}
                Outcome::Notice(text) => io.err(&format!("{}{text}\n", self.prefix)),
                Outcome::Error(error) => {
                    io.err(&format!("{}{}", self.prefix, error_text(&error, query)));
                    failed = true;
                }
            }
        }
        if self.timing {
            io.out("Time: 0.512 ms\n");
        }
        Ok(failed)
    }

    /// A backslash command; false when it ends the session.
    fn backslash(&mut self, io: &mut Io<'_>, line: &str) -> Result<bool, Pause> {
        let mut words = line.split_whitespace();
        let command = words.next().unwrap_or_default().trim_end_matches(';');
        let argument = words.next().map(|word| word.trim_end_matches(';').to_owned());
        match command {
            "\\q" => return Ok(false),
            "\\x" => {
                self.style.expanded = !self.style.expanded;
                io.out(if self.style.expanded {
                    "Expanded display is on.\n"
                } else {
                    "Expanded display is off.\n"
                });
            }
            "\\t" => {
                self.style.tuples_only = !self.style.tuples_only;
                io.out(if self.style.tuples_only { "Tuples only is on.\n" } else { "Tuples only is off.\n" });
            }
            "\\timing" => {
                self.timing = !self.timing;
                io.out(if self.timing { "Timing is on.\n" } else { "Timing is off.\n" });
            }
            "\\conninfo" => {
                let Target { host, port, user, database, .. } = &self.target;
                let place = match host {
                    Some(host) => format!("on host \"{host}\" at port \"{port}\""),
                    None => format!("via socket in \"/var/run/postgresql\" at port \"{port}\""),
                };
                io.out(&format!(
                    "You are connected to database \"{database}\" as user \"{user}\" {place}.\n"
                ));
            }
            "\\c" | "\\connect" => {
                let before = self.target.clone();
                if let Some(database) = argument {
                    self.target.database = database;
                }
                match self.target.ask(io, Message::Connect) {
                    Ok(_) => {
                        let Target { database, user, .. } = &self.target;
                        let text =
                            format!("You are now connected to database \"{database}\" as user \"{user}\".\n");
                        io.out(&text);
                    }
                    Err(Trouble::Pause(pause)) => return Err(pause),
                    Err(Trouble::Failed(text)) => {
                        io.err(&format!("{text}\nPrevious connection kept\n"));
                        self.target = before;
                    }
                }
            }
            "\\echo" => io.out(&format!("{}\n", line.split_once(' ').map_or("", |(_, rest)| rest.trim()))),
            "\\i" => {
                let path = argument.unwrap_or_default();
                self.file(io, &path)?;
            }
            "\\l" | "\\l+" | "\\list" | "\\d" | "\\dt" | "\\dt+" | "\\d+" | "\\du" | "\\dn" => {
                if let Some(cluster) = self.catalog(io)? {
                    self.describe(io, command, argument.as_deref(), &cluster);
                }
            }
            "\\set" | "\\pset" | "\\encoding" | "\\o" | "\\a" => {}
            other => io.err(&format!("invalid command {other}\nTry \\? for help.\n")),
        }
        Ok(true)
    }

    fn describe(&self, io: &mut Io<'_>, command: &str, argument: Option<&str>, cluster: &Cluster) {
        let left = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), false)).collect::<Vec<_>>();
        let cells = |cells: &[&str]| cells.iter().map(|cell| Some((*cell).to_owned())).collect::<Vec<_>>();
        let style = self.style;
        match (command, argument) {
            ("\\l" | "\\l+" | "\\list", _) => {
                let columns = left(&[
                    "Name",
                    "Owner",
                    "Encoding",
                    "Locale Provider",
                    "Collate",
                    "Ctype",
                    "Locale",
                    "ICU Rules",
                    "Access privileges",
                ]);
                let rows: Vec<Vec<Option<String>>> = cluster
                    .databases
                    .iter()
                    .map(|(name, database)| {
                        let owner = database.owner.as_str();
                        let access = format!("=c/{owner}\n{owner}=CTc/{owner}");
                        let access = if name.starts_with("template") { access.as_str() } else { "" };
                        cells(&[name, owner, "UTF8", "libc", "en_US.utf8", "en_US.utf8", "", "", access])
                    })
                    .collect();
                io.out(&table(&columns, &rows, Some("List of databases"), style));
            }
            ("\\du", _) => {
                let rows: Vec<Vec<Option<String>>> = cluster
                    .roles
                    .iter()
                    .map(|(name, role)| {
                        let mut powers = Vec::new();
                        for (has, text) in [
                            (role.superuser, "Superuser"),
                            (role.create_role, "Create role"),
                            (role.create_db, "Create DB"),
                            (!role.login, "Cannot login"),
                            (role.replication, "Replication"),
                        ] {
                            if has {
                                powers.push(text);
                            }
                        }
                        if role.superuser {
                            powers.push("Bypass RLS");
                        }
                        cells(&[name, &powers.join(", ")])
                    })
                    .collect();
                io.out(&table(&left(&["Role name", "Attributes"]), &rows, Some("List of roles"), style));
            }
            ("\\dn", _) => {
                let rows = vec![cells(&["public", "pg_database_owner"])];
                io.out(&table(&left(&["Name", "Owner"]), &rows, Some("List of schemas"), style));
            }
            ("\\d" | "\\d+", Some(name)) => self.describe_table(io, name, cluster),
            (_, name) => {
                let Some(database) = cluster.databases.get(&self.target.database) else { return };
                let wanted =
                    database.tables.keys().filter(|table| name.is_none_or(|name| name == table.as_str()));
                let rows: Vec<Vec<Option<String>>> =
                    wanted.map(|name| cells(&["public", name, "table", &database.owner])).collect();
                if rows.is_empty() {
                    io.err(&match name {
                        Some(name) => format!("Did not find any relation named \"{name}\".\n"),
                        None => "Did not find any relations.\n".to_owned(),
                    });
                    return;
                }
                let columns = left(&["Schema", "Name", "Type", "Owner"]);
                io.out(&table(&columns, &rows, Some("List of relations"), style));
            }
        }
    }

    fn describe_table(&self, io: &mut Io<'_>, name: &str, cluster: &Cluster) {
        let found =
            cluster.databases.get(&self.target.database).and_then(|database| database.tables.get(name));
        let Some(found) = found else {
            return io.err(&format!("Did not find any relation named \"{name}\".\n"));
        };
        let columns =
            ["Column", "Type", "Collation", "Nullable", "Default"].map(|name| (name.to_owned(), false));
        let rows: Vec<Vec<Option<String>>> = found
            .columns
            .iter()
            .map(|column| {
                let default = match (&column.default, column.serial) {
                    (_, true) => format!("nextval('{name}_{}_seq'::regclass)", column.name),
                    (Some(default), _) => default.clone(),
                    (None, _) => String::new(),
                };
                let nullable = if column.not_null { "not null" } else { "" };
                let cells =
                    [column.name.clone(), column.kind.name(), String::new(), nullable.to_owned(), default];
                cells.map(Some).to_vec()
            })
            .collect();
        let mut keys: Vec<String> = Vec::new();
        if !found.key.is_empty() {
            let names: Vec<&str> = found.key.iter().map(|at| found.columns[*at].name.as_str()).collect();
            keys.push(format!("    \"{name}_pkey\" PRIMARY KEY, btree ({})\n", names.join(", ")));
        }
        for column in found.columns.iter().filter(|column| column.unique) {
            let column = &column.name;
            keys.push(format!("    \"{name}_{column}_key\" UNIQUE CONSTRAINT, btree ({column})\n"));
        }
        let style = Style { tuples_only: false, ..self.style };
        let text = table(&columns, &rows, Some(&format!("Table \"public.{name}\"")), style);
        // Instead of the number of rows stand the keys.
        let body = text.rsplit_once("\n(").map_or(text.as_str(), |(body, _)| body);
        let indexes = if keys.is_empty() { String::new() } else { format!("Indexes:\n{}", keys.concat()) };
        io.out(&format!("{body}\n{indexes}\n"));
    }
}

/// An error as psql prints it, with the line that it is in and a mark under its place.
fn error_text(error: &SqlError, query: &str) -> String {
    let mut text = format!("ERROR:  {}\n", error.message);
    if let Some(at) = error.position.filter(|at| query.is_char_boundary(*at)) {
        let before = &query[..at];
        let number = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = query[start..].lines().next().unwrap_or_default();
        let head = format!("LINE {number}: ");
        let indent = head.chars().count() + query[start..at].chars().count();
        text.push_str(&format!("{head}{line}\n{}^\n", " ".repeat(indent)));
    }
    if let Some(detail) = &error.detail {
        text.push_str(&format!("DETAIL:  {detail}\n"));
    }
    if let Some(hint) = &error.hint {
        text.push_str(&format!("HINT:  {hint}\n"));
    }
    text
}
