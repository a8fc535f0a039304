//! The order in which Go's types declare their fields: how kubectl prints the objects that it makes itself.

use serde_json::{Map, Value};

/// The fields of the objects that `create KIND` and `run` make, in an order that suits all of their types.
///
/// Models k8s.io/api: core/v1, apps/v1, batch/v1, networking/v1, policy/v1, rbac/v1 and scheduling/v1 types.go.
const ORDER: &[&str] = &[
    "kind",
    "apiVersion",
    "apiGroup",
    "metadata",
    "name",
    "generateName",
    "namespace",
    "creationTimestamp",
    "labels",
    "annotations",
    "value",
    "globalDefault",
    "description",
    "preemptionPolicy",
    "image",
    "command",
    "args",
    "protocol",
    "port",
    "targetPort",
    "nodePort",
    "containerPort",
    "replicas",
    "minAvailable",
    "schedule",
    "parallelism",
    "completions",
    "ports",
    "env",
    "verbs",
    "apiGroups",
    "resources",
    "resourceNames",
    "imagePullPolicy",
    "securityContext",
    "stdin",
    "stdinOnce",
    "tty",
    "selector",
    "clusterIP",
    "type",
    "externalName",
    "hard",
    "scopes",
    "template",
    "jobTemplate",
    "strategy",
    "maxUnavailable",
    "containers",
    "restartPolicy",
    "dnsPolicy",
    "nodeName",
    "subjects",
    "roleRef",
    "ingressClassName",
    "defaultBackend",
    "tls",
    "rules",
    "path",
    "pathType",
    "immutable",
    "data",
    "spec",
    "status",
];

/// The fields of an Event.
const EVENT: &[&str] = &[
    "kind",
    "apiVersion",
    "metadata",
    "involvedObject",
    "reason",
    "message",
    "source",
    "firstTimestamp",
    "lastTimestamp",
    "count",
    "type",
    "eventTime",
    "series",
    "action",
    "related",
    "reportingComponent",
    "reportingInstance",
];

/// The fields of a binding's role.
const ROLE_REFERENCE: &[&str] = &["apiGroup", "kind", "name"];

