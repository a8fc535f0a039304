//! What a user sees inside of pods of the images that the documentation's pages use.

use std::time::Duration;

use super::Bench;

/// Runs the lines one after the other, a little apart; what they printed, each under its line.
fn played(bench: &mut Bench, lines: &[&str]) -> String {
    let mut shown = String::new();
    for line in lines {
        shown.push_str(&format!("$ {line}\n{}", bench.run(line)));
        if !shown.ends_with('\n') {
            shown.push('\n');
        }
        bench.cluster.advance(Duration::from_secs(10));
    }
    shown
}

fn starting(lines: &[&str]) -> Bench {
    let mut bench = Bench::whole();
    lines.iter().for_each(|line| drop(bench.run(line)));
    bench.cluster.advance(Duration::from_secs(40));
    bench
}

#[test]
fn images_do_what_their_arguments_say() {
    let mut bench = starting(&[
        "create deployment hello-node --image=registry.k8s.io/e2e-test-images/agnhost:2.53 -- /agnhost netexec --http-port=8080",
        "expose deployment hello-node --port=8080",
    ]);
    for line in [
        "run c --image=curlimages/curl --restart=Never -- -s hello-node:8080/echo?msg=hi%20there",
        "run b --image=bash --restart=Never -- bash -c 'x=(1 2); echo ${x[1]}'",
        "run o --image=centos:7 --restart=Never -- sh -c '[[ a == a* ]] && foo'",
        "run m --image=mysql:5.7 --restart=Never -- mysql -h mysql-0.mysql -e 'select 1'",
        "run g --image=mine --restart=Never -- sh -c 'echo a plain command'",
        "run own --image=mine --restart=Never -- serve",
        "run py --image=python:3.12 --restart=Never -- python -c 'print(1)'",
        "create job pi --image=perl:5.34.0 -- perl -Mbignum=bpi -wle 'print bpi(20)'",
        "run none --image=nginx --restart=Never --command -- /no/such",
        "run bad --image=nginx:1.161 --restart=Never",
    ] {
        bench.run(line);
    }
    bench.cluster.advance(Duration::from_secs(30));
    let lines = [
        "logs c",
        "logs b",
        "logs o",
        "logs m",
        "logs g",
        "logs py",
        "logs job/pi",
        "get pod own bad none --no-headers -o custom-columns=:.metadata.name,:.status.phase,:.status.containerStatuses[0].state.waiting.reason",
    ];
    insta::assert_snapshot!(played(&mut bench, &lines), @r#"
    $ logs c
    hi there
    $ logs b
    2
    $ logs o
    sh: line 1: foo: command not found
    $ logs m
    ERROR 2005 (HY000): Unknown MySQL server host 'mysql-0.mysql' (-2)
    $ logs g
    a plain command
    $ logs py
    python: the simulator runs no programs in this language
    $ logs job/pi
    3.1415926535897932385
    $ get pod own bad none --no-headers -o custom-columns=:.metadata.name,:.status.phase,:.status.containerStatuses[0].state.waiting.reason
    own    Running   <none>
    bad    Pending   ImagePullBackOff
    none   Failed    <none>
    "#);
}

#[test]
fn stress_takes_the_cpus_and_the_memory_that_it_is_told_to() {
    let mut bench = starting(&[
        "run st --image=vish/stress -- -cpus 2",
        "run mem --image=vish/stress --restart=Never --overrides='{\"spec\":{\"containers\":[{\"name\":\"mem\",\"image\":\"vish/stress\",\"args\":[\"-mem-total\",\"150Mi\",\"-mem-alloc-size\",\"10Mi\",\"-mem-alloc-sleep\",\"1s\"],\"resources\":{\"limits\":{\"memory\":\"100Mi\"}}}]}}'",
    ]);
    let log = bench.run("logs st");
    let texts: Vec<&str> =
        log.lines().filter_map(|line| line.split_once("] ")).map(|(_, text)| text).collect();
    assert_eq!(
        texts,
        [
            "Allocating \"0\" memory, in \"4Ki\" chunks, with a 1ms sleep between allocations",
            "Spawning a thread to consume CPU",
            "Spawning a thread to consume CPU",
            "Allocated \"0\" memory",
        ]
    );
    let reason = "get pod mem -o jsonpath={.status.containerStatuses[0].state.terminated.reason}";
    assert_eq!(bench.run(reason), "OOMKilled");
}

#[test]
fn a_volume_of_a_config_map_is_links_into_a_folder_named_after_the_time() {
    let mut bench = starting(&["create configmap cfg --from-literal=a.conf=hello"]);
    let pod = "
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - name: app
    image: nginx
    volumeMounts: [{name: c, mountPath: /etc/cfg}, {name: c, mountPath: /etc/one.conf, subPath: a.conf}, {name: e, mountPath: /scratch}]
  volumes: [{name: c, configMap: {name: cfg}}, {name: e, emptyDir: {}}]
";
    bench.run_with("apply -f -", Some(pod));
    bench.cluster.advance(Duration::from_secs(20));
    let listed = bench.run("exec p -- ls -la /etc/cfg");
    let letters: Vec<&str> = listed.lines().skip(1).map(|line| &line[..12]).collect();
    assert_eq!(letters, ["drwxrwxrwt 3", "drwxr-xr-x 4", "drwxr-xr-x 2", "lrwxrwxrwx 1", "lrwxrwxrwx 1"]);
    assert!(listed.contains(" ..data -> ..2026_11_23_12_00_"), "{listed}");
    let before = bench.run("exec p -- readlink /etc/cfg/..data");
    let lines = [
        "exec p -- ls /etc/cfg",
        "exec p -- readlink /etc/cfg/a.conf",
        "exec p -- cat /etc/cfg/a.conf",
        "exec p -- ls -ld /scratch /tmp",
        "exec p -- bash -c 'ln -s /etc/cfg/a.conf /tmp/l; cat /tmp/l; [[ -L /tmp/l ]] && rm /tmp/l; ls /tmp'",
        "patch configmap cfg -p '{\"data\":{\"a.conf\":\"changed\"}}'",
    ];
    insta::assert_snapshot!(played(&mut bench, &lines), @r#"
    $ exec p -- ls /etc/cfg
    a.conf
    $ exec p -- readlink /etc/cfg/a.conf
    ..data/a.conf
    $ exec p -- cat /etc/cfg/a.conf
    hello
    $ exec p -- ls -ld /scratch /tmp
    drwxrwxrwx 2 root root 4096 Nov 23 12:00 /scratch
    drwxrwxrwt 2 root root 4096 Nov 23 12:00 /tmp
    $ exec p -- bash -c 'ln -s /etc/cfg/a.conf /tmp/l; cat /tmp/l; [[ -L /tmp/l ]] && rm /tmp/l; ls /tmp'
    hello
    $ patch configmap cfg -p '{"data":{"a.conf":"changed"}}'
    configmap/cfg patched
    "#);
    bench.cluster.advance(Duration::from_secs(120));
    assert_eq!(bench.run("exec p -- cat /etc/cfg/a.conf /etc/one.conf"), "changedhello");
    assert_ne!(bench.run("exec p -- readlink /etc/cfg/..data"), before);
}

#[test]
fn containers_that_share_their_processes_see_them() {
    let mut bench = starting(&[]);
    let pod = "
apiVersion: v1
kind: Pod
metadata: {name: nginx}
spec:
  shareProcessNamespace: true
  containers:
  - {name: nginx, image: nginx}
  - {name: shell, image: 'busybox:1.28', command: [sleep, '3600'], securityContext: {capabilities: {add: [NET_ADMIN, SYS_TIME]}}}
";
    bench.run_with("apply -f -", Some(pod));
    bench.cluster.advance(Duration::from_secs(20));
    let lines = [
        "exec nginx -c shell -- ps ax",
        "exec nginx -c shell -- head /proc/8/root/etc/nginx/nginx.conf",
        "exec nginx -c shell -- grep CapPrm /proc/1/status",
        "exec nginx -c nginx -- grep CapPrm /proc/self/status",
        "exec nginx -c shell -- kill 15",
        "get pod nginx -o jsonpath={.status.containerStatuses[1].restartCount}",
    ];
    insta::assert_snapshot!(played(&mut bench, &lines), @r#"
    $ exec nginx -c shell -- ps ax
    PID   USER     TIME  COMMAND
        1 root      0:00 /pause
        8 root      0:00 nginx: master process nginx -g daemon off;
       14 101       0:00 nginx: worker process
       15 root      0:00 sleep 3600
       21 root      0:00 ps ax
    $ exec nginx -c shell -- head /proc/8/root/etc/nginx/nginx.conf
    worker_processes  auto;
    $ exec nginx -c shell -- grep CapPrm /proc/1/status
    CapPrm:	00000000aa0435fb
    $ exec nginx -c nginx -- grep CapPrm /proc/self/status
    CapPrm:	00000000a80425fb
    $ exec nginx -c shell -- kill 15
    $ get pod nginx -o jsonpath={.status.containerStatuses[1].restartCount}
    1
    "#);
}

#[test]
fn nginx_knows_its_options_and_logs_what_it_answered() {
    let mut bench = starting(&["run web --image=nginx:1.27"]);
    let lines = [
        "exec web -- nginx -v",
        "exec web -- nginx -t",
        "exec web -- grep PRETTY /etc/os-release",
        "exec web -- curl -s -o /dev/null localhost",
        "exec web -- curl -sI -o /dev/null localhost",
        "logs web",
        "exec web -- nginx -s quit",
        "get pod web -o jsonpath={.status.containerStatuses[0].restartCount}",
    ];
    insta::assert_snapshot!(played(&mut bench, &lines), @r#"
    $ exec web -- nginx -v
    ! nginx version: nginx/1.27.5
    $ exec web -- nginx -t
    ! nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
    ! nginx: configuration file /etc/nginx/nginx.conf test is successful
    $ exec web -- grep PRETTY /etc/os-release
    PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
    $ exec web -- curl -s -o /dev/null localhost
    $ exec web -- curl -sI -o /dev/null localhost
    $ logs web
    /docker-entrypoint.sh: Configuration complete; ready for start up
    127.0.0.1 - - [23/Nov/2026:12:01:10 +0000] "GET / HTTP/1.1" 200 152 "-" "curl/8.9.1" "-"
    127.0.0.1 - - [23/Nov/2026:12:01:20 +0000] "HEAD / HTTP/1.1" 200 0 "-" "curl/8.9.1" "-"
    $ exec web -- nginx -s quit
    ! 2026/11/23 12:01:40 [notice] 12#12: signal process started
    $ get pod web -o jsonpath={.status.containerStatuses[0].restartCount}
    1
    "#);
}

#[test]
fn redis_keeps_memory_in_bytes_and_is_of_its_tags_version() {
    let mut bench = starting(&["run cache --image=redis:8.0.2 -- redis-server --maxmemory 2mb"]);
    let lines = [
        "exec cache -- redis-cli config get maxmemory",
        "exec cache -- redis-cli config set maxmemory 100mb",
        "exec cache -- redis-cli config get maxmemory",
        "exec cache -- redis-server --version",
    ];
    insta::assert_snapshot!(played(&mut bench, &lines), @r#"
    $ exec cache -- redis-cli config get maxmemory
    maxmemory
    2097152
    $ exec cache -- redis-cli config set maxmemory 100mb
    OK
    $ exec cache -- redis-cli config get maxmemory
    maxmemory
    104857600
    $ exec cache -- redis-server --version
    Redis server v=8.0.2 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=0
    "#);
}
