//! Asking the interpreter about a row. Owns what it is given, which is made once per lead, and only if it is needed.

use std::cell::OnceCell;
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

/// A lead as the interpreter is given it, once it is.
#[derive(Debug, Default)]
pub(super) struct Given(OnceCell<(LeadValue, Notes)>);

/// Something went wrong with a question: what it belongs to is worth nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrong;

impl Asker<'_> {
    pub(super) fn ask(
        &self,
        question: &Question,
        row: &Row<'_>,
        given: &Given,
    ) -> Result<Answer, Wrong> {
        let (lead, notes) = given.0.get_or_init(|| {
            let (snapshot, row, as_of) = (Arc::clone(self.snapshot), row.row, row.as_of);
            let notes = Notes::new(as_of);
            (LeadValue::new(Known::Row { snapshot, row, as_of }, notes.clone()), notes)
        });
        let about = match row.about {
            Some(place) => {
                let happening = Happening::Placed { snapshot: Arc::clone(self.snapshot), place };
                Dynamic::from(InteractionValue::new(happening, notes.clone()))
            }
            None => Dynamic::from(lead.clone()),
        };
        let answer = ask(self.scripts, Position::NONE, question, about);
        answer.map_err(|_| Wrong)
    }
}
