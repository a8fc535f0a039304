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
        let whole = self.images.get(&reference.path).filter(|_| reference.path.contains('/'));
        let spec = match whole.or_else(|| self.images.get(reference.name())) {
            Some(spec) if has_tag(spec, tag) => spec.clone(),
            Some(_) => return None,
            None => Arc::new(generic(reference.name())),
        };
        let digest = reference.digest.clone().unwrap_or_else(|| digest(&reference.full()));
        Some(Image { reference: reference.clone(), spec, digest })
    }
}

/// Between which versions an image's tags lie, as far as they were published: major, and major and minor.
const VERSIONS: [(&str, u32, (u32, u32)); 9] = [
    ("alpine", 2, (3, 24)),
    ("busybox", 1, (1, 38)),
    ("httpd", 2, (2, 4)),
    ("mariadb", 5, (12, 9)),
    ("mysql", 5, (9, 9)),
    ("nginx", 1, (1, 31)),
    ("nginx-slim", 0, (1, 31)),
    ("postgres", 8, (18, 9)),
    ("redis", 2, (8, 9)),
];

/// Whether a tag that begins with a version can be one of the image's.
fn is_plausible(name: &str, tag: &str) -> bool {
    let Some((_, first, last)) = VERSIONS.iter().find(|(known, ..)| *known == name) else { return true };
    let mut numbers = tag.split('-').next().unwrap_or_default().split('.').map(str::parse::<u32>);
    let Some(Ok(major)) = numbers.next() else { return true };
    // A day, of images that are built every day.
    if major > 20_000_000 {
        return true;
    }
    match numbers.next() {
        Some(Ok(minor)) => *first <= major && (major, minor) <= *last && minor < 100,
        Some(Err(_)) => false,
        None => (*first..=last.0).contains(&major),
    }
}

fn has_tag(spec: &ImageSpec, tag: &str) -> bool {
    USUAL_TAGS.contains(&tag)
        || (tag.bytes().any(|byte| byte.is_ascii_digit()) && is_plausible(&spec.name, tag))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_was_never_published_is_not_there() {
        let registry = Registry::default();
        let is_there = |name: &str| registry.find(&Reference::parse(name).expect("a name")).is_some();
        for name in
            ["nginx:1.161", "nginx:2.0", "redis:99", "busybox:1.99", "nginx:nope", "postgres:1", "nginx:1.x"]
        {
            assert!(!is_there(name), "{name}");
        }
        for name in [
            "nginx",
            "nginx:1.7.9",
            "nginx:1.14.2",
            "nginx:1.16.1",
            "nginx:1.24",
            "nginx:1.25-alpine",
            "nginx:1",
            "nginx:stable-alpine3.20",
            "registry.k8s.io/nginx-slim:0.24",
            "registry.k8s.io/nginx-slim:0.8",
            "busybox:1.28",
            "busybox:1.28.4",
            "redis:8.0.2",
            "redis:6-alpine",
            "mysql:5.7",
            "mysql:9",
            "alpine:3.7",
            "ubuntu:24.04",
            "debian:12-slim",
            "my.registry/nginx2:1.161",
        ] {
            assert!(is_there(name), "{name}");
        }
    }
}
