//! [`Recorder`]: Kubernetes Events, with repeats counted as client-go's correlator does.
//!
//! Controllers and kubelets write core/v1 Events with a count; the scheduler writes
//! events.k8s.io/v1 Events with a series. See client-go tools/record and tools/events.

use std::sync::Arc;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::{Event, EventSeries, EventSource, ObjectReference};

use crate::api::{Object, ObjectKey, SimTime, meta};
use crate::apiserver::{ApiServer, Subresource};

/// Whether an event is good or bad news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventType {
    /// Normal.
    Normal,
    /// Warning.
    Warning,
}

impl EventType {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            EventType::Normal => "Normal",
            EventType::Warning => "Warning",
        }
    }
}

/// What makes two events the same event, repeated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Sameness {
    source: &'static str,
    uid: Arc<str>,
    field_path: Option<String>,
    event_type: EventType,
    reason: &'static str,
    message: Arc<str>,
}

/// The events that were written, to find repeats.
#[derive(Clone, Debug, Default)]
pub struct EventCache {
    seen: OrdMap<Sameness, ObjectKey>,
}

/// Records events for one component, at one moment.
#[derive(Debug)]
pub struct Recorder<'a> {
    /// The component's name, as the event's source.
    pub(super) source: &'static str,
    pub(super) now: SimTime,
    pub(super) cache: &'a mut EventCache,
}

impl Recorder<'_> {
    /// Records a core/v1 event about `about`.
    pub fn event(
        &mut self,
        api: &mut ApiServer,
        about: &Object,
        event_type: EventType,
        reason: &'static str,
        message: &str,
    ) {
        self.write(api, reference(about), None, event_type, reason, message, false);
    }

    /// Records a core/v1 event about a pod from the kubelet on `node`, `field_path` naming the container.
    pub fn kubelet_event(
        &mut self,
        api: &mut ApiServer,
        about: &Object,
        field_path: Option<String>,
        node: &str,
        event_type: EventType,
        reason: &'static str,
        message: &str,
    ) {
        let reference = ObjectReference { field_path, ..reference(about) };
        self.write(api, reference, Some(node), event_type, reason, message, false);
    }

    /// Records an events.k8s.io/v1 event about `about`, as the scheduler does.
    pub fn scheduling_event(
        &mut self,
        api: &mut ApiServer,
        about: &Object,
        event_type: EventType,
        reason: &'static str,
        message: &str,
    ) {
        self.write(api, reference(about), None, event_type, reason, message, true);
    }

    #[expect(clippy::too_many_arguments, reason = "one private place puts all parts of an event together")]
    fn write(
        &mut self,
        api: &mut ApiServer,
        about: ObjectReference,
        host: Option<&str>,
        event_type: EventType,
        reason: &'static str,
        message: &str,
        new_style: bool,
    ) {
        let sameness = Sameness {
            source: self.source,
            uid: about.uid.as_deref().unwrap_or_default().into(),
            field_path: about.field_path.clone(),
            event_type,
            reason,
            message: message.into(),
        };
        if let Some(key) = self.cache.seen.get(&sameness)
            && api.modify::<Event>(key, Subresource::Main, |event| repeat(event, self.now, new_style)).is_ok()
        {
            return;
        }
        let event = self.compose(about, host, event_type, reason, message, new_style);
        // An event that cannot be written (its namespace is gone) is dropped, as upstream drops it.
        if let Ok(stored) = api.create(event) {
            self.cache.seen.insert(sameness, stored.key());
        }
    }

    fn compose(
        &self,
        about: ObjectReference,
        host: Option<&str>,
        event_type: EventType,
        reason: &str,
        message: &str,
        new_style: bool,
    ) -> Event {
        let namespace = about.namespace.clone().unwrap_or_else(|| "default".to_owned());
        let name = about.name.clone().unwrap_or_default();
        let mut event = Event {
            type_: Some(event_type.as_str().to_owned()),
            reason: Some(reason.to_owned()),
            message: Some(message.to_owned()),
            involved_object: about,
            reporting_component: Some(self.source.to_owned()),
            ..Event::default()
        };
        event.metadata.namespace = Some(namespace);
        event.metadata.name = Some(format!("{name}.{:x}", self.now.unix_nanos()));
        if new_style {
            event.action = Some(if reason == "Preempted" { "Preempting" } else { "Scheduling" }.to_owned());
            event.event_time = Some(self.now.to_micro_time());
            event.reporting_instance = Some(format!("{}-control-plane", self.source));
            event.source = Some(EventSource::default());
        } else {
            event.source =
                Some(EventSource { component: Some(self.source.to_owned()), host: host.map(str::to_owned) });
            event.first_timestamp = Some(self.now.to_time());
            event.last_timestamp = Some(self.now.to_time());
            event.count = Some(1);
            event.reporting_instance = host.map(str::to_owned).or(Some(String::new()));
        }
        event
    }
}

fn repeat(event: &mut Event, now: SimTime, new_style: bool) {
    if new_style {
        let count = event.series.as_ref().and_then(|series| series.count).unwrap_or(1) + 1;
        let series = EventSeries { count: Some(count), last_observed_time: Some(now.to_micro_time()) };
        event.series = Some(series);
    } else {
        event.count = Some(event.count.unwrap_or(1) + 1);
        event.last_timestamp = Some(now.to_time());
    }
}

/// A reference to `about` as events carry it.
pub fn reference(about: &Object) -> ObjectReference {
    let info = about.kind().info();
    let meta = about.meta();
    ObjectReference {
        api_version: Some(info.api_version()),
        kind: Some(info.kind.name().to_owned()),
        name: meta.name.clone(),
        namespace: meta.namespace.clone().filter(|_| info.namespaced),
        uid: Some(meta::uid(meta).to_owned()),
        resource_version: meta.resource_version.clone(),
        field_path: None,
    }
}
