//! Where everything of the map stands. Whole pixels only.

use crate::view::model::{PodView, Scene, SetView};
use crate::view::svg::Font;

/// With more pods than these, pods are cells instead of cards.
const CARDS_MAX: usize = 30;
const MARGIN: i64 = 8;
/// The line of counts.
const COUNTS: i64 = 12;
const HEADER: i64 = 22;
const LABEL: i64 = 16;
/// A node's box is at least so wide where there are several.
const NODE_WIDTH_MIN: i64 = 300;
/// A set's box is at least so wide where there are several: its heading fits.
const SET_WIDTH_MIN: i64 = 362;

/// Between groups of pods; that which is between the seats of two sets.
const GROUP_GAP: i64 = 3 * MARGIN;
/// Between several nodes and the sets: pods' lines cross there.
const CROSSING: i64 = 24;

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rect {
    pub x: i64,
    pub y: i64,
    pub width: i64,
    pub height: i64,
}

impl Rect {
    pub fn top(self) -> (i64, i64) {
        (self.x + self.width / 2, self.y)
    }

    pub fn bottom(self) -> (i64, i64) {
        (self.x + self.width / 2, self.y + self.height)
    }
}

/// The sizes of things.
pub(super) struct Sizes {
    pub is_compact: bool,
    pod: (i64, i64),
    service: (i64, i64),
    pub slot_height: i64,
    pub claim_height: i64,
    pub volume_height: i64,
    gap: i64,
    /// The distance between what is tied.
    pub tie: i64,
}

const CARDS: Sizes = Sizes {
    is_compact: false,
    pod: (158, 40),
    service: (200, 36),
    slot_height: 22,
    claim_height: 34,
    volume_height: 20,
    gap: 8,
    tie: 5,
};

const CELLS: Sizes = Sizes {
    is_compact: true,
    pod: (34, 34),
    service: (200, 36),
    slot_height: 18,
    claim_height: 16,
    volume_height: 12,
    gap: 4,
    tie: 4,
};

/// A label above pods of one group.
pub(super) struct Label {
    pub x: i64,
    pub y: i64,
    /// As it fits.
    pub text: String,
    /// In full.
    pub group: String,
}

/// Where everything stands.
pub(super) struct Layout {
    pub width: u32,
    pub height: u32,
    pub sizes: &'static Sizes,
    pub services: Vec<Rect>,
    /// One a node, then one for pods without a node if there are any.
    pub nodes: Vec<Rect>,
    /// Which box each pod is in.
    pub node_of_pod: Vec<usize>,
    pub pods: Vec<Rect>,
    pub labels: Vec<Label>,
    /// One a set, its heading's place included.
    pub sets: Vec<Rect>,
    /// For each set the place of each ordinal, claims and volumes included.
    pub seats: Vec<Vec<Rect>>,
    /// Claims of no set, their volumes included.
    pub claims: Vec<Rect>,
    /// Where claims of no set begin.
    pub claims_y: i64,
}

impl Layout {
    /// Lays `scene` out in `width` pixels.
    pub fn of(scene: &Scene, width: u32) -> Layout {
        let most_seats = scene.sets.iter().map(|set| set.seats.len()).sum::<usize>();
        let is_compact = scene.pods.len().max(most_seats) > CARDS_MAX;
        let mut layout = Layout {
            width,
            height: 0,
            sizes: if is_compact { &CELLS } else { &CARDS },
            services: Vec::new(),
            nodes: Vec::new(),
            node_of_pod: vec![0; scene.pods.len()],
            pods: vec![Rect::default(); scene.pods.len()],
            labels: Vec::new(),
            sets: Vec::new(),
            seats: Vec::new(),
            claims: Vec::new(),
            claims_y: 0,
        };
        // The first line belongs to the counts.
        let mut y = MARGIN + COUNTS;
        y = layout.place_services(scene, y);
        y = layout.place_nodes(scene, y);
        let is_crossed = scene.nodes.len() > 1 && !scene.sets.is_empty() && !is_compact;
        y = layout.place_sets(scene, y + if is_crossed { CROSSING - MARGIN } else { 0 });
        y = layout.place_claims(scene, y);
        layout.height = u32::try_from(y).unwrap_or(u32::MAX);
        layout
    }

    fn inner_width(&self) -> i64 {
        i64::from(self.width) - 2 * MARGIN
    }

