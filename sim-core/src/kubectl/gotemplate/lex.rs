//! Splits a template into text and the words of its actions.
//!
//! Models Go text/template/parse: lexer.

/// A word of an action, or the text between actions.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// Text outside of actions.
    Text(String),
    /// `{{`
    Open,
    /// `}}`
    Close,
    /// `.`
    Dot,
    /// `.name`, without the dot.
    Field(String),
    /// `$name`, with the dollar.
    Variable(String),
    /// A word.
    Word(String),
    /// A quoted text; the second is as it was written.
    Quoted(String, String),
    /// A number.
    Number(String),
    /// A mark: `|`, `,`, `(`, `)`, `=`, `:=`.
    Mark(&'static str),
    /// Space between words.
    Space,
    /// What cannot be a word, and why.
    Bad(String),
}

/// A word and where it begins.
pub type Placed = (usize, Item);

/// The items of `text`; the last is [`Item::Bad`] when there is no going on.
pub fn items(text: &str) -> Vec<Placed> {
    let mut items = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("{{") {
        let mut start = at + found;
        let mut before = &text[at..start];
        let trims = text[start + 2..].starts_with('-')
            && text[start + 3..].starts_with(|letter: char| letter.is_ascii_whitespace());
        if trims {
            before = before.trim_end();
        }
        if !before.is_empty() {
            items.push((at, Item::Text(before.to_owned())));
        }
        let action = start;
        start += if trims { 4 } else { 2 };
        let rest = text[start..].trim_start_matches(|letter: char| trims && letter.is_ascii_whitespace());
        let inner = text.len() - rest.len();
        if rest.starts_with("/*") {
            let Some(end) = rest.find("*/") else {
                items.push((inner, Item::Bad("unclosed comment".to_owned())));
                return items;
            };
            at = inner + end + 2;
            let after = &text[at..];
            if let Some(stripped) =
                after.trim_start().strip_prefix("-}}").filter(|_| after.starts_with([' ', '\t', '\n', '\r']))
            {
                at = text.len() - stripped.trim_start().len();
            } else if let Some(stripped) = after.strip_prefix("}}") {
                at = text.len() - stripped.len();
            } else {
                items.push((at, Item::Bad("comment ends before closing delimiter".to_owned())));
                return items;
            }
            continue;
        }
        items.push((action, Item::Open));
        let action = Action { text, at: inner };
        match action.read(&mut items) {
            Some(end) => at = end,
            None => return items,
        }
    }
    if at < text.len() {
        items.push((at, Item::Text(text[at..].to_owned())));
    }
    items
}

struct Action<'a> {
    text: &'a str,
    at: usize,
}

impl Action<'_> {
    /// Reads to the end of the action; `None` after a complaint.
    fn read(mut self, items: &mut Vec<Placed>) -> Option<usize> {
        let mut depth = 0_usize;
        loop {
            let start = self.at;
            let rest = &self.text[start..];
            let spaces = rest.len() - rest.trim_start().len();
            if spaces > 0 && rest[spaces..].starts_with("-}}") {
                items.push((start, Item::Close));
                let after = &rest[spaces + 3..];
                return Some(self.text.len() - after.trim_start().len());
            }
            if rest.starts_with("}}") {
                if depth > 0 {
                    items.push((start, Item::Bad("unclosed left paren".to_owned())));
                    return None;
                }
                items.push((start, Item::Close));
                return Some(start + 2);
            }
            if spaces > 0 {
                items.push((start, Item::Space));
                self.at += spaces;
                continue;
            }
            let item = self.word(&mut depth);
            let bad = matches!(item, Item::Bad(_));
            items.push((start, item));
            if bad {
                return None;
            }
        }
    }

    fn word(&mut self, depth: &mut usize) -> Item {
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else { return Item::Bad("unclosed action".to_owned()) };
        let name_len = |from: usize| {
            let tail = &rest[from..];
            from + tail.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(tail.len())
        };
        let (len, item) = match first {
            '"' => match quoted(rest) {
                Some((len, value)) => (len, Item::Quoted(value, rest[..len].to_owned())),
                None => return Item::Bad("unterminated quoted string".to_owned()),
            },
            '`' => match rest[1..].find('`') {
                Some(end) => (end + 2, Item::Quoted(rest[1..=end].to_owned(), rest[..end + 2].to_owned())),
                None => return Item::Bad("unterminated raw quoted string".to_owned()),
            },
            '(' => {
                *depth += 1;
                (1, Item::Mark("("))
            }
            ')' if *depth == 0 => return Item::Bad("unexpected right paren".to_owned()),
            ')' => {
                *depth -= 1;
                (1, Item::Mark(")"))
            }
            '|' => (1, Item::Mark("|")),
            ',' => (1, Item::Mark(",")),
            '=' => (1, Item::Mark("=")),
            ':' if rest.starts_with(":=") => (2, Item::Mark(":=")),
            ':' => return Item::Bad("expected :=".to_owned()),
            '$' => (name_len(1), Item::Variable(rest[..name_len(1)].to_owned())),
            '.' if rest[1..].starts_with(|letter: char| letter.is_alphabetic() || letter == '_') => {
                (name_len(1), Item::Field(rest[1..name_len(1)].to_owned()))
            }
            '.' if !rest[1..].starts_with(|letter: char| letter.is_ascii_digit()) => (1, Item::Dot),
            '+' | '-' | '.' | '0'..='9' => {
                let tail = &rest[1..];
                let end =
                    tail.find(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '.' | '_'));
                let len = 1 + end.unwrap_or(tail.len());
                (len, Item::Number(rest[..len].to_owned()))
            }
            letter if letter.is_alphabetic() || letter == '_' => {
                (name_len(0), Item::Word(rest[..name_len(0)].to_owned()))
            }
            // The lexer of Go takes any other sign as a word of its own.
            letter if letter.is_ascii_graphic() => {
                return Item::Bad(format!("unexpected \"{letter}\" in command"));
            }
            letter => return Item::Bad(format!("unrecognized character in action: {letter:?}")),
        };
        self.at += len;
        item
    }
}

/// The length and the value of the quoted text that `text` begins with.
fn quoted(text: &str) -> Option<(usize, String)> {
    let mut value = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((at + 1, value)),
            '\n' => return None,
            '\\' => value.push(match letters.next()?.1 {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}
