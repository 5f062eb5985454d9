//! The checked form of a filter. Owns the few shapes that a storage has to run: every value typed, every negation
//! pushed down to a leaf.

use uuid::Uuid;

use super::{FieldClass, LeadField, LeadQuery};
use crate::time::Timestamp;

/// A filter that a storage runs as it stands.
#[derive(Clone, PartialEq, Debug)]
pub enum Check {
    /// All of them; the empty list holds for every lead.
    All(Vec<Check>),
    /// At least one of them; the empty list holds for none.
    Any(Vec<Check>),
    /// One test of one field.
    Leaf(Leaf),
}

impl Default for Check {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Check {
    /// The condition that is all there is, if it is one alone and has to hold.
    fn only(&self) -> Option<&Leaf> {
        match self {
            Self::Leaf(leaf) => (leaf.sense == Sense::Holds).then_some(leaf),
            Self::All(checks) => checks.first().filter(|_| checks.len() == 1)?.only(),
            Self::Any(_) => None,
        }
    }

    /// Whether it asks, among what all has to hold, for leads without an owner.
    pub fn is_nobodys(&self) -> bool {
        match self {
            Self::All(checks) => checks.iter().any(Self::is_nobodys),
            Self::Leaf(leaf) => {
                leaf.field == LeadField::Owner
                    && leaf.test == Test::Known
                    && leaf.sense == Sense::Fails
            }
            Self::Any(_) => false,
        }
    }
}

impl LeadQuery {
    /// The tag or value that everything depends on, if it is one alone. Only live leads have facets, so that these leads are
    /// known by them alone.
    pub fn only_facet(&self) -> Option<&Leaf> {
        let leaf = self.check.only().filter(|_| self.search.terms.is_empty())?;
        (leaf.field.class() == FieldClass::Facet).then_some(leaf)
    }
}

/// Whether a test has to hold or to fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sense {
    /// The field is known and the test holds for it.
    Holds,
    /// The field is unknown or the test does not hold for it.
    Fails,
}

impl Sense {
    /// The other sense.
    #[must_use]
    pub fn flip(self) -> Self {
        match self {
            Self::Holds => Self::Fails,
            Self::Fails => Self::Holds,
        }
    }
}

/// One test of one field.
#[derive(Clone, PartialEq, Debug)]
pub struct Leaf {
    /// The field.
    pub field: LeadField,
    /// The test. For a field with several values (tags, several choices) it holds when it holds for one of them.
    pub test: Test,
    /// Whether it has to hold or to fail.
    pub sense: Sense,
}

/// What is asked of a known value. Operands are of the kind that [`LeadField::class`] says.
#[derive(Clone, PartialEq, Debug)]
pub enum Test {
    /// It is known.
    Known,
    /// It is one of these; never empty.
    OneOf(Vec<Operand>),
    /// It lies between these, both included; at least one is given. Not for text and ids.
    Between(Option<Operand>, Option<Operand>),
    /// It contains this text (texts and facets of text only), compared as bytes.
    Contains(String),
    /// It starts with this text, compared as bytes.
    Starts(String),
}

/// A value to compare with.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Operand {
    /// For [`FieldClass::Text`].
    Text(String),
    /// For [`FieldClass::Integer`].
    Integer(i64),
    /// For [`FieldClass::Id`].
    Id(Uuid),
    /// For [`FieldClass::Time`].
    Time(Timestamp),
    /// For [`FieldClass::Facet`].
    Bytes(Vec<u8>),
}
