//! Names, HTTP and connections as the tools show them.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{FakeHost, run_on};
use crate::api::{Kind, Object};
use crate::runtime::shell::Flavour;

fn create(host: &mut FakeHost, kind: Kind, value: Value) {
    let object = Object::from_value(kind, value, &mut |path| panic!("unknown field {path}"));
    host.api.create(object.expect("a valid object")).expect("an object that the API server takes");
}

/// A cluster with a headless Service `web`, a Service `python-app` with an address and two ready pods that
/// set hostname and subdomain, and a third pod that is not ready.
fn cluster() -> FakeHost {
    let mut host = FakeHost::new();
    create(&mut host, Kind::Namespace, json!({"metadata": {"name": "default"}}));
    let ports = json!([{"name": "http", "port": 5000, "targetPort": 5000, "protocol": "TCP"}]);
    for (name, ip) in [("web", "None"), ("python-app", "10.98.57.45")] {
        create(
            &mut host,
            Kind::Service,
            json!({
                "metadata": {"name": name, "namespace": "default"},
                "spec": {"clusterIP": ip, "clusterIPs": [ip], "ports": ports, "selector": {"app": name}},
            }),
        );
        let endpoint = |index: u8, ready: bool| {
            json!({
                "addresses": [format!("10.244.0.{}", 154 + index)],
                "conditions": {"ready": ready, "serving": ready, "terminating": false},
                "hostname": format!("{name}-{index}"),
            })
        };
        create(
            &mut host,
            Kind::EndpointSlice,
            json!({
                "metadata": {
                    "name": format!("{name}-abcde"),
                    "namespace": "default",
                    "labels": {"kubernetes.io/service-name": name},
                },
                "addressType": "IPv4",
                "endpoints": [endpoint(0, true), endpoint(1, true), endpoint(2, false)],
                "ports": [{"name": "http", "port": 5000, "protocol": "TCP"}],
            }),
        );
    }
    create(
        &mut host,
        Kind::Service,
        json!({
            "metadata": {"name": "outside", "namespace": "default"},
            "spec": {"type": "ExternalName", "externalName": "python-app.default.svc.cluster.local"},
        }),
    );
    host
}

fn shell(script: &str) -> String {
    run_on(&mut cluster(), &["sh", "-c", script])
}

fn gnu_shell(script: &str) -> String {
    let mut host = cluster();
    host.flavour = Flavour::Gnu;
    run_on(&mut host, &["sh", "-c", script])
}

