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

    /// A rate beside others.
    pub fn rates(&mut self, what: &str, ours: (u64, Cost), others: &[(&str, u64, Cost)]) {
        let rate = |units: u64, cost: Cost| units as f64 / cost.wall.as_secs_f64();
        let ours = rate(ours.0, ours.1);
        self.line("");
        self.line("| work | per second | the first beside it |");
        self.line("|---|---|---|");
        self.line(&format!("| {what} | {ours:.0} | |"));
        for (name, units, cost) in others {
            let other = rate(*units, *cost);
            self.line(&format!("| {name} | {other:.0} | **{:.1}** |", ours / other));
        }
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
