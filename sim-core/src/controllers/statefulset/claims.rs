//! A set's claims: their names, their shape, and who owns them.
//!
//! Models pkg/controller/statefulset: stateful_set_utils (KEP-1847 for the retention policy).

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::wish::Wish;
use crate::api::meta;

/// The set's claim templates.
pub fn templates(set: &StatefulSet) -> &[PersistentVolumeClaim] {
    set.spec.as_ref().and_then(|spec| spec.volume_claim_templates.as_deref()).unwrap_or_default()
}

/// The name of the claim that `template` becomes for the pod of `ordinal`.
pub fn claim_name(set: &StatefulSet, template: &PersistentVolumeClaim, ordinal: i32) -> String {
    format!("{}-{}-{ordinal}", meta::name(&template.metadata), meta::name(&set.metadata))
}

/// The claim that `template` becomes for the pod of `ordinal`. The selector's labels win over the template's.
///
/// Models pkg/controller/statefulset: getPersistentVolumeClaims.
pub fn new_claim(set: &StatefulSet, template: &PersistentVolumeClaim, ordinal: i32) -> PersistentVolumeClaim {
    let mut claim = template.clone();
    claim.metadata.name = Some(claim_name(set, template, ordinal));
    claim.metadata.namespace = set.metadata.namespace.clone();
    let selector = set.spec.as_ref().and_then(|spec| spec.selector.match_labels.as_ref());
    let mut labels = claim.metadata.labels.take().unwrap_or_default();
    labels.extend(selector.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
    claim.metadata.labels = Some(labels).filter(|labels| !labels.is_empty());
    claim.status = None;
    claim
}

/// `spec.persistentVolumeClaimRetentionPolicy`; what is not said is `Retain`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Whether claims go with the set.
    pub delete_with_set: bool,
    /// Whether claims go with pods that are scaled away.
    pub delete_when_scaled: bool,
}

impl Retention {
    /// The policy of `set`.
    pub fn of(set: &StatefulSet) -> Retention {
        let policy =
            set.spec.as_ref().and_then(|spec| spec.persistent_volume_claim_retention_policy.as_ref());
        let deletes = |word: Option<&String>| word.is_some_and(|word| word == "Delete");
        Retention {
            delete_with_set: deletes(policy.and_then(|policy| policy.when_deleted.as_ref())),
            delete_when_scaled: deletes(policy.and_then(|policy| policy.when_scaled.as_ref())),
        }
    }

    fn retains_all(self) -> bool {
        !self.delete_with_set && !self.delete_when_scaled
    }
}

/// The set and one of its pods, as the owners that a claim may name.
#[derive(Clone, Debug)]
pub struct Owners {
    retention: Retention,
    set: OwnerReference,
    pod: OwnerReference,
    /// Whether the set no longer wants the pod.
    condemned: bool,
}

impl Owners {
    /// The owners for the claims of the pod of `ordinal`, whose uid is empty before it was created.
    pub fn new(set: &StatefulSet, wish: &Wish, ordinal: i32, pod_uid: &str) -> Owners {
        Owners {
            retention: Retention::of(set),
            set: controller("apps/v1", "StatefulSet", meta::name(&set.metadata), meta::uid(&set.metadata)),
            pod: controller("v1", "Pod", &wish.pod_name(ordinal), pod_uid),
            condemned: !wish.wants(ordinal),
        }
    }

    /// Whether the claim names an earlier pod of the same name as an owner.
    ///
    /// Models pkg/controller/statefulset: hasStaleOwnerRef.
    pub fn names_earlier_pod(&self, claim: &PersistentVolumeClaim) -> bool {
        self.retention.delete_when_scaled && names_earlier(claim, &self.pod)
    }

    /// Whether somebody else controls the claim although the policy would have it deleted.
    ///
    /// Models pkg/controller/statefulset: hasUnexpectedController.
    pub fn has_unexpected_controller(&self, claim: &PersistentVolumeClaim) -> bool {
        !self.retention.retains_all()
            && meta::owners(&claim.metadata).iter().any(|owner| {
                let ours = [&self.set, &self.pod].into_iter().find(|ours| same_object(owner, ours));
                match ours {
                    Some(ours) => owner.uid != ours.uid,
                    None => owner.controller == Some(true),
                }
            })
    }

    /// Whether the claim's owners are as the policy has them. A claim of an earlier set or pod is left alone.
    ///
    /// Models pkg/controller/statefulset: isClaimOwnerUpToDate.
    pub fn are_up_to_date(&self, claim: &PersistentVolumeClaim) -> bool {
        if names_earlier(claim, &self.set) || names_earlier(claim, &self.pod) {
            return true;
        }
        let (by_set, by_pod) = (owned_by(claim, &self.set), owned_by(claim, &self.pod));
        if self.has_unexpected_controller(claim) {
            return !by_set && !by_pod;
        }
        let owners = meta::owners(&claim.metadata);
        let merely_owns = |owner: &OwnerReference| {
            (owner.uid == self.set.uid || owner.uid == self.pod.uid) && owner.controller != Some(true)
        };
        !owners.iter().any(merely_owns) && by_set == self.set_owns() && by_pod == self.pod_owns()
    }

    /// The owners that the claim must name.
    ///
    /// Models pkg/controller/statefulset: updateClaimOwnerRefForSetAndPod.
    pub fn rightful(&self, claim: &PersistentVolumeClaim) -> Vec<OwnerReference> {
        let owners = meta::owners(&claim.metadata);
        let ours = |owner: &&OwnerReference| !same_object(owner, &self.set) && !same_object(owner, &self.pod);
        let mut rightful: Vec<OwnerReference> = owners.iter().filter(ours).cloned().collect();
        if self.has_unexpected_controller(claim) {
            return rightful;
        }
        if self.pod_owns() {
            rightful.push(self.pod.clone());
        }
        if self.set_owns() {
            rightful.push(self.set.clone());
        }
        rightful
    }

    fn pod_owns(&self) -> bool {
        self.retention.delete_when_scaled && self.condemned
    }

    fn set_owns(&self) -> bool {
        self.retention.delete_with_set && !self.pod_owns()
    }
}

fn controller(api_version: &str, kind: &str, name: &str, uid: &str) -> OwnerReference {
    OwnerReference {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        uid: uid.to_owned(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

fn same_object(a: &OwnerReference, b: &OwnerReference) -> bool {
    a.api_version == b.api_version && a.kind == b.kind && a.name == b.name
}

fn names_earlier(claim: &PersistentVolumeClaim, ours: &OwnerReference) -> bool {
    let owner = meta::owners(&claim.metadata).iter().find(|owner| same_object(owner, ours));
    owner.is_some_and(|owner| owner.uid != ours.uid)
}

fn owned_by(claim: &PersistentVolumeClaim, ours: &OwnerReference) -> bool {
    meta::owners(&claim.metadata).iter().any(|owner| owner.uid == ours.uid)
}
