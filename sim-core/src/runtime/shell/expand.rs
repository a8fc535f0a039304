//! Word expansion: parameters, substitutions, arithmetic, field splitting, file name patterns.
//!
//! A command substitution cannot be waited for in the middle of an expansion. The expansion stops with
//! [`Stop::Substitute`], the shell runs that command, and the expansion starts again with its result
//! at hand. Assignments made on the way are kept only when it comes to its end.

use super::arithmetic::{self, Names};
use super::ast::*;
use super::glob::glob;
use super::pattern;
use super::state::{Shell, Variables, set_variable};
use crate::runtime::fs::FileSystem;

/// The most text one expansion may make.
const MAX_TEXT: usize = 1 << 20;

/// Why an expansion did not come to its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// This command's output is needed first.
    Substitute(List),
    /// It failed with this message.
    Fail(String),
}

/// One field while it is put together.
#[derive(Default)]
struct Field {
    text: String,
    /// The same with quoted characters escaped.
    pattern: String,
}

/// Where expanded text goes.
#[derive(Default)]
struct Sink {
    fields: Vec<Field>,
    open: Option<Field>,
    split: bool,
    /// A separator that is no blank ended the last field, so blanks after it end nothing.
    separators: String,
}

impl Sink {
    fn new(split: bool, separators: &str) -> Sink {
        Sink { split, separators: separators.to_owned(), ..Sink::default() }
    }

    fn start(&mut self) -> &mut Field {
        self.open.get_or_insert_with(Field::default)
    }

    fn finish(&mut self) {
        self.fields.extend(self.open.take());
    }

    fn push(&mut self, text: &str, quoted: bool) {
        let field = self.start();
        field.text.push_str(text);
        if quoted {
            field.pattern.push_str(&pattern::escape(text));
        } else {
            field.pattern.push_str(text);
        }
    }

    /// Text from an unquoted expansion.
    fn push_expanded(&mut self, text: &str) {
        if !self.split {
            if !text.is_empty() {
                self.push(text, false);
            }
            return;
        }
        let mut after_separator = self.open.is_none();
        for c in text.chars() {
            if !self.separators.contains(c) {
                let mut buffer = [0; 4];
                // A value's backslash is no escape of a pattern.
                self.push(c.encode_utf8(&mut buffer), c == '\\');
                after_separator = false;
            } else if c.is_ascii_whitespace() {
                if self.open.is_some() {
                    self.finish();
                    after_separator = false;
                }
            } else {
                if self.open.is_some() || after_separator {
                    self.start();
                    self.finish();
                }
                after_separator = true;
            }
        }
    }
}

/// Expands words for a shell.
pub(super) struct Expander<'a> {
    pub shell: &'a Shell,
    /// The shell's variables with the assignments of this expansion.
    pub variables: Variables,
    /// The outputs of the substitutions so far, in order.
    pub results: &'a [String],
    pub files: &'a dyn FileSystem,
    pub directory: &'a str,
    used: usize,
    made: usize,
    random: u32,
}

