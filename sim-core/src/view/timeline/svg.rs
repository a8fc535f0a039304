//! The timeline as SVG.

use super::axis::Axis;
use super::{Lane, LaneKey, Mark, Segment, Timeline, at_most};
use crate::api::{ObjectKey, ObjectRef, SimTime};
use crate::view::state::State;
use crate::view::svg::{Svg, fitted, reference};

/// How the timeline is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineOptions {
    /// The picture's width in pixels.
    pub width: u32,
    /// The namespace that is shown; all when absent.
    pub namespace: Option<String>,
    /// The first moment that is shown; the timeline's own start when absent.
    pub from: Option<SimTime>,
    /// How many lanes are shown at most.
    pub lanes_max: usize,
}

impl Default for TimelineOptions {
    fn default() -> Self {
        TimelineOptions { width: 960, namespace: Some("default".to_owned()), from: None, lanes_max: 120 }
    }
}

const WIDTH_MIN: u32 = 320;
const WIDTH_MAX: u32 = 4_000;
const LANE: i64 = 22;
const BAR: i64 = 16;
const HEADER: i64 = 34;
/// Above the claims.
const HEADING: i64 = 18;
/// From one time of the scale to the next at least.
const TICK_ROOM: u64 = 70;
const SEGMENTS_DRAWN_MAX: usize = 4_000;

struct Drawing {
    svg: Svg,
    axis: Axis,
    now: SimTime,
    left: i64,
    right: i64,
    bottom: i64,
    drawn: usize,
}

/// Draws `timeline` up to `now`: one lane a pod and a claim, with commands and faults marked.
///
/// The scale ends a little after `now` and is stretched now and then, so that most of the picture stays as it is
/// while time passes: what lasts is drawn to the end of the scale, and the future covers it. What stands above the
/// lanes is the last group, of class `head`: a page may keep it in view while the lanes scroll. The scale's group says in `data-from` and `data-to` (virtual milliseconds) and `data-left` and `data-right` (pixels) which part
/// of the picture is which time.
pub fn timeline_svg(timeline: &Timeline, now: SimTime, options: &TimelineOptions) -> String {
    let width = options.width.clamp(WIDTH_MIN, WIDTH_MAX);
    let (lanes, more) = shown(timeline, options);
    // Names take what room they can: on a phone they are elided before the bars have none.
    let left = if width < 600 { 150 } else { 200 };
    let rows = i64::try_from(lanes.len() + usize::from(more > 0)).unwrap_or(0);
    let first_claim = lanes.iter().position(|(key, _)| key.is_claim);
    let bottom = HEADER + rows * LANE + if first_claim.is_some() { HEADING } else { 0 };
    let height = u32::try_from(bottom + 8).unwrap_or(u32::MAX);
    let from = options.from.unwrap_or(timeline.start).min(now);
    let right = i64::from(width) - 12;
    let to = Axis::roomy_end(from, now);
    let axis = Axis::new(from, to, u64::try_from(right - left).unwrap_or(1));
    let svg = Svg::open("sts-timeline", &[], "Timeline of pods and claims", (width, height));
    let mut drawing = Drawing { svg, axis, now, left, right, bottom, drawn: 0 };
    drawing.scale(from, to);
    let mut y = HEADER;
    for (index, (key, lane)) in lanes.iter().enumerate() {
        if first_claim == Some(index) {
            drawing.svg.group("timeline-claims", "labels", "");
            drawing.svg.text("muted", 6, y + 12, "Claims");
            drawing.svg.finish("g");
            y += HEADING;
        }
        drawing.lane(key, lane, y);
        y += LANE;
    }
    if more > 0 {
        drawing.svg.group("timeline-more", "labels", "");
        drawing.svg.text("muted", 8, bottom - 7, &format!("+{more} more"));
        drawing.svg.finish("g");
    }
    drawing.future();
    let marks = timeline.marks.iter().filter(|mark| options.from.is_none_or(|from| mark.at >= from));
    let marks: Vec<&Mark> = marks.collect();
    drawing.marks(&marks);
    drawing.head(&marks);
    drawing.svg.close()
}

/// The lanes to draw, and how many there are besides. What was gone before the scale begins has none.
fn shown<'a>(timeline: &'a Timeline, options: &TimelineOptions) -> (Vec<(&'a LaneKey, &'a Lane)>, usize) {
    let is_shown = |key: &LaneKey, lane: &Lane| {
        options.namespace.as_ref().is_none_or(|namespace| *namespace == key.namespace)
            && options.from.is_none_or(|from| lane.gone_at().is_none_or(|gone| gone >= from))
    };
    at_most(options.lanes_max, timeline.lanes.iter().filter(|(key, lane)| is_shown(key, lane)).collect())
}

impl Drawing {
    fn x(&self, time: SimTime) -> i64 {
        self.left + i64::try_from(self.axis.place(time)).unwrap_or(0)
    }

    fn scale(&mut self, from: SimTime, to: SimTime) {
        let millis = |time: SimTime| i64::try_from(time.0 / 1_000_000).unwrap_or(i64::MAX);
        self.svg
            .start("g")
            .attr("id", "timeline-scale")
            .attr("class", "scale")
            .number("data-from", millis(from))
            .number("data-to", millis(to))
            .number("data-left", self.left)
            .number("data-right", self.right)
            .end();
        for tick in self.axis.ticks(TICK_ROOM) {
            let x = self.x(tick.at);
            self.svg.line("tick", (x, HEADER - 6), (x, self.bottom));
        }
        self.svg.finish("g");
    }

