//! Words, numbers, strings and signs of a query.

use super::SqlError;

/// A piece of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or keyword, in lower case unless it was quoted.
    Word(String),
    /// A name in double quotes.
    Quoted(String),
    Number(String),
    Text(String),
    Sign(&'static str),
    /// A command's argument of psql or a parameter: nothing that can be run.
    Other(char),
    End,
}

/// A piece and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub at: usize,
    pub end: usize,
}

const SIGNS: &[&str] = &[
    "<=", ">=", "<>", "!=", "||", "::", "->", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ",", ".",
    ";", "[", "]",
];

/// Reads a query.
///
/// # Errors
/// A string that has no end.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, SqlError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = query.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = &query[at..];
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        if rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            continue;
        }
        let (kind, length) = token(rest, c).map_err(|message| SqlError::new(message).at(at))?;
        tokens.push(Token { kind, at, end: at + length });
        at += length;
    }
    tokens.push(Token { kind: Kind::End, at: query.len(), end: query.len() });
    Ok(tokens)
}

fn token(rest: &str, c: char) -> Result<(Kind, usize), String> {
    if c == '\'' || ((c == 'e' || c == 'E') && rest[1..].starts_with('\'')) {
        let skip = usize::from(c != '\'');
        let (text, length) = quoted(&rest[skip..], '\'')
            .ok_or_else(|| format!("unterminated quoted string at or near \"{}\"", rest.trim_end()))?;
        return Ok((Kind::Text(text), length + skip));
    }
    if c == '"' {
        let (text, length) = quoted(rest, '"')
            .ok_or_else(|| format!("unterminated quoted identifier at or near \"{}\"", rest.trim_end()))?;
        return Ok((Kind::Quoted(text), length));
    }
    if let Some(after) = rest.strip_prefix("$$") {
        let end = after.find("$$").ok_or("unterminated dollar-quoted string")?;
        return Ok((Kind::Text(after[..end].to_owned()), end + 4));
    }
    if c.is_ascii_digit() {
        let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        return Ok((Kind::Number(rest[..length].to_owned()), length));
    }
    if c.is_alphabetic() || c == '_' {
        let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(rest.len());
        return Ok((Kind::Word(rest[..length].to_lowercase()), length));
    }
    match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        Some(sign) => Ok((Kind::Sign(sign), sign.len())),
        None => Ok((Kind::Other(c), c.len_utf8())),
    }
}

/// A text in quotes, in which a doubled quote stands for one; and its length with them.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != quote {
            text.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == quote) {
            text.push(quote);
            chars.next();
        } else {
            return Some((text, at + 1));
        }
    }
    None
}

/// The statements of a text, as psql sends them, and what is left behind the last semicolon.
pub fn split_statements(text: &str) -> (Vec<String>, String) {
    let Ok(tokens) = tokens(text) else { return (Vec::new(), text.to_owned()) };
    let mut statements = Vec::new();
    let mut from = 0;
    for token in tokens.iter().filter(|token| token.kind == Kind::Sign(";")) {
        statements.push(text[from..token.end].trim().to_owned());
        from = token.end;
    }
    (statements, text[from..].to_owned())
}
