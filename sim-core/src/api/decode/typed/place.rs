//! [`Place`]: where decoding has got to, and every step of it that is the same for all types.

use ::base64::Engine;
use ::base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::error::TypeError;
use super::go::{
    FALSE_DROPPED, ZERO_DROPPED, embedded, go_name, go_type, keeps_empty, plain_number, qualified, text_type,
};
use crate::api::quantity::Quantity;
use crate::api::{Kind, base64};

/// What stands in for a time that cannot be read.
const EPOCH: &str = "1970-01-01T00:00:00Z";

/// A value of any type, as a visitor takes it. The contents of lists and maps are in the newest frame.
pub(super) enum Any {
    Unit,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
    Items,
    Entries,
}

/// A list, a map or a struct that is being decoded.
struct Frame {
    rest: Rest,
    /// The Go struct and its fields; absent in lists and maps.
    go_struct: Option<(&'static str, &'static [&'static str])>,
    /// The entry that is being decoded.
    key: String,
    value: Value,
    /// The length of the path before the item or entry.
    path_length: usize,
}

/// What of a list or map is still to come.
enum Rest {
    /// Items, and the number of the next.
    Items(std::vec::IntoIter<Value>, usize),
    Entries(serde_json::map::IntoIter),
}

/// Where decoding has got to.
pub(super) struct Place<'a> {
    /// What is to be decoded next.
    value: Value,
    frames: Vec<Frame>,
    /// The path with list items and map keys.
    strict_path: String,
    error: Option<TypeError>,
    unknown: &'a mut dyn FnMut(String),
}

impl<'a> Place<'a> {
    pub fn new(value: Value, unknown: &'a mut dyn FnMut(String)) -> Place<'a> {
        Place { value, frames: Vec::new(), strict_path: String::new(), error: None, unknown }
    }

    /// The first complaint.
    pub fn into_error(self) -> Option<TypeError> {
        self.error
    }

    /// Notes a complaint, unless there was one before.
    fn fail(&mut self, complaint: String) {
        self.error.get_or_insert(TypeError(complaint));
    }

    fn mismatch(&mut self, found: &str, wanted: &str) {
        let structs =
            || self.frames.iter().filter_map(|frame| Some((frame.go_struct?.0, frame.key.as_str())));
        let complaint = match structs().next_back() {
            None => format!("json: cannot unmarshal {found} into Go value of type {wanted}"),
            Some((name, field)) => {
                // List items and map keys are left out, as Go does.
                let within = |(name, field)| embedded(name, field).into_iter().chain([field]);
                let path: Vec<&str> = structs().flat_map(within).collect();
                let (path, wanted) = (path.join("."), text_type(name, field, wanted));
                format!("json: cannot unmarshal {found} into Go struct field {name}.{path} of type {wanted}")
            }
        };
        self.fail(complaint);
    }

    /// The innermost struct's name and the field of it that is being decoded.
    fn field(&self) -> (&'static str, &str) {
        let inner = self.frames.iter().rev().find_map(|frame| Some((frame.go_struct?.0, frame.key.as_str())));
        inner.unwrap_or_default()
    }

    #[inline(never)]
    pub fn bool(&mut self) -> bool {
        match self.value.take() {
            Value::Null => false,
            Value::Bool(value) => value,
            other => {
                self.mismatch(go_name(&other), "bool");
                false
            }
        }
    }

    #[inline(never)]
    pub fn integer(&mut self, wanted: &str, min: i64, max: i64) -> i64 {
        match self.value.take() {
            Value::Null => 0,
            Value::Number(number) => match number.as_i64().filter(|n| (min..=max).contains(n)) {
                Some(number) => number,
                None => {
                    self.mismatch(&format!("number {}", plain_number(&number)), wanted);
                    0
                }
            },
            other => {
                self.mismatch(go_name(&other), wanted);
                0
            }
        }
    }

    #[inline(never)]
    pub fn float(&mut self) -> f64 {
        match self.value.take() {
            Value::Null => 0.0,
            Value::Number(number) => number.as_f64().unwrap_or_default(),
            other => {
                self.mismatch(go_name(&other), "float64");
                0.0
            }
        }
    }

    #[inline(never)]
    pub fn text(&mut self) -> String {
        match self.value.take() {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => {
                self.mismatch(go_name(&other), "string");
                String::new()
            }
        }
    }

    /// A value whose type is to be seen: free JSON, a quantity (text by now), or a number or text.
    #[inline(never)]
    pub fn any(&mut self, rust: &str) -> Any {
        let is_int_or_string = rust.ends_with("::IntOrString");
        match self.value.take() {
            Value::String(text) => Any::Text(text),
            other if is_int_or_string => Any::Signed(self.int32(&other)),
            Value::Null => Any::Unit,
            Value::Bool(value) => Any::Bool(value),
            Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(number), _, _) => Any::Signed(number),
                (_, Some(number), _) => Any::Unsigned(number),
                (_, _, number) => Any::Float(number.unwrap_or_default()),
            },
            Value::Array(items) => {
                self.begin(Rest::Items(items.into_iter(), 0));
                Any::Items
            }
            Value::Object(map) => {
                self.begin(Rest::Entries(map.into_iter()));
                Any::Entries
            }
        }
    }

