//! The one truth: API objects by kind and key, their resourceVersion, and the log of changes.
//!
//! Every collection is persistent, so cloning a [`Store`] is a constant-time snapshot. Informer
//! caches, checkpoints and a watch's view of the past are all such clones. Only the API server
//! writes here.

mod heartbeats;
mod log;

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

pub(crate) use heartbeats::reported;
pub use log::{Change, ChangeType, WatchLog};

use crate::api::{Kind, Object, ObjectKey, ObjectRef, Resource, SimTime, meta};

/// API objects and the indexes that controllers read.
#[derive(Clone, Debug)]
pub struct Store {
    revision: u64,
    tables: Vec<OrdMap<ObjectKey, Object>>,
    by_owner: OrdMap<Arc<str>, OrdSet<ObjectRef>>,
    pods_by_node: OrdMap<Arc<str>, OrdSet<ObjectKey>>,
    /// Nodes of which nothing is heard, since when.
    silent: OrdMap<Arc<str>, SimTime>,
    log: WatchLog,
}

impl Default for Store {
    fn default() -> Self {
        Store::new()
    }
}

impl Store {
    /// An empty store at revision 0.
    pub fn new() -> Store {
        Store {
            revision: 0,
            tables: vec![OrdMap::new(); Kind::COUNT],
            by_owner: OrdMap::new(),
            pods_by_node: OrdMap::new(),
            silent: OrdMap::new(),
            log: WatchLog::default(),
        }
    }

    /// The resourceVersion of the newest change.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The object of `kind` at `key`.
    pub fn get(&self, kind: Kind, key: &ObjectKey) -> Option<&Object> {
        self.tables[kind as usize].get(key)
    }

    /// The typed object at `key`.
    pub fn typed<T: Resource>(&self, key: &ObjectKey) -> Option<&T> {
        self.get(T::API_KIND, key).and_then(T::from_ref)
    }

    /// The typed object at `key`, shared.
    pub fn shared<T: Resource>(&self, key: &ObjectKey) -> Option<Arc<T>> {
        self.get(T::API_KIND, key).and_then(T::from_object)
    }

    /// All objects of `kind`, in key order.
    pub fn list(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Object> {
        self.tables[kind as usize].values()
    }

    /// The objects of `kind` in `namespace`, in key order.
    pub fn list_in<'a>(&'a self, kind: Kind, namespace: &'a str) -> impl Iterator<Item = &'a Object> {
        let first = ObjectKey::new(namespace, "");
        self.tables[kind as usize]
            .range(first..)
            .take_while(move |(key, _)| &*key.namespace == namespace)
            .map(|(_, object)| object)
    }

    /// All objects of type `T`, in key order.
    pub fn all<T: Resource>(&self) -> impl Iterator<Item = &T> {
        self.list(T::API_KIND).filter_map(T::from_ref)
    }

    /// The objects of type `T` in `namespace`, in key order.
    pub fn all_in<'a, T: Resource>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a T> {
        self.list_in(T::API_KIND, namespace).filter_map(T::from_ref)
    }

    /// How many objects of `kind` there are.
    pub fn count(&self, kind: Kind) -> usize {
        self.tables[kind as usize].len()
    }

