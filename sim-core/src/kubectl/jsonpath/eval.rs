//! What a template finds.
//!
//! Models client-go util/jsonpath: FindResults and walk.

use std::cmp::Ordering;

use serde_json::Value;

use super::go::{text as go_text, type_name as go_type};
use super::{Filter, Node, Slice};

pub(super) fn run(nodes: &[Node], data: &Value, allow_missing: bool) -> Result<Vec<Vec<Value>>, String> {
    let mut walker = Walker { allow_missing, found: Vec::new() };
    let end = walker.block(nodes, 0, data, 0, true)?;
    debug_assert!(end <= nodes.len());
    Ok(walker.found)
}

/// Blocks may nest this deep; deeper templates are refused rather than overflow the stack.
const MOST_DEPTH: usize = 64;

struct Walker {
    allow_missing: bool,
    found: Vec<Vec<Value>>,
}

/// What a list of nodes came to.
enum Step {
    Values(Vec<Value>),
    Range(Vec<Value>),
    End,
}

impl Walker {
    /// Runs the nodes from `at` on, up to the `end` of this block; returns the index after it.
    fn block(
        &mut self,
        nodes: &[Node],
        at: usize,
        data: &Value,
        depth: usize,
        prints: bool,
    ) -> Result<usize, String> {
        if depth > MOST_DEPTH {
            return Err("range blocks are nested too deep".to_owned());
        }
        let mut index = at;
        while index < nodes.len() {
            let step = self.step(&nodes[index], data)?;
            index += 1;
            match step {
                Step::Values(values) if prints => self.found.push(values),
                Step::Values(_) => {}
                Step::End if depth == 0 => return Err("not in range, nothing to end".to_owned()),
                Step::End => return Ok(index),
                Step::Range(values) => {
                    let mut after = index;
                    if values.is_empty() {
                        after = self.block(nodes, index, &Value::Null, depth + 1, false)?;
                    }
                    for value in &values {
                        after = self.block(nodes, index, value, depth + 1, prints)?;
                    }
                    index = after;
                }
            }
        }
        Ok(index)
    }

    fn step(&self, node: &Node, data: &Value) -> Result<Step, String> {
        let Node::List(nodes) = node else {
            return self.walk(vec![data.clone()], node).map(Step::Values);
        };
        let mut values = vec![data.clone()];
        let mut is_range = false;
        for node in nodes {
            match node {
                Node::Identifier(name) if name == "range" => is_range = true,
                Node::Identifier(name) if name == "end" => return Ok(Step::End),
                _ => values = self.walk(values, node)?,
            }
        }
        Ok(if is_range { Step::Range(values) } else { Step::Values(values) })
    }

    fn walk_all(&self, values: Vec<Value>, nodes: &[Node]) -> Result<Vec<Value>, String> {
        nodes.iter().try_fold(values, |values, node| self.walk(values, node))
    }

    fn walk(&self, values: Vec<Value>, node: &Node) -> Result<Vec<Value>, String> {
        match node {
            Node::Text(text) => Ok(vec![Value::String(text.clone())]),
            Node::Number(number) => Ok(values.iter().map(|_| Value::Number(number.clone())).collect()),
            Node::Bool(bool) => Ok(values.iter().map(|_| Value::Bool(*bool)).collect()),
            Node::Identifier(name) => Err(format!("unrecognized identifier {name}")),
            Node::Field(name) => self.field(values, name),
            Node::Wildcard => Ok(values.iter().flat_map(children).collect()),
            Node::Recursive => {
                let mut found = Vec::new();
                values.iter().for_each(|value| descend(value, &mut found));
                Ok(found)
            }
            Node::Slice(bounds) => {
                let mut found = Vec::new();
                for value in &values {
                    slice(value, bounds, &mut found)?;
                }
                Ok(found)
            }
            Node::Union(lists) => {
                let mut found = Vec::new();
                for list in lists {
                    found.extend(self.walk_all(values.clone(), list)?);
                }
                Ok(found)
            }
            Node::Filter(filter) => self.filter(&values, filter),
            Node::List(nodes) => self.walk_all(values, nodes),
        }
    }

