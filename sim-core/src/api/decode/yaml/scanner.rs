//! YAML text to tokens, with the complaints that kubectl makes of text that has none.
//!
//! Models go-yaml v2's scanner, whose rules are YAML 1.1's with libyaml's limits: a key that needs no `?` is
//! one line of 1,024 characters at most, so that what it is shows only at its colon.

use std::collections::{BTreeMap, VecDeque};

use super::cursor::{Cursor, Mark, ends_word, is_blank};

/// How far ahead of a simple key its colon may be.
const SIMPLE_KEY_CHARACTERS: usize = 1024;

/// What the text is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    StreamEnd,
    /// `%YAML`
    Version {
        major: u8,
        minor: u8,
    },
    /// `%TAG`
    TagPrefix {
        handle: String,
        prefix: String,
    },
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    Tag {
        handle: String,
        suffix: String,
    },
    Scalar {
        text: String,
        plain: bool,
    },
}

/// A place where a key may have begun, of which only its colon can tell.
#[derive(Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    /// Nothing but a key can stand there.
    required: bool,
    /// How many tokens come before it.
    token: usize,
    mark: Mark,
}

/// Reads tokens. After an error it must not be asked again.
pub(super) struct Scanner {
    pub(super) cursor: Cursor,
    /// Tokens that are read but not taken, each with its line.
    tokens: VecDeque<(Token, usize)>,
    taken: usize,
    ended: bool,
    /// The column of the block collection that the cursor is in, -1 outside all of them.
    pub(super) indent: isize,
    outer_indents: Vec<isize>,
    /// One for the block context and one for each `[` and `{` that is open.
    simple_keys: Vec<SimpleKey>,
    /// Which of the simple keys was noted at a token.
    noted_keys: BTreeMap<usize, usize>,
    pub(super) simple_key_allowed: bool,
}

impl Scanner {
    pub fn new(text: &str) -> Scanner {
        Scanner {
            cursor: Cursor::new(text),
            tokens: VecDeque::new(),
            taken: 0,
            ended: false,
            indent: -1,
            outer_indents: Vec::new(),
            simple_keys: vec![SimpleKey::default()],
            noted_keys: BTreeMap::new(),
            simple_key_allowed: true,
        }
    }

    /// The next token and its line, counted from 0. After the last one it is the stream's end forever.
    pub fn peek(&mut self) -> Result<(&Token, usize), String> {
        while self.needs_more()? && !self.ended {
            self.scan()?;
        }
        Ok(self
            .tokens
            .front()
            .map_or((&Token::StreamEnd, self.cursor.mark.line), |(token, line)| (token, *line)))
    }

    /// Takes the token that [`Scanner::peek`] has shown.
    pub fn take(&mut self) -> Option<Token> {
        let (token, _) = self.tokens.pop_front()?;
        self.taken += 1;
        Some(token)
    }

    /// A complaint about the place where the cursor stands.
    pub(super) fn fail<T>(&self, problem: &str) -> Result<T, String> {
        Err(match self.cursor.mark.line {
            0 => format!("yaml: {problem}"),
            line => format!("yaml: line {}: {problem}", line + 1),
        })
    }

    pub(super) fn is_in_flow(&self) -> bool {
        self.simple_keys.len() > 1
    }

    /// Whether the first token may yet turn out to stand behind the start of a key.
    fn needs_more(&mut self) -> Result<bool, String> {
        if self.tokens.is_empty() {
            return Ok(true);
        }
        match self.noted_keys.get(&self.taken) {
            Some(level) => self.is_key_in_reach(*level),
            None => Ok(false),
        }
    }

    /// Whether the simple key of a level may still find its colon.
    fn is_key_in_reach(&mut self, level: usize) -> Result<bool, String> {
        let here = self.cursor.mark;
        let Some(key) = self.simple_keys.get_mut(level).filter(|key| key.possible) else { return Ok(false) };
        if key.mark.line >= here.line && key.mark.index + SIMPLE_KEY_CHARACTERS >= here.index {
            return Ok(true);
        }
        if key.required {
            return self.fail("could not find expected ':'");
        }
        key.possible = false;
        Ok(false)
    }

    fn push(&mut self, token: Token, mark: Mark) {
        self.tokens.push_back((token, mark.line));
    }

