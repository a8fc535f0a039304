//! How many replicas a metric asks for.
//!
//! Models pkg/controller/podautoscaler: ReplicaCalculator. Upstream's ratios are floating-point numbers; here they
//! are fractions of whole numbers, so that every machine decides alike.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;

use super::usage::{RESOLUTION, Usage, scraped_at};
use crate::api::quantity::Quantity;
use crate::api::selector::Selector;
use crate::api::{ObjectKey, SimTime, meta, pod};
use crate::store::Store;

/// For so long after its start a pod's CPU counts only once it has been ready for a while.
const CPU_INITIALIZATION: Duration = Duration::from_secs(5 * 60);
/// A pod that stops being ready within so long of its start was never really ready.
const INITIAL_READINESS: Duration = Duration::from_secs(30);

/// What a resource's usage is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A percentage of what the pods request.
    Utilization(i32),
    /// Thousandths of a unit for each pod.
    Average(i64),
}

/// How far usage may be from the target without any change, in thousandths of the target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tolerance {
    pub up_milli: i64,
    pub down_milli: i64,
}

/// What is asked.
pub(super) struct Question<'a> {
    pub view: &'a Store,
    pub now: SimTime,
    pub usage: &'a Usage,
    /// Whether there is a metrics API at all.
    pub is_served: bool,
    pub namespace: &'a str,
    pub selector: &'a Selector,
    pub current: i32,
    /// `cpu` or `memory`
    pub resource: &'a str,
    /// The container that counts; all when it is empty.
    pub container: &'a str,
    pub target: Target,
    pub tolerance: Tolerance,
}

/// What a metric says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub replicas: i32,
    /// The usage in percent of the requests, if that is what counts.
    pub utilization: Option<i32>,
    /// The usage of a pod on average, in thousandths of a unit.
    pub average_milli: i64,
}

/// Usage over target.
#[derive(Clone, Copy)]
struct Ratio {
    usage: i128,
    target: i128,
}

impl Ratio {
    fn is_above(self) -> bool {
        self.usage > self.target
    }

    fn is_below(self) -> bool {
        self.usage < self.target
    }

    fn is_within(self, tolerance: Tolerance) -> bool {
        let off = (self.usage - self.target) * 1000;
        off <= i128::from(tolerance.up_milli) * self.target
            && -off <= i128::from(tolerance.down_milli) * self.target
    }

    /// The ratio times `count`, rounded up.
    fn times(self, count: usize) -> i32 {
        let product = self.usage * i128::try_from(count).unwrap_or(i128::MAX);
        let target = self.target.max(1);
        i32::try_from((product + target - 1).div_euclid(target)).unwrap_or(i32::MAX)
    }
}

/// Pods by how much their usage says.
#[derive(Default)]
struct Groups<'a> {
    ready: usize,
    unready: Vec<&'a Pod>,
    missing: Vec<&'a Pod>,
    ignored: Vec<&'a Pod>,
}

