//! Splits the module in two: what a visit runs, and the rest, which is fetched when something needs it.
//!
//! A profile says which pieces of functions ran. Those stay in the first module, together with the data that
//! they know of. Everything else is in the rest, a module of its own on the same memory and table: it takes what
//! it calls of the first from the table and fills the table's new slots when it is instantiated. Where the first
//! module calls something of the rest, it does so through the table, and asks for the rest before.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail};
use walrus::ir::{Call, Const, Instr, InstrSeqId, Value, Visitor, dfs_in_order};
use walrus::{
    ConstExpr, ElementItems, ElementKind, ExportItem, FunctionBuilder, FunctionId, FunctionKind, GlobalKind,
    ImportKind, ImportedFunction, LocalFunction, Module, TableId, TypeId, ValType,
};

use crate::data::{self, Objects};
use crate::segments::{Profile, nested};
use crate::{outline, wasm};

/// What the rest imports from.
const FIRST: &str = "first";
/// The import that fetches the rest: `load_rest` of sim-web, under wasm-bindgen's name.
const LOADER: &str = "loadRest";
/// What the first module calls its function table: see `page/rest.ts`.
const TABLE: &str = "functions";

/// The two modules.
pub struct Parts {
    /// What the page starts with.
    pub first: Vec<u8>,
    /// What is fetched when something needs it.
    pub rest: Vec<u8>,
}

/// Splits `wasm`, given what ran of it and where its data is.
///
/// # Errors
/// `wasm` is no module, or not one that sim-web and wasm-bindgen make.
pub fn split(wasm: &[u8], profile: &Profile, objects: &Objects) -> anyhow::Result<Parts> {
    let (mut first, cold) = prepared(wasm, profile)?;
    let (mut rest, _) = prepared(wasm, profile)?;
    let mut plan = Plan::new(&first, cold)?;
    import_shared(&mut rest, &mut plan)?;
    fill_slots(&mut rest, &plan)?;
    stub_cold_functions(&mut first, &plan)?;
    export_shared(&mut first, &plan)?;
    walrus::passes::gc::run(&mut first);
    let left = objects.divide(&mut first)?;
    data::replace(&mut rest, left)?;
    Ok(Parts { first: first.emit_wasm(), rest: rest.emit_wasm() })
}

/// The module with the pieces that did not run taken out, and the numbers of the functions that did not.
fn prepared(wasm: &[u8], profile: &Profile) -> anyhow::Result<(Module, BTreeSet<usize>)> {
    let mut module = wasm::parse(wasm)?;
    let cold = outline::outline(&mut module, profile);
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
    /// All functions of the rest.
    cold: BTreeSet<usize>,
    /// The functions of the rest that the first module may call, with their slots.
    slots: BTreeMap<usize, u64>,
    /// Those of them of which the first module has one call and nothing else.
    called_once: BTreeSet<usize>,
    /// The functions of the first module that the rest may call, with their slots behind those.
    shared: BTreeMap<usize, u64>,
}

impl Plan {
    fn new(module: &Module, cold: BTreeSet<usize>) -> anyhow::Result<Plan> {
        let base = module.tables.get(function_table(module)?).initial;
        let mut calls = Calls::default();
        for (_, function) in module.funcs.iter_local().filter(|(id, _)| !cold.contains(&id.index())) {
            dfs_in_order(&mut calls, function, function.entry_block());
        }
        let mut named: Vec<FunctionId> = module.start.into_iter().collect();
        named.extend(module.exports.iter().filter_map(|export| match export.item {
            ExportItem::Function(id) => Some(id),
            _ => None,
        }));
        for element in module.elements.iter() {
            match &element.items {
                ElementItems::Functions(functions) => named.extend(functions),
                ElementItems::Expressions(..) => bail!("an element segment of expressions is not expected"),
            }
        }
        let named: BTreeSet<usize> = named.into_iter().map(|id| id.index()).collect();
        let is_once = |(id, count): (&usize, &usize)| (*count == 1 && !named.contains(id)).then_some(*id);
        let called_once = calls.0.iter().filter_map(is_once).filter(|id| cold.contains(id)).collect();
        let called: BTreeSet<usize> = calls.0.keys().chain(&named).copied().collect();
        let slots = called.intersection(&cold).copied().zip(base..).collect();
        Ok(Plan { base, cold, slots, called_once, shared: BTreeMap::new() })
    }

    /// The slot behind all of the rest's.
    fn end(&self) -> u64 {
        self.base + self.slots.len() as u64
    }

