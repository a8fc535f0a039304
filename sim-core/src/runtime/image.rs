//! [`ImageSpec`]: what an image's program does, and names of images.

use std::sync::Arc;

use super::packages;
use super::shell::Nslookup;

/// How a program logs the requests it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccessLog {
    /// It does not.
    #[default]
    None,
    /// As Flask's development server: `10.244.0.1 - - [23/Nov/2026 12:00:05] "GET / HTTP/1.1" 200 -`.
    Flask,
    /// As nginx: the combined log format.
    Combined,
}

/// An HTTP route of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// The method; empty for any.
    pub method: String,
    /// The path without query; one that ends in `*` matches every path with that beginning.
    pub path: String,
    /// The status code.
    pub status: u16,
    /// The body. `{{count FILE}}` adds one to the number in a file and shows it, `{{read FILE}}` shows a
    /// file (`0` while there is none), `{{env NAME}}` a variable, `{{hostname}}` and `{{ip}}` the pod's.
    pub body: String,
    /// The body's type.
    pub content_type: String,
    /// How long an answer takes, in milliseconds.
    pub latency_ms: u64,
    /// How long after the program's start it still answers, in milliseconds; `None` for ever.
    pub until_ms: Option<u64>,
    /// Whether the program ends with this request, with the code that its query names.
    pub exits: bool,
}

/// When a program ends by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitPlan {
    /// How long after its start, in milliseconds.
    pub after_ms: u64,
    /// With which code.
    pub code: i32,
    /// What it prints last.
    pub log: Vec<String>,
}

/// What the containers of an image run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageSpec {
    /// The repository without registry and tag, `python-app`.
    pub name: String,
    /// Tags that exist beside those that look like a version; see `registry`.
    pub tags: Vec<String>,
    /// Releases of what it runs, newest first.
    pub releases: Vec<String>,
    /// Compressed size in bytes, as the Pulled event shows it.
    pub size_bytes: u64,
    /// From the start to the first answer, in milliseconds.
    pub startup_ms: u64,
    /// Ports it listens on.
    pub ports: Vec<u16>,
    /// Whether it also listens on the port in `$PORT` and on the container's declared ports.
    pub follows_declared_ports: bool,
    /// Whether what listens speaks HTTP.
    pub speaks_http: bool,
    /// Routes, first match wins.
    pub routes: Vec<Route>,
    /// Folder whose files are served where no route matches.
    pub static_root: Option<String>,
    /// Body of a 404, with the templates of a route's body.
    pub not_found: String,
    /// Body of a 403, for a folder without an index, with the templates of a route's body; where it is empty, such a
    /// folder is not found.
    pub forbidden: String,
    /// Value of the `Server` header, with the templates of a route's body; empty for none.
    pub server: String,
    /// Files of the image, path and content.
    pub files: Vec<(String, String)>,
    /// Lines printed at the start, with the templates of a route's body.
    /// `{{klog N}}` and `{{zap N}}` stand for the time N milliseconds after the start, as these loggers write it.
    pub log: Vec<String>,
    /// How requests are logged.
    pub access_log: AccessLog,
    /// When it ends by itself.
    pub exit: Option<ExitPlan>,
    /// Environment of the image; `{{release}}` is the release that the tag names.
    pub env: Vec<(String, String)>,
    /// Working directory; empty for `/`.
    pub working_dir: String,
    /// User name; empty for root.
    pub user: String,
    /// How long it takes to end after SIGTERM, in milliseconds; `None` ignores the signal.
    pub termination_ms: Option<u64>,
    /// Exit code after SIGTERM.
    pub termination_code: i32,
    /// What stands before the command and stays when a pod gives arguments.
    pub entrypoint: Vec<String>,
    /// The signal that asks its program to end, as STOPSIGNAL names it.
    pub stop_signal: i32,
    /// The packages whose tools it has; see `packages`.
    pub packages: u32,
    /// The command of an image that has a shell or a tool as its program.
    pub command: Vec<String>,
    /// Names of the image's own programs, which `command` in a pod may name.
    pub programs: Vec<String>,
}

impl ImageSpec {
    /// A server without routes that ends at once after SIGTERM, to build on.
    pub fn server(name: &str, ports: &[u16]) -> ImageSpec {
        ImageSpec {
            name: name.to_owned(),
            size_bytes: 52_428_800,
            ports: ports.to_vec(),
            speaks_http: true,
            not_found: "404 page not found\n".to_owned(),
            termination_ms: Some(0),
            stop_signal: super::program::SIGTERM,
            packages: packages::ALL,
            ..ImageSpec::default()
        }
    }
}

/// An image name, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Registry, `docker.io`.
    pub domain: String,
    /// Path within the registry, `library/nginx`.
    pub path: String,
    /// Tag; `latest` when the name has neither tag nor digest.
    pub tag: String,
    /// Digest, `sha256:...`.
    pub digest: Option<String>,
}

