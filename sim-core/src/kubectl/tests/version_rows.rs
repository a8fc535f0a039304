//! The later rows of [`crate::api::differences`], as `versions` shows the earlier ones.

use std::time::Duration;

use super::Bench;
use super::versions;
use crate::api::differences::DIFFERENCES;
use crate::api::{Feature, KubernetesVersion as V};
use crate::cluster::Fault;
use crate::engine::{ClusterConfig, TimingProfile};

const TWO: &str = r#"
{apiVersion: v1, kind: Pod, metadata: {name: two, labels: {l: v}, annotations: {a: v}}, spec: {containers: [{name: app,
  image: nginx, readinessProbe: {tcpSocket: {port: 80}}}]}}
"#;

const SERVICE: &str = r#"
{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {trafficDistribution: PreferClose, ports: [{port: 80,
  appProtocol: http}]}}
"#;

const SCALER: &str = r#"
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h}, spec: {maxReplicas: 3, scaleTargetRef:
  {apiVersion: apps/v1, kind: Deployment, name: api}, behavior: {scaleUp: {tolerance: 50m}}}}
"#;

const MEMORY_SCALER: &str = r#"
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: m}, spec: {maxReplicas: 3, scaleTargetRef:
  {apiVersion: apps/v1, kind: Deployment, name: api}, metrics: [{type: Resource, resource: {name: memory, target:
  {type: AverageValue, averageValue: 1Gi}}}]}}
"#;

const IMAGE_VOLUME: &str = r#"
{apiVersion: v1, kind: Pod, metadata: {name: vol, labels: {of: image}}, spec: {automountServiceAccountToken: false,
  containers: [{name: app, image: nginx, volumeMounts: [{name: v, mountPath: /v}]}], volumes: [{name: v, image:
  {reference: busybox}}]}}
"#;

const BAD: &str = r#"
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: bad}, spec: {serviceName: bad, selector: {matchLabels: {a: b}},
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: Bad_Name, image: nginx}]}}}}
"#;

const FIRST_CONSUMER: &str = r#"
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: late}
provisioner: k8s.io/minikube-hostpath
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: c}
spec: {storageClassName: late, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: app, image: nginx}], volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]}
"#;

fn lines_with(text: &str, words: &[&str]) -> String {
    let has = |line: &&str| words.iter().any(|word| line.contains(word));
    text.lines().filter(has).map(|line| format!("{}\n", line.trim_end())).collect()
}

const ODD_RANGES: &str = r#"
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: odd}, spec: {egress: [{to: [{ipBlock:
  {cidr: 10.0.0.1/8, except: [10.01.0.0/16]}}, {ipBlock: {cidr: "FD00::/16"}}]}]}}
"#;

/// A cluster whose images take a while to pull.
fn taking_time(version: V) -> Bench {
    let profile = TimingProfile::named("kind").expect("a known profile");
    let mut config = ClusterConfig::for_profile(profile, 1);
    config.set_kubernetes_version(version);
    Bench::on(config)
}

