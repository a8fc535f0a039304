//! Commands that work with the user's own machine: an editor, files, ports, the kubeconfig.

use std::cell::RefCell;

use insta::assert_snapshot;

use super::{Bench, web};
use crate::kubectl::{FileError, Files, NoFiles};
use crate::session::{ClockMode, Effect, MemoryFiles, Session};

const NGINX: &str = "apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: 'nginx:1.27', ports: [{containerPort: 80, name: http}]}]}
";

/// An editor that replaces one text by another.
struct Editor(&'static str, &'static str);

impl Files for Editor {
    fn read(&self, _path: &str, _recursive: bool) -> Result<Vec<(String, String)>, FileError> {
        Err(FileError::NotFound)
    }

    fn edit(&self, _name: &str, text: &str) -> Option<Result<String, String>> {
        Some(Ok(text.replace(self.0, self.1)))
    }

    fn keep_edit(&self, extension: &str, _text: &str) -> Option<String> {
        Some(format!("kept.{extension}"))
    }
}

fn session() -> Session {
    let mut session = Session::instant();
    session.apply(NGINX).expect("it is a sound manifest");
    session.kubectl("settle").expect("it settles");
    session
}

fn said(session: &mut Session, line: &str, files: &dyn Files) -> String {
    session.run(line, None, files).into_iter().map(|chunk| chunk.text).collect()
}

#[test]
fn diff_shows_what_apply_would_change() {
    let mut bench = Bench::new();
    bench.run_with("apply -f -", Some(&web(2)));
    bench.sleep(5);
    assert_snapshot!(bench.run_with("diff -f -", Some(&web(2))), @"");
    let changed = bench.run_with("diff -f -", Some(&web(5)));
    let shown: Vec<&str> =
        changed.lines().filter(|line| line.starts_with(['+', '-', '@', 'e'])).skip(2).collect();
    assert_eq!(
        shown,
        [
            "@@ -5,7 +5,7 @@",
            "-  generation: 1",
            "+  generation: 2",
            "@@ -15,7 +15,7 @@",
            "-  replicas: 2",
            "+  replicas: 5",
            "exit 1"
        ],
        "{changed}"
    );
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n";
    let shown = bench.run_with("diff -f -", Some(secret));
    assert!(shown.contains("+  password: '***'") && !shown.contains("aHVudGVyMg"), "{shown}");
}

