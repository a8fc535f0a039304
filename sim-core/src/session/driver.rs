//! Moving the clock under a session: after every event the command in the foreground looks again.

use std::time::Duration;

use super::files::RecordingFiles;
use super::{Foreground, Session, What};
use crate::api::SimTime;
use crate::kubectl::{self, Chunk, Files, NoFiles, Progress};

/// How long a script waits, in virtual time, for a command that has no deadline of its own.
const PATIENCE: Duration = Duration::from_secs(3600);

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

    /// Runs until nothing is pending but timers that repeat; false when `limit` passes first.
    pub(super) fn settle(&mut self, limit: Duration) -> bool {
        let end = self.now() + limit;
        while !self.cluster.engine().queue().is_settled() {
            match self.cluster.next_time() {
                Some(next) if next <= end => self.cluster.step(),
                _ => return false,
            };
            self.followed();
        }
        true
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
        loop {
            match self.status() {
                Status::Idle => return,
                Status::WantsInput(_) => self.end_input_with(files),
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

    fn give_up(&mut self) {
        let watched = self.watches_for_ever();
        let is_line = self.foreground.as_ref().is_some_and(|f| matches!(f.what, What::Line(_)));
        self.interrupt();
        if watched {
            self.exit = 0;
        } else if is_line {
            self.out.err_line("hint: the line ran on and on, so it was interrupted");
        } else {
            self.out.err_line("hint: nothing more will happen by itself, so the command was interrupted");
        }
    }
}
