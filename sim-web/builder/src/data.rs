//! The module's data: which of its objects the code needs that ran.
//!
//! The linker tells where each object is and what refers to it (`--emit-relocs`). What refers to an object holds an
//! address within it, with few exceptions; an object of such an exception is taken to be needed always.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::{Context, bail};
use walrus::ir::{Const, Instr, MemArg, Value, Visitor};
use walrus::{ConstExpr, DataKind, Module};

use crate::wasm::{self, Reader};

/// The section of data, by number.
const DATA: u8 = 11;
/// The table of symbols in the section `linking`.
const SYMBOLS: u8 = 8;
/// Kinds of symbols, and what is said of them.
const DATA_SYMBOL: u8 = 1;
const SECTION_SYMBOL: u8 = 3;
const UNDEFINED: usize = 0x10;
const EXPLICIT_NAME: usize = 0x40;
const ABSOLUTE: usize = 0x200;
/// Relocations that are of an address of data, and all those with an addend.
const ADDRESSES: &[u8] = &[3, 4, 5];
const WITH_ADDEND: &[u8] = &[3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 22, 23];
/// What is smaller than this is not worth an address of its own in the rest, in bytes.
const LEAST: u32 = 12;

/// Where the objects of the data are, and which of them refer to which.
#[derive(Debug, Default)]
pub struct Objects {
    /// Begin and end of each; those that overlap are one.
    ranges: BTreeMap<u32, u32>,
    /// The begins of those that are needed always.
    pinned: BTreeSet<u32>,
    /// The places in the data that hold addresses.
    pointers: BTreeSet<u32>,
}

/// An object as the linker tells of it.
#[derive(Clone, Copy)]
struct Symbol {
    address: u32,
    size: u32,
}

impl Objects {
    /// Reads what the linker wrote into `wasm`.
    ///
    /// # Errors
    /// It wrote none of that, or nothing that is understood.
    pub fn of(wasm: &[u8]) -> anyhow::Result<Objects> {
        let segments = segments(wasm)?;
        let symbols = symbols(wasm, &segments)?;
        let mut objects = Objects::default();
        let mut ranges: Vec<Range<u32>> =
            symbols.iter().flatten().map(|symbol| symbol.address..symbol.address + symbol.size).collect();
        ranges.sort_by_key(|range| (range.start, range.end));
        let mut last: Option<Range<u32>> = None;
        for range in ranges.into_iter().filter(|range| !range.is_empty()) {
            let begin =
                last.as_ref().filter(|last| range.start < last.end).map_or(range.start, |last| last.start);
            let end =
                last.filter(|last| range.start < last.end).map_or(range.end, |last| last.end.max(range.end));
            objects.ranges.insert(begin, end);
            last = Some(begin..end);
        }
        objects.pin_what_is_missed(wasm, "reloc.CODE", &symbols)?;
        objects.pin_what_is_missed(wasm, "reloc.DATA", &symbols)?;
        objects.pointers = pointers(wasm, &segments)?;
        Ok(objects)
    }

    /// Pins each object to which a reference leads that is not of an address within it: one behind its end, say.
    fn pin_what_is_missed(
        &mut self,
        wasm: &[u8],
        name: &str,
        symbols: &[Option<Symbol>],
    ) -> anyhow::Result<()> {
        for relocation in relocations(wasm, name)? {
            let symbol = symbols.get(relocation.symbol).context("a relocation of no symbol")?;
            let Some(symbol) = symbol else { continue };
            if !(0..i64::from(symbol.size)).contains(&relocation.addend) {
                let begin = self.begin(symbol.address).context("a symbol outside of the data")?;
                self.pinned.insert(begin);
            }
        }
        Ok(())
    }

    /// The begin of the object of which `address` is.
    fn begin(&self, address: u32) -> Option<u32> {
        let (begin, end) = self.ranges.range(..=address).next_back()?;
        (address < *end).then_some(*begin)
    }

