//! `create -f`, and the objects that `create KIND` makes.

use super::{Verb, raw};
use crate::api::Object;
use crate::apiserver::WriteOptions;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{self, Info};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{self, FILENAME, KUSTOMIZE, RECURSIVE, VALIDATE};
use crate::kubectl::result::{DRY_RUN, DryRun, FIELD_MANAGER, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, apply, images, warnings};

/// `--save-config`
pub const SAVE_CONFIG: Flag =
    Flag::new("save-config", Takes::Bool, "Keep the manifest in the annotation that apply reads");

/// `create`
pub static VERB: Verb = Verb {
    name: "create",
    about: "Create a resource from a file or from stdin.",
    usage: "create -f FILENAME",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        VALIDATE,
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        SAVE_CONFIG,
        builder::SELECTOR,
        raw::RAW,
        Flag::new("edit", Takes::Bool, "Edit each manifest before it is created"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if !args.words.is_empty() {
        return Err(CliError::misuse("create", format!("Unexpected args: [{}]", args.words.join(" "))));
    }
    manifests::require(args)?;
    if let Some(path) = raw::path(args) {
        if args.flag("edit") {
            return Err(CliError::plain("--raw and --edit are mutually exclusive"));
        }
        let body = raw::body(args, env, path)?;
        return raw::create(args, env, path, &body);
    }
    if args.flag("edit") {
        return super::edit::before_create(args, env);
    }
    let mut results = Results::parse(args, env.files)?;
    let found = manifests::read(args, env, true)?;
    found.warnings.iter().for_each(|warning| env.out.err_line(warning));
    let mut errors = found.errors;
    errors.extend(images::register_all(&found.images, &results, env));
    let selector = builder::parse_selector(args.text("selector").unwrap_or_default())?;
    let wanted = |info: &&Info| selector.matches(&builder::manifest_labels(info));
    let saves = args.flag("save-config");
    let Env { cluster, out, .. } = env;
    let count = cluster.act(args.command(), |api| {
        let mut count = 0;
        for info in found.infos.iter().filter(wanted) {
            count += 1;
            let manifest = info.manifest.clone().unwrap_or_default();
            let manifest = if saves { apply::with_annotation(manifest) } else { manifest };
            if results.dry_run() == DryRun::Client {
                errors.extend(results.print_manifest("created", info, &manifest, false, out).err());
                continue;
            }
            warnings::warn(info.kind, api.gates, out);
            let created = apply::decoded(manifest).and_then(|object| store(api, object, results.dry_run()));
            warnings::show(api, out);
            let printed = created
                .map_err(|error| info.error("creating", error))
                .and_then(|object| results.print("created", &object, api, out));
            errors.extend(printed.err());
        }
        count
    });
    if count == 0 && found.images.is_empty() && errors.is_empty() {
        return Err(CliError::plain("no objects passed to create"));
    }
    CliError::aggregate(errors).map_or(Ok(Flow::OK), Err)
}

fn store(
    api: &mut crate::apiserver::ApiServer,
    object: Object,
    dry: DryRun,
) -> crate::api::ApiResult<Object> {
    api.create_with(object, WriteOptions { dry_run: dry == DryRun::Server })
}
