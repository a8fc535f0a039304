//! [`Log`]: what a container printed, line by line.

use std::sync::Arc;

use imbl::Vector;

use super::shell::Stream;
use crate::api::SimTime;

/// Lines that are kept of one container; the oldest go first, as with rotated log files.
const LINES_KEPT: usize = 10_000;

/// A line of a container's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was printed.
    pub at: SimTime,
    /// Where to.
    pub stream: Stream,
    /// The line without its line feed.
    pub text: Arc<str>,
    /// Whether a line feed ended it; a last piece may still grow.
    pub ended: bool,
}

/// The lines that a container printed.
#[derive(Clone, Debug, Default)]
pub struct Log {
    lines: Vector<LogLine>,
    dropped: u64,
}

impl Log {
    /// Adds printed text, which may hold several lines or a part of one.
    pub fn print(&mut self, at: SimTime, stream: Stream, text: &str) {
        for piece in text.split_inclusive('\n') {
            let ended = piece.ends_with('\n');
            let piece = piece.strip_suffix('\n').unwrap_or(piece);
            match self.lines.back_mut() {
                Some(last) if !last.ended && last.stream == stream => {
                    last.text = format!("{}{piece}", last.text).into();
                    last.ended = ended;
                }
                _ => self.lines.push_back(LogLine { at, stream, text: piece.into(), ended }),
            }
        }
        while self.lines.len() > LINES_KEPT {
            self.lines.pop_front();
            self.dropped += 1;
        }
    }

    /// Adds a whole line.
    pub fn line(&mut self, at: SimTime, stream: Stream, text: &str) {
        self.print(at, stream, &format!("{text}\n"));
    }

    /// The lines, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &LogLine> {
        self.lines.iter()
    }

    /// How many lines were printed since the start: the place from which a follower reads on.
    pub fn end(&self) -> u64 {
        self.dropped + self.lines.len() as u64
    }

    /// The place behind all that was printed: a line, and how much of it.
    pub fn tail(&self) -> (u64, usize) {
        let partial = self.lines.back().filter(|line| !line.ended);
        (self.end() - u64::from(partial.is_some()), partial.map_or(0, |line| line.text.len()))
    }

    /// The lines from a place on.
    pub fn since(&self, place: u64) -> impl Iterator<Item = &LogLine> {
        let skip = usize::try_from(place.saturating_sub(self.dropped)).unwrap_or(usize::MAX);
        self.lines.iter().skip(skip)
    }
}
