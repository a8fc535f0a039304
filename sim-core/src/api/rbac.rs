//! Roles and their bindings: whom a binding is about, and which rules a role has of others.

use k8s_openapi::api::rbac::v1::{ClusterRole, PolicyRule, Subject};

use super::meta;
use super::selector::Selector;

/// The API group of roles and their bindings.
pub const GROUP: &str = "rbac.authorization.k8s.io";

/// The subjects of a binding, by what they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subjects {
    /// Names of users.
    pub users: Vec<String>,
    /// Names of groups.
    pub groups: Vec<String>,
    /// `namespace/name` of service accounts.
    pub service_accounts: Vec<String>,
}

impl Subjects {
    /// Sorts `subjects` into their kinds.
    ///
    /// Models pkg/apis/rbac: SubjectsStrings.
    pub fn of(subjects: &[Subject]) -> Subjects {
        let mut found = Subjects::default();
        for subject in subjects {
            match subject.kind.as_str() {
                "User" => found.users.push(subject.name.clone()),
                "Group" => found.groups.push(subject.name.clone()),
                "ServiceAccount" => {
                    let namespace = subject.namespace.as_deref().unwrap_or_default();
                    found.service_accounts.push(format!("{namespace}/{}", subject.name));
                }
                _ => {}
            }
        }
        found
    }
}

/// The rules that a role consists of whose rules are those of others: of each selector's roles, by name, each rule
/// once. `roles` are all cluster roles, by name.
///
/// Models pkg/controller/clusterroleaggregation: syncClusterRole.
pub fn aggregated(role: &ClusterRole, roles: &[&ClusterRole]) -> Vec<PolicyRule> {
    let mut rules: Vec<PolicyRule> = Vec::new();
    let selectors =
        role.aggregation_rule.iter().flat_map(|rule| rule.cluster_role_selectors.iter().flatten());
    for selector in selectors.map(Selector::from_api) {
        let chosen = roles.iter().filter(|other| {
            meta::name(&other.metadata) != meta::name(&role.metadata)
                && selector.matches(meta::labels(&other.metadata))
        });
        for rule in chosen.flat_map(|role| role.rules.iter().flatten()) {
            if !rules.contains(rule) {
                rules.push(rule.clone());
            }
        }
    }
    rules
}
