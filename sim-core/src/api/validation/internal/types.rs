//! The API server's internal types: their fields, in the order of pkg/apis/*/types.go.

use super::Field;
use super::Sort::{Amount, Any, Bool, Given, List, Number, Pointer, Struct, Text, Within};

static NAME: &[Field] = &[("Name", "name", Text)];
static NAME_AND_VALUE: &[Field] = &[("Name", "name", Text), ("Value", "value", Text)];
static RESOURCES: &[Field] = &[
    ("Limits", "limits", Any),
    ("Requests", "requests", Any),
    ("Claims", "claims", List(&[("Name", "name", Text), ("Request", "request", Text)])),
];
static KEY_PATH: &[Field] = &[("Key", "key", Text), ("Path", "path", Text), ("Mode", "mode", Any)];
static FIELD_REF: &[Field] = &[("APIVersion", "apiVersion", Text), ("FieldPath", "fieldPath", Text)];
static RESOURCE_REF: &[Field] = &[
    ("ContainerName", "containerName", Text),
    ("Resource", "resource", Text),
    ("Divisor", "divisor", Amount),
];
static DOWNWARD_FILE: &[Field] = &[
    ("Path", "path", Text),
    ("FieldRef", "fieldRef", Pointer(FIELD_REF)),
    ("ResourceFieldRef", "resourceFieldRef", Pointer(RESOURCE_REF)),
    ("Mode", "mode", Any),
];
static KEYS_OF: &[Field] =
    &[("Name", "name", Text), ("Items", "items", List(KEY_PATH)), ("Optional", "optional", Any)];
