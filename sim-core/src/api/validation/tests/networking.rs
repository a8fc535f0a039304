//! Ingresses, their classes, and NetworkPolicies.

use super::{create, update};

fn ingress(spec: &str) -> String {
    format!("{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: i}}, spec: {spec}}}")
}

fn paths(paths: &str) -> String {
    ingress(&format!("{{rules: [{{host: a.b, http: {{paths: {paths}}}}}]}}"))
}

fn class(spec: &str) -> String {
    format!("{{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {{name: c}}, spec: {spec}}}")
}

fn policy(spec: &str) -> String {
    format!("{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p}}, spec: {spec}}}")
}

const WEB: &str = "backend: {service: {name: web, port: {number: 80}}}";

#[test]
fn an_ingress_says_where_traffic_goes() {
    insta::assert_snapshot!(create(&ingress("{}")), @"spec: Invalid value: null: either `defaultBackend` or `rules` must be specified");
    insta::assert_snapshot!(create(&ingress("{rules: [], tls: []}")), @"spec: Invalid value: null: either `defaultBackend` or `rules` must be specified");
    assert_eq!(create(&ingress("{defaultBackend: {service: {name: web, port: {name: http}}}}")), "");
    assert_eq!(create(&ingress("{rules: [{host: a.b}]}")), "");
    assert_eq!(create(&ingress("{rules: [{host: '*.a.b'}]}")), "");
    assert_eq!(create(&paths(&format!("[{{path: /, pathType: Prefix, {WEB}}}]"))), "");
    assert_eq!(create(&paths(&format!("[{{pathType: ImplementationSpecific, {WEB}}}]"))), "");
}

