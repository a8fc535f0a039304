//! JSON text with the complaints of Go's decoder, which reach the user in the API server's answers.

use serde_json::Value;

/// Parses JSON.
///
/// # Errors
/// Go's words, `invalid character 'n' looking for beginning of object key string`.
pub fn parse_json(text: &str) -> Result<Value, String> {
    let first_error = match serde_json::from_str(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let mut scanner = Scanner { rest: text, stack: Vec::new() };
    scanner.check()?;
    // Go takes what serde_json does not, or the other way round: rare, and still an error.
    Err(first_error.to_string())
}

/// Where Go's decoder would stumble, counted from one, and over what; `None` when the text only ends too early.
pub fn json_error(text: &str) -> Option<(usize, String)> {
    let mut scanner = Scanner { rest: text, stack: Vec::new() };
    let why = scanner.check().err()?;
    (why != TOO_SHORT).then(|| (text.len() - scanner.rest.len(), why))
}

/// What is said of a text that ends within a value.
const TOO_SHORT: &str = "unexpected end of JSON input";

/// How deep collections may nest.
const DEPTH_MAX: usize = 500;

struct Scanner<'t> {
    rest: &'t str,
    /// The open brackets.
    stack: Vec<char>,
}

impl Scanner<'_> {
    /// Finds what Go's scanner would stumble over. Models encoding/json: scanner.
    fn check(&mut self) -> Result<(), String> {
        self.value("looking for beginning of value", "")?;
        while let Some(open) = self.stack.last().copied() {
            let (close, context) = match open {
                '{' => ('}', "after object key:value pair"),
                _ => (']', "after array element"),
            };
            match self.next()? {
                ',' if open == '{' => self.key(false)?,
                ',' => self.value("looking for beginning of value", "")?,
                c if c == close => {
                    self.stack.pop();
                }
                c => return Err(invalid(c, context)),
            }
        }
        match self.rest.trim_start_matches([' ', '\t', '\r', '\n']).chars().next() {
            Some(c) => Err(invalid(c, "after top-level value")),
            None => Ok(()),
        }
    }

    /// The next character that is no space.
    fn next(&mut self) -> Result<char, String> {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.take()
    }

    fn take(&mut self) -> Result<char, String> {
        let mut chars = self.rest.chars();
        let taken = chars.next().ok_or(TOO_SHORT)?;
        self.rest = chars.as_str();
        Ok(taken)
    }

    /// A key, its colon and its value; the end of the object when `may_end`.
    fn key(&mut self, may_end: bool) -> Result<(), String> {
        match self.next()? {
            '"' => self.string()?,
            '}' if may_end => {
                self.stack.pop();
                return Ok(());
            }
            c => return Err(invalid(c, "looking for beginning of object key string")),
        }
        match self.next()? {
            ':' => self.value("looking for beginning of value", ""),
            c => Err(invalid(c, "after object key")),
        }
    }

    /// A value, of which a collection is only entered.
    fn value(&mut self, context: &str, end: &str) -> Result<(), String> {
        if self.stack.len() > DEPTH_MAX {
            return Err("exceeded max depth".to_owned());
        }
        match self.next()? {
            '{' => {
                self.stack.push('{');
                self.key(true)
            }
            '[' => {
                self.stack.push('[');
                self.value("looking for beginning of value", "]")
            }
            '"' => self.string(),
            't' => self.literal("true"),
            'f' => self.literal("false"),
            'n' => self.literal("null"),
            '-' | '0'..='9' => {
                self.rest = self.rest.trim_start_matches([
                    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '.', 'e', 'E', '+', '-',
                ]);
                Ok(())
            }
            ']' if end == "]" => {
                self.stack.pop();
                Ok(())
            }
            c => Err(invalid(c, context)),
        }
    }

    fn string(&mut self) -> Result<(), String> {
        loop {
            match self.take()? {
                '"' => return Ok(()),
                '\\' => {
                    self.take()?;
                }
                c if c < ' ' => return Err(invalid(c, "in string literal")),
                _ => {}
            }
        }
    }

    fn literal(&mut self, word: &str) -> Result<(), String> {
        for expected in word.chars().skip(1) {
            let found = self.take()?;
            if found != expected {
                return Err(invalid(found, &format!("in literal {word} (expecting '{expected}')")));
            }
        }
        Ok(())
    }
}

fn invalid(c: char, context: &str) -> String {
    let shown = match c {
        '\'' => "'\\''".to_owned(),
        '"' => "'\"'".to_owned(),
        c => format!("'{}'", c.escape_debug()),
    };
    format!("invalid character {shown} {context}")
}
