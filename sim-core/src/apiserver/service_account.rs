//! ServiceAccount admission: every pod runs as one, with its token among its files.
//!
//! Models plugin/pkg/admission/serviceaccount.

use std::time::Duration;

use k8s_openapi::api::core::v1::{
    ConfigMapProjection, Container, DownwardAPIProjection, DownwardAPIVolumeFile, KeyToPath, Namespace,
    ObjectFieldSelector, Pod, ProjectedVolumeSource, ServiceAccount, ServiceAccountTokenProjection, Volume,
    VolumeMount, VolumeProjection,
};

use super::allocate::Allocator;
use crate::api::{ApiError, ApiResult, Kind, ObjectKey, SimTime, meta, pod};
use crate::store::Store;

/// The account of pods that name none.
pub const DEFAULT_ACCOUNT: &str = "default";
/// The ConfigMap with the certificate of the API server's authority, in every namespace.
pub const ROOT_CA: &str = "kube-root-ca.crt";
/// Where a container finds its account's files.
pub const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// How token volumes' names begin.
const VOLUME_PREFIX: &str = "kube-api-access-";
/// Seconds for which a token is good: an hour, and seven seconds that tell whose it is.
const EXPIRATION_SECONDS: i64 = 3607;
/// For so long admission looks again for the default account of a new namespace, which is being made.
const RETRIES_FOR: Duration = Duration::from_secs(1);

/// Gives a new pod its account, and its containers the account's token.
///
/// # Errors
/// Forbidden: there is no such account.
pub fn admit(pod: &mut Pod, store: &Store, allocator: &mut Allocator, now: SimTime) -> ApiResult<()> {
    // Upstream: shouldIgnore. A mirror says what its node runs, and that is no account's.
    if pod::mirrored(pod).is_some() {
        return Ok(());
    }
    let namespace = meta::namespace(&pod.metadata).to_owned();
    let spec = pod.spec.get_or_insert_default();
    let given = spec.service_account_name.clone().or_else(|| spec.service_account.clone());
    let name = given.filter(|name| !name.is_empty()).unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned());
    spec.service_account_name = Some(name.clone());
    spec.service_account = Some(name.clone());
    let account = store.typed::<ServiceAccount>(&ObjectKey::new(&namespace, &name));
    if account.is_none() && !(name == DEFAULT_ACCOUNT && is_new(&namespace, store, now)) {
        let why = format!(
            "error looking up service account {namespace}/{name}: serviceaccount \"{name}\" not found"
        );
        return Err(ApiError::forbidden(Kind::Pod, meta::name(&pod.metadata), &why));
    }
    let own = account.and_then(|account| account.automount_service_account_token);
    if spec.automount_service_account_token.or(own).unwrap_or(true) {
        mount_token(pod, allocator);
    }
    let spec = pod.spec.get_or_insert_default();
    if spec.image_pull_secrets.as_ref().is_none_or(Vec::is_empty) {
        let secrets = account.and_then(|account| account.image_pull_secrets.clone());
        spec.image_pull_secrets = secrets.filter(|secrets| !secrets.is_empty());
    }
    Ok(())
}

/// Whether the namespace is so new that its default account may be on its way.
fn is_new(namespace: &str, store: &Store, now: SimTime) -> bool {
    let found = store.typed::<Namespace>(&ObjectKey::cluster(namespace));
    let created = found.and_then(|namespace| namespace.metadata.creation_timestamp.as_ref());
    created.is_some_and(|created| now.age_of(created) <= RETRIES_FOR)
}

fn mount_token(pod: &mut Pod, allocator: &mut Allocator) {
    let Some(spec) = &mut pod.spec else { return };
    let known = spec.volumes.iter().flatten().find(|volume| volume.name.starts_with(VOLUME_PREFIX));
    let known = known.map(|volume| volume.name.clone());
    let lacks = |container: &Container| {
        !container.volume_mounts.iter().flatten().any(|mount| mount.mount_path == MOUNT_PATH)
    };
    let containers = || spec.init_containers.iter().flatten().chain(&spec.containers);
    if !containers().any(lacks) {
        return;
    }
    let name = known.clone().unwrap_or_else(|| format!("{VOLUME_PREFIX}{}", allocator.volume_suffix()));
    for container in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
        if lacks(container) {
            container.volume_mounts.get_or_insert_default().push(VolumeMount {
                name: name.clone(),
                mount_path: MOUNT_PATH.to_owned(),
                read_only: Some(true),
                ..VolumeMount::default()
            });
        }
    }
    if known.is_none() {
        spec.volumes.get_or_insert_default().push(token_volume(name));
    }
}

/// Models plugin/pkg/admission/serviceaccount: TokenVolumeSource.
fn token_volume(name: String) -> Volume {
    let token = ServiceAccountTokenProjection {
        expiration_seconds: Some(EXPIRATION_SECONDS),
        path: "token".to_owned(),
        audience: None,
    };
    let file = |name: &str| KeyToPath { key: name.to_owned(), path: name.to_owned(), mode: None };
    let certificate =
        ConfigMapProjection { name: ROOT_CA.to_owned(), items: Some(vec![file("ca.crt")]), optional: None };
    let namespace = DownwardAPIVolumeFile {
        path: "namespace".to_owned(),
        field_ref: Some(ObjectFieldSelector {
            api_version: Some("v1".to_owned()),
            field_path: "metadata.namespace".to_owned(),
        }),
        ..DownwardAPIVolumeFile::default()
    };
    let sources = vec![
        VolumeProjection { service_account_token: Some(token), ..VolumeProjection::default() },
        VolumeProjection { config_map: Some(certificate), ..VolumeProjection::default() },
        VolumeProjection {
            downward_api: Some(DownwardAPIProjection { items: Some(vec![namespace]) }),
            ..VolumeProjection::default()
        },
    ];
    let projected = ProjectedVolumeSource { default_mode: Some(0o644), sources: Some(sources) };
    Volume { name, projected: Some(projected), ..Volume::default() }
}
