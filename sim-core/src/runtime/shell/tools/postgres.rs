//! postgres, its image's entry point, and its small clients.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::io::Io;
use super::libpq::{Target, Trouble};
use super::{Pause, Turn};
use crate::runtime::fs::normalize;
use crate::runtime::server::postgres::sql::Outcome;
use crate::runtime::server::postgres::{self, Message, Postgres, Reply, initial_files, line, write_all};
use crate::runtime::server::{Ground, Server};

/// How long initdb works.
const INITDB: Duration = Duration::from_millis(1_500);
/// How long a server takes from its first line to being ready.
const RECOVERY: Duration = Duration::from_millis(150);

/// `postgres [-D DIR] [-c NAME=VALUE]...`
pub(super) fn server(io: &mut Io<'_>) -> Turn {
    if io.memory().turn == 0 {
        io.wait_until(io.started + RECOVERY)?;
        let arguments = io.arguments();
        if arguments.first().is_some_and(|word| matches!(word.as_str(), "-V" | "--version")) {
            io.out(&format!("postgres (PostgreSQL) {}\n", postgres::VERSION));
            return Ok(0);
        }
        if !open(io, &arguments, false) {
            return Ok(1);
        }
    }
    super::serve::drive(io)
}

fn data_dir(io: &Io<'_>) -> String {
    io.env("PGDATA").unwrap_or_else(|| "/var/lib/postgresql/data".to_owned())
}

/// Starts a server on its data directory; false when it cannot, and has said why.
fn open(io: &mut Io<'_>, arguments: &[String], local: bool) -> bool {
    let (mut dir, mut settings) = (data_dir(io), BTreeMap::new());
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = |short: &str| match word.strip_prefix(short) {
            Some("") => words.next().cloned().unwrap_or_default(),
            Some(rest) => rest.to_owned(),
            None => String::new(),
        };
        match word.get(..2).unwrap_or_default() {
            "-D" => dir = value("-D"),
            "-p" => drop(settings.insert("port".to_owned(), value("-p"))),
            "-h" => drop(settings.insert("listen_addresses".to_owned(), value("-h"))),
            "-c" => {
                let text = value("-c");
                let (name, setting) = text.split_once('=').unwrap_or((&text, ""));
                settings
                    .insert(name.trim().to_ascii_lowercase().replace('-', "_"), setting.trim().to_owned());
            }
            "--" => {
                let (name, setting) = word[2..].split_once('=').unwrap_or((&word[2..], ""));
                settings.insert(name.to_ascii_lowercase().replace('-', "_"), setting.to_owned());
            }
            _ => {}
        }
    }
    let dir = normalize(&io.directory, &dir);
    // The server of the first start is a child of the entry point.
    let pid = if local { io.pid + 47 } else { io.pid };
    let (now, seed, ip) = (io.now(), io.host.container_id(), io.host.ip());
    let opened = Postgres::open(&dir, &settings, pid, &seed, io.host.files(), now);
    let server = match opened {
        Ok(server) => server.at(ip),
        Err(why) => {
            // Before there is a server to log, the program speaks for itself.
            io.err(&format!("postgres: {why}\n"));
            return false;
        }
    };
    let log = {
        let mut ground = Ground { files: io.host.files(), log: Vec::new(), now };
        server.start_lines(&mut ground, local);
        let _ =
            ground.files.write(&format!("{dir}/postmaster.pid"), format!("{pid}\n{dir}\n").as_bytes(), now);
        ground.log
    };
    let port = server.port();
    let local = local || server.is_local();
    if !super::serve::begin(io, port, local, Server::Postgres(Box::new(server))) {
        for text in [
            line(pid, "LOG", "could not bind IPv4 address \"0.0.0.0\": Address already in use", now),
            line(
                pid,
                "HINT",
                &format!(
                    "Is another postmaster already running on port {port}? If not, wait a few seconds and retry."
                ),
                now,
            ),
            line(pid, "FATAL", "could not create any TCP/IP sockets", now),
        ] {
            io.err(&format!("{text}\n"));
        }
        return false;
    }
    log.iter().for_each(|line| io.err(&format!("{line}\n")));
    true
}

