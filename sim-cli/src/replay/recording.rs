//! A recording's file format; `tests/recordings/README.md` describes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;

/// One recorded scenario.
#[derive(Clone, Debug, Deserialize)]
pub struct Recording {
    /// The scenario's name.
    #[serde(default)]
    pub scenario: String,
    /// What was typed and printed.
    pub transcript: Vec<Step>,
    /// What the watches delivered.
    #[serde(default)]
    pub trace: Vec<Value>,
    /// The objects at the end, by kind.
    #[serde(default, rename = "final")]
    pub end: BTreeMap<String, Vec<Value>>,
}

/// One step: a kubectl line, or something else that was done.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Step {
    /// A kubectl line.
    pub run: Option<String>,
    /// Something else.
    #[serde(rename = "do")]
    pub act: Option<Vec<Value>>,
    /// The line's standard input.
    pub stdin: Option<String>,
    /// The line's exit code.
    pub exit: Option<u8>,
    /// What it printed.
    #[serde(default)]
    pub stdout: String,
    /// What it printed to standard error.
    #[serde(default)]
    pub stderr: String,
    /// Whether an `until` gave up.
    #[serde(default)]
    pub timed_out: bool,
}

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    /// The file cannot be read or is no recording.
    pub fn read(path: &Path) -> anyhow::Result<Recording> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is no recording", path.display()))
    }

    /// Reads the second run of the same scenario, `NAME.2.json` beside `NAME.json`, if it is there.
    ///
    /// # Errors
    /// The file is there and is no recording.
    pub fn read_twin(path: &Path) -> anyhow::Result<Option<Recording>> {
        let twin = twin_path(path);
        if twin.exists() { Recording::read(&twin).map(Some) } else { Ok(None) }
    }
}

/// `NAME.2.json` for `NAME.json`.
fn twin_path(path: &Path) -> PathBuf {
    path.with_extension("2.json")
}

/// Whether the file is a second run.
pub fn is_twin(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".2.json"))
}
