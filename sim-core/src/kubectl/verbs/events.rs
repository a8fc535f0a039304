//! `kubectl events`
//!
//! Models kubectl pkg/cmd/events.

use k8s_openapi::api::core::v1::Event;
use serde_json::{Value, json};

use super::Verb;
use crate::api::{Object, SimTime, meta};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::describe::interval;
use crate::kubectl::error::CliError;
use crate::kubectl::pdqsort;
use crate::kubectl::printer::{self, Printer};
use crate::kubectl::resources::{Target, resolve_kind};
use crate::kubectl::result::Results;
use crate::kubectl::table::TabWriter;
use crate::kubectl::{Env, Flow, Progress, Task, absent};
use crate::store::ChangeType;

/// The verb.
pub static VERB: Verb = Verb {
    name: "events",
    about: "List events",
    usage: "events [(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|\
            jsonpath-as-json|jsonpath-file] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]",
    flags: &[
        Flag::short("output", 'o', Takes::Text, "json, yaml, name, jsonpath=..."),
        Flag::short("all-namespaces", 'A', Takes::Bool, "Events of all namespaces"),
        Flag::new("for", Takes::Text, "Only events about this object, pod/web-0"),
        Flag::new("types", Takes::List, "Normal, Warning or both"),
        Flag::short("watch", 'w', Takes::Bool, "Then go on showing events"),
        Flag::new("no-headers", Takes::Bool, "No header line"),
        Flag::new("template", Takes::Text, "The template, for jsonpath"),
        Flag::new("allow-missing-template-keys", Takes::Bool, "Whether a template may name absent keys"),
        Flag::new("show-managed-fields", Takes::Bool, "Accepted: there are no managed fields"),
    ],
    run,
};

/// Which events are shown.
struct Wanted {
    namespace: Option<String>,
    about: Option<Target>,
    /// Whether they are to be about an object of a kind that has none.
    none: bool,
    types: Vec<String>,
}

impl Wanted {
    fn picks(&self, event: &Event) -> bool {
        if self.none {
            return false;
        }
        let in_namespace =
            self.namespace.as_deref().is_none_or(|namespace| namespace == meta::namespace(&event.metadata));
        let about = &event.involved_object;
        let is_about = self.about.as_ref().is_none_or(|target| {
            about.kind.as_deref() == Some(target.kind.name())
                && about.name.as_deref() == Some(target.name.as_str())
        });
        let event_type = event.type_.as_deref().unwrap_or_default();
        let has_type =
            self.types.is_empty() || self.types.iter().any(|wanted| wanted.eq_ignore_ascii_case(event_type));
        in_namespace && is_about && has_type
    }
}

/// Prints events as rows.
struct Rows {
    headers_due: bool,
    with_namespace: bool,
    writer: TabWriter,
}

impl Rows {
    fn print(&mut self, event: &Event, now: SimTime) {
        let mut row: Vec<String> = Vec::new();
        if std::mem::take(&mut self.headers_due) {
            let namespace = self.with_namespace.then_some("NAMESPACE");
            let headers = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"];
            self.writer.row(namespace.into_iter().chain(headers));
        }
        if self.with_namespace {
            row.push(meta::namespace(&event.metadata).to_owned());
        }
        let about = &event.involved_object;
        let cell = |text: &Option<String>| first_line(text.as_deref().unwrap_or_default());
        row.push(interval(event, now));
        row.push(cell(&event.type_));
        row.push(cell(&event.reason));
        row.push(format!("{}/{}", cell(&about.kind), cell(&about.name)));
        row.push(first_line(event.message.as_deref().unwrap_or_default().trim()));
        self.writer.row(row.iter().map(String::as_str));
    }
}

