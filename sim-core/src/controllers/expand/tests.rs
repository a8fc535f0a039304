//! Claims that ask for more.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Event, PersistentVolumeClaim};
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::api::{ApiResult, Object, ObjectKey};
use crate::apiserver::Subresource;
use crate::cluster::Cluster;
use crate::controllers::attachdetach::tests::{cloud, create_claim, create_pod};

fn allow(cluster: &mut Cluster) {
    cluster
        .act("allow", |api| {
            api.modify::<StorageClass>(&ObjectKey::cluster("ebs"), Subresource::Main, |class| {
                class.allow_volume_expansion = Some(true);
            })
        })
        .expect("a class");
}

fn ask_for(cluster: &mut Cluster, size: &str) -> ApiResult<Object> {
    let size = Quantity(size.to_owned());
    cluster.act("resize", |api| {
        api.modify::<PersistentVolumeClaim>(&ObjectKey::new("default", "data"), Subresource::Main, |claim| {
            let resources = claim.spec.get_or_insert_default().resources.get_or_insert_default();
            resources.requests.get_or_insert_default().insert("storage".to_owned(), size);
        })
    })
}

fn claim(cluster: &Cluster) -> PersistentVolumeClaim {
    cluster
        .store()
        .typed::<PersistentVolumeClaim>(&ObjectKey::new("default", "data"))
        .cloned()
        .expect("there")
}

fn size(cluster: &Cluster) -> String {
    let status = claim(cluster).status.unwrap_or_default();
    status.capacity.unwrap_or_default().get("storage").map(|size| size.0.clone()).unwrap_or_default()
}

fn conditions(cluster: &Cluster) -> Vec<String> {
    let conditions = claim(cluster).status.and_then(|status| status.conditions).unwrap_or_default();
    conditions.into_iter().map(|condition| condition.type_).collect()
}

fn said(cluster: &Cluster, about: &str) -> Vec<String> {
    let events = cluster.store().all::<Event>();
    let about = events.filter(|event| event.involved_object.name.as_deref() == Some(about));
    about
        .filter_map(|event| event.reason.clone())
        .filter(|reason| reason.contains("esiz") || reason.contains("xpand"))
        .collect()
}

#[test]
fn a_class_that_does_not_allow_it_refuses() {
    let mut cluster = cloud();
    create_claim(&mut cluster, "data");
    create_pod(&mut cluster, "a", "data", "n-1");
    cluster.settle(Duration::from_secs(60));
    let refused = ask_for(&mut cluster, "2Gi").expect_err("not allowed");
    assert_eq!(
        refused.to_string(),
        "persistentvolumeclaims \"data\" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
    );
}

#[test]
fn a_volume_grows_at_once_and_its_file_system_when_the_kubelet_looks_again() {
    let mut cluster = cloud();
    allow(&mut cluster);
    create_claim(&mut cluster, "data");
    create_pod(&mut cluster, "a", "data", "n-1");
    cluster.settle(Duration::from_secs(60));
    ask_for(&mut cluster, "2Gi").expect("allowed");
    cluster.advance(Duration::from_secs(1));
    assert_eq!(
        (size(&cluster), conditions(&cluster)),
        ("1Gi".to_owned(), vec!["FileSystemResizePending".to_owned()])
    );
    cluster.advance(Duration::from_secs(60));
    assert_eq!((size(&cluster), conditions(&cluster).len()), ("2Gi".to_owned(), 0));
    let mut reasons = said(&cluster, "data");
    reasons.sort();
    assert_eq!(
        reasons,
        ["ExternalExpanding", "FileSystemResizeRequired", "FileSystemResizeSuccessful", "Resizing"]
    );
    assert_eq!(said(&cluster, "a"), ["FileSystemResizeSuccessful"]);
    assert!(ask_for(&mut cluster, "1Gi").is_err());
}

#[test]
fn a_file_system_waits_for_a_pod() {
    let mut cluster = cloud();
    allow(&mut cluster);
    create_claim(&mut cluster, "data");
    create_pod(&mut cluster, "a", "data", "n-1");
    cluster.settle(Duration::from_secs(60));
    let options = crate::apiserver::DeleteOptions::default();
    let pod = ObjectKey::new("default", "a");
    cluster.act("delete", |api| api.delete(crate::api::Kind::Pod, &pod, &options)).expect("there");
    cluster.settle(Duration::from_secs(60));
    ask_for(&mut cluster, "2Gi").expect("allowed");
    cluster.advance(Duration::from_secs(600));
    assert_eq!(
        (size(&cluster), conditions(&cluster)),
        ("1Gi".to_owned(), vec!["FileSystemResizePending".to_owned()])
    );
    create_pod(&mut cluster, "b", "data", "n-2");
    cluster.advance(Duration::from_secs(90));
    assert_eq!(size(&cluster), "2Gi");
}

#[test]
fn that_somebody_else_makes_a_volume_larger_is_no_warning() {
    let mut cluster = crate::cluster::Cluster::new(crate::engine::ClusterConfig::recorder(1));
    let claim = serde_json::json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "default"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    cluster
        .act("create", |api| api.create(crate::api::decode::object(claim).expect("a manifest")))
        .expect("new");
    cluster.settle(Duration::from_secs(10));
    cluster
        .act("allow", |api| {
            api.modify::<StorageClass>(&ObjectKey::cluster("standard"), Subresource::Main, |class| {
                class.allow_volume_expansion = Some(true);
            })
        })
        .expect("a class");
    ask_for(&mut cluster, "2Gi").expect("allowed");
    cluster.settle(Duration::from_secs(10));
    let mut events = cluster.store().all::<Event>();
    let event = events.find(|event| event.reason.as_deref() == Some("ExternalExpanding")).expect("said");
    assert_eq!(event.type_.as_deref(), Some("Normal"));
    assert_eq!(size(&cluster), "1Gi");
}
