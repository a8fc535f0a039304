//! Manifests: what the cluster holds, spoilt, as JSON or YAML, alone, listed or in a row.

use serde_json::{Value, json};
use sim_core::kubectl::yaml;

use crate::junk;
use crate::tape::Tape;
use crate::world::World;

/// Text for `-f -`.
pub fn text(tape: &mut Tape<'_>, world: &World) -> String {
    let mut documents: Vec<Value> =
        (0..=if tape.once_in(4) { tape.below(4) } else { 0 }).map(|_| manifest(tape, world)).collect();
    if tape.once_in(8) {
        documents = vec![json!({"apiVersion": "v1", "kind": "List", "items": documents})];
    }
    let as_json = tape.below(2) == 1;
    let parts: Vec<String> =
        documents.iter().map(|d| if as_json { d.to_string() } else { yaml::document(d) }).collect();
    let mut text = parts.join("\n---\n");
    if tape.once_in(6) {
        spoil_text(tape, &mut text);
    }
    text
}

/// An object of the cluster as somebody would write it, spoilt in a few places.
fn manifest(tape: &mut Tape<'_>, world: &World) -> Value {
    let mut manifest = world.live(tape);
    let kind = manifest["kind"].as_str().unwrap_or_default().to_lowercase();
    if let Some(map) = manifest.as_object_mut()
        && !tape.once_in(6)
    {
        map.remove("status");
    }
    if let Some(meta) = manifest["metadata"].as_object_mut() {
        if !tape.once_in(6) {
            for field in [
                "uid",
                "resourceVersion",
                "creationTimestamp",
                "generation",
                "ownerReferences",
                "managedFields",
            ] {
                meta.remove(field);
            }
        }
        if tape.below(2) == 0 {
            meta.insert("name".to_owned(), json!(format!("new-{kind}")));
            // What the server gives out cannot be had twice.
            for field in ["clusterIP", "clusterIPs", "nodeName", "volumeName", "claimRef"] {
                if let Some(spec) = manifest["spec"].as_object_mut()
                    && spec.get(field) != Some(&json!("None"))
                    && tape.below(4) != 3
                {
                    spec.remove(field);
                }
            }
        }
    }
    for _ in 0..[1, 0, 1, 2, 3][tape.below(5)] {
        spoil(tape, &mut manifest);
    }
    manifest
}

/// Changes one place within `value`: another value, no value, one more field, the value listed or doubled.
pub fn spoil(tape: &mut Tape<'_>, value: &mut Value) {
    let places = count(value);
    // Most changes are to the plan, which matters more than the many labels and stamps.
    let parts = ["spec", "spec", "spec", "data", "metadata", ""];
    let part = parts[tape.below(parts.len())];
    let target = match value.get(part).is_some_and(|part| count(part) > 0) {
        true => &mut value[part],
        false => value,
    };
    let mut place = tape.below(places.max(1)) % count(target).max(1);
    change(tape, target, &mut place);
}

fn count(value: &Value) -> usize {
    match value {
        Value::Object(map) => map.values().map(|child| 1 + count(child)).sum(),
        Value::Array(items) => items.iter().map(|child| 1 + count(child)).sum(),
        _ => 0,
    }
}

fn change(tape: &mut Tape<'_>, value: &mut Value, place: &mut usize) -> bool {
    match value {
        Value::Object(map) => {
            let keys: Vec<String> = map.keys().cloned().collect();
            for key in keys {
                if *place == 0 && !(matches!(key.as_str(), "apiVersion" | "kind") && tape.below(8) < 7) {
                    match tape.below(8) {
                        0 => drop(map.remove(&key)),
                        1 => drop(map.insert(junk::key(tape), junk::value(tape, 2))),
                        2 => {
                            let old = map.insert(key.clone(), Value::Null);
                            map.insert(key, json!([old, junk::value(tape, 1)]));
                        }
                        3 => {
                            let old = map.remove(&key).unwrap_or_default();
                            map.insert(junk::key(tape), old);
                        }
                        _ => {
                            let new = near(tape, &map[&key]);
                            map.insert(key, new);
                        }
                    }
                    return true;
                }
                *place = place.saturating_sub(1);
                if map.get_mut(&key).is_some_and(|child| change(tape, child, place)) {
                    return true;
                }
            }
        }
        Value::Array(items) => {
            for index in 0..items.len() {
                if *place == 0 {
                    match tape.below(5) {
                        0 => drop(items.remove(index)),
                        1 => items.push(items[index].clone()),
                        2 => items.insert(index, junk::value(tape, 2)),
                        _ => items[index] = near(tape, &items[index]),
                    }
                    return true;
                }
                *place -= 1;
                if change(tape, &mut items[index], place) {
                    return true;
                }
            }
        }
        _ => {}
    }
    false
}

