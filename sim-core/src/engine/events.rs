//! [`Recorder`]: Kubernetes Events, with repeats counted as client-go's correlator does.
//!
//! Controllers and kubelets write core/v1 Events with a count; the scheduler writes
//! events.k8s.io/v1 Events with a series. See client-go tools/record and tools/events.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

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
    source: Cow<'static, str>,
    uid: Arc<str>,
    /// events.k8s.io tells events apart by what they regard, its version included, and not by their message.
    version: Option<String>,
    field_path: Option<String>,
    event_type: EventType,
    reason: &'static str,
    message: Arc<str>,
}

/// An event that was written, and how often it happened since.
#[derive(Clone, Debug)]
struct Seen {
    key: ObjectKey,
    count: i32,
    last: SimTime,
    written: SimTime,
}

/// The events that were written, to find repeats.
#[derive(Clone, Debug, Default)]
pub struct EventCache {
    seen: OrdMap<Sameness, Seen>,
    /// The nanosecond in the newest event's name. Real time moves on between two events, virtual time need not.
    last_named_nanos: u64,
}

/// A series' growing count is written this often. Models client-go tools/events: refreshTime.
const SERIES_REFRESH: Duration = Duration::from_secs(30 * 60);
/// A series that was quiet for so long is over. Models client-go tools/events: finishTime.
const SERIES_FINISH: Duration = Duration::from_secs(6 * 60);

/// Records events for one component, at one moment.
#[derive(Debug)]
pub struct Recorder<'a> {
    /// The component's name, as the event's source.
    pub(super) source: Cow<'static, str>,
    pub(super) now: SimTime,
    pub(super) cache: &'a mut EventCache,
}

impl Recorder<'_> {
    /// Names another source for the events that follow: a component that stands for a program of the user's
    /// choice, a provisioner for one.
    pub fn speak_as(&mut self, source: String) {
        self.source = Cow::Owned(source);
    }

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
    #[expect(clippy::too_many_arguments, reason = "an event has that many parts")]
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

    /// Records a core/v1 event about what `about` says, from `host` if it is a node's.
    pub fn event_about(
        &mut self,
        api: &mut ApiServer,
        about: ObjectReference,
        host: Option<&str>,
        event_type: EventType,
        reason: &'static str,
        message: &str,
    ) {
        self.write(api, about, host, event_type, reason, message, false);
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
            source: self.source.clone(),
            uid: about.uid.as_deref().unwrap_or_default().into(),
            version: about.resource_version.clone().filter(|_| new_style),
            field_path: about.field_path.clone(),
            event_type,
            reason,
            message: if new_style { "".into() } else { message.into() },
        };
        let seen = self.cache.seen.get_mut(&sameness);
        if seen.is_some_and(|seen| repeat(api, seen, self.now, new_style)) {
            return;
        }
        self.cache.last_named_nanos = self.now.unix_nanos().max(self.cache.last_named_nanos + 1);
        let event = self.compose(about, host, event_type, reason, message, new_style);
        // An event that cannot be written (its namespace is gone) is dropped, as upstream drops it.
        if let Ok(stored) = api.create(event) {
            let seen = Seen { key: stored.key(), count: 1, last: self.now, written: self.now };
            self.cache.seen.insert(sameness, seen);
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
            reporting_component: Some(self.source.to_string()),
            ..Event::default()
        };
        event.metadata.namespace = Some(namespace);
        event.metadata.name = Some(format!("{name}.{:x}", self.cache.last_named_nanos));
        if new_style {
            event.action = Some(if reason == "Preempted" { "Preempting" } else { "Scheduling" }.to_owned());
            event.event_time = Some(self.now.to_micro_time());
            event.reporting_instance = Some(format!("{}-control-plane", self.source));
            event.source = Some(EventSource::default());
        } else {
            event.source =
                Some(EventSource { component: Some(self.source.to_string()), host: host.map(str::to_owned) });
            event.first_timestamp = Some(self.now.to_time());
            event.last_timestamp = Some(self.now.to_time());
            event.count = Some(1);
            event.reporting_instance = host.map(str::to_owned).or(Some(String::new()));
        }
        event
    }
}

/// Counts a repeat of a written event; false when it has to be written anew.
///
/// A series is written when it begins and then only now and then; until then its count is in memory.
fn repeat(api: &mut ApiServer, seen: &mut Seen, now: SimTime, new_style: bool) -> bool {
    if new_style && now.since(seen.last) > SERIES_FINISH {
        return false;
    }
    seen.count = seen.count.saturating_add(1);
    seen.last = now;
    if new_style && seen.count > 2 && now.since(seen.written) < SERIES_REFRESH {
        return api.typed::<Event>(&seen.key).is_ok();
    }
    seen.written = now;
    let count = seen.count;
    let update = |event: &mut Event| {
        if new_style {
            let last_observed_time = Some(now.to_micro_time());
            event.series = Some(EventSeries { count: Some(count), last_observed_time });
        } else {
            event.count = Some(count);
            event.last_timestamp = Some(now.to_time());
        }
    };
    api.modify::<Event>(&seen.key, Subresource::Main, update).is_ok()
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
