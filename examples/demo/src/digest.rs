//! The digest of a plan. Owns what goes into it: the recipe's outcome, step by step, and nothing of what it is written to.

use leadbox_core::Result;
use sha2::{Digest, Sha256};

use super::plan::Step;
use super::setup::{TEAMS, USERS};

/// Sums a plan up as its steps go by.
#[derive(Debug)]
pub(super) struct PlanDigest {
    hash: Sha256,
    line: Vec<u8>,
}

impl PlanDigest {
    pub(super) fn new() -> Self {
        let mut hash = Sha256::new();
        for (name, email, team) in USERS {
            hash.update(format!("{name}\n{email}\n{}\n", TEAMS[team].0));
        }
        Self { hash, line: Vec::new() }
    }

    /// Takes one more step in.
    ///
    /// # Errors
    /// `Json`.
    pub(super) fn add(&mut self, step: &Step) -> Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, step)?;
        self.line.push(b'\n');
        self.hash.update(&self.line);
        Ok(())
    }

    /// The digest, in hexadecimal.
    pub(super) fn finish(self) -> String {
        self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Plan, Recipe};

    fn digest(seed: u64, as_of: &str) -> String {
        let recipe = Recipe { seed, as_of: as_of.parse().unwrap(), size: 200, months: 6 };
        let mut digest = PlanDigest::new();
        Plan::make(recipe).steps().for_each(|step| digest.add(&step).unwrap());
        digest.finish()
    }

    #[test]
    fn seed_and_day_decide_the_digest() {
        let first = digest(1, "2026-03-02");
        assert_eq!(first.len(), 64);
        assert_eq!(first, digest(1, "2026-03-02"));
        assert_ne!(first, digest(2, "2026-03-02"));
        assert_ne!(first, digest(1, "2026-03-03"));
    }
}
