//! The roles that the API server gives every cluster, for its users and for discovery, and their bindings.
//!
//! Those of the control plane's own components, some sixty, are left out: nothing in the simulator asks for them.
//! Models plugin/pkg/auth/authorizer/rbac/bootstrappolicy.

use k8s_openapi::api::rbac::v1::{
    AggregationRule, ClusterRole, ClusterRoleBinding, PolicyRule, RoleRef, Subject,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, Time};

use super::map;
use crate::api::rbac::{GROUP, aggregated};
use crate::api::{ApiResult, KubernetesVersion, Object};
use crate::apiserver::ApiServer;
use crate::cluster::Cluster;

const ALL: &[&str] = &["*"];
const READ: &[&str] = &["get", "list", "watch"];
const WRITE: &[&str] = &["create", "delete", "deletecollection", "patch", "update"];
const READ_WRITE: &[&str] =
    &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// A rule: API group, resources separated by spaces, verbs.
type Rule = (&'static str, &'static str, &'static [&'static str]);

const TO_ADMIN: &[Rule] = &[
    ("authorization.k8s.io", "localsubjectaccessreviews", &["create"]),
    (GROUP, "rolebindings roles", READ_WRITE),
];

const TO_EDIT: &[Rule] = &[
    ("", "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy", READ),
    ("", "serviceaccounts", &["impersonate"]),
    ("", "pods pods/attach pods/exec pods/portforward pods/proxy", WRITE),
    ("", "pods/eviction", &["create"]),
    (
        "",
        "configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets \
         serviceaccounts services services/proxy",
        WRITE,
    ),
    ("", "serviceaccounts/token", &["create"]),
    (
        "apps",
        "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets \
         statefulsets/scale",
        WRITE,
    ),
    ("autoscaling", "horizontalpodautoscalers", WRITE),
    ("batch", "cronjobs jobs", WRITE),
    (
        "extensions",
        "daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets \
         replicasets/scale replicationcontrollers/scale",
        WRITE,
    ),
    ("policy", "poddisruptionbudgets", WRITE),
    ("networking.k8s.io", "ingresses networkpolicies", WRITE),
    ("coordination.k8s.io", "leases", READ_WRITE),
];

const TO_VIEW: &[Rule] = &[
    (
        "",
        "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers \
         replicationcontrollers/scale serviceaccounts services services/status",
        READ,
    ),
    (
        "",
        "bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status \
         resourcequotas resourcequotas/status",
        READ,
    ),
    ("", "namespaces", READ),
    ("discovery.k8s.io", "endpointslices", READ),
    (
        "apps",
        "controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets \
         replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status",
        READ,
    ),
    ("autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status", READ),
    ("batch", "cronjobs cronjobs/status jobs jobs/status", READ),
    (
        "extensions",
        "daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status \
         networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale",
        READ,
    ),
    ("policy", "poddisruptionbudgets poddisruptionbudgets/status", READ),
    ("networking.k8s.io", "ingresses ingresses/status networkpolicies", READ),
];

const BASIC_USER: &[Rule] = &[
    ("authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews", &["create"]),
    ("authentication.k8s.io", "selfsubjectreviews", &["create"]),
];

const DISCOVERY: &[&str] = &[
    "/api",
    "/api/*",
    "/apis",
    "/apis/*",
    "/healthz",
    "/livez",
    "/openapi",
    "/openapi/*",
    "/readyz",
    "/version",
    "/version/",
];
const PUBLIC_INFO: &[&str] = &["/healthz", "/livez", "/readyz", "/version", "/version/"];

/// Whose rules go into whose: the label that says so.
const TO: &str = "rbac.authorization.k8s.io/aggregate-to-";
/// Every one of these objects has it.
const BOOTSTRAPPING: (&str, &str) = ("kubernetes.io/bootstrapping", "rbac-defaults");

/// The bindings: name, role, and the groups that have it.
const BINDINGS: [(&str, &[&str]); 4] = [
    ("cluster-admin", &["system:masters"]),
    ("system:basic-user", &["system:authenticated"]),
    ("system:discovery", &["system:authenticated"]),
    ("system:public-info-viewer", &["system:authenticated", "system:unauthenticated"]),
];

