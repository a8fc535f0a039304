//! Create and update.

use super::{
    ApiServer, admission, delete, leniency, limit_range, pod_security, resize, service_account, strategy,
    unserved,
};
use crate::api::managed::Managers;
use crate::api::{
    ApiError, ApiResult, Feature, Kind, Object, Resource, defaults, meta, validation, warnings,
};

/// Which part of an object a write goes through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subresource {
    /// The object itself: everything but its status.
    #[default]
    Main,
    /// `/status`: nothing but the status.
    Status,
    /// `/ephemeralcontainers` of a pod: nothing but them.
    EphemeralContainers,
    /// `/resize` of a pod: nothing but its containers' CPU and memory.
    Resize,
    /// The scheduler's binding and other internal writes that may touch both.
    Binding,
}

impl Subresource {
    /// The word for it in a path, and in the rules of roles.
    fn name(self) -> &'static str {
        match self {
            Subresource::Main => "",
            Subresource::Status => "status",
            Subresource::EphemeralContainers => "ephemeralcontainers",
            Subresource::Resize => "resize",
            Subresource::Binding => "binding",
        }
    }
}

/// How a write is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Go through everything and store nothing (`--dry-run=server`).
    pub dry_run: bool,
}

/// How much of a `generateName` goes into the name.
const GENERATED_PREFIX_MAX: usize = 58;

impl ApiServer {
    /// Creates `object` and returns it as stored.
    ///
    /// # Errors
    /// AlreadyExists, Invalid, Forbidden, or NotFound when its namespace is not there.
    pub fn create(&mut self, object: impl Into<Object>) -> ApiResult<Object> {
        self.create_with(object, WriteOptions::default())
    }

    /// [`ApiServer::create`] with options.
    ///
    /// # Errors
    /// As [`ApiServer::create`].
    pub fn create_with(&mut self, object: impl Into<Object>, options: WriteOptions) -> ApiResult<Object> {
        let object = object.into();
        let managers = self.note_creation(&object);
        self.create_noting(object, options, managers)
    }

    /// [`ApiServer::create_with`], with the managers that the object has then, where they are kept.
    pub(super) fn create_noting(
        &mut self,
        mut object: Object,
        options: WriteOptions,
        managers: Option<Managers>,
    ) -> ApiResult<Object> {
        let kind = object.kind();
        self.authorize("create", (kind, ""), (meta::namespace(object.meta()), ""))?;
        let before = self.allocator.clone();
        let created = self.admit(&mut object).map(|()| object);
        let created = created.and_then(|object| self.store_new(kind, object, options));
        if let Ok(stored) = &created
            && !options.dry_run
        {
            self.keep(managers, stored, Subresource::Main);
        }
        if created.is_err() || options.dry_run {
            self.allocator = before;
        }
        created
    }

    fn admit(&mut self, object: &mut Object) -> ApiResult<()> {
        let kind = object.kind();
        unserved::refuse_unknown(object, self.gates)?;
        self.check_namespace(object)?;
        if meta::name(object.meta()).is_empty()
            && let Some(prefix) = object.meta().generate_name.clone().filter(|prefix| !prefix.is_empty())
        {
            // Room for the suffix within the 63 characters of a label.
            let prefix: String = prefix.chars().take(GENERATED_PREFIX_MAX).collect();
            let name = format!("{prefix}{}", self.allocator.suffix());
            object.meta_mut().name = Some(name);
        }
        if object.meta().resource_version.as_deref().is_some_and(|version| !version.is_empty()) {
            return Err(ApiError::bad_request("resourceVersion should not be set on objects to be created"));
        }
        object.meta_mut().deletion_timestamp = None;
        object.meta_mut().deletion_grace_period_seconds = None;
        defaults::apply(object);
        if let Object::Pod(pod) = object {
            let pod = std::sync::Arc::make_mut(pod);
            limit_range::admit_pod(pod, &self.store)?;
            if self.admits_accounts {
                service_account::admit(pod, &self.store, &mut self.allocator, self.now)?;
            }
        }
        admission::admit_create(object, &self.store, self.gates)?;
        if let Object::PersistentVolumeClaim(claim) = object {
            limit_range::admit_claim(claim, &self.store)?;
        }
        strategy::prepare_for_create(object, &mut self.allocator, self.now, self.gates)?;
        unserved::drop_fields(object, self.gates);
        let mut errors = leniency::on_create(object, validation::validate_create(object), self.gates);
        errors.extend(unserved::refused_values(object, self.gates));
        if !errors.is_empty() {
            return Err(ApiError::invalid(kind, meta::name(object.meta()), &errors));
        }
        if let Some(warnings) = &mut self.warnings {
            warnings.extend(warnings::on_create(object, self.gates));
        }
        admission::validate(object, None, &self.store)?;
        pod_security::admit(object, None, Subresource::Main, &self.store, self.warnings.as_mut())
    }

