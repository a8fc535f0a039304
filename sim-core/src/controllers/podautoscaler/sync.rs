//! [`Sync`]: one look at one autoscaler.
//!
//! Models pkg/controller/podautoscaler: reconcileAutoscaler.

use std::sync::Arc;

use k8s_openapi::api::autoscaling::v1::Scale;
use k8s_openapi::api::autoscaling::v2::{
    HorizontalPodAutoscaler, HorizontalPodAutoscalerCondition, HorizontalPodAutoscalerSpec,
    HorizontalPodAutoscalerStatus, MetricStatus,
};

use super::Memory;
use super::behavior::{self, Bounds};
use super::usage::Usage;
use crate::api::selector::Selector;
use crate::api::{ApiResult, Kind, Object, ObjectKey, meta};
use crate::apiserver::WriteOptions;
use crate::engine::{Context, EventType, KubeletKind};

/// What one sync works with.
pub(super) struct Sync<'a, 'b> {
    /// The autoscaler as it becomes.
    pub scaler: HorizontalPodAutoscaler,
    pub spec: HorizontalPodAutoscalerSpec,
    pub usage: &'a Usage,
    /// Whether there is a metrics API: the recordings' cluster has none.
    pub is_served: bool,
    /// What each metric says.
    pub metrics: Vec<MetricStatus>,
    memory: &'a mut Memory,
    pub context: &'a mut Context<'b>,
}

impl<'a, 'b> Sync<'a, 'b> {
    pub(super) fn new(
        scaler: &Arc<HorizontalPodAutoscaler>,
        usage: &'a Usage,
        memory: &'a mut Memory,
        context: &'a mut Context<'b>,
    ) -> Self {
        let scaler = HorizontalPodAutoscaler::clone(scaler);
        let spec = scaler.spec.clone();
        let is_served = context.config.kubelet == KubeletKind::Full;
        Sync { scaler, spec, usage, is_served, metrics: Vec::new(), memory, context }
    }

    /// Does what there is to do, and writes the status.
    ///
    /// # Errors
    /// The API server's; it is tried again at the next turn.
    pub(super) fn run(mut self) -> ApiResult<()> {
        let (kind, key, scale) = match self.scale() {
            Ok(found) => found,
            Err(why) => {
                self.event(EventType::Warning, "FailedGetScale", &why);
                let message =
                    format!("the HPA controller was unable to get the target's current scale: {why}");
                self.condition("AbleToScale", false, "FailedGetScale", &message);
                return self.write_status();
            }
        };
        let message = "the HPA controller was able to get the target's current scale";
        self.condition("AbleToScale", true, "SucceededGetScale", message);
        let current = scale.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(0);
        let now = self.context.now;
        if self.memory.recommendations.is_empty() {
            self.memory.recommendations.push_back((now, current));
        }
        let Some((desired, reason)) = self.desired(&scale, current) else {
            self.observed(current);
            return self.write_status();
        };
        let rescales = desired != current;
        if rescales {
            self.rescale(kind, &key, scale, current, desired, &reason)?;
        }
        self.observed(current);
        let status = self.status();
        status.desired_replicas = desired;
        if rescales {
            status.last_scale_time = Some(now.to_time());
        }
        self.write_status()
    }

    /// Models pkg/controller/podautoscaler: setCurrentReplicasAndMetricsInStatus.
    fn observed(&mut self, current: i32) {
        let metrics = std::mem::take(&mut self.metrics);
        let status = self.status();
        status.current_replicas = Some(current).filter(|count| *count != 0);
        status.current_metrics = Some(metrics).filter(|metrics| !metrics.is_empty());
    }

    /// The target's kind, key and scale.
    fn scale(&self) -> Result<(Kind, ObjectKey, Scale), String> {
        let target = &self.spec.scale_target_ref;
        let version = target.api_version.as_deref().unwrap_or_default();
        let group = version.rsplit_once('/').map_or("", |(group, _)| group);
        let kind = Kind::from_api(version, &target.kind)
            .ok_or_else(|| format!("no matches for kind \"{}\" in group \"{group}\"", target.kind))?;
        let key = ObjectKey::new(meta::namespace(&self.scaler.metadata), &target.name);
        let scale = self.context.api.scale(kind, &key).map_err(|error| error.to_string())?;
        Ok((kind, key, scale))
    }