static PROJECTION: &[Field] = &[
    ("Secret", "secret", Pointer(KEYS_OF)),
    ("DownwardAPI", "downwardAPI", Pointer(&[("Items", "items", List(DOWNWARD_FILE))])),
    ("ConfigMap", "configMap", Pointer(KEYS_OF)),
    (
        "ServiceAccountToken",
        "serviceAccountToken",
        Pointer(&[
            ("Audience", "audience", Text),
            ("ExpirationSeconds", "expirationSeconds", Number),
            ("Path", "path", Text),
        ]),
    ),
    ("ClusterTrustBundle", "clusterTrustBundle", Any),
    ("PodCertificate", "podCertificate", Any),
];
static HOST_PATH: &[Field] = &[("Path", "path", Text), ("Type", "type", Any)];
static NFS: &[Field] = &[("Server", "server", Text), ("Path", "path", Text), ("ReadOnly", "readOnly", Bool)];
static VOLUME: &[Field] = &[
    ("Name", "name", Text),
    ("HostPath", "hostPath", Pointer(HOST_PATH)),
    ("EmptyDir", "emptyDir", Pointer(&[("Medium", "medium", Text), ("SizeLimit", "sizeLimit", Any)])),
    ("GCEPersistentDisk", "gcePersistentDisk", Any),
    ("AWSElasticBlockStore", "awsElasticBlockStore", Any),
    ("GitRepo", "gitRepo", Any),
    (
        "Secret",
        "secret",
        Pointer(&[
            ("SecretName", "secretName", Text),
            ("Items", "items", List(KEY_PATH)),
            ("DefaultMode", "defaultMode", Any),
            ("Optional", "optional", Any),
        ]),
    ),
    ("NFS", "nfs", Pointer(NFS)),
    ("ISCSI", "iscsi", Any),
    ("Glusterfs", "glusterfs", Any),
    (
        "PersistentVolumeClaim",
        "persistentVolumeClaim",
        Pointer(&[("ClaimName", "claimName", Text), ("ReadOnly", "readOnly", Bool)]),
    ),
    ("RBD", "rbd", Any),
    ("Quobyte", "quobyte", Any),
    ("FlexVolume", "flexVolume", Any),
    ("Cinder", "cinder", Any),
    ("CephFS", "cephfs", Any),
    ("Flocker", "flocker", Any),
    (
        "DownwardAPI",
        "downwardAPI",
        Pointer(&[("Items", "items", List(DOWNWARD_FILE)), ("DefaultMode", "defaultMode", Any)]),
    ),
    ("FC", "fc", Any),
    ("AzureFile", "azureFile", Any),
    (
        "ConfigMap",
        "configMap",
        Pointer(&[
            ("Name", "name", Text),
            ("Items", "items", List(KEY_PATH)),
            ("DefaultMode", "defaultMode", Any),
            ("Optional", "optional", Any),
        ]),
    ),
    ("VsphereVolume", "vsphereVolume", Any),
    ("AzureDisk", "azureDisk", Any),
    ("PhotonPersistentDisk", "photonPersistentDisk", Any),
    (
        "Projected",
        "projected",
        Pointer(&[("Sources", "sources", List(PROJECTION)), ("DefaultMode", "defaultMode", Any)]),
    ),
    ("PortworxVolume", "portworxVolume", Any),
    ("ScaleIO", "scaleIO", Any),
    ("StorageOS", "storageos", Any),
    (
        "CSI",
        "csi",
        Pointer(&[
            ("Driver", "driver", Text),
            ("ReadOnly", "readOnly", Any),
            ("FSType", "fsType", Any),
            ("VolumeAttributes", "volumeAttributes", Any),
            ("NodePublishSecretRef", "nodePublishSecretRef", Pointer(NAME)),
        ]),
    ),
    ("Ephemeral", "ephemeral", Any),
    ("Image", "image", Pointer(&[("Reference", "reference", Text), ("PullPolicy", "pullPolicy", Text)])),
];
static PORT: &[Field] = &[
    ("Name", "name", Text),
    ("HostPort", "hostPort", Number),
    ("ContainerPort", "containerPort", Number),
    ("Protocol", "protocol", Text),
    ("HostIP", "hostIP", Text),
];
static MOUNT: &[Field] = &[
    ("Name", "name", Text),
    ("ReadOnly", "readOnly", Bool),
    ("RecursiveReadOnly", "recursiveReadOnly", Any),
    ("MountPath", "mountPath", Text),
    ("SubPath", "subPath", Text),
    ("MountPropagation", "mountPropagation", Any),
    ("SubPathExpr", "subPathExpr", Text),
];
static KEY_REF: &[Field] = &[("Name", "name", Text), ("Key", "key", Text), ("Optional", "optional", Any)];
static ENV: &[Field] = &[
    ("Name", "name", Text),
    ("Value", "value", Text),
    (
        "ValueFrom",
        "valueFrom",
        Pointer(&[
            ("FieldRef", "fieldRef", Pointer(FIELD_REF)),
            ("ResourceFieldRef", "resourceFieldRef", Pointer(RESOURCE_REF)),
            ("ConfigMapKeyRef", "configMapKeyRef", Pointer(KEY_REF)),
            ("SecretKeyRef", "secretKeyRef", Pointer(KEY_REF)),
            ("FileKeyRef", "fileKeyRef", Any),
        ]),
    ),
];
static NAME_OPTIONAL: &[Field] = &[("Name", "name", Text), ("Optional", "optional", Any)];
static ENV_FROM: &[Field] = &[
    ("Prefix", "prefix", Text),
    ("ConfigMapRef", "configMapRef", Pointer(NAME_OPTIONAL)),
    ("SecretRef", "secretRef", Pointer(NAME_OPTIONAL)),
];
static EXEC: &[Field] = &[("Command", "command", Any)];
static HTTP_GET: &[Field] = &[
    ("Path", "path", Text),
    ("Port", "port", Number),
    ("Host", "host", Text),
    ("Scheme", "scheme", Text),
    ("HTTPHeaders", "httpHeaders", List(NAME_AND_VALUE)),
];
static TCP_SOCKET: &[Field] = &[("Port", "port", Number), ("Host", "host", Text)];
static PROBE: &[Field] = &[
    ("Exec", "exec", Pointer(EXEC)),
    ("HTTPGet", "httpGet", Pointer(HTTP_GET)),
    ("TCPSocket", "tcpSocket", Pointer(TCP_SOCKET)),
    ("GRPC", "grpc", Pointer(&[("Port", "port", Number), ("Service", "service", Any)])),
    ("InitialDelaySeconds", "initialDelaySeconds", Number),
    ("TimeoutSeconds", "timeoutSeconds", Number),
    ("PeriodSeconds", "periodSeconds", Number),
    ("SuccessThreshold", "successThreshold", Number),
    ("FailureThreshold", "failureThreshold", Number),
    ("TerminationGracePeriodSeconds", "terminationGracePeriodSeconds", Any),
];
static HANDLER: &[Field] = &[
    ("Exec", "exec", Pointer(EXEC)),
    ("HTTPGet", "httpGet", Pointer(HTTP_GET)),
    ("TCPSocket", "tcpSocket", Pointer(TCP_SOCKET)),
    ("Sleep", "sleep", Pointer(&[("Seconds", "seconds", Number)])),
];
static LIFECYCLE: &[Field] = &[
    ("PostStart", "postStart", Pointer(HANDLER)),
    ("PreStop", "preStop", Pointer(HANDLER)),
    ("StopSignal", "stopSignal", Any),
];
static SELINUX: &[Field] =
    &[("User", "user", Text), ("Role", "role", Text), ("Type", "type", Text), ("Level", "level", Text)];
