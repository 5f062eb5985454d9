//! A value that questions are about, without what it costs to make one that scripts can hold. Owns the kinds of values; knows nothing of
//! where they come from.

use chrono::TimeDelta;

use crate::time::Timestamp;

/// A value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Value<'v> {
    Unknown,
    YesOrNo(bool),
    Whole(i64),
    Number(f64),
    Text(&'v str),
    Moment(Timestamp),
    Stretch(TimeDelta),
}

impl<'v> Value<'v> {
    /// A text, if there is one.
    pub(super) fn text(value: Option<&'v str>) -> Self {
        value.map_or(Self::Unknown, Self::Text)
    }

    /// A whole or another number.
    pub(super) fn number(self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "as the interpreter does")]
            Self::Whole(whole) => Some(whole as f64),
            Self::Number(number) => Some(number),
            _ => None,
        }
    }
}
