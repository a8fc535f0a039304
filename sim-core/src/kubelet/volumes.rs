//! A pod's volumes: finding them, filling them, mounting them.
//!
//! Models pkg/kubelet/volumemanager and pkg/volume/{configmap,secret,projected,downwardapi}.

use std::time::Duration;

use k8s_openapi::api::core::v1::{
    ConfigMap, DownwardAPIVolumeFile, KeyToPath, PersistentVolume, PersistentVolumeClaim, PodSpec, Secret,
    ServiceAccount, ServiceAccountTokenProjection, Volume,
};

use super::worker::Sync;
use super::{environment, identity};
use crate::api::token::{self, Claims};
use crate::api::{Kind, ObjectKey, meta};
use crate::apiserver::DEFAULT_ACCOUNT;
use crate::engine::{EventType, Pace};
use crate::runtime::fs::{FileSystem, FileTree};
use crate::runtime::{Mount, VolumeRef, normal_path};

/// First wait after a failed mount; it doubles. Upstream: volume/util exponentialbackoff.
const FIRST_RETRY: Duration = Duration::from_millis(500);
/// The longest wait after a failed mount.
const LAST_RETRY: Duration = Duration::from_secs(122);

/// Where each of a pod's volumes is, by name, and the files of those that live in the pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Volumes {
    places: Vec<(String, VolumeRef, bool)>,
    trees: Vec<(String, FileTree)>,
}

/// How the keys of a ConfigMap or Secret become files.
#[derive(Clone, Copy, Debug)]
struct How {
    optional: bool,
    mode: Option<i32>,
}

/// Whether two trees hold the same files, whenever those were written.
fn same_files(a: &FileTree, b: &FileTree) -> bool {
    a.files().eq(b.files())
}

/// Whether a pod has a volume that is filled from a ConfigMap, or from a Secret, of that name.
pub(super) fn uses(spec: &PodSpec, kind: Kind, name: &str) -> bool {
    spec.volumes.iter().flatten().any(|volume| {
        let parts = volume.projected.iter().flat_map(|source| source.sources.iter().flatten());
        match kind {
            Kind::ConfigMap => {
                let own = volume.config_map.as_ref().is_some_and(|source| source.name == name);
                own || parts.filter_map(|part| part.config_map.as_ref()).any(|part| part.name == name)
            }
            _ => {
                let own =
                    volume.secret.as_ref().and_then(|source| source.secret_name.as_deref()) == Some(name);
                own || parts.filter_map(|part| part.secret.as_ref()).any(|part| part.name == name)
            }
        }
    })
}

/// Why a volume cannot be mounted.
struct MountError {
    volume: String,
    message: String,
}

impl Sync<'_, '_> {
    /// Mounts the pod's volumes if they are not mounted yet; false while something is missing.
    pub(super) fn mount_volumes(&mut self) -> bool {
        if self.worker.volumes.is_some() {
            return true;
        }
        if !self.are_volumes_attached() {
            return false;
        }
        let now = self.now();
        if let Some(at) = self.worker.mount_retry_at.filter(|at| *at > now) {
            let pace = mount_pace(self.worker.mount_failures);
            self.wake(at, pace);
            return false;
        }
        match self.resolve_volumes() {
            Ok(volumes) => {
                self.worker.volumes = Some(volumes);
                true
            }
            Err(error) => {
                let text = if error.volume.is_empty() {
                    error.message
                } else {
                    format!("MountVolume.SetUp failed for volume \"{}\" : {}", error.volume, error.message)
                };
                self.event(None, EventType::Warning, "FailedMount", &text);
                let wait =
                    FIRST_RETRY.saturating_mul(1 << self.worker.mount_failures.min(10)).min(LAST_RETRY);
                self.worker.mount_failures += 1;
                self.worker.mount_retry_at = Some(now + wait);
                let pace = mount_pace(self.worker.mount_failures);
                self.wake(now + wait, pace);
                false
            }
        }
    }

    /// Puts the files of the pod's own volumes into its sandbox.
    pub(super) fn fill_volumes(&mut self) {
        let Some(volumes) = self.worker.volumes.clone() else { return };
        for (name, tree) in volumes.trees {
            let fixed = volumes.places.iter().any(|(known, _, fixed)| *known == name && *fixed);
            let tree = if fixed { self.projected(&name, tree) } else { self.shared(tree, true) };
            self.runtime.set_pod_volume(self.key, &name, tree);
        }
        let Some(group) = identity::fs_group(self.spec) else { return };
        for (_, place, _) in volumes.places {
            let VolumeRef::Persistent(name) = place else { continue };
            let volume = self.context.view.typed::<PersistentVolume>(&ObjectKey::cluster(&name));
            // Folders of the node stay as they are.
            if volume.and_then(|volume| volume.spec.as_ref()?.csi.as_ref()).is_some() {
                self.runtime.share_volume(&name, group);
            }
        }
    }

