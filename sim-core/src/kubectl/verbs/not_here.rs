//! Commands whose work is outside of what is simulated. They say what does it here.

use super::Verb;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::{Env, Flow};

/// The shells that kubectl writes completion for.
const SHELLS: &[&str] = &["bash", "fish", "powershell", "zsh"];

/// `completion`
pub static COMPLETION: Verb = Verb {
    name: "completion",
    about: "Output shell completion code for the specified shell.",
    usage: "completion SHELL",
    flags: &[],
    run: completion,
};

/// `proxy`
pub static PROXY: Verb = Verb {
    name: "proxy",
    about: "Run a proxy to the Kubernetes API server.",
    usage: "proxy [--port=PORT] [--www=static-dir] [--www-prefix=prefix] [--api-prefix=prefix]",
    flags: &[
        Flag::short("port", 'p', Takes::Int, "The port to listen at"),
        Flag::new("address", Takes::Text, "The address to listen at"),
    ],
    run: proxy,
};

fn completion(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    match args.words.as_slice() {
        [] => Err(CliError::misuse("completion", "Shell not specified.")),
        [shell] if SHELLS.contains(&shell.as_str()) => {
            env.out.err_line("The prompt completes kubectl's words by itself: press Tab.");
            Ok(Flow::OK)
        }
        [shell] => Err(CliError::misuse("completion", format!("Unsupported shell type \"{shell}\"."))),
        _ => Err(CliError::misuse("completion", "Too many arguments. Expected only the shell type.")),
    }
}

fn proxy(_args: &Args, _env: &mut Env<'_>) -> Result<Flow, CliError> {
    Err(CliError::plain(
        "nothing listens for HTTP here: kubectl get --raw PATH asks the API server, kubectl port-forward leads to a pod",
    ))
}
