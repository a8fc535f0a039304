//! [`Svg`]: writes SVG elements, escaping what needs it.

use crate::api::{ObjectKey, ObjectRef};

/// SVG in the making.
#[derive(Default)]
pub(super) struct Svg {
    text: String,
}

impl Svg {
    /// Opens the picture: a group of that name and size, with classes beside its own. All that it holds is in groups with ids, which hold
    /// none: so a page can tell what changed.
    pub fn open(id: &str, classes: &[&str], label: &str, (width, height): (u32, u32)) -> Svg {
        let mut svg = Svg::default();
        svg.start("svg")
            .attr("xmlns", "http://www.w3.org/2000/svg")
            .attr("id", id)
            .attr("class", &[&["sts-view"], classes].concat().join(" "))
            .attr("role", "group")
            .attr("aria-label", label)
            .number("width", width.into())
            .number("height", height.into())
            .attr("viewBox", &format!("0 0 {width} {height}"))
            .end();
        svg.text.push('\n');
        svg
    }

    /// The finished text.
    pub fn close(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }

    /// Starts a tag; attributes follow, then [`Tag::end`] or [`Tag::empty`].
    pub fn start<'a>(&'a mut self, name: &str) -> Tag<'a> {
        self.text.push('<');
        self.text.push_str(name);
        Tag { svg: self }
    }

    /// Ends an element.
    pub fn finish(&mut self, name: &str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push_str(">\n");
    }

    /// The words that show on hovering.
    pub fn title(&mut self, text: &str) {
        self.start("title").end();
        self.escape(text);
        self.finish("title");
    }

    /// A line of text with its baseline at `y`. What is written is abbreviated: a screen reader reads the titles.
    pub fn text(&mut self, class: &str, x: i64, y: i64, text: &str) {
        let tag = self.start("text").attr("class", class).number("x", x).number("y", y);
        tag.attr("aria-hidden", "true").end();
        self.escape(text);
        self.finish("text");
    }

    /// A rectangle.
    pub fn rect(&mut self, class: &str, x: i64, y: i64, width: i64, height: i64) {
        self.start("rect")
            .attr("class", class)
            .number("x", x)
            .number("y", y)
            .number("width", width.max(0))
            .number("height", height.max(0))
            .empty();
    }

    /// A straight line.
    pub fn line(&mut self, class: &str, from: (i64, i64), to: (i64, i64)) {
        self.start("line")
            .attr("class", class)
            .number("x1", from.0)
            .number("y1", from.1)
            .number("x2", to.0)
            .number("y2", to.1)
            .empty();
    }

    /// A line with corners.
    pub fn lines(&mut self, class: &str, points: &[(i64, i64)]) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
        self.start("polyline").attr("class", class).attr("points", &points.join(" ")).empty();
    }

    /// A path from `x`, `y` on; `path` is relative to there. Hundreds of transforms would cost a browser more than all else
    /// that it paints.
    pub fn shape(&mut self, class: &str, x: i64, y: i64, path: &str) {
        self.start("path").attr("class", class).attr("d", &format!("M{x} {y}{path}")).empty();
    }

    /// Opens the group of an object that can be clicked. Its title is what it is called and what hovering says.
    pub fn object(&mut self, prefix: &str, reference: &str, class: &str, about: &str) {
        let id = format!("{prefix}-{}", reference.replace('/', "-"));
        self.start("g")
            .attr("id", &id)
            .attr("class", class)
            .attr("data-ref", reference)
            .attr("role", "button")
            .attr("tabindex", "0")
            .end();
        self.title(about);
    }

    /// Opens a group of things.
    pub fn group(&mut self, id: &str, class: &str, label: &str) {
        let tag = self.start("g").attr("id", id).attr("class", class);
        if label.is_empty() {
            tag.end();
        } else {
            tag.attr("role", "group").attr("aria-label", label).end();
        }
    }

    fn escape(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '&' => self.text.push_str("&amp;"),
                '"' => self.text.push_str("&quot;"),
                // Characters that XML forbids.
                c if c.is_control() && c != '\n' => self.text.push(' '),
                c => self.text.push(c),
            }
        }
    }
}

/// A tag whose attributes are being written.
pub(super) struct Tag<'a> {
    svg: &'a mut Svg,
}

