//! Scores without cards, for many leads. Owns what a rule set becomes for one snapshot: tables of what it says of each distinct value, and
//! short conditions over rows. It says exactly what the card says, or asks the interpreter as the card does.

mod asker;
mod bound;
mod condition;
mod filling;
mod reads;
mod row;
mod score;
mod scores;
mod tables;

pub(super) use asker::Asker;
pub use score::{Fired, Score};
pub use scores::Scores;
