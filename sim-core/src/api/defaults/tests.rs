//! The recordings' final objects are what a real API server made of the manifests.

use serde_json::{Value, json};

use crate::api::decode;
use crate::api::defaults;

fn defaulted(manifest: &str) -> Value {
    let value = decode::documents(manifest).unwrap().remove(0);
    let mut object = decode::object(value).unwrap();
    defaults::apply(&mut object);
    let once = object.clone();
    defaults::apply(&mut object);
    assert_eq!(object, once, "defaulting is idempotent");
    object.to_value()
}

fn recorded(name: &str) -> Value {
    let path = format!("{}/../tests/recordings/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_stateful_set_gets_the_recorded_spec() {
    let recording = recorded("on-delete");
    let steps = recording["transcript"].as_array().unwrap();
    let applied: Vec<&str> = steps.iter().filter_map(|step| step["stdin"].as_str()).collect();
    let mut manifests = applied.iter().rev().flat_map(|text| decode::documents(text).unwrap());
    let manifest = manifests.find(|value| value["kind"] == "StatefulSet").unwrap();
    let mut ours = defaulted(&manifest.to_string());
    ours["spec"]["template"]["spec"]["containers"][0]["image"] = json!("app:2.0");
    assert_eq!(ours["spec"], recording["final"]["StatefulSet"][0]["spec"]);
}

#[test]
fn a_pods_containers_get_their_defaults() {
    let pod = defaulted(
        "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {hostNetwork: true, volumes: [{name: e}, {name: c, configMap: {name: x}}],
        containers: [{name: a, image: nginx, ports: [{containerPort: 80}], livenessProbe: {httpGet: {port: 80}, initialDelaySeconds: 0},
        env: [{name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}], resources: {limits: {cpu: 200m}}, tty: false, command: []}]}}",
    );
    assert_eq!(
        pod["spec"],
        json!({
            "containers": [{
                "name": "a", "image": "nginx", "imagePullPolicy": "Always",
                "ports": [{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}],
                "livenessProbe": {"httpGet": {"path": "/", "port": 80, "scheme": "HTTP"}, "timeoutSeconds": 1,
                    "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
                "env": [{"name": "NAME", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}}],
                "resources": {"limits": {"cpu": "200m"}, "requests": {"cpu": "200m"}},
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"
            }],
            "dnsPolicy": "ClusterFirst", "enableServiceLinks": true, "hostNetwork": true, "restartPolicy": "Always",
            "schedulerName": "default-scheduler", "securityContext": {}, "terminationGracePeriodSeconds": 30,
            "volumes": [{"name": "e", "emptyDir": {}}, {"name": "c", "configMap": {"name": "x", "defaultMode": 420}}]
        })
    );
}

#[test]
fn images_with_a_tag_or_digest_are_not_pulled_again() {
    let policy = |image: &str| {
        let pod =
            format!("{{apiVersion: v1, kind: Pod, spec: {{containers: [{{name: a, image: '{image}'}}]}}}}");
        defaulted(&pod)["spec"]["containers"][0]["imagePullPolicy"].as_str().unwrap().to_owned()
    };
    assert_eq!(policy("nginx"), "Always");
    assert_eq!(policy("nginx:latest"), "Always");
    assert_eq!(policy("localhost:5000/nginx"), "Always");
    assert_eq!(policy("localhost:5000/nginx:1.27"), "IfNotPresent");
    assert_eq!(policy("nginx@sha256:0123"), "IfNotPresent");
}

#[test]
fn a_deployment_a_service_and_a_secret() {
    let deployment = defaulted(
        "{apiVersion: apps/v1, kind: Deployment, spec: {selector: {matchLabels: {app: d}}, template: {metadata: {labels: {app: d}}, spec: {containers: [{name: nginx, image: nginx}]}}}}",
    );
    let mut expected = recorded("kubectl-mutate")["final"]["Deployment"][0]["spec"].clone();
    expected["replicas"] = json!(1);
    assert_eq!(deployment["spec"], expected);
    let service = defaulted("{apiVersion: v1, kind: Service, spec: {type: NodePort, ports: [{port: 80}]}}");
    assert_eq!(
        service["spec"],
        json!({"externalTrafficPolicy": "Cluster", "internalTrafficPolicy": "Cluster", "sessionAffinity": "None",
            "type": "NodePort", "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}]})
    );
    let secret = defaulted("{apiVersion: v1, kind: Secret, stringData: {a: hello}, data: {b: aGk=}}");
    assert_eq!(secret["data"], json!({"a": "aGVsbG8=", "b": "aGk="}));
    assert_eq!(secret["type"], "Opaque");
}
