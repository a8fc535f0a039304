//! [`Wish`]: what a set asks for, as plain values.

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::index::min_ready_seconds;
use crate::api::meta;
use crate::controllers::batches::Batches;

/// How pods of an old revision are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// By hand.
    OnDelete,
    /// By the controller, from the highest ordinal down.
    RollingUpdate {
        /// The first ordinal, counted from the start ordinal, that is updated; absent when the set gives none.
        partition: Option<i32>,
        /// How many pods may be unavailable, at least one. Ignored unless the gate is on.
        max_unavailable: usize,
    },
}

/// What a set asks for, as plain values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The set's name.
    pub name: String,
    /// The first ordinal.
    pub start: i32,
    /// The last ordinal; below `start` when no pod is wanted.
    pub end: i32,
    /// Whether pods are created and deleted without waiting for each other.
    pub parallel: bool,
    /// How the requests of a parallel set's batches come through.
    pub batches: Batches,
    /// How pods are updated.
    pub strategy: Strategy,
    /// Whether the set is being deleted.
    pub being_deleted: bool,
    /// Seconds a pod must be ready to be available.
    pub min_ready_seconds: i32,
    /// How many pods of the current revision the set's status counts.
    pub current_replicas: i32,
}

impl Wish {
    /// What `set` asks for.
    pub fn of(set: &StatefulSet) -> Wish {
        let spec = set.spec.as_ref();
        let replicas = replicas(set);
        let start =
            spec.and_then(|spec| spec.ordinals.as_ref()).and_then(|ordinals| ordinals.start).unwrap_or(0);
        Wish {
            name: meta::name(&set.metadata).to_owned(),
            start,
            end: start.saturating_add(replicas).saturating_sub(1),
            parallel: spec.and_then(|spec| spec.pod_management_policy.as_deref()) == Some("Parallel"),
            batches: Batches::default(),
            strategy: strategy(set, replicas),
            being_deleted: meta::is_terminating(&set.metadata),
            min_ready_seconds: min_ready_seconds(set),
            current_replicas: set.status.as_ref().and_then(|status| status.current_replicas).unwrap_or(0),
        }
    }

    /// The name of the pod of `ordinal`.
    pub fn pod_name(&self, ordinal: i32) -> String {
        format!("{}-{ordinal}", self.name)
    }

    /// Whether the set wants a pod of `ordinal`.
    pub fn wants(&self, ordinal: i32) -> bool {
        (self.start..=self.end).contains(&ordinal)
    }

    /// Whether a new pod of `ordinal` gets the current revision, as opposed to the update revision.
    ///
    /// Models pkg/controller/statefulset: newVersionedStatefulSetPod.
    pub fn keeps_current_revision(&self, ordinal: i32) -> bool {
        match self.strategy {
            Strategy::OnDelete => false,
            Strategy::RollingUpdate { partition, .. } => {
                ordinal < self.start.saturating_add(partition.unwrap_or(self.current_replicas))
            }
        }
    }

    /// The first ordinal that a rolling update replaces.
    pub fn first_updated(&self) -> i32 {
        match self.strategy {
            Strategy::OnDelete => i32::MAX,
            Strategy::RollingUpdate { partition, .. } => self.start.saturating_add(partition.unwrap_or(0)),
        }
    }
}

/// How many pods the set wants.
pub fn replicas(set: &StatefulSet) -> i32 {
    set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1).max(0)
}

fn strategy(set: &StatefulSet, replicas: i32) -> Strategy {
    let strategy = set.spec.as_ref().and_then(|spec| spec.update_strategy.as_ref());
    if strategy.and_then(|strategy| strategy.type_.as_deref()) == Some("OnDelete") {
        return Strategy::OnDelete;
    }
    let rolling = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
    Strategy::RollingUpdate {
        partition: rolling.map(|rolling| rolling.partition.unwrap_or(0).max(0)),
        max_unavailable: max_unavailable(
            rolling.and_then(|rolling| rolling.max_unavailable.as_ref()),
            replicas,
        ),
    }
}

/// The number that `maxUnavailable` stands for: a percentage rounds down, and it is at least one.
///
/// Models pkg/controller/statefulset: getStatefulSetMaxUnavailable.
fn max_unavailable(value: Option<&IntOrString>, replicas: i32) -> usize {
    let number = match value {
        None => 1,
        Some(IntOrString::Int(number)) => i64::from(*number),
        Some(IntOrString::String(text)) => {
            let percent = text.strip_suffix('%').and_then(|digits| digits.parse::<i64>().ok()).unwrap_or(0);
            percent.saturating_mul(i64::from(replicas)) / 100
        }
    };
    usize::try_from(number).unwrap_or(0).max(1)
}
