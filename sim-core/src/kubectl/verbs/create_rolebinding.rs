//! `create rolebinding` and `create clusterrolebinding`

use serde_json::{Value, json};

use super::Verb;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::VALIDATE;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, generate};

/// The API group of roles and their bindings.
pub const API_GROUP: &str = "rbac.authorization.k8s.io";
const CLUSTER_ROLE: Flag = Flag::new("clusterrole", Takes::Text, "The ClusterRole that is given");
/// `--user`
pub const USER: Flag = Flag::new("user", Takes::Array, "A user who gets the role; may be repeated");
/// `--group`
pub const GROUP: Flag = Flag::new("group", Takes::Array, "A group that gets the role; may be repeated");
/// `--serviceaccount`
pub const SERVICE_ACCOUNT: Flag =
    Flag::new("serviceaccount", Takes::Array, "NAMESPACE:NAME of a service account that gets the role");

/// `create rolebinding`
pub static ROLE_BINDING: Verb = Verb {
    name: "create rolebinding",
    about: "Create a role binding for a particular role or cluster role.",
    usage: "create rolebinding NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] \
            [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
    flags: &[
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        super::SAVE_CONFIG,
        VALIDATE,
        CLUSTER_ROLE,
        Flag::new("role", Takes::Text, "The Role that is given"),
        USER,
        GROUP,
        SERVICE_ACCOUNT,
    ],
    run: create_role_binding,
};

/// `create clusterrolebinding`
pub static CLUSTER_ROLE_BINDING: Verb = Verb {
    name: "create clusterrolebinding",
    about: "Create a cluster role binding for a particular cluster role.",
    usage: "create clusterrolebinding NAME --clusterrole=NAME [--user=username] [--group=groupname] \
            [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
    flags: &[
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        super::SAVE_CONFIG,
        VALIDATE,
        CLUSTER_ROLE,
        USER,
        GROUP,
        SERVICE_ACCOUNT,
    ],
    run: create_cluster_role_binding,
};

/// Models kubectl pkg/cmd/create: RoleBindingOptions.
fn create_role_binding(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let name = generate::name("create rolebinding", args)?;
    let given = |flag: &str| args.text(flag).filter(|name| !name.is_empty());
    let role = match (given("clusterrole"), given("role")) {
        (Some(name), None) => ("ClusterRole", name),
        (None, Some(name)) => ("Role", name),
        _ => return Err(CliError::plain("exactly one of clusterrole or role must be specified")),
    };
    bind(args, env, "RoleBinding", name, role)
}

/// Models kubectl pkg/cmd/create: ClusterRoleBindingOptions.
fn create_cluster_role_binding(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if !args.has("clusterrole") {
        return Err(CliError::plain("required flag(s) \"clusterrole\" not set"));
    }
    let name = generate::name("create clusterrolebinding", args)?;
    bind(args, env, "ClusterRoleBinding", name, ("ClusterRole", args.text("clusterrole").unwrap_or_default()))
}

fn bind(
    args: &Args,
    env: &mut Env<'_>,
    kind: &str,
    name: &str,
    (role_kind, role): (&str, &str),
) -> Result<Flow, CliError> {
    let mut subjects: Vec<Value> = Vec::new();
    for (subject, flag) in [("User", "user"), ("Group", "group")] {
        let named = args.list(flag).iter();
        subjects.extend(named.map(|name| json!({"apiGroup": API_GROUP, "kind": subject, "name": name})));
    }
    for account in args.list("serviceaccount") {
        let parts: Vec<&str> = account.split(':').collect();
        let [namespace, name] = parts[..] else { return Err(no_account()) };
        if namespace.is_empty() || name.is_empty() {
            return Err(no_account());
        }
        subjects.push(json!({"kind": "ServiceAccount", "name": name, "namespace": namespace}));
    }
    let mut manifest = json!({
        "apiVersion": format!("{API_GROUP}/v1"),
        "kind": kind,
        "metadata": {"name": name},
        "roleRef": {"apiGroup": API_GROUP, "kind": role_kind, "name": role},
    });
    if !subjects.is_empty() {
        manifest["subjects"] = Value::Array(subjects);
    }
    let failing = format!("failed to create {}:", kind.to_ascii_lowercase());
    generate::create(args, env, manifest, "created", Some(&failing))?;
    Ok(Flow::OK)
}

/// Said of what is no name of a service account.
pub fn no_account() -> CliError {
    CliError::plain("serviceaccount must be <namespace>:<name>")
}
