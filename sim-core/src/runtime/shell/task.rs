//! [`Task`]: a shell or a tool that runs in a process.

use std::sync::Arc;

use super::frame::{Descriptor, Descriptors};
use super::process::Stream;
use super::state::Shell;
use super::tools::{Memory, Program};
use crate::api::SimTime;

/// What a task is.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Shell(Box<Shell>),
    Tool(Box<ToolTask>),
    /// It has its turn at this moment.
    Away,
}

/// A tool at work.
#[derive(Clone, Debug)]
pub(super) struct ToolTask {
    pub program: Program,
    pub name: String,
    pub arguments: Arc<Vec<String>>,
    pub environment: Arc<Vec<(String, String)>>,
    pub memory: Memory,
}

/// What one step of a task did.
#[derive(Debug)]
pub(super) enum Step {
    Progress,
    /// It waits for another task or for input.
    Blocked,
    Until(SimTime),
    Exit(i32),
    /// It is something else from now on (`exec`).
    Become(Body),
}

/// A task.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub pid: u32,
    pub body: Body,
    pub descriptors: Descriptors,
    pub directory: String,
    pub command: String,
    /// When it had its first turn.
    pub started: Option<SimTime>,
    pub signals: Vec<i32>,
    /// Ctrl-C does not reach it.
    pub background: bool,
    /// It sleeps.
    pub until: Option<SimTime>,
    pub write_failed: bool,
}

impl Task {
    /// A task with these open files.
    pub fn new(body: Body, descriptors: Descriptors, directory: &str, command: String) -> Task {
        Task {
            pid: 0,
            body,
            descriptors,
            directory: directory.to_owned(),
            command,
            started: None,
            signals: Vec::new(),
            background: false,
            until: None,
            write_failed: false,
        }
    }

    /// The name that opens its error messages.
    pub fn name(&self) -> String {
        match &self.body {
            Body::Tool(tool) => tool.name.clone(),
            Body::Shell(shell) => shell.name.clone(),
            Body::Away => self.command.split(' ').next().unwrap_or_default().to_owned(),
        }
    }
}

/// Standard input, output and error of a whole process.
pub(super) fn standard_descriptors() -> Descriptors {
    Descriptors::from([
        (0, Descriptor::Input),
        (1, Descriptor::Output(Stream::Out)),
        (2, Descriptor::Output(Stream::Err)),
    ])
}
