//! Tokens to nodes.
//!
//! Models go-yaml v2's parser, whose complaints name the line before the token that is one too many, and the
//! part of its decoder that knows anchors.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::nodes::{self, Node};
use super::scanner::{Scanner, Token};

/// How deep collections may nest, before recursion could exhaust the stack.
const DEPTH_MAX: usize = 200;
/// How many nodes a document may hold once its aliases are expanded.
const NODES_MAX: usize = 1_000_000;
/// The tags that need no directive.
const DEFAULT_PREFIXES: [(&str, &str); 2] = [("!", "!"), ("!!", nodes::CORE_TAG)];

/// Parses the first document of `text`; an empty one is null. What follows the document is not read.
///
/// # Errors
/// The complaint, `yaml: line 1: did not find expected ',' or ']'`; it names no line when that is the first.
pub fn parse(text: &str) -> Result<Value, String> {
    let mut reader = Reader {
        scanner: Scanner::new(text),
        prefixes: DEFAULT_PREFIXES.map(|(handle, prefix)| (handle.to_owned(), prefix.to_owned())).into(),
        anchors: BTreeMap::new(),
        anchored: Vec::new(),
        nodes: 0,
        late: None,
    };
    let value = reader.document()?.into_json().unwrap_or_else(|why| reader.note_late(Rank::Json, why));
    reader.late.map_or(Ok(value), |(_, why)| Err(why))
}

/// When a complaint is made that comes only after the whole document was parsed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// As nodes become Go's values.
    Decoding,
    /// As Go's values become those that JSON has.
    Converting,
    /// As they are written as JSON.
    Json,
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In lines of their own.
    Block,
    /// There too, as a key or its value, whose list need not be indented.
    Entry,
    /// Within brackets.
    Flow,
}

struct Reader {
    scanner: Scanner,
    /// The prefixes of tags by their handles.
    prefixes: BTreeMap<String, String>,
    /// The place in `anchored` of what each anchor last stood before.
    anchors: BTreeMap<String, usize>,
    /// Nodes with anchors; none while they are being read.
    anchored: Vec<Option<Node>>,
    nodes: usize,
    late: Option<(Rank, String)>,
}

impl Reader {
    /// Notes a complaint that gives way to any about the grammar. What it is about counts as null.
    fn note_late(&mut self, rank: Rank, why: String) -> Value {
        if self.late.as_ref().is_none_or(|(first, _)| rank < *first) {
            self.late = Some((rank, why));
        }
        Value::Null
    }

    fn take(&mut self) -> Option<Token> {
        self.scanner.take()
    }

    fn next_is(&mut self, wanted: &[Token]) -> Result<bool, String> {
        let (token, _) = self.scanner.peek()?;
        Ok(wanted.contains(token))
    }

    /// A complaint about the next token.
    fn fail<T>(&mut self, problem: &str) -> Result<T, String> {
        let (_, line) = self.scanner.peek()?;
        fail(line, problem)
    }

    fn document(&mut self) -> Result<Node, String> {
        let mut has_directives = false;
        let mut has_version = false;
        let mut handles = Vec::new();
        loop {
            let (token, line) = self.scanner.peek()?;
            match token.clone() {
                Token::Version { .. } if has_version => return fail(line, "found duplicate %YAML directive"),
                Token::Version { major: 1, minor: 1 } => has_version = true,
                Token::Version { .. } => return fail(line, "found incompatible YAML document"),
                Token::TagPrefix { handle, .. } if handles.contains(&handle) => {
                    return fail(line, "found duplicate %TAG directive");
                }
                Token::TagPrefix { handle, prefix } => {
                    handles.push(handle.clone());
                    self.prefixes.insert(handle, prefix);
                }
                Token::DocumentStart => {
                    self.take();
                    let is_empty =
                        self.next_is(&[Token::DocumentStart, Token::DocumentEnd, Token::StreamEnd])?;
                    return if is_empty { Ok(Node::null()) } else { self.whole() };
                }
                _ if has_directives => return fail(line, "did not find expected <document start>"),
                Token::StreamEnd => return Ok(Node::null()),
                _ => return self.whole(),
            }
            self.take();
            has_directives = true;
        }
    }

    /// The document's node. The token after it must be one, whatever it is.
    fn whole(&mut self) -> Result<Node, String> {
        let node = self.node(Place::Block, 0)?;
        self.scanner.peek()?;
        Ok(node)
    }

