//! Nodes that are drained and tainted: the texts of the recording `drain-with-budget`, and of kubectl's source.

use insta::assert_snapshot;

use super::{Bench, web};
use crate::cluster::Fault;
use crate::engine::{ClusterConfig, TimingProfile};

const BUDGET: &str = "---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
";

fn bench(replicas: u32) -> Bench {
    let mut bench = Bench::new();
    bench.run_with("apply -f -", Some(&format!("{}{BUDGET}", web(replicas))));
    bench.sleep(6);
    bench
}

#[test]
fn a_drain_evicts_what_the_budget_allows() {
    let mut bench = bench(3);
    assert_snapshot!(bench.run("get pdb"), @r"
    NAME   MIN AVAILABLE   MAX UNAVAILABLE   ALLOWED DISRUPTIONS   AGE
    web    2               N/A               1                     6s
    ");
    let node = bench.run("get pod web-1 -o jsonpath={.spec.nodeName}");
    let drained =
        bench.run(&format!("drain {node} --ignore-daemonsets --delete-emptydir-data --timeout=20s"));
    assert_eq!(
        drained,
        format!("node/{node} cordoned\nevicting pod default/web-1\npod/web-1 evicted\nnode/{node} drained\n")
    );
    bench.sleep(3);
    let again = bench.run(&format!("drain {node}"));
    assert_eq!(again, format!("node/{node} already cordoned\nnode/{node} drained\n"));
}

#[test]
fn a_drain_asks_again_while_the_budget_forbids_and_gives_up_in_the_end() {
    let mut bench = bench(2);
    let node = bench.run("get pod web-1 -o jsonpath={.spec.nodeName}");
    let said = bench.run(&format!("drain {node} --timeout=7s"));
    assert_snapshot!(said.replace(&node, "NODE"), @r#"
    node/NODE cordoned
    evicting pod default/web-1
    evicting pod default/web-1
    evicting pod default/web-1
    ! error when evicting pods/"web-1" -n "default" (will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.
    ! error when evicting pods/"web-1" -n "default" (will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.
    ! There are pending pods in node "NODE" when an error occurred: error when evicting pods/"web-1" -n "default": global timeout reached: 7s
    ! pod/web-1
    ! error: unable to drain node "NODE" due to error: error when evicting pods/"web-1" -n "default": global timeout reached: 7s, continuing command...
    ! There are pending nodes to be drained:
    !  NODE
    ! error when evicting pods/"web-1" -n "default": global timeout reached: 7s
    exit 1
    "#);
    assert_snapshot!(bench.run("describe pdb web --show-events=false"), @r"
    Name:           web
    Namespace:      default
    Min available:  2
    Selector:       app=web
    Status:
        Allowed disruptions:  0
        Current:              2
        Desired:              2
        Total:                2
    ");
}

#[test]
fn a_drain_leaves_pods_without_controller_unless_forced() {
    let mut bench = Bench::new();
    bench.run("run one --image=app:1.0");
    bench.sleep(3);
    let node = bench.run("get pod one -o jsonpath={.spec.nodeName}");
    let said = bench.run(&format!("drain {node}"));
    assert_snapshot!(said.replace(&node, "NODE"), @r#"
    node/NODE cordoned
    ! error: unable to drain node "NODE" due to error: cannot delete Pods that declare no controller (use --force to override): default/one, continuing command...
    ! There are pending nodes to be drained:
    !  NODE
    ! cannot delete Pods that declare no controller (use --force to override): default/one
    exit 1
    "#);
    let said = bench.run(&format!("drain {node} --force"));
    assert_snapshot!(said.replace(&node, "NODE"), @r"
    node/NODE already cordoned
    evicting pod default/one
    pod/one evicted
    node/NODE drained
    ! Warning: deleting Pods that declare no controller: default/one
    ");
}

#[test]
fn taints_are_set_replaced_and_removed() {
    let mut bench = Bench::new();
    let taints = "get node node-1 -o jsonpath={.spec.taints[*].key}";
    assert_snapshot!(bench.run("taint nodes node-1 a=b:NoSchedule c:NoExecute"), @"node/node-1 tainted");
    assert_snapshot!(bench.run(taints), @"a c");
    assert_snapshot!(bench.run("taint node node-1 a=x:NoSchedule"), @r"
    ! error: node node-1 already has a taint(s) with same effect(s) and --overwrite is false
    exit 1
    ");
    assert_snapshot!(bench.run("taint no node-1 a=x:NoSchedule --overwrite"), @"node/node-1 modified");
    assert_snapshot!(bench.run("taint nodes node-1 a- c:NoExecute-"), @"node/node-1 untainted");
    assert_snapshot!(bench.run(taints), @"");
    assert_snapshot!(bench.run("taint nodes node-1 a-"), @r#"
    ! error: taint "a" not found
    exit 1
    "#);
    assert_snapshot!(bench.run("taint nodes node-1 a=b:Never"), @r"
    ! error: invalid taint effect: Never, unsupported taint effect
    ! See 'kubectl taint -h' for help and examples
    exit 1
    ");
}

#[test]
fn a_no_execute_taint_evicts_what_does_not_tolerate_it() {
    let mut bench = Bench::new();
    bench.run("run one --image=app:1.0");
    bench.sleep(3);
    let node = bench.run("get pod one -o jsonpath={.spec.nodeName}");
    bench.run(&format!("taint nodes {node} out=of-order:NoExecute"));
    bench.sleep(3);
    assert_snapshot!(bench.run("get pods"), @"! No resources found in default namespace.");
}

/// A silent node's heartbeats end where it fell silent; those of the others go on, and nothing is stored for it.
#[test]
fn heartbeats_are_seen_and_cost_nothing() {
    let mut bench = Bench::whole();
    bench.sleep(600);
    let stored = bench.cluster.store().revision();
    bench.sleep(57);
    assert_eq!(bench.cluster.store().revision(), stored);
    let lease = "get leases -A -o jsonpath={.items[0].spec.renewTime}";
    let heartbeat = "get node minikube -o jsonpath={.status.conditions[0].lastHeartbeatTime}";
    assert_eq!(bench.run(lease), "2026-11-23T12:10:50.000000Z");
    assert_eq!(bench.run(heartbeat), "2026-11-23T12:10:00Z");
    assert!(bench.run("describe node minikube").contains("RenewTime:       Mon, 23 Nov 2026 12:10:50 +0000"));
    bench.cluster.fault(crate::cluster::Fault::StopNode { node: "minikube".to_owned() }).expect("a node");
    bench.sleep(600);
    assert_eq!(bench.run(lease), "2026-11-23T12:10:50.000000Z");
    assert_eq!(bench.run(heartbeat), "2026-11-23T12:10:00Z");
    assert!(bench.run("describe node minikube").contains("RenewTime:       Mon, 23 Nov 2026 12:10:50 +0000"));
    assert_snapshot!(bench.run("get leases,csinodes -A"), @r"
    NAMESPACE         NAME                                 HOLDER     AGE
    kube-node-lease   lease.coordination.k8s.io/minikube   minikube   6d23h

    NAME                              DRIVERS   AGE
    csinode.storage.k8s.io/minikube   0         6d23h
    ");
}

#[test]
fn a_pod_of_a_higher_class_gets_the_room_it_needs() {
    let mut bench = Bench::whole();
    bench.run("create priorityclass high --value=1000 --description=urgent");
    assert_snapshot!(bench.run("get pc high"), @r"
    NAME   VALUE   GLOBAL-DEFAULT   AGE   PREEMPTIONPOLICY
    high   1000    false            0s    PreemptLowerPriority
    ");
    assert_snapshot!(bench.run("describe pc high"), @r"
    Name:              high
    Value:             1000
    GlobalDefault:     false
    PreemptionPolicy:  PreemptLowerPriority
    Description:       urgent
    Annotations:       <none>
    Events:            <none>
    ");
    assert_snapshot!(bench.run("create priorityclass huge --value=1000000001"), @r#"
    ! error: failed to create priorityclass: PriorityClass.scheduling.k8s.io "huge" is invalid: value: Forbidden: maximum allowed value of a user defined priority is 1000000000
    exit 1
    "#);
    assert_snapshot!(bench.run("create priorityclass system-mine --value=1"), @r#"
    ! error: failed to create priorityclass: PriorityClass.scheduling.k8s.io "system-mine" is invalid: metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class
    exit 1
    "#);
    let pod = |name: &str, class: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{{class} containers: [{{name: c, image: \"nginx:1.27\", resources: {{requests: {{cpu: 3}}}}}}]}}}}"
        )
    };
    bench.run_with("apply -f -", Some(&pod("weak", "")));
    bench.sleep(5);
    bench.run_with("apply -f -", Some(&pod("strong", "priorityClassName: high,")));
    bench.cluster.advance(std::time::Duration::from_millis(10));
    assert_snapshot!(bench.run("get pods -o wide"), @r"
    NAME     READY   STATUS    RESTARTS   AGE   IP           NODE       NOMINATED NODE   READINESS GATES
    strong   1/1     Running   0          0s    10.244.0.3   minikube   <none>           <none>
    ");
    bench.sleep(60);
    assert_snapshot!(bench.run("get pods"), @r"
    NAME     READY   STATUS    RESTARTS   AGE
    strong   1/1     Running   0          60s
    ");
    assert_snapshot!(bench.run_with("apply -f -", Some(&pod("worse", "priorityClassName: none,"))), @r#"
    ! Error from server (Forbidden): error when creating "STDIN": pods "worse" is forbidden: no PriorityClass with name none was found
    exit 1
    "#);
    assert_snapshot!(bench.run_with("apply -f -", Some(&pod("never", "priority: 7,"))), @r#"
    ! Error from server (Forbidden): error when creating "STDIN": pods "never" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name
    exit 1
    "#);
}

#[test]
fn placement_that_makes_no_sense_is_refused() {
    let mut bench = Bench::whole();
    let manifest = r#"
apiVersion: v1
kind: Pod
metadata: {name: bad}
spec:
  schedulingGates: [{name: "g g"}, {name: a}, {name: a}]
  topologySpreadConstraints:
  - {maxSkew: 0, topologyKey: "", whenUnsatisfiable: Maybe, minDomains: 0}
  - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, minDomains: 2, matchLabelKeys: [x]}
  - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {x: z}}, nodeAffinityPolicy: What}
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}
      preferredDuringSchedulingIgnoredDuringExecution:
      - {weight: 0, preference: {matchExpressions: [{key: a, operator: Gt}], matchFields: [{key: metadata.uid, operator: Exists}]}}
    podAntiAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
      - {labelSelector: {matchExpressions: [{key: a, operator: In}]}, topologyKey: ""}
      preferredDuringSchedulingIgnoredDuringExecution:
      - {weight: 101, podAffinityTerm: {topologyKey: z}}
  containers:
  - {name: c, image: "nginx:1.27"}
"#;
    let said = bench.run_with("create -f -", Some(manifest));
    assert_snapshot!(said.replace(", spec.", ",\nspec."), @r#"
    ! The Pod "bad" is invalid: 
    ! * spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term
    ! * spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100
    ! * spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'
    ! * spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchFields[0].operator: Invalid value: "Exists": not a valid selector operator
    ! * spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchFields[0].key: Invalid value: "metadata.uid": not a valid field selector key
    ! * spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'
    ! * spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty
    ! * spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must be non-empty
    ! * spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
    ! * spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100
    ! * spec.schedulingGates[0]: Invalid value: "g g": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
    ! * spec.schedulingGates[2]: Duplicate value: "a"
    ! * spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero
    ! * spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty
    ! * spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Maybe": supported values: "DoNotSchedule", "ScheduleAnyway"
    ! * spec.topologySpreadConstraints[0].minDomains: Invalid value: 0: must be greater than zero
    ! * spec.topologySpreadConstraints[0].minDomains: Invalid value: 0: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not Maybe
    ! * spec.topologySpreadConstraints[1].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, ScheduleAnyway}"
    ! * spec.topologySpreadConstraints[1].minDomains: Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway
    ! * spec.topologySpreadConstraints[1].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set
    ! * spec.topologySpreadConstraints[2].nodeAffinityPolicy: Unsupported value: "What": supported values: "Honor", "Ignore"
    exit 1
    "#);
}

#[test]
fn a_kubelet_says_that_its_node_was_cordoned() {
    let mut bench = Bench::whole();
    bench.run("cordon minikube");
    bench.sleep(11);
    bench.run("uncordon minikube");
    bench.sleep(11);
    let said = bench.run("get events -o custom-columns=R:.reason,M:.message --no-headers");
    assert_snapshot!(said, @r"
    NodeNotSchedulable   Node minikube status is now: NodeNotSchedulable
    NodeSchedulable      Node minikube status is now: NodeSchedulable
    ");
}

#[test]
fn volumes_and_classes_that_make_no_sense_are_refused() {
    let mut bench = Bench::whole();
    let manifest = r#"
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], local: {path: /mnt/disk}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  local: {path: /mnt/disk}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: Lt, values: [a, b]}]}]}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: zonal}
provisioner: example.com/disk
allowedTopologies:
- matchLabelExpressions: [{key: zone, values: []}, {key: zone, values: [a, a]}]
"#;
    assert_snapshot!(bench.run_with("create -f -", Some(manifest)), @r#"
    ! Error from server (Invalid): error when creating "STDIN": PersistentVolume "disk" is invalid: spec.nodeAffinity: Required value: Local volume requires node affinity
    ! Error from server (Invalid): error when creating "STDIN": PersistentVolume "disk" is invalid: spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'
    ! Error from server (Invalid): error when creating "STDIN": StorageClass.storage.k8s.io "zonal" is invalid: [allowedTopologies[0].matchLabelExpressions[0].values: Required value, allowedTopologies[0].matchLabelExpressions[1].values[1]: Duplicate value: "a", allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "zone"]
    exit 1
    "#);
}

#[test]
fn a_node_that_joins_is_told_of() {
    let mut bench = Bench::whole();
    bench.cluster.fault(Fault::JoinNode { node: "extra".to_owned() }).expect("there is none of that name");
    bench.sleep(20);
    let told = bench.run("events --for node/extra");
    assert_snapshot!(told, @"
    LAST SEEN   TYPE     REASON                    OBJECT       MESSAGE
    20s         Normal   Starting                  Node/extra   Starting kubelet.
    20s         Normal   NodeAllocatableEnforced   Node/extra   Updated Node Allocatable limit across pods
    20s         Normal   NodeHasSufficientMemory   Node/extra   Node extra status is now: NodeHasSufficientMemory
    20s         Normal   NodeHasNoDiskPressure     Node/extra   Node extra status is now: NodeHasNoDiskPressure
    20s         Normal   NodeHasSufficientPID      Node/extra   Node extra status is now: NodeHasSufficientPID
    15s         Normal   RegisteredNode            Node/extra   Node extra event: Registered Node extra in Controller
    8s          Normal   NodeReady                 Node/extra   Node extra status is now: NodeReady
    ");
}

#[test]
fn a_node_keeps_its_range_of_pod_addresses() {
    let mut bench = Bench::whole();
    insta::assert_snapshot!(bench.run(r#"patch node minikube -p '{"spec":{"podCIDR":"10.9.0.0/24"}}'"#), @r#"
    ! The Node "minikube" is invalid: spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid
    exit 1
    "#);
    // The list alone says nothing: the one range stands for it.
    insta::assert_snapshot!(bench.run(r#"patch node minikube --type=merge -p '{"spec":{"podCIDRs":["10.9.0.0/24"]}}'"#), @"node/minikube patched (no change)");
    insta::assert_snapshot!(bench.run("get node minikube -o jsonpath='{.spec}'"), @r#"{"podCIDR":"10.244.0.0/24","podCIDRs":["10.244.0.0/24"]}"#);
}

#[test]
fn a_pod_whose_claims_are_unbound_says_which() {
    let mut bench = Bench::whole();
    let manifest = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: late}, spec: {storageClassName: none, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: one}, spec: {nodeName: minikube, containers: [{name: app, image: nginx, volumeMounts: [{name: b, mountPath: /b}, {name: a, mountPath: /a}]}],
  volumes: [{name: b, persistentVolumeClaim: {claimName: late}}, {name: a, persistentVolumeClaim: {claimName: nope}}]}}";
    bench.run_with("apply -f -", Some(manifest));
    bench.sleep(1);
    insta::assert_snapshot!(bench.run("get events --field-selector reason=FailedMount -o jsonpath={.items[0].message}"), @r#"Unable to attach or mount volumes: unmounted volumes=[a b], unattached volumes=[], failed to process volumes=[a b]: error processing PVC default/late: PVC is not bound; error processing PVC default/nope: failed to fetch PVC from API server: persistentvolumeclaims "nope" not found"#);
}

#[test]
fn a_node_tells_of_the_images_it_has() {
    const NAMES: &str =
        "get nodes -o 'jsonpath={range .items[*].status.images[*]}{.sizeBytes} {.names}{\"\\n\"}{end}'";
    let profile = TimingProfile::named("minikube").expect("a known profile");
    let mut bench = Bench::on(ClusterConfig::for_profile(profile, 1));
    assert_snapshot!(bench.run(NAMES), @r#"
    74311308 ["registry.k8s.io/etcd@sha256:c88a502c7fa6efe495036de36ee2004fd57aa114b14d9f9c59f1d764157047d5","registry.k8s.io/etcd:3.6.8-0"]
    27061991 ["registry.k8s.io/kube-apiserver@sha256:eddeb001ff2edb0cff69a432eaf9a990c0680b3296035f57f033ef07d7931ca9","registry.k8s.io/kube-apiserver:v1.36.2"]
    25963718 ["registry.k8s.io/kube-proxy@sha256:1ca50fcfa5fbacd71fa3066f8e84727fe763af2f435d198c9bf125678bb96a9d","registry.k8s.io/kube-proxy:v1.36.2"]
    22819474 ["registry.k8s.io/kube-controller-manager@sha256:80947b00bf720249ec42c4a44f1b14e4ba91e2991a1aca100927aee566d94613","registry.k8s.io/kube-controller-manager:v1.36.2"]
    22384805 ["registry.k8s.io/coredns/coredns@sha256:7c252a7ccdbcdede37957e6260b9f3a1f2f9748791e663fafb1547f9bdfb3e8e","registry.k8s.io/coredns/coredns:v1.14.2"]
    17385568 ["registry.k8s.io/kube-scheduler@sha256:932401a94d69a759f7945772b7b7a0c6d58e27629709d668d8622e133dbbcf82","registry.k8s.io/kube-scheduler:v1.36.2"]
    9057171 ["gcr.io/k8s-minikube/storage-provisioner@sha256:a15e2194ddd92344d18bdc3030922bd9f3b9aeb49f0d7c2ca2cb948ac964f8b4","gcr.io/k8s-minikube/storage-provisioner:v5"]
    "#);
    bench.run("run web --image=nginx:1.27");
    bench.run("run cache --image=redis:7.4");
    bench.sleep(60);
    let pulled: Vec<String> =
        bench.run(NAMES).lines().filter(|line| !line.contains("k8s")).map(str::to_owned).collect();
    assert_snapshot!(pulled.join("\n"), @r#"
    72324501 ["nginx@sha256:ea049535ed26794bc7f31d44515737a57fec15d3a03d0d97156d26a8f624bd77","nginx:1.27"]
    52637416 ["redis@sha256:6ab9f3cef56b2f20792747d88273644e1c29c208cafff8d29642b67cdf1b1b19","redis:7.4"]
    "#);
    assert_snapshot!(Bench::new().run(NAMES), @"");
}

#[test]
fn what_a_node_has_besides_can_be_asked_for_ten_seconds_later() {
    let mut bench = Bench::whole();
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: user}, spec: {containers: [{name: app, image: busybox, \
               command: [sleep, 1d], resources: {limits: {example.com/dongle: 3}}}]}}";
    bench.run_with("apply -f -", Some(pod));
    bench.sleep(2);
    let status = "get pod user --no-headers -o custom-columns=P:.status.phase";
    assert_eq!(bench.run(status).trim(), "Pending");
    let patch = r#"[{"op":"add","path":"/status/capacity/example.com~1dongle","value":"4"}]"#;
    bench.run(&format!("patch node minikube --subresource=status --type=json -p '{patch}'"));
    bench.sleep(15);
    let offered = "get node minikube -o jsonpath='{.status.allocatable.example\\.com/dongle}'";
    assert_eq!(bench.run(offered), "4");
    assert_eq!(bench.run(status).trim(), "Running");
}
