//! One YAML document to JSON as kubectl reads it, and kubectl's complaints about text that is none.
//!
//! Libraries read a later YAML, or libyaml's of today, and refuse and accept other texts than go-yaml v2 does:
//! `"\/"`, `{a:, b: c}`, `[http://x?y]`, `!tag,`. Students meet the complaints often, so they are all here.

mod cursor;
mod grammar;
mod nodes;
mod properties;
mod scalars;
mod scanner;
#[cfg(test)]
mod tests;

pub use grammar::parse;
