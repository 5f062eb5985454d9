//! Something that happened, as scripts see it. Owns what of it can be read, and which interactions count at all.

use std::sync::Arc;

use rhai::{Array, Dynamic, Engine, ImmutableString};
use serde_json::{Map, Value};

use super::moments::Moment;
use super::notes::Notes;
use super::unknown::Unknown;
use super::words::text;
use crate::interaction::{Interaction, Suspicion};
use crate::scoring::Subject;

/// An interaction; its details are read like fields.
#[derive(Clone, Debug)]
pub(super) struct InteractionValue {
    interaction: Arc<Interaction>,
    notes: Notes,
}

/// Details within details.
#[derive(Clone, Debug)]
struct Details(Arc<Map<String, Value>>);

/// The interactions that count: those of people, which happened already. What is to come is noted.
pub(super) fn counts<'s>(
    subject: &Subject<'s>,
    notes: &'s Notes,
) -> impl Iterator<Item = &'s Interaction> {
    let as_of = subject.as_of;
    let clear = subject.interactions.iter().filter(|one| one.suspicion == Suspicion::Clear);
    clear.filter(move |one| {
        notes.step(one.at);
        one.at <= as_of
    })
}

impl InteractionValue {
    pub(super) fn new(interaction: &Interaction, notes: &Notes) -> Self {
        Self { interaction: Arc::new(interaction.clone()), notes: notes.clone() }
    }

    fn read(&self, name: &str) -> Dynamic {
        match name {
            "kind" => text(Some(self.interaction.kind.as_str())),
            "at" => Moment::of(Some(self.interaction.at), &self.notes),
            detail => read(&self.interaction.props, detail),
        }
    }
}

fn read(details: &Map<String, Value>, name: &str) -> Dynamic {
    details.get(name).map_or_else(|| Dynamic::from(Unknown), value)
}

/// A detail as scripts see it: numbers with a fraction and those that do not fit are inexact.
fn value(detail: &Value) -> Dynamic {
    match detail {
        Value::Null => Dynamic::from(Unknown),
        Value::Bool(value) => (*value).into(),
        Value::String(text) => ImmutableString::from(text.as_str()).into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(number)) => number.into(),
            (None, None) => Dynamic::from(Unknown),
        },
        Value::Array(list) => Dynamic::from_array(list.iter().map(value).collect::<Array>()),
        Value::Object(details) => Dynamic::from(Details(Arc::new(details.clone()))),
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<InteractionValue>("an interaction");
    engine.register_type_with_name::<Details>("a group of details");
    engine.register_indexer_get(|one: &mut InteractionValue, name: &str| one.read(name));
    engine.register_indexer_get(|details: &mut Details, name: &str| read(&details.0, name));
}
