//! Builtins that decide what runs next.

use std::sync::Arc;

use super::super::frame::{Frame, Pending};
use super::super::host::Host;
use super::super::machine::Machine;
use super::super::simple::LoadError;
use super::super::state::Shell;
use super::super::task::{Body, Step};
use super::super::tools;
use super::{Builtin, complain, done, run_text};
use crate::runtime::fs::normalize;

pub(super) fn eval(_: &mut Machine, shell: &mut Shell, _: u32, words: &[String], _: &mut dyn Host) -> Step {
    run_text(shell, words[1..].join(" "), false)
}

/// `. FILE`, which also runs a shell's own script.
pub(super) fn source(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    let Some(name) = words.get(1) else {
        return complain(machine, shell, pid, (&words[0], "filename argument required", 2), host);
    };
    let directory = machine.tasks.get(&pid).map(|task| task.directory.clone()).unwrap_or_default();
    let path = normalize(&directory, name);
    let opened = machine.opened.get(&path).map(|text| text.as_bytes().into());
    match opened.map_or_else(|| host.files().read(&path), Ok) {
        Ok(bytes) => {
            if words.len() > 2 {
                let positional = std::mem::replace(&mut shell.positional, Arc::new(words[2..].to_vec()));
                shell.frames.push(Frame::Call { positional, locals: Vec::new() });
            }
            run_text(shell, String::from_utf8_lossy(&bytes).into_owned(), true)
        }
        Err(error) => {
            let is_script = shell.frames.is_empty() && shell.script.as_deref() == Some(name);
            if is_script {
                let line = format!("{}: can't open '{name}': {error}\n", shell.name);
                machine.write(pid, 2, &line, host);
            } else {
                let message = format!("can't open '{name}': {error}");
                complain(machine, shell, pid, (&words[0], &message, 2), host);
                if shell.is_bash {
                    return done(shell, 1);
                }
                machine.unwind(shell, pid, usize::from(shell.interactive));
            }
            done(shell, 2)
        }
    }
}

pub(super) fn exec(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    let Some(task) = machine.tasks.get(&pid) else { return Step::Progress };
    let directory = task.directory.clone();
    let path = shell.get("PATH").map(str::to_owned);
    match machine.load(&words[1..], shell.environment(), &directory, path.as_deref(), host) {
        Ok(body) => {
            // Redirections of the `exec` stay, so nothing is given back.
            if let Some(task) = machine.tasks.get_mut(&pid) {
                task.command = words[1..].join(" ");
            }
            Step::Become(body)
        }
        Err(error) => {
            let (why, status) = match error {
                LoadError::NotFound => ("not found", 127),
                LoadError::Denied => ("Permission denied", 126),
            };
            complain(machine, shell, pid, ("exec", &format!("{}: {why}", words[1]), status), host);
            machine.unwind(shell, pid, usize::from(shell.interactive));
            Step::Progress
        }
    }
}

pub(super) fn exit(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    let status = match words.get(1).map(|word| word.parse::<i32>()) {
        None => shell.status,
        Some(Ok(status)) => status & 0xff,
        Some(Err(_)) => {
            let message = format!("Illegal number: {}", words[1]);
            complain(machine, shell, pid, ("exit", &message, 2), host);
            2
        }
    };
    machine.say_exit(shell, pid, host);
    shell.exited = true;
    machine.unwind(shell, pid, 0);
    done(shell, status)
}

pub(super) fn return_from(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    _: &mut dyn Host,
) -> Step {
    let status = words.get(1).and_then(|word| word.parse().ok()).unwrap_or(shell.status);
    let ends = |frame: &Frame| matches!(frame, Frame::Call { .. } | Frame::Text { sourced: true, .. });
    let height = shell.frames.iter().rposition(ends).unwrap_or(usize::from(shell.interactive));
    machine.unwind(shell, pid, height);
    done(shell, status)
}

