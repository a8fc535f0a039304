//! Which objects a writing command works on: manifests, names, selectors.
//!
//! Models cli-runtime pkg/resource: Builder, Info and Result.

use serde_json::Value;

use super::args::{Args, Flag, Takes};
use super::error::CliError;
use super::manifests::Unread;
use super::other_version::OtherVersion;
use super::resources::ResourceArgs;
use super::selection::{self, not_there};
use super::{Env, absent, manifests, quote};
use crate::api::selector::Selector;
use crate::api::{Kind, ObjectKey};
use crate::store::Store;

/// `-l`
pub const SELECTOR: Flag = Flag::short("selector", 'l', Takes::Text, "Label selector");
/// `--field-selector`
pub const FIELD_SELECTOR: Flag = Flag::new("field-selector", Takes::Text, "Field selector");
/// `--all`
pub const ALL: Flag = Flag::new("all", Takes::Bool, "All objects of the kinds, in the namespace");
/// `-A`
pub const ALL_NAMESPACES: Flag = Flag::short("all-namespaces", 'A', Takes::Bool, "In all namespaces");

/// Said when nothing at all was named.
pub const MISSING_RESOURCE: &str = "You must provide one or more resources by argument or filename.\n\
    Example resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   \
    '<resource> <name>'\n   '<resource>'";

/// Said of `sts/web` beside `-l` or `--all`.
pub const SELECTOR_AND_NAME: &str =
    "selectors and the all flag cannot be used when passing resource/name arguments";

/// One object that a command works on; it need not be there.
#[derive(Clone, Debug, PartialEq)]
pub struct Info {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace, empty for cluster-scoped kinds.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The file it was read from, `STDIN` for standard input.
    pub source: Option<String>,
    /// What the file says.
    pub manifest: Option<Value>,
    /// The version that the file asks for, when it is not the one that objects are kept in.
    pub asked: Option<OtherVersion>,
}

impl Info {
    /// An object that was named or found.
    pub fn new(kind: Kind, key: &ObjectKey) -> Info {
        Info {
            kind,
            namespace: key.namespace.to_string(),
            name: key.name.to_string(),
            source: None,
            manifest: None,
            asked: None,
        }
    }

    /// Its key.
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(&self.namespace, &self.name)
    }

    /// `statefulset.apps/web`, as results name it.
    ///
    /// Models cli-runtime pkg/printers: NamePrinter.
    pub fn result_name(&self) -> String {
        let name = if self.name.is_empty() { "<unknown>" } else { &self.name };
        format!("{}/{name}", self.kind.info().qualified_singular())
    }

    /// `statefulsets/web`, as time-outs and warnings name it.
    pub fn resource_name(&self) -> String {
        format!("{}/{}", self.kind.info().plural, self.name)
    }

    /// The two lines by which errors about a patch describe it.
    ///
    /// Models cli-runtime pkg/resource: Info.String.
    pub fn description(&self) -> String {
        let info = self.kind.info();
        let version = format!("{}/{}", info.group, info.version);
        format!(
            "Resource: \"{version}, Resource={}\", GroupVersionKind: \"{version}, Kind={}\"\nName: \"{}\", \
             Namespace: \"{}\"",
            info.plural,
            info.kind.name(),
            self.name,
            self.namespace
        )
    }

    /// An API error with the file in it, when there is one: `error when creating "STDIN": ...`.
    ///
    /// Models kubectl pkg/cmd/util: AddSourceToErr.
    pub fn error(&self, verb: &str, error: crate::api::ApiError) -> CliError {
        match &self.source {
            Some(source) => CliError::api(error, format!("error when {verb} \"{source}\"")),
            None => error.into(),
        }
    }
}

/// The objects found, and what went wrong for others.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The objects, in order.
    pub infos: Vec<Info>,
    /// What went wrong for others.
    pub errors: Vec<CliError>,
    /// For each of these, how many of the objects come before it.
    pub places: Vec<usize>,
    /// Whether exactly one object was asked for.
    pub single: bool,
}

impl Selection {
    fn complain(&mut self, error: CliError) {
        self.errors.push(error);
        self.places.push(self.infos.len());
    }

    /// The objects, or what went wrong for any of them.
    ///
    /// # Errors
    /// All errors, as one.
    pub fn all(self) -> Result<Vec<Info>, CliError> {
        match CliError::aggregate(self.errors) {
            Some(error) => Err(error),
            None => Ok(self.infos),
        }
    }
}

