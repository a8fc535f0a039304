//! The controllers of kube-controller-manager: one folder each, same name, same contract as upstream.

pub mod attachdetach;
mod batches;
pub mod clusterroleaggregation;
pub mod cronjob;
pub mod daemon;
pub mod deployment;
pub mod disruption;
pub mod endpoints;
pub mod endpointslice;
pub mod endpointslicemirroring;
pub mod expand;
pub mod garbagecollector;
pub mod history;
pub mod job;
pub mod kubernetesservice;
pub mod namespace;
pub mod nodelifecycle;
pub mod persistentvolume;
pub mod podautoscaler;
pub mod podgc;
pub mod provisioner;
pub mod replicaset;
pub mod resourcequota;
pub mod rootcacertpublisher;
pub mod serviceaccount;
pub mod serviceaccounttokens;
pub mod statefulset;
pub mod tainteviction;
#[cfg(test)]
pub(crate) mod testing;
pub mod ttlafterfinished;
pub mod volumeprotection;
