//! Runs a parsed template.
//!
//! Models Go text/template: exec.go.

use serde_json::Value;

use super::parse::{Command, Node, Operand, Pipe, What};
use super::{Template, functions, show};

/// How deep templates may call each other.
const DEEPEST: usize = 100;
/// How much text a template may make, in bytes.
const MOST_TEXT: usize = 16 << 20;

/// What a node asks of the loop around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leave {
    No,
    Break,
    Continue,
}

/// Runs the template on `data`.
///
/// # Errors
/// The first failure, in Go's words.
pub fn run(template: &Template, data: &Value) -> Result<String, String> {
    let mut state = State {
        template,
        variables: vec![("$".to_owned(), data.clone())],
        out: String::new(),
        depth: 0,
        name: "output".to_owned(),
    };
    state.nodes(&template.main, data)?;
    Ok(state.out)
}

struct State<'a> {
    template: &'a Template,
    variables: Vec<(String, Value)>,
    out: String,
    depth: usize,
    name: String,
}

impl State<'_> {
    fn error(&self, at: usize, context: &str, why: &str) -> String {
        let place = self.template.place(at);
        format!("template: {place}: executing \"{}\" at <{context}>: {why}", self.name)
    }

    fn nodes(&mut self, nodes: &[Node], dot: &Value) -> Result<Leave, String> {
        for node in nodes {
            let leave = self.node(node, dot)?;
            if leave != Leave::No {
                return Ok(leave);
            }
            if self.out.len() > MOST_TEXT {
                return Err(format!("template: output: the text is longer than {MOST_TEXT} bytes"));
            }
        }
        Ok(Leave::No)
    }

    fn node(&mut self, node: &Node, dot: &Value) -> Result<Leave, String> {
        match node {
            Node::Text(text) => self.out.push_str(text),
            Node::Action(pipe) => {
                let value = self.pipe(pipe, dot)?;
                if pipe.variables.is_empty() {
                    let text = if value.is_null() { "<no value>".to_owned() } else { show(&value) };
                    self.out.push_str(&text);
                }
            }
            Node::Branch { with, pipe, then, otherwise } => {
                let known = self.variables.len();
                let value = self.pipe(pipe, dot)?;
                let leave = if functions::truth(&value) {
                    self.nodes(then, if *with { &value } else { dot })
                } else {
                    self.nodes(otherwise, dot)
                };
                self.variables.truncate(known);
                return leave;
            }
            Node::Range { pipe, body, otherwise } => return self.range(pipe, body, otherwise, dot),
            Node::Call { at, name, shown, pipe } => self.call(*at, name, shown, pipe.as_ref(), dot)?,
            Node::Break => return Ok(Leave::Break),
            Node::Continue => return Ok(Leave::Continue),
        }
        Ok(Leave::No)
    }

    fn range(
        &mut self,
        pipe: &Pipe,
        body: &[Node],
        otherwise: &[Node],
        dot: &Value,
    ) -> Result<Leave, String> {
        let known = self.variables.len();
        let plain = Pipe { variables: Vec::new(), ..pipe.clone() };
        let value = self.pipe(&plain, dot)?;
        let items: Vec<(Value, Value)> = match &value {
            Value::Array(items) => {
                items.iter().enumerate().map(|(at, item)| (at.into(), item.clone())).collect()
            }
            Value::Object(map) => map.iter().map(|(key, item)| (key.as_str().into(), item.clone())).collect(),
            Value::Number(number) if number.is_i64() => {
                let count = number.as_i64().unwrap_or(0).clamp(0, 1_000_000);
                (0..count).map(|at| (at.into(), at.into())).collect()
            }
            Value::Null => Vec::new(),
            other => {
                let why = format!("range can't iterate over {}", show(other));
                return Err(self.error(pipe.at, &show::pipe(&plain), &why));
            }
        };
        if items.is_empty() {
            let leave = self.nodes(otherwise, dot);
            self.variables.truncate(known);
            return leave;
        }
        for (key, item) in items {
            match pipe.variables.as_slice() {
                [] => {}
                [one] => self.set(one, item.clone(), pipe.declares),
                [first, second, ..] => {
                    self.set(first, key, pipe.declares);
                    self.set(second, item.clone(), pipe.declares);
                }
            }
            let leave = self.nodes(body, &item)?;
            self.variables.truncate(known);
            if leave == Leave::Break {
                break;
            }
        }
        Ok(Leave::No)
    }

    fn call(
        &mut self,
        at: usize,
        name: &str,
        shown: &str,
        pipe: Option<&Pipe>,
        dot: &Value,
    ) -> Result<(), String> {
        let value = pipe.map(|pipe| self.pipe(pipe, dot)).transpose()?.unwrap_or(Value::Null);
        let template = self.template;
        let Some(nodes) = template.named.get(name) else {
            return Err(self.error(at, shown, &format!("template \"{name}\" not defined")));
        };
        if self.depth >= DEEPEST {
            return Err(self.error(at, shown, "exceeded maximum template depth (100000)"));
        }
        let outer = std::mem::replace(&mut self.variables, vec![("$".to_owned(), value.clone())]);
        let outer_name = std::mem::replace(&mut self.name, name.to_owned());
        self.depth += 1;
        let done = self.nodes(nodes, &value);
        self.depth -= 1;
        self.variables = outer;
        self.name = outer_name;
        done.map(drop)
    }

    fn set(&mut self, name: &str, value: Value, declares: bool) {
        if declares {
            self.variables.push((name.to_owned(), value));
        } else if let Some((_, known)) = self.variables.iter_mut().rev().find(|(known, _)| known == name) {
            *known = value;
        }
    }

    fn pipe(&mut self, pipe: &Pipe, dot: &Value) -> Result<Value, String> {
        let mut last: Option<Value> = None;
        for command in &pipe.commands {
            last = Some(self.command(command, dot, last)?);
        }
        let value = last.unwrap_or(Value::Null);
        for name in &pipe.variables {
            self.set(name, value.clone(), pipe.declares);
        }
        Ok(value)
    }

    fn command(&mut self, command: &Command, dot: &Value, last: Option<Value>) -> Result<Value, String> {
        let Some((first, rest)) = command.operands.split_first() else { return Ok(Value::Null) };
        if let What::Function(name) = &first.what
            && first.fields.is_empty()
        {
            return self.function(name, command, rest, dot, last);
        }
        if !rest.is_empty() || last.is_some() {
            let why = format!("can't give argument to non-function {}", show::operand(first));
            return Err(self.error(command.at, &show::operand(first), &why));
        }
        self.operand(first, dot)
    }

    fn function(
        &mut self,
        name: &str,
        command: &Command,
        rest: &[Operand],
        dot: &Value,
        last: Option<Value>,
    ) -> Result<Value, String> {
        let mut args = Vec::new();
        for operand in rest {
            let value = self.operand(operand, dot)?;
            // `and` and `or` end at the first value that decides.
            if matches!(name, "and" | "or") && functions::truth(&value) == (name == "or") {
                return Ok(value);
            }
            args.push(value);
        }
        args.extend(last);
        if matches!(name, "and" | "or") {
            return Ok(args.pop().unwrap_or(Value::Null));
        }
        functions::call(name, &args).map_err(|why| {
            self.error(command.at, &show::command(command), &format!("error calling {name}: {why}"))
        })
    }

    fn operand(&mut self, operand: &Operand, dot: &Value) -> Result<Value, String> {
        let mut value = match &operand.what {
            What::Dot => dot.clone(),
            What::Nil => Value::Null,
            What::Constant(value, _) => value.clone(),
            What::Variable(name) => {
                let known = self.variables.iter().rev().find(|(known, _)| known == name);
                known.map(|(_, value)| value.clone()).unwrap_or(Value::Null)
            }
            What::Function(name) => functions::call(name, &[])
                .map_err(|why| self.error(operand.at, name, &format!("error calling {name}: {why}")))?,
            What::Paren(pipe) => self.pipe(pipe, dot)?,
        };
        for field in &operand.fields {
            value = match &value {
                Value::Object(map) => match map.get(field) {
                    Some(inner) => inner.clone(),
                    None if self.template.strict => {
                        let why = format!("map has no entry for key \"{field}\"");
                        return Err(self.error(operand.at, &show::operand(operand), &why));
                    }
                    None => Value::Null,
                },
                Value::Null => Value::Null,
                _ => {
                    let why = format!("can't evaluate field {field} in type interface {{}}");
                    return Err(self.error(operand.at, &show::operand(operand), &why));
                }
            };
        }
        Ok(value)
    }
}
