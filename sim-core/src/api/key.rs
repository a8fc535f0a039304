//! Names of objects: [`ObjectKey`] within a kind, [`ObjectRef`] across kinds.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::object::Kind;

/// How much of a name is kept beside its text.
const HEAD: usize = 16;

/// The name of an object, shared, with its first bytes at hand.
///
/// A store of many objects compares names more often than it does anything else. Most of them differ
/// early, and then the text, which may be anywhere in memory, need not be looked at.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name {
    /// The first bytes as a big-endian number, so that numbers order as the bytes do.
    head: [u64; HEAD / 8],
    text: Arc<str>,
}

impl Name {
    /// The text, shared.
    pub fn shared(&self) -> Arc<str> {
        self.text.clone()
    }
}

impl From<Arc<str>> for Name {
    fn from(text: Arc<str>) -> Name {
        let mut bytes = [0; HEAD];
        for (to, from) in bytes.iter_mut().zip(text.as_bytes()) {
            *to = *from;
        }
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = bytes;
        let head =
            [u64::from_be_bytes([a, b, c, d, e, f, g, h]), u64::from_be_bytes([i, j, k, l, m, n, o, p])];
        Name { head, text }
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Name {
        Name::from(Arc::<str>::from(text))
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Name) -> Ordering {
        self.head.cmp(&other.head).then_with(|| {
            if self.text.len().max(other.text.len()) <= HEAD {
                self.text.len().cmp(&other.text.len())
            } else {
                self.text.cmp(&other.text)
            }
        })
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Name) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Namespace and name of an object; the namespace is empty for cluster-scoped kinds.
///
/// The order is etcd's: by namespace, then by the bytes of the name (`web-10` before `web-2`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectKey {
    /// The namespace, empty for cluster-scoped kinds.
    pub namespace: Arc<str>,
    /// The name.
    pub name: Name,
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn names_order_as_their_texts_do(a in "[a-c\u{0}-]{0,20}", b in "[a-c\u{0}-]{0,20}", same in "[a-c]{0,18}") {
            for (a, b) in [(a.clone(), b.clone()), (same.clone() + &a, same + &b)] {
                let (left, right) = (Name::from(&*a), Name::from(&*b));
                prop_assert_eq!(left.cmp(&right), a.cmp(&b));
                prop_assert_eq!(left == right, a == b);
            }
        }
    }
}
