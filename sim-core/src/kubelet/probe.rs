//! Liveness, readiness and startup probes.
//!
//! Models pkg/kubelet/prober: worker.doProbe and prober.runProbe.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Container as ContainerSpec, Pod, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::worker::Sync;
use crate::api::{SimTime, pod};
use crate::engine::{EventType, Pace};
use crate::network::http::{HttpRequest, NetError};
use crate::runtime::CommandOutcome;

/// Which probe of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeKind {
    /// Its failure restarts the container.
    Liveness,
    /// Its failure takes the pod out of its Services.
    Readiness,
    /// It gates the two others; its failure restarts the container.
    Startup,
}

impl ProbeKind {
    /// All of them, in the order in which they are looked at.
    pub(super) const ALL: [ProbeKind; 3] = [ProbeKind::Startup, ProbeKind::Liveness, ProbeKind::Readiness];

    /// The word in events, `Readiness`.
    pub fn as_str(self) -> &'static str {
        match self {
            ProbeKind::Liveness => "Liveness",
            ProbeKind::Readiness => "Readiness",
            ProbeKind::Startup => "Startup",
        }
    }

    /// Whether a container of the pod has such a probe.
    pub fn is_in(self, pod: &Pod) -> bool {
        let Some(spec) = &pod.spec else { return false };
        let sidecars = spec.init_containers.iter().flatten();
        spec.containers.iter().chain(sidecars).any(|container| self.of(container).is_some())
    }

    pub(super) fn of(self, spec: &ContainerSpec) -> Option<&Probe> {
        match self {
            ProbeKind::Liveness => spec.liveness_probe.as_ref(),
            ProbeKind::Readiness => spec.readiness_probe.as_ref(),
            ProbeKind::Startup => spec.startup_probe.as_ref(),
        }
    }
}

/// How a container's probe stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ProbeState {
    /// When it is due.
    next: Option<SimTime>,
    /// Its last outcome and how often in a row it came.
    last: Option<bool>,
    run: i32,
    /// The outcome that counts, past its threshold.
    result: Option<bool>,
    /// The program's change count when it was last probed.
    seen: u64,
}

impl ProbeState {
    /// A probe that has long been passing and is due at any time.
    pub(super) fn passing() -> ProbeState {
        ProbeState {
            next: Some(SimTime::ZERO),
            last: Some(true),
            result: Some(true),
            ..ProbeState::default()
        }
    }

    /// What the next outcome will be is open, whatever the last ones were.
    pub(super) fn expect_change(&mut self) {
        self.seen = u64::MAX;
    }
}

/// One outcome of a probe.
enum Outcome {
    Success,
    Failure(String),
    /// The probe itself could not be run; nothing follows from it but an event.
    Unknown(String),
}

fn seconds(value: Option<i32>, default: u64) -> Duration {
    let given = value.filter(|value| *value > 0).and_then(|value| u64::try_from(value).ok());
    Duration::from_secs(given.unwrap_or(default))
}

impl Sync<'_, '_> {
    /// Sets the probes of a container that has just started.
    pub(super) fn begin_probes(&mut self, index: usize) {
        let Some(spec) = self.container_spec(index) else { return };
        let now = self.now();
        let mut probes = [ProbeState::default(); 3];
        for kind in ProbeKind::ALL {
            if let Some(probe) = kind.of(spec) {
                let delay =
                    probe.initial_delay_seconds.and_then(|value| u64::try_from(value).ok()).unwrap_or(0);
                probes[kind as usize].next = Some(now + Duration::from_secs(delay));
            }
        }
        let (has_startup, has_readiness) = (spec.startup_probe.is_some(), spec.readiness_probe.is_some());
        let slot = &mut self.worker.slots[index];
        slot.probes = probes;
        slot.started = !has_startup;
        slot.ready = slot.started && !has_readiness;
    }

    /// Runs the probes that are due and asks for the next ones.
    pub(super) fn run_probes(&mut self) {
        for index in 0..self.worker.slots.len() {
            for kind in ProbeKind::ALL {
                if self.worker.slots[index].is_running() {
                    self.run_probe(index, kind);
                }
            }
        }
    }

    fn run_probe(&mut self, index: usize, kind: ProbeKind) {
        let now = self.now();
        let Some(probe) = self.container_spec(index).and_then(|spec| kind.of(spec)).cloned() else { return };
        let slot = &self.worker.slots[index];
        let gated = slot.started == (kind == ProbeKind::Startup);
        let ends = self.worker.ending.is_some() || slot.stopping.is_some();
        if gated || (ends && kind != ProbeKind::Readiness) {
            return;
        }
        let state = slot.probes[kind as usize];
        let Some(due) = state.next else { return };
        if due > now {
            self.ask_probe(index, kind);
            return;
        }
        let period = seconds(probe.period_seconds, 10);
        let outcome = self.probe(index, kind, &probe);
        let seen = self.changes(index);
        let state = &mut self.worker.slots[index].probes[kind as usize];
        state.seen = seen;
        // Probes keep their rhythm, however long the kubelet was away.
        let missed = now.since(due).as_nanos() / period.as_nanos().max(1);
        state.next = Some(due + period * u32::try_from(missed + 1).unwrap_or(1));
        self.judge(index, kind, &probe, outcome);
        if self.worker.slots[index].is_running() {
            self.ask_probe(index, kind);
        }
    }

