//! How fast a target may change, and how long the highest or lowest of recent sizes holds it.
//!
//! Models pkg/controller/podautoscaler: normalizeDesiredReplicas and normalizeDesiredReplicasWithBehaviors.

use std::time::Duration;

use k8s_openapi::api::autoscaling::v2::{HPAScalingPolicy, HPAScalingRules, HorizontalPodAutoscalerBehavior};

use super::Memory;
use crate::api::SimTime;

/// How long the highest recent size holds when nothing is said.
///
/// Models kube-controller-manager's --horizontal-pod-autoscaler-downscale-stabilization.
const DOWNSCALE_STABILIZATION: Duration = Duration::from_secs(300);

/// Sizes between which a target may go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub least: i32,
    pub most: i32,
}

/// A reason and a message of a condition.
pub(super) type Why = (&'static str, &'static str);

/// What became of a wanted size.
pub(super) struct Normalized {
    pub replicas: i32,
    /// Why another size than the wanted one was considered, if it was.
    pub held: Option<Why>,
    /// Whether the considered size was beyond a limit, and which.
    pub limited: (bool, Why),
}

const WITHIN: Why = ("DesiredWithinRange", "the desired count is within the acceptable range");
const TOO_FEW: Why = ("TooFewReplicas", "the desired replica count is less than the minimum replica count");
const TOO_MANY: Why = ("TooManyReplicas", "the desired replica count is more than the maximum replica count");
const UP_LIMIT: Why =
    ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate");
const DOWN_LIMIT: Why =
    ("ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate");
const HELD_DOWN: Why = (
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent recommendation",
);
const HELD_UP: Why = (
    "ScaleUpStabilized",
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
);

/// Brings a wanted size within all limits.
pub(super) fn normalize(
    memory: &mut Memory,
    behavior: Option<&HorizontalPodAutoscalerBehavior>,
    bounds: Bounds,
    current: i32,
    wanted: i32,
    now: SimTime,
) -> Normalized {
    let up = behavior.and_then(|behavior| behavior.scale_up.as_ref());
    let down = behavior.and_then(|behavior| behavior.scale_down.as_ref());
    let considered = stabilize(memory, up, down, behavior.is_some(), current, wanted, now);
    let held = (considered != wanted).then_some(match behavior {
        Some(_) if wanted >= current => HELD_UP,
        _ => HELD_DOWN,
    });
    let (replicas, why) = match behavior {
        None => limit_plainly(bounds, current, considered),
        Some(_) => limit_by_rules(memory, up, down, bounds, current, considered, now),
    };
    Normalized { replicas, held, limited: (replicas != considered, why) }
}

/// The size that the recent sizes leave; remembers the wanted one.
fn stabilize(
    memory: &mut Memory,
    up: Option<&HPAScalingRules>,
    down: Option<&HPAScalingRules>,
    has_behavior: bool,
    current: i32,
    wanted: i32,
    now: SimTime,
) -> i32 {
    let window = |rules: Option<&HPAScalingRules>, usual: Duration| {
        let seconds = rules.and_then(|rules| rules.stabilization_window_seconds);
        seconds.and_then(|seconds| u64::try_from(seconds).ok()).map_or(usual, Duration::from_secs)
    };
    let (up, down) = (window(up, Duration::ZERO), window(down, DOWNSCALE_STABILIZATION));
    let within = |window: Duration| {
        memory.recommendations.iter().filter(move |(at, _)| now.since(*at) < window).map(|(_, size)| *size)
    };
    let highest = within(down).chain([wanted]).max().unwrap_or(wanted);
    let lowest = within(up).chain([wanted]).min().unwrap_or(wanted);
    let considered = if has_behavior { current.max(lowest).min(highest) } else { highest };
    memory.recommendations.retain(|(at, _)| now.since(*at) < up.max(down));
    memory.recommendations.push_back((now, wanted));
    considered
}

