//! Who comes in, and what they fill in. Owns the made-up person behind a lead and the input that it becomes.

use std::collections::HashSet;

use leadbox_core::{ConsentInput, ConsentStatus, IdentityKind, NewLead, Timestamp};
use serde_json::Value;

use super::companies::{Companies, Company};
use super::dice::Dice;
use super::names::{self, Seniority, plain};
use super::phones::Phones;
use super::setup::USE_CASES;
use super::sources::{Channel, Entry, first_touch};

/// A person who becomes a lead.
#[derive(Clone, Debug)]
pub(super) struct Newcomer {
    pub(super) at: Timestamp,
    pub(super) channel: &'static Channel,
    pub(super) company: Company,
    pub(super) seniority: Seniority,
    pub(super) input: NewLead,
    /// What the deal may be worth, in whole euros.
    pub(super) worth: usize,
    /// The lead that it is merged into later: one that somebody wrote down before.
    pub(super) joins: Option<u32>,
}

/// Everybody so far: addresses and numbers are handed out once.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    companies: Companies,
    phones: Phones,
    addresses: HashSet<String>,
}

impl Crowd {
    /// The next person.
    pub(super) fn newcomer(
        &mut self,
        dice: &mut Dice,
        at: Timestamp,
        channel: &'static Channel,
    ) -> Newcomer {
        let company = self.companies.company(dice);
        let (given, family) = names::person(dice, company.region);
        let (seniority, title) = names::title(dice);
        let worth = worth(dice, &company);
        let mut input = NewLead::new()
            .name(format!("{given} {family}"))
            .email(self.address(given, family, &company.domain))
            .upsert_by(IdentityKind::Email);
        input.first_name = Some(given.to_owned());
        input = first_touch(channel, dice, input);
        // Forms ask for little; a colleague at a stand writes down the card.
        let thorough = if channel.entry == Entry::Team { 0.9 } else { 0.62 };
        if dice.chance(0.88) {
            input = input.company(company.name.clone());
        }
        if dice.chance(thorough) {
            input = input.title(title);
        }
        if dice.chance(thorough - 0.1)
            && let Some(phone) = self.phones.number(dice, company.country)
        {
            input = input.phone(phone);
        }
        if dice.chance(0.7) {
            input = input.country(company.country).city(company.city);
        }
        if dice.chance(0.66) {
            input = input.industry(company.industry);
        }
        if dice.chance(0.55) {
            input = input.employees(company.employees);
        }
        if dice.chance(0.4) {
            input = input.value(format!("{worth} EUR"));
        }
        input = asked(dice, input, channel, worth);
        Newcomer { at, channel, company, seniority, input, worth, joins: None }
    }

    /// An address at the company, and with a number when somebody of that name works there already.
    fn address(&mut self, given: &str, family: &str, domain: &str) -> String {
        let stem = format!("{}.{}", plain(given), plain(family));
        let mut address = format!("{stem}@{domain}");
        let mut namesakes = 1;
        while !self.addresses.insert(address.clone()) {
            namesakes += 1;
            address = format!("{stem}{namesakes}@{domain}");
        }
        address
    }
}

/// Custom fields, consents and tags.
fn asked(dice: &mut Dice, mut input: NewLead, channel: &Channel, worth: usize) -> NewLead {
    if dice.chance(0.45) {
        input = input.field("use_case", dice.pick(&USE_CASES));
    }
    if dice.chance(0.22) {
        // A JSON string, as an exact decimal wants it.
        input = input.field("budget", format!("{}.00", worth * dice.between(6, 12) / 10));
    }
    if channel.entry == Entry::Form {
        let agreed = dice.chance(0.58);
        input = input.field("newsletter", agreed);
        input.consents.push(ConsentInput {
            purpose: "newsletter".to_owned(),
            status: if agreed { ConsentStatus::Granted } else { ConsentStatus::Denied },
            at: None,
            evidence: Some("website form".to_owned()),
        });
    } else if channel.name == "trade show" && dice.chance(0.7) {
        input.consents.push(ConsentInput {
            purpose: "phone".to_owned(),
            status: ConsentStatus::Granted,
            at: None,
            evidence: Some("card handed over".to_owned()),
        });
    }
    for (tag, odds) in
        [("trial", 0.16), ("whitepaper", 0.12), ("partner-deal", 0.03), ("gdpr-review", 0.02)]
    {
        if dice.chance(odds) {
            input = input.tag(tag);
        }
    }
    input
}

/// Larger companies pay more, though not in proportion; rounded as people round.
fn worth(dice: &mut Dice, company: &Company) -> usize {
    #[expect(clippy::cast_precision_loss, reason = "companies have fewer than 2^52 employees")]
    let usual = 900.0 * (company.employees as f64).sqrt();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, and a float cast saturates"
    )]
    let worth = dice.skewed(usual, 0.5).clamp(600.0, 900_000.0) as usize;
    let step = if worth < 10_000 { 100 } else { 500 };
    worth / step * step
}

impl Newcomer {
    /// The same person with more to say, some time later: recognised by the address.
    pub(super) fn returning(&self, dice: &mut Dice, detail: &str) -> NewLead {
        let mut again = NewLead::new().upsert_by(IdentityKind::Email);
        again.email.clone_from(&self.input.email);
        again.source = Some("organic search".to_owned());
        again.source_detail = Some(detail.to_owned());
        again.employees = Some(self.company.employees);
        again.industry = Some(self.company.industry.to_owned());
        if dice.chance(0.5) {
            again.custom.insert("use_case".to_owned(), Value::from(dice.pick(&USE_CASES)));
        }
        again
    }
}
