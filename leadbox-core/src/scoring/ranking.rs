//! How well scores tell leads that were won from leads that were lost. Owns the figures and how sure they are; knows nothing of rules, or of
//! when the scores were made.
//!
//! Sources: area under the curve by ranks, ties counting half (Mann & Whitney 1947), with the interval of Newcombe (2006, "Confidence
//! intervals for an effect size measure based on the Mann-Whitney statistic, part 2", method 5); the difference of two areas on the same
//! leads by E. DeLong, D. DeLong and Clarke-Pearson (1988); shares with the interval of Wilson (1927). All intervals are of 95 %.

use std::cmp::Reverse;

use serde::Serialize;

use crate::score::Points;

/// Half the width of an interval of 95 %, in standard deviations.
const Z: f64 = 1.959_963_984_540_054;

/// A score, and what became of the lead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The score.
    pub score: Points,
    /// Whether the lead was won; else it was lost.
    pub won: bool,
}

/// A figure, and between which bounds it lies with 95 % confidence.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// How many of the first leads were won.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Precision {
    /// So many leads with the highest scores.
    pub first: u64,
    /// The share of them that was won, 0 to 1.
    pub share: Estimate,
}

/// A tenth of the leads.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tenth {
    /// How many leads are in it.
    pub leads: u64,
    /// How many of them were won. Where a score stands on both sides of a bound, its leads count in parts.
    pub won: f64,
    /// The lowest score in it.
    #[serde(serialize_with = "Points::as_text")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub from: Points,
}

/// How scores rank leads that were won over those that were lost.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ranking {
    /// How many leads were won.
    pub won: u64,
    /// How many were lost.
    pub lost: u64,
    /// The chance that a lead that was won has a higher score than one that was lost: 0.5 is guessing, 1 is perfect. None unless there
    /// are both.
    pub auc: Option<Estimate>,
    /// How many times more often leads of the top tenth were won than leads on the whole. None for fewer than ten leads, or when
    /// none was won.
    pub lift: Option<Estimate>,
    /// The shares that were won among the first 10, 50, 100 and 500, as far as there are so many.
    pub precision: Vec<Precision>,
    /// The leads in ten parts, the highest scores first; empty for fewer than ten.
    pub tenths: Vec<Tenth>,
}

const FIRST: [u64; 4] = [10, 50, 100, 500];

impl Ranking {
    /// The figures of these leads.
    pub fn of(outcomes: &[Outcome]) -> Self {
        let mut sorted = outcomes.to_vec();
        sorted.sort_unstable_by_key(|one| Reverse(one.score));
        let (all, won) = (sorted.len(), sorted.iter().filter(|one| one.won).count());
        let tenths =
            if all < 10 { Vec::new() } else { (0..10).map(|at| tenth(&sorted, at)).collect() };
        let lift = tenths.first().filter(|_| won > 0).map(|top| {
            let (base, size) = (won as f64 / all as f64, top.leads as f64);
            wilson(top.won, size).times(1.0 / base)
        });
        let first = FIRST.into_iter().filter(|first| *first <= all as u64);
        let precision = first.map(|first| Precision {
            first,
            share: wilson(won_among(&sorted, usize::try_from(first).unwrap_or(all)), first as f64),
        });
        Self {
            won: won as u64,
            lost: (all - won) as u64,
            auc: auc(outcomes),
            lift,
            precision: precision.collect(),
            tenths,
        }
    }
}

impl Estimate {
    fn times(self, factor: f64) -> Self {
        Self { value: self.value * factor, low: self.low * factor, high: self.high * factor }
    }
}

/// The tenth at this place, of leads that are sorted.
fn tenth(sorted: &[Outcome], at: usize) -> Tenth {
    let bound = |at: usize| (sorted.len() * at).div_ceil(10);
    let (from, to) = (bound(at), bound(at + 1));
    let lowest = to.checked_sub(1).and_then(|last| sorted.get(last));
    Tenth {
        leads: (to - from) as u64,
        won: won_among(sorted, to) - won_among(sorted, from),
        from: lowest.map_or(Points(0), |one| one.score),
    }
}

/// How many of the first `count` were won, of leads that are sorted. Leads with the score at which they end count in parts, as their order is
/// nobody's.
fn won_among(sorted: &[Outcome], count: usize) -> f64 {
    let Some(last) = count.checked_sub(1).and_then(|last| sorted.get(last)) else { return 0.0 };
    let above = sorted.partition_point(|one| one.score > last.score);
    let through = sorted.partition_point(|one| one.score >= last.score);
    let won = |some: &[Outcome]| some.iter().filter(|one| one.won).count() as f64;
    let tied = sorted.get(above..through).unwrap_or_default();
    let part = (count - above) as f64 / tied.len().max(1) as f64;
    won(sorted.get(..above).unwrap_or_default()) + won(tied) * part
}

