//! `-o`: how objects are shown.
//!
//! [`Format`] is what the flag says, [`Printer`] prints objects as documents, [`TablePrinter`] as rows.

use serde_json::{Value, json};

use super::args::Args;
use super::custom_columns::CustomColumns;
use super::error::CliError;
use super::field_order::Order;
use super::gotemplate::{self, Template};
use super::jsonpath::{self, JsonPath, go};
use super::table::TabWriter;
use super::{Files, json, kyaml, quote, wire, yaml};
use crate::api::kinds::{Cell, Column, RowContext, age, format};
use crate::api::{Feature, FeatureGates, Kind, Object, SimTime, meta};
use crate::apiserver::ApiServer;

/// The output formats that every printing verb knows.
const ALLOWED: &str = "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,\
                       jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml";

/// A printer of whole objects.
#[derive(Clone, Debug)]
pub enum Printer {
    /// `-o json`
    Json,
    /// `-o yaml`
    Yaml {
        /// How many documents have been printed.
        printed: usize,
    },
    /// `-o kyaml`
    KYaml,
    /// `-o name`
    Name,
    /// `-o go-template=...`
    GoTemplate {
        /// The template as the user wrote it.
        text: String,
        /// The parsed template.
        template: Template,
    },
    /// `-o jsonpath=...`
    JsonPath {
        /// The template as the user wrote it.
        template: String,
        /// The parsed template.
        path: JsonPath,
        /// Whether results are shown as JSON lists.
        as_json: bool,
        /// Whether absent keys are errors.
        strict: bool,
    },
    /// `-o custom-columns=...`
    Columns {
        /// The columns as the user wrote them.
        text: String,
        /// The columns.
        columns: CustomColumns,
        /// Whether headers are due.
        headers: bool,
        /// The layout, whose widths later objects keep.
        writer: TabWriter,
    },
}

/// Whether `-o` asks for a table, and whether for a wide one.
pub fn is_table(output: &str) -> bool {
    matches!(output, "" | "wide")
}

impl Printer {
    /// The printer that `-o` names, which is not a table.
    ///
    /// # Errors
    /// kubectl's complaint about the format or its template.
    pub fn new(output: &str, args: &Args, files: &dyn Files) -> Result<Printer, CliError> {
        let (format, given) = output.split_once('=').unwrap_or((output, ""));
        let template = if given.is_empty() { args.text("template").unwrap_or_default() } else { given };
        match format {
            "json" if given.is_empty() => Ok(Printer::Json),
            "yaml" if given.is_empty() => Ok(Printer::Yaml { printed: 0 }),
            "kyaml" if given.is_empty() && args.gates.has(Feature::KYaml) => Ok(Printer::KYaml),
            "name" if given.is_empty() => Ok(Printer::Name),
            "go-template" | "template" => go_template(template.to_owned(), args),
            "go-template-file" | "templatefile" => go_template(read_template(template, files)?, args),
            "jsonpath" | "jsonpath-as-json" => {
                json_path(template.to_owned(), format == "jsonpath-as-json", args)
            }
            "jsonpath-file" => json_path(read_template(template, files)?, false, args),
            "custom-columns" => {
                let columns = CustomColumns::from_spec(template)?;
                Ok(Printer::columns(columns, template.to_owned(), args))
            }
            "custom-columns-file" => {
                if template.is_empty() {
                    let message = "custom-columns format specified but no custom columns given";
                    return Err(CliError::plain(message));
                }
                let text = read_columns(template, files)?;
                Ok(Printer::columns(CustomColumns::from_template(&text)?, text, args))
            }
            _ => Err(unknown(output, args.gates)),
        }
    }

    fn columns(columns: CustomColumns, text: String, args: &Args) -> Printer {
        Printer::Columns { text, columns, headers: !args.flag("no-headers"), writer: TabWriter::for_tables() }
    }

    /// Whether what is printed can have the objects' managers in it. YAML and JSON leave them out.
    pub fn sees_managers(&self) -> Sees {
        let template = match self {
            Printer::GoTemplate { text, .. } => text,
            Printer::JsonPath { template, .. } => template,
            Printer::Columns { text, .. } if reaches_managers(text) => return Sees::Always,
            _ => return Sees::Never,
        };
        if reaches_managers(template) { Sees::Always } else { Sees::InErrors }
    }

