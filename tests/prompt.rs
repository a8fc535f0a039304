//! A person at a prompt: Ctrl-C and Ctrl-D in a pod's shell, a paused clock, long moves, and what words refuse.

use std::rc::Rc;
use std::time::Duration;

use sim_core::engine::{ClusterConfig, Journal, TimingProfile};
use sim_core::kubectl::Stream;
use sim_core::session::{Effect, MemoryFiles, Session, Status, commands};

const WEB: &str = include_str!("../examples/manifests/web.yaml");
const LAB: &str = include_str!("../examples/lab14/statefulset.yaml");

/// A prompt on a terminal, with a cluster on which the set `web` runs.
struct Prompt {
    session: Session,
    files: MemoryFiles,
}

impl Prompt {
    fn new() -> Prompt {
        let profile = TimingProfile::named("minikube").expect("it is built in");
        let mut session = Session::new(ClusterConfig::for_profile(profile, 14));
        session.print_to_screen();
        let files = MemoryFiles::new([("web.yaml", WEB), ("lab/set.yaml", LAB)]);
        session.lend(Rc::new(files.clone()));
        let mut prompt = Prompt { session, files };
        prompt.types("kubectl apply -f web.yaml");
        prompt.session.finish();
        prompt.types("settle");
        prompt
    }

    /// One with a set whose pods are probed, so that something happens every few seconds.
    fn busy() -> Prompt {
        let mut prompt = Prompt::new();
        prompt.types("kubectl apply -f lab/");
        prompt.types("settle");
        prompt
    }

    /// Types a line, and returns what was shown within two seconds.
    fn types(&mut self, line: &str) -> String {
        self.session.submit(line, None, &self.files);
        self.waits()
    }

    fn ctrl_c(&mut self) -> String {
        self.session.interrupt();
        self.waits()
    }

    fn ctrl_d(&mut self) -> String {
        self.session.end_input();
        self.waits()
    }

    fn waits(&mut self) -> String {
        for _ in 0..40 {
            if self.session.status() != Status::Running {
                break;
            }
            self.session.tick(Duration::from_millis(50));
        }
        self.session.take_output().into_iter().map(|chunk| chunk.text).collect()
    }

    /// What is typed, `^C` and `^D` among it, each at its prompt and with what was shown.
    fn transcript(&mut self, lines: &[&str]) -> String {
        let mut shown = String::new();
        for line in lines {
            let prompt = match self.session.status() {
                Status::WantsInput(prompt) => prompt,
                Status::Running => "(running) ".to_owned(),
                Status::Idle => "$ ".to_owned(),
            };
            let printed = match *line {
                "^C" => self.ctrl_c(),
                "^D" => self.ctrl_d(),
                line => self.types(line),
            };
            shown.push_str(&format!("{prompt}{line}\n{printed}"));
        }
        shown
    }

    /// Opens the session again from its journal: it must be the same.
    fn replays(&self) {
        let saved = self.session.save();
        let again = Session::from_journal(&Journal::from_text(&saved).expect("it is sound"));
        assert_eq!(again.cluster().history_hash(), self.session.cluster().history_hash());
        assert_eq!(again.status(), self.session.status());
        assert_eq!(again.save(), saved);
    }
}

