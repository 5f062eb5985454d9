//! Scripts that cannot be read. Owns saying what to write instead: what stands at the place tells more than what was expected there.

use rhai::{LexError, ParseError, ParseErrorType, Position};

use super::fault::Mistake;
use super::spelling::hint;
use super::vocabulary::VOCABULARY;
use crate::scoring::place::Field;

/// What is wrong with the text of a script: what stands at the place tells more than what was expected there.
pub(super) fn misread(script: &str, error: &ParseError) -> Mistake {
    let position = error.position();
    let start = position.position().and_then(|column| column.checked_sub(1));
    let Some((line, start)) = line_at(script, position).zip(start) else {
        return unfinished(script, error);
    };
    let cut = line.char_indices().nth(start).map_or(line.len(), |(at, _)| at);
    let (before, rest) = line.split_at(cut);
    let says = match error.err_type() {
        ParseErrorType::BadInput(LexError::UnexpectedInput(_))
            if before.ends_with('<') && rest.starts_with('>') =>
        {
            Some("write != instead of <>".to_owned())
        }
        _ if before.ends_with('=') && rest.starts_with('<') => {
            Some("write <= instead of =<".to_owned())
        }
        ParseErrorType::MissingToken(token, _) => {
            missing(token, before, rest).or_else(|| missing_end(token, script, position, before))
        }
        ParseErrorType::UnknownOperator(_) => other_spelling(rest),
        ParseErrorType::PropertyExpected
            if rest.starts_with(|next: char| next.is_ascii_digit()) =>
        {
            Some("write a number without dots between its thousands, such as 1000000".to_owned())
        }
        ParseErrorType::VariableUndefined(name) => misplaced(name, before, rest),
        _ if before.trim_end().ends_with('%') => {
            Some("write a share as a number alone, such as 80".to_owned())
        }
        _ => None,
    };
    let parsed = || parse_error(error.err_type());
    Mistake::at(position, says.unwrap_or_else(parsed))
}

/// The line of the script at a place.
pub(super) fn line_at(script: &str, place: Position) -> Option<&str> {
    place.line().and_then(|line| script.lines().nth(line.checked_sub(1)?))
}

/// A script that ends before it should: the place is the end of its last line.
fn unfinished(script: &str, error: &ParseError) -> Mistake {
    let last = script.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).last();
    let Some((number, line)) = last else {
        return Mistake::at(error.position(), parse_error(error.err_type()));
    };
    let message = match error.err_type() {
        ParseErrorType::MissingToken(..) => parse_error(&ParseErrorType::UnexpectedEOF),
        other => parse_error(other),
    };
    let column = line.trim_end().chars().count() + 1;
    Mistake { file: None, line: Some(number + 1), column: Some(column), message }
}

/// What to write where something was expected and something else stands.
fn missing(token: &str, before: &str, rest: &str) -> Option<String> {
    let last_word = before.trim_end().rsplit(|one: char| !is_of_name(one)).next().unwrap_or("");
    let next_word = rest.split(|one: char| !is_of_name(one)).next().unwrap_or("");
    let joined = format!("{last_word}_{next_word}");
    let is_field = Field::NAMES.contains(&joined.as_str()) && before.contains("lead.");
    let says = match rest.chars().next() {
        _ if is_field => format!("write lead.{joined}"),
        _ if before.trim_end().ends_with(&format!("|{last_word}")) && !last_word.is_empty() => {
            format!("write a second | behind |{last_word}")
        }
        _ if BETWEEN.contains(&next_word) => format!(
            "write .{next_word}(...): a dot before the word, and brackets around what follows"
        ),
        Some(')') if token == ";" => "this bracket is one too many".to_owned(),
        Some(',') if matches!(token, ";" | ")") => {
            "a list stands in square brackets, such as [\"DE\", \"AT\"]".to_owned()
        }
        Some(';') if matches!(token, "," | ")") => {
            "a closing bracket is missing before this; or write a comma instead of ;".to_owned()
        }
        Some('=') if token == ":" => "write : instead of =".to_owned(),
        Some(next)
            if next.is_alphabetic() && before.ends_with(|last: char| last.is_ascii_digit()) =>
        {
            "write a number in digits alone, such as 10000".to_owned()
        }
        _ => {
            return other_spelling(rest).or_else(|| {
                let is_odd =
                    before.chars().chain(rest.chars()).filter(|one| *one == '"').count() % 2 == 1;
                is_odd.then(|| "a quote (\") is missing in this line".to_owned())
            });
        }
    };
    Some(says)
}

