//! `fault`: breaking things on purpose, in words.

use k8s_openapi::api::core::v1::PersistentVolumeClaim;

use super::Session;
use super::words::refuse;
use crate::api::quantity::Quantity;
use crate::api::{Kind, ObjectKey, ObjectRef};
use crate::cluster::Fault;
use crate::controllers::podautoscaler::usage::Load;
use crate::kubectl::Files;
use crate::kubelet::ProbeKind;

/// The kinds of fault, for completion.
pub(super) static NAMES: &[&str] = &["crash", "oom", "evict", "probe", "node", "volume", "load"];

/// The page that `help fault` prints.
pub(super) fn usage() -> String {
    "Break something on purpose, or mend it. What follows happens as the clock runs.

  fault crash POD [CONTAINER] [CODE]  its program ends (exit code 1)
  fault oom POD [CONTAINER]           the kernel kills it for its memory
  fault evict POD                     its node runs low on memory and evicts it
  fault probe POD PROBE fail          readiness, liveness or startup fails
  fault probe POD PROBE pass          it passes whatever the program does
  fault probe POD PROBE real          it is run again
  fault node NODE stop                its kubelet falls silent, its pods too
  fault node NODE start               it is back
  fault node NODE join                a new machine of that name joins
  fault volume CLAIM lose             the volume of the claim loses its bytes
  fault load POD CPU [MEMORY]         it uses so much more, say 400m 64Mi
  fault load TYPE/NAME CPU [MEMORY]   its ready pods share the load; 0 ends it"
        .to_owned()
}

/// Runs `fault WORDS`.
pub(super) fn run(session: &mut Session, words: &[String], _files: &dyn Files) -> u8 {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let Some(complaint) = complaint(session, &words) {
        return refuse(session, &complaint);
    }
    let Some(fault) = parse(session, &words) else {
        session.out.err_line("error: that is no fault the simulator knows");
        session.out.err_line(usage());
        return 1;
    };
    let told = fault.to_string();
    match session.cluster.fault(fault) {
        Ok(()) => {
            session.out.line(told);
            0
        }
        Err(error) => refuse(session, &error.to_string()),
    }
}

/// What is wrong with a fault of which all but one word is right.
fn complaint(session: &Session, words: &[&str]) -> Option<String> {
    match words {
        ["crash", _, .., code] if code.parse::<i64>().is_ok_and(|code| !(0..=255).contains(&code)) => {
            Some(format!("{code} is no exit code: they go from 0 to 255"))
        }
        ["probe", _, kind, _] if probe(kind).is_none() => {
            Some(format!("\"{kind}\" is no probe: say readiness, liveness or startup"))
        }
        ["probe", _, _, outcome] if !OUTCOMES.contains(outcome) => {
            Some(format!("\"{outcome}\" is nothing that a probe can do: say fail, pass or real"))
        }
        ["volume", name, "lose"] => {
            let bare = name.trim_start_matches("pvc/");
            let store = session.cluster.store();
            let key = ObjectKey::new(&session.namespace, bare);
            let is_volume = store.get(Kind::PersistentVolume, &ObjectKey::cluster(bare)).is_some();
            match store.typed::<PersistentVolumeClaim>(&key) {
                _ if is_volume => None,
                None => {
                    Some(format!("there is no claim or volume {bare} in namespace {}", session.namespace))
                }
                Some(claim) if claim.spec.as_ref().is_none_or(|spec| spec.volume_name.is_none()) => {
                    Some(format!("the claim {bare} is bound to no volume yet"))
                }
                Some(_) => None,
            }
        }
        _ => None,
    }
}

/// What a probe can be made to do.
pub(super) static OUTCOMES: &[&str] = &["fail", "pass", "real"];

fn probe(word: &str) -> Option<ProbeKind> {
    match word {
        "readiness" => Some(ProbeKind::Readiness),
        "liveness" => Some(ProbeKind::Liveness),
        "startup" => Some(ProbeKind::Startup),
        _ => None,
    }
}

fn parse(session: &Session, words: &[&str]) -> Option<Fault> {
    let pod = |name: &str| ObjectKey::new(&session.namespace, name.trim_start_matches("pod/"));
    match words {
        ["crash", name, rest @ ..] if rest.len() <= 2 => {
            let code = rest.last().and_then(|word| word.parse::<i32>().ok());
            let container = rest.first().filter(|word| word.parse::<i32>().is_err());
            if rest.len() > usize::from(container.is_some()) + usize::from(code.is_some()) {
                return None;
            }
            let container = container.map(|name| (*name).to_owned());
            Some(Fault::Crash { pod: pod(name), container, exit_code: code.unwrap_or(1) })
        }
        ["evict", name] => Some(Fault::Evict { pod: pod(name) }),
        ["oom", name] => Some(Fault::OomKill { pod: pod(name), container: None }),
        ["oom", name, container] => {
            Some(Fault::OomKill { pod: pod(name), container: Some((*container).to_owned()) })
        }
        ["probe", name, kind, outcome] => {
            let kind = probe(kind)?;
            let outcome = match *outcome {
                "fail" => Some(false),
                "pass" => Some(true),
                "real" => None,
                _ => return None,
            };
            Some(Fault::Probe { pod: pod(name), kind, outcome })
        }
        ["node", name, "stop"] => Some(Fault::StopNode { node: (*name).to_owned() }),
        ["node", name, "start"] => Some(Fault::StartNode { node: (*name).to_owned() }),
        ["node", name, "join"] => Some(Fault::JoinNode { node: (*name).to_owned() }),
        ["load", name, cpu] => Some(Fault::Load { on: target(session, name)?, load: load(cpu, "0")? }),
        ["load", name, cpu, memory] => {
            Some(Fault::Load { on: target(session, name)?, load: load(cpu, memory)? })
        }
        ["volume", name, "lose"] => Some(Fault::LoseVolume { volume: volume_of(session, name) }),
        _ => None,
    }
}

/// What a load is put on: `TYPE/NAME`, or a pod's name.
fn target(session: &Session, word: &str) -> Option<ObjectRef> {
    let (kind, name) = match word.split_once('/') {
        Some((kind, name)) => (Kind::from_word(kind)?, name),
        None => (Kind::Pod, word),
    };
    let bears = matches!(
        kind,
        Kind::Pod | Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet | Kind::Job
    );
    bears.then(|| ObjectRef::new(kind, ObjectKey::new(&session.namespace, name)))
}

fn load(cpu: &str, memory: &str) -> Option<Load> {
    let amount = |text: &str| Quantity::parse(text).ok().filter(|amount| amount.sign() != -1);
    Some(Load { cpu_milli: amount(cpu)?.milli_value(), memory_bytes: amount(memory)?.value() })
}

/// The volume behind a claim, or the volume of that name.
fn volume_of(session: &Session, name: &str) -> String {
    let name = name.trim_start_matches("pvc/");
    let store = session.cluster.store();
    let claim = store.typed::<PersistentVolumeClaim>(&ObjectKey::new(&session.namespace, name));
    let volume = claim.and_then(|claim| claim.spec.as_ref()?.volume_name.clone());
    let known = store.get(Kind::PersistentVolume, &ObjectKey::cluster(name)).is_some();
    if known { name.to_owned() } else { volume.unwrap_or_else(|| name.to_owned()) }
}
