//! The slots of the table through which a module takes functions of another one. In the order of the functions they
//! are told in few bytes.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail};

use crate::wasm::{self, Reader};

/// The sections of imports and of what is in tables, by number.
const IMPORTS: u8 = 2;
const ELEMENTS: u8 = 9;

/// A part of the function table: its first slot and the functions from there on.
type Segment = (usize, Vec<usize>);

/// Gives out the slots from `new` on anew through which `takers` take functions of `owner`: the first to the first
/// function. Answers all of them, the owner first.
///
/// # Errors
/// The modules are not those that [`crate::split`] made.
pub fn sort(owner: &[u8], takers: &[&[u8]], new: usize) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut taken = BTreeSet::new();
    for taker in takers {
        let imports = wasm::imports(section(taker, IMPORTS)?)?;
        let slots = imports.iter().filter(|import| import.is_function).filter_map(slot);
        taken.extend(slots.filter(|slot| *slot >= new));
    }
    let mut segments = segments(section(owner, ELEMENTS)?)?;
    let mut held: Vec<(usize, usize)> = Vec::new();
    each_slot(&mut segments, |slot, function| {
        held.extend(taken.contains(&slot).then_some((*function, slot)))
    });
    held.sort_unstable();
    let free: BTreeSet<usize> = held.iter().map(|(_, slot)| *slot).collect();
    let moved: BTreeMap<usize, usize> = held.iter().map(|(_, slot)| *slot).zip(free).collect();
    let functions: BTreeMap<usize, usize> =
        held.iter().map(|(function, slot)| (moved[slot], *function)).collect();
    each_slot(&mut segments, |slot, function| *function = functions.get(&slot).copied().unwrap_or(*function));
    let owner = wasm::with_section(owner, ELEMENTS, &written(&segments))?;
    let takers = takers.iter().map(|taker| taking(taker, &moved));
    std::iter::once(Ok(owner)).chain(takers).collect()
}

/// The slot whose number an import has for a name.
fn slot(import: &wasm::Import<'_>) -> Option<usize> {
    std::str::from_utf8(import.name).ok()?.parse().ok()
}

/// `wasm` with its imports from other slots.
fn taking(wasm: &[u8], moved: &BTreeMap<usize, usize>) -> anyhow::Result<Vec<u8>> {
    let imports = wasm::imports(section(wasm, IMPORTS)?)?;
    let mut section = Vec::new();
    wasm::write_unsigned(imports.len(), &mut section);
    for import in &imports {
        wasm::write_bytes(import.module, &mut section);
        let new = slot(import).filter(|_| import.is_function).and_then(|slot| moved.get(&slot));
        match new {
            Some(slot) => wasm::write_bytes(slot.to_string().as_bytes(), &mut section),
            None => wasm::write_bytes(import.name, &mut section),
        }
        section.extend(import.kind);
    }
    wasm::with_section(wasm, IMPORTS, &section)
}

fn section(wasm: &[u8], wanted: u8) -> anyhow::Result<Reader<'_>> {
    let sections = wasm::sections(wasm)?;
    let section = sections.into_iter().find(|(number, _)| *number == wanted);
    section.map(|(_, bytes)| Reader(bytes)).with_context(|| format!("the module has no section {wanted}"))
}

fn each_slot(segments: &mut [Segment], mut look: impl FnMut(usize, &mut usize)) {
    for (first, functions) in segments {
        for (slot, function) in (*first..).zip(functions) {
            look(slot, function);
        }
    }
}

fn segments(mut reader: Reader<'_>) -> anyhow::Result<Vec<Segment>> {
    let mut segments = Vec::new();
    for _ in 0..reader.unsigned()? {
        // Of table 0, from the number of `i32.const` on.
        if (reader.byte()?, reader.byte()?) != (0, 0x41) {
            bail!("elements that are not of a fixed place are not expected");
        }
        let first = usize::try_from(reader.signed()?)?;
        reader.byte()?;
        let functions = (0..reader.unsigned()?).map(|_| reader.unsigned()).collect::<Result<_, _>>()?;
        segments.push((first, functions));
    }
    Ok(segments)
}

fn written(segments: &[Segment]) -> Vec<u8> {
    let mut section = Vec::new();
    wasm::write_unsigned(segments.len(), &mut section);
    for (first, functions) in segments {
        section.extend([0, 0x41]);
        wasm::write_signed(*first, &mut section);
        section.push(0x0b);
        wasm::write_unsigned(functions.len(), &mut section);
        for function in functions {
            wasm::write_unsigned(*function, &mut section);
        }
    }
    section
}
