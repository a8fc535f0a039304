//! The shell's language.

use super::{FakeHost, run, run_on};

/// Runs each script and compares: `(script, output)`.
fn table(rows: &[(&str, &str)]) {
    for (script, expected) in rows {
        assert_eq!(run(script), *expected, "script: {script}");
    }
}

#[test]
fn words_are_quoted_and_split() {
    table(&[
        ("echo hello   world", "hello world\n"),
        ("echo 'a  b' \"c  d\" e\\ f", "a  b c  d e f\n"),
        ("x='1  2'; echo $x; echo \"$x\"", "1 2\n1  2\n"),
        ("x=; echo [$x] \"[$x]\"; set -- $x; echo $#", "[] []\n0\n"),
        ("IFS=,; x=a,,b; set -- $x; echo $# $1 $3", "3 a b\n"),
        ("echo \"a\\$b\" '\\n' a\\\nb", "a$b \\n ab\n"),
        ("echo ~ ~/1 '~'", "/root /root/1 ~\n"),
        ("echo a#b # comment", "a#b\n"),
        ("set -- a 'b c'; for i in \"$@\"; do echo \"<$i>\"; done; echo \"$*\"", "<a>\n<b c>\na b c\n"),
    ]);
}

#[test]
fn parameters_expand() {
    table(&[
        ("echo ${x:-none} ${x-none} ${x:+set}; x=1; echo ${x:+set}", "none none\nset\n"),
        ("echo ${x:=5}; echo $x", "5\n5\n"),
        ("f=/a/b/c.txt; echo ${f##*/} ${f%/*} ${f%.txt} ${f#/}", "c.txt /a/b /a/b/c a/b/c.txt\n"),
        ("x=hello; echo ${#x} ${x:1:3} ${x: -2} ${x/l/L} ${x//l/L}", "5 ell lo heLlo heLLo\n"),
        ("h=web-12; echo ${h##*-}", "12\n"),
        ("echo ${x:?is missing}; echo not here", "! sh: x: is missing\n[2]"),
        ("set -u; echo $nope", "! sh: nope: parameter not set\n[2]"),
        ("echo $? $#; false; echo $?", "0 0\n1\n"),
        ("echo \"${x:-a b}\" ${y:-\"c  d\"}", "a b c  d\n"),
    ]);
}

#[test]
fn substitutions_and_arithmetic() {
    table(&[
        ("echo $(echo a; echo b) \"$(echo a; echo b)\"", "a b a\nb\n"),
        ("echo `echo \\`echo x\\``", "x\n"),
        ("x=$(false); echo $?", "1\n"),
        (
            "echo $((1+2*3)) $(( (1+2)*3 )) $((7/2)) $((7%2)) $((1<<4)) $((0x10)) $((2**10))",
            "7 9 3 1 16 16 1024\n",
        ),
        ("i=1; echo $((i++)) $i $((i+=5)) $((i>3?1:0)) $((!i)) $((1&&0||1))", "1 2 7 1 0 1\n"),
        ("echo $((1/0))", "! sh: divide by zero\n[2]"),
        ("echo $((1 +))", "! sh: arithmetic syntax error\n[2]"),
        ("x=$(echo $(( $(echo 2) + 1 ))); echo $x", "3\n"),
    ]);
}

#[test]
fn lists_pipes_and_redirections() {
    table(&[
        ("true && echo a || echo b; false && echo c || echo d", "a\nd\n"),
        ("! true; echo $?; ! false; echo $?", "1\n0\n"),
        ("echo b a c | tr ' ' '\\n' | sort | head -n 2", "a\nb\n"),
        ("echo x > /tmp/f; echo y >> /tmp/f; cat < /tmp/f", "x\ny\n"),
        ("cat /nope 2>/dev/null; echo $?", "1\n"),
        ("cat /nope 2>&1 | sed 's/^/E: /'", "E: cat: can't open '/nope': No such file or directory\n"),
        ("{ echo out; echo err >&2; } 2>&1 >/dev/null | cat", "err\n"),
        ("echo all &> /tmp/f; cat /tmp/f", "all\n"),
        ("cat <<EOF\nhome=$HOME $((1+1))\nEOF\ncat <<'EOF'\n$HOME\nEOF", "home=/root 2\n$HOME\n"),
        ("cat <<-EOF\n\tindented\n\tEOF", "indented\n"),
        ("echo x > /nodir/f; echo $?", "! sh: can't create /nodir/f: nonexistent directory\n1\n"),
        ("cat < /nope", "! sh: can't open /nope: no such file\n[1]"),
        ("yes | head -n 2", "y\ny\n"),
        ("exec 3>/tmp/f; echo to3 >&3; exec 3>&-; cat /tmp/f", "to3\n"),
        ("false | true; echo $?; set -o pipefail; false | true; echo $?", "0\n1\n"),
    ]);
}

