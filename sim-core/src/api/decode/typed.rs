//! JSON values to API types, with Go's complaints.
//!
//! The types' own `Deserialize` drives a deserializer that knows where it is, as `sigs.k8s.io/json` does:
//! names are case-sensitive, null means absent (or zero, inside lists and maps), a wrong type names the Go
//! struct and field, and fields that the type lacks are reported by path.

use std::any::type_name;
use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::api::quantity::Quantity;

/// Why a value is not of its type, in the words of Go's decoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeError(String);

impl TypeError {
    /// The same in the words of Go's converter from unstructured maps, which strategic merges go through.
    ///
    /// Models apimachinery pkg/runtime: fromUnstructured.
    pub fn unstructured(&self) -> Option<String> {
        let (found, rest) = self.0.strip_prefix("json: cannot unmarshal ")?.split_once(" into Go ")?;
        let (_, wanted) = rest.rsplit_once(" of type ")?;
        let found = match found.split(' ').next().unwrap_or_default() {
            "number" => "int64",
            "array" => "slice",
            "object" => "map",
            other => other,
        };
        Some(if wanted.starts_with("[]") {
            format!("cannot restore slice from {found}")
        } else if wanted.starts_with("map[") || wanted == "v1.ResourceList" {
            format!("cannot restore map from {found}")
        } else if wanted.starts_with("v1.") {
            format!("cannot restore struct from: {found}")
        } else {
            format!("unrecognized type: {wanted}")
        })
    }
}

impl fmt::Display for TypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TypeError {}

impl de::Error for TypeError {
    fn custom<T: fmt::Display>(message: T) -> TypeError {
        TypeError(message.to_string())
    }
}

/// Decodes `value`, calling `unknown` with the path of every field that the type lacks.
pub fn from_value<T: de::DeserializeOwned>(
    value: Value,
    unknown: &mut dyn FnMut(String),
) -> Result<T, TypeError> {
    let mut place = Place { go_struct: "", fields: Vec::new(), strict_path: String::new(), unknown };
    T::deserialize(Decoder { value, place: &mut place })
}

/// Where decoding has got to.
struct Place<'a> {
    /// The innermost struct.
    go_struct: &'static str,
    /// Names of the struct fields from the root; list items and map keys are left out, as Go does.
    fields: Vec<String>,
    /// The path with list items and map keys.
    strict_path: String,
    unknown: &'a mut dyn FnMut(String),
}

impl Place<'_> {
    fn mismatch(&self, found: &str, wanted: &str) -> TypeError {
        if self.go_struct.is_empty() {
            return TypeError(format!("json: cannot unmarshal {found} into Go value of type {wanted}"));
        }
        let (name, path) = (self.go_struct, self.fields.join("."));
        TypeError(format!(
            "json: cannot unmarshal {found} into Go struct field {name}.{path} of type {wanted}"
        ))
    }
}

/// Optional texts that Go holds by pointer, so that empty ones are kept. All other empty values are dropped,
/// as Go's `omitempty` drops them from what it stores and prints.
const EMPTY_STRINGS_KEPT: [&str; 4] =
    ["storageClassName", "volumeAttributesClassName", "loadBalancerClass", "ipFamilyPolicy"];
/// Optional booleans that Go holds by value.
const FALSE_DROPPED: [&str; 10] = [
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "paused",
    "publishNotReadyAddresses",
    "readOnly",
    "stdin",
    "stdinOnce",
    "tty",
    "unschedulable",
];
/// Optional numbers that Go holds by value.
const ZERO_DROPPED: [&str; 16] = [
    "currentReplicas",
    "failureThreshold",
    "fullyLabeledReplicas",
    "generation",
    "healthCheckNodePort",
    "hostPort",
    "initialDelaySeconds",
    "minReadySeconds",
    "nodePort",
    "observedGeneration",
    "periodSeconds",
    "readyReplicas",
    "successThreshold",
    "timeoutSeconds",
    "unavailableReplicas",
    "updatedReplicas",
];

struct Decoder<'p, 'a> {
    value: Value,
    place: &'p mut Place<'a>,
}

