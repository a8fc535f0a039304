//! The events at the end of a description.
//!
//! Models kubectl pkg/describe: DescribeEvents and searchEvents.

use k8s_openapi::api::core::v1::{Event, Pod};

use super::text::Text;
use crate::api::kinds::event::last_seen;
use crate::api::kinds::format::{UNKNOWN, since};
use crate::api::{Feature, FeatureGates, Kind, Object, SimTime, meta, pod};
use crate::kubectl::pdqsort;
use crate::store::Store;

/// The events about `object`, oldest first by when they were last seen; pods are found under any kind.
pub(super) fn about<'a>(store: &'a Store, object: &'a Object) -> Vec<&'a Event> {
    let meta = object.meta();
    // Events about objects without a namespace are kept in `default`.
    let namespace = match meta::namespace(meta) {
        "" => "default",
        namespace => namespace,
    };
    let kind = object.kind();
    let mut found: Vec<&Event> =
        store.all_in::<Event>(namespace).filter(|event| is_about(event, object, kind)).collect();
    let time = |event: &Event| event.last_timestamp.as_ref().map(|time| time.0);
    pdqsort::sort(&mut found, &mut |a, b| time(a) < time(b));
    found
}

fn is_about(event: &Event, object: &Object, kind: Kind) -> bool {
    let about = &event.involved_object;
    let same = |field: &Option<String>, wanted: &str| field.as_deref().unwrap_or_default() == wanted;
    let uid = object.as_ref::<Pod>().map_or(object.uid(), pod::identity);
    let uid_fits =
        same(&about.uid, uid) || (kind == Kind::Node && same(&about.uid, meta::name(object.meta())));
    same(&about.name, meta::name(object.meta()))
        && same(&about.namespace, meta::namespace(object.meta()))
        && uid_fits
        && (kind == Kind::Pod || same(&about.kind, kind.name()))
}

/// Adds the events' table.
pub(super) fn describe(text: &mut Text, events: &[&Event], now: SimTime, gates: FeatureGates) {
    if events.is_empty() {
        text.field(0, "Events", "<none>");
        return;
    }
    text.align();
    text.line(0, "Events:\n  Type\tReason\tAge\tFrom\tMessage");
    text.line(1, "----\t------\t----\t----\t-------");
    for event in events {
        let old = event.source.as_ref().and_then(|source| source.component.as_deref());
        let from = old.filter(|from| !from.is_empty()).or(event.reporting_component.as_deref());
        let message = event.message.as_deref().unwrap_or_default().trim();
        let field = event.involved_object.field_path.as_deref();
        let field = field.filter(|path| !path.is_empty() && gates.has(Feature::EventFieldPath));
        let prefix = field.map(|path| format!("{path}: ")).unwrap_or_default();
        text.line(
            1,
            format_args!(
                "{}\t{}\t{}\t{}\t{prefix}{message}",
                event.type_.as_deref().unwrap_or_default(),
                event.reason.as_deref().unwrap_or_default(),
                interval(event, now),
                from.unwrap_or_default(),
            ),
        );
    }
}

/// `4s`, or `1s (x2 over 4s)` for one that repeats.
pub fn interval(event: &Event, now: SimTime) -> String {
    let first = match (&event.event_time, &event.first_timestamp) {
        (Some(time), _) => since(now, time.0),
        (None, Some(time)) => since(now, time.0),
        (None, None) => UNKNOWN.to_owned(),
    };
    let last = last_seen(event, now);
    match (&event.series, event.count.unwrap_or(0)) {
        (Some(series), _) => format!("{last} (x{} over {first})", series.count.unwrap_or(0)),
        (None, count) if count > 1 => format!("{last} (x{count} over {first})"),
        _ => first,
    }
}
