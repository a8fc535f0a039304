//! Commands in the background: `port-forward ... &`, `jobs`, `kill %1`.

use super::Session;
use super::line::Line;
use super::words::refuse;
use crate::kubectl::{self, Files, NoFiles, Progress, Task};

/// A command in the background.
pub(super) struct Job {
    number: usize,
    task: Box<dyn Task>,
    text: String,
}

impl Job {
    /// Its number, as `jobs` lists it.
    pub fn number(&self) -> usize {
        self.number
    }
}

/// The line without a final `&`, and whether it had one.
pub(super) fn split(mut line: Line) -> (Line, bool) {
    let in_background = line.words.len() > 1 && line.words.last().is_some_and(|word| word == "&");
    if in_background {
        line.words.pop();
    }
    (line, in_background)
}

impl Session {
    /// Lets a command run on while others are typed. Only those that keep something open can.
    pub(super) fn put_in_background(&mut self, task: Box<dyn Task>, text: &str) {
        let mut task = task;
        let shown = text.trim_end().trim_end_matches('&').trim_end().to_owned();
        if !text.split_whitespace().any(|word| word == "port-forward") {
            task.interrupt(&mut self.env(&NoFiles, None));
            self.exit = refuse(self, "only port-forward runs in the background here");
            return;
        }
        let number = self.background.last().map_or(1, |job| job.number + 1);
        self.out.line(format!("[{number}] {shown}"));
        self.background.push(Job { number, task, text: shown });
        self.exit = 0;
    }

    /// Ends the commands that forward these ports of the machine: their pods do not listen. They say so on the
    /// terminal, wherever the running command's own output goes.
    pub(super) fn lose_forwards(&mut self, ports: &[u16]) {
        if ports.is_empty() {
            return;
        }
        let own = self.terminal.take().map(|terminal| std::mem::replace(&mut self.out, terminal));
        for port in ports {
            let forwards = &mut self.workstation.forwards;
            let Some(forward) = forwards.iter_mut().find(|forward| forward.local == *port) else { continue };
            forward.is_lost = true;
            let forward = forward.clone();
            let why = kubectl::refused_forward(&forward, &self.env(&NoFiles, None));
            self.out.err_line(why);
        }
        self.followed();
        if let Some(own) = own {
            self.terminal = Some(std::mem::replace(&mut self.out, own));
        }
    }

    /// Lets the commands in the background look at the cluster, and the timeline too.
    pub(super) fn followed(&mut self) {
        self.timeline.follow(&self.cluster);
        for mut job in std::mem::take(&mut self.background) {
            match kubectl::poll(job.task.as_mut(), &mut self.env(&NoFiles, None)) {
                Progress::Waiting => self.background.push(job),
                Progress::Done(_) => {}
            }
        }
    }
}

/// Runs `jobs`.
pub(super) fn list(session: &mut Session, _words: &[String], _files: &dyn Files) -> u8 {
    let lines: Vec<String> =
        session.background.iter().map(|job| format!("[{}] {}", job.number, job.text)).collect();
    for line in lines {
        session.out.line(line);
    }
    0
}

/// Runs `kill %N`.
pub(super) fn kill(session: &mut Session, words: &[String], _files: &dyn Files) -> u8 {
    let number = words.first().and_then(|word| word.trim_start_matches('%').parse::<usize>().ok());
    let place = session.background.iter().position(|job| Some(job.number) == number);
    let Some(place) = place else {
        return refuse(session, "say which: kill %1; jobs lists the commands in the background");
    };
    let mut job = session.background.remove(place);
    job.task.interrupt(&mut session.env(&NoFiles, None));
    0
}
