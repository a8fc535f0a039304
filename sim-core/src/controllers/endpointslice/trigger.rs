//! [`TriggerTimes`]: the `endpoints.kubernetes.io/last-change-trigger-time` annotation.

use std::sync::Arc;

use imbl::OrdMap;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use crate::api::pod;

/// The annotation that says when the change happened that a slice shows.
pub(in crate::controllers) const ANNOTATION: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// When each pod of a Service last became ready or not ready, as of the last sync.
///
/// Models endpointslice/util: TriggerTimeTracker.
#[derive(Clone, Debug, Default)]
pub(in crate::controllers) struct TriggerTimes {
    known: bool,
    service: Option<Timestamp>,
    pods: OrdMap<Arc<str>, Timestamp>,
}

impl TriggerTimes {
    /// The earliest of the times that are new since the last call, for the annotation.
    ///
    /// `pods` are those that changed, absent ones as `None`.
    pub(in crate::controllers) fn advance<'a>(
        &mut self,
        service: &Service,
        pods: impl Iterator<Item = (&'a Arc<str>, Option<&'a Pod>)>,
    ) -> Option<Timestamp> {
        let mut earliest: Option<Timestamp> = None;
        let mut consider = |time: Timestamp| earliest = Some(earliest.map_or(time, |other| other.min(time)));
        for (name, pod) in pods {
            let time = pod.and_then(|pod| pod::condition(pod, "Ready")?.last_transition_time.as_ref());
            let Some(time) = time.map(|time| time.0) else {
                self.pods.remove(name);
                continue;
            };
            if self.pods.insert(name.clone(), time).is_none_or(|last| time > last) {
                consider(time);
            }
        }
        let created = service.metadata.creation_timestamp.as_ref().map(|time| time.0);
        if let Some(created) = created
            && self.service.is_none_or(|last| created > last)
        {
            consider(created);
        }
        self.service = created;
        if std::mem::replace(&mut self.known, true) { earliest } else { created }
    }
}

/// Writes the annotation, or takes it away when nothing with a time has changed.
pub(super) fn annotate(slice: &mut EndpointSlice, time: Option<Timestamp>) {
    let mut annotations = slice.metadata.annotations.take().unwrap_or_default();
    match time {
        Some(time) => annotations.insert(ANNOTATION.to_owned(), time.to_string()),
        None => annotations.remove(ANNOTATION),
    };
    slice.metadata.annotations = Some(annotations).filter(|annotations| !annotations.is_empty());
}