    fn scan(&mut self) -> Result<(), String> {
        self.cursor.check(1)?;
        self.skip_to_token();
        self.unroll_indent(self.cursor.mark.column as isize);
        self.cursor.check(4)?;
        let scanned = self.scan_token();
        // What the scanner looked at to end the token comes before what it found.
        self.cursor.check(2)?;
        scanned
    }

    fn scan_token(&mut self) -> Result<(), String> {
        let first = self.cursor.peek(0);
        let stands_alone = ends_word(self.cursor.peek(1));
        let in_flow = self.is_in_flow();
        match first {
            '\0' => self.end(),
            '%' if self.cursor.mark.column == 0 => {
                self.leave_blocks()?;
                let mark = self.cursor.mark;
                let token = self.directive()?;
                self.push(token, mark);
                Ok(())
            }
            _ if self.cursor.is_at_document_marker() => {
                self.leave_blocks()?;
                let token = if first == '-' { Token::DocumentStart } else { Token::DocumentEnd };
                self.indicator(token, 3);
                Ok(())
            }
            '[' => self.open_flow(Token::FlowSequenceStart),
            '{' => self.open_flow(Token::FlowMappingStart),
            ']' => self.close_flow(Token::FlowSequenceEnd),
            '}' => self.close_flow(Token::FlowMappingEnd),
            ',' => self.entry(Token::FlowEntry),
            '-' if stands_alone => {
                self.start_block("block sequence entries", Token::BlockSequenceStart)?;
                self.entry(Token::BlockEntry)
            }
            '?' if in_flow || stands_alone => {
                self.start_block("mapping keys", Token::BlockMappingStart)?;
                self.drop_simple_key()?;
                self.simple_key_allowed = !in_flow;
                self.indicator(Token::Key, 1);
                Ok(())
            }
            ':' if in_flow || stands_alone => self.value(),
            '*' | '&' | '!' => {
                self.note_simple_key(false)?;
                let mark = self.cursor.mark;
                let token = if first == '!' { self.tag()? } else { self.anchor()? };
                self.push(token, mark);
                Ok(())
            }
            '|' | '>' if !in_flow => {
                self.drop_simple_key()?;
                self.simple_key_allowed = true;
                let mark = self.cursor.mark;
                let text = self.block_scalar()?;
                self.push(Token::Scalar { text, plain: false }, mark);
                Ok(())
            }
            '\'' | '"' => {
                self.note_simple_key(false)?;
                let mark = self.cursor.mark;
                let text = self.quoted_scalar()?;
                self.push(Token::Scalar { text, plain: false }, mark);
                Ok(())
            }
            _ if self.starts_plain(first) => {
                self.note_simple_key(false)?;
                let mark = self.cursor.mark;
                let text = self.plain_scalar()?;
                self.push(Token::Scalar { text, plain: true }, mark);
                Ok(())
            }
            _ => self.fail("found character that cannot start any token"),
        }
    }

    fn starts_plain(&self, first: char) -> bool {
        let next = self.cursor.peek(1);
        match first {
            '-' => !is_blank(next),
            '?' | ':' => !self.is_in_flow() && !ends_word(next),
            '#' | '|' | '>' | '%' | '@' | '`' => false,
            other => !ends_word(other),
        }
    }

    /// Goes to the next token. A tab may not stand where a key may begin.
    fn skip_to_token(&mut self) {
        loop {
            let tabs_allowed = self.is_in_flow() || !self.simple_key_allowed;
            while self.cursor.is(' ') || tabs_allowed && self.cursor.is('\t') {
                self.cursor.skip(1);
            }
            self.cursor.skip_comment();
            if self.cursor.take_break().is_none() {
                return;
            }
            if !self.is_in_flow() {
                self.simple_key_allowed = true;
            }
        }
    }

    fn end(&mut self) -> Result<(), String> {
        if self.cursor.mark.column != 0 {
            self.cursor.mark.column = 0;
            self.cursor.mark.line += 1;
        }
        self.leave_blocks()?;
        self.push(Token::StreamEnd, self.cursor.mark);
        self.ended = true;
        Ok(())
    }

