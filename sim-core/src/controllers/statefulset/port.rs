//! [`Port`]: the narrow way in which a sync changes the world.
//!
//! Models pkg/controller/statefulset: StatefulPodControl. Reads come from the snapshot that the sync
//! began with, writes go to the API server, and each is told as an event.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, PodTemplateSpec};

use super::claims::{self, Owners};
use super::identity;
use super::wish::Wish;
use crate::api::{ApiError, Feature, Kind, Object, ObjectKey, meta};
use crate::apiserver::DeleteOptions;
use crate::engine::{Context, EventType, ReconcileError};

/// Acts on the pods and claims of one set.
pub struct Port<'a, 'b> {
    /// The set, as the sync sees it.
    pub set: &'a Arc<StatefulSet>,
    /// What the set asks for.
    pub wish: &'a Wish,
    /// The sync's context.
    pub context: &'a mut Context<'b>,
}

/// What was done, for the reason of an event and the first word of its message.
#[derive(Clone, Copy)]
enum Verb {
    Create,
    Update,
    Delete,
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Verb::Create => "Create",
            Verb::Update => "Update",
            Verb::Delete => "Delete",
        }
    }

    fn reason(self, worked: bool) -> &'static str {
        match (self, worked) {
            (Verb::Create, true) => "SuccessfulCreate",
            (Verb::Create, false) => "FailedCreate",
            (Verb::Update, true) => "SuccessfulUpdate",
            (Verb::Update, false) => "FailedUpdate",
            (Verb::Delete, true) => "SuccessfulDelete",
            (Verb::Delete, false) => "FailedDelete",
        }
    }
}

type Done = Result<(), ReconcileError>;

impl Port<'_, '_> {
    /// The claim of the pod of `ordinal` that still names an earlier pod of that name as its owner.
    ///
    /// Models pkg/controller/statefulset: PodClaimIsStale.
    pub fn stale_claim(&self, ordinal: i32) -> Option<String> {
        let owners = self.owners(ordinal, "");
        claims::templates(self.set)
            .iter()
            .map(|template| claims::claim_name(self.set, template, ordinal))
            .find(|name| self.seen_claim(name).is_some_and(|claim| owners.names_earlier_pod(claim)))
    }

    /// Creates the pod of `ordinal` from `template`, and its claims before it.
    ///
    /// # Errors
    /// What the API server answers, or that a claim is being deleted.
    pub fn create_pod(&mut self, ordinal: i32, template: &PodTemplateSpec, revision: &str) -> Done {
        if let Err(error) = self.create_claims(ordinal) {
            self.pod_event(Verb::Create, ordinal, Err(&error));
            return Err(error);
        }
        let pod = identity::new_pod(self.set, template, revision, ordinal, self.context.api.gates);
        let created = self.context.api.create(pod);
        if let Err(error) = &created
            && error.is_already_exists()
        {
            return Err(error.clone().into());
        }
        self.own_claims_or_tell(ordinal, "")?;
        let done = created.map(drop).map_err(ReconcileError::from);
        self.pod_event(Verb::Create, ordinal, done.as_ref());
        done
    }

    /// Deletes the pod of `ordinal`.
    ///
    /// # Errors
    /// What the API server answers.
    pub fn delete_pod(&mut self, ordinal: i32) -> Done {
        let key = self.key(&self.wish.pod_name(ordinal));
        let done = self.context.api.delete(Kind::Pod, &key, &DeleteOptions::default());
        let done = done.map(drop).map_err(ReconcileError::from);
        self.pod_event(Verb::Delete, ordinal, done.as_ref());
        done
    }

    /// Creates what claims the pod of `ordinal` lacks and gives its claims their owners.
    ///
    /// Models pkg/controller/statefulset: createMissingPersistentVolumeClaims.
    ///
    /// # Errors
    /// What the API server answers, or that a claim is being deleted.
    pub fn ensure_claims(&mut self, ordinal: i32) -> Done {
        self.create_claims(ordinal)?;
        let uid = self.seen_pod(ordinal).map(|pod| meta::uid(&pod.metadata).to_owned()).unwrap_or_default();
        self.own_claims_or_tell(ordinal, &uid)
    }

