//! Splits the module in two: what the page needs to start, and the rest, which is fetched once it stands.
//!
//! A profile says which functions ran. Those stay in the first module; each other one that they may call has
//! a stub there, which calls it through the function table and, when the rest is missing, asks for it first.
//! The rest is a module of its own on the same memory and table: it imports what it needs from the first
//! and fills the table's new slots when it is instantiated.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail};
use walrus::ir::{Value, Visitor, dfs_in_order};
use walrus::{
    ConstExpr, ElementItems, ElementKind, ExportItem, FunctionBuilder, FunctionId, FunctionKind, GlobalKind,
    ImportKind, ImportedFunction, Module, ModuleConfig, TableId, TypeId, ValType,
};

/// What the rest imports from.
const FIRST: &str = "first";
/// The import that fetches the rest: `load_rest` of sim-web, under wasm-bindgen's name.
const LOADER: &str = "loadRest";
/// What the profile's globals are called, before the function's number.
pub const RAN: &str = "ran ";

/// The two modules.
pub struct Parts {
    /// What the page starts with.
    pub first: Vec<u8>,
    /// What follows.
    pub rest: Vec<u8>,
}

/// The module with an exported global for each function, which is 1 once the function ran.
///
/// # Errors
/// `wasm` is no module.
pub fn instrumented(wasm: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut module = parse(wasm)?;
    let functions: Vec<FunctionId> = module.funcs.iter_local().map(|(id, _)| id).collect();
    for id in functions {
        let zero = ConstExpr::Value(Value::I32(0));
        let global = module.globals.add_local(ValType::I32, true, false, zero);
        module.exports.add(&format!("{RAN}{}", id.index()), global);
        let body = module.funcs.get_mut(id).kind.unwrap_local_mut().builder_mut();
        body.func_body().const_at(0, Value::I32(1)).global_set_at(1, global);
    }
    Ok(module.emit_wasm())
}

/// Splits `wasm`, given the numbers of the functions that ran.
///
/// # Errors
/// `wasm` is no module, or not one that sim-web and wasm-bindgen make.
pub fn split(wasm: &[u8], ran: &BTreeSet<usize>) -> anyhow::Result<Parts> {
    let mut first = parse(wasm)?;
    let plan = Plan::new(&first, ran)?;
    stub_cold_functions(&mut first, &plan)?;
    export_shared(&mut first, &plan);
    walrus::passes::gc::run(&mut first);
    let mut rest = parse(wasm)?;
    import_shared(&mut rest, &plan);
    fill_table(&mut rest, &plan)?;
    walrus::passes::gc::run(&mut rest);
    // Only what the rest does import stays exported.
    let wanted: BTreeSet<String> = rest.imports.iter().map(|import| import.name.clone()).collect();
    let spare =
        first.exports.iter().filter(|export| is_shared(&export.name) && !wanted.contains(&export.name));
    for id in spare.map(walrus::Export::id).collect::<Vec<_>>() {
        first.exports.delete(id);
    }
    walrus::passes::gc::run(&mut first);
    Ok(Parts { first: first.emit_wasm(), rest: rest.emit_wasm() })
}

fn parse(wasm: &[u8]) -> anyhow::Result<Module> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(false).generate_producers_section(false);
    config.parse(wasm)
}

/// Which function goes where, by number: ids are a module's own, and their numbers are the same in every module
/// that was parsed from the same bytes.
struct Plan {
    /// The first of the function table's new slots.
    base: u64,
    /// The functions of the rest that the first module may call, with their slots.
    slots: BTreeMap<usize, u64>,
    /// All functions of the rest.
    cold: BTreeSet<usize>,
}

impl Plan {
    fn new(module: &Module, ran: &BTreeSet<usize>) -> anyhow::Result<Plan> {
        let base = module.tables.get(function_table(module)?).initial;
        let (mut called, mut cold) = (Called::default(), BTreeSet::new());
        for (id, function) in module.funcs.iter_local() {
            if ran.contains(&id.index()) {
                dfs_in_order(&mut called, function, function.entry_block());
            } else {
                cold.insert(id.index());
            }
        }
        called.0.extend(module.start);
        called.0.extend(module.exports.iter().filter_map(|export| match export.item {
            ExportItem::Function(id) => Some(id),
            _ => None,
        }));
        for element in module.elements.iter() {
            match &element.items {
                ElementItems::Functions(functions) => called.0.extend(functions),
                ElementItems::Expressions(..) => bail!("an element segment of expressions is not expected"),
            }
        }
        let called: BTreeSet<usize> = called.0.iter().map(|id| id.index()).collect();
        let slots = called.intersection(&cold).copied().zip(base..).collect();
        Ok(Plan { base, slots, cold })
    }

    /// The functions of `module` that the rest does not bring.
    fn shared<'m>(&self, module: &'m Module) -> impl Iterator<Item = FunctionId> + use<'_, 'm> {
        module.funcs.iter().map(walrus::Function::id).filter(|id| !self.cold.contains(&id.index()))
    }
}

fn function_table(module: &Module) -> anyhow::Result<TableId> {
    module.tables.main_function_table()?.context("the module has no function table")
}

/// The functions that were seen in bodies.
#[derive(Default)]
struct Called(BTreeSet<FunctionId>);

impl<'instr> Visitor<'instr> for Called {
    fn visit_function_id(&mut self, function: &FunctionId) {
        self.0.insert(*function);
    }
}

