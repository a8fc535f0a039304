//! Delete: grace periods, finalizers, propagation.

use std::sync::Arc;
use std::time::Duration;

use super::ApiServer;
use crate::api::selector::Selector;
use crate::api::{ApiError, ApiResult, Kind, Object, ObjectKey, meta};

/// The finalizer that keeps an owner until its blocking dependents are gone.
pub const FOREGROUND_FINALIZER: &str = "foregroundDeletion";
/// The finalizer that keeps an owner until its dependents no longer name it.
pub const ORPHAN_FINALIZER: &str = "orphan";
/// Namespaces that admission lets nobody delete.
const IMMORTAL_NAMESPACES: [&str; 3] = ["default", "kube-system", "kube-public"];

/// What becomes of the objects that the deleted one owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// They are deleted after it.
    #[default]
    Background,
    /// They are deleted before it.
    Foreground,
    /// They stay.
    Orphan,
}

/// What must hold for the delete to happen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preconditions {
    /// The object's uid.
    pub uid: Option<String>,
    /// The object's resourceVersion.
    pub resource_version: Option<String>,
}

/// How to delete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// Seconds of grace; the object's own default when absent.
    pub grace_period_seconds: Option<i64>,
    /// What becomes of dependents.
    pub propagation: Propagation,
    /// What must hold.
    pub preconditions: Preconditions,
    /// Go through everything and delete nothing.
    pub dry_run: bool,
}

/// What a delete did.
#[derive(Clone, Debug)]
pub struct Deleted {
    /// The object as it is now, or as it last was.
    pub object: Object,
    /// Whether it is gone already, as opposed to terminating.
    pub gone: bool,
}

/// What a deletion does to the stored object.
enum Plan {
    /// Nothing: it is terminating, and no sooner than was asked for.
    Keep,
    /// Stores it as terminating.
    Mark(Object),
    /// Stores it as terminating and removes it at once.
    MarkAndRemove(Object),
    /// Removes it.
    Remove,
}

impl ApiServer {
    /// Asks for the object's deletion: removes it, or marks it terminating when it has grace or finalizers.
    ///
    /// Models apiserver pkg/registry/generic/registry: Store.Delete. A pod is always marked before it is
    /// removed, so that watches see both.
    ///
    /// # Errors
    /// NotFound, Conflict when a precondition does not hold, or Forbidden for the system's namespaces.
    pub fn delete(&mut self, kind: Kind, key: &ObjectKey, options: &DeleteOptions) -> ApiResult<Deleted> {
        self.authorize("delete", (kind, ""), (&key.namespace, &key.name))?;
        let object = self.get(kind, key)?.clone();
        check_preconditions(&object, &options.preconditions)?;
        if kind == Kind::Namespace && IMMORTAL_NAMESPACES.contains(&&*key.name) {
            return Err(ApiError::forbidden(kind, &key.name, "this namespace may not be deleted"));
        }
        let (now, gone) = match self.plan(&object, options) {
            Plan::Keep => (object, false),
            Plan::Mark(marked) => (self.store_marked(marked, options.dry_run), false),
            Plan::MarkAndRemove(marked) => {
                let marked = self.store_marked(marked, options.dry_run);
                (self.remove_stored(marked, options.dry_run), true)
            }
            Plan::Remove => (self.remove_stored(object, options.dry_run), true),
        };
        Ok(Deleted { object: now, gone })
    }

    /// Deletes the objects of `kind` in `namespace` that `selector` picks (in all namespaces when it is
    /// empty), in key order.
    ///
    /// # Errors
    /// The first refusal.
    pub fn delete_collection(
        &mut self,
        kind: Kind,
        namespace: &str,
        selector: &Selector,
        options: &DeleteOptions,
    ) -> ApiResult<Vec<Deleted>> {
        let picked = |object: &&Object| selector.matches(meta::labels(object.meta()));
        let keys: Vec<ObjectKey> = if namespace.is_empty() {
            self.store.list(kind).filter(picked).map(Object::key).collect()
        } else {
            self.store.list_in(kind, namespace).filter(picked).map(Object::key).collect()
        };
        keys.iter().map(|key| self.delete(kind, key, options)).collect()
    }

    fn plan(&self, object: &Object, options: &DeleteOptions) -> Plan {
        if let Object::Namespace(_) = object {
            return self.plan_namespace(object, options);
        }
        let mut marked = object.clone();
        if let Some(earlier) = object.meta().deletion_grace_period_seconds
            && meta::is_terminating(object.meta())
        {
            // A deletion that is under way can only be hastened.
            let Some(asked) = options.grace_period_seconds.filter(|asked| *asked < earlier) else {
                return Plan::Keep;
            };
            let time = object.meta().deletion_timestamp.as_ref().map(|time| time.0);
            let sooner = Duration::from_secs(u64::try_from(earlier - asked).unwrap_or(0));
            let time = time.and_then(|time| time.checked_sub(sooner).ok());
            let meta = marked.meta_mut();
            meta.deletion_timestamp = time.map(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time);
            meta.deletion_grace_period_seconds = Some(asked);
            return if asked > 0 || !meta::finalizers(object.meta()).is_empty() {
                Plan::Mark(marked)
            } else {
                Plan::MarkAndRemove(marked)
            };
        }
        let grace = grace_period(object, options.grace_period_seconds);
        set_propagation(&mut marked, options.propagation);
        let has_finalizers = !meta::finalizers(marked.meta()).is_empty();
        if grace.is_none() && !has_finalizers {
            return Plan::Remove;
        }
        let seconds = grace.unwrap_or(0);
        self.mark_terminating(&mut marked, seconds);
        if seconds > 0 || has_finalizers { Plan::Mark(marked) } else { Plan::MarkAndRemove(marked) }
    }

