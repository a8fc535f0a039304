//! Draws the map's things where the layout put them.

use std::collections::BTreeSet;

use super::layout::{Layout, Rect};
use super::routes::Routes;
use crate::api::{Kind, ObjectKey, ObjectRef};
use crate::view::model::{ClaimView, NODES_MAX, PODS_MAX, PodView, Scene, Seat, ServiceView, SetView};
use crate::view::state::State;
use crate::view::svg::{Font, Svg, fitted, reference};

/// What stands before the ids of the map's elements.
const PREFIX: &str = "map";

pub(super) fn draw(scene: &Scene, layout: &Layout) -> String {
    let counts = scene.counts();
    let label = format!("Cluster map: {counts}");
    let classes: &[&str] = if layout.sizes.is_compact { &["compact"] } else { &[] };
    let svg = Svg::open("sts-map", classes, &label, (layout.width, layout.height));
    let mut drawing = Drawing { svg, layout };
    drawing.counts(scene, &counts);
    drawing.nodes(scene);
    drawing.lines(scene);
    drawing.labels(scene);
    for (pod, place) in scene.pods.iter().zip(&layout.pods) {
        drawing.pod(pod, *place);
    }
    for (service, place) in scene.services.iter().zip(&layout.services) {
        drawing.service(service, *place);
    }
    for (index, set) in scene.sets.iter().enumerate() {
        drawing.set(scene, set, index);
    }
    drawing.claims(scene);
    drawing.svg.close()
}

struct Drawing<'a> {
    svg: Svg,
    layout: &'a Layout,
}

fn of(kind: Kind, key: &ObjectKey) -> String {
    reference(&ObjectRef::new(kind, key.clone()))
}

