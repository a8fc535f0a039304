//! Delete: grace periods, finalizers, propagation.

use super::ApiServer;
use crate::api::{ApiError, ApiResult, Kind, Object, ObjectKey, meta};

/// The finalizer that keeps an owner until its blocking dependents are gone.
pub const FOREGROUND_FINALIZER: &str = "foregroundDeletion";
/// The finalizer that keeps an owner until its dependents no longer name it.
pub const ORPHAN_FINALIZER: &str = "orphan";

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

impl ApiServer {
    /// Asks for the object's deletion: removes it, or marks it terminating when it has grace or finalizers.
    ///
    /// # Errors
    /// NotFound, or Conflict when a precondition does not hold.
    pub fn delete(&mut self, kind: Kind, key: &ObjectKey, options: &DeleteOptions) -> ApiResult<Deleted> {
        let mut object = self.get(kind, key)?.clone();
        check_preconditions(&object, &options.preconditions)?;
        let grace = grace_period(&object, options.grace_period_seconds);
        set_propagation(&mut object, options.propagation);
        let pending = grace > 0 || !meta::finalizers(object.meta()).is_empty();
        let earlier = object.meta().deletion_grace_period_seconds;
        let shortened = earlier.is_none_or(|seconds| grace < seconds);
        if meta::is_terminating(object.meta()) {
            if shortened {
                object.meta_mut().deletion_grace_period_seconds = Some(grace);
            }
        } else {
            let deadline = self.now + std::time::Duration::from_secs(u64::try_from(grace).unwrap_or(0));
            object.meta_mut().deletion_timestamp = Some(deadline.to_time());
            object.meta_mut().deletion_grace_period_seconds = Some(grace);
            if object.kind().info().counts_generation {
                let generation = object.meta().generation.unwrap_or(0) + 1;
                object.meta_mut().generation = Some(generation);
            }
        }
        let gone = !pending;
        if options.dry_run {
            return Ok(Deleted { object, gone });
        }
        if gone {
            let revision = self.store.next_revision();
            object.meta_mut().resource_version = Some(revision.to_string());
            self.store.remove(object.clone(), self.stamp());
        } else if self.store.get(kind, key) != Some(&object) {
            let revision = self.store.next_revision();
            object.meta_mut().resource_version = Some(revision.to_string());
            self.store.put(object.clone(), self.stamp());
        }
        Ok(Deleted { object, gone })
    }
}

fn check_preconditions(object: &Object, wanted: &Preconditions) -> ApiResult<()> {
    let (kind, name) = (object.kind(), meta::name(object.meta()));
    if let Some(uid) = wanted.uid.as_deref().filter(|uid| *uid != object.uid()) {
        let why =
            format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {}", object.uid());
        return Err(ApiError::conflict(kind, name, &why));
    }
    let version = object.meta().resource_version.as_deref().unwrap_or_default();
    if let Some(wanted) = wanted.resource_version.as_deref().filter(|wanted| *wanted != version) {
        let why = format!(
            "Precondition failed: ResourceVersion in precondition: {wanted}, ResourceVersion in object meta: {version}"
        );
        return Err(ApiError::conflict(kind, name, &why));
    }
    Ok(())
}

/// Seconds of grace for this delete. Only pods have any; one that never ran, or has ended, has none.
///
/// Models pkg/registry/core/pod: CheckGracefulDelete.
fn grace_period(object: &Object, asked: Option<i64>) -> i64 {
    let Object::Pod(pod) = object else { return 0 };
    let spec = pod.spec.as_ref();
    let bound = spec.and_then(|spec| spec.node_name.as_deref()).is_some_and(|node| !node.is_empty());
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default();
    if !bound || phase == "Failed" || phase == "Succeeded" {
        return 0;
    }
    let own = spec.and_then(|spec| spec.termination_grace_period_seconds).unwrap_or(30);
    asked.unwrap_or(own).max(0)
}

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
