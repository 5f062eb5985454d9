//! Some of very many leads. Owns how many of them a storage looks at and which of those it keeps, so that they lie evenly
//! among all; how it draws them is its own.

use crate::id::LeadId;

/// How many leads pass a query, and some of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeadSample {
    /// How many pass.
    pub count: u64,
    /// All of them, or some that were drawn without regard to what they hold.
    pub some: Vec<LeadId>,
}

impl LeadSample {
    /// So many times more are drawn than are wanted, at least [`LEAST`](Self::LEAST), so that too few hardly ever come.
    const SURPLUS: f64 = 4.0;
    const LEAST: f64 = 64.0;

    /// From how many pass and those that were drawn, in any order: at most `most` of these are kept, and those that were made
    /// last come first.
    pub fn of(count: u64, mut drawn: Vec<LeadId>, most: usize) -> Self {
        drawn.sort_unstable_by(|a, b| b.cmp(a));
        Self { count, ..Self::among(&drawn, most) }
    }

    /// At most `most` of these leads, in their order.
    pub fn among(leads: &[LeadId], most: usize) -> Self {
        let kept = leads.len().min(most);
        let some = (0..kept).map(|n| leads[n * leads.len() / kept]).collect();
        Self { count: leads.len() as u64, some }
    }

    /// At most `most` places that lie evenly from `first` to `last`.
    pub fn places(first: i64, last: i64, most: usize) -> impl Iterator<Item = i64> {
        let width = i128::from(last) - i128::from(first) + 1;
        let kept = width.clamp(0, i128::try_from(most).unwrap_or(i128::MAX));
        (0..kept).filter_map(move |n| i64::try_from(i128::from(first) + n * width / kept).ok())
    }

    /// Which share of leads to draw, to get `most` where about `passing` of all pass; 1 means each of them.
    fn share(most: usize, passing: f64) -> f64 {
        let wanted = (most as f64 * Self::SURPLUS).max(Self::LEAST);
        if passing <= wanted { 1.0 } else { wanted / passing }
    }

    /// Draws `most` where about `passing` of all pass: once, and once more when that was a bad guess. `draw` counts those that
    /// pass and brings the given share of them, from more than 0 to 1.
    ///
    /// # Errors
    /// Those of `draw`.
    pub async fn draw<E, F>(most: usize, passing: f64, draw: impl Fn(f64) -> F) -> Result<Self, E>
    where
        F: Future<Output = Result<(u64, Vec<LeadId>), E>>,
    {
        let (mut count, mut drawn) = draw(Self::share(most, passing)).await?;
        if (drawn.len() as u64) < count.min(most as u64) {
            (count, drawn) = draw(Self::share(most, count as f64)).await?;
        }
        Ok(Self::of(count, drawn, most))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn leads(count: u128) -> Vec<LeadId> {
        (0..count).map(|n| LeadId::from_uuid(uuid::Uuid::from_u128(n))).collect()
    }

    proptest! {
        #[test]
        fn those_that_are_kept_lie_evenly_among_those_that_were_drawn(
            drawn in 0_u128..3000, most in 0_usize..400,
        ) {
            let all = leads(drawn);
            let sample = LeadSample::of(7, all.clone(), most);
            prop_assert_eq!((sample.count, sample.some.len()), (7, all.len().min(most)));
            let places: Vec<u128> = sample.some.iter().map(|lead| lead.uuid().as_u128()).collect();
            let gaps: Vec<u128> = places.windows(2).map(|pair| pair[0] - pair[1]).collect();
            if let (Some(least), Some(greatest)) = (gaps.iter().min(), gaps.iter().max()) {
                prop_assert!(*least >= 1 && greatest - least <= 1, "{gaps:?}");
            }
        }

        #[test]
        fn places_lie_evenly_and_within(first in any::<i64>(), width in 0_i64..5000, most in 0_usize..400) {
            let last = first.saturating_add(width);
            let places: Vec<i64> = LeadSample::places(first, last, most).collect();
            let wide = usize::try_from(last - first + 1).unwrap();
            prop_assert_eq!(places.len(), wide.min(most));
            prop_assert!(places.iter().all(|place| (first..=last).contains(place)));
            let gaps: Vec<i64> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
            if let (Some(least), Some(greatest)) = (gaps.iter().min(), gaps.iter().max()) {
                prop_assert!(*least >= 1 && greatest - least <= 1, "{gaps:?}");
            }
        }

        #[test]
        fn more_are_drawn_than_are_wanted_and_few_are_all_drawn(
            most in 0_usize..10_000, passing in 0_u64..10_000_000,
        ) {
            let share = LeadSample::share(most, passing as f64);
            prop_assert!(share > 0.0 && share <= 1.0);
            let drawn = share * passing as f64;
            prop_assert!(drawn + 0.001 >= passing.min(most as u64 * 4) as f64);
        }
    }
}