    fn place_services(&mut self, scene: &Scene, y: i64) -> i64 {
        if scene.services.is_empty() {
            return y;
        }
        let area = Rect { x: MARGIN, y, width: self.inner_width(), height: 0 };
        let (places, bottom) = flow(area, self.sizes.service, 12, scene.services.len());
        self.services = places;
        // Room for the lines to the pods.
        bottom + if self.sizes.is_compact { 12 } else { 18 }
    }

    fn place_nodes(&mut self, scene: &Scene, y: i64) -> i64 {
        let mut boxes: Vec<Vec<usize>> = vec![Vec::new(); scene.nodes.len()];
        let mut homeless = Vec::new();
        for (index, pod) in scene.pods.iter().enumerate() {
            let name = pod.node.as_deref();
            match scene.nodes.iter().position(|node| Some(&*node.name) == name) {
                Some(node) => boxes[node].push(index),
                None => homeless.push(index),
            }
        }
        let count = i64::try_from(boxes.len()).unwrap_or(1).max(1);
        let columns = (self.inner_width() / NODE_WIDTH_MIN).clamp(1, count);
        let width = (self.inner_width() - (columns - 1) * MARGIN) / columns;
        let mut y = y;
        let per_row = usize::try_from(columns).unwrap_or(1);
        for row in boxes.chunks(per_row) {
            let mut x = MARGIN;
            let first = self.nodes.len();
            for pods in row {
                self.place_box(scene, pods, Rect { x, y, width, height: 0 });
                x += width + MARGIN;
            }
            let height = self.nodes[first..].iter().map(|node| node.height).max().unwrap_or(0);
            for node in &mut self.nodes[first..] {
                node.height = height;
            }
            y += height + MARGIN;
        }
        if !homeless.is_empty() {
            self.place_box(scene, &homeless, Rect { x: MARGIN, y, width: self.inner_width(), height: 0 });
            y += self.nodes.last().map_or(0, |last| last.height) + MARGIN;
        }
        y
    }

    /// Places a box with `pods`, a label above each group of them, and finds its height. Groups stand side by side
    /// where they fit.
    fn place_box(&mut self, scene: &Scene, pods: &[usize], area: Rect) {
        let (left, right) = (area.x + MARGIN, area.x + area.width - MARGIN);
        let (mut x, mut y, mut bottom) = (left, area.y + HEADER, area.y + HEADER);
        let same_group = |a: &usize, b: &usize| group(&scene.pods[*a]) == group(&scene.pods[*b]);
        let mut groups: Vec<&[usize]> = pods.chunk_by(same_group).collect();
        // Pods of sets come first: what they are tied to begins at the left, too.
        groups.sort_by_key(|members| scene.pods[members[0]].ordinal.is_none());
        // The labels of the row, until it is known what each has room for.
        let mut row: Vec<Label> = Vec::new();
        for members in groups {
            let mut width = self.row_width(room_for(scene, members));
            if x > left && x + width > right {
                width = self.row_width(members.len());
            }
            if x > left && x + width > right {
                (x, y) = (left, bottom);
                self.label(&mut row, right);
            }
            let group = &scene.pods[members[0]].group;
            let label_height = if group.is_empty() { 0 } else { LABEL };
            if !group.is_empty() {
                row.push(Label { x, y: y + 12, text: String::new(), group: group.clone() });
            }
            let inside = Rect { x, y: y + label_height, width: right - x, height: 0 };
            let (places, end) = flow(inside, self.sizes.pod, self.sizes.gap, members.len());
            for (pod, place) in members.iter().zip(places) {
                self.pods[*pod] = place;
                self.node_of_pod[*pod] = self.nodes.len();
            }
            x += width + GROUP_GAP;
            bottom = bottom.max(end + MARGIN);
        }
        self.label(&mut row, right);
        let empty = if self.sizes.is_compact { 24 } else { self.sizes.pod.1 };
        let height = (bottom - area.y).max(HEADER + empty + MARGIN);
        self.nodes.push(Rect { height, ..area });
    }

    /// Writes the labels of a row as they fit, each before the next and before `right`.
    fn label(&mut self, row: &mut Vec<Label>, right: i64) {
        let mut end = right;
        for label in row.iter_mut().rev() {
            label.text = Font::Text.elided(&label.group, end - label.x);
            end = label.x - MARGIN;
        }
        self.labels.append(row);
    }

    /// The width of `count` pods in a row.
    fn row_width(&self, count: usize) -> i64 {
        i64::try_from(count).unwrap_or(0) * (self.sizes.pod.0 + self.sizes.gap) - self.sizes.gap
    }

