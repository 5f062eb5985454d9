//! Conditions over rows. Owns joining answers that tables know already; what no table knows is worked out from the row.

use super::super::code::{Code, Stop};
use super::filling::Filling;
use super::reads::Reads;
use super::row::Row;
use crate::scoring::value::Value;

/// What is said to a condition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    No,
    Yes,
    /// Something that it asks for is not known.
    NotKnown,
    /// The interpreter has to say.
    Ask,
}

/// A condition.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Always(Verdict),
    /// By the number of the value in a column.
    ByColumn(usize, Box<[Verdict]>),
    /// By the number of the value of a detail.
    ByDetail(u32, Box<[Verdict]>),
    IsKnown(usize),
    Not(Box<Condition>),
    All(Box<[Condition]>),
    Any(Box<[Condition]>),
    If(Box<[Condition; 3]>),
    WorkedOut(Code),
}

impl Verdict {
    fn of(answer: Result<Value<'_>, Stop>) -> Self {
        match answer {
            Ok(Value::YesOrNo(false)) => Self::No,
            Ok(Value::YesOrNo(true)) => Self::Yes,
            Ok(Value::Unknown) | Err(Stop::NotKnown) => Self::NotKnown,
            // What is no yes or no is wrong, which the interpreter says.
            Ok(_) | Err(Stop::Ask) => Self::Ask,
        }
    }
}

impl Condition {
    /// The condition that a question is, unchanged.
    pub(super) fn whole(code: &Code) -> Self {
        Self::WorkedOut(code.clone())
    }

    /// The same with tables for the parts that one value decides.
    pub(super) fn with_tables(self, filling: &Filling<'_>) -> Self {
        match self {
            Self::WorkedOut(code) => Self::of(&code, filling),
            done => done,
        }
    }

    fn of(code: &Code, filling: &Filling<'_>) -> Self {
        let all = |parts: &[Code]| parts.iter().map(|part| Self::of(part, filling)).collect();
        match (Reads::of(code, filling.bound), code) {
            (Reads::Presence(column), Code::IsKnown(_)) => Self::IsKnown(column),
            (Reads::Column(column) | Reads::Presence(column), code) => Self::ByColumn(
                column,
                filling.by_column(column, |row| Verdict::of(code.answer(row))),
            ),
            (Reads::Detail(name), code) => {
                Self::ByDetail(name, filling.by_detail(name, |row| Verdict::of(code.answer(row))))
            }
            (_, Code::YesOrNo(true)) => Self::Always(Verdict::Yes),
            (_, Code::YesOrNo(false)) => Self::Always(Verdict::No),
            (_, Code::Not(part)) => Self::Not(Box::new(Self::of(part, filling))),
            (_, Code::All(parts)) => Self::All(all(parts)),
            (_, Code::Any(parts)) => Self::Any(all(parts)),
            (_, Code::If(parts)) => {
                let [condition, then, otherwise] = &**parts;
                let of = |part| Self::of(part, filling);
                Self::If(Box::new([of(condition), of(then), of(otherwise)]))
            }
            (_, other) => Self::WorkedOut(other.clone()),
        }
    }

    /// What is said of a row, or of what is asked about in it.
    pub(super) fn verdict(&self, row: &Row<'_>) -> Verdict {
        match self {
            Self::Always(verdict) => *verdict,
            Self::ByColumn(column, verdicts) => {
                verdicts.get(row.number(*column) as usize).copied().unwrap_or(Verdict::Ask)
            }
            Self::ByDetail(name, verdicts) => {
                let happened = row.snapshot.happened();
                let number = row.about.map_or(0, |place| happened.detail(place, *name));
                verdicts.get(number as usize).copied().unwrap_or(Verdict::Ask)
            }
            Self::IsKnown(column) if row.number(*column) == 0 => Verdict::No,
            Self::IsKnown(_) => Verdict::Yes,
            Self::Not(part) => match part.verdict(row) {
                Verdict::Yes => Verdict::No,
                Verdict::No => Verdict::Yes,
                other => other,
            },
            Self::All(parts) => {
                let mut verdicts = parts.iter().map(|part| part.verdict(row));
                verdicts.find(|verdict| *verdict != Verdict::Yes).unwrap_or(Verdict::Yes)
            }
            Self::Any(parts) => {
                let mut verdicts = parts.iter().map(|part| part.verdict(row));
                verdicts.find(|verdict| *verdict != Verdict::No).unwrap_or(Verdict::No)
            }
            Self::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                match condition.verdict(row) {
                    Verdict::Yes => then.verdict(row),
                    Verdict::No => otherwise.verdict(row),
                    other => other,
                }
            }
            Self::WorkedOut(code) => Verdict::of(code.answer(row)),
        }
    }
}
