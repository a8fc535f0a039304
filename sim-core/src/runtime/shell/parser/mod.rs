//! The parser: script text to syntax tree, one complete command line at a time.
//!
//! Why our own: `brush-parser`, the kept crate under a fitting licence, parses bash rather than POSIX,
//! brings `peg`, `cached`, `bon` and `tracing` (process-wide memo tables among them) into a wasm build
//! with a budget of 450 KiB, and leaves words to a second parser. Error texts are busybox ash's, or bash's for its
//! dialect. What only bash reads is in [`bash`].

mod bash;
mod words;

use std::sync::Arc;

use super::ast::*;

/// Why text is no command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ParseError {
    /// More text could complete it; the message is for the case that none comes.
    Incomplete(String),
    /// No further text can help.
    Syntax(String),
}

type Parsed<T> = Result<T, ParseError>;

/// How deep commands may nest; a limit on the machine's stack, far above what people write.
const MAX_DEPTH: usize = 60;

/// Words that are syntax where a command may begin.
const RESERVED: &[&str] = &[
    "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "function",
    "{", "}", "!", "in",
];

/// Operators, longest first.
const OPERATORS: &[&str] = &[
    "<<<", "&>>", ";;&", "<<-", "&&", "||", ";;", ";&", "<<", ">>", "<&", ">&", "<>", ">|", "&>", "|&", "&",
    "|", ";", "<", ">", "(", ")",
];

/// Reads commands from text.
#[derive(Debug)]
pub(super) struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    dialect: Dialect,
    /// More text may come after the end of this one.
    more: bool,
    /// A line end after which here-document bodies follow, and the place behind them.
    here: Option<(usize, usize)>,
    first_line: u32,
}

