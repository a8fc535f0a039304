//! The parser of templates.
//!
//! Models Go text/template/parse: Tree.

use std::collections::BTreeMap;

use super::functions;
use super::lex::{Item, Placed};

/// A part of a template.
#[derive(Clone, Debug)]
pub enum Node {
    /// Text that is printed as it is.
    Text(String),
    /// `{{pipe}}`; nothing is printed when it sets variables.
    Action(Pipe),
    /// `{{if}}`, `{{with}}`
    Branch { with: bool, pipe: Pipe, then: Vec<Node>, otherwise: Vec<Node> },
    /// `{{range}}`
    Range { pipe: Pipe, body: Vec<Node>, otherwise: Vec<Node> },
    /// `{{template "name" pipe}}`
    Call { at: usize, name: String, shown: String, pipe: Option<Pipe> },
    /// `{{break}}`
    Break,
    /// `{{continue}}`
    Continue,
}

/// Commands, each of which gets the value of the one before it.
#[derive(Clone, Debug)]
pub struct Pipe {
    /// Where it begins.
    pub at: usize,
    /// The variables that it sets.
    pub variables: Vec<String>,
    /// Whether they are new ones.
    pub declares: bool,
    /// The commands.
    pub commands: Vec<Command>,
}

/// A function or value with its arguments.
#[derive(Clone, Debug)]
pub struct Command {
    /// Where it begins.
    pub at: usize,
    /// Its words.
    pub operands: Vec<Operand>,
}

/// A word of a command.
#[derive(Clone, Debug)]
pub struct Operand {
    /// Where errors place it.
    pub at: usize,
    /// What it is.
    pub what: What,
    /// Fields of it that are asked for.
    pub fields: Vec<String>,
}

/// What a word of a command is.
#[derive(Clone, Debug)]
pub enum What {
    /// `.`, and the start of `.field`.
    Dot,
    /// `nil`
    Nil,
    /// `true`, `1`, `"text"`, with how it was written.
    Constant(serde_json::Value, String),
    /// `$name`
    Variable(String),
    /// A function's name.
    Function(String),
    /// `( ... )`
    Paren(Box<Pipe>),
}

/// How deep pipelines and branches may be nested.
const DEEPEST: usize = 250;

/// A complaint and where it arose.
pub type Complaint = (usize, String);
type Parsed<T> = Result<T, Complaint>;

/// How a list of nodes ended.
enum Ended {
    WithText,
    ByEnd,
    ByElse,
}

/// Reads items into nodes.
pub struct Parser<'a> {
    items: &'a [Placed],
    next: usize,
    len: usize,
    variables: Vec<String>,
    /// How many pipelines and branches it is in.
    depth: usize,
    /// How many bodies of `{{range}}` it is in.
    ranges: usize,
    /// Templates that were defined on the way.
    pub named: BTreeMap<String, Vec<Node>>,
}

impl<'a> Parser<'a> {
    /// A parser at the start of `items`, made from a text of `len` bytes.
    pub fn new(items: &'a [Placed], len: usize) -> Parser<'a> {
        let variables = vec!["$".to_owned()];
        Parser { items, next: 0, len, variables, depth: 0, ranges: 0, named: BTreeMap::new() }
    }

    /// The whole template.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn template(&mut self) -> Parsed<Vec<Node>> {
        let (nodes, end) = self.list()?;
        match end {
            Ended::WithText => Ok(nodes),
            Ended::ByEnd => Err((self.here(), "unexpected {{end}}".to_owned())),
            Ended::ByElse => Err((self.here(), "unexpected {{else}}".to_owned())),
        }
    }

    fn here(&self) -> usize {
        self.items.get(self.next).map_or(self.len, |(at, _)| *at)
    }

