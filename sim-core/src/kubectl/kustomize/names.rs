//! What refers to an object by name follows when the object is renamed.
//!
//! Models kustomize's builtinpluginconsts: namereference.

use serde_json::Value;

use super::Resource;

/// The kind that is meant by a name at the end of one of these paths. `*` stands for every item of a list.
const POD_REFERENCES: &[(&str, &str)] = &[
    ("ConfigMap", "volumes/*/configMap/name"),
    ("ConfigMap", "volumes/*/projected/sources/*/configMap/name"),
    ("ConfigMap", "containers/*/env/*/valueFrom/configMapKeyRef/name"),
    ("ConfigMap", "containers/*/envFrom/*/configMapRef/name"),
    ("ConfigMap", "initContainers/*/env/*/valueFrom/configMapKeyRef/name"),
    ("ConfigMap", "initContainers/*/envFrom/*/configMapRef/name"),
    ("Secret", "volumes/*/secret/secretName"),
    ("Secret", "volumes/*/projected/sources/*/secret/name"),
    ("Secret", "containers/*/env/*/valueFrom/secretKeyRef/name"),
    ("Secret", "containers/*/envFrom/*/secretRef/name"),
    ("Secret", "initContainers/*/env/*/valueFrom/secretKeyRef/name"),
    ("Secret", "initContainers/*/envFrom/*/secretRef/name"),
    ("Secret", "imagePullSecrets/*/name"),
    ("ServiceAccount", "serviceAccountName"),
    ("PersistentVolumeClaim", "volumes/*/persistentVolumeClaim/claimName"),
    ("PriorityClass", "priorityClassName"),
];

/// References outside of pods, by the kind of the object that holds them.
const OTHER_REFERENCES: &[(&str, &str, &str)] = &[
    ("StatefulSet", "Service", "spec/serviceName"),
    ("PersistentVolumeClaim", "PersistentVolume", "spec/volumeName"),
    ("PersistentVolumeClaim", "StorageClass", "spec/storageClassName"),
    ("PersistentVolume", "StorageClass", "spec/storageClassName"),
    ("StatefulSet", "StorageClass", "spec/volumeClaimTemplates/*/spec/storageClassName"),
    ("Ingress", "Service", "spec/defaultBackend/service/name"),
    ("Ingress", "Service", "spec/rules/*/http/paths/*/backend/service/name"),
    ("Ingress", "Secret", "spec/tls/*/secretName"),
];

/// References in the annotations of Ingresses.
const INGRESS_ANNOTATIONS: &[(&str, &str)] = &[
    ("Secret", "ingress.kubernetes.io/auth-secret"),
    ("Secret", "nginx.ingress.kubernetes.io/auth-secret"),
    ("Secret", "nginx.ingress.kubernetes.io/auth-tls-secret"),
    ("ConfigMap", "nginx.ingress.kubernetes.io/fastcgi-params-configmap"),
];

/// Where a kind has the spec of its pods.
fn pod_spec(kind: &str) -> Option<&'static str> {
    match kind {
        "Pod" => Some("spec"),
        "CronJob" => Some("spec/jobTemplate/spec/template/spec"),
        "Deployment" | "StatefulSet" | "ReplicaSet" | "DaemonSet" | "Job" => Some("spec/template/spec"),
        _ => None,
    }
}

/// Lets every reference name the object as it is called now.
pub fn follow(resources: &mut [Resource]) {
    let renamed: Vec<Resource> =
        resources.iter().filter(|resource| !resource.former.is_empty()).cloned().collect();
    if renamed.is_empty() {
        return;
    }
    for resource in resources {
        let kind = resource.kind().to_owned();
        if let Some(spec) = pod_spec(&kind) {
            for (target, path) in POD_REFERENCES {
                change(&mut resource.value, &format!("{spec}/{path}"), target, &renamed);
            }
        }
        for (_, target, path) in OTHER_REFERENCES.iter().filter(|(holder, _, _)| *holder == kind) {
            change(&mut resource.value, path, target, &renamed);
        }
        let annotations = resource.value.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
        if let (Some(annotations), "Ingress") = (annotations, kind.as_str()) {
            for (target, key) in INGRESS_ANNOTATIONS {
                if let Some(name) = annotations.get_mut(*key) {
                    rename(name, target, &renamed);
                }
            }
        }
    }
}

fn change(value: &mut Value, path: &str, kind: &str, renamed: &[Resource]) {
    each(value, path, &mut |value| rename(value, kind, renamed));
}

fn rename(value: &mut Value, kind: &str, renamed: &[Resource]) {
    let Some(name) = value.as_str() else { return };
    let found = renamed.iter().find(|resource| resource.kind() == kind && resource.was(name));
    if let Some(found) = found {
        *value = Value::from(found.name());
    }
}

/// Calls `act` with each value at the path that is there.
pub fn each(value: &mut Value, path: &str, act: &mut dyn FnMut(&mut Value)) {
    let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let inner: Vec<&mut Value> = match (first, value) {
        ("*", Value::Array(items)) => items.iter_mut().collect(),
        (field, Value::Object(map)) => map.get_mut(field).into_iter().collect(),
        _ => Vec::new(),
    };
    for value in inner {
        match rest {
            Some(rest) => each(value, rest, act),
            None => act(value),
        }
    }
}