    /// Prints one object, or a `List` of them.
    ///
    /// # Errors
    /// The template's complaint.
    pub fn print(&mut self, value: &Value) -> Result<String, CliError> {
        match self {
            Printer::Json => Ok(format!("{}\n", json::pretty(value))),
            Printer::Yaml { printed } => {
                *printed += 1;
                let separator = if *printed > 1 { "---\n" } else { "" };
                Ok(format!("{separator}{}", yaml::document(value)))
            }
            Printer::KYaml => Ok(kyaml::document(value, Order::Alphabet, "")),
            Printer::Name => Ok(each(value).map(name_line).collect()),
            Printer::GoTemplate { text, template } => {
                let raw = super::gojson::encode(value);
                template.execute(value).map_err(|why| go_template_error(text, &why, &raw, value))
            }
            Printer::JsonPath { template, path, as_json, strict } => {
                let found = if *strict { path.find_strictly(value) } else { path.find(value) };
                let found = found.map_err(|error| template_error(template, &error, value))?;
                Ok(if *as_json { jsonpath::print_as_json(&found) } else { jsonpath::print(&found) })
            }
            Printer::Columns { columns, headers, writer, .. } => {
                if std::mem::take(headers) {
                    columns.headers(writer);
                }
                for value in each(value) {
                    if let Err(why) = columns.row(value, writer) {
                        // What was written before is printed all the same.
                        return Err(CliError::Explained { explanation: writer.flush(), message: why });
                    }
                }
                Ok(writer.flush())
            }
        }
    }

    /// Prints an object that kubectl made itself: a value of one of Go's types, not of a map.
    ///
    /// # Errors
    /// The template's complaint.
    pub fn print_typed(&mut self, value: &Value) -> Result<String, CliError> {
        match self {
            Printer::Json => Ok(format!("{}\n", json::pretty_by_struct(value))),
            Printer::KYaml => Ok(kyaml::document(value, Order::Made, "")),
            Printer::GoTemplate { text, template } => template
                .execute(value)
                .map_err(|why| go_template_error(text, &why, &json::compact_by_struct(value), value)),
            _ => self.print(value),
        }
    }

    /// Prints a list that kubectl has decoded: a value of that one of Go's types.
    ///
    /// # Errors
    /// The template's complaint.
    pub fn print_decoded(&mut self, list: &Value, of: &str) -> Result<String, CliError> {
        match self {
            Printer::Json => Ok(format!("{}\n", json::pretty_decoded(list, of))),
            Printer::KYaml => Ok(kyaml::document(list, Order::Decoded, of)),
            _ => self.print(list),
        }
    }

    /// Prints a watch event with its object: JSON on one line.
    ///
    /// # Errors
    /// The template's complaint.
    pub fn print_event(&mut self, event: &str, value: &Value) -> Result<String, CliError> {
        match self {
            Printer::Name => self.print(value),
            Printer::Json => {
                Ok(format!("{{\"type\":{},\"object\":{}}}\n", quote(event), json::compact(value)))
            }
            _ => self.print(&json!({ "type": event, "object": value })),
        }
    }
}

/// When a printer shows the managers of its objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sees {
    /// Never.
    Never,
    /// When its template does not fit the objects, which are then shown whole.
    InErrors,
    /// Its template reaches them.
    Always,
}

/// Whether a template may reach the managers of objects: it names them, looks everywhere, or shows the whole of an
/// object or its metadata.
fn reaches_managers(template: &str) -> bool {
    let is_whole = |word: &str| {
        template.match_indices(word).any(|(at, _)| {
            let mut rest = &template[at + word.len()..];
            if let Some(index) = rest.strip_prefix('[') {
                rest = index.split_once(']').map_or("", |(_, rest)| rest);
            }
            !rest.starts_with(|next: char| next == '.' || next.is_ascii_alphanumeric())
        })
    };
    template.contains("managedFields")
        || template.contains("..")
        || ["metadata", "items", "@", "$"].into_iter().any(is_whole)
        || ["{.}", "{ . }", " .}", "(.)", " . "].into_iter().any(|dot| template.contains(dot))
        || template.contains('*') && template.contains(".*")
}

/// Several objects as kubectl prints them together.
pub fn list_of(items: Vec<Value>) -> Value {
    json!({ "apiVersion": "v1", "items": items, "kind": "List", "metadata": { "resourceVersion": "" } })
}

