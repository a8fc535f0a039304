//! Differences of two texts as `diff -u` prints them.

/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Kept,
    Removed,
    Added,
}

/// The hunks that turn `old` into `new`; empty when they are the same.
pub fn hunks(old: &str, new: &str) -> String {
    let old: Vec<&str> = old.lines().collect();
    let new: Vec<&str> = new.lines().collect();
    let script = script(&old, &new);
    let mut text = String::new();
    let mut at = 0;
    while let Some(first) = (at..script.len()).find(|index| script[*index].0 != Fate::Kept) {
        let start = first.saturating_sub(CONTEXT).max(at);
        let mut end = first + 1;
        // Changes with few lines between them share a hunk.
        while let Some(next) =
            (end..script.len().min(end + 2 * CONTEXT + 1)).find(|index| script[*index].0 != Fate::Kept)
        {
            end = next + 1;
        }
        let stop = (end + CONTEXT).min(script.len());
        let (old_from, new_from) = places(&script[..start]);
        let (old_len, new_len) = places(&script[start..stop]);
        text.push_str(&format!("@@ -{} +{} @@\n", range(old_from, old_len), range(new_from, new_len)));
        for (fate, line) in &script[start..stop] {
            let mark = match fate {
                Fate::Kept => ' ',
                Fate::Removed => '-',
                Fate::Added => '+',
            };
            text.push(mark);
            text.push_str(line);
            text.push('\n');
        }
        at = stop;
    }
    text
}

/// How many lines of the old and of the new text a part of the script stands for.
fn places(script: &[(Fate, &str)]) -> (usize, usize) {
    let old = script.iter().filter(|(fate, _)| *fate != Fate::Added).count();
    let new = script.iter().filter(|(fate, _)| *fate != Fate::Removed).count();
    (old, new)
}

fn range(from: usize, len: usize) -> String {
    match len {
        0 => format!("{from},0"),
        1 => format!("{}", from + 1),
        _ => format!("{},{len}", from + 1),
    }
}

/// Every line of both texts with what became of it, changes as few as can be.
fn script<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(Fate, &'a str)> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_middle, new_middle) = (&old_rest[..old_rest.len() - tail], &new_rest[..new_rest.len() - tail]);
    let mut script: Vec<(Fate, &str)> = old[..head].iter().map(|line| (Fate::Kept, *line)).collect();
    script.extend(middle(old_middle, new_middle));
    script.extend(old_rest[old_rest.len() - tail..].iter().map(|line| (Fate::Kept, *line)));
    slide(&mut script);
    script
}

/// Models Myers, An O(ND) Difference Algorithm and Its Variations.
fn middle<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(Fate, &'a str)> {
    let size = old.len() + new.len();
    // furthest[k + size] is how far into `old` a path on the diagonal k = x - y reaches.
    let mut furthest = vec![0_usize; 2 * size + 2];
    let mut steps: Vec<Vec<usize>> = Vec::new();
    'search: for distance in 0..=size {
        steps.push(furthest.clone());
        for index in (size - distance..=size + distance).step_by(2) {
            let down = index == size - distance
                || (index != size + distance && furthest[index - 1] < furthest[index + 1]);
            let mut x = if down { furthest[index + 1] } else { furthest[index - 1] + 1 };
            let mut y = x + size - index;
            while x < old.len() && y < new.len() && old[x] == new[y] {
                x += 1;
                y += 1;
            }
            furthest[index] = x;
            if x >= old.len() && y >= new.len() {
                break 'search;
            }
        }
    }
    let (mut x, mut y) = (old.len(), new.len());
    let mut script = Vec::new();
    for (distance, before) in steps.iter().enumerate().rev() {
        let index = x + size - y;
        let down =
            index == size - distance || (index != size + distance && before[index - 1] < before[index + 1]);
        let (from_index, moved) = if down { (index + 1, Fate::Added) } else { (index - 1, Fate::Removed) };
        let from_x = if distance == 0 { 0 } else { before[from_index] };
        let from_y = if distance == 0 { 0 } else { from_x + size - from_index };
        while x > from_x
            && y > from_y
            && (distance == 0 || x > from_x + usize::from(!down) || down && y > from_y + 1)
        {
            x -= 1;
            y -= 1;
            script.push((Fate::Kept, old[x]));
        }
        if distance == 0 {
            break;
        }
        if moved == Fate::Added {
            y -= 1;
            script.push((Fate::Added, new[y]));
        } else {
            x -= 1;
            script.push((Fate::Removed, old[x]));
        }
    }
    script.reverse();
    script
}

/// Moves runs of changed lines down as far as the same lines follow, as GNU diff does.
///
/// Models GNU diffutils: shift_boundaries.
fn slide(script: &mut [(Fate, &str)]) {
    let mut at = script.len();
    while at > 0 {
        at -= 1;
        let fate = script[at].0;
        if fate == Fate::Kept || script.get(at + 1).is_some_and(|next| next.0 != Fate::Kept) {
            continue;
        }
        let mut start = at;
        while start > 0 && script[start - 1].0 == fate {
            start -= 1;
        }
        let lone = start == 0 || script[start - 1].0 == Fate::Kept;
        let (mut first, mut after) = (start, at + 1);
        while lone
            && after < script.len()
            && script[after].0 == Fate::Kept
            && script[after].1 == script[first].1
        {
            script[first].0 = Fate::Kept;
            script[after].0 = fate;
            first += 1;
            after += 1;
        }
        at = start;
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::{Fate, hunks, script};

    #[test]
    fn a_change_has_three_lines_around_it() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\n";
        let new = "a\nb\nc\nd\nE\nf\ng\nh\ni\nj\nk\nl\nm\nn\n";
        assert_snapshot!(hunks(old, new), @r"
        @@ -2,7 +2,7 @@
         b
         c
         d
        -e
        +E
         f
         g
         h
        @@ -11,3 +11,4 @@
         k
         l
         m
        +n
        ");
        assert_eq!(hunks(old, old), "");
        assert_snapshot!(hunks("", "a\nb\n"), @r"
        @@ -0,0 +1,2 @@
        +a
        +b
        ");
        assert_snapshot!(hunks("- x\n- y\n", "- x\n- y\n- y\n"), @r"
        @@ -1,2 +1,3 @@
         - x
         - y
        +- y
        ");
    }

    proptest! {
        #[test]
        fn a_script_leads_from_the_one_to_the_other(
            old in prop::collection::vec("[ab]", 0..12),
            new in prop::collection::vec("[ab]", 0..12),
        ) {
            let old: Vec<&str> = old.iter().map(String::as_str).collect();
            let new: Vec<&str> = new.iter().map(String::as_str).collect();
            let script = script(&old, &new);
            let from: Vec<&str> = script.iter().filter(|(fate, _)| *fate != Fate::Added).map(|(_, line)| *line).collect();
            let to: Vec<&str> = script.iter().filter(|(fate, _)| *fate != Fate::Removed).map(|(_, line)| *line).collect();
            prop_assert_eq!(from, old);
            prop_assert_eq!(to, new);
        }
    }
}
