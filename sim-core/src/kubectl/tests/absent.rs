//! Kinds of which there are no objects: [`crate::kubectl::absent`].

use super::Bench;
use crate::api::KubernetesVersion;
use crate::session::Session;

const INGRESS: &str = "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
";

fn transcript(bench: &mut Bench, lines: &[&str]) -> String {
    lines.iter().map(|line| format!("$ {line}\n{}", bench.run(line))).collect()
}

#[test]
fn there_are_none() {
    let lines = [
        "get ing",
        "get ingresses.networking.k8s.io -A",
        "get csr",
        "get crd",
        "get netpol -n kube-system",
        "get ing -o name",
        "get ing -o json",
        "get ing,rc",
        "get ing,svc",
        "describe ing",
        "delete ing --all",
        "get ing --ignore-not-found",
        "get ingx",
    ];
    insta::assert_snapshot!(transcript(&mut Bench::whole(), &lines), @r#"
    $ get ing
    ! No resources found in default namespace.
    $ get ingresses.networking.k8s.io -A
    ! No resources found
    $ get csr
    ! No resources found
    $ get crd
    ! No resources found
    $ get netpol -n kube-system
    ! No resources found in kube-system namespace.
    $ get ing -o name
    $ get ing -o json
    {
        "apiVersion": "v1",
        "items": [],
        "kind": "List",
        "metadata": {
            "resourceVersion": ""
        }
    }
    $ get ing,rc
    ! No resources found in default namespace.
    $ get ing,svc
    NAME         TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE
    kubernetes   ClusterIP   10.96.0.1    <none>        443/TCP   6d23h
    $ describe ing
    ! No resources found in default namespace.
    $ delete ing --all
    No resources found
    $ get ing --ignore-not-found
    $ get ingx
    ! error: the server doesn't have a resource type "ingx"
    exit 1
    "#);
}

#[test]
fn none_has_a_name() {
    let lines = [
        "get ing web",
        "get ing/web crd/web",
        "describe ing web",
        "delete ing web",
        "delete ing web --ignore-not-found",
        "label ing web a=b",
        "annotate ing/web a-",
        "delete ing",
        "label ing --all a=b",
        "patch ing",
        "edit ing",
    ];
    insta::assert_snapshot!(transcript(&mut Bench::whole(), &lines), @r#"
    $ get ing web
    ! Error from server (NotFound): ingresses.networking.k8s.io "web" not found
    exit 1
    $ get ing/web crd/web
    ! Error from server (NotFound): ingresses.networking.k8s.io "web" not found
    ! Error from server (NotFound): customresourcedefinitions.apiextensions.k8s.io "web" not found
    exit 1
    $ describe ing web
    ! Error from server (NotFound): ingresses.networking.k8s.io "web" not found
    exit 1
    $ delete ing web
    ! Error from server (NotFound): ingresses.networking.k8s.io "web" not found
    exit 1
    $ delete ing web --ignore-not-found
    $ label ing web a=b
    ! Error from server (NotFound): ingresses.networking.k8s.io "web" not found
    exit 1
    $ annotate ing/web a-
    ! Error from server (NotFound): ingresses.networking.k8s.io "web" not found
    exit 1
    $ delete ing
    ! error: resource(s) were provided, but no name was specified
    exit 1
    $ label ing --all a=b
    $ patch ing
    ! error: must specify --patch or --patch-file containing the contents of the patch
    exit 1
    $ edit ing
    ! error: edit cancelled, no objects found
    exit 1
    "#);
}

#[test]
fn a_real_cluster_has_some_of_its_own() {
    let lines = ["get clusterroles", "get roles", "get roles -A", "get apiservices"];
    insta::assert_snapshot!(transcript(&mut Bench::whole(), &lines), @r"
    $ get clusterroles
    ! No resources found
    ! hint: clusterroles are not simulated; a real cluster has some of its own
    $ get roles
    ! No resources found in default namespace.
    $ get roles -A
    ! No resources found
    ! hint: roles are not simulated; a real cluster has some of its own
    $ get apiservices
    ! No resources found
    ! hint: apiservices are not simulated; a real cluster has some of its own
    ");
}

#[test]
fn the_components_are_well() {
    let lines = ["get cs", "get cs etcd-0 -o name", "get cs etcd-0 -o yaml", "get cs nobody"];
    insta::assert_snapshot!(transcript(&mut Bench::whole(), &lines), @r#"
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
    let refused = session.apply(INGRESS).expect_err("not simulated").stderr;
    let lines = ["create crd web", "scale rc web --replicas=2"];
    let others = lines.map(|line| session.kubectl(line).expect_err("not simulated").stderr);
    insta::assert_snapshot!(refused + &others.concat(), @r#"
    error: resource mapping not found for name: "web" namespace: "" from "STDIN": no matches for kind "Ingress" in version "networking.k8s.io/v1"
    ensure CRDs are installed first
    hint: ingresses are not simulated: nothing can be made of that kind
    error: Unexpected args: [crd web]
    See 'kubectl create -h' for help and examples
    hint: customresourcedefinitions are not simulated: nothing can be made of that kind
    Error from server (NotFound): replicationcontrollers "web" not found
    "#);
}

#[test]
fn they_are_listed() {
    let mut bench = Bench::whole();
    let lines = ["api-resources --api-group=networking.k8s.io", "auth can-i list ing", "auth can-i list crd"];
    insta::assert_snapshot!(transcript(&mut bench, &lines), @r"
    $ api-resources --api-group=networking.k8s.io
    NAME              SHORTNAMES   APIVERSION             NAMESPACED   KIND
    ingressclasses                 networking.k8s.io/v1   false        IngressClass
    ingresses         ing          networking.k8s.io/v1   true         Ingress
    ipaddresses       ip           networking.k8s.io/v1   false        IPAddress
    networkpolicies   netpol       networking.k8s.io/v1   true         NetworkPolicy
    servicecidrs                   networking.k8s.io/v1   false        ServiceCIDR
    $ auth can-i list ing
    yes
    $ auth can-i list crd
    yes
    ! Warning: resource 'customresourcedefinitions' is not namespace scoped in group 'apiextensions.k8s.io'
    !
    ");
    assert!(bench.run("api-versions").lines().any(|line| line == "rbac.authorization.k8s.io/v1"));
    let mut old = Bench::of_version(KubernetesVersion::V1_31);
    insta::assert_snapshot!(transcript(&mut old, &["get ipaddresses", "get ing"]), @r#"
    $ get ipaddresses
    ! error: the server doesn't have a resource type "ipaddresses"
    exit 1
    $ get ing
    ! No resources found in default namespace.
    "#);
}

#[test]
fn they_can_be_written_down_and_not_made() {
    let mut session = Session::instant();
    let lines = [
        "create ing web --rule=/=web:80 --dry-run=client -o name",
        "create ing web --rule=/=web:80",
        "create role reader --verb=get --resource=roles",
        "create clusterrolebinding all --clusterrole=cluster-admin --user=ada --dry-run=server",
        "explain ing",
        "explain stss",
        "get ing -w",
        "get ing,svc -w",
        "get roles -w -n kube-system",
    ];
    let mut shown = String::new();
    for line in lines {
        shown.push_str(&format!("$ {line}\n"));
        shown.extend(session.run(line, None, &crate::kubectl::NoFiles).into_iter().map(|chunk| chunk.text));
    }
    insta::assert_snapshot!(shown, @r#"
    $ create ing web --rule=/=web:80 --dry-run=client -o name
    ingress.networking.k8s.io/web
    $ create ing web --rule=/=web:80
    error: failed to create ingress: no matches for kind "Ingress" in version "networking.k8s.io/v1"
    hint: ingresses are not simulated: nothing can be made of that kind
    $ create role reader --verb=get --resource=roles
    error: no matches for kind "Role" in version "rbac.authorization.k8s.io/v1"
    hint: roles are not simulated: nothing can be made of that kind
    $ create clusterrolebinding all --clusterrole=cluster-admin --user=ada --dry-run=server
    error: failed to create clusterrolebinding: no matches for kind "ClusterRoleBinding" in version "rbac.authorization.k8s.io/v1"
    hint: clusterrolebindings are not simulated: nothing can be made of that kind
    $ explain ing
    the server doesn't have a resource type "ing"
    hint: ingresses are not simulated: nothing can be made of that kind
    $ explain stss
    the server doesn't have a resource type "stss"
    hint: did you mean sts?
    $ get ing -w
    $ get ing,svc -w
    error: you may only specify a single resource type
    $ get roles -w -n kube-system
    hint: roles are not simulated; a real cluster has some of its own
    "#);
}
