//! What the tests of the pictures share.

use std::time::Duration;

use crate::engine::{ClusterConfig, TimingProfile};
use crate::session::Session;

/// A set of two with a claim each, and its service.
pub(crate) const WEB: &str = "
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  clusterIP: None
  selector: {app: web}
  ports: [{port: 80}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: nginx, image: 'nginx:1.27'}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec:
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 1Gi}}
";

/// A session with `count` nodes, `manifests` applied and settled.
pub(crate) fn session(count: u32, manifests: &str) -> Session {
    let profile = TimingProfile::named("minikube").expect("known");
    let mut config = ClusterConfig::for_profile(profile, 7);
    config.set_nodes("minikube", count);
    let mut session = Session::new(config);
    session.apply(manifests).expect("applied");
    session.kubectl("settle").expect("settled");
    session
}

/// Lets `seconds` pass.
pub(crate) fn pass(session: &mut Session, seconds: u64) {
    session.advance_to(session.now() + Duration::from_secs(seconds));
}

/// One line for each thing that has a name: its class, what it refers to, and what is said of it.
pub(crate) fn outline(svg: &str) -> String {
    let attribute = |tag: &str, name: &str| {
        let rest = tag.split_once(&format!(" {name}=\""))?.1;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let mut text = String::new();
    let tags: Vec<&str> = svg.split('<').collect();
    for (tag, next) in tags.iter().zip(tags.iter().skip(1)).filter(|(tag, _)| tag.starts_with("g ")) {
        let title = next.strip_prefix("title>").filter(|_| tag.contains(" data-ref=")).map(str::to_owned);
        let Some(label) = attribute(tag, "aria-label").or(title) else { continue };
        let class = attribute(tag, "class").unwrap_or_default();
        let reference =
            attribute(tag, "data-ref").map(|reference| format!(" [{reference}]")).unwrap_or_default();
        text.push_str(&masked(&format!("{class}{reference}: {label}\n")));
    }
    text
}

/// Volumes are named after uids, which are random.
fn masked(line: &str) -> String {
    let mut parts = line.split("pvc-");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str("pvc-*");
        text.push_str(part.get(36..).unwrap_or_default());
    }
    text
}

/// Fails unless every element is closed, every id is unique and every number is whole, and the picture consists of
/// groups with ids that hold no ids.
pub(crate) fn check_form(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut ids = std::collections::BTreeSet::new();
    for tag in svg.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        if let Some(id) = tag.split_once(" id=\"").and_then(|(_, rest)| rest.split('"').next()) {
            assert!(ids.insert(id.to_owned()), "id {id} is there twice");
            assert!(open.len() <= 1, "id {id} is inside a group");
        } else if open.len() == 1 && !tag.starts_with('/') {
            panic!("a part without an id: {tag}");
        }
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "elements nest"),
            None if tag.ends_with('/') => {}
            None => open.push(tag.split(' ').next().unwrap_or_default()),
        }
        for attribute in [" x=\"", " y=\"", " width=\"", " height=\"", " x1=\"", " y2=\""] {
            let number = tag.split_once(attribute).and_then(|(_, rest)| rest.split('"').next());
            assert!(number.is_none_or(|number| number.parse::<i64>().is_ok()), "whole numbers in {tag}");
        }
    }
    assert!(open.is_empty(), "not closed: {open:?}");
}
