//! The recording `validation` says what a real API server answers; the rest is from upstream's own rules.

mod network;
mod networking;
mod pods;
mod storage;
mod workloads;

use serde_json::{Value, json};

use crate::api::decode::{self, DecodeError};
use crate::api::{ApiError, FeatureGates, Kind, Object, defaults, validation};

fn object(mut value: Value) -> Result<Object, DecodeError> {
    let kind = Kind::from_api(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap());
    if kind.is_some_and(|kind| kind.info().namespaced) {
        value["metadata"]["namespace"] = json!("default");
    }
    let mut object = decode::object(value)?;
    defaults::apply(&mut object);
    Ok(object)
}

fn parsed(text: &str) -> Object {
    object(decode::documents(text).unwrap().remove(0)).unwrap()
}

/// What kubectl prints of a refusal: the lines after `is invalid: `.
fn lines(errors: &[crate::api::FieldError]) -> String {
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    texts.join("\n")
}

fn create(text: &str) -> String {
    lines(&validation::validate_create(&parsed(text)))
}

fn update(old: &str, new: &str) -> String {
    lines(&validation::validate_update(&parsed(new), &parsed(old), FeatureGates::default()))
}

#[test]
fn the_recorded_answers_are_ours() {
    let path = format!("{}/../tests/recordings/validation.json", env!("CARGO_MANIFEST_DIR"));
    let recording: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut stored: Option<Object> = None;
    let mut compared = 0;
    for step in recording["transcript"].as_array().unwrap() {
        let Some(text) = step["stdin"].as_str() else { continue };
        let answer = step["stderr"].as_str().unwrap_or_default().trim_end();
        let ours = match decode::documents(text) {
            Err(error) => format!("error: error parsing STDIN: {error}"),
            Ok(mut values) if values.len() == 1 => refusal(values.remove(0), &mut stored),
            Ok(_) => "error: no objects passed to apply".to_owned(),
        };
        assert_eq!(ours, answer, "{text}");
        compared += 1;
    }
    assert!(compared > 20);
}

fn refusal(value: Value, stored: &mut Option<Object>) -> String {
    let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let kind = value["kind"].as_str().unwrap_or_default().to_owned();
    let object = match object(value) {
        Ok(object) => object,
        Err(DecodeError::Bad(why)) => {
            return format!("Error from server (BadRequest): error when creating \"STDIN\": {why}");
        }
        Err(DecodeError::NoMatch { api_version, kind }) => {
            return format!(
                "error: resource mapping not found for name: \"{name}\" namespace: \"\" from \"STDIN\": no matches for kind \"{kind}\" in version \"{api_version}\"\nensure CRDs are installed first"
            );
        }
    };
    let errors = match stored {
        Some(old) if name == "web" => validation::validate_update(&object, old, FeatureGates::default()),
        _ => validation::validate_create(&object),
    };
    if name == "web" && stored.is_none() {
        *stored = Some(object);
    }
    // The wire's message joins them; kubectl lists them.
    assert!(errors.is_empty() || ApiError::invalid(Kind::Pod, &name, &errors).code() == 422);
    match errors.as_slice() {
        [] => String::new(),
        [only] => format!("The {kind} \"{name}\" is invalid: {only}"),
        many => {
            let texts: Vec<String> = many.iter().map(ToString::to_string).collect();
            format!("The {kind} \"{name}\" is invalid: \n* {}", texts.join("\n* "))
        }
    }
}

fn pod(spec: &str) -> String {
    create(&format!("{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {spec}}}"))
}

