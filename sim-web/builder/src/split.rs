//! Splits a module in two: what a visit runs, and the rest, which is fetched when something needs it.
//!
//! A profile says which pieces of functions ran. Those stay in the first module, together with the data that
//! they know of. Everything else is in the rest, a module of its own on the same memory and table: it takes what
//! it calls of the first from the table and fills the table's new slots when it is instantiated. Where the first
//! module calls something of the rest, it does so through the table, and asks for the rest before.
//!
//! The rest can be split again, into what is near and what is far. What it took of the first module, both parts take
//! from there, and the first asks for the part that it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::{Context, bail};
use walrus::ir::{Call, Const, Instr, InstrSeqId, Value, Visitor, dfs_in_order};
use walrus::{
    ConstExpr, ElementItems, ElementKind, ExportItem, FunctionBuilder, FunctionId, FunctionKind, GlobalId,
    GlobalKind, ImportKind, ImportedFunction, LocalFunction, MemoryId, Module, TableId, TypeId, ValType,
};

use crate::data::{self, Objects};
use crate::segments::{Profile, nested};
use crate::{outline, wasm};

/// What the rest imports from.
const FIRST: &str = "first";
/// The imports that fetch what is near and what is far: those of sim-web, under wasm-bindgen's names; of [`FIRST`] in what
/// was a rest before.
const NEAR: &str = "loadLab";
const FAR: &str = "loadRest";
/// What the first module calls its function table: see `page/rest.ts`.
const TABLE: &str = "functions";

/// The two modules.
pub struct Parts {
    /// What ran.
    pub first: Vec<u8>,
    /// What is fetched when something needs it.
    pub rest: Vec<u8>,
    /// The slots that the function table has now and had not before.
    pub slots: Range<u64>,
    /// Those of them whose functions are to be far.
    pub far: BTreeSet<u64>,
}

/// Splits `wasm`, given what ran of it and where its data is. What ran by `soon` stays within its function where that ran
/// by `profile`. The functions of the rest in the slots of which `is_far` holds are to be far, should the rest be split
/// again.
///
/// # Errors
/// `wasm` is no module, or not one that sim-web and wasm-bindgen make.
pub fn split(
    wasm: &[u8],
    profile: &Profile,
    soon: &Profile,
    is_far: impl Fn(u64) -> bool,
    objects: &Objects,
) -> anyhow::Result<Parts> {
    let (mut first, cold) = prepared(wasm, profile, soon)?;
    let (mut rest, _) = prepared(wasm, profile, soon)?;
    let mut plan = Plan::new(&first, cold, is_far)?;
    import_shared(&mut rest, &mut plan)?;
    fill_slots(&mut rest, &plan)?;
    stub_cold_functions(&mut first, &plan)?;
    plan.leave_slots(&mut first)?;
    export_shared(&mut first, &plan)?;
    walrus::passes::gc::run(&mut first);
    let left = objects.divide(&mut first)?;
    data::replace(&mut rest, left)?;
    Ok(Parts { first: first.emit_wasm(), rest: rest.emit_wasm(), slots: plan.base..plan.end, far: plan.far })
}

/// The slots that `rest` fills with functions that do not run by `profile`.
///
/// # Errors
/// `rest` is not what [`split`] made.
pub fn far(rest: &[u8], profile: &Profile) -> anyhow::Result<BTreeSet<u64>> {
    let mut module = wasm::parse(rest)?;
    let cold = outline::outline(&mut module, profile, profile);
    let held = held(&module)?;
    Ok(held.into_iter().filter(|(id, _)| cold.contains(id)).map(|(_, slot)| slot).collect())
}

/// `wasm` with so many `slots` more in its function table.
///
/// # Errors
/// `wasm` is no module with such a table.
pub fn with_slots(wasm: &[u8], slots: u64) -> anyhow::Result<Vec<u8>> {
    let mut module = wasm::parse(wasm)?;
    enlarge(&mut module, slots)?;
    Ok(module.emit_wasm())
}

/// The module with the pieces that did not run taken out, and the numbers of the functions that did not.
fn prepared(wasm: &[u8], profile: &Profile, soon: &Profile) -> anyhow::Result<(Module, BTreeSet<usize>)> {
    let mut module = wasm::parse(wasm)?;
    let cold = outline::outline(&mut module, profile, soon);
    for name in ["linking", "reloc.CODE", "reloc.DATA"] {
        module.customs.remove_raw(name);
    }
    Ok((module, cold))
}

