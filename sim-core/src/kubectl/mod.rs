//! kubectl's words: one verb a file, one table of verbs, output as kubectl v1.36 prints it.
//!
//! [`start`] parses a command line and runs it against a cluster. A command that waits (`delete`,
//! `wait`, `rollout status`, `get -w`, `exec`) comes back as a [`Task`]: whoever drives the clock polls
//! it after every event, so that the same command works live, in scripts and in the browser.

pub(crate) mod absent;
mod apply;
pub mod args;
mod attach;
mod builder;
pub mod config;
pub mod custom_columns;
pub mod describe;
mod error;
pub mod explain;
mod field_order;
mod field_selector;
mod generate;
mod gojson;
mod gotemplate;
mod images;
pub mod json;
pub mod jsonpath;
mod key_pair;
mod kustomize;
mod kyaml;
mod label_selector;
mod local;
mod manifests;
mod metrics_api;
mod other_version;
mod output;
mod pace;
mod pairs;
mod pdqsort;
mod pods;
mod policy_rules;
pub mod printer;
mod prune;
mod resources;
mod result;
mod rollout;
pub mod selection;
pub mod sort;
mod struct_order;
mod suggest;
pub mod table;
#[cfg(test)]
mod tests;
mod unified;
pub mod verbs;
mod warnings;
mod workstation;
pub mod yaml;

pub use error::CliError;
pub use output::{Chunk, Output, Stream};
pub use resources::{ResourceArgs, Target, resolve_kind};
pub use suggest::suggest;
pub use verbs::refused_forward;
pub use workstation::{Forward, Workstation};

use std::collections::BTreeSet;

use crate::api::SimTime;
pub use crate::api::error::quote;
use crate::api::template;
pub use crate::api::wire;
use crate::cluster::Cluster;

/// What a command works with.
pub struct Env<'a> {
    /// The cluster.
    pub cluster: &'a mut Cluster,
    /// The namespace when no flag names one.
    pub namespace: &'a str,
    /// Files that the command may read.
    pub files: &'a dyn Files,
    /// Standard input, if there is any.
    pub stdin: Option<&'a str>,
    /// The machine that kubectl runs on.
    pub workstation: &'a mut Workstation,
    /// Where text goes.
    pub out: &'a mut Output,
}

/// Files, as a front end has them: a real file system, or a few texts in a browser.
pub trait Files {
    /// The files at `path`: itself, or every manifest in it when it is a folder (with `recursive`, below it).
    ///
    /// # Errors
    /// [`FileError`] when nothing can be read there.
    fn read(&self, path: &str, recursive: bool) -> Result<Vec<(String, String)>, FileError>;

    /// The file at `path`, or every file below it, whatever their names: what `cp` copies.
    ///
    /// # Errors
    /// As [`Files::read`].
    fn read_tree(&self, path: &str) -> Result<Vec<(String, String)>, FileError> {
        self.read(path, true)
    }

    /// Whether there is a folder at `path`.
    fn is_folder(&self, _path: &str) -> bool {
        false
    }

    /// Paths worth offering: the manifests at hand.
    fn at_hand(&self) -> Vec<String> {
        Vec::new()
    }

    /// What is in `folder`, an empty path for the one where the user is: names, those of folders with a `/` behind.
    fn entries(&self, folder: &str) -> Vec<String> {
        let prefix = match folder.trim_start_matches("./").trim_end_matches('/') {
            "" | "." => String::new(),
            folder => format!("{folder}/"),
        };
        let paths = self.at_hand();
        let below = paths.iter().filter_map(|path| path.strip_prefix(&prefix));
        let names: BTreeSet<String> = below
            .map(|rest| rest.split_once('/').map_or(rest.to_owned(), |(name, _)| format!("{name}/")))
            .collect();
        names.into_iter().collect()
    }

    /// The table of the API's descriptions, which `explain` reads; see [`explain::Schema`].
    fn schema(&self) -> Option<&str> {
        None
    }

    /// Lets the user change `text` in an editor and returns what came of it; `None` where there is no editor.
    ///
    /// # Errors
    /// What the editor said when it failed.
    fn edit(&self, _name: &str, _text: &str) -> Option<Result<String, String>> {
        None
    }

    /// Keeps what came from an editor and could not be saved; returns where it is, if it is kept at all.
    fn keep_edit(&self, _extension: &str, _text: &str) -> Option<String> {
        None
    }
}

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// There is nothing at that path.
    #[error("the path does not exist")]
    NotFound,
    /// Something else is wrong.
    #[error("{0}")]
    Other(String),
}

/// No files at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _path: &str, _recursive: bool) -> Result<Vec<(String, String)>, FileError> {
        Err(FileError::NotFound)
    }
}

/// Where a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It ended with this exit code.
    Done(u8),
    /// It waits for the clock to move.
    Waiting,
}

/// A command that waits.
pub trait Task {
    /// Looks at the cluster again. Called after every event and at [`Task::deadline`].
    ///
    /// # Errors
    /// The command failed; its text goes to standard error and its code is the exit code.
    fn poll(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError>;

    /// A time at which it wants to be polled even when nothing happens by then.
    fn deadline(&self) -> Option<SimTime> {
        None
    }

    /// The prompt, when the command reads lines from the user (`exec -it`).
    fn prompt(&self) -> Option<String> {
        None
    }

    /// A line from the user, or `None` at the end of input (Ctrl-D).
    fn input(&mut self, _line: Option<&str>, _env: &mut Env<'_>) {}

    /// The user interrupts (Ctrl-C).
    fn interrupt(&mut self, _env: &mut Env<'_>) {}

    /// Whether the terminal is the remote program's, as with `exec -it`: Ctrl-C goes to that program, and the command
    /// itself ends when the program does.
    fn holds_terminal(&self) -> bool {
        false
    }
}

/// What became of a command line.
pub enum Flow {
    /// It ended with this exit code.
    Done(u8),
    /// It waits; poll it.
    Task(Box<dyn Task>),
}

impl Flow {
    /// Success.
    pub const OK: Flow = Flow::Done(0);
}

/// Runs `words`, a command line without the leading `kubectl`.
///
/// Errors of the command go to `env.out` as kubectl prints them, and its exit code is the flow's.
pub fn start(words: &[String], env: &mut Env<'_>) -> Flow {
    env.out.begin();
    env.cluster.forget_warnings();
    match verbs::dispatch(words, env) {
        Ok(flow) => warnings::as_errors(words, flow, env.out),
        Err(error) => Flow::Done(error.report(env.out)),
    }
}

/// Polls `task`, printing its error if it fails.
pub fn poll(task: &mut dyn Task, env: &mut Env<'_>) -> Progress {
    match task.poll(env) {
        Ok(progress) => progress,
        Err(error) => Progress::Done(error.report(env.out)),
    }
}
