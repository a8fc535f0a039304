//! How lists of the API types merge: the patch strategies and merge keys of the types' definitions.

use crate::api::object::Kind;

/// How a list field takes a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListMerge {
    /// The patch's list takes the place of the old one.
    Replace,
    /// Objects merge by the value of this field.
    ByKey(&'static str),
    /// A set of scalars.
    Set,
}

/// A field that is not merged as any object or list is.
#[derive(Debug)]
pub struct Field {
    name: &'static str,
    merge: ListMerge,
    retain_keys: bool,
    /// Whether a patch takes the place of the field's object, as it does of most lists.
    replaced: bool,
    of: &'static Schema,
}

/// What is known of the fields of an object. Fields that are not named are plain objects, or lists that
/// are replaced.
#[derive(Debug)]
pub struct Schema(&'static [Field]);

impl Schema {
    /// The schema of a kind.
    pub fn of(kind: Kind) -> &'static Schema {
        match kind {
            Kind::Pod => &POD,
            Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet | Kind::Job => &WORKLOAD,
            Kind::Deployment => &DEPLOYMENT,
            Kind::CronJob => &CRON_JOB,
            Kind::Service => &SERVICE,
            Kind::Node => &NODE,
            Kind::PodDisruptionBudget => &BUDGET,
            Kind::ServiceAccount => &ACCOUNT,
            Kind::Namespace | Kind::PersistentVolumeClaim => &WITH_CONDITIONS,
            _ => &META_ONLY,
        }
    }

    fn find(&self, name: &str) -> Option<&'static Field> {
        self.0.iter().find(|field| field.name == name)
    }

    /// The schema of the field's object, or of the items of its list.
    pub fn child(&self, name: &str) -> &'static Schema {
        self.find(name).map_or(&PLAIN, |field| field.of)
    }

    /// How the field's list merges.
    pub fn list(&self, name: &str) -> ListMerge {
        self.find(name).map_or(ListMerge::Replace, |field| field.merge)
    }

    /// Whether a patch takes the place of the field's object.
    pub fn replaces(&self, name: &str) -> bool {
        self.find(name).is_some_and(|field| field.replaced)
    }

    /// Whether a change of the field's object clears the fields that the change does not name.
    pub fn retains_keys(&self, name: &str) -> bool {
        self.find(name).is_some_and(|field| field.retain_keys)
    }
}

const fn object(name: &'static str, of: &'static Schema) -> Field {
    Field { name, merge: ListMerge::Replace, retain_keys: false, replaced: false, of }
}

const fn list(name: &'static str, key: &'static str, of: &'static Schema) -> Field {
    Field { name, merge: ListMerge::ByKey(key), retain_keys: false, replaced: false, of }
}

const fn set(name: &'static str) -> Field {
    Field { name, merge: ListMerge::Set, retain_keys: false, replaced: false, of: &PLAIN }
}

const fn replaced(mut field: Field) -> Field {
    field.replaced = true;
    field
}

const fn retaining(mut field: Field) -> Field {
    field.retain_keys = true;
    field
}

static PLAIN: Schema = Schema(&[]);
static META: Schema = Schema(&[list("ownerReferences", "uid", &PLAIN), set("finalizers")]);
static META_ONLY: Schema = Schema(&[object("metadata", &META)]);
static CONDITIONS: Schema = Schema(&[list("conditions", "type", &PLAIN)]);
static WITH_CONDITIONS: Schema = Schema(&[object("metadata", &META), object("status", &CONDITIONS)]);
static CONTAINER: Schema = Schema(&[
    list("ports", "containerPort", &PLAIN),
    list("env", "name", &PLAIN),
    list("volumeMounts", "mountPath", &PLAIN),
    list("volumeDevices", "devicePath", &PLAIN),
]);
static POD_SPEC: Schema = Schema(&[
    retaining(list("volumes", "name", &PLAIN)),
    list("containers", "name", &CONTAINER),
    list("initContainers", "name", &CONTAINER),
    list("ephemeralContainers", "name", &CONTAINER),
    list("imagePullSecrets", "name", &PLAIN),
    list("hostAliases", "ip", &PLAIN),
    list("topologySpreadConstraints", "topologyKey", &PLAIN),
    list("schedulingGates", "name", &PLAIN),
    retaining(list("resourceClaims", "name", &PLAIN)),
]);
static POD_STATUS: Schema = Schema(&[
    list("conditions", "type", &PLAIN),
    list("hostIPs", "ip", &PLAIN),
    list("podIPs", "ip", &PLAIN),
    retaining(list("resourceClaimStatuses", "name", &PLAIN)),
]);
static POD: Schema =
    Schema(&[object("metadata", &META), object("spec", &POD_SPEC), object("status", &POD_STATUS)]);
static TEMPLATE: Schema = Schema(&[object("metadata", &META), object("spec", &POD_SPEC)]);
static WORKLOAD_SPEC: Schema = Schema(&[object("template", &TEMPLATE)]);
static WORKLOAD: Schema =
    Schema(&[object("metadata", &META), object("spec", &WORKLOAD_SPEC), object("status", &CONDITIONS)]);
static JOB_TEMPLATE: Schema = Schema(&[object("metadata", &META), object("spec", &WORKLOAD_SPEC)]);
static CRON_JOB_SPEC: Schema = Schema(&[object("jobTemplate", &JOB_TEMPLATE)]);
static CRON_JOB: Schema = Schema(&[object("metadata", &META), object("spec", &CRON_JOB_SPEC)]);
static DEPLOYMENT_SPEC: Schema =
    Schema(&[object("template", &TEMPLATE), retaining(object("strategy", &PLAIN))]);
static DEPLOYMENT: Schema =
    Schema(&[object("metadata", &META), object("spec", &DEPLOYMENT_SPEC), object("status", &CONDITIONS)]);
static BUDGET_SPEC: Schema = Schema(&[replaced(object("selector", &PLAIN))]);
static BUDGET: Schema =
    Schema(&[object("metadata", &META), object("spec", &BUDGET_SPEC), object("status", &CONDITIONS)]);
static ACCOUNT: Schema = Schema(&[object("metadata", &META), list("secrets", "name", &PLAIN)]);
static SERVICE_SPEC: Schema = Schema(&[list("ports", "port", &PLAIN)]);
static SERVICE: Schema =
    Schema(&[object("metadata", &META), object("spec", &SERVICE_SPEC), object("status", &CONDITIONS)]);
static NODE_SPEC: Schema = Schema(&[set("podCIDRs")]);
static NODE_STATUS: Schema = Schema(&[list("conditions", "type", &PLAIN), list("addresses", "type", &PLAIN)]);
static NODE: Schema =
    Schema(&[object("metadata", &META), object("spec", &NODE_SPEC), object("status", &NODE_STATUS)]);