    fn store_new(&mut self, kind: Kind, mut object: Object, options: WriteOptions) -> ApiResult<Object> {
        let key = object.key();
        if self.store.get(kind, &key).is_some() {
            return Err(ApiError::already_exists(kind, &key.name));
        }
        self.charge_quotas(&object, None, options.dry_run)?;
        // A Job's uid is part of its selector, so it has one by now.
        let uid = match kind {
            Kind::Job => object.uid().to_owned(),
            _ => self.allocator.uid(),
        };
        let (time, revision) = (self.now.to_time(), self.store.next_revision());
        let meta = object.meta_mut();
        meta.uid = Some(uid);
        meta.creation_timestamp.get_or_insert(time);
        // A trial is not stored, so it has no version.
        meta.resource_version = (!options.dry_run).then(|| revision.to_string());
        if !options.dry_run {
            self.store.put(object.clone(), self.stamp());
        }
        Ok(object)
    }

    fn check_namespace(&self, object: &mut Object) -> ApiResult<()> {
        let info = object.kind().info();
        if !info.namespaced {
            object.meta_mut().namespace = None;
            return Ok(());
        }
        let namespace = meta::namespace(object.meta()).to_owned();
        let key = crate::api::ObjectKey::cluster(&namespace);
        let found = self.get(Kind::Namespace, &key)?;
        if meta::is_terminating(found.meta()) {
            let why = format!(
                "unable to create new content in namespace {namespace} because it is being terminated"
            );
            return Err(ApiError::forbidden(object.kind(), meta::name(object.meta()), &why));
        }
        Ok(())
    }

    /// Replaces an object and returns it as stored. An update that changes nothing stores nothing.
    ///
    /// When the object carries a resourceVersion, it must be the stored one.
    ///
    /// # Errors
    /// NotFound, Conflict or Invalid.
    pub fn update(&mut self, object: impl Into<Object>) -> ApiResult<Object> {
        self.update_with(object, Subresource::Main, WriteOptions::default())
    }

    /// Replaces an object's status and returns the object as stored.
    ///
    /// # Errors
    /// As [`ApiServer::update`].
    pub fn update_status(&mut self, object: impl Into<Object>) -> ApiResult<Object> {
        self.update_with(object, Subresource::Status, WriteOptions::default())
    }

    /// Changes the newest version of an object in place; never a Conflict.
    ///
    /// # Errors
    /// NotFound or Invalid.
    pub fn modify<T: Resource>(
        &mut self,
        key: &crate::api::ObjectKey,
        subresource: Subresource,
        change: impl FnOnce(&mut T),
    ) -> ApiResult<Object> {
        let mut typed = self.typed::<T>(key)?.clone();
        change(&mut typed);
        self.update_with(typed, subresource, WriteOptions::default())
    }

    /// [`ApiServer::update`] through a subresource and with options.
    ///
    /// # Errors
    /// As [`ApiServer::update`].
    pub fn update_with(
        &mut self,
        object: impl Into<Object>,
        subresource: Subresource,
        options: WriteOptions,
    ) -> ApiResult<Object> {
        self.update_noting(object.into(), subresource, options, None)
    }

