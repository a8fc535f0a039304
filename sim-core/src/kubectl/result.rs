//! What a writing command says of each object: `statefulset.apps/web created`, or the object itself.
//!
//! Models cli-runtime pkg/genericclioptions: PrintFlags, and pkg/printers: NamePrinter.

use serde_json::Value;

use super::args::{Args, Flag, Takes};
use super::builder::Info;
use super::error::CliError;
use super::output::Output;
use super::printer::{self, Printer, Sees};
use super::warnings;
use super::{Files, json};
use crate::api::{Feature, Object};
use crate::apiserver::ApiServer;

/// `-o`
pub const OUTPUT: Flag = Flag::short("output", 'o', Takes::Text, "name, json, yaml, jsonpath=...");
/// What `--dry-run` without a value stands for.
pub const DRY_RUN_ALONE: &str = "unchanged";
/// `--dry-run`
pub const DRY_RUN: Flag = Flag::new(
    "dry-run",
    Takes::TextOr(DRY_RUN_ALONE),
    "none, client or server: how far to go without writing",
);
/// `--field-manager`
pub const FIELD_MANAGER: Flag =
    Flag::new("field-manager", Takes::Text, "Who owns the fields that the command writes");
/// `--show-managed-fields`
pub const SHOW_MANAGED: Flag =
    Flag::new("show-managed-fields", Takes::Bool, "Show who owns which field of what is printed");

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
    /// What is logged of a value from before there were two kinds of dry run.
    pub fn deprecated(value: &str) -> Option<String> {
        let (line, given, instead) = match value {
            DRY_RUN_ALONE => (719, String::new(), "client"),
            "1" | "t" | "T" | "true" | "TRUE" | "True" => {
                (733, format!("={value} is deprecated (boolean value)"), "client")
            }
            "0" | "f" | "F" | "false" | "FALSE" | "False" => {
                (736, format!("={value} is deprecated (boolean value)"), "none")
            }
            _ => return None,
        };
        let given = if given.is_empty() { " is deprecated" } else { &given };
        Some(format!("{line}] --dry-run{given} and can be replaced with --dry-run={instead}."))
    }

    /// Reads `--dry-run`.
    ///
    /// # Errors
    /// kubectl's complaint about another value.
    pub fn parse(args: &Args) -> Result<DryRun, CliError> {
        match args.text("dry-run") {
            None | Some("none" | "0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(DryRun::None),
            Some("client" | DRY_RUN_ALONE | "1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(DryRun::Client),
            Some("server") => Ok(DryRun::Server),
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

/// The output formats that writing verbs know.
const ALLOWED: &[&str] = &[
    "go-template",
    "go-template-file",
    "json",
    "jsonpath",
    "jsonpath-as-json",
    "jsonpath-file",
    "kyaml",
    "name",
    "template",
    "templatefile",
    "yaml",
];

/// Prints results.
pub struct Results {
    dry_run: DryRun,
    format: Format,
    /// Whether objects that are printed whole are printed with their managers.
    shows_managers: bool,
    collected: Vec<Value>,
    /// Whether each object gets a printer of its own, so that nothing stands between two of them.
    apart: bool,
    /// Whether sentences leave out that nothing was stored.
    hides_dry_run: bool,
}

enum Format {
    Sentence,
    Name,
    Whole(Printer),
}

impl Results {
    /// Reads `-o` and `--dry-run`.
    ///
    /// # Errors
    /// kubectl's complaint about a format that it does not know.
    pub fn parse(args: &Args, files: &dyn Files) -> Result<Results, CliError> {
        Results::checked(args, files, true)
    }

    /// [`Results::parse`] for a command that says itself which formats it knows.
    ///
    /// # Errors
    /// As [`Results::parse`], for formats that nobody knows.
    pub fn parse_any(args: &Args, files: &dyn Files) -> Result<Results, CliError> {
        Results::checked(args, files, false)
    }

    fn checked(args: &Args, files: &dyn Files, checks: bool) -> Result<Results, CliError> {
        let dry_run = DryRun::parse(args)?;
        let format = match args.output() {
            "" => Format::Sentence,
            "name" => Format::Name,
            other => {
                let base = other.split_once('=').map_or(other, |(base, _)| base);
                let is_known = base != "kyaml" || args.gates.has(Feature::KYaml);
                if !is_known || !ALLOWED.contains(&base) {
                    if !checks {
                        return Ok(Results {
                            dry_run,
                            format: Format::Sentence,
                            shows_managers: false,
                            collected: Vec::new(),
                            apart: false,
                            hides_dry_run: false,
                        });
                    }
                    return Err(CliError::plain(format!(
                        "unable to match a printer suitable for the output format \"{other}\", allowed formats \
                         are: {}",
                        printer::known_formats(&ALLOWED.join(","), args.gates)
                    )));
                }
                Format::Whole(Printer::new(other, args, files)?)
            }
        };
        // Only YAML and JSON leave the managers out; a template sees them. What is not sent has none.
        let sees = matches!(&format, Format::Whole(printer) if printer.sees_managers() == Sees::Always);
        let asked = args.flag("show-managed-fields") || sees;
        let shows_managers = asked && dry_run != DryRun::Client;
        Ok(Results {
            dry_run,
            format,
            shows_managers,
            collected: Vec::new(),
            apart: false,
            hides_dry_run: false,
        })
    }

    /// As commands print that make a new printer for each object.
    pub fn apart(mut self) -> Results {
        self.apart = true;
        self
    }

    /// As `patch` speaks, which sets its word after the words about a dry run and so loses them.
    pub fn without_dry_run(mut self) -> Results {
        self.hides_dry_run = true;
        self
    }

    /// How far the command goes.
    pub fn dry_run(&self) -> DryRun {
        self.dry_run
    }

    /// Whether only names are printed.
    pub fn is_name(&self) -> bool {
        matches!(self.format, Format::Name)
    }

    /// Whether objects are printed whole.
    pub fn is_whole(&self) -> bool {
        matches!(self.format, Format::Whole(_))
    }

    /// The object itself, or its name, as kubectl prints what it has decoded into Go's types.
    ///
    /// # Errors
    /// As [`Results::print`].
    pub fn print_typed(
        &mut self,
        object: &Object,
        api: &ApiServer,
        out: &mut Output,
    ) -> Result<(), CliError> {
        let info = Info::new(object.kind(), &object.key());
        let value = self.whole(object, api);
        self.print_manifest("", &info, &value, true, out)
    }

    /// Says that `operation` was done to `object`.
    ///
    /// # Errors
    /// The printer's, when the object is printed whole.
    pub fn print(
        &mut self,
        operation: &str,
        object: &Object,
        api: &ApiServer,
        out: &mut Output,
    ) -> Result<(), CliError> {
        warnings::warn(object.kind(), api.gates, out);
        warnings::show(api, out);
        let info = Info::new(object.kind(), &object.key());
        let value = self.whole(object, api);
        self.renew();
        match &mut self.format {
            Format::Whole(printer) => out.out(printer.print(&value)?),
            _ => self.say(operation, &info.result_name(), out),
        }
        Ok(())
    }

    /// The object as it is printed whole; nothing when it is not.
    fn whole(&self, object: &Object, api: &ApiServer) -> Value {
        if !matches!(self.format, Format::Whole(_)) {
            return Value::Null;
        }
        let mut value = printer::served(object, api.gates);
        if self.shows_managers {
            value["metadata"]["managedFields"] = match self.dry_run {
                DryRun::Server => api.tried_managed_fields(object),
                _ => api.managed_fields(object),
            };
        }
        value
    }

    /// Says that `operation` was done to the object that `manifest` describes, which was not sent. `typed` says
    /// that kubectl made it itself.
    ///
    /// # Errors
    /// As [`Results::print`].
    pub fn print_manifest(
        &mut self,
        operation: &str,
        info: &Info,
        manifest: &Value,
        typed: bool,
        out: &mut Output,
    ) -> Result<(), CliError> {
        self.renew();
        match &mut self.format {
            Format::Whole(printer) if typed => out.out(printer.print_typed(manifest)?),
            Format::Whole(printer) => out.out(printer.print(manifest)?),
            _ => self.say(operation, &info.result_name(), out),
        }
        Ok(())
    }

    /// [`Results::print`] of something that is no object of the store: its name and what it looks like whole.
    ///
    /// # Errors
    /// As [`Results::print`].
    pub fn print_as(
        &mut self,
        operation: &str,
        name: &str,
        value: impl FnOnce() -> Value,
        out: &mut Output,
    ) -> Result<(), CliError> {
        match &mut self.format {
            Format::Whole(printer) => out.out(printer.print(&value())?),
            _ => self.say(operation, name, out),
        }
        Ok(())
    }

    fn renew(&mut self) {
        if self.apart
            && let Format::Whole(Printer::Yaml { printed }) = &mut self.format
        {
            *printed = 0;
        }
    }

    fn say(&self, operation: &str, name: &str, out: &mut Output) {
        if self.is_name() {
            out.line(name);
        } else {
            let suffix = if self.hides_dry_run { "" } else { self.dry_run.suffix() };
            out.line(format!("{name} {operation}{suffix}"));
        }
    }

    /// Like [`Results::print`], but objects that are printed whole wait for [`Results::finish`].
    pub fn collect(&mut self, operation: &str, object: &Object, api: &ApiServer, out: &mut Output) {
        warnings::show(api, out);
        match self.format {
            Format::Whole(_) => self.collected.push(self.whole(object, api)),
            _ => self.say(operation, &Info::new(object.kind(), &object.key()).result_name(), out),
        }
    }

    /// [`Results::collect`] of an object that only kubectl knows.
    pub fn collect_value(&mut self, operation: &str, info: &Info, value: Value, out: &mut Output) {
        match self.format {
            Format::Whole(_) => self.collected.push(value),
            _ => self.say(operation, &info.result_name(), out),
        }
    }

    /// Prints what was collected: one object, or a list of several.
    ///
    /// # Errors
    /// The printer's.
    pub fn finish(&mut self, out: &mut Output) -> Result<(), CliError> {
        let mut collected = std::mem::take(&mut self.collected);
        let Format::Whole(printer) = &mut self.format else { return Ok(()) };
        let value = match collected.len() {
            0 => return Ok(()),
            1 => collected.swap_remove(0),
            // kubectl's own list: one of Go's structures, and without a resourceVersion.
            _ if matches!(printer, Printer::Json) => {
                let items = json::pretty(&serde_json::json!({"items": collected}));
                let items = items.trim_start_matches('{').trim_end_matches('}');
                let head = "{\n    \"kind\": \"List\",\n    \"apiVersion\": \"v1\",\n    \"metadata\": {},";
                out.out(format!("{head}{items}}}\n"));
                return Ok(());
            }
            _ => {
                let mut list = printer::list_of(collected);
                list["metadata"] = Value::Object(serde_json::Map::new());
                list
            }
        };
        out.out(printer.print(&value)?);
        Ok(())
    }
}
