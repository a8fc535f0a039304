//! `Event`: discovery facts and printer columns.

use k8s_openapi::api::core::v1::Event;

use super::{Cell, Column, KindInfo, RowContext, STANDARD_VERBS, UNKNOWN, since};
use crate::api::object::{Kind, Object};
use crate::api::time::SimTime;

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::Event,
    group: "",
    version: "v1",
    plural: "events",
    singular: "event",
    short_names: &["ev"],
    namespaced: true,
    categories: &[],
    verbs: STANDARD_VERBS,
    subresources: &[],
    counts_generation: false,
    columns: &[
        Column::normal("Last Seen"),
        Column::normal("Type"),
        Column::normal("Reason"),
        Column::normal("Object"),
        Column::wide("Subobject"),
        Column::wide("Source"),
        Column::normal("Message"),
        Column::wide("First Seen"),
        Column::wide("Count"),
        Column::wide("Name"),
    ],
    row,
};

/// Models pkg/printers/internalversion: printEvent.
fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(event) = object.as_ref::<Event>() else { return Vec::new() };
    let about = &event.involved_object;
    let kind = about.kind.as_deref().unwrap_or_default().to_lowercase();
    let target = match about.name.as_deref() {
        Some(name) if !name.is_empty() => format!("{kind}/{name}"),
        _ => kind,
    };
    vec![
        Cell::text(last_seen(event, context.now)),
        Cell::text(event.type_.as_deref().unwrap_or_default()),
        Cell::text(event.reason.as_deref().unwrap_or_default()),
        Cell::text(target),
        Cell::text(about.field_path.as_deref().unwrap_or_default()),
        Cell::text(source(event)),
        Cell::text(event.message.as_deref().unwrap_or_default().trim()),
        Cell::text(first_seen(event, context.now)),
        Cell::number(count(event)),
        Cell::name(object),
    ]
}

/// How long ago it was first seen.
pub fn first_seen(event: &Event, now: SimTime) -> String {
    match (&event.first_timestamp, &event.event_time) {
        (Some(time), _) => since(now, time.0),
        (None, Some(time)) => since(now, time.0),
        (None, None) => UNKNOWN.to_owned(),
    }
}

/// How long ago it was last seen.
pub fn last_seen(event: &Event, now: SimTime) -> String {
    if let Some(series) = &event.series {
        return series
            .last_observed_time
            .as_ref()
            .map_or_else(|| UNKNOWN.to_owned(), |time| since(now, time.0));
    }
    match &event.last_timestamp {
        Some(time) => since(now, time.0),
        None => first_seen(event, now),
    }
}

/// How often it was seen, at least once.
pub fn count(event: &Event) -> i32 {
    match &event.series {
        Some(series) => series.count.unwrap_or(0),
        None => event.count.filter(|count| *count != 0).unwrap_or(1),
    }
}

/// Who reported it, `kubelet, node-1`.
///
/// Models pkg/printers/internalversion: formatEventSource.
pub fn source(event: &Event) -> String {
    let old = event.source.as_ref();
    let pick = |old: Option<&String>, new: Option<&String>| {
        old.filter(|text| !text.is_empty()).or(new).cloned().unwrap_or_default()
    };
    let component =
        pick(old.and_then(|source| source.component.as_ref()), event.reporting_component.as_ref());
    let instance = pick(old.and_then(|source| source.host.as_ref()), event.reporting_instance.as_ref());
    if instance.is_empty() { component } else { format!("{component}, {instance}") }
}
