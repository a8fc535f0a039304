//! `curl`: requests from the user's own machine.
//!
//! The machine's `curl` is the one that runs in pods, on a machine that reaches the cluster as minikube's
//! tunnels do: by Service name, by node port, or by a port of its own that `minikube service --url` opened.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::Session;
use super::words::refuse;
use crate::api::{ObjectKey, SimTime, meta};
use crate::kubectl::{Files, Forward};
use crate::network::dns::{Answer, Question, Record, RecordType, ResponseCode};
use crate::network::http::{HttpRequest, HttpResponse, NetError};
use crate::runtime::Runtime;
use crate::runtime::fs::{FileSystem, FileTree};
use crate::runtime::shell::{Host, Process, ProcessInfo, ProcessState, Stream};
use crate::store::Store;

/// Ports of the user's own machine that lead to a Service's port.
pub(super) type Tunnels = BTreeMap<u16, (ObjectKey, u16)>;

/// Runs `curl URL` with curl's own flags.
pub(super) fn curl(session: &mut Session, words: &[String], _files: &dyn Files) -> u8 {
    let argv: Vec<String> = std::iter::once("curl".to_owned()).chain(words.iter().cloned()).collect();
    let Ok(mut process) = Process::new(argv, Vec::new(), "/") else {
        return refuse(session, "curl could not be started");
    };
    if session.has_screen {
        process.print_to_screen();
    }
    let (now, namespace, tunnels) = (session.now(), session.namespace.clone(), session.tunnels.clone());
    let forwards = session.workstation.forwards.clone();
    let (runtime, store) = session.cluster.runtime_mut();
    let mut machine = Machine {
        runtime,
        store,
        now,
        namespace,
        tunnels,
        forwards,
        handled: Vec::new(),
        refused: Vec::new(),
        files: FileTree::new(),
    };
    let state = process.run(&mut machine);
    let (handled, refused) = (machine.handled, machine.refused);
    for port in handled {
        session.say(format!("Handling connection for {port}"));
    }
    session.lose_forwards(&refused);
    for (stream, text) in process.take_output() {
        match stream {
            Stream::Out => session.out.out(text),
            Stream::Err => session.out.err(text),
        }
    }
    match state {
        ProcessState::Exited(code) => u8::try_from(code).unwrap_or(1),
        _ => refuse(session, "curl waits for something that cannot come"),
    }
}

/// The user's machine as a process on it sees it.
struct Machine<'a> {
    runtime: &'a mut Runtime,
    store: &'a Store,
    now: SimTime,
    namespace: String,
    tunnels: Tunnels,
    forwards: Vec<Forward>,
    /// The forwarded ports that were asked for something.
    handled: Vec<u16>,
    /// Those of them whose pods do not listen.
    refused: Vec<u16>,
    files: FileTree,
}

impl Machine<'_> {
    /// The Service that `web`, `web.default` or `web.default.svc.cluster.local` names.
    fn service(&self, name: &str) -> Option<&Service> {
        let name = name.trim_end_matches(".svc.cluster.local").trim_end_matches(".svc");
        let (name, namespace) = name.split_once('.').unwrap_or((name, &self.namespace));
        self.store.typed(&ObjectKey::new(namespace, name))
    }

    /// An address that stands for the Service: its own, or that of a ready pod when it has none.
    fn address(&self, service: &Service) -> Option<String> {
        let own = service.spec.as_ref()?.cluster_ip.clone().filter(|ip| ip != "None" && !ip.is_empty());
        own.or_else(|| {
            let (namespace, name) = (meta::namespace(&service.metadata), meta::name(&service.metadata));
            let slices = self.store.all_in::<EndpointSlice>(namespace);
            let mine = slices.filter(|slice| {
                meta::labels(&slice.metadata).get("kubernetes.io/service-name").is_some_and(|own| own == name)
            });
            let mut endpoints = mine.flat_map(|slice| slice.endpoints.iter().flatten());
            let ready = endpoints.find(|e| e.conditions.as_ref().is_some_and(|c| c.ready == Some(true)))?;
            ready.addresses.first().cloned()
        })
    }

    /// The pod and the port that a forwarded port of this machine leads to.
    fn forwarded(&mut self, ip: &str, port: u16) -> Option<(String, u16)> {
        let forward = self.forwards.iter().find(|forward| forward.local == port)?;
        let pod = self.store.typed::<Pod>(&forward.pod).filter(|_| ip.starts_with("127."))?;
        let address = pod.status.as_ref()?.pod_ip.clone()?;
        self.handled.push(port);
        Some((address, forward.remote))
    }

    fn target(&self, ip: &str, port: u16) -> (String, u16) {
        let tunnel = self.tunnels.get(&port).filter(|_| ip.starts_with("127."));
        let found = tunnel.and_then(|(key, port)| {
            let service = self.store.typed::<Service>(key)?;
            Some((self.address(service)?, *port))
        });
        found.unwrap_or_else(|| (ip.to_owned(), port))
    }
}

impl Host for Machine<'_> {
    fn now(&self) -> SimTime {
        self.now
    }

    fn files(&mut self) -> &mut dyn FileSystem {
        &mut self.files
    }

    fn hostname(&self) -> String {
        "localhost".to_owned()
    }

    fn ip(&self) -> String {
        "192.168.49.1".to_owned()
    }

    fn nameserver(&self) -> String {
        "127.0.0.53".to_owned()
    }

    fn search_domains(&self) -> Vec<String> {
        Vec::new()
    }

    fn resolve(&mut self, question: &Question) -> Answer {
        let address = match question.name.as_str() {
            "localhost" => Some("127.0.0.1".to_owned()),
            name => self.service(name).and_then(|service| self.address(service)),
        };
        let code = if address.is_some() { ResponseCode::NoError } else { ResponseCode::NxDomain };
        let wanted = address.filter(|_| question.record == RecordType::A);
        let record =
            |data| Record { name: question.name.clone(), record: RecordType::A, ttl_seconds: 30, data };
        Answer { code, records: wanted.map(record).into_iter().collect(), additional: Vec::new() }
    }

    fn http(&mut self, ip: &str, port: u16, request: &HttpRequest) -> Result<HttpResponse, NetError> {
        let local = port;
        let forwarded = self.forwarded(ip, port);
        let is_forwarded = forwarded.is_some();
        let (ip, port) = forwarded.unwrap_or_else(|| self.target(ip, port));
        if ip.starts_with("127.") {
            return Err(NetError::Refused);
        }
        let answer = self.runtime.http_from_user(self.store, &ip, port, request, self.now);
        match answer {
            // kubectl took the connection; it is the pod that does not.
            Err(NetError::Refused) if is_forwarded => {
                self.refused.push(local);
                Err(NetError::Closed)
            }
            answer => answer.map(|(response, _)| response),
        }
    }

    fn connect(&mut self, ip: &str, port: u16) -> Result<(), NetError> {
        self.http(ip, port, &HttpRequest::get("/")).map(drop)
    }

    fn processes(&self) -> Vec<ProcessInfo> {
        Vec::new()
    }

    fn kill(&mut self, _pid: u32, _signal: i32) -> bool {
        false
    }

    fn has_tool(&self, name: &str) -> bool {
        name == "curl"
    }
}
