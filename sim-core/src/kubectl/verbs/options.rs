//! `options`

use super::Verb;
use crate::kubectl::args::{Args, Flag, GLOBAL_FLAGS, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::{Env, Flow};

/// `options`
pub static VERB: Verb = Verb {
    name: "options",
    about: "List the flags that every command takes.",
    usage: "options",
    flags: &[],
    run,
};

fn run(_args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let listed: Vec<String> = GLOBAL_FLAGS.iter().filter(|flag| flag.long != "help").map(entry).collect();
    env.out.line(format!("The following options can be passed to any command:\n\n{}", listed.join("\n")));
    Ok(Flow::OK)
}

/// A flag as kubectl lists it: `-n, --namespace='':` and a line of explanation.
pub fn entry(flag: &Flag) -> String {
    let short = flag.short.filter(|_| flag.long.len() > 1).map(|letter| format!("-{letter}, "));
    let default = match flag.takes {
        Takes::Bool => "false",
        Takes::Int => "0",
        Takes::Duration => "0s",
        Takes::List | Takes::Array => "[]",
        Takes::Text | Takes::TextOr(_) => "''",
    };
    format!("    {}--{}={default}:\n\t{}\n", short.unwrap_or_default(), flag.long, flag.help)
}
