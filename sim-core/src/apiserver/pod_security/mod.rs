//! The PodSecurity admission plugin: namespaces say by labels what their pods may not do.
//!
//! Models k8s.io/pod-security-admission (KEP-2579). Its checks of AppArmor, SELinux, Windows and of probes that name a
//! host are not made, and a policy's version is shown and not heeded.

mod checks;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Namespace, Pod, PodSpec};

use super::Subresource;
use crate::api::field::FieldError;
use crate::api::{ApiError, ApiResult, Kind, Object, ObjectKey, meta, template};
use crate::store::Store;

const PREFIX: &str = "pod-security.kubernetes.io/";

/// How much pods may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    #[default]
    Privileged,
    Baseline,
    Restricted,
}

impl Level {
    const NAMES: [(&'static str, Level); 3] =
        [("privileged", Level::Privileged), ("baseline", Level::Baseline), ("restricted", Level::Restricted)];

    fn named(name: &str) -> Option<Level> {
        Level::NAMES.iter().find(|(known, _)| *known == name).map(|(_, level)| *level)
    }

    fn name(self) -> &'static str {
        Level::NAMES[self as usize].0
    }
}

/// A level and the release whose rules it means.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Policy {
    level: Level,
    version: String,
}

impl Policy {
    /// What the labels say for `mode`. What is no level counts as the strictest when it is enforced, else as none.
    fn of(labels: &BTreeMap<String, String>, mode: &str) -> Policy {
        let level = labels.get(&format!("{PREFIX}{mode}"));
        let otherwise = if mode == "enforce" { Level::Restricted } else { Level::Privileged };
        let level = level.map_or(Level::Privileged, |name| Level::named(name).unwrap_or(otherwise));
        let version = labels.get(&format!("{PREFIX}{mode}-version"));
        Policy { level, version: version.map_or("latest", String::as_str).to_owned() }
    }

    /// What of the spec it does not allow.
    fn violations(&self, spec: &PodSpec) -> Vec<checks::Violation> {
        match self.level {
            Level::Privileged => Vec::new(),
            Level::Baseline => checks::baseline(spec),
            Level::Restricted => checks::restricted(spec),
        }
    }

    /// `violates PodSecurity "baseline:latest": ...`
    fn complaint(&self, verb: &str, violations: &[checks::Violation]) -> String {
        let told = violations.iter().map(|violation| format!("{} ({})", violation.reason, violation.detail));
        format!("{verb} PodSecurity \"{self}\": {}", told.collect::<Vec<_>>().join(", "))
    }
}

impl std::fmt::Display for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.level.name(), self.version)
    }
}

/// Refuses a pod that its namespace does not allow; `warnings` takes what it is only warned of. `old` is what an update
/// replaces.
///
/// # Errors
/// Forbidden for pods, Invalid for namespaces whose labels make no sense.
pub(super) fn admit(
    object: &Object,
    old: Option<&Object>,
    subresource: Subresource,
    store: &Store,
    warnings: Option<&mut Vec<String>>,
) -> ApiResult<()> {
    if matches!(subresource, Subresource::Status | Subresource::Binding) {
        return Ok(());
    }
    if let Object::Namespace(namespace) = object {
        return admit_namespace(namespace, old, store, warnings);
    }
    let (Some(spec), is_pod) = (template::pod_spec(object), matches!(object, Object::Pod(_))) else {
        return Ok(());
    };
    let key = ObjectKey::cluster(meta::namespace(object.meta()));
    let Some(namespace) = store.typed::<Namespace>(&key) else { return Ok(()) };
    let labels = meta::labels(&namespace.metadata);
    if !labels.keys().any(|key| key.starts_with(PREFIX)) {
        return Ok(());
    }
    if let (Object::Pod(new), Some(Object::Pod(old))) = (object, old)
        && !is_significant(new, old)
    {
        return Ok(());
    }
    let enforced = Policy::of(labels, "enforce");
    let violations = if is_pod { enforced.violations(spec) } else { Vec::new() };
    if !violations.is_empty() {
        let why = enforced.complaint("violates", &violations);
        return Err(ApiError::forbidden(object.kind(), meta::name(object.meta()), &why));
    }
    if let Some(warnings) = warnings {
        let policy = Policy::of(labels, "warn");
        let violations = policy.violations(spec);
        if !violations.is_empty() {
            warnings.push(policy.complaint("would violate", &violations));
        }
    }
    Ok(())
}

