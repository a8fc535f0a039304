//! `$((...))`: 64-bit integers that wrap, as busybox ash has them.

/// The variables of an expression.
pub(super) trait Names {
    /// The value of `name` as text; empty when it is not set.
    fn get(&self, name: &str) -> String;
    /// Sets `name`.
    fn set(&mut self, name: &str, value: i64);
    /// Whether `name[index]` is a name too.
    fn has_arrays(&self) -> bool {
        false
    }
    /// Whether that array's keys are words.
    fn is_named(&self, _name: &str) -> bool {
        false
    }
}

/// Evaluates `text`.
///
/// # Errors
/// ash's message.
pub(super) fn evaluate(text: &str, names: &mut dyn Names) -> Result<i64, String> {
    let mut parser = Evaluator { text, at: 0, names, depth: 0, skipping: 0 };
    if text.trim().is_empty() {
        return Ok(0);
    }
    let value = parser.comma()?;
    parser.blanks();
    if parser.at < text.len() { Err(syntax()) } else { Ok(value) }
}

/// Where the bracket that opens before `text` closes.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' if depth == 0 => return Some(at),
            ']' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn syntax() -> String {
    "arithmetic syntax error".to_owned()
}

/// Binary operators by how tightly they bind, longest first among those that share a beginning.
const BINARY: &[(&str, u8)] = &[
    ("||", 1),
    ("&&", 2),
    ("<<", 8),
    (">>", 8),
    ("==", 6),
    ("!=", 6),
    ("<=", 7),
    (">=", 7),
    ("**", 11),
    ("|", 3),
    ("^", 4),
    ("&", 5),
    ("<", 7),
    (">", 7),
    ("+", 9),
    ("-", 9),
    ("*", 10),
    ("/", 10),
    ("%", 10),
];

struct Evaluator<'a> {
    text: &'a str,
    at: usize,
    names: &'a mut dyn Names,
    depth: usize,
    skipping: usize,
}

impl Evaluator<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, token: &str) -> bool {
        self.blanks();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn comma(&mut self) -> Result<i64, String> {
        let mut value = self.assignment()?;
        while self.take(",") {
            value = self.assignment()?;
        }
        Ok(value)
    }

    fn name(&mut self) -> Option<String> {
        self.blanks();
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if end == 0 || rest.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let mut name = rest[..end].to_owned();
        self.at += end;
        if self.names.has_arrays()
            && let Some(inside) = self.rest().strip_prefix('[')
            && let Some(end) = closing(inside)
        {
            let index = inside[..end].to_owned();
            let is_named = self.names.is_named(&name);
            let value = if is_named { None } else { self.index(&index) };
            name = format!("{name}[{}]", value.map_or(index, |value| value.to_string()));
            self.at += end + 2;
        }
        Some(name)
    }

    /// The value of an index.
    fn index(&mut self, text: &str) -> Option<i64> {
        if self.depth > 20 {
            return None;
        }
        let (depth, skipping) = (self.depth + 1, self.skipping);
        let mut inner = Evaluator { text, at: 0, names: &mut *self.names, depth, skipping };
        inner.comma().ok()
    }

    fn assignment(&mut self) -> Result<i64, String> {
        self.depth += 1;
        if self.depth > 60 {
            return Err(syntax());
        }
        let value = self.assignment_inside();
        self.depth -= 1;
        value
    }

    fn assignment_inside(&mut self) -> Result<i64, String> {
        let start = self.at;
        if let Some(name) = self.name() {
            self.blanks();
            for operator in ["<<", ">>", "+", "-", "*", "/", "%", "&", "|", "^", ""] {
                let rest = self.rest();
                let Some(after) = rest.strip_prefix(operator).and_then(|rest| rest.strip_prefix('=')) else {
                    continue;
                };
                if operator.is_empty() && after.starts_with('=') {
                    continue;
                }
                self.at += operator.len() + 1;
                let right = self.assignment()?;
                let value = if operator.is_empty() {
                    right
                } else {
                    let left = self.value_of(&name)?;
                    self.apply(operator, left, right)?
                };
                self.set(&name, value);
                return Ok(value);
            }
        }
        self.at = start;
        self.ternary()
    }

    fn set(&mut self, name: &str, value: i64) {
        if self.skipping == 0 {
            self.names.set(name, value);
        }
    }

