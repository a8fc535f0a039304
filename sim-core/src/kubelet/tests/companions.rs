use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{bound_pod, cluster, create, delete, events, get, history, instant, key};
use crate::api::pod;
use crate::cluster::{Cluster, Fault};
use crate::engine::{ClusterConfig, TimingProfile};
use crate::runtime::ExecRequest;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn status(cluster: &Cluster, name: &str) -> Value {
    serde_json::to_value(get(cluster, name).and_then(|pod| pod.status)).unwrap_or_default()
}

/// What a command prints in the pod's first container.
fn exec(cluster: &mut Cluster, argv: &[&str]) -> String {
    let request =
        ExecRequest { argv: argv.iter().map(|word| (*word).to_owned()).collect(), ..ExecRequest::default() };
    let (now, store) = (cluster.now(), cluster.store().clone());
    let runtime = cluster.runtime_mut().0;
    let id = match runtime.exec(&key("web-0"), request, &store, now) {
        Ok(id) => id,
        Err(error) => return error.to_string(),
    };
    let done = runtime.exec_poll(&id).expect("it was started");
    let text: String = done.output.into_iter().map(|(_, text)| text).collect();
    format!("{text}[{}]", done.exit.unwrap_or(-1))
}

fn shell(name: &str, script: &str) -> Value {
    json!({"name": name, "image": "busybox", "command": ["sh", "-c", script]})
}

