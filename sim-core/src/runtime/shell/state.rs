//! [`Shell`]: what a shell remembers between commands.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdMap;

use super::arrays::{Items, Key};
use super::ast::{Compound, Dialect};
use super::frame::Frame;
use super::host::Host;

/// A variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Variable {
    /// Absent for a name that was only exported.
    pub value: Option<Arc<str>>,
    /// Its elements when it is an array; `value` is the first of them.
    pub items: Option<Arc<Items>>,
    pub exported: bool,
    pub read_only: bool,
}

/// Variables by name.
pub(super) type Variables = OrdMap<Arc<str>, Variable>;

/// The options that `set` switches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// `-e`: leave at the first failure.
    pub errexit: bool,
    /// `-x`: print commands.
    pub xtrace: bool,
    /// `-u`: an unset variable is an error.
    pub nounset: bool,
    /// `-f`: no file name patterns.
    pub noglob: bool,
    /// `-n`: parse only.
    pub noexec: bool,
    /// `-o pipefail`
    pub pipefail: bool,
}

/// A shell.
#[derive(Clone, Debug)]
pub(super) struct Shell {
    pub variables: Variables,
    pub functions: OrdMap<String, Arc<Compound>>,
    /// `$0`, which also opens error messages.
    pub name: String,
    /// The script's name, when there is one.
    pub script: Option<String>,
    /// Its commands are those of `-c`.
    pub from_words: bool,
    pub positional: Arc<Vec<String>>,
    /// `$?`
    pub status: i32,
    /// `$!`
    pub last_background: Option<u32>,
    /// `$$`, which subshells keep.
    pub pid: u32,
    pub options: Options,
    /// What the shell is in the middle of, outermost first.
    pub frames: Vec<Frame>,
    pub traps: BTreeMap<i32, Arc<str>>,
    pub pending_traps: Vec<i32>,
    /// It prompts and survives errors.
    pub interactive: bool,
    pub previous_directory: Option<String>,
    pub jobs: Vec<u32>,
    pub line: u32,
    pub random: u32,
    /// The text of the simple command's last failure to find a program is in bash's words.
    pub is_bash: bool,
    /// Whose grammar it reads; `None` for `sh`, which is another shell's in each image.
    pub dialect: Option<Dialect>,
    /// It reads a line at a prompt: its messages name no line of a script.
    pub terse: bool,
    /// The names that `alias` gave, and what they stand for.
    pub aliases: BTreeMap<String, Arc<str>>,
    /// It has run its exit trap.
    pub leaving: bool,
    /// How many command substitutions it runs in.
    pub substitutions: usize,
    /// `exit` ended it.
    pub exited: bool,
}

impl Shell {
    /// A shell named `name` with these exported variables.
    pub fn new(name: &str, environment: &[(String, String)], pid: u32) -> Shell {
        let mut shell = Shell {
            variables: Variables::new(),
            functions: OrdMap::new(),
            name: name.to_owned(),
            script: None,
            from_words: false,
            positional: Arc::default(),
            status: 0,
            last_background: None,
            pid,
            options: Options::default(),
            frames: Vec::new(),
            traps: BTreeMap::new(),
            pending_traps: Vec::new(),
            interactive: false,
            previous_directory: None,
            jobs: Vec::new(),
            line: 1,
            random: pid.wrapping_mul(2_654_435_761),
            is_bash: dialect_of(name) == Some(Dialect::Bash),
            dialect: dialect_of(name),
            terse: false,
            aliases: BTreeMap::new(),
            leaving: false,
            substitutions: 0,
            exited: false,
        };
        for (name, value) in environment {
            let variable =
                Variable { value: Some(value.as_str().into()), exported: true, ..Variable::default() };
            shell.variables.insert(name.as_str().into(), variable);
        }
        shell
    }

    /// A copy for a subshell, which starts with nothing to do.
    pub fn subshell(&self) -> Shell {
        let mut copy = Shell { frames: Vec::new(), ..self.clone() };
        copy.interactive = false;
        copy.pending_traps.clear();
        copy.jobs.clear();
        copy.leaving = false;
        // POSIX: traps with a command go back to the default in a subshell, ignored signals stay so.
        copy.traps.retain(|_, action| action.is_empty());
        copy
    }

    /// Whose grammar it reads on this host.
    pub fn dialect_on(&self, host: &dyn Host) -> Dialect {
        self.dialect.unwrap_or_else(|| host.dialect())
    }

    /// A variable's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).and_then(|variable| variable.value.as_deref())
    }

    /// Sets a variable.
    ///
    /// # Errors
    /// The message when it is read-only.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        set_variable(&mut self.variables, name, value)
    }

    /// The exported variables, `(name, value)`.
    pub fn environment(&self) -> Vec<(String, String)> {
        let exported =
            self.variables.iter().filter(|(_, variable)| variable.exported && variable.items.is_none());
        exported
            .filter_map(|(name, variable)| Some((name.to_string(), variable.value.as_ref()?.to_string())))
            .collect()
    }
}

/// Sets a variable among `variables`.
///
/// # Errors
/// The message when it is read-only.
pub(super) fn set_variable(variables: &mut Variables, name: &str, value: &str) -> Result<(), String> {
    let variable = variables.entry(name.into()).or_default();
    if variable.read_only {
        return Err(format!("{name}: is read only"));
    }
    variable.value = Some(value.into());
    if let Some(items) = &mut variable.items {
        let key = if items.named { Key::Name("0".into()) } else { Key::Number(0) };
        Arc::make_mut(items).entries.insert(key, value.into());
    }
    Ok(())
}

/// Whose grammar a shell of that name reads; `None` for `sh`.
fn dialect_of(name: &str) -> Option<Dialect> {
    match name.rsplit('/').next() {
        Some("ash") => Some(Dialect::Ash),
        Some("bash" | "-bash") => Some(Dialect::Bash),
        Some("dash") => Some(Dialect::Dash),
        _ => None,
    }
}

/// Whether `text` can name a variable.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