/// Which function goes where, by number: ids are a module's own, and their numbers are the same in every module
/// that was prepared from the same bytes.
struct Plan {
    /// The first of the function table's new slots.
    base: u64,
    /// The one behind the last.
    end: u64,
    /// All functions of the rest.
    cold: BTreeSet<usize>,
    /// The functions of the rest that the first module may call, with their slots.
    slots: BTreeMap<usize, u64>,
    /// The slots of those that are far.
    far: BTreeSet<u64>,
    /// Those of them of which the first module has one call and nothing else.
    called_once: BTreeSet<usize>,
    /// The functions of the first module that the rest may call, with their slots behind those.
    shared: BTreeMap<usize, u64>,
    /// Whether the module was a rest before.
    is_again: bool,
    /// The other functions that such a module has in the table, with their slots.
    kept: BTreeMap<usize, u64>,
}

impl Plan {
    fn new(module: &Module, cold: BTreeSet<usize>, is_far: impl Fn(u64) -> bool) -> anyhow::Result<Plan> {
        let table = module.tables.get(function_table(module)?);
        let (base, is_again) = (table.initial, table.import.is_some());
        let mut calls = Calls::default();
        for (_, function) in module.funcs.iter_local().filter(|(id, _)| !cold.contains(&id.index())) {
            dfs_in_order(&mut calls, function, function.entry_block());
        }
        // Whoever calls through the slots of a rest has asked for what is there.
        let held = held(module)?;
        let (mut slots, mut kept) = (BTreeMap::new(), BTreeMap::new());
        let mut named: BTreeSet<usize> = module.start.iter().map(|id| id.index()).collect();
        named.extend(module.exports.iter().filter_map(|export| match export.item {
            ExportItem::Function(id) => Some(id.index()),
            _ => None,
        }));
        if is_again {
            (slots, kept) = held.into_iter().partition(|(id, _)| cold.contains(id));
        } else {
            named.extend(held.into_keys());
        }
        let is_once = |(id, count): (&usize, &usize)| (*count == 1 && !named.contains(id)).then_some(*id);
        let called_once = calls.0.iter().filter_map(is_once).filter(|id| cold.contains(id)).collect();
        let called: BTreeSet<usize> = calls.0.keys().chain(&named).copied().collect();
        let new = called.intersection(&cold).copied().filter(|id| !slots.contains_key(id));
        let (far, near): (Vec<_>, Vec<_>) = new.zip(base..).partition(|(_, slot)| is_far(*slot));
        let first_far = base + near.len() as u64;
        let ids = near.into_iter().chain(far).map(|(id, _)| id);
        let new: BTreeMap<usize, u64> = ids.zip(base..).collect();
        let end = base + new.len() as u64;
        let far = if is_again { BTreeSet::new() } else { (first_far..end).collect() };
        slots.extend(new);
        Ok(Plan { base, end, cold, slots, far, called_once, shared: BTreeMap::new(), is_again, kept })
    }

    /// Gives the function table its new slots. Both modules say the same of its size.
    fn enlarge(&self, module: &mut Module) -> anyhow::Result<TableId> {
        enlarge(module, self.end - self.base)
    }

    /// Has a module that was a rest leave those of its slots to the new rest whose functions are there.
    fn leave_slots(&self, module: &mut Module) -> anyhow::Result<()> {
        if !self.is_again {
            return Ok(());
        }
        for id in module.elements.iter().map(walrus::Element::id).collect::<Vec<_>>() {
            module.elements.delete(id);
        }
        let table = function_table(module)?;
        module.tables.get_mut(table).elem_segments.clear();
        fill(module, &self.kept)
    }
}

/// The slots of the functions in the function table. Of what is there twice, the last.
fn held(module: &Module) -> anyhow::Result<BTreeMap<usize, u64>> {
    let mut held = BTreeMap::new();
    for element in module.elements.iter() {
        let ElementKind::Active { offset: ConstExpr::Value(Value::I32(first)), .. } = element.kind else {
            bail!("an element segment that is not of a fixed place is not expected");
        };
        let ElementItems::Functions(functions) = &element.items else {
            bail!("an element segment of expressions is not expected");
        };
        held.extend(functions.iter().map(|id| id.index()).zip(u64::try_from(first)?..));
    }
    Ok(held)
}

