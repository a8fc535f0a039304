//! Lines that are written for a shell: pipes, redirections, substitutions, loops, files, Ctrl-C, and their replays.

use std::time::Duration;

use sim_core::engine::{ClusterConfig, Journal, TimingProfile};
use sim_core::kubectl::Stream;
use sim_core::session::{Effect, MemoryFiles, Session, Status, is_incomplete};

const WEB: &str = include_str!("../examples/manifests/web.yaml");

/// A terminal with a cluster on which the set `web` runs.
struct Terminal {
    session: Session,
    files: MemoryFiles,
}

impl Terminal {
    fn new() -> Terminal {
        let profile = TimingProfile::named("minikube").expect("it is built in");
        let session = Session::new(ClusterConfig::for_profile(profile, 14));
        let mut terminal = Terminal { session, files: MemoryFiles::new([("web.yaml", WEB)]) };
        terminal.play("kubectl apply -f web.yaml");
        terminal.play("settle");
        terminal
    }

    /// Types a line, lets it end, and returns what was shown.
    fn play(&mut self, line: &str) -> String {
        let shown = self.session.run(line, None, &self.files).into_iter().map(|chunk| chunk.text).collect();
        self.keep();
        shown
    }

    /// Does what a front end does with written files.
    fn keep(&mut self) {
        for effect in self.session.take_effects() {
            if let Effect::Keep { path, text } = effect {
                self.files.put(&path, &text);
            }
        }
    }

    /// Types lines, and returns them with what was shown.
    fn transcript(&mut self, lines: &[&str]) -> String {
        lines.iter().map(|line| format!("$ {line}\n{}", self.play(line))).collect()
    }

    /// Opens the session again from its journal: it must be the same.
    fn replays(&self) {
        let saved = self.session.save();
        let again = Session::from_journal(&Journal::from_text(&saved).expect("it is sound"));
        assert_eq!(again.cluster().history_hash(), self.session.cluster().history_hash());
        assert_eq!(again.save(), saved);
    }
}

#[test]
fn output_goes_through_pipes_and_exit_codes_decide() {
    let mut terminal = Terminal::new();
    let shown = terminal.transcript(&[
        "kubectl get pods | grep Running | wc -l",
        "get pods --no-headers | awk '{print $1, $3}' | sort -r",
        "kubectl get pods nosuch 2>/dev/null || echo none",
        "kubectl get pod nosuch 2>&1 | sed 's/^/> /'",
        "kubectl get pod web-0 -o jsonpath='{.spec.containers[0].name}'; echo",
        "k get pods -o name | head -1 && echo first",
        "! kubectl get pod nosuch 2>/dev/null && echo gone",
        "kubectl get pod nosuch > /dev/null; echo $?",
        "kubectl get pods --no-headers | grep --line-buffered -c web; echo aGk= | base64 --decode; echo",
        "kubectl get pods -o name | tr / ' ' | column -t | less",
        "kubectl get sts web -o jsonpath={.spec.replicas} | tr 3 three",
    ]);
    assert_eq!(
        shown,
        "\
$ kubectl get pods | grep Running | wc -l
3
$ get pods --no-headers | awk '{print $1, $3}' | sort -r
web-2 Running
web-1 Running
web-0 Running
$ kubectl get pods nosuch 2>/dev/null || echo none
none
$ kubectl get pod nosuch 2>&1 | sed 's/^/> /'
> Error from server (NotFound): pods \"nosuch\" not found
$ kubectl get pod web-0 -o jsonpath='{.spec.containers[0].name}'; echo
nginx
$ k get pods -o name | head -1 && echo first
pod/web-0
first
$ ! kubectl get pod nosuch 2>/dev/null && echo gone
gone
$ kubectl get pod nosuch > /dev/null; echo $?
Error from server (NotFound): pods \"nosuch\" not found
1
$ kubectl get pods --no-headers | grep --line-buffered -c web; echo aGk= | base64 --decode; echo
3
hi
$ kubectl get pods -o name | tr / ' ' | column -t | less
pod  web-0
pod  web-1
pod  web-2
$ kubectl get sts web -o jsonpath={.spec.replicas} | tr 3 three
t"
    );
    terminal.replays();
}

