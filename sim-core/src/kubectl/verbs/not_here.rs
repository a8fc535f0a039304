//! Commands whose work is outside of what is simulated. They say what does it here.

use super::{Verb, help};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{self, FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::result::OUTPUT;
use crate::kubectl::{Env, Flow, absent};

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

/// `alpha`
pub static ALPHA: Verb = Verb {
    name: "alpha",
    about: "Commands for features in alpha",
    usage: "alpha",
    flags: &[],
    run: |_, env| {
        env.out.line("No alpha commands are available in this version of kubectl");
        Ok(Flow::OK)
    },
};

/// `plugin list`
pub static PLUGIN_LIST: Verb = Verb {
    name: "plugin list",
    about: "List all visible plugin executables on a user's PATH.",
    usage: "plugin list [flags]",
    flags: &[Flag::new("name-only", Takes::Bool, "Names without their folders")],
    run: |_, _| Err(CliError::plain("unable to find any kubectl plugins in your PATH")),
};

/// `certificate`
pub static CERTIFICATE: Verb = Verb {
    name: "certificate",
    about: "Modify certificate resources.",
    usage: "certificate SUBCOMMAND",
    flags: &[],
    run: |_, env| {
        env.out.line(help::of_group("certificate"));
        Ok(Flow::OK)
    },
};

const CERTIFICATE_FLAGS: &[Flag] = &[
    FILENAME,
    KUSTOMIZE,
    RECURSIVE,
    OUTPUT,
    Flag::new("force", Takes::Bool, "Do it although it was done before"),
];

/// `certificate approve`
pub static APPROVE: Verb = Verb {
    name: "certificate approve",
    about: "Approve a certificate signing request.",
    usage: "certificate approve (-f FILENAME | NAME)",
    flags: CERTIFICATE_FLAGS,
    run: decide,
};

/// `certificate deny`
pub static DENY: Verb = Verb {
    name: "certificate deny",
    about: "Deny a certificate signing request.",
    usage: "certificate deny (-f FILENAME | NAME)",
    flags: CERTIFICATE_FLAGS,
    run: decide,
};

/// Finds none of the requests: the simulator keeps no certificates.
///
/// Models kubectl pkg/cmd/certificates: CertificateOptions.
fn decide(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if args.words.is_empty() && !manifests::is_given(args) {
        return Err(CliError::plain("one or more CSRs must be specified as <name> or -f <filename>"));
    }
    if manifests::is_given(args) {
        let errors = manifests::read(args, env, false)?.errors;
        return CliError::aggregate(errors).map_or(Ok(Flow::OK), Err);
    }
    let Some(requests) = absent::of_kind("CertificateSigningRequest") else { return Ok(Flow::OK) };
    let errors = args.words.iter().map(|name| requests.not_found(name).into());
    CliError::aggregate(errors.collect()).map_or(Ok(Flow::OK), Err)
}

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
