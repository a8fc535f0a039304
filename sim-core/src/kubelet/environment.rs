//! A container's environment and the files that the kubelet writes for it.
//!
//! Models pkg/kubelet: makeEnvironmentVariables, and pkg/kubelet/envvars.

use k8s_openapi::api::core::v1::{ConfigMap, EnvVarSource, Node, Secret, Service};

use super::dns;
use super::worker::Sync;
use crate::api::{Kind, ObjectKey, meta};
use crate::runtime::Image;

/// Names and values in order; a later one of the same name has replaced the earlier.
pub(super) type Environment = Vec<(String, String)>;

fn set(env: &mut Environment, name: &str, value: String) {
    match env.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => *old = value,
        None => env.push((name.to_owned(), value)),
    }
}

/// The whole environment of a container.
///
/// # Errors
/// What is missing, in the words of the Failed event.
pub(super) fn of(sync: &Sync<'_, '_>, index: usize, image: &Image) -> Result<Environment, String> {
    let mut env = Environment::new();
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    set(&mut env, "PATH", path.to_owned());
    set(&mut env, "HOSTNAME", hostname(sync));
    for (name, value) in image.env() {
        set(&mut env, name, value);
    }
    let mut own = Environment::new();
    let services = service_variables(sync);
    from_sources(sync, index, &mut own)?;
    let Some(spec) = sync.container_spec(index) else { return Ok(env) };
    for var in spec.env.iter().flatten() {
        let value = match &var.value_from {
            Some(source) => match value_from(sync, index, source)? {
                Some(value) => value,
                None => continue,
            },
            None => {
                let known: Environment = services.iter().chain(&own).cloned().collect();
                expand(var.value.as_deref().unwrap_or_default(), &known)
            }
        };
        set(&mut own, &var.name, value);
    }
    for (name, value) in own {
        set(&mut env, &name, value);
    }
    for (name, value) in services {
        if env.iter().all(|(known, _)| *known != name) {
            env.push((name, value));
        }
    }
    set(&mut env, "HOME", "/root".to_owned());
    Ok(env)
}

fn from_sources(sync: &Sync<'_, '_>, index: usize, own: &mut Environment) -> Result<(), String> {
    let Some(spec) = sync.container_spec(index) else { return Ok(()) };
    for source in spec.env_from.iter().flatten() {
        let prefix = source.prefix.as_deref().unwrap_or_default();
        if let Some(wanted) = &source.config_map_ref {
            match config_map(sync, &wanted.name) {
                Some(found) => {
                    for (key, value) in found.data.iter().flatten() {
                        set(own, &format!("{prefix}{key}"), value.clone());
                    }
                }
                None if wanted.optional == Some(true) => {}
                None => return Err(format!("configmap \"{}\" not found", wanted.name)),
            }
        }
        if let Some(wanted) = &source.secret_ref {
            match secret(sync, &wanted.name) {
                Some(found) => {
                    for (key, value) in found.data.iter().flatten() {
                        set(own, &format!("{prefix}{key}"), String::from_utf8_lossy(&value.0).into_owned());
                    }
                }
                None if wanted.optional == Some(true) => {}
                None => return Err(format!("secret \"{}\" not found", wanted.name)),
            }
        }
    }
    Ok(())
}

fn config_map<'a>(sync: &'a Sync<'_, '_>, name: &str) -> Option<&'a ConfigMap> {
    sync.context.view.typed(&ObjectKey::new(&sync.key.namespace, name))
}

fn secret<'a>(sync: &'a Sync<'_, '_>, name: &str) -> Option<&'a Secret> {
    sync.context.view.typed(&ObjectKey::new(&sync.key.namespace, name))
}

