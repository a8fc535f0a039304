//! The commands that the session runs in the shell's place.

use super::host::Workstation;
use super::scan::is_verb;
use crate::api::SimTime;
use crate::kubectl::{self, Env, Flow, Output, Progress, Stream as Printed, Task};
use crate::runtime::shell::{OuterTurn, Stream};
use crate::session::Session;
use crate::session::line::Line;
use crate::session::words::{self, WORDS, refuse};

/// Words that inside of such a line are the shell's own or a tool's, not kubectl's or the session's.
const SHELLS_OWN: &[&str] = &["cat", "cp", "diff", "exec", "exit", "kill", "set", "wait"];

/// Words that must stand alone, because they exchange the session itself or write it down.
const ALONE: &[&str] = &["load", "reset", "save"];

/// A command at work.
pub(super) enum Outer {
    /// Its process has been started, and gets to work at `at`.
    Starting { at: SimTime, words: Vec<String>, input: Option<String> },
    /// It waits.
    Running(Box<dyn Task>),
}

impl Outer {
    /// When it wants its turn, whatever happens until then.
    fn deadline(&self) -> Option<SimTime> {
        match self {
            Outer::Starting { at, .. } => Some(*at),
            Outer::Running(task) => task.deadline(),
        }
    }

    /// Its prompt, when it reads from the user.
    pub fn prompt(&self) -> Option<String> {
        match self {
            Outer::Starting { .. } => None,
            Outer::Running(task) => task.prompt(),
        }
    }

    /// A line from the user.
    pub fn input(&mut self, line: Option<&str>, env: &mut Env<'_>) {
        if let Outer::Running(task) = self {
            task.input(line, env);
        }
    }

    /// Whether a program of a pod that it runs has the terminal to itself.
    pub fn holds_terminal(&self) -> bool {
        match self {
            Outer::Starting { .. } => false,
            Outer::Running(task) => task.holds_terminal(),
        }
    }

    /// It is ended from outside.
    pub fn interrupt(&mut self, env: &mut Env<'_>) {
        if let Outer::Running(task) = self {
            task.interrupt(env);
        }
    }
}

/// Whether the session runs that command.
pub(super) fn is_outer(words: &[String]) -> bool {
    let Some(first) = words.first() else { return false };
    match first.as_str() {
        "kubectl" | "k" | "minikube" | "cd" => true,
        // What is in the background is the session's; a process id is the shell's.
        "kill" => words.iter().any(|word| word.starts_with('%')),
        first if SHELLS_OWN.contains(&first) => false,
        first => WORDS.iter().any(|word| word.name == first) || is_verb(first),
    }
}

/// What to say of a word that is the shell's here, where kubectl's was meant.
pub(super) fn collision(words: &[String]) -> Option<String> {
    let (first, rest) = words.split_first()?;
    let has = |test: fn(&str) -> bool| rest.iter().any(|word| test(word));
    let is_kubectls = match first.as_str() {
        "exec" => has(|word| word == "--"),
        "wait" => has(|word| word.starts_with("--")),
        "set" => rest.first().is_some_and(|word| is_set_verb(word)),
        "cp" => has(|word| word.contains(':')),
        "diff" => has(|word| word.starts_with("-f") || word.starts_with("-k")),
        _ => false,
    };
    is_kubectls.then(|| format!("among a shell's commands {first} is the shell's own: say kubectl {first}"))
}

fn is_set_verb(word: &str) -> bool {
    kubectl::verbs::VERBS.iter().any(|verb| verb.name.strip_prefix("set ") == Some(word))
}

