//! Builtins for variables, options and positional parameters.

use std::sync::Arc;

use super::super::arrays::{Items, set_items};
use super::super::frame::Frame;
use super::super::host::Host;
use super::super::machine::Machine;
use super::super::state::{Shell, is_name};
use super::super::task::Step;
use super::{bash, complain, done, set_option};

/// Text as the shell would read it back.
pub(in super::super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    always_quoted(text)
}

/// [`quoted`], or as bash does it.
pub(in super::super) fn quoted_for(is_bash: bool, text: &str) -> String {
    let text = if is_bash && text.contains('\'') { text.replace('\'', "\0") } else { return quoted(text) };
    format!("'{}'", text.replace('\0', "'\\''"))
}

/// Switches an option by its long name, as `-o` does.
pub(in super::super) fn set_named_option(options: &mut super::super::state::Options, name: &str, on: bool) {
    match name {
        "pipefail" => options.pipefail = on,
        "errexit" => options.errexit = on,
        "nounset" => options.nounset = on,
        "xtrace" => options.xtrace = on,
        "noglob" => options.noglob = on,
        _ => {}
    }
}

fn always_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\"'\"'"))
}

/// `export` and `readonly`.
pub(super) fn export(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    let read_only = words[0] == "readonly";
    let remove = words.get(1).is_some_and(|word| word == "-n");
    let operands: Vec<&String> = words[1..].iter().filter(|word| !word.starts_with('-')).collect();
    if operands.is_empty() {
        let mut text = String::new();
        for (name, variable) in &shell.variables {
            if if read_only { variable.read_only } else { variable.exported } {
                match &variable.value {
                    Some(value) => text.push_str(&format!("{} {name}={}\n", words[0], always_quoted(value))),
                    None => text.push_str(&format!("{} {name}\n", words[0])),
                }
            }
        }
        machine.write(pid, 1, &text, host);
        return done(shell, 0);
    }
    for operand in operands {
        let (name, value) = match operand.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (operand.as_str(), None),
        };
        if !is_name(name) {
            let message = format!("{operand}: bad variable name");
            return complain(machine, shell, pid, (&words[0], &message, 2), host);
        }
        if let Some(value) = value
            && let Err(message) = shell.set(name, value)
        {
            return complain(machine, shell, pid, (&words[0], &message, 2), host);
        }
        let variable = shell.variables.entry(name.into()).or_default();
        if read_only { variable.read_only = true } else { variable.exported = !remove }
    }
    done(shell, 0)
}

pub(super) fn local(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    let named = shell.is_bash && words.iter().any(|word| word == "-A");
    let flags = |word: &&String| shell.is_bash && word.starts_with('-');
    let operands: Vec<&String> = words[1..].iter().filter(|word| !flags(word)).collect();
    for operand in operands {
        let (name, value) = operand.split_once('=').unwrap_or((operand, ""));
        let old = shell.variables.get(name).cloned();
        let call = shell.frames.iter_mut().rev().find_map(|frame| match frame {
            Frame::Call { locals, .. } => Some(locals),
            _ => None,
        });
        let Some(locals) = call else {
            return complain(machine, shell, pid, ("local", "not in a function", 1), host);
        };
        if !locals.iter().any(|(known, _)| &**known == name) {
            locals.push((Arc::from(name), old));
        }
        if named {
            set_items(&mut shell.variables, name, Items { named, ..Items::default() });
        } else if shell.is_bash {
            shell.variables.remove(name);
        }
        if !is_name(name) || (operand.contains('=') && shell.set(name, value).is_err()) {
            let message = format!("{name}: bad variable name");
            return complain(machine, shell, pid, ("local", &message, 2), host);
        }
    }
    done(shell, 0)
}

pub(super) fn unset(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    let functions = words.get(1).is_some_and(|word| word == "-f");
    for name in words[1..].iter().filter(|word| !word.starts_with('-')) {
        if functions {
            shell.functions.remove(name);
        } else if shell.variables.get(name.as_str()).is_some_and(|variable| variable.read_only) {
            let message = format!("{name}: is read only");
            return complain(machine, shell, pid, ("unset", &message, 2), host);
        } else if !bash::unset_element(shell, name) {
            shell.variables.remove(name.as_str());
        }
    }
    done(shell, 0)
}

pub(super) fn set(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    if words.len() == 1 {
        let mut text = String::new();
        for (name, variable) in &shell.variables {
            if let Some(value) = &variable.value {
                text.push_str(&format!("{name}={}\n", always_quoted(value)));
            }
        }
        machine.write(pid, 1, &text, host);
        return done(shell, 0);
    }
    let mut rest = words[1..].iter();
    while let Some(word) = rest.next() {
        let on = word.starts_with('-');
        match word.as_str() {
            "--" => {
                shell.positional = Arc::new(rest.cloned().collect());
                return done(shell, 0);
            }
            "-o" | "+o" => {
                if let Some(name) = rest.next() {
                    set_named_option(&mut shell.options, name, on);
                }
            }
            flags if flags.len() > 1 && (on || flags.starts_with('+')) => {
                for flag in flags[1..].chars() {
                    if flag == 'o'
                        && let Some(name) = rest.next()
                    {
                        set_named_option(&mut shell.options, name, on);
                    }
                    set_option(&mut shell.options, flag, on);
                }
            }
            _ => {
                let mut positional = vec![word.clone()];
                positional.extend(rest.cloned());
                shell.positional = Arc::new(positional);
                return done(shell, 0);
            }
        }
    }
    done(shell, 0)
}

pub(super) fn shift(
    machine: &mut Machine,
    shell: &mut Shell,
    pid: u32,
    words: &[String],
    host: &mut dyn Host,
) -> Step {
    let count = words.get(1).and_then(|word| word.parse::<usize>().ok()).unwrap_or(1);
    if count > shell.positional.len() {
        return complain(machine, shell, pid, ("shift", "can't shift that many", 2), host);
    }
    shell.positional = Arc::new(shell.positional[count..].to_vec());
    done(shell, 0)
}
