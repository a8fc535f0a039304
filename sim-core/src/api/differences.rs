//! What a learner meets differently between releases of Kubernetes: the one table of it.
//!
//! Each row names what is there, the release that has it first, the one that takes it away again (if
//! any), and where upstream decided so. Nothing else in the simulator compares releases: code asks
//! [`FeatureGates::has`].

use super::Kind;
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
}

/// A row of the table.
#[derive(Debug)]
pub struct Difference {
    /// What it is about.
    pub feature: Feature,
    /// What a learner meets, in words.
    pub about: &'static str,
    /// The first of our releases that has it.
    pub since: V,
    /// The first later one that lacks it again.
    pub until: Option<V>,
    /// Where upstream decided so.
    pub source: &'static str,
}

const fn since(feature: Feature, since: V, about: &'static str, source: &'static str) -> Difference {
    Difference { feature, about, since, until: None, source }
}

/// The table, in the order of [`Feature`].
pub static DIFFERENCES: &[Difference] = &[
    Difference {
        until: Some(V::V1_35_4),
        ..since(
            Feature::MaxUnavailableStatefulSet,
            V::V1_35_0,
            "rollingUpdate.maxUnavailable of a StatefulSet is obeyed, and a Parallel set does\n\
             not recover from a broken rollout. Elsewhere the field vanishes",
            "KEP-961, #137409, #137904, #137926",
        )
    },
    since(
        Feature::StatefulSetAvailability,
        V::V1_34,
        "minReadySeconds holds up the update of a Parallel set. Before, only that of an\n\
         OrderedReady one; and a pod that was not available yet held up its own deletion\n\
         when its set shrank",
        "#123918, #119234, #130909",
    ),
    since(Feature::StatefulSetAutoDeletePvc, V::V1_27, "persistentVolumeClaimRetentionPolicy", "KEP-1847"),
    since(Feature::StatefulSetStartOrdinal, V::V1_27, "ordinals.start", "KEP-3335"),
    since(
        Feature::PodIndexLabel,
        V::V1_31,
        "a StatefulSet's pods carry the label apps.kubernetes.io/pod-index, those of an\n\
         Indexed Job batch.kubernetes.io/job-completion-index",
        "KEP-4017 (1.28)",
    ),
    since(
        Feature::VolumeAttributesClass,
        V::V1_31,
        "get pvc and get pv show VOLUMEATTRIBUTESCLASS",
        "KEP-3751 (1.29)",
    ),
    since(
        Feature::SidecarContainers,
        V::V1_31,
        "restartPolicy of init containers: sidecars. Before, the field is unknown",
        "KEP-753 (1.29)",
    ),
    since(
        Feature::UncachedDns,
        V::V1_34,
        "DNS follows the cluster at once. Before, CoreDNS keeps answers, NXDOMAIN too,\n\
         for 30 s",
        "#92559, #128359 (kubeadm 1.32)",
    ),
    since(Feature::PodGeneration, V::V1_34, "pods have metadata.generation", "KEP-5067 (1.33)"),
    since(
        Feature::PodObservedGeneration,
        V::V1_34,
        "pods' status and conditions have observedGeneration",
        "KEP-5067 (1.34)",
    ),
    since(
        Feature::TerminatingReplicas,
        V::V1_35_0,
        "status.terminatingReplicas of Deployments and ReplicaSets",
        "KEP-3973 (1.35)",
    ),
    since(
        Feature::PodTopologyLabels,
        V::V1_35_0,
        "a pod gets the zone and region labels of its node",
        "KEP-4742 (1.35)",
    ),
    since(
        Feature::PodReadyToStartContainers,
        V::V1_31,
        "the pod condition PodReadyToStartContainers",
        "KEP-3085 (1.29)",
    ),
    since(Feature::PodHostIps, V::V1_31, "status.hostIPs of pods", "KEP-2681 (1.29)"),
    since(Feature::VolumePhaseTime, V::V1_31, "status.lastPhaseTransitionTime of volumes", "KEP-3762 (1.29)"),
    since(Feature::ContainerMountStatus, V::V1_31, "volumeMounts in containers' status", "KEP-3857 (1.31)"),
    since(
        Feature::ContainerResourceStatus,
        V::V1_34,
        "resources and allocatedResources in containers' status",
        "KEP-1287 (1.33)",
    ),
    since(Feature::ContainerUserStatus, V::V1_34, "user in containers' status", "KEP-3619 (1.33)"),
    since(
        Feature::LongerNodeGrace,
        V::V1_34,
        "a silent node is given up after 50 s. Before, after 40 s",
        "#126287 (1.32)",
    ),
    since(
        Feature::DynamicResources,
        V::V1_34,
        "FailedScheduling says 'no new claims to deallocate'",
        "KEP-4381 (1.34)",
    ),
    since(
        Feature::SeparateTaintEviction,
        V::V1_31,
        "taint-eviction-controller evicts. Before, taint-controller",
        "KEP-3902 (1.29)",
    ),
    since(Feature::ImageSizeInEvent, V::V1_31, "the event Pulled tells the image's size", "#121719 (1.30)"),
    since(
        Feature::ImageAccessInEvent,
        V::V1_35_0,
        "the event Pulled says 'and can be accessed by the pod'",
        "KEP-2535 (1.35)",
    ),
    Difference {
        until: Some(V::V1_35_0),
        ..since(
            Feature::ContainerEventColon,
            V::V1_34,
            "the event Created says 'Created container: NAME'. Before, without the colon",
            "until #134043",
        )
    },
    since(
        Feature::NamelessContainerEvents,
        V::V1_35_0,
        "the events say 'Container created'. Before, both name it",
        "#134043 (1.35)",
    ),
    since(
        Feature::AccountsWithoutSecrets,
        V::V1_35_0,
        "get and describe sa leave the account's secrets out. Before, get sa has SECRETS",
        "#117160 (1.35)",
    ),
    since(
        Feature::EventFieldPath,
        V::V1_35_0,
        "describe puts spec.containers{NAME} before events' messages",
        "#133627 (kubectl 1.35)",
    ),
    since(
        Feature::DeleteNamesNamespace,
        V::V1_34,
        "delete says 'deleted from default namespace'. Before, 'deleted'",
        "#126619 (kubectl 1.34)",
    ),
    since(
        Feature::EndpointsDeprecated,
        V::V1_34,
        "the API server warns that Endpoints are deprecated, and their controller labels\n\
         its own",
        "KEP-4974 (1.33)",
    ),
    since(
        Feature::JobEndsInSteps,
        V::V1_31,
        "a Job gets FailureTarget or SuccessCriteriaMet first, then Failed or Complete\n\
         when no pod is terminating. Before, Failed or Complete at once",
        "#125510 (1.31)",
    ),
    since(
        Feature::JobPolicies,
        V::V1_31,
        "backoffLimitPerIndex, maxFailedIndexes, podReplacementPolicy and successPolicy\n\
         of Jobs, and status.terminating. Before, the fields are unknown",
        "KEP-3850 (1.29), KEP-3939 (1.29), KEP-3998 (1.31)",
    ),
    since(
        Feature::JobForgetsStart,
        V::V1_36,
        "a Job that is suspended loses its startTime at once. Before, when it is resumed",
        "KEP-5440 (1.36)",
    ),
    since(Feature::JobStatusColumn, V::V1_31, "get jobs shows STATUS", "#123226"),
    since(Feature::CronJobTimezoneColumn, V::V1_31, "get cronjobs shows TIMEZONE", "#122231 (1.30)"),
    since(
        Feature::CronJobScheduledTime,
        V::V1_31,
        "a CronJob's Jobs carry batch.kubernetes.io/cronjob-scheduled-timestamp",
        "KEP-4026 (1.28)",
    ),
    since(
        Feature::CronJobSeesCondition,
        V::V1_31,
        "the event SawCompletedJob says 'condition: Complete'. Before, 'status:'",
        "#123537 (1.31)",
    ),
    since(
        Feature::HeadlessServiceWarnings,
        V::V1_34,
        "the API server warns of loadBalancerIP, externalIPs and sessionAffinity of\n\
         headless Services",
        "#132214, #134054 (1.34)",
    ),
    since(
        Feature::PreferCloseDeprecated,
        V::V1_35_0,
        "the API server warns of trafficDistribution: PreferClose",
        "#134457 (1.35)",
    ),
    since(
        Feature::ExternalIpsDeprecated,
        V::V1_36,
        "the API server warns of externalIPs of Services",
        "#137293 (1.36)",
    ),
    since(
        Feature::KernelArchitecture,
        V::V1_36,
        "get nodes -o wide shows the architecture behind KERNEL-VERSION",
        "#132402 (1.36)",
    ),
    since(
        Feature::WaitForSeveral,
        V::V1_36,
        "wait takes --for several times, and waits for all of them in turn. Before, the\n\
         last one counts",
        "#136855 (kubectl 1.36)",
    ),
    since(
        Feature::ContainersInErrors,
        V::V1_36,
        "exec, attach, cp and logs of a container that a pod lacks list those it has",
        "#136973 (kubectl 1.36)",
    ),
    since(
        Feature::LogsWaitForStart,
        V::V1_36,
        "logs -f waits for a container that is waiting to start. Before, it fails",
        "#136411 (kubectl 1.36)",
    ),
    since(
        Feature::LabelModified,
        V::V1_36,
        "label says 'modified' when it adds and removes. Before, 'labeled' or\n\
         'unlabeled'",
        "#134849 (kubectl 1.36)",
    ),
    since(
        Feature::SuspendedJobResources,
        V::V1_36,
        "what containers ask for, and where pods may run, can be changed of a suspended\n\
         Job whose pods are gone. Before, only where, and if it never started",
        "KEP-5440, #135965 (1.36)",
    ),
    since(
        Feature::ContainerRestartRules,
        V::V1_35_0,
        "restartPolicy and restartPolicyRules of any container are obeyed. Before, they\n\
         vanish, and earlier still are refused",
        "KEP-5307 (1.35)",
    ),
    since(
        Feature::RestartAllContainers,
        V::V1_36,
        "restartPolicyRules may say RestartAllContainers. Before, only Restart",
        "KEP-5532 (1.36)",
    ),
    since(
        Feature::InPlacePodResize,
        V::V1_34,
        "--subresource=resize changes the CPU and memory of a pod that runs. Before,\n\
         resizePolicy vanishes",
        "KEP-1287 (1.33)",
    ),
    since(
        Feature::PodResizeValidator,
        V::V1_36,
        "a resize that exceeds the node is forbidden. Before, the pod says that it is\n\
         Infeasible",
        "#136043 (1.36)",
    ),
    since(
        Feature::ResizeEvents,
        V::V1_35_0,
        "the events ResizeStarted, ResizeDeferred and ResizeInfeasible, and the\n\
         generation in ResizeCompleted. Before, only ResizeCompleted",
        "#134825 (1.35)",
    ),
];

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