fn enlarge(module: &mut Module, slots: u64) -> anyhow::Result<TableId> {
    let id = function_table(module)?;
    let table = module.tables.get_mut(id);
    table.initial += slots;
    table.maximum = table.maximum.map(|maximum| maximum + slots);
    Ok(id)
}

fn function_table(module: &Module) -> anyhow::Result<TableId> {
    module.tables.main_function_table()?.context("the module has no function table")
}

/// How often each function is called.
#[derive(Default)]
struct Calls(BTreeMap<usize, usize>);

impl<'instr> Visitor<'instr> for Calls {
    fn visit_function_id(&mut self, function: &FunctionId) {
        *self.0.entry(function.index()).or_default() += 1;
    }
}

/// Calls each function of the rest through its slot: where it is called once, there; otherwise in a stub that stands
/// in its place.
fn stub_cold_functions(module: &mut Module, plan: &Plan) -> anyhow::Result<()> {
    let table = plan.enlarge(module)?;
    let mut bridges = Bridges::new(module, table, plan)?;
    let locals: Vec<FunctionId> = module.funcs.iter_local().map(|(id, _)| id).collect();
    let mut at_call = BTreeMap::new();
    for id in &locals {
        if let (Some(slot), true) = (plan.slots.get(&id.index()), plan.called_once.contains(&id.index())) {
            let ty = module.funcs.get(*id).ty();
            at_call.insert(*id, bridges.call(module, *slot, ty, plan)?);
        }
    }
    for id in locals {
        if !plan.cold.contains(&id.index()) {
            replace_calls(module.funcs.get_mut(id).kind.unwrap_local_mut(), &at_call);
        } else if let Some(slot) = plan.slots.get(&id.index()).filter(|_| !at_call.contains_key(&id)) {
            let ty = module.funcs.get(id).ty();
            let call = bridges.call(module, *slot, ty, plan)?;
            let (params, results) = signature(module, ty);
            let args: Vec<_> = params.iter().map(|ty| module.locals.add(*ty)).collect();
            let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
            let mut body = builder.func_body();
            for arg in &args {
                body.local_get(*arg);
            }
            for instr in call {
                body.instr(instr);
            }
            module.funcs.get_mut(id).kind = FunctionKind::Local(builder.local_func(args));
        }
    }
    Ok(())
}

/// A function for each type of function in the rest: it takes what such a function takes and its slot, fetches the
/// part when that was not done yet, and calls it.
struct Bridges {
    /// What fetches what is near and what is far.
    ready: [FunctionId; 2],
    table: TableId,
    made: BTreeMap<(TypeId, bool), FunctionId>,
}

impl Bridges {
    fn new(module: &mut Module, table: TableId, plan: &Plan) -> anyhow::Result<Bridges> {
        let near = ready_function(module, if plan.is_again { FAR } else { NEAR })?;
        let far = if plan.far.is_empty() { near } else { ready_function(module, FAR)? };
        Ok(Bridges { ready: [near, far], table, made: BTreeMap::new() })
    }

    /// What calls the function in `slot`, which is of type `ty`, once its arguments are on the stack.
    fn call(
        &mut self,
        module: &mut Module,
        slot: u64,
        ty: TypeId,
        plan: &Plan,
    ) -> anyhow::Result<[Instr; 2]> {
        let is_far = plan.far.contains(&slot);
        let func = match self.made.get(&(ty, is_far)) {
            Some(bridge) => *bridge,
            None => self.bridge(module, ty, is_far),
        };
        let slot = Const { value: Value::I32(i32::try_from(slot)?) };
        Ok([slot.into(), Call { func }.into()])
    }

    fn bridge(&mut self, module: &mut Module, ty: TypeId, is_far: bool) -> FunctionId {
        let (mut params, results) = signature(module, ty);
        params.push(ValType::I32);
        let args: Vec<_> = params.iter().map(|ty| module.locals.add(*ty)).collect();
        let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
        let mut body = builder.func_body();
        body.call(self.ready[usize::from(is_far)]);
        for arg in &args {
            body.local_get(*arg);
        }
        body.call_indirect(ty, self.table);
        let bridge = builder.finish(args, &mut module.funcs);
        self.made.insert((ty, is_far), bridge);
        bridge
    }
}

