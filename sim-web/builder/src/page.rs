//! The static files: Node's part of the work.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use anyhow::Context;

use crate::run;

/// Builds the page into `sim-web/dist` from what [`crate::module`] made.
///
/// # Errors
/// Node or npm is missing, the packages cannot be installed, or the page does not compile.
pub fn build(root: &Path) -> anyhow::Result<()> {
    packages(root)?;
    run(npx(root, "tsc").arg("--noEmit"))?;
    run(npx(root, "vite").args(["build", "--logLevel", "warn"]))
}

/// Drives the page with the tests in `sim-web/test`.
///
/// # Errors
/// Node or Chromium is missing, or a test fails.
pub fn test(root: &Path) -> anyhow::Result<()> {
    let files = std::fs::read_dir(root.join("sim-web/test"))?.collect::<Result<Vec<_>, _>>()?;
    let mut names: Vec<String> =
        files.iter().map(|file| format!("test/{}", file.file_name().display())).collect();
    names.retain(|name| name.ends_with(".test.mjs"));
    names.sort();
    let options = ["--test", "--test-concurrency=1", "--test-timeout=900000", "--test-reporter=spec"];
    node(root, &options.into_iter().map(str::to_owned).chain(names).collect::<Vec<_>>())
}

/// Runs Node in sim-web.
///
/// # Errors
/// Node is missing, or what it runs fails.
pub fn node(root: &Path, arguments: &[impl AsRef<OsStr>]) -> anyhow::Result<()> {
    run(Command::new("node").current_dir(root.join("sim-web")).args(arguments))
}

/// Installs the packages of package-lock.json when they are missing or not those.
///
/// # Errors
/// npm is missing or fails.
pub fn packages(root: &Path) -> anyhow::Result<()> {
    let web = root.join("sim-web");
    let wanted = std::fs::read(web.join("package-lock.json")).context("sim-web has no package-lock.json")?;
    let stamp = web.join("node_modules/.installed-lock");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    println!("installing the page's packages ...");
    let mut command = Command::new("npm");
    command.current_dir(&web).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    run(&mut command).context("npm installs the page's packages: is Node 20.19 or newer there?")?;
    std::fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

/// A program of the page's packages.
pub fn npx(root: &Path, program: &str) -> Command {
    let web = root.join("sim-web");
    let mut command = Command::new(web.join("node_modules/.bin").join(program));
    command.current_dir(web);
    command
}
