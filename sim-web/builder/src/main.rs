//! `cargo web`: builds the page into `sim-web/dist`.
//!
//! rustc's wasm target comes from rustup where that works, otherwise from Debian's packages with the
//! standard library built from source; the choice is made here.

mod page;
mod serve;
mod toolchain;

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
    /// Take the module of the last time: for work on the page alone.
    #[arg(long, conflicts_with = "check")]
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
    let wasm = if args.page { toolchain::built(&root) } else { toolchain::build(&root)? };
    println!("built {} ({} KiB)", relative(&root, &wasm), std::fs::metadata(&wasm)?.len() / 1024);
    if args.check {
        return Ok(());
    }
    let into = root.join("target/web/bindings");
    bindings(&wasm, &into)?;
    page::build(&root, &into)?;
    println!("the page is in sim-web/dist");
    if args.test {
        // The tests compare with the native program.
        run(Command::new(env!("CARGO")).current_dir(&root).args(["build", "--quiet", "-p", "sim-cli"]))?;
        page::node(&root, &["--test", "--test-concurrency=1", "test/"])?;
    }
    if args.sizes {
        page::node(&root, &["test/sizes.mjs"])?;
    }
    match args.serve {
        Some(port) => serve::serve(&root.join("sim-web/dist"), port),
        None => Ok(()),
    }
}

/// The JavaScript around the module, as `wasm-bindgen --target web` writes it, unless it is newer than the module.
fn bindings(wasm: &Path, into: &Path) -> anyhow::Result<()> {
    let time = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified());
    if let (Ok(from), Ok(made)) = (time(wasm), time(&into.join("sim_web_bg.wasm")))
        && made > from
    {
        return Ok(());
    }
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
