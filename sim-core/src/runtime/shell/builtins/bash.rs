//! Builtins that only bash has, and its words for what others complain of.

use std::sync::Arc;

use super::super::arrays::{Items, Key, set_items};
use super::super::ast::{AndOr, Assigned, Assignment, Command, Item, Part, Pipeline, Simple, Word};
use super::super::expand::Expander;
use super::super::frame::{Frame, Pending, Reading};
use super::super::host::Host;
use super::super::machine::Machine;
use super::super::state::{Shell, is_name};
use super::super::task::Step;
use super::{complain, done};

/// A builtin's complaint and exit code as bash has them, from ash's.
pub(super) fn worded(name: &str, message: &str, status: i32) -> (String, i32) {
    let whole = |message: String, status: i32| (format!("{name}: {message}"), status);
    if matches!(name, "." | "source")
        && let Some((file, why)) =
            message.strip_prefix("can't open '").and_then(|rest| rest.split_once("': "))
    {
        return (format!("{file}: {why}"), 1);
    }
    if let Some(rest) = message.strip_prefix("can't cd to ") {
        return whole(rest.to_owned(), 1);
    }
    if let Some(word) = message.strip_prefix("Illegal number: ") {
        return whole(format!("{word}: numeric argument required"), 2);
    }
    if let Some(word) = message.strip_suffix(": bad variable name") {
        return whole(format!("`{word}': not a valid identifier"), 1);
    }
    if let Some(word) = message.strip_suffix(": is read only") {
        return whole(format!("{word}: readonly variable"), 1);
    }
    match message {
        "not in a function" => whole("can only be used in a function".to_owned(), 1),
        "can't shift that many" => whole("shift count out of range".to_owned(), 1),
        message => whole(message.to_owned(), status),
    }
}

/// `alias NAME=VALUE`, and what there is of them.
pub(super) fn alias(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    let line = |shell: &Shell, name: &str, value: &str| {
        let prefix = if shell.is_bash { "alias " } else { "" };
        format!("{prefix}{name}='{}'\n", value.replace('\'', "'\\''"))
    };
    let mut status = 0;
    if words.len() == 1 {
        let all: String = shell.aliases.iter().map(|(name, value)| line(shell, name, value)).collect();
        machine.write(pid, 1, &all, host);
    }
    for word in &words[1..] {
        match (word.split_once('='), shell.aliases.get(word)) {
            (Some((name, value)), _) => drop(shell.aliases.insert(name.to_owned(), value.into())),
            (None, Some(value)) => {
                let shown = line(shell, word, value);
                machine.write(pid, 1, &shown, host);
            }
            (None, None) => {
                complain(machine, shell, pid, ("alias", &format!("{word}: not found"), 1), host);
                status = 1;
            }
        }
    }
    done(shell, status)
}

pub(super) fn unalias(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    let mut status = 0;
    for word in &words[1..] {
        if word == "-a" {
            shell.aliases.clear();
        } else if shell.aliases.remove(word).is_none() {
            complain(machine, shell, pid, ("unalias", &format!("{word}: not found"), 1), host);
            status = 1;
        }
    }
    done(shell, status)
}

/// `declare [-aAxrgp] [NAME[=VALUE]]...`, in a function `local`.
pub(super) fn declare(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    let mut flags = String::new();
    for word in words[1..].iter().filter(|word| word.starts_with('-')) {
        flags.push_str(&word[1..]);
    }
    let has = |flag: char| flags.contains(flag);
    let names: Vec<&String> = words[1..].iter().filter(|word| !word.starts_with(['-', '+'])).collect();
    if has('p') || names.is_empty() {
        return print(machine, shell, pid, &names, host);
    }
    let call = shell.frames.iter_mut().rev().find_map(|frame| match frame {
        Frame::Call { locals, .. } => Some(locals),
        _ => None,
    });
    if let Some(locals) = call.filter(|_| !has('g')) {
        for word in &names {
            let name = word.split('=').next().unwrap_or_default();
            if !locals.iter().any(|(known, _)| &**known == name) {
                locals.push((Arc::from(name), shell.variables.get(name).cloned()));
            }
        }
    }
    for word in names {
        let (name, value) =
            word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
        if !is_name(name) {
            let message = format!("{word}: bad variable name");
            return complain(machine, shell, pid, (&words[0], &message, 1), host);
        }
        if has('a') || has('A') {
            let known = shell.variables.get(name).is_some_and(|variable| variable.items.is_some());
            if !known {
                set_items(&mut shell.variables, name, Items { named: has('A'), ..Items::default() });
            }
        }
        if let Some(value) = value
            && let Err(message) = shell.set(name, value)
        {
            return complain(machine, shell, pid, (&words[0], &message, 1), host);
        }
        let variable = shell.variables.entry(name.into()).or_default();
        variable.exported |= has('x');
        variable.read_only |= has('r');
    }
    done(shell, 0)
}

