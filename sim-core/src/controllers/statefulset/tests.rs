//! The controller against a small cluster: an API server, the event loop and a kubelet of a few lines.

mod harness;
mod order;
mod properties;
mod recorded;