impl<'a> Tag<'a> {
    /// An attribute.
    pub fn attr(self, name: &str, value: &str) -> Tag<'a> {
        self.svg.text.push(' ');
        self.svg.text.push_str(name);
        self.svg.text.push_str("=\"");
        self.svg.escape(value);
        self.svg.text.push('"');
        self
    }

    /// An attribute that is a number.
    pub fn number(self, name: &str, value: i64) -> Tag<'a> {
        self.attr(name, &value.to_string())
    }

    /// Ends the tag; content follows.
    pub fn end(self) {
        self.svg.text.push('>');
    }

    /// Ends the tag and the element.
    pub fn empty(self) {
        self.svg.text.push_str("/>\n");
    }
}

/// `Pod/default/web-0`, or `Node/minikube` for cluster-scoped kinds.
pub(super) fn reference(reference: &ObjectRef) -> String {
    let ObjectRef { kind, key: ObjectKey { namespace, name } } = reference;
    if namespace.is_empty() {
        format!("{}/{name}", kind.name())
    } else {
        format!("{}/{namespace}/{name}", kind.name())
    }
}

/// The sizes and weights of text: see style.css.
#[derive(Clone, Copy, Debug)]
pub(super) enum Font {
    /// Names and headings.
    Name,
    /// Names that are long.
    LongName,
    Text,
    Small,
}

impl Font {
    /// How wide `text` is, in pixels, in the widest of the fonts that pages have: DejaVu Sans.
    pub fn width(self, text: &str) -> i64 {
        // Regular letters are narrower than bold ones.
        let (size, percent) = match self {
            Font::Name => (12, 100),
            Font::LongName => (11, 100),
            Font::Text => (12, 88),
            Font::Small => (11, 88),
        };
        let sum: i64 = text.chars().map(letter_width).sum();
        (sum * size * percent).div_euclid(100_000) + 1
    }

    /// As much of the end of `text` as fits in `room` pixels: what tells the pods of a group apart.
    pub fn ended(self, text: &str, room: i64) -> String {
        let mut shown = text;
        while self.width(shown) > room {
            let mut letters = shown.chars();
            letters.next();
            shown = letters.as_str();
        }
        shown.to_owned()
    }

    /// `text` as it fits in `room` pixels, its middle giving way: names begin with what they belong to and end with
    /// what tells them apart.
    pub fn elided(self, text: &str, room: i64) -> String {
        let mut kept = text.chars().count();
        let mut shown = text.to_owned();
        while kept > 3 && self.width(&shown) > room {
            kept -= 1;
            shown = shortened(text, kept);
        }
        shown
    }
}

/// How wide a bold letter is, in thousandths of the font's size.
fn letter_width(letter: char) -> i64 {
    match letter {
        'i' | 'j' | 'l' | ' ' | '.' | ',' | ':' | 'I' => 370,
        'f' | 'r' | 't' | '-' | '/' | '(' | ')' => 470,
        'c' | 's' | 'z' => 595,
        'm' | 'w' | 'M' | 'W' | '%' | '…' => 1_020,
        'A'..='Z' => 770,
        letter if letter.is_ascii() => 705,
        _ => 1_020,
    }
}

/// A name as it is written in `room` pixels, and its class: long ones in smaller letters, too long ones elided.
pub(super) fn fitted(name: &str, room: i64) -> (&'static str, String) {
    if Font::Name.width(name) <= room {
        return ("name", name.to_owned());
    }
    ("name long", Font::LongName.elided(name, room))
}

/// The text cut to `most` characters, its middle giving way.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(1);
    let head: String = text.chars().take(kept / 2).collect();
    let tail: String = text.chars().skip(count - kept.div_ceil(2)).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_elided_in_the_middle_and_only_when_they_must_be() {
        assert_eq!(fitted("python-app-0", 146), ("name", "python-app-0".to_owned()));
        assert_eq!(fitted("python-app-parallel-0", 146), ("name long", "python-app-parallel-0".to_owned()));
        let (class, text) = fitted("python-app-64b858d675-rbm6x", 146);
        assert_eq!(class, "name long");
        assert!(text.starts_with("python-") && text.contains('…') && text.ends_with("-rbm6x"), "{text}");
        assert!(Font::LongName.width(&text) <= 146);
        assert_eq!(shortened("ordinal", 4), "o…al");
        assert_eq!(Font::Small.ended("python-app-64b858d675-rbm6x", 32), "bm6x");
    }
}
