//! `auth reconcile`: roles and bindings get what their manifests have and they lack.
//!
//! Models kubectl pkg/cmd/auth: reconcile, and component-helpers auth/rbac: reconciliation and validation.

use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::api::rbac::v1::{PolicyRule, Subject};
use serde_json::{Map, Value, json};

use super::Verb;
use crate::api::{Kind, Object, ObjectKey, to_value};
use crate::apiserver::ApiServer;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::Info;
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{self, FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::output::Output;
use crate::kubectl::result::{DRY_RUN, DryRun, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, apply};

/// `auth reconcile`
pub static VERB: Verb = Verb {
    name: "auth reconcile",
    about: "Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects.",
    usage: "auth reconcile -f FILENAME [options]",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        OUTPUT,
        DRY_RUN,
        SHOW_MANAGED,
        Flag::new("remove-extra-permissions", Takes::Bool, "Take away rules that the manifest lacks"),
        Flag::new("remove-extra-subjects", Takes::Bool, "Take away subjects that the manifest lacks"),
    ],
    run,
};

/// The annotation with which an object wants to be left as it is.
const AUTO_UPDATE: &str = "rbac.authorization.kubernetes.io/autoupdate";

/// What is done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    None,
    Create,
    Update,
    Recreate,
}

/// What came of a comparison.
struct Outcome {
    operation: Operation,
    object: Object,
    protected: bool,
    /// Rules or subjects that the object lacked, as Go prints them.
    missing: Vec<String>,
    /// Those that it has and the manifest has not.
    extra: Vec<String>,
}

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    manifests::require(args)?;
    if !args.words.is_empty() {
        return Err(CliError::plain("no arguments are allowed"));
    }
    let mut results = Results::parse(args, env.files)?;
    if results.dry_run() == DryRun::Server {
        return Err(CliError::plain("--dry-run=server for command reconcile is not supported yet"));
    }
    let found = manifests::read(args, env, false)?;
    found.warnings.iter().for_each(|warning| env.out.err_line(warning));
    let mut errors = found.errors;
    let is_dry = results.dry_run().is_dry();
    let Env { cluster, out, .. } = env;
    for info in &found.infos {
        let is_role = match info.kind {
            Kind::Role | Kind::ClusterRole => true,
            Kind::RoleBinding | Kind::ClusterRoleBinding => false,
            _ => continue,
        };
        let removes = args.flag(if is_role { "remove-extra-permissions" } else { "remove-extra-subjects" });
        let outcome = cluster.act(args.command(), |api| reconcile(api, info, is_role, removes, is_dry));
        let printed = outcome.and_then(|outcome| {
            results.print("reconciled", &outcome.object, cluster.api(), out)?;
            tell(&outcome, if is_role { "rules" } else { "subjects" }, removes, out);
            Ok(())
        });
        errors.extend(printed.err());
    }
    CliError::aggregate(errors).map_or(Ok(Flow::OK), Err)
}

/// Models component-helpers auth/rbac/reconciliation: ReconcileRoleOptions.Run and ReconcileRoleBindingOptions.Run.
fn reconcile(
    api: &mut ApiServer,
    info: &Info,
    is_role: bool,
    removes: bool,
    is_dry: bool,
) -> Result<Outcome, CliError> {
    let key = info.key();
    let expected = apply::decoded(info.manifest.clone().unwrap_or_default())?;
    let outcome = match api.get(info.kind, &key) {
        Ok(existing) => compared(&existing.clone(), &expected, is_role, removes)?,
        Err(error) if error.is_not_found() => {
            let value = expected.to_value();
            let missing = match is_role {
                true => list::<PolicyRule>(&value, "rules").iter().map(rule_text).collect(),
                false => list::<Subject>(&value, "subjects").iter().map(subject_text).collect(),
            };
            let operation = Operation::Create;
            Outcome { operation, object: expected, protected: false, missing, extra: Vec::new() }
        }
        Err(error) => return Err(error.into()),
    };
    if outcome.protected || is_dry {
        return Ok(outcome);
    }
    let object = outcome.object.clone();
    let object = match outcome.operation {
        Operation::None => object,
        Operation::Update => api.update(object)?,
        Operation::Create | Operation::Recreate => {
            if outcome.operation == Operation::Recreate {
                api.delete(info.kind, &key, &Default::default())?;
            }
            ensure_namespace(api, &info.namespace)?;
            api.create(object)?
        }
    };
    Ok(Outcome { object, ..outcome })
}

