//! [`Timeline`]: what was true of every pod and claim when, and what the user did.
//!
//! It follows the store's changes as they come, so its work is that of the changes, and it forgets the oldest when
//! it would grow too large.

mod axis;
mod svg;
#[cfg(test)]
mod tests;
mod text;

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

pub use svg::{TimelineOptions, timeline_svg};
pub use text::timeline_text;

use super::SYSTEM_NAMESPACES;
use super::model::in_words;
use super::state::State;
use crate::api::kinds::pod_summary::summarize;
use crate::api::{Kind, Object, ObjectKey, SimTime, pod, storage};
use crate::cluster::Cluster;
use crate::engine::CauseKind;
use crate::store::{CauseId, Change, ChangeType};

/// How many lanes are kept; what was gone first gives way to what comes, and what finds no place is counted only.
const LANES_MAX: usize = 2_000;
/// How many lanes the cluster's own pods have at most.
const SYSTEM_LANES_MAX: usize = 100;
/// How many segments a lane keeps; the oldest go first.
const SEGMENTS_MAX: usize = 256;
/// How many commands and faults are kept; the oldest go first.
const MARKS_MAX: usize = 1_000;

/// At most so many of the `lanes`, in their order, and how many there are besides: what was gone first gives way.
fn at_most<'a>(
    most: usize,
    mut lanes: Vec<(&'a LaneKey, &'a Lane)>,
) -> (Vec<(&'a LaneKey, &'a Lane)>, usize) {
    let more = lanes.len().saturating_sub(most);
    if more > 0 {
        lanes.sort_by_key(|(_, lane)| Reverse(lane.gone_at().unwrap_or(SimTime(u64::MAX))));
        lanes.truncate(most);
        lanes.sort_by_key(|(key, _)| *key);
    }
    (lanes, more)
}

/// Something that was true from a moment on, until the next segment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment {
    from: SimTime,
    state: State,
    /// What was true in words, `CrashLoopBackOff, 0/1 ready, on minikube`.
    words: String,
    restarts: i64,
    /// Whether it begins with a restart of a container.
    is_restart: bool,
}

/// The history of a name: a pod's incarnations, or a claim's, one after the other.
#[derive(Clone, Debug, Default)]
struct Lane {
    segments: VecDeque<Segment>,
    /// How often an object of the name was created.
    incarnations: u32,
}

/// Where a lane stands: pods before claims, by namespace, by what the name is without its number, by number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct LaneKey {
    is_claim: bool,
    namespace: String,
    stem: String,
    ordinal: Option<i32>,
}

impl LaneKey {
    fn new(kind: Kind, key: &ObjectKey) -> LaneKey {
        let (stem, ordinal) = match key.name.rsplit_once('-') {
            // A number as Kubernetes writes it, so that the name can be put together again.
            Some((stem, number)) if !number.starts_with('0') || number == "0" => match number.parse() {
                Ok(ordinal) if !number.starts_with(['+', '-']) => (stem, Some(ordinal)),
                _ => (&*key.name, None),
            },
            _ => (&*key.name, None),
        };
        let is_claim = kind == Kind::PersistentVolumeClaim;
        LaneKey { is_claim, namespace: key.namespace.to_string(), stem: stem.to_owned(), ordinal }
    }

    fn name(&self) -> String {
        match self.ordinal {
            Some(ordinal) => format!("{}-{ordinal}", self.stem),
            None => self.stem.clone(),
        }
    }

    /// Whether somebody who works in `namespace` sees the lane: those of the cluster's own pods only from among them.
    fn is_seen_from(&self, namespace: &str) -> bool {
        self.namespace == namespace || !SYSTEM_NAMESPACES.contains(&self.namespace.as_str())
    }

    fn kind(&self) -> Kind {
        if self.is_claim { Kind::PersistentVolumeClaim } else { Kind::Pod }
    }
}

/// A command or a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    at: SimTime,
    is_fault: bool,
    text: String,
}

/// What was true of every pod and claim when, and what the user did.
#[derive(Clone, Debug)]
pub struct Timeline {
    start: SimTime,
    lanes: BTreeMap<LaneKey, Lane>,
    /// How many of the lanes are those of the cluster's own pods.
    system_lanes: usize,
    marks: VecDeque<Mark>,
    /// Changes of objects that there was no lane for.
    left_out: u64,
    revision: u64,
    causes: usize,
}

impl Timeline {
    /// A timeline that begins with `cluster` as it is now.
    pub fn new(cluster: &Cluster) -> Timeline {
        let store = cluster.store();
        let mut timeline = Timeline {
            start: cluster.now(),
            lanes: BTreeMap::new(),
            system_lanes: 0,
            marks: VecDeque::new(),
            left_out: 0,
            revision: store.revision(),
            causes: cluster.engine().causes().len(),
        };
        for kind in [Kind::Pod, Kind::PersistentVolumeClaim] {
            for object in store.list(kind) {
                timeline.note(object, cluster.now(), true);
            }
        }
        timeline
    }