    fn node(&mut self, at: Place, depth: usize) -> Result<Node, String> {
        if depth > DEPTH_MAX {
            return Err("yaml: exceeded max depth of 10000".to_owned());
        }
        if let (Token::Alias(name), _) = self.scanner.peek()? {
            let name = name.clone();
            self.take();
            return self.alias(&name);
        }
        let before = self.nodes;
        self.nodes += 1;
        let (anchor, tag) = self.properties()?;
        let place = anchor.map(|name| {
            self.anchors.insert(name, self.anchored.len());
            self.anchored.push(None);
            self.anchored.len() - 1
        });
        let (token, line) = self.scanner.peek()?;
        let node = match token {
            Token::BlockEntry if at == Place::Entry => self.list_of_value(depth)?,
            Token::Scalar { .. } => match self.take() {
                Some(Token::Scalar { text, plain }) => self.scalar(&text, plain, tag.as_deref()),
                _ => Node::null(),
            },
            Token::FlowSequenceStart => self.flow_sequence(depth)?,
            Token::FlowMappingStart => self.flow_mapping(depth)?,
            Token::BlockSequenceStart if at != Place::Flow => self.block_sequence(depth)?,
            Token::BlockMappingStart if at != Place::Flow => self.block_mapping(depth)?,
            _ if place.is_some() || tag.is_some() => self.scalar("", true, tag.as_deref()),
            _ => return fail(line, "did not find expected node content"),
        };
        let node = node.with_nodes(self.nodes - before);
        if let Some(place) = place {
            self.anchored[place] = Some(node.clone());
        }
        Ok(node)
    }

    /// The anchor and the tag of a node, in any order.
    fn properties(&mut self) -> Result<(Option<String>, Option<String>), String> {
        let (mut anchor, mut tag) = (None, None);
        loop {
            let (token, line) = self.scanner.peek()?;
            match token {
                Token::Anchor(name) if anchor.is_none() => anchor = Some(name.clone()),
                Token::Tag { handle, suffix } if tag.is_none() => {
                    let prefix = match handle.as_str() {
                        "" => Some(""),
                        handle => self.prefixes.get(handle).map(String::as_str),
                    };
                    let Some(prefix) = prefix else { return fail(line, "found undefined tag handle") };
                    tag = Some(format!("{prefix}{suffix}"));
                }
                _ => return Ok((anchor, tag)),
            }
            self.take();
        }
    }

    fn alias(&mut self, name: &str) -> Result<Node, String> {
        let Some(place) = self.anchors.get(name).copied() else {
            return Err(format!("yaml: unknown anchor '{name}' referenced"));
        };
        let Some(node) = self.anchored[place].clone() else {
            let why = format!("yaml: anchor '{name}' value contains itself");
            return Ok(Node::leaf(self.note_late(Rank::Decoding, why)));
        };
        self.nodes += node.nodes();
        if self.nodes > NODES_MAX {
            let why = "yaml: document contains excessive aliasing".to_owned();
            return Ok(Node::leaf(self.note_late(Rank::Decoding, why)));
        }
        Ok(node)
    }

    fn scalar(&mut self, text: &str, plain: bool, tag: Option<&str>) -> Node {
        nodes::scalar(text, plain, tag).unwrap_or_else(|why| Node::leaf(self.note_late(Rank::Decoding, why)))
    }

    fn json(&mut self, node: Node) -> Value {
        node.into_json().unwrap_or_else(|why| self.note_late(Rank::Json, why))
    }

    /// A node unless one of `ends` follows.
    fn node_before(&mut self, ends: &[Token], at: Place, depth: usize) -> Result<Node, String> {
        if self.next_is(ends)? { Ok(Node::null()) } else { self.node(at, depth + 1) }
    }

    fn block_sequence(&mut self, depth: usize) -> Result<Node, String> {
        self.take();
        let mut items = Vec::new();
        while self.next_is(&[Token::BlockEntry])? {
            self.take();
            let item = self.node_before(&[Token::BlockEntry, Token::BlockEnd], Place::Block, depth)?;
            items.push(self.json(item));
        }
        if !self.next_is(&[Token::BlockEnd])? {
            return self.fail("did not find expected '-' indicator");
        }
        self.take();
        Ok(Node::leaf(Value::Array(items)))
    }

    /// The list that is a key's value and begins below it, not indented.
    fn list_of_value(&mut self, depth: usize) -> Result<Node, String> {
        const ENDS: [Token; 4] = [Token::BlockEntry, Token::Key, Token::Value, Token::BlockEnd];
        let mut items = Vec::new();
        while self.next_is(&[Token::BlockEntry])? {
            self.take();
            let item = self.node_before(&ENDS, Place::Block, depth)?;
            items.push(self.json(item));
        }
        Ok(Node::leaf(Value::Array(items)))
    }

