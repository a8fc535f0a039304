use super::*;
use crate::session::Session;
use crate::view::testing::{WEB, check_form, outline, pass, session};

fn map(session: &Session) -> String {
    let svg = cluster_svg(session.cluster(), &MapOptions::default());
    check_form(&svg);
    svg
}

#[test]
fn a_set_with_its_claims_volumes_and_service() {
    let session = session(1, WEB);
    insta::assert_snapshot!(outline(&map(&session)), @r"
    node ready [Node/minikube]: Node minikube: ready
    pod ready [Pod/default/web-0]: Pod web-0: ready, 1/1 containers ready, on minikube, 10.244.0.2
    pod ready [Pod/default/web-1]: Pod web-1: ready, 1/1 containers ready, on minikube, 10.244.0.3
    service [Service/default/kubernetes]: Service kubernetes: ClusterIP 10.96.0.1, reaches no pods
    service [Service/default/web]: Service web: headless, 2 of 2 pods ready
    set [StatefulSet/default/web]: StatefulSet web: 2 of 2 ready, OrderedReady
    seat ready: Ordinal 0: ready
    claim ready [PersistentVolumeClaim/default/data-web-0]: Claim data-web-0: Bound 1Gi, volume pvc-*
    volume ready [PersistentVolume/pvc-*]: Volume pvc-*: Bound
    seat ready: Ordinal 1: ready
    claim ready [PersistentVolumeClaim/default/data-web-1]: Claim data-web-1: Bound 1Gi, volume pvc-*
    volume ready [PersistentVolume/pvc-*]: Volume pvc-*: Bound
    ");
}

#[test]
fn a_pod_that_was_deleted_leaves_its_seat_and_its_claim() {
    let mut session = session(1, WEB);
    session.kubectl("scale sts web --replicas=1").expect("scaled");
    session.kubectl("settle").expect("settled");
    insta::assert_snapshot!(outline(&map(&session)), @r"
    node ready [Node/minikube]: Node minikube: ready
    pod ready [Pod/default/web-0]: Pod web-0: ready, 1/1 containers ready, on minikube, 10.244.0.2
    service [Service/default/kubernetes]: Service kubernetes: ClusterIP 10.96.0.1, reaches no pods
    service [Service/default/web]: Service web: headless, 1 of 1 pods ready
    set [StatefulSet/default/web]: StatefulSet web: 1 of 1 ready, OrderedReady
    seat ready: Ordinal 0: ready
    claim ready [PersistentVolumeClaim/default/data-web-0]: Claim data-web-0: Bound 1Gi, volume pvc-*
    volume ready [PersistentVolume/pvc-*]: Volume pvc-*: Bound
    seat gone: Ordinal 1: no pod
    claim ready [PersistentVolumeClaim/default/data-web-1]: Claim data-web-1: Bound 1Gi, volume pvc-*
    volume ready [PersistentVolume/pvc-*]: Volume pvc-*: Bound
    ");
}

#[test]
fn a_pod_that_terminates_is_shown_as_such() {
    let mut session = session(1, WEB);
    session.kubectl("delete pod web-0 --wait=false").expect("deleted");
    assert!(map(&session).contains("class=\"pod terminating\" data-ref=\"Pod/default/web-0\""));
}

#[test]
fn pods_that_fit_nowhere_stand_in_a_box_of_their_own() {
    let pod = "
apiVersion: v1
kind: Pod
metadata: {name: big}
spec:
  containers:
  - {name: app, image: 'nginx:1.27', resources: {requests: {cpu: '100'}}}
";
    let session = session(1, pod);
    let svg = map(&session);
    assert!(svg.contains("no node yet"));
    assert!(svg.contains("class=\"pod pending\" data-ref=\"Pod/default/big\""));
}

#[test]
fn a_deployments_pods_are_grouped_by_its_name() {
    let mut session = session(1, WEB);
    session.kubectl("create deployment front --image=nginx:1.27 --replicas=2").expect("created");
    session.kubectl("settle").expect("settled");
    assert!(map(&session).contains(">Deployment front<"));
}

#[test]
fn a_hundred_pods_are_cells() {
    let many = WEB.replace("replicas: 2", "replicas: 100\n  podManagementPolicy: Parallel");
    let mut session = session(3, &many);
    pass(&mut session, 600);
    let svg = map(&session);
    assert!(svg.contains("Pods: 100 ready"), "{}", &svg[..400]);
    assert!(svg.contains("viewBox=\"0 0 960 "));
}

#[test]
fn the_same_cluster_gives_the_same_bytes() {
    assert_eq!(map(&session(2, WEB)), map(&session(2, WEB)));
}

#[test]
fn text_from_a_user_is_escaped() {
    let svg = crate::view::svg::Svg::open("x", "<script>\"&", 10, 10).close();
    assert!(svg.contains("aria-label=\"&lt;script&gt;&quot;&amp;\""));
}