/// What a learner sees of the feature; nothing of rows that `versions` shows.
fn shown(feature: Feature, bench: &mut Bench) -> Option<String> {
    Some(match feature {
        Feature::CapitalSetEvents => {
            bench.run("scale sts web --replicas=0");
            bench.cluster.advance(Duration::from_secs(3));
            let line =
                "get events --field-selector involvedObject.name=web -o jsonpath='{.items[*].message}'";
            bench.run(line)
        }
        Feature::ExecNeedsDashes => {
            ["exec web-3 hostname", "exec -q web-3 hostname"].map(|line| bench.run(line)).concat()
        }
        Feature::ScaleNamesMissing | Feature::ScaleSaysNotFound => {
            let lines = [
                "scale deploy none --replicas=2",
                "scale sts none gone --replicas=2",
                "scale deploy none api --replicas=2",
            ];
            lines.map(|line| bench.run(line)).concat()
        }
        Feature::DebugWarnsOfLegacy => bench.run("debug web-3 --image=busybox -c d --profile=legacy"),
        Feature::DebugProfileGeneral => {
            bench.run_with("apply -f -", Some(TWO));
            let said = bench.run("debug two --image=busybox -c d --copy-to=copy");
            let copied = "get pod copy -o 'jsonpath={.metadata.annotations.a} {.spec.shareProcessNamespace} \
                {.spec.containers[0].readinessProbe.tcpSocket} {.spec.containers[1].securityContext}'";
            format!("{said}{}", bench.run(copied))
        }
        Feature::EventsOfOneAlone => {
            let lines = ["describe pod web-3", "describe pod -l app", "describe pod w"];
            lines.map(|line| bench.run(line).matches("Events:").count().to_string()).join(" ")
        }
        Feature::UndoWarnsOfApply => {
            bench.run("set image deploy api app=nginx:1.28");
            bench.cluster.advance(Duration::from_secs(5));
            bench.run("rollout undo deploy api")
        }
        Feature::TaintsUnnamed => {
            bench.run("taint nodes --all who=me:NoSchedule gone:NoExecute");
            bench.run("run late --image=nginx");
            bench.cluster.advance(Duration::from_secs(1));
            bench.run("get pod late -o jsonpath={.status.conditions[0].message}")
        }
        Feature::AttachSaysRecorded => {
            bench.run("run shell --image=busybox -i --tty --attach=false");
            bench.cluster.advance(Duration::from_secs(5));
            bench.run("attach shell -it")
        }
        Feature::NoNullCreation => {
            let lines = [
                "create configmap m --dry-run=client -o yaml",
                "create job j --image=i --dry-run=client -o json",
                "get sts web -o 'jsonpath={.spec.template.metadata}{.spec.volumeClaimTemplates[0].metadata}'",
            ];
            lines.map(|line| bench.run(line)).concat()
        }
        Feature::DescribeTrafficDistribution | Feature::DescribeSaysMore => {
            bench.run_with("apply -f -", Some(SERVICE));
            bench.run("create cronjob tick --image=busybox --schedule='* * * * *'");
            let text = bench.run("describe svc s") + &bench.run("describe cj tick");
            lines_with(&text, &["Traffic Dis", "AppProtocol", "Time Zone"])
        }
        Feature::TaintsOfOneLook => {
            bench.cluster.fault(Fault::StopNode { node: "node-2".to_owned() }).expect("the node is there");
            bench.cluster.advance(Duration::from_secs(70));
            bench.run(
                "get node node-2 -o 'jsonpath={range .spec.taints[*]}{.effect} {.timeAdded}{\"\\n\"}{end}'",
            )
        }
        Feature::StatefulSetTemplateChecked => {
            let said = bench.run_with("apply -f -", Some(BAD));
            bench.cluster.advance(Duration::from_secs(1));
            let why = "get events --field-selector reason=FailedCreate -o jsonpath={.items[0].message}";
            if bench.run("get sts bad -o name").starts_with('!') { said } else { said + &bench.run(why) }
        }
        Feature::SandboxShownAtOnce => {
            let mut bench = taking_time(bench.cluster.api().gates.version());
            bench.run("run slow --image=redis");
            let pulling = "get events --field-selector reason=Pulling,involvedObject.name=slow -o name";
            let mut left = 100;
            while left > 0 && !bench.run(pulling).starts_with("event/") {
                bench.cluster.advance(Duration::from_millis(100));
                left -= 1;
            }
            let status = r#"{.status.conditions[?(@.type=="PodReadyToStartContainers")].status}"#;
            let line = format!("get pod slow -o 'jsonpath={status} '");
            let first = bench.run(&line);
            bench.cluster.advance(Duration::from_secs(10));
            first + &bench.run(&line)
        }
        Feature::NodeWithoutProxyVersion => {
            let field = bench.run("get nodes -o jsonpath={.items[0].status.nodeInfo.kubeProxyVersion}");
            field + "\n" + &lines_with(&bench.run("describe node node-1"), &["Kube-Proxy"])
        }
        Feature::KYaml => {
            let lines = ["get deploy api -o kyaml", "create ns n --dry-run=client -o kyaml"];
            lines
                .map(|line| bench.run(line))
                .map(|text| text.lines().take(2).collect::<Vec<_>>().join("\n"))
                .join("\n")
        }
        Feature::AutoscaleTakesAmounts => {
            let lines = [
                "autoscale deploy api --max=3 --cpu=50%",
                "autoscale sts web --max=3 --cpu-percent=50",
                "autoscale sts web --max=3 --cpu-percent=50 --dry-run=client -o yaml",
            ];
            lines.map(|line| bench.run(line)).concat()
        }
        Feature::NominatedWhileBinding => {
            bench.run_with("apply -f -", Some(FIRST_CONSUMER));
            bench.cluster.advance(Duration::from_millis(20));
            bench.run("get pod p -o jsonpath={.status.nominatedNodeName}")
        }
        Feature::HpaBinaryMemory => {
            bench.run_with("apply -f -", Some(MEMORY_SCALER));
            bench.sleep(31);
            bench.run("get hpa m -o jsonpath={.status.currentMetrics[*].resource.current.averageValue}")
        }
        Feature::HpaToleranceKnown | Feature::HpaTolerance => {
            let said = bench.run_with("apply -f -", Some(SCALER));
            said + &bench
                .run("get hpa --ignore-not-found -o jsonpath={.items[*].spec.behavior.scaleUp.tolerance}")
        }
        Feature::IngressBackendsFromSlices => {
            bench.run("create ingress none --default-backend=none:80");
            let described = bench.run("describe ing none");
            described.lines().find(|line| line.starts_with("Default")).unwrap_or_default().to_owned()
        }
        Feature::RangeWarnings | Feature::StrictRanges => bench.run_with("apply -f -", Some(ODD_RANGES)),
        Feature::RelaxedServiceNames => bench.run("create service clusterip 1st --tcp=80"),
        Feature::ImageVolumeKnown | Feature::ImageVolume => {
            let said = bench.run_with("apply -f -", Some(IMAGE_VOLUME));
            let kept = "{.items[*].spec.volumes[*].image.reference} {.items[*].spec.containers[*].volumeMounts[*].name}";
            said + &bench.run(&format!("get pods -l of=image -o 'jsonpath={kept}'"))
        }
        Feature::DebugLabelsPodsOfNodes => {
            bench.run("debug node/node-1 --image=busybox -q");
            bench.run("get pods -l app.kubernetes.io/managed-by -o jsonpath={.items[*].metadata.labels}")
        }
        _ => return None,
    })
}

