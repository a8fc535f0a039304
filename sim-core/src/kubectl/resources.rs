//! Which objects a command line names: `TYPE NAME...`, `TYPE/NAME ...`, `TYPE,TYPE`, `all`.
//!
//! Models cli-runtime pkg/resource: Builder.ResourceTypeOrNameArgs.

use super::args::Args;
use super::error::CliError;
use super::output::Output;
use crate::api::Kind;

/// One object that was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
}

/// What the words after a verb name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceArgs {
    /// Nothing.
    None,
    /// Kinds without names: all objects of them, or those a selector picks.
    Kinds(Vec<Kind>),
    /// Kinds and names; with several kinds, each name is looked for in each of them.
    Named {
        /// The objects, in order.
        targets: Vec<Target>,
        /// Whether one word held kind and name (`sts/web`).
        slashed: bool,
    },
}

impl ResourceArgs {
    /// Reads `words`.
    ///
    /// # Errors
    /// kubectl's complaint about a kind that is not served or a mixture of forms.
    pub fn parse(words: &[String]) -> Result<ResourceArgs, CliError> {
        let Some(first) = words.first() else { return Ok(ResourceArgs::None) };
        if words.iter().any(|word| word.contains('/')) {
            return slashed(words);
        }
        if words.len() > 1 && first.contains(',') && first.split(',').any(str::is_empty) {
            // `sts, web`: each kind of the list is put before each name.
            return Err(CliError::plain(
                "arguments in resource/name form must have a single resource and name",
            ));
        }
        let names = &words[1..];
        if !names.is_empty() && first.split(',').any(|part| part == "all") {
            return Err(CliError::plain(match first.as_str() {
                "all" => "you must specify only one resource".to_owned(),
                _ => unknown("all"),
            }));
        }
        let kinds = resolve_kinds(first)?;
        if names.is_empty() {
            return Ok(ResourceArgs::Kinds(without_repeats(kinds)));
        }
        let targets = kinds
            .iter()
            .flat_map(|kind| names.iter().map(|name| Target { kind: *kind, name: name.clone() }))
            .collect();
        Ok(ResourceArgs::Named { targets, slashed: false })
    }

    /// The kinds that are named, in order.
    pub fn kinds(&self) -> Vec<Kind> {
        match self {
            ResourceArgs::None => Vec::new(),
            ResourceArgs::Kinds(kinds) => kinds.clone(),
            ResourceArgs::Named { targets, .. } => targets.iter().map(|target| target.kind).collect(),
        }
    }
}

/// Models k8s.io/cli-runtime: hasCombinedTypeArgs and splitResourceTypeName.
fn slashed(words: &[String]) -> Result<ResourceArgs, CliError> {
    if words.iter().any(|word| !word.contains('/')) {
        return Err(CliError::plain(
            "there is no need to specify a resource type as a separate argument when passing arguments in \
             resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of \
             'kubectl get resource resource/<resource_name>'",
        ));
    }
    let mut named = Vec::new();
    for (kind, name) in words.iter().filter_map(|word| word.split_once('/')) {
        if name.contains('/') {
            return Err(CliError::plain("arguments in resource/name form may not have more than one slash"));
        }
        if kind.is_empty() || name.is_empty() || kind.contains(',') {
            return Err(CliError::plain(
                "arguments in resource/name form must have a single resource and name",
            ));
        }
        named.push((kind, name));
    }
    let mut targets = Vec::new();
    for (kind, name) in named {
        for kind in resolve_kinds(kind)? {
            targets.push(Target { kind, name: name.to_owned() });
        }
    }
    Ok(ResourceArgs::Named { targets, slashed: true })
}

fn resolve_kinds(word: &str) -> Result<Vec<Kind>, CliError> {
    let mut kinds = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for part in word.split(',') {
        if seen.contains(&part) {
            continue;
        }
        seen.push(part);
        if part == "all" {
            kinds.extend(Kind::ALL.iter().copied().filter(|kind| kind.info().categories.contains(&"all")));
        } else {
            kinds.push(resolve_kind(part)?);
        }
    }
    Ok(kinds)
}

/// Kinds that are named by several words are asked for once, unless names follow.
fn without_repeats(kinds: Vec<Kind>) -> Vec<Kind> {
    let mut single: Vec<Kind> = Vec::new();
    for kind in kinds {
        if !single.contains(&kind) {
            single.push(kind);
        }
    }
    single
}

/// The kind that `word` names.
///
/// # Errors
/// `the server doesn't have a resource type "word"`.
pub fn resolve_kind(word: &str) -> Result<Kind, CliError> {
    // What is taken for a group is not said.
    Kind::from_word(word).ok_or_else(|| CliError::plain(unknown(word.split('.').next().unwrap_or_default())))
}

fn unknown(resource: &str) -> String {
    format!("the server doesn't have a resource type \"{resource}\"")
}

/// Warns of the short name that two groups have.
///
/// Models client-go restmapper: shortcutExpander.
pub fn warn_of_ambiguity(verb: &str, args: &Args, out: &mut Output) {
    let is_short = |word: &String| word.split(['/', ',']).any(|part| part == "ev");
    if matches!(verb, "get" | "describe" | "delete") && args.words.iter().any(is_short) {
        let other = "events.events.k8s.io";
        out.err_line(format!("Warning: short name \"ev\" could also match lower priority resource {other}"));
    }
}
