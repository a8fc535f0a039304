//! Word expansion: parameters, substitutions, arithmetic, field splitting, file name patterns.
//!
//! A command substitution cannot be waited for in the middle of an expansion. The expansion stops with
//! [`Stop::Substitute`], the shell runs that command, and the expansion starts again with its result
//! at hand. Assignments made on the way are kept only when it comes to its end.

use super::arithmetic::{self, Names};
use super::arrays::{Key, set_element};
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
    /// It failed with this message because a parameter is not set.
    Unset(String),
}

/// One field while it is put together.
#[derive(Default)]
pub(super) struct Field {
    text: String,
    /// The same with quoted characters escaped.
    pattern: String,
}

/// Where expanded text goes.
#[derive(Default)]
pub(super) struct Sink {
    fields: Vec<Field>,
    open: Option<Field>,
    split: bool,
    /// A separator that is no blank ended the last field, so blanks after it end nothing.
    separators: String,
    /// The pattern is a regular expression.
    regex: bool,
}

impl Sink {
    fn new(split: bool, separators: &str) -> Sink {
        Sink { split, separators: separators.to_owned(), ..Sink::default() }
    }

    pub fn start(&mut self) -> &mut Field {
        self.open.get_or_insert_with(Field::default)
    }

    pub fn finish(&mut self) {
        self.fields.extend(self.open.take());
    }

    fn push(&mut self, text: &str, quoted: bool) {
        let regex = self.regex;
        let field = self.start();
        field.text.push_str(text);
        if quoted && regex {
            field.pattern.push_str(&regex_lite::escape(text));
        } else if quoted {
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
    /// What `set -x` shows of conditions.
    pub traced: Vec<String>,
    /// The texts of `<(...)`, in order.
    pub opened: Vec<String>,
    used: usize,
    made: usize,
    pub random: u32,
}

impl<'a> Expander<'a> {
    pub fn new(
        shell: &'a Shell,
        results: &'a [String],
        files: &'a dyn FileSystem,
        directory: &'a str,
    ) -> Expander<'a> {
        let variables = shell.variables.clone();
        let (opened, traced, random) = (Vec::new(), Vec::new(), shell.random);
        Expander { shell, variables, results, files, directory, traced, opened, used: 0, made: 0, random }
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
        Ok(self.single(word, false)?.text)
    }

    /// A word to a pattern.
    pub fn pattern(&mut self, word: &Word) -> Result<String, Stop> {
        Ok(self.single(word, false)?.pattern)
    }

    /// A word to a regular expression, in which what is quoted means itself.
    pub fn regex(&mut self, word: &Word) -> Result<String, Stop> {
        Ok(self.single(word, true)?.pattern)
    }

    fn single(&mut self, word: &Word, regex: bool) -> Result<Field, Stop> {
        let mut sink = Sink { regex, ..Sink::new(false, "") };
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

    pub fn separators(&self) -> String {
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

    pub fn grow(&mut self, by: usize) -> Result<(), Stop> {
        self.made += by;
        if self.made > MAX_TEXT { Err(Stop::Fail("out of memory".to_owned())) } else { Ok(()) }
    }

    pub fn parts(&mut self, parts: &[Part], quoted: bool, sink: &mut Sink) -> Result<(), Stop> {
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
                        if parameter.is_each() && !matches!(parameter.operation, Operation::Length));
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
                Part::Process(list) => {
                    let Some(result) = self.results.get(self.used) else {
                        return Err(Stop::Substitute(list.clone()));
                    };
                    self.used += 1;
                    self.opened.push(result.clone());
                    sink.push(&process_path(self.opened.len()), true);
                }
                Part::Arithmetic(word) => {
                    let number = self.arithmetic(word)?;
                    self.value(&number.to_string(), quoted, sink)?;
                }
            }
        }
        Ok(())
    }

    pub fn value(&mut self, text: &str, quoted: bool, sink: &mut Sink) -> Result<(), Stop> {
        self.grow(text.len())?;
        if quoted {
            sink.push(text, true)
        } else {
            sink.push_expanded(text)
        }
        Ok(())
    }

    /// The value of an arithmetic expression.
    pub fn arithmetic(&mut self, word: &Word) -> Result<i64, Stop> {
        let text = self.text(word)?;
        self.evaluate(&text)
    }

    pub fn evaluate(&mut self, text: &str) -> Result<i64, Stop> {
        let is_bash = self.shell.is_bash;
        arithmetic::evaluate(text, self).map_err(|why| {
            Stop::Fail(match why.as_str() {
                "divide by zero" if is_bash => {
                    format!("{}: division by 0 (error token is \"0\")", text.trim())
                }
                "arithmetic syntax error" if is_bash => {
                    let last = text.split_whitespace().last().unwrap_or_default();
                    format!("{}: syntax error: operand expected (error token is \"{last}\")", text.trim())
                }
                _ => why,
            })
        })
    }

    pub fn lookup(&self, name: &str) -> Option<String> {
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
                    (shell.is_bash, 'h'),
                    (shell.interactive, 'i'),
                    (options.nounset, 'u'),
                    (options.xtrace, 'x'),
                    (shell.is_bash, 'B'),
                    (shell.is_bash && shell.from_words, 'c'),
                ];
                flags.iter().filter(|(on, _)| *on).map(|(_, flag)| *flag).collect()
            }
            "@" => shell.positional.join(" "),
            "*" => {
                let separators = self.separators();
                let joint = separators.chars().next().map(String::from).unwrap_or_default();
                shell.positional.join(&joint)
            }
            "BASH_VERSION" if shell.is_bash => "5.2.15(1)-release".to_owned(),
            "LINENO" => shell.line.to_string(),
            "RANDOM" => ((self.random >> 16) & 0x7fff).to_string(),
            _ => {
                if let Some((name, index)) = name.strip_suffix(']').and_then(|name| name.split_once('[')) {
                    return self.variables.get(name)?.element(&Key::read(index));
                }
                if let Ok(index) = name.parse::<usize>() {
                    return shell.positional.get(index.checked_sub(1)?).cloned();
                }
                return self.variables.get(name)?.value.as_deref().map(str::to_owned);
            }
        };
        Some(special)
    }
}

/// The name of the file that the `number`th process substitution of a command is read from.
pub(super) fn process_path(number: usize) -> String {
    format!("/dev/fd/{}", 64usize.saturating_sub(number))
}

impl Names for Expander<'_> {
    fn get(&self, name: &str) -> String {
        self.lookup(name).unwrap_or_default()
    }

    fn set(&mut self, name: &str, value: i64) {
        // A read-only variable keeps its value; ash reports it where the expansion ends.
        let value = value.to_string();
        let _kept = match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            Some((name, index)) => set_element(&mut self.variables, name, Key::read(index), &value),
            None => set_variable(&mut self.variables, name, &value),
        };
    }

    fn has_arrays(&self) -> bool {
        self.shell.is_bash
    }

    fn is_named(&self, name: &str) -> bool {
        let items = self.variables.get(name).and_then(|variable| variable.items.as_ref());
        items.is_some_and(|items| items.named)
    }
}