/// `None` when the source is optional and not there.
fn value_from(sync: &Sync<'_, '_>, index: usize, source: &EnvVarSource) -> Result<Option<String>, String> {
    let namespace = &sync.key.namespace;
    if let Some(field) = &source.field_ref {
        return Ok(Some(field_value(sync, &field.field_path).unwrap_or_default()));
    }
    if let Some(wanted) = &source.resource_field_ref {
        let container = wanted.container_name.as_deref();
        let divisor = wanted.divisor.as_ref().map(|quantity| quantity.0.as_str());
        return Ok(Some(resource_value(sync, index, container, &wanted.resource, divisor)));
    }
    if let Some(wanted) = &source.config_map_key_ref {
        let optional = wanted.optional == Some(true);
        let Some(found) = config_map(sync, &wanted.name) else {
            return if optional { Ok(None) } else { Err(format!("configmap \"{}\" not found", wanted.name)) };
        };
        let value = found.data.as_ref().and_then(|data| data.get(&wanted.key)).cloned();
        return match value {
            None if !optional => {
                Err(format!("couldn't find key {} in ConfigMap {namespace}/{}", wanted.key, wanted.name))
            }
            value => Ok(value),
        };
    }
    if let Some(wanted) = &source.secret_key_ref {
        let optional = wanted.optional == Some(true);
        let Some(found) = secret(sync, &wanted.name) else {
            return if optional { Ok(None) } else { Err(format!("secret \"{}\" not found", wanted.name)) };
        };
        let value = found.data.as_ref().and_then(|data| data.get(&wanted.key));
        return match value.map(|bytes| String::from_utf8_lossy(&bytes.0).into_owned()) {
            None if !optional => {
                Err(format!("couldn't find key {} in Secret {namespace}/{}", wanted.key, wanted.name))
            }
            value => Ok(value),
        };
    }
    Ok(Some(String::new()))
}

/// The value of a downward API field; `None` for a field that it does not offer.
///
/// Models pkg/fieldpath: ExtractFieldPathAsString, and the kubelet's podFieldSelectorRuntimeValue.
pub(super) fn field_value(sync: &Sync<'_, '_>, path: &str) -> Option<String> {
    let metadata = &sync.pod.metadata;
    let lines = |map: &std::collections::BTreeMap<String, String>| {
        map.iter().map(|(key, value)| format!("{key}={value:?}")).collect::<Vec<String>>().join("\n")
    };
    if let Some((field, rest)) = path.split_once("['") {
        let key = rest.strip_suffix("']")?;
        let map =
            if field == "metadata.labels" { meta::labels(metadata) } else { meta::annotations(metadata) };
        return Some(map.get(key).cloned().unwrap_or_default());
    }
    Some(match path {
        "metadata.name" => meta::name(metadata).to_owned(),
        "metadata.namespace" => meta::namespace(metadata).to_owned(),
        "metadata.uid" => meta::uid(metadata).to_owned(),
        "metadata.labels" => lines(meta::labels(metadata)),
        "metadata.annotations" => lines(meta::annotations(metadata)),
        "spec.nodeName" => sync.node.to_owned(),
        "spec.serviceAccountName" => {
            sync.spec.service_account_name.clone().unwrap_or_else(|| "default".to_owned())
        }
        "status.hostIP" | "status.hostIPs" => host_ip(sync),
        "status.podIP" | "status.podIPs" => sync.worker.ip.clone(),
        _ => return None,
    })
}

/// The node's own address.
pub(super) fn host_ip(sync: &Sync<'_, '_>) -> String {
    let node = sync.context.view.typed::<Node>(&ObjectKey::cluster(sync.node));
    let addresses = node.and_then(|node| node.status.as_ref()).and_then(|status| status.addresses.as_deref());
    let internal = addresses.unwrap_or_default().iter().find(|address| address.type_ == "InternalIP");
    internal.map(|address| address.address.clone()).unwrap_or_default()
}

