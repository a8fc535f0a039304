//! The cluster's own pods: what they look like, and that they are nobody's event.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;

use crate::api::{Kind, KubernetesVersion, ObjectKey, Resource, SimTime, meta};
use crate::cluster::{Cluster, Fault};
use crate::engine::{ClusterConfig, TimingProfile};
use crate::session::Session;

fn config(profile: &str) -> ClusterConfig {
    ClusterConfig::for_profile(TimingProfile::named(profile).expect("built in"), 14)
}

fn session(profile: &str) -> Session {
    Session::new(config(profile))
}

fn pods(cluster: &Cluster) -> Vec<ObjectKey> {
    cluster.store().all::<Pod>().map(Resource::key).collect()
}

fn run(session: &mut Session, line: &str) -> String {
    session.kubectl(line).unwrap_or_else(|error| panic!("{line}: {}", error.stderr))
}

#[test]
fn a_minikube_shows_the_pods_that_it_consists_of() {
    let mut session = session("minikube");
    insta::assert_snapshot!(run(&mut session, "get pods -A -o wide"), @r"
    NAMESPACE     NAME                               READY   STATUS    RESTARTS   AGE     IP             NODE       NOMINATED NODE   READINESS GATES
    kube-system   coredns-589f44dc88-zwf2c           1/1     Running   0          6d23h   10.244.0.2     minikube   <none>           <none>
    kube-system   etcd-minikube                      1/1     Running   0          6d23h   192.168.49.2   minikube   <none>           <none>
    kube-system   kube-apiserver-minikube            1/1     Running   0          6d23h   192.168.49.2   minikube   <none>           <none>
    kube-system   kube-controller-manager-minikube   1/1     Running   0          6d23h   192.168.49.2   minikube   <none>           <none>
    kube-system   kube-proxy-wnrgq                   1/1     Running   0          6d23h   192.168.49.2   minikube   <none>           <none>
    kube-system   kube-scheduler-minikube            1/1     Running   0          6d23h   192.168.49.2   minikube   <none>           <none>
    kube-system   storage-provisioner                1/1     Running   0          6d23h   192.168.49.2   minikube   <none>           <none>
    ");
    insta::assert_snapshot!(run(&mut session, "get deploy,rs,ds,controllerrevisions,ep,leases -n kube-system"), @r"
    NAME                      READY   UP-TO-DATE   AVAILABLE   AGE
    deployment.apps/coredns   1/1     1            1           6d23h

    NAME                                 DESIRED   CURRENT   READY   AGE
    replicaset.apps/coredns-589f44dc88   1         1         1       6d23h

    NAME                        DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR            AGE
    daemonset.apps/kube-proxy   1         1         1       1            1           kubernetes.io/os=linux   6d23h

    NAME                                            CONTROLLER                  REVISION   AGE
    controllerrevision.apps/kube-proxy-66d5f8d6f6   daemonset.apps/kube-proxy   1          6d23h

    NAME                                 ENDPOINTS                                     AGE
    endpoints/k8s.io-minikube-hostpath   <none>                                        6d23h
    endpoints/kube-dns                   10.244.0.2:53,10.244.0.2:53,10.244.0.2:9153   6d23h

    NAME                                                             HOLDER                                                                      AGE
    lease.coordination.k8s.io/apiserver-kcdegeihzlqbkh65rirrc5zxju   apiserver-kcdegeihzlqbkh65rirrc5zxju_2684b78c-f801-4a0e-a436-d570f57b3544   6d23h
    ");
}

#[test]
fn a_kind_cluster_shows_them_on_every_node() {
    let mut session = session("kind");
    insta::assert_snapshot!(run(&mut session, "get pods -A -o wide"), @r"
    NAMESPACE            NAME                                         READY   STATUS    RESTARTS   AGE     IP           NODE                 NOMINATED NODE   READINESS GATES
    kube-system          coredns-589f44dc88-nn9tb                     1/1     Running   0          6d23h   10.244.0.2   kind-control-plane   <none>           <none>
    kube-system          coredns-589f44dc88-z5pfn                     1/1     Running   0          6d23h   10.244.0.3   kind-control-plane   <none>           <none>
    kube-system          etcd-kind-control-plane                      1/1     Running   0          6d23h   172.18.0.2   kind-control-plane   <none>           <none>
    kube-system          kindnet-d2lzr                                1/1     Running   0          6d23h   172.18.0.3   kind-worker          <none>           <none>
    kube-system          kindnet-h4rgr                                1/1     Running   0          6d23h   172.18.0.4   kind-worker2         <none>           <none>
    kube-system          kindnet-x57q7                                1/1     Running   0          6d23h   172.18.0.2   kind-control-plane   <none>           <none>
    kube-system          kube-apiserver-kind-control-plane            1/1     Running   0          6d23h   172.18.0.2   kind-control-plane   <none>           <none>
    kube-system          kube-controller-manager-kind-control-plane   1/1     Running   0          6d23h   172.18.0.2   kind-control-plane   <none>           <none>
    kube-system          kube-proxy-j6cwf                             1/1     Running   0          6d23h   172.18.0.3   kind-worker          <none>           <none>
    kube-system          kube-proxy-wf2cq                             1/1     Running   0          6d23h   172.18.0.4   kind-worker2         <none>           <none>
    kube-system          kube-proxy-wnrgq                             1/1     Running   0          6d23h   172.18.0.2   kind-control-plane   <none>           <none>
    kube-system          kube-scheduler-kind-control-plane            1/1     Running   0          6d23h   172.18.0.2   kind-control-plane   <none>           <none>
    local-path-storage   local-path-provisioner-7dc846544d-jmfhq      1/1     Running   0          6d23h   10.244.0.4   kind-control-plane   <none>           <none>
    ");
}

#[test]
fn other_clusters_show_none() {
    for profile in ["instant", "slow-cloud"] {
        assert_eq!(pods(&Cluster::new(config(profile))), [], "{profile}");
    }
    assert_eq!(pods(&Cluster::new(ClusterConfig::recorder(1))), []);
}

/// Whatever wakes the components, they find nothing to do: what was planted is what they would have made.
#[test]
fn everything_is_as_its_components_leave_it() {
    for profile in ["minikube", "kind"] {
        for version in KubernetesVersion::ALL {
            let mut config = config(profile);
            config.set_kubernetes_version(*version);
            let mut cluster = Cluster::new(config);
            assert_eq!(cluster.next_time(), None, "nothing is pending");
            let before: Vec<_> = cluster.store().all::<Pod>().cloned().collect();
            let nodes: Vec<String> = cluster.engine().config().nodes.iter().map(|n| n.name.clone()).collect();
            // A node that goes on looks at all its pods.
            for node in nodes {
                cluster.fault(Fault::StartNode { node }).expect("there");
            }
            cluster.act("touch", |api| {
                for kind in [Kind::Deployment, Kind::ReplicaSet, Kind::DaemonSet, Kind::Service] {
                    let found: Vec<_> = api.store().list(kind).cloned().collect();
                    for mut object in found {
                        object.meta_mut().labels.get_or_insert_default().insert("a".into(), "b".into());
                        api.update(object).expect("updated");
                    }
                }
            });
            let revision = cluster.store().revision();
            cluster.advance(Duration::from_secs(200));
            let changes: Vec<String> =
                cluster.store().log().since(revision).map(|change| change.reference.to_string()).collect();
            // The Services' labels come to their slices and endpoints.
            let others: Vec<&String> = changes.iter().filter(|name| !name.contains("Endpoint")).collect();
            assert_eq!(others, Vec::<&String>::new(), "{profile} {version}");
            let after: Vec<_> = cluster.store().all::<Pod>().cloned().collect();
            assert_eq!(after, before, "{profile} {version}");
        }
    }
}

#[test]
fn the_history_begins_after_them() {
    let mut config = config("minikube");
    let with = Cluster::new(config.clone());
    config.profile.name = "another".to_owned();
    let without = Cluster::new(config);
    assert_eq!(pods(&with).len(), 7);
    assert_eq!(pods(&without).len(), 0);
    assert_eq!(with.history_hash(), without.history_hash());
    assert_eq!((with.now(), with.store().revision()), (without.now(), without.store().revision()));
    assert_eq!(with.engine().steps(), without.engine().steps());
}

#[test]
fn a_mirror_comes_back_and_its_container_runs_on() {
    let mut session = session("minikube");
    let uid = "get pod etcd-minikube -n kube-system -o jsonpath='{.metadata.uid}'";
    let started = "get pod etcd-minikube -n kube-system -o jsonpath='{.status.containerStatuses[0].containerID}{.status.startTime}'";
    let (first, container) = (run(&mut session, uid), run(&mut session, started));
    for how in ["", " --grace-period=0 --force"] {
        let line = format!("delete pod etcd-minikube -n kube-system{how}");
        assert!(run(&mut session, &line).contains("deleted from kube-system namespace"));
        run(&mut session, "settle");
        assert_ne!(run(&mut session, uid), first);
        assert_eq!(run(&mut session, started), container);
    }
    assert!(run(&mut session, "get pod etcd-minikube -n kube-system").contains("1/1     Running   0"));
    let events = run(&mut session, "get events -n kube-system");
    assert!(!events.contains("etcd"), "{events}");
}

#[test]
fn a_deleted_pod_of_a_controller_gets_a_successor() {
    let mut session = session("minikube");
    run(&mut session, "delete pod -n kube-system -l k8s-app=kube-proxy");
    run(&mut session, "delete pod -n kube-system -l k8s-app=kube-dns");
    run(&mut session, "settle");
    insta::assert_snapshot!(run(&mut session, "get pods -n kube-system -o wide"), @r"
    NAME                               READY   STATUS    RESTARTS   AGE     IP             NODE       NOMINATED NODE   READINESS GATES
    coredns-589f44dc88-mt7ll           1/1     Running   0          63s     10.244.0.3     minikube   <none>           <none>
    etcd-minikube                      1/1     Running   0          6d23h   192.168.49.2   minikube   <none>           <none>
    kube-apiserver-minikube            1/1     Running   0          6d23h   192.168.49.2   minikube   <none>           <none>
    kube-controller-manager-minikube   1/1     Running   0          6d23h   192.168.49.2   minikube   <none>           <none>
    kube-proxy-26kcw                   1/1     Running   0          63s     192.168.49.2   minikube   <none>           <none>
    kube-scheduler-minikube            1/1     Running   0          6d23h   192.168.49.2   minikube   <none>           <none>
    storage-provisioner                1/1     Running   0          6d23h   192.168.49.2   minikube   <none>           <none>
    ");
    let log = run(&mut session, "logs -n kube-system deploy/coredns");
    assert!(log.ends_with("CoreDNS-1.14.2\nlinux/amd64, go1.26.1, dd1df4f\n"), "{log}");
}

#[test]
fn a_crashed_part_is_restarted_and_says_how_long_it_ran() {
    let mut session = session("minikube");
    run(&mut session, "config set-context --current --namespace=kube-system");
    run(&mut session, "fault crash kube-scheduler-minikube");
    run(&mut session, "settle");
    let state = "get pod kube-scheduler-minikube -o jsonpath='{.status.containerStatuses[0].restartCount} \
                 {.status.containerStatuses[0].lastState.terminated.startedAt}'";
    assert_eq!(run(&mut session, state), "1 2026-11-16T13:00:00Z");
}

#[test]
fn a_node_that_stops_and_goes_on_finds_its_pods_as_they_were() {
    let mut session = session("minikube");
    run(&mut session, "fault node minikube stop");
    run(&mut session, "advance 2m");
    assert!(run(&mut session, "get pods -n kube-system").contains("Running"));
    let ready =
        "get pods -n kube-system -o jsonpath='{.items[*].status.conditions[?(@.type==\"Ready\")].status}'";
    assert_eq!(run(&mut session, ready), "False False False False False False False");
    run(&mut session, "fault node minikube start");
    run(&mut session, "settle");
    assert_eq!(run(&mut session, ready), "True True True True True True True");
    assert!(!run(&mut session, "get pods -n kube-system").contains("(")); // no restarts
}

#[test]
fn drain_complains_of_what_belongs_to_the_node() {
    let mut session = session("minikube");
    let error = session.kubectl("drain minikube").expect_err("refused");
    insta::assert_snapshot!(error.stderr, @r#"
    error: unable to drain node "minikube" due to error: [cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): kube-system/kube-proxy-wnrgq, cannot delete Pods that declare no controller (use --force to override): kube-system/storage-provisioner], continuing command...
    There are pending nodes to be drained:
     minikube
    cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): kube-system/kube-proxy-wnrgq
    cannot delete Pods that declare no controller (use --force to override): kube-system/storage-provisioner
    "#);
    insta::assert_snapshot!(run(&mut session, "drain minikube --ignore-daemonsets --force"), @r"
    node/minikube already cordoned
    evicting pod kube-system/coredns-589f44dc88-zwf2c
    evicting pod kube-system/storage-provisioner
    pod/storage-provisioner evicted
    pod/coredns-589f44dc88-zwf2c evicted
    node/minikube drained
    ");
    let left = pods(session.cluster());
    assert!(left.iter().any(|pod| &*pod.name == "etcd-minikube"), "mirrors are left alone: {left:?}");
    assert!(left.iter().all(|pod| &*pod.name != "storage-provisioner"), "{left:?}");
}

#[test]
fn names_are_found_only_while_a_pod_of_coredns_is_ready() {
    let mut session = session("minikube");
    run(&mut session, "run box --image=busybox --restart=Never -- sleep 1d");
    run(&mut session, "wait --for=condition=Ready pod/box");
    assert!(
        run(&mut session, "exec box -- nslookup kubernetes.default.svc.cluster.local").contains("10.96.0.1")
    );
    run(&mut session, "scale deploy coredns -n kube-system --replicas=0");
    run(&mut session, "settle");
    let error = session.kubectl("exec box -- nslookup kubernetes").expect_err("nobody answers");
    assert!(format!("{error:?}").contains("no servers could be reached"), "{error:?}");
    run(&mut session, "scale deploy coredns -n kube-system --replicas=2");
    run(&mut session, "rollout status deploy coredns -n kube-system");
    assert!(
        run(&mut session, "exec box -- nslookup kubernetes.default.svc.cluster.local").contains("10.96.0.1")
    );
}

#[test]
fn a_critical_pod_is_not_evicted() {
    let mut session = session("minikube");
    run(&mut session, "config set-context --current --namespace=kube-system");
    assert!(session.kubectl("fault evict etcd-minikube").is_err());
    run(&mut session, "fault evict storage-provisioner");
}

#[test]
fn a_node_that_joins_gets_its_daemons() {
    let mut session = session("kind");
    run(&mut session, "fault node kind-worker3 join");
    run(&mut session, "advance 30s");
    run(&mut session, "settle");
    let text =
        run(&mut session, "get pods -n kube-system -o wide --field-selector spec.nodeName=kind-worker3");
    assert_eq!(text.matches("1/1     Running   0").count(), 2, "{text}");
}

#[test]
fn ages_are_those_of_the_installation() {
    let cluster = Cluster::new(config("kind"));
    let age = Duration::from_secs(cluster.engine().config().installed_seconds_ago);
    for kind in Kind::ALL {
        for object in cluster.store().list(*kind) {
            let created = object.meta().creation_timestamp.as_ref().expect("created");
            assert_eq!(
                SimTime::ZERO.age_of(created),
                age,
                "{} {}",
                object.reference(),
                meta::name(object.meta())
            );
        }
    }
}
