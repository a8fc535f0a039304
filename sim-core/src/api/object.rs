//! [`Kind`] and [`Object`]: the closed set of API kinds and one value of any of them.

use std::fmt;
use std::sync::Arc;

use k8s_openapi::Metadata;
use k8s_openapi::api::{
    apps::v1 as apps, autoscaling::v2 as autoscaling, batch::v1 as batch, coordination::v1 as coordination,
    core::v1 as core, discovery::v1 as discovery, networking::v1 as networking, policy::v1 as policy,
    rbac::v1 as rbac, scheduling::v1 as scheduling, storage::v1 as storage,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;

use super::decode::typed::{self, TypeError};
use super::encode;
use super::key::{ObjectKey, ObjectRef};

/// A typed API object that the store can hold.
pub trait Resource:
    Metadata<Ty = ObjectMeta> + Clone + PartialEq + fmt::Debug + Into<Object> + 'static
{
    /// The kind this type stands for.
    const API_KIND: Kind;

    /// Borrows the typed object, or `None` when `object` is of another kind.
    fn from_ref(object: &Object) -> Option<&Self>;

    /// Shares the typed object, or `None` when `object` is of another kind.
    fn from_object(object: &Object) -> Option<Arc<Self>>;

    /// The object's key, `namespace/name`.
    fn key(&self) -> ObjectKey {
        ObjectKey::of(self.metadata())
    }
}

macro_rules! kinds {
    ($($kind:ident => $ty:ty),* $(,)?) => {
        /// An API kind that the simulator serves. Discovery facts are in [`Kind::info`](super::kinds).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind {
            $(#[doc = concat!("`", stringify!($kind), "`")] $kind),*
        }

        impl Kind {
            /// Every kind, in declaration order.
            pub const ALL: &'static [Kind] = &[$(Kind::$kind),*];

            /// How many kinds there are; `kind as usize` is below it.
            pub const COUNT: usize = Self::ALL.len();

            /// The kind's name as manifests spell it, `StatefulSet`.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$kind => stringify!($kind)),* }
            }
        }

        /// One API object. Cloning shares it; [`Object::meta_mut`] copies on write.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Object {
            $(#[doc = concat!("`", stringify!($kind), "`")] $kind(Arc<$ty>)),*
        }

        impl Object {
            /// The object's kind.
            pub fn kind(&self) -> Kind {
                match self { $(Object::$kind(_) => Kind::$kind),* }
            }

            /// The object's metadata.
            pub fn meta(&self) -> &ObjectMeta {
                match self { $(Object::$kind(object) => object.metadata()),* }
            }

            /// The object's metadata for change; copies the object when it is shared.
            pub fn meta_mut(&mut self) -> &mut ObjectMeta {
                match self { $(Object::$kind(object) => Arc::make_mut(object).metadata_mut()),* }
            }

            /// The object as JSON, with `apiVersion` and `kind`.
            pub fn to_value(&self) -> Value {
                let mut value = match self { $(Object::$kind(object) => encode::to_value(object.as_ref())),* };
                add_nulls(self.kind(), &mut value);
                value
            }

            /// Decodes `value` as `kind`, calling `unknown` with the path of every field the type lacks.
            ///
            /// # Errors
            /// The decoder's message when a field has the wrong type.
            pub fn from_value(
                kind: Kind,
                value: Value,
                unknown: &mut dyn FnMut(String),
            ) -> Result<Object, TypeError> {
                match kind {
                    $(Kind::$kind => typed::from_value::<$ty>(value, unknown)
                        .map(|object| Object::$kind(Arc::new(object)))),*
                }
            }
        }

        $(
            impl From<$ty> for Object {
                fn from(object: $ty) -> Object { Object::$kind(Arc::new(object)) }
            }

            impl From<Arc<$ty>> for Object {
                fn from(object: Arc<$ty>) -> Object { Object::$kind(object) }
            }

            impl Resource for $ty {
                const API_KIND: Kind = Kind::$kind;

                fn from_ref(object: &Object) -> Option<&Self> {
                    match object { Object::$kind(object) => Some(object), _ => None }
                }

                fn from_object(object: &Object) -> Option<Arc<Self>> {
                    match object { Object::$kind(object) => Some(object.clone()), _ => None }
                }
            }
        )*
    };
}