impl Reference {
    /// Parses a name as a container runtime does.
    ///
    /// Models distribution/reference: ParseNormalizedNamed.
    ///
    /// # Errors
    /// The parser's complaint.
    pub fn parse(image: &str) -> Result<Reference, &'static str> {
        const FORMAT: &str = "invalid reference format";
        let (rest, digest) = match image.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (image, None),
        };
        if digest.as_deref().is_some_and(|digest| !is_digest(digest)) {
            return Err(FORMAT);
        }
        let slash = rest.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match rest[slash..].split_once(':') {
            Some((last, tag)) => (&rest[..slash + last.len()], tag),
            None => (rest, ""),
        };
        let has_tag = name.len() != rest.len();
        if has_tag && !is_tag(tag) {
            return Err(FORMAT);
        }
        let (domain, path) = match name.split_once('/') {
            Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => (first, path),
            _ => ("docker.io", name),
        };
        if path.chars().any(|letter| letter.is_ascii_uppercase()) {
            return Err("invalid reference format: repository name must be lowercase");
        }
        if path.is_empty() || !path.split('/').all(is_component) {
            return Err(FORMAT);
        }
        let official = domain == "docker.io" && !path.contains('/');
        Ok(Reference {
            domain: domain.to_owned(),
            path: if official { format!("library/{path}") } else { path.to_owned() },
            tag: if has_tag { tag.to_owned() } else { "latest".to_owned() },
            digest,
        })
    }

    /// The repository's last part, by which the catalogue knows images.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The repository with registry, `docker.io/library/nginx`.
    pub fn repository(&self) -> String {
        format!("{}/{}", self.domain, self.path)
    }

    /// The whole name, `docker.io/library/nginx:latest`.
    pub fn full(&self) -> String {
        match &self.digest {
            Some(digest) => format!("{}@{digest}", self.repository()),
            None => format!("{}:{}", self.repository(), self.tag),
        }
    }
}

fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, hex)| {
        !algorithm.is_empty() && hex.len() >= 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn is_tag(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=128).contains(&text.len())
        && text.bytes().next().is_some_and(letter)
        && text.bytes().all(|byte| letter(byte) || byte == b'.' || byte == b'-')
}

/// Lower-case letters and digits, joined by `.`, `_`, `__` or dashes.
fn is_component(text: &str) -> bool {
    let letter = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(letter)
        && bytes.last().is_some_and(letter)
        && bytes.iter().all(|byte| letter(byte) || matches!(byte, b'.' | b'_' | b'-'))
        && !text.contains("..")
        && !text.contains("___")
}

/// An image that a node has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The parsed name.
    pub reference: Reference,
    /// What its containers run.
    pub spec: Arc<ImageSpec>,
    /// Digest of its manifest, `sha256:...`.
    pub digest: String,
}

impl Image {
    /// Whether its tools are busybox's.
    pub fn is_busybox(&self) -> bool {
        self.packages() & packages::BUSYBOX != 0 && self.packages() & packages::DEBIAN == 0
    }

    /// The environment that it gives its containers.
    pub fn env(&self) -> impl Iterator<Item = (&str, String)> {
        let filled = |value: &str| value.replace("{{release}}", self.release());
        self.spec.env.iter().map(move |(name, value)| (name.as_str(), filled(value)))
    }

    /// The release that the tag names: `1.27-alpine` is the last of 1.27, a tag without a number the newest of all.
    pub fn release(&self) -> &str {
        let releases = || self.spec.releases.iter().map(String::as_str);
        let number = self.reference.tag.split('-').next().unwrap_or_default();
        if !number.starts_with(|first: char| first.is_ascii_digit()) {
            return releases().next().unwrap_or_default();
        }
        let is_of = |release: &&str| {
            release.strip_prefix(number).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        releases().find(is_of).unwrap_or(number)
    }

    /// The packages whose tools it has. A tag chooses the base that an image is built on.
    pub fn packages(&self) -> u32 {
        let (own, tag) = (self.spec.packages, self.reference.tag.as_str());
        if self.reference.path.contains("distroless") {
            0
        } else if tag.contains("alpine") && own & packages::DEBIAN != 0 {
            own & !packages::DEBIAN | packages::BUSYBOX
        } else if tag.contains("slim") && own & packages::BUILDPACK != 0 {
            packages::DEBIAN
        } else {
            own
        }
    }

    /// Whose nslookup it has: bind's, which also alpine has when bind-tools are installed, or busybox's, which no
    /// longer leaves the search list to the C library since 1.29.
    pub fn nslookup(&self) -> Nslookup {
        let release = self.reference.tag.split('-').next().unwrap_or_default();
        let minor = release.strip_prefix("1.").and_then(|rest| rest.split('.').next()?.parse().ok());
        if self.packages() & packages::DNS != 0 {
            Nslookup::Bind
        } else if self.spec.name == "busybox" && minor.is_some_and(|minor: u32| minor < 29) {
            Nslookup::FormerBusybox
        } else {
            Nslookup::Busybox
        }
    }

    /// Whether it has a tool or shell of that name, as far as tools are known.
    pub fn has_tool_of(&self, name: &str) -> bool {
        super::shell::packages_of(name).is_some_and(|holders| holders & self.packages() != 0)
    }

    /// Whether it has a tool or shell of that name. What no package holds is not a matter of the image.
    pub fn has_tool(&self, name: &str) -> bool {
        super::shell::packages_of(name).is_none_or(|holders| holders & self.packages() != 0)
    }
}
