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
    pod ready [Pod/default/web-0]: Pod web-0: ready, 1/1 containers ready, on minikube, 10.244.0.3
    pod ready [Pod/default/web-1]: Pod web-1: ready, 1/1 containers ready, on minikube, 10.244.0.4
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
    pod ready [Pod/default/web-0]: Pod web-0: ready, 1/1 containers ready, on minikube, 10.244.0.3
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
fn a_volume_that_waits_for_its_claim_to_go_is_terminating() {
    let mut session = session(1, WEB);
    session.kubectl("delete pv --all --wait=false").expect("deleted");
    let svg = map(&session);
    assert_eq!(svg.matches("<title>Volume pvc-").count(), 2);
    assert!(!svg.contains(": Bound</title>") && svg.contains(": Terminating</title>"), "{svg}");
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
fn pods_of_a_node_that_is_gone_say_so() {
    let mut session = session(1, WEB);
    pass(&mut session, 10);
    session.kubectl("delete node minikube").expect("deleted");
    assert!(map(&session).contains(">minikube gone</text>"), "{}", map(&session));
}

#[test]
fn a_deployments_pods_are_grouped_by_its_name() {
    let mut session = session(1, WEB);
    session.kubectl("create deployment front --image=nginx:1.27 --replicas=2").expect("created");
    session.kubectl("settle").expect("settled");
    assert!(map(&session).contains(">Deployment front<"));
}

/// The sides of every card: left, top, right, bottom.
fn cards(svg: &str) -> Vec<[i64; 4]> {
    let number = |tag: &str, name: &str| -> i64 {
        let (_, rest) = tag.split_once(&format!(" {name}=\"")).expect("there");
        rest.split('"').next().and_then(|number| number.parse().ok()).expect("a number")
    };
    let tags = svg.split('<').filter(|tag| tag.starts_with("rect class=\"card\""));
    tags.map(|tag| {
        let (x, y) = (number(tag, "x"), number(tag, "y"));
        [x, y, x + number(tag, "width"), y + number(tag, "height")]
    })
    .collect()
}

#[test]
fn at_any_width_nothing_overlaps_and_nothing_sticks_out() {
    let mut session = session(2, WEB);
    session.apply(&WEB.replace("web", "api").replace("replicas: 2", "replicas: 3")).expect("applied");
    session.kubectl("create deployment front --image=nginx:1.27 --replicas=3").expect("created");
    session.kubectl("settle").expect("settled");
    let of_width = |width| cluster_svg(session.cluster(), &MapOptions { width, ..MapOptions::default() });
    for width in [440, 640, 960, 1600] {
        let cards = cards(&of_width(width));
        assert!(cards.len() >= 16, "{}", cards.len());
        for (index, [left, top, right, bottom]) in cards.iter().enumerate() {
            assert!(*left >= 0 && *right <= i64::from(width), "{left} to {right} of {width}");
            let clear = |[l, t, r, b]: &[i64; 4]| r <= left || l >= right || b <= top || t >= bottom;
            assert!(cards[..index].iter().all(clear), "card {index} at width {width}");
        }
    }
    let height = |width| -> i64 { cards(&of_width(width)).iter().map(|card| card[3]).max().expect("cards") };
    assert!(height(1600) < height(960) && height(960) < height(440), "a wider picture is less high");
}

/// The lines with corners of that class: their points.
fn lines(svg: &str, class: &str) -> Vec<Vec<(i64, i64)>> {
    let tags = svg.split('<').filter_map(|tag| tag.strip_prefix(&format!("polyline class=\"{class}")));
    let points = tags
        .map(|tag| tag.split("points=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("points"));
    let point = |text: &str| {
        let (x, y) = text.split_once(',').expect("a point");
        (x.parse().expect("a number"), y.parse().expect("a number"))
    };
    points.map(|points| points.split(' ').map(point).collect()).collect()
}

#[test]
fn lines_go_around_the_pods_that_they_do_not_belong_to() {
    let mut deployed = session(1, WEB);
    deployed.kubectl("create deployment front --image=nginx:1.27 --replicas=2").expect("created");
    deployed.kubectl("settle").expect("settled");
    let spread = session(3, &WEB.replace("replicas: 2", "replicas: 7"));
    for session in [&deployed, &spread] {
        for width in [440, 640, 960, 1600] {
            let svg = cluster_svg(session.cluster(), &MapOptions { width, ..MapOptions::default() });
            let count = if std::ptr::eq(session, &spread) { 7 } else { 2 };
            assert_eq!((lines(&svg, "tie").len(), lines(&svg, "reach").len()), (count, count));
            for line in [lines(&svg, "tie"), lines(&svg, "reach")].concat() {
                for [left, top, right, bottom] in pod_cards(&svg) {
                    let place = layout::Rect { x: left, y: top, width: right - left, height: bottom - top };
                    let ends = [line[0], line[line.len() - 1]];
                    let is_at =
                        |(x, y): &(i64, i64)| (left..=right).contains(x) && (top..=bottom).contains(y);
                    let goes_by = line.windows(2).any(|part| routes::crosses(place, part[0], part[1]));
                    assert!(
                        ends.iter().any(is_at) || !goes_by,
                        "{line:?} crosses {place:?} at width {width}"
                    );
                }
            }
        }
    }
}

/// The sides of the pods' cards.
fn pod_cards(svg: &str) -> Vec<[i64; 4]> {
    let pods = svg.split("<g ").filter(|group| group.contains("class=\"pod "));
    pods.flat_map(cards).collect()
}

#[test]
fn a_groups_long_name_stays_in_its_node_and_is_told_in_full() {
    let mut session = session(3, WEB);
    let name = "a-deployment-whose-name-somebody-made-as-long-as-it-may-well-be";
    session.kubectl(&format!("create deployment {name} --image=nginx:1.27 --replicas=3")).expect("created");
    session.kubectl("settle").expect("settled");
    let svg = map(&session);
    assert!(!svg.contains(&format!(">Deployment {name}</text>")));
    assert!(svg.contains(&format!("<title>Deployment {name}</title>")));
}

#[test]
fn the_picture_says_which_namespace_it_shows_and_what_is_elsewhere() {
    let mut session = session(1, WEB);
    for line in ["create namespace blue", "create namespace empty", "run one -n blue --image=nginx:1.27"] {
        session.kubectl(line).expect("created");
    }
    session.kubectl("settle").expect("settled");
    assert!(map(&session).contains(">Pods in default: 2 ready. Not shown: 1 object in blue</text>"));
    let options = MapOptions { namespace: Some("blue".to_owned()), ..MapOptions::default() };
    let svg = cluster_svg(session.cluster(), &options);
    assert!(
        svg.contains(">Pods in blue: 1 ready. Not shown: 6 objects in default</text>"),
        "{}",
        &svg[..600]
    );
}

#[test]
fn a_hundred_pods_are_cells() {
    let many = WEB.replace("replicas: 2", "replicas: 100\n  podManagementPolicy: Parallel");
    let mut session = session(3, &many);
    pass(&mut session, 600);
    let svg = map(&session);
    assert!(svg.contains("Pods in default: 100 ready"), "{}", &svg[..400]);
    assert!(svg.contains("viewBox=\"0 0 960 "));
}

#[test]
fn the_same_cluster_gives_the_same_bytes() {
    assert_eq!(map(&session(2, WEB)), map(&session(2, WEB)));
}

#[test]
fn text_from_a_user_is_escaped() {
    let svg = crate::view::svg::Svg::open("x", &[], "<script>\"&", (10, 10)).close();
    assert!(svg.contains("aria-label=\"&lt;script&gt;&quot;&amp;\""));
}
