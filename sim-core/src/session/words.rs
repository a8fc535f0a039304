//! The words that kubectl lacks: the clock, faults, sessions, and looking at files and services.

use std::time::Duration;

use super::{Effect, Session, faults, graphs, help, line};
use crate::kubectl::Files;
use crate::kubectl::args::GoDuration;
use crate::session::line::Line;
use crate::session::moves::Move;
use crate::view::timeline_text;

/// How far `settle` goes, in virtual time.
const SETTLE_LIMIT: Duration = Duration::from_secs(3600);
/// How far one `advance` goes.
const ADVANCE_LIMIT: Duration = Duration::from_secs(366 * 86_400);

/// The width of the timeline in a terminal.
const TIMELINE_COLUMNS: usize = 80;

/// A word of ours.
pub struct Word {
    /// The word.
    pub name: &'static str,
    /// How it is used.
    pub usage: &'static str,
    /// One line for help.
    pub about: &'static str,
    /// How many words may follow it; `None` when it looks at them itself, flags and all.
    pub(super) most: Option<usize>,
    /// Runs it with what follows the word; returns the exit code.
    pub(super) run: fn(&mut Session, &[String], &dyn Files) -> u8,
}

/// Every word, in the order in which help lists them.
pub static WORDS: &[Word] = &[
    Word {
        name: "clock",
        usage: "clock",
        about: "Show the virtual time and how it runs",
        most: Some(0),
        run: clock,
    },
    Word { name: "pause", usage: "pause", about: "Stop the clock", most: Some(0), run: pause },
    Word { name: "resume", usage: "resume", about: "Let the clock run again", most: Some(0), run: resume },
    Word {
        name: "speed",
        usage: "speed 10x",
        about: "Let the clock run faster or slower",
        most: Some(1),
        run: speed,
    },
    Word { name: "advance", usage: "advance 30s", about: "Move the clock on", most: Some(1), run: advance },
    Word {
        name: "step",
        usage: "step [N]",
        about: "Let the next thing happen, or the next N",
        most: Some(1),
        run: step,
    },
    Word {
        name: "settle",
        usage: "settle",
        about: "Run until only repeating timers are left",
        most: Some(0),
        run: settle,
    },
    Word {
        name: "fault",
        usage: "fault WHAT ...",
        about: "Break something: see help fault",
        most: None,
        run: faults::run,
    },
    Word {
        name: "curl",
        usage: "curl URL",
        about: "Send a request from your own machine",
        most: None,
        run: super::http::curl,
    },
    Word {
        name: "minikube",
        usage: "minikube service NAME [--url] | status | ip",
        about: "Open a service from your own machine, or say what of the cluster runs",
        most: None,
        run: super::minikube::run,
    },
    Word {
        name: "jobs",
        usage: "jobs",
        about: "List what runs in the background",
        most: Some(0),
        run: super::jobs::list,
    },
    Word {
        name: "kill",
        usage: "kill %N",
        about: "End a command in the background",
        most: Some(1),
        run: super::jobs::kill,
    },
    Word {
        name: "timeline",
        usage: "timeline",
        about: "Draw what was true of each pod and claim when",
        most: Some(0),
        run: timeline,
    },
    Word {
        name: "graph",
        usage: graphs::USAGE,
        about: "Draw what belongs to an object, or what caused its changes",
        most: None,
        run: graphs::run,
    },
    Word {
        name: "ls",
        usage: "ls [FOLDER]",
        about: "List the manifests at hand",
        most: None,
        run: list_files,
    },
    Word { name: "cat", usage: "cat FILE", about: "Show a manifest", most: None, run: show_file },
    Word { name: "save", usage: "save FILE", about: "Write the session to a file", most: Some(1), run: save },
    Word {
        name: "load",
        usage: "load FILE",
        about: "Open a saved session at its last moment",
        most: Some(1),
        run: load,
    },
    Word {
        name: "reset",
        usage: "reset",
        about: "Start again with a new cluster",
        most: Some(0),
        run: reset,
    },
    Word {
        name: "hash",
        usage: "hash",
        about: "Print the digest of all that happened",
        most: Some(0),
        run: hash,
    },
    Word { name: "help", usage: "help [TOPIC]", about: "Say what can be typed", most: None, run: help::run },
    Word { name: "quit", usage: "quit", about: "Leave", most: Some(0), run: quit },
    Word { name: "exit", usage: "exit", about: "Leave", most: Some(1), run: quit },
];

