use std::time::Duration;

use super::*;
use crate::session::Session;
use crate::view::testing::{WEB, check_form, outline, pass, session};

fn svg(session: &Session) -> String {
    let svg = timeline_svg(session.timeline(), session.now(), &TimelineOptions::default());
    check_form(&svg);
    svg
}

/// The text without moments and their scale: how long a command takes is another's business.
fn timeless(text: &str) -> String {
    let is_moment =
        |word: &str| word.ends_with('s') && word.split_once('.').is_some_and(|(_, rest)| rest.len() == 4);
    let line = |line: &str| {
        if !line.split_whitespace().any(is_moment) {
            return line.to_owned();
        }
        let words = line.split_whitespace().map(|word| if is_moment(word) { "TIME" } else { word });
        words.collect::<Vec<_>>().join(" ")
    };
    text.lines().filter(|line| !line.contains('|')).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn lanes_tell_of_starts_deletions_and_incarnations() {
    let mut session = session(1, WEB);
    pass(&mut session, 10);
    session.kubectl("delete pod web-0").expect("deleted");
    session.kubectl("settle").expect("settled");
    pass(&mut session, 5);
    insta::assert_snapshot!(timeless(&timeline_text(session.timeline(), session.now(), 80, "default")), @r"
    commands    c                                           c
    web-0       .------=====================================x.-------===============
    web-1              .-------=====================================================
    data-web-0  .===================================================================
    data-web-1         .============================================================

    = ready  - starting  . pending  ~ not ready
    x terminating  ! failed  _ completed

    c TIME apply -f -
    c TIME delete pod web-0
    ");
    insta::assert_snapshot!(timeless(&outline(&svg(&session))), @r"
    lane ready [Pod/default/web-0]: Pod web-0: now Running, 1/1 ready, on minikube, created 2 times
    lane ready [Pod/default/web-1]: Pod web-1: now Running, 1/1 ready, on minikube
    lane ready [PersistentVolumeClaim/default/data-web-0]: Claim data-web-0: now bound to pvc-*
    lane ready [PersistentVolumeClaim/default/data-web-1]: Claim data-web-1: now bound to pvc-*
    mark command: TIME command: apply -f -
    mark command: TIME command: delete pod web-0
    ");
}

#[test]
fn faults_and_restarts_are_marked() {
    let mut session = session(1, WEB);
    session.kubectl("fault crash web-0").expect("crashed");
    pass(&mut session, 5);
    let svg = svg(&session);
    assert!(svg.contains("fault: pod default/web-0 crashes"), "{svg}");
    assert!(svg.contains('\u{21bb}'));
}

#[test]
fn what_a_lane_says_lasts_until_it_changes() {
    let session = session(1, WEB);
    let lane = session.timeline().lanes.values().next().expect("a pod's");
    let states: Vec<&str> = lane.segments.iter().map(|segment| segment.state.word()).collect();
    assert_eq!(states.last(), Some(&"ready"));
    assert!(lane.segments.iter().zip(lane.segments.iter().skip(1)).all(|(one, next)| one.from < next.from));
}

#[test]
fn the_word_prints_the_timeline() {
    let mut session = Session::instant();
    assert_eq!(session.kubectl("timeline").expect("printed"), "nothing has happened yet\n");
}

#[test]
fn a_lane_forgets_its_oldest_segments() {
    let mut lane = Lane::default();
    for second in 0..1_000 {
        let from = SimTime::ZERO + Duration::from_secs(second);
        let state = if second % 2 == 0 { State::Ready } else { State::NotReady };
        lane.push(Segment { from, state, words: second.to_string(), restarts: 0, is_restart: false });
    }
    assert_eq!(lane.segments.len(), SEGMENTS_MAX);
    assert_eq!(lane.segments.back().map(|last| last.words.as_str()), Some("999"));
}

#[test]
fn what_is_there_has_a_lane_before_what_is_long_gone() {
    let mut session = Session::instant();
    let options = |from| TimelineOptions { lanes_max: 3, from, ..TimelineOptions::default() };
    let names = |session: &Session, from| {
        let svg = timeline_svg(session.timeline(), session.now(), &options(from));
        let parts = svg.split("data-ref=\"Pod/default/").skip(1);
        parts.filter_map(|part| Some(part.split_once('"')?.0.to_owned())).collect::<Vec<_>>()
    };
    for name in ["a", "b", "c", "d", "e"] {
        session.kubectl(&format!("run {name} --image=nginx")).expect("run");
        pass(&mut session, 5);
        if name < "d" {
            session.kubectl(&format!("delete pod {name} --now")).expect("deleted");
            pass(&mut session, 60);
        }
    }
    assert_eq!(names(&session, None), ["c", "d", "e"]);
    let lately = session.now().0 - 30_000_000_000;
    assert_eq!(names(&session, Some(SimTime(lately))), ["d", "e"]);
}

#[test]
fn full_of_what_is_gone_the_timeline_takes_what_comes() {
    let mut timeline = Timeline::new(Session::instant().cluster());
    let lane = |state, second| {
        let mut lane = Lane::default();
        let from = SimTime::ZERO + Duration::from_secs(second);
        lane.push(Segment { from, state, words: String::new(), restarts: 0, is_restart: false });
        lane
    };
    for number in 0..LANES_MAX {
        let key = LaneKey::new(Kind::Pod, &ObjectKey::new("default", &format!("job-{number}")));
        let state = if number == 0 { State::Ready } else { State::Gone };
        timeline.lanes.insert(key, lane(state, u64::try_from(number).unwrap_or(0)));
    }
    timeline.forget_gone();
    let is_kept = |number| {
        let key = LaneKey::new(Kind::Pod, &ObjectKey::new("default", &format!("job-{number}")));
        timeline.lanes.contains_key(&key)
    };
    assert!(is_kept(0) && !is_kept(1) && is_kept(LANES_MAX - 1));
    assert!(timeline.lanes.len() < LANES_MAX);
}

#[test]
fn the_word_prints_what_is_there_before_what_is_long_gone() {
    let mut timeline = Timeline::new(Session::instant().cluster());
    for number in 0..100 {
        let name = if number == 50 { "web-0".to_owned() } else { format!("job-{number}") };
        let state = if number == 50 { State::Ready } else { State::Gone };
        let from = SimTime::ZERO + Duration::from_secs(1);
        let mut lane = Lane::default();
        lane.push(Segment { from, state, words: String::new(), restarts: 0, is_restart: false });
        timeline.lanes.insert(LaneKey::new(Kind::Pod, &ObjectKey::new("default", &name)), lane);
    }
    let text = timeline_text(&timeline, SimTime::ZERO + Duration::from_secs(2), 80, "default");
    assert!(text.contains("web-0 ") && text.contains("and 40 more"), "{text}");
}

#[test]
fn names_are_put_together_again() {
    for name in ["web-0", "web-12", "web-007", "web", "my-web--3", "web-+1", "data-web-3"] {
        assert_eq!(LaneKey::new(Kind::Pod, &ObjectKey::new("default", name)).name(), name);
    }
}

#[test]
fn ticks_are_round_and_have_room() {
    let axis = axis::Axis::new(SimTime::ZERO, SimTime::ZERO + Duration::from_secs(95), 700);
    let labels: Vec<String> = axis.ticks(70).into_iter().map(|tick| tick.label).collect();
    assert_eq!(labels, ["0s", "10s", "20s", "30s", "40s", "50s", "1m", "1m10s", "1m20s", "1m30s"]);
}

#[test]
fn neighbouring_ticks_are_told_apart_after_days() {
    let labels = |hours: u64, seconds: u64| -> Vec<String> {
        let from = SimTime::ZERO + Duration::from_secs(hours * 3600);
        let axis = axis::Axis::new(from, from + Duration::from_secs(seconds), 300);
        axis.ticks(70).into_iter().map(|tick| tick.label).collect()
    };
    assert_eq!(labels(30, 60), ["30:00:00", "30:00:15", "30:00:30", "30:00:45", "30:01:00"]);
    assert_eq!(labels(30, 600), ["1d6h", "1d6h5m", "1d6h10m"]);
    assert_eq!(labels(0, 600), ["0s", "5m", "10m"]);
    assert_eq!(labels(24, 4 * 86_400), ["1d", "2d", "3d", "4d", "5d"]);
}

#[test]
fn the_clusters_own_pods_have_lanes_for_those_who_work_among_them() {
    let mut session = Session::new(crate::engine::ClusterConfig::for_profile(
        crate::engine::TimingProfile::named("minikube").expect("a known profile"),
        1,
    ));
    pass(&mut session, 5);
    let lanes = |namespace: &str| timeline_text(session.timeline(), session.now(), 80, namespace);
    assert!(!lanes("default").contains("etcd-minikube"));
    let line = lanes("kube-system").lines().find(|line| line.starts_with("etcd-minikube")).map(str::to_owned);
    assert!(line.is_some_and(|line| line.ends_with("====")));
}
