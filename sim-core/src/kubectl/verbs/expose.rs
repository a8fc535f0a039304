//! `expose`

use k8s_openapi::api::core::v1::ContainerPort;
use serde_json::{Value, json};

use super::{SAVE_CONFIG, Verb};
use crate::api::{Kind, Object, meta, to_value};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::Builder;
use crate::kubectl::error::CliError;
use crate::kubectl::generate::{OVERRIDE_TYPE, OVERRIDES};
use crate::kubectl::manifests::{FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, generate, rollout, template};

/// `expose`
pub static VERB: Verb = Verb {
    name: "expose",
    about: "Expose a resource as a new Kubernetes service.",
    usage: "expose (-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] \
            [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type]",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        SAVE_CONFIG,
        Flag::new("port", Takes::Text, "The service's port"),
        Flag::new("target-port", Takes::Text, "The container's port, by number or name"),
        Flag::new("protocol", Takes::Text, "TCP (the default), UDP or SCTP"),
        Flag::new("name", Takes::Text, "The service's name"),
        Flag::new("type", Takes::Text, "ClusterIP, NodePort, LoadBalancer or ExternalName"),
        Flag::new("selector", Takes::Text, "The pods, instead of the object's"),
        Flag::short("labels", 'l', Takes::Text, "The service's labels"),
        Flag::new("cluster-ip", Takes::Text, "The address; None for a headless service"),
        Flag::new("session-affinity", Takes::Text, "None or ClientIP"),
        Flag::new("external-ip", Takes::Text, "Another address to answer on"),
        Flag::new("load-balancer-ip", Takes::Text, "The load balancer's address"),
        OVERRIDES,
        OVERRIDE_TYPE,
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    // `-l` means labels here, so the builder must not see it; it reads `selector` otherwise.
    let builder = Builder { must_exist: true, no_selector: true, ..Builder::default() };
    let selection = builder.select(args, env, &args.words)?;
    let mut results = Results::parse(args, env.files)?;
    let mut errors = selection.errors;
    for info in &selection.infos {
        let object = env.cluster.store().get(info.kind, &info.key()).cloned();
        let Some(object) = object else { continue };
        let exposed = service(args, &object)
            .and_then(|manifest| generate::overridden(args, Kind::Service, manifest))
            .and_then(|manifest| generate::create_with(args, env, manifest, "exposed", None, &mut results));
        errors.extend(exposed.err());
    }
    CliError::aggregate(errors).map_or(Ok(Flow::OK), Err)
}

