//! What a question depends on. Owns finding those that one distinct value decides, so that they are asked once per value and not once
//! per lead.

use super::super::code::Code;
use super::super::made::Given;
use super::bound::{Bound, DetailAt};
use crate::scoring::snapshot::Where;

/// What decides the answer to a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reads {
    /// Nothing: it is the same for every lead.
    Nothing,
    /// Whether there is a value in this column.
    Presence(usize),
    /// The value in this column.
    Column(usize),
    /// The detail of this name, by its number.
    Detail(u32),
    /// More than one of these, the time, or what happened.
    Several,
}

impl Reads {
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Nothing, other) => other,
            (one, Self::Nothing) => one,
            (Self::Presence(one) | Self::Column(one), Self::Presence(two) | Self::Column(two))
                if one == two =>
            {
                Self::Column(one)
            }
            _ => Self::Several,
        }
    }

    pub(super) fn of_place(place: Where) -> Self {
        match place {
            Where::Column(column) => Self::Column(column),
            Where::Nowhere => Self::Nothing,
            Where::StageSince | Where::CreatedAt | Where::LastInteraction => Self::Several,
        }
    }

    pub(super) fn of(code: &Code, bound: &Bound) -> Self {
        let all = |parts: &[Code]| {
            parts.iter().fold(Self::Nothing, |reads, part| reads.and(Self::of(part, bound)))
        };
        match code {
            Code::YesOrNo(_)
            | Code::Whole(_)
            | Code::Number(_)
            | Code::Text(_)
            | Code::Stretch(_)
            | Code::Day(_)
            | Code::Named(_) => Self::Nothing,
            Code::Read(place) => Self::of_place(bound.place(place.number)),
            Code::Detail(name) => match bound.detail(name.number) {
                DetailAt::Named(0) => Self::Nothing,
                DetailAt::Named(name) => Self::Detail(name),
                DetailAt::Kind | DetailAt::At => Self::Several,
            },
            Code::HasTag(_) | Code::TagsHeld(..) | Code::CountTags => Self::of_place(bound.tags),
            Code::Count(..) | Code::Last(_) | Code::Passed(..) | Code::Within(..) => Self::Several,
            Code::IsKnown(part) => match (&**part, Self::of(part, bound)) {
                (Code::Read(_), Self::Column(column)) => Self::Presence(column),
                (_, reads) => reads,
            },
            Code::Not(part)
            | Code::Minus(part)
            | Code::Held(_, part, _)
            | Code::Rounded(_, part)
            | Code::Absolute(part)
            | Code::Length(part)
            | Code::Cased(_, part)
            | Code::InRange(part, ..) => Self::of(part, bound),
            Code::Among(part, values) => Self::of(part, bound).and(all(values)),
            Code::All(parts) | Code::Any(parts) => all(parts),
            Code::Added(_, given) => given.iter().fold(Self::Nothing, |reads, given| match given {
                Given::Written(_) => reads,
                Given::Asked(code) => reads.and(Self::of(code, bound)),
            }),
            Code::If(parts) => all(&parts[..]),
            Code::Between(parts) => all(&parts[..]),
            Code::Compare(_, parts)
            | Code::Calculate(_, parts)
            | Code::Chosen(_, parts)
            | Code::Or(parts)
            | Code::Let(parts) => all(&parts[..]),
        }
    }
}
