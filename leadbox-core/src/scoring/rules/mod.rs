//! Scripts as scorers. Owns what a rule set is from its text to its cards; knows nothing of storages, versions or who wrote it.

#[cfg(feature = "compiled")]
mod ast;
mod card_value;
#[cfg(feature = "compiled")]
mod check;
mod declare;
mod engine;
mod examples;
mod fault;
mod interaction_value;
mod lead_value;
mod misread;
mod moments;
mod notes;
mod numbers;
mod plan;
#[cfg(feature = "compiled")]
mod question;
mod rehearsal;
mod rule_set;
mod run;
mod spelling;
mod trial;
mod unknown;
mod vocabulary;
mod words;

pub use examples::Example;
pub use fault::{LoadError, Mistake};
pub use rule_set::RuleSet;
pub use trial::TestResult;

#[cfg(test)]
mod tests;
