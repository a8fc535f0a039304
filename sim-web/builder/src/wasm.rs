//! Modules as bytes, where walrus does not tell enough.

use anyhow::{Context, bail};
use walrus::{Module, ModuleConfig};

/// What stands before a module's sections.
pub const HEAD: &[u8] = b"\0asm\x01\0\0\0";
/// The number of custom sections.
pub const CUSTOM: u8 = 0;
/// Kinds of imports.
const FUNCTION: u8 = 0;
const TABLE: u8 = 1;
const MEMORY: u8 = 2;
const GLOBAL: u8 = 3;
/// The part of the section `name` that is of functions.
const FUNCTION_NAMES: u8 = 1;

/// The module that `wasm` is, without names.
///
/// # Errors
/// It is none.
pub fn parse(wasm: &[u8]) -> anyhow::Result<Module> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(false).generate_producers_section(false);
    config.parse(wasm)
}

/// The sections of `wasm`, with their numbers.
///
/// # Errors
/// `wasm` is no module.
pub fn sections(wasm: &[u8]) -> anyhow::Result<Vec<(u8, &[u8])>> {
    let mut reader = Reader(wasm.strip_prefix(HEAD).context("this is no WebAssembly")?);
    let mut sections = Vec::new();
    while !reader.0.is_empty() {
        let number = reader.byte()?;
        sections.push((number, reader.bytes()?));
    }
    Ok(sections)
}

/// What the custom section of that name holds.
///
/// # Errors
/// `wasm` is no module, or it has no such section.
pub fn custom<'w>(wasm: &'w [u8], name: &str) -> anyhow::Result<Reader<'w>> {
    for (number, section) in sections(wasm)? {
        let mut reader = Reader(section);
        if number == CUSTOM && reader.bytes()? == name.as_bytes() {
            return Ok(reader);
        }
    }
    bail!("the module has no section {name}")
}

/// Reads what WebAssembly consists of.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'w>(pub &'w [u8]);

impl<'w> Reader<'w> {
    /// The next byte.
    ///
    /// # Errors
    /// There is none.
    pub fn byte(&mut self) -> anyhow::Result<u8> {
        let (first, rest) = self.0.split_first().context("the module ends too soon")?;
        self.0 = rest;
        Ok(*first)
    }

    /// An unsigned number.
    ///
    /// # Errors
    /// The module ends within it.
    pub fn unsigned(&mut self) -> anyhow::Result<usize> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return Ok(number);
            }
        }
    }

    /// A signed number.
    ///
    /// # Errors
    /// The module ends within it.
    pub fn signed(&mut self) -> anyhow::Result<i64> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            number |= i64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                let is_negative = byte & 0x40 != 0 && shift < 64;
                return Ok(if is_negative { number | -1 << shift } else { number });
            }
        }
    }

    /// How large a table or a memory is.
    fn limits(&mut self) -> anyhow::Result<()> {
        let has_maximum = self.byte()? & 1 == 1;
        self.unsigned()?;
        if has_maximum {
            self.unsigned()?;
        }
        Ok(())
    }

    /// As many bytes as the number before them says.
    ///
    /// # Errors
    /// There are fewer.
    pub fn bytes(&mut self) -> anyhow::Result<&'w [u8]> {
        let count = self.unsigned()?;
        let (bytes, rest) = self.0.split_at_checked(count).context("the module ends too soon")?;
        self.0 = rest;
        Ok(bytes)
    }
}

/// Writes `number` as WebAssembly does.
pub fn write_unsigned(mut number: usize, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    into.push(number as u8);
}

/// What a module imports.
pub struct Import<'w> {
    /// The module that it comes from.
    pub module: &'w [u8],
    /// What it is called there.
    pub name: &'w [u8],
    /// Whether it is a function.
    pub is_function: bool,
    /// What kind of thing it is, and of what type.
    pub kind: &'w [u8],
}

/// The imports that a section of imports lists.
///
/// # Errors
/// It is none, or holds what rustc's modules have not.
pub fn imports(mut reader: Reader<'_>) -> anyhow::Result<Vec<Import<'_>>> {
    let count = reader.unsigned()?;
    let mut imports = Vec::with_capacity(count);
    for _ in 0..count {
        let (module, name) = (reader.bytes()?, reader.bytes()?);
        let before = reader.0;
        let kind = reader.byte()?;
        match kind {
            FUNCTION => {
                reader.unsigned()?;
            }
            TABLE => {
                reader.byte()?;
                reader.limits()?;
            }
            MEMORY => reader.limits()?,
            GLOBAL => {
                reader.byte()?;
                reader.byte()?;
            }
            other => bail!("an import of kind {other} is not expected"),
        }
        let kind_bytes = &before[..before.len() - reader.0.len()];
        imports.push(Import { module, name, is_function: kind == FUNCTION, kind: kind_bytes });
    }
    Ok(imports)
}

/// `wasm` with the section of that number replaced.
///
/// # Errors
/// `wasm` is no module.
pub fn with_section(wasm: &[u8], wanted: u8, section: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut changed = HEAD.to_vec();
    for (number, bytes) in sections(wasm)? {
        changed.push(number);
        write_bytes(if number == wanted { section } else { bytes }, &mut changed);
    }
    Ok(changed)
}

/// `wasm` with names for its functions.
pub fn with_names(wasm: &[u8], names: &[(usize, String)]) -> Vec<u8> {
    let mut functions = Vec::new();
    write_unsigned(names.len(), &mut functions);
    for (index, name) in names {
        write_unsigned(*index, &mut functions);
        write_bytes(name.as_bytes(), &mut functions);
    }
    let mut section = Vec::new();
    write_bytes(b"name", &mut section);
    section.push(FUNCTION_NAMES);
    write_bytes(&functions, &mut section);
    let mut named = wasm.to_vec();
    named.push(CUSTOM);
    write_bytes(&section, &mut named);
    named
}

/// Writes `bytes` with their count before them.
pub fn write_bytes(bytes: &[u8], into: &mut Vec<u8>) {
    write_unsigned(bytes.len(), into);
    into.extend(bytes);
}

/// Writes `number` as WebAssembly writes numbers that might be below zero.
pub fn write_signed(mut number: usize, into: &mut Vec<u8>) {
    while number >= 0x40 {
        into.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    into.push(number as u8);
}