pub static PROFILE: &[Field] = &[("Type", "type", Text), ("LocalhostProfile", "localhostProfile", Any)];
pub static SECURITY: &[Field] = &[
    ("Capabilities", "capabilities", Pointer(&[("Add", "add", Any), ("Drop", "drop", Any)])),
    ("Privileged", "privileged", Any),
    ("SELinuxOptions", "seLinuxOptions", Pointer(SELINUX)),
    ("WindowsOptions", "windowsOptions", Any),
    ("RunAsUser", "runAsUser", Any),
    ("RunAsGroup", "runAsGroup", Any),
    ("RunAsNonRoot", "runAsNonRoot", Any),
    ("ReadOnlyRootFilesystem", "readOnlyRootFilesystem", Any),
    ("AllowPrivilegeEscalation", "allowPrivilegeEscalation", Any),
    ("ProcMount", "procMount", Any),
    ("SeccompProfile", "seccompProfile", Pointer(PROFILE)),
    ("AppArmorProfile", "appArmorProfile", Pointer(PROFILE)),
];
static CONTAINER: &[Field] = &[
    ("Name", "name", Text),
    ("Image", "image", Text),
    ("Command", "command", Any),
    ("Args", "args", Any),
    ("WorkingDir", "workingDir", Text),
    ("Ports", "ports", List(PORT)),
    ("EnvFrom", "envFrom", List(ENV_FROM)),
    ("Env", "env", List(ENV)),
    ("Resources", "resources", Struct(RESOURCES)),
    (
        "ResizePolicy",
        "resizePolicy",
        List(&[("ResourceName", "resourceName", Text), ("RestartPolicy", "restartPolicy", Text)]),
    ),
    ("RestartPolicy", "restartPolicy", Any),
    ("RestartPolicyRules", "restartPolicyRules", Any),
    ("VolumeMounts", "volumeMounts", List(MOUNT)),
    ("VolumeDevices", "volumeDevices", List(&[("Name", "name", Text), ("DevicePath", "devicePath", Text)])),
    ("LivenessProbe", "livenessProbe", Pointer(PROBE)),
    ("ReadinessProbe", "readinessProbe", Pointer(PROBE)),
    ("StartupProbe", "startupProbe", Pointer(PROBE)),
    ("Lifecycle", "lifecycle", Pointer(LIFECYCLE)),
    ("TerminationMessagePath", "terminationMessagePath", Text),
    ("TerminationMessagePolicy", "terminationMessagePolicy", Text),
    ("ImagePullPolicy", "imagePullPolicy", Text),
    ("SecurityContext", "securityContext", Pointer(SECURITY)),
    ("Stdin", "stdin", Bool),
    ("StdinOnce", "stdinOnce", Bool),
    ("TTY", "tty", Bool),
];
pub static EPHEMERAL: &[Field] =
    &[("", "", Within(CONTAINER)), ("TargetContainerName", "targetContainerName", Text)];
