//! The prompt: line editing, the live clock, watches that print as things happen.

use std::cell::RefCell;
use std::io::{ErrorKind, IsTerminal};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustyline::error::ReadlineError;
use rustyline::history::{DefaultHistory, History as _};
use rustyline::{Config, Editor, EventHandler};
use sim_core::session::{Effect, Session, Status};

use crate::files::DiskFiles;
use crate::pasted::Pasted;
use crate::print::Printer;
use crate::prompting::{Prompting, ShownInterrupt};
use crate::saved;

/// How often a running command is looked at.
const FRAME: Duration = Duration::from_millis(25);

/// After how long it is said how far a move of the clock is, and how often then.
const TELLS_AFTER: Duration = Duration::from_secs(1);
const TELLS_EVERY: Duration = Duration::from_millis(200);

/// How many lines of earlier sessions are at hand.
const HISTORY_MAX: usize = 1000;

/// Opens the prompt; returns when the user leaves.
///
/// # Errors
/// The terminal cannot be used.
pub fn run(session: Session, printer: Printer) -> anyhow::Result<()> {
    let mut repl = Repl::new(session, printer)?;
    println!("A simulated cluster is up. Type kubectl's words, or help; Ctrl-D leaves.");
    repl.run()
}

struct Repl {
    shared: Rc<RefCell<Live>>,
    editor: Editor<Prompting, DefaultHistory>,
    history: History,
    /// What was typed to programs: at hand at their prompts, and kept by nobody.
    programs_history: DefaultHistory,
    pasted: Pasted,
    printer: Printer,
    /// Whether the last output did not end its line.
    line_is_open: bool,
    interrupted: Arc<AtomicBool>,
}

/// The session and the real time at which its clock was last moved.
pub struct Live {
    /// The session.
    pub session: Session,
    /// What its lines read.
    pub files: DiskFiles,
    moved: Instant,
}

impl Live {
    /// Lets the clock catch up with real time.
    pub fn catch_up(&mut self) {
        let elapsed = self.elapsed();
        self.session.tick(elapsed);
    }

    /// The real time since this was last asked.
    fn elapsed(&mut self) -> Duration {
        let now = Instant::now();
        let elapsed = now.duration_since(self.moved);
        self.moved = now;
        elapsed
    }

    fn is_at_program(&self) -> bool {
        matches!(self.session.status(), Status::WantsInput(_))
    }
}

/// What is read next.
enum Typed {
    Line(String),
    Interrupt,
    EndOfInput,
}