    /// Models apimachinery pkg/util/intstr: UnmarshalJSON.
    fn int32(&mut self, value: &Value) -> i64 {
        if value.is_null() {
            return 0;
        }
        let number = value.as_i64().filter(|number| i32::try_from(*number).is_ok());
        if number.is_none() {
            let found = match value {
                Value::Number(number) => format!("number {}", plain_number(number)),
                other => go_name(other).to_owned(),
            };
            self.mismatch(&found, "int32");
        }
        number.unwrap_or(0)
    }

    /// Whether an optional value counts as absent; `rust` is the type of the option.
    #[inline(never)]
    pub fn is_absent(&mut self, rust: &str) -> bool {
        let (go_struct, field) = self.field();
        match &self.value {
            Value::Null => true,
            Value::Array(items) => items.is_empty() && rust.contains("Option<alloc::vec::Vec<"),
            Value::Object(map) => map.is_empty() && rust.contains("::BTreeMap<"),
            Value::String(_) if rust.ends_with("::Quantity>") => false,
            Value::String(text) if text.is_empty() => !keeps_empty(go_struct, field),
            Value::String(_) if rust.ends_with("::ByteString") => {
                self.check_bytes();
                false
            }
            Value::String(_) => false,
            Value::Bool(value) => !value && FALSE_DROPPED.contains(&field),
            Value::Number(number) => number.as_i64() == Some(0) && ZERO_DROPPED.contains(&field),
        }
    }

    fn check_bytes(&mut self) {
        let text = self.value.as_str().unwrap_or_default();
        let bytes = base64::decode(text).unwrap_or_else(|why| {
            self.error.get_or_insert(TypeError(why));
            Vec::new()
        });
        self.value = Value::String(STANDARD.encode(bytes));
    }

    /// Values of types that decode themselves.
    #[inline(never)]
    pub fn begin_newtype(&mut self, name: &str) {
        match name {
            "Quantity" => self.quantity(),
            "Time" => self.time("2006-01-02T15:04:05Z07:00"),
            "MicroTime" => self.time("2006-01-02T15:04:05.000000Z07:00"),
            _ => {}
        }
    }

