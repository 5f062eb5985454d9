//! Questions as they are run without the interpreter. Owns what each part answers; it answers exactly as the interpreter does, or not at
//! all: then the interpreter is asked.

use chrono::TimeDelta;

use super::added::Added;
use super::facts::{Facts, Slot};
use super::made::{Case, Given, lasting};
use super::numbers::{Comparison, holds, is_chosen};
use super::words::Test;
use crate::scoring::place::Place;
use crate::scoring::value::Value;
use crate::time::Timestamp;

/// Why there is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stop {
    /// Something is not known where yes or no is needed.
    NotKnown,
    /// The interpreter has to say.
    Ask,
}

pub(super) type Answer<'v> = Result<Value<'v>, Stop>;

/// A part of a question.
#[derive(Clone, Debug)]
pub(super) enum Code {
    YesOrNo(bool),
    Whole(i64),
    Number(f64),
    Text(String),
    Stretch(TimeDelta),
    Day(Timestamp),
    /// What stands at a place of the lead.
    Read(Slot<Place>),
    /// A detail of what happened.
    Detail(Slot<String>),
    Count(Slot<String>, Option<TimeDelta>),
    Last(Slot<String>),
    Not(Box<Code>),
    Minus(Box<Code>),
    All(Vec<Code>),
    Any(Vec<Code>),
    If(Box<[Code; 3]>),
    Compare(Comparison, Box<[Code; 2]>),
    Calculate(Calculation, Box<[Code; 2]>),
    /// Whether a text passes against any of these, which are prepared.
    Held(Test, Box<Code>, Vec<String>),
    /// Whether a tag passes against any of these, which are prepared.
    TagsHeld(Test, Vec<String>),
    /// Whether a value is one of these.
    Among(Box<Code>, Vec<Code>),
    /// Whether a whole number lies in a range, without its end.
    InRange(Box<Code>, i64, i64),
    Between(Box<[Code; 3]>),
    /// Whether there is such a tag.
    HasTag(String),
    /// The lesser of two numbers, or the greater.
    Chosen(Comparison, Box<[Code; 2]>),
    IsKnown(Box<Code>),
    Or(Box<[Code; 2]>),
    Passed(TimeDelta, Box<Code>),
    Within(Box<Code>, TimeDelta),
    Rounded(Rounding, Box<Code>),
    /// A number without its sign.
    Absolute(Box<Code>),
    /// How many characters a text has.
    Length(Box<Code>),
    /// How many tags there are.
    CountTags,
    /// A text in other letters.
    Cased(Case, Box<Code>),
    /// What a function of the host's says.
    Added(Added, Box<[Given]>),
    /// A value that is given a name, and the rest, in which it has that.
    Let(Box<[Code; 2]>),
    /// The value of a name.
    Named(Name),
}

/// How a number becomes a whole one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rounding {
    Down,
    Up,
    Nearest,
}

/// A name that a question gives itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    /// How many are given between it and where it stands.
    pub(super) back: usize,
    /// Whether a day that the script names is in it.
    pub(super) names_a_day: bool,
}

/// The values of names, the innermost first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'n, 'v> {
    value: Value<'v>,
    outer: Option<&'n Named<'n, 'v>>,
}

/// What is worked out from two numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Calculation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

impl Calculation {
    pub(super) fn of(operator: &str) -> Option<Self> {
        Some(match operator {
            "+" => Self::Add,
            "-" => Self::Subtract,
            "*" => Self::Multiply,
            "/" => Self::Divide,
            "%" => Self::Remainder,
            "**" => Self::Power,
            _ => return None,
        })
    }

    /// None where that is an error, too large or by zero, and where the interpreter has its own way.
    fn whole(self, one: i64, other: i64) -> Option<i64> {
        match self {
            Self::Add => one.checked_add(other),
            Self::Subtract => one.checked_sub(other),
            Self::Multiply => one.checked_mul(other),
            Self::Divide => one.checked_div(other),
            Self::Remainder => one.checked_rem(other),
            Self::Power => None,
        }
    }

