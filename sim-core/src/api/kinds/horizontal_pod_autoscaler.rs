//! `HorizontalPodAutoscaler`: discovery facts and printer columns.

use k8s_openapi::api::autoscaling::v2::{
    HorizontalPodAutoscaler, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;

use super::{Cell, Column, KindInfo, NONE, RowContext, STANDARD_VERBS, UNKNOWN, UNSET, age};
use crate::api::object::{Kind, Object};

/// How many metrics a row shows.
const METRICS_SHOWN: usize = 2;

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::HorizontalPodAutoscaler,
    group: "autoscaling",
    version: "v2",
    plural: "horizontalpodautoscalers",
    singular: "horizontalpodautoscaler",
    short_names: &["hpa"],
    namespaced: true,
    categories: &["all"],
    verbs: STANDARD_VERBS,
    subresources: &["status"],
    counts_generation: false,
    columns: &[
        Column::normal("Name"),
        Column::normal("Reference"),
        Column::normal("Targets"),
        Column::normal("MinPods"),
        Column::normal("MaxPods"),
        Column::normal("Replicas"),
        Column::normal("Age"),
    ],
    row,
};

fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(scaler) = object.as_ref::<HorizontalPodAutoscaler>() else { return Vec::new() };
    let spec = scaler.spec.clone();
    let status = scaler.status.clone().unwrap_or_default();
    let target = &spec.scale_target_ref;
    let shown = targets(
        spec.metrics.as_deref().unwrap_or_default(),
        status.current_metrics.as_deref().unwrap_or_default(),
    );
    vec![
        Cell::name(object),
        Cell::text(format!("{}/{}", target.kind, target.name)),
        Cell::text(shown),
        Cell::text(spec.min_replicas.map_or_else(|| UNSET.to_owned(), |least| least.to_string())),
        Cell::number(spec.max_replicas),
        Cell::number(status.current_replicas.unwrap_or(0)),
        age(object, context),
    ]
}

/// Models pkg/printers/internalversion: formatHPAMetrics.
fn targets(specs: &[MetricSpec], statuses: &[MetricStatus]) -> String {
    if specs.is_empty() {
        return NONE.to_owned();
    }
    let shown: Vec<String> = specs
        .iter()
        .enumerate()
        .take(METRICS_SHOWN)
        .map(|(index, spec)| metric(spec, statuses.get(index)))
        .collect();
    match specs.len().checked_sub(METRICS_SHOWN).filter(|more| *more > 0) {
        Some(more) => format!("{} + {more} more...", shown.join(", ")),
        None => shown.join(", "),
    }
}

fn metric(spec: &MetricSpec, status: Option<&MetricStatus>) -> String {
    let current = |pick: fn(&MetricStatus) -> Option<&MetricValueStatus>| status.and_then(pick);
    let (name, target, current) = if let Some(source) = &spec.resource {
        let current = current(|status| status.resource.as_ref().map(|found| &found.current));
        (Some(&source.name), &source.target, current)
    } else if let Some(source) = &spec.container_resource {
        let current = current(|status| status.container_resource.as_ref().map(|found| &found.current));
        (Some(&source.name), &source.target, current)
    } else if let Some(source) = &spec.pods {
        (None, &source.target, current(|status| status.pods.as_ref().map(|found| &found.current)))
    } else if let Some(source) = &spec.object {
        (None, &source.target, current(|status| status.object.as_ref().map(|found| &found.current)))
    } else if let Some(source) = &spec.external {
        (None, &source.target, current(|status| status.external.as_ref().map(|found| &found.current)))
    } else {
        return "<unknown type>".to_owned();
    };
    let (current, wanted) = current_and_target(target, current);
    match name {
        Some(name) => format!("{name}: {current}/{wanted}"),
        None if target.average_value.is_some() && spec.pods.is_none() => format!("{current}/{wanted} (avg)"),
        None => format!("{current}/{wanted}"),
    }
}

/// How a metric's value and target are written.
fn current_and_target(target: &MetricTarget, current: Option<&MetricValueStatus>) -> (String, String) {
    let unknown = || UNKNOWN.to_owned();
    let text = |value: Option<&ApiQuantity>| value.map_or_else(unknown, |value| value.0.clone());
    if let Some(wanted) = &target.average_value {
        return (text(current.and_then(|current| current.average_value.as_ref())), wanted.0.clone());
    }
    if let Some(wanted) = &target.value {
        return (text(current.and_then(|current| current.value.as_ref())), wanted.0.clone());
    }
    let percent = |percent: i32| format!("{percent}%");
    let current = current.and_then(|current| current.average_utilization);
    let wanted = target.average_utilization.map_or_else(|| "<auto>".to_owned(), percent);
    (current.map_or_else(unknown, percent), wanted)
}