#[test]
fn a_plain_line_prints_and_costs_what_it_did_before() {
    let (mut plain, mut piped) = (Terminal::new(), Terminal::new());
    let before = plain.session.now();
    assert_eq!(plain.play("kubectl get pods"), piped.play("kubectl get pods | cat"));
    assert_eq!(plain.session.now(), before + Duration::from_millis(50));
    assert_eq!(piped.session.now(), plain.session.now());
    let filter = "get pod web-0 -o jsonpath={.status.conditions[?(@.type==\"Ready\")].status}";
    assert!(plain.play(filter).starts_with("error: error executing jsonpath"), "the quotes are the shell's");
    assert_eq!(plain.play("get pods -o jsonpath={.items[*].metadata.name}"), "web-0 web-1 web-2");
}

#[test]
fn substitutions_and_variables_outlive_their_line() {
    let mut terminal = Terminal::new();
    let shown = terminal.transcript(&[
        "IP=$(kubectl get pod web-0 -o jsonpath='{.status.podIP}') && echo \"at $IP\"",
        "kubectl exec web-1 -- curl -s -o /dev/null -w '%{http_code}\\n' $IP:80/nosuch",
        "export TIER=db",
        "echo $TIER $HOME; unset TIER; echo \"[$TIER]\"",
        "pods() { kubectl get pods --no-headers -l \"$1\" | wc -l; }",
        "pods app=web",
        "kubectl delete $(kubectl get pods -o name | head -1) --wait=false",
        "kubectl get pods nosuch",
        "echo $?",
    ]);
    assert_eq!(
        shown,
        "\
$ IP=$(kubectl get pod web-0 -o jsonpath='{.status.podIP}') && echo \"at $IP\"
at 10.244.0.3
$ kubectl exec web-1 -- curl -s -o /dev/null -w '%{http_code}\\n' $IP:80/nosuch
404
$ export TIER=db
$ echo $TIER $HOME; unset TIER; echo \"[$TIER]\"
db /home/learner
[]
$ pods() { kubectl get pods --no-headers -l \"$1\" | wc -l; }
$ pods app=web
3
$ kubectl delete $(kubectl get pods -o name | head -1) --wait=false
pod \"web-0\" deleted from default namespace
$ kubectl get pods nosuch
Error from server (NotFound): pods \"nosuch\" not found
$ echo $?
1
"
    );
    terminal.replays();
}

#[test]
fn what_a_line_writes_is_there_for_it_and_for_later_lines() {
    let mut terminal = Terminal::new();
    let shown = terminal.transcript(&[
        "kubectl get sts web -o name > kept.txt; cat kept.txt",
        "echo more >> kept.txt",
        "wc -l kept.txt",
        "cat web.yaml | sed 's/replicas: 3/replicas: 1/' > one.yaml && kubectl apply -f one.yaml",
        "kubectl get sts web -o jsonpath={.spec.replicas}; echo",
        "ls *.yaml; ls | wc -l",
        "cat <<EOF > cm.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {who: \"$USER\"}\nEOF",
        "kubectl apply -f cm.yaml && kubectl get cm x -o jsonpath={.data.who}; echo",
        "kubectl label -f - kept=yes <<< '{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"x\"}}'",
        "sleep 2; cat kept.txt | head -1",
        "cat nosuch.yaml | wc -l",
        "cd lab14",
    ]);
    assert_eq!(
        shown,
        "\
$ kubectl get sts web -o name > kept.txt; cat kept.txt
statefulset.apps/web
$ echo more >> kept.txt
$ wc -l kept.txt
2 kept.txt
$ cat web.yaml | sed 's/replicas: 3/replicas: 1/' > one.yaml && kubectl apply -f one.yaml
service/web unchanged
statefulset.apps/web configured
$ kubectl get sts web -o jsonpath={.spec.replicas}; echo
1
$ ls *.yaml; ls | wc -l
one.yaml
web.yaml
3
$ cat <<EOF > cm.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: x}
data: {who: \"$USER\"}
EOF
$ kubectl apply -f cm.yaml && kubectl get cm x -o jsonpath={.data.who}; echo
configmap/x created
learner
$ kubectl label -f - kept=yes <<< '{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"x\"}}'
configmap/x labeled
$ sleep 2; cat kept.txt | head -1
statefulset.apps/web
$ cat nosuch.yaml | wc -l
cat: nosuch.yaml: No such file or directory
0
$ cd lab14
error: there is one folder here, the one that sts-sim was started in: name files from there
"
    );
    terminal.replays();
}

#[test]
fn a_reopened_session_asks_again_to_keep_its_files() {
    let mut terminal = Terminal::new();
    terminal.play("echo one > x; sleep 1; echo two > x");
    let journal = Journal::from_text(&terminal.session.save()).expect("it is sound");
    let kept = Session::from_journal(&journal).take_effects();
    assert_eq!(kept, [Effect::Keep { path: "x".to_owned(), text: "two\n".to_owned() }]);
}

#[test]
fn input_comes_from_the_pipe() {
    let mut terminal = Terminal::new();
    let shown = terminal.transcript(&[
        "echo hello | kubectl exec -i web-0 -- cat",
        "printf 'a b' | kubectl exec -i web-0 -- wc -c",
        "echo ignored | kubectl exec web-0 -- cat",
        "for n in web-0 web-1; do echo $n; done | while read pod; do kubectl get pod $pod --no-headers -o name; done",
        "cat web.yaml | kubectl delete -f - --wait=false",
    ]);
    assert_eq!(
        shown,
        "\
$ echo hello | kubectl exec -i web-0 -- cat
hello
$ printf 'a b' | kubectl exec -i web-0 -- wc -c
3
$ echo ignored | kubectl exec web-0 -- cat
$ for n in web-0 web-1; do echo $n; done | while read pod; do kubectl get pod $pod --no-headers -o name; done
pod/web-0
pod/web-1
$ cat web.yaml | kubectl delete -f - --wait=false
service \"web\" deleted from default namespace
statefulset.apps \"web\" deleted from default namespace
"
    );
    terminal.replays();
}

#[test]
fn loops_wait_and_xargs_runs_kubectl() {
    let mut terminal = Terminal::new();
    let started = terminal.session.now();
    let shown = terminal.transcript(&[
        "for i in 1 2 3; do kubectl exec web-0 -- echo visit $i; sleep 1; done",
        "kubectl get pods -o name | xargs -n1 kubectl delete --wait=false",
        "kubectl wait --for=delete pod/web-2 --timeout=60s && kubectl rollout status sts web | tail -1",
        "kubectl delete sts web; while kubectl get pod web-0 >/dev/null 2>&1; do sleep 1; done; echo gone",
    ]);
    assert_eq!(
        shown,
        "\
$ for i in 1 2 3; do kubectl exec web-0 -- echo visit $i; sleep 1; done
visit 1
visit 2
visit 3
$ kubectl get pods -o name | xargs -n1 kubectl delete --wait=false
pod \"web-0\" deleted from default namespace
pod \"web-1\" deleted from default namespace
pod \"web-2\" deleted from default namespace
$ kubectl wait --for=delete pod/web-2 --timeout=60s && kubectl rollout status sts web | tail -1
pod/web-2 condition met
partitioned roll out complete: 3 new pods have been updated...
$ kubectl delete sts web; while kubectl get pod web-0 >/dev/null 2>&1; do sleep 1; done; echo gone
statefulset.apps \"web\" deleted from default namespace
gone
"
    );
    assert!(terminal.session.now() > started + Duration::from_secs(3));
    terminal.replays();
}

#[test]
fn a_watch_ends_when_nobody_reads_it_any_more() {
    let mut terminal = Terminal::new();
    let shown = terminal.play("kubectl get pods -w --no-headers | head -2 | cut -d' ' -f1");
    assert_eq!(shown, "web-0\nweb-1\n");
    assert_eq!(terminal.session.exit_code(), 0);
    terminal.replays();
}

#[test]
fn ctrl_c_ends_the_whole_line_and_keeps_what_it_wrote() {
    let mut terminal = Terminal::new();
    let files = terminal.files.clone();
    terminal.session.submit("N=1; kubectl get pods -w -o name | tee seen.txt; echo after", None, &files);
    terminal.session.tick(Duration::from_millis(200));
    assert_eq!(terminal.session.status(), Status::Running);
    terminal.session.interrupt();
    assert_eq!(terminal.session.status(), Status::Idle);
    assert_eq!(terminal.session.exit_code(), 130);
    let shown: String = terminal.session.take_output().into_iter().map(|chunk| chunk.text).collect();
    assert_eq!(shown, "pod/web-0\npod/web-1\npod/web-2\n");
    terminal.keep();
    assert_eq!(terminal.files.text("seen.txt"), Some("pod/web-0\npod/web-1\npod/web-2\n"));
    assert_eq!(terminal.play("echo $? $N"), "130 1\n");
    terminal.replays();
}

#[test]
fn a_line_that_runs_live_is_the_same_in_its_replay() {
    let mut terminal = Terminal::new();
    let line = "kubectl delete pod web-1; sleep 3; kubectl scale sts web --replicas=$(cat count.txt)";
    terminal.files.put("count.txt", "5\n");
    terminal.session.lend(std::rc::Rc::new(terminal.files.clone()));
    let files = terminal.files.clone();
    terminal.session.submit(line, None, &files);
    while terminal.session.status() == Status::Running {
        terminal.session.tick(Duration::from_millis(37));
    }
    terminal.session.tick(Duration::from_secs(60));
    let shown: String = terminal.session.take_output().into_iter().map(|chunk| chunk.text).collect();
    assert_eq!(shown, "pod \"web-1\" deleted from default namespace\nstatefulset.apps/web scaled\n");
    assert_eq!(terminal.play("kubectl get pods --no-headers | wc -l"), "5\n");
    terminal.replays();
}

#[test]
fn a_program_in_a_line_asks_the_user() {
    let mut terminal = Terminal::new();
    let files = terminal.files.clone();
    terminal.session.submit(
        "read name; echo \"hello $name\"; kubectl exec -it web-0 -- sh; echo left",
        None,
        &files,
    );
    assert_eq!(terminal.session.status(), Status::WantsInput(String::new()));
    terminal.session.submit("you", None, &files);
    terminal.session.tick(Duration::from_millis(500));
    assert_eq!(terminal.session.status(), Status::WantsInput("# ".to_owned()));
    terminal.session.submit("hostname", None, &files);
    terminal.session.tick(Duration::from_millis(500));
    terminal.session.submit("exit", None, &files);
    terminal.session.tick(Duration::from_millis(500));
    assert_eq!(terminal.session.status(), Status::Idle);
    let shown: String = terminal.session.take_output().into_iter().map(|chunk| chunk.text).collect();
    assert_eq!(shown, "hello you\nweb-0\nleft\n");
    terminal.replays();
}

#[test]
fn errors_are_the_shells_and_change_nothing() {
    let mut terminal = Terminal::new();
    let before = terminal.session.cluster().store().revision();
    let shown = terminal.transcript(&[
        "kubectl delete sts web; get pods | | wc",
        "kubectl delete sts web && fi",
        "for i in 1 2; do kubectl delete sts web",
        "kubectl delete pod web-0 | (",
    ]);
    assert_eq!(
        shown,
        "\
$ kubectl delete sts web; get pods | | wc
bash: syntax error near unexpected token `|'
$ kubectl delete sts web && fi
bash: syntax error near unexpected token `fi'
$ for i in 1 2; do kubectl delete sts web
bash: syntax error: unexpected end of file
$ kubectl delete pod web-0 | (
bash: syntax error: unexpected end of file
"
    );
    assert_eq!(terminal.session.exit_code(), 2);
    assert_eq!(terminal.session.cluster().store().revision(), before);
    let shown = terminal.transcript(&[
        "kubectl get pods | gerp web",
        "kubectl get pods -o json | jq .items",
        "get podz | cat",
        "get podz && echo fine",
        "exec web-0 -- ls | wc -l",
        "advance 5s && reset",
        "sleep 9 & echo now",
        "while true; do kubectl get pods; done &",
        "watch kubectl get pods",
        "pods",
    ]);
    assert_eq!(
        shown,
        "\
$ kubectl get pods | gerp web
bash: gerp: command not found
hint: did you mean grep?
$ kubectl get pods -o json | jq .items
bash: jq: command not found
$ get podz | cat
error: the server doesn't have a resource type \"podz\"
$ get podz && echo fine
error: the server doesn't have a resource type \"podz\"
hint: did you mean pods?
$ exec web-0 -- ls | wc -l
bash: exec: web-0: not found
0
hint: among a shell's commands exec is the shell's own: say kubectl exec
$ advance 5s && reset
error: reset must stand alone on its line
$ sleep 9 & echo now
now
hint: what a line leaves in the background ends with it
$ while true; do kubectl get pods; done &
error: only port-forward runs in the background here
$ watch kubectl get pods
error: unknown command \"watch\" for \"kubectl\"

Did you mean this?
	patch
hint: get -w prints a row whenever something changes; Ctrl-C ends it
$ pods
error: unknown command \"pods\" for \"kubectl\"

Did you mean this?
	logs
hint: did you mean get pods?
"
    );
    terminal.replays();
}

#[test]
fn a_forward_stays_open_whatever_silences_it() {
    let mut terminal = Terminal::new();
    let shown = terminal.transcript(&[
        "kubectl port-forward svc/web 8080:80 >/dev/null 2>&1 &",
        "jobs | wc -l",
        "curl -s -o /dev/null -w '%{http_code}\\n' localhost:8080/nosuch | cat",
        "kill %1; jobs",
    ]);
    assert_eq!(
        shown,
        "\
$ kubectl port-forward svc/web 8080:80 >/dev/null 2>&1 &
Forwarding from 127.0.0.1:8080 -> 80
Forwarding from [::1]:8080 -> 80
[1] kubectl port-forward svc/web 8080:80
$ jobs | wc -l
1
$ curl -s -o /dev/null -w '%{http_code}\\n' localhost:8080/nosuch | cat
Handling connection for 8080
404
$ kill %1; jobs
"
    );
}

#[test]
fn leaving_is_the_shells_exit() {
    let mut terminal = Terminal::new();
    let files = terminal.files.clone();
    terminal.session.run("(exit 3); echo $?", None, &files);
    assert_eq!(terminal.session.take_effects(), []);
    let shown = terminal.session.run("kubectl get pod nosuch || exit 4; echo never", None, &files);
    assert!(shown.iter().all(|chunk| chunk.stream == Stream::Err), "{shown:?}");
    assert_eq!(terminal.session.take_effects(), [Effect::Quit]);
    assert_eq!(terminal.session.exit_code(), 4);
}

#[test]
fn lines_that_go_on_are_told_from_those_that_are_whole() {
    for open in [
        "for i in 1 2; do",
        "for i in 1 2; do\nkubectl get pods",
        "get pods |",
        "get pods | grep x &&",
        "if kubectl get pods; then",
        "echo \"a",
        "X=$(kubectl get",
        "cat <<EOF | kubectl apply -f -\nkind: Pod",
        "f() {",
    ] {
        assert!(is_incomplete(open), "{open}");
        assert!(is_incomplete(&format!("{open}\n")), "{open}");
    }
    for whole in [
        "cat <<< hi | tr a-z A-Z",
        "[[ a == a* ]] && echo {1..3}",
        "get pods | wc",
        "for i in 1 2; do\nkubectl get pods\ndone",
        "get pods | | wc",
        "fi; done",
        "cat <<EOF | kubectl apply -f -\nkind: Pod\nEOF",
        "get pods -o jsonpath={.items[*].metadata.name}",
        "port-forward svc/web 8080:80 &",
    ] {
        assert!(!is_incomplete(whole), "{whole}");
    }
}

#[test]
fn a_command_completes_behind_an_operator_as_at_the_start() {
    let terminal = Terminal::new();
    let texts = |line: &str| -> Vec<String> {
        let found = terminal.session.complete(line, line.len(), &terminal.files);
        found.candidates.into_iter().map(|candidate| candidate.text).collect()
    };
    assert_eq!(texts("get pods | gre"), ["grep"]);
    assert_eq!(texts("get pods && kubectl sca"), ["scale"]);
    assert_eq!(texts("X=$(get pod web-"), ["web-0", "web-1", "web-2"]);
    assert_eq!(texts("for i in 1 2; do kubectl exec web-"), ["web-0", "web-1", "web-2"]);
    assert_eq!(texts("get pods > w"), ["web.yaml"]);
    assert_eq!(texts("echo; cat w"), ["web.yaml"]);
}

#[test]
fn minikube_tells_what_of_its_cluster_runs() {
    let mut terminal = Terminal::new();
    let lines = [
        "minikube status",
        "echo it is at $(minikube ip)",
        "minikube start",
        "fault node minikube stop",
        "advance 60s",
        "minikube status || echo it does not",
        "minikube dashboard",
    ];
    insta::assert_snapshot!(terminal.transcript(&lines), @r"
    $ minikube status
    minikube
    type: Control Plane
    host: Running
    kubelet: Running
    apiserver: Running
    kubeconfig: Configured

    $ echo it is at $(minikube ip)
    it is at 192.168.49.2
    $ minikube start
    error: the cluster runs already; reset starts a new one
    $ fault node minikube stop
    node minikube stops
    $ advance 60s
    $ minikube status || echo it does not
    minikube
    type: Control Plane
    host: Running
    kubelet: Stopped
    apiserver: Running
    kubeconfig: Configured

    it does not
    $ minikube dashboard
    error: of minikube there is only: minikube service NAME [--url], minikube status, minikube ip
    ");
}

#[test]
fn a_here_document_of_kubectl_is_expanded_unless_its_marker_is_quoted() {
    let mut terminal = Terminal::new();
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {a: \"$NAME\", b: \"\\$x\", c: $(echo hi)}\nEOF";
    terminal.play("NAME=foo");
    let open = format!("kubectl apply -f - <<EOF\n{}", map.replace("name: NAME", "name: $NAME"));
    insta::assert_snapshot!(terminal.play(&open), @"configmap/foo created");
    insta::assert_snapshot!(terminal.play("kubectl get cm foo -o jsonpath='{.data}'"), @r#"{"a":"foo","b":"$x","c":"hi"}"#);
    let quoted = format!(
        "kubectl create -f - <<'EOF'\n{}",
        map.replace("name: NAME", "name: bar").replace("\\$", "$")
    );
    insta::assert_snapshot!(terminal.play(&quoted), @"configmap/bar created");
    insta::assert_snapshot!(terminal.play("kubectl get cm bar -o jsonpath='{.data}'"), @r#"{"a":"$NAME","b":"$x","c":"$(echo hi)"}"#);
    insta::assert_snapshot!(terminal.play("kubectl exec -i web-0 -- sh <<EOF\necho $NAME \\$HOSTNAME\nEOF"), @"foo web-0");
}

#[test]
fn the_prompts_shell_is_bash() {
    let mut terminal = Terminal::new();
    let shown = terminal.transcript(&[
        "[[ web-1 =~ -([0-9]+)$ ]] && echo ${BASH_REMATCH[1]}",
        "items=(a b); echo ${items[1]} {1..3}",
        "alias n='kubectl get nodes' names='n -o name'",
        "names",
        "names | wc -l",
        "diff <(kubectl get nodes -o name) <(echo node/other)",
        "kubectl apply -f <(echo '{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"}}')",
        "kubectl delete configmap {c,d}",
        "source <(kubectl completion bash)",
        "alias gone",
    ]);
    assert_eq!(
        shown,
        "\
$ [[ web-1 =~ -([0-9]+)$ ]] && echo ${BASH_REMATCH[1]}
1
$ items=(a b); echo ${items[1]} {1..3}
b 1 2 3
$ alias n='kubectl get nodes' names='n -o name'
$ names
node/minikube
$ names | wc -l
1
$ diff <(kubectl get nodes -o name) <(echo node/other)
1c1
< node/minikube
---
> node/other
$ kubectl apply -f <(echo '{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"}}')
configmap/c created
$ kubectl delete configmap {c,d}
configmap \"c\" deleted from default namespace
Error from server (NotFound): configmaps \"d\" not found
$ source <(kubectl completion bash)
The prompt completes kubectl's words by itself: press Tab.
$ alias gone
bash: alias: gone: not found
"
    );
}

#[test]
fn a_manifest_of_the_network_is_said_to_be_out_of_reach() {
    let mut terminal = Terminal::new();
    insta::assert_snapshot!(terminal.play("kubectl apply -f https://k8s.io/examples/application/web/web.yaml"), @"
    Unable to connect to the server: dial tcp: lookup k8s.io: no such host
    hint: there is no network here: save the file beside you and name it with -f
    ");
    insta::assert_snapshot!(terminal.play("kubectl get sts"), @"
    NAME   READY   AGE
    web    3/3     7s
    ");
}