    fn number(self, one: f64, other: f64) -> f64 {
        match self {
            Self::Add => one + other,
            Self::Subtract => one - other,
            Self::Multiply => one * other,
            Self::Divide => one / other,
            Self::Remainder => one % other,
            Self::Power => one.powf(other),
        }
    }
}

fn is_so(value: Value<'_>) -> Result<bool, Stop> {
    match value {
        Value::YesOrNo(value) => Ok(value),
        Value::Unknown => Err(Stop::NotKnown),
        _ => Err(Stop::Ask),
    }
}

fn compared(how: Comparison, one: Value<'_>, other: Value<'_>) -> Result<bool, Stop> {
    match (one, other) {
        (Value::Unknown, _) | (_, Value::Unknown) => Ok(false),
        (Value::Whole(one), Value::Whole(other)) => Ok(how.is(one.cmp(&other))),
        (Value::Text(one), Value::Text(other)) => Ok(how.is(one.cmp(other))),
        (Value::Moment(one), Value::Moment(other)) => Ok(how.is(one.cmp(&other))),
        (Value::Stretch(one), Value::Stretch(other)) => Ok(how.is(one.cmp(&other))),
        (Value::YesOrNo(one), Value::YesOrNo(other)) => match how {
            Comparison::Equal => Ok(one == other),
            Comparison::Unequal => Ok(one != other),
            _ => Err(Stop::Ask),
        },
        _ => match (one.number(), other.number()) {
            (Some(one), Some(other)) => Ok(holds(how, one, other)),
            _ => Err(Stop::Ask),
        },
    }
}

fn calculated(how: Calculation, one: Value<'_>, other: Value<'_>) -> Result<Value<'static>, Stop> {
    match (one, other) {
        (Value::Unknown, _) | (_, Value::Unknown) => Ok(Value::Unknown),
        (Value::Whole(one), Value::Whole(other)) => {
            how.whole(one, other).map(Value::Whole).ok_or(Stop::Ask)
        }
        _ => match (one.number(), other.number()) {
            (Some(one), Some(other)) => Ok(Value::Number(how.number(one, other))),
            _ => Err(Stop::Ask),
        },
    }
}

/// Whether one lies between two others or is one of them.
fn between(value: Value<'_>, low: Value<'_>, high: Value<'_>) -> Result<bool, Stop> {
    if [value, low, high].contains(&Value::Unknown) {
        return Ok(false);
    }
    match (value, low, high) {
        (Value::Whole(value), Value::Whole(low), Value::Whole(high)) => {
            Ok((low..=high).contains(&value))
        }
        (Value::Moment(value), Value::Moment(low), Value::Moment(high)) => {
            Ok((low..=high).contains(&value))
        }
        _ => match (value.number(), low.number(), high.number()) {
            (Some(value), Some(low), Some(high)) => {
                Ok(holds(Comparison::GreaterOrEqual, value, low)
                    && holds(Comparison::LessOrEqual, value, high))
            }
            _ => Err(Stop::Ask),
        },
    }
}