/// How a verb looks for objects.
#[derive(Clone, Copy, Debug, Default)]
pub struct Builder {
    /// Kinds without names stand for all of their objects.
    pub empty_selector: bool,
    /// Objects that are named must be there.
    pub must_exist: bool,
    /// At most one kind may be named.
    pub single_kind: bool,
    /// `--all` may stand beside names, and then says nothing.
    pub all_with_names: bool,
    /// `--selector` is none for the command's objects.
    pub no_selector: bool,
}

impl Builder {
    /// Finds what `args` and `words` name.
    ///
    /// # Errors
    /// kubectl's complaint about a contradictory command line; single objects that are not there are
    /// in [`Selection::errors`].
    pub fn select(&self, args: &Args, env: &mut Env<'_>, words: &[String]) -> Result<Selection, CliError> {
        if manifests::is_given(args) {
            return self.by_path(args, env, words);
        }
        let selector = args.text("selector").filter(|text| !text.is_empty() && !self.no_selector);
        let fields = args.text("field-selector").filter(|text| !text.is_empty());
        let all_kinds = self.empty_selector || self.all_with_names && args.flag("all");
        let everything = args.flag("all") && !self.all_with_names;
        let empty = all_kinds && words.len() == 1 && !words[0].contains('/');
        let selects = selector.is_some() || fields.is_some() || everything || empty;
        if let Some(stand_in) = absent::stand_in(words, env.cluster.api().gates.version()) {
            check_form(&ResourceArgs::parse(&stand_in)?, selects)?;
            return self.with_absent(args, env, words);
        }
        let resources = ResourceArgs::parse(words)?;
        check_form(&resources, selects)?;
        match resources {
            ResourceArgs::None => Ok(Selection::default()),
            ResourceArgs::Kinds(kinds) => self.by_selector(args, env, &kinds),
            ResourceArgs::Named { targets, .. } => {
                let kinds: Vec<Kind> = targets.iter().map(|target| target.kind).collect();
                self.check_kinds(&kinds)?;
                if args.flag("all-namespaces") && kinds.iter().any(|kind| kind.info().namespaced) {
                    return Err(CliError::plain(NOT_EVERYWHERE));
                }
                let single = targets.len() == 1;
                if self.must_exist {
                    for target in &targets {
                        let namespace = if target.kind.info().namespaced { env.namespace } else { "" };
                        let place = (namespace, target.name.as_str());
                        env.cluster.engine().authorize("get", (target.kind, ""), place)?;
                    }
                }
                let infos = targets.iter().map(|target| {
                    let namespace = if target.kind.info().namespaced { env.namespace } else { "" };
                    Info::new(target.kind, &ObjectKey::new(namespace, &target.name))
                });
                Ok(self.existing(infos.collect(), Unread::default(), env.cluster.store(), single))
            }
        }
    }

    /// [`Builder::select`] of words, of the right form, among which are kinds that have no objects.
    fn with_absent(&self, args: &Args, env: &mut Env<'_>, words: &[String]) -> Result<Selection, CliError> {
        let Some((first, names)) = words.split_first() else { return Ok(Selection::default()) };
        let version = env.cluster.api().gates.version();
        let named: Vec<(&str, &str)> = match first.contains('/') {
            true => words.iter().filter_map(|word| word.split_once('/')).collect(),
            false => {
                first.split(',').flat_map(|kind| names.iter().map(move |name| (kind, &**name))).collect()
            }
        };
        if named.is_empty() {
            let others: Vec<&str> =
                first.split(',').filter(|kind| absent::named(kind, version).is_none()).collect();
            return match others.is_empty() {
                true => Ok(Selection::default()),
                false => self.select(args, env, &[others.join(",")]),
            };
        }
        let mut selection = Selection { single: named.len() == 1, ..Selection::default() };
        for (kind, name) in named {
            match absent::named(kind, version) {
                Some(absent) if args.flag("all-namespaces") && absent.namespaced => {
                    return Err(CliError::plain(NOT_EVERYWHERE));
                }
                Some(absent) => selection.complain(absent.not_found(name).into()),
                None => {
                    let found = self.select(args, env, &[format!("{kind}/{name}")])?;
                    selection.infos.extend(found.infos);
                    found.errors.into_iter().for_each(|error| selection.complain(error));
                }
            }
        }
        Ok(selection)
    }

