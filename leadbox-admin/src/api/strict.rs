//! JSON as it was meant. Owns one rule that serde does not have: where an object is expected, an array of its fields' values
//! is none.

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Map, Value};

/// A value to be read by that rule.
#[derive(Clone, Copy)]
pub(super) struct Strict<'v>(pub(super) &'v Value);

impl<'v> IntoDeserializer<'v, Error> for Strict<'v> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn object<'v>(
    fields: &'v Map<String, Value>,
) -> MapDeserializer<'v, impl Iterator<Item = (&'v str, Strict<'v>)>, Error> {
    MapDeserializer::new(fields.iter().map(|(name, value)| (name.as_str(), Strict(value))))
}

impl<'de> Deserializer<'de> for Strict<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            // Numbers keep their own way of being read: whole ones stay whole.
            Value::Number(number) => number.deserialize_any(visitor),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.iter().map(Strict));
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
            Value::Object(fields) => {
                let mut fields = object(fields);
                let value = visitor.visit_map(&mut fields)?;
                fields.end()?;
                Ok(value)
            }
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(_) => Err(Error::invalid_type(Unexpected::Seq, &"an object")),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(name.as_str().into_deserializer()),
            Value::Object(fields) if fields.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(object(fields)))
            }
            _ => Err(Error::custom("a name, or an object with one field, is expected")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use leadbox_core::service::BulkAction;
    use leadbox_core::{FieldDefinition, LeadFilter, NewLead};
    use proptest::prelude::*;
    use serde::de::DeserializeOwned;
    use serde_json::json;

    use super::*;

    fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Error> {
        T::deserialize(Strict(value))
    }

    #[test]
    fn an_array_is_no_object() {
        assert!(read::<NewLead>(&json!(["Ada"])).is_err());
        assert!(read::<NewLead>(&json!({"utm": ["google"]})).is_err());
        assert!(read::<BulkAction>(&json!({"change": [{}]})).is_err());
        assert!(
            serde_json::from_value::<NewLead>(json!({"utm": ["google"]})).is_ok(),
            "serde takes it"
        );
    }

    #[test]
    fn everything_else_reads_as_ever() {
        for lead in [
            json!({"name": "Ada", "employees": 12, "custom": {"a": [1, 2.5, null]}, "upsert_by": ["email"]}),
            json!({"utm": {"source": "x"}, "consents": [{"purpose": "p", "status": "granted"}], "name": null}),
        ] {
            assert_eq!(
                read::<NewLead>(&lead).unwrap(),
                serde_json::from_value::<NewLead>(lead).unwrap()
            );
        }
        for action in
            [json!("delete"), json!({"assign": null}), json!({"change": {"add_tags": ["a"]}})]
        {
            assert_eq!(
                read::<BulkAction>(&action).unwrap(),
                serde_json::from_value::<BulkAction>(action).unwrap()
            );
        }
        let field = json!({"key": "a", "label": "A", "type": "choice", "choices": ["x"]});
        assert_eq!(
            read::<FieldDefinition>(&field).unwrap(),
            serde_json::from_value::<FieldDefinition>(field).unwrap()
        );
        let filter = json!({"and": [["tag", "eq", "x"], {"not": ["value", "gt", 5]}]});
        assert_eq!(
            read::<LeadFilter>(&filter).unwrap(),
            serde_json::from_value::<LeadFilter>(filter).unwrap()
        );
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,5}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map("[a-c]", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_reads_as_itself(value in json()) {
            prop_assert_eq!(read::<Value>(&value).unwrap(), value);
        }
    }
}
