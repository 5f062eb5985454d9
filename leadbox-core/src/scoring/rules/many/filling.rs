//! Filling tables. Owns who stands for each distinct value: the first that has it; what a table says of one it says of all others.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::bound::Bound;
use super::condition::Verdict;
use super::row::Row;
use crate::scoring::snapshot::Snapshot;

/// The rows and interactions from which tables are filled.
#[derive(Debug)]
pub(super) struct Filling<'f> {
    snapshot: &'f Snapshot,
    pub(super) bound: &'f Bound,
    /// The first row of each value, by column, and the first interaction with each value, by the name of a detail.
    rows: RefCell<BTreeMap<usize, Rc<[u32]>>>,
    details: RefCell<BTreeMap<u32, Rc<[u32]>>>,
}

/// Nobody has a value.
const NOBODY: u32 = u32::MAX;

/// The first place with each number, of as many numbers as there are.
fn first(all: usize, numbers: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut first = vec![NOBODY; all];
    for (place, number) in (0..NOBODY).zip(numbers) {
        if let Some(first @ &mut NOBODY) = first.get_mut(number as usize) {
            *first = place;
        }
    }
    first
}

impl<'f> Filling<'f> {
    pub(super) fn new(snapshot: &'f Snapshot, bound: &'f Bound) -> Self {
        Self { snapshot, bound, rows: RefCell::default(), details: RefCell::default() }
    }

    /// The first row of each value of a column, and of none.
    fn first_rows(&self, at: usize) -> Rc<[u32]> {
        if let Some(known) = self.rows.borrow().get(&at) {
            return Rc::clone(known);
        }
        let Some(column) = self.snapshot.column(at) else { return Rc::default() };
        let numbers = column.numbers();
        let mut rows = first(column.cells.len() + 1, numbers.iter().copied());
        // Rows at the end that have no value may be missing.
        if let Some(none @ &mut NOBODY) = rows.first_mut()
            && numbers.len() < self.snapshot.len()
        {
            *none = u32::try_from(numbers.len()).unwrap_or(NOBODY);
        }
        let rows: Rc<[u32]> = rows.into();
        self.rows.borrow_mut().insert(at, Rc::clone(&rows));
        rows
    }

    /// The first interaction with each value of a detail, and without one.
    fn first_details(&self, name: u32) -> Rc<[u32]> {
        if let Some(known) = self.details.borrow().get(&name) {
            return Rc::clone(known);
        }
        let happened = self.snapshot.happened();
        let all = happened.values(name).map_or(0, |values| values.len()) + 1;
        let numbers = (0..happened.len()).map(|place| happened.detail(place, name));
        let places: Rc<[u32]> = first(all, numbers).into();
        self.details.borrow_mut().insert(name, Rc::clone(&places));
        places
    }

    /// Anybody, for what is the same for all.
    pub(super) fn any_row(&self) -> Row<'_> {
        self.row(0, None)
    }

    fn row(&self, row: usize, about: Option<usize>) -> Row<'_> {
        let Self { snapshot, bound, .. } = *self;
        Row { snapshot, bound, row, as_of: Default::default(), happened: 0..0, about }
    }

    /// What holds of each value of a column, by its number; none of one that nobody has.
    pub(super) fn values<T>(
        &self,
        column: usize,
        mut of: impl FnMut(&Row<'_>) -> T,
    ) -> Vec<Option<T>> {
        let rows = self.first_rows(column);
        let of = |row: &u32| (*row != NOBODY).then(|| of(&self.row(*row as usize, None)));
        rows.iter().map(of).collect()
    }

    /// The same, whether there is a value or not: first without one, then with one.
    pub(super) fn presence<T>(
        &self,
        column: usize,
        mut of: impl FnMut(&Row<'_>) -> T,
    ) -> Vec<Option<T>> {
        let rows = self.first_rows(column);
        let without = rows.first().copied().filter(|row| *row != NOBODY);
        let with = rows.iter().skip(1).copied().find(|row| *row != NOBODY);
        let mut of = |row: Option<u32>| row.map(|row| of(&self.row(row as usize, None)));
        vec![of(without), of(with)]
    }

    /// What is said of each value of a column. Of one that nobody has nothing has to be said.
    pub(super) fn by_column(
        &self,
        column: usize,
        of: impl FnMut(&Row<'_>) -> Verdict,
    ) -> Box<[Verdict]> {
        let verdicts = self.values(column, of).into_iter();
        verdicts.map(|verdict| verdict.unwrap_or(Verdict::Ask)).collect()
    }

    /// What is said of each value of a detail.
    pub(super) fn by_detail(
        &self,
        name: u32,
        mut of: impl FnMut(&Row<'_>) -> Verdict,
    ) -> Box<[Verdict]> {
        let of = |place: u32| match place {
            NOBODY => Verdict::Ask,
            place => of(&self.row(0, Some(place as usize))),
        };
        self.first_details(name).iter().copied().map(of).collect()
    }
}
