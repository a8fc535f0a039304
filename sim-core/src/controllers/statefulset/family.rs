//! [`Family`]: the pods that bear a set's name, and which of them are the set's.
//!
//! Models pkg/controller: PodControllerRefManager.ClaimPods, and the pod event handlers of
//! pkg/controller/statefulset. Where upstream lists the pods of a namespace in every sync, this is
//! kept up change by change.

use std::sync::Arc;

use imbl::OrdSet;
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod;
use serde_json::Value;

use super::blocked::Blocked;
use super::claims::Retention;
use super::index::{Replica, Replicas, min_ready_seconds, parent_and_ordinal};
use super::wish::replicas;
use crate::api::selector::Selector;
use crate::api::{Kind, ObjectKey, meta};
use crate::controllers::history;
use crate::store::Store;

/// What is known of one set. Cloning is cheap.
#[derive(Clone, Debug, Default)]
pub struct Family {
    set: Option<Arc<StatefulSet>>,
    selector: Selector,
    /// The set's own pods.
    pub replicas: Replicas,
    /// Ordinals of own pods of which something changed since they were last seen to.
    pub dirty: OrdSet<i32>,
    /// Pods without a controller that the set may adopt.
    pub adoptable: OrdSet<Arc<str>>,
    /// Pods that the set controls although it does not select them any more.
    pub releasable: OrdSet<Arc<str>>,
    /// Other pods of that name.
    others: OrdSet<Arc<str>>,
    /// The set's template as a revision keeps it, and the set's uid and generation it was made from.
    patch: Option<(String, i64, Arc<Value>)>,
    /// Why the set does not move on.
    pub blocked: Option<Blocked>,
}

/// What a pod is to a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Membership {
    Own(i32),
    Adoptable,
    Releasable,
    Other,
}

/// The set that a pod concerns: the one that controls it, or else the one whose name it bears.
pub fn family_of(pod: &Pod) -> Option<ObjectKey> {
    let set_name = match meta::controller_of(&pod.metadata) {
        Some(owner) if owner.kind == "StatefulSet" => owner.name.as_str(),
        Some(_) => return None,
        None => parent_and_ordinal(meta::name(&pod.metadata))?.0,
    };
    Some(ObjectKey::new(meta::namespace(&pod.metadata), set_name))
}

impl Family {
    /// The set, as far as it has been observed.
    pub fn set(&self) -> Option<&Arc<StatefulSet>> {
        self.set.as_ref()
    }

    /// The set's selector.
    pub fn selector(&self) -> &Selector {
        &self.selector
    }

    /// Whether there is neither a set nor a pod of this name.
    pub fn is_forgotten(&self) -> bool {
        self.set.is_none()
            && self.replicas.is_empty()
            && self.adoptable.is_empty()
            && self.releasable.is_empty()
            && self.others.is_empty()
    }

    /// Notes the set as it is now, or that it is gone.
    pub fn note_set(&mut self, key: &ObjectKey, set: Option<Arc<StatefulSet>>, view: &Store, now: Timestamp) {
        let identity = |set: &Option<Arc<StatefulSet>>| {
            set.as_ref()
                .map(|set| (set.metadata.uid.clone(), set.spec.as_ref().map(|spec| spec.selector.clone())))
        };
        let other_set = identity(&self.set) != identity(&set);
        let other_claims = claim_policy(self.set.as_deref()) != claim_policy(set.as_deref());
        let seconds = set.as_deref().map_or(0, min_ready_seconds);
        self.set = set;
        if other_set {
            let selector = self.set.as_ref().and_then(|set| set.spec.as_ref()).map(|spec| &spec.selector);
            self.selector = selector.map(Selector::from_api).unwrap_or_default();
            self.blocked = None;
            self.sort_anew(key, seconds, view, now);
        } else if seconds != self.replicas.min_ready_seconds() {
            self.replicas = self.replicas.with_min_ready_seconds(seconds, now);
        }
        if other_claims {
            self.dirty = self.replicas.iter().map(|(ordinal, _)| ordinal).collect();
        }
    }

    /// Notes a pod of this family as it is now.
    pub fn note_pod(&mut self, pod: &Pod, now: Timestamp) {
        let name = meta::name(&pod.metadata);
        self.forget_stray(name);
        let membership = self.membership(pod);
        if !matches!(membership, Membership::Own(_)) {
            self.forget_own(name);
        }
        match membership {
            Membership::Own(ordinal) => {
                self.replicas.insert(ordinal, Replica::of(pod), now);
                self.dirty.insert(ordinal);
                return;
            }
            Membership::Adoptable => &mut self.adoptable,
            Membership::Releasable => &mut self.releasable,
            Membership::Other => &mut self.others,
        }
        .insert(name.into());
    }

    /// Notes that the pod is gone, or now in another family.
    pub fn forget_pod(&mut self, name: &str) {
        self.forget_stray(name);
        self.forget_own(name);
    }

    /// Notes that a claim of the pod of `ordinal` changed.
    pub fn note_claim(&mut self, ordinal: i32) {
        if self.replicas.get(ordinal).is_some() {
            self.dirty.insert(ordinal);
        }
    }

