//! Managed fields: who owns what, and apply on the server.
//!
//! They are kept for the objects that a user has written, and for no others: what a component made (ten
//! thousand pods) costs nothing until somebody asks, and is then worked out from the object as it is. So are
//! everybody's shares of `status`. What cannot be known that way is when a component wrote last: the newest
//! time within the status stands for it.

use std::sync::Arc;

use imbl::OrdMap;
use jiff::Timestamp;
use serde_json::Value;

use super::{ApiServer, Subresource, WriteOptions};
use crate::api::managed::{self, FieldSet, Managers, Shape, Writer, field};
use crate::api::{ApiError, ApiResult, Kind, Object, ObjectKey, SimTime, defaults, meta, wire};

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Who writes at the moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Author {
    /// The installation.
    #[default]
    System,
    /// A component, by its name.
    Component(&'static str),
    /// A user's program, by its field manager.
    User(Arc<str>),
}

/// What is kept of an object that a user wrote.
#[derive(Clone, Debug)]
struct Kept {
    managers: Managers,
    /// When its status was written last.
    status_at: Option<SimTime>,
}

/// The managers of the objects that users have written.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    /// By uid.
    kept: OrdMap<Arc<str>, Arc<Kept>>,
    pub(super) author: Author,
    /// The subresource that the write goes through, where that is not the status.
    pub(super) subresource: &'static str,
}

/// How a configuration is applied on the server.
#[derive(Clone, Debug, Default)]
pub struct ApplyRequest {
    /// The field manager.
    pub manager: String,
    /// Whether to take what others own.
    pub force: bool,
    /// The text that kubectl keeps of the configuration where client-side apply kept one.
    pub last_applied: String,
    /// What of the object the configuration reaches.
    pub subresource: Subresource,
}

impl ApiServer {
    /// Says who writes from now on.
    pub(crate) fn speak_as(&mut self, author: Author) {
        self.ledger.author = author;
    }

    /// Acts through a subresource, as its manager is then told apart.
    pub(crate) fn through<T>(
        &mut self,
        subresource: &'static str,
        act: impl FnOnce(&mut ApiServer) -> T,
    ) -> T {
        self.ledger.subresource = subresource;
        let done = act(self);
        self.ledger.subresource = "";
        done
    }

    /// The object's `metadata.managedFields`.
    pub fn managed_fields(&self, object: &Object) -> Value {
        self.managers_of(object).to_value(object.kind())
    }

    /// [`ApiServer::managed_fields`] of what a dry run gave, which is not stored.
    pub fn tried_managed_fields(&self, object: &Object) -> Value {
        let stored = self.store().get(object.kind(), &object.key());
        let stored = stored.filter(|stored| stored.uid() == object.uid());
        let noted = match stored {
            Some(old) => self.note_update(object, old, Subresource::Main),
            None => self.note_creation(object),
        };
        let Some(mut managers) = noted else { return self.managed_fields(object) };
        // The status of what was never stored was written by nobody.
        if stored.is_some() {
            let value = wire::value(object);
            let newest = value.get("status").and_then(newest_time);
            add_status(&mut managers, object.kind(), &value, newest.unwrap_or_else(|| created(&value)));
        }
        managers.to_value(object.kind())
    }

    fn kept(&self, object: &Object) -> Option<&Kept> {
        self.ledger.kept.get(object.uid()).map(Arc::as_ref)
    }

    fn managers_of(&self, object: &Object) -> Managers {
        let value = wire::value(object);
        let mut managers = self.owners_of(object, &value);
        let written = self.kept(object).and_then(|kept| kept.status_at).map(|at| at.to_time().0);
        let newest = written.or_else(|| value.get("status").and_then(newest_time));
        add_status(&mut managers, object.kind(), &value, newest.unwrap_or_else(|| created(&value)));
        managers
    }

    /// The managers of all but the status.
    fn owners_of(&self, object: &Object, value: &Value) -> Managers {
        match self.kept(object) {
            Some(kept) => kept.managers.clone(),
            None => made_by_component(object, value),
        }
    }