/// Makes the namespace that an object is to be in. Models reconciliation: tryEnsureNamespace.
fn ensure_namespace(api: &mut ApiServer, namespace: &str) -> Result<(), CliError> {
    if namespace.is_empty() || api.get(Kind::Namespace, &ObjectKey::cluster(namespace)).is_ok() {
        return Ok(());
    }
    let mut made = Namespace::default();
    made.metadata.name = Some(namespace.to_owned());
    api.create(made)?;
    Ok(())
}

/// Models reconciliation: computeReconciledRole and computeReconciledRoleBinding.
fn compared(existing: &Object, expected: &Object, is_role: bool, removes: bool) -> Result<Outcome, CliError> {
    let (old, new) = (existing.to_value(), expected.to_value());
    let protected = old["metadata"]["annotations"][AUTO_UPDATE] == "false";
    if !is_role && old["roleRef"] != new["roleRef"] {
        return Ok(Outcome {
            operation: Operation::Recreate,
            object: expected.clone(),
            protected,
            missing: Vec::new(),
            extra: Vec::new(),
        });
    }
    let mut merged = old.clone();
    for field in ["annotations", "labels"] {
        let mut all: Map<String, Value> = new["metadata"][field].as_object().cloned().unwrap_or_default();
        all.extend(old["metadata"][field].as_object().cloned().unwrap_or_default());
        if !all.is_empty() {
            merged["metadata"][field] = Value::Object(all);
        }
    }
    let (missing, extra) = if is_role {
        reconcile_rules(&old, &new, &mut merged, removes)
    } else {
        reconcile_subjects(&old, &new, &mut merged, removes)
    };
    let operation = if merged == old { Operation::None } else { Operation::Update };
    Ok(Outcome { operation, object: apply::decoded(merged)?, protected, missing, extra })
}

fn reconcile_rules(
    old: &Value,
    new: &Value,
    merged: &mut Value,
    removes: bool,
) -> (Vec<String>, Vec<String>) {
    const AGGREGATION: &str = "aggregationRule";
    let (has, wanted) = (list::<PolicyRule>(old, "rules"), list::<PolicyRule>(new, "rules"));
    let missing = uncovered(&has, &wanted);
    let both_aggregate = old[AGGREGATION].is_object() && new[AGGREGATION].is_object();
    let extra = if both_aggregate { Vec::new() } else { uncovered(&wanted, &has) };
    if removes && !(missing.is_empty() && extra.is_empty()) {
        merged["rules"] = to_value(&wanted);
    } else if !missing.is_empty() {
        merged["rules"] = json!(has.iter().chain(&missing).collect::<Vec<_>>());
    }
    let selectors =
        |value: &Value| value[AGGREGATION]["clusterRoleSelectors"].as_array().cloned().unwrap_or_default();
    if new[AGGREGATION].is_null() {
        if let Some(fields) = merged.as_object_mut() {
            fields.remove(AGGREGATION);
        }
    } else if removes {
        merged[AGGREGATION] = new[AGGREGATION].clone();
    } else {
        let mut all = selectors(old);
        for selector in selectors(new) {
            if !all.contains(&selector) {
                all.push(selector);
            }
        }
        merged[AGGREGATION] = json!({"clusterRoleSelectors": all});
    }
    (missing.iter().map(rule_text).collect(), extra.iter().map(rule_text).collect())
}

fn reconcile_subjects(
    old: &Value,
    new: &Value,
    merged: &mut Value,
    removes: bool,
) -> (Vec<String>, Vec<String>) {
    let (has, wanted) = (list::<Subject>(old, "subjects"), list::<Subject>(new, "subjects"));
    let only = |these: &[Subject], those: &[Subject]| {
        let mut found: Vec<Subject> = Vec::new();
        for subject in these {
            if !those.contains(subject) && !found.contains(subject) {
                found.push(subject.clone());
            }
        }
        found
    };
    let (missing, extra) = (only(&wanted, &has), only(&has, &wanted));
    if removes && !(missing.is_empty() && extra.is_empty()) {
        merged["subjects"] = to_value(&wanted);
    } else if !missing.is_empty() {
        merged["subjects"] = json!(has.iter().chain(&missing).collect::<Vec<_>>());
    }
    (missing.iter().map(subject_text).collect(), extra.iter().map(subject_text).collect())
}

fn list<T: serde::de::DeserializeOwned>(object: &Value, field: &str) -> Vec<T> {
    serde_json::from_value(object[field].clone()).unwrap_or_default()
}

/// The least parts of the rules that no other rule allows.
///
/// Models component-helpers auth/rbac/validation: Covers.
fn uncovered(by: &[PolicyRule], rules: &[PolicyRule]) -> Vec<PolicyRule> {
    let parts = rules.iter().flat_map(parts);
    parts.filter(|part| !by.iter().any(|rule| covers(rule, part))).collect()
}

