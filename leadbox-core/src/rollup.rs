//! Counts kept beside the leads. Owns the one pure function from a change to the change of counts; storages add the
//! deltas up in the transaction of the change, so counts equal a scan at all times.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::id::{StageId, UserId};
use crate::lead::Lead;

/// What leads are counted by: the day they came in (in the tenant's zone), source, stage and owner.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Cell {
    /// Day of creation in the tenant's zone.
    pub day: NaiveDate,
    /// Source; empty when unknown.
    pub source: String,
    /// Stage.
    pub stage: StageId,
    /// Owner; the nil id when there is none.
    pub owner: UserId,
}

impl Cell {
    /// The owner of leads that have none, in counts.
    pub const NOBODY: UserId = UserId::from_uuid(uuid::Uuid::nil());

    /// The cell in which a lead counts; none when it is deleted.
    pub fn of(lead: &Lead) -> Option<Self> {
        lead.deleted_at.is_none().then(|| Self {
            day: lead.created_on,
            source: lead.source.name.clone().unwrap_or_default(),
            stage: lead.stage,
            owner: lead.owner.unwrap_or(Self::NOBODY),
        })
    }
}

/// Counts summed up over owners: once by day and once by source, of the same leads. What comes to nothing is missing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sums {
    /// By the day of creation in the tenant's zone, and stage.
    pub by_day: BTreeMap<(NaiveDate, StageId), i64>,
    /// By source, empty when unknown, and stage.
    pub by_source: BTreeMap<(String, StageId), i64>,
}

impl Sums {
    /// Adds leads of one cell.
    pub fn add(&mut self, cell: Cell, n: i64) {
        *self.by_day.entry((cell.day, cell.stage)).or_default() += n;
        *self.by_source.entry((cell.source, cell.stage)).or_default() += n;
    }

    /// Adds all of another.
    pub fn extend(&mut self, other: Self) {
        for (key, n) in other.by_day {
            *self.by_day.entry(key).or_default() += n;
        }
        for (key, n) in other.by_source {
            *self.by_source.entry(key).or_default() += n;
        }
    }
}

/// How counts move when a lead changes from `before` to `after`: nothing, or minus one here and plus one there.
pub fn deltas(before: Option<&Lead>, after: Option<&Lead>) -> Vec<(Cell, i64)> {
    let (before, after) = (before.and_then(Cell::of), after.and_then(Cell::of));
    if before == after {
        return Vec::new();
    }
    before.map(|cell| (cell, -1)).into_iter().chain(after.map(|cell| (cell, 1))).collect()
}

/// Adds deltas up, so that a commit touches each cell once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally(BTreeMap<Cell, i64>);

impl Tally {
    /// Adds one change's deltas.
    pub fn add(&mut self, deltas: impl IntoIterator<Item = (Cell, i64)>) {
        for (cell, n) in deltas {
            *self.0.entry(cell).or_default() += n;
        }
    }

    /// The cells whose count moves, in order.
    pub fn into_cells(self) -> impl Iterator<Item = (Cell, i64)> {
        self.0.into_iter().filter(|(_, n)| *n != 0)
    }
}

/// A cell whose kept count is not what a scan of the leads gives.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Discrepancy {
    /// The cell.
    pub cell: Cell,
    /// The count that is kept.
    pub kept: i64,
    /// The count of a scan.
    pub counted: i64,
}

/// Compares kept counts with those of a scan; cells that are missing on one side count 0 there.
pub fn compare(kept: &BTreeMap<Cell, i64>, counted: &BTreeMap<Cell, i64>) -> Vec<Discrepancy> {
    let cells: std::collections::BTreeSet<&Cell> = kept.keys().chain(counted.keys()).collect();
    let count = |map: &BTreeMap<Cell, i64>, cell| map.get(cell).copied().unwrap_or(0);
    cells
        .into_iter()
        .map(|cell| Discrepancy {
            cell: cell.clone(),
            kept: count(kept, cell),
            counted: count(counted, cell),
        })
        .filter(|row| row.kept != row.counted)
        .collect()
}
