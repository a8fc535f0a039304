//! Who owns which fields: `metadata.managedFields`, and what apply on the server makes of it.
//!
//! Models structured-merge-diff merge: Updater, and apimachinery pkg/util/managedfields.

mod set;
mod shape;
#[cfg(test)]
mod tests;
mod typed;

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::{Map, Value, json};

pub use set::{FieldSet, field};
use shape::Rule;
pub use shape::Shape;
pub use typed::{Comparison, compare};

use crate::api::to_value;

use super::encode;
use super::object::Kind;

/// The annotation in which client-side apply keeps its manifest.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Who writes: a manager with the way it does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Writer {
    /// The manager's name, `kubectl-create`.
    pub manager: String,
    /// Whether it applies, as opposed to updates.
    pub applies: bool,
    /// The subresource, or nothing.
    pub subresource: &'static str,
}

impl Writer {
    /// A manager that updates.
    pub fn update(manager: &str, subresource: &'static str) -> Writer {
        Writer { manager: manager.to_owned(), applies: false, subresource }
    }

    /// A manager that applies.
    pub fn apply(manager: &str) -> Writer {
        Writer { manager: manager.to_owned(), applies: true, subresource: "" }
    }

    /// Models apimachinery pkg/util/managedfields/internal: printManager.
    fn shown(&self, api_version: &str) -> String {
        let mut text = Value::from(self.manager.as_str()).to_string();
        if !self.subresource.is_empty() {
            text.push_str(&format!(" with subresource \"{}\"", self.subresource));
        }
        if !self.applies {
            text.push_str(&format!(" using {api_version}"));
        }
        text
    }
}

/// What a writer owns, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Share {
    fields: FieldSet,
    time: Timestamp,
}

/// The managers of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Managers(BTreeMap<Writer, Share>);

/// Fields that another manager owns with another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflicts(BTreeMap<Writer, FieldSet>);

impl Conflicts {
    /// Models apimachinery pkg/util/managedfields/internal: getConflictMessage.
    pub fn message(&self, kind: Kind) -> String {
        let api_version = kind.info().api_version();
        let paths: Vec<(String, Vec<String>)> =
            self.0.iter().map(|(writer, set)| (writer.shown(&api_version), set.paths())).collect();
        let count: usize = paths.iter().map(|(_, paths)| paths.len()).sum();
        if let [(writer, paths)] = paths.as_slice()
            && let [path] = paths.as_slice()
        {
            return format!("Apply failed with 1 conflict: conflict with {writer}: {path}");
        }
        let part = |(writer, paths): &(String, Vec<String>)| {
            let lines: Vec<String> = paths.iter().map(|path| format!("- {path}")).collect();
            format!("conflicts with {writer}:\n{}", lines.join("\n"))
        };
        let parts: Vec<String> = paths.iter().map(part).collect();
        format!("Apply failed with {count} conflicts: {}", parts.join("\n"))
    }

    /// Keeps what is not in `allowed`; `None` when nothing is left.
    fn without(mut self, allowed: &FieldSet) -> Option<Conflicts> {
        for set in self.0.values_mut() {
            set.remove_all(allowed);
        }
        self.0.retain(|_, set| !set.is_empty());
        (!self.0.is_empty()).then_some(self)
    }
}

/// An apply that went through.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The object as it is to be.
    pub merged: Value,
    /// Its managers.
    pub managers: Managers,
}

impl Managers {
    /// Notes what `writer` changed; whoever owned that no longer does.
    pub fn note(&mut self, writer: &Writer, mut change: Comparison, now: Timestamp) {
        for set in [&mut change.added, &mut change.modified, &mut change.removed] {
            strip(set, writer.subresource);
        }
        let written = change.written();
        for (other, share) in &mut self.0 {
            share.fields.remove_all(&change.removed);
            if other != writer {
                share.fields.remove_all(&written);
            }
        }
        if !written.is_empty() {
            let share = self
                .0
                .entry(writer.clone())
                .or_insert_with(|| Share { fields: FieldSet::default(), time: now });
            let before = share.fields.clone();
            share.fields.add_all(&written);
            if share.fields != before {
                share.time = now;
            }
        }
        self.0.retain(|_, share| !share.fields.is_empty());
    }

    /// Gives `fields` to `writer`.
    pub fn grant(&mut self, writer: Writer, mut fields: FieldSet, time: Timestamp) {
        strip(&mut fields, writer.subresource);
        if !fields.is_empty() {
            self.0.insert(writer, Share { fields, time });
        }
    }

