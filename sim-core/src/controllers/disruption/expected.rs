//! [`Expected`]: how many pods a budget expects, and how many of them healthy.
//!
//! Models pkg/controller/disruption: getExpectedPodCount and getExpectedScale.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::cover::{Cover, Owner};
use crate::api::{Kind, ObjectKey, meta};
use crate::store::Store;

/// See the module.
pub(super) struct Expected {
    /// How many pods there should be.
    pub pods: i32,
    /// How many of them healthy.
    pub healthy: i32,
    /// Whether that follows from the sizes of the pods' controllers, so that pods without one do not count.
    pub needs_scale: bool,
}

impl Expected {
    /// What `budget` expects of its pods.
    ///
    /// # Errors
    /// A pod's controller is gone or has no size, or the budget has no number.
    pub(super) fn of(budget: &PodDisruptionBudget, cover: &Cover, view: &Store) -> Result<Expected, String> {
        let spec = budget.spec.clone().unwrap_or_default();
        let namespace = meta::namespace(&budget.metadata);
        if let Some(most) = &spec.max_unavailable {
            let pods = scale(cover, namespace, view)?;
            return Ok(Expected { pods, healthy: (pods - scaled(most, pods)?).max(0), needs_scale: true });
        }
        match &spec.min_available {
            Some(IntOrString::Int(least)) => {
                Ok(Expected { pods: cover.len(), healthy: *least, needs_scale: false })
            }
            Some(least) => {
                let pods = scale(cover, namespace, view)?;
                Ok(Expected { pods, healthy: scaled(least, pods)?, needs_scale: true })
            }
            None => Ok(Expected { pods: 0, healthy: 0, needs_scale: false }),
        }
    }
}

/// The number, or the percentage of `total` rounded up.
fn scaled(value: &IntOrString, total: i32) -> Result<i32, String> {
    match value {
        IntOrString::Int(number) => Ok(*number),
        IntOrString::String(text) => {
            let percent = text.strip_suffix('%').and_then(|digits| digits.parse::<i64>().ok());
            let percent = percent.ok_or_else(|| {
                format!("invalid value for IntOrString: invalid type: string is not a percentage: {text:?}")
            })?;
            let number = (percent.saturating_mul(i64::from(total)) + 99).div_euclid(100);
            Ok(i32::try_from(number).unwrap_or(i32::MAX))
        }
    }
}

/// The replicas of all controllers of the pods, each controller once.
fn scale(cover: &Cover, namespace: &str, view: &Store) -> Result<i32, String> {
    let mut scales: BTreeMap<String, i32> = BTreeMap::new();
    for owner in cover.owners() {
        let (uid, replicas) = controller_scale(owner, namespace, view)?.ok_or_else(|| {
            format!("found no controllers for pod \"{}\"", cover.first_of(owner).unwrap_or_default())
        })?;
        scales.insert(uid, replicas);
    }
    Ok(scales.values().sum())
}

/// The controller's uid and size; `None` when it is gone. A ReplicaSet of a Deployment counts as the Deployment.
fn controller_scale(owner: &Owner, namespace: &str, view: &Store) -> Result<Option<(String, i32)>, String> {
    let key = ObjectKey::new(namespace, &owner.name);
    match Kind::from_api(&owner.api_version, &owner.kind) {
        Some(Kind::StatefulSet) => Ok(view
            .typed::<StatefulSet>(&key)
            .filter(|set| meta::uid(&set.metadata) == owner.uid)
            .and_then(|set| Some((owner.uid.clone(), set.spec.as_ref()?.replicas.unwrap_or(1))))),
        Some(Kind::ReplicaSet) => Ok(replica_set_scale(owner, &key, view)),
        Some(kind) => {
            let info = kind.info();
            let resource = if info.group.is_empty() {
                info.plural.to_owned()
            } else {
                format!("{}.{}", info.plural, info.group)
            };
            Err(format!("{resource} does not implement the scale subresource"))
        }
        None => Err(format!("no matches for kind \"{}\" in version \"{}\"", owner.kind, owner.api_version)),
    }
}

fn replica_set_scale(owner: &Owner, key: &ObjectKey, view: &Store) -> Option<(String, i32)> {
    let set = view.typed::<ReplicaSet>(key).filter(|set| meta::uid(&set.metadata) == owner.uid)?;
    let Some(above) = meta::controller_of(&set.metadata).filter(|above| above.kind == "Deployment") else {
        return Some((owner.uid.clone(), set.spec.as_ref()?.replicas.unwrap_or(1)));
    };
    let deployment = view.typed::<Deployment>(&ObjectKey::new(&key.namespace, &above.name))?;
    Some((above.uid.clone(), deployment.spec.as_ref()?.replicas.unwrap_or(1)))
}
