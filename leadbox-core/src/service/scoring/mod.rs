//! Scoring as a service. Owns which rules are in force, the scores that go along with every commit, those that move by themselves,
//! and the verbs by which rules are written, published and asked; knows nothing of what a script says.

mod backtest;
mod candidate;
mod explain;
mod happened;
mod in_force;
mod kept;
mod past;
mod preview;
mod publish;
mod renew;
mod rescore;
mod resident;
mod verbs;

#[cfg(test)]
mod tests;

pub use backtest::{Backtest, BacktestPlan, Shift, TriedLead};
pub use candidate::Candidate;
pub use explain::{Explanation, Supposed, WhatIf};
pub(super) use in_force::InForce;
pub use preview::{MovedLead, Preview, Previewed, Share};
pub use publish::{Published, RuleCheck};
pub use rescore::{RescoreProgress, RescoreState};
pub(crate) use rescore::{SCORES, ScoreJob};
pub(super) use resident::Resident;
pub use verbs::Rules;
