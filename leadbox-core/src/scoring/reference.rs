//! What can be written in a script, word by word, for editors and for whoever looks it up. Owns one line on each; what the words mean is
//! their own modules' business, and a test holds this list against theirs.

use std::borrow::Cow;

use serde::Serialize;

use super::rules::Vocabulary;
use crate::catalog::Catalog;
use crate::field::FieldType;

/// What a word is, in the order in which a script is written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = RuleWordKind))]
pub enum WordKind {
    /// It declares something: a rule, a category.
    Declaration,
    /// It says more of a signal or a rule, behind it.
    Addition,
    /// A field of a lead.
    Field,
    /// It asks something, or works something out.
    Question,
    /// The same, added by the program that LeadBox is a part of.
    Added,
    /// It speaks of time.
    Time,
    /// It asks what a test expects.
    Expectation,
}

impl WordKind {
    /// What words of this kind are called together.
    pub fn title(self) -> &'static str {
        match self {
            Self::Declaration => "What a script says",
            Self::Addition => "Behind a rule or a signal",
            Self::Field => "Fields of a lead",
            Self::Question => "Questions",
            Self::Added => "Of this program",
            Self::Time => "Time",
            Self::Expectation => "In tests",
        }
    }
}

/// A word that scripts know.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = RuleWord))]
pub struct Word {
    /// What it is.
    pub kind: WordKind,
    /// Its name; fields have `lead.` in front.
    pub name: Cow<'static, str>,
    /// How it is written.
    pub written: Cow<'static, str>,
    /// What it takes and gives, as in [Rhai's definition files](https://rhai.rs/book/engine/metadata/definitions.html); of a field, the
    /// kind of its values.
    pub signature: Cow<'static, str>,
    /// What it says or asks.
    pub about: Cow<'static, str>,
}

impl Word {
    /// Every word, with a tenant's own fields and what the host added behind those of their kind, in the order of [`WordKind`].
    pub fn all(catalog: &Catalog, added: &Vocabulary) -> Vec<Self> {
        let own = catalog.active_fields().map(|field| {
            let name = format!("lead.cf.{}", field.key);
            Self {
                kind: WordKind::Field,
                written: name.clone().into(),
                name: name.into(),
                signature: defined(&field.kind).into(),
                about: field.label.clone().into(),
            }
        });
        let mut all: Vec<Self> = WORDS.iter().cloned().chain(own).chain(added.told()).collect();
        all.sort_by_key(|word| word.kind);
        all
    }

    /// Words as a definition file (`.d.rhai`), from which an editor with Rhai's language server completes and explains them.
    pub fn definitions(words: &[Self]) -> String {
        let defined = words.iter().map(|word| {
            let Self { name, written, signature, about, .. } = word;
            let defined = match name.rsplit_once('.') {
                None => format!("{name}{signature}"),
                Some(("lead", field)) => format!("get {field}(lead: Lead) -> {signature}"),
                Some((_, field)) => format!("get {field}(group: ?) -> {signature}"),
            };
            format!("\n/// {about}\n///\n/// `{written}`\nfn {defined};\n")
        });
        format!("module static;\n{}", defined.collect::<String>())
    }
}

/// The kind of a custom field's values, as definition files name it.
fn defined(field: &FieldType) -> &'static str {
    match field {
        FieldType::Number => "int",
        FieldType::Decimal => "float",
        FieldType::Bool => "bool",
        FieldType::Date => "Moment",
        FieldType::MultiChoice(_) => "Array",
        FieldType::Text
        | FieldType::Choice(_)
        | FieldType::Url
        | FieldType::Email
        | FieldType::Phone => "String",
    }
}

macro_rules! words {
    ($($kind:ident: $($name:literal $written:literal $signature:literal $about:literal;)+)+) => {
        /// Every word, in the order of [`WordKind`].
        pub const WORDS: &[Word] = &[
            $($(Word {
                kind: WordKind::$kind,
                name: Cow::Borrowed($name),
                written: Cow::Borrowed($written),
                signature: Cow::Borrowed($signature),
                about: Cow::Borrowed($about),
            },)+)+
        ];
    };
}