    /// Asks for the next probe. It is progress while its outcome may change what is known.
    fn ask_probe(&mut self, index: usize, kind: ProbeKind) {
        let slot = &self.worker.slots[index];
        let state = slot.probes[kind as usize];
        let Some(next) = state.next.filter(|_| slot.is_running()) else { return };
        let steady = state.last.is_some() && state.last == state.result && state.seen == self.changes(index);
        // The program of a static pod answers alike until something is done to it, and that wakes its node.
        if steady && pod::mirrored(self.pod).is_some() {
            return;
        }
        self.wake(next, if steady { Pace::Periodic } else { Pace::Progress });
    }

    fn changes(&self, index: usize) -> u64 {
        let name = &self.worker.slots[index].name;
        self.runtime.container(self.key, name).map(|container| container.changes).unwrap_or(0)
    }

    /// Counts an outcome and does what follows from it.
    fn judge(&mut self, index: usize, kind: ProbeKind, probe: &Probe, outcome: Outcome) {
        let good = match &outcome {
            Outcome::Success => true,
            Outcome::Failure(text) => {
                let text = format!("{} probe failed: {text}", kind.as_str());
                self.event(Some(index), EventType::Warning, "Unhealthy", &text);
                false
            }
            Outcome::Unknown(text) => {
                let text = format!("{} probe errored and resulted in unknown state: {text}", kind.as_str());
                self.event(Some(index), EventType::Warning, "Unhealthy", &text);
                return;
            }
        };
        let threshold =
            if good { probe.success_threshold.unwrap_or(1) } else { probe.failure_threshold.unwrap_or(3) };
        let slot = &mut self.worker.slots[index];
        let state = &mut slot.probes[kind as usize];
        state.run = if state.last == Some(good) { state.run.saturating_add(1) } else { 1 };
        state.last = Some(good);
        if state.run < threshold.max(1) {
            return;
        }
        state.result = Some(good);
        match (kind, good) {
            (ProbeKind::Readiness, ready) => slot.ready = ready,
            (ProbeKind::Startup, true) => self.become_started(index),
            (ProbeKind::Liveness, true) => {}
            (ProbeKind::Liveness, false) => self.kill_unhealthy(index, "liveness", probe),
            (ProbeKind::Startup, false) => self.kill_unhealthy(index, "startup", probe),
        }
    }

    fn become_started(&mut self, index: usize) {
        let has_readiness = self.container_spec(index).is_some_and(|spec| spec.readiness_probe.is_some());
        let now = self.now();
        let slot = &mut self.worker.slots[index];
        slot.started = true;
        slot.ready = !has_readiness;
        for state in &mut slot.probes {
            state.next = state.next.map(|next| next.max(now));
        }
    }

    fn kill_unhealthy(&mut self, index: usize, what: &str, probe: &Probe) {
        let name = self.worker.slots[index].name.clone();
        let spec = self.container_spec(index);
        let policy =
            spec.and_then(|spec| spec.restart_policy.as_deref()).or(self.spec.restart_policy.as_deref());
        let then = if policy == Some("Never") { "" } else { ", will be restarted" };
        let text = format!("Container {name} failed {what} probe{then}");
        let own = probe.termination_grace_period_seconds;
        let grace = own.or(self.spec.termination_grace_period_seconds).unwrap_or(30);
        self.stop_container(index, grace, &text);
    }

