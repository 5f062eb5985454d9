//! The rows of a JSON Lines file: one object per line, in the form of [`NewLead`] or flat, as exports
//! write them. Owns the lines and the meaning of keys; a line that is wrong fails alone.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

use serde_json::{Map, Value};

use super::TransferError;
use super::cell::{Filling, Terms, kind_of};
use super::field::{ERROR_COLUMN, Field, LINE_COLUMN, Plain, ROW_COLUMN, normal};
use super::mapping::{Meaning, Meanings};
use super::rows::{Original, Place, Row};
use super::source::{Feed, MAX_RECORD, Source};
use crate::error::{FieldIssue, Invalid};
use crate::lead::NewLead;

/// How many meanings of keys are remembered: a file may have a new key in every line.
const REMEMBERED: usize = 1000;

/// The rows of a JSON Lines file.
pub(super) struct JsonRows<R> {
    input: BufReader<Feed<R>>,
    meanings: Meanings,
    remembered: HashMap<String, Meaning>,
    terms: Terms,
    place: Place,
}

impl<R: Read> JsonRows<R> {
    /// The rows behind `done`, or all of them from `start` on.
    ///
    /// # Errors
    /// `Io`.
    pub(super) fn new(
        source: Source<R>,
        start: u64,
        meanings: Meanings,
        terms: Terms,
        done: Option<Place>,
    ) -> Result<Self, TransferError> {
        let place = done.unwrap_or(Place { offset: start, ..Place::START });
        let feed = source.from(place.offset, b"")?;
        let input = BufReader::with_capacity(64 << 10, feed);
        Ok(Self { input, meanings, remembered: HashMap::new(), terms, place })
    }

    pub(super) fn next(&mut self) -> Result<Option<Row>, TransferError> {
        loop {
            let line = self.place.line;
            let mut text = Vec::with_capacity(256);
            let most = MAX_RECORD as u64 + 1;
            let read = self.input.by_ref().take(most).read_until(b'\n', &mut text);
            let read = read.map_err(TransferError::reading)?;
            if read == 0 {
                return Ok(None);
            }
            self.place.offset += read as u64;
            let too_long = text.len() > MAX_RECORD;
            if too_long && text.last() != Some(&b'\n') {
                self.place.offset +=
                    self.input.skip_until(b'\n').map_err(TransferError::reading)? as u64;
            }
            self.place.line += 1;
            let text = text.trim_ascii();
            if text.is_empty() {
                continue;
            }
            self.place.row += 1;
            let content = if too_long {
                let message = format!("is longer than {MAX_RECORD} bytes");
                Err(Invalid::one("row", message))
            } else {
                self.read(text)
            };
            let original = if too_long { Vec::new() } else { text.to_vec() };
            return Ok(Some(Row {
                number: self.place.row,
                line,
                end: self.place,
                bytes: read as u64,
                original: Original::Line(original),
                content,
            }));
        }
    }

    fn read(&mut self, text: &[u8]) -> Result<(NewLead, Vec<FieldIssue>), Invalid> {
        let mut object = object(text)?;
        // An error file holds a line that was no object as text, to be mended there.
        if let Some(Value::String(mended)) = object.remove(LINE_COLUMN) {
            object = self::mended(&mended)?;
        }
        let mut filling = Filling::new(&self.terms);
        for (key, value) in object {
            match (key.as_str(), value) {
                (ROW_COLUMN | ERROR_COLUMN, _) => {}
                ("utm", Value::Object(parts)) => {
                    for (part, value) in parts {
                        let key = format!("utm.{part}");
                        fill(&mut filling, &self.meanings, &mut self.remembered, &key, value);
                    }
                }
                ("custom", Value::Object(fields)) => {
                    for (field, value) in fields {
                        // Whether there is such a field is for core to say.
                        filling.json(&Field::Custom(field), value);
                    }
                }
                (key @ ("utm" | "custom"), value) if !value.is_null() => {
                    let message = format!("has to be an object, not {}", kind_of(&value));
                    filling.issue(key, message);
                }
                ("upsert_by", value) => match serde_json::from_value(value) {
                    Ok(keys) => filling.recognise_by(keys),
                    Err(_) => filling
                        .issue("upsert_by", "has to be a list of email, phone and external_id"),
                },
                (key, value) => {
                    fill(&mut filling, &self.meanings, &mut self.remembered, key, value);
                }
            }
        }
        Ok(filling.finish())
    }
}

fn object(text: &[u8]) -> Result<Map<String, Value>, Invalid> {
    if let Err(error) = std::str::from_utf8(text) {
        let message = format!("is not valid UTF-8 (byte {} of the line)", error.valid_up_to() + 1);
        return Err(Invalid::one("row", message));
    }
    match serde_json::from_slice(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => {
            Err(Invalid::one("row", format!("has to be an object, not {}", kind_of(&other))))
        }
        Err(error) => {
            // The position is one within the line, which is all there is.
            let message = format!("is no JSON object: column {} is unexpected", error.column());
            Err(Invalid::one("row", message))
        }
    }
}

/// Reads a line out of an error file, where a person was to mend it.
fn mended(line: &str) -> Result<Map<String, Value>, Invalid> {
    if line.is_empty() {
        return Err(Invalid::one("row", "was too long to be repeated in the file of refused rows"));
    }
    // What the error file put there must not come in as if it were text.
    if line.contains('\u{fffd}') {
        return Err(Invalid::one("row", "has bytes that are not valid UTF-8 (marked by U+FFFD)"));
    }
    object(line.as_bytes())
}

fn fill(
    filling: &mut Filling<'_>,
    meanings: &Meanings,
    remembered: &mut HashMap<String, Meaning>,
    key: &str,
    value: Value,
) {
    let fresh;
    let meaning = match remembered.get(key) {
        Some(meaning) => meaning,
        None => {
            fresh = meanings.of(key);
            if remembered.len() < REMEMBERED {
                remembered.insert(key.to_owned(), fresh.clone());
            }
            &fresh
        }
    };
    match meaning {
        Meaning::PassedOver => {}
        Meaning::Unknown(message) => filling.issue(key, message),
        Meaning::Field(field) => {
            if *field == Field::Plain(Plain::LastName) {
                filling.name_has_parts();
            }
            filling.json(field, value);
        }
    }
}

/// Whether a key stands for one of the two that error files add.
pub(super) fn is_own(key: &str) -> bool {
    [ROW_COLUMN, ERROR_COLUMN].contains(&normal(key).as_str())
}
