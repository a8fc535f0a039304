//! What Tab offers, at one place after another.

use crate::kubectl::Files;
use crate::session::{MemoryFiles, Session};

const SET: &str = "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec:
      containers: [{name: nginx, image: 'nginx:1.27'}]
";

fn session() -> Session {
    let mut session = Session::instant();
    session.apply(SET).expect("applied");
    session.kubectl("settle").expect("settled");
    session
}

fn files() -> MemoryFiles {
    MemoryFiles::new([("a b.yaml", ""), ("notes.txt", ""), ("sub/deep/x.yaml", ""), ("sub/y.yaml", "")])
}

fn offered(session: &Session, line: &str, files: &dyn Files) -> Vec<String> {
    let found = session.complete(line, line.len(), files);
    found.candidates.into_iter().map(|candidate| candidate.text).collect()
}

#[test]
fn each_place_is_offered_what_may_stand_there() {
    let (session, files) = (session(), files());
    let mut shown = String::new();
    for line in [
        "app",
        "kubectl app",
        "kubectl cl",
        "cl",
        "create ",
        "create config",
        "create secret ",
        "create job ",
        "rollout ",
        "rollout status ",
        "rollout status sts/",
        "scale sts ",
        "cordon ",
        "kubectl drain ",
        "top pod ",
        "top node ",
        "config use-context ",
        "auth can-i ",
        "get pods -l ",
        "get pods --selector=ti",
        "get sts -l ",
        "logs -f ",
        "logs -f w",
        "logs web-0 -c ",
        "exec -it w",
        "port-forward svc/",
        "port-forward web",
        "wait --for=",
        "wait --for=cond",
        "get pods --namespace=kube-s",
        "get pods --output=ya",
        "get pods -o ya",
        "kubectl -n kube-s",
        "kubectl -n kube-system get po",
        "get pods --nam",
        "fault ",
        "fault probe ",
        "fault probe web-0 ",
        "fault probe web-0 liveness ",
        "fault node ",
        "fault node kind-control-plane ",
        "fault volume ",
        "fault load ",
        "fault load sts/",
        "apply -f ",
        "apply -f a",
        "apply -f a\\ ",
        "apply -f s",
        "apply -f sub/",
        "apply -f .",
        "cat n",
        "load ",
        "get pods > n",
        "help ti",
        "minikube service ",
    ] {
        let found = offered(&session, line, &files).join("  ");
        let found = if found.is_empty() { "nothing" } else { &found };
        shown.push_str(&format!("{line}|\n    {found}\n"));
    }
    insta::assert_snapshot!(shown, @r#"
    app|
        apply
    kubectl app|
        apply
    kubectl cl|
        cluster-info
    cl|
        clock  cluster-info
    create |
        clusterrole  clusterrolebinding  configmap  cronjob  deployment  ingress  job  namespace  poddisruptionbudget  priorityclass  quota  role  rolebinding  secret  service  serviceaccount  token
    create config|
        configmap
    create secret |
        docker-registry  generic  tls
    create job |
        nothing
    rollout |
        history  pause  restart  resume  status  undo
    rollout status |
        daemonsets  deploy  deployments  ds  statefulsets  sts
    rollout status sts/|
        sts/web
    scale sts |
        web
    cordon |
        minikube
    kubectl drain |
        minikube
    top pod |
        web-0
    top node |
        minikube
    config use-context |
        minikube
    auth can-i |
        create  delete  get  list  patch  update  watch
    get pods -l |
        app=web  apps.kubernetes.io/pod-index=0  controller-revision-hash=web-778d54dff4  statefulset.kubernetes.io/pod-name=web-0  tier=front
    get pods --selector=ti|
        tier=front
    get sts -l |
        nothing
    logs -f |
        web-0
    logs -f w|
        web-0
    logs web-0 -c |
        nginx
    exec -it w|
        web-0
    port-forward svc/|
        svc/kubernetes  svc/web
    port-forward web|
        web-0
    wait --for=|
        condition=Available  condition=Complete  condition=Ready  create  delete  jsonpath=
    wait --for=cond|
        condition=Available  condition=Complete  condition=Ready
    get pods --namespace=kube-s|
        kube-system
    get pods --output=ya|
        yaml
    get pods -o ya|
        yaml
    kubectl -n kube-s|
        kube-system
    kubectl -n kube-system get po|
        po  poddisruptionbudgets  pods
    get pods --nam|
        --namespace=
    fault |
        crash  evict  load  node  oom  probe  volume
    fault probe |
        web-0
    fault probe web-0 |
        liveness  readiness  startup
    fault probe web-0 liveness |
        fail  pass  real
    fault node |
        minikube
    fault node kind-control-plane |
        join  start  stop
    fault volume |
        nothing
    fault load |
        deploy/  deployments/  statefulsets/  sts/  web-0
    fault load sts/|
        sts/web
    apply -f |
        a\ b.yaml  sub/
    apply -f a|
        a\ b.yaml
    apply -f a\ |
        a\ b.yaml
    apply -f s|
        sub/
    apply -f sub/|
        sub/deep/  sub/y.yaml
    apply -f .|
        ../  ./
    cat n|
        notes.txt
    load |
        a\ b.yaml  notes.txt  sub/
    get pods > n|
        notes.txt
    help ti|
        time  timeline
    minikube service |
        kubernetes  web
    "#);
}

#[test]
fn a_flag_is_followed_by_its_value_where_it_stands() {
    let session = session();
    let line = "get pods --namespace=kube-s";
    let found = session.complete(line, line.len(), &files());
    assert_eq!(&line[found.start..], "kube-s");
    assert_eq!(found.candidates[0].text, "kube-system");
}

#[test]
fn a_program_in_the_foreground_is_offered_nothing() {
    let mut session = session();
    session.submit("kubectl exec -it web-0 -- sh", None, &files());
    assert_eq!(session.prompt(), "# ");
    assert_eq!(offered(&session, "", &files()), Vec::<String>::new());
    assert_eq!(offered(&session, "get po", &files()), Vec::<String>::new());
}