    fn quantity(&mut self) {
        let text = match self.value.take() {
            Value::Null => "0".to_owned(),
            Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        let canonical = match Quantity::parse(&text) {
            Ok(quantity) => quantity.to_string(),
            Err(error) => {
                self.fail(error.to_owned());
                "0".to_owned()
            }
        };
        self.value = Value::String(canonical);
    }

    fn time(&mut self, layout: &str) {
        match &self.value {
            Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => return,
            Value::String(text) => self.fail(format!(
                "parsing time \"{text}\" as \"{layout}\": cannot parse \"{text}\" as \"2006\""
            )),
            other => self.mismatch(go_name(other), "string"),
        }
        self.value = Value::String(EPOCH.to_owned());
    }

    #[inline(never)]
    pub fn begin_items(&mut self, rust: &str) {
        let items = match self.value.take() {
            Value::Null => Vec::new(),
            Value::Array(items) => items,
            other => {
                self.mismatch(go_name(&other), &go_type(rust));
                Vec::new()
            }
        };
        self.begin(Rest::Items(items.into_iter(), 0));
    }

    #[inline(never)]
    pub fn begin_map(&mut self, rust: &str) {
        let map = match self.value.take() {
            Value::Null => Map::new(),
            Value::Object(map) => map,
            other => {
                self.mismatch(go_name(&other), &go_type(rust));
                Map::new()
            }
        };
        self.begin(Rest::Entries(map.into_iter()));
    }

    #[inline(never)]
    pub fn begin_struct(&mut self, name: &'static str, fields: &'static [&'static str]) {
        let mut map = match self.value.take() {
            Value::Null => Map::new(),
            Value::Object(map) => map,
            other => {
                let near = self.field().0;
                self.mismatch(go_name(&other), &qualified(near, name));
                Map::new()
            }
        };
        // The one field that the API types insist on.
        if name == "Condition" && !map.contains_key("lastTransitionTime") {
            self.fail("missing field `lastTransitionTime`".to_owned());
            map.insert("lastTransitionTime".to_owned(), Value::String(EPOCH.to_owned()));
        }
        self.begin(Rest::Entries(map.into_iter()));
        if let Some(frame) = self.frames.last_mut() {
            frame.go_struct = Some((name, fields));
        }
    }

    fn begin(&mut self, rest: Rest) {
        let path_length = self.strict_path.len();
        self.frames.push(Frame {
            rest,
            go_struct: None,
            key: String::new(),
            value: Value::Null,
            path_length,
        });
    }

    /// Ends what was begun last.
    #[inline(never)]
    pub fn end(&mut self) {
        self.frames.pop();
    }

    /// Makes the list's next item the value to decode; false when there is none.
    #[inline(never)]
    pub fn enter_item(&mut self) -> bool {
        let Some(Frame { rest: Rest::Items(items, index), path_length, .. }) = self.frames.last_mut() else {
            return false;
        };
        let Some(value) = items.next() else { return false };
        *path_length = self.strict_path.len();
        self.strict_path.push_str(&format!("[{index}]"));
        *index += 1;
        self.value = value;
        true
    }

    /// Goes to the next entry and says its key.
    #[inline(never)]
    pub fn next_key(&mut self) -> Option<&str> {
        let frame = self.frames.last_mut()?;
        let Rest::Entries(entries) = &mut frame.rest else { return None };
        let (key, value) = entries.next()?;
        (frame.key, frame.value) = (key, value);
        Some(&frame.key)
    }

    /// Makes the entry's value the value to decode.
    #[inline(never)]
    pub fn enter_value(&mut self) {
        let is_root = self.frames.len() == 1;
        let Some(frame) = self.frames.last_mut() else { return };
        frame.path_length = self.strict_path.len();
        if frame.path_length > 0 {
            self.strict_path.push('.');
        }
        self.strict_path.push_str(&frame.key);
        self.value = frame.value.take();
        let Some((go_struct, fields)) = frame.go_struct else { return };
        if !fields.contains(&frame.key.as_str()) {
            (self.unknown)(self.strict_path.clone());
        } else if frame.key == "apiVersion" || frame.key == "kind" {
            self.check_type(go_struct, is_root);
        }
    }

    /// The API types refuse the name of another type; Go does so at the root only.
    fn check_type(&mut self, go_struct: &str, is_root: bool) {
        let Some(kind) = Kind::ALL.iter().find(|kind| kind.name() == go_struct) else { return };
        let is_kind = self.field().1 == "kind";
        let right = if is_kind { kind.name().to_owned() } else { kind.info().api_version() };
        match &self.value {
            Value::String(text) if *text == right => return,
            Value::String(text) if is_root => {
                self.fail(format!("invalid value: string {text:?}, expected {right}"));
            }
            Value::String(_) => {}
            other => {
                let found = go_name(other);
                self.mismatch(found, "string");
            }
        }
        self.value = Value::String(right);
    }

    /// Leaves the item or value that was entered last.
    #[inline(never)]
    pub fn leave(&mut self) {
        if let Some(frame) = self.frames.last() {
            self.strict_path.truncate(frame.path_length);
        }
    }
}