    fn peek(&self) -> Option<&'a Item> {
        self.items.get(self.next).map(|(_, item)| item)
    }

    fn spaces(&mut self) {
        while matches!(self.peek(), Some(Item::Space)) {
            self.next += 1;
        }
    }

    fn peek_word(&mut self) -> Option<&'a Item> {
        self.spaces();
        self.peek()
    }

    /// Nodes until `{{end}}`, `{{else}}` or the end of the text; the word itself is taken.
    fn list(&mut self) -> Parsed<(Vec<Node>, Ended)> {
        let mut nodes = Vec::new();
        while let Some((_, item)) = self.items.get(self.next) {
            self.next += 1;
            match item {
                Item::Text(text) => nodes.push(Node::Text(text.clone())),
                Item::Open => {
                    let Some(word) = self.keyword() else {
                        let pipe = self.pipe("command")?;
                        nodes.push(Node::Action(pipe));
                        continue;
                    };
                    match word.as_str() {
                        "end" => {
                            self.close("end")?;
                            return Ok((nodes, Ended::ByEnd));
                        }
                        "else" => return Ok((nodes, Ended::ByElse)),
                        "define" => self.define()?,
                        _ => nodes.push(self.control(&word)?),
                    }
                }
                Item::Bad(why) => return Err((self.len, why.clone())),
                _ => return Err((self.here(), "unexpected word".to_owned())),
            }
        }
        Ok((nodes, Ended::WithText))
    }

    /// Reads what may hold its like.
    ///
    /// Models text/template/parse, which has room for more.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEEPEST {
            return Err((self.here(), "max expression depth exceeded".to_owned()));
        }
        self.depth += 1;
        let parsed = read(self);
        self.depth -= 1;
        parsed
    }

    fn keyword(&mut self) -> Option<String> {
        match self.peek_word() {
            Some(Item::Word(word)) if KEYWORDS.contains(&word.as_str()) => {
                self.next += 1;
                Some(word.clone())
            }
            _ => None,
        }
    }

    fn close(&mut self, context: &str) -> Parsed<()> {
        match self.peek_word() {
            Some(Item::Close) => {
                self.next += 1;
                Ok(())
            }
            item => Err((self.here(), format!("unexpected {} in {context}", shown(item)))),
        }
    }

    fn control(&mut self, word: &str) -> Parsed<Node> {
        match word {
            "break" | "continue" => {
                let at = self.here();
                self.close(word)?;
                if self.ranges == 0 {
                    return Err((at, format!("{{{{{word}}}}} outside {{{{range}}}}")));
                }
                Ok(if word == "break" { Node::Break } else { Node::Continue })
            }
            "template" => self.call(),
            "block" => self.block(),
            _ => self.deeper(|parser| parser.branch(word)),
        }
    }

    /// After `if`, `with` or `range`.
    fn branch(&mut self, word: &str) -> Parsed<Node> {
        let known = self.variables.len();
        let pipe = self.pipe(word)?;
        let is_range = word == "range";
        self.ranges += usize::from(is_range);
        let (then, end) = self.list()?;
        self.ranges -= usize::from(is_range);
        let otherwise = match end {
            Ended::WithText => return Err((self.len, "unexpected EOF".to_owned())),
            Ended::ByEnd => Vec::new(),
            Ended::ByElse => self.after_else(word)?,
        };
        self.variables.truncate(known);
        Ok(match word {
            "range" => Node::Range { pipe, body: then, otherwise },
            _ => Node::Branch { with: word == "with", pipe, then, otherwise },
        })
    }

    fn after_else(&mut self, word: &str) -> Parsed<Vec<Node>> {
        if let Some(again) = self.keyword() {
            if again == word && word != "range" {
                return Ok(vec![self.deeper(|parser| parser.branch(word))?]);
            }
            return Err((self.here(), format!("unexpected <{again}> in else")));
        }
        self.close("else")?;
        match self.list()? {
            (nodes, Ended::ByEnd) => Ok(nodes),
            (_, Ended::ByElse) => Err((self.here(), "expected end; found {{else}}".to_owned())),
            (_, Ended::WithText) => Err((self.len, "unexpected EOF".to_owned())),
        }
    }

    fn name(&mut self, context: &str) -> Parsed<(String, String)> {
        match self.peek_word() {
            Some(Item::Quoted(name, written)) => {
                self.next += 1;
                Ok((name.clone(), written.clone()))
            }
            item => Err((self.here(), format!("unexpected {} in {context}", shown(item)))),
        }
    }

    fn define(&mut self) -> Parsed<()> {
        let (name, _) = self.name("define clause")?;
        self.close("define clause")?;
        let outer = std::mem::replace(&mut self.variables, vec!["$".to_owned()]);
        let ranges = std::mem::take(&mut self.ranges);
        let (nodes, end) = self.list()?;
        self.ranges = ranges;
        self.variables = outer;
        match end {
            Ended::ByEnd => {
                self.named.insert(name, nodes);
                Ok(())
            }
            Ended::ByElse => Err((self.here(), "unexpected {{else}} in define clause".to_owned())),
            Ended::WithText => Err((self.len, "unexpected EOF".to_owned())),
        }
    }

    fn call(&mut self) -> Parsed<Node> {
        self.spaces();
        let at = self.here();
        let (name, written) = self.name("template clause")?;
        let pipe = match self.peek_word() {
            Some(Item::Close) => {
                self.next += 1;
                None
            }
            _ => Some(self.pipe("template clause")?),
        };
        Ok(Node::Call { at, name, shown: format!("{{{{template {written}}}}}"), pipe })
    }

    fn block(&mut self) -> Parsed<Node> {
        self.spaces();
        let at = self.here();
        let (name, written) = self.name("block clause")?;
        let pipe = self.pipe("block clause")?;
        let (nodes, end) = self.list()?;
        if !matches!(end, Ended::ByEnd) {
            return Err((self.len, "unexpected EOF".to_owned()));
        }
        self.named.insert(name.clone(), nodes);
        Ok(Node::Call { at, name, shown: format!("{{{{template {written}}}}}"), pipe: Some(pipe) })
    }

    /// A pipeline up to the end of its action.
    fn pipe(&mut self, context: &str) -> Parsed<Pipe> {
        let pipe = self.pipe_until(context, &Item::Close)?;
        self.next += 1;
        Ok(pipe)
    }

    fn pipe_until(&mut self, context: &str, end: &Item) -> Parsed<Pipe> {
        self.spaces();
        let at = self.here();
        let (variables, declares) = self.declarations(context == "range");
        let mut commands = Vec::new();
        loop {
            match self.peek_word() {
                Some(item) if item == end => break,
                Some(Item::Mark("|")) if !commands.is_empty() => self.next += 1,
                _ => commands.push(self.command(end)?),
            }
        }
        if commands.is_empty() {
            return Err((self.here(), format!("missing value for {context}")));
        }
        if declares {
            self.variables.extend(variables.iter().cloned());
        }
        Ok(Pipe { at, variables, declares, commands })
    }

    /// `$x :=`, `$x, $y :=` or `$x =` at the start of a pipeline.
    fn declarations(&mut self, is_range: bool) -> (Vec<String>, bool) {
        let start = self.next;
        let mut names = Vec::new();
        while let Some(Item::Variable(name)) = self.peek_word() {
            self.next += 1;
            names.push(name.clone());
            match self.peek_word() {
                Some(Item::Mark(":=")) => {
                    self.next += 1;
                    return (names, true);
                }
                Some(Item::Mark("=")) => {
                    self.next += 1;
                    return (names, false);
                }
                Some(Item::Mark(",")) if is_range && names.len() < 2 => self.next += 1,
                _ => break,
            }
        }
        self.next = start;
        (Vec::new(), false)
    }

    fn command(&mut self, end: &Item) -> Parsed<Command> {
        self.spaces();
        let at = self.here();
        let mut operands = Vec::new();
        loop {
            match self.peek_word() {
                Some(item) if item == end => break,
                Some(Item::Mark("|")) => break,
                _ => operands.push(self.operand()?),
            }
        }
        Ok(Command { at, operands })
    }

    fn operand(&mut self) -> Parsed<Operand> {
        let at = self.here();
        let Some(item) = self.peek() else { return Err((self.len, "unclosed action".to_owned())) };
        self.next += 1;
        let mut fields = Vec::new();
        let what = match item {
            Item::Dot => What::Dot,
            Item::Field(name) => {
                fields.push(name.clone());
                What::Dot
            }
            Item::Variable(name) => {
                if !self.variables.contains(name) {
                    return Err((at, format!("undefined variable \"{name}\"")));
                }
                What::Variable(name.clone())
            }
            Item::Quoted(value, written) => What::Constant(value.as_str().into(), written.clone()),
            Item::Number(written) => number(at, written)?,
            Item::Word(word) => match word.as_str() {
                "true" | "false" => What::Constant((word == "true").into(), word.clone()),
                "nil" => What::Nil,
                name if functions::is_known(name) => What::Function(name.to_owned()),
                name => return Err((at, format!("function \"{name}\" not defined"))),
            },
            Item::Mark("(") => {
                let pipe =
                    self.deeper(|parser| parser.pipe_until("parenthesized pipeline", &Item::Mark(")")))?;
                self.next += 1;
                What::Paren(Box::new(pipe))
            }
            Item::Bad(why) => return Err((at, why.clone())),
            other => return Err((at, format!("unexpected {} in operand", shown(Some(other))))),
        };
        let mut place = at;
        while let Some(Item::Field(name)) = self.peek() {
            if place == at {
                place = self.here();
            }
            fields.push(name.clone());
            self.next += 1;
        }
        if matches!(self.peek(), Some(Item::Dot)) {
            return Err((self.here(), "unexpected <.> in operand".to_owned()));
        }
        Ok(Operand { at: place, what, fields })
    }
}

