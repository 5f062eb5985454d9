//! Scoring: from a lead and what happened with it to points with reasons. Owns the contract of scorers, the card that they make, and
//! the scripts that are the first of them; knows nothing of where rule sets and scores are kept, or of when a lead is scored.

mod card;
mod detail;
mod fade;
mod moves;
mod place;
mod rules;
mod scorer;
mod snapshot;
mod value;

pub use card::{CategoryPoints, Fault, Line, ScoreCard, Silence, Silent};
pub use fade::{Fade, Fading};
pub use rules::{Example, Fired, LoadError, Mistake, RuleSet, Run, Score, Scores, TestResult};
pub use scorer::{Scorer, Subject};
pub use snapshot::{Full, Snapshot};
