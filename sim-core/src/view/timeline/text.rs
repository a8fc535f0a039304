//! The timeline as text for a terminal.

use std::fmt::Write;

use super::axis::Axis;
use super::{Lane, LaneKey, Timeline, at_most};
use crate::api::SimTime;
use crate::view::state::State;
use crate::view::svg::shortened;

/// How many lanes are shown.
const LANES_MAX: usize = 60;
/// How many commands and faults are listed, the newest ones.
const MARKS_MAX: usize = 10;
/// The widest names.
const NAME_MAX: usize = 24;

/// Draws `timeline` up to `now` in lines of `width` columns, for somebody who works in `namespace`.
pub fn timeline_text(timeline: &Timeline, now: SimTime, width: usize, namespace: &str) -> String {
    let lanes = timeline.lanes.iter().filter(|(key, _)| key.is_seen_from(namespace));
    let (lanes, more) = at_most(LANES_MAX, lanes.collect());
    if lanes.is_empty() && timeline.marks.is_empty() {
        return "nothing has happened yet\n".to_owned();
    }
    let names = lanes.iter().map(|(key, _)| key.name().chars().count());
    let name_width = names.max().unwrap_or(0).clamp(8, NAME_MAX);
    let columns = width.saturating_sub(name_width + 2).clamp(10, 1_000);
    let from = timeline.first_moment(&lanes).min(now);
    let axis = Axis::new(from, now, columns as u64);
    let mut text = format!("{:name_width$}  {}\n", "", scale(&axis, columns));
    if !timeline.marks.is_empty() {
        let _ = writeln!(text, "{:name_width$}  {}", "commands", marks(timeline, &axis, columns));
    }
    for (key, lane) in &lanes {
        let name = shortened(&key.name(), name_width);
        let line = format!("{name:name_width$}  {}", row(lane, &axis, columns, now));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if more > 0 {
        let _ = writeln!(text, "and {more} more");
    }
    text.push('\n');
    text.push_str(&legend());
    let skipped = timeline.marks.len().saturating_sub(MARKS_MAX);
    if !timeline.marks.is_empty() {
        text.push('\n');
    }
    for mark in timeline.marks.iter().skip(skipped) {
        let letter = if mark.is_fault { 'F' } else { 'c' };
        let line =
            format!("{letter} {:>10}  {}", mark.at.to_string(), mark.text.lines().next().unwrap_or_default());
        let _ = writeln!(text, "{}", line.chars().take(width.max(20)).collect::<String>());
    }
    text
}

impl Timeline {
    /// When the first thing happened of what the lanes show, or the first command came.
    fn first_moment(&self, lanes: &[(&LaneKey, &Lane)]) -> SimTime {
        let firsts = lanes.iter().filter_map(|(_, lane)| lane.segments.front()).map(|segment| segment.from);
        firsts.chain(self.marks.front().map(|mark| mark.at)).min().unwrap_or(self.start)
    }
}

fn scale(axis: &Axis, columns: usize) -> String {
    let mut line = String::new();
    for tick in axis.ticks(12) {
        let place = usize::try_from(axis.place(tick.at)).unwrap_or(columns);
        let label = format!("|{}", tick.label);
        if place + label.len() <= columns && place >= line.len() {
            let _ = write!(line, "{:1$}{label}", "", place - line.len());
        }
    }
    line
}

fn marks(timeline: &Timeline, axis: &Axis, columns: usize) -> String {
    let mut line = vec![' '; columns];
    for mark in &timeline.marks {
        let place = usize::try_from(axis.place(mark.at)).unwrap_or(columns).min(columns - 1);
        if line[place] != 'F' {
            line[place] = if mark.is_fault { 'F' } else { 'c' };
        }
    }
    let line: String = line.into_iter().collect();
    line.trim_end().to_owned()
}

/// One character a column: the state that matters most of those that held there.
fn row(lane: &Lane, axis: &Axis, columns: usize, now: SimTime) -> String {
    let mut line = vec![State::Gone; columns];
    for (segment, end) in lane.spans(now) {
        let first = usize::try_from(axis.place(segment.from)).unwrap_or(columns).min(columns - 1);
        let last = usize::try_from(axis.place(end)).unwrap_or(columns).min(columns);
        for state in &mut line[first..last.max(first + 1)] {
            *state = (*state).max(segment.state);
        }
    }
    line.into_iter().map(State::letter).collect()
}

fn legend() -> String {
    let states = State::ALL.iter().filter(|state| **state != State::Gone);
    let words: Vec<String> = states.map(|state| format!("{} {}", state.letter(), state.word())).collect();
    words.chunks(4).map(|row| format!("{}\n", row.join("  "))).collect()
}
