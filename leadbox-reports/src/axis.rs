//! The scale of counts. Owns where an axis ends and which values stand beside it: whole ones, evenly spaced, few, and above
//! everything that is drawn.

/// A scale from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Axis {
    /// Where it ends, at least 1.
    pub max: u64,
    /// How far apart its values are.
    pub step: u64,
}

/// At most so many steps.
const STEPS: u64 = 4;

impl Axis {
    /// For counts up to this one.
    pub fn up_to(most: i64) -> Self {
        let most = u64::try_from(most).unwrap_or(0).max(1);
        // The 20th power is too large for 64 bits, and more than any count needs.
        let nice =
            (0..20).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.saturating_pow(power)));
        let step = nice.into_iter().find(|step| step.saturating_mul(STEPS) >= most).unwrap_or(most);
        Self { max: most.div_ceil(step).saturating_mul(step), step }
    }

    /// The values beside it, from 0 up.
    pub fn ticks(self) -> impl Iterator<Item = u64> {
        (0..=self.max / self.step).map(move |n| n * self.step)
    }

    /// How high a value stands, 0 to 1.
    pub fn share(self, value: i64) -> f64 {
        u64::try_from(value).unwrap_or(0) as f64 / self.max as f64
    }
}

/// A value in little room: `1,500`, `20k`, `2.5M`.
pub(crate) fn short(value: u64) -> String {
    const UNITS: [(u64, &str); 5] = [
        (1_000_000_000_000_000, "Q"),
        (1_000_000_000_000, "T"),
        (1_000_000_000, "B"),
        (1_000_000, "M"),
        (1_000, "k"),
    ];
    if value < 1_000 {
        return value.to_string();
    }
    if value < 10_000 {
        return format!("{},{:03}", value / 1_000, value % 1_000);
    }
    let unit = UNITS.iter().find(|(size, _)| value >= *size);
    let (size, name) = unit.copied().unwrap_or((1, ""));
    match (value % size) * 10 / size {
        0 => format!("{}{name}", value / size),
        tenth => format!("{}.{tenth}{name}", value / size),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_value() {
        for (most, max, step) in
            [(0, 1, 1), (1, 1, 1), (3, 3, 1), (7, 8, 2), (73, 80, 20), (120, 150, 50), (-5, 1, 1)]
        {
            assert_eq!(Axis::up_to(most), Axis { max, step }, "up to {most}");
        }
        assert_eq!(Axis::up_to(120).ticks().collect::<Vec<_>>(), [0, 50, 100, 150]);
    }

    #[test]
    fn values_are_short() {
        for (value, text) in [
            (0, "0"),
            (999, "999"),
            (1_500, "1,500"),
            (20_000, "20k"),
            (12_500, "12.5k"),
            (2_500_000, "2.5M"),
            (5_000_000_000_000_000_000, "5000Q"),
        ] {
            assert_eq!(short(value), text);
        }
    }

    proptest! {
        #[test]
        fn every_count_fits_and_ticks_are_few(
            most in prop_oneof![0_i64..2_000, 0_i64..=i64::MAX, Just(i64::MAX)],
        ) {
            let axis = Axis::up_to(most);
            prop_assert!(axis.max >= most.unsigned_abs() && axis.share(most) <= 1.0);
            let ticks: Vec<u64> = axis.ticks().collect();
            prop_assert!((2..=5).contains(&ticks.len()), "{:?}", ticks);
            prop_assert_eq!((ticks[0], ticks[ticks.len() - 1]), (0, axis.max));
            // More than half of the height is used.
            prop_assert!(most < 1 || axis.share(most) >= 0.5);
        }
    }
}