    /// What stands above the lanes: the scale's times, and a flag for each command and fault.
    fn head(&mut self, marks: &[&Mark]) {
        self.svg.group("timeline-head", "head", "");
        self.svg.rect("ground", 0, 0, self.right + 12, HEADER - 4);
        self.svg.line("axis", (self.left, HEADER - 6), (self.right, HEADER - 6));
        for tick in self.axis.ticks(TICK_ROOM) {
            let x = self.x(tick.at);
            // The last one would stand out over the edge.
            let (class, at) = if x + 18 > self.right { ("end", self.right + 8) } else { ("middle", x) };
            self.svg.text(&format!("small muted {class}"), at, 12, &tick.label);
        }
        for mark in marks {
            let (kind, shape) = if mark.is_fault {
                ("fault", "m4 0l-4 6h4l-2 6 6-8h-4l2-4z")
            } else {
                ("command", "l6 5-6 5z")
            };
            let about = format!("{} {kind}: {}", mark.at, mark.text);
            let tag = self.svg.start("g").attr("class", &format!("mark {kind}"));
            tag.attr("role", "group").attr("aria-label", &about).end();
            self.svg.title(&about);
            self.svg.shape("flag", self.x(mark.at), 15, shape);
            self.svg.finish("g");
        }
        self.svg.finish("g");
    }

    /// The lines of commands and faults through the lanes.
    fn marks(&mut self, marks: &[&Mark]) {
        self.svg.group("timeline-marks", "mark", "");
        for mark in marks {
            let x = self.x(mark.at);
            let class = if mark.is_fault { "fault" } else { "command" };
            self.svg.line(class, (x, HEADER - 8), (x, self.bottom));
        }
        self.svg.finish("g");
    }

    /// Where it is now, and what covers the rest.
    fn future(&mut self) {
        let x = self.x(self.now);
        self.svg.group("timeline-now", "future", "");
        // A bar's edge reaches a pixel beyond it.
        self.svg.rect("future", x, HEADER - 2, self.right - x + 2, self.bottom - HEADER + 4);
        self.svg.line("now", (x, HEADER - 6), (x, self.bottom));
        self.svg.finish("g");
    }

    fn lane(&mut self, key: &LaneKey, lane: &Lane, y: i64) {
        let name = key.name();
        let object = ObjectKey::new(&key.namespace, &name);
        let reference = reference(&ObjectRef::new(key.kind(), object));
        let last = lane.segments.back();
        let state = last.map_or(State::Gone, |last| last.state);
        let what = if key.is_claim { "Claim" } else { "Pod" };
        let mut about = format!("{what} {name}: now {}", last.map_or("gone", |last| &last.words));
        if lane.incarnations > 1 {
            about.push_str(&format!(", created {} times", lane.incarnations));
        }
        self.svg.object("timeline", &reference, &format!("lane {}", state.class()), &about);
        self.svg.shape("marker", 6, y + 2, state.shape());
        let (class, text) = fitted(&name, self.left - 30);
        self.svg.text(class, 26, y + 13, &text);
        for (segment, end) in lane.spans(self.now) {
            if segment.state != State::Gone && self.axis.shows(segment.from, end) {
                let lasts = last.is_some_and(|last| std::ptr::eq(last, segment));
                self.segment(segment, if lasts { None } else { Some(end) }, y, key.is_claim);
            }
        }
        self.svg.finish("g");
    }

    /// A bar; one without an end lasts.
    fn segment(&mut self, segment: &Segment, end: Option<SimTime>, y: i64, is_claim: bool) {
        self.drawn += 1;
        if self.drawn > SEGMENTS_DRAWN_MAX {
            return;
        }
        let from = self.x(segment.from);
        let width = (self.x(end.unwrap_or(self.now)) - from).max(1);
        let drawn_width = if end.is_none() { self.right - from } else { width };
        let height = bar_height(segment.state);
        self.svg.start("g").attr("class", segment.state.class()).end();
        let word = if is_claim && segment.state == State::Ready { "bound" } else { segment.state.word() };
        let span = match end {
            Some(end) => format!("{} to {end}", segment.from),
            None => format!("since {}", segment.from),
        };
        self.svg.title(&format!("{span}: {word}, {}", segment.words));
        let class = format!("segment {}", segment.state.class());
        self.svg.rect(&class, from, y + (BAR - height), drawn_width, height);
        let room = i64::try_from(word.len()).unwrap_or(0) * 6 + 8;
        if width >= room && height == BAR {
            self.svg.text(&format!("small on {}", segment.state.class()), from + 4, y + 12, word);
        }
        if segment.is_restart && segment.from >= self.axis.time(0) {
            self.svg.line("now", (from, y - 2), (from, y + BAR + 2));
            self.svg.text("small", from + 2, y + 4, "\u{21bb}");
        }
        self.svg.finish("g");
    }
}

/// A state's bar: what is not running is lower.
fn bar_height(state: State) -> i64 {
    match state {
        State::Gone => 0,
        State::Pending => 6,
        State::Starting | State::Terminating => 10,
        State::Ready | State::NotReady | State::Failed | State::Completed => BAR,
    }
}