impl<'a> Parser<'a> {
    /// A parser of `text` from byte `at`; `more` says whether text may be added to its end.
    pub fn new(text: &'a str, at: usize, more: bool, dialect: Dialect) -> Parser<'a> {
        Parser { text, at, depth: 0, dialect, more, here: None, first_line: 1 }
    }

    /// A parser of a piece of its text, as deep as this one is.
    fn inner<'b>(&self, text: &'b str) -> Parser<'b> {
        let mut inner = Parser::new(text, 0, false, self.dialect);
        inner.depth = self.depth;
        inner
    }

    fn is_bash(&self) -> bool {
        self.dialect == Dialect::Bash
    }

    /// How far it has read.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The next complete line of commands; `None` at the end.
    ///
    /// # Errors
    /// [`ParseError`].
    pub fn next_line(&mut self) -> Parsed<Option<List>> {
        self.skip_newlines();
        if self.rest().is_empty() {
            return Ok(None);
        }
        let mut items = Vec::new();
        loop {
            items.push(self.item()?);
            self.skip_blanks();
            if self.rest().is_empty() || self.take_newline() {
                return Ok(Some(Arc::new(items)));
            }
            if !self.ended_by_separator() {
                return Err(self.unexpected());
            }
        }
    }

    fn ended_by_separator(&self) -> bool {
        let read = self.text[..self.at].trim_end_matches([' ', '\t']);
        read.ends_with([';', '&', '\n'])
            && self.operator().is_none_or(|op| op == "(" || op.contains(['<', '>']))
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// The line that it reads, from 1.
    pub fn line(&self) -> u32 {
        let lines = self.text[..self.at].bytes().filter(|byte| *byte == b'\n').count();
        self.first_line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX))
    }

    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return Err(ParseError::Syntax("syntax error: commands nest too deeply".to_owned()));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn incomplete<T>(&self, message: &str) -> Parsed<T> {
        let message = match self.is_bash() {
            true => bash::incomplete(message),
            false => format!("syntax error: {message}"),
        };
        Err(if self.more { ParseError::Incomplete(message) } else { ParseError::Syntax(message) })
    }

    fn unexpected(&mut self) -> ParseError {
        self.unexpected_but("")
    }

    fn unexpected_but(&mut self, wanted: &str) -> ParseError {
        self.skip_blanks();
        let found = match (self.peek(), self.operator(), self.reserved()) {
            (None, ..) => "end of file".to_owned(),
            (Some('\n'), ..) => "newline".to_owned(),
            (_, Some(operator), _) if operator.starts_with(['<', '>']) => "redirection".to_owned(),
            (_, Some(operator), _) => format!("\"{operator}\""),
            (_, _, Some(word)) => format!("\"{word}\""),
            _ => "word".to_owned(),
        };
        if self.is_bash() {
            return self.unexpected_in_bash();
        }
        let expecting = if wanted.is_empty() { String::new() } else { format!(" (expecting \"{wanted}\")") };
        let message = format!("syntax error: unexpected {found}{expecting}");
        if found == "end of file" && self.more {
            ParseError::Incomplete(message)
        } else {
            ParseError::Syntax(message)
        }
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            if rest.starts_with([' ', '\t', '\r']) {
                self.at += 1;
            } else if rest.starts_with("\\\n") {
                self.at += 2;
            } else if rest.starts_with('#') {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else {
                return;
            }
        }
    }

    /// Takes a line end and the here-documents behind it.
    fn take_newline(&mut self) -> bool {
        if self.peek() != Some('\n') {
            return false;
        }
        match self.here.take_if(|(newline, _)| *newline <= self.at) {
            Some((_, behind)) => self.at = behind.max(self.at + 1),
            None => self.at += 1,
        }
        true
    }

    fn skip_newlines(&mut self) {
        self.skip_blanks();
        while self.take_newline() {
            self.skip_blanks();
        }
    }

    fn operator(&self) -> Option<&'static str> {
        let known = |operator: &&str| match *operator {
            "<<<" | "&>>" | ";;&" | ";&" | "|&" => self.is_bash(),
            "&>" => self.dialect != Dialect::Dash,
            _ => true,
        };
        let found = OPERATORS.iter().copied().filter(known);
        let found = found.into_iter().find(|operator| self.rest().starts_with(operator));
        // `<(...)` begins a word.
        found.filter(|operator| !(matches!(*operator, "<" | ">") && self.is_process()))
    }

    fn take_operator(&mut self, operator: &str) -> bool {
        self.skip_blanks();
        let found = self.operator() == Some(operator);
        if found {
            self.at += operator.len();
        }
        found
    }

    fn reserved(&self) -> Option<&'static str> {
        RESERVED.iter().copied().find(|word| {
            if *word == "function" && self.dialect == Dialect::Dash {
                return false;
            }
            let after = self.rest().strip_prefix(word);
            after.is_some_and(|after| after.is_empty() || after.starts_with(is_word_end))
        })
    }

    fn take_reserved(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let found = self.reserved() == Some(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn expect_reserved(&mut self, word: &str) -> Parsed<()> {
        if self.take_reserved(word) { Ok(()) } else { Err(self.unexpected_but(word)) }
    }

    /// Commands up to one of `ends`, which is left in place.
    fn list_until(&mut self, ends: &[&str]) -> Parsed<List> {
        self.nested(|parser| {
            let mut items = Vec::new();
            loop {
                parser.skip_newlines();
                let at_end = parser.reserved().or(parser.operator()).is_some_and(|word| ends.contains(&word));
                if at_end && (!items.is_empty() || ends.contains(&")") || ends.contains(&";;")) {
                    return Ok(Arc::new(items));
                }
                if parser.rest().is_empty() {
                    return Err(parser.unexpected_but(ends[0]));
                }
                items.push(parser.item()?);
                parser.skip_blanks();
                let at_end = parser.reserved().or(parser.operator()).is_some_and(|word| ends.contains(&word));
                if !at_end && parser.peek() != Some('\n') && !parser.ended_by_separator() {
                    return Err(parser.unexpected_but(ends[0]));
                }
            }
        })
    }

    fn item(&mut self) -> Parsed<Item> {
        let and_or = Arc::new(self.and_or()?);
        self.skip_blanks();
        let background = self.take_operator("&");
        if !background {
            self.take_operator(";");
        }
        Ok(Item { and_or, background })
    }

    fn and_or(&mut self) -> Parsed<AndOr> {
        let first = Arc::new(self.pipeline()?);
        let mut rest = Vec::new();
        loop {
            let connector = if self.take_operator("&&") {
                Connector::And
            } else if self.take_operator("||") {
                Connector::Or
            } else {
                return Ok(AndOr { first, rest });
            };
            self.skip_newlines();
            rest.push((connector, Arc::new(self.pipeline()?)));
        }
    }

    fn pipeline(&mut self) -> Parsed<Pipeline> {
        let timed = self.take_time();
        let mut negated = false;
        while self.take_reserved("!") {
            negated = !negated;
        }
        let mut commands = vec![self.command()?];
        loop {
            if self.take_operator("|&") {
                if let Some(command) = commands.last_mut() {
                    bash::join_errors(command);
                }
            } else if !self.take_operator("|") {
                break;
            }
            self.skip_newlines();
            commands.push(self.command()?);
        }
        Ok(Pipeline { negated, timed, commands })
    }

    fn command(&mut self) -> Parsed<Command> {
        self.skip_blanks();
        if let Some(kind) = self.nested(Parser::compound)? {
            let mut redirects = Vec::new();
            while self.redirect(&mut redirects)? {}
            return Ok(Command::Compound(Arc::new(Compound { kind, redirects })));
        }
        if self.take_reserved("function") {
            self.skip_blanks();
            let name = self.function_name().ok_or_else(|| self.unexpected())?;
            if self.take_operator("(") && !self.take_operator(")") {
                return Err(self.unexpected_but(")"));
            }
            return self.function(name);
        }
        if self.reserved().is_some_and(|word| word != "in") {
            return Err(self.unexpected());
        }
        if let Some(name) = self.function_head() {
            return self.function(name);
        }
        self.simple()
    }

    /// `name ()`, or nothing taken.
    fn function_head(&mut self) -> Option<String> {
        let start = self.at;
        let name = if self.is_bash() { self.function_name() } else { self.name() };
        if name.is_some() && self.take_operator("(") && self.take_operator(")") {
            return name;
        }
        self.at = start;
        None
    }

    fn function(&mut self, name: String) -> Parsed<Command> {
        self.skip_newlines();
        match self.nested(Parser::command)? {
            Command::Compound(body) => Ok(Command::Function { name, body }),
            _ => Err(self.unexpected_but("{")),
        }
    }

    fn name(&mut self) -> Option<String> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if end == 0 || rest.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        self.at += end;
        Some(rest[..end].to_owned())
    }

    fn compound(&mut self) -> Parsed<Option<CompoundKind>> {
        if let Some(kind) = self.compound_of_bash()? {
            return Ok(Some(kind));
        }
        if self.operator() == Some("(") {
            self.at += 1;
            let list = self.list_until(&[")"])?;
            self.at += 1;
            return if list.is_empty() {
                Err(self.unexpected())
            } else {
                Ok(Some(CompoundKind::Subshell(list)))
            };
        }
        let Some(word) = self.reserved() else { return Ok(None) };
        if !matches!(word, "{" | "if" | "while" | "until" | "for" | "case") {
            return Ok(None);
        }
        self.at += word.len();
        let kind = match word {
            "{" => {
                let list = self.list_until(&["}"])?;
                self.expect_reserved("}")?;
                CompoundKind::Brace(list)
            }
            "if" => self.if_clause()?,
            "for" => self.for_clause()?,
            "case" => self.case_clause()?,
            _ => {
                let condition = self.list_until(&["do"])?;
                CompoundKind::Loop { until: word == "until", condition, body: self.do_group()? }
            }
        };
        Ok(Some(kind))
    }

    fn do_group(&mut self) -> Parsed<List> {
        self.expect_reserved("do")?;
        let body = self.list_until(&["done"])?;
        self.expect_reserved("done")?;
        Ok(body)
    }

    fn if_clause(&mut self) -> Parsed<CompoundKind> {
        let mut arms = Vec::new();
        loop {
            let condition = self.list_until(&["then"])?;
            self.expect_reserved("then")?;
            let body = self.list_until(&["fi", "elif", "else"])?;
            arms.push((condition, body));
            if self.take_reserved("elif") {
                continue;
            }
            let otherwise = if self.take_reserved("else") { Some(self.list_until(&["fi"])?) } else { None };
            self.expect_reserved("fi")?;
            return Ok(CompoundKind::If { arms, otherwise });
        }
    }

    fn for_clause(&mut self) -> Parsed<CompoundKind> {
        self.skip_blanks();
        if let Some(kind) = self.count_clause()? {
            return Ok(kind);
        }
        let Some(name) = self.name() else {
            return match self.peek() {
                None => Err(self.unexpected()),
                Some(_) => Err(ParseError::Syntax("syntax error: bad for loop variable".to_owned())),
            };
        };
        self.skip_newlines();
        let words = if self.take_reserved("in") {
            let mut words = Vec::new();
            self.skip_blanks();
            while let Some(word) = self.word()? {
                self.push_word(&mut words, word);
                self.skip_blanks();
            }
            Some(words)
        } else {
            None
        };
        self.take_operator(";");
        self.skip_newlines();
        Ok(CompoundKind::For { name, words, body: self.do_group()? })
    }

    fn case_clause(&mut self) -> Parsed<CompoundKind> {
        self.skip_blanks();
        let subject = self.word()?.ok_or_else(|| self.unexpected())?;
        self.skip_newlines();
        self.expect_reserved("in")?;
        let mut arms = Vec::new();
        loop {
            self.skip_newlines();
            if self.take_reserved("esac") {
                return Ok(CompoundKind::Case { subject, arms });
            }
            self.take_operator("(");
            let mut patterns = Vec::new();
            loop {
                self.skip_blanks();
                patterns.push(self.word()?.ok_or_else(|| self.unexpected_but(")"))?);
                if !self.take_operator("|") {
                    break;
                }
            }
            if !self.take_operator(")") {
                return Err(self.unexpected_but(")"));
            }
            let body = self.list_until(&[";;", ";&", ";;&", "esac"])?;
            // Falling through to the next arm is not played.
            let _end = self.take_operator(";;") || self.take_operator(";&") || self.take_operator(";;&");
            arms.push((patterns, body));
        }
    }
}

/// Whether a character ends an unquoted word.
fn is_word_end(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')')
}
