//! `patch`

use serde_json::{Value, json};

use super::Verb;
use super::get::scale_value;
use super::set::LOCAL;
use crate::api::patch::{self, Patch};
use crate::api::{ApiError, ApiResult, Kind, Object, decode};
use crate::apiserver::{ApiServer, WriteOptions};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{Builder, Info};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::result::{DRY_RUN, DryRun, FIELD_MANAGER, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, FileError, Flow, Output, gojson, local, wire};

/// `patch`
pub static VERB: Verb = Verb {
    name: "patch",
    about: "Update fields of a resource using strategic merge patch, a JSON merge patch, or a JSON patch.",
    usage: "patch (-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        LOCAL,
        Flag::short("patch", 'p', Takes::Text, "The patch, JSON or YAML"),
        Flag::new("patch-file", Takes::Text, "A file with the patch"),
        Flag::new("type", Takes::Text, "strategic (the default), merge or json"),
        Flag::new("subresource", Takes::Text, "status, scale or resize"),
    ],
    run,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Json,
    Merge,
    Strategic,
}

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let inline = args.text("patch").unwrap_or_default();
    let file = args.text("patch-file").unwrap_or_default();
    if !inline.is_empty() && !file.is_empty() {
        return Err(CliError::plain("cannot specify --patch and --patch-file together"));
    }
    if inline.is_empty() && file.is_empty() {
        return Err(CliError::plain(
            "must specify --patch or --patch-file containing the contents of the patch",
        ));
    }
    let kind = match args.text("type").map(str::to_ascii_lowercase).as_deref() {
        None | Some("" | "strategic") => Type::Strategic,
        Some("merge") => Type::Merge,
        Some("json") => Type::Json,
        Some(_) => {
            let given = args.text("type").unwrap_or_default();
            return Err(CliError::plain(format!(
                "--type must be one of [json merge strategic], not \"{given}\""
            )));
        }
    };
    let subresource = args.text("subresource").unwrap_or_default();
    let text = if file.is_empty() { inline.to_owned() } else { read_file(file, env)? };
    let wanted = parse(kind, &text, inline)?;
    let mut results = Results::parse(args, env.files)?.apart().without_dry_run();
    local::check_dry_run(args)?;
    if local::is_asked(args) {
        if !args.words.is_empty() {
            return Err(CliError::plain("cannot specify --local and server resources"));
        }
        return patch_locally(args, env, &wanted, &mut results);
    }
    let builder = Builder { must_exist: true, ..Builder::default() };
    let selection = builder.select(args, env, &args.words)?;
    let mut errors = selection.errors;
    if selection.infos.is_empty() && errors.is_empty() {
        return Err(CliError::plain("no objects passed to patch"));
    }
    let Env { cluster, out, .. } = env;
    cluster.act(args.command(), |api| {
        for info in &selection.infos {
            // The scale is no part of the object that a patch could reach.
            if subresource == "scale" {
                errors.extend(one_scale(api, info, &wanted, &mut results, out).err());
                continue;
            }
            if results.dry_run() == DryRun::Client {
                errors.extend(one_untold(api, info, &wanted, &mut results, out).err());
                continue;
            }
            let patched = one(api, info, &wanted, subresource, results.dry_run(), out);
            let printed = patched.and_then(|(operation, object)| results.print(operation, &object, api, out));
            errors.extend(printed.err());
        }
    });
    CliError::aggregate(errors).map_or(Ok(Flow::OK), Err)
}

fn one(
    api: &mut ApiServer,
    info: &Info,
    wanted: &Wanted,
    subresource: &str,
    dry: DryRun,
    out: &mut Output,
) -> Result<(&'static str, Object), CliError> {
    let old = api.get(info.kind, &info.key())?.clone();
    let patch = wanted.sent.as_ref().map_err(|error| CliError::from(error.clone()))?;
    let options = WriteOptions { dry_run: dry.is_dry() };
    let part = api.subresource(info.kind, subresource)?;
    let mut unknown = Vec::new();
    let new = api.through_part(part, |api| {
        api.patch_telling(info.kind, &info.key(), patch, part, options, &mut unknown)
    })?;
    unknown.iter().for_each(|path| out.err_line(format!("Warning: unknown field \"{path}\"")));
    Ok((if new == old { "patched (no change)" } else { "patched" }, new))
}

/// Patches the object as it is, and tells no server.
fn one_untold(
    api: &ApiServer,
    info: &Info,
    wanted: &Wanted,
    results: &mut Results,
    out: &mut Output,
) -> Result<(), CliError> {
    let old = wire::value(api.get(info.kind, &info.key())?);
    let new = wanted.here(info.kind, &old)?;
    let operation = if new == old { "patched (no change)" } else { "patched" };
    results.print_manifest(operation, info, &new, false, out)
}

/// Patches the manifests, and nothing else.
fn patch_locally(
    args: &Args,
    env: &mut Env<'_>,
    wanted: &Wanted,
    results: &mut Results,
) -> Result<Flow, CliError> {
    for info in local::select(args, env)? {
        let old = info.manifest.clone().unwrap_or_default();
        let new = wanted.here(info.kind, &old)?;
        let operation = if new == old { "patched (no change)" } else { "patched" };
        results.print_manifest(operation, &info, &new, false, env.out)?;
    }
    Ok(Flow::OK)
}