kinds! {
    ConfigMap => core::ConfigMap,
    Endpoints => core::Endpoints,
    Event => core::Event,
    LimitRange => core::LimitRange,
    Namespace => core::Namespace,
    Node => core::Node,
    PersistentVolumeClaim => core::PersistentVolumeClaim,
    PersistentVolume => core::PersistentVolume,
    Pod => core::Pod,
    ResourceQuota => core::ResourceQuota,
    Secret => core::Secret,
    Service => core::Service,
    ServiceAccount => core::ServiceAccount,
    ControllerRevision => apps::ControllerRevision,
    DaemonSet => apps::DaemonSet,
    Deployment => apps::Deployment,
    ReplicaSet => apps::ReplicaSet,
    StatefulSet => apps::StatefulSet,
    HorizontalPodAutoscaler => autoscaling::HorizontalPodAutoscaler,
    CronJob => batch::CronJob,
    Job => batch::Job,
    EndpointSlice => discovery::EndpointSlice,
    PodDisruptionBudget => policy::PodDisruptionBudget,
    Ingress => networking::Ingress,
    IngressClass => networking::IngressClass,
    NetworkPolicy => networking::NetworkPolicy,
    ClusterRole => rbac::ClusterRole,
    ClusterRoleBinding => rbac::ClusterRoleBinding,
    Role => rbac::Role,
    RoleBinding => rbac::RoleBinding,
    Lease => coordination::Lease,
    PriorityClass => scheduling::PriorityClass,
    CSINode => storage::CSINode,
    StorageClass => storage::StorageClass,
    VolumeAttachment => storage::VolumeAttachment,
}

impl Object {
    /// The object's key, `namespace/name`.
    pub fn key(&self) -> ObjectKey {
        ObjectKey::of(self.meta())
    }

    /// The object's kind and key.
    pub fn reference(&self) -> ObjectRef {
        ObjectRef { kind: self.kind(), key: self.key() }
    }

    /// The object's uid, empty before it was created.
    pub fn uid(&self) -> &str {
        self.meta().uid.as_deref().unwrap_or_default()
    }

    /// The object's resourceVersion as a number, 0 before it was stored.
    pub fn revision(&self) -> u64 {
        self.meta().resource_version.as_deref().and_then(|version| version.parse().ok()).unwrap_or(0)
    }

    /// Borrows the object as `T`, or `None` when it is of another kind.
    pub fn as_ref<T: Resource>(&self) -> Option<&T> {
        T::from_ref(self)
    }
}

/// Adds what Go's encoder writes for absent fields without `omitempty`, and the API types leave out.
fn add_nulls(kind: Kind, value: &mut Value) {
    match kind {
        Kind::Pod => {
            let conditions = value.pointer_mut("/status/conditions").and_then(Value::as_array_mut);
            for condition in conditions.into_iter().flatten().filter_map(Value::as_object_mut) {
                condition.entry("lastProbeTime").or_insert(Value::Null);
                condition.entry("lastTransitionTime").or_insert(Value::Null);
            }
        }
        Kind::Event => {
            let Some(event) = value.as_object_mut() else { return };
            for field in ["eventTime", "firstTimestamp", "lastTimestamp"] {
                event.entry(field).or_insert(Value::Null);
            }
            for field in ["reportingComponent", "reportingInstance"] {
                event.entry(field).or_insert_with(|| Value::from(""));
            }
            event.entry("source").or_insert_with(|| Value::Object(serde_json::Map::new()));
        }
        Kind::EndpointSlice => {
            let Some(slice) = value.as_object_mut() else { return };
            for list in ["endpoints", "ports"] {
                slice.entry(list).or_insert(Value::Null);
            }
        }
        _ => {}
    }
}
