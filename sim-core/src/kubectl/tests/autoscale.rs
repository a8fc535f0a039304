//! Autoscalers and `top` as a user meets them.

use insta::assert_snapshot;

use super::Bench;
use crate::api::{Kind, ObjectKey, ObjectRef};
use crate::cluster::Fault;
use crate::controllers::podautoscaler::usage::Load;

/// A deployment of one pod that requests 200m of CPU and 64Mi of memory.
static WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: app
        image: nginx
        resources: {requests: {cpu: 200m, memory: 64Mi}}
";

fn bench() -> Bench {
    let mut bench = Bench::whole();
    assert_eq!(bench.run_with("apply -f -", Some(WEB)).trim(), "deployment.apps/web created");
    bench
}

/// Loads the deployment.
fn load(bench: &mut Bench, cpu_milli: i64) {
    let on = ObjectRef::new(Kind::Deployment, ObjectKey::new("default", "web"));
    bench.cluster.fault(Fault::Load { on, load: Load { cpu_milli, memory_bytes: 0 } }).unwrap();
}

#[test]
fn an_autoscaler_follows_the_load() {
    let mut bench = bench();
    let scaled = bench.run("autoscale deployment web --cpu=50% --min=1 --max=5");
    assert_snapshot!(scaled, @"horizontalpodautoscaler.autoscaling/web autoscaled");
    assert_snapshot!(bench.run("get hpa"), @r"
    NAME   REFERENCE        TARGETS              MINPODS   MAXPODS   REPLICAS   AGE
    web    Deployment/web   cpu: <unknown>/50%   1         5         0          0s
    ");
    bench.sleep(90);
    assert_snapshot!(bench.run("get hpa web"), @r"
    NAME   REFERENCE        TARGETS       MINPODS   MAXPODS   REPLICAS   AGE
    web    Deployment/web   cpu: 0%/50%   1         5         1          90s
    ");
    load(&mut bench, 600);
    bench.sleep(120);
    assert_snapshot!(bench.run("get hpa,deployment"), @r"
    NAME                                      REFERENCE        TARGETS        MINPODS   MAXPODS   REPLICAS   AGE
    horizontalpodautoscaler.autoscaling/web   Deployment/web   cpu: 60%/50%   1         5         5          3m30s

    NAME                  READY   UP-TO-DATE   AVAILABLE   AGE
    deployment.apps/web   5/5     5            5           3m30s
    ");
    assert_snapshot!(bench.run("describe hpa web"), @r"
    Name:                                                  web
    Namespace:                                             default
    Labels:                                                <none>
    Annotations:                                           <none>
    CreationTimestamp:                                     Mon, 23 Nov 2026 12:00:00 +0000
    Reference:                                             Deployment/web
    Metrics:                                               ( current / target )
      resource cpu on pods  (as a percentage of request):  60% (121m) / 50%
    Min replicas:                                          1
    Max replicas:                                          5
    Deployment pods:                                       5 current / 5 desired
    Conditions:
      Type            Status  Reason            Message
      ----            ------  ------            -------
      AbleToScale     True    ReadyForNewScale  recommended size matches current size
      ScalingActive   True    ValidMetricFound  the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)
      ScalingLimited  True    TooManyReplicas   the desired replica count is more than the maximum replica count
    Events:
      Type    Reason             Age   From                       Message
      ----    ------             ----  ----                       -------
      Normal  SuccessfulRescale  105s  horizontal-pod-autoscaler  New size: 4; reason: cpu resource utilization (percentage of request) above target
      Normal  SuccessfulRescale  90s   horizontal-pod-autoscaler  New size: 5; reason: cpu resource utilization (percentage of request) above target
    ");
    load(&mut bench, 0);
    bench.sleep(240);
    assert_snapshot!(bench.run("get hpa --no-headers"), @"web   Deployment/web   cpu: 0%/50%   1     5     5     7m30s");
    bench.sleep(240);
    assert_snapshot!(bench.run("get hpa --no-headers"), @"web   Deployment/web   cpu: 0%/50%   1     5     1     11m");
    assert_snapshot!(bench.run("get events --field-selector involvedObject.name=web,involvedObject.kind=HorizontalPodAutoscaler -o custom-columns=T:.type,R:.reason,M:.message"), @r"
    T        R                   M
    Normal   SuccessfulRescale   New size: 4; reason: cpu resource utilization (percentage of request) above target
    Normal   SuccessfulRescale   New size: 5; reason: cpu resource utilization (percentage of request) above target
    Normal   SuccessfulRescale   New size: 1; reason: All metrics below target
    ");
    assert_snapshot!(bench.run("delete hpa web"), @r#"horizontalpodautoscaler.autoscaling "web" deleted from default namespace"#);
}

#[test]
fn an_autoscaler_tells_why_it_does_nothing() {
    let mut bench = bench();
    assert_snapshot!(bench.run("set resources deployment web --requests=cpu=0"), @"deployment.apps/web resource requirements updated");
    assert_snapshot!(bench.run("autoscale deployment web --max=3 --memory=100Mi --name=small"), @"horizontalpodautoscaler.autoscaling/small autoscaled");
    assert_snapshot!(bench.run("autoscale deployment web --max=3 --min=2 --cpu=100m"), @"horizontalpodautoscaler.autoscaling/web autoscaled");
    assert_snapshot!(bench.run("get hpa small web"), @r"
    NAME    REFERENCE        TARGETS                   MINPODS   MAXPODS   REPLICAS   AGE
    small   Deployment/web   memory: <unknown>/100Mi   1         3         0          0s
    web     Deployment/web   cpu: <unknown>/100m       2         3         0          0s
    ");
    bench.sleep(31);
    assert_snapshot!(bench.run("describe hpa small"), @r"
    Name:                       small
    Namespace:                  default
    Labels:                     <none>
    Annotations:                <none>
    CreationTimestamp:          Mon, 23 Nov 2026 12:00:00 +0000
    Reference:                  Deployment/web
    Metrics:                    ( current / target )
      resource memory on pods:  12Mi / 100Mi
    Min replicas:               1
    Max replicas:               3
    Deployment pods:            2 current / 1 desired
    Conditions:
      Type            Status  Reason              Message
      ----            ------  ------              -------
      AbleToScale     True    SucceededRescale    the HPA controller was able to update the target scale to 1
      ScalingActive   True    ValidMetricFound    the HPA was able to successfully calculate a replica count from memory resource
      ScalingLimited  False   DesiredWithinRange  the desired count is within the acceptable range
    Events:
      Type    Reason             Age   From                       Message
      ----    ------             ----  ----                       -------
      Normal  SuccessfulRescale  1s    horizontal-pod-autoscaler  New size: 1; reason: All metrics below target
    ");
    assert_snapshot!(bench.run("get hpa"), @r"
    NAME    REFERENCE        TARGETS               MINPODS   MAXPODS   REPLICAS   AGE
    small   Deployment/web   memory: 12Mi/100Mi    1         3         2          31s
    web     Deployment/web   cpu: <unknown>/100m   2         3         1          31s
    ");
    assert_snapshot!(bench.run("delete deployment web"), @r#"deployment.apps "web" deleted from default namespace"#);
    bench.sleep(16);
    assert_snapshot!(bench.run("get hpa web -o jsonpath={.status.conditions[0].message}"), @r#"the HPA controller was unable to get the target's current scale: deployments.apps "web" not found"#);
}

#[test]
fn autoscale_checks_what_it_is_given() {
    let mut bench = bench();
    assert_snapshot!(bench.run("autoscale deployment web"), @r#"
    ! error: required flag(s) "max" not set
    exit 1
    "#);
    assert_snapshot!(bench.run("autoscale deployment web --max=0"), @r"
    ! error: --max=MAXPODS is required and must be at least 1, max: 0
    exit 1
    ");
    assert_snapshot!(bench.run("autoscale deployment web --min=3 --max=2"), @r"
    ! error: --max=MAXPODS must be larger or equal to --min=MINPODS, max: 2, min: 3
    exit 1
    ");
    assert_snapshot!(bench.run("autoscale deployment nope --max=2"), @r#"
    ! Error from server (NotFound): deployments.apps "nope" not found
    exit 1
    "#);
    assert_snapshot!(bench.run("autoscale service kubernetes --max=2"), @r"
    ! error: cannot autoscale a Service: could not find scale subresource for /v1, Resource=services in discovery information
    exit 1
    ");
    assert_snapshot!(bench.run("autoscale deployment web --max=2 --cpu=x%"), @r"
    ! error: invalid percentage value: x
    exit 1
    ");
    let dry = bench.run("autoscale deployment web --max=2 --cpu-percent=80 --dry-run=client -o yaml");
    assert_snapshot!(dry, @r"
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata:
      name: web
    spec:
      maxReplicas: 2
      metrics:
      - resource:
          name: cpu
          target:
            averageUtilization: 80
            type: Utilization
        type: Resource
      scaleTargetRef:
        apiVersion: apps/v1
        kind: Deployment
        name: web
    status:
      currentMetrics: null
      desiredReplicas: 0
    ! Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU).
    ");
    let patch = r#"patch hpa web -p '{"spec":{"maxReplicas":0,"behavior":{"scaleUp":{"policies":[{"type":"Pod","value":0,"periodSeconds":1801}]}}}}'"#;
    assert_snapshot!(bench.run("autoscale deployment web --max=2"), @"horizontalpodautoscaler.autoscaling/web autoscaled");
    assert_snapshot!(bench.run(patch), @r#"
    ! The HorizontalPodAutoscaler "web" is invalid: 
    ! * spec.maxReplicas: Invalid value: 0: must be greater than 0
    ! * spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`
    ! * spec.behavior.scaleUp.policies[0].type: Unsupported value: "Pod": supported values: "Percent", "Pods"
    ! * spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero
    ! * spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800
    exit 1
    "#);
    let stored = bench.run("get hpa web -o jsonpath='{.spec}{.status}'");
    assert_snapshot!(stored, @r#"{"maxReplicas":2,"metrics":[{"resource":{"name":"cpu","target":{"averageUtilization":80,"type":"Utilization"}},"type":"Resource"}],"minReplicas":1,"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}}{"currentMetrics":null,"desiredReplicas":0}"#);
}

#[test]
fn top_shows_what_is_used() {
    let mut bench = bench();
    bench.run("run alone --image=nginx");
    bench.pass(3000);
    assert_snapshot!(bench.run("top pod -l app=web"), @r"
    ! error: metrics not available yet
    exit 1
    ");
    assert_snapshot!(bench.run("top pod alone"), @r#"
    ! Error from server (NotFound): podmetrics.metrics.k8s.io "default/alone" not found
    exit 1
    "#);
    bench.sleep(60);
    load(&mut bench, 150);
    bench.sleep(30);
    let name = bench.run("get pods -l app=web -o jsonpath={.items[0].metadata.name}");
    let mut run = |line: &str| bench.run(line).replace(&name, "POD").replace(' ', "\u{b7}");
    assert_snapshot!(run("top pod --sort-by=cpu"), @r"
    NAME···················CPU(cores)···MEMORY(bytes)···
    POD···151m·········12Mi············
    alone··················1m···········12Mi············
    ");
    assert_snapshot!(run("top pods alone --containers"), @r"
    POD·····NAME····CPU(cores)···MEMORY(bytes)···
    alone···alone···1m···········12Mi············
    ");
    assert_snapshot!(run("top po --no-headers --sum -A -l run"), @r"
    default···alone···1m·········12Mi·······
    ··················________···________···
    ··················1m·········12Mi·······
    ");
    assert_snapshot!(run("top node"), @r"
    NAME·······CPU(cores)···CPU(%)···MEMORY(bytes)···MEMORY(%)···
    minikube···272m·········6%·······724Mi···········9%··········
    ");
    assert_snapshot!(run("top node minikube --show-capacity --no-headers"), @"minikube···272m···6%····724Mi···9%····");
    assert_snapshot!(run("top pod nope"), @r#"
    !·Error·from·server·(NotFound):·pods·"nope"·not·found
    exit·1
    "#);
    assert_snapshot!(run("top pod --sort-by=name"), @r"
    !·error:·--sort-by·accepts·only·cpu·or·memory
    exit·1
    ");
    assert_snapshot!(run("top pod alone -l run"), @r"
    !·error:·only·one·of·NAME·or·selector·can·be·provided
    exit·1
    ");
    assert_snapshot!(run("top node nope"), @r#"
    !·Error·from·server·(NotFound):·node·"nope"·not·found
    exit·1
    "#);
    assert_snapshot!(run("top pod -n kube-public"), @"!·No·resources·found·in·kube-public·namespace.");
}

#[test]
fn manifests_of_the_first_version_are_taken() {
    let mut bench = Bench::whole();
    let manifest = "
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  maxReplicas: 3
  targetCPUUtilizationPercentage: 50
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
";
    assert_snapshot!(bench.run_with("apply -f -", Some(manifest)), @"horizontalpodautoscaler.autoscaling/web created");
    assert_snapshot!(bench.run("get hpa web -o jsonpath={.spec.metrics}"), @r#"[{"resource":{"name":"cpu","target":{"averageUtilization":50,"type":"Utilization"}},"type":"Resource"}]"#);
    assert_snapshot!(bench.run_with("apply -f -", Some(manifest)), @"horizontalpodautoscaler.autoscaling/web unchanged");
}

#[test]
fn the_first_version_is_served_to_those_who_ask_for_it() {
    let mut bench = bench();
    let first = "apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: first}
spec:
  maxReplicas: 3
  targetCPUUtilizationPercentage: 50
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
";
    let second = "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: second}
spec:
  maxReplicas: 3
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  behavior: {scaleDown: {stabilizationWindowSeconds: 60}}
  metrics:
  - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Gi}}}
  - {type: Pods, pods: {metric: {name: packets}, target: {type: AverageValue, averageValue: 1k}}}
  - {type: Object, object: {metric: {name: rps}, describedObject: {apiVersion: v1, kind: Service, name: s}, target: {type: Value, value: 10k}}}
  - {type: External, external: {metric: {name: queue, selector: {matchLabels: {a: b}}}, target: {type: AverageValue, averageValue: 30}}}
";
    bench.run_with("create -f -", Some(first));
    bench.run_with("create -f -", Some(second));
    assert_snapshot!(bench.run("get hpa.v1.autoscaling first -o jsonpath='{.apiVersion} {.spec}'"), @r#"autoscaling/v1 {"maxReplicas":3,"minReplicas":1,"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"},"targetCPUUtilizationPercentage":50}"#);
    assert_snapshot!(bench.run_with("get -f - -o jsonpath='{.apiVersion}'", Some(first)), @"autoscaling/v1");
    assert_snapshot!(bench.run("get hpa first -o jsonpath='{.apiVersion}'"), @"autoscaling/v2");
    assert_snapshot!(bench.run("get hpa.v1.autoscaling second -o jsonpath='{.metadata.annotations}'"), @r#"{"autoscaling.alpha.kubernetes.io/behavior":"{\"ScaleUp\":{\"StabilizationWindowSeconds\":0,\"SelectPolicy\":\"Max\",\"Policies\":[{\"Type\":\"Pods\",\"Value\":4,\"PeriodSeconds\":15},{\"Type\":\"Percent\",\"Value\":100,\"PeriodSeconds\":15}],\"Tolerance\":null},\"ScaleDown\":{\"StabilizationWindowSeconds\":60,\"SelectPolicy\":\"Max\",\"Policies\":[{\"Type\":\"Percent\",\"Value\":100,\"PeriodSeconds\":15}],\"Tolerance\":null}}","autoscaling.alpha.kubernetes.io/metrics":"[{\"type\":\"Resource\",\"resource\":{\"name\":\"memory\",\"targetAverageValue\":\"1Gi\"}},{\"type\":\"Pods\",\"pods\":{\"metricName\":\"packets\",\"targetAverageValue\":\"1k\"}},{\"type\":\"Object\",\"object\":{\"target\":{\"kind\":\"Service\",\"name\":\"s\",\"apiVersion\":\"v1\"},\"metricName\":\"rps\",\"targetValue\":\"10k\"}},{\"type\":\"External\",\"external\":{\"metricName\":\"queue\",\"metricSelector\":{\"matchLabels\":{\"a\":\"b\"}},\"targetAverageValue\":\"30\"}}]"}"#);
    bench.sleep(60);
    assert_snapshot!(bench.run("get hpa.v1.autoscaling first -o jsonpath='{.metadata.annotations}{.status}'"), @r#"{"autoscaling.alpha.kubernetes.io/conditions":"[{\"type\":\"AbleToScale\",\"status\":\"True\",\"lastTransitionTime\":\"2026-11-23T12:00:15Z\",\"reason\":\"ScaleDownStabilized\",\"message\":\"recent recommendations were higher than current one, applying the highest recent recommendation\"},{\"type\":\"ScalingActive\",\"status\":\"True\",\"lastTransitionTime\":\"2026-11-23T12:00:15Z\",\"reason\":\"ValidMetricFound\",\"message\":\"the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)\"},{\"type\":\"ScalingLimited\",\"status\":\"False\",\"lastTransitionTime\":\"2026-11-23T12:00:15Z\",\"reason\":\"DesiredWithinRange\",\"message\":\"the desired count is within the acceptable range\"}]","autoscaling.alpha.kubernetes.io/current-metrics":"[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"currentAverageUtilization\":0,\"currentAverageValue\":\"1m\"}}]"}{"currentCPUUtilizationPercentage":0,"currentReplicas":1,"desiredReplicas":1}"#);
    let messages = r#"-o jsonpath='{range .items[*]}{.message}{"\n"}{end}'"#;
    let events = bench.run(&format!("get events --field-selector involvedObject.name=second {messages}"));
    assert_snapshot!(events, @r"
    unable to get metric packets: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered
    unable to get metric rps: Service on default s/unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered
    unable to get external metric default/queue/&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{},}: unable to fetch metrics from external metrics API: no external metrics API (external.metrics.k8s.io) registered
    ");
}

#[test]
fn events_are_served_by_two_groups() {
    let mut bench = Bench::whole();
    bench.run("run w --image=nginx");
    bench.sleep(1);
    let first = "get events.v1.events.k8s.io --field-selector reason=Scheduled -o jsonpath='{.items[0].apiVersion} {.items[0].note} {.items[0].regarding.name} {.items[0].deprecatedCount}'";
    assert_snapshot!(bench.run(first), @"events.k8s.io/v1 Successfully assigned default/w to minikube w");
    assert_snapshot!(bench.run("get events --field-selector reason=Scheduled -o wide"), @r"
    LAST SEEN   TYPE     REASON      OBJECT   SUBOBJECT   SOURCE                                          MESSAGE                                       FIRST SEEN   COUNT   NAME
    1s          Normal   Scheduled   pod/w                default-scheduler, default-scheduler-minikube   Successfully assigned default/w to minikube   1s           1       w.18eaaacd413b8000
    ");
}
