//! The file with the refused rows. Owns where it lies, that it costs no other file, and that none is left without a row.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::source::Source;
use crate::cli;
use crate::exit::{Exit, Failure};

/// Where the refused rows are.
#[derive(PartialEq, Eq, Debug, Default, Serialize)]
pub(super) struct Refused {
    /// Their file; none when there are none or nobody wanted them.
    pub(super) error_file: Option<String>,
    /// Where their file was, or would have been: an earlier run refused rows, and it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error_file_gone: Option<String>,
}

/// Where refused rows go: the path that was asked for, or `NAME.errors.EXTENSION` beside the source. A dry run and
/// what cannot be read twice have one only if asked.
///
/// # Errors
/// `Failed` when that is the source itself or no regular file.
pub(super) fn error_path(args: &cli::Import, source: &Source) -> Result<Option<PathBuf>, Failure> {
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
pub(super) struct ErrorFile {
    path: PathBuf,
    file: File,
}

impl ErrorFile {
    /// # Errors
    /// `Failed`.
    pub(super) fn open(path: PathBuf) -> Result<Self, Failure> {
        // Not truncated: an interrupted import goes on in it, and a new one cuts it itself.
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = file
            .map_err(|error| Failure::because(format!("cannot write {}", path.display()), error))?;
        Ok(Self { path, file })
    }

    pub(super) fn sink(&mut self) -> &mut File {
        &mut self.file
    }

    /// Takes an empty file away; says where a filled one is.
    ///
    /// # Errors
    /// `Failed`.
    pub(super) fn close(self) -> Result<Refused, Failure> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_rows_lie_beside_their_file() {
        assert_eq!(beside(Path::new("a/contacts.csv")), Path::new("a/contacts.errors.csv"));
        assert_eq!(beside(Path::new("leads")), Path::new("leads.errors"));
    }
}
