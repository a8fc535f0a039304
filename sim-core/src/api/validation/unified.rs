//! A unified diff as the API server's refusals show it.
//!
//! Models pmezard/go-difflib, which follows Python's difflib, and apimachinery pkg/util/diff: Diff.

use std::collections::BTreeMap;

/// How many lines stand around a change.
const CONTEXT: usize = 3;
/// From so many lines on, lines that stand often are no places to begin a match at.
const POPULAR_FROM: usize = 200;

/// A run of lines that are the same in both: where it begins in each, and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Match {
    a: usize,
    b: usize,
    size: usize,
}

/// A change of lines `a.0..a.1` to lines `b.0..b.1`, or lines that stay.
#[derive(Clone, Copy, Debug)]
struct Step {
    same: bool,
    a: (usize, usize),
    b: (usize, usize),
}

/// The diff from `old` to `new`, without a header; empty when they are the same.
pub(super) fn diff(old: &str, new: &str) -> String {
    let a: Vec<&str> = old.split('\n').collect();
    let b: Vec<&str> = new.split('\n').collect();
    let mut text = String::new();
    for group in groups(&steps(&a, &b)) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        text.push_str(&format!("@@ -{} +{} @@\n", range(first.a.0, last.a.1), range(first.b.0, last.b.1)));
        for step in group {
            let signs = if step.same { [' ', '\0'] } else { ['-', '+'] };
            for (sign, lines) in signs.into_iter().zip([&a[step.a.0..step.a.1], &b[step.b.0..step.b.1]]) {
                for line in lines.iter().filter(|_| sign != '\0') {
                    text.push(sign);
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    text
}

fn range(start: usize, stop: usize) -> String {
    match stop - start {
        1 => format!("{}", start + 1),
        0 => format!("{start},0"),
        length => format!("{},{length}", start + 1),
    }
}

/// The places of each line of `b`, less those of lines that stand too often.
fn places<'a>(b: &[&'a str]) -> BTreeMap<&'a str, Vec<usize>> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, line) in b.iter().enumerate() {
        places.entry(line).or_default().push(index);
    }
    if b.len() >= POPULAR_FROM {
        let most = b.len() / 100 + 1;
        places.retain(|_, found| found.len() <= most);
    }
    places
}

/// Models SequenceMatcher.findLongestMatch.
fn longest(
    a: &[&str],
    b: &[&str],
    places: &BTreeMap<&str, Vec<usize>>,
    (a_low, a_high): (usize, usize),
    (b_low, b_high): (usize, usize),
) -> Match {
    let mut best = Match { a: a_low, b: b_low, size: 0 };
    let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
    for (i, line) in a.iter().enumerate().take(a_high).skip(a_low) {
        let mut next = BTreeMap::new();
        for j in places.get(line).into_iter().flatten().copied().filter(|j| (b_low..b_high).contains(j)) {
            let before = if j == 0 { 0 } else { lengths.get(&(j - 1)).copied().unwrap_or(0) };
            let size = before + 1;
            next.insert(j, size);
            if size > best.size {
                best = Match { a: i + 1 - size, b: j + 1 - size, size };
            }
        }
        lengths = next;
    }
    while best.a > a_low && best.b > b_low && a[best.a - 1] == b[best.b - 1] {
        best = Match { a: best.a - 1, b: best.b - 1, size: best.size + 1 };
    }
    while best.a + best.size < a_high
        && best.b + best.size < b_high
        && a[best.a + best.size] == b[best.b + best.size]
    {
        best.size += 1;
    }
    best
}