    /// Gives the pod of `ordinal` its identity and storage, and its claims their owners, where they differ.
    ///
    /// Models pkg/controller/statefulset: UpdateStatefulPod.
    ///
    /// # Errors
    /// What the API server answers.
    pub fn tend(&mut self, ordinal: i32) -> Done {
        let key = self.key(&self.wish.pod_name(ordinal));
        let Some(pod) = self.context.view.shared::<Pod>(&key) else { return Ok(()) };
        if crate::api::pod::phase(&pod) == "Pending" {
            self.ensure_claims(ordinal)?;
        }
        let stored = identity::storage_matches(self.set, &pod, ordinal);
        let uid = meta::uid(&pod.metadata);
        let owned = self.claims_are_owned(ordinal, uid);
        if identity::identity_matches(&pod) && stored && owned {
            return Ok(());
        }
        if !stored && let Err(error) = self.create_claims(ordinal) {
            self.pod_event(Verb::Update, ordinal, Err(&error));
            return Err(error);
        }
        if !owned {
            self.own_claims_or_tell(ordinal, uid)?;
        }
        let mut restored = Pod::clone(&pod);
        identity::restore(self.set, &mut restored, ordinal, self.context.api.gates);
        let done = self.context.api.update(restored).map(drop).map_err(ReconcileError::from);
        self.pod_event(Verb::Update, ordinal, done.as_ref());
        done
    }

    /// Gives the claims of a pod that is to go their owners, before it goes.
    ///
    /// # Errors
    /// What the API server answers.
    pub fn tend_condemned(&mut self, ordinal: i32) -> Done {
        let Some(pod) = self.seen_pod(ordinal) else { return Ok(()) };
        let uid = meta::uid(&pod.metadata).to_owned();
        if self.claims_are_owned(ordinal, &uid) { Ok(()) } else { self.own_claims(ordinal, &uid) }
    }

    /// Makes the claims of `ordinal` that are not there.
    ///
    /// Models pkg/controller/statefulset: createPersistentVolumeClaims.
    ///
    /// # Errors
    /// A claim is being deleted, or what the API server answers.
    pub fn create_claims(&mut self, ordinal: i32) -> Done {
        let mut errors = Vec::new();
        for template in claims::templates(self.set) {
            let claim = claims::new_claim(self.set, template, ordinal);
            let name = meta::name(&claim.metadata).to_owned();
            match self.seen_claim(&name) {
                Some(seen) if meta::is_terminating(&seen.metadata) => {
                    errors.push(format!("pvc {name} is being deleted"));
                }
                Some(_) => {}
                // Made a moment ago, with those of the rest of the batch.
                None if self
                    .context
                    .api
                    .store()
                    .get(Kind::PersistentVolumeClaim, &self.key(&name))
                    .is_some() => {}
                None => {
                    let created = self.context.api.create(claim);
                    self.claim_event(&name, ordinal, created.as_ref().err());
                    if let Err(error) = created {
                        errors.push(format!("failed to create PVC {name}: {error}"));
                    }
                }
            }
        }
        match errors.as_slice() {
            [] => Ok(()),
            [one] => Err(ReconcileError::NotYet(one.clone())),
            many => Err(ReconcileError::NotYet(format!("[{}]", many.join(", ")))),
        }
    }

    /// Models pkg/controller/statefulset: ClaimsMatchRetentionPolicy.
    fn claims_are_owned(&self, ordinal: i32, pod_uid: &str) -> bool {
        let owners = self.owners(ordinal, pod_uid);
        claims::templates(self.set).iter().all(|template| {
            self.seen_claim(&claims::claim_name(self.set, template, ordinal))
                .is_none_or(|claim| owners.are_up_to_date(claim))
        })
    }

