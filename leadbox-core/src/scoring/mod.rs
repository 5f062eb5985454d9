//! Scoring: from a lead and what happened with it to points with reasons. Owns the contract of scorers, the card that they make, and
//! the scripts that are the first of them, and what is kept of rule sets and scores; knows nothing of where that is kept, or of when
//! a lead is scored.

mod card;
mod fade;
mod moves;
mod record;
mod rules;
mod scorer;
mod scorers;
mod sheet;

pub use card::{CategoryPoints, Fault, Line, ScoreCard, Silence, Silent};
pub use fade::{Fade, Fading};
pub use record::{RecordLine, RuleSetVersion, ScoreCause, ScoreChange, ScoreRecord};
pub use rules::{Example, LoadError, Mistake, RuleSet, Run, TestResult};
pub use scorer::{Scorer, Subject};
pub use scorers::{Scored, Scorers};
pub use sheet::{Draft, Publication, PublishedRules, RuleBook, RuleSheet};
