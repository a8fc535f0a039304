//! `help` and `--help`: of a verb, of a group of verbs, or of all.

use super::{VERBS, Verb, find, group_help, options};
use crate::kubectl::args;
use crate::kubectl::error::CliError;

/// The help text of a verb, in kubectl's form.
pub fn of_verb(verb: &Verb) -> String {
    let mut text = format!("{}\n", verb.about);
    let more = args::more_flags(verb.name, verb.flags);
    let listed = options::list(verb.name, verb.flags.iter().chain(more));
    if !listed.is_empty() {
        text.push_str(&format!("\nOptions:\n{listed}"));
    }
    let end = if verb.usage.contains("[options]") || verb.name == "options" { "" } else { " [options]" };
    text.push_str(&format!("\nUsage:\n  kubectl {}{end}\n\n{OPTIONS_HINT}", verb.usage));
    text
}

/// The last line of every help text.
pub const OPTIONS_HINT: &str =
    "Use \"kubectl options\" for a list of global command-line options (applies to all commands).";

/// The help text of a group of verbs, `rollout`.
pub fn of_group(group: &str) -> String {
    if let Some(text) = group_help::text(group) {
        return text;
    }
    let below =
        VERBS.iter().filter_map(|verb| Some((verb.name.strip_prefix(group)?.strip_prefix(' ')?, verb)));
    let listed: Vec<String> = below.map(|(name, verb)| format!("  {name:<16} {}", verb.about)).collect();
    format!(
        "Available Commands:\n{}\n\nUsage:\n  kubectl {group} SUBCOMMAND [options]\n\nUse \"kubectl {group} <command> \
         --help\" for more information about a given command.\n{OPTIONS_HINT}",
        listed.join("\n")
    )
}

/// What `kubectl help WORDS` says: of a verb, of a group of verbs, or of all.
///
/// # Errors
/// There is no such verb.
pub fn on(words: &[String]) -> Result<String, CliError> {
    let topic = words.join(" ");
    if words.is_empty() {
        let listed: Vec<String> =
            VERBS.iter().map(|verb| format!("  {:<24} {}", verb.name, verb.about)).collect();
        return Ok(format!("Available Commands:\n{}\n\n{OPTIONS_HINT}", listed.join("\n")));
    }
    let is_group = VERBS.iter().any(|verb| verb.name.starts_with(&format!("{topic} ")));
    match find(words) {
        Ok((verb, rest)) if rest.is_empty() => Ok(of_verb(verb)),
        _ if is_group => Ok(of_group(&topic)),
        _ => Err(CliError::Verbatim(format!("Unknown help topic [`{}`]", words.join("` `")))),
    }
}
