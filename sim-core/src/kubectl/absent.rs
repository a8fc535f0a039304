//! Kinds that every cluster serves and the simulator keeps no objects of: one table, and what kubectl says of them.
//!
//! They can be asked for, and there are none. Manifests of them are refused, as those of kinds that no server knows.

use serde_json::{Value, json};

use super::args::Args;
use super::error::CliError;
use super::printer::{Printer, is_table, list_of};
use super::table::TabWriter;
use super::verbs::Verb;
use super::{Env, Flow, Progress, Task, metrics_api};
use crate::api::kinds::STANDARD_VERBS;
use crate::api::{ApiError, KubernetesVersion};

/// A kind of which there are no objects.
#[derive(Debug)]
pub struct Absent {
    /// The kind, `Ingress`.
    pub kind: &'static str,
    /// The resource's plural, `ingresses`.
    pub plural: &'static str,
    /// Short names, `ing`.
    pub short_names: &'static [&'static str],
    /// The API group, empty for the core group.
    pub group: &'static str,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// What can be done with them.
    pub verbs: &'static [&'static str],
    /// Categories that include the kind.
    pub categories: &'static [&'static str],
    /// The first of our releases that serves it as v1.
    since: KubernetesVersion,
    /// Whether a real cluster has some that nobody made.
    has_own: bool,
}

const ADMISSION: &str = "admissionregistration.k8s.io";
const AUTHENTICATION: &str = "authentication.k8s.io";
const AUTHORIZATION: &str = "authorization.k8s.io";
const FLOW: &str = "flowcontrol.apiserver.k8s.io";
const NETWORKING: &str = "networking.k8s.io";
const RESOURCE: &str = "resource.k8s.io";
const STORAGE: &str = "storage.k8s.io";

const fn cluster(kind: &'static str, plural: &'static str, group: &'static str) -> Absent {
    Absent {
        kind,
        plural,
        short_names: &[],
        group,
        namespaced: false,
        verbs: STANDARD_VERBS,
        categories: &[],
        since: KubernetesVersion::V1_27,
        has_own: false,
    }
}

const fn namespaced(kind: &'static str, plural: &'static str, group: &'static str) -> Absent {
    Absent { namespaced: true, ..cluster(kind, plural, group) }
}

/// A kind of questions: they are answered, and not kept.
const fn asked(kind: &'static str, plural: &'static str, group: &'static str) -> Absent {
    Absent { verbs: &["create"], ..cluster(kind, plural, group) }
}

/// A kind that extends the API.
const fn extension(kind: &'static str, plural: &'static str, group: &'static str) -> Absent {
    Absent { categories: &["api-extensions"], ..cluster(kind, plural, group) }
}

