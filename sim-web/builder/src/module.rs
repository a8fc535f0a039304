//! From rustc's module to those that the page loads: bindings, profile, split, wasm-opt.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, ensure};

use crate::data::Objects;
use crate::segments::{self, Profile};
use crate::{order, page, run, slots, split, wasm};

/// The parts of the module, in the order in which they are loaded: what the page starts with, what it needs besides for
/// the lab, and the rest.
const PARTS: [&str; 3] = ["first", "lab", "rest"];

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

/// Makes what Vite takes in `into`: `sim_web.js` and a `.wasm` for each of the parts, of which all but the first are empty
/// when the module is to stay whole. What was made from this very `wasm` before is taken again.
///
/// # Errors
/// wasm-bindgen, wasm-opt or the profile fails, or a file cannot be written.
pub fn make(root: &Path, wasm: &Path, into: &Path, is_small: bool) -> anyhow::Result<()> {
    bindings(wasm, into)?;
    let whole = into.join("sim_web_bg.wasm");
    let files = PARTS.map(|part| into.join(part).with_extension("wasm"));
    if is_small {
        let (parts, new_slots) = divide(root, into, wasm, &whole)?;
        println!("making the modules small ...");
        for (part, file) in parts.iter().zip(&files) {
            small(root, part, file)?;
        }
        let mut parts: Vec<Vec<u8>> = files.iter().map(std::fs::read).collect::<Result<_, _>>()?;
        for (owner, new) in new_slots.into_iter().enumerate() {
            let takers: Vec<&[u8]> = parts[owner + 1..].iter().map(Vec::as_slice).collect();
            let sorted = slots::sort(&parts[owner], &takers, usize::try_from(new)?)?;
            parts.splice(owner.., sorted);
        }
        for (part, file) in parts.iter().zip(&files) {
            std::fs::write(file, part)?;
        }
    } else {
        for file in &files {
            std::fs::write(file, "")?;
        }
        std::fs::copy(&whole, &files[0])?;
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

/// Plays with Node what a page does to see what runs, and splits the module by that: first by a visit's beginning, then
/// what is left by the lab. A function that runs at the beginning keeps what it does in the lab: in pieces both would
/// weigh more. Answers also the first slot through which the parts behind take functions of each part.
fn divide(
    root: &Path,
    folder: &Path,
    wasm: &Path,
    whole: &Path,
) -> anyhow::Result<([Vec<u8>; PARTS.len()], [u64; PARTS.len() - 1])> {
    let objects = Objects::of(&std::fs::read(wasm)?)?;
    let bound = std::fs::read(whole)?;
    let beginning = profile(root, folder, "beginning", &bound, None)?;
    let lab = profile(root, folder, "lab", &bound, None)?;
    let tried = split::split(&bound, &beginning, &lab, |_| false, &objects)?;
    let of_rest = profile(root, folder, "lab", &tried.rest, Some(&tried.first))?;
    let far = split::far(&tried.rest, &of_rest)?;
    let start = split::split(&bound, &beginning, &lab, |slot| far.contains(&slot), &objects)?;
    let of_rest = profile(root, folder, "lab", &start.rest, Some(&start.first))?;
    // Each call asks for one part only: that has to be where the function is.
    ensure!(
        split::far(&start.rest, &of_rest)? == start.far,
        "the lab ran otherwise when it was played again"
    );
    let lab = split::split(&start.rest, &of_rest, &of_rest, |_| false, &objects)?;
    let new_slots = [start.slots.start, lab.slots.start];
    let more = lab.slots.end - lab.slots.start;
    Ok(([split::with_slots(&start.first, more)?, lab.first, lab.rest], new_slots))
}

/// Which pieces of `wasm` run in the `act` of a visit. It is a whole module, or what `first` lacks to be one.
fn profile(
    root: &Path,
    folder: &Path,
    act: &str,
    wasm: &[u8],
    first: Option<&[u8]>,
) -> anyhow::Result<Profile> {
    let (instrumented, told) = (folder.join("instrumented.wasm"), folder.join("profile.txt"));
    std::fs::write(&instrumented, segments::instrumented(wasm)?)?;
    let mut command = Command::new("node");
    command.current_dir(root.join("sim-web")).arg("profile.mjs");
    command.arg(act).arg(folder.join("sim_web.js")).arg(&told).arg(&instrumented);
    if let Some(first) = first {
        let start = folder.join("start.wasm");
        std::fs::write(&start, first)?;
        command.arg(start);
    }
    run(&mut command)?;
    Profile::read(&std::fs::read_to_string(&told)?)
}
