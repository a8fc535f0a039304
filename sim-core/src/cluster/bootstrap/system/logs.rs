//! What the cluster's own programs log when they start, as far as it is true of this cluster.
//!
//! Models the lines that cmd/kube-apiserver, cmd/kube-controller-manager, cmd/kube-scheduler, cmd/kube-proxy, etcd and
//! minikube's storage-provisioner write through klog and zap.

use super::place::{Place, Probes};

/// A klog line: how many milliseconds after the start, where in the source, and the message.
type Line = (u32, &'static str, &'static str);

const GOLANG: &str = r#""Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK="""#;

static API_SERVER: [Line; 6] = [
    (0, "options.go:263", "external host was not specified, using {ip}"),
    (2, "server.go:150", "Version: {version}"),
    (2, "server.go:152", GOLANG),
    (1_840, "secure_serving.go:211", "Serving securely on [::]:{port}"),
    (
        2_310,
        "alloc.go:328",
        r#""allocated clusterIPs" service="default/kubernetes" clusterIPs={"IPv4":"10.96.0.1"}"#,
    ),
    (
        5_120,
        "alloc.go:328",
        r#""allocated clusterIPs" service="kube-system/kube-dns" clusterIPs={"IPv4":"10.96.0.10"}"#,
    ),
];

static CONTROLLER_MANAGER: [Line; 3] = [
    (0, "controllermanager.go:191", r#""Starting" version="{version}""#),
    (0, "controllermanager.go:193", GOLANG),
    (310, "secure_serving.go:211", "Serving securely on 127.0.0.1:10257"),
];

/// The controllers that run here, by the names that they have had since v1.28: cmd/kube-controller-manager/names.
static CONTROLLERS: [&str; 16] = [
    "cronjob-controller",
    "daemonset-controller",
    "deployment-controller",
    "disruption-controller",
    "endpointslice-controller",
    "endpoints-controller",
    "garbage-collector-controller",
    "horizontal-pod-autoscaler-controller",
    "job-controller",
    "namespace-controller",
    "node-lifecycle-controller",
    "persistentvolume-binder-controller",
    "replicaset-controller",
    "resourcequota-controller",
    "root-ca-certificate-publisher-controller",
    "statefulset-controller",
];

static SCHEDULER: [Line; 3] = [
    (0, "server.go:174", r#""Starting Kubernetes Scheduler" version="{version}""#),
    (0, "server.go:176", GOLANG),
    (240, "secure_serving.go:211", "Serving securely on 127.0.0.1:10259"),
];

static PROXY: [Line; 4] = [
    (0, "server.go:715", r#""Successfully retrieved node IP(s)" IPs=["{{ ip }}"]"#),
    (40, "server.go:534", r#""Version info" version="{version}""#),
    (40, "server.go:536", GOLANG),
    (60, "config.go:200", r#""Starting service config controller""#),
];

static STORAGE_PROVISIONER: [Line; 4] = [
    (0, "storage_provisioner.go:116", "Initializing the minikube storage provisioner..."),
    (12, "storage_provisioner.go:141", "Storage provisioner initialized, now starting service!"),
    (
        14,
        "leaderelection.go:243",
        "attempting to acquire leader lease kube-system/k8s.io-minikube-hostpath...",
    ),
    (31, "leaderelection.go:253", "successfully acquired lease kube-system/k8s.io-minikube-hostpath"),
];

/// Who has to lead before it works, where there may be several: kube-scheduler and kube-controller-manager of kind.
static LEADING: [Line; 2] = [
    (320, "leaderelection.go:257", "attempting to acquire leader lease kube-system/{name}..."),
    (350, "leaderelection.go:271", "successfully acquired lease kube-system/{name}"),
];

/// What etcd logs: milliseconds after the start, where in the source, and the fields.
static ETCD: [Line; 5] = [
    (
        0,
        "embed/etcd.go:138",
        r#""msg":"configuring peer listeners","listen-peer-urls":["https://{ip}:2380"]"#,
    ),
    (
        1,
        "embed/etcd.go:146",
        r#""msg":"configuring client listeners","listen-client-urls":["https://127.0.0.1:2379","https://{ip}:2379"]"#,
    ),
    (
        2,
        "embed/etcd.go:323",
        r#""msg":"starting an etcd server","etcd-version":"{number}","name":"{node}","data-dir":"{data}""#,
    ),
    (910, "embed/serve.go:124", r#""msg":"ready to serve client requests""#),
    (
        912,
        "embed/serve.go:275",
        r#""msg":"serving client traffic securely","traffic":"grpc+http","address":"{ip}:2379""#,
    ),
];

/// The lines of the program, with the template words of [`crate::runtime::ImageSpec::log`].
pub(super) fn of(program: &str, place: &Place) -> Vec<String> {
    let klog = |lines: &[Line]| lines.iter().map(|line| klog(*line, program, place)).collect::<Vec<_>>();
    match program {
        "etcd" => ETCD.iter().map(|line| zap(*line, place)).collect(),
        "kube-apiserver" => klog(&API_SERVER),
        "kube-controller-manager" => {
            let mut lines = klog(&CONTROLLER_MANAGER);
            lines.extend(leading(program, place));
            // They had other names before v1.28.
            if place.release.probes != Probes::Health {
                let started = |(number, name): (usize, &&str)| {
                    let message = format!(r#""Started controller" controller="{name}""#);
                    let after = 400 + 10 * u32::try_from(number).unwrap_or(0);
                    header(after, "controllermanager.go:797") + &message
                };
                lines.extend(CONTROLLERS.iter().enumerate().map(started));
            }
            lines
        }
        "kube-proxy" => klog(&PROXY),
        "kube-scheduler" => {
            let mut lines = klog(&SCHEDULER);
            lines.extend(leading(program, place));
            lines
        }
        "storage-provisioner" => klog(&STORAGE_PROVISIONER),
        _ => Vec::new(),
    }
}

fn leading(program: &str, place: &Place) -> Vec<String> {
    let lines: &[Line] = if place.is_kind() { &LEADING } else { &[] };
    lines.iter().map(|line| klog(*line, program, place)).collect()
}

fn klog((after, source, message): Line, program: &str, place: &Place) -> String {
    header(after, source) + &place.fill(message).replace("{name}", program)
}

fn header(after: u32, source: &str) -> String {
    format!("I{{{{klog {after}}}}}       1 {source}] ")
}

/// A release of etcd before v3.6 writes milliseconds.
fn zap((after, source, fields): Line, place: &Place) -> String {
    let number = place.release.etcd.split('-').next().unwrap_or_default();
    let digits = if number.starts_with("3.5") { "3" } else { "6" };
    let fields = place.fill(fields).replace("{number}", number);
    format!(r#"{{"level":"info","ts":"{{{{zap {after} {digits}}}}}","caller":"{source}",{fields}}}"#)
}
