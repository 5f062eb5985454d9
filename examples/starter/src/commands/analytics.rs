//! `leadbox analytics`: do the kept counts equal a scan, and if not, make them.

use leadbox_core::LeadBox;
use leadbox_core::rollup::Discrepancy;
use serde::Serialize;

use crate::cli::AnalyticsVerb;
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::progress;
use crate::storage::{Durability, Expect, Location, open};

/// What a comparison found.
#[derive(Debug, Serialize)]
struct Verified {
    /// How many cells are kept.
    cells: usize,
    differences: Vec<Discrepancy>,
}

/// The most differences that are listed for people.
const LISTED: usize = 20;

impl Outcome for Verified {
    fn text(&self) -> String {
        if self.differences.is_empty() {
            return format!("all {} counts equal a scan of the leads", self.cells);
        }
        let mut lines =
            vec![format!("{} counts differ from a scan of the leads:", self.differences.len())];
        lines.extend(self.differences.iter().take(LISTED).map(|row| {
            let source = if row.cell.source.is_empty() { "(no source)" } else { &row.cell.source };
            format!(
                "  {} {source}, stage {}: kept {}, counted {}",
                row.cell.day, row.cell.stage, row.kept, row.counted
            )
        }));
        if self.differences.len() > LISTED {
            lines.push(format!("  and {} more", self.differences.len() - LISTED));
        }
        lines.push("`leadbox analytics rebuild` replaces them".to_owned());
        lines.join("\n")
    }

    fn exit(&self) -> Exit {
        if self.differences.is_empty() { Exit::Done } else { Exit::Differences }
    }
}

/// What a repair did.
#[derive(Debug, Serialize)]
struct Rebuilt {
    /// How many counts were wrong.
    repaired: usize,
}

impl Outcome for Rebuilt {
    fn text(&self) -> String {
        match self.repaired {
            0 => "rebuilt; every count was right already".to_owned(),
            repaired => format!("rebuilt; {repaired} counts were wrong"),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// `Unavailable`, `SchemaTooNew`.
pub(super) async fn analytics(
    verb: AnalyticsVerb,
    location: &Location,
    output: Output,
) -> Result<Exit, Failure> {
    let storage = open(location, Expect::Ready, Durability::Full).await?;
    let leadbox = LeadBox::builder(storage).build()?;
    let bar = progress::waiting("counting leads");
    let differences = leadbox.analytics().verify().await?;
    match verb {
        AnalyticsVerb::Verify => {
            let cells = leadbox.analytics().lead_counts().await?.len();
            bar.finish_and_clear();
            Ok(output.outcome(&Verified { cells, differences }))
        }
        AnalyticsVerb::Rebuild => {
            leadbox.analytics().rebuild().await?;
            bar.finish_and_clear();
            Ok(output.outcome(&Rebuilt { repaired: differences.len() }))
        }
    }
}