/// The image's entry point: makes the cluster at the first start, then becomes the server.
pub(super) fn entrypoint(io: &mut Io<'_>) -> Turn {
    let mut words = io.arguments().to_vec();
    let first = words.first().cloned().unwrap_or_default();
    if io.host.has_tool("redis-server") {
        if first.starts_with('-') || first.ends_with(".conf") {
            words.insert(0, "redis-server".to_owned());
        }
        return become_of(io, words);
    }
    if first.starts_with('-') {
        words.insert(0, "postgres".to_owned());
    }
    if words.first().map(String::as_str) != Some("postgres") {
        return become_of(io, words);
    }
    match io.memory().turn {
        0 => prepare(io, words),
        1 => finish_initdb(io),
        _ => run_scripts(io, words),
    }
}

fn become_of(io: &mut Io<'_>, words: Vec<String>) -> Turn {
    let environment = io.tool.environment.to_vec();
    Err(Pause::Exec { words, environment })
}

fn superuser(io: &Io<'_>) -> String {
    let user = secret(io, "POSTGRES_USER").filter(|user| !user.is_empty());
    user.unwrap_or_else(|| "postgres".to_owned())
}

/// A variable, or the file that `NAME_FILE` names: what docker's images call secrets.
fn secret(io: &Io<'_>, name: &str) -> Option<String> {
    io.env(name)
}

fn prepare(io: &mut Io<'_>, words: Vec<String>) -> Turn {
    let dir = data_dir(io);
    if io.files().stat(&format!("{dir}/PG_VERSION")).is_ok() {
        io.out("\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n");
        return become_of(io, words);
    }
    let file = io.env("POSTGRES_PASSWORD_FILE").and_then(|file| io.read_text(&file).ok());
    let password = file.map(|text| text.trim_end().to_owned()).or_else(|| io.env("POSTGRES_PASSWORD"));
    let password = password.filter(|password| !password.is_empty());
    let method = io.env("POSTGRES_HOST_AUTH_METHOD");
    if password.is_none() && method.as_deref() != Some("trust") {
        io.err(UNINITIALIZED);
        return Ok(1);
    }
    let listed = io.files().list(&dir).unwrap_or_default();
    io.out(&initdb_lines(&superuser(io), &dir));
    if let Some(first) = listed.first() {
        io.err(&format!("initdb: error: directory \"{dir}\" exists but is not empty\n"));
        if first.name == "lost+found" {
            io.err("initdb: detail: It contains a lost+found directory, perhaps due to it being a mount point.\n");
            io.err("initdb: hint: Using a mount point directly as the data directory is not recommended.\nCreate a subdirectory under the mount point.\n");
        } else {
            io.err(&format!("initdb: hint: If you want to create a new database system, either remove or empty the directory \"{dir}\" or run initdb with an argument other than \"{dir}\".\n"));
        }
        return Ok(1);
    }
    io.memory().text = password.unwrap_or_default();
    io.memory().turn = 1;
    Err(Pause::Until(io.started + INITDB))
}

