//! [`Journal`]: the inputs of a session. With the set-up it is the save file and the bug report.
//!
//! One JSON document per line: first a header with the set-up, then one input a line.

use serde::{Deserialize, Serialize};

use super::config::ClusterConfig;
use crate::api::SimTime;

/// The format's version; raised when old journals can no longer be read as they are.
const VERSION: u32 = 1;

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
    /// The command in the foreground was interrupted (Ctrl-C).
    Interrupt,
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

    /// The journal as JSON lines.
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
        let mut lines = text.lines().enumerate();
        let (_, first) = lines.next().unwrap_or((0, ""));
        let header: Header =
            serde_json::from_str(first).map_err(|error| JournalError::Header(error.to_string()))?;
        if header.sts_sim_journal != VERSION {
            return Err(JournalError::Version { found: header.sts_sim_journal });
        }
        let mut journal = Journal::new(header.config);
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let input = serde_json::from_str(line)
                .map_err(|error| JournalError::Line { line: number + 1, why: error.to_string() })?;
            journal.inputs.push_back(input);
        }
        Ok(journal)
    }
}

/// One line of JSON. The types here have only string keys, so serialization cannot fail.
fn json_line<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default() + "\n"
}
