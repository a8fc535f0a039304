//! An order of a module's functions in which those that are alike are near each other: gzip sees only what is at most
//! 32 KiB apart.

use std::collections::{BTreeMap, VecDeque};

use anyhow::Context;

use crate::wasm::{self, Reader};

/// The sections of imports and of code, by number.
const IMPORTS: u8 = 2;
const CODE: u8 = 10;
/// How many bytes are compared at once.
const GRAM: usize = 6;
/// What this many functions or more have in common says nothing of them.
const MOST: usize = 64;
/// How far back gzip sees, less what a function is long, in bytes.
const REACH: usize = 28 << 10;
/// So much is a function's length worth more than it is: the short ones are alike by chance.
const BODY: usize = 12;

/// The places of the functions of `wasm` in that order, by index; imported functions have none.
///
/// # Errors
/// `wasm` is no module.
pub fn order(wasm: &[u8]) -> anyhow::Result<Vec<(usize, usize)>> {
    let (imported, bodies) = (imported_functions(wasm)?, bodies(wasm)?);
    let chain = Chain::new(&bodies).link();
    Ok(chain.into_iter().enumerate().map(|(place, body)| (imported + body, place)).collect())
}

fn section(wasm: &[u8], wanted: u8) -> anyhow::Result<Reader<'_>> {
    let sections = wasm::sections(wasm)?;
    let section = sections.into_iter().find(|(number, _)| *number == wanted);
    section.map(|(_, bytes)| Reader(bytes)).with_context(|| format!("the module has no section {wanted}"))
}

fn bodies(wasm: &[u8]) -> anyhow::Result<Vec<&[u8]>> {
    let mut reader = section(wasm, CODE)?;
    (0..reader.unsigned()?).map(|_| reader.bytes()).collect()
}

fn imported_functions(wasm: &[u8]) -> anyhow::Result<usize> {
    let imports = wasm::imports(section(wasm, IMPORTS)?)?;
    Ok(imports.iter().filter(|import| import.is_function).count())
}

/// Puts one function behind the other: next is always the one that has most in common with the last ones.
struct Chain<'w> {
    bodies: &'w [&'w [u8]],
    /// The pieces that each function shares with others.
    grams: Vec<Vec<u32>>,
    /// The functions that have each piece.
    holders: Vec<Vec<usize>>,
    /// How many pieces each function shares with the last ones; nothing for those that are placed.
    shared: Vec<Option<usize>>,
    last: VecDeque<usize>,
}

impl<'w> Chain<'w> {
    fn new(bodies: &'w [&'w [u8]]) -> Chain<'w> {
        let mut found: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
        for (function, body) in bodies.iter().enumerate() {
            for gram in body.windows(GRAM) {
                let holders = found.entry(gram).or_default();
                if holders.last() != Some(&function) {
                    holders.push(function);
                }
            }
        }
        let holders: Vec<Vec<usize>> =
            found.into_values().filter(|holders| (2..MOST).contains(&holders.len())).collect();
        let mut grams = vec![Vec::new(); bodies.len()];
        for (gram, holders) in (0..).zip(&holders) {
            for function in holders {
                grams[*function].push(gram);
            }
        }
        Chain { bodies, grams, holders, shared: vec![Some(0); bodies.len()], last: VecDeque::new() }
    }

    fn link(mut self) -> Vec<usize> {
        let mut order = Vec::new();
        let mut seen = 0;
        while let Some(next) = self.next() {
            order.push(next);
            self.shared[next] = None;
            self.last.push_back(next);
            self.count(next, 1);
            seen += self.bodies[next].len();
            while seen > REACH {
                let Some(first) = self.last.pop_front() else { break };
                seen -= self.bodies[first].len();
                self.count(first, -1);
            }
        }
        order
    }

    /// The function that shares most for its length; the longest where none shares anything.
    fn next(&self) -> Option<usize> {
        let left =
            self.shared.iter().enumerate().filter_map(|(function, shared)| Some((function, (*shared)?)));
        left.reduce(|best, other| {
            let length = |function: usize| self.bodies[function].len() + BODY;
            let (one, two) = (best.1 * length(other.0), other.1 * length(best.0));
            let is_better = two > one || one == two && length(other.0) > length(best.0);
            if is_better { other } else { best }
        })
        .map(|(function, _)| function)
    }

    /// Lets those that share pieces with `function` know that it came near, or that it is no longer.
    fn count(&mut self, function: usize, by: isize) {
        for gram in &self.grams[function] {
            for holder in &self.holders[*gram as usize] {
                if let Some(shared) = &mut self.shared[*holder] {
                    *shared = shared.saturating_add_signed(by);
                }
            }
        }
    }
}