    fn leave_blocks(&mut self) -> Result<(), String> {
        self.unroll_indent(-1);
        self.drop_simple_key()?;
        self.simple_key_allowed = false;
        Ok(())
    }

    fn indicator(&mut self, token: Token, width: usize) {
        self.push(token, self.cursor.mark);
        self.cursor.skip(width);
    }

    /// Notes that a key may begin here, and says whether one may after it.
    fn note_simple_key(&mut self, allowed_after: bool) -> Result<(), String> {
        if self.simple_key_allowed {
            self.drop_simple_key()?;
            let key = SimpleKey {
                possible: true,
                required: !self.is_in_flow() && self.indent == self.cursor.mark.column as isize,
                token: self.taken + self.tokens.len(),
                mark: self.cursor.mark,
            };
            self.noted_keys.insert(key.token, self.simple_keys.len() - 1);
            if let Some(last) = self.simple_keys.last_mut() {
                *last = key;
            }
        }
        self.simple_key_allowed = allowed_after;
        Ok(())
    }

    /// Gives up what may have been a key.
    fn drop_simple_key(&mut self) -> Result<(), String> {
        let Some(key) = self.simple_keys.last_mut().filter(|key| key.possible) else { return Ok(()) };
        if key.required {
            return self.fail("could not find expected ':'");
        }
        key.possible = false;
        let token = key.token;
        self.noted_keys.remove(&token);
        Ok(())
    }

    fn open_flow(&mut self, token: Token) -> Result<(), String> {
        self.note_simple_key(true)?;
        self.simple_keys.push(SimpleKey { token: self.taken + self.tokens.len(), ..SimpleKey::default() });
        self.indicator(token, 1);
        Ok(())
    }

    fn close_flow(&mut self, token: Token) -> Result<(), String> {
        self.drop_simple_key()?;
        if self.is_in_flow()
            && let Some(key) = self.simple_keys.pop()
        {
            self.noted_keys.remove(&key.token);
        }
        self.simple_key_allowed = false;
        self.indicator(token, 1);
        Ok(())
    }

    /// `,` or `- `
    fn entry(&mut self, token: Token) -> Result<(), String> {
        self.drop_simple_key()?;
        self.simple_key_allowed = true;
        self.indicator(token, 1);
        Ok(())
    }

    /// Begins a block collection unless the cursor is in it.
    fn start_block(&mut self, what: &str, token: Token) -> Result<(), String> {
        if self.is_in_flow() {
            return Ok(());
        }
        if !self.simple_key_allowed {
            return self.fail(&format!("{what} are not allowed in this context"));
        }
        let end = self.tokens.len();
        self.roll_indent(self.cursor.mark, end, token);
        Ok(())
    }

    /// `:`, which tells that a key has begun before it, or stands by itself.
    fn value(&mut self) -> Result<(), String> {
        let level = self.simple_keys.len() - 1;
        if self.is_key_in_reach(level)? {
            let key = self.simple_keys[level];
            let place = key.token.saturating_sub(self.taken).min(self.tokens.len());
            self.tokens.insert(place, (Token::Key, key.mark.line));
            if !self.is_in_flow() {
                self.roll_indent(key.mark, place, Token::BlockMappingStart);
            }
            self.simple_keys[level].possible = false;
            self.noted_keys.remove(&key.token);
            self.simple_key_allowed = false;
        } else {
            self.start_block("mapping values", Token::BlockMappingStart)?;
            self.simple_key_allowed = !self.is_in_flow();
        }
        self.indicator(Token::Value, 1);
        Ok(())
    }

    /// Goes into a block collection at the column of `mark`; its start becomes the token of that `place`.
    fn roll_indent(&mut self, mark: Mark, place: usize, token: Token) {
        let column = mark.column as isize;
        if self.indent < column {
            self.outer_indents.push(self.indent);
            self.indent = column;
            self.tokens.insert(place, (token, mark.line));
        }
    }

    /// Ends the block collections that are further right than `column`.
    fn unroll_indent(&mut self, column: isize) {
        if self.is_in_flow() {
            return;
        }
        while self.indent > column {
            self.push(Token::BlockEnd, self.cursor.mark);
            self.indent = self.outer_indents.pop().unwrap_or(-1);
        }
    }
}
