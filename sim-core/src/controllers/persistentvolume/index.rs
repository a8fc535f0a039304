//! What the controller looks up: volumes to give away, volumes by claim, claims that wait, pods that wait.

use imbl::OrdSet;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};

use crate::api::{Name, Object, ObjectKey, Resource, storage};
use crate::store::{Change, ChangeType};

/// Kept up to date change by change, so that no reconcile scans.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Volumes that no claim has, by class and size.
    unclaimed: OrdSet<(Name, i64, ObjectKey)>,
    /// Claim and volume, for volumes that name a claim.
    by_claim: OrdSet<(ObjectKey, ObjectKey)>,
    /// Claims without a volume, by class.
    pending: OrdSet<(Name, ObjectKey)>,
    /// Claims that no reconcile has seen yet.
    unseen: OrdSet<ObjectKey>,
    /// Claim and pod, for pods that are not scheduled.
    unscheduled: OrdSet<(ObjectKey, ObjectKey)>,
    /// Claim and pod, for pods that came before their claim was looked at first.
    late: OrdSet<(ObjectKey, ObjectKey)>,
}

impl Index {
    pub(super) fn volume_changed(&mut self, change: &Change) {
        let Object::PersistentVolume(new) = &change.object else { return };
        let is_there = change.change != ChangeType::Deleted;
        let key = &change.reference.key;
        if let Some(Object::PersistentVolume(old)) = &change.previous {
            let claim = storage::claim_of(old);
            if is_there && claim.is_some() && claim == storage::claim_of(new) {
                return;
            }
            match claim {
                Some(claim) => self.by_claim.remove(&(claim, key.clone())).is_some(),
                None => self.unclaimed.remove(&unclaimed_entry(old)).is_some(),
            };
        }
        if is_there {
            match storage::claim_of(new) {
                Some(claim) => self.by_claim.insert((claim, key.clone())).is_some(),
                None => self.unclaimed.insert(unclaimed_entry(new)).is_some(),
            };
        }
    }

    pub(super) fn claim_changed(&mut self, change: &Change) {
        let key = change.reference.key.clone();
        if let Some(Object::PersistentVolumeClaim(old)) = &change.previous
            && storage::volume_name(old).is_none()
        {
            self.pending.remove(&(storage::claim_class(old).into(), key.clone()));
        }
        let Object::PersistentVolumeClaim(new) = &change.object else { return };
        match change.change {
            ChangeType::Deleted => {
                self.unseen.remove(&key);
                return;
            }
            ChangeType::Added => {
                self.unseen.insert(key.clone());
            }
            ChangeType::Modified => {}
        }
        if storage::volume_name(new).is_none() {
            self.pending.insert((storage::claim_class(new).into(), key));
        }
    }

    pub(super) fn pod_changed(&mut self, change: &Change) {
        let Object::Pod(new) = &change.object else { return };
        let waits = change.change != ChangeType::Deleted && storage::awaits_scheduling(new);
        let waited = matches!(&change.previous, Some(Object::Pod(old)) if storage::awaits_scheduling(old));
        if waits == waited {
            return;
        }
        let key = change.reference.key.clone();
        for claim in storage::claims_of_pod(new) {
            let late = self.unseen.contains(&claim);
            let entry = (claim, key.clone());
            if !waits {
                self.unscheduled.remove(&entry);
                self.late.remove(&entry);
                continue;
            }
            if late {
                self.late.insert(entry.clone());
            }
            self.unscheduled.insert(entry);
        }
    }

    /// The volumes that name the claim.
    pub(super) fn volumes_of(&self, claim: &ObjectKey) -> impl Iterator<Item = &ObjectKey> {
        let start = (claim.clone(), ObjectKey::cluster(""));
        let claim = claim.clone();
        self.by_claim.range(start..).take_while(move |(key, _)| *key == claim).map(|(_, volume)| volume)
    }

    /// The volumes of `class` that nobody has and that hold `bytes`, smallest first.
    pub(super) fn unclaimed(&self, class: &str, bytes: i64) -> impl Iterator<Item = &ObjectKey> {
        let start = (Name::from(class), bytes, ObjectKey::cluster(""));
        let class = class.to_owned();
        self.unclaimed.range(start..).take_while(move |(of, ..)| **of == *class).map(|(.., volume)| volume)
    }

    /// The claims of `class` that have no volume.
    pub(super) fn pending_claims(&self, class: &str) -> impl Iterator<Item = &ObjectKey> {
        let start = (Name::from(class), ObjectKey::cluster(""));
        let class = class.to_owned();
        self.pending.range(start..).take_while(move |(of, _)| **of == *class).map(|(_, claim)| claim)
    }

    /// The pods of the claim that wait for a node, as far as the controller knew of them when it heard of
    /// the claim; a claim and its first pod are created one after the other, and the claim is looked at
    /// before the pod is heard of. Marks the claim as seen.
    pub(super) fn unscheduled_pods(&mut self, claim: &PersistentVolumeClaim) -> Vec<String> {
        let claim = claim.key();
        let first_look = self.unseen.remove(&claim).is_some();
        let start = (claim.clone(), ObjectKey::cluster(""));
        let of_claim: Vec<ObjectKey> = self
            .unscheduled
            .range(start..)
            .take_while(|(key, _)| *key == claim)
            .map(|(_, pod)| pod.clone())
            .collect();
        let mut names = Vec::new();
        for pod in of_claim {
            let late = self.late.remove(&(claim.clone(), pod.clone())).is_some();
            if !(first_look && late) {
                names.push(pod.name.to_string());
            }
        }
        names
    }

    /// Marks the claim as seen.
    pub(super) fn seen(&mut self, claim: &ObjectKey) {
        self.unseen.remove(claim);
    }
}

fn unclaimed_entry(volume: &PersistentVolume) -> (Name, i64, ObjectKey) {
    (storage::volume_class(volume).into(), storage::capacity_bytes(volume), volume.key())
}
