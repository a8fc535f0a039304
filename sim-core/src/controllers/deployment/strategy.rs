//! How many pods a Deployment may have too many or too few while it changes.
//!
//! Models pkg/controller/deployment/util: MaxSurge, MaxUnavailable and ResolveFenceposts.

use k8s_openapi::api::apps::v1::{Deployment, RollingUpdateDeployment};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// The replicas that the Deployment wants.
pub(super) fn replicas(deployment: &Deployment) -> i32 {
    deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1)
}

/// Whether the strategy is RollingUpdate, which it is by default.
pub(super) fn is_rolling_update(deployment: &Deployment) -> bool {
    let strategy = deployment.spec.as_ref().and_then(|spec| spec.strategy.as_ref());
    strategy.and_then(|strategy| strategy.type_.as_deref()).is_none_or(|name| name == "RollingUpdate")
}

/// Pods above the wanted number that a rollout may have.
pub(super) fn max_surge(deployment: &Deployment) -> i32 {
    if is_rolling_update(deployment) { fenceposts(deployment).0 } else { 0 }
}

/// Pods below the wanted number that a rollout may have unavailable.
pub(super) fn max_unavailable(deployment: &Deployment) -> i32 {
    let replicas = replicas(deployment);
    if !is_rolling_update(deployment) || replicas == 0 {
        return 0;
    }
    fenceposts(deployment).1.min(replicas)
}

/// Surge rounds up and unavailability down; a rollout that could not move at all may miss one.
fn fenceposts(deployment: &Deployment) -> (i32, i32) {
    let strategy = deployment.spec.as_ref().and_then(|spec| spec.strategy.as_ref());
    let rolling = strategy.and_then(|strategy| strategy.rolling_update.clone()).unwrap_or(default_limits());
    let replicas = replicas(deployment);
    let surge = scaled(rolling.max_surge.as_ref(), replicas, true);
    let unavailable = scaled(rolling.max_unavailable.as_ref(), replicas, false);
    if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
}

fn default_limits() -> RollingUpdateDeployment {
    let quarter = || Some(IntOrString::String("25%".to_owned()));
    RollingUpdateDeployment { max_surge: quarter(), max_unavailable: quarter() }
}

/// Models apimachinery/util/intstr: GetScaledValueFromIntOrPercent.
fn scaled(value: Option<&IntOrString>, total: i32, round_up: bool) -> i32 {
    let percent = match value {
        None => return 0,
        Some(IntOrString::Int(number)) => return *number,
        Some(IntOrString::String(text)) => text.trim_end_matches('%').parse::<i64>().unwrap_or(0),
    };
    let product = percent.saturating_mul(i64::from(total));
    let scaled = if round_up { product.saturating_add(99) / 100 } else { product / 100 };
    i32::try_from(scaled).unwrap_or(i32::MAX)
}