/// Whether a command takes its standard input: a file named `-`, or `-i`.
pub(super) fn reads_input(words: &[String]) -> bool {
    let own = words.iter().take_while(|word| *word != "--");
    own.skip(1).any(|word| {
        let letters = word.strip_prefix('-').filter(|letters| !letters.is_empty());
        let short = letters
            .is_some_and(|letters| letters.contains('i') && letters.chars().all(|c| "itq".contains(c)));
        short
            || matches!(word.as_str(), "-" | "-f-" | "-f=-" | "--filename=-" | "--stdin" | "--stdin=true")
            || word == "--interactive"
            || word.contains("/dev/stdin")
    })
}

impl Workstation<'_> {
    /// Gives a command of the session's its turn, and collects what it prints.
    pub(super) fn turn(&mut self, pid: u32, words: &[String], input: Option<String>) -> OuterTurn {
        let shown = std::mem::take(&mut self.session.out);
        self.session.terminal = Some(shown);
        let progress = match self.outers.remove(&pid) {
            Some(outer) => self.go_on(pid, outer),
            None => self.start(pid, words, input),
        };
        let printed =
            std::mem::replace(&mut self.session.out, self.session.terminal.take().unwrap_or_default());
        self.take_over();
        let exit = match progress {
            Progress::Done(code) => Some(i32::from(code)),
            Progress::Waiting => None,
        };
        OuterTurn { output: streams(printed), exit, until: self.outers.get(&pid).and_then(Outer::deadline) }
    }

    fn start(&mut self, pid: u32, words: &[String], input: Option<String>) -> Progress {
        let session = &mut *self.session;
        let first = words.first().map(String::as_str).unwrap_or_default();
        if first == "cd" {
            let why = "there is one folder here, the one that sts-sim was started in: name files from there";
            return Progress::Done(refuse(session, why));
        }
        if ALONE.contains(&first) {
            return Progress::Done(refuse(session, &format!("{first} must stand alone on its line")));
        }
        let Some(line) = Line::of_words(words.to_vec(), None) else { return Progress::Done(0) };
        if let Some(word) = words::find(&line) {
            let files = self.home.files(input.as_deref());
            let code = words::run(session, word, &line.words[1..], &files);
            return Progress::Done(session.complete_move(code));
        }
        let at = session.now() + session.start_up_time();
        self.go_on(pid, Outer::Starting { at, words: line.words, input })
    }

    fn go_on(&mut self, pid: u32, mut outer: Outer) -> Progress {
        let session = &mut *self.session;
        match &mut outer {
            Outer::Starting { at, .. } if session.now() < *at => {}
            Outer::Starting { words, input, .. } => {
                let files = self.home.files(input.as_deref());
                match kubectl::start(words, &mut session.env(&files, input.as_deref())) {
                    Flow::Done(code) => return Progress::Done(code),
                    Flow::Task(task) => outer = Outer::Running(task),
                }
            }
            Outer::Running(task) => {
                let files = self.home.files(None);
                if let Progress::Done(code) = kubectl::poll(task.as_mut(), &mut session.env(&files, None)) {
                    return Progress::Done(code);
                }
            }
        }
        self.outers.insert(pid, outer);
        Progress::Waiting
    }

    /// Takes over what a command left on the machine: the present namespace, files out of containers.
    fn take_over(&mut self) {
        let effects = self.session.effects.len();
        self.session.left_behind();
        for effect in &self.session.effects[effects..] {
            if let crate::session::Effect::Write { path, bytes } = effect {
                self.home.know(path, &String::from_utf8_lossy(bytes));
            }
        }
    }
}

fn streams(printed: Output) -> Vec<(Stream, String)> {
    let mut printed = printed;
    let chunks = printed.take().into_iter();
    let stream = |stream| match stream {
        Printed::Out => Stream::Out,
        Printed::Err => Stream::Err,
    };
    chunks.map(|chunk| (stream(chunk.stream), chunk.text)).collect()
}

impl Session {
    /// Prints a line on the terminal, wherever the running command's own output goes.
    pub(in crate::session) fn say(&mut self, text: impl AsRef<str>) {
        self.terminal.as_mut().unwrap_or(&mut self.out).line(text);
    }
}
