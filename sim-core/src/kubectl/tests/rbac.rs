//! Roles and their bindings: what they allow to whom, and what the API server says of wrong ones.

use super::Bench;

#[test]
fn a_service_account_may_do_what_its_role_says() {
    let mut bench = Bench::whole();
    let lines = [
        "create sa ada",
        "create role reader --verb=get,list --resource=pods,statefulsets.apps",
        "create rolebinding ada-reads --role=reader --serviceaccount=default:ada",
        "get role,rolebinding -o wide",
        "auth can-i list pods --as=system:serviceaccount:default:ada",
        "auth can-i list pods/log --as=system:serviceaccount:default:ada",
        "auth can-i get pods --subresource=log --as=system:serviceaccount:default:ada",
        "auth can-i delete sts/web --as=system:serviceaccount:default:ada",
        "auth can-i list pods -n kube-system --as=system:serviceaccount:default:ada",
        "auth can-i get /healthz --as=system:serviceaccount:default:ada",
        "auth can-i get /metrics --as=system:anonymous",
        "auth whoami --as=system:serviceaccount:default:ada",
        "get pods --as=system:serviceaccount:default:ada",
        "get pods -A --as=system:serviceaccount:default:ada",
        "get svc,cm --as=system:serviceaccount:default:ada",
        "describe node minikube --as=system:serviceaccount:default:ada",
        "delete pod x --as=system:serviceaccount:default:ada",
        "create deployment d --image=nginx --as=system:serviceaccount:default:ada",
        "create cm c --from-literal=a=b --as=system:serviceaccount:default:ada",
        "scale sts web --replicas=1 --as=system:serviceaccount:default:ada",
        "delete rolebinding ada-reads",
        "get pods --as=system:serviceaccount:default:ada",
    ];
    insta::assert_snapshot!(bench.transcript(&lines), @r#"
    $ create sa ada
    serviceaccount/ada created
    $ create role reader --verb=get,list --resource=pods,statefulsets.apps
    role.rbac.authorization.k8s.io/reader created
    $ create rolebinding ada-reads --role=reader --serviceaccount=default:ada
    rolebinding.rbac.authorization.k8s.io/ada-reads created
    $ get role,rolebinding -o wide
    NAME                                    CREATED AT
    role.rbac.authorization.k8s.io/reader   2026-11-23T12:00:00Z

    NAME                                              ROLE          AGE   USERS   GROUPS   SERVICEACCOUNTS
    rolebinding.rbac.authorization.k8s.io/ada-reads   Role/reader   0s                     default/ada
    $ auth can-i list pods --as=system:serviceaccount:default:ada
    yes
    $ auth can-i list pods/log --as=system:serviceaccount:default:ada
    yes
    $ auth can-i get pods --subresource=log --as=system:serviceaccount:default:ada
    no
    exit 1
    $ auth can-i delete sts/web --as=system:serviceaccount:default:ada
    no
    exit 1
    $ auth can-i list pods -n kube-system --as=system:serviceaccount:default:ada
    no
    exit 1
    $ auth can-i get /healthz --as=system:serviceaccount:default:ada
    yes
    $ auth can-i get /metrics --as=system:anonymous
    no
    exit 1
    $ auth whoami --as=system:serviceaccount:default:ada
    ATTRIBUTE   VALUE
    Username    system:serviceaccount:default:ada
    Groups      [system:serviceaccounts system:serviceaccounts:default system:authenticated]
    $ get pods --as=system:serviceaccount:default:ada
    ! No resources found in default namespace.
    $ get pods -A --as=system:serviceaccount:default:ada
    ! Error from server (Forbidden): pods is forbidden: User "system:serviceaccount:default:ada" cannot list resource "pods" in API group "" at the cluster scope
    exit 1
    $ get svc,cm --as=system:serviceaccount:default:ada
    ! Error from server (Forbidden): services is forbidden: User "system:serviceaccount:default:ada" cannot list resource "services" in API group "" in the namespace "default"
    ! Error from server (Forbidden): configmaps is forbidden: User "system:serviceaccount:default:ada" cannot list resource "configmaps" in API group "" in the namespace "default"
    exit 1
    $ describe node minikube --as=system:serviceaccount:default:ada
    ! Error from server (Forbidden): nodes "minikube" is forbidden: User "system:serviceaccount:default:ada" cannot get resource "nodes" in API group "" at the cluster scope
    exit 1
    $ delete pod x --as=system:serviceaccount:default:ada
    ! Error from server (Forbidden): pods "x" is forbidden: User "system:serviceaccount:default:ada" cannot delete resource "pods" in API group "" in the namespace "default"
    exit 1
    $ create deployment d --image=nginx --as=system:serviceaccount:default:ada
    ! error: failed to create deployment: deployments.apps is forbidden: User "system:serviceaccount:default:ada" cannot create resource "deployments" in API group "apps" in the namespace "default"
    exit 1
    $ create cm c --from-literal=a=b --as=system:serviceaccount:default:ada
    ! error: failed to create configmap: configmaps is forbidden: User "system:serviceaccount:default:ada" cannot create resource "configmaps" in API group "" in the namespace "default"
    exit 1
    $ scale sts web --replicas=1 --as=system:serviceaccount:default:ada
    ! Error from server (NotFound): statefulsets.apps "web" not found
    exit 1
    $ delete rolebinding ada-reads
    rolebinding.rbac.authorization.k8s.io "ada-reads" deleted from default namespace
    $ get pods --as=system:serviceaccount:default:ada
    ! Error from server (Forbidden): pods is forbidden: User "system:serviceaccount:default:ada" cannot list resource "pods" in API group "" in the namespace "default"
    exit 1
    "#);
}

#[test]
fn the_cluster_has_roles_for_its_users() {
    let mut bench = Bench::whole();
    let lines = [
        "get clusterroles",
        "get clusterrolebindings",
        "create rolebinding v --clusterrole=view --user=eve",
        "create clusterrolebinding e --clusterrole=edit --group=editors",
        "auth can-i list statefulsets --as=eve",
        "auth can-i get secrets --as=eve",
        "auth can-i get secrets --as=eve --as-group=editors",
        "auth can-i create rolebindings --as=eve --as-group=editors",
    ];
    insta::assert_snapshot!(bench.transcript(&lines), @r"
    $ get clusterroles
    NAME                        CREATED AT
    admin                       2026-11-16T13:00:00Z
    cluster-admin               2026-11-16T13:00:00Z
    edit                        2026-11-16T13:00:00Z
    system:aggregate-to-admin   2026-11-16T13:00:00Z
    system:aggregate-to-edit    2026-11-16T13:00:00Z
    system:aggregate-to-view    2026-11-16T13:00:00Z
    system:basic-user           2026-11-16T13:00:00Z
    system:discovery            2026-11-16T13:00:00Z
    system:public-info-viewer   2026-11-16T13:00:00Z
    view                        2026-11-16T13:00:00Z
    ! hint: the control plane's own clusterroles are not simulated
    $ get clusterrolebindings
    NAME                        ROLE                                    AGE
    cluster-admin               ClusterRole/cluster-admin               6d23h
    system:basic-user           ClusterRole/system:basic-user           6d23h
    system:discovery            ClusterRole/system:discovery            6d23h
    system:public-info-viewer   ClusterRole/system:public-info-viewer   6d23h
    ! hint: the control plane's own clusterrolebindings are not simulated
    $ create rolebinding v --clusterrole=view --user=eve
    rolebinding.rbac.authorization.k8s.io/v created
    $ create clusterrolebinding e --clusterrole=edit --group=editors
    clusterrolebinding.rbac.authorization.k8s.io/e created
    $ auth can-i list statefulsets --as=eve
    yes
    $ auth can-i get secrets --as=eve
    no
    exit 1
    $ auth can-i get secrets --as=eve --as-group=editors
    yes
    $ auth can-i create rolebindings --as=eve --as-group=editors
    no
    exit 1
    ");
}

#[test]
fn a_role_may_consist_of_others() {
    let mut bench = Bench::whole();
    let lines = [
        "create clusterrole whole --aggregation-rule=part=yes",
        "create clusterrole nodes --verb=get --resource=nodes",
        "create clusterrole pods --verb=list --resource=pods",
        "label clusterrole nodes pods part=yes",
    ];
    for line in lines {
        bench.run(line);
    }
    bench.sleep(1);
    insta::assert_snapshot!(bench.transcript(&["describe clusterrole whole"]), @r"
    $ describe clusterrole whole
    Name:         whole
    Labels:       <none>
    Annotations:  <none>
    PolicyRule:
      Resources  Non-Resource URLs  Resource Names  Verbs
      ---------  -----------------  --------------  -----
      nodes      []                 []              [get]
      pods       []                 []              [list]
    ");
    bench.run("delete clusterrole nodes");
    bench.sleep(1);
    insta::assert_snapshot!(bench.transcript(&["get clusterrole whole -o jsonpath={.rules}"]), @r#"
    $ get clusterrole whole -o jsonpath={.rules}
    [{"apiGroups":[""],"resources":["pods"],"verbs":["list"]}]
    "#);
}

#[test]
fn wrong_ones_are_refused() {
    let mut bench = Bench::whole();
    bench.files.put(
        "wrong.yaml",
        "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: a/b}
rules:
- {apiGroups: [\"\"], resources: [pods], verbs: []}
- {nonResourceURLs: [/x], resources: [pods], verbs: [get]}
- {verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: c}
aggregationRule: {}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {apiGroup: apps, kind: Role, name: \"\"}
subjects:
- {kind: ServiceAccount, name: Bad}
- {kind: Robot, name: r}
- {kind: User, apiGroup: apps, name: u}
",
    );
    let lines = [
        "create -f wrong.yaml",
        "create rolebinding b --role=r --user=ada",
        "patch rolebinding b --type=merge -p '{\"roleRef\":{\"name\":\"other\"}}'",
    ];
    insta::assert_snapshot!(bench.transcript(&lines), @r#"
    $ create -f wrong.yaml
    ! Error from server (Invalid): error when creating "wrong.yaml": Role.rbac.authorization.k8s.io "a/b" is invalid: [metadata.name: Invalid value: "a/b": may not contain '/', rules[0].verbs: Required value: verbs must contain at least one value, rules[1].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs, rules[1].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs, rules[2].apiGroups: Required value: resource rules must supply at least one api group, rules[2].resources: Required value: resource rules must supply at least one resource]
    ! Error from server (Invalid): error when creating "wrong.yaml": ClusterRole.rbac.authorization.k8s.io "c" is invalid: aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil
    ! Error from server (Invalid): error when creating "wrong.yaml": ClusterRoleBinding.rbac.authorization.k8s.io "b" is invalid: [roleRef.apiGroup: Unsupported value: "apps": supported values: "rbac.authorization.k8s.io", roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole", roleRef.name: Required value, subjects[0].name: Invalid value: "Bad": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'), subjects[0].namespace: Required value, subjects[1].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group", subjects[2].apiGroup: Unsupported value: "apps": supported values: "rbac.authorization.k8s.io"]
    exit 1
    $ create rolebinding b --role=r --user=ada
    rolebinding.rbac.authorization.k8s.io/b created
    $ patch rolebinding b --type=merge -p '{"roleRef":{"name":"other"}}'
    ! The RoleBinding "b" is invalid: roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"other"}: cannot change roleRef
    exit 1
    "#);
}

const WANTED: &str = "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: new}
rules:
- {apiGroups: ['', apps], resources: [pods], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects:
- {kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}
- {kind: ServiceAccount, name: s, namespace: default}
";

#[test]
fn roles_and_bindings_get_what_they_lack() {
    let mut bench = Bench::new();
    let reconcile = "auth reconcile -f -";
    insta::assert_snapshot!(bench.run_with("auth reconcile -f - --dry-run=client", Some(WANTED)), @r"
    role.rbac.authorization.k8s.io/r reconciled (dry run)
    clusterrolebinding.rbac.authorization.k8s.io/b reconciled (dry run)
    ! 	reconciliation required create
    ! 	missing rules added:
    ! 		{Verbs:[get list] APIGroups:[ apps] Resources:[pods] ResourceNames:[] NonResourceURLs:[]}
    ! 	reconciliation required create
    ! 	missing subjects added:
    ! 		{Kind:User APIGroup:rbac.authorization.k8s.io Name:jane Namespace:}
    ! 		{Kind:ServiceAccount APIGroup: Name:s Namespace:default}
    ");
    bench.run_with(reconcile, Some(WANTED));
    insta::assert_snapshot!(bench.run_with(reconcile, Some(WANTED)), @r"
    role.rbac.authorization.k8s.io/r reconciled
    clusterrolebinding.rbac.authorization.k8s.io/b reconciled
    ");
    insta::assert_snapshot!(bench.run("get role,clusterrolebinding -n new r b -o name --ignore-not-found"), @r"
    role.rbac.authorization.k8s.io/r
    clusterrolebinding.rbac.authorization.k8s.io/b
    ");
    let other = WANTED.replace("[get, list]", "[get, watch]").replace("jane", "joe");
    insta::assert_snapshot!(bench.run_with(reconcile, Some(&other)), @r"
    role.rbac.authorization.k8s.io/r reconciled
    clusterrolebinding.rbac.authorization.k8s.io/b reconciled
    ! 	reconciliation required update
    ! 	missing rules added:
    ! 		{Verbs:[watch] APIGroups:[] Resources:[pods] ResourceNames:[] NonResourceURLs:[]}
    ! 		{Verbs:[watch] APIGroups:[apps] Resources:[pods] ResourceNames:[] NonResourceURLs:[]}
    ! 	reconciliation required update
    ! 	missing subjects added:
    ! 		{Kind:User APIGroup:rbac.authorization.k8s.io Name:joe Namespace:}
    ");
    let stricter = format!("{reconcile} --remove-extra-permissions --remove-extra-subjects");
    insta::assert_snapshot!(bench.run_with(&stricter, Some(&other)), @r"
    role.rbac.authorization.k8s.io/r reconciled
    clusterrolebinding.rbac.authorization.k8s.io/b reconciled
    ! 	reconciliation required update
    ! 	extra rules removed:
    ! 		{Verbs:[list] APIGroups:[] Resources:[pods] ResourceNames:[] NonResourceURLs:[]}
    ! 		{Verbs:[list] APIGroups:[apps] Resources:[pods] ResourceNames:[] NonResourceURLs:[]}
    ! 	reconciliation required update
    ! 	extra subjects removed:
    ! 		{Kind:User APIGroup:rbac.authorization.k8s.io Name:jane Namespace:}
    ");
    let moved = other.replace("name: view", "name: edit");
    insta::assert_snapshot!(bench.run_with(reconcile, Some(&moved)), @r"
    role.rbac.authorization.k8s.io/r reconciled
    clusterrolebinding.rbac.authorization.k8s.io/b reconciled
    ! 	reconciliation required recreate
    ");
    bench.run("annotate clusterrolebinding b rbac.authorization.kubernetes.io/autoupdate=false");
    insta::assert_snapshot!(bench.run_with(reconcile, Some(WANTED)), @r"
    role.rbac.authorization.k8s.io/r reconciled
    clusterrolebinding.rbac.authorization.k8s.io/b reconciled
    ! 	reconciliation required update
    ! 	missing rules added:
    ! 		{Verbs:[list] APIGroups:[] Resources:[pods] ResourceNames:[] NonResourceURLs:[]}
    ! 		{Verbs:[list] APIGroups:[apps] Resources:[pods] ResourceNames:[] NonResourceURLs:[]}
    ! 	reconciliation required recreate, but object opted out (rbac.authorization.kubernetes.io/autoupdate: false)
    ");
    insta::assert_snapshot!(bench.run("auth reconcile"), @r"
    ! error: must specify one of -f and -k
    exit 1
    ");
    insta::assert_snapshot!(bench.run_with("auth reconcile -f - --dry-run=server", Some(WANTED)), @r"
    ! error: --dry-run=server for command reconcile is not supported yet
    exit 1
    ");
}
