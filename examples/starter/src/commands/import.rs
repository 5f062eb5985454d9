//! `leadbox import`: leads from a file. Owns what people are told; the file is `source`'s, the one with the refused rows
//! `refused`'s, and the import itself core's.

mod refused;
mod source;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use leadbox_core::storage::BoxError;
use leadbox_core::transfer::{
    Ending, ImportReport, Importer, Mapping, TransferError, UnknownColumns,
};
use leadbox_core::{IdentityKind, LeadBox};
use serde::Serialize;

use self::refused::{ErrorFile, Refused, error_path};
use self::source::Source;
use crate::cli;
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::progress::{self, End};
use crate::storage::{Durability, Expect, Location, catch_up, open};

/// What became of the file.
#[derive(Debug, Serialize)]
struct Imported {
    file: String,
    #[serde(flatten)]
    report: ImportReport,
    #[serde(flatten)]
    refused: Refused,
}

/// How many refused rows are listed for people.
const LISTED: usize = 10;

impl Outcome for Imported {
    fn text(&self) -> String {
        let (report, file) = (&self.report, &self.file);
        let rows = rows(report.rows);
        let mut lines = vec![match report.ending {
            Ending::FinishedBefore => {
                let before =
                    "was finished before, so nothing was done (--again imports it once more)";
                match report.failed {
                    0 => format!("{file} {before}; it had {rows}:"),
                    1 => format!("{file} {before}; it had {rows}, of which 1 was refused:"),
                    more => {
                        format!("{file} {before}; it had {rows}, of which {more} were refused:")
                    }
                }
            }
            Ending::DryRun => {
                format!("dry run of {file}, nothing was written; it has {rows}:")
            }
            Ending::Finished => match report.resumed_behind {
                Some(row) => {
                    format!("imported {file}, going on behind row {row}; it has {rows}:")
                }
                None => format!("imported {file}; it has {rows}:"),
            },
        }];
        for (what, count) in [
            ("new", report.created),
            ("changed", report.updated),
            ("without news", report.unchanged),
            ("refused", report.failed),
        ] {
            lines.push(format!("  {count:>9} {what}"));
        }
        lines.extend(report.errors.iter().take(LISTED).map(|error| {
            format!("  row {} (line {}), {}: {}", error.row, error.line, error.field, error.message)
        }));
        if report.errors.len() > LISTED {
            lines.push("  and more".to_owned());
        }
        if let Some(path) = &self.refused.error_file {
            let are = match report.ending {
                Ending::FinishedBefore => format!("were written to {path}, which is still there"),
                Ending::Finished | Ending::DryRun => format!("are in {path}"),
            };
            lines.push(format!(
                "the refused rows {are}: mend them there and import that file with the same options"
            ));
        }
        if report.failed > 0 && self.refused == Refused::default() {
            lines.push("the refused rows are in no file: name one with --errors".to_owned());
        }
        if let Some(path) = &self.refused.error_file_gone {
            lines.push(format!(
                "the rows that were refused before are not in {path} (any more): --again writes that file anew"
            ));
        }
        lines.join("\n")
    }

    fn exit(&self) -> Exit {
        if self.report.failed > 0 { Exit::BadRows } else { Exit::Done }
    }
}

/// `1 row`, `2 rows`.
fn rows(count: u64) -> String {
    format!("{count} {}", if count == 1 { "row" } else { "rows" })
}

/// Runs the command.
///
/// # Errors
/// `Failed` when the file cannot be read or its columns have no meaning; `Unavailable`; `SchemaTooNew`.
pub(super) async fn import(
    args: &cli::Import,
    location: &Location,
    output: Output,
) -> Result<Exit, Failure> {
    let mut source = Source::open(args)?;
    let path = error_path(args, &source)?;
    let expect = if args.dry_run { Expect::Trial } else { Expect::Anything };
    let storage = open(location, expect, Durability::Full).await?;
    let mut errors = path.map(ErrorFile::open).transpose()?;
    let leadbox = LeadBox::builder(Arc::clone(&storage)).build()?;
    let done = AtomicU64::new(0);
    let mut time = 0;
    // The first time that was not finished: so one that is done again and interrupted goes on as well.
    let result = loop {
        let result = run(args, &leadbox, &mut source, time, errors.as_mut(), &done).await?;
        match &result {
            Ok(report) if args.again && report.ending == Ending::FinishedBefore => time += 1,
            _ => break result,
        }
    };
    if result.is_ok() {
        let bar = progress::waiting("putting events in order");
        catch_up(&*storage).await?;
        bar.finish_and_clear();
    }
    let refused = errors.map(ErrorFile::close).transpose()?.unwrap_or_default();
    let done = done.into_inner();
    let report = result.map_err(|error| stopped(error, args, &source, done, &refused))?;
    let refused = if report.failed > 0 { refused } else { Refused::default() };
    Ok(output.outcome(&Imported { file: source.name, report, refused }))
}