#[test]
fn a_sidecar_is_up_before_the_pods_containers_and_ends_after_them() {
    let mut cluster = instant();
    let from = cluster.now();
    let mut sidecar = shell(
        "proxy",
        "trap 'echo proxy ends; exit 0' TERM; sleep 2; touch /tmp/up; while true; do sleep 1; done",
    );
    sidecar["restartPolicy"] = json!("Always");
    sidecar["startupProbe"] = json!({"exec": {"command": ["test", "-f", "/tmp/up"]}, "periodSeconds": 1});
    let main = shell("app", "trap 'sleep 3; exit 0' TERM; while true; do sleep 1; done");
    bound_pod(&mut cluster, "web-0", "minikube", json!({"initContainers": [sidecar], "containers": [main]}));
    cluster.advance(secs(10));
    assert!(pod::is_ready(&get(&cluster, "web-0").expect("the pod is there")));
    let ending = cluster.now();
    delete(&mut cluster, "web-0", None);
    cluster.advance(secs(40));
    assert!(get(&cluster, "web-0").is_none());
    assert_snapshot!(events(&cluster, "web-0", from), @r#"
    0 Pulling Pulling image "busybox"
    0 Pulled Successfully pulled image "busybox" in 0s (0s including waiting). Image size: 2205824 bytes.
    0 Created Container created
    0 Started Container started
    0 Unhealthy Startup probe failed: 
    1 Unhealthy Startup probe failed: 
    3 Pulling Pulling image "busybox"
    3 Pulled Successfully pulled image "busybox" in 0s (0s including waiting). Image size: 2205824 bytes.
    3 Created Container created
    3 Started Container started
    10 Killing Stopping container proxy
    10 Killing Stopping container app
    "#);
    assert_snapshot!(history(&cluster, "web-0", ending), @"
    0.000 terminating(30) Running ready app=runningx0
    4.000 terminating(30) Running - app=Completed/0x0
    5.000 terminating(30) Succeeded - app=Completed/0x0
    5.000 terminating(0) Succeeded - app=Completed/0x0
    5.000 gone Succeeded - app=Completed/0x0
    ");
}

#[test]
fn a_pod_whose_containers_are_done_ends_its_sidecars_and_then_succeeds() {
    let mut cluster = instant();
    let mut sidecar = shell("proxy", "trap 'exit 0' TERM; while true; do sleep 1; done");
    sidecar["restartPolicy"] = json!("Always");
    let spec = json!({"restartPolicy": "Never", "initContainers": [sidecar], "containers": [shell("job", "sleep 5")]});
    let from = cluster.now();
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    cluster.advance(secs(30));
    assert_eq!(status(&cluster, "web-0")["phase"], json!("Succeeded"));
    assert_eq!(
        status(&cluster, "web-0")["initContainerStatuses"][0]["state"]["terminated"]["exitCode"],
        json!(0)
    );
    assert!(events(&cluster, "web-0", from).contains("Killing Stopping container proxy"));
}

#[test]
fn a_post_start_hook_holds_the_start_back_and_its_failure_kills() {
    let mut cluster = instant();
    let mut slow = shell("app", "sleep 1d");
    slow["lifecycle"] = json!({"postStart": {"exec": {"command": ["sleep", "4"]}}});
    let from = cluster.now();
    bound_pod(&mut cluster, "web-0", "minikube", json!({"containers": [slow.clone()]}));
    cluster.advance(secs(10));
    assert_snapshot!(history(&cluster, "web-0", from), @"
    0.000 added Pending -
    0.000 modified Pending - app=ContainerCreatingx0
    4.000 modified Running ready app=runningx0
    ");
    slow["lifecycle"] = json!({"postStart": {"exec": {"command": ["false"]}}});
    bound_pod(
        &mut cluster,
        "web-1",
        "minikube",
        json!({"containers": [slow], "terminationGracePeriodSeconds": 1}),
    );
    cluster.advance(secs(4));
    assert_snapshot!(events(&cluster, "web-1", from), @r#"
    10 Pulling Pulling image "busybox"
    10 Pulled Successfully pulled image "busybox" in 0s (0s including waiting). Image size: 2205824 bytes.
    10 Created Container created
    10 Started Container started
    10 FailedPostStartHook PostStartHook failed
    10 Killing FailedPostStartHook
    12 Pulling Pulling image "busybox"
    12 Pulled Successfully pulled image "busybox" in 0s (0s including waiting). Image size: 2205824 bytes.
    12 Created Container created
    12 Started Container started
    12 FailedPostStartHook PostStartHook failed
    12 Killing FailedPostStartHook
    14 BackOff Back-off restarting failed container app in pod web-1_default(UID)
    "#);
    assert_snapshot!(status(&cluster, "web-1")["containerStatuses"][0]["lastState"]["terminated"]["exitCode"], @"137");
}

#[test]
fn what_a_container_says_of_its_end_is_in_its_status() {
    let mut cluster = instant();
    let mut told = shell("app", "echo no configuration > /dev/termination-log; exit 2");
    bound_pod(
        &mut cluster,
        "web-0",
        "minikube",
        json!({"restartPolicy": "Never", "containers": [told.clone()]}),
    );
    told = shell("app", "echo first; echo last; exit 2");
    told["terminationMessagePolicy"] = json!("FallbackToLogsOnError");
    bound_pod(&mut cluster, "web-1", "minikube", json!({"restartPolicy": "Never", "containers": [told]}));
    cluster.settle(secs(60));
    let message =
        |name: &str| status(&cluster, name)["containerStatuses"][0]["state"]["terminated"]["message"].clone();
    assert_eq!(message("web-0"), json!("no configuration\n"));
    assert_eq!(message("web-1"), json!("first\nlast\n"));
}

#[test]
fn a_container_runs_as_the_user_of_its_security_context() {
    let mut cluster = instant();
    let spec = json!({"containers": [{"name": "app", "image": "busybox", "command": ["sleep", "1d"]}],
        "securityContext": {"runAsUser": 1000, "runAsGroup": 3000, "fsGroup": 2000}});
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    cluster.settle(secs(60));
    assert_eq!(exec(&mut cluster, &["id"]), "uid=1000 gid=3000 groups=2000,3000\n[0]");
    assert_eq!(exec(&mut cluster, &["whoami"]), "whoami: unknown uid 1000\n[1]");
    let strict = json!({"containers": [{"name": "app", "image": "busybox"}], "securityContext": {"runAsNonRoot": true}});
    bound_pod(&mut cluster, "web-1", "minikube", strict);
    cluster.settle(secs(60));
    let waiting = status(&cluster, "web-1")["containerStatuses"][0]["state"]["waiting"].clone();
    assert_eq!(waiting["reason"], json!("CreateContainerConfigError"));
    let message = waiting["message"].as_str().unwrap_or_default();
    assert!(
        message.starts_with("container has runAsNonRoot and image will run as root (pod: \"web-1_default("),
        "{message}"
    );
}

#[test]
fn a_config_maps_change_reaches_the_file_a_minute_later_and_not_a_sub_path() {
    let mut cluster = instant();
    let map = |value: &str| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "default"},
            "data": {"mode": value}})
    };
    create(&mut cluster, map("slow"));
    let mounts = json!([{"name": "settings", "mountPath": "/etc/all"},
        {"name": "settings", "mountPath": "/etc/mode", "subPath": "mode"}]);
    bound_pod(
        &mut cluster,
        "web-0",
        "minikube",
        json!({
        "containers": [{"name": "app", "image": "busybox", "command": ["sleep", "1d"], "volumeMounts": mounts}],
        "volumes": [{"name": "settings", "configMap": {"name": "settings", "defaultMode": 256}}]}),
    );
    cluster.settle(secs(60));
    assert!(exec(&mut cluster, &["ls", "-lL", "/etc/all"]).contains("-r--------"));
    let object = crate::api::decode::object(map("fast")).expect("a manifest");
    cluster.act("update", |api| api.update(object)).expect("it is taken");
    cluster.advance(secs(30));
    assert_eq!(exec(&mut cluster, &["cat", "/etc/all/mode"]), "slow[0]");
    cluster.advance(secs(60));
    assert_eq!(exec(&mut cluster, &["cat", "/etc/all/mode", "/etc/mode"]), "fastslow[0]");
}

