//! [`Journal`]: the inputs of a session. With the set-up it is the save file and the bug report.
//!
//! One JSON document per line: first a header with the set-up, then one input a line.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::config::ClusterConfig;
use crate::api::SimTime;

/// The format's version; raised when old journals can no longer be read as they are.
const VERSION: u32 = 1;

/// The longest history that is opened again. What asks for more is damage, or would take a computer very long.
const MOST_YEARS: u64 = 10;
const YEAR_NANOSECONDS: u64 = 365 * 86_400 * 1_000_000_000;

/// The key of a line's check sum.
const CHECK: &str = "check";

/// One input, at its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// Virtual nanoseconds since the start.
    pub at: u64,
    /// How many reconciles had run by then: several happen at one moment, and an input may fall between.
    pub steps: u64,
    /// What was put in.
    #[serde(flatten)]
    pub what: InputKind,
}

/// What can be put in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InputKind {
    /// A line that the user typed, with everything it read.
    Line(LineInput),
    /// The input of the program in the foreground ended (Ctrl-D).
    EndOfInput,
    /// The command in the foreground was interrupted (Ctrl-C), or given up.
    Interrupt,
    /// Ctrl-C went to the program in the foreground, which has the terminal to itself.
    TerminalInterrupt,
    /// The front end stopped the clock, or let it go again. A clock that stands still gives a command no time to
    /// start in, so it is part of the history.
    Pause(bool),
    /// The clock ran to here without anything happening; marks the end of a session.
    Mark,
}

/// A typed line and what it read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LineInput {
    /// The line.
    pub text: String,
    /// Its standard input, if it read one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdin: Option<String>,
    /// What it read from files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<FileRead>,
}

/// What a command got when it read a path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileRead {
    /// The path that it asked for.
    pub path: String,
    /// The files that it got, name and content; several for a folder.
    pub files: Vec<(String, String)>,
}

/// Set-up and inputs, in order of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Journal {
    /// The set-up.
    pub config: ClusterConfig,
    /// The inputs.
    pub inputs: imbl::Vector<Input>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    sts_sim_journal: u32,
    config: ClusterConfig,
}

/// Why a journal cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The first line is no header of ours.
    #[error("not a session file: the first line must be the header that `save` writes ({0})")]
    Header(String),
    /// The file was written by a newer program.
    #[error("the session file has format {found}, this program reads format {VERSION}: use a newer sts-sim")]
    Version {
        /// The file's format.
        found: u32,
    },
    /// A line cannot be read.
    #[error("line {line} of the session file is damaged ({why}); the lines before it are sound")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// The reader's complaint.
        why: String,
    },
}

impl Journal {
    /// A journal without inputs.
    pub fn new(config: ClusterConfig) -> Journal {
        Journal { config, inputs: imbl::Vector::new() }
    }

    /// Adds an input.
    pub fn push(&mut self, at: SimTime, steps: u64, what: InputKind) {
        self.inputs.push_back(Input { at: at.0, steps, what });
    }

    /// Adds to what the last line read: it goes on while the clock moves.
    pub fn add_reads(&mut self, reads: Vec<FileRead>) {
        if reads.is_empty() {
            return;
        }
        let last = self.inputs.iter().rposition(|input| matches!(input.what, InputKind::Line(_)));
        if let Some(Input { what: InputKind::Line(line), .. }) = last.and_then(|at| self.inputs.get_mut(at)) {
            line.reads.extend(reads);
        }
    }

    /// The journal as JSON lines, each with a check sum.
    pub fn to_text(&self) -> String {
        let header = Header { sts_sim_journal: VERSION, config: self.config.clone() };
        let mut text = json_line(&header);
        for input in &self.inputs {
            text.push_str(&json_line(input));
        }
        text
    }

    /// Reads what [`Journal::to_text`] wrote.
    ///
    /// # Errors
    /// What is wrong with the text, and in which line.
    pub fn from_text(text: &str) -> Result<Journal, JournalError> {
        match Journal::sound_part(text)? {
            (journal, None) => Ok(journal),
            (_, Some(damage)) => Err(damage),
        }
    }

    /// Reads what comes before the first damaged line, and says what is wrong with that one.
    ///
    /// # Errors
    /// Nothing can be read, for want of a header.
    pub fn sound_part(text: &str) -> Result<(Journal, Option<JournalError>), JournalError> {
        let mut lines = text.lines().enumerate();
        let (_, first) = lines.next().unwrap_or((0, ""));
        let header: Header = read_line(first).map_err(JournalError::Header)?;
        if header.sts_sim_journal != VERSION {
            return Err(JournalError::Version { found: header.sts_sim_journal });
        }
        let mut journal = Journal::new(header.config);
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let read = read_line(line).and_then(|input: Input| journal.check_order(&input).map(|()| input));
            match read {
                Ok(input) => journal.inputs.push_back(input),
                Err(why) => return Ok((journal, Some(JournalError::Line { line: number + 1, why }))),
            }
        }
        Ok((journal, None))
    }

    /// An input comes no earlier than the one before it, and not in the far future.
    fn check_order(&self, input: &Input) -> Result<(), String> {
        if self.inputs.last().is_some_and(|last| (input.at, input.steps) < (last.at, last.steps)) {
            return Err("it comes earlier than the line before it".to_owned());
        }
        if input.at > MOST_YEARS * YEAR_NANOSECONDS {
            return Err(format!(
                "it is {} years after the start, and a session is opened again up to {MOST_YEARS} years",
                input.at / YEAR_NANOSECONDS
            ));
        }
        Ok(())
    }
}

/// One line of JSON with its check sum. The types here have only string keys, so serialization cannot fail.
fn json_line<T: Serialize>(value: &T) -> String {
    let body = serde_json::to_string(value).unwrap_or_default();
    let sum = xxh3_64(body.as_bytes());
    format!("{},\"{CHECK}\":\"{sum:016x}\"}}\n", body.strip_suffix('}').unwrap_or_default())
}

/// Reads a line; one without a check sum, as people write them, is taken as it is.
fn read_line<T: for<'a> Deserialize<'a>>(line: &str) -> Result<T, String> {
    let mark = format!(",\"{CHECK}\":\"");
    if let Some((body, sum)) = line.trim_end().rsplit_once(&mark)
        && sum.strip_suffix("\"}") != Some(&format!("{:016x}", xxh3_64(format!("{body}}}").as_bytes())))
    {
        return Err("it does not fit its check sum".to_owned());
    }
    serde_json::from_str(line).map_err(|error| error.to_string())
}
