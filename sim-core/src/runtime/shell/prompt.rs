//! A shell at a prompt: lines that come one by one, and what is remembered between them.

use super::ast::Dialect;
use super::builtins::Builtin;
use super::parser::{ParseError, Parser};
use super::process::Process;
use super::state::Shell;
use super::tools;

/// What a shell remembers from one line to the next: variables, functions, options, `$?`.
#[derive(Clone, Debug)]
pub struct Remembered(Box<Shell>);

impl Remembered {
    /// The memory of a shell that starts with these exported variables.
    pub fn new(environment: &[(String, String)]) -> Remembered {
        Remembered(Box::new(Shell { terse: true, ..Shell::new("bash", environment, 0) }))
    }

    /// Sets `$?`.
    pub fn set_status(&mut self, status: i32) {
        self.0.status = status;
    }

    /// Whether a function of that name was defined.
    pub fn has_function(&self, name: &str) -> bool {
        self.0.functions.contains_key(name)
    }

    /// Whether `alias` gave any names.
    pub fn has_aliases(&self) -> bool {
        !self.0.aliases.is_empty()
    }

    /// What a name stands for that `alias` gave.
    pub fn alias(&self, name: &str) -> Option<&str> {
        self.0.aliases.get(name).map(AsRef::as_ref)
    }

    /// The shell with this memory, running `text`.
    pub fn run(self, text: &str, directory: &str) -> Process {
        Process::of_line(self.0, text, directory)
    }

    /// What a shell that [`Remembered::run`] started knows, and whether `exit` ended it; `None` when it has become
    /// another program. The process is of no further use.
    pub fn of(process: &mut Process) -> Option<(Remembered, bool)> {
        let mut shell = process.take_shell()?;
        let exited = std::mem::take(&mut shell.exited);
        shell.line = 1;
        shell.frames.clear();
        shell.jobs.clear();
        shell.pending_traps.clear();
        shell.leaving = false;
        Some((Remembered(shell), exited))
    }
}

/// Whether `text` is the beginning of something: an open quote, `for` without `done`, a pipe that leads nowhere.
pub fn is_unfinished(text: &str) -> bool {
    let mut parser = Parser::new(text, 0, true, Dialect::Bash);
    loop {
        match parser.next_line() {
            Ok(Some(_)) => {}
            Ok(None) | Err(ParseError::Syntax(_)) => return false,
            Err(ParseError::Incomplete(_)) => return true,
        }
    }
}

/// What is wrong with the grammar of `text`, as bash puts it.
pub fn syntax_error(text: &str) -> Option<String> {
    let mut parser = Parser::new(text, 0, false, Dialect::Bash);
    loop {
        match parser.next_line() {
            Ok(Some(_)) => {}
            Ok(None) => return None,
            Err(ParseError::Syntax(message) | ParseError::Incomplete(message)) => {
                return Some(format!("bash: {message}"));
            }
        }
    }
}

/// Whether the shell itself or one of these packages has a command of that name.
pub fn is_command(name: &str, packages: u32) -> bool {
    Builtin::named(name).is_some() || tools::packages_of(name).is_some_and(|of| of & packages != 0)
}
