//! `kustomize`

use super::Verb;
use crate::kubectl::args::Args;
use crate::kubectl::error::CliError;
use crate::kubectl::{Env, Flow, kustomize};

/// `kustomize`
pub static VERB: Verb = Verb {
    name: "kustomize",
    about: "Build a kustomization target from a directory.",
    usage: "kustomize DIR [flags]",
    flags: &[],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let folder = match args.words.as_slice() {
        [] => ".",
        [folder] => folder.as_str(),
        _ => return Err(CliError::plain("specify one path to kustomization.yaml")),
    };
    let (text, warnings) = kustomize::build(folder, env.files)?;
    env.out.out(text);
    for warning in warnings {
        env.out.err_line(warning);
    }
    Ok(Flow::OK)
}