#[test]
fn names_and_resolvers_are_what_the_pod_asks_for() {
    let mut cluster = instant();
    bound_pod(
        &mut cluster,
        "web-0",
        "minikube",
        json!({"hostname": "web-0", "subdomain": "web",
        "setHostnameAsFQDN": true, "dnsPolicy": "None",
        "dnsConfig": {"nameservers": ["192.0.2.1"], "searches": ["example.com"], "options": [{"name": "ndots", "value": "2"}]},
        "hostAliases": [{"ip": "192.0.2.7", "hostnames": ["db", "db.example.com"]}, {"ip": "192.0.2.8", "hostnames": ["mq"]}],
        "containers": [{"name": "app", "image": "busybox", "command": ["sleep", "1d"]}]}),
    );
    cluster.settle(secs(60));
    assert_snapshot!(exec(&mut cluster, &["cat", "/etc/resolv.conf", "/etc/hosts", "/etc/hostname"]), @"
    nameserver 192.0.2.1
    search example.com
    options ndots:2
    # Kubernetes-managed hosts file.
    127.0.0.1	localhost
    ::1	localhost ip6-localhost ip6-loopback
    fe00::0	ip6-localnet
    fe00::0	ip6-mcastprefix
    fe00::1	ip6-allnodes
    fe00::2	ip6-allrouters
    10.244.0.2	web-0.web.default.svc.cluster.local	web-0

    # Entries added by HostAliases.
    192.0.2.7	db	db.example.com
    192.0.2.8	mq
    web-0.web.default.svc.cluster.local
    [0]
    ");
    assert!(exec(&mut cluster, &["nslookup", "kubernetes.default.svc.cluster.local"]).contains("NXDOMAIN"));
}

#[test]
fn a_node_low_on_memory_evicts() {
    let mut cluster = instant();
    let from = cluster.now();
    let spec = json!({"containers": [{"name": "app", "image": "nginx",
        "resources": {"requests": {"memory": "64Mi"}}}]});
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    cluster.settle(secs(60));
    cluster.fault(Fault::Evict { pod: key("web-0") }).expect("it runs");
    cluster.settle(secs(60));
    let status = status(&cluster, "web-0");
    assert_eq!((&status["phase"], &status["reason"]), (&json!("Failed"), &json!("Evicted")));
    assert_snapshot!(events(&cluster, "web-0", from).lines().skip(4).collect::<Vec<_>>().join("\n"), @"
    0 Evicted The node was low on resource: memory. Threshold quantity: 100Mi, available: 74628Ki. Container app was using 112Mi, request is 64Mi, has larger consumption of memory. 
    0 Killing Stopping container app
    ");
    let node = |cluster: &crate::cluster::Cluster| {
        let node = cluster.store().get(crate::api::Kind::Node, &crate::api::ObjectKey::cluster("minikube"));
        let node = node.expect("it is there").to_value();
        let pressure = &node["status"]["conditions"][0];
        format!("{} {} {}", pressure["status"], pressure["reason"], node["spec"]["taints"][0]["key"])
    };
    let low = r#""True" "KubeletHasInsufficientMemory" "node.kubernetes.io/memory-pressure""#;
    assert_eq!(node(&cluster), low);
    // It says so for five minutes more.
    cluster.advance(secs(290));
    assert_eq!(node(&cluster), low);
    cluster.advance(secs(20));
    assert_eq!(node(&cluster), r#""False" "KubeletHasSufficientMemory" null"#);
}

#[test]
fn a_container_over_its_limit_of_memory_is_killed() {
    let mut cluster = instant();
    let hog = json!({"name": "hog", "image": "polinux/stress", "command": ["stress"],
        "args": ["--vm", "1", "--vm-bytes", "250M", "--vm-hang", "1"],
        "resources": {"limits": {"memory": "100Mi"}}});
    bound_pod(&mut cluster, "web-0", "minikube", json!({"restartPolicy": "Never", "containers": [hog]}));
    cluster.settle(secs(60));
    let ended = status(&cluster, "web-0")["containerStatuses"][0]["state"]["terminated"].clone();
    assert_eq!((&ended["reason"], &ended["exitCode"]), (&json!("OOMKilled"), &json!(137)));
}

#[test]
fn images_have_their_own_tools_alone() {
    let profile = TimingProfile::named("instant").expect("a profile");
    let mut config = ClusterConfig::for_profile(profile, 1);
    config.set_nodes("minikube", 1);
    let mut cluster = cluster(config);
    let script = "echo $(hostname) > /usr/share/nginx/html/index.html && nginx -g 'daemon off;'";
    bound_pod(
        &mut cluster,
        "web-0",
        "minikube",
        json!({"containers": [
        {"name": "app", "image": "nginx:1.27", "command": ["sh", "-c", script]},
        {"name": "slim", "image": "python:3.13-slim", "command": ["sleep", "1d"]},
        {"name": "bare", "image": "gcr.io/distroless/static:latest"}]}),
    );
    cluster.settle(secs(60));
    assert_eq!(exec(&mut cluster, &["curl", "-s", "localhost"]), "web-0\n[0]");
    assert_snapshot!(exec(&mut cluster, &["nslookup", "web"]), @r#"OCI runtime exec failed: exec failed: unable to start container process: exec: "nslookup": executable file not found in $PATH: unknown"#);
    let mut in_container = |container: &str, word: &str| {
        let argv = vec![word.to_owned()];
        let request = ExecRequest { container: Some(container.to_owned()), argv, ..ExecRequest::default() };
        let (now, store) = (cluster.now(), cluster.store().clone());
        cluster.runtime_mut().0.exec(&key("web-0"), request, &store, now).is_ok()
    };
    assert!(in_container("slim", "bash") && !in_container("slim", "curl") && !in_container("slim", "ps"));
    assert!(!in_container("bare", "sh") && !in_container("bare", "ls"));
}

#[test]
fn files_belong_to_who_wrote_them_and_volumes_to_the_fs_group() {
    let mut cluster = instant();
    create(
        &mut cluster,
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "default"}, "data": {"a.conf": "x"}}),
    );
    let spec = json!({
        "containers": [{"name": "app", "image": "busybox", "command": ["sleep", "1d"], "volumeMounts": [
            {"name": "data", "mountPath": "/data"}, {"name": "settings", "mountPath": "/settings"}]}],
        "volumes": [{"name": "data", "emptyDir": {}}, {"name": "settings", "configMap": {"name": "settings"}}],
        "securityContext": {"runAsUser": 1000, "runAsGroup": 3000, "fsGroup": 2000}});
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    cluster.settle(secs(60));
    let script = "echo hi > /data/file; mkdir /data/folder; echo hi > /tmp/own; \
                  ls -ld /data /settings | cut -c1-33; ls -l /data /settings /tmp | cut -c1-33; \
                  ls -n /data/file | cut -c1-33; stat -c '%u:%g %U' /data/file";
    assert_snapshot!(exec(&mut cluster, &["sh", "-c", script]), @r"
    drwxrwsrwx    3 root     2000    
    drwxrwsrwt    3 root     2000    
    /data:
    total 8
    -rw-r--r--    1 1000     2000    
    drwxr-sr-x    2 1000     2000    

    /settings:
    total 0
    lrwxrwxrwx    1 root     2000    

    /tmp:
    total 4
    -rw-r--r--    1 1000     3000    
    -rw-r--r--    1 1000     2000    
    1000:2000 UNKNOWN
    [0]
    ");
}

#[test]
fn a_pre_stop_hook_that_fails_or_outlasts_the_grace_period_is_told_of_when_it_is_over() {
    let mut cluster = instant();
    let mut ended = String::new();
    for (name, hook) in [("fails", "sleep 2; false"), ("lasts", "sleep 60")] {
        let mut app = shell("app", "sleep 1d");
        app["lifecycle"] = json!({"preStop": {"exec": {"command": ["sh", "-c", hook]}}});
        let spec = json!({"containers": [app], "terminationGracePeriodSeconds": 5});
        bound_pod(&mut cluster, name, "minikube", spec);
        cluster.advance(secs(5));
        let from = cluster.now();
        delete(&mut cluster, name, None);
        cluster.advance(secs(9));
        ended.push_str(&(events(&cluster, name, from) + "\n"));
    }
    assert_snapshot!(ended, @"
    0 Killing Stopping container app
    2 FailedPreStopHook PreStopHook failed
    0 Killing Stopping container app
    7 FailedPreStopHook PreStopHook failed
    ");
}

#[test]
fn an_init_container_is_ready_only_when_it_has_succeeded() {
    let mut cluster = instant();
    let spec =
        json!({"initContainers": [shell("setup", "sleep 5")], "containers": [shell("app", "sleep 1d")]});
    bound_pod(&mut cluster, "web-0", "minikube", spec);
    let ready = |cluster: &Cluster| status(cluster, "web-0")["initContainerStatuses"][0]["ready"].clone();
    cluster.advance(secs(2));
    assert_eq!(ready(&cluster), json!(false));
    cluster.advance(secs(5));
    assert_eq!(ready(&cluster), json!(true));
}