/// Words that people write between two values.
const BETWEEN: [&str; 7] =
    ["contains", "has_any", "starts_with", "ends_with", "equals", "between", "within"];

fn is_of_name(one: char) -> bool {
    one.is_alphanumeric() || one == '_'
}

/// Where a line should have ended before this one began.
fn missing_end(token: &str, script: &str, at: Position, before: &str) -> Option<String> {
    let begun = at.line().filter(|_| token == ";" && before.trim().is_empty())?;
    let earlier = script.lines().enumerate().take(begun.checked_sub(1)?);
    let (line, _) = earlier.filter(|(_, line)| !line.trim().is_empty()).last()?;
    Some(format!("a ; is missing before this, at the end of line {}", line + 1))
}

/// What to write where a name stands for nothing because of what stands around it.
fn misplaced(name: &str, before: &str, rest: &str) -> Option<String> {
    let behind = rest.get(name.len()..).unwrap_or("").trim_start();
    if before.ends_with('|') && behind.starts_with('|') {
        return Some(format!("a comma is missing before |{name}|"));
    }
    if before.trim_end().ends_with('{') && behind.starts_with(':') {
        return Some("write #{ instead of {".to_owned());
    }
    let is_subject = name == "lead" && (behind.starts_with('.') || behind.starts_with("=>"));
    is_subject.then(|| "what is asked of a lead stands behind |lead|".to_owned())
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
const OTHER_SPELLINGS: [(&str, &str); 10] = [
    ("=<", "<="),
    ("=>", ">="),
    ("and", "&&"),
    ("or", "||"),
    ("is not", "!="),
    ("is", "=="),
    ("elseif", "else if"),
    ("elif", "else if"),
    ("not in", "! in front of the whole question"),
    ("then", "{ ... }"),
];

/// Where a number seems to be written with a comma, and what to write instead.
pub(super) fn split_number(line: &str) -> Option<(usize, &'static str)> {
    let letters: Vec<char> = line.chars().collect();
    let digits =
        |from: usize| letters[from..].iter().take_while(|one| one.is_ascii_digit()).count();
    let comma = (1..letters.len().saturating_sub(1))
        .find(|at| letters[*at] == ',' && letters[at - 1].is_ascii_digit() && digits(at + 1) > 0)?;
    let begins = letters[..comma].iter().rposition(|one| !one.is_ascii_digit());
    let says = match digits(comma + 1) {
        3 => "write numbers without a comma, such as 1000",
        _ => "write a dot instead of a comma within a number, such as 2.5",
    };
    Some((begins.map_or(1, |at| at + 2), says))
}

/// What is said of a file that is read without being imported.
pub(super) fn not_imported(alias: &str) -> String {
    format!("no file is called '{alias}' here: write import \"{alias}\" as {alias}; at the top")
}

/// What is said of a name that stands for nothing.
pub(super) fn undefined(name: &str) -> String {
    match name.to_lowercase().as_str() {
        "and" => "write && instead of 'and'".to_owned(),
        "or" => "write || instead of 'or'".to_owned(),
        "not" => "write ! in front instead of 'not'".to_owned(),
        "yes" => format!("write true instead of '{name}'"),
        "no" => format!("write false instead of '{name}'"),
        small @ ("if" | "else" | "true" | "false" | "let" | "const" | "in" | "lead")
            if small != name =>
        {
            format!("write {small} in small letters")
        }
        _ if Field::NAMES.contains(&name) => {
            format!("write lead.{name}: a field is read from the lead")
        }
        _ => match hint(name, VOCABULARY) {
            none if none.is_empty() => {
                format!("'{name}' is not known here: a text stands in quotes (\"{name}\")")
            }
            hint => format!("'{name}' is not known here{hint}"),
        },
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
        ParseErrorType::ModuleUndefined(alias) => not_imported(alias),
        ParseErrorType::Reserved(word) if word == "import" => {
            "an import stands at the top, outside of all brackets: import \"lists\" as lists;"
                .to_owned()
        }
        ParseErrorType::MismatchedType(..) => {
            "both sides have to be yes or no: repeat the comparison, such as lead.country == \"DE\" || lead.country == \"AT\""
                .to_owned()
        }
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
