//! Completion, hints and colour while the user types.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::SearchDirection;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Cmd, ConditionalEventHandler, Context, Event, EventContext, Helper, KeyEvent, RepeatCount};
use sim_core::session::{Candidate, Status, is_incomplete};

use crate::repl::Live;

/// The line editor's help. A program in the foreground gets none of it: its words are not the prompt's.
pub struct Prompting {
    /// What the words are about.
    pub shared: Rc<RefCell<Live>>,
    /// Whether colour is wanted.
    pub colour: bool,
}

impl Prompting {
    fn is_at_program(&self) -> bool {
        matches!(self.shared.borrow().session.status(), Status::WantsInput(_))
    }
}

impl Helper for Prompting {}

impl Completer for Prompting {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let mut live = self.shared.borrow_mut();
        live.catch_up();
        let found = live.session.complete(line, cursor, &live.files);
        let pair = |candidate: Candidate| {
            let end = if candidate.text.ends_with(['=', '/']) { "" } else { " " };
            Pair { display: candidate.text.clone(), replacement: candidate.text + end }
        };
        Ok((found.start, found.candidates.into_iter().map(pair).collect()))
    }
}

impl Hinter for Prompting {
    type Hint = String;

    fn hint(&self, line: &str, cursor: usize, context: &Context<'_>) -> Option<String> {
        // Without colour a hint looks like what was typed.
        if !self.colour || cursor < line.len() || line.trim().is_empty() || self.is_at_program() {
            return None;
        }
        let history = context.history();
        let earlier = (0..history.len()).rev().find_map(|at| {
            let entry = history.get(at, SearchDirection::Reverse).ok()??.entry;
            entry.strip_prefix(line).filter(|rest| !rest.is_empty()).map(str::to_owned)
        });
        earlier.or_else(|| {
            let live = self.shared.try_borrow().ok()?;
            let found = live.session.complete(line, cursor, &live.files);
            match found.candidates.as_slice() {
                [only] => {
                    only.text.strip_prefix(&line[found.start..]).filter(|r| !r.is_empty()).map(str::to_owned)
                }
                _ => None,
            }
        })
    }
}

impl Highlighter for Prompting {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        if self.colour { format!("\x1b[2m{hint}\x1b[0m").into() } else { hint.into() }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _default: bool) -> Cow<'b, str> {
        if self.colour { format!("\x1b[1;36m{prompt}\x1b[0m").into() } else { prompt.into() }
    }
}

impl Validator for Prompting {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let incomplete = !self.is_at_program() && is_incomplete(context.input());
        Ok(if incomplete { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

/// Ctrl-C, shown as a terminal shows it.
pub struct ShownInterrupt;

impl ShownInterrupt {
    /// The key.
    pub fn key() -> Event {
        Event::from(KeyEvent::ctrl('C'))
    }
}

impl ConditionalEventHandler for ShownInterrupt {
    fn handle(&self, _event: &Event, _count: RepeatCount, _positive: bool, at: &EventContext) -> Option<Cmd> {
        if at.pos() < at.line().len() {
            // The cursor must not stand on what was typed.
            return Some(Cmd::Interrupt);
        }
        let mut out = std::io::stdout();
        // Behind the cursor may be a hint. A terminal that is gone shows nothing anyway.
        let _ = out.write_all(b"\x1b[J^C").and_then(|()| out.flush());
        Some(Cmd::Interrupt)
    }
}
