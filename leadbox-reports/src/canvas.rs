//! A drawing before it is one. Owns what can be drawn and where, in shares of a plot that is as wide and high as whoever
//! writes it wants; knows no chart, and neither pixels nor paper.

/// A place on the plot: 0 at the left and the bottom, 1 at the right and the top.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Point {
    x: f64,
    y: f64,
}

impl Point {
    /// A place; what lies outside is moved to the edge, and what is no number to 0.
    pub fn new(x: f64, y: f64) -> Self {
        let inside = |share: f64| if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        Self { x: inside(x), y: inside(y) }
    }

    /// From the left.
    pub fn x(self) -> f64 {
        self.x
    }

    /// From the bottom.
    pub fn y(self) -> f64 {
        self.y
    }
}

/// Whose data is drawn, which is its colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Series {
    /// What the rest is compared with.
    Comparison,
    /// The first.
    First,
}

/// Whether what is drawn is over or still goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Finish {
    /// It is over.
    #[default]
    Whole,
    /// It still goes on: there is more to come.
    Partial,
}

/// How something is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ink {
    /// Whose it is.
    pub series: Series,
    /// Whether it is over.
    pub finish: Finish,
}

/// What a line across the plot is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// To read values by.
    Grid,
    /// Where values begin.
    Axis,
}

/// Something on the plot.
#[derive(Clone, PartialEq, Debug)]
pub enum Mark {
    /// A line across, at this height.
    Across(f64, Rule),
    /// A line through these points; a dot where there is only one.
    Line(Vec<Point>, Ink),
    /// What lies between these points and the bottom.
    Area(Vec<Point>, Ink),
}

/// Which part of a text stands at its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// Whether a text may go where it is narrow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Room {
    /// It stays.
    Always,
    /// It goes first.
    Wide,
}

/// A text beside the plot.
#[derive(Clone, PartialEq, Debug)]
pub struct Label {
    /// Where along its side, 0 to 1.
    pub at: f64,
    /// What it says.
    pub text: String,
    /// Which part of it stands there.
    pub anchor: Anchor,
    /// Whether it may go.
    pub room: Room,
}

/// A drawing: what lies on the plot, in its order, and the texts at its left and below it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Canvas {
    /// On the plot, the lowest first.
    pub marks: Vec<Mark>,
    /// At the left, from the bottom up.
    pub left: Vec<Label>,
    /// Below.
    pub below: Vec<Label>,
}
