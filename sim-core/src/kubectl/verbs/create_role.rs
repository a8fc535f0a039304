//! `create role` and `create clusterrole`

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Verb;
use crate::api::{Kind, to_value};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::VALIDATE;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, absent, generate};

const VERB: Flag = Flag::new("verb", Takes::List, "A verb that the rule allows; may be repeated");
const RESOURCE: Flag =
    Flag::new("resource", Takes::List, "RESOURCE[.GROUP][/SUBRESOURCE] that the rule is about");
const RESOURCE_NAME: Flag =
    Flag::new("resource-name", Takes::Array, "The only object that the rule is about; may be repeated");

/// `create role`
pub static ROLE: Verb = Verb {
    name: "create role",
    about: "Create a role with single rule.",
    usage: "create role NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] \
            [--dry-run=server|client|none]",
    flags: &[
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        super::SAVE_CONFIG,
        VALIDATE,
        VERB,
        RESOURCE,
        RESOURCE_NAME,
    ],
    run: create_role,
};

/// `create clusterrole`
pub static CLUSTER_ROLE: Verb = Verb {
    name: "create clusterrole",
    about: "Create a cluster role.",
    usage: "create clusterrole NAME --verb=verb --resource=resource.group [--resource-name=resourcename] \
            [--dry-run=server|client|none]",
    flags: &[
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        super::SAVE_CONFIG,
        VALIDATE,
        VERB,
        RESOURCE,
        RESOURCE_NAME,
        Flag::new("non-resource-url", Takes::List, "A path that the rule is about, /logs/*"),
        Flag::new(
            "aggregation-rule",
            Takes::Text,
            "LABEL=VALUE,... of the cluster roles that it consists of",
        ),
    ],
    run: create_cluster_role,
};

/// Verbs that resources have; others are warned of.
const USUAL_VERBS: &[&str] = &[
    "*",
    "get",
    "delete",
    "list",
    "create",
    "update",
    "patch",
    "watch",
    "proxy",
    "deletecollection",
    "use",
    "bind",
    "escalate",
    "impersonate",
];
/// Verbs that paths have.
const PATH_VERBS: &[&str] = &["*", "get", "post", "put", "delete", "patch", "head", "options"];

/// A resource as it was asked for.
struct Wanted<'a> {
    resource: &'a str,
    group: &'a str,
    subresource: &'a str,
}

/// What roles of both kinds ask for.
struct Rule<'a> {
    verbs: Vec<&'a str>,
    resources: Vec<Wanted<'a>>,
    names: Vec<&'a str>,
}

impl<'a> Rule<'a> {
    fn of(args: &'a Args) -> Rule<'a> {
        let mut verbs = unique(args.list("verb"));
        if verbs.contains(&"*") {
            verbs = vec!["*"];
        }
        let mut resources = Vec::new();
        for word in args.list("resource") {
            let (resource, subresource) = word.split_once('/').unwrap_or((word, ""));
            let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
            let wanted = Wanted { resource, group, subresource };
            if word == "*" {
                resources = vec![wanted];
                break;
            }
            resources.push(wanted);
        }
        Rule { verbs, resources, names: unique(args.list("resource-name")) }
    }

    fn warn_of_verbs(&self, env: &mut Env<'_>) {
        for verb in self.verbs.iter().filter(|verb| !USUAL_VERBS.contains(verb)) {
            env.out.err_line(format!("Warning: '{verb}' is not a standard resource verb"));
        }
    }

    /// Models kubectl pkg/cmd/create: CreateRoleOptions.validateResource.
    fn check_resources(&self, env: &Env<'_>) -> Result<(), CliError> {
        for wanted in &self.resources {
            match wanted.resource {
                "" => {
                    return Err(CliError::plain(
                        "resource must be specified if apiGroup/subresource specified",
                    ));
                }
                "*" => return Ok(()),
                _ => {}
            }
            let found = served(wanted, env);
            let (group, plural) = found.unwrap_or((wanted.group, wanted.resource));
            let special = self.verbs.iter().filter_map(|verb| Some((verb, special_resources(verb)?)));
            let mut is_special = false;
            for (verb, resources) in special {
                if !resources.contains(&(group, plural)) {
                    return Err(CliError::plain(format!(
                        "can not perform '{verb}' on '{plural}' in group '{group}'"
                    )));
                }
                is_special = true;
            }
            if found.is_none() && !is_special {
                let dot = if wanted.group.is_empty() { "" } else { "." };
                return Err(CliError::Verbatim(format!(
                    "the server doesn't have a resource type \"{}{dot}{}\"",
                    wanted.resource, wanted.group
                )));
            }
        }
        Ok(())
    }

    /// One rule for each API group, and one for paths.
    fn rules(&self, paths: &[&str], env: &Env<'_>) -> Vec<Value> {
        let mut by_group: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for wanted in &self.resources {
            let (group, plural) = served(wanted, env).unwrap_or((wanted.group, wanted.resource));
            let slash = if wanted.subresource.is_empty() { "" } else { "/" };
            let resource = format!("{plural}{slash}{}", wanted.subresource);
            let resources = by_group.entry(group).or_default();
            if !resources.contains(&resource) {
                resources.push(resource);
            }
        }
        let mut rules: Vec<Value> = Vec::new();
        for (group, resources) in by_group {
            let mut rule = json!({"apiGroups": [group], "resources": resources, "verbs": self.verbs});
            if !self.names.is_empty() {
                rule["resourceNames"] = to_value(&self.names);
            }
            rules.push(rule);
        }
        if !paths.is_empty() {
            rules.push(json!({"nonResourceURLs": paths, "verbs": self.verbs}));
        }
        rules
    }
}

/// The resources that a verb of its own kind is for.
fn special_resources(verb: &str) -> Option<&'static [(&'static str, &'static str)]> {
    const RBAC: &str = "rbac.authorization.k8s.io";
    match verb {
        "use" => Some(&[("policy", "podsecuritypolicies"), ("extensions", "podsecuritypolicies")]),
        "bind" | "escalate" => Some(&[(RBAC, "roles"), (RBAC, "clusterroles")]),
        "impersonate" => Some(&[
            ("", "users"),
            ("", "serviceaccounts"),
            ("", "groups"),
            ("authentication.k8s.io", "userextras"),
        ]),
        _ => None,
    }
}

