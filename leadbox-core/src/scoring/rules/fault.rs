//! What is wrong with a script. Owns saying it in words for people who do not program, with the line and the place; the words of the
//! script's own language do not get out.

use std::fmt;

use rhai::{EvalAltResult, Position};
use serde::{Deserialize, Serialize};

use super::misread::{line_at, not_imported, parse_error, split_number, undefined};
use super::unknown;
use super::vocabulary::{VOCABULARY, WRITTEN, no_word};

/// Something wrong with a script.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mistake {
    /// The file beside the script that it is in; none when it is in the script itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, from 1; none when it is about the script as a whole.
    pub line: Option<usize>,
    /// The character of the line, from 1; none when it is about the line as a whole.
    pub column: Option<usize>,
    /// What, in plain words.
    pub message: String,
}

/// Why a script is no rule set: everything that was found, in the order of its lines.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct LoadError {
    /// At least one.
    pub mistakes: Vec<Mistake>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "in {file}, ")?;
        }
        match (self.line, self.column) {
            (Some(line), Some(column)) => {
                write!(f, "line {line}, character {column}: {}", self.message)
            }
            (Some(line), None) => write!(f, "line {line}: {}", self.message),
            _ => f.write_str(&self.message),
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{mistake}")?;
        }
        Ok(())
    }
}

impl Mistake {
    pub(super) fn at(position: Position, message: impl Into<String>) -> Self {
        let (line, column) = (position.line(), position.position());
        Self { file: None, line, column, message: message.into() }
    }

    /// The same in a file.
    pub(super) fn within(self, file: Option<&str>) -> Self {
        Self { file: file.map(str::to_owned), ..self }
    }

    /// The line of the script with a mark under the place; empty when it has none, or is in another file:
    /// [`RuleSource::shown`](crate::scoring::RuleSource::shown) knows these.
    pub fn shown(&self, script: &str) -> String {
        let line = self.line.filter(|_| self.file.is_none());
        let line = line.and_then(|line| script.lines().nth(line.checked_sub(1)?));
        match (line, self.column) {
            (Some(line), Some(column)) => {
                format!("{line}\n{}^", " ".repeat(column.saturating_sub(1)))
            }
            (Some(line), None) => line.to_owned(),
            _ => String::new(),
        }
    }
}

/// Refuses what a script asks of its vocabulary.
pub(super) fn refusal(says: impl Into<String>) -> Box<EvalAltResult> {
    EvalAltResult::ErrorRuntime(says.into().into(), Position::NONE).into()
}

/// What a rule's question ended with, when it was no answer.
pub(super) enum Ended {
    /// Something is not known where yes or no is needed.
    NotKnown,
    /// Something is wrong.
    Wrong(Mistake),
}

/// What stands behind an error of a closure.
pub(super) fn ended(error: &EvalAltResult) -> Ended {
    let error = innermost(error);
    match error {
        EvalAltResult::ErrorMismatchDataType(_, actual, _) if is_unknown(actual) => Ended::NotKnown,
        other => Ended::Wrong(Mistake::at(other.position(), said(other))),
    }
}

/// What is wrong, as far as running the script tells.
pub(super) fn mistake(script: &str, error: &EvalAltResult) -> Mistake {
    let error = innermost(error);
    let at = error.position();
    // A comma within a number makes two of it, and a call with one too many.
    let split = match error {
        EvalAltResult::ErrorFunctionNotFound(..) => line_at(script, at).and_then(split_number),
        _ => None,
    };
    match split {
        Some((column, says)) => Mistake { column: Some(column), ..Mistake::at(at, says) },
        None => Mistake::at(at, said(error)),
    }
}

fn innermost(error: &EvalAltResult) -> &EvalAltResult {
    match error {
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _)
        | EvalAltResult::ErrorInModule(_, inner, _) => innermost(inner),
        other => other,
    }
}

fn is_unknown(name: &str) -> bool {
    name == unknown::NAME || name.ends_with("::Unknown")
}

/// What is said of everything that would change something.
pub(super) const CHANGES: &str = "nothing can be changed here: to compare, write == instead of =";

fn said(error: &EvalAltResult) -> String {
    match error {
        EvalAltResult::ErrorParsing(kind, _) => parse_error(kind),
        EvalAltResult::ErrorRuntime(says, _) => says.to_string(),
        EvalAltResult::ErrorFunctionNotFound(call, _) => not_found(call),
        EvalAltResult::ErrorVariableNotFound(name, _) if name.contains("::") => {
            format!("there is no {name}")
        }
        EvalAltResult::ErrorVariableNotFound(name, _) => undefined(name),
        EvalAltResult::ErrorModuleNotFound(alias, _) => not_imported(alias),
        EvalAltResult::ErrorMismatchDataType(_, actual, _) => {
            format!("this has to be yes or no, and it is {}", type_in_words(actual))
        }
        EvalAltResult::ErrorArithmetic(says, _) if says.contains("zero") => {
            "this divides by zero".to_owned()
        }
        EvalAltResult::ErrorArithmetic(..) => "this number gets too large".to_owned(),
        EvalAltResult::ErrorTooManyOperations(_) | EvalAltResult::ErrorTerminated(..) => {
            "this takes too long: does something repeat without an end?".to_owned()
        }
        EvalAltResult::ErrorStackOverflow(_) => "this calls itself without an end".to_owned(),
        EvalAltResult::ErrorDataTooLarge(..) => "this text or list gets too large".to_owned(),
        EvalAltResult::ErrorAssignmentToConstant(..) => CHANGES.to_owned(),
        EvalAltResult::ErrorDotExpr(says, _) if says.contains("setter") => CHANGES.to_owned(),
        EvalAltResult::ErrorIndexingType(..) | EvalAltResult::ErrorDotExpr(..) => {
            "there is nothing behind this dot".to_owned()
        }
        EvalAltResult::ErrorArrayBounds(..) | EvalAltResult::ErrorStringBounds(..) => {
            "there is nothing at this place of the list".to_owned()
        }
        _ => "this cannot be worked out".to_owned(),
    }
}

/// A type's name in words.
fn type_in_words(name: &str) -> &str {
    match name {
        "i64" => "a whole number",
        "f64" => "a number",
        "bool" => "yes or no",
        "char" | "string" | "&str | ImmutableString | String" => "a text",
        "array" => "a list",
        "map" => "a group of values",
        "Fn" => "a condition",
        "()" => "nothing",
        "range" | "range=" => "a range",
        other if is_unknown(other) => unknown::NAME,
        other => other,
    }
}

/// A call that nothing answers to: `name (type, type)`.
fn not_found(call: &str) -> String {
    let (name, given) = call.split_once(" (").unwrap_or((call, ""));
    if let Some((_, written)) = WRITTEN.iter().find(|(known, _)| *known == name) {
        return format!("`{name}` is written like this: {written}");
    }
    let given = given.trim_end_matches(')');
    let given: Vec<&str> =
        given.split(", ").filter(|one| !one.is_empty()).map(type_in_words).collect();
    if !name.starts_with(|letter: char| letter.is_alphabetic()) {
        return match given.as_slice() {
            [one, other] => format!("`{name}` cannot be used between {one} and {other}"),
            _ => format!("`{name}` cannot be used with {}", given.join(" and ")),
        };
    }
    if VOCABULARY.contains(&name) {
        return format!("`{name}` cannot be used with {}", given.join(" and "));
    }
    no_word(name, std::iter::empty())
}
