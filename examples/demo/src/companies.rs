//! Made-up companies. Owns their names, domains (all under the reserved `.example`), places, industries and sizes.

use std::collections::HashSet;

use super::dice::Dice;
use super::names::{Region, plain};

/// A company that does not exist.
#[derive(Clone, Debug)]
pub(super) struct Company {
    pub(super) name: String,
    pub(super) domain: String,
    pub(super) industry: &'static str,
    pub(super) employees: i64,
    pub(super) country: &'static str,
    pub(super) city: &'static str,
    pub(super) region: Region,
}

struct Place {
    country: &'static str,
    region: Region,
    weight: f64,
    cities: &'static [&'static str],
    endings: &'static [&'static str],
}

const PLACES: [Place; 14] = [
    place(
        "US",
        Region::English,
        24.0,
        &["Austin", "Boston", "Chicago", "Denver", "Portland", "Raleigh"],
        &["Inc.", "LLC", "Corp."],
    ),
    place(
        "GB",
        Region::English,
        15.0,
        &["London", "Manchester", "Bristol", "Leeds", "Edinburgh"],
        &["Ltd", "plc"],
    ),
    place(
        "DE",
        Region::German,
        17.0,
        &["Berlin", "Hamburg", "München", "Köln", "Leipzig"],
        &["GmbH", "AG", "SE"],
    ),
    place("FR", Region::French, 8.0, &["Paris", "Lyon", "Nantes", "Lille"], &["SAS", "SA"]),
    place("NL", Region::Dutch, 6.0, &["Amsterdam", "Utrecht", "Eindhoven"], &["B.V."]),
    place("ES", Region::Spanish, 5.0, &["Madrid", "Barcelona", "Valencia"], &["S.L.", "S.A."]),
    place("SE", Region::Nordic, 5.0, &["Stockholm", "Göteborg", "Malmö"], &["AB"]),
    place("DK", Region::Nordic, 3.0, &["København", "Aarhus"], &["ApS", "A/S"]),
    place("IT", Region::Italian, 4.0, &["Milano", "Torino", "Bologna"], &["S.r.l.", "S.p.A."]),
    place("PL", Region::Polish, 4.0, &["Warszawa", "Kraków", "Wrocław"], &["Sp. z o.o.", "S.A."]),
    place("AT", Region::German, 3.0, &["Wien", "Graz", "Linz"], &["GmbH"]),
    place("CA", Region::English, 3.0, &["Toronto", "Vancouver", "Montréal"], &["Inc.", "Ltd."]),
    place("AU", Region::English, 2.0, &["Sydney", "Melbourne", "Brisbane"], &["Pty Ltd"]),
    place("IN", Region::Indian, 3.0, &["Bengaluru", "Pune", "Hyderabad"], &["Pvt. Ltd."]),
];

const fn place(
    country: &'static str,
    region: Region,
    weight: f64,
    cities: &'static [&'static str],
    endings: &'static [&'static str],
) -> Place {
    Place { country, region, weight, cities, endings }
}

