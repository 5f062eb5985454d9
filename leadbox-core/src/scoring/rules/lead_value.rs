//! A lead as scripts see it. Owns the names of its fields and what they are there; everything is read, nothing can be changed.

use rhai::{Array, Dynamic, Engine, EvalAltResult};

use super::fault::refusal;
use super::known::Known;
use super::moments::{self, Moment, Stretch};
use super::notes::Notes;
use super::spelling::{hint, nearest};
use super::texts::held;
use super::unknown::Unknown;
use crate::scoring::place::{Field, GROUPS, Parameter, Place};
use crate::scoring::value::Value;

/// What is known of a lead, shared by all rules that are asked about it.
#[derive(Clone, Debug)]
pub(super) struct LeadValue {
    known: Known,
    notes: Notes,
}

/// A group of fields, such as `lead.utm`.
#[derive(Clone, Debug)]
struct Group {
    lead: LeadValue,
    name: &'static str,
}

impl LeadValue {
    pub(super) fn new(known: Known, notes: Notes) -> Self {
        Self { known, notes }
    }

    /// What stands at a place. What is not known is noted.
    fn at(&self, place: &Place) -> Dynamic {
        let Some(value) = self.known.value(place) else {
            let mut texts = Array::new();
            self.known.texts(place, |text| texts.push(held(text).into()));
            return Dynamic::from_array(texts);
        };
        if value == Value::Unknown {
            self.notes.unknown(place);
        }
        dynamic(value, &self.notes)
    }

    fn read(&self, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
        if let Some(field) = Field::named(name) {
            return Ok(self.at(&Place::Field(field)));
        }
        if let Some(group) = GROUPS.into_iter().find(|group| *group == name) {
            return Ok(self.group(group));
        }
        Err(refusal(no_field(name)))
    }

    fn count(&self, kind: &str, length: Option<Stretch>) -> i64 {
        let (length, times) = (length.map(|length| length.0), self.known.times(Some(kind)));
        let (count, first) = moments::counted(times.into_iter(), length, self.notes.now());
        if let (Some(first), Some(length)) = (first, length) {
            self.notes.steps(moments::end(first, length));
        }
        count
    }
}

/// What is said of a field that there is not.
pub(super) fn no_field(name: &str) -> String {
    let known = || Field::NAMES.into_iter().chain(GROUPS);
    let meant = OTHER_NAMES.iter().find(|(other, _)| *other == name).map(|(_, ours)| *ours);
    match meant.or_else(|| nearest(name, known())) {
        Some(meant) => format!("a lead has no field '{name}': did you mean '{meant}'?"),
        None => format!("a lead has no field '{name}': a field of your own is lead.cf.{name}"),
    }
}

/// What others call our fields.
const OTHER_NAMES: [(&str, &str); 10] = [
    ("company_size", "employees"),
    ("headcount", "employees"),
    ("size", "employees"),
    ("job_title", "title"),
    ("position", "title"),
    ("role", "title"),
    ("website", "domain"),
    ("full_name", "name"),
    ("amount", "value"),
    ("status", "stage"),
];

/// A value as scripts hold it.
pub(super) fn dynamic(value: Value<'_>, notes: &Notes) -> Dynamic {
    match value {
        Value::Unknown => Dynamic::from(Unknown),
        Value::YesOrNo(value) => value.into(),
        Value::Whole(whole) => whole.into(),
        Value::Number(number) => number.into(),
        Value::Text(text) => held(text).into(),
        Value::Moment(at) => Moment::of(Some(at), notes),
        Value::Stretch(length) => Dynamic::from(Stretch(length)),
    }
}

impl LeadValue {
    fn group(&self, name: &'static str) -> Dynamic {
        Dynamic::from(Group { lead: self.clone(), name })
    }
}

impl Group {
    fn read(&self, key: &str) -> Result<Dynamic, Box<EvalAltResult>> {
        match Place::grouped(self.name, key) {
            Some(place) => Ok(self.lead.at(&place)),
            None => {
                let hint = hint(key, Parameter::NAMES);
                Err(refusal(format!("lead.utm has no '{key}'{hint}")))
            }
        }
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<LeadValue>("a lead");
    engine.register_type_with_name::<Group>("a group of fields");
    // What has a name of its own is found at once; only then is it asked for by that name.
    for field in Field::ALL {
        let place = Place::Field(*field);
        engine.register_get(field.name(), move |lead: &mut LeadValue| lead.at(&place));
    }
    for group in GROUPS {
        engine.register_get(group, move |lead: &mut LeadValue| lead.group(group));
    }
    engine.register_indexer_get(|lead: &mut LeadValue, name: &str| lead.read(name));
    engine.register_indexer_get(|group: &mut Group, key: &str| group.read(key));
    engine.register_fn("count", |lead: LeadValue, kind: &str| lead.count(kind, None));
    engine.register_fn("count", |lead: LeadValue, kind: &str, length: Stretch| {
        lead.count(kind, Some(length))
    });
    engine.register_fn("last", |lead: LeadValue, kind: &str| {
        Moment::of(lead.known.last(Some(kind)), &lead.notes)
    });
}

/// Lets keys of groups be found at once, as fields are.
#[cfg(feature = "compiled")]
pub(super) fn register_keys<'k>(engine: &mut Engine, keys: impl Iterator<Item = &'k str>) {
    for key in keys.map(rhai::ImmutableString::from) {
        let name = key.clone();
        engine.register_get(key, move |group: &mut Group| group.read(&name));
    }
}
