//! What the API server warns of in an object that it takes all the same.
//!
//! Models the strategies' WarningsOnCreate and WarningsOnUpdate (KEP-1693). Pods that are changed are not looked at.

mod network;
mod pod;
mod service;
mod volume;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::object::Object;
use super::quantity::Quantity;
use super::validation::format;
use super::{Feature, FeatureGates, meta, template};

/// Labels of nodes that have another name by now, and what to say of them.
const DEPRECATED_NODE_LABELS: &[(&str, &str)] = &[
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
    (
        "beta.kubernetes.io/instance-type",
        "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
    ),
    ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    (
        "failure-domain.beta.kubernetes.io/zone",
        "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
    ),
    ("node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead"),
    (
        "scheduler.alpha.kubernetes.io/preferAvoidPods",
        "deprecated since v1.22; use Taints and Tolerations instead",
    ),
];

/// The warnings of creating `object`, in upstream's order.
pub fn on_create(object: &Object, gates: FeatureGates) -> Vec<String> {
    let mut warnings = Warnings::default();
    match object {
        Object::Pod(pod) => {
            warnings.name(&pod.metadata, "the Pod's hostname");
            pod::spec(&mut warnings, "", &pod.metadata, pod.spec.as_ref());
        }
        Object::StatefulSet(_) => {}
        Object::Ingress(ingress) => network::ingress(&mut warnings, ingress),
        _ if template::template(object).is_some() => warnings.name(object.meta(), "Pod names and hostnames"),
        _ => {}
    }
    warnings.content(object, gates);
    warnings.0
}

/// The warnings of replacing `old` by `new`.
pub fn on_update(new: &Object, old: &Object, gates: FeatureGates) -> Vec<String> {
    let mut warnings = Warnings::default();
    let is_changed = new.meta().generation != old.meta().generation;
    if template::template(new).is_none() || is_changed {
        warnings.content(new, gates);
    }
    warnings.0
}

/// What is warned of so far.
#[derive(Debug, Default)]
struct Warnings(Vec<String>);

impl Warnings {
    fn add(&mut self, warning: String) {
        self.0.push(warning);
    }

    fn content(&mut self, object: &Object, gates: FeatureGates) {
        if let Some(template) = template::template(object) {
            let empty = ObjectMeta::default();
            let metadata = template.metadata.as_ref().unwrap_or(&empty);
            let path = template::pod_spec_path(object.kind());
            pod::spec(self, path.strip_suffix("spec").unwrap_or(path), metadata, template.spec.as_ref());
        }
        match object {
            Object::Service(service) => service::check(self, service, gates),
            Object::NetworkPolicy(policy) if gates.has(Feature::RangeWarnings) => {
                network::policy(self, policy);
            }
            Object::PersistentVolumeClaim(claim) => volume::claim(self, claim),
            Object::PersistentVolume(volume) => volume::volume(self, volume),
            _ => {}
        }
    }

    /// Of a name that is no label, though pods or their hosts are called by it.
    fn name(&mut self, metadata: &ObjectMeta, used: &str) {
        let problems = format::dns_label(meta::name(metadata));
        if !problems.is_empty() {
            self.add(format!(
                "metadata.name: this is used in {used}, which can result in surprising behavior; a DNS label is \
                 recommended: [{}]",
                problems.join(" ")
            ));
        }
    }

    /// Of half a byte.
    fn whole_bytes(
        &mut self,
        path: &str,
        value: Option<&k8s_openapi::apimachinery::pkg::api::resource::Quantity>,
    ) {
        let Some(quantity) = value.map(Quantity::of).filter(|quantity| !quantity.is_whole()) else { return };
        let shown = quantity.to_api().0;
        self.add(format!("{path}: fractional byte value \"{shown}\" is invalid, must be an integer"));
    }
}

fn deprecated_label(key: &str) -> Option<&'static str> {
    DEPRECATED_NODE_LABELS.iter().find(|(label, _)| *label == key).map(|(_, why)| *why)
}
