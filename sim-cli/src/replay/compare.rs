//! Compares what was played with what was recorded: text, order, final objects.
//!
//! A fact counts where both recorded runs agree on it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::mask::Names;
use super::order;
use super::play::{Played, Printed};
use super::recording::{Recording, Step};

/// How many of so many facts were met, and what differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// How many were met.
    pub met: usize,
    /// How many there are.
    pub all: usize,
    /// What differs, a paragraph each.
    pub differences: Vec<String>,
}

impl Score {
    /// Notes one fact.
    pub fn note(&mut self, met: bool, difference: impl FnOnce() -> String) {
        self.all += 1;
        self.met += usize::from(met);
        if !met {
            self.differences.push(difference());
        }
    }
}

/// The three scores of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scores {
    /// kubectl's lines.
    pub transcript: Score,
    /// Sequences of states and order of milestones.
    pub order: Score,
    /// The objects at the end, field by field.
    pub end: Score,
}

/// Compares `played` with the recorded runs.
pub fn compare(recordings: &[Recording], played: &Played) -> Scores {
    let names: Vec<Names> = recordings.iter().map(|recording| Names::of(&recording.trace)).collect();
    let ours = Names::of(&played.trace);
    Scores {
        transcript: transcript(recordings, &names, played, &ours),
        order: order::compare(recordings, &names, &played.trace, &ours),
        end: end(recordings, &names, played, &ours),
    }
}

fn transcript(recordings: &[Recording], names: &[Names], played: &Played, ours: &Names) -> Score {
    let mut score = Score::default();
    for (number, step) in recordings[0].transcript.iter().enumerate() {
        let Some(printed) = &played.printed[number] else {
            if step.timed_out != played.timed_out[number] {
                let told = format!("step {}: {} held in one and not in the other", number + 1, title(step));
                score.note(false, || told);
            }
            continue;
        };
        let wanted: BTreeSet<String> = recordings
            .iter()
            .zip(names)
            .filter_map(|(recording, names)| {
                recording.transcript.get(number).map(|step| recorded(step, names))
            })
            .collect();
        let [wanted] = &wanted.into_iter().collect::<Vec<_>>()[..] else { continue };
        let got = shown(&ours.mask(&printed.stdout), &ours.mask(&printed.stderr), exit_of(step, printed));
        score.note(&got == wanted, || {
            difference(&format!("step {}: {}", number + 1, title(step)), wanted, &got)
        });
    }
    score
}

fn exit_of(step: &Step, printed: &Printed) -> u8 {
    if step.run.is_some() { printed.exit } else { 0 }
}

fn recorded(step: &Step, names: &Names) -> String {
    shown(&names.mask(&step.stdout), &names.mask(&step.stderr), step.exit.unwrap_or(0))
}

fn shown(stdout: &str, stderr: &str, exit: u8) -> String {
    let mut text = stdout.to_owned();
    if !stderr.is_empty() {
        text.push_str("\n[standard error]\n");
        text.push_str(stderr);
    }
    if exit != 0 {
        text.push_str(&format!("\n[exit {exit}]"));
    }
    text
}

fn title(step: &Step) -> String {
    match (&step.run, &step.act) {
        (Some(line), _) => line.clone(),
        (None, Some(act)) => Value::Array(act.clone()).to_string(),
        (None, None) => String::new(),
    }
}

/// The lines that only one side has, marked `-` for recorded and `+` for played.
fn difference(title: &str, wanted: &str, got: &str) -> String {
    let mut text = title.to_owned();
    for change in similar::TextDiff::from_lines(wanted, got).iter_all_changes() {
        let sign = match change.tag() {
            similar::ChangeTag::Delete => "-",
            similar::ChangeTag::Insert => "+",
            similar::ChangeTag::Equal => continue,
        };
        text.push_str(&format!("\n  {sign} {}", change.value().trim_end_matches('\n')));
    }
    text
}

/// Fields that no comparison can hold to: they are random, or say when.
const UNOWED_FIELDS: &[&str] = &["uid", "resourceVersion", "managedFields", "volumeName", "nodeName", "zone"];

fn end(recordings: &[Recording], names: &[Names], played: &Played, ours: &Names) -> Score {
    let mut score = Score::default();
    let leaves: Vec<BTreeMap<String, String>> = recordings
        .iter()
        .zip(names)
        .map(|(recording, names)| {
            let objects =
                recording.end.iter().flat_map(|(kind, list)| list.iter().map(move |o| (kind.as_str(), o)));
            all_leaves(objects, names)
        })
        .collect();
    let got = all_leaves(played.end.iter().map(|(kind, object)| (kind.as_str(), object)), ours);
    for (path, wanted) in &leaves[0] {
        if leaves.iter().any(|other| other.get(path) != Some(wanted)) {
            continue;
        }
        let have = got.get(path);
        score.note(have == Some(wanted), || {
            format!("{path}\n  - {wanted}\n  + {}", have.map_or("(absent)", String::as_str))
        });
    }
    let recorded: BTreeSet<&str> = leaves.iter().flat_map(|map| map.keys()).map(String::as_str).collect();
    for (path, have) in got.iter().filter(|(path, _)| !recorded.contains(path.as_str())) {
        score.note(false, || format!("{path}\n  - (absent)\n  + {have}"));
    }
    score
}

fn all_leaves<'a>(
    objects: impl Iterator<Item = (&'a str, &'a Value)>,
    names: &Names,
) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    for (kind, object) in objects {
        let name = names.mask(object["metadata"]["name"].as_str().unwrap_or_default());
        let name = if kind == "Service" && name == "kubernetes" { continue } else { name };
        if kind == "EndpointSlice" && name == "kubernetes" {
            continue;
        }
        collect(&format!("{kind}/{name}"), object, names, &mut leaves);
    }
    leaves
}

fn collect(path: &str, value: &Value, names: &Names, leaves: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                let top = path.matches('.').count() == 0 && matches!(name.as_str(), "apiVersion" | "kind");
                if !top && !UNOWED_FIELDS.contains(&name.as_str()) {
                    collect(&format!("{path}.{}", names.mask(name)), inner, names, leaves);
                }
            }
            if fields.is_empty() {
                leaves.insert(path.to_owned(), "{}".to_owned());
            }
        }
        Value::Array(items) => {
            for (number, inner) in items.iter().enumerate() {
                collect(&format!("{path}[{number}]"), inner, names, leaves);
            }
        }
        leaf => {
            leaves.insert(path.to_owned(), names.mask(&leaf.to_string()));
        }
    }
}
