//! What a pod's resolv.conf says: `dnsPolicy` and `dnsConfig`.
//!
//! Models pkg/kubelet/network/dns: Configurer.GetPodDNS.

use super::environment;
use super::probe::gateway;
use super::worker::Sync;

/// The lines of a resolv.conf.
#[derive(Clone, Debug, Default)]
pub(super) struct Resolver {
    pub servers: Vec<String>,
    pub searches: Vec<String>,
    pub options: Vec<String>,
}

/// The resolver of a pod.
pub(super) fn of(sync: &Sync<'_, '_>) -> Resolver {
    let host_network = sync.spec.host_network == Some(true);
    let mut resolver = match sync.spec.dns_policy.as_deref() {
        Some("None") => Resolver::default(),
        Some("Default") => of_node(sync),
        Some("ClusterFirst") | None if host_network => of_node(sync),
        _ => Resolver {
            servers: vec![environment::nameserver(sync)],
            searches: environment::search(sync),
            options: vec!["ndots:5".to_owned()],
        },
    };
    let Some(config) = &sync.spec.dns_config else { return resolver };
    let add = |list: &mut Vec<String>, more: Option<&Vec<String>>| {
        for item in more.into_iter().flatten() {
            if !list.contains(item) {
                list.push(item.clone());
            }
        }
    };
    add(&mut resolver.servers, config.nameservers.as_ref());
    add(&mut resolver.searches, config.searches.as_ref());
    for option in config.options.iter().flatten() {
        let Some(name) = &option.name else { continue };
        let text = option.value.as_ref().map_or(name.clone(), |value| format!("{name}:{value}"));
        let same = |known: &String| known.split(':').next() == Some(name);
        match resolver.options.iter_mut().find(|known| same(known)) {
            Some(known) => *known = text,
            None => resolver.options.push(text),
        }
    }
    resolver
}

/// A node's own resolver is its network's gateway.
fn of_node(sync: &Sync<'_, '_>) -> Resolver {
    Resolver { servers: vec![gateway(&environment::host_ip(sync))], ..Resolver::default() }
}

/// The file, in the order in which the node's container runtime writes it.
pub(super) fn file(resolver: &Resolver, runtime: &str) -> String {
    let line = |word: &str, items: &[String]| {
        if items.is_empty() { String::new() } else { format!("{word} {}\n", items.join(" ")) }
    };
    let servers: String = resolver.servers.iter().map(|server| format!("nameserver {server}\n")).collect();
    let searches = line("search", &resolver.searches);
    let options = line("options", &resolver.options);
    if runtime == "docker" {
        format!("{servers}{searches}{options}")
    } else {
        format!("{searches}{servers}{options}")
    }
}
