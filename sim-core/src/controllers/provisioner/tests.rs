//! Volumes as their provisioners make them.

use k8s_openapi::api::core::v1::Event;

use crate::controllers::persistentvolume::harness::Bench;

#[test]
fn minikube_makes_host_path_volumes_and_says_so() {
    let mut bench = Bench::minikube();
    bench.create_claim("data-web-0", "standard", "1Gi");
    bench.settle();
    let name = bench.bound_volume("data-web-0").expect("bound");
    let volume = bench.volume(&name).expect("there");
    let spec = volume.spec.clone().unwrap_or_default();
    let path = spec.host_path.map(|source| source.path);
    assert_eq!(path.as_deref(), Some("/tmp/hostpath-provisioner/default/data-web-0"));
    let annotations = volume.metadata.annotations.clone().unwrap_or_default();
    let by = annotations.get("pv.kubernetes.io/provisioned-by").map(String::as_str);
    assert_eq!(by, Some("k8s.io/minikube-hostpath"));
    let identity = annotations.get("hostPathProvisionerIdentity").cloned().unwrap_or_default();
    let source = format!("k8s.io/minikube-hostpath_minikube_{identity}");
    let said: Vec<String> = bench
        .api()
        .store()
        .all::<Event>()
        .filter(|event| event.reporting_component.as_deref() == Some(&source))
        .filter_map(|event| Some(format!("{}: {}", event.reason.clone()?, event.message.clone()?)))
        .map(|line| line.replace(&name, "pvc-UID"))
        .collect();
    assert_eq!(
        said,
        [
            "Provisioning: External provisioner is provisioning volume for claim \"default/data-web-0\"",
            "ProvisioningSucceeded: Successfully provisioned volume pvc-UID",
        ]
    );
}