    /// Takes in what happened in `cluster` since the last time.
    pub fn follow(&mut self, cluster: &Cluster) {
        let store = cluster.store();
        if store.revision() != self.revision {
            for change in store.log().since(self.revision) {
                self.observe(change);
            }
            self.revision = store.revision();
        }
        let causes = cluster.engine().causes();
        for index in self.causes..causes.len() {
            if let Some(cause) = u32::try_from(index).ok().and_then(|index| causes.get(CauseId(index))) {
                self.mark(&cause.kind, cause.at);
            }
        }
        self.causes = causes.len();
    }

    /// Takes in one change of the store.
    pub fn observe(&mut self, change: &Change) {
        if !matches!(change.object, Object::Pod(_) | Object::PersistentVolumeClaim(_)) {
            return;
        }
        match change.change {
            ChangeType::Deleted => {
                let key = LaneKey::new(change.object.kind(), &change.reference.key);
                if let Some(lane) = self.lanes.get_mut(&key) {
                    lane.push(Segment {
                        from: change.at,
                        state: State::Gone,
                        words: "gone".to_owned(),
                        restarts: 0,
                        is_restart: false,
                    });
                }
            }
            ChangeType::Added => self.note(&change.object, change.at, true),
            ChangeType::Modified => self.note(&change.object, change.at, false),
        }
    }

    /// When it begins.
    pub fn start(&self) -> SimTime {
        self.start
    }

    fn note(&mut self, object: &Object, at: SimTime, is_new: bool) {
        let Some(mut segment) = segment(object, at) else { return };
        let key = LaneKey::new(object.kind(), &object.key());
        if !self.lanes.contains_key(&key) {
            let is_system = SYSTEM_NAMESPACES.contains(&key.namespace.as_str());
            if self.lanes.len() >= LANES_MAX {
                self.forget_gone();
            }
            if self.lanes.len() >= LANES_MAX || (is_system && self.system_lanes >= SYSTEM_LANES_MAX) {
                self.left_out += 1;
                return;
            }
            self.system_lanes += usize::from(is_system);
        }
        let lane = self.lanes.entry(key).or_default();
        lane.incarnations += u32::from(is_new);
        let before = lane.segments.back();
        segment.is_restart = !is_new && before.is_some_and(|before| before.restarts < segment.restarts);
        if before.is_none_or(|before| before.state != segment.state || before.words != segment.words) {
            lane.push(segment);
        }
    }

    /// Forgets the quarter of the lanes of what is gone that was gone first.
    fn forget_gone(&mut self) {
        let gone = self.lanes.iter().filter_map(|(key, lane)| Some((lane.gone_at()?, key.clone())));
        let mut gone: Vec<(SimTime, LaneKey)> = gone.collect();
        gone.sort();
        gone.truncate(gone.len().div_ceil(4));
        for (_, key) in gone {
            self.lanes.remove(&key);
            self.system_lanes -= usize::from(SYSTEM_NAMESPACES.contains(&key.namespace.as_str()));
        }
    }

    fn mark(&mut self, kind: &CauseKind, at: SimTime) {
        let (is_fault, text) = match kind {
            CauseKind::Command(text) => (false, text),
            CauseKind::Fault(text) => (true, text),
            CauseKind::Start | CauseKind::Reconcile(..) => return,
        };
        // One command that writes several objects is one mark.
        if self.marks.back().is_some_and(|last| last.at == at && last.text == *text) {
            return;
        }
        if self.marks.len() >= MARKS_MAX {
            self.marks.pop_front();
        }
        self.marks.push_back(Mark { at, is_fault, text: text.clone() });
    }
}

impl Lane {
    fn push(&mut self, segment: Segment) {
        // What lasted no time was never seen.
        if self.segments.back().is_some_and(|last| last.from == segment.from) {
            self.segments.pop_back();
        }
        if self.segments.len() >= SEGMENTS_MAX {
            self.segments.pop_front();
        }
        self.segments.push_back(segment);
    }

    /// When the object was gone; nothing while it is there.
    fn gone_at(&self) -> Option<SimTime> {
        self.segments.back().filter(|last| last.state == State::Gone).map(|last| last.from)
    }

    /// The segments with their ends; the last one's is `now`.
    fn spans(&self, now: SimTime) -> impl Iterator<Item = (&Segment, SimTime)> {
        let ends = self.segments.iter().skip(1).map(|next| next.from).chain([now]);
        self.segments.iter().zip(ends)
    }
}

/// What an object's present state looks like; none for kinds without a lane.
fn segment(object: &Object, from: SimTime) -> Option<Segment> {
    match object {
        Object::Pod(pod) => {
            let summary = summarize(pod);
            let state = State::of_pod(pod, &summary);
            let mut words = format!(
                "{}, {}/{} ready",
                summary.reason, summary.ready_containers, summary.total_containers
            );
            if let Some(node) = pod::node_name(pod) {
                words.push_str(&format!(", on {node}"));
            }
            if summary.restarts > 0 {
                words.push_str(&format!(", {}", in_words(summary.restarts)));
            }
            Some(Segment { from, state, words, restarts: summary.restarts, is_restart: false })
        }
        Object::PersistentVolumeClaim(claim) => {
            let state = State::of_claim(claim);
            let words = match storage::volume_name(claim) {
                Some(volume) if state == State::Ready => format!("bound to {volume}"),
                _ => state.word().to_owned(),
            };
            Some(Segment { from, state, words, restarts: 0, is_restart: false })
        }
        _ => None,
    }
}