fn first_line(text: &str) -> String {
    match text.find(['\n', '\r', '\u{c}']) {
        Some(end) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    // Complains of a format as verbs do that print no tables.
    Results::parse(args, env.files)?;
    let all_namespaces = args.flag("all-namespaces");
    let version = env.cluster.api().gates.version();
    let is_absent = |word: &&str| {
        let kind = word.split_once('/').filter(|(_, name)| !name.contains('/')).map(|(kind, _)| kind);
        kind.is_some_and(|kind| absent::named(kind, version).is_some())
    };
    let none = args.text("for").filter(is_absent).is_some();
    let wanted = Wanted {
        namespace: (!all_namespaces).then(|| env.namespace.to_owned()),
        about: args.text("for").filter(|_| !none).map(parse_target).transpose()?,
        none,
        types: args.list("types").to_vec(),
    };
    if wanted.types.iter().any(|word| !["normal", "warning"].contains(&word.to_lowercase().as_str())) {
        return Err(CliError::plain("valid --types are Normal or Warning"));
    }
    let store = env.cluster.store();
    let mut found: Vec<Object> = store
        .list(crate::api::Kind::Event)
        .filter(|object| object.as_ref::<Event>().is_some_and(|event| wanted.picks(event)))
        .cloned()
        .collect();
    let mut rows = Rows {
        headers_due: !args.flag("no-headers"),
        with_namespace: all_namespaces,
        writer: TabWriter::for_tables(),
    };
    if args.flag("watch") {
        let mut watch = Watch { wanted, rows, revision: store.revision() };
        watch.print(found.iter().filter_map(|object| object.as_ref::<Event>()), env);
        return Ok(Flow::Task(Box::new(watch)));
    }
    if found.is_empty() {
        match &wanted.namespace {
            None => env.out.err_line("No events found."),
            Some(namespace) => env.out.err_line(format!("No events found in {namespace} namespace.")),
        }
        return Ok(Flow::OK);
    }
    let time = |object: &Object| object.as_ref::<Event>().map(event_time);
    pdqsort::sort(&mut found, &mut |a, b| time(a) < time(b));
    if let Some(output) = args.text("output").filter(|output| !output.is_empty()) {
        let mut printer = Printer::new(output, args, env.files)?;
        if matches!(printer, Printer::Name) {
            // The printer of names knows no lists of one kind.
            return Ok(Flow::OK);
        }
        let items: Vec<Value> = found.iter().map(printer::value).collect();
        let list = json!({"kind": "EventList", "apiVersion": "v1", "metadata": {}, "items": items});
        env.out.out(printer.print_typed(&list)?);
        return Ok(Flow::OK);
    }
    for event in found.iter().filter_map(|object| object.as_ref::<Event>()) {
        rows.print(event, env.cluster.now());
    }
    env.out.out(rows.writer.flush());
    Ok(Flow::OK)
}

fn parse_target(word: &str) -> Result<Target, CliError> {
    let Some((kind, name)) = word.split_once('/') else {
        return Err(CliError::plain("--for must be in resource/name form"));
    };
    if name.contains('/') {
        return Err(CliError::plain("arguments in resource/name form may not have more than one slash"));
    }
    if kind.is_empty() {
        return Err(CliError::plain("a resource must be present, got: /, Resource="));
    }
    let known = resolve_kind(kind);
    let why = || CliError::Verbatim(format!("the server doesn't have a resource type \"{kind}\""));
    Ok(Target { kind: known.map_err(|_| why())?, name: name.to_owned() })
}

/// The time that events are sorted by: the last of a series, else the last seen, else the only one.
fn event_time(event: &Event) -> Option<jiff::Timestamp> {
    match &event.series {
        Some(series) => series.last_observed_time.as_ref().map(|time| time.0),
        None => {
            let last = event.last_timestamp.as_ref().map(|time| time.0);
            last.or(event.event_time.as_ref().map(|time| time.0))
        }
    }
}

/// `events --watch`: never ends by itself.
struct Watch {
    wanted: Wanted,
    rows: Rows,
    revision: u64,
}

impl Watch {
    /// A line at a time, each as wide as the widest before it.
    fn print<'a>(&mut self, events: impl Iterator<Item = &'a Event>, env: &mut Env<'_>) {
        let now = env.cluster.now();
        for event in events {
            self.rows.print(event, now);
            env.out.out(self.rows.writer.flush());
        }
    }
}

impl Task for Watch {
    fn poll(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        let store = env.cluster.store();
        let changes = store.log().since(self.revision).filter(|change| change.change != ChangeType::Deleted);
        let seen: Vec<Object> = changes.map(|change| change.object.clone()).collect();
        self.revision = store.revision();
        let wanted: Vec<&Event> = seen
            .iter()
            .filter_map(|object| object.as_ref::<Event>())
            .filter(|event| self.wanted.picks(event))
            .collect();
        self.print(wanted.into_iter(), env);
        Ok(Progress::Waiting)
    }
}