#[test]
fn backends() {
    let of = |backend: &str| create(&ingress(&format!("{{defaultBackend: {backend}}}")));
    insta::assert_snapshot!(of("{}"), @r#"spec.defaultBackend: Invalid value: "": resource or service backend is required"#);
    insta::assert_snapshot!(of("{service: {name: a, port: {number: 1}}, resource: {kind: a, name: b}}"), @r#"spec.defaultBackend: Invalid value: "": cannot set both resource and service backends"#);
    insta::assert_snapshot!(of("{service: {}}"), @r"
    spec.defaultBackend.service.name: Required value
    spec.defaultBackend: Required value: port name or number is required
    ");
    insta::assert_snapshot!(of("{service: {name: A.b, port: {name: http, number: 80}}}"), @r#"
    spec.defaultBackend.service.name: Invalid value: "A.b": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
    spec.defaultBackend: Invalid value: "": cannot set both port name & port number
    "#);
    insta::assert_snapshot!(of("{service: {name: a, port: {name: Http--1}}}"), @r#"
    spec.defaultBackend.service.port.name: Invalid value: "Http--1": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)
    spec.defaultBackend.service.port.name: Invalid value: "Http--1": must not contain consecutive hyphens
    "#);
    insta::assert_snapshot!(of("{service: {name: a, port: {number: 70000}}}"), @"spec.defaultBackend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive");
    insta::assert_snapshot!(of("{resource: {}}"), @r"
    spec.defaultBackend.resource.kind: Required value: kind is required
    spec.defaultBackend.resource.name: Required value: name is required
    ");
    insta::assert_snapshot!(of("{resource: {apiGroup: '', kind: a/b%, name: ..}}"), @r#"
    spec.defaultBackend.resource.apiGroup: Invalid value: "": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    spec.defaultBackend.resource.kind: Invalid value: "a/b%": may not contain '/'
    spec.defaultBackend.resource.kind: Invalid value: "a/b%": may not contain '%'
    spec.defaultBackend.resource.name: Invalid value: "..": may not be '..'
    "#);
    assert_eq!(of("{resource: {kind: Bucket, name: b}}"), "");
}

#[test]
fn hosts_and_secrets() {
    let rules = "{rules: [{host: 1.2.3.4}, {host: '*'}, {host: a.*.b}, {host: A.b}, {host: 010.1.1.1}]}";
    insta::assert_snapshot!(create(&ingress(rules)), @r#"
    spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address
    spec.rules[1].host: Invalid value: "*": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    spec.rules[2].host: Invalid value: "a.*.b": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    spec.rules[3].host: Invalid value: "A.b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    spec.rules[4].host: Invalid value: "010.1.1.1": must be a DNS name, not an IP address
    "#);
    let tls = "{defaultBackend: {service: {name: web, port: {number: 80}}}, tls: [{hosts: [a.b, '*.b', 'a.*', a_b], secretName: A}, {}]}";
    insta::assert_snapshot!(create(&ingress(tls)), @r#"
    spec.tls[0].hosts[2]: Invalid value: "a.*": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    spec.tls[0].hosts[3]: Invalid value: "a_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    spec.tls[0].secretName: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    "#);
}

#[test]
fn ways() {
    insta::assert_snapshot!(create(&paths("[]")), @"spec.rules[0].http.paths: Required value");
    insta::assert_snapshot!(create(&paths("[{}]")), @"spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified");
    insta::assert_snapshot!(create(&paths("[{pathType: Regex}]")), @r#"
    spec.rules[0].http.paths[0].pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"
    spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required
    "#);
    let several = format!(
        "[{{path: a, pathType: Exact, {WEB}}}, {{pathType: Prefix, {WEB}}}, {{path: a, pathType: ImplementationSpecific, {WEB}}}, {{path: //a/./b/../%2f%2F/.., pathType: Prefix, {WEB}}}, {{path: /a/., pathType: Exact, {WEB}}}]"
    );
    insta::assert_snapshot!(create(&paths(&several)), @r#"
    spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path
    spec.rules[0].http.paths[1].path: Invalid value: "": must be an absolute path
    spec.rules[0].http.paths[2].path: Invalid value: "a": must be an absolute path
    spec.rules[0].http.paths[3].path: Invalid value: "//a/./b/../%2f%2F/..": must not contain '//'
    spec.rules[0].http.paths[3].path: Invalid value: "//a/./b/../%2f%2F/..": must not contain '/./'
    spec.rules[0].http.paths[3].path: Invalid value: "//a/./b/../%2f%2F/..": must not contain '/../'
    spec.rules[0].http.paths[3].path: Invalid value: "//a/./b/../%2f%2F/..": must not contain '%2f'
    spec.rules[0].http.paths[3].path: Invalid value: "//a/./b/../%2f%2F/..": must not contain '%2F'
    spec.rules[0].http.paths[3].path: Invalid value: "//a/./b/../%2f%2F/..": cannot end with '/..'
    spec.rules[0].http.paths[4].path: Invalid value: "/a/.": cannot end with '/.'
    "#);
}

#[test]
fn a_class_may_be_named_twice_if_it_is_the_same() {
    let named = |annotation: &str, class: &str| {
        ingress(&format!("{{ingressClassName: {class}, rules: [{{host: a.b}}]}}")).replace(
            "{name: i}",
            &format!("{{name: i, annotations: {{kubernetes.io/ingress.class: {annotation}}}}}"),
        )
    };
    assert_eq!(create(&named("a", "a")), "");
    insta::assert_snapshot!(create(&named("a", "b")), @r#"annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified"#);
    assert_eq!(update(&named("a", "a"), &named("a", "b")), "");
    insta::assert_snapshot!(create(&named("''", "''")), @r#"spec.ingressClassName: Invalid value: "": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#);
}

#[test]
fn classes() {
    insta::assert_snapshot!(create(&class("{}")), @"spec.controller: Required value");
    insta::assert_snapshot!(create(&class("{controller: nginx}")), @r#"spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")"#);
    insta::assert_snapshot!(create(&class("{controller: 'A.b/c d'}")), @r#"
    spec.controller: Invalid value: "A.b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    spec.controller: Invalid value: "c d": Invalid path (regex used for validation is '[A-Za-z0-9/\-._~%!$&'()*+,;=:]+')
    "#);
    insta::assert_snapshot!(create(&class(&format!("{{controller: a.b/{}}}", "c".repeat(250)))), @"spec.controller: Too long: may not be more than 250 bytes");
    insta::assert_snapshot!(create(&class("{controller: a.b/c, parameters: {}}")), @r"
    spec.parameters.kind: Required value: kind is required
    spec.parameters.name: Required value: name is required
    ");
    let of = |rest: &str| {
        create(&class(&format!(
            "{{controller: a.b/c, parameters: {{apiGroup: k.io, kind: P, name: p{rest}}}}}"
        )))
    };
    assert_eq!(of(""), "");
    assert_eq!(of(", scope: Namespace, namespace: default"), "");
    insta::assert_snapshot!(of(", namespace: default"), @"spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'");
    insta::assert_snapshot!(of(", scope: Namespace"), @"spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'");
    insta::assert_snapshot!(of(", scope: Namespace, namespace: A"), @r#"spec.parameters.namespace: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"#);
    insta::assert_snapshot!(of(", scope: Node"), @r#"spec.parameters.scope: Unsupported value: "Node": supported values: "Cluster", "Namespace""#);
    insta::assert_snapshot!(of(", scope: ''"), @r#"spec.parameters.scope: Unsupported value: "": supported values: "Cluster", "Namespace""#);
    insta::assert_snapshot!(update(&class("{controller: a.b/c}"), &class("{controller: a.b}")), @r#"
    spec.controller: Invalid value: "a.b": field is immutable
    spec.controller: Invalid value: "a.b": must be a domain-prefixed path (such as "acme.io/foo")
    "#);
    assert_eq!(
        update(&class("{controller: a.b/c}"), &class("{controller: a.b/c, parameters: {kind: P, name: p}}")),
        ""
    );
}

#[test]
fn ports_of_policies() {
    let of = |ports: &str| create(&policy(&format!("{{ingress: [{{ports: {ports}}}]}}")));
    assert_eq!(
        of("[{port: 80}, {port: http, protocol: UDP}, {protocol: SCTP}, {port: 1, endPort: 2}, {}]"),
        ""
    );
    insta::assert_snapshot!(of("[{port: 0, protocol: tcp}, {port: '-', protocol: ''}]"), @r#"
    spec.ingress[0].ports[0].protocol: Unsupported value: "tcp": supported values: "TCP", "UDP", "SCTP"
    spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive
    spec.ingress[0].ports[1].protocol: Unsupported value: "": supported values: "TCP", "UDP", "SCTP"
    spec.ingress[0].ports[1].port: Invalid value: "-": must contain at least one letter (a-z)
    spec.ingress[0].ports[1].port: Invalid value: "-": must not begin or end with a hyphen
    "#);
    insta::assert_snapshot!(of("[{port: 80, endPort: 79}, {port: 80, endPort: 70000}, {port: http, endPort: 80}, {endPort: 80}]"), @r"
    spec.ingress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`
    spec.ingress[0].ports[1].endPort: Invalid value: 70000: must be between 1 and 65535, inclusive
    spec.ingress[0].ports[2].endPort: Invalid value: 80: may not be specified when `port` is non-numeric
    spec.ingress[0].ports[3].endPort: Invalid value: 80: may not be specified when `port` is not specified
    ");
}

#[test]
fn peers_of_policies() {
    let of = |peers: &str| create(&policy(&format!("{{egress: [{{to: {peers}}}]}}")));
    assert_eq!(
        of("[{podSelector: {}}, {namespaceSelector: {}, podSelector: {}}, {ipBlock: {cidr: 0.0.0.0/0}}]"),
        ""
    );
    insta::assert_snapshot!(of("[{}, {podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]"), @r"
    spec.egress[0].to[0]: Required value: must specify a peer
    spec.egress[0].to[1]: Forbidden: may not specify both ipBlock and another peer
    ");
    insta::assert_snapshot!(of("[{podSelector: {matchLabels: {a b: c}}}]"), @r#"spec.egress[0].to[0].podSelector.matchLabels: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"#);
    insta::assert_snapshot!(of("[{ipBlock: {}}, {ipBlock: {cidr: 10.0.0.0}}, {ipBlock: {cidr: 10.0.0.0/33}}, {ipBlock: {cidr: 10.0.0.1/8}}, {ipBlock: {cidr: 010.0.0.0/8}}, {ipBlock: {cidr: 10.0.0.0/08}}, {ipBlock: {cidr: '::ffff:10.0.0.0/104'}}]"), @r#"
    spec.egress[0].to[0].ipBlock.cidr: Required value
    spec.egress[0].to[1].ipBlock.cidr: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)
    spec.egress[0].to[2].ipBlock.cidr: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)
    spec.egress[0].to[3].ipBlock.cidr: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length
    spec.egress[0].to[4].ipBlock.cidr: Invalid value: "010.0.0.0/8": must not have leading 0s in IP or prefix length
    spec.egress[0].to[5].ipBlock.cidr: Invalid value: "10.0.0.0/08": must not have leading 0s in IP or prefix length
    spec.egress[0].to[6].ipBlock.cidr: Invalid value: "::ffff:10.0.0.0/104": must not have an IPv4-mapped IPv6 address
    "#);
    insta::assert_snapshot!(of("[{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.0.0.0/8, 11.0.0.0/16, nope, 'fd00::/16', '']}}]"), @r#"
    spec.egress[0].to[0].ipBlock.except[1]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`
    spec.egress[0].to[0].ipBlock.except[2]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`
    spec.egress[0].to[0].ipBlock.except[3]: Invalid value: "nope": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)
    spec.egress[0].to[0].ipBlock.except[4]: Invalid value: "fd00::/16": must be a strict subset of `cidr`
    spec.egress[0].to[0].ipBlock.except[5]: Invalid value: "": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)
    "#);
    assert_eq!(of("[{ipBlock: {cidr: 'FD00:0::/8', except: ['fd01::/16']}}]"), "");
}

#[test]
fn types_of_policies() {
    insta::assert_snapshot!(create(&policy("{policyTypes: [Ingress, Both]}")), @r#"spec.policyTypes[1]: Unsupported value: "Both": supported values: "Ingress", "Egress""#);
    insta::assert_snapshot!(create(&policy("{policyTypes: [Ingress, Egress, Ingress]}")), @r#"spec.policyTypes: Invalid value: ["Ingress","Egress","Ingress"]: may not specify more than two policyTypes"#);
    let selector = "{podSelector: {matchExpressions: [{key: a, operator: In}]}}";
    insta::assert_snapshot!(create(&policy(selector)), @"spec.podSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'");
    insta::assert_snapshot!(update(&policy("{}"), &policy(selector)), @"spec.podSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'");
}