fn replace_calls(function: &mut LocalFunction, with: &BTreeMap<FunctionId, [Instr; 2]>) {
    let mut waiting: Vec<InstrSeqId> = vec![function.entry_block()];
    while let Some(seq) = waiting.pop() {
        let instrs = &mut function.block_mut(seq).instrs;
        waiting.extend(instrs.iter().flat_map(|(instr, _)| nested(instr)));
        let replacement = |instr: &Instr| match instr {
            Instr::Call(call) => with.get(&call.func),
            _ => None,
        };
        while let Some((at, new)) =
            instrs.iter().enumerate().find_map(|(at, (instr, _))| Some((at, replacement(instr)?)))
        {
            instrs.splice(at..=at, new.iter().cloned().map(|instr| (instr, Default::default())));
        }
    }
}

/// A function that fetches what `name` fetches when that was not done yet.
fn ready_function(module: &mut Module, name: &str) -> anyhow::Result<FunctionId> {
    let loader = module.imports.iter().find(|import| import.name.contains(name));
    let loader = match loader.map(|import| &import.kind) {
        Some(ImportKind::Function(loader)) => *loader,
        Some(_) => bail!("the import {name} is no function"),
        None => {
            let ty = module.types.add(&[], &[]);
            module.add_import_func(FIRST, name, ty).0
        }
    };
    let is_missing = module.globals.add_local(ValType::I32, true, false, ConstExpr::Value(Value::I32(1)));
    let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
    builder.func_body().global_get(is_missing).if_else(
        None,
        |then| {
            then.call(loader).i32_const(0).global_set(is_missing);
        },
        |_| {},
    );
    Ok(builder.finish(Vec::new(), &mut module.funcs))
}

fn signature(module: &Module, ty: TypeId) -> (Vec<ValType>, Vec<ValType>) {
    let (params, results) = module.types.params_results(ty);
    (params.to_vec(), results.to_vec())
}

/// Under what name the first module hands out its `what` of this number.
fn shared(what: char, index: usize) -> String {
    format!("{what}{index}")
}

fn table_name(id: TableId, functions: TableId) -> String {
    if id == functions { TABLE.to_owned() } else { shared('t', id.index()) }
}

/// Hands out what the rest may need: the functions in the table, everything else by name.
fn export_shared(module: &mut Module, plan: &Plan) -> anyhow::Result<()> {
    let functions = function_table(module)?;
    // What came from the first module the rest takes from there.
    let globals = module.globals.iter().filter(|global| matches!(global.kind, GlobalKind::Local(_)));
    let globals = globals.map(|global| (shared('g', global.id().index()), ExportItem::Global(global.id())));
    let tables = module.tables.iter().filter(|table| table.import.is_none());
    let tables = tables.map(|table| (table_name(table.id(), functions), ExportItem::Table(table.id())));
    let memories = module.memories.iter().filter(|memory| memory.import.is_none());
    let memories = memories.map(|memory| (shared('m', memory.id().index()), ExportItem::Memory(memory.id())));
    for (name, item) in globals.chain(tables).chain(memories).collect::<Vec<_>>() {
        module.exports.add(&name, item);
    }
    fill(module, &plan.shared)
}

