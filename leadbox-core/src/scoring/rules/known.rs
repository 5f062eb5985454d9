//! What the interpreter is given of a lead and of what happened. Owns that both are the same whether they are at hand or in a row of a
//! snapshot; knows nothing of what scripts call it.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::interaction::Interaction;
use crate::lead::Lead;
use crate::pipeline::Stage;
use crate::scoring::detail::{AT, KIND, detail};
use crate::scoring::place::{Field, Held, Place};
use crate::scoring::snapshot::{Snapshot, Where};
use crate::scoring::value::Value;
use crate::time::Timestamp;

/// A lead that is asked about.
#[derive(Clone, Debug)]
pub(super) enum Known {
    AtHand(Arc<AtHand>),
    Row { snapshot: Arc<Snapshot>, row: usize, as_of: Timestamp },
}

/// A lead with what belongs to it.
#[derive(Debug)]
pub(super) struct AtHand {
    pub(super) lead: Lead,
    pub(super) stage: Option<Stage>,
    /// What counts, the oldest first.
    pub(super) interactions: Vec<Interaction>,
}

/// Something that happened and is asked about.
#[derive(Clone, Debug)]
pub(super) enum Happening {
    AtHand(Arc<Interaction>),
    Placed { snapshot: Arc<Snapshot>, place: usize },
}

/// A detail of what happened.
pub(super) enum Detail<'d> {
    Plain(Value<'d>),
    Nested(Json),
}

impl Known {
    /// The value at a place; none when it is a list.
    pub(super) fn value(&self, place: &Place) -> Option<Value<'_>> {
        if *place == Place::Field(Field::LastInteraction) {
            return Some(self.last(None).map_or(Value::Unknown, Value::Moment));
        }
        match self {
            Self::AtHand(known) => match place.of(&known.lead, known.stage.as_ref()) {
                Held::One(value) => Some(value),
                Held::Tags(_) | Held::Choices(_) => None,
            },
            Self::Row { snapshot, row, .. } => match snapshot.place(place) {
                Where::StageSince => Some(Value::Moment(snapshot.stage_since(*row))),
                Where::CreatedAt => Some(Value::Moment(snapshot.created_at(*row))),
                Where::Column(column) => {
                    let column = snapshot.column(column)?;
                    column.cells.value(column.number(*row))
                }
                Where::LastInteraction | Where::Nowhere => Some(Value::Unknown),
            },
        }
    }

    /// Hands over each text of the list at a place.
    pub(super) fn texts(&self, place: &Place, each: impl FnMut(&str)) {
        match self {
            Self::AtHand(known) => match place.of(&known.lead, known.stage.as_ref()) {
                Held::One(_) => {}
                Held::Tags(tags) => tags.iter().map(String::as_str).for_each(each),
                Held::Choices(choices) => choices.iter().map(String::as_str).for_each(each),
            },
            Self::Row { snapshot, row, .. } => {
                let column = match snapshot.place(place) {
                    Where::Column(column) => snapshot.column(column),
                    _ => None,
                };
                let texts = column.and_then(|column| column.cells.texts(column.number(*row)));
                texts.into_iter().flatten().for_each(each);
            }
        }
    }

    /// When something of a kind happened, the oldest first; or anything at all.
    pub(super) fn times(&self, kind: Option<&str>) -> Vec<Timestamp> {
        match self {
            Self::AtHand(known) => {
                let is_meant =
                    |one: &&Interaction| kind.is_none_or(|kind| one.kind.as_str() == kind);
                known.interactions.iter().filter(is_meant).map(|one| one.at).collect()
            }
            Self::Row { snapshot, row, as_of } => {
                let happened = snapshot.happened();
                let kind = kind.map(|kind| snapshot.kind(kind));
                let is_meant =
                    |place: &usize| kind.is_none_or(|kind| happened.kind(*place) == kind);
                let places = happened.of(*row, *as_of).filter(is_meant);
                places.map(|place| happened.at(place)).collect()
            }
        }
    }

    pub(super) fn last(&self, kind: Option<&str>) -> Option<Timestamp> {
        self.times(kind).pop()
    }
}

impl Happening {
    pub(super) fn detail(&self, name: &str) -> Detail<'_> {
        match self {
            Self::AtHand(one) => match detail(one, name) {
                Some(value) => Detail::Plain(value),
                None => Detail::Nested(one.props.get(name).cloned().unwrap_or_default()),
            },
            Self::Placed { snapshot, place } => {
                let happened = snapshot.happened();
                match name {
                    KIND => {
                        let kind = happened.kinds.value(happened.kind(*place));
                        Detail::Plain(kind.unwrap_or(Value::Unknown))
                    }
                    AT => Detail::Plain(Value::Moment(happened.at(*place))),
                    name => {
                        let name = snapshot.detail(name);
                        let Some(values) = happened.values(name) else {
                            return Detail::Plain(Value::Unknown);
                        };
                        match values.value(happened.detail(*place, name)) {
                            Some(value) => Detail::Plain(value),
                            None => {
                                Detail::Nested(happened.nested(*place, name).unwrap_or_default())
                            }
                        }
                    }
                }
            }
        }
    }
}
