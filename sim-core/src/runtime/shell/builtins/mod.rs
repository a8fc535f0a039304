//! Commands that the shell runs itself, because they change it or wait for its children.

mod bash;
mod flow;
mod jobs;
mod variables;

use std::sync::Arc;

use super::arrays::{Items, Key, set_items};
use super::ast::Dialect;
use super::channels::ReadResult;
use super::frame::{Frame, Reading};
use super::host::{Flavour, Host};
use super::machine::Machine;
use super::state::{Options, Shell, is_name};
use super::task::Step;
use crate::runtime::fs::normalize;

pub(super) use bash::print_into;
pub(super) use variables::{quoted_for, set_named_option};

/// What runs a builtin. `words` holds its name first.
type Run = fn(&mut Machine, &mut Shell, u32, &[String], &mut dyn Host) -> Step;

/// A builtin command.
#[derive(Clone, Copy)]
pub(super) struct Builtin {
    pub name: &'static str,
    /// POSIX special: assignments before it stay.
    pub special: bool,
    /// The shells that have it not.
    lacking: &'static [Dialect],
    pub run: Run,
}

const fn special(name: &'static str, run: Run) -> Builtin {
    Builtin { name, special: true, lacking: &[], run }
}

const fn regular(name: &'static str, run: Run) -> Builtin {
    Builtin { name, special: false, lacking: &[], run }
}

const fn of_bash(name: &'static str, run: Run) -> Builtin {
    Builtin { name, special: false, lacking: &[Dialect::Ash, Dialect::Dash], run }
}

/// Every builtin.
const BUILTINS: &[Builtin] = &[
    special(".", flow::source),
    Builtin { name: "source", special: true, lacking: &[Dialect::Dash], run: flow::source },
    special(":", succeed),
    special("break", flow::break_loop),
    special("continue", flow::break_loop),
    special("eval", flow::eval),
    special("exec", flow::exec),
    special("exit", flow::exit),
    special("return", flow::return_from),
    special("export", variables::export),
    special("readonly", variables::export),
    special("set", variables::set),
    special("shift", variables::shift),
    special("trap", jobs::trap),
    special("unset", variables::unset),
    regular("alias", bash::alias),
    regular("unalias", bash::unalias),
    of_bash("builtin", flow::command),
    of_bash("compgen", succeed),
    of_bash("complete", succeed),
    of_bash("compopt", succeed),
    of_bash("declare", bash::declare),
    of_bash("enable", succeed),
    of_bash("history", succeed),
    Builtin { name: "let", special: false, lacking: &[Dialect::Dash], run: bash::compute },
    of_bash("mapfile", bash::mapfile),
    of_bash("readarray", bash::mapfile),
    of_bash("shopt", succeed),
    of_bash("typeset", bash::declare),
    regular("bg", jobs::jobs),
    regular("cd", cd),
    regular("command", flow::command),
    regular("false", fail),
    regular("fg", jobs::foreground),
    regular("hash", succeed),
    regular("jobs", jobs::jobs),
    regular("kill", jobs::kill),
    regular("local", variables::local),
    regular("pwd", pwd),
    regular("read", read),
    regular("true", succeed),
    regular("type", flow::kind_of),
    regular("ulimit", succeed),
    regular("umask", umask),
    regular("wait", jobs::wait),
];

impl Builtin {
    /// The builtin of that name in some shell.
    pub fn named(name: &str) -> Option<Builtin> {
        BUILTINS.iter().copied().find(|builtin| builtin.name == name)
    }

    /// The builtin of that name in a shell of that grammar.
    pub fn of(name: &str, dialect: Dialect) -> Option<Builtin> {
        Builtin::named(name).filter(|builtin| !builtin.lacking.contains(&dialect))
    }
}

/// Sets `$?` and ends the builtin.
fn done(shell: &mut Shell, status: i32) -> Step {
    shell.status = status;
    Step::Progress
}

