//! The zone's contents, as CoreDNS's kubernetes plugin derives them from Services and EndpointSlices.
//!
//! Models coredns plugin/kubernetes and the DNS specification of kubernetes/dns.

use k8s_openapi::api::core::v1::{Namespace, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::dns::{Answer, Question, Record, RecordType, ResponseCode, TTL_SECONDS, ZONE};
use crate::api::{ObjectKey, meta};
use crate::store::Store;

/// The label that names a slice's Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// The zone over a store.
pub(super) struct Zone<'a> {
    pub store: &'a Store,
}

/// One place where a name's Service can be reached.
struct Target {
    address: String,
    port: i32,
    /// The name of the target, which SRV records point to.
    name: String,
}

/// A name below `svc`, taken apart.
struct ServiceName<'a> {
    namespace: &'a str,
    service: &'a str,
    endpoint: Option<&'a str>,
    port: Option<(&'a str, &'a str)>,
}

/// What a Service's name stands for.
enum Found {
    Targets(Vec<Target>),
    Alias(String),
    Nothing,
}

impl Zone<'_> {
    /// Answers a question.
    pub fn answer(&self, question: &Question) -> Answer {
        let name = question.name.as_str();
        if let Some(reversed) = name.strip_suffix(".in-addr.arpa") {
            return self.reverse(question, reversed);
        }
        if name == ZONE {
            return Answer::empty(ResponseCode::NoError);
        }
        let Some(inside) = name.strip_suffix(ZONE).and_then(|rest| rest.strip_suffix('.')) else {
            return Answer::empty(ResponseCode::NxDomain);
        };
        let labels: Vec<&str> = inside.split('.').collect();
        match labels.as_slice() {
            ["svc" | "pod"] => Answer::empty(ResponseCode::NoError),
            [namespace, "svc" | "pod"] if self.has_namespace(namespace) => {
                Answer::empty(ResponseCode::NoError)
            }
            [address, namespace, "pod"] => self.pod(question, address, namespace),
            [rest @ .., "svc"] => match parse(rest) {
                Some(parsed) => self.service(question, &parsed),
                None => Answer::empty(ResponseCode::NxDomain),
            },
            _ => Answer::empty(ResponseCode::NxDomain),
        }
    }

    fn has_namespace(&self, name: &str) -> bool {
        self.store.typed::<Namespace>(&ObjectKey::cluster(name)).is_some()
    }

    /// `10-244-0-5.default.pod`: any address, as long as the namespace is there (`pods insecure`).
    fn pod(&self, question: &Question, dashed: &str, namespace: &str) -> Answer {
        let address = dashed.replace('-', ".");
        if !self.has_namespace(namespace) || address.parse::<std::net::Ipv4Addr>().is_err() {
            return Answer::empty(ResponseCode::NxDomain);
        }
        let mut answer = Answer::empty(ResponseCode::NoError);
        if question.record == RecordType::A {
            answer.records.push(record(&question.name, RecordType::A, address));
        }
        answer
    }

    fn service(&self, question: &Question, parsed: &ServiceName<'_>) -> Answer {
        let targets = match self.find(parsed) {
            Found::Nothing => return Answer::empty(ResponseCode::NxDomain),
            Found::Alias(target) => return self.alias(question, &target),
            Found::Targets(targets) => targets,
        };
        let mut answer = Answer::empty(ResponseCode::NoError);
        match question.record {
            RecordType::A => {
                for target in &targets {
                    let new = record(&question.name, RecordType::A, target.address.clone());
                    if !answer.records.contains(&new) {
                        answer.records.push(new);
                    }
                }
            }
            RecordType::Srv => {
                let targets: Vec<&Target> = targets.iter().filter(|target| target.port > 0).collect();
                let weight = (100 / targets.len().max(1)).max(1);
                for target in targets {
                    let data = format!("0 {weight} {} {}.", target.port, target.name);
                    answer.records.push(record(&question.name, RecordType::Srv, data));
                    let address = record(&target.name, RecordType::A, target.address.clone());
                    if !answer.additional.contains(&address) {
                        answer.additional.push(address);
                    }
                }
            }
            _ => {}
        }
        answer
    }

    /// An ExternalName Service: the alias, and what the zone itself knows of its target.
    fn alias(&self, question: &Question, target: &str) -> Answer {
        let mut answer = Answer::empty(ResponseCode::NoError);
        answer.records.push(record(
            &question.name,
            RecordType::Cname,
            format!("{}.", target.trim_end_matches('.')),
        ));
        let follows = question.record != RecordType::Cname && target.trim_end_matches('.') != question.name;
        if follows && target.trim_end_matches('.').ends_with(ZONE) {
            let parsed = Question::new(target, question.record);
            let labels: Vec<&str> =
                parsed.name.trim_end_matches(ZONE).trim_end_matches('.').split('.').collect();
            // One alias is followed; a chain of them is nothing that the zone's own names make.
            if let [rest @ .., "svc"] = labels.as_slice()
                && let Some(name) = parse(rest)
                && !matches!(self.find(&name), Found::Alias(_))
            {
                answer.records.extend(self.service(&parsed, &name).records);
            }
        }
        answer
    }

    fn find(&self, parsed: &ServiceName<'_>) -> Found {
        let key = ObjectKey::new(parsed.namespace, parsed.service);
        let Some(service) = self.store.typed::<Service>(&key) else { return Found::Nothing };
        let Some(spec) = &service.spec else { return Found::Nothing };
        if spec.type_.as_deref() == Some("ExternalName") {
            return match (&spec.external_name, parsed.endpoint) {
                (Some(target), None) => Found::Alias(target.clone()),
                _ => Found::Nothing,
            };
        }
        let service_name = format!("{}.{}.svc.{ZONE}", parsed.service, parsed.namespace);
        let cluster_ip = spec.cluster_ip.as_deref().unwrap_or_default();
        let targets = if cluster_ip == "None" || parsed.endpoint.is_some() {
            self.endpoints(service, parsed, &service_name)
        } else if cluster_ip.is_empty() {
            Vec::new()
        } else {
            let ports = spec.ports.iter().flatten();
            let wanted =
                ports.filter(|port| matches_port(parsed, port.name.as_deref(), port.protocol.as_deref()));
            let target =
                |port: i32| Target { address: cluster_ip.to_owned(), port, name: service_name.clone() };
            wanted.map(|port| target(port.port)).collect()
        };
        if targets.is_empty() { Found::Nothing } else { Found::Targets(targets) }
    }

    /// The ready endpoints of a Service, one target for each of their ports. A Service that publishes
    /// addresses that are not ready has them marked as ready by the EndpointSlice controller.
    fn endpoints(&self, service: &Service, parsed: &ServiceName<'_>, service_name: &str) -> Vec<Target> {
        let mut targets = Vec::new();
        for slice in slices_of(self.store, service) {
            for endpoint in slice.endpoints.iter().flatten() {
                let ready = endpoint.conditions.as_ref().and_then(|conditions| conditions.ready);
                let Some(address) = endpoint.addresses.first().filter(|_| ready != Some(false)) else {
                    continue;
                };
                let hostname = match endpoint.hostname.as_deref() {
                    Some(name) if !name.is_empty() => name.to_ascii_lowercase(),
                    _ => address.replace('.', "-"),
                };
                if parsed.endpoint.is_some_and(|wanted| wanted != hostname) {
                    continue;
                }
                let name = format!("{hostname}.{service_name}");
                let ports = slice.ports.as_deref().unwrap_or_default();
                if ports.is_empty() && parsed.port.is_none() {
                    targets.push(Target { address: address.clone(), port: -1, name: name.clone() });
                }
                for port in ports {
                    if matches_port(parsed, port.name.as_deref(), port.protocol.as_deref()) {
                        let port = port.port.unwrap_or(-1);
                        targets.push(Target { address: address.clone(), port, name: name.clone() });
                    }
                }
            }
        }
        targets
    }

    /// `5.0.244.10.in-addr.arpa`: a Service's own address first, then endpoints.
    fn reverse(&self, question: &Question, reversed: &str) -> Answer {
        let address = reversed.split('.').rev().collect::<Vec<_>>().join(".");
        let mut names: Vec<String> = Vec::new();
        for service in self.store.all::<Service>() {
            let is_its = service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref()) == Some(&address);
            if is_its {
                let (name, namespace) = (meta::name(&service.metadata), meta::namespace(&service.metadata));
                names.push(format!("{name}.{namespace}.svc.{ZONE}."));
            }
        }
        if names.is_empty() {
            for slice in self.store.all::<EndpointSlice>() {
                let Some(service) = meta::labels(&slice.metadata).get(SERVICE_NAME) else { continue };
                let namespace = meta::namespace(&slice.metadata);
                let endpoints = slice.endpoints.iter().flatten();
                for endpoint in endpoints.filter(|endpoint| endpoint.addresses.contains(&address)) {
                    let dashed = address.replace('.', "-");
                    let hostname = endpoint.hostname.clone().unwrap_or(dashed);
                    let name = format!("{hostname}.{service}.{namespace}.svc.{ZONE}.");
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
        }
        if names.is_empty() {
            return Answer::empty(ResponseCode::NxDomain);
        }
        let mut answer = Answer::empty(ResponseCode::NoError);
        if question.record == RecordType::Ptr {
            let records = names.into_iter().map(|name| record(&question.name, RecordType::Ptr, name));
            answer.records.extend(records);
        }
        answer
    }
}

