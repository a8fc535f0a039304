//! `kubectl get`
//!
//! Models kubectl pkg/cmd/get.

mod discovery;
mod health;
mod raw;
mod subresource;
mod watch;

pub(super) use subresource::scale_value;

use crate::api::{FeatureGates, Kind, Object};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{MISSING_RESOURCE, SELECTOR_AND_NAME};
use crate::kubectl::error::CliError;
use crate::kubectl::other_version::OtherVersion;
use crate::kubectl::printer::{self, Printer, Sees, TableOptions, TablePrinter, is_table, list_of};
use crate::kubectl::resources::{ResourceArgs, Target};
use crate::kubectl::selection::Selection;
use crate::kubectl::sort::{Sorted, sort_by};
use crate::kubectl::verbs::Verb;
use crate::kubectl::verbs::raw::RAW;
use crate::kubectl::warnings::warn;
use crate::kubectl::{Env, Flow, manifests};
use serde_json::{Value, json};

/// The verb.
pub static VERB: Verb = Verb {
    name: "get",
    about: "Display one or many resources",
    usage: "get [(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|\
            jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|wide] (TYPE[.VERSION][.GROUP] [NAME | \
            -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]",
    flags: &[
        Flag::short("output", 'o', Takes::Text, "json, yaml, name, wide, jsonpath=..., custom-columns=..."),
        Flag::short("selector", 'l', Takes::Text, "Only objects with these labels, app=web,tier!=db"),
        Flag::new("field-selector", Takes::Text, "Only objects with these fields, status.phase=Running"),
        Flag::short("all-namespaces", 'A', Takes::Bool, "Objects of all namespaces"),
        Flag::short("label-columns", 'L', Takes::List, "Labels to show as columns"),
        Flag::new("show-labels", Takes::Bool, "Show all labels as the last column"),
        Flag::new("show-kind", Takes::Bool, "Show the kind before the name"),
        Flag::new("no-headers", Takes::Bool, "Show no header line"),
        Flag::new("sort-by", Takes::Text, "Order by this field, .metadata.creationTimestamp"),
        Flag::new("ignore-not-found", Takes::Bool, "Objects that are not there are no error"),
        Flag::short("watch", 'w', Takes::Bool, "Then go on showing changes"),
        Flag::new("watch-only", Takes::Bool, "Show changes, without what is there now"),
        Flag::new("output-watch-events", Takes::Bool, "Show what kind of change it is"),
        Flag::new("template", Takes::Text, "The template, for jsonpath and custom-columns"),
        Flag::new("allow-missing-template-keys", Takes::Bool, "Whether a template may name absent keys"),
        Flag::new("show-managed-fields", Takes::Bool, "Show who owns which field"),
        Flag::new(
            "server-print",
            Takes::Bool,
            "Whether tables are the server's, and not only names and ages",
        ),
        Flag::new("chunk-size", Takes::Int, "Accepted: lists are always whole"),
        Flag::new("subresource", Takes::Text, "status or scale of the object"),
        RAW,
        manifests::FILENAME,
        manifests::RECURSIVE,
        manifests::KUSTOMIZE,
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if let Some(path) = super::raw::path(args) {
        return raw::get(args, env, path);
    }
    let output = args.output();
    let watches = args.flag("watch") || args.flag("watch-only");
    if args.words.is_empty() && !manifests::is_given(args) && !watches {
        return Err(CliError::Verbatim(NOTHING_NAMED.to_owned()));
    }
    if args.flag("show-labels") && !is_table(output) {
        let message = format!("--show-labels option cannot be used with {output} printer");
        return Err(CliError::plain(message));
    }
    if args.flag("output-watch-events") && !watches {
        return Err(CliError::plain(
            "--output-watch-events option can only be used with --watch or --watch-only",
        ));
    }
    let selection = Selection::of(args, env.namespace);
    let resources = ResourceArgs::parse(&args.words)?;
    check_names(&resources, &selection)?;
    if args.has("subresource") && matches!(resources, ResourceArgs::Kinds(_)) {
        return Err(CliError::plain("subresource cannot be used when bulk resources are specified"));
    }
    resources.kinds().into_iter().for_each(|kind| warn(kind, env.cluster.api().gates, env.out));
    if watches && resources == ResourceArgs::None && !manifests::is_given(args) {
        return Err(CliError::plain(MISSING_RESOURCE));
    }
    if watches {
        return watch::start(args, env, resources, selection);
    }
    let whole = |name: &str| match &resources {
        ResourceArgs::Named { targets, .. } if name == "resize" => {
            targets.iter().all(|target| env.cluster.api().subresource(target.kind, name).is_ok())
        }
        _ => matches!(name, "" | "status"),
    };
    if let Some(name) = args.text("subresource").filter(|name| !whole(name)) {
        return subresource::get(args, env, &resources, name);
    }
    let found = look_up(args, env, &resources, &selection)?;
    found.answers.iter().for_each(|(kind, _)| warn(*kind, env.cluster.api().gates, env.out));
    if is_table(output) { tables(args, env, &selection, found) } else { documents(args, env, output, found) }
}

const NOTHING_NAMED: &str = "You must specify the type of resource to get. Use \"kubectl api-resources\" for a \
                             complete list of supported resources.\n\nerror: Required resource not \
                             specified.\nUse \"kubectl explain <resource>\" for a detailed description of that \
                             resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples";

/// Names go with neither selectors nor all namespaces.
pub(in crate::kubectl) fn check_names(
    resources: &ResourceArgs,
    selection: &Selection,
) -> Result<(), CliError> {
    if !matches!(resources, ResourceArgs::Named { .. }) {
        return Ok(());
    }
    if selection.is_selective() {
        return Err(CliError::plain(match resources {
            ResourceArgs::Named { slashed: true, .. } => SELECTOR_AND_NAME,
            _ => "name cannot be provided when a selector is specified",
        }));
    }
    if selection.namespace.is_none() {
        return Err(CliError::plain("a resource cannot be retrieved by name across all namespaces"));
    }
    Ok(())
}

/// What was asked for and found.
pub(in crate::kubectl) struct Found {
    /// One answer a request: objects of one kind.
    pub answers: Vec<(Kind, Vec<Object>)>,
    /// What failed.
    pub errors: Vec<CliError>,
    /// Whether a single object was named.
    pub single: bool,
    /// The version that they are asked for in, when it is not the one that they are kept in.
    pub asked: Option<OtherVersion>,
}

impl Found {
    /// [`Found::result`] where a complaint about a file is one of several, even when it is the only one.
    pub fn result_of_all(mut self) -> Result<Flow, CliError> {
        if let [CliError::Plain(message)] = self.errors.as_slice() {
            self.errors = vec![CliError::Verbatim(message.clone())];
        }
        self.result()
    }

    /// The failures, if there are any.
    pub fn result(self) -> Result<Flow, CliError> {
        CliError::aggregate(self.errors).map_or(Ok(Flow::OK), Err)
    }
}

/// Looks up what the command line names, or the manifests that it points at.
pub(in crate::kubectl) fn look_up(
    args: &Args,
    env: &mut Env<'_>,
    resources: &ResourceArgs,
    selection: &Selection,
) -> Result<Found, CliError> {
    let mut found = look_up_stored(args, env, resources, selection)?;
    let beats = |kind: Kind| matches!(kind, Kind::Lease | Kind::Node);
    for (_, objects) in found.answers.iter_mut().filter(|(kind, _)| beats(*kind)) {
        let stored = std::mem::take(objects);
        let (store, now) = (env.cluster.store(), env.cluster.now());
        objects.extend(stored.into_iter().map(|object| store.seen(object, now)));
    }
    Ok(found)
}

fn look_up_stored(
    args: &Args,
    env: &mut Env<'_>,
    resources: &ResourceArgs,
    selection: &Selection,
) -> Result<Found, CliError> {
    let ignore_not_found = args.flag("ignore-not-found");
    if !manifests::is_given(args) {
        let asked = args.words.first().and_then(|word| OtherVersion::of_word(word));
        return Ok(Found { asked, ..find(env, resources, selection, ignore_not_found) });
    }
    let mut read = manifests::read(args, env, false).map_err(|error| match error {
        // It is found wrong only when its objects are visited, and so is one of several.
        CliError::Plain(why) if args.has("kustomize") && !manifests::names_files(args) => {
            CliError::Verbatim(why)
        }
        other => other,
    })?;
    match resources {
        ResourceArgs::None => {}
        ResourceArgs::Named { slashed: true, .. } => {
            let why = "resource/name arguments cannot be provided when a path is specified";
            return Err(CliError::plain(why));
        }
        _ => {
            return Err(CliError::plain(
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well",
            ));
        }
    }
    let single = read.infos.len() == 1;
    let asked = read.infos.first().and_then(|info| info.asked);
    let mut found = Found { answers: Vec::new(), errors: Vec::new(), single, asked };
    let mut unread = read.unread();
    for (place, info) in read.infos.into_iter().enumerate() {
        found.errors.extend(unread.until(place));
        match env.cluster.api().get(info.kind, &info.key()) {
            Ok(object) => found.answers.push((info.kind, vec![object.clone()])),
            Err(error) if error.is_not_found() && ignore_not_found => {}
            Err(error) => found.errors.push(error.into()),
        }
    }
    found.errors.extend(unread.until(usize::MAX));
    Ok(found)
}

/// Looks up everything that the command line names.
fn find(env: &Env<'_>, resources: &ResourceArgs, selection: &Selection, ignore_not_found: bool) -> Found {
    let engine = env.cluster.engine();
    let mut found = Found { answers: Vec::new(), errors: Vec::new(), single: false, asked: None };
    match resources {
        ResourceArgs::None => {}
        ResourceArgs::Kinds(kinds) => {
            for kind in kinds {
                match selection.list(engine, *kind) {
                    Ok(objects) => found.answers.push((*kind, objects)),
                    Err(error) => found.errors.push(error),
                }
            }
        }
        ResourceArgs::Named { targets, .. } => {
            found.single = targets.len() == 1;
            for Target { kind, name } in targets {
                let target = Target { kind: *kind, name: name.clone() };
                match selection.get(engine, &target) {
                    Ok(object) => found.answers.push((*kind, vec![object])),
                    Err(error) if error.is_not_found() && ignore_not_found => {}
                    Err(error) => found.errors.push(error.into()),
                }
            }
        }
    }
    found
}

pub(super) fn table_options(args: &Args, gates: FeatureGates) -> TableOptions {
    TableOptions {
        gates,
        wide: args.text("output") == Some("wide"),
        no_headers: args.flag("no-headers"),
        bare: args.text("server-print") == Some("false"),
        with_namespace: args.flag("all-namespaces"),
        with_kind: args.flag("show-kind"),
        show_labels: args.flag("show-labels"),
        label_columns: args.list("label-columns").to_vec(),
    }
}

fn tables(args: &Args, env: &mut Env<'_>, selection: &Selection, mut found: Found) -> Result<Flow, CliError> {
    if let Some(field) = args.text("sort-by").filter(|field| !field.is_empty()) {
        sort_tables(&mut found, field, env)?;
    }
    let several_kinds = found.answers.iter().any(|(kind, _)| *kind != found.answers[0].0);
    let mut text = String::new();
    let mut index = 0;
    while let Some((kind, _)) = found.answers.get(index) {
        let kind = *kind;
        let mut options = table_options(args, env.cluster.api().gates);
        options.with_kind |= several_kinds;
        options.with_namespace &= kind.info().namespaced;
        let mut table = TablePrinter::new(options);
        while let Some((_, objects)) = found.answers.get(index).filter(|(next, _)| *next == kind) {
            table.rows(kind, objects, None, env.cluster.now());
            index += 1;
        }
        let part = table.flush();
        if !text.is_empty() && !part.is_empty() && !args.flag("no-headers") {
            text.push('\n');
        }
        text.push_str(&part);
    }
    env.out.out(&text);
    if text.is_empty() && !args.flag("ignore-not-found") && found.errors.is_empty() {
        let all_namespaced = found.answers.iter().all(|(kind, _)| kind.info().namespaced);
        match &selection.namespace {
            Some(namespace) if all_namespaced => {
                env.out.err_line(format!("No resources found in {namespace} namespace."));
            }
            _ => env.out.err_line("No resources found"),
        }
    }
    hint_left_out(&found, selection, env);
    found.result_of_all()
}

/// Says which roles a real cluster has besides, where all were asked for.
fn hint_left_out(found: &Found, selection: &Selection, env: &mut Env<'_>) {
    let is_there = selection.namespace.as_deref().is_none_or(|namespace| namespace == "kube-system");
    let has_own = |kind: &Kind| match kind {
        Kind::ClusterRole | Kind::ClusterRoleBinding => true,
        Kind::Role | Kind::RoleBinding => is_there,
        _ => false,
    };
    let asked = found.answers.iter().map(|(kind, _)| *kind).find(has_own);
    if let Some(kind) = asked.filter(|_| !found.single && !selection.is_selective())
        && env.cluster.engine().config().has_rbac()
    {
        let plural = kind.info().plural;
        env.out.err_line(format!("hint: the control plane's own {plural} are not simulated"));
    }
}

/// Sorts the rows of each table. Several tables are sorted themselves before that, by fields that tables have: they
/// have few, and no name.
fn sort_tables(found: &mut Found, field: &str, env: &Env<'_>) -> Result<(), CliError> {
    let now = env.cluster.now();
    if found.answers.len() > 1 {
        let version = env.cluster.store().revision().to_string();
        let table = |_: &(Kind, Vec<Object>)| json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": version}});
        found.answers = sort_by(std::mem::take(&mut found.answers), field, Sorted::Objects, now, table)?;
    }
    for (_, rows) in found.answers.iter_mut().filter(|(_, rows)| rows.len() > 1) {
        *rows = match sort_by(std::mem::take(rows), field, Sorted::Rows, now, printer::value) {
            Err(fatal @ CliError::Verbatim(_)) => return Err(fatal),
            // kubectl drops the printer's complaint, and with it the table.
            sorted => sorted.unwrap_or_default(),
        };
    }
    Ok(())
}

fn documents(args: &Args, env: &mut Env<'_>, output: &str, mut found: Found) -> Result<Flow, CliError> {
    if found.single && !found.errors.is_empty() {
        return found.result();
    }
    let mut objects: Vec<Object> =
        found.answers.iter_mut().flat_map(|(_, objects)| std::mem::take(objects)).collect();
    if objects.is_empty() && args.flag("ignore-not-found") {
        return found.result();
    }
    let mut printer = Printer::new(output, args, env.files)?;
    let field = args.text("sort-by").filter(|field| !field.is_empty() && !found.single);
    if let Some(field) = field {
        objects = sort_by(objects, field, Sorted::Objects, env.cluster.now(), printer::value)?;
    }
    let api = env.cluster.api();
    let together = |with_managers: bool| {
        let shown = |object: &Object| {
            let value = if with_managers {
                printer::managed(api, object)
            } else {
                printer::served(object, api.gates)
            };
            match found.asked {
                Some(version) => version.convert(value),
                None => value,
            }
        };
        let mut values: Vec<Value> = objects.iter().map(shown).collect();
        if found.single && values.len() == 1 { values.remove(0) } else { list_of(values) }
    };
    let sees_managers = printer.sees_managers();
    let with_managers = args.flag("show-managed-fields") || sees_managers == Sees::Always;
    let printed = match printer.print(&together(with_managers)) {
        // The complaint shows what the template was given.
        Err(_) if sees_managers == Sees::InErrors && !with_managers => printer.print(&together(true)),
        printed => printed,
    };
    match printed {
        Ok(text) => env.out.out(text),
        Err(error) => found.errors.push(error),
    }
    found.result()
}
