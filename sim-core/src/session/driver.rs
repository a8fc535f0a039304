//! Moving the clock under a session: after every event the command in the foreground looks again.

use std::time::Duration;

use super::files::RecordingFiles;
use super::reading::Read;
use super::words::milliseconds;
use super::{Foreground, Session, What};
use crate::api::SimTime;
use crate::kubectl::{self, Chunk, Files, NoFiles, Progress};

/// How long a script waits, in virtual time, for a command that has no deadline of its own.
const PATIENCE: Duration = Duration::from_secs(3600);

/// What is said of a clock that stands still.
const PAUSED: &str = "the clock is paused (resume, advance and step move it)";

/// What is said where it was moved all the same.
const MOVED: &str = "the clock is paused; for this command it moved";

/// How many times a script ends the input of one command.
const MOST_ENDS: usize = 64;

/// What the session is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing: it takes a command.
    Idle,
    /// A command waits for the clock to move.
    Running,
    /// A program in the foreground wants a line, at this prompt.
    WantsInput(String),
}

impl Session {
    /// What the session is doing.
    pub fn status(&self) -> Status {
        match &self.foreground {
            None => Status::Idle,
            Some(foreground) => match foreground.prompt() {
                Some(prompt) => Status::WantsInput(prompt),
                None => Status::Running,
            },
        }
    }

    /// Runs the clock to `target`, or to the moment at which the command in the foreground ends.
    pub fn advance_to(&mut self, target: SimTime) {
        let files = self.lent.clone();
        while self.foreground.is_some() {
            match self.next_moment() {
                Some(next) if next <= target => self.move_to(next),
                _ => break,
            }
            self.poll(&*files);
            if self.foreground.is_none() {
                return;
            }
        }
        self.run_to(target);
    }

    /// Lets everything due by `target` happen, with the timeline following, and moves the clock there.
    pub(super) fn run_to(&mut self, target: SimTime) {
        while self.cluster.next_time().is_some_and(|next| next <= target) {
            self.cluster.step();
            self.followed();
        }
        self.cluster.advance_to(target);
    }

    /// Lets the next thing happen, whenever it is due; false when nothing is pending.
    pub fn step(&mut self) -> bool {
        let Some(next) = self.next_moment() else { return false };
        self.move_to(next);
        let files = self.lent.clone();
        self.poll(&*files);
        true
    }

    /// Takes a line as a script has it: waits for the command to end, moving the clock as it must.
    ///
    /// A command that would wait for ever (`get -w`) is interrupted once nothing more can happen, one that wants
    /// input gets the end of it. Returns what was printed.
    pub fn run(&mut self, text: &str, stdin: Option<&str>, files: &dyn Files) -> Vec<Chunk> {
        self.submit(text, stdin, files);
        self.finish_with(files);
        self.take_output()
    }

    /// Moves the clock as far as the command in the foreground needs; see [`Session::run`].
    pub fn finish(&mut self) {
        let files = self.lent.clone();
        self.finish_with(&*files);
    }

    fn finish_with(&mut self, files: &dyn Files) {
        let give_up = self.now() + PATIENCE;
        let mut ends = 0;
        loop {
            self.hurry(usize::MAX);
            match self.status() {
                Status::Idle => return,
                // A program on a terminal may ask again and again.
                Status::WantsInput(_) if ends == MOST_ENDS => {
                    self.give_up();
                    continue;
                }
                Status::WantsInput(_) => {
                    ends += 1;
                    self.end_input_with(files);
                }
                Status::Running => {}
            }
            let has_deadline = self.foreground.as_ref().is_some_and(|f| f.deadline().is_some());
            let settled = self.cluster.engine().queue().is_settled();
            match self.next_moment() {
                Some(next) if next <= give_up && (has_deadline || !settled || !self.watches_for_ever()) => {
                    self.move_to(next);
                    self.poll(files);
                }
                _ => self.give_up(),
            }
        }
    }

