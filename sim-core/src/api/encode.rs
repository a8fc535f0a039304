//! API types to JSON values.
//!
//! There is an instance of every method here for every API type, so all of them are a line around a step of
//! [`Builder`], and there are no errors to handle.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::{Map, Value};

use super::never::Never;

/// `object` as JSON.
pub fn to_value<T: Serialize + ?Sized>(object: &T) -> Value {
    let mut builder = Builder { value: Value::Null, open: Vec::new() };
    let Ok(()) = object.serialize(Encoder(&mut builder));
    builder.value
}

/// A value in the making.
struct Builder {
    /// What was finished last.
    value: Value,
    open: Vec<Open>,
}

/// A list, or a map and the key whose value is next.
enum Open {
    List(Vec<Value>),
    Map(Map<String, Value>, String),
}

impl Builder {
    #[inline(never)]
    fn set(&mut self, value: Value) {
        self.value = value;
    }

    #[inline(never)]
    fn text(&mut self, text: &str) {
        self.value = Value::String(text.to_owned());
    }

    #[inline(never)]
    fn number(&mut self, number: i64) {
        self.value = Value::from(number);
    }

    #[inline(never)]
    fn begin_list(&mut self) {
        self.open.push(Open::List(Vec::new()));
    }

    #[inline(never)]
    fn begin_map(&mut self) {
        self.open.push(Open::Map(Map::new(), String::new()));
    }

    /// What was finished last becomes the key.
    #[inline(never)]
    fn key(&mut self) {
        let key = match self.value.take() {
            Value::String(text) => text,
            other => other.to_string(),
        };
        if let Some(Open::Map(_, next)) = self.open.last_mut() {
            *next = key;
        }
    }

    #[inline(never)]
    fn field(&mut self, name: &str) {
        if let Some(Open::Map(_, next)) = self.open.last_mut() {
            next.push_str(name);
        }
    }

    /// What was finished last becomes the list's next item or the value of the key.
    #[inline(never)]
    fn add(&mut self) {
        let value = self.value.take();
        match self.open.last_mut() {
            Some(Open::List(items)) => items.push(value),
            Some(Open::Map(map, key)) => {
                map.insert(std::mem::take(key), value);
            }
            None => {}
        }
    }

    #[inline(never)]
    fn end(&mut self) {
        self.value = match self.open.pop() {
            Some(Open::List(items)) => Value::Array(items),
            Some(Open::Map(map, _)) => Value::Object(map),
            None => Value::Null,
        };
    }
}

struct Encoder<'b>(&'b mut Builder);

macro_rules! numbers {
    ($($method:ident $ty:ty;)*) => {
        $(fn $method(self, number: $ty) -> Result<(), Never> {
            self.0.number(i64::from(number));
            Ok(())
        })*
    };
}

impl<'b> Serializer for Encoder<'b> {
    type Ok = ();
    type Error = Never;
    type SerializeSeq = Compound<'b>;
    type SerializeTuple = Compound<'b>;
    type SerializeTupleStruct = Compound<'b>;
    type SerializeTupleVariant = Compound<'b>;
    type SerializeMap = Compound<'b>;
    type SerializeStruct = Compound<'b>;
    type SerializeStructVariant = Compound<'b>;

    numbers! {
        serialize_i8 i8;
        serialize_i16 i16;
        serialize_i32 i32;
        serialize_i64 i64;
        serialize_u8 u8;
        serialize_u16 u16;
        serialize_u32 u32;
    }

    fn serialize_bool(self, value: bool) -> Result<(), Never> {
        self.0.set(Value::Bool(value));
        Ok(())
    }

    fn serialize_u64(self, number: u64) -> Result<(), Never> {
        self.0.set(Value::from(number));
        Ok(())
    }

    fn serialize_f32(self, number: f32) -> Result<(), Never> {
        self.0.set(Value::from(number));
        Ok(())
    }

    fn serialize_f64(self, number: f64) -> Result<(), Never> {
        self.0.set(Value::from(number));
        Ok(())
    }

    fn serialize_char(self, character: char) -> Result<(), Never> {
        self.0.set(Value::String(character.to_string()));
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Result<(), Never> {
        self.0.text(text);
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Never> {
        self.0.set(Value::from(bytes));
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Never> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Never> {
        self.0.set(Value::Null);
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Never> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Never> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        self.0.begin_map();
        let mut map = Compound { builder: self.0, depth: 1 };
        map.put(variant, value)?;
        map.close()
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Compound<'b>, Never> {
        self.0.begin_list();
        Ok(Compound { builder: self.0, depth: 1 })
    }

    fn serialize_tuple(self, _len: usize) -> Result<Compound<'b>, Never> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Compound<'b>, Never> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Compound<'b>, Never> {
        self.0.begin_map();
        self.0.field(variant);
        self.0.begin_list();
        Ok(Compound { builder: self.0, depth: 2 })
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Compound<'b>, Never> {
        self.0.begin_map();
        Ok(Compound { builder: self.0, depth: 1 })
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Compound<'b>, Never> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Compound<'b>, Never> {
        self.0.begin_map();
        self.0.field(variant);
        self.0.begin_map();
        Ok(Compound { builder: self.0, depth: 2 })
    }
}

/// A list or map that is being written.
struct Compound<'b> {
    builder: &'b mut Builder,
    /// 2 for a variant, which is a map around its content.
    depth: u8,
}

impl Compound<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        value.serialize(Encoder(self.builder))?;
        self.builder.add();
        Ok(())
    }

    fn put<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Never> {
        self.builder.field(name);
        self.item(value)
    }

    fn close(self) -> Result<(), Never> {
        self.builder.end();
        if self.depth > 1 {
            self.builder.add();
            self.builder.end();
        }
        Ok(())
    }
}

impl SerializeSeq for Compound<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        self.item(value)
    }

    fn end(self) -> Result<(), Never> {
        self.close()
    }
}

impl SerializeTuple for Compound<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        self.item(value)
    }

    fn end(self) -> Result<(), Never> {
        self.close()
    }
}

impl SerializeTupleStruct for Compound<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        self.item(value)
    }

    fn end(self) -> Result<(), Never> {
        self.close()
    }
}

impl SerializeTupleVariant for Compound<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        self.item(value)
    }

    fn end(self) -> Result<(), Never> {
        self.close()
    }
}

impl SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Never> {
        key.serialize(Encoder(self.builder))?;
        self.builder.key();
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        self.item(value)
    }

    fn end(self) -> Result<(), Never> {
        self.close()
    }
}

impl SerializeStruct for Compound<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Never> {
        self.put(key, value)
    }

    fn end(self) -> Result<(), Never> {
        self.close()
    }
}

impl SerializeStructVariant for Compound<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Never> {
        self.put(key, value)
    }

    fn end(self) -> Result<(), Never> {
        self.close()
    }
}
