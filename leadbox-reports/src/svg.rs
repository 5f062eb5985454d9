//! A canvas as SVG. Owns the classes and that nothing is styled here: pages under a strict content security policy take no
//! inline style. The plot stretches with its box and its texts do not: they stand at shares of the width, and only the
//! lines lie in a stretched picture of their own.

use std::fmt::{self, Write};

use crate::canvas::{Anchor, Canvas, Finish, Ink, Label, Mark, Point, Room, Rule, Series};

/// How wide and high the stretched picture is, in its own units.
const PLOT: Size = Size { width: 1000.0, height: 100.0 };
/// The same of a sparkline, which leaves half a line above and below.
const SPARK: Size = Size { width: 100.0, height: 24.0 };

#[derive(Clone, Copy)]
struct Size {
    width: f64,
    height: f64,
}

impl Canvas {
    /// The three parts of a plot: texts at the left (`y`), the plot (`g`), texts below (`x`). What they mean is said by the
    /// table beside them, so they are hidden from whoever has it read.
    pub fn plot(&self) -> String {
        let mut svg = String::new();
        // Writing to a text cannot fail.
        let _ = self.write_plot(&mut svg);
        svg
    }

    /// A small picture of its lines alone.
    pub fn sparkline(&self) -> String {
        let mut svg = String::new();
        let _ = self.write_sparkline(&mut svg);
        svg
    }

    fn write_plot(&self, svg: &mut String) -> fmt::Result {
        svg.write_str(r#"<svg class="y" aria-hidden="true">"#)?;
        for label in &self.left {
            let y = percent(1.0 - label.at);
            write!(svg, r#"<text x="100%" y="{y}" dy="0.32em" text-anchor="end">"#)?;
            write!(svg, "{}</text>", Escaped(&label.text))?;
        }
        svg.write_str(r#"</svg><svg class="g" aria-hidden="true">"#)?;
        for mark in &self.marks {
            if let Mark::Across(at, rule) = mark {
                let (y, class) = (percent(1.0 - at), class_of_rule(*rule));
                write!(svg, r#"<line class="{class}" x1="0" x2="100%" y1="{y}" y2="{y}"/>"#)?;
            }
        }
        let Size { width, height } = PLOT;
        write!(svg, r#"<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none">"#)?;
        self.write_lines(svg, PLOT)?;
        svg.write_str(r#"</svg></svg><svg class="x" aria-hidden="true">"#)?;
        for label in &self.below {
            write_below(svg, label)?;
        }
        svg.write_str("</svg>")
    }

    fn write_sparkline(&self, svg: &mut String) -> fmt::Result {
        let Size { width, height } = SPARK;
        write!(
            svg,
            r#"<svg class="spark" viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">"#
        )?;
        self.write_lines(svg, SPARK)?;
        svg.write_str("</svg>")
    }

    fn write_lines(&self, svg: &mut String, size: Size) -> fmt::Result {
        for mark in &self.marks {
            match mark {
                Mark::Line(points, ink) if !points.is_empty() => {
                    write!(svg, r#"<path class="ln{}" d=""#, Classes(*ink))?;
                    write_points(svg, points, size)?;
                    if points.len() == 1 {
                        // Of no length: its round ends make a dot.
                        svg.write_str("h0")?;
                    }
                    svg.write_str(r#""/>"#)?;
                }
                Mark::Area(points, ink) => {
                    let (Some(first), Some(last)) = (points.first(), points.last()) else {
                        continue;
                    };
                    write!(svg, r#"<path class="area{}" d=""#, Classes(*ink))?;
                    write_points(svg, points, size)?;
                    let bottom = number(size.height);
                    let (to, from) =
                        (number(last.x() * size.width), number(first.x() * size.width));
                    write!(svg, r#"L{to} {bottom}L{from} {bottom}Z"/>"#)?;
                }
                Mark::Line(..) | Mark::Across(..) => {}
            }
        }
        Ok(())
    }
}

fn write_points(svg: &mut String, points: &[Point], size: Size) -> fmt::Result {
    for (index, point) in points.iter().enumerate() {
        let step = if index == 0 { 'M' } else { 'L' };
        let (x, y) = (number(point.x() * size.width), number((1.0 - point.y()) * size.height));
        write!(svg, "{step}{x} {y}")?;
    }
    Ok(())
}

fn write_below(svg: &mut String, label: &Label) -> fmt::Result {
    let class = match label.room {
        Room::Always => "",
        Room::Wide => r#" class="odd""#,
    };
    let anchor = match label.anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let (x, text) = (percent(label.at), Escaped(&label.text));
    write!(svg, r#"<text{class} x="{x}" y="1.25em" text-anchor="{anchor}">{text}</text>"#)
}

fn class_of_rule(rule: Rule) -> &'static str {
    match rule {
        Rule::Grid => "grid",
        Rule::Axis => "axis",
    }
}

/// The classes that say whose a line is.
struct Classes(Ink);

impl fmt::Display for Classes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.series {
            Series::Comparison => " s0",
            Series::First => " s1",
        })?;
        match self.0.finish {
            Finish::Whole => Ok(()),
            Finish::Partial => f.write_str(" part"),
        }
    }
}

fn percent(share: f64) -> String {
    format!("{}%", number(share * 100.0))
}

/// With two digits behind the point at most.
fn number(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// A text as it may stand in a document.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                _ => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INK: Ink = Ink { series: Series::First, finish: Finish::Whole };

    #[test]
    fn texts_are_escaped_and_nothing_is_styled() {
        let label = Label {
            at: 0.5,
            text: r#"<b>"A" & B"#.to_owned(),
            anchor: Anchor::Middle,
            room: Room::Wide,
        };
        let marks = vec![Mark::Across(0.25, Rule::Grid), Mark::Area(Vec::new(), INK)];
        let canvas = Canvas { marks, left: vec![label.clone()], below: vec![label] };
        let svg = canvas.plot();
        let escaped = "&lt;b&gt;&quot;A&quot; &amp; B</text>";
        assert_eq!(svg.matches(escaped).count(), 2);
        assert!(svg.contains(r#"<text class="odd" x="50%" y="1.25em" text-anchor="middle">"#));
        assert!(svg.contains(r#"<line class="grid" x1="0" x2="100%" y1="75%" y2="75%"/>"#));
        assert!(!svg.contains("style") && !svg.contains("<path"), "{svg}");
    }

    #[test]
    fn one_point_is_a_dot_and_an_area_stands_on_the_bottom() {
        let dot = Canvas {
            marks: vec![Mark::Line(vec![Point::new(0.5, 1.0)], INK)],
            ..Canvas::default()
        };
        assert!(dot.plot().contains(r#"<path class="ln s1" d="M500 0h0"/>"#));
        assert!(dot.sparkline().contains(r#"d="M50 0h0""#));
        let points = vec![Point::new(0.0, 0.5), Point::new(1.0, 0.25)];
        let area = Canvas { marks: vec![Mark::Area(points, INK)], ..Canvas::default() };
        assert!(area.plot().contains(r#"d="M0 50L1000 75L1000 100L0 100Z""#));
    }

    #[test]
    fn what_lies_outside_is_moved_to_the_edge() {
        let odd = Point::new(f64::NAN, f64::INFINITY);
        assert_eq!((odd.x(), odd.y()), (0.0, 1.0));
        assert_eq!(Point::new(-3.0, 0.5).x(), 0.0);
    }
}
