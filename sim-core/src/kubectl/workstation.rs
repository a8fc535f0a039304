//! [`Workstation`]: the machine that kubectl runs on, as far as commands leave something there.

use super::config::KubeConfig;
use crate::api::ObjectKey;

/// The user's own machine.
#[derive(Clone, Debug, Default)]
pub struct Workstation {
    /// Its kubeconfig.
    pub config: KubeConfig,
    /// Its ports that lead to pods: running `port-forward` commands.
    pub forwards: Vec<Forward>,
    /// Files that commands wrote, path and bytes, which the front end has still to write down.
    pub written: Vec<(String, Vec<u8>)>,
}

/// A port of the user's machine that leads to a port of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// The port on the user's machine.
    pub local: u16,
    /// The pod.
    pub pod: ObjectKey,
    /// The pod's port.
    pub remote: u16,
    /// Whether the connection to the pod is lost: nothing listened there when it was used.
    pub is_lost: bool,
}

impl Workstation {
    /// Where a port of this machine leads, if it leads anywhere.
    pub fn forward(&self, local: u16) -> Option<&Forward> {
        self.forwards.iter().find(|forward| forward.local == local)
    }
}
