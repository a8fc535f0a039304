//! `get --watch`: prints changes as they happen, and never ends by itself.

use super::table_options;
use crate::api::{Kind, Object};
use crate::apiserver::ApiServer;
use crate::kubectl::args::Args;
use crate::kubectl::builder::Builder;
use crate::kubectl::error::CliError;
use crate::kubectl::printer::{self, Printer, Sees, TablePrinter, is_table};
use crate::kubectl::resources::ResourceArgs;
use crate::kubectl::selection::{Filter, Selection};
use crate::kubectl::{Env, Flow, Progress, Task};
use crate::store::{Change, ChangeType};

/// A running watch.
struct Watch {
    kind: Kind,
    /// The one object that was named, if one was.
    name: Option<String>,
    filter: Filter,
    revision: u64,
    shows_events: bool,
    printer: Shown,
}

enum Shown {
    Table(TablePrinter),
    Documents(Printer),
}

impl Shown {
    fn print(&mut self, object: &Object, event: Option<&str>, api: &ApiServer) -> Result<String, CliError> {
        match self {
            Shown::Table(table) => {
                table.rows(object.kind(), std::slice::from_ref(object), event, api.now());
                Ok(table.flush())
            }
            // The managers are left out of objects only, not out of events.
            Shown::Documents(printer) => match event {
                Some(event) => printer.print_event(event, &printer::managed(api, object)),
                None if printer.sees_managers() == Sees::Never => {
                    printer.print(&printer::served(object, api.gates))
                }
                None => printer.print(&printer::managed(api, object)),
            },
        }
    }
}

pub(super) fn start(
    args: &Args,
    env: &mut Env<'_>,
    resources: ResourceArgs,
    selection: Selection,
) -> Result<Flow, CliError> {
    if args.has("sort-by") {
        env.out.err_line(if args.flag("watch") {
            "warning: --watch requested, --sort-by will be ignored for watch events received"
        } else {
            "warning: --watch-only requested, --sort-by will be ignored"
        });
    }
    let several = || CliError::plain("you may only specify a single resource type");
    let (kind, name, objects) = match &resources {
        ResourceArgs::None => {
            let selection = Builder { must_exist: true, ..Builder::default() }.select(args, env, &[])?;
            let infos = selection.all()?;
            let [info] = infos.as_slice() else {
                return Err(CliError::plain(
                    "watch is only supported on individual resources and resource collections - more than 1 \
                     resource was found",
                ));
            };
            let object = env.cluster.api().get(info.kind, &info.key())?.clone();
            (info.kind, Some(info.name.clone()), vec![object])
        }
        ResourceArgs::Kinds(kinds) => {
            let [kind] = kinds.as_slice() else { return Err(several()) };
            (*kind, None, selection.list(env.cluster.engine(), *kind)?)
        }
        ResourceArgs::Named { targets, .. } => {
            if targets.iter().any(|target| target.kind != targets[0].kind) {
                return Err(several());
            }
            let [target] = targets.as_slice() else {
                return several_names(args, env, &resources, &selection);
            };
            (target.kind, Some(target.name.clone()), vec![selection.get(env.cluster.engine(), target)?])
        }
    };
    let output = args.output();
    let printer = if is_table(output) {
        let mut options = table_options(args, env.cluster.api().gates);
        options.with_namespace &= kind.info().namespaced;
        Shown::Table(TablePrinter::new(options))
    } else {
        Shown::Documents(Printer::new(output, args, env.files)?)
    };
    let mut watch = Watch {
        kind,
        name,
        filter: selection.filter(kind)?,
        revision: env.cluster.api().store().revision(),
        shows_events: args.flag("output-watch-events"),
        printer,
    };
    if !args.flag("watch-only") {
        watch.print_first(&objects, env)?;
    }
    Ok(Flow::Task(Box::new(watch)))
}

/// What is there of several objects, and that they cannot be watched.
fn several_names(
    args: &Args,
    env: &mut Env<'_>,
    resources: &ResourceArgs,
    selection: &Selection,
) -> Result<Flow, CliError> {
    let found = super::look_up(args, env, resources, selection)?;
    if let Some(error) = CliError::aggregate(found.errors) {
        return Err(error);
    }
    if !args.flag("watch-only") {
        let found = super::Found { errors: Vec::new(), ..found };
        match args.output() {
            output if is_table(output) => super::tables(args, env, selection, found)?,
            output => super::documents(args, env, output, found)?,
        };
    }
    Err(CliError::plain("you may only watch a single resource or type of resource at a time"))
}

impl Watch {
    /// What is there at the start; a table's columns are as wide as all of it needs.
    fn print_first(&mut self, objects: &[Object], env: &mut Env<'_>) -> Result<(), CliError> {
        let now = env.cluster.now();
        let event = self.shows_events.then_some("ADDED");
        if let Shown::Table(table) = &mut self.printer {
            table.rows(self.kind, objects, event, now);
            env.out.out(table.flush());
            return Ok(());
        }
        for object in objects {
            env.out.out(self.printer.print(object, event, env.cluster.api())?);
        }
        Ok(())
    }

    /// What the watch makes of a change: an object that leaves the selection is deleted for it.
    fn seen(&self, change: &Change) -> Option<(ChangeType, Object)> {
        if change.object.kind() != self.kind {
            return None;
        }
        let named =
            |object: &Object| self.name.is_none() || object.meta().name.as_deref() == self.name.as_deref();
        let picks = |object: &Object| named(object) && self.filter.picks(object);
        let before = change.previous.as_ref().filter(|object| picks(object));
        let after = (change.change != ChangeType::Deleted && picks(&change.object)).then_some(&change.object);
        match (before, after) {
            (None, None) => None,
            (None, Some(object)) => Some((ChangeType::Added, object.clone())),
            (Some(_), Some(object)) => Some((ChangeType::Modified, object.clone())),
            (Some(_), None) if change.change == ChangeType::Deleted => {
                Some((ChangeType::Deleted, change.object.clone()))
            }
            (Some(object), None) => Some((ChangeType::Deleted, object.clone())),
        }
    }
}

impl Task for Watch {
    fn poll(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        let store = env.cluster.store();
        let seen: Vec<(ChangeType, Object)> =
            store.log().since(self.revision).filter_map(|change| self.seen(change)).collect();
        self.revision = store.revision();
        for (change, object) in seen {
            let event = self.shows_events.then_some(change.as_str());
            env.out.out(self.printer.print(&object, event, env.cluster.api())?);
        }
        Ok(Progress::Waiting)
    }
}
