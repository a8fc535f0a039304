//! Statements from their words.

use super::SqlError;
use super::expr::Expr;
use super::lexer::{Kind, Token, tokens};
use super::statement::{Select, Source, Statement};

/// A query's statements, each with where it begins.
///
/// # Errors
/// A syntax error.
pub(super) fn statements(query: &str) -> Result<Vec<Statement>, SqlError> {
    let mut parser = Parser { query, tokens: tokens(query)?, at: 0, depth: 0 };
    let mut statements = Vec::new();
    loop {
        while parser.sign(";") {}
        if parser.peek().kind == Kind::End {
            return Ok(statements);
        }
        statements.push(parser.statement()?);
        if parser.peek().kind != Kind::End && !parser.sign(";") {
            return Err(parser.wrong());
        }
    }
}

/// An expression that stands alone, as a column's default does.
pub(super) fn expression(text: &str) -> Result<Expr, SqlError> {
    Parser { query: text, tokens: tokens(text)?, at: 0, depth: 0 }.expr(0)
}

pub(super) struct Parser<'a> {
    pub query: &'a str,
    pub tokens: Vec<Token>,
    pub at: usize,
    pub depth: usize,
}

/// Words that end an expression's alias.
const CLAUSES: &[&str] = &[
    "from",
    "where",
    "group",
    "order",
    "limit",
    "offset",
    "returning",
    "on",
    "union",
    "having",
    "as",
    "asc",
    "desc",
    "and",
    "or",
    "set",
    "then",
    "when",
    "else",
    "end",
    "is",
    "in",
    "not",
    "like",
    "ilike",
    "between",
    "values",
];

