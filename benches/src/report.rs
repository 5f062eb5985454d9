//! What was measured, as a table that can be committed. Ratios are LeadBox's speed over the other side's: 1 is as fast.

use std::fmt::Write as _;
use std::io::Write as _;

use crate::measure::{Cost, Meter, peak_mib};

/// Rows of figures.
#[derive(Debug, Default)]
pub struct Report(String);

impl Report {
    /// LeadBox beside hand-written code, on `units` rows each.
    pub fn compare(&mut self, what: &str, units: u64, ours: Cost, plain: Cost) {
        let ratio = |ours: f64, plain: f64| if ours > 0.0 { plain / ours } else { f64::NAN };
        self.line(&format!(
            "| {what} | {units} | {:.1} | {:.1} | **{:.2}** | {:.1} | {:.1} | {:.2} |",
            ours.wall_per(units),
            plain.wall_per(units),
            ratio(ours.wall_per(units), plain.wall_per(units)),
            ours.cpu_per(units),
            plain.cpu_per(units),
            ratio(ours.cpu_per(units), plain.cpu_per(units)),
        ));
    }

    /// Many callers beside one.
    pub fn rates(&mut self, what: &str, many: (u64, Cost), one: (u64, Cost)) {
        let rate = |(units, cost): (u64, Cost)| units as f64 / cost.wall.as_secs_f64();
        self.line(&format!(
            "{what}: {:.0}/s beside {:.0}/s with one caller, ratio {:.1}",
            rate(many),
            rate(one),
            rate(many) / rate(one)
        ));
    }

    /// Any line.
    pub fn line(&mut self, line: &str) {
        let _ = writeln!(self.0, "{line}");
        // Shown at once, since a whole run takes long; nobody is there to be told that the terminal is gone.
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    /// The header of comparisons, with how CPU time is obtained.
    pub fn comparisons(&mut self, meter: Meter) {
        self.line(meter.says());
        self.line("");
        self.line("| work | rows | LeadBox us/row | by hand us/row | wall ratio | LeadBox CPU us/row | by hand CPU us/row | CPU ratio |");
        self.line("|---|---|---|---|---|---|---|---|");
    }

    /// The most memory so far.
    pub fn memory(&mut self, what: &str) {
        self.line(&format!("{what}: peak memory {} MiB", peak_mib()));
    }
}
