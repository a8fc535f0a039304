//! Models kubectl pkg/describe: describeDaemonSet.

use k8s_openapi::api::apps::v1::DaemonSet;

use super::text::Text;
use super::{Subject, template, workload};
use crate::api::kinds::format::format_labels;
use crate::api::meta;
use crate::api::selector::Selector;

pub(super) fn describe(text: &mut Text, set: &DaemonSet, subject: &Subject<'_>) {
    let spec = set.spec.clone().unwrap_or_default();
    let status = set.status.clone().unwrap_or_default();
    text.field(0, "Name", meta::name(&set.metadata));
    text.field(0, "Namespace", meta::namespace(&set.metadata));
    text.field(0, "Selector", Selector::from_api(&spec.selector));
    let nodes = spec.template.spec.as_ref().and_then(|pod| pod.node_selector.as_ref());
    text.field(0, "Node-Selector", format_labels(nodes));
    text.labels("", "Labels", set.metadata.labels.as_ref());
    text.annotations("Annotations", set.metadata.annotations.as_ref());
    for (title, number) in [
        ("Desired Number of Nodes Scheduled", status.desired_number_scheduled),
        ("Current Number of Nodes Scheduled", status.current_number_scheduled),
        ("Number of Nodes Scheduled with Up-to-date Pods", status.updated_number_scheduled.unwrap_or(0)),
        ("Number of Nodes Scheduled with Available Pods", status.number_available.unwrap_or(0)),
        ("Number of Nodes Misscheduled", status.number_misscheduled),
    ] {
        text.line(0, format_args!("{title}: {number}"));
    }
    text.field(0, "Pods Status", workload::pods_status(subject.store, meta::uid(&set.metadata)));
    template::describe(text, Some(&spec.template));
}
