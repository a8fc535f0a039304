//! Anchors, aliases, tags and directives.

use super::cursor::{ends_line, ends_word, is_blank, is_word};
use super::scanner::{Scanner, Token};

/// The most digits that a part of a version may have.
const VERSION_DIGITS: usize = 2;

impl Scanner {
    /// `&name` or `*name`
    pub(super) fn anchor(&mut self) -> Result<Token, String> {
        let is_alias = self.cursor.take() == '*';
        let name = self.word();
        let end = self.cursor.peek(0);
        if name.is_empty() || !ends_word(end) && !matches!(end, '?' | ':' | ',' | ']' | '}' | '%' | '@' | '`')
        {
            return self.fail("did not find expected alphabetic or numeric character");
        }
        Ok(if is_alias { Token::Alias(name) } else { Token::Anchor(name) })
    }

    /// `!suffix`, `!handle!suffix` or `!<uri>`
    pub(super) fn tag(&mut self) -> Result<Token, String> {
        let (mut handle, mut suffix);
        if self.cursor.peek(1) == '<' {
            self.cursor.skip(2);
            handle = String::new();
            suffix = self.tag_uri("")?;
            if !self.cursor.is('>') {
                return self.fail("did not find the expected '>'");
            }
            self.cursor.skip(1);
        } else {
            handle = self.tag_handle(false)?;
            if handle.len() > 1 && handle.ends_with('!') {
                suffix = self.tag_uri("")?;
            } else {
                suffix = self.tag_uri(&handle)?;
                handle = "!".to_owned();
                // The tag `!` says that a scalar is text.
                if suffix.is_empty() {
                    std::mem::swap(&mut handle, &mut suffix);
                }
            }
        }
        if !ends_word(self.cursor.peek(0)) {
            return self.fail("did not find expected whitespace or line break");
        }
        Ok(Token::Tag { handle, suffix })
    }

    /// `%YAML 1.1` or `%TAG !handle! prefix`
    pub(super) fn directive(&mut self) -> Result<Token, String> {
        self.cursor.skip(1);
        let name = self.word();
        if name.is_empty() {
            return self.fail("could not find expected directive name");
        }
        if !ends_word(self.cursor.peek(0)) {
            return self.fail("found unexpected non-alphabetical character");
        }
        let token = match name.as_str() {
            "YAML" => {
                self.cursor.skip_blanks();
                let major = self.version_number()?;
                if !self.cursor.is('.') {
                    return self.fail("did not find expected digit or '.' character");
                }
                self.cursor.skip(1);
                Token::Version { major, minor: self.version_number()? }
            }
            "TAG" => self.tag_prefix()?,
            _ => return self.fail("found unknown directive name"),
        };
        self.cursor.skip_blanks();
        self.cursor.skip_comment();
        if !ends_line(self.cursor.peek(0)) {
            return self.fail("did not find expected comment or line break");
        }
        self.cursor.take_break();
        Ok(token)
    }

    fn tag_prefix(&mut self) -> Result<Token, String> {
        self.cursor.skip_blanks();
        let handle = self.tag_handle(true)?;
        if !is_blank(self.cursor.peek(0)) {
            return self.fail("did not find expected whitespace");
        }
        self.cursor.skip_blanks();
        let prefix = self.tag_uri("")?;
        if !ends_word(self.cursor.peek(0)) {
            return self.fail("did not find expected whitespace or line break");
        }
        Ok(Token::TagPrefix { handle, prefix })
    }

    fn version_number(&mut self) -> Result<u8, String> {
        let mut digits = String::new();
        while self.cursor.peek(0).is_ascii_digit() {
            if digits.len() == VERSION_DIGITS {
                return self.fail("found extremely long version number");
            }
            digits.push(self.cursor.take());
        }
        match digits.parse() {
            Ok(number) => Ok(number),
            Err(_) => self.fail("did not find expected version number"),
        }
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while is_word(self.cursor.peek(0)) {
            word.push(self.cursor.take());
        }
        word
    }

    fn tag_handle(&mut self, is_directive: bool) -> Result<String, String> {
        if !self.cursor.is('!') {
            return self.fail("did not find expected '!'");
        }
        let mut handle = self.cursor.take().to_string();
        handle += &self.word();
        if self.cursor.is('!') {
            handle.push(self.cursor.take());
        } else if is_directive && handle != "!" {
            return self.fail("did not find expected '!'");
        }
        Ok(handle)
    }

    /// A tag's URI, which begins with what follows the `!` of `head`.
    fn tag_uri(&mut self, head: &str) -> Result<String, String> {
        let mut uri = head.get(1..).unwrap_or_default().as_bytes().to_vec();
        let mut is_there = !head.is_empty();
        loop {
            match self.cursor.peek(0) {
                '%' => self.uri_escape(&mut uri)?,
                c if is_word(c) || ";/?:@&=+$,.!~*'()[]".contains(c) => {
                    uri.push(c as u8);
                    self.cursor.skip(1);
                }
                _ => break,
            }
            is_there = true;
        }
        if !is_there {
            return self.fail("did not find expected tag URI");
        }
        Ok(String::from_utf8_lossy(&uri).into_owned())
    }

    /// One character of UTF-8, each of its bytes as `%` and two digits.
    fn uri_escape(&mut self, uri: &mut Vec<u8>) -> Result<(), String> {
        let mut left = None;
        while left != Some(0) {
            let [high, low] = [1, 2].map(|ahead| self.cursor.peek(ahead).to_digit(16));
            let (true, Some(high), Some(low)) = (self.cursor.is('%'), high, low) else {
                return self.fail("did not find URI escaped octet");
            };
            let octet = (high << 4 | low) as u8;
            let width = match (left, octet) {
                (Some(left), 0x80..=0xbf) => left,
                (Some(_), _) => return self.fail("found an incorrect trailing UTF-8 octet"),
                (None, 0x00..=0x7f) => 1,
                (None, 0xc0..=0xdf) => 2,
                (None, 0xe0..=0xef) => 3,
                (None, 0xf0..=0xf7) => 4,
                (None, _) => return self.fail("found an incorrect leading UTF-8 octet"),
            };
            left = Some(width - 1);
            uri.push(octet);
            self.cursor.skip(3);
        }
        Ok(())
    }
}
