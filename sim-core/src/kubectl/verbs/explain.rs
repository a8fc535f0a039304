//! `explain`
//!
//! Models kubectl pkg/cmd/explain.

use super::Verb;
use crate::api::Kind;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::explain::{self, Schema};
use crate::kubectl::{Env, Flow};

/// `explain`
pub static VERB: Verb = Verb {
    name: "explain",
    about: "Describe the fields of a resource: their types and what they are for.",
    usage: "explain TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] \
            [-o|--output=plaintext|plaintext-openapiv2]",
    flags: &[
        Flag::new("api-version", Takes::Text, "The version to explain, apps/v1"),
        Flag::short(
            "recursive",
            'R',
            Takes::Bool,
            "The names of all fields below it, without their descriptions",
        ),
        Flag::short("output", 'o', Takes::Text, "plaintext"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let word = match args.words.as_slice() {
        [] => {
            return Err(CliError::plain(
                "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete \
                 list of supported resources.",
            ));
        }
        [word] => word.trim_end_matches('.'),
        _ => return Err(CliError::plain("We accept only this format: explain RESOURCE")),
    };
    if word.is_empty() || word.starts_with('.') || word.contains("..") {
        return Err(CliError::plain("invalid jsonpath syntax, first node must be field node"));
    }
    let (kind, path) = place(word)?;
    if let Some(version) = args.text("api-version").filter(|version| !version.is_empty()) {
        check_version(version, kind)?;
    }
    match args.text("output") {
        None | Some("" | "plaintext" | "plaintext-openapiv2") => {}
        Some(other) => return Err(CliError::plain(format!("unrecognized format: {other}"))),
    }
    let Some(text) = env.files.schema() else {
        return Err(CliError::plain("the descriptions of the API are not at hand"));
    };
    env.out.out(explain::heading(kind));
    let explained = explain::explain(&Schema::new(text), kind, &path, args.flag("recursive"));
    env.out
        .out(explained.map_err(|field| CliError::plain(format!("error: field \"{field}\" does not exist")))?);
    Ok(Flow::OK)
}

/// The kind that `word` begins with, and the names of fields after it.
///
/// # Errors
/// kubectl's complaint about a kind that is not served.
pub fn place(word: &str) -> Result<(Kind, Vec<&str>), CliError> {
    let mut names = word.split('.');
    let resource = names.next().unwrap_or_default();
    let Some(kind) = Kind::from_word(resource).filter(|_| !resource.contains('/')) else {
        let why = format!("the server doesn't have a resource type \"{resource}\"");
        return Err(CliError::Verbatim(why));
    };
    let group = format!("{}.", kind.info().group);
    let rest = word.split_once('.').map(|(_, rest)| rest).unwrap_or_default();
    // `statefulsets.apps.spec` names the group too.
    let fields = match format!("{rest}.").strip_prefix(&group) {
        Some(_) if group.len() > 1 => rest.get(group.len()..).unwrap_or_default(),
        _ => rest,
    };
    Ok((kind, fields.split('.').filter(|name| !name.is_empty()).collect()))
}

fn check_version(version: &str, kind: Kind) -> Result<(), CliError> {
    if version.matches('/').count() > 1 {
        return Err(CliError::plain(format!("unexpected GroupVersion string: {version}")));
    }
    if version != kind.info().api_version() {
        let group_version = if version.contains('/') { version.to_owned() } else { format!("/{version}") };
        return Err(CliError::plain(format!(
            "couldn't find resource for \"{group_version}, Resource={}\"",
            kind.info().plural
        )));
    }
    Ok(())
}
