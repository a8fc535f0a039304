//! Changing the sizes of sets.
//!
//! Models pkg/controller/deployment: scale, scaleReplicaSet, and its util: NewRSNewReplicas,
//! GetReplicaSetProportion.

use k8s_openapi::api::apps::v1::ReplicaSet;

use super::rollout::{Rollout, Split};
use super::{annotations, sets, strategy};
use crate::api::meta;
use crate::engine::{EventType, ReconcileError};

impl Rollout<'_, '_> {
    /// Scales without rolling: for a Deployment whose size changed, or that is paused.
    ///
    /// Models pkg/controller/deployment: sync.
    pub(super) fn sync_scale(&mut self) -> Result<(), ReconcileError> {
        let split = self.split(false)?;
        self.scale(&split)?;
        if self.is_paused() {
            self.clean_up(&split.old)?;
        }
        self.sync_deployment_status(&split)
    }

    fn scale(&mut self, split: &Split) -> Result<(), ReconcileError> {
        let wanted = strategy::replicas(&self.deployment);
        if let Some(set) = active_or_latest(split) {
            if sets::replicas(&set) != wanted {
                self.scale_set(&set, wanted)?;
            }
            return Ok(());
        }
        if split.new.as_ref().is_some_and(|set| self.is_saturated(set)) {
            for set in split.old.iter().filter(|set| sets::replicas(set) > 0) {
                self.scale_set(set, 0)?;
            }
            return Ok(());
        }
        if self.is_rolling_update() { self.scale_in_proportion(split) } else { Ok(()) }
    }

    fn is_saturated(&self, set: &ReplicaSet) -> bool {
        let wanted = strategy::replicas(&self.deployment);
        sets::replicas(set) == wanted
            && annotations::desired_replicas(set) == Some(wanted)
            && sets::available(set) == wanted
    }

    /// In the middle of a rollout every set takes its share of the change; the largest takes the rest.
    fn scale_in_proportion(&mut self, split: &Split) -> Result<(), ReconcileError> {
        let mut active: Vec<ReplicaSet> =
            split.all().into_iter().filter(|set| sets::replicas(set) > 0).collect();
        let wanted = strategy::replicas(&self.deployment);
        let allowed =
            if wanted > 0 { wanted.saturating_add(strategy::max_surge(&self.deployment)) } else { 0 };
        let to_add = allowed - sets::total_replicas(&active);
        // Growth goes to the newer of two equal sets, shrinking to the older.
        active.sort_by(|a, b| {
            let by_age = sets::by_creation(a, b);
            let by_age = if to_add > 0 { by_age.reverse() } else { by_age };
            sets::replicas(b).cmp(&sets::replicas(a)).then(by_age)
        });
        let mut sizes: Vec<i32> = Vec::with_capacity(active.len());
        let mut added = 0;
        for set in &active {
            let share = if to_add == 0 { 0 } else { self.proportion(set, to_add, added) };
            added += share;
            sizes.push(sets::replicas(set) + share);
        }
        if let Some(largest) = sizes.first_mut().filter(|_| to_add != 0) {
            *largest = (*largest + to_add - added).max(0);
        }
        for (set, size) in active.iter().zip(sizes) {
            self.scale_set(set, size)?;
        }
        Ok(())
    }

    fn proportion(&self, set: &ReplicaSet, to_add: i32, added: i32) -> i32 {
        if sets::replicas(set) == 0 || to_add == added {
            return 0;
        }
        let (fraction, allowed) = (self.fraction(set), to_add - added);
        if to_add > 0 { fraction.min(allowed) } else { fraction.max(allowed) }
    }

    fn fraction(&self, set: &ReplicaSet) -> i32 {
        let (size, wanted) = (sets::replicas(set), strategy::replicas(&self.deployment));
        if wanted == 0 {
            return -size;
        }
        let now = i64::from(wanted) + i64::from(strategy::max_surge(&self.deployment));
        let fallback = self.deployment.status.as_ref().and_then(|status| status.replicas);
        let before = annotations::max_replicas(set).filter(|max| *max != 0).or(fallback).unwrap_or(0);
        if before <= 0 {
            return 0;
        }
        let (share, before) = (i64::from(size) * now, i64::from(before));
        let rounded = (2 * share + before) / (2 * before);
        i32::try_from(rounded).unwrap_or(i32::MAX).saturating_sub(size)
    }

    /// Gives a set a new size and tells of it; returns the set as stored.
    pub(super) fn scale_set(&mut self, set: &ReplicaSet, size: i32) -> Result<ReplicaSet, ReconcileError> {
        let before = sets::replicas(set);
        let wanted = strategy::replicas(&self.deployment);
        let most = wanted.saturating_add(strategy::max_surge(&self.deployment));
        let mut changed = set.clone();
        let annotated = annotations::set_replicas(&mut changed, wanted, most);
        if before == size && !annotated {
            return Ok(changed);
        }
        changed.spec.get_or_insert_default().replicas = Some(size);
        let stored = self.update_set(changed)?;
        if before != size {
            let direction = if before < size { "up" } else { "down" };
            let name = meta::name(&set.metadata);
            let message = format!("Scaled {direction} replica set {name} from {before} to {size}");
            self.event(EventType::Normal, "ScalingReplicaSet", &message);
        }
        Ok(stored)
    }

    /// The size that the new set may have now.
    pub(super) fn new_replicas<'a>(
        &self,
        all: impl Iterator<Item = &'a ReplicaSet>,
        new: &ReplicaSet,
    ) -> i32 {
        let wanted = strategy::replicas(&self.deployment);
        if !self.is_rolling_update() {
            return wanted;
        }
        let most = wanted.saturating_add(strategy::max_surge(&self.deployment));
        let (present, size) = (sets::total_replicas(all), sets::replicas(new));
        if present >= most { size } else { size + (most - present).min(wanted - size) }
    }
}

/// The only set with pods, or the newest one when none has any; `None` in the middle of a rollout.
///
/// Models pkg/controller/deployment/util: FindActiveOrLatest.
fn active_or_latest(split: &Split) -> Option<ReplicaSet> {
    let all = split.all();
    let mut active = all.iter().filter(|set| sets::replicas(set) > 0);
    match (active.next(), active.next()) {
        (None, _) => {
            split.new.clone().or_else(|| split.old.iter().max_by(|a, b| sets::by_creation(a, b)).cloned())
        }
        (Some(only), None) => Some(only.clone()),
        _ => None,
    }
}