impl Repl {
    fn new(mut session: Session, printer: Printer) -> anyhow::Result<Repl> {
        session.lend(Rc::new(DiskFiles::default()));
        session.print_to_screen();
        let shared =
            Rc::new(RefCell::new(Live { session, files: DiskFiles::default(), moved: Instant::now() }));
        let config = Config::builder()
            .history_ignore_space(true)
            .history_ignore_dups(true)?
            .max_history_size(HISTORY_MAX)?
            .completion_type(rustyline::CompletionType::List)
            .auto_add_history(false)
            .build();
        let mut editor = Editor::with_config(config)?;
        editor.set_helper(Some(Prompting { shared: shared.clone(), colour: printer.colour() }));
        editor.bind_sequence(ShownInterrupt::key(), EventHandler::Conditional(Box::new(ShownInterrupt)));
        let history = History::open(&mut editor);
        let interrupted = Arc::new(AtomicBool::new(false));
        let flag = interrupted.clone();
        ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))?;
        let pasted = Pasted::default();
        Ok(Repl {
            shared,
            editor,
            history,
            programs_history: DefaultHistory::new(),
            pasted,
            printer,
            line_is_open: false,
            interrupted,
        })
    }

    fn run(&mut self) -> anyhow::Result<()> {
        loop {
            let typed = self.read()?;
            let mut live = self.shared.borrow_mut();
            live.catch_up();
            match typed {
                Typed::Line(line) => {
                    match live.is_at_program() {
                        _ if line.trim().is_empty() => {}
                        true => drop(self.programs_history.add(&line)),
                        false => self.history.add(&mut self.editor, &line),
                    }
                    let Live { session, files, .. } = &mut *live;
                    session.submit(&line, None, files);
                }
                Typed::Interrupt => live.session.interrupt(),
                Typed::EndOfInput if live.is_at_program() => live.session.end_input(),
                Typed::EndOfInput => return Ok(()),
            }
            drop(live);
            if self.follow()? {
                return Ok(());
            }
        }
    }

    /// Reads what comes next: from what was pasted, shown as if it was typed, or from the user.
    fn read(&mut self) -> anyhow::Result<Typed> {
        loop {
            let (prompt, is_at_program) = {
                let mut live = self.shared.borrow_mut();
                live.catch_up();
                (live.session.prompt(), live.is_at_program())
            };
            if std::mem::take(&mut self.line_is_open) {
                // The line editor draws its prompt over what stands on the line.
                println!();
            }
            if let Some(line) = self.pasted.next(is_at_program) {
                println!("{}{line}", self.printer.prompt(&prompt));
                return Ok(Typed::Line(line));
            }
            match self.readline(&prompt, is_at_program) {
                Ok(text) => {
                    if let Some(line) = self.pasted.take_over(text, is_at_program) {
                        return Ok(Typed::Line(line));
                    }
                }
                Err(ReadlineError::Interrupted) => return Ok(Typed::Interrupt),
                Err(ReadlineError::Eof) => {
                    if is_at_program && prompt.is_empty() {
                        // A terminal does not show Ctrl-D: what comes next stands where it was typed.
                        print!("\x1b[A");
                    }
                    return Ok(Typed::EndOfInput);
                }
                Err(ReadlineError::Io(error)) if error.kind() == ErrorKind::InvalidData => {
                    eprintln!("error: that was not UTF-8, so the line was dropped");
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn readline(&mut self, prompt: &str, is_at_program: bool) -> rustyline::Result<String> {
        if !is_at_program {
            return self.editor.readline(prompt);
        }
        std::mem::swap(self.editor.history_mut(), &mut self.programs_history);
        let read = self.editor.readline(prompt);
        std::mem::swap(self.editor.history_mut(), &mut self.programs_history);
        read
    }

    /// Prints until the command in the foreground has ended or wants a line; true when the user leaves.
    fn follow(&mut self) -> anyhow::Result<bool> {
        self.interrupted.store(false, Ordering::Relaxed);
        let mut telling = Telling::new();
        loop {
            let mut live = self.shared.borrow_mut();
            let chunks = live.session.take_output();
            if !chunks.is_empty() {
                telling.clear();
            }
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
                live.session.print_to_screen();
                live.moved = Instant::now();
            }
            if live.session.status() != Status::Running {
                telling.clear();
                return Ok(false);
            }
            if self.interrupted.swap(false, Ordering::Relaxed) {
                // The terminal has shown `^C`, in the line that tells how far it is or behind it.
                let shown = if telling.is_shown { "^C" } else { "" };
                telling.clear();
                println!("{shown}");
                self.line_is_open = false;
                self.pasted.clear();
                live.session.interrupt();
                continue;
            }
            if let Some(progress) = live.session.progress() {
                telling.tell(&progress);
                live.catch_up();
                continue;
            }
            if live.session.clock().paused {
                let elapsed = live.elapsed();
                live.session.go_on_paused(elapsed);
                if live.session.status() != Status::Running {
                    continue;
                }
            }
            drop(live);
            std::thread::sleep(FRAME);
            self.shared.borrow_mut().catch_up_unless_paused();
        }
    }
}

impl Live {
    /// [`Live::catch_up`], but the time that a paused clock stands still is not forgotten: a program that has the
    /// terminal to itself is given it.
    fn catch_up_unless_paused(&mut self) {
        if !self.session.clock().paused {
            self.catch_up();
        }
    }
}

/// Says how far a long move of the clock is, on a line that is written again and again.
struct Telling {
    started: Instant,
    told: Instant,
    is_shown: bool,
    can: bool,
}

impl Telling {
    fn new() -> Telling {
        let now = Instant::now();
        Telling { started: now, told: now, is_shown: false, can: std::io::stderr().is_terminal() }
    }

    fn tell(&mut self, progress: &str) {
        if self.can && self.started.elapsed() >= TELLS_AFTER && self.told.elapsed() >= TELLS_EVERY {
            eprint!("\r\x1b[K{progress}; Ctrl-C stops here");
            (self.told, self.is_shown) = (Instant::now(), true);
        }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            eprint!("\r\x1b[K");
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

/// Where the lines of all sessions are kept. Each is written when it is typed: a terminal may be closed at any time.
struct History {
    path: Option<PathBuf>,
}

impl History {
    fn open(editor: &mut Editor<Prompting, DefaultHistory>) -> History {
        let path = history_path();
        if let Some(path) = &path {
            // There is none yet at the first start.
            let _ = editor.load_history(path);
        }
        History { path }
    }

    fn add(&mut self, editor: &mut Editor<Prompting, DefaultHistory>, line: &str) {
        if !editor.add_history_entry(line).unwrap_or(false) {
            return;
        }
        let Some(path) = &self.path else { return };
        let is_made = path.parent().map(std::fs::create_dir_all).transpose().is_ok();
        if !is_made || editor.append_history(path).is_err() {
            eprintln!("hint: the history cannot be written to {}", path.display());
            self.path = None;
        }
    }
}

/// `$XDG_STATE_HOME/sts-sim/history`, or below the home folder.
fn history_path() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let base = state.or_else(|| std::env::home_dir().map(|home| home.join(".local/state")))?;
    Some(base.join("sts-sim/history"))
}
