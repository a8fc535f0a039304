//! What the API server answers of itself: which groups, versions and resources it serves.
//!
//! Models apiserver pkg/endpoints/discovery, and kube-aggregator, which puts the groups in order.

use serde_json::{Value, json};

use crate::api::{Kind, KubernetesVersion, to_value};
use crate::kubectl::Env;
use crate::kubectl::verbs::api_resources::{Resource, served};

/// The groups in the order of their priority; any other comes behind them.
///
/// Models pkg/controlplane/apiserver: DefaultGenericAPIServicePriorities.
const GROUPS: &[&str] = &[
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
    "resource.k8s.io",
    "flowcontrol.apiserver.k8s.io",
];

/// The resources of every version that is served.
fn all(env: &Env<'_>) -> Vec<Resource> {
    let mut all = served(env);
    // The first version of autoscaling is served beside the second.
    let first = all.iter().find(|resource| resource.group == "autoscaling");
    let first = first.map(|resource| Resource { version: "autoscaling/v1".to_owned(), ..*resource });
    all.extend(first);
    all
}

/// What is answered at a path of discovery, if anything is there; `None` for the outside when it is another path.
pub(super) fn answer(env: &Env<'_>, parts: &[&str]) -> Option<Option<Value>> {
    Some(match parts {
        ["api"] => {
            let server = env.workstation.config.server().unwrap_or_default();
            let address = server.trim_start_matches("https://");
            Some(json!({
                "kind": "APIVersions",
                "versions": ["v1"],
                "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
            }))
        }
        ["apis"] => Some(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups(env)})),
        ["apis", group] => groups(env).into_iter().find(|known| known["name"] == *group).map(|mut found| {
            found["kind"] = json!("APIGroup");
            found["apiVersion"] = json!("v1");
            found
        }),
        ["api", version] => resources(env, version),
        ["apis", group, version] => resources(env, &format!("{group}/{version}")),
        _ => return None,
    })
}

fn groups(env: &Env<'_>) -> Vec<Value> {
    let mut versions: Vec<(&str, String)> = Vec::new();
    for resource in all(env) {
        let version = (resource.group, resource.version);
        if !version.0.is_empty() && !versions.contains(&version) {
            versions.push(version);
        }
    }
    let place = |group: &str| GROUPS.iter().position(|known| *known == group).unwrap_or(GROUPS.len());
    // The sort is stable: a group's preferred version stays the first.
    versions.sort_by(|a, b| (place(a.0), a.0).cmp(&(place(b.0), b.0)));
    let mut groups: Vec<Value> = Vec::new();
    for (group, group_version) in versions {
        let version = group_version.rsplit('/').next().unwrap_or_default();
        let told = json!({"groupVersion": group_version, "version": version});
        match groups.iter_mut().find(|known| known["name"] == group) {
            Some(known) => {
                known["versions"].as_array_mut().into_iter().for_each(|list| list.push(told.clone()))
            }
            None => groups.push(json!({"name": group, "versions": [told], "preferredVersion": told})),
        }
    }
    groups
}

/// The resources of a version, with those of their parts that every object has.
fn resources(env: &Env<'_>, group_version: &str) -> Option<Value> {
    let mut listed: Vec<Value> = Vec::new();
    for resource in all(env).into_iter().filter(|resource| resource.version == group_version) {
        let mut told = json!({
            "name": resource.name,
            "singularName": resource.kind.to_ascii_lowercase(),
            "namespaced": resource.namespaced,
            "kind": resource.kind,
            "verbs": resource.verbs,
        });
        for (name, words) in [("shortNames", resource.short_names), ("categories", resource.categories)] {
            if !words.is_empty() {
                told[name] = to_value(&words);
            }
        }
        listed.push(told);
        let kind = Kind::ALL.iter().find(|kind| kind.name() == resource.kind).map(|kind| kind.info());
        for part in kind.map_or(&[][..], |kind| kind.subresources) {
            listed.extend(part_of(&resource, part, env.cluster.api().gates.version()));
        }
    }
    if listed.is_empty() {
        return None;
    }
    listed.sort_by(|a, b| a["name"].as_str().cmp(&b["name"].as_str()));
    let mut list = json!({"kind": "APIResourceList", "groupVersion": group_version, "resources": listed});
    if group_version.contains('/') {
        list["apiVersion"] = json!("v1");
    }
    Some(list)
}

/// A part of the resource's objects; `None` for one that the release lacks.
fn part_of(resource: &Resource, part: &str, version: KubernetesVersion) -> Option<Value> {
    let (group, version, kind, verbs): (&str, &str, &str, &[&str]) = match part {
        "status" => ("", "", resource.kind, &["get", "patch", "update"]),
        "resize" if version < KubernetesVersion::V1_34 => return None,
        "resize" => ("", "", resource.kind, &["get", "patch", "update"]),
        "scale" => ("autoscaling", "v1", "Scale", &["get", "patch", "update"]),
        "eviction" => ("policy", "v1", "Eviction", &["create"]),
        "exec" => ("", "", "PodExecOptions", &["create", "get"]),
        "log" => ("", "", resource.kind, &["get"]),
        "token" => ("authentication.k8s.io", "v1", "TokenRequest", &["create"]),
        _ => return None,
    };
    let mut told = json!({
        "name": format!("{}/{part}", resource.name),
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": kind,
        "verbs": verbs,
    });
    if !group.is_empty() {
        told["group"] = to_value(&group);
        told["version"] = to_value(&version);
    }
    Some(told)
}
