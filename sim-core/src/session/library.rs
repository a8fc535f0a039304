//! A session from a program: what a `cargo test` calls.

use std::time::Duration;

use super::Session;
use crate::cluster::Cluster;
use crate::engine::{ClusterConfig, TimingProfile};
use crate::kubectl::{Chunk, NoFiles, Stream};

/// A command that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("exit code {exit}: {stderr}")]
pub struct CommandError {
    /// The exit code, as kubectl's.
    pub exit: u8,
    /// What was printed to standard output before it failed.
    pub stdout: String,
    /// What was printed to standard error.
    pub stderr: String,
}

impl Session {
    /// A session on a cluster that takes no time for anything, one node, seed 0: for unit tests.
    pub fn instant() -> Session {
        // The name is one of TimingProfile::NAMES, so the profile is there.
        let profile = TimingProfile::named("instant").unwrap_or_else(TimingProfile::recorder);
        Session::new(ClusterConfig::for_profile(profile, 0))
    }

    /// Runs a line as a script has it and returns its standard output.
    ///
    /// # Errors
    /// The command failed; what it printed is in the error.
    pub fn kubectl(&mut self, line: &str) -> Result<String, CommandError> {
        self.command(line, None)
    }

    /// Applies manifests, `kubectl apply -f -`, and returns what it printed.
    ///
    /// # Errors
    /// A manifest was refused; kubectl's words are in the error.
    pub fn apply(&mut self, manifests: &str) -> Result<String, CommandError> {
        self.command("apply -f -", Some(manifests))
    }

    /// Runs the clock until `condition` holds, looking after every event; false when `limit` passes first.
    pub fn run_until(&mut self, limit: Duration, mut condition: impl FnMut(&Cluster) -> bool) -> bool {
        let timeline = &mut self.timeline;
        self.cluster.run_until(limit, |cluster| {
            timeline.follow(cluster);
            condition(cluster)
        })
    }

    fn command(&mut self, line: &str, stdin: Option<&str>) -> Result<String, CommandError> {
        let chunks = self.run(line, stdin, &NoFiles);
        let stdout = text(&chunks, Stream::Out);
        match self.exit {
            0 => Ok(stdout),
            exit => Err(CommandError { exit, stdout, stderr: text(&chunks, Stream::Err) }),
        }
    }
}

fn text(chunks: &[Chunk], stream: Stream) -> String {
    chunks.iter().filter(|chunk| chunk.stream == stream).map(|chunk| chunk.text.as_str()).collect()
}