/// The word that a line begins with; none when it says `kubectl`.
pub(super) fn find(line: &Line) -> Option<&'static Word> {
    let first = line.words.first()?;
    if line.is_kubectl { None } else { WORDS.iter().find(|word| word.name == first) }
}

/// Runs a word with what follows it, unless that asks for help or is more than the word takes: nobody who types
/// `reset --help` wants a new cluster. Returns the exit code.
pub(super) fn run(session: &mut Session, word: &Word, words: &[String], files: &dyn Files) -> u8 {
    let has_own_help = matches!(word.name, "curl" | "minikube");
    let asks = |given: &String| given == "--help" || given == "-h" && word.most.is_some();
    if !has_own_help && words.iter().any(asks) {
        return help::run(session, &[word.name.to_owned()], files);
    }
    let Some(most) = word.most else { return (word.run)(session, words, files) };
    let flag = |given: &&String| {
        given
            .strip_prefix('-')
            .is_some_and(|rest| rest.starts_with(|c: char| c == '-' || c.is_ascii_alphabetic()))
    };
    match words.iter().find(flag).or(words.get(most)) {
        Some(extra) => {
            let (name, usage) = (word.name, word.usage);
            refuse(session, &format!("{name} takes no \"{extra}\"; its usage is: {usage}"))
        }
        None => (word.run)(session, words, files),
    }
}

/// Complains on standard error; returns exit code 1.
pub(super) fn refuse(session: &mut Session, complaint: &str) -> u8 {
    session.out.err_line(format!("error: {complaint}"));
    1
}

fn clock(session: &mut Session, _words: &[String], _files: &dyn Files) -> u8 {
    let now = session.now();
    let mode = session.clock;
    let running = if mode.paused {
        "paused".to_owned()
    } else {
        format!("running at {}", speed_text(mode.speed_permille))
    };
    let queue = session.cluster.engine().queue();
    let next = match queue.next_time() {
        Some(at) if queue.is_settled() => format!("settled; next timer in {}", milliseconds(at.since(now))),
        Some(at) => format!("next event in {}", milliseconds(at.since(now))),
        None => "nothing is pending".to_owned(),
    };
    let text =
        format!("{}  ({} since start, {running}; {next})", now.to_time().0, line::elapsed(now.since_start()));
    session.out.line(text);
    0
}

fn pause(session: &mut Session, _words: &[String], _files: &dyn Files) -> u8 {
    session.clock.paused = true;
    session.out.line("clock paused");
    0
}

fn resume(session: &mut Session, _words: &[String], _files: &dyn Files) -> u8 {
    session.clock.paused = false;
    let text = format!("clock running at {}", speed_text(session.clock.speed_permille));
    session.out.line(text);
    0
}

fn speed(session: &mut Session, words: &[String], _files: &dyn Files) -> u8 {
    let Some(word) = words.first() else {
        let text = speed_text(session.clock.speed_permille);
        session.out.line(text);
        return 0;
    };
    match parse_speed(word) {
        Some(permille) => {
            session.clock.speed_permille = permille;
            session.out.line(format!("clock speed {}", speed_text(permille)));
            0
        }
        None => refuse(session, &format!("\"{word}\" is no speed: say speed 10x, speed 0.5x or speed 1x")),
    }
}

/// `10x`, `0.5x` or `2` in thousandths, from 0.001 to 100,000.
fn parse_speed(word: &str) -> Option<u64> {
    let number = word.strip_suffix('x').unwrap_or(word);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.len() > 3 {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let thousandths: u64 = format!("{fraction:0<3}").parse().ok()?;
    let permille = whole.checked_mul(1000)?.checked_add(thousandths)?;
    (1..=100_000_000).contains(&permille).then_some(permille)
}

fn speed_text(permille: u64) -> String {
    let fraction = format!("{:03}", permille % 1000);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        format!("{}x", permille / 1000)
    } else {
        format!("{}.{fraction}x", permille / 1000)
    }
}

