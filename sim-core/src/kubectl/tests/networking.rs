//! Ingresses, IngressClasses and NetworkPolicies: objects that the server keeps and nothing acts on.

use insta::assert_snapshot;

use super::Bench;

const CLASSES: &str = "
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: plain}
spec: {controller: example.com/plain}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx, annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}}
spec: {controller: k8s.io/ingress-nginx, parameters: {apiGroup: k8s.example.com, kind: Parameters, name: p}}
";

const INGRESSES: &str = "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  defaultBackend: {service: {name: web, port: {name: http}}}
  tls: [{hosts: [a.example.com], secretName: cert}]
  rules:
  - host: a.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
  - host: b.example.com
  - host: c.example.com
  - host: d.example.com
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: old, annotations: {kubernetes.io/ingress.class: nginx}}
spec: {rules: [{http: {paths: [{pathType: ImplementationSpecific, backend: {resource: {kind: Bucket, name: b}}}]}}]}
status: {loadBalancer: {ingress: [{ip: 10.0.0.1}]}}
";

const POLICIES: &str = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db}
spec:
  podSelector: {matchLabels: {role: db}}
  ingress:
  - {}
  - from: [{podSelector: {}}, {namespaceSelector: {}}, {ipBlock: {cidr: '2001:DB8::/32', except: ['2001:db8:1::/48']}}]
    ports: [{port: 6379}]
  egress: [{ports: [{port: 53, protocol: UDP}]}]
";

/// A cluster without a Service `web`, with all of the above.
fn bench() -> Bench {
    let mut bench = Bench::new();
    for manifests in [CLASSES, INGRESSES, POLICIES] {
        bench.run_with("apply -f -", Some(manifests));
    }
    bench
}

