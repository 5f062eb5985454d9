//! Reading questions before anybody asks them. Owns finding names that there are not, and comparisons that can never be so, also
//! where no lead may ever lead.

use std::collections::BTreeSet;

use rhai::{Array, ImmutableString, Position};

use super::added::{Added, Vocabulary};
use super::card_value::ASKED;
use super::fault::{CHANGES, Mistake};
use super::kind::Kind;
use super::lead_value::no_field;
use super::question::{Part, What};
use super::spelling::hint;
use super::unknown::COMPARISONS;
use super::vocabulary::unnamed;
use crate::catalog::Catalog;
use crate::field::FieldDefinition;
use crate::identity::{Country, Industry};
use crate::scoring::place::{Field, GROUPS, Parameter};

/// What a closure is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum About {
    Lead,
    Interaction,
    Card,
}

/// What is known beside the question.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'k> {
    /// The functions that the script defines itself.
    pub(super) own: &'k BTreeSet<String>,
    /// What custom fields there are, where anybody knows.
    pub(super) catalog: Option<&'k Catalog>,
    /// The functions that a host adds.
    pub(super) added: Option<&'k Vocabulary>,
}

/// What is wrong with a question.
pub(super) fn check(question: &Part, about: About, wants: Wants, known: Known<'_>) -> Vec<Mistake> {
    let mut check = Check { about, known, named: Vec::new(), mistakes: Vec::new() };
    let kind = check.kind(question);
    match wants {
        Wants::YesOrNo => check.want_yes_or_no(question, kind),
        Wants::Points if matches!(kind, Kind::Number | Kind::Any) => {}
        Wants::Points => {
            let says = format!("the points have to be a number, and this is {}", kind.in_words());
            check.wrong(question.at, says);
        }
    }
    check.mistakes
}

/// What a question has to be answered with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wants {
    YesOrNo,
    Points,
}

struct Check<'c> {
    about: About,
    known: Known<'c>,
    /// What the names that it gives itself stand for.
    named: Vec<(usize, Kind)>,
    mistakes: Vec<Mistake>,
}

