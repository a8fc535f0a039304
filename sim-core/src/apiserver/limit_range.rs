//! LimitRanger admission: defaults for what containers ask for, and bounds on it.
//!
//! Models plugin/pkg/admission/limitranger. Where upstream walks a Go map, names are sorted here.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod, ResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;

use crate::api::quantity::Quantity;
use crate::api::{ApiError, ApiResult, Kind, meta};
use crate::store::Store;

/// Says what the defaults set.
const ANNOTATION: &str = "kubernetes.io/limit-ranger";

type Amounts = BTreeMap<String, ApiQuantity>;

/// Fills in and bounds what a new pod's containers ask for.
///
/// # Errors
/// Forbidden, with every bound that is passed.
pub fn admit_pod(pod: &mut Pod, store: &Store) -> ApiResult<()> {
    let namespace = meta::namespace(&pod.metadata).to_owned();
    for range in store.all_in::<LimitRange>(&namespace) {
        set_defaults(pod, range);
    }
    bound_pod(pod, store)
}

/// Bounds what a pod's containers ask for.
///
/// # Errors
/// Forbidden, with every bound that is passed.
pub fn bound_pod(pod: &Pod, store: &Store) -> ApiResult<()> {
    let namespace = meta::namespace(&pod.metadata).to_owned();
    let mut problems = Vec::new();
    for item in store.all_in::<LimitRange>(&namespace).flat_map(items) {
        match item.type_.as_str() {
            "Container" => {
                let spec = pod.spec.iter();
                for container in
                    spec.flat_map(|spec| spec.containers.iter().chain(spec.init_containers.iter().flatten()))
                {
                    check(item, &requested(container), &limited(container), &mut problems);
                }
            }
            "Pod" => {
                let (requests, limits) = (sum(pod, requested), sum(pod, limited));
                check(item, &requests, &limits, &mut problems);
            }
            _ => {}
        }
    }
    refuse(Kind::Pod, meta::name(&pod.metadata), &problems)
}

/// Bounds what a new claim asks for.
///
/// # Errors
/// Forbidden, with every bound that is passed.
pub fn admit_claim(claim: &PersistentVolumeClaim, store: &Store) -> ApiResult<()> {
    let resources = claim.spec.as_ref().and_then(|spec| spec.resources.as_ref());
    let requests = resources.and_then(|resources| resources.requests.clone()).unwrap_or_default();
    let mut problems = Vec::new();
    let items = store.all_in::<LimitRange>(meta::namespace(&claim.metadata)).flat_map(items);
    for item in items.filter(|item| item.type_ == "PersistentVolumeClaim") {
        for (name, least) in item.min.iter().flatten() {
            check_least(&item.type_, name, least, requests.get(name), None, &mut problems);
        }
        for (name, most) in item.max.iter().flatten() {
            let text = format!("maximum {name} usage per {} is {}", item.type_, most.0);
            match requests.get(name) {
                None => problems.push(format!("{text}.  No request is specified")),
                Some(asked) if Quantity::of(asked) > Quantity::of(most) => {
                    problems.push(format!("{text}, but request is {}", asked.0));
                }
                Some(_) => {}
            }
        }
    }
    refuse(Kind::PersistentVolumeClaim, meta::name(&claim.metadata), &problems)
}

fn refuse(kind: Kind, name: &str, problems: &[String]) -> ApiResult<()> {
    match problems {
        [] => Ok(()),
        [one] => Err(ApiError::forbidden(kind, name, one)),
        many => Err(ApiError::forbidden(kind, name, &format!("[{}]", many.join(", ")))),
    }
}

fn items(range: &LimitRange) -> impl Iterator<Item = &LimitRangeItem> {
    range.spec.iter().flat_map(|spec| &spec.limits)
}

/// Models mergePodResourceRequirements.
fn set_defaults(pod: &mut Pod, range: &LimitRange) {
    let (mut requests, mut limits) = (Amounts::new(), Amounts::new());
    for item in items(range).filter(|item| item.type_ == "Container") {
        requests.extend(item.default_request.clone().into_iter().flatten());
        limits.extend(item.default.clone().into_iter().flatten());
    }
    let Some(spec) = &mut pod.spec else { return };
    let mut said = Vec::new();
    for container in &mut spec.containers {
        fill(container, &requests, &limits, "container", &mut said);
    }
    for container in spec.init_containers.iter_mut().flatten() {
        fill(container, &requests, &limits, "init container", &mut said);
    }
    if !said.is_empty() {
        let text = format!("LimitRanger plugin set: {}", said.join("; "));
        pod.metadata.annotations.get_or_insert_default().insert(ANNOTATION.to_owned(), text);
    }
}

