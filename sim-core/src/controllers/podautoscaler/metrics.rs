//! What an autoscaler's metrics ask for together.
//!
//! Models pkg/controller/podautoscaler: computeReplicasForMetrics.

use k8s_openapi::api::autoscaling::v2::{
    ContainerResourceMetricStatus, HPAScalingRules, HorizontalPodAutoscalerBehavior, MetricSpec,
    MetricStatus, MetricTarget, MetricValueStatus, ResourceMetricStatus,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::calculate::{Question, Target, Tolerance};
use super::sync::Sync;
use crate::api::quantity::Quantity;
use crate::api::selector::Selector;
use crate::api::{Feature, meta};
use crate::engine::EventType;

/// How far usage may be off, in thousandths: kube-controller-manager's --horizontal-pod-autoscaler-tolerance.
const TOLERANCE_MILLI: i64 = 100;

/// What the metrics ask for together.
pub(super) struct Proposal {
    pub replicas: i32,
    /// The metric that asks for most.
    pub metric: String,
}

/// A metric that says nothing.
struct Invalid {
    reason: &'static str,
    /// Why, as the condition and the event tell it.
    why: String,
    /// What was looked for, `failed to get cpu resource metric value`.
    what: String,
}

impl Sync<'_, '_> {
    /// The highest size that a metric asks for; notes what each metric says in the status.
    ///
    /// # Errors
    /// Why no size can be told. A metric that says nothing keeps the target from shrinking.
    pub(super) fn propose(&mut self, selector: &Selector, current: i32) -> Result<Proposal, String> {
        let specs = self.spec.metrics.clone().unwrap_or_default();
        let mut best: Option<Proposal> = None;
        let mut invalid: Vec<Invalid> = Vec::new();
        for spec in &specs {
            match self.ask(spec, selector, current) {
                Ok((replicas, metric, status)) => {
                    self.metrics.push(status);
                    if best.as_ref().is_none_or(|best| replicas > best.replicas) {
                        best = Some(Proposal { replicas, metric });
                    }
                }
                Err(found) => {
                    self.event(EventType::Warning, found.reason, &found.why);
                    // Upstream leaves the place of a metric that says nothing empty.
                    self.metrics.push(MetricStatus::default());
                    invalid.push(found);
                }
            }
        }
        let (count, all) = (invalid.len(), specs.len());
        if let Some(first) = invalid.into_iter().next()
            && best.as_ref().is_none_or(|best| best.replicas < current)
        {
            let message = format!("the HPA was unable to compute the replica count: {}", first.why);
            self.condition("ScalingActive", false, first.reason, &message);
            let why = format!("{}: {}", first.what, first.why);
            return Err(format!("invalid metrics ({count} invalid out of {all}), first error is: {why}"));
        }
        let best = best.unwrap_or(Proposal { replicas: current, metric: String::new() });
        let message =
            format!("the HPA was able to successfully calculate a replica count from {}", best.metric);
        self.condition("ScalingActive", true, "ValidMetricFound", &message);
        Ok(best)
    }

    fn ask(
        &self,
        spec: &MetricSpec,
        selector: &Selector,
        current: i32,
    ) -> Result<(i32, String, MetricStatus), Invalid> {
        let (resource, container, target, reason, what) = match (&spec.resource, &spec.container_resource) {
            (Some(source), _) if spec.type_ == "Resource" => {
                let what = format!("failed to get {} resource metric value", source.name);
                (source.name.as_str(), "", &source.target, "FailedGetResourceMetric", what)
            }
            (_, Some(source)) if spec.type_ == "ContainerResource" => {
                let what = format!("failed to get {} container metric value", source.container);
                let container = source.container.as_str();
                (source.name.as_str(), container, &source.target, "FailedGetContainerResourceMetric", what)
            }
            _ => return Err(unserved(spec, meta::namespace(&self.scaler.metadata))),
        };
        let utilization = target.average_value.is_none();
        let fail = |why: String| {
            let kind = if utilization { "utilization" } else { "usage" };
            Invalid { reason, why: format!("failed to get {resource} {kind}: {why}"), what: what.clone() }
        };
        let target = target_of(target).ok_or_else(|| Invalid {
            reason,
            why: "invalid resource metric source: neither an average utilization target nor an average value (usage) target was set".to_owned(),
            what: what.clone(),
        })?;
        let question = Question {
            view: self.context.view,
            now: self.context.now,
            usage: self.usage,
            is_served: self.is_served,
            namespace: meta::namespace(&self.scaler.metadata),
            selector,
            current,
            resource,
            container,
            target,
            tolerance: tolerance(self.spec.behavior.as_ref()),
        };
        let answer = question.answer().map_err(fail)?;
        let kind = if container.is_empty() { "resource" } else { "container resource" };
        let metric = if utilization {
            format!("{resource} {kind} utilization (percentage of request)")
        } else {
            format!("{resource} {kind}")
        };
        let is_binary = resource == "memory" && self.context.api.gates.has(Feature::HpaBinaryMemory);
        let average = if is_binary { binary } else { milli_quantity }(answer.average_milli);
        Ok((answer.replicas, metric, status(resource, container, answer.utilization, average)))
    }
}

/// There are neither custom nor external metrics: without an adapter, nobody serves either API.
///
/// Models pkg/controller/podautoscaler: replica_calculator.go, and k8s.io/metrics: AvailableAPIsGetter.
fn unserved(spec: &MetricSpec, namespace: &str) -> Invalid {
    let custom = "unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) \
                  registered";
    match (&spec.pods, &spec.object, &spec.external) {
        (Some(source), _, _) => Invalid {
            reason: "FailedGetPodsMetric",
            why: format!("unable to get metric {}: {custom}", source.metric.name),
            what: "failed to get pods metric value".to_owned(),
        },
        (_, Some(source), _) => {
            let (name, about) = (&source.metric.name, &source.described_object);
            Invalid {
                reason: "FailedGetObjectMetric",
                why: format!(
                    "unable to get metric {name}: {} on {namespace} {}/{custom}",
                    about.kind, about.name
                ),
                what: "failed to get object metric value".to_owned(),
            }
        }
        (_, _, Some(source)) => {
            let (name, selector) = (&source.metric.name, go_selector(source.metric.selector.as_ref()));
            Invalid {
                reason: "FailedGetExternalMetric",
                why: format!(
                    "unable to get external metric {namespace}/{name}/{selector}: unable to fetch metrics from \
                     external metrics API: no external metrics API (external.metrics.k8s.io) registered"
                ),
                what: format!("failed to get {name} external metric value"),
            }
        }
        _ => {
            let why = format!("unknown metric source type \"{}\"", spec.type_);
            Invalid { reason: "InvalidMetricSourceType", why: why.clone(), what: why }
        }
    }
}

/// A selector as the text that Go's type has.
///
/// Models apimachinery pkg/apis/meta/v1: LabelSelector.String.
fn go_selector(selector: Option<&LabelSelector>) -> String {
    let Some(selector) = selector else { return "nil".to_owned() };
    let labels = selector.match_labels.iter().flatten().map(|(name, value)| format!("{name}: {value},"));
    let rules = selector.match_expressions.iter().flatten().map(|rule| {
        let values = rule.values.as_deref().unwrap_or_default().join(" ");
        format!("LabelSelectorRequirement{{Key:{},Operator:{},Values:[{values}],}},", rule.key, rule.operator)
    });
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{}}},MatchExpressions:[]LabelSelectorRequirement{{{}}},}}",
        labels.collect::<String>(),
        rules.collect::<String>()
    )
}