fn passes_any(test: Test, text: &str, prepared: &[String]) -> bool {
    let text = test.prepared(text);
    prepared.iter().any(|one| test.passes(&text, one))
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Code {
    /// Whether it may end because something is not known where yes or no is needed.
    pub(super) fn may_stop(&self) -> bool {
        match self {
            Self::All(_) | Self::Any(_) | Self::If(_) => true,
            Self::Not(part)
            | Self::Minus(part)
            | Self::Held(_, part, _)
            | Self::InRange(part, ..)
            | Self::IsKnown(part)
            | Self::Passed(_, part)
            | Self::Within(part, _)
            | Self::Among(part, _)
            | Self::Rounded(_, part)
            | Self::Absolute(part)
            | Self::Length(part)
            | Self::Cased(_, part) => part.may_stop(),
            Self::Added(_, given) => given.iter().any(|given| match given {
                Given::Written(_) => false,
                Given::Asked(code) => code.may_stop(),
            }),
            Self::Compare(_, parts)
            | Self::Calculate(_, parts)
            | Self::Chosen(_, parts)
            | Self::Or(parts) => parts.iter().any(Self::may_stop),
            Self::Between(parts) => parts.iter().any(Self::may_stop),
            Self::Let(parts) => parts.iter().any(Self::may_stop),
            _ => false,
        }
    }

    /// Whether a day that the script names is in it, which has no clock.
    pub(super) fn names_a_day(&self) -> bool {
        match self {
            Self::Day(_) => true,
            Self::Named(name) => name.names_a_day,
            Self::If(parts) => parts.iter().any(Self::names_a_day),
            Self::Or(parts) | Self::Let(parts) => parts.iter().any(Self::names_a_day),
            _ => false,
        }
    }

    /// What the part answers of these facts.
    pub(super) fn answer<'v>(&'v self, facts: &'v impl Facts) -> Answer<'v> {
        self.within(facts, None)
    }

    /// The same where names have these values.
    pub(super) fn within<'v>(
        &'v self,
        facts: &'v impl Facts,
        named: Option<&Named<'_, 'v>>,
    ) -> Answer<'v> {
        let yes_or_no = |value: Result<bool, Stop>| value.map(Value::YesOrNo);
        match self {
            Self::YesOrNo(value) => Ok(Value::YesOrNo(*value)),
            Self::Whole(value) => Ok(Value::Whole(*value)),
            Self::Number(value) => Ok(Value::Number(*value)),
            Self::Text(text) => Ok(Value::Text(text)),
            Self::Stretch(length) => Ok(Value::Stretch(*length)),
            Self::Day(at) => Ok(Value::Moment(*at)),
            Self::Read(place) => facts.read(place).ok_or(Stop::Ask),
            Self::Detail(name) => facts.detail(name).ok_or(Stop::Ask),
            Self::Count(kind, length) => Ok(Value::Whole(facts.count(kind, *length))),
            Self::Last(kind) => Ok(facts.last(kind).map_or(Value::Unknown, Value::Moment)),
            Self::Not(part) => match part.within(facts, named)? {
                Value::Unknown => Ok(Value::Unknown),
                value => yes_or_no(is_so(value).map(|value| !value)),
            },
            Self::Minus(part) => match part.within(facts, named)? {
                Value::Unknown => Ok(Value::Unknown),
                Value::Whole(whole) => whole.checked_neg().map(Value::Whole).ok_or(Stop::Ask),
                Value::Number(number) => Ok(Value::Number(-number)),
                _ => Err(Stop::Ask),
            },
            Self::All(parts) => {
                for part in parts {
                    if !is_so(part.within(facts, named)?)? {
                        return Ok(Value::YesOrNo(false));
                    }
                }
                Ok(Value::YesOrNo(true))
            }
            Self::Any(parts) => {
                for part in parts {
                    if is_so(part.within(facts, named)?)? {
                        return Ok(Value::YesOrNo(true));
                    }
                }
                Ok(Value::YesOrNo(false))
            }
            Self::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                let is_so = is_so(condition.within(facts, named)?)?;
                if is_so { then.within(facts, named) } else { otherwise.within(facts, named) }
            }
            Self::Compare(how, sides) => {
                let [one, other] = &**sides;
                one.hand(facts, named, |one| {
                    other.hand(facts, named, |other| yes_or_no(compared(*how, one, other)))
                })
            }
            Self::Calculate(how, sides) => {
                let [one, other] = &**sides;
                let (one, other) = (one.within(facts, named)?, other.within(facts, named)?);
                calculated(*how, one, other)
            }
            Self::Held(test, part, against) => part.hand(facts, named, |value| match value {
                Value::Unknown => Ok(Value::YesOrNo(false)),
                Value::Text(text) => Ok(Value::YesOrNo(passes_any(*test, text, against))),
                _ => Err(Stop::Ask),
            }),
            Self::TagsHeld(test, against) => {
                Ok(Value::YesOrNo(facts.any_tag(|tag| passes_any(*test, tag, against))))
            }
            Self::Among(part, values) => part.hand(facts, named, |value| {
                for one in values {
                    let is_same = match (value, one.within(facts, named)?) {
                        // The list asks each of its values, and other kinds differ.
                        (Value::YesOrNo(one), Value::YesOrNo(other)) => one == other,
                        (Value::Text(one), Value::Text(other)) => one == other,
                        (Value::Whole(one), Value::Whole(other)) => one == other,
                        (one, other) => match (one.number(), other.number()) {
                            (Some(one), Some(other)) => holds(Comparison::Equal, other, one),
                            _ => false,
                        },
                    };
                    if is_same {
                        return Ok(Value::YesOrNo(true));
                    }
                }
                Ok(Value::YesOrNo(false))
            }),
            Self::InRange(part, low, end) => match part.within(facts, named)? {
                Value::Unknown => Ok(Value::YesOrNo(false)),
                Value::Whole(value) => Ok(Value::YesOrNo((*low..*end).contains(&value))),
                _ => Err(Stop::Ask),
            },
            Self::Between(parts) => {
                let [value, low, high] = &**parts;
                let parts = (
                    value.within(facts, named)?,
                    low.within(facts, named)?,
                    high.within(facts, named)?,
                );
                yes_or_no(between(parts.0, parts.1, parts.2))
            }
            Self::HasTag(tag) => Ok(Value::YesOrNo(facts.any_tag(|one| one == tag))),
            Self::Chosen(how, sides) => {
                let [one, other] = &**sides;
                match (one.within(facts, named)?, other.within(facts, named)?) {
                    (Value::Unknown, _) | (_, Value::Unknown) => Ok(Value::Unknown),
                    (one, other) => match (one.number(), other.number()) {
                        (Some(a), Some(b)) => Ok(if is_chosen(*how, a, b) { one } else { other }),
                        _ => Err(Stop::Ask),
                    },
                }
            }
            Self::IsKnown(part) => {
                part.hand(facts, named, |value| Ok(Value::YesOrNo(value != Value::Unknown)))
            }
            Self::Or(parts) => {
                let [value, other] = &**parts;
                let (value, other) = (value.within(facts, named)?, other.within(facts, named)?);
                Ok(if value == Value::Unknown { other } else { value })
            }
            Self::Passed(length, part) => match part.within(facts, named)? {
                Value::Unknown => Ok(Value::Unknown),
                Value::Moment(at) => Ok(Value::Whole(facts.passed(at, *length))),
                _ => Err(Stop::Ask),
            },
            Self::Within(part, length) => match part.within(facts, named)? {
                Value::Unknown => Ok(Value::YesOrNo(false)),
                Value::Moment(at) => Ok(Value::YesOrNo(facts.within(at, *length))),
                _ => Err(Stop::Ask),
            },
            Self::Rounded(how, part) => match part.within(facts, named)? {
                value @ (Value::Unknown | Value::Whole(_)) => Ok(value),
                Value::Number(number) => Ok(Value::Number(match how {
                    Rounding::Down => number.floor(),
                    Rounding::Up => number.ceil(),
                    Rounding::Nearest => number.round(),
                })),
                _ => Err(Stop::Ask),
            },
            Self::Absolute(part) => match part.within(facts, named)? {
                Value::Unknown => Ok(Value::Unknown),
                Value::Whole(whole) => whole.checked_abs().map(Value::Whole).ok_or(Stop::Ask),
                Value::Number(number) => Ok(Value::Number(number.abs())),
                _ => Err(Stop::Ask),
            },
            Self::Length(part) => part.hand(facts, named, |value| match value {
                Value::Unknown => Ok(Value::Unknown),
                Value::Text(text) => Ok(Value::Whole(whole(text.chars().count()))),
                _ => Err(Stop::Ask),
            }),
            Self::CountTags => {
                let mut tags = 0;
                facts.any_tag(|_| {
                    tags += 1;
                    false
                });
                Ok(Value::Whole(whole(tags)))
            }
            Self::Cased(..) | Self::Added(..) => self.hand(facts, named, lasting),
            Self::Let(parts) => {
                let [value, rest] = &**parts;
                if value.is_made() {
                    return value.hand(facts, named, |value| {
                        rest.within(facts, Some(&Named { value, outer: named })).and_then(lasting)
                    });
                }
                let value = value.within(facts, named)?;
                rest.within(facts, Some(&Named { value, outer: named }))
            }
            Self::Named(name) => {
                let mut all = std::iter::successors(named, |one| one.outer);
                all.nth(name.back).map(|one| one.value).ok_or(Stop::Ask)
            }
        }
    }
}
