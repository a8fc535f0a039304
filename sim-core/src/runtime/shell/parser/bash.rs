//! What bash reads beside a POSIX shell: `[[ ]]`, `(( ))`, arrays, braces, `<(...)`, `time`.

use std::sync::Arc;

use super::super::ast::*;
use super::super::braces;
use super::words::{Place as In, arithmetic_length};
use super::{ParseError, Parsed, Parser, is_word_end};
use crate::runtime::shell::ast::Dialect;

/// The operators of `[[ ]]` that stand between two words.
const BINARY: &[&str] =
    &["==", "=~", "=", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"];

/// A message of text that is not complete, in bash's words.
pub(super) fn incomplete(message: &str) -> String {
    let missing = match message {
        "missing '}'" => "}",
        "unterminated quoted string" => "\"",
        "EOF in backquote substitution" => "`",
        _ => return "syntax error: unexpected end of file".to_owned(),
    };
    format!("unexpected EOF while looking for matching `{missing}'")
}

/// `|&`: standard error goes where standard output does.
pub(super) fn join_errors(command: &mut Command) {
    let join =
        Redirect { fd: 2, kind: RedirectKind::Duplicate, target: Word(vec![Part::Quoted("1".to_owned())]) };
    match command {
        Command::Simple(simple) => Arc::make_mut(simple).redirects.push(join),
        Command::Compound(compound) => Arc::make_mut(compound).redirects.push(join),
        Command::Function { .. } => {}
    }
}

/// `$(<FILE)` is `$(cat <FILE)`.
pub(super) fn file_of(list: List) -> List {
    let [Item { and_or, .. }] = list.as_slice() else { return list };
    let [Command::Simple(simple)] = and_or.first.commands.as_slice() else { return list };
    let only_reads = simple.words.is_empty() && simple.assignments.is_empty();
    if !only_reads || !matches!(simple.redirects.as_slice(), [Redirect { kind: RedirectKind::Read, .. }]) {
        return list;
    }
    let mut and_or = AndOr::clone(and_or);
    let mut reads = Simple::clone(simple);
    reads.words.push(Word(vec![Part::Quoted("cat".to_owned())]));
    Arc::make_mut(&mut and_or.first).commands = vec![Command::Simple(Arc::new(reads))];
    Arc::new(vec![Item { and_or: Arc::new(and_or), background: false }])
}

impl Parser<'_> {
    pub(super) fn unexpected_in_bash(&mut self) -> ParseError {
        let rest = self.rest();
        let token = match (self.peek(), self.operator()) {
            (None, _) => {
                let message = "syntax error: unexpected end of file".to_owned();
                return if self.more { ParseError::Incomplete(message) } else { ParseError::Syntax(message) };
            }
            (Some('\n'), _) => "newline".to_owned(),
            (_, Some(operator)) => operator.to_owned(),
            _ => rest[..rest.find(is_word_end).unwrap_or(rest.len())].to_owned(),
        };
        ParseError::Syntax(format!("syntax error near unexpected token `{token}'"))
    }

    /// Adds a word, or the words that its braces make of it.
    pub(super) fn push_word(&self, words: &mut Vec<Word>, word: Word) {
        if self.is_bash() {
            braces::expand(word, words);
        } else {
            words.push(word);
        }
    }

    /// Whether `<(` or `>(` is next, for a shell that knows it.
    pub(super) fn is_process(&self) -> bool {
        self.dialect != Dialect::Dash && self.rest().starts_with("<(")
    }

    /// `<(...)`
    pub(super) fn process(&mut self) -> Parsed<Option<Part>> {
        if !self.is_process() {
            return Ok(None);
        }
        self.at += 2;
        let list = self.list_until(&[")"])?;
        self.at += 1;
        Ok(Some(Part::Process(list)))
    }

    /// A function's name, which may hold more than a variable's.
    pub(super) fn function_name(&mut self) -> Option<String> {
        let rest = self.rest();
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_-.:".contains(c))).unwrap_or(rest.len());
        self.at += end;
        (end > 0).then(|| rest[..end].to_owned())
    }

    pub(super) fn take_time(&mut self) -> bool {
        self.skip_blanks();
        let after = self.rest().strip_prefix("time").unwrap_or_default();
        let is_time =
            self.is_bash() && after.starts_with([' ', '\t']) && !after.trim_start().starts_with('-');
        if is_time {
            self.at += "time".len();
        }
        is_time
    }

    /// `[[ ... ]]` and `((...))`
    pub(super) fn compound_of_bash(&mut self) -> Parsed<Option<CompoundKind>> {
        if !self.is_bash() {
            return Ok(None);
        }
        let rest = self.rest();
        if let Some(inside) = rest.strip_prefix("((")
            && let Some(length) = arithmetic_length(inside)
        {
            let start = self.at + 2;
            let word = self.expression(start, length)?;
            self.at = start + length + 2;
            return Ok(Some(CompoundKind::Arithmetic(word)));
        }
        if rest.strip_prefix("[[").is_some_and(|after| after.is_empty() || after.starts_with(is_word_end)) {
            self.at += 2;
            let condition = self.nested(Parser::either)?;
            if !self.at_test_end() {
                return Err(self.unexpected());
            }
            self.at += 2;
            return Ok(Some(CompoundKind::Test(condition)));
        }
        Ok(None)
    }

    /// `((first; test; next))` of a `for`, and its body.
    pub(super) fn count_clause(&mut self) -> Parsed<Option<CompoundKind>> {
        let Some(length) =
            self.rest().strip_prefix("((").filter(|_| self.is_bash()).and_then(arithmetic_length)
        else {
            return Ok(None);
        };
        let mut start = self.at + 2;
        let end = start + length;
        let mut parts: [Word; 3] = Default::default();
        for (index, part) in parts.iter_mut().enumerate() {
            let piece = &self.text[start..end];
            let length = match piece.find(';') {
                Some(at) if index < 2 => at,
                None if index == 2 => piece.len(),
                _ => return Err(self.unexpected()),
            };
            *part = self.expression(start, length)?;
            start = (start + length + 1).min(end);
        }
        self.at = end + 2;
        self.take_operator(";");
        self.skip_newlines();
        let body = if self.take_reserved("{") {
            let body = self.list_until(&["}"])?;
            self.expect_reserved("}")?;
            body
        } else {
            self.do_group()?
        };
        Ok(Some(CompoundKind::Count { parts, body }))
    }

    /// `[index]`
    pub(super) fn index(&mut self) -> Parsed<Option<Word>> {
        let start = self.at;
        self.at += 1;
        let parts = self.nested(|parser| parser.parts(In::Index { depth: 0 }))?;
        if self.rest().starts_with(']') && !parts.is_empty() {
            self.at += 1;
            return Ok(Some(Word(parts)));
        }
        self.at = start;
        Ok(None)
    }

    /// `(a [5]=b c)` behind the `=` of an assignment.
    pub(super) fn list_of_words(&mut self) -> Parsed<Option<Elements>> {
        if !self.is_bash() || !self.rest().starts_with('(') {
            return Ok(None);
        }
        self.at += 1;
        let mut list = Vec::new();
        loop {
            self.skip_newlines();
            if self.rest().starts_with(')') {
                self.at += 1;
                return Ok(Some(list));
            }
            if self.rest().is_empty() {
                return self.incomplete("unexpected end of file");
            }
            let start = self.at;
            if self.rest().starts_with('[')
                && let Some(index) = self.index()?
                && self.rest().starts_with('=')
            {
                self.at += 1;
                list.push((Some(index), self.word()?.unwrap_or_default()));
                continue;
            }
            self.at = start;
            let word = self.word()?.ok_or_else(|| self.unexpected())?;
            let mut words = Vec::new();
            self.push_word(&mut words, word);
            list.extend(words.into_iter().map(|word| (None, word)));
        }
    }

    fn at_test_end(&mut self) -> bool {
        self.skip_newlines();
        let after = self.rest().strip_prefix("]]");
        after.is_some_and(|after| after.is_empty() || after.starts_with(is_word_end))
    }

    fn either(&mut self) -> Parsed<Condition> {
        let mut left = self.both()?;
        while self.take_operator("||") {
            left = Condition::Either(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Parsed<Condition> {
        let mut left = self.test()?;
        while self.take_operator("&&") {
            left = Condition::Both(Box::new(left), Box::new(self.test()?));
        }
        Ok(left)
    }

    fn test(&mut self) -> Parsed<Condition> {
        self.skip_newlines();
        if self.at_test_end() {
            return Err(self.unexpected());
        }
        if self.take_reserved("!") {
            return Ok(Condition::Not(Box::new(self.nested(Parser::test)?)));
        }
        if self.take_operator("(") {
            let inside = self.nested(Parser::either)?;
            self.skip_newlines();
            return if self.take_operator(")") { Ok(inside) } else { Err(self.unexpected()) };
        }
        let left = self.word()?.ok_or_else(|| self.unexpected())?;
        let unary = match left.literal().map(|text| text.chars().collect::<Vec<_>>()).as_deref() {
            Some(['-', letter]) if "nzefdrwxsLhtpSbcgukOGNvo".contains(*letter) => Some(*letter),
            _ => None,
        };
        if self.at_test_end() {
            return Ok(Condition::Unary('n', left));
        }
        let operator = BINARY.iter().copied().find(|operator| {
            let after = self.rest().strip_prefix(operator);
            after.is_some_and(|after| after.starts_with(char::is_whitespace))
        });
        if let Some(operator) = operator {
            self.at += operator.len();
            self.skip_blanks();
            let right = match operator {
                "=~" => Word(self.nested(|parser| parser.parts(In::Regex { depth: 0 }))?),
                _ => self.word()?.ok_or_else(|| self.unexpected())?,
            };
            return Ok(Condition::Binary(operator.to_owned(), left, right));
        }
        match unary {
            Some(letter) if self.operator().is_none() => {
                Ok(Condition::Unary(letter, self.word()?.ok_or_else(|| self.unexpected())?))
            }
            _ if self.operator().is_some() => Ok(Condition::Unary('n', left)),
            _ => {
                let rest = self.rest();
                let token = &rest[..rest.find(is_word_end).unwrap_or(rest.len())];
                Err(ParseError::Syntax(format!(
                    "syntax error in conditional expression: unexpected token `{token}'"
                )))
            }
        }
    }
}
