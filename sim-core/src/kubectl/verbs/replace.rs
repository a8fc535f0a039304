//! `replace`

use std::time::Duration;

use super::{Verb, raw};
use crate::api::{Feature, SimTime};
use crate::apiserver::{DeleteOptions, Subresource, WriteOptions};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{Builder, Info};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{self, FILENAME, KUSTOMIZE, RECURSIVE, VALIDATE};
use crate::kubectl::result::{DRY_RUN, DryRun, FIELD_MANAGER, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, Progress, Task, apply};

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
        Flag::new("force", Takes::Bool, "Delete the objects first, then make them anew"),
        Flag::new("cascade", Takes::TextOr("background"), "background, foreground or orphan"),
        Flag::new("grace-period", Takes::Int, "Seconds of grace for the objects that go"),
        Flag::new("timeout", Takes::Duration, "How long to wait for the objects to go"),
        Flag::new("wait", Takes::Bool, "Accepted: it always waits"),
        Flag::new("subresource", Takes::Text, "status, scale or resize"),
        raw::RAW,
    ],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    manifests::require(args)?;
    for flag in ["grace-period", "timeout"] {
        if args.has(flag) && !args.flag("force") {
            return Err(CliError::plain(format!("--{flag} must have --force specified")));
        }
    }
    if let Some(path) = raw::path(args) {
        let body = raw::body(args, env, path)?;
        return raw::replace(args, env, path, &body);
    }
    let mut results = Results::parse(args, env.files)?;
    let found = manifests::read(args, env, true)?;
    found.warnings.iter().for_each(|warning| env.out.err_line(warning));
    let mut errors = found.errors;
    let saves = args.flag("save-config");
    let subresource = args.text("subresource").unwrap_or_default();
    if args.flag("force") {
        // Its objects are looked for as those of `delete` are.
        Builder::default().select(args, env, &args.words)?;
        if found.infos.is_empty() && errors.is_empty() {
            env.out.err_line("No resources found");
            return Err(CliError::plain("no objects passed to replace"));
        }
        return forced(args, env, found.infos, errors, results);
    }
    let options = WriteOptions { dry_run: results.dry_run() == DryRun::Server };
    let Env { cluster, out, .. } = env;
    cluster.act(args.command(), |api| {
        for info in &found.infos {
            if info.name.is_empty() {
                let source = info.source.as_deref().unwrap_or_default();
                let why = format!("error when replacing \"{source}\": {}", apply::NO_NAME);
                errors.push(CliError::plain(why));
                continue;
            }
            let manifest = info.manifest.clone().unwrap_or_default();
            // Models kubectl pkg/util: CreateOrUpdateAnnotation.
            let annotation =
                manifest.pointer("/metadata/annotations").and_then(|all| all.get(apply::LAST_APPLIED));
            let manifest =
                if saves || annotation.is_some() { apply::with_annotation(manifest) } else { manifest };
            let replaced = apply::decoded(manifest).and_then(|object| match results.dry_run() {
                DryRun::Client => Ok(object),
                _ if subresource == "scale" && info.kind.info().subresources.contains(&"scale") => {
                    api.update_with(object, Subresource::Main, options)
                }
                _ => api
                    .subresource(info.kind, subresource)
                    .and_then(|part| api.through_part(part, |api| api.update_with(object, part, options))),
            });
            let printed = replaced
                .map_err(|error| info.error("replacing", error))
                .and_then(|object| results.print("replaced", &object, api, out));
            errors.extend(printed.err());
        }
    });
    CliError::aggregate(errors).map_or(Ok(Flow::OK), Err)
}

/// Deletes the objects, waits until they are gone, and creates them.
///
/// Models kubectl pkg/cmd/replace: ReplaceOptions.forceReplace.
fn forced(
    args: &Args,
    env: &mut Env<'_>,
    infos: Vec<Info>,
    errors: Vec<CliError>,
    results: Results,
) -> Result<Flow, CliError> {
    if let Some(error) = CliError::aggregate(errors) {
        return Err(error);
    }
    let grace = args.int("grace-period").filter(|grace| *grace >= 0);
    let propagation = super::delete::propagation(args.text("cascade"), env.out)?;
    let how = DeleteOptions { grace_period_seconds: grace, propagation, ..DeleteOptions::default() };
    let names = env.cluster.api().gates.has(Feature::DeleteNamesNamespace);
    let mut gone = Vec::new();
    for info in &infos {
        match env.cluster.act(args.command(), |api| api.delete(info.kind, &info.key(), &how)) {
            Ok(deleted) => {
                env.out.line(super::delete::deleted_line(info, "deleted", names));
                gone.push((info.clone(), deleted.object.uid().to_owned()));
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(info.error("deleting", error)),
        }
    }
    let timeout = args.duration("timeout").filter(|timeout| !timeout.length.is_zero());
    let limit = timeout.map_or(FORCED_WAITS, |timeout| timeout.length);
    let command = args.command().to_owned();
    let deadline = env.cluster.now() + limit;
    let mut task = Forced { command, infos, gone, results, saves: args.flag("save-config"), deadline };
    match task.poll(env)? {
        Progress::Done(code) => Ok(Flow::Done(code)),
        Progress::Waiting => Ok(Flow::Task(Box::new(task))),
    }
}

/// How long a forced replacement waits for what it deleted.
const FORCED_WAITS: Duration = Duration::from_secs(300);

/// A forced replacement whose objects may not be gone yet.
struct Forced {
    command: String,
    infos: Vec<Info>,
    /// What was deleted, with its uid.
    gone: Vec<(Info, String)>,
    results: Results,
    saves: bool,
    deadline: SimTime,
}

impl Task for Forced {
    fn poll(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        let store = env.cluster.store();
        let is_left = |info: &Info, uid: &str| {
            store.get(info.kind, &info.key()).is_some_and(|object| object.uid() == uid)
        };
        self.gone.retain(|(info, uid)| is_left(info, uid));
        if !self.gone.is_empty() {
            if env.cluster.now() >= self.deadline {
                return Err(CliError::plain("timed out waiting for the condition"));
            }
            return Ok(Progress::Waiting);
        }
        let mut errors = Vec::new();
        for info in std::mem::take(&mut self.infos) {
            let manifest = info.manifest.clone().unwrap_or_default();
            let manifest = if self.saves { apply::with_annotation(manifest) } else { manifest };
            let created = apply::decoded(manifest)
                .and_then(|object| env.cluster.act(&self.command, |api| api.create(object)));
            match created {
                Ok(object) => {
                    errors.extend(self.results.print("replaced", &object, env.cluster.api(), env.out).err())
                }
                Err(error) => errors.push(error.into()),
            }
        }
        CliError::aggregate(errors).map_or(Ok(Progress::Done(0)), Err)
    }

    fn deadline(&self) -> Option<SimTime> {
        Some(self.deadline)
    }
}
