//! [`Registry`]: which images there are to pull, and what a runtime says when there is none.

use std::sync::Arc;

use imbl::OrdMap;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::image::{Image, ImageSpec, Reference};
use super::{images, packages};

/// Tags that exist in no registry, so that a lesson can break a rollout.
const NO_SUCH_TAGS: [&str; 8] =
    ["bad", "nonexistent", "does-not-exist", "nope", "wrong", "missing", "invalid", "broken"];

/// Tags that every catalogue image has beside those that hold a digit.
const USUAL_TAGS: [&str; 4] = ["latest", "stable", "alpine", "slim"];

/// The images of the world.
#[derive(Clone, Debug)]
pub struct Registry {
    images: OrdMap<String, Arc<ImageSpec>>,
}

impl Default for Registry {
    fn default() -> Self {
        let named = images::catalogue().into_iter().map(|spec| (spec.name.clone(), Arc::new(spec)));
        Registry { images: named.collect() }
    }
}

impl Registry {
    /// Adds an image or replaces the one of its name. Every tag of a user's own image exists.
    pub fn add(&mut self, spec: ImageSpec) {
        self.images.insert(spec.name.clone(), Arc::new(spec));
    }

    /// The image of that name, as a node holds it once it was pulled; `None` when there is none to pull.
    ///
    /// A name that the catalogue lacks is a generic server on the container's declared ports.
    pub fn find(&self, reference: &Reference) -> Option<Image> {
        let tag = reference.tag.as_str();
        if NO_SUCH_TAGS.contains(&tag) {
            return None;
        }
        let spec = match self.images.get(reference.name()) {
            Some(spec) if has_tag(spec, tag) => spec.clone(),
            Some(_) => return None,
            None => Arc::new(generic(reference.name())),
        };
        let digest = reference.digest.clone().unwrap_or_else(|| digest(&reference.full()));
        Some(Image { reference: reference.clone(), spec, digest })
    }
}

fn has_tag(spec: &ImageSpec, tag: &str) -> bool {
    USUAL_TAGS.contains(&tag)
        || tag.bytes().any(|byte| byte.is_ascii_digit())
        || spec.tags.iter().any(|known| known == tag || known == "*")
}

fn generic(name: &str) -> ImageSpec {
    let route = super::image::Route {
        path: "*".to_owned(),
        status: 200,
        body: format!("{name} on {{{{hostname}}}}\n"),
        content_type: "text/plain".to_owned(),
        ..super::image::Route::default()
    };
    ImageSpec {
        packages: base_of(name),
        follows_declared_ports: true,
        routes: vec![route],
        programs: vec!["*".to_owned()],
        ..ImageSpec::server(name, &[])
    }
}

/// The tools of images that people know by name; all of them for one of their own.
fn base_of(name: &str) -> u32 {
    const LANGUAGES: [&str; 8] = ["golang", "node", "openjdk", "perl", "php", "python", "ruby", "rust"];
    if LANGUAGES.contains(&name) {
        packages::DEBIAN | packages::CURL | packages::WGET | packages::PROCPS | packages::BUILDPACK
    } else if name == "curl" {
        packages::BUSYBOX | packages::ALPINE | packages::CURL
    } else if name.contains("dnsutils") {
        packages::DEBIAN | packages::DNS
    } else {
        packages::ALL
    }
}

/// A digest that depends on the name alone.
fn digest(name: &str) -> String {
    let hex: String =
        (0..4).map(|seed| format!("{:016x}", xxh3_64_with_seed(name.as_bytes(), seed))).collect();
    format!("sha256:{hex}")
}

/// What a runtime answers to a pull of an image that is not there.
pub fn pull_error(reference: &Reference, runtime: &str) -> String {
    if runtime == "docker" {
        let short = reference.path.trim_start_matches("library/");
        let tag = &reference.tag;
        return format!(
            "Error response from daemon: manifest for {short}:{tag} not found: manifest unknown: manifest unknown"
        );
    }
    let full = reference.full();
    format!(
        "rpc error: code = NotFound desc = failed to pull and unpack image \"{full}\": \
         failed to resolve reference \"{full}\": {full}: not found"
    )
}
