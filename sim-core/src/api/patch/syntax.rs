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

/// Where the first value of a text ends.
///
/// # Errors
/// What Go's decoder stumbles over.
pub fn json_value_end(text: &str) -> Result<usize, JsonError> {
    let mut scanner = Scanner { rest: text, stack: Vec::new() };
    let found = scanner.one();
    let offset = text.len() - scanner.rest.len();
    match found {
        Ok(()) => Ok(offset),
        Err(why) if why == TOO_SHORT => Err(JsonError::TooShort),
        Err(why) => {
            // Go reads bytes, and so stops after the first of the bad character.
            let width = text[..offset].chars().next_back().map_or(1, char::len_utf8);
            Err(JsonError::Syntax { offset: offset + 1 - width, why })
        }
    }
}

/// Why a text does not begin with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonError {
    /// It ends too early.
    TooShort,
    /// A character is out of place.
    Syntax {
        /// How many bytes were read, the bad character among them.
        offset: usize,
        /// Go's words.
        why: String,
    },
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
        self.one()?;
        match self.rest.trim_start_matches([' ', '\t', '\r', '\n']).chars().next() {
            Some(c) => Err(invalid(c, "after top-level value")),
            None => Ok(()),
        }
    }

    /// Goes past one value.
    fn one(&mut self) -> Result<(), String> {
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
        Ok(())
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
            first @ ('-' | '0'..='9') => self.number(first),
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
                '\\' => self.escape()?,
                c if c < ' ' => return Err(invalid(c, "in string literal")),
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        match self.take()? {
            'u' => {}
            'b' | 'f' | 'n' | 'r' | 't' | '\\' | '/' | '"' => return Ok(()),
            c => return Err(invalid(c, "in string escape code")),
        }
        for _ in 0..4 {
            let digit = self.take()?;
            if !digit.is_ascii_hexdigit() {
                return Err(invalid(digit, "in \\u hexadecimal character escape"));
            }
        }
        Ok(())
    }

    /// The rest of a number. What cannot go on with it ends it.
    fn number(&mut self, first: char) -> Result<(), String> {
        let leading = if first == '-' { self.digit("in numeric literal")? } else { first };
        if leading != '0' {
            self.skip_digits();
        }
        if self.rest.starts_with('.') {
            self.take()?;
            self.digit("after decimal point in numeric literal")?;
            self.skip_digits();
        }
        if self.rest.starts_with(['e', 'E']) {
            self.take()?;
            if self.rest.starts_with(['+', '-']) {
                self.take()?;
            }
            self.digit("in exponent of numeric literal")?;
            self.skip_digits();
        }
        Ok(())
    }

    fn digit(&mut self, context: &str) -> Result<char, String> {
        match self.take()? {
            digit @ '0'..='9' => Ok(digit),
            c => Err(invalid(c, context)),
        }
    }

    fn skip_digits(&mut self) {
        self.rest = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
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

/// Go's scanner reads bytes, and shows the first one of a character. Models encoding/json: quoteChar.
fn invalid(c: char, context: &str) -> String {
    let byte = c.encode_utf8(&mut [0; 4]).as_bytes()[0];
    let shown = match byte {
        b'\'' => "\\'".to_owned(),
        b'\\' => "\\\\".to_owned(),
        7 => "\\a".to_owned(),
        8 => "\\b".to_owned(),
        b'\t' => "\\t".to_owned(),
        b'\n' => "\\n".to_owned(),
        11 => "\\v".to_owned(),
        12 => "\\f".to_owned(),
        b'\r' => "\\r".to_owned(),
        0..=0x1f | 0x7f => format!("\\x{byte:02x}"),
        0x80..=0xa0 | 0xad => format!("\\u{byte:04x}"),
        other => char::from(other).to_string(),
    };
    format!("invalid character '{shown}' {context}")
}
