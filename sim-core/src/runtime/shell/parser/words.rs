//! Words, redirections and simple commands.

use std::sync::Arc;

use super::super::ast::*;
use super::{ParseError, Parsed, Parser, is_word_end};

/// Where a piece of a word stands, which decides what ends it and what quotes mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Outside of quotes and braces.
    Bare,
    /// In double quotes.
    Double,
    /// After an operator in `${...}`.
    Brace { quoted: bool },
    /// The pattern of `${x/pattern/text}`.
    Pattern,
    /// The offset of `${x:offset:length}`.
    Offset,
    /// The whole text: a here-document or an arithmetic expression.
    Text { keep_quotes: bool },
}

impl Parser<'_> {
    /// Words, assignments and redirections up to the end of a simple command.
    pub(super) fn simple(&mut self) -> Parsed<Command> {
        let mut simple = Simple { line: self.line(), ..Simple::default() };
        loop {
            self.skip_blanks();
            if self.redirect(&mut simple.redirects)? {
                continue;
            }
            if simple.words.is_empty()
                && let Some(assignment) = self.assignment()?
            {
                simple.assignments.push(assignment);
                continue;
            }
            match self.word()? {
                Some(word) => simple.words.push(word),
                None => break,
            }
        }
        if self.operator() == Some("(") {
            return Err(self.unexpected());
        }
        if simple.words.is_empty() && simple.assignments.is_empty() && simple.redirects.is_empty() {
            return Err(self.unexpected());
        }
        Ok(Command::Simple(Arc::new(simple)))
    }

    fn assignment(&mut self) -> Parsed<Option<(String, Word)>> {
        let start = self.at;
        if let Some(name) = self.name()
            && self.rest().starts_with('=')
        {
            self.at += 1;
            return Ok(Some((name, self.word()?.unwrap_or_default())));
        }
        self.at = start;
        Ok(None)
    }

    /// Takes one redirection, if one is next.
    pub(super) fn redirect(&mut self, redirects: &mut Vec<Redirect>) -> Parsed<bool> {
        self.skip_blanks();
        let start = self.at;
        let rest = self.rest();
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()).min(2);
        self.at += digits;
        let fd = rest[..digits].parse::<u32>().ok();
        let Some(operator) = self.operator().filter(|op| op.contains(['<', '>'])) else {
            self.at = start;
            return Ok(false);
        };
        self.at += operator.len();
        self.skip_blanks();
        let kind = match operator {
            "<<" | "<<-" => {
                redirects.push(Redirect {
                    fd: fd.unwrap_or(0),
                    kind: RedirectKind::Text,
                    target: self.here_document(operator == "<<-")?,
                });
                return Ok(true);
            }
            // bash's and zsh's here-string, which users' own shells know.
            "<<<" => {
                let mut target = self.word()?.ok_or_else(|| self.unexpected())?;
                target.0.push(Part::Quoted("\n".to_owned()));
                redirects.push(Redirect { fd: fd.unwrap_or(0), kind: RedirectKind::Text, target });
                return Ok(true);
            }
            "<" => RedirectKind::Read,
            "<>" => RedirectKind::ReadWrite,
            ">>" => RedirectKind::Append,
            "<&" | ">&" => RedirectKind::Duplicate,
            "&>" => RedirectKind::WriteBoth,
            _ => RedirectKind::Write,
        };
        let target = self.word()?.ok_or_else(|| self.unexpected())?;
        let default = if operator.starts_with('<') { 0 } else { 1 };
        let is_number = |text: &str| text == "-" || text.bytes().all(|byte| byte.is_ascii_digit());
        let both = operator == ">&" && fd.is_none() && !target.literal().is_none_or(is_number);
        let kind = if both { RedirectKind::WriteBoth } else { kind };
        redirects.push(Redirect { fd: fd.unwrap_or(default), kind, target });
        Ok(true)
    }

    /// The delimiter and, from behind the present line, the body of a here-document.
    fn here_document(&mut self, strip_tabs: bool) -> Parsed<Word> {
        let delimiter = self.word()?.ok_or_else(|| self.unexpected())?;
        let mut plain = String::new();
        let mut quoted = false;
        for part in &delimiter.0 {
            match part {
                Part::Literal(text) => plain.push_str(text),
                Part::Quoted(text) => {
                    quoted = true;
                    plain.push_str(text);
                }
                Part::Double(parts) => {
                    quoted = true;
                    for part in parts {
                        if let Part::Quoted(text) | Part::Literal(text) = part {
                            plain.push_str(text);
                        }
                    }
                }
                _ => return Err(self.unexpected()),
            }
        }
        let (newline, mut at) = match self.here {
            Some((newline, behind)) => (newline, behind),
            None => match self.rest().find('\n') {
                Some(offset) => (self.at + offset, self.at + offset + 1),
                None => return self.incomplete("unexpected end of file"),
            },
        };
        let mut body = String::new();
        loop {
            let rest = &self.text[at..];
            if rest.is_empty() {
                if self.more {
                    return self.incomplete("unexpected end of file");
                }
                break;
            }
            let line = &rest[..rest.find('\n').map_or(rest.len(), |end| end + 1)];
            at += line.len();
            let line = if strip_tabs { line.trim_start_matches('\t') } else { line };
            if line.trim_end_matches('\n') == plain {
                break;
            }
            body.push_str(line);
        }
        self.here = Some((newline, at));
        if quoted {
            return Ok(Word(vec![Part::Quoted(body)]));
        }
        let mut inner = Parser::new(&body, 0, false);
        inner.depth = self.depth;
        let parts = inner.nested(|parser| parser.parts(Place::Text { keep_quotes: true }))?;
        Ok(Word(vec![Part::Double(parts)]))
    }

    /// A word; `None` when what is next is no word.
    pub(super) fn word(&mut self) -> Parsed<Option<Word>> {
        if self.peek().is_none_or(is_word_end) {
            return Ok(None);
        }
        let parts = self.nested(|parser| parser.parts(Place::Bare))?;
        Ok(Some(Word(parts)))
    }

    fn ends(&self, place: Place, c: char) -> bool {
        match place {
            Place::Bare => is_word_end(c),
            Place::Double => c == '"',
            Place::Brace { .. } => c == '}',
            Place::Pattern => c == '/' || c == '}',
            Place::Offset => c == ':' || c == '}',
            Place::Text { .. } => false,
        }
    }

    fn parts(&mut self, place: Place) -> Parsed<Vec<Part>> {
        let quoted = matches!(place, Place::Double | Place::Brace { quoted: true } | Place::Text { .. });
        let mut parts = Vec::new();
        while let Some(c) = self.peek() {
            if self.ends(place, c) {
                break;
            }
            self.at += c.len_utf8();
            match c {
                '\\' => self.escape(place, quoted, &mut parts),
                '\'' if !quoted => {
                    let Some(end) = self.rest().find('\'') else {
                        return self.incomplete("unterminated quoted string");
                    };
                    parts.push(Part::Quoted(self.rest()[..end].to_owned()));
                    self.at += end + 1;
                }
                '"' if matches!(place, Place::Text { keep_quotes: true }) => push_literal(&mut parts, '"'),
                '"' if matches!(place, Place::Text { .. }) => {}
                '"' => {
                    let inner = self.nested(|parser| parser.parts(Place::Double))?;
                    if self.bump() != Some('"') {
                        return self.incomplete("unterminated quoted string");
                    }
                    parts.push(Part::Double(inner));
                }
                '$' => self.dollar(quoted, &mut parts)?,
                '`' => parts.push(self.backquote(quoted)?),
                _ => push_literal(&mut parts, c),
            }
        }
        Ok(parts)
    }

    fn escape(&mut self, place: Place, quoted: bool, parts: &mut Vec<Part>) {
        let Some(next) = self.peek() else { return push_literal(parts, '\\') };
        let escapable = match place {
            Place::Text { keep_quotes: true } => matches!(next, '$' | '`' | '\\' | '\n'),
            _ => !quoted || matches!(next, '$' | '`' | '"' | '\\' | '\n' | '}'),
        };
        if !escapable {
            return push_literal(parts, '\\');
        }
        self.at += next.len_utf8();
        if next != '\n' {
            parts.push(Part::Quoted(next.to_string()));
        }
    }

    fn dollar(&mut self, quoted: bool, parts: &mut Vec<Part>) -> Parsed<()> {
        let Some(next) = self.peek() else {
            push_literal(parts, '$');
            return Ok(());
        };
        if self.rest().starts_with("((")
            && let Some(length) = arithmetic_length(&self.rest()[2..])
        {
            let start = self.at + 2;
            let mut inner = Parser::new(&self.text[start..start + length], 0, false);
            inner.depth = self.depth;
            let parts_inside = inner.nested(|parser| parser.parts(Place::Text { keep_quotes: false }))?;
            self.at = start + length + 2;
            parts.push(Part::Arithmetic(Word(parts_inside)));
            return Ok(());
        }
        match next {
            '(' => {
                self.at += 1;
                let list = self.list_until(&[")"])?;
                self.at += 1;
                parts.push(Part::Substitution(list));
            }
            '{' => {
                self.at += 1;
                let parameter = self.nested(|parser| parser.braced(quoted))?;
                parts.push(Part::Parameter(Box::new(parameter)));
            }
            _ => {
                let name = match self.name() {
                    Some(name) => name,
                    None if next.is_ascii_digit() || "@*#?$!-".contains(next) => {
                        self.at += 1;
                        next.to_string()
                    }
                    None => {
                        push_literal(parts, '$');
                        return Ok(());
                    }
                };
                parts.push(Part::Parameter(Box::new(Parameter { name, operation: Operation::Value })));
            }
        }
        Ok(())
    }

    fn parameter_name(&mut self) -> Option<String> {
        if let Some(name) = self.name() {
            return Some(name);
        }
        let rest = self.rest();
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let length = if digits > 0 {
            digits
        } else {
            usize::from(rest.starts_with(['@', '*', '#', '?', '$', '!', '-']))
        };
        self.at += length;
        (length > 0).then(|| rest[..length].to_owned())
    }

    /// The inside of `${...}` and the closing brace.
    fn braced(&mut self, quoted: bool) -> Parsed<Parameter> {
        if self.rest().starts_with('#') && !self.rest().starts_with("#}") {
            self.at += 1;
            let name = self.parameter_name().ok_or_else(bad_substitution)?;
            self.close_brace()?;
            return Ok(Parameter { name, operation: Operation::Length });
        }
        let Some(name) = self.parameter_name() else {
            return if self.rest().is_empty() {
                self.incomplete("missing '}'")
            } else {
                Err(bad_substitution())
            };
        };
        let brace = Place::Brace { quoted };
        let colon = self.rest().starts_with(':');
        let operator = self.rest()[usize::from(colon)..].chars().next();
        let operation = match operator {
            Some('}') if !colon => Operation::Value,
            Some(c @ ('-' | '=' | '?' | '+')) => {
                self.at += 1 + usize::from(colon);
                let word = Word(self.parts(brace)?);
                match c {
                    '-' => Operation::Default { colon, word },
                    '=' => Operation::Assign { colon, word },
                    '?' => Operation::Error { colon, word },
                    _ => Operation::Alternate { colon, word },
                }
            }
            Some(c @ ('#' | '%')) if !colon => {
                self.at += 1;
                let longest = self.rest().starts_with(c);
                self.at += usize::from(longest);
                let word = Word(self.parts(Place::Brace { quoted: false })?);
                if c == '#' {
                    Operation::RemovePrefix { longest, word }
                } else {
                    Operation::RemoveSuffix { longest, word }
                }
            }
            Some('/') if !colon => self.replacement()?,
            Some(_) if colon => {
                self.at += 1;
                let offset = Word(self.parts(Place::Offset)?);
                let mut length = None;
                if self.rest().starts_with(':') {
                    self.at += 1;
                    length = Some(Word(self.parts(brace)?));
                }
                Operation::Substring { offset, length }
            }
            None => return self.incomplete("missing '}'"),
            Some(_) => return Err(bad_substitution()),
        };
        self.close_brace()?;
        Ok(Parameter { name, operation })
    }

    fn replacement(&mut self) -> Parsed<Operation> {
        self.at += 1;
        let all = self.rest().starts_with('/');
        self.at += usize::from(all);
        let pattern = Word(self.parts(Place::Pattern)?);
        let mut text = Word::default();
        if self.rest().starts_with('/') {
            self.at += 1;
            text = Word(self.parts(Place::Brace { quoted: false })?);
        }
        Ok(Operation::Replace { all, pattern, text })
    }

    fn close_brace(&mut self) -> Parsed<()> {
        match self.peek() {
            Some('}') => {
                self.at += 1;
                Ok(())
            }
            None => self.incomplete("missing '}'"),
            Some(_) => Err(bad_substitution()),
        }
    }

    fn backquote(&mut self, quoted: bool) -> Parsed<Part> {
        let mut inner = String::new();
        loop {
            match self.bump() {
                None => return self.incomplete("EOF in backquote substitution"),
                Some('`') => break,
                Some('\\') => match self.bump() {
                    Some(c) if matches!(c, '`' | '$' | '\\') || (quoted && c == '"') => inner.push(c),
                    Some(c) => inner.extend(['\\', c]),
                    None => return self.incomplete("EOF in backquote substitution"),
                },
                Some(c) => inner.push(c),
            }
        }
        let mut parser = Parser::new(&inner, 0, false);
        parser.depth = self.depth + 1;
        let mut items = Vec::new();
        while let Some(line) = parser.nested(Parser::next_line)? {
            items.extend(line.iter().cloned());
        }
        Ok(Part::Substitution(Arc::new(items)))
    }
}

fn bad_substitution() -> ParseError {
    ParseError::Syntax("syntax error: bad substitution".to_owned())
}

fn push_literal(parts: &mut Vec<Part>, c: char) {
    match parts.last_mut() {
        Some(Part::Literal(text)) => text.push(c),
        _ => parts.push(Part::Literal(c.to_string())),
    }
}

/// The length of the expression before the `))` that closes it; `None` when it is no arithmetic.
fn arithmetic_length(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return text[at..].starts_with("))").then_some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}
