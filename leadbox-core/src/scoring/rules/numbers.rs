//! Numbers in scripts. Owns the vocabulary for whole and other numbers, and what counts as a number of points.

use std::cmp::Ordering;
use std::ops::{Range, RangeInclusive};

use rhai::{Array, Dynamic, Engine, EvalAltResult, INT};

use super::fault::refusal;
use super::moments::Moment;
use super::unknown::{Unknown, is_unknown};
use crate::score::Points;

/// The most points that anything can be worth, either way.
const MOST: f64 = 1_000_000.0;

/// A whole or another number.
pub(super) fn number(value: &Dynamic) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a whole number beside a fraction is one too")]
    value.as_float().ok().or_else(|| value.as_int().ok().map(|whole| whole as f64))
}

/// A number of points, if it is one that can be counted with.
pub(super) fn points(value: f64) -> Option<Points> {
    #[expect(clippy::cast_possible_truncation, reason = "far within i64")]
    (value.abs() <= MOST).then(|| Points((value * 100.0).round() as i64))
}

/// A number that can be counted with as points.
pub(super) fn countable(value: &Dynamic) -> Option<f64> {
    number(value).filter(|value| points(*value).is_some())
}

/// How two values are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    pub(super) fn of(operator: &str) -> Option<Self> {
        Some(match operator {
            "==" => Self::Equal,
            "!=" => Self::Unequal,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    pub(super) fn is(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// Whether two numbers compare so, as the operators of scripts see it: what differs by no more than rounding is the same.
pub(super) fn holds(how: Comparison, one: f64, other: f64) -> bool {
    let largest = if one * other == 0.0 { 1.0 } else { one.abs().max(other.abs()) };
    if largest == 0.0 {
        return how.is(Ordering::Equal);
    }
    let more = (one - other) / largest;
    match how {
        Comparison::Equal => more.abs() <= f64::EPSILON,
        Comparison::Unequal => more.abs() > f64::EPSILON,
        Comparison::Greater => more > f64::EPSILON,
        Comparison::GreaterOrEqual => more > -f64::EPSILON,
        Comparison::Less => -more > f64::EPSILON,
        Comparison::LessOrEqual => -more > -f64::EPSILON,
    }
}

/// Whether two values are the same: numbers by value, texts letter by letter.
pub(super) fn same(one: &Dynamic, other: &Dynamic) -> bool {
    if let (Ok(one), Ok(other)) = (one.as_int(), other.as_int()) {
        return one == other;
    }
    if let (Some(one), Some(other)) = (number(one), number(other)) {
        return holds(Comparison::Equal, one, other);
    }
    if let (Ok(one), Ok(other)) = (one.as_bool(), other.as_bool()) {
        return one == other;
    }
    let text = |value: &Dynamic| value.clone().into_immutable_string().ok();
    matches!((text(one), text(other)), (Some(one), Some(other)) if one == other)
}

/// Whether something lies between two others or is one of them.
fn between(value: &Dynamic, low: &Dynamic, high: &Dynamic) -> Result<bool, Box<EvalAltResult>> {
    if [value, low, high].into_iter().any(is_unknown) {
        return Ok(false);
    }
    if let (Ok(value), Ok(low), Ok(high)) = (value.as_int(), low.as_int(), high.as_int()) {
        return Ok((low..=high).contains(&value));
    }
    if let (Some(value), Some(low), Some(high)) = (number(value), number(low), number(high)) {
        return Ok(holds(Comparison::GreaterOrEqual, value, low)
            && holds(Comparison::LessOrEqual, value, high));
    }
    let moment = |value: &Dynamic| value.read_lock::<Moment>().map(|moment| moment.at());
    match (moment(value), moment(low), moment(high)) {
        (Some(value), Some(low), Some(high)) => Ok((low..=high).contains(&value)),
        _ => Err(refusal("`between` needs three numbers, or three moments")),
    }
}

/// Whether the first of two numbers is the lesser, or the greater.
pub(super) fn is_chosen(how: Comparison, one: f64, other: f64) -> bool {
    if how == Comparison::LessOrEqual { one <= other } else { one >= other }
}

/// The one of two numbers that is chosen against the other; not known when one of them is not.
fn chosen(one: Dynamic, other: Dynamic, how: Comparison) -> Result<Dynamic, Box<EvalAltResult>> {
    if is_unknown(&one) || is_unknown(&other) {
        return Ok(Dynamic::from(Unknown));
    }
    match (number(&one), number(&other)) {
        (Some(a), Some(b)) if is_chosen(how, a, b) => Ok(one),
        (Some(_), Some(_)) => Ok(other),
        _ => Err(refusal("`min` and `max` need two numbers")),
    }
}

/// A number rounded in one way or another.
fn rounded(value: Dynamic, round: fn(f64) -> f64) -> Result<Dynamic, Box<EvalAltResult>> {
    match value.as_float() {
        Ok(value) => Ok(round(value).into()),
        Err(_) if is_unknown(&value) || value.is_int() => Ok(value),
        Err(_) => Err(refusal("only a number can be rounded")),
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("between", |value: Dynamic, low: Dynamic, high: Dynamic| {
        between(&value, &low, &high)
    });
    engine.register_fn("contains", |list: Array, value: Dynamic| {
        list.iter().any(|one| same(one, &value))
    });
    engine.register_fn("contains", |range: Range<INT>, value: INT| range.contains(&value));
    engine.register_fn("contains", |range: RangeInclusive<INT>, value: INT| range.contains(&value));
    engine.register_fn("contains", |_: Range<INT>, _: Unknown| false);
    engine.register_fn("contains", |_: RangeInclusive<INT>, _: Unknown| false);
    engine.register_fn("min", |one: Dynamic, other: Dynamic| {
        chosen(one, other, Comparison::LessOrEqual)
    });
    engine.register_fn("max", |one: Dynamic, other: Dynamic| {
        chosen(one, other, Comparison::GreaterOrEqual)
    });
    engine.register_fn("abs", |_: Unknown| Unknown);
    engine.register_fn("floor", |value: Dynamic| rounded(value, f64::floor));
    engine.register_fn("ceiling", |value: Dynamic| rounded(value, f64::ceil));
    engine.register_fn("round", |value: Dynamic| rounded(value, f64::round));
}
