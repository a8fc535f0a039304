//! `create ingress`

use serde_json::{Map, Value, json};

use super::Verb;
use crate::api::to_value;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::VALIDATE;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, generate};

/// `create ingress`
pub static VERB: Verb = Verb {
    name: "create ingress",
    about: "Create an ingress with the specified name.",
    usage: "create ingress NAME --rule=host/path=service:port[,tls[=secret]]",
    flags: &[
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        super::SAVE_CONFIG,
        VALIDATE,
        Flag::new("class", Takes::Text, "The ingress class"),
        Flag::new(
            "rule",
            Takes::Array,
            "HOST/PATH=SERVICE:PORT[,tls[=SECRET]]; a path that ends in * is a prefix",
        ),
        Flag::new("default-backend", Takes::Text, "SERVICE:PORT for what no rule is about"),
        Flag::new("annotation", Takes::Array, "KEY=VALUE; may be repeated"),
    ],
    run,
};

/// A rule as it was asked for.
struct Rule<'a> {
    host: &'a str,
    path: &'a str,
    service: &'a str,
    port: &'a str,
    /// What follows the comma; empty unless it is about TLS.
    tls: Option<&'a str>,
}

impl<'a> Rule<'a> {
    /// Models the regular expression in kubectl pkg/cmd/create: create_ingress.go. Its last part has no end of its own,
    /// so that after the comma anything may stand.
    fn parse(text: &'a str) -> Option<Rule<'a>> {
        let word = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        };
        let (route, tls) = match text.split_once(',') {
            Some((route, tls)) => (route, Some(tls)),
            None => (text, None),
        };
        let (place, backend) = route.split_once('=')?;
        let slash = place.find('/')?;
        let (host, path) = place.split_at(slash);
        let (service, port) = backend.split_once(':')?;
        let is_host = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.*".contains(&byte));
        (is_host && word(service) && word(port)).then_some(Rule { host, path, service, port, tls })
    }

    fn path(&self) -> Value {
        let (path, path_type) = match self.path.strip_suffix('*') {
            Some(prefix) => (prefix, "Prefix"),
            None => (self.path, "Exact"),
        };
        json!({"path": path, "pathType": path_type, "backend": backend(self.service, self.port)})
    }
}

/// Models kubectl pkg/cmd/create: CreateIngressOptions.
fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let name = generate::name("create ingress", args)?;
    let default = args.text("default-backend").filter(|text| !text.is_empty());
    if default.is_none() && args.list("rule").is_empty() {
        return Err(CliError::plain(
            "not enough information provided: every ingress has to either specify a default-backend (which catches \
             all traffic) or a list of rules (which catch specific paths)",
        ));
    }
    let rules = args.list("rule").iter().map(|text| {
        Rule::parse(text).ok_or_else(|| {
            CliError::plain(format!(
                "rule {text} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]"
            ))
        })
    });
    let rules = rules.collect::<Result<Vec<_>, _>>()?;
    let mut metadata = json!({"name": name});
    for annotation in args.list("annotation") {
        let Some((key, value)) = annotation.split_once('=') else {
            let why = format!("annotation {annotation} is invalid and should be in format key=[value]");
            return Err(CliError::plain(why));
        };
        metadata["annotations"][key] = to_value(&value);
    }
    let mut spec = Map::new();
    if let Some(class) = args.text("class").filter(|class| !class.is_empty()) {
        spec.insert("ingressClassName".to_owned(), to_value(&class));
    }
    if let Some(text) = default {
        let parts: Vec<&str> = text.split(':').collect();
        let [service, port] = parts[..] else {
            return Err(CliError::plain("default-backend should be in format servicename:serviceport"));
        };
        spec.insert("defaultBackend".to_owned(), backend(service, port));
    }
    let filled = [("tls", tls(&rules)), ("rules", by_host(&rules))];
    spec.extend(
        filled
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(key, list)| (key.to_owned(), list.into())),
    );
    let manifest = json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": spec,
        "status": {"loadBalancer": {}},
    });
    generate::create(args, env, manifest, "created", Some("failed to create ingress:"))?;
    Ok(Flow::OK)
}

fn backend(service: &str, port: &str) -> Value {
    let port = match port.parse::<i32>() {
        Ok(0) => json!({}),
        Ok(number) => json!({"number": number}),
        Err(_) if port.is_empty() => json!({}),
        Err(_) => json!({"name": port}),
    };
    json!({"service": {"name": service, "port": port}})
}

/// The rules of one host stand together, in the order in which the hosts came.
fn by_host(rules: &[Rule<'_>]) -> Vec<Value> {
    let mut hosts: Vec<(&str, Vec<Value>)> = Vec::new();
    for rule in rules {
        match hosts.iter_mut().find(|(host, _)| *host == rule.host) {
            Some((_, paths)) => paths.push(rule.path()),
            None => hosts.push((rule.host, vec![rule.path()])),
        }
    }
    let host_rule = |(host, paths): (&str, Vec<Value>)| {
        let mut rule = json!({"http": {"paths": paths}});
        if !host.is_empty() {
            rule["host"] = to_value(&host);
        }
        rule
    };
    hosts.into_iter().map(host_rule).collect()
}

/// The hosts of one secret stand together, each host once.
fn tls(rules: &[Rule<'_>]) -> Vec<Value> {
    let mut seen: Vec<&str> = Vec::new();
    let mut secrets: Vec<(&str, Vec<&str>)> = Vec::new();
    for (rule, tls) in rules.iter().filter_map(|rule| Some((rule, rule.tls?))) {
        if seen.contains(&rule.host) {
            continue;
        }
        seen.push(rule.host);
        let secret = tls.split('=').nth(1).unwrap_or_default();
        match secrets.iter_mut().find(|(known, _)| *known == secret) {
            Some((_, hosts)) => hosts.push(rule.host),
            None if rule.host.is_empty() && secret.is_empty() => {}
            None => secrets.push((secret, if rule.host.is_empty() { Vec::new() } else { vec![rule.host] })),
        }
    }
    let entry = |(secret, hosts): (&str, Vec<&str>)| {
        let mut entry = Map::new();
        if !hosts.is_empty() {
            entry.insert("hosts".to_owned(), to_value(&hosts));
        }
        if !secret.is_empty() {
            entry.insert("secretName".to_owned(), to_value(&secret));
        }
        Value::Object(entry)
    };
    secrets.into_iter().map(entry).collect()
}
