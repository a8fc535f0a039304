//! What a session can be asked to do.

use super::Column;
use super::expr::Expr;

/// What a SELECT reads from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Table { name: String, at: usize },
    Function(Expr),
    Values(Vec<Vec<Expr>>),
}

/// A SELECT.
#[derive(Clone, Debug, Default)]
pub(super) struct Select {
    pub items: Vec<(Expr, Option<String>)>,
    pub source: Option<Source>,
    pub filter: Option<Expr>,
    pub groups: Vec<Expr>,
    /// Expressions, each with whether it goes down.
    pub order: Vec<(Expr, bool)>,
    pub limit: Option<Expr>,
    pub offset: Option<Expr>,
    pub distinct: bool,
}

/// A statement.
#[derive(Clone, Debug)]
pub(super) enum Statement {
    Select(Select),
    Insert {
        table: (String, usize),
        columns: Vec<(String, usize)>,
        rows: Select,
        skip_conflicts: bool,
        returning: Vec<(Expr, Option<String>)>,
    },
    Update {
        table: (String, usize),
        sets: Vec<(String, usize, Expr)>,
        filter: Option<Expr>,
        returning: Vec<(Expr, Option<String>)>,
    },
    Delete {
        table: (String, usize),
        filter: Option<Expr>,
        returning: Vec<(Expr, Option<String>)>,
    },
    CreateTable {
        name: String,
        if_missing: bool,
        columns: Vec<Column>,
        key: Vec<String>,
    },
    DropTable {
        names: Vec<String>,
        if_there: bool,
    },
    Truncate {
        names: Vec<(String, usize)>,
    },
    AddColumn {
        table: (String, usize),
        column: Column,
    },
    CreateDatabase {
        name: String,
    },
    DropDatabase {
        name: String,
        if_there: bool,
    },
    /// CREATE or ALTER ROLE or USER.
    Role {
        name: String,
        create: bool,
        is_user: bool,
        options: Vec<String>,
        password: Option<String>,
    },
    DropRole {
        name: String,
        if_there: bool,
    },
    Begin,
    Commit,
    Rollback,
    Show(String),
    /// Taken and without effect; the tag says which.
    Accept(&'static str),
}

impl Statement {
    /// The command's name when a standby refuses it.
    pub(super) fn refused_as(&self) -> Option<String> {
        Some(
            match self {
                Statement::Select(_) | Statement::Begin | Statement::Commit | Statement::Rollback => {
                    return None;
                }
                Statement::Show(_) | Statement::Accept("SET" | "CHECKPOINT" | "ALTER SYSTEM" | "EXPLAIN") => {
                    return None;
                }
                Statement::Insert { .. } => "INSERT",
                Statement::Update { .. } => "UPDATE",
                Statement::Delete { .. } => "DELETE",
                Statement::CreateTable { .. } => "CREATE TABLE",
                Statement::DropTable { .. } => "DROP TABLE",
                Statement::Truncate { .. } => "TRUNCATE TABLE",
                Statement::AddColumn { .. } => "ALTER TABLE",
                Statement::CreateDatabase { .. } => "CREATE DATABASE",
                Statement::DropDatabase { .. } => "DROP DATABASE",
                Statement::Role { create: true, .. } => "CREATE ROLE",
                Statement::Role { .. } => "ALTER ROLE",
                Statement::DropRole { .. } => "DROP ROLE",
                Statement::Accept(tag) => tag,
            }
            .to_owned(),
        )
    }
}
