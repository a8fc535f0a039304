//! The tools of a container: one function each, which is called again until it says that it has ended.
//!
//! A tool that must wait returns a [`Pause`]; what it printed so far stands, and what it has to remember
//! is in its [`Memory`]. Texts are busybox's, or the GNU tools' where [`Flavour::Gnu`] says so.
//!
//! [`Flavour::Gnu`]: super::host::Flavour::Gnu

mod awk;
mod cat;
mod check;
mod column;
mod compare;
mod copy;
mod curl;
mod date;
mod dig;
mod digest;
mod env;
mod files;
mod find;
mod getent;
mod grep;
mod head;
mod interfaces;
mod interpreter;
mod io;
mod libpq;
mod ls;
mod mysql;
mod netcat;
mod nslookup;
mod options;
mod outer;
mod ping;
mod postgres;
mod print;
mod process;
mod psql;
mod redis;
mod rows;
mod sed;
mod serve;
mod sort;
mod stress;
mod system;
mod transform;
mod wget;
mod xargs;

pub(super) use io::{Io, Memory, Pause};
pub(super) use outer::outer;
pub(super) use print::unescape;
pub(super) use serve::own_program;

use super::frame::Descriptor;
use super::host::Host;
use super::machine::Machine;
use super::task::{Step, Task, ToolTask};
use crate::runtime::packages::{
    ALPINE, BASH, BUILDPACK, BUSYBOX, CURL, DEBIAN, DNS, IPROUTE, MYSQL, NET_TOOLS, NETCAT, PING, POSTGRES,
    PROCPS, REDIS, STRESS, WGET, WORKSTATION,
};

/// How a tool's turn ended: with an exit code, or not yet.
pub(super) type Turn = Result<i32, Pause>;

