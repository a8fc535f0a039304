//! The whole control plane with full kubelets.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;

use super::{create, get, lab_set};
use crate::api::pod::is_ready;
use crate::cluster::Cluster;
use crate::engine::{ClusterConfig, TimingProfile};

fn ready_pods(cluster: &Cluster) -> usize {
    cluster.store().all_in::<Pod>("default").filter(|pod| is_ready(pod)).count()
}

#[test]
fn a_labs_set_comes_up_with_its_pods_three_seconds_apart() {
    let profile = TimingProfile::named("minikube").expect("a profile");
    let mut cluster = Cluster::new(ClusterConfig::for_profile(profile, 7));
    create(&mut cluster, lab_set(2, false));
    assert!(cluster.settle(Duration::from_secs(120)));
    assert_eq!(ready_pods(&cluster), 2);
    let created = |name: &str| {
        let pod = get(&cluster, name).expect("it is there");
        pod.metadata.creation_timestamp.map(|time| time.0.as_second()).unwrap_or_default()
    };
    let apart = created("python-app-1") - created("python-app-0");
    assert!((2..=4).contains(&apart), "{apart} s");
}

#[test]
fn many_pods_cost_no_more_each_than_few() {
    let profile = TimingProfile::named("instant").expect("a profile");
    let steps_each = |replicas: u32| {
        let mut config = ClusterConfig::for_profile(profile.clone(), 1);
        config.set_nodes("node", 10);
        for node in &mut config.nodes {
            node.pods = 1_000;
        }
        let mut cluster = Cluster::new(config);
        create(&mut cluster, lab_set(replicas, true));
        assert!(cluster.settle(Duration::from_secs(600)));
        assert_eq!(ready_pods(&cluster), replicas as usize);
        cluster.engine().steps() / u64::from(replicas)
    };
    let (few, many) = (steps_each(50), steps_each(500));
    assert!(many <= few + 2, "{many} steps a pod with many pods, {few} with few");
}
