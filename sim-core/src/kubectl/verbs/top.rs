//! What `top pod` and `top node` share, and their verbs.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Node, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;

use super::Verb;
use crate::api::quantity::Quantity;
use crate::api::selector::Selector;
use crate::api::{Object, ObjectKey, SimTime, meta};
use crate::controllers::podautoscaler::usage::ContainerUsage;
use crate::engine::KubeletKind;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{ALL_NAMESPACES, FIELD_SELECTOR, SELECTOR};
use crate::kubectl::error::CliError;
use crate::kubectl::field_selector::FieldSelector;
use crate::kubectl::table::TabWriter;
use crate::kubectl::{Env, Flow};

/// A pod that is older than this should have metrics.
///
/// Models kubectl pkg/cmd/top: metricsCreationDelay.
const CREATION_DELAY: Duration = Duration::from_secs(120);

/// `--sort-by`
const SORT_BY: Flag = Flag::new("sort-by", Takes::Text, "cpu or memory, the most first");
/// `--no-headers`
const NO_HEADERS: Flag = Flag::new("no-headers", Takes::Bool, "Show no header line");
/// `--use-protocol-buffers`
const PROTOCOL_BUFFERS: Flag = Flag::new("use-protocol-buffers", Takes::Bool, "Accepted for kubectl's sake");
/// `--show-swap`
const SHOW_SWAP: Flag = Flag::new("show-swap", Takes::Bool, "Accepted: nothing swaps");

/// `top pod`
pub static POD: Verb = Verb {
    name: "top pod",
    about: "Display resource (CPU/memory) usage of pods.",
    usage: "top pod [NAME | -l label]",
    flags: &[
        SELECTOR,
        FIELD_SELECTOR,
        ALL_NAMESPACES,
        Flag::new("containers", Takes::Bool, "Show each container"),
        Flag::new("sum", Takes::Bool, "Show the sum of all"),
        SORT_BY,
        NO_HEADERS,
        PROTOCOL_BUFFERS,
        SHOW_SWAP,
    ],
    run: pods,
};

/// `top node`
pub static NODE: Verb = Verb {
    name: "top node",
    about: "Display resource (CPU/memory) usage of nodes.",
    usage: "top node [NAME | -l label]",
    flags: &[
        SELECTOR,
        Flag::new("show-capacity", Takes::Bool, "Percentages of the capacity instead of what is allocatable"),
        SORT_BY,
        NO_HEADERS,
        PROTOCOL_BUFFERS,
        SHOW_SWAP,
    ],
    run: nodes,
};

/// CPU in thousandths of a core and memory in bytes.
#[derive(Clone, Copy, Default)]
pub(in crate::kubectl) struct Amounts {
    pub cpu: i64,
    pub memory: i64,
}

impl Amounts {
    fn of(containers: &[ContainerUsage]) -> Amounts {
        containers.iter().fold(Amounts::default(), |sum, one| sum.plus(one.cpu_milli, one.memory_bytes))
    }

    fn plus(self, cpu: i64, memory: i64) -> Amounts {
        Amounts { cpu: self.cpu.saturating_add(cpu), memory: self.memory.saturating_add(memory) }
    }

    fn cells(self) -> [String; 2] {
        [format!("{}m", self.cpu), format!("{}Mi", self.memory >> 20)]
    }
}

fn check(args: &Args, what: &str, selector_name: &str) -> Result<(), CliError> {
    if args.words.len() > 1 {
        return Err(CliError::misuse(&format!("top {what}"), format!("{what} [NAME | -l label]")));
    }
    if !matches!(args.text("sort-by").unwrap_or_default(), "" | "cpu" | "memory") {
        return Err(CliError::plain("--sort-by accepts only cpu or memory"));
    }
    if !args.words.is_empty() && args.has("selector") {
        return Err(CliError::plain(format!("only one of NAME or {selector_name} can be provided")));
    }
    Ok(())
}

/// The most first, or by name.
fn sort<T>(rows: &mut [(T, Amounts)], by: Option<&str>) {
    match by {
        Some("cpu") => rows.sort_by_key(|(_, amounts)| Reverse(amounts.cpu)),
        Some("memory") => rows.sort_by_key(|(_, amounts)| Reverse(amounts.memory)),
        _ => {}
    }
}