    fn block_mapping(&mut self, depth: usize) -> Result<Node, String> {
        const ENDS: [Token; 3] = [Token::Key, Token::Value, Token::BlockEnd];
        self.take();
        let mut map = Map::new();
        while self.next_is(&[Token::Key])? {
            self.take();
            let key = self.node_before(&ENDS, Place::Entry, depth)?;
            let key = self.key(key);
            let value = if self.next_is(&[Token::Value])? {
                self.take();
                self.node_before(&ENDS, Place::Entry, depth)?
            } else {
                Node::null()
            };
            self.entry(&mut map, key, value);
        }
        if !self.next_is(&[Token::BlockEnd])? {
            return self.fail("did not find expected key");
        }
        self.take();
        Ok(Node::leaf(Value::Object(map)))
    }

    fn flow_sequence(&mut self, depth: usize) -> Result<Node, String> {
        self.take();
        let mut items = Vec::new();
        while !self.next_is(&[Token::FlowSequenceEnd])? {
            if !items.is_empty() {
                if !self.next_is(&[Token::FlowEntry])? {
                    return self.fail("did not find expected ',' or ']'");
                }
                self.take();
            }
            if self.next_is(&[Token::Key])? {
                self.take();
                let pair = self.flow_pair(depth + 1)?;
                items.push(pair);
            } else if !self.next_is(&[Token::FlowSequenceEnd])? {
                let item = self.node(Place::Flow, depth + 1)?;
                items.push(self.json(item));
            }
        }
        self.take();
        Ok(Node::leaf(Value::Array(items)))
    }

    /// A mapping of one entry in a list, `[a: b]`.
    fn flow_pair(&mut self, depth: usize) -> Result<Value, String> {
        let key = if self.next_is(&[Token::Value, Token::FlowEntry, Token::FlowSequenceEnd])? {
            // Without a key go-yaml loses what follows it.
            self.take();
            Node::null()
        } else {
            self.node(Place::Flow, depth + 1)?
        };
        let key = self.key(key);
        let value = self.flow_value(Token::FlowSequenceEnd, depth)?;
        let mut map = Map::new();
        self.entry(&mut map, key, value);
        Ok(Value::Object(map))
    }

    fn flow_value(&mut self, end: Token, depth: usize) -> Result<Node, String> {
        if !self.next_is(&[Token::Value])? {
            return Ok(Node::null());
        }
        self.take();
        self.node_before(&[Token::FlowEntry, end], Place::Flow, depth)
    }

    fn flow_mapping(&mut self, depth: usize) -> Result<Node, String> {
        const END: Token = Token::FlowMappingEnd;
        self.take();
        let mut map = Map::new();
        let mut is_first = true;
        while !self.next_is(&[END])? {
            if !is_first {
                if !self.next_is(&[Token::FlowEntry])? {
                    return self.fail("did not find expected ',' or '}'");
                }
                self.take();
            }
            is_first = false;
            if self.next_is(&[Token::Key])? {
                self.take();
                let key = self.node_before(&[Token::Value, Token::FlowEntry, END], Place::Flow, depth)?;
                let key = self.key(key);
                let value = self.flow_value(END, depth)?;
                self.entry(&mut map, key, value);
            } else if !self.next_is(&[END])? {
                let key = self.node(Place::Flow, depth + 1)?;
                let key = self.key(key);
                self.entry(&mut map, key, Node::null());
            }
        }
        self.take();
        Ok(Node::leaf(Value::Object(map)))
    }

    fn key(&mut self, node: Node) -> nodes::Key {
        nodes::key(node).unwrap_or_else(|why| {
            self.note_late(Rank::Decoding, why);
            nodes::Key::Text(String::new())
        })
    }

    fn entry(&mut self, map: &mut Map<String, Value>, key: nodes::Key, value: Node) {
        let value = self.json(value);
        match key {
            nodes::Key::Text(text) => {
                map.insert(text, value);
            }
            nodes::Key::Merge => {
                if let Err(why) = nodes::merge(map, value) {
                    self.note_late(Rank::Decoding, why);
                }
            }
            nodes::Key::Null => {
                self.note_late(Rank::Converting, nodes::null_key(&value));
            }
        }
    }
}

/// A complaint about a token of that line, counted from 0: it names the line before.
fn fail<T>(line: usize, problem: &str) -> Result<T, String> {
    Err(match line {
        0 => format!("yaml: {problem}"),
        line => format!("yaml: line {line}: {problem}"),
    })
}
