//! DNS answers and Service routing from small stores.

use serde_json::{Value, json};

use super::dns::{Answer, Dns, Question, RecordType, ResponseCode};
use super::http::NetError;
use super::route::{Client, Destination, Router};
use crate::api::{Kind, Object, ObjectKey, SimTime};
use crate::apiserver::{ApiServer, DeleteOptions};
use crate::engine::stream;

struct Fixture {
    api: ApiServer,
}

impl Fixture {
    fn new() -> Fixture {
        let mut fixture = Fixture { api: ApiServer::new(stream(1, "test")) };
        fixture.create(Kind::Namespace, json!({"metadata": {"name": "default"}}));
        fixture
    }

    fn create(&mut self, kind: Kind, value: Value) {
        let object = Object::from_value(kind, value, &mut |path| panic!("unknown field {path}"));
        self.api.create(object.expect("a valid object")).expect("an object that the API server takes");
    }

    fn service(&mut self, name: &str, ip: &str, more: Value) {
        let mut spec = json!({
            "clusterIP": ip, "clusterIPs": [ip], "selector": {"app": name},
            "ports": [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}],
        });
        let fields = spec.as_object_mut().expect("an object");
        fields.extend(more.as_object().cloned().unwrap_or_default());
        self.create(Kind::Service, json!({"metadata": {"name": name, "namespace": "default"}, "spec": spec}));
    }

    /// A slice of endpoints: `(address, hostname, ready)`.
    fn slice(&mut self, service: &str, endpoints: &[(&str, &str, bool)]) {
        let endpoints: Vec<Value> = endpoints
            .iter()
            .map(|(address, hostname, ready)| {
                let mut endpoint = json!({"addresses": [address], "conditions": {"ready": ready}});
                if !hostname.is_empty() {
                    endpoint["hostname"] = json!(hostname);
                }
                endpoint
            })
            .collect();
        self.create(
            Kind::EndpointSlice,
            json!({
                "metadata": {
                    "name": format!("{service}-slice"),
                    "namespace": "default",
                    "labels": {"kubernetes.io/service-name": service},
                },
                "addressType": "IPv4",
                "endpoints": endpoints,
                "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
            }),
        );
    }

    fn ask(&self, name: &str, record: RecordType) -> Answer {
        Dns::new().query(self.api.store(), SimTime::ZERO, &Question::new(name, record))
    }

    /// `NXDOMAIN`, or the sorted data of the records.
    fn data(&self, name: &str, record: RecordType) -> Result<Vec<String>, ResponseCode> {
        let answer = self.ask(name, record);
        if answer.code != ResponseCode::NoError {
            return Err(answer.code);
        }
        let mut data: Vec<String> = answer.records.into_iter().map(|record| record.data).collect();
        data.sort();
        Ok(data)
    }

    fn a(&self, name: &str) -> Result<Vec<String>, ResponseCode> {
        self.data(name, RecordType::A)
    }
}

const ABSENT: Result<Vec<String>, ResponseCode> = Err(ResponseCode::NxDomain);

fn some(data: &[&str]) -> Result<Vec<String>, ResponseCode> {
    Ok(data.iter().map(|text| (*text).to_owned()).collect())
}

#[test]
fn a_service_with_an_address_answers_it_and_its_pods() {
    let mut fixture = Fixture::new();
    fixture.service("web", "10.96.1.1", json!({}));
    fixture.slice("web", &[("10.244.0.5", "web-0", true), ("10.244.0.6", "web-1", false)]);
    assert_eq!(fixture.a("web.default.svc.cluster.local"), some(&["10.96.1.1"]));
    assert_eq!(fixture.a("WEB.default.svc.cluster.local."), some(&["10.96.1.1"]));
    assert_eq!(fixture.a("web-0.web.default.svc.cluster.local"), some(&["10.244.0.5"]));
    assert_eq!(fixture.a("web-1.web.default.svc.cluster.local"), ABSENT, "it is not ready");
    assert_eq!(fixture.a("web-2.web.default.svc.cluster.local"), ABSENT);
    assert_eq!(fixture.data("web.default.svc.cluster.local", RecordType::Aaaa), some(&[]));
}

