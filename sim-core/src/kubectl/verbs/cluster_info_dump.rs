//! `cluster-info dump`
//!
//! Models kubectl pkg/cmd/clusterinfo: ClusterInfoDumpOptions.

use k8s_openapi::api::core::v1::{Namespace, Pod};
use serde_json::{Value, json};

use super::{Verb, logs};
use crate::api::{Kind, Object, meta};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::ALL_NAMESPACES;
use crate::kubectl::error::CliError;
use crate::kubectl::printer::{self, Printer};
use crate::kubectl::result::{OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, Flow};

/// `cluster-info dump`
pub static VERB: Verb = Verb {
    name: "cluster-info dump",
    about: "Dump relevant information for debugging and diagnosis.",
    usage: "cluster-info dump [flags]",
    flags: &[
        OUTPUT,
        SHOW_MANAGED,
        ALL_NAMESPACES,
        Flag::new("namespaces", Takes::List, "The namespaces to dump"),
        Flag::new("output-directory", Takes::Text, "The folder to write files to, in place of printing"),
        Flag::new("pod-running-timeout", Takes::Duration, "Accepted for kubectl's sake"),
    ],
    run,
};

/// A namespace's lists, each with its apiVersion, its type and its file, in order. There are no
/// ReplicationControllers.
const LISTED: [(Option<Kind>, &str, &str, &str); 7] = [
    (Some(Kind::Event), "v1", "EventList", "events"),
    (None, "v1", "ReplicationControllerList", "replication-controllers"),
    (Some(Kind::Service), "v1", "ServiceList", "services"),
    (Some(Kind::DaemonSet), "apps/v1", "DaemonSetList", "daemonsets"),
    (Some(Kind::Deployment), "apps/v1", "DeploymentList", "deployments"),
    (Some(Kind::ReplicaSet), "apps/v1", "ReplicaSetList", "replicasets"),
    (Some(Kind::Pod), "v1", "PodList", "pods"),
];

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    Results::parse(args, env.files)?;
    let output = if args.output().is_empty() { "json" } else { args.output() };
    if output == "name" {
        return Err(CliError::plain("list types are not supported by name printing: *v1.NodeList"));
    }
    let extension = match output {
        "json" => ".json",
        "yaml" => ".yaml",
        _ => ".txt",
    };
    let folder = args.text("output-directory").filter(|folder| !matches!(*folder, "" | "-"));
    let mut dump = Dump { printer: Printer::new(output, args, env.files)?, folder, extension };
    let managed = args.flag("show-managed-fields");
    let nodes = list(env, Some(Kind::Node), "v1", "NodeList", "", managed);
    dump.list(env, &nodes, "NodeList", "nodes")?;
    for namespace in namespaces(args, env) {
        for (kind, version, name, file) in LISTED {
            let listed = list(env, kind, version, name, &namespace, managed);
            dump.list(env, &listed, name, &format!("{namespace}/{file}"))?;
        }
        let pods: Vec<Pod> = env.cluster.store().all_in::<Pod>(&namespace).cloned().collect();
        for pod in &pods {
            let text = logs_of(pod, env);
            dump.write(env, format!("{namespace}/{}/logs.txt", meta::name(&pod.metadata)), text);
        }
    }
    if let Some(folder) = folder {
        env.out.line(format!("Cluster info dumped to {folder}"));
    }
    Ok(Flow::OK)
}

/// Where to, and how lists are printed.
struct Dump<'a> {
    printer: Printer,
    folder: Option<&'a str>,
    extension: &'a str,
}

impl Dump<'_> {
    fn list(&mut self, env: &mut Env<'_>, list: &Value, of: &str, file: &str) -> Result<(), CliError> {
        let text = self.printer.print_decoded(list, of)?;
        self.write(env, format!("{file}{}", self.extension), text);
        Ok(())
    }

    fn write(&self, env: &mut Env<'_>, file: String, text: String) {
        match self.folder {
            Some(folder) => {
                let path = format!("{}/{file}", folder.trim_end_matches('/'));
                env.workstation.written.push((path, text.into_bytes()));
            }
            None => env.out.out(text),
        }
    }
}

fn namespaces(args: &Args, env: &Env<'_>) -> Vec<String> {
    if args.flag("all-namespaces") {
        let all = env.cluster.store().all::<Namespace>();
        return all.map(|namespace| meta::name(&namespace.metadata).to_owned()).collect();
    }
    match args.list("namespaces") {
        [] => vec!["kube-system".to_owned(), env.namespace.to_owned()],
        named => named.to_vec(),
    }
}

/// The objects of the namespace as the API server lists them.
fn list(
    env: &Env<'_>,
    kind: Option<Kind>,
    version: &str,
    name: &str,
    namespace: &str,
    managed: bool,
) -> Value {
    let (store, api) = (env.cluster.store(), env.cluster.api());
    let item = |object: &Object| {
        let mut value = if managed { printer::managed(api, object) } else { printer::value(object) };
        if let Some(fields) = value.as_object_mut() {
            fields.remove("apiVersion");
            fields.remove("kind");
        }
        value
    };
    let items: Vec<Value> = match kind {
        Some(kind) if kind.info().namespaced => store.list_in(kind, namespace).map(item).collect(),
        Some(kind) => store.list(kind).map(item).collect(),
        None => Vec::new(),
    };
    json!({
        "apiVersion": version,
        "items": items,
        "kind": name,
        "metadata": {"resourceVersion": store.revision().to_string()},
    })
}

/// The logs of a pod's containers, each between two lines.
fn logs_of(pod: &Pod, env: &mut Env<'_>) -> String {
    let (namespace, name) = (meta::namespace(&pod.metadata), meta::name(&pod.metadata));
    let spec = pod.spec.as_ref();
    let init = spec.iter().flat_map(|spec| spec.init_containers.iter().flatten());
    let mut text = String::new();
    for container in init.chain(spec.iter().flat_map(|spec| spec.containers.iter())) {
        let of = format!("logs for container {} of pod {namespace}/{name} ====", container.name);
        text.push_str(&format!("==== START {of}\n"));
        match logs::whole(pod, &container.name, env) {
            Ok(log) => text.push_str(&log),
            // The request is made without a decoder for what the server says.
            Err(_) => text.push_str(&format!(
                "Request log error: the server rejected our request for an unknown reason (get pods {name})\n"
            )),
        }
        text.push_str(&format!("==== END {of}\n"));
    }
    text
}
