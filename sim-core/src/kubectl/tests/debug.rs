//! `debug`: ephemeral containers, copies of pods, pods on nodes; and `attach`, which it rests on.

use insta::assert_snapshot;

use super::Bench;

/// A bench with a pod that runs.
fn bench() -> Bench {
    let mut bench = Bench::whole();
    bench.run("run myapp --image=busybox:1.28 --restart=Never -- sleep 1d");
    bench.run("wait --for=condition=Ready pod/myapp");
    bench
}

#[test]
fn a_further_ephemeral_container_comes_after_the_others() {
    let mut bench = bench();
    assert_snapshot!(bench.run("debug -it myapp --image=busybox:1.28 -c old -- echo one"), @"one");
    assert_snapshot!(bench.run("debug -it myapp --image=busybox:1.28 -c new -- echo two"), @"two");
    let names = "get pod myapp -o jsonpath='{.spec.ephemeralContainers[*].name} - \
                 {.status.ephemeralContainerStatuses[*].name}'";
    assert_snapshot!(bench.run(names), @"old new - new old");
}

#[test]
fn a_command_for_a_copy_replaces_the_arguments() {
    let mut bench = bench();
    bench.run("debug myapp --copy-to=myapp-debug --container=myapp --keep-labels -- sh -c 'sleep 1h'");
    let shown = "get pod myapp-debug -o jsonpath='{.spec.containers[0].command} {.spec.containers[0].args} \
                 {.spec.containers[0].securityContext} {.metadata.labels}'";
    assert_snapshot!(bench.run(shown), @r#"["sh","-c","sleep 1h"]  {"capabilities":{"add":["SYS_PTRACE"]}} {"run":"myapp"}"#);
}

#[test]
fn a_copy_must_say_what_is_to_run() {
    let mut bench = bench();
    let mut said = String::new();
    for line in [
        "debug myapp -it --copy-to=c -- sh",
        "debug myapp -it --copy-to=c -c nosuch -- sh",
        "debug myapp --attach --copy-to=c --set-image=*=nginx",
        "debug myapp --copy-to=c --set-image=*=BAD",
        "debug --image=busybox",
    ] {
        said.push_str(&bench.run(line));
    }
    assert_snapshot!(said, @r#"
    ! error: you must specify an existing container or a new image when specifying args.
    exit 1
    ! error: you must specify image when creating new container
    exit 1
    ! error: you must specify --container or create a new container using --image in order to attach.
    exit 1
    ! error: invalid image name "BAD" for container "*": invalid reference format
    exit 1
    ! error: NAME or filename is required for debug
    exit 1
    "#);
}

#[test]
fn a_copy_with_other_images_alone_is_not_attached_to() {
    let mut bench = bench();
    assert_snapshot!(bench.run("debug myapp -it --copy-to=c --set-image=*=nginx"), @"");
    let shown = "get pod c -o jsonpath='{.spec.containers[0].image} {.spec.containers[0].stdin} \
                 {.spec.shareProcessNamespace} {.metadata.labels}'";
    assert_snapshot!(bench.run(shown), @r#"nginx   {"run":"myapp"}"#);
    bench.run("debug myapp -it --copy-to=d -c myapp --set-image=*=busybox --attach=false");
    let shown = "get pod d -o jsonpath='{.spec.containers[0].image} {.spec.containers[0].stdin} \
                 {.spec.shareProcessNamespace} {.metadata.labels}'";
    assert_snapshot!(bench.run(shown), @"busybox true true");
}

#[test]
fn what_ended_already_shows_its_log() {
    let mut bench = bench();
    bench.run("run m --image=busybox -- sleep 1d");
    assert_snapshot!(bench.run("debug m -it --image=busybox --copy-to=cp -c dbg -- echo done"), @"done");
    let on_node = bench.run("debug node/minikube -it --image=busybox -q -- nosuch");
    assert_snapshot!(on_node, @"");
}

#[test]
fn a_pod_on_a_node_sees_its_disk() {
    let mut bench = Bench::whole();
    let said =
        bench.run("debug node/minikube -it --image=busybox -q -- sh -c 'ls /host; cat /host/etc/hostname'");
    assert_snapshot!(said, @r"
    bin    dev    home   lib64  mnt    proc   run    srv    tmp    var
    boot   etc    lib    media  opt    root   sbin   sys    usr
    minikube
    ");
}

#[test]
fn attach_shows_what_is_said_from_then_on() {
    let mut bench = Bench::whole();
    bench.run("run w --image=busybox --restart=Never -- sh -c 'echo before; sleep 20; echo after; sleep 5'");
    bench.run("wait --for=condition=Ready pod/w");
    assert_snapshot!(bench.run("attach w -it"), @r"
    after
    ! error: Unable to use a TTY - container w did not allocate one
    ! All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.
    ! If you don't see a command prompt, try pressing enter.
    ");
}
