//! The pod template, and what pods and templates show alike.

use k8s_openapi::api::core::v1::{PodTemplateSpec, Toleration, TopologySpreadConstraint};

use super::containers::{self, Place};
use super::text::Text;
use super::{or_empty, volumes};
use crate::api::kinds::format::{NONE, format_selector};

/// Adds the template.
///
/// Models kubectl pkg/describe: DescribePodTemplate.
pub(super) fn describe(text: &mut Text, template: Option<&PodTemplateSpec>) {
    text.line(0, "Pod Template:");
    let Some(template) = template else {
        text.raw("  <unset>");
        return;
    };
    let meta = template.metadata.clone().unwrap_or_default();
    let spec = template.spec.clone().unwrap_or_default();
    text.labels("  ", "Labels", meta.labels.as_ref());
    if meta.annotations.as_ref().is_some_and(|annotations| !annotations.is_empty()) {
        text.annotations("  Annotations", meta.annotations.as_ref());
    }
    text.field_if(1, "Service Account", spec.service_account_name.as_deref());
    let place = Place { pod: None, statuses: &[], space: "  " };
    let init_containers = spec.init_containers.as_deref().unwrap_or_default();
    if !init_containers.is_empty() {
        containers::describe(text, "Init Containers", init_containers, place);
    }
    containers::describe(text, "Containers", &spec.containers, place);
    volumes::describe(text, spec.volumes.as_deref().unwrap_or_default(), "  ");
    spread(text, spec.topology_spread_constraints.as_deref().unwrap_or_default(), "  ");
    text.field_if(1, "Priority Class Name", spec.priority_class_name.as_deref());
    text.labels("  ", "Node-Selectors", spec.node_selector.as_ref());
    tolerations(text, spec.tolerations.as_deref().unwrap_or_default(), "  ");
}

/// Adds the tolerations, sorted by key.
pub(super) fn tolerations(text: &mut Text, tolerations: &[Toleration], indent: &str) {
    let mut sorted: Vec<&Toleration> = tolerations.iter().collect();
    sorted.sort_by(|a, b| a.key.cmp(&b.key));
    let lines: Vec<String> = sorted.into_iter().map(toleration_text).collect();
    // Unlike other lists, its later lines are not indented: `rollout history` shows it.
    let lines = if lines.is_empty() { NONE.to_owned() } else { lines.join("\n\t") };
    text.raw(&format!("{indent}Tolerations:\t{lines}\n"));
}

fn toleration_text(toleration: &Toleration) -> String {
    let (key, value) = (or_empty(&toleration.key), or_empty(&toleration.value));
    let effect = or_empty(&toleration.effect);
    let mut text = key.to_owned();
    if !value.is_empty() {
        text.push_str(&format!("={value}"));
    }
    if !effect.is_empty() {
        text.push_str(&format!(":{effect}"));
    }
    if toleration.operator.as_deref() == Some("Exists") && value.is_empty() {
        text.push_str(if key.is_empty() && effect.is_empty() { "op=Exists" } else { " op=Exists" });
    }
    if let Some(seconds) = toleration.toleration_seconds {
        text.push_str(&format!(" for {seconds}s"));
    }
    text
}

/// Adds the topology spread constraints, sorted by topology key; nothing without any.
pub(super) fn spread(text: &mut Text, constraints: &[TopologySpreadConstraint], space: &str) {
    if constraints.is_empty() {
        return;
    }
    let mut sorted: Vec<&TopologySpreadConstraint> = constraints.iter().collect();
    sorted.sort_by(|a, b| a.topology_key.cmp(&b.topology_key));
    let lines: Vec<String> = sorted
        .into_iter()
        .map(|constraint| {
            let selector = constraint.label_selector.as_ref();
            let selector = selector.map(|selector| format!(" for selector {}", format_selector(selector)));
            format!(
                "{}:{} when max skew {} is exceeded{}",
                constraint.topology_key,
                constraint.when_unsatisfiable,
                constraint.max_skew,
                selector.unwrap_or_default()
            )
        })
        .collect();
    text.several(space, "Topology Spread Constraints", &lines);
}
