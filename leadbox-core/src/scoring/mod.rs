//! Scoring: from a lead and what happened with it to points with reasons. Owns the contract of scorers, the card that they make, and
//! the scripts that are the first of them, and what is kept of rule sets and scores; knows nothing of where that is kept, or of when
//! a lead is scored.

mod card;
mod detail;
mod fade;
mod moves;
mod place;
mod record;
mod rules;
mod scorer;
mod scorers;
mod sheet;
mod snapshot;
mod source;
mod value;

pub use card::{CategoryPoints, Fault, Line, ScoreCard, Silence, Silent};
pub use fade::{Fade, Fading};
pub use record::{RecordLine, RuleSetVersion, ScoreCause, ScoreChange, ScoreRecord};
pub use rules::{
    Example, Fired, LoadError, Loader, Mistake, RuleFunction, RuleSet, Run, Score, Scores,
    TestResult, Vocabulary,
};
pub use scorer::{Scorer, Subject};
pub use scorers::{Scored, Scorers};
pub use sheet::{Draft, Publication, PublishedRules, RuleBook, RuleSheet};
pub use snapshot::{Full, Snapshot};
pub use source::RuleSource;