/// Patches the scale of an object, which is an object of its own.
fn one_scale(
    api: &mut ApiServer,
    info: &Info,
    wanted: &Wanted,
    results: &mut Results,
    out: &mut Output,
) -> Result<(), CliError> {
    let old = api.scale(info.kind, &info.key())?;
    let patch = wanted.sent.as_ref().map_err(|error| CliError::from(error.clone()))?;
    let patched = patch.apply(info.kind, &scale_value(old.clone()))?;
    let wanted = patched["spec"]["replicas"].as_i64().unwrap_or(0);
    let mut scale = old.clone();
    scale.spec.get_or_insert_default().replicas = Some(i32::try_from(wanted).unwrap_or(-1));
    let options = WriteOptions { dry_run: results.dry_run().is_dry() };
    let new = api.set_scale(info.kind, &info.key(), &scale, options)?;
    let operation = if new == old { "patched (no change)" } else { "patched" };
    let name = format!("scale.autoscaling/{}", info.key().name);
    results.print_as(operation, &name, || scale_value(new), out)
}

fn read_file(path: &str, env: &Env<'_>) -> Result<String, CliError> {
    if matches!(path, "/dev/stdin" | "-") {
        return Ok(env.stdin.unwrap_or_default().to_owned());
    }
    match env.files.read(path, false) {
        Ok(files) => Ok(files.into_iter().next().map(|(_, text)| text).unwrap_or_default()),
        Err(FileError::NotFound) => {
            Err(CliError::plain(format!("unable to read patch file: open {path}: no such file or directory")))
        }
        Err(FileError::Other(why)) => Err(CliError::plain(format!("unable to read patch file: {why}"))),
    }
}

/// What the library says of a merge patch that is no object.
const INVALID: &str = "Invalid JSON Patch";

/// A patch as it is read.
struct Wanted {
    /// What the server will have, or what it will say.
    sent: ApiResult<Patch>,
    /// What there is without a server, or what kubectl says.
    here: Result<Patch, String>,
}

impl Wanted {
    /// `old` as kubectl patches it by itself.
    ///
    /// Models kubectl pkg/cmd/patch: getPatchedJSON.
    fn here(&self, kind: Kind, old: &Value) -> Result<Value, CliError> {
        let patch = self.here.as_ref().map_err(CliError::plain)?;
        patch.apply_here(kind, old).map_err(|why| match why.split_once("doc is missing key: ") {
            Some((_, key)) => CliError::plain(format!("Object to be patched is missing field ({key})")),
            None => CliError::plain(why),
        })
    }
}

/// Reads the patch. Text that looks like JSON goes to the server as it is.
///
/// Models apimachinery pkg/util/yaml: ToJSON, and apiserver endpoints/handlers: patchResource.
fn parse(kind: Type, text: &str, shown: &str) -> Result<Wanted, CliError> {
    let value = if text.trim_start().starts_with('{') {
        match gojson::decode(text) {
            Ok(value) => value,
            Err(why) => {
                let here = match kind {
                    Type::Strategic => "invalid JSON document",
                    Type::Merge => INVALID,
                    Type::Json => &why,
                };
                return Ok(Wanted { sent: Err(bad(kind, &why)), here: Err(here.to_owned()) });
            }
        }
    } else {
        let mut documents = decode::documents(text).map_err(|why| {
            let why = why.strip_prefix("error converting YAML to JSON: ").unwrap_or(&why).to_owned();
            CliError::plain(format!("unable to parse \"{}\": {why}", shown.escape_debug()))
        })?;
        if documents.is_empty() { Value::Null } else { documents.swap_remove(0) }
    };
    let checked = match kind {
        Type::Json => patch::check_operations(&value),
        Type::Merge | Type::Strategic if value.is_null() || value.is_object() => Ok(()),
        Type::Merge | Type::Strategic => Err(patch::not_of_type(&value, "map[string]interface {}")),
    };
    let is_nothing = value.is_null();
    let read = match kind {
        // Nothing at all is no operation, and changes nothing.
        Type::Json if is_nothing => Patch::Json(Value::Array(Vec::new())),
        Type::Strategic if is_nothing => Patch::Strategic(json!({})),
        Type::Json => Patch::Json(value),
        Type::Merge => Patch::Merge(value),
        Type::Strategic => Patch::Strategic(value),
    };
    let sent = match checked {
        Err(why) => Err(bad(kind, &why)),
        Ok(()) if kind == Type::Merge && is_nothing => Err(ApiError::bad_request(INVALID)),
        Ok(()) => Ok(read.clone()),
    };
    let here = if kind == Type::Merge && is_nothing { Err(INVALID.to_owned()) } else { Ok(read) };
    Ok(Wanted { sent, here })
}

fn bad(kind: Type, why: &str) -> ApiError {
    ApiError::bad_request(match kind {
        Type::Strategic => why.to_owned(),
        Type::Json | Type::Merge => format!("error decoding patch: {why}"),
    })
}
