//! Validation of pods' DNS settings. Models pkg/apis/core/validation: validatePodDNSConfig.

use k8s_openapi::api::core::v1::PodSpec;

use crate::api::to_value;

use super::network::check_address;
use super::{Errors, format};

const SERVERS_MAX: usize = 3;
const SEARCHES_MAX: usize = 32;
const SEARCH_LETTERS_MAX: usize = 2048;

pub(super) fn config(errors: &mut Errors, path: &str, spec: &PodSpec) {
    let config = spec.dns_config.as_ref();
    let servers = config.and_then(|config| config.nameservers.as_deref()).unwrap_or_default();
    if spec.dns_policy.as_deref() == Some("None") {
        if config.is_none() {
            return errors.required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
        }
        if servers.is_empty() {
            let why = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            return errors.required(format!("{path}.nameservers"), why);
        }
    }
    let Some(config) = config else { return };
    if servers.len() > SERVERS_MAX {
        let why = format!("must not have more than {SERVERS_MAX} nameservers");
        errors.invalid(format!("{path}.nameservers"), to_value(&servers), why);
    }
    for (index, server) in servers.iter().enumerate() {
        check_address(errors, &format!("{path}.nameservers[{index}]"), server);
    }
    let searches = config.searches.as_deref().unwrap_or_default();
    if searches.len() > SEARCHES_MAX {
        let why = format!("must not have more than {SEARCHES_MAX} search paths");
        errors.invalid(format!("{path}.searches"), to_value(&searches), why);
    }
    if searches.join(" ").len() > SEARCH_LETTERS_MAX {
        let why = format!(
            "must not have more than {SEARCH_LETTERS_MAX} characters (including spaces) in the search list"
        );
        errors.invalid(format!("{path}.searches"), to_value(&searches), why);
    }
    for (index, search) in searches.iter().enumerate().filter(|(_, search)| *search != ".") {
        let search = search.strip_suffix('.').unwrap_or(search);
        let problems = format::dns_subdomain_with_underscore(search);
        errors.invalid_all(format!("{path}.searches[{index}]"), search, problems);
    }
    for (index, option) in config.options.iter().flatten().enumerate() {
        if option.name.as_deref().unwrap_or_default().is_empty() {
            errors.required(format!("{path}.options[{index}]"), "must not be empty");
        }
    }
}