fn is_served(env: &Env<'_>) -> Result<(), CliError> {
    match env.cluster.engine().config().kubelet {
        KubeletKind::Full => Ok(()),
        KubeletKind::Recorder => Err(CliError::plain("Metrics API not available")),
    }
}

/// Models kubectl pkg/cmd/top: TopPodOptions.RunTopPod.
fn pods(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    check(args, "pod", "selector")?;
    is_served(env)?;
    let everywhere = args.flag("all-namespaces");
    let selector = Selector::parse(args.text("selector").unwrap_or_default()).map_err(CliError::plain)?;
    let fields =
        FieldSelector::parse(args.text("field-selector").unwrap_or_default()).map_err(CliError::plain)?;
    let store = env.cluster.store();
    let found: Vec<&Pod> = store
        .all::<Pod>()
        .filter(|pod| everywhere || meta::namespace(&pod.metadata) == env.namespace)
        .filter(|pod| args.words.first().is_none_or(|name| meta::name(&pod.metadata) == name))
        .filter(|pod| selector.matches(meta::labels(&pod.metadata)))
        .filter(|pod| fields.matches(&Object::from((*pod).clone())))
        .collect();
    let now = env.cluster.now();
    let usage = env.cluster.plane().podautoscaler.usage.of(found.iter().copied(), store, now);
    if usage.is_empty() {
        if let Some(name) = args.words.first() {
            let why = match found.first() {
                Some(_) => format!("podmetrics.metrics.k8s.io \"{}/{name}\" not found", env.namespace),
                None => format!("pods \"{name}\" not found"),
            };
            return Err(CliError::Verbatim(format!("Error from server (NotFound): {why}")));
        }
        no_metrics(&found, now)?;
        env.out.err_line(match everywhere {
            true => "No resources found".to_owned(),
            false => format!("No resources found in {} namespace.", env.namespace),
        });
        return Ok(Flow::OK);
    }
    let mut rows: Vec<((ObjectKey, Vec<ContainerUsage>), Amounts)> = usage
        .into_iter()
        .map(|(key, containers)| {
            let amounts = Amounts::of(&containers);
            ((key, containers), amounts)
        })
        .collect();
    sort(&mut rows, args.text("sort-by"));
    print_pods(args, env, &rows);
    Ok(Flow::OK)
}

fn print_pods(args: &Args, env: &mut Env<'_>, rows: &[((ObjectKey, Vec<ContainerUsage>), Amounts)]) {
    let (everywhere, each) = (args.flag("all-namespaces"), args.flag("containers"));
    let mut writer = TabWriter::for_tables();
    let mut line = |cells: Vec<String>| writer.write(&format!("{}\t\n", cells.join("\t")));
    let before = |namespace: &str, pod: &str| {
        let namespace = everywhere.then(|| namespace.to_owned());
        namespace.into_iter().chain(each.then(|| pod.to_owned())).collect::<Vec<String>>()
    };
    if !args.flag("no-headers") {
        let mut cells = before("NAMESPACE", "POD");
        cells.extend(["NAME", "CPU(cores)", "MEMORY(bytes)"].map(str::to_owned));
        line(cells);
    }
    let mut sum = Amounts::default();
    for ((key, containers), amounts) in rows {
        sum = sum.plus(amounts.cpu, amounts.memory);
        let shown: Vec<(String, Amounts)> = match each {
            true => containers
                .iter()
                .map(|one| (one.name.clone(), Amounts { cpu: one.cpu_milli, memory: one.memory_bytes }))
                .collect(),
            false => vec![(key.name.to_string(), *amounts)],
        };
        for (name, amounts) in shown {
            let mut cells = before(&key.namespace, &key.name);
            cells.push(name);
            cells.extend(amounts.cells());
            line(cells);
        }
    }
    if args.flag("sum") {
        for last in [["________".to_owned(), "________".to_owned()], sum.cells()] {
            let mut cells = before("", "");
            cells.push(String::new());
            cells.extend(last);
            line(cells);
        }
    }
    env.out.out(writer.flush());
}

