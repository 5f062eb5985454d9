//! A line small enough to stand beside a figure. Owns that it shows the shape alone: from its least to its most, whatever these
//! are.

use crate::canvas::{Canvas, Finish, Ink, Mark, Point, Series};

/// The line through these values; those that are not known are passed over. Values that are all alike lie on the bottom when they
/// are 0, else in the middle.
pub fn spark(values: &[Option<f64>]) -> Canvas {
    let known: Vec<(usize, f64)> = values
        .iter()
        .enumerate()
        .filter_map(|(index, value)| {
            value.filter(|value| value.is_finite()).map(|value| (index, value))
        })
        .collect();
    let least = known.iter().map(|(_, value)| *value).fold(f64::INFINITY, f64::min);
    let most = known.iter().map(|(_, value)| *value).fold(f64::NEG_INFINITY, f64::max);
    let y = |value: f64| match most - least {
        span if span > 0.0 => (value - least) / span,
        _ if value == 0.0 => 0.0,
        _ => 0.5,
    };
    let end = values.len().saturating_sub(1).max(1) as f64;
    let points = known.iter().map(|(index, value)| Point::new(*index as f64 / end, y(*value)));
    let ink = Ink { series: Series::First, finish: Finish::Whole };
    Canvas { marks: vec![Mark::Line(points.collect(), ink)], ..Canvas::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_from_its_least_to_its_most() {
        let line = spark(&[Some(2.0), None, Some(6.0), Some(4.0)]).sparkline();
        assert!(line.contains(r#"d="M0 24L66.67 0L100 12""#), "{line}");
    }

    #[test]
    fn what_never_changes_is_flat_and_what_is_unknown_is_no_line() {
        assert!(spark(&[Some(0.0); 2]).sparkline().contains("M0 24L100 24"));
        assert!(spark(&[Some(7.5); 2]).sparkline().contains("M0 12L100 12"));
        assert!(!spark(&[None, Some(f64::NAN)]).sparkline().contains("<path"));
    }
}