    /// A namespace is terminating until its controller has emptied it and removed the finalizer in its spec.
    ///
    /// Models pkg/registry/core/namespace/storage: REST.Delete.
    fn plan_namespace(&self, object: &Object, options: &DeleteOptions) -> Plan {
        let mut marked = object.clone();
        if !meta::is_terminating(object.meta()) {
            set_propagation(&mut marked, options.propagation);
            marked.meta_mut().deletion_timestamp = Some(self.now.to_time());
            if let Object::Namespace(namespace) = &mut marked {
                let status = &mut Arc::make_mut(namespace).status;
                status.get_or_insert_default().phase = Some("Terminating".to_owned());
            }
            return Plan::Mark(marked);
        }
        if has_namespace_finalizers(object) || !meta::finalizers(object.meta()).is_empty() {
            return Plan::Keep;
        }
        Plan::Remove
    }

    fn mark_terminating(&self, object: &mut Object, grace_period_seconds: i64) {
        let deadline = self.now + Duration::from_secs(u64::try_from(grace_period_seconds).unwrap_or(0));
        let meta = object.meta_mut();
        meta.deletion_timestamp = Some(deadline.to_time());
        meta.deletion_grace_period_seconds = Some(grace_period_seconds);
        if let Some(generation) = meta.generation.filter(|generation| *generation > 0) {
            meta.generation = Some(generation + 1);
        }
    }

    fn store_marked(&mut self, mut object: Object, dry_run: bool) -> Object {
        if !dry_run {
            let revision = self.store.next_revision();
            object.meta_mut().resource_version = Some(revision.to_string());
            self.store.put(object.clone(), self.stamp());
        }
        object
    }

    /// Removes an object, whose last state watches see as it was stored.
    pub(super) fn remove_stored(&mut self, mut last: Object, dry_run: bool) -> Object {
        if !dry_run {
            let revision = self.store.next_revision();
            last.meta_mut().resource_version = Some(revision.to_string());
            self.allocator.release(&last);
            self.forget_managers(&last);
            self.store.remove(last.clone(), self.stamp());
        }
        last
    }
}

/// Whether a terminating object has nothing left that keeps it.
///
/// Models apiserver pkg/registry/generic/registry: ShouldDeleteDuringUpdate.
pub(super) fn is_finished(object: &Object) -> bool {
    meta::is_terminating(object.meta())
        && meta::finalizers(object.meta()).is_empty()
        && object.meta().deletion_grace_period_seconds.unwrap_or(0) == 0
        && !has_namespace_finalizers(object)
}

fn has_namespace_finalizers(object: &Object) -> bool {
    let Object::Namespace(namespace) = object else { return false };
    let finalizers = namespace.spec.as_ref().and_then(|spec| spec.finalizers.as_ref());
    finalizers.is_some_and(|finalizers| !finalizers.is_empty())
}

/// Models apiserver pkg/registry/rest: BeforeDelete.
fn check_preconditions(object: &Object, wanted: &Preconditions) -> ApiResult<()> {
    let refuse = |why: String| ApiError::failed_precondition(object.kind(), meta::name(object.meta()), &why);
    if let Some(uid) = wanted.uid.as_deref().filter(|uid| *uid != object.uid()) {
        return Err(refuse(format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
            object.uid()
        )));
    }
    let version = object.meta().resource_version.as_deref().unwrap_or_default();
    if let Some(wanted) = wanted.resource_version.as_deref().filter(|wanted| *wanted != version) {
        return Err(refuse(format!(
            "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({version}). The object might have been modified"
        )));
    }
    Ok(())
}

/// Seconds of grace for a first delete. Only pods have any; one that never ran, or has ended, has none left.
///
/// Models pkg/registry/core/pod: CheckGracefulDelete.
fn grace_period(object: &Object, asked: Option<i64>) -> Option<i64> {
    let Object::Pod(pod) = object else { return None };
    if crate::api::pod::node_name(pod).is_none() || crate::api::pod::is_terminal(pod) {
        return Some(0);
    }
    let own = pod.spec.as_ref().and_then(|spec| spec.termination_grace_period_seconds).unwrap_or(30);
    let seconds = asked.unwrap_or(own);
    Some(if seconds < 0 { 1 } else { seconds })
}

/// Models apiserver pkg/registry/generic/registry: deletionFinalizersForGarbageCollection.
fn set_propagation(object: &mut Object, propagation: Propagation) {
    let wanted = match propagation {
        Propagation::Background => None,
        Propagation::Foreground => Some(FOREGROUND_FINALIZER),
        Propagation::Orphan => Some(ORPHAN_FINALIZER),
    };
    let mut finalizers = meta::finalizers(object.meta()).to_vec();
    finalizers.retain(|name| name != FOREGROUND_FINALIZER && name != ORPHAN_FINALIZER);
    finalizers.extend(wanted.map(str::to_owned));
    if finalizers != meta::finalizers(object.meta()) {
        object.meta_mut().finalizers = Some(finalizers).filter(|list| !list.is_empty());
    }
}