/// Models kubectl pkg/cmd/top: verifyEmptyMetrics.
///
/// # Errors
/// That the pods' metrics are late.
fn no_metrics(found: &[&Pod], now: SimTime) -> Result<(), CliError> {
    for pod in found {
        let age = pod.metadata.creation_timestamp.as_ref().map(|time| now.age_of(time)).unwrap_or_default();
        if age > CREATION_DELAY {
            let (namespace, name) = (meta::namespace(&pod.metadata), meta::name(&pod.metadata));
            let why = format!("Metrics not available for pod {namespace}/{name}, age: {}", go_duration(age));
            return Err(CliError::plain(why));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(CliError::plain("metrics not available yet")) }
}

/// A duration as Go writes it, `2m3.5s`.
fn go_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let fraction = format!("{:09}", duration.subsec_nanos());
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let rest = format!("{}{point}{fraction}s", seconds % 60);
    match (seconds / 3600, seconds / 60 % 60) {
        (0, 0) => rest,
        (0, minutes) => format!("{minutes}m{rest}"),
        (hours, minutes) => format!("{hours}h{minutes}m{rest}"),
    }
}

/// Models kubectl pkg/cmd/top: TopNodeOptions.RunTopNode.
fn nodes(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    check(args, "node", "--selector")?;
    is_served(env)?;
    let selector = Selector::parse(args.text("selector").unwrap_or_default()).map_err(CliError::plain)?;
    let store = env.cluster.store();
    let mut rows: Vec<(&Node, Amounts)> = Vec::new();
    for node in store.all::<Node>() {
        let name = meta::name(&node.metadata);
        let named = args.words.first().is_none_or(|wanted| wanted == name);
        if !named || !selector.matches(meta::labels(&node.metadata)) {
            continue;
        }
        rows.push((node, of_node(env, name)));
    }
    if rows.is_empty() {
        let why = match args.words.first() {
            Some(name) => format!("Error from server (NotFound): node \"{name}\" not found"),
            None => "error: metrics not available yet".to_owned(),
        };
        return Err(CliError::Verbatim(why));
    }
    sort(&mut rows, args.text("sort-by"));
    let mut writer = TabWriter::for_tables();
    if !args.flag("no-headers") {
        writer.write("NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)\t\n");
    }
    for (node, amounts) in rows {
        let status = node.status.clone().unwrap_or_default();
        let room = if args.flag("show-capacity") { status.capacity } else { status.allocatable };
        let (cpu, memory) = room_of(room.as_ref());
        let [used_cpu, used_memory] = amounts.cells();
        writer.write(&format!(
            "{}\t{used_cpu}\t{}%\t{used_memory}\t{}%\t\n",
            meta::name(&node.metadata),
            amounts.cpu.saturating_mul(100) / cpu.max(1),
            amounts.memory.saturating_mul(100) / memory.max(1)
        ));
    }
    env.out.out(writer.flush());
    Ok(Flow::OK)
}

/// What runs on a node uses.
pub(in crate::kubectl) fn of_node(env: &Env<'_>, node: &str) -> Amounts {
    let (store, now) = (env.cluster.store(), env.cluster.now());
    let usage = env.cluster.plane().podautoscaler.usage.of(store.pods_on(node), store, now);
    let amounts = usage.values().map(|containers| Amounts::of(containers));
    let at_rest = match env.cluster.engine().config().has_system_pods() {
        true => Amounts { cpu: NODE_CPU_MILLI, memory: NODE_MEMORY_BYTES },
        false => Amounts { cpu: SYSTEM_CPU_MILLI, memory: SYSTEM_MEMORY_BYTES },
    };
    amounts.fold(at_rest, |sum, one| sum.plus(one.cpu, one.memory))
}

/// CPU of a node's kubelet and container runtime, in thousandths of a core.
const NODE_CPU_MILLI: i64 = 40;
/// Their memory, in bytes.
const NODE_MEMORY_BYTES: i64 = 260 << 20;
/// CPU of all that runs on a node besides the pods that are shown, in thousandths of a core.
const SYSTEM_CPU_MILLI: i64 = 120;
/// Its memory, in bytes.
const SYSTEM_MEMORY_BYTES: i64 = 700 << 20;

fn room_of(room: Option<&BTreeMap<String, ApiQuantity>>) -> (i64, i64) {
    let amount =
        |name: &str| room.and_then(|room| room.get(name)).map(Quantity::of).unwrap_or(Quantity::ZERO);
    (amount("cpu").milli_value(), amount("memory").value())
}
