//! `create service clusterip|nodeport|loadbalancer|externalname`

use serde_json::{Value, json};

use super::{SAVE_CONFIG, Verb};
use crate::api::to_value;
use crate::api::validation::{is_dns_subdomain, port_name_problems};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::VALIDATE;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, generate};

const TCP: Flag = Flag::new("tcp", Takes::List, "PORT:TARGETPORT");

macro_rules! service_verb {
    ($static:ident, $name:literal, $kind:literal, $usage:literal $(, $flag:expr)*) => {
        #[doc = concat!("`create service ", $name, "`")]
        pub static $static: Verb = Verb {
            name: concat!("create service ", $name),
            about: concat!("Create a ", $kind, " service with the specified name."),
            usage: concat!("create service ", $name, " NAME ", $usage, " [--dry-run=server|client|none]"),
            flags: &[OUTPUT, DRY_RUN, FIELD_MANAGER, SHOW_MANAGED, SAVE_CONFIG, VALIDATE, TCP $(, $flag)*],
            run: |args, env| run(args, env, $kind, concat!("create service ", $name)),
        };
    };
}

service_verb!(
    CLUSTER_IP,
    "clusterip",
    "ClusterIP",
    "[--tcp=<port>:<targetPort>]",
    Flag::new("clusterip", Takes::Text, "The address; None for a headless service")
);
service_verb!(
    NODE_PORT,
    "nodeport",
    "NodePort",
    "[--tcp=port:targetPort]",
    Flag::new("node-port", Takes::Int, "The port on every node")
);
service_verb!(LOAD_BALANCER, "loadbalancer", "LoadBalancer", "[--tcp=port:targetPort]");
service_verb!(
    EXTERNAL_NAME,
    "externalname",
    "ExternalName",
    "--external-name external.name",
    Flag::new("external-name", Takes::Text, "The name it stands for")
);

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
    if let Some(external) = args.text("external-name").filter(|name| !is_dns_subdomain(name)) {
        return Err(CliError::plain(format!("invalid service external name {external}")));
    }
    let ports = tcp.iter().map(|text| port(text, args.int("node-port"))).collect::<Result<Vec<_>, _>>()?;
    let labels = json!({"app": name});
    let mut spec = json!({"selector": labels, "type": kind});
    if !ports.is_empty() {
        spec["ports"] = Value::from(ports);
    }
    if !cluster_ip.is_empty() {
        spec["clusterIP"] = to_value(&cluster_ip);
    }
    if let Some(external) = args.text("external-name") {
        spec["externalName"] = to_value(&external);
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
    let (port, target) = text.split_once(':').map_or((text, None), |(port, target)| (port, Some(target)));
    let refused = |why: &str| CliError::plain(format!("strconv.ParseUint: parsing \"{port}\": {why}"));
    if port.is_empty() || !port.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(refused("invalid syntax"));
    }
    let number: u16 = port.parse().map_err(|_| refused("value out of range"))?;
    let target = match target {
        None => to_value(&number),
        Some(target) => match target.parse::<i64>() {
            Ok(target @ 1..=65_535) => to_value(&target),
            Ok(_) => return Err(CliError::plain("must be between 1 and 65535, inclusive")),
            Err(_) => match port_name_problems(target).as_slice() {
                [] => to_value(&target),
                problems => return Err(CliError::plain(problems.join(","))),
            },
        },
    };
    let mut value =
        json!({"name": text.replace(':', "-"), "port": number, "protocol": "TCP", "targetPort": target});
    if let Some(node_port) = node_port.filter(|port| *port > 0) {
        value["nodePort"] = to_value(&node_port);
    }
    Ok(value)
}