    /// The managers after a creation by a user; the server's own additions are nobody's.
    pub(super) fn note_creation(&self, object: &Object) -> Option<Managers> {
        if !matches!(self.ledger.author, Author::User(_)) {
            return None;
        }
        let mut asked = object.clone();
        defaults::apply(&mut asked);
        let kind = object.kind();
        let change = managed::compare(&managed::empty(kind), &wire::value(&asked), Shape::of(kind));
        let mut managers = Managers::default();
        managers.note(&self.writer(), change, self.now.to_time().0);
        Some(managers)
    }

    /// The managers after an update, if they are kept.
    pub(super) fn note_update(
        &self,
        new: &Object,
        old: &Object,
        subresource: Subresource,
    ) -> Option<Managers> {
        let by_user = matches!(self.ledger.author, Author::User(_));
        if subresource == Subresource::Status || !(by_user || self.kept(old).is_some()) {
            return None;
        }
        let was = wire::value(old);
        let mut managers = self.owners_of(old, &was);
        let change = managed::compare(&was, &wire::value(new), Shape::of(old.kind()));
        managers.note(&self.writer(), change, self.now.to_time().0);
        Some(managers)
    }

    /// Whether a write gives the object other managers than it has.
    pub(super) fn changes_managers(&self, managers: &Managers, object: &Object) -> bool {
        self.kept(object).is_none_or(|kept| kept.managers != *managers)
    }

    /// Keeps the managers of an object that was stored.
    pub(super) fn keep(&mut self, managers: Option<Managers>, stored: &Object, subresource: Subresource) {
        let status_at = match (self.kept(stored), subresource) {
            (None, Subresource::Status) => return,
            (Some(_), Subresource::Status) => Some(self.now),
            (known, _) => known.and_then(|kept| kept.status_at),
        };
        let managers = managers.or_else(|| self.kept(stored).map(|kept| kept.managers.clone()));
        if let Some(managers) = managers {
            self.ledger.kept.insert(stored.uid().into(), Arc::new(Kept { managers, status_at }));
        }
    }

    /// Forgets an object that is gone.
    pub(super) fn forget_managers(&mut self, object: &Object) {
        self.ledger.kept.remove(object.uid());
    }

    fn writer(&self) -> Writer {
        let manager = match &self.ledger.author {
            Author::System => "kube-apiserver",
            Author::Component(name) => program_of(name),
            Author::User(name) => name,
        };
        Writer::update(manager, self.ledger.subresource)
    }

    /// Applies a configuration: what it names is as it says, and belongs to its manager; what it named before
    /// and names no longer goes, unless another owns it.
    ///
    /// Models apiserver pkg/endpoints/handlers: applyPatcher.
    ///
    /// # Errors
    /// Conflict when others own fields with other values, or as create and update.
    pub fn apply(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        config: &Value,
        request: &ApplyRequest,
        options: WriteOptions,
    ) -> ApiResult<Object> {
        check_config(kind, key, config)?;
        let current = self.store().get(kind, key).cloned();
        let (live, managers) = match &current {
            Some(object) => {
                let live = wire::value(object);
                let managers = self.owners_of(object, &live);
                (live, managers)
            }
            None => (managed::empty(kind), Managers::default()),
        };
        let applied = managers
            .apply(kind, &live, config, &request.manager, request.force, self.now.to_time().0)
            .map_err(|conflicts| ApiError::apply_conflict(conflicts.message(kind)))?;
        let mut merged = applied.merged;
        if request.manager == "kubectl"
            && let Some(kept) =
                merged.pointer_mut("/metadata/annotations").and_then(|all| all.get_mut(LAST_APPLIED))
        {
            *kept = Value::from(request.last_applied.clone());
        }
        let object = Object::from_value(kind, merged, &mut |_| {})
            .map_err(|error| ApiError::unexplained(typed_patch(kind, key, &error.to_string())))?;
        let managers = Some(applied.managers);
        if current.is_none() {
            return self.create_noting(object, options, managers);
        }
        super::patch::check_identity(key, &object)?;
        // What is kept of the status is worked out from the object.
        let managers = managers.filter(|_| request.subresource == Subresource::Main);
        self.update_noting(object, request.subresource, options, managers)
    }

