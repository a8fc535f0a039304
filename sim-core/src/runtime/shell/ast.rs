//! The shell's syntax tree. Nodes that a suspended process points into are shared.

use std::sync::Arc;

/// Whose grammar a shell reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// busybox's `sh`.
    Ash,
    /// Debian's `sh`.
    Dash,
    /// `bash`, and a user's own shell.
    Bash,
}

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
    /// bash's `time`.
    pub timed: bool,
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
    pub assignments: Vec<Assignment>,
    pub words: Vec<Word>,
    /// `local a=(...)`: the arrays among a declaration's words.
    pub arrays: Vec<Assignment>,
    pub redirects: Vec<Redirect>,
    pub line: u32,
}

/// `NAME=value`, and what bash adds to it.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    pub name: String,
    /// `NAME[index]=`
    pub index: Option<Word>,
    /// `NAME+=`
    pub append: bool,
    pub value: Assigned,
}

/// What is assigned.
#[derive(Clone, Debug)]
pub(super) enum Assigned {
    Text(Word),
    /// `(a [5]=b c)`
    List(Elements),
}

/// The words of an array, with the keys that they name.
pub(super) type Elements = Vec<(Option<Word>, Word)>;

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
    If {
        arms: Vec<(List, List)>,
        otherwise: Option<List>,
    },
    Loop {
        until: bool,
        condition: List,
        body: List,
    },
    For {
        name: String,
        words: Option<Vec<Word>>,
        body: List,
    },
    Case {
        subject: Word,
        arms: Vec<(Vec<Word>, List)>,
    },
    /// `[[ ... ]]`
    Test(Condition),
    /// `((...))`
    Arithmetic(Word),
    /// `for ((first; test; next))`
    Count {
        parts: [Word; 3],
        body: List,
    },
}

/// What stands in `[[ ... ]]`.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Not(Box<Condition>),
    Both(Box<Condition>, Box<Condition>),
    Either(Box<Condition>, Box<Condition>),
    /// An operator without its dash, `n` for a bare word.
    Unary(char, Word),
    Binary(String, Word, Word),
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
    /// `&>>`
    AppendBoth,
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
    /// `<(...)`: a file that holds the output.
    Process(List),
}

/// A parameter expansion.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub name: String,
    /// `${name[...]}`
    pub index: Option<Index>,
    /// `${!name}`: the parameter of that name, or an array's keys.
    pub indirect: bool,
    pub operation: Operation,
}

/// Which elements of an array.
#[derive(Clone, Debug)]
pub(super) enum Index {
    /// `[@]`
    Each,
    /// `[*]`
    Joined,
    At(Word),
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
    Replace { place: Place, pattern: Word, text: Word },
    /// `${x^}`, `${x^^}`, `${x,}`, `${x,,}`
    Case { upper: bool, all: bool },
    /// `${x@Q}`
    Quote,
}

/// Where `${x/pattern/text}` looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    First,
    All,
    /// `${x/#pattern/text}`
    Start,
    /// `${x/%pattern/text}`
    End,
}

impl Parameter {
    /// `$name`
    pub fn plain(name: String) -> Parameter {
        Parameter { name, index: None, indirect: false, operation: Operation::Value }
    }

    /// Whether it stands for several values, each of which is a field of its own even in quotes.
    pub fn is_each(&self) -> bool {
        matches!(self.index, Some(Index::Each)) || self.name == "@"
    }
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
