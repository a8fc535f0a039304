//! Makes functions of the pieces of functions that did not run, so that those need not be where what ran is.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use walrus::ir::{
    Block, Br, BrIf, BrTable, Call, Const, IfElse, Instr, InstrSeqId, InstrSeqType, LocalGet, LocalId,
    LocalSet, Return, Unreachable, Value,
};
use walrus::{FunctionBuilder, FunctionId, LocalFunction, Module, ValType};

use crate::liveness::Liveness;
use crate::segments::{Height, Profile, Segment, heights, nested};

/// What a piece has to weigh more than its call, in bytes.
const LEAST: usize = 8;

/// Takes the pieces out of the functions that ran by `profile`, and answers the numbers of all functions that did not:
/// those that never did, and the pieces. What ran by `also` is no piece.
pub fn outline(module: &mut Module, profile: &Profile, also: &Profile) -> BTreeSet<usize> {
    let both = profile.or(also);
    let told: Vec<_> = profile.of(module).zip(both.of(module)).collect();
    let mut cold = BTreeSet::new();
    for ((id, segments), (_, kept)) in told {
        let entry = module.funcs.get(id).kind.unwrap_local().entry_block();
        let starts = |segment: &Segment| segment.seq == entry && segment.start == 0;
        if segments.iter().any(|(segment, ran)| starts(segment) && !ran) {
            cold.insert(id.index());
        } else {
            let pieces = pieces(module, id, &kept);
            cold.extend(pieces.into_iter().rev().map(|piece| take_out(module, id, &piece).index()));
        }
    }
    cold
}

/// Where a piece leads to besides the place behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Label(InstrSeqId),
    Return,
}

/// A part of a sequence that is to be a function, and what it needs to know and tells.
struct Piece {
    seq: InstrSeqId,
    start: usize,
    end: usize,
    /// Whether it goes on behind its end.
    falls: bool,
    exits: Vec<Exit>,
    /// The locals that it reads as they were.
    params: Vec<LocalId>,
    /// The locals that it writes and that are read afterwards.
    results: Vec<LocalId>,
    /// What the function returns that it is a piece of.
    returned: Option<ValType>,
}

impl Piece {
    /// Whether the call has to tell where to go.
    fn has_code(&self) -> bool {
        usize::from(self.falls) + self.exits.len() > 1
    }

    /// The number that leads to the exit of that index.
    fn code(&self, exit: usize) -> i32 {
        i32::try_from(usize::from(self.falls) + exit).unwrap_or(i32::MAX)
    }

    /// Whether it does nothing but return what the whole function returns.
    fn only_returns(&self) -> bool {
        !self.falls && self.exits == [Exit::Return]
    }

    /// Whether what is returned is handed on beside other things.
    fn hands_returned(&self) -> Option<ValType> {
        self.returned.filter(|_| self.exits.contains(&Exit::Return) && !self.only_returns())
    }
}

/// The pieces of a function that ran, outermost ones only; those of a sequence in their order.
fn pieces(module: &Module, id: FunctionId, segments: &[(Segment, bool)]) -> Vec<Piece> {
    if segments.iter().all(|(_, ran)| *ran) {
        return Vec::new();
    }
    let function = module.funcs.get(id).kind.unwrap_local();
    let finder = Finder { module, function, liveness: Liveness::of(function), loops: loops(function) };
    let (mut found, mut inside) = (Vec::new(), HashSet::new());
    for run in segments.chunk_by(|one, other| one.0.seq == other.0.seq && one.1 == other.1) {
        let [(Segment { seq, start, .. }, false), ..] = *run else { continue };
        if inside.contains(&seq) {
            continue;
        }
        let end = run.last().map_or(start, |(segment, _)| segment.end);
        if let Some(piece) = finder.piece(seq, start, end) {
            add_nested(function, &function.block(seq).instrs[piece.start..piece.end], &mut inside);
            found.push(piece);
        }
    }
    found
}

fn add_nested(
    function: &LocalFunction,
    instrs: &[(Instr, walrus::ir::InstrLocId)],
    into: &mut HashSet<InstrSeqId>,
) {
    for seq in instrs.iter().flat_map(|(instr, _)| nested(instr)) {
        into.insert(seq);
        add_nested(function, &function.block(seq).instrs, into);
    }
}

fn loops(function: &LocalFunction) -> HashSet<InstrSeqId> {
    let (mut found, mut waiting) = (HashSet::new(), vec![function.entry_block()]);
    while let Some(seq) = waiting.pop() {
        for (instr, _) in &function.block(seq).instrs {
            waiting.extend(nested(instr));
            if let Instr::Loop(block) = instr {
                found.insert(block.seq);
            }
        }
    }
    found
}