/// Prints `sh: NAME: message` as ash does for its builtins, and fails with `status`.
fn complain(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    (name, message, status): (&str, &str, i32),
    host: &mut dyn Host,
) -> Step {
    if shell.is_bash {
        let (message, status) = bash::worded(name, message, status);
        machine.complain(shell, pid, &message, host);
        return done(shell, status);
    }
    let opening = shell.script.as_deref().unwrap_or(&shell.name);
    let line = if host.flavour() == Flavour::Gnu {
        // dash gives no reason for a failed `cd`.
        let message = if name == "cd" { message.split(": ").next().unwrap_or_default() } else { message };
        format!("{opening}: {}: {name}: {message}\n", shell.line)
    } else if shell.interactive {
        format!("{opening}: {name}: {message}\n")
    } else {
        // ash counts the lines of `-c` from 0.
        let line = if shell.script.is_some() { shell.line } else { shell.line.saturating_sub(1) };
        format!("{opening}: {name}: line {line}: {message}\n")
    };
    machine.write(pid, 2, &line, host);
    done(shell, status)
}

fn succeed(_: &mut Machine, shell: &mut Shell, _: u32, _: &[String], _: &mut dyn Host) -> Step {
    done(shell, 0)
}

fn fail(_: &mut Machine, shell: &mut Shell, _: u32, _: &[String], _: &mut dyn Host) -> Step {
    done(shell, 1)
}

fn umask(machine: &mut Machine, shell: &mut Shell, pid: u32, words: &[String], host: &mut dyn Host) -> Step {
    if words.len() == 1 {
        machine.write(pid, 1, "0022\n", host);
    }
    done(shell, 0)
}

fn pwd(machine: &mut Machine, shell: &mut Shell, pid: u32, _: &[String], host: &mut dyn Host) -> Step {
    let directory = machine.tasks.get(&pid).map(|task| task.directory.clone()).unwrap_or_default();
    machine.write(pid, 1, &format!("{directory}\n"), host);
    done(shell, 0)
}

fn cd(machine: &mut Machine, shell: &mut Shell, pid: u32, words: &[String], host: &mut dyn Host) -> Step {
    let Some(task) = machine.tasks.get(&pid) else { return Step::Progress };
    let here = task.directory.clone();
    let target = match words.get(1).map(String::as_str) {
        None | Some("~") => shell.get("HOME").unwrap_or("/root").to_owned(),
        Some("-") => shell.previous_directory.clone().unwrap_or_else(|| here.clone()),
        Some(target) => target.to_owned(),
    };
    let path = normalize(&here, &target);
    let why = match host.files().stat(&path) {
        Ok(entry) if entry.content.is_none() => None,
        Ok(_) => Some("Not a directory".to_owned()),
        Err(error) => Some(error.to_string()),
    };
    if let Some(why) = why {
        let message = format!("can't cd to {target}: {why}");
        return complain(machine, shell, pid, ("cd", &message, 2), host);
    }
    if words.get(1).is_some_and(|word| word == "-") {
        machine.write(pid, 1, &format!("{path}\n"), host);
    }
    if let Some(task) = machine.tasks.get_mut(&pid) {
        task.directory.clone_from(&path);
    }
    shell.previous_directory = Some(here.clone());
    let kept = shell.set("OLDPWD", &here).and_then(|()| shell.set("PWD", &path));
    done(shell, i32::from(kept.is_err()))
}

fn read(machine: &mut Machine, shell: &mut Shell, pid: u32, words: &[String], host: &mut dyn Host) -> Step {
    let mut reading = Reading::default();
    let mut words = words[1..].iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-r" => reading.raw = true,
            "-s" | "-e" => {}
            "-a" | "-ra" | "-ar" if shell.is_bash => {
                reading.array = true;
                reading.raw |= word.contains('r');
            }
            "-d" | "-rd" => {
                reading.raw |= word.contains('r');
                reading.all = words.next().is_some_and(String::is_empty);
            }
            "-rp" => {
                reading.raw = true;
                if let Some(prompt) = words.next()
                    && machine.is_terminal(pid, 0)
                {
                    machine.write(pid, 2, prompt, host);
                }
            }
            "-u" => reading.fd = words.next().and_then(|fd| fd.parse().ok()).unwrap_or(0),
            "-p" => {
                if let Some(prompt) = words.next()
                    && machine.is_terminal(pid, 0)
                {
                    machine.write(pid, 2, prompt, host);
                }
            }
            "-t" | "-n" => drop(words.next()),
            name if is_name(name) => reading.names.push(name.to_owned()),
            name => {
                let message = format!("{name}: bad variable name");
                return complain(machine, shell, pid, ("read", &message, 2), host);
            }
        }
    }
    shell.frames.push(Frame::Read { reading, text: String::new() });
    Step::Progress
}

