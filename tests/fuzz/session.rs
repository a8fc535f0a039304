//! Whole sessions: the words beyond kubectl, faults, saved files sound and damaged.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use proptest::test_runner::TestCaseError;
use sim_core::api::SimTime;
use sim_core::engine::{ClusterConfig, Journal, TimingProfile};
use sim_core::session::{Effect, MemoryFiles, Session, WORDS};

use crate::junk;
use crate::tape::Tape;

const LINES: &[&str] = &[
    "advance 5s",
    "get pods",
    "step 3",
    "settle",
    "scale sts web --replicas=2",
    "fault crash web-0",
    "fault crash web-0 app 137",
    "fault oom web-0",
    "fault evict web-0",
    "fault probe web-0 readiness fail",
    "fault probe web-0 liveness fail",
    "fault probe web-0 readiness real",
    "fault node minikube join",
    "fault node extra join",
    "fault node minikube stop",
    "fault node minikube start",
    "fault volume data-web-0 lose",
    "fault load web-0 400m 64Mi",
    "fault load sts/web 1",
    "fault load web-0 0",
    "delete pod web-0 --wait=false",
    "delete sts web",
    "rollout status sts web --timeout=5s",
    "clock",
    "pause",
    "resume",
    "speed 10x",
    "jobs",
    "kill %1",
    "port-forward svc/web 8080:80 &",
    "curl http://localhost:8080/",
    "curl -s http://web/",
    "minikube service web --url",
    "timeline",
    "ls",
    "cat web.yaml",
    "save a.session",
    "hash",
    "help",
    "help fault",
    "reset",
    "exec -it web-0 -- sh",
    "exit 3",
    "cat <<EOF\na\nEOF",
    "apply -f - <<EOF\nkind: Pod\nEOF",
    "get pods -w",
    "apply -f web.yaml",
    "k get po",
    "kubectl",
    "minikube kubectl -- get po",
    "drain minikube --ignore-daemonsets --timeout=3s",
    "logs -f web-0",
    "get pods | grep web | wc -l",
    "get pods -w | head -3",
    "kubectl get sts web -o yaml > kept.yaml; apply -f kept.yaml",
    "X=$(kubectl get pods -o name | head -1); echo $X $?",
    "for i in 1 2 3; do kubectl exec web-0 -- echo $i; sleep 2; done",
    "while kubectl get pod web-0 2>/dev/null; do sleep 1; done",
    "cat web.yaml | sed s/web/next/ | kubectl apply -f -",
    "kubectl get pods -o name | xargs -n1 kubectl delete --wait=false",
    "read x; echo got $x",
    "kubectl exec -it web-0 -- sh; echo left",
    "advance 3s && settle | cat",
    "f() { kubectl get $1; }; f pods &",
    "cat *.yaml | wc -l; ls | sort",
    "exit 3; get pods",
    "(get pods",
    "get pods ||",
];

const WEB: &str = "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 2
      containers: [{name: app, image: nginx, volumeMounts: [{name: data, mountPath: /data}], readinessProbe: {httpGet: {port: 80}}, livenessProbe: {httpGet: {port: 80}}}]
  volumeClaimTemplates:
  - {metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
";

/// One input: a line, the end of input, an interrupt, or time.
pub enum Input {
    Line(String),
    End,
    Interrupt,
    Tick(u64),
}

/// What a person does.
pub fn inputs(tape: &mut Tape<'_>, count: usize) -> Vec<Input> {
    (0..count).map(|_| input(tape)).collect()
}

fn input(tape: &mut Tape<'_>) -> Input {
    match tape.below(12) {
        9 => return Input::Tick(tape.below(3000) as u64),
        10 => return Input::Interrupt,
        11 => return Input::End,
        _ => {}
    }
    let mut line = tape.pick(LINES).to_owned();
    match tape.below(10) {
        6 => line = format!("{} {}", WORDS[tape.below(WORDS.len())].name, junk::text(tape)),
        7 => line.push_str(&format!(" {}", junk::text(tape))),
        8 => line = line.split(' ').skip(tape.below(2)).take(1 + tape.below(3)).collect::<Vec<_>>().join(" "),
        9 => line = junk::text(tape),
        _ => {}
    }
    Input::Line(line)
}

/// Plays inputs and returns the session.
///
/// # Errors
/// A panic, with the inputs so far.
pub fn play(seed: u64, inputs: &[Input]) -> Result<Session, TestCaseError> {
    let profile = ["instant", "minikube", "kind", "slow-cloud"][(seed % 4) as usize];
    let config = ClusterConfig::for_profile(TimingProfile::named(profile).expect("it is built in"), seed);
    let files = MemoryFiles::new([("web.yaml", WEB)]);
    let mut session = Session::new(config);
    session.run("apply -f web.yaml", None, &files);
    let mut told = format!("seed {seed}\n");
    for input in inputs {
        let played = catch_unwind(AssertUnwindSafe(|| match input {
            Input::Line(line) => {
                told.push_str(&format!("$ {line:?}\n"));
                session.submit(line, None, &files);
                // Some commands are left in the foreground, for the next input.
                if line.len() % 3 > 0 {
                    session.finish();
                }
            }
            Input::End => {
                told.push_str("^D\n");
                session.end_input();
            }
            Input::Interrupt => {
                told.push_str("^C\n");
                session.interrupt();
            }
            Input::Tick(milliseconds) => {
                told.push_str(&format!("tick {milliseconds}\n"));
                session.tick(Duration::from_millis(*milliseconds));
            }
        }));
        if played.is_err() {
            return Err(TestCaseError::fail(format!("panic, after\n{told}")));
        }
        session.take_output();
        session.prompt();
        for effect in session.take_effects() {
            if let Effect::Save { text, .. } = effect {
                Journal::from_text(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
            }
        }
    }
    Ok(session)
}

/// A session file, damaged.
pub fn damaged(tape: &mut Tape<'_>, sound: &str) -> String {
    let mut chars: Vec<char> = sound.chars().collect();
    for _ in 0..=tape.below(3) {
        let at = tape.below(chars.len());
        match tape.below(6) {
            0 => drop(chars.remove(at.min(chars.len().saturating_sub(1)))),
            1 => chars.truncate(at),
            2 => chars[at] = ['"', '0', '9', '{', '}', '\n', '-', 'é', '\u{0}'][tape.below(9)],
            3 => chars.insert(at, '9'),
            4 => {
                let end = (at + tape.below(200)).min(chars.len());
                let part: Vec<char> = chars[at..end].to_vec();
                chars.splice(at..at, part);
            }
            _ => {
                let mut lines: Vec<String> =
                    chars.iter().collect::<String>().lines().map(str::to_owned).collect();
                let (a, b) = (tape.below(lines.len()), tape.below(lines.len()));
                lines.swap(a, b);
                chars = lines.join("\n").chars().collect();
            }
        }
        if chars.is_empty() {
            break;
        }
    }
    chars.into_iter().collect()
}

/// Whether opening the journal is a matter of a moment.
pub fn is_short(journal: &Journal, now: SimTime) -> bool {
    journal.inputs.iter().all(|input| input.at <= now.0)
}