/// Looks for pieces in a function.
struct Finder<'m> {
    module: &'m Module,
    function: &'m LocalFunction,
    liveness: Liveness<'m>,
    loops: HashSet<InstrSeqId>,
}

/// What was seen in a part of a sequence.
#[derive(Default)]
struct Seen {
    inside: HashSet<InstrSeqId>,
    touched: BTreeSet<LocalId>,
    written: BTreeSet<LocalId>,
    exits: Vec<Exit>,
    /// About how many bytes it has.
    weight: usize,
}

impl Finder<'_> {
    /// The part as a piece, unless it cannot be one or is not worth it.
    fn piece(&self, seq: InstrSeqId, start: usize, end: usize) -> Option<Piece> {
        let heights = heights(self.module, self.function, seq);
        let is_empty = |place: &usize| heights[*place] == Height::Of(0);
        let (end, falls) = match heights[end] {
            Height::Of(0) => (end, true),
            Height::Of(_) => (((start + 1)..end).rev().find(is_empty)?, true),
            Height::Never => (end, false),
            Height::Unknown => return None,
        };
        let mut seen = Seen::default();
        self.look(seq, start..end, &mut seen)?;
        let leads = |local: &LocalId| {
            let to_label = |exit: &Exit| match exit {
                Exit::Label(label) => self.liveness.is_live_at(*local, *label),
                Exit::Return => false,
            };
            falls && self.liveness.is_live(*local, seq, end) || seen.exits.iter().any(to_label)
        };
        let by_type = |mut locals: Vec<LocalId>| {
            locals.sort_by_key(|local| (self.module.locals.get(*local).ty(), *local));
            locals
        };
        let needed = seen.touched.iter().filter(|local| self.liveness.is_live(**local, seq, start));
        let params = by_type(needed.copied().collect());
        let results = by_type(seen.written.iter().copied().filter(leads).collect());
        let returned = self.module.types.results(self.function.ty()).first().copied();
        let piece = Piece { seq, start, end, falls, exits: seen.exits, params, results, returned };
        let call = 2 * (piece.params.len() + piece.results.len()) + 10 + 4 * piece.exits.len();
        (seen.weight > call + LEAST).then_some(piece)
    }

    /// Takes note of the part; nothing when it holds what cannot be elsewhere.
    fn look(&self, seq: InstrSeqId, part: std::ops::Range<usize>, seen: &mut Seen) -> Option<()> {
        for (instr, _) in &self.function.block(seq).instrs[part] {
            seen.weight += weight(instr);
            match instr {
                Instr::LocalGet(get) => {
                    seen.touched.insert(get.local);
                }
                Instr::LocalSet(LocalSet { local }) => {
                    seen.touched.insert(*local);
                    seen.written.insert(*local);
                }
                Instr::LocalTee(tee) => {
                    seen.touched.insert(tee.local);
                    seen.written.insert(tee.local);
                }
                Instr::Br(branch) if branch.block == self.function.entry_block() => {
                    self.leave(Exit::Return, seen)?
                }
                Instr::Br(branch) => self.branch(branch.block, seen)?,
                Instr::BrIf(branch) => self.branch(branch.block, seen)?,
                Instr::BrTable(table) => {
                    for label in table.blocks.iter().chain([&table.default]) {
                        self.branch(*label, seen)?;
                    }
                }
                Instr::Return(_) => self.leave(Exit::Return, seen)?,
                Instr::Block(_) | Instr::Loop(_) | Instr::IfElse(_) => {
                    seen.inside.extend(nested(instr));
                    for seq in nested(instr) {
                        self.look(seq, 0..self.function.block(seq).instrs.len(), seen)?;
                    }
                }
                Instr::Unreachable(_) | Instr::Call(_) | Instr::CallIndirect(_) => {}
                Instr::GlobalGet(_) | Instr::GlobalSet(_) | Instr::Const(_) | Instr::Drop(_) => {}
                Instr::Unop(_) | Instr::Binop(_) | Instr::Select(_) => {}
                Instr::Load(_) | Instr::Store(_) | Instr::MemoryCopy(_) | Instr::MemoryFill(_) => {}
                Instr::MemorySize(_) | Instr::MemoryGrow(_) => {}
                _ => return None,
            }
        }
        Some(())
    }

    /// A branch that may be taken or not, or to a label within the function.
    fn branch(&self, label: InstrSeqId, seen: &mut Seen) -> Option<()> {
        if seen.inside.contains(&label) {
            return Some(());
        }
        let is_empty = self.function.block(label).ty == InstrSeqType::Simple(None);
        if label == self.function.entry_block() {
            return if self.module.types.results(self.function.ty()).is_empty() {
                self.leave(Exit::Return, seen)
            } else {
                None
            };
        }
        if is_empty
            || self.loops.contains(&label) && matches!(self.function.block(label).ty, InstrSeqType::Simple(_))
        {
            return self.leave(Exit::Label(label), seen);
        }
        None
    }

    fn leave(&self, exit: Exit, seen: &mut Seen) -> Option<()> {
        if exit == Exit::Return && self.module.types.results(self.function.ty()).len() > 1 {
            return None;
        }
        if !seen.exits.contains(&exit) {
            seen.exits.push(exit);
        }
        Some(())
    }
}

