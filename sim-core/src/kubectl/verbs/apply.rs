//! `apply`

use super::Verb;
use super::delete;
use crate::kubectl::apply::{self, Outcome, ServerSide};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{self, Info};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{self, FILENAME, KUSTOMIZE, RECURSIVE, VALIDATE};
use crate::kubectl::pace::{self, Paced};
use crate::kubectl::prune::Prune;
use crate::kubectl::result::{DRY_RUN, DryRun, FIELD_MANAGER, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, images, warnings};

/// `apply`
pub static VERB: Verb = Verb {
    name: "apply",
    about: "Apply a configuration to a resource by file name or stdin. The resource will be created if it \
            doesn't exist yet.",
    usage: "apply (-f FILENAME | -k DIRECTORY)",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        VALIDATE,
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        builder::SELECTOR,
        builder::ALL,
        Flag::new("overwrite", Takes::Bool, "Accepted: values of the manifest always win"),
        Flag::new("force", Takes::Bool, "Accepted for kubectl's sake"),
        Flag::new("wait", Takes::Bool, "Accepted for kubectl's sake"),
        Flag::new("prune", Takes::Bool, "Delete what was applied before and is in no manifest now"),
        Flag::new(
            "prune-allowlist",
            Takes::Array,
            "GROUP/VERSION/KIND to prune, in place of the usual kinds",
        ),
        Flag::new(
            "cascade",
            Takes::TextOr("background"),
            "How --prune deletes: background, foreground or orphan",
        ),
        Flag::new("grace-period", Takes::Int, "Seconds of grace for what --prune deletes"),
        Flag::new("server-side", Takes::Bool, "Let the server merge, and keep who owns which field"),
        Flag::new("subresource", Takes::Text, "With --server-side: status or resize"),
        Flag::new("force-conflicts", Takes::Bool, "With --server-side: take what others own"),
    ],
    run,
};

/// Said when there is nothing to apply.
const NOTHING: &str = "no objects passed to apply";

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    delete::propagation(args.text("cascade"), env.out)?;
    if !args.words.is_empty() {
        return Err(CliError::misuse("apply", format!("Unexpected args: [{}]", args.words.join(" "))));
    }
    manifests::require(args)?;
    let prune = Prune::parse(args)?;
    let results = Results::parse(args, env.files)?;
    let server_side = server_side(args, results.dry_run())?;
    let found = manifests::read(args, env, true)?;
    found.warnings.iter().for_each(|warning| env.out.err_line(warning));
    let mut errors = found.errors;
    if found.infos.is_empty() && found.images.is_empty() && errors.is_empty() {
        return Err(CliError::plain(NOTHING));
    }
    errors.extend(images::register_all(&found.images, &results, env));
    let selector = builder::parse_selector(args.text("selector").unwrap_or_default())?;
    let wanted = found.infos.into_iter().filter(|info| selector.matches(&builder::manifest_labels(info)));
    let wanted: Vec<Info> = wanted.collect();
    if wanted.is_empty() && found.images.is_empty() && errors.is_empty() {
        return Err(CliError::plain(NOTHING));
    }
    let command = args.command().to_owned();
    pace::run(Applying { command, results, errors, server_side, prune }, wanted, env)
}

/// How to apply on the server, if that is asked for.
///
/// Models kubectl pkg/cmd/apply: ApplyFlags.ToOptions.
fn server_side(args: &Args, dry_run: DryRun) -> Result<Option<ServerSide>, CliError> {
    let forces = args.flag("force-conflicts");
    let subresource = args.text("subresource").unwrap_or_default();
    if !subresource.is_empty() && !args.flag("server-side") {
        return Err(CliError::plain("--subresource can only be specified for --server-side"));
    }
    if !args.flag("server-side") {
        return if forces {
            Err(CliError::plain("--force-conflicts only works with --server-side"))
        } else {
            Ok(None)
        };
    }
    if args.flag("force") {
        return Err(CliError::plain("--force cannot be used with --server-side"));
    }
    if dry_run == DryRun::Client {
        let why = "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)";
        return Err(CliError::plain(why));
    }
    let asked = args.text("field-manager").filter(|name| !name.is_empty());
    Ok(Some(ServerSide {
        manager: asked.unwrap_or("kubectl").to_owned(),
        force: forces,
        subresource: subresource.to_owned(),
    }))
}

/// An apply on its way through the manifests.
struct Applying {
    command: String,
    results: Results,
    errors: Vec<CliError>,
    server_side: Option<ServerSide>,
    prune: Option<Prune>,
}

impl Paced for Applying {
    type Item = Info;

    fn act(&mut self, info: Info, env: &mut Env<'_>) {
        let Env { cluster, out, .. } = env;
        warnings::warn(info.kind, cluster.api().gates, out);
        let dry_run = self.results.dry_run();
        let done = cluster.act(&self.command, |api| match &self.server_side {
            Some(how) => apply::apply_on_server(&info, how, dry_run, api)
                .map(|object| ("serverside-applied", Outcome::Stored(Box::new(object)))),
            None => {
                apply::apply(&info, dry_run, api, out).map(|(applied, outcome)| (applied.word(), outcome))
            }
        });
        match done {
            Ok((word, Outcome::Stored(object))) => {
                if let Some(prune) = &mut self.prune {
                    prune.saw(&object);
                }
                self.results.collect(word, &object, cluster.api(), out);
            }
            Ok((word, Outcome::Local(value))) => self.results.collect_value(word, &info, value, out),
            Err(error) => self.errors.push(error),
        }
    }

    fn finish(&mut self, env: &mut Env<'_>) -> Result<u8, CliError> {
        self.errors.extend(self.results.finish(env.out).err());
        if let Some(error) = CliError::aggregate(std::mem::take(&mut self.errors)) {
            return Err(error);
        }
        if let Some(prune) = &self.prune {
            prune.run(&mut self.results, env)?;
        }
        Ok(0)
    }
}
