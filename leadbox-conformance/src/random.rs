//! Random leads and questions about them. Owns a small vocabulary, so that filters and searches hit often, and values at
//! the edges; everything follows from one seed.

use std::collections::BTreeSet;

use leadbox_core::filter::{
    Check, Direction, FieldClass, LeadField, LeadSort, Leaf, Operand, Search, Sense, Test,
};
use leadbox_core::identity::{Domain, Industry};
use leadbox_core::{
    Change, Country, Currency, FieldKey, FieldValue, Lead, LeadKeys, LeadQuery, Money, Owners,
    Points, Revision, Scope, SortKey, Suspicion, UserId,
};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use crate::fixtures::{ParseEmail, World, at, at_micros};
use crate::full::{full_lead, phone};

/// Where all randomness of a case comes from.
#[derive(Debug)]
pub struct Dice(StdRng);

impl Dice {
    /// From `LEADBOX_SEED`, or a fixed seed; printed, so that a failure can be repeated.
    #[expect(clippy::print_stdout, reason = "whoever sees the failure needs the seed")]
    pub fn new() -> Self {
        let seed = std::env::var("LEADBOX_SEED").ok().map_or(20_260_115, |seed| {
            seed.parse().unwrap_or_else(|_| panic!("LEADBOX_SEED is no number: {seed}"))
        });
        println!("LEADBOX_SEED={seed}");
        Self(StdRng::seed_from_u64(seed))
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end)
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        of.choose(&mut self.0).expect("there is something to choose from")
    }

    /// One of these texts.
    pub fn text(&mut self, of: &[&'static str]) -> &'static str {
        self.pick::<&str>(of)
    }

    fn maybe(&mut self, share: usize, of: &[&'static str]) -> Option<String> {
        self.percent(share).then(|| self.text(of).to_owned())
    }
}

impl Default for Dice {
    fn default() -> Self {
        Self::new()
    }
}

const NAMES: [&str; 10] = [
    "Anna Müller",
    "anna muller",
    "Jo",
    "Élodie Durand",
    "ZOË",
    "Bob 100%",
    "under_score",
    "O'Neill",
    "Łukasz Nowak",
    "Anastasia",
];
const COMPANIES: [&str; 6] = ["Acme", "ACME GmbH", "Müller & Söhne", "Initech", "a\\b", "Zz"];
const TITLES: [&str; 4] = ["CTO", "Head of Sales", "cto", "Engineer"];
const CITIES: [&str; 4] = ["Berlin", "São Paulo", "New York", "berlin"];
const SOURCES: [&str; 4] = ["website", "google ads", "referral", "web%"];
const TAGS: [&str; 5] = ["vip", "größe", "newsletter", "rare", "trade fair"];
const CHOICES: [&str; 4] = ["red", "green", "blue", "Größe"];

/// People who own leads.
pub const OWNERS: u128 = 4;

/// One of the people who own leads.
pub fn owner(number: u128) -> UserId {
    UserId::from_uuid(uuid::Uuid::from_u128(0x0300 + number))
}

fn key(text: &str) -> FieldKey {
    text.parse().unwrap()
}

/// A lead with random values; many fields are missing, many values are shared.
pub fn lead(world: &World, dice: &mut Dice) -> Lead {
    let number = world.number();
    let mut lead = if dice.percent(15) { full_lead(world) } else { world.lead() };
    let moment = |dice: &mut Dice| at_micros(i64::try_from(dice.below(40)).unwrap() * 500_000);
    lead.person.name = dice.maybe(85, &NAMES);
    lead.person.first_name = dice.maybe(40, &["Anna", "anna", "Zoë"]);
    lead.person.title = dice.maybe(50, &TITLES);
    if dice.percent(30) {
        lead.person.email = dice.percent(60).then(|| {
            let user = dice.text(&["sales", "info", "Kim.Lee"]);
            format!("{user}@example.{}", dice.text(&["com", "org"])).parse_email()
        });
    }
    lead.person.phone = dice.percent(30).then(|| phone(number % 7));
    lead.company.name = dice.maybe(60, &COMPANIES);
    lead.company.city = dice.maybe(50, &CITIES);
    lead.company.domain = dice
        .percent(40)
        .then(|| Domain::parse(dice.text(&["example.com", "acme.de", "initech.co.uk"])).unwrap());
    lead.company.industry =
        dice.percent(30).then(|| Industry::from_id(dice.text(&["software", "education"])).unwrap());
    lead.company.industry_text = dice.maybe(10, &["beekeeping"]);
    lead.company.employees =
        dice.percent(50).then(|| *dice.pick(&[0, 1, 9, 250, 1000, 5_000_000_000]));
    lead.company.country =
        dice.percent(40).then(|| Country::from_code(dice.text(&["DE", "BR", "US"])).unwrap());
    lead.source.name = dice.maybe(70, &SOURCES);
    lead.source.detail = dice.maybe(20, &["form a", "form b"]);
    lead.source.utm.campaign = dice.maybe(30, &["winter", "summer_2026"]);
    lead.source.utm.medium = dice.maybe(30, &["cpc", "email"]);
    lead.source.referrer = dice.maybe(20, &["https://example.org/?q=1"]);
    lead.tags = (0..dice.below(3)).map(|_| dice.text(&TAGS).to_owned()).collect();
    lead.owner = dice.percent(70).then(|| owner(dice.below(4) as u128));
    lead.stage = world.stage(u8::try_from(dice.below(4)).unwrap());
    lead.stage_since = moment(dice);
    lead.value = dice.percent(50).then(|| {
        let minor = *dice.pick(&[i64::MIN + 1, -5, 0, 100, 9_999_999, i64::MAX]);
        Money::new(minor, *dice.pick(&[Currency::EUR, Currency::USD]))
    });
    lead.completeness = u8::try_from(dice.below(101)).unwrap();
    lead.created_at = moment(dice);
    lead.created_on = lead.created_at.date_naive() + chrono::Days::new(dice.below(3) as u64);
    lead.updated_at = moment(dice);
    for (name, value) in [
        ("n", FieldValue::Number(*dice.pick(&[-1.5, 0.0, 2.0, 1e300]))),
        ("t", FieldValue::Text(dice.text(&NAMES).to_owned())),
        ("flag", FieldValue::Bool(dice.percent(50))),
        (
            "colours",
            FieldValue::Choices(vec![
                dice.text(&CHOICES[..2]).to_owned(),
                dice.text(&CHOICES[2..]).to_owned(),
            ]),
        ),
    ] {
        if dice.percent(35) {
            lead.custom.insert(key(name), value);
        }
    }
    lead
}

/// What happens to a lead beside itself: sometimes a score, sometimes interactions.
pub fn beside(world: &World, lead: &Lead, dice: &mut Dice) -> Vec<Change> {
    let mut changes = Vec::new();
    if dice.percent(60) {
        let mut score = world.score(lead, 0);
        score.total = Points(*dice.pick(&[-150, 0, 1, 4000, 4001, 9900]));
        score.priority = dice.maybe(70, &["hot", "warm", "cold"]);
        score.revision = Revision(1);
        changes.push(world.set_score(&score));
    }
    for _ in 0..dice.below(3) {
        let mut interaction = world.interaction(lead, i64::try_from(dice.below(30)).unwrap());
        interaction.suspicion =
            if dice.percent(30) { Suspicion::Suspect } else { Suspicion::Clear };
        changes.push(world.record(&interaction));
    }
    changes
}

/// A question with random filter, search and order.
pub fn query(dice: &mut Dice, leads: &[Lead]) -> LeadQuery {
    let direction = if dice.percent(50) { Direction::Ascending } else { Direction::Descending };
    LeadQuery {
        check: if dice.percent(20) { Check::default() } else { check(dice, leads, 3) },
        search: search(dice),
        sort: LeadSort { by: *dice.pick(&SortKey::ALL), direction },
    }
}

/// Everybody, some owners, or one.
pub fn scope(world: &World, dice: &mut Dice) -> Scope {
    let owners = match dice.below(4) {
        0 | 1 => Owners::All,
        2 => Owners::Only([owner(dice.below(5) as u128)].into()),
        _ => {
            let some: BTreeSet<UserId> =
                (0..dice.below(4)).map(|_| owner(dice.below(5) as u128)).collect();
            Owners::Only(some)
        }
    };
    Scope { owners, ..world.scope() }
}

fn search(dice: &mut Dice) -> Search {
    if dice.percent(65) {
        return Search::default();
    }
    let words = [
        "mull",
        "a",
        "z",
        "an",
        "jo",
        "acme",
        "100%",
        "_",
        "r_s",
        "o'n",
        "example",
        "head of",
        "anna acme",
        "ł",
        "initech.co",
        "\\b",
        "nobody at all",
        "+4930",
        "él",
        "sales@",
    ];
    Search::parse(dice.text(&words))
}

fn check(dice: &mut Dice, leads: &[Lead], depth: usize) -> Check {
    match dice.below(if depth == 0 { 4 } else { 7 }) {
        0..=3 => Check::Leaf(leaf(dice, leads)),
        4 | 5 => Check::All((0..dice.below(4)).map(|_| check(dice, leads, depth - 1)).collect()),
        _ => Check::Any((0..dice.below(4)).map(|_| check(dice, leads, depth - 1)).collect()),
    }
}

/// The fields that filters may ask for: every plain one, declared and undeclared custom ones.
pub fn fields() -> Vec<LeadField> {
    let custom = ["n", "t", "flag", "colours", "c_text", "c_choices", "never_set"];
    let custom = custom.iter().map(|name| LeadField::Custom(key(name)));
    LeadField::PLAIN.iter().cloned().chain(custom).collect()
}

fn leaf(dice: &mut Dice, leads: &[Lead]) -> Leaf {
    let field = dice.pick(&fields()).clone();
    let operand = |dice: &mut Dice| operand(dice, leads, &field);
    let some_part = |dice: &mut Dice| {
        let whole = operand(dice);
        part(dice, &whole)
    };
    let text_like = match field.class() {
        FieldClass::Text => true,
        FieldClass::Facet => {
            matches!(&field, LeadField::Tag)
                || matches!(&field, LeadField::Custom(key) if key.as_str() != "n" && key.as_str() != "flag")
        }
        FieldClass::Integer | FieldClass::Id | FieldClass::Time => false,
    };
    let ordered = matches!(field.class(), FieldClass::Integer | FieldClass::Time)
        || matches!(&field, LeadField::Custom(key) if key.as_str() == "n");
    let test = match dice.below(4) {
        0 => Test::Known,
        1 if text_like => Test::Contains(some_part(dice)),
        2 if text_like => Test::Starts(some_part(dice)),
        1 | 2 if ordered => {
            let (from, to) = (operand(dice), operand(dice));
            match dice.below(3) {
                0 => Test::Between(Some(from), None),
                1 => Test::Between(None, Some(to)),
                _ => Test::Between(Some(from), Some(to)),
            }
        }
        _ => Test::OneOf((0..=dice.below(3)).map(|_| operand(dice)).collect()),
    };
    let sense = if dice.percent(65) { Sense::Holds } else { Sense::Fails };
    Leaf { field, test, sense }
}

/// A value to compare with: mostly one that some lead has.
fn operand(dice: &mut Dice, leads: &[Lead], field: &LeadField) -> Operand {
    let lead = dice.pick(leads).clone();
    let keys = LeadKeys::of(&lead, &[]);
    let text = |value: Option<String>| Operand::Text(value.unwrap_or_else(|| "nothing".to_owned()));
    let owned = |value: Option<&str>| text(value.map(str::to_owned));
    match field {
        LeadField::Name => text(Some(keys.name)),
        LeadField::Company => text(keys.company),
        LeadField::Title => text(keys.title),
        LeadField::City => text(keys.city),
        LeadField::Email => text(keys.email),
        LeadField::Phone => text(keys.phone),
        LeadField::ExternalId => text(lead.external_id),
        LeadField::FirstName => text(lead.person.first_name),
        LeadField::Domain => owned(lead.company.domain.as_ref().map(Domain::as_str)),
        LeadField::Industry => owned(lead.company.industry.map(Industry::id)),
        LeadField::IndustryText => text(lead.company.industry_text),
        LeadField::Country => owned(lead.company.country.map(|country| country.as_str())),
        LeadField::Source => text(lead.source.name),
        LeadField::SourceDetail => text(lead.source.detail),
        LeadField::Referrer => text(lead.source.referrer),
        LeadField::LandingPage => text(lead.source.landing_page),
        LeadField::UtmSource => text(lead.source.utm.source),
        LeadField::UtmMedium => text(lead.source.utm.medium),
        LeadField::UtmCampaign => text(lead.source.utm.campaign),
        LeadField::UtmTerm => text(lead.source.utm.term),
        LeadField::UtmContent => text(lead.source.utm.content),
        LeadField::Currency => owned(lead.value.as_ref().map(|value| value.currency.as_str())),
        LeadField::Priority => owned(Some(dice.text(&["hot", "warm", "cold"]))),
        LeadField::Employees => Operand::Integer(lead.company.employees.unwrap_or(9)),
        LeadField::Completeness => Operand::Integer(i64::from(lead.completeness)),
        LeadField::Value => Operand::Integer(lead.value.map_or(0, |value| value.minor)),
        LeadField::Score => Operand::Integer(*dice.pick(&[-150, 0, 1, 4000, 9900])),
        LeadField::Owner => Operand::Id(owner(dice.below(5) as u128).uuid()),
        LeadField::Stage => Operand::Id(lead.stage.uuid()),
        LeadField::Pipeline => Operand::Id(lead.pipeline.uuid()),
        LeadField::CreatedAt => Operand::Time(lead.created_at),
        LeadField::UpdatedAt => Operand::Time(lead.updated_at),
        LeadField::StageSince => Operand::Time(lead.stage_since),
        LeadField::LastInteractionAt => Operand::Time(at(i64::try_from(dice.below(30)).unwrap())),
        LeadField::Tag | LeadField::Custom(_) => {
            let name = field.to_string();
            let of_field = keys.facets.into_iter().find(|facet| facet.name == name);
            Operand::Bytes(of_field.map_or_else(|| b"nothing".to_vec(), |facet| facet.key))
        }
    }
}

/// A part of a text operand, so that `contains` and `starts` have something to find.
fn part(dice: &mut Dice, operand: &Operand) -> String {
    let whole = match operand {
        Operand::Text(text) => text.clone(),
        Operand::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => "x".to_owned(),
    };
    let letters: Vec<char> = whole.chars().collect();
    if letters.is_empty() {
        return "a".to_owned();
    }
    let from = if dice.percent(50) { 0 } else { dice.below(letters.len()) };
    let length = 1 + dice.below((letters.len() - from).min(6));
    letters[from..from + length].iter().collect()
}
