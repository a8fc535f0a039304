//! The same seed and the same inputs give the same history.

use std::time::Duration;

use sim_cli::DiskFiles;
use sim_core::engine::{ClusterConfig, Journal, TimingProfile};
use sim_core::session::{ClockMode, Session, Status};

fn session(seed: u64) -> Session {
    Session::new(ClusterConfig::for_profile(TimingProfile::named("minikube").expect("it is built in"), seed))
}

/// Types the lab's beginning as a person would: some lines wait, some overlap with events.
fn type_the_lab(session: &mut Session) {
    let files = DiskFiles::default();
    for line in ["apply -f lab14/", "advance 6700ms", "get pods", "delete pod python-app-0 --wait=false"] {
        session.run(line, None, &files);
    }
    session.submit("delete pod python-app-1", None, &files);
    for _ in 0..400 {
        session.tick(Duration::from_millis(37));
        if session.status() == Status::Idle {
            break;
        }
    }
    session.run("scale sts python-app --replicas=4", None, &files);
    session.run("rollout status sts/python-app", None, &files);
}

#[test]
fn the_same_seed_twice_gives_the_same_journal_and_history() {
    let (mut one, mut two, mut other) = (session(7), session(7), session(8));
    for session in [&mut one, &mut two, &mut other] {
        type_the_lab(session);
    }
    assert_eq!(one.save(), two.save());
    assert_eq!(one.cluster().history_hash(), two.cluster().history_hash());
    assert_ne!(one.cluster().history_hash(), other.cluster().history_hash());
}

#[test]
fn a_saved_session_opens_at_the_same_moment_with_the_same_history() {
    let mut typed = session(7);
    type_the_lab(&mut typed);
    let journal = Journal::from_text(&typed.save()).expect("what save writes can be read");
    let mut opened = Session::from_journal(&journal);
    assert_eq!(opened.now(), typed.now());
    assert_eq!(opened.cluster().history_hash(), typed.cluster().history_hash());
    let files = DiskFiles::default();
    for line in ["get pods -o yaml", "get events", "describe sts python-app"] {
        let same = opened.run(line, None, &files) == typed.run(line, None, &files);
        assert!(same, "{line} prints something else in the opened session");
    }
}

#[test]
fn a_damaged_session_file_says_which_line() {
    let mut typed = session(7);
    typed.run("get pods", None, &DiskFiles::default());
    typed.run("get sts", None, &DiskFiles::default());
    let text = typed.save().replace("get pods", "get pods\"");
    let error = Journal::from_text(&text).expect_err("the second line is damaged");
    assert!(error.to_string().starts_with("line 2 of the session file is damaged"), "{error}");
}

#[test]
fn a_damaged_session_file_loses_nothing_but_its_tail() {
    let mut typed = session(7);
    for line in ["apply -f lab14/", "advance 10s", "get pods"] {
        typed.run(line, None, &DiskFiles::default());
    }
    let sound = typed.save();
    let flipped = sound.replace("advance 10s", "advance 90s");
    let far = sound.replace(",\"check\"", ",\"checked\"").replace("{\"at\":", "{\"at\":9000000000");
    let cut = &sound[..sound.len() - 30];
    for (text, left, why) in [
        (flipped.as_str(), 1, "does not fit its check sum"),
        (cut, 3, "damaged"),
        (far.as_str(), 0, "a session is opened again up to 10 years"),
    ] {
        let (journal, damage) = Journal::sound_part(text).expect("it has a header");
        let damage = damage.expect("it is damaged").to_string();
        assert!(journal.inputs.len() == left && damage.contains(why), "{damage}: {}", journal.inputs.len());
    }
    let unchecked: String = sound
        .lines()
        .map(|line| line.split(",\"check\"").next().unwrap_or_default().to_owned() + "}\n")
        .collect();
    let edited = Journal::from_text(&unchecked.replace("advance 10s", "advance 20s"));
    assert_eq!(edited.expect("a line that a person wrote needs no check sum").inputs.len(), 4);
}

#[test]
fn a_clock_that_the_front_end_stops_and_a_reset_are_part_of_what_is_saved() {
    let files = DiskFiles::default();
    let mut typed = session(7);
    typed.run("advance 10s", None, &files);
    typed.run("reset", None, &files);
    typed.set_clock(ClockMode { paused: true, ..typed.clock() });
    typed.run("apply -f lab14/", None, &files);
    typed.set_clock(ClockMode::default());
    typed.run("get pods", None, &files);
    let journal = Journal::from_text(&typed.save()).expect("what save writes can be read");
    let opened = Session::from_journal(&journal);
    assert_eq!(opened.now(), typed.now());
    assert_eq!(opened.cluster().history_hash(), typed.cluster().history_hash());
}