/// A share with its interval.
fn wilson(hits: f64, of: f64) -> Estimate {
    let (value, square) = (hits / of, Z * Z);
    let middle = (value + square / (2.0 * of)) / (1.0 + square / of);
    let inner = value * (1.0 - value) / of + square / (4.0 * of * of);
    let half = Z * inner.max(0.0).sqrt() / (1.0 + square / of);
    Estimate { value, low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
}

/// For each lead that was won the share of lost ones below it, and for each that was lost the share of won ones above it; a tie is
/// half of one. None unless there are both.
fn placements(outcomes: &[Outcome]) -> Option<(Vec<f64>, Vec<f64>)> {
    let scores = |won: bool| -> Vec<Points> {
        outcomes.iter().filter(|one| one.won == won).map(|one| one.score).collect()
    };
    let (won, lost) = (scores(true), scores(false));
    if won.is_empty() || lost.is_empty() {
        return None;
    }
    let (mut won_sorted, mut lost_sorted) = (won.clone(), lost.clone());
    won_sorted.sort_unstable();
    lost_sorted.sort_unstable();
    let below = |sorted: &[Points], score: Points| {
        let (less, through) = (
            sorted.partition_point(|one| *one < score),
            sorted.partition_point(|one| *one <= score),
        );
        (less + through) as f64 / 2.0 / sorted.len() as f64
    };
    let of_won = won.into_iter().map(|score| below(&lost_sorted, score)).collect();
    let of_lost = lost.into_iter().map(|score| 1.0 - below(&won_sorted, score)).collect();
    Some((of_won, of_lost))
}

fn mean(all: &[f64]) -> f64 {
    all.iter().sum::<f64>() / all.len() as f64
}

fn auc(outcomes: &[Outcome]) -> Option<Estimate> {
    let (of_won, of_lost) = placements(outcomes)?;
    let value = mean(&of_won);
    let (won, lost) = (of_won.len() as f64, of_lost.len() as f64);
    let spread = (won + lost) / 2.0 - 1.0;
    // The bound is where the area that was found is just as far away as an area of that size would let it be.
    let is_within = |area: f64| {
        let more = spread * (1.0 - area) / (2.0 - area) + spread * area / (1.0 + area);
        (value - area).abs() <= Z * (area * (1.0 - area) * (1.0 + more) / (won * lost)).sqrt()
    };
    let bound = |end: f64| {
        let (mut within, mut beyond) = (value, end);
        if is_within(end) && end != value {
            return end;
        }
        for _ in 0..60 {
            let middle = f64::midpoint(within, beyond);
            if is_within(middle) {
                within = middle;
            } else {
                beyond = middle;
            }
        }
        within
    };
    Some(Estimate { value, low: bound(0.0), high: bound(1.0) })
}

/// By how much the area of `after` is larger than that of `before`: scores of the same leads, in the same order. None with fewer than two leads
/// that were won, or lost.
pub fn auc_gain(before: &[Outcome], after: &[Outcome]) -> Option<Estimate> {
    let ((won, lost), (won_after, lost_after)) = (placements(before)?, placements(after)?);
    if won.len() < 2 || lost.len() < 2 || won.len() != won_after.len() {
        return None;
    }
    let gains = |before: &[f64], after: &[f64]| -> Vec<f64> {
        before.iter().zip(after).map(|(before, after)| after - before).collect()
    };
    let (won, lost) = (gains(&won, &won_after), gains(&lost, &lost_after));
    let (value, variance) = (mean(&won), variance_of_mean(&won) + variance_of_mean(&lost));
    let half = Z * variance.sqrt();
    Some(Estimate { value, low: value - half, high: value + half })
}

fn variance_of_mean(all: &[f64]) -> f64 {
    let (mean, count) = (mean(all), all.len() as f64);
    let squares = all.iter().map(|one| (one - mean) * (one - mean)).sum::<f64>();
    squares / (count - 1.0) / count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outcomes(pairs: impl IntoIterator<Item = (i64, bool)>) -> Vec<Outcome> {
        pairs.into_iter().map(|(score, won)| Outcome { score: Points(score), won }).collect()
    }

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-4, "{found} is not {expected}");
    }

    #[test]
    fn a_ranking_that_is_known_has_the_figures_that_are_known() {
        // Hanley & McNeil (1982), table II: ratings of 58 normal and 51 abnormal images, area 0.893, standard error 0.032.
        let (lost, won) = ([33, 6, 6, 11, 2], [3, 2, 2, 11, 33]);
        let rated = (0_i64..).zip(lost).flat_map(|(score, count)| vec![(score, false); count]);
        let others = (0_i64..).zip(won).flat_map(|(score, count)| vec![(score, true); count]);
        let ranking = Ranking::of(&outcomes(rated.chain(others)));
        assert_eq!((ranking.won, ranking.lost), (51, 58));
        let auc = ranking.auc.unwrap();
        near(auc.value, 0.8931);
        assert!((0.81..0.84).contains(&auc.low) && (0.93..0.95).contains(&auc.high), "{auc:?}");
        // Wilson for 81 of 263: 0.2553 to 0.3662 (Newcombe 1998, table I).
        let share = wilson(81.0, 263.0);
        near(share.low, 0.2553);
        near(share.high, 0.3662);
    }

    #[test]
    fn what_ranks_perfectly_has_no_perfect_certainty() {
        let ranking = Ranking::of(&outcomes((0..20).map(|score| (score, score >= 18))));
        let auc = ranking.auc.unwrap();
        assert!((auc.value, auc.high) == (1.0, 1.0) && auc.low < 0.95, "{auc:?}");
        let lift = ranking.lift.unwrap();
        assert!((lift.value - 10.0).abs() < 1e-9 && lift.low < 5.0, "{lift:?}");
        assert_eq!(ranking.tenths[0], Tenth { leads: 2, won: 2.0, from: Points(18) });
        let one = Ranking::of(&outcomes([(5, true)]));
        assert_eq!((one.auc, one.lift, one.tenths.len()), (None, None, 0));
    }

    #[test]
    fn leads_with_the_same_score_count_in_parts() {
        let ranking = Ranking::of(&outcomes((0..20).map(|at| (7, at < 5))));
        near(ranking.auc.unwrap().value, 0.5);
        near(ranking.lift.unwrap().value, 1.0);
        near(ranking.tenths[3].won, 0.5);
        assert_eq!(ranking.precision.len(), 1);
    }

    proptest! {
        #[test]
        fn the_area_is_the_share_of_pairs_in_order(
            scores in prop::collection::vec((0..12_i64, any::<bool>()), 0..60),
        ) {
            let all = outcomes(scores.iter().copied());
            let pairs = scores.iter().filter(|one| one.1).flat_map(|won| {
                scores.iter().filter(|one| !one.1).map(move |lost| match won.0.cmp(&lost.0) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                })
            });
            let pairs: Vec<f64> = pairs.collect();
            let ranking = Ranking::of(&all);
            match ranking.auc {
                None => prop_assert!(pairs.is_empty()),
                Some(auc) => {
                    prop_assert!((auc.value - mean(&pairs)).abs() < 1e-9);
                    prop_assert!(0.0 <= auc.low && auc.low <= auc.value && auc.value <= auc.high);
                    prop_assert!(auc.high <= 1.0);
                    if let Some(gain) = auc_gain(&all, &all) {
                        prop_assert_eq!((gain.value, gain.low, gain.high), (0.0, 0.0, 0.0));
                    }
                }
            }
            if !ranking.tenths.is_empty() {
                let won: f64 = ranking.tenths.iter().map(|tenth| tenth.won).sum();
                let leads: u64 = ranking.tenths.iter().map(|tenth| tenth.leads).sum();
                prop_assert!((won - ranking.won as f64).abs() < 1e-9);
                prop_assert_eq!(leads, scores.len() as u64);
            }
        }
    }

    /// Numbers that look random, the same each time.
    fn shuffled(seed: u64) -> impl Iterator<Item = u64> {
        std::iter::successors(Some(seed), |state| {
            Some(
                state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407),
            )
        })
        .skip(3)
        .map(|state| state >> 33)
    }

    #[test]
    fn outcomes_that_have_nothing_to_do_with_scores_lie_within_the_interval_as_often_as_promised() {
        let mut within = 0;
        for seed in 0..1_000 {
            let drawn: Vec<u64> = shuffled(seed).take(240).collect();
            let all = drawn.chunks(2).map(|two| ((two[0] % 90).cast_signed(), two[1] % 3 == 0));
            let auc = Ranking::of(&outcomes(all)).auc.unwrap();
            within += u32::from(auc.low <= 0.5 && 0.5 <= auc.high);
        }
        assert!((930..=970).contains(&within), "{within} of 1,000");
    }

    #[test]
    fn a_better_ranking_of_the_same_leads_gains() {
        let drawn: Vec<u64> = shuffled(5).take(600).collect();
        let of = |hint: u64| {
            let leads = drawn.chunks(2).map(|two| {
                let won = two[1] % 3 == 0;
                ((two[0] % 100 + u64::from(won) * hint).cast_signed(), won)
            });
            outcomes(leads)
        };
        let gain = auc_gain(&of(10), &of(60)).unwrap();
        assert!(gain.low > 0.05 && gain.high < 0.6, "{gain:?}");
        let loss = auc_gain(&of(60), &of(10)).unwrap();
        near(loss.value, -gain.value);
    }
}