/// The table, by group and name.
#[rustfmt::skip]
pub static ABSENT: &[Absent] = &[
    Absent { namespaced: true, ..asked("Binding", "bindings", "") },
    Absent { short_names: &["cs"], has_own: true, verbs: &["get", "list"], ..cluster("ComponentStatus", "componentstatuses", "") },
    namespaced("PodTemplate", "podtemplates", ""),
    Absent { short_names: &["rc"], ..namespaced("ReplicationController", "replicationcontrollers", "") },
    Absent { since: KubernetesVersion::V1_36, ..extension("MutatingAdmissionPolicy", "mutatingadmissionpolicies", ADMISSION) },
    Absent { since: KubernetesVersion::V1_36, ..extension("MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", ADMISSION) },
    extension("MutatingWebhookConfiguration", "mutatingwebhookconfigurations", ADMISSION),
    Absent { since: KubernetesVersion::V1_31, ..extension("ValidatingAdmissionPolicy", "validatingadmissionpolicies", ADMISSION) },
    Absent { since: KubernetesVersion::V1_31, ..extension("ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", ADMISSION) },
    extension("ValidatingWebhookConfiguration", "validatingwebhookconfigurations", ADMISSION),
    Absent { short_names: &["crd", "crds"], ..extension("CustomResourceDefinition", "customresourcedefinitions", "apiextensions.k8s.io") },
    Absent { has_own: true, ..extension("APIService", "apiservices", "apiregistration.k8s.io") },
    Absent { since: KubernetesVersion::V1_31, ..asked("SelfSubjectReview", "selfsubjectreviews", AUTHENTICATION) },
    asked("TokenReview", "tokenreviews", AUTHENTICATION),
    Absent { namespaced: true, ..asked("LocalSubjectAccessReview", "localsubjectaccessreviews", AUTHORIZATION) },
    asked("SelfSubjectAccessReview", "selfsubjectaccessreviews", AUTHORIZATION),
    asked("SelfSubjectRulesReview", "selfsubjectrulesreviews", AUTHORIZATION),
    asked("SubjectAccessReview", "subjectaccessreviews", AUTHORIZATION),
    Absent { short_names: &["csr"], ..cluster("CertificateSigningRequest", "certificatesigningrequests", "certificates.k8s.io") },
    Absent { since: KubernetesVersion::V1_31, has_own: true, ..cluster("FlowSchema", "flowschemas", FLOW) },
    Absent { since: KubernetesVersion::V1_31, has_own: true, ..cluster("PriorityLevelConfiguration", "prioritylevelconfigurations", FLOW) },
    Absent { since: KubernetesVersion::V1_34, short_names: &["ip"], has_own: true, ..cluster("IPAddress", "ipaddresses", NETWORKING) },
    Absent { since: KubernetesVersion::V1_34, has_own: true, ..cluster("ServiceCIDR", "servicecidrs", NETWORKING) },
    cluster("RuntimeClass", "runtimeclasses", "node.k8s.io"),
    Absent { since: KubernetesVersion::V1_34, ..cluster("DeviceClass", "deviceclasses", RESOURCE) },
    Absent { since: KubernetesVersion::V1_34, ..namespaced("ResourceClaim", "resourceclaims", RESOURCE) },
    Absent { since: KubernetesVersion::V1_34, ..namespaced("ResourceClaimTemplate", "resourceclaimtemplates", RESOURCE) },
    Absent { since: KubernetesVersion::V1_34, ..cluster("ResourceSlice", "resourceslices", RESOURCE) },
    cluster("CSIDriver", "csidrivers", STORAGE),
    namespaced("CSIStorageCapacity", "csistoragecapacities", STORAGE),
    Absent { since: KubernetesVersion::V1_34, short_names: &["vac"], ..cluster("VolumeAttributesClass", "volumeattributesclasses", STORAGE) },
];

impl Absent {
    /// `networking.k8s.io/v1`, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", self.group) }
    }

    /// 404: there is no object of that name, as of any.
    pub fn not_found(&self, name: &str) -> ApiError {
        if self.is_asked() {
            return ApiError::no_such_resource();
        }
        ApiError::none_of(self.plural, self.group, name)
    }

    /// Whether a word of the command line names it, with or without the beginning of its group.
    fn is_named(&self, word: &str) -> bool {
        let word = word.to_ascii_lowercase();
        let (resource, rest) = word.split_once('.').unwrap_or((&word, ""));
        let singular = self.kind.to_ascii_lowercase();
        let known = self.plural == resource || singular == resource || self.short_names.contains(&resource);
        known && (self.group.starts_with(rest) || rest == format!("v1.{}", self.group))
    }

    /// Whether the API server answers what is asked and keeps nothing.
    fn is_asked(&self) -> bool {
        self.verbs == ["create"]
    }

    /// Whether objects of it that nobody made are what was asked for.
    fn is_missed(&self, args: &Args, namespace: &str) -> bool {
        self.has_own && (!self.namespaced || args.flag("all-namespaces") || namespace == "kube-system")
    }
}

/// The kinds that a cluster of that release serves.
pub fn served(version: KubernetesVersion) -> impl Iterator<Item = &'static Absent> {
    ABSENT.iter().filter(move |absent| absent.since <= version)
}

/// What a word of the command line names.
pub fn named(word: &str, version: KubernetesVersion) -> Option<&'static Absent> {
    served(version).find(|absent| absent.is_named(word))
}