    /// The files of a volume of the pod's own, given to the pod's `fsGroup`.
    fn shared(&self, mut tree: FileTree, writable: bool) -> FileTree {
        if let Some(group) = identity::fs_group(self.spec) {
            tree.share(group, 0o777, writable);
        }
        tree
    }

    /// The files of a volume that follows its source, as they are put there at this moment.
    fn projected(&self, name: &str, tree: FileTree) -> FileTree {
        let volume = self.spec.volumes.iter().flatten().find(|volume| volume.name == name);
        let in_memory = volume.is_some_and(|volume| volume.config_map.is_none());
        let now = self.context.now;
        let seed = xxhash_rust::xxh3::xxh3_64(format!("{}/{name} {}", self.worker.uid, now.0).as_bytes());
        self.shared(tree, false).projected(seed, in_memory, now)
    }

    /// Brings changes of ConfigMaps and Secrets into the volumes of a running pod, once they are due.
    ///
    /// What is mounted by `subPath` stays as it was when its container was started.
    pub(super) fn refresh_volumes(&mut self) {
        let now = self.now();
        let Some(due) = self.worker.refresh_at else { return };
        if due > now {
            return self.wake(due, Pace::Progress);
        }
        self.worker.refresh_at = None;
        let Ok(fresh) = self.resolve_volumes() else { return };
        let Some(known) = &self.worker.volumes else { return };
        let changed = fresh.trees.iter().filter(|tree| {
            let fixed = fresh.places.iter().any(|(name, _, fixed)| *name == tree.0 && *fixed);
            fixed && known.trees.iter().any(|(name, old)| *name == tree.0 && !same_files(old, &tree.1))
        });
        for (name, tree) in changed.cloned().collect::<Vec<_>>() {
            let tree = self.projected(&name, tree);
            self.runtime.set_pod_volume(self.key, &name, tree);
        }
        self.worker.volumes = Some(fresh);
    }

    /// A file of a volume that follows its source is mounted from a copy, which does not.
    fn hold_still(&mut self, index: usize, mounts: &mut [Mount]) {
        let container = self.worker.slots[index].name.clone();
        for mount in mounts.iter_mut().filter(|mount| !mount.sub_path.is_empty()) {
            let VolumeRef::Pod(name) = &mount.volume else { continue };
            let volumes = self.worker.volumes.as_ref();
            let fixed =
                volumes.is_some_and(|v| v.places.iter().any(|(known, _, fixed)| known == name && *fixed));
            let tree = volumes.and_then(|volumes| volumes.trees.iter().find(|(known, _)| known == name));
            let Some((_, tree)) = tree.filter(|_| fixed).cloned() else { continue };
            let tree = self.shared(tree, false);
            let copy = format!("{name}/{container}");
            self.runtime.set_pod_volume(self.key, &copy, tree);
            mount.volume = VolumeRef::Pod(copy);
        }
    }

    /// The mounts of a container.
    pub(super) fn mounts(&mut self, index: usize, env: &[(String, String)]) -> Vec<Mount> {
        let mut mounts = self.plain_mounts(index, env);
        self.hold_still(index, &mut mounts);
        mounts
    }

    fn plain_mounts(&self, index: usize, env: &[(String, String)]) -> Vec<Mount> {
        let Some(spec) = self.container_spec(index) else { return Vec::new() };
        let Some(volumes) = &self.worker.volumes else { return Vec::new() };
        let mut mounts = Vec::new();
        for mount in spec.volume_mounts.iter().flatten() {
            let Some((_, place, fixed)) = volumes.places.iter().find(|(name, ..)| *name == mount.name) else {
                continue;
            };
            let expression =
                mount.sub_path_expr.as_ref().map(|expression| environment::expand(expression, env));
            let sub_path = mount.sub_path.clone().or(expression).unwrap_or_default();
            mounts.push(Mount {
                path: normal_path(&mount.mount_path),
                volume: place.clone(),
                sub_path: normal_path(&sub_path),
                read_only: *fixed || mount.read_only == Some(true),
            });
        }
        mounts
    }

