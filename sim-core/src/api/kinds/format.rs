//! Texts that the rows of several kinds share.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::PodSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, Time};

use super::{Cell, human_duration};
use crate::api::SimTime;
use crate::api::selector::{Operator, Selector};

/// What stands for nothing.
pub const NONE: &str = "<none>";
/// What stands for a value that was not set.
pub const UNSET: &str = "<unset>";
/// What stands for a time or state that is not known.
pub const UNKNOWN: &str = "<unknown>";

/// What stands for a time that lies ahead, as that of the end of a pod's grace period does.
const AHEAD: &str = "<invalid>";

/// How long before `now` `time` was, as tables write durations; a clock that goes wrong by a second is forgiven.
///
/// Models apimachinery pkg/util/duration: HumanDuration.
pub fn since(now: SimTime, time: Timestamp) -> String {
    if time.duration_since(now.timestamp()).as_secs() > 1 {
        return AHEAD.to_owned();
    }
    human_duration(now.age_of(&Time(time)))
}

/// Labels as `a=b,c=d`, or `<none>`.
///
/// Models apimachinery pkg/labels: FormatLabels.
pub fn format_labels(labels: Option<&BTreeMap<String, String>>) -> String {
    let pairs: Vec<String> =
        labels.into_iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
    if pairs.is_empty() { NONE.to_owned() } else { pairs.join(",") }
}

/// A selector as `app=web,tier in (a,b),!old`, sorted by key, or `<none>`.
///
/// Models apimachinery meta/v1: FormatLabelSelector.
pub fn format_selector(selector: &LabelSelector) -> String {
    let equal = selector.match_labels.iter().flatten();
    let mut parts: Vec<(String, String)> =
        equal.map(|(key, value)| (key.clone(), format!("{key}={value}"))).collect();
    let set = LabelSelector { match_labels: None, ..selector.clone() };
    for requirement in Selector::from_api(&set).requirements() {
        let key = &requirement.key;
        let sorted = |values: &[String]| {
            let mut values = values.to_vec();
            values.sort();
            values.join(",")
        };
        let text = match &requirement.operator {
            Operator::In(values) => format!("{key} in ({})", sorted(values)),
            Operator::NotIn(values) => format!("{key} notin ({})", sorted(values)),
            Operator::Exists => key.clone(),
            Operator::DoesNotExist => format!("!{key}"),
            Operator::GreaterThan(bound) => format!("{key}>{bound}"),
            Operator::LessThan(bound) => format!("{key}<{bound}"),
        };
        parts.push((key.clone(), text));
    }
    parts.sort_by(|a, b| a.0.cmp(&b.0));
    let texts: Vec<String> = parts.into_iter().map(|(_, text)| text).collect();
    if texts.is_empty() { NONE.to_owned() } else { texts.join(",") }
}

/// Access modes in their short forms, `RWO,ROX`.
///
/// Models component-helpers storage/volume: GetAccessModesAsString.
pub fn access_modes(modes: &[String]) -> String {
    let short = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let held = short.iter().filter(|(long, _)| modes.iter().any(|mode| mode == long));
    held.map(|(_, short)| *short).collect::<Vec<_>>().join(",")
}

/// The wide columns Containers and Images.
///
/// Models pkg/printers/internalversion: layoutContainerCells.
pub(super) fn containers(spec: Option<&PodSpec>) -> (Cell, Cell) {
    let containers = spec.map(|spec| spec.containers.as_slice()).unwrap_or_default();
    let names: Vec<&str> = containers.iter().map(|container| container.name.as_str()).collect();
    let images: Vec<&str> =
        containers.iter().map(|container| container.image.as_deref().unwrap_or_default()).collect();
    (Cell(names.join(",")), Cell(images.join(",")))
}
