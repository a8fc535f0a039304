//! What differs between releases, row by row of [`crate::api::differences`]. Rollouts are in `version_rollouts`, later rows
//! in `version_rows`.

use std::time::Duration;

use super::Bench;
use crate::api::KubernetesVersion as V;
use crate::api::differences::DIFFERENCES;
use crate::api::{Feature, Kind, ObjectKey};
use crate::cluster::Fault;

/// A StatefulSet that uses whatever differs.
pub const SET: &str = r#"
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 1
  podManagementPolicy: Parallel
  ordinals: {start: 3}
  persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}
  updateStrategy: {rollingUpdate: {maxUnavailable: 2}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: app, image: nginx, resources: {requests: {cpu: 100m}}, volumeMounts: [{name: data, mountPath: /data}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"#;

const DEPLOYMENT: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: app, image: nginx}]}
"#;

const SIDECAR: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: side}
spec:
  initContainers: [{name: proxy, image: nginx, restartPolicy: Always}]
  containers: [{name: app, image: nginx}]
"#;

const TOO_BIG: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: big}
spec: {containers: [{name: app, image: nginx, resources: {requests: {cpu: 99}}}]}
"#;

/// A Job of that spec, whose pods sleep.
pub fn job(spec: &str) -> String {
    format!(
        "{{apiVersion: batch/v1, kind: Job, metadata: {{name: work}}, spec: {{{spec} template: {{spec: {{restartPolicy:
           Never, containers: [{{name: app, image: busybox, command: [sleep, '9']}}]}}}}}}}}"
    )
}

/// A cluster of `version` in which the set and the Deployment run.
pub fn running(version: V) -> Bench {
    let mut bench = Bench::of_version(version);
    for manifest in [SET, DEPLOYMENT] {
        bench.run_with("apply -f -", Some(manifest));
    }
    bench.cluster.advance(Duration::from_secs(5));
    bench
}

