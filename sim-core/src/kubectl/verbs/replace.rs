//! `replace`

use super::Verb;
use crate::apiserver::{Subresource, WriteOptions};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{self, FILENAME, KUSTOMIZE, RECURSIVE, VALIDATE};
use crate::kubectl::result::{DRY_RUN, DryRun, FIELD_MANAGER, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, apply};

/// `replace`
pub static VERB: Verb = Verb {
    name: "replace",
    about: "Replace a resource by file name or stdin.",
    usage: "replace -f FILENAME",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        VALIDATE,
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        super::create::SAVE_CONFIG,
        Flag::new("force", Takes::Bool, "Not supported"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if !manifests::is_given(args) {
        return Err(CliError::misuse("replace", "must specify --filename to replace"));
    }
    if args.flag("force") {
        return Err(CliError::plain("--force is not supported by the simulator: use delete and create"));
    }
    let mut results = Results::parse(args, env.files)?;
    let found = manifests::read(args, env, true)?;
    let mut errors = found.errors;
    if found.infos.is_empty() && errors.is_empty() {
        return Err(CliError::plain("no objects passed to replace"));
    }
    let saves = args.flag("save-config");
    let options = WriteOptions { dry_run: results.dry_run() == DryRun::Server };
    let Env { cluster, out, .. } = env;
    cluster.act(args.command(), |api| {
        for info in &found.infos {
            let manifest = info.manifest.clone().unwrap_or_default();
            // Models kubectl pkg/util: CreateOrUpdateAnnotation.
            let annotation =
                manifest.pointer("/metadata/annotations").and_then(|all| all.get(apply::LAST_APPLIED));
            let manifest =
                if saves || annotation.is_some() { apply::with_annotation(manifest) } else { manifest };
            let replaced = apply::decoded(manifest).and_then(|object| match results.dry_run() {
                DryRun::Client => Ok(object),
                _ => api.update_with(object, Subresource::Main, options),
            });
            let printed = replaced
                .map_err(|error| info.error("replacing", error))
                .and_then(|object| results.print("replaced", &object, out));
            errors.extend(printed.err());
        }
    });
    CliError::aggregate(errors).map_or(Ok(Flow::OK), Err)
}