impl Check<'_> {
    fn wrong(&mut self, at: Position, message: impl Into<String>) {
        self.mistakes.push(Mistake::at(at, message));
    }

    fn want_yes_or_no(&mut self, part: &Part, kind: Kind) {
        if !matches!(kind, Kind::YesOrNo | Kind::Any) {
            let says = format!(
                "this has to be yes or no, and it is {}: compare it with something, or ask is_known(...) of it",
                kind.in_words()
            );
            self.wrong(part.at, says);
        }
    }

    fn kind(&mut self, part: &Part) -> Kind {
        match &part.what {
            What::Value(value) => Kind::of(value),
            What::List(parts) => {
                self.all(parts);
                Kind::List
            }
            What::Subject => Kind::About(self.about),
            What::Field(owner, name) => {
                let owner = self.kind(owner);
                self.field(owner, name, part.at)
            }
            What::Call { name, of, is_operator } => {
                let kinds = self.all(of);
                if *is_operator {
                    self.operator(name, of, &kinds, part.at)
                } else {
                    self.word(name, of, &kinds, part.at)
                }
            }
            What::All(parts) | What::Any(parts) => {
                for one in parts {
                    let kind = self.kind(one);
                    self.want_yes_or_no(one, kind);
                }
                Kind::YesOrNo
            }
            What::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                let kind = self.kind(condition);
                self.want_yes_or_no(condition, kind);
                let (then, otherwise) = (self.kind(then), self.kind(otherwise));
                if then == otherwise { then } else { Kind::Any }
            }
            What::Let(number, parts) => {
                let [value, rest] = &**parts;
                let kind = self.kind(value);
                self.named.push((*number, kind));
                let kind = self.kind(rest);
                self.named.pop();
                kind
            }
            What::Named(number) => {
                let named = self.named.iter().find(|(known, _)| known == number);
                named.map_or(Kind::Any, |(_, kind)| *kind)
            }
            What::Unnamed(says) => {
                self.wrong(part.at, says.as_str());
                Kind::Any
            }
            What::Change => {
                self.wrong(part.at, CHANGES);
                Kind::Any
            }
            What::Other(parts) => {
                self.all(parts);
                Kind::Any
            }
        }
    }

    fn all(&mut self, parts: &[Part]) -> Vec<Kind> {
        parts.iter().map(|part| self.kind(part)).collect()
    }

    fn field(&mut self, owner: Kind, name: &str, at: Position) -> Kind {
        match owner {
            Kind::About(About::Lead) => {
                if let Some(group) = GROUPS.into_iter().find(|group| *group == name) {
                    return Kind::Group(group);
                }
                if !Field::NAMES.contains(&name) {
                    self.wrong(at, no_field(name));
                    return Kind::Any;
                }
                Kind::of_field(name)
            }
            Kind::Group("utm") if !Parameter::NAMES.contains(&name) => {
                self.wrong(at, format!("lead.utm has no '{name}'{}", hint(name, Parameter::NAMES)));
                Kind::Text
            }
            Kind::Group("utm" | "consent") => Kind::Text,
            Kind::Group("cf") => self.custom_field(name, at),
            Kind::About(About::Interaction) if name == "at" => Kind::Moment,
            Kind::About(About::Card) if name == "score" => Kind::Number,
            Kind::About(About::Card) if name == "priority" => Kind::Text,
            Kind::About(About::Card) => {
                self.wrong(at, format!("a result has no '{name}'{}", hint(name, ASKED)));
                Kind::Any
            }
            Kind::Group(_) | Kind::About(_) | Kind::Any => Kind::Any,
            other => {
                let says = format!("{} has nothing behind a dot called '{name}'", other.in_words());
                self.wrong(at, says);
                Kind::Any
            }
        }
    }

    fn custom_field(&mut self, name: &str, at: Position) -> Kind {
        let Some(catalog) = self.known.catalog else { return Kind::Any };
        if let Some(field) = defined(catalog, name) {
            return Kind::of_custom(&field.kind);
        }
        let hint = hint(name, catalog.fields.keys().map(|key| key.as_str()));
        self.wrong(at, format!("there is no field 'cf.{name}'{hint}"));
        Kind::Any
    }

    /// A function that a host adds.
    fn added(
        &mut self,
        name: &str,
        added: &Added,
        of: &[Part],
        kinds: &[Kind],
        at: Position,
    ) -> Kind {
        if added.takes.len() != of.len() {
            let says = format!("`{name}` is given {}, and this is {}", added.takes.len(), of.len());
            self.wrong(at, says);
        }
        for ((part, kind), sort) in of.iter().zip(kinds).zip(&added.takes) {
            if *kind != Kind::Any && *kind != Kind::of_sort(*sort) {
                let (wants, is) = (sort.in_words(), kind.in_words());
                self.wrong(part.at, format!("`{name}` wants {wants} here, and this is {is}"));
            }
        }
        Kind::of_sort(added.gives)
    }

    fn word(&mut self, name: &str, of: &[Part], kinds: &[Kind], at: Position) -> Kind {
        if self.known.own.contains(name) {
            return Kind::Any;
        }
        if let Some(added) = self.known.added.and_then(|added| added.named(name)) {
            return self.added(name, added, of, kinds, at);
        }
        let names = self.known.added.into_iter().flat_map(Vocabulary::names);
        if let Some(says) = unnamed(name, names) {
            self.wrong(at, says);
            return Kind::Any;
        }
        // `x in list` asks the list whether it contains x.
        if name == "contains"
            && let [list, value] = of
        {
            self.one_of(value, list);
            self.one_of(list, value);
        }
        Kind::of_word(name)
    }

    fn operator(&mut self, name: &str, of: &[Part], kinds: &[Kind], at: Position) -> Kind {
        match (name, kinds) {
            ("!", [kind]) => {
                if let [part] = of {
                    self.want_yes_or_no(part, *kind);
                }
                Kind::YesOrNo
            }
            (name, [one, other]) if COMPARISONS.contains(&name) => {
                if one != other && *one != Kind::Any && *other != Kind::Any {
                    let says = format!(
                        "this compares {} with {}, which is never so{}",
                        one.in_words(),
                        other.in_words(),
                        instead((*one, *other), of)
                    );
                    self.wrong(at, says);
                } else if let ("==" | "!=", [one, other]) = (name, of) {
                    self.one_of(one, other);
                    self.one_of(other, one);
                }
                Kind::YesOrNo
            }
            ("contains" | "in" | "!in", _) => {
                if let [list, value] = of {
                    self.one_of(value, list);
                }
                Kind::YesOrNo
            }
            ("+" | "-" | "*" | "/" | "%" | "**", [Kind::Number, Kind::Number] | [Kind::Number]) => {
                Kind::Number
            }
            _ => Kind::Any,
        }
    }

    /// A field whose values are a closed list is held against values that may not be among them.
    fn one_of(&mut self, field: &Part, values: &Part) {
        let What::Field(owner, name) = &field.what else { return };
        if self.about != About::Lead {
            return;
        }
        let group = match &owner.what {
            What::Subject => None,
            What::Field(_, group) => Some(group.as_str()),
            _ => return,
        };
        let choices = match (group, self.known.catalog) {
            (Some("cf"), Some(catalog)) => defined(catalog, name).map(|field| field.kind.choices()),
            _ => None,
        };
        let choices = choices.filter(|choices| !choices.is_empty());
        let closed = match group {
            None => name.as_str(),
            Some("consent") => "consent",
            Some(_) if choices.is_some() => name.as_str(),
            Some(_) => return,
        };
        let What::Value(value) = &values.what else { return };
        let texts: Vec<ImmutableString> = match value.read_lock::<Array>() {
            Some(list) => {
                list.iter().filter_map(|one| one.clone().into_immutable_string().ok()).collect()
            }
            None => value.clone().into_immutable_string().into_iter().collect(),
        };
        for text in texts {
            let says = match choices {
                Some(choices) => no_choice(closed, choices, &text),
                None => strange(closed, &text),
            };
            if let Some(says) = says {
                self.wrong(values.at, says);
            }
        }
    }
}

