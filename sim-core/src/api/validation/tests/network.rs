//! Services: their addresses, and what an update may do to them.

use super::{create, update};

fn service(spec: &str) -> String {
    format!("{{apiVersion: v1, kind: Service, metadata: {{name: s}}, spec: {spec}}}")
}

#[test]
fn addresses_and_families_go_together() {
    insta::assert_snapshot!(create(&service("{clusterIP: None, clusterIPs: [None, 10.96.0.9], ipFamilies: [IPv5, IPv5], ipFamilyPolicy: Both, ports: [{port: 80}]}")), @r#"
    spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"
    spec.ipFamilies[1]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"
    spec.ipFamilies[1]: Duplicate value: "IPv5"
    spec.ipFamilyPolicy: Unsupported value: "Both": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"
    spec.clusterIPs: Invalid value: ["None","10.96.0.9"]: 'None' must be the first and only value
    "#);
    insta::assert_snapshot!(create(&service("{clusterIP: 10.96.0.8, clusterIPs: [10.96.0.8, 10.96.0.9, 10.96.0.10], ports: [{port: 80}]}")), @r#"
    spec.clusterIPs: Invalid value: ["10.96.0.8","10.96.0.9","10.96.0.10"]: may only hold up to 2 values
    spec.clusterIPs: Invalid value: ["10.96.0.8","10.96.0.9","10.96.0.10"]: may specify no more than one IP for each IP family
    "#);
    insta::assert_snapshot!(create(&service("{clusterIP: 'fd00::1', clusterIPs: ['fd00::1', 10.96.0.9], ipFamilies: [IPv4, IPv6], ports: [{port: 80}]}")), @r#"
    spec.clusterIPs[0]: Invalid value: "fd00::1": expected an IPv4 value as indicated by `ipFamilies[0]`
    spec.clusterIPs[1]: Invalid value: "10.96.0.9": expected an IPv6 value as indicated by `ipFamilies[1]`
    "#);
    insta::assert_snapshot!(create(&service("{externalIPs: [127.0.0.1, 169.254.0.1, 0.0.0.0, nope], ports: [{port: 80}]}")), @r#"
    spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)
    spec.externalIPs[1]: Invalid value: "169.254.0.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)
    spec.externalIPs[2]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)
    spec.externalIPs[3]: Invalid value: "nope": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)
    "#);
}

#[test]
fn an_update_may_not_take_the_address_away() {
    let old =
        service("{clusterIP: 10.96.0.8, clusterIPs: [10.96.0.8], ipFamilies: [IPv4], ports: [{port: 80}]}");
    let other = old
        .replace("IPv4", "IPv6")
        .replace("10.96.0.8", "fd00::1")
        .replace("[fd00", "['fd00")
        .replace("::1]", "::1']");
    insta::assert_snapshot!(update(&old, &other), @r#"
    spec.clusterIPs[0]: Invalid value: ["fd00::1"]: may not change once set
    spec.ipFamilies[0]: Invalid value: ["IPv6"]: may not change once set
    "#);
    let none = service("{ports: [{port: 80}]}");
    insta::assert_snapshot!(update(&old, &none), @r"
    spec.clusterIPs[0]: Invalid value: null: primary clusterIP can not be unset
    spec.ipFamilies[0]: Invalid value: null: primary ipFamily can not be unset
    ");
    let both = service(
        "{clusterIP: 10.96.0.8, clusterIPs: [10.96.0.8, 'fd00::1'], ipFamilies: [IPv4, IPv6], ipFamilyPolicy: PreferDualStack, ports: [{port: 80}]}",
    );
    assert_eq!(update(&old, &both), "");
    insta::assert_snapshot!(update(&both, &old), @r"
    spec.ipFamilyPolicy: Invalid value: null: must be set to 'SingleStack' when releasing the secondary clusterIP
    spec.ipFamilyPolicy: Invalid value: null: must be set to 'SingleStack' when releasing the secondary ipFamily
    ");
    assert_eq!(update(&both, &old.replace("ports", "ipFamilyPolicy: SingleStack, ports")), "");
    let named = service("{type: ExternalName, externalName: example.com.}");
    assert_eq!(update(&old, &named), "");
}

#[test]
fn balancers() {
    let old = service(
        "{type: LoadBalancer, loadBalancerClass: a/b, externalTrafficPolicy: Local, healthCheckNodePort: 30100, ports: [{port: 80}]}",
    );
    assert_eq!(create(&old), "");
    insta::assert_snapshot!(update(&old, &old.replace("a/b", "a/c").replace("30100", "30101")), @r#"
    spec.loadBalancerClass: Invalid value: "a/c": may not change once set
    spec.healthCheckNodePort: Forbidden: field is immutable
    "#);
    insta::assert_snapshot!(create(&old.replace("a/b", "'-'").replace("Local", "Cluster")), @r#"
    spec.loadBalancerClass: Invalid value: "-": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
    spec.healthCheckNodePort: Invalid value: 30100: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'
    "#);
}
