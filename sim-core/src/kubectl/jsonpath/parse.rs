//! The template's grammar.
//!
//! Models client-go util/jsonpath: Parser.

use super::{Filter, Node, Slice};

/// Splits a template into its nodes: text outside braces, and one list a pair of braces.
pub(super) fn template(text: &str) -> Result<Vec<Node>, String> {
    let mut nodes = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let Some(brace) = rest.find('{') else {
            nodes.push(Node::Text(rest.to_owned()));
            break;
        };
        if brace > 0 {
            nodes.push(Node::Text(rest[..brace].to_owned()));
        }
        let mut parser = Parser { input: &rest[brace + 1..], at: 0, nodes: Vec::new() };
        parser.action()?;
        rest = &parser.input[parser.at..];
        nodes.push(Node::List(parser.nodes));
    }
    Ok(nodes)
}

/// Parses `text` as if it stood in braces.
fn action(text: &str) -> Result<Vec<Node>, String> {
    let wrapped = format!("{{{text}}}");
    match template(&wrapped)?.into_iter().next() {
        Some(Node::List(nodes)) => Ok(nodes),
        _ => Ok(Vec::new()),
    }
}

struct Parser<'a> {
    input: &'a str,
    at: usize,
    nodes: Vec<Node>,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.input[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Parses up to and over the closing brace.
    fn action(&mut self) -> Result<(), String> {
        loop {
            let rest = self.rest();
            if rest.starts_with('}') {
                self.at += 1;
                return Ok(());
            }
            if rest.starts_with("[?(") {
                self.filter()?;
                continue;
            }
            if rest.starts_with("..") {
                self.recursive()?;
                continue;
            }
            let start = self.at;
            match self.next() {
                None | Some('\r' | '\n') => return Err("unclosed action".to_owned()),
                Some(' ' | '@' | '$') => {}
                Some('[') => self.array()?,
                Some(quote @ ('"' | '\'')) => self.quote(start, quote)?,
                Some('.') => self.field(),
                Some(c) if c == '+' || c == '-' || c.is_numeric() => {
                    self.at = start;
                    self.number()?;
                }
                Some(c) if is_word(c) => {
                    self.at = start;
                    self.identifier();
                }
                Some(c) => {
                    return Err(format!("unrecognized character in action: U+{:04X} '{c}'", u32::from(c)));
                }
            }
        }
    }

    fn identifier(&mut self) {
        let rest = self.rest();
        let end = rest.find(is_terminator).unwrap_or(rest.len());
        self.at += end;
        self.nodes.push(match &rest[..end] {
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            name => Node::Identifier(name.to_owned()),
        });
    }

    fn recursive(&mut self) -> Result<(), String> {
        if matches!(self.nodes.last(), Some(Node::Recursive)) {
            return Err("invalid multiple recursive descent".to_owned());
        }
        self.at += 2;
        self.nodes.push(Node::Recursive);
        if self.peek().is_some_and(is_word) {
            self.field();
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), String> {
        let rest = self.rest();
        let digits = rest.strip_prefix(['+', '-']).unwrap_or(rest);
        let sign = rest.len() - digits.len();
        let end = sign + digits.find(|c: char| c != '.' && !c.is_numeric()).unwrap_or(digits.len());
        let text = &rest[..end];
        self.at += end;
        self.nodes.push(Node::Number(number(text).ok_or_else(|| format!("cannot parse number {text}"))?));
        Ok(())
    }

    fn field(&mut self) {
        let mut name = String::new();
        while let Some(c) = self.peek() {
            if c == '\\' {
                self.at += 1;
                name.extend(self.next());
            } else if is_terminator(c) {
                break;
            } else {
                name.extend(self.next());
            }
        }
        self.nodes.push(if name == "*" { Node::Wildcard } else { Node::Field(name) });
    }

    fn quote(&mut self, start: usize, quote: char) -> Result<(), String> {
        let mut before = quote;
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated quoted string".to_owned()),
                Some(c) if c == quote && before != '\\' => break,
                Some(c) => before = c,
            }
        }
        let whole = &self.input[start..self.at];
        let text = unquote(&whole[1..whole.len() - 1], quote)
            .ok_or_else(|| format!("unquote string {whole} error invalid syntax"))?;
        self.nodes.push(Node::Text(text));
        Ok(())
    }

    /// The opening bracket has been read.
    fn array(&mut self) -> Result<(), String> {
        let rest = self.rest();
        let end = rest.find([']', '\n']).filter(|end| rest[*end..].starts_with(']'));
        let end = end.ok_or("unterminated array")?;
        self.at += end + 1;
        let text = if &rest[..end] == "*" { ":" } else { &rest[..end] };
        let parts: Vec<&str> = text.split(',').collect();
        if parts.len() > 1 {
            let lists: Result<Vec<Vec<Node>>, String> =
                parts.iter().map(|part| action(&format!("[{}]", part.trim_matches(' ')))).collect();
            self.nodes.push(Node::Union(lists?));
            return Ok(());
        }
        if let Some(key) = quoted_key(text) {
            self.nodes.extend(action(&format!(".{key}"))?);
            return Ok(());
        }
        self.nodes.push(Node::Slice(slice(text)?));
        Ok(())
    }

    fn filter(&mut self) -> Result<(), String> {
        self.at += "[?(".len();
        let start = self.at;
        let mut quote = None;
        let mut closed = false;
        let mut before = '(';
        loop {
            let Some(c) = self.next().filter(|c| *c != '\n') else {
                return Err("unterminated filter".to_owned());
            };
            match c {
                '"' | '\'' if quote.is_none() => quote = Some(c),
                '"' | '\'' if before != '\\' && quote == Some(c) => closed = true,
                ')' if quote.is_some() == closed => break,
                _ => {}
            }
            before = c;
        }
        let text = &self.input[start..self.at - 1];
        if self.next() != Some(']') {
            return Err("unclosed array expect ]".to_owned());
        }
        self.nodes.push(Node::Filter(Box::new(filter(text)?)));
        Ok(())
    }
}

