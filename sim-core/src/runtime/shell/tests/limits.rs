//! Scripts that would never end, and scripts of any text at all.

use proptest::prelude::*;

use super::{FakeHost, run};
use crate::api::SimTime;
use crate::runtime::shell::{Process, ProcessState};

/// Runs a script a few times and checks that every run comes back.
fn survives(script: &str) {
    let mut host = FakeHost::new();
    let argv = ["sh", "-c", script].map(str::to_owned).to_vec();
    let Ok(mut process) = Process::new(argv, Vec::new(), "/") else { return };
    process.set_pid(20);
    for _ in 0..20 {
        match process.run(&mut host) {
            ProcessState::Exited(_) => return,
            ProcessState::SleepingUntil(time) => {
                assert!(time > host.now, "time stands still: {script}");
                host.now = time;
            }
            ProcessState::WaitingForInput => process.input(None),
        }
        let size: usize = process.take_output().iter().map(|(_, text)| text.len()).sum();
        assert!(size < 32 << 20, "{size} bytes in one run: {script}");
    }
}

#[test]
fn endless_work_rests_longer_and_longer() {
    let mut host = FakeHost::new();
    let argv = ["sh", "-c", "while true; do :; done"].map(str::to_owned).to_vec();
    let mut process = Process::new(argv, Vec::new(), "/").expect("a shell");
    assert_eq!(process.run(&mut host), ProcessState::SleepingUntil(SimTime(10_000_000)));
    for _ in 0..20 {
        host.now = process.deadline().expect("a deadline");
        process.run(&mut host);
    }
    assert_eq!(process.deadline(), Some(SimTime(host.now.0 + 1_000_000_000)));
}

#[test]
fn greedy_scripts_meet_limits() {
    for script in [
        "yes",
        "yes > /tmp/f",
        "x=xxxxxxxxxxxxxxxx; while true; do x=$x$x; done",
        "f() { f; }; f",
        "f() { f | f; }; f",
        "f() { f & f; }; f",
        "while true; do echo x; done | cat",
        "yes | sort",
        "seq 1000000000000",
        "printf '%1000000000d' 1",
        "echo $((9223372036854775807 + 1)) $((-9223372036854775808 / -1))",
        "cat /tmp/f < /tmp/f > /tmp/f",
        "eval 'eval \"$0\"'",
        "while read x; do :; done < /data/log; wait; read y",
        "sleep 99999999999999999999",
        "trap 'kill $$' TERM; kill $$",
        "tail -f /nope; tail -f /data/log",
    ] {
        survives(script);
    }
    assert_eq!(run("f() { f; }; f"), "! sh: out of stack space\n[2]");
}

#[test]
fn deep_nesting_is_an_error() {
    let script = format!("{}echo{}", "(".repeat(5_000), ")".repeat(5_000));
    assert_eq!(run(&script), "! sh: syntax error: commands nest too deeply\n[2]");
    survives(&format!("echo {}", "$((".repeat(3_000)));
    survives(&format!("echo {}", "${x:-".repeat(3_000)));
    survives(&format!("echo $(({}1{}))", "(".repeat(5_000), ")".repeat(5_000)));
    survives(&format!("test {} a", "! ".repeat(5_000)));
    survives(&format!("echo {}", "\"$(".repeat(3_000)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_is_a_script_that_comes_back(script in "\\PC{0,60}") {
        survives(&script);
    }

    #[test]
    fn any_tokens_are_a_script_that_comes_back(
        words in proptest::collection::vec(
            prop::sample::select(vec![
                "if", "then", "fi", "while", "do", "done", "for", "in", "case", "esac", "{", "}", "(", ")", ";", "&",
                "|", "&&", "||", "!", "\n", ">", "<", ">>", "<<EOF\n", "EOF\n", "2>&1", "$x", "${x", "}", "$(", "$((",
                "))", "\"", "'", "`", "x=1", "f()", "echo", "cat", "true", "sleep 1", "read x", "grep x", "ls",
                "*", "[", "]", "~", "\\", "break", "continue", "return", "exit", "exec", "trap", "wait", "shift",
                "${x#*}", "${#x}", "printf %d", "seq 3", "tail -f /data/log", "yes", "xargs echo", "sed s/a/b/", "tr a b",
            ]),
            0..14,
        ),
    ) {
        survives(&words.join(" "));
    }
}
