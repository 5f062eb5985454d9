#![doc = include_str!("../README.md")]

mod arrivals;
mod axis;
mod canvas;
mod chart;
mod spark;
mod svg;

pub use arrivals::{Grain, arrivals, trail};
pub use axis::Axis;
pub use canvas::{Anchor, Canvas, Finish, Ink, Label, Mark, Point, Room, Rule, Series};
pub use chart::{ChartRow, LineChart};
pub use spark::spark;
