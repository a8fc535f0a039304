//! What holds whatever happens.

use std::collections::BTreeSet;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod;
use proptest::prelude::*;

use super::super::StatefulSetController;
use super::super::index::{Phase, Replica, Replicas, parent_and_ordinal};
use super::super::wish::Wish;
use super::harness::{Bench, key, web};
use crate::api::{Kind, Resource, meta, pod};
use crate::apiserver::{DeleteOptions, Subresource};
use crate::store::{ChangeType, Store};

/// Something that a user or a node does.
#[derive(Clone, Debug)]
enum Deed {
    Run(u64),
    Scale(i32),
    Image(u8),
    Partition(i32),
    Start(i32),
    DeletePod(i32),
    Ready(i32, bool),
    Fail(i32, bool),
    Relabel(i32, bool),
    Disown(i32),
    KeepTerminating(bool),
    DeleteClaim(i32),
}

fn deed() -> impl Strategy<Value = Deed> {
    let ordinal = 0..5;
    prop_oneof![
        8 => (1_u64..1_500).prop_map(Deed::Run),
        3 => (0..5).prop_map(Deed::Scale),
        2 => (1_u8..4).prop_map(Deed::Image),
        1 => (0..4).prop_map(Deed::Partition),
        1 => (0..3).prop_map(Deed::Start),
        3 => ordinal.clone().prop_map(Deed::DeletePod),
        2 => (ordinal.clone(), any::<bool>()).prop_map(|(ordinal, ready)| Deed::Ready(ordinal, ready)),
        1 => (ordinal.clone(), any::<bool>()).prop_map(|(ordinal, failed)| Deed::Fail(ordinal, failed)),
        1 => (ordinal.clone(), any::<bool>()).prop_map(|(ordinal, away)| Deed::Relabel(ordinal, away)),
        1 => ordinal.clone().prop_map(Deed::Disown),
        1 => any::<bool>().prop_map(Deed::KeepTerminating),
        1 => ordinal.prop_map(Deed::DeleteClaim),
    ]
}

fn name(ordinal: i32) -> String {
    format!("web-{ordinal}")
}

fn do_it(bench: &mut Bench, deed: &Deed) {
    let there = |bench: &Bench, ordinal: &i32| bench.pod(&name(*ordinal)).is_some();
    match deed {
        Deed::Run(milliseconds) => run(bench, *milliseconds),
        Deed::Scale(replicas) => bench.scale(*replicas),
        Deed::Image(number) => bench.set_image(&format!("app:{number}.0")),
        Deed::Partition(partition) => bench.set_partition(*partition),
        Deed::Start(start) => bench.change_set(|set| {
            set.spec.as_mut().unwrap().ordinals.get_or_insert_default().start = Some(*start);
        }),
        Deed::DeletePod(ordinal) if there(bench, ordinal) => bench.delete_pod(&name(*ordinal)),
        Deed::Ready(ordinal, ready) if there(bench, ordinal) => bench.make_ready(&name(*ordinal), *ready),
        Deed::Fail(ordinal, failed) if there(bench, ordinal) => {
            bench.set_phase(&name(*ordinal), if *failed { "Failed" } else { "Succeeded" });
        }
        Deed::Relabel(ordinal, away) if there(bench, ordinal) => relabel(bench, &name(*ordinal), *away),
        Deed::Disown(ordinal) if there(bench, ordinal) => {
            let disown = |pod: &mut Pod| pod.metadata.owner_references = None;
            bench.act(|api| api.modify(&key(&name(*ordinal)), Subresource::Main, disown)).unwrap();
        }
        Deed::KeepTerminating(keep) => set_keep_terminating(bench, *keep),
        Deed::DeleteClaim(ordinal) => {
            let claim = key(&format!("data-web-{ordinal}"));
            let options = DeleteOptions::default();
            let _ = bench.act(|api| api.delete(Kind::PersistentVolumeClaim, &claim, &options));
        }
        _ => {}
    }
    assert_index_is_as_rebuilt(bench);
}

fn relabel(bench: &mut Bench, pod: &str, away: bool) {
    let app = if away { "escaped" } else { "web" };
    let relabel = |pod: &mut Pod| {
        pod.metadata.labels.get_or_insert_default().insert("app".to_owned(), app.to_owned());
    };
    bench.act(|api| api.modify(&key(pod), Subresource::Main, relabel)).unwrap();
}

/// The kubelet looks again at pods that it kept.
fn set_keep_terminating(bench: &mut Bench, keep: bool) {
    bench.plane.kubelet.keeps_terminating = keep;
    let pods: Vec<_> = bench.store().all::<Pod>().map(Resource::key).collect();
    for pod in pods {
        bench.engine.poke(
            crate::engine::ComponentId(1),
            crate::api::ObjectRef::new(Kind::Pod, pod),
            crate::engine::CauseKind::Fault(String::new()),
        );
    }
}