    /// Gives the function table its new slots. Both modules say the same of its size.
    fn enlarge(&self, module: &mut Module) -> anyhow::Result<TableId> {
        let id = function_table(module)?;
        let table = module.tables.get_mut(id);
        let new = (self.slots.len() + self.shared.len()) as u64;
        table.initial += new;
        table.maximum = table.maximum.map(|maximum| maximum + new);
        Ok(id)
    }
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
    let mut bridges = Bridges::new(module, table)?;
    let locals: Vec<FunctionId> = module.funcs.iter_local().map(|(id, _)| id).collect();
    let mut at_call = BTreeMap::new();
    for id in &locals {
        if let (Some(slot), true) = (plan.slots.get(&id.index()), plan.called_once.contains(&id.index())) {
            let ty = module.funcs.get(*id).ty();
            at_call.insert(*id, bridges.call(module, *slot, ty)?);
        }
    }
    for id in locals {
        if !plan.cold.contains(&id.index()) {
            replace_calls(module.funcs.get_mut(id).kind.unwrap_local_mut(), &at_call);
        } else if let Some(slot) = plan.slots.get(&id.index()).filter(|_| !at_call.contains_key(&id)) {
            let ty = module.funcs.get(id).ty();
            let call = bridges.call(module, *slot, ty)?;
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
/// rest when that was not done yet, and calls it.
struct Bridges {
    ready: FunctionId,
    table: TableId,
    made: BTreeMap<TypeId, FunctionId>,
}

impl Bridges {
    fn new(module: &mut Module, table: TableId) -> anyhow::Result<Bridges> {
        Ok(Bridges { ready: ready_function(module)?, table, made: BTreeMap::new() })
    }

    /// What calls the function in `slot`, which is of type `ty`, once its arguments are on the stack.
    fn call(&mut self, module: &mut Module, slot: u64, ty: TypeId) -> anyhow::Result<[Instr; 2]> {
        let func = match self.made.get(&ty) {
            Some(bridge) => *bridge,
            None => self.bridge(module, ty),
        };
        let slot = Const { value: Value::I32(i32::try_from(slot)?) };
        Ok([slot.into(), Call { func }.into()])
    }

    fn bridge(&mut self, module: &mut Module, ty: TypeId) -> FunctionId {
        let (mut params, results) = signature(module, ty);
        params.push(ValType::I32);
        let args: Vec<_> = params.iter().map(|ty| module.locals.add(*ty)).collect();
        let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
        let mut body = builder.func_body();
        body.call(self.ready);
        for arg in &args {
            body.local_get(*arg);
        }
        body.call_indirect(ty, self.table);
        let bridge = builder.finish(args, &mut module.funcs);
        self.made.insert(ty, bridge);
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

/// A function that fetches the rest when that was not done yet.
fn ready_function(module: &mut Module) -> anyhow::Result<FunctionId> {
    let loader = module.imports.iter().find(|import| import.name.contains(LOADER));
    let Some(ImportKind::Function(loader)) = loader.map(|import| &import.kind) else {
        bail!("the module has no import {LOADER}");
    };
    let loader = *loader;
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
    let globals = module
        .globals
        .iter()
        .map(|global| (shared('g', global.id().index()), ExportItem::Global(global.id())));
    let functions = function_table(module)?;
    let tables =
        module.tables.iter().map(|table| (table_name(table.id(), functions), ExportItem::Table(table.id())));
    let memories = module
        .memories
        .iter()
        .map(|memory| (shared('m', memory.id().index()), ExportItem::Memory(memory.id())));
    for (name, item) in globals.chain(tables).chain(memories).collect::<Vec<_>>() {
        module.exports.add(&name, item);
    }
    let functions = module.funcs.iter().map(walrus::Function::id);
    let handed = functions.filter(|id| plan.shared.contains_key(&id.index())).collect();
    fill(module, plan.end(), handed)
}

/// Makes imports of everything but the cold functions' bodies. What the rest calls of the first module gets a slot
/// of the table, whose number is the name of the import.
fn import_shared(module: &mut Module, plan: &mut Plan) -> anyhow::Result<()> {
    module.start = None;
    for id in module.exports.iter().map(walrus::Export::id).collect::<Vec<_>>() {
        module.exports.delete(id);
    }
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
    plan.shared = wanted.into_iter().zip(plan.end()..).collect();
    for id in module.funcs.iter().map(walrus::Function::id).collect::<Vec<_>>() {
        if plan.cold.contains(&id.index()) {
            continue;
        }
        let Some(slot) = plan.shared.get(&id.index()) else {
            module.funcs.delete(id);
            continue;
        };
        let ty = module.funcs.get(id).ty();
        let import = module.imports.add(FIRST, &slot.to_string(), id);
        module.funcs.get_mut(id).kind = FunctionKind::Import(ImportedFunction { import, ty });
    }
    for id in module.globals.iter().map(walrus::Global::id).collect::<Vec<_>>() {
        let import = module.imports.add(FIRST, &shared('g', id.index()), id);
        module.globals.get_mut(id).kind = GlobalKind::Import(import);
    }
    let functions = function_table(module)?;
    for id in module.tables.iter().map(walrus::Table::id).collect::<Vec<_>>() {
        let import = module.imports.add(FIRST, &table_name(id, functions), id);
        let table = module.tables.get_mut(id);
        table.import = Some(import);
        table.elem_segments.clear();
    }
    for id in module.memories.iter().map(walrus::Memory::id).collect::<Vec<_>>() {
        let import = module.imports.add(FIRST, &shared('m', id.index()), id);
        module.memories.get_mut(id).import = Some(import);
    }
    Ok(())
}

/// Puts the functions that the first module calls into their slots, which were given out in the order of numbers.
fn fill_slots(module: &mut Module, plan: &Plan) -> anyhow::Result<()> {
    plan.enlarge(module)?;
    let locals = module.funcs.iter_local().map(|(id, _)| id);
    let functions = locals.filter(|id| plan.slots.contains_key(&id.index())).collect();
    fill(module, plan.base, functions)?;
    walrus::passes::gc::run(module);
    Ok(())
}

/// Puts `functions` into the function table from `slot` on, in the order of their numbers.
fn fill(module: &mut Module, slot: u64, mut functions: Vec<FunctionId>) -> anyhow::Result<()> {
    functions.sort_by_key(|id| id.index());
    let table = function_table(module)?;
    let offset = ConstExpr::Value(Value::I32(i32::try_from(slot)?));
    let kind = ElementKind::Active { table, offset };
    let element = module.elements.add(kind, ElementItems::Functions(functions));
    module.tables.get_mut(table).elem_segments.insert(element);
    Ok(())
}
