//! Where the map's lines go: around what they do not belong to.

use super::layout::{Layout, Rect};
use crate::view::model::Scene;

/// A line with corners.
pub(super) type Path = Vec<(i64, i64)>;

/// How far a line stays from a card that is not its own.
const CLEAR: i64 = 2;
/// How far lines beside each other are apart.
const APART: i64 = 3;
/// From a pod down to where its line turns: the middle of what is between two rows.
const TURN: i64 = 4;
/// How far aside a line looks for its way.
const ASIDE_MAX: i64 = 400;

/// A service's line to a pod.
pub(super) struct Reach {
    pub path: Path,
    pub is_ready: bool,
}

/// The lines of a map of cards, each past the cards of other pods.
pub(super) struct Routes {
    pub reaches: Vec<Reach>,
    /// From pods to their ordinals.
    pub ties: Vec<Path>,
}

/// A way from top to bottom.
#[derive(Clone, Copy)]
struct Lane {
    x: i64,
    from: i64,
    to: i64,
}

impl Routes {
    /// The lines of `scene` as `layout` has placed it.
    pub fn of(scene: &Scene, layout: &Layout) -> Routes {
        let mut finder = Finder { layout, taken: Vec::new() };
        let mut ties = Vec::new();
        for (index, set) in scene.sets.iter().enumerate() {
            for (seat, place) in set.seats.iter().zip(&layout.seats[index]) {
                if let Some(pod) = seat.pod {
                    ties.push(finder.tie(pod, (place.top().0, layout.sets[index].y)));
                }
            }
        }
        let mut reaches = Vec::new();
        for (service, place) in scene.services.iter().zip(&layout.services) {
            for (pod, is_ready) in &service.reaches {
                reaches.push(Reach { path: finder.reach(*place, *pod), is_ready: *is_ready });
            }
        }
        Routes { reaches, ties }
    }
}

struct Finder<'a> {
    layout: &'a Layout,
    /// The lanes that have a line.
    taken: Vec<Lane>,
}

impl Finder<'_> {
    /// Down from a pod and out of the nodes, then over to `end`, above its ordinal.
    fn tie(&mut self, pod: usize, end: (i64, i64)) -> Path {
        let (middle, bottom) = self.layout.pods[pod].bottom();
        let floor = self.layout.nodes.iter().map(|node| node.y + node.height).max().unwrap_or(bottom);
        if self.is_clear(pod, (middle, bottom), (middle, floor)) {
            self.taken.push(Lane { x: middle, from: bottom, to: floor });
            return vec![(middle, bottom), (middle, floor), end];
        }
        let turn = bottom + TURN;
        let lane = self.lane(
            |x| self.is_clear(pod, (middle, turn), (x, turn)) && self.is_clear(pod, (x, turn), (x, floor)),
            pod,
            (turn, floor),
        );
        match lane {
            Some(x) => {
                self.taken.push(Lane { x, from: turn, to: floor });
                vec![(middle, bottom), (middle, turn), (x, turn), (x, floor), end]
            }
            None => vec![(middle, bottom), (middle, floor), end],
        }
    }

    /// From a service to the top of a pod, or beside the pods that are in the way and to its side.
    fn reach(&mut self, service: Rect, pod: usize) -> Path {
        let place = self.layout.pods[pod];
        let start = service.bottom();
        if self.is_clear(pod, start, place.top()) {
            return vec![start, place.top()];
        }
        let ceiling = self.layout.nodes.iter().map(|node| node.y).min().unwrap_or(place.y);
        let side = place.y + place.height / 2;
        let edge = |x: i64| if x < place.x { place.x } else { place.x + place.width };
        let lane = self.lane(
            |x| {
                (x < place.x - CLEAR || x > place.x + place.width + CLEAR)
                    && self.is_clear(pod, (x, ceiling), (x, side))
                    && self.is_clear(pod, (x, side), (edge(x), side))
            },
            pod,
            (ceiling, side),
        );
        match lane {
            Some(x) => {
                self.taken.push(Lane { x, from: ceiling, to: side });
                vec![start, (x, ceiling), (x, side), (edge(x), side)]
            }
            None => vec![start, place.top()],
        }
    }

    /// The lane nearest to the middle of `pod` that is `free`; one that has no line yet, if there is any.
    fn lane(&self, free: impl Fn(i64) -> bool, pod: usize, (from, to): (i64, i64)) -> Option<i64> {
        let middle = self.layout.pods[pod].top().0;
        let width = i64::from(self.layout.width);
        let mut second = None;
        for aside in 0..ASIDE_MAX {
            for x in [middle + aside, middle - aside] {
                if x <= CLEAR || x >= width - CLEAR || !free(x) {
                    continue;
                }
                let meets = |lane: &Lane| (lane.x - x).abs() < APART && lane.from < to && lane.to > from;
                if !self.taken.iter().any(meets) {
                    return Some(x);
                }
                second = second.or(Some(x));
            }
        }
        second
    }

    /// Whether a straight line goes past every pod but this one.
    fn is_clear(&self, pod: usize, from: (i64, i64), to: (i64, i64)) -> bool {
        let others = self.layout.pods.iter().enumerate().filter(|(index, _)| *index != pod);
        others.into_iter().all(|(_, place)| !crosses(*place, from, to))
    }
}

/// Whether a straight line comes as near to `place` as [`CLEAR`].
pub(super) fn crosses(place: Rect, from: (i64, i64), to: (i64, i64)) -> bool {
    let (left, right) = (place.x - CLEAR, place.x + place.width + CLEAR);
    let (top, bottom) = (place.y - CLEAR, place.y + place.height + CLEAR);
    let is_aside = from.0.max(to.0) < left || from.0.min(to.0) > right;
    let is_off = from.1.max(to.1) < top || from.1.min(to.1) > bottom;
    if is_aside || is_off {
        return false;
    }
    // The corners are on both sides of the line, or on it.
    let (run, rise) = (to.0 - from.0, to.1 - from.1);
    let side = |(x, y): (i64, i64)| (run * (y - from.1) - rise * (x - from.0)).signum();
    let sides = [(left, top), (right, top), (left, bottom), (right, bottom)].map(side);
    !(sides.iter().all(|side| *side > 0) || sides.iter().all(|side| *side < 0))
}
