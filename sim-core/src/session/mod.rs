//! [`Session`]: a person at a prompt. Lines in, text out, the clock in between.
//!
//! The REPL, scripts, the browser and replays all drive a session, so the same words give the same
//! bytes everywhere. Everything that goes in is journalled.

mod complete;
mod driver;
mod faults;
mod files;
mod graphs;
mod help;
mod hints;
mod http;
mod jobs;
mod library;
mod line;
mod minikube;
mod moves;
mod query;
mod reading;
mod replay;
mod shell;
mod words;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

pub use complete::{Candidate, Completion};
pub use driver::Status;
pub use files::MemoryFiles;
pub use help::overview;
pub use library::CommandError;
pub use line::{commands, is_incomplete};
pub use words::{WORDS, Word};

use crate::api::SimTime;
use crate::cluster::Cluster;
use crate::engine::{ClusterConfig, InputKind, Journal, LineInput};
use crate::kubectl::config::KubeConfig;
use crate::kubectl::{self, Chunk, Env, Files, Flow, NoFiles, Output, Progress, Task, Workstation};
use crate::runtime::shell::Remembered;
use crate::view::Timeline;
use files::RecordingFiles;
use line::Line;
use moves::Move;
use reading::Reading;
use shell::ShellLine;

/// Something that only a front end can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write `text` to the file at `path`.
    Save {
        /// Where.
        path: String,
        /// What.
        text: String,
    },
    /// Read the session file at `path` and open it with [`Session::from_journal`].
    Load {
        /// Where.
        path: String,
    },
    /// Write `bytes`, which a command took out of a container, to the file at `path`, making its folders.
    Write {
        /// Where.
        path: String,
        /// What.
        bytes: Vec<u8>,
    },
    /// Keep `text`, which a line's redirection wrote, as the file at `path`, where later lines find it.
    Keep {
        /// Where.
        path: String,
        /// What.
        text: String,
    },
    /// Leave.
    Quit,
}

/// How the clock runs while nobody tells it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockMode {
    /// Whether it stands still.
    pub paused: bool,
    /// Virtual milliseconds for each real second; 1000 is real time.
    pub speed_permille: u64,
}

impl Default for ClockMode {
    fn default() -> Self {
        ClockMode { paused: false, speed_permille: 1000 }
    }
}

/// The command in the foreground.
struct Foreground {
    what: What,
    text: String,
}

/// What a line became that has not ended yet.
enum What {
    /// A plain command that waits.
    Command(Box<dyn Task>),
    /// A line for a shell.
    Line(Box<ShellLine>),
    /// The clock on its way.
    Move(Move),
    /// A command whose input is typed.
    Reading(Reading),
}

impl Foreground {
    fn deadline(&self) -> Option<SimTime> {
        match &self.what {
            What::Command(task) => task.deadline(),
            What::Line(line) => line.deadline(),
            What::Move(going) => going.deadline(),
            What::Reading(_) => None,
        }
    }

    fn prompt(&self) -> Option<String> {
        match &self.what {
            What::Command(task) => task.prompt(),
            What::Line(line) => line.prompt(),
            What::Move(_) => None,
            What::Reading(reading) => reading.prompt(),
        }
    }

    /// Whether Ctrl-C is for a program that has the terminal to itself.
    fn holds_terminal(&self) -> bool {
        match &self.what {
            What::Command(task) => task.holds_terminal(),
            What::Line(line) => line.holds_terminal(),
            What::Move(_) | What::Reading(_) => false,
        }
    }
}

