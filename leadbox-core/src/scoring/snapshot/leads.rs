//! Leads by row. Owns their columns, and the end of the room that they may take.

use std::collections::BTreeMap;
use std::hash::RandomState;
use std::mem::size_of;

use super::cells::{Cells, Content, append, held};
use super::happened::Happened;
use crate::id::LeadId;
use crate::interaction::Interaction;
use crate::lead::Lead;
use crate::pipeline::Stage;
use crate::scoring::place::{Field, Held, Parameter, Place, answer, custom};
use crate::scoring::value::Value;
use crate::time::Timestamp;

/// Leads with what happened with them, resident and compact, for scoring all of them often. It is filled lead by lead; what happens
/// later is not in it.
///
/// Texts and numbers are kept once per column and value, so a lead with a few interactions takes some hundred bytes.
///
/// ```
/// use leadbox_core::scoring::Snapshot;
///
/// let snapshot = Snapshot::with_limit(512 * 1024 * 1024);
/// assert!(snapshot.is_empty() && snapshot.bytes() < 16 * 1024);
/// ```
#[derive(Clone, Debug)]
pub struct Snapshot {
    limit: usize,
    hashing: RandomState,
    ids: Vec<LeadId>,
    stage_since: Vec<Timestamp>,
    created_at: Vec<Timestamp>,
    /// Those of all fields, then those of campaign parameters, then the others as they come.
    columns: Vec<Column>,
    consents: BTreeMap<String, usize>,
    customs: BTreeMap<String, usize>,
    happened: Happened,
    /// What a lead that is being added has, by column.
    incoming: Vec<(usize, u32)>,
}

/// What leads have in one place.
#[derive(Clone, Debug, Default)]
pub(in crate::scoring) struct Column {
    pub(in crate::scoring) cells: Cells,
    /// The number of each row's value. Rows at the end that have none may be missing.
    numbers: Vec<u32>,
}

/// Where a place of a lead is in a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::scoring) enum Where {
    Column(usize),
    StageSince,
    CreatedAt,
    LastInteraction,
    /// Nobody has anything there.
    Nowhere,
}

/// A snapshot has no room for another lead.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the snapshot has no room for another lead: it may hold {limit} bytes")]
pub struct Full {
    /// The most bytes that it may hold.
    pub limit: usize,
}

/// Places in a snapshot have 32 bits.
const MOST: usize = u32::MAX as usize;

impl Column {
    #[inline]
    pub(in crate::scoring) fn number(&self, row: usize) -> u32 {
        self.numbers.get(row).copied().unwrap_or(0)
    }

    /// The numbers of the rows, in their order; rows at the end that have no value may be missing.
    pub(in crate::scoring) fn numbers(&self) -> &[u32] {
        &self.numbers
    }
}

impl Snapshot {
    /// An empty one that takes leads until it holds `limit` bytes, at most 4 GiB. The last one may go beyond it by what columns grow
    /// at once, a part of what they hold.
    pub fn with_limit(limit: usize) -> Self {
        let columns = Field::ALL.len() + Parameter::ALL.len();
        Self {
            limit: limit.min(MOST),
            hashing: RandomState::new(),
            ids: Vec::new(),
            stage_since: Vec::new(),
            created_at: Vec::new(),
            columns: vec![Column::default(); columns],
            consents: BTreeMap::new(),
            customs: BTreeMap::new(),
            happened: Happened::default(),
            incoming: Vec::new(),
        }
    }

    /// How many leads are in it; their rows are numbered from 0.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether no lead is in it.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The id of the lead in a row.
    pub fn id(&self, row: usize) -> Option<LeadId> {
        self.ids.get(row).copied()
    }

    /// How many bytes it holds.
    pub fn bytes(&self) -> usize {
        let rows = held(&self.ids) + held(&self.stage_since) + held(&self.created_at);
        let columns = self.columns.iter().map(|one| one.cells.bytes() + held(&one.numbers));
        size_of::<Self>()
            + rows
            + held(&self.columns)
            + columns.sum::<usize>()
            + self.happened.bytes()
    }

