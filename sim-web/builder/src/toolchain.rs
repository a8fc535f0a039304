//! Finding a compiler for wasm32 and running it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::run;

const TARGET: &str = "wasm32-unknown-unknown";
/// The module's own target directory: its flags differ from those of the native programs.
const TARGET_DIR: &str = "target/web";
/// Debian's compiler of newer versions, which builds the standard library for wasm32 from source.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";
const DEBIAN_PACKAGES: &[&str] = &["rustc-web", "cargo-web", "rust-web-src"];

/// What makes the module small beside its profile: nothing prints where a panic was, and the linker tells where data
/// is and what refers to it, for [`crate::data`].
const FLAGS: &[&str] = &["-Zlocation-detail=none", "-Clink-arg=--emit-relocs"];
/// What makes it smaller still where the standard library is built with it: a panic ends it at once.
const FLAGS_WITH_STD: &[&str] = &["-Zunstable-options", "-Cpanic=immediate-abort"];

/// Builds sim-web for wasm32 and returns the module; with `is_dev` quickly, otherwise small.
///
/// # Errors
/// There is no compiler for wasm32 and none can be installed, or sim-web does not compile.
pub fn build(root: &Path, is_dev: bool) -> anyhow::Result<PathBuf> {
    let has_target = rustup_has("target", TARGET);
    if has_target && is_dev {
        println!("compiling sim-web with rustup's wasm target ...");
        run(&mut cargo(Path::new("cargo"), root, is_dev, Std::Installed))?;
    } else if has_target && rustup_has("component", "rust-src") {
        println!("compiling sim-web and the standard library; the first time takes minutes ...");
        run(&mut cargo(Path::new("cargo"), root, is_dev, Std::FromSource))?;
    } else if has_target {
        println!("compiling sim-web; `rustup component add rust-src` would make it smaller ...");
        run(&mut cargo(Path::new("cargo"), root, is_dev, Std::Installed))?;
    } else {
        if !Path::new(DEBIAN_SOURCE).exists() {
            install_debian_packages()?;
        }
        println!(
            "compiling sim-web and the standard library with Debian's compiler; the first time takes minutes ..."
        );
        let mut command = cargo(Path::new(DEBIAN_CARGO), root, is_dev, Std::FromSource);
        command.env("RUSTC", DEBIAN_RUSTC).env_remove("RUSTUP_TOOLCHAIN");
        if let Some(linker) = linker() {
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        run(&mut command)?;
    }
    Ok(built(root, is_dev))
}

/// The module that was built last, and whether quickly.
///
/// # Errors
/// None was built yet.
pub fn last(root: &Path) -> anyhow::Result<(PathBuf, bool)> {
    let modules = [false, true].map(|is_dev| (built(root, is_dev), is_dev)).into_iter();
    let dated =
        modules.filter_map(|module| Some((std::fs::metadata(&module.0).ok()?.modified().ok()?, module)));
    let (_, module) =
        dated.max_by_key(|(time, _)| *time).context("there is no module yet: run `cargo web`")?;
    Ok(module)
}

fn profile(is_dev: bool) -> &'static str {
    if is_dev { "wasm-dev" } else { "wasm" }
}

fn built(root: &Path, is_dev: bool) -> PathBuf {
    root.join(TARGET_DIR).join(TARGET).join(profile(is_dev)).join("sim_web.wasm")
}

/// Where the standard library for wasm32 is taken from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Std {
    /// The toolchain has it compiled.
    Installed,
    /// It is built with the module, small.
    FromSource,
}

fn cargo(program: &Path, root: &Path, is_dev: bool, std: Std) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root).args(["build", "--package", "sim-web", "--target", TARGET]);
    command.args(["--profile", profile(is_dev)]);
    command.arg("--target-dir").arg(root.join(TARGET_DIR));
    let mut flags = if is_dev { Vec::new() } else { FLAGS.to_vec() };
    if std == Std::FromSource {
        command.args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]);
        flags.extend(if is_dev { &[][..] } else { FLAGS_WITH_STD });
    }
    if !is_dev {
        let flags: Vec<String> = flags.iter().map(|flag| format!("{flag:?}")).collect();
        command.arg(format!("--config=target.{TARGET}.rustflags=[{}]", flags.join(",")));
    }
    // What is unstable above is asked of a stable compiler.
    command.env("RUSTC_BOOTSTRAP", "1");
    command
}

/// Whether rustup has `name` installed, or can install it.
fn rustup_has(what: &str, name: &str) -> bool {
    let is_installed = || {
        let output = Command::new("rustup").args([what, "list", "--installed"]).output();
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).lines().any(|line| line == name))
    };
    let add = || {
        let mut command = Command::new("rustup");
        command.args([what, "add", name]).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    is_installed() || add() && is_installed()
}

fn install_debian_packages() -> anyhow::Result<()> {
    let advice = format!(
        "no compiler for {TARGET}: run `rustup target add {TARGET}`, or on Debian `apt-get install {}`",
        DEBIAN_PACKAGES.join(" ")
    );
    println!("rustup has no {TARGET}; installing Debian's packages {} ...", DEBIAN_PACKAGES.join(" "));
    let apt = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(args).stdout(Stdio::null()).env("DEBIAN_FRONTEND", "noninteractive");
        command.status().is_ok_and(|status| status.success())
    };
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(DEBIAN_PACKAGES);
    if apt(&["update"]) && apt(&install) && Path::new(DEBIAN_SOURCE).exists() {
        return Ok(());
    }
    bail!(advice)
}

/// The linker: Debian's own, or that of the installed rustup toolchain.
fn linker() -> Option<PathBuf> {
    let debian = PathBuf::from("/usr/bin/rust-lld");
    if debian.exists() {
        return Some(debian);
    }
    let output = Command::new("rustc").args(["--print", "sysroot"]).output().ok()?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let hosts = std::fs::read_dir(sysroot.join("lib/rustlib")).ok()?;
    hosts.flatten().map(|host| host.path().join("bin/rust-lld")).find(|path| path.exists())
}
