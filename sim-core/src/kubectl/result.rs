//! What a writing command says of each object: `statefulset.apps/web created`, or the object itself.
//!
//! Models cli-runtime pkg/genericclioptions: PrintFlags, and pkg/printers: NamePrinter.

use std::cell::RefCell;

use super::args::{Args, Flag, Takes};
use super::builder::Info;
use super::error::CliError;
use super::output::Output;
use super::printer::{Printer, list_of};
use super::{NoFiles, wire};
use crate::api::Object;

/// `-o`
pub const OUTPUT: Flag = Flag::short("output", 'o', Takes::Text, "name, json, yaml, jsonpath=...");
/// `--dry-run`
pub const DRY_RUN: Flag =
    Flag::new("dry-run", Takes::TextOr("unchanged"), "none, client or server: how far to go without writing");
/// `--field-manager`
pub const FIELD_MANAGER: Flag = Flag::new("field-manager", Takes::Text, "Accepted: fields have no managers");
/// `--show-managed-fields`
pub const SHOW_MANAGED: Flag =
    Flag::new("show-managed-fields", Takes::Bool, "Accepted: fields have no managers");

/// How far a command goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DryRun {
    /// All the way.
    None,
    /// Nothing is sent.
    Client,
    /// The server goes through everything and stores nothing.
    Server,
}

impl DryRun {
    /// Reads `--dry-run`.
    ///
    /// # Errors
    /// kubectl's complaint about another value.
    pub fn parse(args: &Args) -> Result<DryRun, CliError> {
        match args.text("dry-run") {
            None | Some("none") => Ok(DryRun::None),
            Some("client") => Ok(DryRun::Client),
            Some("server") => Ok(DryRun::Server),
            Some("unchanged") => {
                let why = "--dry-run flag without a value was specified. A value must be set: \"none\", \
                           \"server\", or \"client\".";
                Err(CliError::plain(why))
            }
            Some(other) => Err(CliError::plain(format!(
                "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
            ))),
        }
    }

    /// What results say of it.
    pub fn suffix(self) -> &'static str {
        match self {
            DryRun::None => "",
            DryRun::Client => " (dry run)",
            DryRun::Server => " (server dry run)",
        }
    }

    /// Whether nothing is to be stored.
    pub fn is_dry(self) -> bool {
        self != DryRun::None
    }
}

/// Prints results.
pub struct Results {
    dry_run: DryRun,
    format: Format,
    collected: Vec<serde_json::Value>,
}

enum Format {
    Sentence,
    Name,
    Whole(Box<RefCell<Printer>>),
}

impl Results {
    /// Reads `-o` and `--dry-run`.
    ///
    /// # Errors
    /// kubectl's complaint about a format that it does not know.
    pub fn parse(args: &Args) -> Result<Results, CliError> {
        let dry_run = DryRun::parse(args)?;
        let format = match args.text("output") {
            None | Some("") => Format::Sentence,
            Some("name") => Format::Name,
            Some(other) => Format::Whole(Box::new(RefCell::new(Printer::new(other, args, &NoFiles)?))),
        };
        Ok(Results { dry_run, format, collected: Vec::new() })
    }

    /// How far the command goes.
    pub fn dry_run(&self) -> DryRun {
        self.dry_run
    }

    /// Whether objects are printed whole, which some commands do all together at their end.
    pub fn is_whole(&self) -> bool {
        matches!(self.format, Format::Whole(_))
    }

    /// Says that `operation` was done to `object`.
    ///
    /// # Errors
    /// The printer's, when the object is printed whole.
    pub fn print(&self, operation: &str, object: &Object, out: &mut Output) -> Result<(), CliError> {
        let info = Info::new(object.kind(), &object.key());
        match &self.format {
            Format::Sentence => {
                out.line(format!("{} {operation}{}", info.result_name(), self.dry_run.suffix()));
            }
            Format::Name => out.line(info.result_name()),
            Format::Whole(printer) => out.out(printer.borrow_mut().print(&wire::value(object))?),
        }
        Ok(())
    }
}

impl Results {
    /// Like [`Results::print`], but objects that are printed whole wait for [`Results::finish`].
    ///
    /// # Errors
    /// As [`Results::print`].
    pub fn collect(&mut self, operation: &str, object: &Object, out: &mut Output) -> Result<(), CliError> {
        if self.is_whole() {
            self.collected.push(wire::value(object));
            return Ok(());
        }
        self.print(operation, object, out)
    }

    /// Prints what was collected: one object, or a list of several.
    ///
    /// # Errors
    /// The printer's.
    pub fn finish(&mut self, out: &mut Output) -> Result<(), CliError> {
        let mut values = std::mem::take(&mut self.collected);
        if let (Format::Whole(printer), false) = (&self.format, values.is_empty()) {
            let value = if values.len() == 1 { values.remove(0) } else { list_of(values) };
            out.out(printer.borrow_mut().print(&value)?);
        }
        Ok(())
    }
}
