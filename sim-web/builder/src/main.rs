//! `cargo web`: builds the page into `sim-web/dist`.
//!
//! rustc's wasm target comes from rustup where that works, otherwise from Debian's packages with the
//! standard library built from source; the choice is made here.

mod data;
mod liveness;
mod module;
mod order;
mod outline;
mod page;
mod segments;
mod serve;
mod slots;
mod split;
mod toolchain;
mod wasm;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use clap::Parser;

/// Build the page: a folder of static files for any web server, in sim-web/dist.
#[derive(Debug, Parser)]
#[command(name = "cargo web")]
struct Args {
    /// Only compile sim-web to WebAssembly, to see that it builds.
    #[arg(long)]
    check: bool,
    /// Compile quickly and do not make the module small: for work on sim-core and for trying things.
    #[arg(long)]
    dev: bool,
    /// Take the module of the last time: for work on the page alone.
    #[arg(long, conflicts_with_all = ["check", "dev"])]
    page: bool,
    /// Serve the page on this machine afterwards.
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "8014")]
    serve: Option<u16>,
    /// Drive the page with Chromium afterwards: the lab, Play, both policies, the keyboard, a reload.
    #[arg(long)]
    test: bool,
    /// Print sizes and times of the page afterwards.
    #[arg(long)]
    sizes: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let root = workspace_root()?;
    let bindings = root.join("target/web/bindings");
    let (wasm, is_dev) = match args.page {
        true => toolchain::last(&root)?,
        false => (toolchain::build(&root, args.dev)?, args.dev),
    };
    println!("{} has {} KiB", relative(&root, &wasm), std::fs::metadata(&wasm)?.len() / 1024);
    if args.check {
        return Ok(());
    }
    page::packages(&root)?;
    module::make(&root, &wasm, &bindings, !is_dev)?;
    page::build(&root)?;
    println!("the page is in sim-web/dist");
    if args.test {
        // The tests compare with the native program.
        run(Command::new(env!("CARGO")).current_dir(&root).args(["build", "--quiet", "-p", "sim-cli"]))?;
        page::test(&root)?;
    }
    if args.sizes {
        page::node(&root, &["test/sizes.mjs"])?;
    }
    match args.serve {
        Some(port) => serve::serve(&root.join("sim-web/dist"), port),
        None => Ok(()),
    }
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
