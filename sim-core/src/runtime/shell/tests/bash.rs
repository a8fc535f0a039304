//! What bash has beside a POSIX shell. The outputs are bash 5.2's.

use super::{FakeHost, run, run_on};
use crate::runtime::shell::Flavour;

/// Runs each script in bash and compares: `(script, output)`.
fn table(rows: &[(&str, &str)]) {
    for (script, expected) in rows {
        let mut host = FakeHost::new();
        host.flavour = Flavour::Gnu;
        assert_eq!(run_on(&mut host, &["bash", "-c", script]), *expected, "script: {script}");
    }
}

#[test]
fn conditions_match_patterns_and_regular_expressions() {
    table(&[
        ("[[ abc-12 =~ -([0-9]+)$ ]] || exit 1; echo ${BASH_REMATCH[1]} ${BASH_REMATCH[0]}", "12 -12\n"),
        (
            "[[ `echo web-3` =~ -([0-9]+)$ ]] || exit 1; ordinal=${BASH_REMATCH[1]}; echo server-id=$((100 + $ordinal))",
            "server-id=103\n",
        ),
        (
            "[[ a == a* ]] && echo yes; [[ a == \"a*\" ]] || echo no; [[ ! -z x && ( a < b || -f /nope ) ]] && echo both",
            "yes\nno\nboth\n",
        ),
        (
            "x=\"a b\"; [[ $x == \"a b\" ]] && echo unsplit; [[ -n $x ]] && echo set; [[ 3 -gt 2 ]] && echo more; [[ $x ]] && echo word",
            "unsplit\nset\nmore\nword\n",
        ),
        (
            "re='^b.*d$'; [[ bcd =~ $re ]] && echo matches; [[ b.d =~ b\\.d ]] && echo dot; [[ bxd =~ \"b.d\" ]] || echo quoted",
            "matches\ndot\nquoted\n",
        ),
        (
            "case abc in a*) echo one;; *) echo two;; esac; case x in [[:alpha:]]) echo alpha ;; esac",
            "one\nalpha\n",
        ),
        (
            "x=abc; [[ $x == ab[cd] ]] && echo class; [[ $x != *z* ]] && echo noz; [[ -v x ]] && echo v",
            "class\nnoz\nv\n",
        ),
    ]);
}

#[test]
fn arrays_hold_what_they_are_given() {
    table(&[
        (
            "items=(foo bar baz qux xyz); I=3; echo ${items[$I]} ${items[@]} ${#items[@]} $items ${#items[1]} ${!items[@]}",
            "qux foo bar baz qux xyz 5 foo 3 0 1 2 3 4\n",
        ),
        (
            "items=(foo bar); items+=(baz \"q u\"); items[6]=z; for i in \"${items[@]}\"; do echo \"<$i>\"; done; echo \"${items[*]}\" \"${items[-1]}\"",
            "<foo>\n<bar>\n<baz>\n<q u>\n<z>\nfoo bar baz q u z z\n",
        ),
        (
            "a=(1 2 3 4 5); echo ${a[@]:1:2} ${a[@]: -2} \"${a[@]/3/x}\" ${a[a[1]]} $((a[2]+1)); a[2]=9; ((a[0]++)); echo ${a[@]}",
            "2 3 4 5 1 2 x 4 5 3 4\n2 2 9 4 5\n",
        ),
        (
            "declare -A m=([one]=1 [two]=2); m[three]=3; echo ${m[two]} ${#m[@]}; k=one; echo ${m[$k]}",
            "2 3\n1\n",
        ),
        ("a=(); echo ${#a[@]} \"${a[@]}\" end; a+=(x); unset 'a[0]'; echo ${#a[@]}", "0 end\n0\n"),
        (
            "f() { local -r y=1; local a=(1 2); declare -a b; b[1]=x; echo ${a[1]} ${b[@]}; }; f; echo ${a[@]}",
            "2 x\n\n",
        ),
        (
            "IFS=, read -ra parts <<< \"a,b,c\"; echo ${parts[1]} ${#parts[@]}; mapfile -t lines < <(printf '1\\n2\\n'); echo ${lines[1]}",
            "b 3\n2\n",
        ),
        (
            "declare -p a; a=(1 \"2 3\"); declare -p a; declare -x e=1; declare -p e",
            "! bash: line 1: declare: a: not found\ndeclare -a a=([0]=\"1\" [1]=\"2 3\")\ndeclare -x e=\"1\"\n",
        ),
        (
            "readarray -t a < <(echo x; echo y); printf '%s,' \"${a[@]}\"; echo; echo \"${a[@]@Q}\"",
            "x,y,\n'x' 'y'\n",
        ),
    ]);
}

