//! Asking the interpreter about a row. Owns what it is given, which is made only if it is needed.

use std::sync::Arc;

use rhai::{Dynamic, Position};

use super::super::interaction_value::InteractionValue;
use super::super::known::{Happening, Known};
use super::super::lead_value::LeadValue;
use super::super::notes::Notes;
use super::super::plan::{Question, Script};
use super::super::run::{Answer, ask};
use super::row::Row;
use crate::scoring::snapshot::Snapshot;

/// The interpreter and the leads that it may be asked about.
#[derive(Clone, Copy)]
pub(in super::super) struct Asker<'r> {
    pub(in super::super) scripts: &'r [Script],
    pub(in super::super) snapshot: &'r Arc<Snapshot>,
}

/// Something went wrong with a question: what it belongs to is worth nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrong;

impl Asker<'_> {
    pub(super) fn ask(&self, question: &Question, row: &Row<'_>) -> Result<Answer, Wrong> {
        let (snapshot, notes) = (Arc::clone(self.snapshot), Notes::unread(row.as_of));
        let about = match row.about {
            Some(place) => {
                let happening = Happening::Placed { snapshot, place };
                Dynamic::from(InteractionValue::new(happening, notes))
            }
            None => {
                let known = Known::Row { snapshot, row: row.row, as_of: row.as_of };
                Dynamic::from(LeadValue::new(known, notes))
            }
        };
        let answer = ask(self.scripts, Position::NONE, question, about);
        answer.map_err(|_| Wrong)
    }
}
