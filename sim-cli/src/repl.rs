//! The prompt: line editing, the live clock, watches that print as things happen.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::{DefaultHistory, History};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Context, Editor, Helper};
use sim_core::session::{Effect, Session, Status, is_incomplete};

use crate::files::DiskFiles;
use crate::print::Printer;
use crate::saved;

/// How often a running command is looked at.
const FRAME: Duration = Duration::from_millis(25);

/// Opens the prompt; returns when the user leaves.
///
/// # Errors
/// The terminal cannot be used.
pub fn run(session: Session, printer: Printer) -> anyhow::Result<()> {
    let mut repl = Repl::new(session, printer)?;
    println!("A simulated cluster is up. Type kubectl's words, or help; Ctrl-D leaves.");
    let result = repl.run();
    repl.keep_history();
    result
}

struct Repl {
    shared: Rc<RefCell<Live>>,
    editor: Editor<Prompting, DefaultHistory>,
    printer: Printer,
    /// Whether the last output did not end its line.
    line_is_open: bool,
    interrupted: Arc<AtomicBool>,
}

/// The session and the real time at which its clock was last moved.
struct Live {
    session: Session,
    files: DiskFiles,
    moved: Instant,
}

impl Live {
    /// Lets the clock catch up with real time.
    fn catch_up(&mut self) {
        let now = Instant::now();
        self.session.tick(now.duration_since(self.moved));
        self.moved = now;
    }
}

impl Repl {
    fn new(mut session: Session, printer: Printer) -> anyhow::Result<Repl> {
        session.lend(Rc::new(DiskFiles::default()));
        let shared =
            Rc::new(RefCell::new(Live { session, files: DiskFiles::default(), moved: Instant::now() }));
        let config = Config::builder()
            .history_ignore_space(true)
            .history_ignore_dups(true)?
            .completion_type(rustyline::CompletionType::List)
            .auto_add_history(false)
            .build();
        let mut editor = Editor::with_config(config)?;
        editor.set_helper(Some(Prompting { shared: shared.clone(), colour: printer.colour() }));
        if let Some(path) = history_path() {
            // There is none yet at the first start.
            let _ = editor.load_history(&path);
        }
        let interrupted = Arc::new(AtomicBool::new(false));
        let flag = interrupted.clone();
        ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))?;
        Ok(Repl { shared, editor, printer, line_is_open: false, interrupted })
    }

    fn run(&mut self) -> anyhow::Result<()> {
        loop {
            let prompt = {
                let mut live = self.shared.borrow_mut();
                live.catch_up();
                live.session.prompt()
            };
            if std::mem::take(&mut self.line_is_open) {
                // The line editor draws its prompt over what stands on the line.
                println!();
            }
            let line = self.editor.readline(&prompt);
            let wants_input = matches!(self.shared.borrow().session.status(), Status::WantsInput(_));
            let mut live = self.shared.borrow_mut();
            live.catch_up();
            match line {
                Ok(line) => {
                    if !line.trim().is_empty() {
                        self.editor.add_history_entry(&line)?;
                    }
                    let Live { session, files, .. } = &mut *live;
                    session.submit(&line, None, files);
                }
                Err(ReadlineError::Interrupted) => live.session.interrupt(),
                Err(ReadlineError::Eof) if wants_input => live.session.end_input(),
                Err(ReadlineError::Eof) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
            drop(live);
            if self.follow()? {
                return Ok(());
            }
        }
    }

    /// Prints until the command in the foreground has ended or wants a line; true when the user leaves.
    fn follow(&mut self) -> anyhow::Result<bool> {
        self.interrupted.store(false, Ordering::Relaxed);
        loop {
            let mut live = self.shared.borrow_mut();
            let chunks = live.session.take_output();
            self.printer.chunks(&chunks)?;
            if let Some(last) = chunks.last() {
                self.line_is_open = !last.text.ends_with('\n');
            }
            for effect in live.session.take_effects() {
                if effect == Effect::Quit {
                    return Ok(true);
                }
                match saved::carry_out(&mut live.session, &effect) {
                    Ok(()) => announce(&effect, &live.session),
                    Err(complaint) => eprintln!("error: {complaint:#}"),
                }
                live.moved = Instant::now();
            }
            if live.session.status() != Status::Running {
                return Ok(false);
            }
            if self.interrupted.swap(false, Ordering::Relaxed) {
                live.session.interrupt();
                println!();
                continue;
            }
            if live.session.clock().paused {
                live.session.finish();
                live.moved = Instant::now();
                continue;
            }
            drop(live);
            std::thread::sleep(FRAME);
            self.shared.borrow_mut().catch_up();
        }
    }

    fn keep_history(&mut self) {
        let Some(path) = history_path() else { return };
        let kept = path.parent().map(std::fs::create_dir_all).transpose().is_ok();
        if kept && !self.editor.history().is_empty() && self.editor.save_history(&path).is_err() {
            eprintln!("hint: the history could not be written to {}", path.display());
        }
    }
}

fn announce(effect: &Effect, session: &Session) {
    match effect {
        Effect::Save { path, .. } => println!("saved to {path}; load {path} opens it again"),
        Effect::Load { path } => println!("opened {path} at {}", session.prompt().trim_end_matches("> ")),
        Effect::Write { .. } | Effect::Keep { .. } | Effect::Quit => {}
    }
}

/// `$XDG_STATE_HOME/sts-sim/history`, or below the home folder.
fn history_path() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let base = state.or_else(|| std::env::home_dir().map(|home| home.join(".local/state")))?;
    Some(base.join("sts-sim/history"))
}

/// Completion, hints and colour while the user types.
struct Prompting {
    shared: Rc<RefCell<Live>>,
    colour: bool,
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
        let pair = |candidate: sim_core::session::Candidate| {
            let end = if candidate.text.ends_with(['=', '/']) { "" } else { " " };
            Pair { display: candidate.text.clone(), replacement: candidate.text + end }
        };
        Ok((found.start, found.candidates.into_iter().map(pair).collect()))
    }
}

impl Hinter for Prompting {
    type Hint = String;

    fn hint(&self, line: &str, cursor: usize, context: &Context<'_>) -> Option<String> {
        if cursor < line.len() || line.trim().is_empty() {
            return None;
        }
        let history = context.history();
        let earlier = (0..history.len()).rev().find_map(|at| {
            let entry = history.get(at, rustyline::history::SearchDirection::Reverse).ok()??.entry;
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
    fn highlight_hint<'h>(&self, hint: &'h str) -> std::borrow::Cow<'h, str> {
        if self.colour { format!("\x1b[2m{hint}\x1b[0m").into() } else { hint.into() }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(
        &'s self,
        prompt: &'p str,
        _default: bool,
    ) -> std::borrow::Cow<'b, str> {
        if self.colour { format!("\x1b[1;36m{prompt}\x1b[0m").into() } else { prompt.into() }
    }
}

impl Validator for Prompting {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let wants_input = matches!(self.shared.borrow().session.status(), Status::WantsInput(_));
        let incomplete = !wants_input && is_incomplete(context.input());
        Ok(if incomplete { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}
