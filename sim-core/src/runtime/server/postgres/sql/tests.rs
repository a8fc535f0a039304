//! SQL as psql's users see it.

use std::cell::RefCell;
use std::sync::Arc;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::{Cluster, Facts, Outcome, Session};

fn facts(is_standby: bool) -> Facts {
    Facts { user: "postgres".to_owned(), database: "postgres".to_owned(), is_standby, ..Facts::default() }
}

/// What statements give, a line each: a tag, an error, or the rows.
fn run(cluster: &mut Arc<Cluster>, session: &mut Session, query: &str) -> String {
    let outcomes = session.run(cluster, query, &facts(false), &RefCell::default());
    let lines = outcomes.into_iter().map(|outcome| match outcome {
        Outcome::Tag(tag) | Outcome::Notice(tag) => tag,
        Outcome::Error(error) => {
            format!("{}{}", error.message, error.detail.map(|d| format!(" / {d}")).unwrap_or_default())
        }
        Outcome::Rows { rows, .. } => {
            let row = |row: Vec<Option<String>>| {
                row.into_iter()
                    .map(|cell| cell.unwrap_or_else(|| "null".to_owned()))
                    .collect::<Vec<_>>()
                    .join("|")
            };
            rows.into_iter().map(row).collect::<Vec<_>>().join(" ")
        }
    });
    lines.collect::<Vec<_>>().join("; ")
}

#[test]
fn tables_hold_what_is_put_into_them() {
    let mut cluster = Arc::new(Cluster::new("postgres", None));
    let mut session = Session::default();
    let mut play = |query: &str| run(&mut cluster, &mut session, query);
    play(
        "CREATE TABLE t (id serial PRIMARY KEY, name varchar(5) NOT NULL, price numeric(6,2) DEFAULT 1.50, ok boolean)",
    );
    assert_snapshot!(play("INSERT INTO t (name, ok) VALUES ('a', true), ('b', 'no'); INSERT INTO t VALUES (DEFAULT, 'c', 12.25, NULL)"), @"INSERT 0 2; INSERT 0 1");
    assert_snapshot!(play("SELECT * FROM t ORDER BY id DESC"), @"3|c|12.25|null 2|b|1.50|f 1|a|1.50|t");
    assert_snapshot!(play("SELECT count(*), sum(price), max(name) FROM t WHERE ok IS NOT NULL AND id < 10"), @"2|3.00|b");
    assert_snapshot!(play("SELECT ok, count(*) AS n FROM t GROUP BY ok ORDER BY n DESC, 1 LIMIT 1"), @"f|1");
    assert_snapshot!(play("UPDATE t SET price = price * 2 + 1 WHERE name LIKE 'a%' OR id IN (3) RETURNING name, price"), @"a|4.00 c|25.50; UPDATE 2");
    assert_snapshot!(play("INSERT INTO t (id, name) VALUES (1, 'x')"), @r#"duplicate key value violates unique constraint "t_pkey" / Key (id)=(1) already exists."#);
    assert_snapshot!(play("INSERT INTO t (name) VALUES (NULL)"), @r#"null value in column "name" of relation "t" violates not-null constraint / Failing row contains (4, null, 1.50, null)."#);
    assert_snapshot!(play("INSERT INTO t (name) VALUES ('toolong')"), @"value too long for type character varying(5)");
    assert_snapshot!(play("SELECT nme FROM t"), @r#"column "nme" does not exist"#);
    assert_snapshot!(play("SELEC 1"), @r#"syntax error at or near "SELEC""#);
    assert_snapshot!(play("SELECT 1 +"), @"syntax error at end of input");
    assert_snapshot!(play("SELECT 7 / 2, 7.0 / 2, 1 / 0"), @"division by zero");
    assert_snapshot!(play("DELETE FROM t; SELECT count(*) FROM t"), @"DELETE 3; 0");
}

#[test]
fn a_transaction_is_all_or_nothing() {
    let mut cluster = Arc::new(Cluster::new("postgres", None));
    let (mut one, mut other) = (Session::default(), Session::default());
    run(&mut cluster, &mut one, "CREATE TABLE t (a int)");
    assert_eq!(run(&mut cluster, &mut one, "BEGIN; INSERT INTO t VALUES (1)"), "BEGIN; INSERT 0 1");
    assert_eq!(run(&mut cluster, &mut other, "SELECT count(*) FROM t"), "0");
    assert_eq!(run(&mut cluster, &mut other, "INSERT INTO t VALUES (2)"), "INSERT 0 1");
    assert_eq!(run(&mut cluster, &mut one, "COMMIT"), "COMMIT");
    assert_eq!(run(&mut cluster, &mut other, "SELECT a FROM t ORDER BY a"), "1 2");
    assert_eq!(
        run(&mut cluster, &mut one, "BEGIN; DELETE FROM t; ROLLBACK; SELECT count(*) FROM t"),
        "BEGIN; DELETE 2; ROLLBACK; 2"
    );
    assert_eq!(run(&mut cluster, &mut one, "DELETE FROM t; SELECT 1 / 0"), "DELETE 2; division by zero");
    assert_eq!(run(&mut cluster, &mut one, "SELECT count(*) FROM t"), "2");
}

#[test]
fn a_standby_answers_and_takes_nothing() {
    let mut cluster = Arc::new(Cluster::new("postgres", None));
    let outcomes =
        Session::default().run(&mut cluster, "CREATE TABLE t (a int)", &facts(true), &RefCell::default());
    let Some(Outcome::Error(error)) = outcomes.first() else { panic!("it is refused") };
    assert_eq!(error.message, "cannot execute CREATE TABLE in a read-only transaction");
}

proptest! {
    #[test]
    fn no_query_is_too_strange(words in prop::collection::vec(prop::sample::select(vec![
        "SELECT", "*", "FROM", "t", "WHERE", "a", "=", "1", "'x'", "(", ")", ",", ";", "INSERT", "INTO", "VALUES", "NULL",
        "CREATE", "TABLE", "int", "ORDER", "BY", "count(*)", "-", "/", "0", "9223372036854775807", "1.5", "::", "text",
        "CASE", "WHEN", "END", "NOT", "IN", "LIKE", "UPDATE", "SET", "DELETE", "BEGIN", "COMMIT", "generate_series(1,3)",
        "GROUP", "LIMIT", "é", "\"q\"", "$$", "||", "RETURNING", "serial", "PRIMARY", "KEY", "DEFAULT", "now()", "%",
    ]), 0..24)) {
        let mut cluster = Arc::new(Cluster::new("postgres", None));
        let mut session = Session::default();
        run(&mut cluster, &mut session, "CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x'), (2, NULL)");
        run(&mut cluster, &mut session, &words.join(" "));
    }
}