const KEYWORDS: &[&str] =
    &["if", "else", "end", "range", "with", "define", "template", "block", "break", "continue"];

fn number(at: usize, written: &str) -> Parsed<What> {
    let plain = written.replace('_', "");
    let value = match plain.parse::<i64>() {
        Ok(whole) => whole.into(),
        Err(_) => match plain.parse::<f64>() {
            Ok(fraction) => fraction.into(),
            Err(_) => return Err((at, format!("bad number syntax: \"{written}\""))),
        },
    };
    Ok(What::Constant(value, written.to_owned()))
}

fn shown(item: Option<&Item>) -> String {
    match item {
        None => "EOF".to_owned(),
        Some(Item::Word(word) | Item::Number(word)) => format!("<{word}>"),
        Some(Item::Field(name)) => format!("<.{name}>"),
        Some(Item::Variable(name)) => format!("<{name}>"),
        Some(Item::Quoted(_, written)) => written.clone(),
        Some(Item::Mark(mark)) => format!("\"{mark}\""),
        Some(Item::Dot) => "<.>".to_owned(),
        Some(Item::Close) => "\"}}\"".to_owned(),
        Some(Item::Open) => "\"{{\"".to_owned(),
        Some(Item::Bad(why)) => why.clone(),
        Some(Item::Space | Item::Text(_)) => "\" \"".to_owned(),
    }
}
