//! Scripts that cannot be read. Owns saying what to write instead: what stands at the place tells more than what was expected there.

use rhai::{LexError, ParseError, ParseErrorType};

use super::fault::Mistake;
use super::spelling::hint;
use super::vocabulary::VOCABULARY;

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

/// Whether a number seems to be written with a comma for its thousands.
pub(super) fn has_split_number(line: &str) -> bool {
    let letters: Vec<char> = line.chars().collect();
    letters.windows(5).enumerate().any(|(at, window)| {
        let digits = |range: &[char]| range.iter().all(char::is_ascii_digit);
        let ends = letters.get(at + 5).is_none_or(|next| !next.is_ascii_digit());
        digits(&window[..1]) && window[1] == ',' && digits(&window[2..]) && ends
    })
}

/// What is said of a name that stands for nothing.
pub(super) fn undefined(name: &str) -> String {
    match name.to_lowercase().as_str() {
        "and" => "write && instead of 'and'".to_owned(),
        "or" => "write || instead of 'or'".to_owned(),
        "not" => "write ! in front instead of 'not'".to_owned(),
        _ if crate::scoring::place::Field::NAMES.contains(&name) => {
            format!("write lead.{name}: a field is read from the lead")
        }
        _ => format!("'{name}' is neither in quotes nor known here{}", hint(name, VOCABULARY)),
    }
}

pub(super) fn parse_error(kind: &ParseErrorType) -> String {
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
