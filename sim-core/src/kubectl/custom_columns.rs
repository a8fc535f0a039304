//! `-o custom-columns=NAME:.metadata.name,...`
//!
//! Models kubectl pkg/cmd/get: CustomColumnsPrinter.

use serde_json::Value;

use super::error::CliError;
use super::jsonpath::{JsonPath, go, relaxed};
use super::table::TabWriter;

/// Columns that the user chose.
#[derive(Clone, Debug)]
pub struct CustomColumns {
    columns: Vec<(String, JsonPath)>,
}

impl CustomColumns {
    /// Reads `HEADER:path,HEADER:path`.
    ///
    /// # Errors
    /// kubectl's complaint about the specification.
    pub fn from_spec(spec: &str) -> Result<CustomColumns, CliError> {
        if spec.is_empty() {
            return Err(CliError::plain("custom-columns format specified but no custom columns given"));
        }
        let mut columns = Vec::new();
        for part in spec.split(',') {
            let Some((header, path)) = part.split_once(':') else {
                let expected = "expected <header>:<json-path-expr>";
                return Err(CliError::plain(format!("unexpected custom-columns spec: {part}, {expected}")));
            };
            columns.push((header.to_owned(), parse(path)?));
        }
        Ok(CustomColumns { columns })
    }

    /// Reads a file of two lines: headers, and paths below them.
    ///
    /// # Errors
    /// kubectl's complaint about the file.
    pub fn from_template(text: &str) -> Result<CustomColumns, CliError> {
        let expected = "Expected format is one line of space separated headers, one line of space separated column specs.";
        let mut lines = text.lines();
        let missing =
            |what: &str| CliError::plain(format!("invalid template, missing {what} line. {expected}"));
        let headers: Vec<&str> = lines.next().ok_or_else(|| missing("header"))?.split_whitespace().collect();
        let paths: Vec<&str> = lines.next().ok_or_else(|| missing("spec"))?.split_whitespace().collect();
        if headers.len() != paths.len() {
            return Err(CliError::plain(format!(
                "number of headers ({}) and field specifications ({}) don't match",
                headers.len(),
                paths.len()
            )));
        }
        let columns: Result<Vec<(String, JsonPath)>, CliError> = headers
            .iter()
            .zip(paths)
            .map(|(header, path)| Ok(((*header).to_owned(), parse(path)?)))
            .collect();
        Ok(CustomColumns { columns: columns? })
    }

    /// Writes the headers.
    pub fn headers(&self, writer: &mut TabWriter) {
        writer.row(self.columns.iter().map(|(header, _)| header.as_str()));
    }

    /// Writes the row of one object.
    ///
    /// # Errors
    /// The engine's complaint, such as an index that is out of bounds.
    pub fn row(&self, object: &Value, writer: &mut TabWriter) -> Result<(), String> {
        let mut cells = Vec::with_capacity(self.columns.len());
        for (_, path) in &self.columns {
            let found = path.find(object)?;
            let mut texts: Vec<String> = Vec::new();
            if found.first().is_none_or(Vec::is_empty) {
                texts.push("<none>".to_owned());
            }
            texts.extend(found.iter().flatten().map(|value| escape(&go::text(value))));
            cells.push(texts.join(","));
        }
        writer.row(cells.iter().map(String::as_str));
        Ok(())
    }
}

fn parse(path: &str) -> Result<JsonPath, CliError> {
    JsonPath::parse(&relaxed(path).map_err(CliError::plain)?).map_err(CliError::plain)
}

/// Terminal control characters made visible.
///
/// Models cli-runtime pkg/printers: EscapeTerminal.
fn escape(text: &str) -> String {
    text.replace('\u{1b}', "^[").replace('\r', "\\r")
}
