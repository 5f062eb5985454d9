//! `leadbox export`: leads into a file or to standard output.

use leadbox_core::LeadBox;
use leadbox_core::transfer::{ExportReport, Exporter, Format};
use serde::Serialize;

use super::which;
use crate::cli;
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::progress::{self, End};
use crate::storage::{Durability, Expect, Location, open};
use crate::target::Target;

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
    let storage = open(location, Expect::Ready, Durability::Full).await?;
    let leadbox = LeadBox::builder(storage).build()?;
    let list = which::list(&leadbox, &args.which).await?;
    let target = Target::of(args.output.as_deref());
    let format = args
        .format
        .map(Format::from)
        .or_else(|| target.path().and_then(Format::of_path))
        .unwrap_or(Format::CSV);
    let bar = progress::bar("exporting", End::Unknown);
    let exporter = Exporter::new(&leadbox)
        .list(list)
        .format(format)
        .progress(|progress| bar.set_position(progress.rows));
    let written = exporter.run(target.writer()?).await;
    bar.finish_and_clear();
    let report = target.settle(written.map_err(Failure::from))?;
    Ok(target.say(output, &Exported { file: target.name(), report }))
}