static POD_SECURITY: &[Field] = &[
    ("HostNetwork", "hostNetwork", Bool),
    ("HostPID", "hostPID", Bool),
    ("HostIPC", "hostIPC", Bool),
    ("ShareProcessNamespace", "shareProcessNamespace", Any),
    ("HostUsers", "hostUsers", Any),
    ("SELinuxOptions", "seLinuxOptions", Pointer(SELINUX)),
    ("WindowsOptions", "windowsOptions", Any),
    ("RunAsUser", "runAsUser", Any),
    ("RunAsGroup", "runAsGroup", Any),
    ("RunAsNonRoot", "runAsNonRoot", Any),
    ("SupplementalGroups", "supplementalGroups", Any),
    ("SupplementalGroupsPolicy", "supplementalGroupsPolicy", Any),
    ("FSGroup", "fsGroup", Any),
    ("FSGroupChangePolicy", "fsGroupChangePolicy", Any),
    ("Sysctls", "sysctls", List(NAME_AND_VALUE)),
    ("SeccompProfile", "seccompProfile", Pointer(PROFILE)),
    ("AppArmorProfile", "appArmorProfile", Pointer(PROFILE)),
    ("SELinuxChangePolicy", "seLinuxChangePolicy", Any),
];
static REQUIREMENT: &[Field] =
    &[("Key", "key", Text), ("Operator", "operator", Text), ("Values", "values", Any)];