    /// The parts of the data that code needs which knows `addresses`: objects, what they refer to, and what is
    /// pinned. `image` is the data.
    fn needed(&self, addresses: impl Iterator<Item = u32>, image: &Image) -> BTreeMap<u32, u32> {
        let mut waiting: Vec<u32> = addresses.filter_map(|address| self.begin(address)).collect();
        waiting.extend(&self.pinned);
        let mut needed = BTreeMap::new();
        while let Some(begin) = waiting.pop() {
            let end = self.ranges[&begin];
            if needed.insert(begin, end).is_none() {
                let held = self.pointers.range(begin..end).filter_map(|place| image.word(*place));
                waiting.extend(held.filter_map(|address| self.begin(address)));
            }
        }
        needed
    }

    /// Leaves in `module` what its functions need of the data, with nothing in between, and answers the rest, as
    /// addresses and bytes.
    ///
    /// # Errors
    /// The module's data is not of one memory, from fixed addresses on.
    pub fn divide(&self, module: &mut Module) -> anyhow::Result<Vec<(u32, Vec<u8>)>> {
        let image = Image::of(module)?;
        let mut known = Addresses::default();
        for (_, function) in module.funcs.iter_local() {
            walrus::ir::dfs_in_order(&mut known, function, function.entry_block());
        }
        let needed = self.needed(known.0.into_iter(), &image);
        let (mut kept, mut left) = (Vec::new(), Vec::new());
        for (begin, mut bytes) in image.parts {
            let end = begin + u32::try_from(bytes.len())?;
            for (from, to) in self.left(begin..end, &needed) {
                let part = &mut bytes[(from - begin) as usize..(to - begin) as usize];
                left.push((from, part.to_vec()));
                part.fill(0);
            }
            kept.push((begin, bytes));
        }
        replace(module, kept)?;
        Ok(left)
    }

    /// The objects within `part` that are not among the `needed` ones; those that follow each other are one.
    fn left(&self, part: Range<u32>, needed: &BTreeMap<u32, u32>) -> Vec<(u32, u32)> {
        let mut left: Vec<(u32, u32)> = Vec::new();
        let mut is_left = false;
        for (from, to) in self.ranges.range(part) {
            let was_left = std::mem::replace(&mut is_left, !needed.contains_key(from));
            match left.last_mut() {
                // What belongs to no object is between two of them.
                Some(last) if is_left && was_left => last.1 = *to,
                _ if is_left => left.push((*from, *to)),
                _ => {}
            }
        }
        left.retain(|(from, to)| to - from >= LEAST);
        left
    }
}

/// Gives `module` the data of `parts` instead of its own.
///
/// # Errors
/// It has no memory, or more than one.
pub fn replace(module: &mut Module, parts: Vec<(u32, Vec<u8>)>) -> anyhow::Result<()> {
    let memory = module.get_memory_id()?;
    for id in module.data.iter().map(walrus::Data::id).collect::<Vec<_>>() {
        module.data.delete(id);
    }
    let segments = &mut module.memories.get_mut(memory).data_segments;
    segments.clear();
    for (address, bytes) in parts {
        let offset = ConstExpr::Value(Value::I32(i32::try_from(address)?));
        segments.insert(module.data.add(DataKind::Active { memory, offset }, bytes));
    }
    Ok(())
}

/// What a module's memory holds at its start.
struct Image {
    parts: Vec<(u32, Vec<u8>)>,
}

impl Image {
    fn of(module: &Module) -> anyhow::Result<Image> {
        let mut parts = Vec::new();
        for data in module.data.iter() {
            let DataKind::Active { offset: ConstExpr::Value(Value::I32(address)), .. } = data.kind else {
                bail!("data that is not of a fixed address is not expected");
            };
            parts.push((u32::try_from(address)?, data.value.clone()));
        }
        parts.sort();
        Ok(Image { parts })
    }

    fn word(&self, address: u32) -> Option<u32> {
        let (begin, bytes) = self.parts.iter().rev().find(|(begin, _)| *begin <= address)?;
        let at = (address - begin) as usize;
        Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
    }
}

/// Every number in code that may be an address.
#[derive(Default)]
struct Addresses(BTreeSet<u32>);

impl Addresses {
    fn offset(&mut self, arg: &MemArg) {
        self.0.extend(u32::try_from(arg.offset));
    }
}

