//! `KEY=VALUE` and `KEY-` among a command's words.
//!
//! Models kubectl pkg/cmd/util: GetResourcesAndPairs and ParsePairs.

use std::collections::BTreeMap;

use super::error::CliError;

/// Pairs to set and keys to remove.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    /// Keys with their new values.
    pub set: BTreeMap<String, String>,
    /// Keys to remove, in order.
    pub remove: Vec<String>,
}

/// Splits `words` into those that name objects and those that are pairs.
///
/// # Errors
/// kubectl's complaint about an object that is named after a pair.
pub fn split<'a>(words: &'a [String], what: &str) -> Result<(&'a [String], &'a [String]), CliError> {
    let first = words.iter().position(|word| is_pair(word)).unwrap_or(words.len());
    let (resources, pairs) = words.split_at(first);
    match pairs.iter().find(|word| !is_pair(word)) {
        Some(word) => {
            Err(CliError::plain(format!("all resources must be specified before {what} changes: {word}")))
        }
        None => Ok((resources, pairs)),
    }
}

fn is_pair(word: &str) -> bool {
    (word.contains('=') && !word.starts_with('=')) || (word.ends_with('-') && word != "-")
}

/// Reads pairs; `KEY-` counts only when `removes`.
///
/// # Errors
/// kubectl's complaint about words that are no pairs.
pub fn parse(words: &[String], what: &str, removes: bool) -> Result<Pairs, CliError> {
    let mut pairs = Pairs::default();
    let mut invalid = Vec::new();
    for word in words {
        match word.split_once('=') {
            Some((key, value)) if !key.is_empty() => {
                pairs.set.insert(key.to_owned(), value.to_owned());
            }
            _ => match word.strip_suffix('-').filter(|key| removes && !key.is_empty()) {
                Some(key) => pairs.remove.push(key.to_owned()),
                None => invalid.push(word.as_str()),
            },
        }
    }
    if invalid.is_empty() {
        Ok(pairs)
    } else {
        Err(CliError::plain(format!("invalid {what} pairs: {}", invalid.join(", "))))
    }
}
