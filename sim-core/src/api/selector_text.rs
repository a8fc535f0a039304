//! Label selectors as a command line writes them: `app=web,tier!=db,env in (a,b),!old`.
//!
//! Models apimachinery pkg/labels: Parse.

use super::field::FieldError;
use super::selector::{Operator, Requirement, Selector};
use super::validation::format;

impl Selector {
    /// Reads a selector; an empty text picks everything.
    ///
    /// # Errors
    /// The parser's complaint, `found '=', expected: ',' or 'end of string'`.
    pub fn parse(text: &str) -> Result<Selector, String> {
        let tokens = lex(text);
        let mut parser = Parser { tokens: &tokens, at: 0 };
        let mut requirements = Vec::new();
        if parser.peek().is_none() {
            return Ok(Selector::default());
        }
        if let Some(token) = parser.peek().filter(|token| !starts_requirement(token)) {
            return Err(format!("found '{token}', expected: !, identifier, or 'end of string'"));
        }
        loop {
            let requirement = parser.requirement().and_then(checked);
            requirements.push(requirement.map_err(|why| format!("unable to parse requirement: {why}"))?);
            match parser.next() {
                None => break,
                Some(",") if parser.peek().is_some_and(starts_requirement) => {}
                Some(",") => {
                    let found = parser.peek().unwrap_or_default();
                    return Err(format!("found '{found}', expected: identifier after ','"));
                }
                Some(other) => return Err(format!("found '{other}', expected: ',' or 'end of string'")),
            }
        }
        requirements.sort_by(|a: &Requirement, b| a.key.cmp(&b.key));
        Ok(Selector::new(requirements))
    }
}

fn starts_requirement(token: &str) -> bool {
    token == "!" || is_word(token)
}

/// Models apimachinery pkg/labels: NewRequirement.
fn checked(requirement: Requirement) -> Result<Requirement, String> {
    let key = requirement.key.as_str();
    let complaint = |path: String, value: &str, problems: format::Problems| match problems.is_empty() {
        true => Ok(()),
        false => Err(FieldError::invalid(path, value, problems.join("; ")).to_string()),
    };
    complaint("key".to_owned(), key, format::qualified_name(key))?;
    if let Operator::In(values) | Operator::NotIn(values) = &requirement.operator {
        for (index, value) in values.iter().enumerate() {
            complaint(format!("values[{index}][{key}]"), value, format::label_value(value))?;
        }
    }
    Ok(requirement)
}

struct Parser<'a> {
    tokens: &'a [&'a str],
    at: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self) -> Option<&'a str> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let absent = self.peek() == Some("!");
        if absent {
            self.at += 1;
        }
        let key = match self.next() {
            Some(token) if is_word(token) => token.to_owned(),
            other => return Err(format!("found '{}', expected: identifier", other.unwrap_or_default())),
        };
        if absent {
            return Ok(Requirement { key, operator: Operator::DoesNotExist });
        }
        let operator = match self.peek() {
            None | Some(",") => return Ok(Requirement { key, operator: Operator::Exists }),
            Some(operator) => operator,
        };
        self.at += 1;
        let operator = match operator {
            "=" | "==" => Operator::In(vec![self.value()]),
            "!=" => Operator::NotIn(vec![self.value()]),
            "in" => Operator::In(self.values()?),
            "notin" => Operator::NotIn(self.values()?),
            ">" => Operator::GreaterThan(self.number()?),
            "<" => Operator::LessThan(self.number()?),
            other => {
                return Err(format!("found '{other}', expected: in, notin, =, ==, !=, gt, lt"));
            }
        };
        Ok(Requirement { key, operator })
    }

    /// The value after `=`, which may be empty.
    fn value(&mut self) -> String {
        match self.peek() {
            Some(token) if is_word(token) => {
                self.at += 1;
                token.to_owned()
            }
            _ => String::new(),
        }
    }

    fn number(&mut self) -> Result<i64, String> {
        let value = self.value();
        let problem = "for 'Gt', 'Lt' operators, the value must be an integer";
        value.parse().map_err(|_| FieldError::invalid("values[0]".to_owned(), value, problem).to_string())
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        match self.next() {
            Some("(") => {}
            other => return Err(format!("found '{}' expected: '('", other.unwrap_or_default())),
        }
        let mut values = vec![self.value()];
        loop {
            match self.next() {
                Some(",") => values.push(self.value()),
                Some(")") => break,
                other => return Err(format!("found '{}', expected: ',' or ')'", other.unwrap_or_default())),
            }
        }
        values.sort();
        values.dedup();
        Ok(values)
    }
}

fn is_word(token: &str) -> bool {
    !token.starts_with(['=', '!', ',', '(', ')', '<', '>'])
}

fn lex(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | ')' | ',' => 1,
            '=' | '!' | '<' | '>' => rest.find(|c| !matches!(c, '=' | '!' | '<' | '>')).unwrap_or(rest.len()),
            _ => rest.find(|c: char| c.is_whitespace() || "(),=!<>".contains(c)).unwrap_or(rest.len()),
        };
        let (token, tail) = rest.split_at(length);
        tokens.push(token);
        rest = tail.trim_start();
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(key: &str, operator: Operator) -> Requirement {
        Requirement { key: key.to_owned(), operator }
    }

    #[test]
    fn every_operator_is_read() {
        let selector = Selector::parse("app=web, tier!=db,env in (b, a),!old,new,x notin(y),z==1");
        let wanted = vec![
            requirement("app", Operator::In(vec!["web".to_owned()])),
            requirement("env", Operator::In(vec!["a".to_owned(), "b".to_owned()])),
            requirement("new", Operator::Exists),
            requirement("old", Operator::DoesNotExist),
            requirement("tier", Operator::NotIn(vec!["db".to_owned()])),
            requirement("x", Operator::NotIn(vec!["y".to_owned()])),
            requirement("z", Operator::In(vec!["1".to_owned()])),
        ];
        assert_eq!(selector, Ok(Selector::new(wanted)));
        assert_eq!(Selector::parse(""), Ok(Selector::default()));
    }

    #[test]
    fn complaints_name_what_was_found() {
        assert_eq!(Selector::parse("a=b=c"), Err("found '=', expected: ',' or 'end of string'".to_owned()));
        assert_eq!(Selector::parse("a=b,"), Err("found '', expected: identifier after ','".to_owned()));
        assert_eq!(
            Selector::parse("a in b"),
            Err("unable to parse requirement: found 'b' expected: '('".to_owned())
        );
        assert_eq!(
            Selector::parse("=a"),
            Err("found '=', expected: !, identifier, or 'end of string'".to_owned())
        );
        insta::assert_snapshot!(Selector::parse("app=-x").unwrap_err(), @r#"unable to parse requirement: values[0][app]: Invalid value: "-x": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"#);
    }
}