/// Imports the file for the first time, or once more.
///
/// # Errors
/// `Failed` when the file cannot be opened; what ends the import is the result.
async fn run(
    args: &cli::Import,
    leadbox: &LeadBox,
    source: &mut Source,
    time: u32,
    errors: Option<&mut ErrorFile>,
    done: &AtomicU64,
) -> Result<Result<ImportReport, TransferError>, Failure> {
    let bar = progress::bar("importing", source.size.map_or(End::Unknown, End::Bytes));
    let mut importer = Importer::new(leadbox).mapping(mapping(args)).progress(|progress| {
        done.store(progress.rows, Ordering::Relaxed);
        bar.set_position(if progress.total_bytes.is_some() {
            progress.bytes
        } else {
            progress.rows
        });
    });
    if let Some(id) = source.import(time) {
        importer = importer.id(id);
    }
    importer = match (args.always_new, args.key.as_slice()) {
        (true, _) => importer.upsert_by([]),
        (false, []) => importer,
        (false, keys) => importer.upsert_by(keys.iter().map(|key| IdentityKind::from(*key))),
    };
    if let Some(format) = source.format {
        importer = importer.format(format);
    }
    if let Some(size) = source.size {
        importer = importer.size(size);
    }
    if args.dry_run {
        importer = importer.dry_run();
    }
    if let Some(errors) = errors {
        importer = importer.errors_to(errors.sink());
    }
    let result = importer.run(source.input()?).await;
    bar.finish_and_clear();
    Ok(result)
}

/// What to do about an import that stopped behind `done` rows.
fn stopped(
    error: TransferError,
    args: &cli::Import,
    source: &Source,
    done: u64,
    refused: &Refused,
) -> Failure {
    let in_file = matches!(
        error,
        TransferError::OpenQuote { .. }
            | TransferError::RecordTooLong { .. }
            | TransferError::Csv { .. }
    );
    let failure = Failure::from(error);
    if done == 0 || args.dry_run {
        return failure;
    }
    let refused = match &refused.error_file {
        Some(path) => format!(", those that were refused are in {path}"),
        None => String::new(),
    };
    let next = match (in_file || source.import(0).is_none(), args.always_new) {
        (false, _) => "the same command goes on behind them",
        (true, false) => "import the whole again, once mended; they are recognised by their keys",
        (true, true) => "import the rest without them, as --always-new would double them",
    };
    failure.hint(format!("the {} before that are done{refused}: {next}", rows(done)))
}

fn mapping(args: &cli::Import) -> Mapping {
    let mut mapping = Mapping::new();
    for pair in &args.map {
        mapping = mapping.column(&*pair.column, &*pair.field);
    }
    for column in &args.ignore {
        mapping = mapping.ignore(column);
    }
    mapping.unknown(if args.ignore_unknown {
        UnknownColumns::Ignore
    } else {
        UnknownColumns::Refuse
    })
}

impl From<TransferError> for Failure {
    fn from(error: TransferError) -> Self {
        match error {
            TransferError::Core(error) => error.into(),
            columns @ TransferError::Columns(_) => Self::new(Exit::Failed, columns.to_string()).hint(
                "the first line has to name the columns; give one its meaning with --map 'COLUMN=FIELD', pass over it with --ignore COLUMN, or over all \
                 that mean nothing with --ignore-unknown",
            ),
            other => {
                let failure = Self::new(Exit::Failed, other.to_string());
                let source: Option<BoxError> = match other {
                    TransferError::Io { source, .. } => Some(source.into()),
                    TransferError::Json(source) => Some(source.into()),
                    _ => None,
                };
                Self { source, ..failure }
            }
        }
    }
}
