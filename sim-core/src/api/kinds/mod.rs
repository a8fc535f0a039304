//! One declarative table per kind: plural, short names, scope, verbs and printer columns.
//!
//! Discovery, `api-resources`, completion, error texts and `get` all read it.

mod cluster_role;
mod cluster_role_binding;
mod config_map;
mod controller_revision;
mod cron_job;
mod csi_node;
pub mod daemon_set;
mod deployment;
mod endpoint_slice;
mod endpoints;
pub mod event;
pub mod format;
mod horizontal_pod_autoscaler;
pub mod ingress;
mod ingress_class;
pub mod job;
mod lease;
mod limit_range;
mod namespace;
mod network_policy;
pub mod node;
pub mod persistent_volume;
pub mod persistent_volume_claim;
mod pod;
pub mod pod_disruption_budget;
pub mod pod_summary;
mod priority_class;
mod replica_set;
mod resource_quota;
mod role;
mod role_binding;
mod secret;
mod service;
mod service_account;
mod stateful_set;
pub mod storage_class;
mod volume_attachment;

use std::fmt;
use std::time::Duration;

use super::FeatureGates;
use super::object::{Kind, Object};
use super::time::SimTime;
use format::{NONE, UNKNOWN, UNSET, access_modes, containers, format_labels, format_selector, since};

/// The verbs of a kind that can do everything.
pub const STANDARD_VERBS: &[&str] =
    &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// What is known of a kind without any object of it.
#[derive(Debug)]
pub struct KindInfo {
    /// The kind.
    pub kind: Kind,
    /// The API group, empty for the core group.
    pub group: &'static str,
    /// The version within the group.
    pub version: &'static str,
    /// The resource's plural, `statefulsets`.
    pub plural: &'static str,
    /// The resource's singular, `statefulset`.
    pub singular: &'static str,
    /// Short names, `sts`.
    pub short_names: &'static [&'static str],
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// Categories that include the kind, `all`.
    pub categories: &'static [&'static str],
    /// Verbs the API server answers for it.
    pub verbs: &'static [&'static str],
    /// Subresources, `status`, `scale`.
    pub subresources: &'static [&'static str],
    /// Whether a change of the spec raises `metadata.generation`.
    pub counts_generation: bool,
    /// Columns of `get`, narrow and wide.
    pub columns: &'static [Column],
    /// One row of `get`, a cell for each of `columns`.
    pub row: fn(&Object, &RowContext) -> Vec<Cell>,
}

impl KindInfo {
    /// `apps/v1`, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `statefulsets.apps`, or `pods` for the core group: how errors name the resource.
    pub fn qualified_plural(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// `statefulset.apps`, or `pod` for the core group: how results name the resource.
    pub fn qualified_singular(&self) -> String {
        if self.group.is_empty() {
            self.singular.to_owned()
        } else {
            format!("{}.{}", self.singular, self.group)
        }
    }
}

impl Kind {
    /// The kind's table.
    pub fn info(self) -> &'static KindInfo {
        match self {
            Kind::ConfigMap => &config_map::INFO,
            Kind::Endpoints => &endpoints::INFO,
            Kind::Event => &event::INFO,
            Kind::LimitRange => &limit_range::INFO,
            Kind::Namespace => &namespace::INFO,
            Kind::Node => &node::INFO,
            Kind::PersistentVolumeClaim => &persistent_volume_claim::INFO,
            Kind::PersistentVolume => &persistent_volume::INFO,
            Kind::Pod => &pod::INFO,
            Kind::ResourceQuota => &resource_quota::INFO,
            Kind::Secret => &secret::INFO,
            Kind::Service => &service::INFO,
            Kind::ServiceAccount => &service_account::INFO,
            Kind::ControllerRevision => &controller_revision::INFO,
            Kind::DaemonSet => &daemon_set::INFO,
            Kind::Deployment => &deployment::INFO,
            Kind::ReplicaSet => &replica_set::INFO,
            Kind::StatefulSet => &stateful_set::INFO,
            Kind::HorizontalPodAutoscaler => &horizontal_pod_autoscaler::INFO,
            Kind::CronJob => &cron_job::INFO,
            Kind::Job => &job::INFO,
            Kind::EndpointSlice => &endpoint_slice::INFO,
            Kind::PodDisruptionBudget => &pod_disruption_budget::INFO,
            Kind::Ingress => &ingress::INFO,
            Kind::IngressClass => &ingress_class::INFO,
            Kind::NetworkPolicy => &network_policy::INFO,
            Kind::ClusterRole => &cluster_role::INFO,
            Kind::ClusterRoleBinding => &cluster_role_binding::INFO,
            Kind::Role => &role::INFO,
            Kind::RoleBinding => &role_binding::INFO,
            Kind::Lease => &lease::INFO,
            Kind::PriorityClass => &priority_class::INFO,
            Kind::CSINode => &csi_node::INFO,
            Kind::StorageClass => &storage_class::INFO,
            Kind::VolumeAttachment => &volume_attachment::INFO,
        }
    }

