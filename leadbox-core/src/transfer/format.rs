//! The formats and how one is recognised. Owns the look at a file's first bytes: encoding, format, delimiter.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::TransferError;

/// What separates the columns of CSV.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Delimiter {
    /// To be found out from the first lines; exports write a comma.
    #[default]
    Auto,
    /// This ASCII byte.
    Byte(u8),
}

/// The format of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Format {
    /// Comma-separated values with a header, as RFC 4180 has it, in UTF-8.
    Csv {
        /// What separates the columns.
        delimiter: Delimiter,
    },
    /// One JSON object per line, in UTF-8.
    JsonLines,
}

/// The delimiters that are looked for, the likelier ones first.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How many records of the head are looked at.
const LOOKED_AT: usize = 20;

impl Format {
    /// CSV whose delimiter is to be found out.
    pub const CSV: Self = Self::Csv { delimiter: Delimiter::Auto };

    /// The format that a file's name promises: `csv`, `tsv`, `tab`, `jsonl` or `ndjson`, whatever the case. `txt`
    /// promises nothing: its first bytes show.
    pub fn of_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "csv" => Some(Self::CSV),
            "tsv" | "tab" => Some(Self::Csv { delimiter: Delimiter::Byte(b'\t') }),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            _ => None,
        }
    }

    /// The format that a file's first bytes, without byte order mark, show.
    pub fn detect(head: &[u8]) -> Self {
        match head.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') => Self::JsonLines,
            _ => Self::CSV,
        }
    }

    /// The usual extension, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv { .. } => "csv",
            Self::JsonLines => "jsonl",
        }
    }
}

/// How long the UTF-8 byte order mark at the beginning is; 0 when there is none.
///
/// # Errors
/// `Empty`; `Encoding` when the file is UTF-16 or UTF-32.
pub(super) fn mark_length(head: &[u8]) -> Result<usize, TransferError> {
    match head {
        [] => Err(TransferError::Empty),
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
            Err(TransferError::Encoding { found: "UTF-32" })
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(TransferError::Encoding { found: "UTF-16" }),
        _ if looks_wide(head) => Err(TransferError::Encoding { found: "UTF-16" }),
        [0xef, 0xbb, 0xbf, ..] => Ok(3),
        _ => Ok(0),
    }
}

/// Refuses files that are neither, by the first bytes that give them away.
///
/// # Errors
/// `Format`.
pub(super) fn refuse_others(head: &[u8]) -> Result<(), TransferError> {
    let mut visible = head.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    let found = match head {
        [b'P', b'K', 3, 4, ..] => "a spreadsheet or archive",
        [0x1f, 0x8b, ..] => "compressed",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "a spreadsheet of an old kind",
        [b'%', b'P', b'D', b'F', ..] => "a PDF",
        _ if visible.next() == Some(b'[') && visible.next() == Some(b'{') => "one JSON list",
        _ => return Ok(()),
    };
    Err(TransferError::Format { found })
}

/// Whether every other byte of the beginning is NUL, as Latin text in UTF-16 has it.
fn looks_wide(head: &[u8]) -> bool {
    let start = &head[..head.len().min(64)];
    let (even, odd): (Vec<_>, Vec<_>) = start.chunks_exact(2).map(|two| (two[0], two[1])).unzip();
    let zeros = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == 0).count();
    let half = even.len();
    half >= 4 && (zeros(&even) * 10 > half * 7) != (zeros(&odd) * 10 > half * 7)
}