#[test]
fn they_are_made() {
    let mut bench = Bench::new();
    let made = [CLASSES, INGRESSES, POLICIES].map(|text| bench.run_with("apply -f -", Some(text)));
    assert_snapshot!(made.concat(), @r#"
    ingressclass.networking.k8s.io/plain created
    ingressclass.networking.k8s.io/nginx created
    ingress.networking.k8s.io/shop created
    ingress.networking.k8s.io/old created
    ! Warning: annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead
    networkpolicy.networking.k8s.io/deny created
    networkpolicy.networking.k8s.io/db created
    ! Warning: spec.ingress[1].from[2].ipBlock.cidr: IPv6 CIDR value "2001:DB8::/32" should be in RFC 5952 canonical format ("2001:db8::/32")
    "#);
    let again = [CLASSES, INGRESSES].map(|text| bench.run_with("apply -f -", Some(text)));
    assert_snapshot!(again.concat(), @r"
    ingressclass.networking.k8s.io/plain unchanged
    ingressclass.networking.k8s.io/nginx unchanged
    ingress.networking.k8s.io/shop unchanged
    ingress.networking.k8s.io/old configured
    ");
}

#[test]
fn they_are_shown() {
    let lines = [
        "get ing,ingressclass,netpol -o wide",
        "get ing -A --show-labels",
        "get ingresses.networking.k8s.io -o name",
        "get ing shop -o jsonpath='{.spec.ingressClassName} {.status}'",
        "get ing old -o jsonpath='{.spec} {.status}'",
        "get netpol deny -o jsonpath={.spec}",
        "get netpol db -o jsonpath={.spec}",
        "get ingressclasses -o jsonpath={.items[*].spec}",
        "describe ing shop",
    ];
    assert_snapshot!(bench().transcript(&lines), @r#"
    $ get ing,ingressclass,netpol -o wide
    NAME                             CLASS    HOSTS                                                   ADDRESS   PORTS     AGE
    ingress.networking.k8s.io/old    <none>   *                                                                 80        0s
    ingress.networking.k8s.io/shop   nginx    a.example.com,b.example.com,c.example.com + 1 more...             80, 443   0s

    NAME                                   CONTROLLER             PARAMETERS                     AGE
    ingressclass.networking.k8s.io/nginx   k8s.io/ingress-nginx   Parameters.k8s.example.com/p   0s
    ingressclass.networking.k8s.io/plain   example.com/plain      <none>                         0s

    NAME                                   POD-SELECTOR   AGE
    networkpolicy.networking.k8s.io/db     role=db        0s
    networkpolicy.networking.k8s.io/deny   <none>         0s
    $ get ing -A --show-labels
    NAMESPACE   NAME   CLASS    HOSTS                                                   ADDRESS   PORTS     AGE   LABELS
    default     old    <none>   *                                                                 80        0s    <none>
    default     shop   nginx    a.example.com,b.example.com,c.example.com + 1 more...             80, 443   0s    <none>
    $ get ingresses.networking.k8s.io -o name
    ingress.networking.k8s.io/old
    ingress.networking.k8s.io/shop
    $ get ing shop -o jsonpath='{.spec.ingressClassName} {.status}'
    nginx {"loadBalancer":{}}$ get ing old -o jsonpath='{.spec} {.status}'
    {"rules":[{"http":{"paths":[{"backend":{"resource":{"kind":"Bucket","name":"b"}},"pathType":"ImplementationSpecific"}]}}]} {"loadBalancer":{}}$ get netpol deny -o jsonpath={.spec}
    {"podSelector":{},"policyTypes":["Ingress"]}$ get netpol db -o jsonpath={.spec}
    {"egress":[{"ports":[{"port":53,"protocol":"UDP"}]}],"ingress":[{},{"from":[{"podSelector":{}},{"namespaceSelector":{}},{"ipBlock":{"cidr":"2001:DB8::/32","except":["2001:db8:1::/48"]}}],"ports":[{"port":6379,"protocol":"TCP"}]}],"podSelector":{"matchLabels":{"role":"db"}},"policyTypes":["Ingress","Egress"]}$ get ingressclasses -o jsonpath={.items[*].spec}
    {"controller":"k8s.io/ingress-nginx","parameters":{"apiGroup":"k8s.example.com","kind":"Parameters","name":"p","scope":"Cluster"}} {"controller":"example.com/plain"}$ describe ing shop
    Name:             shop
    Labels:           <none>
    Namespace:        default
    Address:          
    Ingress Class:    nginx
    Default backend:  web:http (<error: services "web" not found>)
    TLS:
      cert terminates a.example.com
    Rules:
      Host           Path  Backends
      ----           ----  --------
      a.example.com  
                     /   web:80 (<error: services "web" not found>)
    Annotations:     <none>
    Events:          <none>
    "#);
}

#[test]
fn the_server_sends_them_as_go_orders_their_fields() {
    let api = "get --raw /apis/networking.k8s.io/v1";
    let mut bench = bench();
    bench.run("annotate ing,netpol,ingressclass --all kubectl.kubernetes.io/last-applied-configuration-");
    let paths = [
        "namespaces/default/ingresses/shop",
        "namespaces/default/networkpolicies/db",
        "ingressclasses/nginx",
    ];
    let sent = paths.map(|path| bench.run(&format!("{api}/{path}")));
    let specs: Vec<&str> =
        sent.iter().filter_map(|text| text.split_once("\"spec\":")).map(|(_, spec)| spec).collect();
    assert_snapshot!(specs.concat(), @r#"
    {"ingressClassName":"nginx","defaultBackend":{"service":{"name":"web","port":{"name":"http"}}},"tls":[{"hosts":["a.example.com"],"secretName":"cert"}],"rules":[{"host":"a.example.com","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80}}}}]}},{"host":"b.example.com"},{"host":"c.example.com"},{"host":"d.example.com"}]},"status":{"loadBalancer":{}}}
    {"podSelector":{"matchLabels":{"role":"db"}},"ingress":[{},{"ports":[{"protocol":"TCP","port":6379}],"from":[{"podSelector":{}},{"namespaceSelector":{}},{"ipBlock":{"cidr":"2001:DB8::/32","except":["2001:db8:1::/48"]}}]}],"egress":[{"ports":[{"protocol":"UDP","port":53}]}],"policyTypes":["Ingress","Egress"]}}
    {"controller":"k8s.io/ingress-nginx","parameters":{"apiGroup":"k8s.example.com","kind":"Parameters","name":"p","scope":"Cluster"}}}
    "#);
}

#[test]
fn their_fields_are_owned_as_wholes() {
    let managed = "--show-managed-fields -o jsonpath={.metadata.managedFields[*].fieldsV1.f:spec}";
    let lines = ["ing shop", "ing old", "netpol deny", "netpol db", "ingressclass nginx"]
        .map(|what| format!("get {what} {managed}"));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_snapshot!(bench().transcript(&lines), @r#"
    $ get ing shop --show-managed-fields -o jsonpath={.metadata.managedFields[*].fieldsV1.f:spec}
    {"f:defaultBackend":{".":{},"f:service":{".":{},"f:name":{},"f:port":{}}},"f:rules":{},"f:tls":{}}$ get ing old --show-managed-fields -o jsonpath={.metadata.managedFields[*].fieldsV1.f:spec}
    {"f:rules":{}}$ get netpol deny --show-managed-fields -o jsonpath={.metadata.managedFields[*].fieldsV1.f:spec}
    {"f:policyTypes":{}}$ get netpol db --show-managed-fields -o jsonpath={.metadata.managedFields[*].fieldsV1.f:spec}
    {"f:egress":{},"f:ingress":{},"f:podSelector":{},"f:policyTypes":{}}$ get ingressclass nginx --show-managed-fields -o jsonpath={.metadata.managedFields[*].fieldsV1.f:spec}
    {"f:controller":{},"f:parameters":{".":{},"f:apiGroup":{},"f:kind":{},"f:name":{},"f:scope":{}}}
    "#);
    let all =
        bench().run("get ing old --show-managed-fields -o jsonpath={.metadata.managedFields[*].manager}");
    assert_eq!(all.trim(), "kubectl-client-side-apply");
}

#[test]
fn they_are_changed_and_go() {
    let lines = [
        r#"patch ing shop -p '{"spec":{"rules":[{"host":"x.y"}]}}'"#,
        "get ing shop -o jsonpath='{.spec.rules} {.metadata.generation}'",
        r#"patch ing shop --type=merge --subresource=status -p '{"status":{"loadBalancer":{"ingress":[{"ip":"10.0.0.2"},{"hostname":"b.c"}]}},"spec":{"rules":[]}}'"#,
        "get ing shop",
        r#"patch ing shop --type=merge --subresource=status -p '{"status":{"loadBalancer":{"ingress":[{"ip":"10.0.0.300"},{"hostname":"10.0.0.1"}]}}}'"#,
        "annotate ing shop kubernetes.io/ingress.class=other",
        "label netpol deny a=b",
        "get netpol deny -o jsonpath={.metadata.generation}",
        r#"patch ingressclass nginx -p '{"spec":{"controller":"a.b/c"}}'"#,
        "delete ingressclass plain",
        "delete ing,netpol --all",
        "get ing",
    ];
    assert_snapshot!(bench().transcript(&lines), @r#"
    $ patch ing shop -p '{"spec":{"rules":[{"host":"x.y"}]}}'
    ingress.networking.k8s.io/shop patched
    $ get ing shop -o jsonpath='{.spec.rules} {.metadata.generation}'
    [{"host":"x.y"}] 2$ patch ing shop --type=merge --subresource=status -p '{"status":{"loadBalancer":{"ingress":[{"ip":"10.0.0.2"},{"hostname":"b.c"}]}},"spec":{"rules":[]}}'
    ingress.networking.k8s.io/shop patched
    $ get ing shop
    NAME   CLASS   HOSTS   ADDRESS        PORTS     AGE
    shop   nginx   x.y     10.0.0.2,b.c   80, 443   0s
    $ patch ing shop --type=merge --subresource=status -p '{"status":{"loadBalancer":{"ingress":[{"ip":"10.0.0.300"},{"hostname":"10.0.0.1"}]}}}'
    ! The Ingress "shop" is invalid: 
    ! * status.loadBalancer.ingress[0].ip: Invalid value: "10.0.0.300": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)
    ! * status.loadBalancer.ingress[1].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address
    exit 1
    $ annotate ing shop kubernetes.io/ingress.class=other
    ingress.networking.k8s.io/shop annotated
    $ label netpol deny a=b
    networkpolicy.networking.k8s.io/deny labeled
    $ get netpol deny -o jsonpath={.metadata.generation}
    1$ patch ingressclass nginx -p '{"spec":{"controller":"a.b/c"}}'
    ! The IngressClass "nginx" is invalid: spec.controller: Invalid value: "a.b/c": field is immutable
    exit 1
    $ delete ingressclass plain
    ingressclass.networking.k8s.io "plain" deleted
    $ delete ing,netpol --all
    ingress.networking.k8s.io "old" deleted from default namespace
    ingress.networking.k8s.io "shop" deleted from default namespace
    networkpolicy.networking.k8s.io "db" deleted from default namespace
    networkpolicy.networking.k8s.io "deny" deleted from default namespace
    $ get ing
    ! No resources found in default namespace.
    "#);
}

#[test]
fn ingresses_are_pruned_and_policies_are_not() {
    let mut bench = bench();
    let kept = "{apiVersion: v1, kind: ConfigMap, metadata: {name: kept}}";
    assert_snapshot!(bench.run_with("apply --prune --all -n default -f -", Some(kept)), @r"
    configmap/kept created
    ingress.networking.k8s.io/old pruned
    ingress.networking.k8s.io/shop pruned
    ! W1123 12:00:00.000000       1 prune.go:71] Deprecated: kubectl apply will no longer prune non-namespaced resources by default when used with the --namespace flag in a future release. To preserve the current behaviour, list the resources you want to target explicitly in the --prune-allowlist flag.
    ");
}

#[test]
fn they_go_with_their_namespace() {
    let mut bench = Bench::new();
    let lines = [
        "create ns team",
        "create ingress web -n team --default-backend=web:80",
        "get ing -n team",
        "delete ns team",
        "get ing -A",
    ];
    assert_snapshot!(bench.transcript(&lines), @r#"
    $ create ns team
    namespace/team created
    $ create ingress web -n team --default-backend=web:80
    ingress.networking.k8s.io/web created
    $ get ing -n team
    NAME   CLASS    HOSTS   ADDRESS   PORTS   AGE
    web    <none>   *                 80      0s
    $ delete ns team
    namespace "team" deleted
    $ get ing -A
    ! No resources found
    "#);
}

#[test]
fn the_newest_default_class_is_taken() {
    let mut bench = bench();
    bench.cluster.advance(std::time::Duration::from_secs(5));
    bench.run("annotate ingressclass plain ingressclass.kubernetes.io/is-default-class=true");
    bench.run("create ingress same-age --default-backend=web:80");
    bench.run_with("apply -f -", Some(&CLASSES.replace("nginx", "newest")));
    bench.run("create ingress a --default-backend=web:80");
    bench.run("create ingress none --default-backend=web:80 --annotation=kubernetes.io/ingress.class=x");
    bench.run("create ingress own --default-backend=web:80 --class=plain");
    let shown = bench.run("get ing -o custom-columns=NAME:.metadata.name,CLASS:.spec.ingressClassName");
    assert_snapshot!(shown, @r"
    NAME       CLASS
    a          newest
    none       <none>
    old        <none>
    own        plain
    same-age   nginx
    shop       nginx
    ");
}

#[test]
fn wrong_types_are_named_as_go_names_them() {
    let mut bench = Bench::new();
    let of = |kind: &str, spec: &str| {
        format!("{{apiVersion: networking.k8s.io/v1, kind: {kind}, metadata: {{name: a}}, spec: {spec}}}")
    };
    let manifests = [
        of("Ingress", "{rules: a}"),
        of("Ingress", "{rules: [{http: 5}]}"),
        of("Ingress", "{rules: [{http: {paths: [{pathType: 5}]}}]}"),
        of("Ingress", "{defaultBackend: {service: {port: {number: http}}}}"),
        of("Ingress", "{backend: {serviceName: web, servicePort: 80}}"),
        of("Ingress", "{tls: [{hosts: a}]}"),
        of("IngressClass", "{parameters: {scope: 1}}"),
        of("NetworkPolicy", "{policyTypes: [1]}"),
        of("NetworkPolicy", "{policyTypes: Ingress}"),
        of("NetworkPolicy", "{ingress: [{ports: [{port: true}]}]}"),
        of("NetworkPolicy", "{egress: [{ports: [{protocol: 1}]}]}"),
        of("NetworkPolicy", "{egress: [{to: [{ipBlock: 10.0.0.0/8}]}]}"),
    ];
    let said = manifests.map(|text| bench.run_with("create -f -", Some(&text)));
    let told = "Error from server (BadRequest): error when creating \"STDIN\": ";
    assert_snapshot!(said.concat().replace("exit 1\n", "").replace(told, ""), @r#"
    ! Ingress in version "v1" cannot be handled as a Ingress: json: cannot unmarshal string into Go struct field IngressSpec.spec.rules of type []v1.IngressRule
    ! Ingress in version "v1" cannot be handled as a Ingress: json: cannot unmarshal number into Go struct field IngressRule.spec.rules.IngressRuleValue.http of type v1.HTTPIngressRuleValue
    ! Ingress in version "v1" cannot be handled as a Ingress: json: cannot unmarshal number into Go struct field HTTPIngressPath.spec.rules.IngressRuleValue.http.paths.pathType of type v1.PathType
    ! Ingress in version "v1" cannot be handled as a Ingress: json: cannot unmarshal string into Go struct field ServiceBackendPort.spec.defaultBackend.service.port.number of type int32
    ! Ingress in version "v1" cannot be handled as a Ingress: strict decoding error: unknown field "spec.backend"
    ! Ingress in version "v1" cannot be handled as a Ingress: json: cannot unmarshal string into Go struct field IngressTLS.spec.tls.hosts of type []string
    ! IngressClass in version "v1" cannot be handled as a IngressClass: json: cannot unmarshal number into Go struct field IngressClassParametersReference.spec.parameters.scope of type string
    ! NetworkPolicy in version "v1" cannot be handled as a NetworkPolicy: json: cannot unmarshal number into Go struct field NetworkPolicySpec.spec.policyTypes of type v1.PolicyType
    ! NetworkPolicy in version "v1" cannot be handled as a NetworkPolicy: json: cannot unmarshal string into Go struct field NetworkPolicySpec.spec.policyTypes of type []v1.PolicyType
    ! NetworkPolicy in version "v1" cannot be handled as a NetworkPolicy: json: cannot unmarshal bool into Go struct field NetworkPolicyPort.spec.ingress.ports.port of type int32
    ! NetworkPolicy in version "v1" cannot be handled as a NetworkPolicy: json: cannot unmarshal number into Go struct field NetworkPolicyPort.spec.egress.ports.protocol of type v1.Protocol
    ! NetworkPolicy in version "v1" cannot be handled as a NetworkPolicy: json: cannot unmarshal string into Go struct field NetworkPolicyPeer.spec.egress.to.ipBlock of type v1.IPBlock
    "#);
}
