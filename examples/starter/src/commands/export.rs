//! `leadbox export`: leads into a file or to standard output.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use leadbox_core::service::LeadList;
use leadbox_core::transfer::{ExportReport, Exporter, Format};
use leadbox_core::{LeadBox, LeadFilter};
use serde::Serialize;

use crate::cli;
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::progress::{self, End};
use crate::storage::{Durability, Expect, Location, open};

/// What was written.
#[derive(Debug, Serialize)]
struct Exported {
    /// The file; none for standard output.
    file: Option<String>,
    #[serde(flatten)]
    report: ExportReport,
}

impl Outcome for Exported {
    fn text(&self) -> String {
        let place = self.file.as_deref().unwrap_or("standard output");
        format!("{} leads written to {place} ({} bytes)", self.report.rows, self.report.bytes)
    }
}

/// Runs the command. The outcome goes to stderr when the leads go to stdout.
///
/// # Errors
/// `Failed` when the filter is wrong or the file cannot be written; `Unavailable`; `SchemaTooNew`.
pub(super) async fn export(
    args: &cli::Export,
    location: &Location,
    output: Output,
) -> Result<Exit, Failure> {
    let list = list(args)?;
    let storage = open(location, Expect::Ready, Durability::Full).await?;
    let leadbox = LeadBox::builder(storage).build()?;
    let target = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let format = args
        .format
        .map(Format::from)
        .or_else(|| target.and_then(Format::of_path))
        .unwrap_or(Format::CSV);
    let bar = progress::bar("exporting", End::Unknown);
    let exporter = Exporter::new(&leadbox)
        .list(list)
        .format(format)
        .progress(|progress| bar.set_position(progress.rows));
    let Some(path) = target else {
        let report = exporter.run(BufWriter::new(io::stdout())).await;
        bar.finish_and_clear();
        let report = report.map_err(Failure::from)?;
        return Ok(output.outcome_aside(&Exported { file: None, report }));
    };
    let file = path.display().to_string();
    let unwritable = |error| Failure::because(format!("cannot write {file}"), error);
    // Under another name until it is whole, so that nobody takes half of it for all.
    let part = part(path);
    let written = exporter.run(BufWriter::new(File::create(&part).map_err(unwritable)?)).await;
    bar.finish_and_clear();
    match written {
        Ok(report) => {
            std::fs::rename(&part, path).map_err(unwritable)?;
            Ok(output.outcome(&Exported { file: Some(file), report }))
        }
        Err(error) => {
            // Whether or not it can be taken away, the first error is the one to tell.
            let _ = std::fs::remove_file(&part);
            Err(error.into())
        }
    }
}

fn list(args: &cli::Export) -> Result<LeadList, Failure> {
    let mut list = LeadList::default().search(args.search.as_deref().unwrap_or_default());
    if let Some(filter) = &args.filter {
        let read: Result<LeadFilter, _> = serde_json::from_str(filter);
        list.filter = read.map_err(|error| {
            Failure::because("the filter cannot be read", error)
                .hint(r#"a filter looks like ["stage","eq","won"] or {"and":[["source","eq","webinar"],["value","gte",1000]]}"#)
        })?;
    }
    Ok(list)
}

/// `all.csv` gives `all.csv.part`.
fn part(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}
