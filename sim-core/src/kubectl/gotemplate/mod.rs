//! Go's template language, as `-o go-template` speaks it.
//!
//! Models Go text/template with cli-runtime's functions `exists` and `base64decode`.

mod eval;
mod functions;
mod lex;
mod parse;
mod show;

use std::collections::BTreeMap;

use serde_json::Value;

use parse::{Node, Parser};

pub use show::show;

/// A parsed template.
#[derive(Clone, Debug)]
pub struct Template {
    text: String,
    main: Vec<Node>,
    named: BTreeMap<String, Vec<Node>>,
    strict: bool,
}

impl Template {
    /// Parses `text`.
    ///
    /// # Errors
    /// The parser's complaint, `template: output:1: unclosed action`.
    pub fn parse(text: &str) -> Result<Template, String> {
        let located = |(at, why): (usize, String)| {
            let line = 1 + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
            format!("template: output:{line}: {why}")
        };
        let items = lex::items(text);
        let mut parser = Parser::new(&items, text.len());
        let main = parser.template().map_err(located)?;
        Ok(Template { text: text.to_owned(), main, named: parser.named, strict: false })
    }

    /// Absent keys are errors from now on.
    #[must_use]
    pub fn strict(mut self) -> Template {
        self.strict = true;
        self
    }

    /// What the template makes of `data`; with an error comes what was printed before it.
    ///
    /// # Errors
    /// `template: output:1:7: executing "output" at <.x.y>: ...`
    pub fn execute(&self, data: &Value) -> Result<String, String> {
        eval::run(self, data)
    }

    /// Line and column of a byte, as errors name them.
    fn place(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line = 1 + before.matches('\n').count();
        let column = before.rfind('\n').map_or(before.len(), |start| before.len() - start - 1);
        format!("output:{line}:{column}")
    }
}
