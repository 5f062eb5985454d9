//! Where a command writes its data: a file or standard output. Owns that a file gets its name once it is whole, so that
//! nobody takes half of it for all, and where the outcome is said.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};

/// A file, or standard output.
#[derive(Debug)]
pub(crate) struct Target(Option<PathBuf>);

impl Target {
    /// What `--output` names; `-` and nothing are standard output.
    pub(crate) fn of(path: Option<&Path>) -> Self {
        Self(path.filter(|path| *path != Path::new("-")).map(Path::to_path_buf))
    }

    /// The file.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    /// The file, as people read it.
    pub(crate) fn name(&self) -> Option<String> {
        self.0.as_ref().map(|path| path.display().to_string())
    }

    /// Where to write.
    ///
    /// # Errors
    /// `Failed` when the file cannot be made.
    pub(crate) fn writer(&self) -> Result<Box<dyn Write + Send>, Failure> {
        Ok(match &self.0 {
            None => Box::new(BufWriter::new(io::stdout())),
            Some(path) => {
                let file = File::create(part(path)).map_err(|error| unwritable(path, error))?;
                Box::new(BufWriter::new(file))
            }
        })
    }

    /// Gives the file its name, or takes away what is half.
    ///
    /// # Errors
    /// What went wrong in writing; `Failed` when the file cannot get its name.
    pub(crate) fn settle<T>(&self, written: Result<T, Failure>) -> Result<T, Failure> {
        let Some(path) = &self.0 else { return written };
        match written {
            Ok(done) => {
                std::fs::rename(part(path), path).map_err(|error| unwritable(path, error))?;
                Ok(done)
            }
            Err(failure) => {
                // Whether or not it can be taken away, the first error is the one to tell.
                let _ = std::fs::remove_file(part(path));
                Err(failure)
            }
        }
    }

    /// Says the outcome, on stderr when the data went to stdout.
    pub(crate) fn say(&self, output: Output, outcome: &impl Outcome) -> Exit {
        match self.0 {
            None => output.outcome_aside(outcome),
            Some(_) => output.outcome(outcome),
        }
    }
}

fn unwritable(path: &Path, error: io::Error) -> Failure {
    Failure::because(format!("cannot write {}", path.display()), error)
}

/// `all.csv` gives `all.csv.part`.
fn part(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}
