//! The verbs: one file each, and the table that dispatch, help and completion read.

use super::args::{Args, Flag};
use super::error::CliError;
use super::{Env, Flow};

/// A verb.
pub struct Verb {
    /// Its words, `get` or `rollout status`.
    pub name: &'static str,
    /// One line for help.
    pub about: &'static str,
    /// How it is used, without the leading `kubectl`.
    pub usage: &'static str,
    /// Its flags, besides the global ones.
    pub flags: &'static [Flag],
    /// Runs it.
    pub run: fn(&Args, &mut Env<'_>) -> Result<Flow, CliError>,
}

/// Every verb, in the order in which help lists them.
pub static VERBS: &[&Verb] = &[];

/// Verbs that need a second word, `rollout`.
pub static GROUPS: &[&str] = &["rollout", "set"];

/// Finds the verb that `words` begin with and runs it.
///
/// # Errors
/// The verb's, or kubectl's complaint about an unknown one.
pub fn dispatch(words: &[String], env: &mut Env<'_>) -> Result<Flow, CliError> {
    let (verb, rest) = find(words)?;
    let args = Args::parse(verb.name, verb.flags, rest)?;
    if args.flag("help") {
        env.out.line(help(verb));
        return Ok(Flow::OK);
    }
    let namespace = args.text("namespace").map(str::to_owned);
    match namespace {
        Some(namespace) => {
            let mut inner = Env {
                cluster: env.cluster,
                namespace: &namespace,
                files: env.files,
                stdin: env.stdin,
                out: env.out,
            };
            (verb.run)(&args, &mut inner)
        }
        None => (verb.run)(&args, env),
    }
}

/// The verb that `words` begin with, and the words after it.
///
/// # Errors
/// kubectl's complaint about an unknown verb.
pub fn find(words: &[String]) -> Result<(&'static Verb, &[String]), CliError> {
    // Flags may stand before the verb: `kubectl -n other get pods`.
    let first = words.first().map(String::as_str).unwrap_or_default();
    let second = words.get(1).map(String::as_str).unwrap_or_default();
    let double = format!("{first} {second}");
    if let Some(verb) = VERBS.iter().find(|verb| verb.name == double) {
        return Ok((verb, &words[2..]));
    }
    if let Some(verb) = VERBS.iter().find(|verb| verb.name == first) {
        return Ok((verb, &words[1..]));
    }
    Err(CliError::plain(format!("unknown command \"{first}\" for \"kubectl\"")))
}

/// The help text of a verb.
pub fn help(verb: &Verb) -> String {
    let mut text = format!("{}\n\nUsage:\n  kubectl {}\n", verb.about, verb.usage);
    if !verb.flags.is_empty() {
        text.push_str("\nOptions:\n");
        for flag in verb.flags {
            let short = flag.short.map(|c| format!("-{c}, ")).unwrap_or_default();
            text.push_str(&format!("  {short}--{}\n      {}\n", flag.long, flag.help));
        }
    }
    text.trim_end().to_owned()
}
