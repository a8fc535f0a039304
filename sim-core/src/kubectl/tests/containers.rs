//! `exec`, `logs`, `attach` and `run -i`.

use insta::assert_snapshot;

use super::Bench;

const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - {name: c, image: busybox, command: [sh, -c, 'echo one; echo two >&2; sleep 5; echo three; sleep 1d']}
  - {name: side, image: nginx}
";

fn bench() -> Bench {
    let mut bench = Bench::whole();
    bench.run_with("create -f -", Some(POD));
    bench.run("wait --for=condition=Ready pod/p");
    bench
}

#[test]
fn exec_runs_commands() {
    let mut bench = bench();
    assert_snapshot!(bench.run("exec p -c c -- echo hello"), @"hello");
    assert_snapshot!(bench.run("exec p -- sh -c 'echo oops >&2; exit 3'"), @r#"
    ! Defaulted container "c" out of: c, side
    ! oops
    ! command terminated with exit code 3
    exit 3
    "#);
    assert_snapshot!(bench.run("exec p -c nope -- ls"), @r"
    ! error: container nope is not valid for pod p out of: c, side
    exit 1
    ");
    assert_snapshot!(bench.run("exec p ls"), @r"
    ! error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead
    ! See 'kubectl exec -h' for help and examples
    exit 1
    ");
    assert_snapshot!(bench.run("exec p"), @r"
    ! error: you must specify at least one command for the container
    exit 1
    ");
    assert_snapshot!(bench.run("exec nope -- ls"), @r#"
    ! Error from server (NotFound): pods "nope" not found
    exit 1
    "#);
    assert_snapshot!(bench.run_with("exec -i p -c c -- cat", Some("a\nb\n")), @r"
    a
    b
    ");
    let before = bench.cluster.now();
    bench.run("exec p -c c -- sleep 3");
    assert_eq!(bench.cluster.now().since(before).as_secs(), 3);
}

#[test]
fn exec_talks() {
    let mut bench = bench();
    assert_snapshot!(bench.talk("exec -it p -c c -- sh", None, &["A=1", "echo $A", "false", "exit"]), @r"
    / # A=1
    / # echo $A
    1
    / # false
    / # exit
    ! command terminated with exit code 1
    exit 1
    ");
    assert_snapshot!(bench.talk("exec -it p -c c -- sh", None, &["echo hi"]), @r"
    / # echo hi
    hi
    / # ^D
    ");
}

#[test]
fn logs_are_shown_and_followed() {
    let mut bench = bench();
    bench.sleep(1);
    assert_snapshot!(bench.run("logs p -c c"), @r"
    one
    two
    ");
    bench.sleep(10);
    assert_snapshot!(bench.run("logs p -c c --tail=1"), @"three");
    assert_snapshot!(bench.run("logs p c --since=8s"), @"three");
    assert_snapshot!(bench.run("logs p c --tail=1 --prefix"), @"[pod/p/c] three");
    assert_snapshot!(bench.run("logs p -p -c c"), @r#"
    ! Error from server (BadRequest): previous terminated container "c" in pod "p" not found
    exit 1
    "#);
    assert_snapshot!(bench.run("logs p -c nope"), @r"
    ! error: container nope is not valid for pod p out of: c, side
    exit 1
    ");
    assert_snapshot!(bench.run("logs nope"), @r#"
    ! error: error from server (NotFound): pods "nope" not found in namespace "default"
    exit 1
    "#);
    assert_snapshot!(bench.run("logs"), @r"
    ! error: expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.
    ! POD or TYPE/NAME is a required argument for the logs command
    ! See 'kubectl logs -h' for help and examples
    exit 1
    ");
    bench.run("run short --image=busybox --restart=Never -- sh -c 'echo a; sleep 4; echo b'");
    bench.run("wait --for=condition=Ready pod/short");
    assert_snapshot!(bench.run("logs -f short"), @r"
    a
    b
    ");
}

#[test]
fn a_pod_is_run_for_one_command() {
    let mut bench = Bench::whole();
    assert_snapshot!(bench.run("run -i --rm once --image=busybox --restart=Never -- sh -c 'sleep 1; echo done; exit 2'"), @r#"
    done
    pod "once" deleted from default namespace
    ! All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.
    ! If you don't see a command prompt, try pressing enter.
    ! pod default/once terminated (Error)
    exit 2
    "#);
    assert_snapshot!(bench.talk("run -it --rm talk --image=busybox -- sh", None, &["echo hi", "exit"]), @r#"
    / # echo hi
    hi
    / # exit
    Session ended, resume using 'kubectl attach talk -c talk -n default -i -t' command
    pod "talk" deleted from default namespace
    ! All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.
    ! If you don't see a command prompt, try pressing enter.
    "#);
    assert_snapshot!(bench.run("run x --image=busybox --rm"), @r"
    ! error: --rm should only be used for attached containers
    ! See 'kubectl run -h' for help and examples
    exit 1
    ");
}

#[test]
fn a_running_pod_is_debugged_from_within() {
    let mut bench = Bench::whole();
    bench.run("run web --image=nginx");
    bench.run("wait --for=condition=Ready pod/web");
    assert_snapshot!(bench.talk("debug web -it --image=busybox -c dbg -- sh", None, &["hostname", "exit"]), @r#"
    / # hostname
    web
    / # exit
    Session ended, the ephemeral container will not be restarted but may be reattached using 'kubectl attach web -c dbg -n default -i -t' if it is still running
    ! All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.
    ! If you don't see a command prompt, try pressing enter.
    "#);
}

#[test]
fn images_are_made_of_manifests() {
    let mut bench = Bench::whole();
    let image = "apiVersion: sts-sim/v1
kind: Image
metadata: {name: my-app}
ports: [8080]
log: [ready]
---
apiVersion: v1
kind: Pod
metadata: {name: mine}
spec: {containers: [{name: c, image: my-app:1}]}
";
    assert_snapshot!(bench.run_with("apply -f -", Some(image)), @r"
    image.sts-sim/my-app configured
    pod/mine created
    ");
    bench.run("wait --for=condition=Ready pod/mine");
    bench.sleep(1);
    assert_snapshot!(bench.run("logs mine"), @"ready");
}

#[test]
fn bash_says_that_it_leaves() {
    let mut bench = Bench::whole();
    bench.run("run web --image=nginx");
    bench.sleep(20);
    assert_snapshot!(bench.talk("exec -it web -- bash", None, &["exit"]), @"
    root@web:/# exit
    exit
    ");
    assert_snapshot!(bench.talk("exec -it web -- bash", None, &["false"]), @"
    root@web:/# false
    root@web:/# ^D
    exit
    ! command terminated with exit code 1
    exit 1
    ");
    assert_snapshot!(bench.talk("exec -it web -- sh", None, &["exit"]), @"# exit");
}
