//! From rustc's module to those that the page loads: bindings, profile, split, wasm-opt.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::Context;

use crate::data::Objects;
use crate::segments::{self, Profile};
use crate::{order, page, run, slots, split, wasm};

/// What rustc's wasm target may use, so that wasm-opt may use it too.
const FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// How wasm-opt makes a module small. Nothing is at the lowest addresses: the stack ends there.
const OPTIMISATIONS: &[&str] = &[
    "-Oz",
    "--low-memory-unused",
    "--one-caller-inline-max-function-size=0",
    "--always-inline-max-function-size=0",
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
        let parts = divide(root, into, wasm, &whole)?;
        println!("making the modules small ...");
        small(root, &parts.first, &first)?;
        small(root, &parts.rest, &rest)?;
        let parts =
            slots::sort(&split::Parts { first: std::fs::read(&first)?, rest: std::fs::read(&rest)? })?;
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
    bindgen.input_path(wasm).web(true)?.typescript(true).remove_name_section(true);
    bindgen.generate(into).with_context(|| format!("wasm-bindgen could not write to {}", into.display()))?;
    Ok(std::fs::write(stamp, made_from)?)
}

/// Writes `part` to `to` as small as wasm-opt makes it, in an order that gzip likes. Functions that are called once stay
/// functions: within their caller they would be unlike everything else.
fn small(root: &Path, part: &[u8], to: &Path) -> anyhow::Result<()> {
    let (large, named) = (to.with_extension("large.wasm"), to.with_extension("named.wasm"));
    std::fs::write(&large, part)?;
    let optimise = |from: &Path, words: &[&str]| {
        run(page::npx(root, "wasm-opt").args(words).args(FEATURES).arg(from).arg("-o").arg(to))
    };
    optimise(&large, OPTIMISATIONS)?;
    let wasm = std::fs::read(to)?;
    let names = order::order(&wasm)?.into_iter().map(|(index, place)| (index, format!("{place:06}")));
    std::fs::write(&named, wasm::with_names(&wasm, &names.collect::<Vec<_>>()))?;
    optimise(&named, &["--reorder-functions-by-name"])
}

fn modified(path: &Path) -> anyhow::Result<SystemTime> {
    std::fs::metadata(path).and_then(|data| data.modified()).with_context(|| format!("no {}", path.display()))
}

/// Plays the lab with Node to see what runs, and splits the module by that.
fn divide(root: &Path, folder: &Path, wasm: &Path, whole: &Path) -> anyhow::Result<split::Parts> {
    let objects = Objects::of(&std::fs::read(wasm)?)?;
    let bound = std::fs::read(whole)?;
    let (instrumented, profile) = (folder.join("instrumented.wasm"), folder.join("profile.txt"));
    std::fs::write(&instrumented, segments::instrumented(&bound)?)?;
    let mut command = Command::new("node");
    command.current_dir(root.join("sim-web")).arg("profile.mjs");
    run(command.arg(folder.join("sim_web.js")).arg(&instrumented).arg(&profile))?;
    let profile = Profile::read(&std::fs::read_to_string(&profile)?)?;
    split::split(&bound, &profile, &objects)
}