    fn resolve_volumes(&self) -> Result<Volumes, MountError> {
        let mut volumes = Volumes::default();
        for volume in self.spec.volumes.iter().flatten() {
            let name = volume.name.clone();
            if let Some(source) = &volume.persistent_volume_claim {
                let place = self.claimed_volume(&source.claim_name)?;
                volumes.places.push((name, place, source.read_only == Some(true)));
            } else if let Some(source) = &volume.host_path {
                let place = VolumeRef::Host(self.node.to_owned(), normal_path(&source.path));
                volumes.places.push((name, place, false));
            } else {
                let (tree, fixed) = self.pod_volume(volume)?;
                volumes.places.push((name.clone(), VolumeRef::Pod(name.clone()), fixed));
                volumes.trees.push((name, tree));
            }
        }
        Ok(volumes)
    }

    fn claimed_volume(&self, claim: &str) -> Result<VolumeRef, MountError> {
        self.bound_volume(claim).map(VolumeRef::Persistent).map_err(|_| self.unprocessed_claims())
    }

    /// The volume that the claim is bound to, or what is wrong with the claim.
    ///
    /// Models pkg/kubelet/volumemanager/populator: getPVCExtractPV.
    fn bound_volume(&self, claim: &str) -> Result<String, String> {
        let key = ObjectKey::new(&self.key.namespace, claim);
        let fail = |why: &str| Err(format!("error processing PVC {key}: {why}"));
        let Some(found) = self.context.view.typed::<PersistentVolumeClaim>(&key) else {
            return fail(&format!(
                "failed to fetch PVC from API server: persistentvolumeclaims \"{claim}\" not found"
            ));
        };
        let bound = found.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Bound");
        let volume =
            found.spec.as_ref().and_then(|spec| spec.volume_name.clone()).filter(|name| !name.is_empty());
        volume.filter(|_| bound).map_or_else(|| fail("PVC is not bound"), Ok)
    }

    /// Says of all claims that cannot be used what is wrong. The pod's other volumes are mounted meanwhile.
    ///
    /// Models pkg/kubelet/volumemanager: WaitForAttachAndMount.
    fn unprocessed_claims(&self) -> MountError {
        let (mut names, mut errors) = (Vec::new(), Vec::new());
        for volume in self.spec.volumes.iter().flatten() {
            let claim = match (&volume.persistent_volume_claim, &volume.ephemeral) {
                (Some(source), _) => source.claim_name.clone(),
                (None, Some(_)) => format!("{}-{}", self.key.name, volume.name),
                (None, None) => continue,
            };
            if let Err(why) = self.bound_volume(&claim) {
                names.push(volume.name.as_str());
                errors.push(why);
            }
        }
        names.sort_unstable();
        let (names, errors) = (names.join(" "), errors.join("; "));
        let message = format!(
            "Unable to attach or mount volumes: unmounted volumes=[{names}], unattached volumes=[], \
             failed to process volumes=[{names}]: {errors}"
        );
        MountError { volume: String::new(), message }
    }

    /// The first files of a volume that lives in the pod, and whether it is read-only.
    fn pod_volume(&self, volume: &Volume) -> Result<(FileTree, bool), MountError> {
        let fail = |message: String| MountError { volume: volume.name.clone(), message };
        let mut tree = FileTree::new();
        if let Some(source) = &volume.config_map {
            let items = source.items.as_deref();
            let how = How { optional: source.optional == Some(true), mode: source.default_mode };
            self.put_config_map(&mut tree, &source.name, items, how).map_err(fail)?;
        } else if let Some(source) = &volume.secret {
            let name = source.secret_name.as_deref().unwrap_or_default();
            let items = source.items.as_deref();
            let how = How { optional: source.optional == Some(true), mode: source.default_mode };
            self.put_secret(&mut tree, name, items, how).map_err(fail)?;
        } else if let Some(source) = &volume.downward_api {
            self.put_fields(&mut tree, source.items.as_deref().unwrap_or_default(), source.default_mode);
        } else if let Some(source) = &volume.projected {
            for part in source.sources.iter().flatten() {
                if let Some(part) = &part.config_map {
                    let items = part.items.as_deref();
                    let how = How { optional: part.optional == Some(true), mode: source.default_mode };
                    self.put_config_map(&mut tree, &part.name, items, how).map_err(fail)?;
                }
                if let Some(part) = &part.secret {
                    let items = part.items.as_deref();
                    let how = How { optional: part.optional == Some(true), mode: source.default_mode };
                    self.put_secret(&mut tree, &part.name, items, how).map_err(fail)?;
                }
                if let Some(part) = &part.downward_api {
                    let items = part.items.as_deref().unwrap_or_default();
                    self.put_fields(&mut tree, items, source.default_mode);
                }
                if let Some(part) = &part.service_account_token {
                    self.put(&mut tree, &part.path, self.token(part).as_bytes(), source.default_mode);
                }
            }
        } else {
            // emptyDir, and sources that the simulator has nothing to fill with.
            tree.set_root(0o777, self.context.now);
            return Ok((tree, false));
        }
        Ok((tree, true))
    }

