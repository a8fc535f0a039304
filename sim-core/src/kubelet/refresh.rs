//! When changes of ConfigMaps and Secrets reach the volumes of running pods.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;

use super::{Kubelet, volumes};
use crate::api::{Kind, ObjectRef, Resource, meta};
use crate::engine::{Pace, Wakes};
use crate::store::{Change, Store};

/// After how long a change of a ConfigMap or Secret reaches the volumes of a pod: the node's next look at
/// the pod, with the delay of its cache. Upstream: syncFrequency, and the ConfigMap manager's TTL.
const SYNC: Duration = Duration::from_secs(60);

impl Kubelet {
    /// Lets the pods that mount a ConfigMap or Secret take up its change.
    pub(super) fn refresh_later(&mut self, change: &Change, view: &Store, wakes: &mut Wakes) {
        let key = change.reference.key.clone();
        for pod in view.all_in::<Pod>(&key.namespace) {
            let uses =
                pod.spec.as_ref().is_some_and(|spec| volumes::uses(spec, change.object.kind(), &key.name));
            if !uses || !self.full.knows(&pod.key()) {
                continue;
            }
            // Nodes look at their pods at different times.
            let offset = xxhash_rust::xxh3::xxh3_64(meta::uid(&pod.metadata).as_bytes()) % 30;
            let due = change.at + SYNC + Duration::from_secs(offset);
            self.full.refresh_at(&pod.key(), due);
            wakes.at(ObjectRef::new(Kind::Pod, pod.key()), due, Pace::Progress);
        }
    }
}
