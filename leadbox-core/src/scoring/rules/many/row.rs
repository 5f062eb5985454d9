//! A row of a snapshot as what is known of a lead. Owns the same answers that a lead at hand gives, without noting anything.

use std::ops::Range;

use chrono::TimeDelta;

use super::super::facts::{Facts, Slot};
use super::super::moments;
use super::bound::{Bound, DetailAt};
use crate::scoring::place::Place;
use crate::scoring::snapshot::{Snapshot, Where};
use crate::scoring::value::Value;
use crate::time::Timestamp;

/// A lead in a snapshot at a moment.
#[derive(Clone, Debug)]
pub(super) struct Row<'s> {
    pub(super) snapshot: &'s Snapshot,
    pub(super) bound: &'s Bound,
    pub(super) row: usize,
    pub(super) as_of: Timestamp,
    /// What happened with it until then.
    pub(super) happened: Range<usize>,
    /// Which of that is asked about, if that is not the lead.
    pub(super) about: Option<usize>,
}

impl Row<'_> {
    /// The number of its value in a column.
    #[inline]
    pub(super) fn number(&self, column: usize) -> u32 {
        self.snapshot.column(column).map_or(0, |column| column.number(self.row))
    }

    fn times(&self, kind: u32) -> impl DoubleEndedIterator<Item = Timestamp> {
        let happened = self.snapshot.happened();
        let of_kind = self.happened.clone().filter(move |place| happened.kind(*place) == kind);
        of_kind.map(|place| happened.at(place))
    }
}

impl Facts for Row<'_> {
    fn read(&self, place: &Slot<Place>) -> Option<Value<'_>> {
        match self.bound.place(place.number) {
            Where::Column(column) => {
                let column = self.snapshot.column(column)?;
                column.cells.value(column.number(self.row))
            }
            Where::StageSince => Some(Value::Moment(self.snapshot.stage_since(self.row))),
            Where::CreatedAt => Some(Value::Moment(self.snapshot.created_at(self.row))),
            Where::LastInteraction => {
                let last = self.happened.clone().next_back();
                let at = |place| Value::Moment(self.snapshot.happened().at(place));
                Some(last.map_or(Value::Unknown, at))
            }
            Where::Nowhere => Some(Value::Unknown),
        }
    }

    fn detail(&self, name: &Slot<String>) -> Option<Value<'_>> {
        let (happened, place) = (self.snapshot.happened(), self.about?);
        match self.bound.detail(name.number) {
            DetailAt::Kind => happened.kinds.value(happened.kind(place)),
            DetailAt::At => Some(Value::Moment(happened.at(place))),
            DetailAt::Named(name) => match happened.values(name) {
                Some(values) => values.value(happened.detail(place, name)),
                None => Some(Value::Unknown),
            },
        }
    }

    fn any_tag(&self, passes: impl FnMut(&str) -> bool) -> bool {
        let Where::Column(column) = self.bound.tags else { return false };
        let Some(column) = self.snapshot.column(column) else { return false };
        let tags = column.cells.texts(column.number(self.row));
        tags.into_iter().flatten().any(passes)
    }

    fn count(&self, kind: &Slot<String>, length: Option<TimeDelta>) -> i64 {
        moments::counted(self.times(self.bound.kind(kind.number)), length, self.as_of).0
    }

    fn last(&self, kind: &Slot<String>) -> Option<Timestamp> {
        self.times(self.bound.kind(kind.number)).next_back()
    }

    fn passed(&self, at: Timestamp, length: TimeDelta) -> i64 {
        moments::passed(at, length, self.as_of)
    }

    fn within(&self, at: Timestamp, length: TimeDelta) -> bool {
        moments::within(at, length, self.as_of)
    }
}