    /// The token of the pod's account, which ends with the pod.
    fn token(&self, part: &ServiceAccountTokenProjection) -> String {
        let account = self.spec.service_account_name.as_deref().unwrap_or(DEFAULT_ACCOUNT);
        let namespace = &self.key.namespace;
        let found = self.context.view.typed::<ServiceAccount>(&ObjectKey::new(namespace, account));
        let uid = found.map(|account| meta::uid(&account.metadata)).unwrap_or_default();
        let audiences: Vec<String> = part.audience.iter().cloned().collect();
        token::token(&Claims {
            namespace,
            account: (account, uid),
            audiences: &audiences,
            bound_to: Some(("pod", &self.key.name, &self.worker.uid)),
            issued_at: self.now().timestamp().as_second(),
            lasts: part.expiration_seconds.unwrap_or(3600),
        })
    }

    fn put(&self, tree: &mut FileTree, path: &str, bytes: &[u8], mode: Option<i32>) {
        let path = normal_path(path);
        tree.put(&path, bytes, self.context.now);
        if let Some(mode) = mode.and_then(|mode| u32::try_from(mode).ok()) {
            let _ = tree.set_mode(&path, mode);
        }
    }

    fn put_config_map(
        &self,
        tree: &mut FileTree,
        name: &str,
        items: Option<&[KeyToPath]>,
        how: How,
    ) -> Result<(), String> {
        let found = self.context.view.typed::<ConfigMap>(&ObjectKey::new(&self.key.namespace, name));
        let Some(found) = found else {
            return if how.optional { Ok(()) } else { Err(format!("configmap \"{name}\" not found")) };
        };
        let text = found.data.iter().flatten().map(|(key, value)| (key.as_str(), value.as_bytes()));
        let binary =
            found.binary_data.iter().flatten().map(|(key, value)| (key.as_str(), value.0.as_slice()));
        let all: Vec<(&str, &[u8])> = text.chain(binary).collect();
        self.put_keys(tree, &all, items, how)
            .map_err(|key| format!("configmap references non-existent config key: {key}"))
    }

    fn put_secret(
        &self,
        tree: &mut FileTree,
        name: &str,
        items: Option<&[KeyToPath]>,
        how: How,
    ) -> Result<(), String> {
        let found = self.context.view.typed::<Secret>(&ObjectKey::new(&self.key.namespace, name));
        let Some(found) = found else {
            return if how.optional { Ok(()) } else { Err(format!("secret \"{name}\" not found")) };
        };
        let data = found.data.iter().flatten().map(|(key, value)| (key.as_str(), value.0.as_slice()));
        let all: Vec<(&str, &[u8])> = data.collect();
        self.put_keys(tree, &all, items, how)
            .map_err(|key| format!("references non-existent secret key: {key}"))
    }

    /// All keys as files, or those that `items` names; the name of a missing one as the error.
    fn put_keys(
        &self,
        tree: &mut FileTree,
        all: &[(&str, &[u8])],
        items: Option<&[KeyToPath]>,
        how: How,
    ) -> Result<(), String> {
        let Some(items) = items.filter(|items| !items.is_empty()) else {
            for (key, bytes) in all {
                self.put(tree, key, bytes, how.mode);
            }
            return Ok(());
        };
        for item in items {
            match all.iter().find(|(key, _)| *key == item.key) {
                Some((_, bytes)) => self.put(tree, &item.path, bytes, item.mode.or(how.mode)),
                None if how.optional => {}
                None => return Err(item.key.clone()),
            }
        }
        Ok(())
    }

    fn put_fields(&self, tree: &mut FileTree, items: &[DownwardAPIVolumeFile], mode: Option<i32>) {
        for item in items {
            let field =
                item.field_ref.as_ref().and_then(|field| environment::field_value(self, &field.field_path));
            let resource = item.resource_field_ref.as_ref().map(|wanted| {
                let divisor = wanted.divisor.as_ref().map(|quantity| quantity.0.as_str());
                environment::resource_value(
                    self,
                    0,
                    wanted.container_name.as_deref(),
                    &wanted.resource,
                    divisor,
                )
            });
            let value = field.or(resource).unwrap_or_default();
            self.put(tree, &item.path, value.as_bytes(), item.mode.or(mode));
        }
    }
}

/// A mount that keeps failing waits for somebody to make what it needs.
fn mount_pace(failures: u32) -> Pace {
    if failures > 3 { Pace::Periodic } else { Pace::Progress }
}
