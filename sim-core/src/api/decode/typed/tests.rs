use serde_json::{Value, json};

use super::from_value;
use crate::api::encode::to_value;
use crate::api::{Kind, Object};
use k8s_openapi::api::core::v1::{Pod, Secret, Service};

fn refused<T: serde::de::DeserializeOwned>(value: Value) -> String {
    from_value::<T>(value, &mut |_| {}).map(|_| ()).unwrap_err().to_string()
}

/// One value of every sort that API types know, of several kinds.
fn samples() -> Vec<(Kind, Value)> {
    let template = json!({"metadata": {"labels": {"app": "web"}, "creationTimestamp": "2026-11-23T12:00:00Z"}, "spec": {
        "containers": [{"name": "a", "image": "nginx", "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
            "ports": [{"containerPort": 80}], "livenessProbe": {"httpGet": {"port": "http"}, "periodSeconds": 3},
            "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}, "stdin": true}],
        "volumes": [{"name": "v", "configMap": {"name": "c", "items": [{"key": "k", "path": "p", "mode": 420}]}}],
        "terminationGracePeriodSeconds": 30}});
    vec![
        (
            Kind::StatefulSet,
            json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web", "ownerReferences": [
            {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u", "controller": true}]}, "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "serviceName": "web", "template": template,
            "volumeClaimTemplates": [{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}],
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1, "maxUnavailable": "50%"}}},
            "status": {"replicas": 1}}),
        ),
        (
            Kind::Service,
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {
            "ports": [{"port": 80, "targetPort": 8080}], "selector": {"app": "web"}},
            "status": {"conditions": [{"type": "A", "status": "True", "reason": "r", "message": "m",
                "lastTransitionTime": "2026-11-23T12:00:00Z"}]}}),
        ),
        (
            Kind::Secret,
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "aGVsbG8="},
            "type": "Opaque"}),
        ),
        (
            Kind::ControllerRevision,
            json!({"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": {"name": "r"},
            "revision": 1, "data": {"spec": {"a": [1, 2.5, null, true, {"b": "c"}]}}}),
        ),
        (
            Kind::Event,
            json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "involvedObject": {"kind": "Pod"},
            "eventTime": "2026-11-23T12:00:00.000001Z", "count": 3}),
        ),
    ]
}

#[test]
fn what_is_decoded_and_encoded_is_the_same() {
    for (kind, value) in samples() {
        let object =
            Object::from_value(kind, value.clone(), &mut |path| panic!("unknown {path}")).expect("decodes");
        let mut encoded = object.to_value();
        if kind == Kind::Event {
            // Written although absent.
            for field in
                ["firstTimestamp", "lastTimestamp", "reportingComponent", "reportingInstance", "source"]
            {
                encoded.as_object_mut().expect("an object").remove(field);
            }
        }
        assert_eq!(encoded, value, "{kind:?}");
    }
}

#[test]
fn types_that_decode_themselves_complain() {
    let probe = |port: Value| json!({"spec": {"containers": [{"name": "a", "livenessProbe": {"httpGet": {"port": port}}}]}});
    let path = "HTTPGetAction.spec.containers.livenessProbe.ProbeHandler.httpGet.port";
    for (port, found) in [(json!(true), "bool"), (json!(9_999_999_999_i64), "number 9999999999")] {
        let complaint = format!("json: cannot unmarshal {found} into Go struct field {path} of type int32");
        assert_eq!(refused::<Pod>(probe(port)), complaint);
    }
    let created = |time: &str| json!({"metadata": {"creationTimestamp": time}});
    assert!(refused::<Pod>(created("soon")).starts_with("parsing time \"soon\""));
    assert_eq!(refused::<Secret>(json!({"data": {"a": "!"}})), "illegal base64 data at input byte 0");
    let conditions =
        json!({"status": {"conditions": [{"type": "A", "status": "True", "reason": "r", "message": "m"}]}});
    assert_eq!(refused::<Service>(conditions), "missing field `lastTransitionTime`");
}

