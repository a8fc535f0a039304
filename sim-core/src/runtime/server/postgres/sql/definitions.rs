//! Statements that define things: CREATE, ALTER and DROP.

use super::Column;
use super::SqlError;
use super::expr::Expr;
use super::lexer::Kind;
use super::parser::Parser;
use super::statement::Statement;
use super::value::{Datum, Type};

impl Parser<'_> {
    pub(super) fn create(&mut self) -> Result<Statement, SqlError> {
        if self.words(&["or", "replace"]) || self.is("function") || self.is("view") {
            return Err(SqlError::new("functions and views are not simulated").at(self.peek().at));
        }
        self.word("unlogged");
        self.word("temporary");
        self.word("temp");
        if self.word("table") {
            return self.create_table();
        }
        if self.word("database") {
            let name = self.name()?.0;
            self.skip();
            return Ok(Statement::CreateDatabase { name });
        }
        for (word, is_user) in [("role", false), ("user", true)] {
            if self.word(word) {
                return self.role(true, is_user);
            }
        }
        for (word, tag) in [
            ("index", "CREATE INDEX"),
            ("unique", "CREATE INDEX"),
            ("schema", "CREATE SCHEMA"),
            ("extension", "CREATE EXTENSION"),
            ("publication", "CREATE PUBLICATION"),
            ("sequence", "CREATE SEQUENCE"),
        ] {
            if self.word(word) {
                return self.accept(tag);
            }
        }
        Err(self.wrong())
    }

    fn create_table(&mut self) -> Result<Statement, SqlError> {
        let if_missing = self.words(&["if", "not", "exists"]);
        let name = self.name()?.0;
        self.need_sign("(")?;
        let (mut columns, mut key) = (Vec::new(), Vec::new());
        while !self.sign(")") {
            if self.words(&["primary", "key"]) {
                self.need_sign("(")?;
                key = self.names()?.into_iter().map(|(name, _)| name).collect();
                self.need_sign(")")?;
            } else if self.is("constraint") || self.is("unique") || self.is("foreign") || self.is("check") {
                self.skip_part();
            } else {
                let column = self.column(&mut key)?;
                columns.push(column);
            }
            if !self.sign(",") {
                self.need_sign(")")?;
                break;
            }
        }
        self.skip();
        Ok(Statement::CreateTable { name, if_missing, columns, key })
    }

    /// Goes past what a table says of itself and is not kept.
    fn skip_part(&mut self) {
        let mut depth = 0;
        loop {
            match self.peek().kind {
                Kind::End | Kind::Sign(";") => return,
                Kind::Sign("," | ")") if depth == 0 => return,
                Kind::Sign("(") => depth += 1,
                Kind::Sign(")") => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }

    pub fn kind(&mut self) -> Result<(Type, bool), SqlError> {
        let (name, at) = self.name()?;
        let Some(mut kind) = Type::named(&name) else {
            return Err(SqlError::new(format!("type \"{name}\" does not exist")).at(at));
        };
        self.word("varying");
        self.word("precision");
        if self.sign("(") {
            let length = self.expr(0)?;
            if let (Type::Varchar(size), Expr::Literal(Datum::Int(length))) = (&mut kind, length) {
                *size = usize::try_from(length).ok();
            }
            while !self.sign(")") {
                if self.peek().kind == Kind::End {
                    return Err(self.wrong());
                }
                self.at += 1;
            }
        }
        if self.words(&["with", "time", "zone"]) {
            kind = Type::Other("timestamp with time zone");
        }
        self.words(&["without", "time", "zone"]);
        Ok((kind, matches!(name.as_str(), "serial" | "bigserial")))
    }

    fn column(&mut self, key: &mut Vec<String>) -> Result<Column, SqlError> {
        let name = self.name()?.0;
        let (kind, serial) = self.kind()?;
        let mut column = Column { name, kind, not_null: serial, unique: false, default: None, serial };
        loop {
            if self.words(&["primary", "key"]) {
                key.push(column.name.clone());
            } else if self.words(&["not", "null"]) {
                column.not_null = true;
            } else if self.word("null") {
            } else if self.word("unique") {
                column.unique = true;
            } else if self.word("default") {
                let from = self.peek().at;
                self.expr(4)?;
                let end = self.tokens[self.at.saturating_sub(1).min(self.tokens.len() - 1)].end;
                column.default = self.query.get(from..end).map(str::to_owned);
            } else if self.word("generated") {
                while self.word("always")
                    || self.word("by")
                    || self.word("default")
                    || self.word("as")
                    || self.word("identity")
                {}
                column.serial = true;
                column.not_null = true;
            } else if self.is("references") || self.is("check") || self.is("constraint") || self.is("collate")
            {
                self.skip_part();
            } else {
                return Ok(column);
            }
        }
    }

    pub(super) fn drop_something(&mut self) -> Result<Statement, SqlError> {
        if self.word("table") {
            let if_there = self.if_exists();
            let names = self.names()?.into_iter().map(|(name, _)| name).collect();
            self.skip();
            return Ok(Statement::DropTable { names, if_there });
        }
        if self.word("database") {
            let if_there = self.if_exists();
            let name = self.name()?.0;
            self.skip();
            return Ok(Statement::DropDatabase { name, if_there });
        }
        if self.word("role") || self.word("user") {
            let if_there = self.if_exists();
            return Ok(Statement::DropRole { name: self.name()?.0, if_there });
        }
        for (word, tag) in
            [("index", "DROP INDEX"), ("schema", "DROP SCHEMA"), ("extension", "DROP EXTENSION")]
        {
            if self.word(word) {
                return self.accept(tag);
            }
        }
        Err(self.wrong())
    }

    pub(super) fn alter(&mut self) -> Result<Statement, SqlError> {
        if self.word("system") {
            return self.accept("ALTER SYSTEM");
        }
        if self.word("database") {
            return self.accept("ALTER DATABASE");
        }
        for (word, is_user) in [("role", false), ("user", true)] {
            if self.word(word) {
                return self.role(false, is_user);
            }
        }
        self.need("table")?;
        let table = self.name()?;
        if self.word("add") {
            self.word("column");
            let column = self.column(&mut Vec::new())?;
            return Ok(Statement::AddColumn { table, column });
        }
        self.accept("ALTER TABLE")
    }

    fn role(&mut self, create: bool, is_user: bool) -> Result<Statement, SqlError> {
        let name = self.name()?.0;
        let (mut options, mut password) = (Vec::new(), None);
        self.word("with");
        loop {
            match self.peek().kind.clone() {
                Kind::Word(word) if word == "password" => {
                    self.at += 1;
                    match self.next().kind {
                        Kind::Text(text) => password = Some(text),
                        _ => {
                            self.at -= 1;
                            return Err(self.wrong());
                        }
                    }
                }
                Kind::Word(word) => {
                    self.at += 1;
                    options.push(word);
                }
                Kind::Number(_) | Kind::Text(_) => self.at += 1,
                _ => return Ok(Statement::Role { name, create, is_user, options, password }),
            }
        }
    }
}
