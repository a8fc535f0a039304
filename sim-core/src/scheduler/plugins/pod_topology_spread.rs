//! Pods of one controller spread over nodes and zones.
//!
//! Models pkg/scheduler/framework/plugins/podtopologyspread with its system defaults: zones with a skew of
//! 5, hosts with a skew of 3, both only preferred. The controller stands for the selector that upstream puts
//! together from its Services and controllers.

use std::collections::BTreeMap;

use super::super::cache::{NodeCache, NodeInfo, owner};
use super::super::framework::{CycleState, MAX_SCORE, ScorePlugin};
use crate::api::meta;

const ZONE: &str = "topology.kubernetes.io/zone";
const ZONE_SKEW: i64 = 5;
const HOST_SKEW: i64 = 3;

/// See the module.
pub(super) struct PodTopologySpread;

impl ScorePlugin for PodTopologySpread {
    fn weight(&self) -> i64 {
        2
    }

    fn scores(&self, state: &CycleState<'_>, nodes: &[&NodeInfo], cache: &NodeCache) -> Vec<i64> {
        let Some(owner) = owner(state.pod) else { return vec![0; nodes.len()] };
        let mut by_zone: BTreeMap<&str, i64> =
            nodes.iter().filter_map(|node| Some((zone(node)?, 0))).collect();
        let mut by_host: BTreeMap<&str, i64> = BTreeMap::new();
        for (name, count) in cache.pods_of(&owner) {
            by_host.insert(name, i64::from(count));
            let zone = cache.get(name).and_then(zone);
            if let Some(sum) = zone.and_then(|zone| by_zone.get_mut(zone)) {
                *sum += i64::from(count);
            }
        }
        let (zone_weight, host_weight) = (ln_milli(by_zone.len() + 2), ln_milli(nodes.len() + 2));
        let crowd = |node: &NodeInfo| {
            let in_zone = zone(node)
                .and_then(|zone| by_zone.get(zone))
                .map_or(0, |count| count * zone_weight + (ZONE_SKEW - 1) * 1_000);
            let on_host = by_host.get(node.name()).copied().unwrap_or(0);
            (in_zone + on_host * host_weight + (HOST_SKEW - 1) * 1_000 + 500) / 1_000
        };
        let crowds: Vec<i64> = nodes.iter().map(|node| crowd(node)).collect();
        let (least, most) =
            (crowds.iter().copied().min().unwrap_or(0), crowds.iter().copied().max().unwrap_or(0));
        crowds
            .into_iter()
            .map(|crowd| if most == 0 { MAX_SCORE } else { MAX_SCORE * (most + least - crowd) / most })
            .collect()
    }
}

fn zone(node: &NodeInfo) -> Option<&str> {
    meta::labels(&node.node.metadata).get(ZONE).map(String::as_str)
}

/// A thousand times the natural logarithm, by a straight line between powers of two: no floats here.
fn ln_milli(number: usize) -> i64 {
    let number = number.max(1) as i64;
    let power = i64::from(number.ilog2());
    let fraction = (number - (1 << power)) * 1_000 / (1 << power);
    (power * 1_000 + fraction) * 693 / 1_000
}
