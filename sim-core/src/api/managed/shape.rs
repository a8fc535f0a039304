//! How the API types' lists and maps are owned: as wholes, item by item, or value by value.
//!
//! The facts are the `x-kubernetes-list-type`, `-list-map-keys` and `-map-type` marks of the API's OpenAPI
//! document. What has no mark is a map whose fields have owners of their own, or a list that is one whole.

use serde_json::{Map, Value};

use super::set::field;
use crate::api::object::Kind;

/// How a field is owned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Maps field by field, lists as wholes.
    Plain,
    /// As a whole.
    Atomic,
    /// A list whose items are told apart by these fields.
    Keys(&'static [&'static str]),
    /// A list of scalars, each with owners of its own.
    Set,
}

/// What is known of the fields of an object.
#[derive(Debug)]
pub struct Shape {
    /// Whether the object is one whole.
    pub atomic: bool,
    fields: &'static [(&'static str, Rule, &'static Shape)],
}

impl Shape {
    /// The rule of a field, and the shape of its value or of its items.
    pub fn of_field(&self, name: &str) -> (Rule, &'static Shape) {
        let found = self.fields.iter().find(|(known, ..)| *known == name);
        found.map_or((Rule::Plain, &PLAIN), |(_, rule, shape)| (*rule, shape))
    }

    /// The shape of a kind.
    pub fn of(kind: Kind) -> &'static Shape {
        match kind {
            Kind::Pod => &POD,
            Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet | Kind::Deployment | Kind::Job => {
                &WORKLOAD
            }
            Kind::CronJob => &CRON_JOB,
            Kind::HorizontalPodAutoscaler => &SCALER,
            Kind::Service => &SERVICE,
            Kind::Node => &NODE,
            Kind::PersistentVolumeClaim => &CLAIM,
            Kind::PersistentVolume => &VOLUME,
            Kind::PodDisruptionBudget => &BUDGET,
            Kind::Ingress => &INGRESS,
            Kind::NetworkPolicy => &POLICY,
            Kind::Namespace => &WITH_CONDITIONS,
            Kind::Event => &EVENT,
            _ => &META_ONLY,
        }
    }
}

const fn shape(fields: &'static [(&'static str, Rule, &'static Shape)]) -> Shape {
    Shape { atomic: false, fields }
}

static PLAIN: Shape = shape(&[]);
static WHOLE: Shape = Shape { atomic: true, fields: &[] };
static META: Shape =
    shape(&[("ownerReferences", Rule::Keys(&["uid"]), &WHOLE), ("finalizers", Rule::Set, &PLAIN)]);
static META_ONLY: Shape = shape(&[("metadata", Rule::Plain, &META)]);
static CONDITIONS: Shape = shape(&[("conditions", Rule::Keys(&["type"]), &PLAIN)]);
static WITH_CONDITIONS: Shape =
    shape(&[("metadata", Rule::Plain, &META), ("status", Rule::Plain, &CONDITIONS)]);
static VALUE_FROM: Shape = shape(&[
    ("configMapKeyRef", Rule::Atomic, &PLAIN),
    ("fieldRef", Rule::Atomic, &PLAIN),
    ("fileKeyRef", Rule::Atomic, &PLAIN),
    ("resourceFieldRef", Rule::Atomic, &PLAIN),
    ("secretKeyRef", Rule::Atomic, &PLAIN),
]);
static ENV: Shape = shape(&[("valueFrom", Rule::Plain, &VALUE_FROM)]);
static RESOURCES: Shape = shape(&[("claims", Rule::Keys(&["name"]), &PLAIN)]);
static CONTAINER: Shape = shape(&[
    ("ports", Rule::Keys(&["containerPort", "protocol"]), &PLAIN),
    ("env", Rule::Keys(&["name"]), &ENV),
    ("volumeMounts", Rule::Keys(&["mountPath"]), &PLAIN),
    ("volumeDevices", Rule::Keys(&["devicePath"]), &PLAIN),
    ("resources", Rule::Plain, &RESOURCES),
]);
static NODE_AFFINITY: Shape =
    shape(&[("requiredDuringSchedulingIgnoredDuringExecution", Rule::Atomic, &PLAIN)]);
