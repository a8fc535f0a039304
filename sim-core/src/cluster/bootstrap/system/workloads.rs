//! Deployments and DaemonSets with all that their controllers have made of them, and pods of no controller.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{
    ControllerRevision, DaemonSet, DaemonSetSpec, DaemonSetStatus, Deployment, DeploymentCondition,
    DeploymentSpec, DeploymentStatus, DeploymentStrategy, ReplicaSet, ReplicaSetSpec, ReplicaSetStatus,
    RollingUpdateDeployment,
};
use k8s_openapi::api::core::v1::{Pod, PodSpec, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::runtime::RawExtension;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::Installer;
use crate::api::{ApiResult, Object, meta};
use crate::cluster::bootstrap::map;
use crate::controllers::{daemon, history, replicaset};

/// The label by which a Deployment's ReplicaSets are told apart.
const TEMPLATE_HASH: &str = "pod-template-hash";

type Labels = BTreeMap<String, String>;

/// What a workload is, besides its pods.
pub(super) struct Workload {
    pub namespace: &'static str,
    pub name: &'static str,
    /// Its own labels.
    pub labels: Labels,
    /// Those of its pods.
    pub pod_labels: Labels,
    /// Those by which it finds them.
    pub selector: Labels,
    /// What stands for its template in names and labels.
    pub hash: &'static str,
}

impl Workload {
    fn metadata(&self) -> ObjectMeta {
        ObjectMeta {
            name: Some(self.name.to_owned()),
            namespace: Some(self.namespace.to_owned()),
            labels: Some(self.labels.clone()).filter(|labels| !labels.is_empty()),
            ..ObjectMeta::default()
        }
    }

    fn template(&self, spec: PodSpec) -> PodTemplateSpec {
        let metadata = ObjectMeta { labels: Some(self.pod_labels.clone()), ..ObjectMeta::default() };
        PodTemplateSpec { metadata: Some(metadata), spec: Some(spec) }
    }
}

fn selecting(labels: Labels) -> LabelSelector {
    LabelSelector { match_labels: Some(labels), ..LabelSelector::default() }
}

/// How a Deployment came to be as it is.
pub(super) struct Scaling {
    pub replicas: i32,
    /// The most pods that a rolling update may have at a time.
    pub most: i32,
    pub max_unavailable: Option<IntOrString>,
    /// How often its spec was written: minikube scales CoreDNS down once it is there.
    pub generation: i64,
}

impl Installer<'_> {
    /// A Deployment with its ReplicaSet and its pods, all on the first node.
    pub(super) fn deploy(&mut self, what: &Workload, spec: PodSpec, scaling: &Scaling) -> ApiResult<()> {
        let rolling = scaling
            .max_unavailable
            .clone()
            .map(|most| RollingUpdateDeployment { max_unavailable: Some(most), max_surge: None });
        let strategy = rolling.map(|rolling_update| DeploymentStrategy {
            rolling_update: Some(rolling_update),
            type_: Some("RollingUpdate".to_owned()),
        });
        let (created, replica_set) = (self.created.clone(), format!("{}-{}", what.name, what.hash));
        let condition = |type_: &str, reason: &str, message: String| DeploymentCondition {
            type_: type_.to_owned(),
            status: "True".to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message),
            last_transition_time: Some(created.clone()),
            last_update_time: Some(created.clone()),
        };
        let done = format!("ReplicaSet \"{replica_set}\" has successfully progressed.");
        let enough = "Deployment has minimum availability.".to_owned();
        let all = Some(scaling.replicas);
        let status = DeploymentStatus {
            available_replicas: all,
            conditions: Some(vec![
                condition("Available", "MinimumReplicasAvailable", enough),
                condition("Progressing", "NewReplicaSetAvailable", done),
            ]),
            observed_generation: Some(scaling.generation),
            ready_replicas: all,
            replicas: all,
            terminating_replicas: Some(0),
            updated_replicas: all,
            ..DeploymentStatus::default()
        };
        let deployment = Deployment {
            metadata: what.metadata(),
            spec: Some(DeploymentSpec {
                replicas: all,
                selector: selecting(what.selector.clone()),
                strategy,
                template: what.template(spec),
                ..DeploymentSpec::default()
            }),
            status: None,
        };
        let deployment = self.plant(deployment, &mut |object| {
            let Object::Deployment(deployment) = object else { return };
            let deployment = std::sync::Arc::make_mut(deployment);
            deployment.metadata.generation = Some(scaling.generation);
            deployment.metadata.annotations = Some(map(&[("deployment.kubernetes.io/revision", "1")]));
            deployment.status = Some(status.clone());
        })?;
        let set = self.replica_set(what, &deployment, scaling)?;
        let Some(of) = set.as_ref::<ReplicaSet>() else { return Ok(()) };
        for _ in 0..scaling.replicas {
            let mut pod = replicaset::pod_from_template(of, &set);
            let node = self.place.node.clone();
            pod.spec.get_or_insert_default().node_name = Some(node);
            self.run(pod, 0)?;
        }
        Ok(())
    }

    fn replica_set(&mut self, what: &Workload, owner: &Object, scaling: &Scaling) -> ApiResult<Object> {
        let Some(deployment) = owner.as_ref::<Deployment>() else { return Ok(owner.clone()) };
        let template = deployment.spec.as_ref().map(|spec| spec.template.clone()).unwrap_or_default();
        let hashed = |labels: &Labels| {
            let mut labels = labels.clone();
            labels.insert(TEMPLATE_HASH.to_owned(), what.hash.to_owned());
            labels
        };
        let labels = hashed(&what.pod_labels);
        let mut own = template;
        own.metadata.get_or_insert_default().labels = Some(labels.clone());
        let (replicas, most) = (scaling.replicas.to_string(), scaling.most.to_string());
        let set = ReplicaSet {
            metadata: ObjectMeta {
                name: Some(format!("{}-{}", what.name, what.hash)),
                labels: Some(labels),
                annotations: Some(map(&[
                    ("deployment.kubernetes.io/desired-replicas", &replicas),
                    ("deployment.kubernetes.io/max-replicas", &most),
                    ("deployment.kubernetes.io/revision", "1"),
                ])),
                owner_references: Some(vec![meta::controller_reference(owner)]),
                namespace: Some(what.namespace.to_owned()),
                ..ObjectMeta::default()
            },
            spec: Some(ReplicaSetSpec {
                replicas: Some(scaling.replicas),
                selector: selecting(hashed(&what.selector)),
                template: Some(own),
                min_ready_seconds: None,
            }),
            status: None,
        };
        let status = ReplicaSetStatus {
            available_replicas: Some(scaling.replicas),
            fully_labeled_replicas: Some(scaling.replicas),
            observed_generation: Some(scaling.generation),
            ready_replicas: Some(scaling.replicas),
            replicas: scaling.replicas,
            terminating_replicas: Some(0),
            conditions: None,
        };
        self.plant(set, &mut |object| {
            let Object::ReplicaSet(set) = object else { return };
            let set = std::sync::Arc::make_mut(set);
            set.metadata.generation = Some(scaling.generation);
            set.status = Some(status.clone());
        })
    }

    /// A DaemonSet with its revision and a pod on every node.
    pub(super) fn daemon(&mut self, what: &Workload, spec: PodSpec) -> ApiResult<()> {
        let nodes: Vec<String> = self.config.nodes.iter().map(|node| node.name.clone()).collect();
        let count = i32::try_from(nodes.len()).unwrap_or(i32::MAX);
        let set = DaemonSet {
            metadata: what.metadata(),
            spec: Some(DaemonSetSpec {
                selector: selecting(what.selector.clone()),
                template: what.template(spec),
                ..DaemonSetSpec::default()
            }),
            status: None,
        };
        let status = DaemonSetStatus {
            current_number_scheduled: count,
            desired_number_scheduled: count,
            number_available: Some(count),
            number_ready: count,
            observed_generation: Some(1),
            updated_number_scheduled: Some(count),
            ..DaemonSetStatus::default()
        };
        let owner = self.plant(set, &mut |object| {
            if let Object::DaemonSet(set) = object {
                std::sync::Arc::make_mut(set).status = Some(status.clone());
            }
        })?;
        let Some(set) = owner.as_ref::<DaemonSet>() else { return Ok(()) };
        let template = set.spec.as_ref().map(|spec| spec.template.clone()).unwrap_or_default();
        let mut labels = what.pod_labels.clone();
        labels.insert(daemon::HASH_LABEL.to_owned(), what.hash.to_owned());
        let revision = ControllerRevision {
            metadata: ObjectMeta {
                name: Some(format!("{}-{}", what.name, what.hash)),
                namespace: Some(what.namespace.to_owned()),
                labels: Some(labels),
                annotations: set.metadata.annotations.clone(),
                owner_references: Some(vec![meta::controller_reference(&owner)]),
                ..ObjectMeta::default()
            },
            data: Some(RawExtension(history::template_patch(&template))),
            revision: 1,
        };
        self.plant(revision, &mut |_| {})?;
        for (index, node) in nodes.iter().enumerate() {
            let mut pod = daemon::new_pod(set, &owner, node, what.hash);
            pod.spec.get_or_insert_default().node_name = Some(node.clone());
            self.run(pod, index)?;
        }
        Ok(())
    }

    /// A pod that its node, the one at `index`, has been running.
    pub(super) fn run(&mut self, pod: Pod, index: usize) -> ApiResult<()> {
        let host_ip = super::super::nodes::internal_ip(self.config, index);
        let block = super::super::nodes::pod_block(index);
        let standing = crate::kubelet::Standing {
            host_ip: &host_ip,
            block: &block,
            runtime: self.place.runtime,
            since: self.created,
        };
        let (kubelet, random) = (&mut *self.kubelet, &mut self.random);
        let planted = self.api.plant(pod, self.created, &mut |object| {
            if let Object::Pod(pod) = object {
                kubelet.adopt(std::sync::Arc::make_mut(pod), &standing, random);
            }
        })?;
        self.planted.push(planted);
        Ok(())
    }
}