#[test]
fn braces_and_parameters_expand() {
    table(&[
        (
            "echo {1..3} {a,b} x{1,2}y{3,4} {a..c} {01..03} {5..1..2} {a} {} a{b,c{d,e}}f \"{1,2}\" {1..$x}",
            "1 2 3 a b x1y3 x1y4 x2y3 x2y4 a b c 01 02 03 5 3 1 {a} {} abf acdf acef {1,2} {1..}\n",
        ),
        (
            "x=hello; echo ${x^^} ${x^} ${x,,} ${x:1:2} ${x//l/L} ${x/#he/HE} ${x/%lo/LO} ${x/l}; y=ABC; echo ${y,,} ${y,}",
            "HELLO Hello hello el heLLo HEllo helLO helo\nabc aBC\n",
        ),
        (
            "x=y; y=5; echo ${!x} ${x@Q}; set -- a b c; echo ${@:2} ${@:1:1} \"${@:2}\" ${#@} ${!#}",
            "5 'y'\nb c a b c 3 c\n",
        ),
        ("printf '%s\\n' {a,b}{1,2}; printf -v out '%03d' 7; echo $out", "a1\na2\nb1\nb2\n007\n"),
        ("echo a{,b} pre{1..2}{x,y} {1..3}\"q\" {,}", "a ab pre1x pre1y pre2x pre2y 1q 2q 3q\n"),
        (
            "sum=0; for n in \"${!items[@]}\"; do :; done; for n in {1..4}; do sum=$((sum+n)); done; echo $sum",
            "10\n",
        ),
    ]);
}

#[test]
fn errors_are_worded_as_bash_words_them() {
    table(&[
        (
            "set -u; echo ${x:-ok}; echo $nope; echo never",
            "ok\n! bash: line 1: nope: unbound variable\n[127]",
        ),
        (
            "set -euo pipefail; echo ${1-none}; ls /nope | cat; echo never",
            "none\n! ls: cannot access '/nope': No such file or directory\n[2]",
        ),
        ("echo a |& cat; ls /nope |& wc -l", "a\n1\n"),
        ("x=; echo ${x:?is empty}; echo never", "! bash: line 1: x: is empty\n[127]"),
        (
            "foo; echo $?; /nope/x; echo $?",
            "! bash: line 1: foo: command not found\n127\n! bash: line 1: /nope/x: No such file or directory\n127\n",
        ),
        (
            "cd /nope; echo $?; . /nope; echo $?; cat < /nope; echo $?; echo x > /nope/y; echo $?",
            "! bash: line 1: cd: /nope: No such file or directory\n1\n! bash: line 1: /nope: No such file or directory\n1\n! bash: line 1: /nope: No such file or directory\n1\n! bash: line 1: /nope/y: No such file or directory\n1\n",
        ),
        (
            "export 1x=2; echo $?; local x; echo $?; exit abc",
            "! bash: line 1: export: `1x=2': not a valid identifier\n1\n! bash: line 1: local: can only be used in a function\n1\n! bash: line 1: exit: abc: numeric argument required\n[2]",
        ),
        ("echo $((1/0)); echo never", "! bash: line 1: 1/0: division by 0 (error token is \"0\")\n[1]"),
        (
            "echo (",
            "! bash: -c: line 1: syntax error near unexpected token `newline'\n! bash: -c: line 1: `echo ('\n[2]",
        ),
        ("if true; then", "! bash: -c: line 2: syntax error: unexpected end of file\n[2]"),
        ("echo \"abc", "! bash: -c: line 1: unexpected EOF while looking for matching `\"'\n[2]"),
        (
            "source <(echo 'v=7'); echo $v; type -t source echo f cd nope; command -v cd",
            "7\nbuiltin\nbuiltin\nbuiltin\ncd\n",
        ),
    ]);
}

