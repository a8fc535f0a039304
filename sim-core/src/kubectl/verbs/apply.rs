//! `apply`

use super::Verb;
use crate::kubectl::apply;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{self, Info};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{self, FILENAME, KUSTOMIZE, RECURSIVE, VALIDATE};
use crate::kubectl::pace::{self, Paced};
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, images};

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
        Flag::new("prune", Takes::Bool, "Not supported"),
        Flag::new("server-side", Takes::Bool, "Not supported: apply on the server"),
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if !manifests::is_given(args) {
        return Err(CliError::plain("must specify one of -f and -k"));
    }
    if let Some(word) = args.words.first() {
        return Err(CliError::misuse("apply", format!("Unexpected args: [{word}]")));
    }
    for unsupported in ["server-side", "prune"] {
        if args.flag(unsupported) {
            return Err(CliError::plain(format!("--{unsupported} is not supported by the simulator")));
        }
    }
    let results = Results::parse(args, env.files)?;
    let found = manifests::read(args, env, true)?;
    let mut errors = found.errors;
    if found.infos.is_empty() && found.images.is_empty() && errors.is_empty() {
        return Err(CliError::plain("no objects passed to apply"));
    }
    errors.extend(images::register_all(&found.images, &results, env));
    let selector = builder::parse_selector(args.text("selector").unwrap_or_default())?;
    let wanted = found.infos.into_iter().filter(|info| selector.matches(&builder::manifest_labels(info)));
    let command = args.command().to_owned();
    pace::run(Applying { command, results, errors }, wanted.collect(), env)
}

/// An apply on its way through the manifests.
struct Applying {
    command: String,
    results: Results,
    errors: Vec<CliError>,
}

impl Paced for Applying {
    type Item = Info;

    fn act(&mut self, info: Info, env: &mut Env<'_>) {
        let Env { cluster, out, .. } = env;
        let dry_run = self.results.dry_run();
        match cluster.act(&self.command, |api| apply::apply(&info, dry_run, api, out)) {
            Ok((applied, object)) => self.results.collect(applied.word(), &object, out),
            Err(error) => self.errors.push(error),
        }
    }

    fn finish(&mut self, env: &mut Env<'_>) -> Result<u8, CliError> {
        self.errors.extend(self.results.finish(env.out).err());
        CliError::aggregate(std::mem::take(&mut self.errors)).map_or(Ok(0), Err)
    }
}
