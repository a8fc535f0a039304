//! What runs in pods, as transcripts: databases whose replicas find their primary by its name, and tools.

use sim_cli::{DiskFiles, commands};
use sim_core::engine::{ClusterConfig, TimingProfile};
use sim_core::kubectl::Stream;
use sim_core::session::Session;

/// Plays a script and returns what a terminal shows, the two streams in the order in which they were written.
fn transcript(script: &str) -> String {
    let profile = TimingProfile::named("minikube").expect("it is built in");
    let mut session = Session::new(ClusterConfig::for_profile(profile, 14));
    let files = DiskFiles::default();
    let mut shown = String::new();
    for line in commands(script) {
        shown.push_str(&format!("$ {line}\n"));
        for chunk in session.run(&line, None, &files) {
            if chunk.stream == Stream::Err {
                shown.push_str(&chunk.text.lines().map(|line| format!("! {line}\n")).collect::<String>());
            } else {
                shown.push_str(&chunk.text);
            }
        }
        shown.push('\n');
    }
    shown
}

#[test]
fn redis_replicas_follow_their_primary() {
    insta::assert_snapshot!(transcript(include_str!("scripts/redis.script")));
}

#[test]
fn a_postgres_standby_copies_its_primary_and_streams_from_it() {
    insta::assert_snapshot!(transcript(include_str!("scripts/postgres.script")));
}

#[test]
fn images_have_their_own_tools_in_their_own_words() {
    insta::assert_snapshot!(transcript(include_str!("scripts/tools.script")));
}

#[test]
fn a_web_server_names_the_release_of_its_tag() {
    insta::assert_snapshot!(transcript(include_str!("scripts/release.script")));
}

#[test]
fn the_images_of_kubernetes_own_tutorial_do_what_it_says() {
    insta::assert_snapshot!(transcript(include_str!("scripts/basics.script")));
}

#[test]
fn a_web_server_over_an_empty_volume_forbids_and_serves_what_is_put_there() {
    insta::assert_snapshot!(transcript(include_str!("scripts/empty_volume.script")));
}