#[test]
fn the_rest_of_bash() {
    table(&[
        (
            "for ((i=0;i<3;i++)); do echo $i; done; for ((;;)); do break; done; for ((i=0;i<4;i++)) { ((i==2)) && continue; echo -n $i; }; echo",
            "0\n1\n2\n013\n",
        ),
        (
            "cat <<< \"hi $((1+1))\"; read a b <<< \"1 2 3\"; echo $b; grep -c . <<< $'a\\nb'",
            "hi 2\n2 3\n2\n",
        ),
        (
            "echo one &> /tmp/x; cat /tmp/x; { echo out; echo err >&2; } &>> /tmp/x; cat /tmp/x",
            "one\none\nout\nerr\n",
        ),
        ("echo $'a\\tb\\x41\\'' \"$'x'\"", "a\tbA' $'x'\n"),
        ("function f { echo \"f $1\"; }; f 1; function g() { local x=2; echo $x; }; g", "f 1\n2\n"),
        (
            "((5 > 3)) && echo yes; ((0)) || echo no; x=1; ((x += 2)); echo $x; let y=x*2 z=1; echo $y $z; echo $((2**10))",
            "yes\nno\n3\n6 1\n1024\n",
        ),
        (
            "cat <(echo hi) <(echo ho); diff <(echo a) <(echo b); while read l; do echo \"[$l]\"; done < <(printf '1\\n2\\n')",
            "hi\nho\n1c1\n< a\n---\n> b\n[1]\n[2]\n",
        ),
        ("set -e; false || true; if false; then :; fi; echo still; false; echo never", "still\n[1]"),
        (
            "set -o pipefail; false | true; echo $?; set +o pipefail; false | true; echo $? ${PIPESTATUS[0]}",
            "1\n0 1\n",
        ),
        (
            "set -x; a=1; echo \"it's\" $a; [ 1 = 1 ]",
            "! + a=1\n! + echo 'it'\\''s' 1\nit's 1\n! + '[' 1 = 1 ']'\n",
        ),
        ("a=1 b=$a; echo $b; x+=1; x+=2; echo $x", "1\n12\n"),
        (
            "x='1 2'; export y=$x; echo \"$y\"; readonly z=$x; echo \"$z\"; z=1; echo never",
            "1 2\n1 2\n! bash: line 1: z: readonly variable\n[1]",
        ),
        (
            "i=0; until ((i>=2)); do ((i++)) || true; done; echo $i; while :; do ((++i>4)) && break; done; echo $i",
            "2\n5\n",
        ),
        ("trap 'echo bye' EXIT; echo hi; exit 3", "hi\nbye\n[3]"),
        ("echo ${RANDOM:+r} ${BASH_VERSION:0:1} $LINENO; echo \"$-\" | grep -c B", "r 5 1\n1\n"),
    ]);
}

