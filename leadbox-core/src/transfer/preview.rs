//! The beginning of a file, before anything is imported. Owns what its columns are taken for and what stands in them;
//! reads no more than the first 64 KiB.

use std::io::Read;

use csv::{ByteRecord, ReaderBuilder};

use super::format::{delimiter, mark_length, refuse_others};
use super::guard::unguard;
use super::mapping::{Mapping, Meaning, Meanings, UnknownColumns};
use super::source::Source;
use super::{Delimiter, Format, TransferError};
use crate::access::Capability;
use crate::error::Error;
use crate::service::LeadBox;

/// What a file looks like.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Preview {
    /// The format that it was found to have.
    pub format: Format,
    /// Its columns, in their order; empty for JSON Lines.
    pub columns: Vec<PreviewColumn>,
}

/// A column of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PreviewColumn {
    /// Its name in the file.
    pub column: String,
    /// The field that its name means; none when it means nothing.
    pub field: Option<String>,
    /// The first values that stand in it, at most [`Preview::SAMPLES`].
    pub samples: Vec<String>,
}

/// How many rows are looked at for samples.
const ROWS: usize = 100;

impl Preview {
    /// The most samples of a column.
    pub const SAMPLES: usize = 3;

    /// Looks at the beginning of a file.
    ///
    /// # Errors
    /// `Io`, `Empty`, `Encoding`, `Format`, `Delimiter`; `Core` with `Denied` when the asker may not import, and from
    /// the storage.
    pub async fn of<R: Read + Send>(leadbox: &LeadBox, input: R) -> Result<Self, TransferError> {
        let rights = leadbox.rights();
        rights.require_capability(Capability::LeadsImport).map_err(Error::from)?;
        let catalog = leadbox.catalog().await?;
        let source = Source::open(input)?;
        let mark = mark_length(&source.head)?;
        let head = &source.head[mark..];
        refuse_others(head)?;
        let (byte, start) = match Format::detect(head) {
            Format::JsonLines => {
                return Ok(Self { format: Format::JsonLines, columns: Vec::new() });
            }
            Format::Csv { delimiter: chosen } => delimiter(chosen, head)?,
        };
        let mapping = Mapping::new().unknown(UnknownColumns::Ignore);
        let meanings = Meanings::new(&mapping, &catalog)?;
        let mut records = records(byte, &head[start..], source.is_short()).into_iter();
        let header = records.next().ok_or(TransferError::Empty)?;
        let rows: Vec<ByteRecord> = records.collect();
        let text = |cell: &[u8]| String::from_utf8_lossy(unguard(cell)).trim().to_owned();
        let column = |(place, name): (usize, &[u8])| {
            let column = text(name);
            let cells = rows.iter().filter_map(|row| row.get(place));
            let filled = cells.map(text).filter(|text| !text.is_empty());
            PreviewColumn {
                samples: filled.take(Self::SAMPLES).collect(),
                field: match meanings.of(&column) {
                    Meaning::Field(field) => Some(field.to_string()),
                    Meaning::PassedOver | Meaning::Unknown(_) => None,
                },
                column,
            }
        };
        let columns = header.iter().enumerate().map(column).collect();
        Ok(Self { format: Format::Csv { delimiter: Delimiter::Byte(byte) }, columns })
    }
}

/// The first records, the header among them.
fn records(delimiter: u8, head: &[u8], is_whole: bool) -> Vec<ByteRecord> {
    let mut builder = ReaderBuilder::new();
    let reader = builder.has_headers(false).flexible(true).delimiter(delimiter).from_reader(head);
    // Records of any length, in memory, are never refused.
    let mut records: Vec<_> =
        reader.into_byte_records().take(ROWS + 1).map_while(Result::ok).collect();
    // The last one may go on behind the beginning of the file.
    if !is_whole && records.len() > 1 && records.len() <= ROWS {
        records.pop();
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Sandbox;

    #[tokio::test]
    async fn columns_are_told_with_what_they_mean_and_what_stands_in_them() {
        let leadbox = Sandbox::new().unwrap().leadbox;
        let file =
            "Email Address;Shoe size;First Name\na@b.example;;Ada\n;42;\n'=c;43;Cy\nd;;D\ne;;E\n";
        let preview = Preview::of(&leadbox, file.as_bytes()).await.unwrap();
        let told: Vec<_> = preview
            .columns
            .iter()
            .map(|one| (one.column.as_str(), one.field.as_deref(), one.samples.join("|")))
            .collect();
        assert_eq!(
            told,
            [
                ("Email Address", Some("email"), "a@b.example|=c|d".to_owned()),
                ("Shoe size", None, "42|43".to_owned()),
                ("First Name", Some("first_name"), "Ada|Cy|D".to_owned()),
            ]
        );
        let lines = Preview::of(&leadbox, br#"{"email":"a@b.example"}"#.as_slice()).await.unwrap();
        assert_eq!((lines.format, lines.columns), (Format::JsonLines, Vec::new()));
        let empty = Preview::of(&leadbox, b"".as_slice()).await;
        assert!(matches!(empty, Err(TransferError::Empty)));
        let long = format!("email\n{}", "someone@example.example\n".repeat(10_000));
        let preview = Preview::of(&leadbox, long.as_bytes()).await.unwrap();
        assert_eq!(preview.columns[0].samples.len(), Preview::SAMPLES);
    }
}