/// Group and plural of a resource that the server has.
fn served<'a>(wanted: &Wanted<'a>, env: &Env<'_>) -> Option<(&'a str, &'a str)> {
    let dot = if wanted.group.is_empty() { "" } else { "." };
    let word = format!("{}{dot}{}", wanted.resource, wanted.group);
    if let Some(kind) = Kind::from_word(&word) {
        return Some((kind.info().group, kind.info().plural));
    }
    let absent = absent::named(&word, env.cluster.api().gates.version())?;
    Some((absent.group, absent.plural))
}

fn unique(words: &[String]) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for word in words {
        if !found.contains(&word.as_str()) {
            found.push(word);
        }
    }
    found
}

/// Models kubectl pkg/cmd/create: CreateRoleOptions.
fn create_role(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let name = generate::name("create role", args)?;
    let rule = Rule::of(args);
    if rule.verbs.is_empty() {
        return Err(CliError::plain("at least one verb must be specified"));
    }
    rule.warn_of_verbs(env);
    if rule.resources.is_empty() {
        return Err(CliError::plain("at least one resource must be specified"));
    }
    rule.check_resources(env)?;
    let manifest = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": name},
        "rules": rule.rules(&[], env),
    });
    generate::create(args, env, manifest, "created", None)?;
    Ok(Flow::OK)
}

/// Models kubectl pkg/cmd/create: CreateClusterRoleOptions.
fn create_cluster_role(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let aggregated = aggregation(args)?;
    let name = generate::name("create clusterrole", args)?;
    let rule = Rule::of(args);
    let paths = unique(args.list("non-resource-url"));
    let mut manifest = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": null,
    });
    if aggregated.is_empty() {
        check_cluster_rule(&rule, &paths, env)?;
        manifest["rules"] = Value::Array(rule.rules(&paths, env));
    } else if !(paths.is_empty()
        && rule.verbs.is_empty()
        && rule.resources.is_empty()
        && rule.names.is_empty())
    {
        return Err(CliError::plain(
            "aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames",
        ));
    } else {
        manifest["aggregationRule"] = json!({"clusterRoleSelectors": [{"matchLabels": aggregated}]});
    }
    generate::create(args, env, manifest, "created", None)?;
    Ok(Flow::OK)
}

/// The labels of `--aggregation-rule`.
fn aggregation(args: &Args) -> Result<BTreeMap<&str, &str>, CliError> {
    let given = args.text("aggregation-rule").unwrap_or_default();
    let pairs = given.split(',').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').map(|(key, value)| (key.trim(), value.trim())));
    pairs.collect::<Option<_>>().ok_or_else(|| {
        let verb = "create clusterrole".to_owned();
        let why = "malformed pair, expect string=string";
        CliError::Usage {
            verb,
            message: format!("invalid argument {given:?} for \"--aggregation-rule\" flag: {why}"),
        }
    })
}

fn check_cluster_rule(rule: &Rule<'_>, paths: &[&str], env: &mut Env<'_>) -> Result<(), CliError> {
    if rule.verbs.is_empty() {
        return Err(CliError::plain("at least one verb must be specified"));
    }
    if rule.resources.is_empty() && paths.is_empty() {
        return Err(CliError::plain("one of resource or nonResourceURL must be specified"));
    }
    if !rule.resources.is_empty() {
        rule.warn_of_verbs(env);
        rule.check_resources(env)?;
    }
    if paths.is_empty() {
        return Ok(());
    }
    if let Some(verb) = rule.verbs.iter().find(|verb| !PATH_VERBS.contains(verb)) {
        return Err(CliError::plain(format!("invalid verb: '{verb}' for nonResourceURL")));
    }
    for path in paths.iter().filter(|path| **path != "*") {
        if !path.starts_with('/') {
            return Err(CliError::plain("nonResourceURL should start with /"));
        }
        if path.strip_suffix('*').unwrap_or(path).contains('*') {
            return Err(CliError::plain(
                "nonResourceURL only supports wildcard matches when '*' is at the end",
            ));
        }
    }
    Ok(())
}
