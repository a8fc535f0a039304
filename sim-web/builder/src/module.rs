//! From rustc's module to those that the page loads: bindings, wasm-opt, profile, split.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::Context;

use crate::{page, run, split};

/// What rustc's wasm target may use, so that wasm-opt may use it too.
const FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Makes what Vite takes in `into`: `sim_web.js`, `first.wasm`, and `rest.wasm`, which is empty when the module is
/// to stay whole. What was made from this very `wasm` before is taken again.
///
/// # Errors
/// wasm-bindgen, wasm-opt or the profile fails, or a file cannot be written.
pub fn make(root: &Path, wasm: &Path, into: &Path, is_small: bool) -> anyhow::Result<()> {
    bindings(wasm, into)?;
    let (whole, first, rest) =
        (into.join("sim_web_bg.wasm"), into.join("first.wasm"), into.join("rest.wasm"));
    if is_small {
        let small = into.join("small.wasm");
        optimise(root, &whole, &small)?;
        let parts = divide(root, into, &small)?;
        std::fs::write(&first, parts.first)?;
        std::fs::write(&rest, parts.rest)?;
    } else {
        std::fs::copy(&whole, &first)?;
        std::fs::write(&rest, "")?;
    }
    Ok(())
}

/// The JavaScript around the module, as `wasm-bindgen --target web` writes it.
fn bindings(wasm: &Path, into: &Path) -> anyhow::Result<()> {
    let stamp = into.join("made-from");
    let made_from = format!("{} {:?}", wasm.display(), modified(wasm)?);
    if std::fs::read_to_string(&stamp).is_ok_and(|before| before == made_from) {
        return Ok(());
    }
    std::fs::remove_file(&stamp).ok();
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen.input_path(wasm).web(true)?.typescript(true);
    bindgen.generate(into).with_context(|| format!("wasm-bindgen could not write to {}", into.display()))?;
    Ok(std::fs::write(stamp, made_from)?)
}

/// Makes `small` of `whole` with wasm-opt, unless that was done.
fn optimise(root: &Path, whole: &Path, small: &Path) -> anyhow::Result<()> {
    if modified(small).is_ok_and(|made| modified(whole).is_ok_and(|from| made > from)) {
        return Ok(());
    }
    println!("making the module small ...");
    std::fs::remove_file(small).ok();
    run(page::npx(root, "wasm-opt").arg("-Oz").args(FEATURES).arg(whole).arg("-o").arg(small))
}

fn modified(path: &Path) -> anyhow::Result<SystemTime> {
    std::fs::metadata(path).and_then(|data| data.modified()).with_context(|| format!("no {}", path.display()))
}

/// Plays the page's start with Node to see which functions run, and splits the module by that.
fn divide(root: &Path, folder: &Path, small: &Path) -> anyhow::Result<split::Parts> {
    let wasm = std::fs::read(small)?;
    let (instrumented, profile) = (folder.join("instrumented.wasm"), folder.join("profile.txt"));
    std::fs::write(&instrumented, split::instrumented(&wasm)?)?;
    let mut command = Command::new("node");
    command.current_dir(root.join("sim-web")).arg("profile.mjs");
    run(command.arg(folder.join("sim_web.js")).arg(&instrumented).arg(&profile))?;
    let numbers = std::fs::read_to_string(&profile)?;
    let ran = numbers.lines().map(str::parse).collect::<Result<BTreeSet<usize>, _>>()?;
    split::split(&wasm, &ran)
}
