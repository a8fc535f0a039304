//! Running statements: those that change something.

use std::cell::RefCell;
use std::sync::Arc;

use super::expr::Expr;
use super::parser;
use super::statement::{Select, Source, Statement};
use super::value::Datum;
use super::{Cluster, Column, Database, Facts, MAX_ROWS, Outcome, Role, SqlError, Table, Wish};

/// The items of a SELECT or RETURNING.
type Items = [(Expr, Option<String>)];

/// One statement at work.
pub(super) struct Run<'a> {
    pub cluster: &'a mut Cluster,
    pub facts: &'a Facts,
    pub wishes: &'a RefCell<Vec<Wish>>,
}

/// Named columns, their types and rows.
pub(super) struct Rows {
    pub columns: Vec<String>,
    pub numbers: Vec<bool>,
    pub rows: Vec<Vec<Datum>>,
}

fn tag(text: impl Into<String>) -> Result<Vec<Outcome>, SqlError> {
    Ok(vec![Outcome::Tag(text.into())])
}

fn missing_table(name: &str) -> SqlError {
    SqlError::new(format!("relation \"{name}\" does not exist"))
}

impl Run<'_> {
    pub fn statement(&mut self, statement: &Statement) -> Result<Vec<Outcome>, SqlError> {
        if self.facts.is_standby
            && let Some(name) = statement.refused_as()
        {
            return Err(SqlError::new(format!("cannot execute {name} in a read-only transaction")));
        }
        match statement {
            Statement::Select(select) => {
                let rows = self.select(select)?;
                let count = rows.rows.len();
                Ok(vec![shown(rows, format!("SELECT {count}"))])
            }
            Statement::Insert { table, columns, rows, skip_conflicts, returning } => {
                self.insert(table, columns, rows, *skip_conflicts, returning)
            }
            Statement::Update { table, sets, filter, returning } => {
                self.update(table, sets, filter.as_ref(), returning)
            }
            Statement::Delete { table, filter, returning } => self.delete(table, filter.as_ref(), returning),
            Statement::CreateTable { name, if_missing, columns, key } => {
                self.create_table(name, *if_missing, columns, key)
            }
            Statement::DropTable { names, if_there } => {
                let mut outcomes = Vec::new();
                for name in names {
                    if self.database().tables.remove(name).is_none() {
                        if !if_there {
                            return Err(SqlError::new(format!("table \"{name}\" does not exist")));
                        }
                        let text = format!("NOTICE:  table \"{name}\" does not exist, skipping");
                        outcomes.push(Outcome::Notice(text));
                    }
                }
                outcomes.push(Outcome::Tag("DROP TABLE".to_owned()));
                Ok(outcomes)
            }
            Statement::Truncate { names } => {
                for (name, at) in names {
                    let table = self.table_mut(name, *at)?;
                    table.rows = imbl::Vector::new();
                }
                tag("TRUNCATE TABLE")
            }
            Statement::AddColumn { table, column } => {
                let value = match &column.default {
                    Some(default) => {
                        let expr = parser::expression(default)?;
                        let value = self.value(&expr, &[], &[])?;
                        column.kind.take(value)?
                    }
                    None => Datum::Null,
                };
                let table = self.table_mut(&table.0, table.1)?;
                table.columns.push(column.clone());
                table.rows = table
                    .rows
                    .iter()
                    .map(|row| row.iter().cloned().chain([value.clone()]).collect())
                    .collect();
                tag("ALTER TABLE")
            }
            Statement::CreateDatabase { name } => {
                if self.cluster.databases.contains_key(name) {
                    return Err(SqlError::new(format!("database \"{name}\" already exists")));
                }
                let oid = self.cluster.oid();
                let database = Database { oid, owner: self.facts.user.clone(), ..Database::default() };
                self.cluster.databases.insert(name.clone(), Arc::new(database));
                tag("CREATE DATABASE")
            }
            Statement::DropDatabase { name, if_there } => {
                if *name == self.facts.database {
                    return Err(SqlError::new("cannot drop the currently open database"));
                }
                if self.cluster.databases.remove(name).is_none() {
                    if !if_there {
                        return Err(SqlError::new(format!("database \"{name}\" does not exist")));
                    }
                    let text = format!("NOTICE:  database \"{name}\" does not exist, skipping");
                    return Ok(vec![Outcome::Notice(text), Outcome::Tag("DROP DATABASE".to_owned())]);
                }
                tag("DROP DATABASE")
            }
            Statement::Role { name, create, is_user, options, password } => {
                self.role(name, *create, *is_user, options, password.as_ref())
            }
            Statement::DropRole { name, if_there } => {
                if self.cluster.roles.remove(name).is_none() && !if_there {
                    return Err(SqlError::new(format!("role \"{name}\" does not exist")));
                }
                tag("DROP ROLE")
            }
            Statement::Show(name) => {
                let found = self.facts.settings.iter().find(|(known, _)| known == name);
                let Some((_, value)) = found else {
                    return Err(SqlError::new(format!("unrecognized configuration parameter \"{name}\"")));
                };
                let rows = vec![vec![Some(value.clone())]];
                Ok(vec![Outcome::Rows { columns: vec![(name.clone(), false)], rows, tag: "SHOW".to_owned() }])
            }
            Statement::Accept(text) => tag(*text),
            // A session runs these itself.
            Statement::Begin | Statement::Commit | Statement::Rollback => Ok(Vec::new()),
        }
    }

    fn role(
        &mut self,
        name: &str,
        create: bool,
        is_user: bool,
        options: &[String],
        password: Option<&String>,
    ) -> Result<Vec<Outcome>, SqlError> {
        let known = self.cluster.roles.get(name).cloned();
        let mut role = match (known, create) {
            (Some(_), true) => return Err(SqlError::new(format!("role \"{name}\" already exists"))),
            (None, false) => return Err(SqlError::new(format!("role \"{name}\" does not exist"))),
            (Some(role), false) => role,
            (None, true) => Role { login: is_user, ..Role::default() },
        };
        for option in options {
            match option.as_str() {
                "login" => role.login = true,
                "nologin" => role.login = false,
                "superuser" => role.superuser = true,
                "nosuperuser" => role.superuser = false,
                "replication" => role.replication = true,
                "noreplication" => role.replication = false,
                "createdb" => role.create_db = true,
                "createrole" => role.create_role = true,
                _ => {}
            }
        }
        if let Some(password) = password {
            role.password = Some(password.clone());
        }
        self.cluster.roles.insert(name.to_owned(), role);
        tag(if create { "CREATE ROLE" } else { "ALTER ROLE" })
    }

    fn database(&mut self) -> &mut Database {
        Arc::make_mut(self.cluster.databases.entry(self.facts.database.clone()).or_default())
    }

    fn table_mut(&mut self, name: &str, at: usize) -> Result<&mut Table, SqlError> {
        match self.database().tables.get_mut(name) {
            Some(table) => Ok(Arc::make_mut(table)),
            None => Err(missing_table(name).at(at)),
        }
    }

    pub fn table(&self, name: &str, at: usize) -> Result<Arc<Table>, SqlError> {
        let database = self.cluster.databases.get(&self.facts.database);
        let found = database.and_then(|database| database.tables.get(name));
        found.cloned().ok_or_else(|| missing_table(name).at(at))
    }

    fn create_table(
        &mut self,
        name: &str,
        if_missing: bool,
        columns: &[Column],
        key: &[String],
    ) -> Result<Vec<Outcome>, SqlError> {
        if self.database().tables.contains_key(name) {
            if if_missing {
                let notice = format!("NOTICE:  relation \"{name}\" already exists, skipping");
                return Ok(vec![Outcome::Notice(notice), Outcome::Tag("CREATE TABLE".to_owned())]);
            }
            return Err(SqlError::new(format!("relation \"{name}\" already exists")));
        }
        let mut columns = columns.to_vec();
        let mut places = Vec::new();
        for part in key {
            let Some(at) = columns.iter().position(|column| column.name == *part) else {
                return Err(SqlError::new(format!("column \"{part}\" named in key does not exist")));
            };
            columns[at].not_null = true;
            places.push(at);
        }
        let oid = self.cluster.oid();
        let table = Table { oid, columns, key: places, next_serial: 1, ..Table::default() };
        self.database().tables.insert(name.to_owned(), Arc::new(table));
        tag("CREATE TABLE")
    }

    fn insert(
        &mut self,
        (name, at): &(String, usize),
        wanted: &[(String, usize)],
        rows: &Select,
        skip_conflicts: bool,
        returning: &Items,
    ) -> Result<Vec<Outcome>, SqlError> {
        let mut table = Table::clone(&*self.table(name, *at)?);
        let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let mut places: Vec<usize> = Vec::new();
        for (column, at) in wanted {
            let place = names.iter().position(|known| known == column);
            let missing =
                || SqlError::new(format!("column \"{column}\" of relation \"{name}\" does not exist"));
            places.push(place.ok_or_else(|| missing().at(*at))?);
        }
        if wanted.is_empty() {
            places = (0..names.len()).collect();
        }
        // DEFAULT is known in VALUES alone.
        let defaults: Vec<Vec<bool>> = match &rows.source {
            Some(Source::Values(values)) => values
                .iter()
                .map(|row| row.iter().map(|expr| matches!(expr, Expr::Default)).collect())
                .collect(),
            _ => Vec::new(),
        };
        let mut inserted = Vec::new();
        for (number, values) in self.select(rows)?.rows.into_iter().enumerate() {
            if values.len() > places.len() {
                return Err(SqlError::new("INSERT has more expressions than target columns"));
            }
            if !wanted.is_empty() && values.len() < places.len() {
                return Err(SqlError::new("INSERT has more target columns than expressions"));
            }
            let mut row: Vec<Option<Datum>> = vec![None; names.len()];
            for (index, (value, place)) in values.into_iter().zip(&places).enumerate() {
                let default = defaults.get(number).and_then(|row| row.get(index)).copied().unwrap_or(false);
                if !default {
                    row[*place] = Some(table.columns[*place].kind.take(value)?);
                }
            }
            let mut complete = Vec::with_capacity(row.len());
            for (value, column) in row.into_iter().zip(table.columns.clone()) {
                complete.push(match (value, &column.default) {
                    (Some(value), _) => value,
                    (None, _) if column.serial => {
                        table.next_serial += 1;
                        Datum::Int(table.next_serial - 1)
                    }
                    (None, Some(default)) => {
                        column.kind.take(self.value(&parser::expression(default)?, &[], &[])?)?
                    }
                    (None, None) => Datum::Null,
                });
            }
            match check_row(name, &table, &complete, None) {
                Ok(()) => {}
                Err(error) if skip_conflicts && error.message.starts_with("duplicate key") => continue,
                Err(error) => return Err(error),
            }
            if table.rows.len() >= MAX_ROWS {
                return Err(SqlError::new(format!(
                    "could not extend file \"base/{name}\": No space left on device"
                ))
                .hint("Check free disk space."));
            }
            let row: Arc<[Datum]> = complete.into();
            table.rows.push_back(row.clone());
            inserted.push(row);
        }
        self.database().tables.insert(name.clone(), Arc::new(table));
        let tag = format!("INSERT 0 {}", inserted.len());
        self.returned(name, *at, &inserted, returning, tag)
    }

    fn returned(
        &self,
        table: &str,
        at: usize,
        rows: &[Arc<[Datum]>],
        returning: &Items,
        text: String,
    ) -> Result<Vec<Outcome>, SqlError> {
        if returning.is_empty() {
            return tag(text);
        }
        let columns: Vec<String> =
            self.table(table, at)?.columns.iter().map(|column| column.name.clone()).collect();
        let mut shown_rows = Vec::new();
        for row in rows {
            let mut values = Vec::new();
            for (expr, _) in returning {
                match expr {
                    Expr::Star => values.extend(row.iter().cloned()),
                    expr => values.push(self.value(expr, &columns, row)?),
                }
            }
            shown_rows.push(values);
        }
        let mut headings = Vec::new();
        for (expr, alias) in returning {
            match expr {
                Expr::Star => headings.extend(columns.iter().cloned()),
                expr => headings.push(alias.clone().unwrap_or_else(|| expr.title())),
            }
        }
        let number = |at: usize| shown_rows.iter().all(|row| row.get(at).is_some_and(Datum::is_number));
        let numbers = (0..headings.len()).map(number).collect();
        // psql prints the rows and then the tag.
        let outcome = shown(Rows { columns: headings, numbers, rows: shown_rows }, text.clone());
        Ok(vec![outcome, Outcome::Tag(text)])
    }

    fn update(
        &mut self,
        (name, at): &(String, usize),
        sets: &[(String, usize, Expr)],
        filter: Option<&Expr>,
        returning: &Items,
    ) -> Result<Vec<Outcome>, SqlError> {
        let mut table = Table::clone(&*self.table(name, *at)?);
        let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let mut changed = Vec::new();
        for index in 0..table.rows.len() {
            let row = table.rows[index].clone();
            if !self.keeps(filter, &names, &row)? {
                continue;
            }
            let mut new = row.to_vec();
            for (column, at, expr) in sets {
                let Some(place) = names.iter().position(|known| known == column) else {
                    let why = format!("column \"{column}\" of relation \"{name}\" does not exist");
                    return Err(SqlError::new(why).at(*at));
                };
                new[place] = table.columns[place].kind.take(self.value(expr, &names, &row)?)?;
            }
            check_row(name, &table, &new, Some(index))?;
            let new: Arc<[Datum]> = new.into();
            table.rows.set(index, new.clone());
            changed.push(new);
        }
        self.database().tables.insert(name.clone(), Arc::new(table));
        let tag = format!("UPDATE {}", changed.len());
        self.returned(name, *at, &changed, returning, tag)
    }

    fn delete(
        &mut self,
        (name, at): &(String, usize),
        filter: Option<&Expr>,
        returning: &Items,
    ) -> Result<Vec<Outcome>, SqlError> {
        let mut table = Table::clone(&*self.table(name, *at)?);
        let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let (mut kept, mut gone) = (imbl::Vector::new(), Vec::new());
        for row in &table.rows {
            if self.keeps(filter, &names, row)? {
                gone.push(row.clone());
            } else {
                kept.push_back(row.clone());
            }
        }
        table.rows = kept;
        self.database().tables.insert(name.clone(), Arc::new(table));
        let tag = format!("DELETE {}", gone.len());
        self.returned(name, *at, &gone, returning, tag)
    }
}

