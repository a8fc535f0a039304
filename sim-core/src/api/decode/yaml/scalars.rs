//! The three ways to write a scalar: in quotes, plain and as a block.

use super::cursor::{ends_line, ends_word, is_break};
use super::scanner::Scanner;

/// Blanks and line breaks within a scalar, which become part of it only when more of it follows.
#[derive(Default)]
struct Gap {
    blanks: String,
    first_break: Option<char>,
    more_breaks: String,
}

impl Gap {
    /// Folds the gap into the text: one line break is a space, of more all but the first count.
    fn fold_into(&mut self, text: &mut String, broken: bool) {
        if !broken {
            text.push_str(&self.blanks);
        } else if self.first_break == Some('\n') {
            if self.more_breaks.is_empty() {
                text.push(' ');
            }
            text.push_str(&self.more_breaks);
        } else {
            text.extend(self.first_break);
            text.push_str(&self.more_breaks);
        }
        *self = Gap::default();
    }
}

impl Scanner {
    /// What stands in single or double quotes.
    ///
    /// Models go-yaml v2: yaml_parser_scan_flow_scalar.
    pub(super) fn quoted_scalar(&mut self) -> Result<String, String> {
        let quote = self.cursor.take();
        let mut text = String::new();
        loop {
            if self.cursor.is_at_document_marker() {
                return self.fail("found unexpected document indicator");
            }
            if self.cursor.is_at_end() {
                return self.fail("found unexpected end of stream");
            }
            let mut broken = false;
            while !ends_word(self.cursor.peek(0)) {
                let next = self.cursor.peek(1);
                match self.cursor.peek(0) {
                    '\'' if quote == '\'' && next == '\'' => {
                        self.cursor.skip(2);
                        text.push('\'');
                    }
                    c if c == quote => break,
                    '\\' if quote == '"' && is_break(next) => {
                        self.cursor.skip(1);
                        self.cursor.take_break();
                        broken = true;
                        break;
                    }
                    '\\' if quote == '"' => {
                        let c = self.escape(next)?;
                        text.push(c);
                    }
                    _ => text.push(self.cursor.take()),
                }
            }
            if self.cursor.is(quote) {
                self.cursor.skip(1);
                return Ok(text);
            }
            let mut gap = Gap::default();
            while self.cursor.is_at_blank() || self.cursor.is_at_break() {
                if self.cursor.is_at_blank() {
                    let c = self.cursor.take();
                    if !broken {
                        gap.blanks.push(c);
                    }
                } else if broken {
                    gap.more_breaks.extend(self.cursor.take_break());
                } else {
                    gap.first_break = self.cursor.take_break();
                    broken = true;
                }
            }
            gap.fold_into(&mut text, broken);
        }
    }

    /// The character that `\` and `kind` stand for.
    fn escape(&mut self, kind: char) -> Result<char, String> {
        let digits = match kind {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            self.cursor.skip(2);
            return self.code_point(digits);
        }
        let c = match kind {
            '0' => '\0',
            'a' => '\u{7}',
            'b' => '\u{8}',
            't' | '\t' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            'e' => '\u{1b}',
            ' ' | '"' | '\'' | '\\' => kind,
            'N' => '\u{85}',
            '_' => '\u{a0}',
            'L' => '\u{2028}',
            'P' => '\u{2029}',
            _ => return self.fail("found unknown escape character"),
        };
        self.cursor.skip(2);
        Ok(c)
    }

    fn code_point(&mut self, digits: usize) -> Result<char, String> {
        let mut value = 0_u32;
        for place in 0..digits {
            let Some(digit) = self.cursor.peek(place).to_digit(16) else {
                return self.fail("did not find expected hexdecimal number");
            };
            // Eight digits fill the type.
            value = value << 4 | digit;
        }
        let Some(c) = char::from_u32(value) else {
            return self.fail("found invalid Unicode character escape code");
        };
        self.cursor.skip(digits);
        Ok(c)
    }

