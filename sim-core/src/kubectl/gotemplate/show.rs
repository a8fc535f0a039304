//! Values and parts of templates as Go prints them.

use serde_json::Value;

use super::parse::{Command, Operand, Pipe, What};

/// A value as `%v` prints it.
pub fn show(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(show).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}:{}", show(value))).collect();
            format!("map[{}]", entries.join(" "))
        }
    }
}

/// What Go calls the type of a value.
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// A pipeline as it could be written.
pub fn pipe(pipe: &Pipe) -> String {
    let commands: Vec<String> = pipe.commands.iter().map(command).collect();
    let commands = commands.join(" | ");
    if pipe.variables.is_empty() {
        return commands;
    }
    let sign = if pipe.declares { ":=" } else { "=" };
    format!("{} {sign} {commands}", pipe.variables.join(", "))
}

/// A command as it could be written.
pub fn command(command: &Command) -> String {
    command.operands.iter().map(operand).collect::<Vec<_>>().join(" ")
}

/// A word of a command as it could be written.
pub fn operand(operand: &Operand) -> String {
    let fields: String = operand.fields.iter().map(|name| format!(".{name}")).collect();
    let what = match &operand.what {
        What::Dot if !fields.is_empty() => String::new(),
        What::Dot => ".".to_owned(),
        What::Nil => "nil".to_owned(),
        What::Constant(_, written) => written.clone(),
        What::Variable(name) | What::Function(name) => name.clone(),
        What::Paren(inner) => format!("({})", pipe(inner)),
    };
    what + &fields
}
