//! ControllerRevisions: the numbered, hashed snapshots of a set's pod template.
//!
//! Models pkg/controller/history. The name of a revision is a function of the template alone, so the
//! same manifest has the same revisions in every cluster.

use std::collections::BTreeMap;
use std::fmt::Write;

use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::runtime::RawExtension;
use serde_json::{Map, Value};

use crate::api::decode::typed;
use crate::api::{Object, encode, meta};

/// The label that carries a revision's hash.
pub const HASH_LABEL: &str = "controller.kubernetes.io/hash";

/// The letters of hashes: no vowels, no digits that look like letters.
///
/// Models apimachinery pkg/util/rand: SafeEncodeString.
const HASH_ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// Bytes of the owner's name that fit beside a hash in 253 bytes.
const NAME_PREFIX_MOST: usize = 223;

/// The part of a set that a revision keeps: its template, as a patch that replaces the set's own.
///
/// Models pkg/controller/statefulset: getPatch.
pub fn template_patch(template: &PodTemplateSpec) -> Value {
    let mut template = encode::to_value(template);
    if let Value::Object(fields) = &mut template {
        fields.insert("$patch".to_owned(), Value::String("replace".to_owned()));
    }
    let spec = Map::from_iter([("template".to_owned(), template)]);
    Value::Object(Map::from_iter([("spec".to_owned(), Value::Object(spec))]))
}

/// The template that a revision's data keeps, or `None` when the data is not such a patch.
///
/// Models pkg/controller/statefulset: ApplyRevision.
pub fn template_of(data: &Value) -> Option<PodTemplateSpec> {
    typed::from_value(data.get("spec")?.get("template")?.clone(), &mut |_| {}).ok()
}

/// The data of a revision.
pub fn data_of(revision: &ControllerRevision) -> &Value {
    revision.data.as_ref().map_or(&Value::Null, |RawExtension(data)| data)
}

/// The hash of a revision's data: FNV-1 over the data's JSON and the collision count in decimal.
///
/// Models pkg/controller/history: HashControllerRevision.
pub fn hash(data: &Value, collision_count: i32) -> String {
    let mut text = String::new();
    write_go_json(data, &mut text);
    // Writing to a String cannot fail.
    let _ = write!(text, "{collision_count}");
    let sum = text.bytes().fold(0x811c_9dc5_u32, |sum, byte| sum.wrapping_mul(0x0100_0193) ^ u32::from(byte));
    let digits = sum.to_string();
    digits.bytes().map(|digit| char::from(HASH_ALPHABET[usize::from(digit) % HASH_ALPHABET.len()])).collect()
}

/// A revision's name: the owner's, cut so that the hash fits.
pub fn name(owner: &str, hash: &str) -> String {
    let mut end = owner.len().min(NAME_PREFIX_MOST);
    while !owner.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}-{hash}", &owner[..end])
}

/// A revision of `owner` that is not stored yet. It carries the template's labels and the owner's annotations.
///
/// Models pkg/controller/statefulset: newRevision.
pub fn new_revision(
    owner: &Object,
    template_labels: &BTreeMap<String, String>,
    data: Value,
    revision: i64,
    collision_count: i32,
) -> ControllerRevision {
    let hash = hash(&data, collision_count);
    let mut new = ControllerRevision { data: Some(RawExtension(data)), revision, ..Default::default() };
    let mut labels = template_labels.clone();
    labels.insert(HASH_LABEL.to_owned(), hash.clone());
    new.metadata.name = Some(name(meta::name(owner.meta()), &hash));
    new.metadata.namespace = owner.meta().namespace.clone();
    new.metadata.labels = Some(labels);
    new.metadata.annotations = owner.meta().annotations.clone().filter(|annotations| !annotations.is_empty());
    new.metadata.owner_references = Some(vec![meta::controller_reference(owner)]);
    new
}

/// Orders revisions by number, then by age, then by name.
///
/// Models pkg/controller/history: byRevision.
pub fn sort(revisions: &mut [std::sync::Arc<ControllerRevision>]) {
    revisions.sort_by(|a, b| {
        let age = |revision: &ControllerRevision| {
            revision.metadata.creation_timestamp.as_ref().map(|time| time.0.as_second())
        };
        (a.revision, age(a), &a.metadata.name).cmp(&(b.revision, age(b), &b.metadata.name))
    });
}

/// The number that the revision after sorted `revisions` gets.
pub fn next_number(revisions: &[std::sync::Arc<ControllerRevision>]) -> i64 {
    revisions.last().map_or(1, |last| last.revision.saturating_add(1))
}

/// Writes JSON as Go's encoder does: compact, keys sorted, `<`, `>`, `&` and two line separators escaped.
fn write_go_json(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            out.push('{');
            for (index, (key, value)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_go_string(key, out);
                out.push(':');
                write_go_json(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_go_json(item, out);
            }
            out.push(']');
        }
        Value::String(text) => write_go_string(text, out),
        other => {
            // Writing to a String cannot fail.
            let _ = write!(out, "{other}");
        }
    }
}

/// Writes a JSON string as Go's encoder does.
fn write_go_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn recorded_template(image: &str) -> PodTemplateSpec {
        serde_json::from_value(json!({
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [{
                    "name": "app", "image": image,
                    "ports": [{"name": "http", "containerPort": 80, "protocol": "TCP"}],
                    "resources": {},
                    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                    "terminationMessagePath": "/dev/termination-log",
                    "terminationMessagePolicy": "File",
                    "imagePullPolicy": "IfNotPresent",
                }],
                "restartPolicy": "Always", "terminationGracePeriodSeconds": 5,
                "dnsPolicy": "ClusterFirst", "securityContext": {}, "schedulerName": "default-scheduler",
            },
        }))
        .expect("a template")
    }

    /// The names are those that a real control plane gave to these templates; see tests/recordings.
    #[test]
    fn a_template_has_the_hash_that_kubernetes_gives_it() {
        let hash_of = |image| hash(&template_patch(&recorded_template(image)), 0);
        assert_eq!(hash_of("app:1.0"), "5bfc9f4d5d");
        assert_eq!(hash_of("app:2.0"), "7898c5d78c");
        assert_eq!(hash_of("app:bad"), "59f449df4d");
        assert_eq!(hash_of("app:5.0"), "7f6c456bf8");
        assert_ne!(hash(&template_patch(&recorded_template("app:1.0")), 1), "5bfc9f4d5d");
    }

    #[test]
    fn a_template_survives_its_revision() {
        let template = recorded_template("app:1.0");
        assert_eq!(template_of(&template_patch(&template)), Some(template));
        assert_eq!(template_of(&json!({"spec": 3})), None);
    }

    #[test]
    fn json_is_written_as_go_writes_it() {
        let mut text = String::new();
        write_go_json(&json!({"b": [1, true, null], "a": "<&>\u{2028}\u{7}\u{7f}\"é"}), &mut text);
        assert_eq!(text, "{\"a\":\"\\u003c\\u0026\\u003e\\u2028\\u0007\u{7f}\\\"é\",\"b\":[1,true,null]}");
    }

    #[test]
    fn a_long_name_leaves_room_for_the_hash() {
        assert_eq!(name("web", "abc"), "web-abc");
        assert_eq!(name(&"x".repeat(300), "abc").len(), 227);
    }
}
