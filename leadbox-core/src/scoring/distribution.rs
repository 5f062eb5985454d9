//! How many leads have which score. Owns the steps in which scores are counted; knows nothing of whose they are.

use serde::Serialize;

use crate::score::Points;

/// How many leads have a score from a bound on, up to the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Step {
    /// The lowest score.
    #[serde(serialize_with = "Points::as_text")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub from: Points,
    /// How many before; none where there is nothing to compare with.
    pub before: Option<u64>,
    /// How many after.
    pub after: u64,
}

/// The most steps.
const MOST: i64 = 25;

/// How wide a step may be, in points; times ten, a hundred and so on.
const WIDTHS: [i64; 3] = [1, 2, 5];

/// Counts scores in at most 25 steps of the same width, which is 1, 2 or 5 points or ten, a hundred or a thousand times that; the
/// bounds are multiples of it.
pub(super) fn steps(before: Option<&[Points]>, after: &[Points]) -> Vec<Step> {
    let all = || before.into_iter().flatten().chain(after);
    let (Some(least), Some(most)) = (all().min(), all().max()) else { return Vec::new() };
    let widths = (0..14).flat_map(|power| WIDTHS.map(|width| width * 100 * 10_i64.pow(power)));
    let fits = |width: &i64| most.0.div_euclid(*width) - least.0.div_euclid(*width) < MOST;
    let width = widths.into_iter().find(fits).unwrap_or(i64::MAX);
    let first = least.0.div_euclid(width);
    let count = most.0.div_euclid(width) - first + 1;
    let counted = |scores: &[Points]| {
        let mut counts = vec![0_u64; usize::try_from(count).unwrap_or(0)];
        for score in scores {
            let place = usize::try_from(score.0.div_euclid(width) - first);
            if let Some(count) = place.ok().and_then(|place| counts.get_mut(place)) {
                *count += 1;
            }
        }
        counts
    };
    let (before, after) = (before.map(counted), counted(after));
    let step = |(place, after): (usize, u64)| Step {
        from: Points((first + i64::try_from(place).unwrap_or(0)).saturating_mul(width)),
        before: before.as_ref().map(|before| before.get(place).copied().unwrap_or(0)),
        after,
    };
    after.into_iter().enumerate().map(step).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn steps_have_round_bounds() {
        let points = |all: &[i64]| all.iter().map(|one| Points(*one)).collect::<Vec<_>>();
        let before = points(&[-150, 0, 4_999]);
        let steps = steps(Some(&before), &points(&[8_000, 8_199]));
        assert_eq!(steps.first().unwrap(), &Step { from: Points(-500), before: Some(1), after: 0 });
        assert_eq!(steps.last().unwrap(), &Step { from: Points(8_000), before: Some(0), after: 2 });
        assert_eq!(steps.len(), 18);
        assert!(super::steps(None, &[]).is_empty());
    }

    proptest! {
        #[test]
        fn every_score_is_in_one_step(
            before in prop::option::of(prop::collection::vec(any::<i64>(), 0..20)),
            after in prop::collection::vec(prop_oneof![any::<i64>(), -20_000..20_000_i64], 0..20),
        ) {
            let points = |all: &Vec<i64>| all.iter().map(|one| Points(*one)).collect::<Vec<_>>();
            let (before, after) = (before.as_ref().map(points), points(&after));
            let steps = steps(before.as_deref(), &after);
            prop_assert!(steps.len() <= 25);
            prop_assert_eq!(steps.iter().map(|step| step.after).sum::<u64>(), after.len() as u64);
            let counted: u64 = steps.iter().filter_map(|step| step.before).sum();
            prop_assert_eq!(counted, before.map_or(0, |before| before.len() as u64));
        }
    }
}