fn finish_initdb(io: &mut Io<'_>) -> Turn {
    io.wait_until(io.started + INITDB)?;
    let (dir, user, now) = (data_dir(io), superuser(io), io.now());
    let password = Some(io.memory().text.clone()).filter(|password| !password.is_empty());
    let method = io.env("POSTGRES_HOST_AUTH_METHOD").unwrap_or_else(|| "scram-sha-256".to_owned());
    let seed = format!("{} {dir}", io.host.container_id());
    let files = initial_files(&user, password.as_deref(), &seed, &method);
    let files: Vec<postgres::BackupFile> = files
        .into_iter()
        .map(|(path, text)| postgres::BackupFile { path, bytes: Arc::from(text.into_bytes()) })
        .collect();
    if let Err(error) = write_all(io.files(), &dir, &files, now) {
        io.err(&format!("initdb: error: could not create directory \"{dir}/base\": {error}\n"));
        return Ok(1);
    }
    io.out(INITDB_DONE);
    io.out("waiting for server to start....");
    if !open(io, &[], true) {
        return Ok(1);
    }
    io.memory().turn = 2;
    io.memory().line = 0;
    io.out(" done\nserver started\n");
    let database = io.env("POSTGRES_DB").filter(|name| !name.is_empty()).unwrap_or_else(|| user.clone());
    if database != "postgres" {
        let target = Target { user: user.clone(), database: "postgres".to_owned(), ..Target::local() };
        let query = Message::Query(format!("CREATE DATABASE \"{database}\""));
        let _ = target.ask(io, query);
        io.out("CREATE DATABASE\n");
    }
    io.out("\n\n");
    // What the scripts run connects as the superuser, since the entry point is its user.
    let environment = Arc::make_mut(&mut io.tool.environment);
    if !environment.iter().any(|(name, _)| name == "PGUSER") {
        environment.push(("PGUSER".to_owned(), user));
    }
    Err(Pause::Again)
}

fn run_scripts(io: &mut Io<'_>, words: Vec<String>) -> Turn {
    const FOLDER: &str = "/docker-entrypoint-initdb.d";
    if let Some(status) = io.memory().child_status.take()
        && status != 0
    {
        return Ok(status);
    }
    let listed = io.files().list(FOLDER).unwrap_or_default();
    let scripts: Vec<String> = listed
        .into_iter()
        .filter(|listing| listing.entry.content.is_some() && !listing.name.starts_with('.'))
        .map(|listing| listing.name)
        .collect();
    if scripts.is_empty() {
        io.out(&format!("/usr/local/bin/docker-entrypoint.sh: ignoring {FOLDER}/*\n"));
    }
    let user = superuser(io);
    let database = io.env("POSTGRES_DB").filter(|name| !name.is_empty()).unwrap_or_else(|| user.clone());
    loop {
        let index = usize::try_from(io.memory().line).unwrap_or(usize::MAX);
        let Some(name) = scripts.get(index) else { break };
        io.memory().line += 1;
        let path = format!("{FOLDER}/{name}");
        if name.ends_with(".sh") {
            io.out(&format!("/usr/local/bin/docker-entrypoint.sh: running {path}\n"));
            return Err(Pause::Child { words: vec!["bash".to_owned(), path], input: None });
        }
        if name.ends_with(".sql") {
            io.out(&format!("/usr/local/bin/docker-entrypoint.sh: running {path}\n"));
            let words =
                ["psql", "-v", "ON_ERROR_STOP=1", "--no-psqlrc", "-U", &user, "-d", &database, "-f", &path];
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            return Err(Pause::Child { words, input: None });
        }
        io.out(&format!("/usr/local/bin/docker-entrypoint.sh: ignoring {path}\n"));
    }
    io.out("\nwaiting for server to shut down....");
    let port = u16::try_from(io.memory().count).unwrap_or(5432);
    io.host.signal_server(port, 2);
    let drive = io.host.drive(port, None);
    drive.lines.iter().for_each(|line| io.out(&format!("{line}\n")));
    io.host.unserve(port);
    io.memory().catches = false;
    io.out(" done\nserver stopped\n\nPostgreSQL init process complete; ready for start up.\n\n");
    become_of(io, words)
}

/// `pg_isready [-h HOST] [-p PORT] [-U USER] [-d DB]`
pub(super) fn isready(io: &mut Io<'_>) -> Turn {
    let (target, rest) = match Target::read(io, "tq") {
        Ok(found) => found,
        Err(status) => return Ok(status),
    };
    let quiet = rest.iter().any(|(letter, _)| *letter == 'q');
    let place = match &target.host {
        Some(host) => format!("{host}:{}", target.port),
        None => format!("/var/run/postgresql:{}", target.port),
    };
    let (text, status) = match target.ask(io, Message::Ping) {
        Ok(Reply::NotReady(_)) => ("rejecting connections", 1),
        Ok(_) => ("accepting connections", 0),
        Err(Trouble::Pause(_) | Trouble::Failed(_)) => ("no response", 2),
    };
    if !quiet {
        io.out(&format!("{place} - {text}\n"));
    }
    Ok(status)
}

