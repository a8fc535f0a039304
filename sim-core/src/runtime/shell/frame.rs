//! [`Frame`]: one thing that a shell is in the middle of. A stack of them is a shell's whole future.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ast::{AndOr, Compound, List, Simple};
use super::process::Stream;
use super::state::Variable;
use crate::api::SimTime;

/// Open files of a task, by number.
pub(super) type Descriptors = BTreeMap<u32, Descriptor>;

/// An open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Descriptor {
    /// `/dev/null`
    Null,
    /// The process's standard input.
    Input,
    /// One of the process's output streams.
    Output(Stream),
    /// An entry of the machine's open files.
    File(u32),
    /// The reading end of a pipe.
    PipeRead(u32),
    /// The writing end of a pipe.
    PipeWrite(u32),
}

/// Command substitutions of an expansion: what they gave, and the one that runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Pending {
    pub results: Vec<String>,
    pub capture: Option<Capture>,
    /// The exit code of the last one.
    pub status: Option<i32>,
}

/// A running command substitution.
#[derive(Clone, Debug)]
pub(super) struct Capture {
    pub pid: u32,
    pub pipe: u32,
    pub text: String,
}

/// What `read` was asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    pub names: Vec<String>,
    pub raw: bool,
    /// `-a`: the words become an array's elements.
    pub array: bool,
    /// `-d ''`: to the end of input.
    pub all: bool,
    /// `mapfile`: the lines become an array's elements; `-t` takes their ends off.
    pub lines: Option<bool>,
    pub fd: u32,
}

/// One level of a shell's work.
#[derive(Clone, Debug)]
pub(super) enum Frame {
    /// The rest of a script, an `eval` or a sourced file.
    Text {
        text: Arc<str>,
        at: usize,
        sourced: bool,
    },
    /// Commands read from standard input.
    Lines {
        buffer: String,
    },
    List {
        list: List,
        next: usize,
    },
    AndOr {
        and_or: Arc<AndOr>,
        next: usize,
    },
    /// The children of a pipeline.
    Pipeline {
        children: Vec<u32>,
        status: i32,
        /// The exit codes of those that have ended.
        statuses: Vec<i32>,
    },
    Negate,
    If {
        compound: Arc<Compound>,
        arm: usize,
    },
    Loop {
        compound: Arc<Compound>,
        testing: bool,
        status: i32,
    },
    For {
        compound: Arc<Compound>,
        pending: Pending,
        values: Option<Arc<Vec<String>>>,
        next: usize,
    },
    Case {
        compound: Arc<Compound>,
        pending: Pending,
    },
    Simple {
        command: Arc<Simple>,
        pending: Pending,
    },
    /// `[[ ]]` and `(( ))`
    Decide {
        compound: Arc<Compound>,
        pending: Pending,
    },
    /// `for ((...))`; `part` is the expression that is next.
    Count {
        compound: Arc<Compound>,
        pending: Pending,
        part: usize,
    },
    /// `time`: tells how long what is above took.
    Timed {
        since: SimTime,
    },
    /// The redirections of a compound command, before it runs.
    Redirect {
        compound: Arc<Compound>,
        pending: Pending,
    },
    /// Gives the descriptors back when what is above has ended.
    Restore {
        descriptors: Descriptors,
    },
    /// A function that runs.
    Call {
        positional: Arc<Vec<String>>,
        locals: Vec<(Arc<str>, Option<Variable>)>,
    },
    /// Variables that were set for one command only.
    Unset {
        saved: Vec<(Arc<str>, Option<Variable>)>,
    },
    /// A child in the foreground.
    Child {
        pid: u32,
    },
    /// `wait`
    Wait {
        pids: Vec<u32>,
    },
    /// `read`
    Read {
        reading: Reading,
        text: String,
    },
    /// A trap's commands run; afterwards `$?` is this again.
    Trap {
        status: i32,
    },
}
