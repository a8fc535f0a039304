//! [`Feature`]: something in which releases differ, and [`FeatureGates`]: which of them a cluster has.

use super::Kind;
use super::differences::{DIFFERENCES, Difference};
use super::version::KubernetesVersion as V;

/// Something that some releases have and others lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// `rollingUpdate.maxUnavailable` of StatefulSets.
    MaxUnavailableStatefulSet,
    /// A StatefulSet heeds `minReadySeconds` wherever it looks at its pods' health.
    StatefulSetAvailability,
    /// `persistentVolumeClaimRetentionPolicy`.
    StatefulSetAutoDeletePvc,
    /// `ordinals.start`.
    StatefulSetStartOrdinal,
    /// The label `apps.kubernetes.io/pod-index`.
    PodIndexLabel,
    /// The column VOLUMEATTRIBUTESCLASS and the field behind it.
    VolumeAttributesClass,
    /// `restartPolicy: Always` of init containers.
    SidecarContainers,
    /// DNS answers of the cluster's zone that are not kept.
    UncachedDns,
    /// `metadata.generation` of pods.
    PodGeneration,
    /// `observedGeneration` in pods' status and conditions.
    PodObservedGeneration,
    /// `terminatingReplicas` of Deployments and ReplicaSets.
    TerminatingReplicas,
    /// A node's zone and region among the labels of its pods.
    PodTopologyLabels,
    /// The pod condition of that name.
    PodReadyToStartContainers,
    /// `hostIPs` in pods' status.
    PodHostIps,
    /// `lastPhaseTransitionTime` of volumes.
    VolumePhaseTime,
    /// `volumeMounts` in containers' status.
    ContainerMountStatus,
    /// `resources` and `allocatedResources` in containers' status.
    ContainerResourceStatus,
    /// `user` in containers' status.
    ContainerUserStatus,
    /// A node that is silent is given up after 50 s, not 40 s.
    LongerNodeGrace,
    /// Dynamic resource allocation's words in the scheduler's messages.
    DynamicResources,
    /// Taints evict under a controller of its own.
    SeparateTaintEviction,
    /// The image's size in the event `Pulled`.
    ImageSizeInEvent,
    /// The event `Pulled` says that the pod may use the image.
    ImageAccessInEvent,
    /// The event `Created` has a colon before the container's name.
    ContainerEventColon,
    /// The events `Created` and `Started` without the container's name.
    NamelessContainerEvents,
    /// Service accounts are shown without their secrets.
    AccountsWithoutSecrets,
    /// `describe` says which container an event is about.
    EventFieldPath,
    /// `delete` says from which namespace.
    DeleteNamesNamespace,
    /// The server warns of Endpoints, and their controller marks its own.
    EndpointsDeprecated,
    /// A Job says how it is going to end before its last pod has.
    JobEndsInSteps,
    /// `backoffLimitPerIndex`, `maxFailedIndexes`, `podReplacementPolicy` and `successPolicy` of Jobs.
    JobPolicies,
    /// A Job that is suspended has no `startTime`.
    JobForgetsStart,
    /// The column STATUS of Jobs.
    JobStatusColumn,
    /// The column TIMEZONE of CronJobs.
    CronJobTimezoneColumn,
    /// The annotation that tells for which time a CronJob's Job was created.
    CronJobScheduledTime,
    /// The event `SawCompletedJob` speaks of a condition, not of a status.
    CronJobSeesCondition,
    /// The server warns of what a headless Service does not use.
    HeadlessServiceWarnings,
    /// The server warns of `trafficDistribution: PreferClose`.
    PreferCloseDeprecated,
    /// The server warns of `externalIPs`.
    ExternalIpsDeprecated,
    /// A node's architecture behind its kernel's version.
    KernelArchitecture,
    /// `wait` with several conditions.
    WaitForSeveral,
    /// `exec`, `attach`, `cp` and `logs` say which containers a pod has.
    ContainersInErrors,
    /// `logs -f` waits for a container that is going to start.
    LogsWaitForStart,
    /// `label` says when it both adds and removes.
    LabelModified,
    /// A suspended Job's containers may ask for something else.
    SuspendedJobResources,
    /// `restartPolicy` and `restartPolicyRules` of any container.
    ContainerRestartRules,
    /// The action `RestartAllContainers` of those rules.
    RestartAllContainers,
    /// The subresource `resize` of pods.
    InPlacePodResize,
    /// A resize that its node can never fulfil is refused at once.
    PodResizeValidator,
    /// The events of a resize tell more than that it is done.
    ResizeEvents,
    /// `exec` wants `--` before the command.
    ExecNeedsDashes,
    /// `scale` of nothing names what it did not find.
    ScaleNamesMissing,
    /// `scale` of nothing says `NotFound`.
    ScaleSaysNotFound,
    /// `debug` warns of the profile `legacy`.
    DebugWarnsOfLegacy,
    /// The default profile of `debug` is `general`.
    DebugProfileGeneral,
    /// `describe` of several objects leaves out their events.
    EventsOfOneAlone,
    /// `rollout undo` warns of what `apply` made.
    UndoWarnsOfApply,
    /// FailedScheduling does not say which taints.
    TaintsUnnamed,
    /// `attach` and `run -it` say that the session is logged.
    AttachSaysRecorded,
    /// A time of creation that there is not is left out.
    NoNullCreation,
    /// `describe service` says `Traffic Distribution`.
    DescribeTrafficDistribution,
    /// `describe` says `AppProtocol` of Services and `Time Zone` of CronJobs.
    DescribeSaysMore,
    /// A silent node gets both of its taints at once.
    TaintsOfOneLook,
    /// A StatefulSet is refused whose pods would be.
    StatefulSetTemplateChecked,
    /// `PodReadyToStartContainers` is true before images are pulled.
    SandboxShownAtOnce,
    /// Nodes do not tell a version of kube-proxy.
    NodeWithoutProxyVersion,
    /// The output format `kyaml`.
    KYaml,
    /// `--cpu` and `--memory` of `autoscale`.
    AutoscaleTakesAmounts,
    /// A pod is nominated for its node while its volumes are bound.
    NominatedWhileBinding,
    /// Autoscalers tell memory with binary suffixes.
    HpaBinaryMemory,
    /// `tolerance` in the behavior of autoscalers is known.
    HpaToleranceKnown,
    /// `tolerance` in the behavior of autoscalers is obeyed.
    HpaTolerance,
    /// The name of a Service may begin with a digit.
    RelaxedServiceNames,
    /// `debug` labels the pods that it puts on nodes.
    DebugLabelsPodsOfNodes,
    /// Volumes that are images are known.
    ImageVolumeKnown,
    /// Volumes that are images are kept.
    ImageVolume,
    /// The events of a StatefulSet's pods and claims begin with a capital letter.
    CapitalSetEvents,
    /// `describe ingress` looks for the EndpointSlices of a backend, not for its Endpoints.
    IngressBackendsFromSlices,
    /// A NetworkPolicy's ranges are warned of that are written in odd ways.
    RangeWarnings,
    /// A NetworkPolicy's ranges have no bits beyond the lengths of their prefixes, and no zeros before numbers.
    StrictRanges,
}