    /// What stands without quotes, up to `: `, ` #` or a line that is not indented deeper than its collection.
    ///
    /// Models go-yaml v2: yaml_parser_scan_plain_scalar.
    pub(super) fn plain_scalar(&mut self) -> Result<String, String> {
        let in_flow = self.is_in_flow();
        let indent = self.indent + 1;
        let mut text = String::new();
        let mut gap = Gap::default();
        let mut broken = false;
        while !self.cursor.is_at_document_marker() && !self.cursor.is('#') {
            while !ends_word(self.cursor.peek(0)) {
                let c = self.cursor.peek(0);
                let ends_key = c == ':' && ends_word(self.cursor.peek(1));
                if ends_key || in_flow && matches!(c, ',' | '?' | '[' | ']' | '{' | '}') {
                    break;
                }
                if broken || !gap.blanks.is_empty() {
                    gap.fold_into(&mut text, broken);
                    broken = false;
                }
                text.push(self.cursor.take());
            }
            if !self.cursor.is_at_blank() && !self.cursor.is_at_break() {
                break;
            }
            while self.cursor.is_at_blank() || self.cursor.is_at_break() {
                if self.cursor.is_at_break() {
                    if broken {
                        gap.more_breaks.extend(self.cursor.take_break());
                    } else {
                        gap.blanks.clear();
                        gap.first_break = self.cursor.take_break();
                        broken = true;
                    }
                } else if !broken {
                    gap.blanks.push(self.cursor.take());
                } else if self.cursor.is('\t') && (self.cursor.mark.column as isize) < indent {
                    return self.fail("found a tab character that violates indentation");
                } else {
                    self.cursor.skip(1);
                }
            }
            if !in_flow && (self.cursor.mark.column as isize) < indent {
                break;
            }
        }
        if broken {
            self.simple_key_allowed = true;
        }
        Ok(text)
    }

    /// The lines after `|` or `>`.
    ///
    /// Models go-yaml v2: yaml_parser_scan_block_scalar.
    pub(super) fn block_scalar(&mut self) -> Result<String, String> {
        let literal = self.cursor.take() == '|';
        let (chomping, increment) = self.block_header()?;
        let mut indent = increment.map(|columns| self.indent.max(0) as usize + columns);
        let mut text = String::new();
        let mut last_break = None;
        let mut more_breaks = String::new();
        let mut is_after_blank = false;
        let mut column = self.block_breaks(&mut indent, &mut more_breaks)?;
        while self.cursor.mark.column == column && !self.cursor.is_at_end() {
            let starts_blank = self.cursor.is_at_blank();
            if !literal && !is_after_blank && !starts_blank && last_break == Some('\n') {
                if more_breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.extend(last_break);
            }
            text.push_str(&more_breaks);
            more_breaks.clear();
            is_after_blank = starts_blank;
            while !ends_line(self.cursor.peek(0)) {
                text.push(self.cursor.take());
            }
            last_break = self.cursor.take_break();
            column = self.block_breaks(&mut indent, &mut more_breaks)?;
        }
        if chomping != Some('-') {
            text.extend(last_break);
        }
        if chomping == Some('+') {
            text.push_str(&more_breaks);
        }
        Ok(text)
    }

    /// What follows `|` or `>` on its line: how the end is chomped and how much the lines are indented.
    fn block_header(&mut self) -> Result<(Option<char>, Option<usize>), String> {
        let mut chomping = None;
        let mut increment = None;
        for _ in 0..2 {
            match self.cursor.peek(0) {
                c @ ('+' | '-') if chomping.is_none() => chomping = Some(c),
                '0' if increment.is_none() => {
                    return self.fail("found an indentation indicator equal to 0");
                }
                c @ '1'..='9' if increment.is_none() => {
                    increment = c.to_digit(10).map(|digit| digit as usize)
                }
                _ => break,
            }
            self.cursor.skip(1);
        }
        self.cursor.skip_blanks();
        self.cursor.skip_comment();
        if !ends_line(self.cursor.peek(0)) {
            return self.fail("did not find expected comment or line break");
        }
        self.cursor.take_break();
        Ok((chomping, increment))
    }

    /// Goes past empty lines and the indentation of the next one. The first one that is not empty settles what
    /// the indentation is, which is returned.
    fn block_breaks(&mut self, indent: &mut Option<usize>, breaks: &mut String) -> Result<usize, String> {
        let mut deepest = 0;
        loop {
            let is_indentation = |column: usize| indent.is_none_or(|indent| column < indent);
            while is_indentation(self.cursor.mark.column) && self.cursor.is(' ') {
                self.cursor.skip(1);
            }
            deepest = deepest.max(self.cursor.mark.column);
            if is_indentation(self.cursor.mark.column) && self.cursor.is('\t') {
                return self.fail("found a tab character where an indentation space is expected");
            }
            match self.cursor.take_break() {
                Some(c) => breaks.push(c),
                None => break,
            }
        }
        let least = (self.indent + 1).max(1) as usize;
        Ok(*indent.get_or_insert(deepest.max(least)))
    }
}
