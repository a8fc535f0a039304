//! Tools on files and text.

use insta::assert_snapshot;

use super::{FakeHost, run, run_on};
use crate::runtime::shell::Flavour;

fn table(rows: &[(&str, &str)]) {
    for (script, expected) in rows {
        assert_eq!(run(script), *expected, "script: {script}");
    }
}

#[test]
fn text_tools() {
    table(&[
        ("cat /config/visits.txt; cat config/visits.txt", "4\n4\n"),
        ("cat -n /data/log | head -1", "     1\tone\n"),
        (
            "head -n 1 /data/log; head -1 /data/log; tail -n 1 /data/log; tail -n +2 /data/log",
            "one\none\nthree\ntwo\nthree\n",
        ),
        ("wc -l /data/log; wc -l < /data/log; echo abc | wc -c", "3 /data/log\n3\n4\n"),
        ("wc /data/log", "        3         3        14 /data/log\n"),
        (
            "grep o /data/log; grep -c o /data/log; grep -n t /data/log; grep -v o /data/log",
            "one\ntwo\n2\n2:two\n3:three\nthree\n",
        ),
        ("grep -q one /data/log && echo yes; grep nope /data/log; echo $?", "yes\n1\n"),
        (
            "grep -E 'o(n|x)e|th+' /data/log; grep 't\\(w\\)o' /data/log; grep -i ONE /data/log",
            "one\nthree\ntwo\none\n",
        ),
        (
            "grep -r one /data; grep -c one /data/log /config/visits.txt",
            "/data/log:one\n/data/log:1\n/config/visits.txt:0\n",
        ),
        ("grep -o '[a-z]*e' /data/log; echo a.b | grep -F .", "one\nthree\na.b\n"),
        ("printf 'b\\na\\nb\\n' | sort | uniq -c | sort -rn", "      2 b\n      1 a\n"),
        (
            "printf '10\\n9\\n' | sort; printf '10\\n9\\n' | sort -n; printf 'a 2\\nb 1\\n' | sort -k2",
            "10\n9\n9\n10\nb 1\na 2\n",
        ),
        ("echo a:b:c | cut -d: -f2; echo a:b:c | cut -d: -f1,3; echo hello | cut -c2-3", "b\na:c\nel\n"),
        (
            "echo hello | tr a-y b-z; echo 'a  b' | tr -s ' '; echo a1b2 | tr -d 0-9; echo ab | tr '[:lower:]' '[:upper:]'",
            "ifmmp\na b\nab\nAB\n",
        ),
        (
            "sed 's/o/0/' /data/log; sed -n 2p /data/log; sed '/two/d' /data/log; echo aa | sed 's/a/b/g'",
            "0ne\ntw0\nthree\ntwo\none\nthree\nbb\n",
        ),
        (
            "sed -n '$p;1p' /data/log; sed '2,$d' /data/log; echo x=1 | sed -E 's/(.)=(.)/\\2=\\1/'",
            "one\nthree\none\n1=x\n",
        ),
        ("sed -i s/one/1/ /data/log; cat /data/log", "1\ntwo\nthree\n"),
        (
            "echo 'a b c' | awk '{print $2}'; echo a:b | awk -F: '{print $1, $NF}'; awk '/two/' /data/log",
            "b\na b\ntwo\n",
        ),
        ("seq 3; seq 2 2 6 | tr '\\n' ' '; seq -w 8 10", "1\n2\n3\n2 4 6 08\n09\n10\n"),
        ("echo x | tee /tmp/a /tmp/b; cat /tmp/a /tmp/b", "x\nx\nx\n"),
        ("printf '%s-%d|%5s|%-5s|%05d|%x\\n' a 7 b c 42 255", "a-7|    b|c    |00042|ff\n"),
        ("printf '%s\\n' a b; printf 'no newline'; printf '%.2f\\n' 1.239", "a\nb\nno newline1.24\n"),
        ("echo -e 'a\\tb\\n'; echo -n x; echo -e '\\x41\\0101'", "a\tb\n\nxAA\n"),
        (
            "echo a b c | xargs -n 1 echo x; echo 1 2 | xargs; echo f | xargs -I{} echo '<{}>'",
            "x a\nx b\nx c\n1 2\n<f>\n",
        ),
        ("echo hi | base64; echo aGkK | base64 -d", "aGkK\nhi\n"),
    ]);
}

