//! Made-up leads as a CSV file: the same for the same seed, as wide as a real export, and of the same size for both sides.

use std::io::Write;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The columns of the file.
pub const COLUMNS: [&str; 14] = [
    "external_id",
    "name",
    "email",
    "phone",
    "title",
    "company",
    "industry",
    "employees",
    "country",
    "city",
    "source",
    "utm.campaign",
    "tags",
    "cf.budget",
];

const FIRST: [&str; 12] = [
    "Ada", "Bruno", "Chiara", "Dmitri", "Elif", "Farah", "Goro", "Hanne", "Ines", "Jörg", "Kiran",
    "Lena",
];
const LAST: [&str; 12] = [
    "Byron", "Okafor", "Neri", "Volk", "Demir", "Aziz", "Ito", "Lund", "Müller", "Garcia", "Novak",
    "Silva",
];
const TITLES: [&str; 8] = [
    "CTO",
    "Head of Sales",
    "Software Engineer",
    "VP Marketing",
    "Buyer",
    "Founder",
    "Director",
    "Analyst",
];
const INDUSTRIES: [&str; 6] =
    ["software", "saas", "retail", "education", "healthcare", "manufacturing"];
const COUNTRIES: [&str; 6] = ["DE", "US", "FR", "IT", "PL", "JP"];
const CITIES: [&str; 6] = ["Berlin", "Boston", "Lyon", "Torino", "Kraków", "Osaka"];
const SOURCES: [&str; 7] =
    ["website", "webinar", "referral", "google ads", "linkedin", "trade show", "cold outreach"];
const TAGS: [&str; 5] = ["vip", "trial", "newsletter", "partner", "rare"];

fn pick<'a>(rng: &mut StdRng, from: &[&'a str]) -> &'a str {
    from[rng.random_range(0..from.len())]
}

/// One row.
pub fn row(rng: &mut StdRng, number: u64) -> [String; 14] {
    let (first, last) = (pick(rng, &FIRST), pick(rng, &LAST));
    let company = rng.random_range(0..200_000_u32);
    let tags = match rng.random_range(0..100_u32) {
        0..8 => TAGS[0],
        8..30 => TAGS[rng.random_range(1..4)],
        99 if number.is_multiple_of(3) => TAGS[4],
        _ => "",
    };
    [
        format!("ext-{number}"),
        format!("{first} {last} {number}"),
        format!("person{number}@company{company}.example"),
        format!("+4930{:07}", number % 10_000_000),
        pick(rng, &TITLES).to_owned(),
        format!("Company {company}"),
        pick(rng, &INDUSTRIES).to_owned(),
        rng.random_range(1..5_000_u32).to_string(),
        pick(rng, &COUNTRIES).to_owned(),
        pick(rng, &CITIES).to_owned(),
        pick(rng, &SOURCES).to_owned(),
        format!("campaign-{}", rng.random_range(0..40_u32)),
        tags.to_owned(),
        rng.random_range(0..1_000_u32).to_string(),
    ]
}

/// Writes a file of `rows` leads.
pub fn write_csv(out: impl Write, rows: u64, seed: u64) -> csv::Result<()> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    for number in 0..rows {
        writer.write_record(row(&mut rng, number))?;
    }
    writer.flush()?;
    Ok(())
}
