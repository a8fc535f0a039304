//! Claims, volumes, Secrets, quotas and limit ranges.

use super::{create, update};

fn volume(spec: &str) -> String {
    format!("{{apiVersion: v1, kind: PersistentVolume, metadata: {{name: v}}, spec: {spec}}}")
}

fn claim(spec: &str) -> String {
    format!("{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: c}}, spec: {spec}}}")
}

#[test]
fn volumes_have_one_source() {
    insta::assert_snapshot!(create(&volume("{accessModes: [ReadWriteOncePod, ReadWriteOnce, Often], capacity: {storage: -1Gi, cpu: 1}, persistentVolumeReclaimPolicy: Recycle, hostPath: {path: /./}, nfs: {server: a, path: /b}, volumeMode: Tape}")), @r#"
    spec.accessModes: Unsupported value: "Often": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"
    spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes
    spec.capacity: Unsupported value: {"cpu":"1","storage":"-1Gi"}: supported values: "storage"
    spec.capacity[storage]: Invalid value: -1073741824: must be a valid resource quantity
    spec.capacity[storage]: Invalid value: "-1Gi": must be greater than zero
    spec.nfs: Forbidden: may not specify more than 1 volume type
    spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'
    spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"
    "#);
    insta::assert_snapshot!(create(&volume("{accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, local: {path: /a/../b}, nodeAffinity: {}}")), @r#"
    spec.nodeAffinity.required: Required value: must specify required node constraints
    spec.local.path: Invalid value: "/a/../b": must not contain '..'
    "#);
    insta::assert_snapshot!(create(&volume("{accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, csi: {driver: _x}, volumeAttributesClassName: Gold}")), @r#"
    spec.csi.driver: Invalid value: "_x": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    spec.csi.volumeHandle: Required value
    spec.volumeAttributesClassName: Invalid value: "Gold": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    "#);
    insta::assert_snapshot!(create(&volume("{accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, gcePersistentDisk: {}}")), @"spec.persistentDisk.pdName: Required value");
}

#[test]
fn updates_of_volumes() {
    let old = volume(
        "{accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /a}, volumeMode: Filesystem, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In, values: [b]}]}]}}}",
    );
    insta::assert_snapshot!(update(&old, &old.replace("[b]", "[c]").replace("Filesystem", "Block")), @r#"
    volumeMode: Invalid value: "Block": field is immutable
    nodeAffinity: Invalid value: {"Required":{"NodeSelectorTerms":[{"MatchExpressions":[{"Key":"a","Operator":"In","Values":["c"]}],"MatchFields":null}]}}: field is immutable, except for updating from beta label to GA
    "#);
    assert_eq!(update(&old, &old.replace("1Gi", "2Gi")), "");
}

#[test]
fn claims_may_name_a_source() {
    insta::assert_snapshot!(create(&claim("{accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, dataSource: {kind: VolumeSnapshot, name: ''}, dataSourceRef: {kind: PersistentVolumeClaim, name: b, namespace: B}}")), @r#"
    spec.dataSource.name: Required value
    spec.dataSource: Invalid value: "VolumeSnapshot": must be 'PersistentVolumeClaim' when referencing the default apiGroup
    spec.dataSourceRef.namespace: Invalid value: "B": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
    spec: Invalid value: "spec.dataSource": may not be specified when dataSourceRef.namespace is specified
    "#);
    insta::assert_snapshot!(create(&claim("{accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, dataSource: {kind: PersistentVolumeClaim, name: a}, dataSourceRef: {kind: PersistentVolumeClaim, name: b}}")), @r#"
    spec: Invalid value: "spec.dataSource": must match dataSourceRef
    "#);
}

#[test]
fn bound_claims_grow_and_do_not_shrink_below_their_volume() {
    let bound = |size: &str| {
        claim(&format!(
            "{{accessModes: [ReadWriteOnce], volumeName: v, resources: {{requests: {{storage: {size}}}}}}}"
        ))
        .replace("}}}}", "}}}, status: {phase: Bound, capacity: {storage: 1Gi}}}")
    };
    assert_eq!(update(&bound("1Gi"), &bound("2Gi")), "");
    assert_eq!(update(&bound("3Gi"), &bound("2Gi")), "");
    insta::assert_snapshot!(update(&bound("2Gi"), &bound("1Gi")), @r"
    spec.resources.requests.storage: Forbidden: field can not be less than status.capacity
    ");
    let block = bound("1Gi").replace("volumeName: v", "volumeName: v, volumeMode: Block");
    insta::assert_snapshot!(update(&bound("1Gi"), &block), @r#"
    spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims
    @@ -11,7 +11,7 @@
      },
      "VolumeName": "v",
      "StorageClassName": null,
    - "VolumeMode": "Filesystem",
    + "VolumeMode": "Block",
      "DataSource": null,
      "DataSourceRef": null,
      "VolumeAttributesClassName": null

    volumeMode: Invalid value: "Block": field is immutable
    "#);
}

#[test]
fn secrets_are_what_their_types_ask_for() {
    let secret = |kind: &str, data: &str| {
        create(&format!(
            "{{apiVersion: v1, kind: Secret, metadata: {{name: s}}, type: {kind}, data: {data}}}"
        ))
    };
    insta::assert_snapshot!(secret("kubernetes.io/service-account-token", "{}"), @r"
    metadata.annotations[kubernetes.io/service-account.name]: Required value
    ");
    insta::assert_snapshot!(secret("kubernetes.io/basic-auth", "{}"), @r"
    data[username]: Required value
    data[password]: Required value
    ");
    insta::assert_snapshot!(secret("kubernetes.io/ssh-auth", "{ssh-privatekey: ''}"), @"data[ssh-privatekey]: Required value");
    insta::assert_snapshot!(secret("kubernetes.io/tls", "{}"), @r"
    data[tls.crt]: Required value
    data[tls.key]: Required value
    ");
    // `{`, then `[]`.
    insta::assert_snapshot!(secret("kubernetes.io/dockerconfigjson", "{.dockerconfigjson: ew==}"), @r#"
    data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input
    "#);
    insta::assert_snapshot!(secret("kubernetes.io/dockercfg", "{.dockercfg: W10=}"), @r#"
    data[.dockercfg]: Invalid value: "<secret contents redacted>": json: cannot unmarshal array into Go value of type map[string]interface {}
    "#);
    assert_eq!(secret("kubernetes.io/basic-auth", "{username: YQ==}"), "");
}

#[test]
fn quotas_bound_what_they_know() {
    let quota = |spec: &str| {
        create(&format!("{{apiVersion: v1, kind: ResourceQuota, metadata: {{name: q}}, spec: {spec}}}"))
    };
    insta::assert_snapshot!(quota("{hard: {gpus: 1, pods: 1500m, cpu: -1, count/jobs.batch: 2500m, storage: 1Gi}}"), @r#"
    spec.hard[count/jobs.batch]: Invalid value: "2500m": must be an integer
    spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0
    spec.hard[gpus]: Invalid value: "gpus": must be a standard resource type or fully qualified
    spec.hard[gpus]: Invalid value: "gpus": must be a standard resource for quota
    spec.hard[pods]: Invalid value: "1500m": must be an integer
    spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota
    "#);
    insta::assert_snapshot!(quota("{hard: {pods: 1, cpu: 1}, scopes: [BestEffort, NotBestEffort, Odd]}"), @r#"
    spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Odd"]: unsupported scope applied to resource
    spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Odd"]: unsupported scope
    spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Odd"]: conflicting scopes
    "#);
    insta::assert_snapshot!(quota("{hard: {services: 1}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In}, {scopeName: Terminating, operator: DoesNotExist, values: [a]}, {scopeName: Odd, operator: Near}]}}"), @r#"
    spec.scopeSelector.matchExpressions: Invalid value: {"MatchExpressions":[{"ScopeName":"PriorityClass","Operator":"In","Values":null},{"ScopeName":"Terminating","Operator":"DoesNotExist","Values":["a"]},{"ScopeName":"Odd","Operator":"Near","Values":null}]}: unsupported scope applied to resource
    spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector
    spec.scopeSelector.matchExpressions: Invalid value: {"MatchExpressions":[{"ScopeName":"PriorityClass","Operator":"In","Values":null},{"ScopeName":"Terminating","Operator":"DoesNotExist","Values":["a"]},{"ScopeName":"Odd","Operator":"Near","Values":null}]}: unsupported scope applied to resource
    spec.scopeSelector.matchExpressions.operator: Invalid value: "DoesNotExist": must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity
    spec.scopeSelector.matchExpressions.values: Invalid value: ["a"]: must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector
    spec.scopeSelector.matchExpressions.scopeName: Invalid value: "Odd": unsupported scope
    spec.scopeSelector.matchExpressions.operator: Invalid value: "Near": not a valid selector operator
    "#);
    assert_eq!(
        quota("{hard: {pods: 1, requests.cpu: 1, hugepages-2Mi: 4Mi, requests.example.com/gpu: 2}}"),
        ""
    );
}

#[test]
fn limits_are_of_known_types() {
    let range = |item: &str| {
        create(&format!(
            "{{apiVersion: v1, kind: LimitRange, metadata: {{name: l}}, spec: {{limits: [{item}]}}}}"
        ))
    };
    insta::assert_snapshot!(range("{type: Volume, max: {cpu: 1}}, {type: Container, max: {storage: 1, foo: 1}}, {type: PersistentVolumeClaim, max: {cpu: 1}}"), @r#"
    spec.limits[0].type: Invalid value: "Volume": must be a standard limit type or fully qualified
    spec.limits[1].max[foo]: Invalid value: "foo": must be a standard resource type or fully qualified
    spec.limits[1].max[foo]: Invalid value: "foo": must be a standard resource for containers
    spec.limits[1].max[storage]: Invalid value: "storage": must be a standard resource for containers
    spec.limits[1].default[foo]: Invalid value: "foo": must be a standard resource type or fully qualified
    spec.limits[1].default[foo]: Invalid value: "foo": must be a standard resource for containers
    spec.limits[1].default[storage]: Invalid value: "storage": must be a standard resource for containers
    spec.limits[1].defaultRequest[foo]: Invalid value: "foo": must be a standard resource type or fully qualified
    spec.limits[1].defaultRequest[foo]: Invalid value: "foo": must be a standard resource for containers
    spec.limits[1].defaultRequest[storage]: Invalid value: "storage": must be a standard resource for containers
    spec.limits[2].limits: Required value: either minimum or maximum storage value is required, but neither was provided
    "#);
    insta::assert_snapshot!(range("{type: Container, min: {cpu: 2}, max: {cpu: 4}, maxLimitRequestRatio: {cpu: 3}, default: {example.com/a: 2}, defaultRequest: {example.com/a: 1}}"), @r#"
    spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000
    spec.limits[0].defaultRequest[example.com/a]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in example.com/a
    "#);
}