/// Plants the roles and bindings, but for a control plane that allows everything and so has none.
pub(super) fn install(cluster: &mut Cluster, created: &Time) {
    if !cluster.engine.config().has_rbac() {
        return;
    }
    let config = cluster.engine.config();
    let is_kubeadm = config.has_system_pods() && config.kubernetes_version > KubernetesVersion::V1_27;
    let group = is_kubeadm.then_some("kubeadm:cluster-admins");
    cluster.engine.plant(&mut cluster.plane, "roles", |api, _| {
        let mut planted = Vec::new();
        let outcome = roles()
            .into_iter()
            .map(Object::from)
            .chain(bindings(group).map(Object::from))
            .try_for_each(|object| plant(api, object, created).map(|object| planted.push(object)));
        debug_assert!(outcome.is_ok(), "{outcome:?}");
        planted
    });
}

fn plant(api: &mut ApiServer, object: Object, created: &Time) -> ApiResult<Object> {
    api.plant(object, created, &mut |_| {})
}

fn metadata(name: &str, aggregated_to: Option<&str>) -> ObjectMeta {
    let mut labels = map(&[BOOTSTRAPPING]);
    if let Some(role) = aggregated_to {
        labels.insert(format!("{TO}{role}"), "true".to_owned());
    }
    ObjectMeta {
        name: Some(name.to_owned()),
        annotations: Some(map(&[("rbac.authorization.kubernetes.io/autoupdate", "true")])),
        labels: Some(labels),
        ..ObjectMeta::default()
    }
}

fn words(text: &str) -> Option<Vec<String>> {
    Some(text.split(' ').map(str::to_owned).collect())
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn role(name: &str, aggregated_to: Option<&str>, rules: &[Rule]) -> ClusterRole {
    let rules = rules.iter().map(|(group, resources, verbs)| PolicyRule {
        api_groups: Some(vec![(*group).to_owned()]),
        resources: words(resources),
        verbs: owned(verbs),
        ..PolicyRule::default()
    });
    ClusterRole {
        metadata: metadata(name, aggregated_to),
        rules: Some(rules.collect()),
        ..ClusterRole::default()
    }
}

fn of_paths(paths: &[&str], verbs: &[&str]) -> PolicyRule {
    PolicyRule { non_resource_urls: Some(owned(paths)), verbs: owned(verbs), ..PolicyRule::default() }
}

fn roles() -> Vec<ClusterRole> {
    let mut administrator = role("cluster-admin", None, &[("*", "*", ALL)]);
    administrator.rules.get_or_insert_default().push(of_paths(ALL, ALL));
    let mut roles = vec![
        administrator,
        role("system:aggregate-to-admin", Some("admin"), TO_ADMIN),
        role("system:aggregate-to-edit", Some("edit"), TO_EDIT),
        role("system:aggregate-to-view", Some("view"), TO_VIEW),
        role("system:basic-user", None, BASIC_USER),
    ];
    for (name, paths) in [("system:discovery", DISCOVERY), ("system:public-info-viewer", PUBLIC_INFO)] {
        let rules = Some(vec![of_paths(paths, &["get"])]);
        roles.push(ClusterRole { metadata: metadata(name, None), rules, ..ClusterRole::default() });
    }
    // Each has the rules of the one before it.
    for (name, aggregated_to) in [("view", Some("edit")), ("edit", Some("admin")), ("admin", None)] {
        let match_labels = Some(map(&[(&format!("{TO}{name}"), "true")]));
        let selector = LabelSelector { match_labels, ..LabelSelector::default() };
        let rule = AggregationRule { cluster_role_selectors: Some(vec![selector]) };
        let mut role = role(name, aggregated_to, &[]);
        role.aggregation_rule = Some(rule);
        roles.sort_by(|one, other| one.metadata.name.cmp(&other.metadata.name));
        role.rules = Some(aggregated(&role, &roles.iter().collect::<Vec<_>>()));
        roles.push(role);
    }
    roles
}

fn bindings(administrators: Option<&'static str>) -> impl Iterator<Item = ClusterRoleBinding> {
    let binding = |name: &str, role: &str, groups: &[&str], metadata: ObjectMeta| ClusterRoleBinding {
        metadata: ObjectMeta { name: Some(name.to_owned()), ..metadata },
        role_ref: RoleRef {
            api_group: Some(GROUP.to_owned()),
            kind: "ClusterRole".to_owned(),
            name: role.to_owned(),
        },
        subjects: Some(
            groups
                .iter()
                .map(|group| Subject {
                    api_group: Some(GROUP.to_owned()),
                    kind: "Group".to_owned(),
                    name: (*group).to_owned(),
                    namespace: None,
                })
                .collect(),
        ),
    };
    // kubeadm's own, since 1.29.
    let own = administrators.map(|group| binding(group, "cluster-admin", &[group], ObjectMeta::default()));
    BINDINGS
        .into_iter()
        .map(move |(name, groups)| binding(name, name, groups, metadata(name, None)))
        .chain(own)
}
