//! Budgets, evictions and what they count.

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::policy::v1::PodDisruptionBudgetSpec;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::*;
use crate::api::meta;
use crate::apiserver::DeleteOptions;
use crate::controllers::testing::Bench;

/// So many ready pods of one StatefulSet with that many replicas.
fn bench(bound: &str, replicas: i32, pods: usize) -> Bench {
    let mut bench = Bench::new(vec![Box::new(DisruptionController::default())]);
    bench.create(&format!(
        "{{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: web}},
           spec: {{replicas: {replicas}, serviceName: web, selector: {{matchLabels: {{app: web}}}},
             template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{{name: app, image: app}}]}}}}}}}}"
    ));
    let uid = bench.get::<StatefulSet>("web").metadata.uid.clone().unwrap_or_default();
    for ordinal in 0..pods {
        bench.create(&format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: web-{ordinal}, labels: {{app: web}},
               ownerReferences: [{{apiVersion: apps/v1, kind: StatefulSet, name: web, uid: {uid}, controller: true}}]}},
               spec: {{nodeName: n, containers: [{{name: app, image: app}}]}}}}"
        ));
        set_ready(&mut bench, &format!("web-{ordinal}"), true);
    }
    bench.create(&format!(
        "{{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {{name: web}},
           spec: {{{bound}, selector: {{matchLabels: {{app: web}}}}}}}}"
    ));
    bench.settle();
    bench
}

fn set_ready(bench: &mut Bench, name: &str, ready: bool) {
    let now = bench.now();
    bench.modify_status::<Pod>(name, |pod| {
        pod.status.get_or_insert_default().phase = Some("Running".to_owned());
        let condition = k8s_openapi::api::core::v1::PodCondition {
            type_: "Ready".to_owned(),
            status: if ready { "True" } else { "False" }.to_owned(),
            ..Default::default()
        };
        crate::api::pod::set_condition(pod, condition, now);
    });
}

/// Allowed, healthy, desired, expected.
fn counts(bench: &Bench) -> [i32; 4] {
    let status = bench.get::<PodDisruptionBudget>("web").status.clone().unwrap_or_default();
    let counts =
        [status.disruptions_allowed, status.current_healthy, status.desired_healthy, status.expected_pods];
    counts.map(Option::unwrap_or_default)
}

fn evict(bench: &mut Bench, name: &str) -> Result<(), (i32, String)> {
    let key = ObjectKey::new("default", name);
    let evicted = bench.act(|api| api.evict(&key, &DeleteOptions::default()));
    evicted.map_err(|error| {
        let details = error.status().details.clone().unwrap_or_default();
        let causes = details.causes.unwrap_or_default();
        (error.code(), causes.into_iter().filter_map(|cause| cause.message).collect())
    })
}

#[test]
fn a_budget_counts_its_pods_as_they_change() {
    let mut bench = bench("minAvailable: 2", 3, 3);
    assert_eq!(counts(&bench), [1, 3, 2, 3]);
    set_ready(&mut bench, "web-1", false);
    bench.settle();
    assert_eq!(counts(&bench), [0, 2, 2, 3]);
    bench.modify::<Pod>("web-1", |pod| pod.metadata.labels = None);
    bench.settle();
    assert_eq!(counts(&bench), [0, 2, 2, 2]);
    bench.modify::<PodDisruptionBudget>("web", |budget| {
        let spec: &mut PodDisruptionBudgetSpec = budget.spec.get_or_insert_default();
        spec.min_available = Some(IntOrString::Int(1));
    });
    bench.settle();
    assert_eq!(counts(&bench), [1, 2, 1, 2]);
}

#[test]
fn percentages_and_the_most_unavailable_are_of_the_controllers_replicas() {
    assert_eq!(counts(&bench("minAvailable: 50%", 5, 4)), [1, 4, 3, 5]);
    assert_eq!(counts(&bench("maxUnavailable: 1", 5, 5)), [1, 5, 4, 5]);
    assert_eq!(counts(&bench("maxUnavailable: 34%", 3, 3)), [2, 3, 1, 3]);
}