/// What a learner sees of the feature; nothing of rows that `version_rows` shows.
pub fn shown(feature: Feature, bench: &mut Bench) -> Option<String> {
    Some(match feature {
        Feature::MaxUnavailableStatefulSet => {
            bench.run("get sts web -o jsonpath={.spec.updateStrategy.rollingUpdate}")
        }
        Feature::StatefulSetAvailability => {
            bench.run(r#"patch sts web -p '{"spec":{"minReadySeconds":600,"replicas":2}}'"#);
            bench.cluster.advance(Duration::from_secs(5));
            bench.run("set image sts/web app=nginx:1.28");
            bench.cluster.advance(Duration::from_secs(5));
            bench.run("get pods -l app=web -o jsonpath={.items[*].spec.containers[0].image}")
        }
        Feature::StatefulSetAutoDeletePvc => {
            bench.run("get sts web -o jsonpath={.spec.persistentVolumeClaimRetentionPolicy}")
        }
        Feature::StatefulSetStartOrdinal => bench.run("get pods -l app=web -o name"),
        Feature::PodIndexLabel => {
            bench.run(r"get pod web-3 -o 'jsonpath={.metadata.labels.apps\.kubernetes\.io/pod-index}'")
        }
        Feature::VolumeAttributesClass => bench.run("get pvc").lines().next().unwrap_or_default().to_owned(),
        Feature::SidecarContainers => bench.run_with("apply -f -", Some(SIDECAR)),
        Feature::UncachedDns => {
            let before = resolves(bench, "late");
            bench.run("create service clusterip late --tcp=80");
            format!("{before}, then {}", resolves(bench, "late"))
        }
        Feature::PodGeneration => bench.run("get pod web-3 -o jsonpath={.metadata.generation}"),
        Feature::PodObservedGeneration => bench.run(
            "get pod web-3 -o jsonpath={.status.observedGeneration}/{.status.conditions[*].observedGeneration}",
        ),
        Feature::TerminatingReplicas => {
            bench.run("get deploy,rs -o jsonpath={.items[*].status.terminatingReplicas}")
        }
        Feature::PodTopologyLabels => {
            bench.run(r"get pod web-3 -o 'jsonpath={.metadata.labels.topology\.kubernetes\.io/zone}'")
        }
        Feature::PodReadyToStartContainers => {
            bench.run("get pod web-3 -o jsonpath={.status.conditions[*].type}")
        }
        Feature::PodHostIps => bench.run("get pod web-3 -o jsonpath={.status.hostIPs}"),
        Feature::VolumePhaseTime => {
            bench.run("get pv -o jsonpath={.items[*].status.lastPhaseTransitionTime}")
        }
        Feature::ContainerMountStatus => {
            bench.run("get pod web-3 -o jsonpath={.status.containerStatuses[0].volumeMounts[*].name}")
        }
        Feature::ContainerResourceStatus => {
            bench.run("get pod web-3 -o jsonpath={.status.containerStatuses[0].allocatedResources}")
        }
        Feature::ContainerUserStatus => {
            bench.run("get pod web-3 -o jsonpath={.status.containerStatuses[0].user}")
        }
        Feature::LongerNodeGrace => {
            bench.cluster.fault(Fault::StopNode { node: "node-2".to_owned() }).expect("the node is there");
            bench.cluster.advance(Duration::from_millis(47_500));
            bench.run("get node node-2 --no-headers").split_whitespace().nth(1).unwrap_or_default().to_owned()
        }
        Feature::DynamicResources => {
            bench.run_with("apply -f -", Some(TOO_BIG));
            bench.cluster.advance(Duration::from_secs(1));
            bench.run("get pod big -o jsonpath={.status.conditions[0].message}")
        }
        Feature::SeparateTaintEviction => {
            let key = ObjectKey::new("default", "web-3");
            let node = bench.cluster.store().get(Kind::Pod, &key).map(crate::api::Object::to_value);
            let node = node.map(|pod| pod["spec"]["nodeName"].as_str().unwrap_or_default().to_owned());
            bench.run(&format!("taint nodes {} gone=now:NoExecute", node.unwrap_or_default()));
            bench.cluster.advance(Duration::from_secs(1));
            events(bench, "TaintManagerEviction", "{.items[0].source.component}")
        }
        Feature::ImageSizeInEvent => events(bench, "Pulled", "{.items[0].message}"),
        Feature::ImageAccessInEvent => {
            bench.run("run second --image=nginx --image-pull-policy=IfNotPresent");
            bench.run("run third --image=nginx --image-pull-policy=IfNotPresent");
            bench.cluster.advance(Duration::from_secs(3));
            events(bench, "Pulled", "{.items[*].message}").split("Container").nth(1).unwrap_or_default().to_owned()
        }
        Feature::ContainerEventColon | Feature::NamelessContainerEvents => {
            events(bench, "Created", "{.items[0].message}") + "; " + &events(bench, "Started", "{.items[0].message}")
        }
        Feature::EventFieldPath => {
            let text = bench.run("describe pod web-3");
            let line = text.lines().find(|line| line.contains("Started  "));
            line.and_then(|line| line.split("kubelet").nth(1)).unwrap_or_default().trim().to_owned()
        }
        Feature::AccountsWithoutSecrets => bench.run("get sa"),
        Feature::EndpointsDeprecated => {
            bench.run("create service clusterip web --tcp=80");
            bench.cluster.advance(Duration::from_secs(1));
            bench.run("get ep web -o jsonpath={.metadata.labels}")
        }
        Feature::DeleteNamesNamespace => bench.run("delete pod web-3 --wait=false"),
        Feature::JobEndsInSteps => {
            let line = "get job work -o jsonpath='{.status.conditions[*].type} {.status.conditions[*].reason}'";
            bench.run_with("apply -f -", Some(&job("")));
            bench.cluster.advance(Duration::from_secs(15));
            let done = bench.run(line);
            bench.run("delete job work");
            bench.run_with("apply -f -", Some(&job("activeDeadlineSeconds: 2,")));
            bench.cluster.advance(Duration::from_secs(5));
            format!("{done}; {}", bench.run(line))
        }
        Feature::JobPolicies => {
            let spec = "completionMode: Indexed, completions: 2, backoffLimitPerIndex: 1, maxFailedIndexes: 1,
              podReplacementPolicy: Failed, successPolicy: {rules: [{succeededCount: 1}]},";
            let said = bench.run_with("apply -f -", Some(&job(spec)));
            bench.run_with("apply -f -", Some(&job("").replace("work", "plain")));
            bench.cluster.advance(Duration::from_secs(3));
            let plain = "get job plain -o jsonpath='{.spec.podReplacementPolicy}, terminating {.status.terminating}'";
            format!("{said}{}", bench.run(plain))
        }
        Feature::JobForgetsStart => {
            bench.run_with("apply -f -", Some(&job("")));
            bench.cluster.advance(Duration::from_secs(3));
            bench.run(r#"patch job work -p '{"spec":{"suspend":true}}'"#);
            bench.cluster.advance(Duration::from_secs(3));
            bench.run("get job work -o jsonpath={.status.startTime}")
        }
        Feature::JobStatusColumn => {
            bench.run_with("apply -f -", Some(&job("suspend: true,")));
            bench.cluster.advance(Duration::from_secs(1));
            bench.run("get jobs")
        }
        Feature::CronJobTimezoneColumn => {
            bench.run("create cronjob tick --image=busybox --schedule='* * * * *'");
            bench.run("get cj").lines().next().unwrap_or_default().to_owned()
        }
        Feature::CronJobScheduledTime | Feature::CronJobSeesCondition => {
            bench.run("create cronjob tick --image=busybox --schedule='* * * * *' -- sleep 3");
            bench.cluster.advance(Duration::from_secs(75));
            if feature == Feature::CronJobScheduledTime {
                bench.run("get jobs -o jsonpath={.items[*].metadata.annotations}")
            } else {
                events(bench, "SawCompletedJob", "{.items[0].message}")
            }
        }
        Feature::HeadlessServiceWarnings => bench.run_with("apply -f -", Some(
            "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {clusterIP: None, sessionAffinity: ClientIP}}",
        )),
        Feature::PreferCloseDeprecated => bench.run_with("apply -f -", Some(
            "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {trafficDistribution: PreferClose, ports:
              [{port: 80}]}}",
        )),
        Feature::ExternalIpsDeprecated => bench.run_with("apply -f -", Some(
            "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {externalIPs: [8.8.8.8], ports: [{port: 80}]}}",
        )),
        Feature::KernelArchitecture => {
            let nodes = bench.run("get nodes -o wide --no-headers");
            nodes.split("   ").find(|cell| cell.contains("amd64")).unwrap_or_default().to_owned()
        }
        Feature::WaitForSeveral => {
            bench.run("wait pod/web-3 --for=condition=Ready --for=jsonpath={.status.phase}=Running")
        }
        Feature::ContainersInErrors => {
            let said = ["exec web-3 -c nope -- ls", "attach web-3 -c nope", "logs web-3 -c nope", "cp web-3:/a b -c nope"];
            said.map(|line| bench.run(line)).concat()
        }
        Feature::LogsWaitForStart => {
            let waits = "{apiVersion: v1, kind: Pod, metadata: {name: early}, spec: {containers: [{name: c, image: nginx}],
                volumes: [{name: v, secret: {secretName: none}}]}}";
            bench.run_with("apply -f -", Some(waits));
            bench.cluster.advance(Duration::from_secs(2));
            bench.run("logs -f early --pod-running-timeout=1s")
        }
        Feature::LabelModified => {
            ["label pod web-3 app- tier=db", "label pod web-3 role=a tier-"].map(|line| bench.run(line)).concat()
        }
        _ => return None,
    })
}

pub fn resolves(bench: &mut Bench, service: &str) -> &'static str {
    let text = bench.run(&format!("exec web-3 -- getent hosts {service}.default.svc.cluster.local"));
    if text.starts_with("10.") { "found" } else { "not found" }
}

fn events(bench: &mut Bench, reason: &str, path: &str) -> String {
    bench.run(&format!("get events --field-selector reason={reason} -o jsonpath={path}"))
}

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
