//! Where the scanner stands in a text, and what it may not read.

/// How many bytes go-yaml decodes at a time.
const CHUNK_BYTES: usize = 512;

/// A place in the text; lines and columns count from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub index: usize,
    pub line: usize,
    pub column: usize,
}

/// The text and a place in it. Beyond the end stand NULs, which no text may hold.
pub(super) struct Cursor {
    chars: Vec<char>,
    pub mark: Mark,
    /// The first character that cannot be read.
    unreadable: Option<usize>,
}

impl Cursor {
    pub fn new(text: &str) -> Cursor {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Cursor { chars: text.chars().collect(), mark: Mark::default(), unreadable: unreadable(text) }
    }

    /// The character `ahead` of the place.
    pub fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.mark.index + ahead).copied().unwrap_or('\0')
    }

    pub fn is(&self, c: char) -> bool {
        self.peek(0) == c
    }

    pub fn is_at_break(&self) -> bool {
        is_break(self.peek(0))
    }

    pub fn is_at_blank(&self) -> bool {
        is_blank(self.peek(0))
    }

    /// Whether the place is the end of the text.
    pub fn is_at_end(&self) -> bool {
        self.peek(0) == '\0'
    }

    /// Whether a line begins here with `---` or `...`.
    pub fn is_at_document_marker(&self) -> bool {
        let [a, b, c] = [self.peek(0), self.peek(1), self.peek(2)];
        self.mark.column == 0 && (a == '-' || a == '.') && a == b && b == c && ends_word(self.peek(3))
    }

    /// Goes past one character and returns it.
    pub fn take(&mut self) -> char {
        let c = self.peek(0);
        self.mark.index += 1;
        self.mark.column += 1;
        c
    }

    /// Goes past `count` characters of one line.
    pub fn skip(&mut self, count: usize) {
        self.mark.index += count;
        self.mark.column += count;
    }

    /// Goes past a line break, and returns what it is in a scalar.
    pub fn take_break(&mut self) -> Option<char> {
        let c = self.peek(0);
        if !is_break(c) {
            return None;
        }
        let width = if c == '\r' && self.peek(1) == '\n' { 2 } else { 1 };
        self.mark = Mark { index: self.mark.index + width, line: self.mark.line + 1, column: 0 };
        Some(if matches!(c, '\u{2028}' | '\u{2029}') { c } else { '\n' })
    }

    pub fn skip_blanks(&mut self) {
        while self.is_at_blank() {
            self.skip(1);
        }
    }

    /// Goes past a comment, up to the line's end.
    pub fn skip_comment(&mut self) {
        if self.is('#') {
            while !ends_line(self.peek(0)) {
                self.skip(1);
            }
        }
    }

    /// What is wrong with the text if looking `ahead` comes upon it.
    pub fn check(&self, ahead: usize) -> Result<(), String> {
        match self.unreadable {
            Some(index) if self.mark.index + ahead > index => {
                Err("yaml: control characters are not allowed".to_owned())
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

pub(super) fn ends_line(c: char) -> bool {
    c == '\0' || is_break(c)
}

pub(super) fn ends_word(c: char) -> bool {
    is_blank(c) || ends_line(c)
}

/// What names of anchors and tags are made of.
pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// The first character that cannot be read because its chunk holds one that no YAML may.
///
/// Models go-yaml v2: yaml_parser_update_buffer, which decodes whole chunks before it scans them.
fn unreadable(text: &str) -> Option<usize> {
    let (place, _) = text.char_indices().find(|(_, c)| !is_allowed(*c))?;
    let mut start = 0;
    loop {
        let end = text.floor_char_boundary(start + CHUNK_BYTES);
        if place < end {
            return Some(text[..start].chars().count());
        }
        start = end;
    }
}

fn is_allowed(c: char) -> bool {
    matches!(
        c,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..
    )
}