    /// The kind that a manifest's `apiVersion` and `kind` name.
    pub fn from_api(api_version: &str, kind: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|k| k.name() == kind && k.info().api_version() == api_version)
    }

    /// The kind that a word on the command line names: plural, singular, short name or kind,
    /// with or without group or the beginning of it (`sts`, `statefulsets.apps`, `deployments.v1.apps`, `pods.v1.`).
    ///
    /// Models k8s.io/apimachinery: ParseResourceArg, DefaultRESTMapper.ResourcesFor.
    pub fn from_word(word: &str) -> Option<Kind> {
        // Short names go by their own case alone.
        let short_name = word.split('.').next().unwrap_or_default();
        let word = word.to_ascii_lowercase();
        let (resource, rest) = word.split_once('.').unwrap_or((&word, ""));
        Kind::ALL.iter().copied().find(|kind| {
            let info = kind.info();
            let is_short = info.short_names.contains(&short_name);
            let named = info.plural == resource || info.singular == resource || is_short;
            // A short name goes by the group alone; kubectl lets the version be.
            let short = is_short && rest.split_once('.').is_some_and(|(_, group)| group == info.group);
            let has_two_groups =
                *kind == Kind::Event && ("events.k8s.io".starts_with(rest) || rest == "v1.events.k8s.io");
            if short || has_two_groups || (rest == "v1.autoscaling" && info.group == "autoscaling") {
                return named;
            }
            let version_and_group = format!("{}.{}", info.version, info.group);
            // The empty beginning is that of every group.
            named && (info.group.starts_with(rest) || rest == version_and_group)
        })
    }
}

/// A printer column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The column's name as the server's Table carries it, `Nominated Node`.
    pub name: &'static str,
    /// Whether only `-o wide` shows it.
    pub wide: bool,
}

impl Column {
    /// A column that is always shown.
    pub const fn normal(name: &'static str) -> Column {
        Column { name, wide: false }
    }

    /// A column that only `-o wide` shows.
    pub const fn wide(name: &'static str) -> Column {
        Column { name, wide: true }
    }
}

/// What a row may depend on beside the object.
#[derive(Clone, Copy, Debug)]
pub struct RowContext {
    /// Now, for ages.
    pub now: SimTime,
    /// What the server's release shows.
    pub gates: FeatureGates,
}

/// One cell of a row, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell(pub String);

impl Cell {
    /// The object's name.
    pub fn name(object: &Object) -> Cell {
        Cell(super::meta::name(object.meta()).to_owned())
    }

    /// A number.
    pub fn number(number: impl fmt::Display) -> Cell {
        Cell(number.to_string())
    }

    /// Any text.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell(text.into())
    }
}

/// The age cell, `<unknown>` for an object without creation time.
pub fn age(object: &Object, context: &RowContext) -> Cell {
    match &object.meta().creation_timestamp {
        Some(created) => Cell(human_duration(context.now.age_of(created))),
        None => Cell("<unknown>".to_owned()),
    }
}

/// When the object was made, in the tables of kinds that the API server has no printer for.
///
/// Models apiserver pkg/registry/rest: defaultTableConvertor.
fn created_at(object: &Object) -> Cell {
    let created = object.meta().creation_timestamp.as_ref();
    Cell(created.map(|time| time.0.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default())
}

/// A duration as kubectl's tables write it: `5s`, `4m30s`, `22m`, `3h58m`, `6d23h`, `400d`, `2y35d`.
///
/// Models apimachinery pkg/util/duration: HumanDuration.
pub fn human_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let pair = |whole: u64, unit: char, part: u64, small: char| {
        if part == 0 { format!("{whole}{unit}") } else { format!("{whole}{unit}{part}{small}") }
    };
    if seconds < 120 {
        format!("{seconds}s")
    } else if minutes < 10 {
        pair(minutes, 'm', seconds % 60, 's')
    } else if hours < 3 {
        format!("{minutes}m")
    } else if hours < 8 {
        pair(hours, 'h', minutes % 60, 'm')
    } else if hours < 48 {
        format!("{hours}h")
    } else if hours < 192 {
        pair(days, 'd', hours % 24, 'h')
    } else if days < 365 * 2 {
        format!("{days}d")
    } else if days < 365 * 8 {
        pair(days / 365, 'y', days % 365, 'd')
    } else {
        format!("{}y", days / 365)
    }
}