    fn probe(&mut self, index: usize, kind: ProbeKind, probe: &Probe) -> Outcome {
        let name = self.worker.slots[index].name.clone();
        if let Some(forced) = self.worker.forced[kind as usize] {
            return if forced { Outcome::Success } else { Outcome::Failure("forced by a fault".to_owned()) };
        }
        let timeout = seconds(probe.timeout_seconds, 1);
        if let Some(action) = &probe.http_get {
            let Some(port) = self.port(index, &action.port) else {
                return Outcome::Unknown("couldn't find port".to_owned());
            };
            let host =
                action.host.clone().filter(|host| !host.is_empty()).unwrap_or_else(|| self.worker.ip.clone());
            let path = action.path.clone().filter(|path| !path.is_empty()).unwrap_or_else(|| "/".to_owned());
            let scheme = action.scheme.as_deref().unwrap_or("HTTP").to_lowercase();
            let path = if path.starts_with('/') { path } else { format!("/{path}") };
            let mut request = HttpRequest::get(&path);
            let release = self.context.api.gates.version().minor();
            request.headers.push(("User-Agent".to_owned(), format!("kube-probe/1.{release}")));
            for header in action.http_headers.iter().flatten() {
                request.headers.push((header.name.clone(), header.value.clone()));
            }
            return self.http_probe(&scheme, &host, port, &path, &request, timeout);
        }
        if let Some(action) = &probe.tcp_socket {
            let Some(port) = self.port(index, &action.port) else {
                return Outcome::Unknown("couldn't find port".to_owned());
            };
            let host =
                action.host.clone().filter(|host| !host.is_empty()).unwrap_or_else(|| self.worker.ip.clone());
            return self.tcp_probe(&host, port);
        }
        if let Some(action) = &probe.grpc {
            let port = u16::try_from(action.port).unwrap_or(0);
            let host = self.worker.ip.clone();
            // Web servers speak no gRPC; an image of which it is not known what it runs may.
            let container = self.runtime.container(self.key, &name);
            let speaks = container.is_some_and(|container| {
                let programs = &container.config.image.spec.programs;
                programs.is_empty() || programs.iter().any(|program| program == "*")
            });
            return match self.tcp_probe(&host, port) {
                Outcome::Success if speaks => Outcome::Success,
                // The client tries until its time is over, whatever the first error was.
                _ => Outcome::Failure(format!(
                    "timeout: failed to connect service \"{host}:{port}\" within {}: context deadline exceeded",
                    super::backoff::go_duration(timeout)
                )),
            };
        }
        let command = probe.exec.as_ref().and_then(|action| action.command.clone()).unwrap_or_default();
        self.exec_probe(&name, command, timeout)
    }

    fn http_probe(
        &mut self,
        scheme: &str,
        host: &str,
        port: u16,
        path: &str,
        request: &HttpRequest,
        timeout: Duration,
    ) -> Outcome {
        let url = format!("{scheme}://{host}:{port}{path}");
        let late = || {
            Outcome::Failure(format!(
                "Get \"{url}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            ))
        };
        let now = self.now();
        let store = self.context.view;
        let from = gateway(&self.worker.ip);
        match self.runtime.request(store, Some(self.key), (host, port), &from, request, now) {
            Ok((_, latency)) if latency > timeout => late(),
            Ok((response, _)) if (200..400).contains(&response.status) => Outcome::Success,
            Ok((response, _)) => {
                Outcome::Failure(format!("HTTP probe failed with statuscode: {}", response.status))
            }
            Err(NetError::TimedOut) => late(),
            Err(error) => Outcome::Failure(format!("Get \"{url}\": {}", dial_error(host, port, error))),
        }
    }

    fn tcp_probe(&mut self, host: &str, port: u16) -> Outcome {
        let now = self.now();
        let store = self.context.view;
        match self.runtime.connect(store, Some(self.key), (host, port), now) {
            Ok(()) => Outcome::Success,
            Err(error) => Outcome::Failure(dial_error(host, port, error)),
        }
    }

    fn exec_probe(&mut self, container: &str, command: Vec<String>, timeout: Duration) -> Outcome {
        let text = command.join(" ");
        let now = self.now();
        let store = self.context.view;
        match self.runtime.run_command(self.key, container, command, store, now, timeout) {
            CommandOutcome::Exited { code: 0, .. } => Outcome::Success,
            CommandOutcome::Exited { output, .. } => Outcome::Failure(output),
            CommandOutcome::TimedOut => Outcome::Failure(format!(
                "command timed out: \"{text}\" timed out after {}",
                super::backoff::go_duration(timeout)
            )),
            CommandOutcome::NotStarted(why) => Outcome::Unknown(format!(
                "rpc error: code = Unknown desc = failed to exec in container: failed to start exec: \
                 OCI runtime exec failed: exec failed: unable to start container process: {why}: unknown"
            )),
        }
    }

    /// The number of a port that is given by number or by name.
    pub(super) fn port(&self, index: usize, port: &IntOrString) -> Option<u16> {
        match port {
            IntOrString::Int(number) => u16::try_from(*number).ok(),
            IntOrString::String(name) => {
                let spec = self.container_spec(index)?;
                let named = spec.ports.iter().flatten().find(|port| port.name.as_deref() == Some(name));
                let number = named.map(|port| u16::try_from(port.container_port).ok());
                number.unwrap_or_else(|| name.parse().ok())
            }
        }
    }
}

/// The address that a node's own requests to its pods come from.
pub(super) fn gateway(ip: &str) -> String {
    ip.rsplit_once('.').map_or_else(|| "127.0.0.1".to_owned(), |(network, _)| format!("{network}.1"))
}

fn dial_error(host: &str, port: u16, error: NetError) -> String {
    match error {
        NetError::Refused => format!("dial tcp {host}:{port}: connect: connection refused"),
        NetError::NoRoute => format!("dial tcp {host}:{port}: connect: no route to host"),
        NetError::TimedOut => format!("dial tcp {host}:{port}: i/o timeout"),
        NetError::Closed => "EOF".to_owned(),
    }
}
