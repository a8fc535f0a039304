//! The order of changes: each object's sequence of states, and milestones across objects.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::compare::Score;
use super::mask::Names;
use super::recording::Recording;

/// An object's states in order, repeats folded; by kind, name and incarnation.
type Sequences = BTreeMap<String, Vec<String>>;

/// What one trace says.
struct Told {
    sequences: Sequences,
    milestones: Vec<String>,
    /// When each milestone was reached, in hundredths of a second of the trace.
    times: Vec<i64>,
}

/// Compares the order of changes.
pub fn compare(recordings: &[Recording], names: &[Names], played: &[Value], ours: &Names) -> Score {
    let told: Vec<Told> = recordings.iter().zip(names).map(|(r, names)| read(&r.trace, names)).collect();
    let got = read(played, ours);
    let mut score = Score::default();
    for (object, wanted) in &told[0].sequences {
        if told.iter().any(|other| other.sequences.get(object) != Some(wanted)) {
            continue;
        }
        let have = got.sequences.get(object);
        score.note(have == Some(wanted), || sequence_difference(object, wanted, have));
    }
    milestones(&told, &got, &mut score);
    score
}

fn sequence_difference(object: &str, wanted: &[String], have: Option<&Vec<String>>) -> String {
    let Some(have) = have else { return format!("{object}: never seen") };
    let mut text = format!("{object}: its states differ");
    let diff = similar::TextDiff::from_slices(
        &wanted.iter().map(String::as_str).collect::<Vec<_>>(),
        &have.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    for change in diff.iter_all_changes() {
        let sign = match change.tag() {
            similar::ChangeTag::Delete => "-",
            similar::ChangeTag::Insert => "+",
            similar::ChangeTag::Equal => " ",
        };
        text.push_str(&format!("\n  {sign} {}", change.value()));
    }
    text
}

/// Every pair of milestones that both recordings have in the same order must be in that order here.
fn milestones(told: &[Told], got: &Told, score: &mut Score) {
    let places: Vec<BTreeMap<&str, usize>> =
        told.iter().chain([got]).map(|told| places(&told.milestones)).collect();
    let Some((ours, recorded)) = places.split_last() else { return };
    let first = &told[0].milestones;
    let mut missing: BTreeSet<&str> = BTreeSet::new();
    for (at, earlier) in first.iter().enumerate() {
        if recorded.iter().any(|places| !places.contains_key(earlier.as_str())) {
            continue;
        }
        if !ours.contains_key(earlier.as_str()) && missing.insert(earlier) {
            score.note(false, || format!("milestone never reached: {earlier}"));
        }
        for later in &first[at + 1..] {
            let agreed = recorded.iter().all(|places| {
                places.get(earlier.as_str()).zip(places.get(later.as_str())).is_some_and(|(a, b)| a < b)
            });
            let have = ours.get(earlier.as_str()).zip(ours.get(later.as_str()));
            let open = is_open(earlier, later)
                || is_report(earlier, later) && told.iter().any(|told| gap(told, earlier, later) <= RACE);
            if let (true, Some((a, b))) = (agreed && !open, have) {
                score.note(a < b, || format!("order: \"{earlier}\" came after \"{later}\", not before"));
            }
        }
    }
}

/// Whether no rule orders two milestones: the recorder's own provisioner made and removed volumes beside the
/// control plane, so that a volume's order means something only towards its own claim. (In the recordings a
/// volume comes before the set's second status in some scenarios and after it in others.)
fn is_open(one: &str, other: &str) -> bool {
    let claim = |milestone: &str| {
        let volume = milestone.strip_prefix("PersistentVolume/of ")?;
        volume.split('#').next().map(str::to_owned)
    };
    let towards = |claim: String, other: &str| !other.starts_with(&format!("PersistentVolumeClaim/{claim}#"));
    match (claim(one), claim(other)) {
        (Some(_), Some(_)) => true,
        (Some(claim), None) => towards(claim, other),
        (None, Some(claim)) => towards(claim, one),
        (None, None) => false,
    }
}

/// Two writes this near in the trace, in hundredths of a second, are a race when nothing makes one wait.
const RACE: i64 = 2;

/// Whether one of two milestones is the set's own status and the other somebody else's write. A status reports
/// and makes nobody wait, so that its place beside a write of the same moment is a race: the controller has read
/// its cache before it writes. (Pods and claims are created by the same controller: their order is owed.)
fn is_report(one: &str, other: &str) -> bool {
    let status = |milestone: &str| milestone.starts_with("StatefulSet/") && milestone.contains(" status ");
    let own = |milestone: &str| status(milestone) || milestone.ends_with(" created");
    status(one) && !own(other) || status(other) && !own(one)
}

fn gap(told: &Told, earlier: &str, later: &str) -> i64 {
    let at =
        |wanted: &str| told.milestones.iter().position(|have| have == wanted).map(|place| told.times[place]);
    at(earlier).zip(at(later)).map_or(i64::MAX, |(earlier, later)| later - earlier)
}

fn places(milestones: &[String]) -> BTreeMap<&str, usize> {
    milestones.iter().enumerate().map(|(at, milestone)| (milestone.as_str(), at)).collect()
}

fn read(trace: &[Value], names: &Names) -> Told {
    let mut reader = Reader {
        names,
        lives: BTreeMap::new(),
        told: Told { sequences: BTreeMap::new(), milestones: Vec::new(), times: Vec::new() },
    };
    for entry in trace {
        reader.entry(entry);
    }
    reader.told
}

/// Reads a trace entry by entry.
struct Reader<'a> {
    names: &'a Names,
    /// By object: which incarnation it is in, and its last milestones.
    lives: BTreeMap<String, Life>,
    told: Told,
}