/// A container's request or limit in units of the divisor, rounded up; the node's capacity without limit.
pub(super) fn resource_value(
    sync: &Sync<'_, '_>,
    index: usize,
    container: Option<&str>,
    resource: &str,
    divisor: Option<&str>,
) -> String {
    let named = container.and_then(|name| {
        let all = sync.spec.init_containers.iter().flatten().chain(&sync.spec.containers);
        all.into_iter().find(|spec| spec.name == name)
    });
    let Some(spec) = named.or_else(|| sync.container_spec(index)) else { return "0".to_owned() };
    let Some((list, name)) = resource.split_once('.') else { return "0".to_owned() };
    let resources = spec.resources.as_ref();
    let quantities = match list {
        "limits" => resources.and_then(|resources| resources.limits.as_ref()),
        _ => resources.and_then(|resources| resources.requests.as_ref()),
    };
    let own = quantities.and_then(|quantities| quantities.get(name)).map(|quantity| quantity.0.clone());
    let capacity = || {
        let node = sync.context.view.typed::<Node>(&ObjectKey::cluster(sync.node))?;
        Some(node.status.as_ref()?.allocatable.as_ref()?.get(name)?.0.clone())
    };
    let text = own.or_else(|| if list == "limits" { capacity() } else { None }).unwrap_or_default();
    let divisor = divisor.and_then(milli_units).filter(|divisor| *divisor > 0).unwrap_or(1_000);
    milli_units(&text).unwrap_or(0).div_ceil(divisor).to_string()
}

/// A quantity in thousandths of its unit.
pub(super) fn milli_units(text: &str) -> Option<u128> {
    const SUFFIXES: [(&str, u128); 13] = [
        ("Ki", 1 << 10),
        ("Mi", 1 << 20),
        ("Gi", 1 << 30),
        ("Ti", 1 << 40),
        ("Pi", 1 << 50),
        ("Ei", 1 << 60),
        ("k", 1_000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
        ("T", 1_000_000_000_000),
        ("P", 1_000_000_000_000_000),
        ("E", 1_000_000_000_000_000_000),
        ("", 1),
    ];
    if let Some(number) = text.strip_suffix('m') {
        return number.parse().ok();
    }
    let (number, factor) =
        SUFFIXES.iter().find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, *factor)))?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction = format!("{fraction:0<3}");
    let thousandths: u128 = fraction.get(..3)?.parse().ok()?;
    whole.checked_mul(1_000)?.checked_add(thousandths)?.checked_mul(factor)
}

/// Variables that name the Services of the namespace and the API's own.
fn service_variables(sync: &Sync<'_, '_>) -> Environment {
    let links = sync.spec.enable_service_links != Some(false);
    let mut env = Environment::new();
    let own = links.then(|| sync.context.view.all_in::<Service>(&sync.key.namespace)).into_iter().flatten();
    let api = sync.context.view.typed::<Service>(&ObjectKey::new("default", "kubernetes"));
    for service in api.into_iter().chain(own) {
        let Some(spec) = &service.spec else { continue };
        let Some(ip) = spec.cluster_ip.as_deref().filter(|ip| !ip.is_empty() && *ip != "None") else {
            continue;
        };
        let prefix = meta::name(&service.metadata).to_uppercase().replace('-', "_");
        let ports = spec.ports.as_deref().unwrap_or_default();
        let Some(first) = ports.first() else { continue };
        set(&mut env, &format!("{prefix}_SERVICE_HOST"), ip.to_owned());
        set(&mut env, &format!("{prefix}_SERVICE_PORT"), first.port.to_string());
        for port in ports {
            if let Some(name) = port.name.as_deref().filter(|name| !name.is_empty()) {
                let name = name.to_uppercase().replace('-', "_");
                set(&mut env, &format!("{prefix}_SERVICE_PORT_{name}"), port.port.to_string());
            }
        }
        for (number, port) in ports.iter().enumerate() {
            let protocol = port.protocol.as_deref().unwrap_or("TCP");
            let lower = protocol.to_lowercase();
            let url = format!("{lower}://{ip}:{}", port.port);
            let base = format!("{prefix}_PORT_{}_{protocol}", port.port);
            if number == 0 {
                set(&mut env, &format!("{prefix}_PORT"), url.clone());
            }
            set(&mut env, &base, url);
            set(&mut env, &format!("{base}_PROTO"), lower);
            set(&mut env, &format!("{base}_PORT"), port.port.to_string());
            set(&mut env, &format!("{base}_ADDR"), ip.to_owned());
        }
    }
    env
}

