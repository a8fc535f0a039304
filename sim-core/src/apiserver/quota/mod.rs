//! ResourceQuota admission: what a namespace may hold.
//!
//! Models apiserver pkg/admission/plugin/resourcequota.

pub(crate) mod usage;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, Pod, ResourceQuota};

use super::{ApiServer, Subresource};
use crate::api::quantity::Quantity;
use crate::api::{ApiError, ApiResult, Kind, Object, ObjectKey, meta};
use usage::Usage;

/// What a pod's containers must say when a quota bounds it.
const MUST_BE_SAID: [&str; 6] =
    ["cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory"];

impl ApiServer {
    /// Charges the quotas of the object's namespace with what it uses, less what `old` did.
    ///
    /// # Errors
    /// Forbidden: a quota would be exceeded, or an amount that it bounds is not said. Then nothing is charged.
    pub(super) fn charge_quotas(
        &mut self,
        object: &Object,
        old: Option<&Object>,
        dry_run: bool,
    ) -> ApiResult<()> {
        if self.store().count(Kind::ResourceQuota) == 0 || !usage::is_counted(object.kind()) {
            return Ok(());
        }
        let namespace = meta::namespace(object.meta());
        let quotas: Vec<ResourceQuota> = self.store().all_in::<ResourceQuota>(namespace).cloned().collect();
        let mut charged = Vec::new();
        for quota in quotas.iter().filter(|quota| usage::is_tracked(quota, object)) {
            let change = change_of(object, old.filter(|old| usage::is_tracked(quota, old)));
            if let Some(used) = self.admit_by(quota, object, &change)? {
                charged.push((ObjectKey::of(&quota.metadata), used));
            }
        }
        if dry_run {
            return Ok(());
        }
        for (key, used) in charged {
            self.modify::<ResourceQuota>(&key, Subresource::Status, |quota| {
                let status = quota.status.get_or_insert_default();
                status.used =
                    Some(used.iter().map(|(name, amount)| (name.clone(), amount.to_api())).collect());
            })?;
        }
        Ok(())
    }

    /// What the quota has used once the object is there; `None` when it counts nothing of it.
    fn admit_by(&self, quota: &ResourceQuota, object: &Object, change: &Usage) -> ApiResult<Option<Usage>> {
        let refuse = |why: String| Err(ApiError::forbidden(object.kind(), meta::name(object.meta()), &why));
        let name = meta::name(&quota.metadata);
        let hard = amounts(quota.spec.as_ref().and_then(|spec| spec.hard.as_ref()));
        if let Object::Pod(pod) = object
            && let Some(unsaid) = unsaid(pod, &hard)
        {
            return refuse(format!("failed quota: {name}: must specify {unsaid}"));
        }
        let counted: Usage = change
            .iter()
            .filter(|(name, _)| hard.contains_key(*name))
            .map(|(name, by)| (name.clone(), *by))
            .collect();
        if counted.values().all(|amount| amount.is_zero()) {
            return Ok(None);
        }
        let status = quota.status.clone().unwrap_or_default();
        // A quota that its controller has not seen yet has used what is there.
        let mut used = match &status.used {
            Some(used) if status.hard.is_some() => amounts(Some(used)),
            _ => self.used_by(quota),
        };
        let exceeded: Vec<&String> = counted
            .iter()
            .filter(|(name, by)| {
                let after = used.get(*name).copied().unwrap_or(Quantity::ZERO).plus(**by);
                by.sign() > 0 && after > hard[*name]
            })
            .map(|(name, _)| name)
            .collect();
        if !exceeded.is_empty() {
            let list = |of: &Usage| {
                let parts = exceeded
                    .iter()
                    .map(|name| format!("{name}={}", of.get(*name).copied().unwrap_or(Quantity::ZERO)));
                parts.collect::<Vec<_>>().join(",")
            };
            return refuse(format!(
                "exceeded quota: {name}, requested: {}, used: {}, limited: {}",
                list(&counted),
                list(&used),
                list(&hard)
            ));
        }
        for (name, by) in counted {
            let sum = used.entry(name).or_insert(Quantity::ZERO);
            *sum = sum.plus(by);
        }
        Ok(Some(used))
    }

    /// What is there of all that the quota bounds.
    ///
    /// Models apiserver pkg/quota/v1: CalculateUsage.
    pub(crate) fn used_by(&self, quota: &ResourceQuota) -> Usage {
        let namespace = meta::namespace(&quota.metadata);
        let hard = amounts(quota.spec.as_ref().and_then(|spec| spec.hard.as_ref()));
        let mut used: Usage = hard.keys().map(|name| (name.clone(), Quantity::ZERO)).collect();
        for kind in Kind::ALL.iter().copied().filter(|kind| usage::is_counted(*kind)) {
            if !may_count(kind, &hard) {
                continue;
            }
            for object in self.store().list_in(kind, namespace).filter(|one| usage::is_tracked(quota, one)) {
                for (name, amount) in usage::of(object) {
                    if let Some(sum) = used.get_mut(&name) {
                        *sum = sum.plus(amount);
                    }
                }
            }
        }
        used
    }
}

/// Whether any of the bounded resources is of this kind.
fn may_count(kind: Kind, hard: &Usage) -> bool {
    let info = kind.info();
    match kind {
        Kind::Pod => hard.keys().any(|name| !name.contains("storageclass") && !name.starts_with("services")),
        Kind::PersistentVolumeClaim => {
            hard.keys().any(|name| name.contains("storage") || name.contains(info.plural))
        }
        _ => hard.keys().any(|name| name.contains(info.plural)),
    }
}

fn change_of(object: &Object, old: Option<&Object>) -> Usage {
    let mut change = usage::of(object);
    for (name, amount) in old.map(usage::of).into_iter().flatten() {
        let entry = change.entry(name).or_insert(Quantity::ZERO);
        *entry = entry.minus(amount);
    }
    change
}

fn amounts(
    list: Option<&BTreeMap<String, k8s_openapi::apimachinery::pkg::api::resource::Quantity>>,
) -> Usage {
    list.into_iter().flatten().map(|(name, amount)| (name.clone(), Quantity::of(amount))).collect()
}

/// What the pod's containers must say and do not, `limits.cpu for: app; limits.memory for: app`.
///
/// Models pkg/quota/v1/evaluator/core: podEvaluator.Constraints.
fn unsaid(pod: &Pod, hard: &Usage) -> Option<String> {
    let spec = pod.spec.as_ref()?;
    let mut missing: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for resource in MUST_BE_SAID.into_iter().filter(|resource| hard.contains_key(*resource)) {
        for container in spec.containers.iter().chain(spec.init_containers.iter().flatten()) {
            if !says(container, resource) {
                missing.entry(resource).or_default().insert(&container.name);
            }
        }
    }
    let parts = missing.into_iter().map(|(resource, containers)| {
        format!("{resource} for: {}", containers.into_iter().collect::<Vec<_>>().join(","))
    });
    let text = parts.collect::<Vec<_>>().join("; ");
    (!text.is_empty()).then_some(text)
}

fn says(container: &Container, resource: &str) -> bool {
    let resources = container.resources.clone().unwrap_or_default();
    let (list, name) = match resource.split_once('.') {
        Some(("limits", name)) => (resources.limits, name),
        Some((_, name)) => (resources.requests, name),
        None => (resources.requests, resource),
    };
    list.is_some_and(|list| list.contains_key(name))
}