#[test]
fn file_tools() {
    table(&[
        (
            "mkdir /tmp/d; touch /tmp/d/f; ls /tmp/d; rm /tmp/d; rm -r /tmp/d; ls /tmp",
            "f\n! rm: can't remove '/tmp/d': Is a directory\n",
        ),
        (
            "mkdir -p /tmp/a/b; rmdir /tmp/a; echo $?; rmdir /tmp/a/b; mkdir /tmp/a",
            "! rmdir: '/tmp/a': Directory not empty\n1\n! mkdir: can't create directory '/tmp/a': File exists\n[1]",
        ),
        ("cp /data/log /tmp; mv /tmp/log /tmp/x; cat /tmp/x | head -n1; ls /tmp", "one\nx\n"),
        ("cp -r /data /tmp/copy; find /tmp -type f; find /tmp -name 'c*'", "/tmp/copy/log\n/tmp/copy\n"),
        (
            "ls /nope; cat /nope; rm /nope; touch /no/such",
            "! ls: /nope: No such file or directory\n! cat: can't open '/nope': No such file or directory\n! rm: can't remove '/nope': No such file or directory\n! touch: /no/such: No such file or directory\n[1]",
        ),
        ("rm -f /nope; echo $?; cat /tmp; echo $?", "0\n! cat: read error: Is a directory\n1\n"),
        ("basename /a/b.txt .txt; dirname /a/b.txt; basename /; dirname x", "b\n/a\n/\n.\n"),
        (
            "echo 'echo run' > /tmp/s.sh; /tmp/s.sh; chmod +x /tmp/s.sh; /tmp/s.sh",
            "! sh: /tmp/s.sh: Permission denied\nrun\n",
        ),
        ("[ -f /data/log ] && [ -d /data ] && [ ! -e /nope ] && [ -s /data/log ] && echo ok", "ok\n"),
        (
            "test a = a -a 2 -gt 1 && echo ok; [ -z '' ] && [ -n x ] && [ 1 != 2 ] && echo ok; [ a -eq 1 ]; echo $?",
            "ok\nok\n! sh: a: bad number\n2\n",
        ),
        ("which ls curl; which nope; echo $?", "/bin/ls\n/usr/bin/curl\n1\n"),
        ("cat /dev/null; echo x > /dev/null; echo err > /dev/stderr", "! err\n"),
        (
            "stat -c '%n %s %a %F' /data/log /data",
            "/data/log 14 644 regular file\n/data 4096 755 directory\n",
        ),
        (
            "cat /etc/resolv.conf",
            "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
        ),
    ]);
}

#[test]
fn ls_has_a_long_form() {
    assert_snapshot!(run("ls -la /data; ls / "), @r"
    total 12
    drwxr-xr-x    2 root     root          4096 Nov 23 12:00 .
    drwxr-xr-x    7 root     root          4096 Nov 23 12:00 ..
    -rw-r--r--    1 root     root            14 Nov 23 12:00 log
    config
    data
    etc
    root
    tmp
    ");
}

#[test]
fn system_tools() {
    table(&[
        (
            "hostname; hostname -i; whoami; id -u; uname; uname -m",
            "web-0\n10.244.0.5\nroot\n0\nLinux\nx86_64\n",
        ),
        (
            "date; date +%Y-%m-%dT%H:%M:%SZ; sleep 1m; date +%s; date -d @0 +%F",
            "Mon Nov 23 12:00:00 UTC 2026\n2026-11-23T12:00:00Z\n1795435260\n1970-01-01\n",
        ),
        (
            "env | sort; printenv HOME; printenv nope; echo $?",
            "HOME=/root\nHOSTNAME=web-0\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n/root\n1\n",
        ),
        ("env A=1 sh -c 'echo $A'; env -i env", "1\n"),
        ("timeout 2 sleep 10; echo $?; date +%S; timeout 5 echo ok", "! Terminated\n143\n02\nok\n"),
        ("time sleep 1", "! real\t0m 1.00s\n! user\t0m 0.00s\n! sys\t0m 0.00s\n"),
        ("expr 3 + 4; expr 7 / 0", "7\n! expr: division by zero\n[2]"),
        ("ps | head -n 2", "PID   USER     TIME  COMMAND\n    1 root      0:00 python app.py\n"),
        (
            "kill -9 1; kill 999; sleep x",
            "! sh: can't kill pid 999: No such process\n! sleep: invalid number 'x'\n[1]",
        ),
    ]);
}

#[test]
fn gnu_images_word_errors_their_way() {
    let mut host = FakeHost::new();
    host.flavour = Flavour::Gnu;
    assert_snapshot!(run_on(&mut host, &["cat", "nope"]), @r"
    ! cat: nope: No such file or directory
    [1]
    ");
    assert_snapshot!(run_on(&mut host, &["ls", "nope"]), @r"
    ! ls: cannot access 'nope': No such file or directory
    [2]
    ");
    let script = "nosuch; cd /nope; echo > /no/dir; ls -l /data /config";
    assert_snapshot!(run_on(&mut host, &["sh", "-c", script]), @r"
    ! sh: 1: nosuch: not found
    ! sh: 1: cd: can't cd to /nope
    ! sh: 1: cannot create /no/dir: Directory nonexistent
    /data:
    total 4
    -rw-r--r-- 1 root root 14 Nov 23 12:00 log

    /config:
    total 4
    -rw-r--r-- 1 root root 2 Nov 23 12:00 visits.txt
    ");
    assert_snapshot!(run_on(&mut host, &["sh", "-c", "echo )"]), @r#"
    ! sh: 1: Syntax error: ")" unexpected
    [2]
    "#);
    assert_snapshot!(run_on(&mut host, &["df", "-h"]), @r"
    Filesystem      Size  Used Avail Use% Mounted on
    overlay          16G  4.0G   12G  25% /
    ");
}