/// The table as `help versions` prints it.
pub fn text() -> String {
    let mut text = format!(
        "A cluster is of one release, with the kubectl of that release:\n--kubernetes-version, one of {}.\n\n",
        V::NAMES.join(", ")
    );
    text.push_str("What differs, which of them have it, and where upstream decided so:\n");
    for row in DIFFERENCES {
        let on = |version: &&V| FeatureGates::of(**version).has(row.feature);
        let names: Vec<&str> = V::ALL.iter().filter(on).map(|version| version.name()).collect();
        let which = match names.as_slice() {
            names if names.len() == V::ALL.len() => "all".to_owned(),
            [first, .., last] if *last == V::default().name() => format!("since {first}"),
            names => format!("only {}", names.join(", ")),
        };
        text.push_str(&format!("\n{}.\n    {which}; {}", row.about, row.source));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_one_row_for_each_feature_in_their_order() {
        for (place, row) in DIFFERENCES.iter().enumerate() {
            assert_eq!(row.feature as usize, place, "{:?}", row.feature);
            assert!(row.until.is_none_or(|until| until > row.since), "{:?}", row.feature);
            assert!(row.source.contains("KEP-") || row.source.contains('#'), "{:?}", row.feature);
        }
        assert_eq!(DIFFERENCES.len(), Feature::ResizeEvents as usize + 1);
    }

    #[test]
    fn versions_are_known_by_their_names() {
        for version in V::ALL {
            assert_eq!(V::named(version.name()), Some(*version));
        }
        assert_eq!(V::named("v1.34"), Some(V::V1_34));
        assert_eq!(V::named("1.33"), None);
        assert_eq!(V::V1_35_0.minor(), "35");
    }
}