#[test]
fn each_later_row_shows_where_it_says_it_does() {
    insta::assert_snapshot!(versions::text_of_rows(shown), @r#"
    ExecNeedsDashes
        from 1.27: web-3
            ! kubectl exec [POD] [COMMAND] is DEPRECATED and will be removed in a future version. Use kubectl exec [POD] -- [COMMAND] instead.
            web-3
        from 1.31: ! error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead
            ! See 'kubectl exec -h' for help and examples
            exit 1
            ! error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead
            ! See 'kubectl exec -h' for help and examples
            exit 1
    ScaleNamesMissing
        from 1.27: ! error: no objects passed to scale
            exit 1
            ! error: no objects passed to scale
            exit 1
            deployment.apps/api scaled
            ! Error from server (NotFound): deployments.apps "none" not found
            exit 1
        from 1.34: ! error: no objects passed to scale deployments.apps "none" not found
            exit 1
            ! error: no objects passed to scale [statefulsets.apps "none" not found, statefulsets.apps "gone" not found]
            exit 1
            deployment.apps/api scaled
            ! Error from server (NotFound): deployments.apps "none" not found
            exit 1
        from 1.35.0: ! Error from server (NotFound): deployments.apps "none" not found
            exit 1
            ! Error from server (NotFound): statefulsets.apps "none" not found
            ! Error from server (NotFound): statefulsets.apps "gone" not found
            exit 1
            deployment.apps/api scaled
            ! Error from server (NotFound): deployments.apps "none" not found
            exit 1
    ScaleSaysNotFound
        from 1.27: ! error: no objects passed to scale
            exit 1
            ! error: no objects passed to scale
            exit 1
            deployment.apps/api scaled
            ! Error from server (NotFound): deployments.apps "none" not found
            exit 1
        from 1.34: ! error: no objects passed to scale deployments.apps "none" not found
            exit 1
            ! error: no objects passed to scale [statefulsets.apps "none" not found, statefulsets.apps "gone" not found]
            exit 1
            deployment.apps/api scaled
            ! Error from server (NotFound): deployments.apps "none" not found
            exit 1
        from 1.35.0: ! Error from server (NotFound): deployments.apps "none" not found
            exit 1
            ! Error from server (NotFound): statefulsets.apps "none" not found
            ! Error from server (NotFound): statefulsets.apps "gone" not found
            exit 1
            deployment.apps/api scaled
            ! Error from server (NotFound): deployments.apps "none" not found
            exit 1
    DebugWarnsOfLegacy
        from 1.27: 
        from 1.34: ! --profile=legacy is deprecated and will be removed in the future. It is recommended to explicitly specify a profile, for example "--profile=general".
        from 1.36: ! --profile=legacy is deprecated and planned to be removed in v1.39. It is recommended to specify other profile, for example "--profile=general".
    DebugProfileGeneral
        from 1.27: v  {"port":80}
        from 1.34: ! --profile=legacy is deprecated and will be removed in the future. It is recommended to explicitly specify a profile, for example "--profile=general".
            v  {"port":80}
        from 1.36:  true  {"capabilities":{"add":["SYS_PTRACE"]}}
    EventsOfOneAlone
        from 1.27: 1 2 1
        from 1.36: 1 0 0
    UndoWarnsOfApply
        from 1.27: deployment.apps/api rolled back
        from 1.36: deployment.apps/api rolled back
            ! Warning: resource deployments/api was previously managed with 'kubectl apply'. Rolling back will not update the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.
    TaintsUnnamed
        from 1.27: 0/2 nodes are available: 2 node(s) had untolerated taint {who: me}. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.
        from 1.34: 0/2 nodes are available: 2 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.
    AttachSaysRecorded
        from 1.27: / # ^D
            Session ended, resume using 'kubectl attach shell -c shell -n default -i -t' command
            ! If you don't see a command prompt, try pressing enter.
        from 1.34: / # ^D
            Session ended, resume using 'kubectl attach shell -c shell -n default -i -t' command
            ! All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.
            ! If you don't see a command prompt, try pressing enter.
    NoNullCreation
        from 1.27: apiVersion: v1
            kind: ConfigMap
            metadata:
              creationTimestamp: null
              name: m
            {
                "kind": "Job",
                "apiVersion": "batch/v1",
                "metadata": {
                    "name": "j",
                    "creationTimestamp": null
                },
                "spec": {
                    "template": {
                        "metadata": {
                            "creationTimestamp": null
                        },
                        "spec": {
                            "containers": [
                                {
                                    "name": "j",
                                    "image": "i",
                                    "resources": {}
                                }
                            ],
                            "restartPolicy": "Never"
                        }
                    }
                },
                "status": {}
            }
            {"creationTimestamp":null,"labels":{"app":"web"}}{"creationTimestamp":null,"name":"data"}
        from 1.34: apiVersion: v1
            kind: ConfigMap
            metadata:
              name: m
            {
                "kind": "Job",
                "apiVersion": "batch/v1",
                "metadata": {
                    "name": "j"
                },
                "spec": {
                    "template": {
                        "metadata": {},
                        "spec": {
                            "containers": [
                                {
                                    "name": "j",
                                    "image": "i",
                                    "resources": {}
                                }
                            ],
                            "restartPolicy": "Never"
                        }
                    }
                },
                "status": {}
            }
            {"labels":{"app":"web"}}{"name":"data"}
    DescribeTrafficDistribution
        from 1.27: 
        from 1.34: Traffic Distribution:     PreferClose
        from 1.36: AppProtocol:              http
            Traffic Distribution:     PreferClose
            Time Zone:                     <unset>
    DescribeSaysMore
        from 1.27: 
        from 1.34: Traffic Distribution:     PreferClose
        from 1.36: AppProtocol:              http
            Traffic Distribution:     PreferClose
            Time Zone:                     <unset>
    TaintsOfOneLook
        from 1.27: NoSchedule 2026-11-23T12:00:45Z
            NoExecute 2026-11-23T12:00:50Z
        from 1.34: NoSchedule 2026-11-23T12:00:55Z
            NoExecute 2026-11-23T12:00:55Z
    StatefulSetTemplateChecked
        from 1.27: statefulset.apps/bad created
            create Pod bad-0 in StatefulSet bad failed error: Pod "bad-0" is invalid: spec.containers[0].name: Invalid value: "Bad_Name": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
        from 1.34: ! The StatefulSet "bad" is invalid: spec.template.spec.containers[0].name: Invalid value: "Bad_Name": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
            exit 1
    SandboxShownAtOnce
        from 1.27: 
        from 1.31: False True
        from 1.36: True True
    NodeWithoutProxyVersion
        from 1.27: v1.27.16
              Kube-Proxy Version:         v1.27.16
        from 1.31: v1.31.13
              Kube-Proxy Version:         v1.31.13
        from 1.34: 
    KYaml
        from 1.27: ! error: unable to match a printer suitable for the output format "kyaml", allowed formats are: custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,template,templatefile,wide,yaml
            exit 1
            ! error: unable to match a printer suitable for the output format "kyaml", allowed formats are: go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,template,templatefile,yaml
            exit 1
        from 1.35.0: ---
            {
            ---
            {
    AutoscaleTakesAmounts
        from 1.27: ! error: unknown flag: --cpu
            ! See 'kubectl autoscale --help' for usage.
            exit 1
            horizontalpodautoscaler.autoscaling/web autoscaled
            apiVersion: autoscaling/v1
            kind: HorizontalPodAutoscaler
            metadata:
              creationTimestamp: null
              name: web
            spec:
              maxReplicas: 3
              scaleTargetRef:
                apiVersion: apps/v1
                kind: StatefulSet
                name: web
              targetCPUUtilizationPercentage: 50
            status:
              currentReplicas: 0
              desiredReplicas: 0
        from 1.34: horizontalpodautoscaler.autoscaling/api autoscaled
            horizontalpodautoscaler.autoscaling/web autoscaled
            ! Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU).
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata:
              name: web
            spec:
              maxReplicas: 3
              metrics:
              - resource:
                  name: cpu
                  target:
                    averageUtilization: 50
                    type: Utilization
                type: Resource
              scaleTargetRef:
                apiVersion: apps/v1
                kind: StatefulSet
                name: web
            status:
              currentMetrics: null
              desiredReplicas: 0
            ! Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU).
    NominatedWhileBinding
        from 1.27: 
        from 1.35.0: node-1
    HpaBinaryMemory
        from 1.27: 12582912
        from 1.34: 12Mi
    HpaToleranceKnown
        from 1.27: ! Error from server (BadRequest): error when creating "STDIN": HorizontalPodAutoscaler in version "v2" cannot be handled as a HorizontalPodAutoscaler: strict decoding error: unknown field "spec.behavior.scaleUp.tolerance"
            exit 1
        from 1.34: horizontalpodautoscaler.autoscaling/h created
        from 1.35.0: horizontalpodautoscaler.autoscaling/h created
            50m
    HpaTolerance
        from 1.27: ! Error from server (BadRequest): error when creating "STDIN": HorizontalPodAutoscaler in version "v2" cannot be handled as a HorizontalPodAutoscaler: strict decoding error: unknown field "spec.behavior.scaleUp.tolerance"
            exit 1
        from 1.34: horizontalpodautoscaler.autoscaling/h created
        from 1.35.0: horizontalpodautoscaler.autoscaling/h created
            50m
    RelaxedServiceNames
        from 1.27: ! error: failed to create ClusterIP service: Service "1st" is invalid: metadata.name: Invalid value: "1st": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
            exit 1
        from 1.36: service/1st created
    DebugLabelsPodsOfNodes
        from 1.27: 
        from 1.34: {"app.kubernetes.io/managed-by":"kubectl-debug"}
        from 1.35.0: {"app.kubernetes.io/managed-by":"kubectl-debug","topology.kubernetes.io/zone":"zone-1"}
    ImageVolumeKnown
        from 1.27: ! Error from server (BadRequest): error when creating "STDIN": Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.volumes[0].image"
            exit 1
        from 1.31: pod/vol created
        from 1.35.0: pod/vol created
            busybox v
    ImageVolume
        from 1.27: ! Error from server (BadRequest): error when creating "STDIN": Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.volumes[0].image"
            exit 1
        from 1.31: pod/vol created
        from 1.35.0: pod/vol created
            busybox v
    CapitalSetEvents
        from 1.27: create Claim data-web-3 Pod web-3 in StatefulSet web success create Pod web-3 in StatefulSet web successful delete Pod web-3 in StatefulSet web successful
        from 1.34: Create Claim data-web-3 Pod web-3 in StatefulSet web success Create Pod web-3 in StatefulSet web successful Delete Pod web-3 in StatefulSet web successful
    IngressBackendsFromSlices
        from 1.27: Default backend:  none:80 (<error: endpoints "none" not found>)
        from 1.31: Default backend:  none:80 (<error: services "none" not found>)
    RangeWarnings
        from 1.27: networkpolicy.networking.k8s.io/odd created
        from 1.34: networkpolicy.networking.k8s.io/odd created
            ! Warning: spec.egress[0].to[0].ipBlock.cidr: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)
            ! Warning: spec.egress[0].to[0].ipBlock.except[0]: non-standard CIDR value "10.01.0.0/16" will be considered invalid in a future Kubernetes release: use "10.1.0.0/16"
            ! Warning: spec.egress[0].to[1].ipBlock.cidr: IPv6 CIDR value "FD00::/16" should be in RFC 5952 canonical format ("fd00::/16")
        from 1.36: ! The NetworkPolicy "odd" is invalid: 
            ! * spec.egress[0].to[0].ipBlock.cidr: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length
            ! * spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "10.01.0.0/16": must not have leading 0s in IP or prefix length
            exit 1
    StrictRanges
        from 1.27: networkpolicy.networking.k8s.io/odd created
        from 1.34: networkpolicy.networking.k8s.io/odd created
            ! Warning: spec.egress[0].to[0].ipBlock.cidr: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)
            ! Warning: spec.egress[0].to[0].ipBlock.except[0]: non-standard CIDR value "10.01.0.0/16" will be considered invalid in a future Kubernetes release: use "10.1.0.0/16"
            ! Warning: spec.egress[0].to[1].ipBlock.cidr: IPv6 CIDR value "FD00::/16" should be in RFC 5952 canonical format ("fd00::/16")
        from 1.36: ! The NetworkPolicy "odd" is invalid: 
            ! * spec.egress[0].to[0].ipBlock.cidr: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length
            ! * spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "10.01.0.0/16": must not have leading 0s in IP or prefix length
            exit 1
    "#);
}

