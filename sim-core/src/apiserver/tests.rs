use rand_core::SeedableRng;
use serde_json::{Value, json};

use super::*;
use crate::api::decode;
use crate::api::patch::Patch;

fn server() -> ApiServer {
    let mut api = ApiServer::new(ChaCha8Rng::seed_from_u64(7));
    create(&mut api, "{apiVersion: v1, kind: Namespace, metadata: {name: default}}");
    api
}

fn try_create(api: &mut ApiServer, manifest: &str) -> ApiResult<Value> {
    let mut value = decode::documents(manifest).unwrap().remove(0);
    let kind =
        Kind::from_api(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap()).unwrap();
    if kind.info().namespaced {
        value["metadata"]["namespace"] = json!("default");
    }
    api.create(decode::object(value).unwrap()).map(|object| object.to_value())
}

fn create(api: &mut ApiServer, manifest: &str) -> Value {
    try_create(api, manifest).unwrap()
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::new("default", name)
}

fn changes(api: &ApiServer, since: u64) -> Vec<String> {
    let log = api.store().log().since(since);
    log.map(|change| format!("{:?} {}", change.change, change.reference.clone())).collect()
}

const POD: &str = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {nodeName: n1, containers: [{name: a, image: nginx}]}}";

fn service(api: &mut ApiServer, name: &str, spec: &str) -> ApiResult<Value> {
    try_create(api, &format!("{{apiVersion: v1, kind: Service, metadata: {{name: {name}}}, spec: {spec}}}"))
}

