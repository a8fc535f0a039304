//! What `set image`, `set env` and `set resources` share: change the pod template of each object, send
//! what changed.

use k8s_openapi::api::core::v1::{Container, PodSpec};

use crate::api::{Object, wire};
use crate::apiserver::{Subresource, WriteOptions};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{ALL, Builder, Info, SELECTOR};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{self, FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::result::{DRY_RUN, DryRun, FIELD_MANAGER, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, local};

/// Flags that all of them have.
pub const SET_FLAGS: &[Flag] =
    &[FILENAME, RECURSIVE, KUSTOMIZE, SELECTOR, ALL, OUTPUT, DRY_RUN, FIELD_MANAGER, SHOW_MANAGED, LOCAL];

/// `--local`
pub const LOCAL: Flag = Flag::new("local", Takes::Bool, "Change the manifest of -f alone, and ask no server");

/// Said when `--local` has no files to work on.
pub const LOCAL_NEEDS_FILES: &str = "you must specify resources by --filename when --local is set.\nExample resource \
    specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'";

/// Finds the objects to change.
///
/// # Errors
/// Any object that is not there, or a contradictory command line.
pub fn select(args: &Args, env: &mut Env<'_>, resources: &[String]) -> Result<Vec<Info>, CliError> {
    if local::is_asked(args) {
        if !resources.is_empty() || !manifests::is_given(args) {
            return Err(CliError::plain(LOCAL_NEEDS_FILES));
        }
        let found = local::select(args, env)?;
        // `set selector` takes it for a dry run of its own.
        if !args.command().starts_with("set selector") {
            local::check_dry_run(args)?;
        }
        return Ok(found);
    }
    Builder { must_exist: true, all_with_names: true, ..Builder::default() }
        .select(args, env, resources)?
        .all()
}

/// Complaints that all of them have about a command line.
pub fn common_errors(args: &Args, resources: &[String]) -> Vec<CliError> {
    let mut errors = Vec::new();
    if args.flag("all") && args.text("selector").is_some_and(|text| !text.is_empty()) {
        errors.push(CliError::plain("cannot set --all and --selector at the same time"));
    }
    if resources.is_empty() && !manifests::names_files(args) {
        errors.push(CliError::plain(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    errors
}

/// Changes each object and stores it when it differs; objects that do not differ are not mentioned. `what` is how a
/// refusal names the change.
///
/// # Errors
/// What `change` and the API server complained of, together.
pub fn patch_all(
    args: &Args,
    env: &mut Env<'_>,
    infos: &[Info],
    operation: &str,
    what: &str,
    mut change: impl FnMut(&mut Object, &mut Vec<CliError>) -> Result<(), String>,
) -> Result<Flow, CliError> {
    let mut results = Results::parse(args, env.files)?;
    let mut errors = Vec::new();
    let is_local = local::is_asked(args);
    let Env { cluster, out, .. } = env;
    cluster.act(args.command(), |api| {
        let mut changed = Vec::new();
        for info in infos {
            let found = if is_local {
                local::object(info)
            } else {
                api.get(info.kind, &info.key()).cloned().map_err(CliError::from)
            };
            match found {
                Ok(old) => {
                    let mut new = old.clone();
                    let done = change(&mut new, &mut errors);
                    changed.push((info, old, done.map(|()| new)));
                }
                Err(error) => errors.push(error),
            }
        }
        for (info, old, new) in changed {
            let new = match new {
                Ok(new) if new == old => continue,
                Ok(new) => new,
                Err(why) => {
                    let name = if is_local { local_name(info) } else { info.resource_name() };
                    errors.push(CliError::plain(format!("error: {name} {why}\n")));
                    continue;
                }
            };
            if is_local {
                let mut value = local::typed(&new);
                wire::say_null_creation(&mut value, args.gates);
                errors.extend(results.print_manifest(operation, info, &value, true, out).err());
                continue;
            }
            let options = WriteOptions { dry_run: results.dry_run() == DryRun::Server };
            let updated = match results.dry_run() {
                DryRun::Client => Ok(new),
                _ => api.update_with(new, Subresource::Main, options),
            };
            match updated {
                Ok(object) => errors.extend(results.print(operation, &object, api, out).err()),
                Err(error) => errors.push(CliError::plain(format!("failed to patch {what} {error}"))),
            }
        }
    });
    CliError::aggregate(errors).map_or(Ok(Flow::OK), Err)
}

/// An object's name in complaints about a file alone; a kind with a group ends its line.
pub fn local_name(info: &Info) -> String {
    let end = if info.kind.info().group.is_empty() { "" } else { "\n" };
    format!("{}{end}", info.result_name())
}

/// Said of objects without a pod template.
///
/// # Errors
/// Always.
pub fn no_template(object: &Object) -> Result<(), String> {
    let (version, kind) = (object.kind().info().version, object.kind().name());
    Err(format!("the object is not a pod or does not have a pod template: *{version}.{kind}"))
}

/// `-c`
pub const CONTAINERS: Flag =
    Flag::short("containers", 'c', Takes::Text, "Names of containers to change, with * as wildcard");

/// The containers that `-c` picks, plain ones first.
///
/// Models kubectl pkg/cmd/set: selectContainers.
pub fn chosen<'a>(spec: &'a mut PodSpec, args: &Args) -> impl Iterator<Item = &'a mut Container> {
    let pattern = args.text("containers").unwrap_or("*").to_owned();
    let all = spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten());
    all.filter(move |container| pattern == "*" || matches(&pattern, &container.name))
}

/// Whether `name` fits `pattern`, in which each `*` stands for any text.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(head) else { return false };
    (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| matches(tail, &rest[at..]))
}
