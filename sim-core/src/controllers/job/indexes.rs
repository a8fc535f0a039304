//! [`Indexes`]: sets of completion indexes as intervals, `0-3,5`.
//!
//! Models pkg/controller/job: orderedIntervals.

use std::collections::BTreeSet;
use std::fmt;

/// Indexes, as intervals that neither touch nor overlap, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Indexes(Vec<(i32, i32)>);

impl Indexes {
    /// Reads `0-3,5`; what is no index below `completions` is left out.
    pub(super) fn parse(text: &str, completions: i32) -> Indexes {
        let mut found = Indexes::default();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (Ok(first), Ok(last)) = (first.parse::<i32>(), last.parse::<i32>()) else { continue };
            if first >= 0 && first < completions {
                found.push(first, last.min(completions - 1));
            }
        }
        found
    }

    /// Adds an interval that does not begin before the last one.
    fn push(&mut self, first: i32, last: i32) {
        match self.0.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
            _ => self.0.push((first, last)),
        }
    }

    /// The indexes of both.
    pub(super) fn merged(&self, other: &Indexes) -> Indexes {
        let mut all: Vec<(i32, i32)> = self.0.iter().chain(&other.0).copied().collect();
        all.sort_unstable();
        let mut merged = Indexes::default();
        for (first, last) in all {
            merged.push(first, last);
        }
        merged
    }

    /// How many indexes there are.
    pub(super) fn count(&self) -> i32 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    /// Whether the index is one of them.
    pub(super) fn has(&self, index: i32) -> bool {
        let at = self.0.partition_point(|(_, last)| *last < index);
        self.0.get(at).is_some_and(|(first, _)| *first <= index)
    }

    /// How many of the other's indexes are among these.
    pub(super) fn in_common(&self, other: &Indexes) -> i32 {
        let overlap = |a: &(i32, i32), b: &(i32, i32)| (a.1.min(b.1) - a.0.max(b.0) + 1).max(0);
        self.0.iter().flat_map(|a| other.0.iter().map(move |b| overlap(a, b))).sum()
    }

    /// The first `count` indexes below `completions` that are not among these.
    pub(super) fn first_missing(&self, count: usize, completions: i32) -> Vec<i32> {
        let mut missing = Vec::new();
        let mut candidate = 0;
        for (first, last) in self.0.iter().copied().chain([(completions, completions)]) {
            let gap = candidate..first.min(completions);
            missing.extend(gap.take(count - missing.len()));
            candidate = candidate.max(last.saturating_add(1));
        }
        missing
    }
}

impl From<BTreeSet<i32>> for Indexes {
    fn from(indexes: BTreeSet<i32>) -> Indexes {
        let mut found = Indexes::default();
        for index in indexes {
            found.push(index, index);
        }
        found
    }
}

impl fmt::Display for Indexes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (first, last)) in self.0.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            match last - first {
                0 => write!(f, "{comma}{first}")?,
                1 => write!(f, "{comma}{first},{last}")?,
                _ => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_read_and_write_themselves() {
        for text in ["", "0", "0,1", "0-2", "1,3-5,9"] {
            assert_eq!(Indexes::parse(text, 10).to_string(), text);
        }
        assert_eq!(Indexes::parse("1,3-5,9", 5).to_string(), "1,3,4");
        assert_eq!(Indexes::parse("x,2-y,4", 9).to_string(), "4");
    }

    #[test]
    fn what_is_missing_comes_in_order() {
        let done = Indexes::parse("1,3-5", 8);
        assert_eq!(done.first_missing(2, 8), [0, 2]);
        assert_eq!(done.first_missing(9, 8), [0, 2, 6, 7]);
        assert_eq!(done.merged(&Indexes::from(BTreeSet::from([0, 2]))).to_string(), "0-5");
        assert_eq!((done.count(), done.has(4), done.has(2)), (4, true, false));
        assert_eq!(done.in_common(&Indexes::parse("0-3", 8)), 2);
    }
}
