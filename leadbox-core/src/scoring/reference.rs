//! What can be written in a script, word by word, for editors and for whoever looks it up. Owns one line on each; what the words mean is
//! their own modules' business, and a test holds this list against theirs.

use std::borrow::Cow;

use serde::Serialize;

use crate::catalog::Catalog;

/// What a word is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WordKind {
    /// It declares something: a rule, a category.
    Declaration,
    /// It says more of a signal or a rule, behind it.
    Addition,
    /// A field of a lead.
    Field,
    /// It asks something, or works something out.
    Question,
    /// It speaks of time.
    Time,
    /// It asks what a test expects.
    Expectation,
}

impl WordKind {
    /// Every kind, in the order in which a script is written.
    pub const ALL: [Self; 6] = [
        Self::Declaration,
        Self::Addition,
        Self::Field,
        Self::Question,
        Self::Time,
        Self::Expectation,
    ];

    /// What words of this kind are called together.
    pub fn title(self) -> &'static str {
        match self {
            Self::Declaration => "What a script says",
            Self::Addition => "Behind a rule or a signal",
            Self::Field => "Fields of a lead",
            Self::Question => "Questions",
            Self::Time => "Time",
            Self::Expectation => "In tests",
        }
    }
}

/// A word that scripts know.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Word {
    /// What it is.
    pub kind: WordKind,
    /// Its name; fields have `lead.` in front.
    pub name: Cow<'static, str>,
    /// How it is written.
    pub written: Cow<'static, str>,
    /// What it says or asks.
    pub about: Cow<'static, str>,
}

impl Word {
    /// Every word, and a tenant's own fields behind the others, in the order of [`WordKind::ALL`].
    pub fn all(catalog: &Catalog) -> Vec<Self> {
        let own = catalog.active_fields().map(|field| {
            let name = format!("lead.cf.{}", field.key);
            let (written, about) = (name.clone().into(), field.label.clone().into());
            Self { kind: WordKind::Field, name: name.into(), written, about }
        });
        let mut all: Vec<Self> = WORDS.iter().cloned().chain(own).collect();
        all.sort_by_key(|word| word.kind);
        all
    }
}

macro_rules! words {
    ($($kind:ident: $($name:literal $written:literal $about:literal;)+)+) => {
        /// Every word, in the order of [`WordKind::ALL`].
        pub const WORDS: &[Word] = &[
            $($(Word {
                kind: WordKind::$kind,
                name: Cow::Borrowed($name),
                written: Cow::Borrowed($written),
                about: Cow::Borrowed($about),
            },)+)+
        ];
    };
}

