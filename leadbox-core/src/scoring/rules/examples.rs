//! Scripts to begin with. Owns their names; each tests itself, and all of them are tested with this crate.

/// A script to begin with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Example {
    /// By which it is chosen, such as `b2b_saas`.
    pub name: &'static str,
    /// For whom it is.
    pub about: &'static str,
    /// The script.
    pub script: &'static str,
}

impl Example {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self {
            name: "b2b_saas",
            about: "companies that may buy software",
            script: include_str!("examples/b2b_saas.rhai"),
        },
        Self {
            name: "real_estate",
            about: "people who may buy or rent a home",
            script: include_str!("examples/real_estate.rhai"),
        },
        Self {
            name: "e_commerce",
            about: "customers of a shop",
            script: include_str!("examples/e_commerce.rhai"),
        },
        Self {
            name: "agency",
            about: "enquiries that may become projects",
            script: include_str!("examples/agency.rhai"),
        },
    ];

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|example| example.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::RuleSet;
    use crate::{Catalog, Tenant};

    #[test]
    fn every_example_loads_and_passes_its_own_tests() {
        for Example { name, script, .. } in Example::ALL {
            let rules = RuleSet::load(script).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
            let results = rules.test(&Catalog::new(Tenant::default()));
            assert!(results.len() >= 3, "{name} has few tests");
            for result in results {
                assert_eq!(result.failure, None, "{name}: {}", result.name);
                let faults = result.card.map(|card| card.faults);
                assert_eq!(faults, Some(Vec::new()), "{name}: {}", result.name);
            }
        }
    }
}
