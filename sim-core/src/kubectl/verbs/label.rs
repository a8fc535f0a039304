//! `label`

use super::Verb;
use super::annotate::{Change, Words, change_all};
use crate::api::Feature;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{ALL, ALL_NAMESPACES, FIELD_SELECTOR, SELECTOR};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::pairs::Pairs;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, pairs};

/// Flags of `label` and `annotate`.
pub const FLAGS: &[Flag] = &[
    FILENAME,
    RECURSIVE,
    KUSTOMIZE,
    SELECTOR,
    FIELD_SELECTOR,
    ALL,
    ALL_NAMESPACES,
    OUTPUT,
    DRY_RUN,
    FIELD_MANAGER,
    SHOW_MANAGED,
    Flag::new("overwrite", Takes::Bool, "Replace values that are there already"),
    Flag::new("list", Takes::Bool, "Show what is there afterwards"),
    Flag::new("resource-version", Takes::Text, "Refuse unless this is the resourceVersion now"),
    super::set::LOCAL,
];

/// `label`
pub static VERB: Verb = Verb {
    name: "label",
    about: "Update the labels on a resource.",
    usage: "label [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N \
            [--resource-version=version]",
    flags: FLAGS,
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let (resources, words) = pairs::split(&args.words, "label")?;
    let pairs = parse(words)?;
    let tells_both = env.cluster.api().gates.has(Feature::LabelModified);
    change_all(args, env, resources, &Change { words: &Words::LABELS, pairs, tells_both })
}

/// Models kubectl pkg/cmd/label: parseLabels.
fn parse(words: &[String]) -> Result<Pairs, CliError> {
    let mut pairs = Pairs::default();
    for word in words {
        if word.contains('=') {
            let parts: Vec<&str> = word.split('=').collect();
            let [key, value] = parts.as_slice() else {
                return Err(CliError::plain(format!("invalid label spec: {word}")));
            };
            if let Some(why) = bad_value(value) {
                return Err(CliError::plain(format!("invalid label value: \"{word}\": {why}")));
            }
            pairs.set.insert((*key).to_owned(), (*value).to_owned());
        } else if let Some(key) = word.strip_suffix('-') {
            pairs.remove.push(key.to_owned());
        } else {
            return Err(CliError::plain(format!("unknown label spec: {word}")));
        }
    }
    if pairs.remove.iter().any(|key| pairs.set.contains_key(key)) {
        return Err(CliError::plain("can not both modify and remove a label in the same command"));
    }
    Ok(pairs)
}

/// Models apimachinery pkg/util/validation: IsValidLabelValue.
fn bad_value(value: &str) -> Option<String> {
    let mut complaints = Vec::new();
    if value.len() > 63 {
        complaints.push("must be no more than 63 bytes".to_owned());
    }
    let edge = |letter: Option<char>| letter.is_none_or(|letter| letter.is_ascii_alphanumeric());
    let inside = value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if !inside || !edge(value.chars().next()) || !edge(value.chars().last()) {
        complaints.push(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must \
             start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used \
             for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
                .to_owned(),
        );
    }
    (!complaints.is_empty()).then(|| complaints.join(";"))
}