fn advance(session: &mut Session, words: &[String], _files: &dyn Files) -> u8 {
    let parsed = words.first().and_then(|word| parse_duration(word));
    match parsed {
        Some(duration) if duration <= ADVANCE_LIMIT => {
            session.move_on(duration);
            0
        }
        Some(_) => refuse(session, "one advance goes at most a year; say it again for more"),
        None => refuse(session, "say how far: advance 30s, advance 5m, advance 1h30m"),
    }
}

/// A Go duration, or a plain number of seconds.
fn parse_duration(word: &str) -> Option<Duration> {
    if let Ok(seconds) = word.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    GoDuration::parse(word).filter(|duration| !duration.negative).map(|duration| duration.length)
}

fn step(session: &mut Session, words: &[String], _files: &dyn Files) -> u8 {
    let count: u32 = match words.first().map(|word| word.parse()) {
        None => 1,
        Some(Ok(count)) if count <= 1_000_000 => count,
        Some(_) => return refuse(session, "say how many steps, at most 1000000: step 5"),
    };
    session.moving = Some(Move::over(count));
    0
}

fn settle(session: &mut Session, _words: &[String], _files: &dyn Files) -> u8 {
    let began = session.now();
    session.moving = Some(Move::Settle { began, end: began + SETTLE_LIMIT });
    0
}

/// A duration to the millisecond, `1.204s`.
pub(super) fn milliseconds(duration: Duration) -> String {
    let text = format!("{}.{:03}", duration.as_secs(), duration.subsec_millis());
    format!("{}s", text.trim_end_matches('0').trim_end_matches('.'))
}

fn timeline(session: &mut Session, _words: &[String], _files: &dyn Files) -> u8 {
    let text = timeline_text(&session.timeline, session.now(), TIMELINE_COLUMNS, &session.namespace);
    session.out.out(text);
    0
}

fn list_files(session: &mut Session, words: &[String], files: &dyn Files) -> u8 {
    let mut folders = words.iter().filter(|word| !word.starts_with('-')).peekable();
    if folders.peek().is_none() {
        for path in files.at_hand() {
            session.out.line(path);
        }
    }
    let mut exit = 0;
    for folder in folders {
        match files.read(folder, true) {
            Ok(found) => found.iter().for_each(|(name, _)| session.out.line(name)),
            Err(_) => exit = refuse(session, &format!("no manifests at \"{folder}\"")),
        }
    }
    exit
}

fn show_file(session: &mut Session, words: &[String], files: &dyn Files) -> u8 {
    let Some(path) = words.first() else { return refuse(session, "say which file: cat statefulset.yaml") };
    match files.read(path, false) {
        Ok(found) => {
            for (_, text) in found {
                session.out.out(text);
            }
            0
        }
        Err(error) => refuse(session, &format!("{path}: {error}")),
    }
}

fn save(session: &mut Session, words: &[String], _files: &dyn Files) -> u8 {
    let Some(path) = words.first() else { return refuse(session, "say where: save lab.session") };
    let text = session.save();
    session.effects.push(Effect::Save { path: path.clone(), text });
    0
}

fn load(session: &mut Session, words: &[String], _files: &dyn Files) -> u8 {
    let Some(path) = words.first() else { return refuse(session, "say which: load lab.session") };
    session.effects.push(Effect::Load { path: path.clone() });
    0
}

fn reset(session: &mut Session, _words: &[String], _files: &dyn Files) -> u8 {
    let fresh = Session::new(session.journal.config.clone());
    let (clock, out, lent) = (session.clock, std::mem::take(&mut session.out), session.lent.clone());
    let has_screen = session.has_screen;
    *session = Session { out, is_new: true, lent, has_screen, ..fresh };
    session.set_clock(clock);
    session.out.line("a new cluster");
    0
}

fn hash(session: &mut Session, _words: &[String], _files: &dyn Files) -> u8 {
    let text = format!("{:016x}", session.cluster.history_hash());
    session.out.line(text);
    0
}

fn quit(session: &mut Session, _words: &[String], _files: &dyn Files) -> u8 {
    session.effects.push(Effect::Quit);
    0
}