/// Another value, mostly of the same type.
pub fn near(tape: &mut Tape<'_>, old: &Value) -> Value {
    match (tape.below(6), old) {
        (0, _) => junk::value(tape, 2),
        (_, Value::Number(_)) => {
            json!(
                [0_i64, 1, 2, -1, 3, 100, 65_535, 65_536, 2_147_483_647, -2_147_483_648, 1 << 40]
                    [tape.below(11)]
            )
        }
        (_, Value::Bool(old)) => json!(!old),
        (1, Value::String(_)) => json!(junk::text(tape)),
        (_, Value::String(old)) => json!(neighbour(tape, old)),
        (_, Value::Array(_)) => json!([]),
        (_, Value::Object(_)) => json!({}),
        _ => junk::value(tape, 2),
    }
}

/// A text like `old`: a number becomes another, a word another of the same sort.
fn neighbour(tape: &mut Tape<'_>, old: &str) -> String {
    const SORTS: &[&[&str]] = &[
        &["Always", "OnFailure", "Never", "IfNotPresent"],
        &["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"],
        &["RollingUpdate", "OnDelete", "Recreate"],
        &["OrderedReady", "Parallel"],
        &["Delete", "Retain", "Recycle"],
        &["TCP", "UDP", "SCTP"],
        &["ClusterIP", "NodePort", "LoadBalancer", "ExternalName", "None"],
        &["NoSchedule", "NoExecute", "PreferNoSchedule"],
        &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"],
        &["ScheduleAnyway", "DoNotSchedule"],
        &["Allow", "Forbid", "Replace"],
        &["ClusterFirst", "Default", "None", "ClusterFirstWithHostNet"],
        &["Immediate", "WaitForFirstConsumer"],
        &["standard", "late", "manual", "nowhere"],
        &["web", "api", "settings", "keys", "robot", "high", "door"],
        &["nginx:1.27", "redis:7", "python-app:1.0", "busybox", "postgres:16", "crash", "nowhere/x:1"],
        &["node-1", "node-2", "node-3"],
        &["Resource", "Pods", "External", "ContainerResource", "Object"],
        &["Utilization", "AverageValue", "Value"],
        &["Indexed", "NonIndexed"],
    ];
    if let Some(sort) = SORTS.iter().find(|sort| sort.contains(&old)) {
        return tape.pick(sort).to_owned();
    }
    if old.starts_with(|c: char| c.is_ascii_digit()) {
        return tape
            .pick(&["1", "0", "100m", "1Gi", "50%", "5", "2Gi", "10Mi", "*/1 * * * *", "3.5", "1e3"])
            .to_owned();
    }
    [format!("{old}x"), old.to_uppercase(), old.chars().skip(1).collect(), String::new()][tape.below(4)]
        .clone()
}

/// Changes the text itself: lines twice, anchors, tabs, the end cut off.
fn spoil_text(tape: &mut Tape<'_>, text: &mut String) {
    let lines: Vec<&str> = text.lines().collect();
    let line = tape.below(lines.len());
    let mut lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
    if lines.is_empty() {
        return;
    }
    match tape.below(10) {
        0 => lines.insert(line, lines[line].clone()),
        1 => lines[line].push_str(" &a *a"),
        2 => lines[line] = lines[line].replacen(": ", ": &a ", 1),
        3 => lines[line] = lines[line].replacen(": ", ": *a ", 1),
        4 => lines[line] = format!("\t{}", lines[line]),
        5 => lines[line].push_str(&junk::text(tape)),
        6 => lines.truncate(line),
        7 => lines.insert(
            line,
            ["---", "...", "? a", "<<: *a", "- - -", "%YAML 9.9", "!!binary x", "|", "#"][tape.below(9)]
                .to_owned(),
        ),
        8 => drop(lines.remove(line)),
        _ => lines[line] = format!(" {}", lines[line]),
    }
    *text = lines.join(if tape.once_in(5) { "\r\n" } else { "\n" });
}
