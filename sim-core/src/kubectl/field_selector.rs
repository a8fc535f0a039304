//! `--field-selector status.phase=Running,spec.nodeName!=node-1`.
//!
//! Models apimachinery pkg/fields: ParseSelector, and the field labels that each kind's registry knows.

use serde_json::Value;

use crate::api::{Kind, Object};

/// Requirements on fields; none at all picks everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSelector {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    field: String,
    value: String,
    equal: bool,
}

/// Pod fields beside name and namespace that the server selects by.
const POD_FIELDS: &[&str] = &[
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
];

/// Event fields that the server selects by.
const EVENT_FIELDS: &[&str] = &[
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
];

impl FieldSelector {
    /// Reads a selector; an empty text picks everything.
    ///
    /// # Errors
    /// The parser's complaint about a term without an operator.
    pub fn parse(text: &str) -> Result<FieldSelector, String> {
        let mut terms = Vec::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let split =
                [("!=", false), ("==", true), ("=", true)].into_iter().find_map(|(operator, equal)| {
                    part.split_once(operator).map(|(field, value)| (field, value, equal))
                });
            let Some((field, value, equal)) = split else {
                return Err(format!("invalid selector: '{text}'; can't understand '{part}'"));
            };
            terms.push(Term { field: field.to_owned(), value: value.to_owned(), equal });
        }
        Ok(FieldSelector { terms })
    }

    /// The first field that the server does not select objects of `kind` by.
    pub fn unsupported(&self, kind: Kind) -> Option<&str> {
        let own: &[&str] = match kind {
            Kind::Pod => POD_FIELDS,
            Kind::Event => EVENT_FIELDS,
            Kind::Namespace => &["status.phase"],
            Kind::Node => &["spec.unschedulable"],
            Kind::ReplicaSet => &["status.replicas"],
            Kind::Secret => &["type"],
            Kind::Service => &["spec.clusterIP", "spec.type"],
            _ => &[],
        };
        let fields = self.terms.iter().map(|term| term.field.as_str());
        let mut unknown = fields.filter(|field| {
            !matches!(*field, "metadata.name" | "metadata.namespace") && !own.contains(field)
        });
        unknown.next()
    }

    /// Whether it picks `object`.
    pub fn matches(&self, object: &Object) -> bool {
        if self.terms.is_empty() {
            return true;
        }
        let value = object.to_value();
        self.terms.iter().all(|term| (field_of(&value, &term.field) == term.value) == term.equal)
    }
}

fn field_of(value: &Value, field: &str) -> String {
    let path = if field == "source" { "source.component" } else { field };
    match value.pointer(&format!("/{}", path.replace('.', "/"))) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None if field == "spec.unschedulable" || field == "spec.hostNetwork" => {
            "false".to_owned()
        }
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}
