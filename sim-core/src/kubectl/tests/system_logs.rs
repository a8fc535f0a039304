//! What the pods of `kube-system` have logged.

use insta::assert_snapshot;

use super::Bench;
use crate::api::KubernetesVersion;
use crate::engine::{ClusterConfig, TimingProfile};

fn bench(profile: &str, version: KubernetesVersion) -> Bench {
    let profile = TimingProfile::named(profile).expect("a known profile");
    let mut config = ClusterConfig::for_profile(profile, 1);
    config.set_kubernetes_version(version);
    Bench::on(config)
}

fn logs(bench: &mut Bench, selectors: &[&str]) -> String {
    selectors
        .iter()
        .map(|selector| {
            format!("{selector}\n{}", bench.run(&format!("logs -n kube-system -l {selector} --tail=-1")))
        })
        .collect()
}

#[test]
fn the_control_plane_tells_of_its_versions_and_addresses() {
    let mut minikube = bench("minikube", KubernetesVersion::V1_36);
    let parts = ["component=etcd", "component=kube-apiserver", "component=kube-controller-manager"];
    assert_snapshot!(logs(&mut minikube, &parts), @r#"
    component=etcd
    {"level":"info","ts":"2026-11-23T12:00:00.000000Z","caller":"embed/etcd.go:138","msg":"configuring peer listeners","listen-peer-urls":["https://192.168.49.2:2380"]}
    {"level":"info","ts":"2026-11-23T12:00:00.001000Z","caller":"embed/etcd.go:146","msg":"configuring client listeners","listen-client-urls":["https://127.0.0.1:2379","https://192.168.49.2:2379"]}
    {"level":"info","ts":"2026-11-23T12:00:00.002000Z","caller":"embed/etcd.go:323","msg":"starting an etcd server","etcd-version":"3.6.8","name":"minikube","data-dir":"/var/lib/minikube/etcd"}
    {"level":"info","ts":"2026-11-23T12:00:00.910000Z","caller":"embed/serve.go:124","msg":"ready to serve client requests"}
    {"level":"info","ts":"2026-11-23T12:00:00.912000Z","caller":"embed/serve.go:275","msg":"serving client traffic securely","traffic":"grpc+http","address":"192.168.49.2:2379"}
    component=kube-apiserver
    I1123 12:00:00.000000       1 options.go:263] external host was not specified, using 192.168.49.2
    I1123 12:00:00.002000       1 server.go:150] Version: v1.36.2
    I1123 12:00:00.002000       1 server.go:152] "Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""
    I1123 12:00:01.840000       1 secure_serving.go:211] Serving securely on [::]:8443
    I1123 12:00:02.310000       1 alloc.go:328] "allocated clusterIPs" service="default/kubernetes" clusterIPs={"IPv4":"10.96.0.1"}
    I1123 12:00:05.120000       1 alloc.go:328] "allocated clusterIPs" service="kube-system/kube-dns" clusterIPs={"IPv4":"10.96.0.10"}
    component=kube-controller-manager
    I1123 12:00:00.000000       1 controllermanager.go:191] "Starting" version="v1.36.2"
    I1123 12:00:00.000000       1 controllermanager.go:193] "Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""
    I1123 12:00:00.310000       1 secure_serving.go:211] Serving securely on 127.0.0.1:10257
    I1123 12:00:00.400000       1 controllermanager.go:797] "Started controller" controller="cronjob-controller"
    I1123 12:00:00.410000       1 controllermanager.go:797] "Started controller" controller="daemonset-controller"
    I1123 12:00:00.420000       1 controllermanager.go:797] "Started controller" controller="deployment-controller"
    I1123 12:00:00.430000       1 controllermanager.go:797] "Started controller" controller="disruption-controller"
    I1123 12:00:00.440000       1 controllermanager.go:797] "Started controller" controller="endpointslice-controller"
    I1123 12:00:00.450000       1 controllermanager.go:797] "Started controller" controller="endpoints-controller"
    I1123 12:00:00.460000       1 controllermanager.go:797] "Started controller" controller="garbage-collector-controller"
    I1123 12:00:00.470000       1 controllermanager.go:797] "Started controller" controller="horizontal-pod-autoscaler-controller"
    I1123 12:00:00.480000       1 controllermanager.go:797] "Started controller" controller="job-controller"
    I1123 12:00:00.490000       1 controllermanager.go:797] "Started controller" controller="namespace-controller"
    I1123 12:00:00.500000       1 controllermanager.go:797] "Started controller" controller="node-lifecycle-controller"
    I1123 12:00:00.510000       1 controllermanager.go:797] "Started controller" controller="persistentvolume-binder-controller"
    I1123 12:00:00.520000       1 controllermanager.go:797] "Started controller" controller="replicaset-controller"
    I1123 12:00:00.530000       1 controllermanager.go:797] "Started controller" controller="resourcequota-controller"
    I1123 12:00:00.540000       1 controllermanager.go:797] "Started controller" controller="root-ca-certificate-publisher-controller"
    I1123 12:00:00.550000       1 controllermanager.go:797] "Started controller" controller="statefulset-controller"
    "#);
    let others = ["component=kube-scheduler", "k8s-app=kube-proxy", "integration-test=storage-provisioner"];
    assert_snapshot!(logs(&mut minikube, &others), @r#"
    component=kube-scheduler
    I1123 12:00:00.000000       1 server.go:174] "Starting Kubernetes Scheduler" version="v1.36.2"
    I1123 12:00:00.000000       1 server.go:176] "Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""
    I1123 12:00:00.240000       1 secure_serving.go:211] Serving securely on 127.0.0.1:10259
    k8s-app=kube-proxy
    I1123 12:00:00.000000       1 server.go:715] "Successfully retrieved node IP(s)" IPs=["192.168.49.2"]
    I1123 12:00:00.040000       1 server.go:534] "Version info" version="v1.36.2"
    I1123 12:00:00.040000       1 server.go:536] "Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""
    I1123 12:00:00.060000       1 config.go:200] "Starting service config controller"
    integration-test=storage-provisioner
    I1123 12:00:00.000000       1 storage_provisioner.go:116] Initializing the minikube storage provisioner...
    I1123 12:00:00.012000       1 storage_provisioner.go:141] Storage provisioner initialized, now starting service!
    I1123 12:00:00.014000       1 leaderelection.go:243] attempting to acquire leader lease kube-system/k8s.io-minikube-hostpath...
    I1123 12:00:00.031000       1 leaderelection.go:253] successfully acquired lease kube-system/k8s.io-minikube-hostpath
    "#);
}

