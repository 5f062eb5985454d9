//! Something that happened, as scripts see it. Owns what of it can be read, and which interactions count at all.

use std::sync::Arc;

#[cfg(feature = "compiled")]
use rhai::ImmutableString;
use rhai::{Array, Dynamic, Engine};
use serde_json::{Map, Value};

use super::known::{Detail, Happening};
use super::lead_value::dynamic;
use super::notes::{Notes, Sheet};
use super::unknown::Unknown;
use crate::interaction::{Interaction, Suspicion};
use crate::scoring::Subject;
use crate::scoring::detail::plain;

/// An interaction; its details are read like fields.
#[derive(Clone, Debug)]
pub(super) struct InteractionValue {
    happening: Happening,
    notes: Notes,
}

/// Details within details.
#[derive(Clone, Debug)]
struct Details {
    of: Arc<Map<String, Value>>,
    notes: Notes,
}

/// The interactions that count: those of people, which happened already. What is to come is noted.
pub(super) fn counts<'s>(
    subject: &Subject<'s>,
    notes: &Sheet,
) -> impl Iterator<Item = &'s Interaction> {
    let as_of = subject.as_of;
    let clear = subject.interactions.iter().filter(|one| one.suspicion == Suspicion::Clear);
    clear.filter(move |one| {
        notes.steps([one.at]);
        one.at <= as_of
    })
}

impl InteractionValue {
    pub(super) fn new(happening: Happening, notes: Notes) -> Self {
        Self { happening, notes }
    }

    fn read(&self, name: &str) -> Dynamic {
        match self.happening.detail(name) {
            Detail::Plain(value) => dynamic(value, &self.notes),
            Detail::Nested(nested) => held(&nested, &self.notes),
        }
    }
}

/// A detail as scripts hold it.
fn held(detail: &Value, notes: &Notes) -> Dynamic {
    match detail {
        Value::Array(list) => {
            Dynamic::from_array(list.iter().map(|one| held(one, notes)).collect::<Array>())
        }
        Value::Object(details) => {
            Dynamic::from(Details { of: Arc::new(details.clone()), notes: notes.clone() })
        }
        other => plain(other).map_or_else(|| Dynamic::from(Unknown), |value| dynamic(value, notes)),
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<InteractionValue>("an interaction");
    engine.register_type_with_name::<Details>("a group of details");
    engine.register_indexer_get(|one: &mut InteractionValue, name: &str| one.read(name));
    engine.register_indexer_get(|details: &mut Details, name: &str| {
        details
            .of
            .get(name)
            .map_or_else(|| Dynamic::from(Unknown), |detail| held(detail, &details.notes))
    });
}

/// Lets these details be found at once, without asking first whether they are anything else.
#[cfg(feature = "compiled")]
pub(super) fn register_names<'n>(engine: &mut Engine, names: impl Iterator<Item = &'n str>) {
    for name in names.map(ImmutableString::from) {
        let detail = name.clone();
        engine.register_get(name, move |one: &mut InteractionValue| one.read(&detail));
    }
}
