//! Kinds of which there are no objects: [`crate::kubectl::absent`].

use super::Bench;
use crate::api::KubernetesVersion;
use crate::session::Session;

const REPLICATION_CONTROLLER: &str = "
apiVersion: v1
kind: ReplicationController
metadata: {name: web}
";

#[test]
fn there_are_none() {
    let lines = [
        "get rc",
        "get csistoragecapacities.storage.k8s.io -A",
        "get csr",
        "get crd",
        "get podtemplates -n kube-system",
        "get rc -o name",
        "get rc -o json",
        "get podtemplates,rc",
        "get rc,svc",
        "describe rc",
        "delete rc --all",
        "get rc --ignore-not-found",
        "get rcx",
    ];
    insta::assert_snapshot!(Bench::whole().transcript(&lines), @r#"
    $ get rc
    ! No resources found in default namespace.
    $ get csistoragecapacities.storage.k8s.io -A
    ! No resources found
    $ get csr
    ! No resources found
    $ get crd
    ! No resources found
    $ get podtemplates -n kube-system
    ! No resources found in kube-system namespace.
    $ get rc -o name
    $ get rc -o json
    {
        "apiVersion": "v1",
        "items": [],
        "kind": "List",
        "metadata": {
            "resourceVersion": ""
        }
    }
    $ get podtemplates,rc
    ! No resources found in default namespace.
    $ get rc,svc
    NAME         TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE
    kubernetes   ClusterIP   10.96.0.1    <none>        443/TCP   6d23h
    $ describe rc
    ! No resources found in default namespace.
    $ delete rc --all
    No resources found
    $ get rc --ignore-not-found
    $ get rcx
    ! error: the server doesn't have a resource type "rcx"
    exit 1
    "#);
}

#[test]
fn none_has_a_name() {
    let lines = [
        "get rc web",
        "get rc/web crd/web",
        "describe rc web",
        "delete rc web",
        "delete rc web --ignore-not-found",
        "label rc web a=b",
        "annotate rc/web a-",
        "delete rc",
        "label rc --all a=b",
        "patch rc",
        "edit rc",
    ];
    insta::assert_snapshot!(Bench::whole().transcript(&lines), @r#"
    $ get rc web
    ! Error from server (NotFound): replicationcontrollers "web" not found
    exit 1
    $ get rc/web crd/web
    ! Error from server (NotFound): replicationcontrollers "web" not found
    ! Error from server (NotFound): customresourcedefinitions.apiextensions.k8s.io "web" not found
    exit 1
    $ describe rc web
    ! Error from server (NotFound): replicationcontrollers "web" not found
    exit 1
    $ delete rc web
    ! Error from server (NotFound): replicationcontrollers "web" not found
    exit 1
    $ delete rc web --ignore-not-found
    $ label rc web a=b
    ! Error from server (NotFound): replicationcontrollers "web" not found
    exit 1
    $ annotate rc/web a-
    ! Error from server (NotFound): replicationcontrollers "web" not found
    exit 1
    $ delete rc
    ! error: resource(s) were provided, but no name was specified
    exit 1
    $ label rc --all a=b
    $ patch rc
    ! error: must specify --patch or --patch-file containing the contents of the patch
    exit 1
    $ edit rc
    ! error: edit cancelled, no objects found
    exit 1
    "#);
}

#[test]
fn a_real_cluster_has_some_of_its_own() {
    let lines = ["get apiservices", "get flowschemas", "get crd"];
    insta::assert_snapshot!(Bench::whole().transcript(&lines), @r"
    $ get apiservices
    ! No resources found
    ! hint: apiservices are not simulated; a real cluster has some of its own
    $ get flowschemas
    ! No resources found
    ! hint: flowschemas are not simulated; a real cluster has some of its own
    $ get crd
    ! No resources found
    ");
}

#[test]
fn the_components_are_well() {
    let lines = ["get cs", "get cs etcd-0 -o name", "get cs etcd-0 -o yaml", "get cs nobody"];
    insta::assert_snapshot!(Bench::whole().transcript(&lines), @r#"
    $ get cs
    NAME                 STATUS    MESSAGE   ERROR
    scheduler            Healthy   ok        
    controller-manager   Healthy   ok        
    etcd-0               Healthy   ok        
    ! Warning: v1 ComponentStatus is deprecated in v1.19+
    $ get cs etcd-0 -o name
    componentstatus/etcd-0
    ! Warning: v1 ComponentStatus is deprecated in v1.19+
    $ get cs etcd-0 -o yaml
    apiVersion: v1
    conditions:
    - message: ok
      status: "True"
      type: Healthy
    kind: ComponentStatus
    metadata:
      name: etcd-0
    ! Warning: v1 ComponentStatus is deprecated in v1.19+
    $ get cs nobody
    ! Error from server (NotFound): componentstatuses "nobody" not found
    exit 1
    "#);
}

#[test]
fn nothing_can_be_made_of_them() {
    let mut session = Session::instant();
    let refused = session.apply(REPLICATION_CONTROLLER).expect_err("not simulated").stderr;
    let lines = ["create crd web", "scale rc web --replicas=2"];
    let others = lines.map(|line| session.kubectl(line).expect_err("not simulated").stderr);
    insta::assert_snapshot!(refused + &others.concat(), @r#"
    error: resource mapping not found for name: "web" namespace: "" from "STDIN": no matches for kind "ReplicationController" in version "v1"
    ensure CRDs are installed first
    hint: replicationcontrollers are not simulated: nothing can be made of that kind
    error: Unexpected args: [crd web]
    See 'kubectl create -h' for help and examples
    hint: customresourcedefinitions are not simulated: nothing can be made of that kind
    Error from server (NotFound): replicationcontrollers "web" not found
    "#);
}

#[test]
fn they_are_listed() {
    let mut bench = Bench::whole();
    let lines = ["api-resources --api-group=networking.k8s.io", "auth can-i list rc", "auth can-i list crd"];
    insta::assert_snapshot!(bench.transcript(&lines), @r"
    $ api-resources --api-group=networking.k8s.io
    NAME              SHORTNAMES   APIVERSION             NAMESPACED   KIND
    ingressclasses                 networking.k8s.io/v1   false        IngressClass
    ingresses         ing          networking.k8s.io/v1   true         Ingress
    ipaddresses       ip           networking.k8s.io/v1   false        IPAddress
    networkpolicies   netpol       networking.k8s.io/v1   true         NetworkPolicy
    servicecidrs                   networking.k8s.io/v1   false        ServiceCIDR
    $ auth can-i list rc
    yes
    $ auth can-i list crd
    yes
    ! Warning: resource 'customresourcedefinitions' is not namespace scoped in group 'apiextensions.k8s.io'
    !
    ");
    assert!(bench.run("api-versions").lines().any(|line| line == "rbac.authorization.k8s.io/v1"));
    let mut old = Bench::of_version(KubernetesVersion::V1_31);
    insta::assert_snapshot!(old.transcript(&["get ipaddresses", "get rc"]), @r#"
    $ get ipaddresses
    ! error: the server doesn't have a resource type "ipaddresses"
    exit 1
    $ get rc
    ! No resources found in default namespace.
    "#);
}

#[test]
fn questions_are_answered_and_not_kept() {
    let lines = [
        "api-resources --verbs=create --api-group=authorization.k8s.io -o wide",
        "get tokenreviews",
        "get tokenreview x",
        "get events.events.k8s.io",
        "api-resources --api-group=events.k8s.io",
    ];
    insta::assert_snapshot!(Bench::whole().transcript(&lines), @r"
    $ api-resources --verbs=create --api-group=authorization.k8s.io -o wide
    NAME                        SHORTNAMES   APIVERSION                NAMESPACED   KIND                       VERBS    CATEGORIES
    localsubjectaccessreviews                authorization.k8s.io/v1   true         LocalSubjectAccessReview   create   
    selfsubjectaccessreviews                 authorization.k8s.io/v1   false        SelfSubjectAccessReview    create   
    selfsubjectrulesreviews                  authorization.k8s.io/v1   false        SelfSubjectRulesReview     create   
    subjectaccessreviews                     authorization.k8s.io/v1   false        SubjectAccessReview        create   
    $ get tokenreviews
    ! Error from server (MethodNotAllowed): the server does not allow this method on the requested resource
    exit 1
    $ get tokenreview x
    ! Error from server (NotFound): the server could not find the requested resource
    exit 1
    $ get events.events.k8s.io
    ! No resources found in default namespace.
    $ api-resources --api-group=events.k8s.io
    NAME     SHORTNAMES   APIVERSION         NAMESPACED   KIND
    events   ev           events.k8s.io/v1   true         Event
    ");
}

#[test]
fn they_can_be_watched() {
    let mut session = Session::instant();
    let lines = ["explain rc", "explain stss", "get rc -w", "get rc,svc -w", "get apiservices -w"];
    let mut shown = String::new();
    for line in lines {
        shown.push_str(&format!("$ {line}\n"));
        shown.extend(session.run(line, None, &crate::kubectl::NoFiles).into_iter().map(|chunk| chunk.text));
    }
    insta::assert_snapshot!(shown, @r#"
    $ explain rc
    the server doesn't have a resource type "rc"
    hint: replicationcontrollers are not simulated: nothing can be made of that kind
    $ explain stss
    the server doesn't have a resource type "stss"
    hint: did you mean sts?
    $ get rc -w
    $ get rc,svc -w
    error: you may only specify a single resource type
    $ get apiservices -w
    hint: apiservices are not simulated; a real cluster has some of its own
    "#);
}
