//! Rules that one column decides. Owns joining all of a column's rules into one table: a value's number leads to what it adds.

use std::collections::BTreeMap;

use super::score::Fired;

/// Tables that add to the same 64 rules and the same category.
#[derive(Clone, Debug)]
pub(super) struct Group<'s> {
    word: usize,
    category: usize,
    tables: Vec<Table<'s>>,
}

/// What rules of one column add, by the number of a row's value.
#[derive(Clone, Debug)]
struct Table<'s> {
    /// The number of each row's value in the column. Rows at the end that have none may be missing.
    numbers: &'s [u32],
    /// The last number that is told from others; 1 where it only matters whether there is a value.
    last: u32,
    /// Where there are many values: the place of each number among what is added. Values of one class add the same.
    classes: Box<[u32]>,
    adds: Box<[Adds]>,
}

/// What a value adds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
struct Adds {
    /// A bit for each rule that fires.
    bits: u64,
    /// In hundredths.
    points: i64,
}

/// What one rule adds for each number: nothing, or these hundredths.
#[derive(Clone, Debug)]
pub(super) struct Ruled {
    pub(super) place: usize,
    pub(super) category: usize,
    pub(super) adds: Vec<Option<i64>>,
}

/// With more values than this, those that add the same are kept once: the table of a few thousand is always at hand.
const FEW: usize = 4_096;

impl<'s> Table<'s> {
    /// Of rules that say something of equally many numbers.
    fn new(numbers: &'s [u32], rules: &[&Ruled]) -> Self {
        let all = rules.first().map_or(0, |rule| rule.adds.len());
        let sum = |number: usize| {
            rules.iter().fold(Adds::default(), |sum, rule| match rule.adds.get(number) {
                Some(Some(points)) => Adds {
                    bits: sum.bits | 1 << (rule.place % 64),
                    points: sum.points.saturating_add(*points),
                },
                _ => sum,
            })
        };
        let last = u32::try_from(all.saturating_sub(1)).unwrap_or(u32::MAX);
        if all <= FEW {
            return Self {
                numbers,
                last,
                classes: Box::default(),
                adds: (0..all).map(sum).collect(),
            };
        }
        let (mut known, mut adds) = (BTreeMap::new(), Vec::new());
        let class = |number| {
            let own = sum(number);
            *known.entry(own).or_insert_with(|| {
                adds.push(own);
                u32::try_from(adds.len() - 1).unwrap_or(u32::MAX)
            })
        };
        let classes = (0..all).map(class).collect();
        Self { numbers, last, classes, adds: adds.into() }
    }

    #[inline]
    fn adds(&self, row: usize) -> Adds {
        let number = self.numbers.get(row).copied().unwrap_or(0).min(self.last) as usize;
        let place = if self.classes.is_empty() {
            number
        } else {
            self.classes.get(number).map_or(0, |class| *class as usize)
        };
        self.adds.get(place).copied().unwrap_or_default()
    }
}

impl<'s> Group<'s> {
    /// Puts the rules of a column with these numbers into the groups where they belong.
    pub(super) fn put(all: &mut Vec<Self>, numbers: &'s [u32], rules: &[Ruled]) {
        let mut apart: BTreeMap<(usize, usize), Vec<&Ruled>> = BTreeMap::new();
        for rule in rules {
            apart.entry((rule.place / 64, rule.category)).or_default().push(rule);
        }
        for ((word, category), rules) in apart {
            let table = Table::new(numbers, &rules);
            match all.iter_mut().find(|one| (one.word, one.category) == (word, category)) {
                Some(group) => group.tables.push(table),
                None => all.push(Self { word, category, tables: vec![table] }),
            }
        }
    }

    /// Adds what a row adds.
    #[inline]
    pub(super) fn add(&self, row: usize, fired: &mut Fired, sums: &mut [i64]) {
        let (mut bits, mut points) = (0, 0_i64);
        for table in &self.tables {
            let adds = table.adds(row);
            bits |= adds.bits;
            points = points.saturating_add(adds.points);
        }
        fired.add_all(self.word, bits);
        if let Some(sum) = sums.get_mut(self.category) {
            *sum = sum.saturating_add(points);
        }
    }
}
