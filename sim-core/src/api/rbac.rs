//! Whom a binding of a role is about.

use k8s_openapi::api::rbac::v1::Subject;

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