/// `words` with a kind that is there in place of those that have no objects; `None` when there are none of these.
pub fn stand_in(words: &[String], version: KubernetesVersion) -> Option<Vec<String>> {
    let is_absent = |word: &str| named(word, version).is_some();
    let replaced = |word: &str| {
        let kinds: Vec<&str> =
            word.split(',').map(|kind| if is_absent(kind) { STAND_IN } else { kind }).collect();
        kinds.join(",")
    };
    let mut words = words.to_vec();
    let mut any = false;
    let slashed = words.iter().any(|word| word.contains('/'));
    for word in words.iter_mut().take(if slashed { usize::MAX } else { 1 }) {
        let (kind, name) = match word.split_once('/') {
            Some((kind, name)) => (kind, Some(name)),
            None => (word.as_str(), None),
        };
        any |= kind.split(',').any(is_absent);
        let kind = replaced(kind);
        *word = name.map_or(kind.clone(), |name| format!("{kind}/{name}"));
    }
    any.then_some(words)
}

/// What stands for them where only the form of the words is looked at.
const STAND_IN: &str = "pods";

/// The kind of that name, `Ingress`.
pub fn of_kind(kind: &str) -> Option<&'static Absent> {
    ABSENT.iter().find(|absent| absent.kind == kind)
}

/// The verbs that show objects. Those that change them find none of these kinds: [`super::builder`].
const SHOWING: [&str; 2] = ["describe", "get"];

/// Runs the verb, unless it is about kinds of which there are no objects.
///
/// # Errors
/// The verb's, and NotFound for each name of such a kind.
pub fn run(verb: &Verb, args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if let Some(answer) = metrics_api::answer(verb.name, args, env) {
        return answer;
    }
    if let Some(answer) = answer(verb.name, args, env) {
        return answer;
    }
    match without(verb.name, args, env.cluster.api().gates.version()) {
        Some(_) if watches(verb.name, args) => Err(one_type_only()),
        Some(rest) => (verb.run)(&rest, env),
        None => (verb.run)(args, env),
    }
}

fn watches(verb: &str, args: &Args) -> bool {
    verb == "get" && (args.flag("watch") || args.flag("watch-only"))
}

fn one_type_only() -> CliError {
    CliError::plain("you may only specify a single resource type")
}

/// The answer to a command about kinds without objects; `None` when it is about others too.
fn answer(verb: &str, args: &Args, env: &mut Env<'_>) -> Option<Result<Flow, CliError>> {
    let version = env.cluster.api().gates.version();
    let first = args.words.first().filter(|_| SHOWING.contains(&verb))?;
    let find = |word: &str| named(word, version);
    let asked: Vec<(&Absent, &str)> = if first.contains('/') {
        let pairs = args.words.iter().filter_map(|word| word.split_once('/'));
        pairs.map(|(word, name)| Some((find(word)?, name))).collect::<Option<_>>()?
    } else {
        let kinds = first.split(',').map(find).collect::<Option<Vec<_>>>()?;
        let names: Vec<&str> = args.words[1..].iter().map(String::as_str).collect();
        if names.is_empty() && kinds.iter().any(|absent| absent.is_asked()) {
            let why = "the server does not allow this method on the requested resource";
            return Some(Err(ApiError::method_not_allowed(why).into()));
        }
        if names.is_empty() {
            return Some(list(verb, &kinds, args, env));
        }
        kinds.iter().flat_map(|kind| names.iter().map(move |name| (*kind, *name))).collect()
    };
    let statuses: Vec<(&Absent, &str)> =
        asked.iter().copied().filter(|(absent, name)| is_component(absent, name)).collect();
    if verb == "get" && !statuses.is_empty() && statuses.len() == asked.len() {
        let names: Vec<&str> = statuses.iter().map(|(_, name)| *name).collect();
        return Some(components(&names, args, env));
    }
    if args.flag("ignore-not-found") {
        return Some(Ok(Flow::OK));
    }
    let missing = |(absent, name): &(&Absent, &str)| absent.not_found(name).into();
    CliError::aggregate(asked.iter().map(missing).collect()).map(Err)
}