/// Goes on with a `read`.
pub(super) fn step_read(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    (reading, mut text): (Reading, String),
    host: &mut dyn Host,
) -> Step {
    let mut status = match machine.read(pid, reading.fd, true, host) {
        ReadResult::Blocked => {
            shell.frames.push(Frame::Read { reading, text });
            return Step::Blocked;
        }
        ReadResult::Text(line) if reading.all || reading.lines.is_some() => {
            if text.len() < 1 << 20 {
                text.push_str(&line);
            }
            shell.frames.push(Frame::Read { reading, text });
            return Step::Progress;
        }
        ReadResult::End => i32::from(reading.lines.is_none()),
        ReadResult::Text(line) => {
            text.push_str(line.strip_suffix('\n').unwrap_or(&line));
            i32::from(!line.ends_with('\n'))
        }
    };
    if !reading.raw && status == 0 && text.ends_with('\\') {
        text.pop();
        shell.frames.push(Frame::Read { reading, text });
        return Step::Progress;
    }
    let separators = shell.get("IFS").unwrap_or(" \t\n").to_owned();
    let Reading { names, raw, array, lines, .. } = reading;
    if array || lines.is_some() {
        let name = names.first().map_or("MAPFILE", String::as_str);
        let values = match lines {
            Some(cut) => {
                let line =
                    |line: &str| if cut { line.trim_end_matches('\n').to_owned() } else { line.to_owned() };
                text.split_inclusive('\n').map(line).collect()
            }
            None => split_read(&text, usize::MAX, raw, &separators),
        };
        let numbered = (0..).map(Key::Number).zip(values.iter().map(|value| value.as_str().into()));
        set_items(&mut shell.variables, name, Items { named: false, entries: numbered.collect() });
        return done(shell, status);
    }
    let names = if names.is_empty() { vec!["REPLY".to_owned()] } else { names };
    let values = split_read(&text, names.len(), raw, &separators);
    for (index, name) in names.iter().enumerate() {
        if shell.set(name, values.get(index).map(String::as_str).unwrap_or_default()).is_err() {
            status = 1;
        }
    }
    done(shell, status)
}

/// Splits a line into at most `count` fields; the last one takes the rest.
fn split_read(text: &str, count: usize, raw: bool, separators: &str) -> Vec<String> {
    let mut chars = text.chars().peekable();
    let is_blank = |c: char| separators.contains(c) && c.is_ascii_whitespace();
    let mut fields = Vec::new();
    while chars.next_if(|c| is_blank(*c)).is_some() {}
    while chars.peek().is_some() {
        let last = fields.len() + 1 == count;
        let mut field = String::new();
        while let Some(c) = chars.next() {
            if c == '\\' && !raw {
                field.extend(chars.next());
            } else if !last && separators.contains(c) {
                break;
            } else {
                field.push(c);
            }
        }
        while chars.next_if(|c| is_blank(*c)).is_some() {}
        if last {
            field.truncate(field.trim_end_matches(is_blank).len());
        }
        fields.push(field);
    }
    fields
}

/// Switches one of the options that a letter names; others are known to real shells and change nothing here.
pub(super) fn set_option(options: &mut Options, flag: char, on: bool) {
    match flag {
        'e' => options.errexit = on,
        'x' => options.xtrace = on,
        'u' => options.nounset = on,
        'f' => options.noglob = on,
        'n' => options.noexec = on,
        _ => {}
    }
}

/// Runs text as commands of this shell.
fn run_text(shell: &mut Shell, text: String, sourced: bool) -> Step {
    shell.status = 0;
    shell.frames.push(Frame::Text { text: Arc::from(text), at: 0, sourced });
    Step::Progress
}
