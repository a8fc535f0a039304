//! Which known word an unknown one was probably meant to be.

/// The candidate nearest to `word`, or `None` when none is near.
///
/// Near is an edit distance of at most a third of the word, or the same parts between dashes in
/// another order: `app-python-0` is near `python-app-0`.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let parts = sorted_parts(&word);
    let most = (word.chars().count() / 3).max(1);
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        let lower = candidate.to_ascii_lowercase();
        let distance = if parts.len() > 1 && sorted_parts(&lower) == parts {
            usize::from(lower != word)
        } else {
            edit_distance(&word, &lower)
        };
        if distance <= most && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn sorted_parts(word: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = word.split(['-', '/', '.']).collect();
    parts.sort_unstable();
    parts
}

/// Edits that turn `from` into `to`: insertion, deletion, replacement, swap of two neighbours.
pub fn edit_distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let replaced = above[column] + usize::from(letter != other);
            let mut cost = replaced.min(above[column + 1] + 1).min(line[column] + 1);
            let swapped = row > 0 && column > 0 && from[row - 1] == *other && to[column - 1] == *letter;
            if swapped {
                cost = cost.min(before[column - 1] + 1);
            }
            line.push(cost);
        }
        before = std::mem::replace(&mut above, line);
    }
    above[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_in_another_order_are_near() {
        let pods = ["python-app-0", "python-app-1", "web-0"];
        assert_eq!(suggest("app-python-0", pods), Some("python-app-0"));
        assert_eq!(suggest("pyton-app-1", pods), Some("python-app-1"));
    }

    #[test]
    fn a_swap_is_one_edit() {
        assert_eq!(edit_distance("gte", "get"), 1);
        assert_eq!(suggest("gte", ["apply", "get", "set"]), Some("get"));
    }

    #[test]
    fn far_words_are_not_suggested() {
        assert_eq!(suggest("frobnicate", ["get", "describe", "rollout"]), None);
        assert_eq!(suggest("", ["get"]), None);
    }
}
