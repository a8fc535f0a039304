use insta::assert_snapshot;
use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};

use super::EndpointSliceController;
use crate::api::{Kind, ObjectKey, meta};
use crate::apiserver::{DeleteOptions, Propagation, Subresource};
use crate::controllers::garbagecollector::GarbageCollector;
use crate::controllers::testing::Bench;
use crate::store::Change;

const SERVICE: &str = "{apiVersion: v1, kind: Service, metadata: {name: web, labels: {tier: front}},
    spec: {clusterIP: None, selector: {app: web}, ports: [{name: http, port: 80}]}}";

fn bench() -> Bench {
    let mut bench =
        Bench::new(vec![Box::new(EndpointSliceController::default()), Box::new(GarbageCollector::default())]);
    bench.create(
        "{apiVersion: v1, kind: Node, metadata: {name: node-1, labels: {topology.kubernetes.io/zone: zone-1}}}",
    );
    bench.changes(slice_line);
    bench
}

fn create_pod(bench: &mut Bench, name: &str) {
    bench.create(&format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, labels: {{app: web}}}},
           spec: {{hostname: {name}, subdomain: web, containers: [{{name: app, image: app}}]}}}}"
    ));
}

fn run(bench: &mut Bench, name: &str, ready: bool) {
    let number: usize = name.rsplit('-').next().unwrap().parse().unwrap();
    bench.run_pod(name, "node-1", &format!("10.0.{}.{}", number / 200, number % 200 + 1), ready);
    bench.settle();
}

fn endpoint_text(endpoint: &Endpoint) -> String {
    let conditions = endpoint.conditions.clone().unwrap();
    let mut text =
        format!("{}={}", endpoint.target_ref.as_ref().unwrap().name.as_ref().unwrap(), endpoint.addresses[0]);
    for (word, set) in [
        ("ready", conditions.ready),
        ("serving", conditions.serving),
        ("terminating", conditions.terminating),
    ] {
        if set == Some(true) {
            text += &format!(" {word}");
        }
    }
    text
}

/// `ADDED #1 [web-0=10.0.0.1 ready serving]`, with the generation for a name.
fn slice_line(change: &Change) -> String {
    let Some(slice) = change.object.as_ref::<EndpointSlice>() else { return String::new() };
    let endpoints: Vec<String> = slice.endpoints.iter().flatten().map(endpoint_text).collect();
    let ports: Vec<String> =
        slice.ports.iter().flatten().map(|port| port.port.unwrap().to_string()).collect();
    format!(
        "{} #{} :{} [{}]",
        change.change.as_str(),
        slice.metadata.generation.unwrap(),
        ports.join(","),
        endpoints.join("; ")
    )
}

fn slices(bench: &Bench) -> Vec<EndpointSlice> {
    bench.store().all_in::<EndpointSlice>("default").cloned().collect()
}

