//! Which pod and container `exec`, `logs` and `run -i` mean.

use k8s_openapi::api::core::v1::{ContainerState, Pod, PodSpec};

use super::Env;
use super::absent;
use super::error::CliError;
use super::output::Output;
use super::resources::resolve_kind;
use super::selection::not_there;
use crate::api::selector::Selector;
use crate::api::{ApiError, Feature, FeatureGates, Kind, Object, ObjectKey, meta};
use crate::store::Store;

/// The annotation that names a pod's container to work with.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// The pods that a word stands for: a pod's name, `pod/NAME`, or `sts/NAME` for the pods it selects. `doing` is
/// what cannot be done with others.
///
/// Models kubectl pkg/polymorphichelpers: SelectorsForObject and GetFirstPod.
///
/// # Errors
/// NotFound, or kubectl's complaint about a kind without pods. No pods at all is no error.
pub fn pods_of(word: &str, doing: &str, env: &Env<'_>) -> Result<Vec<Pod>, CliError> {
    let (kind, name) = match word.split_once('/') {
        Some((kind, name)) if !kind.is_empty() && !name.is_empty() && !name.contains('/') => {
            if let Some(absent) = absent::named(kind, env.cluster.api().gates.version()) {
                return Err(absent.not_found(name).into());
            }
            (resolve_kind(kind)?, name)
        }
        Some(_) => {
            return Err(CliError::plain(
                "arguments in resource/name form must have a single resource and name",
            ));
        }
        None => (Kind::Pod, word),
    };
    let store = env.cluster.store();
    let namespace = if kind.info().namespaced { env.namespace } else { "" };
    env.cluster.engine().authorize("get", (kind, ""), (namespace, name))?;
    let key = ObjectKey::new(namespace, name);
    let object = store.get(kind, &key).ok_or_else(|| not_there(kind, &key, store))?;
    if let Object::Pod(pod) = object {
        return Ok(vec![pod.as_ref().clone()]);
    }
    let selector = selector_of(object).ok_or_else(|| {
        CliError::plain(format!(
            "cannot {doing} *{version}.{name}: selector for *{version}.{name} not implemented",
            version = kind.info().version,
            name = kind.name()
        ))
    })?;
    Ok(selected(&selector, env.namespace, store))
}

/// The pods in the namespace that a selector picks.
pub fn selected(selector: &Selector, namespace: &str, store: &Store) -> Vec<Pod> {
    let matching = store.all_in::<Pod>(namespace).filter(|pod| selector.matches(meta::labels(&pod.metadata)));
    matching.cloned().collect()
}

fn selector_of(object: &Object) -> Option<Selector> {
    let api = match object {
        Object::StatefulSet(set) => &set.spec.as_ref()?.selector,
        Object::Deployment(deployment) => &deployment.spec.as_ref()?.selector,
        Object::ReplicaSet(set) => &set.spec.as_ref()?.selector,
        Object::DaemonSet(set) => &set.spec.as_ref()?.selector,
        Object::Job(job) => job.spec.as_ref()?.selector.as_ref()?,
        Object::Service(service) => {
            let selector = service.spec.as_ref()?.selector.as_ref().filter(|labels| !labels.is_empty())?;
            return Some(Selector::from_map(selector));
        }
        _ => return None,
    };
    Some(Selector::from_api(api))
}

/// The pod to prefer: bound, running, ready, ready for longest, oldest. Among ready pods `restarted`
/// prefers many restarts, as logs do, and otherwise few, as exec does.
///
/// Models kubectl pkg/util/podutils: ByLogging and ActivePods.
pub fn first(mut pods: Vec<Pod>, restarted: bool) -> Option<Pod> {
    pods.sort_by_cached_key(|pod| {
        let status = pod.status.as_ref();
        let phase = match status.and_then(|status| status.phase.as_deref()) {
            Some("Running") => 0,
            Some("Pending") => 2,
            _ => 1,
        };
        let ready = status.and_then(|status| {
            status.conditions.iter().flatten().find(|c| c.type_ == "Ready" && c.status == "True")
        });
        let since = ready.and_then(|condition| condition.last_transition_time.as_ref()).map(|time| time.0);
        let containers = status.iter().flat_map(|status| status.container_statuses.iter().flatten());
        let restarts = containers.map(|container| container.restart_count).max().unwrap_or(0);
        let created = pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
        let restarts = if restarted { -restarts } else { restarts };
        (
            !is_bound(pod),
            phase,
            ready.is_none(),
            since,
            restarts,
            created,
            meta::name(&pod.metadata).to_owned(),
        )
    });
    (!pods.is_empty()).then(|| pods.swap_remove(0))
}

/// Whether the pod has a node.
pub fn is_bound(pod: &Pod) -> bool {
    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
    node.is_some_and(|node| !node.is_empty())
}

/// Whether the pod's Ready condition is true.
pub fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.filter(|condition| condition.type_ == "Ready").any(|condition| condition.status == "True")
}

/// The pod's phase, empty when it has none.
pub fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

