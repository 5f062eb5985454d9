//! What happened with many leads. Owns interactions that count, each lead's beside each other and the oldest first; knows nothing of what
//! they are worth. What is suspect counts for nobody and is not kept.

use std::hash::RandomState;
use std::ops::Range;

use serde_json::Value as Json;

use super::cells::{Cells, Content, append, held};
use crate::interaction::{Interaction, Suspicion};
use crate::scoring::detail::plain;
use crate::scoring::value::Value;
use crate::time::Timestamp;

/// Interactions by place; those of one lead are a range of places.
#[derive(Clone, Debug, Default)]
pub(in crate::scoring) struct Happened {
    /// Where each lead's end.
    ends: Vec<u32>,
    at: Vec<Timestamp>,
    kind: Vec<u32>,
    /// Where the details of each end.
    details_end: Vec<u32>,
    details: Vec<Detail>,
    pub(in crate::scoring) kinds: Cells,
    pub(in crate::scoring) names: Cells,
    /// The values of each name, from that of number 1.
    values: Vec<Cells>,
}

/// A name and a value, by their numbers.
#[derive(Clone, Copy, Debug)]
struct Detail {
    name: u32,
    value: u32,
}

impl Happened {
    pub(super) fn bytes(&self) -> usize {
        let own = held(&self.ends) + held(&self.at) + held(&self.kind);
        let details = held(&self.details_end) + held(&self.details) + held(&self.values);
        let cells = [&self.kinds, &self.names].into_iter().chain(&self.values);
        own + details + cells.map(Cells::bytes).sum::<usize>()
    }

    /// Adds what happened with the next lead; none when there is no more room, and the lead is not there then.
    pub(super) fn push(&mut self, all: &[Interaction], hashing: &RandomState) -> Option<()> {
        let clear = all.iter().filter(|one| one.suspicion == Suspicion::Clear);
        let mut clear: Vec<&Interaction> = clear.collect();
        clear.sort_by_key(|one| (one.at, one.id));
        let (happened, details) = (self.at.len(), self.details.len());
        let pushed = clear.iter().try_for_each(|one| self.push_one(one, hashing));
        let end = u32::try_from(self.at.len()).ok();
        if let (Some(()), Some(end)) = (pushed, end) {
            append(&mut self.ends, end);
            return Some(());
        }
        self.at.truncate(happened);
        self.kind.truncate(happened);
        self.details_end.truncate(happened);
        self.details.truncate(details);
        None
    }

    fn push_one(&mut self, one: &Interaction, hashing: &RandomState) -> Option<()> {
        let text = |text| Content::One(Value::Text(text));
        let kind = self.kinds.intern(text(one.kind.as_str()), hashing)?;
        for (name, detail) in &one.props {
            let name = self.names.intern(text(name), hashing)?;
            let at = (name as usize).checked_sub(1)?;
            if at >= self.values.len() {
                self.values.resize_with(at + 1, Cells::default);
            }
            let values = self.values.get_mut(at)?;
            let value = match (plain(detail), detail) {
                (Some(value), _) => values.intern(Content::One(value), hashing)?,
                (None, nested) => values.intern(Content::Nested(&nested.to_string()), hashing)?,
            };
            if value != 0 {
                append(&mut self.details, Detail { name, value });
            }
        }
        let details = u32::try_from(self.details.len()).ok()?;
        append(&mut self.at, one.at);
        append(&mut self.kind, kind);
        append(&mut self.details_end, details);
        Some(())
    }

    /// What happened with a lead until `as_of`.
    pub(in crate::scoring) fn of(&self, row: usize, as_of: Timestamp) -> Range<usize> {
        let end = |row: usize| self.ends.get(row).map_or(0, |end| *end as usize);
        let (from, mut to) = (row.checked_sub(1).map_or(0, end), end(row));
        // Hardly anything is later than the moment that is asked for.
        while to > from && self.at.get(to - 1).is_some_and(|at| *at > as_of) {
            to -= 1;
        }
        from..to
    }

    pub(in crate::scoring) fn at(&self, place: usize) -> Timestamp {
        self.at.get(place).copied().unwrap_or_default()
    }

    /// The number of its kind.
    pub(in crate::scoring) fn kind(&self, place: usize) -> u32 {
        self.kind.get(place).copied().unwrap_or(0)
    }

    /// How many there are.
    pub(in crate::scoring) fn len(&self) -> usize {
        self.at.len()
    }

    /// The values of a name, by its number.
    pub(in crate::scoring) fn values(&self, name: u32) -> Option<&Cells> {
        self.values.get((name as usize).checked_sub(1)?)
    }

    /// The number of the value that an interaction has under a name, by the name's number.
    pub(in crate::scoring) fn detail(&self, place: usize, name: u32) -> u32 {
        let end = |place: usize| self.details_end.get(place).map_or(0, |end| *end as usize);
        let from = place.checked_sub(1).map_or(0, end);
        let own = self.details.get(from..end(place)).unwrap_or_default();
        own.iter().find(|detail| detail.name == name).map_or(0, |detail| detail.value)
    }

    /// A detail of what happened, as JSON that is neither a plain value nor unknown.
    pub(in crate::scoring) fn nested(&self, place: usize, name: u32) -> Option<Json> {
        let json = self.values(name)?.nested(self.detail(place, name))?;
        serde_json::from_str(json).ok()
    }
}
