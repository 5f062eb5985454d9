//! Scoring: from a lead and what happened with it to points with reasons. Owns the contract of scorers, the card that they make, and
//! the scripts that are the first of them; knows nothing of where rule sets and scores are kept, or of when a lead is scored.

mod card;
mod fade;
mod moves;
mod rules;
mod scorer;

pub use card::{CategoryPoints, Fault, Line, ScoreCard, Silence, Silent};
pub use fade::{Fade, Fading};
pub use rules::{Example, LoadError, Mistake, RuleSet, Run, TestResult};
pub use scorer::{Scorer, Subject};