    /// Places the sets' boxes, each as wide as its ordinals in a row, as many side by side as fit. The last of a row
    /// takes what is left.
    fn place_sets(&mut self, scene: &Scene, y: i64) -> i64 {
        let right = MARGIN + self.inner_width();
        let narrowest = |set: &SetView| (self.row_width(set.seats.len()) + 2 * MARGIN).max(SET_WIDTH_MIN);
        let mut widths: Vec<i64> =
            scene.sets.iter().map(|set| narrowest(set).min(self.inner_width())).collect();
        let mut rows = Vec::new();
        let (mut from, mut x) = (0, MARGIN);
        for (index, width) in widths.iter().enumerate() {
            if index > from && x + width > right {
                rows.push(from..index);
                (from, x) = (index, MARGIN);
            }
            x += width + MARGIN;
        }
        rows.push(from..widths.len());
        let mut y = y;
        for row in rows.into_iter().filter(|row| !row.is_empty()) {
            let taken: i64 = widths[row.clone()].iter().map(|width| width + MARGIN).sum();
            widths[row.end - 1] += right + MARGIN - (MARGIN + taken);
            let mut x = MARGIN;
            for index in row.clone() {
                let (set, width) = (&scene.sets[index], widths[index]);
                let claims = set.seats.iter().map(|seat| seat.claims.len()).max().unwrap_or(0);
                let height = self.sizes.slot_height + self.claims_height(claims);
                let inside = Rect { x: x + MARGIN, y: y + HEADER, width: width - 2 * MARGIN, height: 0 };
                let (places, end) = flow(inside, (self.sizes.pod.0, height), self.sizes.gap, set.seats.len());
                self.seats.push(places);
                self.sets.push(Rect { x, y, width, height: end + MARGIN - y });
                x += width + MARGIN;
            }
            let height = self.sets[row.clone()].iter().map(|set| set.height).max().unwrap_or(0);
            for set in &mut self.sets[row] {
                set.height = height;
            }
            y += height + MARGIN;
        }
        y
    }

    fn place_claims(&mut self, scene: &Scene, y: i64) -> i64 {
        self.claims_y = y;
        if scene.claims.is_empty() {
            return y;
        }
        let inside = Rect { x: MARGIN, y: y + HEADER, width: self.inner_width(), height: 0 };
        let size = (self.sizes.pod.0, self.claims_height(1));
        let (places, bottom) = flow(inside, size, self.sizes.gap, scene.claims.len());
        self.claims = places;
        bottom + MARGIN
    }

    /// The height of that many claims, each with its volume beneath and a tie above.
    fn claims_height(&self, count: usize) -> i64 {
        i64::try_from(count).unwrap_or(0) * self.claim_step()
    }

    /// From one claim to the next.
    pub fn claim_step(&self) -> i64 {
        self.sizes.claim_height + self.sizes.volume_height + 2 * self.sizes.tie
    }
}

fn group(pod: &PodView) -> (&str, &str) {
    (&pod.key.namespace, &pod.group)
}

/// For how many pods a group keeps room beside the next one, so that a pod that comes or goes moves that less often.
fn room_for(scene: &Scene, members: &[usize]) -> usize {
    let pod = &scene.pods[members[0]];
    let is_own = |set: &&SetView| {
        set.key.namespace == pod.key.namespace
            && set.seats.iter().any(|seat| seat.pod.is_some_and(|index| members.contains(&index)))
    };
    match scene.sets.iter().find(is_own) {
        // All of a set's ordinals are there, or will be.
        Some(set) if scene.nodes.len() == 1 => set.seats.len().max(members.len()),
        _ => members.len().next_multiple_of(2),
    }
}

/// Places `count` things of `size` from left to right and on, and says where they end.
fn flow(area: Rect, size: (i64, i64), gap: i64, count: usize) -> (Vec<Rect>, i64) {
    let per_row = ((area.width + gap) / (size.0 + gap)).max(1);
    let place = |index: i64| Rect {
        x: area.x + index % per_row * (size.0 + gap),
        y: area.y + index / per_row * (size.1 + gap),
        width: size.0,
        height: size.1,
    };
    let count = i64::try_from(count).unwrap_or(0);
    let rows = (count + per_row - 1) / per_row;
    ((0..count).map(place).collect(), area.y + (rows * (size.1 + gap) - gap).max(0))
}
