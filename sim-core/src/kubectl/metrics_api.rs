//! `metrics.k8s.io/v1beta1`: what metrics-server serves of nodes and pods, `get podmetrics` and `get --raw`.
//!
//! Models kubernetes-sigs/metrics-server pkg/api, and k8s.io/metrics pkg/apis/metrics/v1beta1.

use k8s_openapi::api::core::v1::{Node, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64;

use super::args::Args;
use super::builder::parse_selector;
use super::error::CliError;
use super::printer::{Printer, is_table, list_of};
use super::table::TabWriter;
use super::verbs::top;
use super::{Env, Flow};
use crate::api::selector::Selector;
use crate::api::{ApiError, meta, to_value};
use crate::controllers::podautoscaler::usage::scraped_at;
use crate::engine::KubeletKind;

/// The group.
pub const GROUP: &str = "metrics.k8s.io";
/// The version of it.
pub const VERSION: &str = "v1beta1";
/// What can be done with its kinds.
pub const VERBS: &[&str] = &["get", "list"];

/// Nodes or pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// NodeMetrics
    Nodes,
    /// PodMetrics
    Pods,
}

/// Both, in the order of discovery.
pub const ALL: [Resource; 2] = [Resource::Nodes, Resource::Pods];

impl Resource {
    /// The resource's plural.
    pub fn plural(self) -> &'static str {
        match self {
            Resource::Nodes => "nodes",
            Resource::Pods => "pods",
        }
    }

    /// The kind.
    pub fn kind(self) -> &'static str {
        match self {
            Resource::Nodes => "NodeMetrics",
            Resource::Pods => "PodMetrics",
        }
    }

    /// The resource that a word of the command line names: `podmetrics`, `pods.metrics.k8s.io`.
    fn named(word: &str) -> Option<Resource> {
        let word = word.to_ascii_lowercase();
        let (name, group) = word.split_once('.').unwrap_or((&word, ""));
        let group = group.strip_prefix("v1beta1.").unwrap_or(group);
        ALL.into_iter().find(|resource| {
            let kind = resource.kind().to_ascii_lowercase();
            name == kind && GROUP.starts_with(group)
                || name == resource.plural() && !group.is_empty() && GROUP.starts_with(group)
        })
    }

    fn not_found(self, namespace: &str, name: &str) -> CliError {
        let name = if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") };
        let what = self.kind().to_ascii_lowercase();
        ApiError::none_of(&what, GROUP, &name).into()
    }
}

/// `metrics.k8s.io/v1beta1`
pub fn api_version() -> String {
    format!("{GROUP}/{VERSION}")
}

/// Whether the cluster has a metrics-server.
pub fn is_served(env: &Env<'_>) -> bool {
    env.cluster.engine().config().kubelet == KubeletKind::Full
}

/// The metrics of every object of a namespace, or of all when it is empty, that the selector picks and that has some.
fn all(resource: Resource, env: &Env<'_>, namespace: &str, selector: &Selector) -> Vec<Value> {
    let (store, now) = (env.cluster.store(), env.cluster.now());
    let picked = |of: &ObjectMeta| selector.matches(meta::labels(of));
    if resource == Resource::Nodes {
        let nodes = store.all::<Node>().filter(|node| picked(&node.metadata));
        return nodes
            .map(|node| {
                let amounts = top::of_node(env, meta::name(&node.metadata));
                let mut value = metrics(env, &node.metadata);
                value["usage"] = usage(&value, "", amounts.cpu, amounts.memory);
                value
            })
            .collect();
    }
    let is_there = |pod: &&Pod| {
        (namespace.is_empty() || meta::namespace(&pod.metadata) == namespace) && picked(&pod.metadata)
    };
    let found: Vec<&Pod> = store.all::<Pod>().filter(is_there).collect();
    let used = env.cluster.plane().podautoscaler.usage.of(found.iter().copied(), store, now);
    let listed = used.into_iter().filter_map(|(key, containers)| {
        let pod = store.typed::<Pod>(&key)?;
        let mut value = metrics(env, &pod.metadata);
        let containers = containers.iter().map(|one| {
            json!({"name": one.name, "usage": usage(&value, &one.name, one.cpu_milli, one.memory_bytes)})
        });
        value["containers"] = Value::from(containers.collect::<Vec<_>>());
        Some(value)
    });
    listed.collect()
}

/// What nodes and pods have in common: whose metrics they are, and of when.
fn metrics(env: &Env<'_>, of: &ObjectMeta) -> Value {
    let now = env.cluster.now();
    let mut metadata = json!({"name": meta::name(of), "creationTimestamp": now.to_time()});
    if !meta::namespace(of).is_empty() {
        metadata["namespace"] = to_value(&meta::namespace(of));
    }
    if !meta::labels(of).is_empty() {
        metadata["labels"] = to_value(&meta::labels(of));
    }
    let bits = xxh3_64(format!("window {} {}", meta::name(of), scraped_at(now).0).as_bytes());
    json!({
        "metadata": metadata,
        "timestamp": scraped_at(now).to_time(),
        "window": format!("1{}.{:03}s", 5 + bits % 2, 1 + bits / 2 % 998),
    })
}

/// CPU in billionths of a core and memory in KiB. `top` rounds the one up and the other down.
fn usage(of: &Value, container: &str, cpu_milli: i64, memory_bytes: i64) -> Value {
    let seed = format!("cpu {} {container} {}", of["metadata"]["name"], of["timestamp"]);
    let below = i64::try_from(xxh3_64(seed.as_bytes()) % 1_000_000).unwrap_or(0);
    let nanos = cpu_milli.saturating_mul(1_000_000).saturating_sub(below).max(0);
    let cpu = if nanos == 0 { "0".to_owned() } else { format!("{nanos}n") };
    json!({"cpu": cpu, "memory": format!("{}Ki", memory_bytes >> 10)})
}

