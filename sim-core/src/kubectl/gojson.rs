//! JSON text as Go's encoding/json writes and reads it.

use serde_json::Value;

pub use super::json::compact as encode;

/// Reads JSON, and complains about it as Go does.
///
/// # Errors
/// Go's complaint, `invalid character 'n' looking for beginning of object key string`.
pub fn decode(text: &str) -> Result<Value, String> {
    Scanner { rest: text }.document()?;
    // The scanner accepts what the parser does, but for numbers and depths that it cannot hold.
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// How deep values may stand inside each other; Go's own limit is 10000, which would need a bigger stack.
const DEEPEST: usize = 100;

/// Walks over JSON text to find what is wrong with it.
///
/// Models encoding/json: scanner.
struct Scanner<'a> {
    rest: &'a str,
}

impl Scanner<'_> {
    fn document(&mut self) -> Result<(), String> {
        self.value(0)?;
        match self.peek() {
            None => Ok(()),
            Some(letter) => Err(invalid(letter, "after top-level value")),
        }
    }

    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.rest.chars().next()
    }

    fn eat(&mut self, letter: char) {
        self.rest = &self.rest[letter.len_utf8()..];
    }

    fn need(&mut self) -> Result<char, String> {
        self.peek().ok_or_else(|| "unexpected end of JSON input".to_owned())
    }

    fn value(&mut self, depth: usize) -> Result<(), String> {
        if depth > DEEPEST {
            return Err("exceeded max depth".to_owned());
        }
        match self.need()? {
            '{' => self.object(depth),
            '[' => self.array(depth),
            '"' => self.string(),
            '-' | '0'..='9' => {
                self.rest = self.rest.trim_start_matches(|c: char| c.is_ascii_digit() || "+-.eE".contains(c));
                Ok(())
            }
            't' => self.literal("true"),
            'f' => self.literal("false"),
            'n' => self.literal("null"),
            other => Err(invalid(other, "looking for beginning of value")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), String> {
        self.eat('{');
        if self.need()? == '}' {
            self.eat('}');
            return Ok(());
        }
        loop {
            match self.need()? {
                '"' => self.string()?,
                other => return Err(invalid(other, "looking for beginning of object key string")),
            }
            match self.need()? {
                ':' => self.eat(':'),
                other => return Err(invalid(other, "after object key")),
            }
            self.value(depth + 1)?;
            match self.need()? {
                ',' => self.eat(','),
                '}' => {
                    self.eat('}');
                    return Ok(());
                }
                other => return Err(invalid(other, "after object key:value pair")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), String> {
        self.eat('[');
        if self.need()? == ']' {
            self.eat(']');
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            match self.need()? {
                ',' => self.eat(','),
                ']' => {
                    self.eat(']');
                    return Ok(());
                }
                other => return Err(invalid(other, "after array element")),
            }
        }
    }

    fn string(&mut self) -> Result<(), String> {
        self.eat('"');
        let mut escaped = false;
        while let Some(letter) = self.rest.chars().next() {
            if !escaped && letter < ' ' {
                return Err(invalid(letter, "in string literal"));
            }
            self.eat(letter);
            if !escaped && letter == '"' {
                return Ok(());
            }
            escaped = !escaped && letter == '\\';
        }
        Err("unexpected end of JSON input".to_owned())
    }

    fn literal(&mut self, word: &str) -> Result<(), String> {
        for wanted in word.chars() {
            match self.rest.chars().next() {
                None => return Err("unexpected end of JSON input".to_owned()),
                Some(letter) if letter == wanted => self.eat(letter),
                Some(letter) => {
                    let place = format!("in literal {word} (expecting '{wanted}')");
                    return Err(invalid(letter, &place));
                }
            }
        }
        Ok(())
    }
}

fn invalid(letter: char, place: &str) -> String {
    let shown = match letter {
        '\'' => "'\\''".to_owned(),
        '"' => "'\"'".to_owned(),
        other => format!("'{}'", other.escape_default()),
    };
    format!("invalid character {shown} {place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_go_does() {
        let value = serde_json::json!({"b": "<a & b>\n\u{1}\"", "a": [1, true, null]});
        assert_eq!(encode(&value), r#"{"a":[1,true,null],"b":"\u003ca \u0026 b\u003e\n\u0001\""}"#);
    }

    #[test]
    fn complaints_are_those_of_go() {
        let complaint = |text: &str| decode(text).unwrap_err();
        assert_eq!(complaint("{nope\n"), "invalid character 'n' looking for beginning of object key string");
        assert_eq!(complaint("{\"a\" 1}"), "invalid character '1' after object key");
        assert_eq!(complaint("{\"a\": 1 \"b\"}"), "invalid character '\"' after object key:value pair");
        assert_eq!(complaint("{\"a\": nil}"), "invalid character 'i' in literal null (expecting 'u')");
        assert_eq!(complaint("{\"a\": [1, 2}"), "invalid character '}' after array element");
        assert_eq!(complaint("{\"a\": 'x'}"), "invalid character '\\'' looking for beginning of value");
        assert_eq!(complaint("{} x"), "invalid character 'x' after top-level value");
        assert_eq!(complaint("{\"a\""), "unexpected end of JSON input");
        assert_eq!(complaint(&"[".repeat(5000)), "exceeded max depth");
    }
}
