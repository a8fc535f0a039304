//! Validation of a Service's cluster IPs and their families.
//!
//! Models pkg/apis/core/validation: ValidateServiceClusterIPsRelatedFields, validateUpgradeDowngradeClusterIPs,
//! validateUpgradeDowngradeIPFamilies.

use std::collections::BTreeSet;
use std::net::IpAddr;

use k8s_openapi::api::core::v1::ServiceSpec;

use super::Errors;
use super::network::check_address;
use crate::api::field::FieldError;
use crate::api::to_value;

const ADDRESSES: &str = "spec.clusterIPs";

/// Whether the Service has no address of its own.
pub(crate) fn is_headless(spec: &ServiceSpec) -> bool {
    addresses(spec) == ["None"]
}

fn addresses(spec: &ServiceSpec) -> &[String] {
    spec.cluster_ips.as_deref().unwrap_or_default()
}

fn families(spec: &ServiceSpec) -> &[String] {
    spec.ip_families.as_deref().unwrap_or_default()
}

fn is_external_name(spec: &ServiceSpec) -> bool {
    spec.type_.as_deref() == Some("ExternalName")
}

/// What is wrong with the cluster IPs. The registry asks before it allocates.
pub(crate) fn check(spec: &ServiceSpec) -> Vec<FieldError> {
    let mut errors = Errors::default();
    if is_external_name(spec) {
        return errors.0;
    }
    let all = addresses(spec);
    match (spec.cluster_ip.as_deref().unwrap_or_default(), all.first()) {
        ("", Some(_)) => {
            errors.invalid(ADDRESSES, to_value(&all), "must be empty when `clusterIP` is not specified");
        }
        // The registry has written the one into the other.
        (_, None) => {}
        (address, Some(first)) if first != address => {
            errors.invalid(ADDRESSES, to_value(&all), "first value must match `clusterIP`");
        }
        _ => {}
    }
    check_families(&mut errors, spec);
    if let Some(parsed) = parse(&mut errors, all) {
        check_pairs(&mut errors, spec, &parsed);
    }
    errors.0
}

fn check_families(errors: &mut Errors, spec: &ServiceSpec) {
    let supported = ["IPv4", "IPv6"];
    let mut seen = BTreeSet::new();
    for (index, family) in families(spec).iter().enumerate() {
        let path = format!("spec.ipFamilies[{index}]");
        if !supported.contains(&family.as_str()) {
            errors.push(FieldError::not_supported(&*path, family.as_str(), &supported));
        }
        if !seen.insert(family) {
            errors.push(FieldError::duplicate(path, family.as_str()));
        }
    }
    let policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
    if let Some(policy) = spec.ip_family_policy.as_deref().filter(|policy| !policies.contains(policy)) {
        errors.push(FieldError::not_supported("spec.ipFamilyPolicy", policy, &policies));
    }
}

/// The addresses, when all of them are some.
fn parse(errors: &mut Errors, all: &[String]) -> Option<Vec<IpAddr>> {
    let mut parsed = Some(Vec::new());
    for (index, address) in all.iter().enumerate() {
        if index == 0 && address == "None" {
            if all.len() > 1 {
                errors.invalid(ADDRESSES, to_value(&all), "'None' must be the first and only value");
                parsed = None;
            }
            continue;
        }
        match (check_address(errors, &format!("{ADDRESSES}[{index}]"), address), &mut parsed) {
            (Some(address), Some(parsed)) => parsed.push(address),
            _ => parsed = None,
        }
    }
    if all.len() > 2 {
        errors.invalid(ADDRESSES, to_value(&all), "may only hold up to 2 values");
    }
    parsed
}

fn check_pairs(errors: &mut Errors, spec: &ServiceSpec, parsed: &[IpAddr]) {
    let is_dual = parsed.iter().any(IpAddr::is_ipv4) && parsed.iter().any(IpAddr::is_ipv6);
    if parsed.len() > 1 && !is_dual {
        let why = "may specify no more than one IP for each IP family";
        errors.invalid(ADDRESSES, to_value(&addresses(spec)), why);
    }
    for (index, (address, family)) in parsed.iter().zip(families(spec)).enumerate() {
        let fits = match family.as_str() {
            "IPv4" => address.is_ipv4(),
            "IPv6" => address.is_ipv6(),
            _ => true,
        };
        if !fits {
            let why = format!("expected an {family} value as indicated by `ipFamilies[{index}]`");
            errors.invalid(format!("{ADDRESSES}[{index}]"), addresses(spec)[index].as_str(), why);
        }
    }
}

/// Addresses stay; only the second one may come and go.
pub(super) fn update(errors: &mut Errors, new: &ServiceSpec, old: &ServiceSpec) {
    const FIXED: &str = "may not change once set";
    if is_external_name(new) || is_external_name(old) {
        return;
    }
    let policy = |errors: &mut Errors, what: &str| {
        if new.ip_family_policy.as_deref() != Some("SingleStack") {
            let why = format!("must be set to 'SingleStack' when releasing the secondary {what}");
            errors.invalid("spec.ipFamilyPolicy", to_value(&new.ip_family_policy), why);
        }
    };
    let (now, before) = (addresses(new), addresses(old));
    let shown = to_value(&new.cluster_ips);
    if !(is_headless(new) && is_headless(old)) {
        let path = |index: usize| format!("{ADDRESSES}[{index}]");
        if now.len() == before.len() {
            for (index, _) in now.iter().zip(before).enumerate().filter(|(_, (now, before))| now != before) {
                errors.invalid(path(index), shown.clone(), FIXED);
            }
        } else if now.is_empty() {
            errors.invalid(path(0), shown.clone(), "primary clusterIP can not be unset");
        } else {
            if before.first().is_some_and(|before| now[0] != *before) {
                errors.invalid(path(0), shown.clone(), FIXED);
            }
            if now.len() == 1 && before.len() > 1 {
                policy(errors, "clusterIP");
            }
        }
    }
    if is_headless(new) || is_headless(old) {
        return;
    }
    let (now, before) = (families(new), families(old));
    let path = "spec.ipFamilies[0]";
    if now.len() == before.len() {
        for _ in now.iter().zip(before).filter(|(now, before)| now != before) {
            errors.invalid(path, to_value(&now), FIXED);
        }
        return;
    }
    if now.len() < before.len() && addresses(new).is_empty() {
        errors.invalid(path, to_value(&new.ip_families), "primary ipFamily can not be unset");
    }
    if let (Some(now), Some(before)) = (now.first(), before.first())
        && now != before
    {
        errors.invalid(path, shown, FIXED);
    }
    if now.len() == 1 && before.len() > 1 {
        policy(errors, "ipFamily");
    }
}
