//! [`Blocked`]: why a set's controller is not doing its next thing.

use std::fmt;

use jiff::Timestamp;

/// Why a StatefulSet does not move on, as of its last reconcile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// Nothing more is done before this pod is running and ready.
    WaitingForReady {
        /// The pod's name.
        pod: String,
    },
    /// Nothing more is done before this pod is gone.
    WaitingForTermination {
        /// The pod's name.
        pod: String,
    },
    /// This pod is ready, but not yet for `minReadySeconds`.
    WaitingForAvailable {
        /// The pod's name.
        pod: String,
        /// When it will be available if it stays ready.
        until: Timestamp,
    },
    /// Pods below the partition keep their old revision.
    HeldByPartition {
        /// The first ordinal that is updated.
        partition: i32,
    },
    /// Pods keep their old revision until somebody deletes them.
    OnDelete,
    /// This pod of an older revision is not ready, and an ordered set repairs no pod that it waits for.
    ///
    /// See <https://github.com/kubernetes/kubernetes/issues/67250>.
    StuckOnBrokenRevision {
        /// The pod's name.
        pod: String,
    },
    /// The pod is not created while its claim still belongs to an earlier pod of that name, which is
    /// gone or going.
    ClaimTerminating {
        /// The claim's name.
        claim: String,
    },
    /// The set is being deleted; nothing but its status is kept up.
    BeingDeleted,
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Blocked::WaitingForReady { pod } => write!(f, "waiting for pod {pod} to be running and ready"),
            Blocked::WaitingForTermination { pod } => write!(f, "waiting for pod {pod} to terminate"),
            Blocked::WaitingForAvailable { pod, until } => {
                write!(f, "waiting until {until} for pod {pod} to be available")
            }
            Blocked::HeldByPartition { partition } => {
                write!(f, "pods with an ordinal below partition {partition} keep their revision")
            }
            Blocked::OnDelete => f.write_str("pods keep their revision until they are deleted by hand"),
            Blocked::StuckOnBrokenRevision { pod } => {
                write!(f, "pod {pod} has an older revision and is not ready; delete it by hand")
            }
            Blocked::ClaimTerminating { claim } => {
                write!(f, "claim {claim} still belongs to a pod that is gone")
            }
            Blocked::BeingDeleted => f.write_str("the set is being deleted"),
        }
    }
}
