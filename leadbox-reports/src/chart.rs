//! Counts over time, as lines. Owns where each value stands and which texts stand beside; the rows are the table beside the
//! chart too, so the two cannot disagree.

use crate::axis::{Axis, short};
use crate::canvas::{Anchor, Canvas, Finish, Ink, Label, Mark, Point, Room, Rule, Series};

/// At most so many texts below.
const TICKS: usize = 6;

/// A moment or stretch of time, with its counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChartRow {
    /// What it is called in the table.
    pub label: String,
    /// What it is called below the plot.
    pub tick: String,
    /// The count of the first line, then of the one that it is compared with, if there is one; none leaves a gap.
    pub values: Vec<Option<i64>>,
}

/// One line, with an area under it, and maybe a dashed one that it is compared with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineChart {
    /// In order of time.
    pub rows: Vec<ChartRow>,
    /// Whether the last row is over.
    pub last: Finish,
}

impl LineChart {
    /// The scale of its counts.
    pub fn axis(&self) -> Axis {
        let counts = self.rows.iter().flat_map(|row| row.values.iter().flatten());
        Axis::up_to(counts.copied().max().unwrap_or(0))
    }

    /// Where a row stands: the first at the left, the last at the right, a single one in the middle.
    fn x(&self, row: usize) -> f64 {
        match self.rows.len() {
            0 | 1 => 0.5,
            rows => row as f64 / (rows - 1) as f64,
        }
    }

    /// The points of a line, in parts between its gaps.
    fn parts(&self, line: usize) -> Vec<Vec<(usize, Point)>> {
        let axis = self.axis();
        let mut parts = vec![Vec::new()];
        for (index, row) in self.rows.iter().enumerate() {
            match row.values.get(line).copied().flatten() {
                Some(value) => {
                    let point = Point::new(self.x(index), axis.share(value));
                    if let Some(part) = parts.last_mut() {
                        part.push((index, point));
                    }
                }
                None => parts.push(Vec::new()),
            }
        }
        parts.retain(|part| !part.is_empty());
        parts
    }

    /// Laid out.
    pub fn canvas(&self) -> Canvas {
        let axis = self.axis();
        let mut canvas = Canvas::default();
        for tick in axis.ticks() {
            let at = tick as f64 / axis.max as f64;
            let rule = if tick == 0 { Rule::Axis } else { Rule::Grid };
            canvas.marks.push(Mark::Across(at, rule));
            let text = short(tick);
            canvas.left.push(Label { at, text, anchor: Anchor::End, room: Room::Always });
        }
        let ink = |series, finish| Ink { series, finish };
        for part in self.parts(1) {
            let points = part.into_iter().map(|(_, point)| point).collect();
            canvas.marks.push(Mark::Line(points, ink(Series::Comparison, Finish::Whole)));
        }
        for part in self.parts(0) {
            self.push_first(&mut canvas, &part);
        }
        canvas.below = self.below();
        canvas
    }

    /// The first line and its area; its last step stands apart while the last row goes on.
    fn push_first(&self, canvas: &mut Canvas, part: &[(usize, Point)]) {
        let points = |part: &[(usize, Point)]| part.iter().map(|(_, point)| *point).collect();
        let ink = |finish| Ink { series: Series::First, finish };
        canvas.marks.push(Mark::Area(points(part), ink(Finish::Whole)));
        let is_last = part.last().is_some_and(|(index, _)| index + 1 == self.rows.len());
        if self.last == Finish::Whole || !is_last {
            canvas.marks.push(Mark::Line(points(part), ink(Finish::Whole)));
            return;
        }
        let end = part.len() - 1;
        let step = &part[end.saturating_sub(1)..];
        if end > 0 {
            canvas.marks.push(Mark::Line(points(&part[..end]), ink(Finish::Whole)));
        }
        canvas.marks.push(Mark::Line(points(step), ink(Finish::Partial)));
    }