#[test]
fn a_new_pod_is_pending_with_what_admission_adds() {
    let mut api = server();
    create(
        &mut api,
        "{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {topology.kubernetes.io/zone: z1}}}",
    );
    let pod = create(&mut api, POD);
    assert_eq!(pod["status"], json!({"phase": "Pending", "qosClass": "BestEffort"}));
    assert_eq!(pod["metadata"]["generation"], 1);
    assert_eq!(pod["metadata"]["labels"], json!({"topology.kubernetes.io/zone": "z1"}));
    assert_eq!(pod["spec"]["priority"], 0);
    assert_eq!(pod["spec"]["preemptionPolicy"], "PreemptLowerPriority");
    assert_eq!(pod["spec"]["tolerations"][1]["key"], "node.kubernetes.io/unreachable");
    let refused = try_create(
        &mut api,
        "{apiVersion: v1, kind: Pod, metadata: {name: q}, spec: {priorityClassName: high, containers: [{name: a, image: nginx}]}}",
    );
    insta::assert_snapshot!(refused.unwrap_err(), @r#"pods "q" is forbidden: no PriorityClass with name high was found"#);
    let refused = try_create(
        &mut api,
        "{apiVersion: v1, kind: Pod, metadata: {name: q}, spec: {runtimeClassName: gvisor, containers: [{name: a, image: nginx}]}}",
    );
    insta::assert_snapshot!(refused.unwrap_err(), @r#"pods "q" is forbidden: pod rejected: RuntimeClass "gvisor" not found"#);
}

#[test]
fn services_get_addresses_and_give_them_back() {
    let mut api = server();
    let fixed = "{clusterIP: 10.96.0.10, ports: [{port: 53}]}";
    assert_eq!(service(&mut api, "dns", fixed).unwrap()["spec"]["clusterIPs"], json!(["10.96.0.10"]));
    let error = service(&mut api, "other", fixed).unwrap_err();
    insta::assert_snapshot!(error, @r#"Service "other" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated"#);
    api.delete(Kind::Service, &key("dns"), &DeleteOptions::default()).unwrap();
    service(&mut api, "other", fixed).unwrap();
    let error = service(&mut api, "far", "{clusterIP: 10.0.0.1, ports: [{port: 53}]}").unwrap_err();
    insta::assert_snapshot!(error, @r#"Service "far" is invalid: spec.clusterIPs: Invalid value: ["10.0.0.1"]: failed to allocate IP 10.0.0.1: the provided IP is not in the valid range. The range of valid IPs is 10.96.0.0/12"#);

    let spec =
        service(&mut api, "a", "{selector: {app: a}, ports: [{port: 80, name: http}]}").unwrap()["spec"]
            .clone();
    let address = spec["clusterIP"].as_str().unwrap();
    assert!(address.starts_with("10.") && address != "10.96.0.10", "{address}");
    assert_eq!(
        spec,
        json!({"clusterIP": address, "clusterIPs": [address], "internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack", "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 80}],
            "selector": {"app": "a"}, "sessionAffinity": "None", "type": "ClusterIP"})
    );
    let headless =
        service(&mut api, "h", "{clusterIP: None, selector: {app: a}, ports: [{port: 80}]}").unwrap();
    assert_eq!(headless["spec"]["clusterIPs"], json!(["None"]));
}

#[test]
fn node_ports_are_allocated_kept_and_released() {
    let mut api = server();
    let spec = service(&mut api, "a", "{type: NodePort, ports: [{port: 80}]}").unwrap()["spec"].clone();
    let port = spec["ports"][0]["nodePort"].as_i64().unwrap();
    assert!((30_000..=32_767).contains(&port));
    let taken =
        service(&mut api, "b", &format!("{{type: NodePort, ports: [{{port: 80, nodePort: {port}}}]}}"));
    assert!(taken.unwrap_err().to_string().ends_with(&format!(
        "spec.ports[0].nodePort: Invalid value: {port}: provided port is already allocated"
    )));
    let out = service(&mut api, "c", "{type: NodePort, ports: [{port: 80, nodePort: 80}]}").unwrap_err();
    insta::assert_snapshot!(out, @r#"Service "c" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767"#);
    // A replacement without the allocated fields keeps them.
    let bare = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "default"},
        "spec": {"type": "NodePort", "ports": [{"port": 80}]}});
    let kept = api.update(decode::object(bare).unwrap()).unwrap().to_value();
    assert_eq!(kept["spec"], spec);
    let patch = Patch::Merge(json!({"spec": {"type": "ClusterIP"}}));
    let plain = api
        .patch(Kind::Service, &key("a"), &patch, Subresource::Main, WriteOptions::default())
        .unwrap()
        .to_value();
    assert_eq!(plain["spec"]["ports"], json!([{"port": 80, "protocol": "TCP", "targetPort": 80}]));
    assert_eq!(plain["spec"]["externalTrafficPolicy"], Value::Null);
    service(&mut api, "b", &format!("{{type: NodePort, ports: [{{port: 80, nodePort: {port}}}]}}")).unwrap();
}

#[test]
fn a_pod_is_marked_before_it_goes() {
    let mut api = server();
    create(&mut api, POD);
    let since = api.store().revision();
    let deleted = api.delete(Kind::Pod, &key("p"), &DeleteOptions::default()).unwrap();
    assert!(!deleted.gone);
    assert_eq!(deleted.object.meta().deletion_grace_period_seconds, Some(30));
    assert_eq!(deleted.object.meta().generation, Some(2));
    // A second delete without a shorter grace changes nothing.
    api.delete(Kind::Pod, &key("p"), &DeleteOptions::default()).unwrap();
    assert_eq!(api.store().revision(), since + 1);
    let now = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
    assert!(api.delete(Kind::Pod, &key("p"), &now).unwrap().gone);
    assert_eq!(
        changes(&api, since),
        ["Modified Pod default/p", "Modified Pod default/p", "Deleted Pod default/p"]
    );
    assert!(api.get(Kind::Pod, &key("p")).unwrap_err().is_not_found());
}

#[test]
fn finalizers_keep_an_object_and_the_last_one_lets_it_go() {
    let mut api = server();
    create(
        &mut api,
        "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}",
    );
    let since = api.store().revision();
    assert!(!api.delete(Kind::PersistentVolumeClaim, &key("c"), &DeleteOptions::default()).unwrap().gone);
    let patch = Patch::Merge(json!({"metadata": {"finalizers": null}}));
    api.patch(Kind::PersistentVolumeClaim, &key("c"), &patch, Subresource::Main, WriteOptions::default())
        .unwrap();
    assert_eq!(
        changes(&api, since),
        ["Modified PersistentVolumeClaim default/c", "Deleted PersistentVolumeClaim default/c"]
    );
    // Watches see the object with the finalizer that it lost.
    let last = api.store().log().since(since).last().unwrap().object.clone();
    assert_eq!(last.meta().finalizers.as_deref(), Some(&["kubernetes.io/pvc-protection".to_owned()][..]));
}

#[test]
fn namespaces_terminate_until_their_spec_is_final() {
    let mut api = server();
    create(&mut api, "{apiVersion: v1, kind: Namespace, metadata: {name: n1}}");
    let name = ObjectKey::cluster("n1");
    let deleted = api.delete(Kind::Namespace, &name, &DeleteOptions::default()).unwrap();
    assert!(!deleted.gone);
    assert_eq!(deleted.object.to_value()["status"]["phase"], "Terminating");
    api.modify::<k8s_openapi::api::core::v1::Namespace>(&name, Subresource::Binding, |namespace| {
        namespace.spec.get_or_insert_default().finalizers = None;
    })
    .unwrap();
    assert!(api.get(Kind::Namespace, &name).is_err());
    let refused = api.delete(Kind::Namespace, &ObjectKey::cluster("default"), &DeleteOptions::default());
    insta::assert_snapshot!(refused.unwrap_err(), @r#"namespaces "default" is forbidden: this namespace may not be deleted"#);
}

const SET: &str = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: web}, spec: {serviceName: web, replicas: 2, selector: {matchLabels: {app: web}},
    updateStrategy: {rollingUpdate: {maxUnavailable: 2}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a, image: nginx}]}}}}";

