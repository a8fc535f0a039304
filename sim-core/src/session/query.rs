//! Looking without leaving a trace: what an inspector beside the prompt needs.

use std::time::Duration;

use super::{Session, Status};
use crate::engine::Journal;
use crate::kubectl::{Chunk, NoFiles, Output};
use crate::view::Timeline;

/// How much virtual time a command gets that does not answer at once.
const QUERY_LIMIT: Duration = Duration::from_secs(30);

impl Session {
    /// Runs a line on a copy of the session and returns what it printed.
    ///
    /// Neither the cluster nor the journal nor the command in the foreground changes, whatever the line says;
    /// a command that waits is given up after some seconds of the copy's time.
    pub fn query(&self, text: &str) -> Vec<Chunk> {
        let mut copy = Session {
            cluster: self.cluster.clone(),
            journal: Journal::new(self.journal.config.clone()),
            namespace: self.namespace.clone(),
            foreground: None,
            out: Output::default(),
            exit: 0,
            clock: self.clock,
            tunnels: self.tunnels.clone(),
            effects: Vec::new(),
            timeline: Timeline::new(&self.cluster),
        };
        let end = copy.now() + QUERY_LIMIT;
        copy.execute(text, None, &NoFiles);
        copy.poll();
        while copy.status() == Status::Running && copy.next_moment().is_some_and(|next| next <= end) {
            copy.step();
        }
        copy.take_output()
    }
}
