//! The pieces of functions that run as a whole or not at all, and a profile of which did.

use std::collections::BTreeSet;

use walrus::ir::{BinaryOp, Instr, InstrSeqId, InstrSeqType, Value};
use walrus::{ConstExpr, FunctionId, GlobalId, LocalFunction, Module, ValType};

use crate::wasm;

/// What the profile's globals are called, before their number.
const RAN: &str = "ran ";
/// How many segments a global tells of.
const BITS: usize = 32;

/// A part of a sequence that is entered at its first instruction only, with nothing on the stack. What nests in
/// it has segments of its own.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// The sequence.
    pub seq: InstrSeqId,
    /// Its first instruction.
    pub start: usize,
    /// The one after its last.
    pub end: usize,
}

/// The segments of `function`, from the outermost sequence in.
pub fn segments(module: &Module, function: &LocalFunction) -> Vec<Segment> {
    let (mut found, mut waiting) = (Vec::new(), vec![function.entry_block()]);
    while let Some(seq) = waiting.pop() {
        let instrs = &function.block(seq).instrs;
        let heights = heights(module, function, seq);
        let mut start = 0;
        for (index, (instr, _)) in instrs.iter().enumerate() {
            waiting.extend(nested(instr));
            let is_branch = matches!(instr, Instr::BrIf(_)) || nested(instr).next().is_some();
            if is_branch && heights[index + 1] == Height::Of(0) && index + 1 < instrs.len() {
                found.push(Segment { seq, start, end: index + 1 });
                start = index + 1;
            }
        }
        if start < instrs.len() {
            found.push(Segment { seq, start, end: instrs.len() });
        }
    }
    found
}

/// The sequences that `instr` consists of.
pub fn nested(instr: &Instr) -> impl Iterator<Item = InstrSeqId> + use<> {
    let (one, other) = match instr {
        Instr::Block(block) => (Some(block.seq), None),
        Instr::Loop(block) => (Some(block.seq), None),
        Instr::IfElse(branch) => (Some(branch.consequent), Some(branch.alternative)),
        _ => (None, None),
    };
    one.into_iter().chain(other)
}

/// How many values are on the stack at some place of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Height {
    /// So many.
    Of(usize),
    /// The place is never reached.
    Never,
    /// An instruction before it is not of those that rustc's modules have.
    Unknown,
}

/// The stack before each instruction of `seq`, and after its last.
pub fn heights(module: &Module, function: &LocalFunction, seq: InstrSeqId) -> Vec<Height> {
    let mut height = Height::Of(0);
    let mut heights = vec![height];
    for (instr, _) in &function.block(seq).instrs {
        if let Height::Of(before) = height {
            height = match instr {
                Instr::Br(_) | Instr::BrTable(_) | Instr::Return(_) | Instr::Unreachable(_) => Height::Never,
                _ => effect(module, function, instr)
                    .and_then(|(takes, leaves)| Some(Height::Of(before.checked_sub(takes)? + leaves)))
                    .unwrap_or(Height::Unknown),
            };
        }
        heights.push(height);
    }
    heights
}

/// How many values `instr` takes and leaves.
fn effect(module: &Module, function: &LocalFunction, instr: &Instr) -> Option<(usize, usize)> {
    let of_type = |ty| {
        let (params, results) = module.types.params_results(ty);
        (params.len(), results.len())
    };
    let of_seq = |seq: InstrSeqId| match function.block(seq).ty {
        InstrSeqType::Simple(result) => (0, usize::from(result.is_some())),
        InstrSeqType::MultiValue(ty) => of_type(ty),
    };
    Some(match instr {
        Instr::Block(block) => of_seq(block.seq),
        Instr::Loop(block) => of_seq(block.seq),
        Instr::IfElse(branch) => {
            let (takes, leaves) = of_seq(branch.consequent);
            (takes + 1, leaves)
        }
        Instr::Call(call) => of_type(module.funcs.get(call.func).ty()),
        Instr::CallIndirect(call) => {
            let (takes, leaves) = of_type(call.ty);
            (takes + 1, leaves)
        }
        Instr::LocalGet(_) | Instr::GlobalGet(_) | Instr::Const(_) | Instr::MemorySize(_) => (0, 1),
        Instr::LocalSet(_) | Instr::GlobalSet(_) | Instr::Drop(_) | Instr::BrIf(_) => (1, 0),
        Instr::LocalTee(_) | Instr::Unop(_) | Instr::Load(_) | Instr::MemoryGrow(_) => (1, 1),
        Instr::Binop(_) => (2, 1),
        Instr::Select(_) => (3, 1),
        Instr::Store(_) => (2, 0),
        Instr::MemoryCopy(_) | Instr::MemoryFill(_) => (3, 0),
        _ => return None,
    })
}

