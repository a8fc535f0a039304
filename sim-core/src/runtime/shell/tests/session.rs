//! Processes that are stopped, cloned, signalled and typed to.

use super::{FakeHost, finish};
use crate::api::SimTime;
use crate::runtime::fs::FileSystem;
use crate::runtime::shell::{Process, ProcessState, StartError, Stream};

fn process(words: &[&str]) -> Process {
    let argv = words.iter().map(|word| (*word).to_owned()).collect();
    Process::new(argv, vec![("HOME".to_owned(), "/root".to_owned())], "/").expect("a known program")
}

fn printed(process: &mut Process) -> String {
    process.take_output().into_iter().map(|(_, text)| text).collect()
}

const SECOND: u64 = 1_000_000_000;

#[test]
fn a_loop_runs_for_as_long_as_the_clock_does() {
    let mut host = FakeHost::new();
    let mut process = process(&["sh", "-c", "while true; do date +%s >> /data/log; sleep 5; done"]);
    for turn in 1..=3 {
        assert_eq!(process.run(&mut host), ProcessState::SleepingUntil(SimTime(turn * 5 * SECOND)));
        host.now = SimTime(turn * 5 * SECOND);
    }
    let log = host.files.read("/data/log").expect("the log");
    assert_eq!(String::from_utf8_lossy(&log), "one\ntwo\nthree\n1795435200\n1795435205\n1795435210\n");
}

#[test]
fn a_clone_goes_its_own_way() {
    let mut host = FakeHost::new();
    let mut process = process(&["sh", "-c", "x=1; sleep 5; x=$((x+1)); echo $x | cat"]);
    process.run(&mut host);
    let mut copy = process.clone();
    host.now = SimTime(5 * SECOND);
    assert_eq!(finish(&mut host, &mut process), "2\n");
    assert_eq!(finish(&mut host, &mut copy), "2\n");
}

#[test]
fn an_interactive_shell_prompts() {
    let mut host = FakeHost::new();
    let mut process = process(&["sh"]);
    process.set_pid(20);
    process.attach_terminal();
    assert_eq!(process.run(&mut host), ProcessState::WaitingForInput);
    assert_eq!(process.prompt().as_deref(), Some("/ # "));
    let mut say = |line: Option<&str>, prompt: Option<&str>, output: &str| {
        process.input(line);
        let state = process.run(&mut host);
        assert_eq!(printed(&mut process), output, "after {line:?}");
        assert_eq!(process.prompt().as_deref(), prompt, "after {line:?}");
        state
    };
    say(Some("cd /data"), Some("/data # "), "");
    say(Some("for i in 1 2"), Some("> "), "");
    say(Some("do echo $i; done"), Some("/data # "), "1\n2\n");
    say(Some("nosuch"), Some("/data # "), "sh: nosuch: not found\n");
    say(Some("cd /nope"), Some("/data # "), "sh: cd: can't cd to /nope: No such file or directory\n");
    say(Some("echo )"), Some("/data # "), "sh: syntax error: unexpected \")\"\n");
    say(Some("read x"), Some(""), "");
    say(Some("typed"), Some("/data # "), "");
    say(Some("echo $x; cd ~"), Some("~ # "), "typed\n");
    say(Some("ls /"), Some("~ # "), "config  data    etc     root    tmp\n");
    assert_eq!(say(None, None, ""), ProcessState::Exited(0));
}

#[test]
fn ctrl_c_ends_what_runs_and_not_the_shell() {
    let mut host = FakeHost::new();
    let mut process = process(&["sh"]);
    process.set_pid(20);
    process.attach_terminal();
    process.run(&mut host);
    process.input(Some("sleep 100; echo not reached"));
    assert_eq!(process.run(&mut host), ProcessState::SleepingUntil(SimTime(100 * SECOND)));
    process.signal(2);
    assert_eq!(process.run(&mut host), ProcessState::WaitingForInput);
    assert_eq!(printed(&mut process), "");
    process.input(Some("echo $?"));
    process.run(&mut host);
    assert_eq!(printed(&mut process), "130\n");
}

#[test]
fn process_one_ignores_signals_that_it_does_not_handle() {
    let mut host = FakeHost::new();
    let mut plain = process(&["sleep", "100"]);
    plain.run(&mut host);
    plain.signal(15);
    assert!(matches!(plain.run(&mut host), ProcessState::SleepingUntil(_)));
    plain.signal(9);
    assert_eq!(plain.run(&mut host), ProcessState::Exited(137));

    let mut handler = process(&["sh", "-c", "trap 'echo bye; exit 0' TERM; while true; do sleep 1; done"]);
    handler.run(&mut host);
    handler.signal(15);
    assert_eq!(finish(&mut host, &mut handler), "bye\n");

    let mut other = process(&["sleep", "100"]);
    other.set_pid(20);
    other.run(&mut host);
    other.signal(15);
    assert_eq!(other.run(&mut host), ProcessState::Exited(143));
}

#[test]
fn tail_follows_a_file() {
    let mut host = FakeHost::new();
    let mut process = process(&["sh", "-c", "tail -n 1 -f /data/log | grep --line-buffered t"]);
    // busybox's grep has no long options.
    assert!(matches!(process.run(&mut host), ProcessState::SleepingUntil(_) | ProcessState::Exited(_)));
    let mut process = self::process(&["sh", "-c", "tail -n 1 -f /data/log | grep t"]);
    process.run(&mut host);
    assert_eq!(printed(&mut process), "three\n");
    host.files.append("/data/log", b"four\nten\n", host.now).expect("the log");
    host.now = SimTime(SECOND);
    process.run(&mut host);
    assert_eq!(printed(&mut process), "ten\n");
}

#[test]
fn standard_input_is_given_whole_or_line_by_line() {
    let mut host = FakeHost::new();
    let mut whole = process(&["sh"]);
    whole.set_stdin("x=1\nread y\nline\necho $x $y\n".to_owned());
    assert_eq!(finish(&mut host, &mut whole), "1 line\n");

    let mut open = process(&["cat"]);
    open.attach_input();
    assert_eq!(open.run(&mut host), ProcessState::WaitingForInput);
    open.input(Some("a"));
    assert_eq!(open.run(&mut host), ProcessState::WaitingForInput);
    assert_eq!(printed(&mut open), "a\n");
    open.input(None);
    assert_eq!(open.run(&mut host), ProcessState::Exited(0));

    assert_eq!(finish(&mut host, &mut process(&["cat"])), "");
}

#[test]
fn unknown_programs_do_not_start() {
    let start = |word: &str| Process::new(vec![word.to_owned()], Vec::new(), "/").map(drop);
    assert_eq!(start("nosuch"), Err(StartError::NotFound("nosuch".to_owned())));
    assert_eq!(start("/bin/nosuch"), Err(StartError::NoSuchFile("/bin/nosuch".to_owned())));
    assert_eq!(
        StartError::NotFound("nosuch".to_owned()).to_string(),
        "exec: \"nosuch\": executable file not found in $PATH"
    );
}

#[test]
fn streams_stay_apart_without_a_terminal() {
    let mut host = FakeHost::new();
    let mut process = process(&["sh", "-c", "echo out; echo err >&2"]);
    process.run(&mut host);
    let expected = [(Stream::Out, "out\n".to_owned()), (Stream::Err, "err\n".to_owned())];
    assert_eq!(process.take_output(), expected);
}
