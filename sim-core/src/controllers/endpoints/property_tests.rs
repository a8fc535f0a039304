//! Whatever happens in whatever order, the object holds what all pods together offer, packed.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{EndpointAddress, Endpoints, Pod, Service};
use proptest::prelude::*;

use super::EndpointsController;
use crate::api::{Kind, meta, pod};
use crate::apiserver::Propagation;
use crate::controllers::testing::Bench;

#[derive(Clone, Debug)]
enum Step {
    Create(u8),
    Run(u8, bool),
    Relabel(u8, bool),
    Delete(u8),
    Finish(u8),
    Port(u16),
    Publish(bool),
    Lose,
    Settle,
}

fn step() -> impl Strategy<Value = Step> {
    let pod = 0..12u8;
    prop_oneof![
        3 => pod.clone().prop_map(Step::Create),
        5 => (pod.clone(), any::<bool>()).prop_map(|(pod, ready)| Step::Run(pod, ready)),
        1 => (pod.clone(), any::<bool>()).prop_map(|(pod, picked)| Step::Relabel(pod, picked)),
        1 => pod.clone().prop_map(Step::Delete),
        1 => pod.prop_map(Step::Finish),
        1 => (80..82u16).prop_map(Step::Port),
        1 => any::<bool>().prop_map(Step::Publish),
        1 => Just(Step::Lose),
        3 => Just(Step::Settle),
    ]
}

fn perform(bench: &mut Bench, step: &Step) {
    let name = |pod: u8| format!("web-{pod}");
    match *step {
        Step::Create(pod) if !bench.exists(Kind::Pod, &name(pod)) => bench.create(&format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: web-{pod}, labels: {{app: web}}}},
               spec: {{containers: [{{name: app, image: app, ports: [{{name: web, containerPort: {}}}]}}]}}}}",
            8080 + u16::from(pod) % 2
        )),
        Step::Settle => bench.settle(),
        Step::Lose if bench.exists(Kind::Endpoints, "web") => {
            bench.delete(Kind::Endpoints, "web", Propagation::Background);
        }
        Step::Port(port) => bench.modify::<Service>("web", |service| {
            service.spec.as_mut().unwrap().ports.as_mut().unwrap()[1].port = i32::from(port);
        }),
        Step::Publish(publishes) => bench.modify::<Service>("web", |service| {
            service.spec.as_mut().unwrap().publish_not_ready_addresses = Some(publishes);
        }),
        Step::Run(pod, ready) if bench.exists(Kind::Pod, &name(pod)) => {
            bench.run_pod(&name(pod), "node-1", &format!("10.0.0.{pod}"), ready);
        }
        Step::Relabel(pod, picked) if bench.exists(Kind::Pod, &name(pod)) => {
            bench.modify::<Pod>(&name(pod), |pod| {
                let app = if picked { "web" } else { "other" };
                pod.metadata.labels.as_mut().unwrap().insert("app".to_owned(), app.to_owned());
            });
        }
        Step::Delete(pod) if bench.exists(Kind::Pod, &name(pod)) => {
            bench.delete(Kind::Pod, &name(pod), Propagation::Background);
        }
        Step::Finish(pod) if bench.exists(Kind::Pod, &name(pod)) => bench.finish_pod(&name(pod)),
        _ => {}
    }
}

/// A port of a pod, and whether it is ready.
type Offer = (String, i32, bool);

/// What the object holds; no address may stand twice for one port.
fn listed(bench: &Bench) -> BTreeSet<Offer> {
    let mut listed = BTreeSet::new();
    for subset in bench.get::<Endpoints>("web").subsets.iter().flatten() {
        let mut add = |addresses: &Option<Vec<EndpointAddress>>, ready: bool| {
            let ips: Vec<&String> = addresses.iter().flatten().map(|address| &address.ip).collect();
            assert!(ips.is_sorted(), "addresses are in order");
            for port in subset.ports.iter().flatten() {
                for ip in &ips {
                    assert!(listed.insert(((*ip).clone(), port.port, ready)), "{ip}:{} twice", port.port);
                }
            }
        };
        add(&subset.addresses, true);
        add(&subset.not_ready_addresses, false);
    }
    listed
}

/// What the pods offer, each looked at by itself.
fn offered(bench: &Bench) -> BTreeSet<Offer> {
    let spec = bench.get::<Service>("web").spec.clone().unwrap();
    let publishes = spec.publish_not_ready_addresses == Some(true);
    let mut offered = BTreeSet::new();
    for pod in bench.store().all_in::<Pod>("default") {
        let ip = pod.status.as_ref().and_then(|status| status.pod_ip.clone()).unwrap_or_default();
        let gone = pod::is_terminal(pod) || (meta::is_terminating(&pod.metadata) && !publishes);
        if ip.is_empty() || gone || meta::labels(&pod.metadata)["app"] != "web" {
            continue;
        }
        let named = pod.spec.as_ref().unwrap().containers[0].ports.as_ref().unwrap()[0].container_port;
        let side = spec.ports.as_ref().unwrap()[1].target_port.clone();
        let Some(k8s_openapi::apimachinery::pkg::util::intstr::IntOrString::Int(side)) = side else {
            panic!()
        };
        for port in [named, side] {
            offered.insert((ip.clone(), port, publishes || pod::is_ready(pod)));
        }
    }
    offered
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_object_holds_what_the_pods_offer(steps in prop::collection::vec(step(), 1..60)) {
        let mut bench = Bench::new(vec![Box::new(EndpointsController::default())]);
        bench.create("{apiVersion: v1, kind: Node, metadata: {name: node-1}}");
        bench.create(
            "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web},
              ports: [{name: http, port: 1, targetPort: web}, {name: side, port: 80}]}}",
        );
        for step in &steps {
            perform(&mut bench, step);
        }
        bench.settle();
        prop_assert_eq!(listed(&bench), offered(&bench));
        let count = bench.get::<Endpoints>("web").subsets.as_ref().map_or(0, Vec::len);
        prop_assert!(count <= 3, "ports that the same pods offer share a subset: {}", count);
        bench.delete(Kind::Service, "web", Propagation::Background);
        bench.settle();
        prop_assert!(!bench.exists(Kind::Endpoints, "web"));
    }
}