#[test]
fn another_release_and_another_installer_log_otherwise() {
    let mut kind = bench("kind", KubernetesVersion::V1_27);
    let parts = ["component=etcd", "component=kube-controller-manager", "component=kube-scheduler"];
    assert_snapshot!(logs(&mut kind, &parts), @r#"
    component=etcd
    {"level":"info","ts":"2026-11-23T12:00:00.000Z","caller":"embed/etcd.go:138","msg":"configuring peer listeners","listen-peer-urls":["https://172.18.0.2:2380"]}
    {"level":"info","ts":"2026-11-23T12:00:00.001Z","caller":"embed/etcd.go:146","msg":"configuring client listeners","listen-client-urls":["https://127.0.0.1:2379","https://172.18.0.2:2379"]}
    {"level":"info","ts":"2026-11-23T12:00:00.002Z","caller":"embed/etcd.go:323","msg":"starting an etcd server","etcd-version":"3.5.12","name":"kind-control-plane","data-dir":"/var/lib/etcd"}
    {"level":"info","ts":"2026-11-23T12:00:00.910Z","caller":"embed/serve.go:124","msg":"ready to serve client requests"}
    {"level":"info","ts":"2026-11-23T12:00:00.912Z","caller":"embed/serve.go:275","msg":"serving client traffic securely","traffic":"grpc+http","address":"172.18.0.2:2379"}
    component=kube-controller-manager
    I1123 12:00:00.000000       1 controllermanager.go:191] "Starting" version="v1.27.16"
    I1123 12:00:00.000000       1 controllermanager.go:193] "Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""
    I1123 12:00:00.310000       1 secure_serving.go:211] Serving securely on 127.0.0.1:10257
    I1123 12:00:00.320000       1 leaderelection.go:257] attempting to acquire leader lease kube-system/kube-controller-manager...
    I1123 12:00:00.350000       1 leaderelection.go:271] successfully acquired lease kube-system/kube-controller-manager
    component=kube-scheduler
    I1123 12:00:00.000000       1 server.go:174] "Starting Kubernetes Scheduler" version="v1.27.16"
    I1123 12:00:00.000000       1 server.go:176] "Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""
    I1123 12:00:00.240000       1 secure_serving.go:211] Serving securely on 127.0.0.1:10259
    I1123 12:00:00.320000       1 leaderelection.go:257] attempting to acquire leader lease kube-system/kube-scheduler...
    I1123 12:00:00.350000       1 leaderelection.go:271] successfully acquired lease kube-system/kube-scheduler
    "#);
}