/// About how many bytes an instruction has, without what nests in it.
fn weight(instr: &Instr) -> usize {
    match instr {
        Instr::Block(_) | Instr::Loop(_) | Instr::Load(_) | Instr::Store(_) | Instr::Call(_) => 3,
        Instr::IfElse(_) | Instr::CallIndirect(_) | Instr::MemoryCopy(_) => 4,
        Instr::BrTable(table) => 3 + table.blocks.len(),
        Instr::Unop(_) | Instr::Binop(_) | Instr::Select(_) | Instr::Drop(_) => 1,
        Instr::Return(_) | Instr::Unreachable(_) => 1,
        Instr::Const(constant) => match constant.value {
            Value::I32(-64..64) | Value::I64(-64..64) => 2,
            Value::I32(-8192..8192) | Value::I64(-8192..8192) => 3,
            Value::I32(_) => 4,
            _ => 9,
        },
        _ => 2,
    }
}

/// Makes a function of `piece` and puts a call in its place.
fn take_out(module: &mut Module, id: FunctionId, piece: &Piece) -> FunctionId {
    let ty = |local: &LocalId| module.locals.get(*local).ty();
    let params: Vec<ValType> = piece.params.iter().map(ty).collect();
    let mut results: Vec<ValType> = piece.results.iter().map(ty).collect();
    if piece.has_code() {
        results.insert(0, ValType::I32);
    }
    results.extend(piece.hands_returned());
    if piece.only_returns() {
        results = piece.returned.into_iter().collect();
    }
    let returned = piece.hands_returned().map(|ty| module.locals.add(ty));
    let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
    let function = module.funcs.get(id).kind.unwrap_local();
    fill(function, piece, returned, &mut builder);
    let outlined = builder.finish(piece.params.clone(), &mut module.funcs);
    let code = module.locals.add(ValType::I32);
    let builder = module.funcs.get_mut(id).kind.unwrap_local_mut().builder_mut();
    let call = call(piece, outlined, returned, code, builder);
    let mut seq = builder.instr_seq(piece.seq);
    seq.instrs_mut()
        .splice(piece.start..piece.end, call.into_iter().map(|instr| (instr, Default::default())));
    outlined
}

/// The body: the piece within a block for each exit, behind which it tells that this is where it left.
fn fill(function: &LocalFunction, piece: &Piece, returned: Option<LocalId>, builder: &mut FunctionBuilder) {
    let leave = |code: i32| {
        let mut instrs: Vec<Instr> = Vec::new();
        if piece.has_code() {
            instrs.push(Const { value: Value::I32(code) }.into());
        }
        instrs.extend(piece.results.iter().chain(&returned).map(|local| LocalGet { local: *local }.into()));
        instrs.push(Return {}.into());
        instrs
    };
    let mut copier = Copier { function, labels: BTreeMap::new(), returned, leaves: None };
    let mut place = builder.func_body_id();
    copier.labels.insert(function.entry_block(), place);
    let exits = if piece.only_returns() { &[][..] } else { &piece.exits };
    for (index, exit) in exits.iter().enumerate() {
        let seq = builder.dangling_instr_seq(None).id();
        let mut outer = builder.instr_seq(place);
        outer.instr(Block { seq });
        for instr in leave(piece.code(index)) {
            outer.instr(instr);
        }
        match exit {
            Exit::Label(label) => {
                copier.labels.insert(*label, seq);
            }
            Exit::Return => {
                copier.labels.insert(function.entry_block(), seq);
                copier.leaves = Some(seq);
            }
        }
        place = seq;
    }
    copier.copy(&function.block(piece.seq).instrs[piece.start..piece.end], builder, place);
    if piece.falls {
        for instr in leave(0) {
            builder.instr_seq(place).instr(instr);
        }
    }
}

/// Copies instructions from one function to another.
struct Copier<'f> {
    function: &'f LocalFunction,
    /// What became of labels.
    labels: BTreeMap<InstrSeqId, InstrSeqId>,
    /// Where to put what is returned.
    returned: Option<LocalId>,
    /// Where to go instead of returning.
    leaves: Option<InstrSeqId>,
}

