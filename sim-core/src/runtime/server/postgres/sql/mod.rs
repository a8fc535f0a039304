//! The SQL that lessons need: tables, rows, roles, and the functions that tell a primary from a standby.

mod definitions;
mod exec;
mod expr;
mod lexer;
mod operators;
mod parser;
mod select;
mod session;
mod statement;
mod system;
#[cfg(test)]
mod tests;
mod value;

use std::sync::Arc;

use imbl::{OrdMap, Vector};

pub use session::Session;
pub use value::{Datum, Type};

/// The most rows that a table holds.
pub(super) const MAX_ROWS: usize = 20_000;

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Type,
    pub not_null: bool,
    pub unique: bool,
    /// The SQL of its default.
    pub default: Option<String>,
    /// It counts up by itself.
    pub serial: bool,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub oid: u32,
    pub columns: Vec<Column>,
    /// The places of the primary key's columns.
    pub key: Vec<usize>,
    pub rows: Vector<Arc<[Datum]>>,
    pub next_serial: i64,
}

/// A database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Database {
    pub oid: u32,
    pub owner: String,
    pub tables: OrdMap<String, Arc<Table>>,
}

/// A role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Role {
    pub password: Option<String>,
    pub login: bool,
    pub superuser: bool,
    pub replication: bool,
    pub create_db: bool,
    pub create_role: bool,
}

/// Everything that replication carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    pub databases: OrdMap<String, Arc<Database>>,
    pub roles: OrdMap<String, Role>,
    pub next_oid: u32,
}

impl Cluster {
    /// A cluster as initdb makes it, with one superuser.
    pub fn new(superuser: &str, password: Option<&str>) -> Cluster {
        let mut cluster = Cluster { next_oid: 16_384, ..Cluster::default() };
        for (name, oid) in [("template1", 1), ("template0", 4), ("postgres", 5)] {
            let database = Database { oid, owner: superuser.to_owned(), ..Database::default() };
            cluster.databases.insert(name.to_owned(), Arc::new(database));
        }
        let role = Role {
            password: password.map(str::to_owned),
            login: true,
            superuser: true,
            replication: true,
            create_db: true,
            create_role: true,
        };
        cluster.roles.insert(superuser.to_owned(), role);
        cluster
    }

    /// A fresh object id.
    pub fn oid(&mut self) -> u32 {
        self.next_oid += 1;
        self.next_oid
    }
}

/// An error of a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqlError {
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// The byte of the query that it points at.
    pub position: Option<usize>,
}

impl SqlError {
    pub(super) fn new(message: impl Into<String>) -> SqlError {
        SqlError { message: message.into(), ..SqlError::default() }
    }

    fn at(mut self, position: usize) -> SqlError {
        self.position = Some(position);
        self
    }

    fn detail(mut self, detail: String) -> SqlError {
        self.detail = Some(detail);
        self
    }

    fn hint(mut self, hint: &str) -> SqlError {
        self.hint = Some(hint.to_owned());
        self
    }
}

/// What a statement gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Rows, each value as text, and the command's tag.
    Rows { columns: Vec<(String, bool)>, rows: Vec<Vec<Option<String>>>, tag: String },
    /// `CREATE TABLE`, `INSERT 0 1`, ...
    Tag(String),
    /// `NOTICE:` before a tag.
    Notice(String),
    /// It failed, and so did all of its query.
    Error(SqlError),
}

/// What a statement can learn of its server.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub now: crate::api::SimTime,
    pub user: String,
    pub database: String,
    pub is_standby: bool,
    pub server_ip: String,
    pub lsn: u64,
    pub timeline: u32,
    pub settings: Vec<(String, String)>,
    /// Rows of pg_stat_replication: user, application, address, state.
    pub senders: Vec<[String; 4]>,
    /// The row of pg_stat_wal_receiver: status, host, port.
    pub receiver: Option<[String; 3]>,
    pub started: crate::api::SimTime,
}

/// What a statement asks of the server beside its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// `pg_promote()`
    Promote,
}

/// An LSN as it is written, `0/3000148`.
pub fn lsn_text(lsn: u64) -> String {
    format!("{:X}/{:X}", lsn >> 32, lsn & 0xffff_ffff)
}

/// A number of the text, as a table's file holds it.
pub(super) fn decimal_of(text: &str) -> Option<Datum> {
    value::decimal(text)
}

/// The statements of a text that end with a semicolon, and what is left behind the last one.
pub fn split_statements(text: &str) -> (Vec<String>, String) {
    lexer::split_statements(text)
}
