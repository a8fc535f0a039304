//! Texts of the recordings, byte for byte: the recorded objects go in, the recorded text comes out.
//!
//! Only ages are masked, because the objects are printed at another time than they were then.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::api::{FeatureGates, Kind, Object, SimTime};
use crate::kubectl::describe::describe;
use crate::kubectl::printer::{Printer, TableOptions, TablePrinter, value};
use crate::store::{CauseId, Stamp, Store};

struct Recording {
    transcript: Vec<(String, String)>,
    store: Store,
}

impl Recording {
    fn read(name: &str) -> Recording {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/recordings/{name}.json"));
        #[expect(clippy::disallowed_methods, reason = "a test reads the recordings")]
        let text = fs::read_to_string(path).unwrap();
        let recording: Value = serde_json::from_str(&text).unwrap();
        let steps = recording["transcript"].as_array().unwrap().iter();
        let text = |step: &Value, field: &str| step[field].as_str().unwrap_or_default().to_owned();
        let transcript = steps.map(|step| (text(step, "run"), text(step, "stdout"))).collect();
        let mut store = Store::new();
        for (kind, objects) in recording["final"].as_object().unwrap() {
            let Some(kind) = Kind::ALL.iter().copied().find(|known| known.name() == kind) else { continue };
            for object in objects.as_array().unwrap() {
                let object = Object::from_value(kind, object.clone(), &mut |_| {}).unwrap();
                store.put(object, Stamp { at: SimTime::ZERO, cause: CauseId::default() });
            }
        }
        Recording { transcript, store }
    }

    /// The last text that the command printed.
    fn said(&self, command: &str) -> &str {
        let run = format!("kubectl {command}");
        let (_, text) = self.transcript.iter().rev().find(|(ran, _)| *ran == run).unwrap();
        text
    }

    fn object(&self, kind: Kind, name: &str) -> &Object {
        self.store.list(kind).find(|object| object.meta().name.as_deref() == Some(name)).unwrap()
    }

    fn table(&self, kind: Kind, names: &[&str], options: TableOptions) -> String {
        let mut table = TablePrinter::new(options);
        let objects = self.store.list(kind).filter(|object| {
            names.is_empty() || names.iter().any(|name| object.meta().name.as_deref() == Some(name))
        });
        // As old as nothing, because ages are masked by their width.
        let fresh = |object: &Object| {
            let mut object = object.clone();
            object.meta_mut().creation_timestamp = Some(SimTime::ZERO.to_time());
            object
        };
        let objects: Vec<Object> = objects.map(fresh).collect();
        table.rows(kind, &objects, None, SimTime::ZERO);
        table.flush()
    }

    /// Checks a description up to its events, which the recordings keep no objects of.
    fn check_description(&self, command: &str, kind: Kind, name: &str) {
        let before_events = |text: &str| {
            let end = text.find("\nEvents:").map_or(text.len(), |at| at + 1);
            masked(&text[..end])
        };
        let text =
            describe(&self.store, self.object(kind, name), SimTime::ZERO, false, FeatureGates::default());
        assert_eq!(before_events(&text), before_events(self.said(command)), "{command}");
    }
}

/// The text with every digit of an age as `#`.
fn masked(text: &str) -> String {
    let age = regex_lite::Regex::new(r"\b\d+s\b").unwrap();
    age.replace_all(text, "#s").into_owned()
}

#[test]
fn tables() {
    let recording = Recording::read("kubectl-get");
    let check = |command: &str, kind: Kind, names: &[&str], options: TableOptions| {
        assert_eq!(
            masked(&recording.table(kind, names, options)),
            masked(recording.said(command)),
            "{command}"
        );
    };
    let plain = TableOptions::default;
    check("get pods", Kind::Pod, &[], plain());
    check("get pods -o wide", Kind::Pod, &[], TableOptions { wide: true, ..plain() });
    check("get pods --show-labels", Kind::Pod, &[], TableOptions { show_labels: true, ..plain() });
    check("get pods -A", Kind::Pod, &[], TableOptions { with_namespace: true, ..plain() });
    check(
        "get pods --sort-by=.metadata.name --no-headers",
        Kind::Pod,
        &[],
        TableOptions { no_headers: true, ..plain() },
    );
    check("get sts web -o wide", Kind::StatefulSet, &["web"], TableOptions { wide: true, ..plain() });
}

#[test]
fn storage_tables() {
    let recording = Recording::read("missing-storage-class");
    let options = || TableOptions { with_kind: true, ..TableOptions::default() };
    let text = format!(
        "{}\n{}",
        recording.table(Kind::Pod, &[], options()),
        recording.table(Kind::PersistentVolumeClaim, &[], options())
    );
    assert_eq!(masked(&text), masked(recording.said("get po,pvc")));
}

#[test]
fn documents() {
    let recording = Recording::read("kubectl-get");
    let print = |mut printer: Printer, kind: Kind, name: &str| {
        printer.print(&value(recording.object(kind, name))).unwrap()
    };
    let yaml = print(Printer::Yaml { printed: 0 }, Kind::Pod, "web-0");
    assert_eq!(yaml, recording.said("get po web-0 -o yaml"));
    let json = print(Printer::Json, Kind::StatefulSet, "web");
    assert_eq!(json, recording.said("get sts web -o json"));
}

#[test]
fn descriptions() {
    let recording = Recording::read("describe");
    recording.check_description("describe pod web-0", Kind::Pod, "web-0");
    recording.check_description("describe sts web", Kind::StatefulSet, "web");
    recording.check_description("describe svc web", Kind::Service, "web");
    recording.check_description("describe svc plain", Kind::Service, "plain");
    recording.check_description("describe pvc data-web-0", Kind::PersistentVolumeClaim, "data-web-0");
    let revision = "web-5bfc9f4d5d";
    recording.check_description("describe controllerrevision -l app=web", Kind::ControllerRevision, revision);
    let pending = Recording::read("missing-storage-class");
    pending.check_description("describe pod web-0", Kind::Pod, "web-0");
    pending.check_description("describe pvc data-web-0", Kind::PersistentVolumeClaim, "data-web-0");
}