fn shown(rows: Rows, tag: String) -> Outcome {
    let columns = rows.columns.into_iter().zip(rows.numbers).collect();
    let rows = rows.rows.iter().map(|row| row.iter().map(Datum::text).collect()).collect();
    Outcome::Rows { columns, rows, tag }
}

/// Holds a row against what its table demands. `own` is the row's place when it is there already.
fn check_row(name: &str, table: &Table, row: &[Datum], own: Option<usize>) -> Result<(), SqlError> {
    for (column, value) in table.columns.iter().zip(row) {
        if column.not_null && value.is_null() {
            let column = &column.name;
            let values: Vec<String> =
                row.iter().map(|value| value.text().unwrap_or_else(|| "null".to_owned())).collect();
            let why = format!(
                "null value in column \"{column}\" of relation \"{name}\" violates not-null constraint"
            );
            let detail = format!("Failing row contains ({}).", values.join(", "));
            return Err(SqlError::new(why).detail(detail));
        }
    }
    let mut keys: Vec<(String, Vec<usize>)> = Vec::new();
    if !table.key.is_empty() {
        keys.push((format!("{name}_pkey"), table.key.clone()));
    }
    for (at, column) in table.columns.iter().enumerate().filter(|(_, column)| column.unique) {
        keys.push((format!("{name}_{}_key", column.name), vec![at]));
    }
    for (constraint, places) in keys {
        let same =
            |other: &Arc<[Datum]>| places.iter().all(|at| !row[*at].is_null() && other[*at] == row[*at]);
        let twice = table.rows.iter().enumerate().any(|(at, other)| Some(at) != own && same(other));
        if twice {
            let names: Vec<&str> = places.iter().map(|at| table.columns[*at].name.as_str()).collect();
            let values: Vec<String> = places.iter().map(|at| row[*at].text().unwrap_or_default()).collect();
            let detail = format!("Key ({})=({}) already exists.", names.join(", "), values.join(", "));
            let why = format!("duplicate key value violates unique constraint \"{constraint}\"");
            return Err(SqlError::new(why).detail(detail));
        }
    }
    Ok(())
}
