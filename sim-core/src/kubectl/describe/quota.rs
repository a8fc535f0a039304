//! ResourceQuotas and LimitRanges, by themselves and within a namespace's description.
//!
//! Models kubectl pkg/describe: describeQuota, DescribeResourceQuotas, describeLimitRangeSpec.

use k8s_openapi::api::core::v1::{LimitRange, ResourceQuota};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::Subject;
use super::text::Text;
use crate::api::meta;

/// What the scopes mean.
const SCOPES: [(&str, &str); 4] = [
    (
        "Terminating",
        "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.",
    ),
    (
        "NotTerminating",
        "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.",
    ),
    (
        "BestEffort",
        "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.",
    ),
    (
        "NotBestEffort",
        "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.",
    ),
];

/// A quota.
pub(super) fn quota(text: &mut Text, quota: &ResourceQuota) {
    text.field(0, "Name", meta::name(&quota.metadata));
    text.field(0, "Namespace", meta::namespace(&quota.metadata));
    scopes(text, quota, "", " ");
    text.line(0, "Resource\tUsed\tHard");
    text.line(0, "--------\t----\t----");
    amounts(text, quota, "");
}

/// The quotas of a namespace.
pub(super) fn quotas(text: &mut Text, subject: &Subject<'_>, namespace: &str) {
    let mut quotas = subject.store.all_in::<ResourceQuota>(namespace).peekable();
    if quotas.peek().is_none() {
        return text.raw("\nNo resource quota.\n");
    }
    text.raw("\nResource Quotas\n");
    for quota in quotas {
        text.line(0, format_args!("  Name:\t{}", meta::name(&quota.metadata)));
        scopes(text, quota, "  ", "  ");
        text.line(0, "  Resource\tUsed\tHard");
        text.line(0, "  --------\t---\t---");
        amounts(text, quota, "  ");
    }
}

fn scopes(text: &mut Text, quota: &ResourceQuota, indent: &str, help_indent: &str) {
    let mut scopes = quota.spec.as_ref().and_then(|spec| spec.scopes.clone()).unwrap_or_default();
    if scopes.is_empty() {
        return;
    }
    scopes.sort();
    text.line(0, format_args!("{indent}Scopes:\t{}", scopes.join(", ")));
    for scope in scopes {
        if let Some((_, help)) = SCOPES.iter().find(|(name, _)| *name == scope) {
            text.line(0, format_args!("{help_indent}* {help}"));
        }
    }
}

fn amounts(text: &mut Text, quota: &ResourceQuota, indent: &str) {
    let status = quota.status.clone().unwrap_or_default();
    for (name, hard) in status.hard.iter().flatten() {
        let used = status.used.as_ref().and_then(|used| used.get(name)).map_or("0", |used| used.0.as_str());
        text.line(0, format_args!("{indent}{name}\t{used}\t{}", hard.0));
    }
}

/// A limit range.
pub(super) fn limit_range(text: &mut Text, range: &LimitRange) {
    text.field(0, "Name", meta::name(&range.metadata));
    text.field(0, "Namespace", meta::namespace(&range.metadata));
    limits(text, std::iter::once(range), "");
}

/// The limit ranges of a namespace.
pub(super) fn limit_ranges(text: &mut Text, subject: &Subject<'_>, namespace: &str) {
    let mut ranges = subject.store.all_in::<LimitRange>(namespace).peekable();
    if ranges.peek().is_none() {
        return text.raw("\nNo LimitRange resource.\n");
    }
    text.raw("\nResource Limits\n");
    limits(text, ranges, " ");
}

fn limits<'a>(text: &mut Text, ranges: impl Iterator<Item = &'a LimitRange>, indent: &str) {
    text.line(
        0,
        format_args!(
            "{indent}Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio"
        ),
    );
    text.line(
        0,
        format_args!(
            "{indent}----\t--------\t---\t---\t---------------\t-------------\t-----------------------"
        ),
    );
    for item in ranges.flat_map(|range| range.spec.iter().flat_map(|spec| &spec.limits)) {
        let columns =
            [&item.min, &item.max, &item.default_request, &item.default, &item.max_limit_request_ratio];
        let mut names: Vec<&String> =
            columns.iter().flat_map(|list| list.iter().flatten().map(|(name, _)| name)).collect();
        names.sort();
        names.dedup();
        for name in names {
            let cell = |list: &Option<std::collections::BTreeMap<String, Quantity>>| {
                list.as_ref()
                    .and_then(|list| list.get(name))
                    .map_or("-".to_owned(), |amount| amount.0.clone())
            };
            let cells: Vec<String> = columns.iter().map(|list| cell(list)).collect();
            text.line(0, format_args!("{indent}{}\t{name}\t{}", item.type_, cells.join("\t")));
        }
    }
}
