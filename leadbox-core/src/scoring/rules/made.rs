//! Values that are made where they are asked for: texts in other letters, and what a function of the host's says. Owns making them and how
//! long they last: until the part that asked has its answer.

use rhai::{Dynamic, ImmutableString};

use super::added::{Added, Sort};
use super::code::{Answer, Code, Named, Stop};
use super::facts::Facts;
use super::unknown::{Unknown, is_unknown};
use crate::scoring::value::Value;

/// The letters that a text is put into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Case {
    Lower,
    Upper,
}

/// What a function is given.
#[derive(Clone, Debug)]
pub(super) enum Given {
    /// What stands in the script.
    Written(Dynamic),
    Asked(Code),
}

/// The longest text in bytes that is put into other letters without asking for memory.
const SHORT: usize = 64;

impl Case {
    /// The text as the interpreter's own words make it.
    fn of(self, text: &str) -> String {
        match self {
            Self::Lower => text.to_lowercase(),
            Self::Upper => text.to_uppercase(),
        }
    }

    /// Hands on the same.
    fn hand<R>(self, text: &str, then: impl FnOnce(&str) -> R) -> R {
        let mut short = [0; SHORT];
        if let Some(short) = short.get_mut(..text.len()).filter(|_| text.is_ascii()) {
            short.copy_from_slice(text.as_bytes());
            match self {
                Self::Lower => short.make_ascii_lowercase(),
                Self::Upper => short.make_ascii_uppercase(),
            }
            if let Ok(text) = str::from_utf8(short) {
                return then(text);
            }
        }
        then(&self.of(text))
    }
}

/// The value as scripts hold it.
fn dynamic(value: Value<'_>) -> Option<Dynamic> {
    Some(match value {
        Value::Unknown => Dynamic::from(Unknown),
        Value::YesOrNo(value) => value.into(),
        Value::Whole(whole) => whole.into(),
        Value::Number(number) => number.into(),
        Value::Text(text) => ImmutableString::from(text).into(),
        // Functions take neither.
        Value::Moment(_) | Value::Stretch(_) => return None,
    })
}

/// Hands on what a script holds; lists are the interpreter's.
fn hand(held: &Dynamic, then: impl FnOnce(Value<'_>) -> Answer<'static>) -> Answer<'static> {
    if let Ok(text) = held.as_immutable_string_ref() {
        return then(Value::Text(&text));
    }
    let value = match (held.as_bool(), held.as_int(), held.as_float()) {
        _ if is_unknown(held) => Value::Unknown,
        (Ok(value), ..) => Value::YesOrNo(value),
        (_, Ok(whole), _) => Value::Whole(whole),
        (.., Ok(number)) => Value::Number(number),
        _ => return Err(Stop::Ask),
    };
    then(value)
}

/// What a value is beyond the part that made it; a text is not.
pub(super) fn lasting(value: Value<'_>) -> Answer<'static> {
    Ok(match value {
        Value::Unknown => Value::Unknown,
        Value::YesOrNo(value) => Value::YesOrNo(value),
        Value::Whole(whole) => Value::Whole(whole),
        Value::Number(number) => Value::Number(number),
        Value::Moment(at) => Value::Moment(at),
        Value::Stretch(length) => Value::Stretch(length),
        Value::Text(_) => return Err(Stop::Ask),
    })
}

impl Code {
    /// Whether it makes its value.
    pub(super) fn is_made(&self) -> bool {
        matches!(self, Self::Cased(..) | Self::Added(..))
    }

    /// Whether its value is a text that lasts no longer than it is asked for.
    pub(super) fn makes_text(&self) -> bool {
        match self {
            Self::Cased(..) => true,
            Self::Added(function, _) => function.gives == Sort::Text,
            _ => false,
        }
    }

    /// Hands on its value, made or not.
    pub(super) fn hand<'v>(
        &'v self,
        facts: &'v impl Facts,
        named: Option<&Named<'_, 'v>>,
        then: impl FnOnce(Value<'_>) -> Answer<'static>,
    ) -> Answer<'static> {
        match self {
            Self::Cased(case, part) if !part.is_made() => match part.within(facts, named)? {
                Value::Text(text) => case.hand(text, |text| then(Value::Text(text))),
                Value::Unknown => then(Value::Unknown),
                _ => Err(Stop::Ask),
            },
            Self::Cased(..) | Self::Added(..) => hand(&self.made(facts, named)?, then),
            read => then(read.within(facts, named)?),
        }
    }

    /// Its value as scripts hold it.
    fn made<'v>(
        &'v self,
        facts: &'v impl Facts,
        named: Option<&Named<'_, 'v>>,
    ) -> Result<Dynamic, Stop> {
        match self {
            Self::Cased(case, part) => {
                let part = part.made(facts, named)?;
                match part.as_immutable_string_ref() {
                    Ok(text) => Ok(ImmutableString::from(case.of(&text)).into()),
                    Err(_) if is_unknown(&part) => Ok(part.clone()),
                    Err(_) => Err(Stop::Ask),
                }
            }
            Self::Added(function, given) => {
                let mut values = [Dynamic::UNIT; Added::MOST];
                let values = values.get_mut(..given.len()).ok_or(Stop::Ask)?;
                for (value, given) in values.iter_mut().zip(given) {
                    *value = match given {
                        Given::Written(written) => written.clone(),
                        Given::Asked(code) => code.made(facts, named)?,
                    };
                }
                // What it fails with is said by the interpreter.
                function.answer(values).map_err(|_| Stop::Ask)
            }
            read => dynamic(read.within(facts, named)?).ok_or(Stop::Ask),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_those_of_the_language_also_in_short_texts() {
        let long = "Head of Ünïcode, Λόγος ".repeat(9);
        for text in ["", "CTO", "Head of sales", "ΛΌΓΟΣ", "ß", "İ", "ŉ", "Σ", &long] {
            for case in [Case::Lower, Case::Upper] {
                let by_language = match case {
                    Case::Lower => text.to_lowercase(),
                    Case::Upper => text.to_uppercase(),
                };
                assert_eq!(case.hand(text, str::to_owned), by_language);
            }
        }
    }
}