/// A cluster and the person who works with it.
pub struct Session {
    cluster: Cluster,
    journal: Journal,
    namespace: String,
    foreground: Option<Foreground>,
    background: Vec<jobs::Job>,
    out: Output,
    exit: u8,
    clock: ClockMode,
    tunnels: http::Tunnels,
    workstation: Workstation,
    effects: Vec<Effect>,
    timeline: Timeline,
    /// Whether the line that runs made everything anew: it is no part of the new journal.
    is_new: bool,
    /// The files of lines that go on while the clock moves.
    lent: Rc<dyn Files>,
    /// What the shell remembers, once a line has needed it.
    shell: Option<Remembered>,
    /// The folders that lines made; a front end makes them with the first file in them.
    folders: BTreeSet<String>,
    /// What the terminal shows while a command of a shell's line prints elsewhere.
    terminal: Option<Output>,
    /// Where the word that runs wants the clock to go.
    moving: Option<Move>,
    /// Whether what a line prints goes to a screen.
    has_screen: bool,
}

impl Session {
    /// A session on a new cluster.
    pub fn new(config: ClusterConfig) -> Session {
        let cluster = Cluster::new(config.clone());
        let workstation = Workstation { config: KubeConfig::of(&config), ..Workstation::default() };
        Session {
            timeline: Timeline::new(&cluster),
            cluster,
            journal: Journal::new(config),
            namespace: "default".to_owned(),
            foreground: None,
            background: Vec::new(),
            out: Output::default(),
            exit: 0,
            clock: ClockMode::default(),
            tunnels: http::Tunnels::new(),
            workstation,
            effects: Vec::new(),
            is_new: false,
            lent: Rc::new(NoFiles),
            shell: None,
            folders: BTreeSet::new(),
            terminal: None,
            moving: None,
            has_screen: false,
        }
    }

    /// Says that what lines print goes to a screen, and not to a file or a pipe: curl shows no meter there.
    pub fn print_to_screen(&mut self) {
        self.has_screen = true;
    }

    /// Lends the session the files that a line reads which goes on while the clock moves: `sleep 3; cat web.yaml`.
    /// They should be those that [`Session::submit`] is given.
    pub fn lend(&mut self, files: Rc<dyn Files>) {
        self.lent = files;
    }

    /// The files that [`Session::lend`] was given.
    pub fn lent(&self) -> Rc<dyn Files> {
        self.lent.clone()
    }

    /// The cluster, for reading.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// What was true when, and what the user did.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Virtual now.
    pub fn now(&self) -> SimTime {
        self.cluster.now()
    }

    /// The namespace of commands that name none.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// How the clock runs.
    pub fn clock(&self) -> ClockMode {
        self.clock
    }

    /// Changes how the clock runs. What happens depends on whether it stands still, so the journal keeps that;
    /// it does not depend on the speed.
    pub fn set_clock(&mut self, clock: ClockMode) {
        if clock.paused != self.clock.paused {
            self.journal.push(self.now(), self.cluster.engine().steps(), InputKind::Pause(clock.paused));
        }
        self.clock = clock;
    }

    /// The exit code of the last command that ended.
    pub fn exit_code(&self) -> u8 {
        self.exit
    }

    /// Takes what was printed since the last take.
    pub fn take_output(&mut self) -> Vec<Chunk> {
        self.out.take()
    }

    /// Takes what the front end is asked to do.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The journal as text, with a mark at the present moment: the save file.
    pub fn save(&self) -> String {
        let mut journal = self.journal.clone();
        journal.push(self.now(), self.cluster.engine().steps(), InputKind::Mark);
        journal.to_text()
    }

    /// The prompt: virtual time and namespace, or that of the program in the foreground.
    pub fn prompt(&self) -> String {
        match self.status() {
            Status::WantsInput(prompt) => prompt,
            _ => format!("{} {}> ", line::elapsed(self.now().since_start()), self.namespace),
        }
    }

