//! `graph`: what belongs to what, and what caused what.

use super::Session;
use super::words::refuse;
use crate::api::{Kind, ObjectKey, ObjectRef};
use crate::explain::{self, Relations};
use crate::kubectl::Files;

/// How the word is used.
pub(super) const USAGE: &str = "graph owners|causes TYPE/NAME [-o dot|mermaid]";

/// `graph owners sts/web`, `graph causes pod/web-0 -o dot`
pub(super) fn run(session: &mut Session, words: &[String], _files: &dyn Files) -> u8 {
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut namespace = session.namespace.clone();
    if let Some(flag) = words.iter().position(|word| matches!(*word, "-n" | "--namespace"))
        && let Some(name) = words.get(flag + 1)
    {
        namespace = (*name).to_owned();
        words.drain(flag..flag + 2);
    }
    let (what, name, format) = match *words {
        [what @ ("owners" | "causes"), name] => (what, name, "tree"),
        [what @ ("owners" | "causes"), name, "-o", format @ ("tree" | "dot" | "mermaid")] => {
            (what, name, format)
        }
        _ => return refuse(session, &format!("say {USAGE}, like graph owners sts/web")),
    };
    let Some(of) = object(&namespace, name) else {
        return refuse(session, &format!("\"{name}\" is no TYPE/NAME, like pod/web-0"));
    };
    let graph = match what {
        "owners" => explain::owners(session.cluster.store(), &of),
        _ => Some(explain::causes(&session.cluster, &of)).filter(|graph| graph.node_count() > 0),
    };
    let Some(graph) = graph else {
        let why = if what == "owners" { "there is no" } else { "nothing is remembered of" };
        return refuse(session, &format!("{why} {} {}", of.kind.info().singular, of.key.name));
    };
    let print: fn(&Relations) -> String = match format {
        "dot" => explain::dot,
        "mermaid" => explain::mermaid,
        _ => explain::tree,
    };
    session.out.out(print(&graph));
    0
}

fn object(namespace: &str, word: &str) -> Option<ObjectRef> {
    let (kind, name) = word.split_once('/')?;
    let kind = Kind::from_word(kind)?;
    let namespace = if kind.info().namespaced { namespace } else { "" };
    Some(ObjectRef::new(kind, ObjectKey::new(namespace, name)))
}
