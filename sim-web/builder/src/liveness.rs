//! Which locals of a function hold what may still be read.

use std::collections::{BTreeMap, HashMap};

use walrus::LocalFunction;
use walrus::ir::{Instr, InstrSeqId, LocalId};

/// A set of a function's locals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locals(Vec<u64>);

impl Locals {
    fn add(&mut self, index: usize) {
        let word = index / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (index % 64);
    }

    fn remove(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word &= !(1 << (index % 64));
        }
    }

    fn add_all(&mut self, others: &Locals) {
        if self.0.len() < others.0.len() {
            self.0.resize(others.0.len(), 0);
        }
        for (word, other) in self.0.iter_mut().zip(&others.0) {
            *word |= other;
        }
    }

    fn has(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }
}

/// What is live in a function before instructions and at labels.
pub struct Liveness<'f> {
    function: &'f LocalFunction,
    numbers: BTreeMap<LocalId, usize>,
    /// What is live where a branch to the sequence leads.
    labels: HashMap<InstrSeqId, Locals>,
    /// What is live before each instruction of a sequence, and after the last.
    before: HashMap<InstrSeqId, Vec<Locals>>,
}

impl<'f> Liveness<'f> {
    /// Looks at all of `function`.
    pub fn of(function: &'f LocalFunction) -> Liveness<'f> {
        let mut liveness =
            Liveness { function, numbers: BTreeMap::new(), labels: HashMap::new(), before: HashMap::new() };
        liveness.sequence(function.entry_block(), Locals::default());
        liveness
    }

    /// Whether `local` is read after the place before instruction `index` of `seq`, before it is written.
    pub fn is_live(&self, local: LocalId, seq: InstrSeqId, index: usize) -> bool {
        self.numbers.get(&local).is_some_and(|number| self.before[&seq][index].has(*number))
    }

    /// Whether `local` is read where a branch to `label` leads, before it is written.
    pub fn is_live_at(&self, local: LocalId, label: InstrSeqId) -> bool {
        self.numbers.get(&local).is_some_and(|number| self.labels[&label].has(*number))
    }

    fn number(&mut self, local: LocalId) -> usize {
        let next = self.numbers.len();
        *self.numbers.entry(local).or_insert(next)
    }

    /// What is live before `seq`, given what is after it. A branch to it leads behind it, unless it is a loop's.
    fn sequence(&mut self, seq: InstrSeqId, after: Locals) -> Locals {
        self.labels.insert(seq, after.clone());
        self.body(seq, after)
    }

    fn body(&mut self, seq: InstrSeqId, after: Locals) -> Locals {
        let function = self.function;
        let instrs = &function.block(seq).instrs;
        let mut live = after;
        let mut before = vec![Locals::default(); instrs.len() + 1];
        before[instrs.len()] = live.clone();
        for (index, (instr, _)) in instrs.iter().enumerate().rev() {
            live = self.instruction(instr, live);
            before[index] = live.clone();
        }
        self.before.insert(seq, before);
        live
    }

    fn instruction(&mut self, instr: &Instr, mut live: Locals) -> Locals {
        match instr {
            Instr::LocalGet(get) => {
                let number = self.number(get.local);
                live.add(number);
            }
            Instr::LocalSet(set) => {
                let number = self.number(set.local);
                live.remove(number);
            }
            Instr::LocalTee(tee) => {
                let number = self.number(tee.local);
                live.remove(number);
            }
            Instr::Block(block) => live = self.sequence(block.seq, live),
            Instr::Loop(block) => live = self.repeated(block.seq, &live),
            Instr::IfElse(branch) => {
                let otherwise = self.sequence(branch.alternative, live.clone());
                live = self.sequence(branch.consequent, live);
                live.add_all(&otherwise);
            }
            Instr::Br(branch) => live = self.labels[&branch.block].clone(),
            Instr::BrIf(branch) => live.add_all(&self.labels[&branch.block]),
            Instr::BrTable(table) => {
                live = self.labels[&table.default].clone();
                for label in &table.blocks {
                    live.add_all(&self.labels[label]);
                }
            }
            Instr::Return(_) | Instr::Unreachable(_) => live = Locals::default(),
            _ => {}
        }
        live
    }

    /// A loop goes round until nothing more turns out to be live at its start.
    fn repeated(&mut self, seq: InstrSeqId, after: &Locals) -> Locals {
        loop {
            let known = self.labels.entry(seq).or_default().clone();
            let mut start = self.body(seq, after.clone());
            start.add_all(&known);
            if start == known {
                return start;
            }
            self.labels.insert(seq, start);
        }
    }
}