/// What Go calls a JSON value of the wrong type.
fn go_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The Go type that a Rust type stands for, `[]v1.Container` for a `Vec<Container>`.
fn go_type(rust: &str) -> String {
    let generic = |name: &str| rust.strip_prefix(name).and_then(|rest| rest.strip_suffix('>'));
    if let Some(item) = generic("alloc::vec::Vec<") {
        return format!("[]{}", go_type(item));
    }
    if let Some(entry) = generic("alloc::collections::btree::map::BTreeMap<alloc::string::String, ") {
        return match go_type(entry).as_str() {
            "resource.Quantity" => "v1.ResourceList".to_owned(),
            entry => format!("map[string]{entry}"),
        };
    }
    if let Some(inner) = generic("core::option::Option<") {
        return go_type(inner);
    }
    match rust.rsplit("::").next().unwrap_or(rust) {
        "String" => "string".to_owned(),
        "i32" => "int32".to_owned(),
        "i64" => "int64".to_owned(),
        "ByteString" => "[]uint8".to_owned(),
        "Quantity" => "resource.Quantity".to_owned(),
        name => format!("v1.{name}"),
    }
}

impl<'p, 'a> Decoder<'p, 'a> {
    fn integer(&self, wanted: &str, min: i64, max: i64) -> Result<i64, TypeError> {
        match &self.value {
            Value::Null => Ok(0),
            Value::Number(number) => match number.as_i64().filter(|n| (min..=max).contains(n)) {
                Some(number) => Ok(number),
                None => Err(self.place.mismatch(&format!("number {}", plain_number(number)), wanted)),
            },
            other => Err(self.place.mismatch(go_name(other), wanted)),
        }
    }

    /// Values of types that decode themselves: their errors carry no path.
    fn quantity(value: &Value) -> Result<String, TypeError> {
        let text = match value {
            Value::Null => return Ok("0".to_owned()),
            Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        if text.is_empty() {
            return Ok("0".to_owned());
        }
        Quantity::parse(&text).map(|quantity| quantity.to_string()).map_err(|e| TypeError(e.to_owned()))
    }

    fn time(value: &Value, layout: &str) -> Result<(), TypeError> {
        let Value::String(text) = value else {
            let found = go_name(value);
            return Err(TypeError(format!("json: cannot unmarshal {found} into Go value of type string")));
        };
        text.parse::<jiff::Timestamp>().map(|_| ()).map_err(|_| {
            TypeError(format!("parsing time \"{text}\" as \"{layout}\": cannot parse \"{text}\" as \"2006\""))
        })
    }
}

/// Go prints whole floats without a fraction.
fn plain_number(number: &Number) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

macro_rules! integers {
    ($($method:ident $visit:ident $ty:ty, $go:literal;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
            let number = self.integer($go, <$ty>::MIN as i64, i64::try_from(<$ty>::MAX).unwrap_or(i64::MAX))?;
            visitor.$visit(number as $ty)
        })*
    };
}