/// kubectl's complaint about a format.
pub fn unknown(output: &str, gates: FeatureGates) -> CliError {
    let (format, allowed) = (quote(output), known_formats(ALLOWED, gates));
    CliError::plain(format!(
        "unable to match a printer suitable for the output format {format}, allowed formats are: {allowed}"
    ))
}

/// Those of the formats that the kubectl of the release knows.
pub fn known_formats(all: &str, gates: FeatureGates) -> String {
    if gates.has(Feature::KYaml) { all.to_owned() } else { all.replace("kyaml,", "") }
}

fn json_path(template: String, as_json: bool, args: &Args) -> Result<Printer, CliError> {
    if template.is_empty() {
        return Err(CliError::plain("template format specified but no template given"));
    }
    let path = JsonPath::parse(&template)
        .map_err(|error| CliError::plain(format!("error parsing jsonpath {template}, {error}")))?;
    let strict = args.text("allow-missing-template-keys") == Some("false");
    Ok(Printer::JsonPath { template, path, as_json, strict })
}

fn go_template(text: String, args: &Args) -> Result<Printer, CliError> {
    if text.is_empty() {
        return Err(CliError::plain("template format specified but no template given"));
    }
    let template = Template::parse(&text)
        .map_err(|error| CliError::plain(format!("error parsing template {text}, {error}")))?;
    let strict = args.text("allow-missing-template-keys") == Some("false");
    Ok(Printer::GoTemplate { text, template: if strict { template.strict() } else { template } })
}

/// Models cli-runtime pkg/printers: GoTemplatePrinter, which explains itself on standard output.
fn go_template_error(text: &str, why: &str, raw: &str, value: &Value) -> CliError {
    CliError::Explained {
        explanation: format!(
            "Error executing template: {why}. Printing more information for debugging the template:\n\ttemplate \
             was:\n\t\t{text}\n\traw data was:\n\t\t{raw}\n\tobject given to template engine was:\n\t\t{}\n\n",
            gotemplate::show(value)
        ),
        message: format!("error executing template {}: {why}", quote(text)),
    }
}

fn read_columns(path: &str, files: &dyn Files) -> Result<String, CliError> {
    let found = files.read(path, false).map_err(|_| {
        CliError::plain(format!("error reading template {path}, open {path}: no such file or directory"))
    })?;
    Ok(found.into_iter().map(|(_, text)| text).collect())
}

fn read_template(path: &str, files: &dyn Files) -> Result<String, CliError> {
    if path.is_empty() {
        return Err(CliError::plain("template format specified but no template given"));
    }
    let found = files.read(path, false).map_err(|_| {
        CliError::plain(format!("error reading --template {path}, open {path}: no such file or directory"))
    })?;
    Ok(found.into_iter().map(|(_, text)| text).collect())
}

/// Models cli-runtime pkg/printers: JSONPathPrinter.
fn template_error(template: &str, error: &str, value: &Value) -> CliError {
    CliError::plain(format!(
        "error executing jsonpath {}: Error executing template: {error}. Printing more information for \
         debugging the template:\n\ttemplate was:\n\t\t{template}\n\tobject given to jsonpath engine \
         was:\n\t\t{}\n\n\n",
        quote(template),
        go::syntax(value)
    ))
}

/// The items of a `List`, or the object itself.
fn each(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value.get("items").and_then(Value::as_array) {
        Some(items) if value["kind"] == "List" => Box::new(items.iter()),
        _ => Box::new(std::iter::once(value)),
    }
}

/// `statefulset.apps/web`
fn name_line(value: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let api_version = text(&value["apiVersion"]);
    let group = api_version.split_once('/').map(|(group, _)| format!(".{group}")).unwrap_or_default();
    format!("{}{group}/{}\n", text(&value["kind"]).to_lowercase(), text(&value["metadata"]["name"]))
}

/// What a table shows beside the kind's columns.
#[derive(Clone, Debug, Default)]
pub struct TableOptions {
    /// What the server has; it sends a column only if it has what the column shows.
    pub gates: FeatureGates,
    /// Wide columns too.
    pub wide: bool,
    /// No columns but the name and the age, as kubectl makes them itself.
    pub bare: bool,
    /// No header line.
    pub no_headers: bool,
    /// A NAMESPACE column.
    pub with_namespace: bool,
    /// Names as `pod/web-0`.
    pub with_kind: bool,
    /// A LABELS column.
    pub show_labels: bool,
    /// A column for each of these labels.
    pub label_columns: Vec<String>,
}

