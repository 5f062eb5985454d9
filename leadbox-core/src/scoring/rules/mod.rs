//! Scripts as scorers. Owns what a rule set is from its text to its cards; knows nothing of storages, versions or who wrote it.

mod added;
mod assumptions;
#[cfg(feature = "compiled")]
mod ast;
#[cfg(feature = "compiled")]
mod call;
mod card_value;
#[cfg(feature = "compiled")]
mod check;
#[cfg_attr(not(feature = "compiled"), expect(dead_code, reason = "nothing is compiled then"))]
mod code;
mod declare;
mod engine;
mod examples;
mod facts;
mod fault;
#[cfg(feature = "compiled")]
mod fields;
mod imports;
mod interaction_value;
#[cfg(feature = "compiled")]
mod kind;
mod known;
mod lead_value;
mod loader;
#[cfg(feature = "compiled")]
mod lower;
#[cfg_attr(not(feature = "compiled"), expect(dead_code, reason = "nothing is compiled then"))]
mod made;
mod many;
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
mod texts;
mod trial;
mod unknown;
mod vocabulary;
mod words;

pub use added::{RuleFunction, Vocabulary};
pub use examples::Example;
pub use fault::{LoadError, Mistake};
pub use loader::Loader;
pub(super) use loader::{imported, strange_file};
pub use many::{Fired, Score, Scores};
pub use rule_set::{RuleSet, Run};
pub use trial::TestResult;
#[cfg(test)]
pub(in crate::scoring) use vocabulary::VOCABULARY;

#[cfg(test)]
mod tests;
