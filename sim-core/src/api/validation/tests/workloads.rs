//! Workloads: strategies and selectors, Jobs, autoscalers, owners.

use super::{create, update};

fn workload(kind: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: {kind}, metadata: {{name: w}}, spec: {{selector: {{matchLabels: {{a: b}}}}, {spec}template: {{metadata: {{labels: {{a: b}}}}, spec: {{containers: [{{name: a, image: x}}]}}}}}}}}"
    )
}

#[test]
fn strategies_are_shown_as_the_server_has_them() {
    insta::assert_snapshot!(create(&workload("Deployment", "strategy: {type: Blue, rollingUpdate: {maxSurge: 1}}, ")), @r#"
    spec.strategy: Unsupported value: {"Type":"Blue","RollingUpdate":{"MaxUnavailable":0,"MaxSurge":1}}: supported values: "Recreate", "RollingUpdate"
    "#);
    insta::assert_snapshot!(create(&workload("DaemonSet", "updateStrategy: {type: Blue}, ")), @r#"
    spec.updateStrategy: Unsupported value: {"Type":"Blue","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete"
    "#);
    insta::assert_snapshot!(create(&workload("StatefulSet", "updateStrategy: {type: OnDelete, rollingUpdate: {partition: 1}}, ")), @r#"
    spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":1,"MaxUnavailable":null}: only allowed for updateStrategy 'RollingUpdate'
    "#);
    insta::assert_snapshot!(create(&workload("StatefulSet", "updateStrategy: {rollingUpdate: {maxUnavailable: many, partition: -1}}, ")), @r#"
    spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0
    spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "many": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')
    spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "many": cannot be 0
    "#);
    insta::assert_snapshot!(create(&workload("StatefulSet", "updateStrategy: {rollingUpdate: {maxUnavailable: 150%}}, persistentVolumeClaimRetentionPolicy: {whenDeleted: Never}, ")), @r#"
    spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "150%": must not be greater than 100%
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Never": supported values: "Retain", "Delete"
    "#);
}

#[test]
fn a_selector_that_makes_no_sense_is_not_asked_for_the_template() {
    let odd = |kind: &str| {
        workload(kind, "")
            .replace("matchLabels: {a: b}}", "matchExpressions: [{key: a, operator: Near}]}")
            .replace("image: x", "image: ''")
    };
    insta::assert_snapshot!(create(&odd("StatefulSet")), @r#"
    spec.selector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator
    spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"Near"}]}
    "#);
    insta::assert_snapshot!(create(&odd("Deployment")), @r#"
    spec.selector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator
    spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"Near"}]}: invalid label selector
    "#);
    insta::assert_snapshot!(create(&odd("DaemonSet")), @r#"
    spec.selector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator
    spec.template.spec.containers[0].image: Required value
    "#);
}

#[test]
fn templates_last() {
    let spec = "restartPolicy: Maybe, activeDeadlineSeconds: 5, ephemeralContainers: [{name: e, image: x}], containers";
    insta::assert_snapshot!(create(&workload("StatefulSet", "").replace("containers", spec)), @r#"
    spec.template.spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"
    spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template
    spec.template.spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always"
    spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported
    "#);
}

fn job(spec: &str) -> String {
    format!(
        "{{apiVersion: batch/v1, kind: CronJob, metadata: {{name: j}}, spec: {{schedule: '* * * * *', jobTemplate: {{spec: {{{spec}template: {{spec: {{restartPolicy: Never, containers: [{{name: a, image: x}}]}}}}}}}}}}}}"
    )
}

#[test]
fn jobs() {
    insta::assert_snapshot!(create(&job("").replace("Never", "Sometimes")), @r#"
    spec.jobTemplate.spec.template.spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"
    spec.jobTemplate.spec.template.spec.restartPolicy: Unsupported value: "Sometimes": supported values: "OnFailure", "Never"
    "#);
    insta::assert_snapshot!(create(&job("managedBy: me, completionMode: Odd, podFailurePolicy: {rules: [{action: '', onExitCodes: {operator: '', values: []}, onPodConditions: [{type: a, status: ''}]}, {action: Ignore}]}, ")), @r#"
    spec.jobTemplate.spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")
    spec.jobTemplate.spec.completionMode: Unsupported value: "Odd": supported values: "NonIndexed", "Indexed"
    spec.jobTemplate.spec.podFailurePolicy.rules[0].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]
    spec.jobTemplate.spec.podFailurePolicy.rules[0].onExitCodes.operator: Required value: valid values: ["In" "NotIn"]
    spec.jobTemplate.spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: null: at least one value is required
    spec.jobTemplate.spec.podFailurePolicy.rules[0].onPodConditions[0].status: Required value: valid values: ["False" "True" "Unknown"]
    spec.jobTemplate.spec.podFailurePolicy.rules[0]: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported
    spec.jobTemplate.spec.podFailurePolicy.rules[1]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required
    "#);
    insta::assert_snapshot!(create(&job("completionMode: Indexed, completions: 200000, parallelism: 20000, backoffLimitPerIndex: 1, ")), @r"
    spec.jobTemplate.spec.maxFailedIndexes: Required value: must be specified when completions is above 100000
    spec.jobTemplate.spec.parallelism: Invalid value: 20000: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index
    ");
    insta::assert_snapshot!(create(&job("successPolicy: {rules: [{succeededCount: 1}]}, ")), @r#"
    spec.jobTemplate.spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}: requires indexed completion mode
    "#);
    let many = vec!["{action: Ignore, onExitCodes: {operator: In, values: [1]}}"; 21].join(", ");
    insta::assert_snapshot!(create(&job(&format!("podFailurePolicy: {{rules: [{many}]}}, "))), @r"
    spec.jobTemplate.spec.podFailurePolicy.rules: Too many: 21: must have at most 20 items
    ");
}

#[test]
fn a_jobs_template_stays() {
    let job = |image: &str| {
        format!(
            "{{apiVersion: batch/v1, kind: Job, metadata: {{name: j}}, spec: {{manualSelector: true, selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}, spec: {{restartPolicy: Never, containers: [{{name: a, image: {image}}}]}}}}}}}}"
        )
    };
    insta::assert_snapshot!(update(&job("x"), &job("z")), @r#"
    spec.template: Invalid value: {"labels":{"a":"b"},"Spec":{"Volumes":null,"InitContainers":null,"Containers":[{"Name":"a","Image":"z","Command":null,"Args":null,"WorkingDir":"","Ports":null,"EnvFrom":null,"Env":null,"Resources":{"Limits":null,"Requests":null,"Claims":null},"ResizePolicy":null,"RestartPolicy":null,"RestartPolicyRules":null,"VolumeMounts":null,"VolumeDevices":null,"LivenessProbe":null,"ReadinessProbe":null,"StartupProbe":null,"Lifecycle":null,"TerminationMessagePath":"/dev/termination-log","TerminationMessagePolicy":"File","ImagePullPolicy":"Always","SecurityContext":null,"Stdin":false,"StdinOnce":false,"TTY":false}],"EphemeralContainers":null,"RestartPolicy":"Never","TerminationGracePeriodSeconds":30,"ActiveDeadlineSeconds":null,"DNSPolicy":"ClusterFirst","NodeSelector":null,"ServiceAccountName":"","AutomountServiceAccountToken":null,"NodeName":"","SecurityContext":{"HostNetwork":false,"HostPID":false,"HostIPC":false,"ShareProcessNamespace":null,"HostUsers":null,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"SupplementalGroups":null,"SupplementalGroupsPolicy":null,"FSGroup":null,"FSGroupChangePolicy":null,"Sysctls":null,"SeccompProfile":null,"AppArmorProfile":null,"SELinuxChangePolicy":null},"ImagePullSecrets":null,"Hostname":"","Subdomain":"","SetHostnameAsFQDN":null,"Affinity":null,"SchedulerName":"default-scheduler","Tolerations":null,"HostAliases":null,"PriorityClassName":"","Priority":null,"PreemptionPolicy":null,"DNSConfig":null,"ReadinessGates":null,"RuntimeClassName":null,"Overhead":null,"EnableServiceLinks":null,"TopologySpreadConstraints":null,"OS":null,"SchedulingGates":null,"ResourceClaims":null,"Resources":null,"HostnameOverride":null,"SchedulingGroup":null}}: field is immutable
    "#);
    let policy = job("x").replace("manual", "podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget, status: 'True'}]}]}, manual");
    insta::assert_snapshot!(update(&policy, &policy.replace("Ignore", "Count")), @r#"
    spec.podFailurePolicy: Invalid value: {"Rules":[{"Action":"Count","OnExitCodes":null,"OnPodConditions":[{"Type":"DisruptionTarget","Status":"True"}]}]}: field is immutable
    "#);
}

#[test]
fn metrics_are_of_one_thing() {
    let scaler = |metric: &str| {
        create(&format!(
            "{{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {{name: h}}, spec: {{maxReplicas: 2, scaleTargetRef: {{kind: a/b, name: ..}}, metrics: [{metric}]}}}}"
        ))
    };
    insta::assert_snapshot!(scaler("{type: ''}"), @r#"
    spec.scaleTargetRef.kind: Invalid value: "a/b": may not contain '/'
    spec.scaleTargetRef.name: Invalid value: "..": may not be '..'
    spec.metrics[0].type: Required value: must specify a metric source type
    spec.metrics[0].type: Unsupported value: "": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"
    "#);
    insta::assert_snapshot!(scaler("{type: Pods, resource: {name: cpu, target: {type: Utilization, averageUtilization: 0}}, external: {metric: {name: ''}, target: {type: Value}}}"), @r#"
    spec.scaleTargetRef.kind: Invalid value: "a/b": may not contain '/'
    spec.scaleTargetRef.name: Invalid value: "..": may not be '..'
    spec.metrics[0].external.metric.name: Required value: must specify a metric name
    spec.metrics[0].external.target.averageValue: Required value: must set either a target value for metric or a per-pod target
    spec.metrics[0].pods: Required value: must populate information for the given metric source
    spec.metrics[0].external: Forbidden: must populate the given metric source only
    spec.metrics[0].resource: Forbidden: must populate the given metric source only
    "#);
    insta::assert_snapshot!(scaler("{type: Object, object: {describedObject: {kind: Service, name: s}, metric: {name: a%b}, target: {type: Sum, value: 0}}}"), @r#"
    spec.scaleTargetRef.kind: Invalid value: "a/b": may not contain '/'
    spec.scaleTargetRef.name: Invalid value: "..": may not be '..'
    spec.metrics[0].object.metric.name: Invalid value: "a%b": may not contain '%'
    spec.metrics[0].object.target.type: Invalid value: "Sum": must be either Utilization, Value, or AverageValue
    spec.metrics[0].object.target.value: Invalid value: "0": must be positive
    "#);
}

#[test]
fn owners() {
    let config = |owners: &str| {
        create(&format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c, ownerReferences: [{owners}]}}}}"
        ))
    };
    insta::assert_snapshot!(config("{apiVersion: '', kind: '', name: '', uid: ''}, {apiVersion: v1, kind: Event, name: e, uid: u}"), @r#"
    metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty
    metadata.ownerReferences.kind: Invalid value: "": must not be empty
    metadata.ownerReferences.name: Invalid value: "": must not be empty
    metadata.ownerReferences.uid: Invalid value: "": must not be empty
    metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"e","uid":"u"}: /v1, Kind=Event is disallowed from being an owner
    "#);
    insta::assert_snapshot!(config("{apiVersion: v1, kind: Pod, name: a, uid: u, controller: true}, {apiVersion: v1, kind: Pod, name: b, uid: v, controller: true}"), @r#"
    metadata.ownerReferences: Invalid value: [{"apiVersion":"v1","controller":true,"kind":"Pod","name":"a","uid":"u"},{"apiVersion":"v1","controller":true,"kind":"Pod","name":"b","uid":"v"}]: Only one reference can have Controller set to true. Found "true" in references for Pod/a and Pod/b
    "#);
}
