//! Claims, which outlive pods and sets.

use sim_core::api::KubernetesVersion;

use super::{data, walk, walk_on};

#[test]
fn claim_templates_are_immutable_and_orphaning_is_the_way_round() {
    // #68737, #69041, KEP-4650
    let new = data("").replace("1Gi", "2Gi").replace("replicas: 2", "replicas: 3");
    let forbidden = "
        apply -f web.yaml
        apply -f new.yaml
    ";
    insta::assert_snapshot!(walk_on(KubernetesVersion::V1_36, &data(""), &new, forbidden), @r#"
    $ apply -f web.yaml
    statefulset.apps/web created
    $ apply -f new.yaml
    ! The StatefulSet "web" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden
    "#);
    let round = "
        apply -f web.yaml
        settle
        delete sts web --cascade=orphan
        apply -f new.yaml
        settle
        get pods,pvc -o custom-columns=KIND:.kind,NAME:.metadata.name,OWNER:.metadata.ownerReferences[*].name,SIZE:.spec.resources.requests.storage
    ";
    insta::assert_snapshot!(walk_on(KubernetesVersion::V1_36, &data(""), &new, round), @r#"
    $ apply -f web.yaml
    statefulset.apps/web created
    $ settle
    settled after 8.531s
    $ delete sts web --cascade=orphan
    statefulset.apps "web" deleted from default namespace
    $ apply -f new.yaml
    statefulset.apps/web created
    $ settle
    settled after 4.051s
    $ get pods,pvc -o custom-columns=KIND:.kind,NAME:.metadata.name,OWNER:.metadata.ownerReferences[*].name,SIZE:.spec.resources.requests.storage
    KIND                    NAME         OWNER    SIZE
    Pod                     web-0        web      <none>
    Pod                     web-1        web      <none>
    Pod                     web-2        web      <none>
    PersistentVolumeClaim   data-web-0   <none>   1Gi
    PersistentVolumeClaim   data-web-1   <none>   1Gi
    PersistentVolumeClaim   data-web-2   <none>   2Gi
    "#);
}

#[test]
fn claims_outlive_their_pods_and_their_set() {
    // #55045, KEP-1847
    insta::assert_snapshot!(walk(&data(""), "
        apply -f web.yaml
        settle
        scale sts web --replicas=1
        settle
        delete sts web
        settle
        get pods,pvc -o name
    "), @r#"
    $ apply -f web.yaml
    statefulset.apps/web created
    $ settle
    settled after 8.531s
    $ scale sts web --replicas=1
    statefulset.apps/web scaled
    $ settle
    settled after 0.169s
    $ delete sts web
    statefulset.apps "web" deleted from default namespace
    $ settle
    settled after 0.179s
    $ get pods,pvc -o name
    persistentvolumeclaim/data-web-0
    persistentvolumeclaim/data-web-1
    "#);
}

#[test]
fn a_claim_that_should_go_with_the_scale_down_stays_when_its_pod_was_deleted_by_hand() {
    // #99728
    let set = data("persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}");
    insta::assert_snapshot!(walk(&set, "
        apply -f web.yaml
        settle
        scale sts web --replicas=1
        settle
        get pods,pvc -o name
    "), @r"
    $ apply -f web.yaml
    statefulset.apps/web created
    $ settle
    settled after 8.531s
    $ scale sts web --replicas=1
    statefulset.apps/web scaled
    $ settle
    settled after 0.196s
    $ get pods,pvc -o name
    pod/web-0
    persistentvolumeclaim/data-web-0
    ");
    insta::assert_snapshot!(walk(&set, "
        apply -f web.yaml
        settle
        delete pod web-0 web-1
        scale sts web --replicas=1
        settle
        get pods,pvc -o name
    "), @r#"
    $ apply -f web.yaml
    statefulset.apps/web created
    $ settle
    settled after 8.531s
    $ delete pod web-0 web-1
    pod "web-0" deleted from default namespace
    pod "web-1" deleted from default namespace
    $ scale sts web --replicas=1
    statefulset.apps/web scaled
    $ settle
    settled after 0.678s
    $ get pods,pvc -o name
    pod/web-0
    persistentvolumeclaim/data-web-0
    persistentvolumeclaim/data-web-1
    "#);
}

#[test]
fn claim_templates_show_a_status_of_pending_while_the_claims_are_bound() {
    // #80473, #65706
    insta::assert_snapshot!(walk(&data(""), "
        apply -f web.yaml
        settle
        get sts web -o jsonpath={.spec.volumeClaimTemplates[0].status}
        get pvc -o custom-columns=NAME:.metadata.name,STATUS:.status.phase
    "), @r#"
    $ apply -f web.yaml
    statefulset.apps/web created
    $ settle
    settled after 8.531s
    $ get sts web -o jsonpath={.spec.volumeClaimTemplates[0].status}
    {"phase":"Pending"}
    $ get pvc -o custom-columns=NAME:.metadata.name,STATUS:.status.phase
    NAME         STATUS
    data-web-0   Bound
    data-web-1   Bound
    "#);
}

#[test]
fn a_claim_deleted_before_its_pod_comes_back_empty() {
    // #89910
    let set = data("").replace("replicas: 2", "replicas: 1");
    insta::assert_snapshot!(walk(&set, "
        apply -f web.yaml
        settle
        exec web-0 -- sh -c 'echo mine > /data/marker; ls /data'
        delete pvc/data-web-0 pod/web-0
        settle
        exec web-0 -- ls -A /data
    "), @r#"
    $ apply -f web.yaml
    statefulset.apps/web created
    $ settle
    settled after 3.807s
    $ exec web-0 -- sh -c 'echo mine > /data/marker; ls /data'
    marker
    $ delete pvc/data-web-0 pod/web-0
    persistentvolumeclaim "data-web-0" deleted from default namespace
    pod "web-0" deleted from default namespace
    $ settle
    settled after 2.906s
    $ exec web-0 -- ls -A /data
    "#);
}