#[test]
fn a_headless_service_answers_its_ready_pods() {
    let mut fixture = Fixture::new();
    fixture.service("web", "None", json!({}));
    assert_eq!(fixture.a("web.default.svc.cluster.local"), ABSENT, "no endpoint at all");
    fixture.slice(
        "web",
        &[("10.244.0.5", "web-0", true), ("10.244.0.6", "", true), ("10.244.0.7", "web-2", false)],
    );
    assert_eq!(fixture.a("web.default.svc.cluster.local"), some(&["10.244.0.5", "10.244.0.6"]));
    assert_eq!(fixture.a("10-244-0-6.web.default.svc.cluster.local"), some(&["10.244.0.6"]));
    assert_eq!(fixture.a("10-244-0-5.web.default.svc.cluster.local"), ABSENT, "it has a hostname instead");
}

#[test]
fn addresses_take_turns() {
    let mut fixture = Fixture::new();
    fixture.service("web", "None", json!({}));
    fixture.slice("web", &[("10.244.0.5", "web-0", true), ("10.244.0.6", "web-1", true)]);
    let mut dns = Dns::new();
    let mut first = || {
        let question = Question::new("web.default.svc.cluster.local", RecordType::A);
        dns.query(fixture.api.store(), SimTime::ZERO, &question).addresses()[0].clone()
    };
    assert_ne!(first(), first());
}

#[test]
fn srv_names_ports_and_pods() {
    let mut fixture = Fixture::new();
    fixture.service("web", "None", json!({}));
    fixture.service("api", "10.96.1.2", json!({}));
    fixture.slice("web", &[("10.244.0.5", "web-0", true), ("10.244.0.6", "web-1", true)]);
    let answer = fixture.ask("_http._tcp.web.default.svc.cluster.local", RecordType::Srv);
    let data: Vec<&str> = answer.records.iter().map(|record| record.data.as_str()).collect();
    assert_eq!(
        data,
        ["0 50 8080 web-0.web.default.svc.cluster.local.", "0 50 8080 web-1.web.default.svc.cluster.local.",]
    );
    let addresses: Vec<&str> = answer.additional.iter().map(|record| record.data.as_str()).collect();
    assert_eq!(addresses, ["10.244.0.5", "10.244.0.6"]);
    assert_eq!(
        fixture.data("_http._tcp.api.default.svc.cluster.local", RecordType::Srv),
        some(&["0 100 80 api.default.svc.cluster.local."])
    );
    assert_eq!(fixture.data("_other._tcp.api.default.svc.cluster.local", RecordType::Srv), ABSENT);
}

#[test]
fn other_names_of_the_zone() {
    let mut fixture = Fixture::new();
    fixture.service("web", "10.96.1.1", json!({}));
    fixture.slice("web", &[("10.244.0.5", "web-0", true)]);
    fixture.create(
        Kind::Service,
        json!({
            "metadata": {"name": "db", "namespace": "default"},
            "spec": {"type": "ExternalName", "externalName": "db.example.com"},
        }),
    );
    assert_eq!(fixture.data("db.default.svc.cluster.local", RecordType::A), some(&["db.example.com."]));
    assert_eq!(fixture.a("10-244-9-9.default.pod.cluster.local"), some(&["10.244.9.9"]), "pods insecure");
    assert_eq!(fixture.a("10-244-9-9.nowhere.pod.cluster.local"), ABSENT);
    assert_eq!(fixture.a("default.svc.cluster.local"), some(&[]), "a namespace is a name without records");
    assert_eq!(fixture.a("nowhere.svc.cluster.local"), ABSENT);
    assert_eq!(fixture.a("web.default"), ABSENT, "outside of the zone");
    let reverse = |name: &str| fixture.data(name, RecordType::Ptr);
    assert_eq!(reverse("1.1.96.10.in-addr.arpa"), some(&["web.default.svc.cluster.local."]));
    assert_eq!(reverse("5.0.244.10.in-addr.arpa"), some(&["web-0.web.default.svc.cluster.local."]));
    assert_eq!(reverse("9.0.244.10.in-addr.arpa"), ABSENT);
}