    fn own_claims_or_tell(&mut self, ordinal: i32, pod_uid: &str) -> Done {
        let done = self.own_claims(ordinal, pod_uid);
        if let Err(error) = &done {
            self.pod_event(Verb::Update, ordinal, Err(error));
        }
        done
    }

    /// Models pkg/controller/statefulset: UpdatePodClaimForRetentionPolicy.
    fn own_claims(&mut self, ordinal: i32, pod_uid: &str) -> Done {
        let owners = self.owners(ordinal, pod_uid);
        for template in claims::templates(self.set) {
            let name = claims::claim_name(self.set, template, ordinal);
            let key = self.key(&name);
            // Recorded: a claim that this very sync made has come back to it by now.
            let made = || self.context.api.store().shared::<PersistentVolumeClaim>(&key);
            let Some(claim) = self.context.view.shared(&key).or_else(made) else { continue };
            if owners.has_unexpected_controller(&claim) {
                self.conflict_event(&name);
            }
            if owners.are_up_to_date(&claim) {
                continue;
            }
            let mut owned = PersistentVolumeClaim::clone(&claim);
            owned.metadata.owner_references =
                Some(owners.rightful(&claim)).filter(|owners| !owners.is_empty());
            if let Err(error) = self.context.api.update(owned) {
                let why = format!("could not update claim {name} for delete policy ownerRefs: {error}");
                return Err(ReconcileError::NotYet(why));
            }
        }
        Ok(())
    }

    fn owners(&self, ordinal: i32, pod_uid: &str) -> Owners {
        Owners::new(self.set, self.wish, ordinal, pod_uid)
    }

    fn key(&self, name: &str) -> ObjectKey {
        ObjectKey::new(meta::namespace(&self.set.metadata), name)
    }

    fn seen_pod(&self, ordinal: i32) -> Option<&Pod> {
        self.context.view.typed(&self.key(&self.wish.pod_name(ordinal)))
    }

    fn seen_claim(&self, name: &str) -> Option<&PersistentVolumeClaim> {
        self.context.view.typed(&self.key(name))
    }

    fn pod_event(&mut self, verb: Verb, ordinal: i32, done: Result<&(), &ReconcileError>) {
        let (pod, set) = (self.wish.pod_name(ordinal), &self.wish.name);
        let message = match done {
            Ok(()) => format!("{} Pod {pod} in StatefulSet {set} successful", verb.word()),
            Err(error) => format!("{} Pod {pod} in StatefulSet {set} failed error: {error}", verb.word()),
        };
        let message = self.as_released(message);
        self.event(verb.reason(done.is_ok()), done.is_ok(), &message);
    }

    /// The event's message as the release begins it.
    fn as_released(&self, message: String) -> String {
        if self.context.api.gates.has(Feature::CapitalSetEvents) {
            return message;
        }
        let mut letters = message.chars();
        letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
    }

    /// A claim that somebody else has created meanwhile is not worth an event.
    fn claim_event(&mut self, claim: &str, ordinal: i32, error: Option<&ApiError>) {
        let (pod, set) = (self.wish.pod_name(ordinal), &self.wish.name);
        let message = match error {
            None => format!("Create Claim {claim} Pod {pod} in StatefulSet {set} success"),
            Some(error) if error.is_already_exists() => return,
            Some(error) => {
                format!("Create Claim {claim} for Pod {pod} in StatefulSet {set} failed error: {error}")
            }
        };
        let message = self.as_released(message);
        self.event(Verb::Create.reason(error.is_none()), error.is_none(), &message);
    }

    /// The message's slip in spelling is upstream's.
    fn conflict_event(&mut self, claim: &str) {
        let message = format!(
            "PersistentVolumeClaim {claim} has a conflicting OwnerReference that acts as a manging controller, \
             the retention policy is ignored for this claim"
        );
        self.event("ConflictingController", false, &message);
    }

    fn event(&mut self, reason: &'static str, good: bool, message: &str) {
        let about = Object::from(self.set.clone());
        let event_type = if good { EventType::Normal } else { EventType::Warning };
        self.context.events.event(self.context.api, &about, event_type, reason, message);
    }
}
