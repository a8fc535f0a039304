//! Finding a compiler for wasm32 and running it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::bail;

use crate::run;

const TARGET: &str = "wasm32-unknown-unknown";
/// The module's own target directory: its flags differ from those of the native programs.
const TARGET_DIR: &str = "target/web";
/// Debian's compiler of newer versions, which builds the standard library for wasm32 from source.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";
const DEBIAN_PACKAGES: &[&str] = &["rustc-web", "cargo-web", "rust-web-src"];

/// Builds sim-web for wasm32 and returns the module.
///
/// # Errors
/// There is no compiler for wasm32 and none can be installed, or sim-web does not compile.
pub fn build(root: &Path) -> anyhow::Result<PathBuf> {
    let target_dir = root.join(TARGET_DIR);
    if has_rustup_target() || add_rustup_target() {
        println!("compiling sim-web with rustup's wasm target ...");
        run(&mut cargo(Path::new("cargo"), root, &target_dir))?;
    } else {
        if !Path::new(DEBIAN_SOURCE).exists() {
            install_debian_packages()?;
        }
        println!(
            "compiling sim-web and the standard library with Debian's compiler; the first time takes minutes ..."
        );
        let mut command = cargo(Path::new(DEBIAN_CARGO), root, &target_dir);
        command.arg("-Zbuild-std=std,panic_abort");
        command.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1").env_remove("RUSTUP_TOOLCHAIN");
        if let Some(linker) = linker() {
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        run(&mut command)?;
    }
    Ok(built(root))
}

/// Where the module is once it was built.
pub fn built(root: &Path) -> PathBuf {
    root.join(TARGET_DIR).join(TARGET).join("wasm/sim_web.wasm")
}

fn cargo(program: &Path, root: &Path, target_dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root).args([
        "build",
        "--profile",
        "wasm",
        "--package",
        "sim-web",
        "--target",
        TARGET,
    ]);
    command.arg("--target-dir").arg(target_dir);
    command
}

fn has_rustup_target() -> bool {
    let output = Command::new("rustup").args(["target", "list", "--installed"]).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).lines().any(|line| line == TARGET))
}

fn add_rustup_target() -> bool {
    let mut command = Command::new("rustup");
    command.args(["target", "add", TARGET]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success()) && has_rustup_target()
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