impl<'instr> Visitor<'instr> for Addresses {
    fn visit_instr(&mut self, instr: &'instr Instr, _: &'instr walrus::ir::InstrLocId) {
        match instr {
            Instr::Const(Const { value: Value::I32(value) }) => {
                self.0.insert(value.cast_unsigned());
            }
            Instr::Load(load) => self.offset(&load.arg),
            Instr::Store(store) => self.offset(&store.arg),
            _ => {}
        }
    }
}

/// Address and bytes of each segment of the data, and where in its section the bytes are.
fn segments(wasm: &[u8]) -> anyhow::Result<Vec<(u32, usize)>> {
    let sections = wasm::sections(wasm)?;
    let (_, section) =
        sections.into_iter().find(|(number, _)| *number == DATA).context("the module has no data")?;
    let mut reader = Reader(section);
    let mut segments = Vec::new();
    for _ in 0..reader.unsigned()? {
        // Of memory 0, from the number of `i32.const` on.
        if (reader.byte()?, reader.byte()?) != (0, 0x41) {
            bail!("data that is not of a fixed address is not expected");
        }
        let address = u32::try_from(reader.signed()?)?;
        reader.byte()?;
        let bytes = reader.bytes()?;
        segments.push((address, section.len() - reader.0.len() - bytes.len()));
    }
    Ok(segments)
}

/// The symbols, nothing for those that are not of an object.
fn symbols(wasm: &[u8], segments: &[(u32, usize)]) -> anyhow::Result<Vec<Option<Symbol>>> {
    let mut linking = wasm::custom(wasm, "linking")?;
    linking.unsigned()?;
    let mut table = loop {
        let number = linking.byte()?;
        let bytes = linking.bytes()?;
        if number == SYMBOLS {
            break Reader(bytes);
        }
    };
    let mut symbols = Vec::new();
    for _ in 0..table.unsigned()? {
        let kind = table.byte()?;
        let flags = table.unsigned()?;
        if kind != DATA_SYMBOL {
            table.unsigned()?;
            if kind != SECTION_SYMBOL && (flags & UNDEFINED == 0 || flags & EXPLICIT_NAME != 0) {
                table.bytes()?;
            }
            symbols.push(None);
            continue;
        }
        table.bytes()?;
        if flags & UNDEFINED != 0 {
            symbols.push(None);
            continue;
        }
        let (segment, offset, size) = (table.unsigned()?, table.unsigned()?, table.unsigned()?);
        if flags & ABSOLUTE != 0 {
            symbols.push(None);
            continue;
        }
        let (begin, _) = segments.get(segment).context("a symbol of no segment")?;
        symbols.push(Some(Symbol { address: begin + u32::try_from(offset)?, size: u32::try_from(size)? }));
    }
    Ok(symbols)
}

/// That some place refers to an object.
struct Relocation {
    /// Where, in its section.
    place: usize,
    symbol: usize,
    /// How far behind the object's begin.
    addend: i64,
}

/// The references to objects in the section that the relocations of that name are of.
fn relocations(wasm: &[u8], name: &str) -> anyhow::Result<Vec<Relocation>> {
    let mut reader = wasm::custom(wasm, name)?;
    reader.unsigned()?;
    let mut found = Vec::new();
    for _ in 0..reader.unsigned()? {
        let kind = reader.byte()?;
        let (place, symbol) = (reader.unsigned()?, reader.unsigned()?);
        let addend = if WITH_ADDEND.contains(&kind) { reader.signed()? } else { 0 };
        if ADDRESSES.contains(&kind) {
            found.push(Relocation { place, symbol, addend });
        }
    }
    Ok(found)
}

/// The addresses of what in the data holds addresses.
fn pointers(wasm: &[u8], segments: &[(u32, usize)]) -> anyhow::Result<BTreeSet<u32>> {
    let mut found = BTreeSet::new();
    for relocation in relocations(wasm, "reloc.DATA")? {
        let segment = segments.iter().rev().find(|(_, begin)| *begin <= relocation.place);
        let (address, begin) = segment.context("a relocation outside of the data")?;
        found.insert(address + u32::try_from(relocation.place - begin)?);
    }
    Ok(found)
}