/// A tool's code.
pub(super) type Program = fn(&mut Io<'_>) -> Turn;

/// What busybox and Debian both have.
const BASE: u32 = BUSYBOX | DEBIAN;

/// Name, folder, code and packages of every tool.
const TOOLS: &[(&str, &str, Program, u32)] = &[
    ("[", "/usr/bin", check::test, BASE),
    ("[[", "/usr/bin", check::test, BUSYBOX),
    ("awk", "/usr/bin", awk::awk, BASE),
    ("base64", "/bin", transform::base64, BASE),
    ("basename", "/usr/bin", files::basename, BASE),
    ("cat", "/bin", cat::cat, BASE),
    ("chmod", "/bin", files::chmod, BASE),
    ("chown", "/bin", files::chown, BASE),
    ("clear", "/usr/bin", system::clear, BASE),
    ("column", "/usr/bin", column::column, WORKSTATION),
    ("cp", "/bin", copy::cp, BASE),
    ("curl", "/usr/bin", curl::curl, CURL),
    ("cut", "/usr/bin", transform::cut, BASE),
    ("date", "/bin", date::date, BASE),
    ("df", "/bin", system::df, BASE),
    ("dig", "/usr/bin", dig::dig, DNS),
    ("dirname", "/usr/bin", files::dirname, BASE),
    ("du", "/usr/bin", find::du, BASE),
    ("echo", "/bin", print::echo, BASE),
    ("env", "/usr/bin", env::env, BASE),
    ("expr", "/usr/bin", check::expr, BASE),
    ("false", "/bin", system::fail, BASE),
    ("find", "/usr/bin", find::find, BASE),
    ("free", "/usr/bin", system::free, BUSYBOX | PROCPS),
    ("getent", "/usr/bin", getent::getent, ALPINE | DEBIAN),
    ("grep", "/bin", grep::grep, BASE),
    ("egrep", "/bin", grep::grep, BASE),
    ("fgrep", "/bin", grep::grep, BASE),
    ("head", "/usr/bin", head::head, BASE),
    ("host", "/usr/bin", dig::host, DNS),
    ("hostname", "/bin", system::hostname, BASE),
    ("id", "/usr/bin", system::id, BASE),
    ("kill", "/bin", process::kill, BUSYBOX | PROCPS),
    ("less", "/usr/bin", column::pager, WORKSTATION),
    ("ln", "/bin", copy::ln, BASE),
    ("ls", "/bin", ls::ls, BASE),
    ("mkdir", "/bin", files::mkdir, BASE),
    ("more", "/usr/bin", column::pager, WORKSTATION),
    ("mount", "/bin", system::mount, BASE),
    ("mv", "/bin", copy::mv, BASE),
    ("mysql", "/usr/bin", mysql::client, MYSQL),
    ("mysqladmin", "/usr/bin", mysql::admin, MYSQL),
    ("mariadb", "/usr/bin", mysql::client, MYSQL),
    ("mariadb-admin", "/usr/bin", mysql::admin, MYSQL),
    ("nc", "/usr/bin", netcat::nc, BUSYBOX | NETCAT),
    ("nohup", "/usr/bin", env::prefix, BASE),
    ("nproc", "/usr/bin", system::nproc, BASE),
    ("nslookup", "/usr/bin", nslookup::nslookup, BUSYBOX | DNS),
    ("node", "/usr/local/bin", interpreter::run, BUILDPACK),
    ("perl", "/usr/bin", interpreter::run, DEBIAN),
    ("php", "/usr/local/bin", interpreter::run, BUILDPACK),
    ("python", "/usr/local/bin", interpreter::run, BUILDPACK),
    ("python3", "/usr/local/bin", interpreter::run, BUILDPACK),
    ("ruby", "/usr/local/bin", interpreter::run, BUILDPACK),
    ("ping", "/bin", ping::ping, BUSYBOX | PING),
    ("printenv", "/bin", env::printenv, BASE),
    ("printf", "/usr/bin", print::printf, BASE),
    ("ps", "/bin", process::ps, BUSYBOX | PROCPS),
    ("pwd", "/bin", files::pwd, BASE),
    ("readlink", "/usr/bin", files::realpath, BASE),
    ("realpath", "/usr/bin", files::realpath, BASE),
    ("rm", "/bin", files::rm, BASE),
    ("rmdir", "/bin", files::rmdir, BASE),
    ("sed", "/bin", sed::sed, BASE),
    ("seq", "/usr/bin", print::seq, BASE),
    ("sleep", "/bin", date::sleep, BASE),
    ("sort", "/usr/bin", sort::sort, BASE),
    ("stat", "/bin", find::stat, BASE),
    ("sync", "/bin", system::succeed, BASE),
    ("tac", "/usr/bin", sort::tac, BASE),
    ("tail", "/usr/bin", head::tail, BASE),
    ("tee", "/usr/bin", cat::tee, BASE),
    ("test", "/usr/bin", check::test, BASE),
    ("time", "/usr/bin", env::prefix, BUSYBOX),
    ("timeout", "/usr/bin", env::timeout, BASE),
    ("touch", "/bin", files::touch, BASE),
    ("tr", "/usr/bin", transform::tr, BASE),
    ("true", "/bin", system::succeed, BASE),
    ("uname", "/bin", system::uname, BASE),
    ("uniq", "/usr/bin", sort::uniq, BASE),
    ("uptime", "/usr/bin", system::uptime, BUSYBOX | PROCPS),
    ("wc", "/usr/bin", cat::wc, BASE),
    ("wget", "/usr/bin", wget::wget, BUSYBOX | WGET),
    ("which", "/usr/bin", files::which, BASE),
    ("whoami", "/usr/bin", system::whoami, BASE),
    ("xargs", "/usr/bin", xargs::xargs, BASE),
    ("yes", "/usr/bin", print::yes, BASE),
    ("cmp", "/usr/bin", compare::cmp, BASE),
    ("dd", "/bin", stress::dd, BASE),
    ("diff", "/usr/bin", compare::diff, BASE),
    ("ifconfig", "/sbin", interfaces::ifconfig, BUSYBOX | NET_TOOLS),
    ("ip", "/sbin", interfaces::ip, BUSYBOX | IPROUTE),
    ("md5sum", "/usr/bin", digest::sum, BASE),
    ("mktemp", "/bin", files::mktemp, BASE),
    ("netstat", "/bin", interfaces::netstat, BUSYBOX | NET_TOOLS),
    ("nl", "/usr/bin", transform::nl, BASE),
    ("pgrep", "/usr/bin", process::pgrep, BUSYBOX | PROCPS),
    ("pidof", "/bin", process::pgrep, BUSYBOX | PROCPS),
    ("pkill", "/usr/bin", process::pgrep, BUSYBOX | PROCPS),
    ("rev", "/usr/bin", transform::rev, BASE),
    ("sha256sum", "/usr/bin", digest::sum, BASE),
    ("ss", "/usr/bin", interfaces::ss, IPROUTE),
    ("stress", "/usr/bin", stress::stress, STRESS),
    ("top", "/usr/bin", process::top, BUSYBOX | PROCPS),
    ("createdb", "/usr/bin", postgres::maintain, POSTGRES),
    ("createuser", "/usr/bin", postgres::maintain, POSTGRES),
    ("docker-entrypoint.sh", "/usr/local/bin", postgres::entrypoint, POSTGRES | REDIS),
    ("dropdb", "/usr/bin", postgres::maintain, POSTGRES),
    ("pg_basebackup", "/usr/bin", postgres::basebackup, POSTGRES),
    ("pg_ctl", "/usr/bin", postgres::ctl, POSTGRES),
    ("pg_isready", "/usr/bin", postgres::isready, POSTGRES),
    ("postgres", "/usr/bin", postgres::server, POSTGRES),
    ("psql", "/usr/bin", psql::psql, POSTGRES),
    ("redis-cli", "/usr/local/bin", redis::redis_cli, REDIS),
    ("redis-server", "/usr/local/bin", redis::redis_server, REDIS),
];

/// An extended regular expression; `None` when it is none.
pub(super) fn compile_regex(pattern: &str) -> Option<regex_lite::Regex> {
    grep::compile(pattern, true, false)
}

/// Folders in which programs are.
const FOLDERS: &[&str] = &["/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin"];

/// A command's name without the folder of a program; `None` for another path.
fn bare_name<'a>(name: &'a str, path: Option<&str>) -> Option<&'a str> {
    match name.rsplit_once('/') {
        Some((folder, bare)) => FOLDERS.contains(&folder).then_some(bare),
        None => {
            let known = path.is_none_or(|path| path.split(':').any(|folder| FOLDERS.contains(&folder)));
            known.then_some(name)
        }
    }
}