/// createdb, dropdb and createuser.
pub(super) fn maintain(io: &mut Io<'_>) -> Turn {
    let name = io.name();
    let (mut target, rest) = match Target::read(io, "eOET:l:wsdrSRDPi") {
        Ok(found) => found,
        Err(status) => return Ok(status),
    };
    let operand = target.operands.first().cloned();
    let has = |wanted: char| rest.iter().any(|(letter, _)| *letter == wanted);
    let subject = operand.unwrap_or_else(|| target.user.clone());
    let (query, why) = match name.as_str() {
        "createdb" => (format!("CREATE DATABASE \"{subject}\";"), "database creation failed"),
        "dropdb" => (format!("DROP DATABASE \"{subject}\";"), "database removal failed"),
        _ => {
            let power = if has('s') { " SUPERUSER" } else { "" };
            (format!("CREATE ROLE \"{subject}\" LOGIN{power};"), "creation of new role failed")
        }
    };
    if name != "createuser" || target.database == target.user {
        target.database = "postgres".to_owned();
    }
    match target.ask(io, Message::Query(query)) {
        Ok(Reply::Outcomes(outcomes, _)) => match outcomes.last() {
            Some(Outcome::Error(error)) => {
                io.complain(&format!("error: {why}: ERROR:  {}", error.message));
                Ok(1)
            }
            _ => Ok(0),
        },
        Ok(_) => Ok(1),
        Err(Trouble::Pause(pause)) => Err(pause),
        Err(Trouble::Failed(text)) => {
            io.complain(&format!("error: {text}"));
            Ok(1)
        }
    }
}

/// `pg_basebackup -h HOST -U USER -D DIR [-R] [-P] [-X stream]`
pub(super) fn basebackup(io: &mut Io<'_>) -> Turn {
    let (target, rest) = match Target::read(io, "D:F:RPvX:c:CS:r:zl:wWN") {
        Ok(found) => found,
        Err(status) => return Ok(status),
    };
    let value = |wanted: char| {
        rest.iter().rev().find(|(letter, _)| *letter == wanted).map(|(_, value)| value.clone())
    };
    let Some(dir) = value('D') else {
        io.complain("error: no target directory specified");
        io.err("pg_basebackup: hint: Try \"pg_basebackup --help\" for more information.\n");
        return Ok(1);
    };
    let dir = io.path(&dir);
    if io.memory().turn == 0 {
        if let Err(turn) = copy_primary(io, &target, &dir, value('R').is_some()) {
            return turn;
        }
        io.memory().turn = 1;
    }
    // The checkpoint at the primary is the most of the time that it takes.
    io.wait_until(io.started + Duration::from_secs(1))?;
    if value('v').is_some() {
        for text in [
            "initiating base backup, waiting for checkpoint to complete",
            "checkpoint completed",
            "starting background WAL receiver",
            "waiting for background process to finish streaming ...",
            "syncing data to disk ...",
            "renaming backup_manifest.tmp to backup_manifest",
            "base backup completed",
        ] {
            io.complain(text);
        }
    }
    if value('P').is_some() {
        io.err("22864/22864 kB (100%), 1/1 tablespace\n");
    }
    Ok(0)
}