    /// Adds a lead with the stage that it is in and what happened with it, and says in which row it is.
    ///
    /// # Errors
    /// [`Full`] when there is no room for it; everything else stays as it was.
    pub fn push(
        &mut self,
        lead: &Lead,
        stage: Option<&Stage>,
        interactions: &[Interaction],
    ) -> Result<usize, Full> {
        let full = Full { limit: self.limit };
        if self.bytes() >= self.limit {
            return Err(full);
        }
        let row = self.ids.len();
        self.incoming.clear();
        self.read(lead, stage).ok_or(full)?;
        // A column that begins late holds a number for every row before.
        let behind = self.incoming.iter().map(|(at, _)| {
            self.columns.get(*at).map_or(0, |column| row.saturating_sub(column.numbers.len()))
        });
        if self.bytes().saturating_add(behind.sum::<usize>().saturating_mul(4)) >= self.limit {
            return Err(full);
        }
        self.happened.push(interactions, &self.hashing).ok_or(full)?;
        append(&mut self.ids, lead.id);
        append(&mut self.stage_since, lead.stage_since);
        append(&mut self.created_at, lead.created_at);
        for (at, number) in &self.incoming {
            let Some(column) = self.columns.get_mut(*at) else { continue };
            // A purpose or a field that comes twice counts as it came first.
            if *number != 0 && column.numbers.len() <= row {
                while column.numbers.len() < row {
                    append(&mut column.numbers, 0);
                }
                append(&mut column.numbers, *number);
            }
        }
        Ok(row)
    }

    /// Notes what a lead has in each column; none when there is no more room.
    fn read(&mut self, lead: &Lead, stage: Option<&Stage>) -> Option<()> {
        for field in Field::ALL {
            match field {
                Field::StageSince | Field::CreatedAt | Field::LastInteraction => {}
                Field::Tags => {
                    self.note(*field as usize, Held::Tags(&lead.tags))?;
                }
                field => self.note(*field as usize, Held::One(field.of(lead, stage)))?,
            }
        }
        for parameter in Parameter::ALL {
            let column = Field::ALL.len() + *parameter as usize;
            self.note(column, Held::One(parameter.of(lead)))?;
        }
        for consent in &lead.consents {
            let column = named(&mut self.consents, &mut self.columns, &consent.purpose);
            self.note(column, Held::One(Value::Text(answer(consent.status))))?;
        }
        for (key, value) in &lead.custom {
            let column = named(&mut self.customs, &mut self.columns, key.as_str());
            self.note(column, custom(value))?;
        }
        Some(())
    }

    fn note(&mut self, column: usize, held: Held<'_>) -> Option<()> {
        let cells = &mut self.columns.get_mut(column)?.cells;
        let hashing = &self.hashing;
        let number = match held {
            Held::One(value) => cells.intern(Content::One(value), hashing),
            Held::Tags(tags) => {
                let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
                cells.intern(Content::Many(&tags), hashing)
            }
            Held::Choices(choices) => {
                let choices: Vec<&str> = choices.iter().map(String::as_str).collect();
                cells.intern(Content::Many(&choices), hashing)
            }
        };
        append(&mut self.incoming, (column, number?));
        Some(())
    }

    /// Where a place of leads is.
    pub(in crate::scoring) fn place(&self, place: &Place) -> Where {
        let named = |columns: &BTreeMap<String, usize>, name: &String| {
            columns.get(name).copied().map_or(Where::Nowhere, Where::Column)
        };
        match place {
            Place::Field(Field::StageSince) => Where::StageSince,
            Place::Field(Field::CreatedAt) => Where::CreatedAt,
            Place::Field(Field::LastInteraction) => Where::LastInteraction,
            Place::Field(field) => Where::Column(*field as usize),
            Place::Utm(parameter) => Where::Column(Field::ALL.len() + *parameter as usize),
            Place::Consent(purpose) => named(&self.consents, purpose),
            Place::Custom(key) => named(&self.customs, key),
        }
    }

    #[inline]
    pub(in crate::scoring) fn column(&self, at: usize) -> Option<&Column> {
        self.columns.get(at)
    }

    pub(in crate::scoring) fn stage_since(&self, row: usize) -> Timestamp {
        self.stage_since.get(row).copied().unwrap_or_default()
    }

    pub(in crate::scoring) fn created_at(&self, row: usize) -> Timestamp {
        self.created_at.get(row).copied().unwrap_or_default()
    }

    pub(in crate::scoring) fn happened(&self) -> &Happened {
        &self.happened
    }

    /// The number of a kind of interaction; 0 for one that never happened.
    pub(in crate::scoring) fn kind(&self, kind: &str) -> u32 {
        self.happened.kinds.find_text(kind, &self.hashing).unwrap_or(0)
    }

    /// The number of the name of a detail; 0 for one that nothing has.
    pub(in crate::scoring) fn detail(&self, name: &str) -> u32 {
        self.happened.names.find_text(name, &self.hashing).unwrap_or(0)
    }
}

/// The column of a name, which is made if there is none.
fn named(names: &mut BTreeMap<String, usize>, columns: &mut Vec<Column>, name: &str) -> usize {
    if let Some(column) = names.get(name) {
        return *column;
    }
    columns.push(Column::default());
    names.insert(name.to_owned(), columns.len() - 1);
    columns.len() - 1
}