    /// Takes a line that was typed. A line for a program in the foreground goes to it; any other is a command.
    pub fn submit(&mut self, text: &str, stdin: Option<&str>, files: &dyn Files) {
        let recording = RecordingFiles::new(files);
        let started = (self.now(), self.cluster.engine().steps());
        if let Some(mut foreground) = self.foreground.take() {
            match &mut foreground.what {
                What::Command(task) => task.input(Some(text), &mut self.env(&recording, stdin)),
                What::Line(line) => line.input(self, Some(text)),
                // It takes no input; the line is lost.
                What::Move(_) => {}
                What::Reading(reading) => reading.input(Some(text)),
            }
            self.foreground = Some(foreground);
        } else {
            self.execute(text, stdin, &recording);
        }
        let reads = recording.into_reads();
        if !std::mem::take(&mut self.is_new) {
            let line = LineInput { text: text.to_owned(), stdin: stdin.map(str::to_owned), reads };
            self.journal.push(started.0, started.1, InputKind::Line(line));
        }
        self.followed();
        self.hurry(moves::AT_ONCE);
        self.poll(files);
    }

    /// The user ends the input of the program in the foreground (Ctrl-D).
    pub fn end_input(&mut self) {
        let files = self.lent.clone();
        self.end_input_with(&*files);
    }

    fn end_input_with(&mut self, files: &dyn Files) {
        self.journal.push(self.now(), self.cluster.engine().steps(), InputKind::EndOfInput);
        if let Some(mut foreground) = self.foreground.take() {
            match &mut foreground.what {
                What::Command(task) => task.input(None, &mut self.env(&NoFiles, None)),
                What::Line(line) => line.input(self, None),
                What::Move(_) => {}
                What::Reading(reading) => reading.input(None),
            }
            self.timeline.follow(&self.cluster);
            self.foreground = Some(foreground);
        }
        self.poll(files);
    }

    /// The user interrupts the command in the foreground (Ctrl-C). The cluster goes on. A program that has the
    /// terminal to itself, as with `exec -it`, gets the signal; a shell there stays. The front end, which shows `^C`,
    /// ends its line.
    pub fn interrupt(&mut self) {
        if !self.holds_terminal() {
            return self.hang_up();
        }
        let Some(mut foreground) = self.foreground.take() else { return };
        self.journal.push(self.now(), self.cluster.engine().steps(), InputKind::TerminalInterrupt);
        match &mut foreground.what {
            What::Command(task) => task.interrupt(&mut self.env(&NoFiles, None)),
            What::Line(line) => line.interrupt_program(self),
            What::Move(_) | What::Reading(_) => {}
        }
        self.timeline.follow(&self.cluster);
        self.foreground = Some(foreground);
        let files = self.lent.clone();
        self.poll(&*files);
    }

    /// The command in the foreground is given up, whatever a program in a pod makes of it: what Ctrl-C does where no
    /// program has the terminal to itself.
    pub fn hang_up(&mut self) {
        let Some(mut foreground) = self.foreground.take() else { return };
        self.journal.push(self.now(), self.cluster.engine().steps(), InputKind::Interrupt);
        match &mut foreground.what {
            What::Command(task) => task.interrupt(&mut self.env(&NoFiles, None)),
            What::Line(line) => line.interrupt(self),
            What::Move(going) => going.stop(self),
            What::Reading(_) => {}
        }
        self.timeline.follow(&self.cluster);
        self.exit = 130;
    }

    /// Whether a program in a pod has the terminal to itself.
    pub fn holds_terminal(&self) -> bool {
        self.foreground.as_ref().is_some_and(Foreground::holds_terminal)
    }

    /// Lets real time pass: the clock goes on by `elapsed` at its speed, unless it is paused. `advance`, `step` and
    /// `settle` go on as fast as they can.
    pub fn tick(&mut self, elapsed: Duration) {
        if self.progress().is_some() {
            return self.hurry(moves::IN_A_TICK);
        }
        if !self.clock.paused {
            self.let_pass(elapsed);
        }
    }

    /// Lets the clock go on by `elapsed` of real time at its speed.
    fn let_pass(&mut self, elapsed: Duration) {
        let scaled = elapsed.as_nanos().saturating_mul(u128::from(self.clock.speed_permille)) / 1000;
        let target = self.now() + Duration::from_nanos(u64::try_from(scaled).unwrap_or(u64::MAX));
        self.advance_to(target);
    }