#[test]
fn a_service_has_an_empty_slice_at_once_and_pods_come_with_their_address() {
    let mut bench = bench();
    bench.create(SERVICE);
    bench.settle();
    create_pod(&mut bench, "web-0");
    bench.settle();
    run(&mut bench, "web-0", false);
    run(&mut bench, "web-0", true);
    bench.delete(Kind::Pod, "web-0", Propagation::Background);
    bench.settle();
    bench.finish_pod("web-0");
    bench.settle();
    assert_snapshot!(bench.changes(slice_line), @r"
    ADDED #1 : []
    MODIFIED #2 :80 [web-0=10.0.0.1]
    MODIFIED #3 :80 [web-0=10.0.0.1 ready serving]
    MODIFIED #4 :80 [web-0=10.0.0.1 serving terminating]
    MODIFIED #5 : []
    ");
}

#[test]
fn a_slice_looks_as_recorded() {
    let mut bench = bench();
    bench.create(SERVICE);
    create_pod(&mut bench, "web-0");
    bench.settle();
    run(&mut bench, "web-0", true);
    let mut slice = slices(&bench).remove(0);
    let name = meta::name(&slice.metadata).to_owned();
    assert!(name.starts_with("web-") && name.len() == 9, "{name}");
    for field in [&mut slice.metadata.name, &mut slice.metadata.uid, &mut slice.metadata.resource_version] {
        *field = None;
    }
    slice.metadata.creation_timestamp = None;
    slice.metadata.owner_references.as_mut().unwrap()[0].uid = "UID".to_owned();
    slice.endpoints.as_mut().unwrap()[0].target_ref.as_mut().unwrap().uid = None;
    assert_snapshot!(serde_yaml::to_string(&crate::api::Object::from(slice).to_value()).unwrap(), @r#"
    addressType: IPv4
    apiVersion: discovery.k8s.io/v1
    endpoints:
    - addresses:
      - 10.0.0.1
      conditions:
        ready: true
        serving: true
        terminating: false
      hostname: web-0
      nodeName: node-1
      targetRef:
        kind: Pod
        name: web-0
        namespace: default
      zone: zone-1
    kind: EndpointSlice
    metadata:
      annotations:
        endpoints.kubernetes.io/last-change-trigger-time: 2026-11-23T12:00:00Z
      generateName: web-
      generation: 2
      labels:
        endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io
        kubernetes.io/service-name: web
        service.kubernetes.io/headless: ''
        tier: front
      namespace: default
      ownerReferences:
      - apiVersion: v1
        blockOwnerDeletion: true
        controller: true
        kind: Service
        name: web
        uid: UID
    ports:
    - name: http
      port: 80
      protocol: TCP
    "#);
}

#[test]
fn publish_not_ready_addresses_says_ready_and_not_serving() {
    let mut bench = bench();
    bench.create(
        "{apiVersion: v1, kind: Service, metadata: {name: web},
          spec: {clusterIP: None, publishNotReadyAddresses: true, selector: {app: web}, ports: [{port: 80}]}}",
    );
    create_pod(&mut bench, "web-0");
    bench.settle();
    run(&mut bench, "web-0", false);
    assert_snapshot!(bench.changes(slice_line), @r"
    ADDED #1 : []
    MODIFIED #2 :80 [web-0=10.0.0.1 ready]
    ");
}

#[test]
fn a_pod_whose_labels_leave_the_selector_leaves_the_slice_and_comes_back_at_the_end() {
    let mut bench = bench();
    bench.create(SERVICE);
    for name in ["web-0", "web-1"] {
        create_pod(&mut bench, name);
        run(&mut bench, name, true);
    }
    bench.changes(slice_line);
    bench.modify::<Pod>("web-0", |pod| {
        pod.metadata.labels.as_mut().unwrap().insert("app".to_owned(), "debug".to_owned());
    });
    bench.settle();
    bench.modify::<Pod>("web-0", |pod| {
        pod.metadata.labels.as_mut().unwrap().insert("app".to_owned(), "web".to_owned());
    });
    bench.settle();
    assert_snapshot!(bench.changes(slice_line), @r"
    MODIFIED #3 :80 [web-1=10.0.0.2 ready serving]
    MODIFIED #4 :80 [web-1=10.0.0.2 ready serving; web-0=10.0.0.1 ready serving]
    ");
}

#[test]
fn only_the_subdomains_own_service_gives_a_hostname() {
    let mut bench = bench();
    bench.create(SERVICE);
    bench.create(
        "{apiVersion: v1, kind: Service, metadata: {name: plain},
          spec: {clusterIP: 10.96.0.5, selector: {app: web}, ports: [{port: 80}]}}",
    );
    create_pod(&mut bench, "web-0");
    run(&mut bench, "web-0", true);
    let text: Vec<String> = slices(&bench)
        .iter()
        .map(|slice| {
            let labels = meta::labels(&slice.metadata);
            let hostname = slice.endpoints.as_ref().unwrap()[0].hostname.clone();
            format!(
                "{} {hostname:?} headless={}",
                labels["kubernetes.io/service-name"],
                labels.contains_key("service.kubernetes.io/headless")
            )
        })
        .collect();
    assert_snapshot!(text.join("\n"), @r#"
    plain None headless=false
    web Some("web-0") headless=true
    "#);
}

#[test]
fn pods_that_ended_and_services_without_selector_are_left_out() {
    let mut bench = bench();
    bench.create("{apiVersion: v1, kind: Service, metadata: {name: manual}, spec: {ports: [{port: 80}]}}");
    bench.create(SERVICE);
    create_pod(&mut bench, "web-0");
    run(&mut bench, "web-0", true);
    bench.modify_status::<Pod>("web-0", |pod| {
        let status = pod.status.as_mut().unwrap();
        status.phase = Some("Failed".to_owned());
        status.conditions.as_mut().unwrap()[0].status = "False".to_owned();
    });
    bench.settle();
    assert_eq!(slices(&bench).len(), 1);
    assert_eq!(slices(&bench)[0].endpoints, None);
}

#[test]
fn named_target_ports_are_looked_up_in_each_pod() {
    let mut bench = bench();
    bench.create(
        "{apiVersion: v1, kind: Service, metadata: {name: web},
          spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: web}]}}",
    );
    for (name, port) in [("web-0", 8080), ("web-1", 9090)] {
        bench.create(&format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, labels: {{app: web}}}},
               spec: {{containers: [{{name: app, image: app, ports: [{{name: web, containerPort: {port}}}]}}]}}}}"
        ));
        run(&mut bench, name, true);
    }
    assert_snapshot!(bench.changes(slice_line), @r"
    ADDED #1 :8080 [web-0=10.0.0.1 ready serving]
    ADDED #1 :9090 [web-1=10.0.0.2 ready serving]
    ");
}