    /// The size that the target is to have and why; `None` when that cannot be told.
    fn desired(&mut self, scale: &Scale, current: i32) -> Option<(i32, String)> {
        let least = self.spec.min_replicas.unwrap_or(1);
        let most = self.spec.max_replicas;
        if current == 0 && least != 0 {
            let message = "scaling is disabled since the replica count of the target is zero";
            self.condition("ScalingActive", false, "ScalingDisabled", message);
            return Some((0, String::new()));
        }
        if current > most {
            return Some((most, "Current number of replicas above Spec.MaxReplicas".to_owned()));
        }
        if current < least {
            return Some((least, "Current number of replicas below Spec.MinReplicas".to_owned()));
        }
        let text = scale.status.as_ref().and_then(|status| status.selector.clone()).unwrap_or_default();
        let Ok(selector) = Selector::parse(&text) else { return None };
        let proposal = match self.propose(&selector, current) {
            Ok(proposal) => proposal,
            Err(why) => {
                self.event(EventType::Warning, "FailedComputeMetricsReplicas", &why);
                return None;
            }
        };
        let reason = if proposal.replicas > current {
            format!("{} above target", proposal.metric)
        } else {
            "All metrics below target".to_owned()
        };
        Some((self.normalize(Bounds { least, most }, current, proposal.replicas), reason))
    }

    fn normalize(&mut self, bounds: Bounds, current: i32, wanted: i32) -> i32 {
        let rules = self.spec.behavior.clone();
        let now = self.context.now;
        let normalized = behavior::normalize(self.memory, rules.as_ref(), bounds, current, wanted, now);
        let (reason, message) =
            normalized.held.unwrap_or(("ReadyForNewScale", "recommended size matches current size"));
        self.condition("AbleToScale", true, reason, message);
        let (limited, (reason, message)) = normalized.limited;
        self.condition("ScalingLimited", limited, reason, message);
        normalized.replicas
    }

    fn rescale(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        mut scale: Scale,
        current: i32,
        desired: i32,
        reason: &str,
    ) -> ApiResult<()> {
        scale.spec.get_or_insert_default().replicas = Some(desired);
        if let Err(error) = self.context.api.set_scale(kind, key, &scale, WriteOptions::default()) {
            let message = format!("New size: {desired}; reason: {reason}; error: {error}");
            self.event(EventType::Warning, "FailedRescale", &message);
            let message = format!("the HPA controller was unable to update the target scale: {error}");
            self.condition("AbleToScale", false, "FailedUpdateScale", &message);
            self.status().current_replicas = Some(current).filter(|count| *count != 0);
            self.write_status()?;
            return Err(error);
        }
        let message = format!("the HPA controller was able to update the target scale to {desired}");
        self.condition("AbleToScale", true, "SucceededRescale", &message);
        let message = format!("New size: {desired}; reason: {reason}");
        self.event(EventType::Normal, "SuccessfulRescale", &message);
        let now = self.context.now;
        behavior::remember(self.memory, self.spec.behavior.as_ref(), current, desired, now);
        Ok(())
    }

    fn status(&mut self) -> &mut HorizontalPodAutoscalerStatus {
        self.scaler.status.get_or_insert_default()
    }

    /// Models pkg/controller/podautoscaler: setConditionInList.
    pub(super) fn condition(&mut self, type_: &str, status: bool, reason: &str, message: &str) {
        let now = self.context.now.to_time();
        let status = if status { "True" } else { "False" };
        let conditions = self.status().conditions.get_or_insert_default();
        let at = conditions.iter().position(|condition| condition.type_ == type_).unwrap_or_else(|| {
            let new = HorizontalPodAutoscalerCondition { type_: type_.to_owned(), ..Default::default() };
            conditions.push(new);
            conditions.len() - 1
        });
        let condition = &mut conditions[at];
        if condition.status != status {
            condition.last_transition_time = Some(now);
        }
        condition.status = status.to_owned();
        condition.reason = Some(reason.to_owned());
        condition.message = Some(message.to_owned());
    }

    pub(super) fn event(&mut self, event_type: EventType, reason: &'static str, message: &str) {
        let about = Object::from(self.scaler.clone());
        self.context.events.event(self.context.api, &about, event_type, reason, message);
    }

    fn write_status(&mut self) -> ApiResult<()> {
        self.context.api.update_status(self.scaler.clone()).map(|_| ())
    }
}