/// Puts a stub in the place of each function of the rest.
fn stub_cold_functions(module: &mut Module, plan: &Plan) -> anyhow::Result<()> {
    let ready = ready_function(module)?;
    let table = function_table(module)?;
    for id in module.funcs.iter_local().map(|(id, _)| id).collect::<Vec<_>>() {
        let Some(slot) = plan.slots.get(&id.index()) else { continue };
        let ty = module.funcs.get(id).ty();
        let (params, results) = signature(module, ty);
        let args: Vec<_> = params.iter().map(|ty| module.locals.add(*ty)).collect();
        let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
        let mut body = builder.func_body();
        for arg in &args {
            body.local_get(*arg);
        }
        body.i32_const(i32::try_from(*slot)?).call(ready).call_indirect(ty, table);
        module.funcs.get_mut(id).kind = FunctionKind::Local(builder.local_func(args));
    }
    enlarge(module, table, plan);
    Ok(())
}

/// Gives the function table its new slots. Both modules say the same of its size.
fn enlarge(module: &mut Module, table: TableId, plan: &Plan) {
    let table = module.tables.get_mut(table);
    table.initial += plan.slots.len() as u64;
    table.maximum = table.maximum.map(|maximum| maximum + plan.slots.len() as u64);
}

/// A function that returns its slot, and fetches the rest before when that was not done yet.
fn ready_function(module: &mut Module) -> anyhow::Result<FunctionId> {
    let loader = module.imports.iter().find(|import| import.name.contains(LOADER));
    let Some(ImportKind::Function(loader)) = loader.map(|import| &import.kind) else {
        bail!("the module has no import {LOADER}");
    };
    let loader = *loader;
    let is_missing = module.globals.add_local(ValType::I32, true, false, ConstExpr::Value(Value::I32(1)));
    let slot = module.locals.add(ValType::I32);
    let mut builder = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[ValType::I32]);
    let mut body = builder.func_body();
    body.global_get(is_missing).if_else(
        None,
        |then| {
            then.call(loader).i32_const(0).global_set(is_missing);
        },
        |_| {},
    );
    body.local_get(slot);
    Ok(builder.finish(vec![slot], &mut module.funcs))
}

fn signature(module: &Module, ty: TypeId) -> (Vec<ValType>, Vec<ValType>) {
    let ty = module.types.get(ty);
    (ty.params().to_vec(), ty.results().to_vec())
}

/// Under what name the first module hands out its `what` of this number.
fn shared(what: char, index: usize) -> String {
    format!("{what}:{index}")
}

fn is_shared(name: &str) -> bool {
    name.as_bytes().get(1) == Some(&b':')
}

/// Exports all that the rest may need. Functions that the rest brings itself are not among it.
fn export_shared(module: &mut Module, plan: &Plan) {
    let functions = plan.shared(module).map(|id| (shared('f', id.index()), ExportItem::Function(id)));
    let globals = module
        .globals
        .iter()
        .map(|global| (shared('g', global.id().index()), ExportItem::Global(global.id())));
    let tables =
        module.tables.iter().map(|table| (shared('t', table.id().index()), ExportItem::Table(table.id())));
    let memories = module
        .memories
        .iter()
        .map(|memory| (shared('m', memory.id().index()), ExportItem::Memory(memory.id())));
    for (name, item) in functions.chain(globals).chain(tables).chain(memories).collect::<Vec<_>>() {
        module.exports.add(&name, item);
    }
}

/// Makes imports of everything but the cold functions' bodies.
fn import_shared(module: &mut Module, plan: &Plan) {
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
    for id in module.data.iter().map(walrus::Data::id).collect::<Vec<_>>() {
        module.data.delete(id);
    }
    for id in plan.shared(module).collect::<Vec<_>>() {
        let ty = module.funcs.get(id).ty();
        let import = module.imports.add(FIRST, &shared('f', id.index()), id);
        module.funcs.get_mut(id).kind = FunctionKind::Import(ImportedFunction { import, ty });
    }
    for id in module.globals.iter().map(walrus::Global::id).collect::<Vec<_>>() {
        let import = module.imports.add(FIRST, &shared('g', id.index()), id);
        module.globals.get_mut(id).kind = GlobalKind::Import(import);
    }
    for id in module.tables.iter().map(walrus::Table::id).collect::<Vec<_>>() {
        let import = module.imports.add(FIRST, &shared('t', id.index()), id);
        let table = module.tables.get_mut(id);
        table.import = Some(import);
        table.elem_segments.clear();
    }
    for id in module.memories.iter().map(walrus::Memory::id).collect::<Vec<_>>() {
        let import = module.imports.add(FIRST, &shared('m', id.index()), id);
        let memory = module.memories.get_mut(id);
        memory.import = Some(import);
        memory.data_segments.clear();
    }
}

/// Puts the functions that the first module calls into their slots, which were given out in the order of numbers.
fn fill_table(module: &mut Module, plan: &Plan) -> anyhow::Result<()> {
    let table = function_table(module)?;
    enlarge(module, table, plan);
    let mut functions: Vec<FunctionId> = module.funcs.iter_local().map(|(id, _)| id).collect();
    functions.retain(|id| plan.slots.contains_key(&id.index()));
    functions.sort_by_key(|id| id.index());
    let offset = ConstExpr::Value(Value::I32(i32::try_from(plan.base)?));
    let kind = ElementKind::Active { table, offset };
    let element = module.elements.add(kind, ElementItems::Functions(functions));
    module.tables.get_mut(table).elem_segments.insert(element);
    Ok(())
}
