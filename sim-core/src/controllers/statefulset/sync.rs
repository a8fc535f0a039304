//! One sync of one set.
//!
//! Models pkg/controller/statefulset: sync, UpdateStatefulSet, performUpdate.

use std::sync::Arc;
use std::time::Duration;

use imbl::OrdSet;
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet};
use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::decide::{Action, Decision, DeleteReason, Known, decide, turn};
use super::family::{Family, revisions_of};
use super::index::{Replica, Replicas, parent_and_ordinal};
use super::port::Port;
use super::revisions::{self, Revisions};
use super::wish::{self, Wish};
use super::{Blocked, sim_time, status};
use crate::api::{ApiResult, Feature, Kind, Object, ObjectKey, ObjectRef, Resource, meta};
use crate::apiserver::Subresource;
use crate::controllers::batches::Batches;
use crate::controllers::history;
use crate::engine::{Context, Pace, ReconcileError};

/// How long a set that nothing wakes is left alone.
///
/// Models cmd/kube-controller-manager: MinResyncPeriod, whose default is 12 hours.
const RESYNC: Duration = Duration::from_secs(12 * 3600);

/// Brings the set's pods, claims and revisions nearer to what it wants, and its status up to date.
pub(super) fn sync(
    family: &mut Family,
    orphans: &OrdSet<ObjectKey>,
    set: &Arc<StatefulSet>,
    context: &mut Context<'_>,
) -> Result<(), ReconcileError> {
    let sorted = adopt_revisions(family, orphans, set, context)?;
    let now = context.now.timestamp();
    family.replicas.ripen(now);
    let replicas = claim_pods(family, set, context)?;
    let patch = family.template_patch(set);
    let (used, done) = match revisions::settle(context.api, set, &patch, &sorted) {
        // Where requests take time, others get in between this one and the next. A collision is told of at once:
        // the next sync finds none.
        Ok(used)
            if used.is_new(&sorted)
                && context.config.profile.write_ms > 0
                && used.collision_count == status::collision_count(set) =>
        {
            let took = Duration::from_millis(context.config.profile.write_ms);
            context.wakes.after(ObjectRef::new(Kind::StatefulSet, set.key()), took);
            return Ok(());
        }
        Ok(used) => {
            let done = update(family, &replicas, &used, set, context);
            (Some(used), done)
        }
        Err(error) => (None, Err(error.into())),
    };
    let truncated = revisions::truncate(context.api, set, &replicas, &sorted, used.as_ref());
    done?;
    truncated?;
    ask_again(family, set, context);
    Ok(())
}

/// Asks for a sync when the next pod becomes available, which no change tells.
fn ask_again(family: &Family, set: &StatefulSet, context: &mut Context<'_>) {
    let key = ObjectRef::new(Kind::StatefulSet, set.key());
    // A set that had as many available pods as it wanted, unwanted ones among them, was not looked at again.
    let forgets = !context.api.gates.has(Feature::StatefulSetAvailability)
        && i32::try_from(family.replicas.available()) == Ok(wish::replicas(set));
    if let Some(at) = family.replicas.next_available_at().filter(|_| !forgets) {
        context.wakes.at(key, sim_time(at), Pace::Progress);
    } else if matches!(family.blocked, Some(Blocked::ClaimTerminating { .. })) {
        // Upstream watches no claims: only the informer's resync looks at the set again.
        context.wakes.at(key, context.now + RESYNC, Pace::Periodic);
    }
}

/// The set's revisions, those included that it adopts now.
///
/// Models pkg/controller/statefulset: adoptOrphanRevisions.
fn adopt_revisions(
    family: &Family,
    orphans: &OrdSet<ObjectKey>,
    set: &Arc<StatefulSet>,
    context: &mut Context<'_>,
) -> Result<Vec<Arc<ControllerRevision>>, ReconcileError> {
    let mut sorted = revisions_of(context.view, orphans, set, family.selector());
    for revision in &mut sorted {
        if meta::controller_of(&revision.metadata).is_some() {
            continue;
        }
        check_not_deleted(set, context)
            .map_err(|why| ReconcileError::NotYet(format!("can't adopt ControllerRevisions: {why}")))?;
        let owner = controller_reference(set);
        let adopted =
            context.api.modify::<ControllerRevision>(&revision.key(), Subresource::Main, |revision| {
                add_owner(&mut revision.metadata, owner);
            })?;
        if let Some(adopted) = ControllerRevision::from_object(&adopted) {
            *revision = adopted;
        }
    }
    Ok(sorted)
}