    /// The objects that name `owner_uid` among their owners, controller or not.
    pub fn owned_by<'a>(&'a self, owner_uid: &str) -> impl Iterator<Item = &'a Object> {
        let owned = self.by_owner.get(owner_uid).into_iter().flatten();
        owned.filter_map(|reference| self.get(reference.kind, &reference.key))
    }

    /// The objects of `kind` that name `owner_uid` among their owners, controller or not.
    pub fn owned_by_of_kind<'a>(&'a self, owner_uid: &str, kind: Kind) -> impl Iterator<Item = &'a Object> {
        let first = ObjectRef::new(kind, ObjectKey::cluster(""));
        let owned =
            self.by_owner.get(owner_uid).into_iter().flat_map(move |owned| owned.range(first.clone()..));
        let of_kind = owned.take_while(move |reference| reference.kind == kind);
        of_kind.filter_map(|reference| self.get(reference.kind, &reference.key))
    }

    /// The pods that are bound to `node`, in key order.
    pub fn pods_on<'a>(&'a self, node: &str) -> impl Iterator<Item = &'a k8s_openapi::api::core::v1::Pod> {
        self.pods_by_node.get(node).into_iter().flatten().filter_map(|key| self.typed(key))
    }

    /// The log of changes, for watches.
    pub fn log(&self) -> &WatchLog {
        &self.log
    }

    /// Drops log entries that no watch needs: all at or before `revision`, beyond the newest `keep`.
    pub fn compact(&mut self, revision: u64, keep: usize) {
        self.log.compact(revision, keep);
    }

    /// The revision that the next change will carry.
    pub(crate) fn next_revision(&self) -> u64 {
        self.revision + 1
    }

    /// Stores `object`, which carries [`Store::next_revision`] as its resourceVersion, and logs the change.
    pub(crate) fn put(&mut self, object: Object, stamp: Stamp) {
        let reference = object.reference();
        let previous = self.insert(object.clone(), &reference);
        let change = if previous.is_some() { ChangeType::Modified } else { ChangeType::Added };
        self.record(change, reference, object, previous, stamp);
    }

    /// Removes the object and logs its last state, which carries [`Store::next_revision`].
    pub(crate) fn remove(&mut self, last: Object, stamp: Stamp) {
        let reference = last.reference();
        let previous = self.take(&reference);
        self.record(ChangeType::Deleted, reference, last, previous, stamp);
    }

    /// Puts an object where it was before the log begins: there is no change and no revision for it.
    pub(crate) fn plant(&mut self, object: Object) {
        let reference = object.reference();
        self.insert(object, &reference);
    }

    /// Brings a copy of a store to the state after `change`, without logging it.
    pub(crate) fn follow(&mut self, change: &Change) {
        self.revision = change.revision;
        match change.change {
            ChangeType::Added | ChangeType::Modified => self.insert(change.object.clone(), &change.reference),
            ChangeType::Deleted => self.take(&change.reference),
        };
    }

    fn insert(&mut self, object: Object, reference: &ObjectRef) -> Option<Object> {
        let previous = self.tables[reference.kind as usize].insert(reference.key.clone(), object.clone());
        if !previous.as_ref().is_some_and(|previous| is_indexed_alike(previous, &object)) {
            if let Some(previous) = &previous {
                self.unindex(previous, reference);
            }
            self.index(&object, reference);
        }
        previous
    }

    fn take(&mut self, reference: &ObjectRef) -> Option<Object> {
        let previous = self.tables[reference.kind as usize].remove(&reference.key)?;
        self.unindex(&previous, reference);
        Some(previous)
    }

    fn record(
        &mut self,
        change: ChangeType,
        reference: ObjectRef,
        object: Object,
        previous: Option<Object>,
        stamp: Stamp,
    ) {
        self.revision += 1;
        self.log.push(Change {
            revision: self.revision,
            at: stamp.at,
            cause: stamp.cause,
            change,
            reference,
            object,
            previous,
        });
    }

    fn index(&mut self, object: &Object, reference: &ObjectRef) {
        for owner in meta::owners(object.meta()) {
            self.by_owner.entry(owner.uid.as_str().into()).or_default().insert(reference.clone());
        }
        if let Some(node) = bound_node(object) {
            self.pods_by_node.entry(node.into()).or_default().insert(reference.key.clone());
        }
    }

    fn unindex(&mut self, object: &Object, reference: &ObjectRef) {
        for owner in meta::owners(object.meta()) {
            forget(&mut self.by_owner, &owner.uid, reference);
        }
        if let Some(node) = bound_node(object) {
            forget(&mut self.pods_by_node, node, &reference.key);
        }
    }
}

/// Takes `member` out of the set of `name`, and the set once it is empty.
fn forget<T: Ord + Clone>(index: &mut OrdMap<Arc<str>, OrdSet<T>>, name: &str, member: &T) {
    let Some(members) = index.get_mut(name) else { return };
    members.remove(member);
    if members.is_empty() {
        index.remove(name);
    }
}

/// When and why a change happens.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// Virtual time of the change.
    pub at: crate::api::SimTime,
    /// What caused it.
    pub cause: CauseId,
}

/// Names an entry of the record of causes; see `engine::cause`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CauseId(pub u32);

/// Whether the indexes hold the same entries for both states of one object.
fn is_indexed_alike(old: &Object, new: &Object) -> bool {
    let (before, after) = (meta::owners(old.meta()), meta::owners(new.meta()));
    let same_owners = before.iter().map(|owner| &owner.uid).eq(after.iter().map(|owner| &owner.uid));
    same_owners && bound_node(old) == bound_node(new)
}

fn bound_node(object: &Object) -> Option<&str> {
    match object {
        Object::Pod(pod) => pod.spec.as_ref()?.node_name.as_deref().filter(|node| !node.is_empty()),
        _ => None,
    }
}
