//! Phone numbers that reach nobody. Owns the ranges that regulators keep free for films and books, and hands every
//! number out once.

use super::dice::Dice;

/// A range: what stands before the running digits, and how many of them there are.
type Range = (&'static str, u32);

/// North America: 555-0100 to 555-0199 in every area.
const AMERICA: [Range; 24] = [
    ("+120155501", 2),
    ("+121255501", 2),
    ("+121355501", 2),
    ("+121455501", 2),
    ("+121655501", 2),
    ("+130255501", 2),
    ("+130355501", 2),
    ("+130555501", 2),
    ("+131255501", 2),
    ("+131355501", 2),
    ("+140455501", 2),
    ("+140855501", 2),
    ("+141555501", 2),
    ("+150255501", 2),
    ("+150355501", 2),
    ("+151255501", 2),
    ("+160255501", 2),
    ("+160855501", 2),
    ("+161755501", 2),
    ("+170255501", 2),
    ("+171355501", 2),
    ("+120655501", 2),
    ("+141655501", 2),
    ("+160455501", 2),
];
/// United Kingdom: Ofcom's numbers for drama.
const BRITAIN: [Range; 8] = [
    ("+442079460", 3),
    ("+447700900", 3),
    ("+441134960", 3),
    ("+441214960", 3),
    ("+441314960", 3),
    ("+441414960", 3),
    ("+441514960", 3),
    ("+441614960", 3),
];
/// Germany: the Bundesnetzagentur's numbers for media.
const GERMANY: [Range; 5] =
    [("+493023125", 3), ("+496990009", 3), ("+494066969", 3), ("+492214710", 3), ("+498999998", 3)];
/// France: ARCEP's numbers for audiovisual works.
const FRANCE: [Range; 6] = [
    ("+3319900", 4),
    ("+3326191", 4),
    ("+3335301", 4),
    ("+3346571", 4),
    ("+3353649", 4),
    ("+3363998", 4),
];
/// Australia: ACMA's numbers for creative works.
const AUSTRALIA: [Range; 4] = [("+6125550", 4), ("+6135550", 4), ("+6175550", 4), ("+6185550", 4)];

fn ranges(country: &str) -> &'static [Range] {
    match country {
        "US" | "CA" => &AMERICA,
        "GB" => &BRITAIN,
        "DE" => &GERMANY,
        "FR" => &FRANCE,
        "AU" => &AUSTRALIA,
        _ => &[],
    }
}

/// Hands numbers out.
#[derive(Debug, Default)]
pub(super) struct Phones {
    given: std::collections::HashSet<String>,
}

impl Phones {
    /// A number of this country that nobody has yet; none where no range is kept free or all is given out.
    pub(super) fn number(&mut self, dice: &mut Dice, country: &str) -> Option<String> {
        let ranges = ranges(country);
        if ranges.is_empty() {
            return None;
        }
        // A few tries: a range that is nearly used up just leaves more people without a number.
        for _ in 0..4 {
            let (prefix, digits) = dice.pick(ranges);
            let running = dice.below(10_usize.pow(digits));
            let width = digits as usize;
            let number = format!("{prefix}{running:0width$}");
            if self.given.insert(number.clone()) {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leadbox_core::Phone;

    #[test]
    fn every_range_holds_numbers_of_its_country_and_none_comes_twice() {
        let mut phones = Phones::default();
        let mut dice = Dice::seeded(3);
        let mut seen = std::collections::HashSet::new();
        for country in ["US", "CA", "GB", "DE", "FR", "AU"] {
            for _ in 0..200 {
                let Some(number) = phones.number(&mut dice, country) else { continue };
                let read =
                    Phone::parse(&number, None).unwrap_or_else(|error| panic!("{number}: {error}"));
                assert_eq!(read.as_str(), number);
                assert!(seen.insert(number));
            }
        }
        assert_eq!(phones.number(&mut dice, "NO"), None);
    }
}
