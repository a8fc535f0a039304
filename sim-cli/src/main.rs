//! The `sts-sim` binary; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    sim_cli::main()
}
