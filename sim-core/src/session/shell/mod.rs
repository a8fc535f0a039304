//! Lines that are written for a shell: `get pods | grep web`, `X=$(...)`, `for ...; do ...; done`.
//!
//! A line that is one plain command never comes here: [`scan::is_for_shell`] tells which is which. Any other runs as
//! a [`Process`] of the same shell that pods have, on a machine of its own, the user's workstation:
//!
//! - [`host`] is that machine: its tools are Debian's, its files are those that the front end has ([`home`]).
//! - [`outer`] are the commands that the session runs in the shell's place: kubectl, its verbs without the leading
//!   word, and the session's own words. Each is started and polled as it is on a plain line, and what it prints goes
//!   where the shell says.
//! - [`ShellLine`] is a line at work, in the session's foreground. The session runs it after every event and when it
//!   is due, exactly as it polls a plain command that waits.
//! - What the shell remembers (variables, functions, `$?`) stays in the session, as [`Remembered`].
//!
//! Everything a line read is in the journal, at the last line that was typed by then; what it wrote goes to the front
//! end as [`Effect::Keep`] when the line ends.

mod home;
mod host;
mod outer;
pub(super) mod scan;

use std::collections::BTreeMap;

use super::files::RecordingFiles;
use super::{Effect, Session};
use crate::api::SimTime;
use crate::kubectl::{NoFiles, Progress};
use crate::runtime::shell::{Process, ProcessState, Remembered, Stream, syntax_error};
use home::Written;
pub(super) use host::PACKAGES;
use host::Workstation;
use outer::Outer;

/// Signal of Ctrl-C, and what it makes of the exit code.
const INTERRUPTED: u8 = 130;

/// The exit code of a line that is no shell's.
const SYNTAX: u8 = 2;

/// A line at work.
pub(super) struct ShellLine {
    process: Process,
    /// The commands that the session runs for it, by process id.
    outers: BTreeMap<u32, Outer>,
    written: Written,
    hints: Vec<String>,
}

impl ShellLine {
    /// A line that has not run yet. Its standard input is `stdin`, or what the user types.
    ///
    /// # Errors
    /// The text is no shell's; the message is bash's.
    pub fn new(session: &mut Session, text: &str, stdin: Option<&str>) -> Result<ShellLine, String> {
        let text = scan::without_prompt(text);
        if let Some(complaint) = syntax_error(text) {
            return Err(complaint);
        }
        if scan::ends_in_background(text) {
            return Err("error: only port-forward runs in the background here".to_owned());
        }
        let mut shell = session.shell.clone().unwrap_or_else(|| Remembered::new(&host::environment()));
        shell.set_status(i32::from(session.exit));
        let mut process = shell.run(text, home::FOLDER);
        match stdin {
            Some(text) => process.set_stdin(text.to_owned()),
            None => process.attach_input(),
        }
        let written = Written::with_folders(session.folders.clone());
        Ok(ShellLine { process, outers: BTreeMap::new(), written, hints: Vec::new() })
    }

    /// Goes as far as possible at this moment.
    pub fn run(&mut self, session: &mut Session, files: &RecordingFiles<'_>) -> Progress {
        let mut host = Workstation::new(session, files, &mut self.outers, &mut self.written, &mut self.hints);
        let state = self.process.run(&mut host);
        for (stream, text) in self.process.take_output() {
            match stream {
                Stream::Out => session.out.out(text),
                Stream::Err => session.out.err(text),
            }
        }
        let gone: Vec<u32> = self.outers.keys().copied().filter(|pid| !self.process.has_part(*pid)).collect();
        for pid in gone {
            self.end_outer(session, pid);
        }
        match state {
            ProcessState::Exited(status) => {
                if !self.process.parts().is_empty() {
                    self.hints.push("what a line leaves in the background ends with it".to_owned());
                }
                self.end(session);
                Progress::Done(u8::try_from(status.rem_euclid(256)).unwrap_or(1))
            }
            _ => Progress::Waiting,
        }
    }

    /// When it wants to run again, whatever happens until then.
    pub fn deadline(&self) -> Option<SimTime> {
        self.process.due()
    }

    /// The prompt, when a part of it reads from the user.
    pub fn prompt(&self) -> Option<String> {
        self.outers.values().find_map(Outer::prompt).or_else(|| self.process.prompt())
    }

    /// A line from the user, or `None` at the end of input.
    pub fn input(&mut self, session: &mut Session, line: Option<&str>) {
        match self.outers.values_mut().find(|outer| outer.prompt().is_some()) {
            Some(outer) => outer.input(line, &mut session.env(&NoFiles, None)),
            None => self.process.input(line),
        }
    }

    /// Whether a program of a pod that it runs has the terminal to itself.
    pub fn holds_terminal(&self) -> bool {
        self.outers.values().any(Outer::holds_terminal)
    }

    /// Ctrl-C for the program that has the terminal to itself.
    pub fn interrupt_program(&mut self, session: &mut Session) {
        if let Some(outer) = self.outers.values_mut().find(|outer| outer.holds_terminal()) {
            outer.interrupt(&mut session.env(&NoFiles, None));
        }
    }

    /// Ctrl-C: all of it ends.
    pub fn interrupt(&mut self, session: &mut Session) {
        self.end(session);
        session.exit = INTERRUPTED;
    }

    /// Ends what still runs, and hands over what the line leaves behind.
    fn end(&mut self, session: &mut Session) {
        let left: Vec<u32> = self.outers.keys().copied().collect();
        for pid in left {
            self.end_outer(session, pid);
        }
        if let Some((shell, exited)) = Remembered::of(&mut self.process) {
            session.shell = Some(shell);
            if exited {
                session.effects.push(Effect::Quit);
            }
        }
        session.folders = self.written.take_folders();
        for (path, text) in std::mem::take(&mut self.written).into_changed() {
            session.effects.push(Effect::Keep { path, text });
        }
        for hint in self.hints.drain(..) {
            session.out.err_line(format!("hint: {hint}"));
        }
    }

    /// The shell has no use for the command any more: it is interrupted.
    fn end_outer(&mut self, session: &mut Session, pid: u32) {
        let Some(mut outer) = self.outers.remove(&pid) else { return };
        let shown = std::mem::take(&mut session.out);
        outer.interrupt(&mut session.env(&NoFiles, None));
        session.out = shown;
    }
}

impl Session {
    /// The line with the user's aliases replaced; `None` when there is none.
    pub(super) fn with_aliases(&self, text: &str) -> Option<String> {
        let shell = self.shell.as_ref().filter(|shell| shell.has_aliases())?;
        Some(scan::with_aliases(text, |name| shell.alias(name)))
    }

    /// Whether a line is written for a shell, or begins with a function that an earlier one defined.
    pub(super) fn is_for_shell(&self, text: &str) -> bool {
        let first = scan::without_prompt(text).split_whitespace().next().unwrap_or_default();
        scan::is_for_shell(text) || self.shell.as_ref().is_some_and(|shell| shell.has_function(first))
    }

    /// Starts a line that is written for a shell.
    ///
    /// # Errors
    /// What is wrong with its grammar has been printed; this is the exit code.
    pub(super) fn start_shell_line(&mut self, text: &str, stdin: Option<&str>) -> Result<ShellLine, u8> {
        ShellLine::new(self, text, stdin).map_err(|complaint| {
            self.out.err_line(complaint);
            SYNTAX
        })
    }
}