    fn execute(&mut self, text: &str, stdin: Option<&str>, files: &RecordingFiles<'_>) {
        let aliased = self.with_aliases(text);
        let text = aliased.as_deref().unwrap_or(text);
        let quiet = shell::scan::quiet_background(text);
        let text = quiet.as_deref().unwrap_or(text);
        if self.is_for_shell(text) {
            return self.execute_in_shell(text, stdin, files);
        }
        let line = match Line::parse(text) {
            Ok(Some(line)) => line,
            Ok(None) => return,
            Err(complaint) => {
                self.out.err_line(format!("error: {complaint}"));
                self.exit = 1;
                return;
            }
        };
        let (line, in_background) = jobs::split(line);
        let stdin = line.here_document.as_deref().or(stdin);
        if let Some(word) = words::find(&line) {
            self.exit = words::run(self, word, &line.words[1..], files);
            if let Some(going) = self.moving.take() {
                self.foreground = Some(Foreground { what: What::Move(going), text: text.to_owned() });
                return;
            }
        } else if let Some(reading) = Reading::of(&line).filter(|_| stdin.is_none()) {
            self.foreground = Some(Foreground { what: What::Reading(reading), text: text.to_owned() });
            return;
        } else {
            self.start_up();
            let flow = kubectl::start(&line.words, &mut self.env(files, stdin));
            match flow {
                Flow::Done(code) => self.exit = code,
                Flow::Task(task) if in_background => self.put_in_background(task, text),
                Flow::Task(task) => {
                    self.foreground = Some(Foreground { what: What::Command(task), text: text.to_owned() });
                    return;
                }
            }
        }
        self.after_command();
    }

    fn execute_in_shell(&mut self, text: &str, stdin: Option<&str>, files: &RecordingFiles<'_>) {
        let mut line = match self.start_shell_line(text, stdin) {
            Ok(line) => line,
            Err(code) => {
                self.exit = code;
                return;
            }
        };
        files.be_thorough();
        match line.run(self, files) {
            Progress::Done(code) => {
                self.exit = code;
                self.after_command();
            }
            Progress::Waiting => {
                self.foreground =
                    Some(Foreground { what: What::Line(Box::new(line)), text: text.to_owned() });
            }
        }
    }

    /// A kubectl process takes a moment before its request arrives, unless the clock stands still. What is due
    /// by then happens: a pod that was deleted is there again when the next line asks for it.
    fn start_up(&mut self) {
        if !self.clock.paused {
            self.cluster.advance(self.start_up_time());
        }
    }

    /// How long a kubectl process takes until its request arrives.
    fn start_up_time(&self) -> Duration {
        let takes = if self.clock.paused { 0 } else { self.cluster.engine().config().profile.kubectl_ms };
        Duration::from_millis(takes)
    }

    /// Takes over what the command left on the user's machine. Adds a hint of our own, marked as such, when a
    /// command failed over a word that is nearly right.
    fn after_command(&mut self) {
        self.left_behind();
        if self.exit != 0
            && let Some(hint) = hints::hint(self)
        {
            self.out.err_line(format!("hint: {hint}"));
        }
    }

    /// Takes over what a command left on the user's machine.
    fn left_behind(&mut self) {
        self.workstation.config.namespace().clone_into(&mut self.namespace);
        let written = std::mem::take(&mut self.workstation.written);
        self.effects.extend(written.into_iter().map(|(path, bytes)| Effect::Write { path, bytes }));
    }

    fn env<'a>(&'a mut self, files: &'a dyn Files, stdin: Option<&'a str>) -> Env<'a> {
        Env {
            cluster: &mut self.cluster,
            namespace: &self.namespace,
            files,
            stdin,
            workstation: &mut self.workstation,
            out: &mut self.out,
        }
    }
}