#[test]
fn ctrl_c_and_ctrl_d_are_for_the_program_in_the_pod() {
    let mut prompt = Prompt::new();
    let shown = prompt.transcript(&[
        "kubectl exec -it web-0 -- sh",
        "sleep 100",
        "^C",
        "echo $?",
        "^C",
        "cat",
        "hello",
        "^D",
        "echo a \\",
        "b",
        "^D",
        "exec -it web-0 -- sleep 100",
        "^C",
        "kubectl exec -it web-0 -- sh; echo after",
        "sleep 100",
        "^C",
        "exit 0",
    ]);
    insta::assert_snapshot!(shown, @r#"
    $ kubectl exec -it web-0 -- sh
    # sleep 100
    (running) ^C
    # echo $?
    130
    # ^C
    # cat
    hello
    hello
    ^D
    # echo a \
    > b
    a b
    # ^D
    $ exec -it web-0 -- sleep 100
    (running) ^C
    command terminated with exit code 130
    $ kubectl exec -it web-0 -- sh; echo after
    # sleep 100
    (running) ^C
    # exit 0
    after
    "#);
    prompt.replays();
}

#[test]
fn without_a_terminal_ctrl_c_ends_kubectl() {
    let mut prompt = Prompt::new();
    let shown = prompt.transcript(&[
        "kubectl exec -i web-0 -- sh",
        "echo in",
        "^C",
        "kubectl get pods -w -o name",
        "^C",
    ]);
    insta::assert_snapshot!(shown, @r#"
    $ kubectl exec -i web-0 -- sh
    echo in
    in
    ^C
    $ kubectl get pods -w -o name
    pod/web-0
    pod/web-1
    pod/web-2
    (running) ^C
    "#);
    assert_eq!(prompt.session.status(), Status::Idle);
    prompt.replays();
}

#[test]
fn a_shell_that_a_front_end_gives_up_is_gone() {
    let mut prompt = Prompt::new();
    prompt.types("kubectl exec -it web-0 -- sh");
    prompt.session.hang_up();
    assert_eq!(prompt.session.status(), Status::Idle);
    prompt.replays();
}

#[test]
fn while_the_clock_is_paused_shells_stay_and_watches_say_why_they_end() {
    let mut prompt = Prompt::new();
    let mut shown = String::new();
    for line in [
        "pause",
        "get pods -w -o name",
        "logs -f web-0 --tail=1",
        "exec -it web-0 -- sh",
        "sleep 1; echo slept",
        "exit",
        "delete pod web-2",
        "run box --image=busybox -it --rm -- sh",
        "echo in the box",
        "exit",
        "get pod box",
        "clock",
    ] {
        prompt.session.submit(line, None, &prompt.files);
        for _ in 0..60 {
            if prompt.session.status() == Status::Running {
                prompt.session.go_on_paused(Duration::from_millis(50));
            }
        }
        let printed: String = prompt.session.take_output().into_iter().map(|chunk| chunk.text).collect();
        shown.push_str(&format!("$ {line}\n{printed}"));
    }
    insta::assert_snapshot!(shown, @r#"
    $ pause
    clock paused
    $ get pods -w -o name
    pod/web-0
    pod/web-1
    pod/web-2
    hint: the clock is paused (resume, advance and step move it); nothing to follow
    $ logs -f web-0 --tail=1
    /docker-entrypoint.sh: Configuration complete; ready for start up
    hint: the clock is paused (resume, advance and step move it); nothing to follow
    $ exec -it web-0 -- sh
    $ sleep 1; echo slept
    slept
    $ exit
    $ delete pod web-2
    pod "web-2" deleted from default namespace
    hint: the clock is paused; for this command it moved 0.255s
    $ run box --image=busybox -it --rm -- sh
    All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.
    If you don't see a command prompt, try pressing enter.
    hint: the clock is paused; for this command it moved 3.029s
    $ echo in the box
    in the box
    $ exit
    Session ended, resume using 'kubectl attach box -c box -n default -i -t' command
    pod "box" deleted from default namespace
    $ get pod box
    NAME   READY   STATUS        RESTARTS   AGE
    box    0/1     Terminating   0          3s
    $ clock
    2026-11-23T12:00:11Z  (11s since start, paused; next event in 0.01s)
    "#);
    prompt.replays();
}

#[test]
fn a_long_move_can_be_interrupted_and_says_how_far_it_came() {
    let mut prompt = Prompt::busy();
    let mut shown = String::new();
    for line in ["advance 8760h", "step 1000000"] {
        prompt.session.submit(line, None, &prompt.files);
        let progress = prompt.session.progress().expect("it goes on");
        prompt.session.interrupt();
        let printed: String = prompt.session.take_output().into_iter().map(|chunk| chunk.text).collect();
        shown.push_str(&format!("$ {line}\n({progress})\n{printed}"));
        assert_eq!(prompt.session.status(), Status::Idle);
    }
    insta::assert_snapshot!(shown, @r#"
    $ advance 8760h
    (advancing: 3h28m20s of 8760h00m00s)
    interrupted: the clock stands at 3h28m37s since the start
    $ step 1000000
    (stepping: 5000 of 1000000)
    ... 4980 steps before these
    24970.100s kubelet: Pod default/python-app-0
    24972.765s kubelet: Pod default/python-app-1
    24975.100s kubelet: Pod default/python-app-0
    24977.765s kubelet: Pod default/python-app-1
    24980.100s kubelet: Pod default/python-app-0
    24982.765s kubelet: Pod default/python-app-1
    24985.100s kubelet: Pod default/python-app-0
    24987.765s kubelet: Pod default/python-app-1
    24990.100s kubelet: Pod default/python-app-0
    24992.765s kubelet: Pod default/python-app-1
    24995.100s kubelet: Pod default/python-app-0
    24997.765s kubelet: Pod default/python-app-1
    25000.100s kubelet: Pod default/python-app-0
    25002.765s kubelet: Pod default/python-app-1
    25005.100s kubelet: Pod default/python-app-0
    25007.765s kubelet: Pod default/python-app-1
    25010.100s kubelet: Pod default/python-app-0
    25012.765s kubelet: Pod default/python-app-1
    25015.100s kubelet: Pod default/python-app-0
    25017.765s kubelet: Pod default/python-app-1
    interrupted after 5000 steps: the clock stands at 6h56m57s since the start
    "#);
    prompt.replays();
}

#[test]
fn a_move_in_pieces_is_the_move_at_once() {
    let (mut pieces, mut whole) = (Prompt::busy(), Prompt::busy());
    let line = "advance 12h";
    pieces.session.submit(line, None, &pieces.files);
    let mut ticks = 0;
    while pieces.session.status() == Status::Running {
        pieces.session.tick(Duration::from_millis(1));
        ticks += 1;
    }
    whole.session.run(line, None, &whole.files);
    assert!(ticks > 2, "{ticks}");
    assert_eq!(pieces.session.now(), whole.session.now());
    assert_eq!(pieces.session.save(), whole.session.save());
}

#[test]
fn many_steps_show_their_last() {
    let mut prompt = Prompt::busy();
    let shown = prompt.types("step 200");
    assert_eq!(shown.lines().count(), 21);
    assert!(shown.starts_with("... 180 steps before these\n"), "{shown}");
    assert_eq!(prompt.types("step 100").lines().count(), 100);
}

#[test]
fn a_word_that_is_asked_for_help_or_given_too_much_does_nothing() {
    let mut prompt = Prompt::new();
    let shown = prompt.transcript(&[
        "reset --help",
        "reset now",
        "quit --help",
        "save --help",
        "save a b.session",
        "pause -h",
        "pause 5s",
        "fault --help | head -n 1",
        "clock -x",
    ]);
    insta::assert_snapshot!(shown, @r#"
    $ reset --help
    Start again with a new cluster

    Usage:
      reset
    $ reset now
    error: reset takes no "now"; its usage is: reset
    $ quit --help
    Leave

    Usage:
      quit
    $ save --help
    Write the session to a file

    Usage:
      save FILE
    $ save a b.session
    error: save takes no "b.session"; its usage is: save FILE
    $ pause -h
    Stop the clock

    Usage:
      pause
    $ pause 5s
    error: pause takes no "5s"; its usage is: pause
    $ fault --help | head -n 1
    Break something on purpose, or mend it. What follows happens as the clock runs.
    $ clock -x
    error: clock takes no "-x"; its usage is: clock
    "#);
    assert!(prompt.session.take_effects().is_empty());
    assert!(!prompt.session.clock().paused);
}

#[test]
fn a_fault_that_cannot_be_says_why() {
    let mut prompt = Prompt::new();
    let shown = prompt.transcript(&[
        "fault crash web-0 300",
        "fault crash web-0 nginx -1",
        "fault crash web-0 255",
        "fault volume nope lose",
        "fault probe web-0 foo fail",
        "fault probe web-0 liveness break",
    ]);
    insta::assert_snapshot!(shown, @r#"
    $ fault crash web-0 300
    error: 300 is no exit code: they go from 0 to 255
    $ fault crash web-0 nginx -1
    error: -1 is no exit code: they go from 0 to 255
    $ fault crash web-0 255
    pod default/web-0 crashes with exit code 255
    $ fault volume nope lose
    error: there is no claim or volume nope in namespace default
    $ fault probe web-0 foo fail
    error: "foo" is no probe: say readiness, liveness or startup
    $ fault probe web-0 liveness break
    error: "break" is nothing that a probe can do: say fail, pass or real
    "#);
}

#[test]
fn a_manifest_can_be_typed() {
    let mut prompt = Prompt::new();
    let shown = prompt.transcript(&[
        "kubectl apply -f -",
        "apiVersion: v1",
        "kind: ConfigMap",
        "metadata: {name: typed}",
        "^D",
        "kubectl delete -f -",
        "^C",
        "kubectl get cm typed -o name",
    ]);
    insta::assert_snapshot!(shown, @r#"
    $ kubectl apply -f -
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: typed}
    ^D
    configmap/typed created
    $ kubectl delete -f -
    ^C
    $ kubectl get cm typed -o name
    configmap/typed
    "#);
    prompt.replays();
}

#[test]
fn lines_that_come_at_once_are_commands_of_their_own() {
    let text = "kubectl get ns -o name\n\n# the nodes\nkubectl get nodes -o name\nkubectl apply -f - <<EOF\na: 1\nEOF\n";
    assert_eq!(
        commands(text),
        ["kubectl get ns -o name", "kubectl get nodes -o name", "kubectl apply -f - <<EOF\na: 1\nEOF"]
    );
    // Even where a front end does not part them, nothing of the second is the first's.
    let mut prompt = Prompt::new();
    prompt.session.submit("kubectl delete pod web-0\nkubectl get nodes -o name", None, &prompt.files);
    prompt.session.finish();
    assert_eq!(prompt.waits(), "pod \"web-0\" deleted from default namespace\nnode/minikube\n");
    let pasted = "0s default> kubectl get nodes -o name\n";
    prompt.session.submit(pasted, None, &prompt.files);
    assert_eq!(prompt.waits(), "node/minikube\n");
    assert_eq!(commands("cat <<< word\nget pods"), ["cat <<< word", "get pods"]);
    assert_eq!(commands("echo 'a << b'\nget pods"), ["echo 'a << b'", "get pods"]);
}

#[test]
fn curl_shows_its_meter_only_where_the_screen_shows_no_body() {
    let mut prompt = Prompt::new();
    prompt.types("port-forward web-0 8080:80 &");
    let mut meters = Vec::new();
    for line in [
        "curl localhost:8080",
        "echo; curl localhost:8080",
        "curl localhost:8080 | wc -l",
        "curl localhost:8080 > x",
    ] {
        prompt.session.submit(line, None, &prompt.files);
        prompt.session.finish();
        let chunks = prompt.session.take_output();
        let err: String =
            chunks.iter().filter(|c| c.stream == Stream::Err).map(|c| c.text.as_str()).collect();
        meters.push((line, err.contains("% Total")));
    }
    assert_eq!(
        meters,
        [
            ("curl localhost:8080", false),
            ("echo; curl localhost:8080", false),
            ("curl localhost:8080 | wc -l", true),
            ("curl localhost:8080 > x", true)
        ]
    );
}

#[test]
fn a_redirection_needs_the_folder_that_it_names() {
    let mut prompt = Prompt::new();
    let shown = prompt.types("get pods > typo/dir/out.txt");
    assert!(shown.contains("typo/dir/out.txt"), "{shown}");
    assert!(prompt.session.take_effects().is_empty());
    assert_eq!(prompt.session.exit_code(), 1);
    prompt.types("mkdir made");
    assert_eq!(
        prompt.types("get pods -o name > made/out.txt; cat made/out.txt"),
        "pod/web-0\npod/web-1\npod/web-2\n"
    );
    let kept = |effect: &Effect| matches!(effect, Effect::Keep { path, .. } if path == "made/out.txt");
    assert!(prompt.session.take_effects().iter().any(kept));
    prompt.replays();
}

#[test]
fn hints_say_one_sensible_thing() {
    let mut prompt = Prompt::new();
    let shown = prompt.transcript(&[
        "kubectl advance 5s",
        "helm list",
        "vim web.yaml",
        "kubectl log web-0",
        "kubectl git pods",
        "exec web-0 -- \"cat /etc/hostname\"",
        "apply -f *.yaml",
        "apply -f lab/s*.yaml",
    ]);
    insta::assert_snapshot!(shown, @r#"
    $ kubectl advance 5s
    error: unknown command "advance" for "kubectl"
    hint: advance is a word of the simulator's own: leave out kubectl
    $ helm list
    error: unknown command "helm" for "kubectl"
    hint: there is no helm here; kubectl apply takes the manifests that helm template prints
    $ vim web.yaml
    error: unknown command "vim" for "kubectl"
    hint: files are edited outside of the prompt, on the page under Manifest; kubectl edit opens an object
    $ kubectl log web-0
    error: unknown command "log" for "kubectl"

    Did you mean this?
    	top
    	logs
    $ kubectl git pods
    error: unknown command "git" for "kubectl"

    Did you mean this?
    	set
    	get
    	edit
    	wait
    $ exec web-0 -- "cat /etc/hostname"
    OCI runtime exec failed: exec failed: unable to start container process: exec: "cat /etc/hostname": stat cat /etc/hostname: no such file or directory: unknown
    command terminated with exit code 127
    $ apply -f *.yaml
    service/web unchanged
    statefulset.apps/web configured
    $ apply -f lab/s*.yaml
    statefulset.apps/python-app created
    "#);
    prompt.replays();
}
