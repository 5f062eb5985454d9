//! Leads from files and into files: CSV and JSON Lines. Owns the formats, the meaning of columns, and how an import
//! goes on after a crash; knows nothing of storages but that they commit change sets.
//!
//! ```
//! # use std::sync::Arc;
//! use leadbox_core::transfer::{Exporter, Format, Importer};
//! use leadbox_core::{IdentityKind, LeadBox, MemoryStorage};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let leadbox = LeadBox::builder(Arc::new(MemoryStorage::new())).build()?;
//! let file = "First Name;Last Name;Email Address\nAda;Lovelace;ada@analytical.example\nBo;;bo@\n";
//! let mut refused = Vec::new();
//! let report = Importer::new(&leadbox)
//!     .upsert_by([IdentityKind::Email])
//!     .errors_to(&mut refused)
//!     .progress(|progress| assert_eq!(progress.rows, 2))
//!     .run(file.as_bytes())
//!     .await?;
//! assert_eq!((report.created, report.failed), (1, 1));
//! // Mend the rows, and import the same file: its two columns of its own are passed over.
//! assert!(refused.starts_with(b"import_row;import_error;First Name;Last Name;Email Address\r\n2;"));
//!
//! let mut exported = Vec::new();
//! Exporter::new(&leadbox).format(Format::JsonLines).run(&mut exported).await?;
//! assert!(String::from_utf8(exported)?.contains(r#""email":"ada@analytical.example""#));
//! # Ok(())
//! # }
//! ```
//!
//! An import reads any [`std::io::Read`], from its beginning. It needs no [`std::io::Seek`]: an import that goes on
//! reads over what it did before, which costs a pass over those bytes and nothing else, so pipes and decompressors work
//! too. Reading is synchronous, a batch at a time, while the batch before is being committed; give it a file or memory,
//! not a slow socket.

mod batch;
mod cell;
mod checkpoint;
mod columns;
mod course;
mod csv_rows;
mod error;
mod error_file;
mod export;
mod export_row;
mod field;
mod format;
mod guard;
mod import;
mod json_rows;
mod mapping;
mod preview;
mod report;
mod rows;
mod source;

#[cfg(test)]
mod round_trip;

pub use checkpoint::ImportState;
pub use error::TransferError;
pub use error_file::ErrorSink;
pub use export::Exporter;
pub use format::{Delimiter, Format};
pub use import::Importer;
pub use mapping::{Mapping, UnknownColumns};
pub use preview::{Preview, PreviewColumn};
pub use report::{
    ColumnUse, Counts, Ending, ExportProgress, ExportReport, ImportReport, Progress, RowError,
};
pub use source::MAX_RECORD;