    /// The texts below: evenly spaced, from the last one back.
    fn below(&self) -> Vec<Label> {
        let rows = self.rows.len();
        let step = rows.div_ceil(TICKS).max(1);
        let shown = (0..rows).rev().step_by(step).enumerate();
        let mut labels: Vec<Label> = shown
            .map(|(nth, index)| Label {
                at: self.x(index),
                text: self.rows[index].tick.clone(),
                anchor: match index {
                    _ if rows == 1 => Anchor::Middle,
                    0 => Anchor::Start,
                    _ if index + 1 == rows => Anchor::End,
                    _ => Anchor::Middle,
                },
                room: if nth.is_multiple_of(2) { Room::Always } else { Room::Wide },
            })
            .collect();
        labels.reverse();
        labels
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chart(values: &[(Option<i64>, Option<i64>)], last: Finish) -> LineChart {
        let row = |(n, (now, before)): (usize, &(Option<i64>, Option<i64>))| ChartRow {
            label: format!("day {n}"),
            tick: n.to_string(),
            values: vec![*now, *before],
        };
        LineChart { rows: values.iter().enumerate().map(row).collect(), last }
    }

    /// The places that a written path goes through, in shares.
    fn places(svg: &str, class: &str) -> Vec<(f64, f64)> {
        let start = format!(r#"<path class="{class}" d=""#);
        let paths = svg.split(&start).skip(1).map(|rest| rest.split('"').next().unwrap());
        let steps = paths.flat_map(|path| path.trim_end_matches("h0").split(['M', 'L']).skip(1));
        steps
            .map(|step| {
                let (x, y) = step.split_once(' ').unwrap();
                let number = |text: &str| text.trim_end_matches('Z').parse::<f64>().unwrap();
                (number(x) / 1000.0, 1.0 - number(y) / 100.0)
            })
            .collect()
    }

    proptest! {
        #[test]
        fn every_point_lies_within_the_plot_and_stands_for_its_row(
            values in proptest::collection::vec(
                (proptest::option::weighted(0.8, 0_i64..500), proptest::option::weighted(0.8, 0_i64..500)),
                0..60,
            ),
            unfinished: bool,
        ) {
            let last = if unfinished { Finish::Partial } else { Finish::Whole };
            let chart = chart(&values, last);
            let svg = chart.canvas().plot();
            let axis = chart.axis();
            let whole = places(&svg, "ln s1");
            let all: Vec<_> = whole.into_iter().chain(places(&svg, "ln s1 part")).collect();
            for (x, y) in all.iter().chain(&places(&svg, "ln s0")).chain(&places(&svg, "area s1")) {
                prop_assert!((0.0..=1.0).contains(x) && (0.0..=1.0).contains(y), "{} {}", x, y);
            }
            for (line, drawn) in [(0, all), (1, places(&svg, "ln s0"))] {
                for (index, row) in chart.rows.iter().enumerate() {
                    let at = chart.x(index);
                    let there: Vec<f64> = drawn
                        .iter()
                        .filter(|(x, _)| (x - at).abs() < 0.0005)
                        .map(|(_, y)| y * axis.max as f64)
                        .collect();
                    match row.values[line] {
                        // Drawn to a ten-thousandth of the height.
                        Some(value) => prop_assert!(
                            !there.is_empty()
                                && there.iter().all(|y| (y - value as f64).abs() <= axis.max as f64 / 9_000.0),
                            "{:?} for {}", there, value
                        ),
                        None => prop_assert!(there.is_empty()),
                    }
                }
            }
            let canvas = chart.canvas();
            prop_assert!(canvas.below.len() <= TICKS);
            prop_assert!(canvas.below.windows(2).all(|pair| pair[0].at < pair[1].at));
        }
    }

    #[test]
    fn nothing_one_day_and_nothing_but_zeros_can_be_drawn() {
        let none = chart(&[], Finish::Partial).canvas();
        assert!(none.below.is_empty());
        assert!(!none.plot().contains("<path"));
        let one = chart(&[(Some(3), None)], Finish::Partial).canvas();
        assert!(one.plot().contains(r#"class="ln s1 part" d="M500 0h0""#), "{}", one.plot());
        assert_eq!((one.below[0].at, one.below[0].anchor), (0.5, Anchor::Middle));
        let zeros = chart(&[(Some(0), Some(0)); 3], Finish::Whole).canvas().plot();
        assert!(zeros.contains(r#"class="ln s1" d="M0 100L500 100L1000 100""#), "{zeros}");
        let huge = chart(&[(Some(i64::MAX), Some(0)), (Some(0), Some(1))], Finish::Whole);
        assert!(huge.canvas().plot().contains("M0 7.77L1000 100"), "{}", huge.canvas().plot());
    }

    #[test]
    fn the_last_step_is_drawn_apart_while_the_day_goes_on() {
        let values = [(Some(1), None), (Some(2), None), (Some(4), None)];
        let svg = chart(&values, Finish::Partial).canvas().plot();
        assert!(svg.contains(r#"class="ln s1" d="M0 75L500 50""#), "{svg}");
        assert!(svg.contains(r#"class="ln s1 part" d="M500 50L1000 0""#), "{svg}");
    }

    #[test]
    fn a_month_has_six_dates_below_of_which_three_may_go() {
        let chart = chart(&[(Some(1), None); 30], Finish::Whole);
        let below = chart.canvas().below;
        let texts: Vec<&str> = below.iter().map(|label| label.text.as_str()).collect();
        assert_eq!(texts, ["4", "9", "14", "19", "24", "29"]);
        assert_eq!(below.iter().filter(|label| label.room == Room::Wide).count(), 3);
        assert_eq!(below[5].anchor, Anchor::End);
    }
}