/// The tool that a command names; `path` is `$PATH`.
pub(super) fn find(name: &str, path: Option<&str>) -> Option<Program> {
    let bare = bare_name(name, path)?;
    TOOLS.iter().find(|(known, ..)| *known == bare).map(|(_, _, program, _)| *program)
}

/// The packages that hold a tool or a shell of that name; `None` for another name.
pub fn packages_of(name: &str) -> Option<u32> {
    match name {
        "sh" => Some(BASE),
        "ash" => Some(BUSYBOX),
        "dash" => Some(DEBIAN),
        "bash" => Some(DEBIAN | BASH),
        _ => TOOLS.iter().find(|(known, ..)| *known == name).map(|(.., packages)| *packages),
    }
}

/// The tools of these packages, by name.
pub fn tools_of(packages: u32) -> impl Iterator<Item = &'static str> {
    TOOLS.iter().filter(move |(.., of)| of & packages != 0).map(|(name, ..)| *name)
}

/// Where a command's program is.
pub(super) fn path_of(name: &str, path: Option<&str>) -> Option<String> {
    let bare = bare_name(name, path)?;
    if is_shell(bare) {
        return Some(format!("/bin/{bare}"));
    }
    TOOLS.iter().find(|(known, ..)| *known == bare).map(|(_, folder, ..)| format!("{folder}/{bare}"))
}

/// Whether a command starts a program that is the image's own affair: an interpreter without a program on its
/// command line.
pub fn is_left_to_image(words: &[String]) -> bool {
    let first = words.first().map(String::as_str).and_then(|name| bare_name(name, None)).unwrap_or_default();
    let is_interpreter = TOOLS.iter().any(|(name, _, program, _)| {
        *name == first && std::ptr::fn_addr_eq(*program, interpreter::run as Program)
    });
    is_interpreter && !interpreter::says_what(words)
}

