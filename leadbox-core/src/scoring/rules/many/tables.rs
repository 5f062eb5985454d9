//! Rules that one column decides. Owns joining all of a column's rules into one table: a value's number leads to what it adds.

use std::collections::BTreeMap;

use super::score::Fired;

/// What all rules of a column add, by the number of a row's value.
#[derive(Clone, Debug)]
pub(super) struct Table {
    column: usize,
    /// The class of each number; values of one class add the same.
    classes: Classes,
    /// The words of fired rules and the categories that it adds to.
    words: Box<[usize]>,
    categories: Box<[usize]>,
    /// For each class the bits of each word, then the points of each category, in hundredths.
    bits: Box<[u64]>,
    points: Box<[i64]>,
}

#[derive(Clone, Debug)]
enum Classes {
    /// The first class is that of no value, the second that of any.
    Presence,
    Numbers(Box<[u32]>),
}

/// How a table is looked up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum By {
    Presence,
    Number,
}

/// What one rule adds for each number: nothing, or these hundredths.
#[derive(Clone, Debug)]
pub(super) struct Ruled {
    pub(super) place: usize,
    pub(super) category: usize,
    pub(super) adds: Vec<Option<i64>>,
}

fn distinct(all: impl Iterator<Item = usize>) -> Box<[usize]> {
    let mut all: Vec<usize> = all.collect();
    all.sort_unstable();
    all.dedup();
    all.into()
}

impl Table {
    /// Of the rules of a column, all of which say something of as many numbers.
    pub(super) fn new(column: usize, by: By, rules: &[Ruled]) -> Self {
        let words = distinct(rules.iter().map(|rule| rule.place / 64));
        let categories = distinct(rules.iter().map(|rule| rule.category));
        let all = rules.first().map_or(0, |rule| rule.adds.len());
        let mut known: BTreeMap<(Vec<u64>, Vec<i64>), u32> = BTreeMap::new();
        let (mut bits, mut points, mut classes) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..all {
            let adds = |rule: &Ruled| rule.adds.get(number).copied().flatten();
            let own_bits = words.iter().map(|word| {
                let fired = rules.iter().filter(|rule| rule.place / 64 == *word);
                let fired = fired.filter(|rule| adds(rule).is_some());
                fired.fold(0, |bits, rule| bits | 1_u64 << (rule.place % 64))
            });
            let own_points = categories.iter().map(|category| {
                let own = rules.iter().filter(|rule| rule.category == *category);
                own.filter_map(adds).fold(0, i64::saturating_add)
            });
            let own = (own_bits.collect::<Vec<_>>(), own_points.collect::<Vec<_>>());
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            // Of two numbers the second is looked up by its place.
            let is_new = by == By::Presence || !known.contains_key(&own);
            if is_new {
                bits.extend_from_slice(&own.0);
                points.extend_from_slice(&own.1);
            }
            classes.push(*known.entry(own).or_insert(next));
        }
        let classes = match by {
            By::Presence => Classes::Presence,
            By::Number => Classes::Numbers(classes.into()),
        };
        Self { column, classes, words, categories, bits: bits.into(), points: points.into() }
    }

    pub(super) fn column(&self) -> usize {
        self.column
    }

    /// Adds what a row adds whose value has this number.
    #[inline]
    pub(super) fn add(&self, number: u32, fired: &mut Fired, sums: &mut [i64]) {
        let class = match &self.classes {
            Classes::Presence => usize::from(number != 0),
            Classes::Numbers(classes) => {
                classes.get(number as usize).map_or(0, |class| *class as usize)
            }
        };
        let bits = self.bits.get(class * self.words.len()..).unwrap_or_default();
        for (word, bits) in self.words.iter().zip(bits) {
            fired.add_all(*word, *bits);
        }
        let points = self.points.get(class * self.categories.len()..).unwrap_or_default();
        for (category, points) in self.categories.iter().zip(points) {
            if let Some(sum) = sums.get_mut(*category) {
                *sum = sum.saturating_add(*points);
            }
        }
    }
}