#[test]
fn compound_commands() {
    table(&[
        ("if [ 1 -eq 2 ]; then echo a; elif true; then echo b; else echo c; fi", "b\n"),
        ("i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); done", "0\n1\n2\n"),
        ("i=3; until [ $i -eq 0 ]; do i=$((i-1)); done; echo $i", "0\n"),
        ("for i in 1 2 3 4; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done", "1\n3\n"),
        ("for i in a b; do for j in 1 2; do [ $j = 2 ] && continue 2; echo $i$j; done; done", "a1\nb1\n"),
        ("case abc in x) echo x;; a*|b) echo yes;; *) echo no;; esac", "yes\n"),
        ("case \"\" in ?*) echo some;; *) echo none; esac", "none\n"),
        ("f() { local x=2; echo $1 $x $#; return 3; }; x=1; f a b; echo $? $x", "a 2 2\n3 1\n"),
        ("(x=2; cd /tmp; exit 4); echo $? $x $(pwd)", "4 /\n"),
        ("printf 'a 1\\nb 2\\n' | while read -r k v; do echo \"$v=$k\"; done", "1=a\n2=b\n"),
        (
            "fact() { if [ $1 -le 1 ]; then echo 1; else echo $(( $1 * $(fact $(($1-1))) )); fi; }; fact 5",
            "120\n",
        ),
        (
            "set -- a b c; shift; echo $1 $#; shift 5; echo $?",
            "b 2\n! sh: shift: line 0: can't shift that many\n2\n",
        ),
        ("while read l; do echo \"[$l]\"; done < /data/log", "[one]\n[two]\n[three]\n"),
    ]);
}

#[test]
fn builtins_change_the_shell() {
    table(&[
        (
            "cd /tmp && pwd && cd - && cd /nope",
            "/tmp\n/\n! sh: cd: line 0: can't cd to /nope: No such file or directory\n[2]",
        ),
        ("export A=1; env | grep ^A=; unset A; env | grep ^A=; echo $?", "A=1\n1\n"),
        ("A=1 env | grep ^A=; echo [$A]", "A=1\n[]\n"),
        ("eval 'x=1; echo $x'; echo 'y=2' > /tmp/s; . /tmp/s; echo $y", "1\n2\n"),
        ("readonly r=1; r=2; echo not here", "! sh: r: is read only\n[2]"),
        ("trap 'echo bye' EXIT; echo hi; exit 3", "hi\nbye\n[3]"),
        ("trap 'echo got' TERM; kill $$; echo after", "got\nafter\n"),
        ("set -e; false || true; echo a; false; echo b", "a\n[1]"),
        ("set -e; if false; then :; fi; ! true; echo still", "still\n"),
        ("set -x; x=1; echo $x 'a b'", "! + x=1\n! + echo 1 'a b'\n1 a b\n"),
        ("type cd; command -v ls; command -v nothere; echo $?", "cd is a shell builtin\n/bin/ls\n127\n"),
        ("exec echo replaced; echo never", "replaced\n"),
        ("sh -c 'echo $0 $1' name arg", "name arg\n"),
        ("echo 'echo from script $1; exit 5' > /tmp/s; sh /tmp/s x; echo $?", "from script x\n5\n"),
        ("echo 'echo $(whoami)' | sh", "root\n"),
    ]);
}

#[test]
fn failures_are_worded_as_ash_does() {
    table(&[
        ("nosuch", "! sh: nosuch: not found\n[127]"),
        ("/bin/nosuch", "! sh: /bin/nosuch: not found\n[127]"),
        ("/data/log", "! sh: /data/log: Permission denied\n[126]"),
        ("echo a; echo )", "! sh: syntax error: unexpected \")\"\n[2]"),
        ("if true; then echo a", "! sh: syntax error: unexpected end of file (expecting \"fi\")\n[2]"),
        ("echo 'a", "! sh: syntax error: unterminated quoted string\n[2]"),
        ("done", "! sh: syntax error: unexpected \"done\"\n[2]"),
        ("exit 300", "[44]"),
    ]);
    let mut host = FakeHost::new();
    assert_eq!(
        run_on(&mut host, &["bash", "-c", "nosuch"]),
        "! bash: line 1: nosuch: command not found\n[127]"
    );
}

#[test]
fn jobs_run_beside_the_shell() {
    table(&[
        ("sleep 5 & echo started; wait; date +%S", "started\n05\n"),
        ("(sleep 1; echo one) & (sleep 2; echo two) & wait; echo done", "one\ntwo\ndone\n"),
        ("(exit 7) & wait $!; echo $?", "7\n"),
        ("sleep 100 & kill $!; wait $!; echo $?", "143\n"),
        ("sleep 0.5; date +%s.%N", "1795435200.500000000\n"),
    ]);
}

#[test]
fn patterns_match_files() {
    table(&[
        (
            "cd /tmp; touch a.txt b.txt c.log; echo *.txt; echo [bc]*; echo ?.log; echo *.none",
            "a.txt b.txt\nb.txt c.log\nc.log\n*.none\n",
        ),
        ("cd /tmp; touch .hidden x; echo *; echo .h*", "x\n.hidden\n"),
        ("mkdir -p /tmp/d/e; touch /tmp/d/e/f; echo /tmp/*/*/f", "/tmp/d/e/f\n"),
        ("touch '/tmp/a b'; for f in /tmp/*; do echo \"<$f>\"; done", "</tmp/a b>\n"),
        ("echo \"/tmp/*\" '*'; set -f; echo /tm*", "/tmp/* *\n/tm*\n"),
    ]);
}