/// What the pod's status says of a container of whatever kind.
pub fn container_state<'a>(pod: &'a Pod, container: &str) -> Option<&'a ContainerState> {
    let status = pod.status.as_ref()?;
    let lists =
        [&status.init_container_statuses, &status.container_statuses, &status.ephemeral_container_statuses];
    let mut statuses = lists.into_iter().flatten().flatten();
    statuses.find(|status| status.name == container)?.state.as_ref()
}

/// Whether the container was made with a terminal.
pub fn has_terminal(pod: &Pod, container: &str) -> bool {
    let spec = || pod.spec.iter();
    let plain = spec().flat_map(|spec| spec.containers.iter().chain(spec.init_containers.iter().flatten()));
    let ephemeral = spec().flat_map(|spec| spec.ephemeral_containers.iter().flatten());
    let mut all = plain.map(|of| (&of.name, of.tty)).chain(ephemeral.map(|of| (&of.name, of.tty)));
    all.any(|(name, tty)| name == container && tty == Some(true))
}

/// There is no such container.
pub enum NoContainer {
    /// What kubectl says of it.
    Refused(String),
    /// Nothing: kubectl before 1.36 does not look, and has other words for it verb by verb.
    Unseen(String),
}

/// The container that was named, or the pod's usual one. Says which it took when there was a choice.
///
/// Models kubectl pkg/cmd/util/podcmd: FindOrDefaultContainerByName.
///
/// # Errors
/// The pod has no such container, or none at all.
pub fn container(
    pod: &Pod,
    named: Option<&str>,
    quiet: bool,
    gates: FeatureGates,
    out: &mut Output,
) -> Result<String, NoContainer> {
    let empty = PodSpec::default();
    let spec = pod.spec.as_ref().unwrap_or(&empty);
    let name = meta::name(&pod.metadata);
    let Some(first) = spec.containers.first() else {
        let namespace = meta::namespace(&pod.metadata);
        let why = format!("pod {namespace}/{name} does not have any containers");
        return Err(NoContainer::Refused(why));
    };
    let lists = gates.has(Feature::ContainersInErrors);
    let usual = meta::annotations(&pod.metadata).get(DEFAULT_CONTAINER).map(String::as_str);
    let usual = usual.filter(|usual| !usual.is_empty() && (lists || has_container(pod, usual)));
    match named.filter(|named| !named.is_empty()).or(usual) {
        Some(wanted) if has_container(pod, wanted) => return Ok(wanted.to_owned()),
        Some(wanted) if lists => {
            let all = container_names(pod);
            let why = format!("container {wanted} is not valid for pod {name} out of: {all}");
            return Err(NoContainer::Refused(why));
        }
        Some(wanted) => return Err(NoContainer::Unseen(wanted.to_owned())),
        None => {}
    }
    let has_more = |count: Option<usize>| count.is_some_and(|count| count > 0);
    let many = spec.containers.len() > 1
        || has_more(spec.init_containers.as_ref().map(Vec::len))
        || has_more(spec.ephemeral_containers.as_ref().map(Vec::len));
    if many && !quiet {
        out.err_line(format!("Defaulted container \"{}\" out of: {}", first.name, container_names(pod)));
    }
    Ok(first.name.clone())
}

/// [`container`], for what runs a command in it.
///
/// # Errors
/// There is no such container: kubectl's complaint, or the server's.
pub fn container_to_run_in(
    pod: &Pod,
    named: Option<&str>,
    quiet: bool,
    gates: FeatureGates,
    out: &mut Output,
) -> Result<String, CliError> {
    container(pod, named, quiet, gates, out).map_err(|missing| match missing {
        NoContainer::Refused(why) => CliError::plain(why),
        NoContainer::Unseen(name) => {
            let pod = meta::name(&pod.metadata);
            ApiError::bad_request(format!("container {name} is not valid for pod {pod}")).into()
        }
    })
}

/// Whether the pod has a container of that name.
fn has_container(pod: &Pod, name: &str) -> bool {
    names(pod).any(|(known, _)| known == name)
}

/// The pod's containers, those marked that are not of the usual kind.
///
/// Models kubectl pkg/cmd/util/podcmd: AllContainerNames.
fn container_names(pod: &Pod) -> String {
    names(pod).map(|(name, mark)| format!("{name}{mark}")).collect::<Vec<_>>().join(", ")
}

/// The names of the pod's containers, and how each is marked.
fn names(pod: &Pod) -> impl Iterator<Item = (&str, &'static str)> {
    let spec = || pod.spec.iter();
    let plain = spec().flat_map(|spec| &spec.containers).map(|container| (container.name.as_str(), ""));
    let ephemeral = spec().flat_map(|spec| spec.ephemeral_containers.iter().flatten());
    let init = spec().flat_map(|spec| spec.init_containers.iter().flatten());
    plain
        .chain(ephemeral.map(|container| (container.name.as_str(), " (ephem)")))
        .chain(init.map(|container| (container.name.as_str(), " (init)")))
}