impl Copier<'_> {
    fn copy(
        &mut self,
        instrs: &[(Instr, walrus::ir::InstrLocId)],
        builder: &mut FunctionBuilder,
        into: InstrSeqId,
    ) {
        for (instr, _) in instrs {
            let copies = self.copied(instr, builder);
            let mut seq = builder.instr_seq(into);
            for copy in copies {
                seq.instr(copy);
            }
        }
    }

    fn copied(&mut self, instr: &Instr, builder: &mut FunctionBuilder) -> Vec<Instr> {
        let whole = self.function.entry_block();
        match instr {
            Instr::Block(block) => vec![Block { seq: self.sequence(block.seq, builder) }.into()],
            Instr::Loop(block) => vec![walrus::ir::Loop { seq: self.sequence(block.seq, builder) }.into()],
            Instr::IfElse(branch) => {
                let consequent = self.sequence(branch.consequent, builder);
                let alternative = self.sequence(branch.alternative, builder);
                vec![IfElse { consequent, alternative }.into()]
            }
            Instr::Return(_) => self.returning(),
            Instr::Br(branch) if branch.block == whole => self.returning(),
            Instr::Br(branch) => vec![Br { block: self.labels[&branch.block] }.into()],
            Instr::BrIf(branch) => vec![BrIf { block: self.labels[&branch.block] }.into()],
            Instr::BrTable(table) => {
                let blocks = table.blocks.iter().map(|label| self.labels[label]).collect();
                vec![BrTable { blocks, default: self.labels[&table.default] }.into()]
            }
            other => vec![other.clone()],
        }
    }

    fn sequence(&mut self, seq: InstrSeqId, builder: &mut FunctionBuilder) -> InstrSeqId {
        let block = self.function.block(seq);
        let copy = builder.dangling_instr_seq(block.ty).id();
        self.labels.insert(seq, copy);
        self.copy(&block.instrs, builder, copy);
        copy
    }

    fn returning(&self) -> Vec<Instr> {
        let set = self.returned.map(|local| LocalSet { local }.into());
        let go = self.leaves.map_or(Return {}.into(), |block| Br { block }.into());
        set.into_iter().chain([go]).collect()
    }
}

/// The call that stands in for `piece`.
fn call(
    piece: &Piece,
    outlined: FunctionId,
    returned: Option<LocalId>,
    code: LocalId,
    builder: &mut FunctionBuilder,
) -> Vec<Instr> {
    let mut instrs: Vec<Instr> = piece.params.iter().map(|local| LocalGet { local: *local }.into()).collect();
    instrs.push(Call { func: outlined }.into());
    let told = returned.iter().chain(piece.results.iter().rev());
    instrs.extend(told.map(|local| Instr::from(LocalSet { local: *local })));
    let give_back = || {
        let get = returned.map(|local| Instr::from(LocalGet { local }));
        get.into_iter().chain([Return {}.into()])
    };
    match (piece.falls, &piece.exits[..]) {
        (true, []) => {}
        (false, []) => instrs.push(Unreachable {}.into()),
        (true, [Exit::Label(block)]) => instrs.push(BrIf { block: *block }.into()),
        (false, [Exit::Label(block)]) => instrs.push(Br { block: *block }.into()),
        (false, [Exit::Return]) => instrs.push(Return {}.into()),
        (true, [Exit::Return]) => {
            let consequent = builder.dangling_instr_seq(None).id();
            builder
                .instr_seq(consequent)
                .instrs_mut()
                .extend(give_back().map(|instr| (instr, Default::default())));
            let alternative = builder.dangling_instr_seq(None).id();
            instrs.push(IfElse { consequent, alternative }.into());
        }
        (falls, exits) => {
            instrs.push(LocalSet { local: code }.into());
            let behind = builder.dangling_instr_seq(None).id();
            let leaving = builder.dangling_instr_seq(None).id();
            let targets = exits.iter().map(|exit| match exit {
                Exit::Label(label) => *label,
                Exit::Return => leaving,
            });
            let mut blocks: Vec<InstrSeqId> = falls.then_some(behind).into_iter().chain(targets).collect();
            let default = blocks.pop().unwrap_or(behind);
            let go: [Instr; 2] =
                [LocalGet { local: code }.into(), BrTable { blocks: blocks.into(), default }.into()];
            if !exits.contains(&Exit::Return) && !falls {
                instrs.extend(go);
                return instrs;
            }
            builder.instr_seq(leaving).instrs_mut().extend(go.map(|instr| (instr, Default::default())));
            let returning: Vec<Instr> = if exits.contains(&Exit::Return) {
                [Instr::from(Block { seq: leaving })].into_iter().chain(give_back()).collect()
            } else {
                vec![Block { seq: leaving }.into()]
            };
            if falls {
                let mut seq = builder.instr_seq(behind);
                seq.instrs_mut().extend(returning.into_iter().map(|instr| (instr, Default::default())));
                instrs.push(Block { seq: behind }.into());
            } else {
                instrs.extend(returning);
            }
        }
    }
    instrs
}