#[test]
fn dash_and_busybox_refuse_what_is_bashs() {
    for (script, expected) in [
        ("x=1; echo ${x:0:1}", "! dash: 1: Bad substitution\n[2]"),
        ("function f { echo 1; }; f", "! dash: 1: Syntax error: \"}\" unexpected\n[2]"),
        ("source /x", "! dash: 1: source: not found\n[127]"),
        ("cat <<< hi", "! dash: 1: Syntax error: redirection unexpected\n[2]"),
        ("echo {1..3} {a,b}", "{1..3} {a,b}\n"),
        ("a=(1 2)", "! dash: 1: Syntax error: \"(\" unexpected\n[2]"),
        ("((1))", "! dash: 1: 1: not found\n[127]"),
        ("for ((i=0;i<2;i++)); do :; done", "! dash: 1: Syntax error: Bad for loop variable\n[2]"),
        ("echo $'a'", "$a\n"),
        ("x+=1", "! dash: 1: x+=1: not found\n[127]"),
        ("echo ${x^^}", "! dash: 1: Bad substitution\n[2]"),
        ("cat <(echo hi)", "! dash: 1: Syntax error: \"(\" unexpected\n[2]"),
        ("let x=1", "! dash: 1: let: not found\n[127]"),
        ("declare x=1", "! dash: 1: declare: not found\n[127]"),
        ("set -u; echo $nope", "! dash: 1: nope: parameter not set\n[2]"),
        ("echo ${x/a/b}", "! dash: 1: Bad substitution\n[2]"),
        ("x='1 2'; export y=$x; echo \"$y\"", "1 2\n"),
        ("type echo source", "echo is a shell builtin\nsource: not found\n[127]"),
        ("echo a |& cat", "! dash: 1: Syntax error: \"&\" unexpected\n[2]"),
    ] {
        let mut host = FakeHost::new();
        host.flavour = Flavour::Gnu;
        assert_eq!(run_on(&mut host, &["dash", "-c", script]), expected, "script: {script}");
    }
    for (script, expected) in [
        ("a=(1 2)", "! sh: syntax error: unexpected \"(\"\n[2]"),
        ("echo {1..3} {a,b}", "{1..3} {a,b}\n"),
        ("cat <<< hi", "! sh: syntax error: unexpected redirection\n[2]"),
        ("x=ab; echo ${x^^}", "! sh: syntax error: bad substitution\n[2]"),
        ("for ((i=0;i<2;i++)); do :; done", "! sh: syntax error: bad for loop variable\n[2]"),
        ("declare x=1", "! sh: declare: not found\n[127]"),
        ("[[ a == a ]] && x=abc && echo ${x:1:1} ${x//b/c} $'d\\te'", "b acc d\te\n"),
    ] {
        assert_eq!(run(script), expected, "script: {script}");
    }
}

#[test]
fn the_scripts_of_the_replicated_mysql_tutorial_find_their_way() {
    let init = "set -ex
[[ $HOSTNAME =~ -([0-9]+)$ ]] || exit 1
ordinal=${BASH_REMATCH[1]}
echo [mysqld] > /data/server-id.cnf
echo server-id=$((100 + $ordinal)) >> /data/server-id.cnf
if [[ $ordinal -eq 0 ]]; then
  cp /config/visits.txt /data/primary.cnf
else
  cp /config/visits.txt /data/replica.cnf
fi
cat /data/server-id.cnf
[[ -d /data/mysql ]] && exit 0
[[ $ordinal -eq 0 ]] && exit 0
echo clone";
    let info = "set -e; cd /data; printf 'bin.1\\t42' > xtrabackup_binlog_info
if [[ -f xtrabackup_slave_info && \"x$(<xtrabackup_slave_info)\" != \"x\" ]]; then
  exit 3
elif [[ -f xtrabackup_binlog_info ]]; then
  [[ `cat xtrabackup_binlog_info` =~ ^(.*?)[[:space:]]+(.*?)$ ]] || exit 1
  rm -f xtrabackup_binlog_info xtrabackup_slave_info
  echo \"CHANGE MASTER TO MASTER_LOG_FILE='${BASH_REMATCH[1]}', MASTER_LOG_POS=${BASH_REMATCH[2]}\" > change.sql.in
fi
cat change.sql.in";
    let shown = "! + [[ web-0 =~ -([0-9]+)$ ]]
! + ordinal=0
! + echo '[mysqld]'
! + echo server-id=100
! + [[ 0 -eq 0 ]]
! + cp /config/visits.txt /data/primary.cnf
! + cat /data/server-id.cnf
[mysqld]
server-id=100
! + [[ -d /data/mysql ]]
! + [[ 0 -eq 0 ]]
! + exit 0
";
    let change = "CHANGE MASTER TO MASTER_LOG_FILE='bin.1', MASTER_LOG_POS=42\n";
    table(&[(init, shown), (info, change)]);
}