/// The fields of what an Event is about.
const REFERENCE: &[&str] =
    &["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];

/// The fields of the metadata of an object that the API server knows.
const META: &[&str] = &[
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
];

/// The types of which only some fields are in an order of their own, by a field that no other type has.
const TYPES: &[(&str, &[&str])] = &[
    ("blockOwnerDeletion", OWNER),
    ("groupVersion", API_RESOURCE_LIST),
    ("singularName", API_RESOURCE),
    ("serviceName", STATEFUL_SET_SPEC),
    ("containers", POD_SPEC),
    ("imagePullPolicy", CONTAINER),
    ("failureThreshold", PROBE),
    ("containerPort", CONTAINER_PORT),
    ("mountPath", VOLUME_MOUNT),
    ("accessModes", CLAIM_SPEC),
    ("scheme", HTTP_GET),
    ("updateRevision", STATEFUL_SET_STATUS),
    ("fullyLabeledReplicas", REPLICA_SET_STATUS),
    ("desiredNumberScheduled", DAEMON_SET_STATUS),
];

/// An owner reference.
const OWNER: &[&str] = &["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"];

/// What discovery says of a group's resources.
const API_RESOURCE_LIST: &[&str] = &["kind", "apiVersion", "groupVersion", "resources"];

/// What discovery says of a resource.
const API_RESOURCE: &[&str] =
    &["name", "singularName", "namespaced", "group", "version", "kind", "verbs", "shortNames", "categories"];

/// A StatefulSet's spec.
const STATEFUL_SET_SPEC: &[&str] = &[
    "replicas",
    "selector",
    "template",
    "volumeClaimTemplates",
    "serviceName",
    "podManagementPolicy",
    "updateStrategy",
    "revisionHistoryLimit",
    "minReadySeconds",
    "persistentVolumeClaimRetentionPolicy",
    "ordinals",
];

/// A pod's spec.
const POD_SPEC: &[&str] = &[
    "volumes",
    "initContainers",
    "containers",
    "ephemeralContainers",
    "restartPolicy",
    "terminationGracePeriodSeconds",
    "activeDeadlineSeconds",
    "dnsPolicy",
    "nodeSelector",
    "serviceAccountName",
    "serviceAccount",
    "automountServiceAccountToken",
    "nodeName",
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "shareProcessNamespace",
    "securityContext",
    "imagePullSecrets",
    "hostname",
    "subdomain",
    "affinity",
    "schedulerName",
    "tolerations",
    "hostAliases",
    "priorityClassName",
    "priority",
    "dnsConfig",
    "readinessGates",
    "runtimeClassName",
    "enableServiceLinks",
    "preemptionPolicy",
    "overhead",
    "topologySpreadConstraints",
    "setHostnameAsFQDN",
    "os",
    "hostUsers",
    "schedulingGates",
    "resourceClaims",
    "resources",
];

/// A container.
const CONTAINER: &[&str] = &[
    "name",
    "image",
    "command",
    "args",
    "workingDir",
    "ports",
    "envFrom",
    "env",
    "resources",
    "resizePolicy",
    "restartPolicy",
    "restartPolicyRules",
    "volumeMounts",
    "volumeDevices",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "imagePullPolicy",
    "securityContext",
    "stdin",
    "stdinOnce",
    "tty",
];

/// A probe.
const PROBE: &[&str] = &[
    "exec",
    "httpGet",
    "tcpSocket",
    "grpc",
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
    "terminationGracePeriodSeconds",
];

/// A port of a container.
const CONTAINER_PORT: &[&str] = &["name", "hostPort", "containerPort", "protocol", "hostIP"];

/// A claim's spec.
const CLAIM_SPEC: &[&str] =
    &["accessModes", "selector", "resources", "volumeName", "storageClassName", "volumeMode"];

/// Where a container finds a volume.
const VOLUME_MOUNT: &[&str] =
    &["name", "readOnly", "recursiveReadOnly", "mountPath", "subPath", "mountPropagation", "subPathExpr"];

/// What a probe asks for.
const HTTP_GET: &[&str] = &["path", "port", "host", "scheme", "httpHeaders"];

/// A StatefulSet's status.
const STATEFUL_SET_STATUS: &[&str] = &[
    "observedGeneration",
    "replicas",
    "readyReplicas",
    "currentReplicas",
    "updatedReplicas",
    "currentRevision",
    "updateRevision",
    "collisionCount",
    "conditions",
    "availableReplicas",
];

/// A ReplicaSet's status.
const REPLICA_SET_STATUS: &[&str] = &[
    "replicas",
    "fullyLabeledReplicas",
    "readyReplicas",
    "availableReplicas",
    "terminatingReplicas",
    "observedGeneration",
    "conditions",
];

/// A DaemonSet's status.
const DAEMON_SET_STATUS: &[&str] = &[
    "currentNumberScheduled",
    "numberMisscheduled",
    "desiredNumberScheduled",
    "numberReady",
    "observedGeneration",
    "updatedNumberScheduled",
    "numberAvailable",
    "numberUnavailable",
    "collisionCount",
    "conditions",
];

/// The fields of what a build knows of itself.
///
/// Models apimachinery pkg/version: Info.
const BUILD: &[&str] = &[
    "major",
    "minor",
    "emulationMajor",
    "emulationMinor",
    "minCompatibilityMajor",
    "minCompatibilityMinor",
    "gitVersion",
    "gitCommit",
    "gitTreeState",
    "buildDate",
    "goVersion",
    "compiler",
    "platform",
];

/// The fields of a kubeconfig, and of its clusters, users and contexts.
///
/// Models client-go tools/clientcmd/api/v1: types.go.
const KUBE_CONFIG: &[&str] = &[
    "kind",
    "apiVersion",
    "clusters",
    "users",
    "contexts",
    "current-context",
    "server",
    "tls-server-name",
    "insecure-skip-tls-verify",
    "certificate-authority",
    "certificate-authority-data",
    "proxy-url",
    "client-certificate",
    "client-certificate-data",
    "client-key",
    "client-key-data",
    "token",
    "username",
    "password",
    "cluster",
    "user",
    "namespace",
    "auth-provider",
    "exec",
    "extensions",
];

/// Fields whose keys are the user's own and stand in alphabetical order.
const MAPS: &[&str] =
    &["annotations", "data", "hard", "labels", "limits", "matchLabels", "nodeSelector", "requests"];

/// The fields of the object that is the value of the field `name`, in order.
pub fn fields<'a>(name: &str, map: &'a Map<String, Value>) -> Vec<(&'a String, &'a Value)> {
    let mut fields: Vec<(&String, &Value)> = map.iter().collect();
    let own = match name {
        "involvedObject" | "related" => Some(REFERENCE),
        "roleRef" => Some(ROLE_REFERENCE),
        "metadata" if map.contains_key("uid") => Some(META),
        _ if map.contains_key("involvedObject") => Some(EVENT),
        _ if map.contains_key("gitVersion") => Some(BUILD),
        "cluster" | "user" | "context" => Some(KUBE_CONFIG),
        _ if map.contains_key("current-context") => Some(KUBE_CONFIG),
        _ => TYPES.iter().find(|(field, _)| map.contains_key(*field)).map(|(_, order)| *order),
    };
    if let Some(order) = own {
        fields.sort_by_key(|(key, _)| order.iter().position(|known| known == key).unwrap_or(order.len()));
        return fields;
    }
    let is_map = MAPS.contains(&name) || (name == "selector" && !map.contains_key("matchLabels"));
    if !is_map {
        // The sort is stable: unknown fields stay in alphabetical order behind the known ones. A Secret's type
        // stands behind its data.
        let place = |key: &str| match key {
            "type" if map.contains_key("metadata") => ORDER.len() + 1,
            key => ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len()),
        };
        fields.sort_by_key(|(key, _)| place(key));
    }
    fields
}