#[test]
fn every_row_is_shown_by_one_of_the_two() {
    let tests = [include_str!("versions/shown.rs"), include_str!("version_rows.rs")];
    for row in DIFFERENCES {
        let name = format!("Feature::{:?}", row.feature);
        assert!(tests.iter().any(|test| test.contains(&name)), "{name}");
    }
}

#[test]
fn probes_name_the_release_of_their_kubelet() {
    let served = |version: V| {
        let mut bench = Bench::of_version(version);
        bench.run_with("apply -f -", Some(PROBED));
        bench.cluster.advance(Duration::from_secs(10));
        bench.run("logs probed --tail=1")
    };
    insta::assert_snapshot!([V::V1_27, V::V1_36].map(served).concat(), @r#"
    10.244.1.1 - - [23/Nov/2026:12:00:10 +0000] "GET / HTTP/1.1" 200 152 "-" "kube-probe/1.27" "-"
    10.244.1.1 - - [23/Nov/2026:12:00:10 +0000] "GET / HTTP/1.1" 200 152 "-" "kube-probe/1.36" "-"
    "#);
}

const PROBED: &str = r#"
{apiVersion: v1, kind: Pod, metadata: {name: probed}, spec: {containers: [{name: app, image: nginx, readinessProbe:
  {httpGet: {port: 80}}}]}}
"#;
