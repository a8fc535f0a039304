//! `set serviceaccount`
//!
//! Models kubectl pkg/cmd/set: SetServiceAccountOptions.

use super::Verb;
use super::set::{self, LOCAL};
use crate::kubectl::args::Args;
use crate::kubectl::builder::ALL;
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::result::{DRY_RUN, FIELD_MANAGER, OUTPUT, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, template};

/// `set serviceaccount`
pub static VERB: Verb = Verb {
    name: "set serviceaccount",
    about: "Update the service account of pod template resources.",
    usage: "set serviceaccount (-f FILENAME | TYPE NAME) SERVICE_ACCOUNT",
    flags: &[FILENAME, RECURSIVE, KUSTOMIZE, ALL, OUTPUT, DRY_RUN, FIELD_MANAGER, SHOW_MANAGED, LOCAL],
    run,
};

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let Some((account, resources)) = args.words.split_last() else {
        return Err(CliError::plain("serviceaccount is required"));
    };
    let infos = set::select(args, env, resources)?;
    set::patch_all(args, env, &infos, "serviceaccount updated", "ServiceAccountName", |object, _| {
        let Some(spec) = template::pod_spec_mut(object) else { return set::no_template(object) };
        spec.service_account_name = Some(account.clone());
        spec.service_account = None;
        Ok(())
    })
}