impl<'de, 'p, 'a> de::Deserializer<'de> for Decoder<'p, 'a> {
    type Error = TypeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(number), _, _) => visitor.visit_i64(number),
                (_, Some(number), _) => visitor.visit_u64(number),
                (_, _, number) => visitor.visit_f64(number.unwrap_or_default()),
            },
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => visitor.visit_seq(Items::new(items, self.place)),
            Value::Object(map) => visitor.visit_map(Entries::of_map(map, self.place)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        match &self.value {
            Value::Null => visitor.visit_bool(false),
            Value::Bool(value) => visitor.visit_bool(*value),
            other => Err(self.place.mismatch(go_name(other), "bool")),
        }
    }

    integers! {
        deserialize_i8 visit_i8 i8, "int8";
        deserialize_i16 visit_i16 i16, "int16";
        deserialize_i32 visit_i32 i32, "int32";
        deserialize_i64 visit_i64 i64, "int64";
        deserialize_u8 visit_u8 u8, "uint8";
        deserialize_u16 visit_u16 u16, "uint16";
        deserialize_u32 visit_u32 u32, "uint32";
        deserialize_u64 visit_u64 u64, "uint64";
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        self.deserialize_any(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        self.deserialize_any(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        match self.value {
            Value::Null => visitor.visit_string(String::new()),
            Value::String(text) => visitor.visit_string(text),
            other => Err(self.place.mismatch(go_name(&other), "string")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        let field = self.place.fields.last().map(String::as_str).unwrap_or_default();
        let is_absent = match &self.value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty() && type_name::<V::Value>().contains("::BTreeMap<"),
            Value::String(text) => {
                let pointer =
                    EMPTY_STRINGS_KEPT.contains(&field) && self.place.go_struct != "PersistentVolumeSpec";
                text.is_empty() && !pointer
            }
            Value::Bool(value) => !value && FALSE_DROPPED.contains(&field),
            Value::Number(number) => number.as_i64() == Some(0) && ZERO_DROPPED.contains(&field),
        };
        if is_absent { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, TypeError> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, TypeError> {
        match name {
            "Quantity" => self.value = Value::String(Decoder::quantity(&self.value)?),
            "Time" => Decoder::time(&self.value, "2006-01-02T15:04:05Z07:00")?,
            "MicroTime" => Decoder::time(&self.value, "2006-01-02T15:04:05.000000Z07:00")?,
            _ => {}
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        match self.value {
            Value::Null => visitor.visit_seq(Items::new(Vec::new(), self.place)),
            Value::Array(items) => visitor.visit_seq(Items::new(items, self.place)),
            other => Err(self.place.mismatch(go_name(&other), &go_type(type_name::<V::Value>()))),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, TypeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, TypeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        match self.value {
            Value::Null => visitor.visit_map(Entries::of_map(Map::new(), self.place)),
            Value::Object(map) => visitor.visit_map(Entries::of_map(map, self.place)),
            other => Err(self.place.mismatch(go_name(&other), &go_type(type_name::<V::Value>()))),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypeError> {
        match self.value {
            Value::Null => visitor.visit_map(Entries::of_map(Map::new(), self.place)),
            Value::Object(map) => {
                let outer = std::mem::replace(&mut self.place.go_struct, name);
                let decoded =
                    visitor.visit_map(Entries { known: Some(fields), ..Entries::of_map(map, self.place) })?;
                self.place.go_struct = outer;
                Ok(decoded)
            }
            other => Err(self.place.mismatch(go_name(&other), &format!("v1.{name}"))),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypeError> {
        match self.value {
            Value::String(text) => visitor.visit_enum(text.into_deserializer()),
            other => Err(self.place.mismatch(go_name(&other), "string")),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        visitor.visit_unit()
    }
}

struct Items<'p, 'a> {
    items: std::vec::IntoIter<Value>,
    index: usize,
    place: &'p mut Place<'a>,
}

impl<'p, 'a> Items<'p, 'a> {
    fn new(items: Vec<Value>, place: &'p mut Place<'a>) -> Items<'p, 'a> {
        Items { items: items.into_iter(), index: 0, place }
    }
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = TypeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, TypeError> {
        let Some(value) = self.items.next() else { return Ok(None) };
        let length = self.place.strict_path.len();
        self.place.strict_path.push_str(&format!("[{}]", self.index));
        self.index += 1;
        let item = seed.deserialize(Decoder { value, place: self.place })?;
        self.place.strict_path.truncate(length);
        Ok(Some(item))
    }
}

struct Entries<'p, 'a> {
    entries: serde_json::map::IntoIter,
    current: Option<(String, Value)>,
    /// The struct's fields; `None` in a map, whose keys are free.
    known: Option<&'static [&'static str]>,
    place: &'p mut Place<'a>,
}

impl<'p, 'a> Entries<'p, 'a> {
    fn of_map(map: Map<String, Value>, place: &'p mut Place<'a>) -> Entries<'p, 'a> {
        Entries { entries: map.into_iter(), current: None, known: None, place }
    }
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = TypeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, TypeError> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        let decoded = seed.deserialize(StringDeserializer::<TypeError>::new(key.clone()))?;
        self.current = Some((key, value));
        Ok(Some(decoded))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, TypeError> {
        let (key, value) = self.current.take().unwrap_or_default();
        let length = self.place.strict_path.len();
        if length > 0 {
            self.place.strict_path.push('.');
        }
        self.place.strict_path.push_str(&key);
        if self.known.is_some_and(|known| !known.contains(&key.as_str())) {
            (self.place.unknown)(self.place.strict_path.clone());
        }
        let is_field = self.known.is_some();
        if is_field {
            self.place.fields.push(key);
        }
        let decoded = seed.deserialize(Decoder { value, place: self.place })?;
        if is_field {
            self.place.fields.pop();
        }
        self.place.strict_path.truncate(length);
        Ok(decoded)
    }
}