/// What to write instead of a comparison that is never so; empty where nobody can tell.
fn instead(kinds: (Kind, Kind), of: &[Part]) -> &'static str {
    let text = |part: &Part| match &part.what {
        What::Value(value) => value.clone().into_immutable_string().ok(),
        _ => None,
    };
    let is_comparison = |part: &Part| matches!(&part.what, What::Call { name, .. } if COMPARISONS.contains(&name.as_str()));
    let has_value = of.iter().any(|part| matches!(part.what, What::Value(_)));
    match kinds {
        (Kind::YesOrNo, Kind::Number) | (Kind::Number, Kind::YesOrNo)
            if of.iter().any(is_comparison) =>
        {
            ": join two comparisons with &&, such as 10 < lead.employees && lead.employees < 50"
        }
        (Kind::Number, Kind::Text) | (Kind::Text, Kind::Number)
            if of.iter().filter_map(text).any(|text| text.parse::<f64>().is_ok()) =>
        {
            ": write the number without quotes"
        }
        (Kind::Text, Kind::Number) | (Kind::Number, Kind::Text) if has_value => {
            ": a text is compared with a text, in quotes"
        }
        (Kind::YesOrNo, Kind::Text) | (Kind::Text, Kind::YesOrNo) if has_value => {
            ": write true or false, without quotes"
        }
        (Kind::Moment, Kind::Stretch | Kind::Number)
        | (Kind::Stretch | Kind::Number, Kind::Moment) => {
            ": ask how long ago it was, such as days_since(lead.created_at) < 14"
        }
        _ => "",
    }
}

/// A custom field, archived or not: leads keep what they have.
fn defined<'c>(catalog: &'c Catalog, name: &str) -> Option<&'c FieldDefinition> {
    catalog.fields.iter().find(|(key, _)| key.as_str() == name).map(|(_, field)| field)
}

/// What is said of a value that is none of a custom field's choices.
fn no_choice(field: &str, choices: &[String], value: &str) -> Option<String> {
    if choices.iter().any(|choice| choice == value) {
        return None;
    }
    let hint = match hint(value, choices.iter().map(String::as_str)) {
        none if none.is_empty() => format!(": there are {}", choices.join(", ")),
        hint => hint,
    };
    Some(format!("cf.{field} has no choice '{value}'{hint}"))
}

/// What is wrong with a value of a field that has a closed list of them.
fn strange(field: &str, value: &str) -> Option<String> {
    let among = |what: &str, known: &[&str]| {
        (!known.contains(&value)).then(|| {
            let hint = hint(value, known.iter().copied());
            let list = if hint.is_empty() { format!(": {}", known.join(", ")) } else { hint };
            format!("there is no {what} '{value}'{list}")
        })
    };
    match field {
        "industry" if Industry::from_id(value).is_none() => {
            let meant = Industry::parse(value).map(|industry| industry.id());
            let hint = meant.map_or_else(
                || hint(value, Industry::ALL.iter().map(|one| one.id())),
                |id| format!(": did you mean '{id}'?"),
            );
            Some(format!("there is no industry '{value}'{hint}"))
        }
        "country" => match Country::parse(value) {
            Some(country) if country.as_str() == value => None,
            Some(country) => Some(format!("write \"{country}\" instead of \"{value}\"")),
            None => Some(format!("'{value}' is no country: use two letters such as \"DE\"")),
        },
        "email_kind" => among("kind of address", &["business", "free", "disposable"]),
        "stage_kind" => among("kind of stage", &["open", "won", "lost"]),
        "consent" => among("answer", &["granted", "denied", "withdrawn"]),
        "source" if value.chars().any(char::is_uppercase) => {
            Some(format!("sources are in small letters: \"{}\"", value.to_lowercase()))
        }
        _ => None,
    }
}