/// Which features a cluster has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureGates {
    version: V,
    on: u128,
}

impl Default for FeatureGates {
    fn default() -> Self {
        FeatureGates::of(V::default())
    }
}

impl FeatureGates {
    /// The features of a release, with its own defaults.
    pub fn of(version: V) -> FeatureGates {
        let has = |row: &&Difference| row.since <= version && row.until.is_none_or(|until| version < until);
        let on = DIFFERENCES.iter().filter(has).fold(0, |on, row| on | bit(row.feature));
        FeatureGates { version, on }
    }

    /// The release.
    pub fn version(self) -> V {
        self.version
    }

    /// Whether the cluster has the feature.
    pub fn has(self, feature: Feature) -> bool {
        self.on & bit(feature) != 0
    }

    /// Switches a feature on or off, as `--feature-gates` does.
    pub fn set(&mut self, feature: Feature, on: bool) {
        self.on = if on { self.on | bit(feature) } else { self.on & !bit(feature) };
    }
}

impl FeatureGates {
    /// Whether the server sends a table's column of that name.
    pub fn has_column(self, kind: Kind, name: &str) -> bool {
        match (kind, name) {
            (_, "VolumeAttributesClass") => self.has(Feature::VolumeAttributesClass),
            (Kind::ServiceAccount, "Secrets") => !self.has(Feature::AccountsWithoutSecrets),
            (Kind::Job, "Status") => self.has(Feature::JobStatusColumn),
            (Kind::CronJob, "Timezone") => self.has(Feature::CronJobTimezoneColumn),
            _ => true,
        }
    }
}

const fn bit(feature: Feature) -> u128 {
    1 << feature as u32
}