words! {
    Declaration:
    "ruleset" "ruleset(\"B2B\");" "The name of the rules.";
    "applies_to" "applies_to(|lead| lead.industry == \"software\");" "Which leads these rules are for; all, when it is missing.";
    "category" "category(\"fit\", 60);" "A part of the total, and the most that it adds.";
    "priority" "priority(\"hot\", 75);" "From which total on a lead has this priority.";
    "rule" "rule(\"Has a phone number\", 5, |lead| is_known(lead.phone));" "Points for what a lead is.";
    "signal" "signal(\"Opened an e-mail\", \"email_open\", 1);" "Points for each time that something happens.";
    "test" "test(\"a free mailbox is never hot\", #{ email: \"kim@gmail.com\" }, |it| it.priority != \"hot\");" "What must stay so, whatever you change.";

    Addition:
    "when" ".when(|it| it.path.starts_with(\"/pricing\"))" "Counts only what this is so of.";
    "half_life" ".half_life(days(14))" "Half of the points are left after this time, a quarter after twice as long.";
    "linear" ".linear(days(60))" "The points go down evenly, until nothing is left after this time.";
    "within" ".within(days(30))" "Counts in full for this time, and then no more; of a moment, whether it is so recent.";
    "cap" ".cap(24)" "The most that it adds, however often it happens.";
    "for_industry" ".for_industry(\"education\", 5)" "Other points in one industry.";

    Field:
    "lead.name" "lead.name" "The person's name.";
    "lead.first_name" "lead.first_name" "The first name.";
    "lead.title" "lead.title.has_any([\"cto\", \"head of\"])" "The job title.";
    "lead.email" "lead.email" "The e-mail address.";
    "lead.email_domain" "lead.email_domain" "What stands behind the @.";
    "lead.email_kind" "lead.email_kind == \"business\"" "business, free or disposable.";
    "lead.is_role_address" "lead.is_role_address" "Whether the address is a shared one, such as info@.";
    "lead.phone" "is_known(lead.phone)" "The phone number, with its country code.";
    "lead.company" "lead.company" "The company's name.";
    "lead.domain" "lead.domain" "The company's domain.";
    "lead.industry" "lead.industry in [\"software\", \"finance\"]" "The industry, by its key.";
    "lead.industry_text" "lead.industry_text" "The industry as it was written.";
    "lead.employees" "lead.employees.between(50, 1000)" "How many people work there.";
    "lead.city" "lead.city" "The city.";
    "lead.country" "lead.country == \"DE\"" "The country, two letters.";
    "lead.value" "lead.value >= 10000" "What the sale may be worth, in whole units of the currency.";
    "lead.currency" "lead.currency == \"EUR\"" "The currency of the value.";
    "lead.source" "lead.source == \"referral\"" "Where it came from.";
    "lead.source_detail" "lead.source_detail" "More about where it came from.";
    "lead.referrer" "lead.referrer" "The page that led to yours.";
    "lead.landing_page" "lead.landing_page" "The first of your pages that it saw.";
    "lead.utm.source" "lead.utm.source" "The campaign's source.";
    "lead.utm.medium" "lead.utm.medium" "The campaign's medium.";
    "lead.utm.campaign" "lead.utm.campaign" "The campaign's name.";
    "lead.utm.term" "lead.utm.term" "The campaign's search term.";
    "lead.utm.content" "lead.utm.content" "The campaign's content.";
    "lead.consent" "lead.consent.newsletter == \"granted\"" "What was said to a purpose.";
    "lead.cf" "lead.cf.budget > 10000" "A custom field, by its key.";
    "lead.tags" "lead.tags.has_any(\"partner\")" "The tags.";
    "lead.external_id" "lead.external_id" "The number in another system.";
    "lead.has_owner" "lead.has_owner" "Whether it is somebody's.";
    "lead.stage" "lead.stage == \"qualified\"" "The stage, by its key.";
    "lead.stage_kind" "lead.stage_kind == \"open\"" "open, won or lost.";
    "lead.stage_since" "days_since(lead.stage_since) > 14" "Since when it is in its stage.";
    "lead.created_at" "days_since(lead.created_at) < 14" "When it came in.";
    "lead.last_interaction" "days_since(lead.last_interaction) > 60" "When something happened last.";
    "lead.completeness" "lead.completeness >= 80" "How complete the record is, 0 to 100.";

    Question:
    "is_known" "is_known(lead.phone)" "Whether there is a value.";
    "or" "lead.employees.or(1)" "Another value where none is known.";
    "has_any" "lead.title.has_any([\"cto\", \"head of\"])" "Whether one of these whole words is in it, whatever their case.";
    "contains" "lead.landing_page.contains(\"pricing\")" "Whether this is in it, whatever the case.";
    "starts_with" "lead.phone.starts_with(\"+49\")" "Whether it begins so.";
    "ends_with" "lead.domain.ends_with(\".edu\")" "Whether it ends so.";
    "equals" "lead.city.equals(\"berlin\")" "Whether it is this, whatever the case.";
    "between" "lead.employees.between(50, 249)" "Whether it lies from one to the other, both included.";
    "lower" "lead.title.lower()" "In small letters.";
    "upper" "lead.country.upper()" "In capitals.";
    "length" "lead.title.length()" "How many letters it has.";
    "min" "min(lead.employees, 100)" "The lesser of two numbers.";
    "max" "max(lead.employees, 1)" "The greater of two numbers.";
    "floor" "floor(lead.value)" "Rounded down.";
    "ceiling" "ceiling(lead.value)" "Rounded up.";
    "round" "round(lead.value)" "Rounded to the nearest.";
    "abs" "abs(lead.value)" "Without its sign.";
    "count" "lead.count(\"page_view\", days(30))" "How often something happened lately.";
    "last" "lead.last(\"demo_request\")" "When something happened last.";

    Time:
    "minutes" "minutes(30)" "So many minutes.";
    "hours" "hours(12)" "So many hours.";
    "days" "days(14)" "So many days.";
    "weeks" "weeks(2)" "So many weeks.";
    "days_since" "days_since(lead.created_at) < 14" "How many whole days ago it was.";
    "hours_since" "hours_since(lead.created_at) < 24" "How many whole hours ago it was.";
    "date" "lead.created_at >= date(\"2026-01-01\")" "The beginning of a day.";

    Expectation:
    "fired" "it.fired(\"Free mailbox\")" "Whether a rule or a signal counted.";
    "points" "it.points(\"Looked at prices\") == 4" "What a rule or a signal added.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::place::{Field, GROUPS, Parameter};
    use super::super::rules::{RuleSet, VOCABULARY};
    use super::*;

    #[test]
    fn every_word_that_scripts_know_is_told_once() {
        let told: Vec<&str> = WORDS.iter().map(|word| &*word.name).collect();
        let fields = Field::NAMES.iter().map(|name| format!("lead.{name}"));
        let utm = Parameter::NAMES.iter().map(|name| format!("lead.utm.{name}"));
        let groups =
            GROUPS.iter().filter(|group| **group != "utm").map(|name| format!("lead.{name}"));
        let words = VOCABULARY.iter().map(|name| (*name).to_owned());
        let known: BTreeSet<String> = fields.chain(utm).chain(groups).chain(words).collect();
        assert_eq!(told.len(), known.len());
        assert_eq!(told.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>(), known);
        assert!(WORDS.is_sorted_by_key(|word| word.kind));
    }

    #[test]
    fn every_word_is_written_as_it_can_be() {
        for word in WORDS {
            let script = match word.kind {
                WordKind::Declaration => match &*word.name {
                    "rule" | "signal" => word.written.to_string(),
                    _ => format!(
                        "priority(\"hot\", 5); rule(\"y\", 1, |lead| true); {}",
                        word.written.replace("\"hot\", 75", "\"warm\", 3")
                    ),
                },
                WordKind::Addition if word.name == "for_industry" => {
                    format!("rule(\"x\", 1, |lead| true){};", word.written)
                }
                WordKind::Addition => format!("signal(\"x\", \"page_view\", 1){};", word.written),
                WordKind::Time if !word.written.contains('<') && !word.written.contains('=') => {
                    format!("signal(\"x\", \"page_view\", 1).within({});", word.written)
                }
                WordKind::Field | WordKind::Question | WordKind::Time => {
                    format!("rule(\"x\", 1, |lead| is_known({}));", word.written)
                }
                WordKind::Expectation => format!(
                    "rule(\"Free mailbox\", 1, |lead| true); signal(\"Looked at prices\", \"page_view\", 1); test(\"x\", #{{}}, |it| is_known({}));",
                    word.written
                ),
            };
            if let Err(wrong) = RuleSet::load(&script) {
                panic!("{}: {wrong}\n{script}", word.name);
            }
        }
    }
}
