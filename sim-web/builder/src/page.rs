//! The static files: the module made small, and the page around it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::run;

/// What rustc's wasm target may use, so that wasm-opt may use it too.
const FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Builds the page into `sim-web/dist` from the bindings in `bindings`.
///
/// # Errors
/// Node or npm is missing, the packages cannot be installed, or the page does not compile.
pub fn build(root: &Path, bindings: &Path) -> anyhow::Result<()> {
    let web = root.join("sim-web");
    packages(&web)?;
    optimise(&web, bindings)?;
    run(npx(&web, "tsc").arg("--noEmit"))?;
    run(npx(&web, "vite").args(["build", "--logLevel", "warn"]))
}

/// Runs the tests of the page, or what `script` names, with Node.
///
/// # Errors
/// Node is missing, or a test fails.
pub fn node(root: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    run(Command::new("node").current_dir(root.join("sim-web")).args(arguments))
}

/// Installs the packages of package-lock.json when they are missing or not those.
fn packages(web: &Path) -> anyhow::Result<()> {
    let wanted = std::fs::read(web.join("package-lock.json")).context("sim-web has no package-lock.json")?;
    let stamp = web.join("node_modules/.installed-lock");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    println!("installing the page's packages ...");
    let mut command = Command::new("npm");
    command.current_dir(web).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    run(&mut command).context("npm installs the page's packages: is Node 20.19 or newer there?")?;
    std::fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Makes the module small with wasm-opt, unless that was done for this very module.
fn optimise(web: &Path, bindings: &Path) -> anyhow::Result<()> {
    let plain = bindings.join("sim_web_bg.wasm");
    let small = bindings.join("sim_web_bg.opt.wasm");
    let time = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified());
    if let (Ok(from), Ok(made)) = (time(&plain), time(&small))
        && made > from
    {
        return Ok(());
    }
    println!("making the module small ...");
    let mut command = npx(web, "wasm-opt");
    command.arg("-Oz").args(FEATURES).arg(&plain).arg("-o").arg(&small);
    run(&mut command)?;
    if time(&small).is_err() {
        bail!("wasm-opt wrote no {}", small.display());
    }
    Ok(())
}

/// A program of the page's packages.
fn npx(web: &Path, program: &str) -> Command {
    let mut command = Command::new(web.join("node_modules/.bin").join(program));
    command.current_dir(web);
    command
}