pub static NODE_TERM: &[Field] = &[
    ("MatchExpressions", "matchExpressions", List(REQUIREMENT)),
    ("MatchFields", "matchFields", List(REQUIREMENT)),
];
static REQUIRED: &str = "RequiredDuringSchedulingIgnoredDuringExecution";
static PREFERRED: &str = "PreferredDuringSchedulingIgnoredDuringExecution";
static NODE_AFFINITY: &[Field] = &[
    (
        REQUIRED,
        "requiredDuringSchedulingIgnoredDuringExecution",
        Pointer(&[("NodeSelectorTerms", "nodeSelectorTerms", List(NODE_TERM))]),
    ),
    (
        PREFERRED,
        "preferredDuringSchedulingIgnoredDuringExecution",
        List(&[("Weight", "weight", Number), ("Preference", "preference", Struct(NODE_TERM))]),
    ),
];
static POD_TERM: &[Field] = &[
    ("LabelSelector", "labelSelector", Any),
    ("Namespaces", "namespaces", Any),
    ("TopologyKey", "topologyKey", Text),
    ("NamespaceSelector", "namespaceSelector", Any),
    ("MatchLabelKeys", "matchLabelKeys", Any),
    ("MismatchLabelKeys", "mismatchLabelKeys", Any),
];
static POD_AFFINITY: &[Field] = &[
    (REQUIRED, "requiredDuringSchedulingIgnoredDuringExecution", List(POD_TERM)),
    (
        PREFERRED,
        "preferredDuringSchedulingIgnoredDuringExecution",
        List(&[("Weight", "weight", Number), ("PodAffinityTerm", "podAffinityTerm", Struct(POD_TERM))]),
    ),
];
static AFFINITY: &[Field] = &[
    ("NodeAffinity", "nodeAffinity", Pointer(NODE_AFFINITY)),
    ("PodAffinity", "podAffinity", Pointer(POD_AFFINITY)),
    ("PodAntiAffinity", "podAntiAffinity", Pointer(POD_AFFINITY)),
];
static TOLERATION: &[Field] = &[
    ("Key", "key", Text),
    ("Operator", "operator", Text),
    ("Value", "value", Text),
    ("Effect", "effect", Text),
    ("TolerationSeconds", "tolerationSeconds", Any),
];
static SPREAD: &[Field] = &[
    ("MaxSkew", "maxSkew", Number),
    ("TopologyKey", "topologyKey", Text),
    ("WhenUnsatisfiable", "whenUnsatisfiable", Text),
    ("LabelSelector", "labelSelector", Any),
    ("MinDomains", "minDomains", Any),
    ("NodeAffinityPolicy", "nodeAffinityPolicy", Any),
    ("NodeTaintsPolicy", "nodeTaintsPolicy", Any),
    ("MatchLabelKeys", "matchLabelKeys", Any),
];
static DNS_CONFIG: &[Field] = &[
    ("Nameservers", "nameservers", Any),
    ("Searches", "searches", Any),
    ("Options", "options", List(&[("Name", "name", Text), ("Value", "value", Any)])),
];
pub static POD_SPEC: &[Field] = &[
    ("Volumes", "volumes", List(VOLUME)),
    ("InitContainers", "initContainers", List(CONTAINER)),
    ("Containers", "containers", List(CONTAINER)),
    ("EphemeralContainers", "ephemeralContainers", List(EPHEMERAL)),
    ("RestartPolicy", "restartPolicy", Text),
    ("TerminationGracePeriodSeconds", "terminationGracePeriodSeconds", Any),
    ("ActiveDeadlineSeconds", "activeDeadlineSeconds", Any),
    ("DNSPolicy", "dnsPolicy", Text),
    ("NodeSelector", "nodeSelector", Any),
    ("ServiceAccountName", "serviceAccountName", Text),
    ("AutomountServiceAccountToken", "automountServiceAccountToken", Any),
    ("NodeName", "nodeName", Text),
    ("SecurityContext", "securityContext", Pointer(POD_SECURITY)),
    ("ImagePullSecrets", "imagePullSecrets", List(NAME)),
    ("Hostname", "hostname", Text),
    ("Subdomain", "subdomain", Text),
    ("SetHostnameAsFQDN", "setHostnameAsFQDN", Any),
    ("Affinity", "affinity", Pointer(AFFINITY)),
    ("SchedulerName", "schedulerName", Text),
    ("Tolerations", "tolerations", List(TOLERATION)),
    ("HostAliases", "hostAliases", List(&[("IP", "ip", Text), ("Hostnames", "hostnames", Any)])),
    ("PriorityClassName", "priorityClassName", Text),
    ("Priority", "priority", Any),
    ("PreemptionPolicy", "preemptionPolicy", Any),
    ("DNSConfig", "dnsConfig", Pointer(DNS_CONFIG)),
    ("ReadinessGates", "readinessGates", List(&[("ConditionType", "conditionType", Text)])),
    ("RuntimeClassName", "runtimeClassName", Any),
    ("Overhead", "overhead", Any),
    ("EnableServiceLinks", "enableServiceLinks", Any),
    ("TopologySpreadConstraints", "topologySpreadConstraints", List(SPREAD)),
    ("OS", "os", Pointer(NAME)),
    ("SchedulingGates", "schedulingGates", List(NAME)),
    (
        "ResourceClaims",
        "resourceClaims",
        List(&[
            ("Name", "name", Text),
            ("ResourceClaimName", "resourceClaimName", Any),
            ("ResourceClaimTemplateName", "resourceClaimTemplateName", Any),
        ]),
    ),
    ("Resources", "resources", Pointer(RESOURCES)),
    ("HostnameOverride", "hostnameOverride", Any),
    ("SchedulingGroup", "schedulingGroup", Any),
];
pub static CLAIM_SPEC: &[Field] = &[
    ("AccessModes", "accessModes", Any),
    ("Selector", "selector", Any),
    ("Resources", "resources", Struct(&[("Limits", "limits", Any), ("Requests", "requests", Any)])),
    ("VolumeName", "volumeName", Text),
    ("StorageClassName", "storageClassName", Any),
    ("VolumeMode", "volumeMode", Any),
    (
        "DataSource",
        "dataSource",
        Pointer(&[("APIGroup", "apiGroup", Any), ("Kind", "kind", Text), ("Name", "name", Text)]),
    ),
    (
        "DataSourceRef",
        "dataSourceRef",
        Pointer(&[
            ("APIGroup", "apiGroup", Any),
            ("Kind", "kind", Text),
            ("Name", "name", Text),
            ("Namespace", "namespace", Any),
        ]),
    ),
    ("VolumeAttributesClassName", "volumeAttributesClassName", Any),
];
pub static PERSISTENT_SOURCE: &[Field] = &[
    ("GCEPersistentDisk", "gcePersistentDisk", Any),
    ("AWSElasticBlockStore", "awsElasticBlockStore", Any),
    ("HostPath", "hostPath", Pointer(HOST_PATH)),
    ("Glusterfs", "glusterfs", Any),
    ("NFS", "nfs", Pointer(NFS)),
    ("RBD", "rbd", Any),
    ("Quobyte", "quobyte", Any),
    ("ISCSI", "iscsi", Any),
    ("FlexVolume", "flexVolume", Any),
    ("Cinder", "cinder", Any),
    ("CephFS", "cephfs", Any),
    ("FC", "fc", Any),
    ("Flocker", "flocker", Any),
    ("AzureFile", "azureFile", Any),
    ("VsphereVolume", "vsphereVolume", Any),
    ("AzureDisk", "azureDisk", Any),
    ("PhotonPersistentDisk", "photonPersistentDisk", Any),
    ("PortworxVolume", "portworxVolume", Any),
    ("ScaleIO", "scaleIO", Any),
    ("Local", "local", Pointer(&[("Path", "path", Text), ("FSType", "fsType", Any)])),
    ("StorageOS", "storageos", Any),
    (
        "CSI",
        "csi",
        Pointer(&[
            ("Driver", "driver", Text),
            ("VolumeHandle", "volumeHandle", Text),
            ("ReadOnly", "readOnly", Bool),
            ("FSType", "fsType", Text),
            ("VolumeAttributes", "volumeAttributes", Any),
            ("ControllerPublishSecretRef", "controllerPublishSecretRef", Any),
            ("NodeStageSecretRef", "nodeStageSecretRef", Any),
            ("NodePublishSecretRef", "nodePublishSecretRef", Any),
            ("ControllerExpandSecretRef", "controllerExpandSecretRef", Any),
            ("NodeExpandSecretRef", "nodeExpandSecretRef", Any),
        ]),
    ),
];
pub static TAINT: &[Field] = &[
    ("Key", "key", Text),
    ("Value", "value", Text),
    ("Effect", "effect", Text),
    ("TimeAdded", "timeAdded", Any),
];
/// Its metadata have names for JSON, and stand among the fields.
pub static POD_TEMPLATE: &[Field] = &[
    ("name", "name", Given),
    ("labels", "labels", Given),
    ("annotations", "annotations", Given),
    ("finalizers", "finalizers", Given),
    ("Spec", "spec", Struct(POD_SPEC)),
];
static LIMITS: &[Field] = &[("MaxUnavailable", "maxUnavailable", Number), ("MaxSurge", "maxSurge", Number)];
/// The strategies of Deployments and DaemonSets.
pub static STRATEGY: &[Field] =
    &[("Type", "type", Text), ("RollingUpdate", "rollingUpdate", Pointer(LIMITS))];
