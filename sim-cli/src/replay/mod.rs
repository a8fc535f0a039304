//! `sts-sim replay`: plays recordings of a real control plane and says what differs.

mod compare;
mod mask;
mod order;
mod play;
pub mod recording;
mod trace;

use std::path::{Path, PathBuf};

use anyhow::Context;
pub use compare::{Score, Scores};
use recording::Recording;
use sim_core::api::KubernetesVersion;
use sim_core::engine::ClusterConfig;

/// What came of one recording.
#[derive(Clone, Debug)]
pub struct Report {
    /// The scenario's name: the file's, without its ending.
    pub name: String,
    /// Its scores.
    pub scores: Scores,
    /// Whether the timing was a little off the recorder's.
    pub is_varied: bool,
}

impl Report {
    /// Whether nothing differs.
    pub fn matches(&self) -> bool {
        self.misses() == (0, 0)
    }

    /// How much differs: text and order before final objects.
    fn misses(&self) -> (usize, usize) {
        let Scores { transcript, order, end } = &self.scores;
        (transcript.all - transcript.met + order.all - order.met, end.all - end.met)
    }

    /// `NAME: transcript M/N, order M/N, final M/N`
    pub fn line(&self) -> String {
        let Scores { transcript, order, end } = &self.scores;
        let part = |name: &str, score: &Score| format!("{name} {}/{}", score.met, score.all);
        let parts = [part("transcript", transcript), part("order", order), part("final", end)];
        format!("{}: {}", self.name, parts.join(", "))
    }
}

/// How many seeds a recording may need on a machine just like the recorder's.
const SEEDS: u64 = 8;
/// How many more it may need with timings that vary as those of a shared machine do.
const VARIED_SEEDS: u64 = 40;

/// Plays the recording at `path` on a cluster of `version`, with its twin beside it if there is one.
///
/// A real cluster is a race of many workers, and two recorded runs can agree by chance. The simulator draws such
/// chances from its seed, so that a recording is matched when one of a few seeds from `seed` on gives it, at the
/// recorder's usual timing or a little off it; of seeds that do not, the one that comes nearest is reported.
///
/// # Errors
/// The file cannot be read, or is no recording.
pub fn replay(path: &Path, seed: u64, version: KubernetesVersion) -> anyhow::Result<Report> {
    let first = Recording::read(path)?;
    let mut recordings = vec![first];
    recordings.extend(Recording::read_twin(path)?);
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut best: Option<Report> = None;
    for more in 0..SEEDS + VARIED_SEEDS {
        let mut config = ClusterConfig::recorder(seed.wrapping_add(more));
        config.kubernetes_version = version;
        let is_varied = more >= SEEDS;
        if is_varied {
            config.profile = config.profile.varied(config.seed);
        }
        let played = play::play(&recordings[0], config)?;
        let report = Report { name: name.clone(), scores: compare::compare(&recordings, &played), is_varied };
        if report.matches() {
            return Ok(report);
        }
        if best.as_ref().is_none_or(|best| report.misses() < best.misses()) {
            best = Some(report);
        }
    }
    best.context("no seed was tried")
}

/// The recordings in a folder, in order of name, second runs left out.
///
/// # Errors
/// The folder cannot be read.
pub fn recordings_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "json") && !recording::is_twin(path))
        .collect();
    paths.sort();
    Ok(paths)
}
