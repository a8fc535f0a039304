//! `fault`: breaking things on purpose, in words.

use super::Session;
use super::words::refuse;
use crate::kubectl::Files;

/// The kinds of fault, for completion.
pub(super) static NAMES: &[&str] = &[];

/// The page that `help fault` prints.
pub(super) fn usage() -> String {
    String::new()
}

/// Runs `fault WORDS`.
pub(super) fn run(session: &mut Session, _words: &[String], _files: &dyn Files) -> u8 {
    refuse(session, "not yet")
}