#[test]
fn nslookup_speaks_as_bind() {
    assert_snapshot!(gnu_shell("nslookup python-app-1.python-app.default.svc.cluster.local"), @r"
    Server:		10.96.0.10
    Address:	10.96.0.10#53

    Name:	python-app-1.python-app.default.svc.cluster.local
    Address: 10.244.0.155
    ");
    assert_snapshot!(gnu_shell("nslookup python-app"), @r"
    Server:		10.96.0.10
    Address:	10.96.0.10#53

    Name:	python-app.default.svc.cluster.local
    Address: 10.98.57.45
    ");
    assert_snapshot!(gnu_shell("nslookup web-2.web"), @r"
    Server:		10.96.0.10
    Address:	10.96.0.10#53

    ** server can't find web-2.web: NXDOMAIN

    [1]
    ");
    assert_snapshot!(gnu_shell("nslookup 10.244.0.155; nslookup -type=srv _http._tcp.web"), @r"
    155.0.244.10.in-addr.arpa	name = python-app-1.python-app.default.svc.cluster.local.
    155.0.244.10.in-addr.arpa	name = web-1.web.default.svc.cluster.local.

    Server:		10.96.0.10
    Address:	10.96.0.10#53

    _http._tcp.web.default.svc.cluster.local	service = 0 50 5000 web-0.web.default.svc.cluster.local.
    _http._tcp.web.default.svc.cluster.local	service = 0 50 5000 web-1.web.default.svc.cluster.local.
    ");
}

#[test]
fn nslookup_speaks_as_busybox() {
    assert_snapshot!(shell("nslookup web-0.web.default.svc.cluster.local"), @r"
    Server:		10.96.0.10
    Address:	10.96.0.10:53

    Name:	web-0.web.default.svc.cluster.local
    Address: 10.244.0.154
    ");
    // It has no ndots: a name with a dot is not searched for.
    assert_snapshot!(shell("nslookup web-0.web"), @r"
    Server:		10.96.0.10
    Address:	10.96.0.10:53

    ** server can't find web-0.web: NXDOMAIN

    ** server can't find web-0.web: NXDOMAIN

    [1]
    ");
}

#[test]
fn dig_and_host_and_getent() {
    assert_snapshot!(shell("dig +short web.default.svc.cluster.local | sort; dig +short SRV web.default.svc.cluster.local; dig +search +short python-app"), @r"
    10.244.0.154
    10.244.0.155
    0 50 5000 web-0.web.default.svc.cluster.local.
    0 50 5000 web-1.web.default.svc.cluster.local.
    10.98.57.45
    ");
    assert_snapshot!(shell("dig python-app.default.svc.cluster.local"), @r"

    ; <<>> DiG 9.18.28 <<>> python-app.default.svc.cluster.local
    ;; global options: +cmd
    ;; Got answer:
    ;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 32191
    ;; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1
    ;; WARNING: recursion requested but not available

    ;; OPT PSEUDOSECTION:
    ; EDNS: version: 0, flags:; udp: 1232
    ;; QUESTION SECTION:
    ;python-app.default.svc.cluster.local. IN A

    ;; ANSWER SECTION:
    python-app.default.svc.cluster.local. 30 IN A	10.98.57.45

    ;; Query time: 0 msec
    ;; SERVER: 10.96.0.10#53(10.96.0.10) (UDP)
    ;; WHEN: Mon Nov 23 12:00:00 UTC 2026
    ;; MSG SIZE  rcvd: 132

    ");
    assert_snapshot!(shell("dig nosuch.default.svc.cluster.local | grep -A1 AUTHORITY.S"), @r"
    ;; AUTHORITY SECTION:
    cluster.local.		30	IN	SOA	ns.dns.cluster.local. hostmaster.cluster.local. 1795435200 7200 1800 86400 30
    ");
    assert_snapshot!(shell("host python-app; host nosuch; host outside"), @r"
    python-app.default.svc.cluster.local has address 10.98.57.45
    Host nosuch not found: 3(NXDOMAIN)
    outside.default.svc.cluster.local is an alias for python-app.default.svc.cluster.local.
    python-app.default.svc.cluster.local has address 10.98.57.45
    ");
    assert_snapshot!(shell("getent hosts web-1.web; getent hosts nosuch; echo $?; getent ahosts python-app"), @r"
    10.244.0.155    web-1.web.default.svc.cluster.local
    2
    10.98.57.45     STREAM python-app.default.svc.cluster.local
    10.98.57.45     DGRAM  
    10.98.57.45     RAW    
    ");
}

#[test]
fn curl_says_what_curl_says() {
    assert_snapshot!(shell("curl -s python-app:5000; curl -s -d a=1 http://web-0.web:5000/echo"), @r"
    Visits: 5
    POST a=1
    ");
    assert_snapshot!(shell("curl -s -o /dev/null -w '%{http_code}\\n' http://python-app:5000/nope"), @"404");
    assert_snapshot!(shell("curl -sL python-app:5000/old"), @"Visits: 5");
    assert_snapshot!(shell("curl http://nosuch/"), @r"
    ! curl: (6) Could not resolve host: nosuch
    [6]
    ");
    assert_snapshot!(shell("curl python-app"), @r"
    ! curl: (7) Failed to connect to python-app port 80 after 0 ms: Couldn't connect to server
    [7]
    ");
    assert_snapshot!(shell("curl -f python-app:5000/nope; curl -I python-app:5000"), @r"
    ! curl: (22) The requested URL returned error: 404
    HTTP/1.1 200 OK
    Content-Length: 10
    ");
    assert_snapshot!(shell("curl -s -S -m 5 10.244.0.7:5000; date +%S"), @r"
    ! curl: (28) Connection timed out after 5000 milliseconds
    05
    ");
}

#[test]
fn wget_and_nc_and_ping() {
    assert_snapshot!(shell("wget -qO- python-app:5000; wget -O- python-app:5000/nope"), @r"
    Visits: 5
    ! Connecting to python-app:5000 (10.98.57.45:5000)
    ! wget: server returned error: HTTP/1.1 404 Not Found
    [1]
    ");
    assert_snapshot!(shell("wget -q nosuch; wget -T 3 -q 10.244.0.7:5000; date +%S; wget python-app"), @r"
    ! wget: bad address 'nosuch'
    ! wget: download timed out
    03
    ! Connecting to python-app (10.98.57.45:80)
    ! wget: can't connect to remote host (10.98.57.45): Connection refused
    [1]
    ");
    assert_snapshot!(shell("nc -zv python-app 5000; nc -zv python-app 81; printf 'GET / HTTP/1.0\\n\\n' | nc python-app 5000"), @r"
    ! python-app (10.98.57.45:5000) open
    ! nc: python-app (10.98.57.45:81): Connection refused
    HTTP/1.1 200 OK
    Content-Length: 10

    Visits: 5
    ");
    assert_snapshot!(shell("ping -c 2 web-0.web; ping -c 1 nosuch; ping -c 1 10.244.0.9"), @r"
    PING web-0.web (10.244.0.154): 56 data bytes
    64 bytes from 10.244.0.154: seq=0 ttl=64 time=0.071 ms
    64 bytes from 10.244.0.154: seq=1 ttl=64 time=0.064 ms

    --- web-0.web ping statistics ---
    2 packets transmitted, 2 packets received, 0% packet loss
    round-trip min/avg/max = 0.064/0.067/0.071 ms
    ! ping: bad address 'nosuch'
    PING 10.244.0.9 (10.244.0.9): 56 data bytes

    --- 10.244.0.9 ping statistics ---
    1 packets transmitted, 0 packets received, 100% packet loss
    [1]
    ");
}