impl<'a> Expander<'a> {
    pub fn new(
        shell: &'a Shell,
        results: &'a [String],
        files: &'a dyn FileSystem,
        directory: &'a str,
    ) -> Expander<'a> {
        let variables = shell.variables.clone();
        Expander { shell, variables, results, files, directory, used: 0, made: 0, random: shell.random }
    }

    /// The state of `$RANDOM` after this expansion.
    pub fn random(&self) -> u32 {
        self.random
    }

    /// Words to arguments.
    pub fn words(&mut self, words: &[Word]) -> Result<Vec<String>, Stop> {
        let mut arguments = Vec::new();
        for word in words {
            let separators = self.separators();
            let mut sink = Sink::new(true, &separators);
            self.tilde_and_parts(word, &mut sink)?;
            sink.finish();
            for field in sink.fields {
                if self.shell.options.noglob || !pattern::is_pattern(&field.pattern) {
                    arguments.push(field.text);
                    continue;
                }
                let found = glob(self.files, self.directory, &field.pattern);
                if found.is_empty() { arguments.push(field.text) } else { arguments.extend(found) }
            }
        }
        Ok(arguments)
    }

    /// A word to one text, neither split nor matched against files.
    pub fn text(&mut self, word: &Word) -> Result<String, Stop> {
        Ok(self.single(word)?.text)
    }

    /// A word to a pattern.
    pub fn pattern(&mut self, word: &Word) -> Result<String, Stop> {
        Ok(self.single(word)?.pattern)
    }

    fn single(&mut self, word: &Word) -> Result<Field, Stop> {
        let mut sink = Sink::new(false, "");
        self.tilde_and_parts(word, &mut sink)?;
        sink.finish();
        let mut whole = Field::default();
        for (index, field) in sink.fields.iter().enumerate() {
            if index > 0 {
                whole.text.push(' ');
                whole.pattern.push(' ');
            }
            whole.text.push_str(&field.text);
            whole.pattern.push_str(&field.pattern);
        }
        Ok(whole)
    }

    fn separators(&self) -> String {
        self.lookup("IFS").unwrap_or_else(|| " \t\n".to_owned())
    }

    fn tilde_and_parts(&mut self, word: &Word, sink: &mut Sink) -> Result<(), Stop> {
        if let Some(Part::Literal(text)) = word.0.first()
            && let Some(rest) = text.strip_prefix('~')
            && (rest.starts_with('/') || (rest.is_empty() && word.0.len() == 1))
        {
            let home = self.lookup("HOME").unwrap_or_else(|| "/root".to_owned());
            sink.push(&home, true);
            sink.push(rest, false);
            return self.parts(&word.0[1..], false, sink);
        }
        self.parts(&word.0, false, sink)
    }

    fn grow(&mut self, by: usize) -> Result<(), Stop> {
        self.made += by;
        if self.made > MAX_TEXT { Err(Stop::Fail("out of memory".to_owned())) } else { Ok(()) }
    }

    fn parts(&mut self, parts: &[Part], quoted: bool, sink: &mut Sink) -> Result<(), Stop> {
        for part in parts {
            match part {
                Part::Literal(text) => {
                    self.grow(text.len())?;
                    sink.push(text, quoted);
                }
                Part::Quoted(text) => {
                    self.grow(text.len())?;
                    sink.push(text, true);
                }
                Part::Double(inside) => {
                    let all_arguments = matches!(inside.as_slice(), [Part::Parameter(parameter)]
                        if parameter.name == "@" && matches!(parameter.operation, Operation::Value));
                    if !all_arguments {
                        sink.start();
                    }
                    self.parts(inside, true, sink)?;
                }
                Part::Parameter(parameter) => self.parameter(parameter, quoted, sink)?,
                Part::Substitution(list) => {
                    let Some(result) = self.results.get(self.used) else {
                        return Err(Stop::Substitute(list.clone()));
                    };
                    self.used += 1;
                    self.value(result.trim_end_matches('\n'), quoted, sink)?;
                }
                Part::Arithmetic(word) => {
                    let number = self.arithmetic(word)?;
                    self.value(&number.to_string(), quoted, sink)?;
                }
            }
        }
        Ok(())
    }

    fn value(&mut self, text: &str, quoted: bool, sink: &mut Sink) -> Result<(), Stop> {
        self.grow(text.len())?;
        if quoted {
            sink.push(text, true)
        } else {
            sink.push_expanded(text)
        }
        Ok(())
    }

    fn arithmetic(&mut self, word: &Word) -> Result<i64, Stop> {
        let text = self.text(word)?;
        arithmetic::evaluate(&text, self).map_err(Stop::Fail)
    }

    fn lookup(&self, name: &str) -> Option<String> {
        let shell = self.shell;
        let special = match name {
            "?" => shell.status.to_string(),
            "$" => shell.pid.to_string(),
            "!" => return shell.last_background.map(|pid| pid.to_string()),
            "#" => shell.positional.len().to_string(),
            "0" => shell.script.clone().unwrap_or_else(|| shell.name.clone()),
            "-" => {
                let options = shell.options;
                let flags = [
                    (options.errexit, 'e'),
                    (options.noglob, 'f'),
                    (shell.interactive, 'i'),
                    (options.nounset, 'u'),
                    (options.xtrace, 'x'),
                ];
                flags.iter().filter(|(on, _)| *on).map(|(_, flag)| *flag).collect()
            }
            "@" => shell.positional.join(" "),
            "*" => {
                let separators = self.separators();
                let joint = separators.chars().next().map(String::from).unwrap_or_default();
                shell.positional.join(&joint)
            }
            "RANDOM" => ((self.random >> 16) & 0x7fff).to_string(),
            _ => {
                if let Ok(index) = name.parse::<usize>() {
                    return shell.positional.get(index.checked_sub(1)?).cloned();
                }
                return self.variables.get(name)?.value.as_deref().map(str::to_owned);
            }
        };
        Some(special)
    }

    fn is_set(&self, name: &str) -> bool {
        match name {
            "@" | "*" => !self.shell.positional.is_empty(),
            _ => self.lookup(name).is_some(),
        }
    }

    fn parameter(&mut self, parameter: &Parameter, quoted: bool, sink: &mut Sink) -> Result<(), Stop> {
        let name = parameter.name.as_str();
        if name == "RANDOM" {
            self.random = self.random.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        }
        let counts = |colon: bool, value: &Option<String>, set: bool| match value {
            Some(text) => set && !(colon && text.is_empty()),
            None => false,
        };
        let value = self.lookup(name);
        let set = self.is_set(name);
        match &parameter.operation {
            Operation::Value if name == "@" || (name == "*" && !quoted) => self.arguments(quoted, sink),
            Operation::Default { colon, .. }
            | Operation::Assign { colon, .. }
            | Operation::Error { colon, .. }
                if counts(*colon, &value, set) =>
            {
                if name == "@" {
                    self.arguments(quoted, sink)
                } else {
                    self.value(&value.unwrap_or_default(), quoted, sink)
                }
            }
            Operation::Default { word, .. } => self.parts(&word.0, quoted, sink),
            Operation::Assign { word, .. } => {
                let text = self.text(word)?;
                set_variable(&mut self.variables, name, &text).map_err(Stop::Fail)?;
                self.value(&text, quoted, sink)
            }
            Operation::Error { word, colon } => {
                let text = self.text(word)?;
                let default = if *colon { "parameter not set or null" } else { "parameter not set" };
                let why = if text.is_empty() { default } else { &text };
                Err(Stop::Fail(format!("{name}: {why}")))
            }
            Operation::Alternate { colon, word } => {
                if counts(*colon, &value, set) {
                    self.parts(&word.0, quoted, sink)
                } else {
                    Ok(())
                }
            }
            operation => {
                if value.is_none() && self.shell.options.nounset && !matches!(name, "@" | "*") {
                    return Err(Stop::Fail(format!("{name}: parameter not set")));
                }
                let text = self.transformed(name, &value.unwrap_or_default(), operation)?;
                self.value(&text, quoted, sink)
            }
        }
    }

    fn arguments(&mut self, quoted: bool, sink: &mut Sink) -> Result<(), Stop> {
        let arguments = self.shell.positional.clone();
        for (index, argument) in arguments.iter().enumerate() {
            if index > 0 {
                sink.finish();
            }
            if quoted {
                sink.start();
            }
            self.value(argument, quoted, sink)?;
        }
        Ok(())
    }

    fn transformed(&mut self, name: &str, value: &str, operation: &Operation) -> Result<String, Stop> {
        Ok(match operation {
            Operation::Length if matches!(name, "@" | "*") => self.shell.positional.len().to_string(),
            Operation::Length => value.chars().count().to_string(),
            Operation::RemovePrefix { longest, word } => {
                let pattern = self.pattern(word)?;
                self.grow(value.len())?;
                let cut = pattern::prefix(&pattern, &value[..floor(value, 1 << 10)], *longest).unwrap_or(0);
                value[cut..].to_owned()
            }
            Operation::RemoveSuffix { longest, word } => {
                let pattern = self.pattern(word)?;
                let from = value.len() - floor(value, 1 << 10);
                let from = (from..=value.len()).find(|at| value.is_char_boundary(*at)).unwrap_or(0);
                let cut = pattern::suffix(&pattern, &value[from..], *longest).map(|cut| from + cut);
                value[..cut.unwrap_or(value.len())].to_owned()
            }
            Operation::Substring { offset, length } => {
                let offset = self.arithmetic(offset)?;
                let length = length.as_ref().map(|length| self.arithmetic(length)).transpose()?;
                substring(value, offset, length)
            }
            Operation::Replace { all, pattern, text } => {
                let (pattern, text) = (self.pattern(pattern)?, self.text(text)?);
                self.replaced(value, *all, &pattern, &text)?
            }
            _ => value.to_owned(),
        })
    }

    fn replaced(&mut self, value: &str, all: bool, pattern: &str, text: &str) -> Result<String, Stop> {
        let mut replaced = String::new();
        let mut rest = value;
        while let Some(c) = rest.chars().next() {
            let window = &rest[..floor(rest, 1 << 8)];
            match pattern::prefix(pattern, window, true).filter(|length| *length > 0) {
                Some(length) => {
                    self.grow(text.len())?;
                    replaced.push_str(text);
                    rest = &rest[length..];
                    if !all {
                        break;
                    }
                }
                None => {
                    replaced.push(c);
                    rest = &rest[c.len_utf8()..];
                }
            }
        }
        replaced.push_str(rest);
        Ok(replaced)
    }
}

/// The largest character boundary of `text` that is not above `limit`.
fn floor(text: &str, limit: usize) -> usize {
    (0..=limit.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn substring(value: &str, offset: i64, length: Option<i64>) -> String {
    let chars: Vec<char> = value.chars().collect();
    let count = i64::try_from(chars.len()).unwrap_or(i64::MAX);
    let start = if offset < 0 { count.saturating_add(offset) } else { offset };
    if start < 0 || start > count {
        return String::new();
    }
    let end = match length {
        None => count,
        Some(length) if length < 0 => count.saturating_add(length),
        Some(length) => start.saturating_add(length).min(count),
    };
    if end <= start { String::new() } else { chars[start as usize..end as usize].iter().collect() }
}

impl Names for Expander<'_> {
    fn get(&self, name: &str) -> String {
        self.lookup(name).unwrap_or_default()
    }

    fn set(&mut self, name: &str, value: i64) {
        // A read-only variable keeps its value; ash reports it where the expansion ends.
        let _kept = set_variable(&mut self.variables, name, &value.to_string());
    }
}
