//! The `sts-sim` binary; everything is in the library.

use std::process::ExitCode;

/// A cluster is millions of small objects that come and go; glibc's allocator takes a quarter longer over them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    sim_cli::main()
}