    /// Applies `config` for `manager` to the live object.
    ///
    /// Models structured-merge-diff merge: Updater.Apply; apimachinery's lastAppliedManager above it lets
    /// kubectl take what it owned by client-side apply.
    ///
    /// # Errors
    /// What others own with other values.
    pub fn apply(
        &self,
        kind: Kind,
        live: &Value,
        config: &Value,
        manager: &str,
        force: bool,
        now: Timestamp,
    ) -> Result<Applied, Conflicts> {
        let tried = self.try_apply(kind, live, config, manager, force, now);
        match tried {
            Err(conflicts) if manager == "kubectl" => {
                match conflicts.without(&last_applied_fields(kind, live)) {
                    Some(conflicts) => Err(conflicts),
                    None => self.try_apply(kind, live, config, manager, true, now),
                }
            }
            tried => tried,
        }
    }

    fn try_apply(
        &self,
        kind: Kind,
        live: &Value,
        config: &Value,
        manager: &str,
        force: bool,
        now: Timestamp,
    ) -> Result<Applied, Conflicts> {
        let shape = Shape::of(kind);
        let writer = Writer::apply(manager);
        let mut merged = typed::merge(live, config, Rule::Plain, shape);
        let mut set = typed::set_of(config, shape);
        strip(&mut set, "");
        let before = self.0.get(&writer).map(|share| share.fields.clone()).unwrap_or_default();
        let mut kept = set.clone();
        for share in self.0.iter().filter(|(other, _)| **other != writer).map(|(_, share)| share) {
            kept.add_all(&share.fields);
        }
        typed::take_out(&mut merged, &before, &kept, Rule::Plain, shape);
        let mut change = compare(live, &merged, shape);
        for set in [&mut change.added, &mut change.modified, &mut change.removed] {
            strip(set, "");
        }
        let written = change.written();
        let others = self.0.iter().filter(|(other, _)| **other != writer);
        let conflicts: BTreeMap<Writer, FieldSet> = others
            .map(|(other, share)| (other.clone(), share.fields.shared(&written)))
            .filter(|(_, shared)| !shared.is_empty())
            .collect();
        if !force && !conflicts.is_empty() {
            return Err(Conflicts(conflicts));
        }
        let mut managers = self.clone();
        for (other, share) in &mut managers.0 {
            share.fields.remove_all(&change.removed);
            if let Some(lost) = conflicts.get(other) {
                share.fields.remove_all(lost);
            }
        }
        if set != before {
            managers.0.insert(writer, Share { fields: set, time: now });
        }
        managers.0.retain(|_, share| !share.fields.is_empty());
        Ok(Applied { merged, managers })
    }

    /// Hands what kubectl's client-side apply owned to `manager`, which applies; false when there is nothing.
    ///
    /// Models client-go util/csaupgrade: UpgradeManagedFields, with the managers that FindFieldsOwners finds.
    pub fn take_over_client_side(&mut self, manager: &str) -> bool {
        let path = [field("metadata"), field("annotations"), field(LAST_APPLIED)];
        let owners: Vec<Writer> = self
            .0
            .iter()
            .filter(|(writer, share)| {
                !writer.applies && writer.subresource.is_empty() && share.fields.has(&path)
            })
            .map(|(writer, _)| writer.clone())
            .collect();
        for owner in &owners {
            let Some(share) = self.0.remove(owner) else { continue };
            match self.0.get_mut(&Writer::apply(manager)) {
                Some(own) => own.fields.add_all(&share.fields),
                None => {
                    self.0.insert(Writer::apply(manager), share);
                }
            }
        }
        !owners.is_empty()
    }

    /// `metadata.managedFields`: those who apply first, then by time.
    pub fn to_value(&self, kind: Kind) -> Value {
        let mut shares: Vec<(&Writer, &Share)> = self.0.iter().collect();
        shares.sort_by_key(|(writer, share)| (!writer.applies, share.time, *writer));
        let api_version = kind.info().api_version();
        let entry = |(writer, share): (&Writer, &Share)| {
            let mut entry = Map::new();
            entry.insert("apiVersion".to_owned(), to_value(&api_version));
            entry.insert("fieldsType".to_owned(), json!("FieldsV1"));
            entry.insert("fieldsV1".to_owned(), share.fields.to_value());
            entry.insert("manager".to_owned(), to_value(&writer.manager));
            entry.insert("operation".to_owned(), json!(if writer.applies { "Apply" } else { "Update" }));
            if !writer.subresource.is_empty() {
                entry.insert("subresource".to_owned(), to_value(&writer.subresource));
            }
            entry.insert("time".to_owned(), encode::to_value(&Time(share.time)));
            Value::Object(entry)
        };
        Value::Array(shares.into_iter().map(entry).collect())
    }
}

