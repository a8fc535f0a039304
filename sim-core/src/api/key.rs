//! Names of objects: [`ObjectKey`] within a kind, [`ObjectRef`] across kinds.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::object::Kind;

/// Namespace and name of an object; the namespace is empty for cluster-scoped kinds.
///
/// The order is etcd's: by namespace, then by the bytes of the name (`web-10` before `web-2`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectKey {
    /// The namespace, empty for cluster-scoped kinds.
    pub namespace: Arc<str>,
    /// The name.
    pub name: Arc<str>,
}

impl ObjectKey {
    /// The key of a namespaced object.
    pub fn new(namespace: &str, name: &str) -> ObjectKey {
        ObjectKey { namespace: shared(namespace), name: name.into() }
    }

    /// The key of a cluster-scoped object.
    pub fn cluster(name: &str) -> ObjectKey {
        ObjectKey::new("", name)
    }

    /// The key that `meta` names.
    pub fn of(meta: &ObjectMeta) -> ObjectKey {
        ObjectKey::new(
            meta.namespace.as_deref().unwrap_or_default(),
            meta.name.as_deref().unwrap_or_default(),
        )
    }
}

impl Ord for ObjectKey {
    fn cmp(&self, other: &ObjectKey) -> Ordering {
        // Most keys share their namespace: its text need not be looked at, wherever in memory it is.
        let namespaces = if Arc::ptr_eq(&self.namespace, &other.namespace) {
            Ordering::Equal
        } else {
            self.namespace.cmp(&other.namespace)
        };
        namespaces.then_with(|| self.name.cmp(&other.name))
    }
}

impl PartialOrd for ObjectKey {
    fn partial_cmp(&self, other: &ObjectKey) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

thread_local! {
    /// The namespaces that nearly all objects are in.
    static USUAL: [Arc<str>; 3] = ["", "default", "kube-system"].map(Arc::from);
}

/// The text of a namespace, one copy for those that are met all the time.
fn shared(namespace: &str) -> Arc<str> {
    let usual = USUAL.with(|usual| usual.iter().find(|known| &***known == namespace).cloned());
    usual.unwrap_or_else(|| namespace.into())
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            f.write_str(&self.name)
        } else {
            write!(f, "{}/{}", self.namespace, self.name)
        }
    }
}

/// Kind and key of an object: what a work queue holds and what a cause names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectRef {
    /// The kind.
    pub kind: Kind,
    /// The key.
    pub key: ObjectKey,
}

impl ObjectRef {
    /// A reference to the object of `kind` at `key`.
    pub fn new(kind: Kind, key: ObjectKey) -> ObjectRef {
        ObjectRef { kind, key }
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name(), self.key)
    }
}
