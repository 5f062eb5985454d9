//! What is wrong with a script. Owns saying it in words for people who do not program, with the line and the place; the words of the
//! script's own language do not get out.

use std::fmt;

use rhai::{EvalAltResult, LexError, ParseError, ParseErrorType, Position};
use serde::{Deserialize, Serialize};

use super::spelling::hint;
use super::unknown;

/// Something wrong with a script.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mistake {
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
        Self { line: position.line(), column: position.position(), message: message.into() }
    }

    /// The line of the script with a mark under the place; empty when it has none.
    pub fn shown(&self, script: &str) -> String {
        let line = self.line.and_then(|line| script.lines().nth(line.checked_sub(1)?));
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
    let line = error.position().line().and_then(|line| script.lines().nth(line.checked_sub(1)?));
    // A comma within a number makes two of it, and a call with one too many.
    match (error, line) {
        (EvalAltResult::ErrorFunctionNotFound(..), Some(line)) if has_split_number(line) => {
            Mistake::at(error.position(), "write numbers without a comma, such as 1000")
        }
        _ => Mistake::at(error.position(), said(error)),
    }
}

/// Whether a number seems to be written with a comma for its thousands.
fn has_split_number(line: &str) -> bool {
    let letters: Vec<char> = line.chars().collect();
    letters.windows(5).enumerate().any(|(at, window)| {
        let digits = |range: &[char]| range.iter().all(char::is_ascii_digit);
        let ends = letters.get(at + 5).is_none_or(|next| !next.is_ascii_digit());
        digits(&window[..1]) && window[1] == ',' && digits(&window[2..]) && ends
    })
}

/// What is wrong with the text of a script: what stands at the place tells more than what was expected there.
pub(super) fn misread(script: &str, error: &ParseError) -> Mistake {
    let position = error.position();
    let line = position.line().and_then(|line| script.lines().nth(line.checked_sub(1)?));
    let start = position.position().and_then(|column| column.checked_sub(1));
    let (before, rest) = match (line, start) {
        (Some(line), Some(start)) => {
            let cut = line.char_indices().nth(start).map_or(line.len(), |(at, _)| at);
            line.split_at(cut)
        }
        _ => ("", ""),
    };
    let says = match error.err_type() {
        ParseErrorType::BadInput(LexError::UnexpectedInput(_))
            if before.ends_with('<') && rest.starts_with('>') =>
        {
            "write != instead of <>".to_owned()
        }
        ParseErrorType::MissingToken(..) | ParseErrorType::UnknownOperator(_) => {
            other_spelling(rest).unwrap_or_else(|| parse_error(error.err_type()))
        }
        other => parse_error(other),
    };
    Mistake::at(position, says)
}

/// What to write instead of a word or a sign that other languages have.
fn other_spelling(rest: &str) -> Option<String> {
    let is_meant = |other: &str| {
        let word = rest.get(..other.len()).is_some_and(|word| word.eq_ignore_ascii_case(other));
        let ends =
            rest.get(other.len()..).is_some_and(|end| !end.starts_with(char::is_alphanumeric));
        word && (ends || !other.ends_with(char::is_alphabetic))
    };
    let (other, right) = OTHER_SPELLINGS.iter().find(|(other, _)| is_meant(other))?;
    Some(format!("write {right} instead of {}", &rest[..other.len()]))
}

/// What other languages and people write between two conditions or values, the longer ones first.
const OTHER_SPELLINGS: [(&str, &str); 9] = [
    ("=<", "<="),
    ("=>", ">="),
    ("and", "&&"),
    ("or", "||"),
    ("is not", "!="),
    ("is", "=="),
    ("equals", "=="),
    ("not in", "! in front of the whole question"),
    ("then", "{ ... }"),
];

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

/// Everything that a script can call.
const VOCABULARY: [&str; 40] = [
    "ruleset",
    "applies_to",
    "category",
    "priority",
    "rule",
    "signal",
    "test",
    "when",
    "half_life",
    "linear",
    "within",
    "cap",
    "for_industry",
    "is_known",
    "or",
    "has_any",
    "starts_with",
    "ends_with",
    "equals",
    "contains",
    "lower",
    "upper",
    "length",
    "between",
    "min",
    "max",
    "floor",
    "ceiling",
    "round",
    "minutes",
    "hours",
    "days",
    "weeks",
    "days_since",
    "hours_since",
    "date",
    "count",
    "last",
    "fired",
    "points",
];

/// How each declaration is written.
const WRITTEN: [(&str, &str); 7] = [
    ("ruleset", "ruleset(\"B2B\")"),
    ("applies_to", "applies_to(|lead| lead.industry == \"software\")"),
    ("category", "category(\"fit\", 60)"),
    ("priority", "priority(\"hot\", 75)"),
    ("rule", "rule(\"Has a phone number\", 5, |lead| is_known(lead.phone))"),
    (
        "test",
        "test(\"a gmail address is never hot\", #{ email: \"kim@gmail.com\" }, |r| r.priority != \"hot\")",
    ),
    ("signal", "signal(\"Opened an e-mail\", \"email_open\", 1)"),
];

/// What is said of everything that would change something.
pub(super) const CHANGES: &str = "nothing can be changed here: to compare, write == instead of =";

