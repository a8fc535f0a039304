//! Endpoints: what their controllers write, and the server's warning to whoever asks for them.

use super::Bench;

const WEB: &str = r#"
apiVersion: v1
kind: Service
metadata: {name: web, labels: {app: web}}
spec:
  clusterIP: None
  selector: {app: web}
  ports: [{port: 80, name: http}, {port: 9153, name: metrics}]
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
    spec: {containers: [{name: app, image: nginx}]}
"#;

/// A Service that names no pods, and addresses by hand.
const BY_HAND: &str = r#"
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: db, labels: {tier: back}}
subsets:
- addresses: [{ip: 10.244.0.2}]
  notReadyAddresses: [{ip: 10.244.0.9}]
  ports: [{port: 80}]
"#;

#[test]
fn a_service_has_endpoints_of_its_name() {
    let mut bench = Bench::whole();
    bench.run_with("apply -f -", Some(WEB));
    bench.sleep(5);
    insta::assert_snapshot!(bench.run("get ep -A"), @r"
    NAMESPACE     NAME         ENDPOINTS                                                   AGE
    default       kubernetes   192.168.49.2:8443                                           6d23h
    default       web          10.244.0.2:9153,10.244.0.3:9153,10.244.0.2:80 + 1 more...   5s
    kube-system   kube-dns     <none>                                                      6d23h
    ! Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice
    ");
    insta::assert_snapshot!(bench.run("get ep web -o yaml"), @r#"
    apiVersion: v1
    kind: Endpoints
    metadata:
      annotations:
        endpoints.kubernetes.io/last-change-trigger-time: "2026-11-23T12:00:00Z"
      creationTimestamp: "2026-11-23T12:00:00Z"
      labels:
        app: web
        endpoints.kubernetes.io/managed-by: endpoint-controller
        service.kubernetes.io/headless: ""
      name: web
      namespace: default
      resourceVersion: "54"
      uid: 2333a63d-ea0b-41fe-acfa-fa36e9fa674b
    subsets:
    - addresses:
      - hostname: web-0
        ip: 10.244.0.2
        nodeName: minikube
        targetRef:
          kind: Pod
          name: web-0
          namespace: default
          uid: d82d5e10-98b2-41db-b7ec-3fd15c3dae57
      - hostname: web-1
        ip: 10.244.0.3
        nodeName: minikube
        targetRef:
          kind: Pod
          name: web-1
          namespace: default
          uid: e813e5d5-d507-4193-bc79-beae472ec498
      ports:
      - name: metrics
        port: 9153
        protocol: TCP
      - name: http
        port: 80
        protocol: TCP
    ! Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice
    "#);
    insta::assert_snapshot!(bench.run("describe endpoints web"), @r"
    Name:         web
    Namespace:    default
    Labels:       app=web
                  endpoints.kubernetes.io/managed-by=endpoint-controller
                  service.kubernetes.io/headless=
    Annotations:  endpoints.kubernetes.io/last-change-trigger-time: 2026-11-23T12:00:00Z
    Subsets:
      Addresses:          10.244.0.2,10.244.0.3
      NotReadyAddresses:  <none>
      Ports:
        Name     Port  Protocol
        ----     ----  --------
        metrics  9153  TCP
        http     80    TCP

    Events:  <none>
    ! Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice
    ");
    bench.run("delete svc web");
    bench.sleep(1);
    insta::assert_snapshot!(bench.run("get endpoints web"), @r#"
    ! Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice
    ! Error from server (NotFound): endpoints "web" not found
    exit 1
    "#);
}

#[test]
fn every_command_warns_once() {
    let mut bench = Bench::whole();
    bench.run_with("apply -f -", Some(WEB));
    bench.sleep(5);
    insta::assert_snapshot!(bench.run("get svc,ep web"), @r"
    NAME          TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)           AGE
    service/web   ClusterIP   None         <none>        80/TCP,9153/TCP   5s

    NAME            ENDPOINTS                                                   AGE
    endpoints/web   10.244.0.2:9153,10.244.0.3:9153,10.244.0.2:80 + 1 more...   5s
    ! Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice
    ");
    insta::assert_snapshot!(bench.run("get all"), @r"
    NAME        READY   STATUS    RESTARTS   AGE
    pod/web-0   1/1     Running   0          5s
    pod/web-1   1/1     Running   0          5s

    NAME                 TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)           AGE
    service/kubernetes   ClusterIP   10.96.0.1    <none>        443/TCP           6d23h
    service/web          ClusterIP   None         <none>        80/TCP,9153/TCP   5s

    NAME                   READY   AGE
    statefulset.apps/web   2/2     5s
    ");
    insta::assert_snapshot!(bench.run("label ep web kubernetes a=b"), @r"
    endpoints/web labeled
    endpoints/kubernetes labeled
    ! Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice
    ");
    insta::assert_snapshot!(bench.run("get ep web -l a=b"), @r"
    ! error: name cannot be provided when a selector is specified
    exit 1
    ");
    insta::assert_snapshot!(bench.run("delete ep web"), @r#"
    endpoints "web" deleted from default namespace
    ! Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice
    "#);
    bench.sleep(1);
    insta::assert_snapshot!(bench.run("get ep web -o jsonpath={.subsets[*].addresses[*].ip}"), @"10.244.0.2 10.244.0.3! Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice");
    insta::assert_snapshot!(bench.run("api-resources --api-group= --namespaced -o wide").lines().take(3).collect::<Vec<_>>().join("\n"), @r"
    NAME                     SHORTNAMES   APIVERSION   NAMESPACED   KIND                    VERBS                                                        CATEGORIES
    bindings                              v1           true         Binding                 create                                                       
    configmaps               cm           v1           true         ConfigMap               create,delete,deletecollection,get,list,patch,update,watch
    ");
}

#[test]
fn endpoints_by_hand_are_mirrored_and_answer() {
    let mut bench = Bench::whole();
    bench.run("run web --image=nginx");
    bench.sleep(2);
    insta::assert_snapshot!(bench.run_with("apply -f -", Some(BY_HAND)), @r"
    service/db created
    endpoints/db created
    ! Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice
    ");
    bench.sleep(1);
    insta::assert_snapshot!(bench.run("get endpointslices -l tier=back --show-labels"), @r"
    NAME       ADDRESSTYPE   PORTS   ENDPOINTS               AGE   LABELS
    db-rpgr4   IPv4          80      10.244.0.2,10.244.0.9   1s    endpointslice.kubernetes.io/managed-by=endpointslicemirroring-controller.k8s.io,kubernetes.io/service-name=db,tier=back
    ");
    insta::assert_snapshot!(bench.run("exec web -- curl -s -o /dev/null -w %{http_code} db"), @"200");
    bench.run(r#"patch svc db -p '{"spec":{"selector":{"app":"db"}}}'"#);
    bench.sleep(1);
    insta::assert_snapshot!(bench.run("get ep,endpointslices -l kubernetes.io/service-name=db"), @r"
    NAME                                      ADDRESSTYPE   PORTS     ENDPOINTS   AGE
    endpointslice.discovery.k8s.io/db-sqtrk   IPv4          <unset>   <unset>     1s
    ! Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice
    ");
}

#[test]
fn endpoints_that_lead_nowhere_are_refused() {
    let mut bench = Bench::whole();
    let manifest = "{apiVersion: v1, kind: Endpoints, metadata: {name: bad}, subsets: [{ports: [{port: 1}]},
        {addresses: [{ip: example.com}, {ip: 127.0.0.1, hostname: A}], ports: [{port: 0}, {name: b, port: 2}]}]}";
    insta::assert_snapshot!(bench.run_with("create -f -", Some(manifest)), @r#"
    ! Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice
    ! The Endpoints "bad" is invalid: 
    ! * subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`
    ! * subsets[1].addresses[0].ip: Invalid value: "example.com": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)
    ! * subsets[1].addresses[0].ip: Invalid value: "example.com": must be a valid IP address
    ! * subsets[1].addresses[1].hostname: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
    ! * subsets[1].addresses[1].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)
    ! * subsets[1].ports[0].name: Required value
    ! * subsets[1].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive
    exit 1
    "#);
}
