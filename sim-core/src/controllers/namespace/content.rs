//! Deleting what is in a namespace.
//!
//! Models pkg/controller/namespace/deletion: deleteAllContent. Pods go first, and nothing else goes before
//! the last of them (KEP-5080).

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, Pod};

use crate::api::{Kind, ObjectKey, meta, pod};
use crate::apiserver::DeleteOptions;
use crate::engine::Context;

/// How long objects with finalizers are thought to take, in seconds.
const FINALIZER_ESTIMATE_SECONDS: u64 = 15;

/// What is still in the namespace.
#[derive(Debug, Default)]
pub(super) struct Remaining {
    /// How many objects, by kind.
    pub kinds: BTreeMap<Kind, usize>,
    /// How many objects have each finalizer.
    pub finalizers: BTreeMap<String, usize>,
    /// How long the rest is thought to take, in seconds; `None` when nothing is being waited for.
    pub estimate_seconds: Option<u64>,
    /// What went wrong.
    pub errors: Vec<String>,
}

/// Asks for the deletion of everything in the namespace.
pub(super) fn delete_all(name: &str, namespace: &Namespace, context: &mut Context<'_>) -> Remaining {
    let mut remaining = Remaining::default();
    let estimate = pod_grace_seconds(name, namespace, context);
    delete_kind(Kind::Pod, name, estimate, &mut remaining, context);
    if remaining.kinds.contains_key(&Kind::Pod) {
        return remaining;
    }
    for kind in Kind::ALL.iter().copied().filter(|kind| kind.info().namespaced && *kind != Kind::Pod) {
        delete_kind(kind, name, None, &mut remaining, context);
    }
    remaining
}

fn delete_kind(
    kind: Kind,
    namespace: &str,
    estimate_seconds: Option<u64>,
    remaining: &mut Remaining,
    context: &mut Context<'_>,
) {
    let keys: Vec<ObjectKey> = context.view.list_in(kind, namespace).map(|object| object.key()).collect();
    for key in keys {
        match context.api.delete(kind, &key, &DeleteOptions::default()) {
            Err(error) if !error.is_not_found() => remaining.errors.push(error.to_string()),
            _ => {}
        }
    }
    let mut count = 0;
    let mut has_finalizers = false;
    for object in context.api.store().list_in(kind, namespace) {
        count += 1;
        for finalizer in meta::finalizers(object.meta()) {
            has_finalizers = true;
            *remaining.finalizers.entry(finalizer.clone()).or_insert(0) += 1;
        }
    }
    if count == 0 {
        return;
    }
    remaining.kinds.insert(kind, count);
    let estimate = estimate_seconds.or(has_finalizers.then_some(FINALIZER_ESTIMATE_SECONDS));
    remaining.estimate_seconds = remaining.estimate_seconds.max(estimate);
    if estimate.is_none() {
        let info = kind.info();
        let resource = format!("{}/{}, Resource={}", info.group, info.version, info.plural);
        remaining
            .errors
            .push(format!("unexpected items still remain in namespace: {namespace} for gvr: {resource}"));
    }
}

/// The longest grace of the namespace's pods, while that time has not passed since its deletion.
///
/// Models pkg/controller/namespace/deletion: estimateGracefulTermination.
fn pod_grace_seconds(name: &str, namespace: &Namespace, context: &Context<'_>) -> Option<u64> {
    let pods = context.view.all_in::<Pod>(name).filter(|found| !pod::is_terminal(found));
    let grace = |pod: &Pod| pod.spec.as_ref().and_then(|spec| spec.termination_grace_period_seconds);
    let longest = pods.filter_map(grace).max().and_then(|seconds| u64::try_from(seconds).ok())?;
    let deleted = namespace.metadata.deletion_timestamp.as_ref()?;
    (context.now.age_of(deleted) < Duration::from_secs(longest)).then_some(longest)
}