fn said(error: &EvalAltResult) -> String {
    match error {
        EvalAltResult::ErrorParsing(kind, _) => parse_error(kind),
        EvalAltResult::ErrorRuntime(says, _) => says.to_string(),
        EvalAltResult::ErrorFunctionNotFound(call, _) => not_found(call),
        EvalAltResult::ErrorVariableNotFound(name, _) => undefined(name),
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
    no_word(name)
}

/// What is said of a word that is none; none of one that is.
#[cfg(feature = "compiled")]
pub(super) fn unnamed(name: &str) -> Option<String> {
    (!VOCABULARY.contains(&name)).then(|| no_word(name))
}

fn no_word(name: &str) -> String {
    match OTHER_NAMES.iter().find(|(other, _)| *other == name) {
        Some((_, ours)) => format!("there is no '{name}': did you mean '{ours}'?"),
        None => format!("there is no '{name}'{}", hint(name, VOCABULARY)),
    }
}

/// What other languages call our words.
const OTHER_NAMES: [(&str, &str); 12] = [
    ("has", "has_any"),
    ("includes", "has_any"),
    ("one_of", "has_any"),
    ("is_one_of", "has_any"),
    ("len", "length"),
    ("size", "length"),
    ("lowercase", "lower"),
    ("uppercase", "upper"),
    ("exists", "is_known"),
    ("is_empty", "is_known"),
    ("ceil", "ceiling"),
    ("default", "or"),
];

fn undefined(name: &str) -> String {
    match name.to_lowercase().as_str() {
        "and" => "write && instead of 'and'".to_owned(),
        "or" => "write || instead of 'or'".to_owned(),
        "not" => "write ! in front instead of 'not'".to_owned(),
        _ if super::lead_value::FIELDS.contains(&name) => {
            format!("write lead.{name}: a field is read from the lead")
        }
        _ => format!("'{name}' is neither in quotes nor known here{}", hint(name, VOCABULARY)),
    }
}

fn parse_error(kind: &ParseErrorType) -> String {
    match kind {
        ParseErrorType::BadInput(LexError::UnexpectedInput(input))
            if input.contains(['“', '”', '„', '‘', '’', '«', '»']) =>
        {
            format!("write straight quotes (\") instead of {input}")
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(input)) if sign(input).is_some() => {
            sign(input).unwrap_or_default().to_owned()
        }
        ParseErrorType::Reserved(word) if sign(word).is_some() => {
            sign(word).unwrap_or_default().to_owned()
        }
        ParseErrorType::BadInput(LexError::UnterminatedString) => {
            "this text has no closing quote".to_owned()
        }
        ParseErrorType::BadInput(LexError::MalformedChar(_)) => {
            "a text stands in double quotes (\")".to_owned()
        }
        ParseErrorType::BadInput(LexError::ImproperSymbol(symbol, _)) => {
            improper(symbol)
        }
        ParseErrorType::BadInput(LexError::StringTooLong(_)) | ParseErrorType::LiteralTooLarge(..) => {
            "this text or list is too long".to_owned()
        }
        ParseErrorType::BadInput(_) => "this character does not belong here".to_owned(),
        ParseErrorType::UnexpectedEOF => {
            "the script ends in the middle of something: is a bracket or a quote missing?".to_owned()
        }
        ParseErrorType::MissingToken(token, _) if token == ")" || token == "," => {
            "something is missing before this: a comma, a closing bracket, or && or || between two conditions"
                .to_owned()
        }
        ParseErrorType::MissingToken(token, _) => format!("a {token} is missing before this"),
        ParseErrorType::VariableUndefined(name) => undefined(name),
        ParseErrorType::UnknownOperator(operator) => improper(operator),
        ParseErrorType::AssignmentToInvalidLHS(_) | ParseErrorType::AssignmentToConstant(_) => {
            "to compare, write == instead of =".to_owned()
        }
        ParseErrorType::ExprTooDeep => "there are too many brackets inside one another".to_owned(),
        ParseErrorType::TooManyFunctions => "there are too many conditions in one script".to_owned(),
        ParseErrorType::Reserved(word) => format!("'{word}' cannot be used here"),
        _ => "this cannot be understood here".to_owned(),
    }
}

/// What to write instead of a sign that is none of the language.
fn sign(sign: &str) -> Option<&'static str> {
    Some(match sign {
        "≥" => "write >= instead of ≥",
        "≤" => "write <= instead of ≤",
        "≠" => "write != instead of ≠",
        "×" => "write * instead of ×",
        "–" | "—" => "write - instead of a dash",
        "$" | "€" | "£" | "¥" => "write an amount as a number alone, such as 1250.50",
        "#" | "--" => "a remark begins with //",
        "null" | "nil" | "none" | "undefined" => {
            "ask is_known(lead.email) for a field that is known, and !is_known(lead.email) for one that is not"
        }
        _ => return None,
    })
}

/// Signs that other languages have.
fn improper(symbol: &str) -> String {
    match symbol {
        "=" => "to compare, write == instead of =".to_owned(),
        "===" => "write == instead of ===".to_owned(),
        "!==" | "<>" => format!("write != instead of {symbol}"),
        "=<" => "write <= instead of =<".to_owned(),
        "=>" => "write >= instead of =>".to_owned(),
        ":=" => "to compare, write == instead of :=".to_owned(),
        "->" => "write a dot instead of ->".to_owned(),
        other => format!("'{other}' does not belong here"),
    }
}
