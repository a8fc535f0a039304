//! `apply --prune`: what was applied before and is in the manifests no more is deleted.
//!
//! Models kubectl pkg/cmd/apply: pruner, and pkg/util/prune: the kinds that it looks at.

use std::collections::BTreeSet;

use super::Env;
use super::Output;
use super::apply::LAST_APPLIED;
use super::args::Args;
use super::builder;
use super::error::CliError;
use super::result::{DryRun, Results};
use super::verbs::delete::propagation;
use crate::api::selector::Selector;
use crate::api::{Kind, Object, SimTime, meta};
use crate::apiserver::{DeleteOptions, Propagation};

/// The kinds that are looked at when none are asked for.
const KINDS: &[Kind] = &[
    Kind::ConfigMap,
    Kind::PersistentVolumeClaim,
    Kind::Pod,
    Kind::Secret,
    Kind::Service,
    Kind::Job,
    Kind::CronJob,
    Kind::Ingress,
    Kind::DaemonSet,
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::StatefulSet,
    Kind::Namespace,
    Kind::PersistentVolume,
];

/// A pruning that was asked for.
pub struct Prune {
    selector: Selector,
    kinds: Vec<Kind>,
    /// Whether the kinds are those of [`KINDS`].
    by_default: bool,
    propagation: Propagation,
    grace_period_seconds: Option<i64>,
    command: String,
    seen: BTreeSet<String>,
    namespaces: BTreeSet<String>,
}

impl Prune {
    /// Reads `--prune` and what goes with it; `None` when it was not asked for.
    ///
    /// # Errors
    /// kubectl's complaint about a contradictory command line or an unknown kind.
    pub fn parse(args: &Args) -> Result<Option<Prune>, CliError> {
        let selector = args.text("selector").unwrap_or_default();
        if args.flag("all") && !selector.is_empty() {
            return Err(CliError::plain("cannot set --all and --selector at the same time"));
        }
        if !args.flag("prune") {
            return Ok(None);
        }
        let asked = args.list("prune-allowlist");
        let mut kinds = asked.iter().map(|text| kind(text)).collect::<Result<Vec<_>, _>>()?;
        if !args.flag("all") && selector.is_empty() {
            return Err(CliError::plain(
                "all resources selected for prune without explicitly passing --all. To prune all resources, pass \
                 the --all flag. If you did not mean to prune all resources, specify a label selector",
            ));
        }
        if args.flag("server-side") {
            return Err(CliError::plain(
                "--prune is in alpha and doesn't currently work on objects created by server-side apply",
            ));
        }
        if kinds.is_empty() {
            kinds = KINDS.to_vec();
        }
        // Those in namespaces come first.
        kinds.sort_by_key(|kind| !kind.info().namespaced);
        Ok(Some(Prune {
            selector: builder::parse_selector(selector)?,
            kinds,
            by_default: asked.is_empty(),
            propagation: propagation(args.text("cascade"), &mut Output::default())?,
            grace_period_seconds: args.int("grace-period").filter(|seconds| *seconds >= 0),
            command: args.command().to_owned(),
            seen: BTreeSet::new(),
            namespaces: BTreeSet::new(),
        }))
    }

    /// Takes note of an object that was applied.
    pub fn saw(&mut self, object: &Object) {
        self.seen.insert(object.uid().to_owned());
        let namespace = meta::namespace(object.meta());
        if !namespace.is_empty() {
            self.namespaces.insert(namespace.to_owned());
        }
    }

    /// Deletes what is left over and says so.
    ///
    /// # Errors
    /// What the API server refuses, or the printer's.
    pub fn run(&self, results: &mut Results, env: &mut Env<'_>) -> Result<(), CliError> {
        if self.by_default {
            env.out.err_line(deprecation(env.cluster.now()));
        }
        let dry = results.dry_run();
        for object in self.left_over(env) {
            let info = builder::Info::new(object.kind(), &object.key());
            if dry != DryRun::Client {
                let how = DeleteOptions {
                    grace_period_seconds: self.grace_period_seconds,
                    propagation: self.propagation,
                    dry_run: dry == DryRun::Server,
                    ..DeleteOptions::default()
                };
                env.cluster.act(&self.command, |api| api.delete(info.kind, &info.key(), &how))?;
            }
            results.print("pruned", &object, env.cluster.api(), env.out)?;
        }
        Ok(())
    }

    fn left_over(&self, env: &Env<'_>) -> Vec<Object> {
        let store = env.cluster.store();
        let is_left = |object: &&Object| {
            meta::annotations(object.meta()).contains_key(LAST_APPLIED)
                && self.selector.matches(meta::labels(object.meta()))
                && !self.seen.contains(object.uid())
        };
        let mut found = Vec::new();
        for namespace in &self.namespaces {
            for kind in self.kinds.iter().filter(|kind| kind.info().namespaced) {
                found.extend(store.list_in(*kind, namespace).filter(is_left).cloned());
            }
        }
        for kind in self.kinds.iter().filter(|kind| !kind.info().namespaced) {
            found.extend(store.list(*kind).filter(is_left).cloned());
        }
        found
    }
}

/// Reads `core/v1/ConfigMap`.
fn kind(text: &str) -> Result<Kind, CliError> {
    let [group, version, kind] = text.split('/').collect::<Vec<_>>()[..] else {
        return Err(CliError::plain(format!(
            "invalid GroupVersionKind format: {text}, please follow <group/version/kind>"
        )));
    };
    let api_version = if group == "core" { version.to_owned() } else { format!("{group}/{version}") };
    Kind::from_api(&api_version, kind).ok_or_else(|| {
        CliError::plain(format!("no matches for kind \"{kind}\" in version \"{api_version}\""))
    })
}

/// What kubectl's log says when it was told no kinds.
fn deprecation(now: SimTime) -> String {
    let stamp = now.to_time().0.strftime("%m%d %H:%M:%S.%6f").to_string();
    format!(
        "W{stamp}       1 prune.go:71] Deprecated: kubectl apply will no longer prune non-namespaced resources by \
         default when used with the --namespace flag in a future release. To preserve the current behaviour, list \
         the resources you want to target explicitly in the --prune-allowlist flag."
    )
}