/// Whether a command names a shell.
pub(super) fn is_shell(name: &str) -> bool {
    bare_name(name, None).is_some_and(|bare| matches!(bare, "sh" | "ash" | "bash" | "dash"))
}

impl Machine {
    /// Gives a tool its turn.
    pub(super) fn step_tool(&mut self, tool: &mut ToolTask, pid: u32, host: &mut dyn Host) -> Step {
        if let Some(child) = tool.memory.child {
            match self.ended.remove(&child) {
                Some(status) => {
                    tool.memory.child = None;
                    tool.memory.child_status = Some(status);
                }
                None if self.tasks.contains_key(&child) && !child_is_late(tool, host) => {
                    return tool.memory.child_deadline.map_or(Step::Blocked, Step::Until);
                }
                None => {
                    self.signal(child, tool.memory.child_signal);
                    tool.memory.child = None;
                    tool.memory.child_status = Some(tool.memory.late_status);
                }
            }
        }
        let Some(task) = self.tasks.get(&pid) else { return Step::Exit(1) };
        let (directory, started) = (task.directory.clone(), task.started.unwrap_or_else(|| host.now()));
        let program = tool.program;
        let mut io = Io { machine: self, pid, host, tool, directory, started };
        match program(&mut io) {
            Ok(status) => {
                let failed = self.tasks.get(&pid).is_some_and(|task| task.write_failed);
                Step::Exit(if failed && status == 0 { 1 } else { status })
            }
            Err(Pause::Input) => Step::Blocked,
            Err(Pause::Until(time)) => Step::Until(time),
            Err(Pause::Again) => Step::Progress,
            Err(Pause::Exec { words, environment }) => {
                self.replace_tool(tool, pid, &words, environment, host)
            }
            Err(Pause::Child { words, input }) => self.start_child(tool, pid, words, input, host),
        }
    }

    fn replace_tool(
        &mut self,
        tool: &ToolTask,
        pid: u32,
        words: &[String],
        environment: Vec<(String, String)>,
        host: &mut dyn Host,
    ) -> Step {
        let directory = self.tasks.get(&pid).map(|task| task.directory.clone()).unwrap_or_default();
        match self.body_for(words, environment, &directory, host) {
            Ok(body) => Step::Become(body),
            Err(_) => {
                let name = words.first().map(String::as_str).unwrap_or_default();
                let line = match tool.name.as_str() {
                    "env" | "nohup" => {
                        format!("{}: can't execute '{name}': No such file or directory\n", tool.name)
                    }
                    tool => format!("{tool}: can't execute '{name}': No such file or directory\n"),
                };
                self.write(pid, 2, &line, host);
                Step::Exit(127)
            }
        }
    }

    fn start_child(
        &mut self,
        tool: &mut ToolTask,
        pid: u32,
        words: Vec<String>,
        input: Option<String>,
        host: &mut dyn Host,
    ) -> Step {
        let Some(task) = self.tasks.get(&pid) else { return Step::Exit(1) };
        let (directory, background) = (task.directory.clone(), task.background);
        let mut descriptors = task.descriptors.clone();
        let environment = tool.environment.to_vec();
        let Ok(body) = self.body_for(&words, environment, &directory, host) else {
            let name = words.first().map(String::as_str).unwrap_or_default();
            let line = format!("{}: {name}: No such file or directory\n", tool.name);
            self.write(pid, 2, &line, host);
            return Step::Exit(127);
        };
        if let Some(input) = input {
            let reader = if input.is_empty() { Descriptor::Null } else { self.text_pipe(input) };
            descriptors.insert(0, reader);
        }
        let mut child = Task::new(body, descriptors, &directory, words.join(" "));
        child.background = background;
        match self.spawn(child) {
            Ok(child) => {
                tool.memory.child = Some(child);
                Step::Progress
            }
            Err(message) => {
                let line = format!("{}: {message}\n", tool.name);
                self.write(pid, 2, &line, host);
                Step::Exit(1)
            }
        }
    }
}

fn child_is_late(tool: &ToolTask, host: &dyn Host) -> bool {
    tool.memory.child_deadline.is_some_and(|deadline| host.now() >= deadline)
}