fn print(machine: &mut Machine, shell: &mut Shell, pid: u32, names: &[&String], host: &mut dyn Host) -> Step {
    let quoted =
        |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$"));
    let mut shown = String::new();
    for (name, variable) in &shell.variables {
        if !names.is_empty() && !names.iter().any(|wanted| wanted.as_str() == &**name) {
            continue;
        }
        let mut flags = String::from("-");
        let items = variable.items.as_ref();
        flags.push_str(items.map_or("", |items| if items.named { "A" } else { "a" }));
        flags.push_str(if variable.read_only { "r" } else { "" });
        flags.push_str(if variable.exported { "x" } else { "" });
        if flags == "-" {
            flags.push('-');
        }
        let value = match (items, &variable.value) {
            (Some(items), _) => format!("={}", items.declared(quoted)),
            (None, Some(value)) => format!("={}", quoted(value)),
            (None, None) => String::new(),
        };
        shown.push_str(&format!("declare {flags} {name}{value}\n"));
    }
    machine.write(pid, 1, &shown, host);
    let missing =
        names.iter().find(|name| !shell.variables.contains_key(name.as_str())).map(|name| (*name).clone());
    match missing {
        Some(name) => complain(machine, shell, pid, ("declare", &format!("{name}: not found"), 1), host),
        None => done(shell, 0),
    }
}

/// `let EXPRESSION...`
pub(super) fn compute(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    let mut last = 0;
    for word in &words[1..] {
        let word = Word(vec![Part::Quoted(word.clone())]);
        let mut expander = Expander::new(shell, &[], host.files(), "/");
        let value = expander.arithmetic(&word);
        let variables = expander.variables.clone();
        match value {
            Ok(value) => {
                shell.variables = variables;
                last = value;
            }
            Err(super::super::expand::Stop::Fail(message)) => {
                return complain(machine, shell, pid, ("let", &message, 1), host);
            }
            Err(_) => return done(shell, 1),
        }
    }
    done(shell, i32::from(last == 0))
}

/// `mapfile [-t] [NAME]`
pub(super) fn mapfile(
    _: &mut Machine,
    shell: &mut Shell,
    _: u32,
    words: &[String],
    _: &mut dyn Host,
) -> Step {
    let cut = words.iter().any(|word| word == "-t");
    let names = words[1..].iter().filter(|word| is_name(word)).cloned().collect();
    let reading = Reading { names, raw: true, lines: Some(cut), ..Reading::default() };
    shell.frames.push(Frame::Read { reading, text: String::new() });
    Step::Progress
}

/// `unset 'a[1]'`: whether that names an element.
pub(super) fn unset_element(shell: &mut Shell, word: &str) -> bool {
    let Some((name, index)) = word.strip_suffix(']').and_then(|word| word.split_once('[')) else {
        return false;
    };
    let Some(items) = shell.variables.get(name).and_then(|variable| variable.items.as_deref()) else {
        return false;
    };
    let mut items = items.clone();
    let key = if items.named { Key::Name(index.into()) } else { Key::read(index) };
    items.entries.remove(&key);
    set_items(&mut shell.variables, name, items);
    true
}

/// `printf -v NAME FORMAT WORD...`: assigns what `printf` prints.
pub(in super::super) fn print_into(shell: &mut Shell, words: &[String]) {
    let quoted = |word: &String| Word(vec![Part::Quoted(word.clone())]);
    let name = words.get(2).cloned().unwrap_or_default();
    let words = words[..1].iter().chain(words.iter().skip(3)).map(quoted).collect();
    let line = shell.line;
    let command = Command::Simple(Arc::new(Simple { words, line, ..Simple::default() }));
    let pipeline = Pipeline { negated: false, timed: false, commands: vec![command] };
    let and_or = Arc::new(AndOr { first: Arc::new(pipeline), rest: Vec::new() });
    let list = Arc::new(vec![Item { and_or, background: false }]);
    let value = Assigned::Text(Word(vec![Part::Double(vec![Part::Substitution(list)])]));
    let assignments = vec![Assignment { name, index: None, append: false, value }];
    let command = Arc::new(Simple { assignments, line, ..Simple::default() });
    shell.frames.push(Frame::Simple { command, pending: Pending::default() });
}