fn target_of(target: &MetricTarget) -> Option<Target> {
    match (&target.average_value, target.average_utilization) {
        (Some(value), _) => Some(Target::Average(Quantity::of(value).milli_value())),
        (None, Some(percent)) => Some(Target::Utilization(percent)),
        (None, None) => None,
    }
}

/// See KEP 4951 for tolerances of a direction.
fn tolerance(behavior: Option<&HorizontalPodAutoscalerBehavior>) -> Tolerance {
    let own = |rules: Option<&HPAScalingRules>| {
        let given = rules.and_then(|rules| rules.tolerance.as_ref());
        given.map_or(TOLERANCE_MILLI, |tolerance| Quantity::of(tolerance).milli_value())
    };
    Tolerance {
        up_milli: own(behavior.and_then(|behavior| behavior.scale_up.as_ref())),
        down_milli: own(behavior.and_then(|behavior| behavior.scale_down.as_ref())),
    }
}

fn status(resource: &str, container: &str, utilization: Option<i32>, average: ApiQuantity) -> MetricStatus {
    let current =
        MetricValueStatus { average_utilization: utilization, average_value: Some(average), value: None };
    let name = resource.to_owned();
    if container.is_empty() {
        let resource = Some(ResourceMetricStatus { current, name });
        return MetricStatus { resource, type_: "Resource".to_owned(), ..MetricStatus::default() };
    }
    let container_resource =
        Some(ContainerResourceMetricStatus { container: container.to_owned(), current, name });
    MetricStatus { container_resource, type_: "ContainerResource".to_owned(), ..MetricStatus::default() }
}

/// Bytes with a binary suffix. What is no whole number of bytes has none that would be exact.
fn binary(milli: i64) -> ApiQuantity {
    const SUFFIXES: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if milli % 1000 != 0 {
        return milli_quantity(milli);
    }
    let (mut amount, mut power) = (milli / 1000, 0);
    while amount != 0 && amount % 1024 == 0 && power + 1 < SUFFIXES.len() {
        (amount, power) = (amount / 1024, power + 1);
    }
    ApiQuantity(format!("{amount}{}", SUFFIXES[power]))
}

fn milli_quantity(milli: i64) -> ApiQuantity {
    Quantity::parse(&format!("{milli}m")).unwrap_or(Quantity::ZERO).to_api()
}