/// The command without the kinds that have no objects, where it names others besides.
fn without(verb: &str, args: &Args, version: KubernetesVersion) -> Option<Args> {
    let first = args.words.first().filter(|first| SHOWING.contains(&verb) && first.contains(','))?;
    let kept: Vec<&str> = first.split(',').filter(|word| named(word, version).is_none()).collect();
    if kept.is_empty() || kept.len() == first.split(',').count() {
        return None;
    }
    let mut args = args.clone();
    args.words[0] = kept.join(",");
    Some(args)
}

/// All objects of kinds that have none.
fn list(verb: &str, kinds: &[&Absent], args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if watches(verb, args) {
        return match kinds {
            [absent] => {
                hint_missed(absent, args, env);
                Ok(Flow::Task(Box::new(Watch)))
            }
            _ => Err(one_type_only()),
        };
    }
    if verb == "get" && kinds.iter().any(|absent| absent.kind == "ComponentStatus") {
        return components(&[], args, env);
    }
    if verb == "get" && !is_table(args.output()) {
        let text = Printer::new(args.output(), args, env.files)?.print(&list_of(Vec::new()))?;
        env.out.out(text);
        return Ok(Flow::OK);
    }
    if !args.flag("ignore-not-found") {
        let somewhere = kinds.iter().all(|absent| absent.namespaced) || verb == "describe";
        env.out.err_line(match somewhere && !args.flag("all-namespaces") {
            true => format!("No resources found in {} namespace.", env.namespace),
            false => "No resources found".to_owned(),
        });
    }
    if let Some(missed) = kinds.iter().find(|absent| absent.is_missed(args, env.namespace)) {
        hint_missed(missed, args, env);
    }
    Ok(Flow::OK)
}

/// Says that a real cluster has some that nobody made, if those were asked for.
fn hint_missed(absent: &Absent, args: &Args, env: &mut Env<'_>) {
    if absent.is_missed(args, env.namespace) {
        let plural = absent.plural;
        env.out.err_line(format!("hint: {plural} are not simulated; a real cluster has some of its own"));
    }
}

/// `get --watch` of a kind that has no objects: it waits for one until it is interrupted.
struct Watch;

impl Task for Watch {
    fn poll(&mut self, _env: &mut Env<'_>) -> Result<Progress, CliError> {
        Ok(Progress::Waiting)
    }
}

/// The parts of the control plane whose health there is a kind for: models pkg/registry/core/componentstatus.
const COMPONENTS: [&str; 3] = ["scheduler", "controller-manager", "etcd-0"];

fn is_component(absent: &Absent, name: &str) -> bool {
    absent.kind == "ComponentStatus" && COMPONENTS.contains(&name)
}

/// The components of these names, or all: they are well.
fn components(names: &[&str], args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    env.out.err_line_once("Warning: v1 ComponentStatus is deprecated in v1.19+");
    let shown: Vec<&str> =
        COMPONENTS.into_iter().filter(|name| names.is_empty() || names.contains(name)).collect();
    if !is_table(args.output()) {
        let mut values: Vec<Value> = shown
            .iter()
            .map(|name| {
                let condition = json!({ "message": "ok", "status": "True", "type": "Healthy" });
                json!({
                    "apiVersion": "v1",
                    "conditions": [condition],
                    "kind": "ComponentStatus",
                    "metadata": { "name": name },
                })
            })
            .collect();
        let value = if names.len() == 1 { values.remove(0) } else { list_of(values) };
        let text = Printer::new(args.output(), args, env.files)?.print(&value)?;
        env.out.out(text);
        return Ok(Flow::OK);
    }
    let mut writer = TabWriter::for_tables();
    if !args.flag("no-headers") {
        writer.row(["NAME", "STATUS", "MESSAGE", "ERROR"]);
    }
    for name in shown {
        writer.row([name, "Healthy", "ok", ""]);
    }
    env.out.out(writer.flush());
    Ok(Flow::OK)
}