    /// [`ApiServer::update_with`]; `managers` are those that the object has then, as apply found.
    pub(super) fn update_noting(
        &mut self,
        mut new: Object,
        subresource: Subresource,
        options: WriteOptions,
        managers: Option<Managers>,
    ) -> ApiResult<Object> {
        let (kind, key) = (new.kind(), new.key());
        self.authorize("patch", (kind, subresource.name()), (&key.namespace, &key.name))?;
        let old = self.get(kind, &key)?.clone();
        let based_on = new.meta().resource_version.as_deref().unwrap_or_default();
        let moved = !based_on.is_empty() && Some(based_on) != old.meta().resource_version.as_deref();
        let uid = new.meta().uid.as_deref().filter(|uid| !uid.is_empty() && *uid != old.uid());
        if let Some(uid) = uid {
            return Err(ApiError::conflict(kind, &key.name, &not_the_same(&old, uid)));
        }
        if moved {
            let why =
                "the object has been modified; please apply your changes to the latest version and try again";
            return Err(ApiError::conflict(kind, &key.name, why));
        }
        unserved::refuse_unknown(&new, self.gates)?;
        keep_system_meta(&mut new, &old);
        defaults::apply(&mut new);
        let gives_managers = managers.as_ref().is_some_and(|managers| self.changes_managers(managers, &old));
        let managers = managers.or_else(|| self.note_update(&new, &old, subresource));
        let allocator = self.allocator.clone();
        let prepared = self.prepare_update(&mut new, &old, subresource);
        if prepared.is_err() || options.dry_run {
            self.allocator = allocator;
        }
        prepared?;
        let counts = match subresource {
            Subresource::Main => matches!(new, Object::Service(_) | Object::PersistentVolumeClaim(_)),
            Subresource::Resize => true,
            _ => false,
        };
        if counts {
            self.charge_quotas(&new, Some(&old), options.dry_run)?;
        }
        if new == old && !gives_managers {
            return Ok(old);
        }
        if delete::is_finished(&new) {
            // Watches see the object as it was before its last finalizer went.
            self.remove_stored(old, options.dry_run);
            return Ok(new);
        }
        if !options.dry_run {
            new.meta_mut().resource_version = Some(self.store.next_revision().to_string());
            self.store.put(new.clone(), self.stamp());
            self.keep(managers, &new, subresource);
        }
        Ok(new)
    }

    fn prepare_update(&mut self, new: &mut Object, old: &Object, subresource: Subresource) -> ApiResult<()> {
        if subresource != Subresource::Status {
            admission::admit_update(new, old, &self.store, self.gates);
        }
        strategy::prepare_for_update(new, old, subresource, &mut self.allocator, self.now, self.gates)?;
        unserved::drop_fields(new, self.gates);
        if subresource != Subresource::Binding {
            let mut errors = match (subresource, &*new, old) {
                (Subresource::Status, ..) => validation::validate_status_update(new, old),
                (Subresource::EphemeralContainers, Object::Pod(new), Object::Pod(old)) => {
                    validation::validate_ephemeral_containers(new, old)
                }
                (Subresource::Resize, Object::Pod(new), Object::Pod(old)) => {
                    validation::validate_resize(new, old)
                }
                _ => {
                    let errors = validation::validate_update(new, old, self.gates);
                    leniency::on_update(new, errors, self.gates)
                }
            };
            if subresource == Subresource::Main {
                errors.extend(unserved::refused_values(new, self.gates));
            }
            if !errors.is_empty() {
                return Err(ApiError::invalid(new.kind(), meta::name(new.meta()), &errors));
            }
            if let Some(warnings) = self.warnings.as_mut().filter(|_| subresource == Subresource::Main) {
                warnings.extend(warnings::on_update(new, old, self.gates));
            }
            admission::validate(new, Some(old), &self.store)?;
            pod_security::admit(new, Some(old), subresource, &self.store, self.warnings.as_mut())?;
            if let (Subresource::Resize, Object::Pod(pod)) = (subresource, &*new) {
                limit_range::bound_pod(pod, &self.store)?;
                if self.gates.has(Feature::PodResizeValidator)
                    && new.meta().generation != old.meta().generation
                {
                    resize::validate(pod, &self.store)?;
                }
            }
        }
        Ok(())
    }
}

/// What the storage says when another object of that name was meant.
///
/// Models apiserver pkg/storage: Preconditions.Check, and StorageError.
fn not_the_same(stored: &Object, uid: &str) -> String {
    let key = stored.key();
    let place = match stored.kind() {
        Kind::Endpoints => "services/endpoints",
        Kind::Node => "minions",
        Kind::Service => "services/specs",
        kind => kind.info().plural,
    };
    let namespace = if key.namespace.is_empty() { String::new() } else { format!("/{}", key.namespace) };
    format!(
        "StorageError: invalid object, Code: 4, Key: /registry/{place}{namespace}/{}, ResourceVersion: 0, \
         AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
        key.name,
        stored.uid()
    )
}

/// Metadata that no client may change.
fn keep_system_meta(new: &mut Object, old: &Object) {
    let kept = old.meta();
    let meta = new.meta_mut();
    meta.creation_timestamp = kept.creation_timestamp.clone();
    meta.deletion_timestamp = kept.deletion_timestamp.clone();
    meta.deletion_grace_period_seconds = kept.deletion_grace_period_seconds;
    meta.generation = kept.generation;
    // Most writers hand back what they read; the texts' room is used again.
    meta.uid.clone_from(&kept.uid);
    meta.generate_name.clone_from(&kept.generate_name);
    meta.resource_version.clone_from(&kept.resource_version);
}
