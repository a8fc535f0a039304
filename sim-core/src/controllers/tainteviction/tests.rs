//! What a pod tolerates, and for how long.

use std::time::Duration;

use k8s_openapi::api::core::v1::Node;
use serde_json::json;

use super::*;
use crate::api::{ObjectKey, decode};
use crate::cluster::Cluster;
use crate::engine::{ClusterConfig, TimingProfile};

fn taint(key: &str) -> Taint {
    Taint { key: key.to_owned(), effect: "NoExecute".to_owned(), ..Taint::default() }
}

fn toleration(key: &str, seconds: Option<i64>) -> Toleration {
    Toleration {
        key: (!key.is_empty()).then(|| key.to_owned()),
        operator: Some("Exists".to_owned()),
        toleration_seconds: seconds,
        ..Toleration::default()
    }
}

#[test]
fn the_shortest_of_the_tolerations_that_are_used_counts() {
    let tolerations = [toleration("a", Some(300)), toleration("b", Some(20)), toleration("c", Some(-5))];
    let seconds = |keys: &[&str]| {
        let taints: Vec<Taint> = keys.iter().map(|key| taint(key)).collect();
        tolerated_seconds(taints.iter(), &tolerations)
    };
    assert_eq!(seconds(&["a"]), Tolerated::Seconds(300));
    assert_eq!(seconds(&["a", "b"]), Tolerated::Seconds(20));
    assert_eq!(seconds(&["c"]), Tolerated::Seconds(0));
    assert_eq!(seconds(&["a", "other"]), Tolerated::Not);
    assert_eq!(seconds(&[]), Tolerated::ForEver);
}

#[test]
fn a_toleration_without_key_bears_everything_for_ever() {
    let taints = [taint("a"), taint("b")];
    assert_eq!(tolerated_seconds(taints.iter(), &[toleration("", None)]), Tolerated::ForEver);
}

#[test]
fn a_plan_stays_when_a_further_taint_is_borne_for_a_shorter_time() {
    let profile = TimingProfile::named("instant").expect("a profile");
    let mut cluster = Cluster::new(ClusterConfig::for_profile(profile, 1));
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"},
        "spec": {"containers": [{"name": "app", "image": "nginx"}], "tolerations": [
            {"key": "long", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60},
            {"key": "short", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 10}]}});
    cluster.act("create", |api| api.create(decode::object(pod).expect("a manifest"))).expect("it is new");
    cluster.settle(Duration::from_secs(60));
    let mut put = |key: &str| {
        let change = |node: &mut Node| {
            node.spec.get_or_insert_default().taints.get_or_insert_default().push(taint(key));
        };
        let node = ObjectKey::cluster("minikube");
        cluster.act("taint", |api| api.modify::<Node>(&node, Subresource::Main, change)).expect("a node");
        cluster.advance(Duration::from_secs(25));
        cluster.store().typed::<Pod>(&ObjectKey::new("default", "p")).is_some()
    };
    assert!(put("long"));
    // Sixty seconds from the first taint, not ten from the second.
    assert!(put("short"));
    cluster.advance(Duration::from_secs(11));
    assert!(cluster.store().typed::<Pod>(&ObjectKey::new("default", "p")).is_none());
}
