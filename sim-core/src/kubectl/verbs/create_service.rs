//! `create service clusterip|nodeport|loadbalancer|externalname`

use serde_json::{Value, json};

use super::{SAVE_CONFIG, Verb};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, generate};

const FLAGS: &[Flag] = &[
    OUTPUT,
    DRY_RUN,
    FIELD_MANAGER,
    SHOW_MANAGED,
    SAVE_CONFIG,
    Flag::new("tcp", Takes::List, "PORT:TARGETPORT"),
    Flag::new("clusterip", Takes::Text, "The address; None for a headless service"),
    Flag::new("node-port", Takes::Int, "The port on every node"),
    Flag::new("external-name", Takes::Text, "The name it stands for"),
];

macro_rules! service_verb {
    ($static:ident, $name:literal, $kind:literal) => {
        #[doc = concat!("`create service ", $name, "`")]
        pub static $static: Verb = Verb {
            name: concat!("create service ", $name),
            about: concat!("Create a ", $kind, " service with the specified name."),
            usage: concat!("create service ", $name, " NAME [--tcp=<port>:<targetPort>]"),
            flags: FLAGS,
            run: |args, env| run(args, env, $kind, concat!("create service ", $name)),
        };
    };
}

service_verb!(CLUSTER_IP, "clusterip", "ClusterIP");
service_verb!(NODE_PORT, "nodeport", "NodePort");
service_verb!(LOAD_BALANCER, "loadbalancer", "LoadBalancer");
service_verb!(EXTERNAL_NAME, "externalname", "ExternalName");

/// Models kubectl pkg/cmd/create: ServiceOptions.
fn run(args: &Args, env: &mut Env<'_>, kind: &str, verb: &str) -> Result<Flow, CliError> {
    if kind == "ExternalName" && !args.has("external-name") {
        return Err(CliError::plain("required flag(s) \"external-name\" not set"));
    }
    let name = generate::name(verb, args)?;
    let cluster_ip = args.text("clusterip").unwrap_or_default();
    let tcp = args.list("tcp");
    if tcp.is_empty() && cluster_ip != "None" && kind != "ExternalName" {
        return Err(CliError::plain("at least one tcp port specifier must be provided"));
    }
    if !tcp.is_empty() && cluster_ip == "None" {
        return Err(CliError::plain("can not map ports with clusterip=None"));
    }
    let ports = tcp.iter().map(|text| port(text, args.int("node-port"))).collect::<Result<Vec<_>, _>>()?;
    let labels = json!({"app": name});
    let mut spec = json!({"selector": labels, "type": kind});
    if !ports.is_empty() {
        spec["ports"] = Value::from(ports);
    }
    if !cluster_ip.is_empty() {
        spec["clusterIP"] = json!(cluster_ip);
    }
    if let Some(external) = args.text("external-name") {
        spec["externalName"] = json!(external);
    }
    let manifest = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"labels": labels, "name": name},
        "spec": spec,
        "status": {"loadBalancer": {}},
    });
    let failing = format!("failed to create {kind} service:");
    generate::create(args, env, manifest, "created", Some(&failing))?;
    Ok(Flow::OK)
}

/// Models kubectl pkg/cmd/create: parsePorts.
fn port(text: &str, node_port: Option<i64>) -> Result<Value, CliError> {
    let (port, target) = text.split_once(':').unwrap_or((text, text));
    let number: i32 = port
        .parse()
        .map_err(|_| CliError::plain(format!("strconv.ParseUint: parsing \"{port}\": invalid syntax")))?;
    if !(1..=65_535).contains(&number) {
        return Err(CliError::plain("must be between 1 and 65535, inclusive"));
    }
    let target = target.parse::<i32>().map_or_else(|_| json!(target), |number| json!(number));
    let mut value =
        json!({"name": text.replace(':', "-"), "port": number, "protocol": "TCP", "targetPort": target});
    if let Some(node_port) = node_port.filter(|port| *port > 0) {
        value["nodePort"] = json!(node_port);
    }
    Ok(value)
}