impl Question<'_> {
    /// How many replicas the metric asks for.
    ///
    /// # Errors
    /// Why it says nothing, in upstream's words.
    pub(super) fn answer(&self) -> Result<Answer, String> {
        let mut values = self.values()?;
        let pods: Vec<&Pod> = self.pods().collect();
        if pods.is_empty() {
            return Err("no pods returned by selector while calculating replica count".to_owned());
        }
        let groups = self.group(&pods, &values);
        for pod in groups.ignored.iter().chain(&groups.unready) {
            values.remove(&ObjectKey::of(&pod.metadata));
        }
        if values.is_empty() {
            return Err("did not receive metrics for targeted pods (pods might be unready)".to_owned());
        }
        let requests = match self.target {
            Target::Utilization(_) => self.requests(&pods)?,
            Target::Average(_) => BTreeMap::new(),
        };
        let (ratio, utilization, average_milli) = self.ratio(&values, &requests)?;
        let answer = |replicas| Answer { replicas, utilization, average_milli };
        let grows_with_unready = !groups.unready.is_empty() && ratio.is_above();
        if !grows_with_unready && groups.missing.is_empty() {
            let stays = ratio.is_within(self.tolerance);
            return Ok(answer(if stays { self.current } else { ratio.times(groups.ready) }));
        }
        for pod in &groups.missing {
            let key = ObjectKey::of(&pod.metadata);
            if ratio.is_below() {
                values.insert(key.clone(), self.assumed(&key, &requests));
            } else if ratio.is_above() {
                values.insert(key, 0);
            }
        }
        for pod in groups.unready.iter().filter(|_| grows_with_unready) {
            values.insert(ObjectKey::of(&pod.metadata), 0);
        }
        let (again, _, _) = self.ratio(&values, &requests)?;
        let turns = (ratio.is_below() && again.is_above()) || (ratio.is_above() && again.is_below());
        if again.is_within(self.tolerance) || turns {
            return Ok(answer(self.current));
        }
        let replicas = again.times(values.len());
        let turns =
            (again.is_below() && replicas > self.current) || (again.is_above() && replicas < self.current);
        Ok(answer(if turns { self.current } else { replicas }))
    }

    fn pods(&self) -> impl Iterator<Item = &Pod> {
        let all = self.view.all_in::<Pod>(self.namespace);
        all.filter(|pod| self.selector.matches(meta::labels(&pod.metadata)))
    }

    /// What each pod uses, in thousandths of a unit.
    fn values(&self) -> Result<BTreeMap<ObjectKey, i64>, String> {
        let failed = |why: &str| Err(format!("unable to get metrics for resource {}: {why}", self.resource));
        if !self.is_served {
            return failed(
                "unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)",
            );
        }
        let mut values = BTreeMap::new();
        for (key, containers) in self.usage.of(self.pods(), self.view, self.now) {
            let counted: Vec<i64> = containers
                .iter()
                .filter(|found| self.container.is_empty() || found.name == self.container)
                .map(|found| match self.resource {
                    "memory" => found.memory_bytes.saturating_mul(1000),
                    _ => found.cpu_milli,
                })
                .collect();
            if counted.is_empty() {
                return failed(&format!("container {} not present in metrics for pod {key}", self.container));
            }
            values.insert(key, counted.into_iter().fold(0, i64::saturating_add));
        }
        if values.is_empty() {
            return failed("no metrics returned from resource metrics API");
        }
        Ok(values)
    }

    /// Models pkg/controller/podautoscaler: groupPods.
    fn group<'a>(&self, pods: &[&'a Pod], values: &BTreeMap<ObjectKey, i64>) -> Groups<'a> {
        let mut groups = Groups::default();
        for &found in pods {
            if meta::is_terminating(&found.metadata) || pod::phase(found) == "Failed" {
                groups.ignored.push(found);
            } else if pod::phase(found) == "Pending" {
                groups.unready.push(found);
            } else if !values.contains_key(&ObjectKey::of(&found.metadata)) {
                groups.missing.push(found);
            } else if self.resource == "cpu" && self.is_starting(found) {
                groups.unready.push(found);
            } else {
                groups.ready += 1;
            }
        }
        groups
    }

    /// Whether the pod's CPU is that of its start.
    fn is_starting(&self, found: &Pod) -> bool {
        let started = found.status.as_ref().and_then(|status| status.start_time.as_ref());
        let condition = pod::condition(found, "Ready");
        let changed = condition.and_then(|condition| condition.last_transition_time.as_ref());
        let (Some(started), Some(condition), Some(changed)) = (started, condition, changed) else {
            return true;
        };
        let unready = condition.status == "False";
        if self.now.age_of(started) < CPU_INITIALIZATION {
            let window_end = changed.0.checked_add(RESOLUTION).unwrap_or(changed.0);
            return unready || scraped_at(self.now).timestamp() < window_end;
        }
        let settled = started.0.checked_add(INITIAL_READINESS).unwrap_or(started.0);
        unready && settled > changed.0
    }

    /// What each pod requests, in thousandths of a unit.
    ///
    /// Models pkg/controller/podautoscaler: calculatePodRequests.
    fn requests(&self, pods: &[&Pod]) -> Result<BTreeMap<ObjectKey, i64>, String> {
        let mut requests = BTreeMap::new();
        for pod in pods {
            let mut sum = 0_i64;
            let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
            for container in containers.filter(|one| self.container.is_empty() || one.name == self.container)
            {
                let requested =
                    container.resources.as_ref().and_then(|resources| resources.requests.as_ref());
                let amount = requested.and_then(|requests| requests.get(self.resource)).ok_or_else(|| {
                    format!(
                        "missing request for {} in container {} of Pod {}",
                        self.resource,
                        container.name,
                        meta::name(&pod.metadata)
                    )
                })?;
                sum = sum.saturating_add(Quantity::of(amount).milli_value());
            }
            requests.insert(ObjectKey::of(&pod.metadata), sum);
        }
        Ok(requests)
    }

    /// The ratio of usage to target, the usage in percent, and the usage of a pod.
    fn ratio(
        &self,
        values: &BTreeMap<ObjectKey, i64>,
        requests: &BTreeMap<ObjectKey, i64>,
    ) -> Result<(Ratio, Option<i32>, i64), String> {
        let total: i128 = values.values().copied().map(i128::from).sum();
        let count = i128::try_from(values.len().max(1)).unwrap_or(i128::MAX);
        let average = i64::try_from(total / count).unwrap_or(i64::MAX);
        match self.target {
            Target::Average(target) => {
                Ok((Ratio { usage: i128::from(average), target: i128::from(target) }, None, average))
            }
            Target::Utilization(target) => {
                let requested: i128 =
                    values.keys().filter_map(|key| requests.get(key)).copied().map(i128::from).sum();
                if requested == 0 {
                    return Err("no metrics returned matched known pods".to_owned());
                }
                let percent = i32::try_from(total * 100 / requested).unwrap_or(i32::MAX);
                let ratio = Ratio { usage: i128::from(percent), target: i128::from(target) };
                Ok((ratio, Some(percent), average))
            }
        }
    }

    /// What a pod without metrics is taken to use before anything shrinks.
    fn assumed(&self, pod: &ObjectKey, requests: &BTreeMap<ObjectKey, i64>) -> i64 {
        match self.target {
            Target::Average(target) => target,
            Target::Utilization(target) => {
                let requested = requests.get(pod).copied().unwrap_or(0);
                requested.saturating_mul(i64::from(target.max(100))) / 100
            }
        }
    }
}
