//! [`Recorder`]: Kubernetes Events, with repeats counted as client-go's correlator does.
//!
//! Controllers and kubelets write core/v1 Events with a count; the scheduler writes
//! events.k8s.io/v1 Events with a series. See client-go tools/record and tools/events.

use std::borrow::Cow;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Event, EventSeries, EventSource, ObjectReference};

use super::correlator::{Correlator, EventKey, Written};
use super::recent::Recent;
use crate::api::{Object, SimTime, meta};
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

/// A series of the scheduler's: an event that was written, and how often it happened since.
#[derive(Clone, Debug)]
struct Series {
    written: Written,
    last: SimTime,
    last_written: SimTime,
}

/// What was written, to find repeats.
#[derive(Clone, Debug, Default)]
pub struct EventCache {
    correlator: Correlator,
    /// By what they regard, its version included: events.k8s.io does not tell events apart by their message.
    series: Recent<Series>,
    /// Since when the newer half of the series is filled.
    series_since: SimTime,
    /// The nanosecond in the newest event's name. Real time moves on between two events, virtual time need not.
    last_named_nanos: u64,
}

impl EventCache {
    /// Forgets series that are over.
    fn end_series(&mut self, now: SimTime) {
        if now.since(self.series_since) > SERIES_FINISH {
            self.series.turn();
            self.series_since = now;
        }
    }
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
    /// The name of the machine that the control plane runs on.
    pub(super) machine: &'a str,
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
        self.write(api, reference(about), None, event_type, reason, message);
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
        self.write(api, reference, Some(node), event_type, reason, message);
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
        self.write(api, about, host, event_type, reason, message);
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
        let about = reference(about);
        let version = about.resource_version.as_deref().unwrap_or_default();
        let key = EventKey { source: &self.source, ..key(&about, None, event_type, reason, version) };
        let key = key.fingerprint();
        self.cache.end_series(self.now);
        if self.cache.series.get_mut(&key).is_some_and(|series| series.repeat(api, self.now)) {
            return;
        }
        let event = self.compose(about, None, event_type, reason, message, true);
        if let Ok(stored) = api.create(event) {
            let written = Written { key: stored.key(), count: 1 };
            self.cache.series.insert(key, Series { written, last: self.now, last_written: self.now });
        }
    }

    fn write(
        &mut self,
        api: &mut ApiServer,
        about: ObjectReference,
        host: Option<&str>,
        event_type: EventType,
        reason: &'static str,
        message: &str,
    ) {
        let key = EventKey { source: &self.source, ..key(&about, host, event_type, reason, message) };
        let observed = self.cache.correlator.observe(&key, self.now);
        if !observed.may_send {
            return;
        }
        let message = match observed.is_folded {
            true => Cow::Owned(format!("(combined from similar events): {message}")),
            false => Cow::Borrowed(message),
        };
        let now = self.now.to_time();
        let repeated = observed.repeats.as_ref().is_some_and(|Written { key, count }| {
            let update = |event: &mut Event| {
                event.count = Some(*count);
                event.message = Some(message.to_string());
                event.last_timestamp = Some(now);
            };
            api.modify::<Event>(key, Subresource::Main, update).is_ok()
        });
        if repeated {
            return;
        }
        let about = if observed.is_folded { ObjectReference { field_path: None, ..about } } else { about };
        let event = self.compose(about, host, event_type, reason, &message, false);
        // An event that cannot be written (its namespace is gone) is dropped, as upstream drops it.
        if let Ok(stored) = api.create(event) {
            self.cache.correlator.note(&observed, Written { key: stored.key(), count: 1 });
        }
    }

    fn compose(
        &mut self,
        about: ObjectReference,
        host: Option<&str>,
        event_type: EventType,
        reason: &str,
        message: &str,
        new_style: bool,
    ) -> Event {
        self.cache.last_named_nanos = self.now.unix_nanos().max(self.cache.last_named_nanos + 1);
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
            event.action = Some(action(reason).to_owned());
            event.event_time = Some(self.now.to_micro_time());
            event.reporting_instance = Some(format!("{}-{}", self.source, self.machine));
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

/// What the scheduler was about when the event happened.
fn action(reason: &str) -> &'static str {
    match reason {
        "Scheduled" => "Binding",
        "Preempted" => "Preempting",
        _ => "Scheduling",
    }
}

/// The key of an event that no source is known of yet.
fn key<'k>(
    about: &'k ObjectReference,
    host: Option<&'k str>,
    event_type: EventType,
    reason: &'k str,
    message: &'k str,
) -> EventKey<'k> {
    let (uid, field_path) = (about.uid.as_deref().unwrap_or_default(), about.field_path.as_deref());
    EventKey { uid, source: "", host, event_type, reason, field_path, message }
}

impl Series {
    /// Counts a repeat; false when the event has to be written anew.
    ///
    /// A series is written when it begins and then only now and then; until then its count is in memory.
    fn repeat(&mut self, api: &mut ApiServer, now: SimTime) -> bool {
        if now.since(self.last) > SERIES_FINISH {
            return false;
        }
        let Written { key, count } = &mut self.written;
        *count = count.saturating_add(1);
        self.last = now;
        if *count > 2 && now.since(self.last_written) < SERIES_REFRESH {
            return api.typed::<Event>(key).is_ok();
        }
        self.last_written = now;
        let series = EventSeries { count: Some(*count), last_observed_time: Some(now.to_micro_time()) };
        api.modify::<Event>(key, Subresource::Main, |event| event.series = Some(series)).is_ok()
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
