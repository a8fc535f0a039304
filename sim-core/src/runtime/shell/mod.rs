//! A small POSIX shell and the usual tools, as a machine that can be stopped, cloned and resumed.
//!
//! [`Process::run`] goes as far as it can without virtual time passing; `sleep` and reads from a
//! terminal suspend it. All of its state is in the value, so a checkpoint holds running shells too.

mod host;
mod process;

pub use host::{Host, ProcessInfo};
pub use process::{Process, ProcessState, StartError, Stream};