#[test]
fn a_name_asked_for_too_early_stays_unknown_only_with_a_cache() {
    let mut fixture = Fixture::new();
    let question = Question::new("web.default.svc.cluster.local", RecordType::A);
    let (mut current, mut old) = (Dns::new(), Dns::caching());
    let at = |seconds: u64| SimTime(seconds * 1_000_000_000);
    for dns in [&mut current, &mut old] {
        assert_eq!(dns.query(fixture.api.store(), at(0), &question).code, ResponseCode::NxDomain);
    }
    fixture.service("web", "10.96.1.1", json!({}));
    assert_eq!(current.query(fixture.api.store(), at(1), &question).addresses(), ["10.96.1.1"]);
    assert_eq!(old.query(fixture.api.store(), at(29), &question).code, ResponseCode::NxDomain);
    assert_eq!(old.query(fixture.api.store(), at(30), &question).addresses(), ["10.96.1.1"]);
    let later = old.query(fixture.api.store(), at(40), &question);
    assert_eq!(later.records[0].ttl_seconds, 20, "a cached answer ages");
    let key = ObjectKey::new("default", "web");
    fixture.api.delete(Kind::Service, &key, &DeleteOptions::default()).expect("the Service");
    assert_eq!(old.query(fixture.api.store(), at(41), &question).addresses(), ["10.96.1.1"]);
}

fn go(router: &mut Router, fixture: &Fixture, from: &str, to: (&str, u16)) -> Result<String, NetError> {
    let client = Client { ip: from, now: SimTime::ZERO };
    Ok(match router.route(fixture.api.store(), client, to)? {
        Destination::Endpoint { ip, port } => format!("{ip}:{port}"),
        Destination::Direct => "direct".to_owned(),
    })
}

#[test]
fn connections_go_to_ready_endpoints_in_turn() {
    let mut fixture = Fixture::new();
    fixture.service("web", "10.96.1.1", json!({}));
    fixture.service("empty", "10.96.1.2", json!({}));
    fixture.slice("web", &[("10.244.0.5", "", true), ("10.244.0.6", "", true), ("10.244.0.7", "", false)]);
    let mut router = Router::default();
    let mut seen: Vec<_> = (0..4)
        .map(|_| go(&mut router, &fixture, "10.244.0.9", ("10.96.1.1", 80)).expect("an endpoint"))
        .collect();
    seen.sort();
    assert_eq!(seen, ["10.244.0.5:8080", "10.244.0.5:8080", "10.244.0.6:8080", "10.244.0.6:8080"]);
    assert_eq!(go(&mut router, &fixture, "", ("10.96.1.2", 80)), Err(NetError::Refused), "no endpoints");
    assert_eq!(go(&mut router, &fixture, "", ("10.96.1.1", 81)), Err(NetError::TimedOut), "no such port");
    assert_eq!(go(&mut router, &fixture, "", ("10.244.0.5", 8080)), Ok("direct".to_owned()));
}

#[test]
fn a_client_keeps_its_endpoint_when_the_service_says_so() {
    let mut fixture = Fixture::new();
    fixture.service("web", "10.96.1.1", json!({"sessionAffinity": "ClientIP"}));
    fixture.slice("web", &[("10.244.0.5", "", true), ("10.244.0.6", "", true)]);
    let mut router = Router::default();
    let mut from = |client: &str| go(&mut router, &fixture, client, ("10.96.1.1", 80)).expect("an endpoint");
    let (first, second) = (from("10.244.0.20"), from("10.244.0.21"));
    assert_ne!(first, second);
    assert_eq!(
        [from("10.244.0.20"), from("10.244.0.21"), from("10.244.0.20")],
        [first.clone(), second, first]
    );
}

#[test]
fn a_node_port_leads_to_the_service() {
    let mut fixture = Fixture::new();
    fixture.create(
        Kind::Node,
        json!({
            "metadata": {"name": "node-1"},
            "status": {"addresses": [{"type": "InternalIP", "address": "192.168.49.2"}]},
        }),
    );
    let ports =
        json!([{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP", "nodePort": 30080}]);
    fixture.service("web", "10.96.1.1", json!({"type": "NodePort", "ports": ports}));
    fixture.slice("web", &[("10.244.0.5", "", true)]);
    let mut router = Router::default();
    assert_eq!(go(&mut router, &fixture, "", ("192.168.49.2", 30080)), Ok("10.244.0.5:8080".to_owned()));
    assert_eq!(go(&mut router, &fixture, "", ("192.168.49.2", 30081)), Ok("direct".to_owned()));
}
