//! The lab, from its first step to its last, as a transcript.

use sim_cli::{DiskFiles, commands};
use sim_core::engine::{ClusterConfig, TimingProfile};
use sim_core::kubectl::Stream;
use sim_core::session::Session;

/// Plays a script and returns what a terminal shows, the two streams in the order in which they were written.
fn transcript(session: &mut Session, script: &str) -> String {
    let files = DiskFiles::default();
    let mut shown = String::new();
    for line in commands(script) {
        shown.push_str(&format!("$ {line}\n"));
        for chunk in session.run(&line, None, &files) {
            if chunk.stream == Stream::Err {
                shown.push_str(&chunk.text.lines().map(|line| format!("! {line}\n")).collect::<String>());
            } else {
                shown.push_str(&chunk.text);
            }
        }
        shown.push('\n');
    }
    shown
}

fn session(profile: &str) -> Session {
    Session::new(ClusterConfig::for_profile(TimingProfile::named(profile).expect("it is built in"), 14))
}

#[test]
fn the_whole_lab() {
    let script = include_str!("../examples/lab14/lab14.script");
    insta::assert_snapshot!(transcript(&mut session("minikube"), script));
}

#[test]
fn a_deleted_pod_comes_back_with_its_name_its_claim_and_its_bytes_and_nothing_else() {
    let mut session = session("minikube");
    let files = DiskFiles::default();
    for line in
        ["apply -f lab14/service.yaml", "apply -f lab14/statefulset.yaml", "rollout status sts/python-app"]
    {
        session.run(line, None, &files);
    }
    let ask = |session: &mut Session, line: &str| {
        let chunks = session.run(line, None, &DiskFiles::default());
        chunks.into_iter().map(|chunk| chunk.text).collect::<String>()
    };
    ask(&mut session, "exec python-app-0 -- sh -c 'echo mine > /config/marker'");
    let seen = "get pod python-app-0 -o jsonpath={.metadata.uid}/{.status.podIP}/{.spec.volumes[0].persistentVolumeClaim.claimName}";
    let before = ask(&mut session, seen);
    ask(&mut session, "delete pod python-app-0");
    ask(&mut session, "wait --for=condition=Ready pod/python-app-0 --timeout=60s");
    let after = ask(&mut session, seen);
    let parts = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = (parts(&before), parts(&after));
    assert_ne!(before[0], after[0], "the uid is new");
    assert_ne!(before[1], after[1], "the address is new");
    assert_eq!(before[2], after[2], "the claim is the same");
    assert_eq!(ask(&mut session, "exec python-app-0 -- cat /config/marker"), "mine\n");
}

#[test]
fn a_name_that_is_nearly_right_gets_kubectls_error_and_a_hint_of_our_own() {
    let script = "apply -f lab14/statefulset.yaml\nrollout status sts/python-app\ndelete pod app-python-0\nget pod -n kube-system python-app-0\nrolout status sts/python-app\nget stateful";
    insta::assert_snapshot!(transcript(&mut session("instant"), script));
}
