//! What Go calls things, and what it leaves out.

use serde_json::{Number, Value};

use crate::api::storage::ABOUT_VOLUMES;

/// Optional texts that Go holds by pointer, so that empty ones are kept. All other empty values are dropped,
/// as Go's `omitempty` drops them from what it stores and prints.
const EMPTY_STRINGS_KEPT: [&str; 5] = [
    "storageClassName",
    "volumeAttributesClassName",
    "loadBalancerClass",
    "ipFamilyPolicy",
    "ingressClassName",
];

/// Whether Go holds the optional text by pointer: other structs have fields of the same names by value.
pub(super) fn keeps_empty(go_struct: &str, field: &str) -> bool {
    match go_struct {
        "PersistentVolumeSpec" => false,
        "IngressClassParametersReference" => ["apiGroup", "scope", "namespace"].contains(&field),
        "TypedLocalObjectReference" => field == "apiGroup",
        "NetworkPolicyPort" => field == "protocol",
        _ => EMPTY_STRINGS_KEPT.contains(&field),
    }
}

/// Optional booleans that Go holds by value.
pub(super) const FALSE_DROPPED: [&str; 10] = [
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "paused",
    "publishNotReadyAddresses",
    "readOnly",
    "stdin",
    "stdinOnce",
    "tty",
    "unschedulable",
];
/// Optional numbers that Go holds by value.
pub(super) const ZERO_DROPPED: [&str; 17] = [
    "currentReplicas",
    "failureThreshold",
    "fullyLabeledReplicas",
    "generation",
    "healthCheckNodePort",
    "hostPort",
    "initialDelaySeconds",
    "minReadySeconds",
    "nodePort",
    "number",
    "observedGeneration",
    "periodSeconds",
    "readyReplicas",
    "successThreshold",
    "timeoutSeconds",
    "unavailableReplicas",
    "updatedReplicas",
];

/// What Go calls a JSON value of the wrong type.
pub(super) fn go_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Texts of which Go has a type of its own: the field, with its struct where other structs have another field of
/// that name, and the type.
const NAMED: &str = "accessModes PersistentVolumeAccessMode
add Capability
addressType AddressType
AppArmorProfile.type AppArmorProfileType
completionMode CompletionMode
concurrencyPolicy ConcurrencyPolicy
conditionType PodConditionType
Container.restartPolicy ContainerRestartPolicy
ContainerResizePolicy.restartPolicy ResourceResizeRestartPolicy
ContainerResourceMetricSource.name ResourceName
DaemonSetUpdateStrategy.type DaemonSetUpdateStrategyType
DeploymentStrategy.type DeploymentStrategyType
dnsPolicy DNSPolicy
drop Capability
effect TaintEffect
EphemeralContainer.restartPolicy ContainerRestartPolicy
externalTrafficPolicy ServiceExternalTrafficPolicy
fsGroupChangePolicy PodFSGroupChangePolicy
HPAScalingPolicy.type HPAScalingPolicyType
HostPathVolumeSource.type HostPathType
imagePullPolicy PullPolicy
internalTrafficPolicy ServiceInternalTrafficPolicy
ipFamilies IPFamily
ipFamilyPolicy IPFamilyPolicy
LabelSelectorRequirement.operator LabelSelectorOperator
LimitRangeItem.type LimitType
ManagedFieldsEntry.operation ManagedFieldsOperationType
medium StorageMedium
MetricSpec.type MetricSourceType
MetricTarget.type MetricTargetType
mountPropagation MountPropagationMode
NamespaceSpec.finalizers FinalizerName
NamespaceStatus.phase NamespacePhase
NodeAddress.type NodeAddressType
nodeAffinityPolicy NodeInclusionPolicy
NodeSelectorRequirement.operator NodeSelectorOperator
nodeTaintsPolicy NodeInclusionPolicy
pathType PathType
persistentVolumeReclaimPolicy PersistentVolumeReclaimPolicy
PersistentVolumeClaimStatus.phase PersistentVolumeClaimPhase
PersistentVolumeStatus.phase PersistentVolumePhase
PodFailurePolicyOnExitCodesRequirement.operator PodFailurePolicyOnExitCodesOperator
PodFailurePolicyOnPodConditionsPattern.status ConditionStatus
PodFailurePolicyOnPodConditionsPattern.type PodConditionType
PodFailurePolicyRule.action PodFailurePolicyAction
podManagementPolicy PodManagementPolicyType
PodOS.name OSName
podReplacementPolicy PodReplacementPolicy
policyTypes PolicyType
PodSpec.restartPolicy RestartPolicy
PodStatus.phase PodPhase
preemptionPolicy PreemptionPolicy
procMount ProcMountType
protocol Protocol
pullPolicy PullPolicy
qosClass PodQOSClass
reclaimPolicy PersistentVolumeReclaimPolicy
recursiveReadOnly RecursiveReadOnlyMode
resourceName ResourceName
ResourceMetricSource.name ResourceName
scheme URIScheme
scopeName ResourceQuotaScope
scopes ResourceQuotaScope
ScopedResourceSelectorRequirement.operator ScopeSelectorOperator
seLinuxChangePolicy PodSELinuxChangePolicy
SeccompProfile.type SeccompProfileType
Secret.type SecretType
selectPolicy ScalingPolicySelect
ServiceSpec.type ServiceType
sessionAffinity ServiceAffinity
StatefulSetUpdateStrategy.type StatefulSetUpdateStrategyType
supplementalGroupsPolicy SupplementalGroupsPolicy
terminationMessagePolicy TerminationMessagePolicy
Toleration.operator TolerationOperator
unhealthyPodEvictionPolicy UnhealthyPodEvictionPolicyType
volumeBindingMode VolumeBindingMode
volumeMode PersistentVolumeMode
whenDeleted PersistentVolumeClaimRetentionPolicyType
whenScaled PersistentVolumeClaimRetentionPolicyType
whenUnsatisfiable UnsatisfiableConstraintAction";