/// The set's pods, those included that it adopts now. Pods that it no longer selects are released.
///
/// Models pkg/controller: PodControllerRefManager.ClaimPods.
fn claim_pods(
    family: &Family,
    set: &Arc<StatefulSet>,
    context: &mut Context<'_>,
) -> Result<Replicas, ReconcileError> {
    let mut replicas = family.replicas.clone();
    if meta::is_terminating(&set.metadata) {
        return Ok(replicas);
    }
    let namespace = meta::namespace(&set.metadata);
    let now = context.now.timestamp();
    for name in &family.releasable {
        let key = ObjectKey::new(namespace, name);
        let uid = meta::uid(&set.metadata);
        let released = context.api.modify::<Pod>(&key, Subresource::Main, |pod| {
            if let Some(owners) = &mut pod.metadata.owner_references {
                owners.retain(|owner| owner.uid != uid);
            }
            pod.metadata.owner_references.take_if(|owners| owners.is_empty());
        });
        ignore_not_found(released)?;
    }
    for name in &family.adoptable {
        let key = ObjectKey::new(namespace, name);
        let (Some(pod), Some((_, ordinal))) = (context.view.shared::<Pod>(&key), parent_and_ordinal(name))
        else {
            continue;
        };
        check_not_deleted(set, context).map_err(|why| {
            let uid = meta::uid(&pod.metadata);
            ReconcileError::NotYet(format!("can't adopt Pod {namespace}/{name} ({uid}): {why}"))
        })?;
        let owner = controller_reference(set);
        let adopted = context.api.modify::<Pod>(&key, Subresource::Main, |pod| {
            add_owner(&mut pod.metadata, owner);
        });
        ignore_not_found(adopted)?;
        replicas.insert(ordinal, Replica::of(&pod), now);
    }
    Ok(replicas)
}