#[test]
fn pods() {
    insta::assert_snapshot!(pod("{containers: []}"), @"spec.containers: Required value");
    insta::assert_snapshot!(pod("{containers: [{name: a, image: x}, {name: a, image: x}]}"), @r#"spec.containers[1].name: Duplicate value: "a""#);
    insta::assert_snapshot!(pod("{containers: [{name: A_b, image: ' x'}], restartPolicy: Sometimes}"), @r#"
    spec.containers[0].name: Invalid value: "A_b": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
    spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"
    spec.containers[0].image: Invalid value: " x": must not have leading or trailing whitespace
    "#);
    insta::assert_snapshot!(pod("{containers: [{name: a, image: x, resources: {requests: {cpu: 2}, limits: {cpu: 1, memory: -1}}}]}"), @r#"
    spec.containers[0].resources.limits[memory]: Invalid value: "-1": must be greater than or equal to 0
    spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1
    spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0
    "#);
    insta::assert_snapshot!(pod("{containers: [{name: a, image: x, livenessProbe: {successThreshold: 2, httpGet: {port: 0}}, readinessProbe: {}, env: [{name: '', valueFrom: {}}], volumeMounts: [{name: v, mountPath: /a}, {name: v, mountPath: /a}]}], volumes: [{name: v, emptyDir: {}, hostPath: {path: /x}}]}"), @r#"
    spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type
    spec.containers[0].env[0].name: Required value
    spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`
    spec.containers[0].volumeMounts[0].name: Not found: "v"
    spec.containers[0].volumeMounts[1].name: Not found: "v"
    spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/a": must be unique
    spec.containers[0].livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive
    spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1
    spec.containers[0].readinessProbe: Required value: must specify a handler type
    "#);
}

#[test]
fn pod_updates() {
    let pod = |spec: &str| format!("{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {spec}}}");
    let old = pod("{containers: [{name: a, image: 'x:1'}]}");
    assert_eq!(
        update(
            &old,
            &pod("{containers: [{name: a, image: 'x:2'}], tolerations: [{key: k, operator: Exists}]}")
        ),
        ""
    );
    insta::assert_snapshot!(update(&old, &pod("{containers: [{name: a, image: 'x:1'}, {name: b, image: x}]}")), @"spec.containers: Forbidden: pod updates may not add or remove containers");
    insta::assert_snapshot!(update(&old, &pod("{containers: [{name: a, image: 'x:1'}], restartPolicy: Never}")), @r#"
    spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)
    @@ -35,7 +35,7 @@
       }
      ],
      "EphemeralContainers": null,
    - "RestartPolicy": "Always",
    + "RestartPolicy": "Never",
      "TerminationGracePeriodSeconds": 30,
      "ActiveDeadlineSeconds": null,
      "DNSPolicy": "ClusterFirst",
    "#);
}

#[test]
fn the_diff_of_a_pod_is_that_of_the_internal_types() {
    // As ValidatePodUpdate of v1.36.2 prints it for these pods.
    let pod = |selector: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{nodeSelector: {selector}, containers: [{{name: c, image: busybox}}]}}}}"
        )
    };
    let shown = update(&pod("{a: b}"), &pod("{a: b, c: d}"));
    let expected = "@@ -40,7 +40,8 @@\n  \"ActiveDeadlineSeconds\": null,\n  \"DNSPolicy\": \"ClusterFirst\",\n  \"NodeSelector\": {\n-  \"a\": \"b\"\n+  \"a\": \"b\",\n+  \"c\": \"d\"\n  },\n  \"ServiceAccountName\": \"\",\n  \"AutomountServiceAccountToken\": null,\n";
    assert_eq!(shown.split_once('\n').map(|(_, diff)| diff), Some(expected), "{shown}");
}

#[test]
fn metadata() {
    let config = |meta: &str| create(&format!("{{apiVersion: v1, kind: ConfigMap, metadata: {meta}}}"));
    insta::assert_snapshot!(config("{}"), @"metadata.name: Required value: name or generateName is required");
    insta::assert_snapshot!(config("{name: a..b}"), @r#"metadata.name: Invalid value: "a..b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#);
    insta::assert_snapshot!(config("{name: a, labels: {'-x': 'b c'}, finalizers: [mine]}"), @r#"
    metadata.labels: Invalid value: "-x": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
    metadata.labels: Invalid value: "b c": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
    metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified
    "#);
    let long = "a".repeat(64);
    insta::assert_snapshot!(create(&format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {long}}}}}")), @r#"
    metadata.name: Invalid value: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": must be no more than 63 bytes
    metadata.labels: Invalid value: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": must be no more than 63 bytes
    "#);
}

#[test]
fn services() {
    let service = |spec: &str| {
        create(&format!("{{apiVersion: v1, kind: Service, metadata: {{name: s}}, spec: {spec}}}"))
    };
    insta::assert_snapshot!(service("{}"), @"spec.ports: Required value");
    insta::assert_snapshot!(service("{type: Sometimes, ports: [{port: 80}, {port: 80, name: b}]}"), @r#"
    spec.ports[0].name: Required value
    spec.type: Unsupported value: "Sometimes": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"
    spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}
    "#);
    insta::assert_snapshot!(service("{clusterIP: 10.264.0.155, clusterIPs: [10.264.0.155], ports: [{port: 80}]}"), @r#"spec.clusterIPs[0]: Invalid value: "10.264.0.155": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#);
    insta::assert_snapshot!(service("{externalTrafficPolicy: Local, internalTrafficPolicy: Foo, allocateLoadBalancerNodePorts: true, sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 100000}}, ports: [{port: 80, nodePort: 30080, name: a}, {port: 81, nodePort: 30080, name: b}]}"), @r#"
    spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 100000: must be greater than 0 and less than 86400
    spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'
    spec.ports[1].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'
    spec.ports[1].nodePort: Duplicate value: 30080
    spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'
    spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services
    spec.internalTrafficPolicy: Unsupported value: "Foo": supported values: "Cluster", "Local"
    "#);
    insta::assert_snapshot!(service("{type: ExternalName, clusterIPs: [10.96.0.9], ipFamilies: [IPv4], ipFamilyPolicy: SingleStack}"), @r#"
    spec.clusterIPs: Forbidden: may not be set for ExternalName services
    spec.ipFamilies: Forbidden: may not be set for ExternalName services
    spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services
    spec.externalName: Required value
    "#);
    let old = "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {clusterIP: None, clusterIPs: [None], ports: [{port: 80}]}}";
    let new = old.replace("None", "10.96.0.9");
    insta::assert_snapshot!(update(old, &new), @r#"spec.clusterIPs[0]: Invalid value: ["10.96.0.9"]: may not change once set"#);
}

#[test]
fn an_empty_selector_is_not_a_missing_one() {
    let set = |kind: &str, selector: &str| {
        create(&format!(
            "{{apiVersion: apps/v1, kind: {kind}, metadata: {{name: s}}, spec: {{{selector}template: {{metadata: {{labels: {{a: b}}}}, spec: {{containers: [{{name: a, image: x}}]}}}}}}}}"
        ))
    };
    insta::assert_snapshot!(set("StatefulSet", "selector: {}, "), @"spec.selector: Invalid value: {}: empty selector is invalid for statefulset");
    insta::assert_snapshot!(set("Deployment", "selector: {}, "), @"spec.selector: Invalid value: {}: empty selector is invalid for deployment");
    insta::assert_snapshot!(set("StatefulSet", ""), @r#"
    spec.selector: Required value
    spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`
    "#);
}

#[test]
fn deployments() {
    let deployment = |spec: &str| {
        format!("{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {spec}}}")
    };
    let template = "template: {metadata: {labels: {app: d}}, spec: {containers: [{name: a, image: x}]}}";
    let good = deployment(&format!("{{selector: {{matchLabels: {{app: d}}}}, {template}}}"));
    assert_eq!(create(&good), "");
    let other = good.replace("app: d", "app: e");
    insta::assert_snapshot!(update(&good, &other), @r#"spec.selector: Invalid value: {"matchLabels":{"app":"e"}}: field is immutable"#);
    let spec = format!(
        "{{selector: {{matchLabels: {{app: d}}}}, strategy: {{type: Recreate, rollingUpdate: {{maxSurge: 1}}}}, progressDeadlineSeconds: 5, minReadySeconds: 9, {template}}}"
    );
    insta::assert_snapshot!(create(&deployment(&spec)), @"
    spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'
    spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds
    ");
    let none = format!(
        "{{selector: {{matchLabels: {{app: d}}}}, strategy: {{rollingUpdate: {{maxSurge: 0, maxUnavailable: 0%}}}}, {template}}}"
    );
    insta::assert_snapshot!(create(&deployment(&none)), @r#"spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0"#);
}

#[test]
fn storage() {
    let claim = |spec: &str| {
        format!("{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: c}}, spec: {spec}}}")
    };
    insta::assert_snapshot!(create(&claim("{}")), @"
    spec.accessModes: Required value: at least 1 access mode is required
    spec.resources[storage]: Required value
    ");
    let one = claim("{accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}");
    insta::assert_snapshot!(update(&one, &one.replace("1Gi", "2Gi")), @r#"
    spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims
    @@ -6,7 +6,7 @@
      "Resources": {
       "Limits": null,
       "Requests": {
    -   "storage": "1Gi"
    +   "storage": "2Gi"
       }
      },
      "VolumeName": "",
    "#);
    insta::assert_snapshot!(update(&one, &one.replace("1Gi", "0")), @r#"
    spec.resources[storage]: Invalid value: "0": must be greater than zero
    spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims
    @@ -6,7 +6,7 @@
      "Resources": {
       "Limits": null,
       "Requests": {
    -   "storage": "1Gi"
    +   "storage": "0"
       }
      },
      "VolumeName": "",

    spec.resources.requests.storage: Forbidden: field can not be less than status.capacity
    "#);
    insta::assert_snapshot!(create("{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {}}"), @r#"
    spec.accessModes: Required value
    spec.capacity: Required value
    spec.capacity: Unsupported value: null: supported values: "storage"
    spec: Required value: must specify a volume type
    "#);
    insta::assert_snapshot!(create("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {'a b': x}}"), @r#"data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"#);
    let frozen = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, immutable: true, data: {a: x}}";
    insta::assert_snapshot!(update(frozen, &frozen.replace("{a: x}", "{a: z}")), @"data: Forbidden: field is immutable when `immutable` is set");
}

#[test]
fn security_contexts_ports_and_volumes() {
    let pod =
        |spec: &str| create(&format!("{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {spec}}}"));
    insta::assert_snapshot!(pod("{containers: [{name: a, image: x, securityContext: {runAsUser: -1, runAsGroup: 3000000000, privileged: true, allowPrivilegeEscalation: false, seccompProfile: {type: Localhost}}}], securityContext: {fsGroup: -2, supplementalGroups: [1, -1], fsGroupChangePolicy: Never, seccompProfile: {type: Odd, localhostProfile: x}}}"), @r#"
    spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive
    spec.containers[0].securityContext.runAsGroup: Invalid value: 3000000000: must be between 0 and 2147483647, inclusive
    spec.containers[0].securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost
    spec.containers[0].securityContext: Invalid value: {"Capabilities":null,"Privileged":true,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":-1,"RunAsGroup":3000000000,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":{"Type":"Localhost","LocalhostProfile":null},"AppArmorProfile":null}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true
    spec.securityContext.fsGroup: Invalid value: -2: must be between 0 and 2147483647, inclusive
    spec.securityContext.supplementalGroups[1]: Invalid value: -1: must be between 0 and 2147483647, inclusive
    spec.securityContext.fsGroupChangePolicy: Unsupported value: "Never": supported values: "Always", "OnRootMismatch"
    spec.securityContext.seccompProfile.type: Unsupported value: "Odd": supported values: "Localhost", "RuntimeDefault", "Unconfined"
    spec.securityContext.seccompProfile.localhostProfile: Invalid value: {"Type":"Odd","LocalhostProfile":"x"}: can only be set when seccomp type is Localhost
    "#);
    insta::assert_snapshot!(pod("{hostNetwork: true, containers: [{name: a, image: x, ports: [{containerPort: 80, hostPort: 81}, {containerPort: 81, hostPort: 81}]}]}"), @r#"
    spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//81"
    spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true
    "#);
    insta::assert_snapshot!(pod("{hostPID: true, shareProcessNamespace: true, hostAliases: [{ip: nope, hostnames: [UP]}], topologySpreadConstraints: [{maxSkew: 0, topologyKey: '', whenUnsatisfiable: Maybe}], containers: [{name: a, image: x}]}"), @r#"
    spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled
    spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero
    spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty
    spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Maybe": supported values: "DoNotSchedule", "ScheduleAnyway"
    spec.hostAliases[0].ip: Invalid value: "nope": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)
    spec.hostAliases[0].hostnames[0]: Invalid value: "UP": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    "#);
    insta::assert_snapshot!(pod("{containers: [{name: a, image: x}], volumes: [{name: a, hostPath: {path: /a/../b, type: Folder}}, {name: b, emptyDir: {sizeLimit: -1}}, {name: c, configMap: {name: c, items: [{key: '', path: /x}]}}, {name: d, projected: {sources: [{serviceAccountToken: {path: ..a, expirationSeconds: 5}}, {secret: {items: []}}]}}, {name: e, nfs: {server: '', path: x}}, {name: f, downwardAPI: {items: [{path: a}]}}]}"), @r#"
    spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain '..'
    spec.volumes[0].hostPath.type: Unsupported value: "Folder": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"
    spec.volumes[1].emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity
    spec.volumes[2].configMap.items[0].key: Required value
    spec.volumes[2].configMap.items[0].path: Invalid value: "/x": must be a relative path
    spec.volumes[3].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes
    spec.volumes[3].projected.path: Invalid value: "..a": must not start with '..'
    spec.volumes[3].projected.sources[1].secret.name: Required value
    spec.volumes[4].nfs.server: Required value
    spec.volumes[4].nfs.path: Invalid value: "x": must be an absolute path
    spec.volumes[5].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required
    spec.volumes[3].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set
    "#);
    let node = "{apiVersion: v1, kind: Node, metadata: {name: one}, spec: {taints: [{key: a, effect: NoSchedule}, {key: a, effect: NoSchedule}, {key: 'b c', value: 'x y', effect: Never}]}}";
    insta::assert_snapshot!(create(node), @r#"
    metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair
    metadata.taints[2].key: Invalid value: "b c": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
    metadata.taints[2].value: Invalid value: "x y": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
    metadata.taints[2].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"
    "#);
    let node = |spec: &str| format!("{{apiVersion: v1, kind: Node, metadata: {{name: one}}, spec: {spec}}}");
    insta::assert_snapshot!(update(&node("{providerID: a, podCIDR: 10.0.0.0/24, podCIDRs: [10.0.0.0/24]}"), &node("{providerID: b, podCIDR: 10.0.1.0/24, podCIDRs: [10.0.1.0/24]}")), @r#"
    spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid
    spec.providerID: Forbidden: node updates may not change providerID except from "" to valid
    "#);
}