/// Whether a pod was changed in what a policy looks at.
///
/// Models isSignificantPodUpdate: images, and containers that came.
fn is_significant(new: &Pod, old: &Pod) -> bool {
    let images = |pod: &Pod| {
        let spec = pod.spec.clone().unwrap_or_default();
        let plain = spec.init_containers.into_iter().flatten().chain(spec.containers);
        let ephemeral = spec.ephemeral_containers.into_iter().flatten();
        let plain = plain.map(|container| (container.name, container.image));
        plain.chain(ephemeral.map(|container| (container.name, container.image))).collect::<Vec<_>>()
    };
    images(new) != images(old)
}

/// Refuses labels that make no sense, and warns of pods that a stricter policy would not have allowed.
fn admit_namespace(
    new: &Namespace,
    old: Option<&Object>,
    store: &Store,
    warnings: Option<&mut Vec<String>>,
) -> ApiResult<()> {
    let labels = meta::labels(&new.metadata);
    let before = match old {
        Some(Object::Namespace(old)) => Some(meta::labels(&old.metadata)),
        _ => None,
    };
    let errors = label_errors(labels);
    if !errors.is_empty() && before.is_none_or(|before| label_errors(before) != errors) {
        return Err(ApiError::invalid(Kind::Namespace, meta::name(&new.metadata), &errors));
    }
    let (Some(before), Some(warnings)) = (before, warnings) else { return Ok(()) };
    let (policy, earlier) = (Policy::of(labels, "enforce"), Policy::of(before, "enforce"));
    if policy.version == earlier.version && policy.level <= earlier.level {
        return Ok(());
    }
    let name = meta::name(&new.metadata);
    let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for pod in store.all_in::<Pod>(name) {
        let violations = pod.spec.as_ref().map(|spec| policy.violations(spec)).unwrap_or_default();
        if !violations.is_empty() {
            let reasons: Vec<&str> = violations.iter().map(|violation| violation.reason).collect();
            found.entry(reasons.join(", ")).or_default().push(meta::name(&pod.metadata));
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    warnings.push(format!(
        "existing pods in namespace \"{name}\" violate the new PodSecurity enforce level \"{policy}\""
    ));
    let mut told: Vec<String> = found
        .into_iter()
        .map(|(reasons, pods)| match (pods.iter().min().copied().unwrap_or_default(), pods.len()) {
            (first, 1) => format!("{first}: {reasons}"),
            (first, 2) => format!("{first} (and 1 other pod): {reasons}"),
            (first, count) => format!("{first} (and {} other pods): {reasons}", count - 1),
        })
        .collect();
    told.sort();
    warnings.extend(told);
    Ok(())
}

fn label_errors(labels: &BTreeMap<String, String>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for mode in ["enforce", "audit", "warn"] {
        let key = format!("{PREFIX}{mode}");
        let path = |key: &str| format!("metadata.labels[{key}]");
        if let Some(level) = labels.get(&key).filter(|level| Level::named(level).is_none()) {
            let why = "must be one of privileged, baseline, restricted";
            errors.push(FieldError::invalid(path(&key), level.as_str(), why));
        }
        let key = format!("{key}-version");
        if let Some(version) = labels.get(&key).filter(|version| !is_version(version)) {
            let why = "must be \"latest\" or \"v1.x\"";
            errors.push(FieldError::invalid(path(&key), version.as_str(), why));
        }
    }
    errors
}

fn is_version(text: &str) -> bool {
    let minor = text.strip_prefix("v1.").map(str::as_bytes);
    let is_number = |digits: &[u8]| {
        !digits.is_empty()
            && digits.iter().all(u8::is_ascii_digit)
            && (digits[0] != b'0' || digits.len() == 1)
    };
    text == "latest" || minor.is_some_and(is_number)
}