/// Copies the primary's files; what the tool does instead when it cannot.
fn copy_primary(io: &mut Io<'_>, target: &Target, dir: &str, recovery: bool) -> Result<(), Turn> {
    if io.files().list(dir).is_ok_and(|listed| !listed.is_empty()) {
        io.complain(&format!("error: directory \"{dir}\" exists but is not empty"));
        return Err(Ok(1));
    }
    let files = match target.ask(io, Message::BaseBackup) {
        Ok(Reply::Backup(files)) => files,
        Ok(_) => return Err(Ok(1)),
        Err(Trouble::Pause(pause)) => return Err(Err(pause)),
        Err(Trouble::Failed(text)) => {
            io.complain(&format!("error: {text}"));
            return Err(Ok(1));
        }
    };
    let now = io.now();
    if let Err(error) = write_all(io.files(), dir, &files, now) {
        io.complain(&format!("error: could not create directory \"{dir}\": {error}"));
        return Err(Ok(1));
    }
    if recovery {
        let host = target.host.clone().unwrap_or_else(|| "/var/run/postgresql".to_owned());
        let password =
            target.password.as_ref().map(|password| format!(" password={password}")).unwrap_or_default();
        let conninfo = format!(
            "primary_conninfo = 'user={}{password} channel_binding=prefer host={host} port={} sslmode=prefer'\n",
            target.user, target.port
        );
        let _ = io.files().append(&format!("{dir}/postgresql.auto.conf"), conninfo.as_bytes(), now);
        let _ = io.files().write(&format!("{dir}/standby.signal"), b"", now);
    }
    Ok(())
}

/// `pg_ctl promote|status`
pub(super) fn ctl(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let mut target = Target::local();
    target.user = superuser(io);
    let ready = target.ask(io, Message::Ping).is_ok();
    match arguments
        .iter()
        .find(|word| matches!(word.as_str(), "promote" | "status" | "reload"))
        .map(String::as_str)
    {
        Some("status") if ready => {
            io.out("pg_ctl: server is running (PID: 1)\n/usr/lib/postgresql/17/bin/postgres\n");
            Ok(0)
        }
        Some("status") => {
            io.out("pg_ctl: no server running\n");
            Ok(3)
        }
        Some(word) if ready => {
            let function = if word == "promote" { "pg_promote" } else { "pg_reload_conf" };
            match target.ask(io, Message::Query(format!("SELECT {function}();"))) {
                Ok(Reply::Outcomes(outcomes, _)) if !matches!(outcomes.last(), Some(Outcome::Error(_))) => {
                    io.out(if word == "promote" {
                        "waiting for server to promote.... done\nserver promoted\n"
                    } else {
                        "server signaled\n"
                    });
                    Ok(0)
                }
                _ => {
                    io.err("pg_ctl: cannot promote server; server is not in standby mode\n");
                    Ok(1)
                }
            }
        }
        Some(_) => {
            let dir = data_dir(io);
            io.err(&format!(
                "pg_ctl: PID file \"{dir}/postmaster.pid\" does not exist\nIs server running?\n"
            ));
            Ok(1)
        }
        None => {
            io.err("pg_ctl: no operation specified\nTry \"pg_ctl --help\" for more information.\n");
            Ok(1)
        }
    }
}

const UNINITIALIZED: &str = "Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, \"-e POSTGRES_PASSWORD=password\" on \"docker run\".

       You may also use \"POSTGRES_HOST_AUTH_METHOD=trust\" to allow all
       connections without a password. This is *not* recommended.

       See PostgreSQL documentation about \"trust\":
       https://www.postgresql.org/docs/current/auth-trust.html
";

fn initdb_lines(user: &str, dir: &str) -> String {
    format!(
        "The files belonging to this database system will be owned by user \"{user}\".
This user must also own the server process.

The database cluster will be initialized with locale \"en_US.utf8\".
The default database encoding has accordingly been set to \"UTF8\".
The default text search configuration will be set to \"english\".

Data page checksums are disabled.

fixing permissions on existing directory {dir} ... ok
"
    )
}

const INITDB_DONE: &str = "creating subdirectories ... ok
selecting dynamic shared memory implementation ... posix
selecting default \"max_connections\" ... 100
selecting default \"shared_buffers\" ... 128MB
selecting default time zone ... Etc/UTC
creating configuration files ... ok
running bootstrap script ... ok
performing post-bootstrap initialization ... ok
syncing data to disk ... ok


Success. You can now start the database server using:

    pg_ctl -D /var/lib/postgresql/data -l logfile start

";
