//! `get --raw`: what the API server answers at a path.

use serde_json::{Value, json};

use super::subresource::scale_value;
use super::{discovery, health};
use crate::api::selector::Selector;
use crate::api::{ApiError, meta};
use crate::kubectl::args::Args;
use crate::kubectl::error::CliError;
use crate::kubectl::verbs::raw::{Place, check_path, line};
use crate::kubectl::verbs::version;
use crate::kubectl::{Env, Flow};
use crate::kubectl::{metrics_api, printer};

/// Answers paths of objects and lists, of discovery and of health.
pub(super) fn get(args: &Args, env: &mut Env<'_>, path: &str) -> Result<Flow, CliError> {
    if !args.words.is_empty() {
        return Err(CliError::plain("arguments may not be passed when --raw is specified"));
    }
    if args.flag("watch") || args.flag("watch-only") || args.text("selector").is_some_and(|s| !s.is_empty()) {
        return Err(CliError::plain(
            "--raw may not be specified with other flags that filter the server request or alter the output",
        ));
    }
    if !args.output().is_empty() {
        return Err(CliError::plain("--raw and --output are mutually exclusive"));
    }
    check_path(path)?;
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let text = match path {
        path if health::is_asked(path) => health::answer(env, path, query)?,
        "/version" => {
            let told = version::server(env.cluster.api().gates.version());
            crate::kubectl::json::indented_by_struct(&told, 2)
        }
        path => line(&answer(env, path, query)?),
    };
    env.out.out(text);
    Ok(Flow::OK)
}

fn answer(env: &Env<'_>, path: &str, query: &str) -> Result<Value, CliError> {
    let missing = || CliError::from(ApiError::no_such_resource());
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if let Some(answer) = discovery::answer(env, &parts) {
        return answer.ok_or_else(missing);
    }
    if let ["apis", metrics_api::GROUP, metrics_api::VERSION, rest @ ..] = parts.as_slice() {
        return metrics_api::raw(env, rest);
    }
    let place = Place::parse(path).ok_or_else(missing)?;
    match (place.name.is_empty(), place.subresource.as_str()) {
        (true, _) => list(env, &place, query),
        (false, "scale") => Ok(scale_value(env.cluster.api().scale(place.kind, &place.key())?)),
        (false, "" | "status") => {
            let api = env.cluster.api();
            Ok(printer::served(api.get(place.kind, &place.key())?, api.gates))
        }
        _ => Err(missing()),
    }
}

/// The list at `place`, of what the query's `labelSelector` picks.
fn list(env: &Env<'_>, place: &Place, query: &str) -> Result<Value, CliError> {
    let (store, gates, kind) = (env.cluster.store(), env.cluster.api().gates, place.kind);
    let mut parameters = query.split('&').filter_map(|parameter| parameter.split_once('='));
    let selector = parameters.find(|(name, _)| *name == "labelSelector").map(|(_, value)| unescaped(value));
    let selector = Selector::parse(&selector.unwrap_or_default()).map_err(ApiError::bad_request)?;
    let without_type = |object: &crate::api::Object| {
        let mut value = printer::served(object, gates);
        if let Some(fields) = value.as_object_mut() {
            fields.remove("apiVersion");
            fields.remove("kind");
        }
        value
    };
    let picked = |object: &&crate::api::Object| selector.matches(meta::labels(object.meta()));
    let items: Vec<Value> = match place.namespace.as_str() {
        "" => store.list(kind).filter(picked).map(without_type).collect(),
        namespace => store.list_in(kind, namespace).filter(picked).map(without_type).collect(),
    };
    Ok(json!({
        "kind": format!("{}List", kind.name()),
        "apiVersion": kind.info().api_version(),
        "metadata": {"resourceVersion": store.revision().to_string()},
        "items": items,
    }))
}

/// A part of a URL, in which `%3D` stands for `=`.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let letter = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match letter.filter(u8::is_ascii).zip(part.get(2..)) {
            Some((letter, rest)) => {
                plain.push(char::from(letter));
                plain.push_str(rest);
            }
            None => plain.extend(["%", part]),
        }
    }
    plain
}