impl Parser<'_> {
    pub fn peek(&self) -> &Token {
        // The last token is End, and nothing goes past it.
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    pub fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    pub fn wrong(&self) -> SqlError {
        let token = self.peek();
        match token.kind {
            Kind::End => SqlError::new("syntax error at end of input").at(token.at),
            _ => {
                let text = &self.query[token.at..token.end];
                SqlError::new(format!("syntax error at or near \"{text}\"")).at(token.at)
            }
        }
    }

    pub fn is(&self, word: &str) -> bool {
        matches!(&self.peek().kind, Kind::Word(known) if known == word)
    }

    /// Goes past a keyword if it is next.
    pub fn word(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }

    pub fn words(&mut self, words: &[&str]) -> bool {
        let from = self.at;
        let all = words.iter().all(|word| self.word(word));
        if !all {
            self.at = from;
        }
        all
    }

    pub fn need(&mut self, word: &str) -> Result<(), SqlError> {
        if self.word(word) { Ok(()) } else { Err(self.wrong()) }
    }

    pub fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(&self.peek().kind, Kind::Sign(known) if *known == sign);
        self.at += usize::from(found);
        found
    }

    pub fn need_sign(&mut self, sign: &str) -> Result<(), SqlError> {
        if self.sign(sign) { Ok(()) } else { Err(self.wrong()) }
    }

    pub fn name(&mut self) -> Result<(String, usize), SqlError> {
        let token = self.peek().clone();
        match token.kind {
            Kind::Word(word) | Kind::Quoted(word) => {
                self.at += 1;
                // A schema's name says nothing more here.
                if matches!(word.as_str(), "public" | "pg_catalog" | "information_schema") && self.sign(".") {
                    return self.name();
                }
                Ok((word, token.at))
            }
            _ => Err(self.wrong()),
        }
    }

    pub fn names(&mut self) -> Result<Vec<(String, usize)>, SqlError> {
        let mut names = vec![self.name()?];
        while self.sign(",") {
            names.push(self.name()?);
        }
        Ok(names)
    }

    pub fn if_exists(&mut self) -> bool {
        self.words(&["if", "exists"])
    }

    /// Goes past the rest of the statement.
    pub fn skip(&mut self) {
        while !matches!(self.peek().kind, Kind::End | Kind::Sign(";")) {
            self.at += 1;
        }
    }

    pub fn accept(&mut self, tag: &'static str) -> Result<Statement, SqlError> {
        self.skip();
        Ok(Statement::Accept(tag))
    }

    fn statement(&mut self) -> Result<Statement, SqlError> {
        let Kind::Word(first) = self.peek().kind.clone() else { return Err(self.wrong()) };
        if matches!(first.as_str(), "select" | "values" | "table") {
            return Ok(Statement::Select(self.select()?));
        }
        self.at += 1;
        match first.as_str() {
            "insert" => self.insert(),
            "update" => self.update(),
            "delete" => {
                self.need("from")?;
                let table = self.name()?;
                let filter = if self.word("where") { Some(self.expr(0)?) } else { None };
                Ok(Statement::Delete { table, filter, returning: self.returning()? })
            }
            "create" => self.create(),
            "drop" => self.drop_something(),
            "alter" => self.alter(),
            "truncate" => {
                self.word("table");
                let names = self.names()?;
                self.skip();
                Ok(Statement::Truncate { names })
            }
            "begin" => {
                self.skip();
                Ok(Statement::Begin)
            }
            "start" => {
                self.need("transaction")?;
                self.skip();
                Ok(Statement::Begin)
            }
            "commit" | "end" => {
                self.skip();
                Ok(Statement::Commit)
            }
            "rollback" | "abort" => {
                self.skip();
                Ok(Statement::Rollback)
            }
            "show" => {
                let name = self.name()?.0;
                self.skip();
                Ok(Statement::Show(name))
            }
            "set" | "reset" => self.accept("SET"),
            "grant" => self.accept("GRANT"),
            "revoke" => self.accept("REVOKE"),
            "vacuum" => self.accept("VACUUM"),
            "analyze" => self.accept("ANALYZE"),
            "checkpoint" => self.accept("CHECKPOINT"),
            "comment" => self.accept("COMMENT"),
            _ => {
                self.at -= 1;
                Err(self.wrong())
            }
        }
    }

    pub fn select(&mut self) -> Result<Select, SqlError> {
        let mut select = Select::default();
        if self.word("table") {
            let (name, at) = self.name()?;
            select.items = vec![(Expr::Star, None)];
            select.source = Some(Source::Table { name, at });
            return Ok(select);
        }
        if self.word("values") {
            let mut rows = Vec::new();
            loop {
                self.need_sign("(")?;
                rows.push(self.list()?);
                self.need_sign(")")?;
                if !self.sign(",") {
                    break;
                }
            }
            select.items = vec![(Expr::Star, None)];
            select.source = Some(Source::Values(rows));
            return Ok(select);
        }
        self.need("select")?;
        select.distinct = self.word("distinct");
        select.items = self.items()?;
        if self.word("from") {
            let (name, at) = self.name()?;
            select.source = Some(if self.sign("(") {
                let arguments = if self.sign(")") { Vec::new() } else { self.list_closed()? };
                Source::Function(Expr::Call { name, arguments, star: false, at })
            } else {
                Source::Table { name, at }
            });
            self.alias();
            if matches!(&self.peek().kind, Kind::Sign(","))
                || self.is("join")
                || self.is("left")
                || self.is("inner")
            {
                return Err(SqlError::new("joins are not simulated").at(self.peek().at));
            }
        }
        if self.word("where") {
            select.filter = Some(self.expr(0)?);
        }
        if self.words(&["group", "by"]) {
            select.groups = self.list()?;
        }
        if self.words(&["order", "by"]) {
            loop {
                let key = self.expr(0)?;
                let down = self.word("desc");
                self.word("asc");
                select.order.push((key, down));
                if !self.sign(",") {
                    break;
                }
            }
        }
        loop {
            if self.word("limit") {
                select.limit = Some(self.expr(0)?);
            } else if self.word("offset") {
                select.offset = Some(self.expr(0)?);
            } else {
                return Ok(select);
            }
        }
    }

    fn alias(&mut self) -> Option<String> {
        let named = self.word("as");
        match &self.peek().kind {
            Kind::Quoted(name) => {
                let name = name.clone();
                self.at += 1;
                Some(name)
            }
            Kind::Word(name) if named || !CLAUSES.contains(&name.as_str()) => {
                let name = name.clone();
                self.at += 1;
                Some(name)
            }
            _ => None,
        }
    }

    fn items(&mut self) -> Result<Vec<(Expr, Option<String>)>, SqlError> {
        let mut items = Vec::new();
        loop {
            if self.sign("*") {
                items.push((Expr::Star, None));
            } else {
                let expr = self.expr(0)?;
                items.push((expr, self.alias()));
            }
            if !self.sign(",") {
                return Ok(items);
            }
        }
    }

    fn returning(&mut self) -> Result<Vec<(Expr, Option<String>)>, SqlError> {
        if self.word("returning") { self.items() } else { Ok(Vec::new()) }
    }

    fn list(&mut self) -> Result<Vec<Expr>, SqlError> {
        let mut list = vec![self.expr(0)?];
        while self.sign(",") {
            list.push(self.expr(0)?);
        }
        Ok(list)
    }

    pub fn list_closed(&mut self) -> Result<Vec<Expr>, SqlError> {
        let list = self.list()?;
        self.need_sign(")")?;
        Ok(list)
    }

    fn insert(&mut self) -> Result<Statement, SqlError> {
        self.need("into")?;
        let table = self.name()?;
        let mut columns = Vec::new();
        if self.sign("(") {
            columns = self.names()?;
            self.need_sign(")")?;
        }
        let rows = if self.words(&["default", "values"]) {
            Select {
                source: Some(Source::Values(vec![Vec::new()])),
                items: vec![(Expr::Star, None)],
                ..Select::default()
            }
        } else {
            self.select()?
        };
        let mut skip_conflicts = false;
        if self.words(&["on", "conflict"]) {
            if self.sign("(") {
                self.names()?;
                self.need_sign(")")?;
            }
            self.need("do")?;
            self.need("nothing")?;
            skip_conflicts = true;
        }
        Ok(Statement::Insert { table, columns, rows, skip_conflicts, returning: self.returning()? })
    }

    fn update(&mut self) -> Result<Statement, SqlError> {
        let table = self.name()?;
        self.need("set")?;
        let mut sets = Vec::new();
        loop {
            let (name, at) = self.name()?;
            self.need_sign("=")?;
            sets.push((name, at, self.expr(0)?));
            if !self.sign(",") {
                break;
            }
        }
        let filter = if self.word("where") { Some(self.expr(0)?) } else { None };
        Ok(Statement::Update { table, sets, filter, returning: self.returning()? })
    }
}