/// A rule as rules of one verb for one resource, one object of it, or one path. Models validation: BreakdownRule.
fn parts(rule: &PolicyRule) -> Vec<PolicyRule> {
    let list = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
    let (groups, resources, names) =
        (list(&rule.api_groups), list(&rule.resources), list(&rule.resource_names));
    let one = |text: &String| Some(vec![text.clone()]);
    let mut found = Vec::new();
    for group in &groups {
        for resource in &resources {
            for verb in &rule.verbs {
                let part = PolicyRule {
                    api_groups: one(group),
                    resources: one(resource),
                    verbs: vec![verb.clone()],
                    ..PolicyRule::default()
                };
                if names.is_empty() {
                    found.push(part.clone());
                }
                found.extend(
                    names.iter().map(|name| PolicyRule { resource_names: one(name), ..part.clone() }),
                );
            }
        }
    }
    for path in &list(&rule.non_resource_urls) {
        for verb in &rule.verbs {
            let verbs = vec![verb.clone()];
            found.push(PolicyRule { non_resource_urls: one(path), verbs, ..PolicyRule::default() });
        }
    }
    found
}

/// Whether the rule allows what the part of another does. Models validation: ruleCovers.
fn covers(rule: &PolicyRule, part: &PolicyRule) -> bool {
    fn texts(list: &Option<Vec<String>>) -> &[String] {
        list.as_deref().unwrap_or_default()
    }
    let has = |list: &[String], wanted: &[String]| {
        list.iter().any(|text| text == "*") || wanted.iter().all(|text| list.contains(text))
    };
    let resources = texts(&rule.resources);
    let has_resource = has(resources, texts(&part.resources))
        || texts(&part.resources).iter().all(|wanted| {
            let subresource = wanted.split_once('/').map(|(_, subresource)| format!("*/{subresource}"));
            resources.contains(wanted) || subresource.is_some_and(|all| resources.contains(&all))
        });
    let has_path = |wanted: &String| {
        texts(&rule.non_resource_urls).iter().any(|path| match path.strip_suffix('*') {
            Some(start) => wanted.starts_with(start),
            None => path == wanted,
        })
    };
    let names = texts(&rule.resource_names);
    let has_name = match texts(&part.resource_names) {
        [] => names.is_empty(),
        wanted => names.is_empty() || wanted.iter().all(|name| names.contains(name)),
    };
    has(&rule.verbs, &part.verbs)
        && has(texts(&rule.api_groups), texts(&part.api_groups))
        && has_resource
        && texts(&part.non_resource_urls).iter().all(has_path)
        && has_name
}

/// A rule as Go's `%+v` writes it.
fn rule_text(rule: &PolicyRule) -> String {
    let list = |list: &Option<Vec<String>>| list.as_deref().unwrap_or_default().join(" ");
    format!(
        "{{Verbs:[{}] APIGroups:[{}] Resources:[{}] ResourceNames:[{}] NonResourceURLs:[{}]}}",
        rule.verbs.join(" "),
        list(&rule.api_groups),
        list(&rule.resources),
        list(&rule.resource_names),
        list(&rule.non_resource_urls)
    )
}

/// A subject as Go's `%+v` writes it.
fn subject_text(subject: &Subject) -> String {
    format!(
        "{{Kind:{} APIGroup:{} Name:{} Namespace:{}}}",
        subject.kind,
        subject.api_group.as_deref().unwrap_or_default(),
        subject.name,
        subject.namespace.as_deref().unwrap_or_default()
    )
}

/// Says what was done to an object. Models kubectl pkg/cmd/auth: printResults.
fn tell(outcome: &Outcome, what: &str, removes: bool, out: &mut Output) {
    let operation = match outcome.operation {
        Operation::None => return,
        Operation::Create => "create",
        Operation::Update => "update",
        Operation::Recreate => "recreate",
    };
    let caveat = match outcome.protected {
        true => format!(", but object opted out ({AUTO_UPDATE}: false)"),
        false => String::new(),
    };
    out.err_line(format!("\treconciliation required {operation}{caveat}"));
    for (texts, done) in [(&outcome.missing, "missing"), (&outcome.extra, "extra")] {
        let is_shown = done == "missing" || removes;
        if texts.is_empty() || !is_shown {
            continue;
        }
        let end = if done == "missing" { "added" } else { "removed" };
        out.err_line(format!("\t{done} {what} {end}:"));
        texts.iter().for_each(|text| out.err_line(format!("\t\t{text}")));
    }
}
