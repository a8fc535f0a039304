//! Deterministic in-memory Kubernetes StatefulSet simulator.
//!
//! Layers, each importing only those above it in this list.

pub mod api;
pub mod store;

pub mod apiserver;

pub mod engine;

pub mod controllers;
pub mod kubelet;
pub mod network;
pub mod runtime;
pub mod scheduler;

pub mod cluster;

pub mod explain;
pub mod kubectl;
pub mod view;

pub mod session;