    /// The set's template as a revision keeps it.
    pub fn template_patch(&mut self, set: &StatefulSet) -> Arc<Value> {
        let (uid, generation) = (meta::uid(&set.metadata), set.metadata.generation.unwrap_or(0));
        if let Some((made_for, at, patch)) = &self.patch
            && made_for == uid
            && *at == generation
        {
            return patch.clone();
        }
        let template = set.spec.as_ref().map(|spec| history::template_patch(&spec.template));
        let patch = Arc::new(template.unwrap_or(Value::Null));
        self.patch = Some((uid.to_owned(), generation, patch.clone()));
        patch
    }

    /// What a pod of this family is to the set. Models pkg/controller: BaseControllerRefManager.ClaimObject.
    fn membership(&self, pod: &Pod) -> Membership {
        let Some(set) = &self.set else { return Membership::Other };
        let ordinal = parent_and_ordinal(meta::name(&pod.metadata))
            .filter(|(parent, _)| *parent == meta::name(&set.metadata))
            .map(|(_, ordinal)| ordinal)
            .filter(|_| self.selector.matches(meta::labels(&pod.metadata)));
        match (meta::controller_of(&pod.metadata), ordinal) {
            (Some(owner), _) if owner.uid != meta::uid(&set.metadata) => Membership::Other,
            (Some(_), Some(ordinal)) => Membership::Own(ordinal),
            (Some(_), None) => Membership::Releasable,
            (None, Some(_)) if !meta::is_terminating(&pod.metadata) => Membership::Adoptable,
            (None, _) => Membership::Other,
        }
    }

    /// Looks at all pods of the family again, because the set is another.
    fn sort_anew(&mut self, key: &ObjectKey, min_ready_seconds: i32, view: &Store, now: Timestamp) {
        let strays = self.adoptable.iter().chain(&self.releasable).chain(&self.others).cloned();
        let own = self.replicas.iter().map(|(ordinal, _)| Arc::from(format!("{}-{ordinal}", key.name)));
        let names: Vec<Arc<str>> = strays.chain(own).collect();
        self.replicas = Replicas::new(min_ready_seconds);
        self.dirty = OrdSet::new();
        for set in [&mut self.adoptable, &mut self.releasable, &mut self.others] {
            *set = OrdSet::new();
        }
        for name in names {
            let pod_key = ObjectKey { namespace: key.namespace.clone(), name: name.into() };
            if let Some(pod) = view.typed::<Pod>(&pod_key)
                && family_of(pod).as_ref() == Some(key)
            {
                self.note_pod(pod, now);
            }
        }
    }

    fn forget_stray(&mut self, name: &str) {
        for set in [&mut self.adoptable, &mut self.releasable, &mut self.others] {
            set.remove(name);
        }
    }

    fn forget_own(&mut self, name: &str) {
        if let Some((_, ordinal)) = parent_and_ordinal(name) {
            self.replicas.remove(ordinal);
            self.dirty.remove(&ordinal);
        }
    }
}

/// What the owners of claims depend on: the policy and, when scaling deletes claims, which pods are wanted.
fn claim_policy(set: Option<&StatefulSet>) -> (Retention, Option<(i32, i32)>) {
    let Some(set) = set else { return Default::default() };
    let retention = Retention::of(set);
    let start = set.spec.as_ref().and_then(|spec| spec.ordinals.as_ref()).and_then(|ordinals| ordinals.start);
    let wanted = (start.unwrap_or(0), replicas(set));
    (retention, retention.delete_when_scaled.then_some(wanted))
}

/// The families whose pod of some ordinal may own the claim of that name: `data-web-0` is of ordinal 0
/// of `web`, and a name with more dashes has more readings.
pub fn families_of_claim<'a>(
    namespace: &'a str,
    claim: &'a str,
) -> impl Iterator<Item = (ObjectKey, i32)> + 'a {
    let parsed = parent_and_ordinal(claim);
    parsed.into_iter().flat_map(move |(parent, ordinal)| {
        let dashes = parent.match_indices('-').map(|(at, _)| at + 1);
        dashes.map(move |at| (ObjectKey::new(namespace, &parent[at..]), ordinal))
    })
}

/// The revisions that the set controls or may adopt, oldest first.
///
/// Models pkg/controller/history: ListControllerRevisions.
pub fn revisions_of(
    view: &Store,
    orphans: &OrdSet<ObjectKey>,
    set: &StatefulSet,
    selector: &Selector,
) -> Vec<Arc<k8s_openapi::api::apps::v1::ControllerRevision>> {
    let namespace = meta::namespace(&set.metadata);
    let uid = meta::uid(&set.metadata);
    let first = ObjectKey::new(namespace, "");
    let orphans = orphans.range(first..).take_while(|key| &*key.namespace == namespace);
    let orphans = orphans.filter_map(|key| view.get(Kind::ControllerRevision, key));
    let mut revisions: Vec<_> = view
        .owned_by_of_kind(uid, Kind::ControllerRevision)
        .filter(|object| meta::is_controlled_by(object.meta(), uid))
        .chain(orphans)
        .filter(|object| selector.matches(meta::labels(object.meta())))
        .filter_map(crate::api::Resource::from_object)
        .collect();
    history::sort(&mut revisions);
    revisions
}
