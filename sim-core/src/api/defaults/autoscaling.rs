//! Defaults of `autoscaling/v2`. Models pkg/apis/autoscaling/v2: defaults.go.

use k8s_openapi::api::autoscaling::v2::{
    HPAScalingPolicy, HPAScalingRules, HorizontalPodAutoscaler, MetricSpec, MetricTarget,
    ResourceMetricSource,
};

/// The CPU utilization that is aimed for when nothing is said, in percent.
const CPU_UTILIZATION: i32 = 80;

pub(super) fn set_autoscaler(scaler: &mut HorizontalPodAutoscaler) {
    let spec = &mut scaler.spec;
    spec.min_replicas.get_or_insert(1);
    if spec.metrics.as_ref().is_none_or(Vec::is_empty) {
        let target = MetricTarget {
            type_: "Utilization".to_owned(),
            average_utilization: Some(CPU_UTILIZATION),
            ..MetricTarget::default()
        };
        spec.metrics = Some(vec![MetricSpec {
            type_: "Resource".to_owned(),
            resource: Some(ResourceMetricSource { name: "cpu".to_owned(), target }),
            ..MetricSpec::default()
        }]);
    }
    if let Some(behavior) = &mut spec.behavior {
        let policy =
            |type_: &str, value| HPAScalingPolicy { period_seconds: 15, type_: type_.to_owned(), value };
        let up = behavior.scale_up.get_or_insert_default();
        up.stabilization_window_seconds.get_or_insert(0);
        set_rules(up, &[policy("Pods", 4), policy("Percent", 100)]);
        set_rules(behavior.scale_down.get_or_insert_default(), &[policy("Percent", 100)]);
    }
    scaler.status.get_or_insert_default();
}

fn set_rules(rules: &mut HPAScalingRules, policies: &[HPAScalingPolicy]) {
    rules.select_policy.get_or_insert_with(|| "Max".to_owned());
    rules.policies.get_or_insert_with(|| policies.to_vec());
}
