//! Who works here. Owns the people, their jobs, and the codes with which they sign in; knows nothing of what a job may do in
//! LeadBox, which is `desk`'s.
//!
//! A real host keeps them in a table. The codes have 256 random bits, so nobody can guess one and a fast digest is enough;
//! passwords that people choose would need a slow hash, and a limit on how often one may try.

use std::collections::BTreeMap;

use leadbox_core::proof::{Secret, SecretDigest};

use crate::Brand;

/// What somebody does here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Job {
    /// Answers for everything.
    Director,
    /// Sells, and owns leads.
    Seller,
    /// Writes the bills.
    Accountant,
    /// Builds what is sold.
    Builder,
}

/// Somebody who works here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Employee {
    /// What the payroll calls them; it never changes.
    pub number: u32,
    /// What people call them.
    pub name: &'static str,
    /// Where they are written to.
    pub email: &'static str,
    /// What they do.
    pub job: Job,
    /// For which brands.
    pub brands: &'static [Brand],
}

impl Employee {
    /// Whether somebody works for a brand.
    pub fn works_for(&self, brand: &Brand) -> bool {
        self.brands.contains(brand)
    }
}

/// Everybody, by what they sign in with.
#[derive(Debug, Default)]
pub struct Staff(BTreeMap<SecretDigest, Employee>);

/// What codes begin with, so that one is known for what it is where it should not be.
const CODE: &str = "staff_";

impl Staff {
    /// Lets somebody sign in with a new code, which is kept nowhere but with them.
    pub fn admit(&mut self, employee: Employee, code: Secret) -> String {
        self.0.insert(code.digest(), employee);
        code.reveal(CODE)
    }

    /// Whose code it is.
    pub(crate) fn by_code(&self, code: &str) -> Option<&Employee> {
        self.0.get(&Secret::parse(CODE, code)?.digest())
    }

    /// Some people: one of each job.
    pub fn example() -> [Employee; 4] {
        let employee =
            |number, name, email, job, brands| Employee { number, name, email, job, brands };
        const BOATS: &[Brand] = &[Brand::TIDELINE];
        const BOTH: &[Brand] = &Brand::ALL;
        [
            employee(1, "Marit Holm", "marit@works.example", Job::Director, BOTH),
            employee(2, "Jonas Weir", "jonas@works.example", Job::Seller, BOATS),
            employee(3, "Ines Prado", "ines@works.example", Job::Accountant, BOTH),
            employee(4, "Tomek Lis", "tomek@works.example", Job::Builder, BOATS),
        ]
    }
}