impl Drawing<'_> {
    fn counts(&mut self, scene: &Scene, counts: &str) {
        let mut text = match &scene.namespace {
            Some(namespace) => format!("Pods in {namespace}: {counts}"),
            None => format!("Pods: {counts}"),
        };
        if scene.more_pods > 0 {
            text.push_str(&format!("; these are the first {PODS_MAX}, +{} more", scene.more_pods));
        }
        if let Some(elsewhere) = scene.elsewhere() {
            text.push_str(&format!(". {elsewhere}"));
        }
        self.svg.group("map-counts", "counts", "");
        self.svg.title(&text);
        let room = i64::from(self.layout.width) - 16;
        self.svg.text("counts", 8, 13, &Font::Text.elided(&text, room));
        self.svg.finish("g");
    }

    fn nodes(&mut self, scene: &Scene) {
        for (index, place) in self.layout.nodes.iter().enumerate() {
            match scene.nodes.get(index) {
                Some(node) => {
                    let about = format!("Node {}: {}", node.name, node.words);
                    let class = if node.is_ready { "node ready" } else { "node not-ready" };
                    self.svg.object(PREFIX, &format!("Node/{}", node.name), class, &about);
                    self.svg.rect("box", place.x, place.y, place.width, place.height);
                    self.svg.finish("g");
                }
                None => {
                    self.svg.group("map-no-node", "node none", "Pods without a node");
                    self.svg.rect("box", place.x, place.y, place.width, place.height);
                    self.svg.finish("g");
                }
            }
        }
    }

    /// What nodes and groups of pods are called, above the lines that go by.
    fn labels(&mut self, scene: &Scene) {
        self.svg.group("map-labels", "labels over", "");
        for (index, place) in self.layout.nodes.iter().enumerate() {
            let Some(node) = scene.nodes.get(index) else {
                let heading = Font::Name.elided(&self.without_node(scene, index), place.width - 16);
                self.svg.text("heading", place.x + 8, place.y + 16, &heading);
                continue;
            };
            let state = if node.is_ready { State::Ready } else { State::NotReady };
            let class = format!("marker {}", state.class());
            self.svg.shape(&class, place.x + 8, place.y + 4, state.shape());
            let text = format!("{}  {}", node.name, node.words);
            let text = Font::Name.elided(&text, place.width - 38);
            self.svg.text("heading", place.x + 30, place.y + 16, &text);
        }
        for label in &self.layout.labels {
            self.svg.start("g").attr("class", "label").end();
            self.svg.title(&label.group);
            self.svg.text("muted", label.x, label.y, &label.text);
            self.svg.finish("g");
        }
        self.svg.finish("g");
    }

    /// What the pods that stand at `index` lack: a node as yet, or the one that they were on.
    fn without_node(&self, scene: &Scene, index: usize) -> String {
        let there = scene.pods.iter().zip(&self.layout.node_of_pod).filter(|(_, node)| **node == index);
        let nodes: BTreeSet<Option<&str>> = there.map(|(pod, _)| pod.node.as_deref()).collect();
        let names: Vec<&str> = nodes.iter().copied().flatten().collect();
        // There may be more nodes than are shown.
        let word = if scene.nodes.len() < NODES_MAX { "gone" } else { "not shown" };
        match (names.as_slice(), nodes.contains(&None)) {
            ([], _) => "no node yet".to_owned(),
            (names, false) => format!("{} {word}", names.join(", ")),
            (names, true) => format!("no node yet; {} {word}", names.join(", ")),
        }
    }

    /// Lines from services to what they reach, and from pods to their ordinals' places.
    fn lines(&mut self, scene: &Scene) {
        self.svg.group("map-lines", "lines", "");
        if self.layout.sizes.is_compact {
            for (service, place) in scene.services.iter().zip(&self.layout.services) {
                self.lines_to_nodes(service, *place);
            }
        } else {
            let routes = Routes::of(scene, self.layout);
            for reach in routes.reaches {
                let class = if reach.is_ready { "reach ready" } else { "reach not-ready" };
                self.svg.lines(class, &reach.path);
            }
            for tie in routes.ties {
                self.svg.lines("tie", &tie);
            }
        }
        self.svg.finish("g");
    }

    /// One line a node stands for all of a service's pods there.
    fn lines_to_nodes(&mut self, service: &ServiceView, place: Rect) {
        for (node, node_place) in self.layout.nodes.iter().enumerate() {
            let mut there =
                service.reaches.iter().filter(|(pod, _)| self.layout.node_of_pod[*pod] == node).peekable();
            if there.peek().is_none() {
                continue;
            }
            let class = if there.any(|(_, is_ready)| *is_ready) { "reach ready" } else { "reach not-ready" };
            self.svg.line(class, place.bottom(), node_place.top());
        }
    }

    fn pod(&mut self, pod: &PodView, place: Rect) {
        let class = format!("pod {}", pod.state.class());
        self.svg.object(PREFIX, &of(Kind::Pod, &pod.key), &class, &pod.about());
        self.svg.rect("card", place.x, place.y, place.width, place.height);
        if self.layout.sizes.is_compact {
            self.svg.shape("marker", place.x + 10, place.y + 4, pod.state.shape());
            let name = pod.ordinal.map_or_else(
                || Font::Small.ended(&pod.key.name, place.width - 4),
                |ordinal| ordinal.to_string(),
            );
            self.svg.text("small middle", place.x + place.width / 2, place.y + 30, &name);
        } else {
            self.name(&pod.key.name, place, 15, 0);
            self.svg.shape("marker", place.x + 7, place.y + 21, pod.state.shape());
            let mut rest = format!("{}/{}", pod.ready.0, pod.ready.1);
            if pod.restarts > 0 {
                rest.push_str(&format!(" \u{21bb}{}", pod.restarts));
            }
            self.svg.text("muted small end", place.x + place.width - 7, place.y + 32, &rest);
            let word = if pod.word.is_empty() { pod.state.word() } else { &pod.word };
            let room = place.width - 27 - 7 - Font::Small.width(&rest) - 4;
            let is_short = Font::Text.width(word) <= room;
            let (class, font) = if is_short { ("word", Font::Text) } else { ("word small", Font::Small) };
            self.svg.text(class, place.x + 27, place.y + 32, &font.elided(word, room));
        }
        self.svg.finish("g");
    }

    fn service(&mut self, service: &ServiceView, place: Rect) {
        let ready = service.reaches.iter().filter(|(_, is_ready)| *is_ready).count();
        let reach = match service.reaches.len() {
            0 => "reaches no pods".to_owned(),
            all => format!("{ready} of {all} pods ready"),
        };
        let name = &service.key.name;
        let about = format!("Service {name}: {}, {reach}", service.words);
        self.svg.object(PREFIX, &of(Kind::Service, &service.key), "service", &about);
        self.svg.rect("card", place.x, place.y, place.width, place.height);
        let reached = match service.reaches.len() {
            0 => String::new(),
            all => format!("{ready}/{all}"),
        };
        self.name(name, place, 15, Font::Text.width(&reached));
        if !reached.is_empty() {
            self.svg.text("muted end", place.x + place.width - 7, place.y + 15, &reached);
        }
        let words = Font::Text.elided(&service.words, place.width - 14);
        self.svg.text("muted", place.x + 7, place.y + 29, &words);
        self.svg.finish("g");
    }

    fn set(&mut self, scene: &Scene, set: &SetView, index: usize) {
        let place = self.layout.sets[index];
        let about = format!("StatefulSet {}: {}", set.key.name, set.words);
        self.svg.object(PREFIX, &of(Kind::StatefulSet, &set.key), "set", &about);
        self.svg.rect("box", place.x, place.y, place.width, place.height);
        let room = place.width - 22 - Font::Text.width(&set.words);
        let heading = Font::Name.elided(&format!("StatefulSet {}", set.key.name), room);
        self.svg.text("heading", place.x + 8, place.y + 16, &heading);
        self.svg.text("muted end", place.x + place.width - 8, place.y + 16, &set.words);
        self.svg.finish("g");
        for (seat, place) in set.seats.iter().zip(&self.layout.seats[index]) {
            self.seat(scene, set, seat, *place);
        }
    }

    /// A name in `place`, at `down` from its top, with `taken` pixels at its end left to something else.
    fn name(&mut self, name: &str, place: Rect, down: i64, taken: i64) {
        let (class, text) = fitted(name, place.width - 12 - taken);
        self.svg.text(class, place.x + 6, place.y + down, &text);
    }

    /// An ordinal's place: its pod or an outline, and what the ordinal owns beneath.
    fn seat(&mut self, scene: &Scene, set: &SetView, seat: &Seat, place: Rect) {
        let pod = seat.pod.map(|index| &scene.pods[index]);
        let state = pod.map_or(State::Gone, |pod| pod.state);
        let word = match (pod, seat.is_wanted) {
            (Some(pod), _) => pod.state.word(),
            (None, true) => "no pod yet",
            (None, false) => "no pod",
        };
        let height = self.layout.sizes.slot_height;
        let id = format!("map-seat-{}-{}", set.key.namespace, seat.name);
        self.svg.group(&id, &format!("seat {}", state.class()), &format!("Ordinal {}: {word}", seat.ordinal));
        self.svg.title(&format!("Ordinal {} of {}: {word}", seat.ordinal, set.key.name));
        self.svg.rect("card", place.x, place.y, place.width, height);
        if self.layout.sizes.is_compact {
            let middle = place.x + place.width / 2;
            self.svg.text("small middle", middle, place.y + 13, &seat.ordinal.to_string());
        } else {
            self.svg.shape("marker", place.x + 7, place.y + 4, state.shape());
            self.svg.text("word", place.x + 27, place.y + 15, &format!("{}  {word}", seat.ordinal));
        }
        self.svg.finish("g");
        let mut y = place.y + height;
        for claim in &seat.claims {
            self.claim(claim, Rect { y: y + self.layout.sizes.tie, ..place }, true);
            y += self.layout.claim_step();
        }
    }

    fn claims(&mut self, scene: &Scene) {
        if !scene.claims.is_empty() {
            self.svg.group("map-other-claims", "labels", "");
            self.svg.text("heading", 8, self.layout.claims_y + 16, "Other claims");
            self.svg.finish("g");
        }
        for (claim, place) in scene.claims.iter().zip(&self.layout.claims) {
            self.claim(claim, *place, false);
        }
    }

    /// A claim with its top at `place`, tied to what is above it, and its volume beneath.
    fn claim(&mut self, claim: &ClaimView, place: Rect, is_tied: bool) {
        let Rect { x, y, width, .. } = place;
        let (height, gap) = (self.layout.sizes.claim_height, self.layout.sizes.tie);
        let class = format!("claim {}", claim.state.class());
        let middle = x + width / 2;
        self.svg.object(PREFIX, &of(Kind::PersistentVolumeClaim, &claim.key), &class, &claim.about());
        if is_tied {
            self.svg.line("tie", (middle, y - gap), (middle, y));
        }
        self.svg.rect("card", x, y, width, height);
        if self.layout.sizes.is_compact {
            let letter: String = claim.words.chars().take(1).collect();
            self.svg.text("small middle", middle, y + 12, &letter);
        } else {
            self.name(&claim.key.name, place, 14, 0);
            self.svg.text("word", x + 7, y + 28, &claim.words);
        }
        self.svg.finish("g");
        let Some((name, phase)) = &claim.volume else { return };
        let about = format!("Volume {name}: {phase}");
        let class = format!("volume {}", if phase == "Bound" { "ready" } else { "pending" });
        self.svg.object(PREFIX, &of(Kind::PersistentVolume, &ObjectKey::cluster(name)), &class, &about);
        self.svg.line("tie", (middle, y + height), (middle, y + height + gap));
        let top = y + height + gap;
        let drum_height = self.layout.sizes.volume_height;
        let drum = format!(
            "m0 2q{half} -4 {width} 0v{low}q{back} 4 -{width} 0zm0 0q{half} 4 {width} 0",
            half = width / 2,
            back = width / 2 - width,
            low = drum_height - 4,
        );
        self.svg.shape("drum", x, top, &drum);
        if !self.layout.sizes.is_compact {
            self.svg.text("small muted", x + 8, top + 15, &Font::Small.elided(name, width - 16));
        }
        self.svg.finish("g");
    }
}
