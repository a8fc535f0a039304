//! Where everything of the map stands. Whole pixels only.

use crate::view::model::{PodView, Scene};

/// With more pods than these, pods are cells instead of cards.
const CARDS_MAX: usize = 30;
const MARGIN: i64 = 8;
const NODE_HEADER: i64 = 24;
const LABEL: i64 = 18;
/// A node's box is at least so wide where there are several.
const NODE_WIDTH_MIN: i64 = 300;
/// A set's box is at least so wide where there are several: its heading fits.
const SET_WIDTH_MIN: i64 = 380;

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
}

const CARDS: Sizes = Sizes {
    is_compact: false,
    pod: (140, 52),
    service: (190, 40),
    slot_height: 24,
    claim_height: 36,
    volume_height: 24,
    gap: 8,
};

const CELLS: Sizes = Sizes {
    is_compact: true,
    pod: (34, 34),
    service: (190, 40),
    slot_height: 18,
    claim_height: 16,
    volume_height: 12,
    gap: 4,
};

/// A label above pods of one group.
pub(super) struct Label {
    pub x: i64,
    pub y: i64,
    pub text: String,
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
        let mut y = MARGIN + LABEL;
        y = layout.place_services(scene, y);
        y = layout.place_nodes(scene, y);
        y = layout.place_sets(scene, y);
        y = layout.place_claims(scene, y);
        layout.height = u32::try_from(y + MARGIN).unwrap_or(u32::MAX);
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
        bottom + if self.sizes.is_compact { 12 } else { 28 }
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
        let (mut x, mut y, mut bottom) = (left, area.y + NODE_HEADER, area.y + NODE_HEADER);
        let same_group = |a: &usize, b: &usize| group(&scene.pods[*a]) == group(&scene.pods[*b]);
        let mut groups: Vec<&[usize]> = pods.chunk_by(same_group).collect();
        // Pods of sets come first: what they are tied to begins at the left, too.
        groups.sort_by_key(|members| scene.pods[members[0]].ordinal.is_none());
        for members in groups {
            // Room for an even number, so that a pod that comes or goes moves the next group less often.
            let width = self.row_width(members.len().next_multiple_of(2));
            if x > left && x + width > right {
                (x, y) = (left, bottom);
            }
            let group = &scene.pods[members[0]].group;
            let label_height = if group.is_empty() { 0 } else { LABEL };
            if !group.is_empty() {
                self.labels.push(Label { x, y: y + 12, text: group.clone() });
            }
            let inside = Rect { x, y: y + label_height, width: right - x, height: 0 };
            let (places, end) = flow(inside, self.sizes.pod, self.sizes.gap, members.len());
            for (pod, place) in members.iter().zip(places) {
                self.pods[*pod] = place;
                self.node_of_pod[*pod] = self.nodes.len();
            }
            x += width + 2 * MARGIN;
            bottom = bottom.max(end + MARGIN);
        }
        let empty = if self.sizes.is_compact { 24 } else { self.sizes.pod.1 };
        let height = (bottom - area.y).max(NODE_HEADER + empty + MARGIN);
        self.nodes.push(Rect { height, ..area });
    }

    /// The width of `count` pods in a row.
    fn row_width(&self, count: usize) -> i64 {
        i64::try_from(count).unwrap_or(0) * (self.sizes.pod.0 + self.sizes.gap) - self.sizes.gap
    }

    /// Places the sets' boxes, side by side where all of their ordinals fit in a row of them.
    fn place_sets(&mut self, scene: &Scene, y: i64) -> i64 {
        let widest =
            scene.sets.iter().map(|set| self.row_width(set.seats.len()) + 2 * MARGIN).max().unwrap_or(0);
        let count = i64::try_from(scene.sets.len()).unwrap_or(1).max(1);
        let columns = ((self.inner_width() + MARGIN) / (widest.max(SET_WIDTH_MIN) + MARGIN)).clamp(1, count);
        let width = (self.inner_width() - (columns - 1) * MARGIN) / columns;
        let mut y = y;
        for row in scene.sets.chunks(usize::try_from(columns).unwrap_or(1)) {
            let first = self.sets.len();
            for (set, x) in row.iter().zip((MARGIN..).step_by(usize::try_from(width + MARGIN).unwrap_or(1))) {
                let claims = set.seats.iter().map(|seat| seat.claims.len()).max().unwrap_or(0);
                let height = self.sizes.slot_height + self.claims_height(claims);
                let inside = Rect { x: x + MARGIN, y: y + NODE_HEADER, width: width - 2 * MARGIN, height: 0 };
                let (places, end) = flow(inside, (self.sizes.pod.0, height), self.sizes.gap, set.seats.len());
                self.seats.push(places);
                self.sets.push(Rect { x, y, width, height: end + MARGIN - y });
            }
            let height = self.sets[first..].iter().map(|set| set.height).max().unwrap_or(0);
            for set in &mut self.sets[first..] {
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
        let inside = Rect { x: MARGIN, y: y + NODE_HEADER, width: self.inner_width(), height: 0 };
        let size = (self.sizes.pod.0, self.claims_height(1));
        let (places, bottom) = flow(inside, size, self.sizes.gap, scene.claims.len());
        self.claims = places;
        bottom
    }

    /// The height of that many claims, each with its volume beneath and a tie above.
    fn claims_height(&self, count: usize) -> i64 {
        i64::try_from(count).unwrap_or(0) * self.claim_step()
    }

    /// From one claim to the next.
    pub fn claim_step(&self) -> i64 {
        self.sizes.claim_height + self.sizes.volume_height + 2 * self.sizes.gap
    }

    /// The distance between what is tied.
    pub fn gap(&self) -> i64 {
        self.sizes.gap
    }
}

fn group(pod: &PodView) -> (&str, &str) {
    (&pod.key.namespace, &pod.group)
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
