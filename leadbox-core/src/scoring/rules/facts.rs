//! What is known while a question is asked without the interpreter. Owns the contract of whatever knows, and a lead with what happened
//! as the first that does.

use chrono::TimeDelta;

use super::moments;
use super::notes::Sheet;
use crate::interaction::Interaction;
use crate::lead::Lead;
use crate::pipeline::Stage;
use crate::scoring::detail::detail;
use crate::scoring::place::{Field, Held, Place};
use crate::scoring::value::Value;
use crate::time::Timestamp;

/// A name in questions, and its number among all such names of a rule set, by which it is found without looking for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Slot<T> {
    pub(super) name: T,
    pub(super) number: usize,
}

impl<T: Clone + PartialEq> Slot<T> {
    /// Of a name, which is added to those that there are if it is new.
    #[cfg(feature = "compiled")]
    pub(super) fn of(names: &mut Vec<T>, name: T) -> Self {
        let known = names.iter().position(|known| *known == name);
        let number = known.unwrap_or_else(|| {
            names.push(name.clone());
            names.len() - 1
        });
        Self { name, number }
    }
}

/// Whoever knows what a question is about: a lead, and within a signal something that happened.
pub(super) trait Facts {
    /// The value at a place; none when it is a list.
    fn read(&self, place: &Slot<Place>) -> Option<Value<'_>>;
    /// A detail of what is asked about; none when it is a list or a group.
    fn detail(&self, name: &Slot<String>) -> Option<Value<'_>>;
    fn any_tag(&self, passes: impl FnMut(&str) -> bool) -> bool;
    /// How often something of a kind happened, or how often within a stretch of time before now.
    fn count(&self, kind: &Slot<String>, length: Option<TimeDelta>) -> i64;
    /// When something of a kind happened last.
    fn last(&self, kind: &Slot<String>) -> Option<Timestamp>;
    /// How many whole stretches have passed since.
    fn passed(&self, at: Timestamp, length: TimeDelta) -> i64;
    fn within(&self, at: Timestamp, length: TimeDelta) -> bool;
}

/// A lead, what happened with it, and the sheet of its card.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeadFacts<'f> {
    pub(super) lead: &'f Lead,
    pub(super) stage: Option<&'f Stage>,
    /// What counts, the oldest first.
    pub(super) interactions: &'f [&'f Interaction],
    /// What is asked about, if that is not the lead.
    pub(super) interaction: Option<&'f Interaction>,
    pub(super) notes: &'f Sheet,
}

impl LeadFacts<'_> {
    fn times(&self, kind: &str) -> impl DoubleEndedIterator<Item = Timestamp> {
        let of_kind = self.interactions.iter().filter(move |one| one.kind.as_str() == kind);
        of_kind.map(|one| one.at)
    }
}

impl Facts for LeadFacts<'_> {
    fn read(&self, place: &Slot<Place>) -> Option<Value<'_>> {
        let value = match &place.name {
            Place::Field(Field::LastInteraction) => {
                self.interactions.last().map_or(Value::Unknown, |one| Value::Moment(one.at))
            }
            place => match place.of(self.lead, self.stage) {
                Held::One(value) => value,
                Held::Tags(_) | Held::Choices(_) => return None,
            },
        };
        if value == Value::Unknown {
            self.notes.unknown(&place.name);
        }
        Some(value)
    }

    fn detail(&self, name: &Slot<String>) -> Option<Value<'_>> {
        detail(self.interaction?, &name.name)
    }

    fn any_tag(&self, passes: impl FnMut(&str) -> bool) -> bool {
        self.lead.tags.iter().map(String::as_str).any(passes)
    }

    fn count(&self, kind: &Slot<String>, length: Option<TimeDelta>) -> i64 {
        let (count, first) = moments::counted(self.times(&kind.name), length, self.notes.now());
        if let (Some(first), Some(length)) = (first, length) {
            self.notes.steps(moments::end(first, length));
        }
        count
    }

    fn last(&self, kind: &Slot<String>) -> Option<Timestamp> {
        self.times(&kind.name).next_back()
    }

    fn passed(&self, at: Timestamp, length: TimeDelta) -> i64 {
        self.notes.steps(moments::passes_next(at, length, self.notes.now()));
        moments::passed(at, length, self.notes.now())
    }

    fn within(&self, at: Timestamp, length: TimeDelta) -> bool {
        self.notes.steps([Some(at), moments::end(at, length)].into_iter().flatten());
        moments::within(at, length, self.notes.now())
    }
}