/// Replaces `$(NAME)` by the variable's value; `$$(NAME)` stands for itself, unknown names stay.
///
/// Models third_party/forked/golang/expansion.
pub(super) fn expand(text: &str, env: &[(String, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            match env.iter().rev().find(|(known, _)| known == name) {
                Some((_, value)) => out.push_str(value),
                None => {
                    out.push_str("$(");
                    out.push_str(name);
                    out.push(')');
                }
            }
            rest = after;
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    out
}

/// The pod's host name; with `setHostnameAsFQDN` and a subdomain it is the full one.
pub(super) fn hostname(sync: &Sync<'_, '_>) -> String {
    let short = short_hostname(sync);
    match full_hostname(sync, &short) {
        Some(full) if sync.spec.set_hostname_as_fqdn == Some(true) => full,
        _ => short,
    }
}

/// The host name without domain, cut as upstream cuts it.
fn short_hostname(sync: &Sync<'_, '_>) -> String {
    if sync.spec.host_network == Some(true) {
        return sync.node.to_owned();
    }
    let own = sync.spec.hostname.clone().filter(|name| !name.is_empty());
    let mut name = own.unwrap_or_else(|| sync.key.name.to_string());
    name.truncate(63);
    name.trim_end_matches(['-', '.']).to_owned()
}

/// The host name in the subdomain, for a pod that has one.
fn full_hostname(sync: &Sync<'_, '_>, short: &str) -> Option<String> {
    let subdomain = sync.spec.subdomain.as_deref().filter(|subdomain| !subdomain.is_empty())?;
    Some(format!("{short}.{subdomain}.{}.svc.cluster.local", sync.key.namespace))
}

/// The address of the cluster's DNS Service.
pub(super) fn nameserver(sync: &Sync<'_, '_>) -> String {
    let service = sync.context.view.get(Kind::Service, &ObjectKey::new("kube-system", "kube-dns"));
    let service = service.and_then(|object| object.as_ref::<Service>());
    let ip = service.and_then(|service| service.spec.as_ref()?.cluster_ip.clone());
    ip.unwrap_or_else(|| "10.96.0.10".to_owned())
}

/// The DNS search list of a pod.
pub(super) fn search(sync: &Sync<'_, '_>) -> Vec<String> {
    let namespace = &sync.key.namespace;
    vec![format!("{namespace}.svc.cluster.local"), "svc.cluster.local".to_owned(), "cluster.local".to_owned()]
}

/// `/etc/hosts`, `/etc/hostname` and `/etc/resolv.conf`.
pub(super) fn files(sync: &Sync<'_, '_>) -> Vec<(String, String)> {
    let (ip, short) = (&sync.worker.ip, short_hostname(sync));
    let full = full_hostname(sync, &short).map_or(short.clone(), |full| format!("{full}\t{short}"));
    let mut hosts = String::from(
        "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n",
    );
    hosts.push_str(
        "fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n",
    );
    hosts.push_str(&format!("{ip}\t{full}\n"));
    for (number, alias) in sync.spec.host_aliases.iter().flatten().enumerate() {
        if number == 0 {
            hosts.push_str("\n# Entries added by HostAliases.\n");
        }
        let names = alias.hostnames.as_deref().unwrap_or_default().join("\t");
        hosts.push_str(&format!("{}\t{names}\n", alias.ip));
    }
    let resolv = dns::file(&dns::of(sync), &sync.runtime_name());
    let hostname = hostname(sync);
    vec![
        ("/etc/hosts".to_owned(), hosts),
        ("/etc/hostname".to_owned(), format!("{hostname}\n")),
        ("/etc/resolv.conf".to_owned(), resolv),
    ]
}