    fn value_of(&mut self, name: &str) -> Result<i64, String> {
        let mut text = self.names.get(name);
        // A variable may name another one; a chain longer than this goes round.
        for _ in 0..16 {
            let trimmed = text.trim();
            if trimmed.is_empty() {
                return Ok(0);
            }
            if let Some(number) = parse_number(trimmed) {
                return Ok(number);
            }
            if !trimmed.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(syntax());
            }
            text = self.names.get(trimmed);
        }
        Err("expression recursion loop detected".to_owned())
    }

    fn ternary(&mut self) -> Result<i64, String> {
        let condition = self.binary(1)?;
        self.blanks();
        if !self.take("?") {
            return Ok(condition);
        }
        let yes = self.skip_if(condition == 0, Evaluator::assignment)?;
        if !self.take(":") {
            return Err("malformed ?: operator".to_owned());
        }
        let no = self.skip_if(condition != 0, Evaluator::assignment)?;
        Ok(if condition != 0 { yes } else { no })
    }

    fn skip_if(
        &mut self,
        skip: bool,
        parse: impl FnOnce(&mut Self) -> Result<i64, String>,
    ) -> Result<i64, String> {
        self.skipping += usize::from(skip);
        let value = parse(self);
        self.skipping -= usize::from(skip);
        value
    }

    fn binary(&mut self, least: u8) -> Result<i64, String> {
        let mut left = self.unary()?;
        loop {
            self.blanks();
            let rest = self.rest();
            let found = BINARY.iter().find(|(operator, _)| rest.starts_with(operator));
            let Some(&(operator, binds)) = found else { return Ok(left) };
            if binds < least {
                return Ok(left);
            }
            self.at += operator.len();
            let skip = (operator == "&&" && left == 0) || (operator == "||" && left != 0);
            let next = if operator == "**" { binds } else { binds + 1 };
            self.depth += 1;
            if self.depth > 60 {
                return Err(syntax());
            }
            let right = self.skip_if(skip, |parser| parser.binary(next))?;
            self.depth -= 1;
            left = self.apply(operator, left, right)?;
        }
    }

    fn apply(&self, operator: &str, left: i64, right: i64) -> Result<i64, String> {
        if matches!(operator, "/" | "%") && right == 0 {
            return if self.skipping > 0 { Ok(0) } else { Err("divide by zero".to_owned()) };
        }
        let shift = (right & 63) as u32;
        Ok(match operator {
            "||" => i64::from(left != 0 || right != 0),
            "&&" => i64::from(left != 0 && right != 0),
            "|" => left | right,
            "^" => left ^ right,
            "&" => left & right,
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "<" => i64::from(left < right),
            "<=" => i64::from(left <= right),
            ">" => i64::from(left > right),
            ">=" => i64::from(left >= right),
            "<<" => left.wrapping_shl(shift),
            ">>" => left.wrapping_shr(shift),
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            "/" => left.wrapping_div(right),
            "%" => left.wrapping_rem(right),
            _ => match u32::try_from(right) {
                Ok(exponent) => left.wrapping_pow(exponent),
                Err(_) => return Err("exponent less than 0".to_owned()),
            },
        })
    }

    fn unary(&mut self) -> Result<i64, String> {
        self.depth += 1;
        if self.depth > 60 {
            return Err(syntax());
        }
        let value = self.unary_inside();
        self.depth -= 1;
        value
    }

    fn unary_inside(&mut self) -> Result<i64, String> {
        self.blanks();
        for (token, step) in [("++", 1), ("--", -1)] {
            let start = self.at;
            if self.take(token) {
                if let Some(name) = self.name() {
                    let value = self.value_of(&name)?.wrapping_add(step);
                    self.set(&name, value);
                    return Ok(value);
                }
                self.at = start;
            }
        }
        if self.take("!") {
            return Ok(i64::from(self.unary()? == 0));
        }
        if self.take("~") {
            return Ok(!self.unary()?);
        }
        if self.take("-") {
            return Ok(self.unary()?.wrapping_neg());
        }
        if self.take("+") {
            return self.unary();
        }
        if self.take("(") {
            let value = self.comma()?;
            return if self.take(")") { Ok(value) } else { Err(syntax()) };
        }
        if let Some(name) = self.name() {
            let value = self.value_of(&name)?;
            for (token, step) in [("++", 1i64), ("--", -1)] {
                if self.take(token) {
                    self.set(&name, value.wrapping_add(step));
                }
            }
            return Ok(value);
        }
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let number = parse_number(&rest[..end]).ok_or_else(syntax)?;
        self.at += end;
        Ok(number)
    }
}

fn parse_number(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let parsed = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => i64::from_str_radix(hex, 16).ok()?,
        None if digits.len() > 1 && digits.starts_with('0') => i64::from_str_radix(&digits[1..], 8).ok()?,
        None if digits.starts_with(|c: char| c.is_ascii_digit()) => digits.parse().ok()?,
        None => return None,
    };
    Some(if negative { parsed.wrapping_neg() } else { parsed })
}
