//! `create serviceaccount` and `create token`

use serde_json::json;

use super::Verb;
use crate::api::token::{Claims, token};
use crate::api::{ApiError, Kind, Object, ObjectKey, meta};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::result::OUTPUT;
use crate::kubectl::{Env, Flow, generate};

/// Seconds for which a token is good when no duration is asked for.
const DEFAULT_SECONDS: i64 = 3600;
/// The shortest life of a token, in seconds.
const LEAST_SECONDS: i64 = 600;

/// `create serviceaccount`
pub static ACCOUNT: Verb = Verb {
    name: "create serviceaccount",
    about: "Create a service account with the specified name.",
    usage: "create serviceaccount NAME [--dry-run=server|client|none]",
    flags: generate::FLAGS,
    run: create_account,
};

/// `create token`
pub static TOKEN: Verb = Verb {
    name: "create token",
    about: "Request a service account token.",
    usage: "create token SERVICE_ACCOUNT_NAME",
    flags: &[
        OUTPUT,
        Flag::new("audience", Takes::List, "Whom the token is for; may be repeated"),
        Flag::new("duration", Takes::Duration, "How long the token is good, 10m"),
        Flag::new("bound-object-kind", Takes::Text, "Node, Pod or Secret"),
        Flag::new("bound-object-name", Takes::Text, "The object that the token ends with"),
        Flag::new("bound-object-uid", Takes::Text, "That object's uid"),
    ],
    run: create_token,
};

fn create_account(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let name = generate::name("create serviceaccount", args)?;
    let manifest = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}});
    generate::create(args, env, manifest, "created", Some("failed to create serviceaccount:"))?;
    Ok(Flow::OK)
}

/// Models kubectl pkg/cmd/create: TokenOptions.
fn create_token(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let name = generate::name("create token", args)?;
    let seconds = args.duration("duration").map(|duration| duration.length.as_secs() as i64).unwrap_or(0);
    if args.duration("duration").is_some_and(|duration| duration.negative) {
        return Err(CliError::plain("--duration must be greater than or equal to 0"));
    }
    let text = |flag: &str| args.text(flag).unwrap_or_default();
    let (kind, bound, uid) = (text("bound-object-kind"), text("bound-object-name"), text("bound-object-uid"));
    let known = [("Node", Kind::Node), ("Pod", Kind::Pod), ("Secret", Kind::Secret)];
    let bound_kind = known.iter().find(|(name, _)| *name == kind).map(|(_, kind)| *kind);
    match bound_kind {
        None if !kind.is_empty() => {
            return Err(CliError::plain("supported --bound-object-kind values are Node, Pod, Secret"));
        }
        None if !bound.is_empty() => {
            return Err(CliError::plain(
                "--bound-object-name can only be set if --bound-object-kind is provided",
            ));
        }
        None if !uid.is_empty() => {
            return Err(CliError::plain(
                "--bound-object-uid can only be set if --bound-object-kind is provided",
            ));
        }
        Some(_) if bound.is_empty() => {
            return Err(CliError::plain(
                "--bound-object-name is required if --bound-object-kind is provided",
            ));
        }
        _ => {}
    }
    let api = env.cluster.api();
    let failed = |error: ApiError| CliError::plain(format!("failed to create token: {error}"));
    let key = ObjectKey::new(env.namespace, name);
    let account = api.get(Kind::ServiceAccount, &key).map_err(failed)?;
    if seconds != 0 && seconds < LEAST_SECONDS {
        let why = format!(
            "TokenRequest.authentication.k8s.io \"{name}\" is invalid: spec.expirationSeconds: Invalid value: {seconds}: \
             may not specify a duration less than 10 minutes"
        );
        return Err(CliError::plain(format!("failed to create token: {why}")));
    }
    let found: Option<&Object> = match bound_kind {
        Some(kind) => {
            let place = if kind.info().namespaced { env.namespace } else { "" };
            Some(api.get(kind, &ObjectKey::new(place, bound)).map_err(failed)?)
        }
        None => None,
    };
    let singular = bound_kind.map_or("", |kind| kind.info().singular);
    let claims = Claims {
        namespace: env.namespace,
        account: (name, meta::uid(account.meta())),
        audiences: args.list("audience"),
        bound_to: found.map(|object| (singular, bound, object.uid())),
        issued_at: env.cluster.now().timestamp().as_second(),
        lasts: if seconds == 0 { DEFAULT_SECONDS } else { seconds },
    };
    let text = token(&claims);
    env.out.line(text);
    Ok(Flow::OK)
}