/// The module with exported globals of which each has a bit for each of 32 segments: whether it was entered.
///
/// # Errors
/// `wasm` is no module.
pub fn instrumented(wasm: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut module = wasm::parse(wasm)?;
    let mut globals = Vec::new();
    let mut number = 0;
    for id in locals(&module) {
        let mut segments = segments(&module, module.funcs.get(id).kind.unwrap_local());
        let count = segments.len();
        while globals.len() * BITS < number + count {
            globals.push(flags(&mut module, globals.len()));
        }
        // From the last of a sequence to the first: what is put into it moves those behind.
        segments.reverse();
        let body = module.funcs.get_mut(id).kind.unwrap_local_mut().builder_mut();
        for (back, segment) in segments.into_iter().enumerate() {
            let number = number + count - 1 - back;
            let (global, at) = (globals[number / BITS], segment.start);
            let bit = Value::I32(1_i32.rotate_left(u32::try_from(number % BITS)?));
            let mut seq = body.instr_seq(segment.seq);
            seq.global_get_at(at, global).const_at(at + 1, bit);
            seq.binop_at(at + 2, BinaryOp::I32Or).global_set_at(at + 3, global);
        }
        number += count;
    }
    Ok(module.emit_wasm())
}

fn flags(module: &mut Module, number: usize) -> GlobalId {
    let zero = ConstExpr::Value(Value::I32(0));
    let global = module.globals.add_local(ValType::I32, true, false, zero);
    module.exports.add(&format!("{RAN}{number}"), global);
    global
}

fn locals(module: &Module) -> Vec<FunctionId> {
    module.funcs.iter_local().map(|(id, _)| id).collect()
}

/// Which segments of a module ran, by number; functions are counted in the order of their ids.
#[derive(Clone)]
pub struct Profile(BTreeSet<usize>);

impl Profile {
    /// Reads what the profile's program wrote: the globals' numbers and values, each pair on a line of its own.
    ///
    /// # Errors
    /// A line is not that.
    pub fn read(text: &str) -> anyhow::Result<Profile> {
        let mut ran = BTreeSet::new();
        for line in text.lines() {
            let (number, value) = line.split_once(' ').unwrap_or((line, "0"));
            let (number, value): (usize, i32) = (number.parse()?, value.parse()?);
            ran.extend((0..BITS).filter(|bit| value >> bit & 1 == 1).map(|bit| number * BITS + bit));
        }
        Ok(Profile(ran))
    }

    /// What ran here or in `other`.
    #[must_use]
    pub fn or(&self, other: &Profile) -> Profile {
        Profile(self.0.union(&other.0).copied().collect())
    }

    /// The segments of each function of `module`, with whether they ran.
    pub fn of<'m>(
        &'m self,
        module: &'m Module,
    ) -> impl Iterator<Item = (FunctionId, Vec<(Segment, bool)>)> + use<'m> {
        let mut number = 0;
        module.funcs.iter_local().map(move |(id, function)| {
            let segments = segments(module, function).into_iter();
            let told = segments.map(|segment| {
                number += 1;
                (segment, self.0.contains(&(number - 1)))
            });
            (id, told.collect())
        })
    }
}