#[test]
fn an_object_is_edited() {
    let mut session = session();
    assert_snapshot!(said(&mut session, "edit sts web", &Editor("replicas: 2", "replicas: 3")), @"statefulset.apps/web edited");
    assert_snapshot!(session.kubectl("get sts web -o jsonpath={.spec.replicas}").expect("it is there"), @"3");
    assert_snapshot!(said(&mut session, "edit sts web", &Editor("nothing", "else")), @"Edit cancelled, no changes made.");
    assert_snapshot!(said(&mut session, "edit sts web", &Editor("serviceName: web", "serviceName: other")), @r#"
    error: statefulsets.apps "web" is invalid
    A copy of your changes has been stored to "kept.yaml"
    error: Edit cancelled, no valid changes were saved.
    "#);
    let nobody = said(&mut session, "edit sts web", &MemoryFiles::default());
    assert!(nobody.contains("there is no editor here"), "{nobody}");
}

#[test]
fn several_objects_are_edited_in_one_file() {
    let mut session = session();
    session
        .apply("apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n")
        .expect("sound");
    let both = "edit sts/web svc/web";
    assert_snapshot!(said(&mut session, both, &Editor("nothing", "else")), @"Edit cancelled, no changes made.");
    assert_snapshot!(said(&mut session, both, &Editor("replicas: 2", "replicas: 3")), @r"
    statefulset.apps/web edited
    service/web skipped
    ");
    assert_snapshot!(said(&mut session, both, &Editor("serviceName: web", "serviceName: other")), @r#"
    error: statefulsets.apps "web" is invalid
    service/web skipped
    A copy of your changes has been stored to "kept.yaml"
    error: Edit cancelled, no valid changes were saved.
    "#);
    assert_snapshot!(said(&mut session, both, &Editor("  name: web\n", "  name: other\n")), @r#"
    A copy of your changes has been stored to "kept.yaml"
    error: At least one of apiVersion, kind and name was changed
    "#);
    assert_snapshot!(said(&mut session, both, &Editor("namespace: default", "namespace: other")), @r#"
    A copy of your changes has been stored to "kept.yaml"
    error: the namespace from the provided object "other" does not match the namespace "default". You must pass '--namespace=other' to perform this operation.
    "#);
}

#[test]
fn a_pod_is_edited_through_its_resize() {
    let mut session = session();
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: app}, spec: {containers: [{name: app, image: nginx, \
               resources: {requests: {cpu: 100m}}}]}}";
    session.apply(pod).expect("it is new");
    let editor = Editor("cpu: 100m", "cpu: 120m");
    assert_snapshot!(said(&mut session, "edit pod app --subresource=resize", &editor), @"pod/app edited");
    let cpu = "get pod app -o jsonpath={.spec.containers[0].resources.requests.cpu}";
    assert_snapshot!(session.kubectl(cpu).expect("it is there"), @"120m");
    assert_snapshot!(said(&mut session, "edit pod app --subresource=other", &editor), @r#"error: invalid subresource value: "other". Must be one of [status resize]"#);
}

/// An editor that empties the file, and then shows what it was given.
struct Emptier(RefCell<Vec<String>>);

impl Files for Emptier {
    fn read(&self, _path: &str, _recursive: bool) -> Result<Vec<(String, String)>, FileError> {
        Err(FileError::NotFound)
    }

    fn edit(&self, _name: &str, text: &str) -> Option<Result<String, String>> {
        self.0.borrow_mut().push(text.to_owned());
        Some(Ok(String::new()))
    }
}

#[test]
fn an_emptied_file_is_opened_again_with_the_reason() {
    let editor = Emptier(RefCell::default());
    let mut session = session();
    assert_snapshot!(said(&mut session, "edit sts web", &editor), @r#"
    error: statefulsets.apps "web" is invalid
    error: Edit cancelled, no valid changes were saved.
    "#);
    assert_snapshot!(editor.0.borrow()[1], @r#"
    # Please edit the object below. Lines beginning with a '#' will be ignored,
    # and an empty file will abort the edit. If an error occurs while saving this file will be
    # reopened with the relevant failures.
    #
    # statefulsets.apps "web" was not valid:
    # * <nil>: Invalid value: "The edited file failed validation": invalid object to validate
    #
    "#);
    assert_snapshot!(said(&mut session, "edit sts web --validate=false", &editor), @"Edit cancelled, saved file was empty.");
}

#[test]
fn the_configuration_applied_last_is_set_and_edited() {
    let mut session = session();
    assert_snapshot!(said(&mut session, "apply edit-last-applied sts/web", &Editor("nothing", "else")), @"Edit cancelled, no changes made.");
    let five = MemoryFiles::new([("five.yaml", &*NGINX.replace("replicas: 2", "replicas: 5"))]);
    let set = "apply set-last-applied -f five.yaml";
    assert_snapshot!(said(&mut session, &format!("{set} --dry-run=client"), &five), @"statefulset.apps/web configured (dry run)");
    assert_snapshot!(said(&mut session, set, &five), @"statefulset.apps/web configured");
    assert_snapshot!(said(&mut session, set, &five), @"set-last-applied web: no changes required.");
    assert_snapshot!(session.kubectl("get sts web -o jsonpath={.spec.replicas}").expect("it is there"), @"2");
    assert_snapshot!(said(&mut session, "apply edit-last-applied sts/web", &Editor("replicas: 5", "replicas: 6")), @"statefulset.apps/web edited");
    let shown = session.kubectl("apply view-last-applied sts/web").expect("it has one");
    assert!(shown.contains("replicas: 6"), "{shown}");
    session.kubectl("create configmap plain --from-literal=a=b").expect("it is new");
    assert_snapshot!(said(&mut session, "apply edit-last-applied cm/plain", &Editor("a", "b")), @"error: no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply set-last-applied --create-annotation`");
}

#[test]
fn a_session_with_an_edit_opens_again() {
    let mut session = session();
    said(&mut session, "edit sts web", &Editor("replicas: 2", "replicas: 3"));
    let journal = crate::engine::Journal::from_text(&session.save()).expect("it was just written");
    let mut again = Session::from_journal(&journal);
    assert_eq!(
        said(&mut session, "hash", &MemoryFiles::default()),
        said(&mut again, "hash", &MemoryFiles::default())
    );
}

#[test]
fn a_session_that_was_paused_by_hand_can_be_saved_again_and_again() {
    let mut session = session();
    let clock = session.clock();
    session.set_clock(ClockMode { paused: true, ..clock });
    said(&mut session, "delete pod web-0 --wait=false", &MemoryFiles::default());
    session.set_clock(clock);
    session.tick(std::time::Duration::from_secs(5));
    let hash = said(&mut session, "hash", &MemoryFiles::default());
    for _ in 0..2 {
        let journal = crate::engine::Journal::from_text(&session.save()).expect("it was just written");
        session = Session::from_journal(&journal);
        assert_eq!(said(&mut session, "hash", &MemoryFiles::default()), hash);
    }
}

#[test]
fn files_go_into_a_container_and_out_of_it() {
    let mut session = session();
    let files = MemoryFiles::new([("site/index.html", "hello\n"), ("site/a/b.txt", "deep\n")]);
    assert_snapshot!(said(&mut session, "cp site web-0:/tmp/site", &files), @"");
    assert_snapshot!(said(&mut session, "exec web-0 -- cat /tmp/site/index.html /tmp/site/a/b.txt", &files), @r"
    hello
    deep
    ");
    assert_snapshot!(said(&mut session, "cp web-0:/tmp/site out", &files), @"tar: Removing leading `/' from member names");
    let written: Vec<(String, Vec<u8>)> = session
        .take_effects()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Write { path, bytes } => Some((path, bytes)),
            _ => None,
        })
        .collect();
    assert_eq!(
        written,
        [("out/a/b.txt".to_owned(), b"deep\n".to_vec()), ("out/index.html".to_owned(), b"hello\n".to_vec())]
    );
    assert_snapshot!(said(&mut session, "cp site/index.html web-0:/no/where", &files), @r"
    tar: /no: Cannot open: No such file or directory
    tar: Error is not recoverable: exiting now
    command terminated with exit code 2
    ");
}

#[test]
fn a_forwarded_port_reaches_the_pod_until_it_goes() {
    let mut session = session();
    let none = MemoryFiles::default();
    let status = "curl -s -o /dev/null -w '%{http_code}\\n' localhost:8080";
    assert!(said(&mut session, status, &none).starts_with("000"), "nothing listens yet");
    assert_snapshot!(said(&mut session, "port-forward pod/web-0 8080:http &", &none), @r"
    Forwarding from 127.0.0.1:8080 -> 80
    Forwarding from [::1]:8080 -> 80
    [1] port-forward pod/web-0 8080:http
    ");
    assert_snapshot!(said(&mut session, status, &none), @r"
    Handling connection for 8080
    200
    ");
    assert_snapshot!(said(&mut session, "port-forward web-1 8080:80", &none), @"error: unable to listen on any of the requested ports: [{8080 80}]");
    assert_snapshot!(said(&mut session, "delete pod web-0", &none), @r#"
    pod "web-0" deleted from default namespace
    error: lost connection to pod
    "#);
    assert!(said(&mut session, status, &none).starts_with("000"), "the port is closed");
}

#[test]
fn a_forwarded_port_is_lost_when_nothing_listens_behind_it() {
    let mut session = session();
    let none = MemoryFiles::default();
    said(&mut session, "port-forward pod/web-0 8080:81 &", &none);
    assert_snapshot!(said(&mut session, "curl localhost:8080", &none), @r#"
    Handling connection for 8080
    E1123 12:00:00.000000       1 portforward.go:424] "Unhandled Error" err=<
    	an error occurred forwarding 8080 -> 81: error forwarding port 81 to pod 0c12f87ec9054d348d2d4691c144cf89813fbeef084182bd99403f108a4a1cbd, uid : exit status 1: 2026/11/23 12:00:00 socat[5001] E connect(5, AF=2 127.0.0.1:81, 16): Connection refused
     >
    error: lost connection to pod
    curl: (52) Empty reply from server
    "#);
    assert_snapshot!(said(&mut session, "jobs", &none), @"");
    assert_snapshot!(said(&mut session, "curl localhost:8080", &none), @"curl: (7) Failed to connect to localhost port 8080 after 0 ms: Couldn't connect to server");
}

#[test]
fn the_namespace_in_use_is_kept() {
    let mut session = session();
    let none = MemoryFiles::default();
    said(&mut session, "config set-context --current --namespace=kube-system", &none);
    assert_eq!(session.namespace(), "kube-system");
    assert_snapshot!(said(&mut session, "get sts", &none), @"No resources found in kube-system namespace.");
    said(&mut session, "config use-context nowhere", &none);
    assert_eq!(session.namespace(), "kube-system");
}

#[test]
fn a_pod_is_debugged() {
    let mut session = session();
    let none = MemoryFiles::default();
    assert_snapshot!(said(&mut session, "debug web-0 --image=busybox -c dbg --target=nginx -- sleep 1d", &none), @"Targeting container \"nginx\". If you don't see processes from this container it may be because the container runtime doesn't support this feature.");
    said(&mut session, "settle", &none);
    assert_snapshot!(said(&mut session, "get pod web-0 -o jsonpath={.status.ephemeralContainerStatuses[*].name}", &none), @"dbg");
    said(&mut session, "debug web-0 --copy-to=copy -c nginx --set-image=*=busybox -- sleep 1d", &none);
    assert_snapshot!(said(&mut session, "get pod copy -o jsonpath={.spec.containers[*].image}{.metadata.labels}", &none), @"busybox");
}

#[test]
fn a_forced_replacement_makes_the_object_anew() {
    let mut session = session();
    let before = session.kubectl("get sts web -o jsonpath={.metadata.uid}").expect("it is there");
    let printed: String = session
        .run("replace --force -f -", Some(NGINX), &MemoryFiles::default())
        .into_iter()
        .map(|c| c.text)
        .collect();
    assert_snapshot!(printed, @r#"
    statefulset.apps "web" deleted from default namespace
    statefulset.apps/web replaced
    "#);
    assert_ne!(session.kubectl("get sts web -o jsonpath={.metadata.uid}").expect("it is there"), before);
}

/// Manifests, and an editor that replaces one text by another.
struct Folder(&'static str, Editor);

impl Files for Folder {
    fn read(&self, path: &str, _recursive: bool) -> Result<Vec<(String, String)>, FileError> {
        Ok(vec![(path.to_owned(), self.0.to_owned())])
    }

    fn edit(&self, name: &str, text: &str) -> Option<Result<String, String>> {
        self.1.edit(name, text)
    }

    fn keep_edit(&self, extension: &str, text: &str) -> Option<String> {
        self.1.keep_edit(extension, text)
    }
}

#[test]
fn manifests_are_edited_before_they_are_created() {
    const TWO: &str = "
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {a: b}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data: {a: b}
";
    let mut session = session();
    let mut create = |from, to, line: &str| {
        let editor = Folder(TWO, Editor(from, to));
        said(&mut session, line, &editor)
    };
    assert_snapshot!(create("a: b", "a: z", "create --edit -f two.yaml"), @"
    configmap/a created
    configmap/c created
    ");
    assert_snapshot!(create("name: ", "name: b", "create --edit -f two.yaml -o jsonpath={.metadata.name}"), @r#"
    unable to match a printer suitable for the output format "jsonpath={.metadata.name}", allowed formats are: json,kyaml,yaml
    unable to match a printer suitable for the output format "jsonpath={.metadata.name}", allowed formats are: json,kyaml,yaml
    "#);
    assert_snapshot!(create("x", "x", "create --edit -f two.yaml"), @"
    Edit cancelled, no changes made.
    Edit cancelled, no changes made.
    ");
    assert_snapshot!(create("a: b", "a: z", "create --edit -f two.yaml"), @r#"
    A copy of your changes has been stored to "kept.yaml"
    A copy of your changes has been stored to "kept.yaml"
    Error from server (AlreadyExists): configmaps "a" already exists
    Error from server (AlreadyExists): configmaps "c" already exists
    "#);
    assert_snapshot!(create("", "", "get configmaps a c -o jsonpath={.items[*].data}"), @r#"{"a":"z"} {"a":"z"}"#);
    assert_snapshot!(said(&mut session, "create --edit -f two.yaml", &NoFiles), @r#"error: the path "two.yaml" does not exist"#);
}
