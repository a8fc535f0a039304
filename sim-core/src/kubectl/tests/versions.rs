//! What differs between releases, row by row of [`crate::api::differences`]. Rollouts are in `version_rollouts`, later rows
//! in `version_rows`.

mod shown;

use super::Bench;
use crate::api::differences::DIFFERENCES;
use crate::api::{Feature, KubernetesVersion as V};
use shown::shown;
pub use shown::{SET, job, resolves, running};

/// What each release shows of the table's rows, as far as `shown` does.
pub fn text_of_rows(shown: fn(Feature, &mut Bench) -> Option<String>) -> String {
    let mut text = String::new();
    for row in DIFFERENCES {
        let mut last = None;
        for version in V::ALL {
            let Some(seen) = shown(row.feature, &mut running(*version)) else { continue };
            let seen = seen.trim_end().replace('\n', "\n        ");
            if last.is_none() {
                text.push_str(&format!("{:?}\n", row.feature));
            }
            if last.as_ref() != Some(&seen) {
                text.push_str(&format!("    from {version}: {seen}\n"));
            }
            last = Some(seen);
        }
    }
    text
}

#[test]
fn each_row_of_the_table_shows_where_it_says_it_does() {
    let text = text_of_rows(shown);
    insta::assert_snapshot!(text, @r#"
    MaxUnavailableStatefulSet
        from 1.27: {"partition":0}
        from 1.35.0: {"maxUnavailable":2,"partition":0}
        from 1.35.4: {"partition":0}
    StatefulSetAvailability
        from 1.27: nginx:1.28 nginx:1.28
        from 1.34: nginx nginx:1.28
        from 1.35.0: nginx nginx
        from 1.35.4: nginx nginx:1.28
    StatefulSetAutoDeletePvc
        from 1.27: {"whenDeleted":"Retain","whenScaled":"Delete"}
    StatefulSetStartOrdinal
        from 1.27: pod/web-3
    PodIndexLabel
        from 1.27: 
        from 1.31: 3
    VolumeAttributesClass
        from 1.27: NAME         STATUS   VOLUME                                     CAPACITY   ACCESS MODES   STORAGECLASS   AGE
        from 1.31: NAME         STATUS   VOLUME                                     CAPACITY   ACCESS MODES   STORAGECLASS   VOLUMEATTRIBUTESCLASS   AGE
    SidecarContainers
        from 1.27: ! Error from server (BadRequest): error when creating "STDIN": Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.initContainers[0].restartPolicy"
            exit 1
        from 1.31: pod/side created
    UncachedDns
        from 1.27: not found, then not found
        from 1.34: not found, then found
    PodGeneration
        from 1.27: 
        from 1.34: 1
    PodObservedGeneration
        from 1.27: /
        from 1.34: 1/1 1 1 1 1
    TerminatingReplicas
        from 1.27: 
        from 1.35.0: 0 0
    PodTopologyLabels
        from 1.27: 
        from 1.35.0: zone-2
    PodReadyToStartContainers
        from 1.27: Initialized Ready ContainersReady PodScheduled
        from 1.31: PodReadyToStartContainers Initialized Ready ContainersReady PodScheduled
    PodHostIps
        from 1.27: 
        from 1.31: [{"ip":"10.0.1.12"}]
    VolumePhaseTime
        from 1.27: 
        from 1.31: 2026-11-23T12:00:00Z
    ContainerMountStatus
        from 1.27: 
        from 1.31: data kube-api-access-lgdcm
    ContainerResourceStatus
        from 1.27: 
        from 1.34: {"cpu":"100m"}
    ContainerUserStatus
        from 1.27: 
        from 1.34: {"linux":{"gid":0,"supplementalGroups":[0],"uid":0}}
    LongerNodeGrace
        from 1.27: NotReady
        from 1.34: Ready
    DynamicResources
        from 1.27: 0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.
        from 1.34: 0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.
    SeparateTaintEviction
        from 1.27: taint-controller
        from 1.31: taint-eviction-controller
    ImageSizeInEvent
        from 1.27: Successfully pulled image "nginx" in 0s (0s including waiting)
        from 1.31: Successfully pulled image "nginx" in 0s (0s including waiting). Image size: 72324501 bytes.
    ImageAccessInEvent
        from 1.27:  image "nginx" already present on machine
        from 1.35.0:  image "nginx" already present on machine and can be accessed by the pod
    ContainerEventColon
        from 1.27: Created container app; Started container app
        from 1.34: Created container: app; Started container app
        from 1.35.0: Container created; Container started
    NamelessContainerEvents
        from 1.27: Created container app; Started container app
        from 1.34: Created container: app; Started container app
        from 1.35.0: Container created; Container started
    AccountsWithoutSecrets
        from 1.27: NAME      SECRETS   AGE
            default   0         6d23h
        from 1.35.0: NAME      AGE
            default   6d23h
    EventFieldPath
        from 1.27: Started container app
        from 1.35.0: spec.containers{app}: Container started
    DeleteNamesNamespace
        from 1.27: pod "web-3" deleted
        from 1.34: pod "web-3" deleted from default namespace
    EndpointsDeprecated
        from 1.27: {"app":"web"}
        from 1.34: {"app":"web","endpoints.kubernetes.io/managed-by":"endpoint-controller"}! Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice
    JobEndsInSteps
        from 1.27: Complete ; Failed DeadlineExceeded
        from 1.31: SuccessCriteriaMet Complete CompletionsReached CompletionsReached; FailureTarget DeadlineExceeded
    JobPolicies
        from 1.27: ! Error from server (BadRequest): error when creating "STDIN": Job in version "v1" cannot be handled as a Job: strict decoding error: unknown field "spec.backoffLimitPerIndex", unknown field "spec.maxFailedIndexes", unknown field "spec.podReplacementPolicy", unknown field "spec.successPolicy"
            exit 1
            , terminating
        from 1.31: job.batch/work created
            TerminatingOrFailed, terminating 0
    JobForgetsStart
        from 1.27: 2026-11-23T12:00:05Z
        from 1.36: 
    JobStatusColumn
        from 1.27: NAME   COMPLETIONS   DURATION   AGE
            work   0/1                      1s
        from 1.31: NAME   STATUS      COMPLETIONS   DURATION   AGE
            work   Suspended   0/1                      1s
    CronJobTimezoneColumn
        from 1.27: NAME   SCHEDULE    SUSPEND   ACTIVE   LAST SCHEDULE   AGE
        from 1.31: NAME   SCHEDULE    TIMEZONE   SUSPEND   ACTIVE   LAST SCHEDULE   AGE
    CronJobScheduledTime
        from 1.27: 
        from 1.31: {"batch.kubernetes.io/cronjob-scheduled-timestamp":"2026-11-23T12:01:00Z"}
    CronJobSeesCondition
        from 1.27: Saw completed job: tick-29923921, status: Complete
        from 1.31: Saw completed job: tick-29923921, condition: Complete
    HeadlessServiceWarnings
        from 1.27: service/a created
        from 1.34: service/a created
            ! Warning: spec.SessionAffinity is ignored for headless services
    PreferCloseDeprecated
        from 1.27: service/a created
        from 1.35.0: service/a created
            ! Warning: spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"
    ExternalIpsDeprecated
        from 1.27: service/a created
        from 1.36: service/a created
            ! Warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
    KernelArchitecture
        from 1.27: 
        from 1.36: 6.12.40-63.114.amzn2023.x86_64 (amd64)
    WaitForSeveral
        from 1.27: pod/web-3 condition met
        from 1.36: pod/web-3 condition met
            pod/web-3 condition met
    ContainersInErrors
        from 1.27: ! Error from server (BadRequest): container nope is not valid for pod web-3
            exit 1
            ! error: cannot attach to the container: container nope not found in pod web-3
            exit 1
            ! error: container nope is not valid for pod web-3
            exit 1
            ! Error from server (BadRequest): container nope is not valid for pod web-3
            exit 1
        from 1.36: ! error: container nope is not valid for pod web-3 out of: app
            exit 1
            ! error: cannot attach to the container: container nope is not valid for pod web-3 out of: app
            exit 1
            ! error: container nope is not valid for pod web-3 out of: app
            exit 1
            ! error: container nope is not valid for pod web-3 out of: app
            exit 1
    LogsWaitForStart
        from 1.27: ! Error from server (BadRequest): container "c" in pod "early" is waiting to start: ContainerCreating
            exit 1
        from 1.36: ! container "c" in pod "early" is waiting to start: ContainerCreating
            ! container "c" in pod "early" is waiting to start: ContainerCreating
            ! error: context deadline exceeded
            exit 1
    LabelModified
        from 1.27: pod/web-3 labeled
            pod/web-3 unlabeled
        from 1.36: pod/web-3 modified
            pod/web-3 modified
    SuspendedJobResources
        from 1.27: ! error: failed to patch resources update to pod template Job.batch "work" is invalid: spec.template: Invalid value: {"labels":{"batch.kubernetes.io/controller-uid":"2b7413e3-8830-42ac-ba0e-29f1bead39b7","batch.kubernetes.io/job-name":"work","controller-uid":"2b7413e3-8830-42ac-ba0e-29f1bead39b7","job-name":"work"},"Spec":{"Volumes":null,"InitContainers":null,"Containers":[{"Name":"app","Image":"busybox","Command":["sleep","9"],"Args":null,"WorkingDir":"","Ports":null,"EnvFrom":null,"Env":null,"Resources":{"Limits":null,"Requests":{"cpu":"2"},"Claims":null},"ResizePolicy":null,"RestartPolicy":null,"RestartPolicyRules":null,"VolumeMounts":null,"VolumeDevices":null,"LivenessProbe":null,"ReadinessProbe":null,"StartupProbe":null,"Lifecycle":null,"TerminationMessagePath":"/dev/termination-log","TerminationMessagePolicy":"File","ImagePullPolicy":"Always","SecurityContext":null,"Stdin":false,"StdinOnce":false,"TTY":false}],"EphemeralContainers":null,"RestartPolicy":"Never","TerminationGracePeriodSeconds":30,"ActiveDeadlineSeconds":null,"DNSPolicy":"ClusterFirst","NodeSelector":null,"ServiceAccountName":"","AutomountServiceAccountToken":null,"NodeName":"","SecurityContext":{"HostNetwork":false,"HostPID":false,"HostIPC":false,"ShareProcessNamespace":null,"HostUsers":null,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"SupplementalGroups":null,"SupplementalGroupsPolicy":null,"FSGroup":null,"FSGroupChangePolicy":null,"Sysctls":null,"SeccompProfile":null,"AppArmorProfile":null,"SELinuxChangePolicy":null},"ImagePullSecrets":null,"Hostname":"","Subdomain":"","SetHostnameAsFQDN":null,"Affinity":null,"SchedulerName":"default-scheduler","Tolerations":null,"HostAliases":null,"PriorityClassName":"","Priority":null,"PreemptionPolicy":null,"DNSConfig":null,"ReadinessGates":null,"RuntimeClassName":null,"Overhead":null,"EnableServiceLinks":null,"TopologySpreadConstraints":null,"OS":null,"SchedulingGates":null,"ResourceClaims":null,"Resources":null,"HostnameOverride":null,"SchedulingGroup":null}}: field is immutable
            exit 1
        from 1.36: job.batch/work resource requirements updated
    ContainerRestartRules
        from 1.27: ! Error from server (BadRequest): error when creating "STDIN": Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[1].restartPolicy", unknown field "spec.containers[1].restartPolicyRules"
            exit 1
            ! Error from server (NotFound): pods "rules" not found
            exit 1
        from 1.31: ! Error from server (BadRequest): error when creating "STDIN": Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[1].restartPolicyRules"
            exit 1
            ! Error from server (NotFound): pods "rules" not found
            exit 1
        from 1.34: pod/rules created
            rules   1/2   Error   0     6s
        from 1.35.0: pod/rules created
            rules   1/2   CrashLoopBackOff   1 (3s ago)   6s
    RestartAllContainers
        from 1.27: ! Error from server (BadRequest): error when creating "STDIN": Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[1].restartPolicy", unknown field "spec.containers[1].restartPolicyRules"
            exit 1
            ! Error from server (NotFound): pods "rules" not found
            exit 1
        from 1.31: ! Error from server (BadRequest): error when creating "STDIN": Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[1].restartPolicyRules"
            exit 1
            ! Error from server (NotFound): pods "rules" not found
            exit 1
        from 1.34: pod/rules created
            rules   1/2   Error   0     6s
        from 1.35.0: ! The Pod "rules" is invalid: spec.containers[1].restartPolicyRules[0].action: Unsupported value: "RestartAllContainers": supported values: "Restart"
            exit 1
            ! Error from server (NotFound): pods "rules" not found
            exit 1
        from 1.36: pod/rules created
            rules   1/2   Error   2     6s
    InPlacePodResize
        from 1.27: ! Error from server (NotFound): the server could not find the requested resource
            exit 1
        from 1.34: pod/web-3 patched
            {"requests":{"cpu":"200m"}}
    PodResizeValidator
        from 1.27: ! Error from server (NotFound): the server could not find the requested resource
            exit 1
            :
        from 1.34: pod/web-3 patched
            Infeasible: Node didn't have enough capacity: cpu, requested: 500000, capacity: 4000
        from 1.36: ! Error from server (Forbidden): pods "web-3" is forbidden: node didn't have enough allocatable resources: cpu, requested: 500000, allocatable: 4000
            exit 1
            :
    ResizeEvents
        from 1.27: ;
        from 1.34: ; Pod resize completed: {"containers":[{"name":"app","resources":{"requests":{"cpu":"200m"}}}]}
        from 1.35.0: Pod resize started: {"containers":[{"name":"app","resources":{"requests":{"cpu":"200m"}}}],"generation":2}; Pod resize completed: {"containers":[{"name":"app","resources":{"requests":{"cpu":"200m"}}}],"generation":2}
    "#);
}

#[test]
fn the_release_is_shown_by_version_and_nodes() {
    let mut text = String::new();
    for version in V::ALL {
        let mut bench = Bench::of_version(*version);
        text.push_str(&bench.run("version"));
        text.push_str(&bench.run("get nodes -o jsonpath={.items[*].status.nodeInfo.kubeletVersion}"));
        text.push('\n');
    }
    insta::assert_snapshot!(text, @r"
        Client Version: v1.27.16
        Kustomize Version: v5.0.1
        Server Version: v1.27.16
        v1.27.16 v1.27.16
        Client Version: v1.31.13
        Kustomize Version: v5.4.2
        Server Version: v1.31.13
        v1.31.13 v1.31.13
        Client Version: v1.34.2
        Kustomize Version: v5.7.1
        Server Version: v1.34.2
        v1.34.2 v1.34.2
        Client Version: v1.35.0
        Kustomize Version: v5.7.1
        Server Version: v1.35.0
        v1.35.0 v1.35.0
        Client Version: v1.35.4
        Kustomize Version: v5.7.1
        Server Version: v1.35.4
        v1.35.4 v1.35.4
        Client Version: v1.36.3
        Kustomize Version: v5.8.1
        Server Version: v1.36.2
        v1.36.2 v1.36.2
        ");
}
