//! `{a,b}` and `{1..3}`: words that bash makes of one word before anything else is expanded.

use super::ast::{Part, Word};

/// The most words that one word makes.
const MAX_WORDS: usize = 10_000;

/// A character that was not quoted, or a part as it is.
#[derive(Clone)]
enum Piece {
    Char(char),
    Part(Part),
}

/// Adds the words that `word` makes.
pub(super) fn expand(word: Word, words: &mut Vec<Word>) {
    let has_brace = word.0.iter().any(|part| matches!(part, Part::Literal(text) if text.contains('{')));
    if !has_brace {
        return words.push(word);
    }
    let mut pieces = Vec::new();
    for part in word.0 {
        match part {
            Part::Literal(text) => pieces.extend(text.chars().map(Piece::Char)),
            part => pieces.push(Piece::Part(part)),
        }
    }
    words.extend(alternatives(&pieces, 0).into_iter().map(joined));
}

fn joined(pieces: Vec<Piece>) -> Word {
    let mut parts: Vec<Part> = Vec::new();
    for piece in pieces {
        match (piece, parts.last_mut()) {
            (Piece::Char(c), Some(Part::Literal(text))) => text.push(c),
            (Piece::Char(c), _) => parts.push(Part::Literal(c.to_string())),
            (Piece::Part(part), _) => parts.push(part),
        }
    }
    Word(parts)
}

fn alternatives(pieces: &[Piece], depth: usize) -> Vec<Vec<Piece>> {
    for start in 0..pieces.len() {
        if depth > 20 || !matches!(pieces[start], Piece::Char('{')) {
            continue;
        }
        let Some((choices, end)) = choices(&pieces[start..], depth) else { continue };
        let rest = alternatives(&pieces[start + end..], depth + 1);
        let mut all = Vec::new();
        for choice in &choices {
            for tail in rest.iter().take(MAX_WORDS.saturating_sub(all.len())) {
                all.push([&pieces[..start], choice, tail].concat());
            }
        }
        return all;
    }
    vec![pieces.to_vec()]
}

/// What the braces that open `pieces` stand for, and where they end; `None` when they are only text.
fn choices(pieces: &[Piece], depth: usize) -> Option<(Vec<Vec<Piece>>, usize)> {
    let (mut open, mut from) = (0, 1);
    let mut found: Vec<&[Piece]> = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Char('{') => open += 1,
            Piece::Char(',') if open == 1 => {
                found.push(&pieces[from..at]);
                from = at + 1;
            }
            Piece::Char('}') => open -= 1,
            _ => {}
        }
        if open > 0 {
            continue;
        }
        let inside = &pieces[from..at];
        if found.is_empty() {
            return Some((sequence(inside)?, at + 1));
        }
        found.push(inside);
        let choices = found.iter().flat_map(|inside| alternatives(inside, depth + 1));
        return Some((choices.take(MAX_WORDS).collect(), at + 1));
    }
    None
}

/// `1..5`, `01..10`, `a..e`, `1..9..2`
fn sequence(inside: &[Piece]) -> Option<Vec<Vec<Piece>>> {
    let mut text = String::new();
    for piece in inside {
        let Piece::Char(c) = piece else { return None };
        text.push(*c);
    }
    let mut ends = text.split("..");
    let (first, last) = (ends.next()?, ends.next()?);
    let step = ends.next().map_or(Some(1), |step| step.parse::<i64>().ok())?.unsigned_abs().max(1);
    if ends.next().is_some() {
        return None;
    }
    let letter = |text: &str| {
        let mut chars = text.chars();
        let c = chars.next().filter(char::is_ascii_alphabetic)?;
        chars.next().is_none().then_some(i64::from(u32::from(c)))
    };
    let (low, high, is_letter) = match (first.parse::<i64>(), last.parse::<i64>()) {
        (Ok(low), Ok(high)) => (low, high, false),
        _ => (letter(first)?, letter(last)?, true),
    };
    let count = (low.abs_diff(high) / step).saturating_add(1);
    if count > MAX_WORDS as u64 {
        return None;
    }
    let is_padded =
        |text: &str| text.trim_start_matches('-').len() > 1 && text.trim_start_matches('-').starts_with('0');
    let width = if is_padded(first) || is_padded(last) { first.len().max(last.len()) } else { 0 };
    let number = |index: u64| {
        // No further than from one end to the other, which are both in range.
        let by = i64::try_from(index * step).unwrap_or(0);
        let value = if low <= high { low + by } else { low - by };
        let text = match u32::try_from(value).ok().and_then(char::from_u32).filter(|_| is_letter) {
            Some(letter) => letter.to_string(),
            None => format!("{value:0width$}"),
        };
        text.chars().map(Piece::Char).collect()
    };
    Some((0..count).map(number).collect())
}
