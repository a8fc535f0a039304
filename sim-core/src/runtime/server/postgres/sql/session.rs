//! [`Session`]: a connection and its transaction.

use std::cell::RefCell;
use std::sync::Arc;

use super::exec::Run;
use super::parser;
use super::statement::Statement;
use super::{Cluster, Facts, Outcome, SqlError, Wish};

/// A client's connection.
#[derive(Clone, Debug, Default)]
pub struct Session {
    transaction: Option<Transaction>,
}

/// A transaction that is open.
#[derive(Clone, Debug)]
struct Transaction {
    /// What was committed when it began.
    base: Arc<Cluster>,
    work: Cluster,
    /// Its statements, to be run again when others committed meanwhile.
    done: Vec<Statement>,
    failed: bool,
}

impl Session {
    /// Runs the statements of a query; an error ends it and undoes all of them. A new state of the cluster
    /// takes the old one's place when it is committed.
    pub fn run(
        &mut self,
        cluster: &mut Arc<Cluster>,
        query: &str,
        facts: &Facts,
        wishes: &RefCell<Vec<Wish>>,
    ) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let statements = match parser::statements(query) {
            Ok(statements) => statements,
            Err(error) => {
                self.fail();
                return vec![Outcome::Error(error)];
            }
        };
        let before = cluster.clone();
        for statement in statements {
            match self.step(cluster, &statement, facts, wishes) {
                Ok(more) => outcomes.extend(more),
                Err(error) => {
                    *cluster = before;
                    self.fail();
                    outcomes.push(Outcome::Error(error));
                    return outcomes;
                }
            }
        }
        outcomes
    }

    fn fail(&mut self) {
        if let Some(transaction) = &mut self.transaction {
            transaction.failed = true;
        }
    }

    fn step(
        &mut self,
        cluster: &mut Arc<Cluster>,
        statement: &Statement,
        facts: &Facts,
        wishes: &RefCell<Vec<Wish>>,
    ) -> Result<Vec<Outcome>, SqlError> {
        let tag = |text: &str| Ok(vec![Outcome::Tag(text.to_owned())]);
        match (statement, self.transaction.take()) {
            (Statement::Begin, None) => {
                let work = Cluster::clone(cluster);
                let base = cluster.clone();
                self.transaction = Some(Transaction { base, work, done: Vec::new(), failed: false });
                tag("BEGIN")
            }
            (Statement::Begin, open) => {
                self.transaction = open;
                let warning =
                    Outcome::Notice("WARNING:  there is already a transaction in progress".to_owned());
                Ok(vec![warning, Outcome::Tag("BEGIN".to_owned())])
            }
            (Statement::Commit | Statement::Rollback, None) => {
                let word = if matches!(statement, Statement::Commit) { "COMMIT" } else { "ROLLBACK" };
                let warning = Outcome::Notice("WARNING:  there is no transaction in progress".to_owned());
                Ok(vec![warning, Outcome::Tag(word.to_owned())])
            }
            (Statement::Commit, Some(transaction)) if !transaction.failed => {
                if Arc::ptr_eq(&transaction.base, cluster) {
                    *cluster = Arc::new(transaction.work);
                } else {
                    let mut work = Cluster::clone(cluster);
                    for statement in &transaction.done {
                        Run { cluster: &mut work, facts, wishes }.statement(statement)?;
                    }
                    *cluster = Arc::new(work);
                }
                tag("COMMIT")
            }
            (Statement::Commit | Statement::Rollback, Some(_)) => tag("ROLLBACK"),
            (_, Some(transaction)) if transaction.failed => {
                self.transaction = Some(transaction);
                let why = "current transaction is aborted, commands ignored until end of transaction block";
                Err(SqlError::new(why))
            }
            (statement, Some(mut transaction)) => {
                let result = Run { cluster: &mut transaction.work, facts, wishes }.statement(statement);
                transaction.done.push(statement.clone());
                self.transaction = Some(transaction);
                result
            }
            (statement, None) => {
                let mut work = Cluster::clone(cluster);
                let outcomes = Run { cluster: &mut work, facts, wishes }.statement(statement)?;
                if work != **cluster {
                    *cluster = Arc::new(work);
                }
                Ok(outcomes)
            }
        }
    }

    /// Whether a transaction is open, and whether it has failed: psql's prompt shows it.
    pub fn state(&self) -> Option<bool> {
        self.transaction.as_ref().map(|transaction| transaction.failed)
    }
}
