//! MySQL's clients. The server behind them listens and no more: of SQL only constants are answered.

use super::Turn;
use super::io::Io;
use crate::network::http::NetError;
use crate::network::resolver::Lookup;

/// Where a client is told to go.
struct Target {
    host: String,
    port: u16,
    /// The statements of `-e`.
    statements: Option<String>,
    operands: Vec<String>,
}

fn target(arguments: &[String]) -> Target {
    let mut target = Target { host: String::new(), port: 3306, statements: None, operands: Vec::new() };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let (name, value) = match word.strip_prefix("--") {
            Some(long) => match long.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (long.to_owned(), None),
            },
            None => match word.strip_prefix('-') {
                Some(short) => {
                    let at = short.chars().next().map_or(0, char::len_utf8);
                    (short[..at].to_owned(), Some(short[at..].to_owned()).filter(|value| !value.is_empty()))
                }
                None => {
                    target.operands.push(word.clone());
                    continue;
                }
            },
        };
        match name.as_str() {
            "h" | "host" => target.host = value.or_else(|| words.next().cloned()).unwrap_or_default(),
            "P" | "port" => {
                let value = value.or_else(|| words.next().cloned());
                target.port = value.and_then(|port| port.parse().ok()).unwrap_or(target.port);
            }
            "e" | "execute" => target.statements = value.or_else(|| words.next().cloned()),
            "u" | "user" | "D" | "database" if value.is_none() => drop(words.next()),
            _ => {}
        }
    }
    target
}

/// Reaches the server; the error's text otherwise.
fn reach(io: &mut Io<'_>, target: &Target) -> Result<(), String> {
    let Target { host, port, .. } = target;
    let is_local = host.is_empty() || host == "localhost";
    let address = if is_local {
        "127.0.0.1".to_owned()
    } else {
        match io.lookup(host) {
            Lookup::Found { addresses, .. } => addresses.first().map(ToString::to_string).unwrap_or_default(),
            _ => return Err(format!("2005 (HY000): Unknown MySQL server host '{host}' (-2)")),
        }
    };
    match io.host.connect(&address, *port) {
        Ok(()) => Ok(()),
        Err(_) if is_local => {
            let socket = "/var/run/mysqld/mysqld.sock";
            Err(format!("2002 (HY000): Can't connect to local MySQL server through socket '{socket}' (2)"))
        }
        Err(why) => {
            let number = match why {
                NetError::Refused => 111,
                NetError::NoRoute => 113,
                NetError::TimedOut => 110,
                NetError::Closed => 104,
            };
            Err(format!("2003 (HY000): Can't connect to MySQL server on '{host}:{port}' ({number})"))
        }
    }
}

/// `mysql [-h HOST] [-e STATEMENTS]`
pub(super) fn client(io: &mut Io<'_>) -> Turn {
    let target = target(&io.arguments());
    if let Err(why) = reach(io, &target) {
        io.err(&format!("ERROR {why}\n"));
        return Ok(1);
    }
    let statements = match target.statements {
        Some(statements) => statements,
        None => io.stdin()?,
    };
    for statement in statements.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
        let constant =
            statement.get(..7).filter(|word| word.eq_ignore_ascii_case("select ")).map(|_| &statement[7..]);
        match constant.filter(|value| value.parse::<i64>().is_ok()) {
            Some(value) if io.machine.is_terminal(io.pid, 1) => {
                let line = format!("+{}+\n", "-".repeat(value.len() + 2));
                io.out(&format!("{line}| {value} |\n{line}| {value} |\n{line}"));
            }
            Some(value) => io.out(&format!("{value}\n{value}\n")),
            None => {
                io.err("mysql: the simulated server listens, but keeps no data: SELECT of a number is all it answers\n");
                return Ok(1);
            }
        }
    }
    Ok(0)
}

/// `mysqladmin ping`
pub(super) fn admin(io: &mut Io<'_>) -> Turn {
    let target = target(&io.arguments());
    if let Err(why) = reach(io, &target) {
        io.err(&format!("mysqladmin: connect to server at '{}' failed\nerror: '{why}'\n", target.host));
        return Ok(1);
    }
    match target.operands.iter().any(|word| word == "ping") {
        true => io.out("mysqld is alive\n"),
        false => io.err("mysqladmin: the simulated server listens, but keeps no data\n"),
    }
    Ok(i32::from(!target.operands.iter().any(|word| word == "ping")))
}
