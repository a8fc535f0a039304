//! `set image`

use super::Verb;
use super::set::{self, SET_FLAGS};
use crate::kubectl::args::Args;
use crate::kubectl::error::CliError;
use crate::kubectl::{Env, Flow, pairs, template};

/// `set image`
pub static VERB: Verb = Verb {
    name: "set image",
    about: "Update existing container image(s) of resources.",
    usage: "set image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... \
            CONTAINER_NAME_N=CONTAINER_IMAGE_N",
    flags: SET_FLAGS,
    run,
};

/// Models kubectl pkg/cmd/set: SetImageOptions.
fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let (resources, words) = pairs::split(&args.words, "image")?;
    let images = pairs::parse(words, "image", false)?.set;
    let infos = set::select(args, env, resources)?;
    let mut errors = set::common_errors(args, resources);
    if images.is_empty() {
        errors.push(CliError::plain("at least one image update is required"));
    } else if images.len() > 1 && images.contains_key("*") {
        errors.push(CliError::plain(
            "all containers are already specified by *, but saw more than one container_name=container_image pairs",
        ));
    }
    if let Some(error) = CliError::aggregate(errors) {
        return Err(error);
    }
    set::patch_all(args, env, &infos, "image updated", "image update to pod template:", |object, errors| {
        let Some(spec) = template::pod_spec_mut(object) else { return set::no_template(object) };
        for (name, image) in &images {
            let mut found = false;
            for container in template::containers_mut(spec) {
                if container.name == *name || name == "*" {
                    found = true;
                    container.image = Some(image.clone());
                }
            }
            if !found {
                errors.push(CliError::plain(format!("error: unable to find container named \"{name}\"")));
            }
        }
        Ok(())
    })
}
