use crate::session::Session;
use crate::view::testing::{WEB, pass, session};

fn said(session: &mut Session, line: &str) -> String {
    session.kubectl(line).expect("it is known")
}

/// Volumes are named after uids, revisions after hashes and moments after the seed.
fn settled(text: &str) -> String {
    let mask = |word: &str| match word {
        word if word.starts_with("pvc-") => "pvc-UID".to_owned(),
        word => word.to_owned(),
    };
    let line = |line: &str| line.split(' ').map(mask).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_set_owns_pods_but_not_the_claims_that_outlive_them() {
    let mut session = session(1, WEB);
    said(&mut session, "scale sts web --replicas=1");
    said(&mut session, "settle");
    insta::assert_snapshot!(settled(&said(&mut session, "graph owners pod/web-0")), @r#"
    StatefulSet web (1 of 1 ready)
    ├─ owns Pod web-0 (Running, 1/1 ready)
    │  └─ mounts PersistentVolumeClaim data-web-0 (Bound)
    │     └─ is bound to PersistentVolume pvc-UID (Bound)
    ├─ owns ControllerRevision web-7c44b75699 (revision 1)
    └─ keeps PersistentVolumeClaim data-web-1 (Bound)
       └─ is bound to PersistentVolume pvc-UID (Bound)
    "#);
}

#[test]
fn a_pods_changes_go_back_to_a_command() {
    let mut session = session(1, WEB);
    said(&mut session, "delete pod web-1 --wait=false");
    pass(&mut session, 10);
    let text = said(&mut session, "graph causes pod/web-1");
    insta::assert_snapshot!(text, @r#"
    0.068s  command: apply -f -
    └─ 0.083s  statefulset-controller looks at StatefulSet default/web
       └─ 0.083s  persistentvolume-controller looks at PersistentVolumeClaim default/data-web-0
          └─ 0.083s  volume-provisioner looks at PersistentVolumeClaim default/data-web-0
             └─ 0.204s  persistentvolume-controller looks at PersistentVolumeClaim default/data-web-0
                └─ 0.211s  default-scheduler looks at Pod default/web-0
                   └─ 0.233s  kubelet looks at Pod default/web-0
                      └─ 2.788s  statefulset-controller looks at StatefulSet default/web
                         └─ 2.788s  persistentvolume-controller looks at PersistentVolumeClaim default/data-web-1
                            └─ 2.788s  volume-provisioner looks at PersistentVolumeClaim default/data-web-1
                               └─ 2.901s  persistentvolume-controller looks at PersistentVolumeClaim default/data-web-1
                                  └─ 2.906s  default-scheduler looks at Pod default/web-1
                                     └─ 2.934s  kubelet looks at Pod default/web-1
                                        ├─ 4.733s  => Pod web-1 is ContainerCreating, 0/1 ready
                                        └─ 5.435s  => Pod web-1 is Running, 1/1 ready
    5.517s  command: delete pod web-1 --wait=false
    ├─ 5.517s  => Pod web-1 is Terminating, 1/1 ready
    └─ 5.550s  kubelet looks at Pod default/web-1
       ├─ 5.550s  => Pod web-1 is Terminating, 0/1 ready
       ├─ 5.947s  => Pod web-1 is Completed, 0/1 ready
       ├─ 5.947s  => Pod web-1 is Completed, 0/1 ready
       ├─ 5.947s  => Pod web-1 is gone
       └─ 5.955s  statefulset-controller looks at StatefulSet default/web
          ├─ 5.955s  => Pod web-1 is created
          └─ 5.957s  default-scheduler looks at Pod default/web-1
             ├─ 5.957s  => Pod web-1 is Pending, 0/1 ready
             └─ 5.976s  kubelet looks at Pod default/web-1
                ├─ 5.976s  => Pod web-1 is ContainerCreating, 0/1 ready
                ├─ 7.538s  => Pod web-1 is ContainerCreating, 0/1 ready
                └─ 8.723s  => Pod web-1 is Running, 1/1 ready
    "#);
}

#[test]
fn graphs_can_be_drawn_by_others() {
    let mut session = session(1, WEB);
    insta::assert_snapshot!(settled(&said(&mut session, "graph owners svc/web -o dot")), @r#"
    digraph {
        0 [ label="Service web" shape=box]
        1 [ label="EndpointSlice web-468xf" shape=box]
        2 [ label="Pod web-0 (Running, 1/1 ready)" shape=box]
        3 [ label="Pod web-1 (Running, 1/1 ready)" shape=box]
        4 [ label="PersistentVolumeClaim data-web-0 (Bound)" shape=box]
        5 [ label="PersistentVolumeClaim data-web-1 (Bound)" shape=box]
        6 [ label="PersistentVolume pvc-UID (Bound)" shape=box]
        7 [ label="PersistentVolume pvc-UID (Bound)" shape=box]
        0 -> 1 [ label="owns"]
        0 -> 2 [ label="reaches"]
        0 -> 3 [ label="reaches"]
        2 -> 4 [ label="mounts"]
        3 -> 5 [ label="mounts"]
        4 -> 6 [ label="is bound to"]
        5 -> 7 [ label="is bound to"]
    }
    "#);
    insta::assert_snapshot!(settled(&said(&mut session, "graph owners svc/web -o mermaid")), @r#"
    flowchart TD
      n0["Service web"]
      n1["EndpointSlice web-468xf"]
      n2["Pod web-0 (Running, 1/1 ready)"]
      n3["Pod web-1 (Running, 1/1 ready)"]
      n4["PersistentVolumeClaim data-web-0 (Bound)"]
      n5["PersistentVolumeClaim data-web-1 (Bound)"]
      n6["PersistentVolume pvc-UID (Bound)"]
      n7["PersistentVolume pvc-UID (Bound)"]
      n0 -- owns --> n1
      n0 -- reaches --> n2
      n0 -- reaches --> n3
      n2 -- mounts --> n4
      n3 -- mounts --> n5
      n4 -- is bound to --> n6
      n5 -- is bound to --> n7
    "#);
}

#[test]
fn what_is_not_there_has_no_graph() {
    let mut session = session(1, WEB);
    let lines = ["graph", "graph owners web", "graph owners sts/none", "graph causes pod/none -n other"];
    let refused = lines.map(|line| session.kubectl(line).expect_err("refused").stderr);
    insta::assert_snapshot!(refused.concat(), @r#"
    error: say graph owners|causes TYPE/NAME [-o dot|mermaid], like graph owners sts/web
    error: "web" is no TYPE/NAME, like pod/web-0
    error: there is no statefulset none
    error: nothing is remembered of pod none
    "#);
}