/// Models pkg/controller/podautoscaler: convertDesiredReplicasWithRules.
fn limit_plainly(bounds: Bounds, current: i32, wanted: i32) -> (i32, Why) {
    let fastest = current.saturating_mul(2).max(4);
    let (most, why) = if bounds.most > fastest { (fastest, UP_LIMIT) } else { (bounds.most, TOO_MANY) };
    if wanted < bounds.least {
        (bounds.least, TOO_FEW)
    } else if wanted > most {
        (most, why)
    } else {
        (wanted, WITHIN)
    }
}

/// Models pkg/controller/podautoscaler: convertDesiredReplicasWithBehaviorRate.
fn limit_by_rules(
    memory: &Memory,
    up: Option<&HPAScalingRules>,
    down: Option<&HPAScalingRules>,
    bounds: Bounds,
    current: i32,
    wanted: i32,
    now: SimTime,
) -> (i32, Why) {
    if wanted > current {
        let fastest = fastest(memory, up, current, now, true).max(current);
        let (most, why) = if bounds.most > fastest { (fastest, UP_LIMIT) } else { (bounds.most, TOO_MANY) };
        return if wanted > most { (most, why) } else { (wanted, WITHIN) };
    }
    if wanted < current {
        let fastest = fastest(memory, down, current, now, false).min(current);
        let (least, why) =
            if bounds.least < fastest { (fastest, DOWN_LIMIT) } else { (bounds.least, TOO_FEW) };
        return if wanted < least { (least, why) } else { (wanted, WITHIN) };
    }
    (wanted, WITHIN)
}

/// How far the policies let the size go now.
///
/// Models pkg/controller/podautoscaler: calculateScaleUpLimitWithScalingRules and its counterpart.
fn fastest(memory: &Memory, rules: Option<&HPAScalingRules>, current: i32, now: SimTime, up: bool) -> i32 {
    let Some(rules) = rules else { return current };
    let policies = rules.policies.as_deref().unwrap_or_default();
    let limits = policies.iter().map(|policy| limit_of(policy, memory, current, now, up));
    match rules.select_policy.as_deref() {
        Some("Disabled") => current,
        // The least change of a growing target is the smallest size, that of a shrinking one the largest.
        Some("Min") if up => limits.min().unwrap_or(i32::MAX),
        Some("Min") => limits.max().unwrap_or(i32::MIN),
        _ if up => limits.max().unwrap_or(i32::MIN),
        _ => limits.min().unwrap_or(i32::MAX),
    }
}

fn limit_of(policy: &HPAScalingPolicy, memory: &Memory, current: i32, now: SimTime, up: bool) -> i32 {
    let period = Duration::from_secs(u64::try_from(policy.period_seconds).unwrap_or(0));
    let changed: i32 =
        memory.changes.iter().filter(|(at, _)| now.since(*at) < period).map(|(_, change)| *change).sum();
    let start = current.saturating_sub(changed);
    let value = policy.value;
    let percent = |percent: i64| i64::from(start) * percent;
    match (policy.type_.as_str(), up) {
        ("Pods", true) => start.saturating_add(value),
        ("Pods", false) => start.saturating_sub(value),
        (_, true) => clamp((percent(100 + i64::from(value)) + 99) / 100),
        (_, false) => clamp(percent(100 - i64::from(value)) / 100),
    }
}

fn clamp(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Remembers a change for the policies that look back on it.
///
/// Models pkg/controller/podautoscaler: storeScaleEvent.
pub(super) fn remember(
    memory: &mut Memory,
    behavior: Option<&HorizontalPodAutoscalerBehavior>,
    from: i32,
    to: i32,
    now: SimTime,
) {
    let Some(behavior) = behavior else { return };
    let rules = [&behavior.scale_up, &behavior.scale_down].into_iter().flatten();
    let periods = rules.flat_map(|rules| rules.policies.iter().flatten()).map(|policy| policy.period_seconds);
    let longest = periods.max().and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(0);
    memory.changes.retain(|(at, _)| now.since(*at) < Duration::from_secs(longest));
    memory.changes.push_back((now, to.saturating_sub(from)));
}
