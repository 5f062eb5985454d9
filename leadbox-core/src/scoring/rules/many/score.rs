//! What a lead is worth, without the reasons. Owns the short form of a card: it takes no memory beside itself.

use crate::score::Points;
use crate::scoring::rules::declare::MOST_ENTRIES;

/// What a lead is worth at a moment: the total, the priority and the fired rules of its card.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Score {
    /// The sum of the categories, each within its cap.
    pub total: Points,
    /// The place of the priority among [`RuleSet::priorities`](crate::scoring::RuleSet::priorities); none below all of them.
    pub priority: Option<usize>,
    /// The rules and signals that fired.
    pub fired: Fired,
}

const WORDS: usize = MOST_ENTRIES.div_ceil(64);

/// Which rules and signals fired, by their places among [`RuleSet::runs`](crate::scoring::RuleSet::runs).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fired {
    words: [u64; WORDS],
}

impl Fired {
    /// Whether the one at this place fired.
    pub fn contains(&self, place: usize) -> bool {
        self.words.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    /// The places of all that fired, in their order.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        self.words.into_iter().enumerate().flat_map(|(word, bits)| {
            let without_last =
                |bits: &u64| Some(bits & bits.wrapping_sub(1)).filter(|bits| *bits != 0);
            let rests = std::iter::successors(Some(bits).filter(|bits| *bits != 0), without_last);
            rests.map(move |bits| word * 64 + bits.trailing_zeros() as usize)
        })
    }

    /// How many fired.
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(super) fn add(&mut self, place: usize) {
        self.add_all(place / 64, 1 << (place % 64));
    }

    #[inline]
    pub(super) fn add_all(&mut self, word: usize, bits: u64) {
        if let Some(known) = self.words.get_mut(word) {
            *known |= bits;
        }
    }
}