/// What is the matter with a configuration that is to be applied.
///
/// # Errors
/// structured-merge-diff's complaint.
pub fn check(kind: Kind, config: &Value) -> Result<(), String> {
    shape::check(config, Rule::Plain, Shape::of(kind), "")
}

/// Takes out what nobody owns: what the server sets, and what the subresource does not write.
///
/// Models apimachinery pkg/util/managedfields/internal: stripMeta and stripFields, and the strategies'
/// GetResetFields.
fn strip(set: &mut FieldSet, subresource: &str) {
    for name in ["apiVersion", "kind"] {
        set.remove_below(&[&field(name)]);
    }
    set.remove_member(&["f:metadata"]);
    for name in [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    ] {
        set.remove_below(&["f:metadata", &field(name)]);
    }
    if subresource == "status" {
        for name in ["f:metadata", "f:spec"] {
            set.remove_below(&[name]);
        }
    } else {
        set.remove_below(&["f:status"]);
    }
}

/// The fields of the manifest that client-side apply kept, where the live object has its values.
///
/// Models apimachinery pkg/util/managedfields/internal: allowedConflictsFromLastApplied.
fn last_applied_fields(kind: Kind, live: &Value) -> FieldSet {
    let kept = live.get("metadata").and_then(|meta| meta.get("annotations")?.get(LAST_APPLIED)?.as_str());
    let Some(manifest) = kept.and_then(|text| serde_json::from_str::<Value>(text).ok()) else {
        return FieldSet::default();
    };
    let mut set = typed::set_of(&manifest, Shape::of(kind));
    let change = compare(&manifest, live, Shape::of(kind));
    for part in [&change.modified, &change.added, &change.removed] {
        set.remove_all(part);
    }
    set
}

/// What Go's encoder writes of an object of which nothing is set: its structs without `omitempty`.
///
/// A creation is compared with it, so that what is always there has no owner of its own.
pub fn empty(kind: Kind) -> Value {
    let template = || json!({"metadata": {}, "spec": {"containers": null}});
    match kind {
        Kind::Pod => json!({"metadata": {}, "spec": {"containers": null}, "status": {}}),
        Kind::StatefulSet => json!({
            "metadata": {},
            "spec": {"selector": null, "template": template(), "updateStrategy": {}},
            "status": {},
        }),
        Kind::Deployment => json!({
            "metadata": {},
            "spec": {"selector": null, "template": template(), "strategy": {}},
            "status": {},
        }),
        Kind::DaemonSet => json!({
            "metadata": {},
            "spec": {"selector": null, "template": template(), "updateStrategy": {}},
            "status": {"currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0,
                "numberReady": 0},
        }),
        Kind::HorizontalPodAutoscaler => json!({
            "metadata": {},
            "spec": {"scaleTargetRef": {"kind": "", "name": ""}, "maxReplicas": 0},
            "status": {"desiredReplicas": 0, "currentMetrics": null},
        }),
        Kind::CronJob => json!({
            "metadata": {},
            "spec": {"schedule": "", "jobTemplate": {"metadata": {}, "spec": {"template": template()}}},
            "status": {},
        }),
        Kind::Job => json!({"metadata": {}, "spec": {"template": template()}, "status": {}}),
        Kind::ReplicaSet => json!({
            "metadata": {},
            "spec": {"selector": null, "template": template()},
            "status": {},
        }),
        Kind::Service | Kind::Ingress => {
            json!({"metadata": {}, "spec": {}, "status": {"loadBalancer": {}}})
        }
        Kind::NetworkPolicy => json!({"metadata": {}, "spec": {"podSelector": {}}}),
        Kind::PersistentVolumeClaim => json!({"metadata": {}, "spec": {"resources": {}}, "status": {}}),
        Kind::Endpoints => json!({"metadata": {}}),
        Kind::EndpointSlice => json!({"metadata": {}, "endpoints": null, "ports": null}),
        Kind::Event => json!({"metadata": {}, "involvedObject": {}, "source": {}}),
        _ => json!({"metadata": {}, "spec": {}, "status": {}}),
    }
}
