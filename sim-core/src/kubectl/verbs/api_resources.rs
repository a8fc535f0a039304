//! `kubectl api-resources`
//!
//! Models kubectl pkg/cmd/apiresources.

use serde_json::{Value, json};

use super::Verb;
use crate::api::{Kind, KubernetesVersion, to_value};
use crate::kubectl::absent;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::printer::{self, Printer};
use crate::kubectl::table::TabWriter;
use crate::kubectl::{Env, Flow, metrics_api};

/// The verb.
pub static VERB: Verb = Verb {
    name: "api-resources",
    about: "Print the supported API resources on the server",
    usage: "api-resources [flags]",
    flags: &[
        Flag::short("output", 'o', Takes::Text, "wide, name, json, yaml"),
        Flag::new("api-group", Takes::Text, "Only resources of this group"),
        Flag::new(
            "namespaced",
            Takes::Bool,
            "Only resources that are namespaced, or with =false that are not",
        ),
        Flag::new("verbs", Takes::List, "Only resources with these verbs"),
        Flag::new("categories", Takes::List, "Only resources in these categories"),
        Flag::new("sort-by", Takes::Text, "name or kind"),
        Flag::new("no-headers", Takes::Bool, "No header line"),
        Flag::new("cached", Takes::Bool, "Accepted: discovery costs nothing"),
    ],
    run,
};

/// The other group that serves events.
pub const EVENTS: &str = "events.k8s.io";

/// What discovery says of a resource.
pub(super) struct Resource {
    pub name: &'static str,
    pub short_names: &'static [&'static str],
    pub group: &'static str,
    pub version: String,
    pub namespaced: bool,
    pub kind: &'static str,
    pub verbs: &'static [&'static str],
    pub categories: &'static [&'static str],
}

/// Every resource that the cluster serves, in the version that it prefers.
pub(super) fn served(env: &Env<'_>) -> Vec<Resource> {
    let mut every = all(env.cluster.api().gates.version());
    if metrics_api::is_served(env) {
        every.extend(metrics_api::ALL.map(of_metrics));
    }
    every
}

/// Every resource, those without objects too. Events are served by two groups.
fn all(version: KubernetesVersion) -> Vec<Resource> {
    let events = Resource { group: EVENTS, version: format!("{EVENTS}/v1"), ..of_kind(Kind::Event) };
    let absent = absent::served(version).map(|absent| Resource {
        name: absent.plural,
        short_names: absent.short_names,
        group: absent.group,
        version: absent.api_version(),
        namespaced: absent.namespaced,
        kind: absent.kind,
        verbs: absent.verbs,
        categories: absent.categories,
    });
    Kind::ALL.iter().map(|kind| of_kind(*kind)).chain([events]).chain(absent).collect()
}

fn of_kind(kind: Kind) -> Resource {
    let info = kind.info();
    Resource {
        name: info.plural,
        short_names: info.short_names,
        group: info.group,
        version: info.api_version(),
        namespaced: info.namespaced,
        kind: kind.name(),
        verbs: info.verbs,
        categories: info.categories,
    }
}

fn of_metrics(resource: metrics_api::Resource) -> Resource {
    Resource {
        name: resource.plural(),
        short_names: &[],
        group: metrics_api::GROUP,
        version: metrics_api::api_version(),
        namespaced: resource == metrics_api::Resource::Pods,
        kind: resource.kind(),
        verbs: metrics_api::VERBS,
        categories: &[],
    }
}

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if !args.words.is_empty() {
        return Err(CliError::plain(format!(
            "unexpected arguments: [{}]\nSee 'kubectl api-resources -h' for help and examples",
            args.words.join(" ")
        )));
    }
    let output = args.text("output").unwrap_or_default();
    let lower = output.to_ascii_lowercase();
    let is_whole = matches!(lower.as_str(), "json" | "yaml" | "kyaml");
    let whole = if is_whole { Printer::new(&lower, args, env.files).ok() } else { None };
    if whole.is_none() && !matches!(output, "" | "name" | "wide") {
        let allowed = printer::known_formats("json,kyaml,name,wide,yaml", args.gates);
        return Err(CliError::plain(format!(
            "unable to match a printer suitable for the output format \"{output}\", allowed formats are: {allowed}"
        )));
    }
    let sort_by = args.text("sort-by").unwrap_or_default();
    if !matches!(sort_by, "" | "name" | "kind") {
        return Err(CliError::plain("--sort-by accepts only name or kind"));
    }
    let mut shown: Vec<Resource> =
        served(env).into_iter().filter(|resource| is_wanted(resource, args)).collect();
    shown.sort_by_key(|resource| {
        let first = match sort_by {
            "name" => resource.name,
            "kind" => resource.kind,
            _ => resource.group,
        };
        (first, resource.name)
    });
    if let Some(mut printer) = whole {
        let list = json!({
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": "",
            "resources": shown.iter().map(described).collect::<Vec<Value>>(),
        });
        env.out.out(printer.print_typed(&list)?);
        return Ok(Flow::OK);
    }
    let mut writer = TabWriter::for_tables();
    if output != "name" && !args.flag("no-headers") {
        let mut headers = vec!["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"];
        if output == "wide" {
            headers.extend(["VERBS", "CATEGORIES"]);
        }
        writer.row(headers);
    }
    for resource in shown {
        let namespaced = resource.namespaced.to_string();
        let short_names = resource.short_names.join(",");
        match output {
            "name" if resource.group.is_empty() => writer.row([resource.name]),
            "name" => writer.row([format!("{}.{}", resource.name, resource.group).as_str()]),
            "wide" => {
                let (verbs, categories) = (resource.verbs.join(","), resource.categories.join(","));
                let version = resource.version.as_str();
                writer.row([
                    resource.name,
                    &short_names,
                    version,
                    &namespaced,
                    resource.kind,
                    &verbs,
                    &categories,
                ]);
            }
            _ => writer.row([resource.name, &short_names, &resource.version, &namespaced, resource.kind]),
        }
    }
    env.out.out(writer.flush());
    Ok(Flow::OK)
}

/// What discovery says of the resource, in full.
fn described(resource: &Resource) -> Value {
    let mut value = json!({
        "name": resource.name,
        "singularName": resource.kind.to_lowercase(),
        "namespaced": resource.namespaced,
        "version": resource.version.rsplit('/').next(),
        "kind": resource.kind,
        "verbs": resource.verbs,
    });
    for (field, words) in [("shortNames", resource.short_names), ("categories", resource.categories)] {
        if !words.is_empty() {
            value[field] = to_value(&words);
        }
    }
    if !resource.group.is_empty() {
        value["group"] = to_value(&resource.group);
    }
    value
}

fn is_wanted(resource: &Resource, args: &Args) -> bool {
    let holds = |held: &[&str], wanted: &[String]| wanted.iter().all(|word| held.contains(&word.as_str()));
    args.text("api-group").is_none_or(|group| group == resource.group)
        && (!args.has("namespaced") || args.flag("namespaced") == resource.namespaced)
        && holds(resource.verbs, args.list("verbs"))
        && holds(resource.categories, args.list("categories"))
}
