//! Words, redirections and simple commands.

use std::sync::Arc;

use super::super::ast::{
    Assigned, Assignment, Command, Dialect, Index, Operation, Parameter, Part, Place as Where, Redirect,
    RedirectKind, Simple, Word,
};
use super::bash::file_of;
use super::{ParseError, Parsed, Parser, is_word_end};
use crate::runtime::shell::tools::unescape;

/// Where a piece of a word stands, which decides what ends it and what quotes mean.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
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
    /// A regular expression of `[[ =~ ]]`, so many parentheses deep.
    Regex { depth: usize },
    /// The index of `name[index]`, so many brackets deep.
    Index { depth: usize },
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
            if simple.words.first().and_then(Word::literal).is_some_and(declares)
                && let Some(assignment) = self.assignment()?
            {
                self.declared(&mut simple, assignment);
                continue;
            }
            match self.word()? {
                Some(word) => self.push_word(&mut simple.words, word),
                None => break,
            }
        }
        if self.operator() == Some("(") {
            // After a single word bash takes it for the beginning of a function.
            self.at += usize::from(self.is_bash() && simple.words.len() == 1);
            self.skip_blanks();
            if self.is_bash() && self.rest().is_empty() {
                return Err(ParseError::Syntax("syntax error near unexpected token `newline'".to_owned()));
            }
            return Err(self.unexpected());
        }
        if simple.words.is_empty() && simple.assignments.is_empty() && simple.redirects.is_empty() {
            return Err(self.unexpected());
        }
        Ok(Command::Simple(Arc::new(simple)))
    }

    fn assignment(&mut self) -> Parsed<Option<Assignment>> {
        let start = self.at;
        if let Some(name) = self.name() {
            let index = if self.is_bash() && self.rest().starts_with('[') { self.index()? } else { None };
            let append = self.is_bash() && self.rest().starts_with("+=");
            self.at += usize::from(append);
            if self.rest().starts_with('=') {
                self.at += 1;
                let value = match self.list_of_words()? {
                    Some(list) => Assigned::List(list),
                    None => Assigned::Text(self.word()?.unwrap_or_default()),
                };
                return Ok(Some(Assignment { name, index, append, value }));
            }
        }
        self.at = start;
        Ok(None)
    }

    /// An assignment among the words of a declaration, which is no subject to splitting there.
    fn declared(&self, simple: &mut Simple, assignment: Assignment) {
        let name = Part::Quoted(assignment.name.clone());
        match &assignment.value {
            Assigned::Text(value) if assignment.index.is_none() && !assignment.append => {
                let tilde = matches!(value.0.first(), Some(Part::Literal(text)) if text.starts_with('~'));
                let mut parts = vec![name, Part::Quoted("=".to_owned())];
                match tilde {
                    true => parts.extend(value.0.iter().cloned()),
                    false => parts.push(Part::Double(value.0.clone())),
                }
                simple.words.push(Word(parts));
            }
            _ => {
                simple.words.push(Word(vec![name]));
                simple.arrays.push(assignment);
            }
        }
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
            "&>>" => RedirectKind::AppendBoth,
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
        let mut inner = self.inner(&body);
        let parts = inner.nested(|parser| parser.parts(Place::Text { keep_quotes: true }))?;
        Ok(Word(vec![Part::Double(parts)]))
    }

    /// A word; `None` when what is next is no word.
    pub(super) fn word(&mut self) -> Parsed<Option<Word>> {
        if self.peek().is_none_or(is_word_end) && !self.is_process() {
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
            Place::Regex { depth } => depth == 0 && (c.is_ascii_whitespace() || matches!(c, ')' | ';')),
            Place::Index { depth } => depth == 0 && c == ']',
        }
    }

    pub(super) fn parts(&mut self, mut place: Place) -> Parsed<Vec<Part>> {
        let quoted = matches!(place, Place::Double | Place::Brace { quoted: true } | Place::Text { .. });
        let mut parts = Vec::new();
        while let Some(c) = self.peek() {
            if place == Place::Bare
                && matches!(c, '<' | '>')
                && let Some(part) = self.process()?
            {
                parts.push(part);
                continue;
            }
            if self.ends(place, c) {
                break;
            }
            if let Place::Regex { depth } | Place::Index { depth } = &mut place {
                match c {
                    '(' | '[' => *depth += 1,
                    ')' | ']' => *depth = depth.saturating_sub(1),
                    _ => {}
                }
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
                '$' if !quoted && self.dialect != Dialect::Dash && self.rest().starts_with('\'') => {
                    parts.push(self.escaped_quote()?);
                }
                // `$"..."` is for translations, of which there are none.
                '$' if !quoted && self.is_bash() && self.rest().starts_with('"') => {}
                '$' => self.dollar(quoted, &mut parts)?,
                '`' => parts.push(self.backquote(quoted)?),
                _ => push_literal(&mut parts, c),
            }
        }
        Ok(parts)
    }

    /// The rest of `$'...'`.
    fn escaped_quote(&mut self) -> Parsed<Part> {
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.bump() {
                None => return self.incomplete("unterminated quoted string"),
                Some('\'') => return Ok(Part::Quoted(unescape(&text).0)),
                Some('\\') => match self.bump() {
                    Some(c @ ('\'' | '"' | '?')) => text.push(c),
                    Some(c) => text.extend(['\\', c]),
                    None => return self.incomplete("unterminated quoted string"),
                },
                Some(c) => text.push(c),
            }
        }
    }

    /// The arithmetic expression of that length at `start`.
    pub(super) fn expression(&mut self, start: usize, length: usize) -> Parsed<Word> {
        let mut inner = self.inner(&self.text[start..start + length]);
        Ok(Word(inner.nested(|parser| parser.parts(Place::Text { keep_quotes: false }))?))
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
            let word = self.expression(start, length)?;
            self.at = start + length + 2;
            parts.push(Part::Arithmetic(word));
            return Ok(());
        }
        match next {
            '(' => {
                self.at += 1;
                let list = self.list_until(&[")"])?;
                self.at += 1;
                parts.push(Part::Substitution(if self.is_bash() { file_of(list) } else { list }));
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
                parts.push(Part::Parameter(Box::new(Parameter::plain(name))));
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
            let name = self.parameter_name().ok_or_else(|| self.bad_substitution())?;
            let index = self.parameter_index()?;
            self.close_brace()?;
            return Ok(Parameter { index, operation: Operation::Length, ..Parameter::plain(name) });
        }
        let indirect = self.is_bash() && self.rest().starts_with('!') && !self.rest().starts_with("!}");
        self.at += usize::from(indirect);
        let Some(name) = self.parameter_name() else {
            return if self.rest().is_empty() {
                self.incomplete("missing '}'")
            } else {
                Err(self.bad_substitution())
            };
        };
        let index = self.parameter_index()?;
        let operation = self.operation(quoted)?;
        self.close_brace()?;
        Ok(Parameter { name, index, indirect, operation })
    }

    fn parameter_index(&mut self) -> Parsed<Option<Index>> {
        if !self.is_bash() || !self.rest().starts_with('[') {
            return Ok(None);
        }
        for (text, index) in [("[@]", Index::Each), ("[*]", Index::Joined)] {
            if self.rest().starts_with(text) {
                self.at += text.len();
                return Ok(Some(index));
            }
        }
        Ok(self.index()?.map(Index::At))
    }

    /// What follows the name in `${...}`, up to the closing brace.
    fn operation(&mut self, quoted: bool) -> Parsed<Operation> {
        let brace = Place::Brace { quoted };
        let colon = self.rest().starts_with(':');
        let operator = self.rest()[usize::from(colon)..].chars().next();
        let is_dash = self.dialect == Dialect::Dash;
        Ok(match operator {
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
            Some('/') if !colon && !is_dash => self.replacement()?,
            Some(c @ ('^' | ',')) if !colon && self.is_bash() => {
                self.at += 1;
                let all = self.rest().starts_with(c);
                self.at += usize::from(all);
                Operation::Case { upper: c == '^', all }
            }
            Some('@') if self.is_bash() && self.rest().starts_with("@Q}") => {
                self.at += 2;
                Operation::Quote
            }
            Some(_) if colon && !is_dash => {
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
            Some(_) => return Err(self.bad_substitution()),
        })
    }

    fn replacement(&mut self) -> Parsed<Operation> {
        self.at += 1;
        let place = match self.peek() {
            Some('/') => Where::All,
            Some('#') => Where::Start,
            Some('%') => Where::End,
            _ => Where::First,
        };
        self.at += usize::from(place != Where::First);
        let pattern = Word(self.parts(Place::Pattern)?);
        let mut text = Word::default();
        if self.rest().starts_with('/') {
            self.at += 1;
            text = Word(self.parts(Place::Brace { quoted: false })?);
        }
        Ok(Operation::Replace { place, pattern, text })
    }

    fn close_brace(&mut self) -> Parsed<()> {
        match self.peek() {
            Some('}') => {
                self.at += 1;
                Ok(())
            }
            None => self.incomplete("missing '}'"),
            Some(_) => Err(self.bad_substitution()),
        }
    }

    fn bad_substitution(&self) -> ParseError {
        ParseError::Syntax(
            if self.is_bash() { "bad substitution" } else { "syntax error: bad substitution" }.to_owned(),
        )
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
        let mut parser = self.inner(&inner);
        parser.depth += 1;
        let mut items = Vec::new();
        while let Some(line) = parser.nested(Parser::next_line)? {
            items.extend(line.iter().cloned());
        }
        Ok(Part::Substitution(Arc::new(items)))
    }
}

/// Whether a command takes assignments among its words.
fn declares(command: &str) -> bool {
    matches!(command, "declare" | "export" | "local" | "readonly" | "typeset")
}

fn push_literal(parts: &mut Vec<Part>, c: char) {
    match parts.last_mut() {
        Some(Part::Literal(text)) => text.push(c),
        _ => parts.push(Part::Literal(c.to_string())),
    }
}

/// The length of the expression before the `))` that closes it; `None` when it is no arithmetic.
pub(super) fn arithmetic_length(text: &str) -> Option<usize> {
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
