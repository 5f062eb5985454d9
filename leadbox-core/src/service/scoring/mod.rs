//! Scoring as a service. Owns which rules are in force, the scores that go along with every commit, those that move by themselves,
//! and the verbs by which rules are written, published and asked; knows nothing of what a script says.

mod explain;
mod in_force;
mod kept;
mod publish;
mod renew;
mod rescore;
mod verbs;

#[cfg(test)]
mod tests;

pub use explain::Explanation;
pub(super) use in_force::InForce;
pub use publish::{Published, RuleCheck};
pub use rescore::{RescoreProgress, RescoreState};
pub(crate) use rescore::{SCORES, ScoreJob};
pub use verbs::Rules;
