//! `set env`

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMapKeySelector, EnvVar, EnvVarSource, PodSpec, SecretKeySelector};

use super::Verb;
use super::set::{self, CONTAINERS, LOCAL};
use super::set_env_resolve as resolve;
use crate::api::{Kind, Object, meta};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{ALL, Builder, SELECTOR};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{self, FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::output::Output;
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, apply, local, template};
use crate::store::Store;

/// `set env`
pub static VERB: Verb = Verb {
    name: "set env",
    about: "Update environment variables on a pod template.",
    usage: "set env RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        SELECTOR,
        ALL,
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        LOCAL,
        CONTAINERS,
        Flag::short("env", 'e', Takes::Array, "KEY=VALUE"),
        Flag::new("from", Takes::Text, "A ConfigMap or Secret whose keys become variables"),
        Flag::new("keys", Takes::List, "Only these keys of it"),
        Flag::new("prefix", Takes::Text, "Put before each name"),
        Flag::new("overwrite", Takes::Bool, "Replace variables that are there (the default)"),
        Flag::new("list", Takes::Bool, "Show the variables"),
        Flag::new("resolve", Takes::Bool, "With --list: show what references stand for"),
    ],
    run,
};

/// Models kubectl pkg/cmd/set: EnvOptions.
fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let is_env = |word: &String| word.find('=').is_some_and(|at| at > 0) || word.ends_with('-');
    let first = args.words.iter().position(is_env).unwrap_or(args.words.len());
    let (resources, words) = args.words.split_at(first);
    if !words.iter().all(is_env) {
        return Err(CliError::plain(format!(
            "all resources must be specified before environment changes: {}",
            args.words.join(" ")
        )));
    }
    if resources.is_empty() && !manifests::names_files(args) {
        return Err(CliError::plain(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    if args.flag("all") && args.text("selector").is_some_and(|text| !text.is_empty()) {
        return Err(CliError::plain("cannot set --all and --selector at the same time"));
    }
    if args.flag("list") && !args.output().is_empty() {
        return Err(CliError::plain("--list and --output may not be specified together"));
    }
    if args.has("keys") && !args.has("from") {
        return Err(CliError::plain(
            "when specifying --keys, a configmap or secret must be provided with --from",
        ));
    }
    let (mut set, remove) = parse(args.list("env").iter().chain(words))?;
    if let Some(from) = args.text("from") {
        set.extend(from_object(from, args.list("keys"), args, env)?);
    }
    if let Some(prefix) = args.text("prefix") {
        set.iter_mut().for_each(|variable| variable.name.insert_str(0, prefix));
    }
    let infos = set::select(args, env, resources)?;
    if args.flag("list") {
        for info in &infos {
            let store = env.cluster.store();
            let of_file = info.manifest.clone().filter(|_| local::is_asked(args));
            let object = of_file.map(apply::decoded).transpose()?;
            if let Some(object) = object.as_ref().or_else(|| store.get(info.kind, &info.key())) {
                list(object, (&set, &remove), args, store, env.out);
            }
        }
        return Ok(Flow::OK);
    }
    let keeps = args.has("overwrite") && !args.flag("overwrite");
    let mut warnings = Output::default();
    let done =
        set::patch_all(args, env, &infos, "env updated", "env update to pod template:", |object, _| {
            let (kind, name) = (object.kind().name(), meta::name(object.meta()).to_owned());
            let Some(spec) = template::pod_spec_mut(object) else { return set::no_template(object) };
            let mut any = false;
            for container in set::chosen(spec, args) {
                any = true;
                let there = container.env.take().unwrap_or_default();
                if keeps
                    && let Some(old) = there.iter().find(|old| set.iter().any(|new| new.name == old.name))
                {
                    let why = format!(
                        "'{}' already has a value ({}), and --overwrite is false",
                        old.name,
                        old.value.as_deref().unwrap_or_default()
                    );
                    return Err(why);
                }
                let updated = update(there, &set, &remove);
                container.env = (!updated.is_empty()).then_some(updated);
            }
            if !any {
                let wanted = args.text("containers").unwrap_or("*");
                warnings.err_line(format!(
                    "Warning: {kind}/{name} does not have any containers matching \"{wanted}\""
                ));
            }
            Ok(())
        });
    env.out.err(warnings.text(crate::kubectl::Stream::Err));
    done
}

/// Models kubectl pkg/cmd/set/env: parseIntoEnvVar.
fn parse<'a>(words: impl Iterator<Item = &'a String>) -> Result<(Vec<EnvVar>, Vec<String>), CliError> {
    let (mut set, mut remove) = (Vec::new(), Vec::new());
    for word in words {
        if let Some((name, value)) = word.split_once('=') {
            if !is_env_name(name) {
                return Err(CliError::plain(format!(
                    "\"{name}\" is not a valid key name: a valid environment variable name must consist of \
                     alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. \
                     'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is \
                     '[-._a-zA-Z][-._a-zA-Z0-9]*')"
                )));
            }
            set.push(EnvVar { name: name.to_owned(), value: Some(value.to_owned()), value_from: None });
        } else if let Some(name) = word.strip_suffix('-') {
            remove.push(name.to_owned());
        } else {
            return Err(CliError::plain(format!("unknown environment variable: {word}")));
        }
    }
    if remove.iter().any(|name| set.iter().any(|variable: &EnvVar| variable.name == *name)) {
        return Err(CliError::plain(
            "can not both modify and remove the same environment variable in the same command",
        ));
    }
    Ok((set, remove))
}

/// kubectl is stricter than the API server.
///
/// Models apimachinery pkg/util/validation: IsEnvVarName.
fn is_env_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
}