#[test]
fn scale_reads_and_sets_replicas() {
    let mut api = server();
    let set = create(&mut api, SET);
    assert_eq!(
        set["spec"]["updateStrategy"],
        json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 0}})
    );
    assert_eq!(set["status"], json!({"replicas": 0, "availableReplicas": 0}));
    let mut scale = api.scale(Kind::StatefulSet, &key("web")).unwrap();
    assert_eq!(scale.status.as_ref().unwrap().selector.as_deref(), Some("app=web"));
    scale.spec.get_or_insert_default().replicas = Some(5);
    api.set_scale(Kind::StatefulSet, &key("web"), &scale, WriteOptions::default()).unwrap();
    let stored = api.get(Kind::StatefulSet, &key("web")).unwrap().to_value();
    assert_eq!((&stored["spec"]["replicas"], &stored["metadata"]["generation"]), (&json!(5), &json!(2)));
    // The scale was read before it changed.
    let stale = api.set_scale(Kind::StatefulSet, &key("web"), &scale, WriteOptions::default()).unwrap_err();
    insta::assert_snapshot!(stale, @r#"Operation cannot be fulfilled on statefulsets.apps "web": the object has been modified; please apply your changes to the latest version and try again"#);
    assert!(api.scale(Kind::Namespace, &ObjectKey::cluster("default")).is_err());
}

