//! [`Plane`]: the components of a cluster.

use crate::engine::{Component, ComponentId, ControlPlane};
use crate::{controllers, kubelet, scheduler};

/// Every component, in the order in which they are told of changes.
#[derive(Clone, Debug, Default)]
pub struct Plane {
    /// statefulset-controller
    pub statefulset: controllers::statefulset::StatefulSetController,
    /// deployment-controller
    pub deployment: controllers::deployment::DeploymentController,
    /// replicaset-controller
    pub replicaset: controllers::replicaset::ReplicaSetController,
    /// endpointslice-controller
    pub endpointslice: controllers::endpointslice::EndpointSliceController,
    /// persistentvolume-controller
    pub persistentvolume: controllers::persistentvolume::PersistentVolumeController,
    /// volume-provisioner
    pub provisioner: controllers::provisioner::VolumeProvisioner,
    /// pvc-protection-controller
    pub volumeprotection: controllers::volumeprotection::VolumeProtectionController,
    /// garbage-collector-controller
    pub garbagecollector: controllers::garbagecollector::GarbageCollector,
    /// namespace-controller
    pub namespace: controllers::namespace::NamespaceController,
    /// kubernetes-service-controller
    pub kubernetesservice: controllers::kubernetesservice::KubernetesServiceController,
    /// node-lifecycle-controller
    pub nodelifecycle: controllers::nodelifecycle::NodeLifecycleController,
    /// taint-eviction-controller
    pub tainteviction: controllers::tainteviction::TaintEvictionController,
    /// disruption-controller
    pub disruption: controllers::disruption::DisruptionController,
    /// default-scheduler
    pub scheduler: scheduler::Scheduler,
    /// kubelet
    pub kubelet: kubelet::Kubelet,
    /// job-controller
    pub job: controllers::job::JobController,
    /// daemonset-controller
    pub daemon: controllers::daemon::DaemonSetController,
    /// cronjob-controller
    pub cronjob: controllers::cronjob::CronJobController,
    /// horizontal-pod-autoscaler-controller
    pub podautoscaler: controllers::podautoscaler::HorizontalController,
    /// ttl-after-finished-controller
    pub ttlafterfinished: controllers::ttlafterfinished::TtlAfterFinishedController,
    /// attachdetach-controller
    pub attachdetach: controllers::attachdetach::AttachDetachController,
    /// volume_expand
    pub expand: controllers::expand::VolumeExpandController,
    /// pod-garbage-collector-controller
    pub podgc: controllers::podgc::PodGarbageCollector,
    /// serviceaccount-controller
    pub serviceaccount: controllers::serviceaccount::ServiceAccountController,
    /// root-ca-certificate-publisher-controller
    pub rootcacertpublisher: controllers::rootcacertpublisher::RootCaCertPublisher,
    /// resourcequota-controller
    pub resourcequota: controllers::resourcequota::ResourceQuotaController,
    /// endpoint-controller
    pub endpoints: controllers::endpoints::EndpointsController,
    /// endpoint-slice-mirroring-controller
    pub endpointslicemirroring: controllers::endpointslicemirroring::EndpointSliceMirroringController,
    /// clusterrole-aggregation-controller
    pub clusterroleaggregation: controllers::clusterroleaggregation::ClusterRoleAggregationController,
    /// serviceaccount-token-controller
    pub serviceaccounttokens: controllers::serviceaccounttokens::TokensController,
}

impl Plane {
    /// The kubelets' id, for waking them by hand.
    pub const KUBELET: ComponentId = ComponentId(14);
    /// The node lifecycle controller's id, for telling it of nodes that fall silent.
    pub const NODE_LIFECYCLE: ComponentId = ComponentId(10);
}

impl ControlPlane for Plane {
    fn count(&self) -> u8 {
        30
    }

    fn component(&mut self, id: ComponentId) -> &mut dyn Component {
        match id.0 {
            0 => &mut self.statefulset,
            1 => &mut self.deployment,
            2 => &mut self.replicaset,
            3 => &mut self.endpointslice,
            4 => &mut self.persistentvolume,
            5 => &mut self.provisioner,
            6 => &mut self.volumeprotection,
            7 => &mut self.garbagecollector,
            8 => &mut self.namespace,
            9 => &mut self.kubernetesservice,
            10 => &mut self.nodelifecycle,
            11 => &mut self.tainteviction,
            12 => &mut self.disruption,
            13 => &mut self.scheduler,
            14 => &mut self.kubelet,
            15 => &mut self.job,
            16 => &mut self.daemon,
            17 => &mut self.cronjob,
            18 => &mut self.podautoscaler,
            19 => &mut self.ttlafterfinished,
            20 => &mut self.attachdetach,
            21 => &mut self.expand,
            22 => &mut self.podgc,
            23 => &mut self.serviceaccount,
            24 => &mut self.rootcacertpublisher,
            25 => &mut self.resourcequota,
            26 => &mut self.endpoints,
            27 => &mut self.endpointslicemirroring,
            28 => &mut self.clusterroleaggregation,
            _ => &mut self.serviceaccounttokens,
        }
    }
}
