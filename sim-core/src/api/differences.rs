//! What a learner meets differently between releases of Kubernetes: the one table of it.
//!
//! Each row names what is there, the release that has it first, the one that takes it away again (if
//! any), and where upstream decided so. Nothing else in the simulator compares releases: code asks
//! [`FeatureGates::has`].

use super::features::{Feature, FeatureGates};
use super::version::KubernetesVersion as V;

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
    since(
        Feature::ExecNeedsDashes,
        V::V1_31,
        "exec refuses a command without --. Before, it warns and runs it",
        "#125437 (kubectl 1.31)",
    ),
    since(
        Feature::ScaleNamesMissing,
        V::V1_34,
        "scale of what is not there names it. Before, it says that nothing was passed",
        "#128051 (kubectl 1.33)",
    ),
    since(
        Feature::ScaleSaysNotFound,
        V::V1_35_0,
        "scale of what is not there says 'Error from server (NotFound)', as get does",
        "#134017 (kubectl 1.35)",
    ),
    since(
        Feature::DebugWarnsOfLegacy,
        V::V1_34,
        "debug warns of --profile=legacy, which is the default before 1.36",
        "#127230 (kubectl 1.33)",
    ),
    since(
        Feature::DebugProfileGeneral,
        V::V1_36,
        "debug has --profile=general by default. Before, legacy: without SYS_PTRACE, and\n\
         a copy keeps probes and annotations, and shares no processes",
        "#135874 (kubectl 1.36)",
    ),
    since(
        Feature::EventsOfOneAlone,
        V::V1_36,
        "describe of several objects, or by a prefix, leaves out their events",
        "#137145 (kubectl 1.36)",
    ),
    since(
        Feature::UndoWarnsOfApply,
        V::V1_36,
        "rollout undo warns of objects that 'kubectl apply' manages",
        "#137064 (kubectl 1.36)",
    ),
    since(
        Feature::TaintsUnnamed,
        V::V1_34,
        "FailedScheduling says 'node(s) had untolerated taint(s)'. Before, with the key\n\
         and the value of the taint",
        "#134740, #135023 (1.34.2)",
    ),
    since(
        Feature::AttachSaysRecorded,
        V::V1_34,
        "attach, run and debug with -it say that the session is recorded in the logs",
        "#127183 (kubectl 1.34)",
    ),
    since(
        Feature::NoNullCreation,
        V::V1_34,
        "-o yaml and json leave out 'creationTimestamp: null', in what is not sent yet\n\
         and in templates",
        "#130989 (1.34)",
    ),
    since(
        Feature::DescribeTrafficDistribution,
        V::V1_34,
        "describe service says Traffic Distribution",
        "#131491 (kubectl 1.34)",
    ),
    since(
        Feature::DescribeSaysMore,
        V::V1_36,
        "describe says AppProtocol of a Service and Time Zone of a CronJob",
        "#135744, #136663 (kubectl 1.36)",
    ),
    since(
        Feature::TaintsOfOneLook,
        V::V1_34,
        "a node that is given up gets its NoSchedule and NoExecute taints at once.\n\
         Before, the latter, which evicts, comes 5 s later",
        "#120816 (1.34)",
    ),
    since(
        Feature::StatefulSetTemplateChecked,
        V::V1_34,
        "a StatefulSet is refused when its pod template is no valid pod. Before, it is\n\
         created, and its pods fail",
        "#131790 (1.34)",
    ),
    since(
        Feature::SandboxShownAtOnce,
        V::V1_36,
        "PodReadyToStartContainers is True before images are pulled. Before, after it",
        "#134660 (1.36)",
    ),
    since(
        Feature::NodeWithoutProxyVersion,
        V::V1_34,
        "kubeProxyVersion of nodes is empty. Before, it is the version of the kubelet",
        "KEP-4004 (1.33)",
    ),
    since(Feature::KYaml, V::V1_35_0, "-o kyaml", "#133327 (kubectl 1.35)"),
    since(
        Feature::AutoscaleTakesAmounts,
        V::V1_34,
        "autoscale has --cpu and --memory, warns of --cpu-percent, and writes down\n\
         autoscaling/v2. Before, v1",
        "#129373, #128950 (kubectl 1.34, 1.33)",
    ),
    since(
        Feature::NominatedWhileBinding,
        V::V1_35_0,
        "NOMINATED NODE is set while the volumes of a pod are bound",
        "KEP-5278, #135103 (1.35)",
    ),
    since(
        Feature::HpaBinaryMemory,
        V::V1_34,
        "An autoscaler tells memory as 12Mi. Before, as 12582912",
        "#132351 (1.34)",
    ),
    since(
        Feature::HpaToleranceKnown,
        V::V1_34,
        "behavior.scaleUp.tolerance of an autoscaler is a field. Before, it is unknown",
        "KEP-4951 (1.33)",
    ),
    since(
        Feature::HpaTolerance,
        V::V1_35_0,
        "behavior.scaleUp.tolerance of an autoscaler is kept. Before, it vanishes",
        "KEP-4951 (1.35)",
    ),
    since(
        Feature::RelaxedServiceNames,
        V::V1_36,
        "the name of a Service may begin with a digit",
        "KEP-5311, #136389 (1.36)",
    ),
    since(
        Feature::DebugLabelsPodsOfNodes,
        V::V1_34,
        "debug node/NAME labels its pod app.kubernetes.io/managed-by=kubectl-debug",
        "#131791 (kubectl 1.34)",
    ),
    since(
        Feature::ImageVolumeKnown,
        V::V1_31,
        "an image may be named as a volume. Before, the field is unknown",
        "KEP-4639 (1.31)",
    ),
    since(
        Feature::ImageVolume,
        V::V1_35_0,
        "volumes that are images are kept. Before, they vanish with their mounts",
        "KEP-4639 (1.35)",
    ),
    since(
        Feature::CapitalSetEvents,
        V::V1_34,
        "the events of a StatefulSet say 'Create Pod' and 'Delete Pod'. Before, 'create\n\
         Pod' and 'delete Pod'",
        "#122709 shows 1.29; after 1.32",
    ),
    since(
        Feature::IngressBackendsFromSlices,
        V::V1_31,
        "describe ingress says of a backend that is missing: services \"NAME\" not found.\n\
         Before, endpoints \"NAME\" not found",
        "#124598 (kubectl 1.31)",
    ),
    since(
        Feature::RangeWarnings,
        V::V1_34,
        "a NetworkPolicy is warned of whose ranges are written in odd ways",
        "KEP-4858 (1.33)",
    ),
    since(
        Feature::StrictRanges,
        V::V1_36,
        "a NetworkPolicy is refused whose range has bits beyond the length of its prefix,\n\
         as 10.0.0.1/8 has, or zeros before a number",
        "KEP-4858, #137053 (1.36)",
    ),
];

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
        assert_eq!(DIFFERENCES.len(), Feature::StrictRanges as usize + 1);
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
