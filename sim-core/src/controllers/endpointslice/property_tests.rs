//! Whatever happens in whatever order, the slices hold what a full look at all pods would put there.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};
use proptest::prelude::*;

use super::{EndpointSliceController, endpoint};
use crate::api::{Kind, ObjectKey, meta};
use crate::apiserver::Propagation;
use crate::controllers::testing::Bench;
use crate::store::Change;

#[derive(Clone, Debug)]
enum Step {
    Create(u8),
    Run(u8, bool),
    Relabel(u8, bool),
    Delete(u8),
    Finish(u8),
    Port(u16),
    Settle,
}

fn step() -> impl Strategy<Value = Step> {
    let pod = 0..12u8;
    prop_oneof![
        3 => pod.clone().prop_map(Step::Create),
        4 => (pod.clone(), any::<bool>()).prop_map(|(pod, ready)| Step::Run(pod, ready)),
        1 => (pod.clone(), any::<bool>()).prop_map(|(pod, picked)| Step::Relabel(pod, picked)),
        1 => pod.clone().prop_map(Step::Delete),
        2 => pod.prop_map(Step::Finish),
        1 => (80..82u16).prop_map(Step::Port),
        3 => Just(Step::Settle),
    ]
}

fn name(pod: u8) -> String {
    format!("web-{pod}")
}

fn perform(bench: &mut Bench, step: &Step) {
    match *step {
        Step::Create(pod) if !bench.exists(Kind::Pod, &name(pod)) => bench.create(&format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: web-{pod}, labels: {{app: web}}}},
               spec: {{containers: [{{name: app, image: app, ports: [{{name: web, containerPort: {}}}]}}]}}}}",
            8080 + u16::from(pod) % 2
        )),
        Step::Settle => bench.settle(),
        Step::Port(port) => bench.modify::<Service>("web", |service| {
            service.spec.as_mut().unwrap().ports.as_mut().unwrap()[1].port = i32::from(port);
        }),
        Step::Run(pod, _) | Step::Relabel(pod, _) | Step::Delete(pod) | Step::Finish(pod)
            if bench.exists(Kind::Pod, &name(pod)) =>
        {
            perform_on(bench, step, &name(pod));
        }
        _ => {}
    }
}

fn perform_on(bench: &mut Bench, step: &Step, pod: &str) {
    match *step {
        Step::Run(number, ready) => {
            bench.run_pod(pod, "node-1", &format!("10.0.0.{number}"), ready);
        }
        Step::Relabel(_, picked) => bench.modify::<Pod>(pod, |pod| {
            let app = if picked { "web" } else { "other" };
            pod.metadata.labels.as_mut().unwrap().insert("app".to_owned(), app.to_owned());
        }),
        Step::Delete(_) => bench.delete(Kind::Pod, pod, Propagation::Background),
        Step::Finish(_) => bench.finish_pod(pod),
        Step::Create(_) | Step::Port(_) | Step::Settle => {}
    }
}

type Listed = BTreeMap<String, (String, Endpoint)>;

/// What the slices hold, by pod, with the ports of its slice.
fn listed(bench: &Bench) -> Listed {
    let mut listed = Listed::new();
    for slice in bench.store().all_in::<EndpointSlice>("default") {
        let ports = endpoint::ports_key(slice.ports.as_deref().unwrap_or_default());
        for endpoint in slice.endpoints.iter().flatten() {
            let pod = endpoint.target_ref.as_ref().unwrap().name.clone().unwrap();
            assert!(listed.insert(pod, (ports.clone(), endpoint.clone())).is_none(), "a pod is listed twice");
        }
    }
    listed
}

/// What all pods together ask for.
fn wanted(bench: &Bench) -> Listed {
    let service = bench.get::<Service>("web");
    let selector = endpoint::selector_of(service).unwrap();
    bench
        .store()
        .all_in::<Pod>("default")
        .filter(|pod| selector.matches(meta::labels(&pod.metadata)) && endpoint::is_listed(pod))
        .filter_map(|pod| {
            let node = bench.store().typed(&ObjectKey::cluster("node-1"));
            let endpoint = endpoint::of_pod(pod, node, service, "IPv4")?;
            let ports = endpoint::ports_key(&endpoint::ports_of(pod, service));
            Some((meta::name(&pod.metadata).to_owned(), (ports, endpoint)))
        })
        .collect()
}

fn slice_changes(change: &Change) -> String {
    if change.object.kind() == Kind::EndpointSlice {
        change.change.as_str().to_owned()
    } else {
        String::new()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn incremental_syncs_end_where_a_full_one_does(steps in prop::collection::vec(step(), 1..60)) {
        let mut bench = Bench::new(vec![Box::new(EndpointSliceController::default())]);
        bench.create("{apiVersion: v1, kind: Node, metadata: {name: node-1}}");
        bench.create(
            "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web},
              ports: [{name: http, port: 1, targetPort: web}, {name: side, port: 80}]}}",
        );
        for step in &steps {
            perform(&mut bench, step);
        }
        bench.settle();
        prop_assert_eq!(listed(&bench), wanted(&bench));
        bench.changes(slice_changes);
        // A label that the selector does not look at makes the next sync a full one.
        bench.modify::<Service>("web", |service| {
            service.spec.as_mut().unwrap().session_affinity = Some("ClientIP".to_owned());
        });
        bench.settle();
        prop_assert_eq!(bench.changes(slice_changes), "");
    }
}