/// Models SequenceMatcher.GetMatchingBlocks and GetOpCodes.
fn steps(a: &[&str], b: &[&str]) -> Vec<Step> {
    let places = places(b);
    let mut matches = Vec::new();
    let mut open = vec![((0, a.len()), (0, b.len()))];
    while let Some((in_a, in_b)) = open.pop() {
        let found = longest(a, b, &places, in_a, in_b);
        if found.size == 0 {
            continue;
        }
        matches.push(found);
        if in_a.0 < found.a && in_b.0 < found.b {
            open.push(((in_a.0, found.a), (in_b.0, found.b)));
        }
        let (end_a, end_b) = (found.a + found.size, found.b + found.size);
        if end_a < in_a.1 && end_b < in_b.1 {
            open.push(((end_a, in_a.1), (end_b, in_b.1)));
        }
    }
    matches.sort();
    matches.push(Match { a: a.len(), b: b.len(), size: 0 });
    let (mut at_a, mut at_b) = (0, 0);
    let mut steps: Vec<Step> = Vec::new();
    for found in matches {
        if at_a < found.a || at_b < found.b {
            steps.push(Step { same: false, a: (at_a, found.a), b: (at_b, found.b) });
        }
        (at_a, at_b) = (found.a + found.size, found.b + found.size);
        if found.size > 0 {
            match steps.last_mut().filter(|last| last.same) {
                Some(last) => (last.a.1, last.b.1) = (at_a, at_b),
                None => steps.push(Step { same: true, a: (found.a, at_a), b: (found.b, at_b) }),
            }
        }
    }
    steps
}

/// Changes with the lines around them, those that are near each other together.
///
/// Models SequenceMatcher.GetGroupedOpCodes.
fn groups(steps: &[Step]) -> Vec<Vec<Step>> {
    let last = steps.len().saturating_sub(1);
    let mut groups = Vec::new();
    let mut group: Vec<Step> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let mut step = *step;
        if step.same && index == 0 {
            step.a.0 = step.a.0.max(step.a.1.saturating_sub(CONTEXT));
            step.b.0 = step.b.0.max(step.b.1.saturating_sub(CONTEXT));
        }
        if step.same && index == last {
            step.a.1 = step.a.1.min(step.a.0 + CONTEXT);
            step.b.1 = step.b.1.min(step.b.0 + CONTEXT);
        }
        if step.same && index != 0 && index != last && step.a.1 - step.a.0 > 2 * CONTEXT {
            let head = Step { a: (step.a.0, step.a.0 + CONTEXT), b: (step.b.0, step.b.0 + CONTEXT), ..step };
            group.push(head);
            groups.push(std::mem::take(&mut group));
            step.a.0 = step.a.1 - CONTEXT;
            step.b.0 = step.b.1 - CONTEXT;
        }
        group.push(step);
    }
    groups.push(group);
    groups.retain(|group| group.iter().any(|step| !step.same));
    groups
}

#[cfg(test)]
mod tests {
    use super::diff;

    #[test]
    fn changes_stand_with_three_lines_around_them() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj";
        let new = "a\nb\nc\nD\ne\nf\ng\nh\ni\nJ\nk";
        insta::assert_snapshot!(diff(old, new), @r"
        @@ -1,10 +1,11 @@
         a
         b
         c
        -d
        +D
         e
         f
         g
         h
         i
        -j
        +J
        +k
        ");
        assert_eq!(diff(old, old), "");
        let far = "0\n".repeat(9);
        insta::assert_snapshot!(diff(&format!("x\n{far}y"), &format!("X\n{far}Y")), @r"
        @@ -1,4 +1,4 @@
        -x
        +X
         0
         0
         0
        @@ -8,4 +8,4 @@
         0
         0
         0
        -y
        +Y
        ");
    }

    #[test]
    fn lines_that_stand_often_are_no_places_to_begin_at() {
        // What go-difflib prints: after the change nothing finds its place again.
        let text = |middle: &str| format!("{}{middle}\n{}}}", "}\n".repeat(150), "}\n".repeat(99));
        let shown = diff(&text("x"), &text("y"));
        assert!(shown.starts_with("@@ -148,104 +148,104 @@\n }\n }\n }\n-x\n-}\n"), "{shown}");
    }
}