#[test]
fn patches_that_make_no_object_are_refused_in_words() {
    let mut api = server();
    create(&mut api, SET);
    let before = api.store().revision();
    let mut refusal = |patch: Patch| {
        let options = WriteOptions::default();
        api.patch(Kind::StatefulSet, &key("web"), &patch, Subresource::Main, options).unwrap_err().to_string()
    };
    insta::assert_snapshot!(refusal(Patch::Strategic(json!({"spec": {"replicas": "x"}}))), @r#" "" is invalid: patch: Invalid value: "map[spec:map[replicas:x]]": unrecognized type: int32"#);
    // What the patch made is shown whole.
    let merged = refusal(Patch::Merge(json!({"spec": {"replicas": "x"}})));
    assert!(
        merged.starts_with(r#" "" is invalid: patch: Invalid value: "{\"apiVersion\":\"apps/v1\",\"#),
        "{merged}"
    );
    let why =
        "json: cannot unmarshal string into Go struct field StatefulSetSpec.spec.replicas of type int32";
    assert!(merged.ends_with(&format!(": {why}")), "{merged}");
    insta::assert_snapshot!(refusal(Patch::Merge(json!({"metadata": {"name": "x"}}))), @"the name of the object (x) does not match the name on the URL (web)");
    insta::assert_snapshot!(refusal(Patch::Merge(json!({"metadata": {"namespace": "x"}}))), @"the namespace of the provided object does not match the namespace sent on the request");
    insta::assert_snapshot!(refusal(Patch::Merge(json!({"metadata": {"uid": "x"}}))), @r#"StatefulSet.apps "web" is invalid: metadata.uid: Invalid value: "x": field is immutable"#);
    insta::assert_snapshot!(refusal(Patch::Merge(json!({"metadata": {"resourceVersion": "1"}}))), @r#"Operation cannot be fulfilled on statefulsets.apps "web": the object has been modified; please apply your changes to the latest version and try again"#);
    let strict = api.patch_strictly(
        Kind::StatefulSet,
        &key("web"),
        &Patch::Strategic(json!({"spec": {"replica": 1}})),
        WriteOptions::default(),
    );
    insta::assert_snapshot!(strict.unwrap_err(), @r#" "" is invalid: patch: Invalid value: "map[spec:map[replica:1]]": strict decoding error: unknown field "spec.replica""#);
    assert_eq!(api.store().revision(), before, "nothing was stored");
}

#[test]
fn dry_runs_and_failures_leave_everything_as_it_was() {
    let mut api = server();
    let dry = WriteOptions { dry_run: true };
    let value = decode::documents("{apiVersion: v1, kind: Service, metadata: {name: s, namespace: default}, spec: {ports: [{port: 80}]}}").unwrap();
    let object = decode::object(value[0].clone()).unwrap();
    let revision = api.store().revision();
    let first = api.create_with(object.clone(), dry).unwrap();
    let second = api.create_with(object.clone(), dry).unwrap();
    assert_eq!(first, second, "a dry run draws no numbers that others would have drawn");
    assert_eq!(api.store().revision(), revision);
    let stored = api.create(object).unwrap();
    assert_eq!(first.to_value()["spec"], stored.to_value()["spec"]);
    let gone =
        api.delete(Kind::Service, &key("s"), &DeleteOptions { dry_run: true, ..DeleteOptions::default() });
    assert!(gone.unwrap().gone);
    assert!(api.get(Kind::Service, &key("s")).is_ok());
}

#[test]
fn preconditions_name_what_differs() {
    let mut api = server();
    let uid = create(&mut api, POD)["metadata"]["uid"].as_str().unwrap().to_owned();
    let preconditions = Preconditions { uid: Some("other".to_owned()), resource_version: None };
    let error =
        api.delete(Kind::Pod, &key("p"), &DeleteOptions { preconditions, ..DeleteOptions::default() });
    assert_eq!(
        error.unwrap_err().to_string(),
        format!(
            "Operation cannot be fulfilled on Pod \"p\": the UID in the precondition (other) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
        )
    );
}

#[test]
fn claims_get_the_default_class_and_grow_only_where_it_allows() {
    let mut api = server();
    create(
        &mut api,
        "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: standard, annotations: {storageclass.kubernetes.io/is-default-class: 'true'}}, provisioner: x}",
    );
    let claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}";
    assert_eq!(create(&mut api, claim)["spec"]["storageClassName"], "standard");
    let grow = Patch::Merge(json!({"spec": {"resources": {"requests": {"storage": "2Gi"}}}}));
    let mut ask = |phase: &str| {
        let bound = Patch::Merge(json!({"status": {"phase": phase, "capacity": {"storage": "1Gi"}}}));
        let (kind, key, options) = (Kind::PersistentVolumeClaim, key("c"), WriteOptions::default());
        api.patch(kind, &key, &bound, Subresource::Status, options).unwrap();
        api.patch(kind, &key, &grow, Subresource::Main, options)
    };
    // Rules of the claim itself come before those of its class.
    let refused = ask("Pending").unwrap_err().to_string();
    assert!(refused.contains("spec is immutable after creation except resources.requests"), "{refused}");
    let refused = ask("Bound");
    insta::assert_snapshot!(refused.unwrap_err(), @r#"persistentvolumeclaims "c" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"#);
}

#[test]
fn a_gated_pod_has_waited_since_its_creation() {
    let mut api = server();
    let pod = create(
        &mut api,
        "{apiVersion: v1, kind: Pod, metadata: {name: g}, spec: {schedulingGates: [{name: x/y}], containers: [{name: c, image: i}]}}",
    );
    let condition = &pod["status"]["conditions"][0];
    assert_eq!(condition["reason"], "SchedulingGated");
    assert_eq!(condition["lastTransitionTime"], pod["metadata"]["creationTimestamp"]);
}

/// Patches that are mostly wrong: of a wrong type, of no known field, or against a rule.
fn odd_patch() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::prelude::*;
    let leaf = prop_oneof![
        Just(json!(null)),
        Just(json!("")),
        Just(json!("x")),
        Just(json!(-1)),
        Just(json!(3)),
        Just(json!(true)),
        Just(json!([])),
        Just(json!({})),
        Just(json!([{"port": 81, "name": "x"}])),
        Just(json!({"app": "other"})),
    ];
    let paths = prop::sample::select(vec![
        "/spec/replicas",
        "/spec/type",
        "/spec/clusterIP",
        "/spec/ports",
        "/spec/selector",
        "/spec/template/metadata/labels",
        "/spec/template/spec/containers",
        "/spec/updateStrategy",
        "/spec/volumeClaimTemplates",
        "/metadata/labels",
        "/metadata/finalizers",
        "/metadata/resourceVersion",
        "/nope",
    ]);
    prop::collection::vec((paths, leaf), 1..4).prop_map(|changes| {
        let mut patch = json!({});
        for (path, value) in changes {
            let mut place = &mut patch;
            for name in path.split('/').skip(1) {
                if !place.is_object() {
                    *place = json!({});
                }
                place = &mut place[name];
            }
            *place = value;
        }
        patch
    })
}

proptest::proptest! {
    #[test]
    fn a_refused_patch_changes_nothing_and_an_accepted_one_has_its_defaults(patch in odd_patch(), strategic: bool) {
        let mut api = server();
        create(&mut api, SET);
        service(&mut api, "web", "{type: NodePort, selector: {app: web}, ports: [{port: 80}]}").unwrap();
        for kind in [Kind::StatefulSet, Kind::Service] {
            let before = format!("{api:?}");
            let patch = if strategic { Patch::Strategic(patch.clone()) } else { Patch::Merge(patch.clone()) };
            match api.patch(kind, &key("web"), &patch, Subresource::Main, WriteOptions::default()) {
                Err(_) => proptest::prop_assert_eq!(format!("{api:?}"), before),
                Ok(stored) => {
                    let mut again = stored.clone();
                    crate::api::defaults::apply(&mut again);
                    proptest::prop_assert_eq!(stored, again);
                }
            }
        }
    }
}