static AFFINITY: Shape = shape(&[("nodeAffinity", Rule::Plain, &NODE_AFFINITY)]);
static SPREAD: Shape = shape(&[("labelSelector", Rule::Atomic, &PLAIN)]);
static POD_SPEC: Shape = shape(&[
    ("containers", Rule::Keys(&["name"]), &CONTAINER),
    ("initContainers", Rule::Keys(&["name"]), &CONTAINER),
    ("ephemeralContainers", Rule::Keys(&["name"]), &CONTAINER),
    ("volumes", Rule::Keys(&["name"]), &PLAIN),
    ("imagePullSecrets", Rule::Keys(&["name"]), &WHOLE),
    ("hostAliases", Rule::Keys(&["ip"]), &PLAIN),
    ("topologySpreadConstraints", Rule::Keys(&["topologyKey", "whenUnsatisfiable"]), &SPREAD),
    ("schedulingGates", Rule::Keys(&["name"]), &PLAIN),
    ("resourceClaims", Rule::Keys(&["name"]), &PLAIN),
    ("nodeSelector", Rule::Atomic, &PLAIN),
    ("affinity", Rule::Plain, &AFFINITY),
]);
static POD_STATUS: Shape = shape(&[
    ("conditions", Rule::Keys(&["type"]), &PLAIN),
    ("podIPs", Rule::Keys(&["ip"]), &PLAIN),
    ("resourceClaimStatuses", Rule::Keys(&["name"]), &PLAIN),
]);
static POD: Shape = shape(&[
    ("metadata", Rule::Plain, &META),
    ("spec", Rule::Plain, &POD_SPEC),
    ("status", Rule::Plain, &POD_STATUS),
]);
static TEMPLATE: Shape = shape(&[("metadata", Rule::Plain, &META), ("spec", Rule::Plain, &POD_SPEC)]);
static WORKLOAD_SPEC: Shape =
    shape(&[("selector", Rule::Atomic, &PLAIN), ("template", Rule::Plain, &TEMPLATE)]);
static WORKLOAD: Shape = shape(&[
    ("metadata", Rule::Plain, &META),
    ("spec", Rule::Plain, &WORKLOAD_SPEC),
    ("status", Rule::Plain, &CONDITIONS),
]);
static JOB_TEMPLATE: Shape =
    shape(&[("metadata", Rule::Plain, &META), ("spec", Rule::Plain, &WORKLOAD_SPEC)]);
static CRON_SPEC: Shape = shape(&[("jobTemplate", Rule::Plain, &JOB_TEMPLATE)]);
static CRON_STATUS: Shape = shape(&[("active", Rule::Atomic, &PLAIN)]);
static CRON_JOB: Shape = shape(&[
    ("metadata", Rule::Plain, &META),
    ("spec", Rule::Plain, &CRON_SPEC),
    ("status", Rule::Plain, &CRON_STATUS),
]);
static SCALER_RULES: Shape = shape(&[("policies", Rule::Atomic, &PLAIN)]);
static SCALER_BEHAVIOR: Shape =
    shape(&[("scaleDown", Rule::Plain, &SCALER_RULES), ("scaleUp", Rule::Plain, &SCALER_RULES)]);
static SCALER_SPEC: Shape =
    shape(&[("behavior", Rule::Plain, &SCALER_BEHAVIOR), ("metrics", Rule::Atomic, &PLAIN)]);
static SCALER_STATUS: Shape =
    shape(&[("conditions", Rule::Keys(&["type"]), &PLAIN), ("currentMetrics", Rule::Atomic, &PLAIN)]);
static SCALER: Shape = shape(&[
    ("metadata", Rule::Plain, &META),
    ("spec", Rule::Plain, &SCALER_SPEC),
    ("status", Rule::Plain, &SCALER_STATUS),
]);
static SERVICE_SPEC: Shape =
    shape(&[("selector", Rule::Atomic, &PLAIN), ("ports", Rule::Keys(&["port", "protocol"]), &PLAIN)]);
static SERVICE: Shape = shape(&[
    ("metadata", Rule::Plain, &META),
    ("spec", Rule::Plain, &SERVICE_SPEC),
    ("status", Rule::Plain, &CONDITIONS),
]);
static NODE_SPEC: Shape = shape(&[("podCIDRs", Rule::Set, &PLAIN)]);
static NODE_STATUS: Shape =
    shape(&[("conditions", Rule::Keys(&["type"]), &PLAIN), ("addresses", Rule::Keys(&["type"]), &PLAIN)]);