/// Models kubectl pkg/cmd/expose: ExposeServiceOptions.RunExpose and createService.
fn service(args: &Args, object: &Object) -> Result<Value, CliError> {
    if !matches!(object, Object::Pod(_) | Object::Service(_) | Object::Deployment(_) | Object::ReplicaSet(_))
    {
        return Err(CliError::plain(format!("cannot expose a {}", rollout::group_kind(object.kind()))));
    }
    let text = |flag: &str| args.text(flag).filter(|text| !text.is_empty());
    let selector = match text("selector") {
        Some(selector) => to_value(&generate::parse_labels(selector)?),
        None => selector_of(object).map_err(|why| {
            let why = format!("couldn't retrieve selectors via --selector flag or introspection: {why}");
            CliError::misuse("expose", why)
        })?,
    };
    let labels = match text("labels") {
        Some(labels) => to_value(&generate::parse_labels(labels)?),
        None => generate::labels_of(object),
    };
    let declared = ports_of(object);
    let numbers: Vec<String> = match text("port") {
        Some(ports) => ports.split(',').map(str::to_owned).collect(),
        None => declared.iter().map(|(number, _)| number.to_string()).collect(),
    };
    if numbers.is_empty() && text("cluster-ip") != Some("None") {
        let why = "couldn't find port via --port flag or introspection";
        return Err(CliError::plain(why));
    }
    let affinity = text("session-affinity").filter(|word| !matches!(*word, "None" | "ClientIP"));
    let many = numbers.len() > 1;
    let mut ports = Vec::new();
    for (index, number) in numbers.iter().enumerate() {
        let number: i32 = number
            .parse()
            .map_err(|_| CliError::plain(format!("strconv.Atoi: parsing \"{number}\": invalid syntax")))?;
        let introspected =
            declared.iter().find(|(port, _)| *port == number).map(|(_, protocol)| protocol.as_str());
        let protocol = text("protocol").or(introspected).unwrap_or("TCP");
        let target = match text("target-port") {
            Some(target) => {
                target.parse::<i32>().map_or_else(|_| to_value(&target), |number| to_value(&number))
            }
            None => to_value(&number),
        };
        let mut port = json!({"port": number, "protocol": protocol, "targetPort": target});
        if many {
            port["name"] = json!(format!("port-{}", index + 1));
        }
        ports.push(port);
    }
    let mut spec = json!({"selector": selector});
    if !ports.is_empty() {
        spec["ports"] = Value::from(ports);
    }
    for (flag, field) in [
        ("type", "type"),
        ("cluster-ip", "clusterIP"),
        ("session-affinity", "sessionAffinity"),
        ("load-balancer-ip", "loadBalancerIP"),
    ] {
        if let Some(value) = text(flag) {
            spec[field] = to_value(&value);
        }
    }
    if let Some(other) = affinity {
        return Err(CliError::plain(format!("unknown session affinity: {other}")));
    }
    if let Some(address) = text("external-ip") {
        spec["externalIPs"] = json!([address]);
    }
    let name: String = text("name").unwrap_or(meta::name(object.meta())).chars().take(63).collect();
    let mut metadata = json!({"name": name});
    if labels.as_object().is_some_and(|labels| !labels.is_empty()) {
        metadata["labels"] = labels;
    }
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": spec,
        "status": {"loadBalancer": {}},
    }))
}

/// Models kubectl pkg/polymorphichelpers: mapBasedSelectorForObject.
fn selector_of(object: &Object) -> Result<Value, String> {
    let selector = match object {
        Object::Pod(pod) => {
            let labels = meta::labels(&pod.metadata);
            if labels.is_empty() {
                return Err("the pod has no labels and cannot be exposed".to_owned());
            }
            return Ok(to_value(&labels));
        }
        Object::Service(service) => {
            let selector = service.spec.as_ref().and_then(|spec| spec.selector.clone()).unwrap_or_default();
            if selector.is_empty() {
                return Err("the service has no pod selector set".to_owned());
            }
            return Ok(to_value(&selector));
        }
        Object::Deployment(deployment) => deployment.spec.as_ref().map(|spec| &spec.selector),
        Object::ReplicaSet(set) => set.spec.as_ref().map(|spec| &spec.selector),
        _ => None,
    };
    let Some(selector) = selector else { return Err("invalid deployment: no selectors".to_owned()) };
    if let Some(expressions) = selector.match_expressions.as_ref().filter(|list| !list.is_empty()) {
        return Err(format!(
            "couldn't convert expressions - \"{expressions:?}\" to map-based selector format"
        ));
    }
    Ok(to_value(&selector.match_labels.clone().unwrap_or_default()))
}

/// The ports that the object declares, with their protocols.
fn ports_of(object: &Object) -> Vec<(i32, String)> {
    let protocol = |given: Option<&String>| given.cloned().unwrap_or_else(|| "TCP".to_owned());
    if let Object::Service(service) = object {
        let ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
        return ports.map(|port| (port.port, protocol(port.protocol.as_ref()))).collect();
    }
    let containers = template::pod_spec(object).map(|spec| spec.containers.as_slice()).unwrap_or_default();
    let ports = containers.iter().flat_map(|container| container.ports.iter().flatten());
    ports.map(|port: &ContainerPort| (port.container_port, protocol(port.protocol.as_ref()))).collect()
}