fn ignore_not_found(result: ApiResult<Object>) -> ApiResult<()> {
    match result {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

/// Looks at the live set, because what it adopts must not belong to one that is going.
///
/// Models pkg/controller: RecheckDeletionTimestamp.
fn check_not_deleted(set: &StatefulSet, context: &Context<'_>) -> Result<(), String> {
    let key = set.key();
    let live = context.api.get(Kind::StatefulSet, &key).map_err(|error| error.to_string())?;
    if live.uid() != meta::uid(&set.metadata) {
        return Err(format!("original StatefulSet {key} is gone"));
    }
    if meta::is_terminating(live.meta()) {
        return Err(format!("{key} has just been deleted"));
    }
    Ok(())
}

fn controller_reference(set: &Arc<StatefulSet>) -> OwnerReference {
    meta::controller_reference(&Object::from(set.clone()))
}

fn add_owner(meta: &mut ObjectMeta, owner: OwnerReference) {
    let owners = meta.owner_references.get_or_insert_default();
    owners.retain(|existing| existing.uid != owner.uid);
    owners.push(owner);
}

/// Decides, acts and writes the status, which is written also when an action failed.
///
/// Models pkg/controller/statefulset: performUpdate.
fn update(
    family: &mut Family,
    replicas: &Replicas,
    used: &Revisions,
    set: &Arc<StatefulSet>,
    context: &mut Context<'_>,
) -> Result<(), ReconcileError> {
    let mut wish = Wish::of(set);
    // Requests that take no time do not race.
    if context.config.profile.write_ms > 0 {
        wish.batches = Batches::drawn(meta::uid(&set.metadata));
    }
    let gates = context.api.gates;
    let mut port = Port { set, wish: &wish, context };
    let decision = decide(
        &wish,
        &Known {
            replicas,
            dirty: &family.dirty,
            update_revision: used.update_name(),
            stale_claim: &|ordinal| port.stale_claim(ordinal),
            gates,
        },
    );
    let (outdated_deleted, acted) = act(family, &mut port, &decision, used);
    family.blocked = decision.blocked;
    let new = status::compute(set, replicas, used, outdated_deleted);
    if status::is_news(set, &new) {
        let written = context.api.modify::<StatefulSet>(&set.key(), Subresource::Status, |stored| {
            stored.status = Some(new);
        });
        acted?;
        return Ok(ignore_not_found(written)?);
    }
    acted
}

/// Does what was decided until something fails; returns how many outdated pods were deleted.
fn act(
    family: &mut Family,
    port: &mut Port<'_, '_>,
    decision: &Decision,
    used: &Revisions,
) -> (i32, Result<(), ReconcileError>) {
    let mut templates = Templates { set: port.set, used, current: None, update: None };
    let mut outdated_deleted = 0;
    let mut failed: Option<(Option<i64>, ReconcileError)> = None;
    let mut claimed = None;
    for (place, action) in decision.actions.iter().enumerate() {
        let ordinal = action.ordinal();
        let batch = batch_of(port.wish, *action);
        if let Some((failed_batch, _)) = &failed
            && (batch.is_none() || batch != *failed_batch)
        {
            break;
        }
        if batch.is_some() && batch != claimed && matches!(action, Action::Create { .. }) {
            claimed = batch;
            claim_for_batch(port, &decision.actions[place..], batch);
        }
        let done = match *action {
            Action::EnsureClaims { .. } => port.ensure_claims(ordinal),
            Action::Tend { .. } => port.tend(ordinal),
            Action::TendCondemned { .. } => port.tend_condemned(ordinal),
            Action::Create { current, .. } => {
                let name = if current { used.current_name() } else { used.update_name() };
                port.create_pod(ordinal, templates.get(current), name)
            }
            Action::Delete { .. } => port.delete_pod(ordinal),
        };
        match done {
            Ok(()) => {
                family.dirty.remove(&ordinal);
                let outdated = matches!(action, Action::Delete { reason: DeleteReason::Outdated, .. });
                outdated_deleted += i32::from(outdated);
            }
            Err(error) => {
                failed.get_or_insert((batch, error));
            }
        }
    }
    (outdated_deleted, failed.map_or(Ok(()), |(_, error)| Err(error)))
}

/// The requests of a batch go side by side: the claims of all its new pods come before the first of the pods.
fn claim_for_batch(port: &mut Port<'_, '_>, actions: &[Action], batch: Option<i64>) {
    let creates = actions.iter().filter(|action| matches!(action, Action::Create { .. }));
    let of_batch = creates.take_while(|action| batch_of(port.wish, **action) == batch);
    let mut ordinals: Vec<i32> = of_batch.map(|action| action.ordinal()).collect();
    let total = i64::from(port.wish.end) - i64::from(port.wish.start) + 1;
    let index = |ordinal: i32| i64::from(ordinal) - i64::from(port.wish.start);
    ordinals.sort_by_key(|ordinal| turn(index(*ordinal), total, port.wish.batches.claims));
    for ordinal in ordinals {
        // A claim that cannot be made is met, and told of, again when its pod is created.
        let _ = port.create_claims(ordinal);
    }
}

/// In which batch of requests a parallel set sees to a wanted pod; `None` where one failure ends all.
///
/// A failure lets its batch finish and stops what follows.
fn batch_of(wish: &Wish, action: Action) -> Option<i64> {
    let wanted = wish.parallel && wish.wants(action.ordinal());
    let outdated = matches!(action, Action::Delete { reason: DeleteReason::Outdated, .. });
    let index = i64::from(action.ordinal()) - i64::from(wish.start);
    (wanted && !outdated).then(|| turn(index, i64::MAX, wish.batches.pods).0)
}

/// The templates of the two revisions, decoded when first needed.
struct Templates<'a> {
    set: &'a StatefulSet,
    used: &'a Revisions,
    current: Option<PodTemplateSpec>,
    update: Option<PodTemplateSpec>,
}

impl Templates<'_> {
    fn get(&mut self, current: bool) -> &PodTemplateSpec {
        let (slot, revision) = if current {
            (&mut self.current, &self.used.current)
        } else {
            (&mut self.update, &self.used.update)
        };
        slot.get_or_insert_with(|| {
            // A revision that somebody damaged by hand cannot be applied; the set's own template stands in.
            let own = || self.set.spec.as_ref().map(|spec| spec.template.clone()).unwrap_or_default();
            history::template_of(history::data_of(revision)).unwrap_or_else(own)
        })
    }
}
