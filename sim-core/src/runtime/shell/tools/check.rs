//! test, `[` and expr.

use super::Turn;
use super::io::Io;

pub(super) fn test(io: &mut Io<'_>) -> Turn {
    let name = io.name();
    let arguments = io.arguments();
    let mut words: &[String] = &arguments;
    if name.starts_with('[') {
        let close = if name == "[" { "]" } else { "]]" };
        match words.split_last() {
            Some((last, rest)) if last == close => words = rest,
            _ => {
                io.err(&format!("sh: missing {close}\n"));
                return Ok(2);
            }
        }
    }
    let mut parser = Test { io, words, at: 0, depth: 0 };
    let value = match words {
        [] => Ok(false),
        [single] => Ok(!single.is_empty()),
        _ => parser.or(),
    };
    let left = parser.words.get(parser.at).filter(|_| words.len() > 1).cloned();
    let message = match (value, left) {
        (Ok(value), None) => return Ok(i32::from(!value)),
        (Ok(_), Some(word)) => format!("sh: {word}: unknown operand\n"),
        (Err(message), _) => format!("sh: {message}\n"),
    };
    io.err(&message);
    Ok(2)
}

struct Test<'a, 'b> {
    io: &'a mut Io<'b>,
    words: &'a [String],
    at: usize,
    depth: usize,
}

impl Test<'_, '_> {
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn next(&mut self) -> Option<String> {
        let word = self.words.get(self.at).cloned();
        self.at += usize::from(word.is_some());
        word
    }

    fn or(&mut self) -> Result<bool, String> {
        let mut value = self.and()?;
        while self.peek() == Some("-o") {
            self.at += 1;
            value |= self.and()?;
        }
        Ok(value)
    }

    fn and(&mut self) -> Result<bool, String> {
        let mut value = self.not()?;
        while self.peek() == Some("-a") {
            self.at += 1;
            value &= self.not()?;
        }
        Ok(value)
    }

    fn not(&mut self) -> Result<bool, String> {
        self.depth += 1;
        if self.depth > 60 {
            return Err("too many arguments".to_owned());
        }
        let value = if self.peek() == Some("!") && self.words.len() > self.at + 1 && !self.binary_next() {
            self.at += 1;
            Ok(!self.not()?)
        } else {
            self.primary()
        };
        self.depth -= 1;
        value
    }

    fn binary_next(&self) -> bool {
        const BINARY: &[&str] =
            &["=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "=~"];
        self.words.get(self.at + 1).is_some_and(|word| BINARY.contains(&word.as_str()))
            && self.words.len() > self.at + 2
    }

    fn primary(&mut self) -> Result<bool, String> {
        if self.binary_next() {
            let (Some(left), Some(operator), Some(right)) = (self.next(), self.next(), self.next()) else {
                return Err("argument expected".to_owned());
            };
            return self.compare(&left, &operator, &right);
        }
        let Some(word) = self.next() else { return Err("argument expected".to_owned()) };
        if word == "(" {
            let value = self.or()?;
            return if self.next().as_deref() == Some(")") {
                Ok(value)
            } else {
                Err("closing paren expected".to_owned())
            };
        }
        let is_unary =
            word.len() == 2 && word.starts_with('-') && "nzefdrwxsLhtpSbcgukO".contains(&word[1..]);
        if !is_unary || self.peek().is_none() {
            return Ok(!word.is_empty());
        }
        let operand = self.next().unwrap_or_default();
        let path = self.io.path(&operand);
        let fd_is_terminal = operand.parse().is_ok_and(|fd| self.io.machine.is_terminal(self.io.pid, fd));
        let entry = self.io.files().stat(&path).ok();
        let is_link = self.io.files().entry(&path).is_ok_and(|entry| entry.link.is_some());
        Ok(match &word[1..] {
            "n" => !operand.is_empty(),
            "z" => operand.is_empty(),
            "t" => fd_is_terminal,
            "L" | "h" => is_link,
            "f" => entry.is_some_and(|entry| entry.content.is_some()),
            "d" => entry.is_some_and(|entry| entry.content.is_none()),
            "s" => entry.is_some_and(|entry| entry.content.is_none_or(|content| !content.is_empty())),
            "x" => entry.is_some_and(|entry| entry.content.is_none() || entry.mode & 0o111 != 0),
            "e" | "r" | "w" | "O" => entry.is_some(),
            _ => false,
        })
    }

    fn compare(&mut self, left: &str, operator: &str, right: &str) -> Result<bool, String> {
        let number = |text: &str| text.trim().parse::<i64>().map_err(|_| format!("{text}: bad number"));
        Ok(match operator {
            "=" | "==" => left == right,
            "!=" => left != right,
            "<" => left < right,
            ">" => left > right,
            "=~" => super::grep::compile(right, true, false).is_some_and(|regex| regex.is_match(left)),
            "-eq" => number(left)? == number(right)?,
            "-ne" => number(left)? != number(right)?,
            "-lt" => number(left)? < number(right)?,
            "-le" => number(left)? <= number(right)?,
            "-gt" => number(left)? > number(right)?,
            "-ge" => number(left)? >= number(right)?,
            _ => {
                let (left, right) = (self.io.path(left), self.io.path(right));
                let files = self.io.files();
                match (files.stat(&left), files.stat(&right)) {
                    (Ok(_), Ok(_)) if operator == "-ef" => left == right,
                    (Ok(left), Ok(right)) if operator == "-nt" => left.modified > right.modified,
                    (Ok(left), Ok(right)) => left.modified < right.modified,
                    (left, right) => operator == "-nt" && left.is_ok() && right.is_err(),
                }
            }
        })
    }
}

/// `expr A OP B`, for one operator.
pub(super) fn expr(io: &mut Io<'_>) -> Turn {
    let arguments = io.arguments();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        [value] => Some((*value).to_owned()),
        ["length", value] => Some(value.chars().count().to_string()),
        [left, operator, right] => {
            let numbers = left.parse::<i64>().ok().zip(right.parse::<i64>().ok());
            match (*operator, numbers) {
                ("+", Some((a, b))) => Some(a.wrapping_add(b).to_string()),
                ("-", Some((a, b))) => Some(a.wrapping_sub(b).to_string()),
                ("*", Some((a, b))) => Some(a.wrapping_mul(b).to_string()),
                ("/" | "%", Some((_, 0))) => {
                    io.complain("division by zero");
                    return Ok(2);
                }
                ("/", Some((a, b))) => Some(a.wrapping_div(b).to_string()),
                ("%", Some((a, b))) => Some(a.wrapping_rem(b).to_string()),
                ("=" | "==", _) => Some(i32::from(left == right).to_string()),
                ("!=", _) => Some(i32::from(left != right).to_string()),
                ("<", Some((a, b))) => Some(i32::from(a < b).to_string()),
                (">", Some((a, b))) => Some(i32::from(a > b).to_string()),
                ("<=", Some((a, b))) => Some(i32::from(a <= b).to_string()),
                (">=", Some((a, b))) => Some(i32::from(a >= b).to_string()),
                ("+" | "-" | "*" | "/" | "%", None) => {
                    io.complain("non-numeric argument");
                    return Ok(2);
                }
                _ => None,
            }
        }
        _ => None,
    };
    let Some(result) = result else {
        io.complain("syntax error");
        return Ok(2);
    };
    io.out(&format!("{result}\n"));
    Ok(i32::from(result.is_empty() || result == "0"))
}
