//! The slots of the table through which the rest takes functions of the first module. In the order of the functions
//! they are told in few bytes.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail};

use crate::split::Parts;
use crate::wasm::{self, Reader};

/// The sections of imports and of what is in tables, by number.
const IMPORTS: u8 = 2;
const ELEMENTS: u8 = 9;

/// A part of the function table: its first slot and the functions from there on.
type Segment = (usize, Vec<usize>);

/// Gives out the slots anew: the first to the first function.
///
/// # Errors
/// The modules are not those that [`crate::split`] made.
pub fn sort(parts: &Parts) -> anyhow::Result<Parts> {
    let imports = wasm::imports(section(&parts.rest, IMPORTS)?)?;
    let slot = |name: &[u8]| std::str::from_utf8(name).ok()?.parse::<usize>().ok();
    let shared: BTreeSet<usize> =
        imports.iter().filter(|import| import.is_function).filter_map(|import| slot(import.name)).collect();
    let mut segments = segments(section(&parts.first, ELEMENTS)?)?;
    let mut held: Vec<(usize, usize)> = Vec::new();
    each_slot(&mut segments, |slot, function| {
        held.extend(shared.contains(&slot).then_some((*function, slot)))
    });
    held.sort_unstable();
    let moved: BTreeMap<usize, usize> =
        held.iter().map(|(_, slot)| *slot).zip(shared.iter().copied()).collect();
    let functions: BTreeMap<usize, usize> =
        held.iter().map(|(function, slot)| (moved[slot], *function)).collect();
    each_slot(&mut segments, |slot, function| *function = functions.get(&slot).copied().unwrap_or(*function));
    let mut section = Vec::new();
    wasm::write_unsigned(imports.len(), &mut section);
    for import in &imports {
        wasm::write_bytes(import.module, &mut section);
        let new = slot(import.name).filter(|_| import.is_function).and_then(|slot| moved.get(&slot));
        match new {
            Some(slot) => wasm::write_bytes(slot.to_string().as_bytes(), &mut section),
            None => wasm::write_bytes(import.name, &mut section),
        }
        section.extend(import.kind);
    }
    Ok(Parts {
        first: wasm::with_section(&parts.first, ELEMENTS, &written(&segments))?,
        rest: wasm::with_section(&parts.rest, IMPORTS, &section)?,
    })
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