    /// Hands what kubectl's client-side apply owns of an object to `manager`, as kubectl asks once it has
    /// applied on the server.
    ///
    /// # Errors
    /// NotFound.
    pub fn take_over_client_side(&mut self, kind: Kind, key: &ObjectKey, manager: &str) -> ApiResult<()> {
        let object = self.get(kind, key)?.clone();
        let Some(mut managers) = self.kept(&object).map(|kept| kept.managers.clone()) else { return Ok(()) };
        if managers.take_over_client_side(manager) {
            self.update_noting(object, Subresource::Main, WriteOptions::default(), Some(managers))?;
        }
        Ok(())
    }
}

/// Refuses a configuration that is none of the kind's.
fn check_config(kind: Kind, key: &ObjectKey, config: &Value) -> ApiResult<()> {
    let mut unknown = Vec::new();
    let decoded = Object::from_value(kind, config.clone(), &mut |path| unknown.push(path));
    let refuse = |why: &str| Err(ApiError::unexplained(typed_patch(kind, key, why)));
    match unknown.as_slice() {
        [] => {}
        [one] => return refuse(&format!(".{one}: field not declared in schema")),
        many => {
            let lines: Vec<String> =
                many.iter().map(|path| format!("  .{path}: field not declared in schema")).collect();
            return refuse(&format!("errors:\n{}", lines.join("\n")));
        }
    }
    if let Err(error) = decoded {
        return refuse(&error.to_string());
    }
    managed::check(kind, config).or_else(|why| refuse(&why))
}

fn typed_patch(kind: Kind, key: &ObjectKey, why: &str) -> String {
    let place = if key.namespace.is_empty() {
        key.name.to_string()
    } else {
        format!("{}/{}", key.namespace, key.name)
    };
    let version = kind.info().api_version();
    format!("failed to create typed patch object ({place}; {version}, Kind={}): {why}", kind.name())
}

/// The program that a component is part of: its field manager.
fn program_of(component: &str) -> &str {
    match component {
        "kubelet" => "kubelet",
        "default-scheduler" => "kube-scheduler",
        "volume-provisioner" => "storage-provisioner",
        "kubernetes-service-controller" => "kube-apiserver",
        _ => "kube-controller-manager",
    }
}

/// The managers of an object that no user wrote: who made it owns what was asked for.
fn made_by_component(object: &Object, value: &Value) -> Managers {
    let mut asked = value.clone();
    drop_what_admission_set(object.kind(), &mut asked);
    let kind = object.kind();
    let set = managed::compare(&managed::empty(kind), &asked, Shape::of(kind)).written();
    let mut managers = Managers::default();
    managers.grant(Writer::update(&maker(object), ""), set, created(value));
    managers
}

fn maker(object: &Object) -> String {
    let manager = match object {
        Object::Node(_) | Object::Lease(_) | Object::CSINode(_) => "kubelet",
        Object::Namespace(_)
        | Object::PriorityClass(_)
        | Object::ClusterRole(_)
        | Object::ClusterRoleBinding(_) => "kube-apiserver",
        Object::Service(_) if meta::name(object.meta()) == "kubernetes" => "kube-apiserver",
        Object::StorageClass(_) => "kubectl-client-side-apply",
        Object::PersistentVolume(_) => "storage-provisioner",
        Object::Event(event) => {
            let source = event.source.as_ref().and_then(|source| source.component.as_deref());
            let component = source.or(event.reporting_component.as_deref()).unwrap_or_default();
            return program_of(component).to_owned();
        }
        _ => "kube-controller-manager",
    };
    manager.to_owned()
}