/// An industry by its id, how common it is here, how large its companies are, and what their names end in.
type Trade = (&'static str, f64, f64, &'static [&'static str]);

const TRADES: [Trade; 16] = [
    ("saas", 16.0, 90.0, &["Cloud", "Stack", "Flow", "Desk", "Metrics"]),
    ("software", 11.0, 130.0, &["Software", "Labs", "Systems", "Works"]),
    ("it_services", 9.0, 160.0, &["Consulting", "IT", "Networks", "Digital"]),
    ("manufacturing", 10.0, 420.0, &["Industries", "Metals", "Werke", "Tooling", "Components"]),
    ("ecommerce", 8.0, 70.0, &["Market", "Goods", "Store", "Supply"]),
    ("logistics", 6.0, 380.0, &["Logistics", "Freight", "Cargo"]),
    ("agency", 6.0, 35.0, &["Studio", "Creative", "Media", "Collective"]),
    ("consulting", 5.0, 60.0, &["Partners", "Advisory", "Group"]),
    ("healthcare", 5.0, 340.0, &["Health", "Clinics", "Care"]),
    ("education", 5.0, 240.0, &["Academy", "Learning", "Institute"]),
    ("energy", 4.0, 520.0, &["Energy", "Power", "Solar"]),
    ("construction", 4.0, 210.0, &["Construction", "Build", "Bau"]),
    ("insurance", 3.0, 900.0, &["Insurance", "Mutual", "Assurance"]),
    ("telecom", 3.0, 700.0, &["Telecom", "Mobile", "Connect"]),
    ("retail", 3.0, 480.0, &["Retail", "Stores", "Trading"]),
    ("cybersecurity", 2.0, 85.0, &["Security", "Shield", "Defence"]),
];

const FIRST_WORDS: [&str; 60] = [
    "Amberline",
    "Arcfield",
    "Bluefen",
    "Brambleton",
    "Brightmere",
    "Calderway",
    "Cedarhall",
    "Clearbrook",
    "Coppergate",
    "Corvane",
    "Dalemark",
    "Driftwood",
    "Duskwater",
    "Eastmoor",
    "Elmsworth",
    "Emberley",
    "Fallowfield",
    "Ferndale",
    "Flintridge",
    "Foxglove",
    "Glenhaven",
    "Goldcrest",
    "Greyfriar",
    "Halewood",
    "Harbourline",
    "Hazelmere",
    "Highstone",
    "Ironbridge",
    "Ivoryton",
    "Juniperus",
    "Kestrelon",
    "Lakemont",
    "Larkspur",
    "Lindenau",
    "Lowenstein",
    "Maplegrove",
    "Meridale",
    "Millrace",
    "Mossbank",
    "Northwind",
    "Oakhurst",
    "Oldmarket",
    "Palewater",
    "Pinecrest",
    "Quarrystone",
    "Redfern",
    "Ridgeway",
    "Rosendal",
    "Saltmarsh",
    "Silverleaf",
    "Skyharrow",
    "Stonebeck",
    "Sunnybank",
    "Tallgrass",
    "Thornbury",
    "Valebridge",
    "Westerholm",
    "Whitecliff",
    "Willowmere",
    "Zephyrus",
];

/// Makes companies, each with a domain of its own.
#[derive(Debug, Default)]
pub(super) struct Companies {
    all: Vec<Company>,
    domains: HashSet<String>,
}

impl Companies {
    /// A company: now and then one that somebody else came from already, as larger ones are looked at by several.
    pub(super) fn company(&mut self, dice: &mut Dice) -> Company {
        if !self.all.is_empty() && dice.chance(0.32) {
            // Of two, the larger: where more people work, more of them ask.
            let (one, other) = (dice.below(self.all.len()), dice.below(self.all.len()));
            let larger =
                if self.all[one].employees >= self.all[other].employees { one } else { other };
            return self.all[larger].clone();
        }
        let company = self.found(dice);
        self.all.push(company.clone());
        company
    }

    fn found(&mut self, dice: &mut Dice) -> Company {
        let place = &PLACES[dice.weighted(PLACES.iter().map(|place| place.weight))];
        let (industry, _, size, endings) =
            &TRADES[dice.weighted(TRADES.iter().map(|(_, weight, ..)| *weight))];
        let (first, second) = (dice.pick(&FIRST_WORDS), dice.pick(endings));
        let city = dice.pick(place.cities);
        let stem = format!("{}-{}", plain(first), plain(second));
        // The place tells namesakes apart, and then a number.
        let with_city = format!("{stem}-{}", plain(city));
        let mut candidates = [stem, with_city.clone()].into_iter();
        let name = format!("{first} {second}");
        let mut taken = 1;
        let domain = loop {
            let stem = candidates.next().unwrap_or_else(|| {
                taken += 1;
                format!("{with_city}-{taken}")
            });
            if self.domains.insert(stem.clone()) {
                break format!("{stem}.example");
            }
        };
        let name = if taken > 1 { format!("{name} {city} {taken}") } else { name };
        #[expect(clippy::cast_possible_truncation, reason = "clamped, and a float cast saturates")]
        let employees = dice.skewed(*size, 1.1).clamp(2.0, 60_000.0) as i64;
        let (country, region) = (place.country, place.region);
        let name = format!("{name} {}", dice.pick(place.endings));
        Company { name, domain, industry, employees, country, city, region }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leadbox_core::{Country, Domain, Industry};

    #[test]
    fn every_company_is_one_that_leadbox_understands() {
        let (mut companies, mut dice) = (Companies::default(), Dice::seeded(4));
        for _ in 0..3000 {
            let company = companies.company(&mut dice);
            assert!(Industry::from_id(company.industry).is_some(), "{}", company.industry);
            assert!(Country::from_code(company.country).is_some());
            assert_eq!(Domain::parse(&company.domain).unwrap().as_str(), company.domain);
        }
        assert_eq!(companies.domains.len(), companies.all.len());
    }
}
