//! The tools of a container: one function each, which is called again until it says that it has ended.
//!
//! A tool that must wait returns a [`Pause`]; what it printed so far stands, and what it has to remember
//! is in its [`Memory`]. Texts are busybox's, or the GNU tools' where [`Flavour::Gnu`] says so.
//!
//! [`Flavour::Gnu`]: super::host::Flavour::Gnu

mod awk;
mod cat;
mod check;
mod copy;
mod curl;
mod date;
mod dig;
mod env;
mod files;
mod find;
mod getent;
mod grep;
mod head;
mod io;
mod ls;
mod netcat;
mod nslookup;
mod options;
mod ping;
mod print;
mod process;
mod sed;
mod sort;
mod system;
mod transform;
mod wget;
mod xargs;

pub(super) use io::{Io, Memory, Pause};

use super::frame::Descriptor;
use super::host::Host;
use super::machine::Machine;
use super::task::{Step, Task, ToolTask};

/// How a tool's turn ended: with an exit code, or not yet.
pub(super) type Turn = Result<i32, Pause>;

/// A tool's code.
pub(super) type Program = fn(&mut Io<'_>) -> Turn;

/// Name, folder and code of every tool, by name.
const TOOLS: &[(&str, &str, Program)] = &[
    ("[", "/usr/bin", check::test),
    ("[[", "/usr/bin", check::test),
    ("awk", "/usr/bin", awk::awk),
    ("base64", "/bin", transform::base64),
    ("basename", "/usr/bin", files::basename),
    ("cat", "/bin", cat::cat),
    ("chmod", "/bin", files::chmod),
    ("chown", "/bin", files::chown),
    ("clear", "/usr/bin", system::succeed),
    ("cp", "/bin", copy::cp),
    ("curl", "/usr/bin", curl::curl),
    ("cut", "/usr/bin", transform::cut),
    ("date", "/bin", date::date),
    ("df", "/bin", system::df),
    ("dig", "/usr/bin", dig::dig),
    ("dirname", "/usr/bin", files::dirname),
    ("du", "/usr/bin", find::du),
    ("echo", "/bin", print::echo),
    ("env", "/usr/bin", env::env),
    ("expr", "/usr/bin", check::expr),
    ("false", "/bin", system::fail),
    ("find", "/usr/bin", find::find),
    ("free", "/usr/bin", system::free),
    ("getent", "/usr/bin", getent::getent),
    ("grep", "/bin", grep::grep),
    ("egrep", "/bin", grep::grep),
    ("fgrep", "/bin", grep::grep),
    ("head", "/usr/bin", head::head),
    ("host", "/usr/bin", dig::host),
    ("hostname", "/bin", system::hostname),
    ("id", "/usr/bin", system::id),
    ("kill", "/bin", process::kill),
    ("ln", "/bin", copy::ln),
    ("ls", "/bin", ls::ls),
    ("mkdir", "/bin", files::mkdir),
    ("mount", "/bin", system::mount),
    ("mv", "/bin", copy::mv),
    ("nc", "/usr/bin", netcat::nc),
    ("nohup", "/usr/bin", env::prefix),
    ("nproc", "/usr/bin", system::nproc),
    ("nslookup", "/usr/bin", nslookup::nslookup),
    ("ping", "/bin", ping::ping),
    ("printenv", "/bin", env::printenv),
    ("printf", "/usr/bin", print::printf),
    ("ps", "/bin", process::ps),
    ("pwd", "/bin", files::pwd),
    ("readlink", "/usr/bin", files::realpath),
    ("realpath", "/usr/bin", files::realpath),
    ("rm", "/bin", files::rm),
    ("rmdir", "/bin", files::rmdir),
    ("sed", "/bin", sed::sed),
    ("seq", "/usr/bin", print::seq),
    ("sleep", "/bin", date::sleep),
    ("sort", "/usr/bin", sort::sort),
    ("stat", "/bin", find::stat),
    ("sync", "/bin", system::succeed),
    ("tac", "/usr/bin", sort::tac),
    ("tail", "/usr/bin", head::tail),
    ("tee", "/usr/bin", cat::tee),
    ("test", "/usr/bin", check::test),
    ("time", "/usr/bin", env::prefix),
    ("timeout", "/usr/bin", env::timeout),
    ("touch", "/bin", files::touch),
    ("tr", "/usr/bin", transform::tr),
    ("true", "/bin", system::succeed),
    ("uname", "/bin", system::uname),
    ("uniq", "/usr/bin", sort::uniq),
    ("uptime", "/usr/bin", system::uptime),
    ("wc", "/usr/bin", cat::wc),
    ("wget", "/usr/bin", wget::wget),
    ("which", "/usr/bin", files::which),
    ("whoami", "/usr/bin", system::whoami),
    ("xargs", "/usr/bin", xargs::xargs),
    ("yes", "/usr/bin", print::yes),
];

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
    TOOLS.iter().find(|(known, ..)| *known == bare).map(|(.., program)| *program)
}

/// Where a command's program is.
pub(super) fn path_of(name: &str, path: Option<&str>) -> Option<String> {
    let bare = bare_name(name, path)?;
    if is_shell(bare) {
        return Some(format!("/bin/{bare}"));
    }
    TOOLS.iter().find(|(known, ..)| *known == bare).map(|(_, folder, _)| format!("{folder}/{bare}"))
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