    fn check_kinds(&self, kinds: &[Kind]) -> Result<(), CliError> {
        if self.single_kind && kinds.iter().any(|kind| *kind != kinds[0]) {
            return Err(CliError::plain("you may only specify a single resource type"));
        }
        Ok(())
    }

    fn by_path(&self, args: &Args, env: &mut Env<'_>, words: &[String]) -> Result<Selection, CliError> {
        let stand_in = absent::stand_in(words, env.cluster.api().gates.version());
        match ResourceArgs::parse(stand_in.as_deref().unwrap_or(words))? {
            ResourceArgs::None => {}
            ResourceArgs::Named { slashed: true, .. } => {
                let why = "resource/name arguments cannot be provided when a path is specified";
                return Err(CliError::plain(why));
            }
            _ => {
                return Err(CliError::plain(
                    "when paths, URLs, or stdin is provided as input, you may not specify resource arguments \
                     as well",
                ));
            }
        }
        let mut found = manifests::read(args, env, false)?;
        let unread = found.unread();
        let mut infos = found.infos;
        if let Some(text) = args.text("selector").filter(|text| !text.is_empty() && !self.no_selector) {
            let selector = parse_selector(text)?;
            infos.retain(|info| selector.matches(&manifest_labels(info)));
        }
        let single = infos.len() == 1;
        Ok(self.existing(infos, unread, env.cluster.store(), single))
    }

    fn existing(&self, infos: Vec<Info>, mut unread: Unread, store: &Store, single: bool) -> Selection {
        let mut selection = Selection { single, ..Selection::default() };
        for (place, info) in infos.into_iter().enumerate() {
            unread.until(place).into_iter().for_each(|error| selection.complain(error));
            if self.must_exist && store.get(info.kind, &info.key()).is_none() {
                selection.complain(not_there(info.kind, &info.key(), store).into());
            } else {
                selection.infos.push(info);
            }
        }
        unread.until(usize::MAX).into_iter().for_each(|error| selection.complain(error));
        selection
    }

    fn by_selector(&self, args: &Args, env: &mut Env<'_>, kinds: &[Kind]) -> Result<Selection, CliError> {
        self.check_kinds(kinds)?;
        let chosen = selection::Selection::of(args, env.namespace);
        let chosen = if self.no_selector { chosen.of_any_labels() } else { chosen };
        let mut infos: Vec<Info> = Vec::new();
        let mut done: Vec<Kind> = Vec::new();
        for kind in kinds {
            if done.contains(kind) {
                continue;
            }
            done.push(*kind);
            let found = chosen.list(env.cluster.engine(), *kind)?;
            infos.extend(found.iter().map(|object| Info::new(*kind, &object.key())));
        }
        Ok(Selection { infos, ..Selection::default() })
    }
}

/// Said of a name that is looked for in all namespaces.
const NOT_EVERYWHERE: &str = "a resource cannot be retrieved by name across all namespaces";

/// Complains of names beside selectors, and of kinds without either.
fn check_form(resources: &ResourceArgs, selects: bool) -> Result<(), CliError> {
    let why = match resources {
        ResourceArgs::None if selects => "at least one resource must be specified to use a selector",
        ResourceArgs::None => MISSING_RESOURCE,
        ResourceArgs::Named { slashed: true, .. } if selects => SELECTOR_AND_NAME,
        ResourceArgs::Named { .. } if selects => "name cannot be provided when a selector is specified",
        ResourceArgs::Kinds(_) if !selects => "resource(s) were provided, but no name was specified",
        _ => return Ok(()),
    };
    Err(CliError::plain(why))
}

/// Reads `-l` as it picks among what is in files.
///
/// # Errors
/// kubectl's complaint about a malformed selector.
pub fn parse_selector(text: &str) -> Result<Selector, CliError> {
    Selector::parse(text)
        .map_err(|why| CliError::plain(format!("the provided selector {} is not valid: {why}", quote(text))))
}

/// The labels that the manifest gives the object.
pub fn manifest_labels(info: &Info) -> std::collections::BTreeMap<String, String> {
    let labels = info.manifest.as_ref().and_then(|manifest| manifest.pointer("/metadata/labels"));
    let pairs = labels.and_then(Value::as_object).into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}