#[test]
fn slices_take_a_hundred_and_one_change_touches_one_of_them() {
    let mut bench = bench();
    for number in 0..250 {
        create_pod(&mut bench, &format!("web-{number}"));
        run(&mut bench, &format!("web-{number}"), true);
    }
    bench.create(SERVICE);
    bench.settle();
    let mut sizes: Vec<usize> =
        slices(&bench).iter().map(|slice| slice.endpoints.as_ref().unwrap().len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [50, 100, 100]);
    bench.changes(slice_line);
    run(&mut bench, "web-120", false);
    assert_eq!(bench.changes(slice_line).lines().count(), 1);
}

#[test]
fn labels_of_the_service_come_to_its_slices() {
    let mut bench = bench();
    bench.create(SERVICE);
    bench.settle();
    bench.modify::<Service>("web", |service| {
        service.metadata.labels.as_mut().unwrap().insert("tier".to_owned(), "back".to_owned());
    });
    bench.settle();
    assert_eq!(meta::labels(&slices(&bench)[0].metadata)["tier"], "back");
}

#[test]
fn a_slice_that_a_user_deletes_or_changes_is_made_anew() {
    let mut bench = bench();
    bench.create(SERVICE);
    create_pod(&mut bench, "web-0");
    run(&mut bench, "web-0", true);
    let name = meta::name(&slices(&bench)[0].metadata).to_owned();
    bench.try_delete(Kind::EndpointSlice, &name, DeleteOptions::default()).unwrap();
    bench.settle();
    let name = meta::name(&slices(&bench)[0].metadata).to_owned();
    bench
        .act(|api| {
            api.modify::<EndpointSlice>(&ObjectKey::new("default", &name), Subresource::Main, |slice| {
                slice.endpoints = None;
            })
        })
        .unwrap();
    bench.settle();
    assert_eq!(slices(&bench).len(), 1);
    assert_eq!(slices(&bench)[0].endpoints.as_ref().unwrap().len(), 1);
}

#[test]
fn slices_go_with_their_service_and_come_with_the_next_of_its_name() {
    let mut bench = bench();
    bench.create(SERVICE);
    bench.settle();
    bench.delete(Kind::Service, "web", Propagation::Background);
    bench.settle();
    assert!(slices(&bench).is_empty());
    bench.create(SERVICE);
    bench.settle();
    assert_eq!(slices(&bench).len(), 1);
}