#[derive(Default)]
struct Life {
    number: usize,
    ended: bool,
    deleting: bool,
    ready: Option<bool>,
    status: String,
}

impl Reader<'_> {
    fn entry(&mut self, entry: &Value) {
        let kind = entry["kind"].as_str().unwrap_or_default();
        if kind == "Event" {
            self.event(entry);
            return;
        }
        let name = self.names.mask(entry["name"].as_str().unwrap_or_default());
        // Volumes are named by uid: told apart by their claim.
        let base = match entry["claim"].as_str() {
            Some(claim) if kind == "PersistentVolume" => format!("{kind}/of {claim}"),
            _ => format!("{kind}/{name}"),
        };
        let ended = entry["type"] == "DELETED";
        let life = self.lives.entry(base.clone()).or_default();
        if life.number == 0 || life.ended {
            *life = Life { number: life.number + 1, ..Life::default() };
        }
        life.ended = ended;
        let object = format!("{base}#{}", life.number);
        let state = state(entry, self.names, ended);
        let states = self.told.sequences.entry(object.clone()).or_default();
        if states.last() != Some(&state) {
            states.push(state);
        }
        for milestone in milestones_of(entry, life, ended) {
            self.told.milestones.push(format!("{object} {milestone}"));
            let seconds = entry["t"].as_f64().unwrap_or_default();
            self.told.times.push((seconds * 100.0).round() as i64);
        }
    }

    /// An event has one state: its count is a repeat, and repeats are folded.
    fn event(&mut self, entry: &Value) {
        let word = |field: &str| self.names.mask(entry[field].as_str().unwrap_or_default());
        let object =
            format!("Event/{} {} {} ({})", word("about"), word("reason"), word("message"), word("source"));
        self.told.sequences.insert(object, vec!["seen".to_owned()]);
    }
}

fn state(entry: &Value, names: &Names, ended: bool) -> String {
    let mut shown = Map::new();
    for (field, value) in entry.as_object().into_iter().flatten() {
        if !matches!(field.as_str(), "t" | "type" | "kind" | "name") {
            shown.insert(field.clone(), value.clone());
        }
    }
    let text = names.mask(&Value::Object(shown).to_string());
    if ended { format!("gone {text}") } else { text }
}

fn milestones_of(entry: &Value, life: &mut Life, ended: bool) -> Vec<String> {
    let mut reached = Vec::new();
    if entry["type"] == "ADDED" {
        reached.push("created".to_owned());
    }
    if entry["deleting"] == true && !life.deleting && !ended {
        life.deleting = true;
        reached.push("deletion asked for".to_owned());
    }
    if entry["kind"] == "Pod" {
        let ready = entry["conditions"]["Ready"].as_str().is_some_and(|text| text.starts_with("True"));
        if life.ready.unwrap_or(false) != ready && !ended {
            reached.push(if ready { "ready" } else { "not ready" }.to_owned());
        }
        life.ready = Some(ready);
    }
    if entry["kind"] == "StatefulSet" && !ended {
        let status = entry["status"].to_string();
        if life.status != status {
            reached.push(format!("status {status}"));
            life.status = status;
        }
    }
    if ended {
        reached.push("removed".to_owned());
    }
    reached
}
