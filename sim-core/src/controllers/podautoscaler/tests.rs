//! How fast a target may change.

use std::time::Duration;

use insta::assert_snapshot;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscalerBehavior;

use super::Memory;
use super::behavior::{Bounds, normalize, remember};
use crate::api::SimTime;

/// What becomes of wanted sizes, each some seconds after the start, of a target that follows.
fn follow(behavior: Option<&str>, mut current: i32, wanted: &[(u64, i32)]) -> String {
    let behavior: Option<HorizontalPodAutoscalerBehavior> =
        behavior.map(|text| serde_json::from_str(text).unwrap());
    let mut memory = Memory::default();
    memory.recommendations.push_back((SimTime(0), current));
    let mut lines = Vec::new();
    for (seconds, wanted) in wanted {
        let now = SimTime(0) + Duration::from_secs(*seconds);
        let bounds = Bounds { least: 1, most: 20 };
        let found = normalize(&mut memory, behavior.as_ref(), bounds, current, *wanted, now);
        if found.replicas != current {
            remember(&mut memory, behavior.as_ref(), current, found.replicas, now);
        }
        let held = found.held.map_or("-", |(reason, _)| reason);
        let (limited, (reason, _)) = found.limited;
        lines.push(format!(
            "{seconds}s {current} wants {wanted} gets {} {held} {reason} {limited}",
            found.replicas
        ));
        current = found.replicas;
    }
    lines.join("\n")
}

#[test]
fn a_target_grows_to_four_or_twice_its_size_at_once_and_shrinks_after_five_minutes() {
    let sizes = [(15, 19), (30, 19), (45, 30), (60, 30), (75, 0), (330, 3), (375, 3)];
    assert_snapshot!(follow(None, 1, &sizes), @r"
    15s 1 wants 19 gets 4 - ScaleUpLimit true
    30s 4 wants 19 gets 8 - ScaleUpLimit true
    45s 8 wants 30 gets 16 - ScaleUpLimit true
    60s 16 wants 30 gets 20 - TooManyReplicas true
    75s 20 wants 0 gets 20 ScaleDownStabilized TooManyReplicas true
    330s 20 wants 3 gets 20 ScaleDownStabilized TooManyReplicas true
    375s 20 wants 3 gets 3 - DesiredWithinRange false
    ");
}

#[test]
fn policies_say_how_fast_a_target_changes_and_windows_how_long_it_is_held() {
    let behavior = r#"{
        "scaleUp": {"stabilizationWindowSeconds": 30, "selectPolicy": "Max", "policies": [
            {"type": "Pods", "value": 2, "periodSeconds": 60}, {"type": "Percent", "value": 10, "periodSeconds": 60}]},
        "scaleDown": {"stabilizationWindowSeconds": 0, "selectPolicy": "Min", "policies": [
            {"type": "Pods", "value": 1, "periodSeconds": 30}, {"type": "Percent", "value": 50, "periodSeconds": 30}]}
    }"#;
    let sizes = [(15, 9), (30, 9), (45, 9), (60, 9), (90, 9), (105, 1), (120, 1), (135, 1)];
    assert_snapshot!(follow(Some(behavior), 2, &sizes), @r"
    15s 2 wants 9 gets 2 ScaleUpStabilized DesiredWithinRange false
    30s 2 wants 9 gets 4 - ScaleUpLimit true
    45s 4 wants 9 gets 4 - ScaleUpLimit true
    60s 4 wants 9 gets 4 - ScaleUpLimit true
    90s 4 wants 9 gets 6 - ScaleUpLimit true
    105s 6 wants 1 gets 3 - ScaleDownLimit true
    120s 3 wants 1 gets 3 - ScaleDownLimit true
    135s 3 wants 1 gets 2 - ScaleDownLimit true
    ");
}

#[test]
fn a_direction_can_be_disabled() {
    let behavior = r#"{
        "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [
            {"type": "Percent", "value": 100, "periodSeconds": 15}]},
        "scaleDown": {"stabilizationWindowSeconds": 0, "selectPolicy": "Disabled", "policies": [
            {"type": "Percent", "value": 100, "periodSeconds": 15}]}
    }"#;
    assert_snapshot!(follow(Some(behavior), 3, &[(15, 9), (30, 9), (45, 1)]), @r"
    15s 3 wants 9 gets 6 - ScaleUpLimit true
    30s 6 wants 9 gets 9 - DesiredWithinRange false
    45s 9 wants 1 gets 9 - ScaleDownLimit true
    ");
}