#[test]
fn pods_without_a_controller_are_told_of_where_sizes_are_asked_for() {
    let lone = "{apiVersion: v1, kind: Pod, metadata: {name: lone, labels: {app: web}},
                 spec: {nodeName: n, containers: [{name: app, image: app}]}}";
    let mut counted = bench("minAvailable: 1", 1, 1);
    counted.create(lone);
    counted.settle();
    assert_eq!(counted.messages("web"), "");
    let mut bench = bench("maxUnavailable: 1", 1, 1);
    bench.create(lone);
    bench.settle();
    assert_eq!(
        bench.messages("web"),
        "Warning UnmanagedPods Pods selected by this PodDisruptionBudget (selector: \
         &LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}) \
         were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may \
         result in undefined behavior. To account for these pods please set \".spec.minAvailable\" field of the PDB \
         to an integer value."
    );
    assert_eq!(counts(&bench), [1, 1, 0, 1]);
}

#[test]
fn a_controller_that_is_gone_or_has_no_size_makes_the_budget_fail_safe() {
    let mut bench = bench("maxUnavailable: 1", 2, 2);
    assert_eq!(counts(&bench), [1, 2, 1, 2]);
    bench.delete(Kind::StatefulSet, "web", crate::apiserver::Propagation::Background);
    set_ready(&mut bench, "web-1", false);
    bench.settle();
    let why = "found no controllers for pod \"web-0\"";
    let failed = "Warning CalculateExpectedPodCountFailed Failed to calculate the number of expected pods";
    assert_eq!(bench.messages("web"), format!("{failed}: {why}"));
    let status = bench.get::<PodDisruptionBudget>("web").status.clone().unwrap_or_default();
    let condition = status.conditions.unwrap_or_default().remove(0);
    assert_eq!((condition.status.as_str(), condition.reason.as_str()), ("False", "SyncFailed"));
    assert_eq!(condition.message, why);
    for name in ["web-0", "web-1"] {
        bench.modify::<Pod>(name, |pod| {
            let owner = &mut pod.metadata.owner_references.as_mut().unwrap()[0];
            (owner.api_version, owner.kind) = ("batch/v1".to_owned(), "Job".to_owned());
        });
    }
    bench.settle();
    let told = bench.messages("web");
    let last = told.lines().next_back();
    assert_eq!(last, Some(format!("{failed}: jobs.batch does not implement the scale subresource").as_str()));
}

#[test]
fn evictions_stop_when_the_budget_is_spent() {
    let mut bench = bench("minAvailable: 2", 3, 3);
    assert_eq!(evict(&mut bench, "web-0"), Ok(()));
    let told = "The disruption budget web needs 2 healthy pods and has 3 currently".to_owned();
    assert_eq!(evict(&mut bench, "web-1"), Err((429, told)));
    bench.settle();
    assert_eq!(counts(&bench), [0, 2, 2, 3]);
    assert!(
        bench.get::<PodDisruptionBudget>("web").status.clone().unwrap_or_default().disrupted_pods.is_none()
    );
    let pod = bench.get::<Pod>("web-0").clone();
    assert!(meta::is_terminating(&pod.metadata));
    assert_eq!(
        crate::api::pod::condition(&pod, "DisruptionTarget").and_then(|c| c.reason.as_deref()),
        Some("EvictionByEvictionAPI")
    );
}

#[test]
fn a_pod_that_is_not_ready_may_go_while_enough_others_are() {
    let mut bench = bench("minAvailable: 2", 3, 3);
    set_ready(&mut bench, "web-2", false);
    bench.settle();
    assert!(evict(&mut bench, "web-0").is_err());
    assert_eq!(evict(&mut bench, "web-2"), Ok(()));
}

#[test]
fn a_budget_with_both_bounds_is_refused() {
    let mut bench = bench("minAvailable: 2", 3, 3);
    let object = PodDisruptionBudget {
        metadata: k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
            name: Some("both".to_owned()),
            namespace: Some("default".to_owned()),
            ..Default::default()
        },
        spec: Some(PodDisruptionBudgetSpec {
            min_available: Some(IntOrString::Int(1)),
            max_unavailable: Some(IntOrString::String("101%".to_owned())),
            ..Default::default()
        }),
        status: None,
    };
    let error = bench.act(|api| api.create(object)).expect_err("it is invalid").to_string();
    assert!(error.ends_with(
        "minAvailable and maxUnavailable cannot be both set, spec.maxUnavailable: Invalid value: \"101%\": must \
         not be greater than 100%]"
    ));
}