/// A value with its type.
fn typed(resource: Resource, mut value: Value) -> Value {
    value["kind"] = to_value(&resource.kind());
    value["apiVersion"] = to_value(&api_version());
    value
}

/// What the server answers below `/apis/metrics.k8s.io/v1beta1/`.
///
/// # Errors
/// NotFound.
pub fn raw(env: &Env<'_>, rest: &[&str]) -> Result<Value, CliError> {
    let missing = || CliError::from(ApiError::no_such_resource());
    if !is_served(env) {
        return Err(missing());
    }
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] => (*namespace, rest),
        rest => ("", rest),
    };
    let Some((word, rest)) = rest.split_first() else { return Err(missing()) };
    let resource = ALL.into_iter().find(|resource| resource.plural() == *word).ok_or_else(missing)?;
    let mut items = all(resource, env, namespace, &parse_selector("")?);
    match rest {
        [] => Ok(json!({
            "kind": format!("{}List", resource.kind()),
            "apiVersion": api_version(),
            "metadata": {},
            "items": items,
        })),
        [name] => {
            items.retain(|item| item["metadata"]["name"] == *name);
            let found = items.pop().ok_or_else(|| resource.not_found(namespace, name))?;
            Ok(typed(resource, found))
        }
        _ => Err(missing()),
    }
}

/// The answer to `get` of metrics; `None` when it is about others.
pub fn answer(verb: &str, args: &Args, env: &mut Env<'_>) -> Option<Result<Flow, CliError>> {
    let first = args.words.first().filter(|_| verb == "get")?;
    let (word, names) = match first.split_once('/') {
        Some((word, name)) => (word, vec![name]),
        None => (first.as_str(), args.words[1..].iter().map(String::as_str).collect()),
    };
    let resource = Resource::named(word).filter(|_| is_served(env))?;
    Some(get(resource, &names, args, env))
}

fn get(resource: Resource, names: &[&str], args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let everywhere = args.flag("all-namespaces");
    let namespace = if resource == Resource::Nodes || everywhere { "" } else { env.namespace };
    let selector = parse_selector(args.text("selector").unwrap_or_default())?;
    let mut items = all(resource, env, namespace, &selector);
    let has = |name: &&&str, items: &[Value]| items.iter().any(|item| item["metadata"]["name"] == ***name);
    let missing: Vec<&&str> = names.iter().filter(|name| !has(name, &items)).collect();
    let errors = missing.iter().map(|name| resource.not_found(namespace, name)).collect();
    if !names.is_empty() {
        items.retain(|item| names.iter().any(|name| item["metadata"]["name"] == *name));
    }
    let failed = CliError::aggregate(errors);
    if !is_table(args.output()) {
        let values: Vec<Value> = items.into_iter().map(|item| typed(resource, item)).collect();
        let value = match values.as_slice() {
            [] if failed.is_some() => return failed.map_or(Ok(Flow::OK), Err),
            [only] if names.len() == 1 => only.clone(),
            _ => list_of(values),
        };
        let text = Printer::new(args.output(), args, env.files)?.print(&value)?;
        env.out.out(text);
        return failed.map_or(Ok(Flow::OK), Err);
    }
    if items.is_empty() && failed.is_none() {
        env.out.err_line(match resource == Resource::Nodes || everywhere {
            true => "No resources found".to_owned(),
            false => format!("No resources found in {} namespace.", env.namespace),
        });
        return Ok(Flow::OK);
    }
    env.out.out(table(&items, args, everywhere && resource == Resource::Pods));
    failed.map_or(Ok(Flow::OK), Err)
}

/// Models metrics-server pkg/api: addNodeMetricsToTable and addPodMetricsToTable.
fn table(items: &[Value], args: &Args, with_namespace: bool) -> String {
    let mut writer = TabWriter::for_tables();
    let mut row = |namespace: &str, cells: [&str; 4]| {
        let first = with_namespace.then_some(namespace);
        writer.row(first.into_iter().chain(cells));
    };
    if !args.flag("no-headers") && !items.is_empty() {
        row("NAMESPACE", ["NAME", "CPU", "MEMORY", "WINDOW"]);
    }
    for item in items {
        let (cpu, memory) = match item["containers"].as_array() {
            None => (text(&item["usage"]["cpu"]).to_owned(), text(&item["usage"]["memory"]).to_owned()),
            Some(containers) => {
                let sum = |what: &str, unit: char| -> i64 {
                    let amounts = containers.iter().map(|one| text(&one["usage"][what]));
                    amounts.filter_map(|amount| amount.trim_end_matches(unit).parse::<i64>().ok()).sum()
                };
                let memory = containers.iter().map(|one| text(&one["usage"]["memory"]));
                let kib: i64 =
                    memory.filter_map(|amount| amount.strip_suffix("Ki")?.parse::<i64>().ok()).sum();
                (format!("{}n", sum("cpu", 'n')), format!("{kib}Ki"))
            }
        };
        let cpu = if cpu == "0n" { "0" } else { &cpu };
        let (name, namespace) = (text(&item["metadata"]["name"]), text(&item["metadata"]["namespace"]));
        row(namespace, [name, cpu, &memory, text(&item["window"])]);
    }
    writer.flush()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