    /// Lets the command in the foreground look at the cluster.
    pub(super) fn poll(&mut self, files: &dyn Files) {
        let Some(mut foreground) = self.foreground.take() else { return };
        let progress = match &mut foreground.what {
            What::Command(task) => kubectl::poll(task.as_mut(), &mut self.env(&NoFiles, None)),
            What::Move(going) => going.look(self),
            What::Reading(reading) => {
                let recording = RecordingFiles::new(files);
                let read = reading.look(self, &recording);
                self.journal.add_reads(recording.into_reads());
                let progress = read.progress();
                if let Read::Task(task) = read {
                    foreground.what = What::Command(task);
                }
                progress
            }
            What::Line(line) => {
                let recording = RecordingFiles::new(files);
                recording.be_thorough();
                let progress = line.run(self, &recording);
                self.journal.add_reads(recording.into_reads());
                progress
            }
        };
        self.followed();
        match progress {
            Progress::Waiting => self.foreground = Some(foreground),
            Progress::Done(code) => {
                self.exit = code;
                self.after_command();
            }
        }
    }

    /// When the next event or the command's own deadline is due.
    pub(super) fn next_moment(&self) -> Option<SimTime> {
        let deadline = self.foreground.as_ref().and_then(Foreground::deadline);
        match (self.cluster.next_time(), deadline) {
            (Some(event), Some(deadline)) => Some(event.min(deadline)),
            (event, deadline) => event.or(deadline),
        }
    }

    /// Lets the one event at `next` happen, or moves the clock there when none is due.
    pub(super) fn move_to(&mut self, next: SimTime) {
        if self.cluster.next_time().is_some_and(|event| event <= next) {
            if matches!(&self.foreground, Some(Foreground { what: What::Move(_), .. }))
                && let Some(mut foreground) = self.foreground.take()
            {
                if let What::Move(going) = &mut foreground.what {
                    going.step(self);
                }
                self.foreground = Some(foreground);
                return;
            }
            self.cluster.step();
            self.followed();
        } else {
            self.cluster.advance_to(next);
        }
    }

    /// Whether the command in the foreground is a watch, which has no end of its own.
    fn watches_for_ever(&self) -> bool {
        let Some(foreground) = &self.foreground else { return false };
        let is_line = matches!(foreground.what, What::Line(_));
        // Each command of a line counts for itself.
        let mut commands = foreground.text.split(|c| is_line && "|;&()`\n".contains(c));
        commands.any(|command| {
            let words: Vec<&str> = command.split_whitespace().collect();
            let follows = words.iter().any(|word| matches!(*word, "-w" | "--watch" | "--watch-only" | "-f"));
            words.contains(&"port-forward")
                || follows && words.iter().any(|word| matches!(*word, "get" | "events" | "logs"))
        })
    }

    /// Lets the command in the foreground go on while the clock is paused, `elapsed` of real time after the last call.
    ///
    /// A command that comes to an end by itself (`delete`, `wait`, `rollout status`) moves the clock as far as it
    /// needs, as in a script, and says so; one that follows what happens has nothing to follow and ends. Of a program
    /// that has the terminal to itself the clock runs at its usual pace.
    pub fn go_on_paused(&mut self, elapsed: Duration) {
        if self.holds_terminal() {
            return self.let_pass(elapsed);
        }
        if self.watches_for_ever() {
            self.hang_up();
            self.exit = 0;
            self.out.err_line(format!("hint: {PAUSED}; nothing to follow"));
            return;
        }
        let files = self.lent.clone();
        let (began, give_up) = (self.now(), self.now() + PATIENCE);
        while self.status() == Status::Running && !self.holds_terminal() {
            match self.next_moment() {
                Some(next) if next <= give_up => {
                    self.move_to(next);
                    self.poll(&*files);
                }
                _ => self.give_up(),
            }
        }
        let took = self.now().since(began);
        if !took.is_zero() {
            self.out.err_line(format!("hint: {MOVED} {}", milliseconds(took)));
        }
    }

    fn give_up(&mut self) {
        let watched = self.watches_for_ever();
        let is_line = self.foreground.as_ref().is_some_and(|f| matches!(f.what, What::Line(_)));
        self.hang_up();
        if watched {
            self.exit = 0;
        } else if is_line {
            self.out.err_line("hint: the line ran on and on, so it was interrupted");
        } else {
            self.out.err_line("hint: nothing more will happen by itself, so the command was interrupted");
        }
    }
}