/// The slices of a Service: by owner, or by label where a user made them.
pub(super) fn slices_of<'a>(store: &'a Store, service: &'a Service) -> Vec<&'a EndpointSlice> {
    let owned = store.owned_by(meta::uid(&service.metadata));
    let mut slices: Vec<&EndpointSlice> = owned.filter_map(|object| object.as_ref()).collect();
    if slices.is_empty() {
        let (name, namespace) = (meta::name(&service.metadata), meta::namespace(&service.metadata));
        let labelled = store.all_in::<EndpointSlice>(namespace);
        slices = labelled
            .filter(|slice| {
                meta::labels(&slice.metadata).get(SERVICE_NAME).is_some_and(|label| label == name)
            })
            .collect();
    }
    slices
}

fn matches_port(parsed: &ServiceName<'_>, name: Option<&str>, protocol: Option<&str>) -> bool {
    parsed.port.is_none_or(|(port, wanted)| {
        name == Some(port) && protocol.unwrap_or("TCP").eq_ignore_ascii_case(wanted)
    })
}

/// The labels before `svc`: `[endpoint|_port._protocol].service.namespace`.
fn parse<'a>(labels: &[&'a str]) -> Option<ServiceName<'a>> {
    let (namespace, rest) = labels.split_last()?;
    let (service, rest) = rest.split_last()?;
    let (endpoint, port) = match rest {
        [] => (None, None),
        [endpoint] => (Some(*endpoint), None),
        [port, protocol] => (None, Some((port.trim_start_matches('_'), protocol.trim_start_matches('_')))),
        _ => return None,
    };
    Some(ServiceName { namespace, service, endpoint, port })
}

fn record(name: &str, record: RecordType, data: String) -> Record {
    Record { name: name.to_owned(), record, ttl_seconds: TTL_SECONDS, data }
}