fn fill(container: &mut Container, requests: &Amounts, limits: &Amounts, sort: &str, said: &mut Vec<String>) {
    if requests.is_empty() && limits.is_empty() {
        return;
    }
    let ResourceRequirements { requests: own_requests, limits: own_limits, .. } =
        container.resources.get_or_insert_default();
    for (own, defaults, word) in [(own_requests, requests, "request"), (own_limits, limits, "limit")] {
        let own = own.get_or_insert_default();
        let new: Vec<&String> = defaults.keys().filter(|name| !own.contains_key(*name)).collect();
        if new.is_empty() {
            continue;
        }
        let names: Vec<&str> = new.iter().map(|name| name.as_str()).collect();
        said.push(format!("{} {word} for {sort} {}", names.join(", "), container.name));
        for name in new {
            own.insert(name.clone(), defaults[name].clone());
        }
    }
}

pub(super) fn requested(container: &Container) -> Amounts {
    container.resources.as_ref().and_then(|resources| resources.requests.clone()).unwrap_or_default()
}

fn limited(container: &Container) -> Amounts {
    container.resources.as_ref().and_then(|resources| resources.limits.clone()).unwrap_or_default()
}

/// What all containers have together; an init container counts where it has more than they.
pub(super) fn sum(pod: &Pod, of: fn(&Container) -> Amounts) -> Amounts {
    let mut total: BTreeMap<String, Quantity> = BTreeMap::new();
    let Some(spec) = &pod.spec else { return Amounts::new() };
    let lasting = |container: &&Container| container.restart_policy.as_deref() == Some("Always");
    let sidecars = spec.init_containers.iter().flatten().filter(lasting);
    for (name, amount) in spec.containers.iter().chain(sidecars).flat_map(of) {
        let sum = total.entry(name).or_insert(Quantity::ZERO);
        *sum = sum.plus(Quantity::of(&amount));
    }
    for (name, amount) in spec.init_containers.iter().flatten().filter(|one| !lasting(one)).flat_map(of) {
        let sum = total.entry(name).or_insert(Quantity::ZERO);
        *sum = (*sum).max(Quantity::of(&amount));
    }
    for (name, amount) in spec.overhead.iter().flatten() {
        if let Some(sum) = total.get_mut(name) {
            *sum = sum.plus(Quantity::of(amount));
        }
    }
    total.into_iter().map(|(name, amount)| (name, amount.to_api())).collect()
}

fn check(item: &LimitRangeItem, requests: &Amounts, limits: &Amounts, problems: &mut Vec<String>) {
    let sort = &item.type_;
    for (name, least) in item.min.iter().flatten() {
        check_least(sort, name, least, requests.get(name), limits.get(name), problems);
    }
    for (name, most) in item.max.iter().flatten() {
        let text = format!("maximum {name} usage per {sort} is {}", most.0);
        let (request, limit) = (requests.get(name), limits.get(name));
        match limit {
            None => problems.push(format!("{text}.  No limit is specified")),
            Some(limit) if Quantity::of(limit) > Quantity::of(most) => {
                problems.push(format!("{text}, but limit is {}", limit.0));
            }
            Some(_) => {
                if let Some(request) = request.filter(|request| Quantity::of(request) > Quantity::of(most)) {
                    problems.push(format!("{text}, but request is {}", request.0));
                }
            }
        }
    }
    for (name, ratio) in item.max_limit_request_ratio.iter().flatten() {
        check_ratio(sort, name, ratio, requests.get(name), limits.get(name), problems);
    }
}

/// Models minConstraint.
fn check_least(
    sort: &str,
    name: &str,
    least: &ApiQuantity,
    request: Option<&ApiQuantity>,
    limit: Option<&ApiQuantity>,
    problems: &mut Vec<String>,
) {
    let text = format!("minimum {name} usage per {sort} is {}", least.0);
    let below = |amount: &&ApiQuantity| Quantity::of(amount) < Quantity::of(least);
    match (request, limit.filter(below)) {
        (None, _) => problems.push(format!("{text}.  No request is specified")),
        (Some(request), _) if below(&request) => {
            problems.push(format!("{text}, but request is {}", request.0))
        }
        (_, Some(limit)) => problems.push(format!("{text}, but limit is {}", limit.0)),
        _ => {}
    }
}

/// Models limitRequestRatioConstraint.
fn check_ratio(
    sort: &str,
    name: &str,
    ratio: &ApiQuantity,
    request: Option<&ApiQuantity>,
    limit: Option<&ApiQuantity>,
    problems: &mut Vec<String>,
) {
    let text = format!("{name} max limit to request ratio per {sort} is {}", ratio.0);
    let amount = |found: Option<&ApiQuantity>| {
        found.map(|found| Quantity::of(found).milli_value()).filter(|n| *n != 0)
    };
    let Some(request) = amount(request) else {
        return problems.push(format!("{text}, but no request is specified or request is 0"));
    };
    let Some(limit) = amount(limit) else {
        return problems.push(format!("{text}, but no limit is specified or limit is 0"));
    };
    let most = Quantity::of(ratio).milli_value();
    // limit / request > most / 1000, without fractions.
    if i128::from(limit) * 1000 > i128::from(most) * i128::from(request) {
        let millionths = i128::from(limit) * 10_000_000 / i128::from(request);
        let millionths = (millionths + 5) / 10;
        let shown = format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000);
        problems.push(format!("{text}, but provided ratio is {shown}"));
    }
}