/// The Go type of a text, or of a list of texts, in that field.
pub(super) fn text_type(go_struct: &str, field: &str, wanted: &str) -> String {
    let (list, item) = wanted.strip_prefix("[]").map_or(("", wanted), |item| ("[]", item));
    if item != "string" {
        return wanted.to_owned();
    }
    match (go_struct, field) {
        (_, "uid") => return "types.UID".to_owned(),
        ("Secret", "data") | ("ConfigMap", "binaryData") => return "[]uint8".to_owned(),
        (name, "status") if name.ends_with("Condition") => return "v1.ConditionStatus".to_owned(),
        (name, "type") if name.ends_with("Condition") && name != "Condition" => {
            return qualified(name, &format!("{name}Type"));
        }
        _ => {}
    }
    let names = |name: &str| match name.split_once('.') {
        Some((of, name)) => of == go_struct && name == field,
        None => name == field,
    };
    let named = NAMED.lines().filter_map(|line| line.split_once(' ')).find(|(name, _)| names(name));
    named.map_or(wanted.to_owned(), |(_, name)| format!("{list}{}", qualified(go_struct, name)))
}

/// The struct within the struct that has the field, where Go has one: its name is part of the path.
pub(super) fn embedded(go_struct: &str, field: &str) -> Option<&'static str> {
    match go_struct {
        "Probe" => ["exec", "grpc", "httpGet", "tcpSocket"].contains(&field).then_some("ProbeHandler"),
        "IngressRule" => (field == "http").then_some("IngressRuleValue"),
        "Volume" => (field != "name").then_some("VolumeSource"),
        "PersistentVolumeSpec" => (!ABOUT_VOLUMES.contains(&field)).then_some("PersistentVolumeSource"),
        "EphemeralContainer" => (field != "targetContainerName").then_some("EphemeralContainerCommon"),
        "ConfigMapEnvSource"
        | "ConfigMapKeySelector"
        | "ConfigMapProjection"
        | "ConfigMapVolumeSource"
        | "SecretEnvSource"
        | "SecretKeySelector"
        | "SecretProjection" => (field == "name").then_some("LocalObjectReference"),
        _ => None,
    }
}

/// The type's name with its package, which is the version of the API that has it. `near` is the struct that the
/// type stands in.
pub(super) fn qualified(near: &str, name: &str) -> String {
    let is_autoscaling = |name: &str| {
        name.contains("Metric") || name.starts_with("HPA") || name.starts_with("HorizontalPodAutoscaler")
    };
    let version = match name {
        "ResourceName" | "LabelSelector" | "ObjectMeta" => "v1",
        name if is_autoscaling(near) || is_autoscaling(name) => "v2",
        _ => "v1",
    };
    format!("{version}.{name}")
}

/// The Go type that a Rust type stands for, `[]v1.Container` for a `Vec<Container>`.
pub(super) fn go_type(rust: &str) -> String {
    let generic = |name: &str| rust.strip_prefix(name).and_then(|rest| rest.strip_suffix('>'));
    if let Some(item) = generic("alloc::vec::Vec<") {
        return format!("[]{}", go_type(item));
    }
    if let Some(entry) = generic("alloc::collections::btree::map::BTreeMap<alloc::string::String, ") {
        return match go_type(entry).as_str() {
            "resource.Quantity" => "v1.ResourceList".to_owned(),
            entry => format!("map[string]{entry}"),
        };
    }
    if let Some(inner) = generic("core::option::Option<") {
        return go_type(inner);
    }
    match rust.rsplit("::").next().unwrap_or(rust) {
        "String" => "string".to_owned(),
        "i32" => "int32".to_owned(),
        "i64" => "int64".to_owned(),
        "ByteString" => "[]uint8".to_owned(),
        "Quantity" => "resource.Quantity".to_owned(),
        name => qualified("", name),
    }
}

/// Go prints whole floats without a fraction.
pub(super) fn plain_number(number: &Number) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
