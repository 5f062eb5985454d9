//! `leadbox import`: leads from a file. Owns the import's name, which follows from the file and the options, so that the
//! same command goes on where an interrupted one stopped; the import itself is core's.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use leadbox_core::storage::BoxError;
use leadbox_core::transfer::{
    Delimiter, Ending, Format, ImportReport, Importer, Mapping, TransferError, UnknownColumns,
};
use leadbox_core::{IdentityKind, ImportId, LeadBox};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::cli;
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::progress;
use crate::storage::{Durability, Expect, Location, open};

/// What became of the file.
#[derive(Debug, Serialize)]
struct Imported {
    file: String,
    #[serde(flatten)]
    report: ImportReport,
    #[serde(flatten)]
    refused: Refused,
}

/// Where the refused rows are.
#[derive(Debug, Default, Serialize)]
struct Refused {
    /// Their file; none when there are none or nobody wanted them.
    error_file: Option<String>,
    /// Where their file was, or would have been: an earlier run refused rows, and it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_file_gone: Option<String>,
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
    let source = Source::open(args)?;
    let path = error_path(args, &source)?;
    let expect = if args.dry_run { Expect::Trial } else { Expect::Anything };
    let storage = open(location, expect, Durability::Full).await?;
    let mut errors = path.map(ErrorPath::open).transpose()?;
    let leadbox = LeadBox::builder(storage).build()?;
    let bar = progress::bar("importing", source.size);
    let id =
        if args.again { leadbox.new_id() } else { source.id.unwrap_or_else(|| leadbox.new_id()) };
    let done = AtomicU64::new(0);
    let mut importer = Importer::new(&leadbox).id(id).mapping(mapping(args)).progress(|progress| {
        done.store(progress.rows, Ordering::Relaxed);
        bar.set_position(if progress.total_bytes.is_some() {
            progress.bytes
        } else {
            progress.rows
        });
    });
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
    if let Some(errors) = &mut errors {
        importer = importer.errors_to(&mut errors.file);
    }
    let result = importer.run(source.input).await;
    bar.finish_and_clear();
    let refused = errors.map(ErrorPath::close).transpose()?.unwrap_or_default();
    let report =
        result.map_err(|error| stopped(error, args, done.load(Ordering::Relaxed), &refused))?;
    let refused = match report.failed {
        0 => Refused::default(),
        _ => refused,
    };
    Ok(output.outcome(&Imported { file: source.name, report, refused }))
}

/// What to do about an import that stopped behind `done` rows.
fn stopped(error: TransferError, args: &cli::Import, done: u64, refused: &Refused) -> Failure {
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
    let next = match (in_file, args.always_new) {
        (false, _) => "the same command goes on behind them",
        (true, false) => "mend the file and import it again, where they are recognised by --key",
        (true, true) => "mend the rest and import it without them, since --always-new doubles them",
    };
    failure.hint(format!("the {} before that are done{refused}: {next}", rows(done)))
}

/// The file to be imported.
struct Source {
    input: Box<dyn Read + Send>,
    name: String,
    format: Option<Format>,
    size: Option<u64>,
    /// The import's id; none for what cannot be read twice.
    id: Option<ImportId>,
}

impl Source {
    fn open(args: &cli::Import) -> Result<Self, Failure> {
        let asked = args.delimiter.map(|byte| Format::Csv { delimiter: Delimiter::Byte(byte) });
        let asked = asked.or(args.format.map(Format::from));
        if args.file == Path::new("-") {
            return Ok(Self::once(io::stdin(), "standard input".to_owned(), asked));
        }
        let name = args.file.display().to_string();
        let unreadable = |error| Failure::because(format!("cannot read {name}"), error);
        let mut file = File::open(&args.file).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if !metadata.is_file() && !metadata.is_dir() {
            return Ok(Self::once(file, name, asked));
        }
        let id = identify(args, &mut file).map_err(unreadable)?;
        let input = Box::new(File::open(&args.file).map_err(unreadable)?);
        let format = asked.or_else(|| Format::of_path(&args.file));
        Ok(Self { input, name, format, size: Some(metadata.len()), id: Some(id) })
    }

    /// Standard input or a pipe with a name.
    fn once(input: impl Read + Send + 'static, name: String, format: Option<Format>) -> Self {
        Self { input: Box::new(input), name, format, size: None, id: None }
    }
}

/// The import's id from the bytes of the file and the options that give them their meaning: the same command names the
/// same import, and a mended file or another mapping is a new one.
fn identify(args: &cli::Import, file: &mut File) -> io::Result<ImportId> {
    let mut hash = Sha256::new();
    let options = (
        &args.key,
        args.always_new,
        &args.map,
        &args.ignore,
        args.ignore_unknown,
        args.delimiter,
        args.format,
    );
    hash.update(format!("{options:?}"));
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    // UUIDv8 (RFC 9562, section 5.8): made from a digest.
    Ok(ImportId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid()))
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

/// Where refused rows go: the path that was asked for, or `NAME.errors.EXTENSION` beside the source. A dry run and
/// what cannot be read twice have one only if asked.
fn error_path(args: &cli::Import, source: &Source) -> Result<Option<PathBuf>, Failure> {
    let beside = || (source.size.is_some() && !args.dry_run).then(|| beside(&args.file));
    let Some(path) = args.errors.clone().or_else(beside) else { return Ok(None) };
    // Whatever the two are called: what refused rows are written to is emptied first.
    let same = path
        .canonicalize()
        .is_ok_and(|path| args.file.canonicalize().is_ok_and(|file| file == path));
    if same {
        return Err(Failure::new(
            Exit::Failed,
            "the file with the refused rows cannot be the file itself",
        ));
    }
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        let message =
            format!("cannot write refused rows to {}: it is no regular file", path.display());
        return Err(Failure::new(Exit::Failed, message).hint(
            "an import that goes on cuts the file back to where it was; name a file with --errors",
        ));
    }
    Ok(Some(path))
}

/// The file with the refused rows.
struct ErrorPath {
    path: PathBuf,
    file: File,
}

impl ErrorPath {
    fn open(path: PathBuf) -> Result<Self, Failure> {
        // Not truncated: an interrupted import goes on in it, and a new one cuts it itself.
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = file
            .map_err(|error| Failure::because(format!("cannot write {}", path.display()), error))?;
        Ok(Self { path, file })
    }

    /// Takes an empty file away; says where a filled one is.
    fn close(self) -> Result<Refused, Failure> {
        let failed =
            |error| Failure::because(format!("cannot look at {}", self.path.display()), error);
        let shown = Some(self.path.display().to_string());
        if self.file.metadata().map_err(failed)?.len() == 0 {
            std::fs::remove_file(&self.path).map_err(failed)?;
            return Ok(Refused { error_file: None, error_file_gone: shown });
        }
        Ok(Refused { error_file: shown, error_file_gone: None })
    }
}

/// `contacts.csv` gives `contacts.errors.csv`.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(".errors");
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_rows_lie_beside_their_file() {
        assert_eq!(beside(Path::new("a/contacts.csv")), Path::new("a/contacts.errors.csv"));
        assert_eq!(beside(Path::new("leads")), Path::new("leads.errors"));
    }
}
