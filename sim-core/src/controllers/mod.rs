//! The controllers of kube-controller-manager: one folder each, same name, same contract as upstream.

pub mod deployment;
pub mod endpointslice;
pub mod garbagecollector;
pub mod history;
pub mod kubernetesservice;
pub mod namespace;
pub mod persistentvolume;
pub mod provisioner;
pub mod replicaset;
pub mod statefulset;
#[cfg(test)]
pub(crate) mod testing;
pub mod volumeprotection;