/// Makes imports of everything but the cold functions' bodies. What the rest calls of the first module gets a slot
/// of the table, whose number is the name of the import.
fn import_shared(module: &mut Module, plan: &mut Plan) -> anyhow::Result<()> {
    module.start = None;
    for id in module.exports.iter().map(walrus::Export::id).collect::<Vec<_>>() {
        module.exports.delete(id);
    }
    let earlier = Earlier::of(module);
    for id in module.imports.iter().map(walrus::Import::id).collect::<Vec<_>>() {
        module.imports.delete(id);
    }
    for id in module.elements.iter().map(walrus::Element::id).collect::<Vec<_>>() {
        module.elements.delete(id);
    }
    let mut calls = Calls::default();
    for (_, function) in module.funcs.iter_local().filter(|(id, _)| plan.cold.contains(&id.index())) {
        dfs_in_order(&mut calls, function, function.entry_block());
    }
    let wanted: BTreeSet<usize> = calls.0.into_keys().filter(|id| !plan.cold.contains(id)).collect();
    let is_there = |id: &usize| earlier.functions.contains_key(id) || plan.kept.contains_key(id);
    let new = wanted.iter().copied().filter(|id| !is_there(id));
    plan.shared = new.zip(plan.end..).collect();
    plan.end += plan.shared.len() as u64;
    for id in module.funcs.iter().map(walrus::Function::id).collect::<Vec<_>>() {
        if plan.cold.contains(&id.index()) {
            continue;
        }
        if !wanted.contains(&id.index()) {
            module.funcs.delete(id);
            continue;
        }
        let slot = plan.shared.get(&id.index()).or_else(|| plan.kept.get(&id.index()));
        let name = slot.map_or_else(|| earlier.functions[&id.index()].clone(), u64::to_string);
        let ty = module.funcs.get(id).ty();
        let import = module.imports.add(FIRST, &name, id);
        module.funcs.get_mut(id).kind = FunctionKind::Import(ImportedFunction { import, ty });
    }
    for id in module.globals.iter().map(walrus::Global::id).collect::<Vec<_>>() {
        let name = earlier.globals.get(&id).cloned().unwrap_or_else(|| shared('g', id.index()));
        let import = module.imports.add(FIRST, &name, id);
        module.globals.get_mut(id).kind = GlobalKind::Import(import);
    }
    let functions = function_table(module)?;
    for id in module.tables.iter().map(walrus::Table::id).collect::<Vec<_>>() {
        let name = earlier.tables.get(&id).cloned().unwrap_or_else(|| table_name(id, functions));
        let import = module.imports.add(FIRST, &name, id);
        let table = module.tables.get_mut(id);
        table.import = Some(import);
        table.elem_segments.clear();
    }
    for id in module.memories.iter().map(walrus::Memory::id).collect::<Vec<_>>() {
        let name = earlier.memories.get(&id).cloned().unwrap_or_else(|| shared('m', id.index()));
        let import = module.imports.add(FIRST, &name, id);
        module.memories.get_mut(id).import = Some(import);
    }
    Ok(())
}

/// What a module that was a rest before takes of the first module, with the names.
#[derive(Default)]
struct Earlier {
    functions: BTreeMap<usize, String>,
    globals: BTreeMap<GlobalId, String>,
    tables: BTreeMap<TableId, String>,
    memories: BTreeMap<MemoryId, String>,
}

impl Earlier {
    fn of(module: &Module) -> Earlier {
        let mut earlier = Earlier::default();
        for import in module.imports.iter().filter(|import| import.module == FIRST) {
            let name = import.name.clone();
            match import.kind {
                ImportKind::Function(id) => drop(earlier.functions.insert(id.index(), name)),
                ImportKind::Global(id) => drop(earlier.globals.insert(id, name)),
                ImportKind::Table(id) => drop(earlier.tables.insert(id, name)),
                ImportKind::Memory(id) => drop(earlier.memories.insert(id, name)),
                ImportKind::Tag(_) => {}
            }
        }
        earlier
    }
}

/// Puts the functions that the first module calls into their slots.
fn fill_slots(module: &mut Module, plan: &Plan) -> anyhow::Result<()> {
    plan.enlarge(module)?;
    fill(module, &plan.slots)?;
    walrus::passes::gc::run(module);
    Ok(())
}

/// Puts functions into their slots of the function table.
fn fill(module: &mut Module, slots: &BTreeMap<usize, u64>) -> anyhow::Result<()> {
    let ids: BTreeMap<usize, FunctionId> =
        module.funcs.iter().map(|function| (function.id().index(), function.id())).collect();
    let placed: BTreeMap<u64, FunctionId> = slots.iter().map(|(id, slot)| (*slot, ids[id])).collect();
    let table = function_table(module)?;
    let placed: Vec<(u64, FunctionId)> = placed.into_iter().collect();
    for run in placed.chunk_by(|(slot, _), (next, _)| slot + 1 == *next) {
        let offset = ConstExpr::Value(Value::I32(i32::try_from(run[0].0)?));
        let functions = run.iter().map(|(_, id)| *id).collect();
        let kind = ElementKind::Active { table, offset };
        let element = module.elements.add(kind, ElementItems::Functions(functions));
        module.tables.get_mut(table).elem_segments.insert(element);
    }
    Ok(())
}