/// The columns of a table that the server did not make.
const BARE: &[Column] = &[Column::normal("Name"), Column::normal("Age")];

/// Prints objects of one kind as rows; the header comes before the first.
///
/// Models cli-runtime pkg/printers: HumanReadablePrinter.
#[derive(Clone, Debug)]
pub struct TablePrinter {
    options: TableOptions,
    headers_due: bool,
    writer: TabWriter,
}

impl TablePrinter {
    /// A printer that has printed nothing.
    pub fn new(options: TableOptions) -> TablePrinter {
        TablePrinter { headers_due: !options.no_headers, options, writer: TabWriter::for_tables() }
    }

    /// Adds the rows of `objects`; `event` is the watch event that they come with.
    pub fn rows(&mut self, kind: Kind, objects: &[Object], event: Option<&str>, now: SimTime) {
        let info = kind.info();
        if objects.is_empty() {
            return;
        }
        let columns = if self.options.bare { BARE } else { info.columns };
        if std::mem::take(&mut self.headers_due) {
            let headers = self.headers(kind, columns, event.is_some());
            self.writer.row(headers.iter().map(String::as_str));
        }
        let context = RowContext { now, gates: self.options.gates };
        for object in objects {
            let cells = if self.options.bare {
                vec![Cell::name(object), age(object, &context)]
            } else {
                (info.row)(object, &context)
            };
            let cells = columns.iter().zip(cells).filter(|(column, _)| self.is_shown(kind, column));
            let cells: Vec<String> = cells.map(|(column, cell)| self.cell(column, object, cell.0)).collect();
            let row = self.decorate(object, event, cells);
            self.writer.row(row.iter().map(String::as_str));
        }
    }

    /// Takes the text so far.
    pub fn flush(&mut self) -> String {
        self.writer.flush()
    }

    fn is_shown(&self, kind: Kind, column: &Column) -> bool {
        self.options.gates.has_column(kind, column.name) && (self.options.wide || !column.wide)
    }

    fn headers(&self, kind: Kind, columns: &[Column], with_event: bool) -> Vec<String> {
        let mut headers: Vec<String> = Vec::new();
        if with_event {
            headers.push("EVENT".to_owned());
        }
        if self.options.with_namespace {
            headers.push("NAMESPACE".to_owned());
        }
        let shown = columns.iter().filter(|column| self.is_shown(kind, column));
        headers.extend(shown.map(|column| column.name.to_uppercase()));
        let labels = self.options.label_columns.iter();
        headers.extend(labels.map(|label| label.rsplit('/').next().unwrap_or_default().to_uppercase()));
        if self.options.show_labels {
            headers.push("LABELS".to_owned());
        }
        headers
    }

    fn cell(&self, column: &Column, object: &Object, text: String) -> String {
        let text = match text.find(['\n', '\r', '\u{c}']) {
            Some(end) => format!("{}...", &text[..end]),
            None => text,
        };
        if column.name == "Name" && self.options.with_kind {
            return format!("{}/{text}", object.kind().info().qualified_singular());
        }
        text
    }

    fn decorate(&self, object: &Object, event: Option<&str>, cells: Vec<String>) -> Vec<String> {
        let meta = object.meta();
        let mut row: Vec<String> = Vec::new();
        row.extend(event.map(|event| format!("{event:<8}")));
        if self.options.with_namespace {
            row.push(meta::namespace(meta).to_owned());
        }
        row.extend(cells);
        for label in &self.options.label_columns {
            row.push(meta::labels(meta).get(label).cloned().unwrap_or_default());
        }
        if self.options.show_labels {
            row.push(format::format_labels(Some(meta::labels(meta))));
        }
        row
    }
}

/// The object as documents show it.
pub fn value(object: &Object) -> Value {
    wire::value(object)
}

/// The object as documents of a release show it.
pub fn served(object: &Object, gates: FeatureGates) -> Value {
    let mut value = wire::value(object);
    wire::say_null_creation(&mut value, gates);
    value
}

/// The object with its managers.
pub fn managed(api: &ApiServer, object: &Object) -> Value {
    let mut value = served(object, api.gates);
    value["metadata"]["managedFields"] = api.managed_fields(object);
    value
}