/// Models kubectl pkg/cmd/set: updateEnv.
fn update(there: Vec<EnvVar>, set: &[EnvVar], remove: &[String]) -> Vec<EnvVar> {
    let mut left: Vec<&EnvVar> = set.iter().collect();
    let mut updated = Vec::new();
    for old in there.into_iter().filter(|old| !remove.contains(&old.name)) {
        match left.iter().position(|new| new.name == old.name) {
            Some(place) => updated.push(left.remove(place).clone()),
            None => updated.push(old),
        }
    }
    updated.extend(left.into_iter().cloned());
    updated
}

/// Variables that refer to every wanted key of a ConfigMap or Secret.
fn from_object(from: &str, keys: &[String], args: &Args, env: &mut Env<'_>) -> Result<Vec<EnvVar>, CliError> {
    let builder = Builder { must_exist: true, all_with_names: true, ..Builder::default() };
    let words: Vec<String> = from.split_whitespace().map(str::to_owned).collect();
    let plain = Args::parse("set env", &[], &[])?;
    let args = if manifests::names_files(args) { &plain } else { args };
    let mut variables = Vec::new();
    for info in builder.select(args, env, &words)?.all()? {
        let data: Vec<String> = match env.cluster.store().get(info.kind, &info.key()) {
            Some(Object::ConfigMap(map)) => map.data.iter().flatten().map(|(key, _)| key.clone()).collect(),
            Some(Object::Secret(secret)) => {
                secret.data.iter().flatten().map(|(key, _)| key.clone()).collect()
            }
            _ => return Err(CliError::plain("unsupported resource specified in --from")),
        };
        for key in data.into_iter().filter(|key| keys.is_empty() || keys.contains(key)) {
            let name: String = key
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
                .collect();
            if name != key {
                env.out.err_line(format!("Warning: key {key} transferred to {name}"));
            }
            variables.push(EnvVar {
                name,
                value: None,
                value_from: Some(source(info.kind, &info.name, key)),
            });
        }
    }
    Ok(variables)
}

fn source(kind: Kind, name: &str, key: String) -> EnvVarSource {
    let name = name.to_owned();
    if kind == Kind::Secret {
        let selector = SecretKeySelector { key, name, optional: None };
        return EnvVarSource { secret_key_ref: Some(selector), ..EnvVarSource::default() };
    }
    let selector = ConfigMapKeySelector { key, name, optional: None };
    EnvVarSource { config_map_key_ref: Some(selector), ..EnvVarSource::default() }
}

/// Shows the variables as they would be after the changes.
///
/// Models kubectl pkg/cmd/set: RunEnv.
fn list(
    object: &Object,
    (set, remove): (&[EnvVar], &[String]),
    args: &Args,
    store: &Store,
    out: &mut Output,
) {
    let mut changed = object.clone();
    let (kind, name) = (object.kind().name(), meta::name(object.meta()));
    let mut empty = PodSpec::default();
    let has_template = template::pod_spec_mut(&mut changed).is_some();
    let spec = template::pod_spec_mut(&mut changed).unwrap_or(&mut empty);
    let mut any = false;
    for container in set::chosen(spec, args) {
        any = true;
        out.line(format!("# {kind} {name}, container {}", container.name));
        let mut failed: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for variable in update(container.env.take().unwrap_or_default(), set, remove) {
            let Some(source) = &variable.value_from else {
                out.line(format!("{}={}", variable.name, variable.value.as_deref().unwrap_or_default()));
                continue;
            };
            if args.flag("resolve") {
                match resolve::value(source, object, container, store) {
                    Ok(value) => {
                        out.line(format!("{}={value}", variable.name));
                        continue;
                    }
                    Err(why) => failed.entry(why).or_default().push(variable.name.clone()),
                }
            }
            out.line(format!("# {} from {}", variable.name, reference(source)));
        }
        let mut lines: Vec<String> = failed
            .into_iter()
            .map(|(why, mut names)| {
                names.sort();
                format!("error retrieving reference for {}: {why}", names.join(", "))
            })
            .collect();
        lines.sort();
        lines.iter().for_each(|line| out.err_line(line));
    }
    if !any && has_template {
        let wanted = args.text("containers").unwrap_or("*");
        out.err_line(format!("Warning: {kind}/{name} does not have any containers matching \"{wanted}\""));
    }
}

/// Models kubectl pkg/cmd/set/env: GetEnvVarRefString.
fn reference(source: &EnvVarSource) -> String {
    if let Some(map) = &source.config_map_key_ref {
        return format!("configmap {}, key {}", map.name, map.key);
    }
    if let Some(secret) = &source.secret_key_ref {
        return format!("secret {}, key {}", secret.name, secret.key);
    }
    if let Some(field) = &source.field_ref {
        return format!("field path {}", field.field_path);
    }
    if let Some(resource) = &source.resource_field_ref {
        let container = resource.container_name.as_deref().filter(|name| !name.is_empty());
        let prefix = container.map(|name| format!("{name}/")).unwrap_or_default();
        return format!("resource field {prefix}{}", resource.resource);
    }
    "invalid valueFrom".to_owned()
}