    fn field(&self, values: Vec<Value>, name: &str) -> Result<Vec<Value>, String> {
        if values.is_empty() {
            return Ok(values);
        }
        let found: Vec<Value> =
            values.iter().filter_map(|value| value.as_object()?.get(name).cloned()).collect();
        if found.is_empty() && !self.allow_missing {
            return Err(format!("{name} is not found"));
        }
        Ok(found)
    }

    fn filter(&self, values: &[Value], filter: &Filter) -> Result<Vec<Value>, String> {
        let mut found = Vec::new();
        for value in values {
            let Value::Array(items) = value else {
                return Err(format!("{} is not array or slice and cannot be filtered", go_text(value)));
            };
            for item in items {
                if self.passes(item, filter)? {
                    found.push(item.clone());
                }
            }
        }
        Ok(found)
    }

    fn passes(&self, item: &Value, filter: &Filter) -> Result<bool, String> {
        let lefts = self.walk_all(vec![item.clone()], &filter.left);
        if filter.operator == "exists" {
            return Ok(lefts.is_ok_and(|lefts| !lefts.is_empty()));
        }
        let lefts = lefts?;
        let rights =
            if lefts.is_empty() { Vec::new() } else { self.walk_all(vec![item.clone()], &filter.right)? };
        match (lefts.as_slice(), rights.as_slice()) {
            ([], _) | (_, []) => Ok(false),
            ([left], [right]) => compare(left, &filter.operator, right),
            _ => Err("can only compare one element at a time".to_owned()),
        }
    }
}

fn children(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(map) => map.values().cloned().collect(),
        Value::Array(items) => items.clone(),
        Value::String(text) => text.bytes().map(Value::from).collect(),
        _ => Vec::new(),
    }
}

/// Everything that has something in it, outermost first.
fn descend(value: &Value, found: &mut Vec<Value>) {
    let below = children(value);
    if below.is_empty() {
        return;
    }
    found.push(value.clone());
    below.iter().for_each(|child| descend(child, found));
}

fn slice(value: &Value, bounds: &Slice, found: &mut Vec<Value>) -> Result<(), String> {
    let items = match value {
        Value::Null => return Ok(()),
        Value::Array(items) => items,
        other => return Err(format!("{} is not array or slice", go_type(other))),
    };
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let from_end = |index: i64| if index < 0 { index + length } else { index };
    let start = from_end(bounds.start.unwrap_or(0));
    let end = match bounds.end {
        None => length,
        Some(0) if bounds.single => length,
        Some(end) => from_end(end),
    };
    if start == end {
        return Ok(());
    }
    if start >= length || start < 0 {
        return Err(format!("array index out of bounds: index {start}, length {length}"));
    }
    if end > length || end < 0 {
        return Err(format!("array index out of bounds: index {}, length {length}", end - 1));
    }
    if start > end {
        return Err(format!("starting index {start} is greater than ending index {end}"));
    }
    let step = bounds.step.unwrap_or(1);
    if step <= 0 {
        return Err("step must be > 0".to_owned());
    }
    let range = items.get(start as usize..end as usize).unwrap_or_default();
    found.extend(range.iter().step_by(usize::try_from(step).unwrap_or(usize::MAX)).cloned());
    Ok(())
}

/// Models client-go third_party/forked/golang/template: Equal, Less and their kin.
fn compare(left: &Value, operator: &str, right: &Value) -> Result<bool, String> {
    let order = match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => match operator {
            "==" => return Ok(a == b),
            "!=" => return Ok(a != b),
            _ => return Err("invalid type for comparison".to_owned()),
        },
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            (None, None) => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
            _ => return Err("incompatible types for comparison".to_owned()),
        },
        (Value::Null | Value::Array(_) | Value::Object(_), _)
        | (_, Value::Null | Value::Array(_) | Value::Object(_)) => {
            return Err("invalid type for comparison".to_owned());
        }
        _ => return Err("incompatible types for comparison".to_owned()),
    };
    Ok(match operator {
        "==" => order == Ordering::Equal,
        "!=" => order != Ordering::Equal,
        "<" => order == Ordering::Less,
        "<=" => order != Ordering::Greater,
        ">" => order == Ordering::Greater,
        ">=" => order != Ordering::Less,
        other => return Err(format!("unrecognized filter operator {other}")),
    })
}
