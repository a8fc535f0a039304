//! ResourceQuotas and LimitRanges.

use std::time::Duration;

use super::Bench;

const SET: &str = r#"
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  replicas: 3
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: app, image: nginx, resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 128Mi}}}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"#;

const RANGE: &str = r#"
apiVersion: v1
kind: LimitRange
metadata: {name: bounds}
spec:
  limits:
  - type: Container
    max: {cpu: "1", memory: 1Gi}
    min: {cpu: 50m}
    default: {cpu: 500m}
    defaultRequest: {cpu: 100m}
    maxLimitRequestRatio: {cpu: "5"}
  - type: PersistentVolumeClaim
    max: {storage: 2Gi}
    min: {storage: 500Mi}
"#;

fn pod(name: &str, resources: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{containers: [{{name: app, image: nginx, resources: {resources}}}]}}}}"
    )
}

#[test]
fn a_quota_stops_a_set_and_lets_it_go_on() {
    let mut bench = Bench::whole();
    insta::assert_snapshot!(
        bench.run("create quota small --hard=pods=2,requests.cpu=1,limits.memory=1Gi,persistentvolumeclaims=5,count/statefulsets.apps=1"), @"resourcequota/small created"
    );
    bench.run_with("apply -f -", Some(SET));
    bench.cluster.advance(Duration::from_secs(10));
    insta::assert_snapshot!(bench.run("get quota"), @r"
    NAME    REQUEST                                                                                      LIMIT                      AGE
    small   count/statefulsets.apps: 1/1, persistentvolumeclaims: 3/5, pods: 2/2, requests.cpu: 200m/1   limits.memory: 256Mi/1Gi   10s
    ");
    insta::assert_snapshot!(bench.run("describe quota small"), @r"
    Name:                    small
    Namespace:               default
    Resource                 Used   Hard
    --------                 ----   ----
    count/statefulsets.apps  1      1
    limits.memory            256Mi  1Gi
    persistentvolumeclaims   3      5
    pods                     2      2
    requests.cpu             200m   1
    ");
    insta::assert_snapshot!(bench.run("get events --field-selector reason=FailedCreate -o jsonpath={.items[0].message}"), @r#"Create Pod web-1 in StatefulSet web failed error: pods "web-1" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2"#);
    insta::assert_snapshot!(bench.run_with("create -f -", Some(&SET.replace("name: web}", "name: two}"))), @r#"
    ! Error from server (Forbidden): error when creating "STDIN": statefulsets.apps "two" is forbidden: exceeded quota: small, requested: count/statefulsets.apps=1, used: count/statefulsets.apps=1, limited: count/statefulsets.apps=1
    exit 1
    "#);
    insta::assert_snapshot!(bench.run_with("create -f -", Some(&pod("greedy", "{requests: {cpu: 1}}"))), @r#"
    ! Error from server (Forbidden): error when creating "STDIN": pods "greedy" is forbidden: failed quota: small: must specify limits.memory for: app
    exit 1
    "#);
    bench.run("patch quota small -p '{\"spec\":{\"hard\":{\"pods\":\"3\"}}}'");
    bench.cluster.advance(Duration::from_secs(400));
    insta::assert_snapshot!(bench.run("get sts web --no-headers"), @"web   3/3   6m50s");
    bench.run("scale sts web --replicas=1");
    bench.cluster.advance(Duration::from_secs(60));
    insta::assert_snapshot!(bench.run("get quota small -o jsonpath={.status.used}"), @r#"{"count/statefulsets.apps":"1","limits.memory":"128Mi","persistentvolumeclaims":"3","pods":"1","requests.cpu":"100m"}"#);
}

#[test]
fn scopes_choose_what_a_quota_counts() {
    let mut bench = Bench::whole();
    bench.run("create quota idle --hard=pods=1 --scopes=BestEffort");
    insta::assert_snapshot!(bench.run_with("create -f -", Some(&pod("a", "{}"))), @"pod/a created");
    insta::assert_snapshot!(bench.run_with("create -f -", Some(&pod("b", "{}"))), @r#"
    ! Error from server (Forbidden): error when creating "STDIN": pods "b" is forbidden: exceeded quota: idle, requested: pods=1, used: pods=1, limited: pods=1
    exit 1
    "#);
    insta::assert_snapshot!(bench.run_with("create -f -", Some(&pod("c", "{requests: {cpu: 1m}}"))), @"pod/c created");
    insta::assert_snapshot!(bench.run("create quota odd --hard=pods=1 --scopes=BestEffort,NotBestEffort"), @r#"
    ! error: failed to create quota: ResourceQuota "odd" is invalid: spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes
    exit 1
    "#);
    insta::assert_snapshot!(bench.run("create quota odd --hard=pods=1 --scopes=Nope"), @r#"
    ! error: failed to create quota: ResourceQuota "odd" is invalid: spec.scopes: Invalid value: ["Nope"]: unsupported scope
    exit 1
    "#);
    insta::assert_snapshot!(bench.run("create quota odd --hard=pods=-1"), @r#"
    ! error: failed to create quota: ResourceQuota "odd" is invalid: spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0
    exit 1
    "#);
}

#[test]
fn a_limit_range_fills_in_and_bounds() {
    let mut bench = Bench::whole();
    bench.run_with("create -f -", Some(RANGE));
    bench.run_with("create -f -", Some(&pod("plain", "{}")));
    insta::assert_snapshot!(bench.run("get pod plain -o 'jsonpath={.spec.containers[0].resources} {.metadata.annotations}'"), @r#"{"limits":{"cpu":"500m","memory":"1Gi"},"requests":{"cpu":"100m","memory":"1Gi"}} {"kubernetes.io/limit-ranger":"LimitRanger plugin set: cpu, memory request for container app; cpu, memory limit for container app"}"#);
    let mut said = String::new();
    for resources in [
        "{requests: {cpu: 2, memory: 2Gi}, limits: {cpu: 2, memory: 2Gi}}",
        "{requests: {cpu: 10m}, limits: {cpu: 20m, memory: 1Gi}}",
        "{requests: {cpu: 100m}, limits: {cpu: 1, memory: 1Gi}}",
    ] {
        said.push_str(&bench.run_with("create -f -", Some(&pod("bad", resources))));
    }
    let claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 3Gi}}}}";
    said.push_str(&bench.run_with("create -f -", Some(claim)));
    said.push_str(&bench.run_with("create -f -", Some(&claim.replace("3Gi", "1Mi"))));
    insta::assert_snapshot!(said, @r#"
    ! Error from server (Forbidden): error when creating "STDIN": pods "bad" is forbidden: [maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per Container is 1Gi, but limit is 2Gi]
    exit 1
    ! Error from server (Forbidden): error when creating "STDIN": pods "bad" is forbidden: minimum cpu usage per Container is 50m, but request is 10m
    exit 1
    ! Error from server (Forbidden): error when creating "STDIN": pods "bad" is forbidden: cpu max limit to request ratio per Container is 5, but provided ratio is 10.000000
    exit 1
    ! Error from server (Forbidden): error when creating "STDIN": persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi
    exit 1
    ! Error from server (Forbidden): error when creating "STDIN": persistentvolumeclaims "c" is forbidden: minimum storage usage per PersistentVolumeClaim is 500Mi, but request is 1Mi
    exit 1
    "#);
    insta::assert_snapshot!(bench.run("describe limits bounds"), @r"
    Name:                  bounds
    Namespace:             default
    Type                   Resource  Min    Max  Default Request  Default Limit  Max Limit/Request Ratio
    ----                   --------  ---    ---  ---------------  -------------  -----------------------
    Container              cpu       50m    1    100m             500m           5
    Container              memory    -      1Gi  1Gi              1Gi            -
    PersistentVolumeClaim  storage   500Mi  2Gi  -                -              -
    ");
    insta::assert_snapshot!(bench.run("get limits"), @r"
    NAME     CREATED AT
    bounds   2026-11-23T12:00:00Z
    ");
    insta::assert_snapshot!(bench.run_with("create -f -", Some(&RANGE.replace("name: bounds", "name: odd").replace("min: {cpu: 50m}", "min: {cpu: 3}").replace("{cpu: \"5\"}", "{cpu: 500m}"))), @r#"
    ! The LimitRange "odd" is invalid: 
    ! * spec.limits[0].min[cpu]: Invalid value: "3": min value 3 is greater than max value 1
    ! * spec.limits[0].defaultRequest[cpu]: Invalid value: "100m": min value 3 is greater than default request value 100m
    ! * spec.limits[0].default[cpu]: Invalid value: "3": min value 3 is greater than default value 500m
    ! * spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1
    ! * spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is greater than max/min = 0.333333
    exit 1
    "#);
}

#[test]
fn a_namespaces_description_shows_its_quotas_and_limits() {
    let mut bench = Bench::whole();
    bench.run("create quota small --hard=pods=2,requests.cpu=1 --scopes=NotTerminating");
    bench.run("create quota second --hard=pods=7");
    bench.run_with("create -f -", Some(RANGE));
    bench.cluster.advance(Duration::from_secs(1));
    insta::assert_snapshot!(bench.run("describe ns default"), @r"
    Name:         default
    Labels:       kubernetes.io/metadata.name=default
    Annotations:  <none>
    Status:       Active

    Resource Quotas
      Name:     second
      Resource  Used  Hard
      --------  ---   ---
      pods      0     7
      Name:     small
      Scopes:   NotTerminating
      * Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.
      Resource      Used  Hard
      --------      ---   ---
      pods          0     2
      requests.cpu  0     1

    Resource Limits
     Type                   Resource  Min    Max  Default Request  Default Limit  Max Limit/Request Ratio
     ----                   --------  ---    ---  ---------------  -------------  -----------------------
     Container              cpu       50m    1    100m             500m           5
     Container              memory    -      1Gi  1Gi              1Gi            -
     PersistentVolumeClaim  storage   500Mi  2Gi  -                -              -
    ");
}