/// `left operator right`, or only `left`.
fn filter(text: &str) -> Result<Filter, String> {
    let is_operator = |c: char| matches!(c, '!' | '<' | '>' | '=');
    let parts = text.find(is_operator).filter(|at| *at > 0).and_then(|at| {
        let tail = &text[at..];
        let end = tail.find(|c| !is_operator(c)).unwrap_or(tail.len());
        // The right side needs a character; an operator at the end gives its last one away.
        let end = if end == tail.len() { end - 1 } else { end };
        (end > 0).then(|| (&text[..at], &tail[..end], &tail[end..]))
    });
    Ok(match parts {
        None => Filter { left: action(text)?, operator: "exists".to_owned(), right: Vec::new() },
        Some((left, operator, right)) => {
            Filter { left: action(left)?, operator: operator.to_owned(), right: action(right)? }
        }
    })
}

fn quoted_key(text: &str) -> Option<&str> {
    let key = text.strip_prefix('\'')?.strip_suffix('\'')?;
    (!key.contains('\'')).then_some(key)
}

fn slice(text: &str) -> Result<Slice, String> {
    let bad = || format!("invalid array index {text}");
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() > 3 {
        return Err(bad());
    }
    let mut numbers = [None; 3];
    for (index, part) in parts.iter().enumerate() {
        let digits = part.strip_prefix('-').unwrap_or(part);
        if !digits.chars().all(|c| c.is_ascii_digit()) || (digits.is_empty() && !part.is_empty()) {
            return Err(if digits.is_empty() {
                format!("array index {part} is not a number")
            } else {
                bad()
            });
        }
        if !part.is_empty() {
            let number = part.parse().map_err(|_| format!("array index {part} is not a number"))?;
            numbers[index] = Some(number);
        }
    }
    let [start, end, step]: [Option<i64>; 3] = numbers;
    Ok(match parts.len() {
        1 => Slice { start, end: Some(start.unwrap_or(0).saturating_add(1)), step, single: true },
        _ => Slice { start, end, step, single: false },
    })
}

fn number(text: &str) -> Option<serde_json::Number> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    serde_json::Number::from_f64(text.parse().ok()?)
}

/// Go's escapes in quoted text.
fn unquote(text: &str, quote: char) -> Option<String> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == quote {
            return None;
        }
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            'a' => out.push('\u{7}'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\u{b}'),
            '\\' => out.push('\\'),
            c if c == quote => out.push(c),
            'x' => out.push(code(&mut chars, 2, 16, 0)?),
            'u' => out.push(code(&mut chars, 4, 16, 0)?),
            'U' => out.push(code(&mut chars, 8, 16, 0)?),
            c @ '0'..='7' => out.push(code(&mut chars, 2, 8, c.to_digit(8)?)?),
            _ => return None,
        }
    }
    Some(out)
}

fn code(chars: &mut std::str::Chars<'_>, digits: usize, radix: u32, first: u32) -> Option<char> {
    let mut value = first;
    for _ in 0..digits {
        value = value.checked_mul(radix)?.checked_add(chars.next()?.to_digit(radix)?)?;
    }
    char::from_u32(value)
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn is_terminator(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}
