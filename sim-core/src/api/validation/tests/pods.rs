//! Pods: volumes, amounts, security, and what an update may change.

use super::{create, update};

fn pod(spec: &str) -> String {
    format!("{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {spec}}}")
}

#[test]
fn amounts_are_of_known_resources() {
    let container = |resources: &str| {
        create(&pod(&format!("{{containers: [{{name: a, image: x, resources: {resources}}}]}}")))
    };
    insta::assert_snapshot!(container("{limits: {foo: 1, storage: 1, pods: 1, a/b/c: 1, requests.example.com/x: 1}}"), @r#"
    spec.containers[0].resources.limits[a/b/c]: Invalid value: "a/b/c": a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')
    spec.containers[0].resources.limits[a/b/c]: Invalid value: "a/b/c": doesn't follow extended resource name standard
    spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified
    spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource for containers
    spec.containers[0].resources.limits[pods]: Invalid value: "pods": must be a standard resource for containers
    spec.containers[0].resources.limits[requests.example.com/x]: Invalid value: "requests.example.com/x": doesn't follow extended resource name standard
    spec.containers[0].resources.limits[storage]: Invalid value: "storage": must be a standard resource for containers
    spec.containers[0].resources.requests[a/b/c]: Invalid value: "a/b/c": a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')
    spec.containers[0].resources.requests[a/b/c]: Invalid value: "a/b/c": doesn't follow extended resource name standard
    spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource type or fully qualified
    spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource for containers
    spec.containers[0].resources.requests[pods]: Invalid value: "pods": must be a standard resource for containers
    spec.containers[0].resources.requests[requests.example.com/x]: Invalid value: "requests.example.com/x": doesn't follow extended resource name standard
    spec.containers[0].resources.requests[storage]: Invalid value: "storage": must be a standard resource for containers
    "#);
    insta::assert_snapshot!(container("{requests: {example.com/gpu: 1}, limits: {example.com/gpu: 1500m}}"), @r#"
    spec.containers[0].resources.limits[example.com/gpu]: Invalid value: "1500m": must be an integer
    spec.containers[0].resources.requests: Invalid value: "1": must be equal to example.com/gpu limit of 1500m
    "#);
    insta::assert_snapshot!(container("{requests: {example.com/gpu: 1, hugepages-2Mi: 3Mi}}"), @r#"
    spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources
    spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources
    spec.containers[0].resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi
    spec.containers[0].resources: Forbidden: HugePages require cpu or memory
    "#);
    assert_eq!(container("{limits: {hugepages-2Mi: 4Mi, memory: 1Gi, example.com/gpu: 1}}"), "");
}

#[test]
fn volumes() {
    insta::assert_snapshot!(create(&pod("{serviceAccountName: s, containers: [{name: a, image: x}], volumes: [{name: a, emptyDir: {}, configMap: {name: ''}, downwardAPI: {}, cephfs: {monitors: [m]}}, {name: b, gitRepo: {repository: ''}}, {name: c, projected: {sources: [{secret: {name: s, items: [{key: k, path: p}]}, configMap: {name: m, items: [{key: k, path: p}]}}, {serviceAccountToken: {path: ''}}, {downwardAPI: {items: [{path: p, fieldRef: {fieldPath: status.podIP}}, {path: q, resourceFieldRef: {resource: limits.cpu}}, {path: r, mode: 4096, fieldRef: {fieldPath: metadata.labels}}]}}]}}, {name: d, csi: {driver: UPPER}}, {name: e, csi: {driver: 'a b'}}, {name: f, nfs: {server: s, path: ''}}]}")), @r#"
    spec.volumes[0].cephFS: Forbidden: may not specify more than 1 volume type
    spec.volumes[0].downwarAPI: Forbidden: may not specify more than 1 volume type
    spec.volumes[0].configMap: Forbidden: may not specify more than 1 volume type
    spec.volumes[1].gitRepo.repository: Required value
    spec.volumes[2].projected: Invalid value: "m": conflicting duplicate paths
    spec.volumes[2].projected.sources[0]: Forbidden: may not specify more than 1 volume type per source
    spec.volumes[2].projected.path: Required value
    spec.volumes[2].projected.sources[2].downwardAPI.fieldRef.fieldPath: Unsupported value: "status.podIP": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"
    spec.volumes[2].projected: Invalid value: "p": conflicting duplicate paths
    spec.volumes[2].projected.sources[2].downwardAPI.resourceFieldRef.containerName: Required value
    spec.volumes[2].projected.sources[2].downwardAPI.mode: Invalid value: 4096: must be a number between 0 and 0777 (octal), both inclusive
    spec.volumes[4].csi.driver: Invalid value: "a b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    spec.volumes[5].nfs.path: Required value
    spec.volumes[5].nfs.path: Invalid value: "": must be an absolute path
    "#);
    insta::assert_snapshot!(create(&pod("{containers: [{name: a, image: x}], volumes: [{name: e, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce]}}}}, {name: f, persistentVolumeClaim: {claimName: p-e}}, {name: g, image: {}}, {name: f, emptyDir: {}}]}")), @r#"
    spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value
    spec.volumes[1].persistentVolumeClaim.claimName: Invalid value: "p-e": must not reference a PVC that gets created for an ephemeral volume
    spec.volumes[2].image.reference: Required value
    spec.volumes[3].name: Duplicate value: "f"
    "#);
}

#[test]
fn security() {
    insta::assert_snapshot!(create(&pod("{containers: [{name: a, image: x, securityContext: {procMount: Unmasked, appArmorProfile: {type: Localhost, localhostProfile: ' a'}}}, {name: b, image: x, securityContext: {procMount: Masked, appArmorProfile: {type: Unconfined, localhostProfile: a}}}], securityContext: {sysctls: [{name: '', value: '1'}, {name: A, value: '1'}, {name: net.ipv4.tcp_syncookies, value: '1'}, {name: net.ipv4.tcp_syncookies, value: '1'}], appArmorProfile: {type: Odd}, supplementalGroupsPolicy: Some, seLinuxChangePolicy: Some}}")), @r#"
    spec.containers[0].securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`
    spec.containers[0].securityContext.appArmorProfile.localhostProfile: Invalid value: " a": must not be padded with whitespace
    spec.containers[1].securityContext.procMount: Unsupported value: "Masked": supported values: "Default", "Unmasked"
    spec.containers[1].securityContext.appArmorProfile.localhostProfile: Invalid value: "a": can only be set when AppArmor type is Localhost
    spec.securityContext.sysctls[0].name: Required value
    spec.securityContext.sysctls[1].name: Invalid value: "A": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$
    spec.securityContext.sysctls[3].name: Duplicate value: "net.ipv4.tcp_syncookies"
    spec.securityContext.appArmorProfile.type: Unsupported value: "Odd": supported values: "Localhost", "RuntimeDefault", "Unconfined"
    spec.securityContext.supplementalGroupsPolicy: Unsupported value: "Some": supported values: "Merge", "Strict"
    spec.securityContext.seLinuxChangePolicy: Unsupported value: "Some": supported values: "MountOption", "Recursive"
    "#);
}

#[test]
fn an_update_is_checked_as_a_whole() {
    let old = pod(
        "{activeDeadlineSeconds: 100, containers: [{name: a, image: x}], initContainers: [{name: i, image: z}]}",
    );
    insta::assert_snapshot!(update(&old, &old.replace("image: x", "image: ''")), @r#"
    spec.containers[0].image: Required value
    spec.containers[0].image: Required value
    spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)
    @@ -59,7 +59,7 @@
        "Lifecycle": null,
        "TerminationMessagePath": "/dev/termination-log",
        "TerminationMessagePolicy": "File",
    -   "ImagePullPolicy": "Always",
    +   "ImagePullPolicy": "IfNotPresent",
        "SecurityContext": null,
        "Stdin": false,
        "StdinOnce": false,
    "#);
    insta::assert_snapshot!(update(&old, &old.replace("image: z", "image: ' z'")), @r#"
    spec.initContainers[0].image: Invalid value: " z": must not have leading or trailing whitespace
    spec.initContainers[0].image: Invalid value: " z": must not have leading or trailing whitespace
    "#);
    insta::assert_snapshot!(update(&old, &old.replace("100", "-1")), @r"
    spec.activeDeadlineSeconds: Invalid value: -1: must be between 1 and 2147483647, inclusive
    spec.activeDeadlineSeconds: Invalid value: -1: must be between 0 and 2147483647, inclusive
    ");
    insta::assert_snapshot!(update(&old, &old.replace("100", "200")), @r"
    spec.activeDeadlineSeconds: Invalid value: 200: must be less than or equal to previous value
    ");
    insta::assert_snapshot!(update(&old, &old.replace("{activeDeadlineSeconds: 100, ", "{")), @r"
    spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value
    ");
    insta::assert_snapshot!(update(&old, &old.replace("initContainers: [{name: i, image: z}]", "initContainers: []")), @r"
    spec.initContainers: Forbidden: pod updates may not add or remove containers
    ");
    insta::assert_snapshot!(update(&old, &old.replace("{name: a, ", "{name: A, ")).lines().next().unwrap(), @r#"
    spec.containers[0].name: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
    "#);
    let tolerant = old.replace(
        "{active",
        "{tolerations: [{key: k, operator: Exists, tolerationSeconds: 5, effect: NoExecute}], active",
    );
    assert_eq!(update(&old, &tolerant), "");
    assert_eq!(update(&tolerant, &tolerant.replace("Seconds: 5", "Seconds: 6")), "");
    insta::assert_snapshot!(update(&tolerant, &tolerant.replace("key: k", "key: l")), @r"
    spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds
    ");
}

#[test]
fn gated_pods_may_only_become_pickier() {
    let gated = |more: &str| {
        pod(&format!("{{schedulingGates: [{{name: g}}], {more}containers: [{{name: a, image: x}}]}}"))
    };
    let terms = |terms: &str| {
        gated(&format!(
            "affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{terms}]}}}}}}, "
        ))
    };
    let one = "{matchExpressions: [{key: a, operator: Exists}]}";
    let more = "{matchExpressions: [{key: a, operator: Exists}, {key: b, operator: In, values: [c]}]}";
    assert_eq!(update(&gated(""), &gated("nodeSelector: {a: b}, ")), "");
    assert_eq!(update(&gated(""), &terms(one)), "");
    assert_eq!(update(&terms(one), &terms(more)), "");
    insta::assert_snapshot!(update(&gated("nodeSelector: {a: b}, "), &gated("nodeSelector: {a: c, d: e}, ")), @r#"
    spec.nodeSelector: Invalid value: {"a":"c","d":"e"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)
    "#);
    insta::assert_snapshot!(update(&terms(more), &terms(one)), @r#"
    spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]: Invalid value: {"MatchExpressions":[{"Key":"a","Operator":"Exists","Values":null}],"MatchFields":null}: only additions are allowed (no mutations or deletions)
    "#);
    insta::assert_snapshot!(update(&terms(one), &terms(&format!("{one}, {more}"))), @r#"
    spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Invalid value: [{"MatchExpressions":[{"Key":"a","Operator":"Exists","Values":null}],"MatchFields":null},{"MatchExpressions":[{"Key":"a","Operator":"Exists","Values":null},{"Key":"b","Operator":"In","Values":["c"]}],"MatchFields":null}]: no additions/deletions to non-empty NodeSelectorTerms list are allowed
    "#);
    insta::assert_snapshot!(update(&gated(""), &gated("").replace("name: g", "name: h")), @r"
    spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'h'
    ");
}
