//! The tables that PostgreSQL makes up about itself.

use super::value::Datum;
use super::{Cluster, Facts, lsn_text};

fn text(value: &str) -> Datum {
    Datum::Text(value.into())
}

/// Headings and rows of a system table; `None` when there is none of that name.
pub(super) fn table(
    name: &str,
    cluster: &Cluster,
    facts: &Facts,
) -> Option<(Vec<&'static str>, Vec<Vec<Datum>>)> {
    let lsn = text(&lsn_text(facts.lsn));
    Some(match name {
        "pg_stat_replication" => {
            let columns = vec![
                "pid",
                "usesysid",
                "usename",
                "application_name",
                "client_addr",
                "client_port",
                "state",
                "sent_lsn",
                "write_lsn",
                "flush_lsn",
                "replay_lsn",
                "sync_priority",
                "sync_state",
            ];
            let rows =
                facts.senders.iter().zip(70_i64..).map(|([user, application, address, state], pid)| {
                    vec![
                        Datum::Int(pid),
                        Datum::Int(16_385),
                        text(user),
                        text(application),
                        text(address),
                        Datum::Int(40_000 + pid),
                        text(state),
                        lsn.clone(),
                        lsn.clone(),
                        lsn.clone(),
                        lsn.clone(),
                        Datum::Int(0),
                        text("async"),
                    ]
                });
            (columns, rows.collect())
        }
        "pg_stat_wal_receiver" => {
            let rows = facts.receiver.iter().map(|[status, host, port]| {
                vec![
                    Datum::Int(30),
                    text(status),
                    lsn.clone(),
                    Datum::Int(i64::from(facts.timeline)),
                    text(host),
                    port.parse().map_or(Datum::Null, Datum::Int),
                ]
            });
            (
                vec!["pid", "status", "flushed_lsn", "received_tli", "sender_host", "sender_port"],
                rows.collect(),
            )
        }
        "pg_database" => {
            let rows = cluster.databases.iter().map(|(name, database)| {
                vec![
                    Datum::Int(i64::from(database.oid)),
                    text(name),
                    Datum::Bool(name.starts_with("template")),
                ]
            });
            (vec!["oid", "datname", "datistemplate"], rows.collect())
        }
        "pg_roles" | "pg_user" | "pg_authid" => {
            let rows = cluster.roles.iter().map(|(name, role)| {
                vec![
                    text(name),
                    Datum::Bool(role.superuser),
                    Datum::Bool(role.login),
                    Datum::Bool(role.replication),
                ]
            });
            let name = if name == "pg_user" { "usename" } else { "rolname" };
            (vec![name, "rolsuper", "rolcanlogin", "rolreplication"], rows.collect())
        }
        "pg_tables" | "tables" => {
            let tables = cluster.databases.get(&facts.database).map(|database| database.tables.clone());
            let rows = tables.unwrap_or_default();
            let rows = rows.keys().map(|name| vec![text("public"), text(name)]).collect();
            let columns =
                if name == "tables" { ["table_schema", "table_name"] } else { ["schemaname", "tablename"] };
            (columns.to_vec(), rows)
        }
        "pg_stat_activity" => {
            let row = vec![Datum::Int(71), text(&facts.database), text(&facts.user), text("active")];
            (vec!["pid", "datname", "usename", "state"], vec![row])
        }
        "pg_settings" => {
            let rows = facts.settings.iter().map(|(name, value)| vec![text(name), text(value)]);
            (vec!["name", "setting"], rows.collect())
        }
        "pg_replication_slots" => {
            (vec!["slot_name", "plugin", "slot_type", "active", "restart_lsn"], Vec::new())
        }
        _ => return None,
    })
}
