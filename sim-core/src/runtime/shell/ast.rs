//! The shell's syntax tree. Nodes that a suspended process points into are shared.

use std::sync::Arc;

/// Commands one after the other.
pub(super) type List = Arc<Vec<Item>>;

/// One and-or list, perhaps in the background.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub and_or: Arc<AndOr>,
    pub background: bool,
}

/// Pipelines joined by `&&` and `||`.
#[derive(Clone, Debug)]
pub(super) struct AndOr {
    pub first: Arc<Pipeline>,
    pub rest: Vec<(Connector, Arc<Pipeline>)>,
}

/// What joins two pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connector {
    And,
    Or,
}

/// Commands joined by `|`.
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    pub negated: bool,
    pub commands: Vec<Command>,
}

/// One command.
#[derive(Clone, Debug)]
pub(super) enum Command {
    Simple(Arc<Simple>),
    Compound(Arc<Compound>),
    Function { name: String, body: Arc<Compound> },
}

/// Assignments, words and redirections.
#[derive(Clone, Debug, Default)]
pub(super) struct Simple {
    pub assignments: Vec<(String, Word)>,
    pub words: Vec<Word>,
    pub redirects: Vec<Redirect>,
    pub line: u32,
}

/// A command that holds others.
#[derive(Clone, Debug)]
pub(super) struct Compound {
    pub kind: CompoundKind,
    pub redirects: Vec<Redirect>,
}

/// The kinds of compound command.
#[derive(Clone, Debug)]
pub(super) enum CompoundKind {
    Brace(List),
    Subshell(List),
    If { arms: Vec<(List, List)>, otherwise: Option<List> },
    Loop { until: bool, condition: List, body: List },
    For { name: String, words: Option<Vec<Word>>, body: List },
    Case { subject: Word, arms: Vec<(Vec<Word>, List)> },
}

/// A redirection of `fd`.
#[derive(Clone, Debug)]
pub(super) struct Redirect {
    pub fd: u32,
    pub kind: RedirectKind,
    pub target: Word,
}

/// What a redirection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RedirectKind {
    Read,
    Write,
    Append,
    ReadWrite,
    Duplicate,
    /// `&>`: both output streams.
    WriteBoth,
    /// A here-document, whose text is the target.
    Text,
}

/// A word before expansion.
#[derive(Clone, Debug, Default)]
pub(super) struct Word(pub Vec<Part>);

/// A piece of a word.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// Unquoted text.
    Literal(String),
    /// Text in single quotes, or escaped.
    Quoted(String),
    /// A part in double quotes.
    Double(Vec<Part>),
    /// `$name` and `${...}`.
    Parameter(Box<Parameter>),
    /// `$(...)` and backquotes.
    Substitution(List),
    /// `$((...))`.
    Arithmetic(Word),
}

/// A parameter expansion.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub name: String,
    pub operation: Operation,
}

/// What is done to a parameter's value.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    /// `$x`
    Value,
    /// `${#x}`
    Length,
    /// `${x:-word}`; without colon only an unset value counts.
    Default { colon: bool, word: Word },
    /// `${x:=word}`
    Assign { colon: bool, word: Word },
    /// `${x:?word}`
    Error { colon: bool, word: Word },
    /// `${x:+word}`
    Alternate { colon: bool, word: Word },
    /// `${x#pattern}`, `${x##pattern}`
    RemovePrefix { longest: bool, word: Word },
    /// `${x%pattern}`, `${x%%pattern}`
    RemoveSuffix { longest: bool, word: Word },
    /// `${x:offset:length}`
    Substring { offset: Word, length: Option<Word> },
    /// `${x/pattern/text}`, `${x//pattern/text}`
    Replace { all: bool, pattern: Word, text: Word },
}

impl Word {
    /// The word's text when it is plain and unquoted.
    pub fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }
}
