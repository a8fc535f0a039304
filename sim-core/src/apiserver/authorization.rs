//! Whether a user may do something: what roles and their bindings say.
//!
//! Models plugin/pkg/auth/authorizer/rbac and pkg/registry/rbac/validation: DefaultRuleResolver. Kubernetes' verbs and
//! resources are words, and so they are here.

use k8s_openapi::api::rbac::v1::{
    ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject,
};

use crate::api::{ApiError, ApiResult, Kind, ObjectKey, meta};
use crate::store::Store;

/// Members may do everything, whatever the roles say.
const MASTERS: &str = "system:masters";
/// What the names of service accounts, as users, begin with.
const ACCOUNT: &str = "system:serviceaccount:";

/// Somebody whom the API server knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name.
    pub name: String,
    /// The groups.
    pub groups: Vec<String>,
}

impl User {
    /// The user that somebody acts as, with the groups that were named: a service account has its own where none was,
    /// and whoever has a name belongs to those who are known.
    ///
    /// Models apiserver pkg/endpoints/filters: WithImpersonation.
    pub fn impersonated(name: &str, groups: &[String]) -> User {
        let mut groups = groups.to_vec();
        if let Some((namespace, _)) = name.strip_prefix(ACCOUNT).and_then(|rest| rest.split_once(':'))
            && groups.is_empty()
        {
            groups = vec!["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")];
        }
        let known =
            if name == "system:anonymous" { "system:unauthenticated" } else { "system:authenticated" };
        if !groups.iter().any(|group| group == known) {
            groups.push(known.to_owned());
        }
        User { name: name.to_owned(), groups }
    }

    /// Models pkg/registry/rbac/validation: appliesToUser. `namespace` is the binding's.
    fn is(&self, subject: &Subject, namespace: &str) -> bool {
        match subject.kind.as_str() {
            "User" => self.name == subject.name,
            "Group" => self.groups.contains(&subject.name),
            "ServiceAccount" => {
                let of = subject.namespace.as_deref().filter(|of| !of.is_empty()).unwrap_or(namespace);
                self.name.strip_prefix(ACCOUNT).and_then(|rest| rest.split_once(':'))
                    == Some((of, subject.name.as_str()))
            }
            _ => false,
        }
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub enum Request<'a> {
    /// Something with a resource.
    Resource {
        /// The verb, `list`.
        verb: &'a str,
        /// The API group.
        group: &'a str,
        /// The resource's plural.
        resource: &'a str,
        /// The subresource, or nothing.
        subresource: &'a str,
        /// The object's name, or nothing.
        name: &'a str,
    },
    /// Something with a path that is no resource.
    Path {
        /// The verb, `get`.
        verb: &'a str,
        /// The path.
        path: &'a str,
    },
}

impl Request<'_> {
    /// Models RuleAllows.
    fn is_allowed_by(&self, rule: &PolicyRule) -> bool {
        let holds = |list: &Option<Vec<String>>, wanted: &str| {
            list.iter().flatten().any(|word| word == "*" || word == wanted)
        };
        let verb_fits = |verb: &str| rule.verbs.iter().any(|word| word == "*" || word == verb);
        match *self {
            Request::Resource { verb, group, resource, subresource, name } => {
                let names = rule.resource_names.as_deref().unwrap_or_default();
                let any_of = format!("*/{subresource}");
                let whole = match subresource {
                    "" => resource.to_owned(),
                    subresource => format!("{resource}/{subresource}"),
                };
                let resource_fits = holds(&rule.resources, &whole)
                    || (!subresource.is_empty()
                        && rule.resources.iter().flatten().any(|word| *word == any_of));
                verb_fits(verb)
                    && holds(&rule.api_groups, group)
                    && resource_fits
                    && (names.is_empty() || names.iter().any(|other| other == name))
            }
            Request::Path { verb, path } => {
                let path_fits = rule.non_resource_urls.iter().flatten().any(|url| {
                    url == path || url.strip_suffix('*').is_some_and(|begin| path.starts_with(begin))
                });
                verb_fits(verb) && path_fits
            }
        }
    }
}

/// Whether `user` may do what is asked for, in `namespace` unless that is empty.
pub fn allows(store: &Store, user: &User, request: Request<'_>, namespace: &str) -> bool {
    user.groups.iter().any(|group| group == MASTERS)
        || rules(store, user, namespace).iter().any(|rule| request.is_allowed_by(rule))
}

/// Refuses what `user` may not do with an object, or with all of a kind where `name` is empty.
///
/// Models apiserver pkg/endpoints/handlers/responsewriters: Forbidden.
///
/// # Errors
/// Forbidden.
pub fn check(
    store: &Store,
    user: &User,
    verb: &str,
    (kind, subresource): (Kind, &str),
    (namespace, name): (&str, &str),
) -> ApiResult<()> {
    let (group, resource) = (kind.info().group, kind.info().plural);
    if allows(store, user, Request::Resource { verb, group, resource, subresource, name }, namespace) {
        return Ok(());
    }
    let slash = if subresource.is_empty() { "" } else { "/" };
    let place = match namespace {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace \"{namespace}\""),
    };
    let why = format!(
        "User \"{}\" cannot {verb} resource \"{resource}{slash}{subresource}\" in API group \"{group}\" {place}",
        user.name
    );
    Err(ApiError::forbidden(kind, name, &why))
}

/// All rules that are about `user`: the cluster's, and those of `namespace` unless that is empty.
pub fn rules(store: &Store, user: &User, namespace: &str) -> Vec<PolicyRule> {
    let is_bound = |subjects: &Option<Vec<Subject>>, namespace: &str| {
        subjects.iter().flatten().any(|subject| user.is(subject, namespace))
    };
    let mut found = Vec::new();
    for binding in store.all::<ClusterRoleBinding>().filter(|binding| is_bound(&binding.subjects, "")) {
        found.extend(of_role(store, &binding.role_ref, ""));
    }
    if !namespace.is_empty() {
        for binding in store.all_in::<RoleBinding>(namespace) {
            if is_bound(&binding.subjects, meta::namespace(&binding.metadata)) {
                found.extend(of_role(store, &binding.role_ref, namespace));
            }
        }
    }
    found
}

fn of_role(store: &Store, role: &RoleRef, namespace: &str) -> Vec<PolicyRule> {
    let rules = match role.kind.as_str() {
        "Role" => {
            store.typed::<Role>(&ObjectKey::new(namespace, &role.name)).and_then(|role| role.rules.clone())
        }
        _ => store.typed::<ClusterRole>(&ObjectKey::cluster(&role.name)).and_then(|role| role.rules.clone()),
    };
    rules.unwrap_or_default()
}