fn run(bench: &mut Bench, milliseconds: u64) {
    let end = bench.engine.now() + std::time::Duration::from_millis(milliseconds);
    while bench.engine.queue().next_time().is_some_and(|next| next <= end) {
        let before = bench.store().clone();
        let wake = bench.engine.step(&mut bench.plane).expect("a wake");
        if wake.component.0 == 0 {
            assert_sync_keeps_the_rules(&before, bench.store());
        }
        assert_index_is_as_rebuilt(bench);
    }
    bench.engine.set_now(end);
}

fn assert_index_is_as_rebuilt(bench: &Bench) {
    let now = bench.engine.now();
    let rebuilt = StatefulSetController::from_store(bench.store(), now);
    let strays = |controller: &StatefulSetController| {
        let family = controller.families.get(&key("web"));
        family.map(|family| (family.adoptable.clone(), family.releasable.clone()))
    };
    let replicas = |controller: &StatefulSetController| {
        let mut replicas = controller.families.get(&key("web")).expect("a family").replicas.clone();
        replicas.ripen(now.timestamp());
        replicas
    };
    assert_eq!(replicas(&bench.plane.sets), replicas(&rebuilt));
    assert_eq!(strays(&bench.plane.sets), strays(&rebuilt));
    assert_eq!(bench.plane.sets.orphan_revisions, rebuilt.orphan_revisions);
}

fn is_well(store: &Store, ordinal: i32) -> bool {
    let pod = store.typed::<Pod>(&key(&name(ordinal)));
    pod.is_some_and(|pod| pod::is_ready(pod) && !meta::is_terminating(&pod.metadata))
}

/// The rules of order, for what one sync did to the store that it saw.
fn assert_sync_keeps_the_rules(before: &Store, after: &Store) {
    let set = before.typed::<StatefulSet>(&key("web")).expect("the set");
    let wish = Wish::of(set);
    let mut created = BTreeSet::new();
    let mut removed = BTreeSet::new();
    for change in after.log().since(before.revision()) {
        let Some(pod) = Pod::from_ref(&change.object) else { continue };
        let (_, ordinal) = parent_and_ordinal(meta::name(&pod.metadata)).expect("a set's pod");
        let going = change.change == ChangeType::Deleted || meta::is_terminating(&pod.metadata);
        let previous = change.previous.as_ref().and_then(Pod::from_ref);
        let going = going && previous.is_none_or(|pod| !meta::is_terminating(&pod.metadata));
        match change.change {
            ChangeType::Added => assert!(created.insert(ordinal), "one pod for each ordinal"),
            _ if going => assert!(removed.insert(ordinal)),
            _ => {}
        }
        let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
        for claim in volumes.filter_map(|volume| volume.persistent_volume_claim.as_ref()) {
            assert_eq!(claim.claim_name, format!("data-web-{ordinal}"));
        }
    }
    for ordinal in &created {
        assert!(wish.wants(*ordinal));
        assert!(!removed.contains(ordinal));
    }
    let partition = wish.start
        + set.spec.as_ref().unwrap().update_strategy.as_ref().map_or(0, |strategy| {
            strategy.rolling_update.as_ref().and_then(|rolling| rolling.partition).unwrap_or(0)
        });
    for ordinal in removed.iter().copied().filter(|ordinal| wish.wants(*ordinal)) {
        let pod = before.typed::<Pod>(&key(&name(ordinal))).expect("the pod");
        assert!(ordinal >= partition || pod::is_terminal(pod), "the partition is respected");
    }
    if wish.parallel {
        return;
    }
    assert!(created.len() + removed.len() <= 1, "an ordered set does one thing at a time");
    for ordinal in &created {
        assert!((wish.start..*ordinal).all(|earlier| is_well(before, earlier)), "predecessors are ready");
    }
    for ordinal in removed.iter().filter(|ordinal| !wish.wants(**ordinal)) {
        let own = |pod: &&Pod| meta::is_controlled_by(&pod.metadata, meta::uid(&set.metadata));
        let pods = before.all::<Pod>().filter(own).filter(|pod| meta::labels(&pod.metadata)["app"] == "web");
        let ordinals = pods.filter_map(|pod| Some(parent_and_ordinal(meta::name(&pod.metadata))?.1));
        let unwanted = ordinals.filter(|ordinal| !wish.wants(*ordinal));
        assert!(unwanted.max() <= Some(*ordinal), "unwanted successors are gone");
    }
}

