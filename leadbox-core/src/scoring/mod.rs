//! Scoring: from a lead and what happened with it to points with reasons. Owns the contract of scorers, the card that they make, and
//! the scripts that are the first of them, and what is kept of rule sets and scores; knows nothing of where that is kept, or of when
//! a lead is scored.

mod card;
mod compare;
mod detail;
mod distribution;
mod fade;
mod moves;
mod over;
mod place;
mod ranking;
mod record;
mod reference;
mod rules;
mod scorer;
mod scorers;
mod sheet;
mod snapshot;
mod source;
mod survey;
mod value;

pub use card::{CategoryPoints, Fault, Line, ScoreCard, Silence, Silent};
pub use compare::LineMove;
pub use distribution::Step;
pub use fade::{Fade, Fading};
pub use over::{RowScore, ScorersOver};
pub use ranking::{Estimate, Outcome, Precision, Ranking, Tenth, auc_gain};
pub use record::{RecordLine, RuleSetVersion, ScoreCause, ScoreChange, ScoreRecord};
pub use reference::{WORDS, Word, WordKind};
pub use rules::{
    Example, Fired, LoadError, Loader, Mistake, RuleFunction, RuleSet, Run, Score, Scores,
    TestResult, Vocabulary,
};
pub use scorer::{Scorer, Subject};
pub use scorers::{Scored, Scorers};
pub use sheet::{Draft, Publication, PublishedRules, RuleBook, RuleSheet};
pub use snapshot::{Full, Snapshot};
pub use source::RuleSource;
pub use survey::{Survey, SurveyDifference};