words! {
    Declaration:
    "ruleset" "ruleset(\"B2B\");" "(name: String) -> ()" "The name of the rules.";
    "applies_to" "applies_to(|lead| lead.industry == \"software\");" "(condition: FnPtr) -> ()" "Which leads these rules are for; all, when it is missing.";
    "category" "category(\"fit\", 60);" "(name: String, most: ?) -> ()" "A part of the total, and the most that it adds.";
    "priority" "priority(\"hot\", 75);" "(name: String, from: ?) -> ()" "From which total on a lead has this priority.";
    "rule" "rule(\"Has a phone number\", 5, |lead| is_known(lead.phone));" "(name: String, category: String, points: ?, condition: FnPtr) -> Rule" "Points for what a lead is.";
    "signal" "signal(\"Opened an e-mail\", \"email_open\", 1);" "(name: String, category: String, kind: String, points: ?) -> Signal" "Points for each time that something happens.";
    "test" "test(\"a free mailbox is never hot\", #{ email: \"kim@gmail.com\" }, |it| it.priority != \"hot\");" "(name: String, lead: Map, expectation: FnPtr) -> ()" "What must stay so, whatever you change.";

    Addition:
    "when" ".when(|it| it.path.starts_with(\"/pricing\"))" "(signal: Signal, condition: FnPtr) -> Signal" "Counts only what this is so of.";
    "half_life" ".half_life(days(14))" "(signal: Signal, time: Stretch) -> Signal" "Half of the points are left after this time, a quarter after twice as long.";
    "linear" ".linear(days(60))" "(signal: Signal, time: Stretch) -> Signal" "The points go down evenly, until nothing is left after this time.";
    "within" ".within(days(30))" "(signal: ?, time: Stretch) -> ?" "Counts in full for this time, and then no more; of a moment, whether it is so recent.";
    "cap" ".cap(24)" "(signal: Signal, points: ?) -> Signal" "The most that it adds, however often it happens.";
    "for_industry" ".for_industry(\"education\", 5)" "(rule: Rule, industry: String, points: ?) -> Rule" "Other points in one industry.";

    Field:
    "lead.name" "lead.name" "String" "The person's name.";
    "lead.first_name" "lead.first_name" "String" "The first name.";
    "lead.title" "lead.title.has_any([\"cto\", \"head of\"])" "String" "The job title.";
    "lead.email" "lead.email" "String" "The e-mail address.";
    "lead.email_domain" "lead.email_domain" "String" "What stands behind the @.";
    "lead.email_kind" "lead.email_kind == \"business\"" "String" "business, free or disposable.";
    "lead.is_role_address" "lead.is_role_address" "bool" "Whether the address is a shared one, such as info@.";
    "lead.phone" "is_known(lead.phone)" "String" "The phone number, with its country code.";
    "lead.company" "lead.company" "String" "The company's name.";
    "lead.domain" "lead.domain" "String" "The company's domain.";
    "lead.industry" "lead.industry in [\"software\", \"finance\"]" "String" "The industry, by its key.";
    "lead.industry_text" "lead.industry_text" "String" "The industry as it was written.";
    "lead.employees" "lead.employees.between(50, 1000)" "int" "How many people work there.";
    "lead.city" "lead.city" "String" "The city.";
    "lead.country" "lead.country == \"DE\"" "String" "The country, two letters.";
    "lead.value" "lead.value >= 10000" "float" "What the sale may be worth, in whole units of the currency.";
    "lead.currency" "lead.currency == \"EUR\"" "String" "The currency of the value.";
    "lead.source" "lead.source == \"referral\"" "String" "Where it came from.";
    "lead.source_detail" "lead.source_detail" "String" "More about where it came from.";
    "lead.referrer" "lead.referrer" "String" "The page that led to yours.";
    "lead.landing_page" "lead.landing_page" "String" "The first of your pages that it saw.";
    "lead.utm.source" "lead.utm.source" "String" "The campaign's source.";
    "lead.utm.medium" "lead.utm.medium" "String" "The campaign's medium.";
    "lead.utm.campaign" "lead.utm.campaign" "String" "The campaign's name.";
    "lead.utm.term" "lead.utm.term" "String" "The campaign's search term.";
    "lead.utm.content" "lead.utm.content" "String" "The campaign's content.";
    "lead.consent" "lead.consent.newsletter == \"granted\"" "?" "What was said to a purpose.";
    "lead.cf" "lead.cf.budget > 10000" "?" "A custom field, by its key.";
    "lead.tags" "lead.tags.has_any(\"partner\")" "Array" "The tags.";
    "lead.external_id" "lead.external_id" "String" "The number in another system.";
    "lead.has_owner" "lead.has_owner" "bool" "Whether it is somebody's.";
    "lead.stage" "lead.stage == \"qualified\"" "String" "The stage, by its key.";
    "lead.stage_kind" "lead.stage_kind == \"open\"" "String" "open, won or lost.";
    "lead.stage_since" "days_since(lead.stage_since) > 14" "Moment" "Since when it is in its stage.";
    "lead.created_at" "days_since(lead.created_at) < 14" "Moment" "When it came in.";
    "lead.last_interaction" "days_since(lead.last_interaction) > 60" "Moment" "When something happened last.";
    "lead.completeness" "lead.completeness >= 80" "int" "How complete the record is, 0 to 100.";

    Question:
    "is_known" "is_known(lead.phone)" "(value: ?) -> bool" "Whether there is a value.";
    "or" "lead.employees.or(1)" "(value: ?, otherwise: ?) -> ?" "Another value where none is known.";
    "has_any" "lead.title.has_any([\"cto\", \"head of\"])" "(text: ?, words: ?) -> bool" "Whether one of these whole words is in it, whatever their case.";
    "contains" "lead.landing_page.contains(\"pricing\")" "(text: ?, part: ?) -> bool" "Whether this is in it, whatever the case.";
    "starts_with" "lead.phone.starts_with(\"+49\")" "(text: ?, beginnings: ?) -> bool" "Whether it begins so.";
    "ends_with" "lead.domain.ends_with(\".edu\")" "(text: ?, ends: ?) -> bool" "Whether it ends so.";
    "equals" "lead.city.equals(\"berlin\")" "(text: ?, texts: ?) -> bool" "Whether it is this, whatever the case.";
    "between" "lead.employees.between(50, 249)" "(value: ?, from: ?, to: ?) -> bool" "Whether it lies from one to the other, both included.";
    "lower" "lead.title.lower()" "(text: String) -> String" "In small letters.";
    "upper" "lead.country.upper()" "(text: String) -> String" "In capitals.";
    "length" "lead.title.length()" "(text: ?) -> int" "How many letters it has.";
    "min" "min(lead.employees, 100)" "(one: ?, other: ?) -> ?" "The lesser of two numbers.";
    "max" "max(lead.employees, 1)" "(one: ?, other: ?) -> ?" "The greater of two numbers.";
    "floor" "floor(lead.value)" "(number: ?) -> ?" "Rounded down.";
    "ceiling" "ceiling(lead.value)" "(number: ?) -> ?" "Rounded up.";
    "round" "round(lead.value)" "(number: ?) -> ?" "Rounded to the nearest.";
    "abs" "abs(lead.value)" "(number: ?) -> ?" "Without its sign.";
    "count" "lead.count(\"page_view\", days(30))" "(lead: Lead, kind: String, time: Stretch) -> int" "How often something happened lately.";
    "last" "lead.last(\"demo_request\")" "(lead: Lead, kind: String) -> Moment" "When something happened last.";

    Time:
    "minutes" "minutes(30)" "(number: int) -> Stretch" "So many minutes.";
    "hours" "hours(12)" "(number: int) -> Stretch" "So many hours.";
    "days" "days(14)" "(number: int) -> Stretch" "So many days.";
    "weeks" "weeks(2)" "(number: int) -> Stretch" "So many weeks.";
    "days_since" "days_since(lead.created_at) < 14" "(moment: Moment) -> int" "How many whole days ago it was.";
    "hours_since" "hours_since(lead.created_at) < 24" "(moment: Moment) -> int" "How many whole hours ago it was.";
    "date" "lead.created_at >= date(\"2026-01-01\")" "(day: String) -> Moment" "The beginning of a day.";

    Expectation:
    "fired" "it.fired(\"Free mailbox\")" "(result: Result, rule: String) -> bool" "Whether a rule or a signal counted.";
    "points" "it.points(\"Looked at prices\") == 4" "(result: Result, rule: String) -> float" "What a rule or a signal added.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::place::{Field, GROUPS, Parameter};
    use super::super::rules::{RuleSet, VOCABULARY};
    use super::*;
    use crate::field::FieldDefinition;
    use crate::id::Tenant;

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
    fn definitions_tell_words_fields_and_what_the_host_added() {
        let budget = FieldDefinition::new("budget", FieldType::Number).unwrap();
        let budget = FieldDefinition { label: "What they may spend".to_owned(), ..budget };
        let mut catalog = Catalog::new(Tenant::default());
        catalog.fields.insert(budget.key.clone(), budget);
        let near = |country: String, near: Vec<String>| near.contains(&country);
        let added = Vocabulary::default().function("is_near", near).unwrap();
        let words = Word::all(&catalog, &added);
        let near = words.iter().find(|word| word.name == "is_near").unwrap();
        assert_eq!(near.written, "is_near(a text, a list of texts)");
        assert_eq!(near.about, "Gives yes or no.");
        let defined = Word::definitions(&words);
        for expected in [
            "module static;\n\n/// The name of the rules.\n///\n/// `ruleset(\"B2B\");`\nfn ruleset(name: String) -> ();\n",
            "fn get employees(lead: Lead) -> int;\n",
            "fn get campaign(group: ?) -> String;\n",
            "/// What they may spend\n///\n/// `lead.cf.budget`\nfn get budget(group: ?) -> int;\n",
            "fn is_near(value_1: String, value_2: Array) -> bool;\n",
        ] {
            assert!(defined.contains(expected), "{expected}\n{defined}");
        }
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
                WordKind::Field | WordKind::Question | WordKind::Added | WordKind::Time => {
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
