//! The `sts-sim` binary as a user runs it: arguments, standard input, both outputs and the exit code.

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs the binary with `args` and `stdin`.
fn run(args: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sts-sim"))
        .args(args)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    child.stdin.take().expect("it is piped").write_all(stdin.as_bytes()).expect("it reads its input");
    child.wait_with_output().expect("it ends")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn lines_on_the_command_line_run_and_print_what_kubectl_prints() {
    let args = [
        "-f",
        "examples/manifests/web.yaml",
        "-c",
        "get pods -o name",
        "-c",
        "kubectl get sts web --no-headers",
    ];
    let output = run(&args, "");
    assert_eq!(out(&output), "pod/web-0\npod/web-1\npod/web-2\nweb   3/3   7s\n");
    assert_eq!(err(&output), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_failing_line_gives_kubectls_error_and_exit_code() {
    let output = run(&["-c", "get pod nope"], "");
    assert_eq!(out(&output), "");
    assert_eq!(err(&output), "Error from server (NotFound): pods \"nope\" not found\n");
    assert_eq!(output.status.code(), Some(1));
    let output = run(
        &[
            "-c",
            "run one --image=busybox -- sh -c 'sleep 100'",
            "-c",
            "wait --for=condition=Ready pod/one",
            "-c",
            "exec one -- sh -c 'exit 3'",
        ],
        "",
    );
    assert_eq!(err(&output), "command terminated with exit code 3\n");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn standard_input_is_a_script_with_here_documents_comments_and_continued_lines() {
    let script = "# a comment\nkubectl apply -f - <<EOF\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  a: b\nEOF\nget cm c \\\n  -o jsonpath='{.data.a}'\n";
    let output = run(&[], script);
    assert_eq!(out(&output), "configmap/c created\nb");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_script_file_is_played_as_a_transcript() {
    let output = run(&["run", "-"], "get ns default --no-headers\n");
    assert_eq!(out(&output), "$ get ns default --no-headers\ndefault   Active   6d23h\n\n");
}

#[test]
fn manifests_that_are_named_beside_a_script_are_applied_before_it() {
    let manifest = "examples/manifests/web.yaml";
    let script = "get sts web --no-headers -o custom-columns=:.status.readyReplicas\n";
    for args in [["-f", manifest, "run", "-"], ["run", "-", "-f", manifest]] {
        let output = run(&args, script);
        assert_eq!(out(&output).lines().nth(1), Some("3"), "{args:?}: {}", err(&output));
    }
}

#[test]
fn an_option_that_a_command_would_not_look_at_is_refused() {
    let both = run(&["-c", "get ns", "run", "-"], "");
    let replayed = run(&["replay", "tests/recordings/lab14.json", "-f", "web.yaml"], "");
    for (output, flag) in [(both, "`-c`"), (replayed, "`-f`")] {
        assert_eq!(output.status.code(), Some(2));
        assert!(
            err(&output).contains(&format!("{flag} cannot be used with this command")),
            "{}",
            err(&output)
        );
    }
}

#[test]
fn a_watch_in_a_script_ends_when_nothing_more_can_happen() {
    let output = run(
        &[
            "--profile",
            "instant",
            "-c",
            "apply -f examples/manifests/web.yaml",
            "-c",
            "get sts web -w --no-headers",
        ],
        "",
    );
    assert!(out(&output).trim_end().ends_with("web   3/3   0s"), "{}", out(&output));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_session_survives_the_program() {
    let folder = std::env::temp_dir().join(format!("sts-sim-test-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let path = folder.join("lab.session");
    let path = path.to_str().expect("it is text");
    let saved =
        run(&["-c", "apply -f lab14/", "-c", "advance 9s", "-c", "hash", "-c", &format!("save {path}")], "");
    assert_eq!(saved.status.code(), Some(0), "{}", err(&saved));
    let opened = run(&["-c", &format!("load {path}"), "-c", "hash"], "");
    let hash = |text: String| text.lines().last().map(str::to_owned);
    assert_eq!(hash(out(&saved)), hash(out(&opened)));
    let missing = run(&["-c", "load nowhere.session"], "");
    assert!(err(&missing).starts_with("error: cannot read nowhere.session"), "{}", err(&missing));
    std::fs::remove_dir_all(&folder).expect("the folder can be removed");
}

#[test]
fn replay_ends_with_one_line_and_the_exit_code_says_whether_anything_differs() {
    let output = run(&["replay", "tests/recordings/ordered-start.json"], "");
    assert!(out(&output).starts_with("ordered-start: transcript 2/2, order "), "{}", out(&output));
    assert_eq!(output.status.code(), Some(0));
    let output = run(&["replay", "README.md"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("README.md is no recording"), "{}", err(&output));
}

#[test]
fn a_cluster_is_of_the_release_that_is_asked_for_and_a_saved_session_stays_of_it() {
    let folder = std::env::temp_dir().join(format!("sts-sim-release-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let saved = folder.join("lab.session");
    let saved = saved.to_str().expect("the path is text");
    let lines = ["-c", "run one --image=nginx", "-c", "delete pod one", "-c", "version"];
    let save = format!("save {saved}");
    let args = [&["--kubernetes-version", "1.31"][..], &lines[..], &["-c", &save]].concat();
    let output = run(&args, "");
    assert!(out(&output).contains("pod \"one\" deleted\n"), "{}", out(&output));
    assert!(out(&output).contains("Server Version: v1.31"), "{}", out(&output));
    let load = format!("load {saved}");
    let output = run(&["-c", &load, "-c", "version"], "");
    assert!(out(&output).contains("Server Version: v1.31"), "{}", out(&output));
    std::fs::remove_dir_all(folder).expect("the folder goes");
    let output = run(&["--kubernetes-version", "1.9", "-c", "version"], "");
    assert!(
        err(&output).contains("possible values: 1.27, 1.31, 1.34, 1.35.0, 1.35.4, 1.36"),
        "{}",
        err(&output)
    );
}

#[test]
fn help_names_what_differs_between_releases() {
    let output = run(&["-c", "help versions"], "");
    assert!(out(&output).contains("rollingUpdate.maxUnavailable"), "{}", out(&output));
    assert!(out(&output).contains("    only 1.35.0; KEP-961, #137409"), "{}", out(&output));
}

#[test]
fn every_word_follows_the_profile() {
    let args = [
        "--profile",
        "kind",
        "-c",
        "config get-contexts --no-headers",
        "-c",
        "get nodes -o jsonpath='{range .items[*]}{.metadata.name} {.spec.taints[*].key} {.spec.providerID}{\"\\n\"}{end}'",
        "-c",
        "auth whoami",
        "-c",
        "get ep kubernetes --no-headers",
        "-c",
        "run one --image=nginx",
        "-c",
        "wait --for=condition=Ready pod/one",
        "-c",
        "get pod one -o jsonpath={.spec.nodeName}",
    ];
    insta::assert_snapshot!(out(&run(&args, "")), @r"
    *     kind-kind   kind-kind   kind-kind   
    kind-control-plane node-role.kubernetes.io/control-plane kind://docker/kind/kind-control-plane
    kind-worker  kind://docker/kind/kind-worker
    kind-worker2  kind://docker/kind/kind-worker2
    ATTRIBUTE   VALUE
    Username    kubernetes-admin
    Groups      [kubeadm:cluster-admins system:authenticated]
    kubernetes   172.18.0.2:6443   6d23h
    pod/one created
    pod/one condition met
    kind-worker
    ");
    let output = run(&["--profile", "kind", "-c", "minikube service web --url"], "");
    assert_eq!(output.status.code(), Some(85));
    let output = run(
        &[
            "--profile",
            "kind",
            "-c",
            "cluster-info",
            "-c",
            "config view -o jsonpath={.clusters[0].cluster.server}",
        ],
        "",
    );
    let text = out(&output);
    let server = text.lines().last().unwrap_or_default();
    assert!(server.starts_with("https://127.0.0.1:"), "{text}");
    assert!(text.starts_with(&format!("Kubernetes control plane is running at {server}\n")), "{text}");
    let nodes = run(&["--profile", "kind", "--nodes", "1", "-c", "get nodes -o name"], "");
    assert_eq!(out(&nodes), "node/kind-control-plane\n");
}

#[test]
fn each_line_of_an_argument_is_a_command() {
    let output = run(&["-c", "get ns kube-system -o name\nget nodes -o name"], "");
    assert_eq!(out(&output), "namespace/kube-system\nnode/minikube\n");
    assert_eq!(err(&output), "");
}

#[test]
fn a_script_may_begin_with_a_byte_order_mark() {
    let output = run(&["run", "-"], "\u{feff}# a comment\nget nodes -o name\n");
    assert_eq!(out(&output), "$ get nodes -o name\nnode/minikube\n\n");
    assert_eq!(err(&output), "");
}

#[test]
fn saving_leaves_neighbours_alone_and_what_cannot_be_read_says_why() {
    let folder = std::env::temp_dir().join(format!("sts-sim-neighbours-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let neighbour = folder.join("lab.part");
    std::fs::write(&neighbour, "mine").expect("a file");
    let session = folder.join("lab.session");
    let output = run(&["-c", &format!("save {}", session.display())], "");
    assert_eq!(err(&output), "");
    assert_eq!(std::fs::read_to_string(&neighbour).expect("it is there"), "mine");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .expect("a folder")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["lab.part", "lab.session"]);
    std::fs::remove_dir_all(&folder).expect("removed");

    let output = run(&["-c", "load nope.session"], "");
    assert_eq!(err(&output), "error: cannot read nope.session: No such file or directory (os error 2)\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_redirection_to_no_folder_makes_none() {
    let output = run(&["-c", "get pods > no-such-folder/dir/out.txt"], "");
    assert!(err(&output).contains("no-such-folder/dir/out.txt"), "{}", err(&output));
    assert!(!std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../no-such-folder")).exists());
}
