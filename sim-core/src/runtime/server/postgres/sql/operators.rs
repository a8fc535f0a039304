//! Expressions from their words.

use super::SqlError;
use super::expr::Expr;
use super::lexer::Kind;
use super::parser::Parser;
use super::value::{Datum, decimal};

/// How deep expressions may be nested.
const MAX_DEPTH: usize = 40;

impl Parser<'_> {
    /// An expression of operators that bind at least as tightly as `level`: OR 0, AND 1, NOT 2,
    /// comparison 3, the others 4, sums 5, products 6.
    pub fn expr(&mut self, level: u8) -> Result<Expr, SqlError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SqlError::new("stack depth limit exceeded"));
        }
        let result = self.expr_within(level);
        self.depth -= 1;
        result
    }

    fn expr_within(&mut self, level: u8) -> Result<Expr, SqlError> {
        let mut left =
            if level <= 2 && self.word("not") { Expr::Not(Box::new(self.expr(2)?)) } else { self.primary()? };
        loop {
            let at = self.peek().at;
            if level <= 3 && self.word("is") {
                let not = self.word("not");
                left = if self.word("null") {
                    Expr::IsNull(Box::new(left), not)
                } else {
                    let value = Expr::Literal(Datum::Bool(self.is("true")));
                    if !self.word("true") {
                        self.need("false")?;
                    }
                    Expr::Binary(if not { "<>" } else { "=" }, Box::new(left), Box::new(value), at)
                };
                continue;
            }
            let not = level <= 3 && self.is("not");
            if not {
                self.at += 1;
            }
            if level <= 3 && self.word("in") {
                self.need_sign("(")?;
                left = Expr::In(Box::new(left), self.list_closed()?, not);
                continue;
            }
            if level <= 3 && self.word("between") {
                let low = self.expr(4)?;
                self.need("and")?;
                left = Expr::Between(Box::new(left), Box::new(low), Box::new(self.expr(4)?), not);
                continue;
            }
            if level <= 3 && (self.is("like") || self.is("ilike")) {
                let folded = self.is("ilike");
                self.at += 1;
                left = Expr::Like { text: Box::new(left), pattern: Box::new(self.expr(4)?), not, folded };
                continue;
            }
            if not {
                return Err(self.wrong());
            }
            let (operator, binding): (&'static str, u8) = match &self.peek().kind {
                Kind::Word(word) if word == "or" => ("or", 0),
                Kind::Word(word) if word == "and" => ("and", 1),
                Kind::Sign(sign @ ("=" | "<>" | "!=" | "<" | ">" | "<=" | ">=")) => (sign, 3),
                Kind::Sign("||") => ("||", 4),
                Kind::Sign(sign @ ("+" | "-")) => (sign, 5),
                Kind::Sign(sign @ ("*" | "/" | "%")) => (sign, 6),
                _ => return Ok(left),
            };
            if binding < level {
                return Ok(left);
            }
            self.at += 1;
            let right = self.expr(binding + 1)?;
            left = Expr::Binary(operator, Box::new(left), Box::new(right), at);
        }
    }

    fn primary(&mut self) -> Result<Expr, SqlError> {
        let mut expr = self.atom()?;
        while self.sign("::") {
            let (kind, _) = self.kind()?;
            expr = Expr::Cast(Box::new(expr), kind);
        }
        Ok(expr)
    }

    fn atom(&mut self) -> Result<Expr, SqlError> {
        let token = self.peek().clone();
        self.at += 1;
        match token.kind {
            Kind::Number(text) => decimal(&text).map(Expr::Literal).ok_or_else(|| {
                SqlError::new(format!("trailing junk after numeric literal at or near \"{text}\""))
                    .at(token.at)
            }),
            Kind::Text(text) => Ok(Expr::Literal(Datum::Text(text.into()))),
            Kind::Sign("-") => {
                let zero = Expr::Literal(Datum::Int(0));
                Ok(Expr::Binary("-", Box::new(zero), Box::new(self.expr(6)?), token.at))
            }
            Kind::Sign("(") => {
                let expr =
                    if self.is("select") { Expr::Query(Box::new(self.select()?)) } else { self.expr(0)? };
                self.need_sign(")")?;
                Ok(expr)
            }
            Kind::Word(word) => match word.as_str() {
                "null" => Ok(Expr::Literal(Datum::Null)),
                "true" => Ok(Expr::Literal(Datum::Bool(true))),
                "false" => Ok(Expr::Literal(Datum::Bool(false))),
                "default" => Ok(Expr::Default),
                "case" => self.case(),
                "current_timestamp" | "current_user" | "current_date" | "session_user" => {
                    Ok(Expr::Call { name: word, arguments: Vec::new(), star: false, at: token.at })
                }
                "select" | "from" | "where" => {
                    self.at -= 1;
                    Err(self.wrong())
                }
                "exists" if self.sign("(") => {
                    let query = Expr::Query(Box::new(self.select()?));
                    self.need_sign(")")?;
                    Ok(Expr::IsNull(Box::new(query), true))
                }
                _ => self.named(word, token.at),
            },
            Kind::Quoted(name) => self.named(name, token.at),
            _ => {
                self.at -= 1;
                Err(self.wrong())
            }
        }
    }

    /// A column or a call.
    fn named(&mut self, name: String, at: usize) -> Result<Expr, SqlError> {
        if self.sign("(") {
            if self.sign("*") {
                self.need_sign(")")?;
                return Ok(Expr::Call { name, arguments: Vec::new(), star: true, at });
            }
            self.word("distinct");
            let arguments = if self.sign(")") { Vec::new() } else { self.list_closed()? };
            return Ok(Expr::Call { name, arguments, star: false, at });
        }
        if self.sign(".") {
            if self.sign("*") {
                return Ok(Expr::Star);
            }
            let (column, at) = self.name()?;
            if matches!(name.as_str(), "pg_catalog" | "public") {
                return self.named(column, at);
            }
            return Ok(Expr::Column(column, at));
        }
        Ok(Expr::Column(name, at))
    }

    fn case(&mut self) -> Result<Expr, SqlError> {
        let (mut arms, mut otherwise) = (Vec::new(), None);
        while self.word("when") {
            let test = self.expr(0)?;
            self.need("then")?;
            arms.push((test, self.expr(0)?));
        }
        if self.word("else") {
            otherwise = Some(Box::new(self.expr(0)?));
        }
        self.need("end")?;
        Ok(Expr::Case(arms, otherwise))
    }
}