pub static SET_ROLLING: &[Field] =
    &[("Partition", "partition", Number), ("MaxUnavailable", "maxUnavailable", Any)];
pub static SET_STRATEGY: &[Field] =
    &[("Type", "type", Text), ("RollingUpdate", "rollingUpdate", Pointer(SET_ROLLING))];
static EXIT_CODES: &[Field] =
    &[("ContainerName", "containerName", Any), ("Operator", "operator", Text), ("Values", "values", Any)];
static FAILURE_RULE: &[Field] = &[
    ("Action", "action", Text),
    ("OnExitCodes", "onExitCodes", Pointer(EXIT_CODES)),
    ("OnPodConditions", "onPodConditions", List(&[("Type", "type", Text), ("Status", "status", Text)])),
];
pub static FAILURE_POLICY: &[Field] = &[("Rules", "rules", List(FAILURE_RULE))];
static SUCCESS_RULE: &[Field] =
    &[("SucceededIndexes", "succeededIndexes", Any), ("SucceededCount", "succeededCount", Any)];
pub static SUCCESS_POLICY: &[Field] = &[("Rules", "rules", List(SUCCESS_RULE))];
pub static BUDGET: &[Field] = &[
    ("MinAvailable", "minAvailable", Any),
    ("Selector", "selector", Any),
    ("MaxUnavailable", "maxUnavailable", Any),
    ("UnhealthyPodEvictionPolicy", "unhealthyPodEvictionPolicy", Any),
];
pub static VOLUME_AFFINITY: &[Field] =
    &[("Required", "required", Pointer(&[("NodeSelectorTerms", "nodeSelectorTerms", List(NODE_TERM))]))];
pub static SCOPE_SELECTOR: &[Field] = &[(
    "MatchExpressions",
    "matchExpressions",
    List(&[("ScopeName", "scopeName", Text), ("Operator", "operator", Text), ("Values", "values", Any)]),
)];
