//! Objects that were there before the log of changes begins: what installed the cluster.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use rand_chacha::ChaCha8Rng;

use super::allocate::Allocator;
use super::{ApiServer, admission, service_account, strategy, unserved};
use crate::api::{ApiResult, Object, defaults, meta};

impl ApiServer {
    /// Lets `action` draw uids and names from `random`, and hand out nothing that others count.
    pub(crate) fn apart<T>(&mut self, random: ChaCha8Rng, action: impl FnOnce(&mut ApiServer) -> T) -> T {
        let own = std::mem::replace(&mut self.allocator, Allocator::new(random));
        let result = action(self);
        self.allocator = own;
        result
    }

    /// Stores an object as one that was created at `created` and that no change tells of. It is completed as every
    /// new object is; then `finish` adds what others have reported of it since. Returns it as stored.
    ///
    /// # Errors
    /// A refusal of admission. Nothing is validated: these objects are the product's own.
    pub(crate) fn plant(
        &mut self,
        object: impl Into<Object>,
        created: &Time,
        finish: &mut dyn FnMut(&mut Object),
    ) -> ApiResult<Object> {
        let mut object = object.into();
        if meta::name(object.meta()).is_empty()
            && let Some(prefix) = object.meta().generate_name.clone()
        {
            object.meta_mut().name = Some(format!("{prefix}{}", self.allocator.suffix()));
        }
        defaults::apply(&mut object);
        if let Object::Pod(pod) = &mut object {
            service_account::admit(Arc::make_mut(pod), &self.store, &mut self.allocator, self.now)?;
        }
        admission::admit_create(&mut object, &self.store, self.gates)?;
        strategy::prepare_for_create(&mut object, &mut self.allocator, self.now, self.gates)?;
        let uid = self.allocator.uid();
        let meta = object.meta_mut();
        meta.uid = Some(uid);
        meta.creation_timestamp = Some(created.clone());
        meta.resource_version = Some(self.store.revision().to_string());
        finish(&mut object);
        unserved::drop_fields(&mut object, self.gates);
        self.store.plant(object.clone());
        Ok(object)
    }
}