/// The delimiter of CSV: `chosen`, or what the file's `sep=` line says, or what the first records agree on. Also says
/// where the header begins.
///
/// # Errors
/// `Delimiter`.
pub(super) fn delimiter(chosen: Delimiter, head: &[u8]) -> Result<(u8, usize), TransferError> {
    // Spreadsheets write such a first line, which is no header.
    let announced = match head {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', byte, b'\r', b'\n', ..] => Some((*byte, 7)),
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', byte, b'\r' | b'\n', ..] => Some((*byte, 6)),
        _ => None,
    };
    let start = announced.map_or(0, |(_, start)| start);
    let byte = match (chosen, announced) {
        (Delimiter::Byte(byte), _) | (Delimiter::Auto, Some((byte, _))) => byte,
        (Delimiter::Auto, None) => guess(head),
    };
    let usable = byte.is_ascii()
        && !byte.is_ascii_alphanumeric()
        && !matches!(byte, b'"' | b'\r' | b'\n' | 0 | b'_');
    if usable { Ok((byte, start)) } else { Err(TransferError::Delimiter(byte)) }
}

/// The candidate that splits the header into most columns, among those by which most records have as many as it.
fn guess(head: &[u8]) -> u8 {
    let mut best = (0, 1, CANDIDATES[0]);
    for byte in CANDIDATES {
        let mut reader = csv::ReaderBuilder::new();
        let mut reader = reader.has_headers(false).flexible(true).delimiter(byte).from_reader(head);
        let widths: Vec<usize> =
            reader.byte_records().take(LOOKED_AT).flatten().map(|record| record.len()).collect();
        let width = widths.first().copied().unwrap_or(0);
        // The last record of the head may be cut off.
        let whole = &widths[..widths.len().saturating_sub(1).max(1).min(widths.len())];
        let agree = whole.iter().filter(|other| **other == width).count();
        let share = agree * 4 / whole.len().max(1);
        if width > 1 && (share, width) > (best.0, best.1) {
            best = (share, width, byte);
        }
    }
    best.2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_first_bytes_tell_the_format() {
        assert_eq!(Format::of_path(Path::new("a/B.CSV")), Some(Format::CSV));
        assert_eq!(Format::of_path(Path::new("leads.ndjson")), Some(Format::JsonLines));
        assert_eq!(Format::of_path(Path::new("leads")), None);
        assert_eq!(Format::of_path(Path::new("leads.txt")), None);
        assert_eq!(Format::detect(b"\n {\"email\":"), Format::JsonLines);
        assert_eq!(Format::detect(b"email,name\n"), Format::CSV);
    }

    #[test]
    fn the_delimiter_is_found_even_when_cells_hold_others() {
        for (head, byte) in [
            ("email,name\na@x.example,\"Lovelace; Ada\"\n", b','),
            ("email;name;value\na@x.example;\"Lovelace, Ada\";1,5\n", b';'),
            ("email\tname\na\tb, c, d\n", b'\t'),
            ("email|name\na|b\n", b'|'),
            ("email\na@x.example\n", b','),
            ("\"a,b\";c\n1;2\n3;4\n", b';'),
            ("", b','),
        ] {
            assert_eq!(delimiter(Delimiter::Auto, head.as_bytes()).unwrap(), (byte, 0), "{head:?}");
        }
        assert_eq!(delimiter(Delimiter::Auto, b"sep=;\r\na;b\r\n").unwrap(), (b';', 7));
        assert_eq!(delimiter(Delimiter::Byte(b'^'), b"a^b").unwrap(), (b'^', 0));
        for bad in [b'a', b'"', b'\n', 0xe4] {
            assert!(delimiter(Delimiter::Byte(bad), b"x").is_err());
        }
    }

    #[test]
    fn wide_encodings_are_recognised_with_and_without_their_mark() {
        let wide: Vec<u8> = "email,name".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(matches!(mark_length(&wide), Err(TransferError::Encoding { found: "UTF-16" })));
        let big: Vec<u8> = "email,name".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert!(mark_length(&big).is_err());
        assert!(mark_length(&[0xff, 0xfe, b'a', 0]).is_err());
        assert!(matches!(mark_length(b""), Err(TransferError::Empty)));
        assert_eq!(mark_length("\u{feff}a".as_bytes()).unwrap(), 3);
        assert_eq!(mark_length(b"a\0b").unwrap(), 0);
    }
}
