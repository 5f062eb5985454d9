//! Where a snapshot has what questions name. Owns looking that up once, so that nothing is looked for by name while leads are scored.

use super::super::plan::{Plan, Slots};
use crate::scoring::detail::{AT, KIND};
use crate::scoring::place::{Field, Place};
use crate::scoring::snapshot::{Snapshot, Where};

/// The names of a rule set by their numbers, as places in a snapshot.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub(super) places: Vec<Where>,
    pub(super) details: Vec<DetailAt>,
    /// The numbers of kinds of interactions; 0 for one that never happened.
    pub(super) kinds: Vec<u32>,
    pub(super) tags: Where,
    pub(super) industry: Where,
}

/// Where a detail of what happened is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum DetailAt {
    Kind,
    At,
    /// Under a name of this number; 0 for one that nothing has.
    Named(u32),
}

impl Bound {
    pub(super) fn new(plan: &Plan, snapshot: &Snapshot) -> Self {
        let Slots { places, details, kinds } = &plan.slots;
        let detail = |name: &String| match name.as_str() {
            KIND => DetailAt::Kind,
            AT => DetailAt::At,
            name => DetailAt::Named(snapshot.detail(name)),
        };
        Self {
            places: places.iter().map(|place| snapshot.place(place)).collect(),
            details: details.iter().map(detail).collect(),
            kinds: kinds.iter().map(|kind| snapshot.kind(kind)).collect(),
            tags: snapshot.place(&Place::Field(Field::Tags)),
            industry: snapshot.place(&Place::Field(Field::Industry)),
        }
    }

    pub(super) fn place(&self, number: usize) -> Where {
        self.places.get(number).copied().unwrap_or(Where::Nowhere)
    }

    pub(super) fn detail(&self, number: usize) -> DetailAt {
        self.details.get(number).copied().unwrap_or(DetailAt::Named(0))
    }

    pub(super) fn kind(&self, number: usize) -> u32 {
        self.kinds.get(number).copied().unwrap_or(0)
    }
}