/// Ends what holds the set up, and expects it to reach what it asks for.
fn assert_converges(bench: &mut Bench) {
    set_keep_terminating(bench, false);
    bench.release_claims();
    bench.plane.kubelet.never_ready.clear();
    // An ordered set waits for ever when two pods that are to go have ended; upstream does, too.
    let stuck = |pod: &&Pod| pod::is_terminal(pod) || meta::labels(&pod.metadata)["app"] != "web";
    let stuck: Vec<_> = bench.store().all::<Pod>().filter(stuck).map(Resource::key).collect();
    for pod in stuck {
        bench.delete_pod(&pod.name);
    }
    let running = |pod: &&Pod| pod::phase(pod) == "Running" && !meta::is_terminating(&pod.metadata);
    let running: Vec<_> = bench.store().all::<Pod>().filter(running).map(Resource::key).collect();
    for pod in running {
        bench.make_ready(&pod.name, true);
    }
    // As long as the longest backoff, which a set reaches whose pod's name was taken for long.
    run(bench, 1_100_000);
    let set = bench.store().typed::<StatefulSet>(&key("web")).expect("the set").clone();
    let wish = Wish::of(&set);
    let wanted: Vec<String> = (wish.start..=wish.end).map(name).collect();
    assert_eq!(bench.pods(), wanted.join(" "), "{}", bench.blocked());
    let status = bench.status();
    assert_eq!(status.replicas, wanted.len() as i32);
    assert_eq!(status.available_replicas, Some(status.replicas));
    assert_eq!(status.observed_generation, set.metadata.generation);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_rules_hold_and_the_set_converges(
        parallel in any::<bool>(),
        min_ready_seconds in 0..3_i32,
        deeds in proptest::collection::vec(deed(), 1..40),
    ) {
        let mut set = web(3);
        set["spec"]["podManagementPolicy"] = if parallel { "Parallel" } else { "OrderedReady" }.into();
        set["spec"]["minReadySeconds"] = min_ready_seconds.into();
        let mut bench = Bench::with(set);
        for deed in &deeds {
            do_it(&mut bench, deed);
        }
        assert_converges(&mut bench);
    }

    #[test]
    fn the_index_answers_as_a_scan_would(
        changes in proptest::collection::vec((-3..12_i32, 0..5_u8, any::<bool>(), 0..3_u8), 0..60),
        first in -4..13_i32,
        last in -4..13_i32,
    ) {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let mut index = Replicas::new(0);
        let mut model = std::collections::BTreeMap::new();
        for (ordinal, state, terminating, revision) in changes {
            if state == 4 {
                index.remove(ordinal);
                model.remove(&ordinal);
                continue;
            }
            let phase = [Phase::Pending, Phase::Running, Phase::Running, Phase::Ended][usize::from(state)];
            let replica = Replica {
                phase,
                ready_since: (state == 2).then_some(now),
                terminating,
                revision: format!("r{revision}").into(),
            };
            index.insert(ordinal, replica.clone(), now);
            model.insert(ordinal, replica);
        }
        let in_range = || model.iter().filter(|(ordinal, _)| (first..=last).contains(*ordinal));
        let gaps: Vec<i32> = (first..=last).filter(|ordinal| !model.contains_key(ordinal)).collect();
        let unavailable: Vec<i32> = in_range()
            .filter(|(_, replica)| replica.terminating || !replica.is_running_and_ready())
            .map(|(ordinal, _)| *ordinal)
            .collect();
        let live: Vec<i32> =
            in_range().filter(|(_, replica)| !replica.terminating).map(|(ordinal, _)| *ordinal).collect();
        let ended: Vec<i32> = in_range()
            .filter(|(_, replica)| !replica.terminating && replica.phase == Phase::Ended)
            .map(|(ordinal, _)| *ordinal)
            .collect();
        let outdated = in_range().filter(|(_, replica)| !replica.terminating && &*replica.revision != "r1");
        prop_assert_eq!(index.gaps(first, last).collect::<Vec<_>>(), gaps.clone());
        prop_assert_eq!(index.first_gap(first, last), gaps.first().copied());
        prop_assert_eq!(index.last_gap(first, last), gaps.last().copied());
        prop_assert_eq!(index.first_unavailable(first, last), unavailable.first().copied());
        prop_assert_eq!(index.last_unavailable(first, last), unavailable.last().copied());
        prop_assert_eq!(index.count_unavailable(first, last, 3), (gaps.len() + unavailable.len()).min(3));
        prop_assert_eq!(index.live(first, last).collect::<Vec<_>>(), live);
        prop_assert_eq!(index.ended(first, last).collect::<Vec<_>>(), ended);
        prop_assert_eq!(index.last_outdated("r1", first, last), outdated.map(|(ordinal, _)| *ordinal).max());
        prop_assert_eq!(index.len(), model.len());
        prop_assert_eq!(index.max(), model.keys().max().copied());
        prop_assert_eq!(index.last_below(first), model.range(..first).next_back().map(|(ordinal, _)| *ordinal));
        prop_assert_eq!(index.ready(), model.values().filter(|replica| replica.is_running_and_ready()).count());
        prop_assert_eq!(index.available(), index.ready());
        let mut rebuilt = Replicas::new(0);
        for (ordinal, replica) in &model {
            rebuilt.insert(*ordinal, replica.clone(), now);
        }
        prop_assert_eq!(index, rebuilt);
    }
}