/// What kubectl v1.36.3 says of the same manifests.
#[test]
fn types_and_structs_have_the_names_that_go_gives_them() {
    let wrong = |kind: Kind, value: Value| {
        let error = Object::from_value(kind, value, &mut |_| {}).expect_err("a wrong type").to_string();
        error.rsplit_once("unmarshal number into ").map_or(error.clone(), |(_, rest)| rest.to_owned())
    };
    let container = |fields: Value| (Kind::Pod, json!({"spec": {"containers": [fields]}}));
    let volume = |fields: Value| (Kind::Pod, json!({"spec": {"volumes": [fields]}}));
    let cases = [
        (Kind::StatefulSet, json!({"spec": {"selector": 3}})),
        (Kind::StatefulSet, json!({"spec": {"podManagementPolicy": 3}})),
        (Kind::StatefulSet, json!({"spec": {"volumeClaimTemplates": [{"spec": {"accessModes": 3}}]}})),
        (Kind::Node, json!({"status": {"conditions": [{"status": 3}]}})),
        (Kind::Pod, json!({"status": {"conditions": [{"type": 3}]}})),
        container(json!({"restartPolicy": 3})),
        container(json!({"securityContext": {"capabilities": {"drop": [3]}}})),
        container(json!({"envFrom": [{"secretRef": {"name": 3}}]})),
        volume(json!({"hostPath": {"type": 3}})),
        volume(json!({"configMap": {"name": 3}})),
    ];
    let said: Vec<String> = cases.into_iter().map(|(kind, value)| wrong(kind, value)).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    Go struct field StatefulSetSpec.spec.selector of type v1.LabelSelector
    Go struct field StatefulSetSpec.spec.podManagementPolicy of type v1.PodManagementPolicyType
    Go struct field PersistentVolumeClaimSpec.spec.volumeClaimTemplates.spec.accessModes of type []v1.PersistentVolumeAccessMode
    Go struct field NodeCondition.status.conditions.status of type v1.ConditionStatus
    Go struct field PodCondition.status.conditions.type of type v1.PodConditionType
    Go struct field Container.spec.containers.restartPolicy of type v1.ContainerRestartPolicy
    Go struct field Capabilities.spec.containers.securityContext.capabilities.drop of type v1.Capability
    Go struct field SecretEnvSource.spec.containers.envFrom.secretRef.LocalObjectReference.name of type string
    Go struct field HostPathVolumeSource.spec.volumes.VolumeSource.hostPath.type of type v1.HostPathType
    Go struct field ConfigMapVolumeSource.spec.volumes.VolumeSource.configMap.LocalObjectReference.name of type string
    ");
}

#[test]
fn another_types_name_is_refused_at_the_root_only() {
    assert_eq!(refused::<Pod>(json!({"kind": "Node"})), "invalid value: string \"Node\", expected Pod");
    let set = json!({"spec": {"volumeClaimTemplates": [{"apiVersion": "v2", "kind": "Claim", "metadata": {"name": "data"}}]}});
    assert!(Object::from_value(Kind::StatefulSet, set, &mut |_| {}).is_ok());
}

#[test]
fn the_first_of_several_complaints_counts() {
    let pod = json!({"metadata": {"name": 1}, "spec": {"containers": "none", "hostname": 2}});
    assert_eq!(
        refused::<Pod>(pod),
        "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string"
    );
}

#[test]
fn times_at_the_ends_of_their_range_can_be_written() {
    for time in [jiff::Timestamp::MIN, jiff::Timestamp::MAX] {
        let time = k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(time);
        assert!(to_value(&time).is_string());
    }
}

/// The paths of all values within `value`.
fn paths(value: &Value, path: &str, found: &mut Vec<String>) {
    found.push(path.to_owned());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                paths(item, &format!("{path}/{index}"), found);
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                paths(item, &format!("{path}/{key}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn no_value_anywhere_makes_a_type_refuse_what_was_checked() {
    let strange = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!(1.5),
        json!(""),
        json!("text"),
        json!([]),
        json!([null]),
        json!([1, "a", {}]),
        json!({}),
        json!({"a": null}),
        json!({"a": {"b": [1]}}),
    ];
    for (kind, sample) in samples() {
        let mut places = Vec::new();
        paths(&sample, "", &mut places);
        for place in places {
            for value in &strange {
                let mut changed = sample.clone();
                *changed.pointer_mut(&place).expect("a path of the sample") = value.clone();
                if let Ok(object) = Object::from_value(kind, changed, &mut |_| {}) {
                    object.to_value();
                }
            }
        }
    }
}
