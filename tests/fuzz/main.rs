//! Whatever is typed, piped, patched or loaded: no panic, no hang, no write that is lost, half done or not told of.
//!
//! The cases are the same in every run. More of them, with a seed of their own:
//! `PROPTEST_CASES=20000 cargo test -p sim-cli --test fuzz lines`; a failure prints what was typed, and with
//! `PROPTEST_RNG_SEED=N` a run can be had again.

mod expressions;
mod junk;
mod lines;
mod manifests;
mod session;
mod tape;
mod world;

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use sim_core::engine::Journal;
use sim_core::session::Session;
use tape::Tape;
use world::{Line, World};

/// So many cases with a fixed seed, unless the environment asks for others.
fn config(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    let is_asked = |name: &str| std::env::var_os(name).is_some();
    let free = is_asked("PROPTEST_CASES") || is_asked("PROPTEST_RNG_SEED");
    ProptestConfig {
        cases: if is_asked("PROPTEST_CASES") { asked.cases } else { cases },
        rng_seed: if free { asked.rng_seed } else { RngSeed::Fixed(14) },
        failure_persistence: None,
        max_shrink_iters: 600,
        ..asked
    }
}

/// Tapes: one for each line.
fn tapes(lines: usize) -> impl Strategy<Value = Vec<Vec<u32>>> {
    vec(vec(any::<u32>(), 1..80), 1..=lines)
}

/// Runs a line for each tape on one cluster, letting time pass between, and looks at what each stored.
fn on_one_cluster(
    tapes: &[Vec<u32>],
    line: impl Fn(&mut Tape<'_>, &World) -> Line,
) -> Result<(), TestCaseError> {
    let mut world = World::base();
    for values in tapes {
        let mut tape = Tape::new(values);
        let pause = [0, 1, 0, 30][tape.below(4)];
        let line = line(&mut tape, &world);
        let outcome = world.run(&line)?;
        world.stored_is_sound(&outcome)?;
        world.pass(Duration::from_secs(pause))?;
    }
    if !tapes.is_empty() {
        world.pass(Duration::from_secs(20))?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn lines(tapes in tapes(8)) {
        on_one_cluster(&tapes, lines::any)?;
    }

    #[test]
    fn spoilt_manifests(tapes in tapes(5)) {
        on_one_cluster(&tapes, lines::from_manifest)?;
    }

    #[test]
    fn patches(tapes in tapes(6)) {
        on_one_cluster(&tapes, lines::patch)?;
    }

    #[test]
    fn selectors_and_templates(tapes in tapes(12)) {
        on_one_cluster(&tapes, lines::query)?;
    }
}

proptest! {
    #![proptest_config(config(30))]

    #[test]
    fn sessions_are_repeatable_and_files_of_any_kind_are_answered(
        seed in 0..1000u64, inputs in 1..14usize, play in vec(any::<u32>(), 90), damage in vec(any::<u32>(), 12)
    ) {
        let first = session::play(seed, &session::inputs(&mut Tape::new(&play), inputs))?;
        let second = session::play(seed, &session::inputs(&mut Tape::new(&play), inputs))?;
        prop_assert_eq!(first.cluster().history_hash(), second.cluster().history_hash());
        let saved = first.save();
        prop_assert_eq!(&saved, &second.save());
        let journal = Journal::from_text(&saved).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let opened = Session::from_journal(&journal);
        prop_assert_eq!(opened.now(), first.now(), "{}", saved);
        prop_assert_eq!(opened.cluster().history_hash(), first.cluster().history_hash(), "{}", saved);
        if let Ok(journal) = Journal::from_text(&session::damaged(&mut Tape::new(&damage), &saved))
            && session::is_short(&journal, first.now())
        {
            Session::from_journal(&journal);
        }
    }
}
