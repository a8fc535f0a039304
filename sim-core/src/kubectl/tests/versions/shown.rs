//! What a learner sees of each row of the table.

use std::time::Duration;

use super::super::Bench;
use crate::api::{Feature, Kind, KubernetesVersion as V, ObjectKey};
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

const RULES: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: rules}
spec:
  restartPolicy: Never
  containers:
  - {name: app, image: busybox, command: [sleep, '600']}
  - name: work
    image: busybox
    command: [sh, -c, sleep 1; exit 42]
    restartPolicy: Never
    restartPolicyRules: [{action: ACTION, exitCodes: {operator: In, values: [42]}}]
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

/// What a learner sees of the feature; nothing of those that `version_rows` shows.
pub(super) fn shown(feature: Feature, bench: &mut Bench) -> Option<String> {
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
        Feature::ContainerRestartRules | Feature::RestartAllContainers => {
            let all = feature == Feature::RestartAllContainers;
            let rules = RULES.replace("ACTION", if all { "RestartAllContainers" } else { "Restart" });
            let said = bench.run_with("apply -f -", Some(&rules));
            bench.cluster.advance(Duration::from_secs(6));
            said + &bench.run("get pod rules --no-headers")
        }
        Feature::InPlacePodResize | Feature::PodResizeValidator | Feature::ResizeEvents => {
            let amount = if feature == Feature::PodResizeValidator { "500" } else { "200m" };
            let name = if feature == Feature::ResizeEvents { "-o name" } else { "" };
            let patch = format!(
                r#"{{"spec":{{"containers":[{{"name":"app","resources":{{"requests":{{"cpu":"{amount}"}}}}}}]}}}}"#
            );
            let said = bench.run(&format!("patch pod web-3 --subresource=resize {name} -p '{patch}'"));
            bench.cluster.advance(Duration::from_secs(3));
            let paths = match feature {
                Feature::PodResizeValidator => "{.status.conditions[0].reason}: {.status.conditions[0].message}",
                _ => "{.status.containerStatuses[0].resources}",
            };
            if feature == Feature::ResizeEvents {
                let events = ["ResizeStarted", "ResizeCompleted"];
                let told = events.map(|reason| self::events(bench, reason, "{.items[*].message}"));
                return Some(told.join("; "));
            }
            said + &bench.run(&format!("get pod web-3 -o jsonpath='{paths}'"))
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
        Feature::SuspendedJobResources => {
            bench.run_with("apply -f -", Some(&job("suspend: true,")));
            bench.run("set resources job/work --requests=cpu=2")
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
