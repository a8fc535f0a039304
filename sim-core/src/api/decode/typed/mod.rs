//! JSON values to API types, with Go's complaints.
//!
//! The types' own `Deserialize` drives a deserializer that knows where it is, as `sigs.k8s.io/json` does:
//! names are case-sensitive, null means absent (or zero, inside lists and maps), a wrong type names the Go
//! struct and field, and fields that the type lacks are reported by path.
//!
//! There is an instance of every method here for every API type, so all of them are a line around a step of
//! [`Place`]. A wrong value is noted there and decoding goes on with an empty one: the deserializer itself has
//! no errors ([`Never`]), and the compiler drops every path that would handle one. That is a third of the
//! page's WebAssembly.

mod error;
mod go;
mod place;
#[cfg(test)]
mod tests;

use std::any::type_name;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

pub use error::TypeError;
use place::{Any, Place};

use crate::api::never::Never;

/// Decodes `value`, calling `unknown` with the path of every field that the type lacks.
///
/// # Errors
/// The first complaint that Go's decoder would have.
pub fn from_value<T: de::DeserializeOwned>(
    value: Value,
    unknown: &mut dyn FnMut(String),
) -> Result<T, TypeError> {
    let mut place = Place::new(value, unknown);
    let Ok(decoded) = T::deserialize(Decoder(&mut place));
    place.into_error().map_or(Ok(decoded), Err)
}

/// Decodes the value that its place holds.
struct Decoder<'p, 'a>(&'p mut Place<'a>);

macro_rules! integers {
    ($($method:ident $visit:ident $ty:ty, $go:literal;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
            let most = i64::try_from(<$ty>::MAX).unwrap_or(i64::MAX);
            visitor.$visit(self.0.integer($go, <$ty>::MIN as i64, most) as $ty)
        })*
    };
}

impl<'de> de::Deserializer<'de> for Decoder<'_, '_> {
    type Error = Never;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        match self.0.any(type_name::<V::Value>()) {
            Any::Unit => visitor.visit_unit(),
            Any::Bool(value) => visitor.visit_bool(value),
            Any::Signed(number) => visitor.visit_i64(number),
            Any::Unsigned(number) => visitor.visit_u64(number),
            Any::Float(number) => visitor.visit_f64(number),
            Any::Text(text) => visitor.visit_string(text),
            Any::Items => visit_items(self.0, visitor),
            Any::Entries => visit_entries(self.0, visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_bool(self.0.bool())
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

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_f64(self.0.float())
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_f64(self.0.float())
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_string(self.0.text())
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_string(self.0.text())
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_string(self.0.text())
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_string(self.0.text())
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_string(self.0.text())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        if self.0.is_absent(type_name::<V::Value>()) {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Never> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Never> {
        self.0.begin_newtype(name);
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        self.0.begin_items(type_name::<V::Value>());
        visit_items(self.0, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Never> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Never> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        self.0.begin_map(type_name::<V::Value>());
        visit_entries(self.0, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Never> {
        self.0.begin_struct(name, fields);
        visit_entries(self.0, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _variants: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Never> {
        unreachable!("no API type that is stored is an enum: {name}")
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_string(self.0.text())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_unit()
    }
}

fn visit_items<'de, V: Visitor<'de>>(place: &mut Place<'_>, visitor: V) -> Result<V::Value, Never> {
    let decoded = visitor.visit_seq(Items(place));
    place.end();
    decoded
}

fn visit_entries<'de, V: Visitor<'de>>(place: &mut Place<'_>, visitor: V) -> Result<V::Value, Never> {
    let decoded = visitor.visit_map(Entries(place));
    place.end();
    decoded
}

struct Items<'p, 'a>(&'p mut Place<'a>);

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Never;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Never> {
        if !self.0.enter_item() {
            return Ok(None);
        }
        let item = seed.deserialize(Decoder(self.0)).map(Some);
        self.0.leave();
        item
    }
}

struct Entries<'p, 'a>(&'p mut Place<'a>);

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = Never;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Never> {
        match self.0.next_key() {
            Some(key) => seed.deserialize(Key(key)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Never> {
        self.0.enter_value();
        let decoded = seed.deserialize(Decoder(self.0));
        self.0.leave();
        decoded
    }
}

/// A key: always text.
struct Key<'k>(&'k str);

impl<'de> de::Deserializer<'de> for Key<'_> {
    type Error = Never;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Never> {
        visitor.visit_str(self.0)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
