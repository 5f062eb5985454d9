//! From a question as it is written to one that runs without the interpreter. Owns which parts can; a question of which one part cannot
//! is left to the interpreter as a whole.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use rhai::{Array, Dynamic, ImmutableString, Position};

use super::added::Vocabulary;
use super::check::About;
use super::code::{Calculation, Code, Name, Rounding};
use super::facts::Slot;
use super::made::{Case, Given};
use super::moments::{Stretch, UNITS, stretch};
use super::numbers::{Comparison, number};
use super::plan::Slots;
use super::question::{Part, What};
use super::words::{TESTS, Test};
use crate::scoring::place::{Field, Place, beginning};

/// Why a question is left to the interpreter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Unlowered {
    pub(super) at: Position,
    /// What stands there, in words.
    pub(super) what: String,
}

/// A question that runs without the interpreter. The names in it are numbered by `slots`.
///
/// # Errors
/// The first part that cannot.
pub(super) fn lower(
    question: &Part,
    about: About,
    own: &BTreeSet<String>,
    added: Option<&Vocabulary>,
    slots: &mut Slots,
) -> Result<Code, Unlowered> {
    Lowering { about, own, added, slots, named: Vec::new() }.code(question)
}

struct Lowering<'l> {
    about: About,
    /// The functions that the script defines itself, which go before words of the same name.
    own: &'l BTreeSet<String>,
    /// The functions of the host.
    added: Option<&'l Vocabulary>,
    slots: &'l mut Slots,
    /// The numbers of the names that are given where it is, and whether a day that the script names is in each.
    named: Vec<(usize, bool)>,
}

fn left(part: &Part, what: impl Into<String>) -> Unlowered {
    Unlowered { at: part.at, what: what.into() }
}