/// `break` and `continue`.
pub(super) fn break_loop(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    _: &mut dyn Host,
) -> Step {
    let mut levels = words.get(1).and_then(|word| word.parse::<usize>().ok()).unwrap_or(1).max(1);
    let mut height = None;
    for (index, frame) in shell.frames.iter().enumerate().rev() {
        match frame {
            Frame::Loop { .. } | Frame::For { .. } | Frame::Count { .. } => {
                height = Some(index);
                levels -= 1;
                if levels == 0 {
                    break;
                }
            }
            Frame::Call { .. } => break,
            _ => {}
        }
    }
    if let Some(height) = height {
        let kept = height + usize::from(words[0] == "continue");
        machine.unwind(shell, pid, kept);
        // A loop's body has ended; its condition is next.
        if let Some(Frame::Loop { testing, .. }) = shell.frames.last_mut().filter(|_| kept > height) {
            *testing = false;
        }
    }
    done(shell, 0)
}

pub(super) fn command(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    match words.get(1).map(String::as_str) {
        None => done(shell, 0),
        Some("-v" | "-V") => {
            let verbose = words[1] == "-V";
            let mut status = 0;
            for name in &words[2..] {
                match describe(shell, name, host) {
                    Some((_, long)) if verbose => machine.write(pid, 1, &format!("{name} is {long}\n"), host),
                    Some((short, _)) => machine.write(pid, 1, &format!("{short}\n"), host),
                    None => status = if shell.is_bash { 1 } else { 127 },
                }
            }
            done(shell, status)
        }
        Some(name) => match Builtin::of(name, shell.dialect_on(host)) {
            Some(builtin) if name != "command" && !host.is_outer(&words[1..]) => {
                (builtin.run)(machine, shell, pid, &words[1..], host)
            }
            _ => machine.run_tool(shell, pid, words[1..].to_vec(), &[], host),
        },
    }
}

pub(super) fn kind_of(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    let mut status = 0;
    let only_kind = shell.is_bash && words.get(1).is_some_and(|word| word == "-t");
    for name in words[1..].iter().filter(|word| !(shell.is_bash && word.starts_with('-'))) {
        let line = match describe(shell, name, host) {
            Some((_, long)) if only_kind => {
                let kind = long.rsplit(' ').next().filter(|kind| !kind.starts_with('/')).unwrap_or("file");
                format!("{kind}\n")
            }
            Some((_, long)) => format!("{name} is {long}\n"),
            None if only_kind => {
                status = 1;
                continue;
            }
            None if shell.is_bash => {
                status = 1;
                machine.complain(shell, pid, &format!("type: {name}: not found"), host);
                continue;
            }
            None => {
                status = 127;
                format!("{name}: not found\n")
            }
        };
        machine.write(pid, 1, &line, host);
    }
    done(shell, status)
}

/// What a command's name stands for, as `command -v` and as `type` say it.
fn describe(shell: &Shell, name: &str, host: &dyn Host) -> Option<(String, String)> {
    let found = |long: &str| Some((name.to_owned(), long.to_owned()));
    if shell.functions.contains_key(name) {
        return found("a function");
    }
    match Builtin::of(name, shell.dialect_on(host)) {
        Some(_) if shell.is_bash => return found("a shell builtin"),
        Some(builtin) if builtin.special => return found("a special shell builtin"),
        Some(_) => return found("a shell builtin"),
        None if matches!(name, "[" | "echo" | "printf" | "test") => return found("a shell builtin"),
        None => {}
    }
    let path = tools::path_of(name, shell.get("PATH"))?;
    Some((path.clone(), path))
}

/// A body that runs `words`, for tools that start others.
impl Machine {
    pub(in super::super) fn body_for(
        &self,
        words: &[String],
        environment: Vec<(String, String)>,
        directory: &str,
        host: &mut dyn Host,
    ) -> Result<Body, LoadError> {
        if let Some(builtin) = words.first().and_then(|name| Builtin::named(name))
            && tools::find(builtin.name, None).is_none()
            && !host.is_outer(words)
        {
            let mut shell = Shell::new("sh", &environment, self.main);
            let plain =
                |word: &String| super::super::ast::Word(vec![super::super::ast::Part::Quoted(word.clone())]);
            let words = words.iter().map(plain).collect();
            let command = super::super::ast::Simple { words, ..Default::default() };
            shell.frames.push(Frame::Simple { command: Arc::new(command), pending: Pending::default() });
            return Ok(Body::Shell(Box::new(shell)));
        }
        let path = environment.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.clone());
        self.load(words, environment, directory, path.as_deref(), host)
    }
}