/// What admission and binding put into a pod or claim is nobody's.
fn drop_what_admission_set(kind: Kind, value: &mut Value) {
    if let Some(meta) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.remove("finalizers");
        if let Some(labels) = meta.get_mut("labels").and_then(Value::as_object_mut)
            && kind == Kind::Pod
        {
            labels.retain(|name, _| !name.starts_with("topology.kubernetes.io/"));
        }
    }
    let Some(spec) = value.get_mut("spec").and_then(Value::as_object_mut) else { return };
    match kind {
        Kind::Pod => {
            for name in [
                "nodeName",
                "priority",
                "preemptionPolicy",
                "tolerations",
                "serviceAccount",
                "serviceAccountName",
            ] {
                spec.remove(name);
            }
            let is_token = |item: &Value, name: &str| {
                item.get(name)
                    .and_then(Value::as_str)
                    .is_some_and(|name| name.starts_with("kube-api-access-"))
            };
            drop_items(spec, "volumes", &|item| is_token(item, "name"));
            for list in ["containers", "initContainers"] {
                for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                    if let Some(container) = container.as_object_mut() {
                        drop_items(container, "volumeMounts", &|item| is_token(item, "name"));
                    }
                }
            }
        }
        Kind::PersistentVolumeClaim => {
            spec.remove("storageClassName");
        }
        _ => {}
    }
}

fn drop_items(map: &mut serde_json::Map<String, Value>, name: &str, goes: &dyn Fn(&Value) -> bool) {
    if let Some(items) = map.get_mut(name).and_then(Value::as_array_mut) {
        items.retain(|item| !goes(item));
        if items.is_empty() {
            map.remove(name);
        }
    }
}

/// Adds the shares of the status, which components write.
fn add_status(managers: &mut Managers, kind: Kind, value: &Value, time: Timestamp) {
    let Some(mut status) = value.get("status").cloned() else { return };
    let mut pending = None;
    if let Some(map) = status.as_object_mut() {
        // Set when the object was made, by the server.
        map.remove("qosClass");
        if kind == Kind::Pod {
            pending = take_scheduled(map);
            if map.len() == 1 || map.get("startTime").is_none() {
                map.clear();
            }
        }
    }
    let manager = match kind {
        Kind::Pod | Kind::Node => "kubelet",
        Kind::Namespace | Kind::Service | Kind::Ingress => return,
        _ => "kube-controller-manager",
    };
    let mut grant = |manager: &str, status: Value| {
        let (old, new) = (serde_json::json!({"status": {}}), serde_json::json!({ "status": status }));
        let mut set: FieldSet = managed::compare(&old, &new, Shape::of(kind)).written();
        // The server made the list when it made the object.
        set.remove_member(&[&field("status"), &field("conditions")]);
        managers.grant(Writer::update(manager, "status"), set, time);
    };
    grant(manager, status);
    if let Some(condition) = pending {
        grant("kube-scheduler", serde_json::json!({ "conditions": [condition] }));
    }
}

/// Takes the condition PodScheduled out; it is the scheduler's while the pod waits, and nobody's once it is
/// bound.
fn take_scheduled(status: &mut serde_json::Map<String, Value>) -> Option<Value> {
    let conditions = status.get_mut("conditions").and_then(Value::as_array_mut)?;
    let place = conditions.iter().position(|condition| condition["type"] == "PodScheduled")?;
    let scheduled = conditions.remove(place);
    (scheduled["status"] == "False").then_some(scheduled)
}

/// The newest of the times within a value.
fn newest_time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) if text.ends_with('Z') => text.parse().ok(),
        Value::Array(items) => items.iter().filter_map(newest_time).max(),
        Value::Object(map) => map.values().filter_map(newest_time).max(),
        _ => None,
    }
}

fn created(value: &Value) -> Timestamp {
    let created = value.pointer("/metadata/creationTimestamp");
    created.and_then(newest_time).unwrap_or_else(|| SimTime::ZERO.to_time().0)
}