impl Lowering<'_> {
    fn code(&mut self, part: &Part) -> Result<Code, Unlowered> {
        match &part.what {
            What::Value(value) => constant(value).ok_or_else(|| left(part, "a value of this kind")),
            What::Field(owner, name) => self.field(part, owner, name),
            What::Call { name, of, .. } => self.call(part, name, of),
            What::All(parts) => self.all(parts).map(Code::All),
            What::Any(parts) => self.all(parts).map(Code::Any),
            What::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                let parts = [self.code(condition)?, self.lasting(then)?, self.lasting(otherwise)?];
                Ok(Code::If(Box::new(parts)))
            }
            What::Let(number, parts) => {
                let [value, rest] = &**parts;
                let value = self.code(value)?;
                self.named.push((*number, value.names_a_day()));
                let rest = self.lasting(rest);
                self.named.pop();
                Ok(Code::Let(Box::new([value, rest?])))
            }
            What::Named(number) => {
                let mut outwards = self.named.iter().rev().enumerate();
                match outwards.find(|(_, (known, _))| known == number) {
                    Some((back, (_, names_a_day))) => {
                        Ok(Code::Named(Name { back, names_a_day: *names_a_day }))
                    }
                    None => Err(left(part, "a name that stands for nothing")),
                }
            }
            What::Subject => Err(left(part, "the whole of what is asked about")),
            What::List(_) => Err(left(part, "a list of what is worked out")),
            What::Unnamed(_) => Err(left(part, "a name that stands for nothing")),
            What::Change => Err(left(part, "a change")),
            What::Other(_) => Err(left(part, "several steps or a loop")),
        }
    }

    fn all(&mut self, parts: &[Part]) -> Result<Vec<Code>, Unlowered> {
        parts.iter().map(|part| self.code(part)).collect()
    }

    fn boxed(&mut self, part: &Part) -> Result<Box<Code>, Unlowered> {
        self.code(part).map(Box::new)
    }

    fn field(&mut self, part: &Part, owner: &Part, name: &str) -> Result<Code, Unlowered> {
        let place = match (&owner.what, self.about) {
            (What::Subject, About::Lead) => match Field::named(name) {
                Some(field) if field != Field::Tags => Place::Field(field),
                _ => return Err(left(part, format!("lead.{name}"))),
            },
            (What::Subject, About::Interaction) => {
                return Ok(Code::Detail(Slot::of(&mut self.slots.details, name.to_owned())));
            }
            (What::Field(lead, group), About::Lead) if matches!(lead.what, What::Subject) => {
                let place = Place::grouped(group, name);
                place.ok_or_else(|| left(part, "a field of a field"))?
            }
            _ => return Err(left(part, "a field of a field")),
        };
        Ok(Code::Read(Slot::of(&mut self.slots.places, place)))
    }

    fn call(&mut self, part: &Part, name: &str, of: &[Part]) -> Result<Code, Unlowered> {
        if self.own.contains(name) {
            return Err(left(part, format!("`{name}`, which the script defines itself")));
        }
        if let (Some(how), [one, other]) = (Comparison::of(name), of) {
            return Ok(Code::Compare(how, Box::new([self.code(one)?, self.code(other)?])));
        }
        if let (Some(how), [one, other]) = (Calculation::of(name), of) {
            return Ok(Code::Calculate(how, Box::new([self.code(one)?, self.code(other)?])));
        }
        if let (Some((_, test)), [held, against]) =
            (TESTS.iter().find(|(known, _)| *known == name), of)
        {
            return self.held(*test, held, against);
        }
        match (name, of) {
            ("!", [one]) => Ok(Code::Not(self.boxed(one)?)),
            ("-", [one]) => Ok(Code::Minus(self.boxed(one)?)),
            ("contains", [list, value]) => self.among(part, list, value),
            ("between", [value, low, high]) => {
                let parts = [self.calm(value)?, self.calm(low)?, self.calm(high)?];
                Ok(Code::Between(Box::new(parts)))
            }
            ("floor", [one]) => Ok(Code::Rounded(Rounding::Down, self.boxed(one)?)),
            ("ceiling", [one]) => Ok(Code::Rounded(Rounding::Up, self.boxed(one)?)),
            ("round", [one]) => Ok(Code::Rounded(Rounding::Nearest, self.boxed(one)?)),
            ("is_known", [one]) => Ok(Code::IsKnown(self.boxed(one)?)),
            ("or", [one, other]) => {
                let parts = [self.calm(one)?, self.calm(other)?];
                match parts.iter().any(Code::makes_text) {
                    true => Err(left(part, "`or` with what is made there")),
                    false => Ok(Code::Or(Box::new(parts))),
                }
            }
            ("abs", [one]) => Ok(Code::Absolute(self.boxed(one)?)),
            ("length", [one]) if self.is_tags(one) => Ok(Code::CountTags),
            ("length", [one]) => Ok(Code::Length(self.boxed(one)?)),
            ("lower", [one]) => Ok(Code::Cased(Case::Lower, self.boxed(one)?)),
            ("upper", [one]) => Ok(Code::Cased(Case::Upper, self.boxed(one)?)),
            ("min", [one, other]) => self.chosen(Comparison::LessOrEqual, one, other),
            ("max", [one, other]) => self.chosen(Comparison::GreaterOrEqual, one, other),
            ("days_since", [one]) => Ok(Code::Passed(TimeDelta::days(1), self.moment(one)?)),
            ("hours_since", [one]) => Ok(Code::Passed(TimeDelta::hours(1), self.moment(one)?)),
            ("within", [one, length]) => Ok(Code::Within(self.moment(one)?, self.length(length)?)),
            ("count", [lead, kind]) => Ok(Code::Count(self.kind(lead, kind)?, None)),
            ("count", [lead, kind, length]) => {
                Ok(Code::Count(self.kind(lead, kind)?, Some(self.length(length)?)))
            }
            ("last", [lead, kind]) => Ok(Code::Last(self.kind(lead, kind)?)),
            ("date", [day]) => {
                let day = constant_text(day).and_then(|day| day.parse().ok());
                let day = day.ok_or_else(|| left(part, "a day that is not written out"))?;
                Ok(Code::Day(beginning(day)))
            }
            (unit, [_]) if UNITS.iter().any(|(known, _)| *known == unit) => {
                self.length(part).map(Code::Stretch)
            }
            (other, of) => match self.added.and_then(|added| added.named(other)) {
                Some(function) if function.takes.len() == of.len() => {
                    let given: Result<_, _> = of.iter().map(|part| self.given(part)).collect();
                    Ok(Code::Added(function.clone(), given?))
                }
                _ => Err(left(part, format!("`{other}`"))),
            },
        }
    }

    /// A part of which it does not matter whether it is asked before or after another: scripts ask the arguments of
    /// `a.between(b, c)` before `a`, and those of `between(a, b, c)` after it.
    fn calm(&mut self, part: &Part) -> Result<Code, Unlowered> {
        match self.code(part)? {
            code if code.may_stop() => Err(left(part, "a condition within a value")),
            code => Ok(code),
        }
    }

    /// A part that is the answer of the one that it stands in, which what is made there does not outlast.
    fn lasting(&mut self, part: &Part) -> Result<Code, Unlowered> {
        match self.code(part)? {
            code if code.makes_text() => Err(left(part, "an answer that is made there")),
            code => Ok(code),
        }
    }

    /// What a function is given.
    fn given(&mut self, part: &Part) -> Result<Given, Unlowered> {
        match &part.what {
            What::Value(value) if value.is_array() => Ok(Given::Written(value.clone())),
            _ => self.calm(part).map(Given::Asked),
        }
    }

    fn chosen(&mut self, how: Comparison, one: &Part, other: &Part) -> Result<Code, Unlowered> {
        Ok(Code::Chosen(how, Box::new([self.calm(one)?, self.calm(other)?])))
    }

    /// A moment of which is asked how long ago it was.
    fn moment(&mut self, part: &Part) -> Result<Box<Code>, Unlowered> {
        match self.code(part)? {
            day if day.names_a_day() => Err(left(part, "a day that is written out")),
            code => Ok(Box::new(code)),
        }
    }

    /// Whether it is the lead's tags.
    fn is_tags(&self, part: &Part) -> bool {
        matches!(&part.what, What::Field(lead, name)
            if name == "tags" && matches!(lead.what, What::Subject) && self.about == About::Lead)
    }

    /// The kind of interaction that a lead is asked for.
    fn kind(&mut self, lead: &Part, kind: &Part) -> Result<Slot<String>, Unlowered> {
        let is_lead = matches!(lead.what, What::Subject) && self.about == About::Lead;
        match constant_text(kind) {
            Some(kind) if is_lead => Ok(Slot::of(&mut self.slots.kinds, kind.to_string())),
            _ => Err(left(kind, "a kind of interaction that is not written out")),
        }
    }

    /// A stretch of time that is written out.
    fn length(&self, part: &Part) -> Result<TimeDelta, Unlowered> {
        let unlowered = || left(part, "a stretch of time that is not written out");
        match &part.what {
            What::Value(value) => {
                value.read_lock::<Stretch>().map(|length| length.0).ok_or_else(unlowered)
            }
            What::Call { name, of, .. } => {
                let unit = UNITS.iter().find(|(known, _)| known == name);
                let unit = unit.filter(|_| !self.own.contains(name.as_str()));
                let count = match of.as_slice() {
                    [Part { what: What::Value(count), .. }] => number(count),
                    _ => None,
                };
                match (unit, count) {
                    (Some((_, unit)), Some(count)) => {
                        stretch(count, *unit).map(|length| length.0).map_err(|_| unlowered())
                    }
                    _ => Err(unlowered()),
                }
            }
            _ => Err(unlowered()),
        }
    }

    fn held(&mut self, test: Test, held: &Part, against: &Part) -> Result<Code, Unlowered> {
        let texts = constant_texts(against)
            .ok_or_else(|| left(against, "texts that are not written out"))?;
        let texts: Vec<String> = texts.iter().map(|text| test.prepared(text)).collect();
        if self.is_tags(held) {
            return Ok(Code::TagsHeld(test, texts));
        }
        Ok(Code::Held(test, self.boxed(held)?, texts))
    }

    /// Whether a value is in a list, a range or a text.
    fn among(&mut self, part: &Part, list: &Part, value: &Part) -> Result<Code, Unlowered> {
        let unlowered = || left(part, "`in` with what is not written out");
        match &list.what {
            What::Value(values) => {
                let values = values.read_lock::<Array>().ok_or_else(unlowered)?;
                let values: Option<Vec<Code>> = values.iter().map(constant).collect();
                Ok(Code::Among(self.boxed(value)?, values.ok_or_else(unlowered)?))
            }
            What::Call { name, of, .. } if name == ".." || name == "..=" => {
                let bound = |at: usize| match of.get(at).map(|part| &part.what) {
                    Some(What::Value(value)) => value.as_int().ok(),
                    _ => None,
                };
                let (low, high) = bound(0).zip(bound(1)).ok_or_else(unlowered)?;
                let end = if name == ".." { Some(high) } else { high.checked_add(1) };
                Ok(Code::InRange(self.boxed(value)?, low, end.ok_or_else(unlowered)?))
            }
            _ => match constant_text(value) {
                Some(tag) if self.is_tags(list) => Ok(Code::HasTag(tag.to_string())),
                Some(_) => self.held(Test::Part, list, value),
                None => Err(unlowered()),
            },
        }
    }
}

/// A value that stands in the script.
fn constant(value: &Dynamic) -> Option<Code> {
    if let Ok(value) = value.as_bool() {
        return Some(Code::YesOrNo(value));
    }
    if let Ok(value) = value.as_int() {
        return Some(Code::Whole(value));
    }
    if let Ok(value) = value.as_float() {
        return Some(Code::Number(value));
    }
    if let Some(length) = value.read_lock::<Stretch>() {
        return Some(Code::Stretch(length.0));
    }
    let text = value.as_immutable_string_ref().ok()?;
    Some(Code::Text(text.to_string()))
}

fn constant_text(part: &Part) -> Option<ImmutableString> {
    match &part.what {
        What::Value(value) => value.as_immutable_string_ref().ok().map(|text| (*text).clone()),
        _ => None,
    }
}

/// A text, or the texts of a list.
fn constant_texts(part: &Part) -> Option<Vec<String>> {
    if let Some(text) = constant_text(part) {
        return Some(vec![text.to_string()]);
    }
    let What::Value(value) = &part.what else { return None };
    let list = value.read_lock::<Array>()?;
    let text = |one: &Dynamic| one.as_immutable_string_ref().ok().map(|text| text.to_string());
    list.iter().map(text).collect()
}
