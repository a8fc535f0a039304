//! What the real kubectl v1.36.3 says of the same objects.
//!
//! `described/objects.jsonl` holds objects of every kind that a simulated cluster had, one a line, and
//! `described/kubectl.txt` what the real client printed for `kubectl describe` when a server answered with them,
//! and when that was. So the client's part is compared by itself, whatever the cluster does.
//! `described/networking.*` are the same of Ingresses and NetworkPolicies.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use similar::TextDiff;

use crate::api::{FeatureGates, Kind, Object, ObjectKey, SimTime, defaults};
use crate::kubectl::describe;
use crate::store::{CauseId, Stamp, Store};

fn store(objects: &str) -> Store {
    let mut store = Store::new();
    for line in objects.lines() {
        let value: Value = serde_json::from_str(line).expect("the file holds an object a line");
        let kind =
            Kind::from_word(value["kind"].as_str().expect("an object has a kind")).expect("it is known");
        let mut object =
            Object::from_value(kind, value, &mut |path| panic!("unknown {path}")).expect("it decodes");
        defaults::apply(&mut object);
        store.put(object, Stamp { at: SimTime::ZERO, cause: CauseId::default() });
    }
    store
}

fn namespace<'a>(words: &[&'a str]) -> &'a str {
    words.iter().position(|word| *word == "-n").map_or("", |at| words[at + 1])
}

/// The lines of a text but those of a node's Lease, which the simulator renews when somebody looks.
fn without_renewals(text: &str) -> String {
    let lines = text.trim_end().lines().filter(|line| !line.starts_with("  RenewTime:"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Compares our descriptions of the objects with those of the real client.
fn check(objects: &str, kubectl: &str) {
    let store = store(objects);
    let mut blocks = kubectl.split("\n$ ");
    let told: Timestamp = blocks
        .next()
        .and_then(|head| head.strip_prefix("# now "))
        .expect("it begins so")
        .parse()
        .expect("a time");
    let since = told.duration_since(SimTime::ZERO.timestamp());
    let now = SimTime::ZERO + Duration::try_from(since).expect("it is later");
    let mut differences = String::new();
    for block in blocks {
        let (line, wanted) = block.split_once('\n').expect("a line and its text");
        let words: Vec<&str> = line.split(' ').collect();
        let kind = Kind::from_word(words[1]).expect("it is known");
        let object = store.get(kind, &ObjectKey::new(namespace(&words), words[2])).expect("it is there");
        let got = describe::describe(&store, object, now, true, FeatureGates::default());
        let [wanted, got] = [wanted, &got].map(without_renewals);
        if got != wanted {
            let diff = TextDiff::from_lines(&wanted, &got);
            let diff = diff.unified_diff().context_radius(1).header("kubectl", "ours").to_string();
            differences.push_str(&format!("$ {line}\n{diff}\n"));
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn descriptions_are_those_of_the_real_kubectl() {
    check(include_str!("described/objects.jsonl"), include_str!("described/kubectl.txt"));
}

#[test]
fn descriptions_of_networking_are_those_of_the_real_kubectl() {
    check(include_str!("described/networking.jsonl"), include_str!("described/networking.txt"));
}
