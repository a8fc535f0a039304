//! A manifest that is typed: `apply -f -` without anything that its input comes from.

use super::Session;
use super::line::Line;
use crate::kubectl::{self, Files, Flow, Progress, Task, verbs};

/// A command that waits for the end of its input.
pub(super) struct Reading {
    words: Vec<String>,
    text: String,
    has_ended: bool,
}

/// What became of it.
pub(super) enum Read {
    /// It still reads.
    More,
    /// It runs on.
    Task(Box<dyn Task>),
    /// It ended with this exit code.
    Done(u8),
}

impl Reading {
    /// The command of `line`, when it reads a manifest from the terminal.
    pub fn of(line: &Line) -> Option<Reading> {
        let (verb, rest) = verbs::find(&line.words).ok()?;
        let takes_files = verb.flags.iter().any(|flag| flag.long == "filename");
        let own: Vec<&str> = rest.iter().map(String::as_str).take_while(|word| *word != "--").collect();
        let is_named = own.iter().any(|word| matches!(*word, "-f-" | "-f=-" | "--filename=-"))
            || own.windows(2).any(|pair| matches!(pair, ["-f" | "--filename", "-"]));
        (takes_files && is_named).then(|| Reading {
            words: line.words.clone(),
            text: String::new(),
            has_ended: false,
        })
    }

    /// A line, or the end of the input.
    pub fn input(&mut self, line: Option<&str>) {
        match line {
            Some(line) => {
                self.text.push_str(line);
                self.text.push('\n');
            }
            None => self.has_ended = true,
        }
    }

    /// The prompt: none, as of any program that reads a terminal.
    pub fn prompt(&self) -> Option<String> {
        (!self.has_ended).then(String::new)
    }

    /// Runs the command once its input is whole.
    pub fn look(&self, session: &mut Session, files: &dyn Files) -> Read {
        if !self.has_ended {
            return Read::More;
        }
        session.start_up();
        match kubectl::start(&self.words, &mut session.env(files, Some(&self.text))) {
            Flow::Done(code) => Read::Done(code),
            Flow::Task(task) => Read::Task(task),
        }
    }
}

impl Read {
    /// As the session's driver sees it.
    pub fn progress(&self) -> Progress {
        match self {
            Read::Done(code) => Progress::Done(*code),
            Read::More | Read::Task(_) => Progress::Waiting,
        }
    }
}
