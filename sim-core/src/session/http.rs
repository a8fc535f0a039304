//! `curl` and `minikube service`: requests from the user's own machine.

use super::Session;
use super::words::refuse;
use crate::kubectl::Files;

/// Runs `curl URL`.
pub(super) fn curl(session: &mut Session, _words: &[String], _files: &dyn Files) -> u8 {
    refuse(session, "not yet")
}

/// Runs `minikube service NAME`.
pub(super) fn minikube(session: &mut Session, _words: &[String], _files: &dyn Files) -> u8 {
    refuse(session, "not yet")
}
