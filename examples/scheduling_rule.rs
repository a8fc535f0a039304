//! A unit test of a scheduling rule, in milliseconds and without a cluster.
//!
//! `cargo run -p sim-cli --example scheduling_rule`; the same lines work inside a `#[test]`.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use sim_core::api::{ObjectKey, pod};
use sim_core::cluster::Cluster;
use sim_core::session::Session;

const WEB: &str = include_str!("manifests/web.yaml");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut session = Session::instant();
    session.apply(WEB)?;

    // OrderedReady: web-1 is not even created before web-0 is ready.
    let created = session.run_until(Duration::from_secs(60), |cluster| find(cluster, "web-1").is_some());
    assert!(created, "web-1 never came");
    assert!(find(session.cluster(), "web-0").is_some_and(pod::is_ready), "web-1 came before web-0 was ready");

    // And the last one is the first to go.
    session.kubectl("rollout status sts/web")?;
    session.kubectl("scale sts web --replicas=1")?;
    session.run_until(Duration::from_secs(60), |cluster| find(cluster, "web-2").is_none());
    assert!(find(session.cluster(), "web-1").is_some(), "web-1 went before web-2");

    println!("both rules held; virtual time {}", session.now());
    Ok(())
}

fn find<'a>(cluster: &'a Cluster, name: &str) -> Option<&'a Pod> {
    cluster.store().typed(&ObjectKey::new("default", name))
}
