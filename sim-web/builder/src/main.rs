//! `cargo web`: builds the page into `sim-web/dist`.
//!
//! rustc's wasm target comes from rustup where that works, otherwise from Debian's packages with the
//! standard library built from source; the choice is made here.

mod toolchain;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use clap::Parser;

/// Build the page.
#[derive(Debug, Parser)]
#[command(name = "cargo web")]
struct Args {
    /// Only compile sim-web to WebAssembly, to see that it builds.
    #[arg(long)]
    check: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let root = workspace_root()?;
    let wasm = toolchain::build(&root)?;
    println!("built {} ({} KiB)", relative(&root, &wasm), std::fs::metadata(&wasm)?.len() / 1024);
    if args.check {
        return Ok(());
    }
    bindings(&wasm, &root.join("sim-web/dist/wasm"))
}

/// The JavaScript around the module, as `wasm-bindgen --target web` writes it.
fn bindings(wasm: &Path, into: &Path) -> anyhow::Result<()> {
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen.input_path(wasm).web(true)?.typescript(true);
    bindgen.generate(into).with_context(|| format!("wasm-bindgen could not write to {}", into.display()))
}

fn workspace_root() -> anyhow::Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2).context("the builder stands two folders below the workspace")?;
    Ok(root.to_owned())
}

fn relative<'a>(root: &Path, path: &'a Path) -> std::path::Display<'a> {
    path.strip_prefix(root).unwrap_or(path).display()
}

/// Runs a command, showing what it prints; an exit code other than 0 is an error.
fn run(command: &mut Command) -> anyhow::Result<()> {
    let shown = format!("{command:?}");
    let status = command.status().with_context(|| format!("cannot run {shown}"))?;
    if !status.success() {
        bail!("{shown} failed with {status}");
    }
    Ok(())
}