static NODE: Shape = shape(&[
    ("metadata", Rule::Plain, &META),
    ("spec", Rule::Plain, &NODE_SPEC),
    ("status", Rule::Plain, &NODE_STATUS),
]);
static CLAIM_SPEC: Shape = shape(&[("selector", Rule::Atomic, &PLAIN), ("dataSource", Rule::Atomic, &PLAIN)]);
static CLAIM: Shape = shape(&[
    ("metadata", Rule::Plain, &META),
    ("spec", Rule::Plain, &CLAIM_SPEC),
    ("status", Rule::Plain, &CONDITIONS),
]);
static REQUIRED: Shape = shape(&[("required", Rule::Atomic, &PLAIN)]);
static VOLUME_SPEC: Shape = shape(&[("nodeAffinity", Rule::Plain, &REQUIRED)]);
static VOLUME: Shape = shape(&[("metadata", Rule::Plain, &META), ("spec", Rule::Plain, &VOLUME_SPEC)]);
static BUDGET_SPEC: Shape = shape(&[("selector", Rule::Atomic, &PLAIN)]);
static BUDGET: Shape = shape(&[
    ("metadata", Rule::Plain, &META),
    ("spec", Rule::Plain, &BUDGET_SPEC),
    ("status", Rule::Plain, &CONDITIONS),
]);
static SERVICE_BACKEND: Shape = shape(&[("port", Rule::Atomic, &PLAIN)]);
static BACKEND: Shape =
    shape(&[("resource", Rule::Atomic, &PLAIN), ("service", Rule::Plain, &SERVICE_BACKEND)]);
static INGRESS_SPEC: Shape = shape(&[("defaultBackend", Rule::Plain, &BACKEND)]);
static INGRESS: Shape = shape(&[("metadata", Rule::Plain, &META), ("spec", Rule::Plain, &INGRESS_SPEC)]);
static POLICY_SPEC: Shape = shape(&[("podSelector", Rule::Atomic, &PLAIN)]);
static POLICY: Shape = shape(&[("metadata", Rule::Plain, &META), ("spec", Rule::Plain, &POLICY_SPEC)]);
static EVENT: Shape = shape(&[("metadata", Rule::Plain, &META), ("involvedObject", Rule::Atomic, &PLAIN)]);

/// The element of an item of a list with keys; a port without protocol is of TCP.
///
/// # Errors
/// The key that it lacks.
pub fn key_of(item: &Value, keys: &'static [&'static str]) -> Result<String, &'static str> {
    let mut pairs = Map::new();
    for key in keys {
        match item.get(*key) {
            Some(value) => pairs.insert((*key).to_owned(), value.clone()),
            None if *key == "protocol" => pairs.insert((*key).to_owned(), Value::from("TCP")),
            None => return Err(key),
        };
    }
    Ok(format!("k:{}", Value::Object(pairs)))
}

/// The elements of a list's items; `None` where the list is one whole, or an item has no key.
pub fn elements(items: &[Value], rule: Rule) -> Option<Vec<String>> {
    match rule {
        Rule::Keys(keys) => items.iter().map(|item| key_of(item, keys).ok()).collect(),
        Rule::Set => Some(items.iter().map(|item| format!("v:{item}")).collect()),
        Rule::Plain | Rule::Atomic => None,
    }
}

/// What is the matter with a list of a configuration that is to be applied, `at` its path.
///
/// # Errors
/// structured-merge-diff's complaint about the first such list.
pub fn check(value: &Value, rule: Rule, shape: &'static Shape, at: &str) -> Result<(), String> {
    match value {
        Value::Object(map) if rule != Rule::Atomic && !shape.atomic => {
            map.iter().try_for_each(|(name, value)| {
                let (rule, shape) = shape.of_field(name);
                check(value, rule, shape, &format!("{at}{}", super::set::shown(&field(name))))
            })
        }
        Value::Array(items) => {
            let Rule::Keys(keys) = rule else { return Ok(()) };
            let mut seen: Vec<String> = Vec::new();
            for (index, item) in items.iter().enumerate() {
                let key = key_of(item, keys).map_err(|key| {
                    format!(
                        "{at}: element {index}: associative list with keys has an element that omits key field \
                         \"{key}\" (and doesn't have default value)"
                    )
                })?;
                if seen.contains(&key) {
                    return Err(format!("{at}: duplicate entries for key {}", super::set::shown(&key)));
                }
                check(item, Rule::Plain, shape, &format!("{at}{}", super::set::shown(&key)))?;
                seen.push(key);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}
